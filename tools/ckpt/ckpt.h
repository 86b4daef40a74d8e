/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ckpt.h - what the parts of ckpt share.
 */
#ifndef _CKPT_CKPT_H
#define _CKPT_CKPT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include "compiler.h"
#include "hook.h"
#include "libcheckpoint.h"
#include "watch.h"

/* Exit codes, documented in ckpt(1). */
enum ckpt_exit {
	CKPT_DONE = 0,
	CKPT_FAILED = 1,	/* no image; the program runs on */
	CKPT_USAGE = 2,
	CKPT_UNCONFIRMED = 3,	/* --move: no word from the other side; runs on */
	CKPT_NOT_KILLED = 4,	/* the image is whole, the program was not killed */
	CKPT_NOT_NOW = 5,	/* no image; the same may work in a moment */
	CKPT_NEVER = 6,		/* no image, whatever the program does: not on this kernel */
	CKPT_NOT_TOLD = 7,	/* done, but the result could not be written */
};

#define CKPT_NR_ERRORS 256

/**
 * struct options - the command line
 * @argv: all of it
 * @command: --move: what to run, NULL ended
 * @output: image file, "-" for stdout
 * @through: the shell command that takes the image, NULL without
 * @hooks: what runs before and after
 * @pid: root of the tree to save
 * @external: descriptors that may lead outside
 * @nr_external: how many
 * @timeout_ms: time without progress that ends it, 0 = the kernel's
 * @keep_seconds: for how long connections are kept, 0 = as the kernel does
 */
struct options {
	char **argv;
	char **command;
	const char *output;
	const char *through;
	struct hooks hooks;
	pid_t pid;
	__u32 external[CKPT_EXTERNAL_MAX];
	unsigned int nr_external;
	unsigned int timeout_ms;
	unsigned int keep_seconds;
	bool kill;
	bool leave_frozen;
	bool container;
	bool close;
	bool keep;
	bool force;
	bool check;
	bool move;
	bool quiet;
	bool verbose;
	bool stats;
	bool json;
};

/**
 * struct call - one call of checkpoint() and what it reported
 * @args: in and out
 * @errors: what the kernel reported
 * @crid: the checkpoint id
 * @place: where the image went, in words
 * @returned_at: when it was written
 */
struct call {
	struct checkpoint_args args;
	struct checkpoint_error errors[CKPT_NR_ERRORS];
	int crid;
	const char *place;
	__u64 returned_at;
};

/* What became of the program. */
enum fate { FATE_RUNS, FATE_KILLS, FATE_KILLED, FATE_FROZEN, FATE_MOVED };

/* call.c: hooks and the system call; in the restarted copy it does not return. */
int call_checkpoint(const struct options *options, struct call *call, int fd,
		    unsigned long flags);
void call_failed(const struct options *options, const struct call *call, int ret);
void call_done(const struct options *options, const struct call *call, enum fate fate);

/* The exit code for what call_checkpoint() returned */
int call_exit(const struct call *call, int ret);

/* The image is safe, or what became of it does not count: the hooks learn it. */
void call_saved(const struct options *options, struct call *call);
void call_lost(const struct options *options, const struct call *call);

/* Where the result goes: the standard output may be the image's */
FILE *ckpt_result_stream(const struct options *options);

/* enter.c */
void enter_user_namespace(pid_t pid);

/* The commands: each returns an exit code. */
int check_command(const struct options *options);
int file_command(const struct options *options);
int through_command(const struct options *options);
int stream_command(const struct options *options);
int move_command(const struct options *options);

/**
 * struct progress - an image on its way into a descriptor
 * @watch: the thread that shows how far it is
 * @pid: what is being saved
 * @fd: where the image goes
 * @begin: size of the file before it
 */
struct progress {
	struct watch watch;
	pid_t pid;
	int fd;
	off_t begin;
};

void progress_start(struct progress *progress, const struct options *options, int fd);

/**
 * struct patience - lets a tree that is held go if its image takes too long to get its name
 * @options: the command line
 * @call: what made the hold
 * @until: for so long it stays held, CLOCK_MONOTONIC
 * @running: there is the thread
 * @over: the image has its name, or will not get it
 * @late: the tree was let go before
 *
 * The rest is the thread's.
 */
struct patience {
	const struct options *options;
	struct call *call;
	struct timespec until;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t end;
	bool running;
	bool over;
	bool late;
};

/*
 * hold.c: not for who is itself in the tree, whose second thread would be part of it.
 * patience_end() returns true if the tree was let go, which has been said.
 */
void patience_begin(struct patience *patience, const struct options *options, struct call *call);
bool patience_end(struct patience *patience);

/* What happens to a tree that is held, with the image safe. */
int finish_held(const struct options *options, struct call *call);

#endif /* _CKPT_CKPT_H */
