// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: finishing calls that fill or empty a buffer, or several messages, or
 * fetch events.
 */
#include <linux/aio_abi.h>
#include <linux/checkpoint.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/splice.h>
#include <linux/tty.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/unistd.h>
#include <net/compat.h>
#include <net/sock.h>
#include <asm/checkpoint.h>
#include "cut.h"

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

/**
 * ckpt_write_moves_all - does a call that writes go on until all is written?
 * @file: where to
 * @args: the call's arguments; not looked at
 *
 * Context: current makes that call, no locks held.
 * Return: true if only a signal, an error or the end of its input stop it earlier
 */
bool ckpt_write_moves_all(struct file *file, const unsigned long *args)
{
	if (file->f_flags & O_NONBLOCK)
		return false;
	if (sock_from_file(file))
		return is_patient_stream(file, false);
	return get_pipe_info(file, false) || tty_from_file(file);
}

static bool sendto_moves_all(struct file *file, const unsigned long *args)
{
	return !(args[3] & ~(MSG_NOSIGNAL | MSG_MORE)) && ckpt_write_moves_all(file, args);
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

/* The same of a buffer in pieces; @iov is for UIO_FASTIOV of them, and to be freed. */
static int import_pieces(unsigned int direction, const struct iovec __user *pieces, size_t nr,
			 size_t done, struct iovec **iov, struct iov_iter *iter)
{
	int err = import_iovec(direction, pieces, nr, UIO_FASTIOV, iov, iter);

	if (err < 0)
		return err;
	if (done >= iov_iter_count(iter)) {
		kfree(*iov);
		return -ENODATA;
	}
	iov_iter_advance(iter, done);
	return 0;
}

static long rest_of_writev(struct file *file, const unsigned long *args, size_t done)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	long ret;

	ret = import_pieces(ITER_SOURCE, (void __user *)args[1], args[2], done, &iov, &iter);
	if (ret)
		return ret;
	ret = send_rest(file, &iter, 0);
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
	return import_pieces(direction, msg.msg_iov, msg.msg_iovlen, done, iov, iter);
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

static long rest_of_readv(struct file *file, const unsigned long *args, size_t done)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	loff_t pos = 0;
	long ret;

	ret = import_pieces(ITER_DEST, (void __user *)args[1], args[2], done, &iov, &iter);
	if (ret)
		return ret;
	ret = vfs_iter_read(file, &iter, &pos, 0);
	kfree(iov);
	return ret;
}

static long rest_of_getrandom(struct file *file, const unsigned long *args, size_t done)
{
	const unsigned long rest[6] = { args[0] + done, args[1] - done, args[2] };

	return done < args[1] ? ckpt_arch_call_again(rest) : 0;
}

/* -- events ------------------------------------------------------------------------------- */

/*
 * They wait for the fewest that they were to fetch.  What ended by its timeout, or did not
 * wait, has noted no time that is left.
 */
static long rest_of_io_getevents(struct file *file, const unsigned long *args, size_t done)
{
	struct io_event __user *events = (void __user *)args[3];
	const ktime_t deadline = current->checkpoint_deadline;

	if (!deadline || (long)args[1] <= (long)done)
		return 0;
	return io_getevents_until(args[0], args[1] - done, args[2] - done, events + done, deadline);
}

/* With a mask of its own, which stays for the handler of a signal that ends the wait. */
static long rest_of_io_pgetevents(struct file *file, const unsigned long *args, size_t done)
{
	long ret = rest_of_io_getevents(file, args, done);

	if (!signal_pending(current))
		restore_saved_sigmask();
	return ret;
}

/* Which calls these are; where they read or write at makes no difference to such a device. */
const struct ckpt_movable ckpt_movable_buffers[] = {
	{ __NR_write,		0, 0,	ckpt_write_moves_all,	rest_of_write },
	{ __NR_writev,		0, 0,	ckpt_write_moves_all,	rest_of_writev },
	{ __NR_sendto,		0, 0,	sendto_moves_all,	rest_of_sendto },
	{ __NR_sendmsg,		0, 0,	sendmsg_moves_all,	rest_of_sendmsg },
	{ __NR_recvfrom,	0, 0,	recvfrom_moves_all,	rest_of_recvfrom },
	{ __NR_recvmsg,		0, 0,	recvmsg_moves_all,	rest_of_recvmsg },
	{ __NR_recvmmsg,	0, 0,	recvmmsg_moves_all,	rest_of_recvmmsg },
	{ __NR_sendmmsg,	0, 0,	sendmmsg_moves_all,	rest_of_sendmmsg },
	{ __NR_read,		0, 0,	read_moves_all,		rest_of_read },
	{ __NR_pread64,		0, 0,	read_moves_all,		rest_of_read },
	{ __NR_readv,		0, 0,	read_moves_all,		rest_of_readv },
	{ __NR_preadv,		0, 0,	read_moves_all,		rest_of_readv },
	{ __NR_getrandom,	CKPT_NO_FD, CKPT_NO_FD,	NULL,	rest_of_getrandom },
	{ __NR_io_getevents,	CKPT_NO_FD, CKPT_NO_FD,	NULL,	rest_of_io_getevents },
	{ __NR_io_pgetevents,	CKPT_NO_FD, CKPT_NO_FD,	NULL,	rest_of_io_pgetevents },
	{}
};
