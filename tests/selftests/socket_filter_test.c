// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket_filter_test.c - classic filters of sockets: what they hear, who may change that; and
 * images that say something else.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netlink.h>

#include "udp.h"

#ifndef SO_GET_FILTER
#define SO_GET_FILTER	SO_ATTACH_FILTER
#endif

/* Three bytes of each message whose first byte is not 'x', and nothing of others */
static struct sock_filter three[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0),
	BPF_STMT(BPF_RET | BPF_K, 3),
};

/* The same behind a header of UDP */
static struct sock_filter three_udp[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0),
	BPF_STMT(BPF_RET | BPF_K, 8 + 3),
};

static int attach(int fd, struct sock_filter *insns)
{
	struct sock_fprog program = { .len = 4, .filter = insns };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void expect_filter(int fd, const struct sock_filter *insns)
{
	struct sock_filter shown[8] = {};
	socklen_t nr = 8;

	check(!getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, shown, &nr));
	check_equal(nr, 4);
	check(!memcmp(shown, insns, 4 * sizeof(shown[0])));
}

static void locals(void)
{
	int pair[2], streams[2];

	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	check(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, streams));
	check(send(pair[0], "xylophone", 9, 0) == 9);
	check(!attach(pair[1], three));
	check(send(pair[0], "abcde", 5, 0) == 5);
	set(streams[1], SOL_SOCKET, SO_LOCK_FILTER, 1);
	ready();
	expect_filter(pair[1], three);
	check_equal(get(pair[1], SOL_SOCKET, SO_LOCK_FILTER), 0);
	check_equal(get(streams[1], SOL_SOCKET, SO_LOCK_FILTER), 1);
	check(attach(streams[1], three) == -1 && errno == EPERM);
	/* What was there before it stays. */
	expect(pair[1], "xylophone");
	expect(pair[1], "abc");
	send(pair[0], "xylophone", 9, 0);
	check(send(pair[0], "12345", 5, 0) == 5);
	expect(pair[1], "123");
	expect_nothing(pair[1]);
	set(pair[1], SOL_SOCKET, SO_DETACH_FILTER, 0);
	check(send(pair[0], "xylophone", 9, 0) == 9);
	expect(pair[1], "xylophone");
}
TEST_STORIES(locals)

static void udp(void)
{
	int to = bound("127.0.0.1", 4860), from = make(AF_INET);

	connect_to(from, "127.0.0.1", 4860);
	check(!attach(to, three_udp));
	set(to, SOL_SOCKET, SO_LOCK_FILTER, 1);
	check(send(from, "before", 6, 0) == 6);
	await_data(to);
	ready();
	expect_filter(to, three_udp);
	check(attach(to, three_udp) == -1 && errno == EPERM);
	expect(to, "bef");
	check(send(from, "x", 1, 0) == 1);
	check(send(from, "after", 5, 0) == 5);
	expect(to, "aft");
	expect_nothing(to);
}
TEST_STORIES(udp)

/* As device managers have it */
static void netlink(void)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);

	check(fd >= 0 && !bind(fd, (struct sockaddr *)&name, sizeof(name)));
	check(!attach(fd, three));
	ready();
	expect_filter(fd, three);
}
TEST_STORIES(netlink)

/* -- what is refused ------------------------------------------------------------------------- */

static void extended(void)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2,
		.insns = (unsigned long)insns, .license = (unsigned long)"GPL",
	};
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	int fd = make(AF_INET);

	if (prog >= 0) {
		check(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)));
		close(prog);
	}
	ready();
}

TEST(extended_refused)
{
	if (syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0) == -1 && errno == ENOSYS)
		SKIP(return, "this kernel has no eBPF");
	ASSERT_EQ(0, story_refused(extended, EOPNOTSUPP, "a UDP socket with a filter of eBPF"));
}

static void of_tcp(void)
{
	int fd = make_socket(AF_INET, SOCK_STREAM);

	check(!attach(fd, three));
	ready();
}
TEST_REFUSED(of_tcp, EOPNOTSUPP, "with a filter")

/* -- images that somebody has made ------------------------------------------------------------- */

NTH(CKPT_REC_SOCKET_FILTER, ckpt_rec_socket_filter)
NTH(CKPT_REC_INET, ckpt_rec_inet)

static void has_filter(void)
{
	int to = bound("127.0.0.1", 4861), stream = make_socket(AF_INET, SOCK_STREAM);

	check(!attach(to, three_udp));
	ready();
	expect_filter(to, three_udp);
	close(stream);
}

static struct ckpt_rec_inet *the_stream(struct image *image)
{
	unsigned int nr = 0;

	while (ckpt_rec_inet_nr(image, nr)->type != SOCK_STREAM)
		nr++;
	return ckpt_rec_inet_nr(image, nr);
}

#define FILTER	ckpt_rec_socket_filter_nr(image, 0)
#define INSN	((struct ckpt_rec_bpf_insn *)(FILTER + 1))

FORGERY(filter_flag, FILTER->flags = 2)
FORGERY(filter_reserved, FILTER->reserved = 1)
FORGERY(filter_code, INSN[0].code = 0xffff)
FORGERY(filter_jump, INSN[1].jt = 200)
FORGERY(filter_end, INSN[3].code = BPF_LD | BPF_IMM)
FORGERY(filter_memory, INSN[0].code = BPF_LD | BPF_MEM; INSN[0].k = 16)
FORGERY(filter_count, FILTER->insns.count = 0x10000)
FORGERY(filter_of_tcp, HEAD(FILTER)->object = HEAD(the_stream(image))->object)
FORGERY(filter_of_nothing, HEAD(FILTER)->object = 1)

static void (* const forgeries[])(struct image *image) = {
	filter_flag, filter_reserved, filter_code, filter_jump, filter_end, filter_memory,
	filter_count, filter_of_tcp, filter_of_nothing,
};

TEST_F(forged, fields)
{
	ASSERT_EQ(0, subject_start(&self->s, has_filter));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

TEST_HARNESS_MAIN
