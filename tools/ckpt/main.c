// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt - save a process and all below it into an image.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ckpt.h"
#include "compiler.h"
#include "text.h"

static const char usage_text[] =
"usage: ckpt [options] PID\n"
"       ckpt --move [options] PID COMMAND [ARGUMENT]...\n"
"\n"
"Save process PID and all below it into an image; it runs on.\n"
"\n"
"  -o, --output FILE   write the image to FILE (default checkpoint.PID.img),\n"
"                      - is standard output\n"
"      --kill          end the program when the image is on stable storage\n"
"      --leave-frozen  keep the program frozen until ckpt is killed\n"
"      --move          pipe the image into COMMAND (ssh HOST rstr --confirm -)\n"
"                      and end the program when it runs there\n"
"      --container     PID is the init of a container: be strict about leaks\n"
"      --external FD[,FD...]\n"
"                      terminals, pipes and sockets that lead outside may also\n"
"                      be these descriptors: see rstr --inherit\n"
"      --connections close\n"
"                      TCP connections with others come back as ended; without\n"
"                      it (--connections refuse) they are refused\n"
"      --force         save what can be saved in spite of obstacles\n"
"  -n, --check         only report whether it can be saved, and every obstacle\n"
"      --timeout SEC   give up after that long without progress (1)\n"
"      --json          print the result as JSON\n"
"  -q, --quiet         print errors only\n"
"  -v, --verbose       print more\n"
"      --version       print the version\n"
"      --help          print this\n"
"\n"
"Exit status: 0 done, 1 not saved (the program runs on), 2 wrong usage,\n"
"3 no confirmation of a move (it runs on), 4 saved but not killed.\n";

enum {
	OPT_KILL = 256, OPT_LEAVE_FROZEN, OPT_CONTAINER, OPT_FORCE, OPT_MOVE,
	OPT_EXTERNAL, OPT_CONNECTIONS, OPT_TIMEOUT, OPT_JSON, OPT_VERSION, OPT_HELP,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "check", no_argument, NULL, 'n' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "kill", no_argument, NULL, OPT_KILL },
	{ "leave-frozen", no_argument, NULL, OPT_LEAVE_FROZEN },
	{ "container", no_argument, NULL, OPT_CONTAINER },
	{ "external", required_argument, NULL, OPT_EXTERNAL },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "move", no_argument, NULL, OPT_MOVE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static __noreturn void usage(const char *why)
{
	say_err("%s; run '%s --help' for the options", why, program_invocation_short_name);
	exit(CKPT_USAGE);
}

static pid_t parse_pid(const char *text)
{
	char why[128];
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || end == text || pid <= 0 || pid > INT_MAX) {
		snprintf(why, sizeof(why), "'%.64s' is no process id", text);
		usage(why);
	}
	return pid;
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

static bool parse_connections(const char *text)
{
	if (!strcmp(text, "close"))
		return true;
	if (strcmp(text, "refuse"))
		usage("--connections wants close or refuse");
	return false;
}

static void parse_option(struct options *options, int opt)
{
	switch (opt) {
	case 'o':
		options->output = optarg;
		break;
	case 'n':
		options->check = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case 'v':
		options->verbose = true;
		break;
	case OPT_KILL:
		options->kill = true;
		break;
	case OPT_LEAVE_FROZEN:
		options->leave_frozen = true;
		break;
	case OPT_CONTAINER:
		options->container = true;
		break;
	case OPT_EXTERNAL:
		parse_external(options, optarg);
		break;
	case OPT_CONNECTIONS:
		options->close = parse_connections(optarg);
		break;
	case OPT_FORCE:
		options->force = true;
		break;
	case OPT_MOVE:
		options->move = true;
		break;
	case OPT_TIMEOUT:
		options->timeout_ms = parse_timeout(optarg);
		break;
	case OPT_JSON:
		options->json = true;
		break;
	case OPT_VERSION:
		printf("ckpt %s\n", CKPT_TOOLS_VERSION);
		exit(CKPT_DONE);
	case OPT_HELP:
		fputs(usage_text, stdout);
		exit(CKPT_DONE);
	default:
		usage("wrong usage");	/* getopt_long() has said what is wrong */
	}
}

/* Options may stand behind PID; what follows the PID of a move is its command. */
static void parse(struct options *options, int argc, char **argv)
{
	int opt;

	for (;;) {
		if (options->move && options->pid)
			break;
		opt = getopt_long(argc, argv, "+o:nqv", long_options, NULL);
		if (opt != -1) {
			parse_option(options, opt);
			continue;
		}
		if (optind == argc)
			break;
		if (options->pid)
			usage("one PID only: what is below it is saved with it");
		options->pid = parse_pid(argv[optind++]);
	}
	if (options->move && optind < argc)
		options->command = argv + optind;
}

static void check_combination(const struct options *options)
{
	if (!options->pid)
		usage("which PID?");
	if (options->kill && options->leave_frozen)
		usage("--kill and --leave-frozen exclude each other");
	if (options->check && (options->move || options->kill || options->leave_frozen))
		usage("--check only looks: it goes without --kill, --leave-frozen and --move");
	if (options->move && !options->command)
		usage("--move wants a command behind PID, such as: ssh HOST rstr --confirm -");
	if (options->move && (options->output || options->leave_frozen))
		usage("--move goes without -o and --leave-frozen");
}

int main(int argc, char **argv)
{
	struct options options = { .argv = argv };

	parse(&options, argc, argv);
	check_combination(&options);
	if (options.check)
		return check_command(&options);
	if (options.move)
		return move_command(&options);
	if (options.output && !strcmp(options.output, "-"))
		return stream_command(&options);
	return file_command(&options);
}
