// SPDX-License-Identifier: GPL-2.0-only
/*
 * vdso_test.c - a vdso that the program has moved, unmapped, protected or written to.
 *
 * The C library keeps its addresses: none of these subjects asks it for the time.
 */
#include <linux/elf.h>

#include "forged.h"

#define PAGE	4096UL

struct area {
	char *start;
	size_t len;
	char prot[5];
};

/* The only area of this name; start is NULL if there is none. */
static struct area find_area(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	struct area area = {}, found;
	char *end, line[512];

	check(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (!strstr(line, name))
			continue;
		check(!area.start);
		check(sscanf(line, "%p-%p %4s", (void **)&found.start, (void **)&end,
			     found.prot) == 3);
		found.len = end - found.start;
		area = found;
	}
	fclose(maps);
	return area;
}

static bool same(struct area a, struct area b)
{
	return a.start == b.start && a.len == b.len && !strcmp(a.prot, b.prot);
}

static struct area text, data;

static void find_both(void)
{
	text = find_area("[vdso]");
	data = find_area("[vvar]");
}

static void check_both(void)
{
	check(same(text, find_area("[vdso]")));
	check(same(data, find_area("[vvar]")));
}

/* Where an entry is, by the dynamic symbols of the text at @base */
static void *find_entry(const char *base, const char *name)
{
	const struct elf64_hdr *ehdr = (const void *)base;
	const struct elf64_shdr *shdr = (const void *)(base + ehdr->e_shoff);
	const struct elf64_sym *sym;
	const char *names;
	unsigned int i, n;

	for (i = 0; i < ehdr->e_shnum && shdr[i].sh_type != SHT_DYNSYM; i++)
		;
	check(i < ehdr->e_shnum);
	sym = (const void *)(base + shdr[i].sh_offset);
	names = base + shdr[shdr[i].sh_link].sh_offset;
	for (n = shdr[i].sh_size / sizeof(*sym); n; n--, sym++)
		if (!strcmp(names + sym->st_name, name))
			return (void *)(base + sym->st_value);
	check(!"the vdso has this entry");
	return NULL;
}

static uint64_t vdso_ns(const char *base)
{
	int (*gettime)(clockid_t clock, struct timespec *time) = find_entry(base, "__vdso_clock_gettime");
	struct timespec now;

	check(!gettime(CLOCK_MONOTONIC, &now));
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static uint64_t real_ns(void)
{
	struct timespec now;

	check(!syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* The clock of the vdso goes with the kernel's. */
static void check_clock(const char *base)
{
	uint64_t before = real_ns(), now = vdso_ns(base);

	check(now >= before && now <= real_ns());
}

static void no_text(void)
{
	find_both();
	check(!munmap(text.start, text.len));
	text = (struct area) {};
	ready();
	check_both();
}
TEST_STORIES(no_text)

static void no_data(void)
{
	find_both();
	check(!munmap(data.start, data.len));
	data = (struct area) {};
	ready();
	check_both();
}
TEST_STORIES(no_data)

static void neither(void)
{
	find_both();
	check(!munmap(text.start, text.len) && !munmap(data.start, data.len));
	ready();
	check(!find_area("[vdso]").start && !find_area("[vvar]").start);
}
TEST_STORIES(neither)

static void move(struct area *area, char *to)
{
	check(mremap(area->start, area->len, area->len, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	area->start = to;
}

static char *free_place(size_t len)
{
	char *place = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(place != MAP_FAILED && !munmap(place, len));
	return place;
}

static void moved(void)
{
	size_t between, room;
	char *place;

	find_both();
	between = text.start - data.start;
	room = between + text.len;
	place = free_place(room);
	move(&data, place);
	move(&text, place + between);
	check_clock(text.start);
	ready();
	check_both();
	check_clock(text.start);
}
TEST_STORIES(moved)

/* The data behind the text, and far away: nothing calls it there. */
static void moved_apart(void)
{
	char *place;

	find_both();
	place = free_place(text.len + 16 * PAGE + data.len);
	move(&text, place);
	move(&data, place + text.len + 16 * PAGE);
	ready();
	check_both();
	check(!memcmp(text.start, ELFMAG, SELFMAG));
}
TEST_STORIES(moved_apart)

/* mov $value, %eax; ret */
static void put_code(char *at, uint32_t value)
{
	at[0] = 0xb8;
	memcpy(at + 1, &value, sizeof(value));
	at[5] = 0xc3;
}

static void written_to(void)
{
	char before[2 * PAGE];
	time_t (*time)(time_t *t);

	find_both();
	check(text.len <= sizeof(before));
	check(!mprotect(text.start, text.len, PROT_READ | PROT_WRITE | PROT_EXEC));
	time = find_entry(text.start, "__vdso_time");
	put_code((char *)time, 4242);
	check(!mprotect(text.start, text.len, PROT_READ | PROT_EXEC));
	memcpy(before, text.start, text.len);
	ready();
	check_both();
	check(!memcmp(before, text.start, text.len));
	check(time(NULL) == 4242);
	check_clock(text.start);
}
TEST_STORIES(written_to)

static void written_to_and_moved(void)
{
	time_t (*time)(time_t *t);

	find_both();
	check(!mprotect(text.start, text.len, PROT_READ | PROT_WRITE));
	put_code(find_entry(text.start, "__vdso_time"), 4243);
	check(!mprotect(text.start, text.len, PROT_READ | PROT_EXEC));
	check(!munmap(data.start, data.len));
	data = (struct area) {};
	move(&text, free_place(text.len));
	ready();
	check_both();
	time = find_entry(text.start, "__vdso_time");
	check(time(NULL) == 4243);
}
TEST_STORIES(written_to_and_moved)

static void protected(void)
{
	find_both();
	check(!mprotect(text.start, text.len, PROT_READ | PROT_WRITE));
	check(!mprotect(data.start, data.len, PROT_NONE));
	find_both();
	check(!strcmp(text.prot, "rw-p") && !strcmp(data.prot, "---p"));
	ready();
	check_both();
	text.start[text.len - 1] = 1;
	check(!mprotect(text.start, text.len, PROT_READ | PROT_EXEC));
	check(!mprotect(data.start, data.len, PROT_READ));
	check_clock(text.start);
}
TEST_STORIES(protected)

static void unreadable(void)
{
	find_both();
	check(!mprotect(text.start, text.len, PROT_NONE));
	find_both();
	ready();
	check_both();
	check(!mprotect(text.start, text.len, PROT_READ | PROT_EXEC));
	check_clock(text.start);
}
TEST_STORIES(unreadable)

static void advised(void)
{
	find_both();
	check(!madvise(text.start, text.len, MADV_DONTFORK));
	ready();
}

TEST(advised_refused)
{
	ASSERT_EQ(0, story_refused(advised, EOPNOTSUPP,
				   "has changed its vdso in a way that cannot be saved"));
}

/* -- forged ---------------------------------------------------------------------------- */

static void untouched(void)
{
	find_both();
	ready();
	check_both();
	check_clock(text.start);
}

static void text_gone(struct ckpt_rec_vdso *v)
{
	v->address = 0;
}

static void data_gone(struct ckpt_rec_vdso *v)
{
	v->vvar = 0;
}

static void text_between_pages(struct ckpt_rec_vdso *v)
{
	v->address += 8;
}

static void data_between_pages(struct ckpt_rec_vdso *v)
{
	v->vvar += 8;
}

static void text_in_the_kernel(struct ckpt_rec_vdso *v)
{
	v->address = 0xffffffff81000000;
}

static void data_at_the_end(struct ckpt_rec_vdso *v)
{
	v->vvar = 0x7ffffffff000 - PAGE;
}

static void one_over_the_other(struct ckpt_rec_vdso *v)
{
	v->vvar = v->address;
}

static void unknown_flags(struct ckpt_rec_vdso *v)
{
	v->flags |= 1U << 31;
}

static void written_to_in_secret(struct ckpt_rec_vdso *v)
{
	((char *)(v + 1))[PAGE - 1] ^= 1;
}

static void of_another_kernel_and_written_to(struct ckpt_rec_vdso *v)
{
	v->build_id[0] ^= 1;
	v->flags |= CKPT_VDSO_CHANGED;
}

static const struct {
	const char *name;
	void (*tell)(struct ckpt_rec_vdso *v);
	int err;
} lies[] = {
	{ "text_gone",		text_gone,		EINVAL },
	{ "data_gone",		data_gone,		EINVAL },
	{ "text_between_pages",	text_between_pages,	EINVAL },
	{ "data_between_pages",	data_between_pages,	EINVAL },
	{ "text_in_the_kernel",	text_in_the_kernel,	EINVAL },
	{ "data_at_the_end",	data_at_the_end,	EINVAL },
	{ "one_over_the_other",	one_over_the_other,	EINVAL },
	{ "unknown_flags",	unknown_flags,		EINVAL },
	{ "written_to_in_secret", written_to_in_secret,	EINVAL },
	{ "of_another_kernel",	of_another_kernel_and_written_to, EOPNOTSUPP },
};

TEST_F(forged, lies)
{
	struct ckpt_rec_vdso *v, truth;
	char last;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, untouched));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	v = (void *)(image_find(&self->image, CKPT_REC_VDSO) + 1);
	truth = *v;
	last = ((char *)(v + 1))[PAGE - 1];
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		lies[i].tell(v);
		image_seal(&self->image);
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		EXPECT_EQ(-lies[i].err, subject_restart(&self->s, 0))
			TH_LOG("%s", lies[i].name);
		*v = truth;
		((char *)(v + 1))[PAGE - 1] = last;
	}
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
	subject_tell_failure();
}

/* On top of the program's memory: nothing of that is lost by it. */
TEST_F(forged, on_the_stack)
{
	struct ckpt_rec_vma *area;
	struct ckpt_rec_vdso *v;

	ASSERT_EQ(0, subject_start(&self->s, untouched));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	v = (void *)(image_find(&self->image, CKPT_REC_VDSO) + 1);
	area = (void *)(image_find(&self->image, CKPT_REC_VMA) + 1);
	v->address = area->start;
	EXPECT_EQ(-EEXIST, try_forged(&self->s, &self->image));
}

TEST_HARNESS_MAIN
