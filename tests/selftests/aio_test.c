// SPDX-License-Identifier: GPL-2.0-only
/*
 * aio_test.c - contexts of asynchronous I/O: events that were not read, who waits for them,
 * requests in flight, rings that were moved or inherited.
 */
#include <linux/futex.h>
#include <setjmp.h>

#include "aio.h"

static aio_context_t context;

/* -- contexts and their rings ------------------------------------------------------------ */

static void empty_context(void)
{
	struct view maps;

	open_file();
	context = new_context(4);
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	works_to_the_end(context);
}
TEST_STORIES(empty_context)

/* Also one in the place of another that is gone, and one that is not mapped any more */
static void several_contexts(void)
{
	static const unsigned int sizes[] = { 1, 1000, 20000, 4, 7, 300 };
	aio_context_t contexts[6], gone;
	unsigned int i;

	open_file();
	gone = new_context(5);
	for (i = 0; i < 6; i++)
		contexts[i] = new_context(sizes[i]);
	submit_writes(contexts[1], 50, 7);
	check(!io_destroy(gone));
	check(!munmap((void *)contexts[3], PAGE));
	ready();
	expect_events(contexts[1], 50, 7);
	check(io_destroy(contexts[3]) == -1 && errno == EINVAL);
	works_to_the_end(contexts[5]);
	works_to_the_end(contexts[2]);
	works_to_the_end(contexts[0]);
	works_to_the_end(contexts[1]);
	works_to_the_end(new_context(10));
	works_to_the_end(contexts[4]);
}
TEST_STORIES(several_contexts)

static void unread_events(void)
{
	struct ring *ring;

	open_file();
	context = new_context(10);
	submit_writes(context, 0, 9);
	expect_events(context, 0, 4);
	/* One more, read as libraries do that know the ring */
	ring = (struct ring *)context;
	check_equal(ring->events[ring->head].data, 4);
	ring->head = (ring->head + 1) % ring->nr;
	ready();
	check_equal(ring->header, sizeof(*ring));
	check_equal(ring->events[ring->head].data, 5);
	expect_events(context, 5, 4);
	works_to_the_end(context);
}
TEST_STORIES(unread_events)

static void ring_that_has_wrapped(void)
{
	unsigned int nr, i;

	open_file();
	context = new_context(10);
	nr = ((struct ring *)context)->nr;
	for (i = 0; i < nr - 3; i++) {
		submit_writes(context, i, 1);
		expect_events(context, i, 1);
	}
	submit_writes(context, 0, 9);
	check(((struct ring *)context)->tail < ((struct ring *)context)->head);
	ready();
	expect_events(context, 0, 9);
	for (i = 0; i < 3 * nr; i++) {
		submit_writes(context, i, 1);
		expect_events(context, i, 1);
	}
	works_to_the_end(context);
}
TEST_STORIES(ring_that_has_wrapped)

/* As many as there are slots for, on one processor */
static unsigned int fill(void)
{
	unsigned int nr = 0;

	while (io_submit_one(context, write_request(nr)) == 1)
		nr++;
	check_equal(errno, EAGAIN);
	return nr;
}

static void full_ring(void)
{
	cpu_set_t one;
	unsigned int nr;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	check(!sched_setaffinity(0, sizeof(one), &one));
	open_file();
	context = new_context(20);
	nr = fill();
	check(nr >= 20);
	ready();
	check_equal(fill(), 0);
	expect_events(context, 0, nr);
	expect_no_event(context);
	check_equal(fill(), nr);
	expect_events(context, 0, nr);
	works_to_the_end(context);
}
TEST_STORIES(full_ring)

static void moved_ring(void)
{
	void *old, *new = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	open_file();
	context = new_context(4);
	submit_writes(context, 0, 4);
	old = (void *)context;
	check(mremap(old, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, new) == new);
	context = (uintptr_t)new;
	ready();
	check(io_destroy((uintptr_t)old) == -1 && errno == EINVAL);
	expect_events(context, 0, 4);
	works_to_the_end(context);
}
TEST_STORIES(moved_ring)

static void ring_with_flags(void)
{
	struct view maps;

	open_file();
	context = new_context(2000);
	check(!mlock((void *)context, PAGE));
	check(!mprotect((void *)(context + PAGE), PAGE, PROT_READ));
	check(!madvise((void *)(context + 2 * PAGE), PAGE, MADV_DONTFORK));
	submit_writes(context, 0, 400);
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	expect_events(context, 0, 400);
	submit_writes(context, 0, 400);
	expect_events(context, 0, 400);
	check(!io_destroy(context));
}
TEST_STORIES(ring_with_flags)

/* -- children, which have the ring and not the context ------------------------------------ */

static sigjmp_buf fault;

static void on_fault(int sig)
{
	siglongjmp(fault, sig);
}

static void inherits(void *arg)
{
	struct ring *ring = (struct ring *)context;
	struct timespec none = {};
	struct io_event event;

	check_equal(ring->tail, 2);
	child_ready();
	check(wait_until(ring->tail == 3));
	check_equal(ring->events[2].data, 2);
	check(io_getevents(context, 0, 1, &event, &none) == -1 && errno == EINVAL);
	ring->head = 2;
}

static void inherited_ring(void)
{
	struct ring *ring;
	pid_t pid;

	open_file();
	context = new_context(4);
	submit_writes(context, 0, 2);
	pid = spawn(inherits, NULL);
	await_child(pid);
	ready();
	submit_writes(context, 2, 1);
	join(pid);
	ring = (struct ring *)context;
	check_equal(ring->head, 2);
	expect_events(context, 2, 1);
	works_to_the_end(context);
}
TEST_STORIES(inherited_ring)

static void has_nothing_left(void *arg)
{
	struct view maps;

	child_ready();
	maps_take(&maps, true);
	signal(SIGBUS, on_fault);
	if (!sigsetjmp(fault, 1))
		check_equal(((struct ring *)context)->tail, -1);
	check(syscall(SYS_mincore, context, PAGE, (unsigned char [1]) {}) == 0);
}

static void ring_of_a_context_that_is_gone(void)
{
	pid_t pid;

	open_file();
	context = new_context(4);
	pid = spawn(has_nothing_left, NULL);
	await_child(pid);
	check(!io_destroy(context));
	context = new_context(4);
	ready();
	join(pid);
	works_to_the_end(context);
}
TEST_STORIES(ring_of_a_context_that_is_gone)

static void tells_its_pid(void *arg)
{
	char text[16];

	write_file("child", text, snprintf(text, sizeof(text), "%d", getpid()));
	child_ready();
}

static void parent_of_a_child(void)
{
	pid_t pid;

	context = new_context(4);
	pid = spawn(tells_its_pid, NULL);
	await_child(pid);
	ready();
	join(pid);
	check(!io_destroy(context));
}

TEST(ring_of_a_process_outside_refused)
{
	struct subject s, child;
	char text[16], words[96];

	ASSERT_EQ(0, subject_start(&s, parent_of_a_child));
	ASSERT_LT(0, read_file(test_file("child"), text, sizeof(text)));
	child = s;
	child.pid = atoi(text);
	EXPECT_EQ(-EBUSY, subject_save(&child, 0));
	snprintf(words, sizeof(words), "the ring of an AIO context (io_setup) of %s outside the tree",
		 process_shown(s.pid));
	EXPECT_TRUE(subject_told(&child, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- eventfds ---------------------------------------------------------------------------- */

static void signalled_eventfd(void)
{
	struct iocb *iocb;
	uint64_t count;
	int fd = eventfd(0, EFD_NONBLOCK);
	int i;

	open_file();
	context = new_context(10);
	for (i = 0; i < 6; i++) {
		iocb = write_request(i);
		iocb->aio_flags = IOCB_FLAG_RESFD;
		iocb->aio_resfd = fd;
		if (i == 3) {
			ready();
			check(read(fd, &count, sizeof(count)) == sizeof(count));
			check_equal(count, 3);
			expect_events(context, 0, 3);
		}
		check_equal(io_submit_one(context, iocb), 1);
	}
	expect_events(context, 3, 3);
	check(read(fd, &count, sizeof(count)) == sizeof(count));
	check_equal(count, 3);
	works_to_the_end(context);
}
TEST_STORIES(signalled_eventfd)

/* -- waiting ----------------------------------------------------------------------------- */

struct waiter {
	pthread_t thread;
	pid_t tid;
	long nr;
	struct timespec *timeout;
	long ret;
	struct io_event events[2];
};

static void *wait_for_events(void *arg)
{
	struct waiter *w = arg;
	sigset_t mask;
	struct { sigset_t *mask; size_t size; } masked = { &mask, 8 };

	sigfillset(&mask);
	__atomic_store_n(&w->tid, gettid(), __ATOMIC_RELEASE);
	if (w->nr == SYS_io_getevents)
		w->ret = io_getevents(context, 1, 2, w->events, w->timeout);
	else
		w->ret = syscall(w->nr, context, 1, 2, w->events, w->timeout, &masked);
	if (w->ret < 0)
		w->ret = -errno;
	return NULL;
}

static bool waits(struct waiter *w)
{
	pid_t tid = __atomic_load_n(&w->tid, __ATOMIC_ACQUIRE);

	return tid && is_blocked_in(getpid(), tid, w->nr);
}

static void start_waiter(struct waiter *w)
{
	check(!pthread_create(&w->thread, NULL, wait_for_events, w));
	check(wait_until(waits(w)));
}

static void waiter(long nr, struct timespec *timeout)
{
	struct waiter w = { .nr = nr, .timeout = timeout };

	open_file();
	context = new_context(4);
	start_waiter(&w);
	ready();
	check(wait_until(waits(&w)));
	submit_writes(context, 5, 1);
	check(!pthread_join(w.thread, NULL));
	check_equal(w.ret, 1);
	check_equal(w.events[0].data, 5);
	works_to_the_end(context);
}

static struct timespec hour = { 3600, 0 };

static void waiter_for_ever(void) { waiter(SYS_io_getevents, NULL); }
static void waiter_for_an_hour(void) { waiter(SYS_io_getevents, &hour); }
static void masked_waiter_for_ever(void) { waiter(SYS_io_pgetevents, NULL); }
static void masked_waiter_for_an_hour(void) { waiter(SYS_io_pgetevents, &hour); }
TEST_STORIES(waiter_for_ever)
TEST_STORIES(waiter_for_an_hour)
TEST_STORIES(masked_waiter_for_ever)
TEST_STORIES(masked_waiter_for_an_hour)

/* The time that was left, and no more: the clock goes on where it was. */
static void waiter_with_a_limit(long nr)
{
	struct timespec limit = { 4, 0 };
	struct waiter w = { .nr = nr, .timeout = &limit };
	int64_t start = now_ns(CLOCK_MONOTONIC), back;

	open_file();
	context = new_context(4);
	start_waiter(&w);
	sleep_ms(3000);
	ready();
	back = now_ns(CLOCK_MONOTONIC);
	check(wait_until(!waits(&w)));
	/* Were it to begin anew, it would wait for longer than this; a slow kernel tells nothing. */
	check(time_scale() > 1 || now_ns(CLOCK_MONOTONIC) - back < 2500000000LL);
	check(!pthread_join(w.thread, NULL));
	check_equal(w.ret, 0);
	check(now_ns(CLOCK_MONOTONIC) - start > 4000000000LL);
	works_to_the_end(context);
}

static void waiter_with_time_left(void) { waiter_with_a_limit(SYS_io_getevents); }
static void masked_waiter_with_time_left(void) { waiter_with_a_limit(SYS_io_pgetevents); }
TEST_KILLED(waiter_with_time_left)
TEST_LEFT_RUNNING(waiter_with_time_left)
TEST_KILLED(masked_waiter_with_time_left)
TEST_LEFT_RUNNING(masked_waiter_with_time_left)

static void on_signal(int sig)
{
	(void)sig;
}

/* A signal with a handler ends it, as ever. */
static void waiter_gets_a_signal(void)
{
	struct waiter w = { .nr = SYS_io_getevents };

	signal(SIGUSR1, on_signal);
	context = new_context(4);
	start_waiter(&w);
	ready();
	check(wait_until(waits(&w)));
	check(!pthread_kill(w.thread, SIGUSR1));
	check(!pthread_join(w.thread, NULL));
	check_equal(w.ret, -EINTR);
}
TEST_STORIES(waiter_gets_a_signal)

/* -- requests in flight ------------------------------------------------------------------ */

static int ends[2];

static void poll_in_flight(void)
{
	struct iocb iocb = { .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN, .aio_data = 77 };
	struct io_event event;

	open_file();
	check(!pipe(ends));
	context = new_context(4);
	iocb.aio_fildes = ends[0];
	check_equal(io_submit_one(context, &iocb), 1);
	ready();
	expect_no_event(context);
	check(write(ends[1], "x", 1) == 1);
	check_equal(io_getevents(context, 1, 1, &event, NULL), 1);
	check_equal(event.data, 77);
	check_equal(event.res, POLLIN | POLLRDNORM);
	works_to_the_end(context);
}
TEST_REFUSED(poll_in_flight, EBUSY, "has 1 asynchronous requests in flight that wait for an event (IOCB_CMD_POLL)")

static void *read_in_submit(void *arg)
{
	static char text[8];
	struct iocb iocb = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = ends[0],
		.aio_buf = (uintptr_t)text, .aio_nbytes = sizeof(text), .aio_data = 9,
	};

	*(pid_t *)arg = gettid();
	check_equal(io_submit_one(context, &iocb), 1);
	return NULL;
}

/* A pipe is read while the request is submitted.  It must not end with EINTR. */
static void submitter_that_waits(void)
{
	volatile pid_t tid = 0;
	struct io_event event;
	pthread_t thread;

	open_file();
	check(!pipe(ends));
	context = new_context(4);
	check(!pthread_create(&thread, NULL, read_in_submit, (void *)&tid));
	check(wait_until(tid && is_blocked_in(getpid(), tid, SYS_io_submit)));
	ready();
	check(wait_until(is_blocked_in(getpid(), tid, SYS_io_submit)));
	expect_no_event(context);
	check(write(ends[1], "pipe", 4) == 4);
	check(!pthread_join(thread, NULL));
	check_equal(io_getevents(context, 1, 1, &event, NULL), 1);
	check_equal(event.data, 9);
	check_equal(event.res, 4);
	works_to_the_end(context);
}
TEST_STORIES(submitter_that_waits)

TEST_HARNESS_MAIN
