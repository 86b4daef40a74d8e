// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb_test.c - memory of huge pages (hugetlbfs): private and shared areas, memfds, System V
 * segments, files with and without a name; pages that are set aside, and pools that are empty.
 */
#include <linux/memfd.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/shm.h>

#include "forged.h"

#define HUGE	(2UL << 20)
#define POOL	"/proc/sys/vm/nr_hugepages"
#define PAGES	20

/* -- the pool -------------------------------------------------------------------------- */

struct pool {
	long free;
	long reserved;
};

static long pool_number(const char *name)
{
	static char text[8192];
	const char *at;

	check(read_file("/proc/meminfo", text, sizeof(text)) > 0);
	at = strstr(text, name);
	check(at);
	return atol(at + strlen(name));
}

static struct pool pool_now(void)
{
	return (struct pool) { pool_number("HugePages_Free:"), pool_number("HugePages_Rsvd:") };
}

static void set_pool(int pages)
{
	char text[20];

	snprintf(text, sizeof(text), "%d", pages);
	put_text(POOL, text);
}

static void fill_pool(void)
{
	set_pool(PAGES);
	check_equal(pool_number("HugePages_Total:"), PAGES);
	check_equal(pool_number("Hugepagesize:"), HUGE >> 10);
}

/* As many are free and set aside as there were. */
static void pool_is(const struct pool *was)
{
	struct pool now = pool_now();

	check_equal(now.free, was->free);
	check_equal(now.reserved, was->reserved);
}

static char *map(int fd, size_t pages, int prot, int flags)
{
	char *p;

	if (fd < 0)
		flags |= MAP_ANONYMOUS | MAP_HUGETLB;
	p = mmap(NULL, pages * HUGE, prot, flags, fd, 0);
	check(p != MAP_FAILED);
	return p;
}

#define RW	(PROT_READ | PROT_WRITE)

/* -- private areas ------------------------------------------------------------------------- */

static void private(void)
{
	struct view maps;
	struct pool pool;
	char *p, *sparing;

	fill_pool();
	p = map(-1, 5, RW, MAP_PRIVATE);
	pattern_fill(p, HUGE, 1);
	pattern_fill(p + 2 * HUGE, HUGE, 2);
	p[4 * HUGE] = 0;
	check(!mprotect(p + 2 * HUGE, HUGE, PROT_READ));
	check(!mprotect(p + 4 * HUGE, HUGE, PROT_NONE));
	check(!madvise(p + HUGE, HUGE, MADV_DONTFORK));
	sparing = map(-1, 2, RW, MAP_PRIVATE | MAP_NORESERVE);
	sparing[HUGE + 5] = 'x';
	maps_take(&maps, true);
	pool = pool_now();
	ready();
	pool_is(&pool);
	maps_compare(&maps, true);
	check(pattern_is(p, HUGE, 1) && pattern_is(p + 2 * HUGE, HUGE, 2));
	check(!p[HUGE] && !p[3 * HUGE] && sparing[HUGE + 5] == 'x' && !sparing[HUGE]);
	check(!mprotect(p + 4 * HUGE, HUGE, PROT_READ) && !p[4 * HUGE]);
	pattern_fill(p, HUGE, 3);
	check(pattern_is(p, HUGE, 3));
}
TEST_STORIES(private)

static char *common;

static void child_has_its_own(void *arg)
{
	struct view maps;

	common[0] = 'c';
	maps_take(&maps, true);
	child_ready();
	maps_compare(&maps, true);
	check(common[0] == 'c' && pattern_goes_on(common + 8, 8, HUGE - 8, 4));
	check(common[2 * HUGE] == 's');
	common[0] = 'd';
}

/* Nothing is set aside for what a child has inherited. */
static void private_across_fork(void)
{
	struct view maps;
	pid_t pid;

	fill_pool();
	common = map(-1, 3, RW, MAP_PRIVATE);
	pattern_fill(common, HUGE, 4);
	common[2 * HUGE] = 's';
	pid = spawn(child_has_its_own, NULL);
	await_child(pid);
	maps_take(&maps, true);
	ready();
	maps_compare(&maps, true);
	check_equal(pool_now().reserved, 1);
	join(pid);
	check(pattern_is(common, HUGE, 4) && common[2 * HUGE] == 's');
}
TEST_KILLED(private_across_fork)
TEST_TWICE(private_across_fork)

static void child_reads(void *arg)
{
	child_ready();
	check(common[0] == 'p' && common[11 * HUGE] == 'p');
}

/* Shared with a child they are twelve pages of the pool, then twice as many. */
static void shares_with_child(void)
{
	pid_t pid;
	int i;

	fill_pool();
	common = map(-1, 12, RW, MAP_PRIVATE);
	for (i = 0; i < 12; i++)
		common[i * HUGE] = 'p';
	pid = spawn(child_reads, NULL);
	await_child(pid);
	ready();
	join(pid);
	check(common[0] == 'p' && common[11 * HUGE] == 'p');
}

TEST(pool_for_all_of_them)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, shares_with_child));
	EXPECT_EQ(0, subject_save(&s, CHECKPOINT_CHECK));
	EXPECT_TRUE(subject_told(&s, "a restart needs 24 of them or more, and this machine has 20"));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "a restart needs 24 of them or more, and this machine has 20"));
	EXPECT_EQ(-ENOMEM, subject_restart(&s, 0));
	set_pool(24);
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- memory in common ------------------------------------------------------------------------ */

static void child_answers(void *arg)
{
	child_ready();
	check(wait_until(__atomic_load_n((int *)common, __ATOMIC_ACQUIRE) == 4711));
	check(pattern_is(common + HUGE, HUGE, 5));
	common[2 * HUGE] = 'c';
}

static void shared_across_fork(void)
{
	struct view maps;
	struct pool pool;
	pid_t pid;

	fill_pool();
	common = map(-1, 4, RW, MAP_SHARED);
	pattern_fill(common + HUGE, HUGE, 5);
	common[0] = 0;		/* the child looks there */
	pid = spawn(child_answers, NULL);
	await_child(pid);
	maps_take(&maps, true);
	pool = pool_now();
	ready();
	pool_is(&pool);
	maps_compare(&maps, true);
	__atomic_store_n((int *)common, 4711, __ATOMIC_RELEASE);
	join(pid);
	check(common[2 * HUGE] == 'c');
}
TEST_STORIES(shared_across_fork)

static int make_memfd(size_t pages)
{
	int fd = memfd_create("huge", MFD_HUGETLB | MFD_ALLOW_SEALING);

	check(fd >= 0 && !ftruncate(fd, pages * HUGE));
	return fd;
}

static int same_file(int a, int b)
{
	return syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, a, b);
}

static void of_a_memfd(void)
{
	char *shared, *private, name[64] = "";
	struct stat st, now;
	int fd, ro, rw;
	struct pool pool;

	fill_pool();
	fd = make_memfd(5);
	ro = open("/proc/self/fd/3", O_RDONLY);
	rw = open("/proc/self/fd/3", O_RDWR);
	check(fd == 3 && ro >= 0 && rw >= 0);
	shared = map(fd, 2, RW, MAP_SHARED);
	private = map(fd, 5, RW, MAP_PRIVATE);
	pattern_fill(shared, HUGE, 6);
	check(!fallocate(fd, 0, 3 * HUGE, HUGE) && private[7] == shared[7]);
	private[4 * HUGE + 9] = 'p';
	check(!fchmod(fd, 0640) && !fchown(fd, 1000, 100));
	check(!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	check(lseek(fd, HUGE, SEEK_SET) == HUGE);
	check(!fstat(fd, &st));
	pool = pool_now();
	ready();
	pool_is(&pool);
	check(!fstat(fd, &now));
	check(now.st_size == st.st_size && now.st_blocks == st.st_blocks);
	check(now.st_blksize == st.st_blksize && now.st_mode == st.st_mode);
	check(now.st_uid == 1000 && now.st_gid == 100 && now.st_mtime == st.st_mtime);
	check(lseek(fd, 0, SEEK_CUR) == HUGE && !lseek(rw, 0, SEEK_CUR));
	check(fcntl(fd, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW));
	check(readlink("/proc/self/fd/3", name, sizeof(name) - 1) > 0);
	check(!strcmp(name, "/memfd:huge (deleted)"));
	check(same_file(fd, rw) && (fcntl(ro, F_GETFL) & O_ACCMODE) == O_RDONLY);
	check(pattern_is(shared, HUGE, 6) && pattern_is(private, HUGE, 6));
	check(private[4 * HUGE + 9] == 'p' && !private[3 * HUGE]);
	shared[100] = 'a';
	check(private[100] == 'a' && !shared[HUGE]);
	check(mmap(NULL, HUGE, RW, MAP_SHARED, ro, 0) == MAP_FAILED);
	check(ftruncate(rw, HUGE) == -1 && errno == EPERM);
}
TEST_KILLED(of_a_memfd)
TEST_TWICE(of_a_memfd)

static void cut_off(void)
{
	int fd;

	fill_pool();
	fd = make_memfd(2);
	map(fd, 2, RW, MAP_SHARED);
	check(!ftruncate(fd, HUGE));
	ready();
}
TEST_REFUSED(cut_off, EOPNOTSUPP, "reaches beyond the end of a file of huge pages")

/* -- System V segments ------------------------------------------------------------------------ */

#define KEY	0x68756765

static int seg;

static void segment(int flags)
{
	struct shmid_ds was, now;
	struct pool pool;
	struct view maps;
	pid_t pid;

	fill_pool();
	seg = shmget(KEY, 3 * HUGE - 5000, IPC_CREAT | IPC_EXCL | SHM_HUGETLB | 0640 | flags);
	check(seg >= 0);
	common = shmat(seg, NULL, 0);
	check(common != (void *)-1);
	pattern_fill(common + HUGE, HUGE, 5);
	common[0] = 0;		/* the child looks there */
	pid = spawn(child_answers, NULL);
	await_child(pid);
	if (flags)
		check(!shmctl(seg, IPC_RMID, NULL));
	maps_take(&maps, true);
	pool = pool_now();
	check(!shmctl(seg, IPC_STAT, &was));
	ready();
	if (flags)
		pool_is(&pool);
	maps_compare(&maps, true);
	check(!shmctl(seg, IPC_STAT, &now));
	check(now.shm_segsz == 3 * HUGE - 5000 && now.shm_nattch == 2);
	check(now.shm_perm.mode == was.shm_perm.mode && now.shm_ctime == was.shm_ctime);
	__atomic_store_n((int *)common, 4711, __ATOMIC_RELEASE);
	join(pid);
	check(common[2 * HUGE] == 'c' && !shmdt(common));
	if (!flags)
		check(!shmctl(seg, IPC_RMID, NULL));
}

static void segment_with_key(void)
{
	segment(0);
}
TEST_KILLED(segment_with_key)

static void segment_to_be_destroyed(void)
{
	segment(SHM_NORESERVE);
}
TEST_KILLED(segment_to_be_destroyed)

/* Nobody has it any more: it is made with its pages set aside. */
TEST(segment_is_made_anew)
{
	struct subject s;
	struct pool pool;

	ASSERT_EQ(0, subject_start(&s, segment_with_key));
	pool = pool_now();
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, shmctl(shmget(KEY, 0, 0), IPC_RMID, NULL));
	EXPECT_EQ(PAGES, pool_now().free);
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(pool.free, pool_now().free);
	EXPECT_EQ(pool.reserved, pool_now().reserved);
	EXPECT_EQ(1, pool.reserved);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(PAGES, pool_now().free);
	EXPECT_EQ(0, pool_now().reserved);
}

/* -- a mounted hugetlbfs ------------------------------------------------------------------------- */

static int open_huge(const char *name)
{
	int fd = open(test_file(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

	check(fd >= 0 && !ftruncate(fd, 3 * HUGE));
	return fd;
}

static void mounted(void)
{
	char *named, *over, *gone, name[96] = "";
	struct pool pool;
	int a, b;

	fill_pool();
	check(!mkdir(test_file("huge"), 0755));
	check(!mount("none", test_file("huge"), "hugetlbfs", 0, "pagesize=2M"));
	a = open_huge("huge/named");
	b = open_huge("huge/gone");
	check(!unlink(test_file("huge/gone")));
	named = map(a, 3, RW, MAP_SHARED);
	over = map(a, 3, RW, MAP_PRIVATE);
	gone = map(b, 3, RW, MAP_SHARED);
	pattern_fill(named, HUGE, 7);
	pattern_fill(gone + HUGE, HUGE, 8);
	over[3] = 'o';
	over[HUGE] = 0;
	check(!close(a) && b == 4);
	pool = pool_now();
	ready();
	pool_is(&pool);
	check(pattern_is(named, HUGE, 7) && pattern_is(gone + HUGE, HUGE, 8) && !gone[0]);
	check(over[3] == 'o' && pattern_goes_on(over + 8, 8, HUGE - 8, 7));
	named[HUGE] = 'n';
	check(!over[HUGE] && over[2 * HUGE] == named[2 * HUGE]);
	check(readlink("/proc/self/fd/4", name, sizeof(name) - 1) > 0);
	check(strstr(name, "/huge/gone (deleted)"));
	check(!munmap(named, 3 * HUGE) && !munmap(over, 3 * HUGE) && !munmap(gone, 3 * HUGE));
	check(!close(b) && !unlink(test_file("huge/named")));
}

TEST(mounted_killed)
{
	EXPECT_EQ(0, story_killed(mounted));
	umount2(test_file("huge"), MNT_DETACH);
	EXPECT_EQ(PAGES, pool_now().free);
}

/* -- pools that are empty --------------------------------------------------------------------------- */

static void sparing(void)
{
	char *p;

	fill_pool();
	p = map(-1, 4, RW, MAP_PRIVATE | MAP_NORESERVE);
	pattern_fill(p, 3 * HUGE, 9);
	ready();
	check(pattern_is(p, 3 * HUGE, 9));
}

static void shared(void)
{
	char *p;

	fill_pool();
	p = map(-1, 4, RW, MAP_SHARED);
	pattern_fill(p, 3 * HUGE, 9);
	ready();
	check(pattern_is(p, 3 * HUGE, 9));
}

/* It fails before the commit, and takes nothing with it. */
TEST(pool_is_empty)
{
	static void (*const stories[])(void) = { private, sparing, shared, of_a_memfd,
						 private_across_fork };
	struct subject s;
	unsigned int i;
	int left;

	for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		ASSERT_EQ(0, subject_start(&s, stories[i]));
		ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
		EXPECT_EQ(PAGES, pool_now().free);
		for (left = 0; left <= 2; left += 2) {
			set_pool(left);
			EXPECT_EQ(-ENOMEM, subject_restart(&s, 0))
				TH_LOG("story %u with %d pages", i, left);
			EXPECT_TRUE(subject_told(&s, "not enough free huge pages"));
			EXPECT_EQ(left, pool_now().free);
			EXPECT_EQ(0, pool_now().reserved);
		}
		set_pool(PAGES);
		EXPECT_EQ(0, subject_restart(&s, 0));
		subject_go(&s, 1);
		EXPECT_EQ(0, subject_wait(&s));
		EXPECT_EQ(PAGES, pool_now().free);
		EXPECT_EQ(0, pool_now().reserved);
	}
}

/* -- forged images ------------------------------------------------------------------------------------ */

static void everything(void)
{
	char *p, *q;
	int fd;

	fill_pool();
	fd = make_memfd(2);
	p = map(fd, 1, RW, MAP_SHARED);
	q = map(-1, 2, RW, MAP_PRIVATE);
	p[1] = 1;
	q[1] = 1;
	ready();
	check(p[1] == 1 && q[1] == 1);
}

/* The record of the private area, and those of the memfd and of the area */
static struct ckpt_rec_vma *private_area(struct image *image)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_VMA);

	while (rec && !(((struct ckpt_rec_vma *)(rec + 1))->flags & CKPT_VMA_RESERVED))
		rec = next_record(image, rec, CKPT_REC_VMA);
	check(rec);
	return (void *)(rec + 1);
}

static struct ckpt_rec_shmem *memory(struct image *image, unsigned int kind)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_SHMEM);

	while (rec && ((struct ckpt_rec_shmem *)(rec + 1))->kind != kind)
		rec = next_record(image, rec, CKPT_REC_SHMEM);
	check(rec);
	return (void *)(rec + 1);
}

/* The extents of the chunk that fills the private area */
static struct ckpt_rec_extent *chunk_of_area(struct image *image)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_PAGES);
	uint64_t start = private_area(image)->start;
	struct ckpt_rec_extent *extent;

	for (; rec; rec = next_record(image, rec, CKPT_REC_PAGES)) {
		extent = (void *)((struct ckpt_rec_pages *)(rec + 1) + 1);
		if (extent->address == start)
			return extent;
	}
	check(!"a chunk of the area");
	return NULL;
}

static void forge(struct image *image, int nr)
{
	struct ckpt_rec_shmem *memfd = memory(image, CKPT_SHMEM_MEMFD);
	struct ckpt_rec_shmem *anon = memory(image, CKPT_SHMEM_ANON);
	struct ckpt_rec_vma *area = private_area(image);
	uint64_t end = area->end;

	switch (nr) {
	case 0:
		memfd->page_shift = 13;
		break;
	case 1:
		memfd->page_shift = 12;
		break;
	case 2:
		memfd->page_shift = 24;
		memfd->size = 1 << 24;
		break;
	case 3:
		memfd->page_shift = 63;
		break;
	case 4:
		memfd->page_shift = ~0U;
		break;
	case 5:
		memfd->reserved = 1;
		break;
	case 6:
		memfd->size += 4096;
		break;
	case 7:
		memfd->size = 0;
		break;
	case 8:
		memfd->flags = 0;
		break;
	case 9:
		memfd->kind = CKPT_SHMEM_SYSV;
		break;
	case 10:
		anon->page_shift = 0;
		break;
	case 11:
		anon->kind = CKPT_SHMEM_MEMFD;
		break;
	case 12:
		area->flags |= CKPT_VMA_NORESERVE;
		break;
	case 13:
		area->flags |= CKPT_VMA_SHARED;
		break;
	case 14:
		area->offset = 4096;
		break;
	case 15:
		area->end = end - 4096;
		break;
	case 16:
		((struct ckpt_rec_vma *)(image_find(image, CKPT_REC_VMA) + 1))->flags |=
			CKPT_VMA_RESERVED;
		break;
	case 17:	/* into what is no huge page */
		chunk_of_area(image)->address = area->start - 4096;
		break;
	case 18:	/* beyond the area */
		chunk_of_area(image)->address = end - 4096;
		break;
	case 19:	/* another object's */
		((struct ckpt_rec *)((struct ckpt_rec_pages *)chunk_of_area(image) - 1) - 1)->object =
			image_find(image, CKPT_REC_SHMEM)->object;
		break;
	default:
		fail(__FILE__, __LINE__, "no such lie: %d", nr);
	}
}

#define LIES	20

TEST_F(forged, records)
{
	struct image image;
	char honest[128];
	int i;

	ASSERT_EQ(0, subject_start(&self->s, everything));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	snprintf(honest, sizeof(honest), "%shonest", test_dir);
	ASSERT_EQ(0, rename(self->s.image, honest));
	for (i = 0; i < LIES; i++) {
		ASSERT_EQ(0, image_load(&image, honest));
		forge(&image, i);
		image_seal(&image);
		ASSERT_EQ(0, image_store(&image, self->s.image));
		image_free(&image);
		EXPECT_GT(0, subject_restart(&self->s, 0))
			TH_LOG("lie %d was believed", i);
		EXPECT_EQ(PAGES, pool_now().free);
		EXPECT_EQ(0, pool_now().reserved);
	}
	ASSERT_EQ(0, rename(honest, self->s.image));
	EXPECT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	EXPECT_EQ(PAGES, pool_now().free);
}

TEST_HARNESS_MAIN
