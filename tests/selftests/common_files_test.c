// SPDX-License-Identifier: GPL-2.0-only
/*
 * common_files_test.c - files of each kind that can be waited for, in common: with a child that
 * has executed a program, in an epoll instance, and with threads that wait for them.
 */
#include "common_files.h"

/* -- with a child that has executed a program -------------------------------------------- */

static bool is_impatient(const struct item *it)
{
	return fcntl(it->fd, F_GETFL) & O_NONBLOCK;
}

static void set_impatient(const struct item *it, bool impatient)
{
	int flags = fcntl(it->fd, F_GETFL) & ~O_NONBLOCK;

	check_item(it, !fcntl(it->fd, F_SETFL, flags | (impatient ? O_NONBLOCK : 0)));
}

/* The child: what its parent sets and sends it sees, and the other way round. */
void after_exec(void)
{
	struct item *it;

	check_equal(read_file(test_file("items"), (char *)items, sizeof(items)),
		    NR_ROWS * sizeof(*it));
	child_ready();
	for (it = items; it < items + NR_ROWS; it++) {
		check_item(it, wait_until(is_impatient(it)));
		check_item(it, wait_until(is_ready(it)));
		rows[it->row].take(it);
		set_impatient(it, false);
	}
}

static void executes(void *arg)
{
	struct item *it;

	/* Some are closed otherwise. */
	for (it = items; it < items + NR_ROWS; it++)
		check_item(it, !fcntl(it->fd, F_SETFD, 0));
	execute_self();
}

static void with_a_program(void)
{
	struct item *it;
	pid_t pid;

	make_items(items, 0);
	write_file("items", items, NR_ROWS * sizeof(*it));
	pid = spawn(executes, NULL);
	await_child(pid);
	ready();
	taker = pid;
	for (it = items; it < items + NR_ROWS; it++) {
		check_item(it, !syscall(SYS_kcmp, getpid(), pid, 0 /* KCMP_FILE */, it->fd, it->fd));
		check_item(it, !is_impatient(it));
		rows[it->row].rouse(it);
		set_impatient(it, true);
		check_item(it, wait_until(!is_impatient(it)));
		if (is_awaited(it))
			check_item(it, rows[it->row].stays || !is_ready(it));
		else
			check_item(it, lseek(it->fd, 0, SEEK_CUR) == PLACE + 1);
	}
	join(pid);
}
TEST_STORIES(with_a_program)

/* -- in an epoll instance ---------------------------------------------------------------- */

static int epfd;

/* A bit for each item that is reported, and only once */
static uint64_t reported(void)
{
	struct epoll_event events[64];
	int i, nr = epoll_wait(epfd, events, 64, 0);
	uint64_t set = 0;

	check(nr >= 0);
	for (i = 0; i < nr; i++) {
		check_equal(events[i].events, EPOLLIN);
		check(!(set & 1ULL << events[i].data.u64));
		set |= 1ULL << events[i].data.u64;
	}
	return set;
}

static void in_epoll(void)
{
	uint64_t quiet = 0, roused = 0, stay = 0;
	struct item *it;

	taker = getpid();
	epfd = epoll_create1(0);
	make_items(items, 0);
	make_items(items + NR_ROWS, 1);
	for (it = items; it < items + 2 * NR_ROWS; it++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u64 = it - items };

		if (!is_awaited(it))
			continue;
		check_item(it, !epoll_ctl(epfd, EPOLL_CTL_ADD, it->fd, &event));
		*(it->nr ? &roused : &quiet) |= 1ULL << (it - items);
		stay |= (uint64_t)rows[it->row].stays << (it - items);
		if (it->nr)
			rows[it->row].rouse(it);
	}
	check(wait_until(reported() == roused));
	ready();
	check_equal(reported(), roused);
	for (it = items; it < items + NR_ROWS; it++) {
		if (!is_awaited(it))
			continue;
		rows[it->row].rouse(it);
		roused |= 1ULL << (it - items);
		check_item(it, wait_until(reported() == roused));
	}
	check_equal(reported() & quiet, quiet);
	for (it = items; it < items + 2 * NR_ROWS; it++)
		if (is_awaited(it))
			rows[it->row].take(it);
	check_equal(reported(), stay);
}
TEST_STORIES(in_epoll)

/* -- with threads that wait -------------------------------------------------------------- */

struct waiter {
	pthread_t thread;
	pid_t tid;
	bool polls, done;
	struct item *it;
};

static struct waiter waiters[2 * NR_ROWS];

static void *waits(void *arg)
{
	struct waiter *w = arg;

	__atomic_store_n(&w->tid, gettid(), __ATOMIC_RELEASE);
	if (w->polls)
		see_end(w->it);
	else
		rows[w->it->row].take(w->it);
	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* What has a timeout that was to be kept goes on in a call of another number. */
static bool is_waiting(struct waiter *w)
{
	pid_t tid = __atomic_load_n(&w->tid, __ATOMIC_ACQUIRE);
	long call = w->polls ? SYS_poll : rows[w->it->row].call;

	return tid && (is_blocked_in(getpid(), tid, call) ||
		       is_blocked_in(getpid(), tid, SYS_restart_syscall));
}

/* In the call that takes what comes, and in poll(2), each for a file of its own */
static void with_waiters(void)
{
	struct waiter *w;
	unsigned int i;

	taker = getpid();
	make_items(items, 0);
	make_items(items + NR_ROWS, 1);
	for (i = 0; i < 2 * NR_ROWS; i++) {
		w = &waiters[i];
		*w = (struct waiter) { .it = &items[i], .polls = items[i].nr };
		if (!is_awaited(w->it))
			continue;
		check(!pthread_create(&w->thread, NULL, waits, w));
		check_item(w->it, wait_until(is_waiting(w)));
	}
	ready();
	for (w = waiters; w < waiters + 2 * NR_ROWS; w++) {
		if (!is_awaited(w->it))
			continue;
		check_item(w->it, wait_until(is_waiting(w)));
		rows[w->it->row].rouse(w->it);
		check_item(w->it, wait_until(__atomic_load_n(&w->done, __ATOMIC_ACQUIRE)));
		check(!pthread_join(w->thread, NULL));
	}
}
TEST_STORIES(with_waiters)

TEST_HARNESS_MAIN
