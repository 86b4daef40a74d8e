// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: opening an end of a pseudo terminal, as open(2) does, but with what
 * open(2) takes from elsewhere: the lowest number that is free, the terminal of the session.
 */
#include <linux/fcntl.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include "pty.h"

/*
 * Who is restarting and which pseudo terminal current is to get.  It is looked for by
 * every open of /dev/ptmx and /dev/tty, and mostly empty.
 */
struct wish {
	struct list_head node;
	const struct task_struct *task;
	int index;
	struct tty_struct *tty;
};

static LIST_HEAD(wishes);
static DEFINE_SPINLOCK(wishes_lock);

static bool find_wish(struct wish *found)
{
	struct wish *wish;
	bool ret = false;

	if (list_empty(&wishes))
		return false;
	spin_lock(&wishes_lock);
	list_for_each_entry(wish, &wishes, node) {
		ret = wish->task == current;
		if (ret) {
			*found = *wish;
			break;
		}
	}
	spin_unlock(&wishes_lock);
	return ret;
}

/**
 * checkpoint_choose_pts - which number a new pseudo terminal gets
 * @first: the lowest that it may have; out: the one that it must have
 * @last: the same for the highest; none is left where the one is beyond it
 */
void checkpoint_choose_pts(unsigned int *first, unsigned int *last)
{
	struct wish wish;

	if (!find_wish(&wish) || wish.index < 0)
		return;
	/* Of what is negative ida_alloc_range() has none. */
	*first = wish.index <= *last ? wish.index : -1;
	*last = *first;
}

/**
 * checkpoint_tty - what current gets for /dev/tty, if not the terminal of its session
 *
 * Return: the terminal, with a reference, or NULL
 */
struct tty_struct *checkpoint_tty(void)
{
	struct wish wish;

	return find_wish(&wish) ? tty_kref_get(wish.tty) : NULL;
}

/**
 * ckpt_open_pty - restore: open an end of a pseudo terminal
 * @ctx: the call
 * @item: the record with the path in its array
 * @flags: O_* flags
 * @cred: cred object, 0 for the restarter's
 * @rdev: device number that it must have
 * @index: the number that a new one gets, -1 for any
 * @tty: what /dev/tty stands for, NULL for the terminal of current's session
 *
 * It does not become the controlling terminal of anybody.
 *
 * Context: may sleep.
 * Return: the file, or ERR_PTR (reported, but for -ENOSPC: @index is taken)
 */
struct file *ckpt_open_pty(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 flags,
			   u32 cred, dev_t rdev, int index, struct tty_struct *tty)
{
	struct wish wish = { .task = current, .index = index, .tty = tty };
	struct file *file;

	spin_lock(&wishes_lock);
	list_add(&wish.node, &wishes);
	spin_unlock(&wishes_lock);
	file = ckpt_open_name_but(ctx, item, flags, cred, S_IFCHR, rdev, index < 0 ? 0 : -ENOSPC);
	spin_lock(&wishes_lock);
	list_del(&wish.node);
	spin_unlock(&wishes_lock);
	return file;
}
