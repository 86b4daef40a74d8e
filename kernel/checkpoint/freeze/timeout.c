// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the time that calls on sockets have left.
 *
 * SO_RCVTIMEO and SO_SNDTIMEO are no arguments of the call that waits, but options of its
 * socket, which others use as well.  So a call that is made again asks for its timeout as the
 * first one did, and is told what is left of it.
 */
#include <linux/checkpoint.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/socket.h>
#include <net/sock.h>
#include "resume.h"

/**
 * checkpoint_note_left - how long an interrupted call on a socket had still to wait
 * @timeout: jiffies, MAX_SCHEDULE_TIMEOUT if for ever
 *
 * A call that waits for ever asks to be restarted, and notes nothing.
 */
void checkpoint_note_left(long timeout)
{
	ktime_t deadline;

	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return;
	deadline = ktime_add_safe(ktime_get(), jiffies64_to_nsecs(timeout));
	/* Who waits in a place that forgets what is left has noted that there. */
	if (!current->checkpoint_deadline || deadline < current->checkpoint_deadline)
		current->checkpoint_deadline = deadline;
}
EXPORT_SYMBOL(checkpoint_note_left);

/**
 * checkpoint_socket_timeout - what a call that goes on has left
 * @sk: its socket
 * @timeout: what the socket says, in jiffies
 * @send: it sends
 *
 * Between the end of a hold and the next one the deadline is that of a call which the trap
 * makes; otherwise what is on its way to the trap has noted it.
 *
 * Return: jiffies, 0 for none
 */
long checkpoint_socket_timeout(const struct sock *sk, long timeout, bool send)
{
	ktime_t deadline = current->checkpoint_deadline;
	s64 left;

	if (READ_ONCE(current->jobctl) & JOBCTL_TRAP_CHECKPOINT || deadline == KTIME_MAX)
		return timeout;
	/*
	 * The next message, and the next piece of a unix stream, have all of the timeout again.
	 * But a unix message waits at two places: for room of its own, and for its receiver.
	 */
	if (!send || sk->sk_family != AF_UNIX || sk->sk_type == SOCK_STREAM)
		current->checkpoint_deadline = 0;
	left = ktime_sub(deadline, ktime_get());
	if (left <= 0)
		return 0;
	return min_t(u64, timeout, nsecs_to_jiffies64(left + TICK_NSEC - 1));
}
EXPORT_SYMBOL(checkpoint_socket_timeout);

/**
 * ckpt_begin_timed_call - the trap makes a call on a socket again
 * @deadline: absolute CLOCK_MONOTONIC time when its wait is to end, 0 if it has no timeout
 *
 * Context: current.
 */
void ckpt_begin_timed_call(ktime_t deadline)
{
	current->checkpoint_deadline = deadline;
}

/**
 * ckpt_end_timed_call - that call has ended
 * @deadline: the same
 * @ret: what it answered
 *
 * If a new hold has interrupted it and it has done nothing, its end is the same.  What it has
 * noted itself is rounded to ticks, or begins anew if it had not asked for its timeout yet.
 *
 * Context: current, siglock not held.
 */
void ckpt_end_timed_call(ktime_t deadline, long ret)
{
	guard(spinlock_irq)(&current->sighand->siglock);
	if (!(current->jobctl & JOBCTL_TRAP_CHECKPOINT))
		current->checkpoint_deadline = 0;
	else if (deadline && ret == -EINTR)
		current->checkpoint_deadline = deadline;
}
