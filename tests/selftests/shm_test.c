// SPDX-License-Identifier: GPL-2.0-only
/*
 * shm_test.c - System V shared memory: attached, detached, locked, to be destroyed.
 */
#include <grp.h>
#include <sys/resource.h>

#include "checkpoint_test.h"
#include "segment.h"

static void same_segment(const struct shmid_ds *before)
{
	struct shmid_ds now = stat_segment(seg);

	check_equal(now.shm_perm.__key, before->shm_perm.__key);
	check_equal(now.shm_perm.mode, before->shm_perm.mode);
	check_equal(now.shm_perm.uid, before->shm_perm.uid);
	check_equal(now.shm_perm.gid, before->shm_perm.gid);
	check_equal(now.shm_perm.cuid, before->shm_perm.cuid);
	check_equal(now.shm_perm.cgid, before->shm_perm.cgid);
	check_equal(now.shm_perm.__seq, before->shm_perm.__seq);
	check_equal(now.shm_segsz, before->shm_segsz);
	check_equal(now.shm_atime, before->shm_atime);
	check_equal(now.shm_dtime, before->shm_dtime);
	check_equal(now.shm_ctime, before->shm_ctime);
	check_equal(now.shm_cpid, before->shm_cpid);
	check_equal(now.shm_lpid, before->shm_lpid);
	check_equal(now.shm_nattch, before->shm_nattch);
}

static void writes_in_the_child(void *arg)
{
	(void)arg;
	child_ready();
	mem[5 * PAGE] = 'c';
	while (mem[6 * PAGE] != 'p')
		sleep_ms(1);
}

/* Attached twice, once for reading, and by a child: one memory */
static void attached(void)
{
	struct shmid_ds before;
	char *second;
	pid_t pid;

	make_segment(KEY);
	mem = attach(0);
	second = attach(SHM_RDONLY);
	pattern_fill(mem, 4 * PAGE, 17);
	before = stat_segment(seg);
	before.shm_perm.uid = 1234;
	before.shm_perm.mode = 0604;
	check(!shmctl(seg, IPC_SET, &before));
	pid = spawn(writes_in_the_child, NULL);
	await_child(pid);
	before = stat_segment(seg);
	check_equal(before.shm_nattch, 4);
	ready();
	if (kill(pid, 0) == 0 && mem[5 * PAGE] != 'c')
		check_equal(stat_segment(seg).shm_nattch, 4);
	check_equal(stat_segment(seg).shm_cpid, getpid());
	check(pattern_is(mem, 4 * PAGE, 17) && pattern_is(second, 4 * PAGE, 17));
	check(wait_until(mem[5 * PAGE] == 'c' && second[5 * PAGE] == 'c'));
	mem[6 * PAGE] = 'p';
	join(pid);
	check_equal(shmget(KEY, 1, 0), seg);
	check(!shmdt(second));
	check_equal(stat_segment(seg).shm_nattch, 1);
	check(!mprotect(mem, PAGE, PROT_READ) && !shmdt(mem));
	remove_segment();
}
TEST_STORIES(attached)

static void state(void)
{
	struct shmid_ds before;

	make_segment(IPC_PRIVATE);
	mem = attach(0);
	check(!shmdt(attach(0)));
	before = stat_segment(seg);
	ready();
	same_segment(&before);
	mem[1] = 1;
	check(!shmdt(mem));
	remove_segment();
}
TEST_STORIES(state)

/* It goes with the last one that has it. */
static void to_be_destroyed(void)
{
	struct shmid_ds before;

	make_segment(KEY);
	mem = attach(0);
	remove_segment();
	pattern_fill(mem, LEN - PAGE, 23);
	before = stat_segment(seg);
	check(before.shm_perm.mode & SHM_DEST);
	ready();
	same_segment(&before);
	check(pattern_is(mem, LEN - PAGE, 23));
	check(shmget(KEY, 1, 0) == -1 && errno == ENOENT);
	check(!shmdt(mem));
	check(shmctl(seg, IPC_STAT, &before) == -1 && (errno == EINVAL || errno == EIDRM));
}
TEST_STORIES(to_be_destroyed)

/* A part of it was unmapped, one is mapped elsewhere. */
static void in_parts(void)
{
	struct shmid_ds before;

	make_segment(IPC_PRIVATE);
	mem = attach(0);
	pattern_fill(mem, 8 * PAGE, 5);
	check(!munmap(mem + 2 * PAGE, 2 * PAGE));
	before = stat_segment(seg);
	check_equal(before.shm_nattch, 2);
	ready();
	same_segment(&before);
	check(pattern_is(mem, 2 * PAGE, 5));
	check(pattern_goes_on(mem + 4 * PAGE, 4 * PAGE, 4 * PAGE, 5));
	check(!shmdt(mem));
	check_equal(stat_segment(seg).shm_nattch, 0);
	remove_segment();
}
TEST_STORIES(in_parts)

/* -- another boot, as far as segments go: they are gone --------------------------------------- */

TEST(segment_is_made_anew)
{
	static void (*const stories[])(void) = { attached, state, to_be_destroyed, in_parts };
	struct subject s;
	size_t i;

	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		ASSERT_EQ(0, subject_start(&s, stories[i]));
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		remove_all();
		ASSERT_EQ(0, count_segments());
		ASSERT_EQ(0, subject_restart(&s, 0));
		EXPECT_EQ(1, count_segments());
		subject_go(&s, 1);
		EXPECT_EQ(0, subject_wait(&s));
		EXPECT_EQ(0, count_segments());
	}
}

TEST(key_is_taken)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, attached));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	ASSERT_LE(0, shmget(IPC_PRIVATE, 1, 0600));
	ASSERT_LE(0, shmget(KEY, LEN, IPC_CREAT | 0600));
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "ipcrm -m"));
	EXPECT_EQ(2, count_segments());
	remove_all();
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* The tree's own segment, which somebody has attached by now */
TEST(segment_is_used)
{
	struct subject s;
	char *p;

	ASSERT_EQ(0, subject_start(&s, attached));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	seg = shmget(KEY, 1, 0);
	p = attach(0);
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "not as the program left it"));
	EXPECT_TRUE(pattern_is(p, 4 * PAGE, 17));
	ASSERT_EQ(0, shmdt(p));
	remove_all();
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* A restart that fails leaves nothing, and what was there as it was. */
TEST(nothing_is_left_behind)
{
	struct shmid_ds before, now;
	struct subject s;
	int i;

	ASSERT_EQ(0, subject_start(&s, with_a_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, rename(test_file("some"), test_file("other")));
	seg = shmget(KEY, 1, 0);
	for (i = 0; i < 2; i++) {
		before = i ? before : stat_segment(seg);
		EXPECT_GT(0, subject_restart(&s, 0));
		if (i) {
			EXPECT_EQ(0, count_segments());
			break;
		}
		now = stat_segment(seg);
		EXPECT_EQ(0, memcmp(&now, &before, sizeof(now)));
		remove_all();
	}
	ASSERT_EQ(0, rename(test_file("other"), test_file("some")));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- who else has it ----------------------------------------------------------------------- */

TEST(attached_outside)
{
	char words[80];
	struct subject s;
	char *p;

	ASSERT_EQ(0, subject_start(&s, attached));
	seg = shmget(KEY, 1, 0);
	p = attach(SHM_RDONLY);
	snprintf(words, sizeof(words), "attached in %s outside the tree too (1 times)",
		 process_shown(getpid()));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, words));
	ASSERT_EQ(0, shmdt(p));
	EXPECT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* Not held: it stays where it is, and that is said. */
static void detached(void)
{
	make_segment(KEY);
	mem = attach(0);
	pattern_fill(mem, PAGE, 3);
	check(!shmdt(mem));
	ready();
	mem = attach(0);
	check(pattern_is(mem, PAGE, 3));
	check(!shmdt(mem));
	remove_segment();
}

TEST(segment_that_is_not_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, detached));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "is not in the image"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* All segments are saved, and restored in another namespace. */
TEST(own_namespace)
{
	struct subject s;

	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(0, subject_start(&s, detached));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(-1, shmget(KEY, 1, 0));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* kernel.shm_rmid_forced: what a task has made ends with it. */
static void set_forced(const char *value)
{
	int fd = open("/proc/sys/kernel/shm_rmid_forced", O_WRONLY);

	check(fd >= 0 && write(fd, value, 1) == 1);
	close(fd);
}

static void maker(void)
{
	make_segment(KEY);
	mem = attach(0);
	ready();
	check(!shmdt(mem));
}

TEST(made_by_a_task)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, maker));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	ASSERT_EQ(0, subject_restart(&s, 0));
	set_forced("1");
	EXPECT_EQ(1, count_segments());
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, count_segments());
	set_forced("0");
}

/* It is gone with the program that was killed, and goes with the one that came back. */
TEST(made_by_a_task_that_takes_it_along)
{
	struct subject s;

	set_forced("1");
	ASSERT_EQ(0, subject_start(&s, maker));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, count_segments());
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(1, count_segments());
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, count_segments());
	set_forced("0");
}

/* -- locked in memory ------------------------------------------------------------------------- */

/* Whether it counts for its user: as much again may not be locked. */
static bool may_lock_as_much(int id)
{
	return !shmctl(id, SHM_LOCK, NULL);
}

static void be_limited_user(void)
{
	struct rlimit limit = { LEN * 3 / 2, LEN * 3 / 2 };

	check(!setrlimit(RLIMIT_MEMLOCK, &limit));
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	      !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
}

static bool is_locked(int id)
{
	struct shmid_ds ds;

	check(!shmctl(id, IPC_STAT, &ds));
	return ds.shm_perm.mode & SHM_LOCKED;
}

static void locked(void)
{
	int other;

	be_limited_user();
	make_segment(KEY);
	mem = attach(0);
	pattern_fill(mem, 4 * PAGE, 18);
	other = shmget(IPC_PRIVATE, LEN, IPC_CREAT | 0600);
	check(other >= 0 && !shmctl(seg, SHM_LOCK, NULL) && !may_lock_as_much(other));
	ready();
	check(pattern_is(mem, 4 * PAGE, 18));
	check(is_locked(seg));
	check(!may_lock_as_much(other));
	check(!shmctl(seg, SHM_UNLOCK, NULL) && may_lock_as_much(other));
	check(!shmctl(other, IPC_RMID, NULL) && !shmctl(seg, SHM_LOCK, NULL));
	check(!shmdt(mem));
	remove_segment();
}
TEST_KILLED(locked)

static void locked_alone(void)
{
	int other;

	be_limited_user();
	make_segment(IPC_PRIVATE);
	mem = attach(0);
	pattern_fill(mem, 4 * PAGE, 19);
	check(!shmctl(seg, SHM_LOCK, NULL));
	ready();
	check(pattern_is(mem, 4 * PAGE, 19) && is_locked(seg));
	other = shmget(IPC_PRIVATE, LEN, IPC_CREAT | 0600);
	check(other >= 0 && !may_lock_as_much(other));
	remove_segment();
	check(!shmdt(mem) && may_lock_as_much(other));
	check(!shmctl(other, IPC_RMID, NULL));
}

TEST(locked_and_made_anew)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, locked_alone));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, count_segments());
}

/* -- limits ---------------------------------------------------------------------------------- */

static void set_limit(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);

	if (write(fd, text, strlen(text)) < 0)
		tell("%s cannot be set to %s", name, text);
	close(fd);
}

TEST(limits)
{
	static const struct {
		const char *name, *value;
		int err;
	} limits[] = {
		{ "/proc/sys/kernel/shmmax", "4096", -EINVAL },
		{ "/proc/sys/kernel/shmall", "10", -ENOSPC },
		{ "/proc/sys/kernel/shmmni", "0", -ENOSPC },
	};
	char before[64];
	struct subject s;
	size_t i;

	ASSERT_EQ(0, subject_start(&s, attached));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		read_file(limits[i].name, before, sizeof(before));
		set_limit(limits[i].name, limits[i].value);
		EXPECT_EQ(limits[i].err, subject_restart(&s, 0));
		set_limit(limits[i].name, before);
		EXPECT_EQ(0, count_segments());
	}
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
