// SPDX-License-Identifier: GPL-2.0-only
/*
 * group_pidns_test.c - process groups whose leader lives in a pid namespace below that of a
 * member: kept, refused where the namespace has lost its init, and in the way of no restart
 * that fails.
 */
#include <sys/file.h>

#include "nested_pidns.h"

static void leads_a_group(void *arg)
{
	check(!setpgid(0, 0));
	here("leads");
}

static void has_a_leader(void *arg)
{
	join(spawn(leads_a_group, NULL));
}

/* The only child of a child, as it is seen from here */
static pid_t child_of(pid_t pid)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	check(read_file(path, text, sizeof(text)) > 0);
	return atoi(text);
}

/* In the group of a grandchild, which is two levels below */
static void is_member(void *arg)
{
	pid_t init = spawn_init(has_a_leader, NULL), leader;

	await("leads");
	leader = child_of(init);
	check(!setpgid(0, leader));
	child_ready();
	check_equal(getpgid(0), leader);
	check_equal(getpgid(leader), leader);
	/* As long as it is in the group, the namespace does not end. */
	check(!setpgid(0, 0));
	looked();
	join(init);
}

static void member_above(void)
{
	int fd = open(test_file("locked"), O_RDWR | O_CREAT, 0644);
	pid_t pid;

	check(!flock(fd, LOCK_EX));
	pid = spawn(is_member, NULL);
	await_child(pid);
	ready();
	join(pid);
}
TEST_KILLED(member_above)

/* It is given up when all processes are there, in their groups, and nobody waits for ever. */
TEST(given_up_with_a_member_above)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, member_above));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = open(test_file("locked"), O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, flock(fd, LOCK_EX));
	EXPECT_EQ(-EAGAIN, subject_restart(&s, 0));
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void leads_and_ends(void *arg)
{
	check(!setpgid(0, 0));
	here("leads");
}

static void stays_in_the_group(void *arg)
{
	pid_t init = spawn_init(leads_and_ends, NULL);

	await("leads");
	check(!setpgid(0, init));
	looked();
	join(init);
	check_equal(getpgid(0), init);
	child_ready();
}

static void group_without_its_namespace(void)
{
	pid_t pid = spawn(stays_in_the_group, NULL);

	await_child(pid);
	ready();
	join(pid);
}
TEST_REFUSED(group_without_its_namespace, EOPNOTSUPP, "lost its init")

TEST_HARNESS_MAIN
