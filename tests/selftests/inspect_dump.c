// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_dump.c - the lines of a dump.
 */
#include "inspect.h"

/*
 * All of this is in the program's own data and was touched before the first dump counts:
 * looking must not change what is looked at.
 */
static char buffer[1U << 20];
static size_t used;
static const char *whose;
static int number;

static struct {
	unsigned long dev, ino;
} inodes[512];
static unsigned int nr_inodes;

/* Each process has its memory from its first dump on, which does not count. */
static void touch_memory(void)
{
	memset(buffer, 1, sizeof(buffer));
	memset(inodes, 1, sizeof(inodes));
}

void dump_begin(const char *who, int nr)
{
	if (!nr)
		touch_memory();
	if (nr != number)
		nr_inodes = 0;
	number = nr;
	whose = who;
	used = 0;
}

void dump_end(void)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "dump.%d", number);
	fd = open(test_file(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	check(fd >= 0);
	fchmod(fd, 0666);	/* others go on with it */
	check_equal(write(fd, buffer, used), used);
	close(fd);
	used = 0;
}

static void put_char(char c)
{
	check(used < sizeof(buffer));
	buffer[used++] = c;
}

static void put_escaped(const char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (; *text; text++) {
		if ((unsigned char)*text >= ' ' && *text != 0x7f && *text != '\\') {
			put_char(*text);
			continue;
		}
		put_char('\\');
		put_char('x');
		put_char(digits[(unsigned char)*text >> 4]);
		put_char(digits[*text & 15]);
	}
}

void line(const char *fmt, ...)
{
	static char text[16384];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	put_escaped(whose);
	put_char('.');
	put_escaped(text);
	put_char('\n');
}

void line_bytes(const char *key, const void *p, size_t len)
{
	static char text[8192];
	const unsigned char *c = p;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < len && 2 * i + 3 < sizeof(text); i++)
		sprintf(text + 2 * i, "%02x", c[i]);
	line("%s %zu:%s", key, len, text);
}

void line_result(const char *key, long ret)
{
	if (ret == -1 && errno)
		line("%s %s", key, strerrorname_np(errno));
	else
		line("%s %#lx", key, ret);
}

unsigned int inode_number(unsigned long dev, unsigned long ino)
{
	unsigned int i;

	for (i = 0; i < nr_inodes; i++)
		if (inodes[i].dev == dev && inodes[i].ino == ino)
			return i + 1;
	if (nr_inodes == sizeof(inodes) / sizeof(inodes[0]))
		return 0;
	inodes[i].dev = dev;
	inodes[i].ino = ino;
	return ++nr_inodes;
}

const char *sort_of(const char *link)
{
	static const struct {
		const char *begin, *sort;
	} sorts[] = {
		{ "/proc/", "proc" }, { "/sys/", "sys" }, { "/dev/pts/", "terminal" },
		{ "/memfd:", "nameless" }, { "/dev/zero (deleted)", "nameless" },
		{ "/SYSV", "nameless" }, { "/inspect", "queue" }, { "pipe:", "pipe" },
		{ "pidfd:", "pidfd" }, { "anon_inode:[pidfd]", "pidfd" }, { "anon_inode:", "anon" },
		{ "/[aio]", "nameless" },
	};
	const char *end = strstr(link, " (deleted)");
	unsigned int i;

	for (i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (!strncmp(link, sorts[i].begin, strlen(sorts[i].begin)))
			return sorts[i].sort;
	if (*link != '/')
		return *link ? "namespace" : "none";
	return end && !end[10] ? "nameless" : "file";
}
