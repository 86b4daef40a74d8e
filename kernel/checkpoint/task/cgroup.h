/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: groups of tasks that only some configurations have.
 */
#ifndef _KERNEL_CHECKPOINT_CGROUP_H
#define _KERNEL_CHECKPOINT_CGROUP_H

#include <linux/cgroup.h>
#include <linux/kernel.h>
#include <linux/sched/autogroup.h>
#include <linux/seq_file.h>
#include "task.h"

#ifdef CONFIG_CGROUPS
/* In every hierarchy, of both versions: tasks with the same groups share one set. */
static inline bool same_cgroups(struct task_struct *task, struct task_struct *other)
{
	guard(rcu)();
	return task_css_set(task) == task_css_set(other);
}

/* The lines of /proc/PID/cgroup */
static inline int show_cgroups(struct seq_file *m, struct task_struct *task)
{
	return proc_cgroup_show(m, NULL, NULL, task);
}
#else
static inline bool same_cgroups(struct task_struct *task, struct task_struct *other)
{
	return true;
}

static inline int show_cgroups(struct seq_file *m, struct task_struct *task) { return 0; }
#endif

#if defined(CONFIG_SCHED_AUTOGROUP) && defined(CONFIG_PROC_FS)
/* The nice value in /proc/PID/autogroup, 0 where that is empty */
static inline int autogroup_nice(struct task_struct *task)
{
	char text[64] = "";
	struct seq_file m = { .buf = text, .size = sizeof(text) - 1 };
	int nice;

	proc_sched_autogroup_show_task(task, &m);
	return sscanf(text, "/autogroup-%*d nice %d", &nice) == 1 ? nice : 0;
}
#else
static inline int autogroup_nice(struct task_struct *task) { return 0; }
#endif

#endif /* _KERNEL_CHECKPOINT_CGROUP_H */
