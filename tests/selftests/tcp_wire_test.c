// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_wire_test.c - streams both ways over a wire that loses, doubles, delays and swaps what is
 * sent, killed and restarted again and again: not a byte is lost, doubled or in another place.
 * CKPT_ROUNDS says how often (10), CKPT_SEED repeats the moments.
 */
#include "tcp_keep_stream.h"
#include "wire.h"

#define PORT		5001
#define LONGEST		1200	/* seconds, for many rounds */
#define LEAST_BYTES	20000

FIXTURE(wire)
{
};

FIXTURE_SETUP(wire)
{
}

FIXTURE_TEARDOWN(wire)
{
}

static int rounds(void)
{
	const char *text = getenv("CKPT_ROUNDS");

	return text ? atoi(text) : 10;
}

static void choose_moments(void)
{
	const char *text = getenv("CKPT_SEED");
	unsigned int seed = text ? (unsigned int)atoi(text) : (unsigned int)now_ns(CLOCK_REALTIME);

	tell("CKPT_SEED=%u", seed);
	srandom(seed);
}

/* Something passes just now, as a SYN would: a moment later it does not. */
static long save_some_time(struct subject *s, unsigned long flags)
{
	int i;
	long ret;

	for (i = 0; i < 20; i++) {
		ret = save_streams(s, flags);
		if (ret != -EAGAIN)
			break;
		sleep_ms(20);
	}
	if (ret < 0)
		tell("checkpoint: %ld, %s", ret, s->errors[0].message);
	return ret;
}

/* -- with a machine at the other end ----------------------------------------------------------- */

static struct sockaddr_in server_name(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	check(inet_pton(AF_INET, WIRE_PEER, &in.sin_addr) == 1);
	return in;
}

/* Where the test has its files, as the peer is older than that directory */
static char *shared_dir;

/* In a network namespace of its own, where the test puts a device */
static void be_peer(void)
{
	struct sockaddr_in in = server_name();
	struct flow flow = {};
	int fd;

	check(!unshare(CLONE_NEWNET));
	write_file("unshared", "", 0);
	check(wait_until(if_nametoindex("wire1")));
	wire_up("wire1", WIRE_PEER);
	fd = make(AF_INET);
	check(!bind(fd, (struct sockaddr *)&in, sizeof(in)) && !listen(fd, 1));
	write_file("listens", "", 0);
	flow.fd = accept(fd, NULL, NULL);
	check(flow.fd >= 0);
	check(wait_until(*(volatile char *)shared_dir));
	strcpy(test_dir, shared_dir);
	exchange(&flow);
	write_sums(&flow);
}

static pid_t start_peer(void)
{
	pid_t pid;

	shared_dir = mmap(NULL, sizeof(test_dir), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared_dir != MAP_FAILED);
	unlink(test_file("unshared"));
	unlink(test_file("listens"));
	pid = fork();
	if (!pid) {
		be_peer();
		_exit(0);
	}
	check(wait_until(!access(test_file("unshared"), F_OK)));
	return pid;
}

static void streams(void)
{
	struct sockaddr_in in = server_name();
	struct flow flow = { .side = 1, .fd = make(AF_INET) };

	check(!connect(flow.fd, (struct sockaddr *)&in, sizeof(in)));
	ready();
	exchange(&flow);
	write_sums(&flow);
}

/* A netlink socket of where the peer is */
static int netlink_there(pid_t peer)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there, fd;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", peer);
	there = open(path, O_RDONLY | O_CLOEXEC);
	check(own >= 0 && there >= 0 && !setns(there, CLONE_NEWNET));
	fd = wire_netlink();
	check(!setns(own, CLONE_NEWNET));
	close(own);
	close(there);
	return fd;
}

/* The two ends of the wire; that of the peer is the same number there */
struct ends {
	int own;
	int own_index;
	int there;
	int there_index;
};

static int index_there(pid_t peer)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there, index;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", peer);
	there = open(path, O_RDONLY | O_CLOEXEC);
	check(!setns(there, CLONE_NEWNET));
	index = if_nametoindex("wire1");
	check(!setns(own, CLONE_NEWNET));
	close(own);
	close(there);
	return index;
}

/* Return: false if this kernel cannot have it */
static bool lay_wire(struct ends *wire, pid_t peer)
{
	wire->own = wire_netlink();
	if (wire_make(wire->own, peer))
		return false;
	wire_up("wire0", WIRE_OWN);
	wire->own_index = if_nametoindex("wire0");
	check(wait_until(!access(test_file("listens"), F_OK)));
	wire->there = netlink_there(peer);
	wire->there_index = index_there(peer);
	return !wire_spoil(wire->own, wire->own_index, &bad) &&
	       !wire_spoil(wire->there, wire->there_index, &bad);
}

/* As if the machine had been switched off: nothing answers its peer meanwhile. */
static long lose_kept(struct subject *s, struct ends *wire)
{
	long ret;

	check(!wire_spoil(wire->there, wire->there_index, &cut));
	sleep_ms(20);
	ret = release(s) ?: subject_restart(s, 0);
	check(!wire_spoil(wire->there, wire->there_index, &bad));
	return ret;
}

static long one_round(struct subject *s, struct ends *wire, int i)
{
	long ret;

	sleep_ms(20 + random() % 150);
	ret = save_some_time(s, CHECKPOINT_KEEP);
	if (ret < 0)
		return ret;
	sleep_ms(random() % 60);
	return i % 3 == 2 ? lose_kept(s, wire) : subject_restart(s, 0);
}

TEST_F_TIMEOUT(wire, peer_outside, LONGEST)
{
	struct subject s = {};
	struct ends wire;
	pid_t peer;
	int i;

	choose_moments();
	peer = start_peer();
	if (!lay_wire(&wire, peer)) {
		kill(peer, SIGKILL);
		SKIP(return, "this kernel has no veth or no netem");
	}
	ASSERT_EQ(0, subject_start(&s, streams));
	memcpy(shared_dir + 1, test_dir + 1, sizeof(test_dir) - 1);
	*(volatile char *)shared_dir = *test_dir;
	subject_go(&s, 1);
	for (i = 0; i < rounds(); i++)
		ASSERT_EQ(0, one_round(&s, &wire, i))
			tell("round %d", i);
	sleep_ms(500);
	write_file("over", "", 0);
	ASSERT_EQ(0, subject_wait(&s));
	ASSERT_EQ(peer, waitpid(peer, &i, 0));
	ASSERT_EQ(0, i);
	ASSERT_TRUE(sums_fit(LEAST_BYTES));
	close(wire.there);
	wire_remove(wire.own);
	close(wire.own);
}

/* -- with both ends in the tree ---------------------------------------------------------------- */

static void both_ends(void)
{
	struct flow flow = {};
	pid_t child;
	int status;

	make_pair();
	close(listener);
	child = fork();
	flow.side = !child;
	flow.fd = pair[flow.side];
	close(pair[!flow.side]);
	if (child)
		ready();
	exchange(&flow);
	write_sums(&flow);
	if (!child)
		_exit(0);
	check(waitpid(child, &status, 0) == child && !status);
}

TEST_F_TIMEOUT(wire, both_ends_inside, LONGEST)
{
	struct subject s = {};
	int fd = wire_netlink(), lo = if_nametoindex("lo"), i;

	choose_moments();
	if (wire_spoil(fd, lo, &bad))
		SKIP(return, "this kernel has no netem");
	ASSERT_EQ(0, subject_start(&s, both_ends));
	subject_go(&s, 1);
	for (i = 0; i < rounds(); i++) {
		sleep_ms(20 + random() % 150);
		ASSERT_LT(0, save_some_time(&s, 0))
			tell("round %d", i);
		reap_all();
		sleep_ms(random() % 60);
		ASSERT_EQ(0, subject_restart(&s, 0))
			tell("round %d", i);
	}
	sleep_ms(500);
	write_file("over", "", 0);
	ASSERT_EQ(0, subject_wait(&s));
	ASSERT_TRUE(sums_fit(LEAST_BYTES));
	wire_heal(fd, lo);
	close(fd);
}

TEST_HARNESS_MAIN
