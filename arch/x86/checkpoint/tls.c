// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the TLS entries of the GDT.
 */
#include <linux/errno.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/desc.h>
#include "x86.h"

/**
 * DOC: TLS entries
 *
 * Preserved: the three descriptors that set_thread_area(2) makes.  An image may
 * hold what that call would make, nothing else.
 */

static const struct ckpt_kind ckpt_kind_x86_tls;

static_assert(sizeof_field(struct thread_struct, tls_array) ==
	      sizeof_field(struct ckpt_rec_x86_tls, desc));

static int tls_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		    struct ckpt_task *t)
{
	struct ckpt_rec_x86_tls tls = {};

	memcpy(tls.desc, t->task->thread.tls_array, sizeof(tls.desc));
	return ckpt_emit(ctx, kind, t->id, &tls, NULL, 0);
}

/* Only present, accessed 32-bit data segments of user space, or nothing. */
static bool desc_okay(const u64 *raw)
{
	struct desc_struct d;

	if (desc_empty(raw))
		return true;
	memcpy(&d, raw, sizeof(d));
	return d.s && d.p && d.d && !d.l && d.dpl == USER_RPL && (d.type & 9) == 1;
}

static int tls_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_x86_tls *tls = item->data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tls->desc); i++)
		if (!desc_okay(&tls->desc[i]))
			return ckpt_fail(ctx, -EINVAL,
					 "TLS entry %u is no user data segment", i);
	return 0;
}

/* The selectors follow with the registers. */
static int tls_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_x86_tls *tls = item->data;
	struct thread_struct *thread = &current->thread;
	int cpu = get_cpu();	/* the GDT is the cpu's */

	memcpy(thread->tls_array, tls->desc, sizeof(thread->tls_array));
	load_TLS(thread, cpu);
	put_cpu();
	return 0;
}

CHECKPOINT_KIND(x86_tls) = {
	.name = "x86_tls",
	.type = CKPT_REC_X86_TLS,
	.size = sizeof(struct ckpt_rec_x86_tls),
	.scope = CKPT_SCOPE_THREAD,
	.stage = CKPT_STAGE_THREAD,
	.class = &ckpt_class_task,
	.save = tls_save,
	.validate = tls_validate,
	.restore = tls_restore,
};
