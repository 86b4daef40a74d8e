// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold.c - a frozen tree whose image is safe: end it, or keep it frozen.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ckpt.h"
#include "proc.h"
#include "text.h"

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
