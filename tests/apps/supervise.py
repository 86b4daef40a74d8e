# SPDX-License-Identifier: GPL-2.0-only
"""Starting programs, ckpt and rstr, and leaving no task behind."""

import contextlib
import ctypes
import json
import os
import signal
import struct
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36
SCALE = int(os.environ.get("GUEST_TIME_SCALE") or 1)


class Failure(Exception):
    """What went wrong, in words."""


class WrongRun(Failure):
    """It ran, and not as it should: a faulty processor could be the reason."""


class NotSaved(Failure):
    """ckpt refused, or could not."""


class Process:
    """A program in a session of its own."""

    def __init__(self, popen):
        self.popen = popen
        self.pid = popen.pid

    def ended(self):
        return self.popen.poll() is not None

    def finish(self, limit):
        """Wait for it and for what it left to us; returns its status as a shell shows it."""
        deadline = time.monotonic() + limit * SCALE
        try:
            status = self.popen.wait(limit * SCALE)
        except subprocess.TimeoutExpired:
            raise WrongRun(f"did not end within {limit * SCALE:.0f} s") from None
        status = 128 - status if status < 0 else status
        while not reap():
            if time.monotonic() > deadline:
                raise Failure(f"ended with status {status}, but what it started did not end")
            time.sleep(0.01)
        return status


def identity(user):
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}


def start(command, directory, user=None, output=os.devnull):
    with open(output, "wb") as out:
        if user is not None:
            os.fchown(out.fileno(), user, user)
        return Process(subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL,
                                        stdout=out, stderr=out, start_new_session=True,
                                        **identity(user)))


def run(command):
    subprocess.run(command, check=True)


def read_object(stream):
    """One JSON object that ckpt writes: its last line is a brace."""
    text = ""
    for line in stream:
        text += line
        if line.rstrip() == "}":
            break
    return json.loads(text) if text else {"ok": False, "errors": [{"message": "ckpt said nothing"}]}


@contextlib.contextmanager
def checkpoint(pid, image, user, *options):
    """Have ckpt save PID; the block runs while --leave-frozen keeps it frozen."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(image)
    command = ["ckpt", "--json", "-o", image, *options, str(pid)]
    with contextlib.ExitStack() as stack:
        ckpt = stack.enter_context(subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, **identity(user)))
        told = read_object(ckpt.stdout)
        if told["ok"]:
            for note in told["notes"]:
                print("# note:", note["message"], flush=True)
            try:
                yield told
            finally:
                if "--leave-frozen" in options:
                    ckpt.terminate()
        rest = ckpt.stderr.read().strip()
        status = ckpt.wait()
    if not told["ok"]:
        raise NotSaved("not saved: " + "; ".join(error["message"] for error in told["errors"]))
    if status != 0:
        raise Failure(f"ckpt ended with status {status}: {rest}")


def adopt_orphans():
    """What any process below this one leaves behind becomes our child."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def reap():
    """Collect the children that have ended; true if there are no others."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return False
        except ChildProcessError:
            return True


def children(pid="self"):
    below = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as stream:
                for child in stream.read().split():
                    below += [int(child), *children(child)]
    return below


PAGE = os.sysconf("SC_PAGE_SIZE")
PAGEMAP_PRESENT, PAGEMAP_FILE = 1 << 63, 1 << 61      # Documentation/admin-guide/mm/pagemap.rst


def own_pages(pid):
    """The addresses of PID's pages that are in memory, its own and for writing."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
         open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        for fields in map(str.split, maps):
            start, end = (int(address, 16) for address in fields[0].split("-"))
            if not fields[1].startswith("rw") or not fields[1].endswith("p"):
                continue
            entries = os.pread(pagemap.fileno(), (end - start) // PAGE * 8, start // PAGE * 8)
            for index, (entry,) in enumerate(struct.iter_unpack("Q", entries)):
                if entry & PAGEMAP_PRESENT and not entry & PAGEMAP_FILE:
                    yield start + index * PAGE


def make_writable(pid):
    """Have what a frozen tree may write to written to: it will meet no copy-on-write page."""
    for process in [pid, *children(pid)]:
        with open(f"/proc/{process}/mem", "r+b", buffering=0) as memory:
            for address in own_pages(process):
                os.pwrite(memory.fileno(), os.pread(memory.fileno(), 1, address), address)


def look(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", encoding="ascii", errors="replace") as stream:
            return stream.read().strip()
    except OSError as error:
        return error.strerror


def describe_all():
    """For each task below us: where it is."""
    lines = []
    for pid in children():
        tasks = []
        with contextlib.suppress(OSError):
            tasks = os.listdir(f"/proc/{pid}/task")
        for task in tasks:
            place = f"{pid}/task/{task}"
            state = look(place, "stat").rpartition(")")[2].split()[:1]
            lines.append(f"{task} of {pid} {look(place, 'comm')} {state} "
                         f"syscall {look(place, 'syscall')}")
            lines += ["  " + line for line in look(place, "stack").split("\n")[:6]]
    return lines


def clean_up():
    """Kill and collect everything below us; returns what was still there."""
    reap()
    left = {pid: look(pid, "comm") for pid in children()}
    while not reap():
        for pid in children():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return left
