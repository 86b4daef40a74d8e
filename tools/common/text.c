// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - words for people: messages, sizes, times, command lines.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clean.h"
#include "text.h"

static char first[4096];

void say_err(const char *fmt, ...)
{
	char line[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* one write: other processes share this stream */
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, clean_string(line));
	if (!*first)
		snprintf(first, sizeof(first), "%s", line);
}

const char *said_first(void)
{
	return first;
}

char *text_bytes(__u64 bytes, char *buffer, size_t len)
{
	static const char * const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = bytes / 1024.0;
	unsigned int unit = 0;

	if (bytes < 1024) {
		snprintf(buffer, len, "%llu bytes", (unsigned long long)bytes);
		return buffer;
	}
	for (; value >= 1024 && unit < 3; unit++)
		value /= 1024;
	snprintf(buffer, len, "%.*f %s", value < 100 ? 1 : 0, value, units[unit]);
	return buffer;
}

char *text_time(__u64 ns, char *buffer, size_t len)
{
	__u64 seconds = ns / 1000000000;

	if (ns < 1000000000)
		snprintf(buffer, len, "%.1f ms", ns / 1e6);
	else if (seconds < 60)
		snprintf(buffer, len, "%.1f s", ns / 1e9);
	else if (seconds < 2 * 3600)
		snprintf(buffer, len, "%llu min %llu s", (unsigned long long)seconds / 60,
			 (unsigned long long)seconds % 60);
	else if (seconds < 2 * 86400)
		snprintf(buffer, len, "%llu h %llu min", (unsigned long long)seconds / 3600,
			 (unsigned long long)seconds / 60 % 60);
	else
		snprintf(buffer, len, "%llu d %llu h", (unsigned long long)seconds / 86400,
			 (unsigned long long)seconds / 3600 % 24);
	return buffer;
}

static void append(char *buffer, size_t len, const char *text, size_t bytes)
{
	size_t used = strlen(buffer);

	if (used + bytes + 1 > len)
		bytes = len - used - 1;
	memcpy(buffer + used, text, bytes);
	buffer[used + bytes] = '\0';
}

/* $'...' of the shell: what would not be shown as it is */
static void append_escaped(char *buffer, size_t len, const char *word)
{
	char code[8];

	append(buffer, len, "$'", 2);
	for (; *word; word++) {
		if (*word == '\'' || *word == '\\')
			snprintf(code, sizeof(code), "\\%c", *word);
		else if (*word < ' ' || *word > '~')
			snprintf(code, sizeof(code), "\\%03o", (unsigned char)*word);
		else
			snprintf(code, sizeof(code), "%c", *word);
		append(buffer, len, code, strlen(code));
	}
	append(buffer, len, "'", 1);
}

static void append_word(char *buffer, size_t len, const char *word)
{
	static const char plain[] = "_-./:=@%+,";
	bool quoted = !*word;
	const char *p;

	for (p = word; *p; p++)
		quoted |= !isalnum((unsigned char)*p) && !strchr(plain, *p);

	if (*buffer)
		append(buffer, len, " ", 1);
	if (!quoted) {
		append(buffer, len, word, strlen(word));
		return;
	}
	if (!clean_is(word)) {
		append_escaped(buffer, len, word);
		return;
	}
	append(buffer, len, "'", 1);
	for (p = word; *p; p++) {
		if (*p == '\'')
			append(buffer, len, "'\\''", 4);
		else
			append(buffer, len, p, 1);
	}
	append(buffer, len, "'", 1);
}

char *text_word(const char *word, char *buffer, size_t len)
{
	buffer[0] = '\0';
	append_word(buffer, len, word);
	return buffer;
}

char *text_command(char *const argv[], const char *prefix, const char *option,
		   char *buffer, size_t len)
{
	char *const *word;

	buffer[0] = '\0';
	if (prefix)
		append_word(buffer, len, prefix);
	append_word(buffer, len, argv[0]);
	if (option) {
		append(buffer, len, " ", 1);
		append(buffer, len, option, strlen(option));
	}
	for (word = argv + 1; *word; word++)
		append_word(buffer, len, *word);
	return buffer;
}

char *text_command_without(char *const argv[], const char *option, char *buffer, size_t len)
{
	char *const *word;

	buffer[0] = '\0';
	for (word = argv; *word; word++) {
		if (strcmp(*word, option))
			append_word(buffer, len, *word);
	}
	return buffer;
}

const char *plural(__u64 count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}
