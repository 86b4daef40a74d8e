// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what changed from outside while the image of a held tree was
 * written: signals came, somebody set limits, priorities, processors.
 *
 * It is found by saving again: each kind that is late is asked once more, and its
 * records are compared with those of the metadata, byte by byte.  What differs is
 * written into the image's tail.  What changes later still is for those to see who kill
 * the tree.
 */
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include "../core.h"

/* The metadata, and the record of a late kind that is compared next */
struct was {
	struct ckpt_place place;
	struct ckpt_rec *rec;
};

/* A task saves its records in the same order each time: they are found in one pass. */
static void step(struct was *was)
{
	const struct ckpt_kind *kind;

	do {
		was->rec = ckpt_next_emitted(&was->place);
		kind = was->rec ? ckpt_find_kind(was->rec->type) : NULL;
	} while (was->rec && !kind->late);
}

static bool is_of(const struct ckpt_rec *rec, const struct ckpt_kind *kind,
		  const struct ckpt_task *t)
{
	return rec && rec->type == kind->type && rec->object == t->id;
}

/* But for the checksum, which was made when the first one was written */
static bool same(const struct ckpt_rec *a, const struct ckpt_rec *b)
{
	return a && b && a->size == b->size && a->len == b->len &&
	       !memcmp(a + 1, b + 1, a->len - sizeof(*a));
}

/* Compares what was emitted just now; steps behind what the metadata have of it. */
static bool changed(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		    const struct ckpt_task *t, struct was *was)
{
	struct ckpt_place place = { .list = &ctx->save->meta };
	const struct ckpt_rec *now = ckpt_next_emitted(&place);
	bool differs = false;

	while (is_of(was->rec, kind, t)) {
		differs |= !same(was->rec, now);
		if (now)
			now = ckpt_next_emitted(&place);
		step(was);
	}
	return differs || now;
}

static bool is_dying(const struct ckpt_task *t)
{
	struct task_struct *task = ckpt_living_task(t);

	return READ_ONCE(task->exit_state) || READ_ONCE(task->flags) & PF_EXITING ||
	       fatal_signal_pending(task);
}

/*
 * Somebody killed it meanwhile.  SIGKILL loses nothing that the end of the checkpoint
 * would not; another signal is gone with the task, and in the image it has not come.
 */
static void report_killed(struct ckpt_ctx *ctx)
{
	struct ckpt_task *t;
	int code;

	for_each_ckpt_task(ctx, t) {
		if (t->leader != t || ckpt_process_is_dead(t) || !is_dying(t))
			continue;
		code = READ_ONCE(t->task->signal->group_exit_code) & 0x7f;
		if (!code || code == SIGKILL)
			continue;
		ctx->at = (struct ckpt_at) { .t = t };
		ckpt_note(ctx, "was killed by signal %d while its image was written, in which it lives",
			  code);
	}
}

static int look_again(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t,
		      void *data)
{
	struct was *was = data;
	struct ckpt_place place = { .list = &ctx->save->meta };
	int err = 0;

	if (!kind->late)
		return 0;
	if (!is_dying(t))
		err = kind->save(ctx, kind, t);
	if (err)
		return err;
	if (!changed(ctx, kind, t, was) || is_dying(t)) {
		ckpt_drop_emitted(ctx);
		return 0;
	}
	/* The tail can replace records; it cannot say that there is none any more. */
	if (!ckpt_next_emitted(&place))
		return ckpt_fail(ctx, -EAGAIN, "its %s state was changed from outside while the image was written; save it again",
				 kind->name);
	err = ckpt_write_emitted(ctx);
	ckpt_drop_emitted(ctx);
	return err;
}

/* The pages take longest: the less is left when the tail is written, the better. */
static int settle(struct ckpt_ctx *ctx)
{
	return ckpt_stream_flush(ctx) ?: ckpt_sync_image(ctx);
}

/**
 * ckpt_write_tail - write what changed since the capture
 * @ctx: the call; its tree is held, its pages are written
 *
 * Context: may sleep, interruptible.
 * Return: 0 or negative errno (reported): -EAGAIN if a change cannot be written
 */
int ckpt_write_tail(struct ckpt_ctx *ctx)
{
	LIST_HEAD(taken);
	struct was was = { .place = { .list = &taken } };
	int err = settle(ctx);

	if (err)
		return err;
	list_splice_init(&ctx->save->meta, &taken);
	step(&was);
	err = ckpt_visit_saved(ctx, look_again, &was);
	report_killed(ctx);
	list_splice(&taken, &ctx->save->meta);
	ckpt_free_metadata(ctx);
	ctx->at = (struct ckpt_at) {};
	return err;
}
