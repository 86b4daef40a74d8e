/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packed.h - what a file is that is no image: empty, or compressed.
 */
#ifndef _CKPT_PACKED_H
#define _CKPT_PACKED_H

/**
 * packed_command - what unpacks a file, by its first bytes
 * @fd: a regular file; its position is not used
 *
 * Return: "zstd -dc" or the like, NULL if it is not compressed
 */
const char *packed_command(int fd);

#endif /* _CKPT_PACKED_H */
