// SPDX-License-Identifier: GPL-2.0-only
/*
 * mqueue_thread_test.c - message queues that notify by a thread: through a netlink socket.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <linux/netlink.h>

#include "posix_queue.h"

static volatile int told;

static void notified(union sigval v)
{
	told = v.sival_int;
}

static void notify_thread(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notified,
		.sigev_value.sival_int = 77,
	};

	make_queue(0, 3, 8192);
	check(!mq_notify(queue, &event));
	ready();
	check(mq_notify(queue, &event) == -1 && errno == EBUSY);
	check(!told);
	send_text("a", 0);
	check(wait_until(told == 77));
	expect_text("a", 0);
	event.sigev_value.sival_int = 78;
	check(!mq_notify(queue, &event));
	send_text("b", 0);
	check(wait_until(told == 78));
	unlink_queue();
}
TEST_STORIES(notify_thread)

/* What the C library does, by hand */
static int notify_through(const char *text)
{
	char cookie[32] = "";
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD, .sigev_signo = sock,
		.sigev_value.sival_ptr = cookie,
	};

	strcpy(cookie, text);
	check(sock >= 0 && !syscall(SYS_mq_notify, queue, &event));
	return sock;
}

static void expect_cookie(int sock, const char *text, char code)
{
	char buf[64];

	check_equal(recv(sock, buf, sizeof(buf), MSG_DONTWAIT), 32);
	check(!strcmp(buf, text));
	check_equal(buf[31], code);
}

#define WOKEN	1
#define REMOVED	2

/* Something waits to be received already; the queue is closed instead of used. */
static void notify_cookies(void)
{
	int sock;

	make_queue(0, 3, 8192);
	sock = notify_through("the first");
	send_text("a", 0);
	expect_text("a", 0);
	check_equal(syscall(SYS_mq_notify, queue, NULL), 0);
	close(notify_through("the second"));
	check_equal(syscall(SYS_mq_notify, queue, NULL), 0);
	sock = dup2(notify_through("the third"), sock + 40);
	ready();
	mq_close(queue);
	expect_cookie(sock, "the third", REMOVED);
	check(!mq_unlink(NAME));
}
TEST_STORIES(notify_cookies)

static void notify_unread(void)
{
	int sock;

	make_queue(0, 3, 8192);
	sock = notify_through("unread");
	send_text("a", 0);
	ready();
	expect_cookie(sock, "unread", WOKEN);
	unlink_queue();
}
TEST_STORIES(notify_unread)

static void notify_closed(void)
{
	make_queue(0, 3, 8192);
	close(notify_through("closed"));
	ready();
	unlink_queue();
}
TEST_REFUSED(notify_closed, EOPNOTSUPP, "through a socket that is closed")

/* -- a socket that is none ------------------------------------------------------------------------ */

/* Beside the queue the name of a socket in a file system is open. */
static void notify_beside_a_name(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notified,
	};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", test_file("name"));
	check(!bind(fd, (struct sockaddr *)&name, sizeof(name)) && !close(fd));
	check(open(name.sun_path, O_PATH) >= 0);
	make_queue(0, 3, 8192);
	check(!mq_notify(queue, &event));
	ready();
	unlink_queue();
}

static struct ckpt_rec *find_name(struct image *image)
{
	struct ckpt_rec_file_path *file;
	struct ckpt_rec *rec;
	size_t nr;

	for (nr = 0; nr < image->nr_records; nr++) {
		rec = image_record(image, nr);
		file = (void *)(rec + 1);
		if (rec->type == CKPT_REC_FILE_PATH && S_ISSOCK(file->mode))
			return rec;
	}
	return NULL;
}

TEST_F(forged, notification_through_a_name)
{
	struct ckpt_rec_mqueue_notify *notify;
	struct ckpt_rec *name;

	ASSERT_EQ(0, subject_start(&self->s, notify_beside_a_name));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	name = find_name(&self->image);
	ASSERT_NE(NULL, name);
	notify = (void *)(image_find(&self->image, CKPT_REC_MQUEUE_NOTIFY) + 1);
	notify->socket = name->object;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

TEST_HARNESS_MAIN
