/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xxh64.h - XXH64 with seed 0, the checksum of page data.
 */
#ifndef _CKPT_XXH64_H
#define _CKPT_XXH64_H

#include <stddef.h>
#include <stdint.h>

#define XXH64_STRIPE	32

/**
 * struct xxh64 - a sum that is not finished
 * @lanes: the four accumulators
 * @total: bytes so far
 * @rest: those that fill no stripe yet
 */
struct xxh64 {
	uint64_t lanes[4];
	uint64_t total;
	unsigned char rest[XXH64_STRIPE];
};

/* Begin. */
void xxh64_start(struct xxh64 *sum);

/* Add @len bytes. */
void xxh64_add(struct xxh64 *sum, const void *data, size_t len);

/* The sum of all bytes so far; more may be added. */
uint64_t xxh64_value(const struct xxh64 *sum);

/* The sum of @len bytes. */
uint64_t xxh64(const void *data, size_t len);

#endif /* _CKPT_XXH64_H */
