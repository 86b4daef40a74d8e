// SPDX-License-Identifier: GPL-2.0-only
/*
 * mqueue_test.c - POSIX message queues: messages, limits, notifications, who waits.
 */
#include <sys/resource.h>

#include "posix_notify.h"

static void same_stat(const struct stat *before)
{
	struct stat now;

	check(!fstat(queue, &now));
	check_equal(now.st_mode, before->st_mode);
	check_equal(now.st_uid, before->st_uid);
	check_equal(now.st_gid, before->st_gid);
	check_equal(now.st_nlink, before->st_nlink);
	check_equal(now.st_atim.tv_nsec, before->st_atim.tv_nsec);
	check_equal(now.st_mtim.tv_sec, before->st_mtim.tv_sec);
	check_equal(now.st_mtim.tv_nsec, before->st_mtim.tv_nsec);
	check_equal(now.st_ctim.tv_nsec, before->st_ctim.tv_nsec);
}

static void messages_of(void)
{
	static char big[5000];
	char buf[8192];

	memset(big, 'b', sizeof(big));
	send_text("one", 3);
	send_text("two", 0);
	send_text("three", 7);
	send_text("four", 3);
	check(!mq_send(queue, big, sizeof(big), 5));
	send_text("", 32767);
	ready();
	expect_text("", 32767);
	expect_text("three", 7);
	check_equal(mq_receive(queue, buf, sizeof(buf), NULL), sizeof(big));
	check(!memcmp(buf, big, sizeof(big)));
	expect_text("one", 3);
	send_text("five", 3);
	expect_text("four", 3);
	expect_text("five", 3);
	expect_text("two", 0);
	expect_none();
}

static void messages(void)
{
	struct mq_attr attr;
	struct stat before;
	mqd_t other, reader;

	make_queue(O_NONBLOCK, 9, 8192);
	check(!fchown(queue, 1234, 4321));
	reader = mq_open(NAME, O_RDONLY);
	check(reader >= 0);
	send_text("x", 1);
	check_equal(mq_receive(reader, (char[8192]) {}, 8192, NULL), 1);
	check(!fstat(queue, &before));
	messages_of();
	check(!mq_getattr(queue, &attr));
	check_equal(attr.mq_flags, O_NONBLOCK);
	check_equal(attr.mq_maxmsg, 9);
	check_equal(attr.mq_msgsize, 8192);
	check(!mq_getattr(reader, &attr));
	check_equal(attr.mq_flags, 0);
	check(mq_send(reader, "", 0, 0) == -1 && errno == EBADF);
	/* Both are one queue, and so is what has the name. */
	send_text("y", 2);
	check_equal(mq_receive(reader, (char[8192]) {}, 8192, NULL), 1);
	other = mq_open(NAME, O_WRONLY);
	check(other >= 0 && !mq_send(other, "z", 1, 0));
	expect_text("z", 0);
	unlink_queue();
}
TEST_STORIES(messages)

static void attributes(void)
{
	struct stat before;

	make_queue(0, 3, 16);
	send_text("abc", 1);
	check(!fchown(queue, 1234, 4321) && !fchmod(queue, 0604));
	check(!fstat(queue, &before));
	ready();
	same_stat(&before);
	expect_text("abc", 1);
	unlink_queue();
}
TEST_STORIES(attributes)

/* Its name is gone, or somebody else's. */
static void unlinked(void)
{
	struct stat before;
	mqd_t mine, other;

	make_queue(0, 9, 8192);
	mine = queue;
	unlink_queue();
	make_queue(0, 2, 10);
	other = queue;
	send_text("other", 1);
	unlink_queue();
	queue = mine;
	check(!fstat(queue, &before));
	check_equal(before.st_nlink, 0);
	messages_of();
	check(!fstat(queue, &before));
	check_equal(before.st_nlink, 0);
	check(mq_open(NAME, O_RDWR) == -1 && errno == ENOENT);
	queue = other;
	expect_text("other", 1);
}
TEST_STORIES(unlinked)

/* -- waiting ------------------------------------------------------------------------------- */

static bool waits(pid_t pid)
{
	return is_blocked_in(pid, pid, SYS_mq_timedreceive) ||
	       is_blocked_in(pid, pid, SYS_mq_timedsend);
}

static void receives(void *arg)
{
	(void)arg;
	expect_text("hello", 4);
}

static void receiver(void)
{
	pid_t pid;

	make_queue(0, 1, 8192);
	pid = spawn(receives, NULL);
	check(wait_until(waits(pid)));
	ready();
	check(wait_until(waits(pid)));
	send_text("hello", 4);
	join(pid);
	unlink_queue();
}
TEST_STORIES(receiver)

static void sends(void *arg)
{
	(void)arg;
	send_text("late", 9);
}

static void sender(void)
{
	pid_t pid;

	make_queue(0, 1, 8192);
	send_text("first", 1);
	pid = spawn(sends, NULL);
	check(wait_until(waits(pid)));
	ready();
	check(wait_until(waits(pid)));
	expect_text("first", 1);
	join(pid);
	expect_text("late", 9);
	unlink_queue();
}
TEST_STORIES(sender)

static void receives_until(void *arg)
{
	struct timespec end;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 1;
	check(mq_timedreceive(queue, (char[8192]) {}, 8192, NULL, &end) == -1 &&
	      errno == ETIMEDOUT);
}

static void receiver_with_a_limit(void)
{
	pid_t pid;

	make_queue(0, 1, 8192);
	pid = spawn(receives_until, NULL);
	check(wait_until(waits(pid)));
	ready();
	join(pid);
	unlink_queue();
}
TEST_KILLED(receiver_with_a_limit)

/* -- notifications ------------------------------------------------------------------------- */

TEST_STORIES(notify_signal)

static void notify_none(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };

	make_queue(0, 3, 8192);
	check(!mq_notify(queue, &event));
	ready();
	check(mq_notify(queue, &event) == -1 && errno == EBUSY);
	check(!mq_notify(queue, NULL));
	check(!mq_notify(queue, &event));
	unlink_queue();
}
TEST_STORIES(notify_none)

static void asks_for_a_signal(void *arg)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct timespec limit = { 20, 0 };
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	check(!mq_notify(queue, &event));
	check_equal(sigtimedwait(&set, NULL, &limit), SIGUSR1);
}

/* A child is notified. */
static void notify_child(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	pid_t pid;

	make_queue(0, 3, 8192);
	pid = spawn(asks_for_a_signal, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_rt_sigtimedwait)));
	ready();
	check(mq_notify(queue, &event) == -1 && errno == EBUSY);
	send_text("a", 0);
	join(pid);
	unlink_queue();
}
TEST_STORIES(notify_child)

/* -- another boot, as far as queues go: they are gone ----------------------------------------- */

TEST(queue_is_made_anew)
{
	static void (*const stories[])(void) = {
		messages, attributes, receiver, sender, notify_signal, notify_child,
	};
	struct subject s;
	size_t i;

	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		ASSERT_EQ(0, subject_start(&s, stories[i]));
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		ASSERT_EQ(0, mq_unlink(NAME));
		ASSERT_EQ(0, subject_restart(&s, 0));
		subject_go(&s, 1);
		EXPECT_EQ(0, subject_wait(&s));
	}
}

TEST(name_is_taken)
{
	struct mq_attr attr = { .mq_maxmsg = 9, .mq_msgsize = 8192 };
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, messages));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, mq_unlink(NAME));
	queue = mq_open(NAME, O_RDWR | O_CREAT, 0640, &attr);
	ASSERT_LE(0, queue);
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "not as the program left it"));
	ASSERT_EQ(0, mq_getattr(queue, &attr));
	EXPECT_EQ(0, attr.mq_curmsgs);
	mq_close(queue);
	ASSERT_EQ(0, mq_unlink(NAME));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* The tree's own queue, from which somebody has taken a message since */
TEST(queue_was_used)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, messages));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	queue = mq_open(NAME, O_RDWR);
	expect_text("", 32767);
	mq_close(queue);
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	ASSERT_EQ(0, mq_unlink(NAME));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* A file that is gone fails the restart, after the queue was made. */
static void with_a_file(void)
{
	make_queue(0, 3, 8192);
	check(open(test_file("some"), O_RDWR | O_CREAT, 0600) >= 0);
	ready();
	unlink_queue();
}

TEST(nothing_is_left_behind)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, with_a_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, mq_unlink(NAME));
	ASSERT_EQ(0, rename(test_file("some"), test_file("other")));
	EXPECT_GT(0, subject_restart(&s, 0));
	EXPECT_EQ(0, count_queues());
	ASSERT_EQ(0, rename(test_file("other"), test_file("some")));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- who else has it ----------------------------------------------------------------------- */

TEST(open_outside)
{
	char words[80];
	struct subject s;
	mqd_t mine;

	ASSERT_EQ(0, subject_start(&s, attributes));
	mine = mq_open(NAME, O_RDONLY);
	ASSERT_LE(0, mine);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "is open in %s outside the tree too", process_shown(getpid()));
	EXPECT_TRUE(subject_told(&s, words));
	mq_close(mine);
	EXPECT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void not_open(void)
{
	make_queue(0, 3, 8192);
	send_text("kept", 6);
	check(!mq_close(queue));
	ready();
	queue = mq_open(NAME, O_RDWR);
	check(queue >= 0);
	expect_text("kept", 6);
	unlink_queue();
}

/* All queues are saved, open or not, and restored in another namespace. */
TEST(own_namespace)
{
	struct subject s;

	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(0, subject_start(&s, not_open));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(-1, mq_unlink(NAME));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- limits ---------------------------------------------------------------------------------- */

#define QUEUES_MAX	"/proc/sys/fs/mqueue/queues_max"

TEST(limit_of_bytes)
{
	struct rlimit before, none = {};
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, attributes));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, mq_unlink(NAME));
	ASSERT_EQ(0, getrlimit(RLIMIT_MSGQUEUE, &before));
	none.rlim_max = before.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &none));
	EXPECT_EQ(-EMFILE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "RLIMIT_MSGQUEUE"));
	ASSERT_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &before));
	EXPECT_EQ(0, count_queues());
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
