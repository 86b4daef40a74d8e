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
#include <trace/events/checkpoint.h>
#include "core.h"
#include "abi.h"

/* -- the metadata in memory -------------------------------------------------- */

/* Records lie whole in a chunk; a large one gets its own. */
#define META_CHUNK	(64U << 10)
#define META_LIMIT	(256UL << 20)

struct ckpt_meta {
	struct list_head node;
	size_t fill;
	size_t room;
	u8 data[] __aligned(8);
};

static void free_meta(struct ckpt_ctx *ctx)
{
	struct ckpt_meta *m, *next;

	list_for_each_entry_safe(m, next, &ctx->meta, node) {
		kvfree(m);
		cond_resched();
	}
	INIT_LIST_HEAD(&ctx->meta);
}

static struct ckpt_record *meta_room(struct ckpt_ctx *ctx, size_t len)
{
	struct ckpt_meta *m = NULL;
	struct ckpt_record *rec;

	if (!list_empty(&ctx->meta))
		m = list_last_entry(&ctx->meta, struct ckpt_meta, node);
	if (!m || m->room - m->fill < len) {
		size_t room = max_t(size_t, META_CHUNK - sizeof(*m), len);

		if (ctx->meta_bytes + len > META_LIMIT)
			return NULL;
		m = kvzalloc(sizeof(*m) + room, GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
		if (!m)
			return NULL;
		m->room = room;
		list_add_tail(&m->node, &ctx->meta);
	}
	rec = (void *)m->data + m->fill;
	m->fill += len;
	ctx->meta_bytes += len;
	return rec;
}

int ckpt_emit(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, u32 object,
	      void *data, const void *array, u32 count)
{
	size_t bytes = (size_t)count * kind->elem;
	size_t len = sizeof(struct ckpt_record) + kind->size + ALIGN(bytes, 8);
	struct ckpt_record *rec;

	if (count > kind->max && kind->elem)
		return ckpt_fail(ctx, -E2BIG, "too many %s elements for an image: %u",
				 kind->name, count);
	rec = meta_room(ctx, len);
	if (!rec)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the metadata (%s)", kind->name);
	if (kind->elem) {
		struct ckpt_array *a = data + kind->array;

		a->count = count;
		a->size = kind->elem;
	}
	rec->type = kind->type;
	rec->size = kind->size;
	rec->len = len;
	rec->object = object;
	memcpy(rec + 1, data, kind->size);
	if (bytes)
		memcpy((void *)(rec + 1) + kind->size, array, bytes);
	ctx->nr_records++;
	trace_checkpoint_save_record(kind->type, object, len);
	if (fatal_signal_pending(current))
		return ckpt_fail(ctx, -EINTR, "the caller was killed");
	return 0;
}

/* -- survey and capture ------------------------------------------------------ */

static bool in_scope(const struct ckpt_kind *kind, const struct ckpt_ctx *ctx,
		     const struct ckpt_task *t)
{
	switch (kind->scope) {
	case CKPT_SCOPE_IMAGE:
		return t == ctx->root;
	case CKPT_SCOPE_PROCESS:
		return t->leader == t && !t->zombie;
	case CKPT_SCOPE_THREAD:
		return !t->zombie;
	case CKPT_SCOPE_TASK:
		return true;
	case CKPT_SCOPE_NONE:
		break;
	}
	return false;
}

/*
 * Refuse what cannot be saved.  A caller that only wants to know hears of every
 * obstacle.
 */
static int survey(struct ckpt_ctx *ctx)
{
	const struct ckpt_kind *const *p;
	struct ckpt_task *t;
	int err, first = 0;

	for_each_ckpt_task(ctx, t) {
		for_each_ckpt_kind(p) {
			const struct ckpt_kind *kind = *p;

			if (!kind->check || !in_scope(kind, ctx, t))
				continue;
			ctx->at = (struct ckpt_at) { .t = t, .type = kind->type };
			err = kind->check(ctx, t);
			if (err && !(ctx->flags & CHECKPOINT_CHECK))
				return err;
			first = first ?: err;
		}
		if (fatal_signal_pending(current))
			return ckpt_fail(ctx, -EINTR, "the caller was killed");
		cond_resched();
	}
	return first;
}

static int capture_stage(struct ckpt_ctx *ctx, enum ckpt_stage stage)
{
	const struct ckpt_kind *const *p;
	struct ckpt_task *t;
	int err;

	for_each_ckpt_task(ctx, t) {
		for_each_ckpt_kind(p) {
			const struct ckpt_kind *kind = *p;

			if (!kind->save || kind->stage != stage || !in_scope(kind, ctx, t))
				continue;
			ctx->at = (struct ckpt_at) { .t = t, .type = kind->type };
			err = kind->save(ctx, t);
			if (err)
				return err;
		}
		cond_resched();
	}
	return 0;
}

/* A debugger may attach to a task that is held: its SIGSTOP waits. */
static int check_untraced(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;

	for_each_ckpt_task(ctx, t) {
		if (t->zombie || !READ_ONCE(t->task->ptrace))
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		return ckpt_fail(ctx, -EBUSY, "is being traced; detach the debugger first");
	}
	return 0;
}

static int capture(struct ckpt_ctx *ctx)
{
	enum ckpt_stage stage;
	int err;

	for (stage = 0; stage < CKPT_STAGE_NR; stage++) {
		err = capture_stage(ctx, stage);
		if (err)
			return err;
	}
	ctx->at = (struct ckpt_at) {};
	err = ckpt_check_alive(ctx);
	return err ?: check_untraced(ctx);
}

static void fill_header(struct ckpt_ctx *ctx)
{
	struct ckpt_header *h = &ctx->header;
	struct task_struct *root = ctx->root->task;
	struct time_namespace *ns = NULL;
	struct timespec64 ts;

	task_lock(root);
	if (root->nsproxy)
		ns = get_time_ns(root->nsproxy->time_ns);
	task_unlock(root);

	h->magic = CKPT_MAGIC;
	h->page_size = PAGE_SIZE;
	h->arch = ELF_ARCH;
	h->crid = ctx->crid;
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

/**
 * ckpt_save - freeze a tree, survey and capture it
 * @ctx: the call
 * @root: leader of the root process
 *
 * On success the tree is still frozen, and nothing of it is in use any more.
 *
 * Context: may sleep, interruptible.
 * Return: 0, or negative errno (told); the caller thaws in any case
 */
int ckpt_save(struct ckpt_ctx *ctx, struct task_struct *root)
{
	int err = ckpt_freeze(ctx, root);

	if (err)
		return err;
	fill_header(ctx);
	trace_checkpoint_phase("survey", ctx->nr_tasks);
	err = survey(ctx);
	if (err || (ctx->flags & CHECKPOINT_CHECK))
		return err;
	trace_checkpoint_phase("capture", ctx->nr_tasks);
	err = capture(ctx);
	if (!err)
		ckpt_unpin_tasks(ctx);
	return err;
}

/* -- writing ----------------------------------------------------------------- */

static int write_metadata(struct ckpt_ctx *ctx)
{
	struct ckpt_metadata_end end = { .nr_objects = ctx->last_object };
	struct ckpt_meta *m;
	int err;

	list_for_each_entry(m, &ctx->meta, node) {
		size_t at = 0;

		while (at < m->fill) {
			struct ckpt_record *rec = (void *)m->data + at;

			err = ckpt_write_raw_record(ctx, rec);
			if (err)
				return err;
			at += rec->len;
			cond_resched();
		}
	}
	end.nr_records = ctx->stream->nr_records;
	return ckpt_write_record(ctx, CKPT_REC_METADATA_END, 0, &end, sizeof(end), NULL, 0, 8);
}

static int write_head(struct ckpt_ctx *ctx)
{
	struct ckpt_abi abi = {};
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

static int write_end(struct ckpt_ctx *ctx)
{
	struct ckpt_stream *s = ctx->stream;
	struct ckpt_end end = {
		.nr_records = s->nr_records,
		.bytes = s->bytes,
		.nr_pages = s->nr_pages,
		.records_crc32c = s->records_crc,
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
 * Return: 0 or negative errno (told)
 */
int ckpt_write_image(struct ckpt_ctx *ctx)
{
	int err;

	trace_checkpoint_phase("write", ctx->nr_tasks);
	ctx->at = (struct ckpt_at) {};
	err = write_head(ctx);
	if (!err)
		err = write_metadata(ctx);
	free_meta(ctx);
	if (!err)
		err = ckpt_write_pages(ctx);
	if (!err)
		err = write_end(ctx);
	trace_checkpoint_phase("written", ctx->nr_tasks);
	return err;
}

/**
 * ckpt_save_free - drop what was captured
 * @ctx: the call
 */
void ckpt_save_free(struct ckpt_ctx *ctx)
{
	free_meta(ctx);
	ckpt_free_snapshots(ctx);
}
