// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - failures and substitutions, as text or JSON.
 */
#include <errno.h>

#include "report.h"
#include "text.h"

static void json_error(struct json *json, const struct checkpoint_error *error)
{
	struct checkpoint_error bare = *error;
	char message[512];

	/* who it is has members of its own */
	bare.pid = 0;
	json_begin(json, NULL, '{');
	if (error->err) {
		json_string(json, "errno", ckpt_errno_name(error->err));
		json_int(json, "code", error->err);
	}
	if (error->pid)
		json_int(json, "pid", error->pid);
	if (error->tid)
		json_int(json, "tid", error->tid);
	if (error->type)
		json_hex(json, "record", error->type);
	if (error->object)
		json_uint(json, "object", error->object);
	if (error->offset)
		json_uint(json, "offset", error->offset);
	if (error->address)
		json_hex(json, "address", error->address);
	json_string(json, "message", ckpt_error_text(&bare, message, sizeof(message)));
	json_end(json, '}');
}

void json_errors(struct json *json, const char *name,
		 const struct checkpoint_error *errors, unsigned int nr)
{
	unsigned int i;

	json_begin(json, name, '[');
	for (i = 0; i < nr; i++)
		json_error(json, &errors[i]);
	json_end(json, ']');
}

static void json_failure(const struct failure *failure, const char *advice, FILE *file)
{
	struct json json = { .file = file };

	json_begin(&json, NULL, '{');
	json_bool(&json, "ok", false);
	json_string(&json, "errno", ckpt_errno_name(failure->err));
	json_int(&json, "code", failure->err);
	json_errors(&json, "errors", failure->errors, failure->nr_errors);
	if (failure->missing)
		json_uint(&json, "errors_missing", failure->missing);
	if (advice)
		json_string(&json, "advice", advice);
	json_end(&json, '}');
}

void report_failure(const struct failure *failure, FILE *json)
{
	const struct checkpoint_error unknown = { .err = failure->err };
	const struct checkpoint_error *errors = failure->errors;
	unsigned int i, nr = failure->nr_errors;
	const char *advice = failure->advice;
	char text[512];
	bool reported = false;

	if (!advice)
		advice = ckpt_error_advice(failure->call, failure->err);
	if (json) {
		json_failure(failure, advice, json);
		return;
	}
	for (i = 0; i < nr; i++) {
		if (!errors[i].err)
			continue;
		ckpt_error_text(&errors[i], text, sizeof(text));
		if (!reported && advice)
			say_err("%s; %s", text, advice);
		else
			say_err("%s", text);
		reported = true;
	}
	if (failure->missing)
		say_err("there %s %u more for which this list has no place",
			plural(failure->missing, "is", "are"), failure->missing);
	if (reported)
		return;
	ckpt_error_text(&unknown, text, sizeof(text));
	/* the advice on a missing system call says what failed by itself */
	if (failure->err == ENOSYS && advice)
		say_err("%s", advice);
	else if (advice)
		say_err("%s: %s", text, advice);
	else
		say_err("%s", text);
}

void report_notes(const struct checkpoint_error *errors, unsigned int nr)
{
	char text[512];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!errors[i].err)
			say_err("%s", ckpt_error_text(&errors[i], text, sizeof(text)));
	}
}
