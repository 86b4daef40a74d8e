// SPDX-License-Identifier: GPL-2.0-only
/*
 * yardstick - what the machine itself takes for the same.
 *
 *	yardstick WHAT RUNS [BYTES [FILE]]
 *
 * Prints the nanoseconds of each run on a line of its own.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096UL
#define PIECE		(4UL << 20)	/* bytes of one write or read */
#define CALLS		200000		/* of getpid() in one run */
#define FAULT_PAGES	4096UL		/* touched in one run */
#define SPAWNS		20		/* processes in one run */

static size_t bytes;
static const char *path;

/* The compiler must not think that nobody looks at it. */
static void use(const void *p)
{
	__asm__ __volatile__("" : : "r" (p) : "memory");
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void *fresh(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

static uint64_t *dirty(void)
{
	static uint64_t *p;
	size_t i;

	if (p)
		return p;
	p = fresh(bytes);
	for (i = 0; i < bytes / sizeof(*p); i++)
		p[i] = (i + 1) * 0x9e3779b97f4a7c15ULL;
	return p;
}

/* -- of so many bytes ------------------------------------------------------ */

static uint64_t write_run(void)
{
	char *p = (char *)dirty();
	uint64_t start;
	size_t done;
	int fd;

	unlink(path);
	start = now();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	for (done = 0; done < bytes; done += PIECE) {
		size_t part = bytes - done < PIECE ? bytes - done : PIECE;

		if (write(fd, p + done, part) != (ssize_t)part)
			err(1, "write");
	}
	close(fd);
	return now() - start;
}

/* The file is what "write" left. */
static void read_all(char *p, bool over)
{
	int fd = open(path, O_RDONLY);
	size_t done;

	for (done = 0; done < bytes; done += PIECE) {
		size_t part = bytes - done < PIECE ? bytes - done : PIECE;

		if (read(fd, over ? p : p + done, part) != (ssize_t)part)
			err(1, "read");
	}
	close(fd);
}

static uint64_t read_run(void)
{
	uint64_t start = now(), took;
	char *p = fresh(bytes);

	read_all(p, false);
	took = now() - start;
	munmap(p, bytes);
	return took;
}

/* Into one buffer again and again */
static uint64_t pass_run(void)
{
	static char buffer[PIECE];
	uint64_t start;

	memset(buffer, 1, sizeof(buffer));
	start = now();
	read_all(buffer, true);
	return now() - start;
}

/* Into fresh memory, in user space */
static uint64_t copy_run(void)
{
	uint64_t *from = dirty(), start = now(), took;
	void *to = fresh(bytes);

	memcpy(to, from, bytes);
	took = now() - start;
	use(to);
	munmap(to, bytes);
	return took;
}

/* What a guest touches for the first time, its host has to provide. */
static uint64_t touch_run(void)
{
	char *p = fresh(bytes);
	uint64_t start = now();
	size_t i;

	for (i = 0; i < bytes; i += PAGE)
		__atomic_store_n(p + i, 1, __ATOMIC_RELAXED);
	munmap(p, bytes);
	return now() - start;
}

/* -- of single operations: nanoseconds each --------------------------------- */

static uint64_t getpid_run(void)
{
	uint64_t start = now();
	int i;

	for (i = 0; i < CALLS; i++)
		syscall(SYS_getpid);
	return (now() - start) / CALLS;
}

static uint64_t fault_run(void)
{
	size_t size = FAULT_PAGES * PAGE, i;
	char *p = fresh(size);
	uint64_t start, took;

	madvise(p, size, MADV_NOHUGEPAGE);
	start = now();
	for (i = 0; i < size; i += PAGE)
		__atomic_store_n(p + i, 1, __ATOMIC_RELAXED);
	took = now() - start;
	munmap(p, size);
	return took / FAULT_PAGES;
}

static void must_wait(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		errx(1, "a child failed");
}

/* The parent's call alone */
static uint64_t fork_run(void)
{
	uint64_t took = 0;
	int i;

	for (i = 0; i < SPAWNS; i++) {
		uint64_t start = now();
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		took += now() - start;
		must_wait(pid);
	}
	return took / SPAWNS;
}

/* From the child's last instruction to its being collected */
static uint64_t exit_run(void)
{
	uint64_t *told = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	uint64_t took = 0;
	int i;

	if (told == MAP_FAILED)
		err(1, "mmap");
	for (i = 0; i < SPAWNS; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			*told = now();
			_exit(0);
		}
		must_wait(pid);
		took += now() - *told;
	}
	munmap(told, PAGE);
	return took / SPAWNS;
}

/* A program started and collected */
static uint64_t spawn(char *const argv[])
{
	uint64_t start = now();
	pid_t pid = vfork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	must_wait(pid);
	return now() - start;
}

static uint64_t true_run(void)
{
	return spawn((char *[]) { "/bin/true", NULL });
}

/* A static program that does nothing: this one */
static uint64_t exec_run(void)
{
	uint64_t took = 0;
	int i;

	for (i = 0; i < SPAWNS; i++)
		took += spawn((char *[]) { "/proc/self/exe", "nothing", "0", NULL });
	return took / SPAWNS;
}

/* Single operations are compared between kernels: on one processor. */
static const struct {
	const char *name;
	uint64_t (*run)(void);
	bool pinned;
} yardsticks[] = {
	{ .name = "write", .run = write_run },
	{ .name = "read", .run = read_run },
	{ .name = "copy", .run = copy_run },
	{ .name = "pass", .run = pass_run },
	{ .name = "touch", .run = touch_run },
	{ .name = "true", .run = true_run },
	{ .name = "getpid", .run = getpid_run, .pinned = true },
	{ .name = "fault", .run = fault_run, .pinned = true },
	{ .name = "fork", .run = fork_run, .pinned = true },
	{ .name = "exit", .run = exit_run, .pinned = true },
	{ .name = "exec", .run = exec_run, .pinned = true },
};

static void pin(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
}

int main(int argc, char **argv)
{
	size_t i;
	long runs;

	if (argc < 3)
		errx(2, "usage: yardstick WHAT RUNS [BYTES [FILE]]");
	if (!strcmp(argv[1], "nothing"))
		return 0;
	runs = strtol(argv[2], NULL, 10);
	bytes = argc > 3 ? strtoul(argv[3], NULL, 10) / PAGE * PAGE : 0;
	path = argc > 4 ? argv[4] : NULL;

	for (i = 0; i < sizeof(yardsticks) / sizeof(*yardsticks); i++) {
		if (strcmp(yardsticks[i].name, argv[1]))
			continue;
		if (yardsticks[i].pinned)
			pin();
		yardsticks[i].run();	/* the first is not counted */
		while (runs-- > 0)
			printf("%llu\n", (unsigned long long)yardsticks[i].run());
		return 0;
	}
	errx(2, "no yardstick '%s'", argv[1]);
}
