#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The demo's program: it knows nothing of checkpoints.

work.py RESULT [STEPS] computes a chain of numbers in steps and shows each step; a
second thread writes every step to the open file RESULT.log.  In the end RESULT
holds the last number, which depends on every step before it.
"""

import queue
import random
import sys
import threading
import time

STEPS = 40
ROUNDS = 80_000


def one_step(number, chance):
    for _ in range(ROUNDS):
        number = (number * 6364136223846793005 + chance.getrandbits(32)) % 2**64
    return number


def write_log(path, steps):
    with open(path, "w", encoding="ascii", buffering=1) as log:
        while (line := steps.get()) is not None:
            log.write(line + "\n")


def main():
    result = sys.argv[1]
    last = int(sys.argv[2]) if len(sys.argv) > 2 else STEPS
    steps = queue.Queue()
    worker = threading.Thread(target=write_log, args=(result + ".log", steps))
    worker.start()

    chance = random.Random(2008)
    number = 1
    began = time.monotonic()
    for step in range(1, last + 1):
        number = one_step(number, chance)
        steps.put(f"{step} {number:016x}")
        print(f"step {step}/{last}  {number:016x}  {time.monotonic() - began:5.1f} s at work",
              flush=True)
    steps.put(None)
    worker.join()
    with open(result, "w", encoding="ascii") as out:
        out.write(f"{number:016x}\n")


if __name__ == "__main__":
    main()
