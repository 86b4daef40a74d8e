// SPDX-License-Identifier: GPL-2.0-only
/*
 * parse.c - times, sizes and counts on a command line.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"

/**
 * struct unit - what a letter behind a number stands for
 * @letter: it
 * @factor: its value
 */
struct unit {
	char letter;
	double factor;
};

static bool parse(const char *text, const struct unit *units, double *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	*value = strtod(text, &end);
	if (!*end)
		return true;
	for (; units->letter; units++) {
		if (*end == units->letter && !end[1]) {
			*value *= units->factor;
			return true;
		}
	}
	return false;
}

/* "90", "90s", "1.5m", "2h", "1d"; from a tenth of a second to ten years */
bool parse_time(const char *text, __u64 *ns)
{
	static const struct unit units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 0, 0 },
	};
	double seconds;

	if (!parse(text, units, &seconds) || !(seconds >= 0.1 && seconds <= 3.2e8))
		return false;
	*ns = seconds * 1e9;
	return true;
}

/* "4096", "64K", "20G" */
bool parse_size(const char *text, __u64 *bytes)
{
	static const struct unit units[] = {
		{ 'K', 1ULL << 10 }, { 'M', 1ULL << 20 }, { 'G', 1ULL << 30 },
		{ 'T', 1ULL << 40 }, { 0, 0 },
	};
	double value;

	if (!parse(text, units, &value) || !(value >= 1 && value < 9e18))
		return false;
	*bytes = value;
	return true;
}

bool parse_count(const char *text, size_t *count)
{
	static const struct unit none[] = { { 0, 0 } };
	double value;

	if (!parse(text, none, &value) || !(value >= 1 && value <= 1e6) ||
	    value != (double)(size_t)value)
		return false;
	*count = value;
	return true;
}
