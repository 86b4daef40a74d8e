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
