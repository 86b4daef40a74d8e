// SPDX-License-Identifier: GPL-2.0-only
/*
 * procmem_test.c - open files of /proc/PID that show the memory of a process.
 */
#include <elf.h>
#include <pthread.h>
#include <sys/auxv.h>

#include "forged.h"

static volatile long value = 0x1122334455667788;

/* Static, so it is at the same address in each process that this one forks. */
static long value_at(int mem)
{
	long found = 0;

	check_equal(pread(mem, &found, sizeof(found), (off_t)&value), sizeof(found));
	return found;
}

static int open_of(pid_t pid, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, flags);
	check(fd >= 0);
	return fd;
}

static ssize_t read_up(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t some;

	while ((some = read(fd, buf + len, size - 1 - len)) > 0)
		len += some;
	check(!some);
	buf[len] = '\0';
	return len;
}

/* -- its own ------------------------------------------------------------------------- */

static void own_memory(void)
{
	int mem = open_of(getpid(), "mem", O_RDWR);
	long other = 5;

	ready();
	check_equal(value_at(mem), value);
	check_equal(pwrite(mem, &other, sizeof(other), (off_t)&value), sizeof(other));
	check_equal(value, 5);
	check_equal(fcntl(mem, F_GETFL) & O_ACCMODE, O_RDWR);
}
TEST_STORIES(own_memory)

static void positions(void)
{
	int mem = open_of(getpid(), "mem", O_RDONLY), far = open_of(getpid(), "mem", O_RDONLY);
	int env = open_of(getpid(), "environ", O_RDONLY), copy = dup(mem);
	const off_t kernel = 0xffffffff81000000;
	long found;

	check_equal(lseek(mem, (off_t)&value, SEEK_SET), (off_t)&value);
	check_equal(lseek(far, kernel, SEEK_SET), kernel);
	check_equal(lseek(env, 3, SEEK_SET), 3);
	ready();
	check_equal(read(copy, &found, sizeof(found)), sizeof(found));
	check_equal(found, value);
	check_equal(lseek(mem, 0, SEEK_CUR), (off_t)(&value + 1));
	check_equal(lseek(far, 0, SEEK_CUR), kernel);
	check(read(far, &found, 1) == -1 && errno == EIO);
	check_equal(lseek(env, 0, SEEK_CUR), 3);
}
TEST_STORIES(positions)

static void of_its_program(void)
{
	int env = open_of(getpid(), "environ", O_RDONLY), auxv = open_of(getpid(), "auxv", O_RDONLY);
	char before[4096], after[4096];
	Elf64_auxv_t aux[64];
	ssize_t len = pread(env, before, sizeof(before), 0);
	unsigned int i = 0;

	check(len > 0);
	ready();
	check_equal(pread(env, after, sizeof(after), 0), len);
	check(!memcmp(before, after, len));
	check(read(auxv, aux, sizeof(aux)) > 0);
	while (aux[i].a_type != AT_ENTRY && aux[i].a_type != AT_NULL)
		i++;
	check_equal(aux[i].a_un.a_val, getauxval(AT_ENTRY));
}
TEST_STORIES(of_its_program)

static void of_its_areas(void)
{
	static const char * const names[] = { "maps", "smaps", "smaps_rollup", "numa_maps" };
	static char text[1 << 16];
	int fds[4], pagemap = open("/proc/self/pagemap", O_RDONLY);
	unsigned int i;
	uint64_t page;

	/* Some kernels have not got all of them. */
	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "/proc/self/%s", names[i]);
		fds[i] = open(text, O_RDONLY);
		check(fds[i] >= 0 || errno == ENOENT);
	}
	ready();
	for (i = 0; i < 4; i++) {
		if (fds[i] < 0)
			continue;
		check(read_up(fds[i], text, sizeof(text)) > 0);
		check(strstr(text, i == 2 ? "[rollup]" : i == 3 ? "stack" : "[stack]"));
	}
	if (pagemap >= 0) {
		check_equal(pread(pagemap, &page, 8, ((uintptr_t)&value >> 12) * 8), 8);
		check(page >> 63);
	}
}
TEST_STORIES(of_its_areas)

/* Between two areas, at the end, and where pread() was elsewhere */
static void between_areas(void)
{
	int fd = open_of(getpid(), "maps", O_RDONLY), end = open_of(getpid(), "maps", O_RDONLY);
	static char text[1 << 16], rest[1 << 16];
	char *second;
	size_t len;

	read_up(end, text, sizeof(text));
	second = strchr(text, '\n') + 1;
	len = second - text;
	check_equal(read(fd, rest, len), len);
	check(!memcmp(rest, text, len));
	ready();
	check_equal(read(end, rest, sizeof(rest)), 0);
	read_up(fd, rest, sizeof(rest));
	/* The heap may have grown. */
	check(!memcmp(rest, second, 40));
	check(strstr(rest, "[stack]"));
	check_equal(lseek(end, 0, SEEK_SET), 0);
	check(read_up(end, rest, sizeof(rest)) > 0);
}
TEST_STORIES(between_areas)

static void maps_in_part(void)
{
	int fd = open_of(getpid(), "maps", O_RDONLY);
	char buf[5];

	check_equal(read(fd, buf, 5), 5);
	ready();
	close(fd);
}
TEST_REFUSED(maps_in_part, EAGAIN, "has been read in part")

/* -- that of others ------------------------------------------------------------------- */

static volatile int *flags_of_both;

static void share_flags(void)
{
	flags_of_both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(flags_of_both != MAP_FAILED);
}

static void is_written_to(void *arg)
{
	value = 7;
	flags_of_both[0] = 1;
	check(wait_until(flags_of_both[0] == 2));
	check_equal(value, 8);
}

static void of_a_child(void)
{
	pid_t pid;
	int mem, maps;
	long other = 8;

	share_flags();
	pid = spawn(is_written_to, NULL);
	mem = open_of(pid, "mem", O_RDWR | O_CLOEXEC);
	maps = open_of(pid, "maps", O_RDONLY);
	check(wait_until(flags_of_both[0] == 1));
	ready();
	check_equal(value_at(mem), 7);
	check_equal(pwrite(mem, &other, sizeof(other), (off_t)&value), sizeof(other));
	check_equal(fcntl(mem, F_GETFD), FD_CLOEXEC);
	check_equal(lseek(maps, 0, SEEK_CUR), 0);
	flags_of_both[0] = 2;
	join(pid);
	check_equal(value_at(open_of(getpid(), "mem", O_RDONLY)), value);
	/* Its memory is gone, but the file is there. */
	check_equal(pread(mem, &other, sizeof(other), (off_t)&value), 0);
}
TEST_STORIES(of_a_child)

static int inherited;

static void looks_at_its_parent(void *arg)
{
	child_ready();
	check_equal(value_at(inherited), 9);
}

/* The child could not open it, for its parent shall be looked at by root alone. */
static void of_a_parent(void)
{
	pid_t pid;

	value = 9;
	inherited = open_of(getpid(), "mem", O_RDONLY);
	pid = spawn(looks_at_its_parent, NULL);
	await_child(pid);
	ready();
	join(pid);
}
TEST_STORIES(of_a_parent)

static pthread_barrier_t barrier;
static pid_t thread_id;

static void *waits(void *arg)
{
	thread_id = gettid();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void of_a_thread(void)
{
	pthread_t thread;
	char path[64];
	int mem;

	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, waits, NULL));
	pthread_barrier_wait(&barrier);
	snprintf(path, sizeof(path), "task/%d/mem", thread_id);
	mem = open_of(getpid(), path, O_RDONLY);
	ready();
	check_equal(value_at(mem), value);
	pthread_barrier_wait(&barrier);
	check(!pthread_join(thread, NULL));
	check_equal(value_at(mem), value);
}
TEST_STORIES(of_a_thread)

/* -- what is gone ----------------------------------------------------------------------- */

void after_exec(void)
{
	if (getuid()) {
		own_memory();
		return;
	}
	for (;;)
		pause();
}

static void executes(void *arg)
{
	flags_of_both[0] = 1;
	check(wait_until(flags_of_both[0] == 2));
	execute_self();
}

static const char *also_open = "environ";

static void executed(void)
{
	char buf[16];
	int mem, maps, also;
	pid_t pid;

	share_flags();
	pid = spawn(executes, NULL);
	check(wait_until(flags_of_both[0] == 1));
	mem = open_of(pid, "mem", O_RDWR);
	maps = open_of(pid, "maps", O_RDONLY);
	also = open_of(pid, also_open, O_RDONLY);
	flags_of_both[0] = 2;
	check(wait_until(!pread(mem, buf, 8, (off_t)&value)));
	ready();
	check_equal(pread(mem, buf, 8, (off_t)&value), 0);
	check_equal(pwrite(mem, buf, 8, (off_t)&value), 0);
	check_equal(read(maps, buf, sizeof(buf)), 0);
	check_equal(read(also, buf, sizeof(buf)), 0);
	check(!kill(pid, SIGKILL));
	check_equal(waitpid(pid, NULL, 0), pid);
	check_equal(pread(mem, buf, 8, (off_t)&value), 0);
	check(read(maps, buf, sizeof(buf)) == -1 && errno == ESRCH);
}
TEST_STORIES(executed)

static void executed_auxv(void)
{
	also_open = "auxv";
	executed();
}
TEST(executed_auxv_refused)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, executed_auxv));
	EXPECT_EQ(-EOPNOTSUPP, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "auxiliary vector of a program that is gone"));
	subject_kill(&s);
}

static void exits(void *arg)
{
	flags_of_both[0] = 1;
	check(wait_until(flags_of_both[0] == 2));
	_exit(7);
}

static void of_a_zombie(void)
{
	int mem, maps, status;
	siginfo_t info;
	char buf[16];
	pid_t pid;

	share_flags();
	pid = spawn(exits, NULL);
	check(wait_until(flags_of_both[0] == 1));
	mem = open_of(pid, "mem", O_RDWR);
	flags_of_both[0] = 2;
	check(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	maps = open_of(pid, "maps", O_RDONLY);
	ready();
	check_equal(pread(mem, buf, 8, (off_t)&value), 0);
	check_equal(read(maps, buf, sizeof(buf)), 0);
	check_equal(waitpid(pid, &status, 0), pid);
	check_equal(status, 7 << 8);
}
TEST_STORIES(of_a_zombie)

/* A child that has left the memory of its parent, which it had opened as its own */
static int left_behind(void *arg)
{
	*(int *)arg = open("/proc/thread-self/mem", O_RDONLY);
	flags_of_both[0] = 1;
	for (;;)
		pause();
	return 0;
}

static void left_memory(void)
{
	static char stack[1 << 16];
	pid_t pid;
	int fd;

	share_flags();
	pid = clone(left_behind, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD, &fd);
	check(pid > 0);
	check(wait_until(flags_of_both[0] == 1));
	ready();
	check_equal(value_at(fd), value);
	check(!kill(pid, SIGKILL));
	check_equal(waitpid(pid, NULL, 0), pid);
}
TEST_STORIES(left_memory)

static int left_by_exec(void *arg)
{
	*(int *)arg = open("/proc/thread-self/mem", O_RDONLY);
	flags_of_both[0] = 1;
	check(wait_until(flags_of_both[0] == 2));
	execute_self();
}

static void memory_of_others(void)
{
	static char stack[1 << 16];
	pid_t pid;
	int fd;

	share_flags();
	pid = clone(left_by_exec, stack + sizeof(stack), CLONE_VM | CLONE_FILES | SIGCHLD, &fd);
	check(pid > 0);
	check(wait_until(flags_of_both[0] == 1));
	fd = open_of(pid, "mem", O_RDONLY);
	flags_of_both[0] = 2;
	/* In the memory of the program that it has executed */
	check(wait_until(is_blocked_in(pid, pid, SYS_pause)));
	ready();
	check_equal(value_at(fd), value);
	check(!kill(pid, SIGKILL));
}
TEST_REFUSED(memory_of_others, EOPNOTSUPP, "memory that its process has left, but others have not")

/* -- who may ------------------------------------------------------------------------------ */

static void become_user(void)
{
	check(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	check(!prctl(PR_SET_DUMPABLE, 1));
}

static void can_be_dumped_or_not(void *arg)
{
	flags_of_both[0] = 1;
	check(wait_until(flags_of_both[0] == 2));
	if (arg)
		check(!prctl(PR_SET_DUMPABLE, 0));
	flags_of_both[0] = 3;
	check(wait_until(flags_of_both[0] == 4));
}

static void debugs(void *arg)
{
	pid_t pid = spawn(can_be_dumped_or_not, arg);
	int maps, mem;
	char buf[8];

	check(wait_until(flags_of_both[0] == 1));
	maps = open_of(pid, "maps", O_RDONLY);
	mem = open_of(pid, "mem", O_RDWR);
	if (arg)
		close(mem);
	flags_of_both[0] = 2;
	check(wait_until(flags_of_both[0] == 3));
	flags_of_both[1] = 1;
	check(wait_until(flags_of_both[1] == 2));
	check_equal(read(maps, buf, sizeof(buf)), sizeof(buf));
	if (!arg)
		check_equal(value_at(mem), value);
	flags_of_both[0] = 4;
	join(pid);
}

static void user_debugs(void *arg)
{
	become_user();
	debugs(arg);
}

static void of_a_user(void)
{
	pid_t pid;

	share_flags();
	pid = spawn(user_debugs, NULL);
	check(wait_until(flags_of_both[1] == 1));
	ready();
	flags_of_both[1] = 2;
	join(pid);
}
TEST_STORIES(of_a_user)

static void of_whom_it_may_not_trace_any_more(void)
{
	pid_t pid;

	share_flags();
	pid = spawn(user_debugs, "");
	check(wait_until(flags_of_both[1] == 1));
	ready();
	flags_of_both[1] = 2;
	join(pid);
}
TEST_REFUSED(of_whom_it_may_not_trace_any_more, EBUSY, "may not trace its process any more")

/* Root restarts the image of a user: see after_exec(). */
TEST(below_a_ceiling)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, execute_self_as_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_LT(0, subject_restart_below_user(&s));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- forged ---------------------------------------------------------------------------------- */

static struct ckpt_rec_file_proc_memory *file_of(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_FILE_PROC_MEMORY) + 1);
}

/* In the place of the path, as long as that by slashes */
static void forge_path(struct image *image, pid_t pid, const char *name)
{
	struct ckpt_rec_file_proc_memory *data = file_of(image);
	char *text = (char *)(data + 1), path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	memset(text, '/', data->path.count);
	memcpy(text + data->path.count - strlen(path), path, strlen(path));
}

static uint32_t root_task(struct image *image)
{
	return image_find(image, CKPT_REC_TASK)->object;
}

static uint32_t root_pid(struct image *image)
{
	return ((struct ckpt_rec_header *)(image_record(image, 0) + 1))->root;
}

/* A user has the maps of its own child.  The root of the tree, its grandparent, is root's. */
TEST_F(forged, of_whom_it_may_not_trace)
{
	ASSERT_EQ(0, subject_start(&self->s, of_a_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	file_of(&self->image)->pid = root_pid(&self->image);
	forge_path(&self->image, self->s.pid, "maps");
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "has no right to trace"));
}

/* Root could ask for the user, if it had the file. */
TEST_F(forged, asked_by_who_has_it_not)
{
	ASSERT_EQ(0, subject_start(&self->s, of_a_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	file_of(&self->image)->asker = root_task(&self->image);
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "and has not"));
}

/* Whose it is, and who asks, are one: but the file's user is not the process's. */
TEST_F(forged, credentials_of_the_file)
{
	struct ckpt_rec *rec;

	ASSERT_EQ(0, subject_start(&self->s, of_a_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	rec = image_find(&self->image, CKPT_REC_CRED);
	while (rec && ((struct ckpt_rec_cred *)(rec + 1))->uid[3] != 1000)
		rec = next_record(&self->image, rec, CKPT_REC_CRED);
	ASSERT_NE(NULL, rec);
	/* Both files and both processes share it: another user for all of them is no lie. */
	((struct ckpt_rec_cred *)(rec + 1))->uid[3] = 1001;
	EXPECT_GT(0, try_forged(&self->s, &self->image));
}

static void is_gone_and_asked(struct image *image)
{
	file_of(image)->flags |= CKPT_PSEUDO_GONE;
}

static void is_asked_by_nobody(struct image *image)
{
	file_of(image)->asker = 0;
}

static void is_asked_by_a_file(struct image *image)
{
	file_of(image)->asker = image_find(image, CKPT_REC_FILE_PROC_MEMORY)->object;
}

static void has_unknown_flag(struct image *image)
{
	file_of(image)->flags |= 1U << 2;
}

static void is_a_directory(struct image *image)
{
	file_of(image)->mode = S_IFDIR;
}

static void is_of_no_process(struct image *image)
{
	file_of(image)->pid = 0;
}

static void shows_no_memory(struct image *image)
{
	/* The same length: the records are all of one size. */
	char *text = (char *)(file_of(image) + 1);

	memcpy(text + file_of(image)->path.count - 4, "stat", 4);
}

static void is_opened_early(struct image *image)
{
	record_of(image, image_find(image, CKPT_REC_FILE_PROC_MEMORY)->object,
		  CKPT_REC_FILE_LATE)->type = CKPT_REC_FILE;
}

static void (* const changes[])(struct image *image) = {
	is_gone_and_asked, is_asked_by_nobody, is_asked_by_a_file, has_unknown_flag,
	is_a_directory, is_of_no_process, shows_no_memory, is_opened_early,
};

static void has_maps(void)
{
	int fd = open_of(getpid(), "maps", O_RDONLY);

	ready();
	check(!lseek(fd, 0, SEEK_SET));
}

TEST_F(forged, all_refused)
{
	ASSERT_EQ(0, subject_start(&self->s, has_maps));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, 8));
}

TEST_F(forged, memory_of_a_zombie)
{
	ASSERT_EQ(0, subject_start(&self->s, of_a_zombie));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	file_of(&self->image)->flags = 0;
	file_of(&self->image)->asker = root_task(&self->image);
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "the memory of what has exited"));
}

/* Where its areas end says nothing but where it goes on, wherever that is. */
TEST_F(forged, any_area)
{
	static const uint64_t places[] = { 1, -1ULL, -2ULL, 1ULL << 63, 0x7fffffffffff };
	unsigned int i;

	ASSERT_EQ(0, subject_start(&self->s, has_maps));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	for (i = 0; i < 5; i++) {
		file_of(&self->image)->flags = CKPT_PSEUDO_SEQ;
		file_of(&self->image)->position = 4000;
		file_of(&self->image)->index = places[i];
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		ASSERT_EQ(0, subject_restart(&self->s, 0));
		subject_go(&self->s, 1);
		EXPECT_EQ(0, subject_wait(&self->s));
	}
}

TEST_F(forged, records_missing)
{
	ASSERT_EQ(0, subject_start(&self->s, has_maps));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(self->s.image, CKPT_REC_FILE_PROC_CHECK));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "lacks records"));
}

TEST_HARNESS_MAIN
