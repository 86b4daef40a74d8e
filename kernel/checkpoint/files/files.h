/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of this folder share among themselves.
 */
#ifndef _KERNEL_CHECKPOINT_FILES_H
#define _KERNEL_CHECKPOINT_FILES_H

#include "../checkpoint.h"

struct files_struct;
struct fs_struct;

/* How long a passing reference may take to go away */
#define CKPT_SETTLE_MS	100

/* Flags that open(2) takes to reopen a file, and that fcntl(F_GETFL) shows */
#define CKPT_OPEN_FLAGS	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_DIRECT | \
			 O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_PATH)

/* -- survey.c ------------------------------------------------------------- */

enum ckpt_seen_what {
	CKPT_SEEN_FILE,		/* struct file */
	CKPT_SEEN_PIPE,		/* struct pipe_inode_info */
	CKPT_SEEN_TTY,		/* struct tty_struct */
	CKPT_SEEN_SOCK,		/* struct sock */
	CKPT_SEEN_TABLE,	/* struct files_struct */
	CKPT_SEEN_FS,		/* struct fs_struct */
};

/**
 * struct ckpt_seen - something that descriptors or tasks of the tree refer to
 * @node: in ckpt_files.seen
 * @list: in ckpt_files.all
 * @ptr: the kernel's structure; a frozen task holds it
 * @what: what it is
 * @refs: references found in the tree: descriptors (a file), struct files (a
 *	pipe, terminal or socket), tasks (a table, an fs_struct)
 * @std: the lowest of descriptors 0 to 2 that leads there, -1 if none
 * @peer: of a file: the pipe, terminal or socket behind it
 * @readers: of a pipe: struct files that read
 * @writers: of a pipe: struct files that write
 * @outside: of a pipe: it is open outside the tree too
 * @checked: a check was made, with the result @err
 * @err: 0 or negative errno
 * @flock_saved: its flock(2) lock is saved
 * @slot: addresses that stand for the file as descriptor 0, 1 or 2
 */
struct ckpt_seen {
	struct rhash_head node;
	struct list_head list;
	const void *ptr;
	enum ckpt_seen_what what;
	unsigned int refs;
	int std;
	struct ckpt_seen *peer;
	unsigned int readers;
	unsigned int writers;
	bool outside;
	bool checked;
	bool flock_saved;
	int err;
	u8 slot[3];
};

/**
 * struct ckpt_files - survey of all descriptors of a frozen tree
 * @seen: struct ckpt_seen by pointer
 * @all: the same, in order of discovery
 * @self: descriptor table of the caller of checkpoint(), NULL if it is outside
 * @fd: the descriptor being looked at, -1 if none; for messages, and for what
 *	takes the place of files that are outside
 * @nr_inet: sockets that are not AF_UNIX
 * @err: how the survey ended
 */
struct ckpt_files {
	struct rhashtable seen;
	struct list_head all;
	struct files_struct *self;
	int fd;
	unsigned int nr_inet;
	int err;
};

int ckpt_survey_files(struct ckpt_ctx *ctx);
struct ckpt_seen *ckpt_see(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_seen_what what);
struct ckpt_seen *ckpt_seen(struct ckpt_ctx *ctx, const void *ptr);
bool ckpt_unix_peer_seen(struct ckpt_ctx *ctx, const void *ptr);
struct ckpt_task *ckpt_find_process(struct ckpt_ctx *ctx, pid_t nr);
struct file *ckpt_next_file(struct ckpt_ctx *ctx, struct files_struct *files, unsigned int *fd);
bool ckpt_settle(bool (*done)(struct ckpt_ctx *ctx, void *arg), struct ckpt_ctx *ctx, void *arg);

/* -- file.c --------------------------------------------------------------- */

__printf(3, 4)
int ckpt_file_fail(struct ckpt_ctx *ctx, int err, const char *fmt, ...);
int ckpt_refuse_file(struct ckpt_ctx *ctx, struct file *file);
u32 ckpt_file_flags(const struct file *file);
const struct cred *ckpt_file_cred(struct ckpt_ctx *ctx, u32 id);
int ckpt_ref_cred(struct ckpt_ctx *ctx, u32 id);
bool ckpt_caller_capable(struct ckpt_ctx *ctx, int cap);

/* -- owner.c --------------------------------------------------------------- */

int ckpt_check_owner(struct ckpt_ctx *ctx, struct file *file);
int ckpt_save_owner(struct ckpt_ctx *ctx, struct file *file, struct ckpt_file *rec);
int ckpt_restore_owner(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_file *data);

/* -- name.c --------------------------------------------------------------- */

int ckpt_path_name(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		   char *buf, char **name);
int ckpt_check_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred);
int ckpt_check_name(struct ckpt_ctx *ctx, const struct ckpt_rec *rec);
struct file *ckpt_open_name(struct ckpt_ctx *ctx, const struct ckpt_rec *rec, u32 open_flags,
			    u32 cred, umode_t type, dev_t rdev);

/* -- path.c --------------------------------------------------------------- */

int ckpt_save_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		   u32 *id);

#endif /* _KERNEL_CHECKPOINT_FILES_H */
