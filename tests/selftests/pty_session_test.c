// SPDX-License-Identifier: GPL-2.0-only
/*
 * pty_session_test.c - sessions on a pseudo terminal that is run from inside: controlling
 * terminal, foreground group, /dev/tty, keys that are signals, hangup.
 */
#include "pty.h"

static volatile sig_atomic_t interrupts, resizes, hangups;

static void on_signal(int sig)
{
	if (sig == SIGINT)
		interrupts++;
	else if (sig == SIGWINCH)
		resizes++;
	else
		hangups++;
}

static void count_signals(void)
{
	signal(SIGINT, on_signal);
	signal(SIGWINCH, on_signal);
	signal(SIGHUP, on_signal);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
}

/* The number of the controlling terminal and its foreground group, as ps(1) shows them */
static void tty_shown(int *number, int *foreground)
{
	char buf[1024];
	const char *at;

	check(read_file("/proc/self/stat", buf, sizeof(buf)) > 0);
	at = strrchr(buf, ')');
	check(at && sscanf(at + 2, "%*c %*d %*d %*d %d %d", number, foreground) == 2);
}

static void is_called(int fd, const char *name)
{
	char proc[64], target[64] = "";

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	check(readlink(proc, target, sizeof(target) - 1) > 0);
	if (strcmp(target, name))
		fail(__FILE__, __LINE__, "fd %d is %s, not %s", fd, target, name);
}

/* -- a shell and its job ------------------------------------------------------------------ */

static void run_job(void *arg)
{
	(void)arg;
	check(!setpgid(0, 0));
	child_ready();
	check(wait_until(interrupts));
	check_equal(resizes, 0);
	check_equal(tcgetpgrp(slave), getpid());
	expect(slave, "for the job\n");
}

static void lead(void)
{
	check_equal(setsid(), getpid());
	slave = open(slave_name, O_RDWR);
	check(slave >= 0);
	check_equal(tcgetsid(slave), getpid());
	count_signals();
}

static void exits(void *arg)
{
	(void)arg;
}

static void run_shell(void *arg)
{
	int tty, number, foreground, n, f;
	pid_t pid, zombie;

	(void)arg;
	lead();
	tty = open("/dev/tty", O_RDWR | O_NONBLOCK);
	check(tty >= 0);
	zombie = spawn(exits, NULL);
	check(!waitid(P_PID, zombie, NULL, WEXITED | WNOWAIT));
	pid = spawn(run_job, NULL);
	await_child(pid);
	check(!tcsetpgrp(slave, pid));
	tty_shown(&number, &foreground);
	check_equal(foreground, pid);
	child_ready();
	tty_shown(&n, &f);
	check_equal(n, number);
	check_equal(f, foreground);
	check_equal(tcgetsid(slave), getpid());
	check_equal(tcgetpgrp(tty), pid);
	is_called(tty, "/dev/tty");
	is_called(slave, slave_name);
	check_equal(fcntl(tty, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	check(read(slave, (char[8]) {}, 8) == -1 && errno == EIO);	/* in the background */
	n = open("/dev/tty", O_RDWR);
	check(n >= 0 && write(n, "!", 1) == 1 && !close(n));
	join(zombie);
	join(pid);
	check(!interrupts && !resizes && !hangups);
	check(!tcsetpgrp(slave, getpid()));
	put(tty, "done");
	expect(slave, "for the shell\n");
}

static void job_control(void)
{
	pid_t pid;

	check(!open_master());
	pid = spawn(run_shell, NULL);
	await_child(pid);
	ready();
	expect_all(master, "!");
	put(master, "\3");
	expect_all(master, "^C");
	put(master, "for the job\n");
	expect_all(master, "for the job\r\n");
	expect_all(master, "done");
	put(master, "for the shell\n");
	join(pid);
}
TEST_STORIES(job_control)

/* -- hangup --------------------------------------------------------------------------------- */

static void loses_terminal(void *arg)
{
	(void)arg;
	close(master);
	lead();
	child_ready();
	check(wait_until(hangups));
	check_equal(read(slave, (char[8]) {}, 8), 0);
	check(write(slave, "x", 1) == -1 && errno == EIO);
	check(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
}

static void hangup_reaches_leader(void)
{
	pid_t pid;

	check(!open_master());
	pid = spawn(loses_terminal, NULL);
	await_child(pid);
	ready();
	check(!close(master));
	join(pid);
}
TEST_STORIES(hangup_reaches_leader)

/* By the program itself; the master stays, and the terminal can be opened again. */
static void hangs_up(void *arg)
{
	(void)arg;
	close(master);
	lead();
	check(!vhangup() && wait_until(hangups));
	child_ready();
	check_equal(read(slave, (char[8]) {}, 8), 0);
	check(write(slave, "x", 1) == -1 && errno == EIO);
	check(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
	slave = open(slave_name, O_RDWR);
	check_equal(tcgetsid(slave), getpid());
	put(slave, "new");
}

static void hung_up_by_itself(void)
{
	pid_t pid;

	check(!open_master());
	pid = spawn(hangs_up, NULL);
	await_child(pid);
	ready();
	expect_all(master, "new");
	join(pid);
}
TEST_STORIES(hung_up_by_itself)

static void member(void *arg)
{
	(void)arg;
	child_ready();
	check(wait_until(hangups));
}

static void leads_member(void *arg)
{
	pid_t pid;

	(void)arg;
	close(master);
	lead();
	pid = spawn(member, NULL);
	await_child(pid);
	put(slave, "x");
	check(wait_until(hangups));
	child_ready();
}

/* The exit of a leader whose terminal has hung up is told to its group. */
static void exit_after_hangup(void)
{
	int status = -1;
	pid_t pid;

	check(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	check(!open_master());
	pid = spawn(leads_member, NULL);
	expect_all(master, "x");
	check(!close(master));
	await_child(pid);
	ready();
	join(pid);
	check(waitpid(-1, &status, 0) > 0);
	check_equal(status, 0);
}
TEST_KILLED(exit_after_hangup)
TEST_TWICE(exit_after_hangup)

/* -- a process of the session that has left the terminal ----------------------------------- */

static void leaves(void *arg)
{
	(void)arg;
	check(!ioctl(slave, TIOCNOTTY));
	child_ready();
	check(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
	check(tcgetpgrp(slave) == -1 && errno == ENOTTY);
}

static void leads(void *arg)
{
	pid_t pid;

	(void)arg;
	lead();
	pid = spawn(leaves, NULL);
	await_child(pid);
	child_ready();
	join(pid);
	check_equal(tcgetpgrp(slave), getpid());
}

static void left_terminal(void)
{
	pid_t pid;

	check(!open_master());
	pid = spawn(leads, NULL);
	await_child(pid);
	ready();
	join(pid);
}
TEST_STORIES(left_terminal)

/* -- only the leader holds it: no file is open, and not even the leader's ------------------- */

static void closes(void *arg)
{
	(void)arg;
	lead();
	close(slave);
	child_ready();
	slave = open("/dev/tty", O_RDWR);
	put(slave, "back");
}

static void nothing_open(void)
{
	pid_t pid;

	check(!open_master());
	pid = spawn(closes, NULL);
	await_child(pid);
	ready();
	join(pid);
	expect_all(master, "back");
}
TEST_STORIES(nothing_open)

/* -- forged ------------------------------------------------------------------------------ */

static void waits(void *arg)
{
	(void)arg;
	lead();
	child_ready();
	check_equal(tcgetpgrp(slave), getpid());
}

static void session(void)
{
	pid_t pid;

	check(!open_master());
	pid = spawn(waits, NULL);
	await_child(pid);
	ready();
	join(pid);
}

static struct ckpt_rec_tty_session *session_of(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_TTY_SESSION) + 1);
}

static uint32_t root_pid(const struct image *image)
{
	return ((struct ckpt_rec_task *)(image_find(image, CKPT_REC_TASK) + 1))->pid;
}

static uint32_t terminal_of(struct image *image)
{
	return image_find(image, CKPT_REC_TTY_SESSION)->object;
}

#define FORGED(name, err, change)						\
TEST_F(forged, name)								\
{										\
	struct image *image = &self->image;					\
										\
	ASSERT_EQ(0, subject_start(&self->s, session));				\
	ASSERT_EQ(0, save_and_load(&self->s, image));				\
	change;									\
	EXPECT_EQ(err, try_forged(&self->s, image));				\
}

FORGED(no_session, -EINVAL, session_of(image)->session = 0)
FORGED(terminal_of_another_session, -EPERM, session_of(image)->session = root_pid(image))
FORGED(foreground_of_another_session, -EPERM, session_of(image)->foreground = root_pid(image))
FORGED(session_that_is_none, -EINVAL, session_of(image)->session = terminal_of(image))

TEST(session_left_out)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, session));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_TTY_SESSION));
	EXPECT_EQ(-EPERM, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "its terminal is that of another session"));
}

TEST_HARNESS_MAIN
