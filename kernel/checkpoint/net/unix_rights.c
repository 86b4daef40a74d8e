// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptors under way between unix sockets, see DOC: unix sockets.
 * Compiled into net/unix/af_unix.c behind unix_message.c, which saves them.
 */

/* -- check ------------------------------------------------------------------------------- */

static int check_under_way(struct ckpt_ctx *ctx, struct file *file)
{
	/* It has no descriptor by which a lock could be taken. */
	if (IS_ENABLED(CONFIG_FILE_LOCKING) && (ckpt_has_lock(file) || ckpt_has_lease(file)))
		return ckpt_file_fail(ctx, -EBUSY, "a file with a lock is under way to a unix socket; let the program receive it first");
	return ckpt_check_object(ctx, &ckpt_class_file, file);
}

/* What no descriptor leads to; the rest is looked at with its descriptor. */
static int rights_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int err = ckpt_survey_files(ctx), first = 0;
	struct ckpt_seen *seen;
	struct file *file;

	if (err)
		return err;
	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE) {
		if (!seen->rights || seen->rights != seen->refs)
			continue;
		/* A check may let the tree go. */
		file = get_file((struct file *)seen->ptr);
		ctx->at.t = seen->t;
		ckpt_files(ctx)->fd = seen->fd;
		err = check_under_way(ctx, file);
		ckpt_files(ctx)->fd = -1;
		fput(file);
		if (!ckpt_looks_on(ctx, err, &first))
			break;
		cond_resched();
	}
	return first;
}

/* -- validate and restore ------------------------------------------------------------------ */

static int rights_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	if (!item->count || ckpt_defining_type(ctx, item->object) != CKPT_REC_UNIX)
		return ckpt_fail(ctx, -EINVAL, "descriptors under way are malformed");
	return 0;
}

/* As scm_fp_copy().  Return: the list, or an error pointer (reported) */
static struct scm_fp_list *make_list(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_unix_right *files = item->array;
	struct scm_fp_list *fpl = kzalloc(sizeof(*fpl), GFP_KERNEL_ACCOUNT);
	struct file *file;
	u32 i;

	if (!fpl)
		return ERR_PTR(ckpt_fail(ctx, -ENOMEM, "no memory for descriptors under way"));
	fpl->max = SCM_MAX_FD;
	fpl->user = get_uid(current_user());
	INIT_LIST_HEAD(&fpl->vertices);
	for (i = 0; i < item->count; i++) {
		file = ckpt_object(ctx, files[i].file, &ckpt_class_file);
		if (!file) {
			struct scm_cookie scm = { .fp = fpl };

			scm_destroy(&scm);
			return ERR_PTR(ckpt_fail(ctx, -EINVAL, "a file under way was not made"));
		}
		fpl->count_unix += !!unix_get_socket(file);
		fpl->fp[fpl->count++] = get_file(file);
	}
	return fpl;
}

/* With the message that came before, which nobody can have received */
static int attach(struct ckpt_ctx *ctx, struct ckpt_socket *made, struct scm_fp_list *fpl)
{
	struct scm_cookie scm = { .fp = fpl };
	struct sk_buff *skb = made->last;
	int err = unix_attach_fds(&scm, skb);

	if (err) {
		/* It may be the message's already, and goes with that. */
		scm_destroy(&scm);
		if (err == -ETOOMANYREFS)
			return ckpt_fail(ctx, err, "more descriptors are under way than RLIMIT_NOFILE of the user allows");
		return ckpt_fail(ctx, err, "no memory for descriptors under way");
	}
	unix_state_lock(made->sk);
	scm_stat_add(made->sk, skb);
	unix_state_unlock(made->sk);
	return 0;
}

static int rights_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	struct scm_fp_list *fpl;

	if (!made || !made->last || UNIXCB(made->last).fp)
		return ckpt_fail(ctx, -EINVAL, "descriptors are under way without a message");
	fpl = make_list(ctx, item);
	return IS_ERR(fpl) ? PTR_ERR(fpl) : attach(ctx, made, fpl);
}

CHECKPOINT_KIND(unix_rights) = {
	.name		= "unix_rights",
	.type		= CKPT_REC_UNIX_RIGHTS,
	.size		= sizeof(struct ckpt_rec_unix_rights),
	CKPT_ARRAY(struct ckpt_rec_unix_rights, files, struct ckpt_rec_unix_right),
	.max		= SCM_MAX_FD,
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.many		= true,
	.waits		= true,
	.check		= rights_check,
	.validate	= rights_validate,
	.restore	= rights_restore,
};
