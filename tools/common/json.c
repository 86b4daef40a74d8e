// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c - write JSON.  Strings may hold any bytes, such as file names: what is
 * no UTF-8 becomes U+FFFD, and what a terminal would obey is escaped.
 */
#include <string.h>

#include "clean.h"
#include "json.h"

/* A character that a terminal would obey: two units of UTF-16 where it takes them */
static void escape(FILE *file, const char *text, size_t bytes)
{
	unsigned int code = clean_code_point(text, bytes);

	if (code < 0x10000)
		fprintf(file, "\\u%04x", code);
	else
		fprintf(file, "\\u%04x\\u%04x", 0xd800 | (code - 0x10000) >> 10,
			0xdc00 | (code & 0x3ff));
}

static void quote(FILE *file, const char *value, size_t len)
{
	bool plain;

	putc('"', file);
	while (len) {
		size_t bytes = clean_next(value, len, &plain);

		if (!bytes)
			fputs("\\ufffd", file);
		else if (*value == '"' || *value == '\\')
			fprintf(file, "\\%c", *value);
		else if (!plain)
			escape(file, value, bytes);
		else
			fwrite(value, 1, bytes, file);
		value += bytes ? bytes : 1;
		len -= bytes ? bytes : 1;
	}
	putc('"', file);
}

static void indent(struct json *json)
{
	putc('\n', json->file);
	fprintf(json->file, "%*s", (int)json->depth * 2, "");
}

static void member(struct json *json, const char *name)
{
	if (json->filled)
		putc(',', json->file);
	if (json->depth)
		indent(json);
	if (name) {
		quote(json->file, name, strlen(name));
		fputs(": ", json->file);
	}
	json->filled = true;
}

/* How many objects or arrays were begun on their own */
static unsigned int objects;

void json_begin(struct json *json, const char *name, char bracket)
{
	bool outermost = !json->depth;

	member(json, name);
	putc(bracket, json->file);
	json->depth++;
	json->filled = false;
	if (!outermost)
		return;
	objects++;
	if (bracket == '{')
		json_uint(json, "format", JSON_FORMAT);
}

unsigned int json_objects(void)
{
	return objects;
}

void json_end(struct json *json, char bracket)
{
	json->depth--;
	if (json->filled)
		indent(json);
	putc(bracket, json->file);
	json->filled = true;
	if (!json->depth)
		putc('\n', json->file);
}

void json_bytes(struct json *json, const char *name, const char *value, size_t len)
{
	member(json, name);
	quote(json->file, value, len);
}

void json_string(struct json *json, const char *name, const char *value)
{
	json_bytes(json, name, value, strlen(value));
}

void json_uint(struct json *json, const char *name, __u64 value)
{
	member(json, name);
	fprintf(json->file, "%llu", (unsigned long long)value);
}

void json_int(struct json *json, const char *name, __s64 value)
{
	member(json, name);
	fprintf(json->file, "%lld", (long long)value);
}

void json_hex(struct json *json, const char *name, __u64 value)
{
	member(json, name);
	fprintf(json->file, "\"0x%llx\"", (unsigned long long)value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	member(json, name);
	fputs(value ? "true" : "false", json->file);
}

void json_id(struct json *json, const char *name, const __u64 id[2])
{
	member(json, name);
	fprintf(json->file, "\"%016llx%016llx\"", (unsigned long long)id[0],
		(unsigned long long)id[1]);
}
