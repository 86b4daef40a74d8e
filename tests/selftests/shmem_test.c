// SPDX-License-Identifier: GPL-2.0-only
/*
 * shmem_test.c - memory in common that has no name: shared anonymous areas and memfds, their
 * contents, seals and who shares what.
 */
#include <linux/futex.h>
#include <linux/memfd.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "common_memory.h"
#include "forged.h"

/* Since Linux 6.3, and not in each distribution's headers */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC	0x0020
#endif

static char *map_fd(int fd, size_t len, int prot, int flags)
{
	char *p = mmap(NULL, len, prot, flags, fd, 0);

	check(p != MAP_FAILED);
	return p;
}

static int same_file(int a, int b)
{
	return syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, a, b);
}

/* -- shared anonymous memory --------------------------------------------------------- */


static void look_and_answer(void *arg)
{
	child_ready();
	check(pattern_is(common, LEN / 2, 7));
	pattern_fill(common + LEN / 2, LEN / 2, 8);
	/* The parent's word */
	check(wait_until(__atomic_load_n((int *)common, __ATOMIC_ACQUIRE) == 4711));
}

static void shared_across_fork(void)
{
	struct view maps;
	pid_t pid;

	common = map_shared(LEN);
	pattern_fill(common, LEN / 2, 7);
	pid = spawn(look_and_answer, NULL);
	await_child(pid);
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	check(wait_until(pattern_is(common + LEN / 2, LEN / 2, 8)));
	__atomic_store_n((int *)common, 4711, __ATOMIC_RELEASE);
	join(pid);
}
TEST_KILLED(shared_across_fork)
TEST_TWICE(shared_across_fork)

static void wait_on_futex(void *arg)
{
	child_ready();
	check(!syscall(SYS_futex, common, FUTEX_WAIT, 0, NULL, NULL, 0));
}

/* A futex in memory in common is known by its inode, which is another one afterwards. */
static void blocked_waiter(void)
{
	pid_t pid;

	common = map_shared(PAGE);
	pid = spawn(wait_on_futex, NULL);
	await_child(pid);
	ready();
	check(wait_until(is_blocked_in(pid, pid, SYS_futex) ||
			 is_blocked_in(pid, pid, SYS_restart_syscall)));
	check(wait_until(syscall(SYS_futex, common, FUTEX_WAKE, 1, NULL, NULL, 0) == 1));
	join(pid);
}
TEST_STORIES(blocked_waiter)

static void names_and_advice(void)
{
	struct view maps;
	char *p = map_shared(LEN);

	check(!madvise(p, PAGE, MADV_DONTFORK));
	check(!mprotect(p + 8 * PAGE, PAGE, PROT_READ));
	check(!prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p + 16 * PAGE, PAGE, "in common"));
	p[0] = 1;
	p[63 * PAGE] = 2;
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	check_equal(p[0], 1);
	check_equal(p[63 * PAGE], 2);
	check_equal(p[8 * PAGE], 0);
}
TEST_KILLED(names_and_advice)
TEST_LEFT_RUNNING(names_and_advice)

/* One area is larger than the memory by now, another shows a part of it. */
static void areas_beyond_the_end(void)
{
	char *p = map_shared(LEN), *more;
	struct view maps;

	pattern_fill(p, LEN, 3);
	more = mremap(p, LEN, 2 * LEN, MREMAP_MAYMOVE);
	check(more != MAP_FAILED);
	check(!munmap(more + PAGE, PAGE));
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	check(pattern_is(more, PAGE, 3));
	check(pattern_goes_on(more + 2 * PAGE, 2 * PAGE, LEN - 2 * PAGE, 3));
}
TEST_KILLED(areas_beyond_the_end)

/* -- memfds -------------------------------------------------------------------------------- */

static int fd;

static void compare_stat(const struct stat *was)
{
	struct stat now;

	check(!fstat(fd, &now));
	check_equal(now.st_size, was->st_size);
	check_equal(now.st_blocks, was->st_blocks);
	check_equal(now.st_mode, was->st_mode);
	check_equal(now.st_uid, was->st_uid);
	check_equal(now.st_gid, was->st_gid);
	check_equal(now.st_nlink, was->st_nlink);
	check_equal(now.st_mtim.tv_sec, was->st_mtim.tv_sec);
	check_equal(now.st_mtim.tv_nsec, was->st_mtim.tv_nsec);
	check_equal(now.st_atim.tv_sec, was->st_atim.tv_sec);
	check_equal(now.st_atim.tv_nsec, was->st_atim.tv_nsec);
}

/* Contents, a hole, a page of zeros, a last page in part, position, name, owner, mode, times */
static void everything_of_a_memfd(void)
{
	struct timespec times[2] = { { 1000000001, 17 }, { 1000000002, 18 } };
	char data[3 * PAGE], link[64] = "", path[32];
	struct stat was;

	pattern_fill(data, sizeof(data), 5);
	fd = memfd_create("some/name", 0);
	check(fd >= 0);
	check(pwrite(fd, data, sizeof(data), 0) == sizeof(data));
	check(pwrite(fd, "\0", 1, 20 * PAGE) == 1);
	check(pwrite(fd, "end", 3, 40 * PAGE + 5) == 3);
	check(lseek(fd, PAGE, SEEK_SET) == PAGE);
	check(!fchmod(fd, 0640));
	check(!fchown(fd, 12, 34));
	check(!futimens(fd, times));
	check(!fstat(fd, &was));
	ready();
	compare_stat(&was);
	check_equal(lseek(fd, 0, SEEK_CUR), PAGE);
	check_equal(lseek(fd, 0, SEEK_HOLE), 3 * PAGE);
	check_equal(lseek(fd, 3 * PAGE, SEEK_DATA), 20 * PAGE);
	check_equal(lseek(fd, 21 * PAGE, SEEK_DATA), 40 * PAGE);
	check(pread(fd, data, sizeof(data), 0) == sizeof(data));
	check(pattern_is(data, sizeof(data), 5));
	check(pread(fd, data, 4, 40 * PAGE + 5) == 3 && !memcmp(data, "end", 3));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(readlink(path, link, sizeof(link) - 1) > 0);
	check(!strcmp(link, "/memfd:some/name (deleted)"));
	check(write(fd, data, 1) == 1);
}
TEST_KILLED(everything_of_a_memfd)
TEST_LEFT_RUNNING(everything_of_a_memfd)

static void read_in_the_child(void *arg)
{
	char c;

	child_ready();
	check(read(fd, &c, 1) == 1 && c == 'c');
	common[3] = 'D';
}

/* One memory, four ways to it: a descriptor, its duplicate, one opened again, an area */
static void one_memory_many_ways(void)
{
	char path[32], c;
	int copy, again;
	pid_t pid;

	fd = memfd_create("m", 0);
	check(write(fd, "abcdef", 6) == 6 && lseek(fd, 2, SEEK_SET) == 2);
	copy = dup(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	check(again >= 0 && read(again, &c, 1) == 1);
	common = map_fd(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid = spawn(read_in_the_child, NULL);
	await_child(pid);
	ready();
	join(pid);
	check_equal(same_file(fd, copy), 0);
	check(same_file(fd, again));
	check(read(copy, &c, 1) == 1 && c == 'D');
	check(read(again, &c, 1) == 1 && c == 'b');
	check(write(again, &c, 1) == -1 && errno == EBADF);
	check(pwrite(fd, "x", 1, 0) == 1 && common[0] == 'x');
	check_equal(fcntl(again, F_GETFL) & O_ACCMODE, O_RDONLY);
}
TEST_STORIES(one_memory_many_ways)

/* What a private area has written is its own. */
static void private_area(void)
{
	char *own, *shown;

	fd = memfd_create("m", MFD_CLOEXEC);
	check(!ftruncate(fd, 4 * PAGE));
	shown = map_fd(fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	own = map_fd(fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	check(!close(fd));
	shown[0] = 'a';
	own[PAGE] = 'b';
	ready();
	check_equal(own[0], 'a');
	check_equal(own[PAGE], 'b');
	check_equal(shown[PAGE], 0);
	shown[2 * PAGE] = 'c';
	check_equal(own[2 * PAGE], 'c');
}
TEST_KILLED(private_area)
TEST_LEFT_RUNNING(private_area)

/* -- seals ----------------------------------------------------------------------------------- */

static void sealed_against_writing(void)
{
	char *ro;

	fd = memfd_create("m", MFD_ALLOW_SEALING);
	check(write(fd, "data", 4) == 4);
	check(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
	ro = map_fd(fd, PAGE, PROT_READ, MAP_SHARED);
	ready();
	check_equal(fcntl(fd, F_GET_SEALS), F_SEAL_WRITE | F_SEAL_SHRINK);
	check(!memcmp(ro, "data", 4));
	check(mprotect(ro, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
	check(write(fd, "x", 1) == -1 && errno == EPERM);
	check(ftruncate(fd, 1) == -1 && errno == EPERM);
	check(!ftruncate(fd, 5));
	check(!fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
}
TEST_KILLED(sealed_against_writing)
TEST_TWICE(sealed_against_writing)

/* The area from before the seal may be written to, the one from after it may not. */
static void sealed_against_future_writing(void)
{
	char *rw, *ro;

	fd = memfd_create("m", MFD_ALLOW_SEALING);
	check(!ftruncate(fd, PAGE));
	rw = map_fd(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	check(!fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL));
	ro = map_fd(fd, PAGE, PROT_READ, MAP_SHARED);
	rw[0] = 'a';
	ready();
	check_equal(fcntl(fd, F_GET_SEALS), F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
	check_equal(ro[0], 'a');
	rw[1] = 'b';
	check(!mprotect(rw, PAGE, PROT_READ) && !mprotect(rw, PAGE, PROT_READ | PROT_WRITE));
	check(mprotect(ro, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
	check(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == -1 && errno == EPERM);
	check(!munmap(ro, PAGE) && !munmap(rw, PAGE));
}
TEST_KILLED(sealed_against_future_writing)
TEST_TWICE(sealed_against_future_writing)

static void never_to_be_sealed(void)
{
	int open_to_seals = memfd_create("m", MFD_ALLOW_SEALING);
	int no_exec = memfd_create("m", MFD_NOEXEC_SEAL);

	fd = memfd_create("m", 0);
	ready();
	check_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	check_equal(fcntl(open_to_seals, F_GET_SEALS), 0);
	check_equal(fcntl(no_exec, F_GET_SEALS), F_SEAL_EXEC);
	check(fchmod(no_exec, 0777) == -1 && errno == EPERM);
}
TEST_KILLED(never_to_be_sealed)

/* -- exec --------------------------------------------------------------------------------------- */

static void area_of_a_user(void)
{
	common = map_shared(PAGE);
	ready();
	check(!*common);
}

void after_exec(void)
{
	if (fcntl(7, F_GETFD) < 0) {
		area_of_a_user();
		return;
	}
	fd = 7;
	common = map_fd(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	ready();
	check(!memcmp(common, "kept", 4));
	check(pwrite(fd, "K", 1, 0) == 1 && common[0] == 'K');
}

/* A memfd goes through exec, shared anonymous memory does not. */
static void kept_across_exec(void)
{
	fd = memfd_create("m", 0);
	check(dup2(fd, 7) == 7 && !close(fd) && write(7, "kept", 4) == 4);
	map_shared(PAGE)[0] = 1;
	execute_self();
}
TEST_KILLED(kept_across_exec)

/* -- hostile images ---------------------------------------------------------------------------------------- */

/* The image with one word of a record changed, all checksums right */
static void forge(const struct subject *s, const char *honest, uint32_t type, size_t offset,
		  uint32_t value)
{
	struct image image;
	struct ckpt_rec *rec;

	check(!image_load(&image, honest));
	rec = image_find(&image, type);
	check(rec);
	memcpy((char *)(rec + 1) + offset, &value, sizeof(value));
	image_seal(&image);
	check(!image_store(&image, s->image));
	image_free(&image);
}

TEST(forged_records)
{
	static const struct {
		uint32_t type;
		size_t offset;
		uint32_t value;
	} lies[] = {
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, size) + 4, 0xffffffff },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, size), 0 },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, kind), 0 },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, kind), 0xffffffff },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, flags), 0xffffffff },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, mode), S_IFCHR | 0666 },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, mode), 0xffffffff },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, uid), 0xffffffff },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, gid), 0xffffffff },
		{ CKPT_REC_SHMEM, offsetof(struct ckpt_rec_shmem, cred), 0xffffffff },
		{ CKPT_REC_SHMEM, sizeof(struct ckpt_rec_shmem), 0 },
		{ CKPT_REC_SHMEM_SEALS, offsetof(struct ckpt_rec_shmem_seals, seals), 0xffffffff },
		{ CKPT_REC_SHMEM_SEALS, offsetof(struct ckpt_rec_shmem_seals, atime_nsec), ~0U },
		{ CKPT_REC_SHMEM_SEALS, offsetof(struct ckpt_rec_shmem_seals, reserved), 1 },
		{ CKPT_REC_FILE_SHMEM, offsetof(struct ckpt_rec_file_shmem, shmem), 0 },
		{ CKPT_REC_FILE_SHMEM, offsetof(struct ckpt_rec_file_shmem, shmem), 1 },
		{ CKPT_REC_FILE_SHMEM, offsetof(struct ckpt_rec_file_shmem, cred), 0xffffffff },
		{ CKPT_REC_FILE_SHMEM, offsetof(struct ckpt_rec_file_shmem, open_flags), ~0U },
		{ CKPT_REC_FILE_SHMEM, offsetof(struct ckpt_rec_file_shmem, flags), ~0U },
	};
	char honest[128];
	struct subject s;
	unsigned int i;

	ASSERT_EQ(0, subject_start(&s, everything_of_a_memfd));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	snprintf(honest, sizeof(honest), "%shonest", test_dir);
	ASSERT_EQ(0, rename(s.image, honest));
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		forge(&s, honest, lies[i].type, lies[i].offset, lies[i].value);
		EXPECT_GT(0, subject_restart(&s, 0))
			TH_LOG("lie %u was believed", i);
	}
	ASSERT_EQ(0, rename(honest, s.image));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* With one it could be made smaller under whoever else maps it, or be executed. */
TEST_F(forged, descriptor_of_an_area)
{
	struct image honest;
	struct ckpt_rec *table, *file;

	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	ASSERT_EQ(0, image_load(&honest, self->s.image));
	table = image_find(&self->image, CKPT_REC_FDTABLE);
	file = image_find(&self->image, CKPT_REC_FILE_SHMEM);
	ASSERT_NE(NULL, table);
	ASSERT_NE(NULL, file);
	((struct ckpt_rec_fd *)((struct ckpt_rec_fdtable *)(table + 1) + 1))->file = file->object;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	EXPECT_EQ(EPERM, restart_in_namespaces(&self->s));
	ASSERT_EQ(0, image_store(&honest, self->s.image));
	image_free(&honest);
	EXPECT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
