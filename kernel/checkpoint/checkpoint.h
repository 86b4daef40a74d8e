/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the core offers to the kinds, and the kinds to the
 * core.  The core knows no kind; kinds include no other header of ours.
 *
 * A *kind* is one sort of state in one file: it registers one struct ckpt_kind
 * per record type with CHECKPOINT_KIND().  The core holds all loops over
 * tasks, records and kinds, parses all lengths and owns the image stream.
 */
#ifndef _KERNEL_CHECKPOINT_H
#define _KERNEL_CHECKPOINT_H

#include <linux/checkpoint.h>
#include <linux/checkpoint_hdr.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/pid.h>
#include <linux/rhashtable-types.h>
#include <linux/sched.h>
#include <linux/time_namespace.h>
#include <linux/xarray.h>

struct bio_vec;
struct ckpt_ctx;
struct ckpt_files;
struct ckpt_rec;
struct ckpt_task;

/**
 * enum ckpt_class - what an object id names
 * @CKPT_CLASS_NONE: records that belong to no object
 * @CKPT_CLASS_PID: struct pid
 * @CKPT_CLASS_TASK: struct ckpt_task (one thread)
 * @CKPT_CLASS_CRED: struct cred
 * @CKPT_CLASS_MM: struct mm_struct
 * @CKPT_CLASS_FILE: struct file
 * @CKPT_CLASS_PIPE: struct file of a pipe, any end (restart); pipe_inode_info (save)
 * @CKPT_CLASS_FDTABLE: struct files_struct
 * @CKPT_CLASS_FS: struct fs_struct
 * @CKPT_CLASS_NR: number of classes
 */
enum ckpt_class {
	CKPT_CLASS_NONE,
	CKPT_CLASS_PID,
	CKPT_CLASS_TASK,
	CKPT_CLASS_CRED,
	CKPT_CLASS_MM,
	CKPT_CLASS_FILE,
	CKPT_CLASS_PIPE,
	CKPT_CLASS_FDTABLE,
	CKPT_CLASS_FS,
	CKPT_CLASS_NR
};

/**
 * enum ckpt_scope - for what ->check() and ->save() are called
 * @CKPT_SCOPE_NONE: never: another kind emits this record (objects found on the
 *	way, such as files)
 * @CKPT_SCOPE_IMAGE: once
 * @CKPT_SCOPE_PROCESS: once for each living process, with its leader
 * @CKPT_SCOPE_THREAD: once for each living thread
 * @CKPT_SCOPE_TASK: once for each thread and zombie
 */
enum ckpt_scope {
	CKPT_SCOPE_NONE,
	CKPT_SCOPE_IMAGE,
	CKPT_SCOPE_PROCESS,
	CKPT_SCOPE_THREAD,
	CKPT_SCOPE_TASK,
};

/**
 * enum ckpt_stage - when a kind is saved and restored
 * @CKPT_STAGE_OBJECT: restored by the caller of restart() before any task
 *	exists: pids, credentials, files, pipes
 * @CKPT_STAGE_TREE: the task records; the core makes the tasks from them
 * @CKPT_STAGE_MM: each process, by its own leader: memory
 * @CKPT_STAGE_FILES: each process, by its own leader: descriptors, cwd
 * @CKPT_STAGE_THREAD: each thread, by itself, when all threads exist
 * @CKPT_STAGE_LATE: each thread, by itself: credentials and what they reset
 * @CKPT_STAGE_REGS: each thread, by itself: registers, finished last of all
 * @CKPT_STAGE_NR: number of stages
 *
 * Records of one stage are restored in the order of the image.  Kinds of one
 * scope and stage are saved in the order in which they are linked.
 */
enum ckpt_stage {
	CKPT_STAGE_OBJECT,
	CKPT_STAGE_TREE,
	CKPT_STAGE_MM,
	CKPT_STAGE_FILES,
	CKPT_STAGE_THREAD,
	CKPT_STAGE_LATE,
	CKPT_STAGE_REGS,
	CKPT_STAGE_NR
};

/**
 * struct ckpt_rec - a record read from an image, its lengths validated
 * @kind: its kind
 * @object: object id of the record header
 * @offset: where it stood in the image, bytes
 * @data: the fixed part, zero-extended or cut to the kind's size
 * @array: the array behind it, elements zero-extended or cut to the kind's element size;
 *	   NULL if @count is 0
 * @count: elements in @array, at most the kind's @max
 * @owner: the task that restores it, NULL in CKPT_STAGE_OBJECT
 * @node: in the core's list of records
 * @private: for the kind: what ->restore() leaves for ->finish(); freed with kvfree()
 */
struct ckpt_rec {
	const struct ckpt_kind *kind;
	u32 object;
	u32 count;
	u64 offset;
	const void *data;
	const void *array;
	struct ckpt_task *owner;
	struct list_head node;
	/* private: in the list of its owner's records, or without one of its object's */
	struct list_head owner_node;
	/* public: */
	void *private;
};

/**
 * struct ckpt_kind - one record type: how it is saved and restored
 * @name: for messages and tracepoints, as in the ABI header, lower case
 * @type: CKPT_REC_*
 * @size: bytes of the fixed part as this kernel knows it
 * @array: offset of struct ckpt_array in the fixed part; valid if @elem is not 0
 * @elem: bytes of one array element as this kernel knows it, 0 = no array
 * @max: most array elements that an image may have
 * @scope: for what ->check() and ->save() are called
 * @stage: when ->save() and ->restore() are called
 * @class: class of the object in the record header
 * @defines: the record defines that object; else it must be defined before
 * @has_owner: the fixed part begins with a __u32 task object id: that task
 *	restores this record and all later records of the same object.  Without
 *	it the owner of a record is its object (CKPT_CLASS_TASK), the owner of its
 *	object, or nobody (the caller of restart()).
 * @many: a task or object may have several records of this kind
 * @required: in an image each living task of @scope has a record of this kind, or one
 *	that stands in for it
 * @stands_for: type of the record in place of which this one stands, where a process
 *	shares what another has defined; a task has one or the other
 * @check: tells whether @t's state of this kind can be saved; 0, or what
 *	ckpt_fail() returned.  All tasks are frozen.  Called before anything is
 *	saved; every obstacle is told with CHECKPOINT_CHECK.  Optional.
 * @save: emits the record(s).  All tasks are frozen; may sleep; must not wait
 *	for a frozen task.  Optional.
 * @validate: checks every field before any task exists; gets @rec with lengths
 *	checked.  References to other objects are checked with ckpt_ref().  Returns
 *	0 or what ckpt_fail() returned.  Must not change anything.
 * @restore: makes the state, in the context of @rec->owner (current) or of the
 *	caller of restart().  May fail: nothing is visible yet.
 * @finish: after the commit, in the context of @rec->owner, one task at a time,
 *	before the first of them goes to user space.  Must not fail.  Optional.
 * @match_file: true if @file is of this kind (file kinds only)
 * @check_file: tells what of @file cannot be saved; asked once a file, of every file
 *	found in a descriptor table or by ckpt_check_file().  Optional (file
 *	kinds only)
 * @save_file: emits the records that make the file object @id (file kinds only)
 * @restore_file: makes the file; the core keeps the reference as the object
 *	(file kinds only, instead of @restore)
 */
struct ckpt_kind {
	const char *name;
	u32 type;
	u32 size;
	u32 array;
	u32 elem;
	u32 max;
	enum ckpt_scope scope;
	enum ckpt_stage stage;
	enum ckpt_class class;
	bool defines;
	bool has_owner;
	bool many;
	bool required;
	u32 stands_for;

	int (*check)(struct ckpt_ctx *ctx, struct ckpt_task *t);
	int (*save)(struct ckpt_ctx *ctx, struct ckpt_task *t);
	int (*validate)(struct ckpt_ctx *ctx, const struct ckpt_rec *rec);
	int (*restore)(struct ckpt_ctx *ctx, struct ckpt_rec *rec);
	void (*finish)(struct ckpt_ctx *ctx, struct ckpt_rec *rec);

	bool (*match_file)(struct ckpt_ctx *ctx, struct file *file);
	int (*check_file)(struct ckpt_ctx *ctx, struct file *file);
	int (*save_file)(struct ckpt_ctx *ctx, struct file *file, u32 id);
	struct file *(*restore_file)(struct ckpt_ctx *ctx, struct ckpt_rec *rec);
};

/**
 * CHECKPOINT_KIND - register a kind
 * @ident: C identifier, unique
 *
 * Used as the head of a definition: CHECKPOINT_KIND(pipe) = { ... };
 * File kinds are asked for a match in link order.
 */
#define CHECKPOINT_KIND(ident)						\
	static const struct ckpt_kind ckpt_kind_##ident;		\
	static const struct ckpt_kind * const ckpt_kind_ptr_##ident	\
		__used __section(".checkpoint_kinds") = &ckpt_kind_##ident; \
	static const struct ckpt_kind ckpt_kind_##ident

/* Initialiser of ->array and ->elem: CKPT_ARRAY(struct ckpt_pid, nrs, __u32) */
#define CKPT_ARRAY(_struct, _member, _elem)				\
	.array = offsetof(_struct, _member), .elem = sizeof(_elem)

extern const struct ckpt_kind * const __start_checkpoint_kinds[];
extern const struct ckpt_kind * const __stop_checkpoint_kinds[];

#define for_each_ckpt_kind(_p)						\
	for ((_p) = __start_checkpoint_kinds; (_p) < __stop_checkpoint_kinds; (_p)++)

/**
 * struct ckpt_task - one thread, being saved or made
 * @task: the thread; a reference is held.  Restart: NULL until it is made
 * @id: object id
 * @leader: of its thread group (itself for a leader)
 * @parent: its real parent, NULL for the root process
 * @zombie: it has exited and waits to be reaped
 * @self: restart: it is the caller of restart() (RESTART_SELF);
 *	save: it is a thread of the caller of checkpoint() and calls it just
 *	now, so it is not held; in the copy the call returns 0
 * @stack: save: a reference to its kernel stack is held
 * @mm: save: reference held, NULL for zombies
 * @files: save: reference held, NULL for zombies
 * @fs: save: reference held, NULL for zombies
 * @rec: restart: its CKPT_REC_TASK
 * @pid: restart: struct pid reserved for it, consumed when the task is made
 * @cpu_ns: restart: CPU time that the records of a process claim (of a leader)
 *
 * The rest is the core's.
 */
struct ckpt_task {
	struct task_struct *task;
	u32 id;
	bool zombie;
	bool self;
	bool stack;
	struct ckpt_task *leader;
	struct ckpt_task *parent;
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	struct ckpt_rec *rec;
	struct pid *pid;
	u64 cpu_ns;

	/* private: the core's */
	bool made;
	struct ckpt_ctx *ctx;
	struct list_head node;		/* in ctx->tasks */
	struct list_head recs;		/* struct ckpt_rec.owner_node */
	int (*work)(struct ckpt_task *t);
	int result;
	struct completion wake;
	struct completion idle;
};

#define for_each_ckpt_task(_ctx, _t) \
	list_for_each_entry((_t), &(_ctx)->tasks, node)

/**
 * struct ckpt_at - where an error happens
 * @t: task concerned, may be NULL
 * @type: record type
 * @object: object id, or descriptor number
 * @address: user address
 * @offset: image offset, bytes
 */
struct ckpt_at {
	struct ckpt_task *t;
	u32 type;
	u32 object;
	u64 address;
	u64 offset;
};

/**
 * struct ckpt_ctx - one call of checkpoint() or restart()
 * @flags: CHECKPOINT_* or RESTART_*
 * @caller_cred: credentials of the caller
 * @caller: the caller; may have ended when a hold is ended
 * @caller_ns: the caller's pid namespace
 * @crid: checkpoint id
 * @pid_ns: pid namespace in which pids are saved and restored (the root task's)
 * @root_path: paths are saved and restored relative to this root
 * @root: the root task
 * @tasks: struct ckpt_task, parents before children, threads behind their leader
 * @nr_tasks: threads and zombies
 * @nr_processes: leaders
 * @nr_pids: restart: pid records
 * @header: the image header (save: filled at the freeze)
 * @at: place told in errors; set by the core, refined by the kinds
 * @strict: restart: RESTART_STRICT_IO; save: CHECKPOINT_CONTAINER
 * @image_file: the image; in a self checkpoint its descriptors are closed in the copy
 * @has_ceiling: restart: @ceiling_uid is set
 * @ceiling_uid: restart: credentials are cut to what this user could obtain
 * @ceiling_gid: restart: the user's primary group
 * @ceiling_groups: restart: all the user's groups
 *
 * The rest is the core's.
 */
struct ckpt_ctx {
	unsigned long flags;
	const struct cred *caller_cred;
	struct task_struct *caller;
	struct pid_namespace *caller_ns;
	struct pid_namespace *pid_ns;
	int crid;
	struct path root_path;
	struct ckpt_task *root;
	struct list_head tasks;
	unsigned int nr_tasks;
	unsigned int nr_processes;
	unsigned int nr_pids;
	struct ckpt_header header;
	struct ckpt_at at;
	bool strict;
	struct file *image_file;
	bool has_ceiling;
	kuid_t ceiling_uid;
	kgid_t ceiling_gid;
	struct group_info *ceiling_groups;

	/* private: the core's */

	/* errors (error.c) */
	struct checkpoint_error *errors;
	u32 nr_errors;
	u32 errors_used;
	bool failed;

	/* objects (objects.c) */
	struct rhashtable by_pointer;
	struct xarray objects;
	u32 last_object;
	u32 nr_objects;			/* restart: defined by records */

	/* records and pages (stream.c, snapshot.c) */
	struct ckpt_stream *stream;
	struct list_head recs;
	struct list_head image_recs;	/* of them, those of no task and no object */
	u32 skipped_object;		/* highest id that a record passed over has */
	u64 nr_skipped;			/* records passed over that have one */
	struct list_head snapshots;
	struct list_head meta;		/* struct ckpt_meta */
	size_t meta_bytes;
	u64 nr_records;

	/* files/survey.c */
	struct ckpt_files *files;

	/* freeze.c */
	unsigned long deadline;		/* jiffies */
	ktime_t frozen_at;
	ktime_t thawed_at;
	struct list_head held;		/* task_struct.checkpoint_node */
	struct xarray by_task;		/* struct ckpt_task */

	/* restart.c */
	struct ckpt_task *making;
	enum ckpt_stage stage;
	bool self_gone;
	sigset_t old_blocked;
	struct nsproxy *old_nsproxy;
	bool committed;
	bool aborted;
	atomic_t running;
	struct completion all_gone;
};

/* -- error.c -------------------------------------------------------------- */

/**
 * ckpt_fail - tell why something cannot be saved or restored
 * @ctx: the call
 * @err: negative errno
 * @fmt: one sentence without a full stop and without the pid (it is told
 *	apart), naming the object and the reason: "fd 7: eventfd files cannot
 *	be saved"
 *
 * The place is taken from ctx->at.  The first error of a call is the one that
 * the call returns.
 *
 * Context: may sleep.
 * Return: @err
 */
__printf(3, 4)
int ckpt_fail(struct ckpt_ctx *ctx, int err, const char *fmt, ...);

/**
 * ckpt_note - tell a substitution: something that is not as it was
 * @ctx: the call
 * @fmt: one sentence
 */
__printf(2, 3)
void ckpt_note(struct ckpt_ctx *ctx, const char *fmt, ...);

/* -- objects.c ------------------------------------------------------------ */

/**
 * ckpt_object_id - save: the id of a shared object
 * @ctx: the call
 * @ptr: kernel pointer that identifies the object; the caller guarantees that it
 *	lives until the end of the call (a frozen task holds it)
 * @class: its class
 * @id: out: the id
 *
 * Return: 1 if the id is new and the object is to be saved now, 0 if it was
 * known, negative errno
 */
int ckpt_object_id(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_class class, u32 *id);

/**
 * ckpt_object_refs - save: how often ckpt_object_id() was asked for this object
 * @ctx: the call
 * @ptr: kernel pointer
 * @class: its class
 *
 * Return: the number, 0 if it is unknown
 */
unsigned int ckpt_object_refs(struct ckpt_ctx *ctx, const void *ptr, enum ckpt_class class);

/**
 * ckpt_ref - validate: a reference to an object
 * @ctx: the call
 * @id: object id found in a record
 * @class: what it must be
 *
 * Return: 0 if a record before this one defines it, else -EINVAL, told
 */
int ckpt_ref(struct ckpt_ctx *ctx, u32 id, enum ckpt_class class);

/**
 * ckpt_defining_type - validate: by what sort of record an object is defined
 * @ctx: the call
 * @id: object id, checked with ckpt_ref(); an object that no task restores
 *
 * Return: CKPT_REC_*
 */
u32 ckpt_defining_type(struct ckpt_ctx *ctx, u32 id);

/**
 * ckpt_set_object - restore: the object is made
 * @ctx: the call
 * @id: its id
 * @ptr: pointer to it; the core takes over the caller's reference and drops it
 *	at the end of the call (put_pid, put_cred, mmput, fput, put_files_struct,
 *	free_fs_struct by class)
 *
 * Context: may sleep.
 * Return: 0 or negative errno; on error the reference was dropped
 */
int ckpt_set_object(struct ckpt_ctx *ctx, u32 id, void *ptr);

/**
 * ckpt_object - restore: the object with an id
 * @ctx: the call
 * @id: object id, validated with ckpt_ref()
 * @class: its class
 *
 * Return: the pointer, the reference stays with the core; NULL if it was not
 * made (yet)
 */
void *ckpt_object(struct ckpt_ctx *ctx, u32 id, enum ckpt_class class);

/* -- save.c --------------------------------------------------------------- */

/**
 * ckpt_emit - append a record to the metadata
 * @ctx: the call
 * @kind: the record's kind
 * @object: object id for the record header
 * @data: the fixed part, kind->size bytes; its struct ckpt_array is filled in by
 *	this function
 * @array: the elements, kind->elem bytes each; may be NULL if @count is 0
 * @count: number of elements
 *
 * Context: may sleep; allocates.
 * Return: 0 or negative errno (told)
 */
int ckpt_emit(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, u32 object,
	      void *data, const void *array, u32 count);

/**
 * ckpt_save_file - the object id of an open file, saving it if it is new
 * @ctx: the call
 * @file: the file
 * @id: out: the object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (told: no file kind matches, or its own)
 */
int ckpt_save_file(struct ckpt_ctx *ctx, struct file *file, u32 *id);

/**
 * ckpt_check_file - can an open file be saved?
 * @ctx: the call
 * @file: the file
 *
 * For kinds that refer to files beside the descriptor tables, in their ->check().
 *
 * Context: may sleep.
 * Return: 0 or negative errno (told, once a file)
 */
int ckpt_check_file(struct ckpt_ctx *ctx, struct file *file);

/**
 * ckpt_free_files - drop the survey of open files
 * @ctx: the call, may have none
 */
void ckpt_free_files(struct ckpt_ctx *ctx);

/**
 * ckpt_save_cred - the object id of credentials, saving them if they are new
 * @ctx: the call
 * @cred: the credentials
 * @id: out: the object id
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_save_cred(struct ckpt_ctx *ctx, const struct cred *cred, u32 *id);

/**
 * ckpt_save_pid - the object id of a struct pid
 * @ctx: the call
 * @pid: the struct pid
 * @id: out: the object id; 0 if it is not of the saved pid namespace
 *
 * Return: 0 or negative errno (told)
 */
int ckpt_save_pid(struct ckpt_ctx *ctx, struct pid *pid, u32 *id);

/**
 * ckpt_find_task - save: the saved thread of a task
 * @ctx: the call
 * @task: the task
 *
 * Return: its struct ckpt_task, NULL if it is not in the tree
 */
struct ckpt_task *ckpt_find_task(struct ckpt_ctx *ctx, const struct task_struct *task);

/* -- restart.c ------------------------------------------------------------ */

/**
 * ckpt_rec_task - restore: the task with an object id
 * @ctx: the call
 * @id: object id, validated
 *
 * Return: its struct ckpt_task
 */
struct ckpt_task *ckpt_rec_task(struct ckpt_ctx *ctx, u32 id);

/* -- snapshot.c ----------------------------------------------------------- */

/**
 * ckpt_snapshot_mm - take the memory of an address space
 * @ctx: the call
 * @mm: the address space; all its tasks are held (or are the caller)
 * @id: its object id
 *
 * Anonymous areas are linked copy-on-write into a bare mm; private pages of
 * file mappings are copied now.  The pages are written after the thaw.
 *
 * Context: may sleep; takes mmap_lock of @mm for writing.
 * Return: 0 or negative errno (told)
 */
int ckpt_snapshot_mm(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id);

/**
 * ckpt_write_pages - write the page chunks of all snapshots
 * @ctx: the call
 *
 * Context: after the thaw; may sleep, killable.
 * Return: 0 or negative errno (told)
 */
int ckpt_write_pages(struct ckpt_ctx *ctx);

/**
 * ckpt_free_snapshots - drop all snapshots
 * @ctx: the call
 */
void ckpt_free_snapshots(struct ckpt_ctx *ctx);

/**
 * ckpt_read_pages - install one page chunk
 * @ctx: the call
 * @mm: the address space to fill; its areas exist with their final protection
 * @pages: the record's fixed part, validated
 * @extents: its extents, validated: page-aligned, ascending, their sum is
 *	pages->data_bytes
 *
 * Reads the data from ctx->stream, checks its CRC.
 *
 * Context: the caller of restart(); may sleep, killable.
 * Return: 0 or negative errno (told)
 */
int ckpt_read_pages(struct ckpt_ctx *ctx, struct mm_struct *mm,
		    const struct ckpt_pages *pages, const struct ckpt_extent *extents);

/* -- stream.c ------------------------------------------------------------- */

/**
 * struct ckpt_stream - an image being written or read, strictly forward
 * @file: the descriptor's file
 * @pos: its position, for files that have one
 * @bytes: written or read so far, counted from the start of the image
 * @records_crc: CRC-32C over the records' crc32c fields, running
 * @nr_records: records so far
 * @nr_pages: pages of data so far
 */
struct ckpt_stream {
	struct file *file;
	loff_t pos;
	u64 bytes;
	u32 records_crc;
	u64 nr_records;
	u64 nr_pages;
	/* private: */
	void *buffer;
	size_t fill;
};

/**
 * ckpt_crc - CRC-32C as the image has it, continued
 * @crc: of the bytes before, 0 at the start
 * @data: bytes
 * @len: how many
 *
 * Return: the CRC of all bytes so far
 */
u32 ckpt_crc(u32 crc, const void *data, size_t len);

/* Write @len bytes of kernel memory.  Return: 0 or negative errno, told */
int ckpt_write(struct ckpt_ctx *ctx, const void *data, size_t len);

/* Write @nr page fragments (PAGE_SIZE multiples).  Return: 0 or negative errno, told */
int ckpt_write_bvec(struct ckpt_ctx *ctx, struct bio_vec *bvec, unsigned int nr, size_t len);

/*
 * Write one whole record: @data (@size bytes) and @array (@bytes), padded with
 * zeros to a multiple of @align bytes of the stream.  Return: 0 or negative errno, told
 */
int ckpt_write_record(struct ckpt_ctx *ctx, u32 type, u32 object, const void *data,
		      size_t size, const void *array, size_t bytes, unsigned int align);

/* Read exactly @len bytes to kernel memory.  Return: 0 or negative errno, told */
int ckpt_read(struct ckpt_ctx *ctx, void *data, size_t len);

/* Read exactly @len bytes into page fragments.  Return: 0 or negative errno, told */
int ckpt_read_bvec(struct ckpt_ctx *ctx, struct bio_vec *bvec, unsigned int nr, size_t len);

/* -- arch/x86/checkpoint/ -------------------------------------------------- */

/**
 * ckpt_arch_return_value - set what an interrupted system call returns
 * @regs: user registers
 * @value: the value
 */
void ckpt_arch_return_value(struct pt_regs *regs, long value);

#endif /* _KERNEL_CHECKPOINT_H */
