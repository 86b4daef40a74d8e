// SPDX-License-Identifier: GPL-2.0-only
/*
 * stopped_test.c - job control: what has stopped comes back stopped, and its parent hears of
 * it what it would have heard.
 */
#include <pthread.h>

#include "forged.h"

/* Its children's words to the subject, which a restart keeps */
static volatile unsigned int *shared;

static void share(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED);
}

/* A child that runs on says so, and ends when its parent has seen that it was continued. */
static __attribute__((noreturn)) void run_on(void)
{
	shared[0]++;
	check(wait_until(shared[9]));
	_exit(3);
}

static char state_of(pid_t pid)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return read_file(path, text, sizeof(text)) > 0 ? strrchr(text, ')')[2] : '?';
}

/* What waitid(2) tells of a child, 0 if nothing */
static int told(pid_t pid, int options)
{
	siginfo_t info = {};

	check(!waitid(P_PID, pid, &info, options | WNOHANG));
	if (!info.si_pid)
		return 0;
	check_equal(info.si_pid, pid);
	check_equal(info.si_code, info.si_status == SIGCONT ? CLD_CONTINUED : CLD_STOPPED);
	return info.si_status;
}

static volatile sig_atomic_t children_died;

static void on_child(int sig)
{
	(void)sig;
	children_died++;
}

static void count_sigchld(void)
{
	struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART };

	check(!sigaction(SIGCHLD, &action, NULL));
}

/* A job of its own, so that its group is not orphaned; it exits with 3 when continued. */
static pid_t stopped_by(int sig)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid) {
		check(!setpgid(0, 0));
		raise(sig);
		run_on();
	}
	check(!waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	return pid;
}

static void expect_stopped(pid_t pid)
{
	check(wait_until(state_of(pid) == 'T'));
	sleep_ms(10);
	check_equal(state_of(pid), 'T');
	check_equal(shared[0], 0);
}

static void expect_goes_on(pid_t pid)
{
	int status;

	check(!kill(pid, SIGCONT));
	check(wait_until(told(pid, WCONTINUED) == SIGCONT));
	shared[9] = 1;
	check(waitpid(pid, &status, 0) == pid);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	check_equal(shared[0], 1);
}

/* -- one process, and its parent ----------------------------------------------------- */

static void unreported(int sig)
{
	pid_t pid;
	int was;

	share();
	count_sigchld();
	pid = stopped_by(sig);
	was = children_died;
	check_equal(was, 1);
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED | WNOWAIT), sig);
	check_equal(told(pid, WSTOPPED), sig);
	check_equal(told(pid, WSTOPPED), 0);
	check_equal(told(pid, WCONTINUED), 0);
	check_equal(children_died, was);
	expect_goes_on(pid);
	check(children_died > was);
}

static void sigstop(void) { unreported(SIGSTOP); }
TEST_STORIES(sigstop)

static void sigtstp(void) { unreported(SIGTSTP); }
TEST_KILLED(sigtstp)

static void sigttin(void) { unreported(SIGTTIN); }
TEST_KILLED(sigttin)

static void sigttou(void) { unreported(SIGTTOU); }
TEST_KILLED(sigttou)

static void reported(void)
{
	pid_t pid;

	share();
	pid = stopped_by(SIGSTOP);
	check_equal(told(pid, WSTOPPED), SIGSTOP);
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED), 0);
	expect_goes_on(pid);
}
TEST_KILLED(reported)
TEST_TWICE(reported)

static void killed_when_stopped(void)
{
	pid_t pid;
	int status;

	share();
	pid = stopped_by(SIGSTOP);
	ready();
	expect_stopped(pid);
	check(!kill(pid, SIGKILL));
	check(waitpid(pid, &status, 0) == pid);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	check_equal(shared[0], 0);
}
TEST_KILLED(killed_when_stopped)

/* Continued, which nobody has asked for, and stopped again */
static void stopped_again(void)
{
	pid_t pid;

	share();
	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		raise(SIGSTOP);
		run_on();
	}
	check(wait_until(told(pid, WSTOPPED) == SIGSTOP));
	check(!kill(pid, SIGCONT));
	check(wait_until(told(pid, WSTOPPED | WNOWAIT) == SIGSTOP));
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WCONTINUED), 0);
	check_equal(told(pid, WSTOPPED), SIGSTOP);
	expect_goes_on(pid);
}
TEST_KILLED(stopped_again)

/* A stop that is pending and blocked takes effect when it is not any more. */
static void blocks_a_stop(void *arg)
{
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	check(!setpgid(0, 0) && !sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGTSTP);
	child_ready();
	check(!sigpending(&set) && sigismember(&set, SIGTSTP));
	shared[1] = 1;
	check(!sigprocmask(SIG_UNBLOCK, &set, NULL));
	run_on();
}

static void pending_stop(void)
{
	pid_t pid;

	share();
	pid = spawn(blocks_a_stop, NULL);
	await_child(pid);
	ready();
	check(wait_until(shared[1]));
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED), SIGTSTP);
	expect_goes_on(pid);
}
TEST_KILLED(pending_stop)

/* -- in the middle of a call, and many threads ------------------------------------------ */

#define NAP_MS	400

static void naps(void *arg)
{
	struct timespec nap = { 0, NAP_MS * 1000000L };
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	(void)arg;
	child_ready();
	check(!nanosleep(&nap, NULL));
	check(now_ns(CLOCK_MONOTONIC) - start >= NAP_MS * 1000000ULL);
	run_on();
}

static void in_nanosleep(void)
{
	pid_t pid;

	share();
	pid = spawn(naps, NULL);
	await_child(pid);
	check(wait_until(is_blocked_in(pid, pid, -1)));
	check(!kill(pid, SIGSTOP));
	check(wait_until(told(pid, WSTOPPED) == SIGSTOP));
	ready();
	expect_stopped(pid);
	expect_goes_on(pid);
}
TEST_KILLED(in_nanosleep)
TEST_TWICE(in_nanosleep)

#define THREADS	4

static void *counts(void *arg)
{
	volatile unsigned int *n = arg;

	for (;;) {
		(*n)++;
		sleep_ms(1);
	}
	return NULL;
}

static void with_threads(void *arg)
{
	pthread_t thread;
	int i;

	(void)arg;
	for (i = 1; i < THREADS; i++)
		check(!pthread_create(&thread, NULL, counts, (void *)&shared[i + 1]));
	counts((void *)&shared[1]);
}

static bool all_count(const unsigned int *was)
{
	int i;

	for (i = 0; i < THREADS; i++)
		if (shared[i + 1] == was[i])
			return false;
	return true;
}

static void threads(void)
{
	unsigned int was[THREADS] = {};
	pid_t pid;
	int i;

	share();
	pid = spawn(with_threads, NULL);
	check(wait_until(all_count(was)));
	check(!kill(pid, SIGSTOP));
	check(wait_until(told(pid, WSTOPPED) == SIGSTOP));
	for (i = 0; i < THREADS; i++)
		was[i] = shared[i + 1];
	ready();
	expect_stopped(pid);
	check_equal(told(pid, WSTOPPED), 0);
	for (i = 0; i < THREADS; i++)
		check_equal(shared[i + 1], was[i]);
	check(!kill(pid, SIGCONT));
	check(wait_until(all_count(was)));
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
}
TEST_STORIES(threads)

/* -- the root ---------------------------------------------------------------------------- */

static void stops_as_root(void)
{
	write_file("ready1", "", 0);
	raise(SIGSTOP);
	write_file("ran", "", 0);
	check(wait_until(!access(test_file("go1"), F_OK)));
}

static bool has_run(void)
{
	return !access(test_file("ran"), F_OK);
}

static void remove_ran(void)
{
	unlink(test_file("ran"));
}

TEST(root)
{
	struct subject s;
	int status;

	ASSERT_EQ(0, subject_start(&s, stops_as_root));
	ASSERT_EQ(s.pid, waitpid(s.pid, &status, WUNTRACED));
	ASSERT_LT(0, subject_save(&s, 0));
	EXPECT_EQ('T', state_of(s.pid));
	EXPECT_EQ(0, waitpid(s.pid, &status, WUNTRACED | WNOHANG));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	/* The restarter has not heard of the stop. */
	ASSERT_EQ(s.pid, waitpid(s.pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	sleep_ms(20);
	EXPECT_FALSE(has_run());
	subject_go(&s, 1);
	kill(s.pid, SIGCONT);
	ASSERT_EQ(0, subject_wait(&s));
	EXPECT_TRUE(has_run());
}

/* -- SIGCONT while it is held -------------------------------------------------------------- */

static void child_writes(void)
{
	pid_t pid = fork();
	char text[16];

	if (!pid) {
		raise(SIGSTOP);
		write_file("ran", "", 0);
		_exit(0);
	}
	snprintf(text, sizeof(text), "%d", pid);
	write_file("child", text, strlen(text));
	check(waitpid(pid, NULL, WUNTRACED) == pid);
	ready();
	kill(pid, SIGCONT);
	join(pid);
}

static pid_t child_of(struct subject *s)
{
	char text[16];

	if (subject_start(s, child_writes) || read_file(test_file("child"), text, sizeof(text)) < 0)
		return -1;
	return atoi(text);
}

/* The hold does not end with the stop; the tree cannot end, for the SIGCONT would be lost. */
TEST(continued_when_held)
{
	struct subject s;
	pid_t pid = child_of(&s);

	ASSERT_LT(0, pid);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	sleep_ms(50);
	EXPECT_FALSE(has_run());
	EXPECT_EQ(-EAGAIN, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	close(s.cargs.hold_fd);
	EXPECT_TRUE(wait_until(has_run()));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	remove_ran();

	/* In the image it is stopped. */
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	sleep_ms(20);
	EXPECT_FALSE(has_run());
	close(s.rargs.hold_fd);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(killed_when_held)
{
	struct subject s;
	pid_t pid = child_of(&s);

	ASSERT_LT(0, pid);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	close(s.cargs.hold_fd);
	ASSERT_TRUE(wait_until(state_of(pid) != 'T'));
	EXPECT_FALSE(has_run());
	subject_kill(&s);
}

/* -- forged images -------------------------------------------------------------------------- */

static void forgeable(void)
{
	unsigned int was[THREADS] = {};
	pid_t pid;

	share();
	pid = spawn(with_threads, NULL);
	check(wait_until(all_count(was)));
	check(!kill(pid, SIGSTOP));
	check(wait_until(told(pid, WSTOPPED | WNOWAIT) == SIGSTOP));
	ready();
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
}

FIXTURE_VARIANT(forged)
{
	void (*forge)(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops);
	const char *words;
};

static void nonsense_signal(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->signal = SIGSEGV;
}

static void nonsense_of_thread(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[1].signal = 0x10000 | SIGSTOP;
}

static void unknown_flag(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->flags |= 1U << 9;
}

static void stopped_and_continued(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->flags |= CKPT_STOPS_CONTINUED;
}

static void alone(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->flags = 0;
}

static void twice(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[1].thread = stops[0].thread;
}

static void of_another(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[0].thread--;
}

static void of_nobody(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[THREADS - 1].thread = 0;
}

#define FORGE(_name, _words)	\
	FIXTURE_VARIANT_ADD(forged, _name) { .forge = _name, .words = _words }

FORGE(nonsense_signal, "by what is no stop signal");
FORGE(nonsense_of_thread, "by what is no stop signal");
FORGE(unknown_flag, "unknown flags");
FORGE(stopped_and_continued, "stopped and was continued");
FORGE(alone, "stopped alone");
FORGE(twice, "not in order");
FORGE(of_another, "another process's thread");
FORGE(of_nobody, "0");

TEST_F(forged, refused)
{
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&self->s, forgeable));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_STOPS);
	ASSERT_NE(NULL, rec);
	variant->forge((void *)(rec + 1), (void *)((char *)(rec + 1) + sizeof(struct ckpt_rec_stops)));
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, variant->words));
}

TEST_HARNESS_MAIN
