// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold.c - a frozen tree: for how long a file system may let it wait; and once its image is
 * safe, end it, or keep it frozen.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ckpt.h"
#include "proc.h"
#include "text.h"

/* -- while the image gets its name ------------------------------------------------------------ */

/*
 * The kernel's watchdog has ended with the call.  A disk has ten times as long as what is done
 * in memory, here as there.
 */
#define USUAL_MS	1000
#define DISK_TIMES	10

static __u64 disk_ns(const struct options *options)
{
	return 1000000ULL * DISK_TIMES * (options->timeout_ms ? options->timeout_ms : USUAL_MS);
}

static void let_go(struct patience *patience)
{
	const struct options *options = patience->options;
	char time[32];

	close(patience->call->args.hold_fd);
	patience->late = true;
	say_err("%s could not be put on stable storage within %s, so pid %d was let go and runs on; see to its file system",
		patience->call->place, text_time(disk_ns(options), time, sizeof(time)),
		options->pid);
}

/* Whoever is stuck in rename() is out of reach, for signals too; the hold is not. */
static void *patience_loop(void *arg)
{
	struct patience *patience = arg;
	int ret = 0;

	pthread_mutex_lock(&patience->lock);
	while (!patience->over && ret != ETIMEDOUT)
		ret = pthread_cond_timedwait(&patience->end, &patience->lock, &patience->until);
	if (!patience->over)
		let_go(patience);
	pthread_mutex_unlock(&patience->lock);
	return NULL;
}

void patience_begin(struct patience *patience, const struct options *options, struct call *call)
{
	const __u64 until = now_ns() + disk_ns(options);
	pthread_condattr_t attr;
	sigset_t all, old;

	*patience = (struct patience){
		.options = options,
		.call = call,
		.until = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 },
	};
	pthread_mutex_init(&patience->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&patience->end, &attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	patience->running = !pthread_create(&patience->thread, NULL, patience_loop, patience);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

bool patience_end(struct patience *patience)
{
	if (!patience->running)
		return false;
	pthread_mutex_lock(&patience->lock);
	patience->over = true;
	pthread_cond_signal(&patience->end);
	pthread_mutex_unlock(&patience->lock);
	pthread_join(patience->thread, NULL);
	return patience->late;
}

/* -- when it is safe -------------------------------------------------------------------------- */

/* The tree thaws when ckpt ends, whatever ends it. */
static int keep_frozen(const struct options *options, struct call *call)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	call_done(options, call, FATE_FROZEN);
	sigwait(&set, &sig);
	close(call->args.hold_fd);
	if (!options->quiet && !options->json)
		say_err("pid %d goes on", options->pid);
	return CKPT_DONE;
}

/*
 * It has run on since, past the image: to kill it would lose that.  -EAGAIN says that
 * something reached it which the image lacks.
 */
static void not_killed(const struct options *options, int ret)
{
	if (ret == -EAGAIN)
		say_err("pid %d was not killed: what reached it after it was saved, such as a signal, would be lost; it runs on, run the same command again",
			options->pid);
	else
		say_err("the image is whole, but pid %d could not be killed: %s; it runs on, run the same command again",
			options->pid, strerror(-ret));
}

int finish_held(const struct options *options, struct call *call)
{
	bool inside = proc_is_above(options->pid);
	int ret;

	if (options->leave_frozen)
		return keep_frozen(options, call);

	/* If it works nobody is left to say so, and if not, that is said. */
	if (inside)
		call_done(options, call, FATE_KILLS);
	ret = ckpt_end_tree(call->args.hold_fd, false);
	close(call->args.hold_fd);
	if (!inside)
		call_done(options, call, ret ? FATE_RUNS : FATE_KILLED);
	if (!ret)
		return CKPT_DONE;
	not_killed(options, ret);
	return CKPT_NOT_KILLED;
}
