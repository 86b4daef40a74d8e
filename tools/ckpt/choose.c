// SPDX-License-Identifier: GPL-2.0-only
/*
 * choose.c - a tree by more than its pid: by the name of a process, a control group or a
 * systemd unit.  It is the one process of them that all others are below.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choose.h"
#include "proc.h"
#include "text.h"

#define CGROUPS		"/sys/fs/cgroup"
#define NR_FOUND	4096
#define NR_SHOWN	8

static pid_t found[NR_FOUND];
static size_t nr_found;

static void add(pid_t pid)
{
	if (pid > 0 && pid != getpid() && nr_found < NR_FOUND)
		found[nr_found++] = pid;
}

static bool is_found(pid_t pid)
{
	size_t i;

	for (i = 0; i < nr_found; i++)
		if (found[i] == pid)
			return true;
	return false;
}

static bool is_top(pid_t pid)
{
	int depth;

	for (depth = 0; depth < 1000 && (pid = proc_parent(pid)) > 0; depth++)
		if (is_found(pid))
			return false;
	return true;
}

static pid_t say_tops(const char *what, const pid_t *tops, size_t nr)
{
	char text[NR_SHOWN * 12 + 8] = "";
	size_t i, used = 0;

	for (i = 0; i < nr && i < NR_SHOWN; i++)
		used += snprintf(text + used, sizeof(text) - used, " %d", tops[i]);
	say_err("%s is several programs, none of which is above the others: pids%s%s; name one of them",
		what, text, nr > NR_SHOWN ? " ..." : "");
	return 0;
}

static pid_t only_top(const char *what)
{
	pid_t tops[NR_FOUND];
	size_t i, nr = 0;

	for (i = 0; i < nr_found; i++)
		if (is_top(found[i]))
			tops[nr++] = found[i];
	if (nr == 1)
		return tops[0];
	if (nr)
		return say_tops(what, tops, nr);
	say_err("%s: there is no such process; look with 'ps'", what);
	return 0;
}

pid_t choose_by_name(const char *name)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char comm[64];

	nr_found = 0;
	while (dir && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		/* the kernel keeps fifteen characters of it */
		if (pid > 0 && proc_comm(pid, comm, sizeof(comm)) && !strncmp(comm, name, 15))
			add(pid);
	}
	if (dir)
		closedir(dir);
	return only_top(name);
}

static int read_members(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	FILE *file;
	int pid;

	(void)st;
	if (type != FTW_F || strcmp(path + ftw->base, "cgroup.procs"))
		return 0;
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		add(pid);
	if (file)
		fclose(file);
	return 0;
}

static pid_t choose_in(const char *directory, const char *what)
{
	nr_found = 0;
	if (nftw(directory, read_members, 16, FTW_PHYS)) {
		say_err("%s: %s; name a directory below " CGROUPS, directory, strerror(errno));
		return 0;
	}
	return only_top(what);
}

pid_t choose_by_cgroup(const char *name)
{
	char path[PATH_MAX];

	if (!strncmp(name, CGROUPS "/", sizeof(CGROUPS)))
		return choose_in(name, name);
	snprintf(path, sizeof(path), CGROUPS "/%s", name);
	return choose_in(path, name);
}

static const char *unit_name;
static char unit_path[PATH_MAX];

static int is_unit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + ftw->base;
	size_t len = strlen(unit_name);

	(void)st;
	if (type != FTW_D || strncmp(name, unit_name, len) ||
	    (name[len] && strcmp(name + len, ".service")))
		return 0;
	snprintf(unit_path, sizeof(unit_path), "%s", path);
	return 1;
}

/* A unit's processes are those of the control group of that name. */
pid_t choose_by_unit(const char *name)
{
	unit_name = name;
	if (nftw(CGROUPS, is_unit, 16, FTW_PHYS) == 1)
		return choose_in(unit_path, name);
	say_err("no unit %s runs; look with 'systemctl status %s'", name, name);
	return 0;
}
