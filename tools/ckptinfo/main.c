// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckptinfo - look into a checkpoint image.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "info.h"
#include "options.h"
#include "packed.h"
#include "result.h"
#include "std.h"
#include "text.h"
#include "version.h"

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
"  -o, --output FILE   where the core goes (default core.PID, - is standard\n"
"                      output)\n"
"  -V, --version       print the version, and whether this kernel has the calls\n"
"  -h, --help          print this\n"
"\n"
"Examples:\n"
"  ckptinfo job.img                  what is in it\n"
"  ckptinfo --verify job.img         is it whole?\n"
"  zstd -dc job.zst | ckptinfo -\n"
"\n"
"Exit status: 0 done, 1 the image is damaged or cannot be read, or the result could\n"
"not be printed, 2 wrong usage.\n";

enum {
	OPT_TREE = 256, OPT_FDS, OPT_MAPS, OPT_RECORDS, OPT_VERIFY, OPT_JSON, OPT_CORE,
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
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
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
	case 'V':
		exit(print_version("ckptinfo", INFO_FAILED));
	case 'h':
		result_text(usage_text, INFO_FAILED);
	default:
		usage(option_fault(NULL));
	}
}

static void check_pairs(const struct options *o)
{
	if (o->output && !o->core)
		usage("-o goes with --core PID");
	if (o->core && (o->json || o->verify || o->records || o->tree || o->fds || o->maps))
		usage("--core writes a core: it goes without the views and --json");
	if (o->verify && (o->records || o->tree || o->fds || o->maps))
		usage("--verify goes without the views");
	if (o->records && (o->tree || o->fds || o->maps))
		usage("--records goes without the other views");
}

static void parse(struct options *options, int argc, char **argv)
{
	int opt;

	for (;;) {
		opt = option_next(argc, argv, "+o:Vh", long_options);
		if (opt != -1) {
			parse_option(options, opt);
			continue;
		}
		if (optind == argc)
			break;
		if (options->path)
			usage("one image only");
		options->path = argv[optind++];
	}
	if (!options->path)
		usage("which image?");
	check_pairs(options);
}

/* A sentence for what is no image */
static void check_kind(const char *path, int fd)
{
	const char *unpack;
	struct stat st;
	char word[512];

	if (fstat(fd, &st))
		return;
	unpack = S_ISREG(st.st_mode) ? packed_command(fd) : NULL;
	text_word(path, word, sizeof(word));
	if (S_ISDIR(st.st_mode))
		say_err("%s is a directory; name a file that ckpt made", path);
	else if (S_ISREG(st.st_mode) && !st.st_size)
		say_err("%s is empty; name a file that ckpt made", path);
	else if (unpack)
		say_err("%s is compressed; run '%s %s | ckptinfo -'", path, unpack, word);
	else
		return;
	exit(INFO_FAILED);
}

static int open_image(const char *path)
{
	int fd = STDIN_FILENO;

	if (strcmp(path, "-"))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || (!fd && std_was_closed(fd)))
		say_err("%s: %s; name a file that ckpt made", path,
			fd ? strerror(errno) : "standard input is closed");
	else if (!fd && isatty(fd))
		say_err("no image comes from a terminal; run 'ckptinfo FILE'");
	else
		return fd;
	exit(INFO_FAILED);
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

static int look(const struct options *options)
{
	struct info info = { .path = options->path };
	char text[512], word[512];
	int ret = 0;

	info.fd = open_image(options->path);
	check_kind(options->path, info.fd);
	if (options->verify)
		return print_verify(info.path, info.fd, options->json);
	if (options->records)
		return print_records(info.path, info.fd, options->json);
	if (info_load(&info))
		return INFO_FAILED;
	if (options->core)
		ret = write_core(&info, options->core, options->output);
	else
		print_views(options, &info);
	if (info.error.err) {
		say_err("%s: %s; run 'ckptinfo --verify %s' or copy it again", info.path,
			ckpt_error_text(&info.error, text, sizeof(text)),
			text_word(info.path, word, sizeof(word)));
		ret = INFO_FAILED;
	}
	info_free(&info);
	return ret ? INFO_FAILED : INFO_DONE;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };

	std_fill();
	result_guard();
	if (result_is_json(argv))
		result_json(stdout);
	parse(&options, argc, argv);
	return result_code(look(&options), INFO_FAILED);
}
