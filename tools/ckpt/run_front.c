// SPDX-License-Identifier: GPL-2.0-only
/*
 * run_front.c - the job of ckpt run in front, and an image of it every now and then.
 *
 * A job that is started is a child like any command's, and what it leaves behind belongs to
 * ckpt run.  If that is killed the job goes on by itself; the next ckpt run finds it by what is
 * noted down beside the lock, before it runs.
 *
 * A job that is restarted lives in a pid namespace, where every pid is free.  The namespace's
 * init dies with ckpt run, whatever ends that, and everything in it too; it holds the lock
 * until then.  So there is never a second one.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"
#include "run.h"
#include "text.h"

/* What was asked for by a signal and was refused is asked for again after this time. */
#define AGAIN_NS	2000000000ULL

/* Not before: standard error may be a file of the job's, which was cut back until now. */
static void say_it_goes_on(const struct run *run)
{
	time_t now = time(NULL);
	char age[32];

	text_time(now > run->saved_at ? (now - run->saved_at) * 1000000000ULL : 0, age,
		  sizeof(age));
	say_err("the job goes on from %s, saved %s ago", run->image, age);
}

static void started(void *arg, const struct program *program)
{
	struct run *run = arg;

	if (run->image && !run->quiet)
		say_it_goes_on(run);
	run->program = *program;
	run->keep.options.pid = program->pid;
	keep_name_job(&run->keep, program->pid);
	pace_start(&run->pace, run->keep.run_ns, run->keep.every_ns);
}

static void end_job(const struct run *run)
{
	if (run->program.init > 0)
		kill(run->program.init, SIGKILL);
	else
		proc_kill_tree(run->program.pid);
}

static void saver_done(struct run *run, int code)
{
	if (!code) {
		run->saved |= run->saver.end;
		return;
	}
	if (run->keep.strict) {
		run->refused = true;
		end_job(run);
	} else if (run->saver.end) {
		run->wanted = RUN_SAVE;
		pace_next(&run->pace, AGAIN_NS);
	}
}

static void reaped(void *arg, pid_t pid, int status)
{
	struct run *run = arg;
	int code;

	if (saver_reaped(&run->saver, pid, status, &code))
		saver_done(run, code);
}

static int look(void *arg)
{
	struct run *run = arg;

	pace_look(&run->pace);
	if (!run->saver.pid && !run->refused && pace_is_due(&run->pace)) {
		run->keep.run_ns = run->pace.run_ns;
		pace_next(&run->pace, run->keep.every_ns);
		saver_start(&run->saver, &run->keep, run->wanted == RUN_SAVE);
		if (!run->saver.pid)
			saver_done(run, CKPT_FAILED);
		else
			run->wanted = RUN_PASS;
	}
	return pace_wait(&run->pace);
}

static bool takes(void *arg, const struct signalfd_siginfo *info)
{
	enum run_action action;
	struct run *run = arg;

	if (info->ssi_signo >= RUN_NR_SIGNALS)
		return false;
	action = run->on[info->ssi_signo];
	if (action == RUN_PASS)
		return false;
	if (action > run->wanted)
		run->wanted = action;
	/* at once, or when the image that is being made is there */
	run->pace.due_ns = run->pace.run_ns;
	return true;
}

/* The last image is of no use to a job that has ended, unless it is that of its end. */
static void settle(struct run *run)
{
	if (run->saver.pid && !run->saver.end)
		kill(run->saver.pid, SIGKILL);
	if (run->saver.pid && run->saver.end)
		run->saved |= !saver_wait(&run->saver);
	/* what a job has left behind ends with it: it is in the next image, or would be twice */
	if (run->program.init > 0)
		end_job(run);
	else
		proc_kill_below(getpid());
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

int run_front(struct run *run)
{
	char rstr[] = "rstr", pidns[] = "--pidns", rewind[] = "--rewind";
	char *words[5] = { rstr, pidns, rewind, (char *)run->image, NULL };
	struct restart_options options = {
		.argv = words,
		.path = run->image,
		.command = run->image ? NULL : run->command,
		.image = -1,
		.pidns = run->image,
		.tied = true,
		.rewind = run->image,
		.hooks = run->keep.options.hooks,
		.quiet = !run->verbose,
	};
	const struct keeper keeper = {
		.started = started, .look = look, .reaped = reaped,
		.takes = takes, .arg = run,
	};
	int status;

	memcpy(options.moved, run->moved, sizeof(options.moved));
	options.nr_moved = run->nr_moved;
	if (run->image)
		image_open(&options);
	else
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	status = front_run(&options, &keeper);
	settle(run);
	return status;
}
