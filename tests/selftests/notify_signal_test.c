// SPDX-License-Identifier: GPL-2.0-only
/*
 * notify_signal_test.c - a caller for whom work comes in is not interrupted by that: the
 * kernel wakes it as if there were a signal (TIF_NOTIFY_SIGNAL), of which there is none.
 */
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include "checkpoint_test.h"

#ifndef IORING_TIMEOUT_MULTISHOT	/* linux/io_uring.h of 6.4 and later */
#define IORING_TIMEOUT_MULTISHOT	(1U << 6)
#endif

#define ROUNDS		10
#define PERIOD_NS	200000
#define COMPLETIONS	16384

/* A timeout that expires over and over; each time its completion is the caller's work. */
struct ring {
	int fd;
	const unsigned int *tail;	/* of the completions */
	struct __kernel_timespec period;
};

static unsigned int completions(const struct ring *ring)
{
	return __atomic_load_n(ring->tail, __ATOMIC_ACQUIRE);
}

static bool ring_start(struct ring *ring)
{
	struct io_uring_params p = { .flags = IORING_SETUP_CQSIZE, .cq_entries = COMPLETIONS };
	size_t bytes = sizeof(struct io_uring_cqe) * COMPLETIONS + 4096;
	struct io_uring_sqe *sqe;
	void *rings;

	ring->fd = syscall(SYS_io_uring_setup, 1, &p);
	if (ring->fd < 0)
		return false;
	rings = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
		     IORING_OFF_SQ_RING);
	sqe = mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
		   IORING_OFF_SQES);
	if (rings == MAP_FAILED || sqe == MAP_FAILED)
		return false;
	ring->tail = rings + p.cq_off.tail;
	ring->period.tv_nsec = PERIOD_NS;
	*sqe = (struct io_uring_sqe) {
		.opcode = IORING_OP_TIMEOUT,
		.fd = -1,
		.addr = (uintptr_t)&ring->period,
		.len = 1,
		.timeout_flags = IORING_TIMEOUT_MULTISHOT,
	};
	*(unsigned int *)(rings + p.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(rings + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0) == 1;
}

static void waits(void)
{
	ready();
}

FIXTURE(notify_signal) {
	struct subject s;
	struct ring ring;
};

FIXTURE_SETUP(notify_signal)
{
	ASSERT_EQ(0, subject_start(&self->s, waits));
	ASSERT_TRUE(ring_start(&self->ring)) {
		TH_LOG("no ring: %s", strerror(errno));
	}
}

FIXTURE_TEARDOWN(notify_signal)
{
	close(self->ring.fd);
}

TEST_F(notify_signal, checkpoint)
{
	unsigned int before;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		before = completions(&self->ring);
		EXPECT_LT(0, subject_save(&self->s, 0));
		EXPECT_LT(before, completions(&self->ring));
	}
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_F(notify_signal, restart)
{
	unsigned int before;

	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	before = completions(&self->ring);
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	EXPECT_LT(before, completions(&self->ring));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
