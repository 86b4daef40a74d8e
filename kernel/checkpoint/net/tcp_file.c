// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: which files are those of TCP sockets that can be saved, see DOC: TCP.
 */
#include <linux/fdtable.h>
#include <linux/sched/task.h>
#include <linux/tcp.h>
#include <net/tcp.h>
#include "inet.h"

static bool is_tcp(struct file *file)
{
	const struct socket *sock = sock_from_file(file);

	return sock && sock->sk && sk_is_tcp(sock->sk);
}

/* What was a standard descriptor's way out is the restarter's, as ever. */
static bool tcp_match(struct ckpt_ctx *ctx, void *ptr)
{
	const struct ckpt_seen *seen;
	enum ckpt_tcp_state state;
	struct sock *sk, *peer;

	if (!is_tcp(ptr))
		return false;
	sk = sock_from_file(ptr)->sk;
	seen = ckpt_seen_find(ctx, sk);
	if (!seen || seen->std < 0)
		return seen;
	state = ckpt_tcp_state(ctx, sk, &peer);
	if (peer)
		sock_gen_put(peer);
	return state == CKPT_TCP_IS_PAIR;
}

static int refuse_peer(struct ckpt_ctx *ctx, const struct sock *sk)
{
	union ckpt_inet_address address;

	ckpt_tcp_peer_address(sk, &address);
	return ckpt_file_fail(ctx, -EBUSY, "a TCP connection with %pISpc, which is not in the tree; close it first, save a larger tree, or see ckpt --connections",
			      &address);
}

static int check_state(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *peer;
	enum ckpt_tcp_state state = ckpt_tcp_state(ctx, sk, &peer);

	if (peer)
		sock_gen_put(peer);
	if (state == CKPT_TCP_IS_OUTSIDE && !ckpt_tcp_closes(ctx) &&
	    (!ckpt_tcp_keeps(ctx) || peer == sk))
		return refuse_peer(ctx, sk);
	if (state == CKPT_TCP_IS_PASSING)
		return ckpt_file_fail(ctx, -EAGAIN, "a TCP connection is just being made or ended; try again");
	return 0;
}

static bool is_outside(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sock *peer;
	enum ckpt_tcp_state state = ckpt_tcp_state(ctx, sk, &peer);

	if (peer)
		sock_gen_put(peer);
	return state == CKPT_TCP_IS_OUTSIDE;
}

static int check_pending(struct ckpt_ctx *ctx, struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE)
		return ckpt_file_fail(ctx, -EAGAIN, "a TCP connection that waits to be accepted was broken off; let the program accept it first");
	if (ckpt_tcp_keeps(ctx) && is_outside(ctx, sk))
		return ckpt_file_fail(ctx, -EAGAIN, "a TCP connection with somebody outside waits to be accepted, and cannot be kept; let the program accept it first");
	return ckpt_check_socket_options(ctx, sk, "a TCP connection that waits to be accepted") ?:
	       check_state(ctx, sk);
}

/* Its file gets another socket: whoever polls the old one without a reference would go on to. */
static int check_watchers(struct ckpt_ctx *ctx, struct file *file, struct sock *sk)
{
	if (!ckpt_tcp_keeps(ctx) || !is_outside(ctx, sk) || !ckpt_is_watched_outside(ctx, file))
		return 0;
	return ckpt_file_fail(ctx, -EBUSY, "a TCP connection that is to be kept is watched by an epoll instance outside the tree; close that first");
}

static int tcp_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct sock *sk = sock_from_file(file)->sk;

	return ckpt_check_socket_file(ctx, file, "a TCP socket") ?: check_state(ctx, sk) ?:
	       check_watchers(ctx, file, sk) ?:
	       ckpt_visit_tcp_pending(ctx, sk, check_pending);
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(tcp_file) = {
	.name		= "tcp_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= tcp_match,
	.check_object	= tcp_check,
	.save_object	= ckpt_save_socket_file,
};

/* -- what comes and goes while the tree is held ---------------------------------------------- */

static unsigned int count_waiting(struct file *file)
{
	return is_tcp(file) && sock_from_file(file)->sk->sk_state == TCP_LISTEN ?
	       READ_ONCE(sock_from_file(file)->sk->sk_ack_backlog) : 0;
}

static const struct ckpt_late waiting = {
	.noted	= CKPT_LATE_NOTED,
	.count	= count_waiting,
};

static int late_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_save_late(ctx, t, &waiting);
}

/* One that has ended in the image would not be in it anyway. */
static const char *late_changed(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	return !ckpt_tcp_closes(ctx) && ckpt_has_late(ctx, t, &waiting) ?
	       "somebody connected to a TCP socket" : NULL;
}

/* What leads outside is not in the image, and ends as ever. */
static int end_one(const void *p, struct file *file, unsigned int fd)
{
	struct ckpt_ctx *ctx = (void *)p;
	struct sock *sk, *peer;
	enum ckpt_tcp_state state;

	if (!tcp_match(ctx, file))
		return 0;
	sk = sock_from_file(file)->sk;
	state = ckpt_tcp_state(ctx, sk, &peer);
	if (peer)
		sock_gen_put(peer);
	if (state == CKPT_TCP_IS_PAIR || state == CKPT_TCP_IS_LEFT)
		ckpt_tcp_end(sk, state == CKPT_TCP_IS_PAIR);
	return 0;
}

/*
 * Both ends of a connection are gone at once, and nobody waits for late segments of it: a
 * restart has it again.  What is left of a peer that was closed goes too, or it would answer
 * instead of nobody.
 */
static void tcp_end(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *task = ckpt_living_task(t);

	/* Of a tree that was restarted, and is held since, nothing was surveyed. */
	if (!ckpt_files(ctx))
		return;
	task_lock(task);
	if (task->files)
		iterate_fd(task->files, 0, end_one, ctx);
	task_unlock(task);
}

/* There is no record of it. */
CHECKPOINT_KIND(tcp_late) = {
	.name		= "tcp_late",
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_NAMESPACE,
	.end		= tcp_end,
	.save		= late_save,
	.changed	= late_changed,
};
