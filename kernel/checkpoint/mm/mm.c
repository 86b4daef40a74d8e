// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: address spaces: layout, executable, auxiliary vector, and
 * what prctl(2), mlockall(2) and membarrier(2) set for the whole of one.  The
 * areas are in vma.c, what they contain in snapshot.c, pages.c and fill.c.
 */
#include <linux/binfmts.h>
#include <linux/checkpoint.h>
#include <linux/file.h>
#include <linux/membarrier.h>
#include <linux/mm.h>
#include <linux/pkeys.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <asm/checkpoint.h>
#include "mm.h"

/**
 * DOC: struct mm_struct
 *
 * Preserved: the executable, the places of code, data, heap, stack, arguments
 * and environment, the auxiliary vector, where and in which direction mmap(2)
 * searches (of 32-bit calls too), mlockall(MCL_FUTURE), membarrier(2) registrations, which
 * protection keys are allocated and which one stands for PROT_EXEC alone, and of prctl(2)
 * PR_SET_THP_DISABLE, PR_SET_MDWE and PR_SET_MEMORY_MERGE.
 *
 * Rebuilt: page tables, counters, the core dump format (ELF of the program's ABI), where
 * 64-bit searches upwards begin after one downwards failed: the kernel promises no address
 * there.
 *
 * The memory that a restarter denied to be both written and executed stays
 * denied.
 *
 * Refused: uprobes; process address space ids of an IOMMU.
 *
 * Immaterial: the owner of the memory control group, what NUMA balancing, KSM
 * and the multi-generational LRU remember of their scans.
 *
 * Dumpable and the core dump filter are saved with the credentials and the
 * process.
 */

static void put_mm(void *ptr)
{
	mmput(ptr);
}

const struct ckpt_class ckpt_class_mm = {
	.name	= "mm",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_mm,
	.sink	= &ckpt_mm_sink,
};

static const struct {
	u64 saved;
	unsigned int bit;
} mm_flags[] = {
	{ CKPT_MM_THP_DISABLE,		MMF_DISABLE_THP },
	{ CKPT_MM_MDWE,			MMF_HAS_MDWE },
	{ CKPT_MM_MDWE_NO_INHERIT,	MMF_HAS_MDWE_NO_INHERIT },
	{ CKPT_MM_MERGE_ANY,		MMF_VM_MERGE_ANY },
};

#define MM_FLAGS	(CKPT_MM_THP_DISABLE | CKPT_MM_MDWE | CKPT_MM_MDWE_NO_INHERIT | \
			 CKPT_MM_MERGE_ANY)
#define MM_DEF_FLAGS	(CKPT_VMA_LOCKED | CKPT_VMA_LOCKONFAULT)
#define MM_MEMBARRIER	(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |		\
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |		\
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE |	\
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)

/* -- save -------------------------------------------------------------------- */

static u64 find_vdso(struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	u32 kind;

	for_each_vma(vmi, vma)
		if (ckpt_arch_is_vdso(vma, &kind) && kind == CKPT_VMA_KIND_VDSO)
			return vma->vm_start;
	return 0;
}

static void collect_layout(struct mm_struct *mm, struct ckpt_rec_mm *data)
{
	int i;

	mmap_assert_locked(mm);
	spin_lock(&mm->arg_lock);
	data->start_code = mm->start_code;
	data->end_code = mm->end_code;
	data->start_data = mm->start_data;
	data->end_data = mm->end_data;
	data->start_brk = mm->start_brk;
	data->brk = mm->brk;
	data->start_stack = mm->start_stack;
	data->arg_start = mm->arg_start;
	data->arg_end = mm->arg_end;
	data->env_start = mm->env_start;
	data->env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);

	data->mmap_base = mm->mmap_base;
	data->mmap_legacy = !test_bit(MMF_TOPDOWN, &mm->flags);
	data->task_size = mm->task_size;
	data->vdso = find_vdso(mm);
	if (mm->def_flags & VM_LOCKED)
		data->def_flags |= CKPT_VMA_LOCKED;
	if (mm->def_flags & VM_LOCKONFAULT)
		data->def_flags |= CKPT_VMA_LOCKONFAULT;
	for (i = 0; i < ARRAY_SIZE(mm_flags); i++)
		if (test_bit(mm_flags[i].bit, &mm->flags))
			data->mm_flags |= mm_flags[i].saved;
	data->membarrier = membarrier_registered(mm);
	ckpt_arch_get_pkeys(mm, &data->pkeys, &data->execute_only_pkey);
	ckpt_arch_get_mm(mm, data);
}

/* Pairs of words up to the one that ends the vector, as /proc/PID/auxv shows */
static u32 collect_auxv(struct mm_struct *mm, u64 *auxv)
{
	u32 nr = 0;

	while (nr + 2 <= AT_VECTOR_SIZE) {
		auxv[nr] = mm->saved_auxv[nr];
		auxv[nr + 1] = mm->saved_auxv[nr + 1];
		nr += 2;
		if (!auxv[nr - 2])
			break;
	}
	return nr;
}

static int save_exe(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 *id)
{
	struct file *exe = get_mm_exe_file(mm);
	int err;

	if (!exe)
		return ckpt_fail(ctx, -EOPNOTSUPP, "has no executable");
	err = ckpt_save_object(ctx, &ckpt_class_file, exe, id);
	fput(exe);
	return err;
}

static int mm_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		   struct ckpt_task *t)
{
	struct ckpt_rec_mm data = { .owner = t->id };
	struct mm_struct *mm = t->mm;
	u64 auxv[AT_VECTOR_SIZE];
	int err, new;
	u32 id;

	new = ckpt_object_id(ctx, mm, &ckpt_class_mm, &id);
	if (new < 0)
		return new;
	/* Who shared it was not found, for somebody has died: see find_mm_users(). */
	if (!new)
		return ckpt_fail_task_killed(ctx);
	err = save_exe(ctx, mm, &data.exe_file);
	if (err)
		return err;
	err = ckpt_read_lock_mm(ctx, mm);
	if (err)
		return err;
	collect_layout(mm, &data);
	mmap_read_unlock(mm);
	err = ckpt_emit(ctx, kind, id, &data, auxv, collect_auxv(mm, auxv));
	if (!err)
		err = ckpt_snapshot_mm(ctx, mm, id);
	return err ?: ckpt_save_huge_areas(ctx, mm, id);
}

/* -- validate ---------------------------------------------------------------- */

static int check_addresses(struct ckpt_ctx *ctx, const struct ckpt_rec_mm *data)
{
	const u64 addresses[] = {
		data->start_code, data->end_code, data->start_data, data->end_data,
		data->start_brk, data->brk, data->start_stack, data->arg_start,
		data->arg_end, data->env_start, data->env_end, data->vdso,
	};
	u64 limit = ckpt_arch_mm_limit(data);
	int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		if (addresses[i] >= limit)
			return ckpt_fail(ctx, -EINVAL, "address %#llx is no user address",
					 addresses[i]);
	/* A 32-bit program has one as well. */
	if (!PAGE_ALIGNED(data->mmap_base) || data->mmap_base >= TASK_SIZE_MAX)
		return ckpt_fail(ctx, -EINVAL, "mappings would begin within a page, or outside user space");
	if (data->start_data > data->end_data || data->start_brk > data->brk ||
	    data->arg_start > data->arg_end || data->env_start > data->env_end)
		return ckpt_fail(ctx, -EINVAL, "the layout of the memory is not in order");
	return 0;
}

static int check_auxv(struct ckpt_ctx *ctx, const u64 *auxv, u32 count)
{
	u32 i;

	if (count % 2)
		return ckpt_fail(ctx, -EINVAL, "the auxiliary vector has half an entry");
	/* This kernel must be able to end it with a pair of zeros. */
	for (i = AT_VECTOR_SIZE - 2; i < count; i++)
		if (auxv[i])
			return ckpt_fail(ctx, -E2BIG,
					 "the auxiliary vector is too long for this kernel");
	return 0;
}

static int check_keys(struct ckpt_ctx *ctx, const struct ckpt_rec_mm *data)
{
	unsigned int only = data->execute_only_pkey;

	if ((data->pkeys || only) && !arch_pkeys_enabled())
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the program uses protection keys, which this kernel or processor lacks");
	if (data->pkeys >> arch_max_pkey())
		return ckpt_fail(ctx, -EINVAL, "protection keys %#x are out of range",
				 data->pkeys);
	if (only && (only >= arch_max_pkey() || !(data->pkeys & BIT(only))))
		return ckpt_fail(ctx, -EINVAL, "protection key %u is not allocated", only);
	return 0;
}

static int mm_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_mm *data = item->data;
	int err;

	err = check_addresses(ctx, data);
	if (!err)
		err = check_auxv(ctx, item->array, item->count);
	if (!err)
		err = ckpt_arch_validate_mm(ctx, data);
	if (err)
		return err;
	if (data->mmap_legacy > 1 || data->stack_vm_flags ||
	    data->mm_flags & ~(u64)MM_FLAGS || data->def_flags & ~(u64)MM_DEF_FLAGS ||
	    data->membarrier & ~MM_MEMBARRIER)
		return ckpt_fail(ctx, -EINVAL, "unknown flags of the memory");
	if ((data->mm_flags & CKPT_MM_MDWE_NO_INHERIT && !(data->mm_flags & CKPT_MM_MDWE)) ||
	    data->def_flags == CKPT_VMA_LOCKONFAULT)
		return ckpt_fail(ctx, -EINVAL, "contradicting flags of the memory");
	return check_keys(ctx, data);
}

/* -- restore ----------------------------------------------------------------- */

/* The file opened anew as execve(2) opens it, if the caller could execute it */
static struct file *open_exe(struct file *file)
{
	int err = ckpt_may_run(file);

	if (err)
		return ERR_PTR(err);
	return dentry_open(&file->f_path, O_LARGEFILE | O_RDONLY | __FMODE_EXEC, file->f_cred);
}

/*
 * prctl(PR_SET_MM_EXE_FILE) wants a capability, if only in a user namespace, which
 * anybody can make himself.  Here it need not be had: who can execute a program and read
 * it, so that its process may be traced, can put other memory below its name as well.
 */
static int restore_exe(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 id)
{
	struct file *file = ckpt_object(ctx, id, &ckpt_class_file), *exe;
	int err;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "the executable was not opened");
	if (!(file->f_mode & FMODE_READ))
		return ckpt_fail(ctx, -EACCES, "the executable %pD is not open for reading", file);
	exe = open_exe(file);
	if (IS_ERR(exe))
		return ckpt_fail(ctx, PTR_ERR(exe), "the executable %pD may not be executed", file);
	err = set_mm_exe_file(mm, exe);
	if (err)
		ckpt_fail(ctx, err, "the executable %pD is open for writing", exe);
	fput(exe);
	return err;
}

static void restore_search(struct mm_struct *mm, const struct ckpt_rec_mm *data)
{
	struct rlimit stack;

	task_lock(current->group_leader);
	stack = current->signal->rlim[RLIMIT_STACK];
	task_unlock(current->group_leader);
	arch_pick_mmap_layout(mm, &stack);
	if (!data->mmap_base)
		return;
	mm->mmap_base = data->mmap_base;
	if (data->mmap_legacy) {
		mm->mmap_legacy_base = data->mmap_base;
		clear_bit(MMF_TOPDOWN, &mm->flags);
	} else {
		set_bit(MMF_TOPDOWN, &mm->flags);
	}
}

/* Nobody else knows @mm yet. */
static int fill_mm(struct ckpt_ctx *ctx, struct mm_struct *mm, const struct ckpt_item *item)
{
	const struct ckpt_rec_mm *data = item->data;
	const u64 *auxv = item->array;
	u32 i;

	if (check_data_rlimit(rlimit(RLIMIT_DATA), data->brk, data->start_brk,
			      data->end_data, data->start_data))
		return ckpt_fail(ctx, -ENOSPC, "data and heap exceed the resource limit");
	mm->start_code = data->start_code;
	mm->end_code = data->end_code;
	mm->start_data = data->start_data;
	mm->end_data = data->end_data;
	mm->start_brk = data->start_brk;
	mm->brk = data->brk;
	mm->start_stack = data->start_stack;
	mm->arg_start = data->arg_start;
	mm->arg_end = data->arg_end;
	mm->env_start = data->env_start;
	mm->env_end = data->env_end;
	for (i = 0; i < min_t(u32, item->count, AT_VECTOR_SIZE - 2); i++)
		mm->saved_auxv[i] = auxv[i];

	restore_search(mm, data);
	ckpt_arch_close_pkeys(mm);
	ckpt_arch_set_mm(mm, data);
	assign_bit(MMF_DISABLE_THP, &mm->flags, data->mm_flags & CKPT_MM_THP_DISABLE);
	/* Inherited from the restarter, without what belongs to it */
	clear_bit(MMF_VM_MERGE_ANY, &mm->flags);
	/* Both are part of the kernel: there is no module to hold. */
	mm->binfmt = ckpt_arch_is_compat(mm) ? compat_elf_binfmt() : elf_binfmt();
	return restore_exe(ctx, mm, data->exe_file);
}

/* What needs the new address space in place, and no area in it */
static int restore_settings(struct ckpt_ctx *ctx, const struct ckpt_rec_mm *data)
{
	struct mm_struct *mm = current->mm;
	int err;

	if (data->def_flags && !can_do_mlock())
		return ckpt_fail(ctx, -EPERM, "may not lock its future memory");
	err = membarrier_register(data->membarrier);
	if (err)
		return ckpt_fail(ctx, err, "could not be registered for membarrier(2)");
	if (!(data->mm_flags & CKPT_MM_MERGE_ANY))
		return 0;
	mmap_write_lock(mm);
	err = ksm_enable_merge_any(mm);
	mmap_write_unlock(mm);
	if (err)
		return ckpt_fail(ctx, err,
				 "could not have its memory merged (PR_SET_MEMORY_MERGE)");
	return 0;
}

static int mm_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct mm_struct *mm;
	int err;

	if (!thread_group_empty(current))
		return ckpt_fail(ctx, -EINVAL, "memory is restored by a process with one thread");
	mm = mm_alloc();
	if (!mm)
		return ckpt_fail(ctx, -ENOMEM, "no memory for an address space");
	err = fill_mm(ctx, mm, item);
	if (err)
		goto err_put_mm;
	err = exec_replace_mm(mm);
	if (err) {
		ckpt_fail(ctx, err, "was killed during the restart");
		goto err_put_mm;
	}
	ckpt_arch_enter_mm();
	/* current has that reference now; the object gets its own. */
	mmget(mm);
	err = ckpt_set_object(ctx, item->object, mm);
	return err ?: restore_settings(ctx, item->data);

err_put_mm:
	mmput(mm);
	return err;
}

/*
 * What would stand in the way of the areas.  Denying memory that is written and
 * executed is never taken back from a restarter, not even for its children.
 */
static void mm_finish(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_mm *data = item->data;
	struct mm_struct *mm = current->mm;

	mmap_write_lock(mm);
	if (data->def_flags & CKPT_VMA_LOCKED)
		mm->def_flags |= VM_LOCKED;
	if (data->def_flags & CKPT_VMA_LOCKONFAULT)
		mm->def_flags |= VM_LOCKONFAULT;
	ckpt_arch_set_pkeys(mm, data->pkeys, data->execute_only_pkey);
	mmap_write_unlock(mm);
	if (data->mm_flags & CKPT_MM_MDWE_NO_INHERIT && !test_bit(MMF_HAS_MDWE, &mm->flags))
		set_bit(MMF_HAS_MDWE_NO_INHERIT, &mm->flags);
	if (data->mm_flags & CKPT_MM_MDWE)
		set_bit(MMF_HAS_MDWE, &mm->flags);
}

CHECKPOINT_KIND(mm) = {
	.name		= "mm",
	.type		= CKPT_REC_MM,
	.size		= sizeof(struct ckpt_rec_mm),
	CKPT_ARRAY(struct ckpt_rec_mm, auxv, __u64),
	.max		= 256,
	.scope		= CKPT_SCOPE_MM,
	.stage		= CKPT_STAGE_MM,
	.class		= &ckpt_class_mm,
	.defines	= true,
	.has_owner	= true,
	.required	= true,
	.waits		= true,
	.check		= ckpt_check_mm,
	.save		= mm_save,
	.validate	= mm_validate,
	.restore	= mm_restore,
	.finish		= mm_finish,
};
