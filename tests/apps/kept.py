# SPDX-License-Identifier: GPL-2.0-only
"""Programs that are saved and killed in one boot and restarted in the next, on one disk.

In between the machine loses its power, and nothing is written to the disk for that: what is
there is what ckpt has seen to.  The files of each image are moved aside meanwhile, for
all runs of a program are in the same directory.
"""

import json
import os
import random
import shutil
import sys
import time

import app
import supervise

STATE = os.path.join(app.BASE, "kept.json")
WRITEBACK = "/proc/sys/vm/"
LAST_PID = "/proc/sys/kernel/ns_last_pid"

# Nobody may have the numbers of a program that is restarted: in the first boot they are
# high ones, and in the second the test has low ones.
FIRST_BOOT_PIDS, SECOND_BOOT_PIDS = 10_000, 300


def write(path, value):
    with open(path, "w", encoding="ascii") as stream:
        stream.write(str(value))


def sync_directory(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def begin():
    """From now on nothing comes to the disk because time passes or because there is much of it."""
    os.sync()
    for name, value in (("dirty_writeback_centisecs", 0), ("dirty_expire_centisecs", 360_000),
                        ("dirty_background_ratio", 80), ("dirty_ratio", 90)):
        write(WRITEBACK + name, value)


class Kept:
    """An image, and the files that its program had by then."""

    def __init__(self, program, number, moment):
        self.app = program
        self.number = number
        self.moment = moment
        self.places = [(path, f"{path}.{number}") for path in (program.work, program.image)]

    def save(self):
        write(LAST_PID, FIRST_BOOT_PIDS + random.randrange(10_000))
        self.app.save_and_kill(self.moment)

    def put_aside(self):
        for path, aside in self.places:
            os.rename(path, aside)
        sync_directory(self.app.directory)

    def restart(self):
        for path, aside in self.places:
            shutil.rmtree(path, ignore_errors=True)
            os.rename(aside, path)
        write(LAST_PID, SECOND_BOOT_PIDS)
        self.app.restart("the one from before the power-off")


def store(seed, kept):
    """Write down what the second boot has to know."""
    every = {one.app.name: one.app for one in kept}
    state = {
        "seed": seed,
        "apps": [{"program": os.path.basename(one.program), "user": one.user,
                  "expected": one.expected, "seconds": one.seconds, "limit": one.limit,
                  "kept": [[other.number, other.moment] for other in kept if other.app is one]}
                 for one in every.values()],
    }
    with open(STATE, "w", encoding="utf-8") as stream:
        json.dump(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    sync_directory(app.BASE)


def load():
    """The seed of the first boot, and for each program what was kept."""
    with open(STATE, encoding="utf-8") as stream:
        state = json.load(stream)
    every = []
    for one in state["apps"]:
        program = app.App(one["program"], one["user"])
        program.expected = one["expected"]
        program.seconds, program.limit = one["seconds"], one["limit"]
        every.append([Kept(program, *each) for each in one["kept"]])
    return state["seed"], every


def lose_power(failed):
    """Reset the machine as it stands; its runner is told first, as the machine's init does it."""
    print(f"@@ end {int(failed)} power is lost\n@@ done", flush=True)
    time.sleep(1)
    write("/proc/sysrq-trigger", "b")
    sys.exit("run: the machine is still there")
