// SPDX-License-Identifier: GPL-2.0-only
/*
 * packet_message_test.c - what packet sockets have to receive.
 */
#include "packet.h"

/* Where a packet came from, how long it was and what is told of it */
struct shown {
	struct sockaddr_ll from;
	struct tpacket_auxdata aux;
	int64_t stamp;
	ssize_t len;
	char data[256];
};

static void receive(int fd, int flags, struct shown *shown)
{
	char control[256];
	struct iovec iov = { shown->data, sizeof(shown->data) };
	struct msghdr msg = {
		.msg_name = &shown->from, .msg_namelen = sizeof(shown->from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head;

	memset(shown, 0, sizeof(*shown));
	shown->len = recvmsg(fd, &msg, flags);
	check(shown->len > 0);
	for (head = CMSG_FIRSTHDR(&msg); head; head = CMSG_NXTHDR(&msg, head)) {
		struct timespec time;

		if (head->cmsg_level == SOL_PACKET && head->cmsg_type == PACKET_AUXDATA)
			memcpy(&shown->aux, CMSG_DATA(head), sizeof(shown->aux));
		if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&time, CMSG_DATA(head), sizeof(time));
			shown->stamp = time.tv_sec * 1000000000LL + time.tv_nsec;
		}
	}
}

/* Shown by a twin that hears the same and receives it before */
static void expect_same(int fd, const struct shown *want)
{
	struct shown shown;

	receive(fd, MSG_DONTWAIT, &shown);
	check_equal(shown.len, want->len);
	check(!memcmp(shown.data, want->data, sizeof(shown.data)));
	check(!memcmp(&shown.from, &want->from, sizeof(shown.from)));
	check(!memcmp(&shown.aux, &want->aux, sizeof(shown.aux)));
	check(shown.stamp && shown.stamp == want->stamp);
}

static int hears_all(int type)
{
	int fd = packet(type, ETH_P_ALL, "lo");

	set(fd, SOL_PACKET, PACKET_AUXDATA, 1);
	set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	return fd;
}

static bool has_more(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static struct shown before[16];

/* A frame with its echo, and a segment of TCP and one of UDP whose checksums nobody has made */
static void messages(void)
{
	int raw = hears_all(SOCK_RAW), cooked = hears_all(SOCK_DGRAM), from, udp, i, nr;
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(4889),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int64_t until;

	/* The kernel begins to note times a moment later. */
	sleep_ms(20);
	from = packet(SOCK_DGRAM, 0, NULL);
	udp = make_socket(AF_INET, SOCK_DGRAM);
	send_frame(from, "waits");
	check(sendto(udp, "datagram", 8, 0, (struct sockaddr *)&to, sizeof(to)) == 8);
	check(connect(make_socket(AF_INET, SOCK_STREAM), (struct sockaddr *)&to, sizeof(to)));
	sleep_ms(50);
	/* MSG_PEEK would have the kernel forget its length. */
	for (nr = 0; nr < 16 && has_more(raw); nr++)
		receive(raw, 0, &before[nr]);
	check(nr >= 8);
	close(raw);
	until = now_ns(CLOCK_REALTIME);
	/* That which still waits is of the other type: the same without headers. */
	ready();
	for (i = 0; i < nr; i++) {
		struct shown shown;

		receive(cooked, MSG_DONTWAIT, &shown);
		check_equal(shown.len, before[i].len - HEADER);
		check(!memcmp(shown.data, before[i].data + HEADER, shown.len));
		check_equal(shown.from.sll_pkttype, before[i].from.sll_pkttype);
		check_equal(shown.from.sll_hatype, before[i].from.sll_hatype);
		check_equal(shown.from.sll_ifindex, before[i].from.sll_ifindex);
		check_equal(shown.from.sll_protocol, before[i].from.sll_protocol);
		check_equal(shown.from.sll_halen, before[i].from.sll_halen);
		check_equal(shown.aux.tp_status, before[i].aux.tp_status);
		check_equal(shown.aux.tp_len, before[i].aux.tp_len - HEADER);
		check_equal(shown.aux.tp_snaplen, shown.len);
		check_equal(shown.aux.tp_net, 0);
		/* Each socket has a time of its own for what is sent. */
		check(shown.stamp && shown.stamp <= until);
	}
	expect_nothing(cooked);
	check_equal(statistics(cooked).tp_packets, nr);
	close(udp);
	send_frame(from, "more");
	receive(cooked, 0, &before[0]);
	check(!strcmp(before[0].data, "more"));
}
PACKET_STORIES(messages)

/* Two that have heard the same; one has cut what it has heard. */
static void twins(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, HEADER + 3) };
	struct sock_fprog program = { .len = 1, .filter = code };
	int one = packet(SOCK_RAW, PROTOCOL, "lo"), other = packet(SOCK_RAW, PROTOCOL, "lo");
	int cut = packet(SOCK_RAW, 0, "lo"), from = packet(SOCK_DGRAM, 0, NULL);
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_protocol = htons(PROTOCOL),
				    .sll_ifindex = if_nametoindex("lo") };
	struct shown shown;
	int fds[] = { one, other, cut }, i;

	check(!setsockopt(cut, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
	check(!bind(cut, (struct sockaddr *)&name, sizeof(name)));
	for (i = 0; i < 3; i++) {
		set(fds[i], SOL_PACKET, PACKET_AUXDATA, 1);
		set(fds[i], SOL_SOCKET, SO_TIMESTAMPNS, 1);
	}
	set(one, SOL_PACKET, PACKET_VNET_HDR_SZ, 10);
	set(other, SOL_PACKET, PACKET_VNET_HDR_SZ, 10);
	send_frame(from, "first");
	send_frame(from, "second");
	sleep_ms(50);
	receive(one, 0, &before[0]);
	receive(one, 0, &before[1]);
	ready();
	expect_same(other, &before[0]);
	expect_same(other, &before[1]);
	expect_nothing(one);
	receive(cut, 0, &shown);
	check_equal(shown.len, HEADER + 3);
	check(!memcmp(shown.data + HEADER, "fir", 3));
	check_equal(shown.aux.tp_len, HEADER + 5);
	check_equal(shown.aux.tp_snaplen, HEADER + 3);
	check_equal(shown.aux.tp_net, HEADER);
}
PACKET_STORIES(twins)

TEST_HARNESS_MAIN
