// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - open the image.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

/*
 * Root obtains what the image's owner could obtain; that means nothing when
 * others can write the image.
 */
static void check_writers(const struct options *options, const struct stat *st)
{
	if (geteuid() || options->as_root || !S_ISREG(st->st_mode) ||
	    !(st->st_mode & 022))
		return;
	say_err("%s can be written by others than its owner; run 'chmod go-w %s' if you trust what is in it",
		options->path, options->path);
	exit(RSTR_FAILED);
}

void image_open(struct options *options)
{
	struct stat st;

	options->image = STDIN_FILENO;
	if (strcmp(options->path, "-")) {
		options->image = open(options->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	} else if (isatty(STDIN_FILENO)) {
		say_err("no image comes from a terminal; run 'rstr FILE'");
		exit(RSTR_FAILED);
	}
	if (options->image < 0 || fstat(options->image, &st)) {
		say_err("%s: %s; name a file that ckpt made", options->path,
			strerror(errno));
		exit(RSTR_FAILED);
	}
	if (S_ISDIR(st.st_mode)) {
		say_err("%s is a directory; name a file that ckpt made", options->path);
		exit(RSTR_FAILED);
	}
	check_writers(options, &st);
}
