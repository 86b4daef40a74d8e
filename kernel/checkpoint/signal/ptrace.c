// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: tracers and those they trace, saving.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ptrace.h>
#include <linux/sched/coredump.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/thread_info.h>
#include <asm/checkpoint.h>
#include "../checkpoint.h"
#include "ptrace.h"

/**
 * DOC: tracing
 *
 * Preserved, where tracer and tracee are in the tree: who traces whom, how (PTRACE_SEIZE or not),
 * with which options, single steps, stops at system calls and PTRACE_SYSEMU; the stop in which a
 * tracee stands, with its siginfo, its message and whether waitid(2) has reported it: for a
 * signal, by job control, by PTRACE_INTERRUPT, before and behind a system call, for the events
 * of fork, vfork, clone, exec and seccomp, and for a step into a signal handler.  What the tracer
 * lets go goes on as it would have: the call is made once, and filtered again where a filter has
 * asked the tracer; the signal is delivered.  No stop is reported a second time.
 * Zombies that a tracer has not waited for.
 *
 * At the end of a call that the freeze interrupted a tracer sees what it sees of a call that
 * a signal without a handler interrupts, then the call again.
 *
 * restart() asks what PTRACE_ATTACH asks, of the credentials that the tracer gets back, as does
 * checkpoint() but for security modules.
 *
 * Refused, each by name: a tracer or a tracee outside the tree; stops for the event of exit;
 * suspended seccomp filters; a changed siginfo of a stop that is for no signal; whom a tracer is
 * just attaching to or letting go.
 *
 * Immaterial: in which order the wait calls come by several tracees.
 */

/* What changes from outside while a tracee is held */
#define TRAPS	(JOBCTL_TRAP_MASK | JOBCTL_LISTENING | JOBCTL_TRACED)

/* TRAPS of a tracee, when it was captured */
static const struct ckpt_private traps_private = {
	.size	= sizeof(unsigned long),
};

/* Its tracer in the tree; a zombie may have one as well */
static struct ckpt_task *find_tracer(struct ckpt_ctx *ctx, const struct task_struct *task)
{
	guard(read_lock)(&tasklist_lock);
	if (!task->ptrace)
		return NULL;
	return ckpt_find_task(ctx, rcu_dereference_protected(task->parent, true));
}

static u32 stop_of(const struct task_struct *task)
{
	const unsigned long stop = task->checkpoint_stop;

	lockdep_assert_held(&task->sighand->siglock);
	if (!(task->jobctl & JOBCTL_TRACED))
		return CKPT_PTRACE_STOP_NONE;
	if (stop & CHECKPOINT_STOP_JOB)
		return CKPT_PTRACE_STOP_JOB;
	if (stop & CHECKPOINT_STOP_SIGNAL)
		return CKPT_PTRACE_STOP_SIGNAL;
	if ((stop & CHECKPOINT_STOP_CODE) >> 8)
		return CKPT_PTRACE_STOP_EVENT;
	if (task->ptrace_message == PTRACE_EVENTMSG_SYSCALL_ENTRY)
		return CKPT_PTRACE_STOP_ENTRY;
	if (task->ptrace_message == PTRACE_EVENTMSG_SYSCALL_EXIT)
		return CKPT_PTRACE_STOP_EXIT;
	return CKPT_PTRACE_STOP_HANDLER;
}

/* Has its tracer left the siginfo as ptrace_do_notify() has made it? */
static bool has_own_siginfo(struct task_struct *task, u32 code)
{
	const kernel_siginfo_t *info = task->last_siginfo;

	return !info || (info->si_signo == (code & 0x7f) && info->si_code == code &&
			 !info->si_errno &&
			 info->si_pid == task_pid_nr_ns(task,
							task_active_pid_ns(task)));
}

/* What cannot be saved for the moment; NULL if all can */
static const char *passing_obstacle(struct task_struct *task)
{
	const u32 code = task->checkpoint_stop & CHECKPOINT_STOP_CODE;
	const u32 stop = stop_of(task);

	lockdep_assert_held(&task->sighand->siglock);
	if (task->checkpoint_stop & CHECKPOINT_STOP_AGAIN)
		return "has not come back to the stop in which it was saved";
	if (task->jobctl & JOBCTL_TRAPPING)
		return "is just being attached to";
	if (!stop)
		return task->checkpoint_stop & CHECKPOINT_STOP_INSIDE ?
		       "is just being let go by its tracer" : NULL;
	if (stop == CKPT_PTRACE_STOP_EVENT && code >> 8 == PTRACE_EVENT_EXIT)
		return "stands where it exits (PTRACE_EVENT_EXIT)";
	if (stop != CKPT_PTRACE_STOP_SIGNAL && !has_own_siginfo(task, code))
		return "stands in a stop of which its tracer has changed the siginfo";
	return NULL;
}

static const char *lasting_obstacle(struct task_struct *task)
{
	if (task->ptrace & PT_SUSPEND_SECCOMP)
		return "a tracer that suspends its seccomp filters";
	return NULL;
}

/* As __ptrace_may_access(), but for whoever is asked about */
static bool has_ids(kuid_t uid, kgid_t gid, const struct cred *tcred)
{
	return uid_eq(uid, tcred->euid) && uid_eq(uid, tcred->suid) && uid_eq(uid, tcred->uid) &&
	       gid_eq(gid, tcred->egid) && gid_eq(gid, tcred->sgid) && gid_eq(gid, tcred->gid);
}

static bool may_trace(const struct cred *cred, bool by_file, const struct cred *tcred,
		      struct mm_struct *mm)
{
	if (!security_capable(cred, tcred->user_ns, CAP_SYS_PTRACE, CAP_OPT_NOAUDIT))
		return true;
	if (get_dumpable(mm) != SUID_DUMP_USER)
		return false;
	if (by_file)
		return has_ids(cred->fsuid, cred->fsgid, tcred) &&
		       cap_issubset(tcred->cap_permitted, cred->cap_effective);
	return has_ids(cred->uid, cred->gid, tcred) &&
	       cap_issubset(tcred->cap_permitted, cred->cap_permitted);
}

/**
 * ckpt_could_trace - could somebody attach to a task, or open what shows its memory?
 * @cred: who
 * @by_file: open a file of its /proc/PID: PTRACE_MODE_FSCREDS, not PTRACE_MODE_REALCREDS
 * @t: a living task of the tree
 *
 * What a security module says is left to the restart.
 *
 * Return: true if so
 */
bool ckpt_could_trace(const struct cred *cred, bool by_file, struct ckpt_task *t)
{
	const struct cred *tcred = get_task_cred(t->task);
	bool may = may_trace(cred, by_file, tcred, t->mm);

	put_cred(tcred);
	return may;
}

static bool could_attach(struct ckpt_task *tracer, struct ckpt_task *t)
{
	const struct cred *cred = get_task_cred(tracer->task);
	bool may = ckpt_could_trace(cred, false, t);

	put_cred(cred);
	return may;
}

/*
 * That of a child: the call, which ends behind the stop, returns another one then.  Or its own
 * before it executed a program.
 */
static bool shows_number(const struct task_struct *task)
{
	return stop_of(task) == CKPT_PTRACE_STOP_EVENT &&
	       (task->checkpoint_stop & CHECKPOINT_STOP_CODE) >> 8 != PTRACE_EVENT_SECCOMP;
}

static int check_tracee(struct ckpt_ctx *ctx, struct ckpt_task *t, struct ckpt_task *tracer)
{
	const char *passing, *lasting = lasting_obstacle(t->task);
	unsigned long flags;

	if (!lock_task_sighand(t->task, &flags))
		return ckpt_fail_task_killed(ctx);
	passing = passing_obstacle(t->task);
	if (!passing && shows_number(t->task) && ns_of_pid(tracer->pid) != ns_of_pid(t->pid))
		passing = "stands in a stop that shows a number of its tracer's pid namespace";
	unlock_task_sighand(t->task, &flags);
	if (passing)
		return ckpt_fail(ctx, -EAGAIN, "%s; try again", passing);
	if (lasting)
		return ckpt_fail(ctx, -EOPNOTSUPP, "has %s, which cannot be saved", lasting);
	if (!could_attach(tracer, t))
		return ckpt_fail(ctx, -EPERM, "is traced by pid %d, which could not attach to it again",
				 pid_nr_ns(tracer->pid, ctx->caller_ns));
	return 0;
}

/* Is one of those that it traces outside the tree? */
static bool traces_outside(struct ckpt_ctx *ctx, struct task_struct *tracer)
{
	struct task_struct *task;

	guard(read_lock)(&tasklist_lock);
	list_for_each_entry(task, &tracer->ptraced, ptrace_entry)
		if (!ckpt_find_task(ctx, task))
			return true;
	return false;
}

static int ptrace_check(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_task *tracer = find_tracer(ctx, t->task);

	if (!t->zombie && ckpt_is_traced_from_outside(ctx, t))
		return ckpt_fail(ctx, -EBUSY, CKPT_TRACED);
	/* Who could not be stopped only seems to be outside. */
	if (!t->zombie && traces_outside(ctx, t->task) && !ctx->save->obstacle)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "traces a task outside the tree, which cannot be saved; detach it first");
	if (t->zombie)
		return 0;
	/* Its tracer was killed when it stood already: it is held where it was let go. */
	if (!tracer && READ_ONCE(t->task->checkpoint_stop) & CHECKPOINT_STOP_INSIDE)
		return ckpt_fail(ctx, -EAGAIN, "is just being let go by its tracer; try again");
	return tracer ? check_tracee(ctx, t, tracer) : 0;
}

static const struct {
	unsigned long jobctl;
	u32 flag;
} traps[] = {
	{ JOBCTL_TRAP_STOP,	CKPT_PTRACE_TRAP },
	{ JOBCTL_TRAP_NOTIFY,	CKPT_PTRACE_NOTIFY },
	{ JOBCTL_LISTENING,	CKPT_PTRACE_LISTENING },
};

static u32 flags_of(const struct task_struct *task)
{
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(traps); i++)
		if (task->jobctl & traps[i].jobctl)
			flags |= traps[i].flag;
	return flags;
}

static void get_stop(struct ckpt_rec_ptrace *data, const struct task_struct *task)
{
	lockdep_assert_held(&task->sighand->siglock);
	data->flags |= flags_of(task);
	data->signal = task->jobctl & JOBCTL_STOP_SIGMASK;
	data->stop = stop_of(task);
	if (!data->stop)
		return;
	data->code = task->checkpoint_stop & CHECKPOINT_STOP_CODE;
	data->message = task->ptrace_message;
	if (!task->exit_code)
		data->flags |= CKPT_PTRACE_SEEN;
	if (data->stop != CKPT_PTRACE_STOP_SIGNAL)
		return;
	memcpy(data->info, task->last_siginfo, sizeof(*task->last_siginfo));
	if (task->checkpoint_stop & CHECKPOINT_STOP_PROCESS)
		data->flags |= CKPT_PTRACE_OF_PROCESS;
	if (!(task->jobctl & JOBCTL_STOP_DEQUEUED))
		data->flags |= CKPT_PTRACE_VOID;
}

/* In a call, and not on its way to user space: the caller, and who waits for a vfork child */
static bool reports_call(const struct ckpt_task *t, const struct ckpt_rec_ptrace *data)
{
	return !data->stop && (t->self || t->vforked) &&
	       data->flags & (CKPT_PTRACE_CALLS | CKPT_PTRACE_STEP_CALL);
}

static const struct cred *get_tracer_cred(const struct task_struct *task)
{
	guard(read_lock)(&tasklist_lock);
	return task->ptrace ? get_cred(task->ptracer_cred) : NULL;
}

static int save_tracee(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		       struct ckpt_task *tracer, struct ckpt_task *t)
{
	struct task_struct *task = t->task;
	struct ckpt_rec_ptrace data = { .tracee = t->id };
	const struct cred *cred = get_tracer_cred(task);
	unsigned long flags, *was;
	const char *passing;
	int err;

	if (!cred)
		return ckpt_fail_task_killed(ctx);
	err = ckpt_save_object(ctx, &ckpt_class_cred, cred, &data.cred);
	put_cred(cred);
	if (err)
		return err;
	if (task->ptrace & PT_SEIZED)
		data.flags |= CKPT_PTRACE_SEIZED;
	data.options = (task->ptrace >> PT_OPT_FLAG_SHIFT) & PTRACE_O_MASK;
	if (t->zombie)
		return ckpt_emit(ctx, kind, tracer->id, &data, NULL, 0);
	if (test_task_syscall_work(task, SYSCALL_TRACE))
		data.flags |= CKPT_PTRACE_CALLS;
	if (test_task_syscall_work(task, SYSCALL_EMU))
		data.flags |= CKPT_PTRACE_EMULATED;
	data.flags |= ckpt_arch_get_steps(task);
	was = ckpt_make_private(&t->privates, &traps_private);
	if (!was)
		return ckpt_fail(ctx, -ENOMEM, "no memory for what traces it");
	if (!lock_task_sighand(task, &flags))
		return ckpt_fail_task_killed(ctx);
	/* A SIGCONT may have come since it was asked about. */
	passing = passing_obstacle(task);
	if (!passing)
		get_stop(&data, task);
	*was = task->jobctl & TRAPS;
	unlock_task_sighand(task, &flags);
	if (passing)
		return ckpt_fail(ctx, -EAGAIN, "%s; try again", passing);
	if (reports_call(t, &data))
		data.flags |= CKPT_PTRACE_REPORTS;
	return ckpt_emit(ctx, kind, tracer->id, &data, NULL, 0);
}

static int ptrace_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, struct ckpt_task *tracer)
{
	struct ckpt_task *t;
	int err;

	if (list_empty_careful(&tracer->task->ptraced))
		return 0;
	for_each_ckpt_task(ctx, t) {
		if (find_tracer(ctx, t->task) != tracer)
			continue;
		err = save_tracee(ctx, kind, tracer, t);
		if (err)
			return err;
	}
	return 0;
}

/* A SIGCONT reaches it in its stop. */
static const char *ptrace_changed(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const unsigned long *was = ckpt_private(&t->privates, &traps_private);

	if (t->zombie || !READ_ONCE(t->task->ptrace) ||
	    (READ_ONCE(t->task->jobctl) & TRAPS) == (was ? *was : 0))
		return NULL;
	return "got a SIGCONT";
}

CHECKPOINT_KIND(ptrace) = {
	.name		= "ptrace",
	.type		= CKPT_REC_PTRACE,
	.size		= sizeof(struct ckpt_rec_ptrace),
	.scope		= CKPT_SCOPE_TASK,
	.stage		= CKPT_STAGE_REGS,
	.class		= &ckpt_class_task,
	.many		= true,
	.check		= ptrace_check,
	.save		= ptrace_save,
	.changed	= ptrace_changed,
	.validate	= ckpt_ptrace_validate,
	.complete	= ckpt_ptrace_complete,
	.may_become	= ckpt_ptrace_may_become,
	.restore	= ckpt_ptrace_restore,
	.finish		= ckpt_ptrace_finish,
};
