// SPDX-License-Identifier: GPL-2.0-only
/*
 * socketpair_test.c - pairs of unix sockets: what they hold, ends that are closed or shut down,
 * who waits for them, who made them.
 */
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "forged.h"

static int pair[2];

static void make(int type)
{
	check(!socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair));
}

static void send_text(int fd, const char *text)
{
	check(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

static void expect(int fd, const char *text)
{
	char buf[64] = "";

	check(recv(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(text));
	check(!strcmp(buf, text));
}

static void expect_nothing(int fd)
{
	char buf[64];

	check(recv(fd, buf, sizeof(buf), 0) == -1 && errno == EAGAIN);
}

static void stream_with_data(void)
{
	char part[3] = "";

	make(SOCK_STREAM);
	send_text(pair[0], "from the first");
	send_text(pair[0], ", twice");
	send_text(pair[1], "from the second");
	check(recv(pair[1], part, 2, 0) == 2 && !strcmp(part, "fr"));
	ready();
	expect(pair[1], "om the first, twice");
	expect(pair[0], "from the second");
	expect_nothing(pair[0]);
	expect_nothing(pair[1]);
	send_text(pair[1], "still connected");
	expect(pair[0], "still connected");
}
TEST_STORIES(stream_with_data)

/* As much as there is room for */
static void full_stream(void)
{
	static char out[1024], in[1024];
	int sent = 0, i;

	make(SOCK_STREAM);
	for (; send(pair[0], out, sizeof(out), 0) == sizeof(out); sent++)
		memset(out, sent + 1, sizeof(out));
	check(errno == EAGAIN && sent > 10);
	ready();
	memset(out, 0, sizeof(out));
	for (i = 0; i < sent; i++) {
		check(recv(pair[1], in, sizeof(in), MSG_WAITALL) == sizeof(in));
		check(!memcmp(in, out, sizeof(in)));
		memset(out, i + 1, sizeof(out));
	}
	expect_nothing(pair[1]);
}
TEST_STORIES(full_stream)

/* Borders stay, of messages without a byte as well. */
static void messages(int type)
{
	make(type);
	send_text(pair[0], "one");
	send_text(pair[0], "");
	send_text(pair[0], "three");
	send_text(pair[1], "back");
	ready();
	expect(pair[1], "one");
	expect(pair[1], "");
	expect(pair[1], "three");
	expect_nothing(pair[1]);
	expect(pair[0], "back");
	send_text(pair[1], "more");
	expect(pair[0], "more");
}

static void datagrams(void) { messages(SOCK_DGRAM); }
TEST_STORIES(datagrams)

static void packets(void) { messages(SOCK_SEQPACKET); }
TEST_STORIES(packets)

/* Java keeps such a half, to put it in place of descriptors that it closes. */
static void half(void)
{
	make(SOCK_STREAM);
	send_text(pair[1], "last words");
	close(pair[1]);
	ready();
	expect(pair[0], "last words");
	expect(pair[0], "");
	check(send(pair[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
}
TEST_STORIES(half)

/* What was sent to an end that was closed is an error, once. */
static void reset(void)
{
	char c;

	make(SOCK_STREAM);
	send_text(pair[0], "never read");
	close(pair[1]);
	ready();
	check(recv(pair[0], &c, 1, 0) == -1 && errno == ECONNRESET);
	check(recv(pair[0], &c, 1, 0) == 0);
}
TEST_STORIES(reset)

static void shut_down(void)
{
	struct pollfd p;

	make(SOCK_STREAM);
	send_text(pair[0], "the end");
	check(!shutdown(pair[0], SHUT_WR));
	ready();
	expect(pair[1], "the end");
	expect(pair[1], "");
	check(send(pair[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	send_text(pair[1], "the other way");
	expect(pair[0], "the other way");
	p = (struct pollfd) { .fd = pair[1], .events = POLLRDHUP | POLLOUT };
	check(poll(&p, 1, 0) == 1 && p.revents == (POLLRDHUP | POLLOUT));
}
TEST_STORIES(shut_down)

static void maker_and_flags(void)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct stat before, after;

	make(SOCK_STREAM);
	check(!fcntl(pair[1], F_SETFL, 0));
	check(!fstat(pair[0], &before));
	ready();
	check(!getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	check_equal(cred.pid, getpid());
	check_equal(cred.uid, getuid());
	check_equal(fcntl(pair[0], F_GETFL), O_RDWR | O_NONBLOCK);
	check_equal(fcntl(pair[1], F_GETFL), O_RDWR);
	check(!fstat(pair[0], &after));
	check(before.st_mode == after.st_mode && before.st_mtime == after.st_mtime);
}
TEST_STORIES(maker_and_flags)

static void reads_what_comes(void *arg)
{
	close(pair[0]);
	check(!fcntl(pair[1], F_SETFL, 0));
	expect(pair[1], "wake up");
	send_text(pair[1], "awake");
}

/* Each process has one end, and one waits. */
static void waiting_child(void)
{
	pid_t pid;

	make(SOCK_STREAM);
	pid = spawn(reads_what_comes, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	close(pair[1]);
	check(!fcntl(pair[0], F_SETFL, 0));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_recvfrom)));
	send_text(pair[0], "wake up");
	expect(pair[0], "awake");
	join(pid);
	expect(pair[0], "");
}
TEST_STORIES(waiting_child)

/* As an event loop wakes itself */
static void watched(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 7 };
	int epoll = epoll_create1(0);

	make(SOCK_STREAM);
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event));
	ready();
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	send_text(pair[1], "x");
	check_equal(epoll_wait(epoll, &event, 1, 0), 1);
	check_equal(event.data.u32, 7);
	expect(pair[0], "x");
}
TEST_STORIES(watched)

/* -- refused ---------------------------------------------------------------------------------- */

static void descriptor_under_way(void)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec vec = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control.buf) };

	make(SOCK_STREAM);
	memcpy(CMSG_DATA(&control.head), &pair[0], sizeof(int));
	check(sendmsg(pair[0], &msg, 0) == 1);
	ready();
	check(recv(pair[1], control.buf, 1, 0) == 1);
}
TEST_REFUSED(descriptor_under_way, EBUSY, "a socket of a pair to which descriptors are under way")

static void urgent_byte(void)
{
	char byte;

	make(SOCK_STREAM);
	check(send(pair[0], "x", 1, MSG_OOB) == 1);
	ready();
	check(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == 'x');
}
TEST_REFUSED(urgent_byte, EBUSY, "a socket of a pair to which urgent data are under way")

/* What marks its place is still there. */
static void urgent_byte_received(void)
{
	char byte;

	make(SOCK_STREAM);
	check(send(pair[0], "x", 1, MSG_OOB) == 1);
	check(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == 'x');
	ready();
}
TEST_REFUSED(urgent_byte_received, EBUSY, "a socket of a pair to which urgent data are under way")

static void set_option(int option, const void *value, socklen_t len)
{
	make(SOCK_STREAM);
	check(!setsockopt(pair[0], SOL_SOCKET, option, value, len));
	ready();
}

static void credentials_wanted(void) { set_option(SO_PASSCRED, &(int){ 1 }, sizeof(int)); }
TEST_REFUSED(credentials_wanted, EOPNOTSUPP, "a socket of a pair that is to receive credentials (SO_PASSCRED)")

static void timeout_set(void)
{
	set_option(SO_RCVTIMEO, &(struct timeval){ .tv_sec = 9 }, sizeof(struct timeval));
}
TEST_REFUSED(timeout_set, EOPNOTSUPP, "a socket of a pair with a timeout (SO_RCVTIMEO, SO_SNDTIMEO)")

static void size_set(void) { set_option(SO_SNDBUF, &(int){ 9999 }, sizeof(int)); }
TEST_REFUSED(size_set, EOPNOTSUPP, "a socket of a pair with a size of its own (SO_SNDBUF, SO_RCVBUF)")

static void priority_set(void) { set_option(SO_PRIORITY, &(int){ 3 }, sizeof(int)); }
TEST_REFUSED(priority_set, EOPNOTSUPP, "a socket of a pair with options that setsockopt has set")

static void timestamps_wanted(void) { set_option(SO_TIMESTAMP, &(int){ 1 }, sizeof(int)); }
TEST_REFUSED(timestamps_wanted, EOPNOTSUPP, "a socket of a pair with options that setsockopt has set")

static void mode_changed(void)
{
	make(SOCK_STREAM);
	check(!fchmod(pair[0], 0600));
	ready();
}
TEST_REFUSED(mode_changed, EOPNOTSUPP, "a socket of a pair whose mode or owner was changed")

/* Another's descriptor table is ours, and it is gone. */
static int makes_for_us(void *arg)
{
	make(SOCK_STREAM);
	return 0;
}

static void maker_is_gone(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	pid_t pid = clone(makes_for_us, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD,
			  NULL);

	join(pid);
	ready();
}
TEST_REFUSED(maker_is_gone, EOPNOTSUPP, "a socket of a pair that was made by a process which is gone")

/* -- images that somebody has made ------------------------------------------------------------ */

static void holds(void)
{
	make(SOCK_STREAM);
	send_text(pair[0], "12345678");
	ready();
	expect(pair[1], "12345678");
}

static struct ckpt_rec_socketpair *pair_in(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_SOCKETPAIR) + 1);
}

static struct ckpt_rec_message *message_in(struct image *image)
{
	return (void *)(pair_in(image) + 1);
}

static struct ckpt_rec_file_socketpair *end_in(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_FILE_SOCKETPAIR) + 1);
}

static void wild_type(struct image *image)
{
	pair_in(image)->type = SOCK_RAW;
}

static void closed_end(struct image *image)
{
	pair_in(image)->open = CKPT_SOCKETPAIR_SECOND;
}

static void wild_open(struct image *image)
{
	pair_in(image)->open = 7;
}

static void no_maker(struct image *image)
{
	pair_in(image)->pid = 0;
}

static void maker_of_a_cred(struct image *image)
{
	pair_in(image)->pid = pair_in(image)->cred;
}

static void to_nobody(struct image *image)
{
	message_in(image)->to = 2;
}

static void too_long(struct image *image)
{
	message_in(image)->len = ~0U;
}

static void too_short(struct image *image)
{
	message_in(image)->len = 0;
}

static void wild_end(struct image *image)
{
	end_in(image)->end = 2;
}

static void one_end_twice(struct image *image)
{
	end_in(image)->end ^= 1;
}

static void wild_shutdown(struct image *image)
{
	end_in(image)->shutdown = 4;
}

static void wild_error(struct image *image)
{
	end_in(image)->error = EPERM;
}

static void wild_time(struct image *image)
{
	end_in(image)->mtime_nsec = 1000000000;
}

static void to_a_closed_end(struct image *image)
{
	pair_in(image)->open = CKPT_SOCKETPAIR_FIRST;
	message_in(image)->to = 1;
}

static void (* const forgeries[])(struct image *image) = {
	wild_type, closed_end, wild_open, no_maker, maker_of_a_cred, to_nobody, too_long,
	too_short, wild_end, one_end_twice, wild_shutdown, wild_error, wild_time, to_a_closed_end,
};

TEST_F(forged, fields)
{
	ASSERT_EQ(0, subject_start(&self->s, holds));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

TEST_HARNESS_MAIN
