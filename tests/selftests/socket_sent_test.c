// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket_sent_test.c - what sockets are told of what they have sent: time stamps, MSG_ZEROCOPY;
 * when they send it (SO_TXTIME), how they wait for more (SO_BUSY_POLL).
 */
#include <time.h>

#include "stamps.h"
#include "tcp.h"

#ifndef SO_TXTIME
#define SO_TXTIME	61
#endif
#define BUSY_POLL	46
#define PREFER_BUSY_POLL 69
#define BUSY_POLL_BUDGET 70
#define RESERVE_MEM	73
#define STAMPING_NEW	65

static struct { int clock; unsigned int flags; } txtime = { CLOCK_TAI, 3 };

static int to, from;

static void make_datagrams(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);

	to = make_socket(AF_INET, SOCK_DGRAM);
	from = make_socket(AF_INET, SOCK_DGRAM);
	check(!bind(to, (struct sockaddr *)&in, sizeof(in)));
	check(!getsockname(to, (struct sockaddr *)&in, &len));
	check(!connect(from, (struct sockaddr *)&in, sizeof(in)));
}

/* -- time stamps ---------------------------------------------------------------------------- */

static void numbered(void)
{
	int i;

	make_datagrams();
	set(from, SOL_SOCKET, SO_TIMESTAMPING, STAMPS);
	set(to, SOL_SOCKET, STAMPING_NEW, SOF_TIMESTAMPING_RX_SOFTWARE);
	for (i = 0; i < 3; i++) {
		send_text(from, "datagram");
		check_equal(told_number(from, SO_EE_ORIGIN_TIMESTAMPING), i);
	}
	ready();
	check_equal(get(from, SOL_SOCKET, SO_TIMESTAMPING), STAMPS);
	check_equal(get(from, SOL_SOCKET, STAMPING_NEW), 0);
	check_equal(get(to, SOL_SOCKET, STAMPING_NEW), SOF_TIMESTAMPING_RX_SOFTWARE);
	send_text(from, "datagram");
	check_equal(told_number(from, SO_EE_ORIGIN_TIMESTAMPING), 3);
}
TEST_STORIES(numbered)

/* Those of a stream are bytes, whatever it has still to send. */
static void numbered_stream(void)
{
	size_t len;

	make_pair();
	set(pair[0], SOL_SOCKET, SO_TIMESTAMPING, STAMPS | STAMP_OF_BYTES);
	send_text(pair[0], "ten bytes.");
	check_equal(told_number(pair[0], SO_EE_ORIGIN_TIMESTAMPING), 9);
	set(pair[0], SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_OPT_ID);
	len = fill(pair[0], 4);
	ready();
	check_equal(get(pair[0], SOL_SOCKET, SO_TIMESTAMPING), SOF_TIMESTAMPING_OPT_ID);
	expect(pair[1], "ten bytes.");
	drain(pair[1], 4, len);
	set(pair[0], SOL_SOCKET, SO_TIMESTAMPING, STAMPS | STAMP_OF_BYTES);
	send_text(pair[0], "and five");
	check_equal(told_number(pair[0], SO_EE_ORIGIN_TIMESTAMPING), 10 + len + 7);
}
TEST_STORIES(numbered_stream)

/* What waits for its acknowledgment waits for its time stamp. */
static void stamp_to_come(void)
{
	struct msghdr msg = {};

	make_pair();
	set(pair[0], SOL_SOCKET, SO_TIMESTAMPING,
	    SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_OPT_TSONLY);
	fill(pair[0], 5);
	sleep_ms(100);
	while (recvmsg(pair[0], &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		memset(&msg, 0, sizeof(msg));
	ready();
}
TEST_REFUSED(stamp_to_come, EBUSY, "a time stamp of what a TCP connection has sent is to come")

static void stamp_to_be_read(void)
{
	make_pair();
	set(pair[0], SOL_SOCKET, SO_TIMESTAMPING, STAMPS);
	send_text(pair[0], "text");
	expect(pair[1], "text");
	ready();
}
TEST_REFUSED(stamp_to_be_read, EOPNOTSUPP, "with errors that were not received (MSG_ERRQUEUE)")

static void stamps_of_devices(void)
{
	make_datagrams();
	set(from, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_RAW_HARDWARE);
	ready();
}
TEST_REFUSED(stamps_of_devices, EOPNOTSUPP, "that asks for the time stamps of a device")

/* -- MSG_ZEROCOPY ----------------------------------------------------------------------------- */

static void send_uncopied(int fd, int peer, uint32_t number)
{
	check(send(fd, "uncopied", 8, MSG_ZEROCOPY) == 8);
	expect(peer, "uncopied");
	check_equal(told_number(fd, SO_EE_ORIGIN_ZEROCOPY), number);
}

static void uncopied(void)
{
	make_pair();
	make_datagrams();
	set(pair[0], SOL_SOCKET, SO_ZEROCOPY, 1);
	set(from, SOL_SOCKET, SO_ZEROCOPY, 1);
	send_uncopied(pair[0], pair[1], 0);
	send_uncopied(pair[0], pair[1], 1);
	send_uncopied(from, to, 0);
	ready();
	check_equal(get(pair[0], SOL_SOCKET, SO_ZEROCOPY), 1);
	check_equal(get(pair[1], SOL_SOCKET, SO_ZEROCOPY), 0);
	send_uncopied(pair[0], pair[1], 2);
	send_uncopied(from, to, 1);
}
TEST_STORIES(uncopied)

static void uncopied_to_be_read(void)
{
	make_pair();
	set(pair[0], SOL_SOCKET, SO_ZEROCOPY, 1);
	check(send(pair[0], "uncopied", 8, MSG_ZEROCOPY) == 8);
	ready();
}
TEST_REFUSED(uncopied_to_be_read, EOPNOTSUPP, "whose MSG_ZEROCOPY may not be complete")

/* -- SO_TXTIME -------------------------------------------------------------------------------- */

static void timed_by(int clock)
{
	make_datagrams();
	txtime.clock = clock;
	check(!setsockopt(from, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
}

static void timed(void)
{
	typeof(txtime) shown = {};
	socklen_t len = sizeof(shown);

	timed_by(CLOCK_TAI);
	ready();
	check(!getsockopt(from, SOL_SOCKET, SO_TXTIME, &shown, &len));
	check(shown.clock == CLOCK_TAI && shown.flags == 3);
	check(!getsockopt(to, SOL_SOCKET, SO_TXTIME, &shown, &len));
	check(!shown.clock && !shown.flags);
}
TEST_STORIES(timed)

static void timed_monotonic(void)
{
	timed_by(CLOCK_MONOTONIC);
	ready();
}
TEST_REFUSED(timed_monotonic, EOPNOTSUPP, "that sends at times of CLOCK_MONOTONIC")

/* -- what only some may set ----------------------------------------------------------------- */

static void privileged(void)
{
	int large = 1 << 26;

	make_datagrams();
	set(from, SOL_SOCKET, SO_DEBUG, 1);
	set(from, SOL_SOCKET, BUSY_POLL, 50);
	set(from, SOL_SOCKET, PREFER_BUSY_POLL, 1);
	set(from, SOL_SOCKET, BUSY_POLL_BUDGET, 16);
	set(from, SOL_SOCKET, SO_RCVBUFFORCE, large);
	ready();
	check_equal(get(from, SOL_SOCKET, SO_DEBUG), 1);
	check_equal(get(from, SOL_SOCKET, BUSY_POLL), 50);
	check_equal(get(from, SOL_SOCKET, PREFER_BUSY_POLL), 1);
	check_equal(get(from, SOL_SOCKET, SO_RCVBUF), 2 * large);
	check_equal(get(to, SOL_SOCKET, SO_DEBUG), 0);
	check_equal(get(to, SOL_SOCKET, BUSY_POLL), 0);
}
TEST_STORIES(privileged)

/* Who makes these sockets again may not set them. */
static void of_another(int level, int name, int value)
{
	check(!seteuid(1000));
	from = make_socket(AF_INET, SOCK_DGRAM);
	check(!seteuid(0));
	set(from, level, name, value);
	ready();
}

static void debugged_by_another(void) { of_another(SOL_SOCKET, SO_DEBUG, 1); }
static void budget_of_another(void) { of_another(SOL_SOCKET, BUSY_POLL_BUDGET, 16); }
static void large_of_another(void) { of_another(SOL_SOCKET, SO_SNDBUFFORCE, 1 << 26); }
static void transparent_of_another(void) { of_another(SOL_IP, IP_TRANSPARENT, 1); }

static void timed_of_another(void)
{
	check(!seteuid(1000));
	from = make_socket(AF_INET, SOCK_DGRAM);
	check(!seteuid(0));
	check(!setsockopt(from, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)));
	ready();
}

#define MAY_NOT_SET	"with an option that its maker or the caller may not set"

TEST_REFUSED(debugged_by_another, EOPNOTSUPP, MAY_NOT_SET)
TEST_REFUSED(budget_of_another, EOPNOTSUPP, MAY_NOT_SET)
TEST_REFUSED(large_of_another, EOPNOTSUPP, MAY_NOT_SET)
TEST_REFUSED(transparent_of_another, EOPNOTSUPP, "with IP_TRANSPARENT, which")
TEST_REFUSED(timed_of_another, EOPNOTSUPP, "with SO_TXTIME, which")

/* Where the test's control group counts memory */
static void reserved(void)
{
	set(make(AF_INET), SOL_SOCKET, RESERVE_MEM, 1 << 16);
	ready();
}

TEST(reserved_refused)
{
	int fd = make(AF_INET), size = 1 << 16;
	bool may = !setsockopt(fd, SOL_SOCKET, RESERVE_MEM, &size, sizeof(size));

	close(fd);
	if (!may)
		SKIP(return, "the control group of this test counts no memory");
	ASSERT_EQ(0, story_refused(reserved, EOPNOTSUPP, "with memory set aside (SO_RESERVE_MEM)"));
}

/* -- images that somebody has made -------------------------------------------------------- */

NTH(CKPT_REC_SOCKET_OPTIONS, ckpt_rec_socket_options)

static struct ckpt_rec_socket_option *named(struct image *image, uint32_t name)
{
	struct ckpt_rec_socket_options *options;
	struct ckpt_rec_socket_option *option;
	unsigned int nr, i;

	for (nr = 0; (options = ckpt_rec_socket_options_nr(image, nr)); nr++) {
		option = (void *)(options + 1);
		for (i = 0; i < options->options.count; i++)
			if (option[i].level == SOL_SOCKET && option[i].name == name)
				return &option[i];
	}
	return NULL;
}

static void has_all(void)
{
	make_pair();
	timed_by(CLOCK_TAI);
	set(pair[0], SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_OPT_ID);
	set(pair[0], SOL_SOCKET, SO_ZEROCOPY, 1);
	ready();
	close(pair[0]);
	close(listener);
}

#define STAMPING	named(image, SO_TIMESTAMPING)
#define ZEROCOPY	named(image, SO_ZEROCOPY)
#define TXTIME		named(image, SO_TXTIME)

FORGERY(stamping_unknown, STAMPING->value = 1 << 18)
FORGERY(stamping_of_bytes_alone, STAMPING->value = STAMP_OF_BYTES)
FORGERY(stamping_wild_number, STAMPING->more = 1LL << 32)
FORGERY(zerocopy_twice, ZEROCOPY->value = 2)
FORGERY(zerocopy_wild_number, ZEROCOPY->more = -1)
FORGERY(txtime_clock, TXTIME->value = CLOCK_BOOTTIME)
FORGERY(txtime_flags, TXTIME->more = 4)

static void (* const forgeries[])(struct image *image) = {
	stamping_unknown, stamping_of_bytes_alone, stamping_wild_number, zerocopy_twice,
	zerocopy_wild_number, txtime_clock, txtime_flags,
};

TEST_F(forged, fields)
{
	ASSERT_EQ(0, subject_start(&self->s, has_all));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

TEST_HARNESS_MAIN
