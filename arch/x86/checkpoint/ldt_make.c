// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: making a local descriptor table.  Compiled into arch/x86/kernel/ldt.c.
 */
#include "x86.h"

static bool has_16bit_segments(const struct ldt_struct *ldt)
{
	unsigned int i;

	for (i = 0; i < ldt->nr_entries; i++)
		if (!desc_empty(&ldt->entries[i]) && !ldt->entries[i].d)
			return true;
	return false;
}

/* The memory has no table yet, so that slot 0 is free. */
static int set_ldt_of(struct mm_struct *mm, struct ldt_struct *ldt)
{
	int err = map_ldt_struct(mm, ldt, 0);

	if (err)
		free_ldt_pgtables(mm);
	else
		install_ldt(mm, ldt);
	return err;
}

/**
 * ckpt_x86_make_ldt - restart: give current's memory a local descriptor table
 * @entries: its descriptors, checked
 * @nr: how many, up to LDT_ENTRIES
 *
 * As many calls of modify_ldt(2) would.
 *
 * Context: may sleep; the memory is new.
 * Return: 0, -ENOMEM, -EINTR, -EINVAL if it has one, -EOPNOTSUPP if there are no 16-bit segments
 */
int ckpt_x86_make_ldt(const u64 *entries, u32 nr)
{
	struct mm_struct *mm = current->mm;
	struct ldt_struct *ldt = alloc_ldt_struct(nr);
	int err = -EINVAL;

	if (!ldt)
		return -ENOMEM;
	memcpy(ldt->entries, entries, nr * LDT_ENTRY_SIZE);
	finalize_ldt_struct(ldt);
	if (has_16bit_segments(ldt) && !allow_16bit_segments()) {
		err = -EOPNOTSUPP;
	} else if (down_write_killable(&mm->context.ldt_usr_sem)) {
		err = -EINTR;
	} else {
		if (!mm->context.ldt)
			err = set_ldt_of(mm, ldt);
		up_write(&mm->context.ldt_usr_sem);
	}
	if (err)
		free_ldt_struct(ldt);
	return err;
}
