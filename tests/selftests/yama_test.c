// SPDX-License-Identifier: GPL-2.0-only
/*
 * yama_test.c - whom a process lets trace it (PR_SET_PTRACER), as who tries finds out.
 *
 * All are programs of one user without capabilities, and no one is an ancestor of another:
 * it is Yama alone that keeps one from the other's memory.
 */
#include <sys/uio.h>

#include "forged.h"
#include "traced.h"

#define SCOPE	"/proc/sys/kernel/yama/ptrace_scope"

static uint32_t secret;

static void be_user(void)
{
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	      !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
}

static bool may_look(pid_t pid)
{
	struct iovec from = { &secret, sizeof(secret) }, to = from;
	uint32_t found = 0;
	ssize_t n;

	to.iov_base = &found;
	n = process_vm_readv(pid, &to, 1, &from, 1, 0);
	if (n < 0) {
		check(errno == EPERM);
		return false;
	}
	check_equal(n, sizeof(found));
	check_equal(found, 4711);
	return true;
}

/* The two that look, and what each of them is to find */
struct looker {
	pid_t at;
	bool may;
};

static void looks(void *arg)
{
	struct looker *looker = arg;

	child_ready();
	check(may_look(looker->at) == looker->may);
}

static void lets(void *arg)
{
	char text[32];

	(void)arg;
	secret = 4711;
	check(wait_until(read_file("named", text, sizeof(text)) > 0));
	check(!prctl(PR_SET_PTRACER, strtoul(text, NULL, 10), 0, 0, 0));
	child_ready();
	check(wait_until(!access("looked", F_OK)));
}

/* One child lets the first of its two siblings trace it, or anybody. */
static void siblings(bool anybody)
{
	struct looker named = { .may = true }, other = { .may = anybody };
	pid_t first, second;
	char text[32];

	check(!chmod(".", 0777));
	be_user();
	named.at = spawn(lets, NULL);
	other.at = named.at;
	first = spawn(looks, &named);
	second = spawn(looks, &other);
	snprintf(text, sizeof(text), "%lu", anybody ? PR_SET_PTRACER_ANY : (unsigned long)first);
	write_file("naming", text, strlen(text));
	check(!rename("naming", "named"));
	await_child(named.at);
	await_child(first);
	await_child(second);
	ready();
	join(first);
	join(second);
	write_file("looked", "", 0);
	join(named.at);
}

static void tree_one_sibling(void)
{
	siblings(false);
}

static void tree_anybody(void)
{
	siblings(true);
}

static bool set_scope(const char *value)
{
	int fd = open(SCOPE, O_WRONLY);
	bool done = fd >= 0 && write(fd, value, 1) == 1;

	close(fd);
	return done;
}

#define TEST_YAMA(name)								\
	TEST(name)								\
	{									\
		if (access(SCOPE, F_OK))					\
			SKIP(return, "this kernel has no Yama");		\
		ASSERT_TRUE(set_scope("1"));					\
		EXPECT_EQ(0, story_killed(tree_##name));			\
		EXPECT_EQ(0, story_twice(tree_##name));				\
		ASSERT_TRUE(set_scope("0"));					\
	}

TEST_YAMA(one_sibling)
TEST_YAMA(anybody)

static void calls_once(void)
{
	_exit(syscall(SYS_getppid) > 0 ? 4 : 5);
}

/* An ordinary user may trace a descendant. */
static void tree_traces(void)
{
	pid_t pid;

	check(!chmod(".", 0777));
	be_user();
	pid = start_traced(calls_once, PTRACE_O_TRACESYSGOOD);
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), (SIGTRAP | 0x80) << 8 | 0x7f);
	ready();
	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), (SIGTRAP | 0x80) << 8 | 0x7f);
	check_end(pid, 4);
}
TEST_YAMA(traces)

static void lets_init(void)
{
	check(!prctl(PR_SET_PTRACER, 1, 0, 0, 0));
	ready();
}

TEST(one_outside_refused)
{
	ASSERT_EQ(0, story_refused(lets_init, EOPNOTSUPP, "outside the tree, trace it"));
}

/* One that is cleared is no obstacle. */
static void cleared(void)
{
	check(!prctl(PR_SET_PTRACER, getppid(), 0, 0, 0));
	check(!prctl(PR_SET_PTRACER, 0, 0, 0, 0));
	ready();
}
TEST_KILLED(cleared)

static void any_ready(void)
{
	check(!prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0));
	ready();
}

TEST_F(forged, lies)
{
	static const struct ckpt_rec_ptracer lies[] = {
		{ 0, 0 }, { 0, 2 }, { 1, CKPT_PTRACER_ANY }, { 0xffffff, 0 },
	};
	struct ckpt_rec_ptracer *rec;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, any_ready));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = (void *)(image_find(&self->image, CKPT_REC_PTRACER) + 1);
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		*rec = lies[i];
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0))
			TH_LOG("lie %zu", i);
	}
}

TEST_HARNESS_MAIN
