// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_fds.c - what each descriptor tells: by fcntl(2), fstat(2), ioctl(2), /proc.
 */
#include <dirent.h>
#include <linux/fs.h>
#include <linux/tiocl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <asm/termbits.h>

#include "inspect.h"

/* A key below that of the descriptor */
static const char *key_of(int fd, const char *name)
{
	static char key[64];

	snprintf(key, sizeof(key), "fd.%d.%s", fd, name);
	return key;
}

#define result(fd, name, call) do {					\
	errno = 0;							\
	line_result(key_of(fd, name), call);				\
} while (0)

static const struct {
	const char *name;
	int command;
} gets[] = {
	{ "flags", F_GETFL }, { "close_on_exec", F_GETFD }, { "owner", F_GETOWN },
	{ "signal", F_GETSIG }, { "lease", F_GETLEASE }, { "pipe_size", F_GETPIPE_SZ },
	{ "seals", F_GET_SEALS },
};

static const struct {
	const char *name;
	unsigned long request;
	unsigned int size;
} ioctls[] = {
	{ "readable", FIONREAD, 4 }, { "inode_flags", FS_IOC_GETFLAGS, 4 },
	{ "termios", TCGETS2, sizeof(struct termios2) }, { "window", TIOCGWINSZ, 8 },
	{ "foreground", TIOCGPGRP, 4 }, { "session", TIOCGSID, 4 }, { "unsent", TIOCOUTQ, 4 },
	{ "discipline", TIOCGETD, 4 }, { "packet", TIOCGPKT, 4 }, { "locked", TIOCGPTLCK, 4 },
	{ "exclusive", TIOCGEXCL, 4 }, { "number", TIOCGPTN, 4 }, { "tty", TIOCGDEV, 4 },
	{ "lock_of_termios", TIOCGLCKTRMIOS, sizeof(struct termios) },
	{ "inode_attributes", FS_IOC_FSGETXATTR, sizeof(struct fsxattr) },
	{ "busy_poll", 0x80088a02 /* EPIOCGPARAMS */, 8 },
};

static void dump_controls(int fd)
{
	struct f_owner_ex owner = {};
	unsigned char room[128];
	uint64_t hint = 0;
	uid_t uids[2] = {};
	unsigned int i;

	for (i = 0; i < sizeof(gets) / sizeof(gets[0]); i++)
		result(fd, gets[i].name, fcntl(fd, gets[i].command));
	result(fd, "owner_ex", fcntl(fd, F_GETOWN_EX, &owner));
	line_bytes(key_of(fd, "owner_is"), &owner, sizeof(owner));
	result(fd, "owner_uids", fcntl(fd, 17 /* F_GETOWNER_UIDS */, uids));
	line_bytes(key_of(fd, "owner_uids_are"), uids, sizeof(uids));
	result(fd, "hint", fcntl(fd, F_GET_RW_HINT, &hint));
	line("%s %#lx", key_of(fd, "hint_is"), hint);
	for (i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++) {
		memset(room, 0, sizeof(room));
		if (!ioctl(fd, ioctls[i].request, room))
			line_bytes(key_of(fd, ioctls[i].name), room, ioctls[i].size);
	}
}

/* The sort of a descriptor's file, as what may differ hangs on it */
static const char *sort_in(const char *dir, int fd)
{
	static char link[512];
	char path[128];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%d", dir, fd);
	len = readlink(path, link, sizeof(link) - 1);
	link[len < 0 ? 0 : len] = '\0';
	return sort_of(link);
}

static void dump_time(int fd, const char *sort, const char *name, struct statx_timestamp ts)
{
	line("fd.%d.%s.%s %lld.%09u", fd, sort, name, (long long)ts.tv_sec, ts.tv_nsec);
}

static void dump_status(int fd)
{
	struct statfs fs = {};
	struct statx sx = {};
	const char *sort = sort_in("/proc/self/fd", fd);

	if (statx(fd, "", AT_EMPTY_PATH, STATX_ALL | STATX_MNT_ID, &sx))
		return;
	line("%s %u", key_of(fd, "file"),
	     inode_number(makedev(sx.stx_dev_major, sx.stx_dev_minor), sx.stx_ino));
	line("fd.%d.%s.inode %llu", fd, sort, (unsigned long long)sx.stx_ino);
	line("%s %#x", key_of(fd, "mode"), sx.stx_mode);
	line("%s %u:%u", key_of(fd, "file_owner"), sx.stx_uid, sx.stx_gid);
	line("%s %u", key_of(fd, "links"), sx.stx_nlink);
	line("%s %llu", key_of(fd, "size"), (unsigned long long)sx.stx_size);
	line("%s %llu", key_of(fd, "blocks"), (unsigned long long)sx.stx_blocks);
	line("%s %u", key_of(fd, "block_size"), sx.stx_blksize);
	line("fd.%d.%s.device %u:%u %u:%u", fd, sort, sx.stx_dev_major, sx.stx_dev_minor,
	     sx.stx_rdev_major, sx.stx_rdev_minor);
	line("%s %#llx", key_of(fd, "mount"), (unsigned long long)sx.stx_mnt_id);
	line("%s %#llx", key_of(fd, "attributes"), (unsigned long long)sx.stx_attributes);
	dump_time(fd, sort, "atime", sx.stx_atime);
	dump_time(fd, sort, "mtime", sx.stx_mtime);
	dump_time(fd, sort, "ctime", sx.stx_ctime);
	dump_time(fd, sort, "btime", sx.stx_btime);
	if (!fstatfs(fd, &fs))
		line("%s %#lx %#lx", key_of(fd, "fs"), fs.f_type, fs.f_flags);
}

/* Data and holes, and who has which lock as seen by another open file */
static void dump_layout(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR), data = 0, hole;
	struct flock lock = { .l_type = F_WRLCK };
	int i;

	result(fd, "position", lseek(fd, 0, SEEK_CUR));
	if (at < 0)
		return;
	for (i = 0; i < 8; i++) {
		data = lseek(fd, data, SEEK_DATA);
		if (data < 0)
			break;
		hole = lseek(fd, data, SEEK_HOLE);
		line("fd.%d.data.%d %ld-%ld", fd, i, data, hole);
		data = hole;
	}
	lseek(fd, at, SEEK_SET);
	if (!fcntl(fd, F_OFD_GETLK, &lock))
		line("%s %d %ld+%ld pid %d", key_of(fd, "lock"), lock.l_type, lock.l_start,
		     lock.l_len, lock.l_pid);
}

static void dump_descriptor(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = 0x7fff };
	struct itimerspec ts;
	struct mq_attr attr;
	char names[256] = "";

	dump_controls(fd);
	dump_status(fd);
	dump_layout(fd);
	poll(&pollfd, 1, 0);
	line("%s %#x", key_of(fd, "ready"), pollfd.revents);
	result(fd, "attribute_names", flistxattr(fd, names, sizeof(names)));
	if (!mq_getattr(fd, &attr))
		line("%s %ld %ld %ld %ld", key_of(fd, "queue"), attr.mq_flags, attr.mq_maxmsg,
		     attr.mq_msgsize, attr.mq_curmsgs);
	if (!timerfd_gettime(fd, &ts)) {
		line("%s %ld.%09ld", key_of(fd, "timer_left"), ts.it_value.tv_sec,
		     ts.it_value.tv_nsec);
		line("%s %ld.%09ld", key_of(fd, "timer_interval"), ts.it_interval.tv_sec,
		     ts.it_interval.tv_nsec);
	}
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The numbers in a directory of /proc, without what @dir itself takes.  Return: how many */
static int numbers_in(const char *path, int *numbers, int max)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int nr = 0;

	while (dir && nr < max && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(dir))
			numbers[nr++] = atoi(entry->d_name);
	if (dir)
		closedir(dir);
	qsort(numbers, nr, sizeof(*numbers), by_number);
	return nr;
}

void dump_descriptors(void)
{
	static int fds[256];
	int nr = numbers_in("/proc/self/fd", fds, 256), i, k;

	line("fds %d", nr);
	for (i = 0; i < nr && fds[i] < HIGH; i++) {
		dump_descriptor(fds[i]);
		for (k = 0; k < i; k++)
			if (!syscall(SYS_kcmp, getpid(), getpid(), 0, fds[i], fds[k])) {
				line("fd.%d.same_as %d", fds[i], fds[k]);
				break;
			}
	}
}

/* -- fdinfo ------------------------------------------------------------------------ */

/* "(seconds, nanoseconds)" as one number */
static void dump_time_left(int fd, const char *name, const char *value)
{
	long seconds, nanoseconds;

	if (sscanf(value, " (%ld, %ld)", &seconds, &nanoseconds) == 2)
		line("fdinfo.%d.%s %ld.%09ld", fd, name, seconds, nanoseconds);
}

/* Watches and locks have a line each, and epoll shows them in an order of its own. */
static void dump_many(int fd, char *text)
{
	const char *name = strtok(text, ": "), *tfd = "";
	char *ino = NULL, *rest;

	rest = strtok(NULL, "");
	if (!rest)
		return;
	if (!strcmp(name, "tfd")) {
		tfd = strtok(rest, " ");
		rest = strtok(NULL, "");
		ino = rest ? strstr(rest, " pos:") : NULL;
	} else if (!strcmp(name, "inotify")) {
		tfd = strtok(rest, " ");
		rest = strtok(NULL, "");
	}
	if (ino) {
		*ino++ = '\0';
		line("fdinfo.%d.%s.%s.of %s", fd, name, tfd, ino);
	}
	line("fdinfo.%d.%s.%s %s", fd, name, tfd, rest ?: "");
}

static void dump_one_fdinfo(const char *dir, int fd)
{
	static char text[65536];
	char path[96], *next, *end, *colon;
	const char *sort;

	snprintf(path, sizeof(path), "%.*s/fd", (int)(strrchr(dir, '/') - dir), dir);
	sort = sort_in(path, fd);
	snprintf(path, sizeof(path), "%s/%d", dir, fd);
	if (read_file(path, text, sizeof(text)) < 0)
		return;
	for (next = text; *next; next = end) {
		end = strchrnul(next, '\n');
		if (*end)
			*end++ = '\0';
		next += strspn(next, " ");
		if (!strncmp(next, "tfd:", 4) || !strncmp(next, "inotify ", 8)) {
			dump_many(fd, next);
			continue;
		}
		colon = strchr(next, ':');
		if (!colon)
			continue;
		*colon++ = '\0';
		next[strcspn(next, " ")] = '\0';
		if (!strcmp(next, "it_value"))
			dump_time_left(fd, next, colon);
		else if (!strcmp(next, "ino"))
			line("fdinfo.%d.%s.inode %s", fd, sort, colon + strspn(colon, " \t"));
		else if (!strcmp(next, "lock"))
			line("fdinfo.%d.lock %s", fd, strstr(colon, ": ") + 2);
		else
			line("fdinfo.%d.%s %s", fd, next, colon + strspn(colon, " \t"));
	}
}

void dump_fdinfo(const char *dir)
{
	static int fds[256];
	int nr = numbers_in(dir, fds, 256), i;

	for (i = 0; i < nr; i++)
		dump_one_fdinfo(dir, fds[i]);
}
