// SPDX-License-Identifier: LGPL-2.1-only
/*
 * save.c - save a tree into a file, so that a power cut at any moment leaves a whole image
 * (the old one or the new one) or a running program:
 *
 *	freeze, write to a new name in the same directory, fsync, rename,
 *	fsync the directory, and only then kill the program.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "outcome.h"
#include "output.h"
#include "save.h"

/* What is refused for the moment is asked for again, so often and that far apart. */
#define TRIES		5
#define PAUSE_US	100000

#define HELD		(CHECKPOINT_KILL | CHECKPOINT_FROZEN)
#define KNOWN		(HELD | CHECKPOINT_CONTAINER | CHECKPOINT_CLOSE)

long save_call(pid_t pid, int fd, unsigned long flags, struct checkpoint_args *args)
{
	const struct checkpoint_args asked = *args;
	int tries = 1;
	long ret;

	ret = ckpt_checkpoint(pid, fd, flags, args, sizeof(*args));
	while (ret == -EAGAIN && !args->image_bytes && tries++ < TRIES) {
		usleep(PAUSE_US);
		*args = asked;
		ret = ckpt_checkpoint(pid, fd, flags, args, sizeof(*args));
	}
	return ret;
}

static int output_error(struct ckpt_result *result, const struct output *output, int err)
{
	static const char * const what[] = {
		[OUTPUT_NAME] = "%.140s names no file",
		[OUTPUT_DIRECTORY] = "opening the directory of %.140s failed",
		[OUTPUT_IS_DIRECTORY] = "%.140s is a directory",
		[OUTPUT_NOT_REGULAR] = "%.140s is no regular file",
		[OUTPUT_CREATE] = "making %.140s failed",
		[OUTPUT_COMMIT] = "putting %.140s on stable storage failed",
	};

	return outcome_fail(result, err, what[output->step], output->path);
}

/* The call, with what it says in @result.  Return: as ckpt_checkpoint() */
static long call(pid_t pid, int fd, unsigned long flags, const struct ckpt_save_options *options,
		 struct ckpt_result *result)
{
	struct checkpoint_args args = {
		.timeout_ms = options->timeout_ms,
		.hold_fd = -1,
		.errors = (uintptr_t)result->errors,
		.nr_errors = OUTCOME_NR_ERRORS,
		.external = (uintptr_t)options->external,
		.nr_external = options->nr_external,
	};
	long ret = save_call(pid, fd, flags | (options->flags & (KNOWN & ~HELD)), &args);

	result->hold = args.hold_fd;
	memcpy(result->image_id, args.image_id, sizeof(result->image_id));
	result->frozen_ns = args.frozen_ns;
	result->freeze_ns = args.freeze_ns;
	result->survey_ns = args.survey_ns;
	result->capture_ns = args.capture_ns;
	result->write_ns = args.write_ns;
	result->sync_ns = args.sync_ns;
	result->bytes = args.image_bytes;
	result->nr_processes = args.nr_processes;
	result->nr_tasks = args.nr_tasks;
	result->nr_errors = args.errors_used;
	result->missing = args.errors_missing;
	return ret;
}

static void let_go(struct ckpt_result *result)
{
	if (result->hold >= 0)
		close(result->hold);
	result->hold = -1;
}

/* The image is safe: end the tree. */
static int end(struct ckpt_result *result)
{
	int ret = ckpt_end_tree(result->hold, false);

	let_go(result);
	if (!ret)
		return 0;
	return outcome_fail(result, ret, "the image is whole, but killing the program failed");
}

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static int commit(struct output *output, struct ckpt_result *result)
{
	__u64 since = now_ns();
	int ret = output_commit(output);

	result->sync_ns += now_ns() - since;
	return ret;
}

/* Return: the checkpoint id, 0 in the copy, negative errno (noted) */
static int write_image(pid_t pid, struct output *output, const struct ckpt_save_options *options,
		       struct ckpt_result *result)
{
	bool held = options->flags & HELD;
	long crid;
	int ret;

	output_leave_directory(output);
	crid = call(pid, output->fd, held ? CHECKPOINT_FROZEN : 0, options, result);
	if (!crid) {
		/* The copy: the kernel has closed the image, and its name is not ours. */
		output->fd = -1;
		return 0;
	}
	ret = output_enter_directory(output);
	if (crid < 0) {
		output_discard(output);
		return crid;
	}
	if (!ret)
		ret = commit(output, result);
	if (ret) {
		output_discard(output);
		let_go(result);
		return output_error(result, output, ret);
	}
	result->crid = crid;
	if (options->flags & CHECKPOINT_KILL)
		ret = end(result);
	return ret ? ret : crid;
}

/* CHECKPOINT_FROZEN takes somebody outside the tree, and a place for the descriptor. */
static int check_options(const struct ckpt_save_options *options, bool self, bool has_place)
{
	if (options->flags & ~(unsigned long)KNOWN)
		return -EINVAL;
	if (options->flags & CHECKPOINT_FROZEN &&
	    (self || !has_place || options->flags & CHECKPOINT_KILL))
		return -EINVAL;
	return 0;
}

static int save(pid_t pid, const char *path, const struct ckpt_save_options *given, bool self,
		struct ckpt_result *caller)
{
	struct output output = { .path = path };
	struct ckpt_save_options options;
	struct ckpt_result result;
	int ret;

	ret = outcome_begin(caller, CKPT_CALL_CHECKPOINT, &result);
	if (ret)
		return ret;
	ret = outcome_options(&options, sizeof(options), sizeof(options), given);
	if (!ret)
		ret = check_options(&options, self, caller);
	if (ret)
		return outcome_end(caller, &result,
				   outcome_fail(&result, ret, "these options do not make sense"));
	ret = output_open(&output);
	if (ret)
		output_error(&result, &output, ret);
	else
		ret = write_image(pid, &output, &options, &result);
	output_close(&output);
	return outcome_end(caller, &result, ret);
}

int ckpt_save(pid_t pid, const char *path, const struct ckpt_save_options *options,
	      struct ckpt_result *result)
{
	return save(pid, path, options, false, result);
}

/* A callback does not want the save. */
static int stopped(struct ckpt_result *caller, int err)
{
	struct ckpt_result result;
	int ret = outcome_begin(caller, CKPT_CALL_CHECKPOINT, &result);

	if (ret)
		return ret;
	outcome_fail(&result, err, "a callback before the save failed");
	return outcome_end(caller, &result, err);
}

int ckpt_save_self(const char *path, const struct ckpt_save_options *options,
		   struct ckpt_result *result)
{
	int ret = callbacks_before();

	if (ret)
		return stopped(result, ret);
	ret = save(getpid(), path, options, true, result);
	if (ret >= 0)
		ret = ret ? CKPT_SAVED : CKPT_RESTARTED;
	callbacks_after(ret);
	return ret;
}

int ckpt_check(pid_t pid, const struct ckpt_save_options *given, struct ckpt_result *caller)
{
	struct ckpt_save_options options;
	struct ckpt_result result;
	int ret;

	ret = outcome_begin(caller, CKPT_CALL_CHECKPOINT, &result);
	if (ret)
		return ret;
	ret = outcome_options(&options, sizeof(options), sizeof(options), given);
	if (!ret && options.flags & ~(unsigned long)KNOWN)
		ret = -EINVAL;
	if (ret)
		outcome_fail(&result, ret, "these options do not make sense");
	else
		ret = call(pid, -1, CHECKPOINT_CHECK, &options, &result);
	return outcome_end(caller, &result, ret);
}
