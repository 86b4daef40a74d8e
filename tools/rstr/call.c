// SPDX-License-Identifier: GPL-2.0-only
/*
 * call.c - the call of restart(), and how its outcome is reported.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "advice.h"
#include "owner.h"
#include "proc.h"
#include "report.h"
#include "rstr.h"
#include "text.h"

/**
 * struct call - one call of restart() and what it reported
 * @args: in and out
 * @errors: what the kernel reported
 * @groups: of the image's owner
 */
struct call {
	struct restart_args args;
	struct checkpoint_error errors[RSTR_NR_ERRORS];
	__u32 groups[OWNER_NR_GROUPS];
};

/* Standard output belongs to the program, if that is to run here. */
FILE *call_result_stream(const struct restart_options *options)
{
	return options->check || options->detach ? stdout : stderr;
}

static long restart(const struct restart_options *options, struct call *call, unsigned long flags)
{
	struct restart_args *args = &call->args;

	memset(args, 0, sizeof(*args));
	args->errors = (uintptr_t)call->errors;
	args->nr_errors = RSTR_NR_ERRORS;
	args->hold_fd = -1;
	args->inherit = (uintptr_t)options->inherit;
	args->nr_inherit = options->nr_inherit;
	/* a kernel that does not know of it takes zeroes there, and nothing else */
	if (options->nr_moved)
		args->moved = (uintptr_t)options->moved;
	args->nr_moved = options->nr_moved;
	if (options->ceiling) {
		args->flags |= RESTART_ARG_OWNER;
		args->owner_uid = options->owner;
		args->owner_groups = (uintptr_t)call->groups;
		args->nr_owner_groups = owner_groups(args->owner_uid, call->groups,
						     OWNER_NR_GROUPS);
	}
	if (options->allow_changed)
		flags |= RESTART_ALLOW_CHANGED;
	if (options->rewind)
		flags |= RESTART_REWIND;
	if (options->strict_io)
		flags |= RESTART_STRICT_IO;
	return ckpt_restart(0, options->image, flags, args, sizeof(*args));
}

/* What went wrong, behind the notes of what was substituted. */
static const struct checkpoint_error *first_error(const struct call *call)
{
	unsigned int i;

	for (i = 0; i < call->args.errors_used; i++) {
		if (call->errors[i].err)
			return &call->errors[i];
	}
	return NULL;
}

/* Did the kernel's reason have these words? */
static bool reported(const struct call *call, const char *words)
{
	const struct checkpoint_error *error = first_error(call);

	return error && strstr(error->message, words);
}

/* Who has the pid that the program needs?  The kernel says it if it may. */
static const char *advise_pid(const struct restart_options *options, const struct call *call,
			      char *buffer, size_t len)
{
	const struct checkpoint_error *error = first_error(call);
	char command[512], comm[64];

	if (options->self)
		return advise_without(options->argv, "--self", buffer, len);
	if (options->pidns)
		return NULL;
	text_command(options->argv, NULL, "--pidns", command, sizeof(command));
	if (error && error->pid && !reported(call, "taken by") &&
	    proc_comm(error->pid, comm, sizeof(comm)))
		snprintf(buffer, len, "%s has pid %d now: run '%s' to give it pids of its own",
			 comm, error->pid, command);
	else
		snprintf(buffer, len, "run '%s' to give it pids of its own", command);
	return buffer;
}

static const char *advise_right(const struct restart_options *options, const struct call *call,
				char *buffer, size_t len)
{
	char command[512];

	if (reported(call, "--strict-io"))
		return advise_without(options->argv, "--strict-io", buffer, len);
	if (!first_error(call))
		return advise_gate(options->argv, buffer, len);
	if (reported(call, "CAP_CHECKPOINT_RESTORE") && !options->pidns)
		return advise_option(options->argv, "--pidns", buffer, len);
	if (options->ceiling && options->owner) {
		text_command(options->argv, NULL, "--as-root", command, sizeof(command));
		snprintf(buffer, len, "if you trust the image's owner, run '%s'", command);
		return buffer;
	}
	return advise_root(options->argv, buffer, len);
}

static const char *advise_image(const struct restart_options *options, const struct call *call,
				char *buffer, size_t len)
{
	char word[512];

	if (options->self && reported(call, "become the program"))
		return advise_without(options->argv, "--self", buffer, len);
	if (reported(call, "kernel.pid_max"))
		return "have root raise the sysctl kernel.pid_max";
	if (!strcmp(options->path, "-"))
		return NULL;
	snprintf(buffer, len, "'ckptinfo --verify %s' says more",
		 text_word(options->path, word, sizeof(word)));
	return buffer;
}

static const char *advise(const struct restart_options *options, const struct call *call, int err,
			  char *buffer, size_t len)
{
	char command[512];

	switch (err) {
	case EEXIST:
		return advise_pid(options, call, buffer, len);
	case EPERM:
		return advise_right(options, call, buffer, len);
	case ESTALE:
		if (options->allow_changed || options->rewind || reported(call, "another type"))
			return NULL;
		text_command(options->argv, NULL, "--allow-changed", command,
			     sizeof(command));
		snprintf(buffer, len, "run '%s' if it may differ", command);
		return buffer;
	case EINVAL:
	case EBADMSG:
		return advise_image(options, call, buffer, len);
	default:
		return NULL;
	}
}

/* Nobody like the caller may use the call at all: it has not said why. */
static bool gate_closed;

static int failed(const struct restart_options *options, const struct call *call, int ret)
{
	char advice[1024];
	struct failure failure = {
		.call = CKPT_CALL_RESTART,
		.err = -ret,
		.errors = call->errors,
		.nr_errors = call->args.errors_used,
		.missing = call->args.errors_missing,
		.advice = advise(options, call, -ret, advice, sizeof(advice)),
	};

	gate_closed = ret == -EPERM && !first_error(call);
	report_failure(&failure, options->json ? call_result_stream(options) : NULL);
	return ret;
}

static void done(const struct restart_options *options, const struct call *call, pid_t pid,
		 pid_t pgrp)
{
	const struct restart_args *args = &call->args;
	struct json json = { .file = call_result_stream(options) };

	if (options->json) {
		json_begin(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_int(&json, "pid", pid);
		json_int(&json, "pgrp", pgrp);
		json_uint(&json, "processes", args->nr_processes);
		json_uint(&json, "threads", args->nr_tasks);
		json_uint(&json, "bytes", args->image_bytes);
		json_errors(&json, "notes", call->errors, args->errors_used);
		json_end(&json, '}');
		fflush(json.file);
		return;
	}
	if (options->quiet)
		return;
	report_notes(call->errors, args->errors_used);
	if (options->verbose)
		say_err("%u %s, %u %s; pid %d, process group %d", args->nr_processes,
			plural(args->nr_processes, "process", "processes"),
			args->nr_tasks, plural(args->nr_tasks, "thread", "threads"),
			pid, pgrp);
}

/* The length of an image file; 0 if it comes through a pipe. */
static __u64 image_size(void *arg)
{
	const struct restart_options *options = arg;
	struct stat st;

	return fstat(options->image, &st) ? 0 : st.st_size;
}

/*
 * How far restart() has read shows nowhere before it returns.  But what it reads
 * is nearly all memory, and that of the processes being made, which are below
 * rstr, grows with it.  Pages that processes share count for each of them.
 */
static __u64 bytes_restored(void *arg)
{
	__u64 size = image_size(arg), bytes = proc_memory_below(getpid());

	return size && bytes > size ? size : bytes;
}

/* Progress while the program is made, for whoever shows it. */
void call_watch(const struct restart_options *options, struct watch *watch)
{
	*watch = (struct watch) {
		.show = isatty(STDERR_FILENO) && !options->quiet && !options->json,
		.verb = "restored",
		.position = bytes_restored,
		.total = image_size,
		.arg = (void *)options,
	};
}

/* What restart() has reported, until call_made() reports it */
static struct call made;

static long restart_somehow(const struct restart_options *options, unsigned long flags)
{
	long ret = restart(options, &made, flags);

	/* Unknown flags are refused before anything is read.  --frozen means them. */
	if (ret == -EINVAL && flags && !made.args.errors_used && !made.args.image_bytes &&
	    !options->frozen)
		ret = restart(options, &made, flags & ~RESTART_FROZEN);
	return ret;
}

static long restart_alone(const struct restart_options *options, unsigned long flags)
{
	sigset_t old;
	long ret;

	watch_forgo(&old);
	ret = restart_somehow(options, flags);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

/* The watching thread has a pid, perhaps one of the program's: then without it. */
static long restart_watched(const struct restart_options *options, unsigned long flags,
			    struct watch *watch)
{
	long ret;

	watch_start(watch);
	ret = restart_somehow(options, flags);
	watch_stop(watch);
	if (ret == -EEXIST && image_rewind(options))
		ret = restart_alone(options, flags);
	return ret;
}

/**
 * call_restart - make the program
 * @options: the command line
 * @flags: RESTART_FROZEN, without which a kernel is asked that cannot do it; RESTART_ORPHAN
 * @watch: shows progress from a second thread, unless that would risk the call: its
 *	pid may be one of the program's, and then the image must be read again; may be NULL
 * @program: out: pid, process group and hold
 *
 * Return: 0 or negative errno, reported, unless session_took_pid() will try again; -ENOTTY, not
 * reported, if session_lend() shall; success is for call_made() to report
 */
int call_restart(const struct restart_options *options, unsigned long flags, struct watch *watch,
		 struct program *program)
{
	long ret;

	if (!watch)
		ret = restart_somehow(options, flags);
	else if (options->begin < 0)
		ret = restart_alone(options, flags);
	else
		ret = restart_watched(options, flags, watch);
	if (ret == -EEXIST && session_took_pid(options, first_error(&made)))
		return ret;
	if (ret == -EBUSY && session_wants_terminal(options, first_error(&made)))
		return -ENOTTY;
	if (ret < 0)
		return failed(options, &made, ret);
	program->pid = ret;
	program->pgrp = made.args.pgrp;
	program->hold = made.args.hold_fd;
	return 0;
}

/* Tell what call_restart() has made, by the numbers of @pid and @pgrp where rstr was called. */
void call_made(const struct restart_options *options, pid_t pid, pid_t pgrp)
{
	done(options, &made, pid, pgrp);
}

/**
 * call_exit_code - what a restart that failed is told by
 * @ret: of call_restart()
 *
 * Return: an exit code
 */
int call_exit_code(long ret)
{
	switch (-ret) {
	case EAGAIN:
	case EINTR:
	case ETIMEDOUT:
		return RSTR_NOT_NOW;
	case ENOSYS:
		return RSTR_NEVER;
	case ENOTTY:
		return RSTR_NO_TERMINAL;
	case EPERM:
		return gate_closed ? RSTR_NEVER : RSTR_FAILED;
	default:
		return RSTR_FAILED;
	}
}

/* rstr -n: is it whole, and could this kernel take it? */
int call_check(const struct restart_options *options)
{
	static struct call call;
	long ret = restart(options, &call, RESTART_CHECK);

	if (ret < 0) {
		failed(options, &call, ret);
		return call_exit_code(ret);
	}
	done(options, &call, 0, 0);
	if (!options->json && !options->quiet)
		printf("rstr: %s is whole, and this kernel and processor can take it\n",
		       options->path);
	return 0;
}

/* rstr --self: does not come back if it works. */
int call_self(const struct restart_options *options)
{
	static struct call call;

	return call_exit_code(failed(options, &call, restart(options, &call, RESTART_SELF)));
}

/* The line that ckpt --move waits for; also the result of --detach. */
void call_announce(const struct restart_options *options, const struct program *program)
{
	if (options->confirm)
		printf("rstr: restarted PID %d\n", program->pid);
	else if (options->detach && !options->json)
		printf("%d\n", program->pid);
	fflush(stdout);
}
