// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: whose memory userfaultfds watch, and which areas of it, see DOC:
 * userfaultfd.  Compiled into fs/userfaultfd.c, which keeps their operations to itself.
 *
 * An area is watched again before its pages are there: until then nobody touches it, and
 * khugepaged, which would fill its holes, keeps off.
 */
#include <linux/sched/mm.h>
#include "files.h"

/* Of one userfaultfd */
#define UFFD_AREAS_MAX	1048576

static bool is_userfaultfd(const struct file *file)
{
	return file->f_op == &userfaultfd_fops;
}

static int is_open_of(const void *uffd, struct file *file, unsigned int fd)
{
	return is_userfaultfd(file) && file->private_data == uffd;
}

static int refuse_watcher(struct ckpt_ctx *ctx, const struct vm_area_struct *vma)
{
	const struct userfaultfd_ctx *uffd = vma->vm_userfaultfd_ctx.ctx;
	struct task_struct *watcher = ckpt_find_opener(ctx, is_open_of, uffd);
	struct ckpt_who who;

	return ckpt_fail(ctx, -EBUSY, "area %lx-%lx is watched with a userfaultfd that is open outside the tree alone, in %s; close it there or save a larger tree",
			 vma->vm_start, vma->vm_end, ckpt_show_outsider(ctx, watcher, &who));
}

/* Records of a file that is no userfaultfd would take its data for one. */
static int validate_object(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (ckpt_defining_type(ctx, item->object) == CKPT_REC_FILE_USERFAULTFD)
		return 0;
	return ckpt_fail(ctx, -EINVAL, "areas or pages are watched by a file that is no userfaultfd");
}

/* -- save ---------------------------------------------------------------------------- */

static u64 mode_of(const struct vm_area_struct *vma)
{
	u64 mode = 0;

	if (vma->vm_flags & VM_UFFD_MISSING)
		mode |= UFFDIO_REGISTER_MODE_MISSING;
	if (vma->vm_flags & VM_UFFD_WP)
		mode |= UFFDIO_REGISTER_MODE_WP;
	if (vma->vm_flags & VM_UFFD_MINOR)
		mode |= UFFDIO_REGISTER_MODE_MINOR;
	return mode;
}

/* Areas that @uffd watches, of which at most @room are put into @areas */
static u32 find_areas(const struct userfaultfd_ctx *uffd, struct ckpt_rec_userfaultfd_area *areas,
		      u32 room)
{
	VMA_ITERATOR(vmi, uffd->mm, 0);
	struct vm_area_struct *vma;
	u32 nr = 0;

	mmap_assert_locked(uffd->mm);
	for_each_vma(vmi, vma) {
		if (vma->vm_userfaultfd_ctx.ctx != uffd)
			continue;
		if (nr < room)
			areas[nr] = (struct ckpt_rec_userfaultfd_area) {
				.start = vma->vm_start,
				.end = vma->vm_end,
				.mode = mode_of(vma),
			};
		nr++;
	}
	return nr;
}

static int save_areas(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct file *file,
		      u32 id)
{
	struct userfaultfd_ctx *uffd = file->private_data;
	struct ckpt_rec_userfaultfd_areas rec = {
		.mm = ckpt_known_id(ctx, uffd->mm, &ckpt_class_mm),
	};
	struct ckpt_rec_userfaultfd_area *areas;
	u32 room, nr;
	int err;

	/* Its memory is gone: userfaultfd_check() has asked. */
	if (!rec.mm)
		return 0;
	err = ckpt_read_lock_mm(ctx, uffd->mm);
	if (err)
		return err;
	room = find_areas(uffd, NULL, 0);
	mmap_read_unlock(uffd->mm);
	areas = kvcalloc(room + 1, sizeof(*areas), GFP_KERNEL_ACCOUNT);
	if (!areas)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the areas of a userfaultfd");
	err = ckpt_read_lock_mm(ctx, uffd->mm);
	if (err)
		goto out_free;
	/* Nobody who could change an area runs in between. */
	nr = min(find_areas(uffd, areas, room), room);
	mmap_read_unlock(uffd->mm);
	err = ckpt_emit(ctx, kind, id, &rec, areas, nr);
out_free:
	kvfree(areas);
	return err;
}

static int areas_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	int err = ckpt_survey_files(ctx);
	struct ckpt_seen *seen;

	if (err)
		return err;
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct file *file = (struct file *)seen->ptr;

		if (!seen->refs || !is_userfaultfd(file))
			continue;
		ctx->at.t = seen->t;
		err = save_areas(ctx, kind, file, ckpt_known_id(ctx, file, &ckpt_class_file));
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* -- validate ------------------------------------------------------------------------- */

static bool valid_area(const struct ckpt_rec_userfaultfd_area *area)
{
	return area->start < area->end && area->end <= TASK_SIZE_MAX &&
	       PAGE_ALIGNED(area->start) && PAGE_ALIGNED(area->end) &&
	       area->mode && !(area->mode & ~UFFD_API_REGISTER_MODES);
}

static int areas_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_userfaultfd_area *areas = item->array;
	int err = validate_object(ctx, item);
	u32 i;

	for (i = 0; !err && i < item->count; i++) {
		if (!valid_area(&areas[i]) || (i && areas[i].start < areas[i - 1].end))
			err = ckpt_fail(ctx, -EINVAL, "area %llx-%llx, which a userfaultfd watches, is malformed (mode %#llx)",
					areas[i].start, areas[i].end, areas[i].mode);
		cond_resched();
	}
	return err;
}

/* -- restore -------------------------------------------------------------------------- */

static vm_flags_t flags_of(u64 mode)
{
	vm_flags_t flags = 0;

	if (mode & UFFDIO_REGISTER_MODE_MISSING)
		flags |= VM_UFFD_MISSING;
	if (mode & UFFDIO_REGISTER_MODE_WP)
		flags |= VM_UFFD_WP;
	if (mode & UFFDIO_REGISTER_MODE_MINOR)
		flags |= VM_UFFD_MINOR;
	return flags;
}

/* As userfaultfd_register() asks of each area.  No image has watched ones of hugetlbfs. */
static int may_register(const struct userfaultfd_ctx *uffd, struct vm_area_struct *vma,
			const struct ckpt_rec_userfaultfd_area *area)
{
	mmap_assert_locked(uffd->mm);
	if (!vma || area->end > vma->vm_end || is_vm_hugetlb_page(vma))
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_HAVE_ARCH_USERFAULTFD_WP) &&
	    area->mode & UFFDIO_REGISTER_MODE_WP)
		return -EINVAL;
	if (!IS_ENABLED(CONFIG_HAVE_ARCH_USERFAULTFD_MINOR) &&
	    area->mode & UFFDIO_REGISTER_MODE_MINOR)
		return -EINVAL;
	if (!vma_can_userfault(vma, flags_of(area->mode), uffd->features & UFFD_FEATURE_WP_ASYNC))
		return -EINVAL;
	if (!(vma->vm_flags & VM_MAYWRITE))
		return -EPERM;
	return vma->vm_userfaultfd_ctx.ctx ? -EBUSY : 0;
}

static int register_area(struct ckpt_ctx *ctx, struct userfaultfd_ctx *uffd,
			 const struct ckpt_rec_userfaultfd_area *area)
{
	struct vm_area_struct *vma;
	int err;

	ctx->at.address = area->start;
	if (mmap_write_lock_killable(uffd->mm))
		return ckpt_fail_killed(ctx);
	vma = vma_lookup(uffd->mm, area->start);
	err = may_register(uffd, vma, area);
	if (!err)
		err = userfaultfd_register_range(uffd, vma, flags_of(area->mode), area->start,
						 area->end, userfaultfd_wp_async_ctx(uffd));
	mmap_write_unlock(uffd->mm);
	if (err)
		return ckpt_fail(ctx, err, "area %llx-%llx cannot be watched by a userfaultfd as it was (mode %#llx, error %d)",
				 area->start, area->end, area->mode, -err);
	return fatal_signal_pending(current) ? ckpt_fail_killed(ctx) : 0;
}

static int areas_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_userfaultfd_areas *data = item->data;
	const struct ckpt_rec_userfaultfd_area *areas = item->array;
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);
	struct mm_struct *mm = ckpt_object(ctx, data->mm, &ckpt_class_mm);
	struct userfaultfd_ctx *uffd;
	int err = 0;
	u32 i;

	if (!file || !mm)
		return ckpt_fail(ctx, -EINVAL, "a userfaultfd or the memory that it watches was not made");
	uffd = file->private_data;
	if (item->count && !userfaultfd_is_initialized(uffd))
		return ckpt_fail(ctx, -EINVAL, "a userfaultfd watches areas before UFFDIO_API was called");
	/* Nobody has used it yet. */
	mmgrab(mm);
	mmdrop(uffd->mm);
	uffd->mm = mm;
	for (i = 0; !err && i < item->count; i++) {
		err = register_area(ctx, uffd, &areas[i]);
		cond_resched();
	}
	return err;
}

CHECKPOINT_KIND(userfaultfd_areas) = {
	.name		= "userfaultfd_areas",
	.type		= CKPT_REC_USERFAULTFD_AREAS,
	.size		= sizeof(struct ckpt_rec_userfaultfd_areas),
	CKPT_ARRAY(struct ckpt_rec_userfaultfd_areas, areas, struct ckpt_rec_userfaultfd_area),
	.max		= UFFD_AREAS_MAX,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_LINK,
	.class		= &ckpt_class_file,
	.save		= areas_save,
	.validate	= areas_validate,
	.restore	= areas_restore,
};
