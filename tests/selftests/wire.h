/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h - a bad wire: two virtual devices, one of them in a network namespace of a process, that
 * lose, double, delay and swap what they send.
 */
#ifndef _WIRE_H
#define _WIRE_H

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "tcp.h"

#define WIRE_OWN	"10.9.8.1"
#define WIRE_PEER	"10.9.8.2"

/* -- netlink ----------------------------------------------------------------------------- */

struct wire_request {
	struct nlmsghdr head;
	char body[1000];
};

static inline struct rtattr *wire_put(struct wire_request *rq, int type, const void *data,
				      size_t len)
{
	struct rtattr *attr = (void *)((char *)rq + NLMSG_ALIGN(rq->head.nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	rq->head.nlmsg_len = NLMSG_ALIGN(rq->head.nlmsg_len) + RTA_ALIGN(attr->rta_len);
	return attr;
}

static inline void wire_nested(struct wire_request *rq, struct rtattr *attr)
{
	attr->rta_len = (char *)rq + rq->head.nlmsg_len - (char *)attr;
}

static inline void wire_begin(struct wire_request *rq, int type, int flags, const void *data,
			      size_t len)
{
	memset(rq, 0, sizeof(*rq));
	rq->head.nlmsg_type = type;
	rq->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	rq->head.nlmsg_len = NLMSG_LENGTH(len);
	memcpy(NLMSG_DATA(&rq->head), data, len);
}

/* Return: 0 or errno */
static inline int wire_ask(int fd, struct wire_request *rq)
{
	char buf[4096];
	struct nlmsghdr *head = (void *)buf;

	check(send(fd, rq, rq->head.nlmsg_len, 0) == (ssize_t)rq->head.nlmsg_len);
	check(recv(fd, buf, sizeof(buf), 0) > 0 && head->nlmsg_type == NLMSG_ERROR);
	return -((struct nlmsgerr *)NLMSG_DATA(head))->error;
}

static inline int wire_netlink(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	check(fd >= 0);
	return fd;
}

/* -- devices ----------------------------------------------------------------------------- */

/* Two devices, the second that of the network namespace of @pid.  Return: 0 or errno */
static inline int wire_make(int fd, pid_t pid)
{
	struct ifinfomsg info = {};
	struct rtattr *link, *data, *peer;
	struct wire_request rq;

	wire_begin(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	wire_put(&rq, IFLA_IFNAME, "wire0", 6);
	link = wire_put(&rq, IFLA_LINKINFO, NULL, 0);
	wire_put(&rq, IFLA_INFO_KIND, "veth", 4);
	data = wire_put(&rq, IFLA_INFO_DATA, NULL, 0);
	peer = wire_put(&rq, VETH_INFO_PEER, &info, sizeof(info));
	wire_put(&rq, IFLA_IFNAME, "wire1", 6);
	wire_put(&rq, IFLA_NET_NS_PID, &pid, sizeof(pid));
	wire_nested(&rq, peer);
	wire_nested(&rq, data);
	wire_nested(&rq, link);
	return wire_ask(fd, &rq);
}

static inline void wire_remove(int fd)
{
	struct ifinfomsg info = { .ifi_index = if_nametoindex("wire0") };
	struct wire_request rq;

	wire_begin(&rq, RTM_DELLINK, 0, &info, sizeof(info));
	check(!wire_ask(fd, &rq));
}

static inline void wire_set_ethtool(int fd, struct ifreq *ifr, int what)
{
	struct ethtool_value value = { .cmd = what };

	ifr->ifr_data = (void *)&value;
	check(!ioctl(fd, SIOCETHTOOL, ifr));
}

/* Each segment is a packet of its own. */
static inline void wire_up(const char *name, const char *address)
{
	int fd = make_socket(AF_INET, SOCK_DGRAM);
	struct ifreq ifr = {};
	struct sockaddr_in in = { .sin_family = AF_INET };

	strcpy(ifr.ifr_name, name);
	check(inet_pton(AF_INET, address, &in.sin_addr) == 1);
	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	check(!ioctl(fd, SIOCSIFADDR, &ifr));
	in.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr.ifr_netmask, &in, sizeof(in));
	check(!ioctl(fd, SIOCSIFNETMASK, &ifr));
	wire_set_ethtool(fd, &ifr, ETHTOOL_STSO);
	wire_set_ethtool(fd, &ifr, ETHTOOL_SGSO);
	wire_set_ethtool(fd, &ifr, ETHTOOL_SGRO);
	ifr.ifr_flags = IFF_UP;
	check(!ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

/* -- how bad it is ----------------------------------------------------------------------- */

#define WIRE_PERCENT(n)	((uint32_t)(UINT32_MAX / 100.0 * (n)))

/**
 * struct badness - what becomes of what is sent
 * @lost: percent
 * @doubled: percent
 * @at_once: percent that overtake the others
 * @delay_us: of the others
 * @jitter_us: more or less of that, which swaps them too
 */
struct badness {
	double lost;
	double doubled;
	double at_once;
	int delay_us;
	int jitter_us;
};

static const struct badness bad = {
	.lost = 2, .doubled = 2, .at_once = 5, .delay_us = 2000, .jitter_us = 1500,
};

static const struct badness cut = { .lost = 100 };

/* What @name sends from now on.  Return: 0 or errno */
static inline int wire_spoil(int fd, int index, const struct badness *badness)
{
	const int64_t delay = badness->delay_us * 1000LL, jitter = badness->jitter_us * 1000LL;
	struct tcmsg tc = { .tcm_ifindex = index, .tcm_parent = TC_H_ROOT, .tcm_handle = 1 << 16 };
	struct tc_netem_reorder reorder = { .probability = WIRE_PERCENT(badness->at_once) };
	struct tc_netem_qopt opt = {
		.limit = 1000, .loss = WIRE_PERCENT(badness->lost), .gap = badness->at_once > 0,
		.duplicate = WIRE_PERCENT(badness->doubled),
	};
	struct wire_request rq;
	struct rtattr *attr;

	wire_begin(&rq, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &tc, sizeof(tc));
	wire_put(&rq, TCA_KIND, "netem", 6);
	attr = wire_put(&rq, TCA_OPTIONS, &opt, sizeof(opt));
	wire_put(&rq, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
	wire_put(&rq, TCA_NETEM_LATENCY64, &delay, sizeof(delay));
	wire_put(&rq, TCA_NETEM_JITTER64, &jitter, sizeof(jitter));
	wire_nested(&rq, attr);
	return wire_ask(fd, &rq);
}

static inline void wire_heal(int fd, int index)
{
	struct tcmsg tc = { .tcm_ifindex = index, .tcm_parent = TC_H_ROOT };
	struct wire_request rq;

	wire_begin(&rq, RTM_DELQDISC, 0, &tc, sizeof(tc));
	check(!wire_ask(fd, &rq));
}

#endif /* _WIRE_H */
