// SPDX-License-Identifier: GPL-2.0-only
/*
 * read.c - read images from memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test.h"

/* A descriptor at the start of @len bytes; one file serves all tests. */
int open_bytes(const void *bytes, size_t len)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, bytes, len, 0) != (ssize_t)len ||
	    lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

int verify_bytes(const void *bytes, size_t len, struct checkpoint_error *error)
{
	return ckpt_image_verify(open_bytes(bytes, len), error);
}

/* Verify and free: -1000 if the message is not the one that was expected. */
int verify_writer(struct writer *writer, const char *message)
{
	struct checkpoint_error error;
	int ret = verify_bytes(writer->bytes, writer->len, &error);

	writer_free(writer);
	if (ret && message && !strstr(error.message, message)) {
		printf("# got: %s\n", error.message);
		return -1000;
	}
	return ret;
}
