// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc.c - the little that the tools look up in /proc.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	char path[32], *p;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (!read_file(path, buffer, len))
		return NULL;
	buffer[strcspn(buffer, "\n")] = '\0';
	for (p = buffer; *p; p++) {
		if (iscntrl((unsigned char)*p))
			*p = '?';
	}
	return buffer;
}

static pid_t parent_of(pid_t pid)
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

	for (p = getpid(); p > 0; p = p == getpid() ? getppid() : parent_of(p)) {
		if (p == pid)
			return true;
	}
	return false;
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
		pid = parent_of(pid);
	}
	return false;
}

__u64 proc_memory_below(pid_t root)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	__u64 bytes = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && pid != root && is_below(pid, root))
			bytes += memory_of(pid);
	}
	closedir(dir);
	return bytes;
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
