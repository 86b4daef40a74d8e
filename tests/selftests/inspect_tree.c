// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_tree.c - the tree that looks at itself.
 *
 * All of its members wait in read(2) for the root's word, one after the other does as it
 * is told, and so nothing of one changes while another looks at it.
 */
#include <pthread.h>
#include <sys/ioctl.h>

#include "inspect.h"

struct plan *plan;

#define END	(-1)

/* -- members ------------------------------------------------------------------------ */

/* High up: to look is to write to them, and they are not looked at themselves. */
static void high_pipe(int fds[2])
{
	int i, low;

	check(!pipe2(fds, O_CLOEXEC));
	for (i = 0; i < 2; i++) {
		low = fds[i];
		fds[i] = fcntl(low, F_DUPFD_CLOEXEC, HIGH);
		check(fds[i] >= HIGH && !close(low));
	}
}

/* Pipes are made for all at once, so that each process has the ends of all. */
static void make_plan(bool privileged)
{
	int i;

	plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	check(plan != MAP_FAILED);
	plan->privileged = privileged;
	high_pipe(plan->answers);
	for (i = 0; i < MAX_TALKING; i++)
		high_pipe(plan->members[i].command);
}

struct member *new_member(const char *name)
{
	struct member *m = &plan->members[plan->nr++];

	check(plan->nr <= MAX_MEMBERS);
	snprintf(m->name, sizeof(m->name), "%s", name);
	return m;
}

void enter_member(struct member *m)
{
	m->pid = getpid();
	m->tid = gettid();
}

/* The one that speaks for its process, whose first thread is gone */
static bool is_headless(const struct member *m)
{
	return !strcmp(m->name, "headless");
}

static void look_at_oneself(struct member *m, int nr)
{
	dump_begin(m->name, nr);
	dump_calls();
	if (m->tid == m->pid || is_headless(m)) {
		dump_effects();
		dump_descriptors();
	}
	dump_end();
}

void be_member(struct member *m)
{
	int nr;

	enter_member(m);
	while (read(m->command[0], &nr, sizeof(nr)) == sizeof(nr) && nr != END) {
		look_at_oneself(m, nr);
		check(write(plan->answers[1], &nr, sizeof(nr)) == sizeof(nr));
	}
}

/* Wait until it waits for its orders */
static void await_member(struct member *m)
{
	check(wait_until(m->tid && is_blocked_in(m->pid, m->tid, SYS_read)));
}

static void *thread_main(void *m)
{
	if (!strcmp(((struct member *)m)->name, "thread"))
		make_odd_thread();
	be_member(m);
	return NULL;
}

static void start_thread(const char *name)
{
	struct member *m = new_member(name);
	pthread_t thread;

	check(!pthread_create(&thread, NULL, thread_main, m));
	await_member(m);
}

/* -- processes ----------------------------------------------------------------------- */

static void odd(void *m)
{
	start_thread("odd_thread");
	make_odd();
	be_member(m);
}

static void member(void *m)
{
	be_member(m);
}

/* Without its parent's descriptors, but for the pipes */
static void plain(void *m)
{
	close_range(3, HIGH - 1, 0);
	be_member(m);
}

/* Leads a session with a terminal, on which another group is in front */
static void leader(void *m)
{
	struct member *job = new_member("job");
	int master, slave, off = 0;
	char name[64];

	close_range(3, HIGH - 1, 0);
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	check(setsid() == getpid());
	check(!mlockall(MCL_FUTURE | MCL_ONFAULT));
	check(master >= 0 && !ioctl(master, TIOCSPTLCK, &off) && !ptsname_r(master, name, 64));
	slave = open(name, O_RDWR);
	check(slave >= 0);
	spawn(member, job);
	await_member(job);
	check(!setpgid(job->pid, job->pid) && !tcsetpgrp(slave, job->pid));
	be_member(m);
}

/* Its first thread is gone. */
static void headless(void *m)
{
	pthread_t thread;

	close_range(3, HIGH - 1, 0);
	check(!pthread_create(&thread, NULL, thread_main, m));
	syscall(SYS_exit, 0);
}

static void zombie(void *m)
{
	enter_member(m);
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	make_odd();
	_exit(5);
}

static void killed(void *m)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGTERM);
	check(!sigprocmask(SIG_BLOCK, &set, NULL) && !raise(SIGTERM) && !raise(SIGRTMIN));
	enter_member(m);
	kill(getpid(), SIGKILL);
}

/* In a directory that is not there any more */
static void orphan(void *m)
{
	close_range(3, HIGH - 1, 0);
	check(!mkdir("gone", 0711) && !chdir("gone") && !rmdir("../gone"));
	be_member(m);
}

/* Goes on while its parent has not heard of it */
static void continued(void *m)
{
	be_member(m);
}

static void parent_of_orphan(void *m)
{
	spawn(orphan, m);
	await_member(m);
}

static pid_t start(const char *name, void (*run)(void *))
{
	struct member *m = new_member(name);
	pid_t pid = spawn(run, m);

	check(wait_until(m->tid));
	return pid;
}

static void wait_for(pid_t pid, int flags)
{
	siginfo_t info;

	check(!waitid(P_PID, pid, &info, flags | WNOWAIT));
}

static void start_silent(void)
{
	pid_t pid;

	wait_for(start("zombie", zombie), WEXITED);
	plan->members[plan->nr - 1].silent = true;
	wait_for(start("killed", killed), WEXITED);
	plan->members[plan->nr - 1].silent = true;
	pid = start("stopped", plain);
	await_member(&plan->members[plan->nr - 1]);
	kill(pid, SIGSTOP);
	wait_for(pid, WSTOPPED);
	plan->members[plan->nr - 1].silent = true;
	pid = start("continued", continued);
	kill(pid, SIGSTOP);
	wait_for(pid, WSTOPPED);
	kill(pid, SIGCONT);
	wait_for(pid, WCONTINUED);
	await_member(&plan->members[plan->nr - 1]);
}

static void waiter(void *m)
{
	close_range(3, HIGH - 1, 0);
	start_waits();
	be_member(m);
}

/* Its threads are members of their own, which are looked at from outside. */
static void start_waiter(void)
{
	struct member *m = new_member("waiter");
	int i;

	plan->waiting = &plan->members[plan->nr];
	for (i = 0; i < nr_waits(); i++)
		new_member(wait_name(i))->silent = true;
	spawn(waiter, m);
	await_member(m);
}

static void start_cloned(const char *name, unsigned long flags)
{
	struct member *m = new_member(name);
	pid_t pid = syscall(SYS_clone, flags, 0, 0, 0, 0);

	if (!pid) {
		be_member(m);
		_exit(0);
	}
	check(pid > 0);
	await_member(m);
}

static void start_family(void)
{
	struct member *m;

	start_thread("thread");
	start("odd", odd);
	await_member(&plan->members[plan->nr - 2]);
	start("leader", leader);
	await_member(&plan->members[plan->nr - 2]);
	m = new_member("headless");
	spawn(headless, m);
	await_member(m);
	m = new_member("orphan");
	check(waitpid(spawn(parent_of_orphan, m), NULL, 0) > 0);
	start_cloned("sharing", CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | SIGUSR1);
	start_cloned("noiseless", 0);
	start_silent();
	start_waiter();
}

/* -- the root ------------------------------------------------------------------------ */

static void command(struct member *m, int nr)
{
	int answer;

	check(write(m->command[1], &nr, sizeof(nr)) == sizeof(nr));
	if (nr != END)
		check(read(plan->answers[0], &answer, sizeof(answer)) == sizeof(answer));
}

/* What /proc shows of a member; a process once */
static void look_at(struct member *m, int nr)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.process", m->name);
	dump_begin(name, nr);
	if (m->pid == m->tid || is_headless(m))
		dump_process(m->pid);
	dump_end();
	snprintf(name, sizeof(name), "%s.task", m->name);
	dump_begin(name, nr);
	dump_thread(m->pid, m->tid);
	dump_end();
}

/* After a restart calls are made again, and open(2) takes a number anew. */
static void await_waits(void)
{
	int i;

	for (i = 0; i < nr_waits(); i++)
		check(wait_until(is_blocked_in(plan->waiting[i].pid, plan->waiting[i].tid, -1)));
}

static void look(int nr)
{
	int i;

	await_waits();
	for (i = 1; i < plan->nr; i++)
		if (!plan->members[i].silent) {
			command(&plan->members[i], nr);
			await_member(&plan->members[i]);
		}
	look_at_oneself(&plan->members[0], nr);
	for (i = 0; i < plan->nr; i++)
		look_at(&plan->members[i], nr);
	dump_begin("all", nr);
	dump_shared();
	dump_world();
	dump_counts();
	dump_end();
}

static void end_family(void)
{
	int i;

	for (i = 1; i < plan->nr; i++)
		if (plan->members[i].pid != getpid())
			kill(plan->members[i].pid, SIGKILL);
	signal(SIGCHLD, SIG_DFL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

/* Once before it counts: libc's memory and the stack are as large as they get. */
static void inspect(bool privileged)
{
	char deep[65536];

	memset(deep, 1, sizeof(deep));
	asm volatile("" :: "r" (deep) : "memory");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	make_plan(privileged);
	enter_member(new_member("root"));
	block_signals();
	make_memory();
	make_files();
	start_family();
	make_signals();
	look(0);
	look(1);
	ready();
	look(2);
	end_family();
}

void inspected_tree(void)
{
	inspect(true);
}

void inspected_tree_of_a_user(void)
{
	inspect(false);
}
