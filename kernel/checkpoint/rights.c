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
#include <linux/sysctl.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include "core.h"

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
 * Return: 0 or -EPERM (told)
 */
int ckpt_check_filter(struct ckpt_ctx *ctx)
{
	if (seccomp_mode(&current->seccomp) == SECCOMP_MODE_DISABLED || capable(CAP_SYS_ADMIN))
		return 0;
	return ckpt_fail(ctx, -EPERM,
			 "the caller is under a seccomp filter: it needs CAP_SYS_ADMIN");
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

/**
 * ckpt_check_nproc - may the caller have as many tasks as the image?
 * @ctx: restart; the metadata is read
 *
 * As fork() asks, but before the first pid is reserved: what cannot be made shall not
 * take numbers away from others even for a while.  How many pids a task may have
 * ckpt_check_tree() says.
 *
 * Return: 0 or -EAGAIN (told)
 */
int ckpt_check_nproc(struct ckpt_ctx *ctx)
{
	unsigned int nr = ctx->nr_tasks - !!(ctx->flags & RESTART_SELF);

	if (have_nproc(nr) || current_user() == INIT_USER || capable(CAP_SYS_RESOURCE) ||
	    capable(CAP_SYS_ADMIN))
		return 0;
	return ckpt_fail(ctx, -EAGAIN, "%u tasks are more than the caller may have (RLIMIT_NPROC)",
			 nr);
}

/* Which groups a user has only the caller knows; if he does not, then none. */
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
	ctx->ceiling_gid = gi->ngroups ? gi->gid[0] : KGIDT_INIT(overflowgid);
	groups_sort(gi);
	ctx->ceiling_groups = gi;
	return 0;
}

/**
 * ckpt_set_ceiling - whom the image's program may be at most
 * @ctx: restart
 * @args: the caller's, with RESTART_ARG_OWNER if there is a ceiling
 *
 * Context: may sleep.
 * Return: 0 or negative errno (told)
 */
int ckpt_set_ceiling(struct ckpt_ctx *ctx, const struct restart_args *args)
{
	if (!(args->flags & RESTART_ARG_OWNER))
		return 0;
	ctx->has_ceiling = true;
	ctx->ceiling_uid = make_kuid(current_user_ns(), args->owner_uid);
	if (!uid_valid(ctx->ceiling_uid))
		return ckpt_fail(ctx, -EINVAL, "the image's owner %u is no user here",
				 args->owner_uid);
	return read_owner_groups(ctx, args);
}

static int __init checkpoint_rights_init(void)
{
	register_sysctl("kernel", checkpoint_sysctls);
	return 0;
}
late_initcall(checkpoint_rights_init);
