// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_compare.c - two dumps are equal but for what is excepted.
 */
#include <fnmatch.h>

#include "inspect.h"

#define MAX_TOLD	9000

struct dump {
	char *text;
	char **lines;	/* each a key, NUL, and its value */
	unsigned int nr;
};

static bool used[128][MAX_KEYS];

static char *value_of(char *entry)
{
	return entry + strlen(entry) + 1;
}

/* By key; of several with one key by value */
static int by_key(const void *a, const void *b)
{
	char *x = *(char * const *)a, *y = *(char * const *)b;
	int order = strcmp(x, y);

	return order ?: strcmp(value_of(x), value_of(y));
}

static bool load(struct dump *d, int nr)
{
	size_t size = 64U << 20;
	char name[16], *next;
	unsigned int room = 0;
	ssize_t len;

	snprintf(name, sizeof(name), "dump.%d", nr);
	d->text = malloc(size);
	len = d->text ? read_file(test_file(name), d->text, size) : -ENOMEM;
	if (len <= 0) {
		tell("%s cannot be read", name);
		return false;
	}
	for (next = d->text; *next; next++)
		room += *next == '\n';
	d->lines = calloc(room + 1, sizeof(*d->lines));
	d->nr = 0;
	for (next = d->text; *next && d->lines; next += strlen(next) + 1) {
		char *entry = next;

		next[strcspn(next, "\n")] = '\0';
		next += strcspn(next, " ");
		*next = '\0';
		d->lines[d->nr++] = entry;
		next++;
	}
	qsort(d->lines, d->nr, sizeof(*d->lines), by_key);
	return d->nr;
}

/* Number by number; what is between them is the same */
static bool differs_by(enum how how, const char *before, const char *after)
{
	double was, is;
	char *end;

	while (*before && *after) {
		if (*before < '0' || *before > '9') {
			if (*before++ != *after++)
				return false;
			continue;
		}
		was = strtod(before, &end);
		before = end;
		is = strtod(after, &end);
		after = end;
		if (how == GROWS ? is < was : is > was)
			return false;
	}
	return !*before && !*after;
}

static bool fits(enum how how, const char *before, const char *after)
{
	if (how == ANY || how == ABSENT)
		return how == ANY || !before || !after;
	return before && after && differs_by(how, before, after);
}

/* Does a pattern of an exception match? */
static bool matches(unsigned int nr, const char *key)
{
	const char * const *keys = exceptions[nr].keys;
	unsigned int i;

	for (i = 0; i < MAX_KEYS && keys[i]; i++)
		if (!fnmatch(keys[i], key, 0)) {
			used[nr][i] = true;
			return true;
		}
	return false;
}

static bool is_excepted(const char *key, const char *before, const char *after,
			unsigned int when)
{
	unsigned int i;

	for (i = 0; i < nr_exceptions; i++)
		if (exceptions[i].when & when && fits(exceptions[i].how, before, after) &&
		    matches(i, key))
			return true;
	return false;
}

static void tell_difference(const char *key, const char *before, const char *after)
{
	tell("%s: was %.300s", key, before ?: "not there");
	tell("%*s  is %.300s", (int)strlen(key), "", after ?: "not there");
}

unsigned int compare_dumps(unsigned int when)
{
	struct dump was, is;
	unsigned int a = 0, b = 0, different = 0;

	if (!load(&was, 1) || !load(&is, 2))
		return -1;
	while (a < was.nr || b < is.nr) {
		char *x = a < was.nr ? was.lines[a] : NULL, *y = b < is.nr ? is.lines[b] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x, y);
		const char *before = order <= 0 ? value_of(x) : NULL;
		const char *after = order >= 0 ? value_of(y) : NULL;

		a += order <= 0;
		b += order >= 0;
		if (before && after && !strcmp(before, after))
			continue;
		if (is_excepted(before ? x : y, before, after, when))
			continue;
		if (different++ < MAX_TOLD)
			tell_difference(before ? x : y, before, after);
	}
	tell("%u and %u lines, %u differ and should not", was.nr, is.nr, different);
	return different;
}

void tell_unused(unsigned int when)
{
	unsigned int i, k;

	for (i = 0; i < nr_exceptions; i++)
		for (k = 0; k < MAX_KEYS && exceptions[i].keys[k]; k++)
			if ((exceptions[i].when & when) && !used[i][k])
				tell("%s may differ, and did not", exceptions[i].keys[k]);
}
