// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: finishing system calls that a stop has cut short.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/socket.h>
#include <linux/splice.h>
#include <linux/tty.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/unistd.h>
#include <net/compat.h>
#include <net/sock.h>
#include <asm/checkpoint.h>
#include <asm/syscall.h>
#include "../checkpoint.h"
#include "resume.h"

/**
 * DOC: no short counts
 *
 * A call that moves many bytes and is stopped when some are moved answers with their
 * number, as it would to a signal.  The registers show that: the call, what it was to move,
 * and less than that as its answer.  The trap moves the rest, before it lets the task go,
 * and adds up.  This holds for a restarted program too, with nothing about it in the image
 * but the registers.
 *
 * Only what moves all if nobody interrupts it is finished so: the program cannot
 * tell the answer from that of a call that was not stopped.  A signal with a handler cuts
 * it short as ever, because the trap asks for pending signals first.  The rest goes to the
 * file that the descriptor was when the task stopped, or nowhere.
 *
 * No seccomp filter is asked about the rest, for it was about the whole.  A filter with a
 * listener may have answered in place of the call; then nothing is finished.
 */

/**
 * struct movable - a call that moves bytes
 * @nr: its number
 * @has_file: its first argument is a descriptor
 * @moves_all: if not interrupted, and not stopped by an error or the end of its input;
 *	NULL: it always does
 * @rest: moves the rest; returns bytes or negative errno
 */
struct movable {
	int nr;
	bool has_file;
	bool (*moves_all)(struct file *file, const unsigned long *args);
	long (*rest)(struct file *file, const unsigned long *args, size_t done);
};

/*
 * A socket with nothing but errors to end a call early.  If a timeout could as well, the call
 * has noted what is left of it.
 */
static bool is_patient(struct file *file, bool receive)
{
	struct socket *sock = sock_from_file(file);
	const struct sock *sk = sock ? sock->sk : NULL;

	if (!sk || file->f_flags & O_NONBLOCK)
		return false;
	return current->checkpoint_deadline ||
	       READ_ONCE(*(receive ? &sk->sk_rcvtimeo : &sk->sk_sndtimeo)) == MAX_SCHEDULE_TIMEOUT;
}

static bool is_patient_stream(struct file *file, bool receive)
{
	return is_patient(file, receive) && sock_from_file(file)->type == SOCK_STREAM;
}

static bool write_moves_all(struct file *file, const unsigned long *args)
{
	if (file->f_flags & O_NONBLOCK)
		return false;
	if (sock_from_file(file))
		return is_patient_stream(file, false);
	return get_pipe_info(file, false) || tty_from_file(file);
}

static bool sendto_moves_all(struct file *file, const unsigned long *args)
{
	return !(args[3] & ~(MSG_NOSIGNAL | MSG_MORE)) && write_moves_all(file, args);
}

static bool sendmsg_moves_all(struct file *file, const unsigned long *args)
{
	return !(args[2] & ~(MSG_NOSIGNAL | MSG_MORE)) && is_patient_stream(file, false);
}

static bool recvfrom_moves_all(struct file *file, const unsigned long *args)
{
	return args[3] == MSG_WAITALL && is_patient_stream(file, true);
}

static bool recvmsg_moves_all(struct file *file, const unsigned long *args)
{
	return args[2] == MSG_WAITALL && is_patient_stream(file, true);
}

/* These devices always have more; numbers of Documentation/admin-guide/devices.txt. */
static bool read_moves_all(struct file *file, const unsigned long *args)
{
	const struct inode *inode = file_inode(file);

	if (!S_ISCHR(inode->i_mode) || imajor(inode) != MEM_MAJOR)
		return false;
	switch (iminor(inode)) {
	case 5:		/* zero */
	case 7:		/* full */
	case 8:		/* random */
	case 9:		/* urandom */
		return true;
	default:
		return false;
	}
}

/* A call that has moved something raises no SIGPIPE on a socket.  Nothing here has a position. */
static long send_rest(struct file *file, struct iov_iter *iter, unsigned int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_NOSIGNAL };
	struct socket *sock = sock_from_file(file);
	loff_t pos = 0;

	if (!sock)
		return vfs_iter_write(file, iter, &pos, 0);
	msg.msg_iter = *iter;
	return sock_sendmsg(sock, &msg);
}

/* The rest of the buffer of a call with (fd, buffer, count); what goes beyond no call moves. */
static int import_rest(unsigned int direction, const unsigned long *args, size_t done,
		       struct iov_iter *iter)
{
	size_t count = min_t(size_t, args[2], MAX_RW_COUNT);

	if (done >= count)
		return -ENODATA;
	return import_ubuf(direction, (void __user *)args[1] + done, count - done, iter);
}

static long rest_of_write(struct file *file, const unsigned long *args, size_t done)
{
	struct iov_iter iter;

	return import_rest(ITER_SOURCE, args, done, &iter) ?: send_rest(file, &iter, 0);
}

static long rest_of_sendto(struct file *file, const unsigned long *args, size_t done)
{
	struct iov_iter iter;

	return import_rest(ITER_SOURCE, args, done, &iter) ?: send_rest(file, &iter, args[3]);
}

static long rest_of_writev(struct file *file, const unsigned long *args, size_t done)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	ssize_t ret;

	ret = import_iovec(ITER_SOURCE, (const struct iovec __user *)args[1], args[2],
			   ARRAY_SIZE(fast), &iov, &iter);
	if (ret < 0)
		return ret;
	ret = 0;
	if (done < iov_iter_count(&iter)) {
		iov_iter_advance(&iter, done);
		ret = send_rest(file, &iter, 0);
	}
	kfree(iov);
	return ret;
}

static long rest_of_recvfrom(struct file *file, const unsigned long *args, size_t done)
{
	struct msghdr msg = {};
	int err = import_rest(ITER_DEST, args, done, &msg.msg_iter);

	return err ?: sock_recvmsg(sock_from_file(file), &msg, MSG_WAITALL);
}

/*
 * Only what has no control data: what came with the first bytes is there, and how much room
 * there was for it is not known any more.
 */
static int import_message(unsigned int direction, const unsigned long *args, size_t done,
			  struct iovec **iov, struct iov_iter *iter)
{
	struct compat_msghdr compat;
	struct user_msghdr msg = {};
	int err;

	if (in_compat_syscall()) {
		if (copy_from_user(&compat, (void __user *)args[1], sizeof(compat)))
			return -EFAULT;
		msg.msg_iov = compat_ptr(compat.msg_iov);
		msg.msg_iovlen = compat.msg_iovlen;
		msg.msg_control = compat_ptr(compat.msg_control);
	} else if (copy_from_user(&msg, (void __user *)args[1], sizeof(msg))) {
		return -EFAULT;
	}
	if (msg.msg_control || msg.msg_iovlen > UIO_MAXIOV)
		return -ENODATA;
	err = import_iovec(direction, msg.msg_iov, msg.msg_iovlen, UIO_FASTIOV, iov, iter);
	if (err < 0)
		return err;
	if (done >= iov_iter_count(iter)) {
		kfree(*iov);
		return -ENODATA;
	}
	iov_iter_advance(iter, done);
	return 0;
}

static long rest_of_sendmsg(struct file *file, const unsigned long *args, size_t done)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	long ret;

	ret = import_message(ITER_SOURCE, args, done, &iov, &iter);
	if (ret)
		return ret;
	ret = send_rest(file, &iter, args[2]);
	kfree(iov);
	return ret;
}

static long rest_of_recvmsg(struct file *file, const unsigned long *args, size_t done)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct msghdr msg = {};
	long ret;

	ret = import_message(ITER_DEST, args, done, &iov, &msg.msg_iter);
	if (ret)
		return ret;
	ret = sock_recvmsg(sock_from_file(file), &msg, MSG_WAITALL);
	kfree(iov);
	return ret;
}

/* -- several messages ------------------------------------------------------------------- */

/* recvmmsg() leaves behind why it has ended, for whoever receives next. */
static bool take_interruption(struct sock *sk)
{
	return cmpxchg(&sk->sk_err, ERESTARTSYS, 0) == ERESTARTSYS ||
	       cmpxchg(&sk->sk_err, EINTR, 0) == EINTR;
}

/* A timeout of its own it has brought up to date, but in which layout a 32-bit one? */
static bool recvmmsg_moves_all(struct file *file, const unsigned long *args)
{
	return !(args[3] & ~(MSG_CMSG_CLOEXEC | MSG_TRUNC)) && is_patient(file, true) &&
	       !(args[4] && in_compat_syscall()) &&
	       sock_from_file(file)->type != SOCK_STREAM &&
	       take_interruption(sock_from_file(file)->sk);
}

static bool sendmmsg_moves_all(struct file *file, const unsigned long *args)
{
	return !(args[3] & ~MSG_NOSIGNAL) && is_patient(file, false) &&
	       sock_from_file(file)->type != SOCK_STREAM;
}

static struct mmsghdr __user *messages_behind(const unsigned long *args, size_t done)
{
	size_t size = in_compat_syscall() ? sizeof(struct compat_mmsghdr) : sizeof(struct mmsghdr);

	return (void __user *)args[1] + done * size;
}

static unsigned int messages_flags(const unsigned long *args)
{
	return args[3] | (in_compat_syscall() ? MSG_CMSG_COMPAT : 0);
}

/* Nothing of the rest is a new beginning to it, and so it leaves nothing behind. */
static long rest_of_recvmmsg(struct file *file, const unsigned long *args, size_t done)
{
	long ret;

	if (done >= (unsigned int)args[2])
		return 0;
	ret = __sys_recvmmsg(args[0], messages_behind(args, done), args[2] - done,
			     messages_flags(args), (void __user *)args[4], NULL);
	if (ret == -EINTR || ret == -ERESTARTSYS)
		cmpxchg(&sock_from_file(file)->sk->sk_err, 0, -ret);
	return ret;
}

static long rest_of_sendmmsg(struct file *file, const unsigned long *args, size_t done)
{
	if (done >= min_t(unsigned int, args[2], UIO_MAXIOV))
		return 0;
	return __sys_sendmmsg(args[0], messages_behind(args, done), args[2] - done,
			      messages_flags(args), false);
}

/* -- what always has more --------------------------------------------------------------- */

static long rest_of_read(struct file *file, const unsigned long *args, size_t done)
{
	struct iov_iter iter;
	loff_t pos = 0;

	return import_rest(ITER_DEST, args, done, &iter) ?: vfs_iter_read(file, &iter, &pos, 0);
}

static long rest_of_getrandom(struct file *file, const unsigned long *args, size_t done)
{
	const unsigned long rest[6] = { args[0] + done, args[1] - done, args[2] };

	return done < args[1] ? ckpt_arch_system_call(__NR_getrandom, rest) : 0;
}

static const struct movable movables[] = {
	{ __NR_write,		true,	write_moves_all,	rest_of_write },
	{ __NR_writev,		true,	write_moves_all,	rest_of_writev },
	{ __NR_sendto,		true,	sendto_moves_all,	rest_of_sendto },
	{ __NR_sendmsg,		true,	sendmsg_moves_all,	rest_of_sendmsg },
	{ __NR_recvfrom,	true,	recvfrom_moves_all,	rest_of_recvfrom },
	{ __NR_recvmsg,		true,	recvmsg_moves_all,	rest_of_recvmsg },
	{ __NR_recvmmsg,	true,	recvmmsg_moves_all,	rest_of_recvmmsg },
	{ __NR_sendmmsg,	true,	sendmmsg_moves_all,	rest_of_sendmmsg },
	{ __NR_read,		true,	read_moves_all,		rest_of_read },
	{ __NR_getrandom,	false,	NULL,			rest_of_getrandom },
};

static const struct movable *find_movable(struct task_struct *task, struct pt_regs *regs,
					  unsigned long *args)
{
	int i, nr = ckpt_arch_get_call(task, regs, args);

	if (nr == -1 || (long)syscall_get_return_value(task, regs) <= 0)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(movables); i++)
		if (movables[i].nr == nr)
			return &movables[i];
	return NULL;
}

/**
 * ckpt_may_be_cut_short - has the call moved something, and perhaps not all?
 * @regs: user registers of current
 * @file: out: where to, for ckpt_finish_call() alone to compare; no reference is taken,
 *	which would keep the file from being saved
 *
 * Context: current, in get_signal(); any locks.
 * Return: true if ckpt_finish_call() is to look closer
 */
bool ckpt_may_be_cut_short(struct pt_regs *regs, const struct file **file)
{
	unsigned long args[6];
	const struct movable *call;

	*file = NULL;
	call = seccomp_has_listener() ? NULL : find_movable(current, regs, args);
	if (!call || !call->has_file)
		return call;
	guard(rcu)();
	*file = files_lookup_fd_raw(current->files, args[0]);
	return *file;
}

/**
 * ckpt_is_cut_short - has the call of a task moved something, and perhaps not all?
 * @task: the task, which does not run
 * @regs: its user registers
 *
 * Return: true if ckpt_finish_call() may need to know what is left of a timeout
 */
bool ckpt_is_cut_short(struct task_struct *task, struct pt_regs *regs)
{
	return find_movable(task, regs, NULL);
}

static long move_rest(const struct movable *call, const unsigned long *args, size_t done,
		      const struct file *file, ktime_t deadline)
{
	long more = 0;

	if (!call->has_file)
		return call->rest(NULL, args, done);

	CLASS(fd, f)(args[0]);
	if (fd_empty(f) || fd_file(f) != file)
		return 0;
	ckpt_begin_timed_call(deadline);
	if (call->moves_all(fd_file(f), args))
		more = call->rest(fd_file(f), args, done);
	ckpt_end_timed_call(deadline, more);
	return more;
}

/**
 * ckpt_finish_call - move what an interrupted call has not moved
 * @regs: user registers of current
 * @file: what ckpt_may_be_cut_short() has found
 * @deadline: absolute CLOCK_MONOTONIC time of its end, if it has noted one; else 0
 *
 * Called by the trap when nothing holds the task any more and no signal is pending.
 * Does nothing unless the call is one of the table.  If it is interrupted again its
 * answer is larger, but short as before.
 *
 * Context: current, in get_signal(), no locks held; sleeps, interruptible.
 */
void ckpt_finish_call(struct pt_regs *regs, const struct file *file, ktime_t deadline)
{
	unsigned long args[6];
	const struct movable *call;
	long done, more;

	call = seccomp_has_listener() ? NULL : find_movable(current, regs, args);
	if (!call)
		return;
	done = syscall_get_return_value(current, regs);
	more = move_rest(call, args, done, file, deadline);
	if (more > 0)
		syscall_set_return_value(current, regs, 0, done + more);
}
