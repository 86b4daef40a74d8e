// SPDX-License-Identifier: LGPL-2.1-only
/*
 * outcome.c - the structures that a caller gives, of whatever version; and what went wrong.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outcome.h"

/* These are the structures of version 1: nothing is smaller. */
#define RESULT_SIZE_1	sizeof(struct ckpt_result)

int outcome_options(void *to, size_t size, size_t first, const void *from)
{
	size_t given, i;

	memset(to, 0, size);
	if (!from)
		return 0;
	memcpy(&given, from, sizeof(given));
	if (given < first)
		return -EINVAL;
	for (i = size; i < given; i++) {
		if (((const unsigned char *)from)[i])
			return -E2BIG;
	}
	memcpy(to, from, given < size ? given : size);
	return 0;
}

int outcome_begin(struct ckpt_result *caller, enum ckpt_call call, struct ckpt_result *result)
{
	memset(result, 0, sizeof(*result));
	result->size = sizeof(*result);
	result->call = call;
	result->hold = -1;
	if (caller && caller->size < RESULT_SIZE_1)
		return -EINVAL;
	result->errors = calloc(OUTCOME_NR_ERRORS, sizeof(*result->errors));
	if (!result->errors)
		outcome_end(caller, result, -ENOMEM);
	return result->errors ? 0 : -ENOMEM;
}

/*
 * In the array there is always room: the library calls once, and when it has something
 * to say the kernel has said less than the array holds, or nothing more is of interest.
 */
int outcome_fail(struct ckpt_result *result, int err, const char *fmt, ...)
{
	struct checkpoint_error *error;
	va_list args;

	if (result->nr_errors == OUTCOME_NR_ERRORS)
		result->nr_errors--;
	error = &result->errors[result->nr_errors++];
	memset(error, 0, sizeof(*error));
	error->err = -err;
	va_start(args, fmt);
	vsnprintf(error->message, sizeof(error->message), fmt, args);
	va_end(args);
	return err;
}

static const struct checkpoint_error *first_error(const struct ckpt_result *result)
{
	unsigned int i;

	for (i = 0; i < result->nr_errors; i++) {
		if (result->errors[i].err)
			return &result->errors[i];
	}
	return NULL;
}

int outcome_end(struct ckpt_result *caller, struct ckpt_result *result, int ret)
{
	size_t size;

	if (ret < 0 && result->errors && !first_error(result))
		outcome_fail(result, ret, "%s", "");
	if (!caller) {
		/* who has no place for a hold was not let ask for one */
		ckpt_result_free(result);
		return ret;
	}
	if (!result->nr_errors) {
		free(result->errors);
		result->errors = NULL;
	}
	size = caller->size;
	memset(caller, 0, size);
	memcpy(caller, result, sizeof(*result));
	caller->size = size;
	return ret;
}

char *ckpt_result_text(const struct ckpt_result *result, char *buffer, size_t len)
{
	const struct checkpoint_error *error = first_error(result);
	const char *advice;
	size_t used;

	if (!len)
		return buffer;
	*buffer = '\0';
	if (!error)
		return buffer;
	ckpt_error_text(error, buffer, len);
	advice = ckpt_error_advice(result->call, error->err);
	used = strlen(buffer);
	if (advice)
		snprintf(buffer + used, len - used, "; %s", advice);
	return buffer;
}

void ckpt_result_free(struct ckpt_result *result)
{
	if (!result)
		return;
	free(result->errors);
	result->errors = NULL;
	result->nr_errors = 0;
}
