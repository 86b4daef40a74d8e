// SPDX-License-Identifier: GPL-2.0-only
/*
 * pages_test.c - which pages memory is made of: as many as there were, huge ones
 * where huge ones were, with the protection of their areas.
 */
#include <sys/mount.h>

#include "checkpoint_test.h"

#define PAGE	4096UL
#define KIB	1024UL
#define MIB	(1UL << 20)
#define HUGE	(2 * MIB)

/* Space for @nr huge pages, aligned */
static char *huge_space(size_t nr, int advice)
{
	char *p = mmap(NULL, (nr + 1) * HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(p != MAP_FAILED);
	p = (char *)(((uintptr_t)p + HUGE - 1) & -HUGE);
	check(!madvise(p, nr * HUGE, advice));
	return p;
}

/* Bytes of one line of smaps, over the areas that begin in [@p, @p + @len) */
static size_t smaps_sum(const char *p, size_t len, const char *word)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start, end, kib, sum = 0;
	bool here = false;
	char line[512];

	check(smaps);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start >= (unsigned long)p && start < (unsigned long)p + len;
		else if (here && !strncmp(line, word, strlen(word)) &&
			 sscanf(line + strlen(word), ": %lu kB", &kib) == 1)
			sum += kib * KIB;
	}
	fclose(smaps);
	return sum;
}

static size_t resident(const char *p, size_t len)
{
	return smaps_sum(p, len, "Rss");
}

static size_t huge(const char *p, size_t len)
{
	return smaps_sum(p, len, "AnonHugePages");
}

/* -- as many as there were --------------------------------------------------------- */

/* khugepaged makes no huge page of what is not full. */
static void only_full_ones(void)
{
	int fd = open("/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none",
		      O_WRONLY | O_CLOEXEC);

	check(fd >= 0 && write(fd, "0", 1) == 1 && !close(fd));
}

/* Small pages where huge ones are allowed by now */
static void scattered_pages(void)
{
	const size_t len = 32 * HUGE;
	char *p = huge_space(32, MADV_NOHUGEPAGE);
	size_t i;

	only_full_ones();
	for (i = 0; i < 32; i++)
		pattern_fill(p + i * HUGE + 7 * PAGE, PAGE, i);
	check(!madvise(p, len, MADV_HUGEPAGE));
	ready();
	check_equal(resident(p, len), 32 * PAGE);
	for (i = 0; i < 32; i++) {
		check(pattern_is(p + i * HUGE + 7 * PAGE, PAGE, i));
		check(!p[i * HUGE] && !p[i * HUGE + 8 * PAGE]);
	}
}
TEST_STORIES(scattered_pages)

static void half_given_back(void)
{
	char *p = huge_space(4, MADV_HUGEPAGE);
	size_t i, left;

	pattern_fill(p, 4 * HUGE, 1);
	for (i = 0; i < 4; i++)
		check(!madvise(p + i * HUGE + MIB, MIB, MADV_DONTNEED));
	left = resident(p, 4 * HUGE);
	ready();
	check(resident(p, 4 * HUGE) <= left + HUGE);
	check(pattern_is(p, MIB, 1));
	for (i = 0; i < 4; i++)
		check(!p[i * HUGE + MIB]);
}
TEST_STORIES(half_given_back)

/* -- huge ones where huge ones were ------------------------------------------------ */

static void whole_huge_pages(void)
{
	char *p = huge_space(8, MADV_HUGEPAGE);
	size_t before;

	pattern_fill(p, 8 * HUGE, 2);
	before = huge(p, 8 * HUGE);
	check(before >= HUGE);
	ready();
	check_equal(huge(p, 8 * HUGE), before);
	check_equal(resident(p, 8 * HUGE), 8 * HUGE);
	check(pattern_is(p, 8 * HUGE, 2));
	memset(p, 3, 8 * HUGE);
	check(p[HUGE - 1] == 3);
}
TEST_STORIES(whole_huge_pages)

/* Most of them is zero, in different places: the image leaves that out. */
static void huge_pages_mostly_zero(void)
{
	char *p = huge_space(6, MADV_HUGEPAGE);
	size_t i, before;

	for (i = 0; i < 6; i++)
		pattern_fill(p + i * HUGE + i * 60 * PAGE, (i + 1) * PAGE, i + 3);
	pattern_fill(p + 6 * HUGE - PAGE, PAGE, 99);
	before = huge(p, 6 * HUGE);
	ready();
	check_equal(huge(p, 6 * HUGE), before);
	for (i = 0; i < 6; i++) {
		char *from = p + i * HUGE, *data = from + i * 60 * PAGE;
		char *behind = data + (i + 1) * PAGE, *end = from + HUGE - (i == 5) * PAGE;

		check(pattern_is(data, (i + 1) * PAGE, i + 3));
		while (from < data)
			check(!*from++);
		while (behind < end)
			check(!*behind++);
	}
	check(pattern_is(p + 6 * HUGE - PAGE, PAGE, 99));
}
TEST_STORIES(huge_pages_mostly_zero)

static void huge_pages_among_small_ones(void)
{
	char *p = huge_space(12, MADV_HUGEPAGE);
	size_t i, before, small = 0;

	for (i = 0; i < 12; i += 2)
		check(!madvise(p + i * HUGE, HUGE, MADV_NOHUGEPAGE));
	for (i = 0; i < 12; i++) {
		pattern_fill(p + i * HUGE, i % 2 ? HUGE : (i + 3) * PAGE, i + 10);
		small += i % 2 ? 0 : (i + 3) * PAGE;
	}
	before = huge(p, 12 * HUGE);
	ready();
	check_equal(huge(p, 12 * HUGE), before);
	check_equal(resident(p, 12 * HUGE), small + 6 * HUGE);
	for (i = 0; i < 12; i++)
		check(pattern_is(p + i * HUGE, i % 2 ? HUGE : (i + 3) * PAGE, i + 10));
}
TEST_STORIES(huge_pages_among_small_ones)

static void protected_huge_pages(void)
{
	char *ro = huge_space(2, MADV_HUGEPAGE), *none = huge_space(2, MADV_HUGEPAGE);
	size_t before;

	pattern_fill(ro, 2 * HUGE, 4);
	pattern_fill(none, 2 * HUGE, 5);
	check(!mprotect(ro, 2 * HUGE, PROT_READ));
	check(!mprotect(none, 2 * HUGE, PROT_NONE));
	before = huge(ro, 2 * HUGE) + huge(none, 2 * HUGE);
	ready();
	check_equal(huge(ro, 2 * HUGE) + huge(none, 2 * HUGE), before);
	check(pattern_is(ro, 2 * HUGE, 4));
	/* Neither may be written to: the kernel is asked. */
	check(read(open("/dev/zero", O_RDONLY), ro, 1) < 0 && errno == EFAULT);
	check(read(open("/dev/zero", O_RDONLY), none, 1) < 0 && errno == EFAULT);
	check(!mprotect(none, 2 * HUGE, PROT_READ));
	check(pattern_is(none, 2 * HUGE, 5));
	check(!mprotect(ro, 2 * HUGE, PROT_READ | PROT_WRITE));
	memset(ro, 1, 2 * HUGE);
}
TEST_STORIES(protected_huge_pages)

/* -- where something is already ---------------------------------------------------- */

static void locked_memory(void)
{
	char *p = huge_space(2, MADV_HUGEPAGE), *small = huge_space(1, MADV_NOHUGEPAGE);

	pattern_fill(p, HUGE + 5 * PAGE, 6);
	pattern_fill(small + PAGE, 3 * PAGE, 7);
	check(!mlock(p, 2 * HUGE));
	check(!mlock(small, 16 * PAGE));
	check(!mprotect(small + 2 * PAGE, PAGE, PROT_READ));
	ready();
	check_equal(smaps_sum(p, 2 * HUGE, "Locked"), 2 * HUGE);
	check(pattern_is(p, HUGE + 5 * PAGE, 6));
	check(!p[2 * HUGE - 1]);
	check(pattern_is(small + PAGE, 3 * PAGE, 7));
	check(!small[0] && !small[15 * PAGE]);
}
TEST_STORIES(locked_memory)

/* -- mappings of files ------------------------------------------------------------- */

#define FILE_PAGES	64

static void private_file_pages(void)
{
	static char contents[FILE_PAGES * PAGE];
	char *p, *q;
	size_t i;
	int fd;

	pattern_fill(contents, sizeof(contents), 8);
	write_file("mapped", contents, sizeof(contents));
	fd = open(test_file("mapped"), O_RDONLY);
	p = mmap(NULL, sizeof(contents), PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	q = mmap(NULL, sizeof(contents), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	check(p != MAP_FAILED && q != MAP_FAILED);
	for (i = 0; i < FILE_PAGES; i += 3)
		memset(p + i * PAGE, 0, PAGE);
	memset(q, 9, sizeof(contents));
	check(!mlock(p, sizeof(contents)));
	check(!mprotect(q, PAGE, PROT_READ));
	ready();
	for (i = 0; i < FILE_PAGES; i++)
		check(i % 3 ? !memcmp(p + i * PAGE, contents + i * PAGE, PAGE) :
		      !p[i * PAGE] && !memcmp(p + i * PAGE, p + i * PAGE + 1, PAGE - 1));
	check(q[0] == 9 && !memcmp(q, q + 1, sizeof(contents) - 1));
	check_equal(smaps_sum(q, sizeof(contents), "Anonymous"), sizeof(contents));
	p[PAGE] = 1;
	check(pread(fd, contents, 1, PAGE) == 1 && contents[0] != 1);
}
TEST_STORIES(private_file_pages)

/* -- images on a tmpfs of huge pages -------------------------------------------------- */

static size_t private_bytes, shared_bytes;

static void writes_on(void *memory)
{
	volatile char *last = (char *)memory + shared_bytes - PAGE;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (;;)
		++*last;
}

/* What it has in common, another one goes on writing to from the moment that it may. */
static void has_some_of_both(void)
{
	char *mine = private_bytes ? big_memory(private_bytes) : NULL, *ours = NULL;
	char first = mine ? *mine : 0;
	pid_t pid = 0;

	if (shared_bytes) {
		ours = mmap(NULL, shared_bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		check(ours != MAP_FAILED);
		pattern_fill(ours, shared_bytes, 6);
		pid = spawn(writes_on, ours);
	}
	ready();
	check(!mine || *mine == first);
	check(!ours || pattern_is(ours, shared_bytes - PAGE, 6));
	if (pid)
		check(!kill(pid, SIGKILL) && waitpid(pid, NULL, 0) == pid);
}

static int on_huge_pages(unsigned long flags)
{
	struct subject s;
	long ret = subject_start(&s, has_some_of_both);
	const char *directory = test_file("huge");

	if (!ret && (mkdir(directory, 0755) ||
		     mount("none", directory, "tmpfs", 0, "huge=always")))
		ret = -errno;
	snprintf(s.image, sizeof(s.image), "%shuge/image", test_dir);
	ret = ret ?: subject_save(&s, flags);
	if (ret > 0 && !flags) {
		subject_go(&s, 1);
		ret = subject_wait(&s);
		reap_all();
	}
	ret = ret < 0 ? ret : subject_restart(&s, 0);
	if (!ret && flags)
		subject_go(&s, 1);
	ret = ret ?: subject_wait(&s);
	umount2(test_file("huge"), MNT_DETACH);
	reap_all();
	return ret;
}

TEST(image_on_huge_pages)
{
	static const size_t sizes[][2] = {
		{ PAGE }, { MIB }, { 2 * MIB - PAGE }, { 5 * MIB + PAGE }, { 33 * MIB },
		{ 0, 2 * PAGE }, { 0, 7 * MIB }, { 9 * MIB, 3 * MIB + PAGE },
	};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		private_bytes = sizes[i][0];
		shared_bytes = sizes[i][1];
		EXPECT_EQ(0, on_huge_pages(CHECKPOINT_KILL));
		EXPECT_EQ(0, on_huge_pages(0));
	}
}

TEST_HARNESS_MAIN
