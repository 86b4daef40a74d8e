// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_keep_commit_test.c - TCP connections with somebody outside that live on: restarts that fail
 * when the connection is there already, and sockets that somebody else has opened.
 */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "tcp_keep.h"

/* -- a restart that does not come to its commit ------------------------------------------ */

/*
 * Locks are taken when connections are there: of so many the last cannot be had, and that takes a
 * while.
 */
#define LOCKS	3000

static void lock_byte(int fd, int number, int type)
{
	struct flock lock = { .l_type = type, .l_start = 2 * number, .l_len = 1 };

	check(!fcntl(fd, F_SETLK, &lock));
}

#define WORDS	"0123456789"

static void has_locks(void)
{
	int fd = open(test_file("locks"), O_RDWR | O_CREAT, 0600), i;

	check(fd >= 0);
	connect_out();
	for (i = 0; i < LOCKS; i++)
		lock_byte(fd, i, F_WRLCK);
	ready();
	expect(inside, WORDS);
	send_text(inside, "sure");
	expect_end(inside);
}

static int unacknowledged(int fd)
{
	int n = -1;

	check(!ioctl(fd, SIOCOUTQ, &n));
	return n;
}

/* In between nobody has the connection on this side, which another machine would not notice. */
static void hear_no_reset(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_RST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ~0U),
	};
	struct sock_fprog program = { .len = 4, .filter = code };

	check(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
}

/* One at a time, each a segment of its own */
static void speak(int fd)
{
	size_t i;

	set(fd, SOL_TCP, TCP_NODELAY, 1);
	for (i = 0; i < strlen(WORDS); i++) {
		check(send(fd, WORDS + i, 1, 0) == 1);
		sleep_ms(15);
	}
}

/* What comes meanwhile is not acknowledged, for nobody would have it. */
TEST(nothing_is_taken_before_the_commit)
{
	struct subject s;
	int fd, i, status;
	pid_t pid;

	ASSERT_EQ(0, start(&s, has_locks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	hear_no_reset(outside);
	ASSERT_EQ(0, release(&s));
	fd = open(test_file("locks"), O_RDWR);
	lock_byte(fd, LOCKS - 1, F_WRLCK);
	ASSERT_GT(0, subject_restart(&s, 0));
	ASSERT_TRUE(subject_told(&s, "lock"));
	pid = fork();
	if (!pid) {
		speak(outside);
		_exit(0);
	}
	for (i = 0; i < 10; i++)
		ASSERT_GT(0, subject_restart(&s, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(strlen(WORDS), unacknowledged(outside));
	lock_byte(fd, LOCKS - 1, F_UNLCK);
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	expect(outside, "sure");
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- a socket that somebody else has opened ---------------------------------------------- */

static void drop_setuid(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	check(!syscall(SYS_capget, &head, data));
	data[0].effective &= ~(1U << CAP_SETUID);
	data[0].permitted &= ~(1U << CAP_SETUID);
	data[0].inheritable &= ~(1U << CAP_SETUID);
	check(!syscall(SYS_capset, &head, data));
}

static long save_without_waiting(struct subject *s)
{
	int fd = open(s->image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct checkpoint_args args = { .timeout_ms = 1000 * time_scale() };

	return sys_checkpoint(s->pid, fd, CHECKPOINT_KILL | CHECKPOINT_KEEP | CHECKPOINT_ARGS, &args,
			      sizeof(args));
}

static void opened_by_user(void)
{
	check(!setresuid(0, 1000, 0));
	connect_out();
	check(!setresuid(0, 0, 0));
	drop_setuid();
	ready();
	expect(inside, "still there?");
	send_text(inside, "sure");
	expect_end(inside);
}

/* Who makes its socket when he restarts the image is not who has opened it. */
TEST(opened_by_another_user)
{
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, start(&s, opened_by_user));
	pid = fork();
	if (!pid) {
		drop_setuid();
		_exit(save_without_waiting(&s) <= 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(s.pid, waitpid(s.pid, &status, 0));
	pid = fork();
	if (!pid) {
		drop_setuid();
		_exit(subject_restart(&s, 0) != 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	subject_go(&s, 1);
	ask();
	close(outside);
	reap_all();
	ASSERT_NE(0, access(test_file("failure"), F_OK));
}

TEST_HARNESS_MAIN
