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
#include <linux/capability.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rhashtable-types.h>
#include <linux/sched.h>
#include <linux/time_namespace.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

struct bio_vec;
struct cgroup_subsys_state;
struct ckpt_class;
struct ckpt_ctx;
struct ckpt_item;
struct ckpt_kind;
struct ckpt_page_sink;
struct ckpt_task;
struct ckpt_vfork_wait;
struct ckpt_watchdog;
struct tty_struct;

/**
 * enum ckpt_fate - what becomes of the core's reference to an object at the commit
 * @CKPT_FATE_KEEP: the core keeps it until the end of the call
 * @CKPT_FATE_LEAVE: it is dropped: from then on the tasks alone have the object, so that
 *	a close() by the program is the last one
 * @CKPT_FATE_STAY: the core keeps it as well, but the object is there for good: it is not
 *	discarded any more
 */
enum ckpt_fate {
	CKPT_FATE_KEEP,
	CKPT_FATE_LEAVE,
	CKPT_FATE_STAY,
};

/**
 * struct ckpt_class - what an object id can name
 * @name: one word, as the comments of checkpoint_hdr.h have it ("cred object"); the
 *	references of all records are checked by it
 * @fate: of the core's reference at the commit
 * @put: drops a reference.  NULL if the core holds none
 * @discard: restart: called before @put for an object that no task has come to use
 *	(ckpt_consume_object()).  Optional
 * @discard_first: that is done before the tasks of a failed restart exit, which would wait for
 *	it
 * @check: save: reports whether the object at a pointer can be saved; see
 *	ckpt_check_object().  Optional
 * @key: save: the pointer that identifies the object, where that is another one than what
 *	is handed over; NULL if there is nothing to be saved, whose id is 0.  Optional
 * @common: save: emits what all objects of the class have, after @kind has defined one.
 *	Optional
 * @sink: restart: how page data get into the object; NULL if it takes none
 *
 * A class is defined beside the kind that makes its objects.  Those that kinds of other
 * folders refer to are declared below.
 */
struct ckpt_class {
	const char *name;
	enum ckpt_fate fate;
	void (*put)(void *ptr);
	void (*discard)(void *ptr);
	bool discard_first;
	int (*check)(struct ckpt_ctx *ctx, void *ptr);
	const void *(*key)(struct ckpt_ctx *ctx, const void *ptr);
	int (*common)(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id);
	const struct ckpt_page_sink *sink;
};

extern const struct ckpt_class ckpt_class_task;		/* struct ckpt_task, the core's */
extern const struct ckpt_class ckpt_class_pid;		/* struct pid */
extern const struct ckpt_class ckpt_class_pidns;	/* struct pid_namespace */
extern const struct ckpt_class ckpt_class_cred;		/* struct cred */
extern const struct ckpt_class ckpt_class_mm;		/* struct mm_struct */
extern const struct ckpt_class ckpt_class_file;		/* struct file */
extern const struct ckpt_class ckpt_class_shmem;	/* struct file, of memory in common */

/**
 * enum ckpt_scope - for what ->check() and ->save() are called
 * @CKPT_SCOPE_NONE: never: another kind emits this record (objects found on the
 *	way, such as files)
 * @CKPT_SCOPE_IMAGE: once
 * @CKPT_SCOPE_PROCESS: once for each living process, with its leader, which may be a zombie
 * @CKPT_SCOPE_MM: once for each address space, with the leader of the first process that
 *	uses it
 * @CKPT_SCOPE_TABLE: once for each living process, with its leader, and for each thread that
 *	has a descriptor table of its own
 * @CKPT_SCOPE_LEADER: once for each process, living or zombie, with its leader
 * @CKPT_SCOPE_THREAD: once for each living thread
 * @CKPT_SCOPE_TASK: once for each thread and zombie
 */
enum ckpt_scope {
	CKPT_SCOPE_NONE,
	CKPT_SCOPE_IMAGE,
	CKPT_SCOPE_PROCESS,
	CKPT_SCOPE_MM,
	CKPT_SCOPE_TABLE,
	CKPT_SCOPE_LEADER,
	CKPT_SCOPE_THREAD,
	CKPT_SCOPE_TASK,
};

/**
 * enum ckpt_stage - when a kind is saved and restored
 * @CKPT_STAGE_NAMESPACE: restored by the restarter before any pid is reserved
 * @CKPT_STAGE_OBJECT: restored by the restarter before any task exists: credentials,
 *	files, pipes.  It may wait for others
 * @CKPT_STAGE_PID: the same for pids, which nobody shall go without for longer than needed
 * @CKPT_STAGE_FILE: the same for what open files have, which may refer to pids
 * @CKPT_STAGE_TREE: the task records; the core makes the tasks from them
 * @CKPT_STAGE_MM: each process, by its own leader: memory
 * @CKPT_STAGE_FILES: each process, by its own leader: descriptors, cwd.  Then, when they
 *	exist, the threads that have their own (struct ckpt_kind.of_thread)
 * @CKPT_STAGE_THREAD: each thread, by itself, when all threads exist
 * @CKPT_STAGE_TASK_OBJECT: restored by the restarter when all tasks exist: objects that
 *	need tasks
 * @CKPT_STAGE_LINK: when all objects exist, by the record's owner or else by the
 *	restarter: what could not be said where it belongs, for it refers to an object
 *	that was not complete yet.  Page data follow
 * @CKPT_STAGE_SEAL: the same, when all pages are in place
 * @CKPT_STAGE_LOCK: each process, by its own leader: locks of files
 * @CKPT_STAGE_LATE: each thread, by itself: credentials and what they reset
 * @CKPT_STAGE_REGS: each thread, by itself: registers, finished last of all.  By the
 *	restarter: what has to be captured when nothing else is any more
 * @CKPT_STAGE_NR: number of stages
 *
 * Records of one stage are restored in the order of the image.  Kinds of one scope and
 * stage are saved in the order of their ->order, then of their types.
 */
enum ckpt_stage {
	CKPT_STAGE_NAMESPACE,
	CKPT_STAGE_OBJECT,
	CKPT_STAGE_PID,
	CKPT_STAGE_FILE,
	CKPT_STAGE_TREE,
	CKPT_STAGE_MM,
	CKPT_STAGE_FILES,
	CKPT_STAGE_THREAD,
	CKPT_STAGE_TASK_OBJECT,
	CKPT_STAGE_LINK,
	CKPT_STAGE_SEAL,
	CKPT_STAGE_LOCK,
	CKPT_STAGE_LATE,
	CKPT_STAGE_REGS,
	CKPT_STAGE_NR
};

/**
 * enum ckpt_rank - how sure a kind is that an object is its own
 * @CKPT_RANK_EXACT: recognised by the object's operations
 * @CKPT_RANK_FS: recognised by the sort of inode and file system
 * @CKPT_RANK_FALLBACK: what nobody else has claimed
 *
 * All kinds of a class are asked rank by rank.
 */
enum ckpt_rank {
	CKPT_RANK_EXACT,
	CKPT_RANK_FS,
	CKPT_RANK_FALLBACK,
};

/**
 * struct ckpt_item - a record read from an image, its lengths validated
 * @kind: its kind
 * @object: object id of the record header
 * @offset: where it stood in the image, bytes
 * @data: the fixed part, zero-extended or cut to the kind's size
 * @array: the array behind it, elements zero-extended or cut to the kind's element size;
 *	   NULL if @count is 0
 * @count: elements in @array, at most the kind's @max
 * @owner: the task that restores it, NULL before CKPT_STAGE_TREE
 * @node: in the core's list of records
 * @tail: it stood behind the pages
 * @private: for the kind: what ->restore() leaves for ->finish(); freed with kvfree()
 */
struct ckpt_item {
	const struct ckpt_kind *kind;
	u32 object;
	u32 count;
	u64 offset;
	const void *data;
	const void *array;
	struct ckpt_task *owner;
	bool tail;
	struct list_head node;
	/* private: in the list of its owner's records, or without one of its object's */
	struct list_head owner_node;
	struct list_head unowned_node;	/* in ctx->restart->unowned, if no task restores it */
	/* public: */
	void *private;
};

/**
 * struct ckpt_kind - one record type: how it is saved and restored
 * @name: for messages and tracepoints, as in the ABI header, lower case
 * @type: CKPT_REC_*
 * @size: bytes of the fixed part as this kernel knows it
 * @array: offset of struct ckpt_rec_array in the fixed part; valid if @elem is not 0
 * @elem: bytes of one array element as this kernel knows it, 0 = no array
 * @max: most array elements that an image may have
 * @scope: for what ->check() and ->save() are called
 * @stage: when ->save() and ->restore() are called
 * @order: place among the kinds of one stage, 0 first; those of one place follow by @type
 * @rank: of @match
 * @class: class of the object in the record header
 * @defines: the record defines that object; else it must be defined before
 * @has_owner: the fixed part begins with a __u32 task object id: that task
 *	restores this record and all later records of the same object.  Without
 *	it the owner of a record is its object (a task), the owner of its
 *	object, or nobody (the caller of restart()).
 * @of_thread: a thread may have a record of this kind too, where it does not share what its
 *	process has
 * @many: a task or object may have several records of this kind
 * @waits: ->check() may have to wait for somebody outside of the tree, as for a file system's
 *	server; it is called when all checks that do not have been made
 * @required: in an image each living task of @scope has a record of this kind, or one
 *	that stands in for it
 * @lowers: the record takes from a task what the restarter has more than others; under
 *	a ceiling it is required
 * @stands_for: type of the record in place of which this one stands, where a process
 *	shares what another has defined; a task has one or the other
 * @late: what it saves of a task can change from outside while the task is held.  With a
 *	tree that is held until its image is written, ->save() is asked again at the end,
 *	and what differs is written once more, in the image's tail, where it replaces the
 *	records of this type and task.  Then it may use the task alone, and nothing that
 *	the task had (memory, files).  Of tasks, restored in CKPT_STAGE_SEAL
 *	or later.  checkpoint_hdr.h says so too: "also in the tail".
 * @hold: called for each living process, with its leader, when all tasks are at rest, or are
 *	handed over frozen by restart(): stops what would go on by itself.  Must not fail.
 *	Optional, with @release.
 * @release: lets that go on, before the tasks are let go, on every way out.  The process may
 *	be about to die, and then nothing goes on.  From any context that may sleep.
 * @end: called for each living process, with its leader, when the tree is about to be killed,
 *	which cannot fail any more: sees to it that nobody is told of an end that a restart
 *	takes back.  Must not fail.  Optional.
 * @check: reports whether @t's state of this kind can be saved; 0, or what
 *	ckpt_fail() returned.  All tasks are frozen.  Called before anything is
 *	saved; every obstacle is reported with CHECKPOINT_CHECK.  Optional.
 * @save: emits the record(s) of this @kind.  All tasks are frozen; may sleep; must not wait
 *	for a frozen task.  Optional.
 * @validate: checks every field before any task exists; gets @item with lengths
 *	checked, and all references to other objects that the comments of its struct in
 *	checkpoint_hdr.h declare.  Returns 0 or what ckpt_fail() returned.  Must not
 *	change anything.
 * @restore: makes the state, in the context of @item->owner (current) or of the
 *	caller of restart().  May fail: nothing is visible yet.
 * @finish: after the commit, in the context of @item->owner, one task at a time,
 *	before the first of them goes to user space.  What no task restores is finished
 *	before all tasks, by the restarter, in the reverse order of the image: what
 *	refers to an object before the object itself.  Must not fail.  Optional.
 * @write: writes records with data behind them, once the metadata is written: as a rule
 *	the tree runs again.  Each record is padded so that its data start at a page.
 *	Optional.
 * @read: reads the data behind @item, which ->validate() has seen: puts them in place
 *	if @install, else only looks at them.  A kind with it has its records among the
 *	pages, behind the metadata, and needs no other operation.
 * @complete: validate: all metadata is read; checks what only the whole shows.  Optional.
 * @may_become: RESTART_SELF: says whether the caller can become the root.  Optional.
 * @link_tasks: restart: all tasks exist and have their names; sets what holds them
 *	together.  Called once, in the context of the restarter.  Optional.
 * @conclude: restart: all else is done, and only the commit is left; changes what is outside
 *	of the tree, as the caller asked.  Called once, in the context of the restarter.  May
 *	fail, and should then have changed nothing.  Optional.
 * @dismiss: ends what is kept for an image, by its id, since the tree of it was killed: how much
 *	that was, or -EPERM if the caller has no right to it.  Optional.
 * @changed: says in words how the state of a held task differs from what was captured,
 *	which killing the tree would lose; NULL if it does not.  Optional.
 * @match: true if the object of @class at a pointer is of this kind.  Without it all are.
 * @check_object: reports what of an object of this kind cannot be saved.  Optional.
 * @save_object: emits the records that make the object @id
 * @restore_object: makes the object; the core keeps the reference as the object.
 *	Instead of @restore.
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
	unsigned int order;
	enum ckpt_rank rank;
	const struct ckpt_class *class;
	bool defines;
	bool has_owner;
	bool of_thread;
	bool many;
	bool waits;
	bool required;
	bool late;
	bool lowers;
	u32 stands_for;

	void (*hold)(struct ckpt_ctx *ctx, struct ckpt_task *t);
	void (*release)(struct ckpt_ctx *ctx, struct ckpt_task *t);
	void (*end)(struct ckpt_ctx *ctx, struct ckpt_task *t);
	int (*check)(struct ckpt_ctx *ctx, struct ckpt_task *t);
	int (*save)(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t);
	int (*validate)(struct ckpt_ctx *ctx, const struct ckpt_item *item);
	int (*restore)(struct ckpt_ctx *ctx, struct ckpt_item *item);
	void (*finish)(struct ckpt_ctx *ctx, struct ckpt_item *item);

	int (*write)(struct ckpt_ctx *ctx, const struct ckpt_kind *kind);
	int (*read)(struct ckpt_ctx *ctx, const struct ckpt_item *item, bool install);

	int (*complete)(struct ckpt_ctx *ctx);
	int (*may_become)(struct ckpt_ctx *ctx);
	int (*link_tasks)(struct ckpt_ctx *ctx);
	int (*conclude)(struct ckpt_ctx *ctx);
	int (*dismiss)(const u64 *image_id);
	const char *(*changed)(struct ckpt_ctx *ctx, struct ckpt_task *t);

	bool (*match)(struct ckpt_ctx *ctx, void *ptr);
	int (*check_object)(struct ckpt_ctx *ctx, void *ptr);
	int (*save_object)(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id);
	void *(*restore_object)(struct ckpt_ctx *ctx, struct ckpt_item *item);
};

/**
 * CHECKPOINT_KIND - register a kind
 * @ident: C identifier, unique
 *
 * Used as the head of a definition: CHECKPOINT_KIND(pipe) = { ... };
 */
#define CHECKPOINT_KIND(ident)						\
	static const struct ckpt_kind ckpt_kind_##ident;		\
	static const struct ckpt_kind * const ckpt_kind_ptr_##ident	\
		__used __section(".checkpoint_kinds") = &ckpt_kind_##ident; \
	static const struct ckpt_kind ckpt_kind_##ident

/* Initialiser of ->array and ->elem: CKPT_ARRAY(struct ckpt_rec_pid, nrs, __u32) */
#define CKPT_ARRAY(_struct, _member, _elem)				\
	.array = offsetof(_struct, _member), .elem = sizeof(_elem)

/**
 * struct ckpt_again - restart: the stop for its tracer that a task stands in again
 * @stop: CKPT_PTRACE_STOP_*
 * @code: what waitid(2) reports of it
 * @message: what PTRACE_GETEVENTMSG shows
 * @reports: behind that, or without one, it is still to report the end of a system call
 * @emulated: its tracer makes the call of CKPT_PTRACE_STOP_ENTRY in its place
 */
struct ckpt_again {
	u32 stop;
	u32 code;
	u64 message;
	bool reports;
	bool emulated;
};

/**
 * struct ckpt_task - one thread, being saved or made
 * @task: the thread; a reference is held.  Restart: NULL until it is made
 * @id: object id
 * @leader: of its thread group (itself for a leader)
 * @parent: its real parent, NULL for the root process
 * @zombie: it has exited and waits to be reaped
 * @outlived: a @zombie that leads threads which live on: see ckpt_process_is_dead()
 * @heir: of one that is outlived, its first living thread
 * @self: it is the caller itself, and so it is not held: a thread that saves its own
 *	process, in whose copy the call returns 0, or one that becomes the root (RESTART_SELF)
 * @stack: save: a reference to its kernel stack is held
 * @mm: save: reference held, NULL for zombies; of one that is outlived that of @heir, as
 *	are the next two
 * @files: save: reference held, NULL for zombies
 * @fs: save: reference held, NULL for zombies
 * @mm_first: save: the first process of the list that uses the same @mm (of a leader)
 * @mm_users: save: how many threads of the tree use it (of a leader that is @mm_first)
 * @actions_of: save: the process whose signal actions it shares, NULL for its own (of a
 *	leader)
 * @io_of: save: the thread whose I/O context it shares, NULL for its own
 * @io_users: save: how many others share that of this thread
 * @vfork: its parent waits until it executes a program or exits (of a leader)
 * @vforked: the vfork child that it waits for
 * @pid_id: restart: object id of its struct pid
 * @exit_signal: restart: sent to the parent on exit
 * @exit_code: restart: wait status of a @zombie
 * @dumpable: restart: who has the user of a @zombie may look at it, see ptrace_may_access()
 * @pid: restart: struct pid reserved for it, consumed when the task is made
 * @real_timer: its ITIMER_REAL runs, but not while it is held (of a leader)
 * @tracer: restart: the task that traces it, NULL for none
 * @again: restart: in what it stops before it runs a user instruction
 * @cpu_ns: restart: CPU time that the records of a process claim (of a leader)
 * @privates: what kinds keep of it, see ckpt_private()
 *
 * The rest is the core's.
 */
struct ckpt_task {
	struct task_struct *task;
	u32 id;
	bool zombie;
	bool outlived;
	bool self;
	bool stack;
	bool real_timer;
	bool dumpable;
	struct ckpt_task *leader;
	struct ckpt_task *heir;
	struct ckpt_task *parent;
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	struct ckpt_task *mm_first;
	unsigned int mm_users;
	struct ckpt_task *actions_of;
	struct ckpt_task *io_of;
	unsigned int io_users;
	struct ckpt_task *vforked;
	bool vfork;
	struct pid *pid;
	u32 pid_id;
	int exit_signal;
	int exit_code;
	u64 cpu_ns;
	struct ckpt_task *tracer;
	struct ckpt_again again;
	struct list_head privates;

	/* private: the core's */
	bool made;
	bool kinds_held;		/* ->hold() was called, ->release() is to be */
	struct ckpt_ctx *ctx;
	struct list_head node;		/* in ctx->tasks */
	struct list_head recs;		/* struct ckpt_item.owner_node */
	struct list_head births;	/* ->birth of the tasks that it is to make */
	struct list_head birth;
	int (*work)(struct ckpt_task *t);
	int (*errand)(struct ckpt_ctx *ctx, void *arg);	/* see ckpt_run_as() */
	void *errand_arg;
	struct ckpt_task *then;		/* does the same work after it */
	struct ckpt_vfork_wait *waits;	/* on its worker's stack */
	struct completion wake;
	struct completion born;
};

/**
 * ckpt_process_is_dead - has all of a process exited?
 * @t: its leader, or another thread
 *
 * A leader that exits before its threads is a zombie, and what is its process's is in use.
 *
 * Return: true if so
 */
static inline bool ckpt_process_is_dead(const struct ckpt_task *t)
{
	return t->zombie && !t->outlived;
}

/**
 * ckpt_living_task - a thread that has what the threads of a process share
 * @t: a thread
 *
 * Return: that thread, or if it is a leader that has exited before others, one of those
 */
static inline struct task_struct *ckpt_living_task(const struct ckpt_task *t)
{
	return t->heir ? t->heir->task : t->task;
}

/* The list of robust futexes of 32-bit programs, of which only some kernels know */
#ifdef CONFIG_COMPAT
static inline u64 ckpt_compat_robust_list(const struct task_struct *task)
{
	return (unsigned long)task->compat_robust_list;
}

static inline void ckpt_set_compat_robust_list(struct task_struct *task, u64 list)
{
	WRITE_ONCE(task->compat_robust_list, u64_to_user_ptr(list));
}
#else
static inline u64 ckpt_compat_robust_list(const struct task_struct *task) { return 0; }
static inline void ckpt_set_compat_robust_list(struct task_struct *task, u64 list) { }
#endif

/* Has a process what this kind saves, and not each thread? */
static inline bool ckpt_is_of_process(const struct ckpt_kind *kind)
{
	return kind->scope == CKPT_SCOPE_PROCESS || kind->scope == CKPT_SCOPE_LEADER ||
	       kind->scope == CKPT_SCOPE_MM;
}

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

/* What checkpoint() is about, for struct checkpoint_args */
enum ckpt_phase {
	CKPT_PHASE_OTHER,
	CKPT_PHASE_FREEZE,
	CKPT_PHASE_SURVEY,
	CKPT_PHASE_CAPTURE,
	CKPT_PHASE_WRITE,
	CKPT_PHASE_SYNC,
	CKPT_NR_PHASES
};

/**
 * struct ckpt_save - what a call of checkpoint() has beside struct ckpt_ctx
 * @external: descriptors beside 0 to 2 that may lead outside
 * @nr_external: how many
 * @obstacle: CHECKPOINT_CHECK: the first error of what was in the freeze's way
 * @keep_seconds: for how long what leads outside is kept, when the tree was killed
 * @given_up: memory ran short, and what was captured is not whole any more: whoever writes
 *	ends with ckpt_fail_given_up().  Set after the thaw, in any context
 * @page_sources: struct ckpt_page_source, of which page data are written
 *
 * The rest is the core's.
 */
struct ckpt_save {
	u32 *external;
	u32 nr_external;
	u32 keep_seconds;
	int obstacle;
	bool given_up;
	struct list_head page_sources;

	/* private: the core's */

	int crid;			/* checkpoint id */

	/* watchdog.c */
	enum ckpt_phase phase;
	ktime_t phase_at;		/* when it began */
	u64 phase_ns[CKPT_NR_PHASES];

	/* objects.c */
	struct rhashtable by_pointer;

	/* collect.c */
	struct xarray by_task;		/* struct ckpt_task by struct task_struct */

	/* tasks.c */
	unsigned int searches;		/* for users outside, so far */

	/* metadata.c, index.c */
	struct list_head meta;		/* struct ckpt_meta */
	size_t meta_bytes;
	size_t items_bytes;		/* what restart() will need for it */
	u64 nr_records;
	struct list_head index;		/* struct ckpt_index_part */

	/* live.c */
	u64 memory_budget;		/* bytes that may be copied */
	bool stands;			/* for live sources that are not written yet */
};

/**
 * struct ckpt_restart - what a call of restart() has beside struct ckpt_ctx
 * @recs: struct ckpt_item, all records of the image in their order
 * @unowned: of them, those that no task restores
 * @nr_pids: pid records
 * @inherit: what takes the place of which descriptor that led outside
 * @nr_inherit: how many
 * @has_ceiling: @ceiling_uid is set, and is not root
 * @ceiling_uid: nobody else's credentials come back, and no capability
 * @ceiling_gid: the user's primary group
 * @ceiling_groups: all the user's groups
 *
 * The rest is the core's.
 */
struct ckpt_restart {
	struct list_head recs;
	struct list_head unowned;
	unsigned int nr_pids;
	struct restart_inherit *inherit;
	u32 nr_inherit;
	bool has_ceiling;
	kuid_t ceiling_uid;
	kgid_t ceiling_gid;
	struct group_info *ceiling_groups;

	/* private: the core's */

	/* rights.c */
	unsigned int nr_charged;	/* pids that count as processes of the caller's */
	struct cgroup_subsys_state *charged;	/* where, NULL if in none */

	/* tasks.c */
	struct xarray by_id;		/* struct ckpt_task */

	/* records.c, read.c */
	struct list_head image_recs;	/* of the records those of no task and no object */
	size_t items_bytes;
	u32 nr_objects;			/* defined by records */
	u32 skipped_object;		/* highest id that a record passed over has */
	u64 nr_skipped;			/* records passed over that have one */
	struct ckpt_rec *small_record;	/* where one that is not large is read */
	bool in_tail;			/* no page data any more */

	/* restart.c, worker.c, commit.c */
	int result;
	struct completion handed_back;
	enum ckpt_stage stage;
	bool committed;
	bool aborted;
	atomic_t running;
	struct completion all_gone;

	/* self.c, clocks.c */
	bool self_gone;
	sigset_t old_blocked;
	struct nsproxy *old_nsproxy;
};

/**
 * struct ckpt_ctx - one call of checkpoint() or restart()
 * @flags: CHECKPOINT_* or RESTART_*
 * @save: checkpoint(), else NULL
 * @restart: restart(), else NULL
 * @caller_cred: credentials of the caller
 * @caller: the caller; may be gone when a held tree is killed
 * @caller_ns: the caller's pid namespace
 * @root_path: paths are saved and restored relative to this root
 * @root: the root task
 * @tasks: struct ckpt_task, parents before children, threads behind their leader
 * @nr_tasks: threads and zombies
 * @nr_processes: leaders
 * @header: the image header (save: filled at the freeze)
 * @at: place reported in errors; set by the core, refined by the kinds
 * @image_file: the image; in a self checkpoint its descriptors are closed in the copy
 * @frozen_at: when the first task was held, 0 before
 * @thawed_at: when they went on, 0 before
 * @privates: what kinds keep for the call, see ckpt_private()
 *
 * The rest is the core's.
 */
struct ckpt_ctx {
	unsigned long flags;
	struct ckpt_save *save;
	struct ckpt_restart *restart;
	const struct cred *caller_cred;
	struct task_struct *caller;
	struct pid_namespace *caller_ns;
	struct path root_path;
	struct ckpt_task *root;
	struct list_head tasks;
	unsigned int nr_tasks;
	unsigned int nr_processes;
	struct ckpt_rec_header header;
	struct ckpt_at at;
	struct file *image_file;
	ktime_t frozen_at;
	ktime_t thawed_at;
	struct list_head privates;

	/* private: the core's */

	/* errors (error.c) */
	struct checkpoint_error *errors;
	u32 nr_errors;
	u32 errors_used;
	u32 errors_missing;
	bool failed;

	/* objects.c, stream.c */
	struct xarray objects;
	u32 last_object;		/* the highest id so far */
	struct ckpt_stream *stream;

	/* freeze.c: whoever holds tasks: checkpoint(), and restart() that hands them over */
	struct ckpt_watchdog *watchdog;	/* watchdog.c */
	u64 order;			/* of all calls, as they began */
	bool settled;			/* has got all the tasks that it wants */
	struct list_head held;		/* task_struct.checkpoint_node */
};

/**
 * ckpt_next_thread - the next living thread of a process
 * @ctx: the call
 * @t: one of its threads, the leader first
 *
 * The threads of a process follow its leader in ctx->tasks.
 *
 * Return: it, NULL behind the last
 */
static inline struct ckpt_task *ckpt_next_thread(const struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_task *leader = t->leader;

	list_for_each_entry_continue(t, &ctx->tasks, node) {
		if (t->leader != leader)
			break;
		if (!t->zombie)
			return t;
	}
	return NULL;
}

/* -- private.c ------------------------------------------------------------ */

/**
 * struct ckpt_private - what a family of kinds keeps for a call, or for a task of it
 * @size: bytes; zero at first
 * @init: makes it ready: 0 or -ENOMEM.  Optional
 * @free: frees what it has; may sleep.  Called at the end of the call, when no task is held
 *	any more.  Optional
 *
 * Defined beside the kinds, and known by its address.
 */
struct ckpt_private {
	size_t size;
	int (*init)(void *data);
	void (*free)(void *data);
};

/**
 * CKPT_PRIVATE_XARRAY - an xarray as struct ckpt_private
 *
 * What it points to is not freed with it.
 */
#define CKPT_PRIVATE_XARRAY {				\
	.size	= sizeof(struct xarray),		\
	.init	= ckpt_private_init_xarray,		\
	.free	= ckpt_private_free_xarray,		\
}

int ckpt_private_init_xarray(void *data);
void ckpt_private_free_xarray(void *data);

/**
 * ckpt_private - what kinds have kept
 * @privates: of a call (&ctx->privates) or of a task (&t->privates)
 * @what: which
 *
 * Context: any, but not beside ckpt_make_private() for the same call or task.
 * Return: it, NULL if nothing has been made
 */
void *ckpt_private(const struct list_head *privates, const struct ckpt_private *what);

/**
 * ckpt_make_private - the same, made if it is not there
 * @privates: of a call (&ctx->privates) or of a task (&t->privates)
 * @what: which
 *
 * Context: may sleep; one at a time for a call or a task: who saves or validates.
 * Return: it, NULL without memory
 */
void *ckpt_make_private(struct list_head *privates, const struct ckpt_private *what);

/* -- error.c -------------------------------------------------------------- */

/**
 * ckpt_fail - report why something cannot be saved or restored
 * @ctx: the call
 * @err: negative errno
 * @fmt: one sentence without a full stop and without the pid (it is reported
 *	apart), naming the object and the reason: "fd 7: inotify files cannot
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
 * ckpt_killed - is whoever works for the call being killed, or its caller?
 * @ctx: the call
 *
 * Context: the caller, or a task that is made, for which the caller waits.
 * Return: true if so
 */
static inline bool ckpt_killed(const struct ckpt_ctx *ctx)
{
	return fatal_signal_pending(current) || fatal_signal_pending(ctx->caller);
}

/**
 * ckpt_fail_killed - report that the caller is being killed
 * @ctx: the call
 *
 * Return: -EINTR
 */
int ckpt_fail_killed(struct ckpt_ctx *ctx);

/**
 * ckpt_fail_task_killed - save: report that the task of ctx->at was killed
 * @ctx: the call
 *
 * Return: -ESRCH
 */
int ckpt_fail_task_killed(struct ckpt_ctx *ctx);

/**
 * ckpt_fail_given_up - the call ends because ctx->save->given_up is set
 * @ctx: the call
 *
 * Return: -ENOMEM, reported
 */
int ckpt_fail_given_up(struct ckpt_ctx *ctx);

/**
 * ckpt_note - report a substitution: something that is not as it was
 * @ctx: the call
 * @fmt: one sentence
 */
__printf(2, 3)
void ckpt_note(struct ckpt_ctx *ctx, const char *fmt, ...);

/* -- boot.c --------------------------------------------------------------- */

/**
 * ckpt_is_this_boot - restart: was the image made by this kernel since it was booted?
 * @ctx: the call
 *
 * Return: true if so
 */
bool ckpt_is_this_boot(const struct ckpt_ctx *ctx);

/* -- watchdog.c ----------------------------------------------------------- */

/**
 * ckpt_progress - the call gets on: its time begins anew
 * @ctx: the call
 *
 * The core says so for each task and each record.  A kind that takes longer over one of
 * them does too.
 */
void ckpt_progress(struct ckpt_ctx *ctx);

/**
 * ckpt_still_held - save: does the tree still stand?
 * @ctx: the call
 *
 * Return: 0, or -ETIMEDOUT (reported) if the call has taken too long
 */
int ckpt_still_held(struct ckpt_ctx *ctx);

/**
 * ckpt_expired - has the call taken too long?
 * @ctx: the call
 *
 * Return: true if so: its tree has been let go, or the call is about to do it
 */
bool ckpt_expired(struct ckpt_ctx *ctx);

/**
 * ckpt_begin_wait - save: what follows may wait for somebody who is not in the tree
 * @ctx: the call
 *
 * If it takes too long, the tree is let go meanwhile.  So until ckpt_end_wait() only
 * that is looked at to which the caller has a reference of its own: no struct ckpt_task,
 * descriptor table or area.  Nothing is allocated for the call, nothing is reported.
 *
 * Return: 0, or -ETIMEDOUT (reported) if it has taken too long already; then
 * ckpt_end_wait() is not called
 */
int ckpt_begin_wait(struct ckpt_ctx *ctx);

/**
 * ckpt_end_wait - save: what might have to wait has been done
 * @ctx: the call
 *
 * Return: true if the tree still stands.  If not, its tasks are gone from what the call
 * may look at: drop what is held and return -ETIMEDOUT, reported with what was waited for
 */
bool ckpt_end_wait(struct ckpt_ctx *ctx);

/* -- base/time.c ----------------------------------------------------------- */

ktime_t ckpt_clock_offset(struct ckpt_ctx *ctx, clockid_t clock);
ktime_t ckpt_clock_at_rest(const struct ckpt_ctx *ctx, clockid_t clock);
ktime_t ckpt_clock_now(clockid_t clock);
ktime_t ckpt_add_time(ktime_t time, s64 ns);

/* -- base/settle.c --------------------------------------------------------- */

/* How long a passing reference may take to go away */
#define CKPT_SETTLE_MS	100

/**
 * ckpt_settle - wait a moment for passing references to go away
 * @done: true when there is nothing left to wait for
 * @ctx: the call
 * @arg: for @done
 *
 * Context: may sleep, up to CKPT_SETTLE_MS; SIGKILL ends it.
 * Return: what @done said last
 */
bool ckpt_settle(bool (*done)(struct ckpt_ctx *ctx, void *arg), struct ckpt_ctx *ctx, void *arg);

/* -- base/moved.c ---------------------------------------------------------- */

/**
 * ckpt_name_here - restore: the path to look up for that of a record
 * @ctx: the call
 * @item: the record, its array validated with ckpt_check_name()
 *
 * Context: may sleep.
 * Return: it, NUL terminated, to be freed with kfree(); NULL without memory (reported)
 */
char *ckpt_name_here(struct ckpt_ctx *ctx, const struct ckpt_item *item);

/**
 * ckpt_home_here - restore: where to make something without a name, for a record's path
 * @ctx: the call
 * @item: the record, its array validated with ckpt_validate_home()
 *
 * Its directory may have moved.  The last component stays, which leads to nothing.
 *
 * Context: may sleep.
 * Return: the path, NUL terminated, to be freed with kfree(); NULL without memory (reported)
 */
char *ckpt_home_here(struct ckpt_ctx *ctx, const struct ckpt_item *item);

/* -- sync.c ---------------------------------------------------------------- */

int ckpt_sync(struct ckpt_ctx *ctx, struct file *file);
int ckpt_sync_super(struct ckpt_ctx *ctx, struct super_block *sb);

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
int ckpt_object_id(struct ckpt_ctx *ctx, const void *ptr, const struct ckpt_class *class, u32 *id);

/**
 * ckpt_known_id - save: the id of an object that has one
 * @ctx: the call
 * @ptr: kernel pointer that identifies the object
 * @class: its class
 *
 * Return: the id, 0 if it has none yet
 */
u32 ckpt_known_id(struct ckpt_ctx *ctx, const void *ptr, const struct ckpt_class *class);

/**
 * ckpt_object_refs - save: how often ckpt_object_id() was asked for this object
 * @ctx: the call
 * @ptr: kernel pointer
 * @class: its class
 *
 * Return: the number, 0 if it is unknown
 */
unsigned int ckpt_object_refs(struct ckpt_ctx *ctx, const void *ptr,
			      const struct ckpt_class *class);

/**
 * ckpt_object_class - validate: the class of an object
 * @ctx: the call
 * @id: object id found in a record
 *
 * Return: its class, NULL if no record before this one defines it
 */
const struct ckpt_class *ckpt_object_class(struct ckpt_ctx *ctx, u32 id);

/**
 * ckpt_ref - validate: a reference to an object
 * @ctx: the call
 * @id: object id found in a record
 * @class: what it must be
 *
 * Return: 0 if a record before this one defines it, else -EINVAL, reported
 */
int ckpt_ref(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class);

/**
 * ckpt_defining_type - validate: by what sort of record an object is defined
 * @ctx: the call
 * @id: object id, checked
 *
 * Return: CKPT_REC_*, 0 for the object that the record itself defines
 */
u32 ckpt_defining_type(struct ckpt_ctx *ctx, u32 id);

/**
 * ckpt_find_record - restore: a record of an object that no task restores
 * @ctx: the call; the metadata is read
 * @id: object id, validated
 * @type: CKPT_REC_*
 *
 * Return: the first of that type, NULL if there is none
 */
const struct ckpt_item *ckpt_find_record(struct ckpt_ctx *ctx, u32 id, u32 type);

static inline bool ckpt_has_record(struct ckpt_ctx *ctx, u32 id, u32 type)
{
	return ckpt_find_record(ctx, id, type);
}

/**
 * ckpt_set_object - restore: the object is made
 * @ctx: the call
 * @id: its id
 * @ptr: pointer to it; the core takes over the caller's reference and drops it
 *	at the end of the call or at the commit, as its class says
 *
 * Context: may sleep.
 * Return: 0 or negative errno; on error the reference was dropped
 */
int ckpt_set_object(struct ckpt_ctx *ctx, u32 id, void *ptr);

/**
 * ckpt_consume_object - restore: a task has come to use an object
 * @ctx: the call
 * @id: its id
 *
 * From then on it is not discarded at the end of the call.
 */
void ckpt_consume_object(struct ckpt_ctx *ctx, u32 id);

/**
 * ckpt_object - restore: the object with an id
 * @ctx: the call
 * @id: object id, validated with ckpt_ref()
 * @class: its class
 *
 * Return: the pointer, the reference stays with the core; NULL if it was not
 * made (yet)
 */
void *ckpt_object(struct ckpt_ctx *ctx, u32 id, const struct ckpt_class *class);

/**
 * ckpt_match_kind - save: the kind of an object
 * @ctx: the call
 * @class: its class
 * @ptr: the object, as the kinds of the class know it
 *
 * Return: the kind that saves it, NULL if no kind matches
 */
const struct ckpt_kind *ckpt_match_kind(struct ckpt_ctx *ctx, const struct ckpt_class *class,
					void *ptr);

/**
 * ckpt_looks_on - one check of several is made: does the survey make the next?
 * @ctx: the call
 * @err: what the check returned; it has reported it
 * @first: what the first one returned that found an obstacle, 0 so far
 *
 * Return: true if so; else *@first is what the checks together return
 */
bool ckpt_looks_on(struct ckpt_ctx *ctx, int err, int *first);

/**
 * ckpt_check_object - save: can an object be saved?
 * @ctx: the call
 * @class: its class
 * @ptr: the object, as the kinds of the class know it
 *
 * For kinds that refer to objects in their ->check().
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_object(struct ckpt_ctx *ctx, const struct ckpt_class *class, void *ptr);

/**
 * ckpt_save_object - save: the id of an object, saving it if it is new
 * @ctx: the call
 * @class: its class
 * @ptr: the object, as the kinds of the class know it
 * @id: out: the object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported: it cannot be saved, or no kind matches)
 */
int ckpt_save_object(struct ckpt_ctx *ctx, const struct ckpt_class *class, const void *ptr,
		     u32 *id);

/* -- save.c --------------------------------------------------------------- */

/**
 * ckpt_emit - append a record to the metadata
 * @ctx: the call
 * @kind: the record's kind
 * @object: object id for the record header
 * @data: the fixed part, kind->size bytes; its struct ckpt_rec_array is filled in by
 *	this function
 * @array: the elements, kind->elem bytes each; may be NULL if @count is 0
 * @count: number of elements
 *
 * Context: may sleep; allocates.
 * Return: 0 or negative errno (reported)
 */
int ckpt_emit(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, u32 object,
	      void *data, const void *array, u32 count);

/**
 * ckpt_check_mapped - save: can a mapped file be saved?
 * @ctx: the call; all tasks are frozen
 * @t: leader of a process that maps it
 * @file: the file, as the area has it
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_mapped(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file);

/**
 * ckpt_save_mapped - save a mapped file, once
 * @ctx: the call
 * @t: leader of a process that maps it
 * @file: the file, as the area has it
 * @id: out: its object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_mapped(struct ckpt_ctx *ctx, struct ckpt_task *t, struct file *file, u32 *id);

/**
 * ckpt_check_run - save: could an executable be shown as such again?
 * @ctx: the call
 * @file: the file
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_run(struct ckpt_ctx *ctx, struct file *file);

/**
 * ckpt_may_run - may current show a file as the executable of a process?
 * @file: the file, open for reading
 *
 * Context: may sleep.
 * Return: 0 or negative errno (not reported)
 */
int ckpt_may_run(struct file *file);

/**
 * ckpt_find_task - save: the saved thread of a task
 * @ctx: the call
 * @task: the task
 *
 * Return: its struct ckpt_task, NULL if it is not in the tree
 */
struct ckpt_task *ckpt_find_task(struct ckpt_ctx *ctx, const struct task_struct *task);

/* -- signal/ptrace.c --------------------------------------------------------- */

bool ckpt_could_trace(const struct cred *cred, bool by_file, struct ckpt_task *t);

/* -- restart/worker.c -------------------------------------------------------- */

int ckpt_run_as(struct ckpt_task *t, int (*errand)(struct ckpt_ctx *ctx, void *arg), void *arg);

/* -- mm/share.c -------------------------------------------------------------- */

u32 ckpt_mm_of(const struct ckpt_task *t);

/* -- base/spare.c ------------------------------------------------------------ */

/**
 * struct ckpt_spare - what can be given up before the OOM killer kills
 * @any: is there any?
 * @give_up: gives some up that @memcg pays for, or with NULL anybody.  Called in any context in
 *	which memory is allocated.  Returns how many pages come free, about
 * @node: private to spare.c
 */
struct ckpt_spare {
	bool (*any)(void);
	unsigned long (*give_up)(struct mem_cgroup *memcg);
	struct list_head node;
};

void ckpt_add_spare(struct ckpt_spare *spare);
void ckpt_expose_group(struct mem_cgroup *memcg);

/* -- mm/users.c ------------------------------------------------------------- */

struct mm_struct *ckpt_dead_mm(void);

/* -- mm/lock.c -------------------------------------------------------------- */

int ckpt_read_lock_mm(struct ckpt_ctx *ctx, struct mm_struct *mm);
int ckpt_write_lock_mm(struct ckpt_ctx *ctx, struct mm_struct *mm);

/* -- base/members.c -------------------------------------------------------- */

/**
 * ckpt_find_member_outside - save: somebody outside the tree in a group or session
 * @ctx: the call
 * @pid: the number of the group or session, or of the task or process, with a reference;
 *	may be NULL
 * @type: which of them
 *
 * Context: may sleep.
 * Return: the task with a reference, NULL if all members are in the tree
 */
struct task_struct *ckpt_find_member_outside(struct ckpt_ctx *ctx, struct pid *pid,
					     enum pid_type type);

/* -- tasks.c --------------------------------------------------------------- */

/**
 * ckpt_is_traced_from_outside - save: does somebody outside the tree trace a task?
 * @ctx: the call
 * @t: the task
 *
 * Return: true if so
 */
bool ckpt_is_traced_from_outside(struct ckpt_ctx *ctx, struct ckpt_task *t);

/**
 * ckpt_name_task - how a task outside the tree is called in a message
 * @ctx: the call
 * @task: the task
 * @comm: out: its name, of TASK_COMM_LEN bytes, if there is a number
 *
 * Only those who may look into it learn who it is, as a /proc with hidepid would have it.
 *
 * Return: its number as the caller sees it, 0 if the caller is not to know
 */
pid_t ckpt_name_task(struct ckpt_ctx *ctx, struct task_struct *task, char *comm);

/**
 * struct ckpt_who - room for a process in a message
 * @text: what it is called
 */
struct ckpt_who {
	char text[sizeof("process -2147483648 ()") + TASK_COMM_LEN];
};

/**
 * ckpt_show_outsider - what a process outside the tree is called in a message
 * @ctx: the call
 * @task: the process, whose reference is dropped; NULL if none was found
 * @who: room
 *
 * Return: "process 7 (sleep)"; "a process" if the caller is not to know
 */
const char *ckpt_show_outsider(struct ckpt_ctx *ctx, struct task_struct *task,
			       struct ckpt_who *who);

/**
 * ckpt_may_search - save: may all processes be asked for one that uses something?
 * @ctx: the call
 *
 * Each answer is a walk over all tasks of the machine, only for a name in a message, and
 * --check may have thousands of messages: the first ones have names.
 *
 * Return: true for so many calls of a checkpoint, then false
 */
bool ckpt_may_search(struct ckpt_ctx *ctx);

/**
 * ckpt_find_user - save: a process outside the tree that uses something
 * @ctx: the call
 * @uses: does the task, under its task_lock(), which may not sleep?
 * @what: argument of @uses
 *
 * Context: takes task_lock() of each task.
 * Return: the process, with a reference; NULL if there is none, or it is not looked for any
 * more, see ckpt_may_search()
 */
struct task_struct *ckpt_find_user(struct ckpt_ctx *ctx,
				   bool (*uses)(struct task_struct *task, const void *what),
				   const void *what);

/**
 * ckpt_fail_shared - refuse what a task of the tree has in common with one outside
 * @ctx: the call
 * @uses: as of ckpt_find_user()
 * @what: the same
 * @state: what it is, and the verb: "descriptor table is"
 * @flag: of clone(2), by its name
 *
 * Context: as ckpt_find_user().
 * Return: -EBUSY (reported)
 */
int ckpt_fail_shared(struct ckpt_ctx *ctx,
		     bool (*uses)(struct task_struct *task, const void *what), const void *what,
		     const char *state, const char *flag);

/* One sentence for what a debugger has, whenever it is found out */
#define CKPT_TRACED		"is being traced; detach the debugger first"

/* -- freeze/resume.c ------------------------------------------------------- */

/**
 * ckpt_resume_pending - will the trap make the task's call again
 * @task: a frozen task
 * @regs: its user registers
 *
 * Return: true if so; the deadline is in @task->checkpoint_deadline
 */
bool ckpt_resume_pending(struct task_struct *task, struct pt_regs *regs);

/**
 * ckpt_resume_check - refuse a task whose call cannot be continued
 * @ctx: the call of checkpoint()
 * @t: a frozen thread
 *
 * Return: 0, or -EBUSY (reported)
 */
int ckpt_resume_check(struct ckpt_ctx *ctx, struct ckpt_task *t);

/* -- rights.c -------------------------------------------------------------- */

/**
 * ckpt_ceiling - restart: is the caller limited to the rights of a user
 * @ctx: the call
 *
 * A ceiling only takes: what it leaves, the caller must have a right to as well.
 *
 * Return: true if an image owner other than root is the ceiling
 */
static inline bool ckpt_ceiling(const struct ckpt_ctx *ctx)
{
	return ctx->restart && ctx->restart->has_ceiling;
}

/**
 * ckpt_capable - restart: may the caller use a capability for this image
 * @ctx: the call
 * @cap: CAP_*
 *
 * Asks about current, which has the caller's credentials until its own are
 * restored (CKPT_STAGE_LATE).
 *
 * Return: true if it may
 */
bool ckpt_capable(const struct ckpt_ctx *ctx, int cap);

/**
 * ckpt_caller_capable - restart: may the caller use a capability of its user namespace
 * @ctx: the call
 * @cap: CAP_*
 *
 * Return: true if it may
 */
bool ckpt_caller_capable(const struct ckpt_ctx *ctx, int cap);

/**
 * ckpt_may_choose_for_all - restart: checkpoint_restore_ns_capable() for the caller
 * @ctx: the call
 * @ns: whose objects are concerned
 *
 * A ceiling does not matter: who has this right may choose numbers for an image, too.
 *
 * Return: true if the caller has CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN there
 */
bool ckpt_may_choose_for_all(const struct ckpt_ctx *ctx, struct user_namespace *ns);

/**
 * ckpt_may_be_user - restart: may something be done in the name of a user
 * @ctx: the call
 * @uid: the user
 *
 * Return: true if the caller may become that user, as by setresuid(2), and the ceiling
 * is no other
 */
bool ckpt_may_be_user(const struct ckpt_ctx *ctx, kuid_t uid);

/**
 * ckpt_may_be_group - restart: may something be done in the name of a group
 * @ctx: the call
 * @gid: the group
 *
 * Return: true if the caller may change to that group, as by setresgid(2), and the ceiling
 * has it
 */
bool ckpt_may_be_group(const struct ckpt_ctx *ctx, kgid_t gid);

/**
 * ckpt_drop_rights - act as the image's owner where a ceiling is set
 * @ctx: the call
 *
 * For kernel functions that ask for the rights of current themselves: without
 * capabilities and, if the caller may change to that user, with that user's access to files.
 * Credentials must not be committed before this is undone by ckpt_regain_rights().
 *
 * Context: may sleep.
 * Return: what ckpt_regain_rights() wants, or an error pointer
 */
const struct cred *ckpt_drop_rights(struct ckpt_ctx *ctx);

/**
 * ckpt_regain_rights - undo ckpt_drop_rights()
 * @old: what it returned
 */
void ckpt_regain_rights(const struct cred *old);

/* -- restart -------------------------------------------------------------- */

/**
 * ckpt_add_task - validate: a record describes a task
 * @ctx: the call
 * @item: the record, which becomes the task's own; its object is the task
 * @leader: task object of the thread group's leader, its own for a leader; checked
 * @parent: task object of the real parent, 0 if none; checked
 * @zombie: it has exited
 * @outlived: and leads threads that have not
 *
 * The core makes the task from the entry, of which the kind fills in @pid_id,
 * @exit_signal and @exit_code.
 *
 * Return: the entry, or an error pointer (reported)
 */
struct ckpt_task *ckpt_add_task(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 leader,
				u32 parent, bool zombie, bool outlived);

/**
 * ckpt_self_pid - restore: the root's pid is that of the caller, or it fails (RESTART_SELF)
 * @ctx: the call
 * @object: object id of the pid
 * @nr: the number that the image wants
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_self_pid(struct ckpt_ctx *ctx, u32 object, pid_t nr);

/**
 * ckpt_task_by_id - restore: the task with an object id
 * @ctx: the call
 * @id: object id, validated
 *
 * Return: its struct ckpt_task
 */
struct ckpt_task *ckpt_task_by_id(struct ckpt_ctx *ctx, u32 id);

/**
 * ckpt_outer_pid_ns - save: the pid namespace in which the tree's numbers begin
 * @ctx: the call
 *
 * It stays outside.  If the root is the init of its own, that one is the tree's.
 *
 * Return: that of the root, or the one above it
 */
static inline struct pid_namespace *ckpt_outer_pid_ns(const struct ckpt_ctx *ctx)
{
	struct pid_namespace *ns = ns_of_pid(ctx->root->pid);

	return is_child_reaper(ctx->root->pid) ? ns->parent : ns;
}

/**
 * ckpt_roots_pid_ns - restart: the pid namespace that takes its place
 * @ctx: the call
 *
 * Context: the caller, or a task that is made, for which the caller waits.
 * Return: that in which the caller's children are born; with RESTART_SELF its own
 */
static inline struct pid_namespace *ckpt_roots_pid_ns(const struct ckpt_ctx *ctx)
{
	return ctx->flags & RESTART_SELF ? task_active_pid_ns(ctx->caller) :
					   ctx->caller->nsproxy->pid_ns_for_children;
}

/**
 * ckpt_set_children_ns - restart: have a pid namespace for one's children
 * @ns: the namespace, that of current or one below it
 *
 * Context: a task that is made, or the root itself; may sleep.
 * Return: 0 or negative errno
 */
int ckpt_set_children_ns(struct pid_namespace *ns);

/* -- task/pid_ns.c ------------------------------------------------------------ */

/**
 * ckpt_check_pid_ns - save: does a pid namespace belong to the tree?
 * @ctx: the call
 * @ns: the namespace
 *
 * It is that of the root, or below it, and so are those between them: their inits, if they
 * have one, are in the tree.  What else is against an init is found out once, with that.
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_pid_ns(struct ckpt_ctx *ctx, struct pid_namespace *ns);

/* -- ipc/: shared by the folders of System V IPC and of files ----------------------------- */

/* Most bytes that the messages of a queue may take in a record */
#define CKPT_MSG_MAX	(128U << 20)

bool ckpt_ipc_own(struct ckpt_ctx *ctx);

/**
 * ckpt_find_mapper - save: a process outside the tree that maps a file
 * @ctx: the call
 * @inode: of the file
 *
 * Context: may sleep.
 * Return: the process, with a reference; NULL if there is none
 */
struct task_struct *ckpt_find_mapper(struct ckpt_ctx *ctx, struct inode *inode);

/**
 * ckpt_find_areas - save: where does the tree show a file without a name
 * @ctx: the call
 * @inode: of the file
 * @areas: out: areas that map it
 * @files: out: open files among those that are mapped or have a descriptor
 *
 * Context: may sleep; takes mmap_lock of the tree's processes.
 * Return: 0 or negative errno (reported)
 */
int ckpt_find_areas(struct ckpt_ctx *ctx, const struct inode *inode, unsigned int *areas,
		    unsigned int *files);
size_t ckpt_msg_bytes(const struct list_head *list);
void *ckpt_msg_pack(const struct list_head *list, void *to);
const struct ckpt_rec_msg *ckpt_msg_next(const struct ckpt_item *item, size_t *at);
bool ckpt_msg_same(const struct ckpt_item *item, size_t *at, const struct list_head *list);
int ckpt_msg_unpack(const struct ckpt_item *item, struct list_head *list);
void ckpt_msg_free_all(struct list_head *list);

/* -- files/aio_ring.c ------------------------------------------------------- */

/**
 * ckpt_is_aio_ring - is a file the ring of an AIO context?
 * @file: the file
 *
 * Return: true if so
 */
#ifdef CONFIG_AIO
bool ckpt_is_aio_ring(const struct file *file);
#else
static inline bool ckpt_is_aio_ring(const struct file *file)
{
	return false;
}
#endif

/* -- net/unix_name.c ---------------------------------------------------------- */

/**
 * ckpt_unix_is_bound - save: is a unix socket bound to a file?
 * @inode: of the file
 *
 * Return: true if one is, which may be connected to through the file
 */
#ifdef CONFIG_UNIX
bool ckpt_unix_is_bound(struct inode *inode);
#else
static inline bool ckpt_unix_is_bound(struct inode *inode)
{
	return false;
}
#endif

/* -- files/tty_process.c ----------------------------------------------------- */

/**
 * ckpt_has_tty_inside - save: has a process a terminal that comes back with the tree?
 * @ctx: the call
 * @task: the process
 *
 * Context: the task's siglock held.
 * Return: true if the tree has been surveyed and runs the terminal itself, or leads its session
 */
bool ckpt_has_tty_inside(struct ckpt_ctx *ctx, struct task_struct *task);

/* -- page data --------------------------------------------------------------- */

#define CKPT_RUN_PAGES	512

/**
 * struct ckpt_page_run - pages that follow each other
 * @address: where the first one lies in its object
 * @nr: how many; 0 at the end of the source
 * @flags: CKPT_EXTENT_*, which an extent of them has
 * @keep_zeros: pages that are all zero are data like others; without it they are what
 *	the object has by itself
 * @pages: the pages, with a reference each, which the taker drops
 */
struct ckpt_page_run {
	u64 address;
	unsigned int nr;
	u32 flags;
	bool keep_zeros;
	struct page *pages[CKPT_RUN_PAGES];
};

struct ckpt_exposed;

/**
 * struct ckpt_exposed_ops - what is asked when memory runs short
 * @pages: tells how many pages would come free
 * @drop: lets go of them.  Called with a lock held that any allocation may take: allocates
 *	nothing and waits for nothing but the locks of page tables
 */
struct ckpt_exposed_ops {
	unsigned long (*pages)(struct ckpt_exposed *exposed);
	void (*drop)(struct ckpt_exposed *exposed);
};

/**
 * struct ckpt_exposed - memory of a call that is given up before the OOM killer kills
 * @node: private to give_up.c
 * @given_up: private to give_up.c
 * @ctx: the call
 * @memcg: the control group that may run short; set by ckpt_expose()
 * @ops: how to get at it
 */
struct ckpt_exposed {
	struct list_head node;
	bool given_up;
	struct ckpt_ctx *ctx;
	struct mem_cgroup *memcg;
	const struct ckpt_exposed_ops *ops;
};

/**
 * ckpt_expose - let memory be taken away from now on
 * @exposed: the memory, with @ctx and @ops set
 * @mm: the program's: its control group is the one that may run short
 *
 * A program that moves to another group before its image is written is looked after in
 * the old one.
 *
 * Context: may sleep.
 */
void ckpt_expose(struct ckpt_exposed *exposed, struct mm_struct *mm);

/**
 * ckpt_hide - what was exposed is about to be freed
 * @exposed: the memory; it is dropped
 *
 * Context: may sleep; holds no lock that is needed to free memory, and no page of it.
 */
void ckpt_hide(struct ckpt_exposed *exposed);

/**
 * ckpt_give_up - the call fails, because memory is short
 * @exposed: what could not be kept; nothing happens if it is hidden by now
 *
 * All that the call has exposed is dropped.
 *
 * Context: any task; may sleep.
 */
void ckpt_give_up(struct ckpt_exposed *exposed);

struct ckpt_page_source;

/**
 * struct ckpt_page_source_ops - what a source of page data can do
 * @next: finds the next pages, at *@from or behind; sets *@from behind them.  They are
 *	not more than CKPT_RUN_PAGES.  May sleep, killable.  Returns 0 or what
 *	ckpt_fail() returned, and then there are none.
 * @cow: may be absent, then sources are copied.  Of one that is live: from now on pages are
 *	copied before somebody changes them, which may take up to *@left bytes, and is
 *	taken off that.  May sleep, killable.  Returns 1, 0 if it cannot be (or costs more than a
 *	copy), or what ckpt_fail() returned
 * @free: takes the source off its list and frees it with all that it holds; may sleep
 */
struct ckpt_page_source_ops {
	int (*next)(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *from,
		    struct ckpt_page_run *run);
	int (*cow)(struct ckpt_ctx *ctx, struct ckpt_page_source *source, u64 *left);
	void (*free)(struct ckpt_page_source *source);
};

/**
 * struct ckpt_page_source - page data of one object, to be written behind the metadata
 * @node: in ctx->save->page_sources, where ->save() of a kind appends it
 * @object: the object that the pages fill
 * @live: the pages change when the tree runs.  Then they are copied before they do (->cow()),
 *	or the core copies them while it is frozen, or lets it run only when they are written
 * @cow: ->cow() was called: the pages do not change until the source is freed
 * @ops: how to get at them
 *
 * Part of a larger structure of the kind.  A source is freed as soon as it is written,
 * or when the call ends.
 */
struct ckpt_page_source {
	struct list_head node;
	u32 object;
	bool live;
	bool cow;
	const struct ckpt_page_source_ops *ops;
};

/**
 * ckpt_live_written - save: no source that is left to be written is live
 * @ctx: the call
 *
 * A tree that stood for their sake runs again.
 *
 * Context: may sleep.
 * Return: 0 or -ETIMEDOUT (reported), if it had been let go too early
 */
int ckpt_live_written(struct ckpt_ctx *ctx);

/**
 * ckpt_cow_written - save: the pages of a source with @cow set may change from now on
 * @ctx: the call
 *
 * Context: may sleep.
 * Return: 0 or what ckpt_fail() returned: the image could not be written, or pages have changed
 *	before
 */
int ckpt_cow_written(struct ckpt_ctx *ctx);

struct ckpt_page_data;

/**
 * struct ckpt_page_sink - how page data get into objects of one class
 * @limit: tells below what addresses lie
 * @fill: puts the data of @extents into @object, as ckpt_object() returns it.  The
 *	extents ascend, are whole pages and lie below ->limit().  The data are read with
 *	ckpt_read_page_data(), in the order of the extents, all of them.  Called by the
 *	caller of restart(); may sleep, killable.  Returns 0 or what ckpt_fail() returned.
 */
struct ckpt_page_sink {
	u64 (*limit)(void);
	int (*fill)(struct ckpt_ctx *ctx, void *object, struct ckpt_page_data *data,
		    const struct ckpt_rec_extent *extents, u32 count);
};

/* What is summed at once, without a chance for others */
#define CKPT_BVEC_BYTES	(256UL << 10)

/**
 * ckpt_read_page_data - read the next data of a chunk into pages
 * @data: the chunk's data, as ->fill() got it
 * @bvecs: page fragments, whole pages each, at most CKPT_BVEC_BYTES of them
 * @nr: how many fragments
 *
 * Context: may sleep, killable.
 * Return: 0 or negative errno (reported)
 */
int ckpt_read_page_data(struct ckpt_page_data *data, struct bio_vec *bvecs, unsigned int nr);

/* -- files/hugetlb.c -------------------------------------------------------- */

/**
 * struct ckpt_huge_part - small pages of a huge one that data are read into
 * @folio: the huge page
 * @first: the first of them
 * @nr: how many there are
 */
struct ckpt_huge_part {
	struct folio *folio;
	unsigned long first;
	unsigned long nr;
};

#ifdef CONFIG_HUGETLB_PAGE
/**
 * ckpt_huge_add_source - save: the contents of a file of huge pages are to be written
 * @ctx: the call; the tree is frozen
 * @file: the file
 * @id: the object that its pages fill
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM (reported)
 */
int ckpt_huge_add_source(struct ckpt_ctx *ctx, struct file *file, u32 id);

/**
 * ckpt_huge_fill - restore: page data become the contents of a file of huge pages
 * @ctx: the call
 * @file: the file
 * @data: the data
 * @extents: where they go; whole pages below the sink's limit, ascending
 * @count: how many extents
 *
 * Context: may sleep, killable.
 * Return: 0 or negative errno (reported)
 */
int ckpt_huge_fill(struct ckpt_ctx *ctx, struct file *file, struct ckpt_page_data *data,
		   const struct ckpt_rec_extent *extents, u32 count);

/**
 * ckpt_huge_read - restore: read page data into a huge page
 * @data: the data
 * @part: where to
 *
 * Context: may sleep, killable.
 * Return: 0 or negative errno (reported)
 */
int ckpt_huge_read(struct ckpt_page_data *data, const struct ckpt_huge_part *part);

/**
 * ckpt_huge_failed - restore: report that there is no huge page
 * @ctx: the call
 * @err: negative errno
 * @bytes: of a huge page
 *
 * Return: @err, -ENOMEM where it is -ENOSPC
 */
int ckpt_huge_failed(struct ckpt_ctx *ctx, int err, unsigned long bytes);

/**
 * ckpt_huge_is_reserved - save: is each page of a file of huge pages there or set aside?
 * @file: the file
 *
 * Return: true if so
 */
bool ckpt_huge_is_reserved(struct file *file);
#else
static inline int ckpt_huge_add_source(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	return -EOPNOTSUPP;
}

static inline int ckpt_huge_fill(struct ckpt_ctx *ctx, struct file *file,
				 struct ckpt_page_data *data,
				 const struct ckpt_rec_extent *extents, u32 count)
{
	return -EOPNOTSUPP;
}

static inline int ckpt_huge_failed(struct ckpt_ctx *ctx, int err, unsigned long bytes)
{
	return err;
}

static inline bool ckpt_huge_is_reserved(struct file *file)
{
	return false;
}
#endif

#endif /* _KERNEL_CHECKPOINT_H */
