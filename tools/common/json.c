// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c - write JSON.  Strings may hold any bytes, such as file names: what is
 * no UTF-8 becomes U+FFFD.
 */
#include <string.h>

#include "json.h"

/* Bytes of the UTF-8 sequence at @p, 0 if it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t i, len;

	if (*p < 0x80)
		return 1;
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	len = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* too long a form, surrogates, above U+10FFFF */
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static void quote(FILE *file, const char *value, size_t len)
{
	const unsigned char *p = (const unsigned char *)value;

	putc('"', file);
	while (len) {
		size_t bytes = utf8_length(p, len);

		if (!bytes)
			fputs("\\ufffd", file);
		else if (*p == '"' || *p == '\\')
			fprintf(file, "\\%c", *p);
		else if (*p < ' ' || *p == 0x7f)
			fprintf(file, "\\u%04x", *p);
		else
			fwrite(p, 1, bytes, file);
		p += bytes ? bytes : 1;
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

void json_begin(struct json *json, const char *name, char bracket)
{
	member(json, name);
	putc(bracket, json->file);
	json->depth++;
	json->filled = false;
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
