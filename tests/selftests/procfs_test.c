// SPDX-License-Identifier: GPL-2.0-only
/*
 * procfs_test.c - open files and directories of proc, sysfs and control groups.
 */
#include <dirent.h>
#include <pthread.h>
#include <sys/mount.h>

#include "procfs.h"

/* -- whose it is ------------------------------------------------------------------------- */

static void of_itself(void)
{
	int stat = get("/proc/self/stat", O_RDONLY), status = get("/proc/self/status", O_RDONLY);
	int cmdline = get("/proc/self/cmdline", O_RDONLY), copy = dup(stat);

	read_all(stat);
	ready();
	check_equal(atoi(text_at(stat, 0)), getpid());
	check(strstr(text_at(status, 0), "Name:\tprocfs_test"));
	check(strstr(text_at(cmdline, 0), "procfs_test"));
	check_equal(syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, stat, copy), 0);
	check_equal(fcntl(stat, F_GETFL) & O_ACCMODE, O_RDONLY);
}
TEST_STORIES(of_itself)

static pthread_barrier_t barrier;
static pid_t thread_id;

static void *in_thread(void *arg)
{
	thread_id = gettid();
	pthread_setname_np(pthread_self(), "the-thread");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void of_a_thread(void)
{
	pthread_t thread;
	char path[64];
	int fd;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, in_thread, NULL));
	pthread_barrier_wait(&barrier);
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", thread_id);
	fd = get(path, O_RDWR);
	ready();
	check(!strcmp(text_at(fd, 0), "the-thread\n"));
	check_equal(write(fd, "other", 5), 5);
	check(!strcmp(text_at(fd, 0), "other\n"));
	pthread_barrier_wait(&barrier);
	check(!pthread_join(thread, NULL));
	check(wait_until(pread(fd, path, 1, 0) == -1 && errno == ESRCH));
}
TEST_STORIES(of_a_thread)

static void exits(void *arg)
{
	_exit(7);
}

static void of_a_zombie(void)
{
	pid_t pid = spawn(exits, NULL);
	char path[64], state[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(state, sizeof(state), "%d (procfs_test) Z", pid);
	fd = get(path, O_RDONLY);
	check(wait_until(!strncmp(text_at(fd, 0), state, strlen(state))));
	ready();
	check(!strncmp(text_at(fd, 0), state, strlen(state)));
	check_equal(waitpid(pid, NULL, 0), pid);
	check(pread(fd, path, 1, 0) == -1 && errno == ESRCH);
}
TEST_STORIES(of_a_zombie)

/* What one has read, no other does. */
static void kernels_log(void)
{
	int fd = get("/proc/kmsg", O_RDONLY | O_NONBLOCK), log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char buf[8192];
	ssize_t len;

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	check_equal(errno, EAGAIN);
	ready();
	check_equal(write(log, "<6>to be read\n", 14), 14);
	do
		len = read(fd, buf, sizeof(buf) - 1);
	while (len > 0 && (buf[len] = '\0', !strstr(buf, "to be read")));
	check(len > 0);
}
TEST_STORIES(kernels_log)

static int shared_fd;

static void reads_its_parent(void *arg)
{
	child_ready();
	check_equal(atoi(text_at(shared_fd, 0)), getppid());
	check_equal(lseek(shared_fd, 3, SEEK_SET), 3);
}

static void shared_by_processes(void)
{
	pid_t pid;

	shared_fd = get("/proc/self/stat", O_RDONLY);
	pid = spawn(reads_its_parent, NULL);
	await_child(pid);
	ready();
	join(pid);
	check_equal(lseek(shared_fd, 0, SEEK_CUR), 3);
}
TEST_STORIES(shared_by_processes)

/* -- what is written -------------------------------------------------------------------------- */

static void writes(void)
{
	int fd = get("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);

	check_equal(write(fd, "100", 3), 3);
	ready();
	check_equal(atoi(text_at(fd, 0)), 100);
	check_equal(write(fd, "200", 3), 3);
	check_equal(atoi(text_at(fd, 0)), 200);
	check_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}
TEST_STORIES(writes)

TEST_STORIES(of_a_user)

/* -- how far it was read ------------------------------------------------------------------------ */

/* At its end, and the text is longer then: still the end */
static void read_to_its_end(void)
{
	int status = get("/proc/self/status", O_RDONLY), info = get("/proc/meminfo", O_RDONLY);
	char buf[16];

	check(!prctl(PR_SET_NAME, "a"));
	read_all(status);
	read_all(info);
	check(!prctl(PR_SET_NAME, "longer-than-that"));
	ready();
	check_equal(read(status, buf, sizeof(buf)), 0);
	check_equal(read(info, buf, sizeof(buf)), 0);
	check(!strncmp(text_at(status, 0), "Name:", 5));
	check(!lseek(info, 0, SEEK_SET));
	check_equal(read(info, buf, 8), 8);
	check(!strncmp(buf, "MemTotal", 8));
}
TEST_STORIES(read_to_its_end)

/* Between two records, of which the first is another one meanwhile */
static void read_between_records(void)
{
	int fd = get("/proc/self/mountinfo", O_RDONLY);
	char first[4096], second[4096], buf[4096], *end;

	check(!mount("none", test_dir, "tmpfs", 0, NULL));
	strcpy(first, text_at(fd, 0));
	end = strchr(first, '\n');
	check(end);
	strcpy(second, text_at(fd, end + 1 - first));
	check(strchr(second, '\n'));
	*strchr(second, '\n') = '\0';
	check(!umount2(test_dir, MNT_DETACH));
	check_equal(read(fd, buf, end + 1 - first), end + 1 - first);
	ready();
	check_equal(read(fd, buf, strlen(second)), strlen(second));
	check(!memcmp(buf, second, strlen(second)));
}
TEST_STORIES(read_between_records)

/* A place that the next read finds anew, for pread() was elsewhere */
static void read_elsewhere(void)
{
	int fd = get("/proc/version", O_RDONLY), sysctl = get("/proc/sys/kernel/ostype", O_RDONLY);
	char buf[8];

	check_equal(read(fd, buf, 6), 6);
	check(!strncmp(text_at(fd, 0), "Linux version", 13));
	check_equal(read(sysctl, buf, 5), 5);
	ready();
	check_equal(read(fd, buf, 7), 7);
	check(!strncmp(buf, "version", 7));
	check_equal(lseek(sysctl, 0, SEEK_CUR), 5);
	check_equal(read(sysctl, buf, 5), 1);
	check_equal(buf[0], '\n');
	check(!strcmp(text_at(sysctl, 0), "Linux\n"));
}
TEST_STORIES(read_elsewhere)

static void read_in_part(void)
{
	char buf[5];
	int fd = get("/proc/self/status", O_RDONLY);

	check_equal(read(fd, buf, 5), 5);
	ready();
	check(!strncmp(text_at(fd, 0), "Name:", 5));
}
TEST_REFUSED(read_in_part, EAGAIN, "has been read in part")

/* -- directories -------------------------------------------------------------------------------- */

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static unsigned int entries(int fd, size_t room)
{
	unsigned int nr = 0;
	char buf[4096];
	ssize_t len, at;

	len = syscall(SYS_getdents64, fd, buf, room);
	check(len >= 0);
	for (at = 0; at < len; at += ((struct entry *)(buf + at))->len)
		nr++;
	return nr;
}

static unsigned int all_entries(int fd)
{
	unsigned int nr, sum = 0;

	while ((nr = entries(fd, 4096)))
		sum += nr;
	return sum;
}

static void directories(void)
{
	static const char * const paths[] = {
		"/proc/sys/kernel", "/sys/kernel", "/proc/self/fd", "/proc/self/task", "/proc/self",
	};
	unsigned int i, all[5], read[5];
	int fds[5];

	for (i = 0; i < 5; i++)
		fds[i] = get(paths[i], O_RDONLY | O_DIRECTORY);
	for (i = 0; i < 5; i++) {
		all[i] = all_entries(fds[i]);
		check(!lseek(fds[i], 0, SEEK_SET));
		read[i] = entries(fds[i], 80);
		check(read[i]);
	}
	ready();
	for (i = 0; i < 5; i++) {
		check_equal(read[i] + all_entries(fds[i]), all[i]);
		check(!lseek(fds[i], 0, SEEK_SET));
		check_equal(all_entries(fds[i]), all[i]);
	}
	check(!faccessat(fds[4], "stat", F_OK, 0));
}
TEST_STORIES(directories)

static void working_directory(void)
{
	char buf[64];

	check(!chdir("/sys/kernel"));
	ready();
	check(getcwd(buf, sizeof(buf)) && !strcmp(buf, "/sys/kernel"));
	check(!chdir("../../proc"));
}
TEST_STORIES(working_directory)

/* -- refused ------------------------------------------------------------------------------------------ */

static const char *to_open;

static void has_one(void)
{
	int fd = get(to_open, O_RDONLY);

	ready();
	check(!close(fd));
}

static int refused(const char *path, int err, const char *words)
{
	to_open = path;
	return story_refused(has_one, err, words);
}

TEST(what_holds_a_namespace_refused)
{
	EXPECT_EQ(0, refused("/proc/self/uid_map", EOPNOTSUPP, "holds a state of its process"));
}

TEST(what_wants_the_right_to_trace_refused)
{
	EXPECT_EQ(0, refused("/proc/self/fdinfo", EOPNOTSUPP, "right to trace"));
	EXPECT_EQ(0, refused("/proc/self/fdinfo/0", EOPNOTSUPP, "right to trace"));
}

TEST(others_refused)
{
	EXPECT_EQ(0, refused("/proc/1/stat", EBUSY, "of a process outside the tree"));
	EXPECT_EQ(0, refused("/proc/self/net/dev", EOPNOTSUPP, "network namespace"));
}

static const struct {
	const char *name;
	int flags;
	const char *words;
} of_the_gone[] = {
	{ "stat", O_RDONLY, "/stat, a file of a process that is gone" },
	{ "comm", O_RDWR, "/comm, a file of a process that is gone" },
	{ "maps", O_RDONLY, "/maps, a file of a process that is gone" },
	{ "mem", O_RDWR, "/mem, a file of a process that is gone" },
	{ "environ", O_RDONLY, "/environ, a file of a process that is gone" },
	{ "mounts", O_RDONLY, "/mounts, a file of a process that is gone" },
	{ ".", O_RDONLY | O_DIRECTORY, ", a file of a process that is gone" },
	{ "fd", O_RDONLY | O_DIRECTORY, "/fd, a file of a process that is gone" },
	{ "task", O_RDONLY | O_DIRECTORY, "/task, a file of a process that is gone" },
	{ "stat", O_PATH, "/stat, a file of the proc file system" },
	{ "exe", O_PATH | O_NOFOLLOW, "/exe, a file of the proc file system" },
	{ ".", O_PATH, "which has been deleted from a file system of type proc" },
};

static unsigned int which;

static void sleeps(void *arg)
{
	for (;;)
		pause();
}

static void has_one_of_the_gone(void)
{
	pid_t pid = spawn(sleeps, NULL);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, of_the_gone[which].name);
	fd = get(path, of_the_gone[which].flags);
	check(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
	ready();
	check(!close(fd));
}

TEST(of_the_gone_refused)
{
	for (which = 0; which < sizeof(of_the_gone) / sizeof(of_the_gone[0]); which++) {
		EXPECT_EQ(0, story_refused(has_one_of_the_gone, EOPNOTSUPP,
					   of_the_gone[which].words)) {
			tell("%s %#o", of_the_gone[which].name, of_the_gone[which].flags);
		}
	}
}

static void work_in_the_gone(void)
{
	pid_t pid = spawn(sleeps, NULL);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	check(!chdir(path) && !kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
	ready();
	check(access("stat", F_OK) == -1 && !chdir("/"));
}
TEST_REFUSED(work_in_the_gone, EOPNOTSUPP, "which has been deleted from a file system of type proc")

static void works_in_proc(void)
{
	check(!chdir("/proc/self"));
	ready();
	check(!chdir("/"));
}
TEST_REFUSED(works_in_proc, EOPNOTSUPP, "of the proc file system")

static void hides_pids(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%shidden", test_dir);
	check(!mkdir(path, 0755) || errno == EEXIST);
	check(!mount("proc", path, "proc", 0, "hidepid=1"));
	snprintf(path, sizeof(path), "%shidden/%d/stat", test_dir, getpid());
	get(path, O_RDONLY);
	snprintf(path, sizeof(path), "%shidden", test_dir);
	ready();
	check(!umount2(path, MNT_DETACH));
}
TEST_REFUSED(hides_pids, EOPNOTSUPP, "hidepid")

TEST_HARNESS_MAIN
