// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptrace_test.c - tracer and tracee are saved and restarted together, while the tracee stands
 * in one stop or the other: its tracer finds the same, is told of nothing twice, and what
 * it lets go does what it would have done.
 */
#include "traced.h"

/* Save it in this stop, and look at it again. */
static void ready_in_stop(pid_t pid)
{
	struct stop before, after;

	look_at_stop(pid, &before);
	ready();
	look_at_stop(pid, &after);
	check(!memcmp(&before.regs, &after.regs, sizeof(before.regs)));
	check_equal(before.has_info, after.has_info);
	check(!memcmp(&before.info, &after.info, sizeof(before.info)));
	check_equal(before.message, after.message);
	check_equal(before.call_bytes, after.call_bytes);
	check(!memcmp(&before.call, &after.call, sizeof(before.call)));
	check_no_stop(pid);
}

/* -- system calls ---------------------------------------------------------------------- */

static void check_written(int bytes)
{
	char buf[8];

	check_equal(read(pipe_fds[0], buf, sizeof(buf)), bytes ?: -1);
}

static void stands_before(long options, int status)
{
	pid_t pid = start_traced(writes, options);

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), status);
	ready_in_stop(pid);
	check_written(0);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), status);
	check_written(1);
	check_end(pid, 4);
	check_written(0);
	check_equal(seen->calls, 1);
}

static void before_call(void) { stands_before(SYSGOOD, IN_CALL); }
TEST_STORIES(before_call)

static void before_call_without_bit(void) { stands_before(0, TRAPPED); }
TEST_STORIES(before_call_without_bit)

static void before_call_let_go(void)
{
	pid_t pid = start_traced(writes, SYSGOOD);

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	ready_in_stop(pid);
	check_end(pid, 4);
	check_written(1);
	check_equal(seen->calls, 1);
}
TEST_STORIES(before_call_let_go)

static void before_call_unreported(void)
{
	pid_t pid = start_traced(writes, SYSGOOD);
	int status;

	check(!ptrace(PTRACE_SYSCALL, pid, 0, 0));
	await_stop(pid);
	ready();
	check(waitpid(pid, &status, __WALL | WNOHANG) == pid);
	check_equal(status, IN_CALL);
	check_no_stop(pid);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_written(1);
	check_end(pid, 4);
}
TEST_STORIES(before_call_unreported)

/* The tracer takes the call away, or makes another one of it. */
static void before_call_changed(void)
{
	pid_t pid = start_traced(writes, SYSGOOD);
	struct stop stop;

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	ready_in_stop(pid);
	look_at_stop(pid, &stop);
	stop.regs.orig_rax = SYS_getppid;
	check(!ptrace(PTRACE_SETREGS, pid, 0, &stop.regs));
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	look_at_stop(pid, &stop);
	check_equal(stop.regs.rax, getpid());
	check_end(pid, 4);
	check_written(0);
}
TEST_KILLED(before_call_changed)

static void behind_call(void)
{
	pid_t pid = start_traced(writes, SYSGOOD);

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	ready_in_stop(pid);
	check_written(1);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_end(pid, 4);
	check_written(0);
	check_equal(seen->calls, 1);
}
TEST_STORIES(behind_call)

/* Calls that replace what they were made in */
static void at_call(void (*run)(void), long nr, void (*then)(pid_t pid))
{
	pid_t pid = start_traced(run, SYSGOOD);
	struct stop stop;

	do {
		check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
		look_at_stop(pid, &stop);
	} while ((long)stop.regs.orig_rax != nr || stop.message != PTRACE_EVENTMSG_SYSCALL_ENTRY);
	ready_in_stop(pid);
	then(pid);
}

static void makes_child(pid_t pid)
{
	struct stop stop;

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	look_at_stop(pid, &stop);
	check((long)stop.regs.rax > 0);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	waitpid(pid, NULL, 0);
}

static void forks_oddly(void)
{
	int status;
	pid_t pid = syscall(SYS_fork);

	if (!pid)
		_exit(3);
	check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
	seen->calls++;
	_exit(4);
}

static void before_fork(void)
{
	at_call(forks_oddly, SYS_fork, makes_child);
	check_equal(seen->calls, 1);
}
TEST_STORIES(before_fork)

static void returns(int sig)
{
	seen->handled += sig == SIGUSR1;
}

static void is_handled(void)
{
	signal(SIGUSR1, returns);
	raise(SIGUSR1);
	seen->calls++;
	_exit(4);
}

static void lets_signal_through(pid_t pid)
{
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_end(pid, 4);
	check_equal(seen->handled, 1);
	check_equal(seen->calls, 1);
}

static void before_sigreturn(void)
{
	pid_t pid = start_traced(is_handled, SYSGOOD);
	struct stop stop;
	int status;

	do {
		status = next_stop(pid, PTRACE_SYSCALL, 0);
		if (status == STOPPED(SIGUSR1))
			status = next_stop(pid, PTRACE_SYSCALL, SIGUSR1);
		check_equal(status, IN_CALL);
		look_at_stop(pid, &stop);
	} while ((long)stop.regs.orig_rax != SYS_rt_sigreturn);
	ready_in_stop(pid);
	lets_signal_through(pid);
}
TEST_STORIES(before_sigreturn)

/* -- signals ------------------------------------------------------------------------------- */

static void takes(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen->handled += sig == SIGUSR2;
	seen->value = info->si_value.sival_int;
}

static void is_signalled(void)
{
	struct sigaction action = { .sa_sigaction = takes, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR2, &action, NULL);
	signal(SIGUSR1, returns);
	sigqueue(getpid(), SIGUSR2, (union sigval) { .sival_int = 4711 });
	seen->calls++;
	_exit(4);
}

static void stands_for_signal(long sig, int handled, int value)
{
	pid_t pid = start_traced(is_signalled, SYSGOOD);

	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGUSR2));
	ready_in_stop(pid);
	check_equal(next_stop(pid, PTRACE_CONT, sig), 4 << 8);
	check_equal(seen->handled, handled);
	check_equal(seen->value, value);
	check_equal(seen->calls, 1);
}

static void signal_delivered(void) { stands_for_signal(SIGUSR2, 1, 4711); }
TEST_STORIES(signal_delivered)
static void signal_dropped(void) { stands_for_signal(0, 0, 0); }
TEST_STORIES(signal_dropped)
static void signal_exchanged(void) { stands_for_signal(SIGUSR1, 1, 0); }
TEST_STORIES(signal_exchanged)

static void signal_unreported(void)
{
	pid_t pid = start_traced(is_signalled, SYSGOOD);
	int status;

	check(!ptrace(PTRACE_CONT, pid, 0, 0));
	await_stop(pid);
	ready();
	check(waitpid(pid, &status, __WALL | WNOHANG) == pid);
	check_equal(status, STOPPED(SIGUSR2));
	check_no_stop(pid);
	check_equal(next_stop(pid, PTRACE_CONT, SIGUSR2), 4 << 8);
	check_equal(seen->value, 4711);
}
TEST_STORIES(signal_unreported)

/* Another one of the same number waits behind that. */
static void signal_pending_too(void)
{
	pid_t pid = start_traced(is_signalled, SYSGOOD);

	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGUSR2));
	check(!sigqueue(pid, SIGUSR2, (union sigval) { .sival_int = 4712 }));
	ready_in_stop(pid);
	check_equal(next_stop(pid, PTRACE_CONT, SIGUSR2), STOPPED(SIGUSR2));
	check_equal(next_stop(pid, PTRACE_CONT, SIGUSR2), 4 << 8);
	check_equal(seen->handled, 2);
}
TEST_STORIES(signal_pending_too)

/* It dies of it. */
static void signal_kills(void)
{
	pid_t pid = start_traced(is_signalled, SYSGOOD);

	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGUSR2));
	ready_in_stop(pid);
	check_equal(next_stop(pid, PTRACE_CONT, SIGTERM), SIGTERM);
}
TEST_KILLED(signal_kills)

/* -- job control ----------------------------------------------------------------------------- */

static void stops_itself(void)
{
	raise(SIGSTOP);
	seen->calls++;
	_exit(4);
}

/* PTRACE_ATTACH or TRACEME: the signal first, then the stop, without a siginfo */
static void group_stop(void)
{
	pid_t pid = start_traced(stops_itself, 0);

	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGSTOP));
	check_equal(next_stop(pid, PTRACE_CONT, SIGSTOP), STOPPED(SIGSTOP));
	ready_in_stop(pid);
	check_end(pid, 4);
	check_equal(seen->calls, 1);
}
TEST_STORIES(group_stop)

static void stop_signal(void)
{
	pid_t pid = start_traced(stops_itself, 0);

	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGSTOP));
	ready_in_stop(pid);
	check_equal(next_stop(pid, PTRACE_CONT, SIGSTOP), STOPPED(SIGSTOP));
	check_end(pid, 4);
}
TEST_STORIES(stop_signal)

static void spins(void)
{
	while (!seen->left)
		;
	_exit(4);
}

static pid_t start_seized(void (*run)(void))
{
	pid_t pid;

	share();
	pid = fork();
	if (!pid)
		run();
	check(pid > 0);
	check(!ptrace(PTRACE_SEIZE, pid, 0, SYSGOOD | PTRACE_O_EXITKILL));
	return pid;
}

static void interrupted(void)
{
	pid_t pid = start_seized(spins);

	check(!ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	check_equal(awaited(pid), EVENT(PTRACE_EVENT_STOP));
	ready_in_stop(pid);
	seen->left = 1;
	check_end(pid, 4);
}
TEST_STORIES(interrupted)

/* PTRACE_INTERRUPT while it stands: another stop follows. */
static void interrupted_again(void)
{
	pid_t pid = start_seized(spins);

	check(!ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	check_equal(awaited(pid), EVENT(PTRACE_EVENT_STOP));
	check(!ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	ready_in_stop(pid);
	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_STOP));
	seen->left = 1;
	check_end(pid, 4);
}
TEST_STORIES(interrupted_again)

static void listening(void)
{
	pid_t pid = start_seized(spins);

	check(!kill(pid, SIGSTOP));
	check_equal(awaited(pid), STOPPED(SIGSTOP));
	check_equal(next_stop(pid, PTRACE_CONT, SIGSTOP),
		    PTRACE_EVENT_STOP << 16 | STOPPED(SIGSTOP));
	check(!ptrace(PTRACE_LISTEN, pid, 0, 0));
	ready();
	check_no_stop(pid);
	check(!kill(pid, SIGCONT));
	check_equal(awaited(pid), EVENT(PTRACE_EVENT_STOP));
	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGCONT));
	seen->left = 1;
	check_end(pid, 4);
}
TEST_STORIES(listening)

/* -- events ------------------------------------------------------------------------------------- */

static void vforks(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	seen->value = pid;
	join(pid);
	seen->calls++;
	_exit(4);
}

static void forks_once(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	seen->value = pid;
	join(pid);
	seen->calls++;
	_exit(4);
}

static void event_fork(void)
{
	pid_t pid = start_traced(forks_once, SYSGOOD | PTRACE_O_TRACEFORK);
	unsigned long child;
	struct stop stop;

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	while (next_stop(pid, PTRACE_SYSCALL, 0) != EVENT(PTRACE_EVENT_FORK))
		;
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	await_stop(child);
	ready_in_stop(pid);
	check_equal(awaited(child), STOPPED(SIGSTOP));
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	look_at_stop(pid, &stop);
	check_equal(stop.regs.rax, child);
	check_equal(stop.message, PTRACE_EVENTMSG_SYSCALL_EXIT);
	check_end(child, 0);
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check_equal(awaited(pid), 4 << 8);
	check_equal(seen->value, child);
	check_equal(seen->calls, 1);
}
TEST_STORIES(event_fork)

/* One that does not end with SIGCHLD */
static void clones_once(void)
{
	pid_t pid = syscall(SYS_clone, 0, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	seen->value = pid;
	check_equal(waitpid(pid, NULL, __WALL), pid);
	seen->calls++;
	_exit(4);
}

static void event_clone(void)
{
	pid_t pid = start_traced(clones_once, SYSGOOD | PTRACE_O_TRACECLONE);
	unsigned long child;

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_CLONE));
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	await_stop(child);
	ready_in_stop(pid);
	check_equal(awaited(child), STOPPED(SIGSTOP));
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check_end(child, 0);
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check_equal(awaited(pid), 4 << 8);
	check_equal(seen->value, child);
	check_equal(seen->calls, 1);
}
TEST_STORIES(event_clone)

static void event_vfork(void)
{
	pid_t pid = start_traced(vforks, SYSGOOD | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
	unsigned long child;

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_VFORK));
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	check_equal(awaited(child), STOPPED(SIGSTOP));
	ready_in_stop(pid);
	check(!ptrace(PTRACE_SYSCALL, pid, 0, 0));
	check_end(child, 0);
	check_equal(awaited(pid), EVENT(PTRACE_EVENT_VFORK_DONE));
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check_equal(awaited(pid), 4 << 8);
	check_equal(seen->value, child);
}
TEST_STORIES(event_vfork)

static void event_vfork_done(void)
{
	pid_t pid = start_traced(vforks, SYSGOOD | PTRACE_O_TRACEVFORKDONE);

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_VFORK_DONE));
	ready_in_stop(pid);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check_equal(awaited(pid), 4 << 8);
	check_equal(seen->calls, 1);
}
TEST_STORIES(event_vfork_done)

/* The parent waits for its vfork child, which stands. */
static void waits_in_vfork(void)
{
	pid_t pid = start_traced(vforks, SYSGOOD | PTRACE_O_TRACEVFORK);
	unsigned long child;
	struct stop stop;

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_VFORK));
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	check_equal(awaited(child), STOPPED(SIGSTOP));
	check(!ptrace(PTRACE_SYSCALL, pid, 0, 0));
	ready_in_stop(child);
	check_end(child, 0);
	check_equal(awaited(pid), IN_CALL);
	look_at_stop(pid, &stop);
	check_equal(stop.message, PTRACE_EVENTMSG_SYSCALL_EXIT);
	check_equal(stop.regs.rax, child);
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check_equal(awaited(pid), 4 << 8);
}
TEST_STORIES(waits_in_vfork)

/* The same, and its tracer asks for the end of the call when the wait is over. */
static void ends_vfork(void)
{
	pid_t pid = start_traced(vforks, SYSGOOD | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
	unsigned long child;
	struct stop stop;

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_VFORK));
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	check_equal(awaited(child), STOPPED(SIGSTOP));
	check(!ptrace(PTRACE_CONT, pid, 0, 0));
	ready_in_stop(child);
	check_end(child, 0);
	check_equal(awaited(pid), EVENT(PTRACE_EVENT_VFORK_DONE));
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), IN_CALL);
	look_at_stop(pid, &stop);
	check_equal(stop.message, PTRACE_EVENTMSG_SYSCALL_EXIT);
	check_equal(stop.regs.rax, child);
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check_equal(awaited(pid), 4 << 8);
	check_equal(seen->value, child);
}
TEST_STORIES(ends_vfork)

/* -- steps --------------------------------------------------------------------------------------- */

static void counts(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		seen->calls++;
	_exit(4);
}

static void steps(void)
{
	pid_t pid = start_traced(counts, SYSGOOD);
	int i;

	for (i = 0; i < 100; i++)
		check_equal(next_stop(pid, PTRACE_SINGLESTEP, 0), TRAPPED);
	ready_in_stop(pid);
	for (i = 0; i < 100; i++)
		check_equal(next_stop(pid, PTRACE_SINGLESTEP, 0), TRAPPED);
	check_end(pid, 4);
	check_equal(seen->calls, 1000);
}
TEST_STORIES(steps)

static void steps_into_handler(void)
{
	pid_t pid = start_traced(is_signalled, SYSGOOD);

	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGUSR2));
	check_equal(next_stop(pid, PTRACE_SINGLESTEP, SIGUSR2), TRAPPED);
	check_equal(seen->handled, 0);
	ready_in_stop(pid);
	check_end(pid, 4);
	check_equal(seen->handled, 1);
	check_equal(seen->value, 4711);
}
TEST_STORIES(steps_into_handler)

/* -- while it runs ---------------------------------------------------------------------------------- */

static void runs(void)
{
	pid_t pid = start_traced(spins, SYSGOOD);

	check(!ptrace(PTRACE_CONT, pid, 0, 0));
	ready();
	check_no_stop(pid);
	check(!kill(pid, SIGUSR1));
	check_equal(awaited(pid), STOPPED(SIGUSR1));
	seen->left = 1;
	check_end(pid, 4);
}
TEST_STORIES(runs)

static void steps_alone(void)
{
	while (!seen->left)
		seen->calls++;
	_exit(4);
}

/* Nobody but the tracer sees the steps, and it looks for them all the time. */
static void steps_while_saved(void)
{
	pid_t pid = start_traced(steps_alone, SYSGOOD);
	pid_t waiter = fork();
	int status, i;

	if (!waiter) {
		ready();
		seen->left = 1;
		_exit(0);
	}
	do
		status = next_stop(pid, PTRACE_SINGLESTEP, 0);
	while (!seen->left && status == TRAPPED);
	for (i = 0; i < 1000 && status == TRAPPED; i++)
		status = next_stop(pid, PTRACE_SINGLESTEP, 0);
	if (status == TRAPPED)
		status = next_stop(pid, PTRACE_CONT, 0);
	check_equal(status, 4 << 8);
	join(waiter);
}
TEST_STORIES(steps_while_saved)

/* Every system call of who is saved just then: they come in pairs, and no signal is seen. */
static void calls_ready(void)
{
	ready();
	_exit(4);
}

static void calls_while_saved(void)
{
	pid_t pid = start_traced(calls_ready, SYSGOOD);
	unsigned long message, last = PTRACE_EVENTMSG_SYSCALL_EXIT;
	int status;

	for (;;) {
		status = next_stop(pid, PTRACE_SYSCALL, 0);
		if (status != IN_CALL)
			break;
		check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
		check(message == PTRACE_EVENTMSG_SYSCALL_ENTRY ||
		      message == PTRACE_EVENTMSG_SYSCALL_EXIT);
		check(message != last);
		last = message;
	}
	check_equal(status, 4 << 8);
}
TEST_STORIES(calls_while_saved)

/* A zombie that its tracer, who is not its parent, has yet to wait for */
static void zombie_of_other(void)
{
	pid_t pid = start_traced(forks_oddly, SYSGOOD | PTRACE_O_TRACEFORK);
	unsigned long child;

	check_equal(next_stop(pid, PTRACE_CONT, 0), EVENT(PTRACE_EVENT_FORK));
	check(!ptrace(PTRACE_GETEVENTMSG, pid, 0, &child));
	check_equal(awaited(child), STOPPED(SIGSTOP));
	check(!ptrace(PTRACE_CONT, child, 0, 0));
	check(!waitid(P_PID, child, &(siginfo_t) {}, WEXITED | WNOWAIT | __WALL));
	ready_in_stop(pid);
	check_equal(awaited(child), 3 << 8);
	check_equal(next_stop(pid, PTRACE_CONT, 0), STOPPED(SIGCHLD));
	check_equal(next_stop(pid, PTRACE_CONT, SIGCHLD), 4 << 8);
	check_equal(seen->calls, 1);
}
TEST_STORIES(zombie_of_other)

/* The end of the tracer: PTRACE_O_EXITKILL */
static void tracer_exits(void)
{
	pid_t pid, tracer;
	int status;

	share();
	tracer = fork();
	if (!tracer) {
		pid = start_traced(spins, SYSGOOD);
		seen->value = pid;
		_exit(0);
	}
	(void)status;
	check(waitpid(tracer, NULL, 0) == tracer);
	ready();
}
TEST_KILLED(tracer_exits)

/* -- while it is held ------------------------------------------------------------------------ */

TEST(comes_back_frozen)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, signal_dropped));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	sleep_ms(20);
	EXPECT_EQ(0, close(s.rargs.hold_fd));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
