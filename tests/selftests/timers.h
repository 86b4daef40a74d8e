/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timers.h - what the tests of timers share: times, signals, burning CPU time.
 */
#ifndef _TIMERS_H
#define _TIMERS_H

#include <sys/time.h>

#include "forged.h"

#define MS		1000000LL
#define SECOND		1000000000LL
#define FAR		(1000 * SECOND)

/* How exact the time that is left has to be, on a machine as slow as a guest can be */
#define SLACK		(20 * SECOND)

static inline sigset_t set_of(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static inline void block(int sig)
{
	sigset_t set = set_of(sig);

	check(!sigprocmask(SIG_BLOCK, &set, NULL));
}

static inline void unblock(int sig)
{
	sigset_t set = set_of(sig);

	check(!sigprocmask(SIG_UNBLOCK, &set, NULL));
}

static inline bool is_pending(int sig)
{
	sigset_t set;

	check(!sigpending(&set));
	return sigismember(&set, sig);
}

/* Take a pending signal.  Return: its number, 0 if there is none */
static inline int take(int sig, siginfo_t *info)
{
	struct timespec now = {};
	sigset_t set = set_of(sig);
	int ret = sigtimedwait(&set, info, &now);

	return ret < 0 ? 0 : ret;
}

/* Use up CPU time until @condition holds. */
#define burn_until(condition) ({					\
	uint64_t _end = now_ns(CLOCK_MONOTONIC) + PATIENCE * SECOND;	\
	bool _ok;							\
	while (!(_ok = !!(condition)) && now_ns(CLOCK_MONOTONIC) < _end) \
		;							\
	_ok;								\
})

/* Is a signal pending for a process, or its thread? */
static inline bool shows_pending(pid_t pid, int sig)
{
	unsigned long long own = 0, shared = 0;
	char path[64], text[4096], *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	line = strstr(text, "SigPnd:");
	if (line)
		sscanf(line, "SigPnd: %llx ShdPnd: %llx", &own, &shared);
	return (own | shared) >> (sig - 1) & 1;
}

/*
 * Held by a descriptor for @ms milliseconds, in which @sig, if it is not 0, does not come; then let go
 * or, if @end, killed and restarted.
 */
static inline long hold_for(struct subject *s, unsigned int ms, int sig, bool end)
{
	bool was = !sig || shows_pending(s->pid, sig);
	long ret = subject_save(s, CHECKPOINT_FROZEN);

	if (ret < 0)
		return ret;
	sleep_ms(ms);
	if (!was && shows_pending(s->pid, sig))
		return -EALREADY;
	if (!end) {
		close(s->cargs.hold_fd);
		return 0;
	}
	ret = sys_checkpoint(0, s->cargs.hold_fd, CHECKPOINT_END, NULL, 0);
	close(s->cargs.hold_fd);
	waitpid(s->pid, NULL, 0);
	return ret < 0 ? ret : subject_restart(s, 0);
}

#endif /* _TIMERS_H */
