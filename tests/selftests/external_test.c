// SPDX-License-Identifier: GPL-2.0-only
/*
 * external_test.c - descriptors beside 0 to 2 that lead outside: those that are given as
 * external are replaced by what the restarter gives for them.
 */
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "forged.h"
#include "std.h"

static const uint32_t external[] = { 5, 7 };
static int given[2] = { -1, -1 };

/* @given as 5 and 7, and the first of them as 6 too */
static void keep_given(void)
{
	int a = fcntl(given[0], F_DUPFD, 90), b = fcntl(given[1], F_DUPFD, 90);

	std_to_null();
	close_range(3, 89, 0);
	dup2(a, 5);
	dup2(a, 6);
	if (b >= 0)
		dup2(b, 7);
	close_range(90, ~0U, 0);
}

static void give(struct subject *s, unsigned int nr)
{
	s->external = external;
	s->nr_external = nr;
}

static void inherit(struct subject *s, const struct restart_inherit *pairs, unsigned int nr)
{
	s->inherit = pairs;
	s->nr_inherit = nr;
}

#define START(run)								\
	ASSERT_EQ(0, subject_start_inside(s, keep_given, run))

FIXTURE(external)
{
	struct subject s;
	int in[2], out[2], pair[2];
};

FIXTURE_SETUP(external)
{
	memset(self, 0, sizeof(*self));
	ASSERT_EQ(0, pipe(self->in) | pipe(self->out) |
		     socketpair(AF_UNIX, SOCK_STREAM, 0, self->pair));
}

FIXTURE_TEARDOWN(external)
{
}

/* -- pipes --------------------------------------------------------------------------------- */

static void answers(void)
{
	char c;

	ready();
	check(!syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, 5, 6));
	check(read(6, &c, 1) == 1);
	c++;
	check(write(7, &c, 1) == 1);
}

TEST_F(external, pipes)
{
	int new_in[2], new_out[2];
	struct subject *s = &self->s;
	struct restart_inherit pairs[2];
	char c = 0;

	given[0] = self->in[0];
	given[1] = self->out[1];
	START(answers);
	EXPECT_EQ(-EBUSY, subject_save(s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(s, "a pipe that leads out of the tree, can only be replaced as fd 0, 1, 2 or with --external 5"));
	give(s, 2);
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(s, "becomes what the restarter gives for it (--inherit 5=FD)"));

	EXPECT_EQ(-EBADF, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "and nothing is given for it; give one of yours with 'rstr --inherit 5=FD'"));
	ASSERT_EQ(0, pipe(new_in) | pipe(new_out));
	pairs[0] = (struct restart_inherit){ 7, new_out[1] };
	pairs[1] = (struct restart_inherit){ 5, new_in[0] };
	inherit(s, pairs, 2);
	EXPECT_EQ(-EPERM, subject_restart(s, RESTART_STRICT_IO));
	ASSERT_EQ(0, subject_restart(s, 0));
	EXPECT_EQ(2, s->rargs.errors_used);
	subject_go(s, 1);
	ASSERT_EQ(1, write(new_in[1], "A", 1));
	ASSERT_EQ(1, read(new_out[0], &c, 1));
	EXPECT_EQ('B', c);
	EXPECT_EQ(0, subject_wait(s));
}

static void waits(void)
{
	ready();
}

/* Watched by a number that is closed since */
static void watches(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 17 };
	int ep = epoll_create1(0);

	check(dup2(5, 9) == 9 && !epoll_ctl(ep, EPOLL_CTL_ADD, 9, &event));
	check(!close(9));
	ready();
	memset(&event, 0, sizeof(event));
	check(epoll_wait(ep, &event, 1, 10000) == 1 && event.data.u32 == 17);
}

TEST_F(external, watched)
{
	struct restart_inherit pair;
	struct subject *s = &self->s;
	int new_in[2];

	given[0] = self->in[0];
	given[1] = -1;
	START(watches);
	give(s, 1);
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_EQ(0, pipe(new_in));
	pair = (struct restart_inherit){ 5, new_in[0] };
	inherit(s, &pair, 1);
	ASSERT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	ASSERT_EQ(1, write(new_in[1], "A", 1));
	EXPECT_EQ(0, subject_wait(s));
}

/* What others read at the same time has no place in the middle. */
TEST_F(external, read_on)
{
	struct restart_inherit pair;
	struct subject *s = &self->s;
	struct ckpt_rec *rec;
	struct image image;
	char entries[4096];

	given[0] = self->in[0];
	given[1] = open("/", O_RDONLY | O_DIRECTORY);
	ASSERT_LT(0, getdents64(given[1], entries, sizeof(entries)));
	START(waits);
	give(s, 1);
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&image, s->image));
	rec = image_find(&image, CKPT_REC_DIRECTORY);
	ASSERT_NE(NULL, rec);
	ASSERT_NE(NULL, image_find(&image, CKPT_REC_FILE_OUTSIDE));
	rec->object = image_find(&image, CKPT_REC_FILE_OUTSIDE)->object;
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s->image));
	image_free(&image);
	pair = (struct restart_inherit){ 5, self->in[0] };
	inherit(s, &pair, 1);
	EXPECT_EQ(-EINVAL, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "a directory that was outside is read by others"));
}

TEST_F(external, not_fit)
{
	struct restart_inherit pairs[2];
	struct subject *s = &self->s;

	given[0] = self->in[0];
	given[1] = self->pair[1];
	START(waits);
	give(s, 2);
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	pairs[0] = (struct restart_inherit){ 5, self->out[1] };
	pairs[1] = (struct restart_inherit){ 7, self->pair[0] };
	inherit(s, pairs, 2);
	EXPECT_EQ(-EBADF, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "is not open for reading, which the program needs"));
	pairs[0].from = self->in[0];
	pairs[1].from = self->out[1];
	EXPECT_EQ(-EBADF, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "is not open for reading and writing"));
	pairs[1].from = 999;
	EXPECT_EQ(-EBADF, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "the restarter has no fd 999"));
	pairs[1] = (struct restart_inherit){ 8, 0 };
	EXPECT_EQ(-EINVAL, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "fd 8 of the image does not lead outside"));
	pairs[1] = (struct restart_inherit){ 5, 0 };
	EXPECT_EQ(-EINVAL, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "is out of range or given twice"));
	pairs[1] = (struct restart_inherit){ 7, self->pair[0] };
	EXPECT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* -- a socket, shared with a child, whose descriptor of the same number is another -------- */

static void child_with_file_on_5(void *arg)
{
	close(5);
	check(open("/dev/zero", O_RDONLY) == 3 && dup2(3, 5) == 5);
	child_ready();
	check(write(6, "child", 5) == 5);
}

static void asks(void)
{
	pid_t pid = spawn(child_with_file_on_5, NULL);
	char buf[8];

	await_child(pid);
	ready();
	join(pid);
	check(write(5, "parent", 6) == 6);
	check(read(5, buf, 2) == 2 && !memcmp(buf, "ok", 2));
}

TEST_F(external, socket)
{
	struct restart_inherit pairs[1];
	struct subject *s = &self->s;
	char buf[16] = "";
	int pair[2];

	given[0] = self->pair[1];
	START(asks);
	EXPECT_EQ(-EBUSY, subject_save(s, CHECKPOINT_KILL));
	give(s, 1);
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pairs[0] = (struct restart_inherit){ 5, pair[0] };
	inherit(s, pairs, 1);
	ASSERT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(5, recv(pair[1], buf, 5, MSG_WAITALL));
	EXPECT_EQ(6, recv(pair[1], buf + 5, 6, MSG_WAITALL));
	EXPECT_EQ(0, strcmp(buf, "childparent"));
	EXPECT_EQ(2, write(pair[1], "ok", 2));
	EXPECT_EQ(0, subject_wait(s));
}

/* -- a named pipe ----------------------------------------------------------------------------- */

static void writes_to_5(void)
{
	ready();
	check(write(5, "named", 5) == 5);
}

TEST_F(external, named_pipe)
{
	struct restart_inherit pairs[1];
	struct subject *s = &self->s;
	char name[64], buf[8];
	int reader;

	snprintf(name, sizeof(name), "/tmp/external-%d", getpid());
	ASSERT_EQ(0, mkfifo(name, 0600));
	reader = open(name, O_RDONLY | O_NONBLOCK);
	given[0] = open(name, O_WRONLY);
	START(writes_to_5);
	close(given[0]);
	EXPECT_EQ(-EBUSY, subject_save(s, CHECKPOINT_KILL));
	give(s, 1);
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	pairs[0] = (struct restart_inherit){ 5, open(name, O_WRONLY) };
	inherit(s, pairs, 1);
	ASSERT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
	EXPECT_EQ(5, read(reader, buf, sizeof(buf)));
	unlink(name);
}

/* -- standard descriptors ------------------------------------------------------------------------ */

static void in_and_out(void)
{
	std_to_null();
	dup2(given[0], 0);
	dup2(given[1], 1);
	close_range(3, ~0U, 0);
}

static void copies_one(void)
{
	char c;

	ready();
	check(read(0, &c, 1) == 1 && write(1, &c, 1) == 1);
}

/* The restarter's own 0 to 2 stay out of it. */
TEST_F(external, standard_descriptors_too)
{
	struct restart_inherit pairs[2];
	struct subject *s = &self->s;
	char c = 0;

	given[0] = self->in[0];
	given[1] = self->out[1];
	ASSERT_EQ(0, subject_start_inside(s, in_and_out, copies_one));
	ASSERT_LT(0, subject_save(s, CHECKPOINT_KILL));
	pairs[0] = (struct restart_inherit){ 0, self->in[0] };
	pairs[1] = (struct restart_inherit){ 1, self->out[1] };
	inherit(s, pairs, 2);
	ASSERT_EQ(0, subject_restart(s, 0));
	subject_go(s, 1);
	ASSERT_EQ(1, write(self->in[1], "x", 1));
	ASSERT_EQ(1, read(self->out[0], &c, 1));
	EXPECT_EQ('x', c);
	EXPECT_EQ(0, subject_wait(s));
}

/* -- arguments ------------------------------------------------------------------------------------- */

TEST_F(external, arguments_of_checkpoint)
{
	uint32_t many[CKPT_EXTERNAL_MAX + 1] = {}, twice[] = { 5, 5 }, negative = -1;
	struct subject *s = &self->s;

	given[0] = self->in[0];
	START(waits);
	s->external = many;
	s->nr_external = CKPT_EXTERNAL_MAX + 1;
	EXPECT_EQ(-E2BIG, subject_save(s, CHECKPOINT_KILL));
	s->external = twice;
	s->nr_external = 2;
	EXPECT_EQ(-EINVAL, subject_save(s, CHECKPOINT_KILL));
	s->external = &negative;
	s->nr_external = 1;
	EXPECT_EQ(-EINVAL, subject_save(s, CHECKPOINT_KILL));
	s->external = (void *)16;
	EXPECT_EQ(-EFAULT, subject_save(s, CHECKPOINT_KILL));
	s->external = external;
	s->nr_external = 2;
	EXPECT_EQ(-EBADF, subject_save(s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(s, "no process has a terminal, pipe or socket as fd 7"));
	subject_go(s, 1);
	EXPECT_EQ(0, subject_wait(s));
}

/* -- forged images ------------------------------------------------------------------------------ */

TEST_F(external, forged_descriptor)
{
	struct subject *s = &self->s;
	struct ckpt_rec_file_outside *data;
	struct image image;

	given[0] = self->in[0];
	START(waits);
	give(s, 1);
	ASSERT_EQ(0, save_and_load(s, &image));
	data = (void *)(image_find(&image, CKPT_REC_FILE_OUTSIDE) + 1);
	data->fd = 1U << 31;
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s->image));
	EXPECT_EQ(-EINVAL, subject_restart(s, 0));
	data->fd = 200;
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s->image));
	EXPECT_EQ(-EBADF, subject_restart(s, 0));
	EXPECT_TRUE(subject_told(s, "fd 200 led outside"));
	image_free(&image);
}

TEST_HARNESS_MAIN
