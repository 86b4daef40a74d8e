// SPDX-License-Identifier: LGPL-2.1-only
/*
 * clean.c - text from strangers, made fit for a terminal: names from images and from
 * the kernel's messages are chosen by the programs that were saved.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clean.h"
#include "compiler.h"

/* Bytes of the UTF-8 sequence at @p, 0 if it is none. */
static size_t sequence_length(const unsigned char *p, size_t left)
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

uint32_t clean_code_point(const char *text, size_t len)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *p = (const unsigned char *)text;
	uint32_t code = p[0] & masks[len];
	size_t i;

	for (i = 1; i < len; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

/* What a terminal, or who reads it, would not see but obey */
static const struct { uint32_t first, last; } obeyed[] = {
	{ 0x0000, 0x001f },	/* C0 */
	{ 0x007f, 0x009f },	/* delete, C1 */
	{ 0x061c, 0x061c },	/* direction of writing */
	{ 0x200e, 0x200f },
	{ 0x2028, 0x202e },	/* line and paragraph separator, embedding, override */
	{ 0x2066, 0x206f },	/* isolates, deprecated format characters */
	{ 0xfff9, 0xfffb },	/* annotations */
	{ 0xe0000, 0xe007f },	/* tags */
};

static bool is_obeyed(uint32_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(obeyed); i++) {
		if (code >= obeyed[i].first && code <= obeyed[i].last)
			return true;
	}
	return false;
}

size_t clean_next(const char *text, size_t left, bool *plain)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = sequence_length(p, left);

	*plain = len && !is_obeyed(clean_code_point(text, len));
	return len;
}

/* As setlocale() would find it, which a static program without locales cannot ask. */
static bool locale_is_utf8(void)
{
	static const char * const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		value = getenv(names[i]);
		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

/* Bytes of the next character, with *@plain as clean_next(); never 0 */
static size_t step(const char *text, size_t left, bool utf8, bool *plain)
{
	size_t len = clean_next(text, left, plain);

	if (len > 1 && !utf8)
		*plain = false;
	return len ? len : 1;
}

char *clean_string(char *text)
{
	size_t left = strlen(text), len;
	bool utf8 = locale_is_utf8(), plain;
	char *from = text, *to = text;

	for (; left; from += len, left -= len) {
		len = step(from, left, utf8, &plain);
		if (plain) {
			memmove(to, from, len);
			to += len;
		} else {
			*to++ = '?';
		}
	}
	*to = '\0';
	return text;
}

bool clean_is(const char *text)
{
	size_t left = strlen(text), len;
	bool utf8 = locale_is_utf8(), plain;

	for (; left; text += len, left -= len) {
		len = step(text, left, utf8, &plain);
		if (!plain)
			return false;
	}
	return true;
}
