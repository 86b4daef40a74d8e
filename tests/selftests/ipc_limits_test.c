// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipc_limits_test.c - limits of an ipc namespace: the tree's own come back with it, those of a
 * namespace that it shares with others stay.
 */
#include <sys/shm.h>

#include "forged.h"

#define KEY	0x4c494d

/* Each with what it is not by default */
static const struct {
	const char *path;
	const char *value;
} limits[] = {
	{ "/proc/sys/kernel/sem", "31000\t1000000\t400\t30000\n" },
	{ "/proc/sys/kernel/shmmax", "1073741824\n" },
	{ "/proc/sys/kernel/shmall", "1048576\n" },
	{ "/proc/sys/kernel/shmmni", "4000\n" },
	{ "/proc/sys/kernel/shm_rmid_forced", "1\n" },
	{ "/proc/sys/kernel/msgmax", "9000\n" },
	{ "/proc/sys/kernel/msgmnb", "20000\n" },
	{ "/proc/sys/kernel/msgmni", "31000\n" },
	{ "/proc/sys/fs/mqueue/queues_max", "300\n" },
	{ "/proc/sys/fs/mqueue/msg_max", "20\n" },
	{ "/proc/sys/fs/mqueue/msgsize_max", "9000\n" },
	{ "/proc/sys/fs/mqueue/msg_default", "11\n" },
	{ "/proc/sys/fs/mqueue/msgsize_default", "8000\n" },
};
#define NR	(sizeof(limits) / sizeof(*limits))

static void set_all(void)
{
	size_t i;

	for (i = 0; i < NR; i++)
		put_text(limits[i].path, limits[i].value);
}

/* Return: how many limits are those that set_all() sets */
static size_t nr_set(void)
{
	char text[80];
	size_t i, nr = 0;

	for (i = 0; i < NR; i++)
		if (read_file(limits[i].path, text, sizeof(text)) > 0)
			nr += !strcmp(text, limits[i].value);
	return nr;
}

static void has_limits(void)
{
	int id;

	set_all();
	id = shmget(KEY, 4096, IPC_CREAT | 0600);
	check(id >= 0 && shmat(id, NULL, 0) != (void *)-1);
	ready();
	check_equal(nr_set(), NR);
}

static void has_no_say(void)
{
	set_all();
	ready();
	check_equal(nr_set(), 0);
}

#define NOTE	"those of the restarter's ipc namespace"

static bool noted(const struct subject *s)
{
	unsigned int i;

	for (i = 0; i < NR_ERRORS; i++)
		if (strstr(s->errors[i].message, NOTE))
			return true;
	return false;
}

static void start_alone(struct __test_metadata *_metadata, struct subject *s, void (*run)(void))
{
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(0, subject_start(s, run));
	ASSERT_EQ(NR, nr_set());
}

TEST(they_come_back)
{
	struct subject s;

	start_alone(_metadata, &s, has_limits);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(0, nr_set());
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_FALSE(noted(&s));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(NR, nr_set());
}

TEST(a_failed_restart_takes_them_back)
{
	struct subject s;

	start_alone(_metadata, &s, has_limits);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_LE(0, shmget(KEY, 100, IPC_CREAT | 0600));
	ASSERT_GT(0, subject_restart(&s, 0));
	EXPECT_EQ(0, nr_set());
}

static pid_t stay_here(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return pid;
}

TEST(others_keep_theirs)
{
	struct subject s;
	pid_t pid;

	start_alone(_metadata, &s, has_no_say);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	pid = stay_here();
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(noted(&s));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, nr_set());
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Whose limits they are who are there too, and nobody saves them. */
static void looks_again(void)
{
	ready();
}

TEST(of_a_namespace_in_common_there_are_none)
{
	struct subject s;
	struct image image;

	ASSERT_EQ(0, subject_start(&s, looks_again));
	ASSERT_EQ(0, save_and_load(&s, &image));
	EXPECT_EQ(NULL, image_find(&image, CKPT_REC_IPC_LIMITS));
	image_free(&image);
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

NTH(CKPT_REC_IPC_LIMITS, ckpt_rec_ipc_limits)

#define LIMITS	ckpt_rec_ipc_limits_nr(image, 0)

FORGERY(many_sets, LIMITS->sem[3] = 1 << 30)
FORGERY(negative_sets, LIMITS->sem[3] = -1)
FORGERY(many_segments, LIMITS->shmmni = 1 << 30)
FORGERY(negative_segments, LIMITS->shmmni = -1)
FORGERY(forced_twice, LIMITS->shm_rmid_forced = 2)
FORGERY(long_message, LIMITS->msgmax = 1U << 31)
FORGERY(large_queue, LIMITS->msgmnb = ~0U)
FORGERY(many_queues, LIMITS->msgmni = ~0U)
FORGERY(no_message, LIMITS->msg_max = 0)
FORGERY(many_messages, LIMITS->msg_max = 65537)
FORGERY(short_message, LIMITS->msgsize_max = 127)
FORGERY(huge_message, LIMITS->msgsize_max = (16 << 20) + 1)
FORGERY(no_default, LIMITS->msg_default = 0)
FORGERY(huge_default, LIMITS->msgsize_default = ~0U)
FORGERY(of_an_object, HEAD(LIMITS)->object = 1)

static void (* const changes[])(struct image *image) = {
	many_sets, negative_sets, many_segments, negative_segments, forced_twice, long_message,
	large_queue, many_queues, no_message, many_messages, short_message, huge_message,
	no_default, huge_default, of_an_object,
};

static void still_has_them(void)
{
	set_all();
	ready();
	check_equal(nr_set(), NR);
}

TEST_F(forged, limits_of_no_sort)
{
	start_alone(_metadata, &self->s, still_has_them);
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes,
			     sizeof(changes) / sizeof(*changes)));
}

TEST_HARNESS_MAIN
