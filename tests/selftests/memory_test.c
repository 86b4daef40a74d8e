// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_test.c - contents of memory: private anonymous memory, the heap, the
 * stack, protected areas, large and sparse ones, memory shared by fork.
 */
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "checkpoint_test.h"

#define PAGE	4096UL
#define MIB	(1UL << 20)

static void *map_anonymous(size_t len, int prot, int flags)
{
	void *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

static void *map_pattern(size_t len, uint64_t seed)
{
	void *p = map_anonymous(len, PROT_READ | PROT_WRITE, 0);

	pattern_fill(p, len, seed);
	return p;
}

/* -- plain ------------------------------------------------------------------------ */

static int data = 1;
static int bss[100000];

static void data_bss_and_const(void)
{
	data = 2;
	bss[77777] = 3;
	ready();
	check_equal(data, 2);
	check_equal(bss[77777], 3);
	check_equal(bss[77776], 0);
	bss[5] = 1;
}
TEST_STORIES(data_bss_and_const)

static void anonymous(void)
{
	char *a = map_pattern(10 * PAGE, 1), *b = map_pattern(3 * PAGE, 2);
	char *zero = map_anonymous(4 * PAGE, PROT_READ | PROT_WRITE, 0);

	ready();
	check(pattern_is(a, 10 * PAGE, 1));
	check(pattern_is(b, 3 * PAGE, 2));
	check(!zero[0] && !zero[4 * PAGE - 1]);
	memset(a, 1, 10 * PAGE);
	zero[PAGE] = 1;
	munmap(b, PAGE);
	check(pattern_goes_on(b + PAGE, PAGE, 2 * PAGE, 2));
}
TEST_STORIES(anonymous)

static void sixty_four_mebibytes(void)
{
	char *p = map_pattern(64 * MIB, 3);

	ready();
	check(pattern_is(p, 64 * MIB, 3));
}
TEST_STORIES(sixty_four_mebibytes)

/* One page in each of many places, as an allocator leaves them */
static void sparse(void)
{
	char *p = map_anonymous(512 * MIB, PROT_READ | PROT_WRITE, MAP_NORESERVE);
	size_t at;

	madvise(p, 512 * MIB, MADV_NOHUGEPAGE);
	for (at = 0; at < 512 * MIB; at += 257 * PAGE)
		pattern_fill(p + at, PAGE, at);
	ready();
	for (at = 0; at < 512 * MIB; at += 257 * PAGE) {
		check(pattern_is(p + at, PAGE, at));
		check(!p[at + PAGE]);
	}
}
TEST_STORIES(sparse)

static void thousand_areas(void)
{
	char *p = map_anonymous(2000 * PAGE, PROT_READ | PROT_WRITE, 0);
	int i;

	pattern_fill(p, 2000 * PAGE, 4);
	for (i = 0; i < 2000; i += 2)
		check(!mprotect(p + i * PAGE, PAGE, PROT_READ));
	ready();
	check(pattern_is(p, 2000 * PAGE, 4));
	for (i = 1; i < 2000; i += 2)
		p[i * PAGE] = 1;
}
TEST_KILLED(thousand_areas)
TEST_LEFT_RUNNING(thousand_areas)

/* -- protection -------------------------------------------------------------------- */

static void protected(void)
{
	char *none = map_pattern(2 * PAGE, 5), *ro = map_pattern(2 * PAGE, 6);
	char *wo = map_pattern(2 * PAGE, 7), *rx = map_pattern(2 * PAGE, 8);
	struct view maps;

	check(!mprotect(none, 2 * PAGE, PROT_NONE));
	check(!mprotect(ro, 2 * PAGE, PROT_READ));
	check(!mprotect(wo, 2 * PAGE, PROT_WRITE));
	check(!mprotect(rx, 2 * PAGE, PROT_READ | PROT_EXEC));
	maps_take(&maps, false);
	ready();
	maps_compare(&maps, false);
	check(pattern_is(ro, 2 * PAGE, 6));
	check(pattern_is(rx, 2 * PAGE, 8));
	check(!mprotect(none, 2 * PAGE, PROT_READ));
	check(pattern_is(none, 2 * PAGE, 5));
	check(!mprotect(wo, 2 * PAGE, PROT_READ));
	check(pattern_is(wo, 2 * PAGE, 7));
}
TEST_STORIES(protected)

static sigjmp_buf fault_return;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault_return, 1);
}

static bool faults(volatile char *p, bool write)
{
	signal(SIGSEGV, on_fault);
	if (sigsetjmp(fault_return, 1))
		return true;
	if (write)
		*p = 1;
	else
		(void)*p;
	return false;
}

static void protection_is_enforced(void)
{
	char *none = map_pattern(PAGE, 5), *ro = map_pattern(PAGE, 6);

	check(!mprotect(none, PAGE, PROT_NONE));
	check(!mprotect(ro, PAGE, PROT_READ));
	ready();
	check(faults(none, false));
	check(faults(ro, true));
	check(!faults(ro, false));
}
TEST_STORIES(protection_is_enforced)

/* -- heap and stack --------------------------------------------------------------------- */

static void heap(void)
{
	char *old = sbrk(0), *block, *bigger;

	check(sbrk(1 * MIB) == old);
	pattern_fill(old, 1 * MIB, 9);
	block = malloc(100000);
	memset(block, 0x33, 100000);
	ready();
	check(pattern_is(old, 1 * MIB, 9));
	check(block[0] == 0x33 && block[99999] == 0x33);
	bigger = sbrk(2 * MIB);
	check(bigger != (void *)-1);
	memset(bigger, 1, 2 * MIB);
	check(!brk(bigger));
	check(sbrk(0) == bigger);
	free(block);
	check(malloc(1000000));
}
TEST_STORIES(heap)

static int deep(int n)
{
	volatile char room[4096];

	memset((char *)room, n, sizeof(room));
	return n ? deep(n - 1) + room[100] - (char)n : 0;
}

static void stack_grows_afterwards(void)
{
	int before = deep(10);

	ready();
	check_equal(deep(10), before);
	check_equal(deep(1000), 0);		/* 4 MiB */
}
TEST_STORIES(stack_grows_afterwards)

/* MAP_GROWSDOWN memory that is not the stack */
static void growsdown_area(void)
{
	char *p = map_anonymous(64 * MIB, PROT_NONE, MAP_NORESERVE);
	char *top = p + 32 * MIB;

	check(!munmap(p, 64 * MIB));
	check(mmap(top, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		   MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0) == top);
	pattern_fill(top, 2 * PAGE, 10);
	ready();
	check(pattern_is(top, 2 * PAGE, 10));
	top[-(long)PAGE] = 1;			/* grows */
}
TEST_STORIES(growsdown_area)

/* -- what fork and madvise treat apart ------------------------------------------------------ */

static void dontfork_and_wipeonfork(void)
{
	char *dontfork = map_pattern(3 * PAGE, 11), *wipe = map_pattern(3 * PAGE, 12);
	char *dontdump = map_pattern(3 * PAGE, 13);

	check(!madvise(dontfork, 3 * PAGE, MADV_DONTFORK));
	check(!madvise(wipe, 3 * PAGE, MADV_WIPEONFORK));
	check(!madvise(dontdump, 3 * PAGE, MADV_DONTDUMP));
	ready();
	check(pattern_is(dontfork, 3 * PAGE, 11));
	check(pattern_is(wipe, 3 * PAGE, 12));
	check(pattern_is(dontdump, 3 * PAGE, 13));
}
TEST_STORIES(dontfork_and_wipeonfork)

static void locked(void)
{
	char *p = map_pattern(16 * PAGE, 14);
	char before[64], after[64];

	check(!mlock(p, 16 * PAGE));
	check(!syscall(SYS_mlock2, map_pattern(PAGE, 1), PAGE, 1 /* MLOCK_ONFAULT */));
	check(status_line("VmLck", before, sizeof(before)) > 0);
	ready();
	check(pattern_is(p, 16 * PAGE, 14));
	check(status_line("VmLck", after, sizeof(after)) > 0);
	check(!strcmp(before, after));
	check(!munlock(p, 16 * PAGE));
}
TEST_STORIES(locked)

static void mlockall_future(void)
{
	char *p, flags[128];

	check(!mlockall(MCL_FUTURE));
	ready();
	p = map_anonymous(PAGE, PROT_READ | PROT_WRITE, 0);
	vm_flags_at(p, flags, sizeof(flags));
	check(strstr(flags, "lo"));
}
TEST_STORIES(mlockall_future)

static void huge_pages(void)
{
	char *p = map_anonymous(8 * MIB, PROT_READ | PROT_WRITE, 0);
	char *huge = (char *)(((uintptr_t)p + 2 * MIB - 1) & ~(2 * MIB - 1));

	madvise(p, 8 * MIB, MADV_HUGEPAGE);
	pattern_fill(huge, 4 * MIB, 15);
	ready();
	check(pattern_is(huge, 4 * MIB, 15));
	memset(huge, 1, 100);
	check(pattern_goes_on(huge + 104, 104, 4 * MIB - 104, 15));
}
TEST_STORIES(huge_pages)

/* Half of a huge page given back, part of it protected apart */
static void torn_huge_page(void)
{
	char *p = map_anonymous(8 * MIB, PROT_READ | PROT_WRITE, 0);
	char *huge = (char *)(((uintptr_t)p + 2 * MIB - 1) & ~(2 * MIB - 1));

	madvise(p, 8 * MIB, MADV_HUGEPAGE);
	pattern_fill(huge, 2 * MIB, 16);
	check(!madvise(huge + 1 * MIB, PAGE, MADV_DONTNEED));
	check(!mprotect(huge + 512 * PAGE / 4, PAGE, PROT_READ));
	ready();
	check(pattern_is(huge, 1 * MIB, 16));
	check(!huge[1 * MIB] && !huge[1 * MIB + PAGE - 8]);
	check(huge[1 * MIB + PAGE] || huge[1 * MIB + PAGE + 1]);
}
TEST_STORIES(torn_huge_page)

/* -- memory of a fork ------------------------------------------------------------------------- */

#define FAMILY	8

static char *family_memory;

static void family_child(void *arg)
{
	int nr = (intptr_t)arg;

	pattern_fill(family_memory + nr * MIB, MIB / 2, 100 + nr);
	child_ready();
	check(pattern_is(family_memory + nr * MIB, MIB / 2, 100 + nr));
	family_memory[0] = nr;		/* its own copy */
}

static void copy_on_write_family(void)
{
	pid_t pids[FAMILY];
	int i;

	family_memory = map_pattern(FAMILY * MIB, 17);
	for (i = 0; i < FAMILY; i++)
		pids[i] = spawn(family_child, (void *)(intptr_t)i);
	for (i = 0; i < FAMILY; i++)
		await_child(pids[i]);
	ready();
	for (i = 0; i < FAMILY; i++)
		join(pids[i]);
	check(pattern_is(family_memory, FAMILY * MIB, 17));
}
TEST_STORIES(copy_on_write_family)

/* What a restart will cost is said, with the figure. */
static void only_waits(void *arg)
{
	(void)arg;
	child_ready();
}

static void shares_copy_on_write(void)
{
	pid_t pids[3];
	int i;

	map_pattern(8 * MIB, 20);
	for (i = 0; i < 3; i++)
		pids[i] = spawn(only_waits, NULL);
	for (i = 0; i < 3; i++)
		await_child(pids[i]);
	ready();
	for (i = 0; i < 3; i++)
		join(pids[i]);
}

TEST(sharing_copy_on_write_is_reported)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, shares_copy_on_write));
	ASSERT_LT(0, subject_save(&s, 0));
	EXPECT_TRUE(subject_told(&s, "24 MiB that several processes share copy-on-write"));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "24 MiB that several processes share copy-on-write"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* The program writes on all its memory while its image is written. */
static void writes_on(void)
{
	char *p = map_pattern(16 * MIB, 18);
	uint64_t round = 0;

	write_file("ready1", "", 0);
	for (;;) {
		pattern_fill(p, 16 * MIB, ++round);
		check(pattern_is(p, 16 * MIB, round));
		if (!access(test_file("go1"), F_OK))
			break;
	}
}

TEST(memory_is_written_during_the_checkpoint)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, writes_on));
	ASSERT_LT(0, subject_save(&s, 0));
	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- how long it is held ------------------------------------------------------------------------ */

#define MUCH	(128 * MIB)

static void much_anonymous(void)
{
	char *p = map_anonymous(MUCH, PROT_READ | PROT_WRITE, 0);
	size_t at;

	madvise(p, MUCH, MADV_NOHUGEPAGE);
	for (at = 0; at < MUCH; at += PAGE)
		p[at] = 1;
	ready();
}

static void much_over_a_file(void)
{
	int fd = open("much", O_RDWR | O_CREAT, 0600);
	size_t at;
	char *p;

	check(!ftruncate(fd, MUCH));
	p = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(p != MAP_FAILED);
	for (at = 0; at < MUCH; at += PAGE)
		p[at] = 1;
	ready();
}

static uint64_t held_ns(void (*run)(void))
{
	struct subject s;
	long ret;

	if (subject_start(&s, run))
		return 0;
	strcpy(s.image, "/dev/null");
	ret = subject_save(&s, 0);
	subject_go(&s, 1);
	return subject_wait(&s) || ret < 0 ? 0 : s.cargs.frozen_ns;
}

/* Private pages of a file's mapping are not copied while the program is held. */
TEST(mappings_of_files_are_held_no_longer)
{
	uint64_t anonymous = held_ns(much_anonymous), file = held_ns(much_over_a_file);

	tell("held for %lu us, with a file %lu us", (unsigned long)anonymous / 1000,
	     (unsigned long)file / 1000);
	ASSERT_LT(0, anonymous);
	ASSERT_LT(0, file);
	EXPECT_LT(file, 3 * anonymous + 20000000 * time_scale());
}

/* Reads the image late, when the program has long gone on */
static pid_t start_late_reader(int fds[2])
{
	char buf[65536];
	pid_t pid = fork();

	if (pid)
		return pid;
	close(fds[1]);
	sleep_ms(1000 * time_scale());
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	_exit(0);
}

/* What is told is how long the program stood, not how long its image took. */
TEST(time_told_is_that_of_the_pause)
{
	struct checkpoint_args args = {};
	uint64_t start, took;
	struct subject s;
	int fds[2];
	pid_t reader;

	ASSERT_EQ(0, subject_start(&s, much_anonymous));
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	reader = start_late_reader(fds);
	close(fds[0]);
	start = now_ns(CLOCK_MONOTONIC);
	EXPECT_LT(0, sys_checkpoint(s.pid, fds[1], CHECKPOINT_ARGS, &args, sizeof(args)));
	took = now_ns(CLOCK_MONOTONIC) - start;
	EXPECT_LT(0, args.frozen_ns);
	EXPECT_LT(args.frozen_ns, took / 2);
	close(fds[1]);
	join(reader);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- others look at it ------------------------------------------------------------------------- */

static char looked_at[PAGE];

static void is_looked_at(void)
{
	pattern_fill(looked_at, PAGE, 19);
	ready();
	check(pattern_is(looked_at, PAGE, 19));
}

/* One that has a reference to the memory of @pid and does not get on: nobody fills its page. */
static pid_t start_reader(pid_t pid)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct iovec from = { looked_at, PAGE }, to = { NULL, PAGE };
	pid_t reader = fork();
	int fd;

	if (reader)
		return reader;
	fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	to.iov_base = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)to.iov_base;
	range.range.len = PAGE;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		_exit(1);
	process_vm_readv(pid, &to, 1, &from, 1, 0);
	_exit(2);
}

/* As one who reads /proc/PID/smaps again and again */
TEST(memory_is_looked_at_during_the_checkpoint)
{
	struct subject s;
	pid_t reader;

	ASSERT_EQ(0, subject_start(&s, is_looked_at));
	reader = start_reader(s.pid);
	ASSERT_TRUE(wait_until(is_blocked_in(reader, reader, SYS_process_vm_readv)));
	EXPECT_LT(0, subject_save(&s, 0));
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
