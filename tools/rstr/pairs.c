// SPDX-License-Identifier: GPL-2.0-only
/*
 * pairs.c - options that say what takes the place of what: descriptors and paths.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rstr.h"

static bool parse_number(const char *text, char **end, __u32 *number)
{
	unsigned long value;

	errno = 0;
	value = strtoul(text, end, 10);
	*number = value;
	return isdigit((unsigned char)*text) && !errno && value <= INT_MAX;
}

/**
 * pairs_inherit - one more descriptor of rstr's in the place of one of the program's
 * @options: the command line
 * @text: "7=3", the program's and rstr's
 *
 * Before rstr opens anything: the number shall be what the caller means by it.
 *
 * Return: NULL, or what is wrong with it
 */
const char *pairs_inherit(struct restart_options *options, const char *text)
{
	struct restart_inherit *pair = &options->inherit[options->nr_inherit];
	static char why[96];
	unsigned int i;
	char *end;

	if (options->nr_inherit == RSTR_NR_INHERIT)
		return "so many descriptors cannot be given with --inherit";
	if (!parse_number(text, &end, &pair->fd) || *end != '=' ||
	    !parse_number(end + 1, &end, &pair->from) || *end)
		return "--inherit (--fd) wants two descriptors, the program's and rstr's, as 7=3";
	for (i = 0; i < options->nr_inherit; i++)
		if (options->inherit[i].fd == pair->fd)
			return "--inherit was given twice for one descriptor";
	if (fcntl(pair->from, F_GETFD) < 0) {
		snprintf(why, sizeof(why), "descriptor %u is not open, so nothing inherits it",
			 pair->from);
		return why;
	}
	options->nr_inherit++;
	return NULL;
}

/* Seen from where rstr was called */
static char *absolute(const char *path)
{
	char *here = NULL, *whole;

	if (*path == '/')
		return strdup(path);
	here = getcwd(NULL, 0);
	if (!here || asprintf(&whole, "%s/%s", here, path) < 0)
		whole = NULL;
	free(here);
	return whole;
}

/* As the kernel takes it too, which then finds what was given twice */
static void strip_slashes(char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
}

/**
 * pairs_map - one more path that has moved
 * @moved: CKPT_MOVED_MAX of them
 * @nr: how many there are
 * @text: "OLD=NEW"; the kernel keeps to whole components, and to the longest
 *
 * Return: NULL, or what is wrong with it
 */
const char *pairs_map(struct restart_moved *moved, unsigned int *nr, const char *text)
{
	const char *equals = strchr(text, '=');
	char *from, *to;
	unsigned int i;

	if (*nr == CKPT_MOVED_MAX)
		return "so many paths cannot be given with --map";
	if (*text != '/' || !equals || !equals[1])
		return "--map wants an absolute path and where that is now, as in /old=/new";
	from = strndup(text, equals - text);
	to = absolute(equals + 1);
	if (!from || !to || strlen(from) >= PATH_MAX || strlen(to) >= PATH_MAX)
		return "a path of --map is too long, or the working directory is gone";
	strip_slashes(from);
	for (i = 0; i < *nr; i++)
		if (!strcmp((char *)(uintptr_t)moved[i].from, from))
			return "--map was given twice for one path";
	moved[*nr].from = (uintptr_t)from;
	moved[*nr].to = (uintptr_t)to;
	(*nr)++;
	return NULL;
}
