// SPDX-License-Identifier: LGPL-2.1-only
/*
 * output.c - a file that appears under its name when it is whole and on stable storage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

static int fail(struct output *output, enum output_step step, int err)
{
	output->step = step;
	return err;
}

static int open_directory(struct output *output)
{
	const char *slash = strrchr(output->path, '/');
	char directory[PATH_MAX] = ".";

	output->name = slash ? slash + 1 : output->path;
	if (slash)
		snprintf(directory, sizeof(directory), "%.*s",
			 (int)(slash - output->path) + 1, output->path);
	if (!*output->name || !strcmp(output->name, ".") || !strcmp(output->name, ".."))
		return fail(output, OUTPUT_NAME, -EISDIR);
	output->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return output->directory < 0 ? fail(output, OUTPUT_DIRECTORY, -errno) : 0;
}

/* A rename would replace a device or a pipe by a file. */
static int check_target(struct output *output)
{
	struct stat st;

	if (fstatat(output->directory, output->name, &st, AT_SYMLINK_NOFOLLOW) ||
	    S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return 0;
	return fail(output, S_ISDIR(st.st_mode) ? OUTPUT_IS_DIRECTORY : OUTPUT_NOT_REGULAR,
		    -EEXIST);
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
	return fail(output, OUTPUT_CREATE, -errno);
}

int output_open(struct output *output)
{
	int ret;

	output->directory = -1;
	output->fd = -1;
	ret = open_directory(output);
	if (!ret)
		ret = check_target(output);
	if (!ret)
		ret = create_temporary(output);
	return ret;
}

/*
 * A program that saves itself must not have the directory open in its image: it could be
 * restarted only where there is such a one.
 */
void output_leave_directory(struct output *output)
{
	close(output->directory);
	output->directory = -1;
}

int output_enter_directory(struct output *output)
{
	struct stat file, named;
	int ret = open_directory(output);

	if (ret)
		return ret;
	if (!fstat(output->fd, &file) &&
	    !fstatat(output->directory, output->temporary, &named, AT_SYMLINK_NOFOLLOW) &&
	    file.st_dev == named.st_dev && file.st_ino == named.st_ino)
		return 0;
	/* another directory has the name now: what is in it is not ours */
	atomic_store(&output->exists, false);
	return fail(output, OUTPUT_DIRECTORY, -ESTALE);
}

void output_discard(void *arg)
{
	struct output *output = arg;

	if (atomic_exchange(&output->exists, false))
		unlinkat(output->directory, output->temporary, 0);
}

int output_commit(struct output *output)
{
	if (fsync(output->fd) ||
	    renameat(output->directory, output->temporary, output->directory, output->name))
		return fail(output, OUTPUT_COMMIT, -errno);
	atomic_store(&output->exists, false);
	return fsync(output->directory) ? fail(output, OUTPUT_COMMIT, -errno) : 0;
}

void output_close(struct output *output)
{
	if (output->fd >= 0)
		close(output->fd);
	if (output->directory >= 0)
		close(output->directory);
}
