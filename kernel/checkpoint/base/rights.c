// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: who may call checkpoint() and restart(), and the sysctls that
 * say so.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/highuid.h>
#include <linux/init.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/seccomp.h>
#include <linux/security.h>
#include <linux/sysctl.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include "../core.h"

static int checkpoint_policy = 1;
static unsigned int checkpoint_group = (gid_t)-1;

static DEFINE_MUTEX(policy_lock);

/* 2 is for good. */
static int policy_handler(const struct ctl_table *table, int write, void *buffer,
			  size_t *lenp, loff_t *ppos)
{
	struct ctl_table t = *table;
	int policy, err;

	guard(mutex)(&policy_lock);
	policy = checkpoint_policy;
	t.data = &policy;
	err = proc_dointvec_minmax(&t, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	if (checkpoint_policy == 2 && policy != 2)
		return -EPERM;
	checkpoint_policy = policy;
	return 0;
}

static struct ctl_table checkpoint_sysctls[] = {
	{
		.procname	= "checkpoint_policy",
		.data		= &checkpoint_policy,
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= policy_handler,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_TWO,
	},
	{
		.procname	= "checkpoint_group",
		.data		= &checkpoint_group,
		.maxlen		= sizeof(unsigned int),
		.mode		= 0644,
		.proc_handler	= proc_douintvec,
	},
};

/**
 * ckpt_may_call - may the caller use checkpoint() and restart() at all?
 *
 * What each of them may do with a task or an image is looked at later, thing by
 * thing.
 *
 * Return: true if kernel.checkpoint_policy and kernel.checkpoint_group let it
 */
bool ckpt_may_call(void)
{
	kgid_t group = make_kgid(&init_user_ns, READ_ONCE(checkpoint_group));

	switch (READ_ONCE(checkpoint_policy)) {
	case 0:
		return true;
	case 1:
		if (gid_valid(group) && in_egroup_p(group))
			return true;
		return checkpoint_restore_ns_capable(&init_user_ns);
	default:
		return false;
	}
}

/**
 * ckpt_check_filter - may the caller have things done that its filter never sees?
 * @ctx: restart
 *
 * restart() opens, maps and sets what an image says, which are so many system
 * calls that a seccomp filter of the caller would have judged one by one.
 *
 * Return: 0 or -EPERM (reported)
 */
int ckpt_check_filter(struct ckpt_ctx *ctx)
{
	if (seccomp_mode(&current->seccomp) == SECCOMP_MODE_DISABLED || capable(CAP_SYS_ADMIN))
		return 0;
	return ckpt_fail(ctx, -EPERM,
			 "the caller is under a seccomp filter: it needs CAP_SYS_ADMIN");
}

bool ckpt_capable(const struct ckpt_ctx *ctx, int cap)
{
	return !ckpt_ceiling(ctx) && capable(cap);
}

bool ckpt_caller_capable(const struct ckpt_ctx *ctx, int cap)
{
	return !ckpt_ceiling(ctx) &&
	       !security_capable(ctx->caller_cred, ctx->caller_cred->user_ns, cap, CAP_OPT_NONE);
}

bool ckpt_may_choose_for_all(const struct ckpt_ctx *ctx, struct user_namespace *ns)
{
	const struct cred *cred = ctx->caller_cred;

	return !security_capable(cred, ns, CAP_CHECKPOINT_RESTORE, CAP_OPT_NONE) ||
	       !security_capable(cred, ns, CAP_SYS_ADMIN, CAP_OPT_NONE);
}

static bool caller_may_be_user(const struct cred *cred, kuid_t uid)
{
	if (uid_eq(uid, cred->uid) || uid_eq(uid, cred->euid) || uid_eq(uid, cred->suid))
		return true;
	return kuid_has_mapping(cred->user_ns, uid) &&
	       !security_capable(cred, cred->user_ns, CAP_SETUID, CAP_OPT_NONE);
}

bool ckpt_may_be_user(const struct ckpt_ctx *ctx, kuid_t uid)
{
	if (!uid_valid(uid) || !caller_may_be_user(ctx->caller_cred, uid))
		return false;
	return !ckpt_ceiling(ctx) || uid_eq(uid, ctx->restart->ceiling_uid);
}

static bool caller_may_be_group(const struct cred *cred, kgid_t gid)
{
	if (gid_eq(gid, cred->gid) || gid_eq(gid, cred->egid) || gid_eq(gid, cred->sgid))
		return true;
	return kgid_has_mapping(cred->user_ns, gid) &&
	       !security_capable(cred, cred->user_ns, CAP_SETGID, CAP_OPT_NONE);
}

bool ckpt_may_be_group(const struct ckpt_ctx *ctx, kgid_t gid)
{
	if (!gid_valid(gid) || !caller_may_be_group(ctx->caller_cred, gid))
		return false;
	return !ckpt_ceiling(ctx) || groups_search(ctx->restart->ceiling_groups, gid);
}

/* Could @nr processes more be made, in this user namespace and all above it? */
static bool have_nproc(long nr)
{
	long max = min_t(unsigned long, rlimit(RLIMIT_NPROC), LONG_MAX);
	struct ucounts *iter;

	for (iter = current_ucounts(); iter; iter = iter->ns->ucounts) {
		long used = get_rlimit_value(iter, UCOUNT_RLIMIT_NPROC);

		if (used < 0 || used > max || nr > max - used)
			return false;
		max = get_userns_rlimit_max(iter->ns, UCOUNT_RLIMIT_NPROC);
	}
	return true;
}

/* Numbers to be reserved: the caller that becomes the root has its own. */
static unsigned int nr_reserved(const struct ckpt_ctx *ctx)
{
	return ctx->restart->nr_pids - !!(ctx->flags & RESTART_SELF);
}

static bool beyond_nproc(void)
{
	return current_user() == INIT_USER || capable(CAP_SYS_RESOURCE) ||
	       capable(CAP_SYS_ADMIN);
}

/**
 * ckpt_check_nproc - may the caller have as many pids as the image?
 * @ctx: restart; the metadata is read
 *
 * As fork() asks, but before the first pid is reserved: what cannot be made shall not
 * take numbers away from others even for a while.
 *
 * Return: 0 or -EAGAIN (reported)
 */
int ckpt_check_nproc(struct ckpt_ctx *ctx)
{
	unsigned int nr = nr_reserved(ctx);

	if (have_nproc(nr) || beyond_nproc())
		return 0;
	return ckpt_fail(ctx, -EAGAIN, "%u tasks, and numbers of groups and sessions without one, are more than the caller may have (RLIMIT_NPROC)",
			 nr);
}

/**
 * ckpt_charge_pids - count all numbers of the image as processes of the caller's
 * @ctx: restart; the next step reserves them
 *
 * Against RLIMIT_NPROC and in the pids controller.  Each task counts for itself from the
 * moment when it is made.
 *
 * Return: 0 or -EAGAIN (reported)
 */
int ckpt_charge_pids(struct ckpt_ctx *ctx)
{
	unsigned int nr = nr_reserved(ctx);
	struct cgroup_subsys_state *css;

	css = cgroup_pids_reserve(nr);
	if (IS_ERR(css))
		return ckpt_fail(ctx, PTR_ERR(css), "%u tasks, and numbers of groups and sessions without one, are more than the control group may have (pids.max)",
				 nr);
	ctx->restart->charged = css;
	ctx->restart->nr_charged = nr;
	inc_rlimit_ucounts(ctx->caller_cred->ucounts, UCOUNT_RLIMIT_NPROC, nr);
	if (have_nproc(0) || beyond_nproc())
		return 0;
	return ckpt_fail(ctx, -EAGAIN, "another process of the caller's has begun meanwhile (RLIMIT_NPROC)");
}

/**
 * ckpt_uncharge_pids - some of the reserved numbers count no more
 * @ctx: restart
 * @nr: how many
 *
 * They have tasks that count, belong to a group or session that lives on without its
 * leader, or are free again.
 */
void ckpt_uncharge_pids(struct ckpt_ctx *ctx, unsigned int nr)
{
	nr = min(nr, ctx->restart->nr_charged);
	if (!nr)
		return;
	ctx->restart->nr_charged -= nr;
	dec_rlimit_ucounts(ctx->caller_cred->ucounts, UCOUNT_RLIMIT_NPROC, nr);
	cgroup_pids_unreserve(ctx->restart->charged, nr, !ctx->restart->nr_charged);
}

/* Which groups a user has only the caller knows; if it does not, then none. */
static int read_owner_groups(struct ckpt_ctx *ctx, const struct restart_args *args)
{
	u32 nr = args->nr_owner_groups, *gids = NULL, i;
	struct group_info *gi;
	kgid_t gid;

	if (nr > NGROUPS_MAX)
		return ckpt_fail(ctx, -EINVAL, "nobody has %u groups", nr);
	if (nr) {
		gids = memdup_array_user(u64_to_user_ptr(args->owner_groups), nr, sizeof(*gids));
		if (IS_ERR(gids))
			return ckpt_fail(ctx, PTR_ERR(gids), "the groups of the image's owner cannot be read");
	}
	gi = groups_alloc(nr);
	if (!gi) {
		kfree(gids);
		return ckpt_fail(ctx, -ENOMEM, "no memory for groups");
	}
	gi->ngroups = 0;
	for (i = 0; i < nr; i++) {
		gid = make_kgid(current_user_ns(), gids[i]);
		if (gid_valid(gid))
			gi->gid[gi->ngroups++] = gid;
	}
	kfree(gids);
	ctx->restart->ceiling_gid = gi->ngroups ? gi->gid[0] : KGIDT_INIT(overflowgid);
	groups_sort(gi);
	ctx->restart->ceiling_groups = gi;
	return 0;
}

/**
 * ckpt_set_ceiling - whom the image's program may be at most
 * @ctx: restart
 * @args: the caller's, with RESTART_ARG_OWNER if there is a ceiling
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_set_ceiling(struct ckpt_ctx *ctx, const struct restart_args *args)
{
	if (!(args->flags & RESTART_ARG_OWNER))
		return 0;
	ctx->restart->ceiling_uid = make_kuid(current_user_ns(), args->owner_uid);
	if (!uid_valid(ctx->restart->ceiling_uid))
		return ckpt_fail(ctx, -EINVAL, "the image's owner %u is no user here",
				 args->owner_uid);
	/* Anybody may name root, which takes nothing from the caller, and gives it nothing. */
	ctx->restart->has_ceiling = !uid_eq(ctx->restart->ceiling_uid, GLOBAL_ROOT_UID);
	return read_owner_groups(ctx, args);
}

/* Access to files as the owner has it */
static void set_owner_access(struct ckpt_ctx *ctx, struct cred *new)
{
	if (!ns_capable_setid(new->user_ns, CAP_SETUID) || !may_setgroups())
		return;
	new->fsuid = ctx->restart->ceiling_uid;
	new->fsgid = ctx->restart->ceiling_gid;
	set_groups(new, ctx->restart->ceiling_groups);
}

const struct cred *ckpt_drop_rights(struct ckpt_ctx *ctx)
{
	const struct cred *old;
	struct cred *new;

	if (!ckpt_ceiling(ctx))
		return NULL;
	new = prepare_creds();
	if (!new)
		return ERR_PTR(-ENOMEM);
	set_owner_access(ctx, new);
	cap_clear(new->cap_effective);
	old = override_creds(new);
	put_cred(new);
	return old;
}

void ckpt_regain_rights(const struct cred *old)
{
	if (old)
		revert_creds(old);
}

static int __init checkpoint_rights_init(void)
{
	register_sysctl("kernel", checkpoint_sysctls);
	return 0;
}
late_initcall(checkpoint_rights_init);
