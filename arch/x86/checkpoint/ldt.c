// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: local descriptor tables.
 */
#include <linux/errno.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/desc.h>
#include <asm/ldt.h>
#include "x86.h"

/**
 * DOC: local descriptor tables
 *
 * Preserved: the descriptors that modify_ldt(2) has made, of each address space.  Selectors
 * are the registers' to save.  An image may hold what that call would make, nothing else.
 *
 * Refused: 16-bit segments where this kernel makes none.
 */

static_assert(sizeof(struct desc_struct) == sizeof(u64));

#ifdef CONFIG_MODIFY_LDT_SYSCALL
/* The table cannot be exchanged meanwhile.  A held tree does not, but it may have been killed. */
static int ldt_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	u32 mm_id = ckpt_known_id(ctx, t->mm, &ckpt_class_mm);
	struct ckpt_rec_x86_ldt rec = {};
	const struct ldt_struct *ldt;
	int err = 0;

	if (!x86_has_ldt(t->mm))
		return 0;
	if (!down_read_trylock(&t->mm->context.ldt_usr_sem))
		return ckpt_fail(ctx, -EAGAIN, "its local descriptor table is just being changed; try again");
	ldt = t->mm->context.ldt;
	if (ldt)
		err = ckpt_emit(ctx, kind, mm_id, &rec, ldt->entries, ldt->nr_entries);
	up_read(&t->mm->context.ldt_usr_sem);
	return err;
}
#else
#define ldt_save NULL
#endif

/*
 * As fill_ldt() and write_ldt() make it: a segment of user space, which is marked as used, for
 * the processor cannot do that; no gate, no 64-bit code, no conforming code that is present.
 */
static bool desc_okay(const u64 *raw)
{
	struct desc_struct d;

	if (!*raw)
		return true;
	memcpy(&d, raw, sizeof(d));
	return d.s && d.dpl == USER_RPL && d.type & 1 && !d.l && !(d.p && d.type >> 2 == 3);
}

static int ldt_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const u64 *entries = item->array;
	u32 i;

	if (!item->count)
		return ckpt_fail(ctx, -EINVAL, "a local descriptor table is empty");
	for (i = 0; i < item->count; i++)
		if (!desc_okay(&entries[i]))
			return ckpt_fail(ctx, -EINVAL,
					 "entry %u of a local descriptor table is no user segment",
					 i);
	return 0;
}

static int ldt_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	int err = ckpt_x86_make_ldt(item->array, item->count);

	if (err == -EOPNOTSUPP)
		return ckpt_fail(ctx, err, "this kernel has no 16-bit segments for a local descriptor table (CONFIG_X86_16BIT, CONFIG_MODIFY_LDT_SYSCALL)");
	return err ? ckpt_fail(ctx, err, "no memory for a local descriptor table") : 0;
}

CHECKPOINT_KIND(x86_ldt) = {
	.name = "x86_ldt",
	.type = CKPT_REC_X86_LDT,
	.size = sizeof(struct ckpt_rec_x86_ldt),
	CKPT_ARRAY(struct ckpt_rec_x86_ldt, entries, __u64),
	.max = LDT_ENTRIES,
	.scope = CKPT_SCOPE_MM,
	.stage = CKPT_STAGE_MM,
	.class = &ckpt_class_mm,
	.save = ldt_save,
	.validate = ldt_validate,
	.restore = ldt_restore,
};
