// SPDX-License-Identifier: GPL-2.0-only
/*
 * audit_test.c - what the audit log hears of restarts.
 */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

static void waits(void)
{
	ready();
}

static bool set_audit(bool on)
{
	struct {
		struct nlmsghdr head;
		struct audit_status status;
	} message = {
		.head = {
			.nlmsg_len = sizeof(message),
			.nlmsg_type = AUDIT_SET,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.status = { .mask = AUDIT_STATUS_ENABLED, .enabled = on },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	bool ok = send(fd, &message, sizeof(message), 0) == sizeof(message);

	close(fd);
	return ok;
}

/* Without a daemon the kernel's log has the records. */
static bool logged(int log, pid_t root, int res)
{
	char line[1024], words[2][32];
	ssize_t n;

	snprintf(words[0], sizeof(words[0]), " root=%d ", root);
	snprintf(words[1], sizeof(words[1]), " res=%d", res);
	while ((n = read(log, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		if (strstr(line, "op=restart image=") && strstr(line, words[0]) &&
		    strstr(line, words[1]))
			return true;
	}
	return false;
}

TEST(one_record_of_each_restart)
{
	struct restart_args owner = { .flags = RESTART_ARG_OWNER, .owner_uid = 1000 };
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct subject s;
	int fd;

	ASSERT_LE(0, lseek(log, 0, SEEK_END));
	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(set_audit(true));
	/* Root's program does not become another user's. */
	fd = open(s.image, O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EPERM, sys_restart(0, fd, RESTART_ARGS, &owner, sizeof(owner)));
	close(fd);
	EXPECT_TRUE(wait_until(logged(log, 0, 0)));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(wait_until(logged(log, s.pid, 1)));
	EXPECT_FALSE(logged(log, s.pid, 1));
	set_audit(false);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	close(log);
}

TEST_HARNESS_MAIN
