// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.c - save into a file, so that a power cut at any moment leaves a whole
 * image (the old one or the new one) or a running program:
 *
 *	freeze, write to a new name in the same directory, fsync, rename,
 *	fsync the directory, and only then end the program.
 *
 * A file system that does not answer keeps this process, but not the program.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ckpt.h"
#include "place.h"
#include "proc.h"
#include "text.h"
#include "watch.h"

static __u64 output_size(void *arg)
{
	const struct output *output = arg;
	struct stat st;

	return fstat(output->fd, &st) ? 0 : st.st_size;
}

static __u64 output_expected(void *arg)
{
	const struct output *output = arg;

	return proc_tree_memory(output->pid);
}

/* Return: 0, or negative errno (told); *@late: meanwhile the tree was let go */
static int commit(const struct options *options, struct output *output, struct call *call,
		  bool *late)
{
	struct patience patience = { .running = false };
	int ret;

	if (call->args.hold_fd >= 0 && !proc_is_above(options->pid))
		patience_begin(&patience, options, call);
	ret = place_commit(output);
	*late = patience_end(&patience);
	return ret;
}

static int save(const struct options *options, struct output *output, struct watch *watch)
{
	static struct call call;
	bool held = options->kill || options->leave_frozen, late;
	int ret;

	call.place = output->path;
	ret = call_checkpoint(options, &call, output->fd, held ? CHECKPOINT_FROZEN : 0);
	if (ret) {
		watch_stop(watch);
		output_discard(output);
		call_failed(options, &call, ret);
		return call_exit(&call, ret);
	}
	ret = commit(options, output, &call, &late);
	watch_stop(watch);
	if (ret) {
		/* ending also closes the hold: the program goes on */
		output_discard(output);
		call_lost(options, &call);
		return CKPT_FAILED;
	}
	call_saved(options, &call);
	if (held && !late)
		return finish_held(options, &call);
	call_done(options, &call, FATE_RUNS);
	return late ? CKPT_NOT_KILLED : CKPT_DONE;
}

int file_command(const struct options *options)
{
	char path[64];
	struct output output = {
		.path = options->output ? options->output : path,
		.pid = options->pid,
	};
	struct watch watch = {
		.show = isatty(STDERR_FILENO) && !options->quiet && !options->json,
		.verb = "saved",
		.position = output_size,
		.total = output_expected,
		.tidy = output_discard,
		.arg = &output,
	};
	/* Within the tree a second thread would be frozen and never answer. */
	bool within = proc_is_above(options->pid);

	snprintf(path, sizeof(path), "checkpoint.%d.img", options->pid);
	signal(SIGXFSZ, SIG_IGN);	/* EFBIG says it */
	if (place_open(&output))
		return CKPT_FAILED;
	if (!within)
		watch_start(&watch);
	return save(options, &output, &watch);
}
