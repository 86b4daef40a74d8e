// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample.c - an image of two processes, one of them with two threads.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

void sample_begin(struct writer *writer)
{
	struct ckpt_rec_header header = {
		.magic = CKPT_MAGIC, .page_size = SAMPLE_PAGE, .arch = 62,
		.image_id = { 0x0123456789abcdefULL, 0xfedcba9876543210ULL },
		.crid = 7, .root = SAMPLE_PID, .nr_tasks = 3,
		.realtime_ns = 1795312800000000000ULL,
		.release = "6.12.117", .nodename = "sample",
	};
	struct ckpt_rec_abi abi = { { 0 } };
	const char *text;
	size_t len;

	text = abi_text(&len);
	memset(writer, 0, sizeof(*writer));
	write_plain(writer, CKPT_REC_HEADER, 0, &header, sizeof(header));
	write_array(writer, CKPT_REC_ABI, 0, &abi, sizeof(abi), &abi.text, text, len, 1);
}

static void write_pid(struct writer *writer, __u32 object, __u32 nr)
{
	struct ckpt_rec_pid pid = { .nrs = { 0 } };

	write_array(writer, CKPT_REC_PID, object, &pid, sizeof(pid), &pid.nrs, &nr, 1,
		    sizeof(nr));
}

static void write_objects(struct writer *writer)
{
	struct ckpt_rec_cred cred = { .uid = { 1000, 1000, 1000, 1000 } };
	struct ckpt_rec_file_path path = { .open_flags = O_RDONLY, .mode = 0100644 };
	struct ckpt_rec_file file = { .flags = O_RDONLY, .position = 17 };
	struct ckpt_rec_file_outside outside = { .what = CKPT_OUTSIDE_TTY };
	struct ckpt_rec_pipe pipe = { .ring_size = 16 };
	struct ckpt_rec_file_pipe end = { .pipe = SAMPLE_PIPE, .open_flags = O_WRONLY };
	static const char name[] = "/usr/bin/sample", tty[] = "/dev/pts/3";
	__u32 groups[] = { 4, 24 };
	__u8 none = 0;

	write_pid(writer, SAMPLE_PID, 1234);
	write_pid(writer, SAMPLE_THREAD_PID, 1235);
	write_pid(writer, SAMPLE_CHILD_PID, 1236);
	write_array(writer, CKPT_REC_CRED, SAMPLE_CRED, &cred, sizeof(cred), &cred.groups,
		    groups, 2, sizeof(groups[0]));
	write_array(writer, CKPT_REC_FILE_PATH, SAMPLE_FILE, &path, sizeof(path), &path.path,
		    name, sizeof(name) - 1, sizeof(name[0]));
	write_plain(writer, CKPT_REC_FILE, SAMPLE_FILE, &file, sizeof(file));
	write_array(writer, CKPT_REC_PIPE, SAMPLE_PIPE, &pipe, sizeof(pipe), &pipe.data, &none,
		    0, sizeof(none));
	write_plain(writer, CKPT_REC_FILE_PIPE, SAMPLE_PIPE_FILE, &end, sizeof(end));
	write_array(writer, CKPT_REC_FILE_OUTSIDE, SAMPLE_OUTSIDE, &outside, sizeof(outside),
		    &outside.name, tty, sizeof(tty) - 1, sizeof(tty[0]));
}

static void write_task(struct writer *writer, __u32 object, __u32 pid, __u32 leader,
		       __u32 parent, const char *name)
{
	struct ckpt_rec_task task = {
		.pid = pid, .leader = leader, .parent = parent, .pgrp = SAMPLE_PID,
		.exit_signal = 17,
	};

	snprintf(task.comm, sizeof(task.comm), "%s", name);
	write_plain(writer, CKPT_REC_TASK, object, &task, sizeof(task));
}

static void write_area(struct writer *writer, __u32 mm, __u64 start, __u64 pages, __u32 file)
{
	struct ckpt_rec_vma vma = {
		.start = start, .end = start + pages * SAMPLE_PAGE, .file = file,
		.kind = file ? CKPT_VMA_KIND_FILE : CKPT_VMA_KIND_ANON,
		.flags = CKPT_VMA_READ | CKPT_VMA_WRITE,
	};
	__u8 none = 0;

	write_array(writer, CKPT_REC_VMA, mm, &vma, sizeof(vma), &vma.name, &none, 0,
		    sizeof(none));
}

static void write_memory(struct writer *writer, __u32 mm, __u32 owner)
{
	struct ckpt_rec_mm data = {
		.owner = owner, .exe_file = SAMPLE_FILE,
		.start_brk = SAMPLE_HEAP, .brk = SAMPLE_HEAP + 4 * SAMPLE_PAGE,
		.start_stack = SAMPLE_STACK + SAMPLE_PAGE,
	};
	__u64 auxv[] = { 6, SAMPLE_PAGE, 0, 0 };

	write_array(writer, CKPT_REC_MM, mm, &data, sizeof(data), &data.auxv, auxv, 4,
		    sizeof(auxv[0]));
	write_area(writer, mm, SAMPLE_TEXT, 2, SAMPLE_FILE);
	write_area(writer, mm, SAMPLE_HEAP, 4, 0);
	/* touches the heap: an extent may run across both */
	write_area(writer, mm, SAMPLE_HEAP + 4 * SAMPLE_PAGE, 4, 0);
	write_area(writer, mm, SAMPLE_STACK, 2, 0);
}

static void write_registers(struct writer *writer, __u32 task)
{
	struct ckpt_rec_x86_regs regs = { .regs = { [16] = SAMPLE_TEXT + 16,
						[19] = SAMPLE_STACK + 64 } };
	struct ckpt_rec_x86_xstate xstate = { .features = 3 };
	__u8 state[576] = { 0x7f, 3 };

	write_plain(writer, CKPT_REC_X86_REGS, task, &regs, sizeof(regs));
	write_array(writer, CKPT_REC_X86_XSTATE, task, &xstate, sizeof(xstate), &xstate.state,
		    state, sizeof(state), sizeof(state[0]));
}

void sample_metadata(struct writer *writer)
{
	struct ckpt_rec_fdtable table = { .owner = SAMPLE_TASK };
	struct ckpt_rec_fd fds[] = {
		{ .fd = 0, .file = SAMPLE_OUTSIDE },
		{ .fd = 3, .file = SAMPLE_FILE, .flags = FD_CLOEXEC },
		{ .fd = 4, .file = SAMPLE_PIPE_FILE },
	};

	struct ckpt_rec_task_fdtable link = { .fdtable = SAMPLE_FDTABLE };

	write_objects(writer);
	write_task(writer, SAMPLE_TASK, SAMPLE_PID, SAMPLE_TASK, 0, "sample");
	write_task(writer, SAMPLE_THREAD, SAMPLE_THREAD_PID, SAMPLE_TASK, 0, "worker");
	write_task(writer, SAMPLE_CHILD, SAMPLE_CHILD_PID, SAMPLE_CHILD, SAMPLE_TASK, "child");
	write_memory(writer, SAMPLE_MM, SAMPLE_TASK);
	write_memory(writer, SAMPLE_CHILD_MM, SAMPLE_CHILD);
	write_array(writer, CKPT_REC_FDTABLE, SAMPLE_FDTABLE, &table, sizeof(table), &table.fds,
		    fds, 3, sizeof(fds[0]));
	write_plain(writer, CKPT_REC_TASK_FDTABLE, SAMPLE_CHILD, &link, sizeof(link));
	write_registers(writer, SAMPLE_TASK);
	write_registers(writer, SAMPLE_THREAD);
	write_registers(writer, SAMPLE_CHILD);
}

void sample_pages(struct writer *writer)
{
	struct ckpt_rec_extent extents[] = {
		{ .address = SAMPLE_HEAP + 3 * SAMPLE_PAGE, .pages = 2 },
		{ .address = SAMPLE_STACK + SAMPLE_PAGE, .pages = 1 },
	};

	write_pages(writer, SAMPLE_MM, extents, 2, SAMPLE_PAGE);
}

void sample_image(struct writer *writer)
{
	sample_begin(writer);
	sample_metadata(writer);
	write_metadata_end(writer, SAMPLE_LAST - 1);
	sample_pages(writer);
	write_index(writer, 0, writer->nr_chunks);
	write_end(writer);
}
