// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix_rights_test.c - descriptors under way between unix sockets (SCM_RIGHTS): files that
 * nobody else has, several, nested, circular, to one that waits to be accepted.
 */
#include <sys/eventfd.h>

#include "unix.h"

static int pair[2], other[2];

union control {
	char buf[CMSG_SPACE(4 * sizeof(int))];
	struct cmsghdr head;
};

static void send_fds(int over, const char *text, const int *fds, int nr)
{
	union control control = { .head = { .cmsg_len = CMSG_LEN(nr * sizeof(int)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS } };
	struct iovec vec = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(nr * sizeof(int)) };

	memcpy(CMSG_DATA(&control.head), fds, nr * sizeof(int));
	check(sendmsg(over, &msg, 0) == (ssize_t)strlen(text));
}

static void receive_fds(int from, const char *text, int *fds, int nr)
{
	union control control;
	char buf[64] = "";
	struct iovec vec = { .iov_base = buf, .iov_len = sizeof(buf) - 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	check(recvmsg(from, &msg, MSG_DONTWAIT) == (ssize_t)strlen(text) && !strcmp(buf, text));
	check(msg.msg_controllen && control.head.cmsg_type == SCM_RIGHTS);
	check_equal(control.head.cmsg_len, CMSG_LEN(nr * sizeof(int)));
	memcpy(fds, CMSG_DATA(&control.head), nr * sizeof(int));
}

static void send_and_close(int over, const char *text, int fd)
{
	send_fds(over, text, &fd, 1);
	close(fd);
}

static int receive_fd(int from, const char *text)
{
	int fd;

	receive_fds(from, text, &fd, 1);
	return fd;
}

/* Nobody has it but the message. */
static void several(void)
{
	uint64_t count = 3;
	int fds[3], pipes[2];
	char c;

	check(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) && !pipe(pipes));
	fds[0] = eventfd(0, 0);
	fds[1] = pipes[1];
	fds[2] = open(test_file("file"), O_RDWR | O_CREAT, 0600);
	check(write(fds[0], &count, 8) == 8 && write(fds[2], "words", 5) == 5);
	send_text(pair[0], "before");
	send_fds(pair[0], "three", fds, 3);
	send_text(pair[0], "behind");
	close(fds[0]);
	close(fds[1]);
	close(fds[2]);
	ready();
	expect(pair[1], "before");
	receive_fds(pair[1], "three", fds, 3);
	expect(pair[1], "behind");
	check(read(fds[0], &count, 8) == 8 && count == 3);
	check(write(fds[1], "x", 1) == 1 && read(pipes[0], &c, 1) == 1 && c == 'x');
	check_equal(lseek(fds[2], 0, SEEK_CUR), 5);
	close(fds[1]);
	check(read(pipes[0], &c, 1) == 0);
}
TEST_STORIES(several)

/* An open file that is still open here is the same one. */
static void shared(void)
{
	int fd = open(test_file("file"), O_RDWR | O_CREAT, 0600), fd2;

	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) && write(fd, "12345", 5) == 5);
	send_fds(pair[0], "file", &fd, 1);
	ready();
	fd2 = receive_fd(pair[1], "file");
	check(lseek(fd, 2, SEEK_SET) == 2 && lseek(fd2, 0, SEEK_CUR) == 2);
}
TEST_STORIES(shared)

/* A socket under way that has a socket under way that has a file */
static void nested(void)
{
	int fd, inner[2];

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair) &&
	      !socketpair(AF_UNIX, SOCK_DGRAM, 0, other) &&
	      !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, inner));
	send_and_close(inner[0], "three", eventfd(7, 0));
	send_and_close(other[0], "two", inner[1]);
	send_and_close(pair[0], "one", other[1]);
	close(inner[0]);
	ready();
	fd = receive_fd(pair[1], "one");
	send_text(other[0], "to the inner");
	fd = dup2(receive_fd(fd, "two"), 50);
	fd = receive_fd(fd, "three");
	check(eventfd_read(fd, &(eventfd_t){ 0 }) == 0);
}
TEST_STORIES(nested)

/* Each under way in the other, and itself: one end is all that is left. */
static void circular(void)
{
	int fd, ends[2];

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair) &&
	      !socketpair(AF_UNIX, SOCK_STREAM, 0, other));
	send_fds(pair[0], "self", &pair[1], 1);
	send_fds(pair[0], "other", &other[1], 1);
	send_fds(other[0], "pair", &pair[1], 1);
	close(other[1]);
	ready();
	ends[0] = receive_fd(pair[1], "self");
	fd = receive_fd(ends[0], "other");
	ends[1] = receive_fd(fd, "pair");
	send_text(pair[0], "round");
	expect(ends[1], "round");
}
TEST_STORIES(circular)

/* To one that waits to be accepted, and one that waits is itself its server's */
static void not_accepted(void)
{
	int listener = listening(SOCK_STREAM, "name", 3), client = connected(SOCK_STREAM, "name");

	send_fds(client, "listener", &listener, 1);
	send_and_close(client, "count", eventfd(9, 0));
	ready();
	pair[0] = accept(listener, NULL, NULL);
	close(listener);
	listener = receive_fd(pair[0], "listener");
	pair[1] = receive_fd(pair[0], "count");
	check(eventfd_read(pair[1], &(eventfd_t){ 0 }) == 0);
	client = connected(SOCK_STREAM, "name");
	check(accept(listener, NULL, NULL) >= 0);
}
TEST_STORIES(not_accepted)

static void children_descriptor(void *arg)
{
	close(pair[1]);
	send_and_close(pair[0], "mine", eventfd(5, 0));
}

/* Its sender is gone. */
static void of_a_child(void)
{
	int fd;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	join(spawn(children_descriptor, NULL));
	ready();
	fd = receive_fd(pair[1], "mine");
	check(eventfd_read(fd, &(eventfd_t){ 0 }) == 0);
}
TEST_STORIES(of_a_child)

/* An epoll instance under way, and one that watches what is */
static void watched(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 4 };
	int epoll = epoll_create1(0), fd = eventfd(0, 0);

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
	send_and_close(pair[0], "epoll", epoll);
	ready();
	epoll = receive_fd(pair[1], "epoll");
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	check(!eventfd_write(fd, 1));
	check_equal(epoll_wait(epoll, &event, 1, 0), 1);
	check_equal(event.data.u32, 4);
}
TEST_STORIES(watched)

static void many(void)
{
	int i, fd;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	for (i = 0; i < 100; i++)
		send_and_close(pair[0], "x", eventfd(i, 0));
	ready();
	for (i = 0; i < 100; i++) {
		eventfd_t count = i;

		fd = receive_fd(pair[1], "x");
		check(!i || (!eventfd_read(fd, &count) && count == (eventfd_t)i));
		close(fd);
	}
}
TEST_STORIES(many)

/* Without a descriptor nobody could take the lock again. */
static void locked(void)
{
	int fd = open(test_file("file"), O_RDWR | O_CREAT, 0600);
	struct flock lock = { .l_type = F_WRLCK };

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check(!fcntl(fd, 37 /* F_OFD_SETLK */, &lock));
	send_and_close(pair[0], "locked", fd);
	ready();
}
TEST_REFUSED(locked, EBUSY, "a file with a lock is under way to a unix socket")

/* -- what has to be received first ---------------------------------------------------------- */

static void memory_under_way(void)
{
	int fds[2], fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	check(fd >= 0 && !socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	send_fds(fds[0], "x", &fd, 1);
	close(fd);
	ready();
}
TEST_REFUSED(memory_under_way, EBUSY, "is under way to a unix socket")

/* Whoever has the socket too may receive while it is looked at: its messages are not. */
static void shared_socket(void)
{
	int fds[2], fd = open("/dev/null", O_RDONLY);

	check(fd == 3 && !socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	send_fds(fds[0], "x", &fd, 1);
	close(fd);
	ready();
}

TEST(open_outside_too)
{
	struct subject s;
	int fd;

	ASSERT_EQ(0, subject_start(&s, shared_socket));
	fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, s.pid, 0), 5, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	close(fd);
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* Of a program that is held nobody takes a descriptor. */
TEST(nobody_takes_one_of_the_held)
{
	struct subject s;
	int pidfd;
	long hold;

	ASSERT_EQ(0, subject_start(&s, shared_socket));
	pidfd = syscall(SYS_pidfd_open, s.pid, 0);
	hold = subject_save(&s, CHECKPOINT_FROZEN);
	ASSERT_LT(0, hold);
	EXPECT_EQ(-1, syscall(SYS_pidfd_getfd, pidfd, 5, 0));
	EXPECT_EQ(EBUSY, errno);
	close(s.cargs.hold_fd);
	EXPECT_TRUE(wait_until(syscall(SYS_pidfd_getfd, pidfd, 5, 0) >= 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- told too late ----------------------------------------------------------------------------- */

static void is_told_under_way(void)
{
	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	send_and_close(pair[0], "server", bound(SOCK_DGRAM, "@checkpoint.under_way"));
	ready();
}

/* No descriptor leads to the socket that somebody outside sends to while the image is written. */
TEST(message_too_late)
{
	struct subject s;
	int reader, client;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, is_told_under_way));
	client = connected(SOCK_DGRAM, "@checkpoint.under_way");
	pid = save_to_pipe(&s, CHECKPOINT_KILL, &reader);
	check(send(client, "hello", 5, 0) == 5);
	drain(reader);
	EXPECT_EQ(EAGAIN, answer_of(pid));
	close(client);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
