// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs_test.c - the processor's state: general registers, flags, x87, SSE and AVX
 * registers, MXCSR, segment bases, of one thread and of many.
 */
#include <asm/prctl.h>
#include <immintrin.h>
#include <pthread.h>

#include "checkpoint_test.h"

/* The program's own copy of the condition that ready() waits for */
static volatile int *go_word;

/* A word in a shared file, which the test writes: no system call is needed to see it. */
static void map_go_word(void)
{
	int fd = open(test_file("word"), O_RDWR | O_CREAT, 0644);

	check(fd >= 0 && !ftruncate(fd, 4096));
	go_word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(go_word != MAP_FAILED);
	close(fd);
}

static void set_go_word(void)
{
	int fd = open(test_file("word"), O_WRONLY), one = 1;

	if (pwrite(fd, &one, sizeof(one), 0) < 0)
		tell("no word");
	close(fd);
}

/* -- general registers in user space -------------------------------------------------- */

/*
 * All registers but rsp have values of their own while the loop waits for the word.
 * The word's address lies in rdi, which is compared like the others.
 */
#define SPIN_ASM							\
	"movq %[word], %%rdi\n\t"					\
	"movq $0x1111111111111111, %%rax\n\t"				\
	"movq $0x2222222222222222, %%rbx\n\t"				\
	"movq $0x3333333333333333, %%rcx\n\t"				\
	"movq $0x4444444444444444, %%rdx\n\t"				\
	"movq $0x5555555555555555, %%rsi\n\t"				\
	"movq $0x7777777777777777, %%r8\n\t"				\
	"movq $0x8888888888888888, %%r9\n\t"				\
	"movq $0x9999999999999999, %%r10\n\t"				\
	"movq $0xaaaaaaaaaaaaaaaa, %%r11\n\t"				\
	"movq $0xbbbbbbbbbbbbbbbb, %%r12\n\t"				\
	"movq $0xcccccccccccccccc, %%r13\n\t"				\
	"movq $0xdddddddddddddddd, %%r14\n\t"				\
	"movq $0xeeeeeeeeeeeeeeee, %%r15\n\t"				\
	"std\n\t"							\
	"1: cmpl $0, (%%rdi)\n\t"					\
	"je 1b\n\t"							\
	"pushfq\n\t"							\
	"cld\n\t"

static const uint64_t expected[] = {
	0x1111111111111111, 0x2222222222222222, 0x3333333333333333, 0x4444444444444444,
	0x5555555555555555, 0x7777777777777777, 0x8888888888888888, 0x9999999999999999,
	0xaaaaaaaaaaaaaaaa, 0xbbbbbbbbbbbbbbbb, 0xcccccccccccccccc, 0xdddddddddddddddd,
	0xeeeeeeeeeeeeeeee,
};

static uint64_t found[14];

__attribute__((noinline))
static void spin_with_registers(void)
{
	asm volatile("subq $256, %%rsp\n\t"		/* below is the red zone */
		     "pushq %%rbp\n\t"
		     SPIN_ASM
		     "pushq %%rax\n\t"
		     "leaq %[found], %%rax\n\t"
		     "movq %%rbx, 8(%%rax)\n\t"
		     "movq %%rcx, 16(%%rax)\n\t"
		     "movq %%rdx, 24(%%rax)\n\t"
		     "movq %%rsi, 32(%%rax)\n\t"
		     "movq %%r8, 40(%%rax)\n\t"
		     "movq %%r9, 48(%%rax)\n\t"
		     "movq %%r10, 56(%%rax)\n\t"
		     "movq %%r11, 64(%%rax)\n\t"
		     "movq %%r12, 72(%%rax)\n\t"
		     "movq %%r13, 80(%%rax)\n\t"
		     "movq %%r14, 88(%%rax)\n\t"
		     "movq %%r15, 96(%%rax)\n\t"
		     "popq 0(%%rax)\n\t"
		     "popq 104(%%rax)\n\t"
		     "popq %%rbp\n\t"
		     "addq $256, %%rsp\n\t"
		     : [found] "=m" (found)
		     : [word] "m" (go_word)
		     : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "memory", "cc");
}

static void general_registers(void)
{
	unsigned int i;

	map_go_word();
	write_file("ready1", "", 0);
	spin_with_registers();
	for (i = 0; i < 13; i++)
		check_equal(found[i], expected[i]);
	check(found[13] & 0x400);	/* the direction flag */
}

static void spinning_story(struct __test_metadata *_metadata, void (*run)(void), bool kill)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, run));
	sleep_ms(30);
	ASSERT_LT(0, subject_save(&s, kill ? CHECKPOINT_KILL : 0));
	if (kill) {
		ASSERT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	}
	set_go_word();
	ASSERT_EQ(0, subject_wait(&s));
}

TEST(general_registers_in_a_loop) { spinning_story(_metadata, general_registers, true); }
TEST(general_registers_left_running) { spinning_story(_metadata, general_registers, false); }

/* A system call keeps all registers but rax, rcx and r11. */
static void registers_across_a_call(void)
{
	struct timespec ts = { 0, 300000000 };
	uint64_t rbx = 1, r8 = 8, r9 = 9, r10 = 10, rdx = 4;
	long ret = SYS_nanosleep;

	write_file("ready1", "", 0);
	asm volatile("movq %[r8], %%r8\n\t"
		     "movq %[r9], %%r9\n\t"
		     "movq %[r10], %%r10\n\t"
		     "xorl %%esi, %%esi\n\t"
		     "syscall\n\t"
		     "movq %%r8, %[r8]\n\t"
		     "movq %%r9, %[r9]\n\t"
		     "movq %%r10, %[r10]\n\t"
		     : "+a" (ret), "+b" (rbx), "+d" (rdx), [r8] "+m" (r8), [r9] "+m" (r9),
		       [r10] "+m" (r10)
		     : "D" (&ts)
		     : "rsi", "rcx", "r8", "r9", "r10", "r11", "memory");
	check_equal(ret, 0);
	check_equal(rbx, 1);
	check_equal(rdx, 4);
	check_equal(r8, 8);
	check_equal(r9, 9);
	check_equal(r10, 10);
}

TEST(registers_across_a_restarted_call)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, registers_across_a_call));
	sleep_ms(30);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- x87, SSE, AVX ------------------------------------------------------------------------ */

/* Waits for the word with ymm0-15, MXCSR and x87 state loaded by @seed */
__attribute__((noinline))
static void spin_with_avx(uint8_t seed, uint8_t out[16][32])
{
	uint8_t in[16][32];
	int i, j;

	for (i = 0; i < 16; i++)
		for (j = 0; j < 32; j++)
			in[i][j] = seed * 31 + i * 32 + j;
#define LOAD(n) "vmovdqu " #n "*32(%[in]), %%ymm" #n "\n\t"
#define SAVE(n) "vmovdqu %%ymm" #n ", " #n "*32(%[out])\n\t"
	asm volatile(LOAD(0) LOAD(1) LOAD(2) LOAD(3) LOAD(4) LOAD(5) LOAD(6) LOAD(7)
		     LOAD(8) LOAD(9) LOAD(10) LOAD(11) LOAD(12) LOAD(13) LOAD(14) LOAD(15)
		     "1: cmpl $0, (%[word])\n\t"
		     "pause\n\t"
		     "je 1b\n\t"
		     SAVE(0) SAVE(1) SAVE(2) SAVE(3) SAVE(4) SAVE(5) SAVE(6) SAVE(7)
		     SAVE(8) SAVE(9) SAVE(10) SAVE(11) SAVE(12) SAVE(13) SAVE(14) SAVE(15)
		     "vzeroupper\n\t"
		     :
		     : [in] "r" (in), [out] "r" (out), [word] "r" (go_word)
		     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
		       "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory");
	for (i = 0; i < 16; i++)
		for (j = 0; j < 32; j++)
			check_equal(out[i][j], (uint8_t)(seed * 31 + i * 32 + j));
}

static void *avx_thread(void *arg)
{
	uint8_t seed = (intptr_t)arg, out[16][32];
	uint16_t control = 0x37f & ~(seed & 3) << 10, now;
	unsigned int mxcsr = 0x1f80 | (seed & 3) << 13 | (seed & 0x3f);
	double st;

	_mm_setcsr(mxcsr);
	asm volatile("fldcw %0\n\tfldpi" : : "m" (control));
	spin_with_avx(seed, out);
	check_equal(_mm_getcsr(), mxcsr);
	asm volatile("fnstcw %0\n\tfstpl %1" : "=m" (now), "=m" (st));
	check_equal(now, control);
	check(st > 3.14159265 && st < 3.14159266);
	return NULL;
}

static void avx_and_mxcsr(void)
{
	map_go_word();
	write_file("ready1", "", 0);
	avx_thread((void *)5);
}

static void avx_of_threads(void)
{
	pthread_t threads[8];
	intptr_t i;

	map_go_word();
	for (i = 0; i < 8; i++)
		check(!pthread_create(&threads[i], NULL, avx_thread, (void *)(i + 1)));
	sleep_ms(100);
	write_file("ready1", "", 0);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}

static bool has_avx(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx");
}

TEST(avx_mxcsr_and_x87)
{
	if (!has_avx())
		SKIP(return, "no AVX");
	spinning_story(_metadata, avx_and_mxcsr, true);
}

TEST(avx_mxcsr_and_x87_left_running)
{
	if (!has_avx())
		SKIP(return, "no AVX");
	spinning_story(_metadata, avx_and_mxcsr, false);
}

TEST(avx_mxcsr_and_x87_of_every_thread)
{
	if (!has_avx())
		SKIP(return, "no AVX");
	spinning_story(_metadata, avx_of_threads, true);
}

/* -- segments --------------------------------------------------------------------------------- */

static __thread int thread_word = 1;

static void segment_bases(void)
{
	static uint64_t gs_area[8] = { 0x1234 };
	uint64_t fs, gs, now, word;

	thread_word = 77;
	check(!syscall(SYS_arch_prctl, ARCH_SET_GS, gs_area));
	check(!syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
	ready();
	check_equal(thread_word, 77);
	check(!syscall(SYS_arch_prctl, ARCH_GET_FS, &now));
	check_equal(now, fs);
	check(!syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
	check_equal(gs, (uintptr_t)gs_area);
	asm volatile("movq %%gs:0, %0" : "=r" (word));
	check_equal(word, 0x1234);
}
TEST_STORIES(segment_bases)

TEST_HARNESS_MAIN
