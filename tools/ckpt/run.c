// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.c - ckpt run: start a job, or continue it from the last whole image of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcheckpoint_image.h"
#include "proc.h"
#include "run.h"
#include "text.h"

static bool is_whole(const struct run *run, const struct store_image *image)
{
	struct checkpoint_error error = { 0 };
	char path[PATH_MAX], text[512];
	int fd, ret;

	store_path(&run->keep.store, image->name, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ret = fd < 0 ? -errno : ckpt_image_verify(fd, &error);
	if (fd >= 0)
		close(fd);
	if (!ret)
		return true;
	if (ret == -ENOMEM || ret == -EIO || ret == -EACCES || ret == -EMFILE || ret == -ENFILE ||
	    ret == -EOPNOTSUPP) {
		say_err("%s cannot be looked at: %s; the job is not started anew for that", path,
			strerror(-ret));
		exit(RSTR_NOT_NOW);
	}
	error.err = error.err ? error.err : -ret;
	say_err("%s is not whole: %s; going back to the one before", path,
		ckpt_error_text(&error, text, sizeof(text)));
	return false;
}

/* The newest that is whole.  Return: its path in @path, NULL if there is none */
static const char *choose_image(struct run *run, char *path, size_t len)
{
	struct store_list list;
	size_t i;

	if (store_images(&run->keep.store, &list))
		exit(RSTR_FAILED);
	i = list.nr;
	while (i && !is_whole(run, &list.images[i - 1]))
		i--;
	if (i) {
		store_path(&run->keep.store, list.images[i - 1].name, path, len);
		run->keep.run_ns = list.images[i - 1].note.run_ns;
		run->saved_at = list.images[i - 1].saved;
	} else if (list.nr) {
		say_err("no image in %s is whole: the job begins again", run->keep.store.path);
	}
	free(list.images);
	return i ? path : NULL;
}

/* Whose images these are, so that none gets another one's. */
static void check_same_command(const struct run *run)
{
	char **kept = store_command(&run->keep.store);
	char words[512];

	if (!kept || !run->command || store_is_command(kept, run->command))
		return;
	say_err("%s has the images of another command: %s; name another directory with --dir, or remove it",
		run->keep.store.path, text_command(kept, NULL, NULL, words, sizeof(words)));
	exit(RSTR_FAILED);
}

static void first_start(const struct run *run)
{
	char word[512];

	if (!run->command) {
		say_err("%s has no whole image and no command was given; run 'ckpt run --dir %s COMMAND'",
			run->keep.store.path,
			text_word(run->keep.store.path, word, sizeof(word)));
		exit(RSTR_FAILED);
	}
	if (store_keep_command(&run->keep.store, run->command))
		exit(RSTR_FAILED);
}

/*
 * A job that was started, and whose ckpt run was killed, goes on without: it is saved and ends
 * there, to go on here.  So nothing of its work is lost, and there are no two of it.
 */
static void take_over(struct run *run, const struct store_keeper *last)
{
	if (last->job <= 0 || !last->begun || proc_begun(last->job) != last->begun)
		return;
	check_same_command(run);
	if (!run->quiet)
		say_err("the job still runs as pid %d, without its ckpt run: it is saved and goes on here",
			last->job);
	run->keep.options.pid = last->job;
	run->keep.run_ns = last->run_ns + now_ns() - last->seen_ns;
	keep_name_job(&run->keep, last->job);
	saver_start(&run->saver, &run->keep, true);
	if (!saver_wait(&run->saver))
		return;
	say_err("pid %d of an earlier ckpt run cannot be saved, and two of one job must not run; wait for its end, or kill it to go on from the last image",
		last->job);
	exit(RSTR_NOT_NOW);
}

static int finish(const struct run *run, int status)
{
	if (status < 0)
		return call_exit_code(status);
	if (run->saved)
		return run->exit_saved;
	if (run->refused) {
		say_err("an image was refused, and --strict ends the job with it; the last image is kept");
		return RSTR_FAILED;
	}
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		store_empty(&run->keep.store);
	else
		store_tidy(&run->keep.store);
	finish_as(status);
}

int run_command(int argc, char **argv)
{
	static struct run run;
	struct store_keeper last;
	char path[PATH_MAX];

	if (store_open(&run.keep.store, run_parse(&run, argc, argv), true))
		return RSTR_FAILED;
	if (store_lock(&run.keep.store))
		return RSTR_NOT_NOW;
	store_last_keeper(&run.keep.store, &last);
	store_tidy(&run.keep.store);
	take_over(&run, &last);
	keep_name_job(&run.keep, 0);
	run.image = choose_image(&run, path, sizeof(path));
	if (run.image)
		check_same_command(&run);
	else
		first_start(&run);
	return finish(&run, run_front(&run));
}
