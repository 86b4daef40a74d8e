// SPDX-License-Identifier: GPL-2.0-only
/*
 * fds.c - ckptinfo --fds: open files of each process.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "info.h"

static const struct ckpt_rec_file *file_data(const struct info *info, __u32 file)
{
	const struct ckpt_item *item = ckpt_metadata_find(&info->metadata, CKPT_REC_FILE, file);

	return item ? item->data : NULL;
}

static const char *access_word(const struct ckpt_rec_file *file)
{
	if (!file || file->flags & O_PATH)
		return "-";
	switch (file->flags & O_ACCMODE) {
	case O_RDONLY:
		return "r";
	case O_WRONLY:
		return "w";
	default:
		return "rw";
	}
}

static void print_fd(const struct info *info, const struct ckpt_rec_fd *fd)
{
	const struct ckpt_rec_file *file = file_data(info, fd->file);
	char name[4200];

	printf("  %4u  %-2s %-5s  %10llu  %-8s %s\n", fd->fd, access_word(file),
	       fd->flags & FD_CLOEXEC ? "cloex" : "",
	       (unsigned long long)file_position(info, fd->file), file_kind(info, fd->file),
	       file_name(info, fd->file, name, sizeof(name)));
}

static const struct ckpt_item *table_of(const struct info *info, const struct ckpt_item *leader)
{
	return ckpt_metadata_find(&info->metadata, CKPT_REC_FDTABLE,
				  task_fdtable(info, leader));
}

void print_fds(const struct info *info)
{
	const struct ckpt_item *table;
	char name[64];
	size_t i;
	__u32 k;

	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];

		if (!is_leader(task) || task_data(task)->state == CKPT_TASK_ZOMBIE)
			continue;
		table = table_of(info, task);
		printf("%u %s\n", pid_number(info, task_data(task)->pid),
		       task_name(task, name));
		for (k = 0; table && k < table->count; k++)
			print_fd(info, &((const struct ckpt_rec_fd *)table->array)[k]);
	}
}

static void json_file(struct json *json, const struct info *info,
		      const struct ckpt_item *item)
{
	const struct ckpt_rec_file *file = file_data(info, item->object);
	char name[4200];

	json_begin(json, NULL, '{');
	json_uint(json, "file", item->object);
	json_string(json, "kind", file_kind(info, item->object));
	json_string(json, "name", file_name(info, item->object, name, sizeof(name)));
	json_hex(json, "flags", file ? file->flags : 0);
	json_uint(json, "position", file_position(info, item->object));
	if (item->type == CKPT_REC_FILE_OUTSIDE)
		json_uint(json, "becomes", ((const struct ckpt_rec_file_outside *)item->data)->fd);
	json_end(json, '}');
}

void json_files(struct json *json, const struct info *info)
{
	size_t i;

	json_begin(json, "files", '[');
	for (i = 0; i < info->metadata.nr_items; i++) {
		const struct ckpt_item *item = &info->metadata.items[i];

		if (item->info && item->info->defines && !strcmp(item->info->object_class, "file"))
			json_file(json, info, item);
	}
	json_end(json, ']');
}

static void json_fd(struct json *json, __u32 pid, const struct ckpt_rec_fd *fd)
{
	json_begin(json, NULL, '{');
	json_uint(json, "pid", pid);
	json_uint(json, "fd", fd->fd);
	json_bool(json, "cloexec", fd->flags & FD_CLOEXEC);
	json_uint(json, "file", fd->file);
	json_end(json, '}');
}

void json_fds(struct json *json, const struct info *info)
{
	const struct ckpt_item *table;
	size_t i;
	__u32 k;

	json_begin(json, "descriptors", '[');
	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];

		if (!is_leader(task) || task_data(task)->state == CKPT_TASK_ZOMBIE)
			continue;
		table = table_of(info, task);
		for (k = 0; table && k < table->count; k++)
			json_fd(json, pid_number(info, task_data(task)->pid),
				&((const struct ckpt_rec_fd *)table->array)[k]);
	}
	json_end(json, ']');
}
