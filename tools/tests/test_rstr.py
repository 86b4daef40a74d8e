# SPDX-License-Identifier: GPL-2.0-only
"""rstr against a kernel that is played by fake_calls.c."""

import errno
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

import harness
from harness import Terminal, contains, equal, fake, run, start, test


def image():
    """A file to restart from."""
    with open("image", "w", encoding="ascii") as file:
        file.write("image\n")
    os.chmod("image", 0o600)
    return "image"


def rstr(*arguments, **variables):
    """Run rstr to its end."""
    return run(fake("rstr"), *arguments, image(), **variables)


@test
def rstr_ends_as_the_program():
    equal(rstr(FAKE_PROGRAM="exit 0").returncode, 0)
    equal(rstr(FAKE_PROGRAM="exit 42").returncode, 42)
    equal(rstr(FAKE_PROGRAM="kill -TERM $$").returncode, -signal.SIGTERM)
    equal(rstr(FAKE_PROGRAM="ulimit -c 0; kill -SEGV $$").returncode, -signal.SIGSEGV)
    equal(rstr(FAKE_PROGRAM="exit 42", FAKE_PGRP=1).returncode, 42)
    equal(rstr(FAKE_PROGRAM="echo hello").stdout, "hello\n")


@test
def rstr_forwards_signals():
    traps = "trap 'echo usr1; exit 3' USR1; echo ready; while :; do sleep 0.05; done"
    for variables in ({}, {"FAKE_PGRP": 1}):
        process = start(fake("rstr"), image(), FAKE_PROGRAM=traps, **variables)
        equal(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGUSR1)
        equal((process.wait(10), process.stdout.read()), (3, "usr1\n"))

    process = start(fake("rstr"), image(), FAKE_PROGRAM="echo ready; exec sleep 100")
    equal(process.stdout.readline(), "ready\n")
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), -signal.SIGTERM)


@test
def rstr_stops_and_goes_on():
    for variables in ({}, {"FAKE_PGRP": 1}):
        process = start(fake("rstr"), image(), FAKE_PROGRAM="kill -STOP $$; exit 9",
                        **variables)
        pid, status = os.waitpid(process.pid, os.WUNTRACED)
        equal((pid, os.WIFSTOPPED(status)), (process.pid, True))
        os.killpg(process.pid, signal.SIGCONT)
        equal(process.wait(10), 9)


@test
def rstr_failures():
    result = rstr(FAKE_ERRNO=errno.EEXIST, FAKE_PID=os.getpid(), FAKE_MESSAGE="its pid is taken")
    equal(result.returncode, 125)
    contains(result.stderr, f"has pid {os.getpid()} now: run '{fake('rstr')} --pidns image'")
    result = rstr(FAKE_ERRNO=errno.ESTALE, FAKE_MESSAGE="/x has changed")
    contains(result.stderr, "--allow-changed image'")
    result = rstr(FAKE_ERRNO=errno.ENOSYS)
    contains(result.stderr, "CONFIG_CHECKPOINT=y")
    equal(run(fake("rstr"), "/nonexistent").returncode, 125)
    equal(run(fake("rstr"), "/tmp").returncode, 125)
    equal(run(fake("rstr")).returncode, 125)


@test
def rstr_inherits():
    result = rstr("--inherit", "7=1", "--fd=12=0", "-n", FAKE_ARGUMENTS=1)
    contains(result.stderr, "inherit 7=1\ninherit 12=0\n")
    for wrong in ("7", "7=", "=1", "7=x", "-7=1", "7=1,2", "7=4294967297", "x=1"):
        result = rstr("--inherit", wrong, "-n")
        equal((wrong, result.returncode), (wrong, 125))
        contains(result.stderr, "--inherit (--fd) wants two descriptors")
    contains(rstr("--inherit", "7=99", "-n").stderr, "descriptor 99 is not open")
    contains(rstr("--inherit", "7=1", "--fd", "7=0", "-n").stderr, "twice")


@test
def rstr_maps():
    result = rstr("--map", "/a//=/b", "--map", "/c=here/d=e", "--map=/=/root", "-n", FAKE_ARGUMENTS=1)
    contains(result.stderr, f"moved /a to /b\nmoved /c to {os.getcwd()}/here/d=e\nmoved / to /root\n")
    for wrong in ("/a", "/a=", "=/b", "a=/b", ""):
        result = rstr("--map", wrong, "-n")
        equal((wrong, result.returncode), (wrong, 125))
        contains(result.stderr, "--map wants an absolute path and where that is now, as in /old=/new")
    contains(rstr("--map", "/a=/b", "--map", "/a/=/c", "-n").stderr, "twice")
    contains(rstr("--map", "/a=/" + 4096 * "b", "-n").stderr, "too long")
    many = [word for number in range(33) for word in ("--map", f"/{number}=/")]
    contains(rstr(*many, "-n").stderr, "so many paths")


def failure(*arguments, **variables):
    """What rstr says about a failure of restart()."""
    result = rstr(*arguments, **variables)
    equal(result.returncode, 125)
    return result.stderr


def somebody(*arguments, **variables):
    """The same as an ordinary user."""
    image()
    os.chmod(".", 0o755)
    os.chmod("image", 0o644)
    return run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", fake("rstr"),
               *arguments, "image", ASAN_OPTIONS="detect_leaks=0", **variables).stderr


@test
def rstr_advice():
    tool = fake("rstr")
    contains(failure("--self", FAKE_ERRNO=errno.EEXIST, FAKE_MESSAGE="the program had pid 5"),
             f"run '{tool} image'")
    contains(failure("--strict-io", FAKE_ERRNO=errno.EPERM,
                     FAKE_MESSAGE="fd 1 led outside and may not be replaced (--strict-io)"),
             f"run '{tool} image'")
    contains(failure(FAKE_ERRNO=errno.ESTALE, FAKE_MESSAGE="/x: it is another type of file"),
             "; put the file back as it was")
    contains(failure(FAKE_ERRNO=errno.EINVAL, FAKE_MESSAGE="no"), "'ckptinfo --verify image'")
    contains(failure(FAKE_ERRNO=errno.EINVAL, FAKE_MESSAGE="pid 9 is beyond kernel.pid_max"),
             "have root raise the sysctl kernel.pid_max")
    contains(failure(FAKE_ERRNO=errno.EIO, FAKE_MESSAGE="reading the image failed"),
             "reading the image failed: Input/output error; look with 'dmesg'")
    if not os.geteuid():
        contains(somebody(FAKE_ERRNO=errno.EPERM),
                 f"run 'sudo {tool} image', or have root set the sysctl")
        contains(somebody(FAKE_ERRNO=errno.EPERM,
                          FAKE_MESSAGE="pid 7 may not be chosen without CAP_CHECKPOINT_RESTORE"),
                 f"run '{tool} --pidns image'")
        contains(somebody(FAKE_ERRNO=errno.EPERM, FAKE_MESSAGE="needs CAP_SYS_CHROOT"),
                 f"; run 'sudo {tool} image'")


@test
def rstr_shows_progress():
    with open(image(), "wb") as file:
        file.truncate(64 << 20)
    variants = [(), ("--detach",), ("-q",)] + ([] if os.geteuid() else [("--pidns",)])
    terminals = [Terminal(fake("rstr"), *options, "image", FAKE_MIB=40, FAKE_PROGRAM="exit 3")
                 for options in variants]
    for options, terminal in zip(variants, terminals):
        text = terminal.read_all()
        equal(terminal.status(), 0 if options == ("--detach",) else 3)
        seen = re.search(r"\d MiB restored of about 64.0 MiB, [\d.]+ MiB/s, [\d.]+ m?s left",
                         text)
        if bool(seen) == (options == ("-q",)):
            raise AssertionError(f"{options}: {text!r}")


@test
def rstr_check():
    result = rstr("-n")
    equal(result.returncode, 0)
    contains(result.stdout, "image is whole, and this kernel and processor can take it")
    equal(rstr("-n", FAKE_ERRNO=errno.EINVAL, FAKE_MESSAGE="no").returncode, 125)
    equal(json.loads(rstr("-n", "--json").stdout)["ok"], True)


@test
def rstr_substitutions_are_told():
    result = rstr(FAKE_MESSAGE="fd 0: /dev/pts/3 is rstr's now", FAKE_PROGRAM="exit 0")
    contains(result.stderr, "fd 0: /dev/pts/3 is rstr's now")
    equal(rstr("-q", FAKE_MESSAGE="x", FAKE_PROGRAM="exit 0").stderr, "")


@test
def rstr_as_root_distrusts_writable_images():
    if os.geteuid():
        raise harness.Skip("needs root")
    name = image()
    os.chmod(name, 0o620)
    result = run(fake("rstr"), name, FAKE_PROGRAM="exit 0")
    equal(result.returncode, 125)
    contains(result.stderr, "chmod go-w image")
    equal(run(fake("rstr"), "--as-root", name, FAKE_PROGRAM="exit 4").returncode, 4)


@test
def rstr_confirms_before_the_program_runs():
    for variables in ({}, {"FAKE_NO_FROZEN": 1}):
        result = rstr("--confirm", FAKE_PROGRAM="sleep 0.1; echo output; exit 6", **variables)
        lines = result.stdout.splitlines()
        contains(lines[0], "rstr: restarted PID ")
        equal((lines[1:], result.returncode), (["output"], 6))


def held_variants():
    """Ways of restarting with --frozen."""
    return ((), ()) if os.geteuid() else ((), ("--pidns",))


@test
def rstr_frozen():
    for options in held_variants():
        for sig, program, status in ((signal.SIGCONT, "echo ran; exit 6", 6),
                                     (signal.SIGTERM, "exec sleep 100", -signal.SIGTERM)):
            process = subprocess.Popen([fake("rstr"), "--frozen", *options, image()],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True,
                                       env=harness.environment(fake("rstr"), FAKE_PROGRAM=program))
            said = process.stderr.readline()
            contains(said, f"is held: attach to it now; then 'kill -CONT {process.pid}' lets it go\n")
            for own in (signal.SIGCHLD, signal.SIGWINCH):
                process.send_signal(own)
                time.sleep(0.1)
            equal((process.poll(), select.select([process.stdout], [], [], 0)[0]), (None, []))
            process.send_signal(sig)
            equal((process.communicate(timeout=20)[0], process.returncode),
                  ("ran\n" if status == 6 else "", status))
    contains(rstr("--frozen", FAKE_NO_FROZEN=1).stderr, "rstr: ")
    for options, variables in terminal_variants():
        if variables.get("FAKE_NO_FROZEN"):
            continue
        terminal = Terminal(fake("rstr"), "--frozen", *options, image(),
                            FAKE_PROGRAM="echo ready; read -r n; exit $n", **variables)
        terminal.read_until("or Enter here, lets it go")
        os.write(terminal.fd, b"\n")
        terminal.read_until("ready")
        os.write(terminal.fd, b"21\n")
        equal(terminal.status(), 21)
        os.close(terminal.fd)


@test
def rstr_frozen_loses_no_signal():
    """One that arrives when rstr is about to read another, which is its own."""
    if not shutil.which("strace"):
        raise harness.Skip("there is no strace")
    process = start("strace", "-o", "trace", "-e", "inject=read:delay_enter=200000",
                    fake("rstr"), "--frozen", image(), FAKE_PROGRAM="exec sleep 100",
                    ASAN_OPTIONS="detect_leaks=0")
    said = process.stderr.readline()
    if "is held" not in said:
        process.kill()
        raise harness.Skip(said.strip())
    pid = int(re.search("kill -CONT ([0-9]+)", said).group(1))
    os.kill(pid, signal.SIGWINCH)
    time.sleep(0.1)
    os.kill(pid, signal.SIGTERM)
    equal(process.wait(20), -signal.SIGTERM)


def parent_of(pid):
    """The parent of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


@test
def rstr_detaches():
    for options in ((), ("--pidns",)):
        if options and os.geteuid():
            continue
        result = rstr("--detach", *options, FAKE_PROGRAM="echo first; exec sleep 100 >/dev/null 2>&1")
        equal(result.returncode, 0)
        pid = int(result.stdout.splitlines()[0])
        deadline = time.monotonic() + 5
        while parent_of(pid) == os.getpid() and time.monotonic() < deadline:
            time.sleep(0.01)
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            contains("sleep\nbash\n", file.read())
        os.kill(pid, signal.SIGKILL)
    equal(rstr("--detach", FAKE_ERRNO=errno.EPERM).returncode, 123)
    equal(rstr("--detach", FAKE_ERRNO=errno.EPERM, FAKE_MESSAGE="no").returncode, 125)
    equal(rstr("--detach", FAKE_ERRNO=errno.EAGAIN).returncode, 124)


@test
def rstr_pidns():
    if os.geteuid():
        raise harness.Skip("needs root")
    result = rstr("--pidns", FAKE_PROGRAM="echo $$ $PPID; exit 11")
    equal((result.stdout, result.returncode), ("2 1\n", 11))
    equal(rstr("--pidns", FAKE_PROGRAM="kill -KILL $$").returncode, -signal.SIGKILL)
    equal(rstr("--pidns", FAKE_ERRNO=errno.EINVAL).returncode, 125)
    result = rstr("--pidns", "--confirm", FAKE_PROGRAM="echo $$; exit 12", FAKE_PGRP=1)
    contains(result.stdout, "rstr: restarted PID ")
    equal((result.stdout.splitlines()[1], result.returncode), ("2", 12))


@test
def rstr_pidns_tells_the_pids_outside():
    if os.geteuid():
        raise harness.Skip("needs root")
    result = rstr("--pidns", "--detach", "--json", FAKE_PGRP=1,
                  FAKE_PROGRAM="exec >/dev/null 2>&1; until [ -e go ]; do sleep 0.05; done")
    told = json.loads(result.stdout)
    equal(told["pid"], told["pgrp"])
    equal(os.readlink(f"/proc/{told['pid']}/ns/pid") != os.readlink("/proc/self/ns/pid"), True)
    with open("go", "w", encoding="ascii"):
        pass
    while os.path.exists(f"/proc/{told['pid']}"):
        time.sleep(0.05)


@test
def rstr_pidns_forwards_and_stops():
    if os.geteuid():
        raise harness.Skip("needs root")
    program = "trap 'exit 3' USR1; echo ready; kill -STOP $$; while :; do sleep 0.05; done"
    process = start(fake("rstr"), "--pidns", image(), FAKE_PROGRAM=program, FAKE_PGRP=1)
    equal(process.stdout.readline(), "ready\n")
    equal(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]), True)
    os.killpg(process.pid, signal.SIGCONT)
    process.send_signal(signal.SIGUSR1)
    equal(process.wait(10), 3)


@test
def rstr_user_namespace():
    if os.geteuid():
        raise harness.Skip("needs root, to become somebody else")
    image()
    os.chmod(".", 0o755)
    os.chmod("image", 0o644)
    result = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                 fake("rstr"), "--pidns", "image", ASAN_OPTIONS="detect_leaks=0",
                 FAKE_PROGRAM="id -u; id -g; echo $$; exit 13")
    if "user_namespaces" in result.stderr or "cannot execute" in result.stderr:
        raise harness.Skip(result.stderr.strip())
    equal((result.stdout, result.returncode), ("65534\n65534\n2\n", 13))


def terminal_variants():
    """Ways of restarting in the foreground."""
    variants = [((), {}), ((), {"FAKE_PGRP": 1}), ((), {"FAKE_PGRP": 1, "FAKE_NO_FROZEN": 1})]
    if not os.geteuid():
        variants.append((("--pidns",), {"FAKE_PGRP": 1}))
    return variants


@test
def rstr_lends_the_terminal():
    for options, variables in terminal_variants():
        terminal = Terminal(fake("rstr"), *options, image(),
                            FAKE_PROGRAM="echo ready; read -r n; exit $n", **variables)
        terminal.read_until("ready")
        os.write(terminal.fd, b"21\n")
        equal(terminal.status(), 21)
        os.close(terminal.fd)


@test
def the_programs_modes_are_its_own():
    """Set by the restart, kept from rstr's output, and put back for a program that is killed."""
    for options, variables in terminal_variants():
        if "FAKE_NO_FROZEN" in variables:
            continue
        for end, status in (("exit 5", 5), ("kill -KILL $$", -signal.SIGKILL)):
            terminal = Terminal("/bin/bash", "-c", "read; exec \"$@\"", "bash", fake("rstr"), "-v",
                                *options, image(), **variables, FAKE_RAW=1,
                                FAKE_PROGRAM=f"stty -a; echo ready; read -n 1; {end}")
            before = terminal.modes()
            os.write(terminal.fd, b"\n")
            text = terminal.read_until("ready")
            contains(text, "1 thread")
            assert "\n" not in text.split("speed")[0].replace("\r\n", ""), text
            contains(text, "-icanon")
            os.write(terminal.fd, b"x")
            terminal.read_all()
            equal(terminal.status(), status)
            raw = not terminal.modes()[3] & termios.ICANON
            equal(raw, status == 5)
            if not raw:
                equal(terminal.modes(), before)
            os.close(terminal.fd)


@test
def a_detached_program_leaves_the_modes():
    needs_root()
    terminal = Terminal("/bin/bash", "-c", f"{fake('rstr')} --detach --pidns {image()}; stty -a",
                        FAKE_RAW=1, FAKE_PROGRAM="exit 0", ASAN_OPTIONS="detect_leaks=0")
    text = terminal.read_all()
    terminal.status()
    assert re.match(r"\d+\r\n", text), text
    contains(text, " icanon")
    os.close(terminal.fd)


# dash leaves SIGINT as it is, where bash may take it and lose it before it executes
SLEEP = 'exec dash -c "echo ready; exec sleep 100"'


@test
def rstr_and_the_interrupt_key():
    for options, variables in terminal_variants():
        terminal = Terminal(fake("rstr"), *options, image(), FAKE_PROGRAM=SLEEP, **variables)
        terminal.read_until("ready")
        os.write(terminal.fd, b"\x03")
        equal(terminal.status(), -signal.SIGINT)
        os.close(terminal.fd)


@test
def the_interrupt_key_reaches_a_whole_group_without_the_terminal():
    """It has a session of its own, and runs its trap when what it waits for has ended."""
    terminal = Terminal(fake("rstr"), image(), FAKE_SESSION=1,
                        FAKE_PROGRAM=f"exec dash -c 'trap \"exit 9\" INT; ({SLEEP})'")
    terminal.read_until("ready")
    began = time.monotonic()
    os.write(terminal.fd, b"\x03")
    equal(terminal.status(), 9)
    assert time.monotonic() - began < 50
    os.close(terminal.fd)


def needs_root():
    """Only root restarts images of others."""
    if os.geteuid():
        raise harness.Skip("needs root")


OTHER = 1234    # an owner that is nobody here


def image_of_another():
    """An image of somebody else's."""
    os.chown(image(), OTHER, OTHER)
    return "image"


@test
def whose_image_it_is():
    needs_root()
    tool = fake("rstr")

    def ceiling(*arguments, **options):
        return run(tool, *arguments, FAKE_ARGUMENTS=1, FAKE_PROGRAM="exit 0", **options).stderr

    image()
    os.symlink("image", "link")
    contains(ceiling("image"), "ceiling 1, owner 0")
    contains(ceiling("--as-root", "link"), "ceiling 0")
    contains(ceiling("--owner", str(OTHER), "link"), f"ceiling 1, owner {OTHER}")
    contains(ceiling("--owner", "daemon", "image"), "ceiling 1, owner 1\n")
    contains(ceiling("-n", "link"), "ceiling 0")

    refused = ceiling("link")
    contains(refused, "link is a link to a file of root's, so whose image it is cannot be seen")
    contains(refused, f"--owner NAME, or run '{tool} --as-root link'")
    with open("image", "rb") as file:
        contains(ceiling("-", stdin=file), "was not opened by its name")
    read, write = os.pipe()
    os.write(write, b"image")
    os.close(write)
    contains(ceiling("-", stdin=read), "standard input is no regular file")
    contains(ceiling("--owner", "nobody-like-this", "image"), "there is no user")
    contains(ceiling("--owner", "daemon", "--as-root", "image"), "exclude each other")
    contains(somebody("--owner", "daemon"), "--owner is for root")

    os.chown("image", OTHER, OTHER)
    contains(ceiling("link"), f"ceiling 1, owner {OTHER}")


# A name service that knows one more user than the files do
SERVICE = """
#include <nss.h>
#include <pwd.h>
#include <string.h>
#include <sys/types.h>
enum nss_status _nss_extra_getpwuid_r(uid_t uid, struct passwd *user, char *text, size_t len, int *err)
{
	*err = 0;
	if (uid != 1234 || len < 16)
		return NSS_STATUS_NOTFOUND;
	user->pw_name = strcpy(text, "other");
	user->pw_passwd = user->pw_gecos = user->pw_dir = user->pw_shell = strcpy(text + 8, "/");
	user->pw_uid = 1234;
	user->pw_gid = 1235;
	return NSS_STATUS_SUCCESS;
}
enum nss_status _nss_extra_initgroups_dyn(const char *name, gid_t gid, long *used, long *size,
					  gid_t **groups, long limit, int *err)
{
	*err = 0;
	if (strcmp(name, "other") || *used + 2 > *size)
		return NSS_STATUS_NOTFOUND;
	(*groups)[(*used)++] = 77;
	(*groups)[(*used)++] = 78;
	return NSS_STATUS_SUCCESS;
}
"""

# A C library without memory for groups
NO_GROUPS = """
int getgrouplist(void)
{
	return -1;
}
"""

# A getent that knows the same one by a name with spaces, and how it was started
GETENT = f"""#!{sys.executable}
import signal, sys
with open("asked", "a", encoding="ascii") as asked:
    print(sys.argv[1:], signal.pthread_sigmask(signal.SIG_BLOCK, ()), 0 < signal.alarm(0) <= 30,
          file=asked)
if sys.argv[1:] == ["--", "passwd", "1234"]:
    print("svc 0 x:x:1234:1235::/:")
elif sys.argv[1:] == ["--", "initgroups", "svc 0 x"]:
    print("svc 0 x               1235 79")
else:
    sys.exit(2)
"""


@test
def groups_come_from_the_databases():
    """From the name services of the C library, or, statically, as getent(1) says."""
    needs_root()
    image_of_another()
    for name, text in (("extra.c", SERVICE), ("nsswitch", "passwd: files extra\ngroup: files extra\n"),
                       ("none.c", NO_GROUPS), ("getent", GETENT)):
        with open(name, "w", encoding="ascii") as file:
            file.write(text)
    os.chmod("getent", 0o755)
    for library, source in (("libnss_extra.so.2", "extra.c"), ("none.so", "none.c")):
        equal(run("gcc", "-shared", "-fPIC", "-o", library, source).returncode, 0)

    def told(mounts, tool):
        result = run("unshare", "-m", "sh", "-c", f"{mounts} && exec {tool} image",
                     FAKE_PROGRAM="exit 0", FAKE_ARGUMENTS=1, LD_LIBRARY_PATH=os.getcwd(),
                     ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0")
        if "unshare:" in result.stderr or "mount:" in result.stderr:
            raise harness.Skip(result.stderr.strip())
        return result.stderr

    service = "mount --bind nsswitch /etc/nsswitch.conf"
    contains(told(service, fake("rstr")), "groups 1235 77 78\n")
    text = told(service, f"env LD_PRELOAD=./none.so {fake('rstr')}")
    equal(("ceiling 1, owner 1234\n" in text, "groups" in text), (True, False))
    static = f"{harness.BUILD}/dynamic/rstr"
    contains(told("mount --bind getent /usr/bin/getent", static), "groups 1235 79\n")
    with open("asked", encoding="ascii") as file:
        equal(file.read(), "['--', 'passwd', '1234'] set() True\n"
                           "['--', 'initgroups', 'svc 0 x'] set() True\n")
    # where there is none, the files
    os.chown("image", 1, 1)
    text = told("mount --bind /dev/null /usr/bin/getent && echo daemon2:x:777:daemon >group && "
                "mount --bind group /etc/group", static)
    contains(text, "groups 1 777\n")


@test
def root_is_nobody_on_a_file_system_with_nosuid():
    needs_root()
    os.mkdir("mnt")
    image()
    mount = "mount -t tmpfs -o nosuid none mnt && install -m 600 image mnt/image"
    result = run("unshare", "-m", "sh", "-c", f"{mount} && exec {fake('rstr')} mnt/image",
                 FAKE_PROGRAM="exit 0", ASAN_OPTIONS="detect_leaks=0")
    if "ermission" in result.stderr or "not permitted" in result.stderr:
        raise harness.Skip(result.stderr.strip())
    equal(result.returncode, 125)
    contains(result.stderr, "mounted with nosuid, so whose image it is cannot be seen")


# what a program of another user's would do to root's shell: type for it
TYPE = """exec python3 -c '
import fcntl, os, termios
for fd in (0, os.open("/dev/tty", os.O_RDWR)):
    for key in b"typed":
        try: fcntl.ioctl(fd, termios.TIOCSTI, bytes([key]))
        except OSError: pass
print("tty", os.ttyname(0), os.getsid(0), os.getpgrp(), os.tcgetpgrp(0), flush=True)
'"""


@test
def a_program_of_another_types_nothing_for_root():
    needs_root()
    image_of_another()
    for options in ((), ("--pidns",)):
        shell = f"tty; echo shell $$; {fake('rstr')} {' '.join(options)} image; read -t 0.3 x; echo got \"$x\""
        terminal = Terminal("/bin/bash", "-c", shell, FAKE_PROGRAM=TYPE, FAKE_PGRP=1,
                            ASAN_OPTIONS="detect_leaks=0")
        text = terminal.read_until("got ") + terminal.read_all()
        terminal.status()
        words = text.replace("typed", "").split()
        tty = words[words.index("tty") + 1]
        session = words[words.index("tty") + 2]
        assert tty not in (words[0], "None"), text
        assert session != words[words.index("shell") + 1], text
        contains(text, 'got ""'.replace('"', ""))
        equal(text.rsplit("got", 1)[1].strip(), "")


@test
def a_relayed_program_has_its_keys_and_size():
    needs_root()
    image_of_another()
    for variables in ({}, {"FAKE_PGRP": 1}):
        terminal = Terminal(fake("rstr"), "image", **variables, FAKE_PROGRAM=(
            "trap 'stty size' WINCH; stty size; while :; do read -t 0.1 x && exit $x; done"))
        terminal.read_until("0 0")
        terminal.resize(33, 77)
        terminal.read_until("33 77")
        os.write(terminal.fd, b"23\n")
        equal(terminal.status(), 23)
        terminal = Terminal(fake("rstr"), "image", **variables, FAKE_PROGRAM=SLEEP)
        terminal.read_until("ready")
        os.write(terminal.fd, b"\x03")
        equal(terminal.status(), -signal.SIGINT)


@test
def the_terminal_is_as_it_was():
    """In the end, and while the relayed program is stopped."""
    needs_root()
    image_of_another()
    shell = (f"set -m; {fake('rstr')} image; echo stopped; until [ -e go ]; do sleep 0.02; done; "
             "stty -a | grep -o '.icanon'; fg; "
             "echo status $?; stty -a | grep -o '.icanon'; echo over")
    for variables in ({}, {"FAKE_PGRP": 1}):
        terminal = Terminal("/bin/bash", "-c", shell, ASAN_OPTIONS="detect_leaks=0", **variables,
                            FAKE_PROGRAM="echo ready; read x; exit $x")
        before = terminal.modes()
        text = terminal.read_until("ready")
        deadline = time.monotonic() + 5
        while terminal.modes() == before and time.monotonic() < deadline:
            time.sleep(0.01)
        os.write(terminal.fd, b"\x1a")
        terminal.read_until("stopped")
        equal(terminal.modes(), before)
        with open("go", "w", encoding="ascii"):
            pass
        text = terminal.read_until("image")
        time.sleep(0.3)
        os.write(terminal.fd, b"19\n")
        text += terminal.read_all()
        contains(text, "status 19")
        assert "-icanon" not in text, text
        terminal.status()
        os.remove("go")


@test
def signals_reach_a_relayed_program():
    needs_root()
    image_of_another()
    terminal = Terminal(fake("rstr"), "image",
                        FAKE_PROGRAM="trap 'exit 3' USR1; echo ready; while :; do sleep 0.05; done")
    terminal.read_until("ready")
    os.kill(terminal.pid, signal.SIGUSR1)
    equal(terminal.status(), 3)


@test
def a_detached_program_of_another_has_no_terminal():
    needs_root()
    image_of_another()
    terminal = Terminal(fake("rstr"), "--detach", "image", FAKE_PROGRAM=(
        "exec python3 -c 'import os; print(os.getsid(0), [os.readlink(f\"/proc/self/fd/{n}\")"
        " for n in (0, 1, 2)], os.path.exists(\"/dev/tty\") and os.access(\"/dev/tty\", 0),"
        " file=open(\"told\", \"w\"))'"))
    session = terminal.pid
    text = terminal.read_all()
    equal(terminal.status(), 0)
    int(text.strip())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not (os.path.exists("told") and os.path.getsize("told")):
        time.sleep(0.02)
    with open("told", encoding="ascii") as file:
        told = file.read()
    contains(told, "['/dev/null', '/dev/null', '/dev/null']")
    assert int(told.split()[0]) != session


@test
def self_is_not_for_the_program_of_another():
    needs_root()
    image_of_another()
    terminal = Terminal(fake("rstr"), "--self", "image")
    contains(terminal.read_all(), f"run '{fake('rstr')} image'")
    equal(terminal.status(), 125)


@test
def rstr_makes_way_when_it_has_a_pid_of_the_program():
    needs_root()
    equal(rstr(FAKE_TAKEN=1, FAKE_PROGRAM="exit 5").returncode, 5)
    os.unlink("calls")
    contains(rstr(FAKE_TAKEN=2, FAKE_PROGRAM="exit 5").stderr, "is taken by rstr")
    os.unlink("calls")
    image_of_another()
    terminal = Terminal(fake("rstr"), "image", FAKE_TAKEN=5, FAKE_PROGRAM="exit 6")
    text = terminal.read_all()
    equal((terminal.status(), text), (6, ""))


@test
def a_group_that_the_program_has_left_gets_nothing():
    """Its number may be anybody's by now."""
    other = "trap 'echo outside' CONT; touch up; for i in {1..40}; do sleep 0.05; done"
    leaves = ("import os, signal, time\n"
              "while not os.path.exists('up'): time.sleep(0.01)\n"
              "os.setpgid(0, os.getpgid(os.getppid()))\n"
              "os.kill(os.getpid(), signal.SIGSTOP)\n"
              "time.sleep(0.3)\n"
              "os._exit(8)\n")
    with open("leaves", "w", encoding="ascii") as file:
        file.write(leaves)
    process = start(fake("rstr"), image(), FAKE_PGRP=1,
                    FAKE_PROGRAM=f"bash -c \"{other}\" & exec python3 leaves")
    equal(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]), True)
    process.send_signal(signal.SIGCONT)
    output, _ = process.communicate(timeout=20)
    equal((process.returncode, output), (8, ""))


@test
def nothing_that_a_terminal_obeys_is_printed():
    evil = "x\x1b]0;a\x07\xc2\x9b2J\x9b3J\xe2\x80\xaegpj\xc0\x9b\xe2\x80".encode("latin-1")
    result = run_bytes(evil, LC_ALL="C.UTF-8")
    text = result.decode()
    contains(text, "x?]0;a??2J?3J?gpj????")
    assert not any(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in text), text
    result = run_bytes("caf\u00e9".encode(), LC_ALL="C")
    contains(result.decode("ascii"), "caf??"[:4])


def run_bytes(message, **variables):
    """What rstr prints when the kernel's message has these bytes."""
    env = {os.fsencode(k): os.fsencode(v) for k, v in {
        **os.environ, **variables, "FAKE_ERRNO": "22", "ASAN_OPTIONS": "detect_leaks=0"}.items()}
    env[b"FAKE_MESSAGE"] = message
    return subprocess.run([fake("rstr"), image()], env=env, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False).stderr


@test
def the_interrupt_key_ends_a_restart_that_reads_a_pipe():
    """There is no thread that would take the signal."""
    needs_root()
    read, write = os.pipe()
    variables = {"FAKE_SLEEP": 20, "FAKE_PROGRAM": "exit 0"}
    with subprocess.Popen([fake("rstr"), "--as-root", "-"], stdin=read, stderr=subprocess.DEVNULL,
                          env=harness.environment(fake("rstr"), **variables)) as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        equal(process.wait(30), -signal.SIGINT)
        assert time.monotonic() - began < 10
    os.close(read)
    os.close(write)
