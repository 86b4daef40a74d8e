// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckptinfo - look into a checkpoint image.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "info.h"
#include "text.h"

static const char usage_text[] =
"usage: ckptinfo [options] FILE\n"
"       ckptinfo --core PID [-o COREFILE] FILE\n"
"\n"
"Tell what is in the image FILE (- is standard input).\n"
"\n"
"      --tree          processes and threads\n"
"      --fds           open files of each process\n"
"      --maps          memory of each process\n"
"      --records       every record, decoded with the description in the image\n"
"      --verify        read all of it and check everything\n"
"      --json          print it as JSON\n"
"      --core PID      write an ELF core of process PID, for a debugger\n"
"  -o, --output FILE   where the core goes (default core.PID)\n"
"      --version       print the version\n"
"      --help          print this\n"
"\n"
"Exit status: 0 done, 1 the image is damaged or cannot be read, 2 wrong usage.\n";

enum {
	OPT_TREE = 256, OPT_FDS, OPT_MAPS, OPT_RECORDS, OPT_VERIFY, OPT_JSON, OPT_CORE,
	OPT_VERSION, OPT_HELP,
};

static const struct option long_options[] = {
	{ "tree", no_argument, NULL, OPT_TREE },
	{ "fds", no_argument, NULL, OPT_FDS },
	{ "maps", no_argument, NULL, OPT_MAPS },
	{ "records", no_argument, NULL, OPT_RECORDS },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "core", required_argument, NULL, OPT_CORE },
	{ "output", required_argument, NULL, 'o' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

struct options {
	const char *path;
	const char *output;
	int core;
	bool tree;
	bool fds;
	bool maps;
	bool records;
	bool verify;
	bool json;
};

static __noreturn void usage(const char *why)
{
	say_err("%s; run '%s --help' for the options", why, program_invocation_short_name);
	exit(INFO_USAGE);
}

static int parse_pid(const char *text)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (*end || end == text || pid <= 0 || pid > INT_MAX)
		usage("--core wants a process id: 'ckptinfo --tree FILE' lists them");
	return pid;
}

static void parse_option(struct options *options, int opt)
{
	switch (opt) {
	case OPT_TREE:
		options->tree = true;
		break;
	case OPT_FDS:
		options->fds = true;
		break;
	case OPT_MAPS:
		options->maps = true;
		break;
	case OPT_RECORDS:
		options->records = true;
		break;
	case OPT_VERIFY:
		options->verify = true;
		break;
	case OPT_JSON:
		options->json = true;
		break;
	case OPT_CORE:
		options->core = parse_pid(optarg);
		break;
	case 'o':
		options->output = optarg;
		break;
	case OPT_VERSION:
		printf("ckptinfo %s\n", CKPT_TOOLS_VERSION);
		exit(INFO_DONE);
	case OPT_HELP:
		fputs(usage_text, stdout);
		exit(INFO_DONE);
	default:
		usage("wrong usage");
	}
}

static void parse(struct options *options, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "o:", long_options, NULL)) != -1)
		parse_option(options, opt);
	if (optind == argc)
		usage("which image?");
	if (optind + 1 < argc)
		usage("one image only");
	if (options->output && !options->core)
		usage("-o goes with --core PID");
	options->path = argv[optind];
}

static int open_image(const char *path)
{
	int fd = STDIN_FILENO;

	if (strcmp(path, "-"))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		say_err("%s: %s; name a file that ckpt made", path, strerror(errno));
		exit(INFO_FAILED);
	}
	return fd;
}

static void print_views(const struct options *options, const struct info *info)
{
	if (options->json) {
		print_json(info);
		return;
	}
	if (options->tree)
		print_tree(info);
	if (options->fds)
		print_fds(info);
	if (options->maps)
		print_maps(info);
	if (!options->tree && !options->fds && !options->maps)
		print_summary(info);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct info info = { 0 };
	char text[512];
	int ret = 0;

	parse(&options, argc, argv);
	info.path = options.path;
	info.fd = open_image(options.path);
	if (options.verify)
		return print_verify(info.path, info.fd, options.json);
	if (options.records)
		return print_records(info.path, info.fd, options.json);
	if (info_load(&info))
		return INFO_FAILED;
	if (options.core)
		ret = write_core(&info, options.core, options.output);
	else
		print_views(&options, &info);
	if (info.error.err) {
		say_err("%s: %s; run 'ckptinfo --verify %s' or copy it again", info.path,
			ckpt_error_text(&info.error, text, sizeof(text)), info.path);
		ret = INFO_FAILED;
	}
	info_free(&info);
	return ret ? INFO_FAILED : INFO_DONE;
}
