/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * libcheckpoint.h - programs that save themselves or others, and bring them back.
 *
 * Functions that can fail return a negative errno.  Nothing here prints.  Structures that the
 * caller gives begin with their size, as the caller knows it: they may grow.  The reader of
 * images has a header of its own, libcheckpoint_image.h.
 */
#ifndef _LIBCHECKPOINT_H
#define _LIBCHECKPOINT_H

#include <linux/checkpoint_hdr.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- saving and restarting (save.c, restart.c) --------------------------------- */

/* What failed: the advice depends on it */
enum ckpt_call {
	CKPT_CALL_CHECKPOINT,
	CKPT_CALL_RESTART,
	CKPT_CALL_READ		/* this library's own reader */
};

/* What ckpt_save_self() has come back from, and what callbacks are told */
enum ckpt_outcome {
	CKPT_SAVED = 1,		/* the image is safe, and the program goes on */
	CKPT_RESTARTED = 2	/* this is the program that was restarted from it */
};

/**
 * struct ckpt_save_options - how to save; but for @size all may be zero
 * @size: of this structure
 * @flags: CHECKPOINT_KILL, _FROZEN, _CONTAINER, _CLOSE
 * @external: descriptors beside 0 to 2 that may lead outside
 * @nr_external: how many
 * @timeout_ms: how long there may be no progress while the tree is frozen, 0 = the kernel's
 */
struct ckpt_save_options {
	size_t size;
	unsigned long flags;
	const __u32 *external;
	unsigned int nr_external;
	unsigned int timeout_ms;
};

/**
 * struct ckpt_moved - paths that lead elsewhere than at the checkpoint
 * @from: an absolute path: how paths of the image begin, in whole components; of several
 *	that fit the longest counts
 * @to: the absolute path that takes its place
 */
struct ckpt_moved {
	const char *from;
	const char *to;
};

/**
 * struct ckpt_restart_options - how to restart; but for @size all may be zero
 * @size: of this structure
 * @flags: RESTART_FROZEN, _REWIND, _ALLOW_CHANGED, _STRICT_IO, _ORPHAN, _SELF
 * @inherit: which descriptors take the place of those that led outside
 * @nr_inherit: how many
 * @trust: root only: the program gets all rights that the image says it had, whoever owns it
 * @moved: which paths have moved
 * @nr_moved: how many, at most CKPT_MOVED_MAX
 */
struct ckpt_restart_options {
	size_t size;
	unsigned long flags;
	const struct restart_inherit *inherit;
	unsigned int nr_inherit;
	unsigned int trust;
	const struct ckpt_moved *moved;
	unsigned int nr_moved;
};

/**
 * struct ckpt_result - what a call has done, or why it failed
 * @size: of this structure, to be set before the call
 * @call: what was called, for ckpt_result_text()
 * @hold: descriptor that keeps the tree frozen, -1 if none; closing it lets the tree go on
 * @crid: the checkpoint id, 0 = none
 * @pgrp: process group of a restarted root, 0 = the caller's
 * @image_id: of an image that was made
 * @frozen_ns: how long the tree was frozen
 * @bytes: written or read
 * @nr_processes: saved or made
 * @nr_tasks: saved or made, threads
 * @nr_errors: entries of @errors
 * @missing: how many more there were
 * @errors: what was wrong; those with err 0 are notes.  NULL if there are none
 * @freeze_ns: of ckpt_save() and ckpt_save_self(): until the tree was at rest
 * @survey_ns: and until it was known to have nothing that cannot be saved
 * @capture_ns: and until its state was in memory
 * @write_ns: and until the image was written
 * @sync_ns: and until it was on stable storage
 *
 * It belongs to ckpt_result_free(), also after a failure.
 */
struct ckpt_result {
	size_t size;
	enum ckpt_call call;
	int hold;
	int crid;
	pid_t pgrp;
	__u64 image_id[2];
	__u64 frozen_ns;
	__u64 bytes;
	unsigned int nr_processes;
	unsigned int nr_tasks;
	unsigned int nr_errors;
	unsigned int missing;
	struct checkpoint_error *errors;
	__u64 freeze_ns;
	__u64 survey_ns;
	__u64 capture_ns;
	__u64 write_ns;
	__u64 sync_ns;
};

/**
 * ckpt_save - save a tree of processes into a file
 * @pid: its root
 * @path: the image: under this name when it is whole and on stable storage
 * @options: may be NULL
 * @result: out, may be NULL
 *
 * With CHECKPOINT_KILL the tree is killed when the image is safe, with CHECKPOINT_FROZEN it
 * stays frozen while result->hold is open.
 *
 * Return: the checkpoint id; 0 in the restarted copy, if the caller is in the tree; negative
 * errno: -EAGAIN also if the image is whole but a process got a signal that it lacks
 */
int ckpt_save(pid_t pid, const char *path, const struct ckpt_save_options *options,
	      struct ckpt_result *result);

/**
 * ckpt_save_self - save the caller's process with all that is below it
 * @path: as for ckpt_save()
 * @options: may be NULL; CHECKPOINT_FROZEN is refused
 * @result: out, may be NULL
 *
 * The callbacks of ckpt_callback_add() are called before and after.
 *
 * Return: CKPT_SAVED, CKPT_RESTARTED, or negative errno
 */
int ckpt_save_self(const char *path, const struct ckpt_save_options *options,
		   struct ckpt_result *result);

/**
 * ckpt_check - ask whether a tree could be saved
 * @pid: its root, 0 for the caller's own process
 * @options: may be NULL
 * @result: out, may be NULL: every obstacle
 *
 * Return: 0 or negative errno
 */
int ckpt_check(pid_t pid, const struct ckpt_save_options *options, struct ckpt_result *result);

/**
 * ckpt_restart_file - restart a tree from an image
 * @path: the image
 * @options: may be NULL
 * @result: out, may be NULL; result->errors has notes of what was substituted
 *
 * The tree has the pids that it had.  For root the program gets no right that the owner of
 * the file could not have had, as with rstr.
 *
 * Return: the pid of its root, a child of the caller; negative errno
 */
pid_t ckpt_restart_file(const char *path, const struct ckpt_restart_options *options,
			struct ckpt_result *result);

/**
 * ckpt_check_file - ask whether an image is whole, and could be restarted by this kernel
 * @path: the image
 * @result: out, may be NULL
 *
 * Return: 0 or negative errno
 */
int ckpt_check_file(const char *path, struct ckpt_result *result);

/**
 * ckpt_result_text - what went wrong and what to do about it, in one line
 * @result: of a call that failed
 * @buffer: where the text goes, NUL terminated, cut to fit
 * @len: size of @buffer
 *
 * Return: @buffer; "" if nothing went wrong
 */
char *ckpt_result_text(const struct ckpt_result *result, char *buffer, size_t len);

/**
 * ckpt_result_free - free what a call has left in a result; its hold stays open
 * @result: may be NULL
 */
void ckpt_result_free(struct ckpt_result *result);

/* -- programs that want to help (callback.c) ----------------------------------- */

/**
 * ckpt_callback_add - be called around ckpt_save_self()
 * @before: drop caches, close connections.  Return: 0, or a negative errno, which ends the
 *	save.  May be NULL
 * @after: open them again.  May be NULL
 * @arg: for both
 *
 * @before is called in the reverse of the order in which callbacks were added, @after in that
 * order, with an enum ckpt_outcome or a negative errno; only for those whose @before was
 * called.  Both run in the thread that calls ckpt_save_self().
 *
 * Return: 0, -ENOMEM, -EDEADLK from within a callback
 */
int ckpt_callback_add(int (*before)(void *arg), void (*after)(int outcome, void *arg), void *arg);

/**
 * ckpt_callback_remove - be called no longer
 * @before: as it was added
 * @after: likewise
 * @arg: likewise
 *
 * Return: 0, -ENOENT, -EDEADLK from within a callback
 */
int ckpt_callback_remove(int (*before)(void *arg), void (*after)(int outcome, void *arg),
			 void *arg);

/* -- the system calls (syscalls.c) ---------------------------------------- */

/**
 * ckpt_checkpoint - call checkpoint()
 * @pid: root of the tree to save, 0 for the caller's own process
 * @fd: where the image goes, or the hold descriptor with CHECKPOINT_END
 * @flags: CHECKPOINT_*; CHECKPOINT_ARGS is set when @args is given
 * @args: in and out, may be NULL
 * @size: of @args as the caller knows it
 *
 * Return: the checkpoint id, 0 in the restarted copy, negative errno
 */
long ckpt_checkpoint(pid_t pid, int fd, unsigned long flags, struct checkpoint_args *args,
		     size_t size);

/**
 * ckpt_restart - call restart()
 * @crid: demanded checkpoint id, 0 takes any image
 * @fd: where the image comes from
 * @flags: RESTART_*; RESTART_ARGS is set when @args is given
 * @args: in and out, may be NULL
 * @size: of @args as the caller knows it
 *
 * Return: the pid of the root, a child of the caller; negative errno
 */
long ckpt_restart(int crid, int fd, unsigned long flags, struct restart_args *args, size_t size);

/**
 * ckpt_end_tree - end the tree that a hold descriptor keeps frozen
 * @hold: the descriptor from CHECKPOINT_FROZEN
 * @force: also if a process got a signal that the image lacks
 *
 * Return: 0; -EAGAIN if such a signal came, -EPERM if a process may not be killed
 * (then the tree is still held); another negative errno
 */
int ckpt_end_tree(int hold, bool force);

/**
 * ckpt_supported - does this kernel have the calls?
 *
 * Return: true if so, be it that the caller may not use them
 */
bool ckpt_supported(void);

/* -- error texts (error.c) ---------------------------------------------------- */

/**
 * ckpt_error_text - put an error into words: who, what and why
 * @error: from checkpoint(), restart() or ckpt_image_error()
 * @buffer: where the text goes, NUL terminated, cut to fit
 * @len: size of @buffer
 *
 * Control characters are replaced: texts may quote file names of the image.
 *
 * Return: @buffer
 */
char *ckpt_error_text(const struct checkpoint_error *error, char *buffer, size_t len);

/**
 * ckpt_error_advice - what to do about an error
 * @call: what failed
 * @err: positive errno
 *
 * Return: a clause without a full stop, NULL if there is nothing to advise
 */
const char *ckpt_error_advice(enum ckpt_call call, int err);

/**
 * ckpt_errno_name - the name of an errno
 * @err: positive errno
 *
 * Return: "EPERM"; "error" if it has none
 */
const char *ckpt_errno_name(int err);

#ifdef __cplusplus
}
#endif

#endif /* _LIBCHECKPOINT_H */
