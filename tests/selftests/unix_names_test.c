// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix_names_test.c - unix sockets with names: bound, listening, connected, waiting to be
 * accepted; names that are kept, gone, taken by others, abstract.
 */
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "unix.h"

static int listener, ends[4];

static void accepts(int fd, const char *words)
{
	int client = accept(fd, NULL, NULL);

	check(client >= 0);
	expect(client, words);
	close(client);
}

/* It listens, and goes on to. */
static void listens(int type, const char *name)
{
	listener = listening(type, name, 5);
	ready();
	ends[0] = connected(type, name);
	shows(ends[0], NULL, name);
	send_text(ends[0], "hello");
	accepts(listener, "hello");
}

static void listening_stream(void) { listens(SOCK_STREAM, "name"); }
TEST_STORIES(listening_stream)

static void listening_packets(void) { listens(SOCK_SEQPACKET, "name"); }
TEST_STORIES(listening_packets)

static void listening_abstract(void) { listens(SOCK_STREAM, "@checkpoint.test"); }
TEST_STORIES(listening_abstract)

/* Both ends of a connection, and where it was made */
static void accepted(void)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	listener = listening(SOCK_STREAM, "name", 5);
	ends[0] = connected(SOCK_STREAM, "name");
	ends[1] = accept(listener, NULL, NULL);
	send_text(ends[0], "there");
	send_text(ends[1], "back");
	ready();
	shows(ends[0], NULL, "name");
	shows(ends[1], "name", NULL);
	expect(ends[1], "there");
	expect(ends[0], "back");
	expect_nothing(ends[0]);
	send_text(ends[0], "again");
	expect(ends[1], "again");
	check(!getsockopt(ends[1], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	check_equal(cred.pid, getpid());
	close(ends[0]);
	expect(ends[1], "");
	ends[0] = connected(SOCK_STREAM, "name");
	send_text(ends[0], "new");
	accepts(listener, "new");
}
TEST_STORIES(accepted)

/* In their order, with what they have sent; one has hung up. */
static void pending(void)
{
	listener = listening(SOCK_STREAM, "name", 5);
	ends[0] = connected(SOCK_STREAM, "name");
	ends[1] = connected(SOCK_STREAM, "name");
	ends[2] = connected(SOCK_STREAM, "name");
	send_text(ends[0], "first");
	send_text(ends[1], "second");
	send_text(ends[2], "third");
	close(ends[1]);
	ready();
	accepts(listener, "first");
	accepts(listener, "second");
	ends[1] = accept(listener, NULL, NULL);
	shows(ends[1], "name", NULL);
	expect(ends[1], "third");
	send_text(ends[1], "answer");
	expect(ends[2], "answer");
	check(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
	check(accept(listener, NULL, NULL) == -1 && errno == EAGAIN);
}
TEST_STORIES(pending)

static void backlog_is_full(void)
{
	listener = listening(SOCK_STREAM, "name", 1);
	ends[0] = connected(SOCK_STREAM, "name");
	ends[1] = connected(SOCK_STREAM, "name");
	ends[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	check(connect_fd(ends[2], "name") == -1 && errno == EAGAIN);
	ready();
	check(connect_fd(ends[2], "name") == -1 && errno == EAGAIN);
	check(accept(listener, NULL, NULL) >= 0);
	check(connect_fd(ends[2], "name") == 0);
}
TEST_STORIES(backlog_is_full)

/* Renamed, as servers do that want it to be there at once */
static void renamed(void)
{
	char from[128];

	listener = listening(SOCK_STREAM, "before", 5);
	strcpy(from, test_file("before"));
	check(!rename(from, test_file("behind")));
	ready();
	ends[0] = connected(SOCK_STREAM, "behind");
	shows(ends[0], NULL, "before");
	unlink(test_file("behind"));
}
TEST_STORIES(renamed)

static void removed(void)
{
	listener = listening(SOCK_STREAM, "name", 5);
	ends[0] = connected(SOCK_STREAM, "name");
	check(!unlink(test_file("name")));
	ready();
	ends[1] = accept(listener, NULL, NULL);
	shows(ends[1], "name", NULL);
	check(access(test_file("name"), F_OK) && errno == ENOENT);
}
TEST_STORIES(removed)

/* As setfacl -m u:1:rw */
static void has_acl(void)
{
	static const struct {
		uint16_t tag, perm;
		uint32_t id;
	} entries[] = {
		{ 0x01, 6, -1 }, { 0x02, 6, 1 }, { 0x04, 4, -1 }, { 0x10, 6, -1 }, { 0x20, 0, -1 },
	};
	char acl[4 + sizeof(entries)];

	memcpy(acl, &(uint32_t){ 2 }, 4);
	memcpy(acl + 4, entries, sizeof(entries));
	ends[0] = bound(SOCK_STREAM, "name");
	check(!setxattr(test_file("name"), "system.posix_acl_access", acl, sizeof(acl), 0));
	ready();
}
TEST_REFUSED(has_acl, EOPNOTSUPP, "has an access control list")

static void bound_alone(void)
{
	struct sockaddr_un name;
	socklen_t len = sizeof(name);

	ends[0] = bound(SOCK_STREAM, "name");
	ends[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	ends[2] = socket(AF_UNIX, SOCK_DGRAM, 0);
	check(!bind(ends[2], (struct sockaddr *)&(struct sockaddr_un){ .sun_family = AF_UNIX },
		    sizeof(sa_family_t)));
	ready();
	check(!getsockname(ends[2], (struct sockaddr *)&name, &len));
	check_equal(len, offsetof(struct sockaddr_un, sun_path) + 6);
	check(connect_fd(ends[1], "name") == -1 && errno == ECONNREFUSED);
	check(!listen(ends[0], 1));
	check(!connect_fd(ends[1], "name"));
}
TEST_STORIES(bound_alone)

/* -- a name that is another's, or gone ------------------------------------------------------ */

static void listens_with_a_mode(void)
{
	struct stat st;

	listener = listening(SOCK_STREAM, "name", 5);
	check(!chmod(test_file("name"), 0640) && !chown(test_file("name"), 0, 7));
	ready();
	check(!stat(test_file("name"), &st));
	check(S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0640 && st.st_gid == 7);
	ends[0] = connected(SOCK_STREAM, "name");
	check(accept(listener, NULL, NULL) >= 0);
}

TEST(made_anew)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, listens_with_a_mode));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unlink(test_file("name")));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(taken_by_a_file)
{
	struct subject s;
	char buf[8];

	ASSERT_EQ(0, subject_start(&s, listens_with_a_mode));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unlink(test_file("name")));
	write_file("name", "mine", 4);
	EXPECT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "is not the file that a unix socket of the program was bound to"));
	EXPECT_EQ(4, read_file(test_file("name"), buf, sizeof(buf)));
	ASSERT_EQ(0, unlink(test_file("name")));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* Another one at the same place, though nobody has it open */
TEST(taken_by_a_socket)
{
	struct sockaddr_un name;
	struct subject s;
	socklen_t len;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ASSERT_EQ(0, subject_start(&s, listens_with_a_mode));
	len = unix_name(&name, "name");
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, rename(test_file("name"), test_file("aside")));
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&name, len));
	close(fd);
	EXPECT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	ASSERT_EQ(0, rename(test_file("aside"), test_file("name")));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(in_use)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, listening_abstract));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ends[0] = bound(SOCK_STREAM, "@checkpoint.test");
	EXPECT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "the abstract name @checkpoint.test of a unix socket is in use"));
	close(ends[0]);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* A name that was made for a restart that failed is taken away again. */
static void makes_two_names(void)
{
	ends[3] = bound(SOCK_DGRAM, "@checkpoint.second");
	listens_with_a_mode();
}

TEST(undone)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, makes_two_names));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unlink(test_file("name")));
	ends[0] = bound(SOCK_DGRAM, "@checkpoint.second");
	EXPECT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	EXPECT_EQ(-1, access(test_file("name"), F_OK));
	close(ends[0]);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- who waits ---------------------------------------------------------------------------- */

static void waits_for_a_client(void *arg)
{
	accepts(listener, "at last");
}

static void blocked_accept(void)
{
	pid_t pid;

	listener = listening(SOCK_STREAM, "name", 5);
	pid = spawn(waits_for_a_client, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_accept)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_accept)));
	ends[0] = connected(SOCK_STREAM, "name");
	send_text(ends[0], "at last");
	join(pid);
}
TEST_STORIES(blocked_accept)

static void waits_to_connect(void *arg)
{
	close(listener);
	send_text(connected(SOCK_STREAM, "name"), "came through");
}

static void blocked_connect(void)
{
	pid_t pid;

	listener = listening(SOCK_STREAM, "name", 0);
	ends[0] = connected(SOCK_STREAM, "name");
	send_text(ends[0], "before");
	pid = spawn(waits_to_connect, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_connect)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_connect)));
	accepts(listener, "before");
	accepts(listener, "came through");
	join(pid);
}
TEST_STORIES(blocked_connect)

/* Watched by two, of which one is woken */
static void watched_listener(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.u32 = 7 };
	int epoll = epoll_create1(0);

	listener = listening(SOCK_STREAM, "name", 5);
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
	ready();
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	ends[0] = connected(SOCK_STREAM, "name");
	check_equal(epoll_wait(epoll, &event, 1, 0), 1);
	check_equal(event.data.u32, 7);
}
TEST_STORIES(watched_listener)

static void serves(void *arg)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int epoll = epoll_create1(0), client;

	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
	for (;;) {
		check_equal(epoll_wait(epoll, &event, 1, -1), 1);
		client = accept(listener, NULL, NULL);
		if (client < 0)
			continue;
		if (recv(client, &event, 4, 0) == 4)
			_exit(0);
		send_text(client, "served");
		close(client);
	}
}

/* Two workers share a listener, and each takes what comes. */
static void prefork(void)
{
	pid_t pids[2];
	int i;

	listener = listening(SOCK_STREAM, "name", 5);
	check(!fcntl(listener, F_SETFL, O_NONBLOCK));
	for (i = 0; i < 2; i++) {
		pids[i] = spawn(serves, NULL);
		check(wait_until(is_blocked_in(pids[i], pids[i], -1)));
	}
	ready();
	for (i = 0; i < 10; i++) {
		ends[0] = connected(SOCK_STREAM, "name");
		send_text(ends[0], "x");
		expect(ends[0], "served");
		close(ends[0]);
	}
	for (i = 0; i < 2; i++)
		send_text(connected(SOCK_STREAM, "name"), "quit");
	for (i = 0; i < 2; i++)
		join(pids[i]);
}
TEST_STORIES(prefork)

TEST_HARNESS_MAIN
