// SPDX-License-Identifier: GPL-2.0-only
/*
 * place.c - the image file, with words for what cannot be done.
 */
#include <stdio.h>
#include <string.h>

#include "place.h"
#include "text.h"

static void say_directory(const struct output *output, int err)
{
	int len = output->name - output->path;

	say_err("%.*s: %s; make the directory or choose another with -o", len ? len : 1,
		len ? output->path : ".", strerror(err));
}

static void say_commit(const struct output *output, int err)
{
	char runs[32] = "";

	if (output->pid)
		snprintf(runs, sizeof(runs), "pid %d runs on, ", output->pid);
	say_err("%s could not be put on stable storage: %s; %sfree some space or choose another place with -o",
		output->path, strerror(err), runs);
}

static void say_failed(const struct output *output, int err)
{
	char word[512];

	text_word(output->path, word, sizeof(word));
	switch (output->step) {
	case OUTPUT_NAME:
		say_err("'%s' names no file; give -o a file name", output->path);
		break;
	case OUTPUT_DIRECTORY:
		say_directory(output, err);
		break;
	case OUTPUT_IS_DIRECTORY:
		say_err("%s is a directory; run 'ckpt -o %s/checkpoint.%d.img %d'",
			output->path, word, output->pid, output->pid);
		break;
	case OUTPUT_NOT_REGULAR:
		say_err("%s is no regular file; run 'ckpt -o - %d >%s'", output->path,
			output->pid, word);
		break;
	case OUTPUT_CREATE:
		say_err("%s cannot be made: %s; choose another place with -o", output->path,
			strerror(err));
		break;
	case OUTPUT_COMMIT:
		say_commit(output, err);
		break;
	}
}

int place_open(struct output *output)
{
	int ret = output_open(output);

	if (ret)
		say_failed(output, -ret);
	return ret;
}

int place_commit(struct output *output)
{
	int ret = output_commit(output);

	if (ret)
		say_failed(output, -ret);
	return ret;
}
