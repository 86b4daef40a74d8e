// SPDX-License-Identifier: GPL-2.0-only
/*
 * vsock_test.c - vsock sockets without a connection: ports, options, who waits for a caller;
 * connected ones are refused; and images that say something else.
 */
#include <linux/vm_sockets.h>
#include <poll.h>
#include <sys/time.h>

#include "inet.h"

/* Not all kernels have them, and one that goes round. */
static bool has_vsock(void)
{
	struct sockaddr_vm name = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = 4999,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	bool has = fd >= 0 && !bind(fd, (struct sockaddr *)&name, sizeof(name));

	close(fd);
	return has;
}

#define VSOCK_STORY(run, name, story)						\
	TEST(run##name)								\
	{									\
		if (!has_vsock())						\
			SKIP(return, "this kernel has no vsock sockets");	\
		ASSERT_EQ(0, story);						\
	}
#define VSOCK_STORIES(run)							\
	VSOCK_STORY(run, _killed, story_killed(run))				\
	VSOCK_STORY(run, _twice, story_twice(run))
#define VSOCK_REFUSED(run, err, words)						\
	VSOCK_STORY(run, _refused, story_refused(run, err, words))

static int bound(int type, uint32_t cid, uint32_t port)
{
	struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
	int fd = make_socket(AF_VSOCK, type);

	check(!bind(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

static int call(int type, uint32_t port)
{
	struct sockaddr_vm name = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = port,
	};
	int fd = make_socket(AF_VSOCK, type);

	check(!connect(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

static void expect_name(int fd, uint32_t cid, uint32_t port)
{
	struct sockaddr_vm name = {};
	socklen_t len = sizeof(name);

	check(!getsockname(fd, (struct sockaddr *)&name, &len));
	check_equal(name.svm_cid, cid);
	check_equal(name.svm_port, port);
}

static void expect_call(int listener, int type, uint32_t port)
{
	int one = call(type, port), other = accept(listener, NULL, NULL);
	char c = 0;

	check(other >= 0);
	check(send(one, "x", 1, 0) == 1 && recv(other, &c, 1, 0) == 1 && c == 'x');
	close(one);
	close(other);
}

static void names(void)
{
	int stream = bound(SOCK_STREAM, VMADDR_CID_LOCAL, 5000);
	int packets = bound(SOCK_SEQPACKET, VMADDR_CID_ANY, 900);
	int listener = bound(SOCK_STREAM, VMADDR_CID_ANY, 5001), fresh;
	int packet_listener = bound(SOCK_SEQPACKET, VMADDR_CID_LOCAL, 5002);

	check(!listen(listener, 7) && !listen(packet_listener, 1));
	expect_call(listener, SOCK_STREAM, 5001);
	fresh = make_socket(AF_VSOCK, SOCK_STREAM);
	ready();
	expect_name(stream, VMADDR_CID_LOCAL, 5000);
	expect_name(packets, VMADDR_CID_ANY, 900);
	expect_name(listener, VMADDR_CID_ANY, 5001);
	expect_name(fresh, VMADDR_CID_ANY, VMADDR_PORT_ANY);
	check_equal(get(packets, SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
	check_equal(get(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
	check_equal(get(stream, SOL_SOCKET, SO_ACCEPTCONN), 0);
	expect_call(listener, SOCK_STREAM, 5001);
	expect_call(packet_listener, SOCK_SEQPACKET, 5002);
	check(!listen(stream, 1));
	expect_call(stream, SOCK_STREAM, 5000);
}
VSOCK_STORIES(names)

static void set_size(int fd, int name, uint64_t size)
{
	check(!setsockopt(fd, AF_VSOCK, name, &size, sizeof(size)));
}

static uint64_t size_of(int fd, int name)
{
	uint64_t size = 0;
	socklen_t len = sizeof(size);

	check(!getsockopt(fd, AF_VSOCK, name, &size, &len));
	return size;
}

static void options(void)
{
	struct timeval time = { .tv_sec = 77, .tv_usec = 500000 }, shown = {};
	int fd = make_socket(AF_VSOCK, SOCK_STREAM), fresh = make_socket(AF_VSOCK, SOCK_STREAM);
	socklen_t len = sizeof(shown);

	set_size(fd, SO_VM_SOCKETS_BUFFER_MAX_SIZE, 1UL << 40);
	set_size(fd, SO_VM_SOCKETS_BUFFER_MIN_SIZE, 1UL << 20);
	set_size(fd, SO_VM_SOCKETS_BUFFER_SIZE, 1UL << 30);
	check(!setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &time, sizeof(time)));
	set(fd, SOL_SOCKET, SO_RCVLOWAT, 9);
	ready();
	check_equal(size_of(fd, SO_VM_SOCKETS_BUFFER_MAX_SIZE), 1UL << 40);
	check_equal(size_of(fd, SO_VM_SOCKETS_BUFFER_MIN_SIZE), 1UL << 20);
	check_equal(size_of(fd, SO_VM_SOCKETS_BUFFER_SIZE), 1UL << 30);
	check_equal(size_of(fresh, SO_VM_SOCKETS_BUFFER_SIZE), 256 << 10);
	check(!getsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &shown, &len));
	check(shown.tv_sec == 77 && shown.tv_usec == 500000);
	check_equal(get(fd, SOL_SOCKET, SO_RCVLOWAT), 9);
}
VSOCK_STORIES(options)

static int shared;

static void waits(void *arg)
{
	char c = 0;
	int fd = accept(shared, NULL, NULL);

	check(fd >= 0);
	check(recv(fd, &c, 1, 0) == 1 && c == 'y');
}

/* With a time limit too: no EINTR */
static void waiter(void)
{
	struct timeval limit = { .tv_sec = 1000 };
	pid_t pid;

	shared = bound(SOCK_STREAM, VMADDR_CID_LOCAL, 5003);
	check(!setsockopt(shared, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	check(!listen(shared, 1));
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_accept)));
	ready();
	check(send(call(SOCK_STREAM, 5003), "y", 1, 0) == 1);
	join(pid);
}
VSOCK_STORIES(waiter)

/* -- what is refused ------------------------------------------------------------------------- */

static void connected(void)
{
	int listener = bound(SOCK_STREAM, VMADDR_CID_LOCAL, 5004), one;

	check(!listen(listener, 1));
	one = call(SOCK_STREAM, 5004);
	check(accept(listener, NULL, NULL) >= 0);
	ready();
	close(one);
}
VSOCK_REFUSED(connected, EOPNOTSUPP, "a vsock socket that is connected, or was")

static void not_accepted(void)
{
	int listener = bound(SOCK_STREAM, VMADDR_CID_LOCAL, 5005);

	check(!listen(listener, 1));
	close(call(SOCK_STREAM, 5005));
	ready();
}
VSOCK_REFUSED(not_accepted, EBUSY, "a vsock socket has connections that were not accepted")

static void tried(void)
{
	struct sockaddr_vm name = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = 5006,
	};
	int fd = make_socket(AF_VSOCK, SOCK_STREAM);

	check(connect(fd, (struct sockaddr *)&name, sizeof(name)));
	ready();
}
VSOCK_REFUSED(tried, EOPNOTSUPP, "or tried to be")

static void low_mark(void)
{
	int fd = make_socket(AF_VSOCK, SOCK_STREAM), low = 200000;
	uint64_t size = 1000;

	check(!setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof(low)));
	check(!setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &size, sizeof(size)));
	ready();
}
VSOCK_REFUSED(low_mark, EOPNOTSUPP, "that it could not be given now")

/* Somebody else has the port by then. */
TEST(port_is_taken)
{
	struct subject s;
	int fd;

	if (!has_vsock())
		SKIP(return, "this kernel has no vsock sockets");
	ASSERT_EQ(0, subject_start(&s, names));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	fd = bound(SOCK_STREAM, VMADDR_CID_ANY, 5001);
	ASSERT_EQ(-EADDRINUSE, subject_restart(&s, 0));
	ASSERT_TRUE(subject_told(&s, "cannot have port 5001"));
	close(fd);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- images that somebody has made ------------------------------------------------------------- */

NTH(CKPT_REC_VSOCK, ckpt_rec_vsock)
NTH(CKPT_REC_VSOCK_LISTEN, ckpt_rec_vsock_listen)

static void has_sockets(void)
{
	int listener = bound(SOCK_STREAM, VMADDR_CID_LOCAL, 5007);
	int fresh = make_socket(AF_VSOCK, SOCK_STREAM);

	check(!listen(listener, 1));
	ready();
	expect_call(listener, SOCK_STREAM, 5007);
	close(fresh);
}

/* Of one, or of all but that one */
static struct ckpt_rec_vsock *with(struct image *image, uint32_t object, bool is)
{
	unsigned int nr = 0;

	while ((HEAD(ckpt_rec_vsock_nr(image, nr))->object == object) != is)
		nr++;
	return ckpt_rec_vsock_nr(image, nr);
}

static uint32_t its_id(struct image *image)
{
	struct ckpt_rec *listen = image_find(image, CKPT_REC_VSOCK_LISTEN);

	return listen ? listen->object : 0;
}

#define LISTEN		ckpt_rec_vsock_listen_nr(image, 0)
#define LISTENER	with(image, its_id(image), true)
#define FRESH		with(image, its_id(image), false)

FORGERY(datagram, FRESH->type = SOCK_DGRAM)
FORGERY(wild_type, FRESH->type = ~0U)
FORGERY(listens_nowhere, LISTENER->port = VMADDR_PORT_ANY)
FORGERY(not_bound_listens, HEAD(LISTEN)->object = HEAD(FRESH)->object)
FORGERY(listens_strangely, LISTEN->reserved = 1)
FORGERY(bound_to_no_port, FRESH->cid = VMADDR_CID_LOCAL)
FORGERY(wild_backlog, LISTEN->backlog = ~0U)
FORGERY(wild_error, FRESH->error = 5000)
FORGERY(wild_cred, FRESH->cred = ~0U)
FORGERY(reserved, FRESH->reserved = 1)
FORGERY(no_time, FRESH->connect_us = 0)
FORGERY(negative_time, FRESH->connect_us = -1)
FORGERY(wild_time, FRESH->connect_us = INT64_MAX)
FORGERY(of_a_file, HEAD(FRESH)->object = 1)
FORGERY(twice, HEAD(FRESH)->object = HEAD(LISTENER)->object)

static void (* const forgeries[])(struct image *image) = {
	datagram, wild_type, listens_nowhere, not_bound_listens, listens_strangely,
	bound_to_no_port, wild_backlog, wild_error, wild_cred, reserved, no_time, negative_time, wild_time, of_a_file,
	twice,
};

TEST_F(forged, fields)
{
	if (!has_vsock())
		SKIP(return, "this kernel has no vsock sockets");
	ASSERT_EQ(0, subject_start(&self->s, has_sockets));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

/* A user's program, below the ceiling */
void after_exec(void)
{
	int fd = bound(SOCK_STREAM, VMADDR_CID_LOCAL, 5008);

	ready();
	expect_name(fd, VMADDR_CID_LOCAL, 5008);
}

TEST_F(forged, rights)
{
	struct image *image = &self->image;

	if (!has_vsock())
		SKIP(return, "this kernel has no vsock sockets");
	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, image));

	/* A port that root alone may have, and an address that is another machine's */
	FRESH->port = 1000;
	image_seal(image);
	ASSERT_EQ(0, image_store(image, self->s.image));
	EXPECT_EQ(-EACCES, subject_restart_below_user(&self->s));
	FRESH->port = 5008;
	FRESH->cid = 77;
	image_seal(image);
	ASSERT_EQ(0, image_store(image, self->s.image));
	EXPECT_EQ(-EADDRNOTAVAIL, subject_restart_below_user(&self->s));

	/* The honest one */
	FRESH->cid = VMADDR_CID_LOCAL;
	image_seal(image);
	ASSERT_EQ(0, image_store(image, self->s.image));
	ASSERT_LT(0, subject_restart_below_user(&self->s));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
