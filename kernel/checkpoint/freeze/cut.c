// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: finishing system calls that a stop has cut short.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <linux/net.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/splice.h>
#include <linux/tty.h>
#include <linux/uio.h>
#include <linux/unistd.h>
#include <net/sock.h>
#include <asm/checkpoint.h>
#include <asm/seccomp.h>
#include <asm/syscall.h>
#include "../checkpoint.h"
#include "resume.h"

/**
 * DOC: no short counts
 *
 * A call that moves many bytes and is stopped when some are moved answers with their
 * number, as it would to a signal.  The registers show that: the call, what it was to move,
 * and less than that as its answer.  The trap makes the call for the rest, before it lets
 * the task go, and adds up.  This holds for a restarted program too, with nothing
 * about it in the image but the registers.
 *
 * Only calls are made again that move all if nobody interrupts them: the program cannot
 * tell the answer from that of a call that was not stopped.  A signal with a handler cuts
 * them short as ever, because the trap asks for pending signals first.  The rest is no
 * second call to a seccomp filter or a tracer.
 */

/**
 * struct movable - a call that moves bytes
 * @nr: its number
 * @count: which argument says how many
 * @buffer: which argument is to be advanced by what was moved; -1: none
 * @moves_all: if not interrupted, and not stopped by an error or the end of its input
 * @rest: makes the call for the rest; NULL: as @count and @buffer say
 */
struct movable {
	int nr;
	int count;
	int buffer;
	bool (*moves_all)(const unsigned long *args);
	long (*rest)(const unsigned long *args, size_t done);
};

/* A stream socket with nothing but errors to end a call early */
static bool is_patient_stream(struct socket *sock, bool receive)
{
	const struct sock *sk = sock->sk;

	return sock->type == SOCK_STREAM &&
	       READ_ONCE(*(receive ? &sk->sk_rcvtimeo : &sk->sk_sndtimeo)) == MAX_SCHEDULE_TIMEOUT;
}

/* Does a write to this file wait until all is written? */
static bool takes_all(unsigned int fd)
{
	CLASS(fd, f)(fd);
	struct socket *sock;

	if (fd_empty(f) || fd_file(f)->f_flags & O_NONBLOCK)
		return false;
	sock = sock_from_file(fd_file(f));
	if (sock)
		return is_patient_stream(sock, false);
	return get_pipe_info(fd_file(f), false) || tty_from_file(fd_file(f));
}

static bool write_moves_all(const unsigned long *args)
{
	return takes_all(args[0]);
}

static bool sendto_moves_all(const unsigned long *args)
{
	return !(args[3] & MSG_DONTWAIT) && takes_all(args[0]);
}

/* To a pipe it moves what finds room. */
static bool sendfile_moves_all(const unsigned long *args)
{
	CLASS(fd, f)(args[0]);

	return !fd_empty(f) && !get_pipe_info(fd_file(f), false) && takes_all(args[0]);
}

static bool recvfrom_moves_all(const unsigned long *args)
{
	CLASS(fd, f)(args[0]);
	struct socket *sock;

	if (fd_empty(f) || fd_file(f)->f_flags & O_NONBLOCK ||
	    (args[3] & (MSG_WAITALL | MSG_DONTWAIT | MSG_PEEK)) != MSG_WAITALL)
		return false;
	sock = sock_from_file(fd_file(f));
	return sock && is_patient_stream(sock, true);
}

/* These devices always have more; numbers of Documentation/admin-guide/devices.txt. */
static bool has_no_end(const struct inode *inode)
{
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

static bool read_moves_all(const unsigned long *args)
{
	CLASS(fd, f)(args[0]);

	return !fd_empty(f) && has_no_end(file_inode(fd_file(f)));
}

static bool getrandom_moves_all(const unsigned long *args)
{
	return true;
}

static long rest_of_writev(const unsigned long *args, size_t done)
{
	CLASS(fd, f)(args[0]);
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter iter;
	loff_t pos = 0;
	ssize_t ret;

	if (fd_empty(f))
		return -EBADF;
	ret = import_iovec(ITER_SOURCE, (const struct iovec __user *)args[1], args[2],
			   ARRAY_SIZE(fast), &iov, &iter);
	if (ret < 0)
		return ret;
	ret = 0;
	if (done < iov_iter_count(&iter)) {
		iov_iter_advance(&iter, done);
		/* None of the files that take all has a position. */
		ret = vfs_iter_write(fd_file(f), &iter, &pos, 0);
	}
	kfree(iov);
	return ret;
}

static const struct movable movables[] = {
	{ __NR_write,		2,  1, write_moves_all },
	{ __NR_writev,		-1, -1, write_moves_all, rest_of_writev },
	{ __NR_sendto,		2,  1, sendto_moves_all },
	{ __NR_sendfile,	3, -1, sendfile_moves_all },
	{ __NR_recvfrom,	2,  1, recvfrom_moves_all },
	{ __NR_read,		2,  1, read_moves_all },
	{ __NR_getrandom,	1,  0, getrandom_moves_all },
};

static const struct movable *find_movable(struct pt_regs *regs)
{
	long nr = syscall_get_nr(current, regs);
	int i;

	if (nr == -1 || syscall_get_arch(current) != SECCOMP_ARCH_NATIVE ||
	    (long)syscall_get_return_value(current, regs) <= 0)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(movables); i++)
		if (movables[i].nr == nr)
			return &movables[i];
	return NULL;
}

/**
 * ckpt_may_be_cut_short - has the call moved something, and perhaps not all?
 * @regs: user registers of current
 *
 * Context: current, in get_signal(); any locks.
 * Return: true if ckpt_finish_call() is to look closer
 */
bool ckpt_may_be_cut_short(struct pt_regs *regs)
{
	return find_movable(regs);
}

static long move_rest(const struct movable *call, unsigned long *args, size_t done)
{
	size_t count;

	if (call->rest)
		return call->rest(args, done);
	/* What goes beyond that no call moves. */
	count = min_t(size_t, args[call->count], MAX_RW_COUNT);
	if (done >= count)
		return 0;
	args[call->count] = count - done;
	if (call->buffer >= 0)
		args[call->buffer] += done;
	return ckpt_arch_system_call(call->nr, args);
}

/**
 * ckpt_finish_call - make an interrupted call for what it has not moved
 * @regs: user registers of current
 *
 * Called by the trap when nothing holds the task any more and no signal is pending.
 * Does nothing unless the call is one of the table.  If it is interrupted again its
 * answer is larger, but short as before.
 *
 * Context: current, in get_signal(), no locks held; sleeps, interruptible.
 */
void ckpt_finish_call(struct pt_regs *regs)
{
	const struct movable *call = find_movable(regs);
	unsigned long args[6];
	long done, more;

	if (!call)
		return;
	syscall_get_arguments(current, regs, args);
	if (!call->moves_all(args))
		return;
	done = syscall_get_return_value(current, regs);
	more = move_rest(call, args, done);
	if (more > 0)
		syscall_set_return_value(current, regs, 0, done + more);
}
