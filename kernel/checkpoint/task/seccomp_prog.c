// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: classic BPF programs from memory of the kernel.  Compiled into
 * net/core/filter.c, which has what checks and translates them.
 */
#include "task.h"

int ckpt_make_classic_prog(struct bpf_prog **progp, const struct sock_filter *insns, u32 nr,
			   int (*check)(struct sock_filter *filter, unsigned int flen))
{
	const struct sock_fprog program = { .len = nr };
	struct bpf_prog *prog;

	if (!bpf_check_basics_ok(insns, nr))
		return -EINVAL;
	prog = bpf_prog_alloc(bpf_prog_size(nr), __GFP_ACCOUNT);
	if (!prog)
		return -ENOMEM;
	memcpy(prog->insns, insns, nr * sizeof(*insns));
	prog->len = nr;
	prog->orig_prog = NULL;
	if (bpf_prog_store_orig_filter(prog, &program)) {
		__bpf_prog_free(prog);
		return -ENOMEM;
	}
	/* Frees it if something is wrong. */
	prog = bpf_prepare_filter(prog, check);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	*progp = prog;
	return 0;
}
