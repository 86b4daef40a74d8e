#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""kept-job.py LOG STEPS [PAUSE] - a job that depends on all it has done; it appends to a log as it
goes, with a pause in between that changes nothing."""

import sys
import time

pause = float(sys.argv[3]) if len(sys.argv) > 3 else 0.06
memory = list(range(2000))
number = 2008
with open(sys.argv[1], "a", encoding="ascii") as log:
    for step in range(int(sys.argv[2])):
        for i in range(300):
            number = (number * 6364136223846793005 + 1442695040888963407) % 2**64
            memory[number % len(memory)] ^= number
        print(f"step {step} {number:016x}", file=log, flush=True)
        time.sleep(pause)
    print(f"result {sum(memory) % 2**64:016x}", file=log)
