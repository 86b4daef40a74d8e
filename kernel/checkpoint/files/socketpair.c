// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: unix sockets of socketpair(2), with both ends in the tree or with one
 * that is closed.  What they hold is in socketpair_data.c.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include "files.h"

/**
 * DOC: socket pairs
 *
 * Two unix sockets that socketpair(2) has connected: streams, datagrams and packets in order.
 * Event loops wake themselves through one (asyncio, libuv), a Java program keeps one half.
 *
 * Preserved: both ends, or the one that is left when the other has been closed; what was sent
 * and not read, with the borders of messages; what shutdown(2) has ended, an error that was
 * not reported (ECONNRESET); whom SO_PEERCRED shows; the times that fstat(2) shows.
 *
 * Rebuilt: the sizes of the buffers are this machine's defaults, but what is under way may be
 * as much as net.core.wmem_max allows; a process that waits asks again.
 *
 * Refused: an end that is open outside too; descriptors, credentials or urgent data that are
 * under way; ends for which setsockopt(2) has set something, or whose mode or owner was
 * changed; a pair that a process has made which is gone or outside the tree; of another
 * network namespace.  Sockets that were bound or connected by their address are files of
 * other sorts.
 *
 * Immaterial: SO_COOKIE is a number that the kernel gives.
 */

static struct sock *sock_of(const struct file *file)
{
	return sock_from_file((struct file *)file)->sk;
}

/* The other end that is still open, NULL if it was closed; frozen, the tree changes neither. */
static struct sock *open_peer(struct sock *sk)
{
	struct sock *peer = unix_peer(sk);

	return sock_flag(peer, SOCK_DEAD) ? NULL : peer;
}

static bool has_name(const struct sock *sk)
{
	/* Nothing of the name is looked at. */
	return READ_ONCE(unix_sk(sk)->addr);
}

/* Which of the two stands for a pair does not matter, as long as it is the same. */
static const struct sock *first_end(struct sock *sk)
{
	const struct sock *peer = open_peer(sk);

	return peer && peer < sk ? peer : sk;
}

static const void *pair_key(struct ckpt_ctx *ctx, const void *ptr)
{
	return first_end(sock_of(ptr));
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
	.key	= pair_key,
};

static bool socketpair_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct socket *sock = sock_from_file(ptr);
	struct sock *sk = sock ? sock->sk : NULL, *peer = NULL;
	const struct ckpt_seen *seen;
	bool pair = false;

	if (!sk || sk->sk_family != AF_UNIX)
		return false;
	unix_state_lock(sk);
	peer = unix_peer(sk);
	if (peer && sk->sk_state == TCP_ESTABLISHED && !has_name(sk) && !has_name(peer))
		pair = !unix_sk(peer)->listener;
	if (pair && sock_flag(peer, SOCK_DEAD))
		peer = NULL;
	unix_state_unlock(sk);
	if (!pair)
		return false;
	/* What was a standard descriptor's way out is the restarter's, as ever. */
	seen = ckpt_seen_find(ctx, ptr);
	return peer ? !!ckpt_seen_find(ctx, peer) : seen && seen->std < 0;
}

/* -- check -------------------------------------------------------------------- */

/* What setsockopt(2) sets, and programs of BPF.  Timestamps and the like are flags. */
static const char *option_of(const struct sock *sk)
{
	if (sk->sk_socket->flags & (BIT(SOCK_PASSCRED) | BIT(SOCK_PASSSEC) | BIT(SOCK_PASSPIDFD)))
		return "that is to receive credentials (SO_PASSCRED)";
	if (sk->sk_rcvtimeo != MAX_SCHEDULE_TIMEOUT || sk->sk_sndtimeo != MAX_SCHEDULE_TIMEOUT)
		return "with a timeout (SO_RCVTIMEO, SO_SNDTIMEO)";
	if (sk->sk_userlocks)
		return "with a size of its own (SO_SNDBUF, SO_RCVBUF)";
	if (sk->sk_peek_off != -1)
		return "with a place to peek at (SO_PEEK_OFF)";
	if (rcu_access_pointer(sk->sk_filter) || sock_has_programs(sk))
		return "with a filter";
	if (sk->sk_flags & ~BIT(SOCK_ZAPPED) || sk->sk_rcvlowat != 1 || sk->sk_priority ||
	    sk->sk_mark || sk->sk_bound_dev_if || sk->sk_reuse || sk->sk_reuseport ||
	    sk->sk_lingertime || sk->sk_no_check_tx || sk->sk_incoming_cpu != -1 ||
	    sk->sk_max_pacing_rate != ~0UL || sk->sk_reserved_mem || sk->sk_tsflags ||
	    sock_has_busy_poll(sk))
		return "with options that setsockopt has set";
	return NULL;
}

static bool is_changed(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return inode->i_mode != (S_IFSOCK | 0777) ||
	       !uid_eq(inode->i_uid, file->f_cred->fsuid) ||
	       !gid_eq(inode->i_gid, file->f_cred->fsgid);
}

/* SO_PEERCRED shows who made the pair, with the credentials of then. */
static bool maker_is_inside(struct ckpt_ctx *ctx, const struct file *file)
{
	const struct sock *sk = sock_of(file);
	struct task_struct *task = get_pid_task(sk->sk_peer_pid, PIDTYPE_TGID);
	bool inside = task && ckpt_find_task(ctx, task);

	if (task)
		put_task_struct(task);
	return inside && sk->sk_peer_cred == file->f_cred;
}

static int socketpair_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_of(file);
	const char *option = option_of(sk);
	int err = ckpt_check_holders(ctx, file, "a socket of a pair");

	if (err)
		return err;
	if (option)
		return ckpt_cannot_save(ctx, "a socket of a pair %s", option);
	if (is_changed(file))
		return ckpt_cannot_save(ctx, "a socket of a pair whose mode or owner was changed");
	if (sock_net(sk) != current->nsproxy->net_ns)
		return ckpt_cannot_save(ctx, "a socket of a pair of another network namespace");
	if (!maker_is_inside(ctx, file))
		return ckpt_cannot_save(ctx, "a socket of a pair that was made by a process which is gone, outside, or another user by now,");
	return ckpt_check_messages(ctx, sk);
}

/* -- save --------------------------------------------------------------------- */

static int pair_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct sock *ends[2] = { (struct sock *)first_end(sock_of(file)) };
	struct ckpt_rec_socketpair rec = { .type = ends[0]->sk_type };
	u8 *data = NULL;
	ssize_t size;
	int err;

	ends[1] = open_peer(ends[0]);
	rec.open = CKPT_SOCKETPAIR_FIRST | (ends[1] ? CKPT_SOCKETPAIR_SECOND : 0);
	err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_pid, ends[0]->sk_peer_pid, &rec.pid);
	if (err)
		return err;
	size = ckpt_messages(ctx, ends, &data);
	err = size < 0 ? size : ckpt_emit(ctx, kind, id, &rec, data, size);
	kvfree(data);
	return err;
}

static int socketpair_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	const struct inode *inode = file_inode(file);
	struct sock *sk = sock_of(file);
	struct ckpt_rec_file_socketpair rec = {
		.end = first_end(sk) != sk,
		.shutdown = sk->sk_shutdown,
		.error = READ_ONCE(sk->sk_err),
		.atime_sec = inode_get_atime_sec(inode),
		.atime_nsec = inode_get_atime_nsec(inode),
		.mtime_sec = inode_get_mtime_sec(inode),
		.mtime_nsec = inode_get_mtime_nsec(inode),
		.ctime_sec = inode_get_ctime_sec(inode),
		.ctime_nsec = inode_get_ctime_nsec(inode),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_socketpair, file, &rec.pair);

	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
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
	.save_object	= pair_save,
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
	.match		= socketpair_match,
	.check_object	= socketpair_check,
	.save_object	= socketpair_save,
	.validate	= socketpair_validate,
	.restore_object	= socketpair_restore,
};
