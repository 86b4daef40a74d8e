// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_raw_test.c - images of raw sockets that somebody has made: connections, filters and
 * packets that there are not, and sockets that a user could not have.
 */
#include "raw.h"

/* A raw one with a packet, one of ICMP, one of ICMP echo with an answer */
static void has_sockets(void)
{
	int plain = raw(AF_INET, PROTOCOL), icmp = raw(AF_INET, IPPROTO_ICMP), echo;
	int peer = raw(AF_INET, PROTOCOL), udp = bound("127.0.0.1", 4880);

	let_all_ping();
	echo = echo_socket(AF_INET);
	name_it(peer, "127.0.0.5", 0);
	name_it(echo, "127.0.0.1", 4881);
	set(icmp, SOL_RAW, ICMP_FILTER, ~0U);
	send_to(peer, "first", "127.0.0.1", 0);
	connect_to(peer, "127.0.0.1", 5);
	send_echo(echo, "127.0.0.1", 1);
	await_data(plain);
	await_data(echo);
	ready();
	expect_packet(plain, "first");
	expect_nothing(plain);
	expect_echo(echo, ICMP_ECHOREPLY, 1, 0);
	expect_nothing(echo);
	check_equal(get(icmp, SOL_RAW, ICMP_FILTER), -1);
	expect_names(peer, "127.0.0.5", PROTOCOL, "127.0.0.1", 5);
	close(udp);
}

NTH(CKPT_REC_RAW, ckpt_rec_raw)
NTH(CKPT_REC_RAW_MESSAGE, ckpt_rec_raw_message)
NTH(CKPT_REC_INET, ckpt_rec_inet)
NTH(CKPT_REC_UDP, ckpt_rec_udp)

static struct ckpt_rec_inet *inet_of(struct image *image, uint32_t type, uint32_t protocol)
{
	unsigned int nr = 0;

	while (ckpt_rec_inet_nr(image, nr)->type != type ||
	       ckpt_rec_inet_nr(image, nr)->protocol != protocol)
		nr++;
	return ckpt_rec_inet_nr(image, nr);
}

static struct ckpt_rec_raw *raw_with(struct image *image, uint32_t flags)
{
	unsigned int nr = 0;

	while (ckpt_rec_raw_nr(image, nr)->flags != flags)
		nr++;
	return ckpt_rec_raw_nr(image, nr);
}

/* That of ICMP, or another */
static struct ckpt_rec_raw *raw_of_icmp(struct image *image, bool is_it)
{
	unsigned int nr = 0;

	while ((ckpt_rec_raw_nr(image, nr)->filter[0] == ~0U) != is_it)
		nr++;
	return ckpt_rec_raw_nr(image, nr);
}

/* With the header inside, or in front of it */
static struct ckpt_rec_raw_message *message(struct image *image, bool inside)
{
	unsigned int nr = 0;

	while (!ckpt_rec_raw_message_nr(image, nr)->header[0] != inside)
		nr++;
	return ckpt_rec_raw_message_nr(image, nr);
}

#define CONNECTED	raw_with(image, CKPT_RAW_CONNECTED)
#define ALONE		raw_with(image, 0)
#define UDP		inet_of(image, SOCK_DGRAM, IPPROTO_UDP)
#define ICMP		inet_of(image, SOCK_RAW, IPPROTO_ICMP)
#define ECHO		inet_of(image, SOCK_DGRAM, IPPROTO_ICMP)
#define PLAIN		inet_of(image, SOCK_RAW, PROTOCOL)
#define PACKET		message(image, true)
#define ANSWER		message(image, false)
#define BYTES		((uint8_t *)(PACKET + 1))

FORGERY(raw_flag, ALONE->flags = 2)
FORGERY(raw_port, CONNECTED->port = 65536)
FORGERY(raw_port_alone, ALONE->port = 1)
FORGERY(raw_address_alone, ALONE->address[0] = 1)
FORGERY(raw_long_address, CONNECTED->address[4] = 1)
FORGERY(raw_reserved, ALONE->reserved = 1)
FORGERY(raw_filter_of_another, raw_of_icmp(image, false)->filter[0] = 1)
FORGERY(raw_long_filter, raw_of_icmp(image, true)->filter[1] = 1)
FORGERY(raw_of_udp, HEAD(ALONE)->object = HEAD(UDP)->object)
FORGERY(raw_of_a_file, HEAD(ALONE)->object = 1)
FORGERY(raw_twice, HEAD(CONNECTED)->object = HEAD(ALONE)->object)
FORGERY(udp_of_raw, HEAD(ckpt_rec_udp_nr(image, 0))->object = HEAD(PLAIN)->object)
FORGERY(inet_no_protocol, PLAIN->protocol = 0)
FORGERY(inet_wild_protocol, PLAIN->protocol = ~0U)
FORGERY(inet_other_protocol, PLAIN->protocol = 254)
FORGERY(inet_other_echo, ECHO->protocol = IPPROTO_ICMPV6)
FORGERY(inet_icmp_is_udp, ICMP->protocol = IPPROTO_UDP)
FORGERY(inet_connected, PLAIN->flags = CKPT_INET_CONNECTED)
FORGERY(inet_pending, PLAIN->flags = CKPT_INET_PENDING)

FORGERY(message_fragment, PACKET->fragment = 65536)
FORGERY(message_reserved, PACKET->reserved = 1)
FORGERY(message_local, PACKET->local[4] = 1)
FORGERY(message_device, memset(PACKET->device, 'x', 16))
FORGERY(message_path, strcpy((char *)PACKET->device, "../lo"))
FORGERY(message_stamp, PACKET->stamp_ns = -1)
FORGERY(message_header, PACKET->header[0] = 0x45)
FORGERY(message_version, BYTES[0] = 0x65)
FORGERY(message_no_length, BYTES[0] = 0x44)
FORGERY(message_long_header, BYTES[0] = 0x4f)
FORGERY(message_for_udp, HEAD(PACKET)->object = HEAD(UDP)->object)
FORGERY(message_for_echo, HEAD(PACKET)->object = HEAD(ECHO)->object)
FORGERY(message_for_a_file, HEAD(PACKET)->object = 1)
FORGERY(answer_version, ANSWER->header[0] = 0x65)
FORGERY(answer_options, ANSWER->header[0] = 0x46)
FORGERY(answer_long_header, ANSWER->header[20] = 1)
FORGERY(answer_for_raw, HEAD(ANSWER)->object = HEAD(PLAIN)->object)

static void (* const forgeries[])(struct image *image) = {
	raw_flag, raw_port, raw_port_alone, raw_address_alone, raw_long_address, raw_reserved,
	raw_filter_of_another, raw_long_filter, raw_of_udp, raw_of_a_file, raw_twice, udp_of_raw,
	inet_no_protocol, inet_wild_protocol, inet_other_protocol, inet_other_echo,
	inet_icmp_is_udp, inet_connected, inet_pending,
	message_fragment, message_reserved, message_local, message_device, message_path,
	message_stamp, message_header, message_version, message_no_length, message_long_header,
	message_for_udp, message_for_echo, message_for_a_file,
	answer_version, answer_options, answer_long_header, answer_for_raw,
};

TEST_F_TIMEOUT(forged, fields, 120)
{
	ASSERT_EQ(0, subject_start(&self->s, has_sockets));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

/* -- what a user could not have had --------------------------------------------------------- */

/* A user's program, below the ceiling */
void after_exec(void)
{
	int fd = bound("127.0.0.1", 4882), ping = echo_socket(AF_INET);

	ready();
	expect_nothing(fd);
	close(ping);
}

static long restart_forged(struct subject *s, struct image *image)
{
	image_seal(image);
	return image_store(image, s->image) ?: subject_restart_below_user(s);
}

TEST_F(forged, rights)
{
	struct image *image = &self->image;

	let_all_ping();
	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, image));

	/* A raw socket, without CAP_NET_RAW */
	ECHO->type = SOCK_RAW;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	inet_of(image, SOCK_RAW, IPPROTO_ICMP)->type = SOCK_DGRAM;

	/* The groups that may ping are others. */
	put_text("/proc/sys/net/ipv4/ping_group_range", "1 0");
	EXPECT_EQ(-EACCES, restart_forged(&self->s, image));
	let_all_ping();

	/* The honest one */
	ASSERT_LT(0, restart_forged(&self->s, image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
