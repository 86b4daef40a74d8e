// SPDX-License-Identifier: GPL-2.0-only
/*
 * run_options.c - the command line of ckpt run.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "result.h"
#include "run.h"
#include "text.h"

#define DIRECTORY	"checkpoint.d"
#define EXIT_SAVED	85
#define EVERY_NS	(600 * 1000000000ULL)
#define KEEP		3

static const char usage_text[] =
"usage: ckpt run [options] [--] COMMAND [ARGUMENT]...\n"
"       ckpt run [options]\n"
"\n"
"Start COMMAND, or go on with it from the last image that an earlier ckpt run has\n"
"left in DIR; wait for it and end as it does.\n"
"\n"
"      --dir DIR       where its images are (default checkpoint.d)\n"
"      --every TIME    an image after so much run time: 90s, 10m, 2h (10m)\n"
"      --keep N        so many images stay (3), and one more while one is made\n"
"      --keep-size SIZE\n"
"                      they are so large together at most: 500M, 20G\n"
"      --on SIGNAL=ACTION\n"
"                      what a signal is for: save (an image, and the end), image\n"
"                      (and go on) or pass (to COMMAND); default TERM=save\n"
"      --exit-saved N  exit status after such an end (85)\n"
"      --map OLD=NEW   at a restart: files below OLD of the image are below NEW now\n"
"      --hook COMMAND  run it before and after, with CKPT_ACTION in its environment;\n"
"                      or all in a directory\n"
"      --strict        an image that is refused is the end\n"
"      --timeout SEC   give up an image after that long without progress (1)\n"
"  -q, --quiet         print errors only\n"
"  -v, --verbose       print more\n"
"  -h, --help          print this\n"
"\n"
"Examples:\n"
"  ckpt run -- python3 job.py\n"
"  ckpt run --dir /scratch/job --every 30m ./simulate input\n"
"\n"
"Exit status: the program's own; 85 saved and ended by a signal; 125 it could not\n"
"be started or restarted; 126, 127 COMMAND cannot be run, is not there.\n";

enum {
	OPT_DIR = 256, OPT_EVERY, OPT_KEEP, OPT_KEEP_SIZE, OPT_ON, OPT_EXIT_SAVED, OPT_STRICT,
	OPT_TIMEOUT, OPT_HOOK, OPT_MAP,
};

static const struct option long_options[] = {
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "every", required_argument, NULL, OPT_EVERY },
	{ "keep", required_argument, NULL, OPT_KEEP },
	{ "keep-size", required_argument, NULL, OPT_KEEP_SIZE },
	{ "on", required_argument, NULL, OPT_ON },
	{ "exit-saved", required_argument, NULL, OPT_EXIT_SAVED },
	{ "map", required_argument, NULL, OPT_MAP },
	{ "hook", required_argument, NULL, OPT_HOOK },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static __noreturn void usage(const char *why)
{
	say_err("%s; run 'ckpt run --help' for the options", why);
	exit(RSTR_FAILED);
}

/* TERM, SIGTERM or 15 */
static int signal_number(const char *name, size_t len)
{
	char text[16];
	const char *abbreviation;
	int sig;

	if (len > 3 && !strncmp(name, "SIG", 3)) {
		name += 3;
		len -= 3;
	}
	if (len >= sizeof(text))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	for (sig = 1; sig < _NSIG; sig++) {
		abbreviation = sigabbrev_np(sig);
		if ((abbreviation && !strcmp(abbreviation, text)) ||
		    (isdigit((unsigned char)*text) && atoi(text) == sig))
			return sig;
	}
	return 0;
}

static void parse_on(struct run *run, const char *text)
{
	static const char * const actions[] = {
		[RUN_PASS] = "pass", [RUN_IMAGE] = "image", [RUN_SAVE] = "save",
	};
	const char *equals = strchr(text, '=');
	int sig = equals ? signal_number(text, equals - text) : 0;
	unsigned int i;

	for (i = 0; sig && i < ARRAY_SIZE(actions); i++) {
		if (!strcmp(equals + 1, actions[i])) {
			run->on[sig] = i;
			return;
		}
	}
	usage("--on wants a signal and save, image or pass, such as TERM=save");
}

static void parse_exit_saved(struct run *run, const char *text)
{
	size_t code;

	if (!parse_count(text, &code) || code > 255)
		usage("--exit-saved wants a number from 1 to 255");
	run->exit_saved = code;
}

static void parse_timeout(struct run *run, const char *text)
{
	__u64 ns;

	if (!parse_time(text, &ns) || ns > 1000000 * 1000000000ULL)
		usage("--timeout wants seconds, such as 30 or 0.5");
	run->keep.options.timeout_ms = ns / 1000000;
}

static void parse_map(struct run *run, const char *text)
{
	const char *why = pairs_map(run->moved, &run->nr_moved, text);

	if (why)
		usage(why);
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	/* only the root's name ends with a slash */
	return !strncmp(path, directory, len) &&
	       (!path[len] || path[len] == '/' || directory[len - 1] == '/');
}

/*
 * The next image has the new paths, and whoever starts the job again gives the same options:
 * those paths would move again.
 */
static void check_map(const struct run *run, const char *to)
{
	char *real = realpath(to, NULL);
	char why[256];
	unsigned int i;

	for (i = 0; i < run->nr_moved; i++) {
		const char *from = (char *)(uintptr_t)run->moved[i].from;

		if (!is_below(real ? real : to, from))
			continue;
		snprintf(why, sizeof(why),
			 "--map would move %.80s again when the next image is restarted: it lies in %.80s, which has moved",
			 to, from);
		usage(why);
	}
	free(real);
}

static void parse_option(struct run *run, int opt, const char **directory)
{
	switch (opt) {
	case OPT_DIR:
		*directory = optarg;
		break;
	case OPT_EVERY:
		if (!parse_time(optarg, &run->keep.every_ns))
			usage("--every wants a time, such as 90s, 10m or 2h");
		break;
	case OPT_KEEP:
		if (!parse_count(optarg, &run->keep.images))
			usage("--keep wants how many images, 1 or more");
		break;
	case OPT_KEEP_SIZE:
		if (!parse_size(optarg, &run->keep.bytes))
			usage("--keep-size wants a size, such as 500M or 20G");
		break;
	case OPT_ON:
		parse_on(run, optarg);
		break;
	case OPT_EXIT_SAVED:
		parse_exit_saved(run, optarg);
		break;
	case OPT_MAP:
		parse_map(run, optarg);
		break;
	case OPT_HOOK:
		if (hooks_add(&run->keep.options.hooks, optarg))
			usage("so many hooks cannot be given: put them into a directory");
		break;
	case OPT_STRICT:
		run->keep.strict = true;
		break;
	case OPT_TIMEOUT:
		parse_timeout(run, optarg);
		break;
	case 'q':
		run->quiet = true;
		break;
	case 'v':
		run->verbose = true;
		break;
	case 'h':
		result_text(usage_text, RSTR_FAILED);
	default:
		usage(option_fault(NULL));
	}
}

const char *run_parse(struct run *run, int argc, char **argv)
{
	const char *directory = DIRECTORY;
	unsigned int i;
	int opt;

	run->keep.options.argv = argv;
	run->keep.every_ns = EVERY_NS;
	run->keep.images = KEEP;
	run->exit_saved = EXIT_SAVED;
	run->on[SIGTERM] = RUN_SAVE;
	optind = 2;	/* behind "run" */
	while ((opt = option_next(argc, argv, "+qvh", long_options)) != -1)
		parse_option(run, opt, &directory);
	for (i = 0; i < run->nr_moved; i++)
		check_map(run, (char *)(uintptr_t)run->moved[i].to);
	if (optind < argc)
		run->command = argv + optind;
	run->keep.options.quiet = !run->verbose;
	return directory;
}
