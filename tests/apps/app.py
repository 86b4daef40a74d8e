# SPDX-License-Identifier: GPL-2.0-only
"""A program of programs/: run undisturbed, saved at a moment, restarted, compared."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time

import supervise

HERE = os.path.dirname(os.path.abspath(__file__))
# On a disk, as a real program's files are: on the one that outlives the guest, if there is one.
BASE = "/data/apps" if os.path.ismount("/data") else "/var/tmp/apps"
PROGRAMS = os.path.join(BASE, "programs")

# What qemu 7.2's fault that setcc.c tells of is known to change.  There the copy-on-write
# pages of the one that runs on are made writable before it does.
SPARED = ["gcc"]

# What is saved is not the program that is started, but its child, the init of a pid namespace.
# It powers that off: reboot(2) has it killed by SIGINT.
INITS = {"busybox-init": 130}


class TooLate(Exception):
    """The program had ended, as it should, before it could be checkpointed."""


def bring_programs():
    """To the disk, where they outlive the guest as what they leave does."""
    os.makedirs(BASE, mode=0o755, exist_ok=True)
    shutil.copytree(os.path.join(HERE, "programs"), PROGRAMS, dirs_exist_ok=True)


def emulator_loses_flags():
    probe = os.path.join(BASE, "setcc")
    supervise.run(["gcc", "-O2", "-o", probe, os.path.join(HERE, "setcc.c")])
    status = subprocess.run([probe], check=False).returncode
    if status > 1:
        sys.exit("run: setcc could not try the processor")
    return status == 1


def tail(path):
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()[-300:].strip()


class App:
    """One program, the directory it works in, and what it should leave there."""

    def __init__(self, name, user=None):
        self.program = os.path.join(PROGRAMS, name)
        self.user = user
        self.name = name if user is None else f"{name} as a user"
        self.directory = os.path.join(BASE, self.name.replace(" ", "-"))
        self.work = os.path.join(self.directory, "work")
        self.saved = os.path.join(self.directory, "saved")
        self.undisturbed = os.path.join(self.directory, "undisturbed")
        self.input = os.path.join(self.directory, "input")
        self.image = os.path.join(self.directory, "image")
        self.restart_options = [] if user is None else ["--pidns"]
        self.spared = False
        self.expected = None        # what measure() finds
        self.left = None            # what the last run left that was compared with it
        self.seconds = self.limit = 0

    def make_directory(self, path):
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        if self.user is not None:
            os.chown(path, self.user, self.user)

    def prepare(self):
        self.make_directory(self.directory)
        self.make_directory(self.input)
        out = os.path.join(self.directory, "prepared")
        status = supervise.start([self.program, "prepare"], self.input, self.user, out).finish(600)
        if status != 0:
            raise supervise.Failure(f"its input could not be made: status {status}: {tail(out)}")
        self.spared = os.path.basename(self.program) in SPARED and emulator_loses_flags()

    def start(self):
        self.left = None
        self.make_directory(self.work)
        out = os.path.join(self.work, "stdout")
        return supervise.start([self.program, "work", self.input], self.work, self.user, out)

    def measure_once(self, twice):
        """Run undisturbed: the result, and the time it takes, if TWICE with its files in memory."""
        began = time.monotonic()
        status = self.start().finish(600)
        self.seconds = time.monotonic() - began
        if status != INITS.get(self.name, 0):
            raise supervise.WrongRun(f"undisturbed it ends with status {status}: {self.said()}")
        self.expected = self.result(status)
        shutil.rmtree(self.undisturbed, ignore_errors=True)
        shutil.copytree(self.work, self.undisturbed, symlinks=True)

        if twice:
            began = time.monotonic()
            status = self.start().finish(600)
            self.seconds = time.monotonic() - began
            self.compare(status, "a second undisturbed run")
        self.limit = 60 + 20 * self.seconds

    def measure(self, twice):
        """What is right says an undisturbed run, if TWICE two that agree."""
        for tries_left in (2, 1, 0):
            try:
                self.measure_once(twice)
                return
            except supervise.WrongRun as failure:
                if not tries_left:
                    raise
                print("#", str(failure).split("\n", maxsplit=1)[0], flush=True)

    def said(self):
        return tail(os.path.join(self.work, "stdout"))

    def result(self, status):
        """The exit status, and of each file its mode and contents."""
        files = {"exit status": status}
        for directory, _, names in os.walk(self.work):
            for name in names:
                path = os.path.join(directory, name)
                with open(path, "rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
                files[os.path.relpath(path, self.work)] = [oct(os.stat(path).st_mode), digest]
        return files

    def compare(self, status, who):
        result = self.left = self.result(status)
        differ = [name for name in sorted({*result, *self.expected})
                  if result.get(name) != self.expected.get(name)]
        if differ:
            how = [f"{name}: {result.get(name)}, expected {self.expected.get(name)}; "
                   + self.first_differences(name) for name in differ]
            raise supervise.WrongRun("\n".join([f"{who} differs from the undisturbed run; "
                                                f"status {status}: {self.said()}", *how]))

    def first_differences(self, name):
        """Where the bytes of file NAME differ from the undisturbed run's."""
        files = [os.path.join(directory, name) for directory in (self.work, self.undisturbed)]
        sizes = [os.path.getsize(path) if os.path.isfile(path) else None for path in files]
        if None in sizes:
            return f"sizes {sizes}"
        run = subprocess.run(["cmp", "-l", *files], capture_output=True, text=True, check=False)
        differ = [line.split() for line in run.stdout.splitlines()]
        some = " ".join(f"{int(at) - 1:#x}:{is_now}/{was}" for at, is_now, was in differ[:200])
        return f"sizes {sizes}, {len(differ)} bytes differ (offset: octal now/expected): {some}"

    def wait_for(self, process, moment):
        time.sleep(moment * self.seconds)
        if process.ended():
            self.too_late(process)

    def too_late(self, process):
        self.compare(process.finish(self.limit), "the one that was not disturbed in time")
        raise TooLate

    def root(self, process):
        if self.name not in INITS:
            return process.pid
        return next(iter(supervise.children(process.pid)), process.pid)

    @contextlib.contextmanager
    def checkpoint(self, process, *options):
        try:
            with supervise.checkpoint(self.root(process), self.image, self.user, *options):
                yield
        except supervise.NotSaved:
            if process.ended():
                self.too_late(process)
            raise

    def restart(self, who):
        process = supervise.start(["rstr", *self.restart_options, self.image], self.directory,
                                  self.user, os.path.join(self.directory, "rstr"))
        try:
            status = process.finish(self.limit)
        except supervise.Failure as failure:
            raise type(failure)(f"{who} {failure}; it said: {self.said()}") from None
        if status == 125:
            with open(os.path.join(self.directory, "rstr"), encoding="utf-8") as stream:
                raise supervise.Failure(f"{who} was not restarted: {stream.read().strip()}")
        self.compare(status, who)

    def leave_running(self, moment):
        process = self.start()
        self.wait_for(process, moment)
        with self.checkpoint(process, "--leave-frozen"):
            supervise.run(["rm", "-rf", self.saved])
            supervise.run(["cp", "-a", self.work, self.saved])
            if self.spared:
                supervise.make_writable(process.pid)
        self.compare(process.finish(self.limit), "the original")
        self.put_back()
        self.restart("the copy")

    def put_back(self):
        """The files are as they were, with their inodes: sqlite3 looks at its own."""
        for directory, _, names in os.walk(self.work):
            for name in names:
                path = os.path.join(directory, name)
                if not os.path.exists(os.path.join(self.saved, os.path.relpath(path, self.work))):
                    os.unlink(path)
        supervise.run(["cp", "-a", self.saved + "/.", self.work])

    def save_and_kill(self, moment):
        process = self.start()
        self.wait_for(process, moment)
        with self.checkpoint(process, "--kill"):
            pass
        process.finish(self.limit)

    def kill(self, moment):
        self.save_and_kill(moment)
        self.restart("the killed one")
