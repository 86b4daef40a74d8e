// SPDX-License-Identifier: LGPL-2.1-only
/*
 * owner.c - an image's owner and the groups, by the databases of this machine (names.h).
 *
 * Root obtains what the image's owner could obtain.  So an owner must be somebody who
 * could have made this very file: for root that takes more than the number 0.
 * Whose user is in no database has no groups.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "names.h"
#include "owner.h"

int owner_open(const char *path, bool *followed)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
	int fd = open(path, flags | O_NOFOLLOW);

	*followed = fd < 0 && errno == ELOOP;
	return *followed ? open(path, flags) : fd;
}

enum owner_proof owner_proof(int fd, const struct stat *st, bool followed)
{
	struct statvfs vfs;

	if (!S_ISREG(st->st_mode))
		return OWNER_OF_NO_FILE;
	/* Who may write it says what runs. */
	if (st->st_mode & 022)
		return OWNER_AND_OTHERS;
	/*
	 * A link that leads to a file of root's may be anybody's; so may what a file system
	 * says that is not trusted with set-user-ID programs.
	 */
	if (!st->st_uid && followed)
		return OWNER_BY_LINK;
	if (!st->st_uid && (fstatvfs(fd, &vfs) || vfs.f_flag & ST_NOSUID))
		return OWNER_NOT_TRUSTED;
	return OWNER_MADE_IT;
}

unsigned int owner_groups(uid_t owner, __u32 *groups, unsigned int room)
{
	struct names_user user;

	/* root is no ceiling, whatever groups it is in */
	if (!owner || !names_by_uid(owner, &user))
		return 0;
	return names_groups(&user, groups, room);
}

bool owner_number(const char *name, uid_t *owner)
{
	struct names_user user;
	char *end;
	unsigned long number;

	if (names_by_name(name, &user)) {
		*owner = user.uid;
		return true;
	}
	errno = 0;
	number = strtoul(name, &end, 10);
	/* the last number means that there is none */
	if (errno || *end || !isdigit((unsigned char)*name) || number >= (uid_t)-1)
		return false;
	*owner = number;
	return true;
}
