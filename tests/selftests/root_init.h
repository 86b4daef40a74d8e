/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * root_init.h - subjects that are the inits of pid namespaces of their own.
 */
#ifndef _ROOT_INIT_H
#define _ROOT_INIT_H

#include "nested_pidns.h"

/* As subject_start(), in a new pid namespace below the test's */
static inline int start_as_init(struct subject *s, void (*run)(void))
{
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	int ret;

	if (own < 0 || unshare(CLONE_NEWPID))
		return -errno;
	ret = subject_start(s, run);
	if (setns(own, CLONE_NEWPID))
		return -errno;
	close(own);
	return ret;
}

#endif /* _ROOT_INIT_H */
