// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_objects.c - definitions and references.
 */
#include <errno.h>
#include <string.h>

#include "test.h"

/* Verify a sample with one more record, behind which it is cut off. */
static int with_record(__u32 type, __u32 object, const void *data, size_t size,
		       const char *message)
{
	struct writer writer;

	sample_begin(&writer);
	sample_metadata(&writer);
	write_record(&writer, type, object, data, size, NULL, 0, 8);
	return verify_writer(&writer, message);
}

static bool refused(__u32 type, __u32 object, const void *data, size_t size,
		    const char *message)
{
	return with_record(type, object, data, size, message) == -EINVAL;
}

static bool accepted(__u32 type, __u32 object, const void *data, size_t size)
{
	return with_record(type, object, data, size, "cut off") == -EPIPE;
}

static void definitions(void)
{
	struct ckpt_rec_pid pid = { .nrs = { 0 } };
	struct ckpt_rec_sched sched = { 0 };
	struct ckpt_rec_abi abi = { { 0 } };

	EXPECT(refused(CKPT_REC_PID, SAMPLE_PID, &pid, sizeof(pid), "defined twice"));
	EXPECT(refused(CKPT_REC_PID, SAMPLE_FILE, &pid, sizeof(pid), "defined twice"));
	EXPECT(refused(CKPT_REC_PID, 0, &pid, sizeof(pid), "names no object"));
	EXPECT(refused(CKPT_REC_SCHED, 0, &sched, sizeof(sched), "names no object"));
	EXPECT(refused(CKPT_REC_ABI, SAMPLE_PID, &abi, sizeof(abi), "belongs to no object"));
}

static void owners(void)
{
	struct ckpt_rec_sched sched = { 0 };

	EXPECT(refused(CKPT_REC_SCHED, 99, &sched, sizeof(sched), "before it is defined"));
	EXPECT(refused(CKPT_REC_SCHED, SAMPLE_PID, &sched, sizeof(sched), "is no task"));
}

static void references(void)
{
	struct ckpt_rec_task_cred cred = { .cred = 99 };
	struct ckpt_rec_file_pipe end = { .pipe = SAMPLE_FILE };
	struct ckpt_rec_process process = { .tty_old_pgrp = SAMPLE_TASK };

	EXPECT(refused(CKPT_REC_TASK_CRED, SAMPLE_TASK, &cred, sizeof(cred), "cred object 99"));
	cred.cred = 0;
	EXPECT(refused(CKPT_REC_TASK_CRED, SAMPLE_TASK, &cred, sizeof(cred), "cred object 0"));
	EXPECT(refused(CKPT_REC_FILE_PIPE, 100, &end, sizeof(end), "is no pipe"));
	EXPECT(refused(CKPT_REC_PROCESS, SAMPLE_TASK, &process, sizeof(process), "is no pid"));
	/* 0 names nothing where that is allowed */
	process.tty_old_pgrp = 0;
	EXPECT(accepted(CKPT_REC_PROCESS, SAMPLE_TASK, &process, sizeof(process)));
}

static void references_in_arrays(void)
{
	struct ckpt_rec_fdtable table = { .owner = SAMPLE_TASK };
	struct ckpt_rec_fd fds[] = { { .fd = 0, .file = SAMPLE_FILE },
				 { .fd = 1, .file = SAMPLE_PID } };
	struct writer writer;

	sample_begin(&writer);
	sample_metadata(&writer);
	write_array(&writer, CKPT_REC_FDTABLE, 100, &table, sizeof(table), &table.fds, fds, 2,
		    sizeof(fds[0]));
	EXPECT(verify_writer(&writer, "is no file") == -EINVAL);
}

static int with_task(__u32 leader, __u32 parent, __u32 state, const char *message)
{
	struct ckpt_rec_task task = {
		.pid = SAMPLE_CHILD_PID, .leader = leader, .parent = parent, .state = state,
	};

	return with_record(CKPT_REC_TASK, 100, &task, sizeof(task), message);
}

static void tasks(void)
{
	EXPECT(with_task(100, SAMPLE_TASK, 0, "cut off") == -EPIPE);
	EXPECT(with_task(SAMPLE_THREAD, 0, 0, "leads no process") == -EINVAL);
	EXPECT(with_task(100, 100, 0, "its own parent") == -EINVAL);
	EXPECT(with_task(100, 0, 0, "two root processes") == -EINVAL);
	EXPECT(with_task(100, SAMPLE_TASK, 2, "state is unknown") == -EINVAL);
	EXPECT(with_task(101, SAMPLE_TASK, 0, "before it is defined") == -EINVAL);
}

/* The table of objects grows, and ids may be any. */
static void many_objects(void)
{
	struct ckpt_rec_pid pid = { .nrs = { 0 } };
	struct writer writer;
	__u32 i, nr = 1;

	sample_begin(&writer);
	sample_metadata(&writer);
	for (i = 0; i < 5000; i++)
		write_array(&writer, CKPT_REC_PID, 0xffffffff - i * 257, &pid, sizeof(pid),
			    &pid.nrs, &nr, 1, sizeof(nr));
	write_metadata_end(&writer, 0xffffffff);
	write_end(&writer);
	EXPECT(!verify_writer(&writer, NULL));
}

const struct test object_tests[] = {
	{ "objects.definitions", definitions },
	{ "objects.owners", owners },
	{ "objects.references", references },
	{ "objects.references_in_arrays", references_in_arrays },
	{ "objects.tasks", tasks },
	{ "objects.many", many_objects },
	{ NULL, NULL },
};
