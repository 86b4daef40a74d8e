/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - failures and substitutions, as text or JSON.
 */
#ifndef _CKPT_REPORT_H
#define _CKPT_REPORT_H

#include "json.h"
#include "libcheckpoint.h"

/**
 * struct failure - what failed
 * @call: which call
 * @err: positive errno that it returned
 * @errors: what the kernel reported, may be empty
 * @nr_errors: how many
 * @missing: how many more the kernel found, for which there was no place
 * @advice: what to do; NULL takes the library's
 */
struct failure {
	enum ckpt_call call;
	int err;
	const struct checkpoint_error *errors;
	unsigned int nr_errors;
	unsigned int missing;
	const char *advice;
};

/**
 * report_failure - print a failure: the first error with advice, then the others
 * @failure: what failed
 * @json: where JSON goes, NULL for words on stderr
 */
void report_failure(const struct failure *failure, FILE *json);

/* Print what was substituted, one line each. */
void report_notes(const struct checkpoint_error *errors, unsigned int nr);

/* The same as an array of a JSON object. */
void json_errors(struct json *json, const char *name,
		 const struct checkpoint_error *errors, unsigned int nr);

#endif /* _CKPT_REPORT_H */
