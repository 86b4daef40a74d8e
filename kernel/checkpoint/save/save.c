// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: saving.  Survey and capture while the tree is frozen, then
 * the image is written, as a rule after the thaw.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/utsname.h>
#include <linux/random.h>
#include <linux/time_namespace.h>
#include <asm/elf.h>
#include "../core.h"
#include "../image/abi.h"

/* -- capture ---------------------------------------------------------------------- */

static int save_kind(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t,
		     void *data)
{
	return kind->save(ctx, kind, t);
}

/* A debugger from outside may attach to a task that is held: its SIGSTOP waits. */
static int check_untraced(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (t->zombie || !ckpt_is_traced_from_outside(ctx, t))
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(ctx, -EBUSY, CKPT_TRACED);
	}
	return 0;
}

static int capture(struct ckpt_ctx *ctx)
{
	int err = ckpt_visit_saved(ctx, save_kind, NULL);

	ctx->at = (struct ckpt_at) {};
	if (!err)
		err = ckpt_still_held(ctx);
	if (!err)
		err = ckpt_check_alive(ctx);
	return err ?: check_untraced(ctx);
}

static void fill_header(struct ckpt_ctx *ctx)
{
	struct ckpt_rec_header *h = &ctx->header;
	struct task_struct *root = ckpt_living_task(ctx->root);
	struct time_namespace *ns = NULL;
	struct timespec64 ts;

	task_lock(root);
	if (root->nsproxy)
		ns = get_time_ns(root->nsproxy->time_ns);
	task_unlock(root);

	h->magic = CKPT_MAGIC;
	h->page_size = PAGE_SIZE;
	h->arch = ELF_ARCH;
	h->crid = ctx->save->crid;
	memcpy(h->boot_id, ckpt_boot_id, sizeof(h->boot_id));
	get_random_bytes(h->image_id, sizeof(h->image_id));
	h->realtime_ns = ktime_get_real_ns();
	ktime_get_ts64(&ts);
	if (ns)
		ts = timespec64_add(ts, ns->offsets.monotonic);
	h->monotonic_ns = timespec64_to_ns(&ts);
	ktime_get_boottime_ts64(&ts);
	if (ns)
		ts = timespec64_add(ts, ns->offsets.boottime);
	h->boottime_ns = timespec64_to_ns(&ts);
	h->nr_tasks = ctx->nr_tasks;
	h->abi_hash = ckpt_abi_hash();
	if (ctx->flags & CHECKPOINT_CONTAINER)
		h->flags |= CKPT_IMAGE_CONTAINER;
	if (ckpt_find_task(ctx, current))
		h->flags |= CKPT_IMAGE_SELF;
	strscpy_pad(h->release, utsname()->release, sizeof(h->release));
	strscpy_pad(h->nodename, utsname()->nodename, sizeof(h->nodename));
	if (ns)
		put_time_ns(ns);
}

static int save_stopped(struct ckpt_ctx *ctx)
{
	int err;

	fill_header(ctx);
	ckpt_begin_phase(ctx, CKPT_PHASE_SURVEY);
	err = ckpt_survey(ctx);
	if (err || (ctx->flags & CHECKPOINT_CHECK))
		return err;
	ckpt_begin_phase(ctx, CKPT_PHASE_CAPTURE);
	err = capture(ctx);
	if (!err && !(ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN)))
		err = ckpt_keep_live(ctx);
	if (!err)
		ckpt_unpin_tasks(ctx);
	return err;
}

/**
 * ckpt_save - freeze a tree, survey and capture it
 * @ctx: the call
 * @root: leader of the root process
 *
 * On success the tree is still frozen, and nothing of it is in use any more.
 *
 * Context: may sleep, interruptible.
 * Return: 0, or negative errno (reported); the caller thaws in any case
 */
int ckpt_save(struct ckpt_ctx *ctx, struct task_struct *root)
{
	int err;

	ckpt_begin_phase(ctx, CKPT_PHASE_FREEZE);
	err = ckpt_freeze(ctx, root);
	if (!err)
		err = save_stopped(ctx);
	ckpt_begin_phase(ctx, CKPT_PHASE_OTHER);
	return err;
}

/* -- writing ----------------------------------------------------------------- */

static int write_head(struct ckpt_ctx *ctx)
{
	struct ckpt_rec_abi abi = {};
	const char *text;
	size_t len;
	int err;

	err = ckpt_write_record(ctx, CKPT_REC_HEADER, 0, &ctx->header, sizeof(ctx->header),
				NULL, 0, 8);
	if (err)
		return err;
	text = ckpt_abi_text(&len);
	abi.text.count = len;
	abi.text.size = 1;
	return ckpt_write_record(ctx, CKPT_REC_ABI, 0, &abi, sizeof(abi), text, len, 8);
}

/* What follows the metadata: page chunks */
static int write_data(struct ckpt_ctx *ctx)
{
	const struct ckpt_kind **p;
	int err = 0;

	for_each_ckpt_kind(p) {
		if (!(*p)->write)
			continue;
		err = (*p)->write(ctx, *p);
		if (err)
			break;
	}
	return err;
}

static int write_end(struct ckpt_ctx *ctx)
{
	struct ckpt_stream *s = ctx->stream;
	struct ckpt_rec_end end = {
		.nr_records = s->nr_records,
		.bytes = s->bytes,
		.nr_pages = ckpt_stream_pages(s),
		.index = s->index,
		.records_sum = s->records_sum,
	};
	int err;

	err = ckpt_write_record(ctx, CKPT_REC_END, 0, &end, sizeof(end), NULL, 0, 8);
	return err ?: ckpt_stream_flush(ctx);
}

/**
 * ckpt_write_image - write what ckpt_save() captured
 * @ctx: the call, its stream open
 *
 * Context: may sleep, interruptible.
 * Return: 0 or negative errno (reported)
 */
int ckpt_write_image(struct ckpt_ctx *ctx)
{
	bool held = ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_FROZEN);
	int err;

	ckpt_begin_phase(ctx, CKPT_PHASE_WRITE);
	ctx->at = (struct ckpt_at) {};
	err = write_head(ctx);
	if (!err)
		err = ckpt_write_metadata(ctx);
	if (!held)
		ckpt_free_metadata(ctx);
	if (!err)
		err = write_data(ctx);
	if (!err && held)
		err = ckpt_write_tail(ctx);
	if (!err)
		err = ckpt_write_index(ctx);
	if (!err)
		err = write_end(ctx);
	ckpt_begin_phase(ctx, CKPT_PHASE_OTHER);
	return err;
}

/**
 * ckpt_save_free - drop what was captured
 * @ctx: the call
 */
void ckpt_save_free(struct ckpt_ctx *ctx)
{
	struct ckpt_page_source *source, *next;

	ckpt_free_metadata(ctx);
	ckpt_free_index(ctx);
	list_for_each_entry_safe(source, next, &ctx->save->page_sources, node)
		source->ops->free(source);
	kfree(ctx->save->external);
	ctx->save->external = NULL;
	ctx->save->nr_external = 0;
}
