// SPDX-License-Identifier: GPL-2.0-only
/*
 * stopped_root_test.c - job control: a root that is stopped, SIGCONT and SIGKILL while a tree
 * is held, images that lie about stops.
 */
#include "stopped.h"

/* -- the root ---------------------------------------------------------------------------- */

static void stops_as_root(void)
{
	write_file("ready1", "", 0);
	raise(SIGSTOP);
	write_file("ran", "", 0);
	check(wait_until(!access(test_file("go1"), F_OK)));
}

static bool has_run(void)
{
	return !access(test_file("ran"), F_OK);
}

static void remove_ran(void)
{
	unlink(test_file("ran"));
}

TEST(root)
{
	struct subject s;
	int status;

	ASSERT_EQ(0, subject_start(&s, stops_as_root));
	ASSERT_EQ(s.pid, waitpid(s.pid, &status, WUNTRACED));
	ASSERT_LT(0, subject_save(&s, 0));
	EXPECT_EQ('T', state_of(s.pid));
	EXPECT_EQ(0, waitpid(s.pid, &status, WUNTRACED | WNOHANG));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	/* The restarter has not heard of the stop. */
	ASSERT_EQ(s.pid, waitpid(s.pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	sleep_ms(20);
	EXPECT_FALSE(has_run());
	subject_go(&s, 1);
	kill(s.pid, SIGCONT);
	ASSERT_EQ(0, subject_wait(&s));
	EXPECT_TRUE(has_run());
}

static void stops_with_threads(void)
{
	pthread_t thread;
	int i;

	share();
	for (i = 1; i < THREADS; i++)
		check(!pthread_create(&thread, NULL, counts, (void *)&shared[i + 1]));
	stops_as_root();
	_exit(0);
}

/* Its parent hears of it once, when all have stopped. */
TEST(root_with_threads)
{
	struct subject s;
	siginfo_t info;
	int status;

	count_sigchld();
	ASSERT_EQ(0, subject_start(&s, stops_with_threads));
	ASSERT_EQ(s.pid, waitpid(s.pid, &status, WUNTRACED));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	children_died = 0;
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(0, waitid(P_PID, s.pid, &info, WSTOPPED | WNOWAIT));
	EXPECT_EQ(SIGSTOP, info.si_status);
	ASSERT_LT(0, subject_save(&s, 0));
	EXPECT_EQ(s.pid, waitpid(s.pid, &status, WUNTRACED));
	EXPECT_EQ(0, waitpid(s.pid, &status, WUNTRACED | WNOHANG));
	EXPECT_EQ(1, children_died);
	subject_go(&s, 1);
	kill(s.pid, SIGCONT);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- SIGCONT while it is held -------------------------------------------------------------- */

static void child_writes(void)
{
	pid_t pid = fork();
	char text[16];

	if (!pid) {
		raise(SIGSTOP);
		write_file("ran", "", 0);
		_exit(0);
	}
	snprintf(text, sizeof(text), "%d", pid);
	write_file("child", text, strlen(text));
	check(waitpid(pid, NULL, WUNTRACED) == pid);
	ready();
	kill(pid, SIGCONT);
	join(pid);
}

static pid_t child_of(struct subject *s)
{
	char text[16];

	if (subject_start(s, child_writes) || read_file(test_file("child"), text, sizeof(text)) < 0)
		return -1;
	return atoi(text);
}

/* The hold does not end with the stop; the tree cannot end, for the SIGCONT would be lost. */
TEST(continued_when_held)
{
	struct subject s;
	pid_t pid = child_of(&s);

	ASSERT_LT(0, pid);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	sleep_ms(50);
	EXPECT_FALSE(has_run());
	EXPECT_EQ(-EAGAIN, sys_checkpoint(0, s.cargs.hold_fd, CHECKPOINT_END, NULL, 0));
	close(s.cargs.hold_fd);
	EXPECT_TRUE(wait_until(has_run()));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	remove_ran();

	/* In the image it is stopped. */
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	sleep_ms(20);
	EXPECT_FALSE(has_run());
	close(s.rargs.hold_fd);
	ASSERT_EQ(0, subject_wait(&s));
}

/* Nothing else in the image says that it is stopped. */
TEST(runs_without_its_record)
{
	struct subject s;
	pid_t pid = child_of(&s);

	ASSERT_LT(0, pid);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(s.image, CKPT_REC_STOPS));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(wait_until(has_run()));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	remove_ran();
}

TEST(killed_when_held)
{
	struct subject s;
	pid_t pid = child_of(&s);

	ASSERT_LT(0, pid);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_FROZEN));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	close(s.cargs.hold_fd);
	ASSERT_TRUE(wait_until(state_of(pid) != 'T'));
	EXPECT_FALSE(has_run());
	subject_kill(&s);
}

/* -- forged images -------------------------------------------------------------------------- */

static void forgeable(void)
{
	unsigned int was[THREADS] = {};
	pid_t pid;

	share();
	pid = spawn(with_threads, NULL);
	check(wait_until(all_count(was)));
	check(!kill(pid, SIGSTOP));
	check(wait_until(told(pid, WSTOPPED | WNOWAIT) == SIGSTOP));
	ready();
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
}

FIXTURE_VARIANT(forged)
{
	void (*forge)(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops);
	const char *words;
};

static void nonsense_signal(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->signal = SIGSEGV;
}

static void nonsense_of_thread(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[1].signal = 0x10000 | SIGSTOP;
}

static void unknown_flag(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->flags |= 1U << 9;
}

static void stopped_and_continued(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->flags |= CKPT_STOPS_CONTINUED;
}

static void alone(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)stops;
	data->flags = 0;
}

static void twice(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[1].thread = stops[0].thread;
}

static void of_another(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[0].thread--;
}

static void of_nobody(struct ckpt_rec_stops *data, struct ckpt_rec_stop *stops)
{
	(void)data;
	stops[THREADS - 1].thread = 0;
}

#define FORGE(_name, _words)	\
	FIXTURE_VARIANT_ADD(forged, _name) { .forge = _name, .words = _words }

FORGE(nonsense_signal, "by what is no stop signal");
FORGE(nonsense_of_thread, "by what is no stop signal");
FORGE(unknown_flag, "unknown flags");
FORGE(stopped_and_continued, "stopped and was continued");
FORGE(alone, "stopped alone");
FORGE(twice, "not in order");
FORGE(of_another, "another process's thread");
FORGE(of_nobody, "0");

TEST_F(forged, refused)
{
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&self->s, forgeable));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_STOPS);
	ASSERT_NE(NULL, rec);
	variant->forge((void *)(rec + 1), (void *)((char *)(rec + 1) + sizeof(struct ckpt_rec_stops)));
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, variant->words));
}

/* A stop that was under way goes on, and then its parent hears of it. */
static void awaits_stop(void)
{
	unsigned int was[THREADS] = {};
	siginfo_t info;
	pid_t pid;

	share();
	count_sigchld();
	pid = spawn(with_threads, NULL);
	check(wait_until(all_count(was)));
	check(!kill(pid, SIGSTOP));
	check(wait_until(told(pid, WSTOPPED | WNOWAIT) == SIGSTOP));
	check(wait_until(children_died == 1));
	children_died = 0;
	ready();
	check(!waitid(P_PID, pid, &info, WSTOPPED));
	check_equal(info.si_status, SIGSTOP);
	check(wait_until(children_died == 1));
	kill(pid, SIGKILL);
	check(waitpid(pid, NULL, 0) == pid);
}

TEST(stop_in_progress)
{
	struct subject s;
	struct image image;
	struct ckpt_rec_stops *data;
	struct ckpt_rec_stop *stops;
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&s, awaits_stop));
	ASSERT_EQ(0, save_and_load(&s, &image));
	rec = image_find(&image, CKPT_REC_STOPS);
	ASSERT_NE(NULL, rec);
	data = (void *)(rec + 1);
	stops = (void *)(data + 1);
	data->flags = 0;
	stops[0].flags = CKPT_STOP_COUNTED;
	stops[THREADS - 1].flags = CKPT_STOP_COUNTED;
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s.image));
	image_free(&image);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_restart(&s, 0));
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
