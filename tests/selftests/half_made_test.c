// SPDX-License-Identifier: GPL-2.0-only
/*
 * half_made_test.c - tasks that are being made, and numbers that wait for theirs: what
 * others may do to them, and what they cost others.
 */
#include <grp.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "checkpoint_test.h"

FIXTURE(half_made)
{
	struct subject s;
};

FIXTURE_SETUP(half_made)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(half_made)
{
	set_policy("1");
}

/* -- changes from outside -------------------------------------------------------------------- */

static void has_priorities(void)
{
	check(!setpriority(PRIO_PROCESS, 0, 3));
	ready();
	check_equal(getpriority(PRIO_PROCESS, 0), 3);
}

/* Restarts an image that comes through a pipe.  Return: the pid of who does it */
static pid_t restarter(int fd)
{
	pid_t pid = fork();

	if (!pid)
		_exit(sys_restart(0, fd, 0, NULL, 0) < 0);
	close(fd);
	return pid;
}

static int write_to(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = write(fd, value, strlen(value)) < 0 ? -errno : 0;

	close(fd);
	return err;
}

#define ANSWER(call) ((call) < 0 ? -errno : 0)

/* All of it is refused, by whoever may do it to other tasks. */
static bool keeps_out(pid_t pid)
{
	const struct sched_param param = {};
	struct rlimit limit;
	char path[64], nr[16];
	cpu_set_t cpus;
	size_t i;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	snprintf(nr, sizeof(nr), "%d", pid);
	int answers[] = {
		ANSWER(prlimit(pid, RLIMIT_CORE, NULL, &limit)),
		ANSWER(sched_setscheduler(pid, SCHED_BATCH, &param)),
		ANSWER(sched_setaffinity(pid, sizeof(cpus), &cpus)),
		ANSWER(setpriority(PRIO_PROCESS, pid, 5)),
		ANSWER(syscall(SYS_ioprio_set, 1, pid, 2 << 13 | 1)),
		(snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", pid),
		 write_to(path, "100")),
		(snprintf(path, sizeof(path), "/proc/%d/coredump_filter", pid),
		 write_to(path, "0x11")),
		(snprintf(path, sizeof(path), "/proc/%d/timerslack_ns", pid),
		 write_to(path, "100000")),
		write_to("/tmp/cgroup/cgroup.procs", nr),
	};

	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (answers[i] != -EBUSY)
			return tell("call %zu: %s", i, strerror(-answers[i])), false;
	return true;
}

TEST_F(half_made, answers_busy)
{
	struct image image;
	int pipes[2], status;
	bool mounted;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&self->s, has_priorities));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, image_load(&image, self->s.image));
	mkdir("/tmp/cgroup", 0700);
	mounted = !mount("none", "/tmp/cgroup", "cgroup2", 0, NULL);
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	pid = restarter(pipes[0]);
	/* The end of the image keeps it waiting, when all tasks are there. */
	ASSERT_EQ(image.len - 8, write(pipes[1], image.data, image.len - 8));
	ASSERT_TRUE(wait_until(!kill(self->s.pid, 0)));
	EXPECT_TRUE(keeps_out(self->s.pid));
	ASSERT_EQ(8, write(pipes[1], image.data + image.len - 8, 8));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, subject_wait(&self->s));
	if (mounted)
		umount("/tmp/cgroup");
	image_free(&image);
}

/* -- a SIGKILL at the very end --------------------------------------------------------------- */

#define ZOMBIES	40

static pid_t zombies[ZOMBIES], continued;

static void sleeps(void *arg)
{
	(void)arg;
	child_ready();
}

/* A child that was continued, which nobody has asked for, behind many zombies */
static void zombies_and_continued(void)
{
	siginfo_t info;
	char text[256];
	int i, len = 0;

	for (i = 0; i < ZOMBIES; i++) {
		zombies[i] = fork();
		if (!zombies[i])
			_exit(0);
		check(!waitid(P_PID, zombies[i], &info, WEXITED | WNOWAIT));
	}
	continued = spawn(sleeps, NULL);
	await_child(continued);
	check(!kill(continued, SIGSTOP));
	check(!waitid(P_PID, continued, &info, WSTOPPED));
	check(!kill(continued, SIGCONT));
	check(!waitid(P_PID, continued, &info, WCONTINUED | WNOWAIT));
	len = snprintf(text, sizeof(text), "%d %d", zombies[0], continued);
	write_file("pids", text, len);
	ready();
	_exit(0);
}

static bool is_zombie(pid_t pid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return read_file(path, text, sizeof(text)) > 0 && strstr(text, ") Z ");
}

/* Zombies die first, one tick after the other; then the others are finished. */
TEST_F(half_made, killed_after_the_last_look)
{
	pid_t first, last, pid, killer;
	char text[64];
	int status;

	ASSERT_EQ(0, subject_start(&self->s, zombies_and_continued));
	ASSERT_LT(0, read_file(test_file("pids"), text, sizeof(text)));
	ASSERT_TRUE(sscanf(text, "%d %d", &first, &last) == 2);
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	killer = fork();
	if (!killer) {
		while (!is_zombie(first))
			;
		kill(last, SIGKILL);
		_exit(0);
	}
	subject_go(&self->s, 1);
	pid = restarter(open(self->s.image, O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	kill(killer, SIGKILL);
	reap_all();
}

/* -- numbers --------------------------------------------------------------------------------- */

static void reads_a_file(void)
{
	write_file("leased", "x", 1);
	check(open(test_file("leased"), O_RDONLY) >= 0);
	ready();
}

static bool is_free(pid_t nr)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	pid_t pid;

	args.set_tid = (uintptr_t)&nr;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(0);
	return pid == nr && waitpid(pid, NULL, 0) == pid;
}

/* While a file waits for somebody who holds a lease, others may have the numbers. */
TEST_F(half_made, no_number_is_taken_while_a_file_is_opened)
{
	int fd, status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&self->s, reads_a_file));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	subject_go(&self->s, 1);
	fd = open(test_file("leased"), O_RDWR | O_CLOEXEC);
	signal(SIGIO, SIG_IGN);
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_WRLCK));
	pid = restarter(open(self->s.image, O_RDONLY | O_CLOEXEC));
	/* Its open() asks for the lease, which shows as one that is being given up. */
	ASSERT_TRUE(wait_until(fcntl(fd, F_GETLEASE) != F_WRLCK));
	EXPECT_TRUE(is_free(self->s.pid));
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_UNLCK));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, subject_wait(&self->s));
	close(fd);
}

/* A record that restart() does not need becomes one of a pid. */
static bool forge_a_pid(struct subject *s)
{
	struct ckpt_rec_metadata_end *end;
	struct ckpt_rec_pid *pid;
	struct image image;
	struct ckpt_rec *rec;
	size_t room;
	bool ok;

	if (image_load(&image, s->image))
		return false;
	end = (void *)(image_find(&image, CKPT_REC_METADATA_END) + 1);
	rec = image_find(&image, CKPT_REC_RLIMITS);
	pid = (void *)(rec + 1);
	room = rec->len - sizeof(*rec) - sizeof(*pid);
	memset(pid, 0, rec->len - sizeof(*rec));
	pid->nrs.count = 1;
	pid->nrs.size = room;
	*(uint32_t *)(pid + 1) = 31000;
	rec->type = CKPT_REC_PID;
	rec->size = sizeof(*pid);
	rec->object = ++end->nr_objects;
	image_seal(&image);
	ok = !image_store(&image, s->image);
	image_free(&image);
	return ok;
}

TEST_F(half_made, number_of_nobody)
{
	ASSERT_EQ(0, subject_start(&self->s, reads_a_file));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_TRUE(forge_a_pid(&self->s));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "of which 1 belong to no task"));
}

static void in_a_group_of_the_dead(void *arg)
{
	pid_t leader = fork();

	(void)arg;
	if (!leader) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	check(!setpgid(leader, leader) && !setpgid(0, leader));
	check(!kill(leader, SIGKILL) && waitpid(leader, NULL, 0) == leader);
	child_ready();
}

static void has_such_a_child(void)
{
	pid_t pid = spawn(in_a_group_of_the_dead, NULL);

	await_child(pid);
	ready();
	join(pid);
}

/* Two processes, and three numbers */
TEST_F(half_made, numbers_of_the_dead_count)
{
	struct rlimit limit = { .rlim_cur = 3, .rlim_max = 3 };
	int status, fd;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&self->s, has_such_a_child));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	subject_go(&self->s, 1);
	fd = open(self->s.image, O_RDONLY | O_CLOEXEC);
	ASSERT_TRUE(set_policy("0"));
	pid = fork();
	if (!pid) {
		if (setrlimit(RLIMIT_NPROC, &limit) || setgroups(0, NULL) ||
		    setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(99);
		_exit(-sys_restart(0, fd, 0, NULL, 0));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EAGAIN, WEXITSTATUS(status));
	close(fd);
	EXPECT_EQ(0, subject_restart(&self->s, 0));
	EXPECT_EQ(0, subject_wait(&self->s));
}

/* -- the control group of the restarter ----------------------------------------------------- */

#define PIDS	"/tmp/cgroup/numbers"

static bool make_pids_group(void)
{
	mkdir("/tmp/cgroup", 0700);
	return !mount("none", "/tmp/cgroup", "cgroup2", 0, NULL) &&
	       !write_to("/tmp/cgroup/cgroup.subtree_control", "+pids") && !mkdir(PIDS, 0700);
}

static int pids_in_group(void)
{
	char text[32];

	return read_file(PIDS "/pids.current", text, sizeof(text)) > 0 ? atoi(text) : -1;
}

/* Restarts in the group, in which there may be so many. */
static int restart_in_group(const char *image, const char *most)
{
	int status, fd = open(image, O_RDONLY | O_CLOEXEC);
	pid_t pid = fork();
	long ret;

	if (!pid) {
		if (write_to(PIDS "/pids.max", most) || write_to(PIDS "/cgroup.procs", "0"))
			_exit(99);
		ret = sys_restart(0, fd, 0, NULL, 0);
		_exit(ret < 0 ? -ret : 0);
	}
	close(fd);
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1;
}

/* The restarter, two processes, and the number of a dead leader, until the commit */
TEST_F(half_made, numbers_count_in_the_control_group)
{
	ASSERT_TRUE(make_pids_group());
	ASSERT_EQ(0, subject_start(&self->s, has_such_a_child));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(EAGAIN, restart_in_group(self->s.image, "3"));
	EXPECT_TRUE(wait_until(!pids_in_group()));
	EXPECT_EQ(0, restart_in_group(self->s.image, "4"));
	EXPECT_TRUE(wait_until(pids_in_group() == 2));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	EXPECT_TRUE(wait_until(!pids_in_group()));
	EXPECT_EQ(0, rmdir(PIDS));
	umount("/tmp/cgroup");
}

TEST_HARNESS_MAIN
