// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_memory.c - what a hostile image can make its reader allocate: as many records as
 * there may be, as small as they may be, and lengths that nothing stands behind.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "test.h"

/* Far more than a reader needs at once, far less than the images here claim */
#define LITTLE_MEMORY	(16ULL << 20)

/* @memory: bytes that the reader has come to have in memory at most */
struct answer {
	int ret;
	__u64 memory;
	char message[192];
};

/*
 * Send the beginning of an image, and then its last @repeated bytes @times again, or until
 * nobody reads any more.
 */
static void send_image(int fd, const struct writer *writer, size_t repeated, __u64 times)
{
	const unsigned char *last = writer->bytes + writer->len - repeated;
	static unsigned char block[64 << 10];
	size_t i, nr = sizeof(block) / repeated;

	signal(SIGPIPE, SIG_IGN);
	if (write(fd, writer->bytes, writer->len) != (ssize_t)writer->len)
		_exit(1);
	for (i = 0; i < nr; i++)
		memcpy(block + i * repeated, last, repeated);
	for (; times; times -= nr < times ? nr : times)
		if (write(fd, block, nr * repeated) != (ssize_t)(nr * repeated))
			_exit(0);
	_exit(0);
}

static __u64 most_memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss * 1024ULL;
}

/* Load the metadata as the tools do. */
static void load(int fd, struct answer *answer)
{
	struct ckpt_image *image = ckpt_image_open(fd, CKPT_OPEN_LENIENT);
	struct ckpt_metadata metadata;
	__u64 before = most_memory();

	answer->ret = ckpt_metadata_load(image, &metadata);
	memcpy(answer->message, ckpt_image_error(image)->message, sizeof(answer->message));
	if (!answer->ret)
		ckpt_metadata_free(&metadata);
	ckpt_image_close(image);
	answer->memory = most_memory() - before;
}

/* In a process of its own, whose memory is counted */
static void load_elsewhere(const struct writer *writer, size_t repeated, __u64 times,
			   struct answer *answer)
{
	int image[2], result[2];
	pid_t sender, reader;

	memset(answer, 0, sizeof(*answer));
	answer->ret = 1;
	if (pipe(image) || pipe(result))
		return;
	sender = fork();
	if (!sender) {
		close(image[0]);
		send_image(image[1], writer, repeated, times);
	}
	close(image[1]);
	reader = fork();
	if (!reader) {
		load(image[0], answer);
		_exit(write(result[1], answer, sizeof(*answer)) != sizeof(*answer));
	}
	close(image[0]);
	close(result[1]);
	if (read(result[0], answer, sizeof(*answer)) != sizeof(*answer))
		answer->ret = 1;
	close(result[0]);
	waitpid(reader, NULL, 0);
	waitpid(sender, NULL, 0);
}

static void as_many_records_as_there_may_be(void)
{
	struct writer writer;
	struct answer answer;

	sample_begin(&writer);
	/* Nothing but a header, of a type that nobody knows and everybody passes over */
	write_plain(&writer, 0x7fff | CKPT_REC_SKIPPABLE, 0, NULL, 0);
	load_elsewhere(&writer, sizeof(struct ckpt_rec), ~0ULL, &answer);
	writer_free(&writer);
	EXPECT(answer.ret == -EFBIG);
	EXPECT(strstr(answer.message, "MiB of memory"));
	/* With what the sanitizers keep of each allocation */
	EXPECT(answer.memory < CKPT_METADATA_MEMORY / 2 * 3);
}

static void length_that_nothing_stands_behind(void)
{
	struct ckpt_rec record = { .type = 0x7fff | CKPT_REC_SKIPPABLE,
				   .len = CKPT_METADATA_MAX / 2 };
	struct writer writer;
	struct answer answer;

	sample_begin(&writer);
	write_bytes(&writer, &record, sizeof(record));
	load_elsewhere(&writer, sizeof(record), 1, &answer);
	writer_free(&writer);
	EXPECT(answer.ret == -EPIPE);
	EXPECT(answer.memory < LITTLE_MEMORY);
}

const struct test memory_tests[] = {
	{ "memory.as_many_records_as_there_may_be", as_many_records_as_there_may_be },
	{ "memory.length_that_nothing_stands_behind", length_that_nothing_stands_behind },
	{ NULL, NULL },
};
