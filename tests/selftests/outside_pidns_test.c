// SPDX-License-Identifier: GPL-2.0-only
/*
 * outside_pidns_test.c - pid namespaces and what is outside the tree: their members, mounts and
 * owners; a tree that lives in a namespace below the caller's, as a restart has made it.
 */
#include <sys/mount.h>
#include <sys/sem.h>
#include <sys/socket.h>

#include "nested_pidns.h"
#include "new_pidns.h"

static void levels(void)
{
	have_levels(false);
}

/* -- refused ----------------------------------------------------------------------------------- */

TEST(member_outside)
{
	char path[64], number[16];
	struct subject s;
	pid_t pid;
	int fd;

	ASSERT_EQ(0, subject_start(&s, levels));
	pid = s.pid + 1;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		check(!setns(fd, CLONE_NEWPID));
		pid = fork();
		if (!pid)
			pause();
		write_file("outsider", &pid, sizeof(pid));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	ASSERT_EQ(sizeof(pid), read_file(test_file("outsider"), number, sizeof(number)));
	memcpy(&pid, number, sizeof(pid));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "outside the tree, is in its pid namespace"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	close(fd);
	reap_all();
}

static pid_t other_init;

static void enters_others(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", other_init);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	check(fd >= 0 && !setns(fd, CLONE_NEWPID));
	close(fd);
	ready();
}

TEST(init_outside)
{
	struct subject s;

	other_init = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!other_init) {
		pause();
		_exit(0);
	}
	ASSERT_EQ(0, subject_start(&s, enters_others));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "whose init is outside the tree"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	kill(other_init, SIGKILL);
	waitpid(other_init, NULL, 0);
}

static void shows_it(void *arg)
{
	(void)arg;
	check(!mkdir("proc", 0700) || errno == EEXIST);
	check(!mount("proc", "proc", "proc", 0, NULL));
	here("shown");
	check(!umount("proc"));
}

static void mounted_proc(void)
{
	pid_t pid = spawn_init(shows_it, NULL);

	await("shown");
	ready();
	looked();
	join(pid);
}
TEST_REFUSED(mounted_proc, EOPNOTSUPP, "a mounted /proc shows")

static void uses_set(void *arg)
{
	struct sembuf up = { .sem_op = 1 };

	check(!semop(*(int *)arg, &up, 1));
}

static void number_of_the_gone(void)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	int sem = semget(IPC_PRIVATE, 1, 0600);

	check(sem >= 0 && !semop(sem, &up, 1));
	join(spawn_init(uses_set, &sem));
	ready();
	check(!semctl(sem, 0, IPC_RMID));
}
TEST_REFUSED(number_of_the_gone, EOPNOTSUPP, "by a process that is gone and lived in a pid")

/* Those above and those in there would see one number of it, and it had two. */
static void maker_of_the_gone(void)
{
	char text = 0;
	struct iovec byte = { .iov_base = &text, .iov_len = 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = {};
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int way[2], made[2];
	pid_t pid;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, way));
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		check(!socketpair(AF_UNIX, SOCK_STREAM, 0, made));
		control.header = (struct cmsghdr) {
			.cmsg_len = CMSG_LEN(sizeof(made)), .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), made, sizeof(made));
		check(sendmsg(way[1], &message, 0) == 1);
		_exit(0);
	}
	join(pid);
	check(recvmsg(way[0], &message, 0) == 1);
	ready();
}
TEST_REFUSED(maker_of_the_gone, EOPNOTSUPP, "a process that is gone and lived in a pid namespace of the tree")

/* -- the second generation: the root lives in a namespace that a restart has made -------------- */

/* The init of a new pid namespace: restarts the image, and lets it be saved again. */
static int restarter(struct subject *s)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC), status;
	long ret = sys_restart(0, fd, 0, NULL, 0);

	close(fd);
	if (ret != s->pid)
		return 10;
	write_file("restarted", "", 0);
	if (waitpid(ret, &status, 0) != ret)
		return 11;
	return WIFSIGNALED(status) ? 100 + WTERMSIG(status) : WEXITSTATUS(status);
}

static pid_t restart_in_new_namespace(struct subject *s)
{
	unlink(test_file("restarted"));
	return in_new_namespace(s, restarter);
}

/* The process of @init's namespace that has number @nr in it, as seen from here */
static pid_t find_inside(pid_t init, pid_t nr)
{
	char text[64], wanted[64];
	pid_t pid;

	snprintf(wanted, sizeof(wanted), "\t%d", nr);
	for (pid = init + 1; pid < init + 64; pid++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		if (access(path, F_OK))
			continue;
		numbers_of(pid, text, sizeof(text));
		if (strlen(text) > strlen(wanted) &&
		    !strcmp(text + strlen(text) - strlen(wanted), wanted))
			return pid;
	}
	return 0;
}

TEST(second_generation)
{
	struct subject s, again;
	pid_t init, pid;

	ASSERT_EQ(0, subject_start(&s, levels));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	init = restart_in_new_namespace(&s);
	ASSERT_TRUE(wait_until(!access(test_file("restarted"), F_OK)));
	pid = find_inside(init, s.pid);
	ASSERT_LT(0, pid);
	again = s;
	again.pid = pid;
	/* from outside, and the numbers are those of its namespace */
	ASSERT_LT(0, subject_save(&again, 0));
	ASSERT_EQ(0, kill(init, SIGKILL));
	EXPECT_EQ(SIGKILL, wait_status(init));
	again.pid = s.pid;
	init = restart_in_new_namespace(&again);
	ASSERT_TRUE(wait_until(!access(test_file("restarted"), F_OK)));
	subject_go(&s, 1);
	EXPECT_EQ(0, wait_status(init));
	/* and beside it all, where they were at first */
	EXPECT_EQ(0, subject_restart(&again, 0));
	EXPECT_EQ(0, subject_wait(&again));
}

/* Saved from within the namespace, where it has the number of before */
static int saves_inside(struct subject *s)
{
	pid_t pid;

	if (subject_restart(s, 0))
		return 10;
	if (subject_save(s, CHECKPOINT_KILL) < 0)
		return 11;
	if (subject_restart(s, 0))
		return 12;
	subject_go(s, 1);
	pid = subject_wait(s);
	return pid ? 13 : 0;
}

TEST(second_generation_from_inside)
{
	struct subject s;
	pid_t init;

	ASSERT_EQ(0, subject_start(&s, levels));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	init = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	if (!init)
		_exit(saves_inside(&s));
	EXPECT_EQ(0, wait_status(init));
}

/* -- whose it may be --------------------------------------------------------------------------- */

static void inside_user_ns(void)
{
	be_user_in_namespaces();
	join(spawn(exits, NULL));
	ready();
}
TEST_REFUSED(inside_user_ns, EOPNOTSUPP, "user namespace")

/* A user who may not make namespaces gets none from an image. */
TEST(below_user)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, levels));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_GT(0, subject_restart_below_user(&s));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
