// SPDX-License-Identifier: GPL-2.0-only
/*
 * procfs_test.c - open files and directories of proc, sysfs and control groups.
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mount.h>

#include "forged.h"

static int get(const char *path, int flags)
{
	int fd = open(path, flags);

	check(fd >= 0);
	return fd;
}

static const char *text_at(int fd, off_t at)
{
	static char text[4096];
	ssize_t len = pread(fd, text, sizeof(text) - 1, at);

	check(len >= 0);
	text[len] = '\0';
	return text;
}

static void read_all(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void *mapped_flag(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

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

/* Opened by a user whose process the restarter, root, makes */
static void as_a_user(void *arg)
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

static void of_a_user(void)
{
	volatile int *flag = mapped_flag();
	pid_t pid = spawn(as_a_user, (void *)flag);

	check(wait_until(*flag == 1));
	ready();
	*flag = 2;
	join(pid);
}
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

/* -- events ---------------------------------------------------------------------------------------- */

static int polled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	check(poll(&p, 1, 0) >= 0);
	return p.revents & POLLPRI;
}

static void mount_and_unmount(void)
{
	check(!mount("none", test_dir, "tmpfs", 0, NULL));
	check(!umount(test_dir));
}

static void mounts_change(void)
{
	int reported = get("/proc/self/mountinfo", O_RDONLY);
	int pending = get("/proc/self/mounts", O_RDONLY);

	check(!polled(reported) && !polled(pending));
	mount_and_unmount();
	check(polled(reported) && !polled(reported));
	ready();
	check(!polled(reported));
	check(polled(pending) && !polled(pending));
	mount_and_unmount();
	check(polled(reported) && polled(pending));
}
TEST_STORIES(mounts_change)

static int watched;

static void waits_for_change(void *arg)
{
	struct epoll_event event = { .events = EPOLLPRI | EPOLLET };
	int ep = epoll_create1(0);

	check(!epoll_ctl(ep, EPOLL_CTL_ADD, watched, &event));
	check_equal(epoll_wait(ep, &event, 1, -1), 1);
}

static void mounts_in_epoll(void)
{
	pid_t waiter;

	watched = get("/proc/self/mountinfo", O_RDONLY);
	waiter = spawn(waits_for_change, NULL);
	check(wait_until(is_blocked_in(waiter, waiter, SYS_epoll_wait)));
	ready();
	check(wait_until(is_blocked_in(waiter, waiter, -1)));
	mount_and_unmount();
	join(waiter);
}
TEST_KILLED(mounts_in_epoll)

static void hostname_changes(void)
{
	int reported = get("/proc/sys/kernel/hostname", O_RDONLY);
	int pending = get("/proc/sys/kernel/hostname", O_RDONLY);

	check(!sethostname("changed", 7));
	check(polled(reported));
	check(!polled(reported));
	ready();
	check(!polled(reported));
	check(polled(pending) && !polled(pending));
}
TEST_STORIES(hostname_changes)

/* -- control groups ---------------------------------------------------------------------------------- */

#define ROOT2	"/tmp/cgroup2"
#define GROUP	ROOT2 "/procfs_test"

static void make_group(void)
{
	mkdir(ROOT2, 0755);
	if (access(ROOT2 "/cgroup.procs", F_OK))
		check(!mount("none", ROOT2, "cgroup2", 0, NULL));
	check(!mkdir(GROUP, 0755) || errno == EEXIST);
}

static void freeze(int fd, const char *text)
{
	check_equal(write(fd, text, 1), 1);
}

static void control_group(void)
{
	int read_already, pending, control, directory, procs;

	make_group();
	read_already = get(GROUP "/cgroup.events", O_RDONLY);
	pending = get(GROUP "/cgroup.events", O_RDONLY);
	control = get(GROUP "/cgroup.freeze", O_RDWR);
	directory = get(GROUP, O_RDONLY | O_DIRECTORY);
	procs = get(ROOT2 "/cgroup.procs", O_RDONLY);
	freeze(control, "0");
	/* A second notification within CGROUP_FILE_NOTIFY_MIN_INTV (10 ms) comes later. */
	sleep_ms(30);
	read_all(read_already);
	read_all(procs);
	check(polled(pending) && !polled(read_already));
	ready();
	check(polled(pending) && !polled(read_already));
	check(strstr(text_at(pending, 0), "frozen 0"));
	check(!polled(pending));
	freeze(control, "1");
	check(wait_until(polled(read_already)));
	check(strstr(text_at(read_already, 0), "frozen 1"));
	check(!polled(read_already));
	freeze(control, "0");
	check(!faccessat(directory, "cgroup.procs", F_OK, 0));
	check(lseek(procs, 0, SEEK_CUR) > 0);
	check(*text_at(procs, 0));
}
/* Left running it would hear of what the other one writes. */
TEST_KILLED(control_group)
TEST_TWICE(control_group)

static void removed_group(void)
{
	int fd;

	make_group();
	check(!mkdir(GROUP "/gone", 0755));
	fd = get(GROUP "/gone/cgroup.events", O_RDONLY);
	check(!rmdir(GROUP "/gone"));
	ready();
	close(fd);
}
TEST(removed_group_refused)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, removed_group));
	EXPECT_GT(0, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "/gone/cgroup.events"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

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

static void of_the_gone(void)
{
	pid_t pid = spawn(exits, NULL);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = get(path, O_RDONLY);
	check_equal(waitpid(pid, NULL, 0), pid);
	ready();
	check(!close(fd));
}
TEST_REFUSED(of_the_gone, EOPNOTSUPP, "a file of a process that is gone")

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

/* -- forged --------------------------------------------------------------------------------------------- */

/* In the place of the first path of a record type, as long as that by slashes */
static void *forge_path(struct image *image, uint32_t type, const char *name)
{
	struct ckpt_rec *rec = image_find(image, type);
	struct ckpt_rec_array *array = (void *)((uint8_t *)(rec + 1) + rec->size - sizeof(*array));
	char *text = (char *)(array + 1);

	memset(text, '/', array->count);
	memcpy(text + array->count - strlen(name), name, strlen(name));
	return rec + 1;
}

static void has_status(void)
{
	get("/proc/self/task/../task/../oom_score_adj", O_RDONLY);
	ready();
}

static long forge(struct subject *s, struct image *image, void (*run)(void), uint32_t type,
		  const char *name)
{
	long ret = subject_start(s, run) ?: save_and_load(s, image);

	if (ret)
		return ret;
	if (name)
		forge_path(image, type, name);
	return 0;
}

TEST_F(forged, another_process)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/proc/1/oom_adj"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "a file of another process"));
}

TEST_F(forged, by_a_link)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/proc/self/comm"));
	EXPECT_EQ(-ELOOP, try_forged(&self->s, &self->image));
}

TEST_F(forged, outside_of_proc)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/init"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "no file of proc"));
}

TEST_F(forged, not_of_a_process)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/proc/version"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
}

static char own_path[64];

TEST_F(forged, what_is_refused_at_saving)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, 0, NULL));
	snprintf(own_path, sizeof(own_path), "/proc/%d/uid_map", self->s.pid);
	forge_path(&self->image, CKPT_REC_FILE_PROC_PID, own_path);
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "is not restored"));
}

/* The memory of a process that is being made is nobody's to look at. */
TEST_F(forged, memory)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, 0, NULL));
	snprintf(own_path, sizeof(own_path), "/proc/%d/mem", self->s.pid);
	forge_path(&self->image, CKPT_REC_FILE_PROC_PID, own_path);
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
}

static void has_version(void)
{
	get("/proc/sys/kernel/ostype", O_RDONLY);
	ready();
}

TEST_F(forged, path_to_a_file)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_version, CKPT_REC_FILE_PSEUDO, "/init"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "is no file of proc"));
}

TEST_F(forged, path_to_a_process)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_version, CKPT_REC_FILE_PSEUDO,
			   "/proc/1/stat"));
	EXPECT_EQ(-EOPNOTSUPP, try_forged(&self->s, &self->image));
}

TEST_F(forged, what_its_user_may_not_open)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, of_a_user, CKPT_REC_FILE_PSEUDO,
			   "/proc/kmsg"));
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
}

/* Checked when the process is another user's: the parent is root. */
TEST_F(forged, what_its_user_may_not_open_of_a_process)
{
	struct ckpt_rec *rec;

	ASSERT_EQ(0, forge(&self->s, &self->image, of_a_user, 0, NULL));
	rec = image_find(&self->image, CKPT_REC_FILE_PROC_PID);
	((struct ckpt_rec_file_proc_pid *)(rec + 1))->pid =
		((struct ckpt_rec_header *)(image_record(&self->image, 0) + 1))->root;
	snprintf(own_path, sizeof(own_path), "/proc/%d/oom_score_adj", self->s.pid);
	forge_path(&self->image, CKPT_REC_FILE_PROC_PID, own_path);
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "may not be opened by its user"));
}

static void read_status(void)
{
	char buf[16];
	int fd = get("/proc/self/status", O_RDONLY);

	read_all(fd);
	ready();
	check_equal(read(fd, buf, sizeof(buf)), 0);
}

/* As many records as there are not: the end */
TEST_F(forged, beyond_the_end)
{
	struct ckpt_rec_file_proc_pid *data;

	ASSERT_EQ(0, forge(&self->s, &self->image, read_status, 0, NULL));
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_PROC_PID) + 1);
	data->index = 1ULL << 62;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_restart(&self->s, 0));
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_F(forged, negative_record)
{
	struct ckpt_rec_file_proc_pid *data;

	ASSERT_EQ(0, forge(&self->s, &self->image, read_status, 0, NULL));
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_PROC_PID) + 1);
	data->index = 1ULL << 63;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

TEST_F(forged, records_missing)
{
	ASSERT_EQ(0, subject_start(&self->s, has_status));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(self->s.image, CKPT_REC_FILE_PROC_CHECK));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "lacks records"));
	ASSERT_TRUE(image_leave_out(self->s.image, CKPT_REC_FILE_LATE));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0));
}

TEST_HARNESS_MAIN
