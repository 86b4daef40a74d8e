/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * names.h - users and groups by the databases of this machine: by the C library
 * (names_libc.c), or, in what is linked statically, without it (names_getent.c).
 */
#ifndef _CKPT_NAMES_H
#define _CKPT_NAMES_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>

/**
 * struct names_user - a user
 * @uid: its number
 * @gid: its primary group
 * @name: its name
 */
struct names_user {
	uid_t uid;
	gid_t gid;
	char name[256];
};

/* Return: false if there is none */
bool names_by_uid(uid_t uid, struct names_user *user);
bool names_by_name(const char *name, struct names_user *user);

/* All groups that it is in, the primary first.  Return: how many, at most @room; 0: not known */
unsigned int names_groups(const struct names_user *user, __u32 *groups, unsigned int room);

#endif /* _CKPT_NAMES_H */
