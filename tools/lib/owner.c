// SPDX-License-Identifier: LGPL-2.1-only
/*
 * owner.c - an image's owner and the groups, by the files of this machine.
 *
 * Root obtains what the image's owner could obtain.  So an owner must be somebody who
 * could have made this very file: for root that takes more than the number 0.
 *
 * Groups not by its name services: those cannot be linked statically, and rstr must work
 * where there are none.  Whose user is not in the files has none.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

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

static const struct passwd *find_user(uid_t uid, FILE *users)
{
	const struct passwd *user;

	while ((user = fgetpwent(users)))
		if (user->pw_uid == uid)
			return user;
	return NULL;
}

static bool is_member(const struct group *group, const char *name)
{
	char **member;

	for (member = group->gr_mem; *member; member++)
		if (!strcmp(*member, name))
			return true;
	return false;
}

/* Behind the primary one */
static unsigned int add_groups(const struct passwd *user, __u32 *groups, unsigned int room)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *group;
	unsigned int nr = 1;

	while (file && nr < room && (group = fgetgrent(file)))
		if (group->gr_gid != user->pw_gid && is_member(group, user->pw_name))
			groups[nr++] = group->gr_gid;
	if (file)
		fclose(file);
	return nr;
}

unsigned int owner_groups(uid_t owner, __u32 *groups, unsigned int room)
{
	FILE *users = fopen("/etc/passwd", "re");
	const struct passwd *user;
	unsigned int nr = 0;

	if (!users)
		return 0;
	user = find_user(owner, users);
	if (user) {
		groups[0] = user->pw_gid;
		nr = add_groups(user, groups, room);
	}
	fclose(users);
	return nr;
}

static bool number_of_name(const char *name, uid_t *owner)
{
	FILE *users = fopen("/etc/passwd", "re");
	const struct passwd *user = NULL;

	if (!users)
		return false;
	while ((user = fgetpwent(users)) && strcmp(user->pw_name, name))
		continue;
	if (user)
		*owner = user->pw_uid;
	fclose(users);
	return user;
}

bool owner_number(const char *name, uid_t *owner)
{
	char *end;
	unsigned long number;

	if (number_of_name(name, owner))
		return true;
	errno = 0;
	number = strtoul(name, &end, 10);
	/* the last number means that there is none */
	if (errno || *end || !isdigit((unsigned char)*name) || number >= (uid_t)-1)
		return false;
	*owner = number;
	return true;
}
