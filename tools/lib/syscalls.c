// SPDX-License-Identifier: LGPL-2.1-only
/*
 * syscalls.c - the two system calls, by number: no libc knows them.
 */
#include <errno.h>
#include <unistd.h>

#include "libcheckpoint.h"

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

long ckpt_checkpoint(pid_t pid, int fd, unsigned long flags, struct checkpoint_args *args,
		     size_t size)
{
	if (!args)
		return result(syscall(CKPT_NR_checkpoint, pid, fd, flags));

	return result(syscall(CKPT_NR_checkpoint, pid, fd, flags | CHECKPOINT_ARGS,
			      args, size));
}

long ckpt_restart(int crid, int fd, unsigned long flags, struct restart_args *args, size_t size)
{
	if (!args)
		return result(syscall(CKPT_NR_restart, crid, fd, flags));

	return result(syscall(CKPT_NR_restart, crid, fd, flags | RESTART_ARGS,
			      args, size));
}

int ckpt_end_tree(int hold, bool force)
{
	return ckpt_checkpoint(0, hold, CHECKPOINT_END | (force ? CHECKPOINT_FORCE : 0), NULL, 0);
}

bool ckpt_supported(void)
{
	/* a flag that no kernel knows is refused before anything else is looked at */
	return ckpt_checkpoint(0, -1, 1UL << 30, NULL, 0) != -ENOSYS;
}
