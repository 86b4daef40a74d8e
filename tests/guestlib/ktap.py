# SPDX-License-Identifier: GPL-2.0-only
"""Counting KTAP results.

Only the deepest results count: the line that sums a subtest up is not a
result of its own.  A program that prints none counts as one by its exit
status (0 passed, 4 skipped, anything else failed).
"""

import re

RESULT = re.compile(r"^(?P<indent>\s*)(?P<not>not )?ok (?P<number>\d+)\b[ -]*(?P<name>.*)$")
STATUS_SKIP = 4


class Counts:
    """How many passed, failed and were skipped, and the names of those that failed."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []

    def add(self, outcome, name):
        setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome == "failed":
            self.failures.append(name)

    def merge(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def total(self):
        return self.passed + self.failed + self.skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Program:
    """The output of one program, a line at a time."""

    def __init__(self, name):
        self.name = name
        self.counts = Counts()
        self.deepest = -1       # indentation of results not yet summed up

    def line(self, text):
        match = RESULT.match(text)
        if not match:
            return
        depth = len(match["indent"].expandtabs(4))
        if depth < self.deepest:
            self.deepest = depth
            return              # the sum of the deeper ones before it
        self.deepest = depth
        if re.search(r"#\s*(SKIP|TODO)", match["name"], re.I):
            outcome = "skipped"
        else:
            outcome = "failed" if match["not"] else "passed"
        self.counts.add(outcome, f"{self.name}: {match['name']}")

    def end(self, status):
        """The program has exited (status as of a shell)."""
        if self.counts.total() == 0:
            outcome = {0: "passed", STATUS_SKIP: "skipped"}.get(status, "failed")
            self.counts.add(outcome, f"{self.name} (status {status})")
        elif status not in (0, STATUS_SKIP) and self.counts.failed == 0:
            self.counts.add("failed", f"{self.name} (status {status} after its results)")
        return self.counts
