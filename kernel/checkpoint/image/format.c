// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the ABI header, nailed down.  A compile that fails here
 * has broken images that lie on somebody's disk.
 *
 * scripts/check-header compiles this with several compilers, for 32 and 64 bit, and
 * wants every struct and field of the header here.
 */
#include <linux/build_bug.h>
#include <linux/checkpoint_hdr.h>
#include <linux/stddef.h>

#define STRUCT(type, bytes) \
	static_assert(sizeof(type) == (bytes), "ABI: size of " #type)
#define OFFSET(type, member, at) \
	static_assert(offsetof(type, member) == (at), "ABI: offset of " #member " in " #type)
#define RECORD(name, number, type, bytes) \
	static_assert((name) == (number) && sizeof(type) == (bytes) && !(sizeof(type) % 8), \
		      "ABI: number or size of " #name)

/* The values that readers look for first */
static_assert(CKPT_MAGIC == 0x324b504358554e4cULL, "ABI: magic");
static_assert(CKPT_REC_SKIPPABLE == 0x80000000U, "ABI: skippable bit");
static_assert(CKPT_CHUNK_BYTES == 0x400000U, "ABI: page bytes of a chunk");
static_assert(sizeof(struct ckpt_rec) + sizeof(struct ckpt_rec_end) == CKPT_END_BYTES,
	      "ABI: the end record never grows");

/* Below this line scripts/check-header --update writes. */

STRUCT(struct checkpoint_error, 232);
OFFSET(struct checkpoint_error, err, 0);
OFFSET(struct checkpoint_error, pid, 4);
OFFSET(struct checkpoint_error, tid, 8);
OFFSET(struct checkpoint_error, type, 12);
OFFSET(struct checkpoint_error, object, 16);
OFFSET(struct checkpoint_error, reserved, 20);
OFFSET(struct checkpoint_error, offset, 24);
OFFSET(struct checkpoint_error, address, 32);
OFFSET(struct checkpoint_error, message, 40);

STRUCT(struct checkpoint_args, 152);
OFFSET(struct checkpoint_args, timeout_ms, 0);
OFFSET(struct checkpoint_args, hold_fd, 4);
OFFSET(struct checkpoint_args, memory_budget, 8);
OFFSET(struct checkpoint_args, errors, 16);
OFFSET(struct checkpoint_args, nr_errors, 24);
OFFSET(struct checkpoint_args, errors_used, 28);
OFFSET(struct checkpoint_args, image_id, 32);
OFFSET(struct checkpoint_args, frozen_ns, 48);
OFFSET(struct checkpoint_args, image_bytes, 56);
OFFSET(struct checkpoint_args, nr_tasks, 64);
OFFSET(struct checkpoint_args, nr_processes, 68);
OFFSET(struct checkpoint_args, parent_image_id, 72);
OFFSET(struct checkpoint_args, errors_missing, 88);
OFFSET(struct checkpoint_args, nr_external, 92);
OFFSET(struct checkpoint_args, external, 96);
OFFSET(struct checkpoint_args, keep_seconds, 104);
OFFSET(struct checkpoint_args, reserved, 108);
OFFSET(struct checkpoint_args, freeze_ns, 112);
OFFSET(struct checkpoint_args, survey_ns, 120);
OFFSET(struct checkpoint_args, capture_ns, 128);
OFFSET(struct checkpoint_args, write_ns, 136);
OFFSET(struct checkpoint_args, sync_ns, 144);

STRUCT(struct restart_inherit, 8);
OFFSET(struct restart_inherit, fd, 0);
OFFSET(struct restart_inherit, from, 4);

STRUCT(struct restart_moved, 16);
OFFSET(struct restart_moved, from, 0);
OFFSET(struct restart_moved, to, 8);

STRUCT(struct restart_args, 104);
OFFSET(struct restart_args, image_id, 0);
OFFSET(struct restart_args, errors, 16);
OFFSET(struct restart_args, nr_errors, 24);
OFFSET(struct restart_args, errors_used, 28);
OFFSET(struct restart_args, hold_fd, 32);
OFFSET(struct restart_args, owner_uid, 36);
OFFSET(struct restart_args, flags, 40);
OFFSET(struct restart_args, nr_tasks, 44);
OFFSET(struct restart_args, image_bytes, 48);
OFFSET(struct restart_args, nr_processes, 56);
OFFSET(struct restart_args, pgrp, 60);
OFFSET(struct restart_args, owner_groups, 64);
OFFSET(struct restart_args, nr_owner_groups, 72);
OFFSET(struct restart_args, errors_missing, 76);
OFFSET(struct restart_args, inherit, 80);
OFFSET(struct restart_args, nr_inherit, 88);
OFFSET(struct restart_args, nr_moved, 92);
OFFSET(struct restart_args, moved, 96);

STRUCT(struct ckpt_rec, 24);
OFFSET(struct ckpt_rec, type, 0);
OFFSET(struct ckpt_rec, size, 4);
OFFSET(struct ckpt_rec, len, 8);
OFFSET(struct ckpt_rec, object, 16);
OFFSET(struct ckpt_rec, crc32c, 20);

STRUCT(struct ckpt_rec_array, 8);
OFFSET(struct ckpt_rec_array, count, 0);
OFFSET(struct ckpt_rec_array, size, 4);

RECORD(CKPT_REC_HEADER, 0x1, struct ckpt_rec_header, 248);
OFFSET(struct ckpt_rec_header, magic, 0);
OFFSET(struct ckpt_rec_header, page_size, 8);
OFFSET(struct ckpt_rec_header, arch, 12);
OFFSET(struct ckpt_rec_header, image_id, 16);
OFFSET(struct ckpt_rec_header, parent_image_id, 32);
OFFSET(struct ckpt_rec_header, boot_id, 48);
OFFSET(struct ckpt_rec_header, crid, 64);
OFFSET(struct ckpt_rec_header, flags, 68);
OFFSET(struct ckpt_rec_header, realtime_ns, 72);
OFFSET(struct ckpt_rec_header, monotonic_ns, 80);
OFFSET(struct ckpt_rec_header, boottime_ns, 88);
OFFSET(struct ckpt_rec_header, root, 96);
OFFSET(struct ckpt_rec_header, nr_tasks, 100);
OFFSET(struct ckpt_rec_header, abi_hash, 104);
OFFSET(struct ckpt_rec_header, metadata_bytes, 112);
OFFSET(struct ckpt_rec_header, release, 120);
OFFSET(struct ckpt_rec_header, nodename, 184);

RECORD(CKPT_REC_ABI, 0x80000002, struct ckpt_rec_abi, 8);
OFFSET(struct ckpt_rec_abi, text, 0);

RECORD(CKPT_REC_METADATA_END, 0x3, struct ckpt_rec_metadata_end, 16);
OFFSET(struct ckpt_rec_metadata_end, nr_records, 0);
OFFSET(struct ckpt_rec_metadata_end, nr_objects, 8);
OFFSET(struct ckpt_rec_metadata_end, records_crc32c, 12);

STRUCT(struct ckpt_rec_extent, 24);
OFFSET(struct ckpt_rec_extent, address, 0);
OFFSET(struct ckpt_rec_extent, pages, 8);
OFFSET(struct ckpt_rec_extent, flags, 16);
OFFSET(struct ckpt_rec_extent, reserved, 20);

RECORD(CKPT_REC_PAGES, 0x4, struct ckpt_rec_pages, 24);
OFFSET(struct ckpt_rec_pages, data_bytes, 0);
OFFSET(struct ckpt_rec_pages, data_xxh64, 8);
OFFSET(struct ckpt_rec_pages, extents, 16);

STRUCT(struct ckpt_rec_chunk, 24);
OFFSET(struct ckpt_rec_chunk, offset, 0);
OFFSET(struct ckpt_rec_chunk, address, 8);
OFFSET(struct ckpt_rec_chunk, object, 16);
OFFSET(struct ckpt_rec_chunk, pages, 20);

RECORD(CKPT_REC_INDEX, 0x80000006, struct ckpt_rec_index, 8);
OFFSET(struct ckpt_rec_index, chunks, 0);

RECORD(CKPT_REC_END, 0x5, struct ckpt_rec_end, 40);
OFFSET(struct ckpt_rec_end, nr_records, 0);
OFFSET(struct ckpt_rec_end, bytes, 8);
OFFSET(struct ckpt_rec_end, nr_pages, 16);
OFFSET(struct ckpt_rec_end, index, 24);
OFFSET(struct ckpt_rec_end, records_sum, 32);

RECORD(CKPT_REC_PID, 0x101, struct ckpt_rec_pid, 16);
OFFSET(struct ckpt_rec_pid, nrs, 0);
OFFSET(struct ckpt_rec_pid, ns, 8);
OFFSET(struct ckpt_rec_pid, reserved, 12);

RECORD(CKPT_REC_PID_NS, 0x115, struct ckpt_rec_pid_ns, 16);
OFFSET(struct ckpt_rec_pid_ns, parent, 0);
OFFSET(struct ckpt_rec_pid_ns, flags, 4);
OFFSET(struct ckpt_rec_pid_ns, next, 8);
OFFSET(struct ckpt_rec_pid_ns, memfd_noexec, 12);

RECORD(CKPT_REC_TASK, 0x102, struct ckpt_rec_task, 72);
OFFSET(struct ckpt_rec_task, pid, 0);
OFFSET(struct ckpt_rec_task, leader, 4);
OFFSET(struct ckpt_rec_task, parent, 8);
OFFSET(struct ckpt_rec_task, pgrp, 12);
OFFSET(struct ckpt_rec_task, session, 16);
OFFSET(struct ckpt_rec_task, state, 20);
OFFSET(struct ckpt_rec_task, exit_signal, 24);
OFFSET(struct ckpt_rec_task, exit_code, 28);
OFFSET(struct ckpt_rec_task, flags, 32);
OFFSET(struct ckpt_rec_task, reserved, 36);
OFFSET(struct ckpt_rec_task, personality, 40);
OFFSET(struct ckpt_rec_task, comm, 48);
OFFSET(struct ckpt_rec_task, children_ns, 64);
OFFSET(struct ckpt_rec_task, reserved2, 68);

RECORD(CKPT_REC_CRED, 0x103, struct ckpt_rec_cred, 96);
OFFSET(struct ckpt_rec_cred, uid, 0);
OFFSET(struct ckpt_rec_cred, gid, 16);
OFFSET(struct ckpt_rec_cred, cap_inheritable, 32);
OFFSET(struct ckpt_rec_cred, cap_permitted, 40);
OFFSET(struct ckpt_rec_cred, cap_effective, 48);
OFFSET(struct ckpt_rec_cred, cap_bset, 56);
OFFSET(struct ckpt_rec_cred, cap_ambient, 64);
OFFSET(struct ckpt_rec_cred, securebits, 72);
OFFSET(struct ckpt_rec_cred, flags, 76);
OFFSET(struct ckpt_rec_cred, groups, 80);
OFFSET(struct ckpt_rec_cred, last_cap, 88);
OFFSET(struct ckpt_rec_cred, reserved, 92);

RECORD(CKPT_REC_TASK_CRED, 0x104, struct ckpt_rec_task_cred, 24);
OFFSET(struct ckpt_rec_task_cred, cred, 0);
OFFSET(struct ckpt_rec_task_cred, no_new_privs, 4);
OFFSET(struct ckpt_rec_task_cred, dumpable, 8);
OFFSET(struct ckpt_rec_task_cred, pdeath_signal, 12);
OFFSET(struct ckpt_rec_task_cred, own_login, 16);
OFFSET(struct ckpt_rec_task_cred, loginuid, 20);

RECORD(CKPT_REC_PROCESS, 0x105, struct ckpt_rec_process, 104);
OFFSET(struct ckpt_rec_process, oom_score_adj, 0);
OFFSET(struct ckpt_rec_process, oom_score_adj_min, 4);
OFFSET(struct ckpt_rec_process, loginuid, 8);
OFFSET(struct ckpt_rec_process, sessionid, 12);
OFFSET(struct ckpt_rec_process, has_tty, 16);
OFFSET(struct ckpt_rec_process, tty_old_pgrp, 20);
OFFSET(struct ckpt_rec_process, itimer_real_ns, 24);
OFFSET(struct ckpt_rec_process, itimer_real_interval_ns, 32);
OFFSET(struct ckpt_rec_process, itimer_virt_ns, 40);
OFFSET(struct ckpt_rec_process, itimer_virt_interval_ns, 48);
OFFSET(struct ckpt_rec_process, itimer_prof_ns, 56);
OFFSET(struct ckpt_rec_process, itimer_prof_interval_ns, 64);
OFFSET(struct ckpt_rec_process, leader_exited, 72);
OFFSET(struct ckpt_rec_process, is_foreground, 76);
OFFSET(struct ckpt_rec_process, coredump_filter, 80);
OFFSET(struct ckpt_rec_process, continued, 88);
OFFSET(struct ckpt_rec_process, reserved, 92);
OFFSET(struct ckpt_rec_process, audit_tty, 96);
OFFSET(struct ckpt_rec_process, reserved2, 100);

RECORD(CKPT_REC_OOM, 0x116, struct ckpt_rec_oom, 16);
OFFSET(struct ckpt_rec_oom, oom_score_adj, 0);
OFFSET(struct ckpt_rec_oom, oom_score_adj_min, 4);
OFFSET(struct ckpt_rec_oom, coredump_filter, 8);

STRUCT(struct ckpt_rec_rlimit, 16);
OFFSET(struct ckpt_rec_rlimit, cur, 0);
OFFSET(struct ckpt_rec_rlimit, max, 8);

RECORD(CKPT_REC_RLIMITS, 0x106, struct ckpt_rec_rlimits, 8);
OFFSET(struct ckpt_rec_rlimits, limits, 0);

RECORD(CKPT_REC_SCHED, 0x107, struct ckpt_rec_sched, 80);
OFFSET(struct ckpt_rec_sched, policy, 0);
OFFSET(struct ckpt_rec_sched, nice, 4);
OFFSET(struct ckpt_rec_sched, rt_priority, 8);
OFFSET(struct ckpt_rec_sched, flags, 12);
OFFSET(struct ckpt_rec_sched, timer_slack_ns, 16);
OFFSET(struct ckpt_rec_sched, default_timer_slack_ns, 24);
OFFSET(struct ckpt_rec_sched, ioprio, 32);
OFFSET(struct ckpt_rec_sched, reserved, 36);
OFFSET(struct ckpt_rec_sched, affinity, 40);
OFFSET(struct ckpt_rec_sched, slice_ns, 48);
OFFSET(struct ckpt_rec_sched, deadline_ns, 56);
OFFSET(struct ckpt_rec_sched, period_ns, 64);
OFFSET(struct ckpt_rec_sched, util_min, 72);
OFFSET(struct ckpt_rec_sched, util_max, 76);

RECORD(CKPT_REC_RESTART_BLOCK, 0x109, struct ckpt_rec_restart_block, 48);
OFFSET(struct ckpt_rec_restart_block, kind, 0);
OFFSET(struct ckpt_rec_restart_block, clockid, 4);
OFFSET(struct ckpt_rec_restart_block, remaining_ns, 8);
OFFSET(struct ckpt_rec_restart_block, uaddr, 16);
OFFSET(struct ckpt_rec_restart_block, val, 24);
OFFSET(struct ckpt_rec_restart_block, flags, 28);
OFFSET(struct ckpt_rec_restart_block, bitset, 32);
OFFSET(struct ckpt_rec_restart_block, compat, 36);
OFFSET(struct ckpt_rec_restart_block, absolute, 40);

RECORD(CKPT_REC_FUTEX, 0x10a, struct ckpt_rec_futex, 48);
OFFSET(struct ckpt_rec_futex, robust_list, 0);
OFFSET(struct ckpt_rec_futex, compat_robust_list, 8);
OFFSET(struct ckpt_rec_futex, clear_child_tid, 16);
OFFSET(struct ckpt_rec_futex, set_child_tid, 24);
OFFSET(struct ckpt_rec_futex, rseq, 32);
OFFSET(struct ckpt_rec_futex, rseq_len, 40);
OFFSET(struct ckpt_rec_futex, rseq_sig, 44);

STRUCT(struct ckpt_rec_delay, 16);
OFFSET(struct ckpt_rec_delay, ns, 0);
OFFSET(struct ckpt_rec_delay, count, 8);

RECORD(CKPT_REC_ACCOUNTING, 0x10c, struct ckpt_rec_accounting, 208);
OFFSET(struct ckpt_rec_accounting, flags, 0);
OFFSET(struct ckpt_rec_accounting, reserved, 4);
OFFSET(struct ckpt_rec_accounting, start_ns, 8);
OFFSET(struct ckpt_rec_accounting, start_boottime_ns, 16);
OFFSET(struct ckpt_rec_accounting, utime_ns, 24);
OFFSET(struct ckpt_rec_accounting, stime_ns, 32);
OFFSET(struct ckpt_rec_accounting, gtime_ns, 40);
OFFSET(struct ckpt_rec_accounting, runtime_ns, 48);
OFFSET(struct ckpt_rec_accounting, shown_utime_ns, 56);
OFFSET(struct ckpt_rec_accounting, shown_stime_ns, 64);
OFFSET(struct ckpt_rec_accounting, run_delay_ns, 72);
OFFSET(struct ckpt_rec_accounting, run_count, 80);
OFFSET(struct ckpt_rec_accounting, nvcsw, 88);
OFFSET(struct ckpt_rec_accounting, nivcsw, 96);
OFFSET(struct ckpt_rec_accounting, min_flt, 104);
OFFSET(struct ckpt_rec_accounting, maj_flt, 112);
OFFSET(struct ckpt_rec_accounting, io, 120);
OFFSET(struct ckpt_rec_accounting, rss_integral, 176);
OFFSET(struct ckpt_rec_accounting, vm_integral, 184);
OFFSET(struct ckpt_rec_accounting, integral_ns, 192);
OFFSET(struct ckpt_rec_accounting, delays, 200);

RECORD(CKPT_REC_PROCESS_ACCOUNTING, 0x10d, struct ckpt_rec_process_accounting, 296);
OFFSET(struct ckpt_rec_process_accounting, reserved, 0);
OFFSET(struct ckpt_rec_process_accounting, acct_flags, 4);
OFFSET(struct ckpt_rec_process_accounting, utime_ns, 8);
OFFSET(struct ckpt_rec_process_accounting, stime_ns, 16);
OFFSET(struct ckpt_rec_process_accounting, gtime_ns, 24);
OFFSET(struct ckpt_rec_process_accounting, runtime_ns, 32);
OFFSET(struct ckpt_rec_process_accounting, shown_utime_ns, 40);
OFFSET(struct ckpt_rec_process_accounting, shown_stime_ns, 48);
OFFSET(struct ckpt_rec_process_accounting, nvcsw, 56);
OFFSET(struct ckpt_rec_process_accounting, nivcsw, 64);
OFFSET(struct ckpt_rec_process_accounting, min_flt, 72);
OFFSET(struct ckpt_rec_process_accounting, maj_flt, 80);
OFFSET(struct ckpt_rec_process_accounting, inblock, 88);
OFFSET(struct ckpt_rec_process_accounting, oublock, 96);
OFFSET(struct ckpt_rec_process_accounting, io, 104);
OFFSET(struct ckpt_rec_process_accounting, acct_utime_ns, 160);
OFFSET(struct ckpt_rec_process_accounting, acct_stime_ns, 168);
OFFSET(struct ckpt_rec_process_accounting, acct_min_flt, 176);
OFFSET(struct ckpt_rec_process_accounting, acct_maj_flt, 184);
OFFSET(struct ckpt_rec_process_accounting, children_utime_ns, 192);
OFFSET(struct ckpt_rec_process_accounting, children_stime_ns, 200);
OFFSET(struct ckpt_rec_process_accounting, children_gtime_ns, 208);
OFFSET(struct ckpt_rec_process_accounting, children_nvcsw, 216);
OFFSET(struct ckpt_rec_process_accounting, children_nivcsw, 224);
OFFSET(struct ckpt_rec_process_accounting, children_min_flt, 232);
OFFSET(struct ckpt_rec_process_accounting, children_maj_flt, 240);
OFFSET(struct ckpt_rec_process_accounting, children_inblock, 248);
OFFSET(struct ckpt_rec_process_accounting, children_oublock, 256);
OFFSET(struct ckpt_rec_process_accounting, maxrss, 264);
OFFSET(struct ckpt_rec_process_accounting, children_maxrss, 272);
OFFSET(struct ckpt_rec_process_accounting, hiwater_rss, 280);
OFFSET(struct ckpt_rec_process_accounting, hiwater_vm, 288);

STRUCT(struct ckpt_rec_io_user, 8);
OFFSET(struct ckpt_rec_io_user, task, 0);
OFFSET(struct ckpt_rec_io_user, reserved, 4);

RECORD(CKPT_REC_IO_CONTEXT, 0x10f, struct ckpt_rec_io_context, 8);
OFFSET(struct ckpt_rec_io_context, users, 0);

RECORD(CKPT_REC_CGROUP, 0x10e, struct ckpt_rec_cgroup, 16);
OFFSET(struct ckpt_rec_cgroup, autogroup_nice, 0);
OFFSET(struct ckpt_rec_cgroup, reserved, 4);
OFFSET(struct ckpt_rec_cgroup, path, 8);

RECORD(CKPT_REC_PRCTL, 0x108, struct ckpt_rec_prctl, 32);
OFFSET(struct ckpt_rec_prctl, flags, 0);
OFFSET(struct ckpt_rec_prctl, reserved, 4);
OFFSET(struct ckpt_rec_prctl, selector, 8);
OFFSET(struct ckpt_rec_prctl, offset, 16);
OFFSET(struct ckpt_rec_prctl, length, 24);

RECORD(CKPT_REC_PTRACER, 0x110, struct ckpt_rec_ptracer, 8);
OFFSET(struct ckpt_rec_ptracer, tracer, 0);
OFFSET(struct ckpt_rec_ptracer, flags, 4);

RECORD(CKPT_REC_PTRACE, 0x111, struct ckpt_rec_ptrace, 168);
OFFSET(struct ckpt_rec_ptrace, tracee, 0);
OFFSET(struct ckpt_rec_ptrace, cred, 4);
OFFSET(struct ckpt_rec_ptrace, flags, 8);
OFFSET(struct ckpt_rec_ptrace, options, 12);
OFFSET(struct ckpt_rec_ptrace, stop, 16);
OFFSET(struct ckpt_rec_ptrace, code, 20);
OFFSET(struct ckpt_rec_ptrace, signal, 24);
OFFSET(struct ckpt_rec_ptrace, reserved, 28);
OFFSET(struct ckpt_rec_ptrace, message, 32);
OFFSET(struct ckpt_rec_ptrace, info, 40);

STRUCT(struct ckpt_rec_bpf_insn, 8);
OFFSET(struct ckpt_rec_bpf_insn, code, 0);
OFFSET(struct ckpt_rec_bpf_insn, jt, 2);
OFFSET(struct ckpt_rec_bpf_insn, jf, 3);
OFFSET(struct ckpt_rec_bpf_insn, k, 4);

RECORD(CKPT_REC_SECCOMP_FILTER, 0x114, struct ckpt_rec_seccomp_filter, 16);
OFFSET(struct ckpt_rec_seccomp_filter, prev, 0);
OFFSET(struct ckpt_rec_seccomp_filter, flags, 4);
OFFSET(struct ckpt_rec_seccomp_filter, insns, 8);

RECORD(CKPT_REC_SECCOMP, 0x10b, struct ckpt_rec_seccomp, 16);
OFFSET(struct ckpt_rec_seccomp, mode, 0);
OFFSET(struct ckpt_rec_seccomp, filter, 4);
OFFSET(struct ckpt_rec_seccomp, nr_filters, 8);
OFFSET(struct ckpt_rec_seccomp, reserved, 12);

RECORD(CKPT_REC_MEMPOLICY, 0x190, struct ckpt_rec_mempolicy, 24);
OFFSET(struct ckpt_rec_mempolicy, mode, 0);
OFFSET(struct ckpt_rec_mempolicy, flags, 4);
OFFSET(struct ckpt_rec_mempolicy, last, 8);
OFFSET(struct ckpt_rec_mempolicy, weight, 12);
OFFSET(struct ckpt_rec_mempolicy, nodes, 16);

RECORD(CKPT_REC_AREA_MEMPOLICY, 0x191, struct ckpt_rec_area_mempolicy, 40);
OFFSET(struct ckpt_rec_area_mempolicy, start, 0);
OFFSET(struct ckpt_rec_area_mempolicy, end, 8);
OFFSET(struct ckpt_rec_area_mempolicy, mode, 16);
OFFSET(struct ckpt_rec_area_mempolicy, flags, 20);
OFFSET(struct ckpt_rec_area_mempolicy, home, 24);
OFFSET(struct ckpt_rec_area_mempolicy, reserved, 28);
OFFSET(struct ckpt_rec_area_mempolicy, nodes, 32);

RECORD(CKPT_REC_SHMEM_MEMPOLICY, 0x192, struct ckpt_rec_shmem_mempolicy, 40);
OFFSET(struct ckpt_rec_shmem_mempolicy, start, 0);
OFFSET(struct ckpt_rec_shmem_mempolicy, end, 8);
OFFSET(struct ckpt_rec_shmem_mempolicy, mode, 16);
OFFSET(struct ckpt_rec_shmem_mempolicy, flags, 20);
OFFSET(struct ckpt_rec_shmem_mempolicy, home, 24);
OFFSET(struct ckpt_rec_shmem_mempolicy, reserved, 28);
OFFSET(struct ckpt_rec_shmem_mempolicy, nodes, 32);

RECORD(CKPT_REC_INODE_MEMPOLICY, 0x193, struct ckpt_rec_inode_mempolicy, 40);
OFFSET(struct ckpt_rec_inode_mempolicy, start, 0);
OFFSET(struct ckpt_rec_inode_mempolicy, end, 8);
OFFSET(struct ckpt_rec_inode_mempolicy, mode, 16);
OFFSET(struct ckpt_rec_inode_mempolicy, flags, 20);
OFFSET(struct ckpt_rec_inode_mempolicy, home, 24);
OFFSET(struct ckpt_rec_inode_mempolicy, reserved, 28);
OFFSET(struct ckpt_rec_inode_mempolicy, nodes, 32);

RECORD(CKPT_REC_MM, 0x201, struct ckpt_rec_mm, 184);
OFFSET(struct ckpt_rec_mm, owner, 0);
OFFSET(struct ckpt_rec_mm, exe_file, 4);
OFFSET(struct ckpt_rec_mm, start_code, 8);
OFFSET(struct ckpt_rec_mm, end_code, 16);
OFFSET(struct ckpt_rec_mm, start_data, 24);
OFFSET(struct ckpt_rec_mm, end_data, 32);
OFFSET(struct ckpt_rec_mm, start_brk, 40);
OFFSET(struct ckpt_rec_mm, brk, 48);
OFFSET(struct ckpt_rec_mm, start_stack, 56);
OFFSET(struct ckpt_rec_mm, arg_start, 64);
OFFSET(struct ckpt_rec_mm, arg_end, 72);
OFFSET(struct ckpt_rec_mm, env_start, 80);
OFFSET(struct ckpt_rec_mm, env_end, 88);
OFFSET(struct ckpt_rec_mm, mmap_base, 96);
OFFSET(struct ckpt_rec_mm, mmap_legacy, 104);
OFFSET(struct ckpt_rec_mm, def_flags, 112);
OFFSET(struct ckpt_rec_mm, task_size, 120);
OFFSET(struct ckpt_rec_mm, vdso, 128);
OFFSET(struct ckpt_rec_mm, mm_flags, 136);
OFFSET(struct ckpt_rec_mm, stack_vm_flags, 144);
OFFSET(struct ckpt_rec_mm, auxv, 152);
OFFSET(struct ckpt_rec_mm, membarrier, 160);
OFFSET(struct ckpt_rec_mm, pkeys, 164);
OFFSET(struct ckpt_rec_mm, execute_only_pkey, 166);
OFFSET(struct ckpt_rec_mm, mmap_compat_base, 168);
OFFSET(struct ckpt_rec_mm, mmap_compat_legacy_base, 176);

RECORD(CKPT_REC_VMA, 0x202, struct ckpt_rec_vma, 56);
OFFSET(struct ckpt_rec_vma, start, 0);
OFFSET(struct ckpt_rec_vma, end, 8);
OFFSET(struct ckpt_rec_vma, kind, 16);
OFFSET(struct ckpt_rec_vma, file, 20);
OFFSET(struct ckpt_rec_vma, flags, 24);
OFFSET(struct ckpt_rec_vma, offset, 32);
OFFSET(struct ckpt_rec_vma, pkey, 40);
OFFSET(struct ckpt_rec_vma, reserved, 44);
OFFSET(struct ckpt_rec_vma, name, 48);

RECORD(CKPT_REC_VDSO, 0x204, struct ckpt_rec_vdso, 64);
OFFSET(struct ckpt_rec_vdso, address, 0);
OFFSET(struct ckpt_rec_vdso, vvar, 8);
OFFSET(struct ckpt_rec_vdso, vvar_bytes, 16);
OFFSET(struct ckpt_rec_vdso, build_id_len, 24);
OFFSET(struct ckpt_rec_vdso, flags, 28);
OFFSET(struct ckpt_rec_vdso, build_id, 32);
OFFSET(struct ckpt_rec_vdso, text, 56);

RECORD(CKPT_REC_SHMEM, 0x205, struct ckpt_rec_shmem, 48);
OFFSET(struct ckpt_rec_shmem, size, 0);
OFFSET(struct ckpt_rec_shmem, kind, 8);
OFFSET(struct ckpt_rec_shmem, flags, 12);
OFFSET(struct ckpt_rec_shmem, mode, 16);
OFFSET(struct ckpt_rec_shmem, uid, 20);
OFFSET(struct ckpt_rec_shmem, gid, 24);
OFFSET(struct ckpt_rec_shmem, cred, 28);
OFFSET(struct ckpt_rec_shmem, name, 32);
OFFSET(struct ckpt_rec_shmem, page_shift, 40);
OFFSET(struct ckpt_rec_shmem, reserved, 44);

RECORD(CKPT_REC_SHMEM_SEALS, 0x206, struct ckpt_rec_shmem_seals, 32);
OFFSET(struct ckpt_rec_shmem_seals, seals, 0);
OFFSET(struct ckpt_rec_shmem_seals, atime_nsec, 4);
OFFSET(struct ckpt_rec_shmem_seals, mtime_nsec, 8);
OFFSET(struct ckpt_rec_shmem_seals, reserved, 12);
OFFSET(struct ckpt_rec_shmem_seals, atime_sec, 16);
OFFSET(struct ckpt_rec_shmem_seals, mtime_sec, 24);

RECORD(CKPT_REC_AIO_CONTEXT, 0x207, struct ckpt_rec_aio_context, 40);
OFFSET(struct ckpt_rec_aio_context, address, 0);
OFFSET(struct ckpt_rec_aio_context, ring, 8);
OFFSET(struct ckpt_rec_aio_context, slot, 12);
OFFSET(struct ckpt_rec_aio_context, max_reqs, 16);
OFFSET(struct ckpt_rec_aio_context, pages, 20);
OFFSET(struct ckpt_rec_aio_context, tail, 24);
OFFSET(struct ckpt_rec_aio_context, completed, 28);
OFFSET(struct ckpt_rec_aio_context, contents, 32);

RECORD(CKPT_REC_FILE, 0x301, struct ckpt_rec_file, 40);
OFFSET(struct ckpt_rec_file, flags, 0);
OFFSET(struct ckpt_rec_file, cred, 4);
OFFSET(struct ckpt_rec_file, position, 8);
OFFSET(struct ckpt_rec_file, owner, 16);
OFFSET(struct ckpt_rec_file, owner_type, 20);
OFFSET(struct ckpt_rec_file, owner_signal, 24);
OFFSET(struct ckpt_rec_file, owner_uid, 28);
OFFSET(struct ckpt_rec_file, owner_euid, 32);
OFFSET(struct ckpt_rec_file, async_fd, 36);

RECORD(CKPT_REC_DIRECTORY, 0x328, struct ckpt_rec_directory, 40);
OFFSET(struct ckpt_rec_directory, position, 0);
OFFSET(struct ckpt_rec_directory, ino, 8);
OFFSET(struct ckpt_rec_directory, uuid, 16);
OFFSET(struct ckpt_rec_directory, generation, 32);
OFFSET(struct ckpt_rec_directory, flags, 36);

RECORD(CKPT_REC_WRITE_HINT, 0x370, struct ckpt_rec_write_hint, 8);
OFFSET(struct ckpt_rec_write_hint, hint, 0);
OFFSET(struct ckpt_rec_write_hint, reserved, 4);

RECORD(CKPT_REC_FILE_PATH, 0x302, struct ckpt_rec_file_path, 88);
OFFSET(struct ckpt_rec_file_path, open_flags, 0);
OFFSET(struct ckpt_rec_file_path, mode, 4);
OFFSET(struct ckpt_rec_file_path, ino, 8);
OFFSET(struct ckpt_rec_file_path, device, 16);
OFFSET(struct ckpt_rec_file_path, size, 24);
OFFSET(struct ckpt_rec_file_path, mtime_sec, 32);
OFFSET(struct ckpt_rec_file_path, mtime_nsec, 40);
OFFSET(struct ckpt_rec_file_path, check, 44);
OFFSET(struct ckpt_rec_file_path, cred, 48);
OFFSET(struct ckpt_rec_file_path, build_id_len, 52);
OFFSET(struct ckpt_rec_file_path, build_id, 56);
OFFSET(struct ckpt_rec_file_path, path, 80);

RECORD(CKPT_REC_FILE_PSEUDO, 0x340, struct ckpt_rec_file_pseudo, 40);
OFFSET(struct ckpt_rec_file_pseudo, open_flags, 0);
OFFSET(struct ckpt_rec_file_pseudo, cred, 4);
OFFSET(struct ckpt_rec_file_pseudo, mode, 8);
OFFSET(struct ckpt_rec_file_pseudo, flags, 12);
OFFSET(struct ckpt_rec_file_pseudo, position, 16);
OFFSET(struct ckpt_rec_file_pseudo, index, 24);
OFFSET(struct ckpt_rec_file_pseudo, path, 32);

RECORD(CKPT_REC_FILE_PROC_PID, 0x341, struct ckpt_rec_file_proc_pid, 48);
OFFSET(struct ckpt_rec_file_proc_pid, open_flags, 0);
OFFSET(struct ckpt_rec_file_proc_pid, cred, 4);
OFFSET(struct ckpt_rec_file_proc_pid, mode, 8);
OFFSET(struct ckpt_rec_file_proc_pid, flags, 12);
OFFSET(struct ckpt_rec_file_proc_pid, position, 16);
OFFSET(struct ckpt_rec_file_proc_pid, index, 24);
OFFSET(struct ckpt_rec_file_proc_pid, pid, 32);
OFFSET(struct ckpt_rec_file_proc_pid, reserved, 36);
OFFSET(struct ckpt_rec_file_proc_pid, path, 40);

RECORD(CKPT_REC_FILE_PROC_MEMORY, 0x349, struct ckpt_rec_file_proc_memory, 48);
OFFSET(struct ckpt_rec_file_proc_memory, open_flags, 0);
OFFSET(struct ckpt_rec_file_proc_memory, cred, 4);
OFFSET(struct ckpt_rec_file_proc_memory, mode, 8);
OFFSET(struct ckpt_rec_file_proc_memory, flags, 12);
OFFSET(struct ckpt_rec_file_proc_memory, position, 16);
OFFSET(struct ckpt_rec_file_proc_memory, index, 24);
OFFSET(struct ckpt_rec_file_proc_memory, pid, 32);
OFFSET(struct ckpt_rec_file_proc_memory, asker, 36);
OFFSET(struct ckpt_rec_file_proc_memory, path, 40);

RECORD(CKPT_REC_FILE_LATE, 0x342, struct ckpt_rec_file_late, 40);
OFFSET(struct ckpt_rec_file_late, flags, 0);
OFFSET(struct ckpt_rec_file_late, cred, 4);
OFFSET(struct ckpt_rec_file_late, position, 8);
OFFSET(struct ckpt_rec_file_late, owner, 16);
OFFSET(struct ckpt_rec_file_late, owner_type, 20);
OFFSET(struct ckpt_rec_file_late, owner_signal, 24);
OFFSET(struct ckpt_rec_file_late, owner_uid, 28);
OFFSET(struct ckpt_rec_file_late, owner_euid, 32);
OFFSET(struct ckpt_rec_file_late, async_fd, 36);

RECORD(CKPT_REC_FILE_PROC_CHECK, 0x343, struct ckpt_rec_file_proc_check, 8);
OFFSET(struct ckpt_rec_file_proc_check, reserved, 0);

RECORD(CKPT_REC_LEASE, 0x345, struct ckpt_rec_lease, 16);
OFFSET(struct ckpt_rec_lease, file, 0);
OFFSET(struct ckpt_rec_lease, type, 4);
OFFSET(struct ckpt_rec_lease, fd, 8);
OFFSET(struct ckpt_rec_lease, reserved, 12);

RECORD(CKPT_REC_DNOTIFY, 0x346, struct ckpt_rec_dnotify, 16);
OFFSET(struct ckpt_rec_dnotify, file, 0);
OFFSET(struct ckpt_rec_dnotify, fd, 4);
OFFSET(struct ckpt_rec_dnotify, events, 8);
OFFSET(struct ckpt_rec_dnotify, reserved, 12);

RECORD(CKPT_REC_FILE_PSEUDO_EVENT, 0x344, struct ckpt_rec_file_pseudo_event, 8);
OFFSET(struct ckpt_rec_file_pseudo_event, reserved, 0);

RECORD(CKPT_REC_FILE_DEVICE, 0x303, struct ckpt_rec_file_device, 32);
OFFSET(struct ckpt_rec_file_device, open_flags, 0);
OFFSET(struct ckpt_rec_file_device, cred, 4);
OFFSET(struct ckpt_rec_file_device, major, 8);
OFFSET(struct ckpt_rec_file_device, minor, 12);
OFFSET(struct ckpt_rec_file_device, path, 16);
OFFSET(struct ckpt_rec_file_device, place, 24);
OFFSET(struct ckpt_rec_file_device, reserved, 28);

RECORD(CKPT_REC_KMSG, 0x372, struct ckpt_rec_kmsg, 8);
OFFSET(struct ckpt_rec_kmsg, next, 0);

RECORD(CKPT_REC_FILE_BLOCK, 0x371, struct ckpt_rec_file_block, 32);
OFFSET(struct ckpt_rec_file_block, open_flags, 0);
OFFSET(struct ckpt_rec_file_block, cred, 4);
OFFSET(struct ckpt_rec_file_block, major, 8);
OFFSET(struct ckpt_rec_file_block, minor, 12);
OFFSET(struct ckpt_rec_file_block, size, 16);
OFFSET(struct ckpt_rec_file_block, path, 24);

RECORD(CKPT_REC_BPF_MAP, 0x380, struct ckpt_rec_bpf_map, 48);
OFFSET(struct ckpt_rec_bpf_map, type, 0);
OFFSET(struct ckpt_rec_bpf_map, key_size, 4);
OFFSET(struct ckpt_rec_bpf_map, value_size, 8);
OFFSET(struct ckpt_rec_bpf_map, max_entries, 12);
OFFSET(struct ckpt_rec_bpf_map, flags, 16);
OFFSET(struct ckpt_rec_bpf_map, frozen, 20);
OFFSET(struct ckpt_rec_bpf_map, name, 24);
OFFSET(struct ckpt_rec_bpf_map, reserved, 40);

RECORD(CKPT_REC_BPF_ELEMENTS, 0x381, struct ckpt_rec_bpf_elements, 16);
OFFSET(struct ckpt_rec_bpf_elements, elements, 0);
OFFSET(struct ckpt_rec_bpf_elements, reserved, 8);

RECORD(CKPT_REC_FILE_BPF_MAP, 0x382, struct ckpt_rec_file_bpf_map, 8);
OFFSET(struct ckpt_rec_file_bpf_map, map, 0);
OFFSET(struct ckpt_rec_file_bpf_map, access, 4);

RECORD(CKPT_REC_FILE_USERFAULTFD, 0x3f0, struct ckpt_rec_file_userfaultfd, 16);
OFFSET(struct ckpt_rec_file_userfaultfd, features, 0);
OFFSET(struct ckpt_rec_file_userfaultfd, cred, 8);
OFFSET(struct ckpt_rec_file_userfaultfd, flags, 12);

STRUCT(struct ckpt_rec_userfaultfd_area, 24);
OFFSET(struct ckpt_rec_userfaultfd_area, start, 0);
OFFSET(struct ckpt_rec_userfaultfd_area, end, 8);
OFFSET(struct ckpt_rec_userfaultfd_area, mode, 16);

RECORD(CKPT_REC_USERFAULTFD_AREAS, 0x3f1, struct ckpt_rec_userfaultfd_areas, 16);
OFFSET(struct ckpt_rec_userfaultfd_areas, mm, 0);
OFFSET(struct ckpt_rec_userfaultfd_areas, reserved, 4);
OFFSET(struct ckpt_rec_userfaultfd_areas, areas, 8);

STRUCT(struct ckpt_rec_userfaultfd_run, 16);
OFFSET(struct ckpt_rec_userfaultfd_run, address, 0);
OFFSET(struct ckpt_rec_userfaultfd_run, pages, 8);
OFFSET(struct ckpt_rec_userfaultfd_run, flags, 12);

RECORD(CKPT_REC_USERFAULTFD_PAGES, 0x3f2, struct ckpt_rec_userfaultfd_pages, 16);
OFFSET(struct ckpt_rec_userfaultfd_pages, runs, 0);
OFFSET(struct ckpt_rec_userfaultfd_pages, reserved, 8);

RECORD(CKPT_REC_FILE_OUTSIDE, 0x304, struct ckpt_rec_file_outside, 24);
OFFSET(struct ckpt_rec_file_outside, fd, 0);
OFFSET(struct ckpt_rec_file_outside, what, 4);
OFFSET(struct ckpt_rec_file_outside, name, 8);
OFFSET(struct ckpt_rec_file_outside, access, 16);
OFFSET(struct ckpt_rec_file_outside, reserved, 20);

RECORD(CKPT_REC_PIPE, 0x305, struct ckpt_rec_pipe, 64);
OFFSET(struct ckpt_rec_pipe, ring_size, 0);
OFFSET(struct ckpt_rec_pipe, cred, 4);
OFFSET(struct ckpt_rec_pipe, data, 8);
OFFSET(struct ckpt_rec_pipe, atime_sec, 16);
OFFSET(struct ckpt_rec_pipe, mtime_sec, 24);
OFFSET(struct ckpt_rec_pipe, ctime_sec, 32);
OFFSET(struct ckpt_rec_pipe, atime_nsec, 40);
OFFSET(struct ckpt_rec_pipe, mtime_nsec, 44);
OFFSET(struct ckpt_rec_pipe, ctime_nsec, 48);
OFFSET(struct ckpt_rec_pipe, mode, 52);
OFFSET(struct ckpt_rec_pipe, uid, 56);
OFFSET(struct ckpt_rec_pipe, gid, 60);

STRUCT(struct ckpt_rec_pipe_buffer, 16);
OFFSET(struct ckpt_rec_pipe_buffer, len, 0);
OFFSET(struct ckpt_rec_pipe_buffer, flags, 4);
OFFSET(struct ckpt_rec_pipe_buffer, offset, 8);
OFFSET(struct ckpt_rec_pipe_buffer, reserved, 12);

RECORD(CKPT_REC_FILE_PIPE, 0x306, struct ckpt_rec_file_pipe, 16);
OFFSET(struct ckpt_rec_file_pipe, pipe, 0);
OFFSET(struct ckpt_rec_file_pipe, open_flags, 4);
OFFSET(struct ckpt_rec_file_pipe, cred, 8);
OFFSET(struct ckpt_rec_file_pipe, flags, 12);

RECORD(CKPT_REC_FILE_AIO, 0x347, struct ckpt_rec_file_aio, 8);
OFFSET(struct ckpt_rec_file_aio, pages, 0);
OFFSET(struct ckpt_rec_file_aio, cred, 4);

RECORD(CKPT_REC_FILE_NSFS, 0x348, struct ckpt_rec_file_nsfs, 16);
OFFSET(struct ckpt_rec_file_nsfs, type, 0);
OFFSET(struct ckpt_rec_file_nsfs, open_flags, 4);
OFFSET(struct ckpt_rec_file_nsfs, cred, 8);
OFFSET(struct ckpt_rec_file_nsfs, reserved, 12);

RECORD(CKPT_REC_FILE_EVENTFD, 0x30e, struct ckpt_rec_file_eventfd, 16);
OFFSET(struct ckpt_rec_file_eventfd, count, 0);
OFFSET(struct ckpt_rec_file_eventfd, cred, 8);
OFFSET(struct ckpt_rec_file_eventfd, flags, 12);

RECORD(CKPT_REC_FILE_TIMERFD, 0x311, struct ckpt_rec_file_timerfd, 56);
OFFSET(struct ckpt_rec_file_timerfd, clockid, 0);
OFFSET(struct ckpt_rec_file_timerfd, flags, 4);
OFFSET(struct ckpt_rec_file_timerfd, settime_flags, 8);
OFFSET(struct ckpt_rec_file_timerfd, cred, 12);
OFFSET(struct ckpt_rec_file_timerfd, ticks, 16);
OFFSET(struct ckpt_rec_file_timerfd, interval_ns, 24);
OFFSET(struct ckpt_rec_file_timerfd, expires_ns, 32);
OFFSET(struct ckpt_rec_file_timerfd, remaining_ns, 40);
OFFSET(struct ckpt_rec_file_timerfd, realtime_offset_ns, 48);

RECORD(CKPT_REC_FILE_SIGNALFD, 0x312, struct ckpt_rec_file_signalfd, 16);
OFFSET(struct ckpt_rec_file_signalfd, mask, 0);
OFFSET(struct ckpt_rec_file_signalfd, cred, 8);
OFFSET(struct ckpt_rec_file_signalfd, reserved, 12);

RECORD(CKPT_REC_FILE_SHMEM, 0x30f, struct ckpt_rec_file_shmem, 16);
OFFSET(struct ckpt_rec_file_shmem, shmem, 0);
OFFSET(struct ckpt_rec_file_shmem, cred, 4);
OFFSET(struct ckpt_rec_file_shmem, open_flags, 8);
OFFSET(struct ckpt_rec_file_shmem, flags, 12);

RECORD(CKPT_REC_DEAD_PID, 0x31e, struct ckpt_rec_dead_pid, 8);
OFFSET(struct ckpt_rec_dead_pid, nr, 0);

RECORD(CKPT_REC_FILE_PIDFD, 0x313, struct ckpt_rec_file_pidfd, 16);
OFFSET(struct ckpt_rec_file_pidfd, pid, 0);
OFFSET(struct ckpt_rec_file_pidfd, gone, 4);
OFFSET(struct ckpt_rec_file_pidfd, cred, 8);
OFFSET(struct ckpt_rec_file_pidfd, flags, 12);

RECORD(CKPT_REC_FILE_INOTIFY, 0x314, struct ckpt_rec_file_inotify, 8);
OFFSET(struct ckpt_rec_file_inotify, cred, 0);
OFFSET(struct ckpt_rec_file_inotify, next_wd, 4);

RECORD(CKPT_REC_INOTIFY_WATCH, 0x315, struct ckpt_rec_inotify_watch, 32);
OFFSET(struct ckpt_rec_inotify_watch, wd, 0);
OFFSET(struct ckpt_rec_inotify_watch, mask, 4);
OFFSET(struct ckpt_rec_inotify_watch, cred, 8);
OFFSET(struct ckpt_rec_inotify_watch, mode, 12);
OFFSET(struct ckpt_rec_inotify_watch, ino, 16);
OFFSET(struct ckpt_rec_inotify_watch, path, 24);

RECORD(CKPT_REC_INOTIFY_EVENT, 0x316, struct ckpt_rec_inotify_event, 24);
OFFSET(struct ckpt_rec_inotify_event, wd, 0);
OFFSET(struct ckpt_rec_inotify_event, mask, 4);
OFFSET(struct ckpt_rec_inotify_event, cookie, 8);
OFFSET(struct ckpt_rec_inotify_event, reserved, 12);
OFFSET(struct ckpt_rec_inotify_event, name, 16);

RECORD(CKPT_REC_EPOLL, 0x30c, struct ckpt_rec_epoll, 16);
OFFSET(struct ckpt_rec_epoll, cred, 0);
OFFSET(struct ckpt_rec_epoll, busy_poll_usecs, 4);
OFFSET(struct ckpt_rec_epoll, busy_poll_budget, 8);
OFFSET(struct ckpt_rec_epoll, prefer_busy_poll, 12);

STRUCT(struct ckpt_rec_epoll_watch, 32);
OFFSET(struct ckpt_rec_epoll_watch, file, 0);
OFFSET(struct ckpt_rec_epoll_watch, fd, 4);
OFFSET(struct ckpt_rec_epoll_watch, data, 8);
OFFSET(struct ckpt_rec_epoll_watch, events, 16);
OFFSET(struct ckpt_rec_epoll_watch, signals, 20);
OFFSET(struct ckpt_rec_epoll_watch, flags, 24);
OFFSET(struct ckpt_rec_epoll_watch, reserved, 28);

RECORD(CKPT_REC_EPOLL_WATCHES, 0x310, struct ckpt_rec_epoll_watches, 8);
OFFSET(struct ckpt_rec_epoll_watches, watches, 0);

STRUCT(struct ckpt_rec_epoll_ready, 8);
OFFSET(struct ckpt_rec_epoll_ready, file, 0);
OFFSET(struct ckpt_rec_epoll_ready, fd, 4);

RECORD(CKPT_REC_EPOLL_READY, 0x31f, struct ckpt_rec_epoll_ready_list, 8);
OFFSET(struct ckpt_rec_epoll_ready_list, ready, 0);

STRUCT(struct ckpt_rec_fd, 16);
OFFSET(struct ckpt_rec_fd, fd, 0);
OFFSET(struct ckpt_rec_fd, flags, 4);
OFFSET(struct ckpt_rec_fd, file, 8);
OFFSET(struct ckpt_rec_fd, reserved, 12);

RECORD(CKPT_REC_FDTABLE, 0x307, struct ckpt_rec_fdtable, 16);
OFFSET(struct ckpt_rec_fdtable, owner, 0);
OFFSET(struct ckpt_rec_fdtable, size, 4);
OFFSET(struct ckpt_rec_fdtable, fds, 8);

RECORD(CKPT_REC_TASK_MM, 0x203, struct ckpt_rec_task_mm, 8);
OFFSET(struct ckpt_rec_task_mm, mm, 0);
OFFSET(struct ckpt_rec_task_mm, reserved, 4);

RECORD(CKPT_REC_TASK_FDTABLE, 0x308, struct ckpt_rec_task_fdtable, 8);
OFFSET(struct ckpt_rec_task_fdtable, fdtable, 0);
OFFSET(struct ckpt_rec_task_fdtable, reserved, 4);

RECORD(CKPT_REC_TASK_FS, 0x30a, struct ckpt_rec_task_fs, 8);
OFFSET(struct ckpt_rec_task_fs, fs, 0);
OFFSET(struct ckpt_rec_task_fs, reserved, 4);

RECORD(CKPT_REC_FS, 0x309, struct ckpt_rec_fs, 16);
OFFSET(struct ckpt_rec_fs, owner, 0);
OFFSET(struct ckpt_rec_fs, umask, 4);
OFFSET(struct ckpt_rec_fs, root, 8);
OFFSET(struct ckpt_rec_fs, cwd, 12);

STRUCT(struct ckpt_rec_posix_lock, 24);
OFFSET(struct ckpt_rec_posix_lock, fd, 0);
OFFSET(struct ckpt_rec_posix_lock, type, 4);
OFFSET(struct ckpt_rec_posix_lock, start, 8);
OFFSET(struct ckpt_rec_posix_lock, end, 16);

RECORD(CKPT_REC_POSIX_LOCKS, 0x30b, struct ckpt_rec_posix_locks, 16);
OFFSET(struct ckpt_rec_posix_locks, owner, 0);
OFFSET(struct ckpt_rec_posix_locks, reserved, 4);
OFFSET(struct ckpt_rec_posix_locks, locks, 8);

RECORD(CKPT_REC_OFD_LOCKS, 0x330, struct ckpt_rec_ofd_locks, 16);
OFFSET(struct ckpt_rec_ofd_locks, file, 0);
OFFSET(struct ckpt_rec_ofd_locks, reserved, 4);
OFFSET(struct ckpt_rec_ofd_locks, locks, 8);

STRUCT(struct ckpt_rec_range, 24);
OFFSET(struct ckpt_rec_range, type, 0);
OFFSET(struct ckpt_rec_range, reserved, 4);
OFFSET(struct ckpt_rec_range, start, 8);
OFFSET(struct ckpt_rec_range, end, 16);

RECORD(CKPT_REC_FLOCK, 0x30d, struct ckpt_rec_flock, 8);
OFFSET(struct ckpt_rec_flock, file, 0);
OFFSET(struct ckpt_rec_flock, type, 4);

RECORD(CKPT_REC_INODE, 0x320, struct ckpt_rec_inode, 24);
OFFSET(struct ckpt_rec_inode, size, 0);
OFFSET(struct ckpt_rec_inode, cred, 8);
OFFSET(struct ckpt_rec_inode, flags, 12);
OFFSET(struct ckpt_rec_inode, path, 16);

RECORD(CKPT_REC_INODE_XATTR, 0x321, struct ckpt_rec_inode_xattr, 16);
OFFSET(struct ckpt_rec_inode_xattr, name_len, 0);
OFFSET(struct ckpt_rec_inode_xattr, reserved, 4);
OFFSET(struct ckpt_rec_inode_xattr, text, 8);

RECORD(CKPT_REC_INODE_ATTR, 0x322, struct ckpt_rec_inode_attr, 40);
OFFSET(struct ckpt_rec_inode_attr, mode, 0);
OFFSET(struct ckpt_rec_inode_attr, uid, 4);
OFFSET(struct ckpt_rec_inode_attr, gid, 8);
OFFSET(struct ckpt_rec_inode_attr, reserved, 12);
OFFSET(struct ckpt_rec_inode_attr, atime_sec, 16);
OFFSET(struct ckpt_rec_inode_attr, mtime_sec, 24);
OFFSET(struct ckpt_rec_inode_attr, atime_nsec, 32);
OFFSET(struct ckpt_rec_inode_attr, mtime_nsec, 36);

RECORD(CKPT_REC_FILE_INODE, 0x323, struct ckpt_rec_file_inode, 16);
OFFSET(struct ckpt_rec_file_inode, inode, 0);
OFFSET(struct ckpt_rec_file_inode, open_flags, 4);
OFFSET(struct ckpt_rec_file_inode, cred, 8);
OFFSET(struct ckpt_rec_file_inode, reserved, 12);

RECORD(CKPT_REC_FIFO, 0x324, struct ckpt_rec_fifo, 24);
OFFSET(struct ckpt_rec_fifo, place, 0);
OFFSET(struct ckpt_rec_fifo, cred, 4);
OFFSET(struct ckpt_rec_fifo, ring_size, 8);
OFFSET(struct ckpt_rec_fifo, access, 12);
OFFSET(struct ckpt_rec_fifo, data, 16);

RECORD(CKPT_REC_FILE_FIFO, 0x325, struct ckpt_rec_file_fifo, 24);
OFFSET(struct ckpt_rec_file_fifo, pipe, 0);
OFFSET(struct ckpt_rec_file_fifo, place, 4);
OFFSET(struct ckpt_rec_file_fifo, cred, 8);
OFFSET(struct ckpt_rec_file_fifo, open_flags, 12);
OFFSET(struct ckpt_rec_file_fifo, flags, 16);
OFFSET(struct ckpt_rec_file_fifo, reserved, 20);

RECORD(CKPT_REC_PLACE, 0x326, struct ckpt_rec_place, 56);
OFFSET(struct ckpt_rec_place, cred, 0);
OFFSET(struct ckpt_rec_place, mode, 4);
OFFSET(struct ckpt_rec_place, uid, 8);
OFFSET(struct ckpt_rec_place, gid, 12);
OFFSET(struct ckpt_rec_place, atime_sec, 16);
OFFSET(struct ckpt_rec_place, mtime_sec, 24);
OFFSET(struct ckpt_rec_place, atime_nsec, 32);
OFFSET(struct ckpt_rec_place, mtime_nsec, 36);
OFFSET(struct ckpt_rec_place, path, 40);
OFFSET(struct ckpt_rec_place, major, 48);
OFFSET(struct ckpt_rec_place, minor, 52);

RECORD(CKPT_REC_FILE_PLACE, 0x327, struct ckpt_rec_file_place, 16);
OFFSET(struct ckpt_rec_file_place, place, 0);
OFFSET(struct ckpt_rec_file_place, open_flags, 4);
OFFSET(struct ckpt_rec_file_place, cred, 8);
OFFSET(struct ckpt_rec_file_place, reserved, 12);

RECORD(CKPT_REC_TTY_PAIR, 0x350, struct ckpt_rec_tty_pair, 64);
OFFSET(struct ckpt_rec_tty_pair, index, 0);
OFFSET(struct ckpt_rec_tty_pair, cred, 4);
OFFSET(struct ckpt_rec_tty_pair, open_flags, 8);
OFFSET(struct ckpt_rec_tty_pair, flags, 12);
OFFSET(struct ckpt_rec_tty_pair, mode, 16);
OFFSET(struct ckpt_rec_tty_pair, uid, 20);
OFFSET(struct ckpt_rec_tty_pair, gid, 24);
OFFSET(struct ckpt_rec_tty_pair, atime_nsec, 28);
OFFSET(struct ckpt_rec_tty_pair, mtime_nsec, 32);
OFFSET(struct ckpt_rec_tty_pair, reserved, 36);
OFFSET(struct ckpt_rec_tty_pair, atime_sec, 40);
OFFSET(struct ckpt_rec_tty_pair, mtime_sec, 48);
OFFSET(struct ckpt_rec_tty_pair, path, 56);

RECORD(CKPT_REC_FILE_PTY, 0x351, struct ckpt_rec_file_pty, 32);
OFFSET(struct ckpt_rec_file_pty, terminal, 0);
OFFSET(struct ckpt_rec_file_pty, side, 4);
OFFSET(struct ckpt_rec_file_pty, open_flags, 8);
OFFSET(struct ckpt_rec_file_pty, cred, 12);
OFFSET(struct ckpt_rec_file_pty, flags, 16);
OFFSET(struct ckpt_rec_file_pty, reserved, 20);
OFFSET(struct ckpt_rec_file_pty, path, 24);

RECORD(CKPT_REC_TTY_LINE, 0x352, struct ckpt_rec_tty_line, 192);
OFFSET(struct ckpt_rec_tty_line, iflag, 0);
OFFSET(struct ckpt_rec_tty_line, oflag, 4);
OFFSET(struct ckpt_rec_tty_line, cflag, 8);
OFFSET(struct ckpt_rec_tty_line, lflag, 12);
OFFSET(struct ckpt_rec_tty_line, ispeed, 16);
OFFSET(struct ckpt_rec_tty_line, ospeed, 20);
OFFSET(struct ckpt_rec_tty_line, locked_iflag, 24);
OFFSET(struct ckpt_rec_tty_line, locked_oflag, 28);
OFFSET(struct ckpt_rec_tty_line, locked_cflag, 32);
OFFSET(struct ckpt_rec_tty_line, locked_lflag, 36);
OFFSET(struct ckpt_rec_tty_line, cc, 40);
OFFSET(struct ckpt_rec_tty_line, locked_cc, 60);
OFFSET(struct ckpt_rec_tty_line, window, 80);
OFFSET(struct ckpt_rec_tty_line, packet, 88);
OFFSET(struct ckpt_rec_tty_line, status, 92);
OFFSET(struct ckpt_rec_tty_line, flags, 96);
OFFSET(struct ckpt_rec_tty_line, column, 104);
OFFSET(struct ckpt_rec_tty_line, canon_column, 112);
OFFSET(struct ckpt_rec_tty_line, read, 120);
OFFSET(struct ckpt_rec_tty_line, lines, 128);
OFFSET(struct ckpt_rec_tty_line, committed, 136);
OFFSET(struct ckpt_rec_tty_line, echo, 144);
OFFSET(struct ckpt_rec_tty_line, echo_committed, 152);
OFFSET(struct ckpt_rec_tty_line, echo_marked, 160);
OFFSET(struct ckpt_rec_tty_line, queued, 168);
OFFSET(struct ckpt_rec_tty_line, looked_at, 176);
OFFSET(struct ckpt_rec_tty_line, bytes, 184);

RECORD(CKPT_REC_PROCESS_TTY, 0x353, struct ckpt_rec_process_tty, 16);
OFFSET(struct ckpt_rec_process_tty, terminal, 0);
OFFSET(struct ckpt_rec_process_tty, hung_up, 4);
OFFSET(struct ckpt_rec_process_tty, outside, 8);
OFFSET(struct ckpt_rec_process_tty, reserved, 12);

RECORD(CKPT_REC_TTY_SESSION, 0x354, struct ckpt_rec_tty_session, 8);
OFFSET(struct ckpt_rec_tty_session, session, 0);
OFFSET(struct ckpt_rec_tty_session, foreground, 4);

RECORD(CKPT_REC_TTY_LEADER, 0x356, struct ckpt_rec_tty_leader, 8);
OFFSET(struct ckpt_rec_tty_leader, session, 0);
OFFSET(struct ckpt_rec_tty_leader, foreground, 4);

RECORD(CKPT_REC_TTY_MODES, 0x355, struct ckpt_rec_tty_modes, 32);
OFFSET(struct ckpt_rec_tty_modes, iflag, 0);
OFFSET(struct ckpt_rec_tty_modes, oflag, 4);
OFFSET(struct ckpt_rec_tty_modes, lflag, 8);
OFFSET(struct ckpt_rec_tty_modes, cc, 12);
OFFSET(struct ckpt_rec_tty_modes, reserved, 31);

STRUCT(struct ckpt_rec_sigaction, 32);
OFFSET(struct ckpt_rec_sigaction, handler, 0);
OFFSET(struct ckpt_rec_sigaction, flags, 8);
OFFSET(struct ckpt_rec_sigaction, restorer, 16);
OFFSET(struct ckpt_rec_sigaction, mask, 24);

RECORD(CKPT_REC_SIGACTIONS, 0x401, struct ckpt_rec_sigactions, 8);
OFFSET(struct ckpt_rec_sigactions, actions, 0);

RECORD(CKPT_REC_TASK_SIGACTIONS, 0x405, struct ckpt_rec_task_sigactions, 8);
OFFSET(struct ckpt_rec_task_sigactions, process, 0);
OFFSET(struct ckpt_rec_task_sigactions, reserved, 4);

RECORD(CKPT_REC_SIGNAL, 0x402, struct ckpt_rec_signal, 40);
OFFSET(struct ckpt_rec_signal, blocked, 0);
OFFSET(struct ckpt_rec_signal, saved_mask, 8);
OFFSET(struct ckpt_rec_signal, has_saved_mask, 16);
OFFSET(struct ckpt_rec_signal, altstack_flags, 20);
OFFSET(struct ckpt_rec_signal, altstack_sp, 24);
OFFSET(struct ckpt_rec_signal, altstack_size, 32);

STRUCT(struct ckpt_rec_siginfo, 136);
OFFSET(struct ckpt_rec_siginfo, info, 0);
OFFSET(struct ckpt_rec_siginfo, flags, 128);
OFFSET(struct ckpt_rec_siginfo, reserved, 132);

RECORD(CKPT_REC_SIGPENDING, 0x403, struct ckpt_rec_sigpending, 24);
OFFSET(struct ckpt_rec_sigpending, shared, 0);
OFFSET(struct ckpt_rec_sigpending, reserved, 4);
OFFSET(struct ckpt_rec_sigpending, set, 8);
OFFSET(struct ckpt_rec_sigpending, infos, 16);

STRUCT(struct ckpt_rec_stop, 16);
OFFSET(struct ckpt_rec_stop, thread, 0);
OFFSET(struct ckpt_rec_stop, signal, 4);
OFFSET(struct ckpt_rec_stop, flags, 8);
OFFSET(struct ckpt_rec_stop, reserved, 12);

RECORD(CKPT_REC_STOPS, 0x404, struct ckpt_rec_stops, 16);
OFFSET(struct ckpt_rec_stops, flags, 0);
OFFSET(struct ckpt_rec_stops, signal, 4);
OFFSET(struct ckpt_rec_stops, threads, 8);

RECORD(CKPT_REC_ITIMERS, 0x502, struct ckpt_rec_itimers, 56);
OFFSET(struct ckpt_rec_itimers, flags, 0);
OFFSET(struct ckpt_rec_itimers, reserved, 4);
OFFSET(struct ckpt_rec_itimers, real_left_ns, 8);
OFFSET(struct ckpt_rec_itimers, real_interval_ns, 16);
OFFSET(struct ckpt_rec_itimers, virtual_expires_ns, 24);
OFFSET(struct ckpt_rec_itimers, virtual_interval_ns, 32);
OFFSET(struct ckpt_rec_itimers, prof_expires_ns, 40);
OFFSET(struct ckpt_rec_itimers, prof_interval_ns, 48);

STRUCT(struct ckpt_rec_posix_timer, 80);
OFFSET(struct ckpt_rec_posix_timer, id, 0);
OFFSET(struct ckpt_rec_posix_timer, clockid, 4);
OFFSET(struct ckpt_rec_posix_timer, flags, 8);
OFFSET(struct ckpt_rec_posix_timer, notify, 12);
OFFSET(struct ckpt_rec_posix_timer, signo, 16);
OFFSET(struct ckpt_rec_posix_timer, requeue, 20);
OFFSET(struct ckpt_rec_posix_timer, thread, 24);
OFFSET(struct ckpt_rec_posix_timer, clock_task, 28);
OFFSET(struct ckpt_rec_posix_timer, value, 32);
OFFSET(struct ckpt_rec_posix_timer, interval_ns, 40);
OFFSET(struct ckpt_rec_posix_timer, expires_ns, 48);
OFFSET(struct ckpt_rec_posix_timer, left_ns, 56);
OFFSET(struct ckpt_rec_posix_timer, overrun, 64);
OFFSET(struct ckpt_rec_posix_timer, overrun_last, 72);

RECORD(CKPT_REC_POSIX_TIMERS, 0x503, struct ckpt_rec_posix_timers, 16);
OFFSET(struct ckpt_rec_posix_timers, next_id, 0);
OFFSET(struct ckpt_rec_posix_timers, reserved, 4);
OFFSET(struct ckpt_rec_posix_timers, timers, 8);

STRUCT(struct ckpt_rec_sem, 16);
OFFSET(struct ckpt_rec_sem, value, 0);
OFFSET(struct ckpt_rec_sem, left, 4);
OFFSET(struct ckpt_rec_sem, pid, 8);
OFFSET(struct ckpt_rec_sem, reserved, 12);

RECORD(CKPT_REC_SEM_SET, 0x601, struct ckpt_rec_sem_set, 56);
OFFSET(struct ckpt_rec_sem_set, id, 0);
OFFSET(struct ckpt_rec_sem_set, key, 4);
OFFSET(struct ckpt_rec_sem_set, mode, 8);
OFFSET(struct ckpt_rec_sem_set, uid, 12);
OFFSET(struct ckpt_rec_sem_set, gid, 16);
OFFSET(struct ckpt_rec_sem_set, cuid, 20);
OFFSET(struct ckpt_rec_sem_set, cgid, 24);
OFFSET(struct ckpt_rec_sem_set, reserved, 28);
OFFSET(struct ckpt_rec_sem_set, otime, 32);
OFFSET(struct ckpt_rec_sem_set, ctime, 40);
OFFSET(struct ckpt_rec_sem_set, sems, 48);

STRUCT(struct ckpt_rec_sem_adjust, 16);
OFFSET(struct ckpt_rec_sem_adjust, set, 0);
OFFSET(struct ckpt_rec_sem_adjust, sem, 4);
OFFSET(struct ckpt_rec_sem_adjust, adjust, 8);
OFFSET(struct ckpt_rec_sem_adjust, reserved, 12);

RECORD(CKPT_REC_SEM_UNDO, 0x602, struct ckpt_rec_sem_undo, 8);
OFFSET(struct ckpt_rec_sem_undo, adjusts, 0);

RECORD(CKPT_REC_TASK_SEM_UNDO, 0x603, struct ckpt_rec_task_sem_undo, 8);
OFFSET(struct ckpt_rec_task_sem_undo, undo, 0);
OFFSET(struct ckpt_rec_task_sem_undo, reserved, 4);

STRUCT(struct ckpt_rec_msg, 16);
OFFSET(struct ckpt_rec_msg, type, 0);
OFFSET(struct ckpt_rec_msg, size, 8);

RECORD(CKPT_REC_MSG_QUEUE, 0x604, struct ckpt_rec_msg_queue, 80);
OFFSET(struct ckpt_rec_msg_queue, id, 0);
OFFSET(struct ckpt_rec_msg_queue, key, 4);
OFFSET(struct ckpt_rec_msg_queue, mode, 8);
OFFSET(struct ckpt_rec_msg_queue, uid, 12);
OFFSET(struct ckpt_rec_msg_queue, gid, 16);
OFFSET(struct ckpt_rec_msg_queue, cuid, 20);
OFFSET(struct ckpt_rec_msg_queue, cgid, 24);
OFFSET(struct ckpt_rec_msg_queue, lspid, 28);
OFFSET(struct ckpt_rec_msg_queue, lrpid, 32);
OFFSET(struct ckpt_rec_msg_queue, reserved, 36);
OFFSET(struct ckpt_rec_msg_queue, stime, 40);
OFFSET(struct ckpt_rec_msg_queue, rtime, 48);
OFFSET(struct ckpt_rec_msg_queue, ctime, 56);
OFFSET(struct ckpt_rec_msg_queue, qbytes, 64);
OFFSET(struct ckpt_rec_msg_queue, messages, 72);

RECORD(CKPT_REC_SHM_SEGMENT, 0x605, struct ckpt_rec_shm_segment, 56);
OFFSET(struct ckpt_rec_shm_segment, id, 0);
OFFSET(struct ckpt_rec_shm_segment, key, 4);
OFFSET(struct ckpt_rec_shm_segment, mode, 8);
OFFSET(struct ckpt_rec_shm_segment, uid, 12);
OFFSET(struct ckpt_rec_shm_segment, gid, 16);
OFFSET(struct ckpt_rec_shm_segment, cuid, 20);
OFFSET(struct ckpt_rec_shm_segment, cgid, 24);
OFFSET(struct ckpt_rec_shm_segment, shmem, 28);
OFFSET(struct ckpt_rec_shm_segment, size, 32);
OFFSET(struct ckpt_rec_shm_segment, ctime, 40);
OFFSET(struct ckpt_rec_shm_segment, flags, 48);
OFFSET(struct ckpt_rec_shm_segment, locker, 52);

RECORD(CKPT_REC_SHM_STATE, 0x606, struct ckpt_rec_shm_state, 32);
OFFSET(struct ckpt_rec_shm_state, cprid, 0);
OFFSET(struct ckpt_rec_shm_state, lprid, 4);
OFFSET(struct ckpt_rec_shm_state, flags, 8);
OFFSET(struct ckpt_rec_shm_state, reserved, 12);
OFFSET(struct ckpt_rec_shm_state, atime, 16);
OFFSET(struct ckpt_rec_shm_state, dtime, 24);

RECORD(CKPT_REC_FILE_SHM, 0x607, struct ckpt_rec_file_shm, 16);
OFFSET(struct ckpt_rec_file_shm, segment, 0);
OFFSET(struct ckpt_rec_file_shm, open_flags, 4);
OFFSET(struct ckpt_rec_file_shm, cred, 8);
OFFSET(struct ckpt_rec_file_shm, reserved, 12);

RECORD(CKPT_REC_SHM_CREATOR, 0x608, struct ckpt_rec_shm_creator, 8);
OFFSET(struct ckpt_rec_shm_creator, segment, 0);
OFFSET(struct ckpt_rec_shm_creator, reserved, 4);

RECORD(CKPT_REC_MQUEUE, 0x610, struct ckpt_rec_mqueue, 336);
OFFSET(struct ckpt_rec_mqueue, cred, 0);
OFFSET(struct ckpt_rec_mqueue, flags, 4);
OFFSET(struct ckpt_rec_mqueue, mode, 8);
OFFSET(struct ckpt_rec_mqueue, uid, 12);
OFFSET(struct ckpt_rec_mqueue, gid, 16);
OFFSET(struct ckpt_rec_mqueue, maxmsg, 20);
OFFSET(struct ckpt_rec_mqueue, msgsize, 24);
OFFSET(struct ckpt_rec_mqueue, reserved, 28);
OFFSET(struct ckpt_rec_mqueue, atime_sec, 32);
OFFSET(struct ckpt_rec_mqueue, mtime_sec, 40);
OFFSET(struct ckpt_rec_mqueue, ctime_sec, 48);
OFFSET(struct ckpt_rec_mqueue, atime_nsec, 56);
OFFSET(struct ckpt_rec_mqueue, mtime_nsec, 60);
OFFSET(struct ckpt_rec_mqueue, ctime_nsec, 64);
OFFSET(struct ckpt_rec_mqueue, reserved2, 68);
OFFSET(struct ckpt_rec_mqueue, name, 72);
OFFSET(struct ckpt_rec_mqueue, messages, 328);

RECORD(CKPT_REC_FILE_MQUEUE, 0x611, struct ckpt_rec_file_mqueue, 16);
OFFSET(struct ckpt_rec_file_mqueue, queue, 0);
OFFSET(struct ckpt_rec_file_mqueue, open_flags, 4);
OFFSET(struct ckpt_rec_file_mqueue, cred, 8);
OFFSET(struct ckpt_rec_file_mqueue, reserved, 12);

RECORD(CKPT_REC_MQUEUE_NOTIFY, 0x612, struct ckpt_rec_mqueue_notify, 64);
OFFSET(struct ckpt_rec_mqueue_notify, queue, 0);
OFFSET(struct ckpt_rec_mqueue_notify, notify, 4);
OFFSET(struct ckpt_rec_mqueue_notify, signal, 8);
OFFSET(struct ckpt_rec_mqueue_notify, reserved, 12);
OFFSET(struct ckpt_rec_mqueue_notify, value, 16);
OFFSET(struct ckpt_rec_mqueue_notify, socket, 24);
OFFSET(struct ckpt_rec_mqueue_notify, reserved2, 28);
OFFSET(struct ckpt_rec_mqueue_notify, cookie, 32);

RECORD(CKPT_REC_IPC_LIMITS, 0x613, struct ckpt_rec_ipc_limits, 72);
OFFSET(struct ckpt_rec_ipc_limits, shmmax, 0);
OFFSET(struct ckpt_rec_ipc_limits, shmall, 8);
OFFSET(struct ckpt_rec_ipc_limits, sem, 16);
OFFSET(struct ckpt_rec_ipc_limits, shmmni, 32);
OFFSET(struct ckpt_rec_ipc_limits, shm_rmid_forced, 36);
OFFSET(struct ckpt_rec_ipc_limits, msgmax, 40);
OFFSET(struct ckpt_rec_ipc_limits, msgmnb, 44);
OFFSET(struct ckpt_rec_ipc_limits, msgmni, 48);
OFFSET(struct ckpt_rec_ipc_limits, queues_max, 52);
OFFSET(struct ckpt_rec_ipc_limits, msg_max, 56);
OFFSET(struct ckpt_rec_ipc_limits, msgsize_max, 60);
OFFSET(struct ckpt_rec_ipc_limits, msg_default, 64);
OFFSET(struct ckpt_rec_ipc_limits, msgsize_default, 68);

RECORD(CKPT_REC_UNIX, 0x701, struct ckpt_rec_unix, 48);
OFFSET(struct ckpt_rec_unix, type, 0);
OFFSET(struct ckpt_rec_unix, flags, 4);
OFFSET(struct ckpt_rec_unix, shutdown, 8);
OFFSET(struct ckpt_rec_unix, error, 12);
OFFSET(struct ckpt_rec_unix, cred, 16);
OFFSET(struct ckpt_rec_unix, peer_pid, 20);
OFFSET(struct ckpt_rec_unix, peer_gone, 24);
OFFSET(struct ckpt_rec_unix, peer_cred, 28);
OFFSET(struct ckpt_rec_unix, backlog, 32);
OFFSET(struct ckpt_rec_unix, reserved, 36);
OFFSET(struct ckpt_rec_unix, name, 40);

RECORD(CKPT_REC_FILE_SOCKET, 0x702, struct ckpt_rec_file_socket, 48);
OFFSET(struct ckpt_rec_file_socket, socket, 0);
OFFSET(struct ckpt_rec_file_socket, reserved, 4);
OFFSET(struct ckpt_rec_file_socket, atime_sec, 8);
OFFSET(struct ckpt_rec_file_socket, mtime_sec, 16);
OFFSET(struct ckpt_rec_file_socket, ctime_sec, 24);
OFFSET(struct ckpt_rec_file_socket, atime_nsec, 32);
OFFSET(struct ckpt_rec_file_socket, mtime_nsec, 36);
OFFSET(struct ckpt_rec_file_socket, ctime_nsec, 40);
OFFSET(struct ckpt_rec_file_socket, reserved2, 44);

RECORD(CKPT_REC_SOCKET_OPTIONS, 0x703, struct ckpt_rec_socket_options, 8);
OFFSET(struct ckpt_rec_socket_options, options, 0);

STRUCT(struct ckpt_rec_socket_option, 24);
OFFSET(struct ckpt_rec_socket_option, level, 0);
OFFSET(struct ckpt_rec_socket_option, name, 4);
OFFSET(struct ckpt_rec_socket_option, value, 8);
OFFSET(struct ckpt_rec_socket_option, more, 16);

RECORD(CKPT_REC_UNIX_LINK, 0x704, struct ckpt_rec_unix_link, 16);
OFFSET(struct ckpt_rec_unix_link, peer, 0);
OFFSET(struct ckpt_rec_unix_link, listener, 4);
OFFSET(struct ckpt_rec_unix_link, flags, 8);
OFFSET(struct ckpt_rec_unix_link, reserved, 12);

RECORD(CKPT_REC_UNIX_MESSAGE, 0x705, struct ckpt_rec_unix_message, 40);
OFFSET(struct ckpt_rec_unix_message, sender, 0);
OFFSET(struct ckpt_rec_unix_message, pid, 4);
OFFSET(struct ckpt_rec_unix_message, gone, 8);
OFFSET(struct ckpt_rec_unix_message, uid, 12);
OFFSET(struct ckpt_rec_unix_message, gid, 16);
OFFSET(struct ckpt_rec_unix_message, flags, 20);
OFFSET(struct ckpt_rec_unix_message, stamp_ns, 24);
OFFSET(struct ckpt_rec_unix_message, data, 32);

RECORD(CKPT_REC_UNIX_RIGHTS, 0x706, struct ckpt_rec_unix_rights, 8);
OFFSET(struct ckpt_rec_unix_rights, files, 0);

STRUCT(struct ckpt_rec_unix_right, 8);
OFFSET(struct ckpt_rec_unix_right, file, 0);
OFFSET(struct ckpt_rec_unix_right, reserved, 4);

RECORD(CKPT_REC_UNIX_NAME, 0x707, struct ckpt_rec_unix_name, 64);
OFFSET(struct ckpt_rec_unix_name, mode, 0);
OFFSET(struct ckpt_rec_unix_name, reserved, 4);
OFFSET(struct ckpt_rec_unix_name, uid, 8);
OFFSET(struct ckpt_rec_unix_name, gid, 12);
OFFSET(struct ckpt_rec_unix_name, dev_major, 16);
OFFSET(struct ckpt_rec_unix_name, dev_minor, 20);
OFFSET(struct ckpt_rec_unix_name, ino, 24);
OFFSET(struct ckpt_rec_unix_name, atime_sec, 32);
OFFSET(struct ckpt_rec_unix_name, mtime_sec, 40);
OFFSET(struct ckpt_rec_unix_name, atime_nsec, 48);
OFFSET(struct ckpt_rec_unix_name, mtime_nsec, 52);
OFFSET(struct ckpt_rec_unix_name, path, 56);

RECORD(CKPT_REC_UNIX_REMOTE, 0x708, struct ckpt_rec_unix_remote, 8);
OFFSET(struct ckpt_rec_unix_remote, name, 0);

RECORD(CKPT_REC_SOCKET_FILTER, 0x740, struct ckpt_rec_socket_filter, 16);
OFFSET(struct ckpt_rec_socket_filter, flags, 0);
OFFSET(struct ckpt_rec_socket_filter, reserved, 4);
OFFSET(struct ckpt_rec_socket_filter, insns, 8);

RECORD(CKPT_REC_INET, 0x710, struct ckpt_rec_inet, 32);
OFFSET(struct ckpt_rec_inet, family, 0);
OFFSET(struct ckpt_rec_inet, type, 4);
OFFSET(struct ckpt_rec_inet, protocol, 8);
OFFSET(struct ckpt_rec_inet, flags, 12);
OFFSET(struct ckpt_rec_inet, shutdown, 16);
OFFSET(struct ckpt_rec_inet, error, 20);
OFFSET(struct ckpt_rec_inet, soft_error, 24);
OFFSET(struct ckpt_rec_inet, cred, 28);

RECORD(CKPT_REC_INET_NAME, 0x711, struct ckpt_rec_inet_name, 24);
OFFSET(struct ckpt_rec_inet_name, flags, 0);
OFFSET(struct ckpt_rec_inet_name, port, 4);
OFFSET(struct ckpt_rec_inet_name, address, 8);

RECORD(CKPT_REC_TCP_LISTEN, 0x712, struct ckpt_rec_tcp_listen, 8);
OFFSET(struct ckpt_rec_tcp_listen, backlog, 0);
OFFSET(struct ckpt_rec_tcp_listen, reserved, 4);

RECORD(CKPT_REC_TCP, 0x713, struct ckpt_rec_tcp, 80);
OFFSET(struct ckpt_rec_tcp, peer, 0);
OFFSET(struct ckpt_rec_tcp, listener, 4);
OFFSET(struct ckpt_rec_tcp, flags, 8);
OFFSET(struct ckpt_rec_tcp, name, 12);
OFFSET(struct ckpt_rec_tcp, port, 16);
OFFSET(struct ckpt_rec_tcp, peer_port, 20);
OFFSET(struct ckpt_rec_tcp, address, 24);
OFFSET(struct ckpt_rec_tcp, peer_address, 40);
OFFSET(struct ckpt_rec_tcp, timestamp, 56);
OFFSET(struct ckpt_rec_tcp, window_clamp, 60);
OFFSET(struct ckpt_rec_tcp, urgent, 64);
OFFSET(struct ckpt_rec_tcp, urgent_at, 68);
OFFSET(struct ckpt_rec_tcp, urgent_to_send, 72);
OFFSET(struct ckpt_rec_tcp, advmss, 76);

RECORD(CKPT_REC_TCP_DATA, 0x714, struct ckpt_rec_tcp_data, 16);
OFFSET(struct ckpt_rec_tcp_data, flags, 0);
OFFSET(struct ckpt_rec_tcp_data, reserved, 4);
OFFSET(struct ckpt_rec_tcp_data, data, 8);

RECORD(CKPT_REC_TCP_KEPT, 0x715, struct ckpt_rec_tcp_kept, 80);
OFFSET(struct ckpt_rec_tcp_kept, cookie, 0);
OFFSET(struct ckpt_rec_tcp_kept, flags, 16);
OFFSET(struct ckpt_rec_tcp_kept, snd_una, 20);
OFFSET(struct ckpt_rec_tcp_kept, snd_nxt, 24);
OFFSET(struct ckpt_rec_tcp_kept, write_seq, 28);
OFFSET(struct ckpt_rec_tcp_kept, rcv_nxt, 32);
OFFSET(struct ckpt_rec_tcp_kept, rcv_wup, 36);
OFFSET(struct ckpt_rec_tcp_kept, rcv_wnd, 40);
OFFSET(struct ckpt_rec_tcp_kept, snd_wl1, 44);
OFFSET(struct ckpt_rec_tcp_kept, snd_wnd, 48);
OFFSET(struct ckpt_rec_tcp_kept, max_window, 52);
OFFSET(struct ckpt_rec_tcp_kept, ts_recent, 56);
OFFSET(struct ckpt_rec_tcp_kept, mss_clamp, 60);
OFFSET(struct ckpt_rec_tcp_kept, snd_wscale, 64);
OFFSET(struct ckpt_rec_tcp_kept, rcv_wscale, 68);
OFFSET(struct ckpt_rec_tcp_kept, reserved, 72);

RECORD(CKPT_REC_UDP, 0x720, struct ckpt_rec_udp, 40);
OFFSET(struct ckpt_rec_udp, flags, 0);
OFFSET(struct ckpt_rec_udp, port, 4);
OFFSET(struct ckpt_rec_udp, address, 8);
OFFSET(struct ckpt_rec_udp, dropped, 24);
OFFSET(struct ckpt_rec_udp, reserved, 28);
OFFSET(struct ckpt_rec_udp, stamp_ns, 32);

RECORD(CKPT_REC_UDP_MESSAGE, 0x721, struct ckpt_rec_udp_message, 120);
OFFSET(struct ckpt_rec_udp_message, family, 0);
OFFSET(struct ckpt_rec_udp_message, source_port, 4);
OFFSET(struct ckpt_rec_udp_message, target_port, 8);
OFFSET(struct ckpt_rec_udp_message, tos, 12);
OFFSET(struct ckpt_rec_udp_message, ttl, 16);
OFFSET(struct ckpt_rec_udp_message, flow_label, 20);
OFFSET(struct ckpt_rec_udp_message, mark, 24);
OFFSET(struct ckpt_rec_udp_message, fragment, 28);
OFFSET(struct ckpt_rec_udp_message, segment, 32);
OFFSET(struct ckpt_rec_udp_message, dropped, 36);
OFFSET(struct ckpt_rec_udp_message, source, 40);
OFFSET(struct ckpt_rec_udp_message, target, 56);
OFFSET(struct ckpt_rec_udp_message, local, 72);
OFFSET(struct ckpt_rec_udp_message, device, 88);
OFFSET(struct ckpt_rec_udp_message, stamp_ns, 104);
OFFSET(struct ckpt_rec_udp_message, data, 112);

RECORD(CKPT_REC_SOCKET_DEVICES, 0x722, struct ckpt_rec_socket_devices, 96);
OFFSET(struct ckpt_rec_socket_devices, bound, 0);
OFFSET(struct ckpt_rec_socket_devices, multicast, 16);
OFFSET(struct ckpt_rec_socket_devices, unicast, 32);
OFFSET(struct ckpt_rec_socket_devices, multicast6, 48);
OFFSET(struct ckpt_rec_socket_devices, unicast6, 64);
OFFSET(struct ckpt_rec_socket_devices, address, 80);

RECORD(CKPT_REC_INET_GROUPS, 0x723, struct ckpt_rec_inet_groups, 8);
OFFSET(struct ckpt_rec_inet_groups, groups, 0);

STRUCT(struct ckpt_rec_inet_group, 40);
OFFSET(struct ckpt_rec_inet_group, family, 0);
OFFSET(struct ckpt_rec_inet_group, reserved, 4);
OFFSET(struct ckpt_rec_inet_group, address, 8);
OFFSET(struct ckpt_rec_inet_group, device, 24);

RECORD(CKPT_REC_RAW, 0x741, struct ckpt_rec_raw, 72);
OFFSET(struct ckpt_rec_raw, flags, 0);
OFFSET(struct ckpt_rec_raw, port, 4);
OFFSET(struct ckpt_rec_raw, address, 8);
OFFSET(struct ckpt_rec_raw, dropped, 24);
OFFSET(struct ckpt_rec_raw, reserved, 28);
OFFSET(struct ckpt_rec_raw, stamp_ns, 32);
OFFSET(struct ckpt_rec_raw, filter, 40);

RECORD(CKPT_REC_RAW_MESSAGE, 0x742, struct ckpt_rec_raw_message, 104);
OFFSET(struct ckpt_rec_raw_message, mark, 0);
OFFSET(struct ckpt_rec_raw_message, fragment, 4);
OFFSET(struct ckpt_rec_raw_message, dropped, 8);
OFFSET(struct ckpt_rec_raw_message, reserved, 12);
OFFSET(struct ckpt_rec_raw_message, local, 16);
OFFSET(struct ckpt_rec_raw_message, device, 32);
OFFSET(struct ckpt_rec_raw_message, header, 48);
OFFSET(struct ckpt_rec_raw_message, stamp_ns, 88);
OFFSET(struct ckpt_rec_raw_message, data, 96);

RECORD(CKPT_REC_PACKET, 0x748, struct ckpt_rec_packet, 8);
OFFSET(struct ckpt_rec_packet, type, 0);
OFFSET(struct ckpt_rec_packet, cred, 4);

RECORD(CKPT_REC_PACKET_NAME, 0x749, struct ckpt_rec_packet_name, 64);
OFFSET(struct ckpt_rec_packet_name, protocol, 0);
OFFSET(struct ckpt_rec_packet_name, flags, 4);
OFFSET(struct ckpt_rec_packet_name, error, 8);
OFFSET(struct ckpt_rec_packet_name, packets, 12);
OFFSET(struct ckpt_rec_packet_name, lost, 16);
OFFSET(struct ckpt_rec_packet_name, dropped, 20);
OFFSET(struct ckpt_rec_packet_name, reserved, 24);
OFFSET(struct ckpt_rec_packet_name, device, 28);
OFFSET(struct ckpt_rec_packet_name, reserved2, 44);
OFFSET(struct ckpt_rec_packet_name, stamp_ns, 48);
OFFSET(struct ckpt_rec_packet_name, members, 56);

STRUCT(struct ckpt_rec_packet_member, 64);
OFFSET(struct ckpt_rec_packet_member, type, 0);
OFFSET(struct ckpt_rec_packet_member, count, 4);
OFFSET(struct ckpt_rec_packet_member, len, 8);
OFFSET(struct ckpt_rec_packet_member, reserved, 12);
OFFSET(struct ckpt_rec_packet_member, address, 16);
OFFSET(struct ckpt_rec_packet_member, device, 48);

RECORD(CKPT_REC_PACKET_MESSAGE, 0x74c, struct ckpt_rec_packet_message, 128);
OFFSET(struct ckpt_rec_packet_message, flags, 0);
OFFSET(struct ckpt_rec_packet_message, protocol, 4);
OFFSET(struct ckpt_rec_packet_message, hatype, 8);
OFFSET(struct ckpt_rec_packet_message, pkttype, 12);
OFFSET(struct ckpt_rec_packet_message, original, 16);
OFFSET(struct ckpt_rec_packet_message, linear, 20);
OFFSET(struct ckpt_rec_packet_message, network, 24);
OFFSET(struct ckpt_rec_packet_message, checksum_start, 28);
OFFSET(struct ckpt_rec_packet_message, checksum_offset, 32);
OFFSET(struct ckpt_rec_packet_message, segment, 36);
OFFSET(struct ckpt_rec_packet_message, tag_protocol, 40);
OFFSET(struct ckpt_rec_packet_message, tag, 44);
OFFSET(struct ckpt_rec_packet_message, mark, 48);
OFFSET(struct ckpt_rec_packet_message, dropped, 52);
OFFSET(struct ckpt_rec_packet_message, address_len, 56);
OFFSET(struct ckpt_rec_packet_message, reserved, 60);
OFFSET(struct ckpt_rec_packet_message, address, 64);
OFFSET(struct ckpt_rec_packet_message, device, 96);
OFFSET(struct ckpt_rec_packet_message, stamp_ns, 112);
OFFSET(struct ckpt_rec_packet_message, data, 120);

RECORD(CKPT_REC_ALG, 0x74a, struct ckpt_rec_alg, 136);
OFFSET(struct ckpt_rec_alg, sort, 0);
OFFSET(struct ckpt_rec_alg, cred, 4);
OFFSET(struct ckpt_rec_alg, name, 8);

RECORD(CKPT_REC_VSOCK, 0x74b, struct ckpt_rec_vsock, 56);
OFFSET(struct ckpt_rec_vsock, type, 0);
OFFSET(struct ckpt_rec_vsock, error, 4);
OFFSET(struct ckpt_rec_vsock, cid, 8);
OFFSET(struct ckpt_rec_vsock, port, 12);
OFFSET(struct ckpt_rec_vsock, cred, 16);
OFFSET(struct ckpt_rec_vsock, reserved, 20);
OFFSET(struct ckpt_rec_vsock, size, 24);
OFFSET(struct ckpt_rec_vsock, size_min, 32);
OFFSET(struct ckpt_rec_vsock, size_max, 40);
OFFSET(struct ckpt_rec_vsock, connect_us, 48);

RECORD(CKPT_REC_VSOCK_LISTEN, 0x74d, struct ckpt_rec_vsock_listen, 8);
OFFSET(struct ckpt_rec_vsock_listen, backlog, 0);
OFFSET(struct ckpt_rec_vsock_listen, reserved, 4);

RECORD(CKPT_REC_NETLINK, 0x730, struct ckpt_rec_netlink, 40);
OFFSET(struct ckpt_rec_netlink, type, 0);
OFFSET(struct ckpt_rec_netlink, protocol, 4);
OFFSET(struct ckpt_rec_netlink, flags, 8);
OFFSET(struct ckpt_rec_netlink, port, 12);
OFFSET(struct ckpt_rec_netlink, peer_port, 16);
OFFSET(struct ckpt_rec_netlink, peer_group, 20);
OFFSET(struct ckpt_rec_netlink, error, 24);
OFFSET(struct ckpt_rec_netlink, cred, 28);
OFFSET(struct ckpt_rec_netlink, groups, 32);

RECORD(CKPT_REC_NETLINK_MESSAGE, 0x731, struct ckpt_rec_netlink_message, 40);
OFFSET(struct ckpt_rec_netlink_message, port, 0);
OFFSET(struct ckpt_rec_netlink_message, group, 4);
OFFSET(struct ckpt_rec_netlink_message, pid, 8);
OFFSET(struct ckpt_rec_netlink_message, uid, 12);
OFFSET(struct ckpt_rec_netlink_message, gid, 16);
OFFSET(struct ckpt_rec_netlink_message, flags, 20);
OFFSET(struct ckpt_rec_netlink_message, nsid, 24);
OFFSET(struct ckpt_rec_netlink_message, reserved, 28);
OFFSET(struct ckpt_rec_netlink_message, data, 32);

RECORD(CKPT_REC_X86_REGS, 0x1001, struct ckpt_rec_x86_regs, 248);
OFFSET(struct ckpt_rec_x86_regs, regs, 0);
OFFSET(struct ckpt_rec_x86_regs, fs_base, 168);
OFFSET(struct ckpt_rec_x86_regs, gs_base, 176);
OFFSET(struct ckpt_rec_x86_regs, fs, 184);
OFFSET(struct ckpt_rec_x86_regs, gs, 188);
OFFSET(struct ckpt_rec_x86_regs, ds, 192);
OFFSET(struct ckpt_rec_x86_regs, es, 196);
OFFSET(struct ckpt_rec_x86_regs, flags, 200);
OFFSET(struct ckpt_rec_x86_regs, pkru, 204);
OFFSET(struct ckpt_rec_x86_regs, cr2, 208);
OFFSET(struct ckpt_rec_x86_regs, trap_nr, 216);
OFFSET(struct ckpt_rec_x86_regs, error_code, 224);
OFFSET(struct ckpt_rec_x86_regs, dr6, 232);
OFFSET(struct ckpt_rec_x86_regs, vdso_id, 240);

RECORD(CKPT_REC_X86_XSTATE, 0x1002, struct ckpt_rec_x86_xstate, 152);
OFFSET(struct ckpt_rec_x86_xstate, features, 0);
OFFSET(struct ckpt_rec_x86_xstate, state, 8);
OFFSET(struct ckpt_rec_x86_xstate, avx512_ms, 16);
OFFSET(struct ckpt_rec_x86_xstate, offset, 24);

RECORD(CKPT_REC_X86_TLS, 0x1003, struct ckpt_rec_x86_tls, 24);
OFFSET(struct ckpt_rec_x86_tls, desc, 0);

RECORD(CKPT_REC_X86_LDT, 0x1004, struct ckpt_rec_x86_ldt, 8);
OFFSET(struct ckpt_rec_x86_ldt, entries, 0);

RECORD(CKPT_REC_X86_DEBUG, 0x1006, struct ckpt_rec_x86_debug, 48);
OFFSET(struct ckpt_rec_x86_debug, address, 0);
OFFSET(struct ckpt_rec_x86_debug, control, 32);
OFFSET(struct ckpt_rec_x86_debug, set, 40);
OFFSET(struct ckpt_rec_x86_debug, reserved, 44);

RECORD(CKPT_REC_X86_CPU, 0x1005, struct ckpt_rec_x86_cpu, 16);
OFFSET(struct ckpt_rec_x86_cpu, xfeatures, 0);
OFFSET(struct ckpt_rec_x86_cpu, words, 8);
