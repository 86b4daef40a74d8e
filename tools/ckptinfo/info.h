/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info.h - what the parts of ckptinfo share.
 */
#ifndef _CKPT_INFO_H
#define _CKPT_INFO_H

#include <stdbool.h>
#include <stdio.h>

#include "json.h"
#include "libcheckpoint.h"
#include "libcheckpoint_image.h"

/* Exit codes, documented in ckptinfo(1). */
enum info_exit { INFO_DONE = 0, INFO_FAILED = 1, INFO_USAGE = 2 };

/**
 * struct run - a run of pages whose data is in the image
 * @mm: mm object
 * @address: of the first page
 * @bytes: page data
 * @offset: of the data in the image
 */
struct run {
	__u32 mm;
	__u64 address;
	__u64 bytes;
	__u64 offset;
};

/* A list of records of one type. */
struct items {
	const struct ckpt_item **list;
	size_t nr;
};

/**
 * struct info - an image as ckptinfo has read it
 * @path: its name
 * @fd: its descriptor
 * @header: its header
 * @metadata: its records
 * @tasks: CKPT_REC_TASK
 * @mms: CKPT_REC_MM
 * @fdtables: CKPT_REC_FDTABLE
 * @vmas: CKPT_REC_VMA
 * @runs: pages in the image, by mm and address
 * @nr_runs: how many
 * @nr_chunks: page chunks
 * @nr_indexed: of them, in the index
 * @nr_late: records of what changed while the image was written
 * @nr_records: records, page chunks included
 * @bytes: of the image, as far as it was read
 * @data_bytes: of page data
 * @metadata_bytes: up to and with the metadata end record
 * @error: what is wrong behind the metadata, err = 0 if nothing
 */
struct info {
	const char *path;
	int fd;
	struct ckpt_rec_header header;
	struct ckpt_metadata metadata;
	struct items tasks;
	struct items mms;
	struct items fdtables;
	struct items vmas;
	struct run *runs;
	size_t nr_runs;
	size_t runs_room;
	__u64 nr_chunks;
	__u64 nr_indexed;
	__u64 nr_late;
	__u64 nr_records;
	__u64 bytes;
	__u64 data_bytes;
	__u64 metadata_bytes;
	struct checkpoint_error error;
};

/* load.c */
int info_load(struct info *info);
void info_free(struct info *info);

/* model.c: what records say together */
#define NO_NUMBER 0
__u32 pid_number(const struct info *info, __u32 pid_object);

/* Its number in the innermost namespace, 0 if that is the root's */
__u32 pid_number_below(const struct info *info, __u32 pid_object);
const struct ckpt_rec_task *task_data(const struct ckpt_item *item);
bool is_leader(const struct ckpt_item *task);
__u32 task_mm(const struct info *info, const struct ckpt_item *leader);
__u32 task_fdtable(const struct info *info, const struct ckpt_item *leader);
const char *task_name(const struct ckpt_item *task, char buffer[64]);
__u64 file_position(const struct info *info, __u32 file);
const char *file_kind(const struct info *info, __u32 file);
char *file_name(const struct info *info, __u32 file, char *buffer, size_t len);
char *clean_text(const void *bytes, size_t nr, char *buffer, size_t len);
__u64 pages_in(const struct info *info, __u32 mm, __u64 start, __u64 end);
size_t first_run(const struct info *info, __u32 mm, __u64 address);

/* The views: each prints to stdout. */
void print_summary(const struct info *info);
void print_tree(const struct info *info);
void print_fds(const struct info *info);
void print_maps(const struct info *info);
int print_records(const char *path, int fd, bool json);
int print_verify(const char *path, int fd, bool json);
void print_json(const struct info *info);

/* The same as members of a JSON object. */
void json_tree(struct json *json, const struct info *info);
void json_files(struct json *json, const struct info *info);
void json_fds(struct json *json, const struct info *info);
void json_maps(struct json *json, const struct info *info);

/* core.c */
int write_core(const struct info *info, __u32 pid, const char *path);

#endif /* _CKPT_INFO_H */
