// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify_test.c - inotify instances: watches, events that nobody has read, who waits.
 */
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "forged.h"

static int fd;

struct happened {
	int wd;
	uint32_t mask;
	uint32_t cookie;
	char name[NAME_MAX + 1];
};

static void make(void)
{
	fd = inotify_init1(IN_NONBLOCK);
	check(fd >= 0);
	mkdir(test_file("watched"), 0777);
}

static int watch(const char *name, uint32_t mask)
{
	int wd = inotify_add_watch(fd, test_file(name), mask);

	check(wd > 0);
	return wd;
}

static void touch(const char *name)
{
	int file = open(test_file(name), O_WRONLY | O_CREAT, 0600);

	check(file >= 0);
	close(file);
}

/* The next event; false if there is none */
static bool next(struct happened *h)
{
	static char buf[sizeof(struct inotify_event) + NAME_MAX + 1]
		__attribute__((aligned(8)));
	static struct inotify_event *event = (void *)buf;
	size_t room = sizeof(*event);
	ssize_t n;

	/* One event alone fits: the room grows until it does. */
	do {
		n = read(fd, buf, room);
		room += 16;
	} while (n < 0 && errno == EINVAL && room <= sizeof(buf));
	if (n <= 0)
		return false;
	h->wd = event->wd;
	h->mask = event->mask;
	h->cookie = event->cookie;
	snprintf(h->name, sizeof(h->name), "%s", event->len ? event->name : "");
	return true;
}

static void expect(int wd, uint32_t mask, const char *name)
{
	struct happened h = {};

	check(next(&h));
	check_equal(h.wd, wd);
	check_equal(h.mask, mask);
	check(!strcmp(h.name, name));
}

static void expect_nothing(void)
{
	struct happened h;

	check(!next(&h));
}

/* -- watches ------------------------------------------------------------------------- */

static void watches(void)
{
	struct happened old;
	int dir, file, again;

	make();
	touch("watched/one");
	dir = watch("watched", IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO);
	file = watch("watched/one", IN_ATTRIB | IN_CLOSE_WRITE);
	unlink(test_file("watched/two"));
	while (next(&old))
		;
	ready();
	expect_nothing();
	touch("watched/two");
	expect(dir, IN_CREATE, "two");
	touch("watched/one");
	expect(file, IN_CLOSE_WRITE, "");
	check(!chmod(test_file("watched/one"), 0640));
	expect(file, IN_ATTRIB, "");
	expect_nothing();
	/* The same file is the same watch. */
	again = watch("watched/one", IN_MODIFY);
	check_equal(again, file);
	check(!inotify_rm_watch(fd, dir));
	expect(dir, IN_IGNORED, "");
	check(!unlink(test_file("watched/two")));
	expect_nothing();
}
TEST_KILLED(watches)
TEST_TWICE(watches)

/* Descriptors are given in their order, whatever has been removed. */
static void next_descriptor(void)
{
	int first, second;

	make();
	first = watch("watched", IN_CREATE);
	check(!inotify_rm_watch(fd, first));
	expect(first, IN_IGNORED, "");
	second = watch(".", IN_CREATE);
	check(!inotify_rm_watch(fd, second));
	expect(second, IN_IGNORED, "");
	ready();
	check_equal(watch("watched", IN_CREATE), second + 1);
}
TEST_KILLED(next_descriptor)

static void once(void)
{
	int wd;

	make();
	wd = watch("watched", IN_CREATE | IN_DELETE | IN_ONESHOT | IN_EXCL_UNLINK);
	ready();
	unlink(test_file("watched/first"));
	touch("watched/first");
	check(wait_until(poll(&(struct pollfd) { .fd = fd, .events = POLLIN }, 1, 0) == 1));
	check(!unlink(test_file("watched/first")));
	expect(wd, IN_CREATE, "first");
	expect(wd, IN_IGNORED, "");
	expect_nothing();
}
TEST_KILLED(once)

/* -- events -------------------------------------------------------------------------- */

static void unread(void)
{
	struct happened from = {}, to = {};
	int wd;

	make();
	touch("watched/old");
	unlink(test_file("watched/new"));
	wd = watch("watched", IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ISDIR);
	check(!mkdir(test_file("watched/directory"), 0700));
	check(!rename(test_file("watched/old"), test_file("watched/new")));
	check(!rmdir(test_file("watched/directory")));
	ready();
	expect(wd, IN_CREATE | IN_ISDIR, "directory");
	check(next(&from) && next(&to));
	check_equal(from.mask, IN_MOVED_FROM);
	check_equal(to.mask, IN_MOVED_TO);
	check(from.cookie && from.cookie == to.cookie);
	check(!strcmp(from.name, "old") && !strcmp(to.name, "new"));
	expect(wd, IN_DELETE | IN_ISDIR, "directory");
	expect_nothing();
	touch("watched/more");
	expect(wd, IN_CREATE, "more");
	unlink(test_file("watched/more"));
}
TEST_KILLED(unread)
TEST_TWICE(unread)

/* Equal events that follow each other are one. */
static void merged(void)
{
	int file, wd;

	make();
	file = open(test_file("watched/written"), O_WRONLY | O_CREAT, 0600);
	wd = watch("watched", IN_MODIFY);
	check(write(file, "a", 1) == 1 && write(file, "b", 1) == 1);
	ready();
	check(write(file, "c", 1) == 1);
	expect(wd, IN_MODIFY, "written");
	expect_nothing();
	check(write(file, "d", 1) == 1);
	expect(wd, IN_MODIFY, "written");
}
TEST_KILLED(merged)

#define LIMIT	"/proc/sys/fs/inotify/max_queued_events"

static void set_limit(const char *value)
{
	int limit = open(LIMIT, O_WRONLY);

	check(limit >= 0 && write(limit, value, strlen(value)) == (ssize_t)strlen(value));
	close(limit);
}

/* Three events and no room for more */
static void overflow(void)
{
	char name[32];
	int wd, i;

	set_limit("3");
	make();
	set_limit("16384");
	wd = watch("watched", IN_DELETE);
	for (i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "watched/%d", i);
		touch(name);
		unlink(test_file(name));
	}
	ready();
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%d", i);
		expect(wd, IN_DELETE, name);
	}
	expect(-1, IN_Q_OVERFLOW, "");
	expect_nothing();
}
TEST_STORIES(overflow)

/* -- who has it ---------------------------------------------------------------------- */

static void waits(void *arg)
{
	struct happened h;

	check(!fcntl(fd, F_SETFL, 0));
	check(next(&h));
	check_equal(h.mask, IN_CREATE);
}

static void blocked_reader(void)
{
	pid_t pid;

	make();
	unlink(test_file("watched/wakes"));
	watch("watched", IN_CREATE);
	pid = spawn(waits, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	touch("watched/wakes");
	join(pid);
}
TEST_KILLED(blocked_reader)

static void in_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);

	make();
	unlink(test_file("watched/edge"));
	unlink(test_file("watched/another"));
	watch("watched", IN_CREATE);
	check(!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	touch("watched/edge");
	check_equal(epoll_wait(ep, &event, 1, 0), 1);
	ready();
	check_equal(epoll_wait(ep, &event, 1, 0), 0);
	touch("watched/another");
	check_equal(epoll_wait(ep, &event, 1, 0), 1);
}
TEST_KILLED(in_epoll)

static void keeps_inherited(void)
{
	ready();
	expect_nothing();
}

TEST(open_outside_refused)
{
	struct subject s;
	char words[64];

	fd = inotify_init1(IN_NONBLOCK);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, keeps_inherited));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "an inotify instance is open in process %d", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void watches_deleted(void)
{
	int file, wd;

	make();
	touch("watched/deleted");
	file = open(test_file("watched/deleted"), O_RDONLY);
	wd = watch("watched/deleted", IN_DELETE_SELF);
	check(!unlink(test_file("watched/deleted")));
	ready();
	close(file);
	expect(wd, IN_DELETE_SELF, "");
}
TEST_REFUSED(watches_deleted, EOPNOTSUPP, "that watches a deleted file")

/* -- what is found at a restart ------------------------------------------------------ */

static void watches_a_file(void)
{
	make();
	touch("watched/here");
	watch("watched/here", IN_MODIFY);
	ready();
	expect_nothing();
}

static int start_and_kill(struct subject *s)
{
	long ret = subject_start(s, watches_a_file);

	if (!ret)
		ret = subject_save(s, CHECKPOINT_KILL);
	return ret < 0 ? ret : 0;
}

TEST(another_file)
{
	struct subject s;

	ASSERT_EQ(0, start_and_kill(&s));
	ASSERT_EQ(0, rename(test_file("watched/here"), test_file("watched/away")));
	touch("watched/here");
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "is another file than at the checkpoint"));
	ASSERT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(no_file)
{
	struct subject s;

	ASSERT_EQ(0, start_and_kill(&s));
	ASSERT_EQ(0, unlink(test_file("watched/here")));
	EXPECT_EQ(-ENOENT, subject_restart(&s, 0));
	subject_kill(&s);
}

/* -- forged images ------------------------------------------------------------------- */

static void has_event(void)
{
	check(eventfd(0, 0) >= 0);
	make();
	unlink(test_file("watched/event"));
	watch("watched", IN_CREATE);
	touch("watched/event");
	ready();
}

#define FORGED(name, err, words, forge)					\
TEST_F(forged, name)							\
{									\
	struct image *image = &self->image;				\
	struct ckpt_rec_inotify_watch *w;				\
	struct ckpt_rec_inotify_event *e;				\
									\
	ASSERT_EQ(0, subject_start(&self->s, has_event));		\
	ASSERT_EQ(0, save_and_load(&self->s, image));			\
	w = (void *)(image_find(image, CKPT_REC_INOTIFY_WATCH) + 1);	\
	e = (void *)(image_find(image, CKPT_REC_INOTIFY_EVENT) + 1);	\
	(void)w;							\
	(void)e;							\
	forge;								\
	EXPECT_EQ(-(err), try_forged(&self->s, image));			\
	EXPECT_TRUE(subject_told(&self->s, words));			\
}

FORGED(watch_of_a_counter, EINVAL, "no inotify instance",
	image_find(image, CKPT_REC_INOTIFY_WATCH)->object =
	image_find(image, CKPT_REC_FILE_EVENTFD)->object)
FORGED(event_of_a_counter, EINVAL, "no inotify instance",
	image_find(image, CKPT_REC_INOTIFY_EVENT)->object =
	image_find(image, CKPT_REC_FILE_EVENTFD)->object)
FORGED(no_descriptor, EINVAL, "is malformed", w->wd = 0)
FORGED(unknown_mask, EINVAL, "is malformed", w->mask = ~0U)
FORGED(relative_name, EINVAL, "is not absolute", *(char *)(w + 1) = '.')
FORGED(unknown_event, EINVAL, "is malformed", e->mask = ~0U)
FORGED(name_with_a_nul, EINVAL, "is malformed", *(char *)(e + 1) = 0)
FORGED(next_out_of_range, EINVAL, "is out of range",
	*(uint32_t *)((char *)(image_find(image, CKPT_REC_FILE_INOTIFY) + 1) +
		      offsetof(struct ckpt_rec_file_inotify, next_wd)) = ~0U)

TEST_HARNESS_MAIN
