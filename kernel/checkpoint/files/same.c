// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: open files and directories that are one for all purposes.
 *
 * A thousand processes that executed the same program have fifty thousand open files
 * for its libraries, each behind one mapping, and a working directory each.  What
 * differs is nothing that a program could see: they are looked up, saved and opened
 * again once.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include "files.h"

/**
 * struct same_key - what must be equal
 * @mnt: where it was found
 * @dentry: its name there
 * @user_ns: of the credentials that it was opened with; what follows is from there,
 *	as an image has it
 * @groups: compared by pointer: fork() shares them
 * @uid: real, effective, saved, file system
 * @gid: the same
 * @caps: the five sets
 * @securebits: -
 * @flags: O_*
 * @mode: FMODE_*
 * @wb_err: write-back errors seen
 * @sb_err: the same
 */
struct same_key {
	const struct vfsmount *mnt;
	const struct dentry *dentry;
	const struct user_namespace *user_ns;
	const struct group_info *groups;
	kuid_t uid[4];
	kgid_t gid[4];
	kernel_cap_t caps[5];
	u32 securebits;
	u32 flags;
	u64 mode;
	errseq_t wb_err;
	errseq_t sb_err;
};

struct same_entry {
	struct rhash_head node;
	struct same_key key;
	struct ckpt_same same;
};

static const struct rhashtable_params same_params = {
	.key_len = sizeof(struct same_key),
	.key_offset = offsetof(struct same_entry, key),
	.head_offset = offsetof(struct same_entry, node),
};

static void fill_key(struct same_key *key, const struct path *path, const struct cred *cred)
{
	memset(key, 0, sizeof(*key));
	key->mnt = path->mnt;
	key->dentry = path->dentry;
	key->user_ns = cred->user_ns;
	key->groups = cred->group_info;
	key->uid[0] = cred->uid;
	key->uid[1] = cred->euid;
	key->uid[2] = cred->suid;
	key->uid[3] = cred->fsuid;
	key->gid[0] = cred->gid;
	key->gid[1] = cred->egid;
	key->gid[2] = cred->sgid;
	key->gid[3] = cred->fsgid;
	key->caps[0] = cred->cap_inheritable;
	key->caps[1] = cred->cap_permitted;
	key->caps[2] = cred->cap_effective;
	key->caps[3] = cred->cap_bset;
	key->caps[4] = cred->cap_ambient;
	key->securebits = cred->securebits;
}

static struct ckpt_same *find(struct ckpt_ctx *ctx, const struct same_key *key, const void *ptr)
{
	struct rhashtable *table = &ckpt_files(ctx)->same;
	struct same_entry *entry = rhashtable_lookup_fast(table, key, same_params);

	if (entry)
		return &entry->same;
	entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	if (entry) {
		entry->key = *key;
		entry->same.ptr = ptr;
		if (!rhashtable_insert_fast(table, &entry->node, same_params))
			return &entry->same;
		kfree(entry);
	}
	return NULL;
}

/**
 * ckpt_same_file - all open files that are the same as this one
 * @ctx: the call, surveyed
 * @file: a file that no descriptor of the tree leads to
 *
 * Only of a regular file opened for reading: nobody reads its position, and what is
 * written elsewhere is in the file.
 *
 * Return: what they share; NULL if the file is one of its own, as it is without memory
 */
struct ckpt_same *ckpt_same_file(struct ckpt_ctx *ctx, struct file *file)
{
	struct same_key key;

	if (!S_ISREG(file_inode(file)->i_mode) || file->f_mode & FMODE_WRITE ||
	    file->f_flags & FASYNC || file_f_owner(file))
		return NULL;
	fill_key(&key, &file->f_path, file->f_cred);
	key.flags = file->f_flags;
	key.mode = (__force u32)file->f_mode;
	key.wb_err = READ_ONCE(file->f_wb_err);
	key.sb_err = READ_ONCE(file->f_sb_err);
	return find(ctx, &key, file);
}

/**
 * ckpt_same_directory - all directories of processes that are the same as this one
 * @ctx: the call, surveyed
 * @path: a root or working directory; its address stays until the end of the survey
 * @cred: the task's credentials
 *
 * Return: what they share, NULL without memory (reported)
 */
struct ckpt_same *ckpt_same_directory(struct ckpt_ctx *ctx, const struct path *path,
				      const struct cred *cred)
{
	struct ckpt_same *same;
	struct same_key key;

	fill_key(&key, path, cred);
	key.flags = O_PATH | O_DIRECTORY;
	same = find(ctx, &key, path);
	if (!same)
		ckpt_fail(ctx, -ENOMEM, "no memory for the survey of open files");
	return same;
}

/**
 * ckpt_same_front - all files of a stacked file system that are mapped and are the same
 * @ctx: the call, surveyed
 * @file: a file of the layer below
 * @cred: credentials of who maps it
 *
 * Return: what they share, NULL without memory (reported)
 */
struct ckpt_same *ckpt_same_front(struct ckpt_ctx *ctx, struct file *file,
				  const struct cred *cred)
{
	struct ckpt_same *same;
	struct same_key key;

	fill_key(&key, file_user_path(file), cred);
	key.flags = file->f_flags;
	key.mode = (__force u32)file->f_mode;
	same = find(ctx, &key, NULL);
	if (!same)
		ckpt_fail(ctx, -ENOMEM, "no memory for the survey of open files");
	return same;
}

static void free_entry(void *ptr, void *arg)
{
	struct same_entry *entry = ptr;

	/* Now, so that nothing keeps its mount busy when the call returns */
	if (entry->same.front)
		__fput_sync(entry->same.front);
	kfree(entry);
	cond_resched();
}

/**
 * ckpt_same_init - begin without any
 * @files: the survey
 *
 * Return: 0 or -ENOMEM
 */
int ckpt_same_init(struct ckpt_files *files)
{
	return rhashtable_init(&files->same, &same_params);
}

/**
 * ckpt_same_free - forget them
 * @files: the survey
 */
void ckpt_same_free(struct ckpt_files *files)
{
	rhashtable_free_and_destroy(&files->same, free_entry, NULL);
}
