/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test.h - a small KTAP harness, and the sample image of the tests.
 */
#ifndef _CKPT_TEST_H
#define _CKPT_TEST_H

#include "libcheckpoint.h"
#include "libcheckpoint_image.h"
#include "writer.h"

/**
 * EXPECT - tell and count a failure unless a condition holds
 * @_condition: it
 *
 * Return: whether it holds
 */
#define EXPECT(_condition) test_expect(_condition, #_condition, __func__, __LINE__)

bool test_expect(bool condition, const char *text, const char *function, int line);

struct test {
	const char *name;
	void (*run)(void);
};

extern const struct test frame_tests[];
extern const struct test shape_tests[];
extern const struct test object_tests[];
extern const struct test page_tests[];
extern const struct test index_tests[];
extern const struct test damage_tests[];
extern const struct test memory_tests[];
extern const struct test text_tests[];

/* read.c: read an image from memory */
int verify_bytes(const void *bytes, size_t len, struct checkpoint_error *error);
int verify_writer(struct writer *writer, const char *message);
int open_bytes(const void *bytes, size_t len);

/* abi_text.c: the description of the ABI, as the kernel gives it */
const char *abi_text(size_t *len);

/* sample.c: an image of two processes, one of them with two threads */
enum sample_object {
	SAMPLE_PID = 1, SAMPLE_THREAD_PID, SAMPLE_CHILD_PID, SAMPLE_CRED, SAMPLE_FILE,
	SAMPLE_PIPE, SAMPLE_PIPE_FILE, SAMPLE_OUTSIDE, SAMPLE_TASK, SAMPLE_THREAD,
	SAMPLE_CHILD, SAMPLE_MM, SAMPLE_CHILD_MM, SAMPLE_FDTABLE, SAMPLE_LAST,
};

#define SAMPLE_HEAP	0x555555000000ULL
#define SAMPLE_STACK	0x7ffffffde000ULL
#define SAMPLE_TEXT	0x555554000000ULL
#define SAMPLE_PAGE	4096

void sample_begin(struct writer *writer);
void sample_metadata(struct writer *writer);
void sample_pages(struct writer *writer);
void sample_image(struct writer *writer);

#endif /* _CKPT_TEST_H */
