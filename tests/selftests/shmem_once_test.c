// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmem_once_test.c - memory in common that has no name is in an image once and in memory once, as
 * it was when the program stood; who shares it outside.
 */
#include "checkpoint_test.h"
#include "common_memory.h"

/* -- how much -------------------------------------------------------------------------------------- */

#define MUCH	(24UL << 20)
#define MANY	8

static void look_at_much(void *arg)
{
	child_ready();
	check(pattern_is(common, MUCH, 9));
}

static long kib_of(const char *name)
{
	char line[128], *found = NULL;
	long kib = -1;
	FILE *f = fopen("/proc/meminfo", "r");

	check(f);
	while (!found && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			found = line + strlen(name);
	if (found)
		kib = strtol(found, NULL, 10);
	fclose(f);
	return kib;
}

static void much_in_common(void)
{
	pid_t pids[MANY];
	int i;

	common = map_shared(MUCH);
	pattern_fill(common, MUCH, 9);
	for (i = 0; i < MANY; i++) {
		pids[i] = spawn(look_at_much, NULL);
		await_child(pids[i]);
	}
	ready();
	for (i = 0; i < MANY; i++)
		join(pids[i]);
}

/* In the image once, in memory once */
TEST(saved_once_and_there_once)
{
	long before, after;
	struct subject s;

	before = kib_of("Shmem:");
	ASSERT_EQ(0, subject_start(&s, much_in_common));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_LT(s.cargs.image_bytes, MUCH + (MUCH >> 1));
	/* The image is in a file of a tmpfs here, and is left. */
	ASSERT_TRUE(wait_until(kib_of("Shmem:") < before + (long)(MUCH >> 10) * 3 / 2));
	before = kib_of("Shmem:");
	ASSERT_EQ(0, subject_restart(&s, 0));
	after = kib_of("Shmem:");
	EXPECT_LT(after - before, (long)(MUCH >> 10) + 1024);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- what changes while the image is written --------------------------------------------------------- */

static void changes_it(void)
{
	uint64_t *p = (uint64_t *)map_shared(LEN);
	size_t i;

	for (i = 0; i < LEN / 8; i += 64)
		p[i] = 1;
	ready();
	for (i = 0; i < LEN / 8; i += 64)
		check_equal(p[i], 1);
	for (i = 0; i < LEN / 8; i += 64)
		p[i] = 2;
	write_file("changed", "", 0);
}

/* It ran on while nobody read its image, which has what was there when it was frozen. */
TEST(copied_while_frozen)
{
	struct subject s;
	int reader, image;
	char buf[65536];
	ssize_t n;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, changes_it));
	pid = save_to_pipe(&s, 0, &reader);
	subject_go(&s, 1);
	EXPECT_TRUE(wait_until(!access(test_file("changed"), F_OK)));
	image = open(s.image, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	while ((n = read(reader, buf, sizeof(buf))) > 0)
		ASSERT_EQ(n, write(image, buf, n));
	close(image);
	close(reader);
	EXPECT_EQ(0, answer_of(pid));
	EXPECT_EQ(0, subject_wait(&s));
	unlink(test_file("changed"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, access(test_file("changed"), F_OK));
}

/* With no budget for a copy it stands until what is in common is written, and runs then. */
TEST(written_while_frozen)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, changes_it));
	s.cargs.memory_budget = 1;
	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- whose it is ------------------------------------------------------------------------------------------ */

static void has_a_memfd(void)
{
	int fd = memfd_create("ours", 0);

	check(dup2(fd, 9) == 9 && !close(fd));
	ready();
}

static void has_an_area(void)
{
	common = map_shared(PAGE);
	check(snprintf(common, PAGE, "%p", common) > 0);
	write_file("where", &common, sizeof(common));
	ready();
}

/* A path below the subject's /proc directory, opened by the test */
static int open_of(const struct subject *s, const char *fmt, unsigned long a, unsigned long b)
{
	char path[96];
	int len = snprintf(path, sizeof(path), "/proc/%d/", s->pid);

	snprintf(path + len, sizeof(path) - len, fmt, a, b);
	return open(path, O_RDWR);
}

TEST(open_outside)
{
	struct subject s;
	char words[96];
	int mine;

	ASSERT_EQ(0, subject_start(&s, has_a_memfd));
	mine = open_of(&s, "fd/%lu", 9, 0);
	ASSERT_LE(0, mine);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "is open or mapped in %s outside the tree too",
		 process_shown(getpid()));
	EXPECT_TRUE(subject_told(&s, words));
	EXPECT_TRUE(subject_told(&s, "/memfd:ours"));
	close(mine);
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* The descriptor is closed, the area is there. */
TEST(mapped_outside)
{
	struct subject s;
	char words[96];
	char *at, *p;
	int mine;

	ASSERT_EQ(0, subject_start(&s, has_an_area));
	ASSERT_EQ(sizeof(at), read_file(test_file("where"), words, sizeof(words)));
	memcpy(&at, words, sizeof(at));
	mine = open_of(&s, "map_files/%lx-%lx", (unsigned long)at, (unsigned long)at + PAGE);
	ASSERT_LE(0, mine);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, mine, 0);
	ASSERT_NE(MAP_FAILED, p);
	close(mine);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "is open or mapped in %s outside the tree too",
		 process_shown(getpid()));
	EXPECT_TRUE(subject_told(&s, words));
	munmap(p, PAGE);
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
