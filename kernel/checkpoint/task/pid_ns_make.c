// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: making pid namespaces of the tree.  Compiled into
 * kernel/pid_namespace.c.
 */
#include "pid_ns.h"

/**
 * ckpt_make_pid_ns - restart: make a pid namespace
 * @parent: the one above it, which need not be current's, as clone(2) wants: nobody lives
 *	there yet who could make it
 *
 * It belongs to current's user namespace, and counts as current's.  The caller has asked for
 * CAP_SYS_ADMIN there.
 *
 * Context: may sleep.
 * Return: the namespace with a reference, or an error pointer
 */
struct pid_namespace *ckpt_make_pid_ns(struct pid_namespace *parent)
{
	return create_pid_namespace(current_user_ns(), parent);
}
