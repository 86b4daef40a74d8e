// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_proc.c - all files of /proc/PID, whatever they are called: a file that a new
 * kernel adds is looked at as well.
 */
#include <dirent.h>

#include "inspect.h"

static char text[512U << 10];

/* What is read elsewhere, or says nothing about its process */
static const char * const passed_over[] = {
	"mem",			/* the contents: other tests look at them */
	"clear_refs",		/* only written to */
	"pagemap",		/* see dump_pages() */
	"smaps_rollup",		/* the sum of smaps */
	"numa_maps",		/* the same areas, with the nodes of this machine */
	"maps",			/* the lines of smaps without the rest */
};

static bool is_passed_over(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]); i++)
		if (!strcmp(name, passed_over[i]))
			return true;
	return false;
}

static void squeeze(char *value)
{
	char *out = value;

	for (; *value; value++) {
		if ((*value == ' ' || *value == '\t') && out[-1] == ' ')
			continue;
		*out++ = *value == '\t' ? ' ' : *value;
	}
	*out = '\0';
}

/* "Name: value" has its name as key; other lines have their number. */
static void dump_lines(const char *name, char *lines)
{
	unsigned int nr = 0;
	char *end, *colon;

	for (; *lines; lines = end) {
		end = strchrnul(lines, '\n');
		if (*end)
			*end++ = '\0';
		nr++;
		squeeze(lines);
		colon = lines + strcspn(lines, " :");
		colon += strspn(colon, " ");
		if (*colon == ':' && colon > lines) {
			*colon = '\0';
			lines[strcspn(lines, " ")] = '\0';
			colon += 1 + (colon[1] == ' ');
			line("%s.%s %s", name, lines, colon);
		} else {
			line("%s.%u %s", name, nr, lines);
		}
	}
}

/* Fields by their numbers in proc_pid_stat(5) */
static void dump_stat(const char *name, char *stat)
{
	char *next = strrchr(stat, ')');
	int field = 3;

	check(next);
	*next++ = '\0';
	line("%s.2 %s", name, strchr(stat, '(') + 1);
	for (next = strtok(next, " \n"); next; next = strtok(NULL, " \n"))
		line("%s.%d %s", name, field++, next);
}

/* Words by their numbers */
static void dump_words(const char *name, char *words)
{
	int nr = 1;

	for (words = strtok(words, " \n"); words; words = strtok(NULL, " \n"))
		line("%s.%d %s", name, nr++, words);
}

/* Areas next to each other that differ in nothing count as one: the kernel merges them. */
static struct {
	unsigned long start, end;
	char what[512];		/* protection, file, and the flags when they are known */
	char key[64];		/* of the area that is looked at */
} merged, now;

static void dump_merged(void)
{
	if (merged.end)
		line("area.%lx-%lx %s", merged.start, merged.end, merged.what);
}

/* All of an area is known. */
static void merge_area(void)
{
	if (merged.end == now.start && !strcmp(merged.what, now.what)) {
		merged.end = now.end;
		return;
	}
	dump_merged();
	merged = now;
}

/* The head of an area: its name and what it maps, the inode apart */
static void dump_area(char *head)
{
	unsigned long offset, ino;
	unsigned int major, minor;
	const char *name;
	char perms[8];
	int at = 0;

	if (sscanf(head, "%lx-%lx %7s %lx %x:%x %lu%n", &now.start, &now.end, perms, &offset,
		   &major, &minor, &ino, &at) < 7)
		return;
	name = head + at + strspn(head + at, " ");
	snprintf(now.key, sizeof(now.key), "smaps.%lx-%lx", now.start, now.end);
	snprintf(now.what, sizeof(now.what), "%s %.400s", perms, name);
	line("%s.area %s", now.key, now.what);
	line("%s.offset %lx", now.key, offset);
	line("%s.file %u", now.key, ino ? inode_number(major << 20 | minor, ino) : 0);
	line("%s.%s.inode %x:%x %lu", now.key, sort_of(name), major, minor, ino);
}

/* They end an area.  All memory is soft-dirty after a restart. */
static void dump_flags(char *flags)
{
	char *sd = strstr(flags, " sd");

	line("%s.soft_dirty %d", now.key, !!sd);
	if (sd)
		memmove(sd, sd + 3, strlen(sd + 3) + 1);
	line("%s.VmFlags %s", now.key, flags);
	snprintf(now.what + strlen(now.what), sizeof(now.what) - strlen(now.what), " %s", flags);
	merge_area();
}

static void dump_smaps(const char *name, char *lines)
{
	char *next, *colon;

	(void)name;
	memset(&merged, 0, sizeof(merged));
	for (; *lines; lines = next) {
		next = strchrnul(lines, '\n');
		if (*next)
			*next++ = '\0';
		colon = lines + strcspn(lines, " :");
		if (*colon != ':') {
			dump_area(lines);
			continue;
		}
		*colon++ = '\0';
		colon += strspn(colon, " ");
		if (!strcmp(lines, "VmFlags"))
			dump_flags(colon);
		else
			line("%s.%s %s", now.key, lines, colon);
	}
	dump_merged();
}

static const struct {
	const char *name;
	void (*dump)(const char *name, char *text);
} special[] = {
	{ "stat", dump_stat },
	{ "statm", dump_words },
	{ "schedstat", dump_words },
	{ "smaps", dump_smaps },
};

static void dump_file(const char *dir, const char *name)
{
	char path[128];
	unsigned int i;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%.63s", dir, name);
	len = read_file(path, text, sizeof(text));
	if (len < 0) {
		line("%s %s", name, strerrorname_np(-len));
		return;
	}
	line("%s.present 1", name);
	if (memchr(text, '\0', len)) {
		line_bytes(name, text, len);
		return;
	}
	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (!strcmp(special[i].name, name)) {
			special[i].dump(name, text);
			return;
		}
	dump_lines(name, text);
}

static void dump_link(const char *dir, const char *name)
{
	char path[300], to[512];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%.63s", dir, name);
	len = readlink(path, to, sizeof(to) - 1);
	if (len < 0)
		snprintf(to, sizeof(to), "%s", strerrorname_np(errno));
	else
		to[len] = '\0';
	/* The number of an inode is a key of its own. */
	if (!strncmp(name, "fd/", 3) && strstr(to, ":["))
		*strstr(to, ":[") = '\0';
	line("%s %s", name, to);
}

/* What lies in a directory, by name; longer names than these there are none */
static int names_in(const char *path, char (*names)[64], int max)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int nr = 0;

	while (dir && nr < max && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(names[nr++], 64, "%.63s", entry->d_name);
	if (dir)
		closedir(dir);
	qsort(names, nr, 64, (int (*)(const void *, const void *))strcmp);
	return nr;
}

static void dump_directory(const char *dir, bool of_process)
{
	static char names[128][64];
	static const char * const of_memory[] = { "smaps", "auxv", "environ" };
	int nr = names_in(dir, names, 128), i;
	char path[128];
	struct stat st;
	unsigned int k;

	for (i = 0; i < nr; i++) {
		if (is_passed_over(names[i]))
			continue;
		snprintf(path, sizeof(path), "%s/%.63s", dir, names[i]);
		if (lstat(path, &st))
			continue;
		for (k = 0; k < 3 && strcmp(names[i], of_memory[k]); k++)
			;
		if (S_ISLNK(st.st_mode))
			dump_link(dir, names[i]);
		else if (S_ISREG(st.st_mode) && (of_process || k == 3))
			dump_file(dir, names[i]);
	}
}

/* Names of a directory and what they lead to */
static void dump_links(const char *of, const char *name)
{
	static char names[128][64];
	char dir[64], link[128];
	int nr, i;

	snprintf(dir, sizeof(dir), "%s/%s", of, name);
	nr = names_in(dir, names, 128);
	for (i = 0; i < nr; i++) {
		snprintf(link, sizeof(link), "%s/%.63s", name, names[i]);
		dump_link(of, link);
	}
	line("%s.count %d", name, nr);
}

/* How many pages of each area are there, and how */
static void dump_pages(const char *dir)
{
	static uint64_t pages[512];
	unsigned long start, end, at;
	char path[80], *next;
	int fd, n, i, nr[4];

	snprintf(path, sizeof(path), "%s/maps", dir);
	if (read_file(path, text, sizeof(text)) <= 0)
		return;
	snprintf(path, sizeof(path), "%s/pagemap", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	for (next = text; *next; next = strchrnul(next, '\n'), next += !!*next) {
		if (sscanf(next, "%lx-%lx ", &start, &end) != 2 || end > 1UL << 47)
			continue;
		memset(nr, 0, sizeof(nr));
		for (at = start; at < end && end - start <= 64UL << 20; at += n * 4096UL) {
			n = (end - at) / 4096 < 512 ? (end - at) / 4096 : 512;
			if (pread(fd, pages, n * 8UL, at / 4096 * 8) != n * 8L)
				break;
			for (i = 0; i < n; i++) {
				nr[0] += pages[i] >> 63 & 1;
				nr[1] += pages[i] >> 62 & 1;
				nr[2] += (pages[i] >> 61 & 1) && (pages[i] >> 63 & 1);
				nr[3] += pages[i] >> 55 & 1;
			}
		}
		line("pagemap.%lx-%lx.present %d", start, end, nr[0]);
		line("pagemap.%lx-%lx.swapped %d", start, end, nr[1]);
		line("pagemap.%lx-%lx.of_file %d", start, end, nr[2]);
		line("pagemap.%lx-%lx.soft_dirty %d", start, end, nr[3]);
	}
	close(fd);
}

void dump_process(pid_t pid)
{
	char dir[32];

	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	dump_directory(dir, true);
	dump_links(dir, "fd");
	dump_links(dir, "ns");
	dump_links(dir, "task");
	dump_links(dir, "map_files");
	dump_pages(dir);
	snprintf(dir, sizeof(dir), "/proc/%d/fdinfo", pid);
	dump_fdinfo(dir);
}

void dump_thread(pid_t pid, pid_t tid)
{
	char dir[48];

	snprintf(dir, sizeof(dir), "/proc/%d/task/%d", pid, tid);
	dump_directory(dir, false);
	dump_links(dir, "ns");
	snprintf(dir, sizeof(dir), "/proc/%d/task/%d/attr", pid, tid);
	dump_directory(dir, false);
}
