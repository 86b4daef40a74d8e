/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of this folder share among themselves.
 */
#ifndef _KERNEL_CHECKPOINT_FILES_H
#define _KERNEL_CHECKPOINT_FILES_H

#include <net/af_unix.h>
#include <net/busy_poll.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "../checkpoint.h"

struct file_lock;
struct file_lock_context;
struct files_struct;
struct fs_struct;

extern const struct ckpt_class ckpt_class_fdtable;	/* struct files_struct */

/* Bytes of a name in a message, the NUL included: what it is and why must fit beside it */
#define CKPT_SHOWN_LEN	72

/* Flags that open(2) takes to reopen a file, and that fcntl(F_GETFL) shows */
#define CKPT_OPEN_FLAGS	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_DIRECT | \
			 O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_PATH)

/*
 * And what else a file may have: PIDFD_THREAD is O_EXCL, which open(2) leaves in no file;
 * O_CLOEXEC, which means nothing there, is left by mq_open(2) and ioctl(TIOCGPTPEER).
 */
#define CKPT_FILE_FLAGS		(CKPT_OPEN_FLAGS | __O_TMPFILE | FASYNC | O_EXCL | O_CLOEXEC)

/* -- survey.c ------------------------------------------------------------- */

enum ckpt_seen_what {
	CKPT_SEEN_FILE,		/* struct file */
	CKPT_SEEN_PIPE,		/* struct pipe_inode_info */
	CKPT_SEEN_TTY,		/* struct tty_struct */
	CKPT_SEEN_SOCK,		/* struct sock */
	CKPT_SEEN_TABLE,	/* struct files_struct */
	CKPT_SEEN_FS,		/* struct fs_struct */
	CKPT_SEEN_INODE,	/* struct inode with locks */
	CKPT_SEEN_PROCESS,	/* struct ckpt_task of a leader that set locks */
	CKPT_SEEN_CONTENTS,	/* struct address_space of a file without a name */
	CKPT_NR_SEEN
};

/**
 * struct ckpt_open - a descriptor of a table
 * @file: what it leads to
 * @fd: its number
 * @flags: FD_CLOEXEC or 0
 */
struct ckpt_open {
	struct ckpt_seen *file;
	u32 fd;
	u32 flags;
};

/**
 * struct ckpt_lock - a lock that a process of the tree set
 * @node: in ckpt_seen.locks of the process
 * @file: the open file through which it was set
 * @start: first byte (POSIX)
 * @end: last byte (POSIX)
 * @type: F_RDLCK or F_WRLCK
 * @flock: a lock of flock(2)
 * @ofd: a lock of fcntl(F_OFD_SETLK)
 */
struct ckpt_lock {
	struct list_head node;
	struct ckpt_seen *file;
	loff_t start;
	loff_t end;
	unsigned char type;
	bool flock;
	bool ofd;
};

/**
 * struct ckpt_seen - something that descriptors or tasks of the tree refer to
 * @node: in ckpt_files.seen
 * @list: in ckpt_files.all
 * @ptr: the kernel's structure; a frozen task holds it
 * @what: what it is
 * @t: of a file: a task that has it open, NULL if no descriptor of the tree does; of a table:
 *	a process that has it
 * @fd: of a file: its descriptor there
 * @refs: references found in the tree: descriptors (a file), struct files (a
 *	pipe, terminal or socket), tasks (a table, an fs_struct)
 * @std: the lowest of descriptors 0 to 2 and the external ones that leads there, -1 if none
 * @rights: of a file: how many of @refs are messages between unix sockets; if all are, @t and
 *	@fd are of such a socket
 * @held: references of our own, to one that is under way
 * @maps: of a file: areas of the tree that map it, executables that it is, see inside.c
 * @mapper: of a file with a lock of its own: the first process that was found to map it
 * @peer: of a file: the pipe, terminal or socket behind it; of contents: the file that was
 *	found first; of a terminal outside: the file that stands for it, see tty_leader.c
 * @readers: of a pipe: struct files that read
 * @writers: of a pipe: struct files that write
 * @outside: of a pipe: it is open outside the tree too
 * @written: of a pipe: it has had a writer, or holds what one has left
 * @checked: a check was made, with the result @err
 * @by_caller: of contents: not who opened the file makes it again, but the restarter
 * @err: 0 or negative errno
 * @shared: a table that somebody outside the tree uses too; it is not walked
 * @fds: of a table: its descriptors, ascending
 * @nr_fds: how many
 * @same: of a file that no descriptor leads to: all that are the same, or NULL
 * @table: of a file: the table that was looked at last and has it
 * @table_fd: its lowest descriptor there
 * @locked: of a file: it has a lock of its own, not asked yet who else has it open
 * @locks: of a process: struct ckpt_lock
 * @nr_posix: how many of them are of fcntl(F_SETLK)
 * @nr_ofd: how many of them are of fcntl(F_OFD_SETLK)
 * @room: of an inode: the memory of the locks found there
 * @slot: addresses that stand for the file as descriptor 0, 1, 2 or an external one
 * @next: of a file without a name: another one of its inode; of an inode: the first
 */
struct ckpt_seen {
	struct rhash_head node;
	struct list_head list;
	const void *ptr;
	enum ckpt_seen_what what;
	struct ckpt_task *t;
	struct ckpt_task *mapper;
	int fd;
	unsigned int refs;
	unsigned int rights;
	unsigned int held;
	unsigned int maps;
	int std;
	struct ckpt_seen *peer;
	unsigned int readers;
	unsigned int writers;
	bool outside;
	bool written;
	bool checked;
	bool by_caller;
	bool shared;
	int err;
	struct ckpt_open *fds;
	u32 nr_fds;
	u32 table_fd;
	struct ckpt_same *same;
	const struct ckpt_seen *table;
	bool locked;
	u32 nr_posix;
	u32 nr_ofd;
	struct list_head locks;
	struct ckpt_lock *room;
	u8 slot[3 + CKPT_EXTERNAL_MAX];
	struct ckpt_seen *next;
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
 * @found: the same, those of one sort in order of discovery
 * @same: what is the same for all purposes (same.c)
 * @self: descriptor table of the caller of checkpoint(), NULL if it is outside
 * @fd: the descriptor being looked at, -1 if none; for messages, and for what
 *	takes the place of files that are outside
 * @place: what is looked at without a descriptor, for messages
 * @nr_inet: sockets that are not AF_UNIX
 * @external_found: of the external descriptors, by their index: some process has it
 * @serves_fuse: a FUSE server is in the tree and frozen: a file system may not answer
 * @locks_found: all locks have been looked for
 * @waited: passing references have been waited for, see ckpt_check_holders()
 * @maps_found: all areas have been looked at
 * @maps_err: how that ended
 * @err: how the survey ended
 */
struct ckpt_files {
	struct rhashtable seen;
	struct list_head found[CKPT_NR_SEEN];
	struct rhashtable same;
	struct files_struct *self;
	int fd;
	enum ckpt_place place;
	unsigned int nr_inet;
	bool external_found[CKPT_EXTERNAL_MAX];
	bool serves_fuse;
	bool locks_found;
	bool waited;
	bool maps_found;
	int maps_err;
	int err;
};

extern const struct ckpt_private ckpt_files_private;

/* NULL before ckpt_survey_files() */
static inline struct ckpt_files *ckpt_files(const struct ckpt_ctx *ctx)
{
	return ckpt_private(&ctx->privates, &ckpt_files_private);
}

/* All of one sort */
static inline struct list_head *ckpt_seen_list(const struct ckpt_ctx *ctx,
					       enum ckpt_seen_what what)
{
	return &ckpt_files(ctx)->found[what];
}

/* What is found meanwhile comes too. */
#define for_each_ckpt_seen(seen, ctx, what)						\
	for (struct list_head *all_ = ckpt_seen_list(ctx, what), *at_ = all_->next;	\
	     at_ != all_ && ((seen) = list_entry(at_, struct ckpt_seen, list), true);	\
	     at_ = at_->next)

int ckpt_survey_files(struct ckpt_ctx *ctx);
int ckpt_see_file(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file, unsigned int fd,
		  bool under_way);

/* under_way.c */
int ckpt_see_rights(struct ckpt_ctx *ctx);
int ckpt_outside_slot(const struct ckpt_ctx *ctx, int fd);
struct ckpt_seen *ckpt_seen_add(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_seen_what what);
struct ckpt_seen *ckpt_seen_find(struct ckpt_ctx *ctx, const void *ptr);
const void *ckpt_unix_peer_seen(struct ckpt_ctx *ctx, const void *ptr);
struct ckpt_task *ckpt_find_process(struct ckpt_ctx *ctx, pid_t nr);

/* -- pidfd.c -------------------------------------------------------------- */

extern const struct ckpt_class ckpt_class_dead_pid;	/* struct pid, which is not in use */

/* Nobody, and no group or session, has the number any more. */
static inline bool ckpt_is_gone(struct pid *pid)
{
	return !pid_has_task(pid, PIDTYPE_PID) && !pid_has_task(pid, PIDTYPE_PGID) &&
	       !pid_has_task(pid, PIDTYPE_SID);
}

/* -- holders.c ------------------------------------------------------------ */

typedef int (*ckpt_is_it)(const void *what, struct file *file, unsigned int fd);

struct task_struct *ckpt_find_opener(struct ckpt_ctx *ctx, ckpt_is_it is_it, const void *what);
int ckpt_check_holders(struct ckpt_ctx *ctx, struct file *file, const char *what);

/* -- same.c --------------------------------------------------------------- */

/**
 * struct ckpt_same - open files, or directories, that are one for all purposes
 * @ptr: the first of them, which stands for all in the image
 * @checked: the first was checked, with the result @err
 * @err: 0 or negative errno
 * @front: of files mapped through a stacked file system: opened to stand for them
 */
struct ckpt_same {
	const void *ptr;
	struct file *front;
	bool checked;
	int err;
};

struct ckpt_same *ckpt_same_file(struct ckpt_ctx *ctx, struct file *file);
struct ckpt_same *ckpt_same_directory(struct ckpt_ctx *ctx, const struct path *path,
				      const struct cred *cred);
struct ckpt_same *ckpt_same_front(struct ckpt_ctx *ctx, struct file *file,
				  const struct cred *cred);
int ckpt_same_init(struct ckpt_files *files);
void ckpt_same_free(struct ckpt_files *files);

/* -- inside.c -------------------------------------------------------------- */

int ckpt_survey_maps(struct ckpt_ctx *ctx);
int ckpt_check_inside(struct ckpt_ctx *ctx, struct file *file);
int ckpt_check_deleted(struct ckpt_ctx *ctx, struct file *file);

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

const char *ckpt_show_name(const struct ckpt_item *item, struct ckpt_shown *shown);
const char *ckpt_show_path(const struct path *path, struct ckpt_shown *shown);
const char *ckpt_show_file(struct file *file, struct ckpt_shown *shown);
__printf(3, 4)
int ckpt_file_fail(struct ckpt_ctx *ctx, int err, const char *fmt, ...);
__printf(2, 3)
int ckpt_cannot_save(struct ckpt_ctx *ctx, const char *fmt, ...);
const char *ckpt_show_driver(const void * const functions[], unsigned int nr,
			     struct ckpt_shown *shown);
int ckpt_refuse_file(struct ckpt_ctx *ctx, struct file *file);

/* -- wait.c --------------------------------------------------------------- */

typedef int (*ckpt_question)(const struct path *path, void *data);

int ckpt_end_wait_for(struct ckpt_ctx *ctx, const struct path *path);
int ckpt_ask_as(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		ckpt_question question, void *data, int *answer);
int ckpt_lock_file(struct ckpt_ctx *ctx, struct file *file, struct mutex *mutex, const char *what);
int ckpt_lock_pipe(struct ckpt_ctx *ctx, struct file *file);

/* -- home.c ---------------------------------------------------------------- */

int ckpt_check_home(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		    bool *by_caller);
char *ckpt_home_name(struct ckpt_ctx *ctx, const struct path *path);
int ckpt_validate_home(struct ckpt_ctx *ctx, const struct ckpt_item *item);

/* -- removed.c ------------------------------------------------------------- */

bool ckpt_is_removed(const struct path *path);
int ckpt_check_place(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred);
int ckpt_save_removed(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		      u32 *id);
struct file *ckpt_open_removed(struct ckpt_ctx *ctx, u32 place, u32 open_flags, u32 cred,
			       dev_t rdev);

/* -- pipe.c, pipe_data.c, fifo.c -------------------------------------------- */

/* Enough for the largest pipe of an ordinary user (1 MiB) many times over */
#define CKPT_PIPE_DATA_MAX	(32U << 20)

extern const struct ckpt_class ckpt_class_pipe;	/* struct file, which is no end of it */

int ckpt_check_pipe_data(struct ckpt_ctx *ctx, struct file *file);
ssize_t ckpt_pipe_data(struct ckpt_ctx *ctx, struct file *file, u8 **data);
int ckpt_validate_pipe_data(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 slots);
int ckpt_fill_pipe(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_item *item,
		   u32 slots);
void ckpt_retire_pipe(struct file *file);
bool ckpt_is_named_pipe(struct file *file);
bool ckpt_is_fifo_inside(struct ckpt_ctx *ctx, struct file *file);

/* -- locks.c -------------------------------------------------------------- */

bool ckpt_has_lock(struct file *file);
int ckpt_find_locks(struct ckpt_ctx *ctx);
int ckpt_check_mapped_lock(struct ckpt_ctx *ctx, struct file *file);
int ckpt_check_locks(struct ckpt_ctx *ctx, struct ckpt_task *t);
struct ckpt_seen *ckpt_locks_of(struct ckpt_ctx *ctx, struct ckpt_task *t);
struct file_lock *ckpt_new_lock(struct file *file, fmode_t mode, int type);
int ckpt_fail_locked(struct ckpt_ctx *ctx, struct file *file, struct file_lock *fl);

/* -- file.c --------------------------------------------------------------- */

u32 ckpt_file_flags(struct file *file);
const struct cred *ckpt_file_cred(struct ckpt_ctx *ctx, u32 id);

/* -- directory.c ----------------------------------------------------------- */

bool ckpt_is_read_on(const struct file *file);
int ckpt_check_directory(struct ckpt_ctx *ctx, struct file *file);
int ckpt_save_directory(struct ckpt_ctx *ctx, struct file *file, u32 id);

/* -- tty_modes.c ------------------------------------------------------------ */

int ckpt_save_modes(struct ckpt_ctx *ctx, struct file *file, u32 id);

/* -- write_hint.c ----------------------------------------------------------- */

int ckpt_check_write_hint(struct ckpt_ctx *ctx, struct file *file);
int ckpt_save_write_hint(struct ckpt_ctx *ctx, struct file *file, u32 id);

/* -- lease.c --------------------------------------------------------------- */

bool ckpt_has_lease(struct file *file);
int ckpt_check_lease(struct ckpt_ctx *ctx, struct file *file);

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
int ckpt_save_owner(struct ckpt_ctx *ctx, struct file *file, struct ckpt_rec_file *item);
int ckpt_restore_owner(struct ckpt_ctx *ctx, struct file *file, const struct ckpt_rec_file *data);

/* -- name.c --------------------------------------------------------------- */

int ckpt_path_name(struct ckpt_ctx *ctx, const struct path *path, char *buf, char **name);
int ckpt_emit_with_path(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			const struct path *path, void *rec, u32 id);
int ckpt_check_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred);
int ckpt_check_name(struct ckpt_ctx *ctx, const struct ckpt_item *item);
struct file *ckpt_open_name(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 open_flags,
			    u32 cred, umode_t type, dev_t rdev);
struct file *ckpt_open_name_but(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 open_flags,
				u32 cred, umode_t type, dev_t rdev, int quiet);
int ckpt_find_directory(struct ckpt_ctx *ctx, const struct ckpt_item *item, const char *name,
			struct path *path);
int ckpt_raw_name(struct ckpt_ctx *ctx, const struct path *path, char *buf, char **name);
int ckpt_check_raw_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred);

/* -- pseudo.c, proc_pid.c -------------------------------------------------- */

/* Is a file that such a record defines opened when the tasks exist? */
static inline bool ckpt_is_late_file(u32 type)
{
	return type == CKPT_REC_FILE_PROC_PID || type == CKPT_REC_FILE_PROC_MEMORY;
}

bool ckpt_is_pseudo(const struct super_block *sb);
struct pid *ckpt_pseudo_pid(const struct dentry *dentry);
int ckpt_open_late(struct ckpt_ctx *ctx, struct file *file);

/* -- again.c -------------------------------------------------------------- */

const struct cred *ckpt_opener(struct ckpt_ctx *ctx, const struct cred *cred);
int ckpt_check_again(struct ckpt_ctx *ctx, struct file *file);
int ckpt_check_enter(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred);
int ckpt_check_watch(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred);
int ckpt_check_make(struct ckpt_ctx *ctx, const struct path *path, const struct path *dir,
		    const struct cred *cred, bool *by_caller);
int ckpt_check_contents(struct ckpt_ctx *ctx, struct file *file);
int ckpt_check_write(struct ckpt_ctx *ctx, struct file *file);

/* -- path.c --------------------------------------------------------------- */

int ckpt_check_open_state(struct ckpt_ctx *ctx, struct file *file);
int ckpt_save_path(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		   u32 *id);

__printf(3, 4)
int ckpt_report_change(struct ckpt_ctx *ctx, const struct ckpt_item *item, const char *fmt, ...);

/* -- rewind.c -------------------------------------------------------------- */

int ckpt_rewind_later(struct ckpt_ctx *ctx, const struct ckpt_item *item, loff_t size);
int ckpt_rewind_files(struct ckpt_ctx *ctx);

/* -- unlinked.c, unlinked_*.c ---------------------------------------------- */

/**
 * struct ckpt_unlinked - restart: a file without a name
 * @file: opened when it was made; its contents are written through it
 * @path: under which it is opened and mapped
 */
struct ckpt_unlinked {
	struct file *file;
	struct path path;
};

extern const struct ckpt_class ckpt_class_inode;	/* struct ckpt_unlinked */
extern const struct ckpt_page_sink ckpt_inode_sink;

/* mempolicy.c */
#ifdef CONFIG_NUMA
int ckpt_save_shmem_policy(struct ckpt_ctx *ctx, struct file *file, u32 id);
int ckpt_save_inode_policy(struct ckpt_ctx *ctx, struct file *file, u32 id);
#else
static inline int ckpt_save_shmem_policy(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	return 0;
}

static inline int ckpt_save_inode_policy(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	return 0;
}
#endif

bool ckpt_is_unlinked(struct file *file);
int ckpt_save_contents(struct ckpt_ctx *ctx, struct file *file, u32 id);
int ckpt_check_xattrs(struct ckpt_ctx *ctx, const struct path *path, bool saved);
int ckpt_save_xattrs(struct ckpt_ctx *ctx, struct file *file, u32 id);
int ckpt_forget_acls(struct file *file);
int ckpt_check_owner_again(struct ckpt_ctx *ctx, const struct path *path,
			   const struct cred *cred);
struct ckpt_rec_inode_attr ckpt_get_attr(const struct path *path);
int ckpt_validate_attr(struct ckpt_ctx *ctx, const struct ckpt_rec_inode_attr *data,
		       umode_t type);
int ckpt_set_attr(struct ckpt_ctx *ctx, struct file *file,
		  const struct ckpt_rec_inode_attr *data, const char *what);
int ckpt_save_inode_attr(struct ckpt_ctx *ctx, struct file *file, u32 id);

/* epoll_watches.c */
#ifdef CONFIG_EPOLL
bool ckpt_is_watched_outside(struct ckpt_ctx *ctx, struct file *file);
#else
static inline bool ckpt_is_watched_outside(struct ckpt_ctx *ctx, struct file *file)
{
	return false;
}
#endif

/* What is looked at, for messages: a descriptor, or with NULL none any more */
static inline void ckpt_look_at_fd(struct ckpt_ctx *ctx, const struct ckpt_open *at)
{
	ckpt_files(ctx)->fd = at ? at->fd : -1;
	ctx->at.object = at ? at->fd : 0;
}

#endif /* _KERNEL_CHECKPOINT_FILES_H */
