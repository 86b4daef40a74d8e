# SPDX-License-Identifier: GPL-2.0-only
"""libcheckpoint as programs use it: its interface, and its ABI against the one that is kept."""

import errno
import os
import re
import shutil
import subprocess

import harness
from harness import contains, equal, run, start, test

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = "libcheckpoint.so.1"


def use(*words, **variables):
    """A program on the library, on a kernel that is played."""
    return run(harness.fake("use_library"), *words, **variables)


def header(name):
    """The text of a header."""
    with open(os.path.join(SOURCE, "lib", name), encoding="ascii") as file:
        return file.read()


@test
def library_saves():
    equal(use("save", "1", "a.img").stdout, "saved 1 processes, 2 threads, crid same, hold no\n")
    equal(os.stat("a.img").st_mode & 0o777, 0o600)
    equal(os.listdir("."), ["a.img"])
    equal(use("save", "1", "none/a.img").stdout,
          "ENOENT: opening the directory of none/a.img failed: No such file or directory\n")
    os.mkdir("d")
    contains(use("save", "1", "d").stdout, "EEXIST: d is a directory")


@test
def library_kills_when_the_image_is_safe():
    victim = start("sleep", "100")
    contains(use("kill", str(victim.pid), "a.img").stdout, "hold no")
    equal(victim.wait(), -9)
    victim = start("sleep", "100")
    contains(use("frozen", str(victim.pid), "a.img").stdout, "hold yes\nended 0\n")
    equal(victim.wait(), -9)
    victim = start("sleep", "100")
    result = use("kill", str(victim.pid), "a.img", FAKE_END_ERRNO=errno.EAGAIN)
    contains(result.stdout, "EAGAIN: the image is whole, but killing the program failed")
    equal((victim.poll(), os.listdir(".")), (None, ["a.img"]))
    victim.kill()
    victim.wait()


@test
def library_says_what_is_wrong():
    result = use("save", "1", "a.img", FAKE_ERRNO=errno.EBUSY, FAKE_MESSAGE="fd 3: is busy",
                 FAKE_PID="1")
    equal(result.stdout, "EBUSY: pid 1: fd 3: is busy; end what is named, or wait until it is done,"
                         " and try again\n")
    equal(os.listdir("."), [])
    result = use("check", "1", FAKE_ERRNO=errno.EBUSY, FAKE_MESSAGE="fd 3: is busy", FAKE_PID="1")
    equal(result.stdout, "pid 1: fd 3: is busy\ncheck EBUSY\n")
    equal(use("check", "1").stdout, "check 0\n")
    contains(use("save", "1", "a.img", FAKE_ERRNO=errno.ENOSYS).stdout, "CONFIG_CHECKPOINT=y")
    equal((use().stdout, use(FAKE_ERRNO=errno.ENOSYS).stdout), ("supported\n", "not supported\n"))


@test
def library_asks_again():
    contains(use("save", "1", "a.img", FAKE_AGAIN=3, FAKE_ERRNO=errno.EAGAIN).stdout, "saved")
    equal(os.path.getsize("calls"), 4)


@test
def library_saves_its_own_process():
    after = "after first {0} -35\nafter second {0} -35\n"
    before = "step 0\nstep 1\nbefore second\nbefore first\n"
    result = use("self", "a.img")
    equal((result.stdout, result.returncode),
          (before + after.format(1) + "saved\nstep 2\nremoved 0 -2\n", 5))
    os.remove("a.img")
    result = use("self", "a.img", FAKE_COPY=1)
    equal((result.stdout, result.returncode),
          (before + after.format(2) + "restarted\nstep 2\nremoved 0 -2\n", 5))
    equal(os.path.exists("a.img"), False)
    result = use("self", "b.img", "refuse")
    equal(result.stdout, before + after.format(-errno.EBUSY) +
          "EBUSY: a callback before the save failed: Device or resource busy; end what is named,"
          " or wait until it is done, and try again\n")
    equal(os.path.exists("b.img"), False)
    equal(use("selfkill", "c.img").returncode, -9)


@test
def library_restarts():
    use("save", "1", "a.img")
    equal(use("restart", "a.img", FAKE_PROGRAM="exit 4").stdout, "restarted, it ended with 4\n")
    equal(use("look", "a.img").stdout, "whole\n")
    equal(use("first", "a.img", FAKE_PROGRAM="exit 5").stdout, "restarted, it ended with 5\n")
    contains(use("moved", "a.img", FAKE_PROGRAM="exit 4", FAKE_ARGUMENTS=1).stderr,
             "moved /old to /new\n")
    contains(use("restart", "b.img").stdout, "ENOENT: opening b.img failed: No such file")
    if os.geteuid():
        return
    os.symlink("a.img", "link.img")
    contains(use("restart", "link.img").stdout, "EPERM: link.img is a link to a file of root's")
    equal(use("trust", "link.img", FAKE_PROGRAM="exit 4").stdout, "restarted, it ended with 4\n")
    os.chmod("a.img", 0o622)
    contains(use("restart", "a.img").stdout, "can be written by others than its owner")
    os.chmod("a.img", 0o600)
    os.chown("a.img", 65534, 0)
    contains(use("restart", "a.img", FAKE_PROGRAM="exit 4", FAKE_ARGUMENTS=1).stderr,
             "ceiling 1, owner 65534")


@test
def library_takes_structures_of_other_versions():
    equal(use("odd", "a.img").stdout, """result without size -22
options without size -22
options from later -7
flags -22: these options do not make sense; look with 'ps' for the process that you mean
no place for a hold -22
self frozen -22
""")


@test
def library_is_good_c_and_cplusplus():
    compilers = [("gcc", "-x", "c", "-std=c99"), ("gcc", "-x", "c", "-std=c11")]
    if shutil.which("g++"):
        compilers += [("g++", "-x", "c++", f"-std=c++{year}") for year in ("11", "17", "20")]
    for compiler in compilers:
        result = run(*compiler, "-Wall", "-Wextra", "-pedantic", "-Werror", "-D_DEFAULT_SOURCE",
                     f"-I{SOURCE}/lib", f"-I{SOURCE}/../include", "-include",
                     "libcheckpoint_image.h", f"{SOURCE}/tests/use_library.c", "-x", "none",
                     f"{harness.BUILD}/libcheckpoint.a", "-o", "use")
        equal((compiler, result.returncode, result.stderr), (compiler, 0, ""))
        equal(run("./use").returncode, 0)


def exported(*command):
    """The functions that a library lets programs see."""
    names = subprocess.run(["nm", "--defined-only", *command], capture_output=True, text=True,
                           check=True).stdout
    return sorted(re.findall(r"^[0-9a-f]+ [A-Z] (\w+)(?:@@CHECKPOINT_1)?$", names, re.MULTILINE))


@test
def library_shows_what_its_headers_say():
    text = header("libcheckpoint.h") + header("libcheckpoint_image.h")
    declared = sorted(set(re.findall(r"^[a-z_].*?\b(ckpt_\w+)\(", text, re.MULTILINE)))
    names = exported("-D", f"{harness.BUILD}/{LIBRARY}")
    equal([name for name in names if name != "CHECKPOINT_1"], declared)
    equal(exported("-g", f"{harness.BUILD}/libcheckpoint.a"), declared)


@test
def library_is_documented():
    directory = os.path.join(SOURCE, "..", "Documentation", "man")
    text = ""
    for page in sorted(os.listdir(directory)):
        if page.endswith(".3"):
            with open(os.path.join(directory, page), encoding="ascii") as file:
                text += file.read()
    missing = [name for name in exported("-g", f"{harness.BUILD}/libcheckpoint.a")
               if name not in text]
    equal(missing, [])


@test
def example_of_the_manual_page_works():
    with open(os.path.join(SOURCE, "..", "Documentation", "man", "ckpt_save.3"),
              encoding="ascii") as file:
        text = re.search(r"^\.EX\n(.*?)^\.EE", file.read(), re.MULTILINE | re.DOTALL)[1]
    with open("example.c", "w", encoding="ascii") as file:
        file.write(text.replace("\\\\", "\\"))
    result = run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{SOURCE}/lib",
                 f"-I{SOURCE}/../include", "example.c", f"{harness.BUILD}/libcheckpoint.a", "-o",
                 "example")
    equal((result.returncode, result.stderr), (0, ""))
    contains(run("./example").stdout, "8.5837498")


@test
def library_keeps_its_abi():
    if not shutil.which("abidiff"):
        raise harness.Skip("abidiff is not installed")
    result = run("abidiff", f"{SOURCE}/tests/{LIBRARY}.abi", f"{harness.BUILD}/{LIBRARY}")
    if result.returncode:
        raise AssertionError(result.stdout + result.stderr)
