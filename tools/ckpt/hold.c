// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold.c - a frozen tree whose image is safe: end it, or keep it frozen.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ckpt.h"
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

int finish_held(const struct options *options, struct call *call)
{
	int ret;

	if (options->leave_frozen)
		return keep_frozen(options, call);

	/* ckpt itself may be part of the tree: say it first */
	call_done(options, call, FATE_ENDED);
	ret = ckpt_end_tree(call->args.hold_fd);
	close(call->args.hold_fd);
	if (!ret)
		return CKPT_DONE;
	say_err("the image is whole, but pid %d could not be ended: %s; run 'kill -KILL %d'",
		options->pid, strerror(-ret), options->pid);
	return CKPT_NOT_ENDED;
}
