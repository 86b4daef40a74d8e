// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_test.c - images that ask for more than the system calls of their restarter
 * would give it.
 */
#include <grp.h>
#include <linux/sched.h>
#include <sys/resource.h>

#include "forged.h"
#include "std.h"

static void waits(void)
{
	ready();
}

/* -- open files ------------------------------------------------------------------------ */

static int given[2];

static void pipe_on_0(void)
{
	std_to_null();
	dup2(given[0], 0);
	close_range(3, ~0U, 0);
}

/* The restarter's descriptor keeps its flags, position and owner: others use it too. */
TEST_F(forged, flags_of_a_file_outside)
{
	struct ckpt_rec *outside, *file;
	int saved[3];

	ASSERT_EQ(0, pipe(given));
	ASSERT_EQ(0, subject_start_inside(&self->s, pipe_on_0, waits));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	outside = image_find(&self->image, CKPT_REC_FILE_OUTSIDE);
	ASSERT_NE(NULL, outside);
	file = next_record(&self->image, outside, CKPT_REC_FILE);
	ASSERT_NE(NULL, file);
	file->object = outside->object;
	move_std(given[0], 1, saved);
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	put_std_back(saved);
	EXPECT_TRUE(subject_told(&self->s, "flags, which are the restarter's"));
}

/* Nobody shows a program as /proc/PID/exe that he could not read and execute. */
TEST_F(forged, executable_by_its_path_alone)
{
	struct ckpt_rec_file_path *path;
	struct ckpt_rec_file *file;
	uint32_t exe;

	ASSERT_EQ(0, subject_start(&self->s, waits));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	exe = ((struct ckpt_rec_mm *)(image_find(&self->image, CKPT_REC_MM) + 1))->exe_file;
	path = (void *)(record_of(&self->image, exe, CKPT_REC_FILE_PATH) + 1);
	file = (void *)(record_of(&self->image, exe, CKPT_REC_FILE) + 1);
	path->open_flags = O_PATH;
	path->check = 0;
	file->flags = O_PATH;
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "is not open for reading"));
}

#define AREA	0x200000000UL

static void maps_zero(void)
{
	int fd = open("/dev/zero", O_RDWR);

	check(mmap((void *)AREA, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0) == (void *)AREA);
	ready();
}

/* What a checkpoint refuses to save: here shared memory without a name */
TEST_F(forged, area_that_is_never_saved)
{
	struct ckpt_rec *rec;
	struct ckpt_rec_vma *area;

	ASSERT_EQ(0, subject_start(&self->s, maps_zero));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_VMA);
	while (rec && ((struct ckpt_rec_vma *)(rec + 1))->start != AREA)
		rec = next_record(&self->image, rec, CKPT_REC_VMA);
	ASSERT_NE(NULL, rec);
	area = (void *)(rec + 1);
	area->flags |= CKPT_VMA_SHARED;
	EXPECT_EQ(-EOPNOTSUPP, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "area 200000000-200001000 could not be mapped"));
}

TEST_F(forged, object_ids_with_gaps)
{
	struct ckpt_rec_metadata_end *end;
	struct ckpt_rec *fs;

	ASSERT_EQ(0, subject_start(&self->s, waits));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	fs = image_find(&self->image, CKPT_REC_FS);
	end = (void *)(image_find(&self->image, CKPT_REC_METADATA_END) + 1);
	end->nr_objects += 5;
	fs->object = end->nr_objects;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "objects, and claims"));
}

/* -- limits ------------------------------------------------------------------------------ */

/* Runs @what in a child under policy 0.  Return: its answer */
static long in_child(struct subject *s, long (*what)(struct subject *s, int fd))
{
	int status, fd = open(s->image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	pid_t pid;

	if (!set_policy("0"))
		return -97;
	pid = fork();
	if (!pid)
		_exit(-what(s, fd));
	waitpid(pid, &status, 0);
	close(fd);
	set_policy("1");
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -98;
}

static bool become_user(void)
{
	return !setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	       !setresuid(1000, 1000, 1000);
}

/* Before it takes the first pid from others */
static long one_process_too_many(struct subject *s, int fd)
{
	struct rlimit limit = { .rlim_cur = 1, .rlim_max = 1 };

	(void)s;
	if (setrlimit(RLIMIT_NPROC, &limit) || !become_user())
		return -99;
	return sys_restart(0, fd, 0, NULL, 0);
}

TEST_F(forged, more_tasks_than_the_caller_may_have)
{
	ASSERT_EQ(0, subject_start(&self->s, waits));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(-EAGAIN, in_child(&self->s, one_process_too_many));
}

static void high_descriptor(void)
{
	struct rlimit limit = { .rlim_cur = 9000, .rlim_max = 9000 };

	check(!setrlimit(RLIMIT_NOFILE, &limit));
	check(dup2(0, 8000) == 8000);
	ready();
}

static long low_limit(struct subject *s, int fd)
{
	struct rlimit limit = { .rlim_cur = 1024, .rlim_max = 1024 };

	(void)s;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return -99;
	return sys_restart(0, fd, RESTART_CHECK, NULL, 0);
}

static long low_limit_in_user_namespace(struct subject *s, int fd)
{
	return unshare(CLONE_NEWUSER) ? -99 : low_limit(s, fd);
}

/* Who is root in a user namespace raises no hard limit. */
TEST_F(forged, descriptors_beyond_the_limit)
{
	ASSERT_EQ(0, subject_start(&self->s, high_descriptor));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(0, in_child(&self->s, low_limit));
	EXPECT_EQ(-EMFILE, in_child(&self->s, low_limit_in_user_namespace));
}

/* -- sessions -------------------------------------------------------------------------------- */

static void child_waits(void *arg)
{
	(void)arg;
	child_ready();
}

static void has_a_child(void)
{
	pid_t pid = spawn(child_waits, NULL);

	await_child(pid);
	ready();
	join(pid);
}

/* Refused while there is another member in its group, and then not. */
static int leads_a_group(struct subject *s, int pipes[2][2])
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);
	char c;

	if (read(pipes[0][0], &c, 1) != 1)
		return 10;
	if (sys_restart(0, fd, RESTART_SELF, NULL, 0) != -EPERM)
		return 11;
	lseek(fd, 0, SEEK_SET);
	if (write(pipes[1][1], "x", 1) != 1 || read(pipes[0][0], &c, 1) != 1)
		return 12;
	sys_restart(0, fd, RESTART_SELF, NULL, 0);
	return 13;
}

/* The image's root leads a session; the caller's group would be in two. */
TEST_F(forged, session_of_a_caller_that_leads_a_group)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	int pipes[2][2];
	pid_t sibling;
	char c;

	ASSERT_EQ(0, subject_start(&self->s, has_a_child));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, pipe2(pipes[0], O_CLOEXEC) | pipe2(pipes[1], O_CLOEXEC));
	args.set_tid = (uintptr_t)&self->s.pid;
	if (!syscall(SYS_clone3, &args, sizeof(args)))
		_exit(leads_a_group(&self->s, pipes));
	sibling = fork();
	if (!sibling)
		for (;;)
			pause();
	ASSERT_EQ(0, setpgid(self->s.pid, self->s.pid));
	ASSERT_EQ(0, setpgid(sibling, self->s.pid));
	ASSERT_EQ(1, write(pipes[0][1], "x", 1));
	EXPECT_EQ(1, read(pipes[1][0], &c, 1));
	kill(sibling, SIGKILL);
	ASSERT_EQ(sibling, waitpid(sibling, NULL, 0));
	ASSERT_EQ(1, write(pipes[0][1], "x", 1));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

/* -- what a dead user has read and written ------------------------------------------------------ */

static void zombie_of_root(void)
{
	char text[64];
	siginfo_t info;
	pid_t pid = fork();

	if (!pid)
		_exit(read_file("/proc/self/comm", text, sizeof(text)) <= 0);
	check(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	execute_self_as_user();
}

static uint64_t zombies_io(const char *path, uint64_t *process)
{
	struct ckpt_rec *rec, *task;
	struct image image;
	uint64_t io = 0;

	if (image_load(&image, path))
		return -1;
	task = image_find(&image, CKPT_REC_TASK);
	while (task && ((struct ckpt_rec_task *)(task + 1))->state != CKPT_TASK_ZOMBIE)
		task = next_record(&image, task, CKPT_REC_TASK);
	rec = task ? record_of(&image, task->object, CKPT_REC_ACCOUNTING) : NULL;
	io = rec ? ((struct ckpt_rec_accounting *)(rec + 1))->io[CKPT_IO_RCHAR] : -1ULL;
	rec = task ? record_of(&image, task->object, CKPT_REC_PROCESS_ACCOUNTING) : NULL;
	*process = rec ? ((struct ckpt_rec_process_accounting *)(rec + 1))->io[CKPT_IO_RCHAR] : -1ULL;
	image_free(&image);
	return io;
}

static long save_as_user(struct subject *s, int fd)
{
	long ret;

	if (!become_user())
		return -99;
	ret = sys_checkpoint(s->pid, fd, 0, NULL, 0);
	return ret > 0 ? 0 : ret;
}

TEST_F(forged, io_of_another_users_zombie)
{
	uint64_t process = 0;

	ASSERT_EQ(0, subject_start(&self->s, zombie_of_root));
	ASSERT_EQ(0, in_child(&self->s, save_as_user));
	EXPECT_EQ(0, zombies_io(self->s.image, &process));
	EXPECT_EQ(0, process);
	ASSERT_LT(0, subject_save(&self->s, 0));
	EXPECT_FALSE(subject_told(&self->s, "zombie"));
	EXPECT_LT(0, zombies_io(self->s.image, &process));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
