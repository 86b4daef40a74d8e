// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstr - restart a program from an image.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "rstr.h"
#include "text.h"

static const char usage_text[] =
"usage: rstr [options] FILE\n"
"\n"
"Restart the program saved in FILE (- is standard input), wait for it and end\n"
"as it does.\n"
"\n"
"      --detach         print its pid and leave it alone\n"
"      --self           become it, as with exec: the pid must be the image's\n"
"      --pidns          give it a pid namespace of its own, in which every pid\n"
"                       is free\n"
"      --allow-changed  take files that are not as they were\n"
"      --strict-io      do not put rstr's standard descriptors in the place of\n"
"                       terminals, pipes and sockets that lay outside\n"
"      --inherit FD=N   put rstr's descriptor N in the place of descriptor FD, which\n"
"                       lay outside (ckpt --external)\n"
"      --as-root        as root: do not cut the program's rights to what the\n"
"                       owner of FILE could have\n"
"      --owner NAME     as root: FILE is the image of user NAME\n"
"      --confirm        print 'rstr: restarted PID N' before it runs (for\n"
"                       ckpt --move)\n"
"  -n, --check          only check FILE, and whether this kernel and processor\n"
"                       can take it\n"
"      --json           print the result as JSON\n"
"  -q, --quiet          print errors only\n"
"  -v, --verbose        print more\n"
"      --version        print the version\n"
"      --help           print this\n"
"\n"
"Exit status: the program's own; 125 if it could not be restarted.\n";

enum {
	OPT_DETACH = 256, OPT_SELF, OPT_PIDNS, OPT_ALLOW_CHANGED, OPT_STRICT_IO, OPT_INHERIT,
	OPT_AS_ROOT, OPT_OWNER, OPT_CONFIRM, OPT_JSON, OPT_VERSION, OPT_HELP,
};

static const struct option long_options[] = {
	{ "detach", no_argument, NULL, OPT_DETACH },
	{ "self", no_argument, NULL, OPT_SELF },
	{ "pidns", no_argument, NULL, OPT_PIDNS },
	{ "allow-changed", no_argument, NULL, OPT_ALLOW_CHANGED },
	{ "strict-io", no_argument, NULL, OPT_STRICT_IO },
	{ "inherit", required_argument, NULL, OPT_INHERIT },
	{ "as-root", no_argument, NULL, OPT_AS_ROOT },
	{ "owner", required_argument, NULL, OPT_OWNER },
	{ "confirm", no_argument, NULL, OPT_CONFIRM },
	{ "check", no_argument, NULL, 'n' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static __noreturn void usage(const char *why)
{
	say_err("%s; run '%s --help' for the options", why, program_invocation_short_name);
	exit(RSTR_FAILED);
}

static bool parse_number(const char *text, char **end, __u32 *number)
{
	unsigned long value;

	errno = 0;
	value = strtoul(text, end, 10);
	*number = value;
	return isdigit((unsigned char)*text) && !errno && value <= INT_MAX;
}

/* Before rstr opens anything: the number shall be what the caller means by it. */
static void parse_inherit(struct options *options, const char *text)
{
	struct restart_inherit *pair = &options->inherit[options->nr_inherit];
	char why[96], *end;
	unsigned int i;

	if (options->nr_inherit == RSTR_NR_INHERIT)
		usage("so many descriptors cannot be given with --inherit");
	if (!parse_number(text, &end, &pair->fd) || *end != '=' ||
	    !parse_number(end + 1, &end, &pair->from) || *end)
		usage("--inherit wants two descriptors, the program's and rstr's, such as 7=3");
	for (i = 0; i < options->nr_inherit; i++)
		if (options->inherit[i].fd == pair->fd)
			usage("--inherit was given twice for one descriptor");
	if (fcntl(pair->from, F_GETFD) < 0) {
		snprintf(why, sizeof(why), "descriptor %u is not open, so nothing inherits it",
			 pair->from);
		usage(why);
	}
	options->nr_inherit++;
}

static void parse_option(struct options *options, int opt)
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
		parse_inherit(options, optarg);
		break;
	case OPT_AS_ROOT:
		options->as_root = true;
		break;
	case OPT_OWNER:
		options->owner_name = optarg;
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
	case OPT_VERSION:
		printf("rstr %s\n", CKPT_TOOLS_VERSION);
		exit(0);
	case OPT_HELP:
		fputs(usage_text, stdout);
		exit(0);
	default:
		usage("wrong usage");
	}
}

static void parse(struct options *options, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "nqv", long_options, NULL)) != -1)
		parse_option(options, opt);
	if (optind == argc)
		usage("which image?");
	if (optind + 1 < argc)
		usage("one image only");
	options->path = argv[optind];
	if (options->self && (options->detach || options->pidns || options->confirm))
		usage("--self goes without --detach, --pidns and --confirm");
	if (options->owner_name && options->as_root)
		usage("--owner and --as-root exclude each other");
	if (options->owner_name && geteuid())
		usage("--owner is for root: others obtain what they could have themselves");
}

/* They are the program's now: who reads from one of its pipes shall see when it closes it. */
void inherited_close(const struct options *options)
{
	unsigned int i;

	for (i = 0; i < options->nr_inherit; i++)
		if (options->inherit[i].from > STDERR_FILENO)
			close(options->inherit[i].from);
}

/*
 * The program is made frozen when something must happen before its first
 * instruction: the word to ckpt --move, or the loan of the terminal, without
 * which a read from it would stop the program.
 */
int run(const struct options *options)
{
	struct program program = NO_PROGRAM;
	struct terminal terminal;
	struct watch watch;
	unsigned long flags = 0;
	sigset_t watched;
	int ret;

	supervise_prepare(&watched);
	terminal_open(&terminal);
	if (options->confirm || terminal_is_ours(&terminal))
		flags = RESTART_FROZEN;
	call_watch(options, &watch);
	if (options->pidns)
		ret = pidns_restart(options, flags, &program);
	else
		ret = call_restart(options, flags, &watch, &program);
	if (ret)
		return RSTR_FAILED;
	if (!options->pidns)
		call_done(options, program.pid, program.pgrp);

	close(options->image);
	inherited_close(options);
	terminal_lend(&terminal, &program);
	call_announce(options, &program);
	if (options->pidns)
		pidns_release(&program);
	else if (program.hold >= 0)
		close(program.hold);
	finish_as(supervise(&program, &terminal, &watched));
}

int main(int argc, char **argv)
{
	struct options options = { .argv = argv };

	parse(&options, argc, argv);
	image_open(&options);
	if (options.check)
		return call_check(&options);
	if (session_is_needed(&options))
		return session_command(&options);
	if (options.self)
		return call_self(&options);
	if (options.detach)
		return detach_command(&options);
	return run(&options);
}
