/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nested_pidns.h - what the tests of pid namespaces of the tree share.
 */
#ifndef _NESTED_PIDNS_H
#define _NESTED_PIDNS_H

#include "forged.h"

#define LAST_PID	"/proc/sys/kernel/ns_last_pid"

/* Say that one has come, and wait until the root has looked at all. */
static inline void here(const char *name)
{
	write_file(name, "", 0);
	check(wait_until(!access(test_file("looked"), F_OK)));
}

/* The root has looked at all, and they may go on and exit. */
static inline void looked(void)
{
	write_file("looked", "", 0);
}

/* Another life of the root will look again. */
static inline void look_again(void)
{
	unlink(test_file("looked"));
}

static inline void await(const char *name)
{
	check(wait_until(!access(test_file(name), F_OK)));
}

/* All numbers of a process, as they are seen from here: "12 1" */
static inline void numbers_of(pid_t pid, char *buf, size_t size)
{
	char path[64], text[4096], *at;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	check(read_file(path, text, sizeof(text)) > 0);
	at = strstr(text, "\nNSpid:");
	check(at);
	snprintf(buf, size, "%.*s", (int)strcspn(at + 7, "\n"), at + 7);
}

/* The first process of a new namespace below, which runs @run.  Return: its pid here */
static inline pid_t spawn_init(void (*run)(void *), void *arg)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	check(pid >= 0);
	if (pid)
		return pid;
	check_equal(getpid(), 1);
	run(arg);
	_exit(0);
}

static inline int last_pid(void)
{
	char text[32];

	check(read_file(LAST_PID, text, sizeof(text)) > 0);
	return atoi(text);
}

static inline void set_last_pid(const char *nr)
{
	put_text(LAST_PID, nr);
	check_equal(last_pid(), atoi(nr));
}

static inline void exits(void *arg)
{
	_exit((long)arg);
}

static inline void waits(void *name)
{
	here(name);
	pause();
}

/* -- several levels, and several beside each other --------------------------------------------- */

static inline void deepest(void *arg)
{
	check_equal(getpid(), 1);
	here(arg);
	check_equal(getpid(), 1);
	check_equal(getppid(), 0);
}

static inline void middle(void *name)
{
	pid_t pid, other;

	set_last_pid("70");
	pid = spawn_init(deepest, name);
	other = spawn(waits, "middle");
	await(name);
	await("middle");
	check_equal(pid, 71);
	check_equal(other, 72);
	check(wait_until(!access(test_file("looked"), F_OK)));
	join(pid);
	check(!kill(other, SIGKILL));
	check(waitpid(other, NULL, 0) == other);
}

static inline void find_all(char text[3][64], pid_t first)
{
	int i;

	for (i = 0; i < 3; i++)
		numbers_of(first + i, text[i], sizeof(text[i]));
}

/* Without @show, /proc need not be that of the root's namespace. */
static inline void have_levels(bool show)
{
	char before[3][64] = {}, after[3][64] = {};
	pid_t first, second;
	int i;

	first = spawn_init(middle, "deep");
	await("deep");
	await("middle");
	second = spawn_init(deepest, "beside");
	await("beside");
	if (show)
		find_all(before, first);
	ready();
	if (show)
		find_all(after, first);
	for (i = 0; i < 3; i++)
		check(!strcmp(before[i], after[i]));
	looked();
	join(first);
	join(second);
	look_again();
}

#endif /* _NESTED_PIDNS_H */
