/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM checkpoint

#if !defined(_TRACE_CHECKPOINT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_CHECKPOINT_H

#include <linux/checkpoint_hdr.h>
#include <linux/tracepoint.h>

/* A phase of checkpoint() or restart() begins */
TRACE_EVENT(checkpoint_phase,
	TP_PROTO(const char *phase, unsigned int tasks),
	TP_ARGS(phase, tasks),
	TP_STRUCT__entry(
		__string(phase, phase)
		__field(unsigned int, tasks)
	),
	TP_fast_assign(
		__assign_str(phase);
		__entry->tasks = tasks;
	),
	TP_printk("%s tasks=%u", __get_str(phase), __entry->tasks)
);

/* A record is saved, or restored */
DECLARE_EVENT_CLASS(checkpoint_record,
	TP_PROTO(u32 type, u32 object, u64 len),
	TP_ARGS(type, object, len),
	TP_STRUCT__entry(
		__field(u32, type)
		__field(u32, object)
		__field(u64, len)
	),
	TP_fast_assign(
		__entry->type = type;
		__entry->object = object;
		__entry->len = len;
	),
	TP_printk("type=%#x object=%u len=%llu", __entry->type, __entry->object,
		  __entry->len)
);

DEFINE_EVENT(checkpoint_record, checkpoint_save_record,
	TP_PROTO(u32 type, u32 object, u64 len),
	TP_ARGS(type, object, len)
);

DEFINE_EVENT(checkpoint_record, checkpoint_restore_record,
	TP_PROTO(u32 type, u32 object, u64 len),
	TP_ARGS(type, object, len)
);

/* What struct checkpoint_error says */
TRACE_EVENT(checkpoint_error,
	TP_PROTO(const struct checkpoint_error *e),
	TP_ARGS(e),
	TP_STRUCT__entry(
		__field(int, err)
		__field(int, pid)
		__field(int, tid)
		__field(u32, type)
		__field(u32, object)
		__string(message, e->message)
	),
	TP_fast_assign(
		__entry->err = e->err;
		__entry->pid = e->pid;
		__entry->tid = e->tid;
		__entry->type = e->type;
		__entry->object = e->object;
		__assign_str(message);
	),
	TP_printk("err=%d pid=%d tid=%d type=%#x object=%u %s", __entry->err,
		  __entry->pid, __entry->tid, __entry->type, __entry->object,
		  __get_str(message))
);

#endif

#include <trace/define_trace.h>
