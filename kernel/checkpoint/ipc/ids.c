// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what all System V objects have: an id, a key, an owner, and
 * processes that used them last.
 */
#include <linux/cred.h>
#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/msg.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "../../../ipc/util.h"
#include "ipc.h"

/* As ipc/util.c has them */
static const struct rhashtable_params key_params = {
	.head_offset		= offsetof(struct kern_ipc_perm, khtnode),
	.key_offset		= offsetof(struct kern_ipc_perm, key),
	.key_len		= sizeof_field(struct kern_ipc_perm, key),
	.automatic_shrinking	= true,
};

/**
 * ckpt_ipc_inside - save: is a process in the tree?
 * @ctx: the call
 * @pid: that of the process or of a thread of it, may be NULL
 *
 * Context: RCU read lock, or a lock under which @pid cannot go away.
 * Return: true if so; false too if it is gone
 */
bool ckpt_ipc_inside(struct ckpt_ctx *ctx, struct pid *pid)
{
	struct task_struct *task;

	guard(rcu)();
	task = pid_task(pid, PIDTYPE_PID);
	return task && ckpt_find_task(ctx, task);
}

/**
 * ckpt_ipc_outside - save: is a process alive outside of the tree?
 * @ctx: the call
 * @pid: that of the process or of a thread of it, may be NULL
 *
 * Context: RCU read lock, or a lock under which @pid cannot go away.
 * Return: its number in the initial pid namespace; 0 if it is in the tree, is gone, or is
 * the caller, which has come to save the tree
 */
pid_t ckpt_ipc_outside(struct ckpt_ctx *ctx, struct pid *pid)
{
	struct task_struct *task;

	guard(rcu)();
	task = pid_task(pid, PIDTYPE_PID);
	if (!task || ckpt_find_task(ctx, task) || same_thread_group(task, current))
		return 0;
	return task_tgid_nr(task);
}

/**
 * ckpt_ipc_get_perm - save: what an object has in common with all others
 * @perm: of the object, locked
 * @to: filled in
 */
void ckpt_ipc_get_perm(const struct kern_ipc_perm *perm, struct ckpt_ipc_perm *to)
{
	struct user_namespace *ns = &init_user_ns;

	*to = (struct ckpt_ipc_perm) {
		.id = perm->id,
		.key = perm->key,
		.mode = perm->mode & 0777,
		.uid = from_kuid(ns, perm->uid),
		.gid = from_kgid(ns, perm->gid),
		.cuid = from_kuid(ns, perm->cuid),
		.cgid = from_kgid(ns, perm->cgid),
	};
}

/**
 * ckpt_ipc_set_perm - restart: who owns an object that is made
 * @perm: of the object, locked
 * @from: as ckpt_ipc_may_make() let it pass
 */
void ckpt_ipc_set_perm(struct kern_ipc_perm *perm, const struct ckpt_ipc_perm *from)
{
	struct user_namespace *ns = &init_user_ns;

	perm->mode = (perm->mode & ~0777) | from->mode;
	perm->uid = make_kuid(ns, from->uid);
	perm->gid = make_kgid(ns, from->gid);
	perm->cuid = make_kuid(ns, from->cuid);
	perm->cgid = make_kgid(ns, from->cgid);
}

/**
 * ckpt_ipc_same_perm - restart: has an object all that one of the image has?
 * @perm: of the object, locked
 * @with: of the image
 *
 * Return: true if so
 */
bool ckpt_ipc_same_perm(const struct kern_ipc_perm *perm, const struct ckpt_ipc_perm *with)
{
	struct ckpt_ipc_perm now;

	ckpt_ipc_get_perm(perm, &now);
	return !memcmp(&now, with, sizeof(now));
}

/**
 * ckpt_ipc_is_idle - restart: does nobody hold an object?
 * @perm: of the object, locked; its list is locked for writing
 *
 * Those hold it who wait in it, who save it, and a restart until its commit.
 *
 * Return: true if so: then a restart may take it over
 */
bool ckpt_ipc_is_idle(const struct kern_ipc_perm *perm)
{
	return refcount_read(&perm->refcount) == 1;
}

static bool valid_owner(u32 uid, u32 gid)
{
	return uid_valid(make_kuid(&init_user_ns, uid)) &&
	       gid_valid(make_kgid(&init_user_ns, gid));
}

/**
 * ckpt_ipc_validate - validate: what all objects have
 * @ctx: the call
 * @what: what it is, for messages
 * @perm: of the image
 *
 * Return: 0 or -EINVAL (reported)
 */
int ckpt_ipc_validate(struct ckpt_ctx *ctx, const char *what, const struct ckpt_ipc_perm *perm)
{
	if (perm->id >= 0 && !(perm->mode & ~0777) && valid_owner(perm->uid, perm->gid) &&
	    valid_owner(perm->cuid, perm->cgid))
		return 0;
	return ckpt_fail(ctx, -EINVAL, "%s %d is malformed: its id, mode or owner", what, perm->id);
}

static bool may_be(struct ckpt_ctx *ctx, u32 uid, u32 gid)
{
	return ckpt_may_be_user(ctx, make_kuid(&init_user_ns, uid)) &&
	       ckpt_may_be_group(ctx, make_kgid(&init_user_ns, gid));
}

/**
 * ckpt_ipc_may_make - may an object be made for its owner and its creator?
 * @ctx: the call: a restart, or a survey that asks for its caller
 * @what: what it is, for messages
 * @perm: of the object
 *
 * Return: 0 or -EPERM (reported)
 */
int ckpt_ipc_may_make(struct ckpt_ctx *ctx, const char *what, const struct ckpt_ipc_perm *perm)
{
	if (!may_be(ctx, perm->cuid, perm->cgid))
		return ckpt_fail(ctx, -EPERM, "%s %d was made by uid %u gid %u, which the caller may not become",
				 what, perm->id, perm->cuid, perm->cgid);
	if (!may_be(ctx, perm->uid, perm->gid))
		return ckpt_fail(ctx, -EPERM, "%s %d belongs to uid %u gid %u, which the caller may not become",
				 what, perm->id, perm->uid, perm->gid);
	return 0;
}

/**
 * ckpt_ipc_check_owner - save: could the caller have an object made again?
 * @ctx: the call
 * @what: what it is, for messages
 * @perm: of the object; its owner may change at any moment
 *
 * Return: 0 or -EPERM (reported), as ckpt_ipc_may_make() at a restart
 */
int ckpt_ipc_check_owner(struct ckpt_ctx *ctx, const char *what, const struct kern_ipc_perm *perm)
{
	struct ckpt_ipc_perm now;

	ckpt_ipc_get_perm(perm, &now);
	return ckpt_ipc_may_make(ctx, what, &now);
}

/**
 * ckpt_ipc_may_choose - restart: may an object be made with the id that the image says?
 * @ctx: the call
 * @ns: where it is made
 * @what: what it is, for messages
 * @perm: of the image
 *
 * As for a write to kernel.*_next_id: others may go by an id that they remember.
 *
 * Return: 0 or -EPERM (reported)
 */
int ckpt_ipc_may_choose(struct ckpt_ctx *ctx, struct ipc_namespace *ns, const char *what,
			const struct ckpt_ipc_perm *perm)
{
	if (ckpt_may_choose_for_all(ctx, ns->user_ns))
		return 0;
	return ckpt_fail(ctx, -EPERM, "%s %d is not there any more, and may not be made with that id without CAP_CHECKPOINT_RESTORE; restart it as root, or in an ipc namespace of its own (unshare -i)",
			 what, perm->id);
}

/**
 * ckpt_ipc_find_id - restart: who has the place of an id
 * @ids: objects of one sort
 * @id: the id
 *
 * Return: the object whose id is that one, or differs from it in the sequence number
 * alone; NULL if there is none
 */
struct kern_ipc_perm *ckpt_ipc_find_id(struct ipc_ids *ids, int id)
{
	lockdep_assert_held_write(&ids->rwsem);
	return idr_find(&ids->ipcs_idr, ipcid_to_idx(id));
}

/**
 * ckpt_ipc_find_key - restart: who has a key
 * @ids: objects of one sort
 * @key: the key
 *
 * Return: the object, NULL if there is none
 */
struct kern_ipc_perm *ckpt_ipc_find_key(struct ipc_ids *ids, int key)
{
	lockdep_assert_held_write(&ids->rwsem);
	if (key == IPC_PRIVATE)
		return NULL;
	return rhashtable_lookup_fast(&ids->key_ht, &key, key_params);
}

/**
 * ckpt_ipc_add - restart: ipc_addid() with a given id, owner and creator
 * @ids: objects of one sort; the place of the id and the key are free
 * @perm: of the new object, initialised as for ipc_addid()
 * @limit: of the number of objects
 * @as: of the image
 *
 * A number that somebody has put into kernel.*_next_id stays there.
 *
 * Return: as ipc_addid(): on success @perm is locked, under RCU
 */
int ckpt_ipc_add(struct ipc_ids *ids, struct kern_ipc_perm *perm, int limit,
		 const struct ckpt_ipc_perm *as)
{
	int next_id = ids->next_id, ret;

	lockdep_assert_held_write(&ids->rwsem);
	ids->next_id = as->id;
	ret = ipc_addid(ids, perm, limit);
	ids->next_id = next_id;
	if (ret >= 0)
		ckpt_ipc_set_perm(perm, as);
	return ret;
}

/**
 * ckpt_ipc_pid_nr - save: the number of a process, also of one that is gone
 * @ctx: the call
 * @pid: that of the process or of a thread of it, may be NULL
 *
 * Return: its number in the outer pid namespace, 0 if it has none there
 */
u32 ckpt_ipc_pid_nr(struct ckpt_ctx *ctx, struct pid *pid)
{
	return pid_nr_ns(pid, ckpt_outer_pid_ns(ctx));
}

/**
 * ckpt_ipc_loses - save: would one of a process's numbers be lost?
 * @ctx: the call
 * @pid: that of the process or of a thread of it, may be NULL
 *
 * Of a process that is gone one number is saved, and those who live in a pid namespace below
 * the root's may see another one.
 *
 * Context: a lock under which @pid cannot go away.
 * Return: true if so
 */
bool ckpt_ipc_loses(struct ckpt_ctx *ctx, struct pid *pid)
{
	struct pid_namespace *ns = ckpt_outer_pid_ns(ctx);

	guard(rcu)();
	return pid && pid->level > ns->level && pid_nr_ns(pid, ns) &&
	       find_pid_ns(pid_nr_ns(pid, ns), ns) != pid;
}

int ckpt_ipc_fail_lost(struct ckpt_ctx *ctx, const char *what, int id)
{
	return ckpt_fail(ctx, -EOPNOTSUPP, "%s %d was used last by a process that is gone and lived in a pid namespace of the tree, whose number there cannot be saved yet",
			 what, id);
}

/**
 * ckpt_ipc_pid - restart: a struct pid that shows a number
 * @ctx: the call
 * @nr: the number in the pid namespace of the tree's root; 0 = none
 *
 * A process that is gone has left its number alone: it is that of whoever has it now, or
 * of nobody.
 *
 * Context: may sleep; all tasks are made.
 * Return: the pid with a reference, NULL if there is none or it cannot be made
 */
struct pid *ckpt_ipc_pid(struct ckpt_ctx *ctx, u32 nr)
{
	struct pid_namespace *ns = ckpt_roots_pid_ns(ctx);
	pid_t wanted = nr;
	struct pid *pid;

	if (!nr || nr >= PID_MAX_LIMIT)
		return NULL;
	rcu_read_lock();
	pid = get_pid(find_pid_ns(nr, ns));
	rcu_read_unlock();
	if (pid)
		return pid;
	pid = alloc_pid(ns, &wanted, 1);
	if (IS_ERR(pid))
		return NULL;
	get_pid(pid);
	free_pid(pid);
	return pid;
}
