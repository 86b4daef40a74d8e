// SPDX-License-Identifier: GPL-2.0-only
/*
 * self_test.c - RESTART_SELF: of the caller's old life nothing comes along that execve(2)
 * would reset, or that no image has.
 */
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <sys/time.h>

#include "checkpoint_test.h"

#define BUFFER	((char *)0x300000000UL)

/* Works for half a second, in which whatever the caller has left would strike. */
static void works(void)
{
	struct itimerval timer;
	int i;

	check(mmap(BUFFER, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == BUFFER);
	strcpy(BUFFER, "mine");
	ready();
	write_file("works", "", 0);
	for (i = 0; i < 50; i++)
		sleep_ms(10);
	for (i = ITIMER_REAL; i <= ITIMER_PROF; i++) {
		check(!getitimer(i, &timer));
		check_equal(timer.it_value.tv_sec | timer.it_value.tv_usec, 0);
		check_equal(timer.it_interval.tv_sec | timer.it_interval.tv_usec, 0);
	}
	check(!strcmp(BUFFER, "mine"));
}

FIXTURE(self)
{
	struct subject s;
};

FIXTURE_SETUP(self)
{
	ASSERT_EQ(0, subject_start(&self->s, works));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	subject_go(&self->s, 1);
}

FIXTURE_TEARDOWN(self)
{
}

/* A process with the program's pid that does @before and then becomes the program */
static pid_t becomes(struct subject *s, int exit_signal, int (*before)(void))
{
	struct clone_args args = { .exit_signal = exit_signal, .set_tid_size = 1 };
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);
	pid_t pid;

	args.set_tid = (uintptr_t)&s->pid;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(before() ?: -sys_restart(0, fd, RESTART_SELF, NULL, 0));
	close(fd);
	return pid;
}

static int status_of(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, __WALL) != pid)
		return -1;
	subject_tell_failure();
	return status;
}

/* Far away: whether they are still there is asked, so no slow machine lets them expire first */
static int sets_timers(void)
{
	struct itimerval later = { { 1000, 0 }, { 1000, 0 } };

	return setitimer(ITIMER_REAL, &later, NULL) || setitimer(ITIMER_VIRTUAL, &later, NULL) ||
	       setitimer(ITIMER_PROF, &later, NULL);
}

TEST_F(self, interval_timers)
{
	pid_t pid = becomes(&self->s, SIGCHLD, sets_timers);

	EXPECT_EQ(0, status_of(pid));
}

/* Lets all calls pass by the byte that the program has something else in */
static int dispatches(void)
{
	if (mmap(BUFFER, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != BUFFER)
		return 90;
	return prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, BUFFER);
}

TEST_F(self, syscall_user_dispatch)
{
	pid_t pid = becomes(&self->s, SIGCHLD, dispatches);

	EXPECT_EQ(0, status_of(pid));
}

static int nothing(void)
{
	return 0;
}

/* As after execve(2), the exit is reported with SIGCHLD, which waitpid(2) asks for. */
TEST_F(self, exit_signal)
{
	pid_t pid = becomes(&self->s, SIGUSR2, nothing);
	int status = -1;

	signal(SIGUSR2, SIG_IGN);
	ASSERT_TRUE(wait_until(!access(test_file("works"), F_OK)));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* -- a request of io_uring that is in flight --------------------------------------------------- */

static struct {
	int fd, pipe[2];
	struct io_uring_params params;
	struct io_uring_sqe *sqes;
	char *rings;
} ring;

static int make_ring(void)
{
	ring.fd = syscall(SYS_io_uring_setup, 4, &ring.params);
	if (ring.fd < 0 || pipe(ring.pipe))
		return -1;
	ring.rings = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd,
			  IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd,
			 IORING_OFF_SQES);
	return ring.rings == MAP_FAILED || ring.sqes == MAP_FAILED ? -1 : 0;
}

/* Waits for a byte in the pipe, which is to go to memory of the caller's. */
static int reads_later(void)
{
	if (mmap(BUFFER, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != BUFFER)
		return 90;
	memset(ring.sqes, 0, sizeof(*ring.sqes));
	ring.sqes->opcode = IORING_OP_READ;
	ring.sqes->fd = ring.pipe[0];
	ring.sqes->addr = (uintptr_t)BUFFER;
	ring.sqes->len = 4;
	ring.sqes->off = -1;
	*(unsigned int *)(ring.rings + ring.params.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(ring.rings + ring.params.sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) == 1 ? 0 : 91;
}

/* Others have the ring too, so it is not closed with the caller's descriptors. */
TEST_F(self, io_uring_request)
{
	pid_t pid;

	ASSERT_EQ(0, make_ring());
	pid = becomes(&self->s, SIGCHLD, reads_later);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_until(!access(test_file("works"), F_OK)));
	ASSERT_EQ(4, write(ring.pipe[1], "evil", 4));
	EXPECT_EQ(0, status_of(pid));
}

TEST_HARNESS_MAIN
