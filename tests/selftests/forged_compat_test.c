// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_compat_test.c - images of 32-bit programs, and of 32-bit calls, that this kernel
 * could not have made.  As compat_forged_compat_test the programs are 32-bit ones.
 */
#include "forged.h"

/* Indexes in struct ckpt_rec_x86_regs */
enum { IP = 16, CS = 17, FLAGS = 18, SP = 19, SS = 20 };

static void handler(int sig)
{
}

static void handles(void)
{
	check(signal(SIGUSR1, handler) != SIG_ERR);
	ready();
}

static void *find(struct image *image, uint32_t type)
{
	struct ckpt_rec *rec = image_find(image, type);

	return rec ? rec + 1 : NULL;
}

static struct ckpt_rec_x86_regs *regs(struct image *image)
{
	return find(image, CKPT_REC_X86_REGS);
}

static struct ckpt_rec_mm *mm(struct image *image)
{
	return find(image, CKPT_REC_MM);
}

static struct ckpt_rec_sigaction *action(struct image *image, int sig)
{
	struct ckpt_rec_sigactions *actions = find(image, CKPT_REC_SIGACTIONS);

	return (struct ckpt_rec_sigaction *)(actions + 1) + sig - 1;
}

static void kernel_code(struct image *image) { regs(image)->regs[CS] = 0x10; }
static void privileged_code(struct image *image) { regs(image)->regs[CS] = 0x20; }
static void data_as_code(struct image *image) { regs(image)->regs[CS] = 0x2b; }
static void local_code(struct image *image) { regs(image)->regs[CS] = 0x26; }
static void kernel_stack(struct image *image) { regs(image)->regs[SS] = 0x18; }
static void kernel_data(struct image *image) { regs(image)->gs = 0x10; }
static void privileged_data(struct image *image) { regs(image)->es = 0x28; }
static void local_data(struct image *image) { regs(image)->fs = 6; }
static void kernel_base(struct image *image) { regs(image)->gs_base = 0xffff888000000000ULL; }
static void privileged_flags(struct image *image) { regs(image)->regs[FLAGS] |= 0x3000; }
static void virtual_8086(struct image *image) { regs(image)->regs[FLAGS] |= 0x20000; }
static void unknown_flag(struct image *image) { regs(image)->flags |= 8; }
static void base_within_a_page(struct image *image) { mm(image)->mmap_compat_base |= 1; }
static void base_too_high(struct image *image) { mm(image)->mmap_compat_base = 1ULL << 32; }
static void legacy_base_too_high(struct image *image)
{
	mm(image)->mmap_compat_legacy_base = 0xfffff000;
}

static void odd_size(struct image *image) { mm(image)->task_size = 0xb0000000; }

static void high_handler(struct image *image)
{
	action(image, SIGUSR1)->flags |= CKPT_SA_COMPAT;
	action(image, SIGUSR1)->handler |= 1ULL << 32;
}

static void high_restorer(struct image *image)
{
	action(image, SIGUSR1)->flags |= CKPT_SA_COMPAT;
	action(image, SIGUSR1)->restorer |= 1ULL << 32;
}

static void unknown_action_flag(struct image *image) { action(image, SIGUSR1)->flags |= 1ULL << 33; }

static void code_in_tls(struct image *image)
{
	struct ckpt_rec_x86_tls *tls = find(image, CKPT_REC_X86_TLS);

	tls->desc[2] = 0x00cffb000000ffffULL;
}

static void privileged_tls(struct image *image)
{
	struct ckpt_rec_x86_tls *tls = find(image, CKPT_REC_X86_TLS);

	tls->desc[2] = 0x00cf93000000ffffULL;
}

static void gate_in_tls(struct image *image)
{
	struct ckpt_rec_x86_tls *tls = find(image, CKPT_REC_X86_TLS);

	tls->desc[2] = 0x00cfec000000ffffULL;
}

static void (* const changes[])(struct image *image) = {
	kernel_code, privileged_code, data_as_code, local_code, kernel_stack, kernel_data,
	privileged_data, local_data, kernel_base, privileged_flags, virtual_8086, unknown_flag,
	base_within_a_page, base_too_high, legacy_base_too_high, odd_size, high_handler,
	high_restorer, unknown_action_flag, code_in_tls, privileged_tls, gate_in_tls,
};

TEST_F(forged, what_no_program_has)
{
	ASSERT_EQ(0, subject_start(&self->s, handles));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes,
			     sizeof(changes) / sizeof(changes[0])));
}

/* -- interrupted calls ------------------------------------------------------------------ */

static void sleeps(void)
{
	struct timespec length = { 0, 300000000 };

	write_file("ready1", "", 0);
	check(!nanosleep(&length, &length));
}

static void unknown_abi(struct image *image)
{
	((struct ckpt_rec_restart_block *)find(image, CKPT_REC_RESTART_BLOCK))->compat = 2;
}

static void unknown_time(struct image *image)
{
	((struct ckpt_rec_restart_block *)find(image, CKPT_REC_RESTART_BLOCK))->flags = 3;
}

static void kernel_time(struct image *image)
{
	struct ckpt_rec_restart_block *block = find(image, CKPT_REC_RESTART_BLOCK);

	block->flags = 2;
	block->uaddr = 0xffff888000000000ULL;
}

static void (* const sleep_changes[])(struct image *image) = {
	unknown_abi, unknown_time, kernel_time,
};

TEST_F(forged, sleep_of_no_call)
{
	ASSERT_EQ(0, subject_start(&self->s, sleeps));
	sleep_ms(50);
	EXPECT_EQ(0, try_all(&self->s, &self->image, sleep_changes,
			     sizeof(sleep_changes) / sizeof(sleep_changes[0])));
}

/* -- what only a 32-bit program is held to ------------------------------------------------ */

#ifdef __i386__

static void stack_too_high(struct image *image) { mm(image)->start_stack = 0xfffff000; }
static void heap_above_4gb(struct image *image) { mm(image)->brk = 1ULL << 32; }

static void (* const mm_changes[])(struct image *image) = { stack_too_high, heap_above_4gb };

TEST_F(forged, memory_above_its_size)
{
	ASSERT_EQ(0, subject_start(&self->s, handles));
	EXPECT_EQ(0, try_all(&self->s, &self->image, mm_changes,
			     sizeof(mm_changes) / sizeof(mm_changes[0])));
}

/* Its areas are mapped below its limit, or not at all. */
TEST_F(forged, area_above_4gb)
{
	struct ckpt_rec_vma *vma, *last = NULL;
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&self->s, handles));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_VMA);
	for (; rec; rec = next_record(&self->image, rec, CKPT_REC_VMA)) {
		vma = (void *)(rec + 1);
		if (vma->kind == CKPT_VMA_KIND_ANON && !(vma->flags & CKPT_VMA_GROWSDOWN))
			last = vma;
	}
	ASSERT_NE(NULL, last);
	last->start += 1ULL << 32;
	last->end += 1ULL << 32;
	EXPECT_NE(0, try_forged(&self->s, &self->image));
}

/* All its calls go through the vdso: without its own kernel's it cannot go on. */
TEST_F(forged, vdso_of_another_kernel)
{
	struct ckpt_rec_vdso *vdso;
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&self->s, handles));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	vdso = find(&self->image, CKPT_REC_VDSO);
	vdso->build_id[0] ^= 1;
	EXPECT_EQ(-EOPNOTSUPP, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "which a 32-bit program cannot do without"));
	rec = image_find(&self->image, CKPT_REC_X86_REGS);
	ASSERT_NE(NULL, rec);
}

#endif

TEST_HARNESS_MAIN
