// SPDX-License-Identifier: GPL-2.0-only
/*
 * compat_test.c - two ABIs in one tree: 64-bit programs with 32-bit children and the other
 * way round, single 32-bit calls of 64-bit programs, and what is special to 32-bit ones.
 *
 * It is built for both (compat_test and compat_compat_test), and each executes the other.
 */
#include <elf.h>
#include <poll.h>
#include <pthread.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "checkpoint_test.h"

#define GIB3		0xc0000000UL
#define ABOVE_3GB	((void *)0xd0000000UL)
#define PAGE		4096UL
#define LENGTH_MS	400

/* -- the program of the other ABI -------------------------------------------------------- */

#ifdef __x86_64__
#define OTHER	"compat_compat_test"
#else
#define OTHER	"compat_test"
#endif

/* What after_exec() does there, and in this program when it is executed again */
static void execute_as(const char *program, const char *role)
{
	char path[256], *name;
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	check(len > 0);
	path[len] = '\0';
	name = strrchr(path, '/') + 1;
	if (program)
		strcpy(name, program);
	setenv("CHECKPOINT_TEST_AFTER_EXEC", test_dir, 1);
	setenv("ROLE", role, 1);
	execl(path, path, NULL);
	fail(__FILE__, __LINE__, "%s cannot be executed (errno %d)", path, errno);
}

/* Memory, registers, and a call that is restarted */
static void looks_around(void (*pause_here)(void))
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct view auxv = {}, personality = {}, limits = {};
	double third = 1.0 / 3;
	pid_t pid = getpid();

	check(p != MAP_FAILED);
	pattern_fill(p, 3 * PAGE, sizeof(long));
	view_take(&auxv, "/proc/self/auxv");
	view_take(&personality, "/proc/self/personality");
	view_take(&limits, "/proc/self/limits");
	pause_here();
	check(pattern_is(p, 3 * PAGE, sizeof(long)));
	check(third * 3 == 1.0 && getpid() == pid);
	view_compare(&auxv, "/proc/self/auxv");
	view_compare(&personality, "/proc/self/personality");
	view_compare(&limits, "/proc/self/limits");
}

static void roles_of_layout(const char *role);

static void restarts(void)
{
	struct restart_args args = {};
	int fd = open(getenv("IMAGE"), O_RDONLY | O_CLOEXEC);

	_exit(sys_restart(0, fd, RESTART_ARGS, &args, sizeof(args)) > 0 ? 0 : 1);
}

void after_exec(void)
{
	const char *role = getenv("ROLE");

	if (!role)
		ready();
	else if (!strcmp(role, "subject"))
		looks_around(ready);
	else if (!strcmp(role, "child"))
		looks_around(child_ready);
	else if (!strcmp(role, "restarter"))
		restarts();
	else
		roles_of_layout(role);
}

static void executes_other(void)
{
	execute_as(OTHER, "subject");
}
TEST_STORIES(executes_other)

static void child_of_other_abi(void *arg)
{
	execute_as(OTHER, arg);
}

static void is_child(void *arg)
{
	(void)arg;
	looks_around(child_ready);
}

/* The child of the other ABI stands between two of this one. */
static void mixed_tree(void)
{
	pid_t first = spawn(is_child, NULL), other = spawn(child_of_other_abi, "child");
	pid_t last = spawn(is_child, NULL);

	await_child(first);
	await_child(other);
	await_child(last);
	looks_around(ready);
	join(first);
	join(other);
	join(last);
}
TEST_STORIES(mixed_tree)

static void waits(void)
{
	looks_around(ready);
}

/* Whose ABI the restarter has does not matter. */
TEST(restarter_of_the_other_abi)
{
	struct subject s;
	int status;
	pid_t pid;

	ASSERT_EQ(0, subject_start(&s, waits));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	pid = fork();
	if (!pid) {
		setenv("IMAGE", s.image, 1);
		execute_as(OTHER, "restarter");
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	subject_go(&s, 1);
	ASSERT_EQ(0, subject_wait(&s));
}

/* -- 32-bit calls, also of a 64-bit program ------------------------------------------------ */

/* Numbers of arch/x86/entry/syscalls/syscall_32.tbl */
enum {
	NR32_ipc = 117, NR32_nanosleep = 162, NR32_poll = 168, NR32_rt_sigaction = 174,
	NR32_rt_sigtimedwait = 177, NR32_mmap2 = 192, NR32_futex = 240, NR32_epoll_wait = 256,
	NR32_clock_nanosleep = 267, NR32_clock_nanosleep_time64 = 407,
};

struct time32 {
	int32_t sec, nsec;
};

static void *low_memory(size_t len)
{
#ifdef __x86_64__
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;
#else
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0);

	check(p != MAP_FAILED);
	return p;
}

/* Registers that only 64-bit code has keep their values. */
static int int80(int nr, long a, long b, long c, long d, long e)
{
	int ret;
#ifdef __x86_64__
	register long r8 asm("r8") = 0x0808080808080808, r15 asm("r15") = 0x1515151515151515;

	asm volatile("int $0x80" : "=a" (ret), "+r" (r8), "+r" (r15)
		     : "a" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (e) : "memory");
	check(r8 == 0x0808080808080808 && r15 == 0x1515151515151515);
#else
	asm volatile("int $0x80" : "=a" (ret)
		     : "a" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (e) : "memory");
#endif
	return ret;
}

#define TO_LONG(p)	((long)(uintptr_t)(p))

/* A call that waits in vain for LENGTH_MS, and what it answers then */
static void waits_in(int (*call)(struct time32 *length), int answer)
{
	struct time32 *length = low_memory(PAGE);
	uint64_t begin = now_ns(CLOCK_MONOTONIC);

	length->nsec = LENGTH_MS * 1000000;
	write_file("ready1", "", 0);
	check_equal(call(length), answer);
	check(now_ns(CLOCK_MONOTONIC) - begin >= LENGTH_MS * 1000000ULL);
}

static int call_nanosleep(struct time32 *length)
{
	return int80(NR32_nanosleep, TO_LONG(length), TO_LONG(length + 1), 0, 0, 0);
}

static int call_clock_nanosleep(struct time32 *length)
{
	return int80(NR32_clock_nanosleep, CLOCK_BOOTTIME, 0, TO_LONG(length),
		     TO_LONG(length + 1), 0);
}

static int call_clock_nanosleep_time64(struct time32 *length)
{
	int64_t *time64 = (int64_t *)(length + 2);

	time64[1] = length->nsec;
	return int80(NR32_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, TO_LONG(time64),
		     TO_LONG(time64), 0);
}

static int call_poll(struct time32 *length)
{
	return int80(NR32_poll, TO_LONG(length), 0, LENGTH_MS, 0, 0);
}

static int call_futex(struct time32 *length)
{
	int *word = (int *)(length + 1);

	return int80(NR32_futex, TO_LONG(word), 0 /* FUTEX_WAIT */, 0, TO_LONG(length), 0);
}

static int call_sigtimedwait(struct time32 *length)
{
	uint64_t *set = (uint64_t *)(length + 1);

	*set = 1ULL << (SIGUSR1 - 1);
	return int80(NR32_rt_sigtimedwait, TO_LONG(set), TO_LONG(length + 4), TO_LONG(length), 8,
		     0);
}

static int call_epoll_wait(struct time32 *length)
{
	int fd = syscall(SYS_epoll_create1, 0);

	return int80(NR32_epoll_wait, fd, TO_LONG(length), 1, LENGTH_MS, 0);
}

/* ipc(SEMTIMEDOP, set, 1, 0, operation, time) */
static int call_semtimedop(struct time32 *length)
{
	int set = int80(NR32_ipc, 2 /* SEMGET */, 0 /* IPC_PRIVATE */, 1, 0600, 0), ret;
	int16_t *op = (int16_t *)(length + 1);

	check(set >= 0);
	op[1] = -1;
#ifdef __x86_64__
	asm volatile("pushq %%rbp\n\tmovl %k[time], %%ebp\n\tint $0x80\n\tpopq %%rbp"
		     : "=a" (ret) : "a" (NR32_ipc), "b" (4), "c" (set), "d" (1), "S" (0),
		       "D" (op), [time] "r" (length) : "memory");
#else
	asm volatile("pushl %%ebp\n\tmovl %%esi, %%ebp\n\tint $0x80\n\tpopl %%ebp"
		     : "=a" (ret) : "a" (NR32_ipc), "b" (4), "c" (set), "d" (1), "S" (length),
		       "D" (op) : "memory");
#endif
	check(!int80(NR32_ipc, 3 /* SEMCTL */, set, 0, 0 /* IPC_RMID */, TO_LONG(length)));
	return ret;
}

#define TEST_CALL(name, answer)					\
	static void int80_##name(void) { waits_in(call_##name, answer); }	\
	TEST_STORIES(int80_##name)

TEST_CALL(nanosleep, 0)
TEST_CALL(clock_nanosleep, 0)
TEST_CALL(clock_nanosleep_time64, 0)
TEST_CALL(poll, 0)
TEST_CALL(futex, -ETIMEDOUT)
TEST_CALL(sigtimedwait, -EAGAIN)
TEST_CALL(epoll_wait, 0)

/* The original would take the set with it, where it did not wait yet when it was saved. */
static void int80_semtimedop(void) { waits_in(call_semtimedop, -EAGAIN); }
TEST_KILLED(int80_semtimedop)
TEST_TWICE(int80_semtimedop)

/* Where the next call maps is no secret that is lost. */
static void next_place(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	long place = int80(NR32_mmap2, 0, 16 * PAGE, PROT_READ, flags, -1);

	check(!munmap((void *)(uintptr_t)(uint32_t)place, 16 * PAGE));
	ready();
	check_equal(int80(NR32_mmap2, 0, 16 * PAGE, PROT_READ, flags, -1), place);
}
TEST_STORIES(next_place)

#ifdef __x86_64__

/*
 * A handler in 32-bit code that a 32-bit call of a 64-bit program has installed: counts, and
 * makes the 32-bit rt_sigreturn(2) behind the return address.
 */
static volatile int *count;

static void install_handler(void)
{
	uint8_t *low = low_memory(2 * PAGE);
	uint8_t code[] = { 0xff, 0x05, 0, 0, 0, 0,		/* incl count */
			   0x58, 0xb8, 173, 0, 0, 0, 0xcd, 0x80 };	/* pop, rt_sigreturn */
	struct {
		uint32_t handler, flags, restorer;
		uint32_t mask[2];
	} *action = (void *)(low + PAGE + 64);
	uint32_t address;

	count = (int *)(low + PAGE);
	address = (uintptr_t)count;
	memcpy(code + 2, &address, sizeof(address));
	memcpy(low, code, sizeof(code));
	action->handler = (uintptr_t)low;
	action->flags = SA_SIGINFO;
	check(!int80(NR32_rt_sigaction, SIGUSR1, TO_LONG(action), 0, 8, 0));
}

/* On a low stack, for the frame has 32 bits of each register alone */
static void *raises(void *arg)
{
	asm volatile("pushq %%rbp\n\tsyscall\n\tpopq %%rbp"
		     : : "a" (SYS_tgkill), "D" (getpid()), "S" (gettid()), "d" (SIGUSR1)
		     : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		       "memory", "cc");
	return NULL;
}

static void raise_on_low_stack(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	check(!pthread_attr_setstack(&attr, low_memory(64 * PAGE), 64 * PAGE));
	check(!pthread_create(&thread, &attr, raises, NULL));
	check(!pthread_join(thread, NULL));
}

static void handler_of_a_32_bit_call(void)
{
	install_handler();
	raise_on_low_stack();
	check_equal(*count, 1);
	ready();
	raise_on_low_stack();
	check_equal(*count, 2);
}
TEST_STORIES(handler_of_a_32_bit_call)

#endif

/* -- address spaces ------------------------------------------------------------------------ */

static void *map_above_3gb(void)
{
	return mmap(ABOVE_3GB, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static void roles_of_layout(const char *role)
{
	bool stays = !strcmp(role, "below 3 GiB");
	char *p;

	check((uintptr_t)&stays < GIB3);
	if (!stays)		/* the limit goes, and the place of the stack stays */
		check(personality(PER_LINUX) >= 0);
	p = map_above_3gb();
	check(stays ? p == MAP_FAILED : p == ABOVE_3GB);
	if (!stays)
		pattern_fill(p, PAGE, 4);
	looks_around(ready);
	if (stays)
		check(map_above_3gb() == MAP_FAILED && errno == ENOMEM);
	else
		check(pattern_is(p, PAGE, 4));
}

#ifdef __i386__

static void below_3gb(void)
{
	check(personality(PER_LINUX | ADDR_LIMIT_3GB) >= 0);
	execute_as(NULL, "below 3 GiB");
}
TEST_STORIES(below_3gb)

static void above_3gb_later(void)
{
	check(personality(PER_LINUX | ADDR_LIMIT_3GB) >= 0);
	execute_as(NULL, "above 3 GiB later");
}
TEST_STORIES(above_3gb_later)

/* The limit counts for what is mapped from now on. */
static void limited_later(void)
{
	char *p = map_above_3gb();

	check(p == ABOVE_3GB);
	pattern_fill(p, PAGE, 5);
	check(personality(PER_LINUX | ADDR_LIMIT_3GB) >= 0);
	ready();
	check(personality(0xffffffff) == (PER_LINUX | ADDR_LIMIT_3GB));
	check(pattern_is(p, PAGE, 5));
	check(map_above_3gb() == MAP_FAILED && errno == ENOMEM);
}
TEST_STORIES(limited_later)

/* The kernel would send signal handlers back through what is no longer there. */
static void no_vdso(void)
{
	unsigned long from = 0, to = 0;
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (fgets(line, sizeof(line), maps) && !strstr(line, "[vdso]"))
		;
	check(sscanf(line, "%lx-%lx", &from, &to) == 2);
	fclose(maps);
	write_file("ready1", "", 0);
	int80(91 /* munmap */, from, to - from, 0, 0, 0);
	for (;;)
		int80(29 /* pause */, 0, 0, 0, 0, 0);
}

TEST(no_vdso_refused)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, no_vdso));
	ASSERT_TRUE(wait_until(is_blocked_in(s.pid, s.pid, 29)));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "has changed its vdso in a way that cannot be saved"));
	subject_kill(&s);
}

#endif

/* -- core dumps ----------------------------------------------------------------------------- */

static bool put_pattern(const char *pattern)
{
	int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY);
	bool ok = write(fd, pattern, strlen(pattern)) == (ssize_t)strlen(pattern);

	close(fd);
	return ok;
}

static void dumps_core(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	check(!setrlimit(RLIMIT_CORE, &all));
	ready();
	abort();
}

static void dumps_core_as_other(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	check(!setrlimit(RLIMIT_CORE, &all));
	execute_as(OTHER, "subject");
}

static void restart_and_dump(struct __test_metadata *_metadata, void (*run)(void),
			     unsigned char class, unsigned int machine)
{
	char before[128], pattern[128];
	Elf32_Ehdr header = {};
	struct subject s;
	int fd, status;

	ASSERT_LT(0, read_file("/proc/sys/kernel/core_pattern", before, sizeof(before)));
	ASSERT_EQ(0, subject_start(&s, run));
	snprintf(pattern, sizeof(pattern), "%score", test_dir);
	ASSERT_TRUE(put_pattern(pattern));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, subject_restart(&s, 0));
	if (run == dumps_core)
		subject_go(&s, 1);
	else
		kill(s.pid, SIGABRT);
	EXPECT_EQ(s.pid, waitpid(s.pid, &status, 0));
	EXPECT_TRUE(put_pattern(before));
	EXPECT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	fd = open(test_file("core"), O_RDONLY);
	ASSERT_EQ(sizeof(header), read(fd, &header, sizeof(header)));
	close(fd);
	EXPECT_EQ(class, header.e_ident[EI_CLASS]);
	EXPECT_EQ(machine, header.e_machine);
}

#ifdef __x86_64__
#define CLASSES		ELFCLASS64, EM_X86_64
#define OTHER_CLASSES	ELFCLASS32, EM_386
#else
#define CLASSES		ELFCLASS32, EM_386
#define OTHER_CLASSES	ELFCLASS64, EM_X86_64
#endif

TEST(core_dump) { restart_and_dump(_metadata, dumps_core, CLASSES); }
TEST(core_dump_of_other) { restart_and_dump(_metadata, dumps_core_as_other, OTHER_CLASSES); }

TEST_HARNESS_MAIN
