// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner.c - an image's owner and the groups, by the files of this machine.
 *
 * Not by its name services: those cannot be linked statically, and rstr must work
 * where there are none.  Whose user is not in the files has none.
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rstr.h"

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
