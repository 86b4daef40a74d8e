// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_reserved_test.c - what the ABI header calls reserved is zero: an image in which one
 * such field is not, of whatever record or element of an array, is refused.
 */
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include "forged.h"

#define LEAST	25	/* of the records that basics() brings into the image have so many */

/* -- what the header says ----------------------------------------------------------------- */

enum what { RECORD, STRUCT, ARRAY, FIELD };

static const struct line {
	enum what what;
	const char *name;	/* of a struct or field; of the struct of an array's elements */
	uint32_t number;	/* type, or offset */
	size_t bytes;
} lines[] = {
#define sizeof_field(_struct, _member)	sizeof(((_struct *)0)->_member)
#define ABI_RECORD(_name, _number, _bytes)	{ RECORD, _name, _number, _bytes },
#define ABI_STRUCT(_name, _bytes)		{ STRUCT, _name, 0, _bytes },
#define ABI_ARRAY(_name, _offset, _bytes, _type) { ARRAY, _type, _offset, _bytes },
#define ABI_FIELD(_name, _offset, _bytes, _type) { FIELD, _name, _offset, _bytes },
#define ABI_VECTOR(_name, _offset, _bytes, _type, _count) { FIELD, _name, _offset, _bytes },
#define ABI_OBJECT(_class, _defines, _late)
#define ABI_REF(_name, _offset, _class, _optional)
#include "abi-table.h"
};

#define NR_LINES	(sizeof(lines) / sizeof(lines[0]))

static const struct line *find(enum what what, const char *name, uint32_t number)
{
	const struct line *l;

	for (l = lines; l < lines + NR_LINES; l++)
		if (l->what == what && (name ? !strcmp(l->name, name) : l->number == number))
			return l + 1;
	return NULL;
}

static bool is_inside(const struct line *l)
{
	return l < lines + NR_LINES && (l->what == FIELD || l->what == ARRAY);
}

/* The NR'th field of those behind @l that is reserved, from 0 */
static const struct line *reserved(const struct line *l, unsigned int *nr)
{
	for (; l && is_inside(l); l++)
		if (l->what == FIELD && !strncmp(l->name, "reserved", 8) && !(*nr)--)
			return l;
	return NULL;
}

/* The NR'th reserved byte sequence of a record, in its fixed part or in its first element */
static char *place(struct ckpt_rec *rec, unsigned int nr)
{
	const struct line *record = find(RECORD, NULL, rec->type), *l = reserved(record, &nr);
	char *data = (char *)(rec + 1);

	if (l)
		return data + l->number;
	for (l = record; l && is_inside(l); l++) {
		const struct ckpt_rec_array *array = (void *)(data + l->number);
		const struct line *field;

		if (l->what != ARRAY || !array->count)
			continue;
		field = reserved(find(STRUCT, l->name, 0), &nr);
		return field ? data + rec->size + field->number : NULL;
	}
	return NULL;
}

/* -- the program ---------------------------------------------------------------------------- */

static void locks(void)
{
	struct flock range = { .l_type = F_WRLCK, .l_len = 10 };
	int fd = open("locked", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	check(!flock(fd, LOCK_EX));
	fd = open("ranges", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check(!fcntl(fd, F_OFD_SETLK, &range));
	fd = open("removed", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check(write(fd, "removed", 7) == 7 && !unlink("removed"));
}

static void memory(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	check(shmat(id, NULL, 0) != MAP_FAILED && !shmctl(id, IPC_RMID, NULL));
	check(!ftruncate(memfd_create("sealed", MFD_ALLOW_SEALING), 4096));
}

static void timers(void)
{
	struct itimerspec hour = { .it_value.tv_sec = 3600 };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	check(!timerfd_settime(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), 0, &hour, NULL));
	check(!timer_create(CLOCK_MONOTONIC, &none, &timer));
	check(!timer_settime(timer, 0, &hour, NULL));
}

static void descriptors(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC), ends[2], pair[2], inotify;
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	check(!sigprocmask(SIG_BLOCK, &usr1, NULL) && !raise(SIGUSR1));
	check(signalfd(-1, &usr1, SFD_CLOEXEC) >= 0);
	check(!epoll_ctl(epoll, EPOLL_CTL_ADD, eventfd(0, EFD_CLOEXEC), &event));
	check(!pipe(ends) && write(ends[1], "data", 4) == 4);
	check(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) && write(pair[1], "data", 4) == 4);
	check(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
	inotify = inotify_init1(IN_CLOEXEC);
	check(inotify_add_watch(inotify, ".", IN_CREATE) > 0);
	close(open("new", O_WRONLY | O_CREAT, 0600));
}

static void basics(void)
{
	descriptors();
	timers();
	memory();
	locks();
	ready();
}

/* Each field of each type of record, once */
TEST_F(forged, reserved_fields)
{
	struct image original;
	unsigned int tried = 0, nr;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, basics));
	ASSERT_EQ(0, save_and_load(&self->s, &original));
	for (i = 0; i < original.nr_records; i++) {
		struct ckpt_rec *rec = image_record(&original, i);

		if (image_find(&original, rec->type) != rec)
			continue;
		for (nr = 0; place(rec, nr); nr++, tried++) {
			ASSERT_EQ(0, image_load(&self->image, self->s.image));
			*place(image_record(&self->image, i), nr) = 1;
			image_seal(&self->image);
			ASSERT_EQ(0, image_store(&self->image, self->s.image));
			EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0)) {
				TH_LOG("record %#x, reserved field %u", rec->type, nr);
				subject_kill(&self->s);
			}
			image_free(&self->image);
			ASSERT_EQ(0, image_store(&original, self->s.image));
		}
	}
	EXPECT_LE(LEAST, tried);
	image_free(&original);
	memset(&self->image, 0, sizeof(self->image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
