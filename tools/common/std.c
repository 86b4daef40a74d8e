// SPDX-License-Identifier: GPL-2.0-only
/*
 * std.c - standard descriptors that were closed when the tool was started.
 */
#include <fcntl.h>
#include <unistd.h>

#include "std.h"

static bool closed[3];

void std_fill(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		closed[fd] = true;
		/* the lowest number that is free is this one */
		if (open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return;
	}
}

bool std_was_closed(int fd)
{
	return fd >= 0 && fd < 3 && closed[fd];
}
