// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the pid namespace that a task has for its children.  Compiled into
 * kernel/nsproxy.c.
 */
#include "../checkpoint.h"

int ckpt_set_children_ns(struct pid_namespace *ns)
{
	struct nsproxy *new;

	if (current->nsproxy->pid_ns_for_children == ns)
		return 0;
	new = create_new_namespaces(0, current, current_user_ns(), current->fs);
	if (IS_ERR(new))
		return PTR_ERR(new);
	put_pid_ns(new->pid_ns_for_children);
	new->pid_ns_for_children = get_pid_ns(ns);
	switch_task_namespaces(current, new);
	return 0;
}
