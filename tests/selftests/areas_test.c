// SPDX-License-Identifier: GPL-2.0-only
/*
 * areas_test.c - the address space as /proc shows it, flags of areas, mapped files,
 * and what exec left behind.
 */
#include <sys/auxv.h>
#include <sys/ipc.h>

#include "checkpoint_test.h"

#define PAGE	4096UL
#define LEN	(8 * PAGE)

#ifndef PR_SET_VMA
#define PR_SET_VMA		0x53564d41
#define PR_SET_VMA_ANON_NAME	0
#endif
#define SYS_mseal_		462
#define MAP_DROPPABLE_		0x08

extern char **environ;

static char *map_anonymous(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

/* Apart from its neighbours, so that it is a line of its own */
static char *lone_area(void)
{
	char *p = map_anonymous(LEN + 2 * PAGE);

	check(!mprotect(p, PAGE, PROT_NONE));
	check(!mprotect(p + PAGE + LEN, PAGE, PROT_NONE));
	pattern_fill(p + PAGE, LEN, (uintptr_t)p);
	return p + PAGE;
}

static bool lone_area_is(const char *p)
{
	return pattern_is(p, LEN, (uintptr_t)p - PAGE);
}

/* -- views ------------------------------------------------------------------------ */

static const int advices[] = {
	MADV_DONTFORK, MADV_WIPEONFORK, MADV_DONTDUMP, MADV_SEQUENTIAL, MADV_RANDOM,
	MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE,
};
#define NR_ADVICES	(sizeof(advices) / sizeof(advices[0]))

static void maps_with_flags(void)
{
	char *areas[NR_ADVICES], before[NR_ADVICES][128], now[128];
	struct view maps;
	unsigned int i;

	for (i = 0; i < NR_ADVICES; i++) {
		areas[i] = lone_area();
		check(!madvise(areas[i], LEN, advices[i]));
	}
	check(!mlock(lone_area(), LEN));
	check(mmap(NULL, LEN, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED);
	for (i = 0; i < NR_ADVICES; i++)
		vm_flags_at(areas[i], before[i], sizeof(before[i]));
	maps_take(&maps, false);
	ready();
	maps_compare(&maps, false);
	for (i = 0; i < NR_ADVICES; i++) {
		check(lone_area_is(areas[i]));
		vm_flags_at(areas[i], now, sizeof(now));
		if (strcmp(before[i], now))
			fail(__FILE__, __LINE__, "advice %d: flags %s, were %s", advices[i], now,
			     before[i]);
	}
}
TEST_STORIES(maps_with_flags)

/* Line by line, offsets too: what exec and the C library left */
static void maps_to_the_letter(void)
{
	struct view flags;

	maps_take(&flags, true);
	ready();
	maps_compare(&flags, true);
}
TEST_STORIES(maps_to_the_letter)

static void named_areas(void)
{
	char *p = lone_area();
	struct view maps;

	check(!prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, LEN, "a name of mine"));
	maps_take(&maps, false);
	check(strstr(maps.text, "[anon:a name of mine]"));
	ready();
	maps_compare(&maps, false);
	check(lone_area_is(p));
}
TEST_STORIES(named_areas)

static void sealed_areas(void)
{
	char *p = lone_area();

	if (syscall(SYS_mseal_, p, LEN, 0)) {
		check_equal(errno, ENOSYS);
		return ready();
	}
	ready();
	check(lone_area_is(p));
	check(munmap(p, LEN) && errno == EPERM);
	check(mprotect(p, PAGE, PROT_READ) && errno == EPERM);
}
TEST_STORIES(sealed_areas)

/* Comes back zero, so that two copies of one program share no secret */
static void droppable_areas(void)
{
	char *p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_DROPPABLE_ | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	check(p != MAP_FAILED);
	memset(p, 0x77, LEN);
	ready();
	for (i = 0; i < LEN; i++)
		check(!p[i]);
	p[0] = 1;
}
TEST_KILLED(droppable_areas)
TEST_TWICE(droppable_areas)

/* -- protection keys ----------------------------------------------------------------- */

/* Would the kernel read there for us?  It obeys our keys. */
static bool readable(const void *p)
{
	struct stat st;

	return !stat(p, &st) || errno != EFAULT;
}

/* Which key has the area at @p? */
static int key_at(const void *p)
{
	unsigned long start, end;
	bool here = false;
	char line[512];
	int key = -1;
	FILE *smaps = fopen("/proc/self/smaps", "re");

	check(smaps);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (uintptr_t)p >= start && (uintptr_t)p < end;
		else if (here)
			sscanf(line, "ProtectionKey: %d", &key);
	}
	fclose(smaps);
	return key;
}

/* A function of its own that returns 7 */
static char *small_function(void)
{
	static const unsigned char code[] = { 0xb8, 7, 0, 0, 0, 0xc3 };

	return memcpy(lone_area(), code, sizeof(code));
}

/* The kernel takes a key for it, and takes it again when the last such area is gone. */
static void execute_only_area(void)
{
	int below = syscall(SYS_pkey_alloc, 0, 0);
	char *p = small_function();
	struct view maps;

	if (below < 0)		/* a processor without keys */
		return ready();
	check(!mprotect(p, LEN, PROT_EXEC));
	check(!syscall(SYS_pkey_free, below));
	check(!readable(p));
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	check_equal(key_at(p), below + 1);
	check_equal(((int (*)(void))p)(), 7);
	check(!readable(p));
	check_equal(syscall(SYS_pkey_alloc, 0, 0), below);
	check(syscall(SYS_pkey_free, below + 1) && errno == EINVAL);
	check(!syscall(SYS_pkey_free, below));
	check(!mprotect(p, LEN, PROT_READ | PROT_EXEC) && readable(p));
	check(!mprotect(p, LEN, PROT_EXEC) && !readable(p));
}
TEST_STORIES(execute_only_area)

static void allocated_keys(void)
{
	int first = syscall(SYS_pkey_alloc, 0, 0);
	int closed = syscall(SYS_pkey_alloc, 0, 1);
	char *p = lone_area(), *q = lone_area(), *code = small_function();
	struct view maps;

	if (first < 0)		/* a processor without keys */
		return ready();
	check(!syscall(SYS_pkey_mprotect, p, LEN, PROT_READ | PROT_WRITE, first));
	check(!syscall(SYS_pkey_mprotect, q, LEN, PROT_READ | PROT_WRITE, closed));
	check(!syscall(SYS_pkey_mprotect, code, LEN, PROT_EXEC, first));
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	check_equal(key_at(p), first);
	check_equal(key_at(q), closed);
	check_equal(key_at(code), first);
	check(lone_area_is(p));
	check(!readable(q));
	check_equal(((int (*)(void))code)(), 7);
	check_equal(syscall(SYS_pkey_alloc, 0, 0), closed + 1);
	check(!syscall(SYS_pkey_free, closed + 1));
	check(!syscall(SYS_pkey_free, closed));
	check_equal(syscall(SYS_pkey_alloc, 0, 0), closed);
	check(readable(q) && lone_area_is(q));
	check(!syscall(SYS_pkey_free, closed));
	check_equal(syscall(SYS_pkey_alloc, 0, 1), closed);
}

TEST_STORIES(allocated_keys)

/* Where the next mappings go */
static void next_mapping(void)
{
	char *p = map_anonymous(LEN), *q;

	munmap(p, LEN);
	ready();
	q = map_anonymous(LEN);
	check(q == p);
}
TEST_STORIES(next_mapping)

static void prctl_of_memory(void)
{
	check(!prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	check(!prctl(65 /* PR_SET_MDWE */, 1 | 2, 0, 0, 0));
	ready();
	check_equal(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	check_equal(prctl(66 /* PR_GET_MDWE */, 0, 0, 0, 0), 1 | 2);
	check(mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}
TEST_STORIES(prctl_of_memory)

/* -- files --------------------------------------------------------------------------- */

static char *map_file(const char *name, int prot, int flags, size_t offset)
{
	int fd = open(test_file(name), prot & PROT_WRITE && flags & MAP_SHARED ? O_RDWR : O_RDONLY);
	char *p;

	check(fd >= 0);
	p = mmap(NULL, LEN - offset, prot, flags, fd, offset);
	check(p != MAP_FAILED);
	close(fd);
	return p;
}

static char contents[LEN];

static void make_file(const char *name, uint64_t seed)
{
	pattern_fill(contents, LEN, seed);
	write_file(name, contents, LEN);
}

static void private_file(void)
{
	struct view maps;
	char *p, *q, *ro;

	make_file("mapped", 1);
	p = map_file("mapped", PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	q = map_file("mapped", PROT_READ | PROT_WRITE, MAP_PRIVATE, 2 * PAGE);
	ro = map_file("mapped", PROT_READ, MAP_PRIVATE, 0);
	pattern_fill(p + 3 * PAGE, PAGE, 2);		/* its own page now */
	check(!mprotect(p + 3 * PAGE, PAGE, PROT_NONE));
	maps_take(&maps, false);
	ready();
	maps_compare(&maps, false);
	check(pattern_is(ro, LEN, 1));
	check(!memcmp(p, ro, 3 * PAGE));
	check(!memcmp(q, ro + 2 * PAGE, LEN - 2 * PAGE));
	check(!mprotect(p + 3 * PAGE, PAGE, PROT_READ));
	check(pattern_is(p + 3 * PAGE, PAGE, 2));
	check(!memcmp(p + 4 * PAGE, ro + 4 * PAGE, LEN - 4 * PAGE));
}
TEST_STORIES(private_file)

/* What the program cleared is zero; what it left alone is the file's. */
static void zeros_over_a_file(void)
{
	static const char zeros[PAGE];
	char *p;

	make_file("mapped", 1);
	p = map_file("mapped", PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	memset(p, 0, PAGE);
	memset(p + 2 * PAGE, 0, PAGE);
	ready();
	check(!memcmp(p, zeros, PAGE) && !memcmp(p + 2 * PAGE, zeros, PAGE));
	check(!memcmp(p + PAGE, contents + PAGE, PAGE));
	check(!memcmp(p + 3 * PAGE, contents + 3 * PAGE, LEN - 3 * PAGE));
}
TEST_STORIES(zeros_over_a_file)

static void shared_file(void)
{
	struct view maps;
	char *p, *ro;

	make_file("mapped", 1);
	p = map_file("mapped", PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	ro = map_file("mapped", PROT_READ, MAP_SHARED, PAGE);
	pattern_fill(p + PAGE, PAGE, 3);
	check(!msync(p, LEN, MS_SYNC));
	maps_take(&maps, false);
	ready();
	maps_compare(&maps, false);
	check(pattern_is(ro, PAGE, 3));
	check(mprotect(ro, PAGE, PROT_READ | PROT_WRITE) && errno == EACCES);
	pattern_fill(p + 2 * PAGE, PAGE, 4);
	check(pattern_is(ro + PAGE, PAGE, 4));
	check(!msync(p, LEN, MS_SYNC));
}
TEST_KILLED(shared_file)
TEST_TWICE(shared_file)

/* A shared mapping of a parent and its child still is one. */
static char *family_page;

static void shared_file_child(void *arg)
{
	(void)arg;
	child_ready();
	family_page[0] = 'c';
}

static void shared_file_in_a_family(void)
{
	pid_t pid;

	make_file("mapped", 1);
	family_page = map_file("mapped", PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	family_page[0] = 'p';
	pid = spawn(shared_file_child, NULL);
	await_child(pid);
	ready();
	join(pid);
	check_equal(family_page[0], 'c');
}
TEST_KILLED(shared_file_in_a_family)

static void waits_with_map(void)
{
	char *p;

	make_file("mapped", 1);
	p = map_file("mapped", PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
	pattern_fill(p, PAGE, 2);
	check(p[PAGE] == contents[PAGE]);	/* a page of the file beside it */
	ready();
	check(pattern_is(p, PAGE, 2));
}

/* Truncated while the image is being written: private pages are the program's. */
TEST(mapped_file_truncated_during_the_checkpoint)
{
	struct subject s;
	int fds[2], n;
	char buf[65536], empty[LEN] = "";
	long ret;
	pid_t pid;
	int fd;

	ASSERT_EQ(0, subject_start(&s, waits_with_map));
	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		close(fds[0]);
		ret = sys_checkpoint(s.pid, fds[1], 0, NULL, 0);
		_exit(ret > 0 ? 0 : 1);
	}
	close(fds[1]);
	fd = open(s.image, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	n = read(fds[0], buf, 4096);		/* it is writing, the program runs */
	ASSERT_EQ(n, write(fd, buf, n));
	ASSERT_EQ(0, truncate(test_file("mapped"), 0));
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		ASSERT_EQ(n, write(fd, buf, n));
	ASSERT_EQ(pid, waitpid(pid, &s.status, 0));
	ASSERT_EQ(0, s.status);
	subject_kill(&s);

	write_file("mapped", empty, LEN);
	subject_go(&s, 1);
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(mapped_file_that_is_shorter_now)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits_with_map));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, truncate(test_file("mapped"), PAGE));
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "mapped has changed"));
}

/* -- what exec made ------------------------------------------------------------------ */

static void exec_leftovers(void)
{
	static const char * const files[] = {
		"/proc/self/cmdline", "/proc/self/environ", "/proc/self/auxv", "/proc/self/comm",
	};
	char before[128], after[128];
	struct view views[4];
	unsigned int i;
	ssize_t len = readlink("/proc/self/exe", before, sizeof(before));

	check(len > 0);
	for (i = 0; i < 4; i++)
		view_take(&views[i], files[i]);
	ready();
	for (i = 0; i < 4; i++)
		view_compare(&views[i], files[i]);
	check_equal(readlink("/proc/self/exe", after, sizeof(after)), len);
	check(!memcmp(before, after, len));
	check_equal(getauxval(AT_PAGESZ), PAGE);
}
TEST_STORIES(exec_leftovers)

/* Fields of /proc/self/stat that tell the layout: 26-28 and 45-51 */
static void read_layout(char *out, size_t size)
{
	char text[1024], *field;
	size_t len = 0;
	int nr;

	check(read_file("/proc/self/stat", text, sizeof(text)) > 0);
	field = strtok(strrchr(text, ')') + 2, " \n");
	for (nr = 3; field; nr++, field = strtok(NULL, " \n"))
		if ((nr >= 26 && nr <= 28) || (nr >= 45 && nr <= 51))
			len += snprintf(out + len, size - len, "%d=%s ", nr, field);
}

static void layout(void)
{
	char before[512], after[512];

	read_layout(before, sizeof(before));
	ready();
	read_layout(after, sizeof(after));
	if (strcmp(before, after))
		fail(__FILE__, __LINE__, "%s was %s", after, before);
}
TEST_STORIES(layout)

/* The clock calls of the vdso, whose addresses libc has kept */
static void vdso_clocks(void)
{
	uint64_t mono = now_ns(CLOCK_MONOTONIC), boot = now_ns(CLOCK_BOOTTIME);
	uint64_t real = now_ns(CLOCK_REALTIME);
	unsigned int cpu;

	check(getauxval(AT_SYSINFO_EHDR));
	ready();
	check(now_ns(CLOCK_MONOTONIC) > mono);
	check(now_ns(CLOCK_BOOTTIME) > boot);
	check(now_ns(CLOCK_REALTIME) > real);
	check(now_ns(CLOCK_MONOTONIC) < mono + 60000000000ULL);
	check(!memcmp((void *)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4));
	check(!getcpu(&cpu, NULL));
}
TEST_STORIES(vdso_clocks)

TEST_HARNESS_MAIN
