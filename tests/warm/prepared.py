#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A test environment that is slow to prepare: modules, and a database full of rows.

It waits for the number of a test on its standard input, runs that test and prints its result.
The wait is where an image of it is taken.
"""

# What a test suite tends to import
import asyncio              # pylint: disable=unused-import
import decimal              # pylint: disable=unused-import
import email.message        # pylint: disable=unused-import
import hashlib
import json
import multiprocessing      # pylint: disable=unused-import
import random
import sqlite3
import sys
import unittest.mock        # pylint: disable=unused-import

ROWS = 60_000


def prepare():
    """The database, the same each time."""
    chance = random.Random(2008)
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE part (id INTEGER PRIMARY KEY, owner INTEGER, text TEXT)")
    database.executemany("INSERT INTO part VALUES (?, ?, ?)",
                         ((i, chance.randrange(1000), json.dumps({"name": f"part {i}"}))
                          for i in range(ROWS)))
    database.execute("CREATE INDEX owners ON part (owner)")
    return database


def run_test(database, number):
    """What one test asks, changes, and finds then: it spoils the database for others."""
    database.execute("DELETE FROM part WHERE owner = ? AND id % 2", (number,))
    rows = database.execute("SELECT id, text FROM part WHERE owner = ? ORDER BY id", (number,))
    digest = hashlib.sha256(repr(rows.fetchall()).encode()).hexdigest()
    count = database.execute("SELECT count(*) FROM part").fetchone()[0]
    return f"test {number}: {count} rows are left, {digest[:16]}"


def main():
    """Prepare, wait, test."""
    database = prepare()
    print("prepared", file=sys.stderr, flush=True)
    print(run_test(database, int(sys.stdin.readline())), flush=True)


if __name__ == "__main__":
    main()
