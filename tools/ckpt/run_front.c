// SPDX-License-Identifier: GPL-2.0-only
/*
 * run_front.c - the job of ckpt run in front, and an image of it every now and then.
 *
 * The job lives in a pid namespace whose init dies with ckpt run, whatever ends that, and
 * everything in the namespace with it.  So there never is a second one: what keeps the
 * lock of the directory is the init, too.
 */
#include <signal.h>
#include <sys/wait.h>

#include "run.h"
#include "text.h"

/* What was asked for by a signal and was refused is asked for again after this time. */
#define AGAIN_NS	2000000000ULL

static void started(void *arg, const struct program *program)
{
	struct run *run = arg;

	run->program = *program;
	run->keep.options.pid = program->pid;
	keep_name_job(&run->keep, program->pid);
	pace_start(&run->pace, run->keep.run_ns, run->keep.every_ns);
}

static void end_job(const struct run *run)
{
	if (run->program.init > 0)
		kill(run->program.init, SIGKILL);
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

static bool is_due(const struct run *run)
{
	return pace_is_due(&run->pace) || (run->wanted != RUN_PASS && !run->saver.begun_ns);
}

static int look(void *arg)
{
	struct run *run = arg;
	int code;

	pace_look(&run->pace);
	if (saver_ended(&run->saver, &code))
		saver_done(run, code);
	if (!run->saver.pid && !run->refused && is_due(run)) {
		run->keep.run_ns = run->pace.run_ns;
		pace_next(&run->pace, run->keep.every_ns);
		saver_start(&run->saver, &run->keep, run->wanted == RUN_SAVE);
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
	int status;

	if (run->saver.pid && !run->saver.end)
		kill(run->saver.pid, SIGKILL);
	if (run->saver.pid && waitpid(run->saver.pid, &status, 0) == run->saver.pid &&
	    run->saver.end && WIFEXITED(status) && !WEXITSTATUS(status))
		run->saved = true;
	/* what the job has left behind ends with it */
	end_job(run);
	if (run->program.init > 0)
		waitpid(run->program.init, &status, 0);
}

int run_front(struct run *run, const char *image)
{
	char *words[] = { "rstr", "--pidns", "--rewind", (char *)image, NULL };
	struct restart_options options = {
		.argv = words,
		.path = image,
		.command = image ? NULL : run->command,
		.image = -1,
		.pidns = true,
		.tied = true,
		.rewind = image,
		.hooks = run->keep.options.hooks,
		.quiet = !run->verbose,
	};
	const struct keeper keeper = {
		.started = started, .look = look, .takes = takes, .arg = run,
	};
	int status;

	if (image)
		image_open(&options);
	status = front_run(&options, &keeper);
	settle(run);
	return status;
}
