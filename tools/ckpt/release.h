/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * release.h - ckpt --release.
 */
#ifndef RELEASE_H
#define RELEASE_H

int release_command(int argc, char **argv);

#endif
