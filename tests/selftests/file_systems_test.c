// SPDX-License-Identifier: GPL-2.0-only
/*
 * file_systems_test.c - which file systems hold data, whose files are opened again, and which
 * are views of the kernel: those are refused by the type's name, and a path that leads to one
 * at the restart as well.
 */
#include <sys/mount.h>

#include "checkpoint_test.h"

#define PLACE	"/tmp/file_system"

static const char *type, *options;

FIXTURE(file_system)
{
	struct subject s;
};

FIXTURE_VARIANT(file_system)
{
	const char *type;
	const char *options;
	bool holds_data;
};

/* A row: its name, its type, options of mount(2), does it hold data? */
#define FILE_SYSTEM(name, how, found) \
	FIXTURE_VARIANT_ADD(file_system, name) { #name, how, found }

FILE_SYSTEM(tmpfs, "size=1m", true);
FILE_SYSTEM(ramfs, NULL, true);
FILE_SYSTEM(hugetlbfs, NULL, true);
FILE_SYSTEM(overlay, "lowerdir=/dev:/tmp", true);
FILE_SYSTEM(devpts, NULL, true);
FILE_SYSTEM(binfmt_misc, NULL, false);
FILE_SYSTEM(configfs, NULL, false);
FILE_SYSTEM(debugfs, NULL, false);
FILE_SYSTEM(securityfs, NULL, false);
FILE_SYSTEM(fusectl, NULL, false);
FILE_SYSTEM(mqueue, NULL, false);
FILE_SYSTEM(bpf, NULL, false);

static int mount_it(void)
{
	return mount("none", PLACE, type, 0, options);
}

static void unmount(void)
{
	umount2(PLACE, MNT_DETACH);
}

FIXTURE_SETUP(file_system)
{
	type = variant->type;
	options = variant->options;
	ASSERT_EQ(0, mkdir(PLACE, 0755) && errno != EEXIST);
}

FIXTURE_TEARDOWN(file_system)
{
	unmount();
}

/* A directory that is open, the same by its path alone, and to work in */
static void has_it(void)
{
	check_equal(open(PLACE, O_RDONLY | O_DIRECTORY), 3);
	check_equal(open(PLACE, O_PATH), 4);
	check(!fchdir(3));
	ready();
	check(!fchdir(4) && !fchdir(3) && !chdir(test_dir));
}

static bool told_at(const struct subject *s, const char *place)
{
	char words[160];

	snprintf(words, sizeof(words), "%s: " PLACE ", a file of the %s file system, cannot be saved",
		 place, type);
	return subject_told(s, words);
}

TEST_F(file_system, is_asked)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, mount_it());
	if (variant->holds_data) {
		EXPECT_EQ(0, story_killed(has_it));
		return;
	}
	ASSERT_EQ(0, subject_start(s, has_it));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(s, CHECKPOINT_CHECK));
	EXPECT_TRUE(told_at(s, "fd 3") && told_at(s, "fd 4") && told_at(s, "working directory"));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(s, CHECKPOINT_KILL));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* Where the directory was, a view of the kernel is by now. */
TEST_F(file_system, has_come)
{
	struct subject *s = &self->s;
	char words[160];

	if (variant->holds_data)
		return;
	snprintf(words, sizeof(words),
		 PLACE " is a file of the %s file system, which is not restored", type);
	ASSERT_EQ(0, subject_start(s, has_it));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_EQ(0, mount_it());
	EXPECT_EQ(-EOPNOTSUPP, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, words));
	unmount();
	ASSERT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

TEST_HARNESS_MAIN
