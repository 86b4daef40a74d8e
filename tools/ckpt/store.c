// SPDX-License-Identifier: GPL-2.0-only
/*
 * store.c - a directory of images of one job: its lock, its list, what goes from it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proc.h"
#include "store.h"
#include "text.h"

#define LOCK		"lock"
#define LOCK_LEN	256

/* A keeper that was killed needs a moment until the last of its job is gone. */
#define LOCK_TRIES	30
#define LOCK_PAUSE_US	100000

static int check_owner(const struct store *store)
{
	char word[512];
	struct stat st;

	if (fstat(store->dir, &st))
		return -errno;
	if (st.st_uid != geteuid()) {
		say_err("%s belongs to user %u, whose images are in it; run this as that user, or name another directory with --dir",
			store->path, st.st_uid);
		return -EPERM;
	}
	if (st.st_mode & 022) {
		say_err("%s can be written by others, who could put their images there; run 'chmod go-w %s'",
			store->path, text_word(store->path, word, sizeof(word)));
		return -EPERM;
	}
	return 0;
}

/* There the number 0 does not show that root made an image: rstr would not take it. */
static int check_place(const struct store *store)
{
	struct statvfs vfs;

	if (geteuid() || fstatvfs(store->dir, &vfs) || !(vfs.f_flag & ST_NOSUID))
		return 0;
	say_err("%s is on a file system that is mounted with nosuid, where root's images are not told from others'; name another directory with --dir",
		store->path);
	return -EPERM;
}

int store_open(struct store *store, const char *path, bool make)
{
	*store = (struct store){ .path = path, .dir = -1, .lock = -1 };
	if (make && mkdir(path, 0700) && errno != EEXIST) {
		say_err("%s cannot be made: %s; name another directory with --dir", path,
			strerror(errno));
		return -EACCES;
	}
	/* Somebody else may have put the link there, where the directory above is his. */
	store->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (store->dir >= 0)
		return check_owner(store) ?: (make ? check_place(store) : 0);
	if (errno == ELOOP || errno == ENOTDIR) {
		say_err("%s is no directory, but perhaps a link to one; name the directory itself with --dir",
			path);
		return -ENOTDIR;
	}
	say_err("%s: %s; name the directory that 'ckpt run --dir' has made", path, strerror(errno));
	return -ENOTDIR;
}

static void busy(const struct store *store)
{
	struct store_keeper keeper;

	store_is_kept(store, &keeper);
	say_err("%s is in use: process %d keeps images of process %d in it; wait for its end, or name another directory with --dir",
		store->path, keeper.pid, keeper.job);
}

int store_lock(struct store *store)
{
	int tries = 0;

	store->lock = openat(store->dir, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock < 0) {
		say_err("%s/" LOCK ": %s; see to the rights of %s", store->path, strerror(errno),
			store->path);
		return -EACCES;
	}
	while (flock(store->lock, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK && tries++ < LOCK_TRIES) {
			usleep(LOCK_PAUSE_US);
			continue;
		}
		if (errno == EWOULDBLOCK)
			busy(store);
		else
			say_err("%s/" LOCK ": %s; choose a file system that has locks",
				store->path, strerror(errno));
		return -EBUSY;
	}
	return 0;
}

/* The boot is noted down too: times and pids are of no other. */
static void read_keeper(int fd, struct store_keeper *keeper)
{
	unsigned long long begun, bytes, run_ns, seen_ns;
	char text[LOCK_LEN] = "", boot[40] = "", this_boot[40];

	if (read(fd, text, sizeof(text) - 1) <= 0 ||
	    sscanf(text, "%d %d %llu %zu %llu %llu %llu %39s", &keeper->pid, &keeper->job, &begun,
		   &keeper->images, &bytes, &run_ns, &seen_ns, boot) != 8 ||
	    strcmp(boot, proc_boot_id(this_boot, sizeof(this_boot)))) {
		*keeper = (struct store_keeper){ 0 };
		return;
	}
	keeper->begun = begun;
	keeper->bytes = bytes;
	keeper->run_ns = run_ns;
	keeper->seen_ns = seen_ns;
}

void store_last_keeper(const struct store *store, struct store_keeper *keeper)
{
	int fd = openat(store->dir, LOCK, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*keeper = (struct store_keeper){ 0 };
	if (fd < 0)
		return;
	read_keeper(fd, keeper);
	close(fd);
}

bool store_is_kept(const struct store *store, struct store_keeper *keeper)
{
	int fd = openat(store->dir, LOCK, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool kept;

	*keeper = (struct store_keeper){ 0 };
	if (fd < 0)
		return false;
	kept = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	if (kept)
		read_keeper(fd, keeper);
	close(fd);
	return kept;
}

void store_name_keeper(const struct store *store, const struct store_keeper *keeper)
{
	char text[LOCK_LEN], boot[40];
	int len = snprintf(text, sizeof(text), "%d %d %llu %zu %llu %llu %llu %s\n", keeper->pid,
			   keeper->job, (unsigned long long)keeper->begun, keeper->images,
			   (unsigned long long)keeper->bytes, (unsigned long long)keeper->run_ns,
			   (unsigned long long)keeper->seen_ns,
			   proc_boot_id(boot, sizeof(boot)));

	if (pwrite(store->lock, text, len, 0) != len || ftruncate(store->lock, len))
		say_err("%s/" LOCK " cannot be written: %s; 'ckpt save' will not find the job",
			store->path, strerror(errno));
}

/* -- the list ------------------------------------------------------------------------------- */

/* Return: N of "N.img", 0 for any other name */
static unsigned long number_of(const char *name, const char *suffix)
{
	unsigned long number;
	char *end;

	if (*name < '0' || *name > '9')
		return 0;
	errno = 0;
	number = strtoul(name, &end, 10);
	return errno || strcmp(end, suffix) ? 0 : number;
}

/* Its entries in a stream of their own, which begins at the first. */
static DIR *entries(const struct store *store)
{
	int fd = openat(store->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		say_err("%s cannot be read: %s; see to its rights", store->path, strerror(errno));
	return dir;
}

/* A note is written when its image is there. */
static unsigned long noted(const struct store *store)
{
	unsigned long number, newest = 0;
	DIR *dir = entries(store);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		number = number_of(entry->d_name, ".note");
		if (number > newest)
			newest = number;
	}
	if (dir)
		closedir(dir);
	return newest;
}

/*
 * The newest image, 0 for none.  A copy of the directory may have something else for the
 * link, and the very first image may have been cut off from it.
 */
static unsigned long newest_image(const struct store *store)
{
	char name[STORE_NAME_MAX] = "";
	unsigned long number = 0;

	if (readlinkat(store->dir, STORE_LATEST, name, sizeof(name) - 1) > 0)
		number = number_of(name, ".img");
	return number ?: noted(store);
}

static void read_note(const struct store *store, struct store_image *image)
{
	char name[STORE_NAME_MAX], word[32];
	unsigned long long value;
	FILE *file;
	int fd;

	snprintf(name, sizeof(name), "%lu.note", image->number);
	fd = openat(store->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	while (file && fscanf(file, "%31s %llu", word, &value) == 2) {
		if (!strcmp(word, "frozen_ns"))
			image->note.frozen_ns = value;
		else if (!strcmp(word, "took_ns"))
			image->note.took_ns = value;
		else if (!strcmp(word, "run_ns"))
			image->note.run_ns = value;
	}
	if (file)
		fclose(file);
}

static int add(const struct store *store, struct store_list *list, const char *name)
{
	struct store_image *image, *more;
	struct stat st;

	if (fstatat(store->dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return 0;
	more = realloc(list->images, (list->nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->images = more;
	image = &more[list->nr++];
	*image = (struct store_image){
		.number = number_of(name, ".img"),
		.size = st.st_size,
		.saved = st.st_mtime,
	};
	snprintf(image->name, sizeof(image->name), "%.*s", STORE_NAME_MAX - 1, name);
	read_note(store, image);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct store_image *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

int store_images(const struct store *store, struct store_list *list)
{
	unsigned long number, newest = newest_image(store);
	DIR *dir = entries(store);
	struct dirent *entry;
	int ret = 0;

	*list = (struct store_list){ 0 };
	if (!dir)
		return -EACCES;
	while (!ret && (entry = readdir(dir))) {
		number = number_of(entry->d_name, ".img");
		if (number > list->last)
			list->last = number;
		if (number && number <= newest)
			ret = add(store, list, entry->d_name);
	}
	closedir(dir);
	if (ret)
		say_err("no memory; free some and try again");
	else if (list->nr)
		qsort(list->images, list->nr, sizeof(*list->images), by_number);
	return ret;
}

char *store_path(const struct store *store, const char *name, char *buffer, size_t len)
{
	size_t used = strlen(store->path);

	snprintf(buffer, len, "%s%s%s", store->path,
		 used && store->path[used - 1] == '/' ? "" : "/", name);
	return buffer;
}

/* -- what goes ------------------------------------------------------------------------------ */

static void remove_image(const struct store *store, unsigned long number)
{
	char name[STORE_NAME_MAX];

	snprintf(name, sizeof(name), "%lu.img", number);
	unlinkat(store->dir, name, 0);
	snprintf(name, sizeof(name), "%lu.note", number);
	unlinkat(store->dir, name, 0);
}

void store_prune(const struct store *store, size_t keep, __u64 bytes)
{
	struct store_list list;
	__u64 sum = 0;
	size_t i;

	if (store_images(store, &list))
		return;
	for (i = 0; i < list.nr; i++)
		sum += list.images[i].size;
	for (i = 0; i + 1 < list.nr && (list.nr - i > keep || (bytes && sum > bytes)); i++) {
		sum -= list.images[i].size;
		remove_image(store, list.images[i].number);
	}
	free(list.images);
}

/* ".NAME." and 16 digits, NAME being one of ours */
static bool is_temporary(const char *name)
{
	static const char *const ours[] = { STORE_LATEST, "command" };
	const char *end = strrchr(name, '.');
	char inner[STORE_NAME_MAX];
	size_t i;

	if (*name != '.' || end == name || strspn(end + 1, "0123456789abcdef") != 16 || end[17] ||
	    end - name > STORE_NAME_MAX)
		return false;
	snprintf(inner, sizeof(inner), "%.*s", (int)(end - name - 1), name + 1);
	for (i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (!strcmp(inner, ours[i]))
			return true;
	return number_of(inner, ".img") || number_of(inner, ".note");
}

/* Behind the link, or under a temporary name */
static bool is_unfinished(const char *name, unsigned long newest)
{
	unsigned long number = number_of(name, ".img");

	if (!number)
		number = number_of(name, ".note");
	return number ? number > newest : is_temporary(name);
}

static void remove_if(const struct store *store, bool (*wanted)(const char *name,
								unsigned long newest),
		      unsigned long newest)
{
	DIR *dir = entries(store);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (wanted(entry->d_name, newest))
			unlinkat(store->dir, entry->d_name, 0);
	if (dir)
		closedir(dir);
}

void store_tidy(const struct store *store)
{
	remove_if(store, is_unfinished, newest_image(store));
}

static bool is_note(const char *name, unsigned long newest)
{
	return number_of(name, ".note") > newest;
}

void store_empty(const struct store *store)
{
	/* what the job has written shall not be lost when its images are gone */
	sync();
	/* what neither a link nor a note tells of does not count */
	remove_if(store, is_note, 0);
	unlinkat(store->dir, STORE_LATEST, 0);
	fsync(store->dir);
	store_tidy(store);
	unlinkat(store->dir, "command", 0);
	fsync(store->dir);
}
