// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: pseudo terminals with both sides in the tree.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/major.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include "pty.h"
#include <linux/devpts_fs.h>

/**
 * DOC: pseudo terminals
 *
 * A pair of /dev/ptmx whose master is open in the tree, as of script, tmux, expect or sshd.
 *
 * Preserved: the number in /dev/pts, owner, mode and times there; settings (termios), what of
 * them is locked, the size of the window; input that was not read, with its lines and half a
 * line, what is still to be echoed, what there was no room for; output that is stopped;
 * packet mode and the status that was not read; exclusive use, the lock of a slave that was
 * not opened yet, a slave that was closed or hung up.  Every open file, also of /dev/tty.
 *
 * Rebuilt: who waits to read, write or for an event asks again.
 *
 * Refused: a pair that is open outside the tree too; a line discipline other than N_TTY; the
 * terminal to which the console's output goes (TIOCCONS); O_ASYNC; the older pairs of
 * /dev/ptyXX.  At a restart another pair must not have the number; what is locked of the
 * settings needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
 *
 * Immaterial: how far a line was when it was cut into buffers; warnings that input was lost.
 */

static const struct ckpt_kind ckpt_kind_tty_pair;

/**
 * ckpt_is_pty - is it a side of a pair of /dev/ptmx?
 * @tty: a terminal
 *
 * Return: true if it is
 */
bool ckpt_is_pty(const struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY &&
	       (tty->driver->major == UNIX98_PTY_MASTER_MAJOR ||
		tty->driver->major == UNIX98_PTY_SLAVE_MAJOR);
}

/**
 * ckpt_pty_slave - the side of a pair that programs run on
 * @tty: either side
 *
 * Return: the slave
 */
struct tty_struct *ckpt_pty_slave(struct tty_struct *tty)
{
	return is_master(tty) ? tty->link : tty;
}

static struct tty_struct *master_of(struct tty_struct *tty)
{
	return is_master(tty) ? tty : tty->link;
}

/**
 * ckpt_is_pty_inside - does a pair belong to the tree?
 * @ctx: the call, surveyed
 * @tty: a terminal that the tree has open
 *
 * Return: true if the tree has the master, or nobody has any more
 */
bool ckpt_is_pty_inside(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	if (!ckpt_is_pty(tty))
		return false;
	return is_master(tty) || is_master_closed(tty) || ckpt_seen_find(ctx, tty->link);
}

/**
 * ckpt_pty_file - save: a file of the tree that is open on a side of a pair
 * @ctx: the call, surveyed
 * @tty: the side
 *
 * Return: one that was opened by its own name, not as /dev/tty; NULL if there is none
 */
struct file *ckpt_pty_file(struct ckpt_ctx *ctx, const struct tty_struct *tty)
{
	struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct file *file = (struct file *)seen->ptr;

		if (seen->peer && seen->peer->ptr == tty &&
		    (is_master(tty) || imajor(file_inode(file)) == UNIX98_PTY_SLAVE_MAJOR))
			return file;
	}
	return NULL;
}

/* -- check ---------------------------------------------------------------------- */

/* Files of the slave; the master has one open of it too */
static bool is_ours(struct ckpt_ctx *ctx, void *arg)
{
	const struct tty_struct *slave = arg;
	const struct ckpt_seen *seen = ckpt_seen_find(ctx, slave);

	return READ_ONCE(slave->count) <= (seen ? seen->refs : 0) + !!slave->link->count;
}

static int leads_to(const void *slave, struct file *file, unsigned int fd)
{
	return tty_from_file(file) == slave;
}

static int check_holders(struct ckpt_ctx *ctx, struct tty_struct *slave)
{
	struct task_struct *holder;
	struct ckpt_who who;

	if (ckpt_settle(is_ours, ctx, slave))
		return 0;
	holder = ckpt_find_opener(ctx, leads_to, slave);
	if (!holder)
		return ckpt_file_fail(ctx, -EBUSY, "%s is held outside the tree too; close it there or save a larger tree",
				      tty_name(slave));
	return ckpt_file_fail(ctx, -EBUSY, "%s is open in %s outside the tree too; close it there or save a larger tree",
			      tty_name(slave), ckpt_show_outsider(ctx, holder, &who));
}

/* Of whoever may make the pair again: what it would not be by itself */
static int check_owner(struct ckpt_ctx *ctx, const struct path *path, const struct cred *maker)
{
	const struct inode *inode = d_inode(path->dentry);

	if (ckpt_caller_capable(ctx, CAP_CHOWN) && ckpt_caller_capable(ctx, CAP_FOWNER))
		return 0;
	if (!uid_eq(inode->i_uid, ckpt_opener(ctx, maker)->fsuid))
		return ckpt_file_fail(ctx, -EPERM, "a pseudo terminal belongs to uid %u, to whom the caller could not give it; save it as root",
				      from_kuid_munged(current_user_ns(), inode->i_uid));
	if (!ckpt_gets_group(ctx, inode))
		return ckpt_file_fail(ctx, -EPERM, "a pseudo terminal belongs to group %u, to which the caller could not give it; save it as root",
				      from_kgid_munged(current_user_ns(), inode->i_gid));
	return 0;
}

static int check_master(struct ckpt_ctx *ctx, struct tty_struct *slave)
{
	struct file *file = ckpt_pty_file(ctx, slave->link);
	struct path path = { .dentry = slave->driver_data };

	if (tty_hung_up_p(file))
		return ckpt_cannot_save(ctx, "the master of %s, which has hung up itself,",
					tty_name(slave));
	return ckpt_check_path(ctx, &file->f_path, file->f_cred) ?:
	       ckpt_check_again(ctx, file) ?: check_owner(ctx, &path, file->f_cred) ?:
	       ckpt_check_line(ctx, slave);
}

/* Others may have it open, too: nothing can be done with it. */
static int check_closed(struct ckpt_ctx *ctx, struct tty_struct *slave)
{
	struct file *file = ckpt_pty_file(ctx, slave);
	char *buf, *name;
	int err;

	if (!file)
		return ckpt_cannot_save(ctx, "%s, which has hung up and is open as /dev/tty alone,",
					tty_name(slave));
	buf = __getname();
	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_ptmx_name(ctx, file, buf, &name) ?:
	      check_owner(ctx, &file->f_path, file->f_cred);
	__putname(buf);
	return err;
}

static int check_pair(struct ckpt_ctx *ctx, struct tty_struct *slave)
{
	if (is_master_closed(slave))
		return check_closed(ctx, slave);
	if (ckpt_is_console(slave) || ckpt_is_console(slave->link))
		return ckpt_cannot_save(ctx, "%s, to which the console's output goes (TIOCCONS),",
					tty_name(slave));
	return check_holders(ctx, slave) ?: check_master(ctx, slave) ?:
	       ckpt_check_tty_session(ctx, slave);
}

/* All files of a pair ask; it is looked at once. */
static int check_once(struct ckpt_ctx *ctx, void *ptr)
{
	struct tty_struct *slave = ckpt_pty_slave(ptr);
	struct ckpt_seen *seen = ckpt_seen_find(ctx, slave) ?: ckpt_seen_find(ctx, slave->link);

	if (!seen->checked) {
		seen->checked = true;
		seen->err = check_pair(ctx, slave);
	}
	return seen->err;
}

static const void *pair_key(struct ckpt_ctx *ctx, const void *ptr)
{
	return ckpt_pty_slave((struct tty_struct *)ptr);
}

/* -- save ----------------------------------------------------------------------- */

static void fill_attr(struct ckpt_rec_tty_pair *rec, const struct path *path)
{
	struct ckpt_rec_inode_attr attr = ckpt_get_attr(path);

	rec->mode = attr.mode;
	rec->uid = attr.uid;
	rec->gid = attr.gid;
	rec->atime_sec = attr.atime_sec;
	rec->atime_nsec = attr.atime_nsec;
	rec->mtime_sec = attr.mtime_sec;
	rec->mtime_nsec = attr.mtime_nsec;
}

/* Where the slave is; with a reference */
static int slave_path(struct file *master, struct path *path)
{
	const struct tty_struct *tty = tty_from_file(master);

	path->mnt = devpts_mntget(master, tty->driver_data);
	if (IS_ERR(path->mnt))
		return PTR_ERR(path->mnt);
	path->dentry = dget(tty->link->driver_data);
	return 0;
}

static int emit_pair(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
		     struct ckpt_rec_tty_pair *rec, u32 id)
{
	bool closed = rec->flags & CKPT_PTY_MASTER_CLOSED;
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = closed ? ckpt_ptmx_name(ctx, file, buf, &name) :
		       ckpt_path_name(ctx, &file->f_path, buf, &name);
	if (!err)
		err = ckpt_emit(ctx, kind, id, rec, name, strlen(name));
	__putname(buf);
	return err;
}

static int pair_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct tty_struct *slave = ckpt_pty_slave(ptr);
	bool closed = is_master_closed(slave);
	struct file *file = ckpt_pty_file(ctx, closed ? slave : master_of(slave));
	struct ckpt_rec_tty_pair rec = {
		.index = slave->index,
		.open_flags = closed ? O_RDWR : ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
	};
	struct path path = file->f_path;
	int err = 0;

	if (closed)
		path_get(&path);
	else
		err = slave_path(file, &path);
	if (err)
		return ckpt_file_fail(ctx, err, "%s has no name any more (error %d)",
				      tty_name(slave), -err);
	fill_attr(&rec, &path);
	path_put(&path);
	if (closed)
		rec.flags |= CKPT_PTY_MASTER_CLOSED;
	else if (test_bit(TTY_HUPPED, &slave->flags))
		rec.flags |= CKPT_PTY_HUNG_UP;
	err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (!err)
		err = emit_pair(ctx, kind, file, &rec, id);
	return err ?: ckpt_save_line(ctx, slave, id);
}

/* -- restart -------------------------------------------------------------------- */

static struct ckpt_rec_inode_attr attr_of(const struct ckpt_rec_tty_pair *data)
{
	return (struct ckpt_rec_inode_attr) {
		.mode = data->mode, .uid = data->uid, .gid = data->gid,
		.atime_sec = data->atime_sec, .atime_nsec = data->atime_nsec,
		.mtime_sec = data->mtime_sec, .mtime_nsec = data->mtime_nsec,
	};
}

static int pair_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tty_pair *data = item->data;
	struct ckpt_rec_inode_attr attr = attr_of(data);

	if (data->index > INT_MAX ||
	    data->flags & ~(CKPT_PTY_MASTER_CLOSED | CKPT_PTY_HUNG_UP) ||
	    data->open_flags & ~(CKPT_OPEN_FLAGS & ~(O_PATH | O_DIRECTORY)))
		return ckpt_fail(ctx, -EINVAL, "a pseudo terminal is malformed");
	return ckpt_validate_attr(ctx, &attr, S_IFCHR) ?: ckpt_check_name(ctx, item);
}

/* A pair without its contents would have lost them. */
static int pair_complete(struct ckpt_ctx *ctx)
{
	const struct ckpt_item *item;

	list_for_each_entry(item, &ctx->restart->unowned, unowned_node) {
		cond_resched();
		if (item->kind == &ckpt_kind_tty_pair &&
		    !ckpt_has_record(ctx, item->object, CKPT_REC_TTY_LINE))
			return ckpt_fail(ctx, -EINVAL, "a pseudo terminal lacks its settings");
	}
	return 0;
}

static int set_attr(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		    const struct ckpt_rec_tty_pair *data)
{
	struct ckpt_rec_inode_attr attr = attr_of(data);
	struct file *file = dentry_open(path, O_PATH, cred);
	int err;

	if (IS_ERR(file))
		return ckpt_fail(ctx, PTR_ERR(file), "no memory for a file");
	err = ckpt_set_attr(ctx, file, &attr, "a pseudo terminal");
	fput(file);
	return err;
}

static void put_pair(void *ptr)
{
	struct ckpt_pty *pty = ptr;

	if (pty->path.dentry)
		path_put(&pty->path);
	tty_kref_put(pty->slave);
	if (pty->master)
		__fput_sync(pty->master);
	kfree(pty);
}

const struct ckpt_class ckpt_class_terminal = {
	.name	= "terminal",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_pair,
	.check	= check_once,
	.key	= pair_key,
};

/* Then it is not free, or not for long. */
static bool is_number_of_image(struct ckpt_ctx *ctx, u32 nr)
{
	const struct ckpt_rec_tty_pair *data;
	const struct ckpt_item *item;

	list_for_each_entry(item, &ctx->restart->unowned, unowned_node) {
		data = item->data;
		if (item->kind == &ckpt_kind_tty_pair && data->index == nr)
			return true;
	}
	return false;
}

#define OTHER_NUMBERS	1000

/* One that has hung up has no name, and who finds it taken does with another. */
static struct file *open_master(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_tty_pair *data = item->data;
	dev_t ptmx = MKDEV(TTYAUX_MAJOR, 2);
	struct file *file;
	int nr = 0;

	file = ckpt_open_pty(ctx, item, data->open_flags, data->cred, ptmx, data->index, NULL);
	if (file != ERR_PTR(-ENOSPC) || !(data->flags & CKPT_PTY_MASTER_CLOSED))
		return file;
	ckpt_note(ctx, "the number %u of a pseudo terminal that has hung up is taken; it gets another",
		  data->index);
	for (; nr < OTHER_NUMBERS && file == ERR_PTR(-ENOSPC); nr++)
		if (!is_number_of_image(ctx, nr))
			file = ckpt_open_pty(ctx, item, data->open_flags, data->cred, ptmx, nr,
					     NULL);
	return file;
}

/* The master is opened first, and until all is open its slave is not locked. */
static int make_pair(struct ckpt_ctx *ctx, struct ckpt_pty *pty, struct ckpt_item *item)
{
	const struct ckpt_rec_tty_pair *data = item->data;
	struct tty_struct *tty;
	struct file *file;
	int err;

	file = open_master(ctx, item);
	if (file == ERR_PTR(-ENOSPC))
		return ckpt_fail(ctx, -EEXIST, "the number %u of a pseudo terminal (/dev/pts/%u) is taken, or there are too many; close that one or restart in a container with a /dev/pts of its own",
				 data->index, data->index);
	if (IS_ERR(file))
		return PTR_ERR(file);
	pty->master = file;
	tty = tty_from_file(file);
	if (!tty || !ckpt_is_pty(tty) || !is_master(tty))
		return ckpt_fail(ctx, -ESTALE, "what makes pseudo terminals has made something else");
	pty->slave = tty_kref_get(tty->link);
	pty->flags = data->flags;
	clear_bit(TTY_PTY_LOCK, &tty->flags);
	err = slave_path(file, &pty->path);
	if (!err)
		return set_attr(ctx, &pty->path, file->f_cred, data);
	pty->path.dentry = NULL;
	return ckpt_fail(ctx, err, "the slave of a pseudo terminal has no name (error %d)", -err);
}

static void *pair_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_pty *pty = kzalloc(sizeof(*pty), GFP_KERNEL_ACCOUNT);
	int err;

	if (!pty)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for a pseudo terminal"));
	err = make_pair(ctx, pty, item);
	if (!err)
		return pty;
	put_pair(pty);
	return ERR_PTR(err);
}

CHECKPOINT_KIND(tty_pair) = {
	.name		= "tty_pair",
	.type		= CKPT_REC_TTY_PAIR,
	.size		= sizeof(struct ckpt_rec_tty_pair),
	CKPT_ARRAY(struct ckpt_rec_tty_pair, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_terminal,
	.defines	= true,
	.save_object	= pair_save,
	.validate	= pair_validate,
	.complete	= pair_complete,
	.restore_object	= pair_restore,
};
