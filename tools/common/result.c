// SPDX-License-Identifier: GPL-2.0-only
/*
 * result.c - what a tool leaves behind when it ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "result.h"
#include "text.h"

static FILE *json_file;

void result_guard(void)
{
	signal(SIGPIPE, SIG_IGN);
}

/* What has been said on standard error is the object's message. */
static void leave_object(void)
{
	struct json json = { .file = json_file };

	if (json_objects() || !*said_first())
		return;
	json_begin(&json, NULL, '{');
	json_bool(&json, "ok", false);
	json_string(&json, "message", said_first());
	json_end(&json, '}');
	fflush(json_file);
}

void result_json(FILE *file)
{
	if (!json_file)
		atexit(leave_object);
	json_file = file;
}

int result_is_json(char *const argv[])
{
	while (*++argv && strcmp(*argv, "--")) {
		if (!strcmp(*argv, "--json"))
			return 1;
	}
	return 0;
}

int result_code(int code, int failed)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	say_err("the result could not be written: %s; see to standard output",
		strerror(errno ? errno : EIO));
	return code ? code : failed;
}

void result_text(const char *text, int failed)
{
	result_guard();
	fputs(text, stdout);
	exit(result_code(0, failed));
}
