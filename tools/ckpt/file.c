// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.c - save into a file, so that a power cut at any moment leaves a whole
 * image (the old one or the new one) or a running program:
 *
 *	freeze, write to a new name in the same directory, fsync, rename,
 *	fsync the directory, and only then end the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ckpt.h"
#include "proc.h"
#include "text.h"
#include "watch.h"

/**
 * struct output - the image file while it is being made
 * @path: as the user wrote it
 * @name: its last component
 * @temporary: the name it has until it is whole
 * @directory: descriptor of the directory
 * @fd: descriptor of the file
 * @exists: the temporary name exists
 * @pid: what is being saved
 */
struct output {
	const char *path;
	const char *name;
	char temporary[NAME_MAX + 1];
	int directory;
	int fd;
	atomic_bool exists;
	pid_t pid;
};

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
	struct stat st;

	if (fstatat(output->directory, output->name, &st, AT_SYMLINK_NOFOLLOW) ||
	    S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		say_err("%s is a directory; run 'ckpt -o %s/checkpoint.%d.img %d'",
			output->path, output->path, output->pid, output->pid);
	else
		say_err("%s is no regular file; run 'ckpt -o - %d >%s'", output->path,
			output->pid, output->path);
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

static int output_open(struct output *output)
{
	int ret = open_directory(output);

	if (!ret)
		ret = check_target(output);
	if (!ret)
		ret = create_temporary(output);
	return ret;
}

/* Also called in the watching thread, when a signal ends ckpt. */
static void output_discard(void *arg)
{
	struct output *output = arg;

	if (atomic_exchange(&output->exists, false))
		unlinkat(output->directory, output->temporary, 0);
}

static int output_commit(struct output *output)
{
	if (fsync(output->fd))
		goto failed;
	if (renameat(output->directory, output->temporary, output->directory, output->name))
		goto failed;
	atomic_store(&output->exists, false);
	if (fsync(output->directory))
		goto failed;
	return 0;
failed:
	say_err("%s could not be put on stable storage: %s; pid %d runs on, free some space or choose another place with -o",
		output->path, strerror(errno), output->pid);
	return -EIO;
}

static __u64 output_size(void *arg)
{
	const struct output *output = arg;
	struct stat st;

	return fstat(output->fd, &st) ? 0 : st.st_size;
}

static __u64 output_expected(void *arg)
{
	const struct output *output = arg;

	return proc_tree_memory(output->pid);
}

static int save(const struct options *options, struct output *output, struct watch *watch)
{
	static struct call call;
	bool held = options->kill || options->leave_frozen;
	int ret;

	call.place = output->path;
	ret = call_checkpoint(options, &call, output->fd, held ? CHECKPOINT_FROZEN : 0);
	if (ret) {
		watch_stop(watch);
		output_discard(output);
		call_failed(options, &call, ret);
		return CKPT_FAILED;
	}
	ret = output_commit(output);
	watch_stop(watch);
	if (ret) {
		/* ending also closes the hold: the program goes on */
		output_discard(output);
		return CKPT_FAILED;
	}
	if (held)
		return finish_held(options, &call);
	call_done(options, &call, FATE_RUNS);
	return CKPT_DONE;
}

int file_command(const struct options *options)
{
	char path[64];
	struct output output = {
		.path = options->output ? options->output : path,
		.pid = options->pid,
	};
	struct watch watch = {
		.show = isatty(STDERR_FILENO) && !options->quiet && !options->json,
		.verb = "saved",
		.position = output_size,
		.total = output_expected,
		.tidy = output_discard,
		.arg = &output,
	};
	/* Within the tree a second thread would be frozen and never answer. */
	bool within = proc_is_above(options->pid);

	snprintf(path, sizeof(path), "checkpoint.%d.img", options->pid);
	signal(SIGXFSZ, SIG_IGN);	/* EFBIG says it */
	if (output_open(&output))
		return CKPT_FAILED;
	if (!within)
		watch_start(&watch);
	return save(options, &output, &watch);
}
