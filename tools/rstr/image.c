// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - open the image, and find out whose it is.
 *
 * Root obtains what the image's owner could obtain.  So an owner must be somebody who
 * could have made this very file: for root that takes more than the number 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "advice.h"
#include "packed.h"
#include "rstr.h"
#include "shell.h"
#include "std.h"
#include "text.h"

/* Who may write it says what runs. */
static void check_writers(const struct restart_options *options, const struct stat *st)
{
	char word[512];

	if (!(st->st_mode & 022))
		return;
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

/*
 * Why the number 0 does not show that root made the file; NULL if it does.  A link that
 * leads to a file of root's may be anybody's; so may what a file system says that is
 * not trusted with set-user-ID programs.
 */
static const char *not_of_root(const struct restart_options *options, bool followed)
{
	struct statvfs vfs;

	if (options->image == STDIN_FILENO || options->from)
		return "is a file of root's that was not opened by its name";
	if (followed)
		return "is a link to a file of root's";
	if (fstatvfs(options->image, &vfs) || vfs.f_flag & ST_NOSUID)
		return "is a file of root's on a file system that is mounted with nosuid";
	return NULL;
}

static void find_owner(struct restart_options *options, const struct stat *st, bool followed)
{
	const char *why;

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
	if (!S_ISREG(st->st_mode))
		no_owner(options, "is no regular file");
	check_writers(options, st);
	options->owner = st->st_uid;
	why = options->owner ? NULL : not_of_root(options, followed);
	if (why)
		no_owner(options, why);
}

/* The last component is not followed at first: *@followed tells whether it was a link. */
static int open_by_name(const char *path, bool *followed)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
	int fd = open(path, flags | O_NOFOLLOW);

	*followed = fd < 0 && errno == ELOOP;
	return *followed ? open(path, flags) : fd;
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
		options->image = open_by_name(options->path, &followed);
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
