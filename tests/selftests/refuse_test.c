// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse_test.c - descriptors that cannot be saved: each is refused with its number,
 * what it is and what to do, and the program runs on unharmed.  What files have
 * beside their kind is in refuse_state_test.c, memory in refuse_memory_test.c, tasks
 * in refuse_task_test.c.
 */
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "checkpoint_test.h"

/* -- the table ------------------------------------------------------------------------ */

FIXTURE(descriptor)
{
};

FIXTURE_SETUP(descriptor)
{
}

FIXTURE_TEARDOWN(descriptor)
{
}

FIXTURE_VARIANT(descriptor)
{
	int (*make)(void);	/* the descriptor, or -1 and errno */
	int err;
	const char *words;	/* in the sentence, behind "fd 3: " */
};

/* A row: a name, how to get such a descriptor, the error, what it is called */
#define REFUSED(name, call, error, text)				\
	static int make_##name(void)					\
	{								\
		return call;						\
	}								\
	FIXTURE_VARIANT_ADD(descriptor, name) {				\
		.make = make_##name, .err = error, .words = text,	\
	}

static int (*make)(void);

static void has_descriptor(void)
{
	check_equal(make(), 3);
	ready();
}

static bool is_missing(int err)
{
	return err == ENOSYS || err == EAFNOSUPPORT || err == EPROTONOSUPPORT || err == ENOENT ||
	       err == ENODEV;
}

TEST_F(descriptor, is_refused)
{
	const struct checkpoint_error *error;
	struct subject s;
	char start[128];
	int fd;

	fd = variant->make();
	if (fd < 0 && is_missing(errno))
		SKIP(return, "this kernel has none: %s", strerror(errno));
	ASSERT_LE(0, fd) {
		tell("no such descriptor: %s", strerror(errno));
	}
	close(fd);

	make = variant->make;
	ASSERT_EQ(0, subject_start(&s, has_descriptor));
	EXPECT_EQ(-variant->err, subject_save(&s, CHECKPOINT_KILL));
	error = &s.errors[0];
	EXPECT_EQ(1, s.cargs.errors_used);
	EXPECT_EQ(s.pid, error->pid);
	EXPECT_EQ(variant->err, error->err);
	EXPECT_EQ(3, error->object);
	snprintf(start, sizeof(start), "fd 3: %s", variant->words);
	EXPECT_EQ(0, strncmp(error->message, start, strlen(start)));
	EXPECT_NE(NULL, strstr(error->message, "; close it first"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- descriptors of system calls --------------------------------------------------------- */

static int rings(void)
{
	char params[120] = "";

	return syscall(SYS_io_uring_setup, 4, params);
}

static int measures(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};

	return syscall(SYS_perf_event_open, &attr, 1, -1, -1, 0);
}

static int bpf_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_QUEUE, .value_size = 8, .max_entries = 1,
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int bpf_program(void)
{
	struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2,
		.insns = (uintptr_t)program, .license = (uintptr_t)"GPL",
	};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int rules(void)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE };

	return syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
}

static int queue(void)
{
	char name[32], path[64];
	int fd;

	snprintf(name, sizeof(name), "/checkpoint%d", getpid());
	fd = mq_open(name, O_CREAT | O_RDWR, 0600, NULL);
	close(fd);
	snprintf(path, sizeof(path), "/dev/mqueue%s", name);
	return open(path, O_RDONLY);
}

REFUSED(fanotify, fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), EOPNOTSUPP, "a fanotify group");
REFUSED(bpf_map, bpf_map(), EOPNOTSUPP, "a BPF map (type 22, id ");
REFUSED(bpf_program, bpf_program(), EOPNOTSUPP, "a BPF program");
REFUSED(landlock_ruleset, rules(), EOPNOTSUPP, "a Landlock ruleset");
REFUSED(fs_context, syscall(SYS_fsopen, "tmpfs", 0), EOPNOTSUPP, "a file system being set up");
REFUSED(detached_mount, syscall(SYS_open_tree, AT_FDCWD, "/tmp", OPEN_TREE_CLONE), EOPNOTSUPP,
	"/, a mount of its own");
REFUSED(message_queue_by_path, queue(), EOPNOTSUPP, "/dev/mqueue/checkpoint");

/* -- files of the kernel's ------------------------------------------------------------------ */

REFUSED(proc_o_path, open("/proc/self/root", O_PATH | O_NOFOLLOW), EOPNOTSUPP, "/proc/");
REFUSED(tracefs_file, open("/sys/kernel/tracing/trace", O_RDONLY), EOPNOTSUPP,
	"/sys/kernel/tracing/trace, a file of the tracefs file system,");

/* -- devices and terminals ------------------------------------------------------------------- */

REFUSED(fuse_device, open("/dev/fuse", O_RDWR), EOPNOTSUPP,
	"character device /dev/fuse (10:229, fuse_dev_ioctl) cannot be saved yet");
REFUSED(tun_device, open("/dev/net/tun", O_RDWR), EOPNOTSUPP,
	"character device /dev/net/tun (10:200, tun_chr_ioctl) cannot be saved yet");
REFUSED(loop_control, open("/dev/loop-control", O_RDWR), EOPNOTSUPP,
	"character device /dev/loop-control (10:237, loop_control_ioctl) cannot be saved yet");
REFUSED(hardware_random, open("/dev/hwrng", O_RDONLY), EOPNOTSUPP,
	"character device /dev/hwrng (10:183, rng_dev_read) cannot be saved yet");
REFUSED(serial_terminal, open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_NONBLOCK), EBUSY,
	"/dev/ttyS0, a terminal that leads out of the tree,");
REFUSED(console, open("/dev/console", O_RDWR | O_NOCTTY), EBUSY,
	"/dev/console, a terminal that leads out of the tree,");

/* -- sockets ---------------------------------------------------------------------------------- */

REFUSED(netlink, socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), EOPNOTSUPP, "a netlink raw socket");
REFUSED(netlink_datagram, socket(AF_NETLINK, SOCK_DGRAM, NETLINK_GENERIC), EOPNOTSUPP,
	"a netlink datagram socket");

/* -- those that need more --------------------------------------------------------------------- */

/* These two are the task's as well, which is looked at first. */
static void perf_event(void)
{
	check(measures() >= 0);
	ready();
}
TEST_REFUSED(perf_event, EOPNOTSUPP, "has perf events of its own or that measure it")

static void io_uring(void)
{
	check(rings() >= 0);
	ready();
}
TEST_REFUSED(io_uring, EOPNOTSUPP, "an io_uring context")

/* A name that is too long for the sentence loses its front, not the reason. */
static void long_name(void)
{
	int i, flags = FS_NOATIME_FL;
	char name[240];

	for (i = 0; i < 2; i++) {
		memset(name, 'a' + i, sizeof(name));
		name[sizeof(name) - 1] = '\0';
		check(!mkdir(name, 0700) && !chdir(name));
	}
	check_equal(open("end", O_RDWR | O_CREAT, 0600), 3);
	check(!ioctl(3, FS_IOC_SETFLAGS, &flags) && !unlink("end") && !chdir("/"));
	ready();
}
TEST_REFUSED(long_name, EOPNOTSUPP, "b/end, which has been deleted, with attributes (see chattr(1)) cannot be saved yet; close it first")

TEST_HARNESS_MAIN
