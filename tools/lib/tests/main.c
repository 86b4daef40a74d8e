// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - unit tests of libcheckpoint on hand-made images, in KTAP.
 *
 *	libcheckpoint-test [WORD]		run the tests whose name has WORD
 *	libcheckpoint-test --sample FILE	write the sample image
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "test.h"

static const struct test * const suites[] = {
	text_tests, frame_tests, shape_tests, object_tests, page_tests, index_tests,
	damage_tests, memory_tests,
};

/* Failed expectations of the test that runs. */
static unsigned int failed;

bool test_expect(bool condition, const char *text, const char *function, int line)
{
	if (!condition && failed++ < 10)
		printf("# %s:%d: %s\n", function, line, text);
	return condition;
}

static int write_sample(const char *path)
{
	struct writer writer;
	FILE *file = fopen(path, "w");
	int ret;

	if (!file)
		return 1;
	sample_image(&writer);
	ret = fwrite(writer.bytes, 1, writer.len, file) != writer.len;
	writer_free(&writer);
	return fclose(file) || ret;
}

static const struct test *nth_test(unsigned int nr, const char *word)
{
	const struct test *test;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		for (test = suites[i]; test->name; test++) {
			if (word && !strstr(test->name, word))
				continue;
			if (!nr--)
				return test;
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct test *test;
	unsigned int nr, count = 0, failures = 0;

	if (argc > 2 && !strcmp(argv[1], "--sample"))
		return write_sample(argv[2]);
	while (nth_test(count, word))
		count++;
	printf("KTAP version 1\n1..%u\n", count);
	for (nr = 0; (test = nth_test(nr, word)); nr++) {
		failed = 0;
		test->run();
		printf("%sok %u %s\n", failed ? "not " : "", nr + 1, test->name);
		fflush(stdout);
		failures += !!failed;
	}
	return failures ? 1 : 0;
}
