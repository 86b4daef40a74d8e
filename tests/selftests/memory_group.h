/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_group.h - a control group that may have so much memory, and a caller of checkpoint()
 * that gets on as slowly as the test reads.
 */
#ifndef _MEMORY_GROUP_H
#define _MEMORY_GROUP_H

#include <poll.h>
#include <sys/mount.h>

#include "subject.h"

#define GROUPS	"cg"
#define GROUP	GROUPS "/limited"

static inline bool group_write(const char *name, unsigned long value)
{
	char path[160], text[24];
	int fd, len = snprintf(text, sizeof(text), "%lu", value);
	bool ok;

	snprintf(path, sizeof(path), "%s" GROUP "/%s", test_dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = write(fd, text, len) == len;
	close(fd);
	return ok;
}

static inline unsigned long group_read(const char *name)
{
	char path[160], text[64];

	snprintf(path, sizeof(path), "%s" GROUP "/%s", test_dir, name);
	return read_file(path, text, sizeof(text)) > 0 ? strtoul(text, NULL, 10) : 0;
}

static inline void group_make(void)
{
	const char *control = test_file(GROUPS "/cgroup.subtree_control");
	int fd;

	check(!mkdir(test_file(GROUPS), 0755));
	check(!mount("none", test_file(GROUPS), "cgroup2", 0, NULL));
	fd = open(control, O_WRONLY | O_CLOEXEC);
	check(write(fd, "+memory", 7) == 7 && !close(fd));
	check(!mkdir(test_file(GROUP), 0755) || errno == EEXIST);
	check(group_write("cgroup.procs", 0));
}

static inline void group_remove(void)
{
	rmdir(test_file(GROUP));
	umount(test_file(GROUPS));
}

/* -- a saver -------------------------------------------------------------------------------- */

/* One that writes into a pipe and is stuck there until somebody reads */
struct saver {
	pid_t pid;
	int pipe;
};

static inline bool start_saver(struct saver *saver, const struct subject *s, unsigned long flags,
			       bool inside)
{
	/* A busy host is not what is tested. */
	struct checkpoint_args args = { .timeout_ms = 10000, .hold_fd = -1 };
	struct pollfd written = { .events = POLLIN };
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return false;
	saver->pipe = fds[0];
	written.fd = fds[0];
	saver->pid = fork();
	if (!saver->pid) {
		long ret;

		if (inside)
			group_write("cgroup.procs", 0);
		ret = sys_checkpoint(s->pid, fds[1], flags | CHECKPOINT_ARGS, &args, sizeof(args));

		_exit(ret < 0 ? -ret : 0);
	}
	close(fds[1]);
	/* Before that the caller is the OOM killer's first choice. */
	return saver->pid > 0 && poll(&written, 1, PATIENCE * 1000) == 1;
}

/* Return: errno of its checkpoint(), 0 if it was saved */
static inline int finish_saver(struct saver *saver)
{
	char buf[65536];
	int status;

	while (read(saver->pipe, buf, sizeof(buf)) > 0)
		;
	close(saver->pipe);
	if (waitpid(saver->pid, &status, 0) != saver->pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

#endif /* _MEMORY_GROUP_H */
