// SPDX-License-Identifier: GPL-2.0-only
/*
 * accounting_test.c - what a program has used and done so far: nothing of it starts
 * anew, and nothing of what a restart costs is added.
 */
#include <pthread.h>
#include <sys/resource.h>
#include <sys/times.h>

#include "accounting.h"
#include "checkpoint_test.h"

#define MIB		(1UL << 20)

/* What waiting in ready() may cost meanwhile, on an emulated processor */
#define SLACK_NS	(350 * MS)
#define SLACK_EVENTS	4000

/* User and system time of the process as ticks count it, and user time alone */
#define CPUCLOCK_PROF	((clockid_t)-8)
#define CPUCLOCK_VIRT	((clockid_t)-7)

#define PF_SUPERPRIV	0x00000100
#define PF_RANDOMIZE	0x00400000

static void touch_pages(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	madvise(p, bytes, MADV_NOHUGEPAGE);
	memset(p, 1, bytes);
	check(!munmap(p, bytes));
}

/* -- numbers --------------------------------------------------------------------------- */

struct numbers {
	struct rusage self, children, thread;
	struct tms times;
	uint64_t process_ns, thread_ns, prof_ns, virt_ns;
	unsigned long long stat[NR_STAT], io[7], schedstat[3];
};

static void read_numbers(const char *path, unsigned long long *to, int nr)
{
	char text[512], *next = text;
	int i;

	check(read_file(path, text, sizeof(text)) > 0);
	for (i = 0; i < nr; i++) {
		next += strcspn(next, "0123456789");
		to[i] = strtoull(next, &next, 10);
	}
}

static void take(struct numbers *n)
{
	read_stat("/proc/self/stat", n->stat);
	read_numbers("/proc/self/io", n->io, 7);
	read_numbers("/proc/self/schedstat", n->schedstat, 3);
	check(!getrusage(RUSAGE_SELF, &n->self));
	check(!getrusage(RUSAGE_CHILDREN, &n->children));
	check(!getrusage(RUSAGE_THREAD, &n->thread));
	check(times(&n->times) != -1);
	n->process_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	n->thread_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	n->prof_ns = now_ns(CPUCLOCK_PROF);
	n->virt_ns = now_ns(CPUCLOCK_VIRT);
}

#define grew(before, after, slack) do {						\
	unsigned long long _b = (before), _a = (after);				\
	if (_a < _b || _a - _b > (slack))					\
		fail(__FILE__, __LINE__, "%s was %llu and is %llu, slack %llu",	\
		     #before, _b, _a, (unsigned long long)(slack));		\
} while (0)

static void compare_usage(const struct rusage *b, const struct rusage *a, uint64_t slack,
			  unsigned int events)
{
	grew(tv_ns(b->ru_utime), tv_ns(a->ru_utime), slack);
	grew(tv_ns(b->ru_stime), tv_ns(a->ru_stime), slack);
	grew(b->ru_minflt, a->ru_minflt, events);
	grew(b->ru_majflt, a->ru_majflt, events);
	grew(b->ru_nvcsw, a->ru_nvcsw, events);
	grew(b->ru_nivcsw, a->ru_nivcsw, events);
	grew(b->ru_maxrss, a->ru_maxrss, events ? 512 : 0);
	grew(b->ru_inblock, a->ru_inblock, events);
	grew(b->ru_oublock, a->ru_oublock, events);
}

static void compare(const struct numbers *b, const struct numbers *a)
{
	const unsigned int hz = sysconf(_SC_CLK_TCK), ticks = SLACK_NS / 1000000000.0 * hz;
	int i;

	compare_usage(&b->self, &a->self, SLACK_NS, SLACK_EVENTS);
	compare_usage(&b->thread, &a->thread, SLACK_NS, SLACK_EVENTS);
	compare_usage(&b->children, &a->children, 0, 0);
	grew(b->times.tms_utime, a->times.tms_utime, ticks);
	grew(b->times.tms_stime, a->times.tms_stime, ticks);
	grew(b->times.tms_cutime, a->times.tms_cutime, 0);
	grew(b->times.tms_cstime, a->times.tms_cstime, 0);
	grew(b->process_ns, a->process_ns, SLACK_NS);
	grew(b->thread_ns, a->thread_ns, SLACK_NS);
	grew(b->prof_ns, a->prof_ns, SLACK_NS);
	grew(b->virt_ns, a->virt_ns, SLACK_NS);
	for (i = MINFLT; i <= CMAJFLT; i++)
		grew(b->stat[i], a->stat[i], i & 1 ? 0 : SLACK_EVENTS);
	grew(b->stat[UTIME], a->stat[UTIME], ticks);
	grew(b->stat[STIME], a->stat[STIME], ticks);
	check_equal(a->stat[CUTIME], b->stat[CUTIME]);
	check_equal(a->stat[CSTIME], b->stat[CSTIME]);
	check_equal(a->stat[START], b->stat[START]);
	for (i = 0; i < 7; i++)
		grew(b->io[i], a->io[i], MIB);
	grew(b->schedstat[0], a->schedstat[0], SLACK_NS);
	check(a->schedstat[1] >= b->schedstat[1]);
	grew(b->schedstat[2], a->schedstat[2], 2 * SLACK_EVENTS);
}

static void child_work(void *arg)
{
	burn(CLOCK_PROCESS_CPUTIME_ID, 150);
	touch_pages(24 * MIB);
}

static void *thread_work(void *arg)
{
	burn(CLOCK_THREAD_CPUTIME_ID, 150);
	touch_pages(MIB);
	return arg;
}

/* Threads that have exited, children that were waited for, and what is left */
static void numbers(void)
{
	struct numbers before, after;
	pthread_t thread;

	join(spawn(child_work, NULL));
	check(!pthread_create(&thread, NULL, thread_work, NULL) && !pthread_join(thread, NULL));
	burn(CLOCK_THREAD_CPUTIME_ID, 400);
	touch_pages(16 * MIB);
	take(&before);
	check(before.process_ns > 500 * MS && before.self.ru_minflt > 4000);
	ready();
	take(&after);
	compare(&before, &after);
}
TEST_STORIES(numbers)

/* -- threads ------------------------------------------------------------------------------ */

static void *thread_waits(void *arg)
{
	burn(CLOCK_THREAD_CPUTIME_ID, 100);
	*(volatile int *)arg = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

#define NR_THREADS	3

static void living_threads(void)
{
	unsigned long long stat[NR_STAT], before[NR_THREADS][NR_STAT];
	pthread_t threads[NR_THREADS];
	uint64_t ns[NR_THREADS];
	int tid[NR_THREADS] = {};
	clockid_t clock;
	char path[64];
	int i;

	for (i = 0; i < NR_THREADS; i++)
		check(!pthread_create(&threads[i], NULL, thread_waits, &tid[i]));
	for (i = 0; i < NR_THREADS; i++) {
		check(wait_until(*(volatile int *)&tid[i] && is_blocked_in(getpid(), tid[i], SYS_pause)));
		check(!pthread_getcpuclockid(threads[i], &clock));
		ns[i] = now_ns(clock);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid[i]);
		read_stat(path, before[i]);
	}
	ready();
	for (i = 0; i < NR_THREADS; i++) {
		check(!pthread_getcpuclockid(threads[i], &clock));
		grew(ns[i], now_ns(clock), 30 * MS);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid[i]);
		read_stat(path, stat);
		check_equal(stat[START], before[i][START]);
		grew(before[i][MINFLT], stat[MINFLT], 50);
	}
}
TEST_STORIES(living_threads)

/* -- zombies --------------------------------------------------------------------------------- */

static void zombie(void)
{
	struct rusage before, after, all;
	int status;
	pid_t pid;

	pid = spawn(child_work, NULL);
	check(!syscall(SYS_waitid, P_PID, pid, NULL, WEXITED | WNOWAIT, &before));
	check(tv_ns(before.ru_utime) + tv_ns(before.ru_stime) > 100 * MS);
	/* The kernel counts each processor's pages only now and then. */
	check(before.ru_maxrss > 22 * 1024);
	ready();
	check(wait4(pid, &status, 0, &after) == pid && !status);
	compare_usage(&before, &after, 30 * MS, 100);
	check_equal(after.ru_maxrss, before.ru_maxrss);
	check(!getrusage(RUSAGE_CHILDREN, &all));
	check_equal(tv_ns(all.ru_utime), tv_ns(after.ru_utime));
	check_equal(all.ru_maxrss, after.ru_maxrss);
}
TEST_STORIES(zombie)

/* A zombie with less memory than the restarter */
static void nothing(void *arg)
{
}

static void small_zombie(void)
{
	struct rusage before, after;
	pid_t pid;

	pid = spawn(nothing, NULL);
	check(!syscall(SYS_waitid, P_PID, pid, NULL, WEXITED | WNOWAIT, &before));
	ready();
	check(wait4(pid, NULL, 0, &after) == pid);
	check_equal(after.ru_maxrss, before.ru_maxrss);
}

TEST(small_zombie_of_a_large_restarter)
{
	char *p = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct subject s;

	ASSERT_NE(MAP_FAILED, p);
	/* The subject is a copy of the restarter: it must not have this memory. */
	ASSERT_EQ(0, madvise(p, 64 * MIB, MADV_DONTFORK));
	ASSERT_EQ(0, subject_start(&s, small_zombie));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- limits and marks ---------------------------------------------------------------------------- */

static volatile sig_atomic_t got_signal;

static void on_signal(int sig)
{
	got_signal = sig;
}

/*
 * One second in all, of which more than half was used before.  The limit counts
 * ticks, of which a busy host takes some away, and so does this clock.
 */
static void cpu_limit(void)
{
	struct rlimit limit = { 1, 10 };
	uint64_t begin;

	signal(SIGXCPU, on_signal);
	check(!setrlimit(RLIMIT_CPU, &limit));
	burn(CPUCLOCK_PROF, 600);
	check(!got_signal);
	ready();
	begin = now_ns(CPUCLOCK_PROF);
	while (!got_signal) {
		burn(CPUCLOCK_PROF, 5);
		check(now_ns(CPUCLOCK_PROF) - begin < 500 * MS);
	}
	check_equal(got_signal, SIGXCPU);
	check(now_ns(CPUCLOCK_PROF) >= 1000 * MS);
}
TEST_KILLED(cpu_limit)
TEST_TWICE(cpu_limit)

static unsigned long status_number(const char *name)
{
	char text[64];

	check(status_line(name, text, sizeof(text)) > 0);
	return strtoul(text, NULL, 10);
}

static void high_water_marks(void)
{
	unsigned long hwm, peak, size;
	int fd = open("/dev/null", O_RDONLY);

	touch_pages(48 * MIB);
	check(dup2(fd, 1000) == 1000 && !close(1000));
	hwm = status_number("VmHWM");
	peak = status_number("VmPeak");
	size = status_number("FDSize");
	check(hwm > 48 * 1024 && size == 1024);
	ready();
	check_equal(status_number("VmHWM"), hwm);
	check_equal(status_number("VmPeak"), peak);
	check_equal(status_number("FDSize"), size);
	check_equal(fcntl(1000, F_GETFD), -1);
	check_equal(fcntl(1023, F_GETFD), -1);
	check_equal(dup(fd), fd + 1);
}
TEST_STORIES(high_water_marks)

/*
 * Each processor counts the last few pages for itself.  Those of a file are not there at
 * once after the restart, so that it is the mark that shows.
 */
static void many_pages_of_a_file(void *arg)
{
	int nr = (intptr_t)arg, pages = 512 + 5 * nr, i, fd;
	unsigned long hwm;
	char name[16];
	char *p;

	snprintf(name, sizeof(name), "pages%d", nr);
	write_file(name, "", 0);
	fd = open(test_file(name), O_RDWR);
	check(!ftruncate(fd, pages * 4096));
	p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(p != MAP_FAILED && status_number("VmHWM"));
	for (i = 0; i < pages; i++)
		p[i * 4096] = 1;
	hwm = status_number("VmHWM");
	child_ready();
	check(status_number("VmHWM") >= hwm);
}

static void high_water_mark_is_exact(void)
{
	pid_t pids[8];
	int i;

	for (i = 0; i < 8; i++)
		pids[i] = spawn(many_pages_of_a_file, (void *)(intptr_t)i);
	for (i = 0; i < 8; i++)
		await_child(pids[i]);
	ready();
	for (i = 0; i < 8; i++)
		join(pids[i]);
}
TEST_KILLED(high_water_mark_is_exact)

/* -- flags ------------------------------------------------------------------------------------------ */

static unsigned int process_flags(void)
{
	unsigned long long stat[NR_STAT];

	read_stat("/proc/self/stat", stat);
	return stat[FLAGS];
}

/* fork() clears the mark; the restarter is root and uses its rights. */
static void no_right_used(void)
{
	unsigned int flags = process_flags();

	check(!(flags & PF_SUPERPRIV));
	ready();
	check_equal(process_flags() & (PF_SUPERPRIV | PF_RANDOMIZE),
		    flags & (PF_SUPERPRIV | PF_RANDOMIZE));
}
TEST_STORIES(no_right_used)

static void right_used(void)
{
	unsigned int flags;

	check(!sethostname("guest", 5));
	flags = process_flags();
	check(flags & PF_SUPERPRIV);
	ready();
	check_equal(process_flags() & (PF_SUPERPRIV | PF_RANDOMIZE),
		    flags & (PF_SUPERPRIV | PF_RANDOMIZE));
}
TEST_STORIES(right_used)

/* -- a parent that has executed a program -------------------------------------------------------------- */

/*
 * A child whose exit signal is not SIGCHLD sends SIGCHLD to a parent that has executed
 * another program since, which does not expect the other one.
 */
void after_exec(void)
{
	int status;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, on_signal);
	ready();
	check(wait_until(waitpid(-1, &status, __WALL | WNOHANG) > 0));
	check_equal(status, 0);
	check_equal(got_signal, SIGCHLD);
	_exit(0);
}

static void parent_executes(void)
{
	signal(SIGUSR1, SIG_IGN);
	if (!syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, 0)) {
		if (!wait_until(!access(test_file("go1"), F_OK)))
			_exit(1);
		_exit(0);
	}
	execute_self();
}
TEST_STORIES(parent_executes)

static void parent_stays(void)
{
	int status;

	signal(SIGUSR1, on_signal);
	if (!syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, 0)) {
		if (!wait_until(!access(test_file("go1"), F_OK)))
			_exit(1);
		_exit(0);
	}
	ready();
	check(wait_until(waitpid(-1, &status, __WALL | WNOHANG) > 0));
	check_equal(got_signal, SIGUSR1);
}
TEST_STORIES(parent_stays)

TEST_HARNESS_MAIN
