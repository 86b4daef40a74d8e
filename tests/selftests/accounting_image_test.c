// SPDX-License-Identifier: GPL-2.0-only
/*
 * accounting_image_test.c - accounting as others see it: what belongs to the restarter,
 * who may say what, and lies.
 */
#include <grp.h>
#include <pthread.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "accounting.h"
#include "checkpoint_test.h"

/* -- groups of the restarter ------------------------------------------------------------------------------ */

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	check(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static void in_groups(void)
{
	char path[96];

	check(!mkdir(test_file("cg"), 0755));
	check(!mount("none", test_file("cg"), "cgroup2", 0, NULL));
	snprintf(path, sizeof(path), "%scg/tests", test_dir);
	check(!mkdir(path, 0755));
	strcat(path, "/cgroup.procs");
	put(path, "0");
	put("/proc/self/autogroup", "7");
	ready();
}

TEST(groups_of_the_restarter)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, in_groups));
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "its control group /tests is now the restarter's, /"));
	EXPECT_TRUE(subject_told(&s, "nice value 7 of its autogroup is now the restarter's, 0"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	rmdir(test_file("cg/tests"));
	umount(test_file("cg"));
}

/* A named hierarchy of version 1; the thread and the child are elsewhere than the root. */
static void *in_thread_group(void *arg)
{
	char path[96], tid[16];

	snprintf(path, sizeof(path), "%scg1/thread/tasks", test_dir);
	snprintf(tid, sizeof(tid), "%d", gettid());
	put(path, tid);
	*(bool *)arg = true;
	pause();
	return NULL;
}

static void in_named_hierarchy(void)
{
	static bool there;
	pthread_t thread;
	char path[96];
	pid_t child;

	check(!mkdir(test_file("cg1"), 0755));
	check(!mount("none", test_file("cg1"), "cgroup", 0, "none,name=ours"));
	snprintf(path, sizeof(path), "%scg1/child", test_dir);
	check(!mkdir(path, 0755));
	snprintf(path, sizeof(path), "%scg1/thread", test_dir);
	check(!mkdir(path, 0755));
	child = fork();
	if (!child) {
		snprintf(path, sizeof(path), "%scg1/child/tasks", test_dir);
		put(path, "0");
		child_ready();
		pause();
	}
	await_child(child);
	check(!pthread_create(&thread, NULL, in_thread_group, &there));
	check(wait_until(there));
	ready();
	kill(child, SIGKILL);
	check(waitpid(child, NULL, 0) == child);
}

TEST(groups_of_version_1)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, in_named_hierarchy));
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "its control group name=ours:/child is now the restarter's, name=ours:/"));
	EXPECT_TRUE(subject_told(&s, "its control group name=ours:/thread is now the restarter's, name=ours:/"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	rmdir(test_file("cg1/child"));
	rmdir(test_file("cg1/thread"));
	umount(test_file("cg1"));
}

/* -- a caller that becomes the program ---------------------------------------------------------------------------- */

static void waits(void)
{
	ready();
}

/* Who waits for it hears of both. */
TEST(caller_keeps_what_it_has_used)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	struct rusage usage;
	struct subject s;
	int status;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	subject_go(&s, 1);
	args.set_tid = (uintptr_t)&s.pid;
	if (!syscall(SYS_clone3, &args, sizeof(args))) {
		int fd = open(s.image, O_RDONLY);

		burn(CLOCK_PROCESS_CPUTIME_ID, 300);
		_exit(-sys_restart(0, fd, RESTART_SELF, NULL, 0));
	}
	ASSERT_EQ(s.pid, wait4(s.pid, &status, 0, &usage));
	EXPECT_EQ(0, status);
	EXPECT_LE(300 * MS, tv_ns(usage.ru_utime) + tv_ns(usage.ru_stime));
}

/* -- rights ---------------------------------------------------------------------------------------------------- */

/* Who may not choose pids may not choose start times, by which processes are told apart. */
TEST(start_time_needs_a_right)
{
	const uint32_t group = 1000;
	struct restart_args args = {
		.flags = RESTART_ARG_OWNER, .owner_uid = 1000,
		.owner_groups = (uintptr_t)&group, .nr_owner_groups = 1,
	};
	unsigned long long before[NR_STAT], after[NR_STAT];
	struct subject s;
	char path[64];
	int fd;

	ASSERT_EQ(0, subject_start(&s, execute_self_as_user));
	snprintf(path, sizeof(path), "/proc/%d/stat", s.pid);
	read_stat(path, before);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	sleep_ms(100);
	args.errors = (uintptr_t)s.errors;
	args.nr_errors = NR_ERRORS;
	fd = open(s.image, O_RDONLY);
	ASSERT_EQ(s.pid, sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args))) {
		tell("%s", s.errors[0].message);
	}
	EXPECT_TRUE(subject_told(&s, "start times are those of the restart"));
	read_stat(path, after);
	EXPECT_LT(before[START], after[START]);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));

	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_FALSE(subject_told(&s, "start times"));
	read_stat(path, after);
	EXPECT_EQ(before[START], after[START]);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- another machine -------------------------------------------------------------------------------------------- */

static void start_time_stays(void)
{
	unsigned long long before[NR_STAT], after[NR_STAT];

	read_stat("/proc/self/stat", before);
	ready();
	read_stat("/proc/self/stat", after);
	check_equal(after[START], before[START]);
}

/* As if saved on a machine that was up a day longer, and so before this one was */
TEST(start_time_before_this_machine)
{
	struct ckpt_rec_accounting *task;
	struct ckpt_rec_header *header;
	struct image image;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, start_time_stays));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&image, s.image));
	header = (void *)(image_find(&image, CKPT_REC_HEADER) + 1);
	header->monotonic_ns += 86400000000000ULL;
	header->boottime_ns += 86400000000000ULL;
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s.image));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));

	task = (void *)(image_find(&image, CKPT_REC_ACCOUNTING) + 1);
	EXPECT_NE(0, task->start_ns);
	image_free(&image);
}

/* Delays come about where disks are slow; here they are made up. */
TEST(delays)
{
	unsigned long long stat[NR_STAT];
	struct ckpt_rec_accounting *task;
	struct ckpt_rec_delay *delays;
	struct image image;
	struct subject s;
	char path[64];

	put("/proc/sys/kernel/task_delayacct", "1");
	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&image, s.image));
	task = (void *)(image_find(&image, CKPT_REC_ACCOUNTING) + 1);
	delays = (void *)(task + 1);
	ASSERT_EQ(CKPT_DELAY_NR, task->delays.count);
	delays[CKPT_DELAY_BLKIO].ns = 5000000000;
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s.image));
	image_free(&image);
	ASSERT_EQ(0, subject_restart(&s, 0));
	put("/proc/sys/kernel/task_delayacct", "0");
	snprintf(path, sizeof(path), "/proc/%d/stat", s.pid);
	read_stat(path, stat);
	EXPECT_EQ(5 * sysconf(_SC_CLK_TCK), stat[BLKIO_TICKS]);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- lies ------------------------------------------------------------------------------------------------------ */

FIXTURE(forged)
{
	struct subject s;
	struct image image;
	struct ckpt_rec_accounting *task;
	struct ckpt_rec_process_accounting *process;
	struct ckpt_rec_fdtable *table;
};

FIXTURE_SETUP(forged)
{
	ASSERT_EQ(0, subject_start(&self->s, waits));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&self->image, self->s.image));
	self->task = (void *)(image_find(&self->image, CKPT_REC_ACCOUNTING) + 1);
	self->process = (void *)(image_find(&self->image, CKPT_REC_PROCESS_ACCOUNTING) + 1);
	self->table = (void *)(image_find(&self->image, CKPT_REC_FDTABLE) + 1);
}

FIXTURE_TEARDOWN(forged)
{
	image_free(&self->image);
}

static long restart_forged(struct image *image, struct subject *s)
{
	image_seal(image);
	if (image_store(image, s->image))
		return -EIO;
	return subject_restart(s, 0);
}

#define LIE(field, value, words) do {						\
	__typeof__(field) _true = (field);					\
	(field) = (value);							\
	EXPECT_EQ(-EINVAL, restart_forged(&self->image, &self->s));		\
	EXPECT_TRUE(subject_told(&self->s, words));				\
	(field) = _true;							\
} while (0)

TEST_F(forged, numbers_out_of_range)
{
	LIE(self->task->utime_ns, 1ULL << 63, "out of range");
	LIE(self->task->io[CKPT_IO_CANCELLED_WRITE_BYTES], ~0ULL, "out of range");
	LIE(self->process->children_oublock, ~0ULL, "out of range");
	LIE(self->process->hiwater_vm, 1ULL << 50, "high-water mark");
	LIE(self->process->reserved, 1, "reserved field");
	LIE(self->table->size, 65, "descriptor table");
	LIE(self->task->flags, 1U << 31, "flags");
	LIE(self->task->flags, CKPT_ACCOUNTING_SIGNALED, "flags");
	LIE(self->task->start_ns, now_ns(CLOCK_MONOTONIC) + 1000000000, "began after");
	ASSERT_EQ(0, restart_forged(&self->image, &self->s));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
}

/* Sums over threads are divided by in the kernel. */
TEST_F(forged, cpu_time_that_adds_up_to_nothing)
{
	uint64_t stime = self->task->stime_ns;

	self->task->utime_ns = 1ULL << 62;
	LIE(self->task->stime_ns, 1ULL << 62, "more CPU time than there is");
	self->task->stime_ns = stime;
	self->process->runtime_ns = 1ULL << 62;
	LIE(self->process->stime_ns, (1ULL << 62) + 1, "out of range");
	LIE(self->process->stime_ns, 1ULL << 62, "more CPU time than there is");
}

/* Who becomes the program has used some himself: of each number the larger one stays. */
TEST_F(forged, cpu_time_of_the_caller_adds_up_as_well)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	int status;

	self->task->utime_ns = 1ULL << 62;
	self->task->stime_ns = 0;
	self->task->gtime_ns = 0;
	self->task->runtime_ns = 0;
	self->process->utime_ns = (1ULL << 62) - 1;
	self->process->stime_ns = 0;
	self->process->runtime_ns = 0;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	args.set_tid = (uintptr_t)&self->s.pid;
	if (!syscall(SYS_clone3, &args, sizeof(args))) {
		int fd = open(self->s.image, O_RDONLY);

		burn(CLOCK_PROCESS_CPUTIME_ID, 20);
		_exit(-sys_restart(0, fd, RESTART_SELF, NULL, 0));
	}
	ASSERT_EQ(self->s.pid, waitpid(self->s.pid, &status, 0));
	EXPECT_EQ(EINVAL, WEXITSTATUS(status));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
}

static void burns_on(void)
{
	struct rusage usage;

	ready();
	burn(CLOCK_THREAD_CPUTIME_ID, 50);
	check(!getrusage(RUSAGE_SELF, &usage));
	check(now_ns(CLOCK_PROCESS_CPUTIME_ID) > 1ULL << 60);
	_exit(0);
}

/* A lie that is believed harms nobody else. */
TEST(claims_many_years)
{
	struct ckpt_rec_accounting *task;
	struct image image;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, burns_on));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&image, s.image));
	task = (void *)(image_find(&image, CKPT_REC_ACCOUNTING) + 1);
	task->utime_ns = 1ULL << 61;
	task->stime_ns = 1ULL << 61;
	task->runtime_ns = 1ULL << 62;
	task->shown_utime_ns = 1ULL << 62;
	task->shown_stime_ns = 1ULL << 62;
	task->integral_ns = 1ULL << 62;
	task->start_ns = -(1LL << 60);
	task->start_boottime_ns = -(1LL << 60);
	ASSERT_EQ(0, restart_forged(&image, &s));
	image_free(&image);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
