// SPDX-License-Identifier: GPL-2.0-only
/*
 * outside_modes_test.c - the modes of a terminal that is run from outside, such as the raw one
 * of an editor: the restarter's terminal takes them on, where the restarter could set them.
 */
#include "outside_terminal.h"

#define KEEPS	"keeps its modes"

/* Of a story, which runs in a process of its own */
static void must(bool ok, int line, const char *what)
{
	if (ok)
		return;
	tell("%s:%d: %s (errno %d)", __FILE__, line, what, errno);
	_exit(1);
}

#define want(condition)	must(condition, __LINE__, #condition)

static struct terminal before, after;

/*
 * Run a story in the leader of a session on the terminal before; it has another one for the
 * restart.  It may change both from the background, and hears of no hangup.
 */
static int in_session(void (*story)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		signal(SIGTTOU, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		setsid();
		if (!open_terminal(&before) || !open_terminal(&after) ||
		    ioctl(before.slave, TIOCSCTTY, 0))
			_exit(99);
		story();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* The new terminal becomes the controlling one. */
static bool change_terminal(void)
{
	return !ioctl(before.slave, TIOCNOTTY) && !ioctl(after.slave, TIOCSCTTY, 0);
}

static bool is_raw(int fd)
{
	struct termios t;

	return !tcgetattr(fd, &t) && !(t.c_lflag & ICANON) && t.c_cc[VMIN] == 3 &&
	       t.c_cc[VINTR] == 7;
}

/* -- the subject's side ---------------------------------------------------------------- */

/* With a file of its own too, that leads nowhere */
static void on_terminal(void)
{
	int fd = open(before.name, O_RDWR);

	check(fd >= 0);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	close_range(3, ~0U, 0);
	check_equal(open("/dev/zero", O_RDONLY), 3);
	check(!setpgid(0, 0));
}

static void in_foreground(void)
{
	struct termios t;

	on_terminal();
	check(!tcsetpgrp(0, getpid()));
	check(!tcgetattr(0, &t));
	cfmakeraw(&t);
	t.c_iflag |= IXANY | IGNPAR;
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 1;
	t.c_cc[VINTR] = 7;
	check(!tcsetattr(0, TCSANOW, &t));
}

/* That file first */
static void with_output_alone(void)
{
	in_foreground();
	check(dup2(3, 0) == 0 && !close(3));
}

/* What was typed before it came there is not lost, and comes at once. */
static void reads_keys(void)
{
	struct termios t, now;
	char buf[16] = "";

	check(!tcgetattr(0, &t));
	ready();
	check(!tcgetattr(0, &now));
	check_equal(now.c_iflag, t.c_iflag);
	check_equal(now.c_oflag, t.c_oflag);
	check_equal(now.c_lflag, t.c_lflag);
	check(!memcmp(now.c_cc, t.c_cc, sizeof(t.c_cc)));
	check_equal(read(0, buf, sizeof(buf)), 5);
	check(!strcmp(buf, "keys\n"));
}

static void waits(void)
{
	ready();
}

/* -- they come along ------------------------------------------------------------------- */

static void come_along(void)
{
	struct termios old, now;
	struct subject s;
	int line = -1;

	want(!subject_start_inside(&s, in_foreground, reads_keys));
	want(subject_save(&s, CHECKPOINT_KILL) > 0);
	want(change_terminal() && write(after.master, "keys\n", 5) == 5);
	want(!tcgetattr(after.slave, &old) && !cfsetspeed(&old, B9600));
	old.c_cflag |= HUPCL | CSTOPB;
	want(!tcsetattr(after.slave, TCSANOW, &old) && !tcgetattr(after.slave, &old));
	want(!restart_on(&s, after.slave, after.slave, 0));
	want(!subject_told(&s, KEEPS));
	want(is_raw(after.slave));
	/* What is about the line itself stays. */
	want(!tcgetattr(after.slave, &now));
	want(now.c_cflag == old.c_cflag && cfgetospeed(&now) == B9600 && now.c_line == old.c_line);
	want(!ioctl(after.slave, TIOCGETD, &line) && line == N_TTY);
	want(!tcsetpgrp(after.slave, s.rargs.pgrp));
	subject_go(&s, 1);
	want(!subject_wait(&s));
}

TEST(modes_come_along)
{
	EXPECT_EQ(0, in_session(come_along));
}

/* The output of a restarter may go elsewhere: its terminal is still the program's. */
static void come_along_with_input(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct subject s;

	want(!subject_start_inside(&s, in_foreground, waits));
	want(subject_save(&s, CHECKPOINT_KILL) > 0);
	want(change_terminal());
	want(!restart_on(&s, after.slave, null, 0));
	want(is_raw(after.slave));
	subject_kill(&s);
}

TEST(input_alone_is_a_terminal)
{
	EXPECT_EQ(0, in_session(come_along_with_input));
}

static void saved_in_background(void)
{
	struct image image = {};
	struct subject s;

	want(!subject_start_inside(&s, in_foreground, waits));
	/* As a shell that edits a line behind which the program runs */
	want(!tcsetpgrp(before.slave, getpgrp()));
	want(subject_save(&s, CHECKPOINT_KILL) > 0);
	want(!image_load(&image, s.image) && !image_find(&image, CKPT_REC_TTY_MODES));
	want(change_terminal());
	want(!restart_on(&s, after.slave, after.slave, 0));
	want(!subject_told(&s, KEEPS));
	want(!is_raw(after.slave));
	subject_kill(&s);
}

TEST(modes_of_whoever_is_in_the_foreground)
{
	EXPECT_EQ(0, in_session(saved_in_background));
}

/* -- where the restarter could not set them -------------------------------------------- */

static void keeps_modes(bool (*prepare)(void), int *out, unsigned long flags, bool told)
{
	struct subject s;

	want(!subject_start_inside(&s, in_foreground, waits));
	want(subject_save(&s, CHECKPOINT_KILL) > 0);
	want(prepare());
	want(!restart_on(&s, *out, *out, flags));
	want(subject_told(&s, KEEPS) == told);
	want(!is_raw(after.slave));
	subject_kill(&s);
}

static pid_t job;

/* Somebody else is in the foreground there. */
static bool job_in_foreground(void)
{
	job = fork();
	if (!job) {
		pause();
		_exit(0);
	}
	return change_terminal() && !setpgid(job, job) && !tcsetpgrp(after.slave, job);
}

static void restarter_in_background(void)
{
	keeps_modes(job_in_foreground, &after.slave, 0, true);
	kill(job, SIGKILL);
}

TEST(restarter_in_the_background)
{
	EXPECT_EQ(0, in_session(restarter_in_background));
}

static bool is_prepared(void)
{
	return true;
}

static void terminal_of_another(void)
{
	keeps_modes(is_prepared, &after.slave, 0, true);
}

TEST(not_its_controlling_terminal)
{
	EXPECT_EQ(0, in_session(terminal_of_another));
}

/* A master has no modes of its own. */
static void master_of_another(void)
{
	keeps_modes(change_terminal, &after.master, 0, true);
}

TEST(master_in_the_place_of_a_terminal)
{
	EXPECT_EQ(0, in_session(master_of_another));
}

static void not_waited_for(void)
{
	keeps_modes(change_terminal, &after.slave, RESTART_ORPHAN, true);
}

TEST(program_that_is_not_waited_for)
{
	EXPECT_EQ(0, in_session(not_waited_for));
}

static int null = -1;

static bool open_null(void)
{
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	return change_terminal() && null >= 0;
}

static void no_terminal(void)
{
	keeps_modes(open_null, &null, 0, false);
}

TEST(file_in_the_place_of_a_terminal)
{
	EXPECT_EQ(0, in_session(no_terminal));
}

static void strict_io(void)
{
	struct subject s;

	want(!subject_start_inside(&s, in_foreground, waits));
	want(subject_save(&s, CHECKPOINT_KILL) > 0);
	want(change_terminal());
	want(restart_on(&s, after.slave, after.slave, RESTART_STRICT_IO) == -EPERM);
	want(!is_raw(after.slave));
}

TEST(strict_io_leaves_the_terminal)
{
	EXPECT_EQ(0, in_session(strict_io));
}

/* -- forged ones ------------------------------------------------------------------------ */

static struct ckpt_rec_tty_modes *modes_of(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_TTY_MODES) + 1);
}

static void forge(struct subject *s, void (*prepare)(void), void (*change)(struct image *image))
{
	struct image image = {};

	want(!subject_start_inside(s, prepare, waits));
	want(subject_save(s, CHECKPOINT_KILL) > 0);
	want(!image_load(&image, s->image) && image_find(&image, CKPT_REC_TTY_MODES));
	change(&image);
	image_seal(&image);
	want(!image_store(&image, s->image));
	image_free(&image);
	want(change_terminal());
}

static void all_set(struct image *image)
{
	struct ckpt_rec_tty_modes *modes = modes_of(image);

	modes->iflag = ~0U;
	modes->oflag = ~0U;
	modes->lflag = ~0U;
	memset(modes->cc, 0xff, sizeof(modes->cc));
}

/* What TCGETS gives: the C library leaves a bit of c_iflag out */
struct kernel_termios {
	uint32_t flags[4];
	uint8_t line;
	uint8_t cc[19];
};

/* As by the system call, no more and no less */
static void any_modes(void)
{
	struct kernel_termios by_call, now;
	struct subject s;
	int line = -1;

	forge(&s, in_foreground, all_set);
	want(!ioctl(after.slave, TCGETS, &now));
	by_call = now;
	memset(by_call.flags, 0xff, sizeof(by_call.flags));
	by_call.flags[2] = now.flags[2];
	memset(by_call.cc, 0xff, sizeof(by_call.cc));
	want(!ioctl(before.slave, TCSETS, &by_call) && !ioctl(before.slave, TCGETS, &by_call));
	want(!restart_on(&s, after.slave, after.slave, 0));
	want(!ioctl(after.slave, TCGETS, &now) && !memcmp(&now, &by_call, sizeof(now)));
	want(now.flags[3] == ~0U);
	want(!ioctl(after.slave, TIOCGETD, &line) && line == N_TTY);
	subject_go(&s, 1);
	want(!subject_wait(&s));
}

TEST(any_modes_are_as_by_the_call)
{
	EXPECT_EQ(0, in_session(any_modes));
}

static void none_set(struct image *image)
{
	memset(modes_of(image), 0, sizeof(struct ckpt_rec_tty_modes));
}

static void locked_modes(void)
{
	struct termios locked = { .c_lflag = ECHO, .c_cc[VINTR] = 1 }, now;
	struct subject s;

	forge(&s, in_foreground, none_set);
	want(!ioctl(after.slave, TIOCSLCKTRMIOS, &locked));
	want(!restart_on(&s, after.slave, after.slave, 0));
	want(!tcgetattr(after.slave, &now));
	want(now.c_lflag == ECHO && now.c_cc[VINTR] == 3 && !now.c_cc[VEOF] && !now.c_iflag &&
	     !now.c_oflag);
	subject_kill(&s);
}

TEST(locked_modes_stay)
{
	EXPECT_EQ(0, in_session(locked_modes));
}

static void of_another_file(struct image *image)
{
	image_find(image, CKPT_REC_TTY_MODES)->object =
		image_find(image, CKPT_REC_FILE_DEVICE)->object;
}

static void reserved_set(struct image *image)
{
	modes_of(image)->reserved = 1;
}

static void refused(void (*change)(struct image *image), const char *words)
{
	struct subject s;

	forge(&s, with_output_alone, change);
	want(restart_on(&s, after.slave, after.slave, 0) == -EINVAL);
	want(subject_told(&s, words));
	want(!is_raw(after.slave));
}

static void modes_of_a_device(void)
{
	refused(of_another_file, "modes belong to no terminal");
}

TEST(modes_of_what_was_not_outside)
{
	EXPECT_EQ(0, in_session(modes_of_a_device));
}

static void reserved_byte(void)
{
	refused(reserved_set, "reserved");
}

TEST(reserved_byte_is_zero)
{
	EXPECT_EQ(0, in_session(reserved_byte));
}

TEST_HARNESS_MAIN
