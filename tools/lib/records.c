// SPDX-License-Identifier: LGPL-2.1-only
/*
 * records.c - one table: every record type, its shape, the object it defines
 * or belongs to, and the objects it refers to.
 */
#include "compiler.h"
#include "libcheckpoint.h"

#define SHAPE(_name, _type, _struct)					\
	.name = _name, .type = _type, .size = sizeof(struct _struct)

#define ARRAY(_struct, _member, _elem)					\
	.array = offsetof(struct _struct, _member), .elem = sizeof(_elem)

#define REF(_class, _struct, _member)					\
	{ .class = _class, .offset = offsetof(struct _struct, _member) }

#define OPTIONAL(_class, _struct, _member)				\
	{ .class = _class, .offset = offsetof(struct _struct, _member),	\
	  .optional = true }

#define ELEMENT(_class, _struct, _member)				\
	{ .class = _class, .offset = offsetof(struct _struct, _member),	\
	  .element = true }

static const struct ckpt_record_info records[] = {
	{ SHAPE("header", CKPT_REC_HEADER, ckpt_header) },
	{ SHAPE("abi", CKPT_REC_ABI, ckpt_abi), ARRAY(ckpt_abi, text, __u8) },
	{ SHAPE("metadata_end", CKPT_REC_METADATA_END, ckpt_metadata_end) },
	{
		SHAPE("pages", CKPT_REC_PAGES, ckpt_pages),
		ARRAY(ckpt_pages, extents, struct ckpt_extent),
		.class = CKPT_CLASS_MM,
	},
	{ SHAPE("end", CKPT_REC_END, ckpt_end) },

	{
		SHAPE("pid", CKPT_REC_PID, ckpt_pid), ARRAY(ckpt_pid, nrs, __u32),
		.class = CKPT_CLASS_PID, .defines = true,
	}, {
		SHAPE("task", CKPT_REC_TASK, ckpt_task_data),
		.class = CKPT_CLASS_TASK, .defines = true,
		.refs = {
			REF(CKPT_CLASS_PID, ckpt_task_data, pid),
			REF(CKPT_CLASS_TASK, ckpt_task_data, leader),
			OPTIONAL(CKPT_CLASS_TASK, ckpt_task_data, parent),
			OPTIONAL(CKPT_CLASS_PID, ckpt_task_data, pgrp),
			OPTIONAL(CKPT_CLASS_PID, ckpt_task_data, session),
		},
	}, {
		SHAPE("cred", CKPT_REC_CRED, ckpt_cred),
		ARRAY(ckpt_cred, groups, __u32),
		.class = CKPT_CLASS_CRED, .defines = true,
	}, {
		SHAPE("task_cred", CKPT_REC_TASK_CRED, ckpt_task_cred),
		.class = CKPT_CLASS_TASK,
		.refs = { REF(CKPT_CLASS_CRED, ckpt_task_cred, cred) },
	}, {
		SHAPE("process", CKPT_REC_PROCESS, ckpt_process),
		.class = CKPT_CLASS_TASK,
		.refs = { OPTIONAL(CKPT_CLASS_PID, ckpt_process, tty_old_pgrp) },
	}, {
		SHAPE("rlimits", CKPT_REC_RLIMITS, ckpt_rlimits),
		ARRAY(ckpt_rlimits, limits, struct ckpt_rlimit),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("sched", CKPT_REC_SCHED, ckpt_sched),
		ARRAY(ckpt_sched, affinity, __u64),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("restart_block", CKPT_REC_RESTART_BLOCK, ckpt_restart_block),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("futex", CKPT_REC_FUTEX, ckpt_futex),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("accounting", CKPT_REC_ACCOUNTING, ckpt_accounting),
		ARRAY(ckpt_accounting, delays, struct ckpt_delay),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("process_accounting", CKPT_REC_PROCESS_ACCOUNTING, ckpt_process_accounting),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("cgroup", CKPT_REC_CGROUP, ckpt_cgroup),
		ARRAY(ckpt_cgroup, path, __u8),
		.class = CKPT_CLASS_TASK,
	},

	{
		SHAPE("mm", CKPT_REC_MM, ckpt_mm), ARRAY(ckpt_mm, auxv, __u64),
		.class = CKPT_CLASS_MM, .defines = true,
		.refs = {
			REF(CKPT_CLASS_TASK, ckpt_mm, owner),
			OPTIONAL(CKPT_CLASS_FILE, ckpt_mm, exe_file),
		},
	}, {
		SHAPE("vma", CKPT_REC_VMA, ckpt_vma), ARRAY(ckpt_vma, name, __u8),
		.class = CKPT_CLASS_MM,
		.refs = { OPTIONAL(CKPT_CLASS_FILE, ckpt_vma, file) },
	}, {
		SHAPE("task_mm", CKPT_REC_TASK_MM, ckpt_task_link),
		.class = CKPT_CLASS_TASK,
		.refs = { REF(CKPT_CLASS_MM, ckpt_task_link, shared) },
	}, {
		SHAPE("vdso", CKPT_REC_VDSO, ckpt_vdso),
		ARRAY(ckpt_vdso, text, __u8),
		.class = CKPT_CLASS_MM,
	},

	{
		SHAPE("file", CKPT_REC_FILE, ckpt_file),
		.class = CKPT_CLASS_FILE,
		.refs = {
			OPTIONAL(CKPT_CLASS_CRED, ckpt_file, cred),
			OPTIONAL(CKPT_CLASS_PID, ckpt_file, owner),
		},
	}, {
		SHAPE("file_path", CKPT_REC_FILE_PATH, ckpt_file_path),
		ARRAY(ckpt_file_path, path, __u8),
		.class = CKPT_CLASS_FILE, .defines = true,
		.refs = { OPTIONAL(CKPT_CLASS_CRED, ckpt_file_path, cred) },
	}, {
		SHAPE("file_device", CKPT_REC_FILE_DEVICE, ckpt_file_device),
		ARRAY(ckpt_file_device, path, __u8),
		.class = CKPT_CLASS_FILE, .defines = true,
		.refs = { OPTIONAL(CKPT_CLASS_CRED, ckpt_file_device, cred) },
	}, {
		SHAPE("file_outside", CKPT_REC_FILE_OUTSIDE, ckpt_file_outside),
		ARRAY(ckpt_file_outside, name, __u8),
		.class = CKPT_CLASS_FILE, .defines = true,
	}, {
		SHAPE("pipe", CKPT_REC_PIPE, ckpt_pipe),
		ARRAY(ckpt_pipe, data, __u8),
		.class = CKPT_CLASS_PIPE, .defines = true,
		.refs = { OPTIONAL(CKPT_CLASS_CRED, ckpt_pipe, cred) },
	}, {
		SHAPE("file_pipe", CKPT_REC_FILE_PIPE, ckpt_file_pipe),
		.class = CKPT_CLASS_FILE, .defines = true,
		.refs = {
			REF(CKPT_CLASS_PIPE, ckpt_file_pipe, pipe),
			OPTIONAL(CKPT_CLASS_CRED, ckpt_file_pipe, cred),
		},
	}, {
		SHAPE("fdtable", CKPT_REC_FDTABLE, ckpt_fdtable),
		ARRAY(ckpt_fdtable, fds, struct ckpt_fd),
		.class = CKPT_CLASS_FDTABLE, .defines = true,
		.refs = {
			REF(CKPT_CLASS_TASK, ckpt_fdtable, owner),
			ELEMENT(CKPT_CLASS_FILE, ckpt_fd, file),
		},
	}, {
		SHAPE("task_fdtable", CKPT_REC_TASK_FDTABLE, ckpt_task_link),
		.class = CKPT_CLASS_TASK,
		.refs = { REF(CKPT_CLASS_FDTABLE, ckpt_task_link, shared) },
	}, {
		SHAPE("fs", CKPT_REC_FS, ckpt_fs),
		.class = CKPT_CLASS_FS, .defines = true,
		.refs = {
			REF(CKPT_CLASS_TASK, ckpt_fs, owner),
			OPTIONAL(CKPT_CLASS_FILE, ckpt_fs, root),
			REF(CKPT_CLASS_FILE, ckpt_fs, cwd),
		},
	}, {
		SHAPE("task_fs", CKPT_REC_TASK_FS, ckpt_task_link),
		.class = CKPT_CLASS_TASK,
		.refs = { REF(CKPT_CLASS_FS, ckpt_task_link, shared) },
	}, {
		SHAPE("posix_locks", CKPT_REC_POSIX_LOCKS, ckpt_posix_locks),
		ARRAY(ckpt_posix_locks, locks, struct ckpt_posix_lock),
		.class = CKPT_CLASS_FDTABLE,
		.refs = {
			REF(CKPT_CLASS_TASK, ckpt_posix_locks, owner),
			ELEMENT(CKPT_CLASS_FILE, ckpt_posix_lock, file),
		},
	}, {
		SHAPE("flock", CKPT_REC_FLOCK, ckpt_flock),
		.class = CKPT_CLASS_TASK,
		.refs = { REF(CKPT_CLASS_FILE, ckpt_flock, file) },
	},

	{
		SHAPE("sigactions", CKPT_REC_SIGACTIONS, ckpt_sigactions),
		ARRAY(ckpt_sigactions, actions, struct ckpt_sigaction),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("signal", CKPT_REC_SIGNAL, ckpt_signal),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("sigpending", CKPT_REC_SIGPENDING, ckpt_sigpending),
		ARRAY(ckpt_sigpending, infos, struct ckpt_siginfo),
		.class = CKPT_CLASS_TASK,
	},

	{
		SHAPE("x86_regs", CKPT_REC_X86_REGS, ckpt_x86_regs),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("x86_xstate", CKPT_REC_X86_XSTATE, ckpt_x86_xstate),
		ARRAY(ckpt_x86_xstate, state, __u8),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("x86_tls", CKPT_REC_X86_TLS, ckpt_x86_tls),
		.class = CKPT_CLASS_TASK,
	}, {
		SHAPE("x86_cpu", CKPT_REC_X86_CPU, ckpt_x86_cpu),
		ARRAY(ckpt_x86_cpu, words, __u32),
	},
};

const struct ckpt_record_info *ckpt_record_info(__u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(records); i++) {
		if (records[i].type == type)
			return &records[i];
	}
	return NULL;
}

const char *ckpt_class_name(enum ckpt_class class)
{
	static const char * const names[CKPT_CLASS_NR] = {
		[CKPT_CLASS_NONE] = "none",
		[CKPT_CLASS_PID] = "pid",
		[CKPT_CLASS_TASK] = "task",
		[CKPT_CLASS_CRED] = "cred",
		[CKPT_CLASS_MM] = "mm",
		[CKPT_CLASS_FILE] = "file",
		[CKPT_CLASS_PIPE] = "pipe",
		[CKPT_CLASS_FDTABLE] = "fdtable",
		[CKPT_CLASS_FS] = "fs",
	};

	return class < CKPT_CLASS_NR ? names[class] : "none";
}
