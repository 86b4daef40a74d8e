/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook.h - commands of the user's that run before and after.
 */
#ifndef _CKPT_HOOK_H
#define _CKPT_HOOK_H

#include <sys/types.h>

#define HOOKS_MAX 16

/**
 * struct hooks - what --hook has named, in this order
 * @commands: shell commands, or directories of programs
 * @nr: how many
 */
struct hooks {
	const char *commands[HOOKS_MAX];
	unsigned int nr;
};

/* Return: 0, -1 if there is no place */
int hooks_add(struct hooks *hooks, const char *command);

/**
 * hooks_run - run them, one after the other
 * @hooks: them
 * @action: CKPT_ACTION: "pre-save", "frozen", "saved", "failed", "pre-restart",
 *	"restarted", "running"
 * @pid: CKPT_PID, 0 if there is none yet
 * @image: CKPT_IMAGE, NULL if it has no name
 *
 * Their standard output is standard error: what the tool prints may be an image.
 *
 * Return: 0, -1 if one failed, behind which none was run (reported)
 */
int hooks_run(const struct hooks *hooks, const char *action, pid_t pid, const char *image);

#endif /* _CKPT_HOOK_H */
