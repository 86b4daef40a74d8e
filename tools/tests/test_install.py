# SPDX-License-Identifier: GPL-2.0-only
"""make install and uninstall, and programs that are built against what was installed."""

import os
import re
import shutil
import sys

import harness
from harness import contains, equal, run, test

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# All that a build takes: a compiler with its binutils, make, and what POSIX has
NEEDED = ("gcc as ld ar objcopy make sh awk sed cat cp mv rm ln mkdir printf touch install"
          " chmod").split()

INSTALLED = """
bin/ckpt bin/ckptinfo bin/rstr
include/libcheckpoint.h include/libcheckpoint_image.h include/linux/checkpoint_hdr.h
lib/libcheckpoint.a lib/libcheckpoint.so lib/libcheckpoint.so.1 lib/pkgconfig/libcheckpoint.pc
lib/sysctl.d/ckpt.conf lib/sysusers.d/ckpt.conf
lib/systemd/system/ckpt-group.service lib/systemd/system/ckpt-job@.service
lib/systemd/system/ckpt-save@.service lib/systemd/system/ckpt-save@.timer
share/bash-completion/completions/ckpt share/bash-completion/completions/ckptinfo
share/bash-completion/completions/rstr
""".split()


def make(*words, build=None, **variables):
    """make in the directory of the tools."""
    result = run("make", "-s", "-C", SOURCE, f"BUILD={build or harness.BUILD}", *words, **variables)
    equal((words, result.returncode, result.stderr), (words, 0, ""))


def files(root):
    """All that is below a directory, but the directories."""
    return sorted(os.path.relpath(os.path.join(directory, name), root)
                  for directory, _, names in os.walk(root) for name in names)


def split(names):
    """The manual pages among them, and the others."""
    pages = [name for name in names if "/man/" in name]
    return pages, [name for name in names if name not in pages]


@test
def installing_takes_a_compiler_and_make():
    os.mkdir("path")
    for name in NEEDED:
        os.symlink(shutil.which(name), f"path/{name}")
    root = os.path.abspath("root")
    make("install", "-j2", f"DESTDIR={root}", "PREFIX=/usr", "CFLAGS=-O0",
         build=os.path.abspath("build"), PATH=os.path.abspath("path"))
    pages, others = split(files(f"{root}/usr"))
    equal(others, sorted(INSTALLED))
    equal(os.readlink(f"{root}/usr/lib/libcheckpoint.so"), "libcheckpoint.so.1")
    for page in ("man1/ckpt-run.1", "man2/restart.2", "man3/ckpt_save_self.3",
                 "man5/checkpoint-image.5", "man7/ckpt-units.7"):
        contains(pages, f"share/man/{page}")
    equal(run(f"{root}/usr/bin/ckpt", "--version").stdout.split()[0], "ckpt")


@test
def uninstalling_leaves_nothing():
    root = os.path.abspath("root")
    for words in ((), ("MAN_GZIP=1",)):
        words = (f"DESTDIR={root}", "PREFIX=/opt/ckpt", *words)
        make("install", *words)
        pages, others = split(files(f"{root}/opt/ckpt"))
        equal([name for name in others if name not in INSTALLED and "/checkpoint/" not in name], [])
        equal([page for page in pages if not os.path.exists(f"{root}/opt/ckpt/{page}")], [])
        module = [name for name in others if name.endswith("/checkpoint/__init__.py")]
        equal(len(module), 1)
        make("uninstall", *words)
        equal(files(root), [])


PROGRAM = """#include <libcheckpoint.h>
#include <libcheckpoint_image.h>
#include <stdio.h>
int main(void)
{
    long ret = ckpt_restart(0, -1, ~0UL, NULL, 0);

    return !ckpt_record_info(CKPT_REC_HEADER) || puts(ckpt_errno_name((int)-ret)) < 0;
}
"""


@test
def installed_library_can_be_used():
    if not shutil.which("pkg-config"):
        raise harness.Skip("pkg-config is not installed")
    root = os.path.abspath("root")
    make("install", f"DESTDIR={root}", "PREFIX=/usr")
    variables = {"PKG_CONFIG_PATH": f"{root}/usr/lib/pkgconfig", "PKG_CONFIG_SYSROOT_DIR": root}
    with open("hello.c", "w", encoding="ascii") as file:
        file.write(PROGRAM)
    shutil.copy("hello.c", "hello.cc")
    compilers = [("gcc", "-std=c11", "hello.c")]
    if shutil.which("g++"):
        compilers.append(("g++", "-std=c++11", "hello.cc"))
    for compiler in compilers:
        for static in ("", "--static"):
            words = run("pkg-config", "--cflags", "--libs", *static.split(), "libcheckpoint",
                        **variables).stdout.split()
            result = run(*compiler, "-Wall", "-Wextra", "-pedantic", "-Werror",
                         *static[1:].split(), *words, "-o", "hello")
            equal((compiler, result.returncode, result.stderr), (compiler, 0, ""))
            equal(run("./hello", LD_LIBRARY_PATH=f"{root}/usr/lib").stdout
                  in ("ENOSYS\n", "EINVAL\n"), True)
    contains(run("pkg-config", "--modversion", "libcheckpoint", **variables).stdout, "1.0")
    python = run(sys.executable, f"{SOURCE}/python/where", "/usr").stdout.strip()
    equal(run(sys.executable, "-c", "import checkpoint; print(checkpoint.supported())",
              PYTHONPATH=root + python, LD_LIBRARY_PATH=f"{root}/usr/lib").returncode, 0)


@test
def units_are_right():
    if not shutil.which("systemd-analyze"):
        raise harness.Skip("systemd is not installed")
    prefix = os.path.abspath("prefix")
    make("install", f"PREFIX={prefix}", "DESTDIR=/")
    units = f"{prefix}/lib/systemd/system"
    result = run("systemd-analyze", "verify", "--man=no",
                 *(f"{units}/{unit}" for unit in ("ckpt-job@x.service", "ckpt-save@x.timer",
                                                  "ckpt-save@x.service", "ckpt-group.service")))
    said = [line for line in result.stderr.splitlines() if prefix in line or "ckpt" in line]
    equal((result.returncode, said), (0, []))
    with open(f"{prefix}/lib/sysusers.d/ckpt.conf", encoding="ascii") as file:
        contains(re.findall(r"^g (\S+)", file.read(), re.MULTILINE), "checkpoint")
