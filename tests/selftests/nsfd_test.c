// SPDX-License-Identifier: GPL-2.0-only
/*
 * nsfd_test.c - descriptors of namespaces: the tree's own, and those that it is not in.
 */
#include <stddef.h>

#include "forged.h"

static const char *const names[] = { "net", "uts", "ipc", "pid", "user", "mnt", "cgroup",
				     "pid_for_children" };

#define NAMES	(sizeof(names) / sizeof(names[0]))

static int open_own(const char *name)
{
	char path[60];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* It leads to the namespace that the process is in. */
static bool is_own(int fd, const char *name)
{
	struct stat own, st;
	char path[60];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	check(!stat(path, &own) && !fstat(fd, &st));
	return own.st_ino == st.st_ino && own.st_dev == st.st_dev;
}

static void look_in_child(void *arg)
{
	child_ready();
	check(is_own(*(int *)arg, "uts"));
}

static void own(void)
{
	char before[60] = "", now[60] = "";
	int fds[NAMES], same, uts;
	unsigned int i;
	pid_t pid;

	for (i = 0; i < NAMES; i++) {
		fds[i] = open_own(names[i]);
		check(fds[i] >= 0);
	}
	same = dup(fds[0]);
	uts = open_own("uts");
	check(same >= 0 && uts >= 0 && readlink("/proc/self/fd/3", before, 59) > 0);
	pid = spawn(look_in_child, &uts);
	await_child(pid);
	ready();
	for (i = 0; i < NAMES; i++) {
		check(is_own(fds[i], names[i]));
		check(fcntl(fds[i], F_GETFD) == FD_CLOEXEC);
	}
	check(is_own(same, "net") && !fcntl(same, F_GETFD));
	check(readlink("/proc/self/fd/3", now, 59) > 0 && !strcmp(before, now));
	check(!setns(fds[1], CLONE_NEWUTS) && !setns(fds[0], CLONE_NEWNET));
	check(setns(fds[1], CLONE_NEWIPC) == -1 && errno == EINVAL);
	join(pid);
}
TEST_STORIES(own)

/* -- refusals ------------------------------------------------------------------------------- */

static void elsewhere(void *arg)
{
	check(!unshare(*(int *)arg));
	child_ready();
}

static void foreign(int type, const char *name)
{
	pid_t pid = spawn(elsewhere, &type);
	char path[60];

	await_child(pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	check(open(path, O_RDONLY) == 3);
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
	ready();
	check(!fcntl(3, F_GETFD));
}

static void uts_of_others(void) { foreign(CLONE_NEWUTS, "uts"); }
TEST_REFUSED(uts_of_others, EOPNOTSUPP, "a namespace that the program is not in (uts:[")
static void net_of_others(void) { foreign(CLONE_NEWNET, "net"); }
TEST_REFUSED(net_of_others, EOPNOTSUPP, "a namespace that the program is not in (net:[")
static void user_of_others(void) { foreign(CLONE_NEWUSER, "user"); }
TEST_REFUSED(user_of_others, EOPNOTSUPP, "a namespace that the program is not in (user:[")

static void time_of_its_own(void)
{
	check(open_own("time") == 3);
	ready();
}
TEST_REFUSED(time_of_its_own, EOPNOTSUPP, "a time namespace")

/* -- forged images ---------------------------------------------------------------------------- */

static void one(void)
{
	int fd = open_own("net");

	check(fd == 3);
	ready();
	check(is_own(fd, "net"));
}

#define FORGED(name, statement, err)						\
TEST_F(forged, name)								\
{										\
	struct ckpt_rec_file_nsfs *data;					\
										\
	ASSERT_EQ(0, subject_start(&self->s, one));				\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));			\
	ASSERT_NE(NULL, image_find(&self->image, CKPT_REC_FILE_NSFS));		\
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_NSFS) + 1);	\
	statement;								\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));			\
}

FORGED(of_none, data->type = 0, -EOPNOTSUPP)
FORGED(of_two, data->type |= CLONE_NEWUTS, -EOPNOTSUPP)
FORGED(for_writing, data->open_flags = O_RDWR, -EINVAL)
FORGED(path, data->open_flags |= O_PATH, -EINVAL)
FORGED(flags, data->open_flags |= O_CREAT, -EINVAL)
FORGED(reserved, data->reserved = 1, -EINVAL)
FORGED(cred, data->cred = ~0U, -EINVAL)

TEST_HARNESS_MAIN
