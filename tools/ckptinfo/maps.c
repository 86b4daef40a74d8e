// SPDX-License-Identifier: GPL-2.0-only
/*
 * maps.c - ckptinfo --maps: memory of each process, as in /proc/PID/maps, with
 * what of it is in the image.
 */
#include <stdio.h>
#include <string.h>

#include "info.h"
#include "text.h"

static const char *permissions(const struct ckpt_rec_vma *vma, char word[5])
{
	word[0] = vma->flags & CKPT_VMA_READ ? 'r' : '-';
	word[1] = vma->flags & CKPT_VMA_WRITE ? 'w' : '-';
	word[2] = vma->flags & CKPT_VMA_EXEC ? 'x' : '-';
	word[3] = vma->flags & CKPT_VMA_SHARED ? 's' : 'p';
	word[4] = '\0';
	return word;
}

static char *area_name(const struct info *info, const struct ckpt_item *item, char *buffer,
		       size_t len)
{
	const struct ckpt_rec_vma *vma = item->data;
	const struct ckpt_item *mm;
	const struct ckpt_rec_mm *data;

	buffer[0] = '\0';
	if (vma->file)
		return file_name(info, vma->file, buffer, len);
	if (vma->kind == CKPT_VMA_KIND_VDSO || vma->kind == CKPT_VMA_KIND_VVAR) {
		snprintf(buffer, len, vma->kind == CKPT_VMA_KIND_VDSO ? "[vdso]" : "[vvar]");
		return buffer;
	}
	if (item->count) {
		memcpy(buffer, "[anon:", 7);
		clean_text(item->array, item->count, buffer + 6, len - 8);
		strcat(buffer, "]");
		return buffer;
	}
	mm = ckpt_metadata_find(&info->metadata, CKPT_REC_MM, item->object);
	data = mm ? mm->data : NULL;
	if (data && vma->start <= data->brk && vma->end >= data->start_brk)
		snprintf(buffer, len, "[heap]");
	else if (data && vma->start <= data->start_stack && vma->end >= data->start_stack)
		snprintf(buffer, len, "[stack]");
	return buffer;
}

static void print_area(const struct info *info, const struct ckpt_item *item)
{
	const struct ckpt_rec_vma *vma = item->data;
	char word[5], name[4200], size[32];
	__u64 saved = pages_in(info, item->object, vma->start, vma->end) *
		      info->header.page_size;

	printf("  %012llx-%012llx %s %08llx %10s %s\n", (unsigned long long)vma->start,
	       (unsigned long long)vma->end, permissions(vma, word),
	       (unsigned long long)vma->offset,
	       saved ? text_bytes(saved, size, sizeof(size)) : "-",
	       area_name(info, item, name, sizeof(name)));
}

void print_maps(const struct info *info)
{
	char name[64];
	size_t i, k;

	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];
		__u32 mm;

		if (!is_leader(task) || task_data(task)->state == CKPT_TASK_ZOMBIE)
			continue;
		mm = task_mm(info, task);
		printf("%u %s, address space %u\n", pid_number(info, task_data(task)->pid),
		       task_name(task, name), mm);
		for (k = 0; k < info->vmas.nr; k++) {
			if (info->vmas.list[k]->object == mm)
				print_area(info, info->vmas.list[k]);
		}
	}
}

static void json_area(struct json *json, const struct info *info,
		      const struct ckpt_item *item)
{
	const struct ckpt_rec_vma *vma = item->data;
	char word[5], name[4200];

	json_begin(json, NULL, '{');
	json_uint(json, "mm", item->object);
	json_hex(json, "start", vma->start);
	json_hex(json, "end", vma->end);
	json_string(json, "permissions", permissions(vma, word));
	json_hex(json, "offset", vma->offset);
	json_uint(json, "pages", pages_in(info, item->object, vma->start, vma->end));
	json_string(json, "name", area_name(info, item, name, sizeof(name)));
	json_end(json, '}');
}

void json_maps(struct json *json, const struct info *info)
{
	size_t i;

	json_begin(json, "address_spaces", '[');
	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];

		if (!is_leader(task) || task_data(task)->state == CKPT_TASK_ZOMBIE)
			continue;
		json_begin(json, NULL, '{');
		json_uint(json, "pid", pid_number(info, task_data(task)->pid));
		json_uint(json, "mm", task_mm(info, task));
		json_end(json, '}');
	}
	json_end(json, ']');
	json_begin(json, "areas", '[');
	for (i = 0; i < info->vmas.nr; i++)
		json_area(json, info, info->vmas.list[i]);
	json_end(json, ']');
}
