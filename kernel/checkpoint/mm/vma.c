// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the areas of an address space: where they are, what they
 * map, protection, and what madvise(2), mlock(2), mseal(2) and prctl(2) set.  Which
 * ones are refused is in vma_refuse.c, how one is mapped again in map_area.c.
 */
#include <linux/file.h>
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <linux/pkeys.h>
#include "mm.h"

/**
 * DOC: struct vm_area_struct
 *
 * Preserved: addresses, the file and the offset in it, protection and what
 * mprotect(2) may make of it, sharing, growing downwards, MAP_NORESERVE,
 * MAP_DROPPABLE, mlock(2) and mlock2(2), madvise(2) (DONTFORK, DONTDUMP,
 * WIPEONFORK, SEQUENTIAL, RANDOM, HUGEPAGE, NOHUGEPAGE, MERGEABLE), mseal(2), the
 * protection key, the name of an anonymous area, also of one in common.  Contents are
 * preserved for private areas; those of shared mappings are in their files, which are in the
 * image if they have no name, or are those of memory in common.  MAP_DROPPABLE areas
 * come back zero.  Huge pages come back where they were, if the machine has them
 * to give, and nowhere else.
 *
 * Rebuilt: what counts for the commit limit, from protection and flags as in
 * mmap(2); neighbours that the kernel can merge may come back as one; all
 * memory reads as soft-dirty, as after mmap(2): who looks for what has changed finds a
 * page too many and never one too few.
 *
 * Each area is mapped as mmap(2) would map it for the caller: open mode and mount
 * of the file, LSM, limits, commit limit, vm.mmap_min_addr and the denial of
 * memory that is both written and executed apply.
 *
 * Refused: devices, DAX, mappings of files without
 * a path, locked private ones of deleted files, a file that could be executed when it was
 * mapped and whose mount is noexec now, shadow stacks, and any flag that is not named
 * here.  Who watches an area with userfaultfd(2) is saved with that.
 *
 * Immaterial: the tree of reverse mappings, what fault and readahead code
 * remember, per-area locks.
 */

#define VMA_MAY		(CKPT_VMA_MAYREAD | CKPT_VMA_MAYWRITE | CKPT_VMA_MAYEXEC)
/* These must be as they were when an area is mapped. */
#define VMA_EXACT	(CKPT_VMA_READ | CKPT_VMA_WRITE | CKPT_VMA_EXEC | CKPT_VMA_SHARED | \
			 CKPT_VMA_GROWSDOWN | CKPT_VMA_LOCKED | CKPT_VMA_LOCKONFAULT |	\
			 CKPT_VMA_DROPPABLE | CKPT_VMA_SEALED)

/* Longest name that prctl(PR_SET_VMA_ANON_NAME) takes */
#define NAME_MAX_LEN	79

/* -- save -------------------------------------------------------------------- */

struct area {
	struct ckpt_rec_vma data;
	struct file *file;
	char name[NAME_MAX_LEN + 1];
	u32 name_len;
};

/* The first area at or above @at that a record of its own stands for */
static bool find_area(struct mm_struct *mm, unsigned long at, struct area *area)
{
	struct anon_vma_name *name;
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	do {
		vma = find_vma(mm, at);
		if (!vma)
			return false;
		at = vma->vm_end;
	} while (ckpt_arch_is_vdso(vma, NULL));

	*area = (struct area) {
		.data = {
			.start = vma->vm_start,
			.end = vma->vm_end,
			.kind = CKPT_VMA_KIND_ANON,
			.flags = ckpt_vma_saved(vma->vm_flags),
			.pkey = vma_pkey(vma),
		},
	};
	if (vma->vm_file) {
		area->data.kind = CKPT_VMA_KIND_FILE;
		area->data.offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
		area->file = get_file(vma->vm_file);
	}
	if (ckpt_owns_reserve(vma))
		area->data.flags |= CKPT_VMA_RESERVED;
	name = anon_vma_name(vma);
	if (name)
		area->name_len = strscpy(area->name, name->name);
	return true;
}

/*
 * mmap_lock is not held while a file is saved: file systems take it inside their own
 * locks.  No area changes in between, nobody runs who could do it.
 */
static int areas_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	u32 id = ckpt_known_id(ctx, t->mm, &ckpt_class_mm);
	unsigned long at = 0;
	struct area area;
	bool found;
	int err = 0;

	for (;;) {
		err = ckpt_read_lock_mm(ctx, t->mm);
		if (err)
			return err;
		found = find_area(t->mm, at, &area);
		mmap_read_unlock(t->mm);
		if (!found)
			return 0;
		ctx->at.address = area.data.start;
		if (area.file) {
			err = ckpt_save_mapped(ctx, t, area.file, &area.data.file);
			fput(area.file);
		}
		if (!err)
			err = ckpt_emit(ctx, kind, id, &area.data, area.name, area.name_len);
		if (err)
			return err;
		at = area.data.end;
	}
}

/* -- validate ---------------------------------------------------------------- */

/* Areas stand in the order of their addresses, right behind each other. */
static bool follows(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vma *data = item->data, *before;
	const struct ckpt_item *last;

	if (list_is_first(&item->node, &ctx->restart->recs))
		return true;
	last = list_prev_entry(item, node);
	if (last->kind != item->kind || last->object != item->object)
		return true;
	before = last->data;
	return before->end <= data->start;
}

static int check_name(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const char *name = item->array;
	u32 i;

	for (i = 0; i < item->count; i++)
		if (name[i] < 0x20 || name[i] > 0x7e || strchr("\\`$[]", name[i]))
			return ckpt_fail(ctx, -EINVAL,
					 "an area's name has a character that it may not have");
	return 0;
}

/* Flags that mmap(2), madvise(2) and mlock(2) never give together */
static bool flags_contradict(const struct ckpt_rec_vma *data)
{
	const u64 flags = data->flags;
	const u64 anon_only = CKPT_VMA_GROWSDOWN | CKPT_VMA_WIPEONFORK | CKPT_VMA_DROPPABLE;
	const u64 huge = CKPT_VMA_HUGEPAGE | CKPT_VMA_NOHUGEPAGE;
	const u64 reads = CKPT_VMA_SEQ_READ | CKPT_VMA_RAND_READ;
	const u64 droppable = CKPT_VMA_LOCKED | CKPT_VMA_GROWSDOWN;

	return (data->kind != CKPT_VMA_KIND_ANON && flags & anon_only) ||
	       (data->kind == CKPT_VMA_KIND_ANON &&
		flags & (CKPT_VMA_SHARED | CKPT_VMA_RESERVED)) ||
	       (flags & CKPT_VMA_RESERVED && flags & (CKPT_VMA_SHARED | CKPT_VMA_NORESERVE)) ||
	       (flags & huge) == huge || (flags & reads) == reads ||
	       (flags & CKPT_VMA_LOCKONFAULT && !(flags & CKPT_VMA_LOCKED)) ||
	       (flags & CKPT_VMA_DROPPABLE && flags & droppable) ||
	       /* each MAY bit stands four bits above what it allows */
	       (flags & ~(flags >> 4) & (CKPT_VMA_READ | CKPT_VMA_WRITE | CKPT_VMA_EXEC));
}

static int area_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vma *data = item->data;
	u64 len = data->end - data->start;

	ctx->at.address = data->start;
	if (data->start >= data->end || data->end > TASK_SIZE_MAX ||
	    !PAGE_ALIGNED(data->start) || !PAGE_ALIGNED(data->end))
		return ckpt_fail(ctx, -EINVAL, "area %llx-%llx is out of range",
				 data->start, data->end);
	if (!follows(ctx, item))
		return ckpt_fail(ctx, -EINVAL, "area %llx-%llx overlaps the one before",
				 data->start, data->end);
	if (data->kind > CKPT_VMA_KIND_FILE || data->flags & ~CKPT_VMA_FLAGS ||
	    flags_contradict(data))
		return ckpt_fail(ctx, -EINVAL,
				 "area %llx-%llx is of no known kind (%u, flags %#llx)",
				 data->start, data->end, data->kind, data->flags);
	if (data->pkey >= arch_max_pkey())
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "area %llx-%llx has protection key %u, which this kernel or processor lacks",
				 data->start, data->end, data->pkey);
	if (data->kind == CKPT_VMA_KIND_ANON && (data->file || data->offset))
		return ckpt_fail(ctx, -EINVAL, "anonymous area %llx-%llx has a file",
				 data->start, data->end);
	if (data->kind == CKPT_VMA_KIND_ANON)
		return check_name(ctx, item);
	if (!PAGE_ALIGNED(data->offset) ||
	    data->offset > (u64)MAX_LFS_FILESIZE - len)
		return ckpt_fail(ctx, -EINVAL, "area %llx-%llx is beyond any file",
				 data->start, data->end);
	if (!data->file)
		return ckpt_fail(ctx, -EINVAL, "area %llx-%llx of a file has none",
				 data->start, data->end);
	return check_name(ctx, item);
}

/* -- restore ----------------------------------------------------------------- */

/* What mmap(2) made of an area, in the words of an image; 0 if it is not there */
static u64 flags_now(unsigned long at)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	u64 flags = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, at);
	if (vma)
		flags = ckpt_vma_saved(vma->vm_flags);
	mmap_read_unlock(mm);
	return flags;
}

static int restore_name(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vma *data = item->data;
	struct mm_struct *mm = current->mm;
	struct anon_vma_name *name;
	char text[NAME_MAX_LEN + 1];
	int err;

	if (!item->count)
		return 0;
	if (!IS_ENABLED(CONFIG_ANON_VMA_NAME))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "this kernel has no names of areas (CONFIG_ANON_VMA_NAME)");
	memcpy(text, item->array, item->count);
	text[item->count] = '\0';
	name = anon_vma_name_alloc(text);
	if (!name)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the name of an area");
	mmap_write_lock(mm);
	err = madvise_set_anon_name(mm, data->start, data->end - data->start, name);
	anon_vma_name_put(name);
	mmap_write_unlock(mm);
	return err ? ckpt_fail(ctx, err, "an area could not be named %s", text) : 0;
}

/* All or none may be merged by default, in an address space that asked for it. */
static int restore_merging(struct ckpt_ctx *ctx, const struct ckpt_rec_vma *data, u64 now)
{
	bool want = data->flags & CKPT_VMA_MERGEABLE;
	int err;

	if (want == !!(now & CKPT_VMA_MERGEABLE))
		return 0;
	err = do_madvise(current->mm, data->start, data->end - data->start,
			 want ? MADV_MERGEABLE : MADV_UNMERGEABLE);
	if (err)
		return ckpt_fail(ctx, err, "area %llx-%llx could not be made %s", data->start,
				 data->end, want ? "mergeable" : "unmergeable");
	return 0;
}

static int map_failed(struct ckpt_ctx *ctx, const struct ckpt_rec_vma *data, struct file *file,
		      int err)
{
	if (err == -ENOMEM && file && is_file_hugepages(file))
		return ckpt_huge_failed(ctx, err, huge_page_size(hstate_file(file)));
	switch (err) {
	case -EEXIST:
		return ckpt_fail(ctx, err, "area %llx-%llx overlaps another", data->start,
				 data->end);
	case -EAGAIN:
	case -ENOMEM:
		return ckpt_fail(ctx, err, "area %llx-%llx exceeds a limit, or there is no memory",
				 data->start, data->end);
	case -EACCES:
	case -EPERM:
		return ckpt_fail(ctx, err, "area %llx-%llx may not be mapped as it was",
				 data->start, data->end);
	default:
		return ckpt_fail(ctx, err, "area %llx-%llx could not be mapped", data->start,
				 data->end);
	}
}

/*
 * Of a memfd that was sealed after an area of it was mapped, or before: the image says
 * which.  The seal itself comes later, so that an area that lacks the right to be written
 * to gives it up here.
 */
static int restore_may_write(struct ckpt_ctx *ctx, const struct ckpt_rec_vma *data, u64 *now)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (!(data->flags & CKPT_VMA_SHARED) || !(*now & ~data->flags & CKPT_VMA_MAYWRITE))
		return 0;
	if (mmap_write_lock_killable(mm))
		return ckpt_fail_killed(ctx);
	vma = vma_lookup(mm, data->start);
	if (vma && vma->vm_end == data->end && vma->vm_file) {
		vm_flags_clear(vma, VM_MAYWRITE);
		mapping_unmap_writable(vma->vm_file->f_mapping);
		*now &= ~CKPT_VMA_MAYWRITE;
	}
	mmap_write_unlock(mm);
	return 0;
}

static int area_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_vma *data = item->data;
	unsigned int personality = current->personality;
	struct file *file = NULL;
	unsigned long addr;
	int err;
	u64 now;

	ctx->at.address = data->start;
	if (ckpt_object(ctx, item->object, &ckpt_class_mm) != current->mm)
		return ckpt_fail(ctx, -EINVAL, "an area belongs to the memory of another task");
	if (data->file) {
		file = ckpt_object(ctx, data->file, &ckpt_class_file);
		if (!file)
			return ckpt_fail(ctx, -EINVAL, "a mapped file was not opened");
	}

	/* What could be read when it was mapped was not executable for all that. */
	current->personality &= ~READ_IMPLIES_EXEC;
	addr = ckpt_map_area(data, file);
	current->personality = personality;
	if (IS_ERR_VALUE(addr))
		return map_failed(ctx, data, file, addr);

	now = flags_now(addr);
	if ((now ^ data->flags) & VMA_EXACT || data->flags & VMA_MAY & ~now)
		return ckpt_fail(ctx, -EACCES,
				 "area %llx-%llx is mapped with flags %#llx, where it had %#llx",
				 data->start, data->end, now, data->flags);
	err = restore_may_write(ctx, data, &now);
	if (!err)
		err = restore_name(ctx, item);
	return err ?: restore_merging(ctx, data, now);
}

CHECKPOINT_KIND(vma) = {
	.name		= "vma",
	.type		= CKPT_REC_VMA,
	.size		= sizeof(struct ckpt_rec_vma),
	CKPT_ARRAY(struct ckpt_rec_vma, name, __u8),
	.max		= NAME_MAX_LEN,
	.scope		= CKPT_SCOPE_MM,
	.stage		= CKPT_STAGE_MM,
	.class		= &ckpt_class_mm,
	.many		= true,
	.check		= ckpt_check_areas,
	.save		= areas_save,
	.validate	= area_validate,
	.restore	= area_restore,
};
