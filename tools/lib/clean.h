/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * clean.h - text from strangers, made fit for a terminal.
 */
#ifndef _CKPT_CLEAN_H
#define _CKPT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * clean_next - look at the next character of a UTF-8 text
 * @text: the text
 * @left: bytes that are left of it, at least 1
 * @plain: out: it is a character that only shows, and moves or hides nothing
 *
 * Return: its bytes; 0 if the first one begins no UTF-8 sequence
 */
size_t clean_next(const char *text, size_t left, bool *plain);

/* The number of the character of @len bytes that clean_next() found at @text */
uint32_t clean_code_point(const char *text, size_t len);

/**
 * clean_string - replace whatever a terminal would obey by question marks
 * @text: the text, changed in place
 *
 * These are control characters in each encoding (ASCII, C1 as UTF-8), bytes that are
 * no UTF-8, line separators, and characters that turn the direction of writing.
 * Where the locale is not one of UTF-8 a terminal may take any byte above 0x7f for a
 * control character: then all of them go.
 *
 * Return: @text
 */
char *clean_string(char *text);

/* Would clean_string() leave it as it is? */
bool clean_is(const char *text);

#endif /* _CKPT_CLEAN_H */
