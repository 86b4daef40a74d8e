/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unix.h - what the tests of unix sockets share.
 */
#ifndef _UNIX_H
#define _UNIX_H

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "forged.h"

/* The rest of an image that is written to a pipe */
static inline void drain(int fd)
{
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

/* A name: below the test's directory, or abstract if it begins with '@'.  Return: its length */
static inline socklen_t unix_name(struct sockaddr_un *name, const char *text)
{
	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	strcpy(name->sun_path, text[0] == '@' ? text : test_file(text));
	if (text[0] != '@')
		return offsetof(struct sockaddr_un, sun_path) + strlen(name->sun_path) + 1;
	name->sun_path[0] = 0;
	return offsetof(struct sockaddr_un, sun_path) + strlen(text);
}

static inline int bound(int type, const char *text)
{
	struct sockaddr_un name;
	socklen_t len = unix_name(&name, text);
	int fd = socket(AF_UNIX, type, 0);

	check(fd >= 0 && !bind(fd, (struct sockaddr *)&name, len));
	return fd;
}

static inline int listening(int type, const char *text, int backlog)
{
	int fd = bound(type, text);

	check(!listen(fd, backlog));
	return fd;
}

static inline int connect_fd(int fd, const char *text)
{
	struct sockaddr_un name;
	socklen_t len = unix_name(&name, text);

	return connect(fd, (struct sockaddr *)&name, len);
}

static inline int connected(int type, const char *text)
{
	int fd = socket(AF_UNIX, type, 0);

	check(!connect_fd(fd, text));
	return fd;
}

static inline void send_text(int fd, const char *text)
{
	check(send(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
}

static inline void expect(int fd, const char *text)
{
	char buf[64] = "";

	check(recv(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(text));
	check(!strcmp(buf, text));
}

static inline void expect_nothing(int fd)
{
	char buf[64];

	check(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == -1 && errno == EAGAIN);
}

/* Both show the name, as getsockname(2) and getpeername(2) do. */
static inline void shows(int fd, const char *own, const char *peers)
{
	struct sockaddr_un name, shown;
	socklen_t len, want;

	len = sizeof(shown);
	check(!getsockname(fd, (struct sockaddr *)&shown, &len));
	want = own ? unix_name(&name, own) : offsetof(struct sockaddr_un, sun_path);
	check_equal(len, want);
	check(!own || !memcmp(&name, &shown, len));
	len = sizeof(shown);
	check(!getpeername(fd, (struct sockaddr *)&shown, &len));
	want = peers ? unix_name(&name, peers) : offsetof(struct sockaddr_un, sun_path);
	check_equal(len, want);
	check(!peers || !memcmp(&name, &shown, len));
}

#endif /* _UNIX_H */
