// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: finishing calls that move bytes from one file to another.
 *
 * They are made again for what is left.  The part that is done has moved the position of each
 * file, or the one in memory that the call was given instead, so the rest goes on there.
 */
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched/signal.h>
#include <linux/splice.h>
#include <linux/stat.h>
#include <linux/unistd.h>
#include <asm/checkpoint.h>
#include "cut.h"

/*
 * A file is filled to the end of the input.  Where it has come to the limit of file sizes,
 * the program may know that by the short count; SIGXFSZ is for who tries once more.
 */
static bool fills_file(struct file *file, const unsigned long *args)
{
	const umode_t mode = file_inode(file)->i_mode;

	return (S_ISREG(mode) && i_size_read(file_inode(file)) < rlimit(RLIMIT_FSIZE)) ||
	       S_ISBLK(mode);
}

/* Into a pipe all of them move what there is room for, and no more. */
static bool splice_moves_all(struct file *file, const unsigned long *args)
{
	return !get_pipe_info(file, false) && ckpt_write_moves_all(file, args);
}

static bool sendfile_moves_all(struct file *file, const unsigned long *args)
{
	return fills_file(file, args) || splice_moves_all(file, args);
}

/* How much is left of what one call moves */
static size_t rest_of(unsigned long count, size_t done)
{
	count = min_t(size_t, count, MAX_RW_COUNT);
	return done < count ? count - done : 0;
}

static long rest_of_sendfile(struct file *file, const unsigned long *args, size_t done)
{
	const unsigned long rest[6] = { args[0], args[1], args[2], rest_of(args[3], done) };

	return rest[3] ? ckpt_arch_call_again(rest) : 0;
}

/*
 * A call that has moved something does not wait for more in its pipe.  The flag says that of
 * this pipe alone: the file it writes to has one of its own.
 */
static long rest_of_splice(struct file *file, const unsigned long *args, size_t done)
{
	const unsigned long rest[6] = {
		args[0], args[1], args[2], args[3], rest_of(args[4], done),
		args[5] | SPLICE_F_NONBLOCK,
	};

	return rest[4] ? ckpt_arch_call_again(rest) : 0;
}

static long rest_of_copy_file_range(struct file *file, const unsigned long *args, size_t done)
{
	const unsigned long rest[6] = {
		args[0], args[1], args[2], args[3], rest_of(args[4], done), args[5],
	};

	return rest[4] ? ckpt_arch_call_again(rest) : 0;
}

/* Which calls these are */
const struct ckpt_movable ckpt_movable_files[] = {
	{ __NR_sendfile,	0, 1,	sendfile_moves_all,	rest_of_sendfile },
	{ __NR_splice,		2, 0,	splice_moves_all,	rest_of_splice },
	{ __NR_copy_file_range,	2, 0,	fills_file,		rest_of_copy_file_range },
	{}
};
