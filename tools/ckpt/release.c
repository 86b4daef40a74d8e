// SPDX-License-Identifier: GPL-2.0-only
/*
 * release.c - ckpt --release: connections that are kept for an image end now.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ckpt.h"
#include "libcheckpoint.h"
#include "libcheckpoint_image.h"
#include "options.h"
#include "release.h"
#include "result.h"
#include "text.h"

static const char usage_text[] =
"usage: ckpt --release IMAGE\n"
"\n"
"End the TCP connections that are kept for IMAGE since 'ckpt --kill --connections keep'\n"
"made it.  Their peers are reset when they send again.\n"
"\n"
"Exit status: 0 done, 1 not released, or nothing is kept, 2 wrong usage.\n";

static int read_id(const char *path, __u64 *image_id)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	struct ckpt_image *image;
	struct ckpt_item item;

	if (fd < 0) {
		say_err("%s: %s", path, strerror(errno));
		return -1;
	}
	image = ckpt_image_open(fd, CKPT_OPEN_LENIENT);
	ret = image ? ckpt_image_next(image, &item) : -ENOMEM;
	if (ret == 1)
		memcpy(image_id, ckpt_image_header(image)->image_id, 2 * sizeof(*image_id));
	else
		say_err("%s is no image: %s", path, ret < 0 ? strerror(-ret) : "it is empty");
	ckpt_image_close(image);
	close(fd);
	return ret == 1 ? 0 : -1;
}

int release_command(int argc, char **argv)
{
	struct checkpoint_args args = {};
	long ret;

	if (argc == 3 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
		result_text(usage_text, CKPT_FAILED);
	if (argc != 3) {
		say_err("--release wants one image; run 'ckpt --release --help'");
		return CKPT_USAGE;
	}
	if (read_id(argv[2], args.image_id))
		return CKPT_FAILED;
	ret = ckpt_checkpoint(0, -1, CHECKPOINT_RELEASE, &args, sizeof(args));
	if (!ret)
		return 0;
	if (ret == -ENOENT)
		say_err("no connection is kept for %s, or not any more", argv[2]);
	else if (ret == -EPERM)
		say_err("what is kept for %s is another user's", argv[2]);
	else
		say_err("what is kept for %s cannot be released: %s", argv[2], strerror(-ret));
	return CKPT_FAILED;
}
