/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * compiler.h - the kernel's short words, for programs.
 */
#ifndef _CKPT_COMPILER_H
#define _CKPT_COMPILER_H

#define __printf(_format, _first)	__attribute((format(printf, _format, _first)))
#define __noreturn			__attribute((noreturn))
#define ARRAY_SIZE(_array)		(sizeof(_array) / sizeof((_array)[0]))

#endif /* _CKPT_COMPILER_H */
