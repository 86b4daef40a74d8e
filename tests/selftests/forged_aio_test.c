// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_aio_test.c - images of AIO contexts that lie, or are more than the machine allows:
 * refused, and nothing is left that counts for fs.aio-max-nr.
 */
#include "aio.h"

#define AIO_NR		"/proc/sys/fs/aio-nr"
#define AIO_MAX_NR	"/proc/sys/fs/aio-max-nr"

static aio_context_t contexts[2];

static void two_contexts(void)
{
	open_file();
	contexts[0] = new_context(4);
	contexts[1] = new_context(1000);
	submit_writes(contexts[0], 0, 3);
	ready();
	expect_events(contexts[0], 0, 3);
	works_to_the_end(contexts[0]);
	works_to_the_end(contexts[1]);
}

/* Contexts that are destroyed are counted no more, a moment later. */
static long aio_nr(void)
{
	char text[32];

	return read_file(AIO_NR, text, sizeof(text)) > 0 ? atol(text) : -1;
}

static bool set_limit(const char *text)
{
	int fd = open(AIO_MAX_NR, O_WRONLY);
	bool set = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return set;
}

TEST(limit_of_the_machine)
{
	char before[32];
	struct subject s;

	ASSERT_LT(0, read_file(AIO_MAX_NR, before, sizeof(before)));
	ASSERT_EQ(0, aio_nr());
	ASSERT_EQ(0, subject_start(&s, two_contexts));
	EXPECT_EQ(1004, aio_nr());
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, aio_nr());
	ASSERT_TRUE(set_limit("1003"));
	EXPECT_EQ(-EAGAIN, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "an AIO context of 1000 requests is beyond fs.aio-max-nr; raise that"));
	EXPECT_EQ(0, aio_nr());
	ASSERT_TRUE(set_limit("1004"));
	EXPECT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(1004, aio_nr());
	EXPECT_TRUE(set_limit(before));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, aio_nr());
}

#define FORGED(name, type, rec, statement, err)				\
TEST_F(forged, name)							\
{									\
	struct rec *data, *next;					\
	struct ckpt_rec *first;						\
									\
	ASSERT_EQ(0, subject_start(&self->s, two_contexts));		\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	first = image_find(&self->image, type);				\
	ASSERT_NE(NULL, first);						\
	data = (void *)(first + 1);					\
	next = (void *)(next_record(&self->image, first, type) + 1);	\
	(void)next;							\
	statement;							\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));		\
	EXPECT_EQ(0, aio_nr());						\
}

#define FORGED_CONTEXT(name, statement) \
	FORGED(name, CKPT_REC_AIO_CONTEXT, ckpt_rec_aio_context, statement, -EINVAL)
FORGED_CONTEXT(address_unaligned, data->address++)
FORGED_CONTEXT(address_of_the_kernel, data->address = 0xffff888000000000ULL)
FORGED_CONTEXT(address_at_the_end, data->address = 0x7fffffffe000ULL; data->address += PAGE)
FORGED_CONTEXT(ring_of_none, data->ring = 0)
FORGED_CONTEXT(ring_of_the_other, data->ring = next->ring)
FORGED_CONTEXT(ring_that_two_have, next->ring = data->ring; next->pages = data->pages;
	       next->max_reqs = data->max_reqs)
FORGED_CONTEXT(ring_that_is_an_executable,
	       data->ring = ((struct ckpt_rec_mm *)(image_find(&self->image, CKPT_REC_MM) + 1))->exe_file)
FORGED_CONTEXT(slot_that_two_have, next->slot = data->slot)
FORGED_CONTEXT(slot_far_away, data->slot = 1U << 16)
FORGED_CONTEXT(no_requests, data->max_reqs = 0)
FORGED_CONTEXT(more_requests_than_the_ring_has_room_for, data->max_reqs = 1000)
FORGED_CONTEXT(requests_without_end, data->max_reqs = ~0U)
FORGED_CONTEXT(no_pages, data->pages = 0)
FORGED_CONTEXT(more_pages, data->pages++)
FORGED_CONTEXT(pages_without_end, data->pages = ~0U)
FORGED_CONTEXT(tail_at_the_end, data->tail = 127)
FORGED_CONTEXT(tail_far_away, data->tail = ~0U)
FORGED_CONTEXT(more_events_than_slots, data->completed = 127)
FORGED_CONTEXT(more_contents_than_pages, data->pages = 0; next->pages = 0)

#define FORGED_RING(name, statement) \
	FORGED(name, CKPT_REC_FILE_AIO, ckpt_rec_file_aio, statement, -EINVAL)
FORGED_RING(smaller_ring, data->pages = 0)
FORGED_RING(larger_ring, data->pages++)
FORGED_RING(ring_without_end, data->pages = ~0U)

/* The program's own file would be the ring. */
TEST_F(forged, descriptor_of_a_ring)
{
	struct ckpt_rec_fdtable *table;
	struct ckpt_rec_fd *fds;

	ASSERT_EQ(0, subject_start(&self->s, two_contexts));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	table = (void *)(image_find(&self->image, CKPT_REC_FDTABLE) + 1);
	fds = (void *)(table + 1);
	fds[table->fds.count - 1].file = image_find(&self->image, CKPT_REC_FILE_AIO)->object;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

TEST(context_left_out)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, two_contexts));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_AIO_CONTEXT));
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "the ring of an AIO context has none"));
	EXPECT_EQ(0, aio_nr());
}

/* A large ring is had for what it costs, and what is in it is the program's affair. */
static void scribbled_ring(void)
{
	struct ring *ring;
	struct timespec none = {};
	struct io_event event;

	open_file();
	contexts[0] = new_context(4);
	submit_writes(contexts[0], 0, 3);
	ring = (struct ring *)contexts[0];
	ring->nr = ~0U;
	ring->head = ~0U;
	ring->tail = ~0U - 1;
	ready();
	check_equal(ring->nr, ~0U);
	check_equal(ring->head, ~0U);
	check_equal(ring->tail, ~0U - 1);
	check(io_getevents(contexts[0], 0, 1, &event, &none) >= 0);
	submit_writes(contexts[0], 0, 3);
	check(!io_destroy(contexts[0]));
}
TEST_STORIES(scribbled_ring)

TEST_HARNESS_MAIN
