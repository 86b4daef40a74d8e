// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_keep_test.c - TCP connections with somebody outside that live on: silent until a restart
 * takes them over, or made again from the image alone.
 */
#include <sys/epoll.h>

#include "stamps.h"
#include "tcp_keep.h"

/*
 * What there is to do outside, @during the silence and @after it, both optional.  Without
 * @kept, the restart finds nothing but the image.
 */
struct story {
	void (*run)(void);
	void (*before)(void);
	void (*during)(void);
	void (*after)(void);
};

static long tell_story(const struct story *story, bool kept)
{
	struct subject s;
	long ret = start(&s, story->run);

	if (ret)
		return ret;
	if (story->before)
		story->before();
	ret = subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP);
	if (ret < 0)
		return ret;
	/* Nobody can ask for it while it is released and nothing comes. */
	if (!kept && release(&s))
		return -ESRCH;
	if (kept && story->during)
		story->during();
	ret = subject_restart(&s, 0);
	if (ret)
		return ret;
	subject_go(&s, 1);
	if (!kept && story->during)
		story->during();
	if (story->after)
		story->after();
	ret = subject_wait(&s);
	close(outside);
	reap_all();
	return ret;
}

#define KEEP_STORY(name, ...)						\
	static const struct story name##_story = { .run = name, __VA_ARGS__ };	\
	TEST(name##_kept)						\
	{								\
		ASSERT_EQ(0, tell_story(&name##_story, true));		\
	}								\
	TEST(name##_made_again)						\
	{								\
		ASSERT_EQ(0, tell_story(&name##_story, false));		\
	}

/* Until an acknowledgment has come that the peer may delay */
static void wait_a_moment(void)
{
	sleep_ms(80);
}

/* -- idle ------------------------------------------------------------------------------------- */

KEEP_STORY(talks, .after = ask)

/* Tied to a device, and told of the bytes that it has sent, which are counted on */
static void tied(void)
{
	char device[16] = "";
	socklen_t len = sizeof(device);
	bool has;

	connect_out();
	/* Not where the kernel has no network devices */
	has = !setsockopt(inside, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	set(inside, SOL_SOCKET, SO_TIMESTAMPING, STAMPS | STAMP_OF_BYTES);
	send_text(inside, "hello");
	check_equal(told_number(inside, SO_EE_ORIGIN_TIMESTAMPING), 4);
	sleep_ms(80);
	ready();
	check(!has || (!getsockopt(inside, SOL_SOCKET, SO_BINDTODEVICE, device, &len) &&
		       !strcmp(device, "lo")));
	expect(inside, "still there?");
	send_text(inside, "sure");
	check_equal(told_number(inside, SO_EE_ORIGIN_TIMESTAMPING), 8);
	expect_end(inside);
}

static void ask_twice(void)
{
	expect(outside, "hello");
	ask();
}

KEEP_STORY(tied, .after = ask_twice)

static void talks6(void)
{
	talks();
}

static const struct story talks6_story = { .run = talks6, .after = ask };

static void six(void)
{
	server_family = AF_INET6;
	client_family = AF_INET6;
}

static void mapped(void)
{
	server_family = AF_INET;
	client_family = AF_INET6;
}

TEST(ipv6)
{
	if (!HAS_IPV6)
		SKIP(return, "this kernel has no IPv6");
	six();
	ASSERT_EQ(0, tell_story(&talks6_story, true));
	ASSERT_EQ(0, tell_story(&talks6_story, false));
	mapped();
	ASSERT_EQ(0, tell_story(&talks6_story, true));
	ASSERT_EQ(0, tell_story(&talks6_story, false));
}

/* -- data ------------------------------------------------------------------------------------- */

static void welcome(void)
{
	send_text(outside, "welcome");
	wait_a_moment();
}

static void say_more(void)
{
	send_text(outside, "in the silence");
}

static void hear_all(void)
{
	expect(outside, "from inside");
	expect(outside, "got it");
	expect_end(outside);
}

static void has_data(void)
{
	connect_out();
	send_text(inside, "from inside");
	ready();
	expect(inside, "welcome");
	expect(inside, "in the silence");
	send_text(inside, "got it");
}

KEEP_STORY(has_data, .before = welcome, .during = say_more, .after = hear_all)

static size_t full_in;

#define FROM_OUTSIDE	300000

static void full(void)
{
	connect_out();
	full_in = fill(inside, 7);
	write_file("sum", &full_in, sizeof(full_in));
	ready();
	drain(inside, 9, FROM_OUTSIDE);
	send_text(inside, "all");
	expect_end(inside);
}

static void read_sum(void)
{
	char buf[16];

	check(read_file(test_file("sum"), buf, sizeof(buf)) == sizeof(full_in));
	memcpy(&full_in, buf, sizeof(full_in));
}

static void exchange_all(void)
{
	static uint8_t out[FROM_OUTSIDE];
	size_t i;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 251 + 9;
	check(send(outside, out, sizeof(out), 0) == sizeof(out));
	read_sum();
	check(full_in > 100000);
	drain(outside, 7, full_in);
	expect(outside, "all");
	check(!shutdown(outside, SHUT_WR));
	expect_end(outside);
}

KEEP_STORY(full, .after = exchange_all)

/* -- ends ------------------------------------------------------------------------------------- */

static void has_ended(void)
{
	connect_out();
	send_text(inside, "the end");
	check(!shutdown(inside, SHUT_WR));
	ready();
	expect(inside, "I hear");
	expect_end(inside);
	check(send(inside, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}

static void hear_end(void)
{
	expect(outside, "the end");
	expect_end(outside);
	send_text(outside, "I hear");
	check(!shutdown(outside, SHUT_WR));
}

KEEP_STORY(has_ended, .before = wait_a_moment, .after = hear_end)

/* More than its peer has room for, and then the end */
static void full_and_ended(void)
{
	connect_out();
	full_in = fill(inside, 3);
	check(!shutdown(inside, SHUT_WR));
	write_file("sum", &full_in, sizeof(full_in));
	ready();
	expect(inside, "I hear");
	expect_end(inside);
}

static void drain_to_end(void)
{
	read_sum();
	drain(outside, 3, full_in);
	expect_end(outside);
	send_text(outside, "I hear");
	check(!shutdown(outside, SHUT_WR));
}

KEEP_STORY(full_and_ended, .before = wait_a_moment, .after = drain_to_end)

static void has_no_peer(void)
{
	connect_out();
	ready();
	expect(inside, "last words");
	expect_end(inside);
	send_text(inside, "one more thing");
}

static void end_it(void)
{
	send_text(outside, "last words");
	check(!shutdown(outside, SHUT_WR));
	wait_a_moment();
}

static void hear_more(void)
{
	expect(outside, "one more thing");
	expect_end(outside);
}

KEEP_STORY(has_no_peer, .before = end_it, .after = hear_more)

static const struct story ends_in_silence_story = {
	.run = has_no_peer, .during = end_it, .after = hear_more
};

TEST(ends_in_silence)
{
	ASSERT_EQ(0, tell_story(&ends_in_silence_story, true));
}

/* -- silence ------------------------------------------------------------------------------------ */

static struct sockaddr_in name_of(int fd, bool peer)
{
	struct sockaddr_in in = {};
	socklen_t len = sizeof(in);

	check(!(peer ? getpeername : getsockname)(fd, (struct sockaddr *)&in, &len));
	return in;
}

static struct sockaddr_in own, its;

/* The addresses of the connection, for another socket.  Return: 0 or errno */
static int take_addresses(int *fd)
{
	*fd = make(AF_INET);
	set(*fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(*fd, (struct sockaddr *)&own, sizeof(own)))
		return errno;
	return connect(*fd, (struct sockaddr *)&its, sizeof(its)) ? errno : 0;
}

TEST(silence)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_TRUE(is_quiet(outside));
	send_text(outside, "still ");
	ASSERT_TRUE(is_quiet(outside));
	own = name_of(outside, true);
	its = name_of(outside, false);
	ASSERT_NE(0, take_addresses(&fd));
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	send_text(outside, "there?");
	expect(outside, "sure");
	/* It was taken over, and there is nothing to be released or restarted again. */
	ASSERT_EQ(-ENOENT, release(&s));
	ASSERT_GT(0, subject_restart(&s, 0));
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(silence_ends)
{
	struct subject s;

	ASSERT_EQ(0, start(&s, talks));
	s.keep_seconds = 1;
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	send_text(outside, "hello?");
	ASSERT_TRUE(is_quiet(outside));
	ASSERT_TRUE(is_reset(outside));
	ASSERT_EQ(-ENOENT, release(&s));
	close(outside);
}

TEST(released)
{
	struct subject s;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_EQ(0, release(&s));
	ASSERT_TRUE(is_quiet(outside));
	ASSERT_TRUE(is_reset(outside));
	close(outside);
}

TEST(addresses_in_use)
{
	struct subject s;
	int fd;

	serve(3);
	server_port = port_of(listener);
	memset(&s, 0, sizeof(s));
	ASSERT_EQ(0, subject_start(&s, talks));
	outside = take();
	own = name_of(outside, true);
	its = name_of(outside, false);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_EQ(0, release(&s));
	ASSERT_TRUE(is_reset(outside));
	ASSERT_EQ(0, take_addresses(&fd));
	ASSERT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	ASSERT_TRUE(subject_told(&s, "in use"));
	close(fd);
	close(outside);
	close(listener);
}

/* -- what is let go ------------------------------------------------------------------------------- */

TEST(held_and_let_go)
{
	struct subject s;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN | CHECKPOINT_KEEP));
	send_text(outside, "still there?");
	ASSERT_TRUE(is_quiet(outside));
	subject_go(&s, 1);
	close(s.cargs.hold_fd);
	expect(outside, "sure");
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(held_and_killed)
{
	struct subject s;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN | CHECKPOINT_KEEP));
	send_text(outside, "still there?");
	ASSERT_EQ(0, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	close(s.cargs.hold_fd);
	reap_all();
	ASSERT_TRUE(is_quiet(outside));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	expect(outside, "sure");
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

/* The subject's end of its connection; -1 if it has none */
static int its_end(const struct subject *s)
{
	int pidfd = syscall(SYS_pidfd_open, s->pid, 0), nr, fd = -1;
	struct sockaddr_storage peer;
	socklen_t len;

	for (nr = 0; nr < 64; nr++) {
		fd = syscall(SYS_pidfd_getfd, pidfd, nr, 0);
		len = sizeof(peer);
		if (fd >= 0 && !getpeername(fd, (struct sockaddr *)&peer, &len) &&
		    peer.ss_family != AF_UNIX)
			break;
		close(fd);
		fd = -1;
	}
	close(pidfd);
	return fd;
}

/* An instance holds no reference, and would go on to poll a socket that is gone from there. */
TEST(watched_outside)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epfd = epoll_create1(0), fd;
	struct subject s;

	ASSERT_EQ(0, start(&s, talks));
	fd = its_end(&s);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event));
	close(fd);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	EXPECT_TRUE(subject_told(&s, "is watched by an epoll instance outside the tree"));
	close(epfd);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ask();
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

/* Nobody reaches the socket of a held program. */
TEST(held_and_out_of_reach)
{
	struct subject s;
	int pidfd;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN | CHECKPOINT_KEEP));
	pidfd = syscall(SYS_pidfd_open, s.pid, 0);
	ASSERT_EQ(-1, syscall(SYS_pidfd_getfd, pidfd, 3, 0));
	ASSERT_EQ(EBUSY, errno);
	close(pidfd);
	subject_go(&s, 1);
	close(s.cargs.hold_fd);
	ask();
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

/* Somebody kills it while it is held: then its connection ends as ever. */
TEST(held_and_died)
{
	struct subject s;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN | CHECKPOINT_KEEP));
	kill(s.pid, SIGKILL);
	reap_all();
	ASSERT_TRUE(is_quiet(outside));
	close(s.cargs.hold_fd);
	expect_end(outside);
	close(outside);
}

TEST(not_saved)
{
	struct checkpoint_args args = { .timeout_ms = 1000 * time_scale() };
	struct subject s;
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, start(&s, talks));
	ASSERT_EQ(0, pipe(ends));
	close(ends[0]);
	ASSERT_EQ(-EPIPE, sys_checkpoint(s.pid, ends[1], CHECKPOINT_KILL | CHECKPOINT_KEEP |
					  CHECKPOINT_ARGS, &args, sizeof(args)));
	close(ends[1]);
	subject_go(&s, 1);
	ask();
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
}

static void goes_on(void)
{
	connect_out();
	ready();
	if (access(test_file("again"), F_OK)) {
		expect(inside, "still there?");
		send_text(inside, "sure");
	}
	expect_end(inside);
}

TEST(left_running)
{
	struct subject s;

	ASSERT_EQ(0, start(&s, goes_on));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KEEP));
	ASSERT_TRUE(subject_told(&s, "has ended in the image"));
	subject_go(&s, 1);
	send_text(outside, "still there?");
	expect(outside, "sure");
	close(outside);
	ASSERT_EQ(0, subject_wait(&s));
	write_file("again", "", 0);
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(either)
{
	struct subject s;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_EQ(-EINVAL, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP | CHECKPOINT_CLOSE));
	subject_kill(&s);
	close(outside);
}

TEST_HARNESS_MAIN
