// SPDX-License-Identifier: GPL-2.0-only
/*
 * mempolicy_test.c - NUMA memory policies of threads, areas and memory in common, with nodes
 * that are there and nodes that are not.
 */
#include <pthread.h>
#include <sys/shm.h>

#include "forged.h"

/* Of linux/mempolicy.h, which does not go with the C library's headers */
enum { DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL, PREFERRED_MANY, WEIGHTED_INTERLEAVE };
#define STATIC_NODES	(1 << 15)
#define RELATIVE_NODES	(1 << 14)
#define BALANCING	(1 << 13)
#define OF_NODE		1
#define OF_ADDRESS	2
#define ALLOWED		4

#define PAGE		4096UL
#define AREA		(16 * PAGE)
#define MAXNODE		1024

static bool has_policies(void)
{
	return !syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0);
}

static unsigned long all_nodes(void)
{
	unsigned long nodes[MAXNODE / 64] = {};

	check(!syscall(SYS_get_mempolicy, NULL, nodes, MAXNODE + 1, NULL, ALLOWED));
	return nodes[0];
}

/* The last one, which is the second where there are two */
static unsigned long last_node(void)
{
	return 1UL << (63 - __builtin_clzl(all_nodes()));
}

static void set_policy_of_thread(int mode, unsigned long mask)
{
	check(!syscall(SYS_set_mempolicy, mode, mask ? &mask : NULL, mask ? 64 : 0));
}

static void bind_to(void *at, unsigned long len, int mode, unsigned long mask)
{
	check(!syscall(SYS_mbind, at, len, mode, mask ? &mask : NULL, mask ? 64 : 0, 0));
}

/* Of the thread, or of an address */
static void expect_policy(const void *at, int mode, unsigned long mask)
{
	unsigned long nodes[MAXNODE / 64] = {};
	int got = -1;

	check(!syscall(SYS_get_mempolicy, &got, nodes, MAXNODE + 1, at, at ? OF_ADDRESS : 0));
	check_equal(got, mode);
	check_equal(nodes[0], mask);
}

static int node_of(const void *at)
{
	int node = -1;

	check(!syscall(SYS_get_mempolicy, &node, NULL, 0, at, OF_NODE | OF_ADDRESS));
	return node;
}

static int next_node(void)
{
	int node = -1;

	check(!syscall(SYS_get_mempolicy, &node, NULL, 0, NULL, OF_NODE));
	return node;
}

static char *map(int flags)
{
	char *at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	check(at != MAP_FAILED);
	return at;
}

static void touch(char *at)
{
	unsigned long i;

	for (i = 0; i < AREA; i += PAGE)
		at[i] = 'x';
}

/* -- threads --------------------------------------------------------------------------------- */

/* Modes and flags as they are given; the nodes are all that there are, but for MPOL_LOCAL. */
static const int modes[] = {
	DEFAULT, PREFERRED_MANY, BIND, INTERLEAVE, LOCAL, WEIGHTED_INTERLEAVE,
	BIND | STATIC_NODES, BIND | RELATIVE_NODES, BIND | BALANCING,
	INTERLEAVE | STATIC_NODES,
};
#define NR_MODES	(sizeof(modes) / sizeof(*modes))

static unsigned long mask_of(int mode)
{
	return mode == LOCAL || mode == DEFAULT ? 0 : all_nodes();
}

static pthread_barrier_t before, after;

static void *has_mode(void *arg)
{
	int mode = modes[(long)arg];

	set_policy_of_thread(mode, mask_of(mode));
	pthread_barrier_wait(&before);
	pthread_barrier_wait(&after);
	expect_policy(NULL, mode, mask_of(mode));
	return NULL;
}

static void each_thread_has_its_own(void)
{
	pthread_t threads[NR_MODES];
	unsigned long i;

	pthread_barrier_init(&before, NULL, NR_MODES + 1);
	pthread_barrier_init(&after, NULL, NR_MODES + 1);
	for (i = 0; i < NR_MODES; i++)
		check(!pthread_create(&threads[i], NULL, has_mode, (void *)i));
	pthread_barrier_wait(&before);
	set_policy_of_thread(PREFERRED, last_node());
	ready();
	expect_policy(NULL, PREFERRED, last_node());
	pthread_barrier_wait(&after);
	for (i = 0; i < NR_MODES; i++)
		pthread_join(threads[i], NULL);
}

/* Numbers that are not there are kept with MPOL_F_STATIC_NODES. */
static void keeps_absent_nodes(void)
{
	set_policy_of_thread(BIND | STATIC_NODES, all_nodes() | 1UL << 40);
	ready();
	expect_policy(NULL, BIND | STATIC_NODES, all_nodes() | 1UL << 40);
}

static void interleaving_goes_on(void)
{
	int next;

	set_policy_of_thread(INTERLEAVE, all_nodes());
	next = next_node();
	while (next_node() == next && __builtin_popcountl(all_nodes()) > 1)
		*map(MAP_PRIVATE) = 'x';
	next = next_node();
	ready();
	check_equal(next_node(), next);
}

/* What a restarter has is not the program's. */
static void has_none(void)
{
	ready();
	expect_policy(NULL, DEFAULT, 0);
}

TEST(policy_of_the_restarter_stays_behind)
{
	struct subject s;

	if (!has_policies())
		SKIP(return, "this kernel has no NUMA policies");
	ASSERT_EQ(0, subject_start(&s, has_none));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	set_policy_of_thread(BIND, all_nodes());
	EXPECT_EQ(0, subject_restart(&s, 0));
	set_policy_of_thread(DEFAULT, 0);
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- areas ----------------------------------------------------------------------------------- */

static void set_home(void *at, int node)
{
	check(!syscall(SYS_set_mempolicy_home_node, at, AREA, node, 0));
}

/* The words of an area in /proc/self/numa_maps: its policy, with the home node */
static void read_words(const void *at, char *words, size_t size)
{
	FILE *file = fopen("/proc/self/numa_maps", "r");
	char line[512], start[20];

	check(file);
	snprintf(start, sizeof(start), "%lx ", (unsigned long)at);
	*words = '\0';
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, start, strlen(start)))
			snprintf(words, size, "%.*s", (int)strcspn(line + strlen(start), " \n"),
				 line + strlen(start));
	fclose(file);
}

static void areas_have_policies(void)
{
	char *at[6], words[128], again[128];
	int i, fd = open("/proc/self/exe", O_RDONLY);

	for (i = 0; i < 5; i++)
		at[i] = map(MAP_PRIVATE);
	at[5] = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(at[5] != MAP_FAILED);
	close(fd);
	touch(at[1]);
	bind_to(at[0], AREA, BIND, all_nodes());
	bind_to(at[1], AREA, PREFERRED, last_node());
	bind_to(at[2], AREA / 2, INTERLEAVE | STATIC_NODES, all_nodes());
	bind_to(at[3], AREA, LOCAL, 0);
	bind_to(at[4], AREA, PREFERRED_MANY, all_nodes());
	set_home(at[4], __builtin_ctzl(last_node()));
	bind_to(at[5], AREA, BIND | RELATIVE_NODES, 1);
	check(!mlock(at[3], AREA));
	read_words(at[4], words, sizeof(words));
	check(strlen(words) > 0);
	ready();
	expect_policy(at[0], BIND, all_nodes());
	expect_policy(at[1], PREFERRED, last_node());
	expect_policy(at[2], INTERLEAVE | STATIC_NODES, all_nodes());
	expect_policy(at[2] + AREA / 2, DEFAULT, 0);
	expect_policy(at[3], LOCAL, 0);
	expect_policy(at[4], PREFERRED_MANY, all_nodes());
	expect_policy(at[5], BIND | RELATIVE_NODES, 1);
	read_words(at[4], again, sizeof(again));
	check(!strcmp(words, again));
}

static void pages_lie_on_their_nodes(void)
{
	int first = __builtin_ctzl(all_nodes()), last = __builtin_ctzl(last_node());
	char *low = map(MAP_PRIVATE), *high = map(MAP_PRIVATE), *shared = map(MAP_SHARED);

	bind_to(low, AREA, BIND, 1UL << first);
	bind_to(high, AREA, BIND, last_node());
	bind_to(shared, AREA, BIND, last_node());
	touch(low);
	touch(high);
	touch(shared);
	check_equal(node_of(high), last);
	ready();
	check_equal(node_of(low + AREA - PAGE), first);
	check_equal(node_of(high), last);
	check_equal(node_of(high + AREA - PAGE), last);
	check_equal(node_of(shared), last);
	check_equal(node_of(shared + AREA - PAGE), last);
	check_equal(high[PAGE], 'x');
}

/* -- memory in common ------------------------------------------------------------------------ */

/* Set by one, seen by the other, and by whoever maps it later; changed by a third */
static void memory_in_common(void)
{
	int fd = memfd_create("m", 0);
	char *at, *again;

	check(!ftruncate(fd, AREA));
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	again = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bind_to(at, AREA, BIND, all_nodes());
	bind_to(again + 4 * PAGE, 4 * PAGE, PREFERRED, last_node());
	bind_to(at + 12 * PAGE, 4 * PAGE, DEFAULT, 0);
	ready();
	expect_policy(at, BIND, all_nodes());
	expect_policy(at + 4 * PAGE, PREFERRED, last_node());
	expect_policy(at + 8 * PAGE, BIND, all_nodes());
	expect_policy(at + 12 * PAGE, DEFAULT, 0);
	check(!munmap(at, AREA) && !munmap(again, AREA));
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect_policy(at + 4 * PAGE, PREFERRED, last_node());
	expect_policy(at + 8 * PAGE, BIND, all_nodes());
}

/* Nobody maps it. */
static void memory_that_nobody_maps(void)
{
	int fd = memfd_create("m", 0);
	char *at;

	check(!ftruncate(fd, AREA));
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bind_to(at, AREA, INTERLEAVE, all_nodes());
	check(!munmap(at, AREA));
	ready();
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect_policy(at, INTERLEAVE, all_nodes());
}

static void segment(void)
{
	int id = shmget(IPC_PRIVATE, AREA, IPC_CREAT | 0600);
	char *at = shmat(id, NULL, 0);

	check(at != (char *)-1);
	bind_to(at, AREA, BIND, last_node());
	check(!shmctl(id, IPC_RMID, NULL));
	ready();
	expect_policy(at, BIND, last_node());
}

/* On the test's own file system, a tmpfs */
static void deleted_file(void)
{
	int fd = open("deleted", O_RDWR | O_CREAT, 0600);
	char *at;

	check(fd >= 0 && !ftruncate(fd, 2 * AREA) && !unlink("deleted"));
	at = mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(at != MAP_FAILED);
	bind_to(at, 2 * AREA, PREFERRED_MANY, all_nodes());
	touch(at);
	check(!munmap(at + AREA, AREA));
	ready();
	expect_policy(at, PREFERRED_MANY, all_nodes());
	at = mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect_policy(at + AREA, PREFERRED_MANY, all_nodes());
	check_equal(*at, 'x');
}

static void named_file(void)
{
	int fd = open("named", O_RDWR | O_CREAT, 0600);
	char *at;

	check(fd >= 0 && !ftruncate(fd, AREA));
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bind_to(at, AREA, BIND, all_nodes());
	ready();
	expect_policy(at, BIND, all_nodes());
}

#define STORY(run)								\
	TEST(run##_comes_back) {						\
		if (!has_policies())						\
			SKIP(return, "this kernel has no NUMA policies");	\
		EXPECT_EQ(0, story_killed(run));				\
		EXPECT_EQ(0, story_left_running(run));				\
	}

STORY(each_thread_has_its_own)
STORY(keeps_absent_nodes)
STORY(interleaving_goes_on)
STORY(areas_have_policies)
STORY(pages_lie_on_their_nodes)
STORY(memory_in_common)
STORY(memory_that_nobody_maps)
STORY(segment)
STORY(deleted_file)

TEST(named_file_comes_back)
{
	if (!has_policies())
		SKIP(return, "this kernel has no NUMA policies");
	EXPECT_EQ(0, story_killed(named_file));
}

/* -- other machines, and images that somebody has made --------------------------------------- */

static void has_all(void)
{
	int fd = memfd_create("m", 0);
	char *at = map(MAP_PRIVATE), *shared;

	check(!ftruncate(fd, AREA));
	shared = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	set_policy_of_thread(INTERLEAVE, all_nodes());
	bind_to(at, AREA, BIND, all_nodes());
	bind_to(shared, AREA, BIND, all_nodes());
	ready();
	expect_policy(NULL, INTERLEAVE, all_nodes());
	expect_policy(at, BIND, all_nodes());
	expect_policy(shared, BIND, all_nodes());
}

NTH(CKPT_REC_MEMPOLICY, ckpt_rec_mempolicy)
NTH(CKPT_REC_AREA_MEMPOLICY, ckpt_rec_area_mempolicy)
NTH(CKPT_REC_SHMEM_MEMPOLICY, ckpt_rec_shmem_mempolicy)

#define POLICY_	ckpt_rec_mempolicy_nr(image, 0)
#define IN_AREA	ckpt_rec_area_mempolicy_nr(image, 0)
#define SHARED	ckpt_rec_shmem_mempolicy_nr(image, 0)
#define NODES(rec)	(*(uint64_t *)((rec) + 1))

TEST_F(forged, nodes_that_are_not_here)
{
	struct image *image = &self->image;

	if (!has_policies())
		SKIP(return, "this kernel has no NUMA policies");
	ASSERT_EQ(0, subject_start(&self->s, has_all));
	ASSERT_EQ(0, save_and_load(&self->s, image));
	NODES(POLICY_) |= 1UL << 41;
	NODES(IN_AREA) |= 1UL << 42;
	NODES(SHARED) |= 1UL << 40;
	image_seal(image);
	ASSERT_EQ(0, image_store(image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	EXPECT_TRUE(strstr(self->s.errors[0].message, "name nodes 40-42, which are not here"));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

static long try_with(struct subject *s, struct image *image, void (*change)(struct image *image))
{
	long ret = subject_start(s, has_all) ?: save_and_load(s, image);

	if (ret)
		return ret;
	change(image);
	return try_forged(s, image);
}

FORGERY(none_of_a_thread, NODES(POLICY_) = 1UL << 41)
FORGERY(none_of_an_area, NODES(IN_AREA) = 1UL << 41)
FORGERY(none_of_memory, NODES(SHARED) = 1UL << 41)

TEST_F(forged, none_is_left)
{
	if (!has_policies())
		SKIP(return, "this kernel has no NUMA policies");
	EXPECT_EQ(-EINVAL, try_with(&self->s, &self->image, none_of_a_thread));
	image_free(&self->image);
	EXPECT_EQ(-EINVAL, try_with(&self->s, &self->image, none_of_an_area));
	image_free(&self->image);
	EXPECT_EQ(-EINVAL, try_with(&self->s, &self->image, none_of_memory));
}

FORGERY(thread_mode_default, POLICY_->mode = DEFAULT)
FORGERY(thread_wild_mode, POLICY_->mode = WEIGHTED_INTERLEAVE + 1)
FORGERY(thread_huge_mode, POLICY_->mode = BIND | STATIC_NODES)
FORGERY(thread_wild_flag, POLICY_->flags = 1)
FORGERY(thread_both_flags, POLICY_->flags = STATIC_NODES | RELATIVE_NODES)
FORGERY(thread_balances, POLICY_->flags = BALANCING)
FORGERY(thread_no_nodes, NODES(POLICY_) = 0)
FORGERY(thread_local_nodes, POLICY_->mode = LOCAL)
FORGERY(thread_wild_last, POLICY_->last = 1 << 16)
FORGERY(thread_last_of_bind, POLICY_->mode = BIND; POLICY_->last = 1)
FORGERY(thread_weight, POLICY_->weight = 1)
FORGERY(thread_wild_weight, POLICY_->mode = WEIGHTED_INTERLEAVE; POLICY_->weight = 256)
FORGERY(thread_is_none, HEAD(POLICY_)->object = HEAD(SHARED)->object)

FORGERY(area_no_length, IN_AREA->end = IN_AREA->start)
FORGERY(area_no_page, IN_AREA->start++)
FORGERY(area_beyond, IN_AREA->end = 1UL << 63)
FORGERY(area_of_none, IN_AREA->start = PAGE; IN_AREA->end = 2 * PAGE)
FORGERY(area_wild_home, IN_AREA->home = ~0U)
FORGERY(area_home_of_interleaving, IN_AREA->mode = INTERLEAVE; IN_AREA->home = 1)
FORGERY(area_reserved, IN_AREA->reserved = 1)
FORGERY(area_wild_mode, IN_AREA->mode = 77)
FORGERY(area_wild_flag, IN_AREA->flags = 1 << 16)
FORGERY(area_is_a_task, HEAD(IN_AREA)->object = HEAD(POLICY_)->object)

FORGERY(part_no_length, SHARED->end = SHARED->start)
FORGERY(part_no_page, SHARED->end--)
FORGERY(part_beyond, SHARED->start = 1UL << 63; SHARED->end = SHARED->start + PAGE)
FORGERY(part_reserved, SHARED->reserved = 1)
FORGERY(part_wild_mode, SHARED->mode = 77)
FORGERY(part_local_static, SHARED->mode = LOCAL; SHARED->flags = STATIC_NODES)
FORGERY(part_of_an_mm, HEAD(SHARED)->object = HEAD(IN_AREA)->object)

static void (* const changes[])(struct image *image) = {
	thread_mode_default, thread_wild_mode, thread_huge_mode, thread_wild_flag,
	thread_both_flags, thread_balances, thread_no_nodes, thread_local_nodes,
	thread_wild_last, thread_last_of_bind, thread_weight, thread_wild_weight, thread_is_none,
	area_no_length, area_no_page, area_beyond, area_of_none, area_wild_home,
	area_home_of_interleaving, area_reserved, area_wild_mode, area_wild_flag, area_is_a_task,
	part_no_length, part_no_page, part_beyond, part_reserved, part_wild_mode,
	part_local_static, part_of_an_mm,
};

TEST_F(forged, policies_of_no_sort)
{
	if (!has_policies())
		SKIP(return, "this kernel has no NUMA policies");
	ASSERT_EQ(0, subject_start(&self->s, has_all));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes,
			     sizeof(changes) / sizeof(*changes)));
}

/* Memory of huge pages has none: an image that says so must not be believed. */
static void has_huge_memory(void)
{
	int huge = memfd_create("h", MFD_HUGETLB), fd = memfd_create("m", 0);
	char *at;

	check(huge >= 0 && !ftruncate(fd, AREA));
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bind_to(at, AREA, BIND, all_nodes());
	check(!munmap(at, AREA));
	ready();
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect_policy(at, BIND, all_nodes());
}

TEST_F(forged, of_huge_memory)
{
	struct image *image = &self->image;
	struct ckpt_rec *rec;
	int fd = memfd_create("h", MFD_HUGETLB);

	if (!has_policies() || fd < 0)
		SKIP(return, "this kernel has no NUMA policies or no huge pages");
	close(fd);
	ASSERT_EQ(0, subject_start(&self->s, has_huge_memory));
	ASSERT_EQ(0, save_and_load(&self->s, image));
	rec = image_find(image, CKPT_REC_SHMEM);
	while (rec && !((struct ckpt_rec_shmem *)(rec + 1))->page_shift)
		rec = next_record(image, rec, CKPT_REC_SHMEM);
	ASSERT_TRUE(rec);
	/* It was opened first, so it is defined before the policy. */
	ASSERT_LT(rec, HEAD(SHARED));
	HEAD(SHARED)->object = rec->object;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, image));
}

TEST_HARNESS_MAIN
