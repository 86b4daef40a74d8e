# SPDX-License-Identifier: GPL-2.0-only
"""Tables and plot data from what was measured."""

import statistics

MS = 1_000_000
MIB = 1 << 20


def median(values):
    return statistics.median(values) if values else None


def ms(value):
    if value is None:
        return "-"
    value /= MS
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def ratio(value, base):
    return "-" if value is None or not base else f"{value / base:.2f}"


def layout(title, heads, rows):
    """A table; the first column is flush left."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = ["", title, ""]
    for row in [heads, ["-" * width for width in widths], *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


class Workload:
    """The medians of one workload."""

    def __init__(self, measured):
        self.name = measured["workload"]
        self.processes = measured["processes"]
        self.ours = self.medians(measured.get("ours", {}))
        self.criu = self.medians(measured.get("criu", {}))
        self.limits = self.medians(measured["limits"])
        # A tree is forked process by process.
        self.forks = self.limits["fork"] * self.processes
        self.checksum = self.checksum_of(measured.get("ours", {}))

    def checksum_of(self, ours):
        """What the checksum takes: rstr --check beside a read into one buffer."""
        if "verify" not in ours:
            return None
        return max(0, median(ours["verify"]) - self.limits["pass"])

    @staticmethod
    def medians(values):
        return {key: median(value) if isinstance(value, list) else value
                for key, value in values.items()}

    def beside_criu(self, what):
        ours, theirs = self.ours.get(what), self.criu.get(what)
        return [ms(ours), ms(theirs), ratio(ours, theirs)]

    def sizes(self):
        return [f"{side['bytes'] / MIB:,.1f}" if "bytes" in side else "-"
                for side in (self.ours, self.criu)]


def criu_table(workloads):
    heads = ["", "checkpoint", "CRIU", "ratio", "frozen", "CRIU", "ratio",
             "restart", "CRIU", "ratio", "MiB", "CRIU"]
    rows = [[one.name, *one.beside_criu("checkpoint"), *one.beside_criu("frozen"),
             *one.beside_criu("restart"), *one.sizes()] for one in workloads]
    return layout("Whole commands beside CRIU, milliseconds; frozen is the longest time that the"
                  " program's own\nspinning thread did not run", heads, rows)


def limits_table(workloads):
    heads = ["", "fork", "frozen/fork", "told", "told/fork", "true", "ckpt/true", "rstr/true", "write", "ckpt/write",
             "read", "rstr/read", "copy", "ckpt/copy", "rstr/copy", "checksum", "quiet"]
    rows = []
    for one in workloads:
        checkpoint, restart = one.ours.get("checkpoint"), one.ours.get("restart")
        limits = one.limits
        rows.append([one.name, ms(one.forks), ratio(one.ours.get("frozen"), one.forks),
                     ms(one.ours.get("frozen_told")), ratio(one.ours.get("frozen_told"), one.forks),
                     ms(limits["true"]), ratio(checkpoint, limits["true"]),
                     ratio(restart, limits["true"]),
                     ms(limits["write"]), ratio(checkpoint, limits["write"]),
                     ms(limits["read"]), ratio(restart, limits["read"]),
                     ms(limits["copy"]), ratio(checkpoint, limits["copy"]),
                     ratio(restart, limits["copy"]), ms(one.checksum), ms(limits["quiet"])])
    return layout("Beside the machine's own limits, milliseconds: fork() of every process; told is"
                  " the frozen time\nthat ckpt tells, without the waiting for a processor that the"
                  " program has before and after; /bin/true\nstarted and collected; write(2), read(2) into fresh memory and a copy in"
                  " memory of as many\nbytes as the image has; checksum is the part that ckpt and rstr each"
                  " spend on XXH64: what rstr\n--check takes more than a read(2) into one"
                  " buffer; quiet is the gap without a checkpoint", heads, rows)


def calls_table(calls):
    """Of each kernel the best boot's mean; the spread tells what a difference is worth."""
    heads = ["instructions", "with", "without", "ratio", "spread of boots"]
    rows = []
    for what in calls["plain"][0] if calls["plain"] else []:
        with_, without = ([statistics.fmean(boot[what]) for boot in calls[key]]
                          for key in ("standard", "plain"))
        if not with_:
            continue
        spread = max(max(side) / min(side) for side in (with_, without))
        rows.append([what, f"{min(with_):,.0f}", f"{min(without):,.0f}",
                     ratio(min(with_), min(without)), f"{spread:.2f}"])
    return layout("System calls with CONFIG_CHECKPOINT=y and without, nothing being checkpointed:"
                  " instructions of\nthe emulated processor, which repeat where times do not",
                  heads, rows)


# Half of what it was in the first table of this project
RESTART_BY_TRUE = {"100 x 1 MiB": 24, "500 threads": 12}


def aims(one):
    """What is aimed at for one workload: words, value, base, largest ratio."""
    ours, limits = one.ours, one.limits
    if not ours:
        return
    for tool in ("checkpoint", "restart"):
        if one.criu.get(tool):
            yield f"{tool} / CRIU's", ours[tool], one.criu[tool], \
                0.2 if one.name in RESTART_BY_TRUE else 1
        if one.name == "small process":
            yield f"{tool} / exec of /bin/true", ours[tool], limits["true"], 0.8
    if one.name in RESTART_BY_TRUE:
        yield "restart / exec of /bin/true", ours["restart"], limits["true"], \
            RESTART_BY_TRUE[one.name]
    yield "frozen, as told / fork", ours["frozen_told"], one.forks, 2
    if one.name in ("64 MiB", "512 MiB", "1 GiB"):
        yield "frozen, as the program sees it / fork", ours["frozen"], one.forks, 2
        yield "checkpoint / copy", ours["checkpoint"], limits["copy"], 1.5
        yield "restart / read", ours["restart"], limits["read"], 1


def aims_table(workloads):
    rows = []
    for one in workloads:
        for what, value, base, limit in aims(one):
            # The checksum is measured apart: on a busy machine it may seem the longer.
            known = value > 0
            rows.append([f"{one.name}: {what}", ratio(value if known else None, base),
                         f"{limit:.1f}", "?" if not known else "yes" if value <= limit * base
                         else "no"])
    return layout("Aims", ["", "ratio", "aim", "reached"], rows)


def tables(result):
    workloads = [Workload(one) for one in result["workloads"]]
    parts = [f"Medians of {result['runs']} runs under qemu ({result['accelerator']}); images on a"
             " tmpfs, where not said to be on disk; compare within this run only"]
    if workloads:
        parts += [criu_table(workloads), limits_table(workloads), aims_table(workloads)]
    parts.append(calls_table(result["calls"]))
    return "\n".join(parts)


def plot_data(result):
    """For gnuplot: name, and in milliseconds ours and CRIU's, the limits beside them."""
    lines = ["name checkpoint criu-checkpoint frozen criu-frozen restart criu-restart fork copy"]
    for one in map(Workload, result["workloads"]):
        values = [side.get(what) for what in ("checkpoint", "frozen", "restart")
                  for side in (one.ours, one.criu)] + [one.forks, one.limits["copy"]]
        lines.append(f'"{one.name}" ' + " ".join(f"{value / MS:.3f}" if value else "NaN"
                                                 for value in values))
    return "\n".join(lines) + "\n"
