// SPDX-License-Identifier: GPL-2.0-only
/*
 * ceiling_test.c - an owner as the ceiling only takes: whoever names one gains nothing,
 * and of root's privileges nothing is left where an image leaves records out.
 */
#include <grp.h>
#include <linux/sched.h>
#include <sys/resource.h>
#include <sys/sendfile.h>

#include "checkpoint_test.h"

#define USER	1000

FIXTURE(ceiling)
{
	struct subject s;
};

FIXTURE_SETUP(ceiling)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(ceiling)
{
	set_policy("1");
}

/* -- the user's program --------------------------------------------------------------------- */

/* A copy of this program that runs as root, whoever starts it */
static void make_setuid_program(void)
{
	int from = open("/proc/self/exe", O_RDONLY), to;
	struct stat st;

	to = open(test_file("setuid"), O_WRONLY | O_CREAT | O_TRUNC, 0700);
	check(!fstat(from, &st));
	while (st.st_size > 0) {
		ssize_t n = sendfile(to, from, NULL, st.st_size);

		check(n > 0);
		st.st_size -= n;
	}
	check(!fchmod(to, 04755));
	close(from);
	close(to);
}

/* It owes the user nothing: no kill(2) of his would reach it. */
static void as_root(void)
{
	check(!setresuid(0, 0, 0));
	write_file("root", "", 0);
	sleep_ms(500);
}

/* Becomes a process of root, to which its child then sends a signal by way of a pipe. */
static void sends_sigio(void)
{
	char *args[] = { "root", NULL };
	int pipes[2];

	check(!pipe(pipes) && !fcntl(pipes[0], F_SETOWN, getpid()));
	check(!fcntl(pipes[0], F_SETSIG, SIGKILL) && !fcntl(pipes[0], F_SETFL, O_ASYNC));
	ready();
	if (!fork()) {
		check(wait_until(!access(test_file("root"), F_OK)));
		check(write(pipes[1], "x", 1) == 1);
		_exit(0);
	}
	execv(test_file("setuid"), args);
}

void after_exec(void)
{
	if (!strcmp(program_invocation_short_name, "root"))
		as_root();
	else if (!strcmp(program_invocation_short_name, "sigio"))
		sends_sigio();
	else
		ready();
}

static void user_sends_sigio(void)
{
	make_setuid_program();
	program_invocation_short_name = "sigio";
	execute_self_as_user();
}

static void user_waits(void)
{
	program_invocation_short_name = "waits";
	execute_self_as_user();
}

/* -- whom signals may come from -------------------------------------------------------------- */

/* All open files send their SIGIO in the name of @uid. */
static bool forge_owner(struct subject *s, uint32_t uid)
{
	struct image image;
	bool ok = false;
	size_t i;

	if (image_load(&image, s->image))
		return false;
	for (i = 0; i < image.nr_records; i++) {
		struct ckpt_rec_file *file = (void *)(image_record(&image, i) + 1);

		if (image_record(&image, i)->type != CKPT_REC_FILE || !file->owner)
			continue;
		file->owner_uid = uid;
		file->owner_euid = uid;
		ok = true;
	}
	image_seal(&image);
	ok = ok && !image_store(&image, s->image);
	image_free(&image);
	return ok;
}

static int restarter(struct subject *s, uint32_t owner)
{
	struct restart_args args = { .flags = RESTART_ARG_OWNER, .owner_uid = owner };
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);
	const uint32_t group = USER;
	long ret;

	if (setgroups(0, NULL) || setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
		return 99;
	args.owner_groups = (uintptr_t)&group;
	args.nr_owner_groups = 1;
	args.errors = (uintptr_t)s->errors;
	args.nr_errors = NR_ERRORS;
	ret = sys_restart(0, fd, RESTART_SELF | RESTART_ARGS, &args, sizeof(args));
	tell("restart: %s", s->errors[0].message);
	return -ret;
}

/*
 * A user becomes the program, and names @owner as the image's.  Return: 0 if the program
 * found all in order, negative errno, or the signal that killed it
 */
static int become(struct subject *s, uint32_t owner)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	int status;
	pid_t pid;

	args.set_tid = (uintptr_t)&s->pid;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(restarter(s, owner));
	if (pid != s->pid || waitpid(pid, &status, 0) != pid)
		return -98;
	subject_tell_failure();
	return WIFEXITED(status) ? -WEXITSTATUS(status) : WTERMSIG(status);
}

TEST_F(ceiling, of_root_sends_no_signal_as_root)
{
	ASSERT_EQ(0, subject_start(&self->s, user_sends_sigio));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_TRUE(set_policy("0"));
	ASSERT_TRUE(forge_owner(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(-EPERM, become(&self->s, 0));
}

TEST_F(ceiling, of_another_user_sends_no_signal_as_him)
{
	ASSERT_EQ(0, subject_start(&self->s, user_sends_sigio));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_TRUE(set_policy("0"));
	ASSERT_TRUE(forge_owner(&self->s, 2000));
	EXPECT_EQ(-EPERM, become(&self->s, 2000));
	ASSERT_TRUE(forge_owner(&self->s, USER));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, become(&self->s, USER));
}

/* -- what of root's would be left ------------------------------------------------------------ */

TEST_F(ceiling, without_records_that_lower)
{
	static const uint32_t types[] = { CKPT_REC_RLIMITS, CKPT_REC_SCHED, CKPT_REC_OOM };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ASSERT_EQ(0, subject_start(&self->s, user_waits));
		ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
		subject_go(&self->s, 1);
		EXPECT_EQ(self->s.pid, subject_restart_below_user(&self->s));
		EXPECT_EQ(0, subject_wait(&self->s));
		ASSERT_TRUE(image_leave_out(self->s.image, types[i]));
		EXPECT_EQ(-EINVAL, subject_restart_below_user(&self->s));
		EXPECT_TRUE(subject_told(&self->s, "record in the image"));
		reap_all();
	}
}

/* Changes one record of the image.  Return: what root's restart of it answers */
static long restart_changed(struct subject *s, uint32_t type, void (*change)(void *data))
{
	struct image image;
	struct ckpt_rec *rec;
	long ret;

	if (subject_start(s, user_waits) || subject_save(s, CHECKPOINT_KILL) < 0 ||
	    image_load(&image, s->image))
		return -98;
	rec = image_find(&image, type);
	change(rec + 1);
	image_seal(&image);
	ret = image_store(&image, s->image);
	image_free(&image);
	subject_go(s, 1);
	ret = ret ?: subject_restart_below_user(s);
	reap_all();
	return ret;
}

static void fewer_limits(void *data)
{
	struct ckpt_rec_rlimits *limits = data;
	struct ckpt_rec_rlimit *limit = (void *)(limits + 1);
	unsigned int i;

	/* Every second one is part of that before it, and fills its record with zeros. */
	for (i = 1; i < limits->limits.count; i += 2)
		memset(&limit[i], 0, sizeof(*limit));
	limits->limits.size *= 2;
	limits->limits.count /= 2;
}

static void negative_nice(void *data)
{
	((struct ckpt_rec_sched *)data)->nice = -5;
}

static void real_time(void *data)
{
	((struct ckpt_rec_sched *)data)->policy = SCHED_FIFO;
	((struct ckpt_rec_sched *)data)->rt_priority = 2;
}

static void real_time_io(void *data)
{
	((struct ckpt_rec_sched *)data)->ioprio = 1 << 13 | 4;
}

static void never_chosen(void *data)
{
	((struct ckpt_rec_oom *)data)->oom_score_adj = -900;
	((struct ckpt_rec_oom *)data)->oom_score_adj_min = -900;
}

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (write(fd, value, strlen(value)) < 0)
		tell("%s cannot be set", path);
	close(fd);
}

TEST_F(ceiling, without_some_limits)
{
	EXPECT_GT(0, restart_changed(&self->s, CKPT_REC_RLIMITS, fewer_limits));
	EXPECT_TRUE(subject_told(&self->s, "RLIMIT_MEMLOCK is missing"));
}

/* Root has it all itself, and its children would inherit it. */
TEST_F(ceiling, of_priorities)
{
	const struct sched_param fifo = { .sched_priority = 2 }, other = {};

	ASSERT_EQ(0, setpriority(PRIO_PROCESS, 0, -5));
	EXPECT_EQ(-EPERM, restart_changed(&self->s, CKPT_REC_SCHED, negative_nice));
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, 0, 0));

	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &fifo));
	EXPECT_EQ(-EPERM, restart_changed(&self->s, CKPT_REC_SCHED, real_time));
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_OTHER, &other));

	ASSERT_EQ(0, syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 4));
	EXPECT_EQ(-EPERM, restart_changed(&self->s, CKPT_REC_SCHED, real_time_io));
	ASSERT_EQ(0, syscall(SYS_ioprio_set, 1, 0, 0));

	put("/proc/self/oom_score_adj", "-900");
	EXPECT_EQ(-EPERM, restart_changed(&self->s, CKPT_REC_OOM, never_chosen));
	put("/proc/self/oom_score_adj", "0");
}

TEST_HARNESS_MAIN
