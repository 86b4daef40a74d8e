// SPDX-License-Identifier: GPL-2.0-only
/*
 * aio_moment_test.c - programs that write by asynchronous I/O all the time, saved at any
 * moment: no event is lost, comes twice or out of order, and no wait ends early.
 */
#include "aio.h"

#define THREADS		3
#define BLOCK		4096
#define DEPTH		8

static volatile bool stop;
static volatile uint64_t rounds[THREADS];
static int direct;	/* O_DIRECT where the file system has it */

/* Some end at once, some in a worker of the kernel's (fsync), some in the device. */
static void prepare(struct iocb *iocb, unsigned char *block, uint64_t nr, int fd, int resfd)
{
	*iocb = (struct iocb) {
		.aio_data = nr, .aio_fildes = fd,
		.aio_flags = IOCB_FLAG_RESFD, .aio_resfd = resfd,
	};
	if (nr % DEPTH == DEPTH - 1) {
		iocb->aio_lio_opcode = IOCB_CMD_FSYNC;
		return;
	}
	memset(block, (int)nr, BLOCK);
	iocb->aio_lio_opcode = IOCB_CMD_PWRITE;
	iocb->aio_buf = (uintptr_t)block;
	iocb->aio_nbytes = BLOCK;
	iocb->aio_offset = nr % DEPTH * BLOCK;
}

static uint64_t signalled(int resfd)
{
	uint64_t count;

	return read(resfd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* How the events are asked for differs from round to round. */
static long ask(aio_context_t context, struct io_event *events, uint64_t round, long wanted)
{
	struct timespec none = {}, hour = { 3600, 0 };

	switch (round % 4) {
	case 0:
		return io_getevents(context, 1, wanted, events, NULL);
	case 1:
		return io_getevents(context, 1, wanted, events, &hour);
	case 2:
		return io_getevents(context, 0, wanted, events, &none);
	default:
		return syscall(SYS_io_pgetevents, context, wanted, wanted, events, NULL, NULL);
	}
}

static void *work(void *arg)
{
	aio_context_t context = new_context(DEPTH);
	unsigned int nr = (uintptr_t)arg, i, done, seen;
	unsigned char *blocks = mmap(NULL, DEPTH * BLOCK, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iocb iocbs[DEPTH], *list[DEPTH];
	struct io_event events[DEPTH];
	int resfd = eventfd(0, EFD_NONBLOCK);
	char name[16];
	uint64_t round, count;
	long ret;
	int fd;

	snprintf(name, sizeof(name), "file%u", nr);
	fd = open(test_file(name), O_RDWR | O_CREAT | direct, 0600);
	check(fd >= 0);
	for (round = 0; !stop; round++) {
		for (i = 0; i < DEPTH; i++) {
			prepare(&iocbs[i], blocks + i * BLOCK, round * DEPTH + i, fd, resfd);
			list[i] = &iocbs[i];
		}
		/* A call that is interrupted may have submitted some. */
		for (done = 0; done < DEPTH; done += ret) {
			ret = syscall(SYS_io_submit, context, DEPTH - done, list + done);
			check(ret > 0);
		}
		for (done = 0, seen = 0; done < DEPTH; done += ret) {
			ret = ask(context, events, round, DEPTH - done);
			check(ret >= 0);
			for (i = 0; i < (unsigned long)ret; i++) {
				check_equal(events[i].data / DEPTH, round);
				check(!(seen & 1U << events[i].data % DEPTH));
				seen |= 1U << events[i].data % DEPTH;
				check_equal(events[i].res,
					    events[i].data % DEPTH == DEPTH - 1 ? 0 : BLOCK);
			}
		}
		for (count = 0; count < DEPTH;)
			count += signalled(resfd);
		check_equal(count, DEPTH);
		rounds[nr] = round;
	}
	check(!io_destroy(context));
	return NULL;
}

static void writers(void)
{
	pthread_t threads[THREADS];
	uint64_t before[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i));
	for (i = 0; i < THREADS; i++)
		check(wait_until(rounds[i] > 2));
	ready();
	for (i = 0; i < THREADS; i++) {
		before[i] = rounds[i];
		check(wait_until(rounds[i] > before[i]));
	}
	stop = true;
	for (i = 0; i < THREADS; i++)
		check(!pthread_join(threads[i], NULL));
}

static void direct_writers(void)
{
	int fd = open(test_file("probe"), O_RDWR | O_CREAT | O_DIRECT, 0600);

	direct = fd >= 0 ? O_DIRECT : 0;
	close(fd);
	writers();
}

/* Saved and left running, again and again; then killed and restarted, twice */
static int at_any_moment(void (*run)(void))
{
	struct subject s;
	long ret = subject_start(&s, run);
	unsigned int i;

	for (i = 0; i < 40 && ret >= 0; i++) {
		usleep(1000 + i * 977 % 5000);
		ret = subject_save(&s, 0);
	}
	for (i = 0; i < 5 && ret >= 0; i++) {
		ret = subject_save(&s, CHECKPOINT_KILL);
		if (ret >= 0)
			ret = subject_restart(&s, 0);
		usleep(1000 + i * 977 % 5000);
	}
	subject_go(&s, 1);
	ret = ret < 0 ? ret : subject_wait(&s);
	if (ret)
		subject_tell_failure();
	subject_kill(&s);
	return ret;
}

TEST(writers_at_any_moment)
{
	ASSERT_EQ(0, at_any_moment(writers));
}

TEST(direct_writers_at_any_moment)
{
	ASSERT_EQ(0, at_any_moment(direct_writers));
}

TEST_HARNESS_MAIN
