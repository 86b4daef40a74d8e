/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files about pseudo file systems share.
 */
#ifndef _KERNEL_CHECKPOINT_PSEUDO_H
#define _KERNEL_CHECKPOINT_PSEUDO_H

#include "files.h"

/**
 * struct ckpt_pseudo_state - what an open file of a pseudo file system has
 * @position: file offset
 * @index: with CKPT_PSEUDO_SEQ: the record that seq_file shows next
 * @flags: CKPT_PSEUDO_*
 * @event: poll(2) reports a change; saved in a record of its own
 */
struct ckpt_pseudo_state {
	u64 position;
	u64 index;
	u32 flags;
	bool event;
};

/* Of regular files and directories alone; O_DIRECT nobody has here. */
#define PSEUDO_OPEN_FLAGS	(CKPT_OPEN_FLAGS & ~(O_PATH | O_DIRECT))

/* -- pseudo.c ----------------------------------------------------------------- */

bool ckpt_is_pseudo_file(const struct file *file);
int ckpt_check_pseudo(struct ckpt_ctx *ctx, struct file *file, const struct task_struct *task);
int ckpt_emit_pseudo(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
		     void *rec, u32 id);
int ckpt_emit_event(struct ckpt_ctx *ctx, u32 id, const struct ckpt_pseudo_state *state);
int ckpt_validate_pseudo(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 open_flags,
			 u32 mode, const struct ckpt_pseudo_state *state);
int ckpt_restore_pseudo(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file,
			const struct task_struct *task, const struct ckpt_pseudo_state *state);

/* -- proc_pid.c --------------------------------------------------------------- */

/**
 * struct ckpt_opening - restart: what becomes a file of /proc/PID
 * @file: what stands for it
 * @path: its name there
 * @flags: O_*
 */
struct ckpt_opening {
	struct file *file;
	struct path path;
	u32 flags;
};

int ckpt_check_proc_pid(struct ckpt_ctx *ctx, struct file *file, struct task_struct *task);
int ckpt_save_proc_pid(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
		       u32 id, u32 asker, u32 flags);
int ckpt_validate_proc_pid(struct ckpt_ctx *ctx, const struct ckpt_item *item);
void *ckpt_restore_proc_pid(struct ckpt_ctx *ctx, struct ckpt_item *item);
int ckpt_open_in_place(const struct ckpt_opening *opening);

/* -- proc_memory.c ------------------------------------------------------------ */

bool ckpt_shows_memory(const struct file *file);
int ckpt_open_memory(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		     const struct ckpt_opening *opening);
int ckpt_ask_for_memory(struct ckpt_ctx *ctx, u32 id, struct file *file);

/* -- pseudo_state.c ---------------------------------------------------------- */

const char *ckpt_pseudo_keeps(const struct file *file, const struct task_struct *task);
int ckpt_is_half_read(struct ckpt_ctx *ctx, struct file *file, const char *name);
void ckpt_get_pseudo_state(struct file *file, struct ckpt_pseudo_state *state);
int ckpt_set_pseudo_state(struct file *file, const struct ckpt_pseudo_state *state);
void ckpt_set_pseudo_event(struct file *file);

/* -- pseudo_cgroup.c, with CONFIG_CGROUPS ------------------------------------- */

const char *ckpt_cgroup_file_keeps(const struct file *file, const struct task_struct *task);

/* -- kernfs.c, compiled into fs/kernfs/file.c ---------------------------------- */

bool ckpt_kernfs_has_event(struct file *file);
void ckpt_kernfs_set_event(struct file *file, bool pending);

#endif /* _KERNEL_CHECKPOINT_PSEUDO_H */
