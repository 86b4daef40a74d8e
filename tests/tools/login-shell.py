#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A login shell is saved without what runs its terminal, and goes on under rstr.

login-shell.py OPTION... - rstr is called with these.  Its terminal is another one: there the
shell has its variables, its job and its keys.
"""
import os
import pty
import select
import subprocess
import sys
import time

IMAGE = "shell.img"
PATIENCE = 60


class Terminal:
    """A program on a terminal of its own, which we run."""

    def __init__(self, *command):
        self.shown = b""
        self.pid, self.master = pty.fork()
        if not self.pid:
            os.execvp(command[0], command)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def until(self, words):
        """Wait until WORDS are shown, and forget all before them."""
        end = time.monotonic() + PATIENCE
        while words.encode() not in self.shown:
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"'{words}' is not shown, but: {self.shown!r}")
            try:
                self.shown += os.read(self.master, 4096)
            except OSError:
                sys.exit(f"it ended without '{words}', with: {self.shown!r}")
        self.shown = self.shown.split(words.encode(), maxsplit=1)[1]

    def status(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main():
    shell = Terminal("bash", "--norc", "-i")
    shell.type("PS1='next: '; number=41; sleep 1000 &\n")
    shell.until("[1] ")
    shell.until("next: ")
    subprocess.run(["ckpt", "-q", "--kill", "-o", IMAGE, str(shell.pid)], check=True)
    shell.status()
    restarted = Terminal("rstr", *sys.argv[1:], IMAGE)
    restarted.type("echo number $((number + 1))\n")
    restarted.until("number 42")
    restarted.type("jobs\n")
    restarted.until("Running")
    restarted.type("echo begun; sleep 999\n")
    restarted.until("\rbegun")
    time.sleep(0.5)
    restarted.type("\x03")
    restarted.type("echo ended $?\n")
    restarted.until("ended 130")
    restarted.type("kill %1; exit 7\n")
    if restarted.status() != 7:
        sys.exit("the shell's status did not come back")
    if "--pidns" in sys.argv:
        return
    # It cannot be read twice.
    piped = Terminal("rstr", "--as-root", "--from", f"cat {IMAGE}")
    piped.until("controls another one")


main()
