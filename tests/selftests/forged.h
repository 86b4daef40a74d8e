/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * forged.h - what the tests of forged images share: a subject, its image as bytes, and
 * the true image beside each forged one.
 */
#ifndef _FORGED_H
#define _FORGED_H

#include <grp.h>

#include "checkpoint_test.h"

FIXTURE(forged)
{
	struct subject s;
	struct image image;
};

FIXTURE_SETUP(forged)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(forged)
{
	image_free(&self->image);
}

static inline int save_and_load(struct subject *s, struct image *image)
{
	long ret = subject_save(s, CHECKPOINT_KILL);

	return ret < 0 ? ret : image_load(image, s->image);
}

/* The forged image is refused and the true one is not. */
static inline long try_forged(struct subject *s, struct image *image)
{
	struct image original;
	long ret;

	ret = image_load(&original, s->image);
	if (ret)
		return ret;
	image_seal(image);
	ret = image_store(image, s->image) ?: subject_restart(s, 0);
	if (!ret) {
		subject_kill(s);
	} else {
		struct subject honest = *s;

		image_store(&original, s->image);
		subject_go(&honest, 1);
		if (subject_restart(&honest, 0) || subject_wait(&honest))
			ret = -EUCLEAN;
	}
	image_free(&original);
	return ret;
}

/*
 * Save the subject, and try to restart its image after each of the changes alone: all are to
 * be refused with EINVAL.  Return: 0 if they are, and the true image is not
 */
static inline long try_all(struct subject *s, struct image *image,
			   void (* const changes[])(struct image *image), size_t nr)
{
	struct image original;
	long ret = save_and_load(s, &original), wrong = 0;
	size_t i;

	for (i = 0; !ret && i < nr; i++) {
		long answer;

		ret = image_load(image, s->image);
		if (ret)
			break;
		changes[i](image);
		image_seal(image);
		ret = image_store(image, s->image);
		answer = ret ?: subject_restart(s, 0);
		if (answer != -EINVAL) {
			tell("change %zu: %ld", i, answer);
			wrong++;
		}
		if (!answer)
			subject_kill(s);
		image_free(image);
		ret = ret ?: image_store(&original, s->image);
	}
	memset(image, 0, sizeof(*image));
	if (ret)
		return ret;
	image_free(&original);
	ret = subject_restart(s, 0);
	if (ret)
		return ret;
	subject_go(s, 1);
	return subject_wait(s) ?: wrong;
}

/* The first record of a type behind @rec */
static inline struct ckpt_rec *next_record(const struct image *image,
					   const struct ckpt_rec *rec, uint32_t type)
{
	size_t i;

	for (i = 0; i < image->nr_records; i++)
		if (image_record(image, i) > rec && image_record(image, i)->type == type)
			return image_record(image, i);
	return NULL;
}

static inline struct ckpt_rec *record_of(const struct image *image, uint32_t object,
					 uint32_t type)
{
	struct ckpt_rec *rec = image_find(image, type);

	while (rec && rec->object != object)
		rec = next_record(image, rec, type);
	return rec;
}

/* TAG_nr(image, nr): what stands in the NR'th record of a type, from 0 */
#define NTH(type, tag)							\
static struct tag *tag##_nr(struct image *image, unsigned int nr)	\
{									\
	struct ckpt_rec *rec = image_find(image, type);			\
									\
	while (nr--)							\
		rec = next_record(image, rec, type);			\
	return (void *)(rec + 1);					\
}

/* The record's header in front of its data */
#define HEAD(data)	((struct ckpt_rec *)(data) - 1)

/* A change for try_all() */
#define FORGERY(name, change)	static void name(struct image *image) { change; }

static inline void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	check(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static inline void be_user_in_namespaces(void)
{
	check(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	      !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
	check(!unshare(CLONE_NEWUSER | CLONE_NEWPID));
	put_text("/proc/self/setgroups", "deny");
	put_text("/proc/self/uid_map", "1000 1000 1");
	put_text("/proc/self/gid_map", "1000 1000 1");
}

/*
 * Restart it as uid 1000, who may choose pids, for they are those of a namespace of his.
 * Return: 0 or a positive errno
 */
static inline int restart_in_namespaces(struct subject *s)
{
	int status;
	pid_t pid;

	if (!set_policy("0") || chown(s->image, 1000, 1000))
		return -1;
	pid = fork();
	if (!pid) {
		be_user_in_namespaces();
		pid = fork();
		if (!pid)
			_exit(-subject_restart(s, 0));
		waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
	}
	waitpid(pid, &status, 0);
	set_policy("1");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

#endif /* _FORGED_H */
