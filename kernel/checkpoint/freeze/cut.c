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
#include <linux/uio.h>
#include <linux/unistd.h>
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

/* A stream socket with nothing but errors to end a call early */
static bool is_patient_stream(const struct socket *sock, bool receive)
{
	const struct sock *sk = sock->sk;

	return sock->type == SOCK_STREAM &&
	       READ_ONCE(*(receive ? &sk->sk_rcvtimeo : &sk->sk_sndtimeo)) == MAX_SCHEDULE_TIMEOUT;
}

static bool write_moves_all(struct file *file, const unsigned long *args)
{
	struct socket *sock = sock_from_file(file);

	if (file->f_flags & O_NONBLOCK)
		return false;
	if (sock)
		return is_patient_stream(sock, false);
	return get_pipe_info(file, false) || tty_from_file(file);
}

static bool sendto_moves_all(struct file *file, const unsigned long *args)
{
	return !(args[3] & ~(MSG_NOSIGNAL | MSG_MORE)) && write_moves_all(file, args);
}

static bool recvfrom_moves_all(struct file *file, const unsigned long *args)
{
	struct socket *sock = sock_from_file(file);

	return sock && args[3] == MSG_WAITALL && !(file->f_flags & O_NONBLOCK) &&
	       is_patient_stream(sock, true);
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
	{ __NR_recvfrom,	true,	recvfrom_moves_all,	rest_of_recvfrom },
	{ __NR_read,		true,	read_moves_all,		rest_of_read },
	{ __NR_getrandom,	false,	NULL,			rest_of_getrandom },
};

static const struct movable *find_movable(struct pt_regs *regs, unsigned long *args)
{
	int i, nr = ckpt_arch_get_call(current, regs, args);

	if (nr == -1 || (long)syscall_get_return_value(current, regs) <= 0 ||
	    seccomp_has_listener())
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
	const struct movable *call = find_movable(regs, args);

	*file = NULL;
	if (!call || !call->has_file)
		return call;
	guard(rcu)();
	*file = files_lookup_fd_raw(current->files, args[0]);
	return *file;
}

static long move_rest(const struct movable *call, const unsigned long *args, size_t done,
		      const struct file *file)
{
	if (!call->has_file)
		return call->rest(NULL, args, done);

	CLASS(fd, f)(args[0]);
	if (fd_empty(f) || fd_file(f) != file || !call->moves_all(fd_file(f), args))
		return 0;
	return call->rest(fd_file(f), args, done);
}

/**
 * ckpt_finish_call - move what an interrupted call has not moved
 * @regs: user registers of current
 * @file: what ckpt_may_be_cut_short() has found
 *
 * Called by the trap when nothing holds the task any more and no signal is pending.
 * Does nothing unless the call is one of the table.  If it is interrupted again its
 * answer is larger, but short as before.
 *
 * Context: current, in get_signal(), no locks held; sleeps, interruptible.
 */
void ckpt_finish_call(struct pt_regs *regs, const struct file *file)
{
	unsigned long args[6];
	const struct movable *call = find_movable(regs, args);
	long done, more;

	if (!call)
		return;
	done = syscall_get_return_value(current, regs);
	more = move_rest(call, args, done, file);
	if (more > 0)
		syscall_set_return_value(current, regs, 0, done + more);
}
