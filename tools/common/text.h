/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - words for people: messages, sizes, times, command lines.
 */
#ifndef _CKPT_TEXT_H
#define _CKPT_TEXT_H

#include <stddef.h>
#include <linux/types.h>

#include "compiler.h"

#define CKPT_TOOLS_VERSION "0.1"

/* Print "PROGRAM: MESSAGE" to stderr. */
__printf(1, 2)
void say_err(const char *fmt, ...);

/* The first of these messages, "" if there was none */
const char *said_first(void);

/* "12.3 MiB".  Return: @buffer */
char *text_bytes(__u64 bytes, char *buffer, size_t len);

/* "4.1 ms", "2 min 5 s".  Return: @buffer */
char *text_time(__u64 ns, char *buffer, size_t len);

/* A word as a shell takes it, quoted where it must be.  Return: @buffer */
char *text_word(const char *word, char *buffer, size_t len);

/**
 * text_command - the command that was typed, changed
 * @argv: as main() got it
 * @prefix: a word before it, such as "sudo", or NULL
 * @option: an option put behind the command's name, or NULL
 * @buffer: where the text goes, quoted for a shell
 * @len: size of @buffer
 *
 * Return: @buffer
 */
char *text_command(char *const argv[], const char *prefix, const char *option,
		   char *buffer, size_t len);

/**
 * text_command_without - the command that was typed, less an option
 * @argv: as main() got it
 * @option: what to leave out, as it was typed
 * @buffer: where the text goes, quoted for a shell
 * @len: size of @buffer
 *
 * Return: @buffer
 */
char *text_command_without(char *const argv[], const char *option, char *buffer, size_t len);

/* "1 process", "3 processes": the word for a count. */
const char *plural(__u64 count, const char *one, const char *many);

#endif /* _CKPT_TEXT_H */
