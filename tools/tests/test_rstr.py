# SPDX-License-Identifier: GPL-2.0-only
"""rstr against a kernel that is played by fake_calls.c."""

import errno
import json
import os
import pty
import signal
import time

import harness
from harness import contains, environment, equal, fake, run, start, test


def image():
    """A file to restart from."""
    with open("image", "w", encoding="ascii") as file:
        file.write("image\n")
    os.chmod("image", 0o600)
    return "image"


def rstr(*arguments, **variables):
    """Run rstr to its end."""
    return run(fake("rstr"), *arguments, image(), **variables)


@test
def rstr_ends_as_the_program():
    equal(rstr(FAKE_PROGRAM="exit 0").returncode, 0)
    equal(rstr(FAKE_PROGRAM="exit 42").returncode, 42)
    equal(rstr(FAKE_PROGRAM="kill -TERM $$").returncode, -signal.SIGTERM)
    equal(rstr(FAKE_PROGRAM="ulimit -c 0; kill -SEGV $$").returncode, -signal.SIGSEGV)
    equal(rstr(FAKE_PROGRAM="exit 42", FAKE_PGRP=1).returncode, 42)
    equal(rstr(FAKE_PROGRAM="echo hello").stdout, "hello\n")


@test
def rstr_forwards_signals():
    traps = "trap 'echo usr1; exit 3' USR1; echo ready; while :; do sleep 0.05; done"
    for variables in ({}, {"FAKE_PGRP": 1}):
        process = start(fake("rstr"), image(), FAKE_PROGRAM=traps, **variables)
        equal(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGUSR1)
        equal((process.wait(10), process.stdout.read()), (3, "usr1\n"))

    process = start(fake("rstr"), image(), FAKE_PROGRAM="echo ready; exec sleep 100")
    equal(process.stdout.readline(), "ready\n")
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), -signal.SIGTERM)


@test
def rstr_stops_and_goes_on():
    for variables in ({}, {"FAKE_PGRP": 1}):
        process = start(fake("rstr"), image(), FAKE_PROGRAM="kill -STOP $$; exit 9",
                        **variables)
        pid, status = os.waitpid(process.pid, os.WUNTRACED)
        equal((pid, os.WIFSTOPPED(status)), (process.pid, True))
        os.killpg(process.pid, signal.SIGCONT)
        equal(process.wait(10), 9)


@test
def rstr_failures():
    result = rstr(FAKE_ERRNO=errno.EEXIST, FAKE_PID=os.getpid(), FAKE_MESSAGE="its pid is taken")
    equal(result.returncode, 125)
    contains(result.stderr, f"has pid {os.getpid()} now: run '{fake('rstr')} --pidns image'")
    result = rstr(FAKE_ERRNO=errno.ESTALE, FAKE_MESSAGE="/x has changed")
    contains(result.stderr, "--allow-changed image'")
    result = rstr(FAKE_ERRNO=errno.ENOSYS)
    contains(result.stderr, "CONFIG_CHECKPOINT=y")
    equal(run(fake("rstr"), "/nonexistent").returncode, 125)
    equal(run(fake("rstr"), "/tmp").returncode, 125)
    equal(run(fake("rstr")).returncode, 125)


@test
def rstr_check():
    result = rstr("-n")
    equal(result.returncode, 0)
    contains(result.stdout, "image can be restarted here")
    equal(rstr("-n", FAKE_ERRNO=errno.EINVAL, FAKE_MESSAGE="no").returncode, 125)
    equal(json.loads(rstr("-n", "--json").stdout)["ok"], True)


@test
def rstr_substitutions_are_told():
    result = rstr(FAKE_MESSAGE="fd 0: /dev/pts/3 is rstr's now", FAKE_PROGRAM="exit 0")
    contains(result.stderr, "fd 0: /dev/pts/3 is rstr's now")
    equal(rstr("-q", FAKE_MESSAGE="x", FAKE_PROGRAM="exit 0").stderr, "")


@test
def rstr_as_root_distrusts_writable_images():
    if os.geteuid():
        raise harness.Skip("needs root")
    name = image()
    os.chmod(name, 0o620)
    result = run(fake("rstr"), name, FAKE_PROGRAM="exit 0")
    equal(result.returncode, 125)
    contains(result.stderr, "chmod go-w image")
    equal(run(fake("rstr"), "--as-root", name, FAKE_PROGRAM="exit 4").returncode, 4)


@test
def rstr_confirms_before_the_program_runs():
    for variables in ({}, {"FAKE_NO_FROZEN": 1}):
        result = rstr("--confirm", FAKE_PROGRAM="sleep 0.1; echo output; exit 6", **variables)
        lines = result.stdout.splitlines()
        contains(lines[0], "rstr: restarted PID ")
        equal((lines[1:], result.returncode), (["output"], 6))


def parent_of(pid):
    """The parent of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


@test
def rstr_detaches():
    for options in ((), ("--pidns",)):
        if options and os.geteuid():
            continue
        result = rstr("--detach", *options, FAKE_PROGRAM="exec sleep 100 >/dev/null 2>&1")
        equal(result.returncode, 0)
        pid = int(result.stdout)
        deadline = time.monotonic() + 5
        while parent_of(pid) == os.getpid() and time.monotonic() < deadline:
            time.sleep(0.01)
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            contains("sleep\nbash\n", file.read())
        os.kill(pid, signal.SIGKILL)
    equal(rstr("--detach", FAKE_ERRNO=errno.EPERM).returncode, 125)


@test
def rstr_pidns():
    if os.geteuid():
        raise harness.Skip("needs root")
    result = rstr("--pidns", FAKE_PROGRAM="echo $$ $PPID; exit 11")
    equal((result.stdout, result.returncode), ("2 1\n", 11))
    equal(rstr("--pidns", FAKE_PROGRAM="kill -KILL $$").returncode, -signal.SIGKILL)
    equal(rstr("--pidns", FAKE_ERRNO=errno.EINVAL).returncode, 125)
    result = rstr("--pidns", "--confirm", FAKE_PROGRAM="echo $$; exit 12", FAKE_PGRP=1)
    contains(result.stdout, "rstr: restarted PID ")
    equal((result.stdout.splitlines()[1], result.returncode), ("2", 12))


@test
def rstr_pidns_forwards_and_stops():
    if os.geteuid():
        raise harness.Skip("needs root")
    program = "trap 'exit 3' USR1; echo ready; kill -STOP $$; while :; do sleep 0.05; done"
    process = start(fake("rstr"), "--pidns", image(), FAKE_PROGRAM=program, FAKE_PGRP=1)
    equal(process.stdout.readline(), "ready\n")
    equal(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]), True)
    os.killpg(process.pid, signal.SIGCONT)
    process.send_signal(signal.SIGUSR1)
    equal(process.wait(10), 3)


@test
def rstr_user_namespace():
    if os.geteuid():
        raise harness.Skip("needs root, to become somebody else")
    image()
    os.chmod(".", 0o755)
    os.chmod("image", 0o644)
    result = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                 fake("rstr"), "--pidns", "image", ASAN_OPTIONS="detect_leaks=0",
                 FAKE_PROGRAM="id -u; id -g; echo $$; exit 13")
    if "user_namespaces" in result.stderr or "cannot execute" in result.stderr:
        raise harness.Skip(result.stderr.strip())
    equal((result.stdout, result.returncode), ("65534\n65534\n2\n", 13))


class Terminal:
    """rstr as the leader of a session on a terminal of its own."""

    def __init__(self, *options, **variables):
        name = image()
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execve(fake("rstr"), ["rstr", *options, name],
                      environment(fake("rstr"), **variables))

    def read_until(self, word):
        """Read what appears until a word does."""
        text = ""
        while word not in text:
            text += os.read(self.fd, 1024).decode()
        return text

    def status(self):
        """Its wait status."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def terminal_variants():
    """Ways of restarting in the foreground."""
    variants = [((), {}), ((), {"FAKE_PGRP": 1}), ((), {"FAKE_PGRP": 1, "FAKE_NO_FROZEN": 1})]
    if not os.geteuid():
        variants.append((("--pidns",), {"FAKE_PGRP": 1}))
    return variants


@test
def rstr_lends_the_terminal():
    for options, variables in terminal_variants():
        terminal = Terminal(*options, FAKE_PROGRAM="echo ready; read -r n; exit $n",
                            **variables)
        terminal.read_until("ready")
        os.write(terminal.fd, b"21\n")
        equal(terminal.status(), 21)
        os.close(terminal.fd)


@test
def rstr_and_the_interrupt_key():
    for options, variables in terminal_variants():
        terminal = Terminal(*options, FAKE_PROGRAM="echo ready; sleep 100", **variables)
        terminal.read_until("ready")
        time.sleep(0.1)
        os.write(terminal.fd, b"\x03")
        equal(terminal.status(), -signal.SIGINT)
        os.close(terminal.fd)
