/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuse_server.h - a FUSE server that knows a directory with one file.
 *
 * Its process is a child of the test, or of the subject.
 */
#ifndef _FUSE_SERVER_H
#define _FUSE_SERVER_H

#include <linux/fuse.h>
#include <sys/mount.h>

#include "subject.h"

#define PLACE	"/tmp/served"
#define SIZE	4096

static int device = -1;
static uint32_t server_flags;		/* FUSE_POSIX_LOCKS ... */
static bool writes_fail;
static bool stops_at_fsync;

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	static char buf[SIZE + 64] __attribute__((aligned(8)));
	struct fuse_out_header *out = (void *)buf;

	out->len = sizeof(*out) + len;
	out->error = error;
	out->unique = in->unique;
	memcpy(out + 1, data, len);
	if (write(device, buf, out->len) != (ssize_t)out->len)
		_exit(errno == ENODEV ? 0 : 1);
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node,
		.size = node == FUSE_ROOT_ID ? 0 : SIZE,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0777 : S_IFREG | 0666,
		.nlink = 1,
	};
}

static void look_up(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out entry = { .nodeid = 2, .attr = attributes(2) };

	if (strcmp(name, "file"))
		answer(in, -ENOENT, NULL, 0);
	else
		answer(in, 0, &entry, sizeof(entry));
}

static void serve_one(const struct fuse_in_header *in)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096, .flags = server_flags,
	};
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	struct fuse_open_out opened = { .fh = 1 };
	const struct fuse_write_in *write_in = (const void *)(in + 1);
	struct fuse_write_out written = { 0 };
	static const char zeros[SIZE];

	switch (in->opcode) {
	case FUSE_INIT:
		answer(in, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		look_up(in, (const char *)(in + 1));
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer(in, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(in, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer(in, 0, zeros, sizeof(zeros));
		break;
	case FUSE_WRITE:
		written.size = write_in->size;
		answer(in, writes_fail ? -EIO : 0, &written, writes_fail ? 0 : sizeof(written));
		break;
	case FUSE_FSYNC:
		if (stops_at_fsync)
			raise(SIGSTOP);
		answer(in, 0, NULL, 0);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_SETLK:
		answer(in, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(in, -ENOSYS, NULL, 0);
	}
}

static void serve(void *arg)
{
	static char buf[8192 * 17] __attribute__((aligned(8)));

	(void)arg;
	while (read(device, buf, sizeof(buf)) > 0 || errno == EINTR || errno == ENOENT)
		serve_one((void *)buf);
}

static bool begin(void)
{
	char options[64];

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return false;
	if (mkdir(PLACE, 0755) && errno != EEXIST)
		return false;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	return !mount("served", PLACE, "fuse", 0, options);
}

static void end(pid_t server)
{
	umount2(PLACE, MNT_DETACH);
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	close(device);
}

/* A server outside of what is saved */
static pid_t begin_outside(void)
{
	pid_t pid;

	if (!begin())
		return -1;
	pid = spawn(serve, NULL);
	close(device);
	return pid;
}

#endif /* _FUSE_SERVER_H */
