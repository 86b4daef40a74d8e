// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_calls.c - what system calls tell a thread about itself.
 */
#include <asm/prctl.h>
#include <cpuid.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>

#include "inspect.h"

/* A call made for its result */
#define result(key, call) do {						\
	errno = 0;							\
	line_result(key, call);						\
} while (0)

static void dump_ids(void)
{
	gid_t groups[64];
	uid_t r, e, s;
	int n;

	line("ids %d %d group %d session %d", getpid(), gettid(), getpgrp(), getsid(0));
	line("parent %d", getppid());
	line("pgid %d", getpgid(0));
	getresuid(&r, &e, &s);
	line("uids %u %u %u %ld", r, e, s, syscall(SYS_setfsuid, -1));
	getresgid(&r, &e, &s);
	line("gids %u %u %u %ld", r, e, s, syscall(SYS_setfsgid, -1));
	n = getgroups(64, groups);
	line_bytes("groups", groups, n > 0 ? n * sizeof(*groups) : 0);
}

static void dump_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {};
	uint64_t bounding = 0, ambient = 0;
	int i;

	result("capget", syscall(SYS_capget, &header, data));
	line_bytes("capabilities", data, sizeof(data));
	for (i = 0; i < 64; i++) {
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			bounding |= 1ULL << i;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			ambient |= 1ULL << i;
	}
	line("bounding %#lx", bounding);
	line("ambient %#lx", ambient);
	for (i = -1; i >= -8; i--) {
		char key[16];

		snprintf(key, sizeof(key), "keyring.%d", -i);
		result(key, syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, i, 0));
	}
}

/* Getters that return what they get */
static const struct {
	const char *name;
	int option;
	unsigned long arg;
} prctl_gets[] = {
	{ "dumpable", 3, 0 }, { "keepcaps", 7, 0 }, { "timing", 13, 0 }, { "seccomp", 21, 0 },
	{ "securebits", 27, 0 }, { "timerslack", 30, 0 }, { "mce_kill", 34, 0 },
	{ "no_new_privs", 39, 0 }, { "thp_disable", 42, 0 }, { "store_bypass", 52, 0 },
	{ "indirect_branch", 52, 1 }, { "l1d_flush", 52, 2 }, { "tagged_addresses", 56, 0 },
	{ "io_flusher", 58, 0 }, { "mdwe", 66, 0 }, { "memory_merge", 68, 0 },
};

/* Getters that write what they get to an address */
static const struct {
	const char *name;
	int option;
} prctl_words[] = {
	{ "pdeathsig", 2 }, { "unalign", 5 }, { "fpemu", 9 }, { "fpexc", 11 }, { "comm", 16 },
	{ "endian", 19 }, { "tsc", 25 }, { "child_subreaper", 37 }, { "tid_address", 40 },
};

static const struct {
	const char *name;
	int option;
} arch_gets[] = {
	{ "fs", 0x1003 }, { "gs", 0x1004 }, { "xcomp_supported", 0x1021 },
	{ "xcomp_permitted", 0x1022 }, { "xcomp_guest", 0x1024 }, { "untag_mask", 0x4001 },
	{ "tag_bits", 0x4003 }, { "shadow_stack", 0x5005 },
};

#define number_of(array)	(sizeof(array) / sizeof((array)[0]))

static void dump_settings(void)
{
	char auxv[1024] = {}, key[32];
	unsigned int i;
	uint64_t words[2];

	for (i = 0; i < number_of(prctl_gets); i++) {
		snprintf(key, sizeof(key), "prctl.%s", prctl_gets[i].name);
		result(key, prctl(prctl_gets[i].option, prctl_gets[i].arg, 0, 0, 0));
	}
	for (i = 0; i < number_of(prctl_words); i++) {
		memset(words, 0, sizeof(words));
		snprintf(key, sizeof(key), "prctl.%s", prctl_words[i].name);
		errno = 0;
		if (prctl(prctl_words[i].option, words, 0, 0, 0) < 0)
			line_result(key, -1);
		else
			line_bytes(key, words, sizeof(words));
	}
	words[0] = 0;
	result("prctl.core", prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, 0, 0, words));
	line("prctl.core_cookie %#lx", words[0]);
	result("prctl.auxv", prctl(0x41555856, auxv, sizeof(auxv), 0, 0));
	line_bytes("auxv_by_prctl", auxv, sizeof(auxv));
	for (i = 0; i < number_of(arch_gets); i++) {
		words[0] = 0;
		snprintf(key, sizeof(key), "arch_prctl.%s", arch_gets[i].name);
		result(key, syscall(SYS_arch_prctl, arch_gets[i].option, words));
		snprintf(key, sizeof(key), "arch.%s", arch_gets[i].name);
		line("%s %#lx", key, words[0]);
	}
	result("arch_prctl.cpuid", syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0));
	result("personality", syscall(SYS_personality, 0xffffffffUL));
	result("ldt", syscall(SYS_modify_ldt, 0, auxv, sizeof(auxv)));
	result("membarrier.query", syscall(SYS_membarrier, 0, 0, 0));
	result("membarrier.registered", syscall(SYS_membarrier, 1 << 9, 0, 0));
}

static void dump_limits(void)
{
	struct rusage usage;
	struct rlimit limit;
	struct tms tms;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		check(!getrlimit(i, &limit));
		line("rlimit.%d %#lx %#lx", i, limit.rlim_cur, limit.rlim_max);
	}
	for (i = RUSAGE_CHILDREN; i <= RUSAGE_THREAD; i++) {
		check(!getrusage(i, &usage));
		line("rusage.%d.time %ld.%06ld %ld.%06ld", i + 1, usage.ru_utime.tv_sec,
		     usage.ru_utime.tv_usec, usage.ru_stime.tv_sec, usage.ru_stime.tv_usec);
		line("rusage.%d.maxrss %ld", i + 1, usage.ru_maxrss);
		line("rusage.%d.faults %ld %ld", i + 1, usage.ru_minflt, usage.ru_majflt);
		line("rusage.%d.blocks %ld %ld", i + 1, usage.ru_inblock, usage.ru_oublock);
		line("rusage.%d.switches %ld %ld", i + 1, usage.ru_nvcsw, usage.ru_nivcsw);
	}
	line("times.at %ld", times(&tms));
	line("times.self %ld %ld", tms.tms_utime, tms.tms_stime);
	line("times.children %ld %ld", tms.tms_cutime, tms.tms_cstime);
	for (i = 0; i < 12; i++) {
		struct timespec ts = {};

		if (!clock_gettime(i, &ts))
			line("clock.%d %ld.%09ld", i, ts.tv_sec, ts.tv_nsec);
	}
}

static void dump_scheduling(void)
{
	unsigned long cpus[128] = {};
	struct timespec ts = {};
	uint32_t attr[32] = { sizeof(attr) };
	int i;

	result("sched.policy", syscall(SYS_sched_getscheduler, 0));
	result("sched.getattr", syscall(SYS_sched_getattr, 0, attr, sizeof(attr), 0));
	line_bytes("sched.attr", attr, attr[0]);
	result("sched.rr_interval", syscall(SYS_sched_rr_get_interval, 0, &ts));
	line("sched.interval %ld.%09ld", ts.tv_sec, ts.tv_nsec);
	result("sched.affinity", syscall(SYS_sched_getaffinity, 0, sizeof(cpus), cpus));
	line("sched.cpus %#lx", cpus[0]);
	for (i = 0; i < 3; i++) {
		line("priority.%d %ld", i, syscall(SYS_getpriority, i, 0));
		line("ioprio.%d %ld", i, syscall(SYS_ioprio_get, i + 1, 0));
	}
	result("mempolicy", syscall(SYS_get_mempolicy, &i, NULL, 0, NULL, 0));
}

static void dump_signals(void)
{
	struct { unsigned long handler, flags, restorer, mask; } action;
	unsigned long set = 0;
	stack_t stack = {};
	int sig;

	for (sig = 1; sig <= 64; sig++)
		if (!syscall(SYS_rt_sigaction, sig, NULL, &action, 8))
			line("sigaction.%d %#lx %#lx %#lx %#lx", sig, action.handler,
			     action.flags, action.restorer, action.mask);
	syscall(SYS_rt_sigprocmask, 0, NULL, &set, 8);
	line("blocked %#lx", set);
	syscall(SYS_rt_sigpending, &set, 8);
	line("pending %#lx", set);
	sigaltstack(NULL, &stack);
	line("altstack %p %#x %zu", stack.ss_sp, stack.ss_flags, stack.ss_size);
}

/* Times that are left get their keys from what may grow and what may not. */
static void dump_timers(void)
{
	struct itimerspec ts;
	struct itimerval tv;
	int i;

	for (i = 0; i < 3; i++) {
		check(!getitimer(i, &tv));
		line("itimer.%d.left %ld.%06ld", i, tv.it_value.tv_sec, tv.it_value.tv_usec);
		line("itimer.%d.armed %d", i, tv.it_value.tv_sec || tv.it_value.tv_usec);
		line("itimer.%d.interval %ld.%06ld", i, tv.it_interval.tv_sec,
		     tv.it_interval.tv_usec);
	}
	for (i = 0; i < 16; i++) {
		if (syscall(SYS_timer_gettime, i, &ts))
			continue;
		line("timer.%d.left %ld.%09ld", i, ts.it_value.tv_sec, ts.it_value.tv_nsec);
		line("timer.%d.armed %d", i, ts.it_value.tv_sec || ts.it_value.tv_nsec);
		line("timer.%d.interval %ld.%09ld", i, ts.it_interval.tv_sec,
		     ts.it_interval.tv_nsec);
		line("timer.%d.overrun %ld", i, syscall(SYS_timer_getoverrun, i));
	}
}

/* Registered with exactly this it is EBUSY, with anything else EINVAL. */
static void dump_rseq(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	result("rseq", syscall(SYS_rseq, area, 32, 0, 0x53053053));
}

static void dump_registers(void)
{
	unsigned short control, ds, es, fs, gs, ss, cs;
	unsigned long flags;
	unsigned int mxcsr;

	asm volatile("fnstcw %0" : "=m" (control));
	asm volatile("stmxcsr %0" : "=m" (mxcsr));
	asm volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2" : "=r" (ds), "=r" (es), "=r" (fs));
	asm volatile("mov %%gs, %0; mov %%ss, %1; mov %%cs, %2" : "=r" (gs), "=r" (ss), "=r" (cs));
	asm volatile("pushf; pop %0" : "=r" (flags));
	line("x87 %#x", control);
	line("mxcsr %#x", mxcsr);
	line("selectors %#x %#x %#x %#x %#x %#x", cs, ds, es, fs, gs, ss);
	line("eflags %#lx", flags & ~0x8d5UL);	/* without what arithmetic leaves */
}

static bool has_keys(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & bit_OSPKE);
}

/* What each protection key forbids, and which could be had.  Taking one sets its rights. */
static void dump_keys(void)
{
	unsigned int pkru, zero;
	int keys[16], i, n = 0;
	uint64_t had = 0;

	if (!has_keys())
		return;
	asm volatile("rdpkru" : "=a" (pkru), "=d" (zero) : "c" (0));
	while (n < 16 && (i = pkey_alloc(0, 0)) >= 0) {
		had |= 1UL << i;
		keys[n++] = i;
	}
	while (n)
		pkey_free(keys[--n]);
	asm volatile("wrpkru" :: "a" (pkru), "c" (0), "d" (0));
	line("pkru %#x", pkru);
	line("pkey_free %#lx", had);
}

static void dump_robust_list(void)
{
	void *head = NULL;
	size_t len = 0;

	result("get_robust_list", syscall(SYS_get_robust_list, 0, &head, &len));
	line("robust_list %p %zu", head, len);
}

/* What waitid(2) would say of each child; nothing is taken */
static void dump_children(void)
{
	char path[64], children[1024], *next = children;
	struct rusage usage;
	siginfo_t info;
	long pid, ret;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getpid(), gettid());
	if (read_file(path, children, sizeof(children)) <= 0)
		return;
	while ((pid = strtol(next, &next, 10)) > 0) {
		memset(&info, 0, sizeof(info));
		memset(&usage, 0, sizeof(usage));
		ret = syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WSTOPPED | WCONTINUED |
			      WNOHANG | WNOWAIT | __WALL, &usage);
		line("waitid.%ld %ld %d pid %d uid %d code %d status %#x", pid, ret, info.si_signo,
		     info.si_pid, info.si_uid, info.si_code, info.si_status);
		line("waitid.%ld.usage %ld.%06ld %ld.%06ld", pid, usage.ru_utime.tv_sec,
		     usage.ru_utime.tv_usec, usage.ru_stime.tv_sec, usage.ru_stime.tv_usec);
	}
}

void dump_calls(void)
{
	struct utsname names;
	char cwd[256] = "";
	mode_t mask;

	dump_ids();
	dump_capabilities();
	dump_settings();
	dump_limits();
	dump_scheduling();
	dump_signals();
	dump_timers();
	dump_rseq();
	dump_registers();
	dump_robust_list();
	dump_children();
	dump_keys();
	line("brk %#lx", syscall(SYS_brk, 0));
	mask = umask(0);
	umask(mask);
	line("umask %#o", mask);
	line("cwd %s", getcwd(cwd, sizeof(cwd)) ?: strerrorname_np(errno));
	check(!uname(&names));
	line("uname %s %s %s", names.nodename, names.release, names.machine);
}
