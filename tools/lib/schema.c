// SPDX-License-Identifier: LGPL-2.1-only
/*
 * schema.c - the ABI description that each image carries, read from its text:
 *
 *	record NAME NUMBER BYTES
 *	struct NAME BYTES
 *	field NAME OFFSET BYTES TYPE
 *
 * Fields belong to the record or struct before them; kernel/checkpoint/image/abi.c says
 * what types there are.  Lines that begin with another word are passed over, so
 * the text may grow.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcheckpoint_image.h"

/* One line, cut into words. */
struct line {
	char text[256];
	char *words[5];
	int nr;
};

static void split(struct line *line)
{
	char *p = line->text;

	line->nr = 0;
	while (line->nr < 5) {
		p += strspn(p, " \t");
		if (!*p)
			break;
		line->words[line->nr++] = p;
		if (line->nr == 5)
			break;
		p += strcspn(p, " \t");
		if (*p)
			*p++ = '\0';
	}
}

static bool number(const char *word, __u32 *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(word, &end, 0);
	*value = n;
	return !errno && !*end && end != word && n <= 0xffffffffUL && *word != '-';
}

/* Names of C, and of its types and arrays: they are printed as they are. */
static bool copy_name(char to[64], const char *word)
{
	const char *p;

	for (p = word; *p; p++) {
		if (*p <= ' ' || *p > '~')
			return false;
	}
	return snprintf(to, 64, "%s", word) < 64;
}

/* Arrays grow by doubling: the size is a power of two whenever one is full. */
static void *grow(void *list, size_t nr, size_t size)
{
	if (nr & (nr - 1) || nr == 1)
		return list;
	return realloc(list, (nr ? nr * 2 : 2) * size);
}

static int add_layout(struct ckpt_schema *schema, const struct line *line, bool record)
{
	struct ckpt_layout *layouts, *layout;

	if (line->nr < (record ? 4 : 3))
		return -EINVAL;
	layouts = grow(schema->layouts, schema->nr_layouts, sizeof(*layouts));
	if (!layouts)
		return -ENOMEM;
	schema->layouts = layouts;
	layout = &layouts[schema->nr_layouts++];
	memset(layout, 0, sizeof(*layout));
	if (!copy_name(layout->name, line->words[1]) ||
	    (record && !number(line->words[2], &layout->type)) ||
	    !number(line->words[record ? 3 : 2], &layout->size))
		return -EINVAL;
	return 0;
}

static int add_field(struct ckpt_layout *layout, const struct line *line)
{
	struct ckpt_field *fields, *field;

	if (!layout || line->nr < 5)
		return -EINVAL;
	fields = grow(layout->fields, layout->nr_fields, sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	layout->fields = fields;
	field = &fields[layout->nr_fields++];
	memset(field, 0, sizeof(*field));
	if (!copy_name(field->name, line->words[1]) || !number(line->words[2], &field->offset) ||
	    !number(line->words[3], &field->size) || !copy_name(field->type, line->words[4]) ||
	    (__u64)field->offset + field->size > layout->size)
		return -EINVAL;
	return 0;
}

static int parse_line(struct ckpt_schema *schema, struct line *line)
{
	struct ckpt_layout *last = NULL;

	split(line);
	if (!line->nr)
		return 0;
	if (schema->nr_layouts)
		last = &schema->layouts[schema->nr_layouts - 1];
	if (!strcmp(line->words[0], "record"))
		return add_layout(schema, line, true);
	if (!strcmp(line->words[0], "struct"))
		return add_layout(schema, line, false);
	if (!strcmp(line->words[0], "field"))
		return add_field(last, line);
	return 0;
}

int ckpt_schema_parse(const char *text, size_t len, struct ckpt_schema *schema)
{
	const char *end = text + len;
	struct line line;
	int ret = 0;

	memset(schema, 0, sizeof(*schema));
	while (text < end && !ret) {
		const char *stop = memchr(text, '\n', end - text);
		size_t bytes = (stop ? stop : end) - text;

		if (bytes < sizeof(line.text)) {
			memcpy(line.text, text, bytes);
			line.text[bytes] = '\0';
			ret = parse_line(schema, &line);
		} else {
			ret = -EINVAL;
		}
		text += bytes + 1;
	}
	if (ret)
		ckpt_schema_free(schema);
	return ret;
}

void ckpt_schema_free(struct ckpt_schema *schema)
{
	size_t i;

	for (i = 0; i < schema->nr_layouts; i++)
		free(schema->layouts[i].fields);
	free(schema->layouts);
	memset(schema, 0, sizeof(*schema));
}

const struct ckpt_layout *ckpt_schema_record(const struct ckpt_schema *schema, __u32 type)
{
	size_t i;

	for (i = 0; i < schema->nr_layouts; i++) {
		if (type && schema->layouts[i].type == type)
			return &schema->layouts[i];
	}
	return NULL;
}

const struct ckpt_layout *ckpt_schema_struct(const struct ckpt_schema *schema,
					     const char *name)
{
	size_t i;

	for (i = 0; i < schema->nr_layouts; i++) {
		if (!schema->layouts[i].type && !strcmp(schema->layouts[i].name, name))
			return &schema->layouts[i];
	}
	return NULL;
}

const char *ckpt_field_element(const struct ckpt_field *field)
{
	return strncmp(field->type, "array:", 6) ? NULL : field->type + 6;
}
