// SPDX-License-Identifier: GPL-2.0-only
/*
 * msg_test.c - System V message queues: what they hold, who waits in them.
 */
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "forged.h"

#define KEY	0x434b5051

struct message {
	long type;
	char text[8192];
};

static int queue;

static struct msqid_ds stat_queue(int id)
{
	struct msqid_ds ds = {};

	check(!msgctl(id, IPC_STAT, &ds));
	return ds;
}

static void make_queue(key_t key)
{
	queue = msgget(key, IPC_CREAT | IPC_EXCL | 0640);
	check(queue >= 0);
}

static void remove_queue(void)
{
	check(!msgctl(queue, IPC_RMID, NULL));
}

static int send_bytes(long type, size_t size, int flags)
{
	static struct message m;

	m.type = type;
	pattern_fill(m.text, (size + 7) & ~7UL, type * 1000 + size);
	return msgsnd(queue, &m, size, flags);
}

static void expect_bytes(long which, long type, size_t size)
{
	static struct message m, wanted;

	check_equal(msgrcv(queue, &m, sizeof(m.text), which, IPC_NOWAIT), size);
	check_equal(m.type, type);
	pattern_fill(wanted.text, (size + 7) & ~7UL, type * 1000 + size);
	check(!memcmp(m.text, wanted.text, size));
}

static void expect_none(void)
{
	struct message m;

	check(msgrcv(queue, &m, sizeof(m.text), 0, IPC_NOWAIT) == -1 && errno == ENOMSG);
}

static void same_queue(const struct msqid_ds *before)
{
	struct msqid_ds now = stat_queue(queue);

	check_equal(now.msg_perm.__key, before->msg_perm.__key);
	check_equal(now.msg_perm.mode, before->msg_perm.mode);
	check_equal(now.msg_perm.uid, before->msg_perm.uid);
	check_equal(now.msg_perm.gid, before->msg_perm.gid);
	check_equal(now.msg_perm.cuid, before->msg_perm.cuid);
	check_equal(now.msg_perm.cgid, before->msg_perm.cgid);
	check_equal(now.msg_perm.__seq, before->msg_perm.__seq);
	check_equal(now.msg_stime, before->msg_stime);
	check_equal(now.msg_rtime, before->msg_rtime);
	check_equal(now.msg_ctime, before->msg_ctime);
	check_equal(now.__msg_cbytes, before->__msg_cbytes);
	check_equal(now.msg_qnum, before->msg_qnum);
	check_equal(now.msg_qbytes, before->msg_qbytes);
	check_equal(now.msg_lspid, before->msg_lspid);
	check_equal(now.msg_lrpid, before->msg_lrpid);
}

static bool waits(pid_t pid)
{
#ifdef SYS_ipc			/* through which the C library makes them all */
	return is_blocked_in(pid, pid, SYS_ipc);
#else
	return is_blocked_in(pid, pid, SYS_msgrcv) || is_blocked_in(pid, pid, SYS_msgsnd);
#endif
}

static void receives(void *arg)
{
	struct message m;

	check_equal(msgrcv(queue, &m, sizeof(m.text), (intptr_t)arg, 0), 3);
	check_equal(m.type, (intptr_t)arg);
	check(!memcmp(m.text, "abc", 3));
}

static void send_abc(long type)
{
	struct message m = { .type = type, .text = "abc" };

	check(!msgsnd(queue, &m, 3, IPC_NOWAIT));
}

static void takes_one(void *arg)
{
	(void)arg;
	expect_bytes(5, 5, 10);
}

/* A queue with messages, in which a child waits for one that is not there */
static void receiver(void)
{
	struct msqid_ds before;
	pid_t pid, gone;

	make_queue(KEY);
	check(!send_bytes(7, 5000, 0));
	check(!send_bytes(3, 0, 0));
	check(!send_bytes(5, 10, 0));
	check(!send_bytes(7, 8000, 0));
	gone = spawn(takes_one, NULL);
	join(gone);
	before = stat_queue(queue);
	before.msg_perm.uid = 1234;
	before.msg_perm.mode = 0604;
	before.msg_qbytes = 16000;
	check(!msgctl(queue, IPC_SET, &before));
	pid = spawn(receives, (void *)99);
	check(wait_until(waits(pid)));
	before = stat_queue(queue);
	ready();
	check(wait_until(waits(pid)));
	same_queue(&before);
	check_equal(before.msg_lrpid, gone);
	check_equal(msgget(KEY, 0), queue);
	expect_bytes(-6, 3, 0);
	expect_bytes(0, 7, 5000);
	expect_bytes(7, 7, 8000);
	expect_none();
	send_abc(99);
	join(pid);
	remove_queue();
}
TEST_STORIES(receiver)

static void sends(void *arg)
{
	(void)arg;
	check(!send_bytes(2, 8000, 0));
}

/* A full queue, and who waits for room in it */
static void sender(void)
{
	pid_t pid;

	make_queue(IPC_PRIVATE);
	check(!send_bytes(1, 8000, 0));
	check(!send_bytes(1, 8000, 0));
	pid = spawn(sends, NULL);
	check(wait_until(waits(pid)));
	ready();
	check(wait_until(waits(pid)));
	check(send_bytes(1, 8000, IPC_NOWAIT) == -1 && errno == EAGAIN);
	expect_bytes(0, 1, 8000);
	join(pid);
	expect_bytes(0, 1, 8000);
	expect_bytes(0, 2, 8000);
	expect_none();
	remove_queue();
}
TEST_STORIES(sender)

static void waits_for_the_end(void *arg)
{
	struct message m;

	(void)arg;
	check(msgrcv(queue, &m, 1, 0, 0) == -1 && errno == EIDRM);
}

static void receiver_of_a_queue_that_goes(void)
{
	pid_t pid;

	make_queue(IPC_PRIVATE);
	pid = spawn(waits_for_the_end, NULL);
	check(wait_until(waits(pid)));
	ready();
	check(wait_until(waits(pid)));
	remove_queue();
	join(pid);
}
TEST_STORIES(receiver_of_a_queue_that_goes)

/* -- another boot, as far as queues go: they are gone ----------------------------------------- */

static int count_queues(void)
{
	struct msginfo info;

	msgctl(0, MSG_INFO, (void *)&info);
	return info.msgpool;
}

static int count_bytes(void)
{
	struct msginfo info;

	msgctl(0, MSG_INFO, (void *)&info);
	return info.msgtql;
}

static void remove_all(void)
{
	struct msqid_ds ds;
	int i, id;

	for (i = 0; i < 32000 && count_queues(); i++) {
		id = msgctl(i, MSG_STAT, &ds);
		if (id >= 0)
			msgctl(id, IPC_RMID, NULL);
	}
}

TEST(queue_is_made_anew)
{
	struct subject s;
	int bytes;

	ASSERT_EQ(0, subject_start(&s, receiver));
	bytes = count_bytes();
	EXPECT_LT(0, bytes);
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	ASSERT_EQ(0, count_bytes());
	ASSERT_EQ(0, subject_restart(&s, 0));
	EXPECT_EQ(1, count_queues());
	EXPECT_EQ(bytes, count_bytes());
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
	EXPECT_EQ(0, count_bytes());
}

TEST(full_queue_is_made_anew)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, sender));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

TEST(key_is_taken)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, receiver));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	ASSERT_LE(0, msgget(IPC_PRIVATE, 0600));
	ASSERT_LE(0, msgget(KEY, IPC_CREAT | 0600));
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "ipcrm -q"));
	EXPECT_EQ(2, count_queues());
	EXPECT_EQ(0, count_bytes());
	remove_all();
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* The tree's own queue, from which somebody has taken a message since */
TEST(queue_was_used)
{
	struct message m;
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, receiver));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	queue = msgget(KEY, 0);
	ASSERT_EQ(0, msgrcv(queue, &m, sizeof(m.text), 3, IPC_NOWAIT));
	EXPECT_EQ(-EEXIST, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "not as the program left it"));
	EXPECT_EQ(2, stat_queue(queue).msg_qnum);
	remove_all();
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- who else has it ----------------------------------------------------------------------- */

static void waits_in_queue_of_the_test(void)
{
	struct message m;

	queue = msgget(KEY, 0);
	write_file("ready1", "", 0);
	check_equal(msgrcv(queue, &m, 3, 1, 0), 3);
}

static void other_waits(void *arg)
{
	struct message m;

	(void)arg;
	msgrcv(queue, &m, 3, 2, 0);
}

static void other_has_sent(void *arg)
{
	(void)arg;
	send_abc(3);
	pause();
}

static bool has_sent(pid_t pid)
{
	return stat_queue(queue).msg_lspid == pid;
}

static long save_with_other(struct subject *s, void (*other)(void *), bool (*is_there)(pid_t))
{
	pid_t pid;
	long ret;

	make_queue(KEY);
	pid = spawn(other, NULL);
	check(wait_until(is_there(pid)));
	ret = subject_start(s, waits_in_queue_of_the_test);
	if (!ret && wait_until(waits(s->pid)))
		ret = subject_save(s, CHECKPOINT_KILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	send_abc(1);
	if (subject_wait(s))
		ret = -1;
	remove_queue();
	return ret;
}

TEST(receiver_outside)
{
	struct subject s;

	EXPECT_EQ(-EBUSY, save_with_other(&s, other_waits, waits));
	EXPECT_TRUE(subject_told(&s, "waits for a message"));
}

TEST(sender_outside)
{
	struct subject s;

	EXPECT_EQ(-EBUSY, save_with_other(&s, other_has_sent, has_sent));
	EXPECT_TRUE(subject_told(&s, "was the last to send"));
}

/* Not held: it stays where it is, and that is said. */
static void only_used(void)
{
	make_queue(KEY);
	check(!send_bytes(4, 44, 0));
	ready();
	expect_bytes(0, 4, 44);
	remove_queue();
}

TEST(queue_that_is_not_held)
{
	struct subject s;

	ASSERT_EQ(0, subject_start(&s, only_used));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_TRUE(subject_told(&s, "is not in the image"));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* All queues are saved, and restored in another namespace. */
TEST(own_namespace)
{
	struct subject s;

	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(0, subject_start(&s, only_used));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	ASSERT_EQ(-1, msgget(KEY, 0));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- limits and forged images ---------------------------------------------------------------- */

static void set_limit(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY);

	if (write(fd, text, strlen(text)) < 0)
		tell("%s cannot be set to %s", name, text);
	close(fd);
}

#define MSGMAX	"/proc/sys/kernel/msgmax"
#define MSGMNI	"/proc/sys/kernel/msgmni"

TEST(limits)
{
	struct subject s;
	char before[32];

	ASSERT_EQ(0, subject_start(&s, receiver));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	remove_all();
	read_file(MSGMAX, before, sizeof(before));
	set_limit(MSGMAX, "7999");
	EXPECT_EQ(-EINVAL, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "kernel.msgmax"));
	set_limit(MSGMAX, before);
	read_file(MSGMNI, before, sizeof(before));
	set_limit(MSGMNI, "0");
	EXPECT_EQ(-ENOSPC, subject_restart(&s, 0));
	EXPECT_TRUE(subject_told(&s, "kernel.msgmni"));
	set_limit(MSGMNI, before);
	EXPECT_EQ(0, count_queues());
	EXPECT_EQ(0, count_bytes());
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

#define FORGED(name, statement, err)					\
TEST_F(forged, name)							\
{									\
	struct ckpt_rec_msg_queue *data;				\
	struct ckpt_rec_msg *msg;					\
	struct ckpt_rec *rec;						\
									\
	ASSERT_EQ(0, subject_start(&self->s, receiver));		\
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));		\
	rec = image_find(&self->image, CKPT_REC_MSG_QUEUE);		\
	ASSERT_NE(NULL, rec);						\
	data = (void *)(rec + 1);					\
	msg = (void *)(data + 1);					\
	(void)msg;							\
	statement;							\
	remove_all();							\
	EXPECT_EQ(err, try_forged(&self->s, &self->image));		\
	EXPECT_EQ(0, count_queues());					\
	EXPECT_EQ(0, count_bytes());					\
}

FORGED(id, data->id = -1, -EINVAL)
FORGED(mode, data->mode = 01777, -EINVAL)
FORGED(uid, data->uid = ~0U, -EINVAL)
FORGED(cuid, data->cuid = ~0U, -EINVAL)
FORGED(cgid, data->cgid = ~0U, -EINVAL)
FORGED(qbytes, data->qbytes = 1ULL << 40, -EINVAL)
FORGED(lspid, data->lspid = ~0U, -EINVAL)
FORGED(type_zero, msg->type = 0, -EINVAL)
FORGED(type_negative, msg->type = -5, -EINVAL)
FORGED(size_to_the_sky, msg->size = ~0ULL, -EINVAL)
FORGED(size_beyond_the_array, msg->size = 1 << 20, -EINVAL)
FORGED(size_smaller, msg->size = 8, -EINVAL)

/* A user's program, whose queue a forged image makes root's, or larger than it may be */
void after_exec(void)
{
	pid_t pid;

	make_queue(KEY);
	pid = spawn(receives, (void *)1);
	check(wait_until(waits(pid)));
	ready();
	send_abc(1);
	join(pid);
	remove_queue();
}

static long restart_forged(struct subject *s, struct image *image)
{
	image_seal(image);
	return image_store(image, s->image) ?: subject_restart_below_user(s);
}

TEST_F(forged, rights)
{
	struct ckpt_rec_msg_queue *data;
	uint64_t qbytes;

	ASSERT_EQ(0, subject_start(&self->s, execute_self_as_user));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	remove_all();
	data = (void *)(image_find(&self->image, CKPT_REC_MSG_QUEUE) + 1);
	data->uid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	data->uid = 1000;
	data->cgid = 0;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	data->cgid = 1000;
	qbytes = data->qbytes;
	data->qbytes = 1 << 20;
	EXPECT_EQ(-EPERM, restart_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "kernel.msgmnb"));
	data->qbytes = qbytes;
	EXPECT_EQ(0, count_queues());
	EXPECT_EQ(self->s.pid, restart_forged(&self->s, &self->image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_HARNESS_MAIN
