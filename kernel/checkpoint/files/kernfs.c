// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what poll(2) says of a file of sysfs or of a control group.
 * Compiled into fs/kernfs/file.c, where the count of a file's changes is private.
 */
#include "../../kernel/checkpoint/files/pseudo.h"

/**
 * ckpt_kernfs_has_event - has a file changed since it was last read through a descriptor?
 * @file: a regular file of kernfs, open
 *
 * Return: true if poll(2) says so (POLLPRI)
 */
bool ckpt_kernfs_has_event(struct file *file)
{
	struct kernfs_open_file *of = kernfs_of(file);

	return of->event != atomic_read(&of_on(of)->event);
}

/**
 * ckpt_kernfs_set_event - as if the file had been read just now, or before its last change
 * @file: a regular file of kernfs that nobody uses yet
 * @pending: a change is to be reported
 */
void ckpt_kernfs_set_event(struct file *file, bool pending)
{
	struct kernfs_open_file *of = kernfs_of(file);

	of->event = atomic_read(&of_on(of)->event) - pending;
}
