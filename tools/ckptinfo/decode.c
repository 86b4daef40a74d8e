// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode.c - values of described C types, as text or JSON.  It knows no record:
 * it will decode fields that did not exist when it was written.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "decode.h"

/* Long contents are cut in text; JSON has them whole. */
#define TEXT_BYTES 64
#define TEXT_ELEMENTS 64

struct scalar {
	unsigned int size;
	bool is_signed;
	bool is_char;
};

/* "u64[21]" is 21 scalars of "u64".  Return: false for any other type */
static bool parse_type(const char *type, __u32 bytes, struct scalar *scalar, __u32 *count)
{
	static const struct {
		const char *name;
		struct scalar scalar;
	} known[] = {
		{ "u8", { 1, false, false } }, { "s8", { 1, true, false } },
		{ "u16", { 2, false, false } }, { "s16", { 2, true, false } },
		{ "u32", { 4, false, false } }, { "s32", { 4, true, false } },
		{ "u64", { 8, false, false } }, { "s64", { 8, true, false } },
		{ "char", { 1, false, true } },
	};
	size_t i, len = strcspn(type, "[ ");

	for (i = 0; i < ARRAY_SIZE(known); i++) {
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

	/* images are little endian, as the header's magic says */
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
		      __u32 len, bool is_char)
{
	__u32 used = len;

	while (used && !p[used - 1])
		used--;
	if (!is_text(p, used) || (!used && !is_char)) {
		put_hex(sink, name, p, len);
		return;
	}
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
		put_bytes(sink, name, data, count, scalar.is_char);
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

		if ((__u64)field->offset + field->size > size || ckpt_field_element(field))
			continue;
		decode_value(sink, field->name, field->type,
			     (const char *)data + field->offset, field->size);
	}
}

static void decode_structs(const struct sink *sink, const struct ckpt_layout *element,
			   const char *name, const char *from, const struct ckpt_rec_array *array)
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

static void decode_array(const struct sink *sink, const struct ckpt_schema *schema,
			 const struct ckpt_field *field, const struct ckpt_item *item)
{
	const char *fixed = (const char *)item->raw + sizeof(struct ckpt_rec);
	const char *type = ckpt_field_element(field);
	const struct ckpt_layout *element = ckpt_schema_struct(schema, type);
	struct ckpt_rec_array array;
	char list[80];
	__u64 bytes;

	memcpy(&array, fixed + field->offset, sizeof(array));
	bytes = (__u64)array.count * array.size;
	/* unknown records have not been checked */
	if (!bytes || bytes > item->len - sizeof(struct ckpt_rec) - item->size)
		return;
	if (element) {
		decode_structs(sink, element, field->name, fixed + item->size, &array);
		return;
	}
	snprintf(list, sizeof(list), "%s[]", type);
	decode_value(sink, field->name, list, fixed + item->size, bytes);
}

void decode_record(const struct sink *sink, const struct ckpt_schema *schema,
		   const struct ckpt_layout *layout, const struct ckpt_item *item)
{
	const void *fixed = (const char *)item->raw + sizeof(struct ckpt_rec);
	size_t i;

	decode_layout(sink, layout, fixed, item->size);
	for (i = 0; i < layout->nr_fields; i++) {
		const struct ckpt_field *field = &layout->fields[i];

		if (ckpt_field_element(field) &&
		    (__u64)field->offset + sizeof(struct ckpt_rec_array) <= item->size)
			decode_array(sink, schema, field, item);
	}
}
