// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the ABI header, nailed down.  A compile that fails here
 * has broken images that lie on somebody's disk.
 *
 * scripts/check-header compiles this with several compilers, for 32 and 64 bit,
 * and prints the lines for new structs and fields.
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
static_assert(CKPT_MAGIC == 0x314b504358554e4cULL, "ABI: magic");
static_assert(CKPT_REC_SKIPPABLE == 0x80000000U, "ABI: skippable bit");
static_assert(CKPT_CHUNK_BYTES == 0x400000U, "ABI: page bytes of a chunk");

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

STRUCT(struct checkpoint_args, 88);
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

STRUCT(struct restart_args, 80);
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
OFFSET(struct restart_args, reserved, 76);

STRUCT(struct ckpt_record, 24);
OFFSET(struct ckpt_record, type, 0);
OFFSET(struct ckpt_record, size, 4);
OFFSET(struct ckpt_record, len, 8);
OFFSET(struct ckpt_record, object, 16);
OFFSET(struct ckpt_record, crc32c, 20);

STRUCT(struct ckpt_array, 8);
OFFSET(struct ckpt_array, count, 0);
OFFSET(struct ckpt_array, size, 4);

RECORD(CKPT_REC_HEADER, 0x1, struct ckpt_header, 248);
OFFSET(struct ckpt_header, magic, 0);
OFFSET(struct ckpt_header, page_size, 8);
OFFSET(struct ckpt_header, arch, 12);
OFFSET(struct ckpt_header, image_id, 16);
OFFSET(struct ckpt_header, parent_image_id, 32);
OFFSET(struct ckpt_header, boot_id, 48);
OFFSET(struct ckpt_header, crid, 64);
OFFSET(struct ckpt_header, flags, 68);
OFFSET(struct ckpt_header, realtime_ns, 72);
OFFSET(struct ckpt_header, monotonic_ns, 80);
OFFSET(struct ckpt_header, boottime_ns, 88);
OFFSET(struct ckpt_header, root, 96);
OFFSET(struct ckpt_header, nr_tasks, 100);
OFFSET(struct ckpt_header, abi_hash, 104);
OFFSET(struct ckpt_header, metadata_bytes, 112);
OFFSET(struct ckpt_header, release, 120);
OFFSET(struct ckpt_header, nodename, 184);

RECORD(CKPT_REC_ABI, 0x80000002, struct ckpt_abi, 8);
OFFSET(struct ckpt_abi, text, 0);

RECORD(CKPT_REC_METADATA_END, 0x3, struct ckpt_metadata_end, 16);
OFFSET(struct ckpt_metadata_end, nr_records, 0);
OFFSET(struct ckpt_metadata_end, nr_objects, 8);
OFFSET(struct ckpt_metadata_end, reserved, 12);

STRUCT(struct ckpt_extent, 16);
OFFSET(struct ckpt_extent, address, 0);
OFFSET(struct ckpt_extent, pages, 8);

RECORD(CKPT_REC_PAGES, 0x4, struct ckpt_pages, 24);
OFFSET(struct ckpt_pages, data_bytes, 0);
OFFSET(struct ckpt_pages, data_crc32c, 8);
OFFSET(struct ckpt_pages, reserved, 12);
OFFSET(struct ckpt_pages, extents, 16);

RECORD(CKPT_REC_END, 0x5, struct ckpt_end, 32);
OFFSET(struct ckpt_end, nr_records, 0);
OFFSET(struct ckpt_end, bytes, 8);
OFFSET(struct ckpt_end, nr_pages, 16);
OFFSET(struct ckpt_end, records_crc32c, 24);
OFFSET(struct ckpt_end, reserved, 28);

RECORD(CKPT_REC_PID, 0x101, struct ckpt_pid, 8);
OFFSET(struct ckpt_pid, nrs, 0);

RECORD(CKPT_REC_TASK, 0x102, struct ckpt_task_data, 64);
OFFSET(struct ckpt_task_data, pid, 0);
OFFSET(struct ckpt_task_data, leader, 4);
OFFSET(struct ckpt_task_data, parent, 8);
OFFSET(struct ckpt_task_data, pgrp, 12);
OFFSET(struct ckpt_task_data, session, 16);
OFFSET(struct ckpt_task_data, state, 20);
OFFSET(struct ckpt_task_data, exit_signal, 24);
OFFSET(struct ckpt_task_data, exit_code, 28);
OFFSET(struct ckpt_task_data, flags, 32);
OFFSET(struct ckpt_task_data, reserved, 36);
OFFSET(struct ckpt_task_data, personality, 40);
OFFSET(struct ckpt_task_data, comm, 48);

RECORD(CKPT_REC_CRED, 0x103, struct ckpt_cred, 96);
OFFSET(struct ckpt_cred, uid, 0);
OFFSET(struct ckpt_cred, gid, 16);
OFFSET(struct ckpt_cred, cap_inheritable, 32);
OFFSET(struct ckpt_cred, cap_permitted, 40);
OFFSET(struct ckpt_cred, cap_effective, 48);
OFFSET(struct ckpt_cred, cap_bset, 56);
OFFSET(struct ckpt_cred, cap_ambient, 64);
OFFSET(struct ckpt_cred, securebits, 72);
OFFSET(struct ckpt_cred, flags, 76);
OFFSET(struct ckpt_cred, groups, 80);
OFFSET(struct ckpt_cred, last_cap, 88);
OFFSET(struct ckpt_cred, reserved, 92);

RECORD(CKPT_REC_TASK_CRED, 0x104, struct ckpt_task_cred, 16);
OFFSET(struct ckpt_task_cred, cred, 0);
OFFSET(struct ckpt_task_cred, no_new_privs, 4);
OFFSET(struct ckpt_task_cred, dumpable, 8);
OFFSET(struct ckpt_task_cred, pdeath_signal, 12);

RECORD(CKPT_REC_PROCESS, 0x105, struct ckpt_process, 104);
OFFSET(struct ckpt_process, oom_score_adj, 0);
OFFSET(struct ckpt_process, oom_score_adj_min, 4);
OFFSET(struct ckpt_process, loginuid, 8);
OFFSET(struct ckpt_process, sessionid, 12);
OFFSET(struct ckpt_process, has_tty, 16);
OFFSET(struct ckpt_process, tty_old_pgrp, 20);
OFFSET(struct ckpt_process, itimer_real_ns, 24);
OFFSET(struct ckpt_process, itimer_real_interval_ns, 32);
OFFSET(struct ckpt_process, itimer_virt_ns, 40);
OFFSET(struct ckpt_process, itimer_virt_interval_ns, 48);
OFFSET(struct ckpt_process, itimer_prof_ns, 56);
OFFSET(struct ckpt_process, itimer_prof_interval_ns, 64);
OFFSET(struct ckpt_process, leader_exited, 72);
OFFSET(struct ckpt_process, is_foreground, 76);
OFFSET(struct ckpt_process, coredump_filter, 80);
OFFSET(struct ckpt_process, continued, 88);
OFFSET(struct ckpt_process, reserved, 92);
OFFSET(struct ckpt_process, audit_tty, 96);
OFFSET(struct ckpt_process, reserved2, 100);

STRUCT(struct ckpt_rlimit, 16);
OFFSET(struct ckpt_rlimit, cur, 0);
OFFSET(struct ckpt_rlimit, max, 8);

RECORD(CKPT_REC_RLIMITS, 0x106, struct ckpt_rlimits, 8);
OFFSET(struct ckpt_rlimits, limits, 0);

RECORD(CKPT_REC_SCHED, 0x107, struct ckpt_sched, 56);
OFFSET(struct ckpt_sched, policy, 0);
OFFSET(struct ckpt_sched, nice, 4);
OFFSET(struct ckpt_sched, rt_priority, 8);
OFFSET(struct ckpt_sched, flags, 12);
OFFSET(struct ckpt_sched, timer_slack_ns, 16);
OFFSET(struct ckpt_sched, default_timer_slack_ns, 24);
OFFSET(struct ckpt_sched, ioprio, 32);
OFFSET(struct ckpt_sched, reserved, 36);
OFFSET(struct ckpt_sched, affinity, 40);
OFFSET(struct ckpt_sched, slice_ns, 48);

RECORD(CKPT_REC_RESTART_BLOCK, 0x109, struct ckpt_restart_block, 48);
OFFSET(struct ckpt_restart_block, kind, 0);
OFFSET(struct ckpt_restart_block, clockid, 4);
OFFSET(struct ckpt_restart_block, remaining_ns, 8);
OFFSET(struct ckpt_restart_block, uaddr, 16);
OFFSET(struct ckpt_restart_block, val, 24);
OFFSET(struct ckpt_restart_block, flags, 28);
OFFSET(struct ckpt_restart_block, bitset, 32);
OFFSET(struct ckpt_restart_block, reserved, 36);
OFFSET(struct ckpt_restart_block, absolute, 40);

RECORD(CKPT_REC_FUTEX, 0x10a, struct ckpt_futex, 48);
OFFSET(struct ckpt_futex, robust_list, 0);
OFFSET(struct ckpt_futex, compat_robust_list, 8);
OFFSET(struct ckpt_futex, clear_child_tid, 16);
OFFSET(struct ckpt_futex, set_child_tid, 24);
OFFSET(struct ckpt_futex, rseq, 32);
OFFSET(struct ckpt_futex, rseq_len, 40);
OFFSET(struct ckpt_futex, rseq_sig, 44);

STRUCT(struct ckpt_delay, 16);
OFFSET(struct ckpt_delay, ns, 0);
OFFSET(struct ckpt_delay, count, 8);

RECORD(CKPT_REC_ACCOUNTING, 0x10c, struct ckpt_accounting, 208);
OFFSET(struct ckpt_accounting, flags, 0);
OFFSET(struct ckpt_accounting, reserved, 4);
OFFSET(struct ckpt_accounting, start_ns, 8);
OFFSET(struct ckpt_accounting, start_boottime_ns, 16);
OFFSET(struct ckpt_accounting, utime_ns, 24);
OFFSET(struct ckpt_accounting, stime_ns, 32);
OFFSET(struct ckpt_accounting, gtime_ns, 40);
OFFSET(struct ckpt_accounting, runtime_ns, 48);
OFFSET(struct ckpt_accounting, shown_utime_ns, 56);
OFFSET(struct ckpt_accounting, shown_stime_ns, 64);
OFFSET(struct ckpt_accounting, run_delay_ns, 72);
OFFSET(struct ckpt_accounting, run_count, 80);
OFFSET(struct ckpt_accounting, nvcsw, 88);
OFFSET(struct ckpt_accounting, nivcsw, 96);
OFFSET(struct ckpt_accounting, min_flt, 104);
OFFSET(struct ckpt_accounting, maj_flt, 112);
OFFSET(struct ckpt_accounting, io, 120);
OFFSET(struct ckpt_accounting, rss_integral, 176);
OFFSET(struct ckpt_accounting, vm_integral, 184);
OFFSET(struct ckpt_accounting, integral_ns, 192);
OFFSET(struct ckpt_accounting, delays, 200);

RECORD(CKPT_REC_PROCESS_ACCOUNTING, 0x10d, struct ckpt_process_accounting, 296);
OFFSET(struct ckpt_process_accounting, fd_size, 0);
OFFSET(struct ckpt_process_accounting, acct_flags, 4);
OFFSET(struct ckpt_process_accounting, utime_ns, 8);
OFFSET(struct ckpt_process_accounting, stime_ns, 16);
OFFSET(struct ckpt_process_accounting, gtime_ns, 24);
OFFSET(struct ckpt_process_accounting, runtime_ns, 32);
OFFSET(struct ckpt_process_accounting, shown_utime_ns, 40);
OFFSET(struct ckpt_process_accounting, shown_stime_ns, 48);
OFFSET(struct ckpt_process_accounting, nvcsw, 56);
OFFSET(struct ckpt_process_accounting, nivcsw, 64);
OFFSET(struct ckpt_process_accounting, min_flt, 72);
OFFSET(struct ckpt_process_accounting, maj_flt, 80);
OFFSET(struct ckpt_process_accounting, inblock, 88);
OFFSET(struct ckpt_process_accounting, oublock, 96);
OFFSET(struct ckpt_process_accounting, io, 104);
OFFSET(struct ckpt_process_accounting, acct_utime_ns, 160);
OFFSET(struct ckpt_process_accounting, acct_stime_ns, 168);
OFFSET(struct ckpt_process_accounting, acct_min_flt, 176);
OFFSET(struct ckpt_process_accounting, acct_maj_flt, 184);
OFFSET(struct ckpt_process_accounting, children_utime_ns, 192);
OFFSET(struct ckpt_process_accounting, children_stime_ns, 200);
OFFSET(struct ckpt_process_accounting, children_gtime_ns, 208);
OFFSET(struct ckpt_process_accounting, children_nvcsw, 216);
OFFSET(struct ckpt_process_accounting, children_nivcsw, 224);
OFFSET(struct ckpt_process_accounting, children_min_flt, 232);
OFFSET(struct ckpt_process_accounting, children_maj_flt, 240);
OFFSET(struct ckpt_process_accounting, children_inblock, 248);
OFFSET(struct ckpt_process_accounting, children_oublock, 256);
OFFSET(struct ckpt_process_accounting, maxrss, 264);
OFFSET(struct ckpt_process_accounting, children_maxrss, 272);
OFFSET(struct ckpt_process_accounting, hiwater_rss, 280);
OFFSET(struct ckpt_process_accounting, hiwater_vm, 288);

RECORD(CKPT_REC_CGROUP, 0x10e, struct ckpt_cgroup, 16);
OFFSET(struct ckpt_cgroup, autogroup_nice, 0);
OFFSET(struct ckpt_cgroup, reserved, 4);
OFFSET(struct ckpt_cgroup, path, 8);

RECORD(CKPT_REC_MM, 0x201, struct ckpt_mm, 168);
OFFSET(struct ckpt_mm, owner, 0);
OFFSET(struct ckpt_mm, exe_file, 4);
OFFSET(struct ckpt_mm, start_code, 8);
OFFSET(struct ckpt_mm, end_code, 16);
OFFSET(struct ckpt_mm, start_data, 24);
OFFSET(struct ckpt_mm, end_data, 32);
OFFSET(struct ckpt_mm, start_brk, 40);
OFFSET(struct ckpt_mm, brk, 48);
OFFSET(struct ckpt_mm, start_stack, 56);
OFFSET(struct ckpt_mm, arg_start, 64);
OFFSET(struct ckpt_mm, arg_end, 72);
OFFSET(struct ckpt_mm, env_start, 80);
OFFSET(struct ckpt_mm, env_end, 88);
OFFSET(struct ckpt_mm, mmap_base, 96);
OFFSET(struct ckpt_mm, mmap_legacy, 104);
OFFSET(struct ckpt_mm, def_flags, 112);
OFFSET(struct ckpt_mm, task_size, 120);
OFFSET(struct ckpt_mm, vdso, 128);
OFFSET(struct ckpt_mm, mm_flags, 136);
OFFSET(struct ckpt_mm, stack_vm_flags, 144);
OFFSET(struct ckpt_mm, auxv, 152);
OFFSET(struct ckpt_mm, membarrier, 160);
OFFSET(struct ckpt_mm, reserved, 164);

RECORD(CKPT_REC_VMA, 0x202, struct ckpt_vma, 56);
OFFSET(struct ckpt_vma, start, 0);
OFFSET(struct ckpt_vma, end, 8);
OFFSET(struct ckpt_vma, kind, 16);
OFFSET(struct ckpt_vma, file, 20);
OFFSET(struct ckpt_vma, flags, 24);
OFFSET(struct ckpt_vma, offset, 32);
OFFSET(struct ckpt_vma, pkey, 40);
OFFSET(struct ckpt_vma, reserved, 44);
OFFSET(struct ckpt_vma, name, 48);

RECORD(CKPT_REC_VDSO, 0x204, struct ckpt_vdso, 64);
OFFSET(struct ckpt_vdso, address, 0);
OFFSET(struct ckpt_vdso, vvar, 8);
OFFSET(struct ckpt_vdso, vvar_bytes, 16);
OFFSET(struct ckpt_vdso, build_id_len, 24);
OFFSET(struct ckpt_vdso, reserved, 28);
OFFSET(struct ckpt_vdso, build_id, 32);
OFFSET(struct ckpt_vdso, text, 56);

RECORD(CKPT_REC_FILE, 0x301, struct ckpt_file, 40);
OFFSET(struct ckpt_file, flags, 0);
OFFSET(struct ckpt_file, cred, 4);
OFFSET(struct ckpt_file, position, 8);
OFFSET(struct ckpt_file, owner, 16);
OFFSET(struct ckpt_file, owner_type, 20);
OFFSET(struct ckpt_file, owner_signal, 24);
OFFSET(struct ckpt_file, owner_uid, 28);
OFFSET(struct ckpt_file, owner_euid, 32);
OFFSET(struct ckpt_file, async_fd, 36);

RECORD(CKPT_REC_FILE_PATH, 0x302, struct ckpt_file_path, 88);
OFFSET(struct ckpt_file_path, open_flags, 0);
OFFSET(struct ckpt_file_path, mode, 4);
OFFSET(struct ckpt_file_path, ino, 8);
OFFSET(struct ckpt_file_path, device, 16);
OFFSET(struct ckpt_file_path, size, 24);
OFFSET(struct ckpt_file_path, mtime_sec, 32);
OFFSET(struct ckpt_file_path, mtime_nsec, 40);
OFFSET(struct ckpt_file_path, check, 44);
OFFSET(struct ckpt_file_path, cred, 48);
OFFSET(struct ckpt_file_path, build_id_len, 52);
OFFSET(struct ckpt_file_path, build_id, 56);
OFFSET(struct ckpt_file_path, path, 80);

RECORD(CKPT_REC_FILE_DEVICE, 0x303, struct ckpt_file_device, 24);
OFFSET(struct ckpt_file_device, open_flags, 0);
OFFSET(struct ckpt_file_device, cred, 4);
OFFSET(struct ckpt_file_device, major, 8);
OFFSET(struct ckpt_file_device, minor, 12);
OFFSET(struct ckpt_file_device, path, 16);

RECORD(CKPT_REC_FILE_OUTSIDE, 0x304, struct ckpt_file_outside, 24);
OFFSET(struct ckpt_file_outside, fd, 0);
OFFSET(struct ckpt_file_outside, what, 4);
OFFSET(struct ckpt_file_outside, name, 8);
OFFSET(struct ckpt_file_outside, access, 16);
OFFSET(struct ckpt_file_outside, reserved, 20);

RECORD(CKPT_REC_PIPE, 0x305, struct ckpt_pipe, 56);
OFFSET(struct ckpt_pipe, ring_size, 0);
OFFSET(struct ckpt_pipe, cred, 4);
OFFSET(struct ckpt_pipe, data, 8);
OFFSET(struct ckpt_pipe, atime_sec, 16);
OFFSET(struct ckpt_pipe, mtime_sec, 24);
OFFSET(struct ckpt_pipe, ctime_sec, 32);
OFFSET(struct ckpt_pipe, atime_nsec, 40);
OFFSET(struct ckpt_pipe, mtime_nsec, 44);
OFFSET(struct ckpt_pipe, ctime_nsec, 48);
OFFSET(struct ckpt_pipe, reserved, 52);

STRUCT(struct ckpt_pipe_buffer, 16);
OFFSET(struct ckpt_pipe_buffer, len, 0);
OFFSET(struct ckpt_pipe_buffer, flags, 4);
OFFSET(struct ckpt_pipe_buffer, offset, 8);
OFFSET(struct ckpt_pipe_buffer, reserved, 12);

RECORD(CKPT_REC_FILE_PIPE, 0x306, struct ckpt_file_pipe, 16);
OFFSET(struct ckpt_file_pipe, pipe, 0);
OFFSET(struct ckpt_file_pipe, open_flags, 4);
OFFSET(struct ckpt_file_pipe, cred, 8);
OFFSET(struct ckpt_file_pipe, flags, 12);

STRUCT(struct ckpt_fd, 16);
OFFSET(struct ckpt_fd, fd, 0);
OFFSET(struct ckpt_fd, flags, 4);
OFFSET(struct ckpt_fd, file, 8);
OFFSET(struct ckpt_fd, reserved, 12);

RECORD(CKPT_REC_FDTABLE, 0x307, struct ckpt_fdtable, 16);
OFFSET(struct ckpt_fdtable, owner, 0);
OFFSET(struct ckpt_fdtable, next_fd, 4);
OFFSET(struct ckpt_fdtable, fds, 8);

RECORD(CKPT_REC_TASK_MM, 0x203, struct ckpt_task_link, 8);
OFFSET(struct ckpt_task_link, shared, 0);
OFFSET(struct ckpt_task_link, reserved, 4);

RECORD(CKPT_REC_TASK_FDTABLE, 0x308, struct ckpt_task_link, 8);

RECORD(CKPT_REC_TASK_FS, 0x30a, struct ckpt_task_link, 8);

RECORD(CKPT_REC_FS, 0x309, struct ckpt_fs, 16);
OFFSET(struct ckpt_fs, owner, 0);
OFFSET(struct ckpt_fs, umask, 4);
OFFSET(struct ckpt_fs, root, 8);
OFFSET(struct ckpt_fs, cwd, 12);

STRUCT(struct ckpt_posix_lock, 24);
OFFSET(struct ckpt_posix_lock, file, 0);
OFFSET(struct ckpt_posix_lock, type, 4);
OFFSET(struct ckpt_posix_lock, start, 8);
OFFSET(struct ckpt_posix_lock, end, 16);

RECORD(CKPT_REC_POSIX_LOCKS, 0x30b, struct ckpt_posix_locks, 16);
OFFSET(struct ckpt_posix_locks, owner, 0);
OFFSET(struct ckpt_posix_locks, reserved, 4);
OFFSET(struct ckpt_posix_locks, locks, 8);

RECORD(CKPT_REC_FLOCK, 0x30d, struct ckpt_flock, 8);
OFFSET(struct ckpt_flock, file, 0);
OFFSET(struct ckpt_flock, type, 4);

STRUCT(struct ckpt_sigaction, 32);
OFFSET(struct ckpt_sigaction, handler, 0);
OFFSET(struct ckpt_sigaction, flags, 8);
OFFSET(struct ckpt_sigaction, restorer, 16);
OFFSET(struct ckpt_sigaction, mask, 24);

RECORD(CKPT_REC_SIGACTIONS, 0x401, struct ckpt_sigactions, 8);
OFFSET(struct ckpt_sigactions, actions, 0);

RECORD(CKPT_REC_SIGNAL, 0x402, struct ckpt_signal, 40);
OFFSET(struct ckpt_signal, blocked, 0);
OFFSET(struct ckpt_signal, saved_mask, 8);
OFFSET(struct ckpt_signal, has_saved_mask, 16);
OFFSET(struct ckpt_signal, altstack_flags, 20);
OFFSET(struct ckpt_signal, altstack_sp, 24);
OFFSET(struct ckpt_signal, altstack_size, 32);

STRUCT(struct ckpt_siginfo, 128);
OFFSET(struct ckpt_siginfo, info, 0);

RECORD(CKPT_REC_SIGPENDING, 0x403, struct ckpt_sigpending, 24);
OFFSET(struct ckpt_sigpending, shared, 0);
OFFSET(struct ckpt_sigpending, reserved, 4);
OFFSET(struct ckpt_sigpending, set, 8);
OFFSET(struct ckpt_sigpending, infos, 16);

RECORD(CKPT_REC_X86_REGS, 0x1001, struct ckpt_x86_regs, 248);
OFFSET(struct ckpt_x86_regs, regs, 0);
OFFSET(struct ckpt_x86_regs, fs_base, 168);
OFFSET(struct ckpt_x86_regs, gs_base, 176);
OFFSET(struct ckpt_x86_regs, fs, 184);
OFFSET(struct ckpt_x86_regs, gs, 188);
OFFSET(struct ckpt_x86_regs, ds, 192);
OFFSET(struct ckpt_x86_regs, es, 196);
OFFSET(struct ckpt_x86_regs, flags, 200);
OFFSET(struct ckpt_x86_regs, pkru, 204);
OFFSET(struct ckpt_x86_regs, cr2, 208);
OFFSET(struct ckpt_x86_regs, trap_nr, 216);
OFFSET(struct ckpt_x86_regs, error_code, 224);
OFFSET(struct ckpt_x86_regs, dr6, 232);
OFFSET(struct ckpt_x86_regs, vdso_id, 240);

RECORD(CKPT_REC_X86_XSTATE, 0x1002, struct ckpt_x86_xstate, 152);
OFFSET(struct ckpt_x86_xstate, features, 0);
OFFSET(struct ckpt_x86_xstate, state, 8);
OFFSET(struct ckpt_x86_xstate, avx512_ms, 16);
OFFSET(struct ckpt_x86_xstate, offset, 24);

RECORD(CKPT_REC_X86_TLS, 0x1003, struct ckpt_x86_tls, 24);
OFFSET(struct ckpt_x86_tls, desc, 0);

RECORD(CKPT_REC_X86_CPU, 0x1005, struct ckpt_x86_cpu, 16);
OFFSET(struct ckpt_x86_cpu, xfeatures, 0);
OFFSET(struct ckpt_x86_cpu, words, 8);
