// SPDX-License-Identifier: LGPL-2.1-only
/*
 * records.c - what is known about each record type: its shape, the object it defines or
 * belongs to, and the objects it refers to.
 *
 * The table comes from the comments of checkpoint_hdr.h, as the kernel's does: nothing
 * is said here that is not said there.
 */
#include "compiler.h"
#include "libcheckpoint_image.h"

static const struct ckpt_record_info records[] = {
#include "records-table.h"	/* made by mkrecords.awk */
};

const struct ckpt_record_info *ckpt_record_info(__u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(records); i++) {
		if (records[i].type == type)
			return &records[i];
	}
	return NULL;
}
