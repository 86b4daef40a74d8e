/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * aio.h - what the tests of asynchronous I/O share: the raw system calls, a file, requests.
 */
#ifndef _AIO_H
#define _AIO_H

#include <linux/aio_abi.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "forged.h"

#define PAGE	4096UL

/* The ring as the kernel lays it out */
struct ring {
	unsigned int id, nr, head, tail, magic, compat, incompat, header;
	struct io_event events[];
};

static int file = -1;

static inline long io_setup(unsigned int nr, aio_context_t *context)
{
	return syscall(SYS_io_setup, nr, context);
}

static inline long io_destroy(aio_context_t context)
{
	return syscall(SYS_io_destroy, context);
}

static inline long io_getevents(aio_context_t context, long min, long max,
				struct io_event *events, struct timespec *timeout)
{
	return syscall(SYS_io_getevents, context, min, max, events, timeout);
}

static inline long io_submit_one(aio_context_t context, struct iocb *iocb)
{
	return syscall(SYS_io_submit, context, 1, &iocb);
}

static inline aio_context_t new_context(unsigned int nr)
{
	aio_context_t context = 0;

	check(!io_setup(nr, &context) && context);
	return context;
}

/* One that comes back with its contents: what is left running writes to it as well. */
static inline void open_file(void)
{
	file = memfd_create("file", 0);
	check(file >= 0);
}

/* Request number @nr: a write of eight bytes */
static inline struct iocb *write_request(uint64_t nr)
{
	static struct iocb iocbs[512];
	static uint64_t words[512];
	struct iocb *iocb = &iocbs[nr % 512];

	words[nr % 512] = nr;
	*iocb = (struct iocb) {
		.aio_data = nr,
		.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_fildes = file,
		.aio_buf = (uintptr_t)&words[nr % 512],
		.aio_nbytes = 8,
		.aio_offset = nr % 512 * 8,
	};
	return iocb;
}

static inline void submit_writes(aio_context_t context, uint64_t from, uint64_t nr)
{
	while (nr--)
		check_equal(io_submit_one(context, write_request(from++)), 1);
}

/* The events of those writes are there, in their order. */
static inline void expect_events(aio_context_t context, uint64_t from, uint64_t nr)
{
	struct timespec none = {};
	struct io_event event;

	for (; nr--; from++) {
		check_equal(io_getevents(context, 0, 1, &event, &none), 1);
		check_equal(event.data, from);
		check_equal(event.res, 8);
		check_equal(event.res2, 0);
	}
}

static inline void expect_no_event(aio_context_t context)
{
	struct timespec none = {};
	struct io_event event;

	check_equal(io_getevents(context, 0, 1, &event, &none), 0);
}

/* Requests can be made, and the context ends when it is told to. */
static inline void works_to_the_end(aio_context_t context)
{
	unsigned char there;

	expect_no_event(context);
	submit_writes(context, 1000, 3);
	expect_events(context, 1000, 3);
	expect_no_event(context);
	check(!io_destroy(context));
	check(io_destroy(context) == -1 && errno == EINVAL);
	check(mincore((void *)context, PAGE, &there) == -1 && errno == ENOMEM);
}

#endif /* _AIO_H */
