// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc.c - the little that the tools look up in /proc.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clean.h"
#include "proc.h"

static char *read_file(const char *path, char *buffer, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return NULL;
	got = read(fd, buffer, len - 1);
	close(fd);
	if (got < 0)
		return NULL;
	buffer[got] = '\0';
	return buffer;
}

char *proc_comm(pid_t pid, char *buffer, size_t len)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (!read_file(path, buffer, len))
		return NULL;
	/* it ends in a newline and may contain others */
	if (*buffer)
		buffer[strlen(buffer) - 1] = '\0';
	return clean_string(buffer);
}

pid_t proc_parent(pid_t pid)
{
	char path[32], text[512], *p;
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_file(path, text, sizeof(text)))
		return 0;
	/* the name in parentheses may contain anything */
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

bool proc_is_above(pid_t pid)
{
	pid_t p;

	for (p = getpid(); p > 0; p = p == getpid() ? getppid() : proc_parent(p)) {
		if (p == pid)
			return true;
	}
	return false;
}

char *proc_boot_id(char *buffer, size_t len)
{
	if (!read_file("/proc/sys/kernel/random/boot_id", buffer, len))
		snprintf(buffer, len, "-");
	buffer[strcspn(buffer, "\n")] = '\0';
	return buffer;
}

__u64 proc_begun(pid_t pid)
{
	char path[32], text[512], state = 'X', *p;
	unsigned long long begun = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_file(path, text, sizeof(text)))
		return 0;
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			 &state, &begun) != 2 || state == 'Z' || state == 'X')
		return 0;
	return begun;
}

static __u64 kib_after(const char *text, const char *word)
{
	const char *p = strstr(text, word);

	return p ? strtoull(p + strlen(word), NULL, 10) : 0;
}

static __u64 memory_of(pid_t pid)
{
	char path[32], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!read_file(path, text, sizeof(text)))
		return 0;
	return (kib_after(text, "\nRssAnon:") + kib_after(text, "\nVmSwap:")) * 1024;
}

/* Is @pid below @root?  A tree deeper than this is not worth an estimate. */
static bool is_below(pid_t pid, pid_t root)
{
	int depth;

	for (depth = 0; pid > 0 && depth < 64; depth++) {
		if (pid == root)
			return true;
		pid = proc_parent(pid);
	}
	return false;
}

/* The sum over all below @root of what @look says of them, 0 if there is no /proc */
static __u64 sum_below(pid_t root, __u64 (*look)(pid_t pid))
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	__u64 sum = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && pid != root && is_below(pid, root))
			sum += look(pid);
	}
	closedir(dir);
	return sum;
}

__u64 proc_memory_below(pid_t root)
{
	return sum_below(root, memory_of);
}

static bool is_zombie(pid_t pid)
{
	char path[32], text[512], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_file(path, text, sizeof(text)))
		return true;
	p = strrchr(text, ')');
	return !p || p[1] != ' ' || p[2] == 'Z' || p[2] == 'X';
}

static struct {
	pid_t *pids;
	size_t count, room;
} stopped;

/* Return: 1 if it is a new one */
static __u64 stop_one(pid_t pid)
{
	size_t i;

	for (i = 0; i < stopped.count; i++)
		if (stopped.pids[i] == pid)
			return 0;
	if (stopped.count == stopped.room) {
		size_t room = stopped.room * 2 + 64;
		pid_t *pids = realloc(stopped.pids, room * sizeof(*pids));

		if (!pids)
			return 0;
		stopped.pids = pids;
		stopped.room = room;
	}
	if (is_zombie(pid) || kill(pid, SIGSTOP))
		return 0;
	stopped.pids[stopped.count++] = pid;
	return 1;
}

/*
 * All are stopped before the first is killed: the children of one that dies belong to
 * somebody else from then on, and would be found no more.
 */
void proc_kill_below(pid_t root)
{
	int rounds;

	stopped.count = 0;
	for (rounds = 0; sum_below(root, stop_one) && rounds < 1000; rounds++)
		usleep(1000);
	while (stopped.count)
		kill(stopped.pids[--stopped.count], SIGKILL);
}

int proc_kill_tree(pid_t root)
{
	if (kill(root, SIGSTOP))
		return errno == ESRCH ? 0 : -errno;
	proc_kill_below(root);
	return kill(root, SIGKILL) && errno != ESRCH ? -errno : 0;
}

__u64 proc_tree_memory(pid_t root)
{
	return memory_of(root) + proc_memory_below(root);
}

__u64 proc_bytes_written(void)
{
	char text[512];
	const char *p;

	if (!read_file("/proc/self/io", text, sizeof(text)))
		return 0;
	p = strstr(text, "wchar:");
	return p ? strtoull(p + strlen("wchar:"), NULL, 10) : 0;
}

long proc_number(const char *path, long missing)
{
	char text[32], *end;
	long value;

	if (!read_file(path, text, sizeof(text)))
		return missing;
	value = strtol(text, &end, 10);
	return end == text ? missing : value;
}
