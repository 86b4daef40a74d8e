/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * xxh64.h - XXH64, the checksum of page data: from xxHash's header alone, so that
 * nothing needs its library at run time.
 */
#ifndef _CKPT_XXH64_H
#define _CKPT_XXH64_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#endif /* _CKPT_XXH64_H */
