// SPDX-License-Identifier: GPL-2.0-only
/*
 * subject.c - running subjects: see subject.h.
 */
#include <grp.h>
#include <dirent.h>
#include <ftw.h>

#include "subject.h"

char test_dir[64];
static int stage;

long sys_checkpoint(pid_t pid, int fd, unsigned long flags, struct checkpoint_args *args,
		    size_t size)
{
	long ret = syscall(CKPT_NR_checkpoint, pid, fd, flags, args, size);

	return ret < 0 ? -errno : ret;
}

long sys_restart(int crid, int fd, unsigned long flags, struct restart_args *args, size_t size)
{
	long ret = syscall(CKPT_NR_restart, crid, fd, flags, args, size);

	return ret < 0 ? -errno : ret;
}

/* -- both sides --------------------------------------------------------------------- */

void tell(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
}

bool set_policy(const char *value)
{
	int fd = open(POLICY, O_WRONLY);
	bool ok = write(fd, value, 1) == 1;

	close(fd);
	return ok;
}

unsigned int time_scale(void)
{
	const char *scale = getenv("GUEST_TIME_SCALE");

	return scale ? atoi(scale) : 1;
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

const char *test_file(const char *name)
{
	static char paths[4][128];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s%s", test_dir, name);
	return path;
}

void copy_program(const char *to)
{
	static char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n;

	check(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		check_equal(write(out, buf, n), n);
	check(!n && !fchmod(out, 0755) && !close(in) && !close(out));
}

void write_file(const char *name, const void *data, size_t len)
{
	int fd = open(test_file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		fail(__FILE__, __LINE__, "%s cannot be written (errno %d)", name, errno);
	close(fd);
}

ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	close(fd);
	buf[len] = '\0';
	return len;
}

static bool exists(const char *name, int nr)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s%d", test_dir, name, nr);
	return !access(path, F_OK);
}

/* Whoever sees the file may save its maker at once: it is never open. */
static void touch(const char *name, int nr)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s%d", test_dir, name, nr);
	mknod(path, S_IFREG | 0666, 0);
}

/* -- the subject's side --------------------------------------------------------------- */

void fail(const char *file, int line, const char *fmt, ...)
{
	char text[512];
	va_list args;
	int fd, len;

	len = snprintf(text, sizeof(text), "pid %d %s:%d: ", getpid(), file, line);
	va_start(args, fmt);
	len += vsnprintf(text + len, sizeof(text) - len, fmt, args);
	va_end(args);
	if (len > (int)sizeof(text) - 2)
		len = sizeof(text) - 2;
	text[len++] = '\n';
	fd = open(test_file("failure"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, len) != len)
		_exit(2);
	_exit(1);
}

void ready(void)
{
	touch("ready", ++stage);
	if (!wait_until(exists("go", stage)))
		_exit(3);
}

void child_ready(void)
{
	touch("up", getpid());
	if (!wait_until(exists("go", stage + 1)))
		_exit(3);
}

void await_child(pid_t pid)
{
	check(wait_until(exists("up", pid)));
}

pid_t spawn(void (*run)(void *), void *arg)
{
	pid_t pid = fork();

	check(pid >= 0);
	if (pid)
		return pid;
	run(arg);
	_exit(0);
}

void join(pid_t pid)
{
	int status;

	check(waitpid(pid, &status, 0) == pid);
	check_equal(status, 0);
}

/* The harness shares memory with its tests, which could not be saved. */
static void drop_shared_memory(void)
{
	unsigned long start, end;
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "re");

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "/dev/zero (deleted)") &&
		    sscanf(line, "%lx-%lx ", &start, &end) == 2)
			munmap((void *)start, end - start);
	if (maps)
		fclose(maps);
}

static void leave_test(void)
{
	int null;

	setsid();
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close_range(3, ~0U, 0);
}

static void subject_main(bool apart, void (*prepare)(void), void (*run)(void))
{
	if (apart)
		leave_test();
	drop_shared_memory();
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	if (chdir(test_dir))
		_exit(4);
	stage = 0;
	if (prepare)
		prepare();
	run();
	_exit(0);
}

/* -- the test's side --------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* What tests before this one have left: images are large. */
static void remove_old_directories(void)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	pid_t pid;

	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "checkpoint-%d-", &pid) == 1 && pid != getpid() &&
		    kill(pid, 0))
			nftw(entry->d_name, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (dir)
		closedir(dir);
}

static int make_directory(void)
{
	static int nr;
	char cwd[32];

	remove_old_directories();
	if (!getcwd(cwd, sizeof(cwd)))
		return -errno;
	/* Another namespace may have a process of this number. */
	do {
		snprintf(test_dir, sizeof(test_dir), "%s/checkpoint-%d-%d",
			 strcmp(cwd, "/") ? cwd : "/tmp", getpid(), ++nr);
		errno = mkdir(test_dir, 0777) ? errno : 0;
	} while (errno == EEXIST);
	if (errno || chmod(test_dir, 0777))
		return -errno;
	strcat(test_dir, "/");
	return 0;
}

static int start(struct subject *s, bool apart, void (*prepare)(void), void (*run)(void))
{
	int err = make_directory();

	if (err) {
		tell("no directory for the test: %s", strerror(-err));
		return err;
	}
	memset(s, 0, sizeof(*s));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	snprintf(s->image, sizeof(s->image), "%simage", test_dir);
	fflush(NULL);
	s->pid = fork();
	if (!s->pid)
		subject_main(apart, prepare, run);
	return s->pid < 0 ? -errno : subject_await(s, 1);
}

int subject_start(struct subject *s, void (*run)(void))
{
	return start(s, true, NULL, run);
}

int subject_start_inside(struct subject *s, void (*prepare)(void), void (*run)(void))
{
	return start(s, false, prepare, run);
}

void subject_tell_failure(void)
{
	char text[2048], *line, *end;

	if (read_file(test_file("failure"), text, sizeof(text)) <= 0)
		return;
	for (line = text; *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = '\0';
		tell("  %s", line);
	}
}

static bool has_exited(struct subject *s)
{
	pid_t pid = waitpid(s->pid, &s->status, WNOHANG | __WALL);

	if (pid < 0)
		s->status = -1;		/* there is none */
	return pid;
}

int subject_await(struct subject *s, int nr)
{
	bool gone = false;

	if (wait_until(exists("ready", nr) || (gone = has_exited(s))) && !gone)
		return 0;
	tell("the subject %s before it was ready (status %#x)",
	     gone ? "ended" : "hangs", s->status);
	subject_tell_failure();
	return -ECHILD;
}

void subject_go(struct subject *s, int nr)
{
	touch("go", nr);
	(void)s;
}

static void tell_errors(struct subject *s, const char *what, long ret, unsigned int used)
{
	unsigned int i;

	tell("%s: %s (%ld)", what, strerror(-ret), ret);
	for (i = 0; i < used && i < NR_ERRORS; i++)
		tell("  pid %d tid %d type %#x object %u offset %llu: %s", s->errors[i].pid,
		     s->errors[i].tid, s->errors[i].type, s->errors[i].object,
		     (unsigned long long)s->errors[i].offset, s->errors[i].message);
}

void reap_all(void)
{
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}

long subject_save(struct subject *s, unsigned long flags)
{
	int fd = open(s->image, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	long ret;

	if (fd < 0)
		return -errno;
	memset(&s->cargs, 0, sizeof(s->cargs));
	memset(s->errors, 0, sizeof(s->errors));
	s->cargs.errors = (uintptr_t)s->errors;
	s->cargs.nr_errors = NR_ERRORS;
	s->cargs.external = (uintptr_t)s->external;
	s->cargs.nr_external = s->nr_external;
	s->cargs.keep_seconds = s->keep_seconds;
	/* A debug kernel needs longer for everything; watchdog_test has the default. */
	s->cargs.timeout_ms = 3000 * time_scale();
	ret = sys_checkpoint(s->pid, fd, flags | CHECKPOINT_ARGS, &s->cargs, sizeof(s->cargs));
	close(fd);
	if (ret < 0) {
		tell_errors(s, "checkpoint", ret, s->cargs.errors_used);
	} else if (flags & CHECKPOINT_KILL) {
		if (waitpid(s->pid, &s->status, 0) != s->pid ||
		    !WIFSIGNALED(s->status) || WTERMSIG(s->status) != SIGKILL) {
			tell("the saved program was not killed: status %#x", s->status);
			return -ECHILD;
		}
		reap_all();
	}
	return ret;
}

long subject_restart(struct subject *s, unsigned long flags)
{
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	memset(&s->rargs, 0, sizeof(s->rargs));
	memset(s->errors, 0, sizeof(s->errors));
	s->rargs.errors = (uintptr_t)s->errors;
	s->rargs.nr_errors = NR_ERRORS;
	s->rargs.inherit = (uintptr_t)s->inherit;
	s->rargs.nr_inherit = s->nr_inherit;
	s->rargs.moved = (uintptr_t)s->moved;
	s->rargs.nr_moved = s->nr_moved;
	ret = sys_restart(0, fd, flags | RESTART_ARGS, &s->rargs, sizeof(s->rargs));
	close(fd);
	if (ret < 0) {
		tell_errors(s, "restart", ret, s->rargs.errors_used);
		return ret;
	}
	if (flags & RESTART_CHECK)
		return 0;
	if (ret != s->pid) {
		tell("restart gave pid %ld, not %d", ret, s->pid);
		kill(ret, SIGKILL);
		return -ESRCH;
	}
	return 0;
}

long subject_restart_below(struct subject *s, const uint32_t *groups, unsigned int nr)
{
	struct restart_args *args = &s->rargs;
	int fd = open(s->image, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	memset(args, 0, sizeof(*args));
	memset(s->errors, 0, sizeof(s->errors));
	args->flags = RESTART_ARG_OWNER;
	args->owner_uid = 1000;
	args->owner_groups = (uintptr_t)groups;
	args->nr_owner_groups = nr;
	args->moved = (uintptr_t)s->moved;
	args->nr_moved = s->nr_moved;
	args->errors = (uintptr_t)s->errors;
	args->nr_errors = NR_ERRORS;
	ret = sys_restart(0, fd, RESTART_ARGS, args, sizeof(*args));
	close(fd);
	if (ret < 0)
		tell_errors(s, "restart", ret, args->errors_used);
	return ret;
}

long subject_restart_below_user(struct subject *s)
{
	const uint32_t group = 1000;

	return subject_restart_below(s, &group, 1);
}

int subject_wait(struct subject *s)
{
	bool ended = wait_until(has_exited(s));

	if (ended && !s->status && access(test_file("failure"), F_OK))
		return 0;
	if (ended)
		tell("the subject ended with status %#x", s->status);
	else
		tell("the subject does not end");
	subject_tell_failure();
	return -ECHILD;
}

void subject_kill(struct subject *s)
{
	pid_t child;
	int fd, n;
	char path[64], text[4096], *next;

	/* Orphans come to this process; end them as they come. */
	kill(s->pid, SIGKILL);
	kill(s->pid, SIGCONT);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = '\0';
		for (next = text; (child = strtol(next, &next, 10)) > 0; ) {
			kill(child, SIGKILL);
			waitpid(child, NULL, __WALL);
		}
	} while (n > 0);
}

bool subject_told(const struct subject *s, const char *words)
{
	unsigned int i;

	for (i = 0; i < NR_ERRORS; i++)
		if (strstr(s->errors[i].message, words))
			return true;
	return false;
}

/* -- programs executed anew ------------------------------------------------------------ */

#define AFTER_EXEC	"CHECKPOINT_TEST_AFTER_EXEC"

__attribute__((weak))
void after_exec(void)
{
	ready();
}

/* Before the harness shares memory with its tests */
__attribute__((constructor(101)))
static void begin_after_exec(void)
{
	const char *dir = getenv(AFTER_EXEC);

	if (!dir)
		return;
	snprintf(test_dir, sizeof(test_dir), "%s", dir);
	after_exec();
	_exit(0);
}

void execute_program(const char *path)
{
	char *args[] = { program_invocation_short_name, NULL };

	setenv(AFTER_EXEC, test_dir, 1);
	execv(path, args);
	fail(__FILE__, __LINE__, "execv (errno %d)", errno);
}

void execute_self(void)
{
	execute_program("/proc/self/exe");
}

void execute_self_as_user(void)
{
	check(!setgroups(0, NULL));
	check(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	close_range(0, 2, 0);
	check(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
	execute_self();
}
