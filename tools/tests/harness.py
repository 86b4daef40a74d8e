# SPDX-License-Identifier: GPL-2.0-only
"""harness - what the tests of the tools share."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

BUILD = ""
TESTS = []
LIMIT = 120     # seconds for any one command


class Skip(Exception):
    """The test cannot run here, and why."""


def test(function):
    """Register a test."""
    TESTS.append(function)
    return function


def equal(got, expected):
    """Fail unless both are equal."""
    if got != expected:
        raise AssertionError(f"got {got!r}, expected {expected!r}")


def contains(text, part):
    """Fail unless the part is in the text."""
    if part not in text:
        raise AssertionError(f"{part!r} is not in {text!r}")


def fake(tool):
    """The path of a tool that is linked with fake_calls.c."""
    return os.path.join(BUILD, "fake", tool)


def environment(tool, **variables):
    """Our environment with more variables, for a tool.

    The leak sanitizer forks, and waits for ever for a child that is born in
    another pid namespace, as rstr --pidns makes it.
    """
    if tool == fake("rstr"):
        variables["ASAN_OPTIONS"] = "detect_leaks=0"
    return {**os.environ, **{name: str(value) for name, value in variables.items()}}


def run(*command, stdin=subprocess.DEVNULL, **variables):
    """Run a command to its end; its output is kept as text."""
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True,
                          timeout=LIMIT, check=False, env=environment(command[0], **variables))


def start(*command, **variables):
    """Start a command in a process group of its own, its output in pipes."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, process_group=0,
                            env=environment(command[0], **variables))


class Terminal:
    """A command as the leader of a session on a terminal of its own."""

    def __init__(self, *command, **variables):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execve(command[0], command, environment(command[0], **variables))

    def read_until(self, word):
        """Read what appears until a word does."""
        text = ""
        while word not in text:
            text += os.read(self.fd, 1024).decode()
        return text

    def read_all(self):
        """Read what appears until the command ends."""
        text = b""
        try:
            while data := os.read(self.fd, 65536):
                text += data
        except OSError:
            pass    # the last process on it is gone
        return text.decode()

    def resize(self, rows, columns):
        """Give the terminal another size."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self):
        """Its settings, as termios.tcgetattr() gives them."""
        return termios.tcgetattr(self.fd)

    def status(self):
        """Its exit code, or the negative signal that ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
