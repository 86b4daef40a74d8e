/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files of the core share among themselves.
 * Kinds do not include this.
 */
#ifndef _KERNEL_CHECKPOINT_CORE_H
#define _KERNEL_CHECKPOINT_CORE_H

#include "checkpoint.h"

/* Without a privileged word the metadata of an image may take this much memory. */
#define CKPT_META_LIMIT	(256UL << 20)

/**
 * struct ckpt_object - an object of the image
 * @node: in ctx->by_pointer (save)
 * @key: pointer and class (save)
 * @id: object id
 * @class: its class
 * @refs: how often it was asked for (save)
 * @consumed: pids: a task is attached to it (restart)
 * @grouped: pids: a process group has this number; @session is its session
 * @session: object id of that, 0 for the restarter's (restart)
 * @ptr: the object, once made (restart); the reference is ours
 * @owner: the task that restores its records (restart)
 * @recs: struct ckpt_rec.owner_node of its records that no task restores (restart)
 */
struct ckpt_object {
	struct rhash_head node;
	struct ckpt_object_key {
		const void *ptr;
		unsigned long class;
	} key;
	u32 id;
	enum ckpt_class class;
	unsigned int refs;
	bool consumed;
	bool grouped;
	u32 session;
	void *ptr;
	struct ckpt_task *owner;
	struct list_head recs;
};

/* Kinds that stand in for each other have one part, of which a task has one record. */
static inline u32 ckpt_part(const struct ckpt_kind *kind)
{
	return kind->stands_for ?: kind->type;
}

/* The record that a task is made from */
static inline const struct ckpt_task_data *task_data(const struct ckpt_task *t)
{
	return t->rec->data;
}

/* error.c */
int ckpt_errors_init(struct ckpt_ctx *ctx, u32 nr);
int ckpt_errors_to_user(struct ckpt_ctx *ctx, u64 uptr, u32 nr, u32 *used);

/* objects.c */
int ckpt_objects_init(struct ckpt_ctx *ctx);
void ckpt_objects_free(struct ckpt_ctx *ctx);
int ckpt_define_object(struct ckpt_ctx *ctx, u32 id, enum ckpt_class class,
		       struct ckpt_task *owner);
void ckpt_drop_shared(struct ckpt_ctx *ctx);
void ckpt_consume_object(struct ckpt_ctx *ctx, u32 id);
struct ckpt_object *ckpt_find_object(struct ckpt_ctx *ctx, u32 id);

/* kinds.c */
const struct ckpt_kind *ckpt_find_kind(u32 type);

/* stream.c */
int ckpt_stream_open(struct ckpt_ctx *ctx, struct file *file, bool write);
int ckpt_stream_flush(struct ckpt_ctx *ctx);
void ckpt_stream_close(struct ckpt_ctx *ctx);
int ckpt_write_raw_record(struct ckpt_ctx *ctx, struct ckpt_record *rec);

/* trap.c */

/* No load, no task work, no signal but a fatal one ends it. */
#define CKPT_TRAP_STATE		(TASK_KILLABLE | TASK_NOLOAD | TASK_FREEZABLE)

int ckpt_arrivals(void);
bool ckpt_wait_for_arrivals(int target);

/* freeze.c */
int ckpt_freeze(struct ckpt_ctx *ctx, struct task_struct *root);
void ckpt_thaw(struct ckpt_ctx *ctx);
void ckpt_hold_made(struct ckpt_ctx *ctx);
int ckpt_check_alive(struct ckpt_ctx *ctx);

/* tasks.c */
bool ckpt_walk_tree(struct task_struct *root, proc_visitor visitor, void *data);
int ckpt_collect_tasks(struct ckpt_ctx *ctx, struct task_struct *root, unsigned int nr);
void ckpt_unpin_tasks(struct ckpt_ctx *ctx);
void ckpt_free_tasks(struct ckpt_ctx *ctx);

/* save.c */
void ckpt_save_free(struct ckpt_ctx *ctx);
int ckpt_save(struct ckpt_ctx *ctx, struct task_struct *root);
int ckpt_write_image(struct ckpt_ctx *ctx);

/* read.c */
int ckpt_read_record(struct ckpt_ctx *ctx, struct ckpt_record **recp);
int ckpt_read_metadata(struct ckpt_ctx *ctx);
int ckpt_read_memory(struct ckpt_ctx *ctx, bool install);

/* records.c */
int ckpt_fit(struct ckpt_ctx *ctx, void *to, size_t size, const void *from, size_t len);
int ckpt_add_record(struct ckpt_ctx *ctx, const struct ckpt_record *rec);
void ckpt_free_recs(struct ckpt_ctx *ctx);

/* tree.c */
int ckpt_add_task(struct ckpt_ctx *ctx, struct ckpt_rec *rec);

/* groups.c */
int ckpt_self_check_groups(struct ckpt_ctx *ctx);
int ckpt_link_tree(struct ckpt_ctx *ctx);
int ckpt_check_tree(struct ckpt_ctx *ctx);

/* make_tasks.c */
int ckpt_make_processes(struct ckpt_ctx *ctx);
int ckpt_make_threads(struct ckpt_ctx *ctx);
int ckpt_run_on(struct ckpt_task *t, int (*work)(struct ckpt_task *t));
void ckpt_release_tasks(struct ckpt_ctx *ctx);
void ckpt_abort_tasks(struct ckpt_ctx *ctx);

/* self.c */
int ckpt_self_check(struct ckpt_ctx *ctx);
int ckpt_self_pid(struct ckpt_ctx *ctx, u32 object, pid_t nr);
void ckpt_self_begin(struct ckpt_ctx *ctx);
void ckpt_self_commit(struct ckpt_ctx *ctx);
void ckpt_self_abort(struct ckpt_ctx *ctx);

/* clocks.c */
int ckpt_check_clocks(struct ckpt_ctx *ctx);
int ckpt_join_clocks(struct ckpt_task *t);
void ckpt_forget_clocks(struct ckpt_ctx *ctx);
void ckpt_leave_clocks(struct ckpt_ctx *ctx);

/* restart.c */
int ckpt_restart(struct ckpt_ctx *ctx);
void ckpt_finish_task(struct ckpt_task *t);

/* context.c */
struct ckpt_ctx *ckpt_ctx_alloc(unsigned long flags);
void ckpt_ctx_free(struct ckpt_ctx *ctx);

/* rights.c */
bool ckpt_may_call(void);
int ckpt_check_filter(struct ckpt_ctx *ctx);
int ckpt_set_ceiling(struct ckpt_ctx *ctx, const struct restart_args *args);
int ckpt_check_nproc(struct ckpt_ctx *ctx);

/* audit.c */
void ckpt_audit_restart(struct ckpt_ctx *ctx, long ret);

/* hold.c */
int ckpt_hold_prepare(struct file **holdp);
void ckpt_hold_install(struct ckpt_ctx *ctx, struct file *hold, int fd);
void ckpt_hold_discard(struct file *hold, int fd);
int ckpt_end_tree(struct ckpt_ctx *ctx, bool force);
int ckpt_hold_end(int fd, bool force);

/* syscalls.c */
extern u8 ckpt_boot_id[16];

#endif
