// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the open files of pseudo terminals, see DOC: pseudo terminals.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/tty_driver.h>
#include "pty.h"

/* -- check and save --------------------------------------------------------------- */

static bool pty_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct tty_struct *tty = tty_from_file(ptr);

	return tty && ckpt_is_pty_inside(ctx, tty);
}

/* It was opened as what stands for the terminal of the session. */
static bool is_ctty(const struct file *file)
{
	return imajor(file_inode(file)) == TTYAUX_MAJOR && !iminor(file_inode(file));
}

static int pty_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct tty_struct *tty = tty_from_file(file);
	struct ckpt_shown shown;
	int err = ckpt_check_holders(ctx, file, ckpt_show_file(file, &shown));

	if (!err)
		err = ckpt_check_object(ctx, &ckpt_class_terminal, tty);
	if (err || is_master(tty))
		return err;
	if (is_master_closed(tty) && !is_ctty(file))
		return ckpt_check_again(ctx, file);
	return ckpt_check_path(ctx, &file->f_path, file->f_cred) ?: ckpt_check_again(ctx, file);
}

static int emit_with_path(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
			  struct ckpt_rec_file_pty *rec, u32 id)
{
	char *buf = __getname(), *name;
	int err;

	if (!buf)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a path");
	err = ckpt_pty_name(ctx, file, buf, &name);
	if (!err)
		err = ckpt_emit(ctx, kind, id, rec, name, strlen(name));
	__putname(buf);
	return err;
}

static int pty_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct tty_struct *tty = tty_from_file(file);
	struct ckpt_rec_file_pty rec = {
		.side = is_master(tty) ? CKPT_SIDE_MASTER : CKPT_SIDE_SLAVE,
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_terminal, tty, &rec.terminal);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (err)
		return err;
	if (tty_hung_up_p(file))
		rec.flags |= CKPT_FILE_PTY_HUNG_UP;
	if (is_ctty(file))
		rec.flags |= CKPT_FILE_PTY_CTTY;
	if (is_master(tty))
		return ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	return emit_with_path(ctx, kind, file, &rec, id);
}

/* -- restart ---------------------------------------------------------------------- */

static int pty_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_pty *data = item->data;
	bool master = data->side == CKPT_SIDE_MASTER;

	if (data->side > CKPT_SIDE_SLAVE ||
	    data->flags & ~(CKPT_FILE_PTY_HUNG_UP | CKPT_FILE_PTY_CTTY) ||
	    (master && (data->flags || item->count)) ||
	    data->open_flags & ~(CKPT_OPEN_FLAGS & ~(O_PATH | O_DIRECTORY)))
		return ckpt_fail(ctx, -EINVAL, "an end of a pseudo terminal is malformed");
	return master ? 0 : ckpt_check_name(ctx, item);
}

/* It has a name for this moment alone, which may be another one than it had. */
static struct file *open_unnamed(struct ckpt_ctx *ctx, const struct ckpt_item *item,
				 const struct ckpt_pty *pty)
{
	const struct ckpt_rec_file_pty *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	static const int access[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
				      MAY_READ | MAY_WRITE };
	struct file *file;
	int err;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	old = override_creds(cred);
	err = inode_permission(&nop_mnt_idmap, d_inode(pty->path.dentry),
			       MAY_OPEN | access[data->open_flags & O_ACCMODE]);
	file = err ? ERR_PTR(err) : dentry_open(&pty->path, data->open_flags | O_NOCTTY, cred);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "a terminal that has hung up may not be opened again (error %ld)",
			  -PTR_ERR(file));
	return file;
}

static struct file *open_slave(struct ckpt_ctx *ctx, const struct ckpt_item *item,
			       const struct ckpt_pty *pty)
{
	const struct ckpt_rec_file_pty *data = item->data;
	dev_t rdev = MKDEV(UNIX98_PTY_SLAVE_MAJOR, pty->slave->index);
	struct ckpt_shown shown;
	struct file *file;

	if (pty->flags & CKPT_PTY_MASTER_CLOSED && !(data->flags & CKPT_FILE_PTY_CTTY))
		return open_unnamed(ctx, item, pty);
	if (data->flags & CKPT_FILE_PTY_CTTY)
		rdev = MKDEV(TTYAUX_MAJOR, 0);
	file = ckpt_open_pty(ctx, item, data->open_flags, data->cred, rdev, -1, pty->slave);
	if (IS_ERR(file) || tty_from_file(file) == pty->slave)
		return file;
	fput(file);
	return ERR_PTR(ckpt_fail(ctx, -ESTALE, "%s is another terminal than the one that was made again; mount /dev/pts as it was",
				 ckpt_show_name(item, &shown)));
}

static void *pty_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_pty *data = item->data;
	struct ckpt_pty *pty = ckpt_object(ctx, data->terminal, &ckpt_class_terminal);
	struct file *file;

	if (!pty || !pty->master)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "a pseudo terminal was not made"));
	if (data->side == CKPT_SIDE_MASTER)
		return get_file(pty->master);
	file = open_slave(ctx, item, pty);
	if (!IS_ERR(file) && data->flags & CKPT_FILE_PTY_HUNG_UP)
		ckpt_hang_up_file(file);
	return file;
}

CHECKPOINT_KIND(file_pty) = {
	.name		= "file_pty",
	.type		= CKPT_REC_FILE_PTY,
	.size		= sizeof(struct ckpt_rec_file_pty),
	CKPT_ARRAY(struct ckpt_rec_file_pty, path, __u8),
	.max		= PATH_MAX - 1,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= pty_match,
	.check_object	= pty_check,
	.save_object	= pty_save,
	.validate	= pty_validate,
	.restore_object	= pty_restore,
};
