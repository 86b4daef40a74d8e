// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the vdso and its data pages.
 */
#include <linux/buildid.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/coredump.h>
#include <linux/security.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/checkpoint.h>
#include <asm/tlb.h>
#include <asm/vdso.h>
#include "x86.h"

/**
 * DOC: vdso
 *
 * Preserved: whether it is that of 64-bit or of 32-bit programs, the addresses of its text
 * and of its data pages, of which the C library keeps pointers for ever, wherever the
 * program has moved them; that it has unmapped the one or the other; what it wrote into the
 * text, and protections.
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
 * namespace; the vsyscall page, which every 64-bit program has; what counts for the
 * commit limit, from the protections.
 *
 * Refused: a vdso that the program has sealed, or given other properties by madvise(2), a
 * protection key or a NUMA policy; a foreign vdso with an entry that cannot be replaced, or to
 * which the program has written.  A foreign one of 32-bit programs is always refused: they go
 * through it for every system call and every return of a signal handler, at addresses that
 * the kernel knows of its own vdso alone.  So is one whose text such a program has unmapped.
 */

#define VDSO_LIMIT	SZ_64K
#define VDSO_PROT	(VM_READ | VM_WRITE | VM_EXEC)
/* What is not protection; once writable, the text counts for the commit limit for ever. */
#define VDSO_FLAGS	(VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_DONTEXPAND)
#define VDSO_MAY_HAVE	(VDSO_PROT | VM_SOFTDIRTY | VM_ACCOUNT)
#define VVAR_FLAGS	(VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP | VM_DONTEXPAND)
#define VVAR_MAY_HAVE	(VM_READ | VM_SOFTDIRTY)

static_assert(sizeof_field(struct ckpt_rec_vdso, build_id) >= BUILD_ID_SIZE_MAX);

static u64 vvar_bytes(const struct vdso_image *image)
{
	return -image->sym_vvar_start;
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

/* The kernel lets nobody split these areas: each is whole, or gone. */
static bool is_known(const struct vm_area_struct *vma, vm_flags_t flags, vm_flags_t may_have,
		     u64 bytes)
{
	return vma->vm_end - vma->vm_start == bytes && !vma->vm_pgoff &&
	       (vma->vm_flags & ~may_have) == flags && !vma_policy(vma);
}

static bool take_text(struct ckpt_rec_vdso *v, const struct vm_area_struct *vma,
		      const struct vdso_image *image)
{
	if (v->address || !is_known(vma, VDSO_FLAGS, VDSO_MAY_HAVE, image->size))
		return false;
	v->address = vma->vm_start;
	v->flags |= vma->vm_flags & VM_READ ? CKPT_VDSO_READ : 0;
	v->flags |= vma->vm_flags & VM_WRITE ? CKPT_VDSO_WRITE : 0;
	v->flags |= vma->vm_flags & VM_EXEC ? CKPT_VDSO_EXEC : 0;
	/* Else it shows the kernel's own pages; to read it would fault them in. */
	v->flags |= vma->anon_vma ? CKPT_VDSO_CHANGED : 0;
	return true;
}

static bool take_vvar(struct ckpt_rec_vdso *v, const struct vm_area_struct *vma,
		      const struct vdso_image *image)
{
	if (v->vvar || !is_known(vma, VVAR_FLAGS, VVAR_MAY_HAVE, vvar_bytes(image)))
		return false;
	v->vvar = vma->vm_start;
	v->vvar_bytes = vvar_bytes(image);
	v->flags |= vma->vm_flags & VM_READ ? CKPT_VDSO_VVAR_READ : 0;
	return true;
}

/* The 32-bit vdso has to be where the kernel looks for it, see ia32_setup_frame(). */
static bool is_in_place(const struct mm_struct *mm, const struct ckpt_rec_vdso *v)
{
	return mm->context.vdso_image != VDSO_IMAGE_32 ||
	       (unsigned long)mm->context.vdso == v->address;
}

/*
 * Find text and data: each has an address if it is there.  CKPT_VDSO_CHANGED says that the
 * program may have written to it.
 */
static int find_vdso(struct ckpt_ctx *ctx, struct mm_struct *mm, struct ckpt_rec_vdso *v,
		     const struct ckpt_x86_vdso **own)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	bool known = true;
	u32 kind;
	int err;

	*v = (struct ckpt_rec_vdso) {};
	err = ckpt_read_lock_mm(ctx, mm);
	if (err)
		return err;
	*own = ckpt_x86_own_vdso(mm->context.vdso_image);
	for_each_vma(vmi, vma) {
		if (!ckpt_arch_is_vdso(vma, &kind))
			continue;
		known &= *own && (kind == CKPT_VMA_KIND_VDSO ?
				  take_text(v, vma, (*own)->image) :
				  take_vvar(v, vma, (*own)->image));
	}
	known &= !*own || is_in_place(mm, v);
	mmap_read_unlock(mm);
	if (!known)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the program has changed its vdso in a way that cannot be saved");
	return 0;
}

static int vdso_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_x86_vdso *own;
	struct ckpt_rec_vdso v;

	return find_vdso(ctx, t->mm, &v, &own);
}

static int vdso_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	u32 mm_id = ckpt_known_id(ctx, t->mm, &ckpt_class_mm);
	const struct ckpt_x86_vdso *own;
	struct ckpt_rec_vdso v;
	void *text;
	int err, size;

	err = find_vdso(ctx, t->mm, &v, &own);
	if (err)
		return err;
	if (v.address || v.vvar) {
		v.build_id_len = BUILD_ID_SIZE_MAX;
		memcpy(v.build_id, own->build_id, BUILD_ID_SIZE_MAX);
	}
	if (!v.address)
		return ckpt_emit(ctx, kind, mm_id, &v, NULL, 0);

	size = own->image->size;
	if (!(v.flags & CKPT_VDSO_CHANGED))
		return ckpt_emit(ctx, kind, mm_id, &v, own->image->data, size);

	text = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!text)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the vdso");
	if (access_remote_vm(t->mm, v.address, text, size, FOLL_FORCE) != size) {
		err = ckpt_fail(ctx, -EFAULT, "the vdso cannot be read");
	} else {
		if (!memcmp(text, own->image->data, size))
			v.flags &= ~CKPT_VDSO_CHANGED;
		err = ckpt_emit(ctx, kind, mm_id, &v, text, size);
	}
	kvfree(text);
	return err;
}

/* -- restart ----------------------------------------------------------------- */

/* The one of this kernel, whatever the program has written to it; NULL if it is another's */
static const struct vdso_image *own_image(const struct ckpt_item *item)
{
	const struct ckpt_rec_vdso *v = item->data;
	const struct vdso_image *image;

	if (v->build_id_len != BUILD_ID_SIZE_MAX)
		return NULL;
	image = ckpt_x86_find_vdso(v->build_id);
	if (!image || (v->address && item->count != image->size) ||
	    (v->vvar && v->vvar_bytes != vvar_bytes(image)))
		return NULL;
	return image;
}

static bool is_32bit(const struct ckpt_item *item)
{
	const u8 *ident = item->array;

	return item->count > EI_CLASS && ident[EI_CLASS] == ELFCLASS32;
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

static int text_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct vdso_image *own = own_image(item);
	const struct ckpt_rec_vdso *v = item->data;
	void *text;
	int err;

	if (own) {
		if (memcmp(item->array, own->data, item->count) &&
		    !(v->flags & CKPT_VDSO_CHANGED))
			return ckpt_fail(ctx, -EINVAL, "the vdso is not what it says that it is");
		return 0;
	}
	if (is_32bit(item))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the vdso is that of another kernel, which a 32-bit program cannot do without");
	if (v->flags & CKPT_VDSO_CHANGED)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the program has written to its vdso, which is another kernel's");
	text = patched_text(ctx, item, &err);
	kvfree(text);
	return err;
}

static int vdso_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vdso *v = item->data;

	if (v->flags & ~CKPT_VDSO_FLAGS || v->build_id_len > sizeof(v->build_id))
		return ckpt_fail(ctx, -EINVAL, "the vdso's record has unknown contents");
	if ((!v->address && (item->count || v->flags & ~CKPT_VDSO_VVAR_READ)) ||
	    (!v->vvar && (v->vvar_bytes || v->flags & CKPT_VDSO_VVAR_READ)))
		return ckpt_fail(ctx, -EINVAL, "a vdso without an address");
	ctx->at.address = v->address ?: v->vvar;
	if ((v->address && !pages_okay(v->address, item->count)) ||
	    (v->vvar && !pages_okay(v->vvar, v->vvar_bytes)))
		return ckpt_fail(ctx, -EINVAL, "the vdso's place is not in user space");
	if (v->address && v->vvar && v->vvar < v->address + item->count &&
	    v->address < v->vvar + v->vvar_bytes)
		return ckpt_fail(ctx, -EINVAL, "the vdso and its data overlap");
	return v->address ? text_validate(ctx, item) : 0;
}

static int protect_area(struct vm_area_struct *vma, vm_flags_t prot)
{
	VMA_ITERATOR(vmi, vma->vm_mm, vma->vm_start);
	vm_flags_t flags = (vma->vm_flags & ~VDSO_PROT) | prot;
	struct vm_area_struct *prev = NULL;
	struct mmu_gather tlb;
	int err;

	if (map_deny_write_exec(vma->vm_flags, flags))
		return -EACCES;
	/* PROT_READ and its like have the values of VM_READ and its like. */
	err = security_file_mprotect(vma, prot, prot);
	if (err)
		return err;
	tlb_gather_mmu(&tlb, vma->vm_mm);
	err = mprotect_fixup(&vmi, &tlb, vma, &prev, vma->vm_start, vma->vm_end, flags);
	tlb_finish_mmu(&tlb);
	return err;
}

/* As mprotect(2) would, for the whole of the area that was mapped at @address */
static int protect(struct ckpt_ctx *ctx, u64 address, vm_flags_t prot)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err;

	if (mmap_write_lock_killable(mm))
		return ckpt_fail_killed(ctx);
	vma = vma_lookup(mm, address);
	err = vma ? protect_area(vma, prot) : -EFAULT;
	mmap_write_unlock(mm);
	if (err)
		return ckpt_fail(ctx, err, "the vdso may not be protected as it was");
	return 0;
}

static vm_flags_t text_prot(const struct ckpt_rec_vdso *v)
{
	return (v->flags & CKPT_VDSO_READ ? VM_READ : 0) |
	       (v->flags & CKPT_VDSO_WRITE ? VM_WRITE : 0) |
	       (v->flags & CKPT_VDSO_EXEC ? VM_EXEC : 0);
}

/* Only the pages that differ become the program's own. */
static int change_text(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		       const struct vdso_image *own)
{
	const struct ckpt_rec_vdso *v = item->data;
	u32 at;
	int err;

	err = protect(ctx, v->address, VM_READ | VM_WRITE);
	for (at = 0; !err && at < item->count; at += PAGE_SIZE) {
		if (!memcmp(item->array + at, own->data + at, PAGE_SIZE))
			continue;
		if (access_remote_vm(current->mm, v->address + at, (void *)item->array + at,
				     PAGE_SIZE, FOLL_WRITE) != PAGE_SIZE)
			err = ckpt_fail(ctx, -ENOMEM, "no memory for the vdso");
	}
	return err;
}

static int map_own(struct ckpt_ctx *ctx, const struct ckpt_item *item,
		   const struct vdso_image *own)
{
	const struct ckpt_rec_vdso *v = item->data;
	bool changed = v->flags & CKPT_VDSO_CHANGED;
	int err;

	err = map_vdso_parts(own, v->address, v->vvar);
	if (err)
		return ckpt_fail(ctx, err, "the vdso cannot be mapped at its address");
	if (changed)
		err = change_text(ctx, item, own);
	if (!err && v->address && (changed || text_prot(v) != (VM_READ | VM_EXEC)))
		err = protect(ctx, v->address, text_prot(v));
	if (!err && v->vvar && !(v->flags & CKPT_VDSO_VVAR_READ))
		err = protect(ctx, v->vvar, VM_NONE);
	return err;
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

static int map_foreign_text(struct ckpt_ctx *ctx, const struct ckpt_item *item)
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
	if (!err && text_prot(v) != (VM_READ | VM_EXEC))
		err = protect(ctx, v->address, text_prot(v));
	if (!err)
		ckpt_note(ctx, "the vdso is another kernel's: clock calls enter the kernel");
	return err;
}

static int map_foreign(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_vdso *v = item->data;
	int err = v->address ? map_foreign_text(ctx, item) : 0;

	return err || !v->vvar ? err : map_private(ctx, v->vvar, v->vvar_bytes, PROT_NONE);
}

static int vdso_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct vdso_image *own = own_image(item);
	const struct ckpt_rec_vdso *v = item->data;

	if (!v->address && !v->vvar)
		return 0;
	ctx->at.address = v->address ?: v->vvar;
	return own ? map_own(ctx, item, own) : map_foreign(ctx, item);
}

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
