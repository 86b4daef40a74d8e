/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * procfs.h - what the tests of proc, sysfs and control groups share.
 */
#ifndef _PROCFS_H
#define _PROCFS_H

#include "forged.h"

static inline int get(const char *path, int flags)
{
	int fd = open(path, flags);

	check(fd >= 0);
	return fd;
}

static inline const char *text_at(int fd, off_t at)
{
	static char text[4096];
	ssize_t len = pread(fd, text, sizeof(text) - 1, at);

	check(len >= 0);
	text[len] = '\0';
	return text;
}

static inline void read_all(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static inline void *mapped_flag(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

/* Opened by a user whose process the restarter, root, makes */
static inline void as_a_user(void *arg)
{
	volatile int *flag = arg;
	int adj, dir, info;

	check(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
	adj = get("/proc/self/oom_score_adj", O_RDWR);
	dir = get("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	info = get("/proc/meminfo", O_RDONLY);
	*flag = 1;
	if (!wait_until(*flag == 2))
		_exit(3);
	check_equal(write(adj, "300", 3), 3);
	check_equal(atoi(text_at(adj, 0)), 300);
	check(strstr(text_at(info, 0), "MemTotal"));
	check(!faccessat(dir, "0", F_OK, AT_SYMLINK_NOFOLLOW));
}

static inline void of_a_user(void)
{
	volatile int *flag = mapped_flag();
	pid_t pid = spawn(as_a_user, (void *)flag);

	check(wait_until(*flag == 1));
	ready();
	*flag = 2;
	join(pid);
}

#endif /* _PROCFS_H */
