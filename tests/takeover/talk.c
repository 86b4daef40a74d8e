// SPDX-License-Identifier: GPL-2.0-only
/*
 * talk - one end of a stream both ways of which every byte is known.
 *
 *	talk listen|connect ADDRESS PORT
 *
 * Both send some megabytes, a little at a time, and then end their way.  The status is 0 if
 * all came that the other one has sent, and nothing else; errno, if anything failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BYTES	(3 << 20)
#define AT_ONCE	(BYTES / 100)
#define PAUSE	50	/* ms */

static uint8_t byte_at(uint32_t at, int side)
{
	return at * 11 + at / 253 + at / 65536 + side;
}

static void check(int ok)
{
	if (ok)
		return;
	perror("talk");
	exit(errno ?: 99);
}

static int make_end(int listens, const struct sockaddr_in *in)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	check(fd >= 0);
	if (!listens) {
		check(!connect(fd, (const struct sockaddr *)in, sizeof(*in)));
		return fd;
	}
	check(!bind(fd, (const struct sockaddr *)in, sizeof(*in)) && !listen(fd, 1));
	fd = accept(fd, NULL, NULL);
	check(fd >= 0);
	return fd;
}

static uint32_t put(int fd, uint32_t sent, int side)
{
	static uint8_t out[AT_ONCE];
	uint32_t len = BYTES - sent < AT_ONCE ? BYTES - sent : AT_ONCE, i;
	ssize_t n;

	for (i = 0; i < len; i++)
		out[i] = byte_at(sent + i, side);
	n = send(fd, out, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	check(n > 0 || errno == EAGAIN);
	sent += n > 0 ? n : 0;
	if (sent == BYTES)
		check(!shutdown(fd, SHUT_WR));
	return sent;
}

/* Return: how many there were, 0 at the end */
static uint32_t get(int fd, uint32_t received, int side)
{
	static uint8_t in[AT_ONCE];
	ssize_t n = recv(fd, in, sizeof(in), 0), i;

	check(n >= 0);
	for (i = 0; i < n; i++) {
		if (in[i] == byte_at(received + i, side))
			continue;
		fprintf(stderr, "talk: byte %u is wrong\n", (unsigned int)(received + i));
		exit(98);
	}
	return n;
}

/* What is there to be received is received in between. */
static void talk(int fd, int side)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const struct timespec pause = { .tv_nsec = PAUSE * 1000000 };
	uint32_t sent = 0, received = 0, n = 1;

	while (n || sent < BYTES) {
		if (sent < BYTES)
			sent = put(fd, sent, side);
		while (n && poll(&p, 1, sent < BYTES ? 0 : -1) == 1) {
			n = get(fd, received, !side);
			received += n;
		}
		nanosleep(&pause, NULL);
	}
	if (received != BYTES) {
		fprintf(stderr, "there came %u bytes\n", received);
		exit(97);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int listens;

	if (argc != 4 || inet_pton(AF_INET, argv[2], &in.sin_addr) != 1)
		return 96;
	in.sin_port = htons(atoi(argv[3]));
	listens = !strcmp(argv[1], "listen");
	talk(make_end(listens, &in), listens);
	return 0;
}
