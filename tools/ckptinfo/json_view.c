// SPDX-License-Identifier: GPL-2.0-only
/*
 * json_view.c - ckptinfo --json: all of it, in the form that ckptinfo(1)
 * promises to keep.
 */
#include <stdio.h>

#include "info.h"

static void json_image(struct json *json, const struct info *info)
{
	const struct ckpt_rec_header *header = &info->header;
	char text[512];
	unsigned int i;

	json_begin(json, "image", '{');
	json_id(json, "id", header->image_id);
	json_id(json, "parent_id", header->parent_image_id);
	for (i = 0; i < sizeof(header->boot_id); i++)
		snprintf(text + 2 * i, 3, "%02x", header->boot_id[i]);
	json_string(json, "boot_id", text);
	json_int(json, "crid", header->crid);
	json_uint(json, "saved_ns", header->realtime_ns);
	json_string(json, "release", clean_text(header->release, CKPT_NAME_LEN, text, 400));
	json_string(json, "nodename", clean_text(header->nodename, CKPT_NAME_LEN, text, 400));
	json_uint(json, "arch", header->arch);
	json_uint(json, "page_size", header->page_size);
	json_bool(json, "self", header->flags & CKPT_IMAGE_SELF);
	json_bool(json, "container", header->flags & CKPT_IMAGE_CONTAINER);
	json_uint(json, "root", pid_number(info, header->root));
	json_uint(json, "bytes", info->bytes);
	json_uint(json, "metadata_bytes", info->metadata_bytes);
	json_uint(json, "data_bytes", info->data_bytes);
	json_uint(json, "records", info->nr_records);
	json_bool(json, "complete", !info->error.err);
	if (info->error.err)
		json_string(json, "error", ckpt_error_text(&info->error, text, sizeof(text)));
	json_end(json, '}');
}

void print_json(const struct info *info)
{
	struct json json = { .file = stdout };

	json_begin(&json, NULL, '{');
	json_image(&json, info);
	json_tree(&json, info);
	json_files(&json, info);
	json_fds(&json, info);
	json_maps(&json, info);
	json_end(&json, '}');
}
