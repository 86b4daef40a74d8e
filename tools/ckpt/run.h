/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.h - what the parts of ckpt run share.
 */
#ifndef _CKPT_RUN_H
#define _CKPT_RUN_H

#include <signal.h>

#include "keep.h"
#include "rstr.h"

/* What a signal to ckpt run is for */
enum run_action {
	RUN_PASS,	/* the job gets it */
	RUN_IMAGE,	/* an image, and the job runs on */
	RUN_SAVE,	/* an image, and the end */
};

#define RUN_NR_SIGNALS (_NSIG + 1)

/**
 * struct run - ckpt run at work
 * @keep: where its images go, and how often they are made
 * @command: what is started if there is no image, NULL ended; may be NULL
 * @on: what each signal is for
 * @exit_saved: exit code after RUN_SAVE
 * @moved: which paths of an image have moved
 * @nr_moved: how many
 * @quiet: say only what went wrong
 * @verbose: say what every image cost, and what was substituted
 * @image: what it goes on from, NULL if it is started
 * @saved_at: when that was made
 * @pace: run time
 * @saver: who makes an image just now
 * @program: the job
 * @wanted: what a signal has asked for meanwhile
 * @saved: the job was saved and killed, as asked for
 * @refused: --strict, and an image was refused
 */
struct run {
	struct keep keep;
	char **command;
	enum run_action on[RUN_NR_SIGNALS];
	int exit_saved;
	struct restart_moved moved[CKPT_MOVED_MAX];
	unsigned int nr_moved;
	bool quiet;
	bool verbose;

	const char *image;
	time_t saved_at;
	struct pace pace;
	struct saver saver;
	struct program program;
	enum run_action wanted;
	bool saved;
	bool refused;
};

/* run_options.c: the command line; exits if it is wrong.  Return: the directory's name */
const char *run_parse(struct run *run, int argc, char **argv);

/* run_front.c: the job in front, until it ends.  Return: wait status, -1 if there was no job */
int run_front(struct run *run);

#endif /* _CKPT_RUN_H */
