// SPDX-License-Identifier: GPL-2.0-only
/*
 * signals_test.c - actions, masks, alternate stacks, pending signals with what came
 * with them, masks that a call has set for its duration, signals during the freeze.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "checkpoint_test.h"

#define SA_RESTORER	0x04000000	/* added by libc */

static void on_signal(int sig)
{
	(void)sig;
}

static void on_siginfo(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
}

static sigset_t set_of(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	if (sig)
		sigaddset(&set, sig);
	return set;
}

static void block(int sig)
{
	sigset_t set = set_of(sig);

	check(!sigprocmask(SIG_BLOCK, &set, NULL));
}

/* -- actions and masks ------------------------------------------------------------------ */

static void actions(void)
{
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER }, now;
	struct sigaction b = { .sa_sigaction = on_siginfo,
			       .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };

	sigaddset(&a.sa_mask, SIGUSR2);
	sigaddset(&b.sa_mask, SIGRTMAX);
	check(!sigaction(SIGUSR1, &a, NULL) && !sigaction(SIGRTMIN + 5, &b, NULL));
	check(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	ready();
	check(!sigaction(SIGUSR1, NULL, &now));
	check(now.sa_handler == on_signal);
	check_equal(now.sa_flags & ~SA_RESTORER, a.sa_flags);
	check(sigismember(&now.sa_mask, SIGUSR2) && !sigismember(&now.sa_mask, SIGUSR1));
	check(!sigaction(SIGRTMIN + 5, NULL, &now));
	check(now.sa_sigaction == on_siginfo);
	check_equal(now.sa_flags & ~SA_RESTORER, b.sa_flags);
	check(sigismember(&now.sa_mask, SIGRTMAX));
	check(!sigaction(SIGPIPE, NULL, &now) && now.sa_handler == SIG_IGN);
	check(!sigaction(SIGTERM, NULL, &now) && now.sa_handler == SIG_DFL);
}
TEST_STORIES(actions)

static void *thread_with_mask(void *arg)
{
	pthread_barrier_t *barrier = arg;
	sigset_t now;

	block(SIGHUP);
	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	check(!pthread_sigmask(SIG_BLOCK, NULL, &now));
	check(sigismember(&now, SIGHUP) && sigismember(&now, SIGUSR1));
	check(!sigismember(&now, SIGTERM));
	return NULL;
}

static void masks(void)
{
	pthread_barrier_t barrier;
	pthread_t id;
	sigset_t now;

	block(SIGUSR1);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&id, NULL, thread_with_mask, &barrier));
	block(SIGRTMAX);
	pthread_barrier_wait(&barrier);
	ready();
	check(!sigprocmask(SIG_BLOCK, NULL, &now));
	check(sigismember(&now, SIGUSR1) && sigismember(&now, SIGRTMAX));
	check(!sigismember(&now, SIGHUP) && !sigismember(&now, SIGTERM));
	pthread_barrier_wait(&barrier);
	pthread_join(id, NULL);
}
TEST_STORIES(masks)

/* -- alternate stack ------------------------------------------------------------------------ */

static char alternate[65536];
static volatile int handled;

static bool is_on_alternate(void)
{
	char here;

	return &here >= alternate && &here < alternate + sizeof(alternate);
}

static void waits_on_alternate(int sig)
{
	stack_t now;

	(void)sig;
	check(is_on_alternate());
	ready();
	check(is_on_alternate());
	check(!sigaltstack(NULL, &now) && now.ss_flags == SS_ONSTACK);
	handled = 1;
}

static void set_alternate(void)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	check(!sigaltstack(&stack, NULL));
}

static void alternate_stack(void)
{
	stack_t now;

	set_alternate();
	ready();
	check(!sigaltstack(NULL, &now));
	check(now.ss_sp == alternate && now.ss_size == sizeof(alternate) && !now.ss_flags);
}
TEST_STORIES(alternate_stack)

/* An ordinary signal has room once, whatever the limit. */
static void beyond_the_limit(void)
{
	struct rlimit none = {};
	sigset_t pending;

	block(SIGUSR1);
	check(!setrlimit(RLIMIT_SIGPENDING, &none));
	check(!kill(getpid(), SIGUSR1));
	ready();
	check(!sigpending(&pending) && sigismember(&pending, SIGUSR1));
}
TEST_STORIES(beyond_the_limit)

static void inside_a_handler(void)
{
	struct sigaction a = { .sa_handler = waits_on_alternate, .sa_flags = SA_ONSTACK };
	sigset_t mask;

	set_alternate();
	check(!sigaction(SIGUSR1, &a, NULL));
	raise(SIGUSR1);
	check(handled && !is_on_alternate());
	check(!sigprocmask(SIG_BLOCK, NULL, &mask) && !sigismember(&mask, SIGUSR1));
}
TEST_STORIES(inside_a_handler)

/* -- pending ---------------------------------------------------------------------------------- */

static void queue(int sig, int value)
{
	union sigval v = { .sival_int = value };

	check(!sigqueue(getpid(), sig, v));
}

static void queue_to_thread(int sig, int value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE, .si_pid = 321, .si_uid = 654 };

	info.si_value.sival_int = value;
	check(!syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), sig, &info));
}

static siginfo_t take(int sig)
{
	struct timespec now = { 0, 0 };
	sigset_t set = set_of(sig);
	siginfo_t info;

	/* libc's sigtimedwait() shows SI_TKILL as SI_USER. */
	check_equal(syscall(SYS_rt_sigtimedwait, &set, &info, &now, 8), sig);
	return info;
}

static void pending(void)
{
	siginfo_t info;
	sigset_t now, none = set_of(0);
	int i;

	block(SIGRTMIN + 1);
	block(SIGRTMIN + 2);
	block(SIGUSR1);
	block(SIGUSR2);
	block(SIGTERM);
	for (i = 0; i < 5; i++) {
		queue(SIGRTMIN + 1, 100 + i);
		queue_to_thread(SIGRTMIN + 1, 200 + i);
	}
	queue(SIGRTMIN + 2, 7);
	check(!kill(getpid(), SIGUSR1) && !kill(getpid(), SIGUSR1));
	check(!syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2));
	ready();

	check(!sigpending(&now));
	check(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
	check(sigismember(&now, SIGRTMIN + 1) && sigismember(&now, SIGRTMIN + 2));
	check(!sigismember(&now, SIGTERM));
	/* A thread's own queue comes first, each in its order. */
	for (i = 0; i < 5; i++) {
		info = take(SIGRTMIN + 1);
		check_equal(info.si_value.sival_int, 200 + i);
		check_equal(info.si_pid, 321);
		check_equal(info.si_uid, 654);
		check_equal(info.si_code, SI_QUEUE);
	}
	for (i = 0; i < 5; i++) {
		info = take(SIGRTMIN + 1);
		check_equal(info.si_value.sival_int, 100 + i);
		check_equal(info.si_pid, getpid());
	}
	check_equal(take(SIGRTMIN + 2).si_value.sival_int, 7);
	check_equal(take(SIGUSR1).si_code, SI_USER);
	check_equal(take(SIGUSR2).si_code, SI_TKILL);
	check(!sigpending(&now) && !memcmp(&now, &none, 8));
}
TEST_STORIES(pending)

static void thousand_queued(void)
{
	int i;

	block(SIGRTMIN + 3);
	for (i = 0; i < 1000; i++)
		queue(SIGRTMIN + 3, i);
	ready();
	for (i = 0; i < 1000; i++)
		check_equal(take(SIGRTMIN + 3).si_value.sival_int, i);
}
TEST_STORIES(thousand_queued)

static volatile int nr_hits;

static void on_hit(int sig)
{
	(void)sig;
	nr_hits++;
}

/* Delivered to handlers, once, when they are unblocked after the restart */
static void pending_are_delivered(void)
{
	sigset_t empty = set_of(0);

	signal(SIGUSR1, on_hit);
	signal(SIGUSR2, on_hit);
	block(SIGUSR1);
	block(SIGUSR2);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR2);
	ready();
	check_equal(nr_hits, 0);
	check(!sigprocmask(SIG_SETMASK, &empty, NULL));
	check_equal(nr_hits, 2);
}
TEST_STORIES(pending_are_delivered)

static void stop_signals_pending(void)
{
	sigset_t now;

	block(SIGTSTP);
	kill(getpid(), SIGTSTP);
	ready();
	check(!sigpending(&now) && sigismember(&now, SIGTSTP));
	check_equal(take(SIGTSTP).si_pid, getpid());
}
TEST_STORIES(stop_signals_pending)

/* -- calls that set a mask for their duration ------------------------ */

static pid_t signaller(int sig)
{
	pid_t parent = getpid(), pid = fork();

	check(pid >= 0);
	if (pid)
		return pid;
	check(wait_until(!access(test_file("go1"), F_OK)));
	sleep_ms(50);
	kill(parent, sig);
	_exit(0);
}

static void check_mask_is(int sig)
{
	sigset_t now;

	check(!sigprocmask(SIG_BLOCK, NULL, &now));
	check_equal(sigismember(&now, SIGUSR1), sig == SIGUSR1);
	check(!sigismember(&now, SIGTERM));
}

static void sigsuspend_mask(void)
{
	sigset_t during = set_of(SIGTERM);
	pid_t pid;

	signal(SIGUSR1, on_hit);
	block(SIGUSR1);
	pid = signaller(SIGUSR1);
	write_file("ready1", "", 0);
	check(sigsuspend(&during) == -1 && errno == EINTR);
	check_equal(nr_hits, 1);
	check_mask_is(SIGUSR1);
	join(pid);
}

static void ppoll_mask(void)
{
	sigset_t during = set_of(SIGTERM);
	pid_t pid;
	int fds[2];
	struct pollfd pfd = { .events = POLLIN };

	check(!pipe(fds));
	pfd.fd = fds[0];
	signal(SIGUSR1, on_hit);
	block(SIGUSR1);
	pid = signaller(SIGUSR1);
	write_file("ready1", "", 0);
	check(ppoll(&pfd, 1, NULL, &during) == -1 && errno == EINTR);
	check_equal(nr_hits, 1);
	check_mask_is(SIGUSR1);
	join(pid);
}

static void masked_story(struct __test_metadata *_metadata, void (*run)(void), bool kill)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, run));
	sleep_ms(50);
	ASSERT_LT(0, subject_save(&s, kill ? CHECKPOINT_KILL : 0));
	if (kill) {
		ASSERT_EQ(0, subject_restart(&s, 0));
	}
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(sigsuspend_killed) { masked_story(_metadata, sigsuspend_mask, true); }
TEST(sigsuspend_left_running) { masked_story(_metadata, sigsuspend_mask, false); }
TEST(ppoll_killed) { masked_story(_metadata, ppoll_mask, true); }
TEST(ppoll_left_running) { masked_story(_metadata, ppoll_mask, false); }

/* -- signals that arrive during the freeze ------------------------ */

static void counts_signals(void)
{
	signal(SIGUSR1, on_hit);
	ready();
	check(wait_until(nr_hits));
	sleep_ms(20);
	check_equal(nr_hits, 1);
	write_file("hit", "", 0);
}

TEST(signal_during_the_freeze)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, counts_signals));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(s.pid, SIGUSR1));
	sleep_ms(30);
	close(s.cargs.hold_fd);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));

	/* The image was made before the signal came. */
	ASSERT_EQ(0, subject_restart(&s, 0));
	sleep_ms(100);
	EXPECT_EQ(0, waitpid(s.pid, NULL, WNOHANG));
	ASSERT_EQ(0, kill(s.pid, SIGUSR1));
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(stop_and_continue_during_the_freeze)
{
	struct subject s;
	int status;

	ASSERT_EQ(0, subject_start(&s, counts_signals));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	kill(s.pid, SIGSTOP);
	sleep_ms(20);
	kill(s.pid, SIGCONT);
	sleep_ms(20);
	kill(s.pid, SIGSTOP);
	close(s.cargs.hold_fd);
	ASSERT_EQ(s.pid, waitpid(s.pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	kill(s.pid, SIGCONT);
	kill(s.pid, SIGUSR1);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(handler_interrupts_as_ever)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, counts_signals));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, kill(s.pid, SIGUSR1));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(default_action_after_the_restart)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, counts_signals));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, kill(s.pid, SIGTERM));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGTERM);
}

TEST_HARNESS_MAIN
