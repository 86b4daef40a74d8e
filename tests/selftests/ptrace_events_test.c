// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace_events_test.c - tracees that have just executed a program, whose filter asks their
 * tracer, or whose calls that makes (PTRACE_SYSEMU).
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include "forged.h"
#include "traced.h"

static void check_same_stop(pid_t pid, const struct stop *before)
{
	struct stop stop;

	look_at_stop(pid, &stop);
	check(!memcmp(&stop, before, sizeof(stop)));
	check_no_stop(pid);
}

/* -- exec -------------------------------------------------------------------------------- */

void after_exec(void)
{
	_exit(getppid() > 0 ? 4 : 5);
}

static pid_t executed(struct stop *stop)
{
	pid_t pid = start_traced(execute_self, SYSGOOD | PTRACE_O_TRACEEXEC);

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_EXEC));
	look_at_stop(pid, stop);
	check_equal(stop->message, pid);
	return pid;
}

static void exec_goes_on(void)
{
	struct stop stop;
	pid_t pid = executed(&stop);

	ready();
	check_same_stop(pid, &stop);
	check_end(pid, 4);
}
TEST_STORIES(exec_goes_on)

static void exec_ends(void)
{
	struct stop stop;
	pid_t pid = executed(&stop);

	ready();
	check_same_stop(pid, &stop);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	look_at_stop(pid, &stop);
	check_equal(stop.message, PTRACE_EVENTMSG_SYSCALL_EXIT);
	check_equal(stop.regs.rax, 0);
	check_equal(stop.regs.orig_rax, SYS_execve);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_end(pid, 4);
}
TEST_STORIES(exec_ends)

static void exec_unreported(void)
{
	pid_t pid = start_traced(execute_self, SYSGOOD | PTRACE_O_TRACEEXEC);

	check(!ptrace(PTRACE_CONT, pid, 0, 0));
	await_stop(pid);
	ready();
	check_equal(awaited(pid), EVENT(PTRACE_EVENT_EXEC));
	check_end(pid, 4);
}
TEST_STORIES(exec_unreported)

static void exec_steps(void)
{
	struct stop stop;
	pid_t pid = executed(&stop);
	unsigned int i;

	ready();
	for (i = 0; i < 5; i++)
		check_equal(next_stop(pid, PTRACE_SINGLESTEP, 0), TRAPPED);
	check_end(pid, 4);
}
TEST_STORIES(exec_steps)

/* -- seccomp --------------------------------------------------------------------------------- */

#define ASKED	7

/* Its tracer is asked of getppid(), getuid() fails, and getgid() kills. */
static void filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | ASKED),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };

	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
}

static void asks(void)
{
	filter();
	seen->value = syscall(SYS_getppid) == -1 ? -errno : (int)syscall(SYS_getpid);
	seen->left = syscall(SYS_getppid);
	_exit(4);
}

static void asks_once(void)
{
	filter();
	errno = 0;
	seen->value = syscall(SYS_getppid);
	seen->left = errno;
	_exit(4);
}

static pid_t asked(void (*run)(void), struct stop *stop)
{
	pid_t pid = start_traced(run, SYSGOOD | PTRACE_O_TRACESECCOMP);

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_SECCOMP));
	look_at_stop(pid, stop);
	check_equal(stop->message, ASKED);
	return pid;
}

static void set_call(pid_t pid, long nr, long answer)
{
	struct user_regs_struct regs;

	check(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
	regs.orig_rax = nr;
	regs.rax = answer;
	check(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
}

static void filter_allows(void)
{
	struct stop stop;
	pid_t pid = asked(asks, &stop);

	ready();
	check_same_stop(pid, &stop);
	check_equal(stop.regs.orig_rax, SYS_getppid);
	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_SECCOMP));
	check_equal(seen->value, pid);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_end(pid, 4);
	check_equal(seen->left, getpid());
}
TEST_STORIES(filter_allows)

/* The call that its tracer made of it is filtered, but the tracer is not asked again. */
static void ask_for(long nr, long answer, bool before)
{
	struct stop stop;
	pid_t pid = asked(asks_once, &stop);

	if (before)
		set_call(pid, nr, answer);
	ready();
	if (!before)
		set_call(pid, nr, answer);
	check_no_stop(pid);
	check_equal(ptrace(PTRACE_CONT, pid, 0, 0), 0);
	if (nr == SYS_getgid) {
		check_equal(awaited(pid) & 0x7f, SIGSYS);
		return;
	}
	check_equal(awaited(pid), 4 << 8);
	check_equal(seen->value, nr == -1 ? answer : nr == SYS_getpid ? pid :
		    nr == SYS_getppid ? getpid() : -1);
	check_equal(seen->left, nr == SYS_getuid ? EXDEV : 0);
}

static void made_another_before(void)
{
	ask_for(SYS_getpid, -ENOSYS, true);
}
TEST_STORIES(made_another_before)

static void made_another(void)
{
	ask_for(SYS_getpid, -ENOSYS, false);
}
TEST_STORIES(made_another)

static void made_none_before(void)
{
	ask_for(-1, 123, true);
}
TEST_STORIES(made_none_before)

static void made_the_same(void)
{
	ask_for(SYS_getppid, -ENOSYS, true);
}
TEST_STORIES(made_the_same)

static void made_one_that_fails(void)
{
	ask_for(SYS_getuid, -ENOSYS, true);
}
TEST_STORIES(made_one_that_fails)

static void made_one_that_kills(void)
{
	ask_for(SYS_getgid, -ENOSYS, true);
}
TEST_STORIES(made_one_that_kills)

/* The call is interrupted neither by the freeze nor by the restart. */
static void sleeps(void)
{
	struct timespec ms = { .tv_nsec = 50000000 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_nanosleep, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | ASKED),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };

	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
	seen->value = syscall(SYS_nanosleep, &ms, NULL) ? errno : 11;
	_exit(4);
}

static void filtered_sleep(void)
{
	struct stop stop;
	pid_t pid = asked(sleeps, &stop);

	ready();
	check_end(pid, 4);
	check_equal(seen->value, 11);
}
TEST_STORIES(filtered_sleep)

/* -- PTRACE_SYSEMU -------------------------------------------------------------------------- */

static void calls_three(void)
{
	seen->calls = syscall(SYS_getpid);
	seen->value = syscall(SYS_getppid);
	seen->left = syscall(SYS_write, pipe_fds[1], "x", 1);
	syscall(SYS_exit_group, 4);
}

static void answer(pid_t pid, long value)
{
	struct user_regs_struct regs;

	check(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
	regs.rax = value;
	check(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
}

static void emulated(void)
{
	pid_t pid = start_traced(calls_three, SYSGOOD);
	struct stop stop;
	char buf[2];

	check_equal(next_stop(pid, PTRACE_SYSEMU, 0), IN_CALL);
	/* The end of raise() in the tracee may be seen first. */
	look_at_stop(pid, &stop);
	while (stop.regs.orig_rax != SYS_getpid) {
		answer(pid, 0);
		check_equal(next_stop(pid, PTRACE_SYSEMU, 0), IN_CALL);
		look_at_stop(pid, &stop);
	}
	ready();
	check_same_stop(pid, &stop);
	answer(pid, 101);
	check_equal(next_stop(pid, PTRACE_SYSEMU, 0), IN_CALL);
	check_equal(seen->calls, 101);
	answer(pid, 102);
	/* From the next on it makes them itself; the end of this one is seen. */
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_equal(seen->value, 102);
	look_at_stop(pid, &stop);
	check_equal(stop.regs.orig_rax, SYS_write);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_end(pid, 4);
	check_equal(seen->left, 1);
	check_equal(read(pipe_fds[0], buf, 2), 1);
}
TEST_STORIES(emulated)

static void spins(void)
{
	seen->value = 1;
	while (seen->value != 2)
		;
	seen->calls = syscall(SYS_getpid);
	_exit(4);
}

static void emulated_later(void)
{
	pid_t pid = start_traced(spins, SYSGOOD);
	struct stop stop;

	/* What is left of raise() may be seen first. */
	do {
		check(!ptrace(PTRACE_SYSEMU, pid, 0, 0));
		while (!seen->value && !waitpid(pid, NULL, WNOHANG))
			;
	} while (!seen->value);
	ready();
	seen->value = 2;
	check_equal(awaited(pid), IN_CALL);
	look_at_stop(pid, &stop);
	check_equal(stop.regs.orig_rax, SYS_getpid);
	answer(pid, 55);
	check_end(pid, 4);
	check_equal(seen->calls, 55);
}
TEST_STORIES(emulated_later)

static void emulated_in_steps(void)
{
	pid_t pid = start_traced(calls_three, SYSGOOD);
	struct stop stop;
	int status;

	do {
		status = next_stop(pid, PTRACE_SYSEMU_SINGLESTEP, 0);
		look_at_stop(pid, &stop);
		if (status == IN_CALL && stop.regs.orig_rax != SYS_getpid)
			answer(pid, 0);
	} while (status != IN_CALL || stop.regs.orig_rax != SYS_getpid);
	ready();
	check_same_stop(pid, &stop);
	answer(pid, 77);
	check_equal(next_stop(pid, PTRACE_SYSEMU_SINGLESTEP, 0), TRAPPED);
	check_end(pid, 4);
	check_equal(seen->calls, 77);
	check_equal(seen->value, getpid());
}
TEST_STORIES(emulated_in_steps)

/* -- forged ----------------------------------------------------------------------------------- */

static void stands_before_call(void)
{
	pid_t pid = start_traced(writes, SYSGOOD);

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	ready();
	check_end(pid, 4);
}

/* It has no filter that could have asked: the call is made, or refused, as without one. */
TEST_F(forged, no_filter)
{
	struct ckpt_rec_ptrace *r;

	ASSERT_EQ(0, subject_start(&self->s, stands_before_call));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	r = (void *)(image_find(&self->image, CKPT_REC_PTRACE) + 1);
	r->stop = CKPT_PTRACE_STOP_EVENT;
	r->code = PTRACE_EVENT_SECCOMP << 8 | SIGTRAP;
	r->message = 3;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
