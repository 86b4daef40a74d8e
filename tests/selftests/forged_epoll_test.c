// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_epoll_test.c - images whose epoll instances watch what they could not have watched.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include "forged.h"

static int eps[3];

static void add(int epfd, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	check(!epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event));
}

/* Two instances, of which the second watches the first, an event counter and a signalfd */
static void has_epolls(void)
{
	sigset_t set;

	sigemptyset(&set);
	eps[0] = epoll_create1(0);
	eps[1] = epoll_create1(0);
	add(eps[0], eventfd(1, 0), EPOLLIN);
	add(eps[1], eps[0], EPOLLIN);
	add(eps[1], signalfd(-1, &set, 0), EPOLLIN);
	ready();
}

static struct ckpt_rec_epoll_watch *watches_of(struct ckpt_rec *rec)
{
	return (void *)((char *)(rec + 1) + rec->size);
}

static struct ckpt_rec_epoll_watch *watch_of(struct image *image, uint32_t type, bool is)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_EPOLL_WATCHES), *of;
	uint32_t i;

	for (; rec; rec = next_record(image, rec, CKPT_REC_EPOLL_WATCHES)) {
		struct ckpt_rec_epoll_watches *head = (void *)(rec + 1);

		for (i = 0; i < head->watches.count; i++) {
			of = record_of(image, watches_of(rec)[i].file, type);
			if (!!of == is)
				return &watches_of(rec)[i];
		}
	}
	return NULL;
}

#define FORGED(name, err, words, forge)					\
TEST_F(forged, name)							\
{									\
	struct image *image = &self->image;				\
									\
	ASSERT_EQ(0, subject_start(&self->s, has_epolls));		\
	ASSERT_EQ(0, save_and_load(&self->s, image));			\
	forge;								\
	EXPECT_EQ(-(err), try_forged(&self->s, image));			\
	EXPECT_TRUE(subject_told(&self->s, words));			\
}

/* Its data would be taken for an epoll instance. */
FORGED(watches_of_a_counter, EINVAL, "no epoll instance",
	image_find(image, CKPT_REC_EPOLL_WATCHES)->object =
	image_find(image, CKPT_REC_FILE_EVENTFD)->object)
FORGED(ready_of_a_counter, EINVAL, "no epoll instance",
	image_find(image, CKPT_REC_EPOLL_READY)->object =
	image_find(image, CKPT_REC_FILE_EVENTFD)->object)

/* The inner instance watches the outer one too, or each watches itself. */
FORGED(loop, ELOOP, "cannot be watched",
	watch_of(image, CKPT_REC_FILE_EVENTFD, true)->file =
	next_record(image, image_find(image, CKPT_REC_EPOLL), CKPT_REC_EPOLL)->object)
FORGED(itself, EINVAL, "cannot be watched",
	watch_of(image, CKPT_REC_FILE_EVENTFD, true)->file =
	image_find(image, CKPT_REC_EPOLL)->object)

FORGED(exclusive_of_an_instance, EINVAL, "cannot be watched",
	watch_of(image, CKPT_REC_EPOLL, true)->events |= EPOLLEXCLUSIVE)
FORGED(no_descriptor, EINVAL, "is malformed",
	watch_of(image, CKPT_REC_FILE_EVENTFD, true)->fd = -1)
FORGED(unknown_flag, EINVAL, "is malformed",
	watch_of(image, CKPT_REC_FILE_SIGNALFD, true)->flags = 2)
FORGED(signals_of_nobody, EINVAL, "is malformed",
	watch_of(image, CKPT_REC_FILE_SIGNALFD, true)->signals = 0)
FORGED(signals_of_a_counter, EINVAL, "is malformed",
	watch_of(image, CKPT_REC_FILE_EVENTFD, true)->flags = CKPT_EPOLL_NO_SIGNALS)
FORGED(signals_of_a_file, EINVAL, "object",
	watch_of(image, CKPT_REC_FILE_SIGNALFD, true)->signals =
	image_find(image, CKPT_REC_EPOLL)->object)
FORGED(same_watch_twice, EEXIST, "cannot be watched",
	*watch_of(image, CKPT_REC_FILE_SIGNALFD, true) =
	*watch_of(image, CKPT_REC_EPOLL, true))
FORGED(busy_polling, EINVAL, "busy polling",
	((struct ckpt_rec_epoll *)(image_find(image, CKPT_REC_EPOLL) + 1))->prefer_busy_poll = 2)
FORGED(what_cannot_be_polled, EPERM, "cannot be",
	watch_of(image, CKPT_REC_FILE_EVENTFD, true)->file =
	((struct ckpt_rec_mm *)(image_find(image, CKPT_REC_MM) + 1))->exe_file)

/* Something that is not watched is ready: nothing comes of it. */
TEST_F(forged, ready_without_a_watch)
{
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&self->s, has_epolls));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_EPOLL_READY);
	ASSERT_EQ(1, ((struct ckpt_rec_epoll_ready_list *)(rec + 1))->ready.count);
	((struct ckpt_rec_epoll_ready *)((char *)(rec + 1) + rec->size))->fd = 77;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
