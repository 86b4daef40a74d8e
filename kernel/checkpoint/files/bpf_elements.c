// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what BPF maps hold.
 */
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "bpf.h"

static const struct ckpt_kind ckpt_kind_bpf_elements;

/* -- save --------------------------------------------------------------------------- */

/*
 * Elements on their way into records.
 */
struct elements {
	struct bpf_map *map;
	u32 id;
	u32 element;	/* bytes of a key and its value */
	u32 used;	/* bytes of @buf */
	u8 *buf;
};

static int flush(struct ckpt_ctx *ctx, struct elements *e)
{
	struct ckpt_rec_bpf_elements rec = {};
	int err = e->used ? ckpt_emit(ctx, &ckpt_kind_bpf_elements, e->id, &rec, e->buf,
				      e->used) : 0;

	e->used = 0;
	return err;
}

/* Nobody else uses the map, so what is found stays. */
static bool take_value(struct elements *e, const void *key)
{
	const struct bpf_map *map = e->map;
	u8 *to = e->buf + e->used;
	const void *value;
	bool found;

	rcu_read_lock();
	value = map->ops->map_lookup_elem(e->map, (void *)key);
	/* An array has all of its elements from the beginning, of zeros. */
	found = value && (map->map_type != BPF_MAP_TYPE_ARRAY ||
			  memchr_inv(value, 0, map->value_size));
	if (found)
		memcpy(to + map->key_size, value, map->value_size);
	rcu_read_unlock();
	if (found)
		memcpy(to, key, map->key_size);
	return found;
}

static int next_key(struct bpf_map *map, void *key, void *next)
{
	int err;

	rcu_read_lock();
	err = map->ops->map_get_next_key(map, key, next);
	rcu_read_unlock();
	return err;
}

static int save_all(struct ckpt_ctx *ctx, struct elements *e, u8 *keys[2])
{
	int i = 0, err = next_key(e->map, NULL, keys[0]);

	for (; !err; i = !i, err = next_key(e->map, keys[!i], keys[i])) {
		if (take_value(e, keys[i]))
			e->used += e->element;
		if (e->used + e->element > CKPT_BPF_ELEMENTS_MAX) {
			err = flush(ctx, e);
			if (err)
				return err;
		}
		ckpt_progress(ctx);
		cond_resched();
	}
	return err == -ENOENT ? flush(ctx, e) : ckpt_fail(ctx, err, "a BPF map cannot be read");
}

/**
 * ckpt_save_elements - save what a BPF map holds
 * @ctx: the call
 * @map: an array or hash that nobody outside of the frozen tree uses
 * @id: its object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_elements(struct ckpt_ctx *ctx, struct bpf_map *map, u32 id)
{
	struct elements e = { .map = map, .id = id, .element = map->key_size + map->value_size };
	u8 *keys[2] = {};
	int err = -ENOMEM;

	e.buf = kvmalloc(CKPT_BPF_ELEMENTS_MAX, GFP_KERNEL_ACCOUNT);
	keys[0] = kvmalloc(map->key_size, GFP_KERNEL_ACCOUNT);
	keys[1] = kvmalloc(map->key_size, GFP_KERNEL_ACCOUNT);
	if (e.buf && keys[0] && keys[1])
		err = save_all(ctx, &e, keys);
	else
		ckpt_fail(ctx, err, "no memory for the elements of a BPF map");
	kvfree(keys[1]);
	kvfree(keys[0]);
	kvfree(e.buf);
	return err;
}

/* -- validate and restore ------------------------------------------------------------- */

static int bpf_elements_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (!item->count)
		return ckpt_fail(ctx, -EINVAL, "elements of a BPF map are malformed");
	return 0;
}

/* The value of a hash is copied in steps of 8 bytes. */
static int put_element(struct bpf_map *map, const u8 *key, void *value)
{
	u64 flags = map->map_type == BPF_MAP_TYPE_ARRAY ? BPF_ANY : BPF_NOEXIST;
	int err;

	memcpy(value, key + map->key_size, map->value_size);
	bpf_disable_instrumentation();
	rcu_read_lock();
	err = map->ops->map_update_elem(map, (void *)key, value, flags);
	rcu_read_unlock();
	bpf_enable_instrumentation();
	return err;
}

static int bpf_elements_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct bpf_map *map = ckpt_object(ctx, item->object, &ckpt_class_bpfmap);
	u32 element = map ? map->key_size + map->value_size : 1, at;
	void *value;
	int err = 0;

	if (!map || item->count % element)
		return ckpt_fail(ctx, -EINVAL, "elements do not fit BPF map %u", item->object);
	value = kvzalloc(round_up(map->value_size, 8), GFP_KERNEL_ACCOUNT);
	if (!value)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the elements of a BPF map");
	for (at = 0; !err && at < item->count; at += element) {
		err = put_element(map, (const u8 *)item->array + at, value);
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	kvfree(value);
	if (fatal_signal_pending(current))
		return ckpt_fail_killed(ctx);
	if (!err)
		return 0;
	/* Beyond its end, twice the same key, or more than it has room for */
	return ckpt_fail(ctx, err == -ENOMEM ? err : -EINVAL, "an element cannot be put into a BPF map (error %d)",
			 -err);
}

CHECKPOINT_KIND(bpf_elements) = {
	.name		= "bpf_elements",
	.type		= CKPT_REC_BPF_ELEMENTS,
	.size		= sizeof(struct ckpt_rec_bpf_elements),
	CKPT_ARRAY(struct ckpt_rec_bpf_elements, elements, __u8),
	.max		= CKPT_BPF_ELEMENTS_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_bpfmap,
	.many		= true,
	.validate	= bpf_elements_validate,
	.restore	= bpf_elements_restore,
};
