// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_keep_others_test.c - TCP connections with somebody outside that live on, and others: who
 * shares their ports, keeps the restarter from them, or is short of memory.
 */
#include <linux/landlock.h>

#include "tcp_keep.h"

static struct sockaddr_in local(const char *address, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	check(inet_pton(AF_INET, address, &in.sin_addr) == 1);
	return in;
}

static int call_at(const char *address, int port)
{
	struct sockaddr_in in = local(address, port);
	int fd = make(AF_INET);

	check(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	return fd;
}

/* -- ports ------------------------------------------------------------------------------- */

static const char * const addresses[] = { "127.0.0.1", "127.0.0.2" };

static int listen_at(const char *address, int port)
{
	struct sockaddr_in in = local(address, port);
	int fd = make(AF_INET);

	check(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
	check(!listen(fd, 3));
	return fd;
}

/* Two addresses of one port, and a connection that was accepted at each */
static void serves_two(void)
{
	int fds[2], ends[2], i;
	char text[16];

	fds[0] = listen_at(addresses[0], 0);
	fds[1] = listen_at(addresses[1], port_of(fds[0]));
	write_file("port", text, sprintf(text, "%d", port_of(fds[0])));
	ready();
	for (i = 0; i < 2; i++)
		ends[i] = accept(fds[i], NULL, NULL);
	ready();
	for (i = 0; i < 2; i++) {
		expect(ends[i], "still there?");
		send_text(ends[i], "sure");
		check(!close(accept(fds[i], NULL, NULL)));
	}
}

static long save_two(struct subject *s, int *fds)
{
	long ret = subject_start(s, serves_two);
	int i;

	if (ret)
		return ret;
	for (i = 0; i < 2; i++)
		fds[i] = call_at(addresses[i], port_told());
	subject_go(s, 1);
	ret = subject_await(s, 2);
	return ret ?: subject_save(s, CHECKPOINT_KILL | CHECKPOINT_KEEP);
}

TEST(two_addresses)
{
	struct subject s = {};
	int fds[2], i;

	ASSERT_LT(0, save_two(&s, fds));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 2);
	for (i = 0; i < 2; i++) {
		send_text(fds[i], "still there?");
		expect(fds[i], "sure");
		close(fds[i]);
		close(call_at(addresses[i], port_told()));
	}
	ASSERT_EQ(0, subject_wait(&s));
}

/* Somebody else has taken what only silent connections had. */
TEST(port_in_use)
{
	struct subject s = {};
	int fds[2], fd, i;

	ASSERT_LT(0, save_two(&s, fds));
	/* Not even he gets the address of a silent connection. */
	fd = make(AF_INET);
	ASSERT_EQ(-1, bind(fd, (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET,
			   .sin_port = htons(port_told()) }, sizeof(struct sockaddr_in)));
	ASSERT_EQ(EADDRINUSE, errno);
	close(fd);
	ASSERT_EQ(0, release(&s));
	fd = listen_at(addresses[1], port_told());
	ASSERT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	close(fd);
	for (i = 0; i < 2; i++)
		close(fds[i]);
}

/* -- security modules -------------------------------------------------------------------- */

static bool forbid_connecting(void)
{
	/* struct landlock_ruleset_attr of the first version that knows the network */
	const uint64_t attr[2] = { 0, 1 << 1 };
	int fd = syscall(SYS_landlock_create_ruleset, attr, sizeof(attr), 0);

	return fd >= 0 && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_landlock_restrict_self, fd, 0);
}

/* Who may not connect, may not have a connection that is kept. */
TEST(restarter_who_may_not_connect)
{
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	pid = fork();
	if (!pid) {
		if (!forbid_connecting())
			_exit(2);
		_exit(subject_restart(&s, 0) != -EACCES || !subject_told(&s, "security module"));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	if (status == 2 << 8)
		SKIP(return, "this kernel has no Landlock for the network");
	ASSERT_EQ(0, status);
	ASSERT_TRUE(is_quiet(outside));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ask();
	ASSERT_EQ(0, subject_wait(&s));
	close(outside);
}

/* -- memory ------------------------------------------------------------------------------ */

#define GROUP	"/sys/fs/cgroup/keep"
#define MUCH	(8 << 20)

static bool group_write(const char *name, unsigned long value)
{
	char path[64], text[24];
	int fd, len = snprintf(text, sizeof(text), "%lu", value);
	bool ok;

	snprintf(path, sizeof(path), GROUP "/%s", name);
	fd = open(path, O_WRONLY);
	ok = fd >= 0 && write(fd, text, len) == len;
	close(fd);
	return ok;
}

static unsigned long group_memory(void)
{
	char text[24];

	return read_file(GROUP "/memory.current", text, sizeof(text)) > 0 ?
	       strtoul(text, NULL, 10) : 0;
}

/* As connect_out(), with room for much */
static void has_much_to_read(void)
{
	struct sockaddr_in in = local("127.0.0.1", server_port);

	check(group_write("cgroup.procs", 0));
	inside = make(AF_INET);
	set(inside, SOL_SOCKET, SO_RCVBUFFORCE, MUCH);
	check(!connect(inside, (struct sockaddr *)&in, sizeof(in)));
	ready();
}

/* Takes so much memory in the group, and lives */
static int take_memory(size_t len)
{
	pid_t pid = fork();
	int status;
	char *p;

	if (!pid) {
		check(group_write("cgroup.procs", 0));
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(p != MAP_FAILED);
		memset(p, 1, len);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* They go before anybody is killed. */
TEST(short_of_memory)
{
	unsigned long kept;
	struct subject s;

	put_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) || access(GROUP "/memory.max", F_OK)) {
		rmdir(GROUP);
		SKIP(return, "no memory controller");
	}
	ASSERT_EQ(0, start(&s, has_much_to_read));
	ASSERT_LT(MUCH / 2, fill(outside, 1));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	kept = group_memory();
	ASSERT_LT(MUCH / 4, kept);
	ASSERT_TRUE(group_write("memory.max", kept + MUCH / 4));
	EXPECT_EQ(0, take_memory(MUCH / 4 + kept / 2));
	EXPECT_TRUE(is_reset(outside));
	EXPECT_EQ(-ENOENT, release(&s));
	close(outside);
	rmdir(GROUP);
}

TEST_HARNESS_MAIN
