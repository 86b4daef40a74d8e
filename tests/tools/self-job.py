#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""self-job.py IMAGE - a program with threads that saves itself, ends, and goes on in another
life; it ends with 3."""

import sys
import threading
import time

import checkpoint

counts = [0, 0]


def count(which):
    """A thread that is never idle for long."""
    while True:
        counts[which] += 1
        time.sleep(0.001)


for number in range(len(counts)):
    threading.Thread(target=count, args=(number,), daemon=True).start()
time.sleep(0.3)
checkpoint.on_save(before=lambda: print("before", flush=True),
                   after=lambda outcome: print("after", flush=True))
print(checkpoint.save_self(sys.argv[1], kill=True).name, flush=True)
before = list(counts)
time.sleep(0.3)
if min(before) > 10 and all(new > old for new, old in zip(counts, before)):
    print("threads count")
sys.exit(3)
