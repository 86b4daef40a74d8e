// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what of open terminals drivers/tty/tty_io.c keeps to itself.  Compiled
 * into it.
 */
#include "pty.h"

/**
 * tty_from_file - the terminal that a file is open on
 * @file: any open file
 *
 * Return: the terminal, hung up or not; NULL if the file is none
 */
struct tty_struct *tty_from_file(struct file *file)
{
	return file->f_op->release == tty_release ? file_tty(file) : NULL;
}

/**
 * ckpt_is_console - does what is written to the console go to a terminal? (TIOCCONS)
 * @tty: the terminal
 *
 * Return: true if so
 */
bool ckpt_is_console(const struct tty_struct *tty)
{
	bool ret;

	spin_lock(&redirect_lock);
	ret = redirect && file_tty(redirect) == tty;
	spin_unlock(&redirect_lock);
	return ret;
}

/**
 * ckpt_hang_up_file - let an open file see that its terminal has hung up
 * @file: open on a terminal; nobody uses it yet
 *
 * As __tty_hangup() does with all files of a terminal.
 */
void ckpt_hang_up_file(struct file *file)
{
	struct tty_struct *tty = file_tty(file);

	spin_lock(&tty->files_lock);
	file->f_op = &hung_up_tty_fops;
	spin_unlock(&tty->files_lock);
}
