// SPDX-License-Identifier: GPL-2.0-only
/*
 * rseq_test.c - a thread that is saved inside a restartable sequence goes on in its abort
 * handler, as after a preemption.  A kernel with CONFIG_DEBUG_RSEQ looks more closely.
 */
#include <linux/rseq.h>
#include <pthread.h>
#include <stddef.h>

#include "checkpoint_test.h"

/* Of the C library, which registers the area */
extern const ptrdiff_t __rseq_offset;
extern const unsigned int __rseq_size;
#pragma weak __rseq_offset
#pragma weak __rseq_size

#ifdef __x86_64__
#define POINT	".quad 1f, 2f - 1f, 4f\n"
#define ENTER	"leaq 3b(%%rip), %%rax\nmovq %%rax, %0\n"
#else
#define POINT	".long 1f, 0, 2f - 1f, 0, 4f, 0\n"
#define ENTER	"movl $3b, %0\n"
#endif

/* Spins in a critical section without an end.  Returns when that is aborted. */
static void spin_in_section(struct rseq *rseq)
{
	asm volatile(".pushsection __rseq_cs, \"aw\"\n"
		     ".balign 32\n"
		     "3:\n"
		     ".long 0, 0\n"
		     POINT
		     ".popsection\n"
		     ENTER
		     "1:\n"
		     "pause\n"
		     "jmp 1b\n"
		     "2:\n"
		     ".byte 0x0f, 0xb9, 0x3d\n"	/* ud1: the signature is its operand */
		     ".long 0x53053053\n"
		     "4:\n"
		     : "=m" (rseq->rseq_cs) : : "eax", "memory", "cc");
}

static void *always_in_section(void *arg)
{
	unsigned long *aborted = arg;

	for (;;) {
		spin_in_section((void *)((char *)__builtin_thread_pointer() + __rseq_offset));
		++*(volatile unsigned long *)aborted;
	}
	return NULL;
}

static void critical_section(void)
{
	volatile unsigned long aborted = 0, before;
	pthread_t thread;

	check(!pthread_create(&thread, NULL, always_in_section, (void *)&aborted));
	ready();
	before = aborted;
	check(wait_until(aborted > before + 2));
}

TEST(critical_section_is_aborted)
{
	if (!&__rseq_size || !__rseq_size)
		SKIP(return, "the C library does not register an area");
	ASSERT_EQ(0, story_killed(critical_section));
}

TEST_HARNESS_MAIN
