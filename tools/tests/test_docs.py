# SPDX-License-Identifier: GPL-2.0-only
"""Manual pages and completions against what the tools themselves say."""

import errno
import json
import os
import re
import shutil
import signal
import sys
import time

import harness
from harness import contains, equal, run, start, test

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = ("ckpt", "rstr", "ckptinfo")
SUBCOMMANDS = {"ckpt": ("run",), "rstr": (), "ckptinfo": ()}


def read(*path):
    """The text of a file of the source."""
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def manual(tool):
    """The manual page of a tool, without its escapes."""
    return read("Documentation", "man", f"{tool}.1").replace("\\-", "-")


def options(tool, *subcommands):
    """The long options that a tool says it has, and those of its subcommands."""
    text = run(f"{harness.BUILD}/{tool}", "--help").stdout
    for word in subcommands:
        text += run(f"{harness.BUILD}/{tool}", word, "--help").stdout
    found = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.MULTILINE))
    contains(found, "--help")
    return found


@test
def options_are_documented():
    for tool in TOOLS:
        missing = {option for option in options(tool) if option not in manual(tool)}
        equal((tool, missing), (tool, set()))
    for word in ("run", "list"):
        missing = {option for option in options("ckpt", word)
                   if option not in manual("ckpt") + manual("ckpt-run")}
        equal((word, missing), (word, set()))


@test
def options_are_completed():
    for tool in TOOLS:
        completed = set(re.findall(r"--[a-z][a-z-]+", read("tools", "completion", tool)))
        equal((tool, options(tool, *SUBCOMMANDS[tool]) ^ completed), (tool, set()))


def members(value):
    """The names of all members in a piece of JSON, but not of decoded records."""
    if isinstance(value, list):
        return set().union(*map(members, value))
    if not isinstance(value, dict):
        return set()
    return set(value) | set().union(*(members(part) for name, part in value.items()
                                      if name != "fields"))


def told(*command, **variables):
    """The members of the JSON that a command prints on either stream."""
    result = run(*command, **variables)
    return members(json.loads(result.stdout or result.stderr))


def kept_job(ckpt):
    """A directory with an image of a job."""
    run(ckpt, "run", "--dir", "kept", "--on", "CHLD=save", "--", "sh", "-c",
        "kill -TERM $PPID; exec sleep 100", ASAN_OPTIONS="detect_leaks=0")
    return "kept"


@test
def json_is_documented():
    equal(run(f"{harness.BUILD}/libcheckpoint-test", "--sample", "sample.img").returncode, 0)
    os.chmod("sample.img", 0o600)
    failure = {"FAKE_ERRNO": errno.EBUSY, "FAKE_MESSAGE": "no", "FAKE_PID": "1"}
    ckpt, rstr = harness.fake("ckpt"), harness.fake("rstr")
    seen = {
        "ckpt": told(ckpt, "--json", "1") | told(ckpt, "--json", "-n", "1", **failure) |
                told(ckpt, "--json", "--kill", "--leave-frozen", "1"),
        "ckpt-run": told(ckpt, "status", "--json", kept_job(ckpt)),
        "rstr": (told(rstr, "--json", "-n", "sample.img") |
                 told(rstr, "--json", "sample.img", **failure)),
        "ckptinfo": set().union(*(told(f"{harness.BUILD}/ckptinfo", "--json", *words, "sample.img")
                                  for words in ((), ("--records",), ("--verify",)))),
    }
    # rstr(1) refers to ckpt(1) for the members of an error
    pages = {"ckpt": manual("ckpt"), "ckpt-run": manual("ckpt-run") + manual("ckpt"),
             "rstr": manual("rstr") + manual("ckpt"),
             "ckptinfo": manual("ckptinfo")}
    for tool, names in seen.items():
        missing = {name for name in names if not re.search(rf"\b{name}\b", pages[tool])}
        equal((tool, missing), (tool, set()))


@test
def versions_are_told():
    for tool in TOOLS:
        result = run(f"{harness.BUILD}/{tool}", "--version")
        equal((result.returncode, result.stdout.splitlines()[0]), (0, f"{tool} 0.1"))
        contains(result.stdout, "checkpoint()")
        equal(run(f"{harness.BUILD}/{tool}", "-V").stdout, result.stdout)
        equal(run(f"{harness.BUILD}/{tool}", "-h").stdout,
              run(f"{harness.BUILD}/{tool}", "--help").stdout)


def blocks(page, language):
    """The blocks of a language in a page of the documentation."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read("Documentation", page),
                      re.MULTILINE | re.DOTALL)


@test
def blocks_of_the_library_page_work():
    variables = {"PYTHONPATH": f"{SOURCE}/tools/python", "PYTHONDONTWRITEBYTECODE": 1,
                 "LD_LIBRARY_PATH": f"{harness.BUILD}/fake"}
    result = run(f"{harness.BUILD}/libcheckpoint-test", "--sample", "sample.img")
    equal(result.returncode, 0)
    with open("job.c", "w", encoding="ascii") as file:
        file.write(*blocks("library.md", "c"))
    include = [f"-I{SOURCE}/tools/lib", f"-I{SOURCE}/include"]
    result = run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", *include, "job.c",
                 f"-L{harness.BUILD}/fake", "-l:libcheckpoint.so.1", "-o", "job")
    equal((result.returncode, result.stderr), (0, ""))
    equal(run("./job", FAKE_COPY=1, **variables).stderr,
          "restarted at step 1000\nrestarted at step 2000\nrestarted at step 3000\n")
    job, image, callback = blocks("library.md", "python")
    equal(run(sys.executable, "-c", job, FAKE_COPY=1, **variables).stdout.splitlines()[2:],
          ["restarted at step 3000", run("./job", **variables).stdout.strip()])
    os.rename("sample.img", "job.img")
    equal(run(sys.executable, "-c", image, **variables).stdout,
          "saved on sample\nsample\nworker\nchild\n")
    equal(run(sys.executable, "-c", callback, **variables).returncode, 0)


@test
def options_for_those_from_criu_exist():
    known = set().union(*(options(tool, *SUBCOMMANDS[tool]) for tool in TOOLS))
    named = set()
    for line in read("Documentation", "from-criu.md").splitlines():
        if line.startswith("| "):
            named |= set(re.findall(r"--[a-z][a-z-]+", line.split("|")[2]))
    equal((len(named) > 15, named - known), (True, set()))


def commands():
    """What the pages say to type: in blocks, and in the text between backquotes."""
    directory = os.path.join(SOURCE, "Documentation")
    for page in ["README.md"] + [os.path.join("Documentation", name) for name in
                                 sorted(os.listdir(directory)) if name.endswith(".md")]:
        text = read(page)
        for part in re.findall(r"^(?:    |\t)+(?:# )?(.*)$", text, re.MULTILINE) + \
                re.findall(r"`([^`\n]+)`", text):
            yield page, part


@test
def commands_in_the_pages_are_ones_that_there_are():
    known = {tool: options(tool, *SUBCOMMANDS[tool]) for tool in TOOLS}
    targets = set(re.findall(r"^([a-z-]+)(?:(?: [a-z-]+)*):", read("Makefile"), re.MULTILINE))
    targets |= {"olddefconfig", "headers", "kselftest-install"}     # the kernel's own
    seen = 0
    for page, part in commands():
        for command in re.split(r"[;|&'\"]|\s(?=(?:ckpt|rstr|ckptinfo) )", part):
            tool, _, words = command.strip().partition(" ")
            if tool not in TOOLS:
                continue
            used = set(re.findall(r"(?:^|\s)(--[a-z][a-z-]+)", words.split(" -- ")[0]))
            equal((page, part, used - known[tool]), (page, part, set()))
            seen += 1
        for target in re.findall(r"^make ([a-z][a-z-]+)", part):
            equal((page, target, target in targets), (page, target, True))
    assert seen > 60, seen


@test
def help_has_examples():
    for words in [(tool,) for tool in TOOLS] + [("ckpt", "run")]:
        text = run(f"{harness.BUILD}/{words[0]}", *words[1:], "--help").stdout
        examples = re.findall(r"^  ((?:ckpt|rstr|ckptinfo) .*)$", text.split("Examples:")[1],
                              re.MULTILINE)
        equal((words, len(examples) > 1), (words, True))


def stand_in(name, text):
    """A command in ./bin."""
    os.makedirs("bin", exist_ok=True)
    with open(f"bin/{name}", "w", encoding="ascii") as file:
        file.write(f"#!/bin/bash\n{text}\n")
    os.chmod(f"bin/{name}", 0o755)


@test
def scripts_for_batch_systems_work():
    result = run(f"{harness.BUILD}/libcheckpoint-test", "--sample", "sample.img")
    equal(result.returncode, 0)
    os.chmod("sample.img", 0o600)
    stand_in("ckpt", f'exec {harness.fake("ckpt")} "$@"')
    stand_in("scontrol", 'echo "scontrol $*" >>asked')
    stand_in("qsub", 'echo "qsub $*" >>asked')
    stand_in("timeout", 'shift 4; exec "$@"')   # its time never comes
    with open("simulate", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n[ $1 = input ] && touch started && exec sleep 100\n")
    os.chmod("simulate", 0o755)
    slurm, sge, pbs = blocks("batch.md", "bash")
    variables = {"PATH": f"{os.getcwd()}/bin:{os.environ['PATH']}", "SLURM_JOB_ID": 7,
                 "JOB_ID": 8, "PBS_O_WORKDIR": os.getcwd(), "ASAN_OPTIONS": "detect_leaks=0"}
    for text, sig, status, directory, asked in (
            (slurm, signal.SIGTERM, 85, "images.7", "scontrol requeue 7\n"),
            (sge, signal.SIGUSR1, 99, "images.8", None),
            (pbs, signal.SIGTERM, 85, "images", "qsub job.pbs\n")):
        with open("job", "w", encoding="ascii") as file:
            file.write(text)
        process = start("bash", "./job", **variables)
        while not os.path.exists("started"):
            time.sleep(0.02)
        time.sleep(0.2)
        if text is pbs:     # timeout is in between
            run("pkill", "-TERM", "-P", str(process.pid))
        else:
            process.send_signal(sig)
        equal((directory, process.wait(20)), (directory, status))
        equal(os.readlink(f"{directory}/latest"), "1.img")
        equal(os.path.exists("asked") and open("asked", encoding="ascii").read(), asked or False)
        # the same once more goes on from there, to its end, if the image is one
        shutil.copy("sample.img", f"{directory}/1.img")
        os.remove("started")
        equal(run("bash", "./job", FAKE_PROGRAM="exit 0", **variables).returncode, 0)
        equal(os.path.exists("started"), False)
        if asked:
            os.remove("asked")


@test
def manual_pages_have_no_mistakes():
    if not shutil.which("mandoc"):
        raise harness.Skip("mandoc is not installed")
    directory = os.path.join(SOURCE, "Documentation", "man")
    for page in sorted(os.listdir(directory)):
        equal(run("mandoc", "-T", "lint", "-W", "warning", os.path.join(directory, page)).stdout, "")
