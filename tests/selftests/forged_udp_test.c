// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_udp_test.c - images of UDP and netlink sockets that somebody has made: connections,
 * datagrams and messages that there are not, names and users of others.
 */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "udp.h"

static int to, stream, local;

/* One that has to receive and one that is connected with it, two of netlink, others */
static void has_sockets(void)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = 6001,
				    .nl_groups = RTMGRP_LINK };
	struct ip_mreqn mreq = { .imr_ifindex = if_nametoindex("lo") };
	int from = make(AF_INET), a = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);
	int b = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	to = bound("127.0.0.1", 4850);
	connect_to(from, "127.0.0.1", 4850);
	check(send(from, "first", 5, 0) == 5);
	check(send(from, "second", 6, 0) == 6);
	await_data(to);
	check(!setsockopt(to, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)));
	check(inet_pton(AF_INET, "239.1.2.3", &mreq.imr_multiaddr) == 1);
	check(!setsockopt(to, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)));
	stream = socket(AF_INET, SOCK_STREAM, 0);
	local = socket(AF_UNIX, SOCK_DGRAM, 0);
	check(a >= 0 && b >= 0 && stream >= 0 && local >= 0);
	check(!bind(b, (struct sockaddr *)&name, sizeof(name)));
	name.nl_groups = 0;
	check(!bind(a, (struct sockaddr *)&name, sizeof(name)));
	check(!connect(a, (struct sockaddr *)&name, sizeof(name)));
	check(send(a, "message", 7, 0) == 7);
	ready();
	expect(to, "first");
	expect(to, "second");
	expect_nothing(to);
	expect(a, "message");
	expect_nothing(a);
}

NTH(CKPT_REC_UDP, ckpt_rec_udp)
NTH(CKPT_REC_UDP_MESSAGE, ckpt_rec_udp_message)
NTH(CKPT_REC_INET, ckpt_rec_inet)
NTH(CKPT_REC_INET_NAME, ckpt_rec_inet_name)
NTH(CKPT_REC_SOCKET_DEVICES, ckpt_rec_socket_devices)
NTH(CKPT_REC_INET_GROUPS, ckpt_rec_inet_groups)
NTH(CKPT_REC_UNIX, ckpt_rec_unix)
NTH(CKPT_REC_NETLINK, ckpt_rec_netlink)
NTH(CKPT_REC_NETLINK_MESSAGE, ckpt_rec_netlink_message)


static struct ckpt_rec_udp *udp_with(struct image *image, uint32_t flags)
{
	unsigned int nr = 0;

	while (ckpt_rec_udp_nr(image, nr)->flags != flags)
		nr++;
	return ckpt_rec_udp_nr(image, nr);
}

static struct ckpt_rec_inet *inet_of_type(struct image *image, uint32_t type)
{
	unsigned int nr = 0;

	while (ckpt_rec_inet_nr(image, nr)->type != type)
		nr++;
	return ckpt_rec_inet_nr(image, nr);
}

static struct ckpt_rec_netlink *netlink_of(struct image *image, uint32_t protocol)
{
	unsigned int nr = 0;

	while (ckpt_rec_netlink_nr(image, nr)->protocol != protocol)
		nr++;
	return ckpt_rec_netlink_nr(image, nr);
}

#define CONNECTED	udp_with(image, CKPT_UDP_CONNECTED)
#define ALONE		udp_with(image, 0)
#define DATAGRAM	ckpt_rec_udp_message_nr(image, 0)
#define STREAM		inet_of_type(image, SOCK_STREAM)
#define INET		inet_of_type(image, SOCK_DGRAM)
#define DEVICES		ckpt_rec_socket_devices_nr(image, 0)
#define GROUP		((struct ckpt_rec_inet_group *)(ckpt_rec_inet_groups_nr(image, 0) + 1))
#define ROUTE		netlink_of(image, NETLINK_ROUTE)
#define USER		netlink_of(image, NETLINK_USERSOCK)
#define MESSAGE		ckpt_rec_netlink_message_nr(image, 0)
#define GROUPS		((uint32_t *)(ROUTE + 1))

FORGERY(udp_flag, ALONE->flags = 2)
FORGERY(udp_port, CONNECTED->port = 65536)
FORGERY(udp_port_alone, ALONE->port = 1)
FORGERY(udp_address_alone, ALONE->address[3] = 1)
FORGERY(udp_long_address, CONNECTED->address[4] = 1)
FORGERY(udp_reserved, CONNECTED->reserved = 1)
FORGERY(udp_of_a_stream, HEAD(CONNECTED)->object = HEAD(STREAM)->object)
FORGERY(udp_of_netlink, HEAD(CONNECTED)->object = HEAD(ROUTE)->object)
FORGERY(udp_twice, HEAD(CONNECTED)->object = HEAD(ALONE)->object)

FORGERY(devices_of_unix, HEAD(DEVICES)->object = HEAD(ckpt_rec_unix_nr(image, 0))->object)
FORGERY(devices_of_netlink, HEAD(DEVICES)->object = HEAD(ROUTE)->object)

FORGERY(inet_raw, INET->type = SOCK_RAW)
FORGERY(inet_protocol, INET->protocol = IPPROTO_IGMP)
FORGERY(inet_connected, INET->flags = CKPT_INET_CONNECTED)
FORGERY(inet_pending, INET->flags = CKPT_INET_PENDING)
FORGERY(inet_shutdown, INET->shutdown = 4)
FORGERY(inet_error, INET->error = 5000)

FORGERY(message_family, DATAGRAM->family = AF_UNIX)
FORGERY(message_of_ipv6, DATAGRAM->family = AF_INET6; memset(DATAGRAM->local, 0, 16))
FORGERY(message_source_port, DATAGRAM->source_port = 65536)
FORGERY(message_target_port, DATAGRAM->target_port = ~0U)
FORGERY(message_tos, DATAGRAM->tos = 256)
FORGERY(message_ttl, DATAGRAM->ttl = 256)
FORGERY(message_flow_label, DATAGRAM->flow_label = 1)
FORGERY(message_fragment, DATAGRAM->fragment = 65536)
FORGERY(message_segment, DATAGRAM->segment = 6)
FORGERY(message_wild_segment, DATAGRAM->segment = ~0U)
FORGERY(message_source, DATAGRAM->source[4] = 1)
FORGERY(message_target, DATAGRAM->target[15] = 1)
FORGERY(message_local, DATAGRAM->local[4] = 1)
FORGERY(message_device, memset(DATAGRAM->device, 'x', 16))
FORGERY(message_path, strcpy((char *)DATAGRAM->device, "../lo"))
FORGERY(message_stamp, DATAGRAM->stamp_ns = -1)
FORGERY(message_for_a_stream, HEAD(DATAGRAM)->object = HEAD(STREAM)->object)
FORGERY(message_for_netlink, HEAD(DATAGRAM)->object = HEAD(ROUTE)->object)

FORGERY(device_without_end, memset(DEVICES->multicast, 'x', 16))
FORGERY(device_is_a_path, strcpy((char *)DEVICES->bound, "a/b"))
FORGERY(device_address, DEVICES->address[5] = 1)
FORGERY(device_none, memset(DEVICES->multicast, 0, 16); DEVICES->address[0] = 1)
FORGERY(device_of_a_file, HEAD(DEVICES)->object = 1)

FORGERY(group_family, GROUP->family = AF_UNIX)
FORGERY(group_reserved, GROUP->reserved = 1)
FORGERY(group_address, GROUP->address[4] = 1)
FORGERY(group_is_none, memset(GROUP->address, 0, 4))
FORGERY(group_of_one, memset(GROUP->address, 127, 4))
FORGERY(group_device, memset(GROUP->device, 'x', 16))
FORGERY(group_of_a_stream, HEAD(ckpt_rec_inet_groups_nr(image, 0))->object = HEAD(STREAM)->object)
FORGERY(group_of_netlink, HEAD(ckpt_rec_inet_groups_nr(image, 0))->object = HEAD(ROUTE)->object)

FORGERY(netlink_type, ROUTE->type = SOCK_STREAM)
FORGERY(netlink_protocol, ROUTE->protocol = NETLINK_GENERIC)
FORGERY(netlink_wild_protocol, ROUTE->protocol = ~0U)
FORGERY(netlink_flag, ROUTE->flags = 2)
FORGERY(netlink_peer, ROUTE->peer_port = 1)
FORGERY(netlink_peer_group, USER->peer_group = 33)
FORGERY(netlink_no_port, USER->port = 0)
FORGERY(netlink_error, ROUTE->error = 5000)
FORGERY(netlink_group_0, GROUPS[0] = 0)
FORGERY(netlink_wild_group, GROUPS[0] = 1025)
FORGERY(netlink_group_unknown, GROUPS[0] = 1000)

FORGERY(text_empty, MESSAGE->data.count = 0)
FORGERY(text_group, MESSAGE->group = ~0U)
FORGERY(text_pid, MESSAGE->pid = ~0U)
FORGERY(text_uid, MESSAGE->uid = ~0U)
FORGERY(text_gid, MESSAGE->gid = ~0U)
FORGERY(text_flag, MESSAGE->flags = 2)
FORGERY(text_nsid, MESSAGE->nsid = 5)
FORGERY(text_reserved, MESSAGE->reserved = 1)
FORGERY(text_for_udp, HEAD(MESSAGE)->object = HEAD(INET)->object)

static void (* const forgeries[])(struct image *image) = {
	udp_flag, udp_port, udp_port_alone, udp_address_alone, udp_long_address, udp_reserved,
	udp_of_a_stream, udp_of_netlink, udp_twice,
	devices_of_unix, devices_of_netlink, inet_raw, inet_protocol, inet_connected, inet_pending, inet_shutdown, inet_error,
	message_family, message_of_ipv6, message_source_port, message_target_port, message_tos,
	message_ttl, message_flow_label, message_fragment, message_segment, message_wild_segment,
	message_source, message_target, message_local, message_device, message_path,
	message_stamp, message_for_a_stream, message_for_netlink,
	device_without_end, device_is_a_path, device_address, device_none, device_of_a_file,
	group_family, group_reserved, group_address, group_is_none, group_of_one, group_device,
	group_of_a_stream, group_of_netlink,
	netlink_type, netlink_protocol, netlink_wild_protocol, netlink_flag, netlink_peer,
	netlink_peer_group, netlink_no_port, netlink_error, netlink_group_0, netlink_wild_group,
	netlink_group_unknown,
	text_empty, text_group, text_pid, text_uid, text_gid, text_flag, text_nsid,
	text_reserved, text_for_udp,
};

TEST_F_TIMEOUT(forged, fields, 120)
{
	ASSERT_EQ(0, subject_start(&self->s, has_sockets));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

/* -- what a user could not have had --------------------------------------------------------- */

static int own;

/* A user's program, below the ceiling */
void after_exec(void)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = 6002 };
	int a = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

	own = bound("127.0.0.1", 4851);
	check(a >= 0 && !bind(a, (struct sockaddr *)&name, sizeof(name)));
	check(!connect(a, (struct sockaddr *)&name, sizeof(name)));
	check(send(a, "me", 2, 0) == 2);
	ready();
	expect_nothing(own);
	expect(a, "me");
}

static long restart_forged(struct subject *s, struct image *image)
{
	image_seal(image);
	return image_store(image, s->image) ?: subject_restart_below_user(s);
}

TEST_F(forged, rights)
{
	struct image *image = &self->image;
	struct ckpt_rec_inet_name *name;
	struct ckpt_rec_netlink *user;

	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, image));
	name = ckpt_rec_inet_name_nr(image, 0);

	user = USER;

	/* A port below 1024 */
	name->port = 53;
	EXPECT_EQ(-EACCES, restart_forged(&self->s, image));
	name->port = 4851;

	/* Messages to others, by a protocol where the privileged alone send them */
	user->protocol = NETLINK_KOBJECT_UEVENT;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	user->protocol = NETLINK_USERSOCK;

	/* The credentials of root, under way */
	MESSAGE->uid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	MESSAGE->uid = 1000;
	MESSAGE->gid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	MESSAGE->gid = 1000;

	/* The honest one */
	ASSERT_LT(0, restart_forged(&self->s, image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
