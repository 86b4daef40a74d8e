// SPDX-License-Identifier: GPL-2.0-only
/*
 * zombie_test.c - what /proc goes on showing of a process that has exited.
 */
#include <sys/resource.h>

#include "checkpoint_test.h"

static bool is_zombie(pid_t pid)
{
	siginfo_t info = {};

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

static void on_signal(int sig)
{
	(void)sig;
}

/* Unlike its parent in whatever is still shown of it */
static void become_odd(void)
{
	struct rlimit few = { 17, 23 };
	cpu_set_t cpus;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	signal(SIGUSR2, on_signal);
	signal(SIGHUP, SIG_IGN);
	check(!raise(SIGUSR1));
	check(!kill(getpid(), SIGRTMIN + 3));
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	check(fd >= 0 && write(fd, "300", 3) == 3);
	check(!setrlimit(RLIMIT_NOFILE, &few));
	check(!setpriority(PRIO_PROCESS, 0, 7));
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	check(!sched_setaffinity(0, sizeof(cpus), &cpus));
	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	check(!prctl(PR_SET_TIMERSLACK, 12345, 0, 0, 0));
}

static void drop_line(char *text, const char *name)
{
	char *line = strstr(text, name), *next;

	if (line) {
		next = strchrnul(line, '\n');
		memmove(line, next, strlen(next) + 1);
	}
}

/* Its exit costs some context switches anew; the user's queued signals are a sum of all. */
static void look_at(pid_t pid, char *text, size_t size)
{
	static const char * const files[] = {
		"status", "limits", "oom_score_adj", "timerslack_ns", "loginuid",
	};
	size_t len = 0;
	unsigned int i;
	char path[64];
	ssize_t got;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		got = read_file(path, text + len, size - len);
		check(got >= 0);
		len += got;
	}
	drop_line(text, "SigQ:");
	drop_line(text, "nonvoluntary_ctxt_switches:");
	drop_line(text, "voluntary_ctxt_switches:");
	snprintf(text + strlen(text), size - strlen(text), "\nnice %d\n",
		 getpriority(PRIO_PROCESS, pid));
}

static void compare_lines(char *before, char *after)
{
	char *was, *is;

	do {
		was = strsep(&before, "\n");
		is = strsep(&after, "\n");
		if ((!was != !is) || (was && strcmp(was, is)))
			fail(__FILE__, __LINE__, "was \"%s\", is \"%s\"", was, is);
	} while (was);
}

static void zombie_of(int sig)
{
	static char before[16384], after[16384];
	pid_t pid = fork();

	if (!pid) {
		become_odd();
		kill(getpid(), sig);
		_exit(1);
	}
	check(wait_until(is_zombie(pid)));
	look_at(pid, before, sizeof(before));
	ready();
	look_at(pid, after, sizeof(after));
	compare_lines(before, after);
	check(waitpid(pid, NULL, 0) == pid);
}

static void exited(void) { zombie_of(0); }
TEST_STORIES(exited)

static void killed(void) { zombie_of(SIGKILL); }
TEST_STORIES(killed)

static void terminated(void) { zombie_of(SIGTERM); }
TEST_STORIES(terminated)

TEST_HARNESS_MAIN
