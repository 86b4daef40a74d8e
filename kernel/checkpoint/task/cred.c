// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: credentials as objects, shared by tasks and open files.
 */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include "task.h"

/**
 * DOC: credentials
 *
 * Preserved: user and group ids, supplementary groups, capability sets,
 * securebits.  Each is restored only where the caller of restart() could assume
 * it by the system call made for it (cred_rights.c).
 *
 * Substituted: the session keyring.  It belongs to the login, not to the
 * program; the restarter's takes its place, or the user's own where the program
 * is another user's, and that is reported of each task that had one which neither the
 * caller nor the task above it has.  Credentials that only an open file or a zombie
 * carries, and that the caller may not assume, are replaced by the caller's, reported.
 *
 * Refused: credentials of another user namespace, thread and process keyrings, a
 * request-key authority and a default keyring for requested keys.
 *
 * Immaterial: reference counts, the user's and the namespace's counters.
 */

static void put_object(void *ptr)
{
	put_cred(ptr);
}

const struct ckpt_class ckpt_class_cred = {
	.name	= "cred",
	.put	= put_object,
};

static int emit_cred(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		     const struct cred *cred, u32 id, u32 flags)
{
	const struct group_info *gi = cred->group_info;
	struct user_namespace *ns = &init_user_ns;
	struct ckpt_rec_cred data = {
		.uid = { from_kuid(ns, cred->uid), from_kuid(ns, cred->euid),
			 from_kuid(ns, cred->suid), from_kuid(ns, cred->fsuid) },
		.gid = { from_kgid(ns, cred->gid), from_kgid(ns, cred->egid),
			 from_kgid(ns, cred->sgid), from_kgid(ns, cred->fsgid) },
		.cap_inheritable = cred->cap_inheritable.val,
		.cap_permitted = cred->cap_permitted.val,
		.cap_effective = cred->cap_effective.val,
		.cap_bset = cred->cap_bset.val,
		.cap_ambient = cred->cap_ambient.val,
		.securebits = cred->securebits,
		.flags = flags,
		.last_cap = CAP_LAST_CAP,
	};
	u32 *groups = NULL;
	int i, err;

	if (gi->ngroups) {
		groups = kvmalloc_array(gi->ngroups, sizeof(*groups), GFP_KERNEL_ACCOUNT);
		if (!groups)
			return ckpt_fail(ctx, -ENOMEM, "no memory for supplementary groups");
		for (i = 0; i < gi->ngroups; i++)
			groups[i] = from_kgid(ns, gi->gid[i]);
	}
	err = ckpt_emit(ctx, kind, id, &data, groups, gi->ngroups);
	kvfree(groups);
	return err;
}

static int save_cred(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		     const struct cred *cred, u32 id, u32 flags)
{
	if (cred->user_ns != ctx->caller_cred->user_ns)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "has credentials of a user namespace other than the caller's");
	return emit_cred(ctx, kind, cred, id, flags);
}

/* Those of open files and of zombies, which no living task has */
static int cred_save_object(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	return save_cred(ctx, kind, ptr, id, 0);
}

static int check_cred(struct ckpt_ctx *ctx, const struct cred *cred)
{
	const char *what;

	if (cred->user_ns != ctx->caller_cred->user_ns)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "is in a user namespace other than the caller's");
	what = cred_own_keys(cred);
	return what ? ckpt_fail(ctx, -EOPNOTSUPP, "has %s, which cannot be saved yet; start it without",
				what) : 0;
}

/* The keyring may be given up meanwhile: it is compared and nothing else. */
static const struct key *session_of(const struct ckpt_task *t)
{
	const struct cred *cred = get_task_cred(t->task);
	const struct key *keyring = cred_session_keyring(cred);

	put_cred(cred);
	return keyring;
}

/* Who made it with it, or has it from there */
static const struct ckpt_task *parent_or_leader(const struct ckpt_task *t)
{
	return t == t->leader ? t->parent : t->leader;
}

/* Told once for all that have it one from the other */
static void report_session(struct ckpt_ctx *ctx, const struct ckpt_task *t)
{
	const struct ckpt_task *above = parent_or_leader(t);
	const struct key *keyring = session_of(t);

	if (keyring == cred_session_keyring(ctx->caller_cred) ||
	    (above && keyring == session_of(above)))
		return;
	ckpt_note(ctx,
		  "its session keyring is not the caller's: the restarter's, or that of its user, takes its place");
}

static int cred_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct cred *cred = get_task_cred(t->task);
	int err = check_cred(ctx, cred);

	put_cred(cred);
	if (!err)
		report_session(ctx, t);
	return err;
}

/*
 * The tasks' credentials come first, so that the image can tell them from those
 * that only files carry.
 */
static int cred_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		     struct ckpt_task *t)
{
	const struct cred *cred = get_task_cred(t->task);
	int err;
	u32 id;

	err = ckpt_object_id(ctx, cred, &ckpt_class_cred, &id);
	if (err > 0)
		err = save_cred(ctx, kind, cred, id, CKPT_CRED_TASK);
	put_cred(cred);
	return err;
}

static bool valid_ids(const struct ckpt_rec_cred *data)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(data->uid); i++)
		if (!uid_valid(make_kuid(&init_user_ns, data->uid[i])) ||
		    !gid_valid(make_kgid(&init_user_ns, data->gid[i])))
			return false;
	return true;
}

static bool valid_groups(const u32 *groups, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (!gid_valid(make_kgid(&init_user_ns, groups[i])) ||
		    (i && groups[i] < groups[i - 1]))
			return false;
	return true;
}

static int cred_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_cred *data = item->data;

	if (data->flags & ~CKPT_CRED_TASK)
		return ckpt_fail(ctx, -EINVAL, "unknown credential flags %#x", data->flags);
	if (!valid_ids(data))
		return ckpt_fail(ctx, -EINVAL, "a user or group id is not valid");
	if (!valid_groups(item->array, item->count))
		return ckpt_fail(ctx, -EINVAL,
				 "the supplementary groups are not valid and ascending");
	if (data->securebits & ~(SECURE_ALL_BITS | SECURE_ALL_LOCKS))
		return ckpt_fail(ctx, -EINVAL, "unknown securebits %#x", data->securebits);
	if (data->cap_effective & ~data->cap_permitted)
		return ckpt_fail(ctx, -EINVAL, "effective capabilities exceed the permitted ones");
	if (data->cap_ambient & ~(data->cap_permitted & data->cap_inheritable))
		return ckpt_fail(ctx, -EINVAL,
				 "ambient capabilities exceed the permitted and inheritable ones");
	if (data->last_cap > 63)
		return ckpt_fail(ctx, -EINVAL, "capability %u is out of range", data->last_cap);
	return 0;
}

static int cred_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_cred *data = item->data;
	const char *why = "no memory for credentials";
	struct cred *cred;

	cred = ckpt_build_cred(ctx, data, item->array, item->count, &why);
	if (!IS_ERR(cred))
		return ckpt_set_object(ctx, item->object, cred);
	/*
	 * A file may have been opened by somebody else and passed on, and a zombie
	 * have been somebody else.  Nobody stands in for that user under a ceiling: there
	 * the caller has more rights.
	 */
	if (PTR_ERR(cred) != -EPERM || (data->flags & CKPT_CRED_TASK) || ckpt_ceiling(ctx))
		return ckpt_fail(ctx, PTR_ERR(cred), "uid %u gid %u: %s", data->uid[1],
				 data->gid[1], why);
	ckpt_note(ctx,
		  "open files and zombies with the rights of uid %u gid %u now carry the restarter's",
		  data->uid[1], data->gid[1]);
	return ckpt_set_object(ctx, item->object, (void *)get_cred(ctx->caller_cred));
}

CHECKPOINT_KIND(cred) = {
	.name		= "cred",
	.type		= CKPT_REC_CRED,
	.size		= sizeof(struct ckpt_rec_cred),
	CKPT_ARRAY(struct ckpt_rec_cred, groups, __u32),
	.max		= NGROUPS_MAX,
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_cred,
	.defines	= true,
	.check		= cred_check,
	.save		= cred_save,
	.save_object	= cred_save_object,
	.validate	= cred_validate,
	.restore	= cred_restore,
};
