// SPDX-License-Identifier: GPL-2.0-only
/*
 * watchdog_test.c - a call that does not get on lets the program go, whatever it waits
 * for: a dead server behind an idle descriptor, a reader that takes nothing.
 */
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "checkpoint_test.h"
#include "for_ever.h"
#include "fuse_server.h"

/* What the program shows of itself, and the caller of its call, in memory of the test */
static struct shared {
	volatile long answer;
	struct checkpoint_args args;
	struct checkpoint_error error;
} *shared;

static uint32_t patience_ms;	/* 0: as long as a call may take without progress by itself */

/* Save it in a child, to @fd, with what it answers in @shared. */
static pid_t save_and_report(struct subject *s, int fd, unsigned long flags)
{
	pid_t pid;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	check(shared != MAP_FAILED);
	shared->args.errors = (uintptr_t)&shared->error;
	shared->args.nr_errors = 1;
	shared->args.timeout_ms = patience_ms;
	pid = fork();
	if (pid)
		return pid;
	shared->answer = sys_checkpoint(s->pid, fd, flags | CHECKPOINT_ARGS, &shared->args,
					sizeof(shared->args));
	_exit(0);
}

static bool has_returned(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

/*
 * The program stands, and goes on by itself within a second or so; the limit allows for a
 * slow machine.
 */
static void goes_on_by_itself(struct __test_metadata *_metadata)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC), ms, ticks;
	bool stood = false;

	do {
		ticks = ticks_now();
		sleep_ms(100);
		stood |= ticks_now() == ticks;
		ms = (now_ns(CLOCK_MONOTONIC) - start) / 1000000;
	} while ((!stood || ticks_now() == ticks) && ms < 5000 * time_scale());
	EXPECT_TRUE(stood);
	EXPECT_NE(ticks, ticks_now()) {
		tell("it stands after %llu ms", (unsigned long long)ms);
	}
}

/* -- a server that does not answer -------------------------------------------------------- */

static void idle_descriptor(void)
{
	check_equal(open(PLACE "/file", O_RDWR), 3);
	ticks_in_a_file();
}

static void dead_server(struct __test_metadata *_metadata, unsigned long flags)
{
	struct subject s;
	pid_t server, pid;

	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, idle_descriptor));
	ASSERT_EQ(0, kill(server, SIGSTOP));
	pid = save_and_report(&s, open(s.image, O_RDWR | O_CREAT | O_CLOEXEC, 0600), flags);
	goes_on_by_itself(_metadata);
	EXPECT_FALSE(has_returned(pid));

	/* Who saves waits on, and then says for whom it did. */
	kill(server, SIGCONT);
	EXPECT_TRUE(wait_until(has_returned(pid)));
	EXPECT_EQ(-ETIMEDOUT, shared->answer);
	EXPECT_NE(NULL, strstr(shared->error.message, "fd 3: " PLACE "/file did not answer")) {
		tell("%s", shared->error.message);
	}
	EXPECT_EQ(s.pid, shared->error.pid);

	ASSERT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

TEST(dead_server_behind_an_idle_descriptor)
{
	dead_server(_metadata, 0);
}

TEST(dead_server_and_the_program_is_to_end)
{
	dead_server(_metadata, CHECKPOINT_KILL);
}

TEST(dead_server_and_only_a_check)
{
	dead_server(_metadata, CHECKPOINT_CHECK);
}

static void in_another_namespace(void *arg)
{
	(void)arg;
	check(!unshare(CLONE_NEWUTS));
	child_ready();
}

static void idle_descriptor_and_an_obstacle(void)
{
	pid_t pid;

	check_equal(open(PLACE "/file", O_RDWR), 3);
	pid = spawn(in_another_namespace, NULL);
	await_child(pid);
	ready();
	join(pid);
}

/* What does not wait is looked at first, of all processes: nobody is asked for nothing. */
TEST(dead_server_and_another_obstacle)
{
	struct subject s;
	uint64_t start;
	pid_t server;

	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, idle_descriptor_and_an_obstacle));
	ASSERT_EQ(0, kill(server, SIGSTOP));
	start = now_ns(CLOCK_MONOTONIC);
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, 0));
	EXPECT_GT(1000 * time_scale(), (now_ns(CLOCK_MONOTONIC) - start) / 1000000);
	EXPECT_TRUE(subject_told(&s, "is in another uts namespace"));
	EXPECT_FALSE(subject_told(&s, "did not answer"));
	kill(server, SIGCONT);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

/* When it has stood, it does as it likes with what the caller was looking at. */
static void closes_and_moves(void)
{
	uint64_t before = now_ns(CLOCK_MONOTONIC), now;

	check_equal(open(PLACE "/file", O_RDWR), 3);
	check(!chdir(PLACE));
	write_file("ready1", "", 0);
	while (access(test_file("go1"), F_OK)) {
		sleep_ms(1);
		now = now_ns(CLOCK_MONOTONIC);
		if (now - before > 700000000) {
			check(!chdir("/tmp"));
			close(3);
		}
		before = now;
	}
}

TEST(program_goes_on_while_it_is_looked_at)
{
	struct subject s;
	pid_t server, pid;

	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, closes_and_moves));
	ASSERT_EQ(0, kill(server, SIGSTOP));
	pid = save_and_report(&s, open(s.image, O_RDWR | O_CREAT | O_CLOEXEC, 0600), 0);
	sleep_ms(1500 * time_scale());
	subject_go(&s, 1);
	/* Its close() waits for the server too. */
	kill(s.pid, SIGKILL);
	kill(server, SIGCONT);
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(wait_until(has_returned(pid)));
	EXPECT_GT(0, shared->answer);
	end(server);
}

/* -- a reader that takes nothing ------------------------------------------------------------ */

static void big_and_counting(void)
{
	big_memory(16 << 20);
	ticks_in_a_file();
}

static void drain(int fd)
{
	char buf[65536];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void stalled(struct __test_metadata *_metadata, unsigned long flags)
{
	struct subject s;
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, subject_start(&s, big_and_counting));
	pid = save_and_report(&s, fds[1], flags);
	close(fds[1]);
	goes_on_by_itself(_metadata);
	EXPECT_FALSE(has_returned(pid));
	drain(fds[0]);
	close(fds[0]);
	EXPECT_TRUE(wait_until(has_returned(pid)));
	EXPECT_EQ(-ETIMEDOUT, shared->answer);
	EXPECT_NE(NULL, strstr(shared->error.message, "writing of the image made no progress")) {
		tell("%s", shared->error.message);
	}
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(reader_that_takes_nothing_of_an_end)
{
	stalled(_metadata, CHECKPOINT_KILL);
}

TEST(reader_that_takes_nothing_of_a_hold)
{
	stalled(_metadata, CHECKPOINT_FROZEN);
}

static void small_and_counting(void)
{
	big_memory(1 << 20);
	ticks_in_a_file();
}

/* -- a disk that does not answer ------------------------------------------------------------ */

static void unsynced(struct __test_metadata *_metadata, unsigned long flags)
{
	struct subject s;
	pid_t server, pid;

	stops_at_fsync = true;
	patience_ms = 200 * time_scale();	/* of which a disk has ten times as much */
	server = begin_outside();
	ASSERT_LT(0, server);
	ASSERT_EQ(0, subject_start(&s, small_and_counting));
	pid = save_and_report(&s, open(PLACE "/file", O_RDWR | O_CLOEXEC), flags);
	goes_on_by_itself(_metadata);
	EXPECT_FALSE(has_returned(pid));
	kill(server, SIGCONT);
	EXPECT_TRUE(wait_until(has_returned(pid)));
	EXPECT_EQ(-ETIMEDOUT, shared->answer);
	EXPECT_NE(NULL, strstr(shared->error.message, "stable storage made no progress")) {
		tell("%s", shared->error.message);
	}
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	end(server);
}

TEST(disk_that_does_not_sync_and_the_program_is_to_end)
{
	unsynced(_metadata, CHECKPOINT_KILL);
}

TEST(disk_that_does_not_sync_of_a_hold)
{
	unsynced(_metadata, CHECKPOINT_FROZEN);
}

/* -- a reader that takes its time ------------------------------------------------------------- */

/* Slow is not dead: the whole takes longer than it may stand still. */
TEST(reader_that_takes_its_time)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	char buf[65536];
	struct subject s;
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, subject_start(&s, small_and_counting));
	pid = save_and_report(&s, fds[1], CHECKPOINT_KILL);
	close(fds[1]);
	while (read(fds[0], buf, sizeof(buf)) > 0)
		sleep_ms(100);
	close(fds[0]);
	EXPECT_TRUE(wait_until(has_returned(pid)));
	EXPECT_LT(0, shared->answer) {
		tell("%ld: %s", shared->answer, shared->error.message);
	}
	EXPECT_LT(1300, (now_ns(CLOCK_MONOTONIC) - start) / 1000000);
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status));
}

/* -- a lock that somebody outside holds ------------------------------------------------------ */

static void reads_for_ever(int fd) { (void)!read(fd, page_for_ever(), 4096); }
static void writes_for_ever(int fd) { (void)!write(fd, page_for_ever(), 4096); }
static void waits_for_ever(int fd) { epoll_wait(fd, page_for_ever(), 1, 0); }

/* Somebody who has got descriptor 3 of the program, and does not get on with it */
static pid_t outsider(pid_t of, void (*use)(int fd))
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	fd = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, of, 0), 3, 0);
	if (fd >= 0)
		use(fd);
	_exit(1);
}

static void has_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fds[2];

	check_equal(epoll_create1(0), 3);
	check(!pipe(fds) && write(fds[1], "x", 1) == 1);
	check(!epoll_ctl(3, EPOLL_CTL_ADD, fds[0], &event));
	ticks_in_a_file();
}

static void has_proc_file(void)
{
	check_equal(open("/proc/self/mounts", O_RDONLY), 3);
	ticks_in_a_file();
}

static void has_pipe(void)
{
	int fds[2];

	check(!pipe(fds) && dup(fds[0]) == 5 && dup2(fds[1], 3) == 3);
	ticks_in_a_file();
}

/* The program goes on, and who saves it can be killed or hears of it. */
static void locked(struct __test_metadata *_metadata, void (*run)(void), void (*use)(int fd),
		   long nr, const char *words)
{
	struct subject s;
	pid_t pid, other;
	uint64_t ticks;

	ASSERT_EQ(0, subject_start(&s, run));
	other = outsider(s.pid, use);
	ASSERT_TRUE(wait_until(is_blocked_in(other, other, nr)));
	pid = save_and_report(&s, open(s.image, O_RDWR | O_CREAT | O_CLOEXEC, 0600),
			      CHECKPOINT_KILL);
	sleep_ms(1500 * time_scale());
	ticks = ticks_now();
	EXPECT_TRUE(wait_until(ticks_now() != ticks));
	ASSERT_EQ(0, kill(other, SIGKILL));
	EXPECT_EQ(other, waitpid(other, NULL, 0));
	EXPECT_TRUE(wait_until(has_returned(pid)));
	EXPECT_GT(0, shared->answer);
	EXPECT_NE(NULL, strstr(shared->error.message, words)) {
		tell("%ld: %s", shared->answer, shared->error.message);
	}
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(epoll_instance_that_somebody_waits_for)
{
	locked(_metadata, has_epoll, waits_for_ever, SYS_epoll_wait, "is open in process");
}

TEST(file_of_proc_that_somebody_reads)
{
	locked(_metadata, has_proc_file, reads_for_ever, SYS_read, "does not get on");
}

TEST(pipe_that_somebody_writes_to)
{
	locked(_metadata, has_pipe, writes_for_ever, SYS_write, "outside");
}

TEST_HARNESS_MAIN
