// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: TCP connections that are kept silent since their tree was killed, until a
 * restart takes them over or their time is over, see DOC: kept TCP connections.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/tcp.h>
#include "inet.h"
#include "tcp_keep.h"

/* Protects the table, the claims, and the numbers of users. */
static DEFINE_MUTEX(kept_lock);
static DEFINE_HASHTABLE(kept_table, 8);
static DEFINE_XARRAY(kept_by_user);

/* -- how many ---------------------------------------------------------------------------- */

/**
 * ckpt_kept_count - count a connection for the limit of its user
 * @kept: the connection
 *
 * Return: 0, -EMFILE if there are too many, or -ENOMEM
 */
int ckpt_kept_count(struct ckpt_kept *kept)
{
	const unsigned long uid = __kuid_val(kept->uid);
	unsigned long nr;
	int err = -EMFILE;

	mutex_lock(&kept_lock);
	nr = xa_to_value(xa_load(&kept_by_user, uid) ?: xa_mk_value(0));
	if (nr < rlimit(RLIMIT_NOFILE))
		err = xa_err(xa_store(&kept_by_user, uid, xa_mk_value(nr + 1), GFP_KERNEL));
	mutex_unlock(&kept_lock);
	kept->counted = !err;
	return err;
}

static void uncount(struct ckpt_kept *kept)
{
	const unsigned long uid = __kuid_val(kept->uid);
	unsigned long nr;

	if (!kept->counted)
		return;
	mutex_lock(&kept_lock);
	nr = xa_to_value(xa_load(&kept_by_user, uid));
	/* What is there is replaced without memory. */
	if (nr > 1)
		xa_store(&kept_by_user, uid, xa_mk_value(nr - 1), GFP_KERNEL);
	else
		xa_erase(&kept_by_user, uid);
	mutex_unlock(&kept_lock);
}

/**
 * ckpt_kept_free - free a connection that is not silent, or never was
 * @kept: what is left of it
 *
 * Context: may sleep.
 */
void ckpt_kept_free(struct ckpt_kept *kept)
{
	uncount(kept);
	if (kept->away)
		sock_release(kept->away);
	if (kept->file)
		fput(kept->file);
	kfree(kept);
}

/* -- silence ---------------------------------------------------------------- */

static void forget(struct ckpt_kept *kept)
{
	ckpt_tcp_forget(kept->sk, kept->state);
	ckpt_kept_free(kept);
}

/**
 * ckpt_kept_over - the time of a connection is over
 * @work: its own
 *
 * A restart that has claimed it is to be over first.
 */
void ckpt_kept_over(struct work_struct *work)
{
	struct ckpt_kept *kept = container_of(to_delayed_work(work), struct ckpt_kept, work);
	bool claimed;

	mutex_lock(&kept_lock);
	claimed = kept->claimed;
	if (!claimed)
		hash_del(&kept->node);
	else
		queue_delayed_work(system_unbound_wq, &kept->work, HZ);
	mutex_unlock(&kept_lock);
	if (!claimed)
		forget(kept);
}

/**
 * ckpt_kept_add - keep a silent connection for the restart of its image
 * @kept: the connection, of a held tree that is about to be killed
 *
 * The program closes the socket that its file has got instead.
 *
 * Context: may sleep.
 */
void ckpt_kept_add(struct ckpt_kept *kept)
{
	fput(kept->file);
	kept->file = NULL;
	mutex_lock(&kept_lock);
	hash_add(kept_table, &kept->node, kept->cookie[0]);
	queue_delayed_work(system_unbound_wq, &kept->work, kept->seconds * HZ);
	mutex_unlock(&kept_lock);
}

/* -- restart --------------------------------------------------------------------------------- */

static struct ckpt_kept *find_kept(const u64 *cookie)
{
	struct ckpt_kept *kept;

	hash_for_each_possible(kept_table, kept, node, cookie[0])
		if (!memcmp(kept->cookie, cookie, sizeof(kept->cookie)))
			return kept;
	return NULL;
}

static bool is_of(const struct ckpt_kept *kept, const struct ckpt_socket *made,
		  const struct ckpt_rec_tcp *data)
{
	u8 own[sizeof(struct in6_addr)], its[sizeof(struct in6_addr)];

	ckpt_inet_bytes(kept->sk, false, own);
	ckpt_inet_bytes(kept->sk, true, its);
	return kept->sk->sk_family == made->sk->sk_family &&
	       net_eq(sock_net(kept->sk), sock_net(made->sk)) &&
	       !memcmp(own, data->address, sizeof(own)) &&
	       !memcmp(its, data->peer_address, sizeof(its)) &&
	       ntohs(inet_sk(kept->sk)->inet_sport) == data->port &&
	       ntohs(inet_sk(kept->sk)->inet_dport) == data->peer_port;
}

static void unclaim(struct ckpt_socket *made)
{
	struct ckpt_kept *kept = made->kept;

	mutex_lock(&kept_lock);
	kept->claimed = false;
	mutex_unlock(&kept_lock);
}

/**
 * ckpt_tcp_claim - restart: a socket is to take over the connection that is kept for it
 * @made: the socket, whose put undoes it
 * @data: its record
 * @cookie: by what the connection is known
 *
 * Nothing of it can be chosen, so who may be its user needs no other right.
 *
 * Return: 0, -ENOENT if it is not kept, -EINVAL if it is another one, -EPERM if it is kept for
 * another user, -EBUSY if another restart takes it over
 */
int ckpt_tcp_claim(struct ckpt_socket *made, const struct ckpt_rec_tcp *data, const u64 *cookie)
{
	struct ckpt_kept *kept;
	int err = 0;

	mutex_lock(&kept_lock);
	kept = find_kept(cookie);
	if (!kept)
		err = -ENOENT;
	else if (!uid_eq(kept->uid, made->who->fsuid))
		err = -EPERM;
	else if (!is_of(kept, made, data))
		err = -EINVAL;
	else if (kept->claimed)
		err = -EBUSY;
	if (!err) {
		kept->claimed = true;
		made->kept = kept;
		made->unkeep = unclaim;
	}
	mutex_unlock(&kept_lock);
	return err;
}

/**
 * ckpt_tcp_take_over - restart: a socket takes over the connection that it has claimed
 * @made: the socket
 *
 * Context: may sleep.
 */
void ckpt_tcp_take_over(struct ckpt_socket *made)
{
	struct ckpt_kept *kept = made->kept;

	made->kept = NULL;
	made->unkeep = NULL;
	mutex_lock(&kept_lock);
	hash_del(&kept->node);
	mutex_unlock(&kept_lock);
	cancel_delayed_work_sync(&kept->work);
	ckpt_tcp_swap(made->sk->sk_socket, kept->away);
	sock_hold(kept->sk);
	sock_put(made->sk);
	made->sk = kept->sk;
	ckpt_tcp_resume(kept->sk, kept->state);
	ckpt_kept_free(kept);
}

/* -- the end by request --------------------------------------------------------------- */

/**
 * ckpt_kept_dismiss - end the silence of all connections that are kept for an image
 * @image_id: the image's
 *
 * Each by its user, or who has CAP_NET_ADMIN there.
 *
 * Context: may sleep.
 * Return: how many there were; -EPERM if those that are left are others'
 */
int ckpt_kept_dismiss(const u64 *image_id)
{
	struct hlist_node *next;
	struct ckpt_kept *kept;
	HLIST_HEAD(released);
	int bkt, nr = 0, others = 0;

	mutex_lock(&kept_lock);
	hash_for_each_safe(kept_table, bkt, next, kept, node) {
		if (memcmp(kept->image_id, image_id, sizeof(kept->image_id)) || kept->claimed)
			continue;
		if (!uid_eq(kept->uid, current_fsuid()) &&
		    !ns_capable(sock_net(kept->sk)->user_ns, CAP_NET_ADMIN)) {
			others++;
			continue;
		}
		hash_del(&kept->node);
		/* Nobody finds it now; if it ends just now by itself, that is told so. */
		kept->claimed = true;
		hlist_add_head(&kept->node, &released);
		nr++;
	}
	mutex_unlock(&kept_lock);
	hlist_for_each_entry_safe(kept, next, &released, node) {
		cancel_delayed_work_sync(&kept->work);
		forget(kept);
		cond_resched();
	}
	return nr || !others ? nr : -EPERM;
}
