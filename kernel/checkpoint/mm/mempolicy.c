// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: NUMA memory policies of threads and areas.  Compiled at the end of
 * mm/mempolicy.c, whose functions it needs.
 */
#include <linux/nodemask.h>
#include "mm.h"

/**
 * DOC: NUMA memory policies
 *
 * Preserved: mode, flags and nodes of set_mempolicy(2) and mbind(2), the home node, where a
 * thread's interleaving has come to.  Each policy is set as its system call sets it, with the
 * nodes that the caller of restart() may use.
 *
 * Rebuilt: pages of an area with a policy are moved as mbind(2) with MPOL_MF_MOVE does it.
 * Where a thread's policy has put its pages nobody knows any more: they lie where the restarter
 * gets them.  Nodes that are not there, or that the caller may not use, are left out, which is
 * reported once; it is an error if none is left.
 */

/* The nodes of a kernel that may be larger than this one */
#define MAX_NODE_WORDS	64

/* A policy as the system calls take it */
struct asked_policy {
	int mode;
	unsigned short flags;
	int home;
	nodemask_t nodes;
};

/* What the records of policies have in common */
struct policy_words {
	u32 mode;
	u32 flags;
	u32 home;
	const u64 *nodes;
	u32 count;
};

/* -- save -------------------------------------------------------------------- */

/* Context: whatever keeps @pol from being changed is held. */
static void get_asked(const struct mempolicy *pol, struct asked_policy *asked)
{
	bool as_given = pol->flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES);

	*asked = (struct asked_policy) {
		.mode = pol->mode,
		.flags = pol->flags & MPOL_MODE_FLAGS,
		.home = pol->home_node,
	};
	/* That of MPOL_LOCAL is not initialised. */
	if (pol->mode != MPOL_LOCAL)
		asked->nodes = as_given ? pol->w.user_nodemask : pol->nodes;
}

/* Return: how many words there are to be saved */
static u32 pack_nodes(const nodemask_t *nodes, u64 words[BITS_TO_U64(MAX_NUMNODES)])
{
	bitmap_to_arr64(words, nodes_addr(*nodes), MAX_NUMNODES);
	return nodes_empty(*nodes) ? 0 :
	       BITS_TO_U64(find_last_bit(nodes_addr(*nodes), MAX_NUMNODES) + 1);
}

static int policy_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	u64 words[BITS_TO_U64(MAX_NUMNODES)];
	struct ckpt_rec_mempolicy data = {};
	struct asked_policy asked;
	bool found = false;

	task_lock(task);
	if (task->mempolicy) {
		found = true;
		get_asked(task->mempolicy, &asked);
		if (asked.mode == MPOL_INTERLEAVE || asked.mode == MPOL_WEIGHTED_INTERLEAVE)
			data.last = task->il_prev;
		if (asked.mode == MPOL_WEIGHTED_INTERLEAVE)
			data.weight = task->il_weight;
	}
	task_unlock(task);
	if (!found)
		return 0;
	data.mode = asked.mode;
	data.flags = asked.flags;
	return ckpt_emit(ctx, kind, t->id, &data, words, pack_nodes(&asked.nodes, words));
}

/* The first area at or above @at that has one */
static bool find_policy(struct mm_struct *mm, unsigned long at,
			struct ckpt_rec_area_mempolicy *data, struct asked_policy *asked)
{
	VMA_ITERATOR(vmi, mm, at);
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	for_each_vma(vmi, vma) {
		if (!vma_policy(vma))
			continue;
		get_asked(vma_policy(vma), asked);
		*data = (struct ckpt_rec_area_mempolicy) {
			.start = vma->vm_start,
			.end = vma->vm_end,
			.mode = asked->mode,
			.flags = asked->flags,
			.home = asked->home + 1,
		};
		return true;
	}
	return false;
}

static int areas_save_policy(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
			     struct ckpt_task *t)
{
	u32 id = ckpt_known_id(ctx, t->mm, &ckpt_class_mm);
	u64 words[BITS_TO_U64(MAX_NUMNODES)];
	struct ckpt_rec_area_mempolicy data;
	struct asked_policy asked;
	unsigned long at = 0;
	bool found;
	int err;

	for (;;) {
		err = ckpt_read_lock_mm(ctx, t->mm);
		if (err)
			return err;
		found = find_policy(t->mm, at, &data, &asked);
		mmap_read_unlock(t->mm);
		if (!found)
			return 0;
		ctx->at.address = data.start;
		err = ckpt_emit(ctx, kind, id, &data, words, pack_nodes(&asked.nodes, words));
		if (err)
			return err;
		at = data.end;
	}
}

/* -- validate ---------------------------------------------------------------- */

static void to_nodes(const struct policy_words *words, nodemask_t *nodes)
{
	nodes_clear(*nodes);
	bitmap_from_arr64(nodes_addr(*nodes), words->nodes,
			  min_t(u64, (u64)words->count * 64, MAX_NUMNODES));
}

/* As mpol_new() has them */
static bool modes_fit(const struct policy_words *words)
{
	unsigned short flags;
	int mode = words->mode;
	nodemask_t nodes;

	to_nodes(words, &nodes);
	if (words->mode >= MPOL_MAX || words->flags & ~MPOL_MODE_FLAGS || mode == MPOL_DEFAULT)
		return false;
	mode |= words->flags;
	if (sanitize_mpol_flags(&mode, &flags))
		return false;
	if (mode == MPOL_LOCAL ? words->flags || words->count : nodes_empty(nodes))
		return false;
	return !words->home || mode == MPOL_BIND || mode == MPOL_PREFERRED_MANY;
}

/* Nodes that policies name and that are not there, by number; @beyond: of a larger kernel */
struct missing_nodes {
	nodemask_t nodes;
	bool beyond;
};

static const struct ckpt_private missing_nodes = { .size = sizeof(struct missing_nodes) };

static bool may_use(int node)
{
	return node < MAX_NUMNODES && node_state(node, N_MEMORY) &&
	       node_isset(node, cpuset_current_mems_allowed);
}

/* Numbers that are relative are those of any nodes. */
static int note_missing(struct ckpt_ctx *ctx, const struct policy_words *words)
{
	struct missing_nodes *missing = ckpt_make_private(&ctx->privates, &missing_nodes);
	nodemask_t nodes;
	int node;
	u32 i;

	if (!missing)
		return ckpt_fail(ctx, -ENOMEM, "no memory for a NUMA memory policy");
	for (i = BITS_TO_U64(MAX_NUMNODES); i < words->count; i++)
		missing->beyond |= words->nodes[i] != 0;
	to_nodes(words, &nodes);
	for_each_node_mask(node, nodes)
		if (!(words->flags & MPOL_F_RELATIVE_NODES) && !may_use(node))
			node_set(node, missing->nodes);
	if (words->home && words->home <= MAX_NUMNODES && !may_use(words->home - 1))
		node_set(words->home - 1, missing->nodes);
	return 0;
}

static int validate_policy(struct ckpt_ctx *ctx, const struct policy_words *words)
{
	if (!modes_fit(words) || words->home > MAX_NODE_WORDS * 64)
		return ckpt_fail(ctx, -EINVAL,
				 "a NUMA memory policy is none that there is (mode %u, flags %#x)",
				 words->mode, words->flags);
	return note_missing(ctx, words);
}

static int policy_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_mempolicy *data = item->data;
	bool interleaves = data->mode == MPOL_INTERLEAVE || data->mode == MPOL_WEIGHTED_INTERLEAVE;
	struct policy_words words = {
		.mode = data->mode,
		.flags = data->flags,
		.nodes = item->array,
		.count = item->count,
	};

	if ((data->last && !interleaves) || data->last > MAX_NODE_WORDS * 64 ||
	    (data->weight && data->mode != MPOL_WEIGHTED_INTERLEAVE) || data->weight > U8_MAX)
		return ckpt_fail(ctx, -EINVAL, "a NUMA memory policy goes on nowhere (%u, %u)",
				 data->last, data->weight);
	return validate_policy(ctx, &words);
}

/* Also of a part of memory in common, or of a deleted file: their records look the same. */
static struct policy_words range_words(const struct ckpt_item *item)
{
	const struct ckpt_rec_area_mempolicy *data = item->data;

	return (struct policy_words) {
		.mode = data->mode,
		.flags = data->flags,
		.home = data->home,
		.nodes = item->array,
		.count = item->count,
	};
}

static int area_validate_policy(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_area_mempolicy *data = item->data;
	struct policy_words words = range_words(item);

	ctx->at.address = data->start;
	if (data->start >= data->end || data->end > TASK_SIZE_MAX ||
	    !PAGE_ALIGNED(data->start) || !PAGE_ALIGNED(data->end))
		return ckpt_fail(ctx, -EINVAL,
				 "an area with a NUMA memory policy is out of range (%llx-%llx)",
				 data->start, data->end);
	return validate_policy(ctx, &words);
}

/* Said once, of all policies in the image */
static int policies_complete(struct ckpt_ctx *ctx)
{
	const struct missing_nodes *missing = ckpt_private(&ctx->privates, &missing_nodes);

	if (missing && !nodes_empty(missing->nodes))
		ckpt_note(ctx,
			  "NUMA memory policies name nodes %*pbl, which are not here or which the caller may not use: they are left out",
			  nodemask_pr_args(&missing->nodes));
	if (missing && missing->beyond)
		ckpt_note(ctx, "NUMA memory policies name nodes above %lu, which this kernel cannot have: they are left out",
			  BITS_TO_U64(MAX_NUMNODES) * 64UL - 1);
	return 0;
}

/* -- restore ----------------------------------------------------------------- */

static int policy_failed(struct ckpt_ctx *ctx, int err)
{
	if (err == -EINVAL)
		return ckpt_fail(ctx, err, "none of the nodes of a NUMA memory policy may be used here");
	return ckpt_fail(ctx, err, "a NUMA memory policy cannot be set");
}

static void to_asked(const struct policy_words *words, struct asked_policy *asked)
{
	asked->mode = words->mode | words->flags;
	asked->home = words->home && may_use(words->home - 1) ? words->home - 1 : NUMA_NO_NODE;
	/* It has been found to be in order, and adds what the kernel knows by itself. */
	sanitize_mpol_flags(&asked->mode, &asked->flags);
	to_nodes(words, &asked->nodes);
}

static int policy_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_mempolicy *data = item->data;
	struct policy_words words = {
		.mode = data->mode,
		.flags = data->flags,
		.nodes = item->array,
		.count = item->count,
	};
	struct asked_policy asked;
	int err;

	to_asked(&words, &asked);
	err = do_set_mempolicy(asked.mode, asked.flags, &asked.nodes);
	if (err)
		return policy_failed(ctx, err);
	if (data->mode == MPOL_INTERLEAVE || data->mode == MPOL_WEIGHTED_INTERLEAVE) {
		current->il_prev = min(data->last, MAX_NUMNODES - 1);
		current->il_weight = data->weight;
	}
	return 0;
}

/* As an object with its nodes, for whoever puts it in its place: an error pointer, or it */
static struct mempolicy *make_policy(struct asked_policy *asked)
{
	NODEMASK_SCRATCH(scratch);
	struct mempolicy *new;
	int err = scratch ? 0 : -ENOMEM;

	new = mpol_new(asked->mode, asked->flags, &asked->nodes);
	if (!err && !IS_ERR(new)) {
		new->home_node = asked->home;
		task_lock(current);
		err = mpol_set_nodemask(new, &asked->nodes, scratch);
		task_unlock(current);
	}
	NODEMASK_SCRATCH_FREE(scratch);
	if (err && !IS_ERR(new))
		mpol_put(new);
	return err ? ERR_PTR(err) : new;
}

/* Memory whose policies are in the image beside it: files/mempolicy.c */
static bool has_policies_of_its_own(unsigned long start)
{
	struct vm_area_struct *vma;
	bool ret;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, start);
	ret = vma && vma->vm_file && vma->vm_ops && vma->vm_ops->set_policy &&
	      ckpt_saves_shared_policy(vma->vm_file);
	mmap_read_unlock(current->mm);
	return ret;
}

/* The part of mbind(2) that does not reach through an area to what it shows */
static int set_alone(u64 start, u64 end, struct mempolicy *new)
{
	struct vm_area_struct *vma, *prev;
	struct vma_iterator vmi;

	vma_iter_init(&vmi, current->mm, start);
	prev = vma_prev(&vmi);
	vma = vma_find(&vmi, end);
	if (!vma || vma->vm_start > start || vma->vm_end < end)
		return -EFAULT;
	if (vma->vm_start < start)
		prev = vma;
	if (mpol_equal(vma_policy(vma), new))
		return 0;
	vma = vma_modify_policy(&vmi, prev, vma, start, end, new);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma_start_write(vma);
	mpol_put(vma_policy(vma));
	mpol_get(new);
	vma->vm_policy = new;
	return 0;
}

static int note_area(const struct ckpt_rec_area_mempolicy *data, struct asked_policy *asked)
{
	struct mempolicy *new = make_policy(asked);
	int err = -EINTR;

	if (IS_ERR(new))
		return PTR_ERR(new);
	if (!mmap_write_lock_killable(current->mm)) {
		err = set_alone(data->start, data->end, new);
		mmap_write_unlock(current->mm);
	}
	mpol_put(new);
	return err;
}

/* Pages that wait on other nodes come to where they would have been made. */
static int bind_area(const struct ckpt_rec_area_mempolicy *data, struct asked_policy *asked)
{
	u64 len = data->end - data->start;
	int err = do_mbind(data->start, len, asked->mode, asked->flags, &asked->nodes,
			   asked->mode == MPOL_LOCAL ? 0 : MPOL_MF_MOVE);

	if (err || asked->home == NUMA_NO_NODE)
		return err;
	return __do_sys_set_mempolicy_home_node(data->start, len, asked->home, 0);
}

static int area_restore_policy(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_area_mempolicy *data = item->data;
	struct policy_words words = range_words(item);
	struct asked_policy asked;
	int err;

	ctx->at.address = data->start;
	if (ckpt_object(ctx, item->object, &ckpt_class_mm) != current->mm)
		return ckpt_fail(ctx, -EINVAL, "an area belongs to the memory of another task");
	to_asked(&words, &asked);
	err = has_policies_of_its_own(data->start) ? note_area(data, &asked) :
						     bind_area(data, &asked);
	if (err == -EFAULT)
		return ckpt_fail(ctx, -EINVAL,
				 "there is no area %llx-%llx to have a NUMA memory policy",
				 data->start, data->end);
	return err ? policy_failed(ctx, err) : 0;
}

CHECKPOINT_KIND(mempolicy) = {
	.name		= "mempolicy",
	.type		= CKPT_REC_MEMPOLICY,
	.size		= sizeof(struct ckpt_rec_mempolicy),
	CKPT_ARRAY(struct ckpt_rec_mempolicy, nodes, __u64),
	.max		= MAX_NODE_WORDS,
	.scope		= CKPT_SCOPE_THREAD,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_task,
	.save		= policy_save,
	.validate	= policy_validate,
	.complete	= policies_complete,
	.restore	= policy_restore,
};

CHECKPOINT_KIND(area_mempolicy) = {
	.name		= "area_mempolicy",
	.type		= CKPT_REC_AREA_MEMPOLICY,
	.size		= sizeof(struct ckpt_rec_area_mempolicy),
	CKPT_ARRAY(struct ckpt_rec_area_mempolicy, nodes, __u64),
	.max		= MAX_NODE_WORDS,
	.scope		= CKPT_SCOPE_MM,
	.stage		= CKPT_STAGE_SEAL,
	.class		= &ckpt_class_mm,
	.many		= true,
	.save		= areas_save_policy,
	.validate	= area_validate_policy,
	.restore	= area_restore_policy,
};
