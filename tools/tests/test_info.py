# SPDX-License-Identifier: GPL-2.0-only
"""Unit tests of libcheckpoint, and ckptinfo on the sample image."""

import json
import os
import shutil
import stat
import subprocess

import harness
from harness import contains, equal, run, test


def sample():
    """Write the sample image and name it."""
    equal(run(f"{harness.BUILD}/libcheckpoint-test", "--sample", "sample.img").returncode, 0)
    return "sample.img"


def info(*arguments):
    """Run ckptinfo, built with sanitizers."""
    return run(f"{harness.BUILD}/asan/ckptinfo", *arguments)


def passes(*command):
    """Run a KTAP program that must pass."""
    result = run(*command)
    bad = [line for line in result.stdout.splitlines() if not line.startswith("ok ")]
    if result.returncode:
        raise AssertionError("\n".join(bad) + result.stderr)


@test
def library():
    passes(f"{harness.BUILD}/libcheckpoint-test")


@test
def library_with_sanitizers():
    passes(f"{harness.BUILD}/asan/libcheckpoint-test")


@test
def library_with_valgrind():
    if not shutil.which("valgrind"):
        raise harness.Skip("valgrind is not installed")
    # the damage tests take minutes there; the sanitizers run them
    for word in ("crc", "error", "schema.", "frame", "shape", "objects", "pages"):
        passes("valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
               f"{harness.BUILD}/libcheckpoint-test", word)


@test
def tools_with_valgrind():
    if not shutil.which("valgrind"):
        raise harness.Skip("valgrind is not installed")
    name = sample()
    commands = [["ckptinfo", *words, name] for words in
                ((), ("--tree", "--fds", "--maps"), ("--records",), ("--verify",), ("--json",),
                 ("--core", "1234", "-o", "core"))]
    commands += [["ckpt", "-v", str(os.getpid())], ["ckpt", "--json", "-n", "1"],
                 ["rstr", "-v", name], ["rstr", "--json", "-n", name]]
    os.chmod(name, 0o600)
    for words in commands:
        result = run("valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
                     "--errors-for-leak-kinds=definite", f"{harness.BUILD}/dynamic/{words[0]}",
                     *words[1:], FAKE_PROGRAM="exit 0")
        equal((words, result.returncode, "==" in result.stderr and result.stderr),
              (words, 0, False))


@test
def ckptinfo_summary():
    result = info(sample())
    equal(result.returncode, 0)
    contains(result.stdout, "program    sample, pid 1234, /usr/bin/sample")
    contains(result.stdout, "2 processes, 3 threads")
    contains(result.stdout, "12.0 KiB in 1 chunk")


@test
def ckptinfo_tree():
    equal(info("--tree", sample()).stdout,
          "1234 sample, group 1234, session outside\n"
          "  thread 1235 worker\n"
          "  1236 child, group 1234, session outside\n")


@test
def ckptinfo_fds_and_maps():
    text = info("--fds", "--maps", sample()).stdout
    contains(text, "pipe:[6]")
    contains(text, "555555000000-555555004000 rw-p 00000000    4.0 KiB [heap]")


@test
def ckptinfo_records():
    text = info("--records", sample()).stdout
    contains(text, "pid, type 0x101, 48 bytes, object 3\n    ns 0\n    reserved 0\n    nrs 1236\n")
    contains(text, '    path "/usr/bin/sample"\n')
    contains(text, "    fds[2]\n        fd 4\n        flags 0\n        file 7\n")
    contains(text, "        address 0x7ffffffdf000\n")
    decoded = json.loads(info("--records", "--json", sample()).stdout)
    equal(decoded["format"], 1)
    equal([record["fields"]["nrs"] for record in decoded["records"]
           if record["record"] == "pid"], [[1234], [1235], [1236]])


@test
def ckptinfo_json():
    image = json.loads(info("--json", sample()).stdout)
    equal(image["format"], 1)
    equal(image["image"]["complete"], True)
    equal([task["tid"] for task in image["tasks"]], [1234, 1235, 1236])
    equal(len(image["areas"]), 8)
    equal([fd["fd"] for fd in image["descriptors"] if fd["pid"] == 1236], [0, 3, 4])


@test
def ckptinfo_verify():
    result = info("--verify", sample())
    equal(result.returncode, 0)
    contains(result.stdout, "whole, 36 records")
    with open("sample.img", "r+b") as image:
        image.seek(-1000, os.SEEK_END)
        image.write(b"x")
    result = info("--verify", "sample.img")
    equal(result.returncode, 1)
    contains(result.stderr, "checksum is wrong")
    told = json.loads(info("--verify", "--json", "sample.img").stdout)
    equal((told["ok"], told["errno"]), (False, "EBADMSG"))


@test
def ckptinfo_of_a_cut_image():
    with open(sample(), "r+b") as image:
        image.truncate(os.path.getsize("sample.img") - 9000)
    result = info("sample.img")
    equal(result.returncode, 1)
    contains(result.stdout, "the rest is missing")
    contains(result.stderr, f"it ends after {os.path.getsize('sample.img')} bytes")
    equal(json.loads(info("--json", "sample.img").stdout)["image"]["complete"], False)


def crc32c(data):
    """CRC-32C, bit by bit."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


@test
def ckptinfo_of_the_unreleased_format():
    with open(sample(), "r+b") as image:
        header = bytearray(image.read(24 + 248))
        equal(header[24:32], b"LNUXCPK2")
        header[24:32] = b"LNUXCPK1"
        header[20:24] = bytes(4)
        header[20:24] = crc32c(header).to_bytes(4, "little")
        image.seek(0)
        image.write(header)
    for option in "--verify", "--tree":
        result = info(option, "sample.img")
        equal(result.returncode, 1)
        contains(result.stderr, "the image has the format of an unreleased version")


@test
def ckptinfo_index():
    contains(info(sample()).stdout, "index      of all chunks\n")
    contains(info("--records", "sample.img").stdout, "index, type 0x80000006,")
    contains(info("--records", "sample.img").stdout, "        pages 3\n")


@test
def ckptinfo_of_something_else():
    result = info("/etc/passwd")
    equal(result.returncode, 1)
    contains(result.stderr, "not a checkpoint image; name a file that ckpt made")
    equal(info("/nonexistent").returncode, 1)
    equal(info().returncode, 2)


@test
def ckptinfo_core():
    equal(info("--core", "1234", "-o", "core", sample()).returncode, 0)
    equal(stat.S_IMODE(os.stat("core").st_mode), 0o600)
    piped = subprocess.run([f"{harness.BUILD}/ckptinfo", "--core", "1234", "-o", "-", "sample.img"],
                           capture_output=True, check=True, timeout=harness.LIMIT).stdout
    with open("core", "rb") as file:
        equal(piped == file.read(), True)
    contains(info("--core", "99", "sample.img").stderr, "--tree sample.img' lists them")
    if not shutil.which("gdb"):
        raise harness.Skip("gdb is not installed")
    text = run("gdb", "-batch", "-nx", "-ex", "info threads", "-ex", "p/x $rsp",
               "-ex", "x/2xb 0x555555003000", "-ex", "info auxv", "-c", "core").stdout
    contains(text, "LWP 1235")
    contains(text, "= 0x7ffffffde040")
    contains(text, "0x61\t0x61")
    contains(text, "AT_PAGESZ")
