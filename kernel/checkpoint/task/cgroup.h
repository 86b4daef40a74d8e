/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: groups of tasks that only some configurations have.
 */
#ifndef _KERNEL_CHECKPOINT_CGROUP_H
#define _KERNEL_CHECKPOINT_CGROUP_H

#include <linux/cgroup.h>
#include <linux/mmu_context.h>
#include <linux/nsproxy.h>
#include "../../sched/sched.h"
#include "../../sched/autogroup.h"
#include "task.h"

#ifdef CONFIG_CGROUPS
static inline bool same_cgroup(struct task_struct *task, struct task_struct *other)
{
	guard(rcu)();
	return task_dfl_cgroup(task) == task_dfl_cgroup(other);
}

/* As /proc/PID/cgroup shows it to current.  Return: length or negative errno */
static inline int get_cgroup_path(struct task_struct *task, char *buf, size_t size)
{
	struct cgroup *cgrp;
	int len;

	rcu_read_lock();
	cgrp = task_dfl_cgroup(task);
	if (!cgroup_tryget(cgrp))
		cgrp = NULL;
	rcu_read_unlock();
	if (!cgrp)
		return -ESRCH;
	len = cgroup_path_ns(cgrp, buf, size, current->nsproxy->cgroup_ns);
	cgroup_put(cgrp);
	return len;
}

/* Is it anywhere but in the root of a hierarchy of version 1? */
static inline bool has_old_cgroup(struct task_struct *task)
{
	struct cgroup_subsys_state *css;
	int i;

	guard(rcu)();
	for (i = 0; i < CGROUP_SUBSYS_COUNT; i++) {
		css = task_css(task, i);
		if (css->cgroup->root != &cgrp_dfl_root && css->parent)
			return true;
	}
	return false;
}
#else
static inline bool same_cgroup(struct task_struct *task, struct task_struct *other) { return true; }
static inline int get_cgroup_path(struct task_struct *task, char *buf, size_t size) { return 0; }
static inline bool has_old_cgroup(struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_SCHED_AUTOGROUP
static inline int autogroup_nice(struct task_struct *task)
{
	unsigned long flags;
	int nice = 0;

	if (lock_task_sighand(task, &flags)) {
		nice = task->signal->autogroup->nice;
		unlock_task_sighand(task, &flags);
	}
	return nice;
}
#else
static inline int autogroup_nice(struct task_struct *task) { return 0; }
#endif

#endif /* _KERNEL_CHECKPOINT_CGROUP_H */
