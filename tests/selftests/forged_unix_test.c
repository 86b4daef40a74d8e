// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_unix_test.c - images of unix sockets that somebody has made: states that there are
 * not, connections that do not fit, messages of others, names and users of others.
 */
#include "unix.h"

static int fds[8];

static void send_descriptor(int over, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec vec = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control.buf) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	check(sendmsg(over, &msg, 0) == 1);
}

/*
 * A listener (the first record), one that it has accepted, one that waits, a pair of
 * datagrams with credentials, a descriptor under way.
 */
static void has_sockets(void)
{
	int on = 1;

	fds[0] = listening(SOCK_STREAM, "name", 3);
	fds[1] = connected(SOCK_STREAM, "name");
	fds[2] = accept(fds[0], NULL, NULL);
	fds[3] = connected(SOCK_STREAM, "name");
	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, &fds[4]));
	check(!setsockopt(fds[5], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	send_text(fds[1], "to be accepted");
	send_text(fds[4], "from me");
	send_descriptor(fds[2], fds[0]);
	ready();
	expect(fds[2], "to be accepted");
	expect(fds[5], "from me");
	expect(fds[1], "x");
	check(accept(fds[0], NULL, NULL) >= 0);
}

NTH(CKPT_REC_UNIX, ckpt_rec_unix)
NTH(CKPT_REC_UNIX_LINK, ckpt_rec_unix_link)
NTH(CKPT_REC_UNIX_MESSAGE, ckpt_rec_unix_message)
NTH(CKPT_REC_UNIX_NAME, ckpt_rec_unix_name)
NTH(CKPT_REC_UNIX_RIGHTS, ckpt_rec_unix_rights)
NTH(CKPT_REC_SOCKET_OPTIONS, ckpt_rec_socket_options)
NTH(CKPT_REC_FILE_SOCKET, ckpt_rec_file_socket)

#define SOCKET(nr)	ckpt_rec_unix_nr(image, nr)
#define LINK(nr)	ckpt_rec_unix_link_nr(image, nr)
#define MESSAGE(nr)	ckpt_rec_unix_message_nr(image, nr)
#define NAME		ckpt_rec_unix_name_nr(image, 0)
#define RIGHTS		((struct ckpt_rec_unix_right *)(ckpt_rec_unix_rights_nr(image, 0) + 1))
#define OPTIONS		((struct ckpt_rec_socket_option *)(ckpt_rec_socket_options_nr(image, 0) + 1))

/* The number of the socket with a flag, or with none of the mask */
static unsigned int socket_with(struct image *image, uint32_t mask, uint32_t flags, uint32_t type)
{
	unsigned int nr = 0;

	while ((SOCKET(nr)->flags & mask) != flags || SOCKET(nr)->type != type)
		nr++;
	return nr;
}

#define LISTENER	SOCKET(socket_with(image, CKPT_UNIX_LISTENS, CKPT_UNIX_LISTENS, SOCK_STREAM))
#define PENDING		SOCKET(socket_with(image, CKPT_UNIX_PENDING, CKPT_UNIX_PENDING, SOCK_STREAM))
#define STREAM		SOCKET(socket_with(image, ~0U, CKPT_UNIX_CONNECTED | CKPT_UNIX_PAIRED, \
					   SOCK_STREAM))
#define DATAGRAMS	SOCKET(socket_with(image, 0, 0, SOCK_DGRAM))

/* The first message of more than a byte */
static struct ckpt_rec_unix_message *long_message(struct image *image)
{
	unsigned int nr = 0;

	while (MESSAGE(nr)->data.count < 2)
		nr++;
	return MESSAGE(nr);
}


FORGERY(wild_type, STREAM->type = SOCK_RAW)
FORGERY(wild_flag, STREAM->flags |= 1 << 5)
FORGERY(listens_and_is_connected, LISTENER->flags |= CKPT_UNIX_CONNECTED | CKPT_UNIX_PAIRED)
FORGERY(datagrams_listen, DATAGRAMS->flags = CKPT_UNIX_LISTENS)
FORGERY(closed_with_error, PENDING->flags = CKPT_UNIX_CLOSED)
FORGERY(pending_of_datagrams, DATAGRAMS->flags |= CKPT_UNIX_PENDING)
FORGERY(half_connected, STREAM->flags = CKPT_UNIX_CONNECTED)
FORGERY(half_paired, STREAM->flags = CKPT_UNIX_PAIRED)
FORGERY(wild_backlog, LISTENER->backlog = ~0U)
FORGERY(backlog_of_a_stream, STREAM->backlog = 1)
FORGERY(small_backlog, LISTENER->backlog = 0; SOCKET(0)->shutdown = 4)
FORGERY(wild_error, STREAM->error = 513)
FORGERY(no_peer_shown, STREAM->peer_pid = 0; STREAM->peer_cred = 0)
FORGERY(peer_is_a_cred, STREAM->peer_pid = STREAM->peer_cred)
FORGERY(peer_cred_is_a_pid, STREAM->peer_cred = STREAM->peer_pid)
FORGERY(peer_is_gone_too, STREAM->peer_gone = STREAM->peer_pid)
FORGERY(socket_reserved, STREAM->reserved = 1)
FORGERY(name_without_end, ((char *)(LISTENER + 1))[LISTENER->name.count - 1] = 'x')
FORGERY(name_with_a_hole, ((char *)(LISTENER + 1))[3] = 0)
FORGERY(abstract_by_path, ((char *)(LISTENER + 1))[0] = 0)

FORGERY(link_flag, LINK(0)->flags |= 2)
FORGERY(link_reserved, LINK(0)->reserved = 1)
FORGERY(one_way_stream, LINK(0)->flags = 0)
FORGERY(with_itself, LINK(0)->peer = HEAD(LINK(0))->object)
FORGERY(with_the_listener, LINK(0)->peer = HEAD(LISTENER)->object)
FORGERY(with_datagrams, LINK(0)->peer = HEAD(DATAGRAMS)->object)
FORGERY(with_a_pending, LINK(0)->peer = HEAD(PENDING)->object)
FORGERY(with_a_file, LINK(0)->peer = HEAD(ckpt_rec_file_socket_nr(image, 0))->object)
FORGERY(twice, LINK(1)->peer = LINK(0)->peer)
FORGERY(at_a_listener, LINK(0)->listener = LINK(0)->listener ? 0 : HEAD(LISTENER)->object)
FORGERY(at_a_stream, LINK(1)->listener = HEAD(STREAM)->object;
	LINK(0)->listener = HEAD(STREAM)->object)

FORGERY(message_flag, MESSAGE(0)->flags = 4)
FORGERY(long_urgent, long_message(image)->flags = CKPT_UNIX_MESSAGE_URGENT)
FORGERY(mark_with_bytes, MESSAGE(0)->flags = CKPT_UNIX_MESSAGE_MARK)
FORGERY(wild_stamp, MESSAGE(0)->stamp_ns = -1)
FORGERY(user_without_a_process, MESSAGE(0)->pid = 0; MESSAGE(0)->uid = 5)
FORGERY(no_user, MESSAGE(0)->uid = -1; MESSAGE(0)->pid = STREAM->peer_pid)
FORGERY(of_the_listener, MESSAGE(0)->sender = HEAD(LISTENER)->object)
FORGERY(of_itself, MESSAGE(0)->sender = HEAD(MESSAGE(0))->object)
FORGERY(to_the_listener, HEAD(MESSAGE(0))->object = HEAD(LISTENER)->object)
FORGERY(of_datagrams, MESSAGE(0)->sender = HEAD(DATAGRAMS)->object)

FORGERY(rights_reserved, RIGHTS->reserved = 1)
FORGERY(rights_of_a_socket, RIGHTS->file = HEAD(LISTENER)->object)
FORGERY(rights_of_another, HEAD(ckpt_rec_unix_rights_nr(image, 0))->object =
	HEAD(LISTENER)->object)

FORGERY(name_is_no_path, ((char *)(NAME + 1))[0] = 'x')
FORGERY(name_of_a_file, NAME->mode = S_IFREG | 0600)
FORGERY(name_reserved, NAME->reserved = 1)
FORGERY(name_of_one_without, HEAD(NAME)->object = HEAD(DATAGRAMS)->object)
FORGERY(name_of_one_that_waits, HEAD(NAME)->object = HEAD(PENDING)->object)

FORGERY(wild_option, OPTIONS->name = SO_DEBUG)
FORGERY(wild_level, OPTIONS->level = 0)
FORGERY(wild_value, OPTIONS->value = -5)
FORGERY(wild_more, OPTIONS->more = 1)
FORGERY(options_of_one_that_waits,
	HEAD(ckpt_rec_socket_options_nr(image, 0))->object = HEAD(PENDING)->object)

FORGERY(file_of_one_that_waits, ckpt_rec_file_socket_nr(image, 0)->socket = HEAD(PENDING)->object)
FORGERY(two_files, ckpt_rec_file_socket_nr(image, 0)->socket =
	ckpt_rec_file_socket_nr(image, 1)->socket)
FORGERY(wild_time, ckpt_rec_file_socket_nr(image, 0)->mtime_nsec = 1000000000)

static void (* const forgeries[])(struct image *image) = {
	wild_type, wild_flag, listens_and_is_connected, datagrams_listen, closed_with_error,
	pending_of_datagrams, half_connected, half_paired, wild_backlog, backlog_of_a_stream,
	small_backlog, wild_error, no_peer_shown, peer_is_a_cred, peer_cred_is_a_pid,
	peer_is_gone_too, socket_reserved, name_without_end, name_with_a_hole, abstract_by_path,
	link_flag, link_reserved, one_way_stream, with_itself, with_the_listener, with_datagrams,
	with_a_pending, with_a_file, twice, at_a_listener, at_a_stream,
	message_flag, long_urgent, mark_with_bytes, wild_stamp, user_without_a_process, no_user,
	of_the_listener, of_itself, to_the_listener, of_datagrams,
	rights_reserved, rights_of_a_socket, rights_of_another,
	name_is_no_path, name_of_a_file, name_reserved, name_of_one_without,
	name_of_one_that_waits,
	wild_option, wild_level, wild_value, wild_more, options_of_one_that_waits,
	file_of_one_that_waits, two_files, wild_time,
};

TEST_F_TIMEOUT(forged, fields, 120)
{
	ASSERT_EQ(0, subject_start(&self->s, has_sockets));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

/* -- what a user could not have had --------------------------------------------------------- */

/* A user's program, below the ceiling: a pair with a message that has credentials, and a name */
void after_exec(void)
{
	int on = 1;

	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
	check(!setsockopt(fds[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	send_text(fds[0], "me");
	fds[2] = listening(SOCK_STREAM, "name", 1);
	ready();
	expect(fds[1], "me");
	unlink(test_file("name"));
}

static long restart_forged(struct subject *s, struct image *image)
{
	image_seal(image);
	return image_store(image, s->image) ?: subject_restart_below_user(s);
}

static struct ckpt_rec_cred *cred_of(struct image *image, uint32_t object)
{
	return (void *)(record_of(image, object, CKPT_REC_CRED) + 1);
}

/* Another directory than the user's, in which the name is gone or is what it was */
static void name_elsewhere(struct image *image, const char *path)
{
	struct ckpt_rec_unix_name *name = NAME;

	memset(name + 1, '/', name->path.count);
	memcpy((char *)(name + 1) + name->path.count - strlen(path), path, strlen(path));
}

TEST_F(forged, rights)
{
	struct image *image = &self->image;
	struct ckpt_rec_cred *cred;
	struct stat st;

	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, image));

	/* The credentials of root, under way */
	MESSAGE(0)->uid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	MESSAGE(0)->uid = 1000;
	MESSAGE(0)->gid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	MESSAGE(0)->gid = 1000;

	/* Root as the peer */
	cred = cred_of(image, DATAGRAMS->peer_cred);
	cred->uid[1] = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	cred->uid[1] = 1000;

	/* A name in a directory of root's: gone, then a file of root's that nobody uses */
	ASSERT_EQ(0, mkdir("/dev/d", 0755));
	name_elsewhere(image, "/dev/d/n");
	EXPECT_EQ(-EACCES, restart_forged(&self->s, image));
	EXPECT_EQ(-1, access("/dev/d/n", F_OK));
	ASSERT_EQ(0, mknod("/dev/d/n", S_IFSOCK | 0777, 0));
	ASSERT_EQ(0, stat("/dev/d/n", &st));
	NAME->ino = st.st_ino;
	NAME->dev_major = st.st_dev >> 8;
	NAME->dev_minor = st.st_dev & 0xff;
	EXPECT_EQ(-EACCES, restart_forged(&self->s, image));
	/* Where all may make files, but not remove another's */
	ASSERT_EQ(0, chmod("/dev/d", 01777));
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	/* A new one of root's */
	ASSERT_EQ(0, unlink("/dev/d/n"));
	NAME->uid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, image));
	EXPECT_EQ(-1, access("/dev/d/n", F_OK));
	NAME->uid = 1000;

	/* It is his own. */
	ASSERT_LT(0, restart_forged(&self->s, image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	unlink("/dev/d/n");
	rmdir("/dev/d");
	unlink(test_file("name"));
}

TEST_HARNESS_MAIN
