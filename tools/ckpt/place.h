/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place.h - the image file, with words for what cannot be done.
 */
#ifndef _CKPT_PLACE_H
#define _CKPT_PLACE_H

#include "output.h"

/* output_open() and output_commit() that report.  Return: 0 or negative errno */
int place_open(struct output *output);
int place_commit(struct output *output);

#endif /* _CKPT_PLACE_H */
