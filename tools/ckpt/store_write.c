// SPDX-License-Identifier: GPL-2.0-only
/*
 * store_write.c - what is put into a directory of images, beside the images.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "place.h"
#include "store.h"
#include "text.h"

#define COMMAND		"command"
#define COMMAND_MAX	(1 << 20)

/* A file under @name that is there as a whole or not at all */
static int put(const struct store *store, const char *name, const char *text, size_t len)
{
	char path[PATH_MAX];
	struct output output = { .path = store_path(store, name, path, sizeof(path)) };
	int ret = place_open(&output);

	if (ret)
		return ret;
	if (write(output.fd, text, len) != (ssize_t)len) {
		say_err("%s cannot be written: %s; free some space", path, strerror(errno));
		ret = -EIO;
	}
	ret = ret ?: place_commit(&output);
	if (ret)
		output_discard(&output);
	output_close(&output);
	return ret;
}

int store_write_note(const struct store *store, unsigned long number,
		     const struct store_note *note)
{
	char name[STORE_NAME_MAX], text[128];
	int len = snprintf(text, sizeof(text), "frozen_ns %llu\ntook_ns %llu\nrun_ns %llu\n",
			   (unsigned long long)note->frozen_ns,
			   (unsigned long long)note->took_ns, (unsigned long long)note->run_ns);

	snprintf(name, sizeof(name), "%lu.note", number);
	return put(store, name, text, len);
}

int store_link(const struct store *store, unsigned long number)
{
	static const char temporary[] = "." STORE_LATEST ".0000000000000000";
	char name[STORE_NAME_MAX];

	snprintf(name, sizeof(name), "%lu.img", number);
	unlinkat(store->dir, temporary, 0);
	if (!symlinkat(name, store->dir, temporary) &&
	    !renameat(store->dir, temporary, store->dir, STORE_LATEST) && !fsync(store->dir))
		return 0;
	say_err("%s/" STORE_LATEST " cannot be changed: %s; free some space", store->path,
		strerror(errno));
	return -EIO;
}

/* -- the command ---------------------------------------------------------------------------- */

int store_keep_command(const struct store *store, char *const command[])
{
	char *text = malloc(COMMAND_MAX);
	size_t len = 0, bytes;
	int ret;

	for (; text && *command && len < COMMAND_MAX; command++, len += bytes) {
		bytes = strlen(*command) + 1;
		if (bytes > COMMAND_MAX - len)
			break;
		memcpy(text + len, *command, bytes);
	}
	if (!text || *command) {
		say_err("the command is too long to be noted down; put it into a script");
		free(text);
		return -E2BIG;
	}
	ret = put(store, COMMAND, text, len);
	free(text);
	return ret;
}

static char **split(char *text, size_t len)
{
	char **words, *word;
	size_t nr = 0;

	for (word = text; word < text + len; word += strlen(word) + 1)
		nr++;
	words = calloc(nr + 1, sizeof(*words));
	for (nr = 0, word = text; words && word < text + len; word += strlen(word) + 1)
		words[nr++] = word;
	return words;
}

/* Return: its words, which stay; NULL if there is none */
char **store_command(const struct store *store)
{
	int fd = openat(store->dir, COMMAND, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = fd < 0 ? NULL : malloc(COMMAND_MAX + 1);
	ssize_t len = text ? read(fd, text, COMMAND_MAX) : -1;

	if (fd >= 0)
		close(fd);
	if (len <= 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return split(text, len);
}

bool store_is_command(char *const kept[], char *const command[])
{
	for (; *kept && *command && !strcmp(*kept, *command); kept++)
		command++;
	return !*kept && !*command;
}
