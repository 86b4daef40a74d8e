// SPDX-License-Identifier: LGPL-2.1-only
/*
 * restart.c - restart a tree from a file.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "outcome.h"
#include "owner.h"

#define KNOWN	(RESTART_SELF | RESTART_FROZEN | RESTART_ALLOW_CHANGED | RESTART_STRICT_IO | \
		 RESTART_ORPHAN | RESTART_REWIND)

/* What options were when they were first released */
#define OPTIONS_SIZE_1	offsetof(struct ckpt_restart_options, moved)

/* For root: the ceiling, if the file shows one.  Return: 0 or negative errno (noted) */
static int find_ceiling(int fd, bool followed, const char *path, struct restart_args *args,
			__u32 *groups, struct ckpt_result *result)
{
	static const char * const why[] = {
		[OWNER_OF_NO_FILE] = "%.120s is no regular file, so whose image it is cannot be seen",
		[OWNER_AND_OTHERS] = "%.120s can be written by others than its owner",
		[OWNER_BY_LINK] = "%.120s is a link to a file of root's, so whose image it is cannot be seen",
		[OWNER_NOT_TRUSTED] = "%.120s is on a file system that is mounted with nosuid, so whose image it is cannot be seen",
	};
	enum owner_proof proof;
	struct stat st;

	if (fstat(fd, &st))
		return outcome_fail(result, -errno, "looking at %.120s failed", path);
	proof = owner_proof(fd, &st, followed);
	if (proof != OWNER_MADE_IT)
		return outcome_fail(result, -EPERM, why[proof], path);
	args->flags |= RESTART_ARG_OWNER;
	args->owner_uid = st.st_uid;
	args->owner_groups = (uintptr_t)groups;
	args->nr_owner_groups = owner_groups(st.st_uid, groups, OWNER_NR_GROUPS);
	return 0;
}

static long call(int fd, unsigned long flags, struct restart_args *args,
		 struct ckpt_result *result)
{
	long ret;

	args->errors = (uintptr_t)result->errors;
	args->nr_errors = OUTCOME_NR_ERRORS;
	args->hold_fd = -1;
	ret = ckpt_restart(0, fd, flags, args, sizeof(*args));
	result->hold = args->hold_fd;
	result->pgrp = args->pgrp;
	result->bytes = args->image_bytes;
	result->nr_processes = args->nr_processes;
	result->nr_tasks = args->nr_tasks;
	result->nr_errors = args->errors_used;
	result->missing = args->errors_missing;
	return ret;
}

/* The kernel has addresses of one size for all programs. */
static int fill_moved(struct restart_moved *moved, const struct ckpt_restart_options *options)
{
	unsigned int i;

	if (options->nr_moved > CKPT_MOVED_MAX)
		return -E2BIG;
	for (i = 0; i < options->nr_moved; i++) {
		moved[i].from = (uintptr_t)options->moved[i].from;
		moved[i].to = (uintptr_t)options->moved[i].to;
	}
	return 0;
}

static int restart(const char *path, const struct ckpt_restart_options *options,
		   unsigned long flags, struct ckpt_result *result)
{
	struct restart_moved moved[CKPT_MOVED_MAX];
	struct restart_args args = {
		.inherit = (uintptr_t)options->inherit,
		.nr_inherit = options->nr_inherit,
		/* a kernel that does not know of it takes zeroes there, and nothing else */
		.moved = options->nr_moved ? (uintptr_t)moved : 0,
		.nr_moved = options->nr_moved,
	};
	__u32 *groups = NULL;
	bool followed;
	int fd, ret = 0;

	if (fill_moved(moved, options))
		return outcome_fail(result, -E2BIG, "at most %u paths can be given as moved",
				    CKPT_MOVED_MAX);
	fd = owner_open(path, &followed);
	if (fd < 0)
		return outcome_fail(result, -errno, "opening %.140s failed", path);
	if (!geteuid() && !options->trust && !(flags & RESTART_CHECK)) {
		groups = calloc(OWNER_NR_GROUPS, sizeof(*groups));
		ret = groups ? find_ceiling(fd, followed, path, &args, groups, result) : -ENOMEM;
	}
	if (!ret)
		ret = call(fd, flags, &args, result);
	free(groups);
	close(fd);
	return ret;
}

pid_t ckpt_restart_file(const char *path, const struct ckpt_restart_options *given,
			struct ckpt_result *caller)
{
	struct ckpt_restart_options options;
	struct ckpt_result result;
	int ret;

	ret = outcome_begin(caller, CKPT_CALL_RESTART, &result);
	if (ret)
		return ret;
	ret = outcome_options(&options, sizeof(options), OPTIONS_SIZE_1, given);
	if (!ret && (options.flags & ~(unsigned long)KNOWN ||
		     (options.flags & RESTART_FROZEN && !caller)))
		ret = -EINVAL;
	if (ret)
		outcome_fail(&result, ret, "these options do not make sense");
	else
		ret = restart(path, &options, options.flags, &result);
	return outcome_end(caller, &result, ret);
}

int ckpt_check_file(const char *path, struct ckpt_result *caller)
{
	const struct ckpt_restart_options none = { .size = sizeof(none) };
	struct ckpt_result result;
	int ret;

	ret = outcome_begin(caller, CKPT_CALL_RESTART, &result);
	if (ret)
		return ret;
	ret = restart(path, &none, RESTART_CHECK, &result);
	return outcome_end(caller, &result, ret < 0 ? ret : 0);
}
