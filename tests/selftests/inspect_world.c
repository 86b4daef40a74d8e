// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_world.c - who shares what with whom, what lies in the machine, and what is
 * counted for users, which nothing shows but that there is no more to be had.
 */
#include <grp.h>
#include <linux/capability.h>
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>

#include "inspect.h"

/* -- sharing ------------------------------------------------------------------------- */

static const char * const kcmp_names[] = {
	"file", "vm", "files", "fs", "sighand", "io", "sysvsem",
};

static void dump_pair(const struct member *a, const struct member *b)
{
	unsigned int type, fd, same = 0;
	long ret;

	for (type = 1; type < 7; type++) {
		ret = syscall(SYS_kcmp, a->tid, b->tid, type, 0, 0);
		line("kcmp.%s.%s.%s %s", a->name, b->name, kcmp_names[type],
		     ret < 0 ? strerrorname_np(errno) : ret ? "apart" : "shared");
	}
	for (fd = 0; fd < HIGH / 2 && a == plan->members; fd++)
		same += !syscall(SYS_kcmp, a->tid, b->tid, 0, fd, fd);
	line("kcmp.%s.%s.descriptors %u", a->name, b->name, same);
}

void dump_shared(void)
{
	int i, k;

	for (i = 0; i < plan->nr; i++)
		for (k = 0; k < i; k++)
			if (plan->members[i].pid == plan->members[i].tid ||
			    plan->members[i].pid == plan->members[k].tid)
				dump_pair(&plan->members[k], &plan->members[i]);
}

/* -- the machine ----------------------------------------------------------------------- */

static void dump_text(const char *path)
{
	static char text[65536];
	char *next, *end;
	int nr = 0;

	if (read_file(path, text, sizeof(text)) < 0)
		return;
	for (next = text; *next; next = end) {
		end = strchrnul(next, '\n');
		if (*end)
			*end++ = '\0';
		line("%s.%d %s", path, ++nr, next);
	}
}

/* They have no order; what stands before the colon is their place in it. */
static void dump_locks(void)
{
	static char text[65536];
	char *next, *end;

	if (read_file("/proc/locks", text, sizeof(text)) < 0)
		return;
	for (next = text; *next; next = end) {
		end = strchrnul(next, '\n');
		if (*end)
			*end++ = '\0';
		line("lock %s", strchr(next, ' ') ?: next);
	}
}

void dump_world(void)
{
	static const char * const paths[] = {
		"/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg", "/proc/keys",
		"/proc/key-users", "/proc/sys/fs/aio-nr", "/proc/sys/kernel/pty/nr",
	};
	unsigned int i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		dump_text(paths[i]);
	dump_locks();
}

/* -- counts ---------------------------------------------------------------------------- */

static void put_number(const char *path, long value)
{
	char text[32];
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%ld", value);

	if (fd >= 0 && write(fd, text, len) != len)
		line("%s.cannot_be_set 1", path);
	close(fd);
}

static long get_number(const char *path)
{
	char text[32];

	return read_file(path, text, sizeof(text)) > 0 ? atol(text) : -1;
}

/* No rights of root's, but whatever user */
static void become(uid_t uid)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = {};

	check(!setresuid(uid, uid, uid) && !syscall(SYS_capset, &header, none));
}

/* How many processes more may there be than none? */
static int count_processes(void)
{
	struct rlimit limit;
	pid_t pid = -1;
	int n;

	getrlimit(RLIMIT_NPROC, &limit);
	for (n = 1; n < 300 && pid < 0; n++) {
		limit.rlim_cur = n;
		setrlimit(RLIMIT_NPROC, &limit);
		pid = fork();
		if (!pid)
			_exit(0);
	}
	waitpid(pid, NULL, 0);
	return n;
}

static int count_inotify(void)
{
	int n = 0;

	while (n < 300 && inotify_init1(IN_CLOEXEC) >= 0)
		n++;
	return n;
}

static int count_queues(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1024 };
	struct rlimit limit = { 100000, 100000 };
	char name[32];
	int n;

	setrlimit(RLIMIT_MSGQUEUE, &limit);
	for (n = 0; n < 300; n++) {
		snprintf(name, sizeof(name), "/count-%d", n);
		if (mq_open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600, &attr) < 0)
			break;
		mq_unlink(name);
	}
	return n;
}

/* Pipes get their whole size until the user has too many pages in them. */
static int count_pipes(void)
{
	int n = 0, fds[2];

	while (n < 200 && !pipe2(fds, O_CLOEXEC) && fcntl(fds[0], F_GETPIPE_SZ) == 65536)
		n++;
	return n;
}

static void count_for(uid_t uid)
{
	become(uid);
	line("count.%u.processes %d", uid, count_processes());
	line("count.%u.inotify %d", uid, count_inotify());
	line("count.%u.queues %d", uid, count_queues());
	line("count.%u.pipes %d", uid, count_pipes());
	dump_end();
	_exit(0);
}

/* The limit is the machine's: the smallest at which a user of no rights gets one more */
static int count_watches(void)
{
	static const char path[] = "/proc/sys/fs/epoll/max_user_watches";
	long before = get_number(path);
	struct epoll_event event = {};
	int poller = epoll_create1(EPOLL_CLOEXEC), fds[2], n;

	check(!pipe2(fds, O_CLOEXEC));
	for (n = 0; n < 300; n++) {
		put_number(path, n);
		if (!epoll_ctl(poller, EPOLL_CTL_ADD, fds[0], &event))
			break;
	}
	put_number(path, before);
	close(poller);
	close(fds[0]);
	close(fds[1]);
	return n;
}

static void count_in_child(uid_t uid)
{
	pid_t pid;

	dump_end();
	pid = fork();
	check(pid >= 0);
	if (!pid)
		count_for(uid);
	check(waitpid(pid, NULL, 0) == pid);
}

void dump_counts(void)
{
	static const char path[] = "/proc/sys/fs/pipe-user-pages-soft";
	long before = get_number(path);

	if (!plan->privileged)
		return;
	line("count.watches %d", count_watches());
	put_number(path, 2000);
	count_in_child(0);
	count_in_child(USER);
	put_number(path, before);
}
