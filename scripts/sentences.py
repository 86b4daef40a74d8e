# SPDX-License-Identifier: GPL-2.0-only
"""sentences - the sentences of the kernel, by their errors: for scripts/lists.

They are found where the kernel's code hands them to ckpt_fail() and its like.  What to do
about an error comes from the library's table, tools/lib/error.c; what it means stands here.
"""

import glob
import os
import re
import textwrap

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WIDTH = 116

# What an error means; the order is that of the page.
MEANINGS = {
    "EOPNOTSUPP": "The program has state, or an image asks for something, that cannot be saved or "
                  "made here. It runs on, or was not started.",
    "EBUSY": "Not now: something is under way that has to come to its end first.",
    "ETIMEDOUT": "It took longer than `--timeout` allows; the program runs on.",
    "ESRCH": "A process was not there, or went while it was saved.",
    "EPERM": "The caller lacks a right; the call that makes this state would ask for it too.",
    "EACCES": "The caller may not open what is named, or may not trace the program.",
    "EEXIST": "Somebody has a number or a name that the program had.",
    "ESTALE": "What is named is there, but is not what it was when the image was taken.",
    "ENOENT": "What is named is not there any more.",
    "ENODEV": "This kernel or this machine does not have what is named.",
    "EDEADLK": "Who saves would wait for the program, which is held meanwhile.",
    "EAGAIN": "A limit is reached, of processes or of something else that is counted.",
    "ENOMEM": "There is not enough memory, or a control group allows no more.",
    "EMFILE": "A descriptor's number is above the limit on open files.",
    "ENOSPC": "There is no room for it.",
    "EBADF": "A descriptor that the restart needs from its caller is not there, or is of another sort.",
    "ENOTTY": "The restarter's terminal cannot be the program's.",
    "EFBIG": "The image, or what it holds, is larger than is allowed.",
    "E2BIG": "The image has more than this kernel knows or allows.",
    "EIO": "A disk, a file system or a device failed.",
    "EPIPE": "The image ends too early, or its reader went.",
    "EBADMSG": "The image is damaged.",
    "EINTR": "A signal ended the call; nothing was done.",
    "EINVAL": "The image contradicts itself, or an argument of the call has no meaning. Images that "
              "`checkpoint()` made and nobody changed are not refused so: `ckptinfo --verify` tells.",
}
OTHER = "other errors"
OTHER_MEANING = ("The error is that of the call inside the kernel that failed, and stands behind "
                 "the sentence.")
NOTE = "no error"
NOTE_MEANING = ("Not refused: what the program finds changed, or what the caller should know. "
                "`ckpt` and `rstr` print it and go on.")

# Calls that take a sentence: the error where it is not an argument, and what they add to it.
CALLS = {
    "ckpt_fail": (None, "%s"),
    "ckpt_file_fail": (None, "fd %d: %s"),
    "ckpt_cannot_save": ("EOPNOTSUPP", "fd %d: %s cannot be saved yet; ..."),
    "ckpt_note": (NOTE, "%s"),
    "ckpt_report_change": ("ESTALE", "... has changed since the checkpoint (%s)"),
}
NUMBERS = re.compile(r"%[-+ 0#]*\d*(?:hh|h|ll|l|z)?[duxXo]|%#?\*?p?h[A-Z]?")
WORDS = re.compile(r"%[-+ 0#]*[\d*]*\.?[\d*]*(?:p[A-Za-z]*|[sc])")


def arguments(text, begin):
    """The arguments of a call whose parenthesis opened just before: split at the top commas."""
    depth, quoted, args, last, at = 1, False, [], begin, begin
    while depth:
        char = text[at]
        if char == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and char in "([{":
            depth += 1
        elif not quoted and char in ")]}":
            depth -= 1
        if not quoted and (depth == 0 or (depth == 1 and char == ",")):
            args.append(" ".join(text[last:at].split()))
            last = at + 1
        at += 1
    return args


def readable(sentence):
    """A format with what it leaves open as N and dots."""
    sentence = NUMBERS.sub("N", sentence)
    sentence = WORDS.sub("...", sentence).replace("%%", "%").replace('\\"', '"')
    return sentence.replace("\\\\", "\\")


def strings(arg):
    """The literals of an argument: several where it chooses between them."""
    joined = re.sub(r'"\s*"', "", arg)
    return re.findall(r'"((?:[^"\\]|\\.)*)"', joined)


def errors_in(text):
    """The errors that an expression names."""
    return re.findall(r"-(E[A-Z0-9]+)\b", text)


# A function that is handed a sentence, or a part of one, and hands it on
DEFINED = re.compile(r"^[a-z][\w *]*?\b(\w+)\((struct ckpt_ctx \*ctx,[^)]*const char \*(\w+)[^)]*)\)"
                     r"\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)


def hands_on(text):
    """Such functions of a file: the frame that it puts the sentence in, and its errors or None."""
    for name, _, words, body in DEFINED.findall(text):
        for match in re.finditer(r"\b(ckpt_(?:file_)?fail|ckpt_cannot_save)\(", body):
            args = arguments(body, match.end())
            at = next((i for i, arg in enumerate(args) if '"' in arg), None)
            handed = at is not None and re.search(rf"\b{words}\b|&vaf\b", " ".join(args[at + 1:]))
            if not handed:
                continue
            error, frame = CALLS[match[1]]
            errors = [error] if error else errors_in(args[at - 1])
            place = re.findall(r"%(?:s|pV)", strings(args[at])[0])
            if len(place) != 1:
                continue
            yield name, errors or None, frame.replace(
                "%s", re.sub(r"%(?:s|pV)", "%s", strings(args[at])[0]), 1)


def found():
    """Of each sentence of the kernel: its errors, and the file that has it."""
    for path in sorted(glob.glob("kernel/checkpoint/**/*.[ch]", root_dir=REPO, recursive=True) +
                       glob.glob("arch/*/checkpoint/*.[ch]", root_dir=REPO)):
        with open(os.path.join(REPO, path), encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        calls = {name: ([error] if error else None, frame) for name, (error, frame) in CALLS.items()}
        calls.update((name, (errors, frame)) for name, errors, frame in hands_on(text)
                     if name not in calls)
        for match in re.finditer(r"\b(" + "|".join(calls) + r")\(", text):
            args = arguments(text, match.end())
            which = next((i for i, arg in enumerate(args) if '"' in arg), None)
            if which is None:
                continue
            errors, frame = calls[match[1]]
            errors = errors or errors_in(" ".join(args[:which]))
            for sentence in strings(args[which]):
                yield errors or [OTHER], readable(frame.replace("%s", sentence, 1)), path


def advices():
    """What the library says to do: of each error, for checkpoint and for restart."""
    with open(os.path.join(REPO, "tools", "lib", "error.c"), encoding="utf-8") as file:
        rows = re.findall(r'\{ CKPT_CALL_(CHECKPOINT|RESTART), (E\w+),\s*"(.*?)"\s*\}', file.read())
    return {(call, err): text for call, err, text in rows}


def fold(text, first="", then=""):
    """A paragraph or a point of a list."""
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=then,
                         break_long_words=False, break_on_hyphens=False)


def section(error, meaning, advice, lines):
    """A heading, what the error means, what to do, and the sentences."""
    out = [f"### {error}\n", fold(meaning), ""]
    said = [advice.get((call, error)) for call in ("CHECKPOINT", "RESTART")]
    if said[0] and said[0] == said[1]:
        out += [fold(f"**What to do:** {said[0]}."), ""]
    else:
        for text, call in zip(said, ("saving", "restarting")):
            if text:
                out += [fold(f"**What to do, {call}:** {text}."), ""]
    for sentence in sorted(lines, key=str.lower):
        where = ", ".join(f"[{os.path.basename(path)}](../{path})" for path in sorted(lines[sentence]))
        out.append(fold(f"- `{sentence}` ({where})", then="  "))
    return out + [""]


def sentences():
    """The kernel's sentences: error by error what it means, what to do, and where it comes from."""
    by_error = {}
    for errors, sentence, path in found():
        for error in errors:
            by_error.setdefault(error, {}).setdefault(sentence, set()).add(path)
    meanings = {**MEANINGS, **{error: OTHER_MEANING for error in sorted(by_error) if error.startswith("E")
                               and error not in MEANINGS}, OTHER: OTHER_MEANING, NOTE: NOTE_MEANING}
    advice, out = advices(), []
    for error, meaning in meanings.items():
        if error in by_error:
            out += section(error, meaning, advice, by_error[error])
    return "\n".join(out)
