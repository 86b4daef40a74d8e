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
 * Calls whose arguments are the same in number and order.  What timeouts and other
 * structures in memory look like is another matter: see in_compat_syscall().
 */
static const struct {
	int compat;
	int native;
} calls[] = {
	SAME(read), SAME(write), SAME(readv), SAME(writev), SAME(getrandom),
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

/*
 * socketcall(2) has them in memory, where current alone looks, and only at what is there:
 * it may hold a spinlock.
 */
static int socket_call(struct task_struct *task, unsigned long *args)
{
	const void __user *from = compat_ptr(args[1]);
	int i, nr, count = 4;
	u32 found[6] = {};

	switch (args[0]) {
	case SYS_SENDTO:
		count = 6;
		fallthrough;
	case SYS_SEND:
		nr = __NR_sendto;
		break;
	case SYS_RECVFROM:
		count = 6;
		fallthrough;
	case SYS_RECV:
		nr = __NR_recvfrom;
		break;
	default:
		return -1;
	}
	if (task != current || copy_from_user_nofault(found, from, count * sizeof(u32)))
		return -1;
	for (i = 0; i < ARRAY_SIZE(found); i++)
		args[i] = found[i];
	return nr;
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
