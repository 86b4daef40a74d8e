// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - ckpt --check: can it be saved, and if not, what is in the way?
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "ckpt.h"
#include "json.h"
#include "report.h"
#include "text.h"

static void check_passed(const struct options *options, const struct call *call)
{
	struct json json = { .file = stdout };

	if (options->json) {
		json_begin(&json, NULL, '{');
		json_bool(&json, "ok", true);
		json_int(&json, "pid", options->pid);
		json_uint(&json, "processes", call->args.nr_processes);
		json_uint(&json, "threads", call->args.nr_tasks);
		json_errors(&json, "notes", call->errors, call->args.errors_used);
		json_end(&json, '}');
		return;
	}
	if (options->quiet)
		return;
	report_notes(call->errors, call->args.errors_used);
	printf("ckpt: pid %d can be saved: run 'ckpt %d'\n", options->pid, options->pid);
}

int check_command(const struct options *options)
{
	static struct call call;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int ret = call_checkpoint(options, &call, fd, CHECKPOINT_CHECK);

	if (fd >= 0)
		close(fd);
	if (ret) {
		call_failed(options, &call, ret);
		return call_exit(&call, ret);
	}
	check_passed(options, &call);
	return CKPT_DONE;
}
