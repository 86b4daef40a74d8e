// SPDX-License-Identifier: GPL-2.0-only
/*
 * breakpoint_test.c - hardware breakpoints that a debugger has set (PTRACE_POKEUSER).
 */
#include <stddef.h>

#include "forged.h"
#include "traced.h"

/* Debug register 7: local enable bits, and what each of the four is */
#define ON(nr)		(1UL << (2 * (nr)))
#define WRITES(nr)	(0xdUL << (16 + 4 * (nr)))	/* of 4 bytes */

static volatile int watched;
static volatile unsigned int visits;

static __attribute__((noinline)) void visit(void)
{
	visits++;
	asm volatile("");
}

static void changes(void)
{
	int i;

	for (i = 1; i <= 4; i++) {
		watched = i;
		visit();
	}
	_exit(4);
}

static void poke(pid_t pid, int nr, unsigned long value)
{
	check(!ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[nr]), value));
}

static unsigned long peek(pid_t pid, int nr)
{
	long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[nr]), 0);
	check(!errno);
	return value;
}

static int value_of(pid_t pid)
{
	return (int)ptrace(PTRACE_PEEKDATA, pid, &watched, 0);
}

static pid_t start_watched(void)
{
	pid_t pid = start_traced(changes, 0);

	poke(pid, 0, (unsigned long)&watched);
	poke(pid, 7, ON(0) | WRITES(0));
	return pid;
}

static void check_hits(pid_t pid, int from)
{
	int i;

	for (i = from; i <= 4; i++) {
		check_equal(next_stop(pid, PTRACE_CONT, 0), TRAPPED);
		check_equal(peek(pid, 6) & 0xf, 1);
		check_equal(value_of(pid), i);
		poke(pid, 6, 0);
	}
	check_end(pid, 4);
}

static void before_the_first(void)
{
	pid_t pid = start_watched();

	ready();
	check_equal(peek(pid, 0), (unsigned long)&watched);
	check_equal(peek(pid, 7), ON(0) | WRITES(0));
	check_hits(pid, 1);
}
TEST_STORIES(before_the_first)

static void hit(void)
{
	pid_t pid = start_watched();
	unsigned long status;
	siginfo_t info, now;

	check_equal(next_stop(pid, PTRACE_CONT, 0), TRAPPED);
	status = peek(pid, 6);
	check_equal(status & 0xf, 1);
	check(!ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
	ready();
	check_equal(peek(pid, 6), status);
	check(!ptrace(PTRACE_GETSIGINFO, pid, 0, &now));
	check(!memcmp(&now, &info, sizeof(now)));
	check_equal(value_of(pid), 1);
	poke(pid, 6, 0);
	check_hits(pid, 2);
}
TEST_STORIES(hit)

/* One that stands before an instruction does not hit it a second time. */
static void instruction(void)
{
	pid_t pid = start_traced(changes, 0);
	int i;

	poke(pid, 2, (unsigned long)visit);
	poke(pid, 7, ON(2));
	check_equal(next_stop(pid, PTRACE_CONT, 0), TRAPPED);
	check_equal(value_of(pid), 1);
	ready();
	for (i = 2; i <= 4; i++) {
		check_equal(next_stop(pid, PTRACE_CONT, 0), TRAPPED);
		check_equal(value_of(pid), i);
	}
	check_end(pid, 4);
}
TEST_STORIES(instruction)

/* All four, of which one is off, and one without an address of its own */
static void all(void)
{
	pid_t pid = start_traced(changes, 0);
	const unsigned long control = ON(0) | WRITES(0) | WRITES(1) | ON(2) | WRITES(3);

	poke(pid, 0, (unsigned long)&watched);
	poke(pid, 1, (unsigned long)&visits);
	poke(pid, 2, (unsigned long)visit);
	poke(pid, 7, control | ON(3));
	poke(pid, 7, control);
	ready();
	check_equal(peek(pid, 0), (unsigned long)&watched);
	check_equal(peek(pid, 1), (unsigned long)&visits);
	check_equal(peek(pid, 2), (unsigned long)visit);
	check_equal(peek(pid, 3), 0);
	check_equal(peek(pid, 7), control);
	check_equal(next_stop(pid, PTRACE_CONT, 0), TRAPPED);
	check_equal(peek(pid, 6) & 0xf, 1);
	poke(pid, 6, 0);
	check_equal(next_stop(pid, PTRACE_CONT, 0), TRAPPED);
	check_equal(peek(pid, 6) & 0xf, 4);
	poke(pid, 6, 0);
	/* Now the one that was off */
	poke(pid, 7, ON(1) | WRITES(1));
	check_equal(next_stop(pid, PTRACE_CONT, 0), TRAPPED);
	check_equal(peek(pid, 6) & 0xf, 2);
	poke(pid, 7, 0);
	check_end(pid, 4);
}
TEST_STORIES(all)

/* Its debugger has let it go: what hits is a signal then. */
static volatile sig_atomic_t hits;

static void on_trap(int sig)
{
	hits++;
}

static void is_let_go(void)
{
	signal(SIGTRAP, on_trap);
	seen->value = 1;
	while (seen->value != 2)
		;
	watched = 1;
	watched = 2;
	_exit(hits);
}

static void left_behind(void)
{
	pid_t pid = start_traced(is_let_go, 0);

	poke(pid, 0, (unsigned long)&watched);
	poke(pid, 7, ON(0) | WRITES(0));
	check(!ptrace(PTRACE_DETACH, pid, 0, 0));
	check(wait_until(seen->value == 1));
	ready();
	seen->value = 2;
	check_equal(awaited(pid), 2 << 8);
}
TEST_STORIES(left_behind)

/* -- what a child has of them ------------------------------------------------------------ */

static void forks(void)
{
	pid_t pid = fork();

	if (!pid) {
		child_ready();
		_exit(0);
	}
	check(waitpid(pid, NULL, 0) == pid);
}

/* The control register, and no breakpoint */
static void forked(void)
{
	pid_t pid = start_traced(forks, 0);

	poke(pid, 0, (unsigned long)&watched);
	poke(pid, 7, ON(0) | WRITES(0));
	check(!ptrace(PTRACE_CONT, pid, 0, 0));
	sleep_ms(100);
	ready();
	check_equal(awaited(pid), SIGCHLD << 8 | 0x7f);
	check_equal(next_stop(pid, PTRACE_CONT, 0), 4 << 8);
}
TEST_STORIES(forked)

/* -- forged -------------------------------------------------------------------------------- */

static struct ckpt_rec_x86_debug *debug_of(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_X86_DEBUG) + 1);
}

#define CHANGE(name, ...)					\
	static void name(struct image *image)			\
	{							\
		struct ckpt_rec_x86_debug *r = debug_of(image);	\
								\
		__VA_ARGS__;					\
	}

CHANGE(kernel_address, r->address[0] = 0xffffffff81000000)
CHANGE(last_address, r->address[0] = 0x7ffffffff000)
CHANGE(not_canonical, r->address[0] = 1ULL << 48)
CHANGE(fifth, r->set |= 1 << 4)
CHANGE(is_reserved, r->reserved = 1)
CHANGE(not_set, r->set = 0)
CHANGE(address_but_not_set, r->address[3] = 8)
CHANGE(of_ports, r->control = ON(0) | 2UL << 16)
CHANGE(not_aligned, r->address[0]++)

TEST_F(forged, all)
{
	static void (* const changes[])(struct image *image) = {
		kernel_address, last_address, not_canonical, fifth, is_reserved, not_set,
		address_but_not_set, of_ports, not_aligned,
	};

	ASSERT_EQ(0, subject_start(&self->s, before_the_first));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes,
			     sizeof(changes) / sizeof(changes[0])));
}

TEST_HARNESS_MAIN
