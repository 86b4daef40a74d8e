// SPDX-License-Identifier: GPL-2.0-only
/*
 * use_library.c - libcheckpoint as a program uses it; also good C++.
 *
 *	use_library save|kill|frozen PID IMAGE
 *	use_library check PID
 *	use_library restart|look|trust|moved|first IMAGE
 *	use_library self|selfkill IMAGE [refuse]	one that counts and saves itself
 *	use_library odd IMAGE		options that make no sense
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libcheckpoint.h>

static int refuse;

static int tidy(void *arg)
{
	printf("before %s\n", (const char *)arg);
	fflush(stdout);
	return refuse && !strcmp((const char *)arg, "first") ? -EBUSY : 0;
}

static void untidy(int outcome, void *arg)
{
	/* a callback must not change the list, and must not wait for itself */
	printf("after %s %d %d\n", (const char *)arg, outcome,
	       ckpt_callback_remove(tidy, untidy, arg));
}

static int failed(struct ckpt_result *result, int ret)
{
	char text[512];

	printf("%s: %s\n", ckpt_errno_name(-ret), ckpt_result_text(result, text, sizeof(text)));
	ckpt_result_free(result);
	return 1;
}

static int save(const char *how, pid_t pid, const char *path)
{
	struct ckpt_save_options options;
	struct ckpt_result result;
	int ret;

	memset(&options, 0, sizeof(options));
	memset(&result, 0, sizeof(result));
	options.size = sizeof(options);
	result.size = sizeof(result);
	if (!strcmp(how, "kill"))
		options.flags = CHECKPOINT_KILL;
	if (!strcmp(how, "frozen"))
		options.flags = CHECKPOINT_FROZEN;
	ret = ckpt_save(pid, path, &options, &result);
	if (ret < 0)
		return failed(&result, ret);
	printf("saved %u processes, %u threads, crid %s, hold %s\n", result.nr_processes,
	       result.nr_tasks, result.crid == ret ? "same" : "other", result.hold < 0 ? "no" : "yes");
	if (result.hold >= 0) {
		ret = ckpt_end_tree(result.hold, false);
		close(result.hold);
		printf("ended %d\n", ret);
	}
	ckpt_result_free(&result);
	return 0;
}

static int ask(pid_t pid)
{
	struct ckpt_result result;
	unsigned int i;
	char text[512];
	int ret;

	memset(&result, 0, sizeof(result));
	result.size = sizeof(result);
	ret = ckpt_check(pid, NULL, &result);
	for (i = 0; i < result.nr_errors; i++)
		printf("%s\n", ckpt_error_text(&result.errors[i], text, sizeof(text)));
	printf("check %s\n", ret ? ckpt_errno_name(-ret) : "0");
	ckpt_result_free(&result);
	return ret ? 1 : 0;
}

static int restart(const char *how, const char *path)
{
	const struct ckpt_moved moved = { "/old", "/new" };
	struct ckpt_restart_options options;
	struct ckpt_result result;
	int status;
	pid_t pid;

	memset(&options, 0, sizeof(options));
	memset(&result, 0, sizeof(result));
	options.size = sizeof(options);
	result.size = sizeof(result);
	options.trust = !strcmp(how, "trust");
	if (!strcmp(how, "moved")) {
		options.moved = &moved;
		options.nr_moved = 1;
	}
	/* as a program that was built with the first version of the library */
	if (!strcmp(how, "first"))
		options.size = offsetof(struct ckpt_restart_options, moved);
	pid = strcmp(how, "look") ? ckpt_restart_file(path, &options, &result) :
				    ckpt_check_file(path, &result);
	if (pid < 0)
		return failed(&result, pid);
	ckpt_result_free(&result);
	if (!pid) {
		printf("whole\n");
		return 0;
	}
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	printf("restarted, it ended with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}

/* What a simulation would do between two of its steps */
static int self(const char *how, const char *path)
{
	struct ckpt_save_options options;
	struct ckpt_result result;
	int step, ret;

	memset(&options, 0, sizeof(options));
	memset(&result, 0, sizeof(result));
	options.size = sizeof(options);
	result.size = sizeof(result);
	if (!strcmp(how, "selfkill"))
		options.flags = CHECKPOINT_KILL;
	if (ckpt_callback_add(tidy, untidy, (void *)"first") ||
	    ckpt_callback_add(tidy, untidy, (void *)"second"))
		return 1;
	for (step = 0; step < 3; step++) {
		printf("step %d\n", step);
		fflush(stdout);
		if (step != 1)
			continue;
		ret = ckpt_save_self(path, &options, &result);
		if (ret < 0)
			return failed(&result, ret);
		printf("%s\n", ret == CKPT_RESTARTED ? "restarted" : "saved");
		ckpt_result_free(&result);
	}
	ret = ckpt_callback_remove(tidy, untidy, (void *)"first");
	printf("removed %d %d\n", ret, ckpt_callback_remove(tidy, untidy, (void *)"first"));
	ckpt_callback_remove(tidy, untidy, (void *)"second");
	return 5;
}

/* Options of other versions of the library, and some that there are not */
static int odd(const char *path)
{
	struct { struct ckpt_save_options options; long more; } later;
	struct ckpt_result result;
	char text[512];
	int ret;

	memset(&later, 0, sizeof(later));
	memset(&result, 0, sizeof(result));
	printf("result without size %d\n", ckpt_save(1, path, NULL, &result));
	result.size = sizeof(result);
	printf("options without size %d\n", ckpt_save(1, path, &later.options, &result));
	ckpt_result_free(&result);
	later.options.size = sizeof(later);
	later.more = 1;
	printf("options from later %d\n", ckpt_save(1, path, &later.options, &result));
	ckpt_result_free(&result);
	later.more = 0;
	later.options.flags = CHECKPOINT_END;
	ret = ckpt_save(1, path, &later.options, &result);
	printf("flags %d: %s\n", ret, ckpt_result_text(&result, text, sizeof(text)));
	ckpt_result_free(&result);
	later.options.flags = CHECKPOINT_FROZEN;
	printf("no place for a hold %d\n", ckpt_save(1, path, &later.options, NULL));
	printf("self frozen %d\n", ckpt_save_self(path, &later.options, NULL));
	return 0;
}

int main(int argc, char **argv)
{
	refuse = argc > 3 && !strcmp(argv[3], "refuse");
	if (argc > 3 && !refuse)
		return save(argv[1], atoi(argv[2]), argv[3]);
	if (argc < 3)
		return printf("%s\n", ckpt_supported() ? "supported" : "not supported") < 0;
	if (!strcmp(argv[1], "check"))
		return ask(atoi(argv[2]));
	if (!strncmp(argv[1], "self", 4))
		return self(argv[1], argv[2]);
	if (!strcmp(argv[1], "odd"))
		return odd(argv[2]);
	return restart(argv[1], argv[2]);
}
