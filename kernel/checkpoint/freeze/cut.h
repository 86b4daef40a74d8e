/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files of calls that were cut short share.
 */
#ifndef _KERNEL_CHECKPOINT_CUT_H
#define _KERNEL_CHECKPOINT_CUT_H

#include <linux/types.h>

struct file;

/* In place of an argument's number: the call has no descriptor */
#define CKPT_NO_FD	(-1)

/**
 * struct ckpt_movable - a call that moves bytes, messages or events
 * @nr: its number
 * @fd: number of the argument that is its descriptor, or CKPT_NO_FD; of two, that of the
 *	file that it writes to
 * @other_fd: of two, the other one; else the same
 * @moves_all: if not interrupted, and not stopped by an error or the end of its input;
 *	NULL: it always does
 * @rest: moves the rest; returns how many, or negative errno
 *
 * A table of them ends with one that has no @rest.
 */
struct ckpt_movable {
	int nr;
	int fd;
	int other_fd;
	bool (*moves_all)(struct file *file, const unsigned long *args);
	long (*rest)(struct file *file, const unsigned long *args, size_t done);
};

/* cut_buffers.c */
extern const struct ckpt_movable ckpt_movable_buffers[];
bool ckpt_write_moves_all(struct file *file, const unsigned long *args);

/* cut_files.c */
extern const struct ckpt_movable ckpt_movable_files[];

#endif /* _KERNEL_CHECKPOINT_CUT_H */
