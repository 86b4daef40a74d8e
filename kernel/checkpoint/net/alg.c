// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: sockets of AF_ALG, by which programs use the kernel's algorithms.
 */
#include <crypto/if_alg.h>
#include <crypto/internal/hash.h>
#include <crypto/skcipher.h>
#include <linux/cred.h>
#include <linux/if_alg.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "net.h"

/**
 * DOC: AF_ALG sockets
 *
 * Preserved: the type ("hash", "skcipher") and algorithm that it is bound to.
 *
 * Rebuilt: it is bound by the function of bind(2), as who made it, by the name that all
 * implementations of the algorithm have.
 *
 * Substituted: which implementation works, if it was bound by the name of one.
 *
 * Refused: a key, which nobody can read, and what may have one without needing it (as crc32c
 * has); other types ("aead", "rng"); a socket that an operation was accepted from, and that
 * of the operation; at a restart an algorithm that this machine does not have.
 */

static const char * const types[] = {
	[CKPT_ALG_HASH] = "hash", [CKPT_ALG_SKCIPHER] = "skcipher",
};

static bool is_alg(const struct sock *sk)
{
	return sk->sk_family == AF_ALG;
}

static struct alg_sock *alg_of(const struct sock *sk)
{
	return alg_sk((struct sock *)sk);
}

/* Return: CKPT_ALG_*, or -1 */
static int sort_of(const struct sock *sk)
{
	const struct af_alg_type *type = alg_of(sk)->type;
	int i;

	if (!type)
		return CKPT_ALG_UNBOUND;
	for (i = CKPT_ALG_HASH; i < ARRAY_SIZE(types); i++)
		if (!strcmp(type->name, types[i]))
			return i;
	return -1;
}

static struct crypto_tfm *tfm_of(const struct sock *sk)
{
	void *private = alg_of(sk)->private;

	return sort_of(sk) == CKPT_ALG_HASH ? crypto_ahash_tfm(private) :
					      crypto_skcipher_tfm(private);
}

/*
 * A device's own hash does not say whether there is a key to it; most of them are made of
 * one of the other sort.
 */
static bool takes_key(const struct sock *sk)
{
	const struct crypto_ahash *hash = alg_of(sk)->private;

	if (sort_of(sk) == CKPT_ALG_SKCIPHER)
		return crypto_skcipher_max_keysize(alg_of(sk)->private);
	return !hash->using_shash ||
	       crypto_shash_alg_has_setkey(__crypto_shash_alg(hash->base.__crt_alg));
}

/* -- files ------------------------------------------------------------------------------- */

/* The tree alone has it, and is frozen. */
static const char *bad_alg(const struct sock *sk)
{
	if (alg_of(sk)->parent)
		return "of an operation that was accepted";
	if (atomic_read(&alg_of(sk)->refcnt))
		return "that an open operation was accepted from";
	if (sort_of(sk) < 0)
		return "that is neither of a hash nor of a symmetric cipher";
	if (sort_of(sk) != CKPT_ALG_UNBOUND && takes_key(sk) &&
	    !(crypto_tfm_get_flags(tfm_of(sk)) & CRYPTO_TFM_NEED_KEY))
		return "that has a key, or may have one";
	return NULL;
}

static bool alg_match(struct ckpt_ctx *ctx, void *ptr)
{
	return ckpt_is_own_socket(ctx, ptr, is_alg);
}

static int alg_check(struct ckpt_ctx *ctx, void *ptr)
{
	int err = ckpt_check_socket_file(ctx, ptr, "an algorithm socket");
	const char *bad;

	if (err)
		return err;
	bad = bad_alg(sock_from_file(ptr)->sk);
	return bad ? ckpt_cannot_save(ctx, "an algorithm socket %s", bad) : 0;
}

/* The record is that of all sockets. */
CHECKPOINT_KIND(alg_file) = {
	.name		= "alg_file",
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.match		= alg_match,
	.check_object	= alg_check,
	.save_object	= ckpt_save_socket_file,
};

/* -- save -------------------------------------------------------------------------------- */

static int alg_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	const struct sock *sk = ptr;
	struct ckpt_rec_alg rec = { .sort = sort_of(sk) };
	int err = ckpt_save_object(ctx, &ckpt_class_cred, sk->sk_socket->file->f_cred, &rec.cred);

	BUILD_BUG_ON(sizeof(rec.name) < CRYPTO_MAX_ALG_NAME);
	if (rec.sort != CKPT_ALG_UNBOUND)
		strscpy_pad(rec.name, crypto_tfm_alg_name(tfm_of(sk)), CRYPTO_MAX_ALG_NAME);
	if (!err)
		err = ckpt_emit(ctx, kind, id, &rec, NULL, 0);
	return err ?: ckpt_save_socket_options(ctx, sk, id);
}

static int alg_save_all(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *t)
{
	return ckpt_save_sockets(ctx, is_alg);
}

static bool matches(struct ckpt_ctx *ctx, void *ptr)
{
	return is_alg(ptr);
}

/* -- validate and restore ---------------------------------------------------------------- */

static int alg_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_alg *data = item->data;
	const u32 len = strnlen(data->name, sizeof(data->name));
	const bool bound = data->sort != CKPT_ALG_UNBOUND;

	if (data->sort >= ARRAY_SIZE(types) || len == sizeof(data->name) || bound != !!len ||
	    memchr_inv(data->name + len, 0, sizeof(data->name) - len))
		return ckpt_fail(ctx, -EINVAL, "an algorithm socket is malformed");
	return 0;
}

static int bind_to(struct socket *sock, const struct ckpt_rec_alg *data)
{
	struct {
		struct sockaddr_alg_new head;
		u8 name[sizeof(data->name)];
	} name = { .head.salg_family = AF_ALG };
	const int len = sizeof(name.head) + strlen(data->name) + 1;
	int err;

	strscpy(name.head.salg_type, types[data->sort], sizeof(name.head.salg_type));
	memcpy(name.name, data->name, sizeof(name.name));
	err = security_socket_bind(sock, (struct sockaddr *)&name, len);
	return err ?: sock->ops->bind(sock, (struct sockaddr *)&name, len);
}

static void *alg_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_alg *data = item->data;
	struct ckpt_socket *made;
	const struct cred *old;
	int err;

	made = ckpt_make_socket(ctx, ckpt_socket_cred(ctx, false, data->cred), AF_ALG,
				SOCK_SEQPACKET, 0, data);
	if (IS_ERR(made) || data->sort == CKPT_ALG_UNBOUND)
		return made;
	old = override_creds(made->who);
	err = bind_to(made->sock, data);
	revert_creds(old);
	if (!err)
		return made;
	ckpt_class_socket.put(made);
	return ERR_PTR(ckpt_fail(ctx, err, "an algorithm socket cannot be bound to %s %s again (error %d)",
				 types[data->sort], data->name, -err));
}

CHECKPOINT_KIND(alg) = {
	.name		= "alg",
	.type		= CKPT_REC_ALG,
	.size		= sizeof(struct ckpt_rec_alg),
	.scope		= CKPT_SCOPE_IMAGE,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.defines	= true,
	.match		= matches,
	.save		= alg_save_all,
	.save_object	= alg_save,
	.validate	= alg_validate,
	.restore_object	= alg_restore,
};
