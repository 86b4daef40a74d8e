/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.h - a directory of images of one job, of which a link names the newest.
 *
 *	latest		link to the newest image that is whole and stable
 *	N.img		images, N counts up
 *	N.note		what is known of image N, a "name value" a line
 *	command		what was started, each word ended by a null byte
 *	lock		who keeps it, and how: struct store_keeper
 *
 * Each name appears by rename() after what it names is on stable storage, the link last.
 * So at any moment the link leads to a whole image, or there is none yet.
 */
#ifndef _CKPT_STORE_H
#define _CKPT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>

#define STORE_LATEST	"latest"
#define STORE_NAME_MAX	32

/**
 * struct store - an open directory
 * @path: as the user wrote it
 * @dir: its descriptor
 * @lock: descriptor of the lock, -1 if it is not ours
 */
struct store {
	const char *path;
	int dir;
	int lock;
};

/**
 * struct store_keeper - who keeps it, and how
 * @pid: of the keeper, 0 = not known
 * @job: pid of the job, 0 = there is none yet
 * @begun: when that process was made, as /proc says, so that it is told from a later one
 * @images: so many stay
 * @bytes: so large they are together at most, 0 = any
 * @run_ns: so long the job had run
 * @seen_ns: then, by CLOCK_MONOTONIC
 */
struct store_keeper {
	pid_t pid;
	pid_t job;
	__u64 begun;
	size_t images;
	__u64 bytes;
	__u64 run_ns;
	__u64 seen_ns;
};

/**
 * struct store_note - what is known of an image beside itself
 * @frozen_ns: so long the job stood
 * @took_ns: so long it took until it was on stable storage
 * @run_ns: so long the job had run by then, over all restarts
 */
struct store_note {
	__u64 frozen_ns;
	__u64 took_ns;
	__u64 run_ns;
};

/**
 * struct store_image - an image in it
 * @number: N
 * @name: its file name
 * @size: in bytes
 * @saved: when, in seconds since 1970
 * @note: the rest, zero where it is not known
 */
struct store_image {
	unsigned long number;
	char name[STORE_NAME_MAX];
	__u64 size;
	time_t saved;
	struct store_note note;
};

/**
 * struct store_list - the images that count, the newest last
 * @images: those up to the one that the link names
 * @nr: how many, 0 without a link
 * @last: the highest number that a file has, whether it counts or not
 */
struct store_list {
	struct store_image *images;
	size_t nr;
	unsigned long last;
};

/* Open it; @make it if it is not there.  Return: 0 or negative errno (reported) */
int store_open(struct store *store, const char *path, bool make);

/* Be its keeper until this process and its children end.  Return: as above */
int store_lock(struct store *store);

/* Does somebody keep it, and who? */
bool store_is_kept(const struct store *store, struct store_keeper *keeper);

/* What the last keeper has noted down; call it once the lock is there. */
void store_last_keeper(const struct store *store, struct store_keeper *keeper);

/* Note down who has the lock, and for whom. */
void store_name_keeper(const struct store *store, const struct store_keeper *keeper);

/* Its images.  Free @list->images with free().  Return: 0 or negative errno (reported) */
int store_images(const struct store *store, struct store_list *list);

/* "DIR/NAME".  Return: @buffer */
char *store_path(const struct store *store, const char *name, char *buffer, size_t len);

/* Keep the note of an image that is there.  Return: 0 or negative errno (reported) */
int store_write_note(const struct store *store, unsigned long number,
		     const struct store_note *note);

/* From now on image @number counts.  Return: 0 or negative errno (reported) */
int store_link(const struct store *store, unsigned long number);

/* Remove the oldest until at most @keep are left, and @bytes (0 = any), but never the last. */
void store_prune(const struct store *store, size_t keep, __u64 bytes);

/* Remove what a keeper that was killed has left unfinished. */
void store_tidy(const struct store *store);

/* The job has ended well: remove its images and its command. */
void store_empty(const struct store *store);

/* store_command.c: the command whose images these are */
int store_keep_command(const struct store *store, char *const command[]);
char **store_command(const struct store *store);
bool store_is_command(char *const kept[], char *const command[]);

#endif /* _CKPT_STORE_H */
