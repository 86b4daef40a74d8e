// SPDX-License-Identifier: LGPL-2.1-only
/*
 * crc32c.c - CRC-32C (Castagnoli, reflected), eight bytes at a time.
 */
#include "crc32c.h"
#include "libcheckpoint_image.h"

#define POLYNOMIAL 0x82f63b78U

static __u32 tables[8][256];
static bool use_hw;

/* Runs before main(), so no call ever sees half a table. */
__attribute__((constructor))
static void make_tables(void)
{
	unsigned int i, t, bit;

	for (i = 0; i < 256; i++) {
		__u32 crc = i;

		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[0][i] = crc;
	}
	for (i = 0; i < 256; i++) {
		for (t = 1; t < 8; t++)
			tables[t][i] = (tables[t - 1][i] >> 8) ^
				       tables[0][tables[t - 1][i] & 0xff];
	}
	use_hw = crc32c_hw_usable();
}

static __u32 crc32c_tables(__u32 crc, const unsigned char *p, size_t len)
{
	for (; len >= 8; p += 8, len -= 8)
		crc = tables[7][(crc ^ p[0]) & 0xff] ^
		      tables[6][((crc >> 8) ^ p[1]) & 0xff] ^
		      tables[5][((crc >> 16) ^ p[2]) & 0xff] ^
		      tables[4][(crc >> 24) ^ p[3]] ^
		      tables[3][p[4]] ^ tables[2][p[5]] ^
		      tables[1][p[6]] ^ tables[0][p[7]];
	while (len--)
		crc = (crc >> 8) ^ tables[0][(crc ^ *p++) & 0xff];
	return crc;
}

__u32 crc32c_portable(__u32 crc, const void *data, size_t len)
{
	return ~crc32c_tables(~crc, data, len);
}

__u32 ckpt_crc32c(__u32 crc, const void *data, size_t len)
{
	if (use_hw)
		return ~crc32c_hw(~crc, data, len);
	return crc32c_portable(crc, data, len);
}
