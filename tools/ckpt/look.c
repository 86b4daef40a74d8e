// SPDX-License-Identifier: GPL-2.0-only
/*
 * look.c - ckpt list, status and save: a directory of images looked at from outside.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "keep.h"
#include "options.h"
#include "proc.h"
#include "result.h"
#include "text.h"

#define DAY_NS		(86400 * 1000000000ULL)

static const char usage_text[] =
"usage: ckpt list [--json] DIR\n"
"       ckpt status [--json] [--mtbf TIME] DIR\n"
"       ckpt save [--json] DIR\n"
"\n"
"Look at the images that ckpt run keeps in DIR, or have it make one now.\n"
"\n"
"      --mtbf TIME     so long the machine runs between two failures (1d): for the\n"
"                      interval between images that costs least\n"
"      --json          print the result as JSON\n"
"  -h, --help          print this\n"
"\n"
"Exit status: 0 done, 1 not saved, or no such directory, 2 wrong usage.\n";

enum { OPT_JSON = 256, OPT_MTBF };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "mtbf", required_argument, NULL, OPT_MTBF },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/**
 * struct look - the command line, and what was found
 * @keep: the store, and how to save into it
 * @list: its images
 * @mtbf_ns: mean time between failures
 * @kept: somebody keeps it
 * @keeper: who
 * @json: print JSON
 */
struct look {
	struct keep keep;
	struct store_list list;
	__u64 mtbf_ns;
	struct store_keeper keeper;
	bool kept;
	bool json;
};

static __u64 age_of(const struct store_image *image)
{
	time_t now = time(NULL);

	return now > image->saved ? (now - image->saved) * 1000000000ULL : 0;
}

/* So much of its run time the job stood for its images: from the first to the last of them */
static double share(const struct look *look)
{
	const struct store_image *images = look->list.images;
	__u64 frozen = 0, run;
	size_t i;

	if (look->list.nr == 1)
		return images->note.run_ns ?
		       (double)images->note.frozen_ns / images->note.run_ns : 0;
	for (i = 1; i < look->list.nr; i++)
		frozen += images[i].note.frozen_ns;
	run = images[look->list.nr - 1].note.run_ns - images->note.run_ns;
	return run ? (double)frozen / run : 0;
}

/* Young, 1974 */
static __u64 young(double cost, double mtbf)
{
	return sqrt(2 * cost * mtbf);
}

/* Daly, 2006: of higher order */
static __u64 daly(double cost, double mtbf)
{
	double part = cost / (2 * mtbf);

	if (part >= 1)
		return mtbf;
	return sqrt(2 * cost * mtbf) * (1 + sqrt(part) / 3 + part / 9) - cost;
}

/* -- list ----------------------------------------------------------------------------------- */

static void list_json(const struct look *look, struct json *json)
{
	size_t i;

	json_begin(json, "images", '[');
	for (i = 0; i < look->list.nr; i++) {
		const struct store_image *image = &look->list.images[i];

		json_begin(json, NULL, '{');
		json_string(json, "image", image->name);
		json_uint(json, "age_ns", age_of(image));
		json_uint(json, "bytes", image->size);
		json_uint(json, "frozen_ns", image->note.frozen_ns);
		json_uint(json, "took_ns", image->note.took_ns);
		json_uint(json, "run_ns", image->note.run_ns);
		json_end(json, '}');
	}
	json_end(json, ']');
}

static void list_line(const struct look *look, size_t i)
{
	const struct store_image *image = &look->list.images[i];
	char age[32], size[32], frozen[32], took[32], run[32];

	printf("%-12s  %12s  %12s  %12s  %12s  %12s\n", image->name,
	       text_time(age_of(image), age, sizeof(age)),
	       text_bytes(image->size, size, sizeof(size)),
	       text_time(image->note.frozen_ns, frozen, sizeof(frozen)),
	       text_time(image->note.took_ns, took, sizeof(took)),
	       text_time(image->note.run_ns, run, sizeof(run)));
}

static int show_list(const struct look *look)
{
	struct json json = { .file = stdout };
	size_t i;

	if (look->json) {
		json_begin(&json, NULL, '{');
		json_bool(&json, "ok", true);
		list_json(look, &json);
		json_end(&json, '}');
		return CKPT_DONE;
	}
	printf("%-12s  %12s  %12s  %12s  %12s  %12s\n", "image", "age", "size", "pause", "took",
	       "run time");
	for (i = 0; i < look->list.nr; i++)
		list_line(look, i);
	return CKPT_DONE;
}

/* -- status --------------------------------------------------------------------------------- */

static void status_json(const struct look *look)
{
	const struct store_image *last = look->list.images + look->list.nr - 1;
	struct json json = { .file = stdout };

	json_begin(&json, NULL, '{');
	json_bool(&json, "ok", true);
	json_bool(&json, "running", look->kept);
	if (look->kept) {
		json_int(&json, "keeper", look->keeper.pid);
		json_int(&json, "pid", look->keeper.job);
	}
	if (look->list.nr) {
		json_uint(&json, "age_ns", age_of(last));
		json_uint(&json, "bytes", last->size);
		json_uint(&json, "frozen_ns", last->note.frozen_ns);
		json_uint(&json, "share_ppm", share(look) * 1e6);
		json_uint(&json, "mtbf_ns", look->mtbf_ns);
		json_uint(&json, "young_ns", young(last->note.frozen_ns, look->mtbf_ns));
		json_uint(&json, "daly_ns", daly(last->note.frozen_ns, look->mtbf_ns));
	}
	list_json(look, &json);
	json_end(&json, '}');
}

static void status_lines(const struct look *look)
{
	const struct store_image *last = look->list.images + look->list.nr - 1;
	char comm[64], a[32], b[32], c[32];
	__u64 bytes = 0;
	size_t i;

	if (look->kept)
		printf("job        runs: pid %d (%s), kept by pid %d\n", look->keeper.job,
		       proc_comm(look->keeper.job, comm, sizeof(comm)) ? comm : "?",
		       look->keeper.pid);
	else
		printf("job        does not run\n");
	for (i = 0; i < look->list.nr; i++)
		bytes += look->list.images[i].size;
	printf("images     %zu, %s together\n", look->list.nr, text_bytes(bytes, a, sizeof(a)));
	if (!look->list.nr)
		return;
	printf("last       %s, %s ago, %s, after %s of run time\n", last->name,
	       text_time(age_of(last), a, sizeof(a)), text_bytes(last->size, b, sizeof(b)),
	       text_time(last->note.run_ns, c, sizeof(c)));
	printf("pause      %s, %.3f %% of the time; on stable storage after %s\n",
	       text_time(last->note.frozen_ns, a, sizeof(a)),
	       share(look) * 100,
	       text_time(last->note.took_ns, b, sizeof(b)));
	printf("interval   %s by Young, %s by Daly, with a failure in %s\n",
	       text_time(young(last->note.frozen_ns, look->mtbf_ns), a, sizeof(a)),
	       text_time(daly(last->note.frozen_ns, look->mtbf_ns), b, sizeof(b)),
	       text_time(look->mtbf_ns, c, sizeof(c)));
}

static int show_status(const struct look *look)
{
	if (look->json)
		status_json(look);
	else
		status_lines(look);
	return CKPT_DONE;
}

/* -- save ----------------------------------------------------------------------------------- */

static int save_now(struct look *look)
{
	const struct store_keeper *keeper = &look->keeper;
	char word[512];

	if (!look->kept || keeper->job <= 0) {
		say_err("no job runs in %s; start it with 'ckpt run --dir %s COMMAND'",
			look->keep.store.path,
			text_word(look->keep.store.path, word, sizeof(word)));
		return CKPT_FAILED;
	}
	look->keep.options.pid = keeper->job;
	look->keep.options.json = look->json;
	look->keep.images = keeper->images;
	look->keep.bytes = keeper->bytes;
	look->keep.run_ns = keeper->run_ns + now_ns() - keeper->seen_ns;
	enter_user_namespace(keeper->job);
	return keep_save(&look->keep, false);
}

/* -- the command line ----------------------------------------------------------------------- */

static __noreturn void usage(const char *why)
{
	say_err("%s; run 'ckpt list --help' for the options", why);
	exit(CKPT_USAGE);
}

static void parse(struct look *look, int argc, char **argv)
{
	int opt;

	optind = 2;	/* behind the word that brought us here */
	look->mtbf_ns = DAY_NS;
	result_guard();
	look->json = result_is_json(argv);
	if (look->json)
		result_json(stdout);
	while (optind < argc) {
		opt = option_next(argc, argv, "+h", long_options);
		if (opt == OPT_MTBF && !parse_time(optarg, &look->mtbf_ns))
			usage("--mtbf wants a time, such as 12h or 30d");
		else if (opt == 'h')
			result_text(usage_text, CKPT_FAILED);
		else if (opt == '?')
			usage(option_fault(NULL));
		else if (opt == -1 && look->keep.store.path)
			usage("one directory only");
		else if (opt == -1 && optind < argc)
			look->keep.store.path = argv[optind++];
	}
	if (!look->keep.store.path)
		usage("which directory?");
}

/**
 * look_command - ckpt list, status and save
 * @argc: of main()
 * @argv: of main(); the first word says which
 *
 * Return: an exit code
 */
int look_command(int argc, char **argv)
{
	static struct look look;

	parse(&look, argc, argv);
	look.keep.options.argv = argv;
	if (store_open(&look.keep.store, look.keep.store.path, false) ||
	    store_images(&look.keep.store, &look.list))
		return CKPT_FAILED;
	look.kept = store_is_kept(&look.keep.store, &look.keeper);
	if (!strcmp(argv[1], "list"))
		return show_list(&look);
	if (!strcmp(argv[1], "status"))
		return show_status(&look);
	return save_now(&look);
}
