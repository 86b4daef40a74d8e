// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt_kill_test.c - ckpt(1) itself is killed: before each of its system calls, and
 * at many moments within checkpoint().  Whenever it is, there is a whole image under
 * the name that was asked for, the old one or the new one, and the program runs on,
 * unless the new image was safe and it had been told to end the program.
 */
#include <dirent.h>

#include "checkpoint_test.h"
#include "../tools/steps.h"

#define MOMENTS	20

/* -- the program: counts, and writes the count down ----------------------------------- */

static size_t beating_memory;

static void beats(void)
{
	int fd = open("beat", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint64_t count = 0, seen;
	void *memory = NULL;

	if (beating_memory) {
		memory = mmap(NULL, beating_memory, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(memory != MAP_FAILED);
		pattern_fill(memory, beating_memory, 5);
	}
	check(pwrite(fd, &count, sizeof(count), 0) == sizeof(count));
	write_file("ready1", "", 0);
	while (access(test_file("go1"), F_OK)) {
		check(pread(fd, &seen, sizeof(seen), 0) == sizeof(seen));
		check_equal(seen, count);
		count++;
		check(pwrite(fd, &count, sizeof(count), 0) == sizeof(count));
		sleep_ms(1);
	}
	check(!memory || pattern_is(memory, beating_memory, 5));
}

static uint64_t beat(void)
{
	uint64_t count = 0;
	int fd = open(test_file("beat"), O_RDONLY | O_CLOEXEC);

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		count = 0;
	close(fd);
	return count;
}

/* -- what is there ---------------------------------------------------------------------- */

/**
 * struct scene - ckpt at work, again and again
 * @s: the program
 * @argv: the command
 * @old: an image stood under the name before, its copy is "old"
 * @piped: somebody else writes the image, and may leave half of one behind
 * @kept: how often the old image, or none, was there afterwards
 * @saved: how often the new one was, and the program ran on
 * @ended: how often the program had been ended
 * @left: how often a file under another name was left behind
 */
struct scene {
	struct subject s;
	char *argv[10];
	bool old;
	bool piped;
	unsigned int kept;
	unsigned int saved;
	unsigned int ended;
	unsigned int left;
};

static int run_command(char *const argv[])
{
	int status, null;
	pid_t pid = fork();

	if (!pid) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static bool is_whole(const char *path)
{
	char *argv[] = { "ckptinfo", "--verify", (char *)path, NULL };

	return !run_command(argv);
}

static bool is_same(const char *one, const char *other)
{
	char *argv[] = { "cmp", "-s", (char *)one, (char *)other, NULL };

	return !run_command(argv);
}

static bool copy(const char *from, const char *to)
{
	char *argv[] = { "cp", (char *)from, (char *)to, NULL };

	return !run_command(argv);
}

/* ckpt's own children may outlive it: wait for them.  True when the program has ended */
static bool wait_for_others(struct subject *s)
{
	char path[64], text[512], *next;
	bool others;
	pid_t child;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	do {
		others = false;
		if (read_file(path, text, sizeof(text)) < 0)
			break;
		for (next = text; (child = strtol(next, &next, 10)) > 0; ) {
			if (child != s->pid) {
				waitpid(child, NULL, __WALL);
				others = true;
			}
		}
	} while (others);
	return waitpid(s->pid, &s->status, WNOHANG) == s->pid;
}

static bool runs_or_ended(struct scene *scene, bool *ended)
{
	uint64_t before = beat();

	return wait_until((*ended = wait_for_others(&scene->s)) || beat() != before);
}

static bool wrong(const char *why)
{
	tell("%s", why);
	return false;
}

static bool is_ours(const char *name)
{
	static const char * const names[] = {
		".", "..", "ready1", "go1", "beat", "image", "old", "failure",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Temporary names begin with a dot, so that nobody takes them for images. */
static bool remove_leftovers(struct scene *scene)
{
	DIR *dir = opendir(test_dir);
	struct dirent *entry;
	bool ok = true;

	while (dir && (entry = readdir(dir))) {
		if (is_ours(entry->d_name))
			continue;
		if (strncmp(entry->d_name, ".image.", 7)) {
			tell("%s was left behind", entry->d_name);
			ok = false;
		}
		scene->left++;
		unlink(test_file(entry->d_name));
	}
	if (dir)
		closedir(dir);
	return ok;
}

/* After ckpt has been killed, or has ended.  Return: false, told, if all is not well */
static bool look(struct scene *scene)
{
	bool ended, new = false;

	if (!runs_or_ended(scene, &ended))
		return wrong("the program neither runs nor has ended");
	if (!access(scene->s.image, F_OK))
		new = !scene->old || !is_same(scene->s.image, test_file("old"));
	else if (scene->old)
		return wrong("the old image is gone");
	if (new && (ended || !scene->piped) && !is_whole(scene->s.image))
		return wrong("the new image is not whole");
	if (!remove_leftovers(scene))
		return false;
	if (!ended) {
		*(new ? &scene->saved : &scene->kept) += 1;
		return true;
	}
	scene->ended++;
	if (!new || !WIFSIGNALED(scene->s.status) || WTERMSIG(scene->s.status) != SIGKILL)
		return wrong("the program ended without a new image");
	return !subject_restart(&scene->s, 0);
}

/* As it was before */
static bool set_up(struct scene *scene)
{
	if (scene->old ? copy(test_file("old"), scene->s.image) :
			 !unlink(scene->s.image) || errno == ENOENT)
		return true;
	return wrong("cannot begin anew");
}

static bool begin(struct scene *scene, bool old)
{
	char *argv[] = { "ckpt", "-q", "-o", scene->s.image, "PID", NULL };
	static char pid[16];

	if (subject_start(&scene->s, beats))
		return false;
	snprintf(pid, sizeof(pid), "%d", scene->s.pid);
	argv[4] = pid;
	scene->argv[0] = "ckpt";
	scene->argv[1] = "-q";
	scene->argv[2] = "--kill";
	scene->argv[3] = "-o";
	scene->argv[4] = scene->s.image;
	scene->argv[5] = pid;
	scene->old = old;
	return !old || (!run_command(argv) && copy(scene->s.image, test_file("old")));
}

static bool finish(struct scene *scene)
{
	tell("old image kept %u times, new image and running %u, ended %u; %u leftovers",
	     scene->kept, scene->saved, scene->ended, scene->left);
	subject_go(&scene->s, 1);
	return !subject_wait(&scene->s);
}

/* -- killed before each system call -------------------------------------------------------- */

/* Kill it before its @step'th system call.  Return: 1, 0 if it ended before, -1 told */
static int kill_at(struct scene *scene, unsigned int step)
{
	int status = 0;
	long nr = 0;
	pid_t pid;

	if (!set_up(scene))
		return -1;
	pid = steps_start(scene->argv);
	if (pid < 0)
		return -1;
	while (nr >= 0 && step--)
		nr = steps_next(pid, &status);
	if (nr >= 0)
		steps_kill(pid);
	if (!look(scene)) {
		tell("killed before its system call %ld", nr);
		return -1;
	}
	if (nr < 0 && status) {
		tell("not killed, it ended with %#x", status);
		return -1;
	}
	return nr >= 0;
}

static bool kill_at_each_step(struct scene *scene)
{
	unsigned int step = 0;
	int ret;

	do {
		ret = kill_at(scene, ++step);
	} while (ret > 0);
	tell("%u system calls", step - 1);
	return !ret;
}

TEST(ckpt_killed_at_each_step)
{
	struct scene scene = {};

	ASSERT_TRUE(begin(&scene, true));
	ASSERT_TRUE(kill_at_each_step(&scene));
	/* all three outcomes have been seen */
	EXPECT_LT(0, scene.kept);
	EXPECT_LT(0, scene.saved);
	EXPECT_LT(0, scene.ended);
	EXPECT_TRUE(finish(&scene));
}

TEST(ckpt_without_an_old_image_killed_at_each_step)
{
	struct scene scene = {};

	ASSERT_TRUE(begin(&scene, false));
	scene.argv[2] = "-q";		/* no --kill */
	ASSERT_TRUE(kill_at_each_step(&scene));
	EXPECT_LT(0, scene.kept);
	EXPECT_LT(0, scene.saved);
	EXPECT_EQ(0, scene.ended);
	EXPECT_TRUE(finish(&scene));
}

/* The other side takes the image, looks at it, and confirms. */
TEST(ckpt_move_killed_at_each_step)
{
	struct scene scene = {};
	char script[320];

	ASSERT_TRUE(begin(&scene, false));
	snprintf(script, sizeof(script),
		 "cat >%s && ckptinfo --verify %s >/dev/null 2>&1 && echo 'rstr: restarted PID 1' #--confirm",
		 scene.s.image, scene.s.image);
	scene.piped = true;
	scene.argv[2] = "--move";
	scene.argv[3] = scene.argv[5];
	scene.argv[4] = "sh";
	scene.argv[5] = "-c";
	scene.argv[6] = script;
	ASSERT_TRUE(kill_at_each_step(&scene));
	EXPECT_LT(0, scene.saved);
	EXPECT_LT(0, scene.ended);
	EXPECT_TRUE(finish(&scene));
}

/* -- killed within checkpoint() --------------------------------------------------------------- */

/* Kill it @us microseconds after it has called checkpoint(). */
static bool kill_within(struct scene *scene, unsigned int us)
{
	int status;
	pid_t pid;
	long nr;

	if (!set_up(scene))
		return false;
	pid = steps_start(scene->argv);
	if (pid < 0)
		return false;
	do {
		nr = steps_next(pid, &status);
	} while (nr >= 0 && nr != CKPT_NR_checkpoint);
	if (nr < 0)
		return wrong("ckpt did not call checkpoint()");
	steps_let_go(pid);
	usleep(us);
	steps_kill(pid);
	return look(scene);
}

TEST(ckpt_killed_at_any_moment_of_checkpoint)
{
	struct scene scene = {};
	uint64_t began, took;
	unsigned int i;

	beating_memory = 16 << 20;
	ASSERT_TRUE(begin(&scene, true));
	began = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(0, run_command(scene.argv));
	ASSERT_TRUE(look(&scene));
	took = now_ns(CLOCK_MONOTONIC) - began;
	for (i = 0; i < MOMENTS; i++)
		ASSERT_TRUE(kill_within(&scene, took / 1000 * i / MOMENTS));
	EXPECT_LT(0, scene.kept);
	EXPECT_TRUE(finish(&scene));
}

TEST_HARNESS_MAIN
