/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what mqueue.c and mqueue_file.c share, which are compiled into
 * ipc/mqueue.c.
 */
#ifndef _KERNEL_CHECKPOINT_MQUEUE_H
#define _KERNEL_CHECKPOINT_MQUEUE_H

#include "files.h"

/**
 * struct ckpt_queue - save: a POSIX message queue
 * @dentry: it; its inode identifies the queue
 * @cred: of who opened it, NULL if nobody has it open
 */
struct ckpt_queue {
	struct dentry *dentry;
	const struct cred *cred;
};

/**
 * struct ckpt_queue_made - restart: the object of a queue
 * @ns: its namespace, the restarter's, with a reference
 * @dentry: it, with a reference; NULL until it is made
 * @adopted: it was there already, as the tree had left it
 * @socket: who is to be notified through a netlink socket, with a reference, up to the commit
 * @cookie: by what, counted as received there
 */
struct ckpt_queue_made {
	struct ipc_namespace *ns;
	struct dentry *dentry;
	bool adopted;
	struct sock *socket;
	struct sk_buff *cookie;
};

static const struct ckpt_class ckpt_class_mqueue;

#endif /* _KERNEL_CHECKPOINT_MQUEUE_H */
