/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the files on pseudo terminals share.
 */
#ifndef _KERNEL_CHECKPOINT_PTY_H
#define _KERNEL_CHECKPOINT_PTY_H

#include <linux/tty.h>
#include <linux/tty_driver.h>
#include "files.h"

/**
 * struct ckpt_pty - restart: the object of a pseudo terminal
 * @master: its master, with a reference; NULL when it has been closed again
 * @slave: the other side, with a reference
 * @path: where the slave is
 * @flags: CKPT_PTY_*
 */
struct ckpt_pty {
	struct file *master;
	struct tty_struct *slave;
	struct path path;
	u32 flags;
};

/* Of struct ckpt_pty; at saving of the slave's struct tty_struct */
extern const struct ckpt_class ckpt_class_terminal;

/* -- pty.c ------------------------------------------------------------------ */

bool ckpt_is_pty(const struct tty_struct *tty);
bool ckpt_is_pty_inside(struct ckpt_ctx *ctx, struct tty_struct *tty);
struct tty_struct *ckpt_pty_slave(struct tty_struct *tty);
struct file *ckpt_pty_file(struct ckpt_ctx *ctx, const struct tty_struct *tty);

/* Which side of a pair is it? */
static inline bool is_master(const struct tty_struct *tty)
{
	return tty->driver->subtype == PTY_TYPE_MASTER;
}

/* Its master has been closed: all that are open are hung up. */
static inline bool is_master_closed(const struct tty_struct *slave)
{
	return !READ_ONCE(slave->link->count);
}

/* -- pty_name.c ------------------------------------------------------------- */

int ckpt_pty_name(struct ckpt_ctx *ctx, struct file *file, char *buf, char **name);
int ckpt_ptmx_name(struct ckpt_ctx *ctx, struct file *slave, char *buf, char **name);

bool ckpt_gets_group(struct ckpt_ctx *ctx, const struct inode *slave);

/* -- pty_open.c ------------------------------------------------------------- */

struct file *ckpt_open_pty(struct ckpt_ctx *ctx, const struct ckpt_item *item, u32 flags,
			   u32 cred, dev_t rdev, int index, struct tty_struct *tty);

/* -- tty_line.c, compiled into drivers/tty/n_tty.c ---------------------------- */

int ckpt_check_line(struct ckpt_ctx *ctx, struct tty_struct *slave);
int ckpt_save_line(struct ckpt_ctx *ctx, struct tty_struct *slave, u32 id);

/* -- tty_file.c, compiled into drivers/tty/tty_io.c ---------------------------- */

bool ckpt_is_console(const struct tty_struct *tty);
void ckpt_hang_up_file(struct file *file);

/* -- tty_session.c ------------------------------------------------------------ */

bool ckpt_is_led_inside(struct ckpt_ctx *ctx, struct pid *session);
int ckpt_check_tty_session(struct ckpt_ctx *ctx, struct tty_struct *slave);
int ckpt_get_tty_session(struct ckpt_ctx *ctx, struct tty_struct *tty,
			 struct ckpt_rec_tty_session *rec);
bool ckpt_is_group_of(struct pid *pid, struct pid *session);
bool ckpt_may_lead(struct pid *session, struct pid *foreground);
int ckpt_take_session(struct tty_struct *slave, struct pid *session, struct pid *foreground);

/* -- tty_leader.c ------------------------------------------------------------- */

bool ckpt_is_tty_led(struct ckpt_ctx *ctx, struct tty_struct *tty);
int ckpt_check_tty_leader(struct ckpt_ctx *ctx, struct tty_struct *tty);
u32 ckpt_tty_leader_id(struct ckpt_ctx *ctx, struct tty_struct *tty);
struct pid *ckpt_led_by_tty(struct ckpt_ctx *ctx, u32 id);
bool ckpt_is_led_now(struct ckpt_ctx *ctx, struct tty_struct *tty);

#endif /* _KERNEL_CHECKPOINT_PTY_H */
