// SPDX-License-Identifier: GPL-2.0-only
/*
 * ldt_test.c - local descriptor tables: their entries, selectors of them in the registers, and
 * code that runs in a segment of one.
 */
#include <asm/ldt.h>
#include <pthread.h>

#include "forged.h"

#define LDT_BYTES	(LDT_ENTRIES * LDT_ENTRY_SIZE)
#define SELECTOR(nr)	((nr) << 3 | 7)
#define FAR		0x12340000UL		/* where 32 bits reach */

static int modify_ldt(int func, void *ptr, unsigned long bytes)
{
	return syscall(SYS_modify_ldt, func, ptr, bytes);
}

static void set_entry(unsigned int nr, unsigned long base, unsigned int limit,
		      unsigned int contents, bool is_32bit, bool absent)
{
	struct user_desc desc = {
		.entry_number = nr, .base_addr = base, .limit = limit, .seg_32bit = is_32bit,
		.contents = contents, .seg_not_present = absent,
	};

	check(!modify_ldt(0x11, &desc, sizeof(desc)));
}

static void *low_memory(unsigned long at)
{
	void *p = mmap((void *)at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	check(p == (void *)at);
	return p;
}

static uint8_t *table_now(void)
{
	uint8_t *table = malloc(LDT_BYTES);

	check(table && modify_ldt(0, table, LDT_BYTES) == LDT_BYTES);
	return table;
}

/* -- entries --------------------------------------------------------------------------------- */

static void child(void *arg)
{
	uint8_t *before;

	(void)arg;
	set_entry(7, 0x5000, 3, 0, true, false);
	before = table_now();
	child_ready();
	check(!memcmp(before, table_now(), LDT_BYTES));
}

static void entries(void)
{
	uint8_t *before, *after;
	pid_t pid;

	set_entry(0, FAR, 0xfff, 0, true, false);
	set_entry(3, FAR, 0xfffff, 1, true, false);	/* grows down */
	set_entry(5, 0, 0xfffff, 2, true, false);
	set_entry(9, 0, 0xffff, 3, true, true);		/* conforming, not there */
	set_entry(700, 0x1000, 0xff, 0, false, false);	/* 16 bits */
	pid = spawn(child, NULL);
	await_child(pid);
	before = table_now();
	ready();
	after = table_now();
	check(!memcmp(before, after, LDT_BYTES));
	set_entry(1, FAR, 0xfff, 0, true, false);
	check(memcmp(before, table_now(), LDT_BYTES));
	join(pid);
}
TEST_STORIES(entries)

/* The longest one: it is more than a page. */
static void longest(void)
{
	uint8_t *before;

	set_entry(LDT_ENTRIES - 1, FAR, 0xfff, 0, true, false);
	before = table_now();
	ready();
	check(!memcmp(before, table_now(), LDT_BYTES));
}
TEST_KILLED(longest)

/* -- selectors ------------------------------------------------------------------------------- */

static unsigned int read_gs(void)
{
	unsigned int value;

	asm volatile("movl %%gs:0, %0" : "=r" (value));
	return value;
}

static unsigned int selectors(void)
{
	unsigned int ds, es, gs;

	asm volatile("mov %%ds, %0; mov %%es, %1; mov %%gs, %2" : "=r" (ds), "=r" (es), "=r" (gs));
	return ds << 20 | es << 10 | gs;
}

static void load(unsigned int data, unsigned int gs)
{
	asm volatile("mov %0, %%ds; mov %0, %%es; mov %1, %%gs" : : "r" (data), "r" (gs));
}

static volatile bool thread_is_set, look;

static void *in_thread(void *arg)
{
	unsigned int before;

	(void)arg;
	load(SELECTOR(2), SELECTOR(2));
	before = selectors();
	thread_is_set = true;
	while (!look)
		sleep_ms(1);
	check_equal(selectors(), before);
	check_equal(read_gs(), 0x2222);
	load(0, 0);
	return NULL;
}

static void loaded(void)
{
	unsigned int *memory = low_memory(FAR), before;
	pthread_t thread;

	memory[0] = 0x1111;
	memory[4] = 0x2222;
	set_entry(1, FAR, 0xfff, 0, true, false);
	set_entry(2, FAR + 16, 0xfff, 0, true, false);
	check(!pthread_create(&thread, NULL, in_thread, NULL));
	check(wait_until(thread_is_set));
	load(SELECTOR(1), SELECTOR(1));
	before = selectors();
	ready();
	check_equal(selectors(), before);
	check_equal(read_gs(), 0x1111);
	look = true;
	check(!pthread_join(thread, NULL));
	load(0, 0);
}
TEST_STORIES(loaded)

/* -- code in a segment of it ----------------------------------------------------------------- */

#define STOP	((volatile unsigned int *)(FAR + 0xf00))
#define COUNT	((volatile unsigned int *)(FAR + 0xf08))

/* 32-bit code: count until STOP is set, then jump back to 64-bit code. */
static const uint8_t code[] = {
	0xff, 0x05, 0x08, 0x0f, 0x34, 0x12,		/* 1: incl COUNT */
	0x83, 0x3d, 0x00, 0x0f, 0x34, 0x12, 0x00,	/*    cmpl $0, STOP */
	0x74, 0xf1,					/*    je 1b */
	0xea,						/*    ljmp $0x33, $back_from_there */
};

struct far_pointer {
	unsigned int offset;
	unsigned short selector;
} __attribute__((packed));

extern char back_from_there[];
void *volatile stack_of_64_bits;
static struct far_pointer there = { 0, SELECTOR(4) };

/* Nothing is on the stack meanwhile: emulators call and return across segments wrongly. */
static void *runs_there(void *arg)
{
	struct far_pointer back = { (unsigned long)back_from_there, 0x33 };

	memcpy((void *)(FAR + sizeof(code)), &back, sizeof(back));
	asm volatile("push %%rbp\n\t"
		     "mov %%rsp, stack_of_64_bits\n\t"
		     "mov %0, %%rsp\n\t"
		     "ljmp *(%1)\n"
		     "back_from_there:\n\t"
		     "mov stack_of_64_bits, %%rsp\n\t"
		     "pop %%rbp"
		     : : "r" (FAR + 0xe00), "r" (&there)
		     : "rbx", "r12", "r13", "r14", "r15", "memory", "cc");
	return arg;
}

static void running(void)
{
	unsigned int before;
	pthread_t thread;
	void *ret = NULL;

	memcpy(low_memory(FAR), code, sizeof(code));
	/* Its base is not 0, so ip says nothing of where it is. */
	set_entry(4, FAR, 0xfff, 2, true, false);
	check(!pthread_create(&thread, NULL, runs_there, (void *)STOP));
	check(wait_until(*COUNT));
	ready();
	before = *COUNT;
	check(wait_until(*COUNT != before));
	*STOP = 1;
	check(!pthread_join(thread, &ret) && ret == (void *)STOP);
}
TEST_STORIES(running)

/* -- lies ------------------------------------------------------------------------------------ */

static uint64_t *entry(struct image *image, unsigned int nr)
{
	struct ckpt_rec_x86_ldt *ldt = (void *)(image_find(image, CKPT_REC_X86_LDT) + 1);

	return (uint64_t *)(ldt + 1) + nr;
}

/* As the processor reads them: type 40 to 43, s 44, dpl 45 and 46, p 47, l 53 */
FORGERY(gate, *entry(image, 0) &= ~(1ULL << 44))
FORGERY(of_the_kernel, *entry(image, 0) &= ~(3ULL << 45))
FORGERY(of_level_1, *entry(image, 0) &= ~(2ULL << 45))
FORGERY(long_mode, *entry(image, 5) |= 1ULL << 53)
FORGERY(not_used, *entry(image, 3) &= ~(1ULL << 40))
FORGERY(conforming, *entry(image, 9) |= 1ULL << 47)
FORGERY(was_empty, *entry(image, 1) = 1)

static void (* const lies[])(struct image *image) = {
	gate, of_the_kernel, of_level_1, long_mode, not_used, conforming, was_empty,
};

TEST_F(forged, lies)
{
	ASSERT_EQ(0, subject_start(&self->s, entries));
	EXPECT_EQ(0, try_all(&self->s, &self->image, lies, sizeof(lies) / sizeof(lies[0])));
}

/* A selector without a table: the program is told as by the processor, and nobody else is. */
TEST_F(forged, without_a_table)
{
	struct subject *s = &self->s;

	ASSERT_EQ(0, subject_start(s, running));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s->image, CKPT_REC_X86_LDT));
	ASSERT_EQ(0, subject_restart(s, 0));
	EXPECT_EQ(-ECHILD, subject_wait(s));
	EXPECT_EQ(SIGSEGV, WTERMSIG(s->status));
}

TEST_HARNESS_MAIN
