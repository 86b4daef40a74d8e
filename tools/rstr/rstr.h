/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rstr.h - what the parts of rstr share.
 */
#ifndef _CKPT_RSTR_H
#define _CKPT_RSTR_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <termios.h>

#include "compiler.h"
#include "hook.h"
#include "libcheckpoint.h"
#include "watch.h"

/* Exit codes of rstr's own; else it ends as the program does. */
#define RSTR_FAILED	125
#define RSTR_NOT_NOW	124	/* the same may work in a moment */
#define RSTR_NEVER	123	/* not on this kernel */
#define RSTR_NO_TERMINAL 122	/* between processes of rstr: see session_lend() */
#define RSTR_NR_ERRORS	256
#define RSTR_NR_INHERIT	(CKPT_EXTERNAL_MAX + 3)

/**
 * struct restart_options - the command line
 * @argv: all of it
 * @path: the image, "-" for stdin
 * @from: the shell command that the image comes from, NULL without
 * @hooks: what runs before and after
 * @command: instead of an image: what to start, NULL ended (ckpt run)
 * @image: its descriptor
 * @through: pid of the command that it comes from, 0 = none
 * @begin: where the image begins in it, -1 if it cannot be read twice
 * @owner_name: --owner, NULL without
 * @inherit: what takes the place of which of its descriptors
 * @nr_inherit: how many
 * @moved: which paths have moved
 * @nr_moved: how many
 * @ceiling: the program gets no more rights than @owner could have
 * @owner: whose image it is
 * @tied: --pidns: the program dies when its supervisor does (ckpt run)
 */
struct restart_options {
	char **argv;
	const char *path;
	const char *from;
	struct hooks hooks;
	char **command;
	int image;
	pid_t through;
	off_t begin;
	const char *owner_name;
	struct restart_inherit inherit[RSTR_NR_INHERIT];
	unsigned int nr_inherit;
	struct restart_moved moved[CKPT_MOVED_MAX];
	unsigned int nr_moved;
	bool ceiling;
	uid_t owner;
	bool frozen;
	bool detach;
	bool self;
	bool pidns;
	bool tied;
	bool allow_changed;
	bool rewind;
	bool strict_io;
	bool as_root;
	bool check;
	bool confirm;
	bool quiet;
	bool verbose;
	bool json;
};

/**
 * struct program - the root of the restarted tree
 * @pid: its pid, in the namespace of whoever looks
 * @pgrp: its process group, 0 = that of rstr
 * @hold: descriptor that keeps it frozen, -1 if none
 * @init: pid of the init of its pid namespace, 0 without --pidns
 * @channel: socket to that init, -1 without --pidns
 * @pidfd: of @pid when another process reaps it, else -1
 * @stopped: it is stopped by a signal
 */
struct program {
	pid_t pid;
	pid_t pgrp;
	int hold;
	pid_t init;
	int channel;
	int pidfd;
	bool stopped;
};

#define NO_PROGRAM { .hold = -1, .channel = -1, .pidfd = -1 }

/**
 * struct terminal - the terminal that rstr may lend to the program
 * @fd: its descriptor, -1 if there is none
 * @lent: the program's process group has it
 * @known: @ours is valid
 * @ours: its modes before the restart
 * @aside: @theirs is valid: the program's, which it does not have yet
 * @theirs: its modes as the restart has set them
 */
struct terminal {
	int fd;
	bool lent;
	bool known;
	struct termios ours;
	bool aside;
	struct termios theirs;
};

/* pairs.c: an option that takes a pair.  Return: NULL, or what is wrong with it */
const char *pairs_inherit(struct restart_options *options, const char *text);
const char *pairs_map(struct restart_moved *moved, unsigned int *nr, const char *text);

/* image.c: open the image, find its owner; exits with a message if that fails */
void image_open(struct restart_options *options);

/* What the image came through has ended?  A failure is reported */
void image_end(const struct restart_options *options);

/* Go back to its beginning.  Return: false if that is not possible */
bool image_rewind(const struct restart_options *options);

/* call.c */
FILE *call_result_stream(const struct restart_options *options);
void call_watch(const struct restart_options *options, struct watch *watch);
int call_restart(const struct restart_options *options, unsigned long flags, struct watch *watch,
		 struct program *program);
void call_made(const struct restart_options *options, pid_t pid, pid_t pgrp);
int call_check(const struct restart_options *options);
int call_self(const struct restart_options *options);
int call_exit_code(long ret);
void call_announce(const struct restart_options *options, const struct program *program);

/* session.c: a program of somebody else's, away from root's session and terminal */
bool session_is_needed(const struct restart_options *options);
int session_command(const struct restart_options *options);
bool session_took_pid(const struct restart_options *options, const struct checkpoint_error *error);
bool session_wants_terminal(const struct restart_options *options,
			    const struct checkpoint_error *error);
int session_lend(const struct restart_options *options);
bool session_is_lent(void);

/**
 * struct relay - a pseudo terminal and the terminal that it stands for
 * @tty: the terminal, -1 if there is none to stand for
 * @input: the terminal is rstr's standard input too
 * @master: rstr's end, -1 without
 * @slave: the program's end, -1 without
 * @saved: the terminal's modes before
 * @raw: they have been changed
 * @typed: what the program's end has not taken yet
 * @nr_typed: bytes of it
 */
struct relay {
	int tty;
	bool input;
	int master;
	int slave;
	struct termios saved;
	bool raw;
	char typed[1024];
	size_t nr_typed;
};

/* relay.c: what is typed and shown, between both.  Return: 0 or -1, reported */
int relay_open(struct relay *relay);
void relay_adopt(struct relay *relay, bool control);
int relay_until_end(struct relay *relay, pid_t leader, const sigset_t *watched);

/* front.c: the descriptors that the program has inherited */
void inherited_close(const struct restart_options *options);

/**
 * struct keeper - what is done beside waiting for the program
 * @started: it is made, and frozen
 * @look: called at the start, after each signal and when its time is up.
 *	Return: milliseconds until it wants to be called again, -1 for any
 * @reaped: a child that is not the program has ended
 * @takes: a signal that has come.  Return: true if it is not for the program
 * @arg: for the callbacks
 */
struct keeper {
	void (*started)(void *arg, const struct program *program);
	int (*look)(void *arg);
	void (*reaped)(void *arg, pid_t pid, int status);
	bool (*takes)(void *arg, const struct signalfd_siginfo *info);
	void *arg;
};

/* front.c: the hooks at one of rstr's steps.  Return: 0, -1 if one failed (reported) */
int front_hook(const struct restart_options *options, const char *action, pid_t pid);

int front_run(const struct restart_options *options, const struct keeper *keeper);
int front_command(const struct restart_options *options);

/* terminal.c */
void terminal_open(struct terminal *terminal);
void terminal_close(struct terminal *terminal);
bool terminal_is_ours(const struct terminal *terminal);
bool terminal_is_lent(const struct terminal *terminal, const struct program *program);
void terminal_lend(struct terminal *terminal, const struct program *program);
void terminal_take(struct terminal *terminal);
void terminal_set_aside(struct terminal *terminal);
void terminal_give_modes(struct terminal *terminal, const struct program *program);
void terminal_put_back(const struct terminal *terminal, const struct program *program);

/* supervise.c: wait for the program; the wait status it ended with */
void supervise_prepare(sigset_t *watched);
void supervise_undo(void);
void pass_on(pid_t pid, const struct signalfd_siginfo *info);
int supervise(struct program *program, struct terminal *terminal, const sigset_t *watched,
	      const struct keeper *keeper);

/* held.c: --frozen: the program does nothing until rstr is told */
void held_until_told(const struct restart_options *options, const struct program *program,
		     const struct terminal *terminal, const sigset_t *watched);

/* command.c: start a program, which waits until it may go, or ends without */
int command_start(const struct restart_options *options, struct program *program);
void command_go(const struct program *program);

/* pidns.c: restart in a new pid namespace */
int pidns_restart(const struct restart_options *options, unsigned long flags,
		  struct program *program, struct terminal *terminal);
void pidns_release(const struct program *program);
bool pidns_event(const struct program *program, int *status);

/* detach.c */
int detach_command(const struct restart_options *options);

/* finish.c: end as the program did */
__noreturn void finish_as(int status);

/* Process 1 of the machine, not of a container? */
bool is_machine_init(void);

#endif /* _CKPT_RSTR_H */
