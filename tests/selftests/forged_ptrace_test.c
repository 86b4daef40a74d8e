// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_ptrace_test.c - images that say who traces whom as no kernel would: refused, all of
 * them, and the true image is not.
 */
#include "forged.h"
#include "traced.h"

static struct ckpt_rec_ptrace *record(struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_PTRACE) + 1);
}

static void getpid_once(void)
{
	syscall(SYS_getppid);
	_exit(4);
}

static void stands_before_call(void)
{
	pid_t pid = start_traced(getpid_once, PTRACE_O_TRACESYSGOOD);

	check_equal(next_stop(pid, PTRACE_SYSCALL, 0), (SIGTRAP | 0x80) << 8 | 0x7f);
	ready();
	check_end(pid, 4);
}


#define CHANGE(name, statement)							\
static void name(struct image *image)						\
{										\
	struct ckpt_rec_ptrace *r = record(image);				\
										\
	statement;								\
}

CHANGE(nobody, r->tracee = 0)
CHANGE(no_object, r->tracee = 0xffffff)
CHANGE(itself, r->tracee = (image_find(image, CKPT_REC_PTRACE))->object)
CHANGE(no_cred, r->cred = 0)
CHANGE(cred_is_task, r->cred = r->tracee)
CHANGE(unknown_flag, r->flags |= 1U << 31)
CHANGE(unknown_option, r->options |= 1U << 30)
CHANGE(suspends_seccomp, r->options |= 1U << 21)
CHANGE(reserved, r->reserved = 1)
CHANGE(unknown_stop, r->stop = 7)
CHANGE(stop_without_code, r->code = 0)
CHANGE(code_of_event, r->code = PTRACE_EVENT_EXEC << 8 | SIGTRAP)
CHANGE(wide_code, r->code |= 0x10000)
CHANGE(other_message, r->message = PTRACE_EVENTMSG_SYSCALL_EXIT)
CHANGE(big_message, r->message |= 1ULL << 32)
CHANGE(info_without_signal, r->info[3] = 1)
CHANGE(listens_to_call, r->flags |= CKPT_PTRACE_LISTENING)
CHANGE(listens_unseized, r->stop = CKPT_PTRACE_STOP_JOB; r->code = SIGSTOP; r->message = 0;
	r->signal = SIGSTOP; r->flags |= CKPT_PTRACE_LISTENING)
CHANGE(notified_unseized, r->flags |= CKPT_PTRACE_NOTIFY)
CHANGE(trapped_unseized, r->flags |= CKPT_PTRACE_TRAP)
CHANGE(reports_twice, r->flags |= CKPT_PTRACE_REPORTS)
CHANGE(void_call, r->flags |= CKPT_PTRACE_VOID)
CHANGE(call_of_process, r->flags |= CKPT_PTRACE_OF_PROCESS)
CHANGE(stopped_by_other, r->signal = SIGUSR1)
CHANGE(job_without_signal, r->stop = CKPT_PTRACE_STOP_JOB; r->code = SIGSTOP; r->message = 0)
CHANGE(job_by_other, r->stop = CKPT_PTRACE_STOP_JOB; r->code = SIGUSR1; r->message = 0;
	r->signal = SIGSTOP)
CHANGE(job_seized, r->stop = CKPT_PTRACE_STOP_JOB; r->code = SIGSTOP; r->message = 0;
	r->signal = SIGSTOP; r->flags |= CKPT_PTRACE_SEIZED)
CHANGE(killed, r->stop = CKPT_PTRACE_STOP_SIGNAL; r->code = SIGKILL; r->message = 0)
CHANGE(no_signal, r->stop = CKPT_PTRACE_STOP_SIGNAL; r->code = 65; r->message = 0)
CHANGE(event_exit, r->stop = CKPT_PTRACE_STOP_EVENT;
	r->code = PTRACE_EVENT_EXIT << 8 | SIGTRAP)
CHANGE(event_exec, r->stop = CKPT_PTRACE_STOP_EVENT; r->message = 1ULL << 23;
	r->code = PTRACE_EVENT_EXEC << 8 | SIGTRAP)
CHANGE(event_seccomp, r->stop = CKPT_PTRACE_STOP_EVENT; r->message = 1 << 16;
	r->code = PTRACE_EVENT_SECCOMP << 8 | SIGTRAP)
CHANGE(traced_and_emulated, r->flags |= CKPT_PTRACE_CALLS | CKPT_PTRACE_EMULATED)
CHANGE(event_without_child, r->stop = CKPT_PTRACE_STOP_EVENT; r->message = 0;
	r->code = PTRACE_EVENT_FORK << 8 | SIGTRAP)
CHANGE(event_of_signal, r->stop = CKPT_PTRACE_STOP_EVENT;
	r->code = PTRACE_EVENT_FORK << 8 | SIGSTOP)
CHANGE(handler_of_call, r->stop = CKPT_PTRACE_STOP_HANDLER)

TEST_F(forged, stops)
{
	static void (* const changes[])(struct image *image) = {
		nobody, no_object, itself, no_cred, cred_is_task, unknown_flag, unknown_option,
		suspends_seccomp, reserved, unknown_stop, stop_without_code, code_of_event,
		wide_code, other_message, big_message, info_without_signal, listens_to_call,
		listens_unseized, notified_unseized, trapped_unseized, reports_twice, void_call,
		call_of_process, stopped_by_other, job_without_signal, job_by_other, job_seized,
		killed, no_signal, event_exec, event_without_child, event_of_signal,
		handler_of_call, event_exit, event_seccomp, traced_and_emulated,
	};

	ASSERT_EQ(0, subject_start(&self->s, stands_before_call));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes,
			     sizeof(changes) / sizeof(changes[0])));
}

TEST_HARNESS_MAIN
