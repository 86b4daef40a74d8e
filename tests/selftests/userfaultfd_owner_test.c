// SPDX-License-Identifier: GPL-2.0-only
/*
 * userfaultfd_owner_test.c - whose memory a userfaultfd watches, who has it and answers, what comes
 * of a fork; what is refused.
 */
#include <sched.h>
#include <sys/uio.h>

#include "checkpoint_test.h"
#include "userfaultfd.h"

/* -- whose it is --------------------------------------------------------------------------- */

/* Another process has the descriptor, and what it is asked for */
static void handles_for_parent(void *arg)
{
	volatile int left = 2;

	check(!fcntl(uffd, F_SETFL, 0));
	handles((void *)&left);
}

static void handler_process(void)
{
	pid_t pid;

	make(0, MISSING);
	pid = spawn(handles_for_parent, NULL);
	check(pattern_is(page(0), UFFD_PAGE, 3));
	close(uffd);
	ready();
	check(pattern_is(page(0), UFFD_PAGE, 3));
	check(pattern_is(page(1), UFFD_PAGE, 3));
	join(pid);
}
TEST_STORIES(handler_process)

static int makes_and_exits(void *arg)
{
	make(0, MISSING);
	return 0;
}

/* A process that has the same descriptors has made it, and is gone. */
static void memory_is_gone(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(makes_and_exits, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);

	join(pid);
	for (uffd = 3; fcntl(uffd, F_GETFD) < 0; uffd++)
		check(uffd < 100);
	watched = new_memory(UFFD_PAGE);
	check_equal(put_zero(0), ESRCH);
	ready();
	check_equal(put_zero(0), ESRCH);
	check(register_pages(uffd, watched, UFFD_PAGE, MISSING) == -1 && errno == ENOMEM);
	expect_nothing();
}
TEST_STORIES(memory_is_gone)

static void *forks(void *arg)
{
	pid_t pid = fork();

	if (!pid) {
		check(wait_until(!access(test_file("touch"), F_OK)));
		check(pattern_is(page(0), UFFD_PAGE, 5));
		check(pattern_is(page(1), UFFD_PAGE, 6));
		_exit(0);
	}
	join(pid);
	return arg;
}

static int uffd_of_fork(void)
{
	struct uffd_msg msg;

	check(next_message_of(uffd, &msg));
	check_equal(msg.event, UFFD_EVENT_FORK);
	return msg.arg.fork.ufd;
}

/* A child's memory is watched with a descriptor of its own. */
static void of_a_fork(void)
{
	struct uffd_msg msg;
	pthread_t thread;
	int of_child;

	unlink(test_file("touch"));
	make(UFFD_FEATURE_EVENT_FORK, MISSING);
	check_equal(put_copy(0, 5), 0);
	thread = start_thread(forks, NULL);
	of_child = uffd_of_fork();
	ready();
	expect_nothing();
	write_file("touch", "", 0);
	check(next_message_of(of_child, &msg));
	check_equal(msg.arg.pagefault.address, (uintptr_t)page(1));
	check_equal(put_copy_by(of_child, page(1), 6), 0);
	pthread_join(thread, NULL);
	/* It is told of forks once more. */
	thread = start_thread(forks, NULL);
	of_child = uffd_of_fork();
	check_equal(put_copy_by(of_child, page(1), 6), 0);
	pthread_join(thread, NULL);
}
TEST_STORIES(of_a_fork)

/* -- refused --------------------------------------------------------------------------------- */

static void *reads_into_page(void *arg)
{
	int fds[2];

	check(!pipe(fds) && write(fds[1], "x", 1) == 1);
	check(read(fds[0], page(1), 1) == 1);
	return arg;
}

/* Who waits for a page in the kernel does not stop before it is there. */
static void fault_of_the_kernel(void)
{
	pthread_t thread;

	make(0, MISSING);
	thread = start_thread(reads_into_page, NULL);
	check(wait_until(faults("pending:") == 1));
	ready();
	expect_fault(1, UFFD_PAGEFAULT_FLAG_WRITE);
	check_equal(put_zero(1), 0);
	pthread_join(thread, NULL);
	check_equal(page(1)[0], 'x');
}
TEST_REFUSED(fault_of_the_kernel, ETIMEDOUT, "did not stop in time")

static void event_is_pending(void)
{
	struct uffd_msg msg;
	pthread_t thread;

	make(UFFD_FEATURE_EVENT_UNMAP, MISSING);
	thread = start_thread(unmaps, NULL);
	check(poll(&(struct pollfd) { .fd = uffd, .events = POLLIN }, 1, PATIENCE * 1000) == 1);
	ready();
	check(next_message_of(uffd, &msg));
	check_equal(msg.event, UFFD_EVENT_UNMAP);
	pthread_join(thread, NULL);
}
TEST_REFUSED(event_is_pending, ETIMEDOUT, "did not stop in time")

static void locked(void)
{
	int i;

	make(0, MISSING);
	for (i = 0; i < UFFD_PAGES; i++)
		check_equal(put_zero(i), 0);
	check(!mlock(watched, UFFD_PAGE * UFFD_PAGES));
	ready();
}
TEST_REFUSED(locked, EOPNOTSUPP, "watched with a userfaultfd, is locked in memory")

static void poisoned(void)
{
	struct uffdio_poison p;

	make(UFFD_FEATURE_POISON, MISSING);
	p = (struct uffdio_poison) { .range = { (uintptr_t)page(3), UFFD_PAGE } };
	check(!ioctl(uffd, UFFDIO_POISON, &p));
	ready();
}
TEST_REFUSED(poisoned, EOPNOTSUPP, "UFFDIO_POISON")

static void shown_around(void)
{
	make(0, MISSING);
	check_equal(uffd, 3);
	ready();
	close(uffd);
	ready();
	close(open("/dev/null", O_RDONLY));
}

TEST(open_outside_too)
{
	struct subject s;
	char words[96];
	int fd;

	ASSERT_EQ(0, subject_start(&s, shown_around));
	fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, s.pid, 0), 3, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "a userfaultfd is open in %s outside", process_shown(getpid()));
	EXPECT_TRUE(subject_told(&s, words));
	/* Nobody in the tree has it any more. */
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_await(&s, 2));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "a userfaultfd that is open outside the tree alone, in %s;",
		 process_shown(getpid()));
	EXPECT_TRUE(subject_told(&s, words));
	close(fd);
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 2);
	EXPECT_EQ(0, subject_wait(&s));
}

static void has_anothers(void)
{
	ready();
}

TEST(memory_outside)
{
	struct subject s;
	char words[96];

	uffd = new_uffd(0, 0);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, has_anothers));
	close(uffd);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "a userfaultfd of the memory of %s outside the tree",
		 process_shown(getpid()));
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* The page that says_where() has written down */
static void *first_area(void)
{
	char text[32] = "";

	check(read_file(test_file("where"), text, sizeof(text)) > 0);
	return (void *)strtoul(text, NULL, 16);
}

static void says_where(void)
{
	char text[32];

	make(0, MISSING);
	snprintf(text, sizeof(text), "%lx", (unsigned long)page(3));
	write_file("where", text, strlen(text));
	ready();
	expect_nothing();
	touch_and_resolve(3);
}

/* Somebody outside reads the memory, and waits for a page of it. */
TEST(read_from_outside)
{
	struct subject s;
	pid_t reader;

	ASSERT_EQ(0, subject_start(&s, says_where));
	reader = fork();
	if (!reader) {
		char buf[64];
		struct iovec to = { buf, 1 }, from = { NULL, 1 };

		from.iov_base = first_area();
		process_vm_readv(s.pid, &to, 1, &from, 1, 0);
		_exit(0);
	}
	ASSERT_TRUE(wait_until(is_blocked_in(reader, reader, SYS_process_vm_readv)));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "is waited for by somebody outside the tree"));
	kill(reader, SIGKILL);
	waitpid(reader, NULL, 0);
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
