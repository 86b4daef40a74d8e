/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of this directory share, and members of
 * task_struct and cred that only some configurations have.
 */
#ifndef _KERNEL_CHECKPOINT_TASK_H
#define _KERNEL_CHECKPOINT_TASK_H

#include <linux/cred.h>
#include <linux/key.h>
#include <linux/keyctl.h>
#include <linux/sched/signal.h>
#include "../checkpoint.h"

/* The record that a task is made from: the first of its own */
static inline const struct ckpt_rec_task *ckpt_task_rec(const struct ckpt_task *t)
{
	return list_first_entry(&t->recs, struct ckpt_item, owner_node)->data;
}

/* cred_rights.c */

struct bpf_prog;
struct sock_filter;

struct cred *ckpt_build_cred(struct ckpt_ctx *ctx, const struct ckpt_rec_cred *data,
			     const u32 *groups, u32 nr_groups, const char **why);

/* process.c */

void ckpt_restore_loginuid(struct ckpt_ctx *ctx, u32 loginuid);

/* seccomp_prog.c */

/**
 * ckpt_make_classic_prog - as bpf_prog_create_from_user(), from memory of the kernel
 * @progp: out: the program, to be freed with bpf_prog_destroy()
 * @insns: its instructions, as they were given by the program; they are kept too
 * @nr: how many
 * @check: looks at them when they have been found to be in order, and may translate them
 *
 * Context: may sleep.
 * Return: 0 or negative errno
 */
int ckpt_make_classic_prog(struct bpf_prog **progp, const struct sock_filter *insns, u32 nr,
			   int (*check)(struct sock_filter *filter, unsigned int flen));

#ifdef CONFIG_KEYS
/* Return: a noun, NULL if there are none */
static inline const char *cred_own_keys(const struct cred *cred)
{
	if (cred->thread_keyring)
		return "a thread keyring";
	if (cred->process_keyring)
		return "a process keyring";
	if (cred->request_key_auth)
		return "the authority to make a requested key (keyctl_assume_authority(3))";
	return cred->jit_keyring ? "a default keyring for requested keys" : NULL;
}

static inline struct key *cred_session_keyring(const struct cred *cred)
{
	return cred->session_keyring;
}

/* What a process does not inherit.  Nobody else sees @cred yet. */
static inline void cred_drop_own_keys(struct cred *cred)
{
	key_put(cred->thread_keyring);
	key_put(cred->process_keyring);
	key_put(cred->request_key_auth);
	cred->thread_keyring = NULL;
	cred->process_keyring = NULL;
	cred->request_key_auth = NULL;
	cred->jit_keyring = KEY_REQKEY_DEFL_DEFAULT;
}

/* The user's own takes its place.  Nobody else sees @cred yet. */
static inline void cred_drop_session_keyring(struct cred *cred)
{
	key_put(cred->session_keyring);
	cred->session_keyring = NULL;
}
#else
static inline const char *cred_own_keys(const struct cred *cred) { return NULL; }
static inline struct key *cred_session_keyring(const struct cred *cred) { return NULL; }
static inline void cred_drop_own_keys(struct cred *cred) { }
static inline void cred_drop_session_keyring(struct cred *cred) { }
#endif

#endif /* _KERNEL_CHECKPOINT_TASK_H */
