// SPDX-License-Identifier: GPL-2.0-only
/*
 * outside_image_test.c - where an image may not go: to a reader or server in the tree
 * itself (-EDEADLK, before anything stalls), or where a tree that goes on would
 * write too.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "checkpoint_test.h"
#include "std.h"

/* Descriptors for the subject, and the image's for the test */
static int given = -1, image = -1;

/* Keep descriptor @given as 3 and nothing else. */
static void keep_given(void)
{
	dup2(given, 90);
	std_to_null();
	close_range(3, 89, 0);
	if (given >= 0)
		dup2(90, 3);
	close_range(given >= 0 ? 4 : 3, ~0U, 0);
}

static void waits(void)
{
	ready();
}

static long save_to_image(struct subject *s, unsigned long flags)
{
	struct checkpoint_args *args = &s->cargs;

	memset(args, 0, sizeof(*args));
	memset(s->errors, 0, sizeof(s->errors));
	args->errors = (uintptr_t)s->errors;
	args->nr_errors = NR_ERRORS;
	return sys_checkpoint(s->pid, image, flags | CHECKPOINT_ARGS, args, sizeof(*args));
}

/*
 * The answer comes before anything stalls, whatever becomes of the tree.  @deep: it is
 * a process below the root that is told.
 */
static void deadlock(struct __test_metadata *_metadata, void (*run)(void), bool deep,
		     const char *words)
{
	static const unsigned long flags[] = { 0, CHECKPOINT_KILL, CHECKPOINT_FROZEN };
	struct subject s;
	int i;

	ASSERT_LE(0, image);
	ASSERT_EQ(0, subject_start_inside(&s, keep_given, run));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EDEADLK, save_to_image(&s, flags[i]));
		EXPECT_TRUE(subject_told(&s, words)) {
			tell("%s", s.errors[0].message);
		}
		EXPECT_EQ(deep, s.errors[0].pid != s.pid);
	}
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- pipes --------------------------------------------------------------------------------- */

#define READS_PIPE	"fd 3: the program itself reads the pipe that the image goes to; write it elsewhere"

static void given_pipe(void)
{
	int fds[2] = { -1, -1 };

	if (!pipe(fds)) {
		given = fds[0];
		image = fds[1];
	}
}

TEST(reading_end_in_the_root)
{
	given_pipe();
	deadlock(_metadata, waits, false, READS_PIPE);
}

static void child_waits(void *arg)
{
	(void)arg;
	child_ready();
}

static void grandchild(void *arg)
{
	pid_t pid = spawn(child_waits, arg);

	close(3);
	await_child(pid);
	child_ready();
	join(pid);
}

/* Only the last of three has it, as an heir. */
static void descendant_reads(void)
{
	pid_t pid = spawn(grandchild, NULL);

	close(3);
	await_child(pid);
	ready();
	join(pid);
}

TEST(reading_end_in_a_descendant)
{
	given_pipe();
	deadlock(_metadata, descendant_reads, true, READS_PIPE);
}

static int table_thread(void *arg)
{
	(void)arg;
	check(!unshare(CLONE_FILES));
	close(3);
	check(open("/dev/null", O_RDONLY) == 3);
	write_file("up", "", 0);
	while (access(test_file("go1"), F_OK))
		sleep_ms(1);
	syscall(SYS_exit, 0);
	return 0;
}

/* A thread's own table without it does not hide it. */
static void thread_without(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	check(clone(table_thread, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES |
		    CLONE_SIGHAND | CLONE_THREAD, NULL) > 0);
	check(wait_until(!access(test_file("up"), F_OK)));
	ready();
}

TEST(reading_end_beside_a_thread_without)
{
	given_pipe();
	deadlock(_metadata, thread_without, false, READS_PIPE);
}

static void opens_fifo(void)
{
	check_equal(open("/tmp/image-fifo", O_RDONLY | O_NONBLOCK), 3);
	ready();
}

TEST(named_pipe_read_by_the_tree)
{
	given = -1;
	unlink("/tmp/image-fifo");
	ASSERT_EQ(0, mkfifo("/tmp/image-fifo", 0600));
	image = open("/tmp/image-fifo", O_RDWR | O_CLOEXEC);
	deadlock(_metadata, opens_fifo, false, READS_PIPE);
	unlink("/tmp/image-fifo");
}

/* It saves itself into a pipe that it alone would read. */
static void saves_itself(void)
{
	int fd;

	check(!mkfifo("fifo", 0600));
	fd = open("fifo", O_RDWR);
	check_equal(sys_checkpoint(0, fd, 0, NULL, 0), -EDEADLK);
	ready();
}

TEST(own_pipe_of_the_caller)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, saves_itself));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- a writing end in the tree ------------------------------------------------------------- */

static void given_as_output(void)
{
	keep_given();
	dup2(3, 1);
	close(3);
}

static void writes(void)
{
	ready();
	check(write(1, "out", 3) == 3);
}

/* Takes the image from the pipe to a file. */
static pid_t drain(int from, const char *path)
{
	static char buf[1 << 16];
	pid_t pid = fork();
	ssize_t n;
	int fd;

	if (pid)
		return pid;
	close(image);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(fd, buf, n) != n)
			_exit(1);
	_exit(0);
}

TEST(writing_end_in_the_tree)
{
	int fds[2], saved[3], null, status;
	struct subject s;
	pid_t reader;

	ASSERT_EQ(0, pipe(fds));
	given = fds[1];
	image = fds[1];
	ASSERT_EQ(0, subject_start_inside(&s, given_as_output, writes));
	/* A tree that goes on would write into its image. */
	EXPECT_EQ(-EBUSY, save_to_image(&s, 0));
	EXPECT_TRUE(subject_told(&s, "fd 1: the program would write into its own image"));
	/* One that ends with it does not. */
	reader = drain(fds[0], s.image);
	EXPECT_LT(0, save_to_image(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "fd 1 (pipe pipe:["));
	EXPECT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	close(fds[1]);
	EXPECT_EQ(reader, waitpid(reader, &status, 0));
	EXPECT_EQ(0, status);

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	move_std(null, null, saved);
	subject_restart(&s, 0);
	put_std_back(saved);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void has_image_open(void)
{
	check_equal(open("image", O_RDWR | O_CREAT, 0600), 3);
	ready();
}

TEST(image_is_open_in_the_tree)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, has_image_open));
	EXPECT_EQ(-EDEADLK, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "/image is the image itself"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- sockets ---------------------------------------------------------------------------------- */

#define READS_SOCKET	"fd 3: the program itself reads the socket that the image goes to; write it elsewhere"

static void unix_pair(struct __test_metadata *_metadata, int type)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, type, 0, pair));
	given = pair[0];
	image = pair[1];
	deadlock(_metadata, waits, false, READS_SOCKET);
}

TEST(unix_stream) { unix_pair(_metadata, SOCK_STREAM); }
TEST(unix_datagrams) { unix_pair(_metadata, SOCK_DGRAM); }
TEST(unix_packets) { unix_pair(_metadata, SOCK_SEQPACKET); }

/* The connection waits to be accepted by the tree. */
TEST(unix_connection_not_accepted)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "\0image-listener" };

	given = socket(AF_UNIX, SOCK_STREAM, 0);
	image = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, bind(given, (void *)&addr, sizeof(addr)));
	ASSERT_EQ(0, listen(given, 4));
	ASSERT_EQ(0, connect(image, (void *)&addr, sizeof(addr)));
	deadlock(_metadata, waits, false, READS_SOCKET);
}

static void inet_pair(struct __test_metadata *_metadata, struct sockaddr *addr, socklen_t len)
{
	int listener = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 && errno == EAFNOSUPPORT)
		SKIP(return, "this kernel has no IPv6");
	ASSERT_EQ(0, bind(listener, addr, len));
	ASSERT_EQ(0, listen(listener, 4));
	ASSERT_EQ(0, getsockname(listener, addr, &len));
	image = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_EQ(0, connect(image, addr, len));
	given = accept(listener, NULL, NULL);
	deadlock(_metadata, waits, false, READS_SOCKET);
}

TEST(tcp_with_itself)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	inet_pair(_metadata, (void *)&addr, sizeof(addr));
}

TEST(tcp6_with_itself)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	inet_pair(_metadata, (void *)&addr, sizeof(addr));
}

/* -- terminals ---------------------------------------------------------------------------------- */

TEST(terminal_run_by_the_tree)
{
	char name[32];

	given = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	ASSERT_LE(0, given);
	ASSERT_EQ(0, grantpt(given) | unlockpt(given));
	ASSERT_EQ(0, ptsname_r(given, name, sizeof(name)));
	image = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	deadlock(_metadata, waits, false, "fd 3: the program itself runs the terminal that the image goes to");
}

TEST_HARNESS_MAIN
