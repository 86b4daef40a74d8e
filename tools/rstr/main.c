// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstr - restart a program from an image.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "options.h"
#include "result.h"
#include "rstr.h"
#include "std.h"
#include "text.h"
#include "version.h"

static const char usage_text[] =
"usage: rstr [options] FILE\n"
"       rstr [options] --from CMD\n"
"\n"
"Restart the program saved in FILE (- is standard input), wait for it and end\n"
"as it does.  FILE may be compressed by zstd, gzip, xz or lz4.\n"
"\n"
"      --from CMD       the image is what shell command CMD prints\n"
"      --detach         print its pid and leave it alone\n"
"      --self           become it, as with exec: the pid must be the image's\n"
"      --pidns          give it a pid namespace of its own, in which every pid\n"
"                       is free\n"
"      --rewind         cut files that it has written on since back to what they were\n"
"      --allow-changed  take files that are not as they were\n"
"      --strict-io      do not put rstr's standard descriptors in the place of\n"
"                       terminals, pipes and sockets that lay outside\n"
"      --inherit FD=N   put rstr's descriptor N in the place of descriptor FD, which\n"
"                       lay outside (ckpt --external)\n"
"      --fd FD=N        the same\n"
"      --map OLD=NEW    look for files below OLD of the image below NEW, where they\n"
"                       are now; may be given several times\n"
"      --as-root        as root: do not cut the program's rights to what the\n"
"                       owner of FILE could have\n"
"      --owner NAME     as root: FILE is the image of user NAME\n"
"      --frozen         leave it whole and frozen until rstr is told (SIGCONT, or Enter):\n"
"                       a debugger that is attached by then sees its first instruction\n"
"      --confirm        print 'rstr: restarted PID N' before it runs (for\n"
"                       ckpt --move)\n"
"      --hook COMMAND   run it before and after, with CKPT_ACTION in its environment;\n"
"                       or all in a directory\n"
"  -n, --check          only check FILE, and whether this kernel and processor\n"
"                       can take it\n"
"      --json           print the result as JSON\n"
"  -q, --quiet          print errors only\n"
"  -v, --verbose        print more\n"
"  -V, --version        print the version, and whether this kernel has the calls\n"
"  -h, --help           print this\n"
"\n"
"Examples:\n"
"  rstr job.img                        go on with it here\n"
"  rstr --pidns job.img                whichever pids are taken, as any user\n"
"  rstr --from 'ssh host cat job.img'  from another machine\n"
"  rstr --map /scratch/17=/scratch/18 job.img\n"
"                                      where its directory has another name now\n"
"\n"
"Exit status: the program's own; 125 it could not be restarted, 124 not now: try\n"
"again, 123 never here: this kernel or its policy.\n";

enum {
	OPT_DETACH = 256, OPT_SELF, OPT_PIDNS, OPT_ALLOW_CHANGED, OPT_STRICT_IO, OPT_INHERIT,
	OPT_AS_ROOT, OPT_OWNER, OPT_CONFIRM, OPT_JSON, OPT_FROM, OPT_REWIND, OPT_HOOK,
	OPT_MAP, OPT_FROZEN,
};

static const struct option long_options[] = {
	{ "detach", no_argument, NULL, OPT_DETACH },
	{ "self", no_argument, NULL, OPT_SELF },
	{ "pidns", no_argument, NULL, OPT_PIDNS },
	{ "allow-changed", no_argument, NULL, OPT_ALLOW_CHANGED },
	{ "strict-io", no_argument, NULL, OPT_STRICT_IO },
	{ "inherit", required_argument, NULL, OPT_INHERIT },
	{ "fd", required_argument, NULL, OPT_INHERIT },
	{ "map", required_argument, NULL, OPT_MAP },
	{ "as-root", no_argument, NULL, OPT_AS_ROOT },
	{ "owner", required_argument, NULL, OPT_OWNER },
	{ "frozen", no_argument, NULL, OPT_FROZEN },
	{ "confirm", no_argument, NULL, OPT_CONFIRM },
	{ "check", no_argument, NULL, 'n' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "rewind", no_argument, NULL, OPT_REWIND },
	{ "hook", required_argument, NULL, OPT_HOOK },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* What somebody types first who comes from criu(8) */
static const struct foreign foreign[] = {
	{ "dump", "ckpt --kill -o FILE PID" },
	{ "restore", "rstr FILE" },
	{ "check", "rstr --check FILE" },
	{ "-D", "rstr FILE: an image is one file" },
	{ "--images-dir", "rstr FILE: an image is one file" },
	{ "-d", "--detach" },
	{ "--restore-detached", "--detach" },
	{ "-j", "nothing: a terminal from outside is replaced by rstr's" },
	{ "--shell-job", "nothing: a terminal from outside is replaced by rstr's" },
	{ "--inherit-fd", "--inherit FD=N" },
	{ NULL, NULL },
};

static __noreturn void usage(const char *why)
{
	say_err("%s; run '%s --help' for the options", why, program_invocation_short_name);
	exit(RSTR_FAILED);
}

/* Of an option that takes a pair: what is wrong with it, if anything */
static void check_pair(const char *why)
{
	if (why)
		usage(why);
}

static void parse_option(struct restart_options *options, int opt)
{
	switch (opt) {
	case OPT_DETACH:
		options->detach = true;
		break;
	case OPT_SELF:
		options->self = true;
		break;
	case OPT_PIDNS:
		options->pidns = true;
		break;
	case OPT_ALLOW_CHANGED:
		options->allow_changed = true;
		break;
	case OPT_STRICT_IO:
		options->strict_io = true;
		break;
	case OPT_INHERIT:
		check_pair(pairs_inherit(options, optarg));
		break;
	case OPT_MAP:
		check_pair(pairs_map(options->moved, &options->nr_moved, optarg));
		break;
	case OPT_AS_ROOT:
		options->as_root = true;
		break;
	case OPT_OWNER:
		options->owner_name = optarg;
		break;
	case OPT_FROZEN:
		options->frozen = true;
		break;
	case OPT_CONFIRM:
		options->confirm = true;
		break;
	case 'n':
		options->check = true;
		break;
	case OPT_JSON:
		options->json = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'v':
		options->verbose = true;
		break;
	case OPT_FROM:
		options->from = optarg;
		break;
	case OPT_REWIND:
		options->rewind = true;
		break;
	case OPT_HOOK:
		if (hooks_add(&options->hooks, optarg))
			usage("so many hooks cannot be given: put them into a directory");
		break;
	case 'V':
		exit(print_version("rstr", RSTR_FAILED));
	case 'h':
		result_text(usage_text, RSTR_FAILED);
	default:
		usage(option_fault(foreign));
	}
}

static void check_pairs(const struct restart_options *options)
{
	const struct {
		bool one, other;
		const char *why;
	} pairs[] = {
		{ options->self, options->detach || options->pidns || options->confirm,
		  "--self goes without --detach, --pidns and --confirm" },
		{ options->self, options->hooks.nr,
		  "--self becomes the program, which no hook outlives: it goes without --hook" },
		{ options->frozen, options->detach || options->self || options->check,
		  "--frozen waits to be told: it goes without --detach, --self and --check" },
		{ options->owner_name, options->as_root,
		  "--owner and --as-root exclude each other" },
		{ options->owner_name, geteuid(),
		  "--owner is for root: others obtain what they could have themselves" },
		{ options->rewind, options->allow_changed,
		  "--rewind and --allow-changed exclude each other" },
		{ options->check, options->detach || options->self || options->pidns ||
		  options->confirm || options->rewind || options->hooks.nr,
		  "--check makes nothing: it goes without --detach, --pidns and the like" },
		{ options->quiet, options->verbose, "--quiet and --verbose exclude each other" },
		{ options->from, options->path, "--from and FILE exclude each other" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		if (pairs[i].one && pairs[i].other)
			usage(pairs[i].why);
}

static void parse_word(struct restart_options *options, const char *word, const char *next)
{
	const char *ours = option_ours(foreign, word);
	char why[256];

	if (options->path)
		usage("one image only");
	options->path = word;
	if (!ours || access(word, F_OK) == 0)
		return;
	snprintf(why, sizeof(why), "'%s' is criu's word, which is here: %s", word, ours);
	if (next || errno == ENOENT)
		usage(why);
}

static void parse(struct restart_options *options, int argc, char **argv)
{
	int opt;

	for (;;) {
		opt = option_next(argc, argv, "+nqvVh", long_options);
		if (opt != -1) {
			parse_option(options, opt);
			continue;
		}
		if (optind == argc)
			break;
		parse_word(options, argv[optind], argv[optind + 1]);
		optind++;
	}
	if (!options->path && !options->from)
		usage("which image?");
	check_pairs(options);
	if (options->from)
		options->path = "-";
}

int main(int argc, char **argv)
{
	static struct restart_options options;

	std_fill();
	options.argv = argv;
	if (result_is_json(argv))
		result_json(stderr);
	parse(&options, argc, argv);
	if (options.json)
		result_json(call_result_stream(&options));
	/* not where a program is waited for, which has its own ways with SIGPIPE */
	if (options.check || options.detach)
		result_guard();
	image_open(&options);
	if (options.check)
		return result_code(call_check(&options), RSTR_FAILED);
	if (session_is_needed(&options))
		return session_command(&options);
	if (options.self)
		return call_self(&options);
	if (options.detach)
		return result_code(detach_command(&options), RSTR_FAILED);
	return front_command(&options);
}
