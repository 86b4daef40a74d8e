/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of signals share.
 */
#ifndef _KERNEL_CHECKPOINT_SIGNAL_H
#define _KERNEL_CHECKPOINT_SIGNAL_H

struct ckpt_task;

/**
 * ckpt_stops_changed - save: has job control changed since it was captured?
 * @t: a thread; its process is meant
 *
 * Context: siglock of @t held.
 * Return: in words what happened, NULL if nothing did
 */
const char *ckpt_stops_changed(const struct ckpt_task *t);

#endif /* _KERNEL_CHECKPOINT_SIGNAL_H */
