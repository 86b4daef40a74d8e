// SPDX-License-Identifier: GPL-2.0-only
/*
 * prctl_test.c - settings of threads that prctl(2) makes: the I/O flusher, what happens at a
 * memory error, system calls that are dispatched to the program.
 */
#include <ucontext.h>

#include "forged.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

static void io_flusher(void)
{
	check(!prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	ready();
	check_equal(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 1);
}
TEST_STORIES(io_flusher)

/* Set by root, who then became a user: the right is the restarter's. */
static void io_flusher_of_a_user(void)
{
	check(!prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	      !setresuid(1000, 1000, 1000) && !prctl(PR_SET_DUMPABLE, 1));
	ready();
	check_equal(syscall(SYS_prctl, PR_GET_IO_FLUSHER, 0, 0, 0, 0), -1);
	check_equal(errno, EPERM);
}
TEST_KILLED(io_flusher_of_a_user)

static void early_at_memory_errors(void)
{
	check(!prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	ready();
	check_equal(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_EARLY);
}
TEST_STORIES(early_at_memory_errors)

static void late_at_memory_errors(void)
{
	check(!prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0));
	ready();
	check_equal(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_LATE);
}
TEST_STORIES(late_at_memory_errors)

/* The others have what a program starts with. */
static void none(void)
{
	ready();
	check_equal(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 0);
	check_equal(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
}
TEST_STORIES(none)

/* -- dispatch ---------------------------------------------------------------------------- */

static volatile char selector;
static volatile int dispatched;

static void on_dispatch(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	selector = 0;	/* sigreturn(2) is a system call too */
	dispatched = info->si_syscall;
	uc->uc_mcontext.gregs[REG_RAX] = 4711;
}

static void dispatch(void)
{
	struct sigaction action = { .sa_sigaction = on_dispatch, .sa_flags = SA_SIGINFO };
	long ret;

	check(!sigaction(SIGSYS, &action, NULL));
	check(!prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector));
	ready();
	selector = 1;
	ret = syscall(SYS_getppid);
	check_equal(selector, 0);
	check_equal(ret, 4711);
	check_equal(dispatched, SYS_getppid);
	check(getppid() != 4711);
}
TEST_STORIES(dispatch)

static void dispatch_with_children(void)
{
	pid_t pid;

	check(!prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector));
	pid = spawn((void (*)(void *))child_ready, NULL);	/* does not inherit it */
	await_child(pid);
	ready();
	join(pid);
}
TEST_STORIES(dispatch_with_children)

/* -- the dead --------------------------------------------------------------------------- */

/* PF_NOFREEZE of include/linux/sched.h: the last flag that a task gets */
#define LAST_OF_THE_DEAD	0x8000

/* What /proc/PID/stat shows of the flags of a task */
static unsigned long flags_of(pid_t pid)
{
	char path[32], text[1024];
	unsigned long flags = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	check(read_file(path, text, sizeof(text)) > 0);
	check(sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %lu", &flags) == 1);
	return flags;
}

/* A zombie can be seen, and be waited for, before it has come to its end. */
static unsigned long flags_at_end(pid_t pid)
{
	check(wait_until(flags_of(pid) & LAST_OF_THE_DEAD));
	return flags_of(pid);
}

static void dead_child(void)
{
	unsigned long flags;
	siginfo_t info;
	pid_t pid = fork();

	if (!pid) {
		check(!prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
		check(!prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
		_exit(0);
	}
	check(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	flags = flags_at_end(pid);
	ready();
	check_equal(flags_at_end(pid), flags);
	join(pid);
}
TEST_KILLED(dead_child)
TEST_TWICE(dead_child)

/* -- rights, forged images ------------------------------------------------------------------ */

TEST(restarter_with_such_a_setting)
{
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, none));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	pid = fork();
	if (!pid) {
		if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0))
			_exit(99);
		_exit(-subject_restart(&s, 0));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
}

#define FORGED(name, run, statement)					\
TEST_F(forged, name)							\
{									\
	struct ckpt_rec_prctl *data;					\
									\
	ASSERT_EQ(0, subject_start(&self->s, run));			\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	data = (void *)(image_find(&self->image, CKPT_REC_PRCTL) + 1);	\
	statement;							\
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));		\
}

FORGED(nothing_set, io_flusher, data->flags = 0)
FORGED(unknown_flag, io_flusher, data->flags |= 16)
FORGED(early_and_late, early_at_memory_errors, data->flags |= CKPT_PRCTL_MCE_LATE)
FORGED(selector_without_dispatch, io_flusher, data->selector = 1)
FORGED(selector_of_the_kernel, dispatch, data->selector = 1UL << 63)
FORGED(dispatch_of_the_dead, dead_child, data->flags |= CKPT_PRCTL_DISPATCH)
FORGED(range_that_wraps, dispatch, (data->offset = 4096, data->length = -4096ULL))

TEST_HARNESS_MAIN
