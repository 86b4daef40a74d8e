// SPDX-License-Identifier: GPL-2.0-only
/*
 * story.c - whole stories of a subject: see subject.h.
 */
#include "subject.h"

static int story_end(struct subject *s, long ret)
{
	if (ret < 0) {
		subject_tell_failure();
		subject_kill(s);
	}
	reap_all();
	return ret < 0 ? ret : 0;
}

int story_killed(void (*run)(void))
{
	struct subject s;
	long ret;

	ret = subject_start(&s, run);
	if (!ret)
		ret = subject_save(&s, CHECKPOINT_KILL);
	if (ret > 0)
		ret = subject_restart(&s, 0);
	if (!ret) {
		subject_go(&s, 1);
		ret = subject_wait(&s);
	}
	return story_end(&s, ret);
}

int story_left_running(void (*run)(void))
{
	struct subject s;
	long ret;

	ret = subject_start(&s, run);
	if (!ret)
		ret = subject_save(&s, 0);
	if (ret > 0) {
		subject_go(&s, 1);
		ret = subject_wait(&s);
	}
	if (!ret) {
		reap_all();
		tell("the original has come to its end");
		ret = subject_restart(&s, 0);
	}
	if (!ret)
		ret = subject_wait(&s);
	return story_end(&s, ret);
}

int story_twice(void (*run)(void))
{
	struct subject s;
	long ret;
	int i;

	ret = subject_start(&s, run);
	for (i = 0; i < 2 && !ret; i++) {
		ret = subject_save(&s, CHECKPOINT_KILL);
		if (ret > 0)
			ret = subject_restart(&s, 0);
	}
	if (!ret) {
		subject_go(&s, 1);
		ret = subject_wait(&s);
	}
	return story_end(&s, ret);
}

int story_refused(void (*run)(void), int err, const char *words)
{
	struct subject s;
	long ret;

	ret = subject_start(&s, run);
	if (ret)
		return story_end(&s, ret);
	ret = subject_save(&s, CHECKPOINT_KILL);
	if (ret != -err || !subject_told(&s, words)) {
		tell("expected %s and \"%s\"", strerror(err), words);
		return story_end(&s, -EINVAL);
	}
	subject_go(&s, 1);
	return story_end(&s, subject_wait(&s));
}
