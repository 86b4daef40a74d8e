// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: labels of security modules.
 */
#include <linux/cred.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/lsm.h>
#include "task.h"

/**
 * DOC: security labels
 *
 * Refused: a task whose label is not the caller's, for a restarted task has the
 * restarter's.  The same holds for what else the modules keep of a task and show in
 * /proc/PID/attr: SELinux's labels for programs, files, keys and sockets to come and
 * its label before the last execve(2), AppArmor's profile for the next program and the
 * one behind a hat.
 */

static const struct task_attribute {
	u64 lsm;
	const char *name;
	bool callers;		/* it is no obstacle where the caller has the same */
	const char *what;
} attributes[] = {
	{ LSM_ID_SELINUX, "prev", true, "a previous security label other than the caller's" },
	{ LSM_ID_SELINUX, "exec", false, "a security label for the next program" },
	{ LSM_ID_SELINUX, "fscreate", false, "a security label for files that it makes" },
	{ LSM_ID_SELINUX, "keycreate", false, "a security label for keys that it makes" },
	{ LSM_ID_SELINUX, "sockcreate", false, "a security label for sockets that it makes" },
	{ LSM_ID_APPARMOR, "exec", false, "an AppArmor profile for the next program" },
	{ LSM_ID_APPARMOR, "prev", false, "an AppArmor profile behind its hat" },
};

static int check_label(struct ckpt_ctx *ctx, struct task_struct *task)
{
	u32 label = 0, callers = 0;

	security_task_getsecid_obj(task, &label);
	security_cred_getsecid(ctx->caller_cred, &callers);
	if (label != callers)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "has a security label other than the caller's, which cannot be saved yet; call with its label");
	return 0;
}

/*
 * The value of an attribute, NULL if there is none or no such module; an error if the
 * caller may not see it.
 */
static char *get_attribute(struct task_struct *task, const struct task_attribute *a)
{
	char *value = NULL;
	int len = security_getprocattr(task, a->lsm, a->name, &value);

	if (len > 0)
		return value;
	kfree(value);
	return len == 0 || len == -EINVAL || len == -EOPNOTSUPP ? NULL : ERR_PTR(len);
}

static bool callers_is(struct ckpt_ctx *ctx, const struct task_attribute *a, const char *value)
{
	char *own = get_attribute(ctx->caller, a);
	bool same;

	if (IS_ERR_OR_NULL(own))
		return false;
	same = !strcmp(own, value);
	kfree(own);
	return same;
}

static int check_attribute(struct ckpt_ctx *ctx, struct task_struct *task,
			   const struct task_attribute *a)
{
	char *value = get_attribute(task, a);
	int err = 0;

	if (IS_ERR(value))
		return ckpt_fail(ctx, PTR_ERR(value),
				 "has a security attribute (/proc/PID/attr/%s) that the caller may not read",
				 a->name);
	if (value && !(a->callers && callers_is(ctx, a, value)))
		err = ckpt_fail(ctx, -EOPNOTSUPP,
				"has %s (/proc/PID/attr/%s), which cannot be saved yet; clear it first",
				a->what, a->name);
	kfree(value);
	return err;
}

static int label_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct task_attribute *a = attributes;
	int err = check_label(ctx, t->task), first = 0;

	for (; ckpt_looks_on(ctx, err, &first) && a < attributes + ARRAY_SIZE(attributes); a++)
		err = check_attribute(ctx, t->task, a);
	return first;
}

CHECKPOINT_KIND(label) = {
	.name	= "label",
	.scope	= CKPT_SCOPE_THREAD,
	.check	= label_check,
};
