// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_text.c - checksums, error texts, the ABI description.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "compiler.h"
#include "crc32c.h"
#include "test.h"
#include "xxh64.h"

static void crc_known_values(void)
{
	unsigned char zeros[32] = { 0 };

	/* RFC 3720, B.4 */
	EXPECT(ckpt_crc32c(0, "123456789", 9) == 0xe3069283);
	EXPECT(ckpt_crc32c(0, zeros, 32) == 0x8a9136aa);
	EXPECT(ckpt_crc32c(0, "", 0) == 0);
}

/* Values of the reference implementation; the bytes are 0, 1, 2, ... */
static void xxh64_known_values(void)
{
	unsigned char bytes[101];
	struct xxh64 sum;
	size_t i, part;

	EXPECT(xxh64("", 0) == 0xef46db3751d8e999ULL);
	EXPECT(xxh64("a", 1) == 0xd24ec4f1a98c6e5bULL);
	EXPECT(xxh64("abc", 3) == 0x44bc2cf5ad770999ULL);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	EXPECT(xxh64(bytes, sizeof(bytes)) == 0xe99038495f85381eULL);
	for (part = 1; part < sizeof(bytes); part++) {
		xxh64_start(&sum);
		for (i = 0; i + part <= sizeof(bytes); i += part)
			xxh64_add(&sum, bytes + i, part);
		xxh64_add(&sum, bytes + i, sizeof(bytes) - i);
		EXPECT(xxh64_value(&sum) == 0xe99038495f85381eULL);
	}
}

static void crc_portable_and_continued(void)
{
	unsigned char data[257];
	size_t i, cut;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + 3;
	for (i = 0; i <= sizeof(data); i++) {
		__u32 whole = ckpt_crc32c(0, data, i);

		EXPECT(whole == crc32c_portable(0, data, i));
		cut = i / 3;
		EXPECT(whole == ckpt_crc32c(ckpt_crc32c(0, data, cut), data + cut, i - cut));
	}
}

static void error_text_names_pid_and_thread(void)
{
	struct checkpoint_error error = { .err = EBUSY, .pid = 12, .tid = 13 };
	char text[256];

	snprintf(error.message, sizeof(error.message), "%s",
		 "fd 7: eventfd files cannot be saved yet");
	EXPECT(!strcmp(ckpt_error_text(&error, text, sizeof(text)),
		       "pid 12, thread 13: fd 7: eventfd files cannot be saved yet"));
	error.tid = 12;
	snprintf(error.message, sizeof(error.message), "a\nb\033c");
	EXPECT(!strcmp(ckpt_error_text(&error, text, sizeof(text)), "pid 12: a?b?c"));
	error = (struct checkpoint_error){ .err = ENOENT };
	EXPECT(!strcmp(ckpt_error_text(&error, text, sizeof(text)),
		       "No such file or directory"));
	memset(error.message, 'x', sizeof(error.message));
	EXPECT(strlen(ckpt_error_text(&error, text, sizeof(text))) == CKPT_MESSAGE_LEN);
	EXPECT(strlen(ckpt_error_text(&error, text, 10)) == 9);
}

/* What a terminal would obey, in each encoding, and what only shows */
static void clean_strings(void)
{
	static const struct { const char *text, *clean; } cases[] = {
		{ "plain", "plain" },
		{ "a\033[2Jb\177", "a?[2Jb?" },
		{ "caf\303\251", "caf\303\251" },
		{ "C1 as UTF-8 \302\2332J", "C1 as UTF-8 ?2J" },
		{ "C1 bare \2332J", "C1 bare ?2J" },
		{ "too long a form \300\233 \340\202\233", "too long a form ?? ???" },
		{ "surrogate \355\240\200", "surrogate ???" },
		{ "cut off \342\200", "cut off ??" },
		{ "override \342\200\256gpj.exe", "override ?gpj.exe" },
		{ "isolate \342\201\246", "isolate ?" },
		{ "line \342\200\250", "line ?" },
		{ "tag \363\240\201\201", "tag ?" },
		{ "face \360\237\230\200", "face \360\237\230\200" },
	};
	char text[64];
	size_t i;

	setenv("LC_ALL", "C.UTF-8", 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		EXPECT(clean_is(text) == !strcmp(text, cases[i].clean));
		EXPECT(!strcmp(clean_string(text), cases[i].clean));
	}
	setenv("LC_ALL", "C", 1);
	snprintf(text, sizeof(text), "caf\303\251 \303\233");
	EXPECT(!strcmp(clean_string(text), "caf? ?"));
}

static void error_advice(void)
{
	EXPECT(strstr(ckpt_error_advice(CKPT_CALL_CHECKPOINT, ENOSYS), "CONFIG_CHECKPOINT"));
	EXPECT(strstr(ckpt_error_advice(CKPT_CALL_RESTART, EPERM), "checkpoint_policy"));
	EXPECT(!ckpt_error_advice(CKPT_CALL_READ, ENOSYS));
	EXPECT(!strcmp(ckpt_errno_name(ESTALE), "ESTALE"));
	EXPECT(!strcmp(ckpt_errno_name(12345), "error"));
}

static int parse(const char *text, struct ckpt_schema *schema)
{
	return ckpt_schema_parse(text, strlen(text), schema);
}

static void schema_good(void)
{
	struct ckpt_schema schema;
	const struct ckpt_layout *layout;

	EXPECT(!parse("abi 1\n"
		      "record pid 0x101 16\n"
		      "field flags 8 4 u32\n"
		      "field nrs 0 8 array:ckpt_nr\n"
		      "a later word\n"
		      "struct ckpt_nr 4\n"
		      "field nr 0 4 u32", &schema));
	layout = ckpt_schema_record(&schema, CKPT_REC_PID);
	EXPECT(layout && !strcmp(layout->name, "pid") && layout->size == 16);
	EXPECT(layout->nr_fields == 2 && layout->fields[0].offset == 8);
	EXPECT(!ckpt_field_element(&layout->fields[0]));
	EXPECT(!strcmp(ckpt_field_element(&layout->fields[1]), "ckpt_nr"));
	layout = ckpt_schema_struct(&schema, "ckpt_nr");
	EXPECT(layout && layout->nr_fields == 1);
	EXPECT(!ckpt_schema_record(&schema, 0x999) && !ckpt_schema_struct(&schema, "x"));
	ckpt_schema_free(&schema);
}

static void schema_bad(void)
{
	static const char * const texts[] = {
		"field x 0 4 u32\n",			/* of nothing */
		"record pid\n", "record pid x 8\n", "record pid 1 -8\n",
		"record pid 1 8\nfield x 8 4 u32\n",	/* behind the end */
		"record pid 1 8\nfield x 0xffffffff 4 u32\n",
		"record pid 1 8\nfield x 0 4\n",
		"record pid 1 99999999999999999999\n",
		"struct x\n", "struct x y\n",
	};
	struct ckpt_schema schema;
	char line[600];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		EXPECT(parse(texts[i], &schema) == -EINVAL);
	memset(line, 'r', sizeof(line));
	EXPECT(ckpt_schema_parse(line, sizeof(line), &schema) == -EINVAL);
	EXPECT(!ckpt_schema_parse("", 0, &schema));
	EXPECT(!ckpt_schema_parse("\n\n", 2, &schema));
}

/* The library's table and the description must agree on every record. */
static bool same(const struct ckpt_schema *schema, const struct ckpt_layout *layout)
{
	const struct ckpt_record_info *info = ckpt_record_info(layout->type);
	const struct ckpt_layout *element;
	const char *type;
	size_t i;

	if (!info || strcmp(info->name, layout->name) || info->size != layout->size)
		return false;
	for (i = 0; i < layout->nr_fields; i++) {
		type = ckpt_field_element(&layout->fields[i]);
		if (!type)
			continue;
		element = ckpt_schema_struct(schema, type);
		return info->array == layout->fields[i].offset &&
		       info->elem == (element ? element->size : (__u32)atoi(type + 1) / 8);
	}
	return !info->elem;
}

static void schema_is_what_the_library_knows(void)
{
	struct ckpt_schema schema;
	const char *text;
	size_t i, len;

	text = abi_text(&len);
	EXPECT(!ckpt_schema_parse(text, len, &schema));
	EXPECT(schema.nr_layouts > 30);
	for (i = 0; i < schema.nr_layouts; i++) {
		if (!schema.layouts[i].type || EXPECT(same(&schema, &schema.layouts[i])))
			continue;
		printf("# record %s\n", schema.layouts[i].name);
	}
	ckpt_schema_free(&schema);
}

static void schema_cut_anywhere(void)
{
	static const char text[] = "record pid 0x0101 16\nfield flags 8 4 u32\n"
				   "field nrs 0 8 array:u32\n";
	struct ckpt_schema schema;
	size_t len;

	for (len = 0; len < sizeof(text); len++) {
		if (!ckpt_schema_parse(text, len, &schema))
			ckpt_schema_free(&schema);
	}
}

const struct test text_tests[] = {
	{ "crc.known_values", crc_known_values },
	{ "xxh64.known_values", xxh64_known_values },
	{ "crc.portable_and_continued", crc_portable_and_continued },
	{ "error.text_names_pid_and_thread", error_text_names_pid_and_thread },
	{ "clean.strings", clean_strings },
	{ "error.advice", error_advice },
	{ "schema.good", schema_good },
	{ "schema.bad", schema_bad },
	{ "schema.is_what_the_library_knows", schema_is_what_the_library_knows },
	{ "schema.cut_anywhere", schema_cut_anywhere },
	{ NULL, NULL },
};
