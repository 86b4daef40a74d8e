// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_userfaultfd_test.c - images whose userfaultfds watch what they could not have watched,
 * and restarters who may not have such ones.
 */
#include <sys/eventfd.h>

#include "forged.h"
#include "userfaultfd.h"

#define MISSING	UFFDIO_REGISTER_MODE_MISSING
#define WP	UFFDIO_REGISTER_MODE_WP
#define MINOR	UFFDIO_REGISTER_MODE_MINOR

static void has_no_area(void *arg)
{
	check(!munmap(watched, UFFD_PAGES * UFFD_PAGE));
	close(uffd);
	child_ready();
}

/*
 * One userfaultfd with two areas and a write-protected page between others, one for which
 * UFFDIO_API was not called, and a process that maps nothing there
 */
static void has_userfaultfds(void)
{
	struct uffdio_range range;
	pid_t pid;

	make(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_UNPOPULATED, MISSING | WP);
	range = (struct uffdio_range) { (uintptr_t)page(4), 4 * UFFD_PAGE };
	check(!ioctl(uffd, UFFDIO_UNREGISTER, &range));
	check(!put_copy(0, 1) && !put_zero(1));
	protect(1, 1, true);
	check(eventfd(0, 0) >= 0 && syscall(SYS_userfaultfd, 0) >= 0);
	pid = spawn(has_no_area, NULL);
	await_child(pid);
	ready();
	expect_nothing();
	check(is_protected(1) && !is_protected(0));
	join(pid);
}

NTH(CKPT_REC_FILE_USERFAULTFD, ckpt_rec_file_userfaultfd)
NTH(CKPT_REC_USERFAULTFD_AREAS, ckpt_rec_userfaultfd_areas)
NTH(CKPT_REC_USERFAULTFD_PAGES, ckpt_rec_userfaultfd_pages)
NTH(CKPT_REC_FILE_EVENTFD, ckpt_rec_file_eventfd)
NTH(CKPT_REC_MM, ckpt_rec_mm)

/* The one with areas is made first. */
#define FIRST	ckpt_rec_file_userfaultfd_nr(image, 0)
#define SECOND	ckpt_rec_file_userfaultfd_nr(image, 1)
#define EVENTFD	ckpt_rec_file_eventfd_nr(image, 0)
#define PAGES	ckpt_rec_userfaultfd_pages_nr(image, 0)

static struct ckpt_rec_userfaultfd_areas *areas_of(struct image *image)
{
	return (void *)(record_of(image, HEAD(FIRST)->object, CKPT_REC_USERFAULTFD_AREAS) + 1);
}

static struct ckpt_rec_userfaultfd_area *area(struct image *image, unsigned int nr)
{
	struct ckpt_rec_userfaultfd_areas *areas = areas_of(image);

	return (struct ckpt_rec_userfaultfd_area *)((char *)areas + HEAD(areas)->size) + nr;
}

static struct ckpt_rec_userfaultfd_run *run(struct image *image, unsigned int nr)
{
	return (struct ckpt_rec_userfaultfd_run *)((char *)PAGES + HEAD(PAGES)->size) + nr;
}

FORGERY(unknown_flags, FIRST->flags |= 1U << 10)
FORGERY(unknown_features, FIRST->features |= 1ULL << 40)
FORGERY(features_at_bit_31, FIRST->features |= 1ULL << 31)
FORGERY(features_without_api, FIRST->flags &= ~CKPT_UFFD_API)
FORGERY(areas_without_api, FIRST->flags &= ~CKPT_UFFD_API; FIRST->features = 0)
FORGERY(async_alone, SECOND->flags |= CKPT_UFFD_API; SECOND->features = UFFD_FEATURE_WP_ASYNC)

FORGERY(areas_of_a_counter, HEAD(areas_of(image))->object = HEAD(EVENTFD)->object)
FORGERY(another_memory, areas_of(image)->mm = HEAD(ckpt_rec_mm_nr(image, 1))->object)
FORGERY(no_memory, areas_of(image)->mm = 0)
FORGERY(memory_is_a_file, areas_of(image)->mm = HEAD(EVENTFD)->object)
FORGERY(reserved_of_areas, areas_of(image)->reserved = 1)
FORGERY(no_mode, area(image, 0)->mode = 0)
FORGERY(unknown_mode, area(image, 0)->mode |= 1U << 3)
FORGERY(minor_of_private_memory, area(image, 0)->mode = MINOR)
FORGERY(empty_area, area(image, 0)->end = area(image, 0)->start)
FORGERY(half_pages, area(image, 0)->end -= 1)
FORGERY(not_in_order, area(image, 1)->start = area(image, 0)->end - UFFD_PAGE)
FORGERY(not_in_user_space, area(image, 1)->end = -UFFD_PAGE)
FORGERY(nothing_there, area(image, 1)->end += 1UL << 30)
FORGERY(null_page, area(image, 0)->start = 0)

FORGERY(pages_of_a_counter, HEAD(PAGES)->object = HEAD(EVENTFD)->object)
FORGERY(pages_of_the_other, HEAD(PAGES)->object = HEAD(SECOND)->object)
FORGERY(reserved_of_pages, PAGES->reserved = 1)
FORGERY(no_pages, run(image, 0)->pages = 0)
FORGERY(no_page_flags, run(image, 0)->flags = 0)
FORGERY(unknown_page_flags, run(image, 0)->flags |= 1U << 2)
FORGERY(within_a_page, run(image, 0)->address += 8)
FORGERY(page_not_watched, run(image, 0)->address = area(image, 0)->end)
FORGERY(pages_behind_area, run(image, 0)->pages = 100)
FORGERY(many_pages, run(image, 0)->pages = -1)
FORGERY(not_protected_there, area(image, 0)->mode = MISSING)

TEST_F(forged, userfaultfds)
{
	static void (* const changes[])(struct image *image) = {
		unknown_flags, unknown_features, features_at_bit_31, features_without_api,
		areas_without_api, async_alone,
		areas_of_a_counter, another_memory, no_memory, memory_is_a_file,
		reserved_of_areas, no_mode, unknown_mode, minor_of_private_memory, empty_area,
		half_pages, not_in_order, not_in_user_space, nothing_there, null_page,
		pages_of_a_counter, pages_of_the_other, reserved_of_pages, no_pages,
		no_page_flags, unknown_page_flags, within_a_page, page_not_watched,
		pages_behind_area, many_pages, not_protected_there,
	};

	ASSERT_EQ(0, subject_start(&self->s, has_userfaultfds));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes,
			     sizeof(changes) / sizeof(changes[0])));
}

/* Two of them cannot watch one area. */
static void has_two(void)
{
	int second = new_uffd(0, 0);

	make(0, MISSING);
	check(!register_pages(second, new_memory(UFFD_PAGE), UFFD_PAGE, MISSING));
	ready();
}

static struct ckpt_rec_userfaultfd_area *only_area(struct image *image, unsigned int nr)
{
	struct ckpt_rec_userfaultfd_areas *areas = ckpt_rec_userfaultfd_areas_nr(image, nr);

	return (void *)((char *)areas + HEAD(areas)->size);
}

TEST_F(forged, watched_twice)
{
	struct image *image = &self->image;

	ASSERT_EQ(0, subject_start(&self->s, has_two));
	ASSERT_EQ(0, save_and_load(&self->s, image));
	*only_area(image, 1) = *only_area(image, 0);
	EXPECT_EQ(-EBUSY, try_forged(&self->s, image));
}

/* What may never be written to: no page may be put there. */
static void has_read_only(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	make(UFFD_FEATURE_WP_ASYNC, WP);
	watched = mmap(watched, UFFD_PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	check(watched != MAP_FAILED);
	ready();
}

TEST_F(forged, read_only)
{
	struct image *image = &self->image;

	ASSERT_EQ(0, subject_start(&self->s, has_read_only));
	ASSERT_EQ(0, save_and_load(&self->s, image));
	only_area(image, 0)->start -= UFFD_PAGE;
	only_area(image, 0)->end = only_area(image, 0)->start + UFFD_PAGE;
	EXPECT_EQ(-EPERM, try_forged(&self->s, image));
}

/* -- rights ------------------------------------------------------------------------------- */

static void put_sysctl(const char *value)
{
	put_text("/proc/sys/vm/unprivileged_userfaultfd", value);
}

#define USER_MODE	"USERFAULTFD_OF_USER_MODE"

/* It is the user's from the beginning: made by a program that the user has executed. */
void after_exec(void)
{
	new_uffd(atoi(getenv(USER_MODE)) ? UFFD_USER_MODE_ONLY : 0, 0);
	ready();
}

/* As what the owner of the image may have, after a change */
static long below_user(struct subject *s, const char *user_mode_only, const char *sysctl,
		       uint64_t features)
{
	struct image image;
	long ret;

	setenv(USER_MODE, user_mode_only, 1);
	put_sysctl("1");
	ret = subject_start(s, execute_self_as_user) ?: save_and_load(s, &image);
	put_sysctl(sysctl);
	if (ret)
		return -98;
	ckpt_rec_file_userfaultfd_nr(&image, 0)->features |= features;
	image_seal(&image);
	ret = image_store(&image, s->image);
	image_free(&image);
	subject_go(s, 1);
	ret = ret ?: subject_restart_below_user(s);
	put_sysctl("0");
	return ret > 0 ? subject_wait(s) : ret;
}

TEST(rights)
{
	struct subject s;

	EXPECT_EQ(-EPERM, below_user(&s, "0", "0", 0));
	EXPECT_TRUE(subject_told(&s, "needs CAP_SYS_PTRACE; restart it as root, or set"));
	EXPECT_EQ(0, below_user(&s, "0", "1", 0));
	EXPECT_EQ(0, below_user(&s, "1", "0", 0));
	EXPECT_EQ(-EPERM, below_user(&s, "1", "1", UFFD_FEATURE_EVENT_FORK));
	EXPECT_TRUE(subject_told(&s, "is told of forks"));
}

TEST_HARNESS_MAIN
