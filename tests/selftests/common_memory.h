/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * common_memory.h - memory without a name that several processes of a subject share.
 */
#ifndef _COMMON_MEMORY_H
#define _COMMON_MEMORY_H

#include "subject.h"

#define PAGE	4096UL
#define LEN	(64 * PAGE)

static char *common;

static inline char *map_shared(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

#endif /* _COMMON_MEMORY_H */
