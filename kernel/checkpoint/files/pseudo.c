// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: open files of proc, sysfs and control groups.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/slab.h>
#include "../../../fs/proc/internal.h"
#include "pseudo.h"

/**
 * DOC: files of proc, sysfs and control groups
 *
 * Preserved: path, access mode and flags, the position, also within the records that a
 * file is read in, an event that poll(2) has not reported yet (mounts, kernfs, sysctl).  What
 * they say is the kernel's, and of now.  Files and directories of /proc/PID belong to the
 * same process or thread again, a zombie as well.
 *
 * Rebuilt: files of /proc/PID are opened when their process is there, and then its
 * credentials decide whether their user may open them.
 *
 * Refused: files of /proc/PID of a process that is gone or outside the tree, on a /proc of
 * another pid namespace, or mounted with hidepid=; those that hold a user namespace as it
 * was when opened (uid_map) or are written to (attr), or want the right to trace (fdinfo),
 * /proc/PID/net; a working directory in /proc/PID;
 * files read in part, while they hold text for the next read; triggers for pressure (PSI), a
 * peak of one's own (memory.peak), control groups seen from another namespace; files that
 * a driver keeps a state for, such as /proc/fs/jbd2/DISK/info.
 *
 * Immaterial: what was not read of the kernel's log (/proc/kmsg) yet is the machine's; where
 * the iteration over a directory is remembered beside its position.
 */

/**
 * ckpt_is_pseudo - is it a file system whose files are opened again?
 * @sb: the file system
 *
 * Return: true of proc, sysfs, cgroup and cgroup2
 */
bool ckpt_is_pseudo(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
		return true;
	}
	return false;
}

/**
 * ckpt_pseudo_pid - the process or thread that a file is about
 * @dentry: of a pseudo file system; nobody renames there
 *
 * Return: the struct pid of the file or of the nearest directory above that has one, NULL
 * if it is not below /proc/PID
 */
struct pid *ckpt_pseudo_pid(const struct dentry *dentry)
{
	if (dentry->d_sb->s_magic != PROC_SUPER_MAGIC)
		return NULL;
	for (; !IS_ROOT(dentry); dentry = dentry->d_parent)
		if (proc_pid(d_inode(dentry)))
			return proc_pid(d_inode(dentry));
	return NULL;
}

/* -- check and save ----------------------------------------------------------------- */

/**
 * ckpt_is_pseudo_file - is it an open file or directory of a pseudo file system?
 * @file: the file
 *
 * Return: true if so; what is open with O_PATH is not
 */
bool ckpt_is_pseudo_file(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	return (S_ISREG(mode) || S_ISDIR(mode)) && !(file->f_mode & FMODE_PATH) &&
	       ckpt_is_pseudo(file_inode(file)->i_sb);
}

static bool pseudo_match(struct ckpt_ctx *ctx, void *ptr)
{
	const struct file *file = ptr;

	return ckpt_is_pseudo_file(file) && !ckpt_pseudo_pid(file->f_path.dentry);
}

/**
 * ckpt_check_pseudo - can a file be opened again, and be as it is then?
 * @ctx: the call, surveyed
 * @file: a file of a pseudo file system
 * @task: the process that it is about, or the root of the tree
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_pseudo(struct ckpt_ctx *ctx, struct file *file, const struct task_struct *task)
{
	int err = ckpt_check_raw_path(ctx, &file->f_path, file->f_cred) ?:
		  ckpt_check_again(ctx, file);
	struct ckpt_shown shown;
	const char *what;

	if (err)
		return err;
	what = ckpt_pseudo_keeps(file, task);
	ckpt_show_file(file, &shown);
	if (what)
		return ckpt_cannot_save(ctx, "%s, %s,", shown.text, what);
	err = ckpt_is_half_read(ctx, file, shown.text);
	if (err < 0)
		return err;
	/* As a rule it is read on at once. */
	if (err)
		return ckpt_file_fail(ctx, -EAGAIN, "%s has been read in part, and the rest would not fit what it says then; let the program read it to its end",
				      shown.text);
	if (file->f_pos && (!(file->f_mode & FMODE_LSEEK) || file->f_op->llseek == noop_llseek))
		return ckpt_cannot_save(ctx, "%s, which cannot be read from its middle again,",
					shown.text);
	return 0;
}

static int pseudo_check(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_check_pseudo(ctx, ptr, ckpt_living_task(ctx->root));
}

/**
 * ckpt_emit_pseudo - append the record of a file with its path
 * @ctx: the call
 * @kind: the record's kind
 * @file: the file
 * @rec: the fixed part
 * @id: the file's object id
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_emit_pseudo(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
		     void *rec, u32 id)
{
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_raw_name(ctx, &file->f_path, buf, &name);
	if (!err)
		err = ckpt_emit(ctx, kind, id, rec, name, strlen(name));
	__putname(buf);
	return err;
}

static const struct ckpt_kind ckpt_kind_file_pseudo_event;

/**
 * ckpt_emit_event - append a record that poll(2) is to report a change, if it is
 * @ctx: the call
 * @id: the file's object id
 * @state: what the file has
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_emit_event(struct ckpt_ctx *ctx, u32 id, const struct ckpt_pseudo_state *state)
{
	struct ckpt_rec_file_pseudo_event rec = {};

	return state->event ? ckpt_emit(ctx, &ckpt_kind_file_pseudo_event, id, &rec, NULL, 0) : 0;
}

static int pseudo_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct ckpt_pseudo_state state;
	struct ckpt_rec_file_pseudo rec = {
		.open_flags = ckpt_file_flags(file) & PSEUDO_OPEN_FLAGS,
		.mode = file_inode(file)->i_mode & S_IFMT,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	ckpt_get_pseudo_state(file, &state);
	rec.position = state.position;
	rec.index = state.index;
	rec.flags = state.flags;
	if (!err)
		err = ckpt_emit_pseudo(ctx, kind, file, &rec, id);
	return err ?: ckpt_emit_event(ctx, id, &state);
}

/* -- validate and restore -------------------------------------------------------------- */

/**
 * ckpt_validate_pseudo - validate: the fields of a file's record
 * @ctx: the call
 * @item: the record
 * @open_flags: from the record
 * @mode: the same
 * @state: the same
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_validate_pseudo(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 open_flags,
			 u32 mode, const struct ckpt_pseudo_state *state)
{
	bool memory = item->kind->type == CKPT_REC_FILE_PROC_MEMORY;
	u32 known = CKPT_PSEUDO_SEQ | (memory ? CKPT_PSEUDO_GONE : 0);
	bool seq = state->flags & CKPT_PSEUDO_SEQ;

	if (open_flags & ~PSEUDO_OPEN_FLAGS)
		return ckpt_fail(ctx, -EINVAL, "unknown open flags %#x", open_flags);
	if (mode != S_IFREG && (mode != S_IFDIR || open_flags & O_ACCMODE))
		return ckpt_fail(ctx, -EINVAL, "a file of mode %#o is none of proc or sysfs", mode);
	if (state->flags & ~known || (state->flags && mode != S_IFREG))
		return ckpt_fail(ctx, -EINVAL, "unknown flags %#x of a file of proc or sysfs",
				 state->flags);
	/* That of an area is an address, or behind all of them. */
	if ((s64)state->position < 0 || ((s64)state->index < 0 && !memory) ||
	    (seq && !state->position) || (state->index && !seq))
		return ckpt_fail(ctx, -EINVAL, "how far a file of proc or sysfs was read is malformed");
	return ckpt_check_name(ctx, item);
}

static struct ckpt_pseudo_state pseudo_state(const struct ckpt_rec_file_pseudo *data)
{
	return (struct ckpt_pseudo_state) {
		.position = data->position, .index = data->index, .flags = data->flags,
	};
}

static int pseudo_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_pseudo *data = item->data;
	struct ckpt_pseudo_state state = pseudo_state(data);

	return ckpt_validate_pseudo(ctx, item, data->open_flags, data->mode, &state);
}

/**
 * ckpt_restore_pseudo - restore: how far a file was read
 * @ctx: the call
 * @item: the file's record
 * @file: the file, just opened
 * @task: the process that it is about, or who made the tree
 * @state: from the record, validated
 *
 * What is refused at saving is refused here too.
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_restore_pseudo(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct file *file,
			const struct task_struct *task, const struct ckpt_pseudo_state *state)
{
	const char *what = ckpt_pseudo_keeps(file, task);
	struct ckpt_shown shown;
	int err;

	ckpt_show_name(item, &shown);
	if (what)
		return ckpt_fail(ctx, -EINVAL, "%s, %s, is not restored", shown.text, what);
	err = ckpt_set_pseudo_state(file, state);
	if (err)
		return ckpt_fail(ctx, err, "%s cannot be read from where it was (error %d)",
				 shown.text, -err);
	return 0;
}

static void *pseudo_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_pseudo *data = item->data;
	struct ckpt_pseudo_state state = pseudo_state(data);
	struct ckpt_shown shown;
	struct file *file;
	int err;

	file = ckpt_open_name(ctx, item, data->open_flags, data->cred, data->mode, 0);
	if (IS_ERR(file))
		return file;
	if (pseudo_match(ctx, file))
		err = ckpt_restore_pseudo(ctx, item, file, current, &state);
	else
		err = ckpt_fail(ctx, -ESTALE, "%s is no file of proc, sysfs or a control group any more",
				ckpt_show_name(item, &shown));
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(file_pseudo) = {
	.name		= "file_pseudo",
	.type		= CKPT_REC_FILE_PSEUDO,
	.size		= sizeof(struct ckpt_rec_file_pseudo),
	CKPT_ARRAY(struct ckpt_rec_file_pseudo, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= pseudo_match,
	.check_object	= pseudo_check,
	.save_object	= pseudo_save,
	.validate	= pseudo_validate,
	.restore_object	= pseudo_restore,
};

/* -- events of poll(2) ------------------------------------------------------------------- */

static int event_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	u32 type = ckpt_defining_type(ctx, item->object);

	if (type != CKPT_REC_FILE_PSEUDO && !ckpt_is_late_file(type))
		return ckpt_fail(ctx, -EINVAL, "a file that is none of proc or sysfs has an event");
	return 0;
}

/* When all instances of epoll have it: they ask, and to be asked takes it away. */
static int event_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	ckpt_set_pseudo_event(ckpt_object(ctx, item->object, &ckpt_class_file));
	return 0;
}

CHECKPOINT_KIND(file_pseudo_event) = {
	.name		= "file_pseudo_event",
	.type		= CKPT_REC_FILE_PSEUDO_EVENT,
	.size		= sizeof(struct ckpt_rec_file_pseudo_event),
	.stage		= CKPT_STAGE_REGS,
	.class		= &ckpt_class_file,
	.validate	= event_validate,
	.restore	= event_restore,
};
