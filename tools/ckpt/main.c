// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt - save a process and all below it into an image; keep a job by its images.
 */
#include <stdio.h>
#include <string.h>

#include "ckpt.h"
#include "keep.h"
#include "options.h"
#include "release.h"
#include "result.h"
#include "std.h"

/**
 * struct command - a first word that is no pid
 * @word: it
 * @run: what it does; returns an exit code
 */
static const struct command {
	const char *word;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", run_command },
	{ "list", look_command },
	{ "status", look_command },
	{ "save", look_command },
	{ "--release", release_command },
};

static int save_command(struct keep *keep, const char *directory)
{
	const struct options *options = &keep->options;

	if (!keep->every_ns)
		enter_user_namespace(options->pid);
	if (options->check)
		return check_command(options);
	if (options->move)
		return move_command(options);
	if (keep->every_ns)
		return keep_command(keep, directory);
	if (options->through)
		return through_command(options);
	if (options->output && !strcmp(options->output, "-"))
		return stream_command(options);
	return file_command(options);
}

int main(int argc, char **argv)
{
	static struct keep keep;
	const char *directory;
	size_t i;

	std_fill();
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (argc > 1 && !strcmp(argv[1], commands[i].word))
			return result_code(commands[i].run(argc, argv), CKPT_NOT_TOLD);
	result_guard();
	directory = ckpt_parse(&keep, argc, argv);
	return result_code(save_command(&keep, directory), CKPT_NOT_TOLD);
}
