/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of this folder share among themselves.
 */
#ifndef _KERNEL_CHECKPOINT_FILES_H
#define _KERNEL_CHECKPOINT_FILES_H

#include <net/ipv6.h>
#include "../checkpoint.h"

struct file_lock;
struct file_lock_context;
struct files_struct;
struct fs_struct;

/* How long a passing reference may take to go away */
#define CKPT_SETTLE_MS	100

/* Bytes of a name in a message, the NUL included: what it is and why must fit beside it */
#define CKPT_SHOWN_LEN	72

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
 * @t: of a file: a task that has it open, NULL if no descriptor of the tree does
 * @fd: of a file: its descriptor there
 * @refs: references found in the tree: descriptors (a file), struct files (a
 *	pipe, terminal or socket), tasks (a table, an fs_struct)
 * @std: the lowest of descriptors 0 to 2 that leads there, -1 if none
 * @peer: of a file: the pipe, terminal or socket behind it
 * @readers: of a pipe: struct files that read
 * @writers: of a pipe: struct files that write
 * @outside: of a pipe: it is open outside the tree too
 * @checked: a check was made, with the result @err
 * @err: 0 or negative errno
 * @locks_err: why a lock of its cannot be saved, negative errno
 * @flock_saved: its flock(2) lock is saved
 * @slot: addresses that stand for the file as descriptor 0, 1 or 2
 */
struct ckpt_seen {
	struct rhash_head node;
	struct list_head list;
	const void *ptr;
	enum ckpt_seen_what what;
	struct ckpt_task *t;
	int fd;
	unsigned int refs;
	int std;
	struct ckpt_seen *peer;
	unsigned int readers;
	unsigned int writers;
	bool outside;
	bool checked;
	bool flock_saved;
	int err;
	int locks_err;
	u8 slot[3];
};

/**
 * enum ckpt_place - where a file is that no descriptor leads to
 * @CKPT_PLACE_MEMORY: mapped, at ckpt_ctx.at.address, or the executable
 * @CKPT_PLACE_CWD: a working directory
 * @CKPT_PLACE_ROOT: a root directory
 */
enum ckpt_place {
	CKPT_PLACE_MEMORY,
	CKPT_PLACE_CWD,
	CKPT_PLACE_ROOT,
};

/**
 * struct ckpt_files - survey of all descriptors of a frozen tree
 * @seen: struct ckpt_seen by pointer
 * @all: the same, in order of discovery
 * @self: descriptor table of the caller of checkpoint(), NULL if it is outside
 * @fd: the descriptor being looked at, -1 if none; for messages, and for what
 *	takes the place of files that are outside
 * @place: what is looked at without a descriptor, for messages
 * @nr_inet: sockets that are not AF_UNIX
 * @serves_fuse: a FUSE server is in the tree and frozen: a file system may not answer
 * @err: how the survey ended
 */
struct ckpt_files {
	struct rhashtable seen;
	struct list_head all;
	struct files_struct *self;
	int fd;
	enum ckpt_place place;
	unsigned int nr_inet;
	bool serves_fuse;
	int err;
};

int ckpt_survey_files(struct ckpt_ctx *ctx);
struct ckpt_seen *ckpt_see(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_seen_what what);
struct ckpt_seen *ckpt_seen(struct ckpt_ctx *ctx, const void *ptr);
const void *ckpt_unix_peer_seen(struct ckpt_ctx *ctx, const void *ptr);
struct ckpt_task *ckpt_find_process(struct ckpt_ctx *ctx, pid_t nr);
struct file *ckpt_next_file(struct ckpt_ctx *ctx, struct files_struct *files, unsigned int *fd);
bool ckpt_settle(bool (*done)(struct ckpt_ctx *ctx, void *arg), struct ckpt_ctx *ctx, void *arg);

/* -- image.c -------------------------------------------------------------- */

int ckpt_check_image(struct ckpt_ctx *ctx);
bool ckpt_is_image(struct ckpt_ctx *ctx, struct file *file);

/* Of two sockets of one internet family: is @sk connected to where @other is? */
static inline bool sock_leads_to(const struct sock *sk, const struct sock *other)
{
	if (sk->sk_dport != htons(other->sk_num))
		return false;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return ipv6_addr_equal(&sk->sk_v6_daddr, &other->sk_v6_rcv_saddr);
#endif
	return sk->sk_daddr == other->sk_rcv_saddr;
}

/* -- refuse.c ------------------------------------------------------------- */

/**
 * struct ckpt_shown - room for a name in a message
 * @text: the name
 */
struct ckpt_shown {
	char text[CKPT_SHOWN_LEN];
};

const char *ckpt_show_name(const struct ckpt_rec *rec, struct ckpt_shown *shown);
const char *ckpt_show_path(const struct path *path, struct ckpt_shown *shown);
const char *ckpt_show_file(struct file *file, struct ckpt_shown *shown);
__printf(3, 4)
int ckpt_file_fail(struct ckpt_ctx *ctx, int err, const char *fmt, ...);
__printf(2, 3)
int ckpt_cannot_save(struct ckpt_ctx *ctx, const char *fmt, ...);
int ckpt_refuse_file(struct ckpt_ctx *ctx, struct file *file);

/* -- locks.c -------------------------------------------------------------- */

typedef int (*ckpt_lock_visitor)(struct ckpt_task *t, struct file *file,
				 struct file_lock_context *flctx, void *arg);

int ckpt_walk_locks(struct ckpt_ctx *ctx, struct ckpt_task *t, ckpt_lock_visitor visit,
		    void *arg);
struct file_lock *ckpt_new_lock(struct file *file, fmode_t mode, int type);

/* -- file.c --------------------------------------------------------------- */

u32 ckpt_file_flags(const struct file *file);
const struct cred *ckpt_file_cred(struct ckpt_ctx *ctx, u32 id);
int ckpt_ref_cred(struct ckpt_ctx *ctx, u32 id);
bool ckpt_caller_capable(struct ckpt_ctx *ctx, int cap);

/* -- owner.c --------------------------------------------------------------- */

/* Does somebody watch the inode (dnotify, inotify, fanotify)? */
static inline bool is_watched(const struct inode *inode)
{
#ifdef CONFIG_FSNOTIFY
	return rcu_access_pointer(inode->i_fsnotify_marks);
#else
	return false;
#endif
}

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
