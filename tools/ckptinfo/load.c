// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - read an image: its metadata into memory, of its pages only where
 * they are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "text.h"

static int reported(const struct info *info, const struct ckpt_image *image)
{
	const struct checkpoint_error *error = ckpt_image_error(image);
	const char *advice = ckpt_error_advice(CKPT_CALL_READ, error->err);
	char text[512];

	say_err("%s: %s%s%s", info->path, ckpt_error_text(error, text, sizeof(text)),
		advice ? "; " : "", advice ? advice : "");
	return -error->err;
}

static int out_of_memory(void)
{
	say_err("no memory; free some and try again");
	return -ENOMEM;
}

static int add_run(struct info *info, const struct run *run)
{
	if (info->nr_runs == info->runs_room) {
		size_t room = info->runs_room ? info->runs_room * 2 : 256;
		struct run *runs = realloc(info->runs, room * sizeof(*runs));

		if (!runs)
			return out_of_memory();
		info->runs = runs;
		info->runs_room = room;
	}
	info->runs[info->nr_runs++] = *run;
	return 0;
}

static int add_chunk(struct info *info, const struct ckpt_item *item)
{
	const struct ckpt_rec_pages *pages = item->data;
	const struct ckpt_rec_extent *extents = item->array;
	struct run run = { .mm = item->object, .offset = item->offset + item->len };
	__u32 i;

	for (i = 0; i < item->count; i++) {
		run.address = extents[i].address;
		run.bytes = extents[i].pages * info->header.page_size;
		if (add_run(info, &run))
			return -ENOMEM;
		run.offset += run.bytes;
	}
	info->nr_chunks++;
	info->data_bytes += pages->data_bytes;
	return 0;
}

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* An error here leaves the metadata usable: it is reported beside it. */
static int load_chunks(struct info *info, struct ckpt_image *image)
{
	struct ckpt_item item;
	int ret;

	while ((ret = ckpt_image_next(image, &item)) > 0) {
		info->nr_records++;
		info->bytes = item.offset + item.len;
		if (item.type == CKPT_REC_INDEX)
			info->nr_indexed += item.count;
		info->nr_late += item.info && item.info->late;
		if (item.type == CKPT_REC_PAGES && add_chunk(info, &item))
			return -ENOMEM;
	}
	if (ret < 0)
		info->error = *ckpt_image_error(image);
	if (info->nr_runs)
		qsort(info->runs, info->nr_runs, sizeof(*info->runs), compare_runs);
	return 0;
}

static int collect(const struct info *info, __u32 type, struct items *items)
{
	size_t i, nr = 0;

	for (i = 0; i < info->metadata.nr_items; i++)
		nr += info->metadata.items[i].type == type;
	items->list = calloc(nr + 1, sizeof(*items->list));
	if (!items->list)
		return out_of_memory();
	for (i = 0; i < info->metadata.nr_items; i++) {
		if (info->metadata.items[i].type == type)
			items->list[items->nr++] = &info->metadata.items[i];
	}
	return 0;
}

static int load(struct info *info, struct ckpt_image *image)
{
	const struct ckpt_item *last;
	int ret;

	ret = ckpt_metadata_load(image, &info->metadata);
	if (ret)
		return reported(info, image);
	info->header = *ckpt_image_header(image);
	last = &info->metadata.items[info->metadata.nr_items - 1];
	info->metadata_bytes = last->offset + last->len;
	info->nr_records = info->metadata.nr_items;
	info->bytes = info->metadata_bytes;

	ret = collect(info, CKPT_REC_TASK, &info->tasks);
	if (!ret)
		ret = collect(info, CKPT_REC_MM, &info->mms);
	if (!ret)
		ret = collect(info, CKPT_REC_FDTABLE, &info->fdtables);
	if (!ret)
		ret = collect(info, CKPT_REC_VMA, &info->vmas);
	if (!ret)
		ret = load_chunks(info, image);
	return ret;
}

/* Return: 0 or negative errno (reported) */
int info_load(struct info *info)
{
	struct ckpt_image *image;
	int ret;

	image = ckpt_image_open(info->fd, CKPT_OPEN_LENIENT | CKPT_OPEN_SKIP_DATA);
	if (!image)
		return out_of_memory();
	ret = load(info, image);
	ckpt_image_close(image);
	if (ret)
		info_free(info);
	return ret;
}

void info_free(struct info *info)
{
	ckpt_metadata_free(&info->metadata);
	free(info->tasks.list);
	free(info->mms.list);
	free(info->fdtables.list);
	free(info->vmas.list);
	free(info->runs);
}
