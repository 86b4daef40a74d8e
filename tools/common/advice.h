/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * advice.h - what to do about a refusal, in words that both ckpt and rstr use.
 *
 * Each returns a clause that ends in the command to type, where one exists; it may
 * lie in @buffer of @len bytes.  @argv is the command line as main() got it.
 */
#ifndef _CKPT_ADVICE_H
#define _CKPT_ADVICE_H

#include <stddef.h>

/* Nobody like the caller may use the system calls at all. */
const char *advise_gate(char *const argv[], char *buffer, size_t len);

/* The caller lacks a right that root has. */
const char *advise_root(char *const argv[], char *buffer, size_t len);

/* The same command with @option would work. */
const char *advise_option(char *const argv[], const char *option, char *buffer, size_t len);

/* The same command without @option would work. */
const char *advise_without(char *const argv[], const char *option, char *buffer, size_t len);

#endif /* _CKPT_ADVICE_H */
