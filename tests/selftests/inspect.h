/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inspect.h - what the parts of inspect_test share: a tree that looks at itself, and
 * the list of what may differ.
 *
 * A *dump* is a file of lines "key value".  Each member of the tree writes what system
 * calls tell it about itself (inspect_calls.c, inspect_fds.c); the root adds what /proc
 * shows of everybody (inspect_proc.c).  Keys begin with the member's name.
 */
#ifndef _INSPECT_H
#define _INSPECT_H

#include "subject.h"

#define USER		1000	/* who owns what is not root's */

/* -- the tree (inspect_tree.c) ------------------------------------------------------ */

#define MAX_MEMBERS	40
#define MAX_TALKING	16	/* who are told to look at themselves */
#define HIGH		200	/* from here on descriptors are the tree's means to talk */

/**
 * struct member - a thread of the tree
 * @name: begins its keys
 * @pid: its process
 * @tid: itself
 * @command: pipe by which the root tells it to look at itself; it waits there
 * @silent: it cannot look at itself (stopped, a zombie)
 */
struct member {
	char name[16];
	pid_t pid, tid;
	int command[2];
	bool silent;
};

/* In memory that the whole tree has in common */
struct plan {
	int nr;
	struct member members[MAX_MEMBERS];
	struct member *waiting;	/* the first of those in inspect_waits.c */
	int answers[2];
	bool privileged;	/* made by root, with what only root can have */
};

extern struct plan *plan;

/* Enter a member; others may not do so at the same time. */
struct member *new_member(const char *name);

/* The caller is this one. */
void enter_member(struct member *m);

/* Look at itself whenever the root says so, until it says that this is the end. */
void be_member(struct member *m);

/* Set the tree up, look, ready(), look, end.  The second is of a user throughout. */
void inspected_tree(void);
void inspected_tree_of_a_user(void);

/* -- its state (inspect_state.c, inspect_areas.c) ------------------------------------- */

void make_files(void);		/* descriptors of the root */
void make_memory(void);		/* areas */
void block_signals(void);
void make_signals(void);	/* actions, masks, queues, timers */
void make_odd(void);		/* limits, scheduling, settings of a process */
void make_odd_thread(void);
void become_odd_restarter(void);	/* what a tree that is made below must not inherit */

/* inspect_waits.c: threads of one process that wait for ever, in the members plan->waiting */
int nr_waits(void);
const char *wait_name(int nr);
void start_waits(void);

/* -- the dump ----------------------------------------------------------------------- */

/* What follows is written for @who to dump number @nr. */
void dump_begin(const char *who, int nr);
void dump_end(void);

/* One line; the key ends at the first space.  Line feeds and the like become \xNN. */
__attribute__((format(printf, 1, 2)))
void line(const char *fmt, ...);

/* The same of bytes, in hexadecimal */
void line_bytes(const char *key, const void *p, size_t len);

/* The result of a call: a number, or the error's name */
void line_result(const char *key, long ret);

/* A small number for an inode, the same for the same inode within one dump */
unsigned int inode_number(unsigned long dev, unsigned long ino);

/* What sort of file a link of /proc/PID/fd leads to, in one word */
const char *sort_of(const char *link);

void dump_calls(void);			/* of the calling thread */
void dump_effects(void);
void dump_descriptors(void);		/* of the calling process */
void dump_process(pid_t pid);		/* by /proc */
void dump_thread(pid_t pid, pid_t tid);
void dump_fdinfo(const char *dir);	/* a directory fdinfo of /proc */
void dump_shared(void);			/* who shares what with whom */
void dump_world(void);			/* what lies in the machine */
void dump_counts(void);			/* what is counted for users */

/* -- the comparison (inspect_compare.c) ----------------------------------------------- */

enum {
	RUNNING = 1,		/* saved, not killed */
	RESTARTED = 2,
	BY_A_USER = 4,		/* restarted in namespaces of the user's own */
	ANEW = 6,
	ALWAYS = 7,
};

enum how {
	ANY,
	GROWS,		/* it is one number or several, and none is less than before */
	SHRINKS,	/* none is more */
	ABSENT,		/* it is there only before, or only after */
};

#define MAX_KEYS	12

/**
 * struct exception - keys that may differ
 * @reason: why
 * @when: after what
 * @how: in what way
 * @keys: patterns, as for fnmatch(3)
 */
struct exception {
	const char *reason;
	unsigned int when;
	enum how how;
	const char *keys[MAX_KEYS];
};

extern const struct exception exceptions[];
extern const unsigned int nr_exceptions;

/* Compare dumps 1 and 2.  Return: how many keys differ without being excepted */
unsigned int compare_dumps(unsigned int when);

/* Say which exceptions no comparison so far has needed. */
void tell_unused(unsigned int when);

#endif /* _INSPECT_H */
