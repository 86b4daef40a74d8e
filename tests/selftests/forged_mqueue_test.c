// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_mqueue_test.c - images that lie about POSIX message queues, and what a user's would have
 * of others.
 */
#include "posix_notify.h"

#define FORGED(name, type, rec, statement, err)				\
TEST_F(forged, name)							\
{									\
	struct rec *data;						\
									\
	ASSERT_EQ(0, subject_start(&self->s, notify_signal));		\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	ASSERT_NE(NULL, image_find(&self->image, type));		\
	data = (void *)(image_find(&self->image, type) + 1);		\
	statement;							\
	ASSERT_EQ(0, mq_unlink(NAME));					\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));		\
	EXPECT_EQ(0, count_queues());					\
}

#define FORGED_QUEUE(name, statement, err) \
	FORGED(name, CKPT_REC_MQUEUE, ckpt_rec_mqueue, statement, err)
FORGED_QUEUE(mode, data->mode = 04755, -EINVAL)
FORGED_QUEUE(flags, data->flags = 2, -EINVAL)
FORGED_QUEUE(uid, data->uid = ~0U, -EINVAL)
FORGED_QUEUE(gid, data->gid = ~0U, -EINVAL)
FORGED_QUEUE(maxmsg, data->maxmsg = ~0U, -EINVAL)
FORGED_QUEUE(maxmsg_none, data->maxmsg = 0, -EINVAL)
FORGED_QUEUE(msgsize, data->msgsize = ~0U, -EINVAL)
FORGED_QUEUE(name_empty, data->name[0] = 0, -EINVAL)
FORGED_QUEUE(name_slash, data->name[3] = '/', -EINVAL)
FORGED_QUEUE(name_dots, strcpy(data->name, ".."), -EINVAL)
FORGED_QUEUE(name_endless, memset(data->name, 'x', 256), -EINVAL)
FORGED_QUEUE(time, data->mtime_nsec = 1000000000, -EINVAL)

#define FORGED_FILE(name, statement, err) \
	FORGED(name, CKPT_REC_FILE_MQUEUE, ckpt_rec_file_mqueue, statement, err)
FORGED_FILE(file_of_none, data->queue = 0, -EINVAL)
FORGED_FILE(file_of_a_task, data->queue = 1, -EINVAL)
FORGED_FILE(file_by_path_alone, data->open_flags = O_PATH, -EINVAL)
FORGED_FILE(file_created, data->open_flags |= O_CREAT, -EINVAL)

#define FORGED_NOTIFY(name, statement, err) \
	FORGED(name, CKPT_REC_MQUEUE_NOTIFY, ckpt_rec_mqueue_notify, statement, err)
FORGED_NOTIFY(notify_by_thread, data->notify = SIGEV_THREAD, -EINVAL)
FORGED_NOTIFY(notify_cookie_of_none, data->cookie[3] = 1, -EINVAL)
FORGED_NOTIFY(notify_reserved, data->reserved2 = 1, -EINVAL)
FORGED_NOTIFY(notify_signal_by_socket,
	      data->socket = image_find(&self->image, CKPT_REC_FILE_MQUEUE)->object, -EINVAL)
FORGED_NOTIFY(notify_through_a_queue,
	      data->notify = SIGEV_THREAD; data->signal = 0; data->value = 0;
	      data->socket = image_find(&self->image, CKPT_REC_FILE_MQUEUE)->object, -EINVAL)
FORGED_NOTIFY(notify_signal_number, data->signal = 65, -EINVAL)
FORGED_NOTIFY(notify_of_none, data->queue = 0, -EINVAL)

/* A user's program, whose queue a forged image makes root's */
void after_exec(void)
{
	make_queue(0, 3, 64);
	send_text("a", 0);
	ready();
	expect_text("a", 0);
	unlink_queue();
}

static long restart_forged(struct subject *s, struct image *image)
{
	image_seal(image);
	return image_store(image, s->image) ?: subject_restart_below_user(s);
}

TEST_F(forged, rights)
{
	struct ckpt_rec_mqueue *data;

	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	ASSERT_EQ(0, mq_unlink(NAME));
	data = (void *)(image_find(&self->image, CKPT_REC_MQUEUE) + 1);
	data->uid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	data->uid = 1000;
	data->gid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	data->gid = 1000;
	data->maxmsg = 60000;
	EXPECT_EQ(-EINVAL, restart_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "msg_max"));
	data->maxmsg = 3;
	EXPECT_EQ(0, count_queues());
	EXPECT_EQ(self->s.pid, restart_forged(&self->s, &self->image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
