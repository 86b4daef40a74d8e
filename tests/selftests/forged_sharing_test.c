// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_sharing_test.c - images that lie about what processes share, and about who waits for
 * a vfork child.
 */
#include "forged.h"
#include "clone_vm.h"
#include "vfork.h"

/* -- what is shared ------------------------------------------------------------------- */

static void stands(void *arg)
{
	(void)arg;
	child_ready();
}

static void dies(void *arg)
{
	(void)arg;
	_exit(0);
}

/* Three children: memory of its own, memory and actions shared, a zombie */
static void three_children(void)
{
	pid_t apart = spawn(stands, NULL), dead, pid;
	siginfo_t info;

	await_child(apart);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	dead = spawn(dies, NULL);
	check(!waitid(P_PID, dead, &info, WEXITED | WNOWAIT));
	check(!syscall(SYS_ioprio_set, 1, 0, IOPRIO));
	pid = clone(changes_all, new_stack(), CLONE_VM | CLONE_SIGHAND | CLONE_IO | SIGCHLD, NULL);
	until(&up, 1);
	ready();
	go = 1;
	until(&done, 1);
	shared[1] = 'y';
	go = 2;
	join(apart);
	join(dead);
	join(pid);
}

struct lies {
	struct image *image;
	struct ckpt_rec *mm_rec, *actions_rec;
	struct ckpt_rec_task_mm *mm;
	struct ckpt_rec_task_sigactions *actions;
	struct ckpt_rec_io_user *io;
};

/* The object of the @nr'th task record, the root's is 0 */
static uint32_t task_nr(const struct lies *l, int nr)
{
	struct ckpt_rec *rec = image_find(l->image, CKPT_REC_TASK);

	while (nr--)
		rec = next_record(l->image, rec, CKPT_REC_TASK);
	return rec->object;
}

static void actions_of_itself(struct lies *l)
{
	l->actions->process = l->actions_rec->object;
}

static void actions_without_memory(struct lies *l)
{
	l->actions->process = task_nr(l, 1);
}

static void actions_of_the_dead(struct lies *l)
{
	l->actions->process = task_nr(l, 2);
}

static void actions_of_nobody(struct lies *l)
{
	l->actions->process = 9999;
}

static void actions_of_a_file(struct lies *l)
{
	l->actions->process = image_find(l->image, CKPT_REC_FILE)->object;
}

static void actions_unknown(struct lies *l)
{
	l->actions->reserved = 1;
}

static void memory_of_another(struct lies *l)
{
	struct ckpt_rec *first = image_find(l->image, CKPT_REC_MM);

	l->mm->mm = next_record(l->image, first, CKPT_REC_MM)->object;
}

static void memory_of_nobody(struct lies *l)
{
	l->mm->mm = 9999;
}

static void memory_is_a_file(struct lies *l)
{
	l->mm->mm = image_find(l->image, CKPT_REC_FILE)->object;
}

static void memory_unknown(struct lies *l)
{
	l->mm->reserved = 1;
}

/* The root has memory already, and would have two. */
static void memory_of_the_root_too(struct lies *l)
{
	l->mm_rec->object = task_nr(l, 0);
}

static void memory_of_a_zombie(struct lies *l)
{
	l->mm_rec->object = task_nr(l, 2);
}

static void actions_of_a_zombie(struct lies *l)
{
	l->actions_rec->object = task_nr(l, 2);
}

static void io_of_itself(struct lies *l)
{
	l->io->task = task_nr(l, 0);
}

static void io_of_the_dead(struct lies *l)
{
	l->io->task = task_nr(l, 2);
}

static void io_of_a_file(struct lies *l)
{
	l->io->task = image_find(l->image, CKPT_REC_FILE)->object;
}

static void io_unknown(struct lies *l)
{
	l->io->reserved = 1;
}

static const struct lie {
	void (*tell)(struct lies *l);
	const char *words;
} all_lies[] = {
	{ actions_of_itself,		"signal actions of what has none" },
	{ actions_without_memory,	"and no memory" },
	{ actions_of_the_dead,		"signal actions of what has none" },
	{ actions_of_nobody,		"before it is defined" },
	{ actions_of_a_file,		"wrong sort" },
	{ actions_unknown,		"a reserved field" },
	{ memory_of_another,		"and no memory" },
	{ memory_of_nobody,		"before it is defined" },
	{ memory_is_a_file,		"wrong sort" },
	{ memory_unknown,		"a reserved field" },
	{ memory_of_the_root_too,	"two" },
	{ memory_of_a_zombie,		"no living task" },
	{ actions_of_a_zombie,		"no living task" },
	{ io_of_itself,			"with itself" },
	{ io_of_the_dead,		"with itself, the dead" },
	{ io_of_a_file,			"wrong sort" },
	{ io_unknown,			"a reserved field" },
};

static bool find_lies(struct image *image, struct lies *l)
{
	l->image = image;
	l->mm_rec = image_find(image, CKPT_REC_TASK_MM);
	l->actions_rec = image_find(image, CKPT_REC_TASK_SIGACTIONS);
	if (!l->mm_rec || !l->actions_rec || !image_find(image, CKPT_REC_IO_CONTEXT))
		return false;
	l->io = (void *)((char *)image_find(image, CKPT_REC_IO_CONTEXT) +
			 sizeof(struct ckpt_rec) + sizeof(struct ckpt_rec_io_context));
	l->mm = (void *)(l->mm_rec + 1);
	l->actions = (void *)(l->actions_rec + 1);
	return true;
}

TEST_F(forged, lies)
{
	struct image lie;
	struct lies l;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, three_children));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	for (i = 0; i < sizeof(all_lies) / sizeof(*all_lies); i++) {
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
		ASSERT_EQ(0, image_load(&lie, self->s.image));
		ASSERT_TRUE(find_lies(&lie, &l));
		all_lies[i].tell(&l);
		image_seal(&lie);
		ASSERT_EQ(0, image_store(&lie, self->s.image));
		image_free(&lie);
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0)) {
			tell("lie %zu", i);
			subject_kill(&self->s);
		}
		EXPECT_NE(NULL, strstr(self->s.errors[0].message, all_lies[i].words)) {
			tell("lie %zu: %s", i, self->s.errors[0].message);
		}
	}
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
}

/* -- who waits ------------------------------------------------------------------------- */

/* Task records: the root, a thread that waits, its child, an ordinary one, a zombie */
static void all_sorts(void)
{
	pthread_t thread;
	pid_t other, dead;
	siginfo_t info;

	other = spawn(stands, NULL);
	dead = spawn(dies, NULL);
	await_child(other);
	check(!waitid(P_PID, dead, &info, WEXITED | WNOWAIT));
	check(!pthread_create(&thread, NULL, vforks_and_pauses, NULL));
	check(wait_until(nr_up == 1));
	ready();
	kill(child_pid, SIGTERM);
	pthread_join(thread, NULL);
	join(other);
	join(dead);
}

typedef bool (*is_task)(const struct ckpt_rec_task *t, uint32_t object);

static struct ckpt_rec_task *find_task(struct image *image, is_task is)
{
	struct ckpt_rec *rec = image_find(image, CKPT_REC_TASK);

	while (rec && !is((void *)(rec + 1), rec->object))
		rec = next_record(image, rec, CKPT_REC_TASK);
	return rec ? (void *)(rec + 1) : NULL;
}

static bool is_vfork(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->flags & CKPT_TASK_F_VFORK;
}

static bool is_root(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->leader == object && !t->parent;
}

static bool is_thread(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->leader != object;
}

static bool is_dead(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->state == CKPT_TASK_ZOMBIE;
}

static bool is_other(const struct ckpt_rec_task *t, uint32_t object)
{
	return t->leader == object && t->parent && !t->state && !is_vfork(t, object);
}

static const struct {
	is_task is;
	bool same_parent;
	const char *words;
} vfork_lies[] = {
	{ is_root,	false,	"vfork child of nobody" },
	{ is_thread,	false,	"vfork child of nobody" },
	{ is_dead,	false,	"vfork child of nobody" },
	{ is_other,	true,	"waits for two" },
};

TEST_F(forged, vfork_lies)
{
	struct image lie;
	struct ckpt_rec_task *t;
	size_t i;

	ASSERT_EQ(0, subject_start(&self->s, all_sorts));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	ASSERT_NE(NULL, find_task(&self->image, is_vfork));
	for (i = 0; i < sizeof(vfork_lies) / sizeof(*vfork_lies); i++) {
		ASSERT_EQ(0, image_load(&lie, self->s.image));
		t = find_task(&lie, vfork_lies[i].is);
		ASSERT_NE(NULL, t);
		if (vfork_lies[i].same_parent)
			t->parent = find_task(&lie, is_vfork)->parent;
		t->flags |= CKPT_TASK_F_VFORK;
		image_seal(&lie);
		ASSERT_EQ(0, image_store(&lie, self->s.image));
		image_free(&lie);
		EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0)) {
			subject_kill(&self->s);
		}
		EXPECT_NE(NULL, strstr(self->s.errors[0].message, vfork_lies[i].words)) {
			tell("lie %zu: %s", i, self->s.errors[0].message);
		}
		ASSERT_EQ(0, image_store(&self->image, self->s.image));
	}
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_go(&self->s, 1);
	ASSERT_EQ(0, subject_wait(&self->s));
}

/* A parent that has no memory in common with it, and one that never called vfork: no harm */
TEST_F(forged, another_parent)
{
	struct ckpt_rec_task *t;

	ASSERT_EQ(0, subject_start(&self->s, all_sorts));
	ASSERT_EQ(0, save_and_load(&self->s, &self->image));
	t = find_task(&self->image, is_vfork);
	ASSERT_NE(NULL, t);
	t->flags &= ~CKPT_TASK_F_VFORK;
	t = find_task(&self->image, is_other);
	t->flags |= CKPT_TASK_F_VFORK;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	ASSERT_EQ(0, subject_restart(&self->s, 0));
	subject_kill(&self->s);
}

TEST_HARNESS_MAIN
