// SPDX-License-Identifier: GPL-2.0-only
/*
 * command_line.c - the command line of ckpt PID.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "keep.h"
#include "options.h"
#include "result.h"
#include "text.h"
#include "version.h"

#define DIRECTORY	"checkpoint.d"
#define KEEP		3

static const char usage_text[] =
"usage: ckpt [options] PID\n"
"       ckpt --move [options] PID COMMAND [ARGUMENT]...\n"
"       ckpt run [options] [--] COMMAND [ARGUMENT]...\n"
"       ckpt list|status|save DIR\n"
"       ckpt --release IMAGE\n"
"\n"
"Save process PID and all below it into an image; it runs on.  'ckpt run' starts a\n"
"job or goes on with it, and keeps images of it: see 'ckpt run --help'.\n"
"\n"
"  -o, --output FILE   write the image to FILE (default checkpoint.PID.img),\n"
"                      - is standard output\n"
"      --through CMD   pipe the image into shell command CMD\n"
"      --kill          end the program when the image is on stable storage\n"
"      --leave-frozen  keep the program frozen until ckpt is killed\n"
"      --move          pipe the image into COMMAND (ssh HOST rstr --confirm -)\n"
"                      and end the program when it runs there\n"
"      --every TIME    make an image every so often (90s, 10m, 2h) until it ends,\n"
"      --dir DIR       in this directory (checkpoint.d),\n"
"      --keep N        of which so many stay (3),\n"
"      --keep-size SIZE\n"
"                      so large together at most (500M, 20G);\n"
"      --strict        a refused one is the end of it\n"
"      --name NAME     instead of PID: the program that has this name,\n"
"      --cgroup GROUP  the one in this control group,\n"
"      --unit UNIT     or the one of this systemd unit\n"
"      --external FD[,FD...]\n"
"                      terminals, pipes and sockets that lead outside may also\n"
"                      be these descriptors: see rstr --inherit\n"
"      --connections close\n"
"                      TCP connections with others come back as ended; without\n"
"                      it (--connections refuse) they are refused\n"
"      --connections keep\n"
"                      with --kill: they go on at the restart.  Until then, for\n"
"      --keep-for SEC  120 seconds or so long, they are silent here\n"
"      --release IMAGE alone: those that are kept for IMAGE end now\n"
"      --hook COMMAND  run it before and after, with CKPT_ACTION in its environment;\n"
"                      or all in a directory\n"
"  -n, --check         only report whether it can be saved, and every obstacle\n"
"      --timeout SEC   give up after that long without progress (1)\n"
"      --stats         print how long each part of it took\n"
"      --json          print the result as JSON\n"
"  -q, --quiet         print errors only\n"
"  -v, --verbose       print more\n"
"  -V, --version       print the version, and whether this kernel has the calls\n"
"  -h, --help          print this\n"
"\n"
"Examples:\n"
"  ckpt 1234                           save it into checkpoint.1234.img\n"
"  ckpt --kill -o job.img 1234         save it and end it; 'rstr job.img' goes on\n"
"  ckpt --kill --through 'zstd -T0 >job.zst' 1234\n"
"  ckpt --every 10m --keep 3 1234      an image every ten minutes\n"
"\n"
"Exit status: 0 done, 1 not saved (the program runs on), 2 wrong usage,\n"
"3 no confirmation of a move (it runs on), 4 saved but not killed, 5 not now: try\n"
"again, 6 never here: this kernel or its policy, 7 done, but the result could not be\n"
"printed.\n";

enum {
	OPT_KILL = 256, OPT_LEAVE_FROZEN, OPT_CONTAINER, OPT_FORCE, OPT_MOVE, OPT_THROUGH,
	OPT_EXTERNAL, OPT_CONNECTIONS, OPT_TIMEOUT, OPT_JSON, OPT_EVERY, OPT_DIR, OPT_KEEP,
	OPT_KEEP_SIZE, OPT_STRICT, OPT_NAME, OPT_CGROUP, OPT_UNIT, OPT_HOOK, OPT_KEEP_FOR,
	OPT_STATS,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "check", no_argument, NULL, 'n' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ "kill", no_argument, NULL, OPT_KILL },
	{ "leave-frozen", no_argument, NULL, OPT_LEAVE_FROZEN },
	{ "container", no_argument, NULL, OPT_CONTAINER },
	{ "external", required_argument, NULL, OPT_EXTERNAL },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "keep-for", required_argument, NULL, OPT_KEEP_FOR },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "move", no_argument, NULL, OPT_MOVE },
	{ "through", required_argument, NULL, OPT_THROUGH },
	{ "every", required_argument, NULL, OPT_EVERY },
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "keep", required_argument, NULL, OPT_KEEP },
	{ "keep-size", required_argument, NULL, OPT_KEEP_SIZE },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "unit", required_argument, NULL, OPT_UNIT },
	{ "hook", required_argument, NULL, OPT_HOOK },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* What somebody types first who comes from criu(8) */
static const struct foreign foreign[] = {
	{ "dump", "ckpt --kill -o FILE PID" },
	{ "pre-dump", "ckpt PID, which lets it run on" },
	{ "restore", "rstr FILE" },
	{ "check", "ckpt --check PID, or ckpt --version for this kernel" },
	{ "--tree", "ckpt PID" },
	{ "-t", "ckpt PID" },
	{ "-D", "-o FILE: an image is one file" },
	{ "--images-dir", "-o FILE: an image is one file" },
	{ "-j", "nothing: a terminal from outside is replaced by rstr's" },
	{ "--shell-job", "nothing: a terminal from outside is replaced by rstr's" },
	{ "-R", "nothing: without --kill the program runs on" },
	{ "--leave-running", "nothing: without --kill the program runs on" },
	{ "-s", "--leave-frozen" },
	{ "--leave-stopped", "--leave-frozen" },
	{ "--ext-unix-sk", "--external FD" },
	{ "--tcp-close", "--connections close" },
	{ "--tcp-established", "--connections keep" },
	{ "--file-locks", "nothing: locks are saved" },
	{ "-l", "nothing: locks are saved" },
	{ NULL, NULL },
};

static __noreturn void usage(const char *why)
{
	say_err("%s; run '%s --help' for the options", why, program_invocation_short_name);
	exit(CKPT_USAGE);
}

static pid_t parse_pid(const char *text)
{
	const char *ours = option_ours(foreign, text);
	char why[256];
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (!errno && !*end && end != text && pid > 0 && pid <= INT_MAX)
		return pid;
	if (ours)
		snprintf(why, sizeof(why), "'%s' is criu's word, which is here: %s", text, ours);
	else
		snprintf(why, sizeof(why), "'%.64s' is no process id", text);
	usage(why);
}

static unsigned int parse_timeout(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (*end || end == text || !(seconds >= 0.001 && seconds <= 1e6))
		usage("--timeout wants seconds, such as 30 or 0.5");
	return seconds * 1000;
}

static void add_external(struct options *options, unsigned long fd)
{
	unsigned int i;

	for (i = 0; i < options->nr_external; i++)
		if (options->external[i] == fd)
			return;
	if (options->nr_external == CKPT_EXTERNAL_MAX)
		usage("so many descriptors cannot be given with --external");
	options->external[options->nr_external++] = fd;
}

static void parse_external(struct options *options, const char *text)
{
	unsigned long fd;
	char *end;

	for (;; text = end + 1) {
		errno = 0;
		fd = strtoul(text, &end, 10);
		if (errno || end == text || !isdigit((unsigned char)*text) || fd > INT_MAX ||
		    (*end && *end != ','))
			usage("--external wants descriptors of the program, such as 3 or 3,7");
		add_external(options, fd);
		if (!*end)
			return;
	}
}

/**
 * struct words - what of the command line is not in struct keep
 * @directory: of --dir
 * @name: of --name
 * @cgroup: of --cgroup
 * @unit: of --unit
 * @kept: an option that goes with --every only
 */
struct words {
	const char *directory;
	const char *name;
	const char *cgroup;
	const char *unit;
	const char *kept;
};

static bool keep_option(struct keep *keep, struct words *words, int opt)
{
	switch (opt) {
	case OPT_EVERY:
		if (!parse_time(optarg, &keep->every_ns))
			usage("--every wants a time, such as 90s, 10m or 2h");
		return true;
	case OPT_DIR:
		words->kept = "--dir";
		words->directory = optarg;
		return true;
	case OPT_KEEP:
		words->kept = "--keep";
		if (!parse_count(optarg, &keep->images))
			usage("--keep wants how many images, 1 or more");
		return true;
	case OPT_KEEP_SIZE:
		words->kept = "--keep-size";
		if (!parse_size(optarg, &keep->bytes))
			usage("--keep-size wants a size, such as 500M or 20G");
		return true;
	case OPT_STRICT:
		words->kept = "--strict";
		keep->strict = true;
		return true;
	default:
		return false;
	}
}

static bool choice_option(struct words *words, int opt)
{
	switch (opt) {
	case OPT_NAME:
		words->name = optarg;
		return true;
	case OPT_CGROUP:
		words->cgroup = optarg;
		return true;
	case OPT_UNIT:
		words->unit = optarg;
		return true;
	default:
		return false;
	}
}

static bool way_option(struct options *options, int opt)
{
	switch (opt) {
	case 'o':
		options->output = optarg;
		return true;
	case OPT_THROUGH:
		options->through = optarg;
		return true;
	case OPT_KILL:
		options->kill = true;
		return true;
	case OPT_LEAVE_FROZEN:
		options->leave_frozen = true;
		return true;
	case OPT_MOVE:
		options->move = true;
		return true;
	case 'n':
		options->check = true;
		return true;
	default:
		return false;
	}
}

static void parse_connections(struct options *options, const char *text)
{
	options->close = !strcmp(text, "close");
	options->keep = !strcmp(text, "keep");
	if (!options->close && !options->keep && strcmp(text, "refuse"))
		usage("--connections wants close, keep or refuse");
}

static unsigned int parse_keep_for(const char *text)
{
	size_t seconds;

	if (!parse_count(text, &seconds) || seconds > CKPT_KEEP_MAX)
		usage("--keep-for wants seconds, 1 to 3600");
	return seconds;
}

static void other_option(struct options *options, int opt)
{
	switch (opt) {
	case 'q':
		options->quiet = true;
		break;
	case 'v':
		options->verbose = true;
		break;
	case OPT_STATS:
		options->stats = true;
		break;
	case OPT_CONTAINER:
		options->container = true;
		break;
	case OPT_FORCE:
		options->force = true;
		break;
	case OPT_EXTERNAL:
		parse_external(options, optarg);
		break;
	case OPT_CONNECTIONS:
		parse_connections(options, optarg);
		break;
	case OPT_KEEP_FOR:
		options->keep_seconds = parse_keep_for(optarg);
		break;
	case OPT_HOOK:
		if (hooks_add(&options->hooks, optarg))
			usage("so many hooks cannot be given: put them into a directory");
		break;
	case OPT_TIMEOUT:
		options->timeout_ms = parse_timeout(optarg);
		break;
	case OPT_JSON:
		options->json = true;
		break;
	case 'V':
		exit(print_version("ckpt", CKPT_FAILED));
	case 'h':
		result_text(usage_text, CKPT_FAILED);
	default:
		usage(option_fault(foreign));
	}
}

/* Options may stand behind PID; what follows the PID of a move is its command. */
static void parse(struct keep *keep, struct words *words, int argc, char **argv)
{
	struct options *options = &keep->options;
	bool chosen;
	int opt;

	for (;;) {
		chosen = options->pid || words->name || words->cgroup || words->unit;
		if (options->move && options->pid)
			break;
		opt = option_next(argc, argv, "+o:nqvVh", long_options);
		if (opt != -1) {
			if (!keep_option(keep, words, opt) && !choice_option(words, opt) &&
			    !way_option(options, opt))
				other_option(options, opt);
			continue;
		}
		if (optind == argc || (options->move && chosen))
			break;
		if (chosen)
			usage("one PID only: what is below it is saved with it");
		options->pid = parse_pid(argv[optind++]);
	}
	if (options->move && optind < argc)
		options->command = argv + optind;
}

/**
 * struct pair - options that do not go together
 * @one: is given
 * @other: is given
 * @why: the sentence
 */
struct pair {
	bool one;
	bool other;
	const char *why;
};

static void check_pairs(const struct keep *keep, const struct words *words)
{
	const struct options *o = &keep->options;
	const bool held = o->kill || o->leave_frozen;
	const struct pair pairs[] = {
		{ o->kill, o->leave_frozen, "--kill and --leave-frozen exclude each other" },
		{ o->check, o->move || held || o->output || o->through,
		  "--check only looks: it goes without -o, --kill and the like" },
		{ o->move, o->output || o->through || o->leave_frozen,
		  "--move goes without -o, --through and --leave-frozen" },
		{ o->output, o->through, "-o and --through exclude each other" },
		{ keep->every_ns, o->check || o->move || held || o->output || o->through,
		  "--every makes images in --dir: it goes without -o, --kill and the like" },
		{ o->keep_seconds, !o->keep, "--keep-for goes with --connections keep" },
		{ o->quiet, o->verbose, "--quiet and --verbose exclude each other" },
		{ o->stats, o->quiet || o->check, "--stats goes without --quiet and --check" },
		{ o->check, o->hooks.nr, "--check only looks: it goes without --hook" },
		{ o->move && !o->command, true,
		  "--move wants a command behind PID, such as: ssh HOST rstr --confirm -" },
	};
	char why[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		if (pairs[i].one && pairs[i].other)
			usage(pairs[i].why);
	if (words->kept && !keep->every_ns) {
		snprintf(why, sizeof(why), "%s goes with --every", words->kept);
		usage(why);
	}
	if (!!o->pid + !!words->name + !!words->cgroup + !!words->unit > 1)
		usage("PID, --name, --cgroup and --unit exclude each other");
}

static pid_t choose(const struct words *words)
{
	pid_t pid;

	if (words->name)
		pid = choose_by_name(words->name);
	else if (words->cgroup)
		pid = choose_by_cgroup(words->cgroup);
	else if (words->unit)
		pid = choose_by_unit(words->unit);
	else
		usage("which PID?");
	if (!pid)
		exit(CKPT_FAILED);
	return pid;
}

const char *ckpt_parse(struct keep *keep, int argc, char **argv)
{
	struct words words = { .directory = DIRECTORY };

	keep->options.argv = argv;
	keep->images = KEEP;
	if (result_is_json(argv))
		result_json(stdout);
	parse(keep, &words, argc, argv);
	if (keep->options.json)
		result_json(ckpt_result_stream(&keep->options));
	check_pairs(keep, &words);
	if (!keep->options.pid)
		keep->options.pid = choose(&words);
	return words.directory;
}
