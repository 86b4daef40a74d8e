// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: images of before have pairs of unix sockets in records of their own,
 * which are still restored.  What they hold is in socketpair_data.c.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/net.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include "files.h"

static struct sock *sock_of(const struct file *file)
{
	return sock_from_file((struct file *)file)->sk;
}

static void put_pair(void *ptr)
{
	struct ckpt_socketpair *pair = ptr;
	int i;

	for (i = 0; i < 2; i++)
		if (pair->ends[i])
			__fput_sync(pair->ends[i]);
	kfree(pair);
}

static const struct ckpt_class ckpt_class_socketpair = {
	.name	= "socketpair",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_pair,
};

/* They are unix sockets like others by now: see net/unix.c. */
static bool is_never(struct ckpt_ctx *ctx, void *ptr)
{
	return false;
}

/* -- validate and restore: the pair --------------------------------------------- */

static int pair_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_socketpair *data = item->data;

	if (data->type != SOCK_STREAM && data->type != SOCK_DGRAM && data->type != SOCK_SEQPACKET)
		return ckpt_fail(ctx, -EINVAL, "a pair of sockets is of unknown type %u",
				 data->type);
	if (!(data->open & CKPT_SOCKETPAIR_FIRST) ||
	    data->open & ~(CKPT_SOCKETPAIR_FIRST | CKPT_SOCKETPAIR_SECOND))
		return ckpt_fail(ctx, -EINVAL, "a pair of sockets is malformed");
	return ckpt_validate_messages(ctx, item, data);
}

/* As socketpair(2).  Return: 0 or negative errno, and then there is none. */
static int make_sockets(u32 type, struct socket *socks[2])
{
	int err = sock_create(AF_UNIX, type, 0, &socks[0]);

	if (err)
		return err;
	err = sock_create(AF_UNIX, type, 0, &socks[1]);
	if (err)
		goto err_release_first;
	err = security_socket_socketpair(socks[0], socks[1]);
	if (!err)
		err = socks[0]->ops->socketpair(socks[0], socks[1]);
	if (!err)
		return 0;
	sock_release(socks[1]);
err_release_first:
	sock_release(socks[0]);
	return err;
}

static void set_maker(struct sock *sk, struct pid *pid)
{
	spin_lock(&sk->sk_peer_lock);
	swap(sk->sk_peer_pid, pid);
	spin_unlock(&sk->sk_peer_lock);
	put_pid(pid);
}

/* Consumes the sockets.  The second is closed when what it has sent is under way. */
static int make_files(struct ckpt_socketpair *pair, struct socket *socks[2], u32 open)
{
	struct file *file;

	if (open & CKPT_SOCKETPAIR_SECOND) {
		file = sock_alloc_file(socks[1], 0, NULL);
		if (IS_ERR(file)) {
			sock_release(socks[0]);
			return PTR_ERR(file);
		}
		pair->ends[1] = file;
	} else {
		sock_release(socks[1]);
	}
	file = sock_alloc_file(socks[0], 0, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	pair->ends[0] = file;
	return 0;
}

/* The credentials are those of who makes it. */
static int make_pair(struct ckpt_ctx *ctx, const struct ckpt_item *item, struct pid *pid,
		     struct ckpt_socketpair *pair)
{
	const struct ckpt_rec_socketpair *data = item->data;
	struct socket *socks[2];
	int i, err;

	err = make_sockets(data->type, socks);
	if (err)
		return ckpt_fail(ctx, err, "a pair of sockets cannot be made (error %d)", -err);
	for (i = 0; i < 2; i++)
		set_maker(socks[i]->sk, get_pid(pid));
	err = ckpt_send_messages(ctx, item, socks);
	if (err) {
		sock_release(socks[0]);
		sock_release(socks[1]);
		return err;
	}
	err = make_files(pair, socks, data->open);
	return err ? ckpt_fail(ctx, err, "no memory for a pair of sockets") : 0;
}

static int pair_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_socketpair *data = item->data;
	const struct cred *who = ckpt_file_cred(ctx, data->cred), *old;
	struct pid *pid = ckpt_object(ctx, data->pid, &ckpt_class_pid);
	struct ckpt_socketpair *pair;
	int err;

	if (IS_ERR(who))
		return PTR_ERR(who);
	if (!pid)
		return ckpt_fail(ctx, -EINVAL, "the maker of a pair of sockets was not made");
	pair = kzalloc(sizeof(*pair), GFP_KERNEL_ACCOUNT);
	if (!pair)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a pair of sockets");
	old = override_creds(who);
	err = make_pair(ctx, item, pid, pair);
	revert_creds(old);
	if (!err)
		return ckpt_set_object(ctx, item->object, pair);
	put_pair(pair);
	return err;
}

CHECKPOINT_KIND(socketpair) = {
	.name		= "socketpair",
	.type		= CKPT_REC_SOCKETPAIR,
	.size		= sizeof(struct ckpt_rec_socketpair),
	CKPT_ARRAY(struct ckpt_rec_socketpair, messages, __u8),
	.max		= CKPT_MESSAGES_MAX,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socketpair,
	.defines	= true,
	.match		= is_never,
	.validate	= pair_validate,
	.restore	= pair_restore,
};

/* -- validate and restore: an end ------------------------------------------------ */

static int socketpair_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_socketpair *data = item->data;

	if (data->end > 1 || data->shutdown & ~SHUTDOWN_MASK || data->reserved ||
	    (data->error && data->error != ECONNRESET))
		return ckpt_fail(ctx, -EINVAL, "a socket of a pair is malformed");
	if (data->atime_nsec >= NSEC_PER_SEC || data->mtime_nsec >= NSEC_PER_SEC ||
	    data->ctime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "the times of a socket are malformed");
	return 0;
}

static void *socketpair_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_socketpair *data = item->data;
	struct ckpt_socketpair *pair = ckpt_object(ctx, data->pair, &ckpt_class_socketpair);
	struct file *file = pair ? pair->ends[data->end] : NULL;
	struct inode *inode;

	if (!file)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "an end of socket pair %u is closed, or two files at once",
					 data->pair));
	if (data->shutdown)
		kernel_sock_shutdown(sock_from_file(file), data->shutdown - 1);
	if (data->error)
		WRITE_ONCE(sock_of(file)->sk_err, data->error);
	inode = file_inode(file);
	inode_set_atime(inode, data->atime_sec, data->atime_nsec);
	inode_set_mtime(inode, data->mtime_sec, data->mtime_nsec);
	inode_set_ctime(inode, data->ctime_sec, data->ctime_nsec);
	pair->ends[data->end] = NULL;
	return file;
}

CHECKPOINT_KIND(file_socketpair) = {
	.name		= "file_socketpair",
	.type		= CKPT_REC_FILE_SOCKETPAIR,
	.size		= sizeof(struct ckpt_rec_file_socketpair),
	.stage		= CKPT_STAGE_FILE,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= is_never,
	.validate	= socketpair_validate,
	.restore_object	= socketpair_restore,
};
