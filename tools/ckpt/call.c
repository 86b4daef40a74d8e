// SPDX-License-Identifier: GPL-2.0-only
/*
 * call.c - the call of checkpoint(), and how its outcome is reported.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "ckpt.h"
#include "json.h"
#include "report.h"
#include "save.h"
#include "text.h"
#include "watch.h"

static long checkpoint(const struct options *options, struct call *call, int fd,
		       unsigned long flags)
{
	memset(&call->args, 0, sizeof(call->args));
	call->args.timeout_ms = options->timeout_ms;
	call->args.hold_fd = -1;
	call->args.keep_seconds = options->keep_seconds;
	call->args.errors = (uintptr_t)call->errors;
	call->args.nr_errors = CKPT_NR_ERRORS;
	call->args.external = (uintptr_t)options->external;
	call->args.nr_external = options->nr_external;
	return save_call(options->pid, fd, flags, &call->args);
}

static int hook(const struct options *options, const struct call *call, const char *action)
{
	return options->hooks.nr ?
	       hooks_run(&options->hooks, action, options->pid, call->place) : 0;
}

int call_checkpoint(const struct options *options, struct call *call, int fd,
		    unsigned long flags)
{
	long ret;

	if (options->container)
		flags |= CHECKPOINT_CONTAINER;
	if (options->close)
		flags |= CHECKPOINT_CLOSE;
	if (options->keep)
		flags |= CHECKPOINT_KEEP;
	if (options->force)
		flags |= CHECKPOINT_FORCE;

	if (!(flags & CHECKPOINT_CHECK) && hook(options, call, "pre-save"))
		return -ECANCELED;
	ret = checkpoint(options, call, fd, flags);
	if (ret < 0) {
		if (!(flags & CHECKPOINT_CHECK))
			hook(options, call, "failed");
		return ret;
	}
	/*
	 * ckpt may itself be below PID ("ckpt $$").  Then it is in the image
	 * too, and in the restarted copy the call returns 0.  The copy has
	 * nothing left to do.
	 */
	if (!ret && !(flags & CHECKPOINT_CHECK))
		_exit(CKPT_DONE);
	call->crid = ret;
	call->returned_at = now_ns();
	if (flags & CHECKPOINT_FROZEN && hook(options, call, "frozen")) {
		close(call->args.hold_fd);
		hook(options, call, "failed");
		return -ECANCELED;
	}
	return 0;
}

int call_exit(const struct call *call, int ret)
{
	switch (-ret) {
	case EAGAIN:
	case EINTR:
	case ETIME:
	case ETIMEDOUT:
		return CKPT_NOT_NOW;
	case ENOSYS:
		return CKPT_NEVER;
	case EPERM:
		/* without a word: who may call checkpoint() at all is a matter of the sysctl */
		return call->args.errors_used ? CKPT_FAILED : CKPT_NEVER;
	default:
		return CKPT_FAILED;
	}
}

/* What has passed since was spent on bringing the image to stable storage. */
void call_saved(const struct options *options, struct call *call)
{
	call->args.sync_ns += now_ns() - call->returned_at;
	hook(options, call, "saved");
}

void call_lost(const struct options *options, const struct call *call)
{
	hook(options, call, "failed");
}

FILE *ckpt_result_stream(const struct options *options)
{
	if (options->move || options->through || (options->output && !strcmp(options->output, "-")))
		return stderr;
	return stdout;
}

/* Without a longer time of the user's own, give it a minute. */
static const char *advise_time(const struct options *options, char *buffer, size_t len)
{
	if (options->timeout_ms)
		return NULL;
	return advise_option(options->argv, "--timeout 60", buffer, len);
}

/* What is in the way, and how to see all of it. */
static const char *advise_obstacle(const struct options *options, char *buffer, size_t len)
{
	if (options->check)
		snprintf(buffer, len,
			 "when nothing of what is named here is left, run 'ckpt %d'",
			 options->pid);
	else
		snprintf(buffer, len, "'ckpt --check %d' lists every obstacle", options->pid);
	return buffer;
}

static const char *advise(const struct options *options, const struct call *call, int err,
			  char *buffer, size_t len)
{
	bool reported = call->args.errors_used;

	switch (err) {
	case EPERM:
		/* who may call checkpoint() at all is a matter of the sysctl */
		if (!reported)
			return advise_gate(options->argv, buffer, len);
		return advise_root(options->argv, buffer, len);
	case EACCES:
		return advise_root(options->argv, buffer, len);
	case ETIMEDOUT:
	case ETIME:
		return advise_time(options, buffer, len);
	case EBUSY:
	case EOPNOTSUPP:
		return advise_obstacle(options, buffer, len);
	case EINVAL:
		if (!options->force || reported)
			return NULL;
		snprintf(buffer, len, "this kernel cannot force: run 'ckpt --check %d' and end what is in the way",
			 options->pid);
		return buffer;
	default:
		return NULL;
	}
}

void call_failed(const struct options *options, const struct call *call, int ret)
{
	char advice[1024];
	struct failure failure = {
		.call = CKPT_CALL_CHECKPOINT,
		.err = -ret,
		.errors = call->errors,
		.nr_errors = call->args.errors_used,
		.missing = call->args.errors_missing,
		.advice = advise(options, call, -ret, advice, sizeof(advice)),
	};

	/* the hook that stopped it has said so */
	if (ret != -ECANCELED)
		report_failure(&failure, options->json ? ckpt_result_stream(options) : NULL);
	if (!options->json && !options->quiet && ret != -ENOSYS && ret != -ESRCH &&
	    !options->check)
		say_err("nothing was saved, pid %d runs on", options->pid);
}

static const char *fate_name(enum fate fate)
{
	static const char * const names[] = {
		[FATE_RUNS] = "running",
		[FATE_KILLS] = "ending",
		[FATE_KILLED] = "ended",
		[FATE_FROZEN] = "frozen",
		[FATE_MOVED] = "moved",
	};

	return names[fate];
}

static void done_json(const struct options *options, const struct call *call,
		      enum fate fate, FILE *file)
{
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_bool(&json, "ok", true);
	json_int(&json, "pid", options->pid);
	json_string(&json, "image", call->place);
	json_id(&json, "image_id", call->args.image_id);
	json_int(&json, "crid", call->crid);
	json_uint(&json, "processes", call->args.nr_processes);
	json_uint(&json, "threads", call->args.nr_tasks);
	json_uint(&json, "bytes", call->args.image_bytes);
	json_uint(&json, "frozen_ns", call->args.frozen_ns);
	json_uint(&json, "freeze_ns", call->args.freeze_ns);
	json_uint(&json, "survey_ns", call->args.survey_ns);
	json_uint(&json, "capture_ns", call->args.capture_ns);
	json_uint(&json, "write_ns", call->args.write_ns);
	json_uint(&json, "sync_ns", call->args.sync_ns);
	json_string(&json, "program", fate_name(fate));
	json_errors(&json, "notes", call->errors, call->args.errors_used);
	json_end(&json, '}');
	fflush(file);
}

/* "; it still runs" */
static const char *fate_words(enum fate fate)
{
	static const char * const words[] = {
		[FATE_RUNS] = "it still runs",
		[FATE_KILLS] = "it is killed now, and this command with it",
		[FATE_KILLED] = "it was killed",
		[FATE_FROZEN] = "it stays frozen until this command ends",
		[FATE_MOVED] = "it runs there and was killed here",
	};

	return words[fate];
}

static void print_stats(const struct checkpoint_args *args, FILE *file)
{
	const struct {
		const char *what;
		__u64 ns;
	} parts[] = {
		{ "freezing", args->freeze_ns }, { "survey", args->survey_ns },
		{ "capture", args->capture_ns }, { "writing", args->write_ns },
		{ "syncing", args->sync_ns },
	};
	char time[32];
	size_t i;

	fprintf(file, "ckpt:");
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		fprintf(file, "%s %s %s", i ? "," : "", parts[i].what,
			text_time(parts[i].ns, time, sizeof(time)));
	fputc('\n', file);
}

void call_done(const struct options *options, const struct call *call, enum fate fate)
{
	const struct checkpoint_args *args = &call->args;
	FILE *file = ckpt_result_stream(options);
	char size[32], frozen[32];

	if (options->json) {
		done_json(options, call, fate, file);
		return;
	}
	if (options->quiet)
		return;
	report_notes(call->errors, args->errors_used);
	if (options->verbose)
		fprintf(file, "ckpt: image id %016llx%016llx, checkpoint id %d\n",
			(unsigned long long)args->image_id[0],
			(unsigned long long)args->image_id[1], call->crid);
	if (options->stats || options->verbose)
		print_stats(args, file);
	fprintf(file, "ckpt: saved %u %s, %u %s, %s to %s; frozen for %s; %s\n",
		args->nr_processes, plural(args->nr_processes, "process", "processes"),
		args->nr_tasks, plural(args->nr_tasks, "thread", "threads"),
		text_bytes(args->image_bytes, size, sizeof(size)), call->place,
		text_time(args->frozen_ns, frozen, sizeof(frozen)), fate_words(fate));
	fflush(file);
}
