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

#define VIEW_ROOM	(256U << 10)

/* Outside the heap, so that looking does not change what is looked at. */
static char *view_room(void)
{
	char *room = mmap(NULL, VIEW_ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(room != MAP_FAILED);
	return room;
}

static void compare(const struct view *v, const char *now, size_t len, const char *what)
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
	char *now = view_room();
	ssize_t len = read_file(path, now, VIEW_ROOM);

	check(len >= 0);
	compare(v, now, len, path);
	munmap(now, VIEW_ROOM);
}

/* "start-end perms offset dev inode path": device and inode may change. */
static size_t copy_maps_line(char *out, const char *line)
{
	int before, after = 0;

	if (sscanf(line, "%*s %*s %*s%n %*s %*s%n", &before, &after) < 0 || !after)
		return 0;
	return sprintf(out, "%.*s%s", before, line, line + after);
}

static size_t read_maps(char *out, bool flags)
{
	char *room = view_room(), *line, *next;
	ssize_t got = read_file(flags ? "/proc/self/smaps" : "/proc/self/maps", room, VIEW_ROOM);
	size_t len = 0;

	check(got > 0 && got < VIEW_ROOM - 1);
	for (line = room; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		if (!flags || (line[0] >= '0' && line[0] <= '9') ||
		    (line[0] >= 'a' && line[0] <= 'f'))
			len += copy_maps_line(out + len, line);
		else if (!strncmp(line, "VmFlags:", 8))
			len += sprintf(out + len, "%s", line);
		else
			continue;
		out[len++] = '\n';
	}
	out[len] = '\0';
	munmap(room, VIEW_ROOM);
	return len;
}

/* The area in which the text lies is there in both looks. */
void maps_take(struct view *v, bool flags)
{
	v->text = view_room();
	v->len = read_maps(v->text, flags);
	v->len = read_maps(v->text, flags);
}

void maps_compare(const struct view *v, bool flags)
{
	static char now[VIEW_ROOM];

	compare(v, now, read_maps(now, flags), flags ? "smaps" : "maps");
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

bool pattern_is(const void *p, size_t len, uint64_t seed)
{
	uint64_t state = seed * 2 + 1;
	const uint64_t *word = p;

	for (; len >= sizeof(*word); len -= sizeof(*word))
		if (*word++ != next_random(&state))
			return false;
	return true;
}
