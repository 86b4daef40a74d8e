// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: 32-bit system calls by their 64-bit numbers.
 *
 * Who asks knows each call by one number then, whichever ABI it was made through.
 */
#include <linux/compat.h>
#include <linux/kernel.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/ipc.h>
#include <asm/checkpoint.h>
#include <asm/seccomp.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <asm/unistd_32_ia32.h>

#define SAME(name)		{ __NR_ia32_##name, __NR_##name }
#define LIKE(compat, native)	{ __NR_ia32_##compat, __NR_##native }

/*
 * Calls whose arguments are the same in number and order, but for positions in a file, which
 * take two.  What timeouts and other structures in memory look like is another matter: see
 * in_compat_syscall().
 */
static const struct {
	int compat;
	int native;
} calls[] = {
	SAME(read), SAME(write), SAME(readv), SAME(writev), SAME(getrandom),
	SAME(pread64), SAME(preadv), SAME(splice), SAME(copy_file_range),
	SAME(sendto), SAME(recvfrom), SAME(sendmsg), SAME(recvmsg), SAME(sendmmsg),
	SAME(recvmmsg), LIKE(recvmmsg_time64, recvmmsg), SAME(connect), SAME(accept4),
	SAME(sendfile), LIKE(sendfile64, sendfile),
	SAME(epoll_wait), SAME(epoll_pwait), SAME(epoll_pwait2),
	SAME(rt_sigtimedwait), LIKE(rt_sigtimedwait_time64, rt_sigtimedwait),
	LIKE(semtimedop_time64, semtimedop), SAME(msgsnd), SAME(msgrcv),
	SAME(io_getevents), SAME(io_pgetevents), LIKE(io_pgetevents_time64, io_pgetevents),
	SAME(io_uring_enter), SAME(select), LIKE(_newselect, select),
	SAME(pselect6), LIKE(pselect6_time64, pselect6), SAME(ppoll), LIKE(ppoll_time64, ppoll),
	SAME(clock_nanosleep), LIKE(clock_nanosleep_time64, clock_nanosleep),
	SAME(restart_syscall),
};

/* ipc(2) has its arguments in an order of its own: the call, first, second, third, ptr. */
static int ipc_call(unsigned long *args)
{
	const unsigned long was[5] = { args[0], args[1], args[2], args[3], args[4] };

	args[0] = was[1];
	args[1] = was[4];
	args[2] = was[2];
	args[3] = was[3];
	/* Above that is a version, of msgrcv's arguments alone. */
	switch (was[0] & 0xffff) {
	case SEMOP:
		return __NR_semop;
	case SEMTIMEDOP:
		return __NR_semtimedop;
	case MSGSND:
		return __NR_msgsnd;
	case MSGRCV:
		return __NR_msgrcv;
	default:
		return -1;
	}
}

/* Calls of socketcall(2), and how many arguments each has */
static const struct {
	int native;
	int count;
} socket_calls[] = {
	[SYS_CONNECT]	= { __NR_connect, 3 },
	[SYS_ACCEPT]	= { __NR_accept, 3 },
	[SYS_SEND]	= { __NR_sendto, 4 },
	[SYS_RECV]	= { __NR_recvfrom, 4 },
	[SYS_SENDTO]	= { __NR_sendto, 6 },
	[SYS_RECVFROM]	= { __NR_recvfrom, 6 },
	[SYS_SENDMSG]	= { __NR_sendmsg, 3 },
	[SYS_RECVMSG]	= { __NR_recvmsg, 3 },
	[SYS_ACCEPT4]	= { __NR_accept4, 4 },
	[SYS_RECVMMSG]	= { __NR_recvmmsg, 5 },
	[SYS_SENDMMSG]	= { __NR_sendmmsg, 4 },
};

/*
 * socketcall(2) has them in memory, where current alone looks, and only at what is there:
 * it may hold a spinlock.  Else they are what no call has.
 */
static int socket_call(struct task_struct *task, unsigned long *args)
{
	const void __user *from = compat_ptr(args[1]);
	unsigned long nr = args[0];
	u32 found[6] = {};
	int i;

	if (nr >= ARRAY_SIZE(socket_calls) || !socket_calls[nr].count)
		return -1;
	if (task != current ||
	    copy_from_user_nofault(found, from, socket_calls[nr].count * sizeof(u32)))
		memset(found, 0xff, sizeof(found));
	for (i = 0; i < ARRAY_SIZE(found); i++)
		args[i] = found[i];
	return socket_calls[nr].native;
}

static int native_nr(int nr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].compat == nr)
			return calls[i].native;
	return -1;
}

int ckpt_arch_get_call(struct task_struct *task, struct pt_regs *regs, unsigned long *args)
{
	unsigned long unused[6];
	int i, nr = syscall_get_nr(task, regs);

	args = args ?: unused;
	syscall_get_arguments(task, regs, args);
	if (nr == -1 || syscall_get_arch(task) == SECCOMP_ARCH_NATIVE)
		return nr;
	/* As the entry of the call: what a 64-bit program has above is not looked at. */
	for (i = 0; i < 6; i++)
		args[i] = (u32)args[i];
	switch (nr) {
	case __NR_ia32_ipc:
		return ipc_call(args);
	case __NR_ia32_socketcall:
		return socket_call(task, args);
	default:
		return native_nr(nr);
	}
}
