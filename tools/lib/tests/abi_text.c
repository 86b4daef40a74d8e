// SPDX-License-Identifier: GPL-2.0-only
/*
 * abi_text.c - the description of the ABI, made from the same table as the
 * kernel's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"
#include "test.h"

#define ABI_RECORD(_name, _number, _bytes)				\
	{ .word = "record", .name = _name, .first = _number, .second = _bytes },
#define ABI_STRUCT(_name, _bytes)					\
	{ .word = "struct", .name = _name, .first = _bytes },
#define FIELD(_prefix, _name, _offset, _bytes, _type, _count)		\
	{ .word = "field", .name = _name, .first = _offset, .second = _bytes, \
	  .prefix = _prefix, .type = _type, .count = _count },
#define ABI_FIELD(_name, _offset, _bytes, _type)			\
	FIELD("", _name, _offset, _bytes, _type, 0)
#define ABI_VECTOR(_name, _offset, _bytes, _type, _count)		\
	FIELD("", _name, _offset, _bytes, _type, _count)
#define ABI_ARRAY(_name, _offset, _bytes, _type)			\
	FIELD("array:", _name, _offset, _bytes, _type, 0)

/* These have a word more instead of numbers. */
#define ABI_OBJECT(_class, _defines, _late)				\
	{ .word = "object", .name = _class,				\
	  .more = (_defines) ? " defined" : (_late) ? " late" : "" },
#define ABI_REF(_name, _offset, _class, _optional)			\
	{ .word = "ref", .name = _name " " _class, .more = (_optional) ? " optional" : "" },

static const struct {
	const char *word;
	const char *more;
	const char *name;
	const char *prefix;
	const char *type;
	size_t first;
	size_t second;
	size_t count;
} lines[] = {
#include "abi-table.h"
};

static void print_line(FILE *file, size_t i)
{
	if (lines[i].more) {
		fprintf(file, "%s %s%s\n", lines[i].word, lines[i].name, lines[i].more);
		return;
	}
	fprintf(file, "%s %s %zu", lines[i].word, lines[i].name, lines[i].first);
	if (lines[i].second)
		fprintf(file, " %zu", lines[i].second);
	if (lines[i].type)
		fprintf(file, " %s%s", lines[i].prefix, lines[i].type);
	if (lines[i].count)
		fprintf(file, "[%zu]", lines[i].count);
	putc('\n', file);
}

const char *abi_text(size_t *len)
{
	static char text[64 << 10];
	FILE *file = fmemopen(text, sizeof(text), "w");
	size_t i;

	if (!file)
		abort();
	fputs("abi 1\n", file);
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		print_line(file, i);
	*len = ftell(file);
	fclose(file);
	return text;
}
