// SPDX-License-Identifier: GPL-2.0-only
/*
 * tail_test.c - what changes from outside while the image of a held tree is written:
 * it is in the image's tail, and comes back.
 */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "checkpoint_test.h"
#include "forged.h"

#define MEMORY	(16UL << 20)

/* -- a save that waits for its reader ------------------------------------------------- */

/* What is changed now comes too late for the metadata. */
static pid_t begin_save(struct subject *s, int *reader)
{
	return save_to_pipe(s, CHECKPOINT_KILL, reader);
}

/* Take the image and wait for the end of the program.  Return: as answer_of() */
static int end_save(struct subject *s, pid_t pid, int reader)
{
	int fd = open(s->image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char buf[65536];
	int answer;
	ssize_t n;

	while ((n = read(reader, buf, sizeof(buf))) > 0)
		check(write(fd, buf, n) == n);
	close(fd);
	close(reader);
	answer = answer_of(pid);
	if (!answer)
		check(waitpid(s->pid, &s->status, 0) == s->pid);
	return answer;
}

static unsigned int count_records(const struct subject *s, uint32_t type)
{
	struct image image;
	unsigned int n = 0;
	size_t i;

	check(!image_load(&image, s->image));
	for (i = 0; i < image.nr_records; i++)
		n += image_record(&image, i)->type == type;
	image_free(&image);
	return n;
}

/* -- signals --------------------------------------------------------------------------- */

static pid_t other_thread;
static pthread_barrier_t barrier;

static void expect_queued(int sig, int value)
{
	struct timespec none = {};
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	check_equal(sigtimedwait(&set, &info, &none), sig);
	check_equal(info.si_value.sival_int, value);
}

static void *waits(void *arg)
{
	siginfo_t info;
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	other_thread = gettid();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	check_equal(sigwaitinfo(&set, &info), SIGUSR2);
	/* libc makes SI_USER of SI_TKILL; who has lost the rest shows no sender. */
	check_equal(info.si_pid, getppid());
	return NULL;
}

static void gets_signals(void)
{
	union sigval first = { .sival_int = 1 };
	pthread_t thread;
	char tid[16];
	sigset_t set;

	sigfillset(&set);
	check(!sigprocmask(SIG_SETMASK, &set, NULL));
	check(!sigqueue(getpid(), SIGRTMIN, first));
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, waits, NULL));
	pthread_barrier_wait(&barrier);
	big_memory(MEMORY);
	snprintf(tid, sizeof(tid), "%d", other_thread);
	write_file("tid", tid, strlen(tid));
	ready();
	expect_queued(SIGRTMIN, 1);
	expect_queued(SIGRTMIN, 2);
	expect_queued(SIGRTMIN, 3);
	expect_queued(SIGRTMIN + 1, 4);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	check_equal(sigwaitinfo(&set, NULL), SIGHUP);
	sigpending(&set);
	check(!sigismember(&set, SIGRTMIN) && !sigismember(&set, SIGUSR2));
	pthread_barrier_wait(&barrier);
	check(!pthread_join(thread, NULL));
}

TEST(signals)
{
	union sigval value = { .sival_int = 2 };
	struct subject s;
	char tid[16];
	int reader;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, gets_signals));
	ASSERT_LT(0, read_file(test_file("tid"), tid, sizeof(tid)));
	pid = begin_save(&s, &reader);
	ASSERT_EQ(0, sigqueue(s.pid, SIGRTMIN, value));
	value.sival_int = 3;
	ASSERT_EQ(0, sigqueue(s.pid, SIGRTMIN, value));
	value.sival_int = 4;
	ASSERT_EQ(0, sigqueue(s.pid, SIGRTMIN + 1, value));
	ASSERT_EQ(0, kill(s.pid, SIGHUP));
	ASSERT_EQ(0, syscall(SYS_tgkill, s.pid, atoi(tid), SIGUSR2));
	ASSERT_EQ(0, end_save(&s, pid, reader));
	/* One of the process in the metadata; of the process and of the thread in the tail */
	EXPECT_EQ(3, count_records(&s, CKPT_REC_SIGPENDING));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* An edge that came so late is reported, though the instance was captured before. */
static void epoll_hears_of_it(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	check(!epoll_ctl(ep, EPOLL_CTL_ADD, signalfd(-1, &set, SFD_NONBLOCK), &event));
	big_memory(MEMORY);
	ready();
	check_equal(epoll_wait(ep, &event, 1, 0), 1);
	check_equal(epoll_wait(ep, &event, 1, 0), 0);
}

TEST(signal_that_epoll_watches)
{
	struct subject s;
	int reader;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, epoll_hears_of_it));
	pid = begin_save(&s, &reader);
	ASSERT_EQ(0, kill(s.pid, SIGUSR1));
	ASSERT_EQ(0, end_save(&s, pid, reader));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

static void on_signal(int sig)
{
	(void)sig;
}

static void gets_many_signals(void)
{
	signal(SIGUSR1, on_signal);
	big_memory(MEMORY);
	ready();
}

/* As the timer of another program would send it */
TEST(periodic_signal)
{
	struct subject s;
	pid_t sender;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, subject_start(&s, gets_many_signals));
		sender = fork();
		if (!sender) {
			while (!kill(s.pid, SIGUSR1))
				sleep_ms(1);
			_exit(0);
		}
		sleep_ms(20);
		EXPECT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		kill(sender, SIGKILL);
		waitpid(sender, NULL, 0);
		ASSERT_EQ(0, subject_restart(&s, 0));
		subject_go(&s, 1);
		ASSERT_EQ(0, subject_wait(&s));
	}
}

/* -- settings -------------------------------------------------------------------------- */

static void gets_settings(void)
{
	struct rlimit limit;
	cpu_set_t cpus;
	char text[32];

	big_memory(MEMORY);
	ready();
	check(!getrlimit(RLIMIT_CORE, &limit));
	check_equal(limit.rlim_cur, 4096);
	check_equal(limit.rlim_max, 8192);
	errno = 0;
	check_equal(getpriority(PRIO_PROCESS, 0), 7);
	check(!sched_getaffinity(0, sizeof(cpus), &cpus));
	check_equal(CPU_COUNT(&cpus), 1);
	check(CPU_ISSET(0, &cpus));
	check_equal(sched_getscheduler(0), SCHED_BATCH);
	check(read_file("/proc/self/oom_score_adj", text, sizeof(text)) > 0);
	check_equal(atoi(text), 321);
	check(read_file("/proc/self/coredump_filter", text, sizeof(text)) > 0);
	check_equal(strtoul(text, NULL, 16), 0x15);
}

static bool put(pid_t pid, const char *name, const char *value)
{
	char path[64];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = write(fd, value, strlen(value)) > 0;
	close(fd);
	return ok;
}

TEST(settings)
{
	struct rlimit limit = { .rlim_cur = 4096, .rlim_max = 8192 };
	struct sched_param none = {};
	struct subject s;
	cpu_set_t cpus;
	int reader;
	pid_t pid;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	ASSERT_EQ(0, subject_start(&s, gets_settings));
	pid = begin_save(&s, &reader);
	ASSERT_EQ(0, prlimit(s.pid, RLIMIT_CORE, &limit, NULL));
	ASSERT_EQ(0, sched_setscheduler(s.pid, SCHED_BATCH, &none));
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, s.pid, 7));
	ASSERT_EQ(0, sched_setaffinity(s.pid, sizeof(cpus), &cpus));
	ASSERT_TRUE(put(s.pid, "oom_score_adj", "321"));
	ASSERT_TRUE(put(s.pid, "coredump_filter", "0x15"));
	ASSERT_EQ(0, end_save(&s, pid, reader));
	EXPECT_EQ(2, count_records(&s, CKPT_REC_RLIMITS));
	EXPECT_EQ(2, count_records(&s, CKPT_REC_SCHED));
	EXPECT_EQ(2, count_records(&s, CKPT_REC_OOM));
	EXPECT_EQ(0, count_records(&s, CKPT_REC_SIGPENDING));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

static void is_big(void)
{
	big_memory(MEMORY);
	ready();
}

#define GROUP	"/sys/fs/cgroup/tail"

/* Where it is moved to is what restart compares with. */
TEST(control_group)
{
	struct subject s;
	char text[16];
	int reader;
	pid_t pid;

	ASSERT_TRUE(!mkdir(GROUP, 0755) || errno == EEXIST);
	ASSERT_EQ(0, subject_start(&s, is_big));
	pid = begin_save(&s, &reader);
	snprintf(text, sizeof(text), "%d", s.pid);
	put_text(GROUP "/cgroup.procs", text);
	ASSERT_EQ(0, end_save(&s, pid, reader));
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "its control group /tail is now the restarter's"));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
	rmdir(GROUP);
}

static void waits_to_be_stopped(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	check(!sigprocmask(SIG_BLOCK, &set, NULL));
	check(!raise(SIGTSTP));
	big_memory(MEMORY);
	ready();
	check(!sigpending(&set));
	check(!sigismember(&set, SIGTSTP));
}

/* Its only signal is taken from it: the tail cannot say that there is none any more. */
TEST(state_that_is_gone)
{
	struct subject s;
	int reader;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, waits_to_be_stopped));
	pid = begin_save(&s, &reader);
	ASSERT_EQ(0, kill(s.pid, SIGCONT));
	EXPECT_EQ(EAGAIN, end_save(&s, pid, reader));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(nothing)
{
	struct subject s;
	int reader;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, is_big));
	pid = begin_save(&s, &reader);
	ASSERT_EQ(0, end_save(&s, pid, reader));
	EXPECT_EQ(1, count_records(&s, CKPT_REC_RLIMITS));
	EXPECT_EQ(1, count_records(&s, CKPT_REC_SCHED));
	EXPECT_EQ(1, count_records(&s, CKPT_REC_OOM));
	EXPECT_EQ(0, count_records(&s, CKPT_REC_SIGPENDING));
	EXPECT_EQ(1, count_records(&s, CKPT_REC_INDEX));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- the format ------------------------------------------------------------------------- */

/*
 * "LNUXCPK1" was written for a while, and never released.  Its header was laid out as this
 * one, and all that came behind it otherwise: the header alone has to say it.
 */
TEST(unreleased_format)
{
	struct ckpt_rec_header *header;
	struct image image;
	struct subject s;
	uint8_t *behind;
	size_t first;

	ASSERT_EQ(0, subject_start(&s, is_big));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, image_load(&image, s.image));
	header = (void *)(image_record(&image, 0) + 1);
	EXPECT_EQ(CKPT_MAGIC, header->magic);
	EXPECT_EQ(0, memcmp(header, "LNUXCPK2", 8));
	memcpy(header, "LNUXCPK1", 8);
	image_seal(&image);
	first = image.records[1];
	behind = malloc(image.len - first);
	ASSERT_NE(NULL, behind);
	memcpy(behind, image.data + first, image.len - first);
	memset(image.data + first, 0xa5, image.len - first);
	ASSERT_EQ(0, image_store(&image, s.image));
	EXPECT_EQ(-EOPNOTSUPP, subject_restart(&s, RESTART_CHECK));
	EXPECT_EQ(-EOPNOTSUPP, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "the image has the format of an unreleased version; save the program again"));

	/* Nothing else was wrong with it. */
	memcpy(image.data + first, behind, image.len - first);
	free(behind);
	memcpy(header, "LNUXCPK2", 8);
	image_seal(&image);
	ASSERT_EQ(0, image_store(&image, s.image));
	image_free(&image);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- job control ------------------------------------------------------------------------- */

static void has_stopped_child(void)
{
	pid_t pid = fork();
	char text[16];
	int status;

	if (!pid) {
		raise(SIGSTOP);
		_exit(3);
	}
	check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	snprintf(text, sizeof(text), "%d", pid);
	write_file("child", text, strlen(text));
	big_memory(MEMORY);
	ready();
	/* Nobody else continues it. */
	check(waitpid(pid, &status, 0) == pid);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

TEST(continued)
{
	struct subject s;
	char text[16];
	int reader;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, has_stopped_child));
	ASSERT_LT(0, read_file(test_file("child"), text, sizeof(text)));
	pid = begin_save(&s, &reader);
	ASSERT_EQ(0, kill(atoi(text), SIGCONT));
	ASSERT_EQ(0, end_save(&s, pid, reader));
	reap_all();
	EXPECT_EQ(2, count_records(&s, CKPT_REC_STOPS));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
