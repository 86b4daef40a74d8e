// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the index of page chunks, for readers that can seek.
 *
 * It grows with the number of chunks, 24 bytes each: 600 KiB for 100 GiB of memory.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "../core.h"

/* What becomes one record */
struct ckpt_index_part {
	struct list_head node;
	u32 nr;
	struct ckpt_rec_chunk chunks[CKPT_INDEX_CHUNKS];
};

int ckpt_index_chunk(struct ckpt_ctx *ctx, const struct ckpt_rec_chunk *chunk)
{
	struct ckpt_index_part *part;

	part = list_empty(&ctx->save->index) ? NULL :
	       list_last_entry(&ctx->save->index, struct ckpt_index_part, node);
	if (!part || part->nr == CKPT_INDEX_CHUNKS) {
		part = kvmalloc(sizeof(*part), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!part)
			return ckpt_fail(ctx, -ENOMEM, "no memory for the index of pages");
		part->nr = 0;
		list_add_tail(&part->node, &ctx->save->index);
	}
	part->chunks[part->nr++] = *chunk;
	return 0;
}

/**
 * ckpt_write_index - write the index, if there is anything in it
 * @ctx: the call; its page chunks and the records of the tail are written
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_write_index(struct ckpt_ctx *ctx)
{
	struct ckpt_index_part *part;
	int err;

	list_for_each_entry(part, &ctx->save->index, node) {
		struct ckpt_rec_index data = {
			.chunks = { .count = part->nr, .size = sizeof(part->chunks[0]) },
		};

		ctx->stream->index = ctx->stream->index ?: ctx->stream->bytes;
		err = ckpt_write_record(ctx, CKPT_REC_INDEX, 0, &data, sizeof(data), part->chunks,
					part->nr * sizeof(part->chunks[0]), 8);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_free_index - drop the index
 * @ctx: the call
 */
void ckpt_free_index(struct ckpt_ctx *ctx)
{
	struct ckpt_index_part *part, *next;

	list_for_each_entry_safe(part, next, &ctx->save->index, node)
		kvfree(part);
	INIT_LIST_HEAD(&ctx->save->index);
}
