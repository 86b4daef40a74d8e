// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: userfaultfds.  Compiled into fs/userfaultfd.c, which keeps their
 * operations to itself, behind the areas and pages that they watch.
 */
#include <linux/cred.h>
#include <linux/sched/mm.h>
#include "files.h"

/**
 * DOC: userfaultfd
 *
 * Preserved: UFFD_USER_MODE_ONLY, the features that UFFDIO_API took; whose memory it watches,
 * also that of another process of the tree, and that it is gone; the areas with their modes
 * (missing, write-protected, minor); which pages are there, also pages of zeros, and which are
 * write-protected, also where there is no page.
 *
 * Rebuilt: who waits for a fault in user mode touches the page once more when it goes on, as
 * after a signal without a handler, and a fault that was reported and not resolved is reported
 * again.  Who waits in read(2) or poll(2) looks again.
 *
 * What makes one asks as userfaultfd(2) does: for CAP_SYS_PTRACE or vm.unprivileged_userfaultfd
 * where it may report faults of the kernel's, also for one of /dev/userfaultfd; and as UFFDIO_API
 * and UFFDIO_REGISTER do.
 *
 * Refused: a userfaultfd that is open outside the tree too, one of the memory of a process
 * outside, memory that one outside watches; a fault or an event (of fork, mremap, munmap, madvise)
 * for which somebody waits in the kernel, who does not stop for a checkpoint; areas of
 * huge pages (hugetlbfs), those that are locked in memory and watched for missing pages or minor
 * faults, pages of UFFDIO_POISON.
 *
 * Only areas that are watched are looked at: where memory in common was poisoned and is not watched
 * any more, its pages do not read as damaged after a restart.
 */

#define UFFD_REC_FLAGS	(CKPT_UFFD_USER_MODE_ONLY | CKPT_UFFD_API | CKPT_UFFD_CLOEXEC | \
			 CKPT_UFFD_NONBLOCK | CKPT_UFFD_CHILD)

static bool userfaultfd_match(struct ckpt_ctx *ctx, void *ptr)
{
	return is_userfaultfd(ptr);
}

/* -- check --------------------------------------------------------------------------- */

/*
 * Who waits for a fault or an event has a reference.  The tree's own threads have left their
 * faults, so it is somebody outside who reaches into the memory.
 */
static bool is_at_rest(struct ckpt_ctx *ctx, void *arg)
{
	struct userfaultfd_ctx *uffd = arg;

	return refcount_read(&uffd->refcount) == 1;
}

static bool is_of_tree(const struct ckpt_ctx *ctx, const struct mm_struct *mm)
{
	const struct ckpt_task *t;

	for_each_ckpt_task(ctx, t)
		if (t->mm == mm)
			return true;
	return false;
}

/* Who looks at memory that is gone keeps it for a moment. */
static bool is_of_tree_or_gone(struct ckpt_ctx *ctx, void *arg)
{
	struct userfaultfd_ctx *uffd = arg;

	return !atomic_read(&uffd->mm->mm_users) || is_of_tree(ctx, uffd->mm);
}

static bool has_memory(struct task_struct *task, const void *mm)
{
	return task->mm == mm;
}

static int userfaultfd_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct file *file = ptr;
	struct userfaultfd_ctx *uffd = file->private_data;
	int err = ckpt_check_holders(ctx, file, "a userfaultfd");
	struct task_struct *owner;
	struct ckpt_who who;

	if (err)
		return err;
	if (!ckpt_settle(is_of_tree_or_gone, ctx, uffd)) {
		owner = ckpt_find_user(ctx, has_memory, uffd->mm);
		return ckpt_file_fail(ctx, -EBUSY, "a userfaultfd of the memory of %s outside the tree; close it or save a larger tree",
				      ckpt_show_outsider(ctx, owner, &who));
	}
	if (!ckpt_settle(is_at_rest, ctx, uffd))
		return ckpt_file_fail(ctx, -EBUSY, "a userfaultfd is waited for by somebody outside the tree, who reaches into its memory; let that end first");
	return 0;
}

/* -- save ---------------------------------------------------------------------------- */

static u32 saved_flags(const struct file *file)
{
	const struct userfaultfd_ctx *uffd = file->private_data;
	u32 flags = 0;

	if (uffd->flags & UFFD_USER_MODE_ONLY)
		flags |= CKPT_UFFD_USER_MODE_ONLY;
	if (uffd->features & UFFD_FEATURE_INITIALIZED)
		flags |= CKPT_UFFD_API;
	if (uffd->flags & UFFD_CLOEXEC)
		flags |= CKPT_UFFD_CLOEXEC;
	if (uffd->flags & UFFD_NONBLOCK)
		flags |= CKPT_UFFD_NONBLOCK;
	if (!(file->f_mode & FMODE_NOWAIT))
		flags |= CKPT_UFFD_CHILD;
	return flags;
}

static int userfaultfd_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct file *file = ptr;
	struct userfaultfd_ctx *uffd = file->private_data;
	struct ckpt_rec_file_userfaultfd rec = {
		.features = uffd->features & ~UFFD_FEATURE_INITIALIZED,
		.flags = saved_flags(file),
	};
	int err = ckpt_save_object(ctx, &ckpt_class_cred, file->f_cred, &rec.cred);

	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

/* -- validate and restore -------------------------------------------------------------- */

/* As UFFDIO_API */
static bool valid_features(u64 features, u32 flags)
{
	u64 known = UFFD_API_FEATURES;

	if (!IS_ENABLED(CONFIG_HAVE_ARCH_USERFAULTFD_MINOR))
		known &= ~(UFFD_FEATURE_MINOR_HUGETLBFS | UFFD_FEATURE_MINOR_SHMEM);
	if (!IS_ENABLED(CONFIG_HAVE_ARCH_USERFAULTFD_WP))
		known &= ~UFFD_FEATURE_PAGEFAULT_FLAG_WP;
	if (!IS_ENABLED(CONFIG_PTE_MARKER_UFFD_WP))
		known &= ~(UFFD_FEATURE_WP_HUGETLBFS_SHMEM | UFFD_FEATURE_WP_UNPOPULATED |
			   UFFD_FEATURE_WP_ASYNC);
	if (features & ~known || (features && !(flags & CKPT_UFFD_API)))
		return false;
	return !(features & UFFD_FEATURE_WP_ASYNC) || features & UFFD_FEATURE_WP_UNPOPULATED;
}

static int userfaultfd_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_userfaultfd *data = item->data;

	if (data->flags & ~UFFD_REC_FLAGS)
		return ckpt_fail(ctx, -EINVAL, "unknown flags %#x of a userfaultfd", data->flags);
	if (!valid_features(data->features, data->flags))
		return ckpt_fail(ctx, -EINVAL, "features %#llx of a userfaultfd, which this kernel does not have, or not together",
				 data->features);
	return 0;
}

/* As userfaultfd_syscall_allowed() and userfaultfd_api() */
static int may_make(struct ckpt_ctx *ctx, const struct ckpt_rec_file_userfaultfd *data)
{
	if (ckpt_capable(ctx, CAP_SYS_PTRACE))
		return 0;
	if (!(data->flags & CKPT_UFFD_USER_MODE_ONLY) && !sysctl_unprivileged_userfaultfd)
		return ckpt_fail(ctx, -EPERM, "a userfaultfd that handles faults of the kernel needs CAP_SYS_PTRACE; restart it as root, or set vm.unprivileged_userfaultfd");
	if (data->features & UFFD_FEATURE_EVENT_FORK)
		return ckpt_fail(ctx, -EPERM, "a userfaultfd that is told of forks needs CAP_SYS_PTRACE; restart it as root");
	return 0;
}

/* As new_userfaultfd(), but of memory that is gone until the record of its areas says otherwise */
static struct userfaultfd_ctx *new_uffd(const struct ckpt_rec_file_userfaultfd *data)
{
	struct userfaultfd_ctx *uffd = kmem_cache_alloc(userfaultfd_ctx_cachep, GFP_KERNEL);

	if (!uffd)
		return NULL;
	refcount_set(&uffd->refcount, 1);
	uffd->flags = 0;
	if (data->flags & CKPT_UFFD_USER_MODE_ONLY)
		uffd->flags |= UFFD_USER_MODE_ONLY;
	if (data->flags & CKPT_UFFD_CLOEXEC)
		uffd->flags |= UFFD_CLOEXEC;
	if (data->flags & CKPT_UFFD_NONBLOCK)
		uffd->flags |= UFFD_NONBLOCK;
	uffd->features = 0;
	if (data->flags & CKPT_UFFD_API)
		uffd->features = uffd_ctx_features(data->features);
	uffd->released = false;
	init_rwsem(&uffd->map_changing_lock);
	atomic_set(&uffd->mmap_changing, 0);
	uffd->mm = ckpt_dead_mm();
	if (uffd->mm)
		return uffd;
	kmem_cache_free(userfaultfd_ctx_cachep, uffd);
	return NULL;
}

static struct file *make_userfaultfd(const struct ckpt_rec_file_userfaultfd *data)
{
	struct userfaultfd_ctx *uffd = new_uffd(data);
	struct file *file;

	if (!uffd)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_create_getfile("[userfaultfd]", &userfaultfd_fops, uffd, O_RDONLY, NULL);
	if (IS_ERR(file))
		userfaultfd_ctx_put(uffd);
	else if (!(data->flags & CKPT_UFFD_CHILD))
		file->f_mode |= FMODE_NOWAIT;
	return file;
}

static void *userfaultfd_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_userfaultfd *data = item->data;
	const struct cred *cred = ckpt_file_cred(ctx, data->cred), *old;
	struct file *file;
	int err;

	if (IS_ERR(cred))
		return ERR_CAST(cred);
	err = may_make(ctx, data);
	if (err)
		return ERR_PTR(err);
	/* A security module may deny it. */
	old = override_creds(cred);
	file = make_userfaultfd(data);
	revert_creds(old);
	if (IS_ERR(file))
		ckpt_fail(ctx, PTR_ERR(file), "a userfaultfd could not be made");
	return file;
}

CHECKPOINT_KIND(file_userfaultfd) = {
	.name		= "file_userfaultfd",
	.type		= CKPT_REC_FILE_USERFAULTFD,
	.size		= sizeof(struct ckpt_rec_file_userfaultfd),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= userfaultfd_match,
	.check_object	= userfaultfd_check,
	.save_object	= userfaultfd_save,
	.validate	= userfaultfd_validate,
	.restore_object	= userfaultfd_restore,
};
