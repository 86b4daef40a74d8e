// SPDX-License-Identifier: GPL-2.0-only
/*
 * image_test.c - images that are cut, damaged or forged: refused, or harmless; and
 * images that go through pipes and sockets.
 */
#include <dirent.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

/* A little of everything, so that most kinds of record are in the image */
static void a_bit_of_all(void)
{
	int fds[2], fd = open(test_file("file"), O_RDWR | O_CREAT, 0644);
	struct flock lock = { .l_type = F_WRLCK, .l_len = 10 };
	pid_t pid;

	check(!pipe(fds) && write(fds[1], "contents", 8) == 8);
	check(!fcntl(fd, F_SETLK, &lock));
	check(open("/dev/zero", O_RDONLY) >= 0);
	signal(SIGUSR1, SIG_IGN);
	pid = fork();
	if (!pid)
		_exit(5);
	pid = fork();
	if (!pid)
		for (;;)
			sleep_ms(1000);
	ready();
	kill(pid, SIGKILL);
	while (wait(NULL) > 0)
		;
}

/* Threads of the kernel, children of kthreadd, come and go by themselves. */
static bool is_process(const char *name)
{
	char path[300], text[512], *end;

	if (name[0] < '1' || name[0] > '9')
		return false;
	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	end = strrchr(text, ')');
	return end && atoi(end + 4) != 2;
}

static unsigned int count_processes(void)
{
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir)))
		count += is_process(entry->d_name);
	closedir(dir);
	return count;
}

static uint64_t random_state = 20261122;

static uint32_t pick(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return below ? (random_state >> 16) % below : 0;
}

/* What each try came to */
static unsigned int refused, accepted;

/* Restart @path; whatever lives is killed.  Return: what restart() answered */
static long try_restart(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long ret = sys_restart(0, fd, 0, NULL, 0);

	close(fd);
	if (ret > 0) {
		accepted++;
		kill(ret, SIGKILL);
		waitpid(ret, NULL, 0);
	} else {
		refused++;
	}
	return ret;
}

/* Children of a killed root come to the test. */
static void end_orphans(void)
{
	char path[64], text[4096], *next;
	pid_t child;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	while (read_file(path, text, sizeof(text)) > 0)
		for (next = text; (child = strtol(next, &next, 10)) > 0; ) {
			kill(child, SIGKILL);
			waitpid(child, NULL, __WALL);
		}
}

FIXTURE(image)
{
	struct subject s;
	struct image image;
	unsigned int processes;
	char path[128];
};

FIXTURE_SETUP(image)
{
	ASSERT_EQ(0, subject_start(&self->s, a_bit_of_all));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&self->image, self->s.image));
	snprintf(self->path, sizeof(self->path), "%s", test_file("forged"));
	self->processes = count_processes();
	refused = 0;
	accepted = 0;
}

/* The true image still works, and nobody is left. */
FIXTURE_TEARDOWN(image)
{
	end_orphans();
	EXPECT_EQ(self->processes, count_processes());
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_restart(&self->s, 0));
	EXPECT_EQ(0, subject_wait(&self->s));
	end_orphans();
	image_free(&self->image);
}

TEST_F(image, is_well_formed)
{
	struct ckpt_rec *last = image_record(&self->image, self->image.nr_records - 1);
	uint8_t *copy = malloc(self->image.len);

	EXPECT_EQ(CKPT_REC_HEADER, image_record(&self->image, 0)->type);
	EXPECT_EQ(CKPT_REC_END, last->type);
	EXPECT_NE(NULL, image_find(&self->image, CKPT_REC_METADATA_END));
	EXPECT_NE(NULL, image_find(&self->image, CKPT_REC_ABI));
	/* All checksums, computed apart, are those in the image. */
	memcpy(copy, self->image.data, self->image.len);
	image_seal(&self->image);
	EXPECT_EQ(0, memcmp(copy, self->image.data, self->image.len));
	free(copy);
}

TEST_F(image, page_data_is_aligned)
{
	struct ckpt_rec *rec;
	size_t i, at, data;

	for (i = 0; i < self->image.nr_records; i++) {
		rec = image_record(&self->image, i);
		EXPECT_EQ(0, rec->len % 8);
		if (rec->type != CKPT_REC_PAGES)
			continue;
		at = self->image.records[i] + rec->len;
		data = ((struct ckpt_rec_pages *)(rec + 1))->data_bytes;
		EXPECT_EQ(0, at % 4096);
		EXPECT_EQ(0, data % 4096);
		EXPECT_GE(CKPT_CHUNK_BYTES, data);
	}
}

TEST_F(image, cut_at_every_record)
{
	size_t i;

	ASSERT_EQ(0, image_store(&self->image, self->path));
	for (i = self->image.nr_records; i-- > 0; ) {
		ASSERT_EQ(0, truncate(self->path, self->image.records[i] + 8));
		EXPECT_GT(0, try_restart(self->path));
		ASSERT_EQ(0, truncate(self->path, self->image.records[i]));
		EXPECT_GT(0, try_restart(self->path));
	}
	EXPECT_EQ(0, accepted);
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

/* A slow kernel takes as long as the others, for fewer. */
static int many(int number)
{
	return number / time_scale();
}

/* One bit in the bytes that are checked: padding of page data has no checksum of its own. */
TEST_F(image, thousand_flipped_bits)
{
	uint8_t *data = self->image.data;
	int fd, i;

	ASSERT_EQ(0, image_store(&self->image, self->path));
	fd = open(self->path, O_RDWR | O_CLOEXEC);
	for (i = 0; i < many(1000); i++) {
		size_t at = i % 2 ? pick(self->image.len) : pick(16384);
		uint8_t byte = data[at] ^ 1 << pick(8);

		ASSERT_EQ(1, pwrite(fd, &byte, 1, at));
		EXPECT_GT(0, try_restart(self->path)) {
			tell("a bit flipped at %zu was not seen", at);
		}
		ASSERT_EQ(1, pwrite(fd, &data[at], 1, at));
		if (accepted)
			end_orphans();
	}
	EXPECT_EQ(0, accepted);
}

static void write_number(uint8_t *p, size_t room)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x1000, 0xffff, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffff, 0x800000000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xffffffffff600000,
	};
	uint64_t n = pick(4) ? numbers[pick(sizeof(numbers) / 8)] : random_state;
	size_t size = 1U << pick(4);

	memcpy(p, &n, size < room ? size : room);
}

/* One lie in a record: a field, an array element, or the header itself */
static void forge_field(struct image *image)
{
	struct ckpt_rec *rec;
	size_t at, nr, len;
	uint8_t *bytes;

	do {
		nr = pick(image->nr_records);
		rec = image_record(image, nr);
	} while (rec->type == CKPT_REC_ABI);
	/* Not what the record says of itself, which may be a lie already */
	len = (nr + 1 < image->nr_records ? image->records[nr + 1] : image->len) -
	      image->records[nr];
	bytes = (uint8_t *)rec;
	at = pick(10) ? sizeof(*rec) + pick(len - sizeof(*rec)) : pick(sizeof(*rec));
	at &= ~3UL;
	if (pick(3))
		write_number(bytes + at, len - at);
	else
		bytes[at] ^= 1 << pick(8);
}

static bool is_metadata(const struct ckpt_rec *rec)
{
	return rec->type != CKPT_REC_PAGES && rec->type != CKPT_REC_END &&
	       rec->type != CKPT_REC_HEADER;
}

/* A record less; the counts at the end are made right. */
static void forge_absence(struct image *image)
{
	struct ckpt_rec *rec;
	struct ckpt_rec_end *end;
	size_t nr, at, len;

	do {
		nr = pick(image->nr_records);
		rec = image_record(image, nr);
	} while (!is_metadata(rec));
	at = image->records[nr];
	len = rec->len;
	memmove(image->data + at, image->data + at + len, image->len - at - len);
	image->len -= len;
	image->nr_records--;
	for (; nr < image->nr_records; nr++)
		image->records[nr] = image->records[nr + 1] - len;
	end = (void *)(image_record(image, image->nr_records - 1) + 1);
	end->nr_records--;
	end->bytes -= len;
}

static void forge(struct __test_metadata *_metadata, struct image *image, const char *path,
		  void (*how)(struct image *), int times)
{
	struct image forged;
	int i, j;

	for (i = 0; i < times; i++) {
		ASSERT_EQ(0, image_store(image, path));
		ASSERT_EQ(0, image_load(&forged, path));
		for (j = pick(3); j >= 0; j--)
			how(&forged);
		image_seal(&forged);
		ASSERT_EQ(0, image_store(&forged, path));
		image_free(&forged);
		if (try_restart(path) > 0)
			end_orphans();
	}
	tell("%u refused, %u accepted", refused, accepted);
	EXPECT_LT(times / 2, refused);
}

TEST_F_TIMEOUT(image, thousand_forged_fields, 100)
{
	forge(_metadata, &self->image, self->path, forge_field, many(1000));
	EXPECT_LT(0, refused);
}

TEST_F(image, missing_records)
{
	forge(_metadata, &self->image, self->path, forge_absence, 100);
	EXPECT_LT(0, refused);
}

/* A record of a type that nobody knows: passed over only if it says so */
TEST_F(image, unknown_records)
{
	struct ckpt_rec *rec = image_find(&self->image, CKPT_REC_ABI);

	rec->type = 0x7ffe | CKPT_REC_SKIPPABLE;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->path));
	EXPECT_LT(0, try_restart(self->path));
	end_orphans();
	rec->type = 0x7ffe;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->path));
	EXPECT_GT(0, try_restart(self->path));
}

/* -- through pipes and sockets ------------------------------------------------------------ */

static void counts(void)
{
	ready();
}

static pid_t feed(const char *path, int out)
{
	char buf[5000];
	pid_t pid = fork();
	ssize_t n;
	int fd;

	if (pid)
		return pid;
	fd = open(path, O_RDONLY);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			_exit(1);
	_exit(0);
}

static void through(struct __test_metadata *_metadata, int in, int out)
{
	struct subject s;
	pid_t pid;
	int status;

	ASSERT_EQ(0, subject_start(&s, counts));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	pid = feed(s.image, in);
	close(in);
	ASSERT_EQ(s.pid, sys_restart(0, out, 0, NULL, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(restart_from_a_pipe)
{
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	through(_metadata, fds[1], fds[0]);
}

TEST(restart_from_a_socket)
{
	int fds[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	through(_metadata, fds[1], fds[0]);
}

/* Two images and text, one after the other in a stream: nothing is read too far. */
TEST(images_in_a_row)
{
	struct subject a, b;
	char text[5] = "";
	int fds[2], i;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&a, counts));
	ASSERT_LT(0, subject_save(&a, CHECKPOINT_KILL));
	subject_go(&a, 1);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		for (i = 0; i < 2; i++)
			waitpid(feed(a.image, fds[1]), NULL, 0);
		_exit(write(fds[1], "after", 5) != 5);
	}
	b = a;
	ASSERT_EQ(a.pid, sys_restart(0, fds[0], 0, NULL, 0));
	ASSERT_EQ(0, subject_wait(&a));
	ASSERT_EQ(b.pid, sys_restart(0, fds[0], 0, NULL, 0));
	ASSERT_EQ(0, subject_wait(&b));
	ASSERT_EQ(5, read(fds[0], text, 5));
	EXPECT_EQ(0, memcmp(text, "after", 5));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
}

TEST_HARNESS_MAIN
