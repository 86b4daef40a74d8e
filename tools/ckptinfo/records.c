// SPDX-License-Identifier: GPL-2.0-only
/*
 * records.c - ckptinfo --records: every record, decoded with the description
 * that the image itself carries.
 */
#include <stdio.h>

#include "decode.h"
#include "text.h"

static int load_schema(const struct info *info, struct ckpt_schema *schema)
{
	const struct ckpt_item *item;

	item = ckpt_metadata_find(&info->metadata, CKPT_REC_ABI, 0);
	if (!item) {
		complain("%s carries no description of its records: they are shown as bytes",
			 info->path);
		*schema = (struct ckpt_schema){ 0 };
		return 0;
	}
	if (!ckpt_schema_parse(item->array ? item->array : "", item->count, schema))
		return 0;
	complain("%s: its description of the records is wrong; run 'ckptinfo --verify %s'",
		 info->path, info->path);
	return -1;
}

static const char *record_name(const struct ckpt_layout *layout,
			       const struct ckpt_item *item)
{
	if (layout)
		return layout->name;
	return item->info ? item->info->name : "unknown";
}

static void print_fields(const struct sink *sink, const struct ckpt_schema *schema,
			 const struct ckpt_layout *layout, const struct ckpt_item *item)
{
	const void *fixed = (const char *)item->raw + sizeof(struct ckpt_record);

	if (!layout) {
		decode_value(sink, "bytes", "?", fixed,
			     item->len - sizeof(struct ckpt_record));
		return;
	}
	decode_layout(sink, layout, fixed, item->size);
	/* the description itself would be most of the output */
	if (item->type != CKPT_REC_ABI)
		decode_array(sink, schema, layout, item);
}

static void print_record(const struct ckpt_schema *schema, const struct ckpt_item *item,
			 struct json *json)
{
	const struct ckpt_layout *layout = ckpt_schema_record(schema, item->type);
	struct sink sink = { .json = json, .indent = 4 };

	if (!json) {
		printf("%llu %s, type %#x, %llu bytes", (unsigned long long)item->offset,
		       record_name(layout, item), item->type, (unsigned long long)item->len);
		if (item->object)
			printf(", object %u", item->object);
		putchar('\n');
		print_fields(&sink, schema, layout, item);
		return;
	}
	json_begin(json, NULL, '{');
	json_uint(json, "offset", item->offset);
	json_string(json, "record", record_name(layout, item));
	json_hex(json, "type", item->type);
	json_uint(json, "len", item->len);
	json_uint(json, "object", item->object);
	json_begin(json, "fields", '{');
	print_fields(&sink, schema, layout, item);
	json_end(json, '}');
	json_end(json, '}');
}

/* Page chunks are read anew: only the metadata is in memory. */
static int print_rest(const struct info *info, const struct ckpt_schema *schema,
		      struct ckpt_image *image, struct json *json)
{
	struct ckpt_item item;
	int ret;

	(void)info;
	while ((ret = ckpt_image_next(image, &item)) > 0)
		print_record(schema, &item, json);
	return ret;
}

static int print_all(const struct info *info, const struct ckpt_schema *schema, bool json)
{
	struct json out = { .file = stdout };
	size_t i;

	if (json) {
		json_begin(&out, NULL, '{');
		json_int(&out, "format", 1);
		json_begin(&out, "records", '[');
	}
	for (i = 0; i < info->metadata.nr_items; i++)
		print_record(schema, &info->metadata.items[i], json ? &out : NULL);
	if (json) {
		json_end(&out, ']');
		json_end(&out, '}');
	}
	return 0;
}
