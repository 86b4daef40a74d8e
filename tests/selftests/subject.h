/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * subject.h - what the selftests share.
 *
 * A test's program is a *subject*: a function that runs in a child of its own
 * session, with /dev/null as descriptors 0 to 2 and nothing else open, so that
 * nothing leads out of it.  It sets its state up, calls ready(), and when that
 * returns looks at its state again with check().  In between the test saves it,
 * ends it and restarts it, any number of times.  Subject and test talk through
 * files in a directory of their own, which is the subject's working directory.
 */
#ifndef _SUBJECT_H
#define _SUBJECT_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/checkpoint_hdr.h>

/* Longest wait for one event, seconds; the debug kernel is slower */
#define PATIENCE	(30 * time_scale())

/* How many times slower than the others is this kernel?  The guest's runner says it. */
unsigned int time_scale(void);

/* -- the system calls (negative errno) ---------------------------------------- */

long sys_checkpoint(pid_t pid, int fd, unsigned long flags, struct checkpoint_args *args,
		    size_t size);
long sys_restart(int crid, int fd, unsigned long flags, struct restart_args *args, size_t size);

/* -- the test's side ------------------------------------------------------------ */

#define NR_ERRORS	8

/**
 * struct subject - a program being saved and restarted
 * @pid: of its root process
 * @image: path of its image
 * @status: wait status of its root, when it has been waited for
 * @cargs: arguments of the last checkpoint(), and what came out
 * @rargs: the same of restart()
 * @errors: what the last call told
 * @external: descriptors for checkpoint() that may lead outside, @nr_external of them
 * @keep_seconds: for checkpoint(), with CHECKPOINT_KEEP
 * @inherit: for restart(), what takes their places, @nr_inherit of them
 * @moved: for restart(), which paths have moved, @nr_moved of them
 */
struct subject {
	pid_t pid;
	char image[96];
	int status;
	struct checkpoint_args cargs;
	struct restart_args rargs;
	struct checkpoint_error errors[NR_ERRORS];
	const uint32_t *external;
	unsigned int nr_external;
	unsigned int keep_seconds;
	const struct restart_inherit *inherit;
	unsigned int nr_inherit;
	const struct restart_moved *moved;
	unsigned int nr_moved;
};

/* Start @run and wait until it is ready.  Return: 0, or negative, told */
int subject_start(struct subject *s, void (*run)(void));

/*
 * The same without the new session, /dev/null and closed descriptors: @prepare,
 * which may be NULL, runs first in the child.
 */
int subject_start_inside(struct subject *s, void (*prepare)(void), void (*run)(void));

/*
 * Save it to its image with CHECKPOINT_* @flags; after CHECKPOINT_KILL wait for its
 * end.  Return: the crid, or negative errno, told
 */
long subject_save(struct subject *s, unsigned long flags);

/* Bring it back.  Return: 0, or negative errno, told */
long subject_restart(struct subject *s, unsigned long flags);

/*
 * Bring it back as the program of an ordinary user (uid 1000): the owner of the image is the
 * ceiling.  @groups are all that he is in, @nr of them.  Return: its pid, or negative errno,
 * told
 */
long subject_restart_below(struct subject *s, const uint32_t *groups, unsigned int nr);

/* The same of a user in his own group alone */
long subject_restart_below_user(struct subject *s);

/* Let it go on from ready().  @stage counts the calls of ready(), from 1 */
void subject_go(struct subject *s, int stage);

/* Wait until it calls ready() for the @stage'th time.  Return: 0, or negative, told */
int subject_await(struct subject *s, int stage);

/* Wait for its end.  Return: 0 if it found all in order, else negative, told */
int subject_wait(struct subject *s);

/* Say what it wrote down when it failed. */
void subject_tell_failure(void);

/* Kill it and wait for all that is left of it. */
void subject_kill(struct subject *s);

/* Wait for all children of the test, which inherits the orphans. */
void reap_all(void);

/* What the last call told is @words, or has them in it, and is about the subject. */
bool subject_told(const struct subject *s, const char *words);

/* Whole stories.  Return: 0, or negative, told */
int story_killed(void (*run)(void));	/* saved, killed, restarted */
int story_left_running(void (*run)(void));	/* goes on; its image is restarted as well */
int story_twice(void (*run)(void));	/* the restarted one is saved, killed and restarted */
int story_refused(void (*run)(void), int err, const char *words);

/* -- both sides ------------------------------------------------------------------- */

/* Directory of the test, with a slash at its end */
extern char test_dir[64];

/* A line of explanation on the test's output (KTAP comment) */
__attribute__((format(printf, 1, 2)))
void tell(const char *fmt, ...);

void sleep_ms(unsigned int ms);
uint64_t now_ns(clockid_t clock);

/* Poll for @condition, up to PATIENCE seconds; true when it holds. */
#define wait_until(condition) ({					\
	unsigned int _ms = 0;						\
	bool _ok;							\
	unsigned int _most = PATIENCE * 1000;				\
	while (!(_ok = !!(condition)) && _ms++ < _most)			\
		sleep_ms(1);						\
	_ok;								\
})

/* Path of a file in the test's directory; one of a few static buffers */
const char *test_file(const char *name);

/* A copy of this very program, which anybody may execute */
void copy_program(const char *to);

/* Make or replace a file in the test's directory. */
void write_file(const char *name, const void *data, size_t len);

/* Read a file whole; NUL terminated.  Return: bytes, or negative errno */
ssize_t read_file(const char *path, char *buf, size_t size);

#define POLICY	"/proc/sys/kernel/checkpoint_policy"

/* Set kernel.checkpoint_policy.  Return: false if it was not taken */
bool set_policy(const char *value);

/* -- the subject's side -------------------------------------------------------------- */

/* The state is set up: may be saved from now on.  Returns when it is to look. */
void ready(void);

/*
 * Execute this very program; after_exec(), ready() if the program has none of its own,
 * is what runs there, and then it exits.
 */
__attribute__((noreturn)) void execute_self(void);
void after_exec(void);

/* The same of a copy of it, which copy_program() has made */
__attribute__((noreturn)) void execute_program(const char *path);

/* The same as uid 1000, who then owns all it has: the executable and the descriptors too */
__attribute__((noreturn)) void execute_self_as_user(void);

/* Tell the test that something is not as it should be, and exit. */
__attribute__((noreturn, format(printf, 3, 4)))
void fail(const char *file, int line, const char *fmt, ...);

#define check(condition) do {						\
	if (!(condition))						\
		fail(__FILE__, __LINE__, "%s (errno %d)", #condition, errno); \
} while (0)

#define check_equal(a, b) do {						\
	long long _a = (long long)(a), _b = (long long)(b);		\
	if (_a != _b)							\
		fail(__FILE__, __LINE__, "%s is %lld (%#llx), not %lld (%#llx): %s (errno %d)", \
		     #a, _a, _a, _b, _b, #b, errno);			\
} while (0)

/* Fork a process that runs @run and exits.  Return: its pid */
pid_t spawn(void (*run)(void *), void *arg);

/* What ready() is for a child, and its parent's wait until the child is there */
void child_ready(void);
void await_child(pid_t pid);

/* Wait for a child and check that it found all in order. */
void join(pid_t pid);

/* -- look.c: what /proc shows --------------------------------------------------------- */

/* Is some thread asleep in the kernel, in system call @nr (-1: any)? */
bool is_blocked_in(pid_t pid, pid_t tid, long nr);

/* The value behind "Name:" in /proc/self/status.  Return: bytes or -1 */
ssize_t status_line(const char *name, char *buf, size_t size);

/* How a message calls a process: "process 7 (sleep)"; one buffer */
const char *process_shown(pid_t pid);

/* Remember a /proc file and compare it with what it shows later. */
struct view {
	size_t len;
	char *text;
};

void view_take(struct view *v, const char *path);
void view_compare(const struct view *v, const char *path);

/* The areas of /proc/self/maps, merged neighbours as one, or line by line with VmFlags */
void maps_take(struct view *v, bool flags);
void maps_compare(const struct view *v, bool flags);

/* The flag letters (as in smaps) of the area at an address */
void vm_flags_at(const void *address, char *buf, size_t size);

/* Random bytes from a seed, and their check */
void pattern_fill(void *p, size_t len, uint64_t seed);
bool pattern_is(const void *p, size_t len, uint64_t seed);

/* The same of what comes @skip bytes (a multiple of 8) behind the beginning */
bool pattern_goes_on(const void *p, size_t skip, size_t len, uint64_t seed);

/* -- behind.c: saved by a child, while the test does something else ------------------------- */

/* Save it in a child, which has @fd alone open.  Return: the child, for answer_of() */
pid_t save_behind(struct subject *s, int fd, unsigned long flags);

/*
 * The same into a pipe that nobody reads.  When this returns, the program is captured and
 * its image begins to be written.
 */
pid_t save_to_pipe(struct subject *s, unsigned long flags, int *reader);

/* Wait for the child.  Return: 0, the error's number, 1000 + its signal, -1 if it hangs */
int answer_of(pid_t pid);

/* Private memory that is not zero */
void *big_memory(size_t len);

/* A subject that counts on each millisecond until subject_go(), and how far it is */
void ticks_in_a_file(void);
uint64_t ticks_now(void);

/* -- image.c: images as bytes ---------------------------------------------------------- */

struct image {
	uint8_t *data;
	size_t len;
	size_t *records;	/* offset of each record */
	size_t nr_records;
};

int image_load(struct image *image, const char *path);
void image_free(struct image *image);

/* The record at an index, and the first of a type (NULL: none) */
struct ckpt_rec *image_record(const struct image *image, size_t nr);
struct ckpt_rec *image_find(const struct image *image, uint32_t type);

/* Make all checksums right again, as a liar would. */
void image_seal(struct image *image);
int image_store(const struct image *image, const char *path);

/* Take the first record of a type out of a stored image. */
bool image_leave_out(const char *path, uint32_t type);

#endif /* _SUBJECT_H */
