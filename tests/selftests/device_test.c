// SPDX-License-Identifier: GPL-2.0-only
/*
 * device_test.c - devices that are opened again: the kernel's log and how far it has been
 * read, the clock, block devices that are open for reading; those that are refused.
 */
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/rtc.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "forged.h"

/* -- the kernel's log ------------------------------------------------------------------------ */

/* Without an end of the line more could be appended, and nobody reads it yet. */
static void say_to(int fd, const char *text)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s\n", text);

	check(write(fd, line, len) == len);
}

static void say(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	check(fd >= 0);
	say_to(fd, text);
	close(fd);
}

/* Return: bytes, 0 if there is no message */
static ssize_t next_message(int fd, char *buf, size_t size)
{
	ssize_t len;

	do
		len = read(fd, buf, size - 1);
	while (len == -1 && errno == EPIPE);
	if (len == -1 && errno == EAGAIN)
		return 0;
	check(len > 0);
	buf[len] = '\0';
	return len;
}

/* The next message with our mark in it; the kernel has messages of its own. */
static void expect_message(int fd, const char *text)
{
	char buf[8192];

	while (next_message(fd, buf, sizeof(buf)))
		if (strstr(buf, text))
			return;
	fail(__FILE__, __LINE__, "no message %s", text);
}

static int open_log(int flags)
{
	char buf[8192];
	int fd = open("/dev/kmsg", flags | O_NONBLOCK);

	check(fd >= 0);
	while (next_message(fd, buf, sizeof(buf)))
		continue;
	return fd;
}

static void writes_log(void)
{
	int fd = open("/dev/kmsg", O_WRONLY), reader;

	check(fd >= 0);
	reader = open_log(O_RDONLY);
	close(reader);
	ready();
	reader = open_log(O_RDONLY);
	say_to(fd, "device_test: written");
	expect_message(reader, "device_test: written");
}
TEST_STORIES(writes_log)

static void reads_log(void)
{
	struct pollfd p = { .events = POLLIN };
	char buf[8192];

	say("device_test: before");
	p.fd = open_log(O_RDWR);
	ready();
	check(fcntl(p.fd, F_GETFL) & O_NONBLOCK);
	while (next_message(p.fd, buf, sizeof(buf)))
		check(!strstr(buf, "device_test: before"));
	check_equal(poll(&p, 1, 0), 0);
	say("device_test: after");
	expect_message(p.fd, "device_test: after");
}
TEST_STORIES(reads_log)

static void finds_its_place(void)
{
	int fd = open_log(O_RDONLY);
	char buf[8192];

	ready();
	do
		check(next_message(fd, buf, sizeof(buf)));
	while (!strstr(buf, "device_test: "));
	check(strstr(buf, "device_test: meanwhile 1"));
	expect_message(fd, "device_test: meanwhile 2");
}

TEST(written_meanwhile)
{
	struct subject s;

	say("device_test: seen");
	ASSERT_EQ(0, subject_start(&s, finds_its_place));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	say("device_test: meanwhile 1");
	say("device_test: meanwhile 2");
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void waits_for_a_message(void)
{
	char buf[8192];
	int fd = open_log(O_RDONLY);

	check(!fcntl(fd, F_SETFL, 0));
	ready();
	do
		check(read(fd, buf, sizeof(buf) - 1) > 0);
	while (!strstr(buf, "device_test: wake up"));
}

TEST(reader_waits)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, waits_for_a_message));
	subject_go(&s, 1);
	EXPECT_TRUE(wait_until(is_blocked_in(s.pid, s.pid, SYS_read)));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(wait_until(is_blocked_in(s.pid, s.pid, SYS_read)));
	say("device_test: wake up");
	EXPECT_EQ(0, subject_wait(&s));
}

static void has_unread_messages(void)
{
	int fd = open_log(O_RDONLY);

	say("device_test: unread");
	ready();
	expect_message(fd, "device_test: unread");
}
TEST_REFUSED(has_unread_messages, EBUSY, "/dev/kmsg has messages that the program has not read")

/* A log of another boot has other messages. */
TEST_F(forged, log_of_another_boot)
{
	struct ckpt_rec_header *header;

	ASSERT_EQ(0, subject_start(&self->s, finds_its_place));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	header = (void *)(image_record(&self->image, 0) + 1);
	header->boot_id[0]++;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	say("device_test: meanwhile 1");
	say("device_test: meanwhile 2");
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "/dev/kmsg is another log since the machine was booted"));
	subject_kill(&self->s);
}

static struct ckpt_rec_kmsg *log_in(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_KMSG) + 1);
}

/* Any number is a position. */
TEST_F(forged, positions_in_the_log)
{
	static const uint64_t numbers[] = { 0, 1, INT64_MAX, UINT64_MAX };
	unsigned int i;

	ASSERT_EQ(0, subject_start(&self->s, finds_its_place));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	for (i = 0; i < 4; i++) {
		log_in(&self->image)->next = numbers[i];
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(0, subject_restart(&self->s, 0));
		subject_kill(&self->s);
	}
}

static void log_of_a_null_device(void)
{
	int fd = open_log(O_RDONLY), pipe_ends[2];

	check(!pipe(pipe_ends));
	ready();
	close(fd);
}

static uint32_t other_device(const struct image *image)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_FILE_DEVICE);
	struct ckpt_rec_file_device *device = (void *)(rec + 1);

	for (; device->minor == 11; device = (void *)(rec + 1))
		rec = next_record(image, rec, CKPT_REC_FILE_DEVICE);
	return rec->object;
}

static void log_is_null(struct image *image)
{
	image_find(image, CKPT_REC_KMSG)->object = other_device(image);
}

static void log_is_a_pipe(struct image *image)
{
	image_find(image, CKPT_REC_KMSG)->object =
		image_find(image, CKPT_REC_FILE_PIPE)->object;
}

static void log_is_nothing(struct image *image)
{
	image_find(image, CKPT_REC_KMSG)->object = 0;
}

TEST_F(forged, log_of_other_files)
{
	static void (* const changes[])(struct image *image) = {
		log_is_null, log_is_a_pipe, log_is_nothing,
	};

	ASSERT_EQ(0, subject_start(&self->s, log_of_a_null_device));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, 3));
}

/* -- the clock --------------------------------------------------------------------------------- */

static int open_clock(void)
{
	return open("/dev/rtc0", O_RDONLY | O_NONBLOCK);
}

static void clock_without_alarm(void)
{
	struct rtc_time before, after;
	int fd = open_clock();

	check(fd >= 0 && !ioctl(fd, RTC_RD_TIME, &before));
	check(open_clock() == -1 && errno == EBUSY);
	ready();
	check(!ioctl(fd, RTC_RD_TIME, &after) && after.tm_year == before.tm_year);
	check(open_clock() == -1 && errno == EBUSY);
}

TEST(clock_without_alarm_killed)
{
	if (access("/dev/rtc0", R_OK))
		SKIP(return, "this machine has no such clock");
	ASSERT_EQ(0, story_killed(clock_without_alarm));
}

TEST(clock_without_alarm_twice)
{
	if (access("/dev/rtc0", R_OK))
		SKIP(return, "this machine has no such clock");
	ASSERT_EQ(0, story_twice(clock_without_alarm));
}

static void clock_that_ticks(void)
{
	int fd = open_clock();

	check(fd >= 0 && !ioctl(fd, RTC_UIE_ON));
	ready();
	check(!ioctl(fd, RTC_UIE_OFF));
}

TEST(clock_that_ticks_refused)
{
	if (access("/dev/rtc0", R_OK))
		SKIP(return, "this machine has no such clock");
	ASSERT_EQ(0, story_refused(clock_that_ticks, EOPNOTSUPP,
				   "/dev/rtc0, a clock with an alarm or interrupts, cannot be saved yet"));
}

/* -- block devices ----------------------------------------------------------------------------- */

#define DISK	"/dev/loop7"

static int outside_fd = -1;

/* A loop device over a file; the test has it open too. */
static bool bind_disk(size_t pages)
{
	static char page[4096];
	int fd = open(test_file("disk"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	size_t i;

	for (i = 0; i < pages; i++) {
		memset(page, i + 1, sizeof(page));
		if (write(fd, page, sizeof(page)) != sizeof(page))
			return false;
	}
	outside_fd = open(DISK, O_RDWR);
	i = ioctl(outside_fd, LOOP_SET_FD, fd);
	close(fd);
	return !i;
}

static void unbind_disk(void)
{
	ioctl(outside_fd, LOOP_CLR_FD, 0);
	close(outside_fd);
	outside_fd = -1;
}

static void reads_disk(void)
{
	int fd = open(DISK, O_RDONLY), twice = open(DISK, O_RDONLY | O_DIRECT);
	char c;

	check(fd >= 0 && twice >= 0 && lseek(fd, 4096, SEEK_SET) == 4096);
	check(read(fd, &c, 1) == 1 && c == 2);
	ready();
	check(lseek(fd, 0, SEEK_CUR) == 4097 && lseek(fd, 8191, SEEK_SET) == 8191);
	check(read(fd, &c, 1) == 1 && c == 2 && read(fd, &c, 1) == 1 && c == 3);
	check(write(fd, &c, 1) == -1 && errno == EBADF);
	check(fcntl(twice, F_GETFL) & O_DIRECT);
}

TEST(disk)
{
	if (access(DISK, R_OK) || !bind_disk(4))
		SKIP(return, "this kernel has no loop devices");
	EXPECT_EQ(0, story_killed(reads_disk));
	EXPECT_EQ(0, story_left_running(reads_disk));
	EXPECT_EQ(0, story_twice(reads_disk));
	unbind_disk();
}

TEST(disk_that_has_changed)
{
	struct subject s;

	if (access(DISK, R_OK) || !bind_disk(4))
		SKIP(return, "this kernel has no loop devices");
	ASSERT_EQ(0, subject_start(&s, reads_disk));
	EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	unbind_disk();
	ASSERT_TRUE(bind_disk(3));
	EXPECT_EQ(-ESTALE, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, DISK " has changed since the checkpoint (size 12288, was 16384)"));
	EXPECT_EQ(0, subject_restart(&s, RESTART_ALLOW_CHANGED));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	unbind_disk();
}

/* The last close of such a device gives up the file that it is bound to. */
static void only_opener(void)
{
	struct loop_info64 info = { .lo_flags = LO_FLAGS_AUTOCLEAR };
	int fd = open(test_file("disk"), O_RDWR | O_CREAT | O_TRUNC, 0600), loop;
	char c;

	check(!ftruncate(fd, 8192));
	loop = open(DISK, O_RDWR);
	check(!ioctl(loop, LOOP_SET_FD, fd) && !ioctl(loop, LOOP_SET_STATUS64, &info));
	check(dup2(open(DISK, O_RDONLY), 0) == 0 && !close(5) && !close(fd) && !close(loop));
	ready();
	check(read(0, &c, 1) == 1 && !c);
}

TEST(only_opener_refused)
{
	if (access(DISK, R_OK))
		SKIP(return, "this kernel has no loop devices");
	ASSERT_EQ(0, story_refused(only_opener, EOPNOTSUPP,
				   "block device " DISK " (7:7, lo_ioctl), which closing may unbind from its file, cannot be saved yet"));
}

static void open_for_writing(void)
{
	check(open(DISK, O_RDWR) >= 0);
	ready();
}

static void open_exclusively(void)
{
	check(open(DISK, O_RDONLY | O_EXCL) >= 0);
	ready();
}

TEST(disk_refused)
{
	if (access(DISK, R_OK) || !bind_disk(1))
		SKIP(return, "this kernel has no loop devices");
	EXPECT_EQ(0, story_refused(open_for_writing, EOPNOTSUPP,
				   "block device " DISK " (7:7, lo_ioctl), open for writing,"));
	EXPECT_EQ(0, story_refused(open_exclusively, EOPNOTSUPP,
				   "block device " DISK " (7:7, lo_ioctl), open exclusively (O_EXCL),"));
	unbind_disk();
}

static struct ckpt_rec_file_block *disk_in(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_FILE_BLOCK) + 1);
}

static void disk_to_write(struct image *image)
{
	disk_in(image)->open_flags |= O_RDWR;
}

static void disk_without_opening(struct image *image)
{
	disk_in(image)->open_flags |= O_PATH;
}

static void unknown_flags(struct image *image)
{
	disk_in(image)->open_flags |= 1U << 30;
}

static void any_number(struct image *image)
{
	disk_in(image)->major = disk_in(image)->minor = 0;
}

static void large_major(struct image *image)
{
	disk_in(image)->major = -1;
}

static void large_minor(struct image *image)
{
	disk_in(image)->minor = -1;
}

static void opened_by_a_file(struct image *image)
{
	disk_in(image)->cred = image_find(image, CKPT_REC_FILE_BLOCK)->object;
}

TEST_F(forged, disks)
{
	static void (* const changes[])(struct image *image) = {
		disk_to_write, disk_without_opening, unknown_flags, any_number, large_major,
		large_minor, opened_by_a_file,
	};

	if (access(DISK, R_OK) || !bind_disk(4))
		SKIP(return, "this kernel has no loop devices");
	EXPECT_EQ(0, subject_start(&self->s, reads_disk));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, 7));
	unbind_disk();
}

/* -- opened for their names alone ------------------------------------------------------------- */

static void devices_by_path(void)
{
	int zero = open("/dev/zero", O_PATH), disk = open(DISK, O_PATH);
	struct stat st;

	check(zero >= 0 && disk >= 0);
	ready();
	check(fcntl(zero, F_GETFL) & O_PATH && !fstat(zero, &st) && S_ISCHR(st.st_mode));
	check(fcntl(disk, F_GETFL) & O_PATH && !fstat(disk, &st) && S_ISBLK(st.st_mode));
}
TEST_STORIES(devices_by_path)

TEST_HARNESS_MAIN
