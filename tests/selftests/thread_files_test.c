// SPDX-License-Identifier: GPL-2.0-only
/*
 * thread_files_test.c - threads that do not share what their process has open, or where it
 * works, and what belongs to such a descriptor table: record locks, leases, F_NOTIFY.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "forged.h"

#define HERE	200	/* a number that the threads use for other files than the process */

static pthread_barrier_t met;

static void meet(void)
{
	pthread_barrier_wait(&met);
}

/* A thread makes what it has, is checkpointed, and looks at it, while the process looks too. */
static void beside(void *(*thread)(void *), void (*look)(void))
{
	pthread_t id;

	check(!pthread_barrier_init(&met, NULL, 2));
	check(!pthread_create(&id, NULL, thread, NULL));
	meet();
	ready();
	if (look)
		look();
	meet();
	check(!pthread_join(id, NULL));
}

static int open_at(const char *name, int fd)
{
	int file = open(test_file(name), O_RDWR | O_CREAT, 0644);

	check(file >= 0);
	check_equal(dup2(file, fd), fd);
	close(file);
	return fd;
}

static bool is_file(int fd, const char *name)
{
	struct stat there, wanted;

	return !fstat(fd, &there) && !stat(test_file(name), &wanted) &&
	       there.st_ino == wanted.st_ino;
}

static bool works_in(const char *path)
{
	struct stat here, wanted;

	return !stat(".", &here) && !stat(path, &wanted) && here.st_dev == wanted.st_dev &&
	       here.st_ino == wanted.st_ino;
}

/* -- descriptor tables ----------------------------------------------------------------- */

static void *has_own_table(void *arg)
{
	int fd;

	check(!unshare(CLONE_FILES));
	open_at("the thread's", HERE);
	check(!fcntl(HERE, F_SETFD, FD_CLOEXEC));
	check_equal(lseek(HERE, 7, SEEK_SET), 7);
	fd = open_at("only the thread's", HERE + 1);
	meet();
	meet();
	check(is_file(HERE, "the thread's"));
	check_equal(fcntl(HERE, F_GETFD), FD_CLOEXEC);
	check_equal(lseek(HERE, 0, SEEK_CUR), 7);
	check(is_file(fd, "only the thread's"));
	/* and it goes on being its own */
	close(HERE);
	return arg;
}

static void has_the_process_table(void)
{
	check(is_file(HERE, "the process's"));
	check_equal(fcntl(HERE, F_GETFD), 0);
	check_equal(fcntl(HERE + 1, F_GETFD), -1);
}

static void own_table(void)
{
	open_at("the process's", HERE);
	beside(has_own_table, has_the_process_table);
	has_the_process_table();
}
TEST_STORIES(own_table)

static void *opens_there(void *arg)
{
	meet();
	open_at("late", HERE);
	meet();
	return arg;
}

/* Two threads have one table, which is not the process's: what one opens, the other has. */
static void *shares_own_table(void *arg)
{
	pthread_t id;

	check(!unshare(CLONE_FILES));
	check(!pthread_create(&id, NULL, opens_there, NULL));
	meet();
	meet();
	check(!pthread_join(id, NULL));
	check(is_file(HERE, "late"));
	return arg;
}

static void table_of_two_threads(void)
{
	pthread_t id;

	check(!pthread_barrier_init(&met, NULL, 3));
	check(!pthread_create(&id, NULL, shares_own_table, NULL));
	meet();
	ready();
	meet();
	check(!pthread_join(id, NULL));
	check_equal(fcntl(HERE, F_GETFD), -1);
}
TEST_STORIES(table_of_two_threads)

static int opens_in_ours(void *arg)
{
	(void)arg;
	child_ready();
	open_at("by the child", HERE);
	return 0;
}

/* A process and a thread of another have one table: the process is made before the thread. */
static void *shares_with_a_process(void *arg)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid;

	check(!unshare(CLONE_FILES));
	pid = clone(opens_in_ours, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	check(pid > 0);
	await_child(pid);
	meet();
	meet();
	join(pid);
	check(is_file(HERE, "by the child"));
	return arg;
}

static void table_with_a_process(void)
{
	beside(shares_with_a_process, NULL);
	check_equal(fcntl(HERE, F_GETFD), -1);
}
TEST_KILLED(table_with_a_process)
TEST_TWICE(table_with_a_process)

static volatile bool may_look, has_looked;

static void *outlives(void *arg)
{
	check(!unshare(CLONE_FILES | CLONE_FS));
	check(!chdir("/"));
	open_at("the thread's", HERE);
	meet();
	ready();
	check(is_file(HERE, "the thread's"));
	check(works_in("/"));
	may_look = true;
	check(wait_until(has_looked));
	exit(0);
	return arg;
}

static void *keeps_the_process_table(void *arg)
{
	meet();
	check(wait_until(may_look));
	check(is_file(HERE, "the process's"));
	check(works_in(test_dir));
	has_looked = true;
	sleep_ms(60000);
	return arg;
}

/* The leader has exited; of its threads one has what it had, and one has not. */
static void leader_has_exited(void)
{
	pthread_t id;

	open_at("the process's", HERE);
	check(!chdir(test_dir));
	check(!pthread_barrier_init(&met, NULL, 3));
	check(!pthread_create(&id, NULL, keeps_the_process_table, NULL));
	check(!pthread_create(&id, NULL, outlives, NULL));
	meet();
	pthread_exit(NULL);
}
TEST_STORIES(leader_has_exited)

/* -- directories ------------------------------------------------------------------------ */

static mode_t umask_now(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

static void *works_elsewhere(void *arg)
{
	check(!unshare(CLONE_FS));
	check(!chdir(test_dir));
	umask(0123);
	meet();
	meet();
	check(works_in(test_dir));
	check_equal(umask_now(), 0123);
	check(!chdir("/"));
	umask(0);
	return arg;
}

static void the_process_works_there(void)
{
	check(works_in("/tmp"));
	check_equal(umask_now(), 027);
}

static void own_directory(void)
{
	check(!chdir("/tmp"));
	umask(027);
	beside(works_elsewhere, the_process_works_there);
	the_process_works_there();
}
TEST_STORIES(own_directory)

static void *follows(void *arg)
{
	meet();
	meet();
	check(works_in(test_dir));
	check(!chdir("/"));
	return arg;
}

static void *is_followed(void *arg)
{
	pthread_t id;

	check(!unshare(CLONE_FS));
	check(!chdir(test_dir));
	check(!pthread_create(&id, NULL, follows, NULL));
	meet();
	meet();
	check(!pthread_join(id, NULL));
	check(works_in("/"));
	return arg;
}

static void directory_of_two_threads(void)
{
	pthread_t id;

	check(!chdir("/tmp"));
	check(!pthread_barrier_init(&met, NULL, 3));
	check(!pthread_create(&id, NULL, is_followed, NULL));
	meet();
	ready();
	meet();
	check(!pthread_join(id, NULL));
	check(works_in("/tmp"));
}
TEST_STORIES(directory_of_two_threads)

/* -- what belongs to a table ------------------------------------------------------------ */

static bool set_lock(int fd, short type, off_t at)
{
	struct flock lock = { .l_type = type, .l_start = at, .l_len = 1 };

	return !fcntl(fd, F_SETLK, &lock);
}

/* As another table sees it: the locks of a process's other table stand in its way, too. */
static pid_t holder_of(int fd, off_t at)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	check(!fcntl(fd, F_GETLK, &lock));
	return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

static void *locks_a_byte(void *arg)
{
	check(!unshare(CLONE_FILES));
	check(set_lock(HERE, F_WRLCK, 1));
	meet();
	meet();
	/* The process's is in the way of the thread, and its own is not. */
	check_equal(holder_of(HERE, 0), getpid());
	check_equal(holder_of(HERE, 1), 0);
	/* Closing in its table drops its own, and none of the process's. */
	close(dup(HERE));
	check_equal(holder_of(HERE, 0), getpid());
	return arg;
}

static void locks_stay_apart(void)
{
	check_equal(holder_of(HERE, 0), 0);
	check_equal(holder_of(HERE, 1), getpid());
}

static void record_locks(void)
{
	open_at("locked", HERE);
	check(set_lock(HERE, F_WRLCK, 0));
	beside(locks_a_byte, locks_stay_apart);
	check_equal(holder_of(HERE, 1), 0);
}
TEST_STORIES(record_locks)

static void *has_a_lease(void *arg)
{
	int fd;

	check(!unshare(CLONE_FILES));
	fd = open(test_file("leased"), O_RDONLY | O_CREAT, 0644);
	check(!fcntl(fd, F_SETLEASE, F_RDLCK));
	meet();
	meet();
	check_equal(fcntl(fd, F_GETLEASE), F_RDLCK);
	check(!fcntl(fd, F_SETLEASE, F_UNLCK));
	return arg;
}

static void lease(void)
{
	beside(has_a_lease, NULL);
}
TEST_KILLED(lease)
TEST_TWICE(lease)

static volatile sig_atomic_t notified;

static void note(int nr)
{
	(void)nr;
	notified++;
}

static void *has_a_lock_of_flock(void *arg)
{
	check(!unshare(CLONE_FILES));
	open_at("flocked", HERE);
	check(!flock(HERE, LOCK_EX));
	meet();
	meet();
	check(!flock(HERE, LOCK_UN));
	return arg;
}

static void is_locked(void)
{
	int fd = open(test_file("flocked"), O_RDWR);

	check_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	close(fd);
}

static void lock_of_flock(void)
{
	beside(has_a_lock_of_flock, is_locked);
}
TEST_KILLED(lock_of_flock)
TEST_TWICE(lock_of_flock)

static void *watches_a_directory(void *arg)
{
	check(!unshare(CLONE_FILES));
	check_equal(dup2(open(test_dir, O_RDONLY | O_DIRECTORY), HERE), HERE);
	/* F_NOTIFY itself would name the thread, which gets no signals of a process. */
	check(!fcntl(HERE, F_SETOWN, getpid()));
	check(!fcntl(HERE, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	meet();
	meet();
	notified = 0;
	close(open(test_file("new"), O_WRONLY | O_CREAT, 0600));
	check(wait_until(notified));
	close(HERE);
	return arg;
}

static void notification(void)
{
	signal(SIGIO, note);
	beside(watches_a_directory, NULL);
}
TEST_KILLED(notification)

/* -- forged ------------------------------------------------------------------------------- */

static struct ckpt_rec *last(struct image *image, uint32_t type)
{
	struct ckpt_rec *rec = image_find(image, type), *next;

	while ((next = next_record(image, rec, type)))
		rec = next;
	return rec;
}

static struct ckpt_rec_task_fdtable *link_in(struct image *image)
{
	return (void *)(last(image, CKPT_REC_TASK_FDTABLE) + 1);
}

/* A thread has both a table of its own and another's. */
static void two_tables(struct image *image)
{
	struct ckpt_rec_fdtable *table = (void *)(last(image, CKPT_REC_FDTABLE) + 1);

	table->owner = last(image, CKPT_REC_TASK_FDTABLE)->object;
}

static void table_that_is_none(struct image *image)
{
	link_in(image)->fdtable = last(image, CKPT_REC_FS)->object;
}

static void table_of_nobody(struct image *image)
{
	link_in(image)->fdtable = ~0U;
}

static void link_of_no_task(struct image *image)
{
	last(image, CKPT_REC_TASK_FDTABLE)->object = 1;
}

static void (* const forgeries[])(struct image *image) = {
	two_tables, table_that_is_none, table_of_nobody, link_of_no_task,
};

TEST_F(forged, tables)
{
	ASSERT_EQ(0, subject_start(&self->s, table_of_two_threads));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

TEST_HARNESS_MAIN
