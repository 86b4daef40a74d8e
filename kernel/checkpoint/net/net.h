/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the kinds of sockets share.  Sockets are reached by files, so the
 * survey of files serves them too.
 */
#ifndef _KERNEL_CHECKPOINT_NET_H
#define _KERNEL_CHECKPOINT_NET_H

#include <linux/filter.h>
#include <linux/net.h>
#include <linux/sizes.h>
#include <net/sock.h>
#include "../files/files.h"

/**
 * struct ckpt_socket - restart: a socket, which may have no file
 * @sk: it, with a reference
 * @sock: what its file is made of, until that takes it; NULL if it has none
 * @release: closes @sk if nobody else does: it has no file, and no listener has it; else NULL
 * @who: who made it, with a reference
 * @data: the record that defines it, of the type that its family has
 * @made: the name that was made for it, with references, none if @made.dentry is NULL
 * @last: what it has been given last to receive
 * @kept: the connection that is kept for it, until it takes that over; else NULL
 * @unkeep: undoes what only a commit makes for good, as leaving @kept to others; or NULL
 */
struct ckpt_socket {
	struct sock *sk;
	struct socket *sock;
	void (*release)(struct sock *sk);
	const struct cred *who;
	const void *data;
	struct path made;
	struct sk_buff *last;
	void *kept;
	void (*unkeep)(struct ckpt_socket *made);
};

extern const struct ckpt_class ckpt_class_socket;

const struct cred *ckpt_socket_cred(struct ckpt_ctx *ctx, bool no_file, u32 id);
int ckpt_emit_message(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, const struct sock *sk,
		      void *rec, const struct sk_buff *skb, u32 skip);

/* -- socket.c -------------------------------------------------------------- */

typedef int (*ckpt_visit_skb)(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff *skb);

int ckpt_visit_received(struct ckpt_ctx *ctx, struct sock *sk, struct sk_buff_head *first,
			ckpt_visit_skb visit);
struct ckpt_socket *ckpt_make_socket(struct ckpt_ctx *ctx, const struct cred *who, u32 family,
				     u32 type, u32 protocol, const void *data);
int ckpt_enqueue_packet(struct ckpt_socket *made, struct sk_buff *skb, u32 dropped);

typedef int (*ckpt_visit_socket)(struct ckpt_ctx *ctx, struct sock *sk);

int ckpt_visit_sockets(struct ckpt_ctx *ctx, bool (*is_it)(const struct sock *sk),
		       ckpt_visit_socket visit);
bool ckpt_is_own_socket(struct ckpt_ctx *ctx, struct file *file,
			bool (*is_it)(const struct sock *sk));
int ckpt_save_sockets(struct ckpt_ctx *ctx, bool (*is_it)(const struct sock *sk));

/*
 * How much may a socket hold of what it was to receive, if SO_RCVBUF is @room?  What the kernel
 * counts for a message depends on how it came.
 */
static inline int ckpt_room_to_receive(int room)
{
	return min_t(s64, 4LL * room + SZ_64K, INT_MAX >> 1);
}

/* -- devices.c ------------------------------------------------------------- */

bool ckpt_save_device(const struct sock *sk, int ifindex, u8 *name);
bool ckpt_valid_device(const u8 *name);
int ckpt_find_device(const struct sock *sk, const u8 *name);
bool ckpt_has_lost_device(const struct sock *sk);
int ckpt_save_socket_devices(struct ckpt_ctx *ctx, const struct sock *sk, u32 id);

/* -- filter.c, filter_prog.c in net/core/filter.c ---------------------------- */

bool ckpt_has_odd_filter(const struct sock *sk);
int ckpt_save_socket_filter(struct ckpt_ctx *ctx, const struct sock *sk, u32 id);
int ckpt_attach_filter(struct sock *sk, const struct sock_filter *insns, u32 nr);
struct sk_filter *ckpt_mute(struct sock *sk);
void ckpt_unmute(struct sock *sk, struct sk_filter *filter);

/* -- late.c ---------------------------------------------------------------- */

/**
 * struct ckpt_late - what others may bring to a socket while its tree is held
 * @noted: CKPT_LATE_NOTED
 * @count: how much an open file has of it, 0 if that is of another sort
 */
struct ckpt_late {
	struct ckpt_private noted;
	unsigned int (*count)(struct file *file);
};

#define CKPT_LATE_NOTED	{ .size = sizeof(unsigned int) }

int ckpt_save_late(struct ckpt_ctx *ctx, struct ckpt_task *t, const struct ckpt_late *late);
bool ckpt_has_late(struct ckpt_ctx *ctx, struct ckpt_task *t, const struct ckpt_late *late);

/* -- socket_file.c --------------------------------------------------------- */

int ckpt_check_socket_file(struct ckpt_ctx *ctx, struct file *file, const char *what);
int ckpt_save_socket_file(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id);

/* -- options.c ------------------------------------------------------------- */

struct ckpt_option;

typedef s64 (*ckpt_option_getter)(const struct sock *sk, const struct ckpt_option *option,
				  s64 *more);
typedef int (*ckpt_option_setter)(struct socket *sock, const struct ckpt_option *option,
				  s64 value, s64 more);

/**
 * struct ckpt_option - something that setsockopt(2) sets
 * @level: SOL_*
 * @name: its number there
 * @bit: for @get: of a flag, where it is
 * @unset: what a new socket has, and so is not saved
 * @from: the least that it may be
 * @to: the most that it may be
 * @get: what it is
 * @set: sets it
 * @most: what "more" may be at most
 */
struct ckpt_option {
	u32 level;
	u32 name;
	u32 bit;
	s64 unset;
	s64 from;
	s64 to;
	ckpt_option_getter get;
	ckpt_option_setter set;
	s64 most;
};

/**
 * struct ckpt_option_level - the options of one level
 * @level: SOL_*
 * @has: has a socket this level
 * @bad: what of this level is set and not saved, in words; NULL if there is nothing.  Optional
 * @options: they, ascending by name
 * @nr: how many
 */
struct ckpt_option_level {
	u32 level;
	bool (*has)(const struct sock *sk);
	const char *(*bad)(const struct sock *sk);
	const struct ckpt_option *options;
	u32 nr;
};

int ckpt_set_number(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more);

/* -- options_socket.c, options_inet.c and so on, netlink.c -------------------- */

extern const struct ckpt_option_level ckpt_options_socket;
extern const struct ckpt_option_level ckpt_options_ip;
extern const struct ckpt_option_level ckpt_options_ipv6;
extern const struct ckpt_option_level ckpt_options_tcp;
extern const struct ckpt_option_level ckpt_options_udp;
extern const struct ckpt_option_level ckpt_options_raw;
extern const struct ckpt_option_level ckpt_options_packet;
extern const struct ckpt_option_level ckpt_options_netlink;

/* -- options.c ------------------------------------------------------------- */

static inline bool sock_has_programs(const struct sock *sk)
{
#ifdef CONFIG_BPF_SYSCALL
	if (rcu_access_pointer(sk->sk_bpf_storage))
		return true;
#endif
	/* A socket in a map of BPF has operations of that. */
	return sk->sk_user_data || READ_ONCE(sk->sk_prot) != sk->sk_prot_creator;
}

/* What getsockopt(2) shows of that, -1 if this kernel has nothing of it */
static inline s64 ckpt_busy_poll(const struct sock *sk, u32 name)
{
#ifdef CONFIG_NET_RX_BUSY_POLL
	if (name == SO_BUSY_POLL)
		return READ_ONCE(sk->sk_ll_usec);
	return name == SO_PREFER_BUSY_POLL ? READ_ONCE(sk->sk_prefer_busy_poll) :
	       READ_ONCE(sk->sk_busy_poll_budget);
#else
	return -1;
#endif
}

static inline bool sock_has_policy(const struct sock *sk)
{
#ifdef CONFIG_XFRM
	return rcu_access_pointer(sk->sk_policy[0]) || rcu_access_pointer(sk->sk_policy[1]);
#else
	return false;
#endif
}

int ckpt_check_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, const char *what);
int ckpt_save_socket_options(struct ckpt_ctx *ctx, const struct sock *sk, u32 id);

/* -- options_socket.c, options_rights.c -------------------------------------- */

bool ckpt_has_forced_size(const struct sock *sk, u32 name, u32 most);
bool ckpt_may_again(const struct sock *sk, struct user_namespace *ns, int cap);
const char *ckpt_bad_socket_right(const struct sock *sk);

/* -- options_sent.c -------------------------------------------------------- */

const char *ckpt_bad_sent_option(const struct sock *sk);
s64 ckpt_get_stamp(const struct sock *sk, const struct ckpt_option *option, s64 *more);
s64 ckpt_get_stamping(const struct sock *sk, const struct ckpt_option *option, s64 *more);
int ckpt_set_stamping(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more);
void ckpt_tcp_number_stamps(struct sock *sk);
s64 ckpt_get_zerocopy(const struct sock *sk, const struct ckpt_option *option, s64 *more);
int ckpt_set_zerocopy(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more);
s64 ckpt_get_txtime(const struct sock *sk, const struct ckpt_option *option, s64 *more);
int ckpt_set_txtime(struct socket *sock, const struct ckpt_option *option, s64 value, s64 more);

#endif /* _KERNEL_CHECKPOINT_NET_H */
