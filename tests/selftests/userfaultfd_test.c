// SPDX-License-Identifier: GPL-2.0-only
/*
 * userfaultfd_test.c - memory that a userfaultfd watches: pages that are missing, write-protected
 * or not mapped, who waits for one, what the descriptor has.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "checkpoint_test.h"
#include "userfaultfd.h"

/* -- missing pages -------------------------------------------------------------------- */

/* What is there stays there, pages of zeros as well, and what is missing is missing. */
static void missing(void)
{
	make(0, MISSING);
	check_equal(put_copy(0, 5), 0);
	check_equal(put_zero(1), 0);
	check_equal(put_copy(2, 0), 0);
	check_equal(put_copy(UFFD_PAGES - 1, 0), 0);
	ready();
	expect_nothing();
	check(pattern_is(page(0), UFFD_PAGE, 5));
	check_equal(put_zero(1), EEXIST);
	check_equal(put_zero(2), EEXIST);
	check_equal(put_zero(UFFD_PAGES - 1), EEXIST);
	check_equal(page(1)[0] + page(2)[0] + page(UFFD_PAGES - 1)[0], 0);
	page(1)[0] = 1;
	expect_nothing();
	touch_and_resolve(3);
	touch_and_resolve(UFFD_PAGES - 2);
	check_equal(put_zero(7), 0);
	expect_nothing();
}
TEST_STORIES(missing)

/* Nobody has read of the fault. */
static void waits_for_page(void)
{
	pthread_t thread;

	make(UFFD_FEATURE_THREAD_ID, MISSING);
	thread = start_thread(writes_page, page(4));
	check(wait_until(faults("pending:") == 1));
	ready();
	expect_fault(4, UFFD_PAGEFAULT_FLAG_WRITE);
	check_equal(put_copy(4, 9), 0);
	pthread_join(thread, NULL);
	check_equal(page(4)[0], 77);
	expect_nothing();
}
TEST_STORIES(waits_for_page)

/* One that was read of is reported again, for it is made again. */
static void waits_for_answer(void)
{
	pthread_t thread;
	void *value;

	make(0, MISSING);
	thread = start_thread(reads_page, page(4));
	expect_fault(4, 0);
	check_equal(faults("total:"), 1);
	ready();
	expect_fault(4, 0);
	check_equal(put_zero(4), 0);
	pthread_join(thread, &value);
	check(!value);
	expect_nothing();
}
TEST_STORIES(waits_for_answer)

/* As a program has it: somebody waits in read(2) */
static void handler_thread(void)
{
	static volatile int left = 3;
	pthread_t thread;

	make(0, MISSING);
	check(!fcntl(uffd, F_SETFL, 0));
	thread = start_thread(handles, (void *)&left);
	check(pattern_is(page(0), UFFD_PAGE, 3));
	check(wait_until(left == 2 && is_blocked_in(getpid(), handler, SYS_read)));
	ready();
	check(wait_until(is_blocked_in(getpid(), handler, SYS_read)));
	check(pattern_is(page(0), UFFD_PAGE, 3));
	check(pattern_is(page(1), UFFD_PAGE, 3));
	page(2)[0] = 1;
	pthread_join(thread, NULL);
}
TEST_STORIES(handler_thread)

static void in_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 8 };
	int epoll = epoll_create1(0);
	pthread_t thread;

	make(0, MISSING);
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, uffd, &event));
	ready();
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	thread = start_thread(writes_page, page(1));
	check_equal(epoll_wait(epoll, &event, 1, PATIENCE * 1000), 1);
	check_equal(event.data.u32, 8);
	check_equal(event.events, EPOLLIN);
	expect_fault(1, UFFD_PAGEFAULT_FLAG_WRITE);
	check_equal(put_zero(1), 0);
	pthread_join(thread, NULL);
}
TEST_STORIES(in_epoll)

/* Holes beside huge pages stay holes. */
static void huge_pages(void)
{
	const size_t huge = 2 << 20;
	bool is_huge;
	char *p = mmap(NULL, 4 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	p = (char *)(((uintptr_t)p + huge - 1) & -huge);
	check(!madvise(p, 3 * huge, MADV_HUGEPAGE));
	p[0] = 1;
	uffd = new_uffd(O_NONBLOCK, 0);
	check(!register_pages(uffd, p, 3 * huge, MISSING));
	check_equal(put_copy_by(uffd, p + huge, 6), 0);
	watched = p;
	/* If the machine had one to give */
	is_huge = pagemap_of(page(511)) & PAGE_IS_THERE;
	ready();
	check_equal(p[0], 1);
	check_equal(put_zero(511), is_huge ? EEXIST : 0);
	check_equal(put_zero(512), EEXIST);
	check(pattern_is(p + huge, UFFD_PAGE, 6));
	touch_and_resolve(513);
	touch_and_resolve(2 * 512);
}
TEST_STORIES(huge_pages)

static void sigbus(void)
{
	make(UFFD_FEATURE_SIGBUS, MISSING);
	check_equal(put_copy(0, 5), 0);
	ready();
	check(pattern_is(page(0), UFFD_PAGE, 5));
	/* The kernel's own touch of a missing page is an error. */
	check(open(page(1), O_RDONLY) == -1 && errno == EFAULT);
}
TEST_STORIES(sigbus)

/* -- write protection ------------------------------------------------------------------- */

static void write_and_resolve(unsigned int nr)
{
	pthread_t thread = start_thread(writes_page, page(nr));

	expect_fault(nr, UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP);
	protect(nr, 1, false);
	pthread_join(thread, NULL);
	check_equal(page(nr)[0], 77);
	check(!is_protected(nr));
}

static void write_protected(void)
{
	make(UFFD_FEATURE_PAGEFAULT_FLAG_WP, WP);
	pattern_fill(page(0), 2 * UFFD_PAGE, 4);
	check_equal(page(2)[0], 0);
	page(3)[0] = 0;
	protect(0, 1, true);
	protect(2, 2, true);
	ready();
	expect_nothing();
	check(is_protected(0) && !is_protected(1) && is_protected(2) && is_protected(3));
	check(!is_protected(4));
	check(pattern_is(page(0), 2 * UFFD_PAGE, 4));
	page(1)[0] = 1;
	page(4)[0] = 1;
	expect_nothing();
	write_and_resolve(0);
	write_and_resolve(2);
	write_and_resolve(3);
	expect_nothing();
}
TEST_STORIES(write_protected)

/* A page of zeros is one that can be protected, unlike none. */
static void protected_later(void)
{
	make(UFFD_FEATURE_PAGEFAULT_FLAG_WP, WP);
	check_equal(page(5)[0], 0);
	page(7)[0] = 0;
	ready();
	protect(5, 3, true);
	check(is_protected(5) && !is_protected(6) && is_protected(7));
	write_and_resolve(5);
	write_and_resolve(7);
	page(6)[0] = 1;
	expect_nothing();
}
TEST_STORIES(protected_later)

/* Also where there is no page */
static void protected_holes(void)
{
	make(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_UNPOPULATED, WP | MISSING);
	check_equal(put_copy(0, 5), 0);
	protect(0, 2, true);
	protect(UFFD_PAGES - 1, 1, true);
	ready();
	check(is_protected(0) && is_protected(1) && !is_protected(2));
	check(is_protected(UFFD_PAGES - 1));
	write_and_resolve(0);
	touch_and_resolve(2);
	check_equal(put_zero(UFFD_PAGES - 1), EEXIST);
}
TEST_STORIES(protected_holes)

static void waits_to_write(void)
{
	pthread_t thread;

	make(UFFD_FEATURE_PAGEFAULT_FLAG_WP, WP);
	pattern_fill(page(1), UFFD_PAGE, 4);
	protect(1, 1, true);
	thread = start_thread(writes_page, page(1));
	check(wait_until(faults("pending:") == 1));
	ready();
	expect_fault(1, UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP);
	check((unsigned char)page(1)[0] != 77 || pattern_is(page(1), UFFD_PAGE, 4));
	protect(1, 1, false);
	pthread_join(thread, NULL);
	check_equal(page(1)[0], 77);
}
TEST_STORIES(waits_to_write)

/* Who looks for what has been written to since: nobody is told of a fault. */
static void written_since(void)
{
	int fd = open(test_file("mapped"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *file;

	make(UFFD_FEATURE_WP_ASYNC, WP);
	check(!ftruncate(fd, 2 * UFFD_PAGE));
	file = mmap(NULL, 2 * UFFD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(file != MAP_FAILED && !register_pages(uffd, file, 2 * UFFD_PAGE, WP));
	page(0)[0] = 1;
	file[0] = 1;
	protect(0, UFFD_PAGES, true);
	watched = file;
	protect(0, 2, true);
	ready();
	check(is_protected(0) && is_protected(1));
	file[0] = 2;
	file[UFFD_PAGE] = 2;
	check(!is_protected(0) && !is_protected(1));
}
TEST_STORIES(written_since)

/* -- memory in common ---------------------------------------------------------------------- */

static char *other;

static void make_of_file(int fd, uint64_t features, uint64_t mode)
{
	uffd = new_uffd(O_CLOEXEC | O_NONBLOCK, features);
	check(!ftruncate(fd, UFFD_PAGES * UFFD_PAGE));
	other = mmap(NULL, UFFD_PAGES * UFFD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	watched = mmap(NULL, UFFD_PAGES * UFFD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(other != MAP_FAILED && watched != MAP_FAILED);
	check(!register_pages(uffd, watched, UFFD_PAGES * UFFD_PAGE, mode));
}

static void make_shared(uint64_t features, uint64_t mode)
{
	make_of_file(memfd_create("watched", 0), features, mode);
}

static int map_page(unsigned int nr)
{
	struct uffdio_continue c = { .range = { (uintptr_t)page(nr), UFFD_PAGE } };

	return ioctl(uffd, UFFDIO_CONTINUE, &c) ? errno : 0;
}

static void minor(void)
{
	pthread_t thread;

	make_shared(UFFD_FEATURE_MINOR_SHMEM, MINOR);
	pattern_fill(other, 2 * UFFD_PAGE, 3);
	other[2 * UFFD_PAGE] = 0;
	check_equal(map_page(0), 0);
	check_equal(map_page(2), 0);
	ready();
	check_equal(map_page(0), EEXIST);
	check_equal(map_page(2), EEXIST);
	expect_nothing();
	thread = start_thread(writes_page, page(1));
	expect_fault(1, UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_MINOR);
	check_equal(map_page(1), 0);
	pthread_join(thread, NULL);
	check_equal(other[UFFD_PAGE], 77);
	check(pattern_is(page(0), UFFD_PAGE, 3));
	expect_nothing();
}
TEST_STORIES(minor)

static void maps_file(void)
{
	int i;

	check(!mkdir("shm", 0755) && !mount("none", "shm", "tmpfs", 0, NULL));
	make_of_file(open("shm/file", O_RDWR | O_CREAT, 0600), UFFD_FEATURE_MINOR_SHMEM, MINOR);
	pattern_fill(other, UFFD_PAGES * UFFD_PAGE, 3);
	for (i = 0; i < UFFD_PAGES; i++)
		check_equal(map_page(i), 0);
	ready();
	check_equal(map_page(0), EEXIST);
	check(pattern_is(page(0), 2 * UFFD_PAGE, 3));
	check(map_page(2) && map_page(UFFD_PAGES - 1));
	expect_nothing();
}

/* Somebody has cut off what was mapped of it: those pages are missing, as they were at once. */
TEST(file_is_shorter)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, maps_file));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, truncate(test_file("shm/file"), 2 * UFFD_PAGE));
	ASSERT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, umount(test_file("shm")));
}

static void shared_and_missing(void)
{
	make_shared(UFFD_FEATURE_MISSING_SHMEM, MISSING);
	check_equal(put_copy(0, 5), 0);
	other[UFFD_PAGE] = 0;
	ready();
	check(pattern_is(page(0), UFFD_PAGE, 5));
	check(pattern_is(other, UFFD_PAGE, 5));
	check_equal(page(1)[0], 0);
	expect_nothing();
	touch_and_resolve(2);
	check_equal(other[2 * UFFD_PAGE], 77);
}
TEST_STORIES(shared_and_missing)

static void shared_and_protected(void)
{
	make_shared(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM, WP);
	page(0)[0] = 1;
	page(1)[0] = 1;
	protect(0, 1, true);
	protect(5, 1, true);
	ready();
	check(is_protected(0) && !is_protected(1) && is_protected(5));
	other[0] = 2;
	page(1)[0] = 2;
	expect_nothing();
	write_and_resolve(0);
}
TEST_STORIES(shared_and_protected)

/* -- what the descriptor has ------------------------------------------------------------------ */

static void features_of(int fd, char *line)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	check(read_file(path, text, sizeof(text)) > 0);
	at = strstr(text, "API:");
	check(at);
	strcpy(line, at);
}

static void features_and_flags(void)
{
	char before[512], after[512], fresh_before[512];
	struct uffdio_api api = { .api = UFFD_API };
	int fresh = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	struct uffd_msg msg;
	struct pollfd p = { .fd = fresh, .events = POLLIN };
	pthread_t thread;

	make(UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EXACT_ADDRESS, MISSING | WP);
	features_of(uffd, before);
	features_of(fresh, fresh_before);
	ready();
	features_of(uffd, after);
	check(!strcmp(before, after));
	features_of(fresh, after);
	check(!strcmp(fresh_before, after));
	check_equal(fcntl(uffd, F_GETFL), O_RDONLY | O_NONBLOCK);
	check_equal(fcntl(fresh, F_GETFL), O_RDONLY);
	check_equal(fcntl(uffd, F_GETFD), FD_CLOEXEC);
	check(ioctl(uffd, UFFDIO_API, &api) == -1 && errno == EINVAL);
	/* UFFDIO_API was not called yet. */
	check(poll(&p, 1, 0) == 1 && p.revents == POLLERR);
	check(read(fresh, &msg, sizeof(msg)) == -1 && errno == EINVAL);
	api = (struct uffdio_api) { .api = UFFD_API };
	check(!ioctl(fresh, UFFDIO_API, &api));
	check(register_pages(fresh, watched, UFFD_PAGE, MISSING) == -1 && errno == EBUSY);
	thread = start_thread(unmaps, NULL);
	check(next_message_of(uffd, &msg));
	check_equal(msg.event, UFFD_EVENT_UNMAP);
	check_equal(msg.arg.remove.start, (uintptr_t)page(2));
	pthread_join(thread, NULL);
}
TEST_STORIES(features_and_flags)

/* Neighbours that differ in who watches them, or how, or not at all */
static void several(void)
{
	int second = new_uffd(O_NONBLOCK, 0), first;
	struct uffdio_range range;

	make(0, MISSING);
	first = uffd;
	range = (struct uffdio_range) { (uintptr_t)page(4), 4 * UFFD_PAGE };
	check(!ioctl(first, UFFDIO_UNREGISTER, &range));
	check(!register_pages(second, page(6), 2 * UFFD_PAGE, MISSING | WP));
	check(!munmap(page(10), UFFD_PAGE));
	ready();
	page(4)[0] = 1;
	touch_and_resolve(3);
	touch_and_resolve(8);
	check(register_pages(first, page(6), UFFD_PAGE, MISSING) == -1 && errno == EBUSY);
	uffd = second;
	touch_and_resolve(6);
	protect(7, 1, true);
	check(!register_pages(second, page(5), UFFD_PAGE, MISSING));
	touch_and_resolve(5);
}
TEST_STORIES(several)

TEST_HARNESS_MAIN
