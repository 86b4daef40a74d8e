// SPDX-License-Identifier: GPL-2.0-only
/*
 * records.c - ckptinfo --records: every record, decoded with the description
 * that the image itself carries.
 */
#include <errno.h>
#include <stdio.h>

#include "decode.h"
#include "text.h"

static int load_schema(const char *path, const struct ckpt_metadata *metadata,
		       struct ckpt_schema *schema)
{
	const struct ckpt_item *item = ckpt_metadata_find(metadata, CKPT_REC_ABI, 0);

	*schema = (struct ckpt_schema){ 0 };
	if (!item) {
		say_err("%s carries no description of its records: they are shown as bytes",
			path);
		return 0;
	}
	if (!ckpt_schema_parse(item->array ? item->array : "", item->count, schema))
		return 0;
	say_err("%s: its description of the records is wrong; run 'ckptinfo --verify %s'",
		path, path);
	return -EINVAL;
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
	const void *fixed = (const char *)item->raw + sizeof(struct ckpt_rec);

	if (!layout) {
		decode_value(sink, "bytes", "?", fixed,
			     item->len - sizeof(struct ckpt_rec));
		return;
	}
	/* the description itself would be most of the output */
	if (item->type == CKPT_REC_ABI)
		decode_layout(sink, layout, fixed, item->size);
	else
		decode_record(sink, schema, layout, item);
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

/* The metadata first, since its description stands in it; then the chunks. */
static int print_all(struct ckpt_image *image, const struct ckpt_metadata *metadata,
		     const struct ckpt_schema *schema, bool json)
{
	struct json out = { .file = stdout };
	struct ckpt_item item;
	size_t i;
	int ret;

	if (json) {
		json_begin(&out, NULL, '{');
		json_begin(&out, "records", '[');
	}
	for (i = 0; i < metadata->nr_items; i++)
		print_record(schema, &metadata->items[i], json ? &out : NULL);
	while ((ret = ckpt_image_next(image, &item)) > 0)
		print_record(schema, &item, json ? &out : NULL);
	if (json) {
		json_end(&out, ']');
		json_end(&out, '}');
	}
	return ret;
}

static int tell_error(const char *path, const struct ckpt_image *image)
{
	char text[512];

	say_err("%s: %s; run 'ckptinfo --verify %s' or copy it again", path,
		ckpt_error_text(ckpt_image_error(image), text, sizeof(text)), path);
	return INFO_FAILED;
}

int print_records(const char *path, int fd, bool json)
{
	struct ckpt_image *image;
	struct ckpt_metadata metadata;
	struct ckpt_schema schema;
	int ret = INFO_FAILED;

	image = ckpt_image_open(fd, CKPT_OPEN_LENIENT | CKPT_OPEN_SKIP_DATA);
	if (!image) {
		say_err("no memory; free some and try again");
		return INFO_FAILED;
	}
	if (ckpt_metadata_load(image, &metadata)) {
		tell_error(path, image);
		goto close;
	}
	if (load_schema(path, &metadata, &schema))
		goto free_metadata;
	ret = print_all(image, &metadata, &schema, json);
	ret = ret ? tell_error(path, image) : INFO_DONE;
	ckpt_schema_free(&schema);
free_metadata:
	ckpt_metadata_free(&metadata);
close:
	ckpt_image_close(image);
	return ret;
}
