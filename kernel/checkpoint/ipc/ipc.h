/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of System V IPC share.
 */
#ifndef _KERNEL_CHECKPOINT_IPC_H
#define _KERNEL_CHECKPOINT_IPC_H

#include "../checkpoint.h"

struct ipc_ids;
struct ipc_namespace;
struct kern_ipc_perm;

/**
 * struct ckpt_ipc_perm - what all System V objects of an image have
 * @id: as the system call returned it
 * @key: 0 = IPC_PRIVATE
 * @mode: permissions alone
 * @uid: owner, in the initial user namespace
 * @gid: owner
 * @cuid: creator
 * @cgid: creator
 */
struct ckpt_ipc_perm {
	int id;
	int key;
	u32 mode;
	u32 uid;
	u32 gid;
	u32 cuid;
	u32 cgid;
};

bool ckpt_ipc_inside(struct ckpt_ctx *ctx, struct pid *pid);
pid_t ckpt_ipc_outside(struct ckpt_ctx *ctx, struct pid *pid);

void ckpt_ipc_get_perm(const struct kern_ipc_perm *perm, struct ckpt_ipc_perm *to);
void ckpt_ipc_set_perm(struct kern_ipc_perm *perm, const struct ckpt_ipc_perm *from);
bool ckpt_ipc_is_idle(const struct kern_ipc_perm *perm);
bool ckpt_ipc_same_perm(const struct kern_ipc_perm *perm, const struct ckpt_ipc_perm *with);
int ckpt_ipc_validate(struct ckpt_ctx *ctx, const char *what, const struct ckpt_ipc_perm *perm);
int ckpt_ipc_may_make(struct ckpt_ctx *ctx, const char *what, const struct ckpt_ipc_perm *perm);
int ckpt_ipc_check_owner(struct ckpt_ctx *ctx, const char *what, const struct kern_ipc_perm *perm);
int ckpt_ipc_may_choose(struct ckpt_ctx *ctx, struct ipc_namespace *ns, const char *what,
			const struct ckpt_ipc_perm *perm);
struct kern_ipc_perm *ckpt_ipc_find_id(struct ipc_ids *ids, int id);
struct kern_ipc_perm *ckpt_ipc_find_key(struct ipc_ids *ids, int key);
int ckpt_ipc_add(struct ipc_ids *ids, struct kern_ipc_perm *perm, int limit,
		 const struct ckpt_ipc_perm *as);

u32 ckpt_ipc_pid_nr(struct ckpt_ctx *ctx, struct pid *pid);
bool ckpt_ipc_loses(struct ckpt_ctx *ctx, struct pid *pid);
int ckpt_ipc_fail_lost(struct ckpt_ctx *ctx, const char *what, int id);
struct pid *ckpt_ipc_pid(struct ckpt_ctx *ctx, u32 nr);

#endif /* _KERNEL_CHECKPOINT_IPC_H */
