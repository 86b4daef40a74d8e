/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the parts of the epoll kind share, and what of an instance only
 * some kernels have.  Included into fs/eventpoll.c by epoll.c.
 */
#ifndef _KERNEL_CHECKPOINT_FILES_EPOLL_H
#define _KERNEL_CHECKPOINT_FILES_EPOLL_H

/* Of one instance */
#define EPOLL_WATCHES_MAX	1048576

#ifdef CONFIG_NET_RX_BUSY_POLL

/* As ioctl(EPIOCGPARAMS) */
static inline void get_busy_poll(const struct eventpoll *ep, struct ckpt_rec_epoll *rec)
{
	rec->busy_poll_usecs = READ_ONCE(ep->busy_poll_usecs);
	rec->busy_poll_budget = READ_ONCE(ep->busy_poll_budget);
	rec->prefer_busy_poll = READ_ONCE(ep->prefer_busy_poll);
}

/* As ioctl(EPIOCSPARAMS).  Return: 0 or -EPERM */
static inline int set_busy_poll(const struct ckpt_ctx *ctx, struct eventpoll *ep,
				const struct ckpt_rec_epoll *data)
{
	if (data->busy_poll_budget > NAPI_POLL_WEIGHT && !ckpt_capable(ctx, CAP_NET_ADMIN))
		return -EPERM;
	ep->busy_poll_usecs = data->busy_poll_usecs;
	ep->busy_poll_budget = data->busy_poll_budget;
	ep->prefer_busy_poll = data->prefer_busy_poll;
	return 0;
}

#else

static inline void get_busy_poll(const struct eventpoll *ep, struct ckpt_rec_epoll *rec)
{
}

/* Without it the kernel has no such ioctl. */
static inline int set_busy_poll(const struct ckpt_ctx *ctx, struct eventpoll *ep,
				const struct ckpt_rec_epoll *data)
{
	if (data->busy_poll_usecs || data->busy_poll_budget || data->prefer_busy_poll)
		return -EOPNOTSUPP;
	return 0;
}

#endif

#endif /* _KERNEL_CHECKPOINT_FILES_EPOLL_H */
