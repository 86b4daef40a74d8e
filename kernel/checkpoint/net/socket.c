// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: sockets as objects.  A socket is not its file: one that waits to be
 * accepted has none.
 */
#include <linux/cred.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>
#include "net.h"

/* The name that was made for a restart which failed, unless somebody has put another there */
static void discard_socket(void *ptr)
{
	struct ckpt_socket *made = ptr;
	struct dentry *dentry = made->made.dentry, *dir;
	struct mnt_idmap *idmap;
	const struct cred *old;
	int err = 0;

	if (!dentry || mnt_want_write(made->made.mnt))
		return;
	idmap = mnt_idmap(made->made.mnt);
	dir = dget_parent(dentry);
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	if (dentry->d_parent == dir && !d_unlinked(dentry)) {
		old = override_creds(made->who);
		err = vfs_unlink(idmap, d_inode(dir), dentry, NULL);
		revert_creds(old);
		/* It may have been given to another owner by then. */
		if (err)
			vfs_unlink(idmap, d_inode(dir), dentry, NULL);
	}
	inode_unlock(d_inode(dir));
	dput(dir);
	mnt_drop_write(made->made.mnt);
}

static void put_socket(void *ptr)
{
	struct ckpt_socket *made = ptr;

	if (made->sock)
		sock_release(made->sock);
	if (made->release)
		made->release(made->sk);
	path_put(&made->made);
	sock_put(made->sk);
	put_cred(made->who);
	kfree(made);
}

const struct ckpt_class ckpt_class_socket = {
	.name		= "socket",
	.fate		= CKPT_FATE_STAY,
	.put		= put_socket,
	.discard	= discard_socket,
};
