// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_test.c - what cannot be saved is refused by name, and the program runs on
 * unharmed: descriptors and memory.  Tasks are in refuse_task_test.c.
 */
#include <linux/userfaultfd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <mqueue.h>

#include "checkpoint_test.h"

#define PAGE	4096UL

/* -- descriptors ------------------------------------------------------------------- */

static void event_descriptor(void)
{
	uint64_t n = 3;
	int fd = eventfd(0, 0);

	check(write(fd, &n, 8) == 8);
	ready();
	check(read(fd, &n, 8) == 8 && n == 3);
}
TEST_REFUSED(event_descriptor, EOPNOTSUPP, "fd 3: eventfd")

static void epoll_descriptor(void)
{
	check(epoll_create1(0) >= 0);
	ready();
}
TEST_REFUSED(epoll_descriptor, EOPNOTSUPP, "eventpoll")

static void timer_descriptor(void)
{
	struct itimerspec ts = { .it_value = { 0, 20000000 } };
	uint64_t n;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	check(!timerfd_settime(fd, 0, &ts, NULL));
	ready();
	check(read(fd, &n, 8) == 8 && n == 1);
}
TEST_REFUSED(timer_descriptor, EOPNOTSUPP, "timerfd")

static void signal_descriptor(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	check(signalfd(-1, &set, 0) >= 0);
	ready();
}
TEST_REFUSED(signal_descriptor, EOPNOTSUPP, "signalfd")

static void inotify_descriptor(void)
{
	int fd = inotify_init1(0);

	check(inotify_add_watch(fd, test_dir, IN_CREATE) >= 0);
	ready();
}
TEST_REFUSED(inotify_descriptor, EOPNOTSUPP, "inotify")

static void fanotify_descriptor(void)
{
	check(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY) >= 0);
	ready();
}
TEST_REFUSED(fanotify_descriptor, EOPNOTSUPP, "fanotify")

static void pid_descriptor(void)
{
	check(syscall(SYS_pidfd_open, getpid(), 0) >= 0);
	ready();
}
TEST_REFUSED(pid_descriptor, EOPNOTSUPP, "pidfd")

static void socket_of(int family, int type)
{
	check(socket(family, type, 0) >= 0);
	ready();
}

static void unix_socket(void) { socket_of(AF_UNIX, SOCK_STREAM); }
TEST_REFUSED(unix_socket, EOPNOTSUPP, "unix sockets")

static void tcp_socket(void) { socket_of(AF_INET, SOCK_STREAM); }
TEST_REFUSED(tcp_socket, EOPNOTSUPP, "IPv4 sockets")

static void udp6_socket(void) { socket_of(AF_INET6, SOCK_DGRAM); }
TEST_REFUSED(udp6_socket, EOPNOTSUPP, "IPv6 sockets")

static void netlink_socket(void) { socket_of(AF_NETLINK, SOCK_RAW); }
TEST_REFUSED(netlink_socket, EOPNOTSUPP, "netlink sockets")

static void socket_pair(void)
{
	int pair[2];
	char c;

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	check(write(pair[0], "x", 1) == 1);
	ready();
	check(read(pair[1], &c, 1) == 1 && c == 'x');
}
TEST_REFUSED(socket_pair, EOPNOTSUPP, "unix sockets")

static void socket_pair_on_0_and_1(void)
{
	int pair[2];

	check(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	dup2(pair[0], 0);
	dup2(pair[1], 1);
	close(pair[0]);
	close(pair[1]);
	ready();
}
TEST_REFUSED(socket_pair_on_0_and_1, EOPNOTSUPP, "unix sockets connected inside the tree")

static void named_pipe(void)
{
	check(!mkfifo(test_file("fifo"), 0600));
	check(open(test_file("fifo"), O_RDWR) >= 0);
	ready();
}
TEST_REFUSED(named_pipe, EOPNOTSUPP, "named pipe")

static void pseudo_terminal(void)
{
	check(open("/dev/ptmx", O_RDWR | O_NOCTTY) >= 0);
	ready();
}
TEST_REFUSED(pseudo_terminal, EOPNOTSUPP, "pseudo terminal")

static void character_device(void)
{
	check(open("/dev/rtc0", O_RDONLY) >= 0 || open("/dev/kmsg", O_RDONLY) >= 0);
	ready();
}
TEST_REFUSED(character_device, EOPNOTSUPP, "character device")

static void file_of_proc(void)
{
	check(open("/proc/self/status", O_RDONLY) >= 0);
	ready();
}
TEST_REFUSED(file_of_proc, EOPNOTSUPP, "proc file system")

static void file_of_sysfs(void)
{
	check(open("/sys/kernel/uevent_seqnum", O_RDONLY) >= 0);
	ready();
}
TEST_REFUSED(file_of_sysfs, EOPNOTSUPP, "sysfs file system")

static void namespace_descriptor(void)
{
	check(open("/proc/self/ns/uts", O_RDONLY) >= 0);
	ready();
}
TEST_REFUSED(namespace_descriptor, EOPNOTSUPP, "fd 3")

static void message_queue(void)
{
	char name[32];

	snprintf(name, sizeof(name), "/checkpoint%d", getpid());
	check(mq_open(name, O_CREAT | O_RDWR, 0600, NULL) >= 0);
	mq_unlink(name);
	ready();
}
TEST_REFUSED(message_queue, EOPNOTSUPP, "fd 3")

static void deleted_file(void)
{
	int fd = open(test_file("gone"), O_RDWR | O_CREAT, 0600);
	char c;

	check(write(fd, "x", 1) == 1);
	check(!unlink(test_file("gone")));
	ready();
	check(pread(fd, &c, 1, 0) == 1 && c == 'x');
}
TEST_REFUSED(deleted_file, EOPNOTSUPP, "has been deleted")

static void temporary_file(void)
{
	check(open(test_dir, O_RDWR | O_TMPFILE, 0600) >= 0);
	ready();
}
TEST_REFUSED(temporary_file, EOPNOTSUPP, "fd 3")

static void replaced_file(void)
{
	check(open(test_file("one"), O_RDWR | O_CREAT, 0600) >= 0);
	close(open(test_file("two"), O_RDWR | O_CREAT, 0600));
	check(!rename(test_file("two"), test_file("one")));
	ready();
}
TEST_REFUSED(replaced_file, EOPNOTSUPP, "has been deleted")

static void deleted_directory(void)
{
	check(!mkdir(test_file("gone"), 0700) && !chdir(test_file("gone")));
	check(!rmdir(test_file("gone")));
	ready();
}
TEST_REFUSED(deleted_directory, EOPNOTSUPP, "has been deleted")

static void memory_file(void)
{
	int fd = memfd_create("mine", 0);
	char c;

	check(write(fd, "x", 1) == 1);
	ready();
	check(pread(fd, &c, 1, 0) == 1 && c == 'x');
}
TEST_REFUSED(memory_file, EOPNOTSUPP, "memfd:mine")

static void fault_descriptor(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	check(fd >= 0);
	ready();
}
TEST_REFUSED(fault_descriptor, EOPNOTSUPP, "userfaultfd")

static void io_uring(void)
{
	char params[120] = "";

	check(syscall(SYS_io_uring_setup, 4, params) >= 0);
	ready();
}
TEST_REFUSED(io_uring, EOPNOTSUPP, "io_uring")

static void asynchronous_io(void)
{
	unsigned long context = 0;

	check(!syscall(SYS_io_setup, 4, &context));
	ready();
}
TEST_REFUSED(asynchronous_io, EOPNOTSUPP, "asynchronous I/O")

/* -- memory ------------------------------------------------------------------------------ */

static void shared_anonymous_memory(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	*p = 7;
	ready();
	check(*p == 7);
}
TEST_REFUSED(shared_anonymous_memory, EOPNOTSUPP, "is shared memory")

static void sysv_memory(void)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	char *p = shmat(id, NULL, 0);

	check(p != (void *)-1);
	shmctl(id, IPC_RMID, NULL);
	*p = 7;
	ready();
	check(*p == 7);
}
TEST_REFUSED(sysv_memory, EOPNOTSUPP, "is shared memory")

static void map_and_close(int fd, int flags)
{
	char *p;

	check(!ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	check(p != MAP_FAILED);
	*p = 7;
	close(fd);
	ready();
	check(*p == 7);
}

static void mapped_memory_file(void)
{
	map_and_close(memfd_create("mine", 0), MAP_SHARED);
}
TEST_REFUSED(mapped_memory_file, EOPNOTSUPP, "is shared memory")

static void mapped_deleted_file(void)
{
	int fd = open(test_file("gone"), O_RDWR | O_CREAT, 0600);

	check(!unlink(test_file("gone")));
	map_and_close(fd, MAP_SHARED);
}
TEST_REFUSED(mapped_deleted_file, EOPNOTSUPP, "maps a deleted file")

static void private_map_of_a_deleted_file(void)
{
	int fd = open(test_file("gone"), O_RDWR | O_CREAT, 0600);

	check(!unlink(test_file("gone")));
	map_and_close(fd, MAP_PRIVATE);
}
TEST_REFUSED(private_map_of_a_deleted_file, EOPNOTSUPP, "maps a deleted file")

static void fault_handling(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	reg.range.start = (uintptr_t)p;
	reg.range.len = PAGE;
	check(!ioctl(fd, UFFDIO_API, &api) && !ioctl(fd, UFFDIO_REGISTER, &reg));
	ready();
}
TEST_REFUSED(fault_handling, EOPNOTSUPP, "userfaultfd")

static void protection_key(void)
{
	int key = syscall(SYS_pkey_alloc, 0, 0);

	if (key >= 0) {
		char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		check(!syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ, key));
	}
	ready();
}

TEST(protection_key_refused)
{
	int key = syscall(SYS_pkey_alloc, 0, 0);

	if (key < 0)
		SKIP(return, "no protection keys");
	syscall(SYS_pkey_free, key);
	ASSERT_EQ(0, story_refused(protection_key, EOPNOTSUPP, "protection key"));
}

static void secret_memory(void)
{
	int fd = syscall(SYS_memfd_secret, 0);

	if (fd < 0)
		fd = memfd_create("secretmem", 0);
	map_and_close(fd, MAP_SHARED);
}
TEST_REFUSED(secret_memory, EOPNOTSUPP, "area")

/* -- every obstacle at once ----------------------------------------------------------------- */

static void many_obstacles(void)
{
	check(eventfd(0, 0) >= 0 && inotify_init1(0) >= 0);
	check(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	ready();
}

TEST(check_tells_every_obstacle)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, many_obstacles));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_EQ(3, s.cargs.errors_used);
	EXPECT_TRUE(subject_told(&s, "eventfd"));
	EXPECT_TRUE(subject_told(&s, "inotify"));
	EXPECT_TRUE(subject_told(&s, "is shared memory"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
