// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode.c - values of described C types, as text or JSON.  It knows no record:
 * it will decode fields that did not exist when it was written.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

/* Long contents are cut in text; JSON has them whole. */
#define TEXT_BYTES 64
#define TEXT_ELEMENTS 64

struct scalar {
	unsigned int size;
	bool is_signed;
	bool is_char;
};

/* "__u64[21]" is 21 scalars of "__u64".  Return: false for any other type */
static bool parse_type(const char *type, __u32 bytes, struct scalar *scalar, __u32 *count)
{
	static const struct {
		const char *name;
		struct scalar scalar;
	} known[] = {
		{ "__u8", { 1, false, false } }, { "__s8", { 1, true, false } },
		{ "__u16", { 2, false, false } }, { "__s16", { 2, true, false } },
		{ "__u32", { 4, false, false } }, { "__s32", { 4, true, false } },
		{ "__u64", { 8, false, false } }, { "__s64", { 8, true, false } },
		{ "char", { 1, false, true } },
	};
	size_t i, len = strcspn(type, "[ ");

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) != len || strncmp(known[i].name, type, len))
			continue;
		*scalar = known[i].scalar;
		*count = bytes / scalar->size;
		return true;
	}
	return false;
}

static __u64 load(const struct scalar *scalar, const void *data, __u32 i)
{
	const unsigned char *p = (const unsigned char *)data + (size_t)i * scalar->size;
	__u64 value = 0;

	/* images are little endian, as the header's magic told */
	memcpy(&value, p, scalar->size);
	if (scalar->is_signed && scalar->size < 8 && value >> (scalar->size * 8 - 1))
		value |= ~0ULL << (scalar->size * 8);
	return value;
}

static void put_name(const struct sink *sink, const char *name)
{
	printf("%*s", sink->indent, "");
	if (name)
		printf("%s ", name);
}

static void put_number(const struct sink *sink, const char *name,
		       const struct scalar *scalar, __u64 value)
{
	bool large = !scalar->is_signed && scalar->size == 8 && value > 0xffffffff;

	if (sink->json && large)
		json_hex(sink->json, name, value);
	else if (sink->json && scalar->is_signed)
		json_int(sink->json, name, value);
	else if (sink->json)
		json_uint(sink->json, name, value);
	else if (large)
		printf("%#llx", (unsigned long long)value);
	else if (scalar->is_signed)
		printf("%lld", (long long)value);
	else
		printf("%llu", (unsigned long long)value);
}

static bool is_text(const unsigned char *p, __u32 len)
{
	while (len && !p[len - 1])
		len--;
	for (; len; p++, len--) {
		if (!isprint(*p))
			return false;
	}
	return true;
}

static void put_hex(const struct sink *sink, const char *name, const unsigned char *p,
		    __u32 len)
{
	__u32 i, shown = len > TEXT_BYTES && !sink->json ? TEXT_BYTES : len;
	char *text = malloc(2 * (size_t)shown + 1);

	if (!text)
		return;
	text[0] = '\0';
	for (i = 0; i < shown; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", p[i]);
	if (sink->json) {
		json_string(sink->json, name, text);
	} else {
		put_name(sink, name);
		printf("%s%s\n", text, shown < len ? "..." : "");
	}
	free(text);
}

/* Bytes are text if they can be. */
static void put_bytes(const struct sink *sink, const char *name, const unsigned char *p,
		      __u32 len)
{
	__u32 used = len;

	if (!is_text(p, len)) {
		put_hex(sink, name, p, len);
		return;
	}
	while (used && !p[used - 1])
		used--;
	if (sink->json) {
		json_bytes(sink->json, name, (const char *)p, used);
		return;
	}
	put_name(sink, name);
	printf("\"%.*s\"%s\n", used > 1024 ? 1024 : (int)used, p, used > 1024 ? "..." : "");
}

static void put_list(const struct sink *sink, const char *name, const struct scalar *scalar,
		     const void *data, __u32 count)
{
	__u32 i, shown = count > TEXT_ELEMENTS && !sink->json ? TEXT_ELEMENTS : count;

	if (sink->json)
		json_begin(sink->json, name, '[');
	else
		put_name(sink, name);
	for (i = 0; i < shown; i++) {
		if (i && !sink->json)
			putchar(' ');
		put_number(sink, NULL, scalar, load(scalar, data, i));
	}
	if (sink->json)
		json_end(sink->json, ']');
	else
		printf("%s\n", shown < count ? " ..." : "");
}

void decode_value(const struct sink *sink, const char *name, const char *type,
		  const void *data, __u32 size)
{
	struct scalar scalar;
	__u32 count;

	if (!parse_type(type, size, &scalar, &count)) {
		put_hex(sink, name, data, size);
	} else if (scalar.size == 1 && (scalar.is_char || count > 1)) {
		put_bytes(sink, name, data, count);
	} else if (strchr(type, '[')) {
		put_list(sink, name, &scalar, data, count);
	} else if (size < scalar.size) {
		put_hex(sink, name, data, size);
	} else {
		if (!sink->json)
			put_name(sink, name);
		put_number(sink, name, &scalar, load(&scalar, data, 0));
		if (!sink->json)
			putchar('\n');
	}
}

void decode_layout(const struct sink *sink, const struct ckpt_layout *layout,
		   const void *data, __u32 size)
{
	size_t i;

	for (i = 0; i < layout->nr_fields; i++) {
		const struct ckpt_field *field = &layout->fields[i];

		if ((__u64)field->offset + field->size > size ||
		    !strcmp(field->type, "struct ckpt_array"))
			continue;
		decode_value(sink, field->name, field->type,
			     (const char *)data + field->offset, field->size);
	}
}

static void decode_structs(const struct sink *sink, const struct ckpt_layout *element,
			   const char *name, const char *from, const struct ckpt_array *array)
{
	struct sink deeper = { .json = sink->json, .indent = sink->indent + 4 };
	__u32 i;

	if (sink->json)
		json_begin(sink->json, name, '[');
	for (i = 0; i < array->count; i++, from += array->size) {
		if (sink->json)
			json_begin(sink->json, NULL, '{');
		else
			printf("%*s%s[%u]\n", sink->indent, "", name, i);
		decode_layout(&deeper, element, from, array->size);
		if (sink->json)
			json_end(sink->json, '}');
	}
	if (sink->json)
		json_end(sink->json, ']');
}

void decode_array(const struct sink *sink, const struct ckpt_schema *schema,
		  const struct ckpt_layout *layout, const struct ckpt_item *item)
{
	const char *fixed = (const char *)item->raw + sizeof(struct ckpt_record);
	const struct ckpt_layout *element;
	struct ckpt_array array;
	char type[80];
	__u64 bytes;

	if (!layout->array[0] || layout->array_offset + sizeof(array) > item->size)
		return;
	memcpy(&array, fixed + layout->array_offset, sizeof(array));
	bytes = (__u64)array.count * array.size;
	/* unknown records have not been checked */
	if (!bytes || bytes > item->len - sizeof(struct ckpt_record) - item->size)
		return;
	element = ckpt_schema_struct(schema, layout->elem_type);
	if (element) {
		decode_structs(sink, element, layout->array, fixed + item->size, &array);
		return;
	}
	snprintf(type, sizeof(type), "%s[]", layout->elem_type);
	decode_value(sink, layout->array, type, fixed + item->size, bytes);
}
