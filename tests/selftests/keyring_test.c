// SPDX-License-Identifier: GPL-2.0-only
/*
 * keyring_test.c - keyrings: those of logins and services are the restarter's after a restart,
 * and that is reported of each that there was; those of programs are refused by name.
 */
#include <linux/keyctl.h>

#include "checkpoint_test.h"

static long keyctl(int what, long a, long b, long c, long d)
{
	return syscall(SYS_keyctl, what, a, b, c, d);
}

static long add_key(const char *name, const char *text, long ring)
{
	return syscall(SYS_add_key, "user", name, text, strlen(text), ring);
}

/* -- refused --------------------------------------------------------------------------------- */

static void thread_keyring(void)
{
	check(add_key("mine", "secret", KEY_SPEC_THREAD_KEYRING) > 0);
	ready();
	check(keyctl(KEYCTL_SEARCH, KEY_SPEC_THREAD_KEYRING, (long)"user", (long)"mine", 0) > 0);
}
TEST_REFUSED(thread_keyring, EOPNOTSUPP, "has a thread keyring")

static void process_keyring(void)
{
	check(add_key("mine", "secret", KEY_SPEC_PROCESS_KEYRING) > 0);
	ready();
	check(keyctl(KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, (long)"user", (long)"mine", 0) > 0);
}
TEST_REFUSED(process_keyring, EOPNOTSUPP, "has a process keyring")

static void default_keyring(void)
{
	check(keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_USER_KEYRING, 0, 0, 0) >= 0);
	ready();
	check_equal(keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_NO_CHANGE, 0, 0, 0),
		    KEY_REQKEY_DEFL_USER_KEYRING);
}
TEST_REFUSED(default_keyring, EOPNOTSUPP, "has a default keyring for requested keys")

/* -- the session's --------------------------------------------------------------------------- */

#define NOTE	"its session keyring is not the caller's"

static unsigned int nr_notes(const struct subject *s)
{
	unsigned int i, nr = 0;

	for (i = 0; i < NR_ERRORS; i++)
		nr += !!strstr(s->errors[i].message, NOTE);
	return nr;
}

static void joins_one(void)
{
	check(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0) > 0);
	check(add_key("invocation_id", "secret", KEY_SPEC_SESSION_KEYRING) > 0);
}

static void below(void *arg)
{
	if (arg)
		joins_one();
	child_ready();
}

static void have_one(bool root, bool child)
{
	pid_t pids[2];
	int i;

	if (root)
		joins_one();
	for (i = 0; i < 2; i++) {
		pids[i] = spawn(below, (void *)(long)child);
		await_child(pids[i]);
	}
	ready();
	for (i = 0; i < 2; i++)
		join(pids[i]);
}

static void none_at_all(void) { have_one(false, false); }
static void one_in_common(void) { have_one(true, false); }
static void one_each(void) { have_one(true, true); }
static void children_have_them(void) { have_one(false, true); }

static long notes_of(void (*run)(void))
{
	struct subject s;
	long ret = subject_start(&s, run), nr;

	if (ret)
		return -1;
	ret = subject_save(&s, CHECKPOINT_CHECK);
	nr = nr_notes(&s);
	if (!ret)
		ret = subject_save(&s, CHECKPOINT_KILL);
	if (nr != nr_notes(&s))
		ret = -1;
	subject_go(&s, 1);
	return ret < 0 || subject_restart(&s, 0) || subject_wait(&s) ? -1 : nr;
}

TEST(each_session_keyring_is_reported)
{
	EXPECT_EQ(0, notes_of(none_at_all));
	EXPECT_EQ(1, notes_of(one_in_common));
	EXPECT_EQ(2, notes_of(children_have_them));
	EXPECT_EQ(3, notes_of(one_each));
}

/* The one that takes its place is the restarter's, with its keys. */
static void finds_restarters(void)
{
	joins_one();
	ready();
	check(keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (long)"user", (long)"invocation_id",
		     0) < 0);
	check(keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (long)"user", (long)"login", 0) > 0);
}

TEST(the_restarters_takes_its_place)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, finds_restarters));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_LT(0, keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0));
	ASSERT_LT(0, add_key("login", "word", KEY_SPEC_SESSION_KEYRING));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
