/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what the rest of the kernel calls.
 *
 * Everything here vanishes with CONFIG_CHECKPOINT=n.
 */
#ifndef _LINUX_CHECKPOINT_H
#define _LINUX_CHECKPOINT_H

#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/sched/jobctl.h>

#ifdef CONFIG_CHECKPOINT

struct completion;
struct epoll_event;
struct linux_binfmt;
struct pid_namespace;
struct pt_regs;
struct sock;
struct timespec64;
struct tty_struct;

/**
 * checkpoint_trap - stop here while a checkpoint or restart holds the task
 * @info: out: a signal that the task had taken when it was saved
 * @type: out: whose queue that was in
 *
 * Called by get_signal() when JOBCTL_TRAP_CHECKPOINT is set in current->jobctl.
 *
 * Context: current->sighand->siglock held, dropped meanwhile.  May sleep, killable.
 * Return: that signal, which is to be handled as one that was dequeued, or 0
 */
int checkpoint_trap(kernel_siginfo_t *info, enum pid_type *type);

/*
 * In which stop for its tracer a task is: bits of ->checkpoint_stop.  The lowest 16 are what
 * waitid(2) reports of it.
 */
#define CHECKPOINT_STOP_CODE	0xffffUL
#define CHECKPOINT_STOP_INSIDE	BIT(16)	/* it is in ptrace_stop() */
#define CHECKPOINT_STOP_JOB	BIT(17)	/* of job control, or by PTRACE_INTERRUPT */
#define CHECKPOINT_STOP_SIGNAL	BIT(18)	/* for a signal that it has taken */
#define CHECKPOINT_STOP_PROCESS	BIT(19)	/* from the queue of its process */
#define CHECKPOINT_STOP_RECALC	BIT(20)	/* nothing but a checkpoint made it look for signals */
/* In which it will be when it is restarted, and how: */
#define CHECKPOINT_STOP_AGAIN	BIT(21)
#define CHECKPOINT_STOP_SEEN	BIT(22)	/* waitid(2) has reported it */
#define CHECKPOINT_STOP_VOID	BIT(23)	/* SIGCONT came since, so it will not stop its process */
#define CHECKPOINT_STOP_TRAP	BIT(24)	/* JOBCTL_TRAP_STOP came since */
#define CHECKPOINT_STOP_NOTIFY	BIT(25)	/* JOBCTL_TRAP_NOTIFY came since */
#define CHECKPOINT_STOP_LISTEN	BIT(26)	/* its tracer listens */
/* What is set of a restarted task when it has left the system call that it was made in: */
#define CHECKPOINT_STOP_CALLS	BIT(27)	/* SYSCALL_TRACE */
#define CHECKPOINT_STOP_STEP	BIT(28)	/* SYSCALL_EXIT_TRAP */

bool checkpoint_enter_stop(int exit_code, int why, kernel_siginfo_t *info);
void checkpoint_leave_stop(void);

/* What ptrace_stop() is called for next is a signal, taken from a queue of @type. */
static inline void checkpoint_note_signal(enum pid_type type)
{
	current->checkpoint_stop |= CHECKPOINT_STOP_SIGNAL;
	if (type != PIDTYPE_PID)
		current->checkpoint_stop |= CHECKPOINT_STOP_PROCESS;
}

/* Its tracer is gone, and with it what was to come; siglock is held. */
static inline void checkpoint_untraced(struct task_struct *p)
{
	p->checkpoint_stop &= CHECKPOINT_STOP_AGAIN - 1;
	clear_task_syscall_work(p, SYSCALL_TRACE);
}

int ptrace_may_link(struct task_struct *task, unsigned long options);

bool checkpoint_may_be_born(const struct pid_namespace *ns);

/**
 * checkpoint_init_task - a new task is held by nobody
 * @p: the new task
 * @args: of kernel_clone(); a reserved pid says that restart() makes it, and then
 *	fn_arg is its struct ckpt_task
 */
#define checkpoint_init_task(p, args)					\
	do {								\
		(p)->checkpoint_holder = NULL;				\
		INIT_LIST_HEAD(&(p)->checkpoint_node);			\
		(p)->checkpoint = kernel_clone_pid(args) ? (args)->fn_arg : NULL; \
		(p)->checkpoint_deadline = 0;				\
		(p)->checkpoint_stop = 0;				\
	} while (0)

extern atomic_t checkpoint_gained;

/**
 * checkpoint_gains - a task has got a child, or its process a thread
 * @p: the task
 *
 * If it is held, a walk through its tree may have missed the new one: see ckpt_walk_tree().
 *
 * Context: tasklist_lock held for writing.
 */
static inline void checkpoint_gains(struct task_struct *p)
{
	if (unlikely(READ_ONCE(p->checkpoint_holder)))
		atomic_inc(&checkpoint_gained);
}

/* Nobody looks into a task that is still being made, but those that are made with it. */
static inline bool checkpoint_makes(struct task_struct *p)
{
	return READ_ONCE(p->checkpoint);
}

/* Nobody takes a descriptor from one that is held: whether others have it was counted. */
static inline bool checkpoint_holds(struct task_struct *p)
{
	return READ_ONCE(p->checkpoint_holder);
}

/* Nobody else changes it either: what restart() sets it would lose, or keep. */
static inline bool checkpoint_keeps_out(struct task_struct *p)
{
	return p != current && checkpoint_makes(p);
}

/**
 * checkpoint_note_deadline - a sleep ends early; remember when it would have ended
 * @expires: absolute CLOCK_MONOTONIC time, KTIME_MAX if none
 *
 * Called by sleeps whose system call answers -EINTR to any signal, so that the
 * trap can continue the call with the time that is left.
 */
static inline void checkpoint_note_deadline(ktime_t expires)
{
	if (unlikely(READ_ONCE(current->jobctl) & JOBCTL_TRAP_CHECKPOINT))
		current->checkpoint_deadline = expires;
}

/**
 * checkpoint_note_end - the same for a call whose sleep may have noted nothing
 * @expires: see there; a time long ago if there was no sleep
 *
 * Called where such a call answers -EINTR, behind its look at pending signals: what the
 * sleep has noted is more exact.
 */
static inline void checkpoint_note_end(ktime_t expires)
{
	if (!current->checkpoint_deadline)
		checkpoint_note_deadline(expires);
}

void checkpoint_note_left(long timeout);
long checkpoint_socket_timeout(const struct sock *sk, long timeout, bool send);

/**
 * checkpoint_note_timeout - a call on a socket ends early; remember how long it had still to wait
 * @timeout: jiffies, MAX_SCHEDULE_TIMEOUT if for ever
 *
 * What is noted already and ends earlier counts.
 */
static inline void checkpoint_note_timeout(long timeout)
{
	if (unlikely(READ_ONCE(current->jobctl) & JOBCTL_TRAP_CHECKPOINT))
		checkpoint_note_left(timeout);
}

/**
 * checkpoint_timeout - how long may a call on a socket wait?
 * @sk: the socket
 * @timeout: what it says, in jiffies
 * @send: what to do: send, or receive
 *
 * Return: jiffies; for a call that goes on after a checkpoint, what it has left
 */
static inline long checkpoint_timeout(const struct sock *sk, long timeout, bool send)
{
	if (unlikely(current->checkpoint_deadline))
		return checkpoint_socket_timeout(sk, timeout, send);
	return timeout;
}

/**
 * checkpoint_interrupts - is a checkpoint why something was interrupted?
 * @ret: what it answered
 *
 * For what could be done again after any signal, but cannot say so to user space.
 *
 * Return: true if @ret asks for it and the task is on its way to the trap
 */
static inline bool checkpoint_interrupts(long ret)
{
	return (ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND) &&
	       READ_ONCE(current->jobctl) & JOBCTL_TRAP_CHECKPOINT;
}

/*
 * What the kernel keeps private in one file and restart() needs: the functions
 * that restart an interrupted system call, and calls that answer -EINTR to any
 * signal, with an absolute deadline in place of a timeout.
 */
typedef long (*restart_fn_t)(struct restart_block *restart);

restart_fn_t hrtimer_nanosleep_restart_fn(void);
restart_fn_t posix_cpu_nsleep_restart_fn(void);
restart_fn_t poll_restart_fn(void);
restart_fn_t futex_wait_restart_fn(void);
int epoll_wait_until(int epfd, struct epoll_event __user *events, int maxevents,
		     struct timespec64 *deadline);
int sigtimedwait_until(const sigset_t *which, kernel_siginfo_t *info, ktime_t deadline);

/* An address space is replaced as by execve(2); registered as by membarrier(2). */
int exec_replace_mm(struct mm_struct *mm);
int exec_join_mm(struct mm_struct *mm);

/* What dumps core of programs of an ABI */
struct linux_binfmt *elf_binfmt(void);
#ifdef CONFIG_COMPAT_BINFMT_ELF
struct linux_binfmt *compat_elf_binfmt(void);
#else
static inline struct linux_binfmt *compat_elf_binfmt(void) { return NULL; }
#endif

/* May current make the call of which its filter has asked the tracer? */
#ifdef CONFIG_SECCOMP
bool seccomp_allows_again(struct pt_regs *regs);
#else
static inline bool seccomp_allows_again(struct pt_regs *regs) { return true; }
#endif

#ifdef CONFIG_MEMBARRIER
int membarrier_registered(struct mm_struct *mm);
int membarrier_register(int cmds);
#else
static inline int membarrier_registered(struct mm_struct *mm) { return 0; }
static inline int membarrier_register(int cmds) { return cmds ? -EINVAL : 0; }
#endif

/* Numbers that are reserved count in the pids controller before they have tasks. */
#ifdef CONFIG_CGROUP_PIDS
struct cgroup_subsys_state *cgroup_pids_reserve(int nr);
void cgroup_pids_unreserve(struct cgroup_subsys_state *css, int nr, bool last);
#else
static inline struct cgroup_subsys_state *cgroup_pids_reserve(int nr) { return NULL; }
static inline void cgroup_pids_unreserve(struct cgroup_subsys_state *css, int nr, bool last) { }
#endif

/*
 * A flag of a POSIX timer's sigqueue, above those of signal_types.h: the timer was set to
 * a time on its clock, which only some clocks remember otherwise.
 */
#define SIGQUEUE_ABSOLUTE	BIT(30)

/*
 * More of them: the signal is no longer pending, for a task that is restarted had taken it; from
 * the queue of its process; its number, whatever the siginfo says.
 */
#define SIGQUEUE_TAKEN		BIT(29)
#define SIGQUEUE_OF_PROCESS	BIT(28)
#define SIGQUEUE_NUMBER(flags)	(((flags) >> 8) & 0xff)

static inline void checkpoint_note_absolute(struct sigqueue *q, bool absolute)
{
	q->flags = absolute ? q->flags | SIGQUEUE_ABSOLUTE : q->flags & ~SIGQUEUE_ABSOLUTE;
}

/* A pseudo terminal gets its number again, an open file of /dev/tty its terminal. */
void checkpoint_choose_pts(unsigned int *first, unsigned int *last);
struct tty_struct *checkpoint_tty(void);

/* A parent waits for a vfork child again. */
void vfork_wait_again(struct task_struct *child, struct completion *vfork);

/* CPU time goes on from a value. */
u64 task_set_sched_runtime(struct task_struct *p, u64 runtime);

struct sembuf;
#ifdef CONFIG_SYSVIPC
long semtimedop_until(int semid, struct sembuf __user *tsops, unsigned int nsops,
		      ktime_t until);
#else
static inline long semtimedop_until(int semid, struct sembuf __user *tsops, unsigned int nsops,
				    ktime_t until)
{
	return -EINVAL;
}
#endif

struct io_event;
#ifdef CONFIG_AIO
long io_getevents_until(unsigned long ctx_id, long min_nr, long nr,
			struct io_event __user *events, ktime_t deadline);
#else
static inline long io_getevents_until(unsigned long ctx_id, long min_nr, long nr,
				      struct io_event __user *events, ktime_t deadline)
{
	return -EINVAL;
}
#endif

#else

static inline int checkpoint_trap(kernel_siginfo_t *info, enum pid_type *type) { return 0; }
static inline bool checkpoint_enter_stop(int exit_code, int why, kernel_siginfo_t *info)
{
	return false;
}

static inline void checkpoint_leave_stop(void) { }
static inline void checkpoint_note_signal(enum pid_type type) { }
static inline void checkpoint_untraced(struct task_struct *p) { }
#define checkpoint_init_task(p, args) do { } while (0)
#define checkpoint_may_be_born(ns) ((ns)->pid_allocated & PIDNS_ADDING)
static inline void checkpoint_gains(struct task_struct *p) { }
static inline void checkpoint_note_absolute(struct sigqueue *q, bool absolute) { }
#define checkpoint_makes(p) false
#define checkpoint_holds(p) false
#define checkpoint_keeps_out(p) false
static inline void checkpoint_note_deadline(ktime_t expires) { }
static inline void checkpoint_note_end(ktime_t expires) { }
static inline void checkpoint_note_timeout(long timeout) { }
#define checkpoint_timeout(sk, timeout, send) (timeout)
static inline bool checkpoint_interrupts(long ret) { return false; }
static inline void checkpoint_choose_pts(unsigned int *first, unsigned int *last) { }
#define checkpoint_tty() NULL

#endif
#endif /* _LINUX_CHECKPOINT_H */
