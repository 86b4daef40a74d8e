// SPDX-License-Identifier: LGPL-2.1-only
/*
 * names_getent.c - users and their groups for what is linked statically: that cannot load
 * what nsswitch.conf(5) names, which getent(1) can.  Where that is not, as in an initramfs,
 * by /etc/passwd and /etc/group.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "names.h"

/* 65,536 groups are the most that a process may have; those here are cut at @room. */
#define MAX_LINE	65536

/* A directory that does not answer for so long is none. */
#define MAX_SECONDS	30

/* What getent says of what it does not find */
#define NOT_FOUND	2

/* -- getent -------------------------------------------------------------------------------- */

/*
 * What is asked may hang, and the caller has signals blocked: here they end it, and so does
 * time.  A key that stops it would not let either through.
 */
static void limit(void)
{
	sigset_t none;

	signal(SIGTSTP, SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(MAX_SECONDS);
}

/* Whoever calls rstr does not choose what it runs. */
static __noreturn void become_getent(const char *database, const char *key, int out)
{
	static const char * const environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL,
	};
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDERR_FILENO);
	}
	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(1);
	limit();
	execle("/usr/bin/getent", "getent", "--", database, key, NULL, environment);
	execle("/bin/getent", "getent", "--", database, key, NULL, environment);
	_exit(1);
}

static size_t read_all(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size - 1) {
		got = read(fd, text + len, size - 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += got;
	}
	text[len] = '\0';
	return len;
}

/*
 * One line about @key, to be freed.  Return: NULL if there is none; *@known: it was getent
 * that said so
 */
static char *ask(const char *database, const char *key, bool *known)
{
	char *line = malloc(MAX_LINE);
	int status = 0, ends[2];
	pid_t pid = -1;
	bool found;

	if (line && !pipe2(ends, O_CLOEXEC)) {
		pid = fork();
		if (!pid)
			become_getent(database, key, ends[1]);
		close(ends[1]);
		line[0] = '\0';
		if (pid > 0)
			read_all(ends[0], line, MAX_LINE);
		close(ends[0]);
	}
	/* where SIGCHLD is ignored nobody says how it ended, but what it has said stands */
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	found = pid > 0 && strchr(line, '\n');
	*known = found || (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND);
	if (found)
		return line;
	free(line);
	return NULL;
}

static bool parse_number(const char *text, char end, __u32 *number)
{
	unsigned long value;
	char *rest;

	errno = 0;
	value = strtoul(text, &rest, 10);
	*number = value;
	return rest != text && *text != '-' && *rest == end && !errno && value < (__u32)-1;
}

/* "name:x:1000:100:..." */
static bool parse_user(const char *line, struct names_user *user)
{
	const char *password = strchr(line, ':');
	const char *uid = password ? strchr(password + 1, ':') : NULL;
	const char *gid = uid ? strchr(uid + 1, ':') : NULL;
	size_t len = password ? password - line : 0;

	if (!gid || !len || len >= sizeof(user->name) || !parse_number(uid + 1, ':', &user->uid) ||
	    !parse_number(gid + 1, ':', &user->gid))
		return false;
	memcpy(user->name, line, len);
	user->name[len] = '\0';
	return true;
}

/*
 * "name                 4 24 27": the primary one may be among them, and spaces in the name.
 * Return: how many; 0 if the line is about somebody else
 */
static unsigned int parse_groups(const char *line, const struct names_user *user, __u32 *groups,
				 unsigned int room)
{
	size_t len = strlen(user->name);
	const char *word = line + len;
	unsigned int nr = 1;
	char *rest;

	if (strncmp(line, user->name, len) || !isspace((unsigned char)*word))
		return 0;
	groups[0] = user->gid;
	while (nr < room) {
		groups[nr] = strtoul(word, &rest, 10);
		if (rest == word)
			break;
		if (groups[nr] != user->gid)
			nr++;
		word = rest;
	}
	return nr;
}

/* -- the files ----------------------------------------------------------------------------- */

static bool find_in_file(const char *name, uid_t uid, struct names_user *user)
{
	FILE *users = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;

	if (!users)
		return false;
	while ((entry = fgetpwent(users)) &&
	       (name ? strcmp(entry->pw_name, name) : entry->pw_uid != uid))
		continue;
	if (entry && strlen(entry->pw_name) >= sizeof(user->name))
		entry = NULL;
	if (entry) {
		user->uid = entry->pw_uid;
		user->gid = entry->pw_gid;
		memcpy(user->name, entry->pw_name, strlen(entry->pw_name) + 1);
	}
	fclose(users);
	return entry;
}

static bool is_member(const struct group *group, const char *name)
{
	char **member;

	for (member = group->gr_mem; *member; member++)
		if (!strcmp(*member, name))
			return true;
	return false;
}

static unsigned int groups_in_file(const struct names_user *user, __u32 *groups, unsigned int room)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *group;
	unsigned int nr = 1;

	groups[0] = user->gid;
	while (file && nr < room && (group = fgetgrent(file)))
		if (group->gr_gid != user->gid && is_member(group, user->name))
			groups[nr++] = group->gr_gid;
	if (file)
		fclose(file);
	return nr;
}

/* -- both ---------------------------------------------------------------------------------- */

static bool find(const char *key, const char *name, uid_t uid, struct names_user *user)
{
	bool known, found;
	char *line = ask("passwd", key, &known);

	if (!known)
		return find_in_file(name, uid, user);
	found = line && parse_user(line, user) &&
		(name ? !strcmp(user->name, name) : user->uid == uid);
	free(line);
	return found;
}

bool names_by_uid(uid_t uid, struct names_user *user)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", uid);
	return find(key, NULL, uid, user);
}

bool names_by_name(const char *name, struct names_user *user)
{
	return find(name, name, 0, user);
}

unsigned int names_groups(const struct names_user *user, __u32 *groups, unsigned int room)
{
	unsigned int nr;
	bool known;
	char *line = ask("initgroups", user->name, &known);

	if (!line)
		return groups_in_file(user, groups, room);
	nr = parse_groups(line, user, groups, room);
	free(line);
	return nr;
}
