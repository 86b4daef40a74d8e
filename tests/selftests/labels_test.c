// SPDX-License-Identifier: GPL-2.0-only
/*
 * labels_test.c - what SELinux keeps of a task beside its label.  It wants a kernel that
 * runs SELinux, without a policy: then the names of the initial labels can be set.
 */
#include "checkpoint_test.h"

#define LABEL	"unlabeled"

static bool have_selinux(void)
{
	char modules[256];

	return read_file("/sys/kernel/security/lsm", modules, sizeof(modules)) > 0 &&
	       strstr(modules, "selinux");
}

/* Return: bytes of the label or 0 */
static ssize_t get(const char *attribute, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/thread-self/attr/%s", attribute);
	return read_file(path, buf, size);
}

static void set(const char *attribute, const char *label)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/thread-self/attr/%s", attribute);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	check(fd >= 0 && write(fd, label, strlen(label) + 1) == (ssize_t)strlen(label) + 1);
	close(fd);
}

static void has_label(const char *attribute)
{
	char label[64];

	set(attribute, LABEL);
	ready();
	check(get(attribute, label, sizeof(label)) > 0);
	check(!strcmp(label, LABEL));
}

static void for_programs(void) { has_label("exec"); }
static void for_files(void) { has_label("fscreate"); }
static void for_keys(void) { has_label("keycreate"); }
static void for_sockets(void) { has_label("sockcreate"); }

static void cleared(void)
{
	char label[64];

	set("fscreate", LABEL);
	set("fscreate", "");
	ready();
	check_equal(get("fscreate", label, sizeof(label)), 0);
}

FIXTURE(label) {
};

FIXTURE_SETUP(label)
{
	if (!have_selinux())
		SKIP(return, "SELinux is not running (lsm=selinux)");
}

FIXTURE_TEARDOWN(label)
{
}

TEST_F(label, for_the_next_program_is_refused)
{
	ASSERT_EQ(0, story_refused(for_programs, EOPNOTSUPP, "label for the next program"));
}

TEST_F(label, for_files_is_refused)
{
	ASSERT_EQ(0, story_refused(for_files, EOPNOTSUPP, "label for files that it makes"));
}

TEST_F(label, for_keys_is_refused)
{
	ASSERT_EQ(0, story_refused(for_keys, EOPNOTSUPP, "label for keys that it makes"));
}

TEST_F(label, for_sockets_is_refused)
{
	ASSERT_EQ(0, story_refused(for_sockets, EOPNOTSUPP, "label for sockets that it makes"));
}

TEST_F(label, cleared_is_no_obstacle)
{
	ASSERT_EQ(0, story_killed(cleared));
}

TEST_HARNESS_MAIN
