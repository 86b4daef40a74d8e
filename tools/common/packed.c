// SPDX-License-Identifier: GPL-2.0-only
/*
 * packed.c - compressed files, by their first bytes.
 */
#include <stddef.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "compiler.h"
#include "packed.h"

static const struct packing {
	const char *magic;
	size_t len;
	const char *command;
} packings[] = {
	{ "\x28\xb5\x2f\xfd", 4, "zstd -dc" },
	{ "\x1f\x8b", 2, "gzip -dc" },
	{ "\xfd\x37zXZ", 6, "xz -dc" },
	{ "\x04\x22\x4d\x18", 4, "lz4 -dc" },
};

const char *packed_command(int fd)
{
	char bytes[8] = "";
	ssize_t got = pread(fd, bytes, sizeof(bytes), 0);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(packings); i++)
		if (got >= (ssize_t)packings[i].len &&
		    !memcmp(bytes, packings[i].magic, packings[i].len))
			return packings[i].command;
	return NULL;
}
