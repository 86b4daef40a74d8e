/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * outcome.h - what a call leaves in the caller's struct ckpt_result.
 */
#ifndef _CKPT_OUTCOME_H
#define _CKPT_OUTCOME_H

#include "compiler.h"
#include "libcheckpoint.h"

#define OUTCOME_NR_ERRORS	256

/**
 * outcome_begin - look at the caller's result, and make room for errors
 * @caller: the caller's, may be NULL
 * @call: what is going to be called
 * @result: out: the library's own, filled by the call
 *
 * Return: 0, -EINVAL if the caller's has no size that ever was, -ENOMEM
 */
int outcome_begin(struct ckpt_result *caller, enum ckpt_call call, struct ckpt_result *result);

/**
 * outcome_fail - note an error of the library's own
 * @result: the library's own
 * @err: negative errno
 * @fmt: one sentence without a full stop; after " failed" the errno's words follow
 *
 * Return: @err
 */
__printf(3, 4)
int outcome_fail(struct ckpt_result *result, int err, const char *fmt, ...);

/**
 * outcome_end - hand over what was noted
 * @caller: the caller's, may be NULL
 * @result: the library's own; the caller's from now on
 * @ret: of the call: an error without a sentence gets one
 *
 * Return: @ret
 */
int outcome_end(struct ckpt_result *caller, struct ckpt_result *result, int ret);

/**
 * outcome_options - the caller's options as this library knows them
 * @to: out
 * @size: of @to
 * @first: of its first version
 * @from: the caller's, which begin with their size; may be NULL
 *
 * Return: 0, -EINVAL if they are smaller than they ever were, -E2BIG if something is set
 * that this library does not know
 */
int outcome_options(void *to, size_t size, size_t first, const void *from);

#endif /* _CKPT_OUTCOME_H */
