// SPDX-License-Identifier: GPL-2.0-only
/*
 * subject - the program that the benchmark checkpoints: so much dirty memory, so
 * many processes or threads, and one thread that spins and looks at the clock.
 *
 *	subject MEBIBYTES PROCESSES THREADS [shared | memfd | unix | tcp | FILE]
 *
 * Each process has MEBIBYTES of dirty memory: private, shared anonymous, that of a memfd, or
 * with FILE, which is as large, a private mapping of that, all written to.  With unix or tcp the first
 * has a thousand pairs of such sockets, connected with each other.  When all is set up it tells
 * the address of its control block, through which /proc/PID/mem reads and
 * asks: no descriptor or signal is needed for that.
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK (64 << 10)

/**
 * struct control - what the benchmark reads and writes from outside
 * @longest_ns: longest time between two looks at the clock; written to reset
 * @looks: how often it looked
 * @ask_fork: 1 to have it fork; 0 again when done
 * @fork_ns: how long that fork() took
 */
static struct control {
	uint64_t longest_ns;
	uint64_t looks;
	uint64_t ask_fork;
	uint64_t fork_ns;
} control;

static uint64_t get(const uint64_t *field)
{
	return __atomic_load_n(field, __ATOMIC_RELAXED);
}

static void put(uint64_t *field, uint64_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static const char *what;

static void *map(size_t bytes)
{
	int fd = -1, flags = MAP_PRIVATE;
	void *p;

	if (what && !strcmp(what, "shared")) {
		flags = MAP_SHARED;
	} else if (what && !strcmp(what, "memfd")) {
		flags = MAP_SHARED;
		fd = memfd_create("subject", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, bytes))
			err(1, "memfd");
	} else if (what) {
		fd = open(what, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err(1, "%s", what);
	}
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	if (p == MAP_FAILED)
		err(1, "mmap");
	if (fd >= 0)
		close(fd);
	return p;
}

/* No page is zero and no two are the same. */
static void dirty(size_t bytes)
{
	unsigned char *p;
	size_t i;

	if (!bytes)
		return;
	p = map(bytes);
	for (i = 0; i < bytes; i += sizeof(uint64_t))
		*(uint64_t *)(p + i) = (i + 1) * 0x9e3779b97f4a7c15ULL ^ getpid();
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void start_threads(long nr)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	while (nr-- > 0) {
		if (pthread_create(&thread, &attr, wait_for_ever, NULL))
			errx(1, "no thread");
	}
}

/* Each child tells through the pipe that it is ready. */
static void start_processes(long nr, size_t bytes)
{
	int ready[2];
	long i;
	char c;

	if (nr <= 0)
		return;
	if (pipe(ready))
		err(1, "pipe");
	for (i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			dirty(bytes);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			close(ready[0]);
			close(ready[1]);
			close(STDOUT_FILENO);
			wait_for_ever(NULL);
		}
	}
	for (i = 0; i < nr; i++) {
		if (read(ready[0], &c, 1) != 1)
			errx(1, "a child failed");
	}
	close(ready[0]);
	close(ready[1]);
}

#define PAIRS 1000

/* They end without TIME_WAIT, in which the next restart would find its ports. */
static int tcp_socket(int fd)
{
	struct linger reset = { .l_onoff = 1 };

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
		err(1, "socket");
	return fd;
}

static void connect_tcp(int listener)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t len = sizeof(name);
	int fd = tcp_socket(socket(AF_INET, SOCK_STREAM, 0));

	if (getsockname(listener, (struct sockaddr *)&name, &len) ||
	    connect(fd, (struct sockaddr *)&name, len))
		err(1, "connect");
	tcp_socket(accept(listener, NULL, NULL));
}

static void start_sockets(void)
{
	struct rlimit limit = { 2 * PAIRS + 64, 2 * PAIRS + 64 };
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fds[2], listener = -1, i;

	setrlimit(RLIMIT_NOFILE, &limit);
	if (!strcmp(what, "tcp")) {
		listener = tcp_socket(socket(AF_INET, SOCK_STREAM, 0));
		if (bind(listener, (struct sockaddr *)&name, sizeof(name)) || listen(listener, 1))
			err(1, "listen");
	}
	for (i = 0; i < PAIRS; i++) {
		if (listener >= 0)
			connect_tcp(listener);
		else if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
			err(1, "socketpair");
	}
}

static void serve_fork(void)
{
	uint64_t start = now();
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	put(&control.fork_ns, now() - start);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		put(&control.fork_ns, 0);
	put(&control.ask_fork, 0);
}

static void spin(void)
{
	uint64_t last = now();

	for (;;) {
		uint64_t time = now();

		if (time - last > get(&control.longest_ns))
			put(&control.longest_ns, time - last);
		last = time;
		put(&control.looks, get(&control.looks) + 1);
		if (get(&control.ask_fork)) {
			serve_fork();
			last = now();
		}
	}
}

int main(int argc, char **argv)
{
	size_t bytes;

	if (argc != 4 && argc != 5)
		errx(2, "usage: subject MEBIBYTES PROCESSES THREADS [shared | memfd | unix | tcp | FILE]");
	what = argv[4];
	bytes = strtoul(argv[1], NULL, 10) << 20;
	start_processes(strtol(argv[2], NULL, 10) - 1, bytes);
	dirty(bytes);
	if (what && (!strcmp(what, "unix") || !strcmp(what, "tcp")))
		start_sockets();
	start_threads(strtol(argv[3], NULL, 10) - 1);

	dprintf(STDOUT_FILENO, "%lu\n", (unsigned long)&control);
	if (dup2(STDIN_FILENO, STDOUT_FILENO) < 0)	/* both are /dev/null now */
		err(1, "dup2");
	spin();
}
