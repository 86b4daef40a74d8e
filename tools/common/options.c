// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the options of a command line, each written in full.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

static char fault[256];
static char fault_word[64];

/* Two dashes have been met: there are no more options. */
static bool words_only;

static size_t name_length(const char *word)
{
	return strcspn(word, "=");
}

static const struct option *find(const struct option *longs, const char *name, size_t len,
				 bool whole)
{
	for (; longs->name; longs++) {
		if (!strncmp(longs->name, name, len) && (!whole || !longs->name[len]))
			return longs;
	}
	return NULL;
}

/* getopt_long() takes any beginning of a name that is the only one. */
static int check_name(const char *word, const struct option *longs)
{
	size_t len = name_length(word + 2);
	const struct option *other;

	if (find(longs, word + 2, len, true))
		return 0;
	other = len ? find(longs, word + 2, len, false) : NULL;
	snprintf(fault_word, sizeof(fault_word), "--%.*s", (int)len, word + 2);
	if (other)
		snprintf(fault, sizeof(fault), "'%s' is no option: options are written in full, such as --%s",
			 fault_word, other->name);
	else
		snprintf(fault, sizeof(fault), "there is no option '%s'", fault_word);
	return -1;
}

static int say_fault(int opt, const char *word)
{
	const bool is_long = !strncmp(word, "--", 2);

	if (is_long)
		snprintf(fault_word, sizeof(fault_word), "%.*s", (int)name_length(word), word);
	else
		snprintf(fault_word, sizeof(fault_word), "-%c", optopt);
	if (opt == ':')
		snprintf(fault, sizeof(fault), "option '%s' wants an argument", fault_word);
	else if (is_long)
		snprintf(fault, sizeof(fault), "option '%s' takes no argument", fault_word);
	else
		snprintf(fault, sizeof(fault), "there is no option '%s'", fault_word);
	return '?';
}

int option_next(int argc, char **argv, const char *shorts, const struct option *longs)
{
	const char *word = optind < argc ? argv[optind] : "";
	char quiet[64];
	int opt;

	/* which getopt_long() would find again and again */
	if (!strcmp(word, "--") && !words_only) {
		words_only = true;
		optind++;
	}
	if (words_only)
		return -1;
	if (!strncmp(word, "--", 2) && check_name(word, longs))
		return '?';
	/* the colon behind the plus: it is said here what is wrong */
	snprintf(quiet, sizeof(quiet), "+:%s", shorts + 1);
	opterr = 0;
	opt = getopt_long(argc, argv, quiet, longs, NULL);
	return opt == '?' || opt == ':' ? say_fault(opt, word) : opt;
}

const char *option_ours(const struct foreign *foreign, const char *word)
{
	for (; foreign && foreign->word; foreign++) {
		if (!strcmp(foreign->word, word))
			return foreign->ours;
	}
	return NULL;
}

const char *option_fault(const struct foreign *foreign)
{
	const char *ours = option_ours(foreign, fault_word);

	if (ours)
		snprintf(fault, sizeof(fault), "'%s' is criu's word, which is here: %s", fault_word,
			 ours);
	return fault;
}
