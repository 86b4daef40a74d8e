# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel says on its console: KUnit results, and faults."""

import re

from . import ktap

STAMP = re.compile(r"^\[\s*\d+\.\d+\](\[\s*[TC]\d+\])? ?")

# Each is a failure of the run, whatever the tests say.
FAULTS = re.compile("|".join((
    r"Kernel panic", r"\bBUG: ", r"kernel BUG at", r"\bOops\b", r"WARNING: .* at ",
    r"general protection fault.*SMP", r"general protection fault, maybe", r"Unable to handle kernel",
    r"KASAN: ", r"UBSAN: ", r"WARNING: possible ", r"WARNING: inconsistent lock",
    r"WARNING: suspicious RCU", r"WARNING: lock held", r"WARNING: bad unlock", r"WARNING: held lock",
    r"WARNING: Nested lock", r"suspicious RCU usage", r"DEBUG_LOCKS_WARN_ON",
    r"INFO: task .* blocked for more than", r"rcu.*detected.*stall", r"soft lockup", r"hard LOCKUP",
    r"sleeping function called from invalid context", r"scheduling while atomic",
    r"refcount_t: ", r"list_(add|del) corruption", r"Bad page state", r"Bad rss-counter",
    r"non-zero pgtables_bytes", r"ODEBUG: ", r"INFO: trying to register non-static key",
    r"unregister_netdevice: waiting", r"Eeek! ", r"VM_BUG_ON", r"corrupted stack end",
)))


class Console:
    """Reads the console a line at a time."""

    def __init__(self):
        self.faults = []        # (job during which it came, line)
        self.boots = 0
        self.job = "boot"
        self.kunit = ktap.Program("kunit")
        self.kunit_running = False
        self.tail = []

    def line(self, text):
        text = text.rstrip("\r\n")
        self.tail = self.tail[-60:] + [text]
        message = STAMP.sub("", text, count=1)
        if message.startswith("Linux version "):
            self.boots += 1
        elif message.startswith("guest: begin "):
            self.job = message[len("guest: begin "):]
            self.kunit_running = False
        elif message.startswith("KTAP version"):
            self.kunit_running = True
        elif FAULTS.search(message):
            self.faults.append((self.job, message))
        elif self.kunit_running:
            self.kunit.line(message)
