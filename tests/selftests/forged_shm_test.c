// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_shm_test.c - images that lie about System V shared memory, and what a user's would have
 * of others.
 */
#include "forged.h"
#include "segment.h"

#define FORGED(name, type, rec, statement, err)				\
TEST_F(forged, name)							\
{									\
	struct rec *data;						\
									\
	ASSERT_EQ(0, subject_start(&self->s, with_a_file));		\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	ASSERT_NE(NULL, image_find(&self->image, type));		\
	data = (void *)(image_find(&self->image, type) + 1);		\
	statement;							\
	remove_all();							\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));		\
	EXPECT_EQ(0, count_segments());					\
}

#define FORGED_SEGMENT(name, statement, err) \
	FORGED(name, CKPT_REC_SHM_SEGMENT, ckpt_rec_shm_segment, statement, err)
FORGED_SEGMENT(id, data->id = -1, -EINVAL)
FORGED_SEGMENT(mode, data->mode = 03640, -EINVAL)
FORGED_SEGMENT(uid, data->uid = ~0U, -EINVAL)
FORGED_SEGMENT(cgid, data->cgid = ~0U, -EINVAL)
FORGED_SEGMENT(size_none, data->size = 0, -EINVAL)
FORGED_SEGMENT(size_larger, data->size += PAGE, -EINVAL)
FORGED_SEGMENT(size_to_the_sky, data->size = ~0ULL, -EINVAL)
FORGED_SEGMENT(flags_of_memory, data->flags = 2, -EINVAL)
FORGED_SEGMENT(locked_by_nobody, data->locker = 1000, -EINVAL)
FORGED_SEGMENT(locker, data->flags = CKPT_SHM_LOCKED; data->locker = ~0U, -EINVAL)
FORGED_SEGMENT(memory_of_none, data->shmem = 0, -EINVAL)

#define FORGED_STATE(name, statement, err) \
	FORGED(name, CKPT_REC_SHM_STATE, ckpt_rec_shm_state, statement, err)
FORGED_STATE(flags, data->flags = 2, -EINVAL)
FORGED_STATE(destroyed_with_a_key, data->flags = CKPT_SHM_DEST, -EINVAL)
FORGED_STATE(cprid, data->cprid = ~0U, -EINVAL)

#define FORGED_FILE(name, statement, err) \
	FORGED(name, CKPT_REC_FILE_SHM, ckpt_rec_file_shm, statement, err)
FORGED_FILE(file_of_none, data->segment = 0, -EINVAL)
FORGED_FILE(file_for_writing_alone, data->open_flags = O_WRONLY, -EINVAL)

/* A user's program, whose segment a forged image makes root's */
void after_exec(void)
{
	make_segment(KEY);
	mem = attach(0);
	mem[7] = 8;
	ready();
	check_equal(mem[7], 8);
	check(!shmdt(mem));
	remove_segment();
}

static long restart_forged(struct subject *s, struct image *image)
{
	image_seal(image);
	return image_store(image, s->image) ?: subject_restart_below_user(s);
}

TEST_F(forged, rights)
{
	struct ckpt_rec_shm_segment *data;

	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	remove_all();
	data = (void *)(image_find(&self->image, CKPT_REC_SHM_SEGMENT) + 1);
	data->uid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	data->uid = 1000;
	data->cgid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	data->cgid = 1000;
	data->flags = CKPT_SHM_LOCKED;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	data->flags = 0;
	EXPECT_EQ(0, count_segments());
	EXPECT_EQ(self->s.pid, restart_forged(&self->s, &self->image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
