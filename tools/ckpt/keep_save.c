// SPDX-License-Identifier: GPL-2.0-only
/*
 * keep_save.c - one image more in a store.
 *
 * The image counts when the link names it.  Before that, it and whatever the job has
 * written are brought to stable storage: an image of a job that has written more than the
 * disk has after a power cut could not be restarted.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "keep.h"
#include "place.h"
#include "proc.h"
#include "text.h"

void keep_name_job(const struct keep *keep, pid_t job)
{
	const struct store_keeper keeper = {
		.pid = getpid(),
		.job = job,
		.begun = proc_begun(job),
		.images = keep->images,
		.bytes = keep->bytes,
		.run_ns = keep->run_ns,
		.seen_ns = now_ns(),
	};

	store_name_keeper(&keep->store, &keeper);
}

/* A refusal is one line. */
static void say_refused(const struct keep *keep, const struct call *call, int ret)
{
	const struct checkpoint_error unknown = { .err = -ret };
	char text[512];
	unsigned int i;

	for (i = 0; i < call->args.errors_used && !call->errors[i].err; i++)
		continue;
	ckpt_error_text(i < call->args.errors_used ? &call->errors[i] : &unknown, text,
			sizeof(text));
	say_err("no image: %s; the job runs on, 'ckpt --check %d' lists every obstacle", text,
		keep->options.pid);
}

static int save(const struct keep *keep, struct output *output, struct call *call, bool end)
{
	int ret = place_open(output);

	if (ret)
		return CKPT_FAILED;
	call->place = output->path;
	ret = call_checkpoint(&keep->options, call, output->fd, end ? CHECKPOINT_FROZEN : 0);
	if (ret) {
		if (keep->options.json)
			call_failed(&keep->options, call, ret);
		else if (ret != -ECANCELED && ret != -ESRCH)
			/* of a hook's failure it was told, and a job that ends is none */
			say_refused(keep, call, ret);
		output_discard(output);
		return call_exit(call, ret);
	}
	if (place_commit(output)) {
		output_discard(output);
		call_lost(&keep->options, call);
		return CKPT_FAILED;
	}
	return CKPT_DONE;
}

static int publish(const struct keep *keep, unsigned long number, const struct call *call,
		   __u64 begun)
{
	const struct store_note note = {
		.frozen_ns = call->args.frozen_ns,
		.took_ns = now_ns() - begun,
		.run_ns = keep->run_ns,
	};

	sync();
	if (store_write_note(&keep->store, number, &note) || store_link(&keep->store, number))
		return CKPT_FAILED;
	store_prune(&keep->store, keep->images, keep->bytes);
	return CKPT_DONE;
}

static int save_as(const struct keep *keep, unsigned long number, bool end)
{
	static struct call call;
	char name[STORE_NAME_MAX], path[PATH_MAX];
	struct output output = { .path = path, .pid = keep->options.pid };
	__u64 begun = now_ns();
	int code;

	snprintf(name, sizeof(name), "%lu.img", number);
	store_path(&keep->store, name, path, sizeof(path));
	code = save(keep, &output, &call, end);
	if (!code)
		code = publish(keep, number, &call, begun);
	if (!code)
		call_saved(&keep->options, &call);
	else
		return code;	/* what was held goes on when this process ends */
	if (end)
		return finish_held(&keep->options, &call);
	call_done(&keep->options, &call, FATE_RUNS);
	return CKPT_DONE;
}

/* One at a time, be it the keeper's or that of ckpt save */
int keep_save(const struct keep *keep, bool end)
{
	int turn = openat(keep->store.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct store_list list;
	int code = CKPT_FAILED;

	while (turn >= 0 && flock(turn, LOCK_EX) && errno == EINTR)
		continue;
	if (!store_images(&keep->store, &list)) {
		free(list.images);
		code = save_as(keep, list.last + 1, end);
	}
	if (turn >= 0)
		close(turn);
	return code;
}
