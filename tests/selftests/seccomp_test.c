// SPDX-License-Identifier: GPL-2.0-only
/*
 * seccomp_test.c - seccomp: strict mode, chains of filters and who shares them.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>

#include "forged.h"

#define USER	1000

/* A filter that lets @call fail with @err */
static int install(unsigned int flags, int call, int err)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static void no_new_privs(void)
{
	check(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void expect_error(int call, int err)
{
	check(syscall(call, 0, 0, 0, 0) == -1);
	check_equal(errno, err);
}

/* A line of /proc/PID/status */
static int status_of(pid_t pid, const char *field)
{
	char path[64], text[4096], *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	check(read_file(path, text, sizeof(text)) > 0);
	line = strstr(text, field);
	check(line);
	return atoi(line + strlen(field));
}

static int in[2], out[2];

#define MODE		"Seccomp:"
#define FILTERS		"Seccomp_filters:"

static void two_filters(void)
{
	no_new_privs();
	check(!install(0, SYS_getpriority, 77) && !install(SECCOMP_FILTER_FLAG_LOG, SYS_times, 78));
	ready();
	expect_error(SYS_getpriority, 77);
	expect_error(SYS_times, 78);
	check(syscall(SYS_getppid) > 0);
	check_equal(status_of(getpid(), MODE), SECCOMP_MODE_FILTER);
	check_equal(status_of(getpid(), FILTERS), 2);
	check(!install(0, SYS_getppid, 79));
	expect_error(SYS_getppid, 79);
	check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == -1);
}
TEST_STORIES(two_filters)

/* The later one is asked first; of equal actions its is taken. */
static void order(void)
{
	int i;

	no_new_privs();
	for (i = 1; i <= 20; i++)
		check(!install(0, SYS_times, i));
	ready();
	expect_error(SYS_times, 20);
	check_equal(status_of(getpid(), FILTERS), 20);
}
TEST_STORIES(order)

/* -- as a tracer reads them ----------------------------------------------------------- */

#define MOST	16

struct dump {
	int nr[3];
	struct sock_filter insns[3][MOST];
	struct { uint64_t filter_off, flags; } about[3];
};

static void dump_filters(pid_t pid, struct dump *dump)
{
	int i, status;

	memset(dump, 0, sizeof(*dump));
	check(!ptrace(PTRACE_SEIZE, pid, 0, 0) && !ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status & 0xff, 0x7f);
	for (i = 0; i < 3; i++) {
		dump->nr[i] = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, dump->insns[i]);
		dump->about[i].filter_off = i;
		ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(dump->about[i]), &dump->about[i]);
	}
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
}

static void filtered(void *arg)
{
	(void)arg;
	no_new_privs();
	check(!install(0, SYS_getpriority, 77) && !install(SECCOMP_FILTER_FLAG_LOG, SYS_times, 78));
	check(read(in[0], &(char){ 0 }, 1) == 1);
	expect_error(SYS_times, 78);
}

static void as_they_were(void)
{
	struct dump before, after;
	pid_t pid;

	check(!pipe(in));
	pid = spawn(filtered, NULL);
	check(wait_until(status_of(pid, FILTERS) == 2));
	dump_filters(pid, &before);
	check(before.nr[0] == 4 && before.nr[1] == 4 && before.nr[2] < 0);
	check(before.about[0].flags != before.about[1].flags);
	ready();
	dump_filters(pid, &after);
	check(!memcmp(&before, &after, sizeof(before)));
	check(write(in[1], "x", 1) == 1);
	join(pid);
}
TEST_STORIES(as_they_were)

/* -- sharing ---------------------------------------------------------------------------- */

static pthread_barrier_t barrier;

static void *other_thread(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);	/* saved while this one waits */
	pthread_barrier_wait(&barrier);
	expect_error(SYS_times, 78);
	expect_error(SYS_getpriority, 80);
	return NULL;
}

/* To give all threads a filter they must have the beginning of the chain in common. */
static void threads_share(void)
{
	pthread_t thread;

	no_new_privs();
	check(!install(0, SYS_times, 78));
	check(!pthread_barrier_init(&barrier, NULL, 2));
	check(!pthread_create(&thread, NULL, other_thread, NULL));
	pthread_barrier_wait(&barrier);
	check(!install(0, SYS_getppid, 79));
	ready();
	check_equal(install(SECCOMP_FILTER_FLAG_TSYNC, SYS_getpriority, 80), 0);
	pthread_barrier_wait(&barrier);
	check(!pthread_join(thread, NULL));
}
TEST_STORIES(threads_share)

static void *with_its_own(void *arg)
{
	check(!install(0, SYS_times, 81));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	expect_error(SYS_times, 81);
	return arg;
}

static void one_thread_alone(void)
{
	pthread_t thread;

	no_new_privs();
	check(!pthread_barrier_init(&barrier, NULL, 2));
	check(!pthread_create(&thread, NULL, with_its_own, NULL));
	pthread_barrier_wait(&barrier);
	ready();
	check(syscall(SYS_times, 0) >= 0);
	check_equal(prctl(PR_GET_SECCOMP), 0);
	pthread_barrier_wait(&barrier);
	check(!pthread_join(thread, NULL));
}
TEST_STORIES(one_thread_alone)

static void exits(void *arg)
{
	(void)arg;
	no_new_privs();
	check(!install(0, SYS_times, 78) && !install(0, SYS_times, 79));
}

static void zombie(void)
{
	pid_t pid = spawn(exits, NULL);

	check(wait_until(status_of(pid, FILTERS) == 2));
	check(!waitid(P_PID, pid, NULL, WEXITED | WNOWAIT));
	ready();
	check_equal(status_of(pid, MODE), SECCOMP_MODE_FILTER);
	check_equal(status_of(pid, FILTERS), 2);
	join(pid);
}
TEST_STORIES(zombie)

/* Who is killed by seccomp dies in a mode of its own. */
static void is_killed(void *arg)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_times, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	(void)arg;
	no_new_privs();
	check(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	syscall(SYS_times, 0);
}

static void killed_zombie(void)
{
	pid_t pid = spawn(is_killed, NULL);
	int status, mode;

	check(!waitid(P_PID, pid, NULL, WEXITED | WNOWAIT));
	mode = status_of(pid, MODE);
	ready();
	check_equal(status_of(pid, MODE), mode);
	check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	check_equal(WTERMSIG(status), SIGSYS);
}
TEST_STORIES(killed_zombie)

/* -- strict mode ---------------------------------------------------------------------------- */

static void strict_child(void *arg)
{
	char c;

	(void)arg;
	check(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	syscall(SYS_write, out[1], "r", 1);
	syscall(SYS_read, in[0], &c, 1);
	syscall(SYS_write, out[1], &c, 1);
	syscall(SYS_getpid);
}

static void strict(void)
{
	int status;
	pid_t pid;
	char c;

	check(!pipe(in) && !pipe(out));
	pid = spawn(strict_child, NULL);
	check(read(out[0], &c, 1) == 1 && c == 'r');
	ready();
	check_equal(status_of(pid, MODE), SECCOMP_MODE_STRICT);
	check(write(in[1], "x", 1) == 1 && read(out[0], &c, 1) == 1 && c == 'x');
	check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	check_equal(WTERMSIG(status), SIGKILL);
}
TEST_STORIES(strict)

/* -- listeners ------------------------------------------------------------------------------- */

static int listen_to(int call)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };
	int fd;

	no_new_privs();
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		     &program);
	check(fd >= 0);
	return fd;
}

static void listener(void)
{
	listen_to(SYS_times);
	ready();
}
TEST_REFUSED(listener, EOPNOTSUPP, "seccomp")

static void closed_listener(void)
{
	close(listen_to(SYS_times));
	ready();
	expect_error(SYS_times, ENOSYS);
}
TEST_STORIES(closed_listener)

/* -- rights -------------------------------------------------------------------------------------- */

/* Installed by root, who then became a user: that takes a restarter with CAP_SYS_ADMIN. */
static void without_no_new_privs(void)
{
	check(!install(0, SYS_times, 78));
	check(!setgroups(0, NULL) && !setresgid(USER, USER, USER) && !setresuid(USER, USER, USER));
	check(!prctl(PR_SET_DUMPABLE, 1));
	ready();
	expect_error(SYS_times, 78);
	check_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}
TEST_STORIES(without_no_new_privs)

void after_exec(void)
{
	no_new_privs();
	check(!install(0, SYS_times, 78));
	ready();
	expect_error(SYS_times, 78);
}

static void user_with_no_new_privs(void)
{
	execute_self_as_user();
}

TEST_F(forged, no_new_privs_under_a_ceiling)
{
	struct ckpt_rec_task_cred *cred;

	ASSERT_EQ(0, subject_start(&self->s, user_with_no_new_privs));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	subject_go(&self->s, 1);
	EXPECT_EQ(self->s.pid, subject_restart_below_user(&self->s));
	EXPECT_EQ(0, subject_wait(&self->s));
	cred = (void *)(image_find(&self->image, CKPT_REC_TASK_CRED) + 1);
	ASSERT_EQ(1, cred->no_new_privs);
	cred->no_new_privs = 0;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	EXPECT_EQ(-EACCES, subject_restart_below_user(&self->s));
	EXPECT_TRUE(subject_told(&self->s, "CAP_SYS_ADMIN"));
}

/* A user's caller is told before his program is lost. */
TEST(user_saves_what_he_could_not_restart)
{
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, without_no_new_privs));
	ASSERT_TRUE(set_policy("0"));
	pid = fork();
	if (!pid) {
		snprintf(s.image, sizeof(s.image), "/dev/null");
		if (setgroups(0, NULL) || setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
			_exit(99);
		_exit(-subject_save(&s, CHECKPOINT_KILL));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(set_policy("1"));
	EXPECT_EQ(EACCES, WEXITSTATUS(status));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* The restarter's own filter stays, below those of the image. */
TEST(restarter_under_a_filter)
{
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, order));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	pid = fork();
	if (!pid) {
		long ret = install(0, SYS_getpriority, 90);

		ret = ret ?: subject_restart(&s, 0);
		if (!ret && !(status_of(s.pid, FILTERS) == 21 &&
			      subject_told(&s, "the restarter's seccomp filters stay")))
			ret = -98;
		subject_kill(&s);
		_exit(-ret);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* -- forged images --------------------------------------------------------------------------------- */

#define FORGED(name, type, rec, statement, err)				\
TEST_F(forged, name)							\
{									\
	struct rec *data;						\
	struct ckpt_rec_bpf_insn *insns;				\
	struct ckpt_rec *first;						\
									\
	ASSERT_EQ(0, subject_start(&self->s, two_filters));		\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	first = image_find(&self->image, type);				\
	ASSERT_NE(NULL, first);						\
	data = (void *)(first + 1);					\
	insns = (void *)(data + 1);					\
	(void)insns;							\
	statement;							\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));		\
}

#define FORGED_FILTER(name, statement)					\
	FORGED(name, CKPT_REC_SECCOMP_FILTER, ckpt_rec_seccomp_filter, statement, -EINVAL)
#define FORGED_MODE(name, statement)					\
	FORGED(name, CKPT_REC_SECCOMP, ckpt_rec_seccomp, statement, -EINVAL)

FORGED_FILTER(filter_before_itself, data->prev = first->object)
FORGED_FILTER(filter_before_a_later_one, data->prev = first->object + 1)
FORGED_FILTER(filter_behind_a_pid, data->prev = 1)
FORGED_FILTER(flags_of_a_filter, data->flags = 2)
FORGED_FILTER(load_behind_the_data, insns[0].k = sizeof(struct seccomp_data))
FORGED_FILTER(load_of_a_packet, insns[0].code = BPF_LD | BPF_W | BPF_IND)
FORGED_FILTER(jump_out, insns[1].jf = 200)
FORGED_FILTER(no_return, insns[3].code = BPF_LD | BPF_IMM)
FORGED_FILTER(unknown_instruction, insns[0].code = 0xffff)
FORGED_MODE(no_mode, data->mode = 0)
FORGED_MODE(dead_mode, data->mode = 3)
FORGED_MODE(strict_with_a_filter, data->mode = SECCOMP_MODE_STRICT)
FORGED_MODE(filters_without_one, data->filter = 0)
FORGED_MODE(number_of_the_living, data->nr_filters = 2)
FORGED_MODE(pid_as_a_filter, data->filter = 1)

TEST_HARNESS_MAIN
