// SPDX-License-Identifier: GPL-2.0-only
/*
 * metadata_memory_test.c - who saves or restarts pays for the records, as long as they are in
 * memory: a program of 10,000 descriptors, and images too large for a control group.
 */
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "checkpoint_test.h"
#include "memory_group.h"

#define MANY	10000
#define FEW	10

/*
 * What is charged for a byte of records, at least: the record itself and what the call keeps for
 * each of these objects beside it.  Without the records it is less than five at a checkpoint,
 * and a little more than one at a restart.
 */
#define BY_SAVE		5
#define BY_RESTART	3

#define SLACK	(1UL << 20)	/* what each processor keeps for the next charges, and a fork */

static int nr_descriptors;

static void descriptors(void)
{
	struct rlimit limit = { MANY + 100, MANY + 100 };
	uint64_t value;
	int i, fd = -1;

	check(!setrlimit(RLIMIT_NOFILE, &limit));
	/* More than a pipe takes, so that who saves it is stuck */
	big_memory(1 << 20);
	for (i = 1; i <= nr_descriptors; i++) {
		fd = eventfd(i, EFD_NONBLOCK);
		check(fd >= 0);
	}
	ready();
	check(read(fd, &value, sizeof(value)) == sizeof(value));
	check_equal(value, nr_descriptors);
}

static void leave_group(void)
{
	write_file(GROUPS "/cgroup.procs", "0", 1);
	group_remove();
}

/* What the group has more of while @nr descriptors are in memory, and that it goes again */
struct measured {
	unsigned long before, held, after;
};

static unsigned long grown(struct __test_metadata *_metadata, const struct measured *m)
{
	tell("%lu, %lu and %lu KiB", m->before >> 10, m->held >> 10, m->after >> 10);
	EXPECT_LT(m->before, m->held);
	EXPECT_GT(m->before + SLACK, m->after);
	return m->held - m->before;
}

/* -- checkpoint() --------------------------------------------------------------------------- */

static unsigned long grown_by_save(struct __test_metadata *_metadata, int nr,
				   unsigned long *bytes)
{
	struct measured m;
	struct saver saver;
	struct subject s;

	nr_descriptors = nr;
	ASSERT_EQ(0, subject_start(&s, descriptors)) {
		return 0;
	}
	EXPECT_LT(0, subject_save(&s, 0));
	*bytes = s.cargs.image_bytes;
	group_make();
	m.before = group_read("memory.current");
	ASSERT_TRUE(start_saver(&saver, &s, 0, false)) {
		return 0;
	}
	m.held = group_read("memory.current");
	EXPECT_EQ(0, finish_saver(&saver));
	m.after = group_read("memory.current");
	leave_group();
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	return grown(_metadata, &m);
}

TEST(checkpoint_pays_for_records)
{
	unsigned long few_bytes, many_bytes, few, many;

	few = grown_by_save(_metadata, FEW, &few_bytes);
	many = grown_by_save(_metadata, MANY, &many_bytes);
	EXPECT_LT(few + BY_SAVE * (many_bytes - few_bytes), many);
	tell("%lu KiB for %lu KiB of records", (many - few) >> 10, (many_bytes - few_bytes) >> 10);
}

/* -- restart() ------------------------------------------------------------------------------ */

/* It gets all records but the last, and waits for it. */
static pid_t restart_with_records(const struct image *image, size_t bytes, int *writer)
{
	int fds[2], left = 1;
	pid_t pid;

	check(!pipe2(fds, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		close(fds[1]);
		_exit(-sys_restart(0, fds[0], 0, NULL, 0));
	}
	check(write(fds[1], image->data, bytes) == (ssize_t)bytes);
	check(wait_until(!ioctl(fds[0], FIONREAD, &left) && !left));
	check(wait_until(is_blocked_in(pid, pid, CKPT_NR_restart)));
	close(fds[0]);
	*writer = fds[1];
	return pid;
}

/* Up to the record that ends them */
static size_t metadata_bytes(const struct image *image)
{
	return (uint8_t *)image_find(image, CKPT_REC_METADATA_END) - image->data;
}

static unsigned long grown_by_restart(struct __test_metadata *_metadata, int nr, size_t *bytes)
{
	struct image image;
	struct measured m;
	struct subject s;
	int writer;
	pid_t pid;

	nr_descriptors = nr;
	ASSERT_EQ(0, subject_start(&s, descriptors)) {
		return 0;
	}
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&image, s.image)) {
		return 0;
	}
	*bytes = metadata_bytes(&image);
	group_make();
	m.before = group_read("memory.current");
	pid = restart_with_records(&image, *bytes, &writer);
	m.held = group_read("memory.current");
	close(writer);
	EXPECT_NE(0, answer_of(pid));
	m.after = group_read("memory.current");
	leave_group();
	image_free(&image);
	return grown(_metadata, &m);
}

TEST(restart_pays_for_records)
{
	size_t few_bytes, many_bytes;
	unsigned long few, many;

	few = grown_by_restart(_metadata, FEW, &few_bytes);
	many = grown_by_restart(_metadata, MANY, &many_bytes);
	EXPECT_LT(few + BY_RESTART * (many_bytes - few_bytes), many);
	tell("%lu KiB for %zu KiB of records", (many - few) >> 10, (many_bytes - few_bytes) >> 10);
}

/* -- a group that is too small ---------------------------------------------------------------- */

#define BYSTANDER	(16UL << 20)

/* The largest process of the group, and it has nothing to do with the image */
static void bystander(void *arg)
{
	big_memory(BYSTANDER);
	child_ready();
	pause();
}

/* Return: errno of a restart that may have @room bytes, 1000 + the signal that ended it */
static int restart_in(struct __test_metadata *_metadata, struct subject *s, unsigned long room)
{
	pid_t innocent, pid;
	int answer;

	group_make();
	innocent = spawn(bystander, NULL);
	await_child(innocent);
	EXPECT_TRUE(group_write("memory.max", group_read("memory.current") + room));
	pid = fork();
	if (!pid)
		_exit(-subject_restart(s, 0));
	answer = answer_of(pid);
	EXPECT_EQ(0, waitpid(innocent, NULL, WNOHANG));
	kill(innocent, SIGKILL);
	EXPECT_EQ(innocent, waitpid(innocent, NULL, 0));
	reap_all();
	leave_group();
	return answer;
}

static void too_large(struct __test_metadata *_metadata, void (*run)(void), unsigned long room)
{
	struct subject s;
	int answer;

	ASSERT_EQ(0, subject_start(&s, run));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	answer = restart_in(_metadata, &s, room);
	/* The restarter is told, or is the one whom the OOM killer chooses. */
	EXPECT_TRUE(answer == ENOMEM || answer == 1000 + SIGKILL) {
		tell("answer %d", answer);
	}
	EXPECT_EQ(-1, kill(s.pid, 0));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(many_records_in_a_small_group)
{
	nr_descriptors = MANY;
	too_large(_metadata, descriptors, 2UL << 20);
}

#define NR_PIPES	16
#define PIPE_BYTES	(1 << 20)

static void full_pipes(void)
{
	static char buf[PIPE_BYTES];
	int i, fds[2];

	for (i = 0; i < NR_PIPES; i++) {
		check(!pipe(fds) && fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES) > 0);
		check(write(fds[1], buf, PIPE_BYTES) == PIPE_BYTES);
	}
	ready();
	check(read(fds[0], buf, PIPE_BYTES) == PIPE_BYTES);
}

TEST(large_records_in_a_small_group)
{
	too_large(_metadata, full_pipes, 8UL << 20);
}

TEST_HARNESS_MAIN
