// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_timer_test.c - images of POSIX timers that lie: refused, and what is not refused
 * does no harm.
 */
#include "posix_timers.h"

static int ids[4];

/* One runs, of two the signals wait, one is on a CPU clock */
static void four_timers(void)
{
	int n;

	block(SIG);
	ids[0] = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
	set(ids[0], 0, FAR, SECOND);
	ids[1] = new_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIG);
	set(ids[1], 0, MS, MS);
	ids[2] = new_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIG);
	set(ids[2], 0, FAR, 0);
	check(wait_until(is_pending(SIG)));
	ids[3] = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
	set(ids[3], 0, MS, 0);
	check(wait_until(!left(ids[3])));
	ready();
	check(left(ids[0]) > FAR - SLACK);
	check_taken(ids[1], &n);
	check_taken(ids[3], &n);
	check(left(ids[2]) > FAR - SLACK);
}

/**
 * struct lies - what there is to lie about, in an image of four_timers()
 * @data: the record
 * @t: its timers
 * @queue: the queue in which the signals of the second and the last one wait
 * @rec: the first of those
 * @info: what comes with it
 */
struct lies {
	struct ckpt_rec_posix_timers *data;
	struct ckpt_rec_posix_timer *t;
	struct ckpt_rec_sigpending *queue;
	struct ckpt_rec_siginfo *rec;
	siginfo_t *info;
};

/* si_sys_private stands behind the signal's value. */
static int *sys_private(struct lies *l)
{
	return (int *)l->rec + 8;
}

static void number_twice(struct lies *l)
{
	l->t[1].id = l->t[0].id;
}

static void number_negative(struct lies *l)
{
	l->t[0].id = -1;
}

static void next_number_negative(struct lies *l)
{
	l->data->next_id = 1U << 31;
}

static void clock_unknown(struct lies *l)
{
	l->t[0].clockid = CLOCK_MONOTONIC_RAW;
}

static void clock_far_away(struct lies *l)
{
	l->t[0].clockid = 1000;
}

static void clock_of_a_descriptor(struct lies *l)
{
	l->t[0].clockid = ~63 | 3;
	l->t[0].clock_task = l->t[2].clock_task;
}

static void clock_of_a_cpu_without_a_task(struct lies *l)
{
	l->t[2].clock_task = 0;
}

static void clock_of_no_cpu_with_a_task(struct lies *l)
{
	l->t[0].clock_task = l->t[2].clock_task;
}

static void clock_of_another_number(struct lies *l)
{
	l->t[2].clockid &= 7;
	l->t[2].clockid |= ~15;
}

static void clock_absolute_of_a_cpu(struct lies *l)
{
	l->t[2].flags |= CKPT_POSIX_TIMER_ABSOLUTE;
}

static void unknown_flags(struct lies *l)
{
	l->t[0].flags = ~0U;
}

static void notifies_in_no_way(struct lies *l)
{
	l->t[0].notify = 7;
}

static void notifies_no_thread(struct lies *l)
{
	l->t[0].notify = SIGEV_THREAD_ID;
}

static void notifies_a_thread_and_a_process(struct lies *l)
{
	l->t[0].thread = l->t[2].clock_task;
}

static void silent_and_running(struct lies *l)
{
	l->t[0].notify = SIGEV_NONE;
}

static void no_signal(struct lies *l)
{
	l->t[0].signo = 0;
}

static void signal_far_away(struct lies *l)
{
	l->t[0].signo = 65;
}

static void runs_and_is_to_be_started(struct lies *l)
{
	l->t[0].requeue |= 1;
}

static void runs_and_its_signal_starts_it(struct lies *l)
{
	l->t[1].flags |= CKPT_POSIX_TIMER_ACTIVE;
}

static void interval_negative(struct lies *l)
{
	l->t[0].interval_ns = -1;
}

static void expires_negative(struct lies *l)
{
	l->t[0].expires_ns = -1;
}

static void left_out_of_range(struct lies *l)
{
	l->t[0].left_ns = INT64_MIN;
}

static void overrun_out_of_range(struct lies *l)
{
	l->t[0].overrun = INT64_MAX;
}

static void overrun_negative(struct lies *l)
{
	l->t[0].overrun_last = -2;
}

static void cpu_time_zero(struct lies *l)
{
	l->t[2].expires_ns = 0;
}

static void pending_of_no_timer(struct lies *l)
{
	l->info->si_timerid = 77;
}

static void pending_twice(struct lies *l)
{
	((siginfo_t *)l->rec[1].info)->si_timerid = l->info->si_timerid;
}

static void pending_of_another_signal(struct lies *l)
{
	l->t[1].signo = SIG + 1;
}

static void pending_of_a_silent_one(struct lies *l)
{
	l->t[1].notify = SIGEV_NONE;
}

static void pending_of_a_thread(struct lies *l)
{
	l->t[1].notify = SIGEV_THREAD_ID;
	l->t[1].thread = l->t[2].clock_task;
}

static void pending_of_no_timer_at_all(struct lies *l)
{
	l->info->si_code = SI_QUEUE;
}

static void pending_with_unknown_flags(struct lies *l)
{
	l->rec->flags = ~0U;
}

static void pending_with_fewer_overruns(struct lies *l)
{
	l->info->si_overrun = -1;
}

static void pending_starts_what_runs(struct lies *l)
{
	*sys_private(l) = l->t[0].requeue + 2;
	l->info->si_timerid = ids[0];
}

static const struct {
	const char *name;
	void (*tell)(struct lies *l);
} lies[] = {
#define LIE(name)	{ #name, name }
	LIE(number_twice),
	LIE(number_negative),
	LIE(next_number_negative),
	LIE(clock_unknown),
	LIE(clock_far_away),
	LIE(clock_of_a_descriptor),
	LIE(clock_of_a_cpu_without_a_task),
	LIE(clock_of_no_cpu_with_a_task),
	LIE(clock_of_another_number),
	LIE(clock_absolute_of_a_cpu),
	LIE(unknown_flags),
	LIE(notifies_in_no_way),
	LIE(notifies_no_thread),
	LIE(notifies_a_thread_and_a_process),
	LIE(silent_and_running),
	LIE(no_signal),
	LIE(signal_far_away),
	LIE(runs_and_is_to_be_started),
	LIE(runs_and_its_signal_starts_it),
	LIE(interval_negative),
	LIE(expires_negative),
	LIE(left_out_of_range),
	LIE(overrun_out_of_range),
	LIE(overrun_negative),
	LIE(cpu_time_zero),
	LIE(pending_of_no_timer),
	LIE(pending_twice),
	LIE(pending_of_another_signal),
	LIE(pending_of_a_silent_one),
	LIE(pending_of_a_thread),
	LIE(pending_of_no_timer_at_all),
	LIE(pending_with_unknown_flags),
	LIE(pending_with_fewer_overruns),
	LIE(pending_starts_what_runs),
};

static bool find(struct image *image, struct lies *l)
{
	struct ckpt_rec *r = image_find(image, CKPT_REC_POSIX_TIMERS);

	if (!r)
		return false;
	l->data = (void *)(r + 1);
	l->t = (void *)(l->data + 1);
	for (r = image_find(image, CKPT_REC_SIGPENDING); r;
	     r = next_record(image, r, CKPT_REC_SIGPENDING)) {
		l->queue = (void *)(r + 1);
		l->rec = (void *)(l->queue + 1);
		l->info = (void *)l->rec;
		if (l->queue->infos.count)
			return l->data->timers.count == 4 && l->queue->infos.count == 2;
	}
	return false;
}

TEST_F(forged, lies)
{
	struct lies l;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, four_timers));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct image truth;

		ASSERT_EQ(0, image_load(&truth, self->s.image));
		image_free(&self->image);
		ASSERT_EQ(0, image_load(&self->image, self->s.image));
		ASSERT_TRUE(find(&self->image, &l));
		lies[i].tell(&l);
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0))
			TH_LOG("%s", lies[i].name);
		ASSERT_EQ(0, image_store(&truth, self->s.image));
		image_free(&truth);
	}
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	subject_tell_failure();
}

/* What the program could have done to itself */
static void harmless(void)
{
	block(SIG);
	ids[0] = new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIG);
	set(ids[0], 0, FAR, SECOND);
	ids[1] = new_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIG);
	set(ids[1], TIMER_ABSTIME, FAR, 0);
	check(wait_until(is_pending(SIG)));
	ready();
	left(ids[0]);
	left(ids[1]);
	check(wait_until(take(SIG, NULL)));
	sleep_ms(50);
	take(SIG, NULL);
	set(ids[0], 0, FAR, 0);
	delete(ids[0]);
}

TEST_F(forged, extremes)
{
	struct ckpt_rec_posix_timers *data;
	struct ckpt_rec_posix_timer *t, truth;
	int i;

	ASSERT_EQ(0, subject_start(&self->s, harmless));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	data = (void *)(image_find(&self->image, CKPT_REC_POSIX_TIMERS) + 1);
	t = (void *)(data + 1);
	truth = *t;
	for (i = 0; i < 4; i++) {
		*t = truth;
		t->flags |= i & 1 ? CKPT_POSIX_TIMER_ABSOLUTE : 0;
		t->left_ns = i & 2 ? INT64_MAX : -INT64_MAX;
		t->expires_ns = i & 2 ? INT64_MAX : 0;
		t->interval_ns = i & 2 ? INT64_MAX : 1;
		t->requeue = 0x7ffffffe;
		t->overrun = INT64_MAX / 2;
		t->overrun_last = INT64_MAX / 2;
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		ASSERT_EQ(0, subject_restart(&self->s, 0));
		subject_go(&self->s, 1);
		EXPECT_EQ(0, subject_wait(&self->s))
			TH_LOG("extreme %d", i);
		subject_tell_failure();
		unlink(test_file("go1"));
	}
}

/* The timers are gone, and their signal is there. */
TEST(timers_left_out)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, four_timers));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_POSIX_TIMERS));
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "which did not send it"));
}

TEST_HARNESS_MAIN
