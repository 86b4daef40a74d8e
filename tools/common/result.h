/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * result.h - what a tool leaves behind when it ends: all that it has printed, or an error;
 * with --json an object in any case.
 */
#ifndef _CKPT_RESULT_H
#define _CKPT_RESULT_H

#include <stdio.h>

#include "compiler.h"

/*
 * Output into a pipe that nobody reads is an error to report, not a death: for tools, not
 * for what becomes a program or waits for one.
 */
void result_guard(void);

/* From now on an end with errors and without any object leaves an object in @file. */
void result_json(FILE *file);

/* Is there "--json" among the options of @argv, before any other one is looked at? */
int result_is_json(char *const argv[]);

/* The end: @code, or @failed if what was printed could not be written (reported). */
int result_code(int code, int failed);

/* Print a text, and end with 0 or @failed. */
__noreturn void result_text(const char *text, int failed);

#endif /* _CKPT_RESULT_H */
