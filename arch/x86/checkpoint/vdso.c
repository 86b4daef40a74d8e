// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the vdso and its data pages.
 */
#include <linux/buildid.h>
#include <linux/cache.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/coredump.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/checkpoint.h>
#include <asm/vdso.h>
#include "x86.h"

/**
 * DOC: vdso
 *
 * Preserved: the vdso's address, of which the C library keeps pointers for ever.
 * Where the running kernel has the same vdso (build-id), its own is mapped at
 * that place.  Elsewhere the old text lies there as private memory; each of its
 * entries makes the real system call (vdso_calls.c), so it reads no data page;
 * where the data pages were nothing is accessible, which keeps the place taken.
 * /proc/PID/maps then shows two nameless areas.  Code of the old vdso other than
 * its entries is reached only by a signal handler that returns into it: that
 * ends in SIGSEGV, not in a wrong time.  A program thus carried is saved again
 * as ordinary memory.
 *
 * Rebuilt: the data pages (time), which belong to the kernel and the time
 * namespace; the vsyscall page, which every 64-bit program has.
 *
 * Refused: a vdso that the program has moved apart, split, sealed, patched, or
 * given other protections; a foreign vdso with an entry that cannot be replaced.
 */

#define VDSO_LIMIT	SZ_64K
#define VDSO_FLAGS	(VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | \
			 VM_DONTEXPAND)
#define VVAR_FLAGS	(VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP | \
			 VM_DONTEXPAND)

static u8 own_build_id[BUILD_ID_SIZE_MAX] __ro_after_init;

static_assert(sizeof_field(struct ckpt_rec_vdso, build_id) >= BUILD_ID_SIZE_MAX);

static int __init vdso_build_id_init(void)
{
	const struct elf64_hdr *ehdr = vdso_image_64.data;
	const struct elf64_phdr *phdr = vdso_image_64.data + ehdr->e_phoff;
	unsigned int i;

	for (i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_NOTE &&
		    !build_id_parse_buf(vdso_image_64.data + phdr[i].p_offset,
					own_build_id, phdr[i].p_filesz))
			return 0;
	WARN_ON(1);	/* linked without --build-id: no image would be recognised */
	return 0;
}
late_initcall(vdso_build_id_init);

/**
 * ckpt_x86_vdso_id - what distinguishes this kernel's vdso from another
 *
 * Return: the first 8 bytes of its build-id
 */
u64 ckpt_x86_vdso_id(void)
{
	u64 id;

	memcpy(&id, own_build_id, sizeof(id));
	return id;
}

static u64 own_vvar_bytes(void)
{
	return -vdso_image_64.sym_vvar_start;
}

bool ckpt_arch_is_vdso(const struct vm_area_struct *vma, u32 *kind)
{
	bool text = vma_is_vdso(vma);

	mmap_assert_locked(vma->vm_mm);
	if (!text && !vma_is_vvar(vma))
		return false;
	if (kind)
		*kind = text ? CKPT_VMA_KIND_VDSO : CKPT_VMA_KIND_VVAR;
	return true;
}

/* -- save -------------------------------------------------------------------- */

/* Is it as the kernel made it?  A program may do much with an area. */
static bool area_untouched(const struct vm_area_struct *vma, vm_flags_t flags, u64 bytes)
{
	return vma->vm_end - vma->vm_start == bytes && !vma->vm_pgoff &&
	       (vma->vm_flags & ~VM_SOFTDIRTY) == flags && !vma_policy(vma);
}

/* Find text and data; *@text is 0 if there is no vdso. */
static int find_vdso(struct mm_struct *mm, unsigned long *text)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	unsigned long vvar = 0;
	int err = 0;
	u32 kind;

	*text = 0;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	for_each_vma(vmi, vma) {
		unsigned long *place;
		bool same;

		if (!ckpt_arch_is_vdso(vma, &kind))
			continue;
		if (kind == CKPT_VMA_KIND_VDSO) {
			place = text;
			same = area_untouched(vma, VDSO_FLAGS, vdso_image_64.size);
		} else {
			place = &vvar;
			same = area_untouched(vma, VVAR_FLAGS, own_vvar_bytes());
		}
		if (*place || !same)
			err = -EOPNOTSUPP;
		*place = vma->vm_start;
	}
	mmap_read_unlock(mm);

	if (!*text && !vvar)
		return err;
	if (mm->context.vdso_image != &vdso_image_64 ||
	    (unsigned long)mm->context.vdso != *text || vvar + own_vvar_bytes() != *text)
		return -EOPNOTSUPP;
	return err;
}

static int vdso_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	unsigned long text;
	void *copy;
	int err;

	err = find_vdso(t->mm, &text);
	if (err)
		return ckpt_fail(ctx, err, "the program has changed its vdso");
	if (!text)
		return 0;
	copy = kvmalloc(vdso_image_64.size, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the vdso");
	if (access_remote_vm(t->mm, text, copy, vdso_image_64.size, 0) != vdso_image_64.size)
		err = ckpt_fail(ctx, -EFAULT, "the vdso cannot be read");
	else if (memcmp(copy, vdso_image_64.data, vdso_image_64.size))
		err = ckpt_fail(ctx, -EOPNOTSUPP, "the program has patched its vdso");
	kvfree(copy);
	return err;
}

static int vdso_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	u32 mm_id = ckpt_known_id(ctx, t->mm, &ckpt_class_mm);
	struct ckpt_rec_vdso v = {};
	unsigned long text;
	int err;

	err = find_vdso(t->mm, &text);
	if (err)
		return ckpt_fail(ctx, err, "the program has changed its vdso");
	if (!text)
		return ckpt_emit(ctx, kind, mm_id, &v, NULL, 0);

	v.address = text;
	v.vvar = text - own_vvar_bytes();
	v.vvar_bytes = own_vvar_bytes();
	v.build_id_len = BUILD_ID_SIZE_MAX;
	memcpy(v.build_id, own_build_id, BUILD_ID_SIZE_MAX);
	/* The survey has found the program's bytes to be these. */
	return ckpt_emit(ctx, kind, mm_id, &v, vdso_image_64.data,
			 vdso_image_64.size);
}

/* -- restart ----------------------------------------------------------------- */

static bool is_own(const struct ckpt_item *item)
{
	const struct ckpt_rec_vdso *v = item->data;

	return v->build_id_len == BUILD_ID_SIZE_MAX &&
	       !memcmp(v->build_id, own_build_id, BUILD_ID_SIZE_MAX) &&
	       item->count == vdso_image_64.size && v->vvar_bytes == own_vvar_bytes() &&
	       v->vvar + v->vvar_bytes == v->address;
}

/* The foreign text with its entries patched; NULL is reported. */
static void *patched_text(struct ckpt_ctx *ctx, const struct ckpt_item *item, int *err)
{
	void *text = kvmalloc(item->count, GFP_KERNEL_ACCOUNT);

	if (!text) {
		*err = ckpt_fail(ctx, -ENOMEM, "no memory for the vdso");
		return NULL;
	}
	memcpy(text, item->array, item->count);
	*err = ckpt_x86_patch_vdso(ctx, text, item->count);
	if (*err) {
		kvfree(text);
		return NULL;
	}
	return text;
}

static bool pages_okay(u64 address, u64 bytes)
{
	return PAGE_ALIGNED(address) && PAGE_ALIGNED(bytes) && bytes && bytes <= VDSO_LIMIT &&
	       address < TASK_SIZE_MAX && bytes <= TASK_SIZE_MAX - address;
}

static int vdso_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vdso *v = item->data;
	void *text;
	int err;

	if (v->reserved || v->build_id_len > sizeof(v->build_id))
		return ckpt_fail(ctx, -EINVAL, "the vdso's record has unknown contents");
	if (!v->address) {
		if (item->count || v->vvar || v->vvar_bytes)
			return ckpt_fail(ctx, -EINVAL, "a vdso without an address");
		return 0;
	}
	ctx->at.address = v->address;
	if (!pages_okay(v->address, item->count) || !pages_okay(v->vvar, v->vvar_bytes))
		return ckpt_fail(ctx, -EINVAL, "the vdso's place is not in user space");
	if (v->vvar < v->address + item->count && v->address < v->vvar + v->vvar_bytes)
		return ckpt_fail(ctx, -EINVAL, "the vdso and its data overlap");
	if (is_own(item))
		return 0;
	text = patched_text(ctx, item, &err);
	kvfree(text);
	return err;
}

/* map_vdso() takes the address for a hint. */
static int map_own(struct ckpt_ctx *ctx, const struct ckpt_rec_vdso *v)
{
	int err = map_vdso_once(&vdso_image_64, v->vvar);

	if (!err && (unsigned long)current->mm->context.vdso != v->address)
		err = -EEXIST;
	if (err)
		return ckpt_fail(ctx, err, "the vdso cannot be mapped at its address");
	return 0;
}

/* Reserve or fill a place that must be free. */
static int map_private(struct ckpt_ctx *ctx, u64 address, u64 bytes, unsigned long prot)
{
	unsigned long flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE |
			      (prot ? 0 : MAP_NORESERVE);
	unsigned long place = vm_mmap(NULL, address, bytes, prot, flags, 0);

	ctx->at.address = address;
	if (IS_ERR_VALUE(place))
		return ckpt_fail(ctx, place, "the vdso of another kernel cannot be mapped");
	return 0;
}

static int map_foreign(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vdso *v = item->data;
	void *text;
	int err;

	/* As with pages: the program's own denial is restored later. */
	if (test_bit(MMF_HAS_MDWE, &current->mm->flags))
		return ckpt_fail(ctx, -EACCES,
				 "the vdso of another kernel cannot be put in place: the restarter denies itself memory that is written and executed");
	text = patched_text(ctx, item, &err);
	if (!text)
		return err;
	err = map_private(ctx, v->address, item->count, PROT_READ | PROT_EXEC);
	if (!err && access_remote_vm(current->mm, v->address, text, item->count,
				     FOLL_WRITE | FOLL_FORCE) != item->count)
		err = ckpt_fail(ctx, -ENOMEM, "the vdso of another kernel cannot be put in place");
	kvfree(text);
	if (!err)
		err = map_private(ctx, v->vvar, v->vvar_bytes, PROT_NONE);
	if (!err)
		ckpt_note(ctx, "the vdso is another kernel's: clock calls enter the kernel");
	return err;
}

static int vdso_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_vdso *v = item->data;

	set_bit(MM_CONTEXT_HAS_VSYSCALL, &current->mm->context.flags);
	if (!v->address)
		return 0;
	ctx->at.address = v->address;
	return is_own(item) ? map_own(ctx, v) : map_foreign(ctx, item);
}

/* ->save() is ckpt_arch_save_vdso(), called for each address space. */
CHECKPOINT_KIND(vdso) = {
	.name = "vdso",
	.type = CKPT_REC_VDSO,
	.size = sizeof(struct ckpt_rec_vdso),
	CKPT_ARRAY(struct ckpt_rec_vdso, text, __u8),
	.max = VDSO_LIMIT,
	.scope = CKPT_SCOPE_MM,
	.stage = CKPT_STAGE_MM,
	.class = &ckpt_class_mm,
	.check = vdso_check,
	.save = vdso_save,
	.validate = vdso_validate,
	.restore = vdso_restore,
};
