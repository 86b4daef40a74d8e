// SPDX-License-Identifier: GPL-2.0-only
/*
 * summary.c - the image in ten lines, and what will differ after a restart.
 */
#include <stdio.h>
#include <time.h>

#include "info.h"
#include "text.h"

static const struct ckpt_item *root_task(const struct info *info)
{
	size_t i;

	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];

		if (is_leader(task) && !task_data(task)->parent)
			return task;
	}
	return NULL;
}

static void print_saved(const struct ckpt_rec_header *header)
{
	time_t seconds = header->realtime_ns / 1000000000;
	char when[64] = "?", node[80], release[80];
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	printf("image      %016llx%016llx, checkpoint id %d%s%s\n",
	       (unsigned long long)header->image_id[0],
	       (unsigned long long)header->image_id[1], header->crid,
	       header->flags & CKPT_IMAGE_SELF ? ", saved by itself" : "",
	       header->flags & CKPT_IMAGE_CONTAINER ? ", a container" : "");
	printf("saved      %s on %s, Linux %s\n", when,
	       clean_text(header->nodename, CKPT_NAME_LEN, node, sizeof(node)),
	       clean_text(header->release, CKPT_NAME_LEN, release, sizeof(release)));
}

static void print_program(const struct info *info)
{
	const struct ckpt_item *root = root_task(info), *mm;
	unsigned int processes = 0, zombies = 0;
	char name[64], path[4096];
	size_t i;

	for (i = 0; i < info->tasks.nr; i++) {
		processes += is_leader(info->tasks.list[i]);
		zombies += task_data(info->tasks.list[i])->state == CKPT_TASK_ZOMBIE;
	}
	if (root) {
		printf("program    %s, pid %u", task_name(root, name),
		       pid_number(info, task_data(root)->pid));
		mm = ckpt_metadata_find(&info->metadata, CKPT_REC_MM, task_mm(info, root));
		if (mm)
			printf(", %s", file_name(info,
						 ((const struct ckpt_rec_mm *)mm->data)->exe_file,
						 path, sizeof(path)));
		putchar('\n');
	}
	printf("tree       %u %s, %zu %s", processes, plural(processes, "process", "processes"),
	       info->tasks.nr, plural(info->tasks.nr, "thread", "threads"));
	if (zombies)
		printf(", %u of them %s", zombies, plural(zombies, "a zombie", "zombies"));
	putchar('\n');
}

static void print_sizes(const struct info *info)
{
	char data[32], metadata[32], all[32];

	printf("memory     %s in %llu %s, %zu %s, %zu address %s\n",
	       text_bytes(info->data_bytes, data, sizeof(data)),
	       (unsigned long long)info->nr_chunks, plural(info->nr_chunks, "chunk", "chunks"),
	       info->vmas.nr, plural(info->vmas.nr, "area", "areas"), info->mms.nr,
	       plural(info->mms.nr, "space", "spaces"));
	printf("metadata   %s in %zu records\n",
	       text_bytes(info->metadata_bytes, metadata, sizeof(metadata)),
	       info->metadata.nr_items);
	if (info->nr_late)
		printf("tail       %llu %s of what changed while the image was written\n",
		       (unsigned long long)info->nr_late,
		       plural(info->nr_late, "record", "records"));
	printf("index      %s\n", info->nr_indexed ? "of all chunks" : "none");
	printf("size       %s%s\n", text_bytes(info->bytes, all, sizeof(all)),
	       info->error.err ? ", and the rest is missing or damaged" : "");
}

static void print_files(const struct info *info)
{
	unsigned int paths = 0, devices = 0, pipes = 0, outside = 0;
	size_t i;

	for (i = 0; i < info->metadata.nr_items; i++) {
		switch (info->metadata.items[i].type) {
		case CKPT_REC_FILE_PATH:
			paths++;
			break;
		case CKPT_REC_FILE_DEVICE:
			devices++;
			break;
		case CKPT_REC_FILE_PIPE:
			pipes++;
			break;
		case CKPT_REC_FILE_OUTSIDE:
			outside++;
			break;
		}
	}
	printf("files      %u by path, %u %s, %u pipe %s, %u from outside\n", paths, devices,
	       plural(devices, "device", "devices"), pipes, plural(pipes, "end", "ends"),
	       outside);
}

static void print_substitutions(const struct info *info)
{
	const struct ckpt_item *root = root_task(info);
	char name[4096];
	size_t i;

	for (i = 0; i < info->metadata.nr_items; i++) {
		const struct ckpt_item *item = &info->metadata.items[i];
		const struct ckpt_rec_file_outside *outside = item->data;

		if (item->type != CKPT_REC_FILE_OUTSIDE)
			continue;
		file_name(info, item->object, name, sizeof(name));
		if (outside->fd > 2)
			printf("outside    %s needs 'rstr --inherit %u=FD'\n", name, outside->fd);
		else
			printf("outside    %s becomes descriptor %u of rstr\n", name,
			       outside->fd);
	}
	if (root && !task_data(root)->session)
		printf("outside    its session becomes that of rstr\n");
	if (root && !task_data(root)->pgrp)
		printf("outside    its process group becomes that of rstr\n");
}

/* What no restart can keep; Documentation/ has the whole list. */
static void print_differences(const struct info *info)
{
	const struct ckpt_item *root = root_task(info);

	if (root)
		printf("differs    getppid() of pid %u: its parent will be rstr\n",
		       pid_number(info, task_data(root)->pid));
	printf("differs    rdtsc and the processor's model, on another boot or machine\n");
}

void print_summary(const struct info *info)
{
	print_saved(&info->header);
	print_program(info);
	print_sizes(info);
	print_files(info);
	print_substitutions(info);
	print_differences(info);
}
