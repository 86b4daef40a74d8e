# SPDX-License-Identifier: GPL-2.0-only
"""ckpt against a kernel that is played by fake_calls.c."""

import errno
import json
import os
import pty
import re
import signal
import stat
import subprocess
import time

import harness
from harness import Terminal, contains, equal, fake, run, start, test


# Exit codes of ckpt beside 0, 1 and 2
NOT_NOW, NEVER = 5, 6


class Victim:
    """A process to save."""

    def __enter__(self):
        self.process = subprocess.Popen(["sleep", "100"])   # pylint: disable=R1732
        self.pid = str(self.process.pid)
        return self

    def alive(self):
        """Is it there still?"""
        return self.process.poll() is None

    def killed(self):
        """Was it ended?"""
        return self.process.wait(10) == -signal.SIGKILL

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


def content(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


@test
def ckpt_writes_a_file():
    with Victim() as victim:
        result = run(fake("ckpt"), victim.pid)
        equal(result.returncode, 0)
        name = f"checkpoint.{victim.pid}.img"
        equal(os.listdir("."), [name])
        equal(content(name), b"image\n")
        equal(stat.S_IMODE(os.stat(name).st_mode), 0o600)
        contains(result.stdout, "saved 1 process, 2 threads, 6 bytes to")
        contains(result.stdout, "frozen for 1.5 ms; it still runs")
        equal(victim.alive(), True)


@test
def ckpt_says_what_took_how_long():
    with Victim() as victim:
        for word in ("--stats", "--verbose"):
            contains(run(fake("ckpt"), word, victim.pid).stdout,
                     "ckpt: freezing 1.1 ms, survey 2.2 ms, capture 3.3 ms, writing 4.4 ms, syncing ")
        told = json.loads(run(fake("ckpt"), "--json", victim.pid).stdout)
        equal([told[f"{part}_ns"] for part in ("freeze", "survey", "capture", "write")],
              [1100000, 2200000, 3300000, 4400000])
        assert 0 < told["sync_ns"] < 10e9, told
        equal(run(fake("ckpt"), "--stats", "-q", victim.pid).returncode, 2)


@test
def ckpt_names_external_descriptors():
    with Victim() as victim:
        result = run(fake("ckpt"), "--external", "7,12,7", "-n", "--external=3", victim.pid,
                     FAKE_ARGUMENTS=1)
        equal(result.stderr, "external 7\nexternal 12\nexternal 3\n")
        for wrong in ("", "7,", ",7", "7,x", "-7", "7 ,8", "4294967303"):
            result = run(fake("ckpt"), "--external", wrong, victim.pid)
            equal((wrong, result.returncode), (wrong, 2))
            contains(result.stderr, "--external wants descriptors")
        many = ",".join(str(fd) for fd in range(65))
        contains(run(fake("ckpt"), "--external", many, victim.pid).stderr, "so many")


@test
def ckpt_replaces_an_image_and_follows_no_link():
    with open("old", "w", encoding="ascii") as file:
        file.write("old")
    os.symlink("old", "image")
    with Victim() as victim:
        equal(run(fake("ckpt"), "-o", "image", victim.pid).returncode, 0)
        equal(content("old"), b"old")
        equal(content("image"), b"image\n")
        equal(os.path.islink("image"), False)
        equal(run(fake("ckpt"), "-o", "image", victim.pid).returncode, 0)


@test
def ckpt_kill_ends_the_program():
    with Victim() as victim:
        result = run(fake("ckpt"), "--kill", "-o", "image", victim.pid)
        equal(result.returncode, 0)
        contains(result.stdout, "it was killed")
        equal(victim.killed(), True)


@test
def ckpt_failure_leaves_nothing():
    with Victim() as victim:
        result = run(fake("ckpt"), "--kill", victim.pid, FAKE_ERRNO=errno.EBUSY,
                     FAKE_PID=victim.pid, FAKE_MESSAGE="fd 7: it cannot be saved")
        equal(result.returncode, 1)
        contains(result.stderr, f"ckpt: pid {victim.pid}: fd 7: it cannot be saved; "
                 f"'ckpt --check {victim.pid}' lists every obstacle")
        contains(result.stderr, f"pid {victim.pid} runs on")
        equal(os.listdir("."), [])
        equal(victim.alive(), True)


@test
def ckpt_asks_again_what_is_refused_for_a_moment():
    with Victim() as victim:
        told = {"FAKE_ERRNO": errno.EAGAIN, "FAKE_MESSAGE": "it changes; try again"}
        result = run(fake("ckpt"), "-o", "image", victim.pid, FAKE_AGAIN=2, **told)
        equal((result.returncode, result.stderr), (0, ""))
        equal((os.path.getsize("calls"), sorted(os.listdir("."))), (3, ["calls", "image"]))
        os.unlink("calls")
        result = run(fake("ckpt"), victim.pid, FAKE_AGAIN=9, **told)
        equal(result.returncode, NOT_NOW)
        contains(result.stderr, "it changes; try again")
        equal(os.path.getsize("calls"), 5)


@test
def ckpt_json():
    with Victim() as victim:
        told = json.loads(run(fake("ckpt"), "--json", victim.pid).stdout)
        equal((told["ok"], told["program"], told["frozen_ns"]), (True, "running", 1500000))
        told = json.loads(run(fake("ckpt"), "--json", victim.pid, FAKE_ERRNO=errno.EBUSY,
                              FAKE_MESSAGE="no", FAKE_PID=victim.pid).stdout)
        equal((told["ok"], told["errno"]), (False, "EBUSY"))
        equal(told["errors"][0]["message"], "no")


@test
def ckpt_check():
    with Victim() as victim:
        result = run(fake("ckpt"), "-n", victim.pid)
        equal((result.returncode, os.listdir(".")), (0, []))
        contains(result.stdout, "can be saved")
        result = run(fake("ckpt"), "-n", victim.pid, FAKE_ERRNO=errno.EBUSY, FAKE_MESSAGE="no")
        equal(result.returncode, 1)


@test
def ckpt_advice():
    with Victim() as victim:
        result = run(fake("ckpt"), victim.pid, FAKE_ERRNO=errno.ENOSYS)
        contains(result.stderr, "CONFIG_CHECKPOINT=y")
        result = run(fake("ckpt"), "-q", victim.pid, FAKE_ERRNO=errno.ETIMEDOUT,
                     FAKE_MESSAGE="it did not stop")
        contains(result.stderr, f"--timeout 60 -q {victim.pid}'")


def refusal(*arguments, **variables):
    """What ckpt says when checkpoint() refuses."""
    result = run(fake("ckpt"), *arguments, **variables)
    never = variables["FAKE_ERRNO"] == errno.ENOSYS
    later = variables["FAKE_ERRNO"] in (errno.ETIMEDOUT, errno.EAGAIN)
    equal(result.returncode, NEVER if never else NOT_NOW if later else 1)
    return result.stderr


def somebody(pid, **variables):
    """What ckpt tells an ordinary user."""
    os.chmod(".", 0o777)
    return run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", fake("ckpt"), pid,
               **variables).stderr


@test
def ckpt_advice_in_each_case():
    with Victim() as victim:
        pid = victim.pid
        contains(refusal("-n", pid, FAKE_ERRNO=errno.EOPNOTSUPP, FAKE_MESSAGE="fd 3: no"),
                 f"fd 3: no; when nothing of what is named here is left, run 'ckpt {pid}'")
        contains(refusal("--force", pid, FAKE_ERRNO=errno.EINVAL),
                 f"run 'ckpt --check {pid}' and end what is in the way")
        contains(refusal("--timeout", "90", pid, FAKE_ERRNO=errno.ETIMEDOUT, FAKE_MESSAGE="no"),
                 "try again with a longer time limit")
        contains(refusal(pid, FAKE_ERRNO=errno.ENOSPC, FAKE_MESSAGE="writing the image failed"),
                 "failed: No space left on device; free some space")
        contains(refusal(pid, FAKE_ERRNO=errno.ESRCH, FAKE_MESSAGE="no"), "look with 'ps'")
        if not os.geteuid():
            contains(somebody(pid, FAKE_ERRNO=errno.EPERM),
                     f"it takes CAP_CHECKPOINT_RESTORE or membership in kernel.checkpoint_group; "
                     f"run 'sudo {fake('ckpt')} {pid}', or have root set the sysctl "
                     "kernel.checkpoint_policy to 0")
            contains(somebody(pid, FAKE_ERRNO=errno.EPERM, FAKE_MESSAGE="may not be traced"),
                     f"may not be traced; run 'sudo {fake('ckpt')} {pid}'")


@test
def kernel_without_the_calls():
    with open("image", "wb") as image:
        image.write(b"image")
    os.chmod("image", 0o600)
    with Victim() as victim:
        result = run(f"{harness.BUILD}/ckpt", victim.pid)
        if "CONFIG_CHECKPOINT" not in result.stderr:
            raise harness.Skip("this kernel has the calls")
        equal(result.returncode, NEVER)
        contains(result.stderr, "this kernel has no checkpoint(): boot one")
        equal(os.listdir("."), ["image"])
        result = run(f"{harness.BUILD}/rstr", "image")
        equal(result.returncode, 123)
        contains(result.stderr, "this kernel has no restart(): boot one")


@test
def ckpt_that_cannot_end_the_program():
    with Victim() as victim:
        result = run(fake("ckpt"), "--kill", "-o", "image", victim.pid, FAKE_END_ERRNO=errno.EIO)
        equal(result.returncode, 4)
        contains(result.stderr, "it runs on, run the same command again")
        equal(content("image"), b"image\n")
        equal(victim.alive(), True)
        # after a confirmation two would live
        result = run(fake("ckpt"), "--move", victim.pid, "sh", "-c", FAR, FAKE_END_ERRNO=errno.EIO)
        equal(result.returncode, 7)
        equal(victim.killed(), True)


@test
def ckpt_whose_file_system_does_not_answer():
    """The program is let go at once, and not killed when the image is safe after all."""
    for how in "--kill", "--leave-frozen":
        with Victim() as victim:
            with start(fake("ckpt"), how, "--timeout", "0.1", "-o", "image", victim.pid,
                       FAKE_STUCK=4) as ckpt:
                contains(ckpt.stderr.readline(), f"so pid {victim.pid} was let go and runs on")
                equal(ckpt.poll(), None)
                contains(ckpt.communicate()[0], "it still runs")
            equal(ckpt.returncode, 4)
            equal(content("image"), b"image\n")
            equal(victim.alive(), True)
    with Victim() as victim:
        equal(run(fake("ckpt"), "--kill", "--timeout", "2", "-o", "image", victim.pid,
                  FAKE_STUCK=1).returncode, 0)
        equal(victim.killed(), True)


@test
def ckpt_check_tells_what_found_no_place():
    with Victim() as victim:
        told = {"FAKE_ERRNO": errno.EOPNOTSUPP, "FAKE_MESSAGE": "fd 3", "FAKE_MISSING": 44}
        result = run(fake("ckpt"), "--check", victim.pid, **told)
        contains(result.stderr, f"fd 3; when nothing of what is named here is left, run 'ckpt {victim.pid}'")
        contains(result.stderr, "there are 44 more for which this list has no place")
        equal(json.loads(run(fake("ckpt"), "--check", "--json", victim.pid, **told).stdout)
              ["errors_missing"], 44)


@test
def ckpt_move_kills_a_whole_tree_that_is_held_no_more():
    # Each has a child, which is nobody's when its parent dies first.
    command = ["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (sleep 97.5; :) & done; echo; wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as victim:
        victim.stdout.readline()
        time.sleep(0.5)         # until the last of them has been forked
        result = run(fake("ckpt"), "--move", str(victim.pid), "sh", "-c", FAR,
                     FAKE_END_ERRNO=errno.EINVAL)
        equal(result.returncode, 7)
        equal(victim.wait(), -signal.SIGKILL)
        left = run("pgrep", "-r", "R,S,T,D", "-s", str(victim.pid)).stdout.split()
        run("pkill", "-KILL", "-s", str(victim.pid))
        equal(left, [])


@test
def ckpt_within_the_tree_says_nothing_that_it_does_not_know():
    """It ends with the tree, so it must speak before."""
    command = f"{fake('ckpt')} --kill -o image $$ >told 2>&1; echo $? >status"
    equal(run("sh", "-c", command, FAKE_END_ERRNO=errno.EAGAIN,
              ASAN_OPTIONS="detect_leaks=0").returncode, 0)
    equal(content("status"), b"4\n")
    told = content("told").decode()
    contains(told, "it is killed now, and this command with it")
    contains(told, "was not killed: what reached it after it was saved")
    equal("it was killed" in told or "kill -KILL" in told, False)


@test
def ckpt_signal_that_came_too_late():
    with Victim() as victim:
        result = run(fake("ckpt"), "--kill", "-o", "image", victim.pid, FAKE_END_ERRNO=errno.EAGAIN)
        equal(result.returncode, 4)
        contains(result.stdout, "it still runs")
        contains(result.stderr, "run the same command again")
        equal(victim.alive(), True)
        result = run(fake("ckpt"), "--move", victim.pid, "sh", "-c", FAR, FAKE_END_ERRNO=errno.EAGAIN)
        equal(result.returncode, 7)
        contains(result.stderr, "it runs there and was killed here")
        contains(result.stderr, "send it again on the other side")
        equal(victim.killed(), True)


@test
def ckpt_shows_progress():
    large = ["python3", "-c", "b = b'x' * (64 << 20); print(flush=True); import time; time.sleep(99)"]
    with subprocess.Popen(large, stdout=subprocess.PIPE) as victim:
        victim.stdout.readline()
        pid = str(victim.pid)
        commands = ([fake("ckpt"), pid], [fake("ckpt"), "-q", "-o", "quiet", pid],
                    ["/bin/sh", "-c", f"{fake('ckpt')} -o - {pid} >image"],
                    ["/bin/sh", "-c", f"{fake('ckpt')} -o - {pid} | cat >piped"],
                    [fake("ckpt"), "--move", pid, "sh", "-c", "cat >moved"])
        terminals = [Terminal(*command, FAKE_MIB=40) for command in commands]
        for command, terminal in zip(commands, terminals):
            text = terminal.read_all()
            seen = re.search(r"\d MiB saved of about [67]\d.\d MiB, [\d.]+ MiB/s, [\d.]+ m?s left",
                             text)
            if bool(seen) == ("-q" in command):
                raise AssertionError(f"{command}: {text!r}")
        victim.kill()


@test
def ckpt_wrong_usage():
    equal(run(fake("ckpt")).returncode, 2)
    equal(run(fake("ckpt"), "x").returncode, 2)
    equal(run(fake("ckpt"), "1", "2").returncode, 2)
    equal(run(fake("ckpt"), "--kill", "--leave-frozen", "1").returncode, 2)
    equal(run(fake("ckpt"), "--move", "1").returncode, 2)


@test
def ckpt_output_that_is_no_file():
    os.mkfifo("fifo")
    result = run(fake("ckpt"), "-o", "fifo", "1")
    equal(result.returncode, 1)
    contains(result.stderr, "run 'ckpt -o - 1 >fifo'")
    contains(run(fake("ckpt"), "-o", ".", "1").stderr, "names no file")
    contains(run(fake("ckpt"), "-o", "no/where", "1").stderr, "make the directory")


@test
def ckpt_to_a_pipe():
    with Victim() as victim:
        result = run(fake("ckpt"), "-o", "-", victim.pid)
        equal((result.returncode, result.stdout), (0, "image\n"))
        contains(result.stderr, "to standard output")
        result = run(fake("ckpt"), "--kill", "-o", "-", victim.pid)
        equal((result.returncode, result.stdout), (2, ""))
        contains(result.stderr, "--move")
        with open("image", "wb") as image:
            subprocess.run([fake("ckpt"), "-q", "--kill", "-o", "-", victim.pid],
                           stdout=image, check=True)
        equal(content("image"), b"image\n")
        equal(victim.killed(), True)


@test
def ckpt_to_a_terminal():
    leader, follower = pty.openpty()
    result = subprocess.run([fake("ckpt"), "-o", "-", "1"], stdout=follower,
                            stderr=subprocess.PIPE, text=True, check=False)
    equal(result.returncode, 2)
    contains(result.stderr, "nothing for a terminal")
    os.close(leader)
    os.close(follower)


@test
def ckpt_interrupted_tidies_up():
    with Victim() as victim:
        process = start(fake("ckpt"), victim.pid, FAKE_SLEEP=60)
        deadline = time.monotonic() + 10
        while not os.listdir(".") and time.monotonic() < deadline:
            time.sleep(0.01)
        equal(len(os.listdir(".")), 1)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        equal(process.wait(10), -signal.SIGINT)
        equal(os.listdir("."), [])
        equal(victim.alive(), True)


@test
def ckpt_leaves_frozen_until_it_ends():
    with Victim() as victim:
        process = start(fake("ckpt"), "--leave-frozen", victim.pid)
        contains(process.stdout.readline(), "stays frozen")
        equal(process.poll(), None)
        process.send_signal(signal.SIGTERM)
        equal(process.wait(10), 0)


FAR = 'cat; echo "rstr: restarted PID 77"; echo "its output"; exit 7 #--confirm rstr'


@test
def ckpt_move():
    with Victim() as victim:
        result = run(fake("ckpt"), "--move", victim.pid, "sh", "-c", FAR)
        equal(result.stdout, "image\nits output\n")
        contains(result.stderr, "it runs there and was killed here")
        equal(result.returncode, 7)
        equal(victim.killed(), True)


@test
def ckpt_move_without_confirmation():
    with Victim() as victim:
        result = run(fake("ckpt"), "--move", victim.pid, "sh", "-c", "cat; exit 5")
        equal(result.returncode, 3)
        contains(result.stderr, "runs on here")
        equal(victim.alive(), True)
        result = run(fake("ckpt"), "--move", victim.pid, "ssh", "host", "rstr", "-")
        equal(result.returncode, 2)
        contains(result.stderr, "add --confirm")
        result = run(fake("ckpt"), "--move", victim.pid, "/nonexistent")
        equal(result.returncode in (1, 3), True)
        equal(victim.alive(), True)
