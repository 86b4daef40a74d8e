/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * owner.h - whose an image is.
 */
#ifndef _CKPT_OWNER_H
#define _CKPT_OWNER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <linux/types.h>

#define OWNER_NR_GROUPS	1024

/* What the owner of a file says about who made it */
enum owner_proof {
	OWNER_MADE_IT,		/* nobody else could have */
	OWNER_OF_NO_FILE,	/* there is none: a pipe, a device */
	OWNER_AND_OTHERS,	/* others may write it */
	OWNER_BY_LINK,		/* the number 0 proves nothing: anybody can make the link */
	OWNER_NOT_TRUSTED,	/* nor does it on a file system that is mounted with nosuid */
};

/**
 * owner_open - open an image, and look whether its name is a link
 * @path: its name
 * @followed: out: it is
 *
 * Return: its descriptor, -1 with errno
 */
int owner_open(const char *path, bool *followed);

/**
 * owner_proof - does the owner of an image show who made it?
 * @fd: the image
 * @st: what fstat() says of it
 * @followed: from owner_open()
 *
 * Return: whether it does, or why not
 */
enum owner_proof owner_proof(int fd, const struct stat *st, bool followed);

/* The primary group first.  Return: how many, 0 if the user is not known, or root */
unsigned int owner_groups(uid_t owner, __u32 *groups, unsigned int room);

/* The number of a user by name or number.  Return: false if there is no such user */
bool owner_number(const char *name, uid_t *owner);

#endif /* _CKPT_OWNER_H */
