// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: filters of sockets from memory of the kernel.  Compiled into
 * net/core/filter.c, behind what makes classic programs from there.
 */
#include "net.h"

/**
 * ckpt_attach_filter - restart: as sk_attach_filter(), from memory of the kernel
 * @sk: the socket
 * @insns: the program's instructions, which are kept too
 * @nr: how many
 *
 * Context: takes the socket's lock; may sleep.
 * Return: 0 or negative errno
 */
int ckpt_attach_filter(struct sock *sk, const struct sock_filter *insns, u32 nr)
{
	struct bpf_prog *prog;
	int err = ckpt_make_classic_prog(&prog, insns, nr, NULL);

	if (err)
		return err;
	lock_sock(sk);
	err = sock_flag(sk, SOCK_FILTER_LOCKED) ? -EPERM : __sk_attach_prog(prog, sk);
	release_sock(sk);
	if (err)
		__bpf_prog_release(prog);
	return err;
}

/**
 * ckpt_mute - save: a socket is to hear nothing from now on
 * @sk: the socket, owned
 *
 * What a listener is calling into being just now does not inherit it: sk_clone_lock() knows it
 * by that nobody can ask for its instructions.
 *
 * Return: what keeps everything from it, for ckpt_unmute(); NULL if it has a filter of its own,
 * or cannot have this one
 */
struct sk_filter *ckpt_mute(struct sock *sk)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog_kern program = { .len = 1, .filter = &nothing };
	struct sk_filter *filter;
	struct bpf_prog *prog;

	sock_owned_by_me(sk);
	if (rcu_access_pointer(sk->sk_filter) || bpf_prog_create(&prog, &program))
		return NULL;
	if (__sk_attach_prog(prog, sk)) {
		__bpf_prog_release(prog);
		return NULL;
	}
	filter = rcu_dereference_protected(sk->sk_filter, lockdep_sock_is_held(sk));
	refcount_inc(&filter->refcnt);
	return filter;
}

/**
 * ckpt_unmute - a socket hears again
 * @sk: the socket, owned; somebody else who has it may have given it another filter
 * @filter: what ckpt_mute() has returned
 */
void ckpt_unmute(struct sock *sk, struct sk_filter *filter)
{
	sock_owned_by_me(sk);
	if (rcu_access_pointer(sk->sk_filter) == filter) {
		RCU_INIT_POINTER(sk->sk_filter, NULL);
		sk_filter_uncharge(sk, filter);
	}
	sk_filter_release(filter);
}
