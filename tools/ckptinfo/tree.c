// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c - ckptinfo --tree: processes below their parents, threads below their
 * process.
 */
#include <stdio.h>
#include <sys/wait.h>

#include "info.h"

/* A deeper tree is printed as if it were no deeper. */
#define MAX_DEPTH 200

static void print_task(const struct info *info, const struct ckpt_item *task, int depth)
{
	const struct ckpt_rec_task *data = task_data(task);
	char name[64];
	__u32 below;

	printf("%*s%s%u %s", depth * 2, "", is_leader(task) ? "" : "thread ",
	       pid_number(info, data->pid), task_name(task, name));
	below = pid_number_below(info, data->pid);
	if (below)
		printf(", %u in its pid namespace", below);
	if (data->state == CKPT_TASK_ZOMBIE && WIFSIGNALED(data->exit_code))
		printf(", zombie, killed by signal %d", WTERMSIG(data->exit_code));
	else if (data->state == CKPT_TASK_ZOMBIE)
		printf(", zombie, exit status %d", WEXITSTATUS(data->exit_code));
	else if (data->state == CKPT_TASK_OUTLIVED)
		printf(", its first thread has exited");
	if (!is_leader(task)) {
		putchar('\n');
		return;
	}
	if (data->pgrp)
		printf(", group %u", pid_number(info, data->pgrp));
	else
		printf(", group outside");
	if (data->session)
		printf(", session %u\n", pid_number(info, data->session));
	else
		printf(", session outside\n");
}

static void print_below(const struct info *info, const struct ckpt_item *process, int depth)
{
	int deeper = depth < MAX_DEPTH ? depth + 1 : depth;
	size_t i;

	print_task(info, process, depth);
	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];

		if (!is_leader(task) && task_data(task)->leader == process->object)
			print_task(info, task, deeper);
	}
}

/* Children of a process, and of its threads. */
static bool is_child(const struct info *info, const struct ckpt_item *task,
		     const struct ckpt_item *process)
{
	const struct ckpt_item *parent;

	if (!is_leader(task) || !task_data(task)->parent)
		return false;
	if (task_data(task)->parent == process->object)
		return true;
	parent = ckpt_metadata_find(&info->metadata, CKPT_REC_TASK, task_data(task)->parent);
	return parent && task_data(parent)->leader == process->object;
}

/*
 * Parents stand before their children in an image, so a scan that begins
 * behind the process finds all of them and ends.
 */
static void print_process(const struct info *info, size_t at, int depth)
{
	const struct ckpt_item *process = info->tasks.list[at];
	size_t i;

	print_below(info, process, depth);
	for (i = at + 1; i < info->tasks.nr; i++) {
		if (is_child(info, info->tasks.list[i], process))
			print_process(info, i, depth < MAX_DEPTH ? depth + 1 : depth);
	}
}

void print_tree(const struct info *info)
{
	size_t i;

	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];

		if (is_leader(task) && !task_data(task)->parent)
			print_process(info, i, 0);
	}
}

static void json_task(struct json *json, const struct info *info,
		      const struct ckpt_item *task)
{
	const struct ckpt_rec_task *data = task_data(task);
	const struct ckpt_item *leader, *parent;
	char name[64];

	leader = ckpt_metadata_find(&info->metadata, CKPT_REC_TASK, data->leader);
	parent = ckpt_metadata_find(&info->metadata, CKPT_REC_TASK, data->parent);
	json_begin(json, NULL, '{');
	json_uint(json, "tid", pid_number(info, data->pid));
	json_uint(json, "pid", leader ? pid_number(info, task_data(leader)->pid) : 0);
	json_uint(json, "ppid", parent ? pid_number(info, task_data(parent)->pid) : 0);
	json_uint(json, "pgrp", pid_number(info, data->pgrp));
	json_uint(json, "session", pid_number(info, data->session));
	json_string(json, "name", task_name(task, name));
	json_string(json, "state", data->state == CKPT_TASK_ZOMBIE ? "zombie" : "alive");
	json_int(json, "exit_code", data->exit_code);
	json_end(json, '}');
}

void json_tree(struct json *json, const struct info *info)
{
	size_t i;

	json_begin(json, "tasks", '[');
	for (i = 0; i < info->tasks.nr; i++)
		json_task(json, info, info->tasks.list[i]);
	json_end(json, ']');
}
