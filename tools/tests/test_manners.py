# SPDX-License-Identifier: GPL-2.0-only
"""What all three tools do alike: options, output, sentences for what is no image."""

import json
import os
import subprocess

import harness
from harness import contains, equal, fake, run, test
from test_ckpt import Victim


def tool(name):
    """The path of a tool, played where the kernel matters."""
    return f"{harness.BUILD}/asan/{name}" if name == "ckptinfo" else fake(name)


@test
def a_pid_behind_two_dashes():
    with Victim() as victim:
        equal(run(tool("ckpt"), "-o", "image", "--", victim.pid).returncode, 0)


@test
def options_are_not_abbreviated():
    with Victim() as victim:
        result = run(tool("ckpt"), "--k", victim.pid)
        equal((result.returncode, victim.alive(), os.listdir(".")), (2, True, []))
        contains(result.stderr, "'--k' is no option: options are written in full, such as --kill")
    contains(run(tool("rstr"), "--detac", "image").stderr, "such as --detach")
    contains(run(tool("ckptinfo"), "--verif", "image").stderr, "such as --verify")
    contains(run(tool("ckpt"), "--frob", "1").stderr, "there is no option '--frob'")
    contains(run(tool("ckpt"), "-z", "1").stderr, "there is no option '-z'")
    contains(run(tool("ckpt"), "--output").stderr, "option '--output' wants an argument")
    contains(run(tool("ckpt"), "--kill=3", "1").stderr, "option '--kill' takes no argument")
    contains(run(tool("ckpt"), "run", "--eve", "1s", "true").stderr, "such as --every")


@test
def options_that_do_not_go_together():
    for words in (("--check", "-o", "x", "1"), ("--check", "--kill", "1"), ("-q", "-v", "1"),
                  ("--through", "cat", "-o", "x", "1"), ("--keep", "3", "1"),
                  ("--every", "1s", "--kill", "1"), ("--name", "x", "1"),
                  ("--name", "x", "--unit", "y")):
        equal((words, run(tool("ckpt"), *words).returncode), (words, 2))
    for words in (("--self", "--detach", "x"), ("--check", "--pidns", "x"), ("-q", "-v", "x"),
                  ("--rewind", "--allow-changed", "x"), ("--from", "cat", "x"),
                  ("--frozen", "--detach", "x")):
        equal((words, run(tool("rstr"), *words).returncode), (words, 125))
        contains(run(tool("rstr"), *words).stderr, "run 'rstr --help'")
    for words in (("-o", "x", "y"), ("--verify", "--tree", "x"), ("--core", "1", "--json", "x")):
        equal((words, run(tool("ckptinfo"), *words).returncode), (words, 2))


@test
def words_of_criu_are_answered():
    for words, ours in ((("dump", "-t", "1"), "ckpt --kill -o FILE PID"),
                        (("restore",), "rstr FILE"), (("--tree", "1"), "ckpt PID"),
                        (("-D", "d", "1"), "an image is one file"),
                        (("--shell-job", "1"), "replaced by rstr's")):
        result = run(tool("ckpt"), *words)
        equal((words, result.returncode), (words, 2))
        contains(result.stderr, ours)
    contains(run(tool("rstr"), "restore", "-D", "d").stderr, "rstr FILE")


def into(path, *command):
    """Run a command whose standard output is this file; its status and words."""
    with open(path, "w", encoding="ascii") as file:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, check=False,
                                stderr=subprocess.PIPE, text=True, timeout=harness.LIMIT,
                                env=harness.environment(command[0]))
    return result.returncode, result.stderr


def into_closed_pipe(*command):
    """The same with a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writer, check=False,
                            stderr=subprocess.PIPE, text=True, timeout=harness.LIMIT,
                            env=harness.environment(command[0]))
    os.close(writer)
    return result.returncode, result.stderr


@test
def output_that_cannot_be_written():
    equal(run(f"{harness.BUILD}/libcheckpoint-test", "--sample", "sample.img").returncode, 0)
    os.chmod("sample.img", 0o600)
    with Victim() as victim:
        for status, words in ((7, ("ckpt", "-o", "image", victim.pid)), (1, ("ckpt", "--help")),
                              (1, ("ckpt", "--version")), (7, ("ckpt", "--json", victim.pid)),
                              (125, ("rstr", "--help")), (125, ("rstr", "-n", "sample.img")),
                              (125, ("rstr", "--json", "-n", "sample.img")),
                              (1, ("ckptinfo", "sample.img")), (1, ("ckptinfo", "--help")),
                              (1, ("ckptinfo", "--json", "--records", "sample.img"))):
            command = (tool(words[0]), *words[1:])
            for got, said in (into("/dev/full", *command), into_closed_pipe(*command)):
                equal((words, got), (words, status))
                contains(said, "the result could not be written")
        equal(victim.alive(), True)


@test
def json_is_an_object_in_any_case():
    with open("empty", "w", encoding="ascii"):
        pass
    os.chmod("empty", 0o600)
    for words in (("ckpt", "--json", "x"), ("ckpt", "--k", "--json", "1"),
                  ("ckpt", "--json", "--kill", "--leave-frozen", "1"),
                  ("ckpt", "--json", "-o", "no/where", "1"), ("ckpt", "status", "--json", "nowhere"),
                  ("rstr", "--json", "nothing"), ("rstr", "--json", "-n", "empty"), ("rstr", "--json"),
                  ("ckptinfo", "--json", "nothing"), ("ckptinfo", "--json", "empty")):
        result = run(tool(words[0]), *words[1:])
        # rstr says what failed on standard error, which may have sentences before it
        text = result.stdout or result.stderr[result.stderr.index("{"):]
        told = json.loads(text)
        equal((words, told["ok"], told["format"]), (words, False, 1))
        equal((words, bool(told["message"])), (words, True))


@test
def sentences_for_what_is_no_image():
    with open("empty", "w", encoding="ascii"):
        pass
    os.chmod("empty", 0o600)
    os.mkdir("store")
    os.symlink("1.img", "store/latest")
    with open("my job.gz", "wb") as file:
        file.write(b"\x1f\x8b\x08garbage")
    for name in ("rstr", "ckptinfo"):
        contains(run(tool(name), "empty").stderr, "empty is empty; name a file")
        contains(run(tool(name), ".").stderr, ". is a directory; name a file")
        command = [tool(name), "-"]
        closed = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", *command], check=False,
                                stderr=subprocess.PIPE, text=True, timeout=harness.LIMIT,
                                env=harness.environment(command[0]))
        contains(closed.stderr, "standard input is closed")
    contains(run(tool("rstr"), "store").stderr, "run 'ckpt run --dir store'")
    contains(run(tool("ckptinfo"), "my job.gz").stderr,
             "is compressed; run 'gzip -dc 'my job.gz' | ckptinfo -'")


@test
def image_of_another_user():
    if os.geteuid():
        raise harness.Skip("needs root")
    with open("theirs.img", "w", encoding="ascii") as file:
        file.write("image")
    os.chmod("theirs.img", 0o600)
    os.chmod(".", 0o755)
    result = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tool("rstr"),
                 "theirs.img", ASAN_OPTIONS="detect_leaks=0")
    equal(result.returncode, 125)
    contains(result.stderr, "theirs.img is an image of user 0, and may not be read by you; run 'sudo ")


@test
def names_are_quoted_for_pasting():
    os.mkfifo("a b")
    contains(run(tool("ckpt"), "-o", "a b", "1").stderr, "run 'ckpt -o - 1 >'a b''")
    if not os.geteuid():
        with open("it's", "w", encoding="ascii") as file:
            file.write("image")
        os.chmod("it's", 0o666)
        contains(run(tool("rstr"), "it's").stderr, r"run 'chmod go-w 'it'\''s''")


@test
def image_into_a_closed_descriptor():
    with Victim() as victim:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", tool("ckpt"), "-o", "-", victim.pid]
        result = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True,
                                stdin=subprocess.DEVNULL, timeout=harness.LIMIT)
        equal(result.returncode, 2)
        contains(result.stderr, "standard output is closed")
