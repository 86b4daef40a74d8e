/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * forged.h - what the tests of forged images share: a subject, its image as bytes, and
 * the true image beside each forged one.
 */
#ifndef _FORGED_H
#define _FORGED_H

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

#endif /* _FORGED_H */
