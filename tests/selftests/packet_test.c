// SPDX-License-Identifier: GPL-2.0-only
/*
 * packet_test.c - packet sockets: what they are bound to, how they are set, what they ask devices
 * for, who waits for them; and images that say something else.
 */
#include "packet.h"

static void names(void)
{
	int raw = packet(SOCK_RAW, PROTOCOL, "lo"), all = packet(SOCK_DGRAM, PROTOCOL, NULL);
	int deaf = packet(SOCK_DGRAM, 0, "lo"), new = socket(AF_PACKET, SOCK_RAW, 0);

	send_frame(deaf, "before");
	expect_frame(raw, "before", HEADER);
	expect_frame(all, "before", 0);
	ready();
	expect_name(raw, PROTOCOL, "lo");
	expect_name(all, PROTOCOL, NULL);
	expect_name(deaf, 0, "lo");
	expect_name(new, 0, NULL);
	check_equal(get(raw, SOL_SOCKET, SO_TYPE), SOCK_RAW);
	check_equal(get(all, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	send_frame(deaf, "after");
	expect_frame(raw, "after", HEADER);
	expect_frame(all, "after", 0);
	expect_nothing(deaf);
	expect_nothing(new);
	/* Those from before are counted too. */
	check_equal(statistics(raw).tp_packets, 2);
	check_equal(statistics(all).tp_drops, 0);
}
PACKET_STORIES(names)

/* A socket of which some have a filter too, as a client of DHCP has it */
static void options(void)
{
	static const struct {
		int name;
		int value;
	} all[] = {
		{ PACKET_COPY_THRESH, 100 }, { PACKET_AUXDATA, 1 }, { PACKET_ORIGDEV, 1 },
		{ PACKET_VERSION, TPACKET_V3 }, { PACKET_RESERVE, 64 }, { PACKET_LOSS, 1 },
		{ PACKET_TIMESTAMP, 64 }, { PACKET_TX_HAS_OFF, 1 }, { PACKET_QDISC_BYPASS, 1 },
		{ PACKET_IGNORE_OUTGOING, 1 }, { PACKET_VNET_HDR_SZ, 12 },
	};
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, HEADER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'x', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ~0U),
	};
	struct sock_fprog program = { .len = 4, .filter = code };
	int fd = packet(SOCK_RAW, 0, "lo"), fresh = packet(SOCK_RAW, 0, "lo");
	int filtered = packet(SOCK_RAW, PROTOCOL, "lo"), from = packet(SOCK_DGRAM, 0, NULL);
	unsigned int i;

	check(!setsockopt(filtered, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	set(filtered, SOL_SOCKET, SO_LOCK_FILTER, 1);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		set(fd, SOL_PACKET, all[i].name, all[i].value);
	ready();
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		check_equal(get(fd, SOL_PACKET, all[i].name), all[i].value);
		check_equal(get(fresh, SOL_PACKET, all[i].name), 0);
	}
	send_frame(from, "xylophone");
	send_frame(from, "violin");
	expect_frame(filtered, "violin", HEADER);
	expect_nothing(filtered);
}
PACKET_STORIES(options)

/* -- what they ask devices for ----------------------------------------------------------------- */

static int change_member(int fd, int name, int type, int last)
{
	struct packet_mreq mreq = {
		.mr_ifindex = if_nametoindex("lo"), .mr_type = type,
		.mr_alen = type == PACKET_MR_MULTICAST ? 6 : 0,
		.mr_address = { 1, 0, 0x5e, 9, 9, last },
	};

	if (type != PACKET_MR_MULTICAST)
		memset(mreq.mr_address, 0, sizeof(mreq.mr_address));
	return setsockopt(fd, SOL_PACKET, name, &mreq, sizeof(mreq));
}

/* -1: nobody shows it here. */
static int is_promiscuous(void)
{
	unsigned int flags = 0;
	FILE *file = fopen("/sys/class/net/lo/flags", "r");

	if (!file)
		return -1;
	check(fscanf(file, "%x", &flags) == 1);
	fclose(file);
	return !!(flags & IFF_PROMISC);
}

static bool hears_group(const char *text)
{
	FILE *file = fopen("/proc/net/dev_mcast", "r");
	char line[256];
	bool found = false;

	check(file);
	while (fgets(line, sizeof(line), file))
		found = found || strstr(line, text);
	fclose(file);
	return found;
}

static void members(void)
{
	int fd = packet(SOCK_RAW, 0, "lo");

	check(!change_member(fd, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, 0));
	check(!change_member(fd, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, 0));
	check(!change_member(fd, PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST, 7));
	check(!change_member(fd, PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST, 8));
	ready();
	check(is_promiscuous());
	check(hears_group("01005e090907") && hears_group("01005e090908"));
	/* Twice, not more */
	check(!change_member(fd, PACKET_DROP_MEMBERSHIP, PACKET_MR_PROMISC, 0));
	check(is_promiscuous());
	check(!change_member(fd, PACKET_DROP_MEMBERSHIP, PACKET_MR_PROMISC, 0));
	check(is_promiscuous() <= 0);
	check(!change_member(fd, PACKET_DROP_MEMBERSHIP, PACKET_MR_MULTICAST, 7));
	check(!hears_group("01005e090907") && hears_group("01005e090908"));
}
PACKET_STORIES(members)

/* -- in other hands -------------------------------------------------------------------------- */

static int shared;

static void waits(void *arg)
{
	expect_frame(shared, "wake up", HEADER);
}

static void waiter(void)
{
	int from = packet(SOCK_DGRAM, 0, NULL);
	pid_t pid;

	shared = packet(SOCK_RAW, PROTOCOL, "lo");
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	ready();
	send_frame(from, "wake up");
	join(pid);
	send_frame(from, "both have it");
	expect_frame(shared, "both have it", HEADER);
}
PACKET_STORIES(waiter)

/* -- what is refused ------------------------------------------------------------------------- */

static int with_ring(int name)
{
	struct tpacket_req req = {
		.tp_block_size = getpagesize(), .tp_block_nr = 1,
		.tp_frame_size = getpagesize(), .tp_frame_nr = 1,
	};
	int fd = packet(SOCK_RAW, 0, "lo");

	check(!setsockopt(fd, SOL_PACKET, name, &req, sizeof(req)));
	return fd;
}

static void ring(void)
{
	with_ring(PACKET_RX_RING);
	ready();
}
PACKET_REFUSED(ring, EOPNOTSUPP, "a packet socket with a ring")

static void ring_to_send(void)
{
	with_ring(PACKET_TX_RING);
	ready();
}
PACKET_REFUSED(ring_to_send, EOPNOTSUPP, "a packet socket with a ring")

static void mapped_ring(void)
{
	int fd = with_ring(PACKET_RX_RING);

	check(mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
	ready();
}
PACKET_REFUSED(mapped_ring, EOPNOTSUPP, "(PACKET) maps a device")

static void fanout(void)
{
	int fd = packet(SOCK_RAW, PROTOCOL, "lo");

	set(fd, SOL_PACKET, PACKET_FANOUT, 77);
	ready();
}
PACKET_REFUSED(fanout, EOPNOTSUPP, "in a group that shares what it hears")

static void old_sort(void)
{
	check(socket(AF_PACKET, SOCK_PACKET, 0) >= 0);
	ready();
}
PACKET_REFUSED(old_sort, EOPNOTSUPP, "a packet ")

/* -- images that somebody has made ------------------------------------------------------------- */

NTH(CKPT_REC_PACKET, ckpt_rec_packet)
NTH(CKPT_REC_PACKET_NAME, ckpt_rec_packet_name)
NTH(CKPT_REC_INET, ckpt_rec_inet)

static void has_members(void)
{
	int fd = packet(SOCK_RAW, PROTOCOL, "lo"), udp = make_socket(AF_INET, SOCK_DGRAM);

	check(!change_member(fd, PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST, 7));
	send_frame(packet(SOCK_DGRAM, 0, NULL), "waits");
	sleep_ms(20);
	ready();
	expect_name(fd, PROTOCOL, "lo");
	expect_frame(fd, "waits", HEADER);
	close(udp);
}

NTH(CKPT_REC_PACKET_MESSAGE, ckpt_rec_packet_message)

#define SOCKET	ckpt_rec_packet_nr(image, 0)
#define MESSAGE	ckpt_rec_packet_message_nr(image, 0)
#define NAME	ckpt_rec_packet_name_nr(image, 0)
#define MEMBER	((struct ckpt_rec_packet_member *)(NAME + 1))
#define UDP	ckpt_rec_inet_nr(image, 0)

FORGERY(packet_type, SOCKET->type = SOCK_PACKET)
FORGERY(packet_wild_type, SOCKET->type = ~0U)
FORGERY(name_protocol, NAME->protocol = 0x10000)
FORGERY(name_flag, NAME->flags = 2)
FORGERY(name_error, NAME->error = 5000)
FORGERY(name_reserved, NAME->reserved = 1)
FORGERY(name_device, memset(NAME->device, 'x', 16))
FORGERY(name_path, strcpy((char *)NAME->device, "../lo"))
FORGERY(name_of_udp, HEAD(NAME)->object = HEAD(UDP)->object)
FORGERY(name_of_a_file, HEAD(NAME)->object = 1)
FORGERY(member_type, MEMBER->type = 0x10000)
FORGERY(member_none, MEMBER->count = 0)
FORGERY(member_count, MEMBER->count = ~0U)
FORGERY(member_len, MEMBER->len = 33)
FORGERY(member_long_len, MEMBER->len = 7)
FORGERY(member_address, MEMBER->address[6] = 1)
FORGERY(member_reserved, MEMBER->reserved = 1)
FORGERY(member_no_device, memset(MEMBER->device, 0, 16))
FORGERY(member_device, memset(MEMBER->device, 'x', 16))

FORGERY(message_flag, MESSAGE->flags = 1U << 6)
FORGERY(message_both, MESSAGE->flags = CKPT_PACKET_PARTIAL | CKPT_PACKET_VALID)
FORGERY(message_segment, MESSAGE->segment = 0x10000)
FORGERY(message_no_segment, MESSAGE->flags |= CKPT_PACKET_TCPV4)
FORGERY(message_protocol, MESSAGE->protocol = 0x10000)
FORGERY(message_hatype, MESSAGE->hatype = 0x10000)
FORGERY(message_pkttype, MESSAGE->pkttype = 8)
FORGERY(message_linear, MESSAGE->linear = 1U << 30)
FORGERY(message_network, MESSAGE->network = 0x8000)
FORGERY(message_start, MESSAGE->checksum_start = 1)
FORGERY(message_long_start, MESSAGE->flags = CKPT_PACKET_PARTIAL; MESSAGE->checksum_start = 0x8000)
FORGERY(message_offset, MESSAGE->checksum_offset = 1)
FORGERY(message_tag, MESSAGE->tag = 0x10000)
FORGERY(message_tag_protocol, MESSAGE->tag_protocol = 0x10000)
FORGERY(message_len, MESSAGE->address_len = 33)
FORGERY(message_address, MESSAGE->address[31] = 1)
FORGERY(message_reserved, MESSAGE->reserved = 1)
FORGERY(message_device, memset(MESSAGE->device, 'x', 16))
FORGERY(message_path, strcpy((char *)MESSAGE->device, "../lo"))
FORGERY(message_stamp, MESSAGE->stamp_ns = -1)
FORGERY(message_of_udp, HEAD(MESSAGE)->object = HEAD(UDP)->object)
FORGERY(message_of_a_file, HEAD(MESSAGE)->object = 1)

static void (* const forgeries[])(struct image *image) = {
	packet_type, packet_wild_type, name_protocol, name_flag, name_error, name_reserved,
	name_device, name_path, name_of_udp, name_of_a_file, member_type, member_none,
	member_count, member_len, member_long_len, member_address, member_reserved,
	member_no_device, member_device,
	message_flag, message_both, message_segment, message_no_segment, message_protocol,
	message_hatype, message_pkttype, message_linear, message_network, message_start,
	message_long_start, message_offset, message_tag, message_tag_protocol, message_len,
	message_address, message_reserved, message_device, message_path, message_stamp,
	message_of_udp, message_of_a_file,
};

TEST_F(forged, fields)
{
	if (!has_packet())
		SKIP(return, "this kernel has no packet sockets");
	ASSERT_EQ(0, subject_start(&self->s, has_members));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

/* A user's program, below the ceiling: without CAP_NET_RAW */
void after_exec(void)
{
	int udp = make_socket(AF_INET, SOCK_DGRAM);

	ready();
	close(udp);
}

/* A socket that root has made, in an image that is restarted below a user */
TEST_F(forged, rights)
{
	if (!has_packet())
		SKIP(return, "this kernel has no packet sockets");
	ASSERT_EQ(0, subject_start(&self->s, has_members));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	EXPECT_EQ(-EPERM, subject_restart_below_user(&self->s));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
