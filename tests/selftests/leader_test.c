// SPDX-License-Identifier: GPL-2.0-only
/*
 * leader_test.c - the first thread of a process has exited, and others live on.
 */
#include <linux/sched.h>
#include <pthread.h>
#include <sys/resource.h>

#include "forged.h"

#define LEADERS_CODE	5
#define LAST_CODE	9

static char state_of(pid_t pid)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return read_file(path, text, sizeof(text)) > 0 ? strrchr(text, ')')[2] : '?';
}

static void *runs(void *run)
{
	check(wait_until(state_of(getpid()) == 'Z'));
	((void (*)(void))run)();
	_exit(0);
}

/* @run goes on in another thread, the first one exits. */
static void hand_over(void (*run)(void))
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, runs, run));
	syscall(SYS_exit, LEADERS_CODE);
}

/* -- the process goes on ----------------------------------------------------------------- */

static volatile sig_atomic_t usr1;

static void on_usr1(int sig)
{
	(void)sig;
	usr1++;
}

static unsigned int count_tasks(void)
{
	char text[64];

	check(status_line("Threads", text, sizeof(text)) > 0);
	return atoi(text);
}

static void lives_on(void)
{
	pid_t pid = getpid(), tid = gettid();
	unsigned int *memory = big_memory(65536);
	unsigned int first = memory[0], threads = count_tasks();
	int fds[2], fd;
	sigset_t set;
	char c = 'x';

	check(pid != tid);
	check_equal(threads, 2);
	check(!pipe(fds) && write(fds[1], &c, 1) == 1);
	check(!mkdir("deeper", 0700) || errno == EEXIST);
	check(!chdir("deeper"));
	signal(SIGUSR1, on_usr1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	check(!pthread_sigmask(SIG_BLOCK, &set, NULL));
	check(!kill(pid, SIGUSR2));
	ready();
	check_equal(getpid(), pid);
	check_equal(gettid(), tid);
	check_equal(state_of(pid), 'Z');
	check_equal(count_tasks(), threads);
	check_equal(memory[0], first);
	check(read(fds[0], &c, 1) == 1 && c == 'x');
	fd = open("../deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(fd >= 0);
	sigpending(&set);
	check(sigismember(&set, SIGUSR2));
	check(!kill(pid, SIGUSR1));
	check(wait_until(usr1 == 1));
}

static void root(void) { hand_over(lives_on); }
TEST_STORIES(root)

/* -- what its parent and its children see --------------------------------------------------- */

static volatile unsigned int *shared;
static volatile sig_atomic_t children;

static void on_child(int sig)
{
	(void)sig;
	children++;
}

static void last_thread(void)
{
	shared[0] = 1;
	check(wait_until(shared[1]));
	syscall(SYS_exit, LAST_CODE);
}

static void outlived(void *arg)
{
	(void)arg;
	hand_over(last_thread);
}

static pid_t child_of_threads(void)
{
	struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART };
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED && !sigaction(SIGCHLD, &action, NULL));
	pid = spawn(outlived, NULL);
	check(wait_until(shared[0]));
	return pid;
}

/* The process ends with its last thread, and as that says. */
static void expect_end(pid_t pid)
{
	int status;

	check_equal(waitpid(pid, &status, WNOHANG), 0);
	check_equal(children, 0);
	shared[1] = 1;
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, LAST_CODE << 8);
	check(wait_until(children == 1));
}

static void child(void)
{
	pid_t pid = child_of_threads();

	ready();
	check_equal(state_of(pid), 'Z');
	expect_end(pid);
}
TEST_STORIES(child)

static void stopped_child(void)
{
	pid_t pid = child_of_threads();
	siginfo_t info;

	check(!kill(pid, SIGSTOP));
	check(!waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	/* A stop can be waited for before its signal is sent. */
	check(wait_until(children));
	children = 0;
	ready();
	check(!waitid(P_PID, pid, &info, WSTOPPED));
	check_equal(info.si_status, SIGSTOP);
	sleep_ms(10);
	check(!kill(pid, SIGCONT));
	check(!waitid(P_PID, pid, &info, WCONTINUED));
	check(wait_until(children));
	children = 0;
	expect_end(pid);
}
TEST_KILLED(stopped_child)

/* Its children belong to a thread that lives, and nobody's parent dies in a restart. */
static void waits(void *arg)
{
	(void)arg;
	check(!prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
	child_ready();
	check(getppid() == *(pid_t *)arg);
}

static void has_child(void)
{
	pid_t self = getpid(), pid = spawn(waits, &self);

	await_child(pid);
	ready();
	join(pid);
}

static void parent(void) { hand_over(has_child); }
TEST_KILLED(parent)
TEST_TWICE(parent)

/* Locks belong to the process. */
static void has_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };
	int fd = open("locked", O_RDWR | O_CREAT | O_CLOEXEC, 0600), status;
	pid_t self = getpid(), pid;

	check(fd >= 0 && !fcntl(fd, F_SETLK, &lock));
	ready();
	pid = fork();
	if (!pid)
		_exit(fcntl(fd, F_GETLK, &lock) || lock.l_type != F_WRLCK || lock.l_pid != self);
	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, 0);
}

static void lock(void) { hand_over(has_lock); }
TEST_KILLED(lock)

/* -- what /proc goes on showing of the leader --------------------------------------------- */

static void drop_line(char *text, const char *name)
{
	char *line = strstr(text, name), *next;

	if (line) {
		next = strchrnul(line, '\n');
		memmove(line, next, strlen(next) + 1);
	}
}

/* Its exit costs some context switches anew. */
static void look_at(pid_t pid, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, pid);
	check(read_file(path, text, size) > 0);
	drop_line(text, "SigQ:");
	drop_line(text, "nonvoluntary_ctxt_switches:");
	drop_line(text, "voluntary_ctxt_switches:");
}

static void odd_leader(void *arg)
{
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGUSR1);
	check(!prctl(PR_SET_NAME, "odd one"));
	check(!setpriority(PRIO_PROCESS, 0, 7));
	hand_over(last_thread);
}

static void status(void)
{
	static char before[8192], after[8192];
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED);
	pid = spawn(odd_leader, NULL);
	check(wait_until(shared[0]));
	look_at(pid, before, sizeof(before));
	ready();
	look_at(pid, after, sizeof(after));
	if (strcmp(before, after))
		fail(__FILE__, __LINE__, "was \"%s\", is \"%s\"", before, after);
	check_equal(getpriority(PRIO_PROCESS, pid), 7);
	shared[1] = 1;
	check(waitpid(pid, NULL, 0) == pid);
}
TEST_KILLED(status)
TEST_TWICE(status)

/* -- held, and forged ---------------------------------------------------------------------- */

/* A process with the program's pid cannot become it: its only thread would have to exit. */
static int becomes(const struct subject *s)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	int fd = open(s->image, O_RDONLY | O_CLOEXEC), status = -1;
	pid_t pid;

	args.set_tid = (uintptr_t)&s->pid;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(-sys_restart(0, fd, RESTART_SELF, NULL, 0));
	close(fd);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ended_when_made)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, root));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_EQ(EINVAL, becomes(&s));
	ASSERT_EQ(0, subject_restart(&s, RESTART_FROZEN));
	EXPECT_EQ('Z', state_of(s.pid));
	ASSERT_EQ(0, sys_checkpoint(0, s.rargs.hold_fd, CHECKPOINT_END, NULL, 0));
	ASSERT_EQ(s.pid, waitpid(s.pid, &s.status, 0));
	EXPECT_TRUE(WIFSIGNALED(s.status) && WTERMSIG(s.status) == SIGKILL);
}

static void save_root(struct subject *s, struct image *image)
{
	check(!subject_start(s, root));
	check(!save_and_load(s, image));
}

static struct ckpt_rec_task *task_of(const struct ckpt_rec *rec)
{
	return (struct ckpt_rec_task *)(rec + 1);
}

TEST_F(forged, outlived_by_none)
{
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&self->s, ready));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_TASK);
	task_of(rec)->state = CKPT_TASK_OUTLIVED;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

TEST_F(forged, thread_is_outlived)
{
	struct ckpt_rec *rec;

	save_root(&self->s, &self->image);
	rec = image_find(&self->image, CKPT_REC_TASK);
	rec = next_record(&self->image, rec, CKPT_REC_TASK);
	task_of(rec)->state = CKPT_TASK_OUTLIVED;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

TEST_F(forged, zombie_has_threads)
{
	save_root(&self->s, &self->image);
	task_of(image_find(&self->image, CKPT_REC_TASK))->state = CKPT_TASK_ZOMBIE;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

/* It would need registers. */
TEST_F(forged, leader_lives)
{
	save_root(&self->s, &self->image);
	task_of(image_find(&self->image, CKPT_REC_TASK))->state = CKPT_TASK_ALIVE;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

/* The first one is the leader's. */
TEST_F(forged, leader_without_credentials)
{
	save_root(&self->s, &self->image);
	ASSERT_TRUE(image_leave_out(self->s.image, CKPT_REC_TASK_CRED));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "has no task_cred record in the image"));
}

TEST_HARNESS_MAIN
