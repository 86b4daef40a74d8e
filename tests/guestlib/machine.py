# SPDX-License-Identifier: GPL-2.0-only
"""Starting qemu: the accelerator, the devices, the process."""

import os
import secrets
import subprocess
import time

QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
PROBE_SECONDS = 20


def base_command(accel, memory, cpus):
    # rep movsb is emulated byte by byte: tell the guest not to use it.  The older
    # machine, pc, computes its interrupt routes in ACPI's language, which takes a
    # kernel under KASAN longer than ACPI's limit of 30 s.
    cpu = "host" if accel == "kvm" else "max,-erms,-fsrm,-la57"
    command = [QEMU, "-machine", "q35", "-nodefaults", "-no-user-config", "-display", "none",
               "-no-reboot", "-cpu", cpu, "-m", memory]
    if accel == "count":
        command += ["-accel", "tcg,thread=single", "-icount", "shift=0", "-smp", "1"]
    else:
        command += ["-accel", "kvm" if accel == "kvm" else "tcg,thread=multi", "-smp", str(cpus)]
    # The kernels have no MSI-X, and qemu 10's now and then ends in an assertion.
    for device in ("rng", "serial", "blk", "net"):
        command += ["-global", f"virtio-{device}-pci.vectors=0"]
    return command


def node_options(nodes, memory, cpus):
    """Spread MEMORY and CPUS evenly over so many NUMA nodes, the first ones first."""
    units = {"G": 1 << 10, "M": 1}
    share = int(memory[:-1]) * units[memory[-1]] // nodes
    # Processors of one socket share caches, and so a node.
    options = ["-smp", f"{cpus},sockets={nodes}"]
    for node in range(nodes):
        options += ["-object", f"memory-backend-ram,id=node{node},size={share}M"]
        own = [f"cpus={cpu}" for cpu in range(cpus) if cpu * nodes // cpus == node]
        options += ["-numa", ",".join(["node", f"memdev=node{node}"] + own)]
    return options


def choose_accel(kernel, initrd, cache):
    """tcg or kvm: as CKPT_ACCEL says, else as a boot under KVM has shown once.

    That /dev/kvm can be opened does not mean that a guest runs.  The answer
    is kept in the file CACHE.
    """
    wish = os.environ.get("CKPT_ACCEL", "")
    if wish in ("tcg", "kvm"):
        return wish
    if wish:
        raise SystemExit(f"guest: CKPT_ACCEL={wish}: must be tcg or kvm")
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    if os.path.exists(cache):
        with open(cache, encoding="ascii") as stream:
            return stream.read().strip()

    print(f"== trying KVM (at most {PROBE_SECONDS} s, once) ...", flush=True)
    command = base_command("kvm", "512M", 2) + [
        "-kernel", kernel, "-initrd", initrd, "-append", "quiet panic=-1"]
    try:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, timeout=PROBE_SECONDS,
                                check=False).returncode
    except subprocess.TimeoutExpired:
        status = -1
    accel = "kvm" if status == 0 else "tcg"
    print(f"== using {accel}; CKPT_ACCEL=tcg|kvm forces one", flush=True)
    with open(cache, "w", encoding="ascii") as stream:
        stream.write(accel + "\n")
    return accel


class Tail:
    """The whole lines that were appended to a file since the last look."""

    def __init__(self, path):
        open(path, "wb").close()
        self.stream = open(path, "rb")
        self.rest = b""

    def lines(self):
        self.rest += self.stream.read()
        *whole, self.rest = self.rest.split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in whole]

    def partial(self):
        line, self.rest = self.rest, b""
        return line.decode("utf-8", "replace")


class Machine:
    """One run of one virtual machine."""

    def __init__(self, accel, kernel, initrd, append, memory, cpus, nodes, directory):
        self.console_path = os.path.join(directory, "console")
        self.results_path = os.path.join(directory, "results")
        self.qemu_path = os.path.join(directory, "qemu")
        self.command = base_command(accel, memory, cpus) + [
            "-kernel", kernel, "-initrd", initrd, "-append", append,
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
            "-chardev", f"file,id=results,path={self.results_path}",
            "-device", "virtserialport,chardev=results,name=results"]
        if nodes > 1:
            self.command += node_options(nodes, memory, cpus)
        self.disks = 0
        self.process = None

    def add_disk(self, path, keep):
        """The next /dev/vdX; what is written to it lasts only if KEEP."""
        name = "/dev/vd" + "abcdefgh"[self.disks]
        self.disks += 1
        options = "" if keep else ",snapshot=on,file.locking=off"
        cache = "writeback" if keep else "unsafe"
        self.command += ["-drive", f"file={path},format=raw,if=virtio,cache={cache}{options}"]
        return name

    def add_wire(self, spec):
        """eth0, on a socket that another guest listens at, or to listen at it: HOW:PATH."""
        how, _, path = spec.partition(":")
        server = "on" if how == "listen" else "off"
        self.command += [
            "-netdev", f"stream,id=wire,server={server},addr.type=unix,addr.path={path}",
            "-device", f"virtio-net-pci,netdev=wire,romfile=,mac=52:54:00:{secrets.token_hex(1)}:"
                       f"{secrets.token_hex(1)}:{secrets.token_hex(1)}"]

    def run_interactive(self):
        """On this terminal."""
        self.results = Tail(self.results_path)
        command = self.command + ["-serial", "mon:stdio"]
        return subprocess.run(command, check=False).returncode

    def start(self):
        self.console = Tail(self.console_path)
        self.results = Tail(self.results_path)
        with open(self.qemu_path, "wb") as log:
            self.process = subprocess.Popen(
                self.command + ["-serial", f"file:{self.console_path}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def running(self):
        return self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def qemu_words(self):
        with open(self.qemu_path, encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()

    def wait_a_little(self):
        try:
            self.process.wait(0.1)
        except subprocess.TimeoutExpired:
            pass
        time.sleep(0.02)
