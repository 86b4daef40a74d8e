/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * choose.h - a tree by more than its pid.
 */
#ifndef _CKPT_CHOOSE_H
#define _CKPT_CHOOSE_H

#include <sys/types.h>

/* Each returns the pid of its root, 0 if there is none, or no single one (reported). */
pid_t choose_by_name(const char *name);
pid_t choose_by_cgroup(const char *name);
pid_t choose_by_unit(const char *name);

#endif /* _CKPT_CHOOSE_H */
