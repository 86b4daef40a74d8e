// SPDX-License-Identifier: GPL-2.0-only
/*
 * look.c - what /proc shows of a process, taken and compared.
 */
#include "subject.h"

bool is_blocked_in(pid_t pid, pid_t tid, long nr)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	if (read_file(path, text, sizeof(text)) <= 0 || text[0] < '0' || text[0] > '9')
		return false;
	return nr < 0 || strtol(text, NULL, 10) == nr;
}

ssize_t status_line(const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	char text[8192], *line;

	if (read_file("/proc/self/status", text, sizeof(text)) <= 0)
		return -1;
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, name, len) || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, "\t ");
		return snprintf(buf, size, "%s", line);
	}
	return -1;
}

const char *process_shown(pid_t pid)
{
	static char text[64];
	char path[32], comm[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	read_file(path, comm, sizeof(comm));
	snprintf(text, sizeof(text), "process %d (%.*s)", pid, (int)strcspn(comm, "\n"), comm);
	return text;
}

/* In the program's own data, so that looking does not change what is looked at. */
#define VIEW_ROOM	(256U << 10)

static char rooms[6][VIEW_ROOM], now[VIEW_ROOM], raw[VIEW_ROOM];
static unsigned int rooms_used;

static char *view_room(void)
{
	check(rooms_used < 6);
	return rooms[rooms_used++];
}

static void compare(const struct view *v, size_t len, const char *what)
{
	size_t i = 0, line = 0;

	if (v->len == len && !memcmp(v->text, now, len))
		return;
	for (; i < len && i < v->len && v->text[i] == now[i]; i++)
		if (now[i] == '\n')
			line = i + 1;
	fail(__FILE__, __LINE__, "%s differs: \"%.*s\" was \"%.*s\"", what,
	     (int)strcspn(now + line, "\n"), now + line,
	     (int)strcspn(v->text + line, "\n"), v->text + line);
}

void view_take(struct view *v, const char *path)
{
	ssize_t len;

	v->text = view_room();
	len = read_file(path, v->text, VIEW_ROOM);
	check(len >= 0);
	v->len = len;
}

void view_compare(const struct view *v, const char *path)
{
	ssize_t len = read_file(path, now, VIEW_ROOM);

	check(len >= 0);
	compare(v, len, path);
}

/* The rest of a line of maps, "perms offset dev inode path", without what may change */
static int describe_area(const char *line, char *perms, const char **path)
{
	int at = 0;

	if (sscanf(line, "%*s %4s %*s %*s %*s%n", perms, &at) < 1 || !at)
		return -1;
	*path = line + at + strspn(line + at, " ");
	return 0;
}

/* All memory is soft-dirty after a restart, as after mmap(). */
static void hide_soft_dirty(char *flags)
{
	char *sd = strstr(flags, " sd");

	if (sd)
		memmove(sd, sd + 3, strlen(sd + 3) + 1);
}

/*
 * Lines of maps without offset, device and inode.  Neighbours that differ in nothing
 * that is shown count as one: the kernel may have merged them.
 */
static size_t read_maps(char *out, bool flags)
{
	ssize_t got = read_file(flags ? "/proc/self/smaps" : "/proc/self/maps", raw, VIEW_ROOM);
	unsigned long start, end, first = 0, last = 0;
	char perms[8], area[512], before[512] = "";
	const char *path;
	char *line, *next;
	size_t len = 0;

	check(got > 0 && got < VIEW_ROOM - 1);
	for (line = raw; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		if (flags && !strncmp(line, "VmFlags:", 8)) {
			hide_soft_dirty(line);
			len += sprintf(out + len, "%lx-%lx %s %s\n", first, last, area, line + 9);
			continue;
		}
		if (sscanf(line, "%lx-%lx ", &start, &end) != 2 ||
		    describe_area(line, perms, &path))
			continue;
		snprintf(area, sizeof(area), "%s %s", perms, path);
		if (!flags && start == last && !strcmp(area, before)) {
			last = end;
			continue;
		}
		if (!flags && last)
			len += sprintf(out + len, "%lx-%lx %s\n", first, last, before);
		first = start;
		last = end;
		strcpy(before, area);
	}
	if (!flags)
		len += sprintf(out + len, "%lx-%lx %s\n", first, last, before);
	return len;
}

void maps_take(struct view *v, bool flags)
{
	v->text = view_room();
	v->len = read_maps(v->text, flags);
}

void maps_compare(const struct view *v, bool flags)
{
	compare(v, read_maps(now, flags), flags ? "smaps" : "maps");
}

void vm_flags_at(const void *address, char *buf, size_t size)
{
	unsigned long start, end;
	bool here = false;
	char line[512];
	FILE *smaps = fopen("/proc/self/smaps", "re");

	check(smaps);
	buf[0] = '\0';
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)address >= start && (unsigned long)address < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			snprintf(buf, size, "%.*s", (int)strcspn(line + 9, "\n"), line + 9);
		if (here)
			hide_soft_dirty(buf);
	}
	fclose(smaps);
}

/* -- patterns ---------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void pattern_fill(void *p, size_t len, uint64_t seed)
{
	uint64_t state = seed * 2 + 1, *word = p;

	for (; len >= sizeof(*word); len -= sizeof(*word))
		*word++ = next_random(&state);
}

bool pattern_goes_on(const void *p, size_t skip, size_t len, uint64_t seed)
{
	uint64_t state = seed * 2 + 1, expected;
	const uint64_t *word = p;
	size_t at;

	for (at = 0; at + sizeof(*word) <= skip + len; at += sizeof(*word)) {
		expected = next_random(&state);
		if (at >= skip && *word++ != expected)
			return false;
	}
	/* Of nothing nobody can say that it is right. */
	return len >= sizeof(*word);
}

bool pattern_is(const void *p, size_t len, uint64_t seed)
{
	return pattern_goes_on(p, 0, len, seed);
}
