// SPDX-License-Identifier: LGPL-2.1-only
/*
 * names_libc.c - users and their groups by the C library, which asks what nsswitch.conf(5)
 * names: for what is linked with the shared one.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* An entry is some lines of text; one that is larger than this is none. */
#define MAX_ENTRY	(1 << 20)

/* By name, or by number without one */
static int look_up(const char *name, uid_t uid, char *buffer, size_t size, struct passwd *entry,
		   struct passwd **found)
{
	return name ? getpwnam_r(name, entry, buffer, size, found) :
		      getpwuid_r(uid, entry, buffer, size, found);
}

static bool find(const char *name, uid_t uid, struct names_user *user)
{
	struct passwd entry, *found = NULL;
	char *buffer = NULL, *larger;
	size_t size;
	int err = ERANGE;

	for (size = 4096; err == ERANGE && size <= MAX_ENTRY; size *= 4) {
		larger = realloc(buffer, size);
		if (!larger)
			break;
		buffer = larger;
		err = look_up(name, uid, buffer, size, &entry, &found);
	}
	if (err || (found && strlen(found->pw_name) >= sizeof(user->name)))
		found = NULL;
	if (found) {
		user->uid = found->pw_uid;
		user->gid = found->pw_gid;
		memcpy(user->name, found->pw_name, strlen(found->pw_name) + 1);
	}
	free(buffer);
	return found;
}

bool names_by_uid(uid_t uid, struct names_user *user)
{
	return find(NULL, uid, user);
}

bool names_by_name(const char *name, struct names_user *user)
{
	return find(name, 0, user);
}

unsigned int names_groups(const struct names_user *user, __u32 *groups, unsigned int room)
{
	gid_t *list = calloc(room, sizeof(*list));
	int nr = room, i;

	if (!list)
		return 0;
	/* what is beyond the room is left out; without memory nothing was found */
	if (getgrouplist(user->name, user->gid, list, &nr) < 0)
		nr = nr > (int)room ? (int)room : 0;
	for (i = 0; i < nr; i++)
		groups[i] = list[i];
	free(list);
	return nr;
}
