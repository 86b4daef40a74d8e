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

/* cred_rights.c */

/**
 * ckpt_ceiling - restart: is the caller limited to the rights of a user
 * @ctx: the call
 *
 * Return: true if an image owner other than root is the ceiling
 */
static inline bool ckpt_ceiling(const struct ckpt_ctx *ctx)
{
	return ctx->has_ceiling && !uid_eq(ctx->ceiling_uid, GLOBAL_ROOT_UID);
}

/**
 * ckpt_capable - restart: may the caller use a capability for this image
 * @ctx: the call
 * @cap: CAP_*
 *
 * Asks about current, which has the caller's credentials until its own are
 * restored (CKPT_STAGE_LATE).
 *
 * Return: true if it may
 */
static inline bool ckpt_capable(const struct ckpt_ctx *ctx, int cap)
{
	return !ckpt_ceiling(ctx) && capable(cap);
}

const struct cred *ckpt_drop_rights(struct ckpt_ctx *ctx);
void ckpt_regain_rights(const struct cred *old);
struct cred *ckpt_build_cred(struct ckpt_ctx *ctx, const struct ckpt_cred *data,
			     const u32 *groups, u32 nr_groups, const char **why);

#ifdef CONFIG_KEYS
static inline bool cred_has_own_keys(const struct cred *cred)
{
	return cred->thread_keyring || cred->process_keyring ||
	       cred->request_key_auth || cred->jit_keyring;
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
static inline bool cred_has_own_keys(const struct cred *cred) { return false; }
static inline struct key *cred_session_keyring(const struct cred *cred) { return NULL; }
static inline void cred_drop_own_keys(struct cred *cred) { }
static inline void cred_drop_session_keyring(struct cred *cred) { }
#endif

#endif /* _KERNEL_CHECKPOINT_TASK_H */
