// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c - a file that appears under its name when it is whole and on stable storage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "text.h"

static int open_directory(struct output *output)
{
	const char *slash = strrchr(output->path, '/');
	char directory[PATH_MAX] = ".";

	output->name = slash ? slash + 1 : output->path;
	if (slash)
		snprintf(directory, sizeof(directory), "%.*s",
			 (int)(slash - output->path) + 1, output->path);
	if (!*output->name || !strcmp(output->name, ".") || !strcmp(output->name, "..")) {
		say_err("'%s' names no file; give -o a file name", output->path);
		return -EISDIR;
	}
	output->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (output->directory >= 0)
		return 0;
	say_err("%s: %s; make the directory or choose another with -o", directory,
		strerror(errno));
	return -ENOTDIR;
}

/* A rename would replace a device or a pipe by a file. */
static int check_target(const struct output *output)
{
	char word[512];
	struct stat st;

	if (fstatat(output->directory, output->name, &st, AT_SYMLINK_NOFOLLOW) ||
	    S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return 0;
	text_word(output->path, word, sizeof(word));
	if (S_ISDIR(st.st_mode))
		say_err("%s is a directory; run 'ckpt -o %s/checkpoint.%d.img %d'",
			output->path, word, output->pid, output->pid);
	else
		say_err("%s is no regular file; run 'ckpt -o - %d >%s'", output->path,
			output->pid, word);
	return -EEXIST;
}

static int create_temporary(struct output *output)
{
	unsigned int tries;
	__u64 random;

	for (tries = 0; tries < 100; tries++) {
		if (getrandom(&random, sizeof(random), 0) != sizeof(random))
			break;
		/* the whole name is bounded by NAME_MAX */
		snprintf(output->temporary, sizeof(output->temporary), ".%.*s.%016llx",
			 NAME_MAX - 18, output->name, (unsigned long long)random);
		output->fd = openat(output->directory, output->temporary,
				    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				    0600);
		if (output->fd >= 0) {
			atomic_store(&output->exists, true);
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	say_err("%s cannot be made: %s; choose another place with -o", output->path,
		strerror(errno));
	return -EACCES;
}

int output_open(struct output *output)
{
	int ret = open_directory(output);

	if (!ret)
		ret = check_target(output);
	if (!ret)
		ret = create_temporary(output);
	return ret;
}

void output_discard(void *arg)
{
	struct output *output = arg;

	if (atomic_exchange(&output->exists, false))
		unlinkat(output->directory, output->temporary, 0);
}

int output_commit(struct output *output)
{
	char runs[32] = "";
	int why;

	if (fsync(output->fd))
		goto failed;
	if (renameat(output->directory, output->temporary, output->directory, output->name))
		goto failed;
	atomic_store(&output->exists, false);
	if (fsync(output->directory))
		goto failed;
	return 0;
failed:
	why = errno;
	if (output->pid)
		snprintf(runs, sizeof(runs), "pid %d runs on, ", output->pid);
	say_err("%s could not be put on stable storage: %s; %sfree some space or choose another place with -o",
		output->path, strerror(why), runs);
	return -EIO;
}
