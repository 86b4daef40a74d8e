// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the ABI's description of itself.
 *
 * /sys/kernel/checkpoint/abi is a text that any tool can decode an image with;
 * each image carries the same text.  A line is one of
 *
 *	abi 1				the format of this text
 *	record NAME NUMBER BYTES	a record and the size of its fixed part
 *	object CLASS [defined|late]	the object that the record belongs to ("any": of any
 *					class), or defines; it may stand in the tail
 *	struct NAME BYTES		a struct of arrays, or of the system calls
 *	field NAME OFFSET BYTES TYPE	a field of the record or struct before
 *	ref NAME CLASS [optional]	the field NAME is the id of an object of a class,
 *					or 0 if that is optional
 *
 * with TYPE one of u8 u16 u32 u64 s32 s64 char, such a type with a number of
 * elements (u64[2]), or array:ELEMENT for a struct ckpt_rec_array, where ELEMENT is
 * a type or the name of a struct.
 *
 * /sys/kernel/checkpoint/hash has the first 16 digits of the text's SHA-256.
 */
#include <crypto/sha2.h>
#include <linux/checkpoint_hdr.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>
#include <linux/unaligned.h>
#include "abi.h"

enum abi_what { ABI_RECORD, ABI_OBJECT, ABI_STRUCT, ABI_FIELD, ABI_VECTOR, ABI_ARRAY, ABI_REF };

struct abi_line {
	enum abi_what what;
	const char *name;
	const char *type;	/* of a field; of an object: how the record stands to it */
	u32 number;		/* of a record */
	u32 offset;		/* of a field */
	u32 bytes;
	/* Elements of a vector; of a reference: it may be 0 */
	u32 count;
};

#define ABI_RECORD(_name, _number, _bytes)				\
	{ .what = ABI_RECORD, .name = _name, .number = _number, .bytes = _bytes },
#define ABI_OBJECT(_class, _defines, _late)				\
	{ .what = ABI_OBJECT, .name = _class,				\
	  .type = (_defines) ? " defined" : (_late) ? " late" : "" },
#define ABI_STRUCT(_name, _bytes)					\
	{ .what = ABI_STRUCT, .name = _name, .bytes = _bytes },
#define FIELD(_what, _name, _offset, _bytes, _type, _count)		\
	{ .what = _what, .name = _name, .offset = _offset, .bytes = _bytes, \
	  .type = _type, .count = _count },
#define ABI_FIELD(_name, _offset, _bytes, _type)			\
	FIELD(ABI_FIELD, _name, _offset, _bytes, _type, 0)
#define ABI_VECTOR(_name, _offset, _bytes, _type, _count)		\
	FIELD(ABI_VECTOR, _name, _offset, _bytes, _type, _count)
#define ABI_ARRAY(_name, _offset, _bytes, _type)			\
	FIELD(ABI_ARRAY, _name, _offset, _bytes, _type, 0)
#define ABI_REF(_name, _offset, _class, _optional)			\
	FIELD(ABI_REF, _name, _offset, 4, _class, _optional)

static const struct abi_line abi_lines[] __initconst = {
#include "abi-table.h"		/* made by mkabi.awk */
};

static char *abi_text;
static size_t abi_len;
static u64 abi_hash;

const char *ckpt_abi_text(size_t *len)
{
	*len = abi_len;
	return abi_text;
}

u64 ckpt_abi_hash(void)
{
	return abi_hash;
}

/* As snprintf() */
static int __init print_line(char *buf, size_t size, const struct abi_line *l)
{
	switch (l->what) {
	case ABI_RECORD:
		return snprintf(buf, size, "record %s %#x %u\n", l->name, l->number, l->bytes);
	case ABI_OBJECT:
		return snprintf(buf, size, "object %s%s\n", l->name, l->type);
	case ABI_STRUCT:
		return snprintf(buf, size, "struct %s %u\n", l->name, l->bytes);
	case ABI_FIELD:
		return snprintf(buf, size, "field %s %u %u %s\n",
				l->name, l->offset, l->bytes, l->type);
	case ABI_VECTOR:
		return snprintf(buf, size, "field %s %u %u %s[%u]\n",
				l->name, l->offset, l->bytes, l->type, l->count);
	case ABI_ARRAY:
		return snprintf(buf, size, "field %s %u %u array:%s\n",
				l->name, l->offset, l->bytes, l->type);
	case ABI_REF:
		return snprintf(buf, size, "ref %s %s%s\n", l->name, l->type,
				l->count ? " optional" : "");
	}
	return 0;
}

/* As snprintf() */
static size_t __init print_text(char *buf, size_t size)
{
	size_t at = snprintf(buf, size, "abi 1\n");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(abi_lines); i++)
		at += print_line(buf ? buf + at : NULL, buf ? size - at : 0, &abi_lines[i]);
	return at;
}

/* So that anybody can compute the hash of a saved text: sha256sum | cut -c1-16 */
static u64 __init hash_text(void)
{
	u8 digest[SHA256_DIGEST_SIZE];

	sha256(abi_text, abi_len, digest);
	return get_unaligned_be64(digest);
}

static ssize_t hash_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%016llx\n", abi_hash);
}

static struct kobj_attribute hash_attr = __ATTR_RO(hash);
static BIN_ATTR_SIMPLE_RO(abi);

static int __init abi_init(void)
{
	size_t len = print_text(NULL, 0);
	struct kobject *kobj;
	char *text;
	int err;

	text = kvmalloc(len + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	print_text(text, len + 1);
	abi_text = text;
	abi_len = len;
	abi_hash = hash_text();

	kobj = kobject_create_and_add("checkpoint", kernel_kobj);
	if (!kobj)
		return -ENOMEM;
	bin_attr_abi.private = abi_text;
	bin_attr_abi.size = abi_len;
	err = sysfs_create_bin_file(kobj, &bin_attr_abi);
	if (!err)
		err = sysfs_create_file(kobj, &hash_attr.attr);
	if (err)
		kobject_put(kobj);
	return err;
}
late_initcall(abi_init);
