# SPDX-License-Identifier: GPL-2.0-only
"""ckpt run and what goes with it, against a kernel that is played by fake_calls.c."""

import errno
import json
import os
import signal
import time

import harness
from harness import contains, equal, fake, run, start, test

LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


def ckpt(*words, **variables):
    """Run ckpt to its end."""
    return run(fake("ckpt"), *words, **LEAKS, **variables)


def begin(*words, **variables):
    """Start ckpt run, whose job says that it runs."""
    process = start(fake("ckpt"), "run", *words, "--", "sh", "-c", "echo ready; exec sleep 100",
                    **LEAKS, **variables)
    equal(process.stdout.readline(), "ready\n")
    return process


def wait_for(condition):
    """Wait until it holds, ten seconds."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    equal(bool(condition()), True)


def images(directory="checkpoint.d"):
    """The images in a store."""
    return sorted(name for name in os.listdir(directory) if name.endswith(".img"))


@test
def run_ends_as_its_command():
    equal(ckpt("run", "--", "sh", "-c", "exit 7").returncode, 7)
    equal(ckpt("run", "--dir", "d", "sh", "-c", "kill -KILL $$").returncode, -signal.SIGKILL)
    equal(ckpt("run", "--dir", "e", "echo", "-n", "--every", "x").stdout, "--every x")
    equal(ckpt("run", "--dir", "f", "./nothing").returncode, 127)
    equal(ckpt("run", "--dir", "g", ".").returncode, 126)


@test
def run_saves_and_ends_when_it_is_told_to():
    for options, sig, status in (((), signal.SIGTERM, 85),
                                 (("--exit-saved", "3"), signal.SIGTERM, 3),
                                 (("--on", "SIGUSR2=save"), signal.SIGUSR2, 85)):
        directory = f"d{sig}{status}"
        process = begin("--dir", directory, *options)
        process.send_signal(sig)
        equal(process.wait(20), status)
        equal((images(directory), os.readlink(f"{directory}/latest")), (["1.img"], "1.img"))


@test
def run_goes_on_where_paths_have_moved():
    process = begin()
    process.send_signal(signal.SIGTERM)
    equal(process.wait(20), 85)
    equal(run(f"{harness.BUILD}/libcheckpoint-test", "--sample", "checkpoint.d/1.img").returncode, 0)
    result = ckpt("run", "--map", "/a=b", FAKE_PROGRAM="exit 3", FAKE_ARGUMENTS=1)
    equal(result.returncode, 3)
    contains(result.stderr, f"moved /a to {os.getcwd()}/b\n")
    contains(ckpt("run", "--map", "a=b").stderr, "--map wants an absolute path")


@test
def run_refuses_to_move_paths_twice():
    os.mkdir("real")
    os.symlink("real", "link")
    here = os.path.realpath(".")
    for options in (("/a=/a/b",), ("/a=/a/",), ("/a=/b", "/b=/a"), ("/a=/b/c", "/b=/d"), ("/=/b",),
                    (f"{here}/real=link",), ("/b=./real/../link", f"{here}/real=/d")):
        words = [word for option in options for word in ("--map", option)]
        result = ckpt("run", *words, "--", "true")
        contains(result.stderr, "again when the next image is restarted")
        equal((result.returncode, os.path.exists("checkpoint.d")), (125, False))
    equal(ckpt("run", "--map", "/a=/ab", "--map", "/b=/", "--", "true").returncode, 0)


@test
def run_passes_signals_and_makes_images():
    process = begin("--on", "TERM=pass", "--on", "USR1=image")
    process.send_signal(signal.SIGUSR1)
    wait_for(lambda: os.path.lexists("checkpoint.d/latest"))
    equal(process.poll(), None)
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), -signal.SIGTERM)
    equal(images(), ["1.img"])


@test
def run_keeps_so_many_and_one_more():
    process = begin("--every", "0.1s", "--keep", "2")
    most = 0
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        most = max(most, len(images()))
    process.kill()
    process.wait()
    equal(most in (2, 3), True)
    equal("1.img" in images(), False)
    run("pkill", "-KILL", "-x", "sleep", "-P", "1")


@test
def run_keeps_so_large():
    process = begin("--every", "0.1s", "--keep", "9", "--keep-size", "13")
    wait_for(lambda: "4.img" in images())
    time.sleep(0.3)
    equal(len(images()) <= 3, True)
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), 85)


@test
def run_goes_on_after_a_refusal():
    refused = {"FAKE_ERRNO": errno.EBUSY, "FAKE_MESSAGE": "fd 3: no"}
    process = begin("--every", "0.2s", **refused)
    contains(process.stderr.readline(), "ckpt: no image: fd 3: no; the job runs on")
    contains(process.stderr.readline(), "ckpt: no image: fd 3: no; the job runs on")
    equal(process.poll(), None)
    process.kill()
    process.wait()
    process = begin("--dir", "strict", "--every", "0.2s", "--strict", **refused)
    equal(process.wait(10), 125)
    contains(process.stderr.read(), "--strict ends the job")
    equal(images(), [])


@test
def run_of_a_job_that_ends_well_leaves_no_image():
    equal(ckpt("run", "--every", "0.1s", "sleep", "0.5").returncode, 0)
    equal(os.listdir("checkpoint.d"), ["lock"])
    equal(ckpt("run", "--every", "0.1s", "sh", "-c", "sleep 0.5; exit 3").returncode, 3)
    equal(len(images()) > 0, True)


@test
def run_is_the_only_one_in_its_directory():
    process = begin()
    result = ckpt("run", "--", "true")
    equal(result.returncode, 124)
    contains(result.stderr, "checkpoint.d is in use: process ")
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), 85)
    result = ckpt("run", "--", "another")
    equal(result.returncode in (125, 127), True)


@test
def run_takes_over_a_job_without_its_keeper():
    process = begin("--every", "1h")
    with open("checkpoint.d/lock", encoding="ascii") as file:
        job = int(file.read().split()[1])
    process.kill()
    process.wait()
    os.kill(job, 0)
    # what is played there is no whole image, so the job begins again
    result = ckpt("run", "--", "sh", "-c", "echo ready; exec sleep 100",
                  FAKE_ERRNO=errno.EBUSY, FAKE_MESSAGE="no")
    equal(result.returncode, 124)
    contains(result.stderr, f"the job still runs as pid {job}, without its ckpt run")
    contains(result.stderr, "two of one job must not run")
    os.kill(job, 0)
    process = start(fake("ckpt"), "run", "--", "sh", "-c", "echo ready; exec sleep 100", **LEAKS)
    equal(process.stdout.readline(), "ready\n")
    wait_for(lambda: not os.path.exists(f"/proc/{job}/exe"))
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), 85)
    said = process.stderr.read()
    contains(said, "1.img is not whole")
    contains(said, "the job begins again")


@test
def run_refuses_a_directory_of_others():
    os.mkdir("theirs", 0o777)
    os.chmod("theirs", 0o777)
    contains(ckpt("run", "--dir", "theirs", "true").stderr, "run 'chmod go-w theirs'")
    if not os.geteuid():
        os.mkdir("other", 0o700)
        os.chown("other", 1234, 1234)
        contains(ckpt("run", "--dir", "other", "true").stderr, "belongs to user 1234")
    contains(ckpt("run", "--dir", "fresh").stderr, "no command was given")


@test
def list_status_and_save():
    process = begin("--every", "1h")
    result = ckpt("save", "checkpoint.d")
    equal(result.returncode, 0)
    contains(result.stdout, "to checkpoint.d/1.img; frozen for 1.5 ms; it still runs")
    told = json.loads(ckpt("status", "--json", "checkpoint.d").stdout)
    equal((told["running"], len(told["images"]), told["frozen_ns"]), (True, 1, 1500000))
    # sqrt(2 * 1.5 ms * 1 d), and that of higher order
    equal(round(told["young_ns"] / 1e9, 2), 16.1)
    equal(told["daly_ns"] < told["young_ns"], True)
    contains(ckpt("status", "checkpoint.d").stdout, "job        runs: pid ")
    contains(ckpt("list", "checkpoint.d").stdout, "1.img")
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), 85)
    result = ckpt("save", "checkpoint.d")
    equal(result.returncode, 1)
    contains(result.stderr, "no job runs in checkpoint.d; start it with 'ckpt run --dir")
    told = json.loads(ckpt("list", "--json", "checkpoint.d").stdout)
    equal([image["image"] for image in told["images"]], ["1.img", "2.img"])
    equal(json.loads(ckpt("list", "--json", "nowhere").stdout)["ok"], False)


@test
def every_keeps_what_runs_already():
    job = start("sleep", "100")
    process = start(fake("ckpt"), "--every", "0.1s", "--keep", "2", str(job.pid), **LEAKS)
    wait_for(lambda: os.path.isdir("checkpoint.d") and "4.img" in images())
    job.kill()
    job.wait()
    equal(process.wait(10), 0)
    contains(process.stderr.read(), f"pid {job.pid} has ended; its images stay in checkpoint.d")
    equal(len(images()) in (2, 3), True)


@test
def trees_by_more_than_a_pid():
    os.symlink("/bin/sleep", "only-this-one")
    job = start("./only-this-one", "100")
    result = ckpt("--name", "only-this-one", "-o", "image")
    equal((result.returncode, result.stderr), (0, ""))
    other = start("./only-this-one", "100")
    wait_for(lambda: "only-this" in run("ps", "-o", "comm=", "-p", str(other.pid)).stdout)
    contains(ckpt("--name", "only-this-one").stderr, "is several programs, none of which")
    for process in (job, other):
        process.kill()
        process.wait()
    contains(ckpt("--name", "only-this-one").stderr, "there is no such process")
    contains(ckpt("--cgroup", "no/such").stderr, "name a directory below /sys/fs/cgroup")
    contains(ckpt("--unit", "no-such-unit").stderr, "no unit no-such-unit runs")


HOOK = 'echo "$CKPT_ACTION" >>order; [ ! -e "fail-$CKPT_ACTION" ]'


def order():
    """What the hooks were called for, and begin anew."""
    with open("order", encoding="ascii") as file:
        words = file.read().split()
    os.unlink("order")
    return words


@test
def hooks_are_called_in_order():
    job = start("sleep", "100")
    save = ("--hook", HOOK, "-o", "image", str(job.pid))
    equal(ckpt(*save).returncode, 0)
    equal(order(), ["pre-save", "saved"])
    equal(ckpt(*save, FAKE_ERRNO=errno.EBUSY, FAKE_MESSAGE="no").returncode, 1)
    equal(order(), ["pre-save", "failed"])
    os.unlink("image")
    with open("fail-pre-save", "w", encoding="ascii"):
        pass
    result = ckpt(*save)
    equal((result.returncode, os.path.exists("image")), (1, False))
    contains(result.stderr, "failed at pre-save (status 1)")
    equal(order(), ["pre-save"])
    os.unlink("fail-pre-save")
    os.mkdir("hooks")
    for name in ("b-second", "a-first", ".hidden", "a-first.old"):
        with open(f"hooks/{name}", "w", encoding="ascii") as file:
            print(f"#!/bin/sh\necho {name} $CKPT_ACTION $CKPT_PID >>order", file=file)
        os.chmod(f"hooks/{name}", 0o755)
    equal(ckpt("--kill", "--hook", "hooks", "-o", "image", str(job.pid)).returncode, 0)
    equal(order()[:8], ["a-first", "pre-save", str(job.pid), "b-second", "pre-save", str(job.pid),
                        "a-first", "frozen"])
    job.wait()
    os.chmod("image", 0o600)
    equal(run(fake("rstr"), "--hook", HOOK, "image", FAKE_PROGRAM="exit 4").returncode, 4)
    equal(order(), ["pre-restart", "restarted", "running"])


@test
def images_go_through_commands():
    job = start("sleep", "100")
    result = ckpt("--through", "cat >copy", str(job.pid))
    equal((result.returncode, result.stdout), (0, ""))
    with open("copy", "rb") as file:
        equal(file.read(), b"image\n")
    for command in ("cat >copy; exit 3", "false | cat >copy", "head -c 2 >copy", "true"):
        result = ckpt("--kill", "--through", command, str(job.pid))
        equal((command, result.returncode), (command, 1))
        equal((command, "safe" in result.stderr or "the reader ended" in result.stderr),
              (command, True))
        os.kill(job.pid, 0)
    equal(ckpt("--kill", "--through", "gzip >job.gz", str(job.pid)).returncode, 0)
    equal(job.wait(), -signal.SIGKILL)
    for words in (("job.gz",), ("--from", "gzip -dc job.gz"), ("--from", "cat copy")):
        owner = () if words[0] == "job.gz" or os.geteuid() else ("--as-root",)
        os.chmod("job.gz", 0o600)
        equal((words, run(fake("rstr"), *owner, *words, FAKE_PROGRAM="exit 4").returncode), (words, 4))
