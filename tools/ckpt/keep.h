/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keep.h - images of a job in a store, one after the other.
 */
#ifndef _CKPT_KEEP_H
#define _CKPT_KEEP_H

#include "ckpt.h"
#include "store.h"

/**
 * struct keep - how a job is kept
 * @store: where
 * @options: of the call: the job's pid is the keeper's to fill in
 * @every_ns: so much run time between two images
 * @images: how many are kept
 * @bytes: how large they may be together, 0 = any
 * @strict: a refusal is the end
 * @run_ns: so long the job has run when the image is made
 */
struct keep {
	struct store store;
	struct options options;
	__u64 every_ns;
	size_t images;
	__u64 bytes;
	bool strict;
	__u64 run_ns;
};

/* keep_save.c: note down, beside the lock, that the job is @job. */
void keep_name_job(const struct keep *keep, pid_t job);

/* One image more.  @end: then kill the job.  Return: an exit code (reported) */
int keep_save(const struct keep *keep, bool end);

/**
 * struct saver - a child that saves while its parent looks after the job
 * @pid: it, 0 if there is none
 * @begun_ns: when it began
 * @end: it ends the job
 */
struct saver {
	pid_t pid;
	__u64 begun_ns;
	bool end;
};

/* saver.c: start one.  No error: if there can be none, that is reported, as any refusal. */
void saver_start(struct saver *saver, const struct keep *keep, bool end);

/* A child has ended.  Return: true if it was the saver; *@code is then its exit code */
bool saver_reaped(struct saver *saver, pid_t pid, int status, int *code);

/* Wait for its end, if there is one.  Return: its exit code */
int saver_wait(struct saver *saver);

/**
 * struct pace - run time, and when the next image is due
 * @seen_ns: when it was looked at last
 * @asked_ns: for how long it was not to be looked at then
 * @run_ns: run time by then, over all restarts
 * @due_ns: run time at which the next image is due
 */
struct pace {
	__u64 seen_ns;
	__u64 asked_ns;
	__u64 run_ns;
	__u64 due_ns;
};

/* pace.c: time goes on, but not while this process was stopped with the job */
void pace_start(struct pace *pace, __u64 run_ns, __u64 every_ns);
void pace_look(struct pace *pace);
bool pace_is_due(const struct pace *pace);

/* The next image is due in so much run time. */
void pace_next(struct pace *pace, __u64 ns);

/* Return: milliseconds until then, for poll() */
int pace_wait(struct pace *pace);

/* command_line.c: exits if it is wrong.  Return: the directory of --every */
const char *ckpt_parse(struct keep *keep, int argc, char **argv);

/* parse.c: words of the command line.  Return: false if they are none */
bool parse_time(const char *text, __u64 *ns);
bool parse_size(const char *text, __u64 *bytes);
bool parse_count(const char *text, size_t *count);

/* The commands: @argv is that of main().  Each returns an exit code. */
int run_command(int argc, char **argv);
int look_command(int argc, char **argv);
int keep_command(struct keep *keep, const char *path);

#endif /* _CKPT_KEEP_H */
