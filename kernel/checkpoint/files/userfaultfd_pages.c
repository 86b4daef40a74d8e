// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what the faults of watched memory depend on, page by page: is anything
 * there, is it write-protected.  See DOC: userfaultfd.  Compiled into fs/userfaultfd.c behind
 * userfaultfd_walk.c.
 */
#include <linux/sched/mm.h>
#include <linux/shmem_fs.h>

static struct found *new_found(struct ckpt_ctx *ctx)
{
	struct found *found = kvzalloc(sizeof(*found), GFP_KERNEL_ACCOUNT);

	if (!found)
		ckpt_fail(ctx, -ENOMEM, "no memory to look at the pages that a userfaultfd watches");
	return found;
}

/* -- check --------------------------------------------------------------------------- */

static struct file *find_file(struct ckpt_ctx *ctx, const struct userfaultfd_ctx *uffd)
{
	const struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		struct file *file = (struct file *)seen->ptr;

		if (seen->refs && is_userfaultfd(file) && file->private_data == uffd)
			return file;
	}
	return NULL;
}

/*
 * The file of the tree through which an area is watched, NULL if there is none.  Most areas are
 * watched as the one in front of them is, and the survey may have seen very many files.
 */
static struct file *file_of(struct ckpt_ctx *ctx, struct found *found,
			    const struct userfaultfd_ctx *uffd)
{
	if (found->uffd != uffd) {
		found->file = find_file(ctx, uffd);
		found->uffd = uffd;
	}
	return found->file;
}

/* In locked memory a restart finds no page missing. */
static const char *area_obstacle(const struct vm_area_struct *vma)
{
	if (is_vm_hugetlb_page((struct vm_area_struct *)vma))
		return "is of huge pages";
	if (vma->vm_flags & VM_LOCKED && !(vma->vm_flags & VM_LOCKONFAULT) &&
	    vma->vm_flags & (VM_UFFD_MISSING | VM_UFFD_MINOR))
		return "is locked in memory";
	return NULL;
}

static bool has_poison(struct vm_area_struct *vma, struct found *found)
{
	bool more = true;

	found->next = vma->vm_start;
	found->mapped = false;
	found->poisoned = false;
	while (more && !found->poisoned)
		more = find_runs(vma, vma->vm_end, found);
	return found->poisoned;
}

static int check_area(struct ckpt_ctx *ctx, struct vm_area_struct *vma, struct found *found)
{
	const char *why = area_obstacle(vma);

	ctx->at.address = vma->vm_start;
	if (!file_of(ctx, found, vma->vm_userfaultfd_ctx.ctx))
		return refuse_watcher(ctx, vma);
	if (!why && has_poison(vma, found))
		why = "has pages that read as damaged (UFFDIO_POISON)";
	if (!why)
		return 0;
	return ckpt_fail(ctx, -EOPNOTSUPP, "area %lx-%lx, watched with a userfaultfd, %s, which cannot be saved yet",
			 vma->vm_start, vma->vm_end, why);
}

/* Each area of @mm that is watched; with NULL only whether there is one */
static int check_areas(struct ckpt_ctx *ctx, struct mm_struct *mm, struct found *found)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	int first = 0;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma) {
		if (!vma->vm_userfaultfd_ctx.ctx)
			continue;
		if (!found)
			return 1;
		if (!ckpt_looks_on(ctx, check_area(ctx, vma, found), &first))
			break;
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		ckpt_progress(ctx);
		cond_resched();
	}
	return first;
}

static int pages_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int err = ckpt_survey_files(ctx) ?: ckpt_read_lock_mm(ctx, t->mm);
	struct found *found;

	if (err)
		return err;
	err = check_areas(ctx, t->mm, NULL);
	mmap_read_unlock(t->mm);
	if (!err)
		return 0;
	found = new_found(ctx);
	if (!found)
		return -ENOMEM;
	err = ckpt_read_lock_mm(ctx, t->mm);
	if (!err) {
		err = check_areas(ctx, t->mm, found);
		mmap_read_unlock(t->mm);
	}
	kvfree(found);
	return err;
}

/* -- save ---------------------------------------------------------------------------- */

/*
 * Pages of the first area at or behind @found->next that is watched.  Return: its userfaultfd,
 * NULL if there is no such area
 */
static struct userfaultfd_ctx *next_runs(struct mm_struct *mm, struct found *found)
{
	VMA_ITERATOR(vmi, mm, found->next);
	struct vm_area_struct *vma;

	for_each_vma(vmi, vma) {
		if (!vma->vm_userfaultfd_ctx.ctx)
			continue;
		found->next = max(found->next, vma->vm_start);
		/*
		 * In anonymous memory only a page that is there, were it one of zeros, can be
		 * write-protected.  Elsewhere one that is not there comes by itself.
		 */
		found->mapped = vma->vm_flags & VM_UFFD_MINOR || vma_is_anonymous(vma);
		if (!find_runs(vma, vma->vm_end, found))
			found->next = vma->vm_end;
		return vma->vm_userfaultfd_ctx.ctx;
	}
	return NULL;
}

static int save_runs(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t,
		     struct found *found)
{
	struct ckpt_rec_userfaultfd_pages rec;
	struct userfaultfd_ctx *uffd;
	int err = 0;
	u32 id;

	while (!err) {
		err = ckpt_read_lock_mm(ctx, t->mm);
		if (err)
			break;
		uffd = next_runs(t->mm, found);
		mmap_read_unlock(t->mm);
		if (fatal_signal_pending(current))
			return ckpt_fail_killed(ctx);
		if (!uffd)
			break;
		if (found->poisoned)
			return ckpt_fail(ctx, -EBUSY, "memory that a userfaultfd watches was damaged meanwhile");
		rec = (struct ckpt_rec_userfaultfd_pages) {};
		id = ckpt_known_id(ctx, file_of(ctx, found, uffd), &ckpt_class_file);
		if (found->nr)
			err = ckpt_emit(ctx, kind, id, &rec, found->runs, found->nr);
		ckpt_progress(ctx);
		cond_resched();
	}
	return err;
}

static bool is_watched_at_all(struct ckpt_ctx *ctx)
{
	const struct ckpt_seen *seen;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE)
		if (is_userfaultfd(seen->ptr))
			return true;
	return false;
}

static int pages_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	int err = ckpt_survey_files(ctx);
	struct found *found;

	if (err || !is_watched_at_all(ctx))
		return err;
	found = new_found(ctx);
	if (!found)
		return -ENOMEM;
	err = save_runs(ctx, kind, t, found);
	kvfree(found);
	return err;
}

/* -- validate ------------------------------------------------------------------------- */

static bool valid_run(const struct ckpt_rec_userfaultfd_run *run)
{
	return run->pages && PAGE_ALIGNED(run->address) && run->address < TASK_SIZE_MAX &&
	       run->pages <= (TASK_SIZE_MAX - run->address) >> PAGE_SHIFT &&
	       run->flags && !(run->flags & ~UFFD_PAGE_FLAGS);
}

static int pages_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_userfaultfd_run *runs = item->array;
	int err = validate_object(ctx, item);
	u32 i;

	for (i = 0; !err && i < item->count; i++) {
		if (!valid_run(&runs[i]))
			err = ckpt_fail(ctx, -EINVAL, "pages at %llx, which a userfaultfd watches, are malformed (flags %#x)",
					runs[i].address, runs[i].flags);
	}
	return err;
}

/* -- restore -------------------------------------------------------------------------- */

typedef ssize_t (*fill_by)(struct userfaultfd_ctx *uffd, unsigned long start, unsigned long len);

static ssize_t map_again(struct userfaultfd_ctx *uffd, unsigned long start, unsigned long len)
{
	return mfill_atomic_continue(uffd, start, len, 0);
}

/* How what is mapped, and not among the data, comes back; NULL: when it is touched */
static fill_by filler(struct vm_area_struct *vma)
{
	if (vma_is_anonymous(vma))
		return mfill_atomic_zeropage;
	return vma_is_shmem(vma) && userfaultfd_minor(vma) ? map_again : NULL;
}

/* A file has no page there any more, or ends in front of it: the page is missing. */
static bool is_left_missing(fill_by fill, ssize_t err)
{
	return err == -EFAULT || (err == -EINVAL && fill == map_again);
}

/* Where something is it stays.  Return: 0 or negative errno */
static int fill_gap(struct userfaultfd_ctx *uffd, fill_by fill, unsigned long start,
		    unsigned long end)
{
	while (start < end) {
		ssize_t done = fill(uffd, start, end - start);

		if (done == -EEXIST || is_left_missing(fill, done))
			done = PAGE_SIZE;
		else if (done == -EAGAIN)	/* a page table went away meanwhile */
			done = 0;
		if (done < 0)
			return done;
		if (fatal_signal_pending(current))
			return -EINTR;
		start += done;
		cond_resched();
	}
	return 0;
}

/* Between the runs that were found, and up to @end */
static int fill_gaps(struct userfaultfd_ctx *uffd, fill_by fill, unsigned long start,
		     unsigned long end, const struct found *found)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < found->nr; i++) {
		err = fill_gap(uffd, fill, start, found->runs[i].address);
		start = found->runs[i].address + (u64)found->runs[i].pages * PAGE_SIZE;
	}
	return err ?: fill_gap(uffd, fill, start, end);
}

/* The area of a run, which may be larger */
static struct vm_area_struct *area_of(const struct userfaultfd_ctx *uffd,
				      const struct ckpt_rec_userfaultfd_run *run)
{
	struct vm_area_struct *vma = vma_lookup(uffd->mm, run->address);

	mmap_assert_locked(uffd->mm);
	if (!vma || vma->vm_userfaultfd_ctx.ctx != uffd ||
	    run->address + (u64)run->pages * PAGE_SIZE > vma->vm_end ||
	    (run->flags & CKPT_UFFD_PAGE_WP && !userfaultfd_wp(vma)))
		return NULL;
	return vma;
}

static int map_run(struct userfaultfd_ctx *uffd, const struct ckpt_rec_userfaultfd_run *run,
		   struct found *found)
{
	unsigned long at = run->address, end = at + (u64)run->pages * PAGE_SIZE;
	struct vm_area_struct *vma;
	fill_by fill = NULL;
	bool more = true;
	int err = 0;

	found->next = at;
	found->mapped = true;
	for (; more && !err; at = found->next) {
		if (mmap_read_lock_killable(uffd->mm))
			return -EINTR;
		vma = area_of(uffd, run);
		if (vma && run->flags & CKPT_UFFD_PAGE_MAPPED)
			fill = filler(vma);
		more = vma && fill && find_runs(vma, end, found);
		mmap_read_unlock(uffd->mm);
		if (!vma)
			return -EINVAL;
		if (fill)
			err = fill_gaps(uffd, fill, at, more ? found->next : end, found);
	}
	return err;
}

static int restore_run(struct ckpt_ctx *ctx, struct userfaultfd_ctx *uffd,
		       const struct ckpt_rec_userfaultfd_run *run, struct found *found)
{
	int err = map_run(uffd, run, found);

	ctx->at.address = run->address;
	if (!err && run->flags & CKPT_UFFD_PAGE_WP)
		err = mwriteprotect_range(uffd, run->address, (u64)run->pages * PAGE_SIZE, true);
	if (fatal_signal_pending(current))
		return ckpt_fail_killed(ctx);
	return err ? ckpt_fail(ctx, err, "pages at %llx cannot be watched by a userfaultfd as they were (error %d)",
			       run->address, -err) : 0;
}

static int pages_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct file *file = ckpt_object(ctx, item->object, &ckpt_class_file);
	const struct ckpt_rec_userfaultfd_run *runs = item->array;
	struct found *found;
	int err = 0;
	u32 i;

	if (!file)
		return ckpt_fail(ctx, -EINVAL, "a userfaultfd was not made");
	found = new_found(ctx);
	if (!found)
		return -ENOMEM;
	for (i = 0; !err && i < item->count; i++) {
		err = restore_run(ctx, file->private_data, &runs[i], found);
		cond_resched();
	}
	kvfree(found);
	return err;
}

CHECKPOINT_KIND(userfaultfd_pages) = {
	.name		= "userfaultfd_pages",
	.type		= CKPT_REC_USERFAULTFD_PAGES,
	.size		= sizeof(struct ckpt_rec_userfaultfd_pages),
	CKPT_ARRAY(struct ckpt_rec_userfaultfd_pages, runs, struct ckpt_rec_userfaultfd_run),
	.max		= UFFD_RUNS,
	.scope		= CKPT_SCOPE_MM,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_file,
	.many		= true,
	.check		= pages_check,
	.save		= pages_save,
	.validate	= pages_validate,
	.restore	= pages_restore,
};
