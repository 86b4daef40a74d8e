/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc.h - the little that the tools look up in /proc.  It need not be mounted.
 */
#ifndef _CKPT_PROC_H
#define _CKPT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

/* The name of process @pid.  Return: @buffer, NULL if it is not known */
char *proc_comm(pid_t pid, char *buffer, size_t len);

/* The id of this boot, "-" if it is not known.  Return: @buffer */
char *proc_boot_id(char *buffer, size_t len);

/* When process @pid was made, in the units of /proc; 0 if it is not there or has ended */
__u64 proc_begun(pid_t pid);

/* The parent of process @pid, 0 if it is not known or outside of this namespace */
pid_t proc_parent(pid_t pid);

/* Is @pid this process or one of its ancestors? */
bool proc_is_above(pid_t pid);

/* Private memory of @root and all below it, in bytes; 0 if not known. */
__u64 proc_tree_memory(pid_t root);

/* The same without @root itself. */
__u64 proc_memory_below(pid_t root);

/*
 * Kill @root and all below it; none of them may be this process.  Return: 0 or negative
 * errno, and then perhaps some live
 */
int proc_kill_tree(pid_t root);

/* The same without @root itself, which may be this process. */
void proc_kill_below(pid_t root);

/* What this process has written by now, in bytes; 0 if not known. */
__u64 proc_bytes_written(void);

/* The number in a file such as /proc/sys/kernel/...; @missing if there is none. */
long proc_number(const char *path, long missing);

#endif /* _CKPT_PROC_H */
