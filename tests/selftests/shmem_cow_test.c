// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmem_cow_test.c - memory in common is changed in every way while its image is written:
 * that has what was there when the program was held.
 */
#include <linux/falloc.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "checkpoint_test.h"

#define PAGE	4096UL
#define PAGES	1024UL
#define LEN	(PAGES * PAGE)

static char *memory;
static int fd;

static char *page(size_t nr)
{
	return memory + nr * PAGE;
}

static void fill(size_t from, size_t to, uint64_t seed)
{
	size_t i;

	for (i = from; i < to; i++)
		pattern_fill(page(i), PAGE, seed + i);
}

static bool is_filled(size_t from, size_t to, uint64_t seed)
{
	size_t i;

	for (i = from; i < to; i++)
		if (!pattern_is(page(i), PAGE, seed + i))
			return false;
	return true;
}

static void make_area(void)
{
	memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED);
}

static void make_memfd(void)
{
	fd = memfd_create("changed", 0);
	check(fd >= 0 && !ftruncate(fd, LEN));
	memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(memory != MAP_FAILED);
}

static long shared_kib(pid_t pid)
{
	char path[64], text[4096], *at;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	len = read_file(path, text, sizeof(text) - 1);
	if (len <= 0)
		return -1;
	text[len] = '\0';
	at = strstr(text, "RssShmem:");
	return at ? strtol(at + strlen("RssShmem:"), NULL, 10) : -1;
}

/* Take the image out of the pipe, with so many milliseconds between its pieces. */
static bool drain(int reader, const char *path, unsigned int pause)
{
	int image = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	static char buf[65536];
	ssize_t n;

	while ((n = read(reader, buf, sizeof(buf))) > 0) {
		if (write(image, buf, n) != n)
			return false;
		sleep_ms(pause);
	}
	close(image);
	close(reader);
	return !n;
}

static void done(void)
{
	write_file("changed", "", 0);
}

/*
 * Saved to a pipe that nobody reads before the program, or @meanwhile, has changed what it
 * will; the copy sees nothing of it.
 */
static int story_changed(void (*run)(void), bool (*meanwhile)(struct subject *))
{
	struct subject s;
	int reader, ret = 0;
	pid_t pid;

	if (subject_start(&s, run))
		return -ECHILD;
	pid = save_to_pipe(&s, 0, &reader);
	/* Not copied beforehand, but taken out of the page tables */
	if (shared_kib(s.pid) < 0 || shared_kib(s.pid) > (long)(LEN / 1024 / 4))
		ret = -EXDEV;
	subject_go(&s, 1);
	if (!wait_until(!access(test_file("changed"), F_OK)) || (meanwhile && !meanwhile(&s)))
		ret = -EIO;
	if (!drain(reader, s.image, 0) || answer_of(pid))
		return -EPIPE;
	subject_go(&s, 2);
	if (subject_wait(&s))
		return -ECHILD;
	unlink(test_file("changed"));
	unlink(test_file("outside"));
	if (subject_restart(&s, 0))
		return -ENOEXEC;
	subject_go(&s, 2);
	return subject_wait(&s) ? -EINVAL : ret;
}

static void await_end(void)
{
	done();
	check(wait_until(!access(test_file("go2"), F_OK)));
}

static void written_to(void)
{
	make_area();
	fill(0, PAGES, 1);
	ready();
	check(is_filled(0, PAGES, 1));
	fill(0, PAGES, 2);
	await_end();
	check(is_filled(0, PAGES, 2));
}

static void look_too(void *arg)
{
	child_ready();
	check(wait_until(__atomic_load_n((int *)page(0), __ATOMIC_ACQUIRE) == 4711));
	check(is_filled(1, PAGES, 4));
	fill(PAGES / 2, PAGES, 5);
	__atomic_store_n((int *)page(0), 4712, __ATOMIC_RELEASE);
}

/* Whoever maps it sees the same memory as before: what is replaced is so for all. */
static void written_to_by_two(void)
{
	pid_t pid;

	make_area();
	fill(0, PAGES, 3);
	pid = spawn(look_too, NULL);
	await_child(pid);
	ready();
	check(is_filled(0, PAGES, 3));
	fill(1, PAGES, 4);
	__atomic_store_n((int *)page(0), 4711, __ATOMIC_RELEASE);
	check(wait_until(__atomic_load_n((int *)page(0), __ATOMIC_ACQUIRE) == 4712));
	check(is_filled(1, PAGES / 2, 4) && is_filled(PAGES / 2, PAGES, 5));
	join(pid);
	await_end();
}

/* write(2), and what reads it then: read(2), a private and a shared area */
static void written_to_by_calls(void)
{
	static char buf[3 * PAGE];
	char *private;
	size_t i;

	make_memfd();
	fill(0, PAGES, 1);
	private = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(private != MAP_FAILED);
	pattern_fill(private, PAGE, 99);
	check(pattern_is(private + PAGE, PAGE, 2));
	ready();
	check(is_filled(0, PAGES, 1) && pattern_is(private, PAGE, 99));
	check(pattern_is(private + PAGE, PAGE, 2));
	for (i = 0; i < PAGES; i += 2) {
		pattern_fill(buf, PAGE, 7 + i);
		check(pwrite(fd, buf, PAGE, i * PAGE) == (ssize_t)PAGE);
	}
	/* Across the borders of pages */
	check(pread(fd, buf, sizeof(buf), 10 * PAGE + 5) == (ssize_t)sizeof(buf));
	check(pwrite(fd, buf, sizeof(buf), 20 * PAGE + 5) == (ssize_t)sizeof(buf));
	check(!memcmp(memory + 20 * PAGE + 5, buf, sizeof(buf)));
	check(!memcmp(private + 20 * PAGE + 5, buf, sizeof(buf)));
	check(pattern_is(private, PAGE, 99) && pattern_is(page(2), PAGE, 9));
	check(pattern_is(private + 2 * PAGE, PAGE, 9));
	await_end();
}

static long blocks(void)
{
	struct stat st;

	check(!fstat(fd, &st));
	return st.st_blocks;
}

/* Holes come and go; what the image has is what was there, and where nothing was. */
static void punched_and_filled(void)
{
	long before;

	make_memfd();
	fill(0, PAGES / 2, 1);
	before = blocks();
	check_equal(before, LEN / 2 / 512);
	ready();
	check_equal(blocks(), before);
	check(is_filled(0, PAGES / 2, 1));
	check_equal(lseek(fd, 0, SEEK_HOLE), LEN / 2);
	check(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 5 * PAGE + 100,
			 90 * PAGE));
	check(!page(5)[100] && !page(50)[0] && !page(95)[99] && page(4)[1]);
	fill(PAGES / 2, PAGES, 2);
	check(!fallocate(fd, 0, 0, LEN));
	await_end();
}

static void cut_and_grown(void)
{
	make_memfd();
	fill(0, PAGES, 1);
	ready();
	check(is_filled(0, PAGES, 1));
	check(!ftruncate(fd, 10 * PAGE + 7));
	check(!ftruncate(fd, 2 * LEN));
	check(!memchr(page(10) + 7, 1, 9 * PAGE) && is_filled(0, 10, 1));
	fill(12, PAGES, 2);
	check(is_filled(12, PAGES, 2));
	await_end();
}

/* What was set aside only is zeros, and is there: not a hole. */
static void set_aside(void)
{
	make_memfd();
	fill(0, PAGES / 2, 1);
	check(!fallocate(fd, 0, LEN / 2, LEN / 4));
	ready();
	check_equal(blocks(), LEN / 4 * 3 / 512);
	check(is_filled(0, PAGES / 2, 1) && !memchr(page(PAGES / 2), 1, LEN / 4));
	fill(PAGES / 2, PAGES, 2);
	check(pwrite(fd, "x", 1, LEN / 2 + 1) == 1);
	await_end();
}

static void gone(void *arg)
{
	child_ready();
	check(wait_until(!access(test_file("go1"), F_OK)));
	fill(PAGES / 2, PAGES, 2);
}

/* Areas are moved, made anew and given back, and a process that maps it ends. */
static void mapped_anew(void)
{
	pid_t pid;

	make_memfd();
	fill(0, PAGES, 1);
	pid = spawn(gone, NULL);
	await_child(pid);
	ready();
	check(is_filled(0, PAGES / 2, 1));
	join(pid);
	check(is_filled(PAGES / 2, PAGES, 2));
	memory = mremap(memory, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, memory + 4 * LEN);
	check(memory != MAP_FAILED && is_filled(0, PAGES / 2, 1) && is_filled(PAGES / 2, PAGES, 2));
	check(!munmap(memory, LEN));
	memory = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	check(memory != MAP_FAILED && is_filled(0, PAGES / 2, 1));
	fill(0, PAGES, 3);
	check(!munmap(memory, LEN) && !close(fd));
	await_end();
}

TEST(written_to_meanwhile)
{
	EXPECT_EQ(0, story_changed(written_to, NULL));
}

TEST(written_to_by_two_meanwhile)
{
	EXPECT_EQ(0, story_changed(written_to_by_two, NULL));
}

TEST(written_to_by_calls_meanwhile)
{
	EXPECT_EQ(0, story_changed(written_to_by_calls, NULL));
}

TEST(punched_and_filled_meanwhile)
{
	EXPECT_EQ(0, story_changed(punched_and_filled, NULL));
}

TEST(cut_and_grown_meanwhile)
{
	EXPECT_EQ(0, story_changed(cut_and_grown, NULL));
}

TEST(set_aside_meanwhile)
{
	EXPECT_EQ(0, story_changed(set_aside, NULL));
}

TEST(mapped_anew_meanwhile)
{
	EXPECT_EQ(0, story_changed(mapped_anew, NULL));
}

/* -- from outside ---------------------------------------------------------------------- */

static void written_to_from_outside(void)
{
	make_area();
	fill(0, PAGES, 1);
	write_file("where", &memory, sizeof(memory));
	ready();
	await_end();
	check(is_filled(0, PAGES, access(test_file("outside"), F_OK) ? 1 : 6));
}

static bool write_from_outside(struct subject *s)
{
	struct iovec here = { .iov_len = LEN }, there = { .iov_len = LEN };
	char text[16], *at;
	size_t i;

	if (read_file(test_file("where"), text, sizeof(text)) < (ssize_t)sizeof(at))
		return false;
	memcpy(&at, text, sizeof(at));
	here.iov_base = malloc(LEN);
	there.iov_base = at;
	for (i = 0; i < PAGES; i++)
		pattern_fill((char *)here.iov_base + i * PAGE, PAGE, 6 + i);
	write_file("outside", "", 0);
	return process_vm_writev(s->pid, &here, 1, &there, 1, 0) == (ssize_t)LEN;
}

TEST(from_outside)
{
	EXPECT_EQ(0, story_changed(written_to_from_outside, write_from_outside));
}

/* Another checkpoint, while the first one is not through: it copies, and has what is there now. */
static bool saved_again(struct subject *s)
{
	struct subject again = *s;

	snprintf(again.image, sizeof(again.image), "%s", test_file("second"));
	return subject_save(&again, 0) > 0;
}

TEST(saved_twice_at_once)
{
	EXPECT_EQ(0, story_changed(written_to, saved_again));
	unlink(test_file("second"));
}

/* -- one moment ------------------------------------------------------------------------ */

/* Each page has the number of the round, or that of the round before behind the writer. */
static bool is_of_one_moment(void)
{
	uint64_t first = *(uint64_t *)page(0), last = first;
	size_t i;

	for (i = 1; i < PAGES; i++) {
		uint64_t n = *(uint64_t *)page(i);

		if (n > last || n + 1 < first)
			return false;
		last = n;
	}
	return true;
}

static void never_at_rest(void)
{
	uint64_t round = 0;
	size_t i;

	make_area();
	ready();
	for (i = 0; i % 16 || access(test_file("stop"), F_OK); i = (i + 1) % PAGES) {
		round += !i;
		__atomic_store_n((uint64_t *)page(i), round, __ATOMIC_RELEASE);
		if (round == 3 && !i)
			write_file("runs", "", 0);
	}
	check(is_of_one_moment());
}

#define ROUNDS	8

/* Each image is written while the program goes on, and a copy goes on from where it was held. */
TEST(of_one_moment)
{
	int round, reader;
	struct subject s;
	char name[16];
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, never_at_rest));
	subject_go(&s, 1);
	ASSERT_TRUE(wait_until(!access(test_file("runs"), F_OK)));
	for (round = 0; round < ROUNDS; round++) {
		snprintf(name, sizeof(name), "image%d", round);
		pid = save_to_pipe(&s, 0, &reader);
		ASSERT_TRUE(drain(reader, test_file(name), 1));
		ASSERT_EQ(0, answer_of(pid));
	}
	write_file("stop", "", 0);
	EXPECT_EQ(0, subject_wait(&s));
	for (round = 0; round < ROUNDS; round++) {
		snprintf(name, sizeof(name), "image%d", round);
		snprintf(s.image, sizeof(s.image), "%s", test_file(name));
		ASSERT_EQ(0, subject_restart(&s, 0));
		EXPECT_EQ(0, subject_wait(&s));
	}
}

TEST_HARNESS_MAIN
