/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: questions about members of task_struct that only some
 * configurations have.  A member that is missing has no state.
 *
 * The task is frozen, but may be killed at any moment: nothing is followed that
 * its exit frees, or only under RCU.
 */
#ifndef _KERNEL_CHECKPOINT_MEMBERS_H
#define _KERNEL_CHECKPOINT_MEMBERS_H

#include <linux/audit.h>
#include <linux/ipc_namespace.h>
#include <linux/mmap_lock.h>
#include <linux/nsproxy.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/checkpoint.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <asm/checkpoint.h>

/* A clamp that was asked for, and 1; 0 if none was */
#ifdef CONFIG_UCLAMP_TASK
static inline u32 task_uclamp(const struct task_struct *task, enum uclamp_id id)
{
	return task->uclamp_req[id].user_defined ? task->uclamp_req[id].value + 1 : 0;
}
#else
static inline u32 task_uclamp(const struct task_struct *task, enum uclamp_id id) { return 0; }
#endif

#ifdef CONFIG_SCHED_CORE
static inline bool task_has_core_cookie(const struct task_struct *task)
{
	return task->core_cookie;
}
#else
static inline bool task_has_core_cookie(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_IO_URING
static inline bool task_has_io_uring(const struct task_struct *task)
{
	return READ_ONCE(task->io_uring);
}
#else
static inline bool task_has_io_uring(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_PERF_EVENTS
static inline bool task_has_perf_events(const struct task_struct *task)
{
	const struct perf_event_context *ctx;
	bool ret;

	rcu_read_lock();
	ctx = READ_ONCE(task->perf_event_ctxp);
	ret = (ctx && ctx->nr_events != ckpt_arch_nr_breakpoints(task)) ||
	      !list_empty(&task->perf_event_list);
	rcu_read_unlock();
	return ret;
}
#else
static inline bool task_has_perf_events(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_AUDIT
static inline int set_loginuid(kuid_t uid)
{
	return audit_set_loginuid(uid);
}

static inline bool task_audit_tty(const struct task_struct *task)
{
	return READ_ONCE(task->signal->audit_tty);
}
#else
static inline int set_loginuid(kuid_t uid) { return -EPERM; }
static inline bool task_audit_tty(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_USER_EVENTS
static inline bool task_has_user_events(const struct task_struct *task)
{
	return READ_ONCE(task->user_event_mm);
}
#else
static inline bool task_has_user_events(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_KCOV
static inline bool task_has_kcov(const struct task_struct *task)
{
	return READ_ONCE(task->kcov);
}
#else
static inline bool task_has_kcov(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_BPF_SYSCALL
static inline bool task_has_bpf_storage(const struct task_struct *task)
{
	return rcu_access_pointer(task->bpf_storage);
}
#else
static inline bool task_has_bpf_storage(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_X86_CPU_RESCTRL
static inline bool task_has_resctrl(const struct task_struct *task)
{
	return task->closid || task->rmid;
}
#else
static inline bool task_has_resctrl(const struct task_struct *task) { return false; }
#endif

#ifdef CONFIG_FUTEX
static inline bool task_holds_pi_futex(const struct task_struct *task)
{
	return !list_empty_careful(&task->pi_state_list);
}
#else
static inline bool task_holds_pi_futex(const struct task_struct *task) { return false; }
#endif

#endif /* _KERNEL_CHECKPOINT_MEMBERS_H */
