// SPDX-License-Identifier: GPL-2.0-only
/*
 * zz_policy_test.c - kernel.checkpoint_policy 2 is for good.  By its name the last
 * program to run in a guest: nothing can be saved after it.
 */
#include "checkpoint_test.h"

TEST(policy_2_is_for_nobody_and_for_good)
{
	char buf[16] = "";

	ASSERT_TRUE(set_policy("2"));
	EXPECT_EQ(-EPERM, sys_checkpoint(0, -1, 0, NULL, 0));
	EXPECT_EQ(-EPERM, sys_restart(0, -1, 0, NULL, 0));
	EXPECT_FALSE(set_policy("1"));
	EXPECT_FALSE(set_policy("0"));
	EXPECT_TRUE(set_policy("2"));
	EXPECT_LT(0, read_file(POLICY, buf, sizeof(buf)));
	EXPECT_EQ('2', buf[0]);
}

TEST_HARNESS_MAIN
