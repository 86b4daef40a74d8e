// SPDX-License-Identifier: GPL-2.0-only
/*
 * behind.c - a program is saved by a child of the test, which meanwhile does something
 * else: looks whether the program stands or runs, kills one of the two, reads slowly.
 */
#include <poll.h>

#include "subject.h"

pid_t save_behind(struct subject *s, int fd, unsigned long flags)
{
	pid_t pid = fork();
	long ret;

	if (pid)
		return pid;
	if (fd > 3)
		close_range(3, fd - 1, 0);
	close_range(fd + 1, ~0U, 0);
	ret = sys_checkpoint(s->pid, fd, flags, NULL, 0);
	_exit(ret < 0 ? -ret : 0);
}

pid_t save_to_pipe(struct subject *s, unsigned long flags, int *reader)
{
	struct pollfd ready = { .events = POLLIN };
	int fds[2];
	pid_t pid;

	check(!pipe2(fds, O_CLOEXEC));
	pid = save_behind(s, fds[1], flags);
	close(fds[1]);
	ready.fd = fds[0];
	check(poll(&ready, 1, PATIENCE * 1000) == 1);
	*reader = fds[0];
	return pid;
}

int answer_of(pid_t pid)
{
	int status;

	if (!wait_until(waitpid(pid, &status, WNOHANG) == pid))
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void *big_memory(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	pattern_fill(p, len, 1);
	return p;
}

void ticks_in_a_file(void)
{
	int fd = open(test_file("ticks"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	volatile uint64_t *ticks;

	check(!ftruncate(fd, 4096));
	ticks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(ticks != MAP_FAILED && !close(fd));
	write_file("ready1", "", 0);
	while (access(test_file("go1"), F_OK)) {
		++*ticks;
		sleep_ms(1);
	}
}

uint64_t ticks_now(void)
{
	int fd = open(test_file("ticks"), O_RDONLY | O_CLOEXEC);
	uint64_t n = 0;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		n = 0;
	close(fd);
	return n;
}
