// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: an image of one process for tests, as small as the reader
 * lets it be, and the tests' own record.
 */
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <asm/segment.h>
#include "image.h"

static const char exe_name[] = "/bin/sample";
static const char cwd_name[] = "/";

/**
 * sample_header - append the header
 * @img: the image
 */
void sample_header(struct image *img)
{
	struct ckpt_rec_header header = {
		.magic = CKPT_MAGIC,
		.page_size = PAGE_SIZE,
		.arch = EM_X86_64,
		.crid = 1,
		.root = SAMPLE_PID,
		.nr_tasks = 1,
		.release = "sample",
		.nodename = "sample",
	};

	image_add(img, CKPT_REC_HEADER, 0, &header, sizeof(header), NULL, 0);
}

/**
 * sample_pid - append a pid
 * @img: the image
 * @object: its object id
 * @nr: its number
 */
void sample_pid(struct image *img, u32 object, u32 nr)
{
	struct ckpt_rec_pid pid = { .nrs = { 1, sizeof(nr) } };

	image_add(img, CKPT_REC_PID, object, &pid, sizeof(pid), &nr, sizeof(nr));
}

/**
 * sample_objects - append what stands before the task
 * @img: the image
 */
void sample_objects(struct image *img)
{
	struct ckpt_rec_cred cred = { .groups = { 3, sizeof(u32) } };
	struct ckpt_rec_file file = { .cred = SAMPLE_CRED };
	struct ckpt_rec_file_path exe = {
		.mode = S_IFREG | 0755,
		.cred = SAMPLE_CRED,
		.path = { strlen(exe_name), 1 },
	};
	struct ckpt_rec_file_path cwd = {
		.open_flags = O_PATH | O_DIRECTORY,
		.mode = S_IFDIR | 0755,
		.path = { strlen(cwd_name), 1 },
	};
	u32 groups[] = { 4, 24, 27 };

	sample_pid(img, SAMPLE_PID, 4321);
	image_add(img, CKPT_REC_CRED, SAMPLE_CRED, &cred, sizeof(cred), groups, sizeof(groups));
	image_add(img, CKPT_REC_FILE_PATH, SAMPLE_EXE, &exe, sizeof(exe), exe_name,
		  strlen(exe_name));
	image_add(img, CKPT_REC_FILE, SAMPLE_EXE, &file, sizeof(file), NULL, 0);
	image_add(img, CKPT_REC_FILE_PATH, SAMPLE_CWD, &cwd, sizeof(cwd), cwd_name,
		  strlen(cwd_name));
}

static void add_memory(struct image *img)
{
	struct ckpt_rec_mm mm = {
		.owner = SAMPLE_TASK,
		.exe_file = SAMPLE_EXE,
		.auxv = { 4, sizeof(u64) },
	};
	struct ckpt_rec_vma heap = {
		.start = SAMPLE_HEAP,
		.end = SAMPLE_HEAP + 4 * PAGE_SIZE,
		.flags = CKPT_VMA_READ | CKPT_VMA_WRITE | CKPT_VMA_MAYREAD |
			 CKPT_VMA_MAYWRITE | CKPT_VMA_MAYEXEC,
		.name = { 0, 1 },
	};
	u64 auxv[] = { 6, PAGE_SIZE, 0, 0 };

	image_add(img, CKPT_REC_MM, SAMPLE_MM, &mm, sizeof(mm), auxv, sizeof(auxv));
	image_add(img, CKPT_REC_VMA, SAMPLE_MM, &heap, sizeof(heap), NULL, 0);
}

/* What each thread has of its own */
static void add_thread_state(struct image *img, u32 task)
{
	struct ckpt_rec_x86_regs regs = {
		.regs = { [17] = __USER_CS, [20] = __USER_DS },
	};
	struct ckpt_rec_task_cred cred = { .cred = SAMPLE_CRED, .dumpable = 1 };

	image_add(img, CKPT_REC_TASK_CRED, task, &cred, sizeof(cred), NULL, 0);
	image_add(img, CKPT_REC_X86_REGS, task, &regs, sizeof(regs), NULL, 0);
}

/**
 * sample_task - append the task and all that is its own
 * @img: the image
 */
void sample_task(struct image *img)
{
	struct ckpt_rec_task task = {
		.pid = SAMPLE_PID,
		.leader = SAMPLE_TASK,
		.exit_signal = SIGCHLD,
		.comm = "sample",
	};
	struct ckpt_rec_fdtable table = {
		.owner = SAMPLE_TASK,
		.fds = { 2, sizeof(struct ckpt_rec_fd) },
	};
	struct ckpt_rec_fd fds[] = {
		{ .fd = 3, .file = SAMPLE_EXE },
		{ .fd = 7, .file = SAMPLE_EXE, .flags = FD_CLOEXEC },
	};
	struct ckpt_rec_fs fs = { .owner = SAMPLE_TASK, .umask = 022, .cwd = SAMPLE_CWD };

	image_add(img, CKPT_REC_TASK, SAMPLE_TASK, &task, sizeof(task), NULL, 0);
	add_memory(img);
	image_add(img, CKPT_REC_FDTABLE, SAMPLE_FDTABLE, &table, sizeof(table), fds,
		  sizeof(fds));
	image_add(img, CKPT_REC_FS, SAMPLE_FS, &fs, sizeof(fs), NULL, 0);
	add_thread_state(img, SAMPLE_TASK);
}

/**
 * sample_thread - append another thread of the process
 * @img: the image, with its task; the header's count is raised
 * @task: its object id
 * @pid: object id of its pid
 * @nr: its number
 */
void sample_thread(struct image *img, u32 task, u32 pid, u32 nr)
{
	struct ckpt_rec_header *header = image_data(image_find(img, CKPT_REC_HEADER));
	struct ckpt_rec_task data = { .pid = pid, .leader = SAMPLE_TASK, .comm = "thread" };

	header->nr_tasks++;
	sample_pid(img, pid, nr);
	image_add(img, CKPT_REC_TASK, task, &data, sizeof(data), NULL, 0);
	add_thread_state(img, task);
}

/**
 * sample_metadata_end - append the end of the metadata
 * @img: the image
 */
void sample_metadata_end(struct image *img)
{
	struct ckpt_rec_metadata_end end = {
		.nr_records = img->nr_records,
		.nr_objects = SAMPLE_FREE - 1,
	};

	image_add(img, CKPT_REC_METADATA_END, 0, &end, sizeof(end), NULL, 0);
}

/**
 * sample_pages - append a page of the heap
 * @img: the image
 */
void sample_pages(struct image *img)
{
	struct ckpt_rec_extent extent = { SAMPLE_HEAP + PAGE_SIZE, 1 };

	image_add_pages(img, SAMPLE_MM, &extent, 1);
}

/**
 * sample_index - append the index of the chunks so far
 * @img: the image
 */
void sample_index(struct image *img)
{
	struct ckpt_rec_index index = {
		.chunks = { img->nr_chunks, sizeof(img->chunks[0]) },
	};

	img->index = img->len;
	image_add(img, CKPT_REC_INDEX, 0, &index, sizeof(index), img->chunks,
		  img->nr_chunks * sizeof(img->chunks[0]));
}

/**
 * sample_end - append the end record
 * @img: the image
 */
void sample_end(struct image *img)
{
	struct ckpt_rec_end end = {
		.nr_records = img->nr_records,
		.bytes = img->len,
		.nr_pages = img->nr_pages,
		.index = img->index,
	};

	image_add(img, CKPT_REC_END, 0, &end, sizeof(end), NULL, 0);
}

/**
 * sample_image - the whole image, closed
 * @test: the running test
 *
 * Return: the image
 */
struct image *sample_image(struct kunit *test)
{
	struct image *img = image_new(test);

	sample_header(img);
	sample_objects(img);
	sample_task(img);
	sample_metadata_end(img);
	sample_pages(img);
	sample_index(img);
	sample_end(img);
	image_close(img);
	return img;
}

/**
 * expect_refused - close an image and expect that it is refused
 * @img: the image
 * @err: negative errno
 * @words: part of the sentence that is reported
 */
void expect_refused(struct image *img, int err, const char *words)
{
	struct kunit *test = img->test;
	struct checkpoint_error error;

	image_close(img);
	KUNIT_EXPECT_EQ_MSG(test, err, image_read(img, &error), "expected: %s, reported: %s",
			    words, error.message);
	KUNIT_EXPECT_EQ(test, -err, error.err);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(error.message, words), "expected: %s, reported: %s",
				  words, error.message);
}

/**
 * expect_accepted - close an image and expect that nothing is wrong with it
 * @img: the image
 */
void expect_accepted(struct image *img)
{
	struct checkpoint_error error;

	image_close(img);
	KUNIT_EXPECT_EQ_MSG(img->test, 0, image_read(img, &error), "reported: %s", error.message);
}

/* -- the tests' own record ------------------------------------------------------------ */

struct test_seen test_seen;

static int test_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	test_seen.calls++;
	test_seen.data = *(const struct test_data *)item->data;
	test_seen.count = item->count;
	memset(test_seen.numbers, 0, sizeof(test_seen.numbers));
	if (item->count)
		memcpy(test_seen.numbers, item->array, item->count * sizeof(struct test_number));
	return 0;
}

CHECKPOINT_KIND(test) = {
	.name		= "test",
	.type		= TEST_REC,
	.size		= sizeof(struct test_data),
	CKPT_ARRAY(struct test_data, numbers, struct test_number),
	.max		= TEST_NUMBERS_MAX,
	.stage		= CKPT_STAGE_OBJECT,
	.validate	= test_validate,
};
