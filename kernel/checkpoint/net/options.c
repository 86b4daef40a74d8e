// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: what setsockopt(2) has set of a socket.  Each level has a table.
 */
#include <linux/cred.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <net/sock.h>
#include "net.h"

/**
 * ckpt_set_number - set an option that is a number, by setsockopt(2)'s own function
 * @sock: the socket
 * @option: the option
 * @value: the number
 * @more: nothing
 *
 * Return: 0 or negative errno
 */
int ckpt_set_number(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more)
{
	int number = value;

	if (option->level == SOL_SOCKET)
		return sock_setsockopt(sock, SOL_SOCKET, option->name, KERNEL_SOCKPTR(&number),
				       sizeof(number));
	return sock->ops->setsockopt(sock, option->level, option->name, KERNEL_SOCKPTR(&number),
				     sizeof(number));
}

/* Ascending by number */
static const struct ckpt_option_level * const levels[] = {
	IS_ENABLED(CONFIG_INET) ? &ckpt_options_ip : NULL,
	&ckpt_options_socket,
	IS_ENABLED(CONFIG_INET) ? &ckpt_options_tcp : NULL,
	IS_ENABLED(CONFIG_INET) ? &ckpt_options_udp : NULL,
	IS_ENABLED(CONFIG_IPV6) ? &ckpt_options_ipv6 : NULL,
	IS_ENABLED(CONFIG_INET) ? &ckpt_options_raw : NULL,
	IS_ENABLED(CONFIG_PACKET) ? &ckpt_options_packet : NULL,
	&ckpt_options_netlink,
};

/* All that a socket may have */
#define OPTIONS_MAX	128

/* -- check and save --------------------------------------------------------------------- */

/* Some calls of setsockopt(2) take any number. */
static bool is_in_range(const struct ckpt_option *option, const struct sock *sk)
{
	s64 more = 0, value = option->get(sk, option, &more);

	return (value == option->unset && !more) ||
	       (value >= option->from && value <= option->to && more >= 0 && more <= option->most);
}

static const char *bad_of_level(const struct ckpt_option_level *level, const struct sock *sk)
{
	const char *bad = level->bad ? level->bad(sk) : NULL;
	u32 i;

	/* One that waits in a queue has no options of its own yet. */
	for (i = 0; !bad && sk->sk_socket && i < level->nr; i++)
		if (!is_in_range(&level->options[i], sk))
			bad = "with an option of setsockopt that has a value without a meaning";
	return bad;
}

static const char *bad_option(const struct sock *sk)
{
	const char *bad = NULL;
	int i;

	for (i = 0; i < ARRAY_SIZE(levels) && !bad; i++)
		if (levels[i] && levels[i]->has(sk))
			bad = bad_of_level(levels[i], sk);
	return bad;
}

/**
 * ckpt_check_socket_options - can what setsockopt(2) has set be saved?
 * @ctx: the call, surveyed
 * @sk: the socket
 * @what: what it is, for messages: "a unix socket"
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_check_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, const char *what)
{
	const char *bad = bad_option(sk);

	return bad ? ckpt_cannot_save(ctx, "%s %s", what, bad) : 0;
}

static u32 get_level(const struct ckpt_option_level *level, const struct sock *sk,
		     struct ckpt_rec_socket_option *set)
{
	u32 i, nr = 0;

	for (i = 0; i < level->nr; i++) {
		const struct ckpt_option *option = &level->options[i];
		s64 more = 0, value = option->get(sk, option, &more);

		if (value != option->unset || more)
			set[nr++] = (struct ckpt_rec_socket_option) {
				.level = option->level, .name = option->name,
				.value = value, .more = more,
			};
	}
	return nr;
}

static const struct ckpt_kind ckpt_kind_socket_options;

/**
 * ckpt_save_socket_options - save what setsockopt(2) has set
 * @ctx: the call
 * @sk: the socket, which has a file
 * @id: its object
 *
 * Context: may sleep.
 * Return: 0 or negative errno (reported)
 */
int ckpt_save_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, u32 id)
{
	struct ckpt_rec_socket_options rec = {};
	struct ckpt_rec_socket_option *set;
	u32 i, nr = 0;
	int err;

	set = kcalloc(OPTIONS_MAX, sizeof(*set), GFP_KERNEL_ACCOUNT);
	if (!set)
		return ckpt_fail(ctx, -ENOMEM, "no memory for the options of a socket");
	for (i = 0; i < ARRAY_SIZE(levels); i++)
		if (levels[i] && levels[i]->has(sk) &&
		    !WARN_ON_ONCE(nr + levels[i]->nr > OPTIONS_MAX))
			nr += get_level(levels[i], sk, &set[nr]);
	err = ckpt_emit(ctx, &ckpt_kind_socket_options, id, &rec, set, nr);
	kfree(set);
	err = err ?: ckpt_save_socket_filter(ctx, sk, id);
	return err ?: ckpt_save_socket_devices(ctx, sk, id);
}

/* -- validate and restore --------------------------------------------------------------- */

static const struct ckpt_option_level *find_level(u32 level)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(levels); i++)
		if (levels[i] && levels[i]->level == level)
			return levels[i];
	return NULL;
}

static const struct ckpt_option *find_option(const struct ckpt_rec_socket_option *data)
{
	const struct ckpt_option_level *level = find_level(data->level);
	u32 i;

	for (i = 0; level && i < level->nr; i++)
		if (data->name == level->options[i].name)
			return &level->options[i];
	return NULL;
}

static bool ascends(const struct ckpt_rec_socket_option *set, u32 i)
{
	return !i || set[i].level > set[i - 1].level ||
	       (set[i].level == set[i - 1].level && set[i].name > set[i - 1].name);
}

static int options_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_socket_option *set = item->array;
	u32 i;

	for (i = 0; i < item->count; i++) {
		const struct ckpt_option *option = find_option(&set[i]);

		if (!option || !ascends(set, i))
			return ckpt_fail(ctx, -EINVAL, "option %u of a socket is unknown, or comes twice",
					 set[i].name);
		if (set[i].value < option->from || set[i].value > option->to ||
		    set[i].more < 0 || set[i].more > option->most)
			return ckpt_fail(ctx, -EINVAL, "option %u of a socket is out of range",
					 set[i].name);
	}
	return 0;
}

static int fail_option(struct ckpt_ctx *ctx, const struct ckpt_rec_socket_option *set, int err)
{
	if (set->level == SOL_SOCKET && (set->name == SO_SNDBUF || set->name == SO_RCVBUF))
		return ckpt_fail(ctx, err, "a socket's buffer cannot have its size of %lld bytes again (error %d; see net.core.wmem_max and rmem_max)",
				 set->value, -err);
	return ckpt_fail(ctx, err, "option %u of a socket cannot be set to %lld again (error %d)",
			 set->name, set->value, -err);
}

static int options_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	struct ckpt_socket *made = ckpt_object(ctx, item->object, &ckpt_class_socket);
	const struct ckpt_rec_socket_option *set = item->array;
	const struct cred *old;
	int err = 0;
	u32 i;

	if (!made || !made->sk->sk_socket)
		return ckpt_fail(ctx, -EINVAL, "a socket without a file has options");
	old = override_creds(made->who);
	for (i = 0; !err && i < item->count; i++) {
		const struct ckpt_option *option = find_option(&set[i]);

		if (!find_level(set[i].level)->has(made->sk)) {
			err = ckpt_fail(ctx, -EINVAL, "option %u is of another sort of socket",
					set[i].name);
			break;
		}
		err = option->set(made->sk->sk_socket, option, set[i].value, set[i].more);
		if (err)
			fail_option(ctx, &set[i], err);
	}
	revert_creds(old);
	return err;
}

CHECKPOINT_KIND(socket_options) = {
	.name		= "socket_options",
	.type		= CKPT_REC_SOCKET_OPTIONS,
	.size		= sizeof(struct ckpt_rec_socket_options),
	CKPT_ARRAY(struct ckpt_rec_socket_options, options, struct ckpt_rec_socket_option),
	.max		= OPTIONS_MAX,
	.stage		= CKPT_STAGE_FILE,
	.class		= &ckpt_class_socket,
	.validate	= options_validate,
	.restore	= options_restore,
};
