// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_areas.c - areas of memory of every sort, and settings of processes and threads.
 */
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "inspect.h"

#define PAGE	4096UL
#define LEN	(16 * PAGE)
#define FAR	100000

/* With a gap behind it that keeps it alone */
static char *area_of(int prot, int flags, size_t len)
{
	char *p = mmap(NULL, len + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);

	check(p != MAP_FAILED);
	p = mmap(p, len, prot, flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	check(p != MAP_FAILED);
	return p;
}

static char *area(void)
{
	char *p = area_of(PROT_READ | PROT_WRITE, MAP_PRIVATE, LEN);

	memset(p + PAGE, 1, 4 * PAGE);
	return p;
}

static void make_advised(void)
{
	static const int advice[] = {
		MADV_DONTFORK, MADV_DONTDUMP, MADV_WIPEONFORK, MADV_SEQUENTIAL, MADV_RANDOM,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_COLD, MADV_PAGEOUT,
	};
	unsigned int i;

	for (i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		check(!madvise(area(), LEN, advice[i]) || errno == EINVAL);
	/* A page of zeros that was written, one that was only read, one that was dropped */
	memset(area() + 8 * PAGE, 0, PAGE);
	check(!*(volatile char *)(area() + 9 * PAGE));
	check(!madvise(area() + 2 * PAGE, PAGE, MADV_DONTNEED));
	check(!madvise(area() + PAGE, PAGE, MADV_FREE));
}

static void make_special(void)
{
	char *p = area();

	check(!mlock2(p, LEN, MLOCK_ONFAULT) && !mlock(area() + PAGE, PAGE));
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, area(), LEN, "a name");
	check(!mprotect(area() + 3 * PAGE, PAGE, PROT_READ) && !mprotect(area(), PAGE, PROT_NONE));
	check(!mprotect(area(), PAGE, PROT_READ | PROT_EXEC));
	syscall(462 /* mseal */, area(), LEN, 0);
	area_of(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, LEN)[0] = 1;
	area_of(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_GROWSDOWN, LEN)[LEN - 1] = 1;
	area_of(PROT_READ | PROT_WRITE, MAP_SHARED, LEN)[5 * PAGE] = 1;
	area_of(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, LEN)[0] = 1;
	p = area_of(PROT_READ | PROT_WRITE, MAP_PRIVATE, 8UL << 20);
	check(!madvise(p, 8UL << 20, MADV_HUGEPAGE));
	memset(p, 2, 8UL << 20);
	check(mremap(area(), LEN, 2 * LEN, MREMAP_MAYMOVE) != MAP_FAILED);
	check(sbrk(5 * PAGE) != (void *)-1);
}

static void make_mapped(void)
{
	int fd, other, key;
	char *p;

	write_file("mapped", "mapped contents", 15);
	fd = open(test_file("mapped"), O_RDWR | O_CLOEXEC);
	check(!ftruncate(fd, LEN));
	p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(p != MAP_FAILED && strcpy(p + PAGE, "dirty"));
	p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
	check(p != MAP_FAILED && strcpy(p + 2 * PAGE, "private"));
	check(mmap(NULL, LEN, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	other = open(test_file("mapped"), O_RDONLY | O_CLOEXEC);
	check(mmap(NULL, LEN, PROT_READ, MAP_SHARED, other, 2 * PAGE) != MAP_FAILED);
	close(fd);
	close(other);
	key = pkey_alloc(0, PKEY_DISABLE_WRITE);
	if (key > 0)
		check(!pkey_mprotect(area(), LEN, PROT_READ, key));
}

void make_memory(void)
{
	make_advised();
	make_special();
	make_mapped();
	check(!syscall(SYS_membarrier, 1 << 4 /* REGISTER_PRIVATE_EXPEDITED */, 0, 0));
}

/* -- signals and timers --------------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

static void new_timer(clockid_t clock, int how, long first, long interval)
{
	struct sigevent event = { .sigev_notify = how, .sigev_signo = SIGRTMIN + 9 };
	struct itimerspec ts = { { interval, interval ? 5 : 0 }, { first, 6 } };
	int id;

	check(!syscall(SYS_timer_create, clock, &event, &id));
	check(!syscall(SYS_timer_settime, id, 0, &ts, NULL));
}

/* Before there are threads: what comes is to stay pending. */
void block_signals(void)
{
	sigset_t set;
	int i;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGURG);
	for (i = 0; i < 10; i++)
		sigaddset(&set, SIGRTMIN + i);
	check(!pthread_sigmask(SIG_BLOCK, &set, NULL));
}

void make_signals(void)
{
	static char stack[65536] __attribute__((aligned(4096)));
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK };
	struct itimerval tv = { { 11, 12 }, { FAR, 13 } };
	union sigval value = { .sival_int = 4711 };
	stack_t alternate = { stack, 0, sizeof(stack) };

	sigfillset(&action.sa_mask);
	check(!sigaction(SIGUSR1, &action, NULL) && !sigaction(SIGRTMAX, &action, NULL));
	action.sa_flags = SA_NODEFER | SA_RESETHAND | SA_NOCLDSTOP;
	check(!sigaction(SIGUSR2, &action, NULL));
	signal(SIGHUP, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	check(!sigaltstack(&alternate, NULL));
	check(!sigqueue(getpid(), SIGRTMIN + 5, value) && !sigqueue(getpid(), SIGRTMIN + 5, value));
	check(!raise(SIGUSR1) && !kill(getpid(), SIGRTMIN));
	check(!setitimer(ITIMER_REAL, &tv, NULL) && !setitimer(ITIMER_VIRTUAL, &tv, NULL));
	check(!setitimer(ITIMER_PROF, &tv, NULL));
	new_timer(CLOCK_REALTIME, SIGEV_SIGNAL, FAR, 3);
	new_timer(CLOCK_MONOTONIC, SIGEV_NONE, FAR, 0);
	new_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, FAR, 1);
	new_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, FAR, 1);
	new_timer(CLOCK_BOOTTIME, SIGEV_SIGNAL, 0, 0);
}

/* -- settings ------------------------------------------------------------------------- */

static void put_text(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, value, strlen(value)) < 0)
		tell("%s cannot be set", path);
	close(fd);
}

static void make_limits(void)
{
	static const struct { int nr; rlim_t soft, hard; } limits[] = {
		{ RLIMIT_CPU, 100000, 200000 }, { RLIMIT_FSIZE, 1UL << 40, 1UL << 41 },
		{ RLIMIT_STACK, 9UL << 20, 10UL << 30 }, { RLIMIT_CORE, 12345, 23456 },
		{ RLIMIT_RSS, 77, 88 }, { RLIMIT_NPROC, 500, 600 }, { RLIMIT_NOFILE, 333, 444 },
		{ RLIMIT_MEMLOCK, 1UL << 22, 1UL << 22 }, { RLIMIT_LOCKS, 5, 6 },
		{ RLIMIT_SIGPENDING, 400, 450 }, { RLIMIT_MSGQUEUE, 100000, 200000 },
		{ RLIMIT_NICE, 3, 5 }, { RLIMIT_RTPRIO, 2, 4 }, { RLIMIT_RTTIME, 90000, 100000 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit = { limits[i].soft, limits[i].hard };

		if (setrlimit(limits[i].nr, &limit) && plan->privileged)
			check(!"a limit cannot be set");
	}
}

static void install_filter(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_reboot, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check(!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program));
}

/* As setproctitle() does, where the kernel lets it */
static void rename_oneself(void)
{
	static char title[] = "another command line\0and its words";

	prctl(PR_SET_MM, PR_SET_MM_ARG_START, title, 0, 0);
	prctl(PR_SET_MM, PR_SET_MM_ARG_END, title + sizeof(title), 0, 0);
	prctl(PR_SET_MM, PR_SET_MM_ARG_START, title, 0, 0);
}

static void make_settings(void)
{
	struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority;
		 uint64_t slice, deadline, period; uint32_t min, max; } attr = {
		.size = sizeof(attr), .policy = SCHED_BATCH, .nice = 4, .slice = 5000000,
		.flags = 0x1 | 0x20 | 0x40, .min = 100, .max = 900,
	};
	cpu_set_t cpus;

	rename_oneself();
	put_text("/proc/self/oom_score_adj", "321");
	put_text("/proc/self/coredump_filter", "0x55");
	prctl(PR_SET_TIMERSLACK, 77777, 0, 0, 0);
	prctl(PR_SET_NAME, "odd (name) :)", 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0);
	prctl(67 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0);
	prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	personality(ADDR_NO_RANDOMIZE | SHORT_INODE | STICKY_TIMEOUTS | UNAME26);
	syscall(SYS_ioprio_set, 1, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6));
	CPU_ZERO(&cpus);
	CPU_SET(1, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	syscall(SYS_sched_setattr, 0, &attr, 0);
	umask(0137);
}

static void make_credentials(void)
{
	gid_t groups[] = { 7, 3000, 44 };

	prctl(PR_SET_SECUREBITS, 0x2f, 0, 0, 0);
	check(!setgroups(3, groups) && !setresgid(1000, 1001, 1002));
	check(!setresuid(1000, 1000, 1003));
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

void make_odd(void)
{
	make_settings();
	put_text("/proc/self/loginuid", "1234");
	if (plan->privileged)
		make_credentials();
	install_filter();
	make_limits();
}

void become_odd_restarter(void)
{
	static char stack[32768];
	struct itimerval tv = { { 5, 0 }, { FAR, 0 } };
	struct rlimit limit = { 555, 4096 };
	stack_t alternate = { stack, 0, sizeof(stack) };
	struct sched_param param = {};
	cpu_set_t cpus;
	sigset_t set;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	sigfillset(&set);
	umask(0077);
	put_text("/proc/self/oom_score_adj", "77");
	put_text("/proc/self/coredump_filter", "0x11");
	prctl(PR_SET_TIMERSLACK, 99999, 0, 0, 0);
	prctl(PR_SET_NAME, "restarter", 0, 0, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0);
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	prctl(67 /* PR_SET_MEMORY_MERGE */, 1, 0, 0, 0);
	personality(ADDR_NO_RANDOMIZE | SHORT_INODE);
	syscall(SYS_ioprio_set, 1, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 2));
	syscall(SYS_membarrier, 1 << 2 /* REGISTER_GLOBAL_EXPEDITED */, 0, 0);
	pkey_alloc(0, PKEY_DISABLE_ACCESS);
	check(!mlockall(MCL_FUTURE | MCL_ONFAULT) && !chdir("/") && dup2(0, 250) == 250);
	check(!sched_setaffinity(0, sizeof(cpus), &cpus) && !setpriority(PRIO_PROCESS, 0, 3));
	check(!sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &param));
	check(!setitimer(ITIMER_VIRTUAL, &tv, NULL) && !sigaltstack(&alternate, NULL));
	check(!setrlimit(RLIMIT_NOFILE, &limit) && signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	check(signal(SIGCHLD, SIG_DFL) != SIG_ERR && !sigprocmask(SIG_BLOCK, &set, NULL));
}

void make_odd_thread(void)
{
	struct sched_param param = { .sched_priority = 7 };
	sigset_t set;

	prctl(PR_SET_NAME, "thread", 0, 0, 0);
	prctl(PR_SET_TIMERSLACK, 4242, 0, 0, 0);
	prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0);
	syscall(SYS_ioprio_set, 1, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
	if (plan->privileged)
		check(!syscall(SYS_setresuid, 0, 2000, 0) && syscall(SYS_setfsuid, 2001) == 2000);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGRTMIN + 6);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	check(!syscall(SYS_tgkill, getpid(), gettid(), SIGRTMIN + 6));
}
