// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: credentials that the caller of restart() may assume.
 *
 * Each part is held against the rule of the system call that sets it:
 * setresuid(2), setfsuid(2), setgroups(2), capset(2), prctl(2).  The caller's
 * bounding set, locked securebits and LSM label always stay.
 */
#include <linux/capability.h>
#include <linux/sched/user.h>
#include <linux/securebits.h>
#include <linux/security.h>
#include <linux/user_namespace.h>
#include "task.h"

struct rights {
	struct ckpt_ctx *ctx;
	const struct ckpt_rec_cred *data;
	const struct cred *old;		/* the caller's */
	struct cred *new;
	const char *why;		/* the right that is missing */
	bool foreign;			/* a user id that is not the caller's */
};

static int denied(struct rights *r, const char *why)
{
	r->why = why;
	return -EPERM;
}

static kernel_cap_t to_cap(u64 bits)
{
	return (kernel_cap_t) { .val = bits };
}

static bool own_uid(const struct cred *old, kuid_t uid)
{
	return uid_eq(uid, old->uid) || uid_eq(uid, old->euid) || uid_eq(uid, old->suid);
}

static bool own_gid(const struct cred *old, kgid_t gid)
{
	return gid_eq(gid, old->gid) || gid_eq(gid, old->egid) || gid_eq(gid, old->sgid);
}

static int set_user(struct cred *new)
{
	struct user_struct *user = alloc_uid(new->uid);

	if (!user)
		return -EAGAIN;
	free_uid(new->user);
	new->user = user;
	return 0;
}

static int set_uids(struct rights *r)
{
	const struct cred *old = r->old;
	struct cred *new = r->new;
	kuid_t uid[4];
	int i, err;

	for (i = 0; i < 4; i++) {
		uid[i] = make_kuid(&init_user_ns, r->data->uid[i]);
		if (!kuid_has_mapping(old->user_ns, uid[i]))
			return denied(r,
				      "the user id has no mapping in the caller's user namespace");
		if (ckpt_ceiling(r->ctx) && !uid_eq(uid[i], r->ctx->restart->ceiling_uid))
			return denied(r, "the image's owner is another user");
		if (!own_uid(old, uid[i]) && !(i == 3 && uid_eq(uid[i], old->fsuid)))
			r->foreign = true;
	}
	if (r->foreign && !ns_capable_setid(old->user_ns, CAP_SETUID))
		return denied(r, "another user id needs CAP_SETUID");
	new->uid = uid[0];
	new->euid = uid[1];
	new->suid = uid[2];
	new->fsuid = uid[3];
	if (!uid_eq(new->uid, old->uid)) {
		err = set_user(new);
		if (err)
			return err;
	}
	err = security_task_fix_setuid(new, old, LSM_SETID_RES);
	return err ?: set_cred_ucounts(new);
}

/* Which groups the user of the ceiling has is known from user space alone. */
static bool below_ceiling(struct rights *r, kgid_t gid)
{
	return !ckpt_ceiling(r->ctx) || groups_search(r->ctx->restart->ceiling_groups, gid);
}

static int set_gids(struct rights *r)
{
	const struct cred *old = r->old;
	struct cred *new = r->new;
	kgid_t gid[4];
	bool own = true;
	int i;

	for (i = 0; i < 4; i++) {
		gid[i] = make_kgid(&init_user_ns, r->data->gid[i]);
		if (!kgid_has_mapping(old->user_ns, gid[i]))
			return denied(r,
				      "the group id has no mapping in the caller's user namespace");
		if (!below_ceiling(r, gid[i]))
			return denied(r, "the group is not known to be one of the image's owner");
		if (!own_gid(old, gid[i]) && !(i == 3 && gid_eq(gid[i], old->fsgid)))
			own = false;
	}
	if (!own && !ns_capable_setid(old->user_ns, CAP_SETGID))
		return denied(r, "another group id needs CAP_SETGID");
	new->gid = gid[0];
	new->egid = gid[1];
	new->sgid = gid[2];
	new->fsgid = gid[3];
	return security_task_fix_setgid(new, old, LSM_SETID_RES);
}

static bool same_groups(const struct group_info *gi, const u32 *groups, u32 nr)
{
	u32 i;

	if (gi->ngroups != nr)
		return false;
	for (i = 0; i < nr; i++)
		if (!gid_eq(gi->gid[i], make_kgid(&init_user_ns, groups[i])))
			return false;
	return true;
}

static int set_supplementary(struct rights *r, const u32 *groups, u32 nr)
{
	bool same = same_groups(r->old->group_info, groups, nr);
	struct group_info *gi;
	u32 i;

	if (!same && !may_setgroups())
		return denied(r, "other supplementary groups need CAP_SETGID");
	for (i = 0; i < nr; i++) {
		kgid_t gid = make_kgid(&init_user_ns, groups[i]);

		if (!same && !kgid_has_mapping(r->old->user_ns, gid))
			return denied(r,
				      "a supplementary group has no mapping in the caller's user namespace");
		if (!below_ceiling(r, gid))
			return denied(r,
				      "a supplementary group is not known to be one of the image's owner");
	}
	if (same)
		return 0;
	gi = groups_alloc(nr);
	if (!gi)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		gi->gid[i] = make_kgid(&init_user_ns, groups[i]);
	groups_sort(gi);
	set_groups(r->new, gi);
	put_group_info(gi);
	return security_task_fix_setgroups(r->new, r->old);
}

/* As PR_CAPBSET_DROP.  Capabilities that the saver did not know are as the caller has them. */
static int set_bounding(struct rights *r)
{
	u64 known = r->data->last_cap ? GENMASK_ULL(r->data->last_cap, 0) : CAP_VALID_MASK;
	u64 have = r->old->cap_bset.val;
	u64 want = (r->data->cap_bset & known & CAP_VALID_MASK) | (have & ~known);

	if (want & ~have)
		return denied(r, "its capability bounding set exceeds the caller's");
	if (want != have && !ns_capable(r->old->user_ns, CAP_SETPCAP))
		return denied(r, "a smaller capability bounding set needs CAP_SETPCAP");
	r->new->cap_bset = to_cap(want);
	return 0;
}

static int set_caps(struct rights *r)
{
	kernel_cap_t inheritable = to_cap(r->data->cap_inheritable);
	kernel_cap_t permitted = to_cap(r->data->cap_permitted);
	kernel_cap_t effective = to_cap(r->data->cap_effective);
	kernel_cap_t ambient = to_cap(r->data->cap_ambient);
	int err;

	if (ckpt_ceiling(r->ctx) && (permitted.val | inheritable.val))
		return denied(r, "the image's owner has no capabilities");
	/* What setuid(2) has taken away prctl(PR_SET_KEEPCAPS) would have kept. */
	if (r->old->securebits & issecure_mask(SECURE_KEEP_CAPS_LOCKED) &&
	    !cap_issubset(permitted, r->new->cap_permitted))
		return denied(r,
			      "another user keeps no capabilities: the caller's securebits are locked");
	err = security_capset(r->new, r->old, &effective, &inheritable, &permitted);
	if (err == -EPERM)
		return denied(r, "its capabilities exceed the caller's");
	if (err)
		return err;
	/* As setuid(2) and capset(2) have left them */
	if (!cap_issubset(ambient, r->new->cap_ambient) &&
	    (r->old->securebits & issecure_mask(SECURE_NO_CAP_AMBIENT_RAISE)))
		return denied(r, "the caller's securebits forbid ambient capabilities");
	r->new->cap_ambient = ambient;
	return 0;
}

/* As PR_SET_SECUREBITS and PR_SET_KEEPCAPS. */
static int set_securebits(struct rights *r)
{
	unsigned int have = r->old->securebits;
	unsigned int want = r->data->securebits;
	unsigned int locks = have & SECURE_ALL_LOCKS;

	if (want == have)
		return 0;
	if (((locks >> 1) & (have ^ want)) || (locks & ~want))
		return denied(r, "the caller's securebits are locked");
	if ((have ^ want) != issecure_mask(SECURE_KEEP_CAPS) &&
	    (ckpt_ceiling(r->ctx) || !ns_capable(r->old->user_ns, CAP_SETPCAP)))
		return denied(r, "other securebits need CAP_SETPCAP");
	r->new->securebits = want;
	return 0;
}

static int set_all(struct rights *r, const u32 *groups, u32 nr_groups)
{
	/* Changed user ids change the capabilities; so these are set last. */
	return set_supplementary(r, groups, nr_groups) ?:
	       set_gids(r) ?:
	       set_uids(r) ?:
	       set_caps(r) ?:
	       set_bounding(r) ?:
	       set_securebits(r);
}

/**
 * ckpt_build_cred - credentials as an image has them, if current may assume them
 * @ctx: the call
 * @data: the record, validated
 * @groups: its supplementary groups
 * @nr_groups: their number
 * @why: out: the right that is missing, when -EPERM is returned
 *
 * Context: may sleep; current has the rights of the caller of restart().
 * Return: new credentials, or an error pointer
 */
struct cred *ckpt_build_cred(struct ckpt_ctx *ctx, const struct ckpt_rec_cred *data,
			     const u32 *groups, u32 nr_groups, const char **why)
{
	struct rights r = {
		.ctx = ctx,
		.data = data,
		.old = current_cred(),
		.why = "a security module forbids it",
	};
	int err;

	r.new = prepare_creds();
	if (!r.new)
		return ERR_PTR(-ENOMEM);
	cred_drop_own_keys(r.new);
	err = set_all(&r, groups, nr_groups);
	if (!err) {
		/* It opens what the restarter's login has collected. */
		if (r.foreign || ckpt_ceiling(ctx))
			cred_drop_session_keyring(r.new);
		return r.new;
	}
	abort_creds(r.new);
	if (err == -EPERM)
		*why = r.why;
	return ERR_PTR(err);
}
