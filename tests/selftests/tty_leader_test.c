// SPDX-License-Identifier: GPL-2.0-only
/*
 * tty_leader_test.c - sessions that are led from inside on a terminal that is run from outside,
 * such as that of a login shell: another terminal, which controls nothing yet, takes its place.
 */
#include <poll.h>

#include "forged.h"
#include "outside_terminal.h"

static struct terminal before, after;

static volatile sig_atomic_t interrupts;

static void on_signal(int sig)
{
	(void)sig;
	interrupts++;
}

/* -- the subject's side ---------------------------------------------------------------- */

/* Of a leader without a terminal: the first that it opens controls its session. */
static void take(const char *name)
{
	int fd = open(name, O_RDWR);

	check(fd >= 0);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	check_equal(tcgetsid(0), getpid());
	signal(SIGINT, on_signal);
	signal(SIGTTOU, SIG_IGN);
}

static void set_modes(void)
{
	struct termios t;

	check(!tcgetattr(0, &t));
	t.c_lflag &= ~(ICANON | ECHO);
	t.c_cc[VINTR] = 7;
	t.c_cc[VMIN] = 2;
	check(!tcsetattr(0, TCSANOW, &t));
}

static void has_modes(void)
{
	struct termios t;

	check(!tcgetattr(0, &t));
	check(!(t.c_lflag & (ICANON | ECHO)) && t.c_lflag & ISIG);
	check_equal(t.c_cc[VINTR], 7);
	check_equal(t.c_cc[VMIN], 2);
}

static void is_on_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR);

	check(fd >= 0 && !close(fd));
	check_equal(tcgetsid(0), getsid(0));
}

static void run_job(void *arg)
{
	(void)arg;
	check(!setpgid(0, 0));
	child_ready();
	check(wait_until(interrupts));
	is_on_terminal();
	check_equal(tcgetpgrp(0), getpid());
}

/* It has given the terminal up, which its session has. */
static void run_without(void *arg)
{
	(void)arg;
	check(!ioctl(0, TIOCNOTTY));
	child_ready();
	check(wait_until(access("over", F_OK) == 0));
	check(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO);
}

static void run_shell(void)
{
	pid_t job, without;

	take(before.name);
	set_modes();
	without = spawn(run_without, NULL);
	await_child(without);
	job = spawn(run_job, NULL);
	await_child(job);
	check(!tcsetpgrp(0, job));
	ready();
	is_on_terminal();
	check_equal(tcgetsid(0), getpid());
	check_equal(tcgetpgrp(0), job);
	has_modes();
	join(job);
	check(!interrupts);
	check(!tcsetpgrp(0, getpid()));
	ready();
	has_modes();
	write_file("over", "", 0);
	join(without);
	check_equal(read(0, (char[4]) {}, 4), 3);
}

static void leads(void)
{
	take(before.name);
	ready();
}

/* -- it comes along --------------------------------------------------------------------- */

static void types(struct __test_metadata *_metadata, struct subject *s)
{
	pid_t foreground;

	EXPECT_FALSE(subject_told(s, "no terminal"));
	EXPECT_EQ(0, ioctl(after.master, TIOCGPGRP, &foreground));
	EXPECT_NE(s->pid, foreground);
	subject_go(s, 1);
	EXPECT_EQ(1, write(after.master, "\a", 1));
	ASSERT_EQ(0, subject_await(s, 2));
	EXPECT_EQ(3, write(after.master, "end", 3));
	subject_go(s, 2);
	EXPECT_EQ(0, subject_wait(s));
}

TEST(shell_and_its_job)
{
	struct subject s;

	ASSERT_TRUE(open_terminal(&before) && open_terminal(&after));
	ASSERT_EQ(0, subject_start(&s, run_shell));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, restart_on(&s, after.slave, after.slave, 0));
	types(_metadata, &s);
}

TEST(shell_and_its_job_twice)
{
	struct terminal between;
	struct subject s;

	ASSERT_TRUE(open_terminal(&before) && open_terminal(&between) && open_terminal(&after));
	ASSERT_EQ(0, subject_start(&s, run_shell));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, restart_on(&s, between.slave, between.slave, 0));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, restart_on(&s, after.slave, after.slave, 0));
	types(_metadata, &s);
}

TEST(left_running)
{
	struct subject s;

	ASSERT_TRUE(open_terminal(&after));
	before = after;
	ASSERT_EQ(0, subject_start(&s, run_shell));
	ASSERT_LT(0, subject_save(&s, 0));
	types(_metadata, &s);
}

/* Its output may go elsewhere. */
TEST(input_alone_is_a_terminal)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct subject s;

	ASSERT_TRUE(open_terminal(&before) && open_terminal(&after));
	ASSERT_EQ(0, subject_start(&s, run_shell));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, restart_on(&s, after.slave, null, 0));
	types(_metadata, &s);
}

/* -- what cannot take its place --------------------------------------------------------- */

static bool is_free(const struct terminal *t)
{
	struct pollfd polled = { .fd = t->master };
	pid_t session;

	/* not hung up, and nobody's */
	return poll(&polled, 1, 0) == 0 &&
	       ioctl(t->master, TIOCGSID, &session) == -1 && errno == ENOTTY;
}

static void cannot_take(struct __test_metadata *_metadata, int (*make)(void), long err,
			const char *words)
{
	struct subject s;
	int fd;

	ASSERT_TRUE(open_terminal(&before) && open_terminal(&after));
	ASSERT_EQ(0, subject_start(&s, leads));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = make();
	ASSERT_LT(0, fd);
	EXPECT_EQ(err, restart_on(&s, fd, fd, 0));
	EXPECT_TRUE(subject_told(&s, words));
}

static int open_file(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

TEST(file_in_its_place)
{
	cannot_take(_metadata, open_file, -EBADF, "leads a session on a terminal");
}

static int the_master(void)
{
	return after.master;
}

TEST(master_in_its_place)
{
	cannot_take(_metadata, the_master, -EBADF, "leads a session on a terminal");
	EXPECT_TRUE(is_free(&after));
}

static pid_t other;

/* Somebody else leads a session there. */
static int taken_terminal(void)
{
	int answer[2] = { -1, -1 };
	char byte;

	if (pipe(answer))
		return -1;
	other = fork();
	if (!other) {
		setsid();
		ioctl(after.slave, TIOCSCTTY, 0);
		if (write(answer[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	return read(answer[0], &byte, 1) == 1 ? after.slave : -1;
}

TEST(terminal_of_another_session)
{
	pid_t session;

	cannot_take(_metadata, taken_terminal, -EBUSY, "controls another one");
	EXPECT_EQ(0, ioctl(after.master, TIOCGSID, &session));
	EXPECT_EQ(other, session);
	kill(other, SIGKILL);
}

/* A restart that fails leaves the terminal as it was. */
TEST(terminal_after_a_failure)
{
	struct subject s;

	ASSERT_TRUE(open_terminal(&before) && open_terminal(&after));
	ASSERT_EQ(0, subject_start(&s, leads));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, truncate(s.image, 60000));
	EXPECT_GT(0, restart_on(&s, after.slave, after.slave, 0));
	EXPECT_TRUE(is_free(&after));
}

/* -- what cannot be saved ---------------------------------------------------------------- */

static void leads_with_nothing_open(void)
{
	int null = open("/dev/null", O_RDWR);

	take(before.name);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close(null);
	ready();
}

TEST(nothing_stands_for_it)
{
	ASSERT_TRUE(open_terminal(&before));
	EXPECT_EQ(0, story_refused(leads_with_nothing_open, EOPNOTSUPP,
				   "no descriptor from 0 to 2 leads there"));
}

static void leads_there_too(void *arg)
{
	(void)arg;
	check_equal(setsid(), getpid());
	take(after.name);
	child_ready();
	check(wait_until(access("over", F_OK) == 0));
}

static void two_sessions(void)
{
	pid_t pid;

	take(before.name);
	pid = spawn(leads_there_too, NULL);
	await_child(pid);
	ready();
	write_file("over", "", 0);
	join(pid);
}

TEST(two_of_one_number)
{
	ASSERT_TRUE(open_terminal(&before) && open_terminal(&after));
	EXPECT_EQ(0, story_refused(two_sessions, EOPNOTSUPP, "controls another session"));
}

/* -- forged ones ------------------------------------------------------------------------ */

static struct ckpt_rec_tty_leader *leader_of(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_TTY_LEADER) + 1);
}

static struct ckpt_rec_process_tty *tty_of(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_PROCESS_TTY) + 1);
}

/* A job of its own group, a file that is no terminal */
static void waits(void *arg)
{
	(void)arg;
	check(!setpgid(0, 0));
	child_ready();
	check(wait_until(access("over", F_OK) == 0));
}

static void leads_a_job(void)
{
	pid_t pid;

	check_equal(open("/dev/zero", O_RDONLY), 3);
	take(before.name);
	pid = spawn(waits, NULL);
	await_child(pid);
	ready();
	write_file("over", "", 0);
	join(pid);
}

static uint32_t pid_of_job(const struct image *image)
{
	struct ckpt_rec *rec = next_record(image, image_find(image, CKPT_REC_TASK), CKPT_REC_TASK);

	return ((struct ckpt_rec_task *)(rec + 1))->pid;
}

#define FORGED(name, err, change)						\
TEST_F(forged, name)								\
{										\
	struct image *image = &self->image;					\
	struct image original;							\
										\
	ASSERT_TRUE(open_terminal(&before) && open_terminal(&after));		\
	ASSERT_EQ(0, subject_start(&self->s, leads_a_job));			\
	ASSERT_EQ(0, save_and_load(&self->s, image));				\
	ASSERT_EQ(0, image_load(&original, self->s.image));			\
	change;									\
	image_seal(image);							\
	ASSERT_EQ(0, image_store(image, self->s.image));			\
	EXPECT_EQ(err, restart_on(&self->s, after.slave, after.slave, 0));	\
	EXPECT_TRUE(is_free(&after));						\
	ASSERT_EQ(0, image_store(&original, self->s.image));			\
	image_free(&original);							\
	ASSERT_EQ(0, restart_on(&self->s, after.slave, after.slave, 0));	\
	subject_go(&self->s, 1);						\
	EXPECT_EQ(0, subject_wait(&self->s));					\
}

FORGED(no_session, -EINVAL, leader_of(image)->session = 0)
FORGED(no_foreground, -EINVAL, leader_of(image)->foreground = 0)
FORGED(session_of_nobody, -EPERM, leader_of(image)->session = pid_of_job(image))
FORGED(session_that_is_a_file, -EINVAL,
	leader_of(image)->session = image_find(image, CKPT_REC_TTY_LEADER)->object)
FORGED(file_that_was_inside, -EINVAL,
	image_find(image, CKPT_REC_TTY_LEADER)->object =
		image_find(image, CKPT_REC_FILE_DEVICE)->object)
FORGED(process_on_a_file, -EPERM,
	tty_of(image)->outside = image_find(image, CKPT_REC_FILE_DEVICE)->object)
FORGED(process_on_a_terminal_and_hung_up, -EINVAL, tty_of(image)->hung_up = pid_of_job(image))

TEST(session_left_out)
{
	struct subject s;

	ASSERT_TRUE(open_terminal(&before) && open_terminal(&after));
	ASSERT_EQ(0, subject_start(&s, leads));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_TTY_LEADER));
	EXPECT_EQ(-EPERM, restart_on(&s, after.slave, after.slave, 0));
	EXPECT_TRUE(is_free(&after));
}

TEST_HARNESS_MAIN
