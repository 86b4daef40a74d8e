/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * checkpoint_test.h - what each *_test.c includes: the kernel's harness, subjects,
 * and tests that tell a whole story about one.
 */
#ifndef _CHECKPOINT_TEST_H
#define _CHECKPOINT_TEST_H

#include "subject.h"
#include "kselftest_harness.h"

/* Nothing here takes long; a test that hangs must not eat its program's time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 40

static void __attribute__((constructor(KSELFTEST_PRIO_XFAIL + 1))) scale_time_limits(void)
{
	struct __fixture_metadata *f;
	struct __test_metadata *t;

	for (f = __fixture_list; f; f = f->next)
		for (t = f->tests; t; t = t->next)
			t->timeout *= time_scale();
}

/* A test a story.  Subjects whose look changes files are not left running. */
#define TEST_KILLED(run) \
	TEST(run##_killed) { ASSERT_EQ(0, story_killed(run)); }
#define TEST_LEFT_RUNNING(run) \
	TEST(run##_left_running) { ASSERT_EQ(0, story_left_running(run)); }
#define TEST_TWICE(run) \
	TEST(run##_twice) { ASSERT_EQ(0, story_twice(run)); }
#define TEST_STORIES(run) \
	TEST_KILLED(run) TEST_LEFT_RUNNING(run) TEST_TWICE(run)
#define TEST_REFUSED(run, err, words) \
	TEST(run##_refused) { ASSERT_EQ(0, story_refused(run, err, words)); }

#endif /* _CHECKPOINT_TEST_H */
