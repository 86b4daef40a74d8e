/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.h - what the parts of the core writer share.
 */
#ifndef _CKPT_CORE_H
#define _CKPT_CORE_H

#include "info.h"

/**
 * struct process - the process a core is made of
 * @info: the image
 * @leader: its first thread
 * @mm: its memory descriptor
 * @mm_data: its fixed part
 */
struct process {
	const struct info *info;
	const struct ckpt_item *leader;
	const struct ckpt_item *mm;
	const struct ckpt_rec_mm *mm_data;
};

/**
 * struct buffer - bytes that grow
 * @data: they
 * @len: how many
 * @room: allocated
 * @failed: there was no memory at some time
 */
struct buffer {
	char *data;
	size_t len;
	size_t room;
	bool failed;
};

void buffer_add(struct buffer *buffer, const void *data, size_t len);

/**
 * struct segment - a part of the memory in a core
 * @start: address
 * @memory: bytes of address space
 * @content: bytes in the core file, 0 or @memory
 * @flags: PF_*
 * @vdso: its content is the vdso text
 * @offset: in the core file
 */
struct segment {
	__u64 start;
	__u64 memory;
	__u64 content;
	__u32 flags;
	bool vdso;
	__u64 offset;
};

struct segments {
	struct segment *list;
	size_t nr;
	size_t room;
	bool failed;
};

/* core_notes.c: append all notes of the process */
void core_notes(const struct process *process, struct buffer *notes);

/* core_memory.c */
void core_segments(const struct process *process, struct segments *segments);
int core_write_segment(const struct process *process, int fd,
		       const struct segment *segment);
size_t core_read(const struct process *process, __u64 address, void *data, size_t len);

#endif /* _CKPT_CORE_H */
