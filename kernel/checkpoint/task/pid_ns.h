/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files about pids and their namespaces share.
 */
#ifndef _CKPT_PID_NS_H
#define _CKPT_PID_NS_H

#include <linux/pid_namespace.h>
#include "../checkpoint.h"

/* pid_ns.c */

/**
 * ckpt_check_pid_in_ns - save: can a number be had again in its lowest pid namespace?
 * @ctx: the call
 * @ns: that namespace
 *
 * Nobody gets one where the init is gone.
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_pid_in_ns(struct ckpt_ctx *ctx, struct pid_namespace *ns);

/* pid_ns_valid.c */

int ckpt_add_pid_ns(struct ckpt_ctx *ctx, const struct ckpt_item *item);
int ckpt_add_pid(struct ckpt_ctx *ctx, const struct ckpt_item *item);
int ckpt_check_pid_spaces(struct ckpt_ctx *ctx);

/* pid_ns_make.c */

#ifdef CONFIG_PID_NS
struct pid_namespace *ckpt_make_pid_ns(struct pid_namespace *parent);
#else
static inline struct pid_namespace *ckpt_make_pid_ns(struct pid_namespace *parent)
{
	return ERR_PTR(-EINVAL);
}
#endif

/* Processes of it are accounted for with acct(2). */
#ifdef CONFIG_BSD_PROCESS_ACCT
static inline bool pid_ns_has_accounting(const struct pid_namespace *ns)
{
	return READ_ONCE(ns->bacct);
}
#else
static inline bool pid_ns_has_accounting(const struct pid_namespace *ns) { return false; }
#endif

/* As vm.memfd_noexec is set, in a namespace that nobody sees yet */
#if defined(CONFIG_SYSCTL) && defined(CONFIG_MEMFD_CREATE)
static inline void pid_ns_set_memfd_noexec(struct pid_namespace *ns, int scope)
{
	ns->memfd_noexec_scope = scope;
}
#else
static inline void pid_ns_set_memfd_noexec(struct pid_namespace *ns, int scope) { }
#endif

#endif /* _CKPT_PID_NS_H */
