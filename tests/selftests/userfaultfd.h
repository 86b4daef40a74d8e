/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userfaultfd.h - what the tests of userfaultfds share: one that watches some pages, and
 * threads that touch them.
 */
#ifndef _USERFAULTFD_H
#define _USERFAULTFD_H

#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

/* Newer than some <linux/userfaultfd.h> */
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED	(1 << 13)
#endif
#ifndef UFFDIO_POISON
#define UFFD_FEATURE_POISON	(1 << 14)
#define UFFDIO_POISON		_IOWR(UFFDIO, 0x08, struct uffdio_poison)

struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC	(1 << 15)
#endif

#define UFFD_PAGE	4096UL
#define UFFD_PAGES	16

#define MISSING	UFFDIO_REGISTER_MODE_MISSING
#define WP	UFFDIO_REGISTER_MODE_WP
#define MINOR	UFFDIO_REGISTER_MODE_MINOR

static int uffd = -1;
static char *watched;

static inline int new_uffd(int flags, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, flags);

	check(fd >= 0 && !ioctl(fd, UFFDIO_API, &api));
	return fd;
}

static inline char *page(unsigned int nr)
{
	return watched + nr * UFFD_PAGE;
}

static inline int register_pages(int fd, void *start, size_t len, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)start, .len = len },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &reg);
}

static inline char *new_memory(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	/* A huge page would be one page of it. */
	check(!madvise(p, len, MADV_NOHUGEPAGE));
	return p;
}

/* UFFD_PAGES pages of private memory, and a userfaultfd that watches them */
static inline void make(uint64_t features, uint64_t mode)
{
	uffd = new_uffd(O_CLOEXEC | O_NONBLOCK, features);
	watched = new_memory(UFFD_PAGES * UFFD_PAGE);
	check(!register_pages(uffd, watched, UFFD_PAGES * UFFD_PAGE, mode));
}

/* Return: 0 or errno */
static inline int put_zero(unsigned int nr)
{
	struct uffdio_zeropage z = { .range = { (uintptr_t)page(nr), UFFD_PAGE } };

	return ioctl(uffd, UFFDIO_ZEROPAGE, &z) ? errno : 0;
}

static inline int put_copy_by(int fd, void *at, uint64_t seed)
{
	static __thread char data[UFFD_PAGE] __attribute__((aligned(4096)));
	struct uffdio_copy c = {
		.dst = (uintptr_t)at, .src = (uintptr_t)data, .len = UFFD_PAGE,
	};

	memset(data, 0, sizeof(data));
	if (seed)
		pattern_fill(data, sizeof(data), seed);
	return ioctl(fd, UFFDIO_COPY, &c) ? errno : 0;
}

static inline int put_copy(unsigned int nr, uint64_t seed)
{
	return put_copy_by(uffd, page(nr), seed);
}

static inline void protect(unsigned int nr, unsigned int pages, bool on)
{
	struct uffdio_writeprotect w = {
		.range = { (uintptr_t)page(nr), pages * UFFD_PAGE },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	check(!ioctl(uffd, UFFDIO_WRITEPROTECT, &w));
}

/* One of a fault that somebody makes again just now is gone before it is read. */
static inline bool next_message_of(int fd, struct uffd_msg *msg)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do {
		check(poll(&p, 1, PATIENCE * 1000) == 1 && p.revents == POLLIN);
		n = read(fd, msg, sizeof(*msg));
	} while (n < 0 && errno == EAGAIN);
	return n == sizeof(*msg);
}

/* The next message is of a fault at a page */
static inline void expect_fault(unsigned int nr, uint64_t flags)
{
	struct uffd_msg msg;

	check(next_message_of(uffd, &msg));
	check_equal(msg.event, UFFD_EVENT_PAGEFAULT);
	check_equal(msg.arg.pagefault.address, (uintptr_t)page(nr));
	check_equal(msg.arg.pagefault.flags, flags);
}

static inline void expect_nothing(void)
{
	struct uffd_msg msg;

	check(read(uffd, &msg, sizeof(msg)) == -1 && errno == EAGAIN);
}

/* How many faults the kernel has, as "pending" or "total" of /proc/self/fdinfo */
static inline int faults(const char *what)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", uffd);
	check(read_file(path, text, sizeof(text)) > 0);
	at = strstr(text, what);
	check(at);
	return atoi(at + strlen(what) + 1);
}

static inline void *reads_page(void *p)
{
	return (void *)(uintptr_t)*(volatile unsigned char *)p;
}

static inline void *writes_page(void *p)
{
	*(volatile unsigned char *)p = 77;
	return NULL;
}

static inline pthread_t start_thread(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, run, arg));
	return thread;
}

/* The entry of /proc/self/pagemap */
#define PAGE_IS_WP	(1ULL << 57)
#define PAGE_IS_THERE	(1ULL << 63)

static inline uint64_t pagemap_of(const void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;

	check(pread(fd, &entry, 8, (uintptr_t)p / UFFD_PAGE * 8) == 8);
	close(fd);
	return entry;
}

static inline bool is_protected(unsigned int nr)
{
	return pagemap_of(page(nr)) & PAGE_IS_WP;
}

static inline void touch_and_resolve(unsigned int nr)
{
	pthread_t thread = start_thread(writes_page, page(nr));

	expect_fault(nr, UFFD_PAGEFAULT_FLAG_WRITE);
	check_equal(put_copy(nr, nr + 1), 0);
	pthread_join(thread, NULL);
	check_equal(page(nr)[0], 77);
}

static pid_t handler;

/* Answers so many faults, whoever asks */
static inline void *handles(void *arg)
{
	struct uffd_msg msg;
	volatile int *left = arg;

	handler = gettid();
	for (; *left; (*left)--) {
		check(read(uffd, &msg, sizeof(msg)) == sizeof(msg));
		check_equal(msg.event, UFFD_EVENT_PAGEFAULT);
		check_equal(put_copy_by(uffd, (void *)(msg.arg.pagefault.address & -UFFD_PAGE),
					3), 0);
	}
	return NULL;
}

static inline void *unmaps(void *arg)
{
	check(!munmap(page(2), UFFD_PAGE));
	return arg;
}

/* The line of /proc/self/fdinfo about features */

#endif /* _USERFAULTFD_H */
