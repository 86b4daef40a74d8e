// SPDX-License-Identifier: GPL-2.0-only
/*
 * pty_test.c - pseudo terminals: contents, settings, packet mode, closed and locked sides;
 * whose number is taken or whom others have open. Sessions are in pty_session_test.c.
 */
#include <sys/epoll.h>

#include "pty.h"

/* -- input ----------------------------------------------------------------------------- */

static void lines(void)
{
	open_pair();
	put(master, "first line\nsecond ha");
	check(wait_until(bytes_in(master) == 21));
	check_equal(bytes_in(slave), 11);
	ready();
	check_equal(bytes_in(slave), 11);
	expect_all(master, "first line\r\nsecond ha");
	expect(slave, "first line\n");
	expect_none(slave);
	/* Half a line can still be erased. */
	put(master, "x\177lf\n");
	expect(slave, "second half\n");
	expect_all(master, "x\b \blf\r\n");
}
TEST_STORIES(lines)

static void end_of_file(void)
{
	open_pair();
	no_echo();
	put(master, "abc\4def\n\4");
	check(wait_until(bytes_in(slave) == 7));
	ready();
	expect(slave, "abc");
	expect(slave, "def\n");
	check_equal(read(slave, (char[8]) {}, 8), 0);
	expect_none(slave);
}
TEST_STORIES(end_of_file)

/* Read in part, so that the buffer does not begin at its beginning */
static void raw(void)
{
	static char text[3000], more[3000];
	size_t n = 0;

	pattern_fill(text, sizeof(text), 7);
	open_pair();
	make_raw();
	check_equal(write(master, text, 3000), 3000);
	for (n = 0; n < 2000; n += 1000)
		check_equal(read(slave, more, 1000), 1000);
	check_equal(write(master, text, 2500), 2500);
	check(wait_until(bytes_in(slave) == 3500));
	ready();
	check_equal(bytes_in(slave), 3500);
	check_equal(read(slave, more, 1000), 1000);
	check(!memcmp(more, text + 2000, 1000));
	for (n = 0; n < 2500; )
		n += read(slave, more + n, 2500 - n);
	check(!memcmp(more, text, 2500));
	expect_none(slave);
}
TEST_STORIES(raw)

/* From lines to bytes and back: what was input is a line, though it has no end. */
static void pushed(void)
{
	struct termios t;

	open_pair();
	make_raw();
	put(master, "half");
	check(wait_until(bytes_in(slave) == 4));
	check(!tcgetattr(slave, &t));
	t.c_lflag |= ICANON;
	check(!tcsetattr(slave, TCSANOW, &t));
	put(master, "more");
	ready();
	expect(slave, "half");
	put(master, "\n");
	expect(slave, "more\n");
}
TEST_STORIES(pushed)

static void literal_next(void)
{
	open_pair();
	no_echo();
	put(master, "a\26");
	check(wait_until(!poll(&(struct pollfd) { .fd = slave, .events = POLLIN }, 1, 0)));
	sleep_ms(10);
	ready();
	put(master, "\4b\n");
	expect(slave, "a\4b\n");
}
TEST_STORIES(literal_next)

/* More than there is room for: the rest waits in the queue of the driver. */
static size_t fill_up(void)
{
	char block[256];
	size_t total = 0;
	ssize_t n;

	check(!fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK));
	for (;;) {
		pattern_fill(block, sizeof(block), total);
		n = write(master, block, sizeof(block));
		if (n < 0)
			break;
		total += n;
		if ((size_t)n < sizeof(block))
			break;
	}
	return total;
}

static void full(void)
{
	char block[256], want[256];
	size_t total, at, n;

	open_pair();
	make_raw();
	total = fill_up();
	check(total > 4096);
	sleep_ms(10);
	ready();
	for (at = 0; at < total; at += n) {
		n = total - at < sizeof(block) ? total - at : sizeof(block);
		pattern_fill(want, sizeof(want), at);
		for (size_t got = 0; got < n; )
			got += read(slave, block + got, n - got);
		check(!memcmp(block, want, n));
	}
	expect_none(slave);
	check_equal(fcntl(master, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	put(master, "again");
	expect(slave, "again");
}
TEST_STORIES(full)

/* -- output ----------------------------------------------------------------------------- */

static void output(void)
{
	struct termios t;

	open_pair();
	check(!tcgetattr(slave, &t));
	t.c_oflag |= XTABS;
	check(!tcsetattr(slave, TCSANOW, &t));
	put(slave, "line\nab");
	check(wait_until(bytes_in(master) == 8));
	ready();
	/* Where the column is does not show before there is a tab. */
	put(slave, "\tc");
	check(wait_until(bytes_in(master) == 15));
	expect_all(master, "line\r\nab      c");
}
TEST_STORIES(output)

static void stopped(void)
{
	open_pair();
	check(!tcflow(slave, TCOOFF));
	check(!fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK));
	check(write(slave, "x", 1) == -1 && errno == EAGAIN);
	/* The echo has to wait, too. */
	put(master, "echo\n");
	check(wait_until(bytes_in(slave) == 5));
	ready();
	check(write(slave, "x", 1) == -1 && errno == EAGAIN);
	expect_none(master);
	check(!tcflow(slave, TCOON));
	put(slave, "x");
	check(wait_until(bytes_in(master) == 7));
	expect_all(master, "echo\r\nx");
	expect(slave, "echo\n");
}
TEST_STORIES(stopped)

/* Stopped by the other side */
static void flow_control(void)
{
	open_pair();
	no_echo();
	put(master, "\23");
	check(!fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK));
	check(wait_until(write(slave, "", 1) == -1));
	tcflush(master, TCIFLUSH);
	ready();
	check(write(slave, "x", 1) == -1 && errno == EAGAIN);
	put(master, "\21");
	check(wait_until(write(slave, "y", 1) == 1));
	expect_all(master, "y");
}
TEST_STORIES(flow_control)

static void packets(void)
{
	char buf[16];
	int on = 1;

	open_pair();
	check(!ioctl(master, TIOCPKT, &on));
	put(slave, "data");
	check(!tcflow(slave, TCOOFF));
	ready();
	on = 0;
	check(!ioctl(master, TIOCGPKT, &on) && on == 1);
	check_equal(read(master, buf, sizeof(buf)), 1);
	check_equal(buf[0], TIOCPKT_STOP);
	check_equal(read(master, buf, sizeof(buf)), 5);
	check(buf[0] == TIOCPKT_DATA && !memcmp(buf + 1, "data", 4));
	check(!tcflow(slave, TCOON));
	check_equal(read(master, buf, sizeof(buf)), 1);
	check_equal(buf[0], TIOCPKT_START);
}
TEST_STORIES(packets)

/* -- settings ---------------------------------------------------------------------------- */

static void settings(void)
{
	struct winsize window = { 25, 81, 640, 480 }, w;
	struct termios t, before, locked = {}, l;
	struct stat st, now;
	int on = 0, number;

	open_pair();
	check(!tcgetattr(slave, &t));
	t.c_iflag = IUTF8 | INLCR | IXOFF;
	t.c_oflag = OPOST | OLCUC;
	t.c_lflag = ICANON | ECHOK | TOSTOP;
	t.c_cc[VINTR] = 'i';
	t.c_cc[VTIME] = 200;
	t.c_cc[VMIN] = 77;
	cfsetspeed(&t, B9600);
	check(!tcsetattr(slave, TCSANOW, &t) && !tcgetattr(slave, &before));
	locked.c_lflag = ECHO;
	locked.c_cc[VQUIT] = 1;
	check(!ioctl(slave, TIOCSLCKTRMIOS, &locked));
	check(!ioctl(slave, TIOCSWINSZ, &window) && !ioctl(slave, TIOCEXCL));
	check(!fchown(slave, 1234, 4321) && !fchmod(slave, 0604) && !fstat(slave, &st));
	check(!ioctl(master, TIOCGPTN, &number));
	ready();
	check(!tcgetattr(slave, &t) && !memcmp(&t, &before, sizeof(t)));
	check(!tcgetattr(master, &t) && !memcmp(&t, &before, sizeof(t)));
	check(!ioctl(slave, TIOCGLCKTRMIOS, &l));
	check(l.c_lflag == ECHO && l.c_cc[VQUIT] == 1 && !l.c_cc[VINTR] && !l.c_iflag);
	check(!ioctl(master, TIOCGWINSZ, &w) && !memcmp(&w, &window, sizeof(w)));
	check(!ioctl(slave, TIOCGEXCL, &on) && on == 1);
	check(!ioctl(master, TIOCGEXCL, &on) && on == 0);
	check(!ioctl(master, TIOCGPTN, &on) && on == number);
	check(!strcmp(ttyname(slave), slave_name));
	check(!fstat(slave, &now));
	check_equal(now.st_rdev, st.st_rdev);
	check_equal(now.st_mode, st.st_mode);
	check(now.st_uid == 1234 && now.st_gid == 4321);
	check_equal(now.st_mtim.tv_sec, st.st_mtim.tv_sec);
}
TEST_STORIES(settings)

/* Bytes that are doubled make the line discipline count more than it has room for. */
static void overrun(void)
{
	static char bytes[4096];
	struct termios t;
	ssize_t n = 0;
	int i;

	open_pair();
	no_echo();
	check(!tcgetattr(slave, &t));
	t.c_iflag |= PARMRK;
	t.c_iflag &= ~(IGNPAR | ISTRIP);
	check(!tcsetattr(slave, TCSANOW, &t));
	check(!fcntl(master, F_SETFL, O_NONBLOCK));
	memset(bytes, 0xff, sizeof(bytes));
	for (i = 0; i < 200 && n >= 0; i++) {
		n = write(master, bytes, sizeof(bytes));
		sleep_ms(1);
	}
	ready();
}

TEST(overrun_refused)
{
	struct subject s;
	long ret;

	ASSERT_EQ(0, subject_start(&s, overrun));
	ret = subject_save(&s, 0);
	EXPECT_EQ(-E2BIG, ret);
	EXPECT_TRUE(subject_told(&s, "holds more input than it has room for"));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void opened_often(void)
{
	int other, reader;

	open_pair();
	other = open(slave_name, O_WRONLY | O_NOCTTY | O_NONBLOCK);
	reader = open(slave_name, O_RDONLY | O_NOCTTY);
	check(other >= 0 && reader >= 0 && dup(slave) >= 0);
	ready();
	check_equal(fcntl(other, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_WRONLY | O_NONBLOCK);
	check_equal(fcntl(reader, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDONLY);
	put(other, "x");
	expect_all(master, "x");
	check(!close(other) && !close(slave) && !close(slave + 3));
	expect_none(master);
	check(!close(reader));
	check(read(master, (char[8]) {}, 8) == -1 && errno == EIO);
}
TEST_STORIES(opened_often)

/* -- a side that is not open ---------------------------------------------------------------- */

static void locked(void)
{
	int lock = -1;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	check(!ptsname_r(master, slave_name, sizeof(slave_name)));
	ready();
	check(!ioctl(master, TIOCGPTLCK, &lock) && lock == 1);
	check(open(slave_name, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
	check(read(master, (char[8]) {}, 8) == -1 && errno == EAGAIN);
	lock = 0;
	check(!ioctl(master, TIOCSPTLCK, &lock));
	slave = open(slave_name, O_RDWR | O_NOCTTY);
	put(slave, "x");
	expect_all(master, "x");
}
TEST_STORIES(locked)

static void slave_closed(void)
{
	open_pair();
	put(slave, "bye");
	check(!close(slave));
	ready();
	expect_all(master, "bye");
	check(read(master, (char[8]) {}, 8) == -1 && errno == EIO);
	slave = open(slave_name, O_RDWR | O_NOCTTY);
	put(slave, "again");
	expect_all(master, "again");
	expect_none(master);
}
TEST_STORIES(slave_closed)

/* Of one that was left running the number is still taken, and another will do. */
static void hung_up(void)
{
	struct stat before, now;
	int other;

	open_pair();
	other = open(slave_name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	check(!close(master) && !fstat(slave, &before));
	ready();
	check_equal(read(slave, (char[8]) {}, 8), 0);
	check_equal(read(other, (char[8]) {}, 8), 0);
	check(write(slave, "x", 1) == -1 && errno == EIO);
	check_equal(fcntl(other, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	check(!fstat(slave, &now));
	check_equal(now.st_nlink, 0);
	check_equal(now.st_rdev, before.st_rdev);
	check(open(slave_name, O_RDWR) == -1 && errno == ENOENT);
}
TEST_KILLED(hung_up)
TEST_TWICE(hung_up)

/* -- who waits ------------------------------------------------------------------------------ */

static void reads(void *arg)
{
	(void)arg;
	expect(slave, "hello\n");
}

static void reader(void)
{
	pid_t pid;

	open_pair();
	pid = spawn(reads, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	put(master, "hello\n");
	join(pid);
}
TEST_STORIES(reader)

static void polls(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	open_pair();
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, master, &event));
	event.data.u64 = 1;
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, slave, &event));
	put(slave, "x");
	ready();
	check_equal(epoll_wait(epoll, &event, 1, -1), 1);
	check_equal(event.data.u64, 0);
	expect_all(master, "x");
	check_equal(epoll_wait(epoll, &event, 1, 0), 0);
	put(master, "y\n");
	expect_all(master, "y\r\n");
	check_equal(epoll_wait(epoll, &event, 1, -1), 1);
	check_equal(event.data.u64, 1);
}
TEST_STORIES(polls)

/* -- what is refused ------------------------------------------------------------------------- */

static void pair_only(void)
{
	open_pair();
	ready();
}

TEST(number_is_taken)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, pair_only));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, open_master());
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "the number"));
	EXPECT_TRUE(subject_told(&s, "is taken"));
	close(master);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void refuse_held(struct __test_metadata *_metadata, const char *path, const char *words)
{
	struct subject s;
	char proc[64];
	int fd;

	ASSERT_EQ(0, subject_start(&s, pair_only));
	snprintf(proc, sizeof(proc), "/proc/%d/fd/%s", s.pid, path);
	fd = open(proc, O_RDWR | O_NOCTTY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, words));
	close(fd);
	EXPECT_LT(0, subject_save(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(slave_is_open_outside)
{
	refuse_held(_metadata, "4", "is open in process");
}

static void discipline(void)
{
	int ppp = 3;	/* N_PPP */

	open_pair();
	if (ioctl(slave, TIOCSETD, &ppp)) {
		ppp = 4;	/* N_STRIP */
		check(ioctl(slave, TIOCSETD, &ppp) || true);
	}
	ready();
}

TEST(another_line_discipline)
{
	struct subject s;
	long ret;

	ASSERT_EQ(0, subject_start(&s, discipline));
	ret = subject_save(&s, 0);
	if (ret < 0) {
		EXPECT_EQ(-EOPNOTSUPP, ret);
		EXPECT_TRUE(subject_told(&s, "line discipline"));
	}
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- forged images ---------------------------------------------------------------------------- */

static void with_contents(void)
{
	open_pair();
	put(master, "line\nha");
	check(wait_until(bytes_in(master) == 8));
	ready();
	expect(slave, "line\n");
}

static struct ckpt_rec_tty_line *line_of(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_TTY_LINE) + 1);
}

static struct ckpt_rec_tty_pair *pair_of(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_TTY_PAIR) + 1);
}

static struct ckpt_rec_file_pty *file_of(const struct image *image, uint32_t side)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_FILE_PTY);

	while (rec && ((struct ckpt_rec_file_pty *)(rec + 1))->side != side)
		rec = next_record(image, rec, CKPT_REC_FILE_PTY);
	return (void *)(rec + 1);
}

static char *last_of(struct ckpt_rec_file_pty *file)
{
	return (char *)(file + 1) + file->path.count - 1;
}

/* What an end of it has as any open file */
static struct ckpt_rec_file *common_of(struct image *image)
{
	struct ckpt_rec *pty = image_find(image, CKPT_REC_FILE_PTY);

	return (void *)(record_of(image, pty->object, CKPT_REC_FILE) + 1);
}

#define FORGED(name, err, change)						\
TEST_F(forged, name)								\
{										\
	struct image *image = &self->image;					\
										\
	ASSERT_EQ(0, subject_start(&self->s, with_contents));			\
	ASSERT_EQ(0, save_and_load(&self->s, image));				\
	change;									\
	EXPECT_EQ(err, try_forged(&self->s, image));				\
}

FORGED(more_input_than_there_is, -EINVAL, line_of(image)->read[1] = 5000)
FORGED(more_lines_than_input, -EINVAL, line_of(image)->lines[1] = 8)
FORGED(more_echo_than_there_is, -EINVAL, line_of(image)->echo_committed[1] = 1)
FORGED(more_queued_than_there_is, -EINVAL, line_of(image)->queued[0] = 1)
FORGED(unknown_line_flags, -EINVAL, line_of(image)->flags[1] |= 1 << 20)
FORGED(locked_slave, -EINVAL, line_of(image)->flags[1] |= CKPT_LINE_LOCKED)
FORGED(unknown_status, -EINVAL, line_of(image)->status = 0x80)
FORGED(signals_of_its_own, -EINVAL, common_of(image)->flags |= O_ASYNC)
FORGED(seven_bits, -EINVAL, line_of(image)->cflag &= ~CSIZE)
FORGED(side_of_its_own, -EINVAL, file_of(image, 1)->side = 2)
FORGED(slave_that_is_a_master, -EINVAL, file_of(image, 1)->side = 0)
FORGED(terminal_that_is_none, -EINVAL, file_of(image, 1)->terminal = 1)
FORGED(another_number, -ENOENT, pair_of(image)->index++)
FORGED(number_beyond_all, -EEXIST, pair_of(image)->index = 1 << 30)
FORGED(slave_that_is_a_file, -EINVAL, pair_of(image)->mode = S_IFREG | 0600)

TEST(settings_left_out)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, with_contents));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_TTY_LINE));
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "lacks its settings"));
}

/* The honest twin shows that the number is free again after a failure. */
FORGED(slave_of_another_name, -ENOENT, *last_of(file_of(image, 1)) = 'x')

TEST_HARNESS_MAIN
