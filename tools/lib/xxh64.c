// SPDX-License-Identifier: LGPL-2.1-only
/*
 * xxh64.c - XXH64 with seed 0, by its specification (xxHash, doc/xxhash_spec.md): here, so
 * that whoever builds the library needs a compiler and nothing else.
 */
#include <string.h>

#include "xxh64.h"

#define PRIME_1	0x9e3779b185ebca87ULL
#define PRIME_2	0xc2b2ae3d27d4eb4fULL
#define PRIME_3	0x165667b19e3779f9ULL
#define PRIME_4	0x85ebca77c2b2ae63ULL
#define PRIME_5	0x27d4eb2f165667c5ULL

static uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

/* The sum is defined on little-endian words, whatever the machine is. */
static uint64_t word64(const unsigned char *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	return value;
}

static uint64_t word32(const unsigned char *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap32(value);
#endif
	return value;
}

static uint64_t round64(uint64_t lane, uint64_t input)
{
	return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

/* All whole stripes.  Return: behind them */
static const unsigned char *take_stripes(uint64_t lanes[4], const unsigned char *p, size_t len)
{
	uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];

	for (; len >= XXH64_STRIPE; p += XXH64_STRIPE, len -= XXH64_STRIPE) {
		a = round64(a, word64(p));
		b = round64(b, word64(p + 8));
		c = round64(c, word64(p + 16));
		d = round64(d, word64(p + 24));
	}
	lanes[0] = a;
	lanes[1] = b;
	lanes[2] = c;
	lanes[3] = d;
	return p;
}

static uint64_t merge(const uint64_t lanes[4])
{
	uint64_t value = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) +
			 rotate(lanes[3], 18);
	int i;

	for (i = 0; i < 4; i++)
		value = (value ^ round64(0, lanes[i])) * PRIME_1 + PRIME_4;
	return value;
}

static uint64_t take_rest(uint64_t value, const unsigned char *p, size_t len)
{
	for (; len >= 8; p += 8, len -= 8)
		value = rotate(value ^ round64(0, word64(p)), 27) * PRIME_1 + PRIME_4;
	if (len >= 4) {
		value = rotate(value ^ word32(p) * PRIME_1, 23) * PRIME_2 + PRIME_3;
		p += 4;
		len -= 4;
	}
	while (len--)
		value = rotate(value ^ *p++ * PRIME_5, 11) * PRIME_1;
	return value;
}

void xxh64_start(struct xxh64 *sum)
{
	memset(sum, 0, sizeof(*sum));
	sum->lanes[0] = PRIME_1 + PRIME_2;
	sum->lanes[1] = PRIME_2;
	sum->lanes[3] = -PRIME_1;
}

void xxh64_add(struct xxh64 *sum, const void *data, size_t len)
{
	size_t kept = sum->total % XXH64_STRIPE, room = XXH64_STRIPE - kept;
	const unsigned char *p = data, *end;

	sum->total += len;
	if (len < room) {
		memcpy(sum->rest + kept, p, len);
		return;
	}
	if (kept) {
		memcpy(sum->rest + kept, p, room);
		take_stripes(sum->lanes, sum->rest, XXH64_STRIPE);
		p += room;
		len -= room;
	}
	end = take_stripes(sum->lanes, p, len);
	memcpy(sum->rest, end, len - (end - p));
}

uint64_t xxh64_value(const struct xxh64 *sum)
{
	uint64_t value = sum->total < XXH64_STRIPE ? PRIME_5 : merge(sum->lanes);

	value = take_rest(value + sum->total, sum->rest, sum->total % XXH64_STRIPE);
	value = (value ^ value >> 33) * PRIME_2;
	value = (value ^ value >> 29) * PRIME_3;
	return value ^ value >> 32;
}

uint64_t xxh64(const void *data, size_t len)
{
	struct xxh64 sum;

	xxh64_start(&sum);
	xxh64_add(&sum, data, len);
	return xxh64_value(&sum);
}
