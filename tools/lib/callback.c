// SPDX-License-Identifier: LGPL-2.1-only
/*
 * callback.c - what a program wants to do before and after it saves itself.
 *
 * One lock keeps the list as it is from the first callback before a save to the last one
 * after it, and saves apart from each other.  It checks who holds it, so that a callback that
 * changes the list gets an error instead of waiting for itself.  In the restarted copy the
 * thread that held it is the one that goes on from the call, and lets go of it there.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "libcheckpoint.h"
#include "save.h"

struct callback {
	int (*before)(void *arg);
	void (*after)(int outcome, void *arg);
	void *arg;
	struct callback *earlier;
	struct callback *later;
};

static struct callback *first, *last;
static pthread_mutex_t lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

int ckpt_callback_add(int (*before)(void *arg), void (*after)(int outcome, void *arg), void *arg)
{
	struct callback *callback = malloc(sizeof(*callback));
	int err;

	if (!callback)
		return -ENOMEM;
	*callback = (struct callback) { .before = before, .after = after, .arg = arg };
	err = pthread_mutex_lock(&lock);
	if (err) {
		free(callback);
		return -err;
	}
	callback->earlier = last;
	if (last)
		last->later = callback;
	else
		first = callback;
	last = callback;
	pthread_mutex_unlock(&lock);
	return 0;
}

static struct callback *find(int (*before)(void *arg), void (*after)(int outcome, void *arg),
			     void *arg)
{
	struct callback *callback;

	for (callback = last; callback; callback = callback->earlier) {
		if (callback->before == before && callback->after == after && callback->arg == arg)
			break;
	}
	return callback;
}

int ckpt_callback_remove(int (*before)(void *arg), void (*after)(int outcome, void *arg),
			 void *arg)
{
	struct callback *callback;
	int err = pthread_mutex_lock(&lock);

	if (err)
		return -err;
	callback = find(before, after, arg);
	if (callback) {
		*(callback->earlier ? &callback->earlier->later : &first) = callback->later;
		*(callback->later ? &callback->later->earlier : &last) = callback->earlier;
	}
	pthread_mutex_unlock(&lock);
	free(callback);
	return callback ? 0 : -ENOENT;
}

/* Those from @callback on, which is the earliest whose time before the save has come */
static void call_after(struct callback *callback, int outcome)
{
	for (; callback; callback = callback->later) {
		if (callback->after)
			callback->after(outcome, callback->arg);
	}
}

int callbacks_before(void)
{
	struct callback *callback;
	int ret = -pthread_mutex_lock(&lock);

	if (ret)
		return ret;
	for (callback = last; callback; callback = callback->earlier) {
		ret = callback->before ? callback->before(callback->arg) : 0;
		if (!ret)
			continue;
		ret = ret < 0 ? ret : -ECANCELED;
		call_after(callback, ret);
		pthread_mutex_unlock(&lock);
		return ret;
	}
	return 0;
}

void callbacks_after(int outcome)
{
	call_after(first, outcome);
	pthread_mutex_unlock(&lock);
}
