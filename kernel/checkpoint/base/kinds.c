// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the registry of kinds.
 */
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/xarray.h>
#include "../core.h"

/*
 * All of them, and those of one sort: every task, or every file, is shown to each of these.
 * The kinds that take objects are asked rank by rank.
 */
const struct ckpt_kind **ckpt_kinds __ro_after_init;
const struct ckpt_kind **ckpt_kinds_checking __ro_after_init;
const struct ckpt_kind **ckpt_kinds_saving __ro_after_init;
static const struct ckpt_kind **kinds_matching __ro_after_init;

static DEFINE_XARRAY(kinds_by_type);

/**
 * ckpt_find_kind - the kind of a record type
 * @type: CKPT_REC_*
 *
 * Return: the kind, NULL if this kernel has none
 */
const struct ckpt_kind *ckpt_find_kind(u32 type)
{
	return xa_load(&kinds_by_type, type);
}

/**
 * ckpt_find_class - the class with a name
 * @name: its name
 *
 * Return: the class, NULL if no kind has objects of it
 */
const struct ckpt_class *ckpt_find_class(const char *name)
{
	const struct ckpt_kind **p;

	for_each_ckpt_kind(p)
		if ((*p)->class && !strcmp((*p)->class->name, name))
			return (*p)->class;
	return NULL;
}

const struct ckpt_kind *ckpt_match_kind(struct ckpt_ctx *ctx, const struct ckpt_class *class,
					void *ptr)
{
	const struct ckpt_kind **p;

	for_each_ckpt_kind_of(p, kinds_matching)
		if ((*p)->class == class && (!(*p)->match || (*p)->match(ctx, ptr)))
			return *p;
	return NULL;
}

static int compare(unsigned int a, unsigned int b)
{
	return a < b ? -1 : a > b;
}

/* Stage, place in it, type: never the order of linking */
static int compare_kinds(const void *a, const void *b)
{
	const struct ckpt_kind *one = *(const struct ckpt_kind **)a;
	const struct ckpt_kind *two = *(const struct ckpt_kind **)b;

	if (one->stage != two->stage)
		return compare(one->stage, two->stage);
	if (one->order != two->order)
		return compare(one->order, two->order);
	if (one->type != two->type)
		return compare(one->type, two->type);
	return strcmp(one->name, two->name);
}

static int compare_ranks(const void *a, const void *b)
{
	const struct ckpt_kind *one = *(const struct ckpt_kind **)a;
	const struct ckpt_kind *two = *(const struct ckpt_kind **)b;

	return one->rank != two->rank ? compare(one->rank, two->rank) : compare_kinds(a, b);
}

/* A kind is wrong by construction, or it is right for ever. */
static void __init register_kind(const struct ckpt_kind *kind)
{
	if (!kind->type)
		return;		/* checks only */
	WARN_ON(!kind->size || kind->size % 8);
	WARN_ON(kind->elem && kind->array + sizeof(struct ckpt_rec_array) > kind->size);
	WARN_ON(kind->elem && !kind->max);
	WARN_ON(kind->required && kind->scope == CKPT_SCOPE_IMAGE);
	WARN_ON(kind->late && (kind->class != &ckpt_class_task || kind->defines ||
			       kind->stage < CKPT_STAGE_SEAL));
	WARN_ON(xa_insert(&kinds_by_type, kind->type, (void *)kind, GFP_KERNEL));
}

static bool __init is_checking(const struct ckpt_kind *kind)
{
	return kind->check;
}

static bool __init is_saving(const struct ckpt_kind *kind)
{
	return kind->save;
}

static bool __init is_matching(const struct ckpt_kind *kind)
{
	return kind->save_object;
}

static const struct ckpt_kind **__init new_list(size_t nr)
{
	return kcalloc(nr + 1, sizeof(struct ckpt_kind *), GFP_KERNEL | __GFP_NOFAIL);
}

/* In the same order */
static const struct ckpt_kind **__init pick(bool (*wanted)(const struct ckpt_kind *kind))
{
	const struct ckpt_kind **p, **picked;
	size_t nr = 0;

	for_each_ckpt_kind(p)
		nr += wanted(*p);
	picked = new_list(nr);
	nr = 0;
	for_each_ckpt_kind(p)
		if (wanted(*p))
			picked[nr++] = *p;
	return picked;
}

static size_t __init count(const struct ckpt_kind **kinds)
{
	const struct ckpt_kind **p;

	for_each_ckpt_kind_of(p, kinds)
		;
	return p - kinds;
}

static int __init register_kinds(void)
{
	size_t nr = __stop_checkpoint_kinds - __start_checkpoint_kinds;
	const struct ckpt_kind **p = new_list(nr);

	memcpy(p, __start_checkpoint_kinds, nr * sizeof(*p));
	sort(p, nr, sizeof(*p), compare_kinds, NULL);
	ckpt_kinds = p;
	ckpt_kinds_checking = pick(is_checking);
	ckpt_kinds_saving = pick(is_saving);
	kinds_matching = pick(is_matching);
	sort(kinds_matching, count(kinds_matching), sizeof(*p), compare_ranks, NULL);
	for_each_ckpt_kind(p)
		register_kind(*p);
	return 0;
}
core_initcall(register_kinds);
