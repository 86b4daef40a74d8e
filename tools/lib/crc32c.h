/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * crc32c.h - the processor's CRC-32C instruction, where there is one.
 */
#ifndef _CKPT_CRC32C_H
#define _CKPT_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

#ifdef __x86_64__

#include <nmmintrin.h>

static inline bool crc32c_hw_usable(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2")))
static inline __u32 crc32c_hw(__u32 crc, const unsigned char *data, size_t len)
{
	unsigned long long word, acc = crc;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		acc = _mm_crc32_u64(acc, word);
	}
	crc = acc;
	while (len--)
		crc = _mm_crc32_u8(crc, *data++);
	return crc;
}

#else

static inline bool crc32c_hw_usable(void)
{
	return false;
}

static inline __u32 crc32c_hw(__u32 crc, const unsigned char *data, size_t len)
{
	(void)data;
	(void)len;
	return crc;
}

#endif

/* ckpt_crc32c() without the processor's instruction */
__u32 crc32c_portable(__u32 crc, const void *data, size_t len);

#endif /* _CKPT_CRC32C_H */
