// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the files of sockets, whatever their family.  Each family has a kind
 * without a record that claims the files of its sockets; what is saved of a file is the same
 * for all, and so is the record here.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/nsproxy.h>
#include "net.h"

static bool is_changed(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return inode->i_mode != (S_IFSOCK | 0777) ||
	       !uid_eq(inode->i_uid, file->f_cred->fsuid) ||
	       !gid_eq(inode->i_gid, file->f_cred->fsgid);
}

/**
 * ckpt_check_socket_file - can the file of a socket be saved?
 * @ctx: the call, surveyed
 * @file: the file
 * @what: the socket, for messages: "a unix socket"
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_socket_file(struct ckpt_ctx *ctx, struct file *file, const char *what)
{
	const struct sock *sk = sock_from_file(file)->sk;
	int err = ckpt_check_holders(ctx, file, what);

	if (err)
		return err;
	if (is_changed(file))
		return ckpt_cannot_save(ctx, "%s whose mode or owner was changed", what);
	if (sock_net(sk) != current->nsproxy->net_ns)
		return ckpt_cannot_save(ctx, "%s of another network namespace", what);
	return ckpt_check_socket_options(ctx, sk, what);
}

static const struct ckpt_kind ckpt_kind_file_socket;

/**
 * ckpt_save_socket_file - save the file of a socket, and the socket
 * @ctx: the call
 * @kind: the kind of the family, which has no record
 * @ptr: the file
 * @id: its object
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_socket_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	const struct inode *inode = file_inode(file);
	struct ckpt_rec_file_socket rec = {
		.atime_sec = inode_get_atime_sec(inode),
		.atime_nsec = inode_get_atime_nsec(inode),
		.mtime_sec = inode_get_mtime_sec(inode),
		.mtime_nsec = inode_get_mtime_nsec(inode),
		.ctime_sec = inode_get_ctime_sec(inode),
		.ctime_nsec = inode_get_ctime_nsec(inode),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_socket, sock_from_file(file)->sk, &rec.socket);

	return err ?: ckpt_emit(ctx, &ckpt_kind_file_socket, id, &rec, NULL, 0);
}

static int file_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_socket *data = item->data;

	if (data->atime_nsec >= NSEC_PER_SEC ||
	    data->mtime_nsec >= NSEC_PER_SEC || data->ctime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "the times of a socket are malformed");
	return 0;
}

static void *file_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_socket *data = item->data;
	struct ckpt_socket *made = ckpt_object(ctx, data->socket, &ckpt_class_socket);
	const struct cred *old;
	struct socket *sock;
	struct inode *inode;
	struct file *file;

	if (!made || !made->sock)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "socket %u can have no file, or has two",
					 data->socket));
	sock = made->sock;
	made->sock = NULL;
	old = override_creds(made->who);
	file = sock_alloc_file(sock, 0, NULL);
	revert_creds(old);
	if (IS_ERR(file)) {
		ckpt_fail(ctx, PTR_ERR(file), "no memory for the file of a socket");
		return file;
	}
	inode = file_inode(file);
	inode_set_atime(inode, data->atime_sec, data->atime_nsec);
	inode_set_mtime(inode, data->mtime_sec, data->mtime_nsec);
	inode_set_ctime(inode, data->ctime_sec, data->ctime_nsec);
	return file;
}

/* What saves it is claimed by the kinds of the families. */
CHECKPOINT_KIND(file_socket) = {
	.name		= "file_socket",
	.type		= CKPT_REC_FILE_SOCKET,
	.size		= sizeof(struct ckpt_rec_file_socket),
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_file,
	.defines	= true,
	.validate	= file_validate,
	.restore_object	= file_restore,
};
