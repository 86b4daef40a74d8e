// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerfd_test.c - timers read from a descriptor: clocks, what has expired, what is left.
 */
#include <poll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "forged.h"

#define SECOND		1000000000LL
#define FAR		(100 * SECOND)

/* How long nobody runs, and how exact what is left then has to be */
#define AWAY		3000
#define SLACK		(2 * SECOND)

static int fd;

static struct timespec span(int64_t ns)
{
	return (struct timespec) { ns / SECOND, ns % SECOND };
}

static int64_t nanoseconds(struct timespec ts)
{
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void set(int flags, int64_t first, int64_t interval)
{
	struct itimerspec ts = { .it_value = span(first), .it_interval = span(interval) };

	check(!timerfd_settime(fd, flags, &ts, NULL));
}

static void make(clockid_t clock, int flags, int64_t first, int64_t interval)
{
	fd = timerfd_create(clock, TFD_NONBLOCK);
	check(fd >= 0);
	set(flags, first, interval);
}

static int64_t left(void)
{
	struct itimerspec ts;

	check(!timerfd_gettime(fd, &ts));
	return nanoseconds(ts.it_value);
}

static int64_t interval(void)
{
	struct itimerspec ts;

	check(!timerfd_gettime(fd, &ts));
	return nanoseconds(ts.it_interval);
}

static int64_t expirations(void)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? (int64_t)n : -errno;
}

/* -- time that is left --------------------------------------------------------------- */

/* Saved and killed; for a while it is nowhere; then it goes on. */
static int away(void (*run)(void))
{
	struct subject s;
	long ret = subject_start(&s, run);

	if (!ret)
		ret = subject_save(&s, CHECKPOINT_KILL);
	if (ret < 0)
		return ret;
	sleep_ms(AWAY);
	ret = subject_restart(&s, 0);
	subject_go(&s, 1);
	ret = ret ?: subject_wait(&s);
	if (ret)
		subject_tell_failure();
	reap_all();
	return ret;
}

#define TEST_AWAY(run) TEST(run##_away) { ASSERT_EQ(0, away(run)); }

/* The time in which nobody ran does not count. */
static void relative(clockid_t clock)
{
	int64_t before;

	make(clock, 0, FAR, SECOND);
	before = left();
	ready();
	check(left() > before - SLACK && left() <= before);
	check_equal(interval(), SECOND);
	check_equal(expirations(), -EAGAIN);
}

static void relative_monotonic(void) { relative(CLOCK_MONOTONIC); }
static void relative_realtime(void) { relative(CLOCK_REALTIME); }
static void relative_boottime(void) { relative(CLOCK_BOOTTIME); }
static void relative_realtime_alarm(void) { relative(CLOCK_REALTIME_ALARM); }
static void relative_boottime_alarm(void) { relative(CLOCK_BOOTTIME_ALARM); }
TEST_AWAY(relative_monotonic)
TEST_AWAY(relative_realtime)
TEST_AWAY(relative_boottime_alarm)
TEST_STORIES(relative_boottime)
TEST_STORIES(relative_realtime_alarm)

/* A time on a clock stays what it is. */
static void absolute(clockid_t clock, clockid_t base)
{
	int64_t then = now_ns(base) + FAR, now;

	make(clock, TFD_TIMER_ABSTIME, then, 0);
	ready();
	now = now_ns(base);
	check(left() <= then - now && left() > then - now - SECOND);
}

static void absolute_monotonic(void) { absolute(CLOCK_MONOTONIC, CLOCK_MONOTONIC); }
static void absolute_realtime(void) { absolute(CLOCK_REALTIME, CLOCK_REALTIME); }
static void absolute_boottime(void) { absolute(CLOCK_BOOTTIME, CLOCK_BOOTTIME); }
static void absolute_realtime_alarm(void) { absolute(CLOCK_REALTIME_ALARM, CLOCK_REALTIME); }
static void absolute_boottime_alarm(void) { absolute(CLOCK_BOOTTIME_ALARM, CLOCK_BOOTTIME); }
TEST_AWAY(absolute_monotonic)
TEST_AWAY(absolute_realtime)
TEST_AWAY(absolute_boottime)
TEST_STORIES(absolute_realtime_alarm)
TEST_STORIES(absolute_boottime_alarm)

/* On a machine whose clocks are behind, the tree's own go on, and the timers with them. */
static void clocks_ahead(void)
{
	absolute(CLOCK_MONOTONIC, CLOCK_MONOTONIC);
	check(left() < FAR - 40 * SECOND);
	set(TFD_TIMER_ABSTIME, now_ns(CLOCK_MONOTONIC) + FAR, 0);
	check(left() > FAR - SLACK);
}

TEST_F(forged, clocks_ahead)
{
	struct ckpt_rec_header *header;

	ASSERT_EQ(0, subject_start(&self->s, clocks_ahead));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	header = (void *)(image_find(&self->image, CKPT_REC_HEADER) + 1);
	header->monotonic_ns += 50 * SECOND;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
}

/* -- expirations --------------------------------------------------------------------- */

static void expired_once(void)
{
	make(CLOCK_MONOTONIC, 0, 1000000, 0);
	sleep_ms(20);
	ready();
	check_equal(expirations(), 1);
	check_equal(expirations(), -EAGAIN);
	check_equal(left(), 0);
}
TEST_STORIES(expired_once)

/* What has expired and is not read: as many as ran out while the program ran */
static void expired_often(clockid_t clock)
{
	int64_t start = now_ns(CLOCK_MONOTONIC), ran, n;

	make(clock, 0, 10000000, 10000000);
	sleep_ms(200);
	ran = now_ns(CLOCK_MONOTONIC) - start;
	ready();
	n = expirations();
	check(n >= 20);
	check(n <= (ran + SLACK) / 10000000);
	check(left() <= 10000000);
	sleep_ms(50);
	check(expirations() >= 4);
}

static void expired_often_monotonic(void) { expired_often(CLOCK_MONOTONIC); }
static void expired_often_alarm(void) { expired_often(CLOCK_BOOTTIME_ALARM); }
TEST_AWAY(expired_often_monotonic)
TEST_AWAY(expired_often_alarm)
TEST_LEFT_RUNNING(expired_often_monotonic)

/* It expired while nobody ran, for its time is that of the clock. */
static void expired_meanwhile(void)
{
	make(CLOCK_REALTIME, TFD_TIMER_ABSTIME, now_ns(CLOCK_REALTIME) + SECOND, SECOND);
	ready();
	check(wait_until(expirations() >= 1));
	check(left() <= SECOND);
}
TEST_AWAY(expired_meanwhile)

static void not_set(void)
{
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	check(fd >= 0);
	ready();
	check_equal(left(), 0);
	check_equal(expirations(), -EAGAIN);
	set(0, 1000000, 0);
	check(wait_until(expirations() == 1));
}
TEST_STORIES(not_set)

static void read_already(void)
{
	make(CLOCK_MONOTONIC, 0, 1000000, 0);
	check(wait_until(expirations() == 1));
	ready();
	check_equal(left(), 0);
	check_equal(expirations(), -EAGAIN);
}
TEST_STORIES(read_already)

/* -- a change of the clock ----------------------------------------------------------- */

static void set_clock(void)
{
	struct timespec ts = span(now_ns(CLOCK_REALTIME) + 1000000);

	check(!clock_settime(CLOCK_REALTIME, &ts));
}

static void make_cancellable(void)
{
	make(CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
	     now_ns(CLOCK_REALTIME) + FAR, 0);
}

static void cancelled_later(void)
{
	make_cancellable();
	ready();
	check_equal(expirations(), -EAGAIN);
	set_clock();
	check_equal(expirations(), -ECANCELED);
	check_equal(expirations(), -EAGAIN);
	check(left() > FAR / 2);
}
TEST_KILLED(cancelled_later)
TEST_TWICE(cancelled_later)

static void cancelled_before(void)
{
	struct pollfd p;

	make_cancellable();
	set_clock();
	ready();
	p = (struct pollfd) { .fd = fd, .events = POLLIN };
	check_equal(poll(&p, 1, 0), 1);
	check_equal(expirations(), -ECANCELED);
	check_equal(expirations(), -EAGAIN);
}
TEST_STORIES(cancelled_before)

static void cancelled_meanwhile(void)
{
	make_cancellable();
	ready();
	check_equal(expirations(), -ECANCELED);
	check_equal(expirations(), -EAGAIN);
}

TEST(clock_set_while_nobody_ran)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, cancelled_meanwhile));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	set_clock();
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- who has it ---------------------------------------------------------------------- */

static void read_in_the_child(void *arg)
{
	child_ready();
	check_equal(expirations(), 1);
}

/* One timer, two processes and a duplicate */
static void shared(void)
{
	pid_t pid;
	int copy;

	make(CLOCK_MONOTONIC, 0, 1000000, 0);
	copy = dup(fd);
	pid = spawn(read_in_the_child, NULL);
	await_child(pid);
	sleep_ms(20);
	ready();
	join(pid);
	check_equal(syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, fd, copy), 0);
	fd = copy;
	check_equal(expirations(), -EAGAIN);
}
TEST_STORIES(shared)

static void wait_for_it(void *arg)
{
	check(!fcntl(fd, F_SETFL, 0));
	check_equal(expirations(), 1);
}

static void blocked_reader(void)
{
	pid_t pid;

	make(CLOCK_MONOTONIC, 0, FAR, 0);
	pid = spawn(wait_for_it, NULL);
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_read)));
	set(0, 1000000, 0);
	join(pid);
}
TEST_STORIES(blocked_reader)

static void keep_inherited(void)
{
	ready();
	check_equal(expirations(), -EAGAIN);
}

TEST(open_outside_refused)
{
	struct subject s;
	char words[64];

	make(CLOCK_MONOTONIC, 0, FAR, 0);
	ASSERT_EQ(0, subject_start_inside(&s, NULL, keep_inherited));
	EXPECT_EQ(-EBUSY, subject_save(&s, CHECKPOINT_KILL));
	snprintf(words, sizeof(words), "a timerfd is open in process %d", getpid());
	EXPECT_TRUE(subject_told(&s, words));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- forged images ------------------------------------------------------------------- */

static void has_timer(void)
{
	make(CLOCK_MONOTONIC, 0, FAR, SECOND);
	ready();
	check(left() > 0);
}

/* Each field, with a value that no honest checkpoint writes */
TEST_F(forged, fields)
{
	static const struct ckpt_rec_file_timerfd lies[] = {
		{ .clockid = CLOCK_TAI },
		{ .clockid = -1 },
		{ .clockid = CLOCK_MONOTONIC, .flags = ~CKPT_TIMERFD_FLAGS },
		{ .clockid = CLOCK_MONOTONIC, .flags = CKPT_TIMERFD_EXPIRED },
		{ .clockid = CLOCK_MONOTONIC, .ticks = 1,
		  .flags = CKPT_TIMERFD_EXPIRED | CKPT_TIMERFD_ACTIVE },
		{ .clockid = CLOCK_MONOTONIC,
		  .flags = CKPT_TIMERFD_ABSOLUTE | CKPT_TIMERFD_CANCEL_ON_SET },
		{ .clockid = CLOCK_REALTIME, .flags = CKPT_TIMERFD_CANCEL_ON_SET },
		{ .clockid = CLOCK_REALTIME, .flags = CKPT_TIMERFD_CANCELED },
		{ .clockid = CLOCK_MONOTONIC, .settime_flags = ~0U },
		{ .clockid = CLOCK_MONOTONIC, .interval_ns = -1 },
		{ .clockid = CLOCK_MONOTONIC, .expires_ns = INT64_MIN },
		{ .clockid = CLOCK_MONOTONIC, .remaining_ns = INT64_MIN },
		{ .clockid = CLOCK_MONOTONIC, .cred = 0xffff },
	};
	struct ckpt_rec_file_timerfd *data, truth;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, has_timer));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_TIMERFD) + 1);
	truth = *data;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		*data = lies[i];
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0))
			TH_LOG("lie %zu", i);
	}
	*data = truth;
	data->remaining_ns = INT64_MAX;
	data->interval_ns = INT64_MAX;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
