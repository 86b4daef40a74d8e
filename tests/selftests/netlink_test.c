// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_test.c - netlink sockets: port ids, groups, options, what they have to receive.
 */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

static int make(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	check(fd >= 0);
	return fd;
}

static int bound(int protocol, uint32_t port, uint32_t groups)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = port, .nl_groups = groups };
	int fd = make(protocol);

	check(!bind(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

static void set(int fd, int name, int value)
{
	check(!setsockopt(fd, SOL_NETLINK, name, &value, sizeof(value)));
}

static int get(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	check(!getsockopt(fd, SOL_NETLINK, name, &value, &len));
	return value;
}

static uint32_t port_of(int fd, uint32_t *groups)
{
	struct sockaddr_nl name = {};
	socklen_t len = sizeof(name);

	check(!getsockname(fd, (struct sockaddr *)&name, &len) && len == sizeof(name));
	if (groups)
		*groups = name.nl_groups;
	return name.nl_pid;
}

static void ask(int fd, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg gen;
	} request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = type,
			  .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = seq },
		.gen = { .rtgen_family = AF_UNSPEC },
	};

	check(send(fd, &request, sizeof(request), 0) == sizeof(request));
}

static char buf[65536];

/* Parts of an answer until its end */
static void expect_answer(int fd, uint32_t seq)
{
	struct nlmsghdr *head;
	ssize_t len;

	for (;;) {
		len = recv(fd, buf, sizeof(buf), 0);
		check(len > 0);
		for (head = (void *)buf; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			check_equal(head->nlmsg_seq, seq);
			if (head->nlmsg_type == NLMSG_DONE)
				return;
			check_equal(head->nlmsg_type, RTM_NEWLINK);
		}
	}
}

static void expect_nothing(int fd)
{
	check(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == -1 && errno == EAGAIN);
}

/* What the C library and many daemons keep open */
static void route(void)
{
	int fresh = make(NETLINK_ROUTE), fd = make(NETLINK_ROUTE);
	uint32_t port;

	ask(fd, RTM_GETLINK, NLM_F_DUMP, 1);
	expect_answer(fd, 1);
	port = port_of(fd, NULL);
	ready();
	check_equal(port_of(fresh, NULL), 0);
	check_equal(port_of(fd, NULL), port);
	ask(fd, RTM_GETLINK, NLM_F_DUMP, 2);
	expect_answer(fd, 2);
	ask(fresh, RTM_GETLINK, NLM_F_DUMP, 3);
	expect_answer(fresh, 3);
	expect_nothing(fd);
}
TEST_STORIES(route)

static void expect_type(int fd, uint16_t type)
{
	struct nlmsghdr *head = (void *)buf;

	check(recv(fd, buf, sizeof(buf), 0) >= (ssize_t)sizeof(*head));
	check_equal(head->nlmsg_type, type);
}

/* What a bus and a login have open, to log who was refused what */
static void audit(void)
{
	struct pollfd p = { .fd = make(NETLINK_AUDIT), .events = POLLIN };
	int fd = p.fd;

	/* A thread of the kernel answers. */
	ask(fd, AUDIT_GET, 0, 1);
	check(poll(&p, 1, 10000) == 1);
	ready();
	expect_type(fd, AUDIT_GET);
	ask(fd, AUDIT_GET, 0, 2);
	expect_type(fd, AUDIT_GET);
}
TEST_STORIES(audit)

/* What was sent to the groups meanwhile is lost, and that is told. */
static void groups(void)
{
	int fd = bound(NETLINK_ROUTE, 0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR);
	int quiet = bound(NETLINK_ROUTE, 4711, RTMGRP_LINK);
	uint32_t port = port_of(fd, NULL), shown, list[4] = {};
	socklen_t len = sizeof(list);

	set(fd, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_RULE);
	set(quiet, NETLINK_NO_ENOBUFS, 1);
	ready();
	check_equal(port_of(fd, &shown), port);
	check_equal(shown, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | 1U << (RTNLGRP_IPV4_RULE - 1));
	check_equal(port_of(quiet, &shown), 4711);
	check_equal(shown, RTMGRP_LINK);
	check(!getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, list, &len));
	check_equal(list[0], RTMGRP_LINK | RTMGRP_IPV4_IFADDR | 1U << (RTNLGRP_IPV4_RULE - 1));
	check(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == -1);
	check(errno == ENOBUFS || errno == EAGAIN);
	expect_nothing(fd);
	expect_nothing(quiet);
}
TEST_STORIES(groups)

static void options(void)
{
	static const int names[] = {
		NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS,
		NETLINK_LISTEN_ALL_NSID, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK,
	};
	int fd = make(NETLINK_ROUTE), fresh = make(NETLINK_ROUTE);
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		set(fd, names[i], 1);
	ready();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		check_equal(get(fd, names[i]), 1);
		check_equal(get(fresh, names[i]), 0);
	}
}
TEST_STORIES(options)

/* An answer that was not received, one message of it */
static void answer_waits(void)
{
	struct sockaddr_nl from = {};
	socklen_t len = sizeof(from);
	int fd = make(NETLINK_ROUTE);
	struct nlmsghdr *head = (void *)buf;

	/* There is no such call: an error, with the request behind it. */
	ask(fd, RTM_MAX + 1, 0, 5);
	ready();
	check(recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len) > 0);
	check(from.nl_family == AF_NETLINK && !from.nl_pid && !from.nl_groups);
	check_equal(head->nlmsg_type, NLMSG_ERROR);
	check_equal(head->nlmsg_seq, 5);
	check_equal(((struct nlmsgerr *)NLMSG_DATA(head))->error, -EOPNOTSUPP);
	expect_nothing(fd);
}
TEST_STORIES(answer_waits)

/* Between programs, with their credentials */
static void between_programs(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = 5001 }, from = {};
	int a = bound(NETLINK_USERSOCK, 5001, 0), b = bound(NETLINK_USERSOCK, 5002, 0), on = 1;
	union {
		char data[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr head;
	} control = {};
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct ucred *cred = (void *)CMSG_DATA(&control.head);

	check(!setsockopt(a, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	check(!connect(b, (struct sockaddr *)&to, sizeof(to)));
	check(send(b, "message", 7, 0) == 7);
	ready();
	check(recvmsg(a, &msg, 0) == 7 && !memcmp(buf, "message", 7));
	check_equal(from.nl_pid, 5002);
	check(cred->pid == getpid() && cred->uid == getuid() && cred->gid == getgid());
	check(send(b, "more", 4, 0) == 4);
	check(recv(a, buf, sizeof(buf), 0) == 4 && !memcmp(buf, "more", 4));
}
TEST_STORIES(between_programs)

static int shared;

static void waits(void *arg)
{
	check(recv(shared, buf, sizeof(buf), 0) == 4 && !memcmp(buf, "wake", 4));
}

static void waiter(void)
{
	int b = bound(NETLINK_USERSOCK, 5004, 0);
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = 5003 };
	struct pollfd p;
	pid_t pid;

	shared = bound(NETLINK_USERSOCK, 5003, 0);
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	ready();
	check(sendto(b, "wake", 4, 0, (struct sockaddr *)&to, sizeof(to)) == 4);
	join(pid);
	p = (struct pollfd) { .fd = shared, .events = POLLIN | POLLOUT };
	check(poll(&p, 1, 0) == 1 && p.revents == POLLOUT);
}
TEST_STORIES(waiter)

/* -- what is refused ------------------------------------------------------------------------- */

static void half_an_answer(void)
{
	int fd = make(NETLINK_ROUTE), small = 2048;

	/* As much as there is room for is made at once. */
	check(!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	ask(fd, RTM_GETLINK, NLM_F_DUMP, 1);
	ready();
	expect_answer(fd, 1);
}
TEST_REFUSED(half_an_answer, EAGAIN, "an answer that is not complete")

static void generic(void)
{
	make(NETLINK_GENERIC);
	ready();
}
TEST_REFUSED(generic, EOPNOTSUPP, "netlink")

/* The kernel sends to it what it logs. */
static void audit_daemon(void)
{
	struct {
		struct nlmsghdr head;
		struct audit_status status;
	} request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = AUDIT_SET,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.status = { .mask = AUDIT_STATUS_PID, .pid = getpid() },
	};
	int fd = make(NETLINK_AUDIT);

	check(send(fd, &request, sizeof(request), 0) == sizeof(request));
	expect_type(fd, NLMSG_ERROR);
	ready();
}
TEST_REFUSED(audit_daemon, EOPNOTSUPP, "of the audit daemon")

/* A port id that somebody else has by then */
TEST(port_is_taken)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, groups));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = bound(NETLINK_ROUTE, 4711, 0);
	ASSERT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	ASSERT_TRUE(subject_told(&s, "port id 4711"));
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
