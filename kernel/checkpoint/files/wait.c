// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: waiting for who serves a file, or uses it, under the watchdog.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/pipe_fs_i.h>
#include <linux/wait.h>
#include "files.h"

/**
 * ckpt_end_wait_for - ckpt_end_wait(), and say what it was that did not answer
 * @ctx: the call
 * @path: the file; the caller has a reference to it
 *
 * Context: may sleep.
 * Return: 0, or -ETIMEDOUT (reported) if the tree was let go meanwhile
 */
int ckpt_end_wait_for(struct ckpt_ctx *ctx, const struct path *path)
{
	struct ckpt_shown shown;

	if (ckpt_end_wait(ctx))
		return 0;
	return ckpt_file_fail(ctx, -ETIMEDOUT, "%s did not answer in time, so the program was let go; see to its file system",
			      ckpt_show_path(path, &shown));
}

/**
 * ckpt_ask_as - survey: put a question to a file system, which may not answer
 * @ctx: the call, surveyed
 * @path: what the question is about
 * @cred: who asks
 * @question: may sleep; gets @path and @data.  What else it looks at the caller has a
 *	reference to
 * @data: for @question
 * @answer: out: what @question returned; 0 if nobody could be asked
 *
 * The references are taken before the wait begins: once it has begun the tree may be let
 * go at any moment, and close or unmount what is asked about.
 *
 * Context: may sleep.
 * Return: 0, or negative errno (reported): the question came too late or its answer did
 */
int ckpt_ask_as(struct ckpt_ctx *ctx, const struct path *path, const struct cred *cred,
		ckpt_question question, void *data, int *answer)
{
	struct path ours = *path;
	const struct cred *old;
	int err;

	*answer = 0;
	/* Who serves FUSE is frozen and cannot answer; the tree is refused for it. */
	if (ckpt_files(ctx)->serves_fuse)
		return 0;
	path_get(&ours);
	old = override_creds(cred);
	err = ckpt_begin_wait(ctx);
	if (!err)
		*answer = question(&ours, data);
	revert_creds(old);
	if (!err)
		err = ckpt_end_wait_for(ctx, &ours);
	path_put(&ours);
	return err;
}

/**
 * ckpt_lock_file - take a mutex of an open file, which somebody else may hold for long
 * @ctx: the call
 * @file: the file
 * @mutex: goes with the file
 * @what: what it is, for the message
 *
 * A process outside that reads or writes the file holds it over a page fault, for which it
 * may have to wait for a dead server.  The tree may be let go meanwhile, and close it.
 *
 * Context: may sleep, killable.
 * Return: 0 and the mutex is held; -EINTR or -ETIMEDOUT (reported)
 */
int ckpt_lock_file(struct ckpt_ctx *ctx, struct file *file, struct mutex *mutex, const char *what)
{
	int killed, err;

	get_file(file);
	err = ckpt_begin_wait(ctx);
	if (err)
		goto out;
	killed = mutex_lock_killable(mutex);
	if (!ckpt_end_wait(ctx)) {
		if (!killed)
			mutex_unlock(mutex);
		err = ckpt_file_fail(ctx, -ETIMEDOUT, "%s is in use by a process outside that does not get on, so the program was let go; see to that process",
				     what);
	} else if (killed) {
		err = ckpt_fail_killed(ctx);
	}
out:
	fput(file);
	return err;
}

/**
 * ckpt_lock_pipe - ckpt_lock_file() for a pipe
 * @ctx: the call
 * @file: an end of the pipe
 *
 * Return: as ckpt_lock_file()
 */
int ckpt_lock_pipe(struct ckpt_ctx *ctx, struct file *file)
{
	return ckpt_lock_file(ctx, file, &get_pipe_info(file, false)->mutex, "a pipe");
}
