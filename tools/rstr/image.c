// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - open the image, and find out whose it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "advice.h"
#include "owner.h"
#include "packed.h"
#include "rstr.h"
#include "shell.h"
#include "std.h"
#include "text.h"

static __noreturn void written_by_others(const struct restart_options *options)
{
	char word[512];

	say_err("%s can be written by others than its owner; run 'chmod go-w %s' if you trust what is in it",
		options->path, text_word(options->path, word, sizeof(word)));
	exit(RSTR_FAILED);
}

static __noreturn void no_owner(const struct restart_options *options, const char *why)
{
	char command[512];

	say_err("%s %s, so whose image it is cannot be seen; say it with --owner NAME, or run '%s' if you trust it",
		strcmp(options->path, "-") ? options->path : "standard input", why,
		text_command(options->argv, NULL, "--as-root", command, sizeof(command)));
	exit(RSTR_FAILED);
}

static void prove_owner(const struct restart_options *options, const struct stat *st,
			bool followed)
{
	enum owner_proof proof = owner_proof(options->image, st, followed);
	bool unnamed = options->image == STDIN_FILENO || options->from;

	switch (proof) {
	case OWNER_OF_NO_FILE:
		no_owner(options, "is no regular file");
	case OWNER_AND_OTHERS:
		written_by_others(options);
	case OWNER_BY_LINK:
		no_owner(options, "is a link to a file of root's");
	case OWNER_NOT_TRUSTED:
		if (!unnamed)
			no_owner(options,
				 "is a file of root's on a file system that is mounted with nosuid");
		break;
	case OWNER_MADE_IT:
		break;
	}
	if (!st->st_uid && unnamed)
		no_owner(options, "is a file of root's that was not opened by its name");
}

static void find_owner(struct restart_options *options, const struct stat *st, bool followed)
{
	if (geteuid() || options->as_root || options->check)
		return;
	options->ceiling = true;
	if (options->owner_name) {
		if (owner_number(options->owner_name, &options->owner))
			return;
		say_err("there is no user '%s'; give --owner a name of /etc/passwd or a number",
			options->owner_name);
		exit(RSTR_FAILED);
	}
	prove_owner(options, st, followed);
	options->owner = st->st_uid;
}

static void check_kind(const struct restart_options *options, const struct stat *st)
{
	const char *path = options->path;
	char word[512];

	if (S_ISDIR(st->st_mode) && !faccessat(options->image, "latest", F_OK, AT_SYMLINK_NOFOLLOW))
		say_err("%s is a directory of ckpt run; run 'ckpt run --dir %s'", path,
			text_word(path, word, sizeof(word)));
	else if (S_ISDIR(st->st_mode))
		say_err("%s is a directory; name a file that ckpt made", path);
	else if (S_ISREG(st->st_mode) && !st->st_size)
		say_err("%s is empty; name a file that ckpt made", path);
	else
		return;
	exit(RSTR_FAILED);
}

/* The image is what a command prints, which has @file as its input; -1: ours. */
static void open_command(struct restart_options *options, const char *command, int file)
{
	int fd;

	fflush(NULL);
	options->through = shell_start(command, SHELL_WRITES, file, &fd);
	if (options->through < 0)
		exit(RSTR_FAILED);
	options->image = fd;
	options->begin = -1;
}

static void unpack(struct restart_options *options)
{
	const char *command = packed_command(options->image);
	int file = options->image;

	if (!command)
		return;
	open_command(options, command, file);
	close(file);
}

static __noreturn void not_ours(const struct restart_options *options)
{
	char advice[1024];
	struct stat st;

	if (stat(options->path, &st))
		say_err("%s: Permission denied; name a file that you may read", options->path);
	else
		say_err("%s is an image of user %u, and may not be read by you; %s", options->path,
			st.st_uid, advise_root(options->argv, advice, sizeof(advice)));
	exit(RSTR_FAILED);
}

void image_open(struct restart_options *options)
{
	bool followed = false;
	struct stat st;

	options->image = STDIN_FILENO;
	if (options->from) {
		open_command(options, options->from, -1);
	} else if (!strcmp(options->path, "-") && std_was_closed(STDIN_FILENO)) {
		say_err("standard input is closed, so no image can come from it; run 'rstr FILE'");
		exit(RSTR_FAILED);
	} else if (strcmp(options->path, "-")) {
		options->image = owner_open(options->path, &followed);
	} else if (isatty(STDIN_FILENO)) {
		say_err("no image comes from a terminal; run 'rstr FILE'");
		exit(RSTR_FAILED);
	}
	if (options->image < 0 && errno == EACCES)
		not_ours(options);
	if (options->image < 0 || fstat(options->image, &st)) {
		say_err("%s: %s; name a file that ckpt made", options->path,
			strerror(errno));
		exit(RSTR_FAILED);
	}
	check_kind(options, &st);
	find_owner(options, &st, followed);
	options->begin = S_ISREG(st.st_mode) ? lseek(options->image, 0, SEEK_CUR) : -1;
	if (options->begin == 0)
		unpack(options);
}

void image_end(const struct restart_options *options)
{
	int status = options->through ? shell_wait(options->through) : 0;

	if (status)
		say_err("the command that the image came from ended with %d, though the image was whole; see to its own message",
			status);
}

bool image_rewind(const struct restart_options *options)
{
	return options->begin >= 0 &&
	       lseek(options->image, options->begin, SEEK_SET) == options->begin;
}
