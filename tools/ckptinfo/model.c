// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - what records say together: numbers of pids, memory and descriptor
 * tables of processes, names of files.
 */
#include <stdio.h>
#include <string.h>

#include "clean.h"
#include "info.h"

__u32 pid_number(const struct info *info, __u32 pid_object)
{
	const struct ckpt_item *item;

	item = ckpt_metadata_find(&info->metadata, CKPT_REC_PID, pid_object);
	return item && item->count ? *(const __u32 *)item->array : NO_NUMBER;
}

__u32 pid_number_below(const struct info *info, __u32 pid_object)
{
	const struct ckpt_item *item;

	item = ckpt_metadata_find(&info->metadata, CKPT_REC_PID, pid_object);
	return item && item->count > 1 ? ((const __u32 *)item->array)[item->count - 1] : 0;
}

const struct ckpt_rec_task *task_data(const struct ckpt_item *item)
{
	return item->data;
}

bool is_leader(const struct ckpt_item *task)
{
	return task_data(task)->leader == task->object;
}

/* A table is linked to a task, or restored by it. */
static __u32 shared_object(const struct info *info, const struct items *tables,
			   __u32 link_type, const struct ckpt_item *leader)
{
	const struct ckpt_item *link;
	size_t i;

	link = ckpt_metadata_find(&info->metadata, link_type, leader->object);
	if (link)
		return *(const __u32 *)link->data;	/* all of them begin with it */
	for (i = 0; i < tables->nr; i++) {
		/* all of them begin with their owner */
		if (*(const __u32 *)tables->list[i]->data == leader->object)
			return tables->list[i]->object;
	}
	return 0;
}

__u32 task_mm(const struct info *info, const struct ckpt_item *leader)
{
	return shared_object(info, &info->mms, CKPT_REC_TASK_MM, leader);
}

__u32 task_fdtable(const struct info *info, const struct ckpt_item *leader)
{
	return shared_object(info, &info->fdtables, CKPT_REC_TASK_FDTABLE, leader);
}

/* Names in an image may hold anything: nothing of it reaches a terminal raw. */
char *clean_text(const void *bytes, size_t nr, char *buffer, size_t len)
{
	const char *p = bytes;
	size_t used = 0, width, i;
	bool plain;

	for (nr = strnlen(p, nr); nr; p += width, nr -= width) {
		width = clean_next(p, nr, &plain);
		if (!width)
			width = 1;
		if (used + 4 * width + 1 > len)
			break;
		for (i = 0; i < width; i++) {
			if (plain)
				buffer[used++] = p[i];
			else
				used += snprintf(buffer + used, 5, "\\%03o", (unsigned char)p[i]);
		}
	}
	buffer[used] = '\0';
	return buffer;
}

const char *task_name(const struct ckpt_item *task, char buffer[64])
{
	const struct ckpt_rec_task *data = task_data(task);

	return clean_text(data->comm, sizeof(data->comm), buffer, 64);
}

__u64 file_position(const struct info *info, __u32 file)
{
	const struct ckpt_item *item =
		ckpt_metadata_find(&info->metadata, CKPT_REC_DIRECTORY, file);

	if (item)
		return ((const struct ckpt_rec_directory *)item->data)->position;
	item = ckpt_metadata_find(&info->metadata, CKPT_REC_FILE, file);
	return item ? ((const struct ckpt_rec_file *)item->data)->position : 0;
}

const char *file_kind(const struct info *info, __u32 file)
{
	const struct ckpt_item *item = ckpt_metadata_definition(&info->metadata, file);

	if (!item)
		return "unknown";
	switch (item->type) {
	case CKPT_REC_FILE_PATH:
		return "path";
	case CKPT_REC_FILE_DEVICE:
		return "device";
	case CKPT_REC_FILE_OUTSIDE:
		return "outside";
	case CKPT_REC_FILE_PIPE:
		return "pipe";
	default:
		return item->info->name;
	}
}

char *file_name(const struct info *info, __u32 file, char *buffer, size_t len)
{
	const struct ckpt_item *item = ckpt_metadata_definition(&info->metadata, file);

	buffer[0] = '\0';
	if (!item)
		return buffer;
	if (item->type == CKPT_REC_FILE_PIPE) {
		const struct ckpt_rec_file_pipe *pipe = item->data;

		snprintf(buffer, len, "pipe:[%u]", pipe->pipe);
		return buffer;
	}
	if (item->count && item->elem == 1)
		clean_text(item->array, item->count, buffer, len);
	return buffer;
}

/* The first run of @mm that ends behind @address, or the number of runs. */
size_t first_run(const struct info *info, __u32 mm, __u64 address)
{
	size_t low = 0, high = info->nr_runs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct run *run = &info->runs[middle];

		if (run->mm < mm ||
		    (run->mm == mm && run->address + run->bytes <= address))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Pages of an area whose data is in the image. */
__u64 pages_in(const struct info *info, __u32 mm, __u64 start, __u64 end)
{
	__u64 bytes = 0;
	size_t i;

	for (i = first_run(info, mm, start); i < info->nr_runs; i++) {
		const struct run *run = &info->runs[i];
		__u64 from = run->address > start ? run->address : start;
		__u64 to = run->address + run->bytes < end ? run->address + run->bytes : end;

		if (run->mm != mm || run->address >= end)
			break;
		if (from < to)
			bytes += to - from;
	}
	return bytes / info->header.page_size;
}
