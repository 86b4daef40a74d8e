// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the ABI's description of itself: it can be parsed, has no holes,
 * and says what the kinds say.
 */
#include <crypto/sha2.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include "image.h"
#include "../image/abi.h"

#define NAME_LEN	40
#define MAX_TYPES	256

/**
 * struct type - a record or struct of the description
 * @name: its name
 * @number: of a record, 0 of a struct
 * @bytes: its size
 * @fields: bytes that its fields take so far
 */
struct type {
	char name[NAME_LEN];
	u32 number;
	u32 bytes;
	u32 fields;
};

/**
 * struct field - a field of the last type
 * @name: its name
 * @offset: in bytes
 * @bytes: its size
 * @type: its type
 */
struct field {
	char name[NAME_LEN];
	u32 offset;
	u32 bytes;
	char type[NAME_LEN];
};

static const struct {
	const char *name;
	u32 bytes;
} basic[] = {
	{ "u8", 1 }, { "u16", 2 }, { "u32", 4 }, { "u64", 8 }, { "s32", 4 }, { "s64", 8 },
	{ "char", 1 },
};

struct description {
	struct kunit *test;
	struct type types[MAX_TYPES];
	unsigned int nr;
};

static const struct type *find_name(const struct description *d, const char *name)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		if (!strcmp(d->types[i].name, name))
			return &d->types[i];
	return NULL;
}

static const struct type *find_number(const struct description *d, u32 number)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		if (d->types[i].number == number)
			return &d->types[i];
	return NULL;
}

/* Size of a basic type with this name up to @len characters, or of a struct */
static u32 type_bytes(const struct description *d, const char *name, size_t len)
{
	const struct type *type;
	int i;

	for (i = 0; i < ARRAY_SIZE(basic); i++)
		if (strlen(basic[i].name) == len && !strncmp(basic[i].name, name, len))
			return basic[i].bytes;
	type = find_name(d, name);
	return type ? type->bytes : 0;
}

static void check_type(struct description *d, const struct type *type)
{
	struct kunit *test = d->test;

	KUNIT_EXPECT_NULL_MSG(test, find_name(d, type->name), "%s is there twice", type->name);
	if (type->number)
		KUNIT_EXPECT_NULL_MSG(test, find_number(d, type->number),
				      "number %#x is there twice", type->number);
	KUNIT_EXPECT_EQ_MSG(test, 0U, type->bytes % 8, "size of %s", type->name);
	KUNIT_ASSERT_LT(test, d->nr, (unsigned int)MAX_TYPES);
}

/* Fields follow each other without a hole: no padding leaves the kernel. */
static void check_field(struct description *d, const struct field *field)
{
	size_t len = strcspn(field->type, "[");
	u32 bytes = type_bytes(d, field->type, len);
	struct type *type;
	u32 count = 1;

	KUNIT_ASSERT_GT(d->test, d->nr, 0U);
	type = &d->types[d->nr - 1];
	KUNIT_EXPECT_EQ_MSG(d->test, type->fields, field->offset, "%s of %s", field->name,
			    type->name);
	type->fields = field->offset + field->bytes;
	if (strstarts(field->type, "array:")) {
		KUNIT_EXPECT_EQ(d->test, (u32)sizeof(struct ckpt_rec_array), field->bytes);
		return;
	}
	if (field->type[len])
		KUNIT_EXPECT_EQ_MSG(d->test, 1, sscanf(field->type + len, "[%u]", &count), "%s",
				    field->type);
	KUNIT_EXPECT_EQ_MSG(d->test, bytes * count, field->bytes, "%s %s of %s", field->type,
			    field->name, type->name);
}

/* What an id names, and of which object a record is */
static bool is_class(struct description *d, const char *line)
{
	char field[NAME_LEN], class[NAME_LEN];

	if (sscanf(line, "ref %39s %39s", field, class) != 2 &&
	    sscanf(line, "object %39s", class) != 1)
		return false;
	KUNIT_ASSERT_GT(d->test, d->nr, 0U);
	if (strcmp(class, "any"))
		KUNIT_EXPECT_NOT_NULL_MSG(d->test, ckpt_find_class(class), "no kind has a %s",
					  class);
	return true;
}

static void parse_line(struct description *d, const char *line)
{
	struct field field = {};
	struct type type = {};

	if (sscanf(line, "record %39s %i %u", type.name, &type.number, &type.bytes) == 3 ||
	    sscanf(line, "struct %39s %u", type.name, &type.bytes) == 2) {
		check_type(d, &type);
		d->types[d->nr++] = type;
	} else if (sscanf(line, "field %39s %u %u %39s", field.name, &field.offset,
			  &field.bytes, field.type) == 4) {
		check_field(d, &field);
	} else if (!is_class(d, line)) {
		KUNIT_FAIL(d->test, "no line of the description: %s", line);
	}
}

/* Each line but the first to @each */
static void walk_lines(struct description *d,
		       void (*each)(struct description *d, const char *line))
{
	size_t len, at;
	const char *text = ckpt_abi_text(&len);
	char line[160];

	KUNIT_ASSERT_NOT_NULL(d->test, text);
	KUNIT_ASSERT_EQ(d->test, '\n', text[len - 1]);
	KUNIT_ASSERT_TRUE(d->test, strstarts(text, "abi 1\n"));
	for (at = strlen("abi 1\n"); at < len; at += strlen(line) + 1) {
		size_t bytes = strnchr(text + at, len - at, '\n') - (text + at);

		KUNIT_ASSERT_LT(d->test, bytes, sizeof(line));
		memcpy(line, text + at, bytes);
		line[bytes] = '\0';
		KUNIT_ASSERT_EQ(d->test, bytes, strlen(line));
		each(d, line);
	}
}

static struct description *parse(struct kunit *test)
{
	struct description *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->test = test;
	walk_lines(d, parse_line);
	return d;
}

static void abi_has_no_holes(struct kunit *test)
{
	struct description *d = parse(test);
	unsigned int i;

	KUNIT_EXPECT_GT(test, d->nr, 30U);
	for (i = 0; i < d->nr; i++)
		KUNIT_EXPECT_EQ_MSG(test, d->types[i].bytes, d->types[i].fields,
				    "the end of %s", d->types[i].name);
}

static void abi_knows_the_frame(struct kunit *test)
{
	static const struct {
		u32 number;
		const char *name;
		u32 bytes;
	} frame[] = {
		{ CKPT_REC_HEADER, "header", sizeof(struct ckpt_rec_header) },
		{ CKPT_REC_ABI, "abi", sizeof(struct ckpt_rec_abi) },
		{ CKPT_REC_METADATA_END, "metadata_end", sizeof(struct ckpt_rec_metadata_end) },
		{ CKPT_REC_PAGES, "pages", sizeof(struct ckpt_rec_pages) },
		{ CKPT_REC_END, "end", sizeof(struct ckpt_rec_end) },
	};
	struct description *d = parse(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(frame); i++) {
		const struct type *type = find_number(d, frame[i].number);

		KUNIT_ASSERT_NOT_NULL_MSG(test, type, "%s is missing", frame[i].name);
		KUNIT_EXPECT_STREQ(test, frame[i].name, type->name);
		KUNIT_EXPECT_EQ(test, frame[i].bytes, type->bytes);
	}
}

/* A kind that the description does not know could be read by nobody else. */
static void abi_knows_every_kind(struct kunit *test)
{
	struct description *d = parse(test);
	const struct ckpt_kind **p;

	for_each_ckpt_kind(p) {
		const struct ckpt_kind *kind = *p;
		const struct type *type;

		if (!kind->type || kind->type == TEST_REC)
			continue;
		KUNIT_EXPECT_PTR_EQ(test, kind, ckpt_find_kind(kind->type));
		type = find_number(d, kind->type);
		KUNIT_EXPECT_NOT_NULL_MSG(test, type, "%s is missing", kind->name);
		if (!type)
			continue;
		KUNIT_EXPECT_STREQ(test, kind->name, type->name);
		KUNIT_EXPECT_EQ_MSG(test, kind->size, type->bytes, "size of %s", kind->name);
	}
}

struct array_search {
	struct description d;	/* first */
	const struct ckpt_kind *kind;	/* of the record before */
	unsigned int found;
};

static void check_array(struct description *d, const char *line)
{
	struct array_search *s = container_of(d, struct array_search, d);
	const struct ckpt_kind *kind = s->kind;
	struct field field = {};
	struct type type = {};
	const char *elem;

	parse_line(d, line);
	if (strstarts(line, "record ") || strstarts(line, "struct ")) {
		type = d->types[d->nr - 1];
		s->kind = type.number ? ckpt_find_kind(type.number) : NULL;
		return;
	}
	if (sscanf(line, "field %39s %u %u %39s", field.name, &field.offset, &field.bytes,
		   field.type) != 4 || !strstarts(field.type, "array:") || !kind)
		return;
	s->found++;
	elem = field.type + strlen("array:");
	KUNIT_EXPECT_EQ_MSG(d->test, kind->array, field.offset, "the array of %s", kind->name);
	/* Of a struct that stands further down only the name is known. */
	if (type_bytes(d, elem, strlen(elem)))
		KUNIT_EXPECT_EQ_MSG(d->test, kind->elem, type_bytes(d, elem, strlen(elem)),
				    "the elements of %s", kind->name);
}

static void abi_arrays_are_the_kinds(struct kunit *test)
{
	struct array_search *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	const struct ckpt_kind **p;
	unsigned int expected = 0;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->d.test = test;
	walk_lines(&s->d, check_array);
	for_each_ckpt_kind(p)
		if ((*p)->elem && (*p)->type != TEST_REC)
			expected++;
	KUNIT_EXPECT_EQ(test, expected, s->found);
}

static void abi_hash_is_of_the_text(struct kunit *test)
{
	size_t len;
	const char *text = ckpt_abi_text(&len);
	u8 digest[SHA256_DIGEST_SIZE];

	sha256(text, len, digest);
	KUNIT_EXPECT_EQ(test, get_unaligned_be64(digest), ckpt_abi_hash());
}

static struct kunit_case checkpoint_abi_test_cases[] = {
	KUNIT_CASE(abi_has_no_holes),
	KUNIT_CASE(abi_knows_the_frame),
	KUNIT_CASE(abi_knows_every_kind),
	KUNIT_CASE(abi_arrays_are_the_kinds),
	KUNIT_CASE(abi_hash_is_of_the_text),
	{}
};

static struct kunit_suite checkpoint_abi_test_suite = {
	.name = "checkpoint_abi",
	.test_cases = checkpoint_abi_test_cases,
};

kunit_test_suite(checkpoint_abi_test_suite);
