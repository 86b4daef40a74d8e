// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_pipe_test.c - images whose pipes, locks of open files and pids of the dead are none
 * that there could be.
 */
#include <sys/file.h>
#include <sys/syscall.h>

#include "forged.h"

NTH(CKPT_REC_PIPE, ckpt_rec_pipe)
NTH(CKPT_REC_FILE_PIPE, ckpt_rec_file_pipe)
NTH(CKPT_REC_FLOCK, ckpt_rec_flock)
NTH(CKPT_REC_OFD_LOCKS, ckpt_rec_ofd_locks)
NTH(CKPT_REC_DEAD_PID, ckpt_rec_dead_pid)

/* -- pipes ------------------------------------------------------------------------------------ */

static struct ckpt_rec_pipe_buffer *buffer_of(struct image *image)
{
	struct ckpt_rec *rec = HEAD(ckpt_rec_pipe_nr(image, 0));

	return (void *)((char *)(rec + 1) + rec->size);
}

static void has_a_pipe(void)
{
	int fds[2];

	check(!pipe(fds));
	check(write(fds[1], "contents", 8) == 8);
	ready();
}

#define PIPE	ckpt_rec_pipe_nr(image, 0)
#define END	ckpt_rec_file_pipe_nr(image, 0)
FORGERY(no_slots, PIPE->ring_size = 0)
FORGERY(odd_slots, PIPE->ring_size = 3)
FORGERY(many_slots, PIPE->ring_size = 1U << 31)
FORGERY(times, PIPE->atime_nsec = 1000000000)
FORGERY(times_of_change, PIPE->mtime_nsec = ~0U)
FORGERY(times_of_state, PIPE->ctime_nsec = ~0U)
FORGERY(of_another_type, PIPE->mode = S_IFREG | 0600)
FORGERY(mode_of_no_bits, PIPE->mode = ~0U)
FORGERY(owner_and_no_mode, PIPE->mode = 0; PIPE->uid = 1)
FORGERY(of_no_cred, PIPE->cred = ~0U)
FORGERY(long_buffer, buffer_of(image)->len = ~0U)
FORGERY(longer_buffer, buffer_of(image)->len = 4097)
FORGERY(buffer_behind_its_page, buffer_of(image)->offset = 4096)
FORGERY(flags_of_buffer, buffer_of(image)->flags = ~0U)
FORGERY(reserved_of_buffer, buffer_of(image)->reserved = 1)
FORGERY(end_for_nothing, END->open_flags = O_ACCMODE)
FORGERY(end_that_appends, END->open_flags |= O_APPEND)
FORGERY(flags_of_end, END->flags = ~0U)
FORGERY(end_of_no_pipe, END->pipe = HEAD(END)->object)
FORGERY(end_of_nothing, END->pipe = ~0U)

TEST_F(forged, pipes)
{
	static void (* const changes[])(struct image *image) = {
		no_slots, odd_slots, many_slots, times, times_of_change, times_of_state,
		of_another_type, mode_of_no_bits, owner_and_no_mode, of_no_cred, long_buffer,
		longer_buffer, buffer_behind_its_page, flags_of_buffer, reserved_of_buffer,
		end_for_nothing, end_that_appends, flags_of_end, end_of_no_pipe, end_of_nothing,
	};

	ASSERT_EQ(0, subject_start(&self->s, has_a_pipe));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, ARRAY_SIZE(changes)));
}

/* -- locks of open files ------------------------------------------------------------------- */

static struct ckpt_rec_range *range_of(struct image *image)
{
	struct ckpt_rec *rec = HEAD(ckpt_rec_ofd_locks_nr(image, 0));

	return (void *)((char *)(rec + 1) + rec->size);
}

static void has_locks(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 10, .l_len = 5 };
	int fd = open("locked", O_RDWR | O_CREAT, 0600), other = open("other", O_RDWR | O_CREAT, 0600);

	check(!flock(fd, LOCK_EX));
	check(!fcntl(other, F_OFD_SETLK, &lock));
	ready();
}

#define FLOCK	ckpt_rec_flock_nr(image, 0)
#define OFD	ckpt_rec_ofd_locks_nr(image, 0)
FORGERY(flock_of_nothing, FLOCK->file = ~0U)
FORGERY(flock_of_a_task, FLOCK->file = image_find(image, CKPT_REC_TASK)->object)
FORGERY(flock_of_no_sort, FLOCK->type = F_UNLCK)
FORGERY(flock_of_some_sort, FLOCK->type = ~0U)
FORGERY(ofd_of_nothing, OFD->file = ~0U)
FORGERY(ofd_of_a_task, OFD->file = image_find(image, CKPT_REC_TASK)->object)
FORGERY(ofd_reserved, OFD->reserved = 1)
FORGERY(ofd_of_no_sort, range_of(image)->type = F_UNLCK)
FORGERY(ofd_range_reserved, range_of(image)->reserved = 1)
FORGERY(ofd_backwards, range_of(image)->start = range_of(image)->end + 1)
FORGERY(ofd_beyond_all, range_of(image)->end = ~0ULL)

TEST_F(forged, locks_of_open_files)
{
	static void (* const changes[])(struct image *image) = {
		flock_of_nothing, flock_of_a_task, flock_of_no_sort, flock_of_some_sort,
		ofd_of_nothing, ofd_of_a_task, ofd_reserved, ofd_of_no_sort, ofd_range_reserved,
		ofd_backwards, ofd_beyond_all,
	};

	ASSERT_EQ(0, subject_start(&self->s, has_locks));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, ARRAY_SIZE(changes)));
}

/* -- the dead --------------------------------------------------------------------------------- */

static void exits(void *arg)
{
	(void)arg;
}

static void has_a_pidfd(void)
{
	pid_t pid = spawn(exits, NULL);

	check(syscall(SYS_pidfd_open, pid, 0) >= 0);
	join(pid);
	ready();
}

#define DEAD	ckpt_rec_dead_pid_nr(image, 0)
FORGERY(dead_beyond_all, DEAD->nr = ~0ULL)
FORGERY(dead_at_the_limit, DEAD->nr = 4 << 20)
FORGERY(dead_task, HEAD(DEAD)->object = image_find(image, CKPT_REC_TASK)->object)
FORGERY(dead_nobody, HEAD(DEAD)->object = 0)

TEST_F(forged, pids_of_the_dead)
{
	static void (* const changes[])(struct image *image) = {
		dead_beyond_all, dead_at_the_limit, dead_task, dead_nobody,
	};

	ASSERT_EQ(0, subject_start(&self->s, has_a_pidfd));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, ARRAY_SIZE(changes)));
}

TEST_HARNESS_MAIN
