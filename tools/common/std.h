/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * std.h - standard descriptors that were closed when the tool was started.
 */
#ifndef _CKPT_STD_H
#define _CKPT_STD_H

#include <stdbool.h>

/* Put /dev/null there, so that no file that is opened later takes their numbers. */
void std_fill(void);

/* Was it closed? */
bool std_was_closed(int fd);

#endif /* _CKPT_STD_H */
