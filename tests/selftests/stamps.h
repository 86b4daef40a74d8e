/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stamps.h - what the tests of sockets that are told of what they have sent share.
 */
#ifndef _STAMPS_H
#define _STAMPS_H

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <poll.h>

#include "inet.h"

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY	60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY	0x4000000
#endif
/* SOF_TIMESTAMPING_OPT_ID_TCP, which older headers do not have */
#define STAMP_OF_BYTES	(1 << 16)

#define STAMPS	(SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE | \
		 SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY)

/* The next number that a socket is told, of what it has sent */
static inline uint32_t told_number(int fd, int origin)
{
	struct pollfd p = { .fd = fd };
	struct sock_extended_err told;
	char control[512];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *head;

	check(poll(&p, 1, PATIENCE * 1000) == 1 && p.revents & POLLERR);
	check(recvmsg(fd, &msg, MSG_ERRQUEUE) >= 0);
	for (head = CMSG_FIRSTHDR(&msg); head; head = CMSG_NXTHDR(&msg, head)) {
		if (head->cmsg_level != SOL_IP || head->cmsg_type != IP_RECVERR)
			continue;
		memcpy(&told, CMSG_DATA(head), sizeof(told));
		check_equal(told.ee_origin, origin);
		return told.ee_data;
	}
	check(!"nothing is told");
	return 0;
}

#endif /* _STAMPS_H */
