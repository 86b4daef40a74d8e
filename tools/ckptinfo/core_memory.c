// SPDX-License-Identifier: GPL-2.0-only
/*
 * core_memory.c - the memory of a core.  Anonymous areas are whole (pages that
 * are not in the image are zero and cost nothing in a sparse file); of file
 * mappings only the pages in the image are: the debugger reads the rest from the
 * files themselves.
 */
#include <errno.h>
#include <linux/elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"

static void add_segment(struct segments *segments, const struct segment *segment)
{
	if (segments->nr == segments->room) {
		size_t room = segments->room ? segments->room * 2 : 64;
		struct segment *list = realloc(segments->list, room * sizeof(*list));

		if (!list) {
			segments->failed = true;
			return;
		}
		segments->list = list;
		segments->room = room;
	}
	segments->list[segments->nr++] = *segment;
}

static __u32 segment_flags(const struct ckpt_rec_vma *vma)
{
	return (vma->flags & CKPT_VMA_READ ? PF_R : 0) |
	       (vma->flags & CKPT_VMA_WRITE ? PF_W : 0) |
	       (vma->flags & CKPT_VMA_EXEC ? PF_X : 0);
}

static void add_part(struct segments *segments, const struct ckpt_rec_vma *vma, __u64 start,
		     __u64 end, bool present)
{
	struct segment segment = {
		.start = start, .memory = end - start,
		.content = present ? end - start : 0,
		.flags = segment_flags(vma),
		.vdso = vma->kind == CKPT_VMA_KIND_VDSO,
	};

	if (start < end)
		add_segment(segments, &segment);
}

/* Cut a file mapping into what is in the image and what is not. */
static void add_file_area(const struct process *process, struct segments *segments,
			  const struct ckpt_rec_vma *vma)
{
	const struct info *info = process->info;
	__u64 at = vma->start;
	size_t i;

	for (i = first_run(info, process->mm->object, at); i < info->nr_runs; i++) {
		const struct run *run = &info->runs[i];
		__u64 from = run->address > at ? run->address : at;
		__u64 to = run->address + run->bytes;

		if (run->mm != process->mm->object || run->address >= vma->end)
			break;
		if (to > vma->end)
			to = vma->end;
		if (to <= from)
			continue;
		add_part(segments, vma, at, from, false);
		add_part(segments, vma, from, to, true);
		at = to;
	}
	add_part(segments, vma, at, vma->end, false);
}

static void add_area(const struct process *process, struct segments *segments,
		     const struct ckpt_rec_vma *vma)
{
	bool present;

	switch (vma->kind) {
	case CKPT_VMA_KIND_ANON:
		/* a reservation that nobody may touch need not be there */
		present = vma->flags & (CKPT_VMA_READ | CKPT_VMA_WRITE | CKPT_VMA_EXEC) ||
			  pages_in(process->info, process->mm->object, vma->start, vma->end);
		add_part(segments, vma, vma->start, vma->end, present);
		break;
	case CKPT_VMA_KIND_VDSO:
		add_part(segments, vma, vma->start, vma->end, true);
		break;
	case CKPT_VMA_KIND_VVAR:
		add_part(segments, vma, vma->start, vma->end, false);
		break;
	default:
		add_file_area(process, segments, vma);
	}
}

static int compare_segments(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void core_segments(const struct process *process, struct segments *segments)
{
	const struct items *vmas = &process->info->vmas;
	size_t i;

	for (i = 0; i < vmas->nr; i++) {
		if (vmas->list[i]->object == process->mm->object)
			add_area(process, segments, vmas->list[i]->data);
	}
	if (segments->nr)
		qsort(segments->list, segments->nr, sizeof(*segments->list),
		      compare_segments);
}

static int copy(int from_fd, __u64 from, int to_fd, __u64 to, __u64 bytes)
{
	static char buffer[1 << 20];

	while (bytes) {
		size_t step = bytes < sizeof(buffer) ? bytes : sizeof(buffer);
		ssize_t got = pread(from_fd, buffer, step, from);

		if (got <= 0)
			return got ? -errno : -EPIPE;
		got = pwrite(to_fd, buffer, got, to);
		if (got <= 0)
			return got ? -errno : -EIO;
		from += got;
		to += got;
		bytes -= got;
	}
	return 0;
}

static int write_vdso(const struct process *process, int fd, const struct segment *segment)
{
	const struct ckpt_item *vdso;
	size_t len;

	vdso = ckpt_metadata_find(&process->info->metadata, CKPT_REC_VDSO,
				  process->mm->object);
	if (!vdso || !vdso->count)
		return 0;
	len = vdso->count < segment->content ? vdso->count : segment->content;
	return pwrite(fd, vdso->array, len, segment->offset) == (ssize_t)len ? 0 : -EIO;
}

/* Holes stay holes. */
int core_write_segment(const struct process *process, int fd, const struct segment *segment)
{
	const struct info *info = process->info;
	__u64 end = segment->start + segment->memory;
	int ret = 0;
	size_t i;

	if (!segment->content)
		return 0;
	if (segment->vdso)
		ret = write_vdso(process, fd, segment);
	for (i = first_run(info, process->mm->object, segment->start);
	     i < info->nr_runs && !ret; i++) {
		const struct run *run = &info->runs[i];
		__u64 from = run->address > segment->start ? run->address : segment->start;
		__u64 to = run->address + run->bytes < end ? run->address + run->bytes : end;

		if (run->mm != process->mm->object || run->address >= end)
			break;
		if (from < to)
			ret = copy(info->fd, run->offset + (from - run->address), fd,
				   segment->offset + (from - segment->start), to - from);
	}
	return ret;
}

/* Read memory of the process.  Return: bytes up to the first that is not there */
size_t core_read(const struct process *process, __u64 address, void *data, size_t len)
{
	const struct info *info = process->info;
	size_t i, done = 0;

	for (i = first_run(info, process->mm->object, address);
	     i < info->nr_runs && done < len; i++) {
		const struct run *run = &info->runs[i];
		__u64 skip = address + done - run->address;
		size_t step = len - done;
		ssize_t got;

		if (run->mm != process->mm->object || run->address > address + done)
			break;
		if (step > run->bytes - skip)
			step = run->bytes - skip;
		got = pread(info->fd, (char *)data + done, step, run->offset + skip);
		if (got != (ssize_t)step)
			break;
		done += step;
	}
	return done;
}
