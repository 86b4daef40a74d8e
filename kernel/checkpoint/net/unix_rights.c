// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: descriptors under way between unix sockets, see DOC: unix sockets.
 * Compiled into net/unix/af_unix.c behind unix_message.c, which saves them.
 */

static int rights_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_unix_right *files = item->array;
	u32 i;

	for (i = 0; i < item->count && !files[i].reserved; i++)
		;
	if (!item->count || i < item->count ||
	    ckpt_defining_type(ctx, item->object) != CKPT_REC_UNIX)
		return ckpt_fail(ctx, -EINVAL, "descriptors under way are malformed");
	return 0;
}

/* As scm_fp_copy().  Return: the list, or NULL (reported) */
static struct scm_fp_list *make_list(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_unix_right *files = item->array;
	struct scm_fp_list *fpl = kzalloc(sizeof(*fpl), GFP_KERNEL_ACCOUNT);
	struct file *file;
	u32 i;

	if (!fpl) {
		ckpt_fail(ctx, -ENOMEM, "no memory for descriptors under way");
		return NULL;
	}
	fpl->max = SCM_MAX_FD;
	fpl->user = get_uid(current_user());
	INIT_LIST_HEAD(&fpl->vertices);
	for (i = 0; i < item->count; i++) {
		file = ckpt_object(ctx, files[i].file, &ckpt_class_file);
		if (!file) {
			struct scm_cookie scm = { .fp = fpl };

			ckpt_fail(ctx, -EINVAL, "a file under way was not made");
			scm_destroy(&scm);
			return NULL;
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
		return ckpt_fail(ctx, err, err == -ETOOMANYREFS ? "more descriptors are under way than RLIMIT_NOFILE of the user allows" :
				 "no memory for descriptors under way");
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
	return fpl ? attach(ctx, made, fpl) : -EINVAL;
}

CHECKPOINT_KIND(unix_rights) = {
	.name		= "unix_rights",
	.type		= CKPT_REC_UNIX_RIGHTS,
	.size		= sizeof(struct ckpt_rec_unix_rights),
	CKPT_ARRAY(struct ckpt_rec_unix_rights, files, struct ckpt_rec_unix_right),
	.max		= SCM_MAX_FD,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.many		= true,
	.validate	= rights_validate,
	.restore	= rights_restore,
};
