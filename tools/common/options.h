/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * options.h - the options of a command line, one after the other, each written in full:
 * "--k" shall not kill.
 */
#ifndef _CKPT_OPTIONS_H
#define _CKPT_OPTIONS_H

#include <getopt.h>

/**
 * struct foreign - a word of another tool, and ours for it
 * @word: "--tree", "-D", "dump"; NULL ends a list
 * @ours: "ckpt PID"
 */
struct foreign {
	const char *word;
	const char *ours;
};

/**
 * option_next - as getopt_long(), but for abbreviations
 * @argc: of main()
 * @argv: of main()
 * @shorts: as for getopt_long(); the first one must be a plus
 * @longs: as for getopt_long()
 *
 * Return: the option; -1 at the first word that is none; '?' for a fault
 */
int option_next(int argc, char **argv, const char *shorts, const struct option *longs);

/**
 * option_fault - what was wrong when option_next() returned '?'
 * @foreign: words to answer with ours, may be NULL
 *
 * Return: a clause
 */
const char *option_fault(const struct foreign *foreign);

/* Our word for a foreign one.  Return: NULL if it is none */
const char *option_ours(const struct foreign *foreign, const char *word);

#endif /* _CKPT_OPTIONS_H */
