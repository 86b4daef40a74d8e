// SPDX-License-Identifier: GPL-2.0-only
/*
 * core_notes.c - the notes of a core: what the process is, and the registers of
 * each thread.
 */
#include <linux/elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>

#include "core.h"

#define FXSAVE_BYTES 512

static const struct ckpt_item *record(const struct process *process, __u32 type, __u32 object)
{
	return ckpt_metadata_find(&process->info->metadata, type, object);
}

static void add_note(struct buffer *notes, const char *name, __u32 type, const void *data,
		     size_t len)
{
	static const char zeros[4];
	struct elf64_note header = { strlen(name) + 1, len, type };

	buffer_add(notes, &header, sizeof(header));
	buffer_add(notes, name, header.n_namesz);
	buffer_add(notes, zeros, -header.n_namesz & 3);
	buffer_add(notes, data, len);
	buffer_add(notes, zeros, -len & 3);
}

static __u32 number_of_task(const struct process *process, __u32 task)
{
	const struct ckpt_item *item = record(process, CKPT_REC_TASK, task);

	return item ? pid_number(process->info, task_data(item)->pid) : 0;
}

static void fill_regs(elf_gregset_t *to, const struct ckpt_rec_x86_regs *regs)
{
	unsigned long long *reg = (unsigned long long *)to;

	/* struct user_regs_struct: the 21 as PTRACE_GETREGS orders them, then */
	memcpy(reg, regs->regs, sizeof(regs->regs));
	reg[21] = regs->fs_base;
	reg[22] = regs->gs_base;
	reg[23] = regs->ds;
	reg[24] = regs->es;
	reg[25] = regs->fs;
	reg[26] = regs->gs;
}

static void add_prstatus(const struct process *process, const struct ckpt_item *task,
			 struct buffer *notes)
{
	const struct ckpt_item *regs = record(process, CKPT_REC_X86_REGS, task->object);
	const struct ckpt_item *signal = record(process, CKPT_REC_SIGNAL, task->object);
	const struct ckpt_item *pending = record(process, CKPT_REC_SIGPENDING, task->object);
	const struct ckpt_rec_task *data = task_data(task);
	struct elf_prstatus status;

	memset(&status, 0, sizeof(status));
	status.pr_pid = pid_number(process->info, data->pid);
	status.pr_ppid = number_of_task(process, data->parent);
	status.pr_pgrp = pid_number(process->info, data->pgrp);
	status.pr_sid = pid_number(process->info, data->session);
	if (signal)
		status.pr_sighold = ((const struct ckpt_rec_signal *)signal->data)->blocked;
	if (pending)
		status.pr_sigpend = ((const struct ckpt_rec_sigpending *)pending->data)->set;
	if (regs)
		fill_regs(&status.pr_reg, regs->data);
	status.pr_fpvalid = !!record(process, CKPT_REC_X86_XSTATE, task->object);
	add_note(notes, "CORE", NT_PRSTATUS, &status, sizeof(status));
}

static void add_xstate(const struct process *process, const struct ckpt_item *task,
		       struct buffer *notes)
{
	const struct ckpt_item *item = record(process, CKPT_REC_X86_XSTATE, task->object);

	if (!item || item->count < FXSAVE_BYTES)
		return;
	add_note(notes, "CORE", NT_PRFPREG, item->array, FXSAVE_BYTES);
	add_note(notes, "LINUX", NT_X86_XSTATE, item->array, item->count);
}

static void add_prpsinfo(const struct process *process, struct buffer *notes)
{
	const struct ckpt_item *cred, *link;
	const struct ckpt_rec_task *data = task_data(process->leader);
	const struct ckpt_rec_mm *mm = process->mm_data;
	struct elf_prpsinfo ps;
	size_t i, len;

	memset(&ps, 0, sizeof(ps));
	ps.pr_sname = 'S';
	ps.pr_pid = pid_number(process->info, data->pid);
	ps.pr_ppid = number_of_task(process, data->parent);
	ps.pr_pgrp = pid_number(process->info, data->pgrp);
	ps.pr_sid = pid_number(process->info, data->session);
	link = record(process, CKPT_REC_TASK_CRED, process->leader->object);
	if (link) {
		cred = record(process, CKPT_REC_CRED,
			      ((const struct ckpt_rec_task_cred *)link->data)->cred);
		ps.pr_uid = cred ? ((const struct ckpt_rec_cred *)cred->data)->uid[0] : 0;
		ps.pr_gid = cred ? ((const struct ckpt_rec_cred *)cred->data)->gid[0] : 0;
	}
	memcpy(ps.pr_fname, data->comm, sizeof(data->comm));
	len = mm->arg_end > mm->arg_start ? mm->arg_end - mm->arg_start : 0;
	if (len > sizeof(ps.pr_psargs) - 1)
		len = sizeof(ps.pr_psargs) - 1;
	len = core_read(process, mm->arg_start, ps.pr_psargs, len);
	for (i = 0; i < len; i++) {
		if (!ps.pr_psargs[i])
			ps.pr_psargs[i] = ' ';
	}
	add_note(notes, "CORE", NT_PRPSINFO, &ps, sizeof(ps));
}

/* NT_FILE: count, page size, {start, end, page offset}..., names. */
static void add_files(const struct process *process, struct buffer *notes)
{
	const struct info *info = process->info;
	struct buffer table = { 0 }, names = { 0 };
	__u64 head[2] = { 0, info->header.page_size };
	char name[4200];
	size_t i;

	buffer_add(&table, head, sizeof(head));
	for (i = 0; i < info->vmas.nr; i++) {
		const struct ckpt_rec_vma *vma = info->vmas.list[i]->data;
		__u64 entry[3] = { vma->start, vma->end, vma->offset / head[1] };

		if (info->vmas.list[i]->object != process->mm->object || !vma->file)
			continue;
		file_name(info, vma->file, name, sizeof(name));
		buffer_add(&table, entry, sizeof(entry));
		buffer_add(&names, name, strlen(name) + 1);
		head[0]++;
	}
	if (table.failed || names.failed) {
		notes->failed = true;
	} else {
		memcpy(table.data, head, sizeof(head));
		buffer_add(&table, names.data ? names.data : "", names.len);
		add_note(notes, "CORE", NT_FILE, table.data, table.len);
	}
	free(table.data);
	free(names.data);
}

static void add_thread(const struct process *process, const struct ckpt_item *task,
		       struct buffer *notes)
{
	if (task_data(task)->state == CKPT_TASK_ZOMBIE)
		return;
	add_prstatus(process, task, notes);
	add_xstate(process, task, notes);
}

/* The leader comes first: debuggers show it as the current thread. */
void core_notes(const struct process *process, struct buffer *notes)
{
	const struct items *tasks = &process->info->tasks;
	size_t i;

	add_prstatus(process, process->leader, notes);
	add_prpsinfo(process, notes);
	add_note(notes, "CORE", NT_AUXV, process->mm->array ? process->mm->array : "",
		 (size_t)process->mm->count * process->mm->elem);
	add_files(process, notes);
	add_xstate(process, process->leader, notes);
	for (i = 0; i < tasks->nr; i++) {
		if (tasks->list[i] != process->leader &&
		    task_data(tasks->list[i])->leader == process->leader->object)
			add_thread(process, tasks->list[i], notes);
	}
}
