/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what is kept of a TCP connection.
 */
#ifndef _KERNEL_CHECKPOINT_TCP_KEEP_H
#define _KERNEL_CHECKPOINT_TCP_KEEP_H

#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/shrinker.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

/**
 * struct ckpt_kept - a connection that is silent
 * @node: in the table, from when the tree was killed
 * @list: in struct keeping, while the tree is held; then behind those that were kept before
 * @cookie: as its record has it
 * @image_id: of that image
 * @uid: who made its socket
 * @file: of the held tree, with a reference: who has it sees a socket that never was connected
 * @away: what has the connection instead; a new socket at first
 * @sk: its end
 * @state: what that is when it is not silent
 * @seconds: for how long it is kept
 * @claimed: a restart is about to take it over, or it ends
 * @ending: it ends, and its addresses are not free yet
 * @hastened: memory is short, and its time is over
 * @counted: for the limit of @uid
 * @work: ends it
 */
struct ckpt_kept {
	struct hlist_node node;
	struct list_head list;
	u64 cookie[2];
	u64 image_id[2];
	kuid_t uid;
	struct file *file;
	struct socket *away;
	struct sock *sk;
	int state;
	u32 seconds;
	bool claimed;
	bool ending;
	bool hastened;
	bool counted;
	struct delayed_work work;
};

int ckpt_kept_count(struct ckpt_kept *kept);
void ckpt_kept_free(struct ckpt_kept *kept);
void ckpt_kept_over(struct work_struct *work);
void ckpt_kept_add(struct ckpt_kept *kept);
int ckpt_kept_dismiss(const u64 *image_id);

#endif /* _KERNEL_CHECKPOINT_TCP_KEEP_H */
