// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the references of records to objects, and their reserved fields.
 *
 * The comments of checkpoint_hdr.h say which fields are ids of objects, and of which
 * class; mkabi.awk makes a table of them.  So every reference of every record is
 * checked here, both when an image is read and when a record is emitted, and no kind
 * can forget one.  What is named "reserved" there is zero, in the image of today; that of the
 * buffers within a pipe's bytes and of page chunks is looked at where these are taken apart.
 */
#include <linux/checkpoint_hdr.h>
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/xarray.h>
#include "../core.h"

#define MAX_REFS	10

struct ref {
	const struct ckpt_class *class;		/* NULL: reserved, @bytes of them */
	u16 offset;
	u16 bytes;
	bool element;		/* in each element of the array */
	bool optional;		/* 0 is allowed */
};

struct refs {
	unsigned int nr;
	struct ref ref[MAX_REFS];
};

static DEFINE_XARRAY(refs_by_type);	/* struct refs */

/* -- the table --------------------------------------------------------------------- */

enum line_what { LINE_RECORD, LINE_OBJECT, LINE_STRUCT, LINE_ARRAY, LINE_REF, LINE_FIELD };

struct line {
	enum line_what what;
	const char *name;	/* of a struct; of an array's elements; of a class; of a field */
	u32 number;		/* type of a record; offset of a reference or field */
	u32 bytes;		/* of a field */
	bool optional;		/* of an object: it is defined */
	bool late;
};

#define ABI_RECORD(_name, _number, _bytes)				\
	{ .what = LINE_RECORD, .number = _number },
#define ABI_OBJECT(_class, _defines, _late)				\
	{ .what = LINE_OBJECT, .name = _class, .optional = _defines, .late = _late },
#define ABI_STRUCT(_name, _bytes)					\
	{ .what = LINE_STRUCT, .name = _name },
#define ABI_FIELD(_name, _offset, _bytes, _type)			\
	{ .what = LINE_FIELD, .name = _name, .number = _offset, .bytes = _bytes },
#define ABI_VECTOR(_name, _offset, _bytes, _type, _count)		\
	ABI_FIELD(_name, _offset, _bytes, _type)
#define ABI_ARRAY(_name, _offset, _bytes, _type)			\
	{ .what = LINE_ARRAY, .name = _type },
#define ABI_REF(_name, _offset, _class, _optional)			\
	{ .what = LINE_REF, .name = _class, .number = _offset, .optional = _optional },

static const struct line lines[] __initconst = {
#include "abi-table.h"		/* made by mkabi.awk */
};

static struct ref *__init new_ref(struct refs *refs, const struct line *l, bool element)
{
	struct ref *ref = &refs->ref[refs->nr];

	if (refs->nr++ == MAX_REFS)
		panic("a record of checkpoint_hdr.h has more than %d references", MAX_REFS);
	ref->offset = l->number;
	ref->bytes = l->bytes;
	ref->element = element;
	ref->optional = l->optional;
	return ref;
}

static bool __init is_reserved(const struct line *l)
{
	return l->what == LINE_FIELD && strstarts(l->name, "reserved");
}

static void __init add_ref(struct refs *refs, const struct line *l, bool element)
{
	struct ref *ref = new_ref(refs, l, element);

	ref->class = ckpt_find_class(l->name);
	/* A misspelt comment would leave a reference unchecked. */
	if (!ref->class)
		panic("checkpoint_hdr.h refers to objects of class '%s', which no kind has",
		      l->name);
}

/* Those of one record or struct, which is the line before @l */
static void __init add_refs(struct refs *refs, const struct line *l, bool element);

static void __init add_element_refs(struct refs *refs, const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (lines[i].what == LINE_STRUCT && !strcmp(lines[i].name, name))
			add_refs(refs, &lines[i + 1], true);
}

static void __init add_refs(struct refs *refs, const struct line *l, bool element)
{
	for (; l < lines + ARRAY_SIZE(lines); l++) {
		if (l->what == LINE_RECORD || l->what == LINE_STRUCT)
			return;
		if (l->what == LINE_REF)
			add_ref(refs, l, element);
		if (is_reserved(l))
			new_ref(refs, l, element);
		if (l->what == LINE_ARRAY && !element)
			add_element_refs(refs, l->name);
	}
}

/* The header, which the tools follow, and the kind say the same of the record's object. */
static void __init check_object(const struct ckpt_kind *kind, const struct line *l)
{
	const char *class = kind->class ? kind->class->name : NULL;
	bool object = l->what == LINE_OBJECT;

	/* Page data belong to objects of several classes. */
	if (kind->read)
		class = "any";
	WARN(object != !!class || (object && (strcmp(l->name, class) ||
					      l->optional != kind->defines ||
					      l->late != kind->late)),
	     "checkpoint_hdr.h and the kind do not agree on the object of a %s record\n",
	     kind->name);
}

static int __init refs_init(void)
{
	const struct ckpt_kind *kind;
	struct refs *refs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		/* Those of the frame are not handed to a kind. */
		kind = lines[i].what == LINE_RECORD ? ckpt_find_kind(lines[i].number) : NULL;
		if (!kind)
			continue;
		check_object(kind, &lines[i + 1]);
		refs = kzalloc(sizeof(*refs), GFP_KERNEL);
		if (!refs)
			panic("no memory for the references of checkpoint");
		add_refs(refs, &lines[i + 1], false);
		if (xa_err(xa_store(&refs_by_type, lines[i].number, refs, GFP_KERNEL)))
			panic("no memory for the references of checkpoint");
	}
	return 0;
}
postcore_initcall(refs_init);

/* -- using it ------------------------------------------------------------------------ */

static int check_field(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, const struct ref *ref,
		       const void *field, ckpt_ref_check check)
{
	if (ref->class)
		return *(const u32 *)field || !ref->optional ?
		       check(ctx, *(const u32 *)field, ref->class) : 0;
	if (memchr_inv(field, 0, ref->bytes))
		return ckpt_fail(ctx, -EINVAL, "a reserved field of a %s record is not zero",
				 kind->name);
	return 0;
}

/**
 * ckpt_check_refs - have each reference of a record checked, and that what is reserved is zero
 * @ctx: the call
 * @kind: the record's kind
 * @data: its fixed part, kind->size bytes
 * @array: its elements, kind->elem bytes each
 * @count: their number
 * @check: gets the id, which is not 0 where that is optional, and the class
 *
 * Return: 0, the first thing that @check returned, or -EINVAL (reported)
 */
int ckpt_check_refs(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, const void *data,
		    const void *array, u32 count, ckpt_ref_check check)
{
	const struct refs *refs = xa_load(&refs_by_type, kind->type);
	const struct ref *ref;
	const void *field;
	u32 i;
	int err;

	for (ref = refs ? refs->ref : NULL; refs && ref < refs->ref + refs->nr; ref++) {
		field = (ref->element ? array : data) + ref->offset;
		for (i = 0; i < (ref->element ? count : 1); i++) {
			err = check_field(ctx, kind, ref, field + (size_t)i * kind->elem, check);
			if (err)
				return err;
			if (!(i & 0xffff))
				cond_resched();
		}
	}
	return 0;
}
