/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files of the core share among themselves.
 * Kinds do not include this.
 */
#ifndef _KERNEL_CHECKPOINT_CORE_H
#define _KERNEL_CHECKPOINT_CORE_H

#include "checkpoint.h"
#include "stream.h"

/* Without a privileged word the metadata of an image may take this much memory. */
#define CKPT_META_LIMIT	(256UL << 20)

/* What restart() makes of it: small records take more room than in the image. */
#define CKPT_ITEMS_LIMIT	(3 * CKPT_META_LIMIT)

/**
 * struct ckpt_object - an object of the image
 * @node: in ctx->save->by_pointer (save)
 * @key: pointer and class (save)
 * @id: object id
 * @class: its class
 * @refs: how often it was asked for (save)
 * @done: the record that defines it was emitted (save)
 * @consumed: a task has come to use it (restart)
 * @ptr: the object, once made (restart); the reference is ours
 * @owner: the task that restores its records (restart)
 * @kind: that of the record which defines it, once that is in order (restart)
 * @recs: struct ckpt_item.owner_node of its records that no task restores (restart)
 */
struct ckpt_object {
	struct rhash_head node;
	struct ckpt_object_key {
		const void *ptr;
		const struct ckpt_class *class;
	} key;
	u32 id;
	const struct ckpt_class *class;
	unsigned int refs;
	bool done;
	bool consumed;
	void *ptr;
	struct ckpt_task *owner;
	const struct ckpt_kind *kind;
	struct list_head recs;
};

/* Kinds that stand in for each other have one part, of which a task has one record. */
static inline u32 ckpt_part(const struct ckpt_kind *kind)
{
	return kind->stands_for ?: kind->type;
}

/* error.c */
int ckpt_errors_init(struct ckpt_ctx *ctx, u32 nr);
int ckpt_errors_to_user(struct ckpt_ctx *ctx, u64 uptr, u32 nr, u32 *used);

/* boot.c */
extern u8 ckpt_boot_id[16];
int ckpt_new_crid(void);

/* objects.c */
int ckpt_objects_init(struct ckpt_ctx *ctx);
void ckpt_objects_free(struct ckpt_ctx *ctx);
int ckpt_define_object(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class,
		       struct ckpt_task *owner);
bool ckpt_is_done(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class);
int ckpt_ref_done(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class);
void ckpt_leave_objects(struct ckpt_ctx *ctx);
void ckpt_discard_first(struct ckpt_ctx *ctx);
struct ckpt_object *ckpt_find_object(struct ckpt_ctx *ctx, u32 id);

/* private.c */
void ckpt_free_privates(struct list_head *privates);

/* moved.c */
int ckpt_take_moved(struct ckpt_ctx *ctx, const struct restart_args *args);
void ckpt_note_unmoved(struct ckpt_ctx *ctx);

/* kinds.c */
extern const struct ckpt_kind * const __start_checkpoint_kinds[];
extern const struct ckpt_kind * const __stop_checkpoint_kinds[];
extern const struct ckpt_kind **ckpt_kinds __ro_after_init;
extern const struct ckpt_kind **ckpt_kinds_checking __ro_after_init;	/* have ->check() */
extern const struct ckpt_kind **ckpt_kinds_saving __ro_after_init;	/* have ->save() */

/* In the order of their stages and of their places in them; @_p is const struct ckpt_kind ** */
#define for_each_ckpt_kind_of(_p, _kinds)				\
	for ((_p) = (_kinds); *(_p); (_p)++)
#define for_each_ckpt_kind(_p)	for_each_ckpt_kind_of(_p, ckpt_kinds)

const struct ckpt_kind *ckpt_find_kind(u32 type);
const struct ckpt_class *ckpt_find_class(const char *name);

/* stream.c */
int ckpt_stream_open(struct ckpt_ctx *ctx, struct file *file, bool write);
int ckpt_stream_flush(struct ckpt_ctx *ctx);
int ckpt_sync_image(struct ckpt_ctx *ctx);

/**
 * ckpt_is_in_memory - does an image lie in memory itself, on a tmpfs?
 * @stream: the image
 *
 * Return: true if so: writing it takes no longer than copying it
 */
bool ckpt_is_in_memory(const struct ckpt_stream *stream);

/* Pages of data behind the records so far */
static inline u64 ckpt_stream_pages(const struct ckpt_stream *s)
{
	return (s->bytes - s->record_bytes) >> PAGE_SHIFT;
}

void ckpt_stream_close(struct ckpt_ctx *ctx);
void ckpt_stream_count(struct ckpt_stream *s, const struct ckpt_rec *rec);
int ckpt_write_raw_record(struct ckpt_ctx *ctx, struct ckpt_rec *item);

/* trap.c */

/* No load, no task work, no signal but a fatal one interrupts it. */
#define CKPT_TRAP_STATE		(TASK_KILLABLE | TASK_NOLOAD | TASK_FREEZABLE)

int ckpt_arrivals(void);
bool ckpt_wait_for_arrivals(int target);

/* image/metadata.c */

/* A place among records that were emitted; starts with the list alone */
struct ckpt_place {
	struct list_head *list;
	struct ckpt_meta *meta;
	size_t at;
};

struct ckpt_rec *ckpt_next_emitted(struct ckpt_place *place);
int ckpt_write_emitted(struct ckpt_ctx *ctx);
void ckpt_drop_emitted(struct ckpt_ctx *ctx);
void ckpt_free_metadata(struct ckpt_ctx *ctx);
int ckpt_write_metadata(struct ckpt_ctx *ctx);

/* watchdog.c */
enum ckpt_phase ckpt_begin_phase(struct ckpt_ctx *ctx, enum ckpt_phase phase);
int ckpt_watch(struct ckpt_ctx *ctx, unsigned int ms, void (*let_go)(struct ckpt_ctx *ctx));
void ckpt_unwatch(struct ckpt_ctx *ctx);
void ckpt_free_watchdog(struct ckpt_ctx *ctx);
void ckpt_watch_again(struct ckpt_ctx *ctx);
bool ckpt_watched(struct ckpt_ctx *ctx);
bool ckpt_interrupted(void);

/* hold_task.c */

bool ckpt_waits_for(struct task_struct *parent, struct task_struct *child);
bool ckpt_at_rest(struct ckpt_ctx *ctx, struct task_struct *task);
void ckpt_release_held(struct task_struct *task);
bool ckpt_hold_caller(struct ckpt_ctx *ctx);
void ckpt_release_caller(struct ckpt_ctx *ctx);

/* freeze.c */
int ckpt_freeze(struct ckpt_ctx *ctx, struct task_struct *root);
void ckpt_thaw(struct ckpt_ctx *ctx);
void ckpt_hold_made(struct ckpt_ctx *ctx);
int ckpt_check_alive(struct ckpt_ctx *ctx);

/* hold_kinds.c */
void ckpt_hold_kinds(struct ckpt_ctx *ctx);
void ckpt_release_kinds(struct ckpt_ctx *ctx);
void ckpt_release_kinds_of_caller(struct ckpt_ctx *ctx);
void ckpt_end_kinds(struct ckpt_ctx *ctx);

/* walk.c */
int ckpt_walk_tree(struct task_struct *root, proc_visitor visitor, void *data);

/* collect.c */
int ckpt_collect_tasks(struct ckpt_ctx *ctx, struct task_struct *root, unsigned int nr);

/* tasks.c */
struct ckpt_task *ckpt_alloc_task(struct ckpt_ctx *ctx);
void ckpt_free_task(struct ckpt_task *t);
void ckpt_unpin_tasks(struct ckpt_ctx *ctx);
void ckpt_free_tasks(struct ckpt_ctx *ctx);

/* save.c */
typedef int (*ckpt_save_visitor)(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
				 struct ckpt_task *t, void *data);
int ckpt_visit_saved(struct ckpt_ctx *ctx, ckpt_save_visitor visit, void *data);
void ckpt_save_free(struct ckpt_ctx *ctx);

/* live.c */
int ckpt_keep_live(struct ckpt_ctx *ctx);
int ckpt_save(struct ckpt_ctx *ctx, struct task_struct *root);
int ckpt_write_image(struct ckpt_ctx *ctx);

/* visit.c */
int ckpt_survey(struct ckpt_ctx *ctx);

/* tail.c */
int ckpt_write_tail(struct ckpt_ctx *ctx);

/* index.c */
int ckpt_write_index(struct ckpt_ctx *ctx);
void ckpt_free_index(struct ckpt_ctx *ctx);

/* read.c */
int ckpt_read_metadata(struct ckpt_ctx *ctx);
int ckpt_read_memory(struct ckpt_ctx *ctx, bool install);

/* refs.c */
typedef int (*ckpt_ref_check)(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class);
int ckpt_check_refs(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, const void *data,
		    const void *array, u32 count, ckpt_ref_check check);

/* complete.c */
int ckpt_check_whole(struct ckpt_ctx *ctx);

/* records.c */
size_t ckpt_item_cost(const struct ckpt_kind *kind, u32 count);
struct ckpt_item *ckpt_new_item(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
				const struct ckpt_rec *rec);
void ckpt_free_item(struct ckpt_ctx *ctx, struct ckpt_item *item);
int ckpt_fit(struct ckpt_ctx *ctx, void *to, size_t size, const void *from, size_t len);
int ckpt_add_record(struct ckpt_ctx *ctx, const struct ckpt_rec *item);
int ckpt_add_tail_record(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			 const struct ckpt_rec *rec);
void ckpt_free_recs(struct ckpt_ctx *ctx);

/* make_tasks.c */
int ckpt_make_processes(struct ckpt_ctx *ctx);
int ckpt_make_threads(struct ckpt_ctx *ctx);

/* worker.c */
int ckpt_run_on(struct ckpt_task *t, int (*work)(struct ckpt_task *t));
int ckpt_run_on_all(struct ckpt_ctx *ctx, bool (*wanted)(const struct ckpt_task *t),
		    int (*work)(struct ckpt_task *t));

/* commit.c */
void ckpt_release_tasks(struct ckpt_ctx *ctx);
void ckpt_abort_tasks(struct ckpt_ctx *ctx);

/* self.c */
int ckpt_self_check(struct ckpt_ctx *ctx);
void ckpt_self_begin(struct ckpt_ctx *ctx);
int ckpt_self_commit(struct ckpt_ctx *ctx);
void ckpt_self_abort(struct ckpt_ctx *ctx);

/* clocks.c */
int ckpt_join_clocks(struct ckpt_task *t);
void ckpt_forget_clocks(struct ckpt_ctx *ctx);
void ckpt_leave_clocks(struct ckpt_ctx *ctx);

/* restart.c */
int ckpt_restart(struct ckpt_ctx *ctx);

/* context.c */
struct ckpt_ctx *ckpt_begin_save(unsigned long flags);
struct ckpt_ctx *ckpt_begin_restart(unsigned long flags);
void ckpt_drop_image(struct ckpt_ctx *ctx);
void ckpt_ctx_free(struct ckpt_ctx *ctx);

/* rights.c */
bool ckpt_may_call(void);
int ckpt_check_filter(struct ckpt_ctx *ctx);
int ckpt_set_ceiling(struct ckpt_ctx *ctx, const struct restart_args *args);
int ckpt_check_nproc(struct ckpt_ctx *ctx);
int ckpt_charge_pids(struct ckpt_ctx *ctx);
void ckpt_uncharge_pids(struct ckpt_ctx *ctx, unsigned int nr);

/* descriptors.c */
int ckpt_take_external(struct ckpt_ctx *ctx, const struct checkpoint_args *args);
int ckpt_take_inherit(struct ckpt_ctx *ctx, const struct restart_args *args);

/* audit.c */
void ckpt_audit_restart(struct ckpt_ctx *ctx, long ret);

/* hold.c */
int ckpt_hold_prepare(struct file **holdp);
void ckpt_hold_install(struct ckpt_ctx *ctx, struct file *hold, int fd);
void ckpt_hold_discard(struct file *hold, int fd);
int ckpt_kill_tree(struct ckpt_ctx *ctx, bool force);
int ckpt_hold_kill(int fd, bool force);

#endif
