/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version.h - the tools' version, and whether this kernel has the calls.
 */
#ifndef _CKPT_VERSION_H
#define _CKPT_VERSION_H

/* Print both.  Return: 0, @failed if that could not be written */
int print_version(const char *tool, int failed);

#endif /* _CKPT_VERSION_H */
