// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: memory in common that has no name: memfd_create(2) and
 * mmap(MAP_SHARED | MAP_ANONYMOUS).  Compiled at the end of mm/shmem.c, whose functions
 * and operations it needs.
 */
#include <linux/checkpoint_hdr.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/memfd.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include "shmem.h"

/**
 * DOC: memory in common
 *
 * Preserved: contents and holes, size, name, owner and mode, seals, times of the last access
 * and change, NUMA memory policies; which descriptors and areas show the same memory, across
 * fork() and exec, and whether descriptors share their position; memory that is saved once is
 * there once.
 *
 * Rebuilt: what counts for the commit limit.  Transparent huge pages come back small; for those
 * of hugetlbfs see there.
 *
 * Refused: memory that somebody outside the tree has open or maps, memory with extended
 * attributes or inode flags, and what drivers keep in such files.
 *
 * Immaterial: the time of the last change of the inode and of its birth are those of the
 * restart, as for every file that is made anew; pages set aside beyond the end (fallocate(2)
 * with FALLOC_FL_KEEP_SIZE) hold nothing and are set aside no more.
 */

static const struct ckpt_kind ckpt_kind_shmem_seals;

/* A name in /proc/PID/maps tells them apart, as the kernel gives it. */
static int memory_kind(const struct file *file)
{
	const char *name = file->f_path.dentry->d_name.name;

	if (IS_PRIVATE(file_inode(file)) && strstarts(name, "SYSV"))
		return CKPT_SHMEM_SYSV;
	if (is_huge_memory(file) && !strcmp(name, HUGETLB_ANON_FILE))
		return CKPT_SHMEM_ANON;
	if (IS_PRIVATE(file_inode(file)))
		return strcmp(name, "dev/zero") ? -EOPNOTSUPP : CKPT_SHMEM_ANON;
	return strstarts(name, "memfd:") ? CKPT_SHMEM_MEMFD : -EOPNOTSUPP;
}

/* -- save ------------------------------------------------------------------------ */

static bool memory_match(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;

	return (file->f_op == &shmem_file_operations && file->f_path.mnt == shm_mnt) ||
	       is_huge_memory(file);
}

/* vm.memfd_noexec may want each memfd to be sealed against that. */
static bool may_be_executable(u32 seals)
{
	return seals & F_SEAL_EXEC ||
	       pidns_memfd_noexec_scope(task_active_pid_ns(current)) <
	       MEMFD_NOEXEC_SCOPE_NOEXEC_ENFORCED;
}

/* hugetlbfs has none of these. */
static const char *shmem_obstacle(struct inode *inode)
{
	struct shmem_inode_info *info = SHMEM_I(inode);

	if (info->fsflags)
		return "with inode flags (chattr)";
	if (!RB_EMPTY_ROOT(&info->xattrs.rb_root) || inode->i_acl)
		return "with extended attributes";
	/* Of a segment it is known who has locked it. */
	if (info->flags & VM_LOCKED && !IS_PRIVATE(inode))
		return "locked by the kernel";
	return NULL;
}

static const char *memory_obstacle(struct file *file)
{
	struct inode *inode = file_inode(file);
	const char *why;

	if (memory_kind(file) < 0)
		return "of a driver";
	why = is_huge_memory(file) ? NULL : shmem_obstacle(inode);
	if (why)
		return why;
	if (memory_kind(file) == CKPT_SHMEM_MEMFD && !may_be_executable(*seals_of(file)))
		return "that may become executable, which vm.memfd_noexec denies by now,";
	return NULL;
}

/* What a System V segment shares with the others, which is not reached by a descriptor */
static int memory_check(struct ckpt_ctx *ctx, void *ptr)
{
	const char *why = memory_obstacle(ptr);
	struct ckpt_shown shown;

	return why ? ckpt_cannot_save(ctx, "memory in common %s (%s)", why,
				      ckpt_show_file(ptr, &shown)) : 0;
}

static int memory_check_file(struct ckpt_ctx *ctx, void *ptr)
{
	if (memory_kind(ptr) == CKPT_SHMEM_SYSV)
		return ckpt_cannot_save(ctx, "a System V segment that was opened (/proc/PID/map_files)");
	return memory_check(ctx, ptr) ?: ckpt_check_inside(ctx, ptr);
}

static int save_seals(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	struct inode *inode = file_inode(file);
	struct timespec64 atime = inode_get_atime(inode), mtime = inode_get_mtime(inode);
	struct ckpt_rec_shmem_seals rec = {
		.seals = *seals_of(file),
		.atime_sec = atime.tv_sec,
		.atime_nsec = atime.tv_nsec,
		.mtime_sec = mtime.tv_sec,
		.mtime_nsec = mtime.tv_nsec,
	};

	return ckpt_emit(ctx, &ckpt_kind_shmem_seals, id, &rec, NULL, 0);
}

static const void *memory_key(struct ckpt_ctx *ctx, const void *ptr)
{
	return file_inode(ptr);
}

static u32 memory_flags(struct file *file)
{
	bool noreserve;

	if (!is_huge_memory(file))
		noreserve = SHMEM_I(file_inode(file))->flags & VM_NORESERVE;
	else
		noreserve = memory_kind(file) != CKPT_SHMEM_SYSV || !ckpt_huge_is_reserved(file);
	return noreserve ? CKPT_SHMEM_NORESERVE : 0;
}

static int memory_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	const struct qstr *name = &file->f_path.dentry->d_name;
	struct inode *inode = file_inode(file);
	struct ckpt_rec_shmem rec = {
		.size = i_size_read(inode),
		.kind = memory_kind(file),
		.flags = memory_flags(file),
		.page_shift = huge_shift_of(file),
		.mode = inode->i_mode,
		.uid = from_kuid(&init_user_ns, inode->i_uid),
		.gid = from_kgid(&init_user_ns, inode->i_gid),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, name->name, name->len);
	if (!err)
		err = save_seals(ctx, file, id);
	if (!err)
		err = ckpt_save_shmem_policy(ctx, file, id);
	if (!err && is_huge_memory(file))
		return ckpt_huge_add_source(ctx, file, id);
	return err ?: memory_add_source(ctx, file, id);
}

/* -- restore ----------------------------------------------------------------------- */

static bool is_named(const struct ckpt_item *item)
{
	const struct ckpt_rec_shmem *data = item->data;
	const char *anon = data->page_shift ? HUGETLB_ANON_FILE : "dev/zero";
	static const char memfd[] = "memfd:";
	const char *name = item->array;

	if (memchr(name, '\0', item->count))
		return false;
	if (data->kind == CKPT_SHMEM_SYSV)
		return item->count == strlen("SYSV00000000") && !memcmp(name, "SYSV", 4);
	if (data->kind == CKPT_SHMEM_MEMFD)
		return item->count >= strlen(memfd) && !memcmp(name, memfd, strlen(memfd));
	return item->count == strlen(anon) && !memcmp(name, anon, strlen(anon));
}

/* Pages of 64 KiB to 256 GiB, say, of which a part is none; none or a whole file set aside */
static bool is_sized(const struct ckpt_rec_shmem *data)
{
	if (!data->page_shift)
		return data->size <= MAX_LFS_FILESIZE;
	return data->page_shift > PAGE_SHIFT && data->page_shift < BITS_PER_LONG - 1 &&
	       data->size <= MAX_LFS_FILESIZE && !(data->size & ((1ULL << data->page_shift) - 1)) &&
	       (data->kind == CKPT_SHMEM_SYSV || data->flags & CKPT_SHMEM_NORESERVE);
}

static int memory_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_shmem *data = item->data;

	if (!is_named(item))
		return ckpt_fail(ctx, -EINVAL, "memory in common has a name that it cannot have");
	if (data->kind > CKPT_SHMEM_SYSV || data->flags & ~CKPT_SHMEM_NORESERVE ||
	    data->mode & ~(S_IFREG | S_IALLUGO) || !S_ISREG(data->mode) ||
	    !is_sized(data))
		return ckpt_fail(ctx, -EINVAL, "memory in common is of no known kind (%u, flags %#x, mode %#o)",
				 data->kind, data->flags, data->mode);
	if (!uid_valid(make_kuid(&init_user_ns, data->uid)) ||
	    !gid_valid(make_kgid(&init_user_ns, data->gid)))
		return ckpt_fail(ctx, -EINVAL, "memory in common has no valid owner");
	return 0;
}

/* As chown(2) and chmod(2) by whoever made it */
static int set_owner(struct file *file, const struct ckpt_rec_shmem *data)
{
	struct inode *inode = file_inode(file);
	struct iattr attr = {
		.ia_mode = data->mode,
		.ia_uid = make_kuid(&init_user_ns, data->uid),
		.ia_gid = make_kgid(&init_user_ns, data->gid),
	};
	int err = 0;

	attr.ia_vfsuid = VFSUIDT_INIT(attr.ia_uid);
	attr.ia_vfsgid = VFSGIDT_INIT(attr.ia_gid);
	inode_lock(inode);
	if (!uid_eq(attr.ia_uid, inode->i_uid))
		attr.ia_valid |= ATTR_UID;
	if (!gid_eq(attr.ia_gid, inode->i_gid))
		attr.ia_valid |= ATTR_GID;
	if (attr.ia_valid)
		err = notify_change(&nop_mnt_idmap, file->f_path.dentry, &attr, NULL);
	if (!err && inode->i_mode != data->mode) {
		attr.ia_valid = ATTR_MODE;
		err = notify_change(&nop_mnt_idmap, file->f_path.dentry, &attr, NULL);
	}
	if (!err && inode->i_mode != data->mode)
		err = -EPERM;
	inode_unlock(inode);
	return err;
}

/* As memfd_create(2) opens it */
static struct file *may_position(struct file *file, const struct ckpt_rec_shmem *data)
{
	if (IS_ERR(file) || data->kind != CKPT_SHMEM_MEMFD)
		return file;
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	file->f_flags |= O_LARGEFILE;
	return file;
}

static struct file *make_memory(const struct ckpt_item *item)
{
	const struct ckpt_rec_shmem *data = item->data;
	unsigned long flags = data->flags & CKPT_SHMEM_NORESERVE ? VM_NORESERVE : 0;
	char name[NAME_MAX + 1];
	struct file *file;

	memcpy(name, item->array, item->count);
	name[item->count] = '\0';
	if (data->page_shift) {
		file = make_huge_memory(name, data->size, !flags, data->kind == CKPT_SHMEM_SYSV,
					data->page_shift);
		return may_position(file, data);
	}
	if (data->kind != CKPT_SHMEM_MEMFD) {
		/* As mmap(2) takes MAP_NORESERVE */
		if (sysctl_overcommit_memory == OVERCOMMIT_NEVER)
			flags = 0;
		return shmem_kernel_file_setup(name, data->size, flags);
	}
	return may_position(shmem_file_setup(name, data->size, VM_NORESERVE), data);
}

/* What comes with no seals at all must not be more than memfd_create(2) gives. */
static int deny_exec(struct file *file, const struct ckpt_rec_shmem *data)
{
	if (data->kind != CKPT_SHMEM_MEMFD || may_be_executable(0))
		return 0;
	*seals_of(file) |= F_SEAL_EXEC;
	return data->mode & 0111 ? -EACCES : 0;
}

/* What shmget(2) with SHM_HUGETLB and the like would answer */
static void memory_failed(struct ckpt_ctx *ctx, const struct ckpt_rec_shmem *data, int err)
{
	if (err == -ENOMEM)
		ckpt_huge_failed(ctx, err, 1UL << data->page_shift);
	else if (err == -EPERM)
		ckpt_fail(ctx, err, "the restarter may not have System V segments of huge pages (vm.hugetlb_shm_group)");
	else
		ckpt_fail(ctx, err, "this machine has no huge pages of %llu KiB",
			  1ULL << data->page_shift >> 10);
}

static void *memory_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_shmem *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;
	int err;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	old = override_creds(cred);
	file = make_memory(item);
	err = IS_ERR(file) ? 0 : set_owner(file, data) ?: deny_exec(file, data);
	revert_creds(old);
	if (IS_ERR(file) && data->page_shift) {
		memory_failed(ctx, data, PTR_ERR(file));
	} else if (IS_ERR(file)) {
		ckpt_fail(ctx, PTR_ERR(file), "no room for %llu bytes of memory in common",
			  data->size);
	} else if (err) {
		fput(file);
		ckpt_fail(ctx, err, "the restarter may not give memory in common to user %u with mode %#o",
			  data->uid, data->mode);
		return ERR_PTR(err);
	}
	return file;
}

/* Now, not when the caller returns to user space: it may be the last one. */
static void put_memory(void *ptr)
{
	__fput_sync(ptr);
}

const struct ckpt_class ckpt_class_shmem = {
	.name	= "shmem",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_memory,
	.check	= memory_check,
	.key	= memory_key,
	.sink	= &memory_sink,
};

CHECKPOINT_KIND(shmem) = {
	.name		= "shmem",
	.type		= CKPT_REC_SHMEM,
	.size		= sizeof(struct ckpt_rec_shmem),
	CKPT_ARRAY(struct ckpt_rec_shmem, name, __u8),
	.max		= NAME_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_shmem,
	.defines	= true,
	.match		= memory_match,
	.save_object	= memory_save,
	.validate	= memory_validate,
	.restore_object	= memory_restore,
};

/* -- what is set last ------------------------------------------------------------------ */

#define ALL_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
			 F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)

static int seals_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_shmem_seals *data = item->data;

	if (data->seals & ~ALL_SEALS || data->atime_nsec >= NSEC_PER_SEC ||
	    data->mtime_nsec >= NSEC_PER_SEC)
		return ckpt_fail(ctx, -EINVAL, "the seals %#x or times of memory in common make no sense",
				 data->seals);
	return 0;
}

static int seals_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_shmem_seals *data = item->data;
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_shmem);
	struct inode *inode;
	int err = 0;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "memory in common to be sealed was not made");
	inode = file_inode(file);
	if (!IS_PRIVATE(inode) && !may_be_executable(data->seals))
		return ckpt_fail(ctx, -EACCES, "a memfd without F_SEAL_EXEC, which vm.memfd_noexec denies");
	if (data->seals != F_SEAL_SEAL) {
		*seals_of(file) = 0;
		err = data->seals ? memfd_fcntl(file, F_ADD_SEALS, data->seals) : 0;
	}
	if (err)
		return ckpt_fail(ctx, err, "memory in common cannot get its seals %#x",
				 data->seals);
	inode_set_atime(inode, data->atime_sec, data->atime_nsec);
	inode_set_mtime(inode, data->mtime_sec, data->mtime_nsec);
	return 0;
}

CHECKPOINT_KIND(shmem_seals) = {
	.name		= "shmem_seals",
	.type		= CKPT_REC_SHMEM_SEALS,
	.size		= sizeof(struct ckpt_rec_shmem_seals),
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_shmem,
	.validate	= seals_validate,
	.restore	= seals_restore,
};

/* -- open files -------------------------------------------------------------------------- */

/* open(2) of /proc/PID/fd/N gives it, memfd_create(2) and mmap(2) do not. */
static bool was_opened(const struct file *file)
{
	if (is_huge_memory(file))
		return file->f_mode & FMODE_WRITER || !(file->f_mode & FMODE_WRITE);
	return file->f_mode & FMODE_CAN_ODIRECT;
}

static int memory_save_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr,
			    u32 id)
{
	struct file *file = ptr;
	struct ckpt_rec_file_shmem rec = {
		.open_flags = ckpt_file_flags(file) & CKPT_OPEN_FLAGS,
		.flags = was_opened(file) ? 0 : CKPT_FILE_SHMEM_FIRST,
	};
	int err = ckpt_save_object(ctx, &ckpt_class_shmem, file, &rec.shmem);

	if (!err)
		err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);
	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

static int memory_validate_file(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_shmem *data = item->data;

	if (data->open_flags & ~CKPT_OPEN_FLAGS || data->open_flags & (O_PATH | O_DIRECTORY) ||
	    (data->open_flags & O_ACCMODE) == O_ACCMODE || data->flags & ~CKPT_FILE_SHMEM_FIRST)
		return ckpt_fail(ctx, -EINVAL, "memory in common is open in an unknown way (%#x, %#x)",
				 data->open_flags, data->flags);
	return 0;
}

static void *memory_restore_file(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_shmem *data = item->data;
	struct file *first = ckpt_object(ctx, data->shmem, &ckpt_class_shmem), *file;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred);

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	if (!first)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "memory in common was not made"));
	if (memory_kind(first) == CKPT_SHMEM_SYSV)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL,
					 "memory of a System V segment is open without it"));
	if (data->flags & CKPT_FILE_SHMEM_FIRST)
		return get_file(first);
	file = dentry_open(&first->f_path, data->open_flags | O_LARGEFILE, cred);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "memory in common cannot be opened");
	return file;
}

CHECKPOINT_KIND(file_shmem) = {
	.name		= "file_shmem",
	.type		= CKPT_REC_FILE_SHMEM,
	.size		= sizeof(struct ckpt_rec_file_shmem),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= memory_match,
	.check_object	= memory_check_file,
	.save_object	= memory_save_file,
	.validate	= memory_validate_file,
	.restore_object	= memory_restore_file,
};
