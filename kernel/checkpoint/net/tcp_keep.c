// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: TCP connections that are kept silent since their tree was killed, until a
 * restart takes them over or their time is over, see DOC: kept TCP connections.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/init.h>
#include <linux/memcontrol.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/tcp.h>
#include "inet.h"
#include "tcp_keep.h"

/*
 * Protects the table, the list, the claims, and the numbers of users.  Who is short of memory
 * only tries to take it, for memory is allocated under it.
 */
static DEFINE_MUTEX(kept_lock);
static DEFINE_HASHTABLE(kept_table, 8);
static LIST_HEAD(kept_list);
static DEFINE_XARRAY(kept_by_user);

/* How much is to come free at once when memory is short */
#define YIELD_PAGES	(SZ_4M >> PAGE_SHIFT)

/* Its work frees memory. */
static struct workqueue_struct *kept_queue;

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

/* Whom nobody else has, and who finds it meanwhile is told so: only then are its addresses free. */
static void forget(struct ckpt_kept *kept)
{
	ckpt_tcp_forget(kept->sk, kept->state);
	sock_release(kept->away);
	kept->away = NULL;
	mutex_lock(&kept_lock);
	hash_del(&kept->node);
	list_del(&kept->list);
	mutex_unlock(&kept_lock);
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
	if (!claimed) {
		kept->claimed = true;
		kept->ending = true;
	} else if (!kept->ending) {
		queue_delayed_work(kept_queue, &kept->work, HZ);
	}
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
	list_add_tail(&kept->list, &kept_list);
	queue_delayed_work(kept_queue, &kept->work, kept->seconds * HZ);
	if (mem_cgroup_sockets_enabled)
		ckpt_expose_group(kept->sk->sk_memcg);
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

/*
 * Security modules label a connection, and it keeps its label: they say whether the restarter
 * may go on with it, as connect(2) on that very socket would ask.
 *
 * Return: 0 or negative errno
 */
static int ask_modules(struct ckpt_kept *kept, const struct ckpt_socket *made,
		       const struct ckpt_rec_tcp *data)
{
	const struct cred *old = override_creds(made->who);
	union ckpt_inet_address address;
	int len = ckpt_inet_address(inet_rec(made)->family, data->peer_address, data->peer_port,
				    &address);
	int err = security_socket_connect(kept->away, &address.any, len);

	revert_creds(old);
	return err;
}

/**
 * ckpt_tcp_claim - restart: a socket is to take over the connection that is kept for it
 * @made: the socket, whose put undoes it
 * @data: its record
 * @cookie: by what the connection is known
 *
 * Nothing of it can be chosen, so who may be its user needs no other right, unless a security
 * module says otherwise.
 *
 * Context: may sleep.
 * Return: 0, -ENOENT if it is not kept, -EINVAL if it is another one, -EPERM if it is kept for
 * another user, -EBUSY if another restart takes it over, -EAGAIN if it ends just now, -EACCES
 */
int ckpt_tcp_claim(struct ckpt_socket *made, const struct ckpt_rec_tcp *data, const u64 *cookie)
{
	struct ckpt_kept *kept;
	int err = 0;

	mutex_lock(&kept_lock);
	kept = find_kept(cookie);
	if (!kept)
		err = -ENOENT;
	else if (kept->ending)
		err = -EAGAIN;
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
	/* What is claimed stays; whoever frees the socket lets it go. */
	return err ?: ask_modules(kept, made, data) ? -EACCES : 0;
}

/* As accept(2) tells security modules whose the socket is now */
static void graft(struct sock *sk)
{
	write_lock_bh(&sk->sk_callback_lock);
	security_sock_graft(sk, sk->sk_socket);
	write_unlock_bh(&sk->sk_callback_lock);
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
	list_del(&kept->list);
	mutex_unlock(&kept_lock);
	cancel_delayed_work_sync(&kept->work);
	ckpt_tcp_swap(made->sk->sk_socket, kept->away);
	sock_hold(kept->sk);
	sock_put(made->sk);
	made->sk = kept->sk;
	graft(made->sk);
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
	struct ckpt_kept *kept, *next;
	LIST_HEAD(released);
	int nr = 0, others = 0;

	mutex_lock(&kept_lock);
	list_for_each_entry_safe(kept, next, &kept_list, list) {
		if (memcmp(kept->image_id, image_id, sizeof(kept->image_id)) || kept->claimed)
			continue;
		if (!uid_eq(kept->uid, current_fsuid()) &&
		    !ns_capable(sock_net(kept->sk)->user_ns, CAP_NET_ADMIN)) {
			others++;
			continue;
		}
		/* If its time is over just now, its work sees this, and does nothing. */
		kept->claimed = true;
		kept->ending = true;
		list_move(&kept->list, &released);
		nr++;
	}
	mutex_unlock(&kept_lock);
	list_for_each_entry_safe(kept, next, &released, list) {
		cancel_delayed_work_sync(&kept->work);
		forget(kept);
		cond_resched();
	}
	return nr || !others ? nr : -EPERM;
}

/* -- memory ---------------------------------------------------------------------------------- */

static unsigned long pages_of(const struct sock *sk)
{
	return sk_mem_pages(atomic_read(&sk->sk_rmem_alloc) + READ_ONCE(sk->sk_wmem_queued)) + 1;
}

/* Of the machine's own group only when it has run out: that one has everybody's. */
static bool is_in(const struct sock *sk, struct mem_cgroup *memcg)
{
	if (!memcg)
		return true;
	return mem_cgroup_sockets_enabled && sk->sk_memcg && !mem_cgroup_is_root(memcg) &&
	       mem_cgroup_is_descendant(sk->sk_memcg, memcg);
}

static bool any_kept(void)
{
	return !list_empty(&kept_list);
}

/* How long who is short of memory waits: it comes free by a worker, soon. */
#define YIELD_WAIT	(HZ / 20)

/* The time of some is over, the oldest first. */
static unsigned long give_up(struct mem_cgroup *memcg)
{
	unsigned long pages = 0;
	struct ckpt_kept *kept;

	if (!mutex_trylock(&kept_lock))
		return 0;
	list_for_each_entry(kept, &kept_list, list) {
		if (kept->claimed || kept->hastened || !is_in(kept->sk, memcg))
			continue;
		kept->hastened = true;
		mod_delayed_work(kept_queue, &kept->work, 0);
		pages += pages_of(kept->sk);
		if (pages >= YIELD_PAGES)
			break;
	}
	mutex_unlock(&kept_lock);
	if (pages)
		schedule_timeout_killable(YIELD_WAIT);
	return pages;
}

static struct ckpt_spare kept_spare = {
	.any		= any_kept,
	.give_up	= give_up,
};

static int __init kept_init(void)
{
	kept_queue = alloc_workqueue("ckpt_kept", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!kept_queue)
		kept_queue = system_unbound_wq;
	ckpt_add_spare(&kept_spare);
	return 0;
}
subsys_initcall(kept_init);
