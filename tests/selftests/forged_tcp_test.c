// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_tcp_test.c - images of internet sockets that somebody has made: states that there are
 * not, ends that do not fit, one end alone, ports of others.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "forged.h"

static int fds[8];

static int make(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	check(fd >= 0);
	return fd;
}

static int of_udp[2];

/* Two that are connected with each other, so that they could pass for ends */
static void pair_of_udp(void)
{
	struct sockaddr_in in[2];
	socklen_t len = sizeof(in[0]);
	int i;

	for (i = 0; i < 2; i++) {
		in[i] = (struct sockaddr_in) {
			.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		of_udp[i] = socket(AF_INET, SOCK_DGRAM, 0);
		check(of_udp[i] >= 0 && !bind(of_udp[i], (struct sockaddr *)&in[i], len) &&
		      !getsockname(of_udp[i], (struct sockaddr *)&in[i], &len));
	}
	check(!connect(of_udp[0], (struct sockaddr *)&in[1], len) &&
	      !connect(of_udp[1], (struct sockaddr *)&in[0], len));
}

static struct sockaddr_in name_of(int fd)
{
	struct sockaddr_in in = {};
	socklen_t len = sizeof(in);

	check(!getsockname(fd, (struct sockaddr *)&in, &len));
	return in;
}

static int call(int listener)
{
	struct sockaddr_in in = name_of(listener);
	int fd = make();

	check(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	return fd;
}

/* The first is listening; then a connection with data at both ways, and one that waits. */
static void has_sockets(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char buf[8];

	fds[0] = make();
	check(!bind(fds[0], (struct sockaddr *)&in, sizeof(in)) && !listen(fds[0], 3));
	fds[1] = call(fds[0]);
	fds[2] = accept(fds[0], NULL, NULL);
	fds[3] = call(fds[0]);
	pair_of_udp();
	check(send(fds[1], "there", 5, 0) == 5 && send(fds[2], "back", 4, 0) == 4);
	ready();
	check(recv(fds[2], buf, 5, MSG_WAITALL) == 5 && !memcmp(buf, "there", 5));
	check(recv(fds[1], buf, 4, MSG_WAITALL) == 4 && !memcmp(buf, "back", 4));
	check(accept(fds[0], NULL, NULL) >= 0);
}

void after_exec(void)
{
	has_sockets();
}

NTH(CKPT_REC_INET, ckpt_rec_inet)
NTH(CKPT_REC_UDP, ckpt_rec_udp)
NTH(CKPT_REC_INET_NAME, ckpt_rec_inet_name)
NTH(CKPT_REC_TCP_LISTEN, ckpt_rec_tcp_listen)
NTH(CKPT_REC_TCP_DATA, ckpt_rec_tcp_data)
NTH(CKPT_REC_SOCKET_OPTIONS, ckpt_rec_socket_options)

#define SOCKET(nr)	ckpt_rec_inet_nr(image, nr)
#define NAME		ckpt_rec_inet_name_nr(image, 0)
#define LISTENS		ckpt_rec_tcp_listen_nr(image, 0)
#define DATA		ckpt_rec_tcp_data_nr(image, 0)
#define OPTIONS		((struct ckpt_rec_socket_option *)(ckpt_rec_socket_options_nr(image, 0) + 1))

/* The ends of connections: the one that waits comes first, with its peer. */
static struct ckpt_rec_tcp *end_that(struct image *image, bool waits, bool first)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_TCP);
	struct ckpt_rec_tcp *end;

	for (;; rec = next_record(image, rec, CKPT_REC_TCP)) {
		end = (void *)(rec + 1);
		if (waits == !!end->listener && first)
			return end;
		if (!waits && !end->listener &&
		    !((struct ckpt_rec_tcp *)(record_of(image, end->peer, CKPT_REC_TCP) + 1))->listener)
			return end;
	}
}

#define WAITING		end_that(image, true, true)
#define END		end_that(image, false, false)

static struct ckpt_rec_inet *record_as_inet(struct image *image, uint32_t object)
{
	return (void *)(record_of(image, object, CKPT_REC_INET) + 1);
}

/* -- what socket(2) and bind(2) would not make ---------------------------------------------- */

FORGERY(no_family, SOCKET(0)->family = AF_UNIX)
FORGERY(wild_family, SOCKET(0)->family = ~0)
FORGERY(no_type, SOCKET(0)->type = SOCK_DGRAM)
FORGERY(wild_type, SOCKET(0)->type = 2048)
FORGERY(no_protocol, SOCKET(0)->protocol = 0)
FORGERY(wild_protocol, SOCKET(0)->protocol = IPPROTO_SCTP)
FORGERY(wild_flags, SOCKET(0)->flags = 1 << 31)
FORGERY(wild_shutdown, SOCKET(0)->shutdown = 4)
FORGERY(wild_error, SOCKET(0)->error = 4096)
FORGERY(wild_soft_error, SOCKET(0)->soft_error = ~0)
FORGERY(no_cred, SOCKET(0)->cred = HEAD(SOCKET(0))->object)
FORGERY(waits_with_a_file, SOCKET(0)->flags = CKPT_INET_PENDING)
FORGERY(wild_port, NAME->port = 65536)
FORGERY(wild_name, NAME->flags = 4)
FORGERY(no_port, NAME->port = 0)
FORGERY(long_address, NAME->address[4] = 1)
FORGERY(name_of_none, HEAD(NAME)->object = 2)
FORGERY(connected_twice, SOCKET(1)->flags |= CKPT_INET_CONNECTED | CKPT_INET_CONNECTING)
FORGERY(data_of_a_new_one, record_as_inet(image, HEAD(DATA)->object)->flags = 0)
FORGERY(data_of_one_that_is_done,
	record_as_inet(image, HEAD(DATA)->object)->flags = CKPT_INET_DONE)
FORGERY(wild_backlog, LISTENS->backlog = 1U << 31)
FORGERY(listens_more, LISTENS->reserved = 1)
FORGERY(listens_elsewhere, HEAD(LISTENS)->object = HEAD(END)->object)

FORGERY(wild_level, OPTIONS[0].level = 7)
FORGERY(wild_option, OPTIONS[0].name = 99)
FORGERY(wild_value, OPTIONS[0].value = 1LL << 40)

/* -- connections that there cannot be ----------------------------------------------------------- */

FORGERY(flags_of_none, END->flags = 1 << 31)
FORGERY(ended_and_not, END->flags |= CKPT_TCP_ENDED)
FORGERY(no_peer, struct ckpt_rec_tcp *end = END; end->peer = 0; end->flags |= CKPT_TCP_SHUT_WRITE)
FORGERY(its_own_peer, END->peer = HEAD(END)->object)
FORGERY(the_listener_as_peer, END->peer = HEAD(NAME)->object)
FORGERY(anothers_peer, END->peer = HEAD(WAITING)->object)
FORGERY(a_file_as_peer, END->peer = 1)
/* They say the same of their connection, and are connected. */
static void ends_of_udp(struct image *image)
{
	struct ckpt_rec_tcp *end = END;
	struct ckpt_rec_tcp *peer = (void *)(record_of(image, end->peer, CKPT_REC_TCP) + 1);
	uint32_t ids[2];
	int i;

	for (i = 0; i < 2; i++)
		ids[i] = HEAD(ckpt_rec_udp_nr(image, i))->object;
	HEAD(end)->object = ids[0];
	end->peer = ids[1];
	HEAD(peer)->object = ids[1];
	peer->peer = ids[0];
}

FORGERY(waits_at_no_listener, WAITING->listener = HEAD(END)->object)
FORGERY(does_not_wait, WAITING->listener = 0)
FORGERY(waits_all_the_same, END->listener = HEAD(NAME)->object)
FORGERY(waits_and_has_a_file, struct ckpt_rec *rec = image_find(image, CKPT_REC_FILE_SOCKET);
	((struct ckpt_rec_file_socket *)(rec + 1))->socket = HEAD(WAITING)->object)
FORGERY(port_zero, END->port = 0)
FORGERY(port_too_high, END->port += 65536)
FORGERY(other_port, END->port ^= 1)
FORGERY(other_peer_port, END->peer_port ^= 1)
FORGERY(other_address, END->address[3] ^= 2)
FORGERY(other_peer_address, END->peer_address[3] ^= 2)
FORGERY(address_too_long, END->address[15] = 1)
FORGERY(not_agreed, END->flags ^= CKPT_TCP_TIMESTAMPS)
FORGERY(not_agreed_of_ecn, END->flags ^= CKPT_TCP_ECN)
FORGERY(urgent_too_high, END->urgent = 0x102)
FORGERY(nothing_urgent, END->urgent_at = 1)
FORGERY(name_flags, END->name = 4)
FORGERY(wild_advmss, END->advmss = 65536)
FORGERY(data_flags, DATA->flags = 2)
FORGERY(data_more, DATA->reserved = 1)
FORGERY(sent_before_connected, DATA->flags = CKPT_TCP_DATA_SEND)
FORGERY(data_of_a_listener, HEAD(DATA)->object = HEAD(NAME)->object)

static void (* const changes[])(struct image *image) = {
	no_family, wild_family, no_type, wild_type, no_protocol, wild_protocol, wild_flags,
	wild_shutdown, wild_error, wild_soft_error, no_cred, waits_with_a_file, wild_port, wild_name,
	no_port, long_address, name_of_none, connected_twice, data_of_a_new_one,
	data_of_one_that_is_done, wild_backlog, listens_more, listens_elsewhere,
	wild_level, wild_option, wild_value,
	flags_of_none, ended_and_not, no_peer, its_own_peer, the_listener_as_peer, anothers_peer,
	ends_of_udp, a_file_as_peer, waits_at_no_listener, does_not_wait, waits_all_the_same, waits_and_has_a_file,
	port_zero,
	port_too_high, other_port, other_peer_port, other_address, other_peer_address,
	address_too_long, not_agreed, not_agreed_of_ecn, urgent_too_high, nothing_urgent, name_flags,
	wild_advmss, data_flags, data_more, sent_before_connected, data_of_a_listener,
};

TEST_F(forged, fields)
{
	ASSERT_EQ(0, subject_start(&self->s, has_sockets));
	ASSERT_EQ(0, try_all(&self->s, &self->image, changes, sizeof(changes) / sizeof(changes[0])));
}

/* One end alone, and a socket that listens without a name */
TEST_F(forged, one_end)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, subject_start(s, has_sockets));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s->image, CKPT_REC_TCP));
	EXPECT_EQ(-EINVAL, subject_restart(s, 0));
}

TEST_F(forged, no_name)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, subject_start(s, has_sockets));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s->image, CKPT_REC_INET_NAME));
	EXPECT_EQ(-EINVAL, subject_restart(s, 0));
}

static long restart_as_user(struct subject *s, struct image *image)
{
	image_seal(image);
	if (image_store(image, s->image))
		return -EIO;
	return restart_in_namespaces(s);
}

/* What an ordinary user may not: a low port, at either end, and an address of another machine */
TEST_F(forged, rights)
{
	struct image *image = &self->image;
	struct subject *s = &self->s;
	struct ckpt_rec_tcp *one, *other;
	uint32_t port;

	ASSERT_EQ(0, subject_start(s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(s, image));

	port = NAME->port;
	NAME->port = 80;
	EXPECT_EQ(EACCES, restart_as_user(s, image));
	NAME->port = port;

	one = END;
	other = (void *)(record_of(image, one->peer, CKPT_REC_TCP) + 1);
	port = one->port;
	one->port = 81;
	other->peer_port = 81;
	EXPECT_EQ(EACCES, restart_as_user(s, image));
	one->port = port;
	other->peer_port = port;
	port = other->port;
	other->port = 82;
	one->peer_port = 82;
	EXPECT_EQ(EACCES, restart_as_user(s, image));
	other->port = port;
	one->peer_port = port;

	memcpy(one->address, "\xc0\x00\x02\x01", 4);
	memcpy(other->peer_address, "\xc0\x00\x02\x01", 4);
	EXPECT_EQ(EADDRNOTAVAIL, restart_as_user(s, image));
}

TEST_HARNESS_MAIN
