/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ABI of checkpoint() and restart(): the system calls' arguments and the
 * image format.  This header is used unchanged by the kernel and by the tools;
 * it includes nothing but <linux/types.h>.
 *
 * An image is a sequence of records.  Each starts with struct ckpt_rec and
 * is a multiple of 8 bytes long; the fixed part of a record is one of the
 * structs below, an optional array follows it.  The size of the fixed part is
 * its version: fields are only appended, zero means "as before the field
 * existed".  An incompatible change takes a new type number; numbers are never
 * reused.  See Documentation/man/checkpoint-image.5.
 */
#ifndef _LINUX_CHECKPOINT_HDR_H
#define _LINUX_CHECKPOINT_HDR_H

#include <linux/types.h>

/*
 * System call numbers, the same for x86-64 and i386.  They lie well above
 * what the kernel assigns (6.12 ends at 462) and outside the x32 range
 * (512-547).  kernel/checkpoint/call/syscalls.c asserts that the tables agree.
 */
#define CKPT_NR_checkpoint	600
#define CKPT_NR_restart		601

/* checkpoint() flags */
#define CHECKPOINT_KILL		(1UL << 0) /* fsync the fd, then kill the tree */
#define CHECKPOINT_FROZEN	(1UL << 1) /* leave frozen, give a hold fd (needs args) */
#define CHECKPOINT_END		(1UL << 2) /* kill the tree held by fd */
#define CHECKPOINT_CONTAINER	(1UL << 3) /* pid is an init; leak check strict */
#define CHECKPOINT_CHECK	(1UL << 4) /* only report whether it can be saved */
#define CHECKPOINT_FORCE	(1UL << 5) /* with _END: also if a signal is lost by it */
#define CHECKPOINT_CLOSE	(1UL << 6) /* TCP connections with others end in the image */
#define CHECKPOINT_KEEP		(1UL << 7) /* TCP connections with others go on at the restart */
#define CHECKPOINT_RELEASE	(1UL << 8) /* keep nothing for an image any more (needs args) */
#define CHECKPOINT_ARGS		(1UL << 31) /* a 4th and 5th argument follow */

/* restart() flags */
#define RESTART_SELF		(1UL << 0) /* the caller becomes the root */
#define RESTART_FROZEN		(1UL << 1) /* leave frozen, give a hold fd (needs args) */
#define RESTART_CHECK		(1UL << 2) /* only validate the image */
#define RESTART_ALLOW_CHANGED	(1UL << 3) /* files may differ from what they were */
#define RESTART_STRICT_IO	(1UL << 4) /* no descriptor of the caller's is put in place */
#define RESTART_ORPHAN		(1UL << 5) /* the root's parent is the caller's reaper */
#define RESTART_REWIND		(1UL << 6) /* files that only grew are cut back */
#define RESTART_ARGS		(1UL << 31) /* a 4th and 5th argument follow */

#define CKPT_MESSAGE_LEN	192

/**
 * struct checkpoint_error - why a call failed, or what it substituted
 * @err: the positive errno, 0 when nothing failed
 * @pid: process concerned, in the caller's pid namespace, 0 if none
 * @tid: thread concerned, in the caller's pid namespace, 0 if none
 * @type: record type concerned (CKPT_REC_*), 0 if none
 * @object: object id or descriptor number concerned, 0 if none
 * @reserved: zero
 * @offset: image offset in bytes, 0 if none
 * @address: user address concerned, 0 if none
 * @message: one sentence, NUL terminated
 */
struct checkpoint_error {
	__s32 err;
	__s32 pid;
	__s32 tid;
	__u32 type;
	__u32 object;
	__u32 reserved;
	__u64 offset;
	__u64 address;
	char  message[CKPT_MESSAGE_LEN];
};

/**
 * struct checkpoint_args - extensible arguments of checkpoint()
 * @timeout_ms: how long the call may make no progress while it holds the tree, in
 *	milliseconds; 0 means 1,000
 * @hold_fd: out: the hold descriptor (CHECKPOINT_FROZEN)
 * @memory_budget: bytes of shared memory and of files without a name that may be copied, if
 *	the tree is to run on; 0 means a quarter of the memory that is free, while it is frozen,
 *	and no limit for what is copied as it changes.  What is more is written while it is frozen
 * @errors: struct checkpoint_error array to fill, 0 for none
 * @nr_errors: its length; with CHECKPOINT_CHECK every obstacle is reported, as far as it goes
 * @errors_used: out: how many were filled
 * @image_id: out: the image id, 128 random bits; in with CHECKPOINT_RELEASE
 * @frozen_ns: out: how long the tree was frozen, from the first task that was stopped, in
 *	nanoseconds
 * @image_bytes: out: bytes written
 * @nr_tasks: out: threads saved
 * @nr_processes: out: processes saved
 * @parent_image_id: reserved, zero
 * @errors_missing: out: how many found no place in @errors
 * @nr_external: length of @external, at most CKPT_EXTERNAL_MAX
 * @external: __u32 array, descriptors beside 0 to 2 that may lead outside: terminals, pipes
 *	and sockets there are replaced at restart (struct restart_inherit)
 * @keep_seconds: CHECKPOINT_KEEP: for how long connections are silent when the tree was killed,
 *	at most CKPT_KEEP_MAX; 0 means 120
 * @reserved: zero
 * @freeze_ns: out: how long it took until all tasks had stopped
 * @survey_ns: out: until it was known that all can be saved
 * @capture_ns: out: until all was captured that the tree could change
 * @write_ns: out: until the image was written
 * @sync_ns: out: until it was on stable storage, where the kernel sees to that
 *	(CHECKPOINT_KILL, CHECKPOINT_FROZEN)
 */
struct checkpoint_args {
	__u32 timeout_ms;
	__s32 hold_fd;
	__u64 memory_budget;
	__u64 errors;
	__u32 nr_errors;
	__u32 errors_used;
	__u64 image_id[2];
	__u64 frozen_ns;
	__u64 image_bytes;
	__u32 nr_tasks;
	__u32 nr_processes;
	__u64 parent_image_id[2];
	__u32 errors_missing;
	__u32 nr_external;
	__u64 external;
	__u32 keep_seconds;
	__u32 reserved;
	__u64 freeze_ns;
	__u64 survey_ns;
	__u64 capture_ns;
	__u64 write_ns;
	__u64 sync_ns;
};

#define CKPT_EXTERNAL_MAX	64
#define CKPT_KEEP_MAX		3600

/**
 * struct restart_inherit - what takes the place of a descriptor that led outside
 * @fd: its number in the program
 * @from: descriptor of the caller
 */
struct restart_inherit {
	__u32 fd;
	__u32 from;
};

/**
 * struct restart_moved - paths that lead elsewhere than at the checkpoint
 * @from: user address of an absolute path, NUL terminated: how paths of the image begin, in
 *	whole components.  Of several that fit the longest counts
 * @to: of the absolute path that takes its place
 *
 * Each is shorter than PATH_MAX.
 */
struct restart_moved {
	__u64 from;
	__u64 to;
};

#define CKPT_MOVED_MAX		32

/**
 * struct restart_args - extensible arguments of restart()
 * @image_id: demanded image id, zero takes any
 * @errors: struct checkpoint_error array to fill, 0 for none
 * @nr_errors: its length
 * @errors_used: out: how many were filled; after success they report substitutions
 * @hold_fd: out: the hold descriptor (RESTART_FROZEN)
 * @owner_uid: privileges are cut to what this user could obtain (with @flags)
 * @flags: RESTART_ARG_*
 * @nr_tasks: out: threads made
 * @image_bytes: out: bytes read
 * @nr_processes: out: processes made
 * @pgrp: out: process group of the root in the caller's pid namespace, 0 if the caller's own
 * @owner_groups: __u32 array, the groups of @owner_uid, the primary one first (with @flags)
 * @nr_owner_groups: its length; 0 means that no group is known
 * @errors_missing: out: how many found no place in @errors
 * @inherit: struct restart_inherit array; what is not in it and is 0 to 2 is replaced by the
 *	caller's descriptor of that number
 * @nr_inherit: its length, at most CKPT_EXTERNAL_MAX + 3
 * @nr_moved: length of @moved, at most CKPT_MOVED_MAX
 * @moved: struct restart_moved array
 */
struct restart_args {
	__u64 image_id[2];
	__u64 errors;
	__u32 nr_errors;
	__u32 errors_used;
	__s32 hold_fd;
	__u32 owner_uid;
	__u32 flags;
	__u32 nr_tasks;
	__u64 image_bytes;
	__u32 nr_processes;
	__s32 pgrp;
	__u64 owner_groups;
	__u32 nr_owner_groups;
	__u32 errors_missing;
	__u64 inherit;
	__u32 nr_inherit;
	__u32 nr_moved;
	__u64 moved;
};

#define RESTART_ARG_OWNER	(1U << 0) /* @owner_uid is set: it is the ceiling */

/* ------------------------------------------------------------------------
 * Records
 */

/**
 * struct ckpt_rec - starts every record
 * @type: CKPT_REC_*, with CKPT_REC_SKIPPABLE if a reader may pass over it
 * @size: bytes of the fixed part that follows this header, a multiple of 8
 * @len: bytes of the whole record, header included, a multiple of 8
 * @object: id of the object that the record defines or belongs to, 0 = none
 * @crc32c: CRC-32C (Castagnoli, seed ~0, inverted at the end) of the whole
 *	    record with this field zero
 */
struct ckpt_rec {
	__u32 type;
	__u32 size;
	__u64 len;
	__u32 object;
	__u32 crc32c;
};

/**
 * struct ckpt_rec_array - describes the array that follows a fixed part
 * @count: number of elements
 * @size: bytes of one element
 *
 * A record has at most one array.  It starts right behind the fixed part and
 * is padded with zeros to a multiple of 8 bytes.
 */
struct ckpt_rec_array {
	__u32 count;
	__u32 size;
};

#define CKPT_REC_SKIPPABLE	0x80000000U
#define CKPT_REC_TYPE_MASK	0x7fffffffU

/* Record types, grouped by subsystem.  Never renumber, never reuse. */
#define CKPT_REC_HEADER		0x0001
#define CKPT_REC_ABI		(0x0002 | CKPT_REC_SKIPPABLE)
#define CKPT_REC_METADATA_END	0x0003
#define CKPT_REC_PAGES		0x0004
#define CKPT_REC_END		0x0005
#define CKPT_REC_INDEX		(0x0006 | CKPT_REC_SKIPPABLE)

#define CKPT_REC_PID		0x0101
#define CKPT_REC_TASK		0x0102
#define CKPT_REC_CRED		0x0103
#define CKPT_REC_TASK_CRED	0x0104
#define CKPT_REC_PROCESS	0x0105
#define CKPT_REC_RLIMITS	0x0106
#define CKPT_REC_SCHED		0x0107
#define CKPT_REC_PRCTL		0x0108
#define CKPT_REC_RESTART_BLOCK	0x0109
#define CKPT_REC_FUTEX		0x010a
#define CKPT_REC_SECCOMP	0x010b
#define CKPT_REC_ACCOUNTING	0x010c
#define CKPT_REC_PROCESS_ACCOUNTING 0x010d
#define CKPT_REC_CGROUP		0x010e
#define CKPT_REC_IO_CONTEXT	0x010f
#define CKPT_REC_PTRACER	0x0110
#define CKPT_REC_PTRACE		0x0111
#define CKPT_REC_SECCOMP_FILTER	0x0114
#define CKPT_REC_PID_NS		0x0115
#define CKPT_REC_OOM		0x0116
#define CKPT_REC_MEMPOLICY	0x0190
#define CKPT_REC_AREA_MEMPOLICY	0x0191
#define CKPT_REC_SHMEM_MEMPOLICY 0x0192
#define CKPT_REC_INODE_MEMPOLICY 0x0193

#define CKPT_REC_MM		0x0201
#define CKPT_REC_VMA		0x0202
#define CKPT_REC_TASK_MM	0x0203
#define CKPT_REC_VDSO		0x0204
#define CKPT_REC_SHMEM		0x0205
#define CKPT_REC_SHMEM_SEALS	0x0206
#define CKPT_REC_AIO_CONTEXT	0x0207

#define CKPT_REC_FILE		0x0301
#define CKPT_REC_FILE_PATH	0x0302
#define CKPT_REC_FILE_DEVICE	0x0303
#define CKPT_REC_FILE_OUTSIDE	0x0304
#define CKPT_REC_PIPE		0x0305
#define CKPT_REC_FILE_PIPE	0x0306
#define CKPT_REC_FDTABLE	0x0307
#define CKPT_REC_TASK_FDTABLE	0x0308
#define CKPT_REC_FS		0x0309
#define CKPT_REC_TASK_FS	0x030a
#define CKPT_REC_POSIX_LOCKS	0x030b
#define CKPT_REC_EPOLL		0x030c
#define CKPT_REC_FLOCK		0x030d
#define CKPT_REC_FILE_EVENTFD	0x030e
#define CKPT_REC_FILE_SHMEM	0x030f
#define CKPT_REC_OFD_LOCKS	0x0330
#define CKPT_REC_EPOLL_WATCHES	0x0310
#define CKPT_REC_FILE_TIMERFD	0x0311
#define CKPT_REC_FILE_SIGNALFD	0x0312
#define CKPT_REC_FILE_PIDFD	0x0313
#define CKPT_REC_FILE_INOTIFY	0x0314
#define CKPT_REC_INOTIFY_WATCH	0x0315
#define CKPT_REC_INOTIFY_EVENT	0x0316
#define CKPT_REC_DEAD_PID	0x031e
#define CKPT_REC_EPOLL_READY	0x031f
#define CKPT_REC_INODE		0x0320
#define CKPT_REC_INODE_XATTR	0x0321
#define CKPT_REC_INODE_ATTR	0x0322
#define CKPT_REC_FILE_INODE	0x0323
#define CKPT_REC_FIFO		0x0324
#define CKPT_REC_FILE_FIFO	0x0325
#define CKPT_REC_PLACE		0x0326
#define CKPT_REC_FILE_PLACE	0x0327
#define CKPT_REC_DIRECTORY	0x0328
#define CKPT_REC_FILE_PSEUDO	0x0340
#define CKPT_REC_FILE_PROC_PID	0x0341
#define CKPT_REC_FILE_LATE	0x0342
#define CKPT_REC_FILE_PROC_CHECK 0x0343
#define CKPT_REC_FILE_PSEUDO_EVENT 0x0344
#define CKPT_REC_LEASE		0x0345
#define CKPT_REC_DNOTIFY	0x0346
#define CKPT_REC_FILE_AIO	0x0347
#define CKPT_REC_FILE_NSFS	0x0348
#define CKPT_REC_FILE_PROC_MEMORY 0x0349
#define CKPT_REC_TTY_PAIR	0x0350
#define CKPT_REC_FILE_PTY	0x0351
#define CKPT_REC_TTY_LINE	0x0352
#define CKPT_REC_PROCESS_TTY	0x0353
#define CKPT_REC_TTY_SESSION	0x0354
#define CKPT_REC_TTY_MODES	0x0355
#define CKPT_REC_TTY_LEADER	0x0356
#define CKPT_REC_WRITE_HINT	0x0370
#define CKPT_REC_FILE_BLOCK	0x0371
#define CKPT_REC_KMSG		0x0372
#define CKPT_REC_BPF_MAP	0x0380
#define CKPT_REC_BPF_ELEMENTS	0x0381
#define CKPT_REC_FILE_BPF_MAP	0x0382
#define CKPT_REC_FILE_USERFAULTFD 0x03f0
#define CKPT_REC_USERFAULTFD_AREAS 0x03f1
#define CKPT_REC_USERFAULTFD_PAGES 0x03f2

#define CKPT_REC_SIGACTIONS	0x0401
#define CKPT_REC_SIGNAL		0x0402
#define CKPT_REC_SIGPENDING	0x0403
#define CKPT_REC_STOPS		0x0404
#define CKPT_REC_TASK_SIGACTIONS 0x0405

#define CKPT_REC_CLOCKS		0x0501
#define CKPT_REC_ITIMERS	0x0502
#define CKPT_REC_POSIX_TIMERS	0x0503

#define CKPT_REC_SEM_SET	0x0601
#define CKPT_REC_SEM_UNDO	0x0602
#define CKPT_REC_TASK_SEM_UNDO	0x0603
#define CKPT_REC_MSG_QUEUE	0x0604
#define CKPT_REC_SHM_SEGMENT	0x0605
#define CKPT_REC_SHM_STATE	0x0606
#define CKPT_REC_FILE_SHM	0x0607
#define CKPT_REC_SHM_CREATOR	0x0608
#define CKPT_REC_MQUEUE		0x0610
#define CKPT_REC_FILE_MQUEUE	0x0611
#define CKPT_REC_MQUEUE_NOTIFY	0x0612
#define CKPT_REC_IPC_LIMITS	0x0613

#define CKPT_REC_UNIX		0x0701
#define CKPT_REC_FILE_SOCKET	0x0702
#define CKPT_REC_SOCKET_OPTIONS	0x0703
#define CKPT_REC_UNIX_LINK	0x0704
#define CKPT_REC_UNIX_MESSAGE	0x0705
#define CKPT_REC_UNIX_RIGHTS	0x0706
#define CKPT_REC_UNIX_NAME	0x0707
#define CKPT_REC_UNIX_REMOTE	0x0708
#define CKPT_REC_INET		0x0710
#define CKPT_REC_INET_NAME	0x0711
#define CKPT_REC_TCP_LISTEN	0x0712
#define CKPT_REC_TCP		0x0713
#define CKPT_REC_TCP_DATA	0x0714
#define CKPT_REC_TCP_KEPT	0x0715
#define CKPT_REC_UDP		0x0720
#define CKPT_REC_UDP_MESSAGE	0x0721
#define CKPT_REC_SOCKET_DEVICES	0x0722
#define CKPT_REC_INET_GROUPS	0x0723
#define CKPT_REC_NETLINK	0x0730
#define CKPT_REC_NETLINK_MESSAGE 0x0731
#define CKPT_REC_SOCKET_FILTER	0x0740
#define CKPT_REC_RAW		0x0741
#define CKPT_REC_RAW_MESSAGE	0x0742
#define CKPT_REC_PACKET		0x0748
#define CKPT_REC_PACKET_NAME	0x0749
#define CKPT_REC_ALG		0x074a
#define CKPT_REC_VSOCK		0x074b
#define CKPT_REC_VSOCK_LISTEN	0x074d
#define CKPT_REC_PACKET_MESSAGE	0x074c

#define CKPT_REC_X86_REGS	0x1001
#define CKPT_REC_X86_XSTATE	0x1002
#define CKPT_REC_X86_TLS	0x1003
#define CKPT_REC_X86_LDT	0x1004
#define CKPT_REC_X86_CPU	0x1005
#define CKPT_REC_X86_DEBUG	0x1006

/* -- 0x00xx: the frame ---------------------------------------------------- */

#define CKPT_MAGIC		0x324b504358554e4cULL	/* "LNUXCPK2", little endian */
#define CKPT_MAGIC_UNRELEASED	0x314b504358554e4cULL	/* "LNUXCPK1": refused, no reader is left */
#define CKPT_NAME_LEN		64

/**
 * struct ckpt_rec_header - CKPT_REC_HEADER, the first record
 * @magic: CKPT_MAGIC; read in the wrong byte order it shows as such
 * @page_size: bytes in a page
 * @arch: ELF machine (EM_X86_64 = 62)
 * @image_id: 128 random bits
 * @parent_image_id: of the image this one builds on, zero if none
 * @boot_id: of the kernel that saved, random, new at every boot
 * @crid: checkpoint id of the kernel that saved, positive
 * @flags: CKPT_IMAGE_*
 * @realtime_ns: CLOCK_REALTIME at the freeze, nanoseconds
 * @monotonic_ns: CLOCK_MONOTONIC as the root task sees it, nanoseconds
 * @boottime_ns: CLOCK_BOOTTIME as the root task sees it, nanoseconds
 * @root: pid object of the root task's process
 * @nr_tasks: threads in the image
 * @abi_hash: hash of the ABI description, informative
 * @metadata_bytes: bytes of all records up to and with CKPT_REC_METADATA_END,
 *		    0 if not known
 * @release: the kernel's release, NUL padded
 * @nodename: where it was saved, NUL padded
 */
struct ckpt_rec_header {
	__u64 magic;
	__u32 page_size;
	__u32 arch;
	__u64 image_id[2];
	__u64 parent_image_id[2];
	__u8  boot_id[16];
	__s32 crid;
	__u32 flags;
	__u64 realtime_ns;
	__u64 monotonic_ns;
	__u64 boottime_ns;
	__u32 root;
	__u32 nr_tasks;
	__u64 abi_hash;
	__u64 metadata_bytes;
	char  release[CKPT_NAME_LEN];
	char  nodename[CKPT_NAME_LEN];
};

#define CKPT_IMAGE_CONTAINER	(1U << 0)
#define CKPT_IMAGE_SELF		(1U << 1) /* saved by one of its own tasks */

/**
 * struct ckpt_rec_abi - CKPT_REC_ABI, the ABI's description of itself
 * @text: an array of bytes, the text of /sys/kernel/checkpoint/abi
 */
struct ckpt_rec_abi {
	struct ckpt_rec_array text;
};

/**
 * struct ckpt_rec_metadata_end - CKPT_REC_METADATA_END, page chunks follow
 * @nr_records: records before this one
 * @nr_objects: the highest id of an object
 * @records_crc32c: CRC-32C over the crc32c fields of all records before this one, in
 *		    their order, little endian
 */
struct ckpt_rec_metadata_end {
	__u64 nr_records;
	__u32 nr_objects;
	__u32 records_crc32c;
};

/**
 * struct ckpt_rec_extent - a run of pages in a chunk
 * @address: user address of the first page
 * @pages: number of pages
 * @flags: CKPT_EXTENT_...
 * @reserved: zero
 */
struct ckpt_rec_extent {
	__u64 address;
	__u64 pages;
	__u32 flags;
	__u32 reserved;
};

/*
 * The pages were in huge pages, each mapped as a whole.  What the extents of its
 * chunk leave out of a huge page is zero; it is in one chunk.
 */
#define CKPT_EXTENT_HUGE	(1U << 0)

/**
 * struct ckpt_rec_pages - CKPT_REC_PAGES, a chunk of the pages of any @object
 * @data_bytes: bytes of page data that follow the record, at most 4 MiB
 * @data_xxh64: XXH64 (seed 0) of the page data
 * @extents: array of struct ckpt_rec_extent, ascending, none overlapping
 *
 * The record is padded with zeros so that the data starts at a multiple of the
 * page size, counted from the start of the image.  Header.len covers the
 * padding but not the data.
 *
 * The object is of any class that can take page data: the memory of a process today.
 * A chunk can be understood and checked without the others, and they stand in any
 * order; no page is in two.
 */
struct ckpt_rec_pages {
	__u64 data_bytes;
	__u64 data_xxh64;
	struct ckpt_rec_array extents;
};

#define CKPT_CHUNK_BYTES	(4U << 20)

/*
 * The tail stands behind the page chunks: records again, of what changed while they
 * were written (signals above all), then the index, then the end record.
 *
 * A record of the tail is of a type that the metadata may have too, and belongs to a
 * task.  The records of one type and task in the tail replace all those of this type
 * and task in the metadata.  The types of which this may happen say so ("also in the
 * tail"); others are refused.  No page chunk follows a record of the tail.
 */

/**
 * struct ckpt_rec_chunk - where a page chunk stands
 * @offset: of its record, bytes from the start of the image
 * @address: of its first page
 * @object: id of the object that it fills
 * @pages: pages of data, all extents together
 */
struct ckpt_rec_chunk {
	__u64 offset;
	__u64 address;
	__u32 object;
	__u32 pages;
};

/**
 * struct ckpt_rec_index - CKPT_REC_INDEX, the index of page chunks
 * @chunks: array of struct ckpt_rec_chunk, in the order of the image
 *
 * A large index is several records, one behind the other: together they have each
 * chunk of the image once.  An image may have none.  The index is for readers that can
 * seek; one that reads forward passes over it.
 */
struct ckpt_rec_index {
	struct ckpt_rec_array chunks;
};

#define CKPT_INDEX_CHUNKS	2048	/* most of them in one record */

/**
 * struct ckpt_rec_end - CKPT_REC_END, the last record
 * @nr_records: records before this one
 * @bytes: bytes before this record
 * @nr_pages: pages of data
 * @index: where the first CKPT_REC_INDEX stands, bytes from the start of the image;
 *	   0 if there is none
 * @records_sum: sum of the crc32c fields of all records before this one, modulo 2^64
 *
 * Its size is fixed: it is never longer, and a reader that can seek finds it in the
 * last CKPT_END_BYTES of an image.  The sum does not depend on the order of records;
 * that of the metadata is CKPT_REC_METADATA_END's to check.
 */
struct ckpt_rec_end {
	__u64 nr_records;
	__u64 bytes;
	__u64 nr_pages;
	__u64 index;
	__u64 records_sum;
};

#define CKPT_END_BYTES		64	/* struct ckpt_rec and struct ckpt_rec_end */

/* -- 0x01xx: tasks -------------------------------------------------------- */

/**
 * struct ckpt_rec_pid - CKPT_REC_PID, defines pid @object, a number, in all its namespaces
 * @nrs: array of __u32: the number in the outer pid namespace first, which is that of the
 *	 root or, if the root is the init of its own, the one above that; then in each
 *	 namespace below it, down to @ns
 * @ns: pidns object of the lowest of them, in which it lives, 0 = the outer one
 * @reserved: zero
 */
struct ckpt_rec_pid {
	struct ckpt_rec_array nrs;
	__u32 ns;
	__u32 reserved;
};

/**
 * struct ckpt_rec_pid_ns - CKPT_REC_PID_NS, defines pidns @object, one of the tree
 * @parent: pidns object of the one above it, 0 = the outer one, which the restarter's replaces
 * @flags: CKPT_PID_NS_*
 * @next: where the search for the next free number begins
 * @memfd_noexec: sysctl vm.memfd_noexec as it is seen there
 *
 * Who has number 1 in it is its init.  Without one either nobody has been born in it yet, and
 * one task alone has it for its children, or nobody can be any more.
 */
struct ckpt_rec_pid_ns {
	__u32 parent;
	__u32 flags;
	__u32 next;
	__u32 memfd_noexec;
};

#define CKPT_PID_NS_DEAD	(1U << 0) /* its init is gone: a fork there fails */

/**
 * struct ckpt_rec_task - CKPT_REC_TASK, defines task @object, a thread
 * @pid: pid object of the thread
 * @leader: task object of the thread group's leader (its own for a leader)
 * @parent: task object of the real parent, 0 for the root process
 * @pgrp: pid object of the process group, 0 = outside (the restarter's)
 * @session: pid object of the session, 0 = outside (the restarter's)
 * @state: CKPT_TASK_*
 * @exit_signal: sent to the parent on exit
 * @exit_code: wait status of a zombie, or of a leader that is outlived
 * @flags: CKPT_TASK_F_*
 * @reserved: zero
 * @personality: as personality(2)
 * @comm: name, NUL padded
 * @children_ns: pidns object of those that it forks, 0 = its own
 * @reserved2: zero
 *
 * Leaders come in an order in which every parent stands before its children;
 * the other threads of a process follow their leader.
 */
struct ckpt_rec_task {
	__u32 pid;
	__u32 leader;
	__u32 parent;
	__u32 pgrp;
	__u32 session;
	__u32 state;
	__s32 exit_signal;
	__s32 exit_code;
	__u32 flags;
	__u32 reserved;
	__u64 personality;
	char  comm[16];
	__u32 children_ns;
	__u32 reserved2;
};

#define CKPT_TASK_ALIVE		0
#define CKPT_TASK_ZOMBIE	1
#define CKPT_TASK_OUTLIVED	2 /* a leader that exited before its threads */
#define CKPT_TASK_F_SELF	(1U << 0) /* called checkpoint() on itself: sees 0 */
#define CKPT_TASK_F_SUBREAPER	(1U << 1) /* process is a child subreaper */
#define CKPT_TASK_F_HAS_SUBREAPER (1U << 2)
#define CKPT_TASK_F_NOEXEC	(1U << 3) /* forked but did not exec (PF_FORKNOEXEC) */
#define CKPT_TASK_F_VFORK	(1U << 4) /* @parent waits until it executes or exits */

/**
 * struct ckpt_rec_cred - CKPT_REC_CRED, defines cred @object, ids and capabilities
 * @uid: real, effective, saved and file-system user ids, in the initial user namespace
 *	 of the saver
 * @gid: the same for groups
 * @cap_inheritable: capability bits
 * @cap_permitted: capability bits
 * @cap_effective: capability bits
 * @cap_bset: capability bits
 * @cap_ambient: capability bits
 * @securebits: as prctl(PR_GET_SECUREBITS)
 * @flags: CKPT_CRED_*
 * @groups: array of __u32, supplementary groups, ascending
 * @last_cap: last capability that the saving kernel knew, 0 = as this kernel
 * @reserved: zero
 */
struct ckpt_rec_cred {
	__u32 uid[4];
	__u32 gid[4];
	__u64 cap_inheritable;
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_bset;
	__u64 cap_ambient;
	__u32 securebits;
	__u32 flags;
	struct ckpt_rec_array groups;
	__u32 last_cap;
	__u32 reserved;
};

#define CKPT_CRED_TASK		(1U << 0) /* a task has them, not only an open file */

/**
 * struct ckpt_rec_task_cred - CKPT_REC_TASK_CRED, credentials of task @object
 * @cred: cred object
 * @no_new_privs: 1 if set
 * @dumpable: as prctl(PR_GET_DUMPABLE), restored after the credentials
 * @pdeath_signal: as prctl(PR_SET_PDEATHSIG)
 * @own_login: 1 if it is a thread with another audit login user than its process
 * @loginuid: that one, (__u32)-1 if unset
 */
struct ckpt_rec_task_cred {
	__u32 cred;
	__u32 no_new_privs;
	__u32 dumpable;
	__u32 pdeath_signal;
	__u32 own_login;
	__u32 loginuid;
};

/**
 * struct ckpt_rec_process - CKPT_REC_PROCESS, what the threads of task @object share
 * @oom_score_adj: zero, stands in struct ckpt_rec_oom
 * @oom_score_adj_min: zero, as before
 * @loginuid: audit login uid, (__u32)-1 if unset
 * @sessionid: audit session id, informative
 * @has_tty: 1 if it has a controlling terminal that is outside, and becomes the restarter's
 * @tty_old_pgrp: pid object, 0 if none
 * @itimer_real_ns: time left of ITIMER_REAL, 0 = disarmed
 * @itimer_real_interval_ns: its interval
 * @itimer_virt_ns: time left of ITIMER_VIRTUAL, 0 = disarmed
 * @itimer_virt_interval_ns: its interval
 * @itimer_prof_ns: time left of ITIMER_PROF, 0 = disarmed
 * @itimer_prof_interval_ns: its interval
 * @leader_exited: 1 if the group leader has exited but threads live on
 * @is_foreground: 1 if its group was the foreground group of its terminal
 * @coredump_filter: zero, stands in struct ckpt_rec_oom
 * @continued: 1 if a SIGCONT is not yet reported to waitid(WCONTINUED)
 * @reserved: zero
 * @audit_tty: 1 if its input from terminals was audited
 * @reserved2: zero
 */
struct ckpt_rec_process {
	__s32 oom_score_adj;
	__s32 oom_score_adj_min;
	__u32 loginuid;
	__u32 sessionid;
	__u32 has_tty;
	__u32 tty_old_pgrp;
	__u64 itimer_real_ns;
	__u64 itimer_real_interval_ns;
	__u64 itimer_virt_ns;
	__u64 itimer_virt_interval_ns;
	__u64 itimer_prof_ns;
	__u64 itimer_prof_interval_ns;
	__u32 leader_exited;
	__u32 is_foreground;
	__u64 coredump_filter;
	__u32 continued;
	__u32 reserved;
	__u32 audit_tty;
	__u32 reserved2;
};

/**
 * struct ckpt_rec_oom - CKPT_REC_OOM, how the process of task @object fares when memory runs out
 * and when it crashes, also in the tail
 * @oom_score_adj: as /proc/PID/oom_score_adj
 * @oom_score_adj_min: the floor that a privileged writer set
 * @coredump_filter: as /proc/PID/coredump_filter (mm flags)
 */
struct ckpt_rec_oom {
	__s32 oom_score_adj;
	__s32 oom_score_adj_min;
	__u64 coredump_filter;
};

/**
 * struct ckpt_rec_rlimit - one resource limit, element of struct ckpt_rec_rlimits
 * @cur: soft limit, all ones = unlimited
 * @max: hard limit, all ones = unlimited
 */
struct ckpt_rec_rlimit {
	__u64 cur;
	__u64 max;
};

/**
 * struct ckpt_rec_rlimits - CKPT_REC_RLIMITS, limits of the process of task @object, also
 * in the tail
 * @limits: array of struct ckpt_rec_rlimit by RLIMIT_* number
 */
struct ckpt_rec_rlimits {
	struct ckpt_rec_array limits;
};

/**
 * struct ckpt_rec_sched - CKPT_REC_SCHED, scheduling of task @object, also in the tail
 * @policy: SCHED_*
 * @nice: -20..19
 * @rt_priority: 0..99
 * @flags: SCHED_FLAG_RESET_ON_FORK; with SCHED_DEADLINE SCHED_FLAG_RECLAIM and
 *	   SCHED_FLAG_DL_OVERRUN too
 * @timer_slack_ns: current timer slack
 * @default_timer_slack_ns: what PR_SET_TIMERSLACK 0 gives back
 * @ioprio: as ioprio_get(2), 0 = none
 * @reserved: zero
 * @affinity: array of __u64, the bits of the cpus that the task asked for;
 *	      empty = it never asked
 * @slice_ns: requested slice of a fair policy, 0 = the default; runtime of
 *	      SCHED_DEADLINE (sched_attr.sched_runtime)
 * @deadline_ns: of SCHED_DEADLINE
 * @period_ns: of SCHED_DEADLINE
 * @util_min: the lower utilization clamp that was asked for (0..1024) and 1, 0 = none
 * @util_max: the upper one, likewise
 */
struct ckpt_rec_sched {
	__u32 policy;
	__s32 nice;
	__u32 rt_priority;
	__u32 flags;
	__u64 timer_slack_ns;
	__u64 default_timer_slack_ns;
	__u32 ioprio;
	__u32 reserved;
	struct ckpt_rec_array affinity;
	__u64 slice_ns;
	__u64 deadline_ns;
	__u64 period_ns;
	__u32 util_min;
	__u32 util_max;
};

/**
 * struct ckpt_rec_restart_block - CKPT_REC_RESTART_BLOCK, an interrupted system
 * call of task @object
 * @kind: CKPT_RESTART_*
 * @clockid: clock of a sleep
 * @remaining_ns: time left at the freeze, all ones = none (no timeout); 0 on CPU clocks
 * @uaddr: user address: futex word, rmtp, pollfd array
 * @val: futex value, or nfds
 * @flags: CKPT_FUTEX_* of a futex; of a sleep: 1 = @uaddr gets the remaining
 *	   time, a 64-bit timespec, 2 = the same, one of two 32-bit words
 * @bitset: futex bitset
 * @compat: 1 if it is a 32-bit call
 * @absolute: the absolute expiry at the saver, on the clock of the call; counts
 *	      for a futex on CLOCK_REALTIME and on CPU clocks, informative otherwise
 */
struct ckpt_rec_restart_block {
	__u32 kind;
	__s32 clockid;
	__u64 remaining_ns;
	__u64 uaddr;
	__u32 val;
	__u32 flags;
	__u32 bitset;
	__u32 compat;
	__u64 absolute;
};

#define CKPT_RESTART_NONE	0 /* do_no_restart_syscall() */
#define CKPT_RESTART_NANOSLEEP	1
#define CKPT_RESTART_POLL	2
#define CKPT_RESTART_FUTEX	3
#define CKPT_RESTART_CPU_SLEEP	4 /* posix_cpu_nsleep_restart() */
#define CKPT_RESTART_ALARM_SLEEP 5 /* alarm_timer_nsleep_restart() */
#define CKPT_RESTART_CALL	6 /* -EINTR turned into the same call, clamped */

#define CKPT_NO_TIMEOUT		(~0ULL)

#define CKPT_FUTEX_SHARED	(1U << 0) /* not FUTEX_PRIVATE_FLAG */

/**
 * struct ckpt_rec_futex - CKPT_REC_FUTEX, user addresses the kernel acts on
 * at the exit of task @object
 * @robust_list: head of the robust list, as set_robust_list(2)
 * @compat_robust_list: the same for 32-bit tasks
 * @clear_child_tid: as set_tid_address(2)
 * @set_child_tid: as clone(2)
 * @rseq: registered rseq area, 0 if none
 * @rseq_len: its length
 * @rseq_sig: its signature
 */
struct ckpt_rec_futex {
	__u64 robust_list;
	__u64 compat_robust_list;
	__u64 clear_child_tid;
	__u64 set_child_tid;
	__u64 rseq;
	__u32 rseq_len;
	__u32 rseq_sig;
};

/**
 * struct ckpt_rec_delay - what a task has waited for, element of struct ckpt_rec_accounting
 * @ns: time, nanoseconds
 * @count: how often
 */
struct ckpt_rec_delay {
	__u64 ns;
	__u64 count;
};

#define CKPT_DELAY_BLKIO	0 /* synchronous block input and output */
#define CKPT_DELAY_SWAPIN	1
#define CKPT_DELAY_FREEPAGES	2 /* reclaim of memory */
#define CKPT_DELAY_THRASHING	3
#define CKPT_DELAY_COMPACT	4 /* compaction of memory */
#define CKPT_DELAY_WPCOPY	5 /* copy of a page on write */
#define CKPT_DELAY_IRQ		6 /* interrupts */
#define CKPT_DELAY_NR		7

#define CKPT_IO_RCHAR		0 /* as /proc/PID/io names them */
#define CKPT_IO_WCHAR		1
#define CKPT_IO_SYSCR		2
#define CKPT_IO_SYSCW		3
#define CKPT_IO_READ_BYTES	4
#define CKPT_IO_WRITE_BYTES	5
#define CKPT_IO_CANCELLED_WRITE_BYTES 6
#define CKPT_IO_NR		7

/**
 * struct ckpt_rec_accounting - CKPT_REC_ACCOUNTING, what task @object has used and done
 * @flags: CKPT_ACCOUNTING_*
 * @reserved: zero
 * @start_ns: CLOCK_MONOTONIC as it began, as the root task sees it, nanoseconds; with
 *	      @start_boottime_ns zero if not known
 * @start_boottime_ns: the same on CLOCK_BOOTTIME
 * @utime_ns: time in user mode as ticks have counted it, nanoseconds
 * @stime_ns: the same in the kernel
 * @gtime_ns: the same in guests of a virtual machine, part of @utime_ns
 * @runtime_ns: time on processors, by the scheduler; CPU clocks show it
 * @shown_utime_ns: @utime_ns scaled to @runtime_ns as it was shown last
 * @shown_stime_ns: the same of @stime_ns
 * @run_delay_ns: time spent waiting for a processor
 * @run_count: how often it was given one
 * @nvcsw: context switches of its own will
 * @nivcsw: other context switches
 * @min_flt: page faults without input
 * @maj_flt: page faults with input
 * @io: by CKPT_IO_*
 * @rss_integral: of resident memory over CPU time, pages times 1024 ns
 * @vm_integral: the same of all its memory
 * @integral_ns: @utime_ns plus @stime_ns up to which these go
 * @delays: array of struct ckpt_rec_delay by CKPT_DELAY_*; empty if they are not counted
 */
struct ckpt_rec_accounting {
	__u32 flags;
	__u32 reserved;
	__s64 start_ns;
	__s64 start_boottime_ns;
	__u64 utime_ns;
	__u64 stime_ns;
	__u64 gtime_ns;
	__u64 runtime_ns;
	__u64 shown_utime_ns;
	__u64 shown_stime_ns;
	__u64 run_delay_ns;
	__u64 run_count;
	__u64 nvcsw;
	__u64 nivcsw;
	__u64 min_flt;
	__u64 maj_flt;
	__u64 io[CKPT_IO_NR];
	__u64 rss_integral;
	__u64 vm_integral;
	__u64 integral_ns;
	struct ckpt_rec_array delays;
};

#define CKPT_ACCOUNTING_SUPERPRIV (1U << 0) /* has used a superuser's right */
#define CKPT_ACCOUNTING_RANDOMIZE (1U << 1) /* its program's addresses are random */
#define CKPT_ACCOUNTING_SIGNALED (1U << 2) /* a zombie: killed by a signal */
#define CKPT_ACCOUNTING_DUMPED	(1U << 3) /* a zombie: and has dumped core */
#define CKPT_ACCOUNTING_PARENT_EXECUTED (1U << 4) /* its parent has, since it was made */

/**
 * struct ckpt_rec_process_accounting - CKPT_REC_PROCESS_ACCOUNTING, what the process of
 * task @object has used and done beside its threads
 * @reserved: zero
 * @acct_flags: of exited threads, for acct(2)
 * @utime_ns: of exited threads, as in struct ckpt_rec_accounting; the same for the fields
 *	      up to @io
 * @stime_ns: -
 * @gtime_ns: -
 * @runtime_ns: -
 * @shown_utime_ns: of all threads together
 * @shown_stime_ns: -
 * @nvcsw: -
 * @nivcsw: -
 * @min_flt: -
 * @maj_flt: -
 * @inblock: blocks of 512 bytes read
 * @oublock: and written
 * @io: by CKPT_IO_*; also of children that were waited for
 * @acct_utime_ns: of exited threads, for acct(2); the same for the fields that follow
 * @acct_stime_ns: -
 * @acct_min_flt: -
 * @acct_maj_flt: -
 * @children_utime_ns: of children that were waited for; the same for the fields that
 *		       follow
 * @children_stime_ns: -
 * @children_gtime_ns: -
 * @children_nvcsw: -
 * @children_nivcsw: -
 * @children_min_flt: -
 * @children_maj_flt: -
 * @children_inblock: -
 * @children_oublock: -
 * @maxrss: most resident memory of programs that it ran before, pages
 * @children_maxrss: the most of a child that was waited for, pages
 * @hiwater_rss: VmHWM, pages
 * @hiwater_vm: VmPeak, pages
 */
struct ckpt_rec_process_accounting {
	__u32 reserved;
	__u32 acct_flags;
	__u64 utime_ns;
	__u64 stime_ns;
	__u64 gtime_ns;
	__u64 runtime_ns;
	__u64 shown_utime_ns;
	__u64 shown_stime_ns;
	__u64 nvcsw;
	__u64 nivcsw;
	__u64 min_flt;
	__u64 maj_flt;
	__u64 inblock;
	__u64 oublock;
	__u64 io[CKPT_IO_NR];
	__u64 acct_utime_ns;
	__u64 acct_stime_ns;
	__u64 acct_min_flt;
	__u64 acct_maj_flt;
	__u64 children_utime_ns;
	__u64 children_stime_ns;
	__u64 children_gtime_ns;
	__u64 children_nvcsw;
	__u64 children_nivcsw;
	__u64 children_min_flt;
	__u64 children_maj_flt;
	__u64 children_inblock;
	__u64 children_oublock;
	__u64 maxrss;
	__u64 children_maxrss;
	__u64 hiwater_rss;
	__u64 hiwater_vm;
};

/**
 * struct ckpt_rec_io_user - element of struct ckpt_rec_io_context
 * @task: task object
 * @reserved: zero
 */
struct ckpt_rec_io_user {
	__u32 task;
	__u32 reserved;
};

/**
 * struct ckpt_rec_io_context - CKPT_REC_IO_CONTEXT, who shares the I/O context of task @object
 * @users: array of struct ckpt_rec_io_user, ascending
 */
struct ckpt_rec_io_context {
	struct ckpt_rec_array users;
};

/**
 * struct ckpt_rec_cgroup - CKPT_REC_CGROUP, the groups that task @object shares processors
 * and other resources with, also in the tail; informative: the restarter's take their place
 * @autogroup_nice: nice value of its autogroup, 0 if there is none; in the record of
 *		    version 2 alone, which is empty where there is no such hierarchy
 * @reserved: zero
 * @path: array of bytes, not NUL terminated: its control group as /proc/PID/cgroup shows
 *	  it behind the number of the hierarchy, ":/path" of version 2, "controllers:/path"
 *	  or "name=NAME:/path" of version 1
 *
 * One a hierarchy.  A task without any has those of its parent; a thread those of its
 * leader.
 */
struct ckpt_rec_cgroup {
	__s32 autogroup_nice;
	__u32 reserved;
	struct ckpt_rec_array path;
};

#define CKPT_PRCTL_IO_FLUSHER	(1U << 0)	/* PR_SET_IO_FLUSHER */
#define CKPT_PRCTL_MCE_EARLY	(1U << 1)	/* PR_MCE_KILL_EARLY */
#define CKPT_PRCTL_MCE_LATE	(1U << 2)	/* PR_MCE_KILL_LATE */
#define CKPT_PRCTL_DISPATCH	(1U << 3)	/* PR_SET_SYSCALL_USER_DISPATCH */

/**
 * struct ckpt_rec_prctl - CKPT_REC_PRCTL, settings of task @object that prctl(2) makes
 * @flags: CKPT_PRCTL_*
 * @reserved: zero
 * @selector: address of the byte that says whether calls are dispatched, 0 = all are
 * @offset: address of the code whose calls are not
 * @length: its bytes
 *
 * A task without it has none of them.
 */
struct ckpt_rec_prctl {
	__u32 flags;
	__u32 reserved;
	__u64 selector;
	__u64 offset;
	__u64 length;
};

#define CKPT_PTRACER_ANY	(1U << 0)	/* PR_SET_PTRACER_ANY */

/**
 * struct ckpt_rec_ptracer - CKPT_REC_PTRACER, whom the process of task @object lets trace it
 * @tracer: task object, 0 = anybody
 * @flags: CKPT_PTRACER_ANY or 0
 *
 * A process without it lets nobody trace it but its ancestors, where Yama is at work.
 */
struct ckpt_rec_ptracer {
	__u32 tracer;
	__u32 flags;
};

#define CKPT_PTRACE_SEIZED	(1U << 0)	/* PTRACE_SEIZE, not PTRACE_ATTACH or TRACEME */
#define CKPT_PTRACE_CALLS	(1U << 1)	/* PTRACE_SYSCALL let it go last */
#define CKPT_PTRACE_STEP	(1U << 2)	/* PTRACE_SINGLESTEP did, or it traps itself */
#define CKPT_PTRACE_STEP_SET	(1U << 3)	/* the processor's trap flag is the tracer's */
#define CKPT_PTRACE_STEP_CALL	(1U << 4)	/* a system call is a step as well */
#define CKPT_PTRACE_TRAP	(1U << 5)	/* a stop is to come, as by PTRACE_INTERRUPT */
#define CKPT_PTRACE_NOTIFY	(1U << 6)	/* a change of job control is to be reported */
#define CKPT_PTRACE_LISTENING	(1U << 7)	/* PTRACE_LISTEN */
#define CKPT_PTRACE_SEEN	(1U << 8)	/* waitid(2) has reported the stop */
#define CKPT_PTRACE_VOID	(1U << 9)	/* SIGCONT came when it stood for a stop signal */
#define CKPT_PTRACE_OF_PROCESS	(1U << 10)	/* the signal was sent to the process */
#define CKPT_PTRACE_REPORTS	(1U << 11)	/* it is in a call, whose end it has to report */
#define CKPT_PTRACE_EMULATED	(1U << 12)	/* PTRACE_SYSEMU let it go last */

#define CKPT_PTRACE_STOP_NONE	0	/* it runs */
#define CKPT_PTRACE_STOP_SIGNAL	1	/* before a signal is delivered */
#define CKPT_PTRACE_STOP_JOB	2	/* by job control or PTRACE_INTERRUPT */
#define CKPT_PTRACE_STOP_ENTRY	3	/* before a system call */
#define CKPT_PTRACE_STOP_EXIT	4	/* behind one */
#define CKPT_PTRACE_STOP_EVENT	5	/* in one, for PTRACE_EVENT_FORK and the like */
#define CKPT_PTRACE_STOP_HANDLER 6	/* a step has led into a signal handler */

/**
 * struct ckpt_rec_ptrace - CKPT_REC_PTRACE, one whom the thread of task @object traces
 * @tracee: task object, a thread or a zombie
 * @cred: cred object, what the tracer's rights over it were taken from
 * @flags: CKPT_PTRACE_*
 * @options: PTRACE_O_*
 * @stop: CKPT_PTRACE_STOP_*, in which it stands
 * @code: what waitid(2) reports of the stop, or has reported
 * @signal: by which job control has stopped it last, 0 = by none
 * @reserved: zero
 * @message: what PTRACE_GETEVENTMSG shows
 * @info: CKPT_PTRACE_STOP_SIGNAL: the siginfo as a 64-bit program reads it, else zero
 */
struct ckpt_rec_ptrace {
	__u32 tracee;
	__u32 cred;
	__u32 flags;
	__u32 options;
	__u32 stop;
	__u32 code;
	__u32 signal;
	__u32 reserved;
	__u64 message;
	__u8 info[128];
};

#define CKPT_SECCOMP_LOG	(1U << 0)	/* SECCOMP_FILTER_FLAG_LOG */

/**
 * struct ckpt_rec_bpf_insn - an instruction of a classic BPF program (struct sock_filter)
 * @code: what to do
 * @jt: instructions to jump over if it is true
 * @jf: instructions to jump over if it is false
 * @k: constant, offset
 */
struct ckpt_rec_bpf_insn {
	__u16 code;
	__u8 jt;
	__u8 jf;
	__u32 k;
};

/**
 * struct ckpt_rec_seccomp_filter - CKPT_REC_SECCOMP_FILTER, defines seccomp @object, a filter
 * @prev: seccomp object, the filter that was installed before it, 0 = none
 * @flags: CKPT_SECCOMP_*
 * @insns: array of struct ckpt_rec_bpf_insn, the program
 */
struct ckpt_rec_seccomp_filter {
	__u32 prev;
	__u32 flags;
	struct ckpt_rec_array insns;
};

/**
 * struct ckpt_rec_seccomp - CKPT_REC_SECCOMP, the seccomp mode of task @object
 * @mode: SECCOMP_MODE_STRICT or SECCOMP_MODE_FILTER
 * @filter: seccomp object, the last filter, 0 = none: strict mode, a zombie
 * @nr_filters: of a zombie, how many it had
 * @reserved: zero
 *
 * A task without it has none, but for those of the restarter.
 */
struct ckpt_rec_seccomp {
	__u32 mode;
	__u32 filter;
	__u32 nr_filters;
	__u32 reserved;
};

/**
 * struct ckpt_rec_mempolicy - CKPT_REC_MEMPOLICY, the NUMA memory policy of task @object, as
 * set_mempolicy(2) sets it
 * @mode: MPOL_*, not MPOL_DEFAULT
 * @flags: MPOL_F_*_NODES, MPOL_F_NUMA_BALANCING
 * @last: of the interleaving modes the node that came last, a number above all = none
 * @weight: how many more pages that one is to give (MPOL_WEIGHTED_INTERLEAVE)
 * @nodes: array of __u64, the bits of the nodes
 */
struct ckpt_rec_mempolicy {
	__u32 mode;
	__u32 flags;
	__u32 last;
	__u32 weight;
	struct ckpt_rec_array nodes;
};

/**
 * struct ckpt_rec_area_mempolicy - CKPT_REC_AREA_MEMPOLICY, that of an area of mm @object, as
 * mbind(2) sets it
 * @start: first address
 * @end: first address behind it
 * @mode: MPOL_*, not MPOL_DEFAULT
 * @flags: MPOL_F_*_NODES, MPOL_F_NUMA_BALANCING
 * @home: node of set_mempolicy_home_node(2) and 1, 0 = none
 * @reserved: zero
 * @nodes: array of __u64, the bits of the nodes
 */
struct ckpt_rec_area_mempolicy {
	__u64 start;
	__u64 end;
	__u32 mode;
	__u32 flags;
	__u32 home;
	__u32 reserved;
	struct ckpt_rec_array nodes;
};

/**
 * struct ckpt_rec_shmem_mempolicy - CKPT_REC_SHMEM_MEMPOLICY, that of a part of shmem @object
 * @start: where it begins, bytes
 * @end: where it ends, bytes
 * @mode: MPOL_*, not MPOL_DEFAULT
 * @flags: MPOL_F_*_NODES, MPOL_F_NUMA_BALANCING
 * @home: node of set_mempolicy_home_node(2) and 1, 0 = none
 * @reserved: zero
 * @nodes: array of __u64, the bits of the nodes
 */
struct ckpt_rec_shmem_mempolicy {
	__u64 start;
	__u64 end;
	__u32 mode;
	__u32 flags;
	__u32 home;
	__u32 reserved;
	struct ckpt_rec_array nodes;
};

/**
 * struct ckpt_rec_inode_mempolicy - CKPT_REC_INODE_MEMPOLICY, that of a part of inode @object,
 * a deleted file of a tmpfs
 * @start: where it begins, bytes
 * @end: where it ends, bytes
 * @mode: MPOL_*, not MPOL_DEFAULT
 * @flags: MPOL_F_*_NODES, MPOL_F_NUMA_BALANCING
 * @home: node of set_mempolicy_home_node(2) and 1, 0 = none
 * @reserved: zero
 * @nodes: array of __u64, the bits of the nodes
 */
struct ckpt_rec_inode_mempolicy {
	__u64 start;
	__u64 end;
	__u32 mode;
	__u32 flags;
	__u32 home;
	__u32 reserved;
	struct ckpt_rec_array nodes;
};

/* -- 0x02xx: memory ------------------------------------------------------- */

/**
 * struct ckpt_rec_mm - CKPT_REC_MM, defines mm @object, an address space
 * @owner: task object that restores it
 * @exe_file: file object of the executable
 * @start_code: as /proc/PID/stat; the same for the fields that follow
 * @end_code: -
 * @start_data: -
 * @end_data: -
 * @start_brk: -
 * @brk: -
 * @start_stack: -
 * @arg_start: -
 * @arg_end: -
 * @env_start: -
 * @env_end: -
 * @mmap_base: where mmap searches from
 * @mmap_legacy: 1 if it searches upwards
 * @def_flags: CKPT_VMA_* flags of new areas (mlockall)
 * @task_size: highest user address + 1; below 4 GiB the program is a 32-bit one
 * @vdso: address of the vdso text, 0 if none
 * @mm_flags: CKPT_MM_*
 * @stack_vm_flags: reserved, zero
 * @auxv: array of __u64, the auxiliary vector as /proc/PID/auxv
 * @membarrier: MEMBARRIER_CMD_REGISTER_* commands it is registered for
 * @pkeys: protection keys that are not as in a new process: bit 0 if key 0 is free, the
 *	   other bits for keys that are allocated
 * @execute_only_pkey: key of areas with PROT_EXEC alone, allocated; 0 if there is none
 * @mmap_compat_base: where mmap searches from in 32-bit calls
 * @mmap_compat_legacy_base: the same where it searches upwards, after a search downwards failed
 */
struct ckpt_rec_mm {
	__u32 owner;
	__u32 exe_file;
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 start_stack;
	__u64 arg_start;
	__u64 arg_end;
	__u64 env_start;
	__u64 env_end;
	__u64 mmap_base;
	__u64 mmap_legacy;
	__u64 def_flags;
	__u64 task_size;
	__u64 vdso;
	__u64 mm_flags;
	__u64 stack_vm_flags;
	struct ckpt_rec_array auxv;
	__u32 membarrier;
	__u16 pkeys;
	__u16 execute_only_pkey;
	__u64 mmap_compat_base;
	__u64 mmap_compat_legacy_base;
};

#define CKPT_MM_THP_DISABLE	(1U << 0) /* prctl(PR_SET_THP_DISABLE) */
#define CKPT_MM_MDWE		(1U << 1) /* prctl(PR_SET_MDWE) */
#define CKPT_MM_MDWE_NO_INHERIT	(1U << 2)
#define CKPT_MM_MERGE_ANY	(1U << 3) /* prctl(PR_SET_MEMORY_MERGE) */

/**
 * struct ckpt_rec_vma - CKPT_REC_VMA, one area of mm @object
 * @start: first address
 * @end: first address behind it
 * @kind: CKPT_VMA_KIND_*
 * @file: file object, 0 for anonymous areas
 * @flags: CKPT_VMA_*
 * @offset: offset in the file, bytes
 * @pkey: protection key
 * @reserved: zero
 * @name: array of bytes, the name of a named anonymous area
 */
struct ckpt_rec_vma {
	__u64 start;
	__u64 end;
	__u32 kind;
	__u32 file;
	__u64 flags;
	__u64 offset;
	__u32 pkey;
	__u32 reserved;
	struct ckpt_rec_array name;
};

#define CKPT_VMA_KIND_ANON	0
#define CKPT_VMA_KIND_FILE	1
#define CKPT_VMA_KIND_VDSO	2
#define CKPT_VMA_KIND_VVAR	3

#define CKPT_VMA_READ		(1ULL << 0)
#define CKPT_VMA_WRITE		(1ULL << 1)
#define CKPT_VMA_EXEC		(1ULL << 2)
#define CKPT_VMA_SHARED		(1ULL << 3)
#define CKPT_VMA_MAYREAD	(1ULL << 4)
#define CKPT_VMA_MAYWRITE	(1ULL << 5)
#define CKPT_VMA_MAYEXEC	(1ULL << 6)
#define CKPT_VMA_GROWSDOWN	(1ULL << 7)
#define CKPT_VMA_LOCKED		(1ULL << 8)
#define CKPT_VMA_LOCKONFAULT	(1ULL << 9)
#define CKPT_VMA_DONTCOPY	(1ULL << 10)
#define CKPT_VMA_DONTDUMP	(1ULL << 11)
#define CKPT_VMA_WIPEONFORK	(1ULL << 12)
#define CKPT_VMA_SEQ_READ	(1ULL << 13)
#define CKPT_VMA_RAND_READ	(1ULL << 14)
#define CKPT_VMA_HUGEPAGE	(1ULL << 15)
#define CKPT_VMA_NOHUGEPAGE	(1ULL << 16)
#define CKPT_VMA_NORESERVE	(1ULL << 17)
#define CKPT_VMA_ACCOUNT	(1ULL << 18)
#define CKPT_VMA_MERGEABLE	(1ULL << 19)
#define CKPT_VMA_SEALED		(1ULL << 20)
#define CKPT_VMA_DROPPABLE	(1ULL << 21)
#define CKPT_VMA_SOFTDIRTY	(1ULL << 22)
#define CKPT_VMA_RESERVED	(1ULL << 23) /* private, of huge pages that are set aside */

/**
 * struct ckpt_rec_vdso - CKPT_REC_VDSO, the vdso of mm @object
 * @address: of the text, 0 if the program has unmapped it
 * @vvar: address of the first data page, 0 if the program has unmapped them
 * @vvar_bytes: bytes of data pages
 * @build_id_len: bytes of @build_id in use
 * @flags: CKPT_VDSO_*
 * @build_id: of the vdso
 * @text: array of bytes, the vdso's pages as the program had them
 */
struct ckpt_rec_vdso {
	__u64 address;
	__u64 vvar;
	__u64 vvar_bytes;
	__u32 build_id_len;
	__u32 flags;
	__u8  build_id[24];
	struct ckpt_rec_array text;
};

#define CKPT_VDSO_READ		(1U << 0) /* protection of the text */
#define CKPT_VDSO_WRITE		(1U << 1)
#define CKPT_VDSO_EXEC		(1U << 2)
#define CKPT_VDSO_VVAR_READ	(1U << 3) /* protection of the data pages */
#define CKPT_VDSO_CHANGED	(1U << 4) /* the program has written to the text */
#define CKPT_VDSO_FLAGS		0x1fU

/**
 * struct ckpt_rec_shmem - CKPT_REC_SHMEM, defines shmem @object, memory in common without a name
 * @size: bytes, as fstat(2) shows them
 * @kind: CKPT_SHMEM_*
 * @flags: CKPT_SHMEM_NORESERVE or 0
 * @mode: permissions, S_IFREG included
 * @uid: owner
 * @gid: group
 * @cred: cred object of whoever made it, 0 = the restarter's
 * @name: array of bytes, what /proc/PID/maps shows, without " (deleted)"
 * @page_shift: of memory of huge pages: binary logarithm of their bytes, else 0
 * @reserved: zero
 *
 * Page chunks of the object have its contents; addresses are offsets in it.  What no
 * chunk has is a hole.
 */
struct ckpt_rec_shmem {
	__u64 size;
	__u32 kind;
	__u32 flags;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 cred;
	struct ckpt_rec_array name;
	__u32 page_shift;
	__u32 reserved;
};

#define CKPT_SHMEM_ANON		0	/* mmap(MAP_SHARED | MAP_ANONYMOUS), mmap(MAP_HUGETLB) */
#define CKPT_SHMEM_MEMFD	1	/* memfd_create(2) */
#define CKPT_SHMEM_SYSV		2	/* shmget(2) */

/* Counts for the commit limit page by page; of huge pages: none is set aside for it alone */
#define CKPT_SHMEM_NORESERVE	(1U << 0)

/**
 * struct ckpt_rec_shmem_seals - CKPT_REC_SHMEM_SEALS, what is set last: shmem @object
 * @seals: F_SEAL_*
 * @atime_nsec: nanoseconds of the last access
 * @mtime_nsec: nanoseconds of the last change
 * @reserved: zero
 * @atime_sec: seconds of the last access
 * @mtime_sec: seconds of the last change
 */
struct ckpt_rec_shmem_seals {
	__u32 seals;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 reserved;
	__s64 atime_sec;
	__s64 mtime_sec;
};

/**
 * struct ckpt_rec_aio_context - CKPT_REC_AIO_CONTEXT, an AIO context of mm @object
 * @address: its id, the address of its ring, which areas map
 * @ring: file object, the ring
 * @slot: which of the process's contexts it is
 * @max_reqs: requests that io_setup(2) was asked for, as fs.aio-nr counts them
 * @pages: of the ring
 * @tail: where the next event goes
 * @completed: events that take a slot each until they are found to be read
 * @contents: array of bytes, the ring as the program sees it; zero behind them
 */
struct ckpt_rec_aio_context {
	__u64 address;
	__u32 ring;
	__u32 slot;
	__u32 max_reqs;
	__u32 pages;
	__u32 tail;
	__u32 completed;
	struct ckpt_rec_array contents;
};

/* -- 0x03xx: files -------------------------------------------------------- */

/**
 * struct ckpt_rec_file - CKPT_REC_FILE, what every open file has: file @object
 * @flags: O_* status flags as fcntl(F_GETFL) shows them
 * @cred: cred object the file was opened with, 0 = the restarter's
 * @position: file offset, 0 of a directory (see CKPT_REC_DIRECTORY)
 * @owner: pid object that gets SIGIO, 0 if none
 * @owner_type: PIDTYPE as F_OWNER_TID 0, F_OWNER_PID 1, F_OWNER_PGRP 2
 * @owner_signal: as F_SETSIG
 * @owner_uid: real uid of who set it
 * @owner_euid: effective uid of who set it
 * @async_fd: with O_ASYNC in @flags: the descriptor that SIGIO names
 *
 * Follows the record that makes the file (CKPT_REC_FILE_*).
 */
struct ckpt_rec_file {
	__u32 flags;
	__u32 cred;
	__u64 position;
	__u32 owner;
	__u32 owner_type;
	__u32 owner_signal;
	__u32 owner_uid;
	__u32 owner_euid;
	__u32 async_fd;
};

/**
 * struct ckpt_rec_directory - CKPT_REC_DIRECTORY, how far a directory has been read: file @object
 * @position: file offset, which the file system alone understands
 * @ino: inode number; must be equal unless it has been read to its end, as the next two
 * @uuid: of the file system
 * @generation: of the inode
 * @flags: CKPT_DIRECTORY_*
 *
 * Follows the CKPT_REC_FILE of an open directory that is not at its beginning.
 */
struct ckpt_rec_directory {
	__u64 position;
	__u64 ino;
	__u8  uuid[16];
	__u32 generation;
	__u32 flags;
};

#define CKPT_DIRECTORY_END	(1U << 0) /* it has been read to its end */

/**
 * struct ckpt_rec_write_hint - CKPT_REC_WRITE_HINT, how long what is written to a file is
 * expected to live: file @object
 * @hint: RWH_WRITE_LIFE_* but RWH_WRITE_LIFE_NOT_SET, as fcntl(F_GET_RW_HINT) shows it
 * @reserved: zero
 *
 * Follows its CKPT_REC_FILE, if the file's inode has a hint.
 */
struct ckpt_rec_write_hint {
	__u32 hint;
	__u32 reserved;
};

/**
 * struct ckpt_rec_file_path - CKPT_REC_FILE_PATH, defines file @object, opened by path
 * @open_flags: O_* flags to open it with (no O_CREAT, O_EXCL, O_TRUNC)
 * @mode: st_mode
 * @ino: inode number, informative
 * @device: st_dev, informative
 * @size: st_size (regular files)
 * @mtime_sec: st_mtime
 * @mtime_nsec: -
 * @check: CKPT_CHECK_*: what must be equal at restart
 * @cred: cred object it was opened with, 0 = the restarter's
 * @build_id_len: bytes of @build_id in use, 0 if it is no ELF file with one
 * @build_id: of a mapped ELF file
 * @path: array of bytes, absolute path, not NUL terminated
 */
struct ckpt_rec_file_path {
	__u32 open_flags;
	__u32 mode;
	__u64 ino;
	__u64 device;
	__u64 size;
	__s64 mtime_sec;
	__u32 mtime_nsec;
	__u32 check;
	__u32 cred;
	__u32 build_id_len;
	__u8  build_id[24];
	struct ckpt_rec_array path;
};

#define CKPT_CHECK_SIZE		(1U << 0)
#define CKPT_CHECK_MTIME	(1U << 1)
#define CKPT_CHECK_BUILD_ID	(1U << 2)

/**
 * struct ckpt_rec_file_pseudo - CKPT_REC_FILE_PSEUDO, defines file @object, a file or directory of
 * proc (not below /proc/PID), sysfs, cgroup or cgroup2
 * @open_flags: O_* flags to open it with
 * @cred: cred object, 0 = the restarter's
 * @mode: S_IFREG or S_IFDIR
 * @flags: CKPT_PSEUDO_*
 * @position: file offset, if the file is read in records (seq_file)
 * @index: with CKPT_PSEUDO_SEQ: the record that comes next, as the file counts them
 * @path: array of bytes, absolute path, not NUL terminated
 */
struct ckpt_rec_file_pseudo {
	__u32 open_flags;
	__u32 cred;
	__u32 mode;
	__u32 flags;
	__u64 position;
	__u64 index;
	struct ckpt_rec_array path;
};

#define CKPT_PSEUDO_SEQ		(1U << 0) /* reading goes on; else it finds its place */
#define CKPT_PSEUDO_GONE	(1U << 1) /* of struct ckpt_rec_file_proc_memory: nobody has it */

/**
 * struct ckpt_rec_file_proc_pid - CKPT_REC_FILE_PROC_PID, defines file @object, a file or directory
 * of /proc/PID
 * @open_flags: O_* flags to open it with
 * @cred: cred object, 0 = the restarter's
 * @mode: S_IFREG or S_IFDIR
 * @flags: CKPT_PSEUDO_*
 * @position: as in struct ckpt_rec_file_pseudo
 * @index: the same
 * @pid: pid object of the process or thread that it is about
 * @reserved: zero
 * @path: array of bytes, absolute path, not NUL terminated
 *
 * It is opened when the tasks exist.
 */
struct ckpt_rec_file_proc_pid {
	__u32 open_flags;
	__u32 cred;
	__u32 mode;
	__u32 flags;
	__u64 position;
	__u64 index;
	__u32 pid;
	__u32 reserved;
	struct ckpt_rec_array path;
};

/**
 * struct ckpt_rec_file_proc_memory - CKPT_REC_FILE_PROC_MEMORY, defines file @object, a file of
 * /proc/PID that shows the memory that its process had when it was opened
 * @open_flags: O_* flags to open it with
 * @cred: cred object, 0 = the restarter's
 * @mode: S_IFREG
 * @flags: CKPT_PSEUDO_*
 * @position: as in struct ckpt_rec_file_pseudo
 * @index: the same; CKPT_PSEUDO_SEQ alone says whether there is one
 * @pid: pid object of the process or thread that it is about
 * @asker: task object of one that has it open, and is to have the right to open it, 0 = nobody
 *	is asked, with CKPT_PSEUDO_GONE
 * @path: array of bytes, absolute path, not NUL terminated
 *
 * It is opened when the tasks exist.
 */
struct ckpt_rec_file_proc_memory {
	__u32 open_flags;
	__u32 cred;
	__u32 mode;
	__u32 flags;
	__u64 position;
	__u64 index;
	__u32 pid;
	__u32 asker;
	struct ckpt_rec_array path;
};

/**
 * struct ckpt_rec_file_late - CKPT_REC_FILE_LATE, what every open file has: file @object, opened
 * when the tasks exist
 * @flags: as in struct ckpt_rec_file
 * @cred: cred object the file was opened with, 0 = the restarter's
 * @position: as in struct ckpt_rec_file
 * @owner: pid object that gets SIGIO, 0 if none
 * @owner_type: as in struct ckpt_rec_file
 * @owner_signal: the same
 * @owner_uid: the same
 * @owner_euid: the same
 * @async_fd: the same
 *
 * In the place of CKPT_REC_FILE.
 */
struct ckpt_rec_file_late {
	__u32 flags;
	__u32 cred;
	__u64 position;
	__u32 owner;
	__u32 owner_type;
	__u32 owner_signal;
	__u32 owner_uid;
	__u32 owner_euid;
	__u32 async_fd;
};

/**
 * struct ckpt_rec_file_proc_check - CKPT_REC_FILE_PROC_CHECK, file @object of /proc/PID: may its
 * user open it, once the tasks have their credentials?
 * @reserved: zero
 */
struct ckpt_rec_file_proc_check {
	__u64 reserved;
};

/**
 * struct ckpt_rec_lease - CKPT_REC_LEASE, a lease (F_SETLEASE) that task @object takes again
 * @file: file object that has it
 * @type: F_RDLCK or F_WRLCK
 * @fd: descriptor that the signal names
 * @reserved: zero
 */
struct ckpt_rec_lease {
	__u32 file;
	__u32 type;
	__u32 fd;
	__u32 reserved;
};

/**
 * struct ckpt_rec_dnotify - CKPT_REC_DNOTIFY, what task @object's process watches of a directory
 * (F_NOTIFY)
 * @file: file object, the directory
 * @fd: its descriptor, which the signal names
 * @events: DN_*
 * @reserved: zero
 */
struct ckpt_rec_dnotify {
	__u32 file;
	__u32 fd;
	__u32 events;
	__u32 reserved;
};

/**
 * struct ckpt_rec_file_pseudo_event - CKPT_REC_FILE_PSEUDO_EVENT, poll(2) of file @object of proc,
 * sysfs or a control group reports a change
 * @reserved: zero
 */
struct ckpt_rec_file_pseudo_event {
	__u64 reserved;
};

/**
 * struct ckpt_rec_file_device - CKPT_REC_FILE_DEVICE, defines file @object, a device without state
 * @open_flags: O_* flags to open it with
 * @cred: cred object, 0 = the restarter's
 * @major: device number
 * @minor: device number
 * @path: array of bytes, absolute path, not NUL terminated; empty with @place
 * @place: file object, 0 = it is at @path; else defined by CKPT_REC_PLACE: its node, removed
 * @reserved: zero
 */
struct ckpt_rec_file_device {
	__u32 open_flags;
	__u32 cred;
	__u32 major;
	__u32 minor;
	struct ckpt_rec_array path;
	__u32 place;
	__u32 reserved;
};

/**
 * struct ckpt_rec_kmsg - CKPT_REC_KMSG, how far the kernel's log has been read: file @object
 * @next: number of the message that comes next, of this boot
 *
 * Follows the CKPT_REC_FILE of /dev/kmsg, if it is open for reading.
 */
struct ckpt_rec_kmsg {
	__u64 next;
};

/**
 * struct ckpt_rec_file_block - CKPT_REC_FILE_BLOCK, defines file @object, a block device that is
 * open for reading
 * @open_flags: O_* flags to open it with
 * @cred: cred object, 0 = the restarter's
 * @major: of the device
 * @minor: -
 * @size: bytes that it has
 * @path: array of bytes, absolute path, not NUL terminated
 */
struct ckpt_rec_file_block {
	__u32 open_flags;
	__u32 cred;
	__u32 major;
	__u32 minor;
	__u64 size;
	struct ckpt_rec_array path;
};

/**
 * struct ckpt_rec_bpf_map - CKPT_REC_BPF_MAP, defines bpfmap @object
 * @type: BPF_MAP_TYPE_ARRAY or BPF_MAP_TYPE_HASH
 * @key_size: bytes of a key
 * @value_size: bytes of a value
 * @max_entries: most elements
 * @flags: BPF_F_*, as BPF_MAP_CREATE takes them
 * @frozen: 1 if bpf(2) may not change it any more
 * @name: NUL terminated
 * @reserved: zero
 */
struct ckpt_rec_bpf_map {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 flags;
	__u32 frozen;
	__u8  name[16];
	__u64 reserved;
};

/**
 * struct ckpt_rec_bpf_elements - CKPT_REC_BPF_ELEMENTS, what a map holds: bpfmap @object
 * @elements: array of bytes: keys, each with its value behind it
 * @reserved: zero
 *
 * One record for each MiB at most.  Elements of an array that are all zero are left out.
 */
struct ckpt_rec_bpf_elements {
	struct ckpt_rec_array elements;
	__u64 reserved;
};

/**
 * struct ckpt_rec_file_bpf_map - CKPT_REC_FILE_BPF_MAP, defines file @object, an open BPF map
 * @map: bpfmap object
 * @access: O_RDONLY or O_RDWR
 */
struct ckpt_rec_file_bpf_map {
	__u32 map;
	__u32 access;
};

/**
 * struct ckpt_rec_file_userfaultfd - CKPT_REC_FILE_USERFAULTFD, defines file @object
 * @features: UFFD_FEATURE_*, as UFFDIO_API took them
 * @cred: cred object, 0 = the restarter's
 * @flags: CKPT_UFFD_*
 */
struct ckpt_rec_file_userfaultfd {
	__u64 features;
	__u32 cred;
	__u32 flags;
};

#define CKPT_UFFD_USER_MODE_ONLY	(1U << 0)
#define CKPT_UFFD_API		(1U << 1) /* UFFDIO_API was called */
#define CKPT_UFFD_CLOEXEC	(1U << 2) /* of the descriptor by which a fork is reported */
#define CKPT_UFFD_NONBLOCK	(1U << 3) /* the same */
#define CKPT_UFFD_CHILD		(1U << 4) /* it is such a one, and has no RWF_NOWAIT */

/**
 * struct ckpt_rec_userfaultfd_area - element of struct ckpt_rec_userfaultfd_areas
 * @start: first address
 * @end: behind the last
 * @mode: UFFDIO_REGISTER_MODE_*
 */
struct ckpt_rec_userfaultfd_area {
	__u64 start;
	__u64 end;
	__u64 mode;
};

/**
 * struct ckpt_rec_userfaultfd_areas - CKPT_REC_USERFAULTFD_AREAS, what the userfaultfd
 * of file @object watches.  Without it the memory for which it was made is gone
 * @mm: mm object
 * @reserved: zero
 * @areas: array of struct ckpt_rec_userfaultfd_area, ascending
 */
struct ckpt_rec_userfaultfd_areas {
	__u32 mm;
	__u32 reserved;
	struct ckpt_rec_array areas;
};

/**
 * struct ckpt_rec_userfaultfd_run - element of struct ckpt_rec_userfaultfd_pages
 * @address: where it begins
 * @pages: how many there are
 * @flags: CKPT_UFFD_PAGE_*
 */
struct ckpt_rec_userfaultfd_run {
	__u64 address;
	__u32 pages;
	__u32 flags;
};

#define CKPT_UFFD_PAGE_MAPPED	(1U << 0) /* there; zero if it is not among the data */
#define CKPT_UFFD_PAGE_WP	(1U << 1) /* write-protected, also where nothing is mapped */

/**
 * struct ckpt_rec_userfaultfd_pages - CKPT_REC_USERFAULTFD_PAGES, of pages that the userfaultfd
 * of file @object watches: what faults depend on
 * @runs: array of struct ckpt_rec_userfaultfd_run, each in one of its areas
 * @reserved: zero
 */
struct ckpt_rec_userfaultfd_pages {
	struct ckpt_rec_array runs;
	__u64 reserved;
};

/**
 * struct ckpt_rec_file_outside - CKPT_REC_FILE_OUTSIDE, defines file @object, a terminal,
 * pipe or socket whose other end is outside: the restarter's descriptor takes its place
 * @fd: which it was: 0 to 2, or one given to checkpoint() as external
 * @what: CKPT_OUTSIDE_*
 * @name: array of bytes, what it was, for people
 * @access: O_RDONLY, O_WRONLY or O_RDWR: what the program may do with it
 * @reserved: zero
 */
struct ckpt_rec_file_outside {
	__u32 fd;
	__u32 what;
	struct ckpt_rec_array name;
	__u32 access;
	__u32 reserved;
};

#define CKPT_OUTSIDE_TTY	1
#define CKPT_OUTSIDE_PIPE	2
#define CKPT_OUTSIDE_SOCKET	3

/**
 * struct ckpt_rec_pipe - CKPT_REC_PIPE, defines pipe @object, and what it holds
 * @ring_size: slots, as fcntl(F_GETPIPE_SZ) in pages
 * @cred: cred object of who made it, 0 = the restarter's
 * @data: array of bytes: the buffers, oldest first, each a struct
 *	  ckpt_pipe_buffer and its contents, padded with zeros to 8 bytes
 * @atime_sec: st_atime; the same for the fields that follow
 * @mtime_sec: -
 * @ctime_sec: -
 * @atime_nsec: -
 * @mtime_nsec: -
 * @ctime_nsec: -
 * @mode: st_mode if it or the owner was changed, else 0
 * @uid: with @mode: owner, as the initial user namespace sees it
 * @gid: with @mode: group
 */
struct ckpt_rec_pipe {
	__u32 ring_size;
	__u32 cred;
	struct ckpt_rec_array data;
	__s64 atime_sec;
	__s64 mtime_sec;
	__s64 ctime_sec;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 ctime_nsec;
	__u32 mode;
	__u32 uid;
	__u32 gid;
};

/**
 * struct ckpt_rec_pipe_buffer - heads a buffer in struct ckpt_rec_pipe
 * @len: bytes in it
 * @flags: CKPT_PIPE_*
 * @offset: where they start in the buffer's page: later writes go behind them; 0 if they are
 *	more than a page
 * @reserved: zero
 */
struct ckpt_rec_pipe_buffer {
	__u32 len;
	__u32 flags;
	__u32 offset;
	__u32 reserved;
};

#define CKPT_PIPE_PACKET	(1U << 0) /* O_DIRECT boundary */
#define CKPT_PIPE_CAN_MERGE	(1U << 1)
#define CKPT_PIPE_WHOLE		(1U << 2) /* reserved */

/**
 * struct ckpt_rec_file_pipe - CKPT_REC_FILE_PIPE, defines file @object, one end of a pipe
 * @pipe: pipe object
 * @open_flags: O_RDONLY, O_WRONLY or O_RDWR with status flags
 * @cred: cred object, 0 = the restarter's
 * @flags: CKPT_FILE_PIPE_*
 */
struct ckpt_rec_file_pipe {
	__u32 pipe;
	__u32 open_flags;
	__u32 cred;
	__u32 flags;
};

#define CKPT_FILE_PIPE_NOWAIT	(1U << 0) /* knows RWF_NOWAIT: made by pipe(2) */

/**
 * struct ckpt_rec_file_aio - CKPT_REC_FILE_AIO, defines file @object, the ring of an AIO context
 * @pages: 0 after the context was destroyed
 * @cred: cred object, 0 = the restarter's
 *
 * Areas alone refer to it, and at most one AIO context.
 */
struct ckpt_rec_file_aio {
	__u32 pages;
	__u32 cred;
};

/**
 * struct ckpt_rec_file_nsfs - CKPT_REC_FILE_NSFS, defines file @object, a namespace of the tree's
 * @type: CLONE_NEW*, which of them
 * @open_flags: O_* flags to open it with
 * @cred: cred object, 0 = the restarter's
 * @reserved: zero
 */
struct ckpt_rec_file_nsfs {
	__u32 type;
	__u32 open_flags;
	__u32 cred;
	__u32 reserved;
};

/**
 * struct ckpt_rec_file_eventfd - CKPT_REC_FILE_EVENTFD, defines file @object, an event counter
 * @count: the counter; all ones = it has overflowed
 * @cred: cred object, 0 = the restarter's
 * @flags: EFD_SEMAPHORE or 0
 */
struct ckpt_rec_file_eventfd {
	__u64 count;
	__u32 cred;
	__u32 flags;
};

/**
 * struct ckpt_rec_file_timerfd - CKPT_REC_FILE_TIMERFD, defines file @object, a timer
 * @clockid: CLOCK_MONOTONIC, _REALTIME, _BOOTTIME, _REALTIME_ALARM or _BOOTTIME_ALARM
 * @flags: CKPT_TIMERFD_*
 * @settime_flags: TFD_TIMER_* as it was set last, for /proc/PID/fdinfo
 * @cred: cred object, 0 = the restarter's
 * @ticks: expirations not read yet
 * @interval_ns: of a periodic timer, else 0
 * @expires_ns: when it expires or has expired, on its clock as the root task sees it
 *	(CKPT_TIMERFD_ABSOLUTE)
 * @remaining_ns: time left at the freeze, negative if it had passed (without the flag)
 * @realtime_offset_ns: CLOCK_REALTIME less the machine's CLOCK_MONOTONIC: another one in
 *	the same boot means that the clock was set
 */
struct ckpt_rec_file_timerfd {
	__s32 clockid;
	__u32 flags;
	__u32 settime_flags;
	__u32 cred;
	__u64 ticks;
	__s64 interval_ns;
	__s64 expires_ns;
	__s64 remaining_ns;
	__s64 realtime_offset_ns;
};

#define CKPT_TIMERFD_ACTIVE		(1U << 0) /* it is to expire */
#define CKPT_TIMERFD_EXPIRED		(1U << 1) /* and has not been read since */
#define CKPT_TIMERFD_ABSOLUTE		(1U << 2) /* it was set to a time on its clock */
#define CKPT_TIMERFD_CANCEL_ON_SET	(1U << 3) /* a change of the clock cancels it */
#define CKPT_TIMERFD_CANCELED		(1U << 4) /* and has done so; not read yet */
#define CKPT_TIMERFD_FLAGS		0x1fU

/**
 * struct ckpt_rec_file_signalfd - CKPT_REC_FILE_SIGNALFD, defines file @object, which reads
 * signals
 * @mask: the signals, as in sigset_t; not SIGKILL, not SIGSTOP
 * @cred: cred object, 0 = the restarter's
 * @reserved: zero
 */
struct ckpt_rec_file_signalfd {
	__u64 mask;
	__u32 cred;
	__u32 reserved;
};

/**
 * struct ckpt_rec_file_shmem - CKPT_REC_FILE_SHMEM, defines file @object, memory in common
 * @shmem: shmem object
 * @cred: cred object, 0 = the restarter's
 * @open_flags: O_RDONLY, O_WRONLY or O_RDWR with status flags
 * @flags: CKPT_FILE_SHMEM_*
 */
struct ckpt_rec_file_shmem {
	__u32 shmem;
	__u32 cred;
	__u32 open_flags;
	__u32 flags;
};

#define CKPT_FILE_SHMEM_FIRST	(1U << 0) /* the one that it was made with, never opened */

/**
 * struct ckpt_rec_dead_pid - CKPT_REC_DEAD_PID, defines gone @object, a process that is
 * gone and of which pidfds are left, or that sockets show
 * @nr: the number that it had, in the outer pid namespace, 0 = any
 */
struct ckpt_rec_dead_pid {
	__u64 nr;
};

/**
 * struct ckpt_rec_file_pidfd - CKPT_REC_FILE_PIDFD, defines file @object, a pidfd
 * @pid: pid object of the process or thread, 0 = it is gone
 * @gone: gone object, 0 = it is not gone
 * @cred: cred object, 0 = the restarter's
 * @flags: CKPT_PIDFD_*
 */
struct ckpt_rec_file_pidfd {
	__u32 pid;
	__u32 gone;
	__u32 cred;
	__u32 flags;
};

#define CKPT_PIDFD_THREAD	(1U << 0) /* PIDFD_THREAD */

/**
 * struct ckpt_rec_file_inotify - CKPT_REC_FILE_INOTIFY, defines file @object, an inotify instance
 * @cred: cred object, 0 = the restarter's
 * @next_wd: the lowest descriptor that its next watch gets
 */
struct ckpt_rec_file_inotify {
	__u32 cred;
	__u32 next_wd;
};

/**
 * struct ckpt_rec_inotify_watch - CKPT_REC_INOTIFY_WATCH, a watch of the inotify instance of
 * file @object
 * @wd: its descriptor
 * @mask: IN_* as the program gave them
 * @cred: cred object, 0 = the restarter's
 * @mode: st_mode of what is watched, of which the type must be the same
 * @ino: its inode number, which must be the same
 * @path: array of bytes, absolute path, not NUL terminated
 */
struct ckpt_rec_inotify_watch {
	__s32 wd;
	__u32 mask;
	__u32 cred;
	__u32 mode;
	__u64 ino;
	struct ckpt_rec_array path;
};

/**
 * struct ckpt_rec_inotify_event - CKPT_REC_INOTIFY_EVENT, an unread event of the inotify instance
 * of file @object
 * @wd: descriptor of the watch, -1 = the queue has overflowed
 * @mask: IN_*
 * @cookie: connects the two parts of a rename
 * @reserved: zero
 * @name: array of bytes, the name in the watched directory, not NUL terminated
 */
struct ckpt_rec_inotify_event {
	__s32 wd;
	__u32 mask;
	__u32 cookie;
	__u32 reserved;
	struct ckpt_rec_array name;
};

/**
 * struct ckpt_rec_epoll - CKPT_REC_EPOLL, defines file @object, an epoll instance
 * @cred: cred object, 0 = the restarter's
 * @busy_poll_usecs: as ioctl(EPIOCSPARAMS) takes them
 * @busy_poll_budget: the same
 * @prefer_busy_poll: the same
 */
struct ckpt_rec_epoll {
	__u32 cred;
	__u32 busy_poll_usecs;
	__u32 busy_poll_budget;
	__u32 prefer_busy_poll;
};

/**
 * struct ckpt_rec_epoll_watch - element of struct ckpt_rec_epoll_watches
 * @file: file object that is watched
 * @fd: the descriptor under which it was added; it may lead elsewhere by now
 * @data: the program's
 * @events: EPOLL*, as the kernel keeps them: an EPOLLONESHOT that has fired has no events
 * @signals: task object whose process added a signalfd, 0 = it is no signalfd, or the
 *	process is gone
 * @flags: CKPT_EPOLL_*
 * @reserved: zero
 */
struct ckpt_rec_epoll_watch {
	__u32 file;
	__s32 fd;
	__u64 data;
	__u32 events;
	__u32 signals;
	__u32 flags;
	__u32 reserved;
};

#define CKPT_EPOLL_NO_SIGNALS	(1U << 0) /* a signalfd of a process that is gone */

/**
 * struct ckpt_rec_epoll_watches - CKPT_REC_EPOLL_WATCHES, what the epoll instance
 * of file @object watches
 * @watches: array of struct ckpt_rec_epoll_watch
 */
struct ckpt_rec_epoll_watches {
	struct ckpt_rec_array watches;
};

/**
 * struct ckpt_rec_epoll_ready - element of struct ckpt_rec_epoll_ready_list
 * @file: file object of the watch
 * @fd: descriptor of the watch
 */
struct ckpt_rec_epoll_ready {
	__u32 file;
	__s32 fd;
};

/**
 * struct ckpt_rec_epoll_ready_list - CKPT_REC_EPOLL_READY, what the epoll instance
 * of file @object looks at when it is asked next
 * @ready: array of struct ckpt_rec_epoll_ready, in the order in which they are reported
 */
struct ckpt_rec_epoll_ready_list {
	struct ckpt_rec_array ready;
};

/**
 * struct ckpt_rec_fd - an open descriptor, element of struct ckpt_rec_fdtable
 * @fd: number
 * @flags: FD_CLOEXEC or 0
 * @file: file object
 * @reserved: zero
 */
struct ckpt_rec_fd {
	__u32 fd;
	__u32 flags;
	__u32 file;
	__u32 reserved;
};

/**
 * struct ckpt_rec_fdtable - CKPT_REC_FDTABLE, defines fdtable @object, its descriptors
 * @owner: task object that restores it
 * @size: of the table, as FDSize in /proc/PID/status; 0 if that is the smallest
 * @fds: array of struct ckpt_rec_fd, ascending
 */
struct ckpt_rec_fdtable {
	__u32 owner;
	__u32 size;
	struct ckpt_rec_array fds;
};

/**
 * struct ckpt_rec_task_mm - CKPT_REC_TASK_MM, the process of task @object shares memory
 * @mm: mm object, defined before
 * @reserved: zero
 */
struct ckpt_rec_task_mm {
	__u32 mm;
	__u32 reserved;
};

/**
 * struct ckpt_rec_task_fdtable - CKPT_REC_TASK_FDTABLE, the process of task @object shares
 * a descriptor table
 * @fdtable: fdtable object, defined before
 * @reserved: zero
 */
struct ckpt_rec_task_fdtable {
	__u32 fdtable;
	__u32 reserved;
};

/**
 * struct ckpt_rec_task_fs - CKPT_REC_TASK_FS, the process of task @object shares
 * directories
 * @fs: fs object, defined before
 * @reserved: zero
 */
struct ckpt_rec_task_fs {
	__u32 fs;
	__u32 reserved;
};

/**
 * struct ckpt_rec_fs - CKPT_REC_FS, defines fs @object, root and working directory
 * @owner: task object that restores it
 * @umask: as umask(2)
 * @root: file object opened O_PATH, 0 = the restarter's root
 * @cwd: file object opened O_PATH
 */
struct ckpt_rec_fs {
	__u32 owner;
	__u32 umask;
	__u32 root;
	__u32 cwd;
};

/**
 * struct ckpt_rec_posix_lock - element of struct ckpt_rec_posix_locks
 * @fd: a descriptor of the table, through which the lock is set
 * @type: F_RDLCK or F_WRLCK
 * @start: first byte
 * @end: last byte, all ones>>1 = to the end of the file
 */
struct ckpt_rec_posix_lock {
	__u32 fd;
	__u32 type;
	__u64 start;
	__u64 end;
};

/**
 * struct ckpt_rec_posix_locks - CKPT_REC_POSIX_LOCKS, locks owned by fdtable @object
 * @owner: task object that sets them (their l_pid)
 * @reserved: zero
 * @locks: array of struct ckpt_rec_posix_lock
 */
struct ckpt_rec_posix_locks {
	__u32 owner;
	__u32 reserved;
	struct ckpt_rec_array locks;
};

/**
 * struct ckpt_rec_ofd_locks - CKPT_REC_OFD_LOCKS, of an open file that task @object has
 * @file: file object
 * @reserved: zero
 * @locks: array of struct ckpt_rec_range, the locks of F_OFD_SETLK
 */
struct ckpt_rec_ofd_locks {
	__u32 file;
	__u32 reserved;
	struct ckpt_rec_array locks;
};

/**
 * struct ckpt_rec_range - a locked range, element of struct ckpt_rec_ofd_locks
 * @type: F_RDLCK or F_WRLCK
 * @reserved: zero
 * @start: first byte
 * @end: last byte
 */
struct ckpt_rec_range {
	__u32 type;
	__u32 reserved;
	__u64 start;
	__u64 end;
};

/**
 * struct ckpt_rec_flock - CKPT_REC_FLOCK, a flock(2) lock that task @object sets
 * @file: file object
 * @type: F_RDLCK (LOCK_SH) or F_WRLCK (LOCK_EX)
 */
struct ckpt_rec_flock {
	__u32 file;
	__u32 type;
};

/**
 * struct ckpt_rec_inode - CKPT_REC_INODE, defines inode @object, a regular file without a name
 * @size: st_size
 * @cred: cred object of who makes it, 0 = the restarter's
 * @flags: CKPT_INODE_*
 * @path: array of bytes, absolute path, not NUL terminated: the directory to make it in and
 *	  the name that it had
 *
 * Its contents follow as page data of the object.
 */
struct ckpt_rec_inode {
	__u64 size;
	__u32 cred;
	__u32 flags;
	struct ckpt_rec_array path;
};

#define CKPT_INODE_LINKABLE	(1U << 0) /* made with O_TMPFILE and without O_EXCL */

/**
 * struct ckpt_rec_inode_xattr - CKPT_REC_INODE_XATTR, an extended attribute of inode @object
 * @name_len: bytes of the name, which begins with "user." or "trusted.", or is
 *	"system.posix_acl_access"
 * @reserved: zero
 * @text: array of bytes, the name and, right behind it, the value as getxattr(2) gives it
 */
struct ckpt_rec_inode_xattr {
	__u32 name_len;
	__u32 reserved;
	struct ckpt_rec_array text;
};

/**
 * struct ckpt_rec_inode_attr - CKPT_REC_INODE_ATTR, what inode @object gets when its contents
 * are in place
 * @mode: st_mode
 * @uid: st_uid
 * @gid: st_gid
 * @reserved: zero
 * @atime_sec: st_atime; the same for the fields that follow
 * @mtime_sec: -
 * @atime_nsec: -
 * @mtime_nsec: -
 */
struct ckpt_rec_inode_attr {
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 reserved;
	__s64 atime_sec;
	__s64 mtime_sec;
	__u32 atime_nsec;
	__u32 mtime_nsec;
};

/**
 * struct ckpt_rec_file_inode - CKPT_REC_FILE_INODE, defines file @object, a file without a
 * name that is open or mapped
 * @inode: inode object
 * @open_flags: O_* flags to open it with
 * @cred: cred object it was opened with, 0 = the restarter's
 * @reserved: zero
 */
struct ckpt_rec_file_inode {
	__u32 inode;
	__u32 open_flags;
	__u32 cred;
	__u32 reserved;
};

/**
 * struct ckpt_rec_fifo - CKPT_REC_FIFO, defines pipe @object, a named pipe, and what it holds
 * @place: file object opened O_PATH: where it is
 * @cred: cred object of who may have put there what it holds, 0 = the restarter's
 * @ring_size: slots, as fcntl(F_GETPIPE_SZ) in pages
 * @access: O_RDONLY, O_WRONLY or O_RDWR: how @cred had it open
 * @data: array of bytes: the buffers, as in struct ckpt_rec_pipe
 */
struct ckpt_rec_fifo {
	__u32 place;
	__u32 cred;
	__u32 ring_size;
	__u32 access;
	struct ckpt_rec_array data;
};

/**
 * struct ckpt_rec_file_fifo - CKPT_REC_FILE_FIFO, defines file @object, an open end of a named
 * pipe
 * @pipe: pipe object
 * @place: file object opened O_PATH: the name that it was opened by
 * @cred: cred object it was opened with, 0 = the restarter's
 * @open_flags: O_* flags to open it with
 * @flags: CKPT_FIFO_*
 * @reserved: zero
 */
struct ckpt_rec_file_fifo {
	__u32 pipe;
	__u32 place;
	__u32 cred;
	__u32 open_flags;
	__u32 flags;
	__u32 reserved;
};

#define CKPT_FIFO_NO_WRITER	(1U << 0) /* nobody has opened it for writing since: no EPOLLHUP */

/**
 * struct ckpt_rec_place - CKPT_REC_PLACE, defines file @object, a directory, named pipe, socket
 * or device node that has been removed, opened O_PATH
 * @cred: cred object of who makes it, 0 = the restarter's
 * @mode: st_mode
 * @uid: st_uid
 * @gid: st_gid
 * @atime_sec: st_atime; the same for the fields that follow
 * @mtime_sec: -
 * @atime_nsec: -
 * @mtime_nsec: -
 * @path: array of bytes, absolute path, not NUL terminated: the directory to make it in and
 *	  the name that it had
 * @major: device number of a node, else 0
 * @minor: device number of a node, else 0
 */
struct ckpt_rec_place {
	__u32 cred;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__s64 atime_sec;
	__s64 mtime_sec;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	struct ckpt_rec_array path;
	__u32 major;
	__u32 minor;
};

/**
 * struct ckpt_rec_file_place - CKPT_REC_FILE_PLACE, defines file @object, a directory that has
 * been removed, or a named pipe, socket or device node that has been, opened O_PATH
 * @place: file object, defined by CKPT_REC_PLACE
 * @open_flags: O_* flags to open it with
 * @cred: cred object it was opened with, 0 = the restarter's
 * @reserved: zero
 */
struct ckpt_rec_file_place {
	__u32 place;
	__u32 open_flags;
	__u32 cred;
	__u32 reserved;
};

/**
 * struct ckpt_rec_tty_pair - CKPT_REC_TTY_PAIR, defines terminal @object, a pseudo terminal
 * @index: its number, as in /dev/pts
 * @cred: cred object that the master was opened with, 0 = the restarter's
 * @open_flags: O_* flags to open the master with
 * @flags: CKPT_PTY_*
 * @mode: st_mode of the slave
 * @uid: st_uid
 * @gid: st_gid
 * @atime_nsec: st_atime; the same for the fields that follow
 * @mtime_nsec: -
 * @reserved: zero
 * @atime_sec: -
 * @mtime_sec: -
 * @path: array of bytes, absolute path of the device that makes masters, not NUL terminated
 */
struct ckpt_rec_tty_pair {
	__u32 index;
	__u32 cred;
	__u32 open_flags;
	__u32 flags;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 reserved;
	__s64 atime_sec;
	__s64 mtime_sec;
	struct ckpt_rec_array path;
};

#define CKPT_PTY_MASTER_CLOSED	(1U << 0) /* the slaves are hung up, and have no name any more */
#define CKPT_PTY_HUNG_UP	(1U << 1) /* nobody has opened the slave since a hangup */

/**
 * struct ckpt_rec_file_pty - CKPT_REC_FILE_PTY, defines file @object, an open end of a pseudo
 * terminal
 * @terminal: terminal object
 * @side: CKPT_SIDE_*
 * @open_flags: O_* flags to open it with
 * @cred: cred object it was opened with, 0 = the restarter's
 * @flags: CKPT_FILE_PTY_*
 * @reserved: zero
 * @path: array of bytes, absolute path of a slave, not NUL terminated; empty for the master
 */
struct ckpt_rec_file_pty {
	__u32 terminal;
	__u32 side;
	__u32 open_flags;
	__u32 cred;
	__u32 flags;
	__u32 reserved;
	struct ckpt_rec_array path;
};

#define CKPT_SIDE_MASTER	0
#define CKPT_SIDE_SLAVE		1

#define CKPT_FILE_PTY_HUNG_UP	(1U << 0) /* it sees end of file and errors alone */
#define CKPT_FILE_PTY_CTTY	(1U << 1) /* opened as /dev/tty */

/**
 * struct ckpt_rec_tty_line - CKPT_REC_TTY_LINE, settings and contents of terminal @object
 * @iflag: c_iflag of the slave as TCGETS2 shows it; the same for the fields that follow
 * @oflag: -
 * @cflag: -
 * @lflag: -
 * @ispeed: -
 * @ospeed: -
 * @locked_iflag: what is locked of c_iflag, as TIOCGLCKTRMIOS shows it; likewise
 * @locked_oflag: -
 * @locked_cflag: -
 * @locked_lflag: -
 * @cc: c_cc of the slave, and c_line behind it
 * @locked_cc: what is locked of these
 * @window: rows, columns and pixels, as TIOCGWINSZ shows them
 * @packet: 1 if the master is in packet mode
 * @status: status that the master has not read, TIOCPKT_*
 * @flags: CKPT_LINE_* of the master and of the slave, as all that follow
 * @column: where output is in its line
 * @canon_column: where input began in its line
 * @read: bytes that were received and not read
 * @lines: of them, those in complete lines
 * @committed: of them, those that can be read without regard to lines
 * @echo: bytes and operations to be echoed
 * @echo_committed: of them, those that may be
 * @echo_marked: of them, those that a write may commit
 * @queued: bytes that there was no room for
 * @looked_at: of them, those of which flow control has been obeyed
 * @bytes: array of bytes, for the master and then for the slave: what was read; a bit for each,
 *	   the lowest first, that is set at the end of a line; what is echoed; what is queued
 */
struct ckpt_rec_tty_line {
	__u32 iflag;
	__u32 oflag;
	__u32 cflag;
	__u32 lflag;
	__u32 ispeed;
	__u32 ospeed;
	__u32 locked_iflag;
	__u32 locked_oflag;
	__u32 locked_cflag;
	__u32 locked_lflag;
	__u8  cc[20];
	__u8  locked_cc[20];
	__u16 window[4];
	__u32 packet;
	__u32 status;
	__u32 flags[2];
	__u32 column[2];
	__u32 canon_column[2];
	__u32 read[2];
	__u32 lines[2];
	__u32 committed[2];
	__u32 echo[2];
	__u32 echo_committed[2];
	__u32 echo_marked[2];
	__u32 queued[2];
	__u32 looked_at[2];
	struct ckpt_rec_array bytes;
};

#define CKPT_LINE_STOPPED	(1U << 0) /* output is stopped by ^S */
#define CKPT_LINE_TCO_STOPPED	(1U << 1) /* output is stopped by TCOOFF */
#define CKPT_LINE_LNEXT		(1U << 2) /* the next byte is taken literally (^V) */
#define CKPT_LINE_ERASING	(1U << 3) /* in the middle of erasing (ECHOPRT) */
#define CKPT_LINE_PUSH		(1U << 4) /* the last line was ended by a change of settings */
#define CKPT_LINE_EXCLUSIVE	(1U << 5) /* TIOCEXCL */
#define CKPT_LINE_LOCKED	(1U << 6) /* of the master: the slave cannot be opened yet */
#define CKPT_LINE_CLOSED	(1U << 7) /* of the slave: it was open, and is not any more */

/**
 * struct ckpt_rec_process_tty - CKPT_REC_PROCESS_TTY, the controlling terminal of the process of
 * task @object
 * @terminal: terminal object, 0 = none any more
 * @hung_up: pid object of the group that was in the foreground when it hung up, 0 = none
 * @outside: file object that stands for it if it is outside, 0 = it is not
 * @reserved: zero
 */
struct ckpt_rec_process_tty {
	__u32 terminal;
	__u32 hung_up;
	__u32 outside;
	__u32 reserved;
};

/**
 * struct ckpt_rec_tty_session - CKPT_REC_TTY_SESSION, what is controlled by terminal @object
 * @session: pid object of the session
 * @foreground: pid object of the foreground process group, 0 if none
 */
struct ckpt_rec_tty_session {
	__u32 session;
	__u32 foreground;
};

/**
 * struct ckpt_rec_tty_leader - CKPT_REC_TTY_LEADER, what is controlled by the terminal outside
 * for which file @object stands
 * @session: pid object of the session
 * @foreground: pid object of the foreground process group
 */
struct ckpt_rec_tty_leader {
	__u32 session;
	__u32 foreground;
};

/**
 * struct ckpt_rec_tty_modes - CKPT_REC_TTY_MODES, of file @object, a terminal that is outside and
 * in the foreground of which the root was, or that controls a session of the tree: what the
 * restarter's terminal takes on
 * @iflag: c_iflag as TCGETS shows it; the same for the fields that follow
 * @oflag: -
 * @lflag: -
 * @cc: -
 * @reserved: zero
 */
struct ckpt_rec_tty_modes {
	__u32 iflag;
	__u32 oflag;
	__u32 lflag;
	__u8  cc[19];
	__u8  reserved;
};

/* -- 0x04xx: signals ------------------------------------------------------ */

/**
 * struct ckpt_rec_sigaction - element of struct ckpt_rec_sigactions
 * @handler: user address, 0 = SIG_DFL, 1 = SIG_IGN
 * @flags: SA_*, CKPT_SA_COMPAT
 * @restorer: user address
 * @mask: blocked while the handler runs
 */
struct ckpt_rec_sigaction {
	__u64 handler;
	__u64 flags;
	__u64 restorer;
	__u64 mask;
};

#define CKPT_SA_COMPAT		(1ULL << 32) /* set by a 32-bit call: gets 32-bit frames */

/**
 * struct ckpt_rec_sigactions - CKPT_REC_SIGACTIONS, signal actions of the process of
 * task @object
 * @actions: array of struct ckpt_rec_sigaction, signal 1 first
 */
struct ckpt_rec_sigactions {
	struct ckpt_rec_array actions;
};

/**
 * struct ckpt_rec_task_sigactions - CKPT_REC_TASK_SIGACTIONS, the process of task @object
 * shares the signal actions of another
 * @process: task object of that one's leader, which has a record of its own
 * @reserved: zero
 */
struct ckpt_rec_task_sigactions {
	__u32 process;
	__u32 reserved;
};

/**
 * struct ckpt_rec_signal - CKPT_REC_SIGNAL, signal state of task @object
 * @blocked: blocked signals
 * @saved_mask: to be put back when the interrupted call ends
 * @has_saved_mask: 1 if @saved_mask is in force
 * @altstack_flags: SS_* as sigaltstack(2) shows when not on it
 * @altstack_sp: base
 * @altstack_size: bytes
 */
struct ckpt_rec_signal {
	__u64 blocked;
	__u64 saved_mask;
	__u32 has_saved_mask;
	__u32 altstack_flags;
	__u64 altstack_sp;
	__u64 altstack_size;
};

/**
 * struct ckpt_rec_siginfo - a queued signal, element of struct ckpt_rec_sigpending
 * @info: the siginfo as a 64-bit program reads it
 * @flags: CKPT_SIGINFO_*
 * @reserved: zero
 */
struct ckpt_rec_siginfo {
	__u8 info[128];
	__u32 flags;
	__u32 reserved;
};

#define CKPT_SIGINFO_TIMER	(1U << 0) /* that of the process's POSIX timer si_timerid */

/**
 * struct ckpt_rec_sigpending - CKPT_REC_SIGPENDING, a queue of pending signals of task @object,
 * also in the tail
 * @shared: 0 = its own queue, 1 = that of its process
 * @reserved: zero
 * @set: pending signals, those without a queue entry too
 * @infos: array of struct ckpt_rec_siginfo in queue order
 */
struct ckpt_rec_sigpending {
	__u32 shared;
	__u32 reserved;
	__u64 set;
	struct ckpt_rec_array infos;
};

/**
 * struct ckpt_rec_stop - a thread that has stopped or is to, element of struct ckpt_rec_stops
 * @thread: task object of the thread
 * @signal: the stop signal
 * @flags: CKPT_STOP_*
 * @reserved: zero
 */
struct ckpt_rec_stop {
	__u32 thread;
	__u32 signal;
	__u32 flags;
	__u32 reserved;
};

#define CKPT_STOP_COUNTED	(1U << 0) /* the stop of the process is not complete without it */

/**
 * struct ckpt_rec_stops - CKPT_REC_STOPS, job control of the process of task @object, also
 * in the tail
 * @flags: CKPT_STOPS_*
 * @signal: what waitid(2) will report of the stop, 0 = it has been reported
 * @threads: array of struct ckpt_rec_stop, by ascending object
 */
struct ckpt_rec_stops {
	__u32 flags;
	__u32 signal;
	struct ckpt_rec_array threads;
};

#define CKPT_STOPS_STOPPED	(1U << 0) /* it is stopped */
#define CKPT_STOPS_CONTINUED	(1U << 1) /* waitid(2) will report that it was continued */
#define CKPT_STOPS_TELLS_STOP	(1U << 2) /* its parent has yet to get SIGCHLD for a stop */
#define CKPT_STOPS_TELLS_CONTINUE (1U << 3) /* the same for having been continued */

/* -- 0x05xx: time ----------------------------------------------------------- */

/**
 * struct ckpt_rec_itimers - CKPT_REC_ITIMERS, the interval timers of task @object, a leader
 * @flags: CKPT_ITIMER_*
 * @reserved: zero
 * @real_left_ns: ITIMER_REAL: time left at the freeze, negative if it had passed
 * @real_interval_ns: of a periodic timer, else 0
 * @virtual_expires_ns: ITIMER_VIRTUAL: user time of the process at which it expires, 0 = it does
 *	not run
 * @virtual_interval_ns: of a periodic timer, else 0
 * @prof_expires_ns: ITIMER_PROF: the same of user and system time
 * @prof_interval_ns: of a periodic timer, else 0
 */
struct ckpt_rec_itimers {
	__u32 flags;
	__u32 reserved;
	__s64 real_left_ns;
	__s64 real_interval_ns;
	__s64 virtual_expires_ns;
	__s64 virtual_interval_ns;
	__s64 prof_expires_ns;
	__s64 prof_interval_ns;
};

#define CKPT_ITIMER_REAL_ACTIVE	(1U << 0) /* it is to expire; else SIGALRM starts it again */

/**
 * struct ckpt_rec_posix_timer - a POSIX timer, element of struct ckpt_rec_posix_timers
 * @id: its number
 * @clockid: its clock; of a CPU clock as the kernel has it, with the number of a process
 *	or thread in the owner's pid namespace, 0 = its own
 * @flags: CKPT_POSIX_TIMER_*
 * @notify: sigev_notify
 * @signo: sigev_signo
 * @requeue: counts expirations and settings; odd while a signal is to start it again
 * @thread: task object of the thread that is notified, 0 = the process
 * @clock_task: task object whose CPU time the clock is, 0 = it is no CPU clock
 * @value: sigev_value
 * @interval_ns: of a periodic timer, else 0
 * @expires_ns: when it expires or has expired, on its clock as the root task sees it
 *	(CPU clocks, CKPT_POSIX_TIMER_ABSOLUTE)
 * @left_ns: time left at the freeze, negative if it had passed (others)
 * @overrun: overruns so far of the expiration that is to be notified, -1 = none
 * @overrun_last: those of the last notification, as timer_getoverrun(2) shows it
 */
struct ckpt_rec_posix_timer {
	__u32 id;
	__s32 clockid;
	__u32 flags;
	__u32 notify;
	__s32 signo;
	__u32 requeue;
	__u32 thread;
	__u32 clock_task;
	__u64 value;
	__s64 interval_ns;
	__s64 expires_ns;
	__s64 left_ns;
	__s64 overrun;
	__s64 overrun_last;
};

#define CKPT_POSIX_TIMER_ACTIVE		(1U << 0) /* it is to expire */
#define CKPT_POSIX_TIMER_ABSOLUTE	(1U << 1) /* it was set to a time on its clock */
#define CKPT_POSIX_TIMER_FLAGS		0x3U

/**
 * struct ckpt_rec_posix_timers - CKPT_REC_POSIX_TIMERS, the POSIX timers of task @object, a leader
 * @next_id: number that the next new one gets
 * @reserved: zero
 * @timers: array of struct ckpt_rec_posix_timer, the oldest first
 */
struct ckpt_rec_posix_timers {
	__u32 next_id;
	__u32 reserved;
	struct ckpt_rec_array timers;
};

/* -- 0x06xx: interprocess communication ------------------------------------ */

/**
 * struct ckpt_rec_sem - a semaphore, element of struct ckpt_rec_sem_set
 * @value: its value
 * @left: the value that the death of all tasks of the image leaves (SEM_UNDO)
 * @pid: number of the process that changed it last, in the outer pid namespace; 0 = none
 * @reserved: zero
 */
struct ckpt_rec_sem {
	__s32 value;
	__s32 left;
	__u32 pid;
	__u32 reserved;
};

/**
 * struct ckpt_rec_sem_set - CKPT_REC_SEM_SET, defines semset @object, a set of System V
 * semaphores
 * @id: as semget(2) returned it
 * @key: 0 = IPC_PRIVATE
 * @mode: permissions
 * @uid: owner, in the initial user namespace of the saver; the same for the fields that follow
 * @gid: -
 * @cuid: creator
 * @cgid: -
 * @reserved: zero
 * @otime: time of the last semop(2), seconds; 0 = never
 * @ctime: time of the last change by semctl(2)
 * @sems: array of struct ckpt_rec_sem
 */
struct ckpt_rec_sem_set {
	__s32 id;
	__s32 key;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 cuid;
	__u32 cgid;
	__u32 reserved;
	__s64 otime;
	__s64 ctime;
	struct ckpt_rec_array sems;
};

/**
 * struct ckpt_rec_sem_adjust - what a task's end adds to a semaphore, element of struct
 * ckpt_rec_sem_undo
 * @set: semset object
 * @sem: number of the semaphore in the set
 * @adjust: what is added; 0 says only that the list has an entry for the set
 * @reserved: zero
 */
struct ckpt_rec_sem_adjust {
	__u32 set;
	__u32 sem;
	__s32 adjust;
	__u32 reserved;
};

/**
 * struct ckpt_rec_sem_undo - CKPT_REC_SEM_UNDO, defines semundo @object, a list of
 * adjustments that are made when the last task that has it exits
 * @adjusts: array of struct ckpt_rec_sem_adjust, those of one set behind each other
 */
struct ckpt_rec_sem_undo {
	struct ckpt_rec_array adjusts;
};

/**
 * struct ckpt_rec_task_sem_undo - CKPT_REC_TASK_SEM_UNDO, the list of adjustments of
 * task @object
 * @undo: semundo object, 0 = none yet
 * @reserved: zero
 *
 * Without such a record the threads of a process share a list, which is empty.
 */
struct ckpt_rec_task_sem_undo {
	__u32 undo;
	__u32 reserved;
};

/**
 * struct ckpt_rec_msg - heads a message in struct ckpt_rec_msg_queue and struct
 * ckpt_rec_mqueue
 * @type: as msgsnd(2) gave it, positive; or the priority
 * @size: bytes of its text
 */
struct ckpt_rec_msg {
	__s64 type;
	__u64 size;
};

/**
 * struct ckpt_rec_msg_queue - CKPT_REC_MSG_QUEUE, defines msgqueue @object, a System V
 * message queue
 * @id: as msgget(2) returned it
 * @key: 0 = IPC_PRIVATE
 * @mode: permissions
 * @uid: owner, in the initial user namespace of the saver; the same for the fields that follow
 * @gid: -
 * @cuid: creator
 * @cgid: -
 * @lspid: number of the process that sent last, in the outer pid namespace; 0 = none
 * @lrpid: of the process or thread that received last
 * @reserved: zero
 * @stime: time of the last msgsnd(2), seconds; 0 = never
 * @rtime: of the last msgrcv(2)
 * @ctime: of the last change by msgctl(2)
 * @qbytes: most bytes that it takes
 * @messages: array of bytes: the messages, oldest first, each a struct ckpt_rec_msg and its
 *	      text, padded with zeros to 8 bytes
 */
struct ckpt_rec_msg_queue {
	__s32 id;
	__s32 key;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 cuid;
	__u32 cgid;
	__u32 lspid;
	__u32 lrpid;
	__u32 reserved;
	__s64 stime;
	__s64 rtime;
	__s64 ctime;
	__u64 qbytes;
	struct ckpt_rec_array messages;
};

/**
 * struct ckpt_rec_shm_segment - CKPT_REC_SHM_SEGMENT, defines shmsegment @object, a segment of
 * System V shared memory
 * @id: as shmget(2) returned it
 * @key: 0 = IPC_PRIVATE
 * @mode: permissions
 * @uid: owner, in the initial user namespace of the saver; the same for the fields that follow
 * @gid: -
 * @cuid: creator
 * @cgid: -
 * @shmem: shmem object, its memory, which no other segment has
 * @size: bytes
 * @ctime: time of the last change by shmctl(2), seconds
 * @flags: CKPT_SHM_LOCKED or 0
 * @locker: who has locked it, for whose RLIMIT_MEMLOCK it counts; else 0
 */
struct ckpt_rec_shm_segment {
	__s32 id;
	__s32 key;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 cuid;
	__u32 cgid;
	__u32 shmem;
	__u64 size;
	__s64 ctime;
	__u32 flags;
	__u32 locker;
};

#define CKPT_SHM_LOCKED		(1U << 0) /* shmctl(2) with SHM_LOCK */

/**
 * struct ckpt_rec_shm_state - CKPT_REC_SHM_STATE, what is set last: shmsegment @object
 * @cprid: number of the process that made it, in the outer pid namespace; 0 = none
 * @lprid: of the last that attached or detached it
 * @flags: CKPT_SHM_*
 * @reserved: zero
 * @atime: time of the last shmat(2), seconds; 0 = never
 * @dtime: of the last shmdt(2)
 */
struct ckpt_rec_shm_state {
	__u32 cprid;
	__u32 lprid;
	__u32 flags;
	__u32 reserved;
	__s64 atime;
	__s64 dtime;
};

#define CKPT_SHM_DEST		(1U << 0) /* goes with its last attachment */

/**
 * struct ckpt_rec_file_shm - CKPT_REC_FILE_SHM, defines file @object, which areas show that have
 * a segment attached
 * @segment: shmsegment object
 * @open_flags: O_RDONLY or O_RDWR
 * @cred: cred object, who attached it
 * @reserved: zero
 */
struct ckpt_rec_file_shm {
	__u32 segment;
	__u32 open_flags;
	__u32 cred;
	__u32 reserved;
};

/**
 * struct ckpt_rec_shm_creator - CKPT_REC_SHM_CREATOR, a segment that task @object has made
 * @segment: shmsegment object
 * @reserved: zero
 */
struct ckpt_rec_shm_creator {
	__u32 segment;
	__u32 reserved;
};

/**
 * struct ckpt_rec_mqueue - CKPT_REC_MQUEUE, defines mqueue @object, a POSIX message queue
 * @cred: cred object of a user who had it open, 0 = the restarter's
 * @flags: CKPT_MQUEUE_*
 * @mode: permissions
 * @uid: owner, in the initial user namespace of the saver
 * @gid: -
 * @maxmsg: most messages
 * @msgsize: most bytes of a message
 * @reserved: zero
 * @atime_sec: st_atime; the same for the fields that follow
 * @mtime_sec: -
 * @ctime_sec: -
 * @atime_nsec: -
 * @mtime_nsec: -
 * @ctime_nsec: -
 * @reserved2: zero
 * @name: without a slash, NUL padded
 * @messages: array of bytes: the messages in the order in which they would be received,
 *	      each a struct ckpt_rec_msg and its text, padded with zeros to 8 bytes
 */
struct ckpt_rec_mqueue {
	__u32 cred;
	__u32 flags;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 maxmsg;
	__u32 msgsize;
	__u32 reserved;
	__s64 atime_sec;
	__s64 mtime_sec;
	__s64 ctime_sec;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 ctime_nsec;
	__u32 reserved2;
	char  name[256];
	struct ckpt_rec_array messages;
};

#define CKPT_MQUEUE_UNLINKED	(1U << 0) /* its name is gone */

/**
 * struct ckpt_rec_file_mqueue - CKPT_REC_FILE_MQUEUE, defines file @object, a message queue's
 * @queue: mqueue object
 * @open_flags: O_* flags to open it with
 * @cred: cred object, 0 = the restarter's
 * @reserved: zero
 */
struct ckpt_rec_file_mqueue {
	__u32 queue;
	__u32 open_flags;
	__u32 cred;
	__u32 reserved;
};

/**
 * struct ckpt_rec_mqueue_notify - CKPT_REC_MQUEUE_NOTIFY, a notification that the process of
 * task @object waits for
 * @queue: mqueue object
 * @notify: SIGEV_SIGNAL (0), SIGEV_NONE (1) or SIGEV_THREAD (2)
 * @signal: its number, 0 = none
 * @reserved: zero
 * @value: what comes with it
 * @socket: file object, the netlink socket of SIGEV_THREAD, 0 = none
 * @reserved2: zero
 * @cookie: what is received there, zero without a socket
 */
struct ckpt_rec_mqueue_notify {
	__u32 queue;
	__u32 notify;
	__u32 signal;
	__u32 reserved;
	__u64 value;
	__u32 socket;
	__u32 reserved2;
	__u8  cookie[32];
};

/**
 * struct ckpt_rec_ipc_limits - CKPT_REC_IPC_LIMITS, limits of the tree's own ipc namespace
 * @shmmax: kernel.shmmax, bytes of a segment
 * @shmall: kernel.shmall, pages of all segments
 * @sem: kernel.sem
 * @shmmni: kernel.shmmni, segments
 * @shm_rmid_forced: kernel.shm_rmid_forced, 0 or 1
 * @msgmax: kernel.msgmax, bytes of a message
 * @msgmnb: kernel.msgmnb, bytes of a queue
 * @msgmni: kernel.msgmni, queues
 * @queues_max: fs.mqueue.queues_max
 * @msg_max: fs.mqueue.msg_max
 * @msgsize_max: fs.mqueue.msgsize_max
 * @msg_default: fs.mqueue.msg_default
 * @msgsize_default: fs.mqueue.msgsize_default
 */
struct ckpt_rec_ipc_limits {
	__u64 shmmax;
	__u64 shmall;
	__s32 sem[4];
	__s32 shmmni;
	__u32 shm_rmid_forced;
	__u32 msgmax;
	__u32 msgmnb;
	__u32 msgmni;
	__u32 queues_max;
	__u32 msg_max;
	__u32 msgsize_max;
	__u32 msg_default;
	__u32 msgsize_default;
};

/* -- 0x07xx: sockets ------------------------------------------------------ */

/**
 * struct ckpt_rec_unix - CKPT_REC_UNIX, defines socket @object, a unix socket
 * @type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
 * @flags: CKPT_UNIX_*
 * @shutdown: 1 nothing is received any more, 2 nothing sent, 3 both
 * @error: what was not reported yet, such as ECONNRESET, else 0
 * @cred: cred object of who made it, 0 = the restarter's
 * @peer_pid: pid object that SO_PEERCRED shows, 0 = none
 * @peer_gone: gone object, 0 = none; instead of @peer_pid, if that process is gone
 * @peer_cred: cred object that SO_PEERCRED shows, 0 = the restarter's if there is a process
 * @backlog: connections that may wait, of one that listens
 * @reserved: zero
 * @name: array of bytes: sun_path as getsockname(2) shows it
 */
struct ckpt_rec_unix {
	__u32 type;
	__u32 flags;
	__u32 shutdown;
	__u32 error;
	__u32 cred;
	__u32 peer_pid;
	__u32 peer_gone;
	__u32 peer_cred;
	__u32 backlog;
	__u32 reserved;
	struct ckpt_rec_array name;
};

#define CKPT_UNIX_LISTENS	(1U << 0)
#define CKPT_UNIX_CONNECTED	(1U << 1)
#define CKPT_UNIX_PAIRED	(1U << 2) /* by connect(2), accept(2) or socketpair(2) */
#define CKPT_UNIX_PENDING	(1U << 3) /* waits to be accepted, and so has no file */
#define CKPT_UNIX_CLOSED	(1U << 4) /* it is known to others as a peer or sender alone */

/**
 * struct ckpt_rec_file_socket - CKPT_REC_FILE_SOCKET, defines file @object, of a socket
 * @socket: socket object, neither pending nor closed
 * @reserved: zero
 * @atime_sec: st_atime; the same for the fields that follow
 * @mtime_sec: -
 * @ctime_sec: -
 * @atime_nsec: -
 * @mtime_nsec: -
 * @ctime_nsec: -
 * @reserved2: zero
 */
struct ckpt_rec_file_socket {
	__u32 socket;
	__u32 reserved;
	__s64 atime_sec;
	__s64 mtime_sec;
	__s64 ctime_sec;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 ctime_nsec;
	__u32 reserved2;
};

/**
 * struct ckpt_rec_socket_options - CKPT_REC_SOCKET_OPTIONS, of socket @object
 * @options: array of struct ckpt_rec_socket_option, ascending by level and name
 */
struct ckpt_rec_socket_options {
	struct ckpt_rec_array options;
};

/**
 * struct ckpt_rec_socket_option - what setsockopt(2) has set
 * @level: SOL_SOCKET, SOL_IP, SOL_TCP, SOL_UDP, SOL_IPV6, SOL_RAW,
 *	SOL_PACKET, SOL_NETLINK
 * @name: SO_*, IP_*, TCP_*, UDP_*, IPV6_*, PACKET_*, NETLINK_*
 * @value: a number; of a time microseconds, of a linger seconds, of a size what getsockopt(2)
 *	shows
 * @more: of SO_LINGER: it is on; of SO_TIMESTAMPING and SO_ZEROCOPY the next number, of TCP how
 *	many bytes have got one; of SO_TXTIME its flags
 *
 * The name that TCP_CONGESTION shows is sixteen bytes, those of both numbers.
 */
struct ckpt_rec_socket_option {
	__u32 level;
	__u32 name;
	__s64 value;
	__s64 more;
};

/**
 * struct ckpt_rec_unix_link - CKPT_REC_UNIX_LINK, of socket @object, with whom it is connected
 * @peer: socket object, defined by CKPT_REC_UNIX
 * @listener: socket object, 0 = none; of a pending one: where it waits, behind earlier ones
 * @flags: CKPT_UNIX_LINK_*
 * @reserved: zero
 */
struct ckpt_rec_unix_link {
	__u32 peer;
	__u32 listener;
	__u32 flags;
	__u32 reserved;
};

#define CKPT_UNIX_LINK_MUTUAL	(1U << 0) /* the peer is connected with this one */

/**
 * struct ckpt_rec_unix_message - CKPT_REC_UNIX_MESSAGE, of socket @object, something that it is
 * to receive, behind earlier ones
 * @sender: socket object, defined by CKPT_REC_UNIX
 * @pid: pid object that SCM_CREDENTIALS shows, 0 = none
 * @gone: gone object, 0 = none; instead of @pid, if that process is gone
 * @uid: of SCM_CREDENTIALS, in the initial user namespace of the saver; -1 if there is no process
 * @gid: the same
 * @flags: CKPT_UNIX_MESSAGE_*
 * @stamp_ns: CLOCK_REALTIME when it was sent, 0 = it is not known
 * @data: array of bytes
 */
struct ckpt_rec_unix_message {
	__u32 sender;
	__u32 pid;
	__u32 gone;
	__u32 uid;
	__u32 gid;
	__u32 flags;
	__s64 stamp_ns;
	struct ckpt_rec_array data;
};

#define CKPT_UNIX_MESSAGE_URGENT (1U << 0) /* one byte, of MSG_OOB, the newest such */
#define CKPT_UNIX_MESSAGE_MARK	(1U << 1) /* where an urgent byte was that has been received */

/**
 * struct ckpt_rec_unix_rights - CKPT_REC_UNIX_RIGHTS, of socket @object, descriptors that are
 * under way with the message before (SCM_RIGHTS)
 * @files: array of struct ckpt_rec_unix_right, in their order
 */
struct ckpt_rec_unix_rights {
	struct ckpt_rec_array files;
};

/**
 * struct ckpt_rec_unix_right - an open file under way
 * @file: file object
 * @reserved: zero
 */
struct ckpt_rec_unix_right {
	__u32 file;
	__u32 reserved;
};

/**
 * struct ckpt_rec_unix_name - CKPT_REC_UNIX_NAME, by which others find socket @object
 * @mode: st_mode of its file
 * @reserved: zero
 * @uid: st_uid, in the initial user namespace of the saver
 * @gid: st_gid
 * @dev_major: of the file system; the file is taken again if it is the same
 * @dev_minor: -
 * @ino: -
 * @atime_sec: st_atime; the same for the fields that follow
 * @mtime_sec: -
 * @atime_nsec: -
 * @mtime_nsec: -
 * @path: array of bytes: absolute path of its file; none for an abstract name, which has no
 *	file, and the fields before are zero
 */
struct ckpt_rec_unix_name {
	__u32 mode;
	__u32 reserved;
	__u32 uid;
	__u32 gid;
	__u32 dev_major;
	__u32 dev_minor;
	__u64 ino;
	__s64 atime_sec;
	__s64 mtime_sec;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	struct ckpt_rec_array path;
};

/**
 * struct ckpt_rec_unix_remote - CKPT_REC_UNIX_REMOTE, of socket @object, of datagrams, that was
 * connected to somebody outside, and is again to whom it finds there
 * @name: array of bytes: absolute path, or an abstract name, which begins with a zero
 */
struct ckpt_rec_unix_remote {
	struct ckpt_rec_array name;
};

/**
 * struct ckpt_rec_socket_filter - CKPT_REC_SOCKET_FILTER, of socket @object: what it hears
 * @flags: CKPT_SOCKET_FILTER_*
 * @reserved: zero
 * @insns: array of struct ckpt_rec_bpf_insn, the program, empty if there is none
 */
struct ckpt_rec_socket_filter {
	__u32 flags;
	__u32 reserved;
	struct ckpt_rec_array insns;
};

#define CKPT_SOCKET_FILTER_LOCKED	(1U << 0) /* SO_LOCK_FILTER */

/**
 * struct ckpt_rec_inet - CKPT_REC_INET, defines socket @object, of IPv4 or IPv6
 * @family: AF_INET or AF_INET6
 * @type: SOCK_*
 * @protocol: IPPROTO_*
 * @flags: CKPT_INET_*
 * @shutdown: 1 nothing is received any more, 2 nothing sent, 3 both; 0 of a connection of TCP,
 *	which ends it itself
 * @error: what was not reported yet, 0 = nothing
 * @soft_error: what SO_ERROR shows if there is no @error
 * @cred: cred object of who made it, 0 = the restarter's
 */
struct ckpt_rec_inet {
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 flags;
	__u32 shutdown;
	__u32 error;
	__u32 soft_error;
	__u32 cred;
};

#define CKPT_INET_CONNECTED	(1U << 0) /* connect(2) or accept(2) has made it a connection */
#define CKPT_INET_DONE		(1U << 1) /* it was one, which has ended */
#define CKPT_INET_PENDING	(1U << 2) /* waits to be accepted, and so has no file */
#define CKPT_INET_CONNECTING	(1U << 3) /* connect(2) has not told that it is a connection */

/**
 * struct ckpt_rec_inet_name - CKPT_REC_INET_NAME, what socket @object is bound to
 * @flags: CKPT_INET_NAME_*
 * @port: its number; 0 if it has none yet
 * @address: of IPv4 the first four bytes, the rest zero
 */
struct ckpt_rec_inet_name {
	__u32 flags;
	__u32 port;
	__u8  address[16];
};

#define CKPT_INET_NAME_ADDRESS	(1U << 0) /* bind(2) has given the address */
#define CKPT_INET_NAME_PORT	(1U << 1) /* bind(2) has given the port */

/**
 * struct ckpt_rec_tcp_listen - CKPT_REC_TCP_LISTEN, of socket @object, which listens
 * @backlog: connections that may wait
 * @reserved: zero
 */
struct ckpt_rec_tcp_listen {
	__u32 backlog;
	__u32 reserved;
};

/**
 * struct ckpt_rec_tcp - CKPT_REC_TCP, of socket @object, its end of a connection
 * @peer: socket object, 0 = none, for it is closed; its other end, which has such a record too
 * @listener: socket object, 0 = none; of a pending one: where it waits, behind earlier ones
 * @flags: CKPT_TCP_*
 * @name: CKPT_INET_NAME_*
 * @port: its own
 * @peer_port: that of its peer
 * @address: as in struct ckpt_rec_inet_name
 * @peer_address: -
 * @timestamp: what TCP_TIMESTAMP shows
 * @window_clamp: what TCP_WINDOW_CLAMP shows, 0 = it is chosen anew
 * @urgent: an urgent byte that was received, plus one; 0 = none, 0x101 = it was taken
 * @urgent_at: how many bytes are to be read before that
 * @urgent_to_send: which of the bytes to be sent is urgent, 1 the first; 0 = none
 * @advmss: the largest segment that it takes, as TCP_INFO shows it
 *
 * What it has received and not read stands in front of it, in CKPT_REC_TCP_DATA; what it is to
 * send that its peer has not received stands behind it and its peer's record.
 */
struct ckpt_rec_tcp {
	__u32 peer;
	__u32 listener;
	__u32 flags;
	__u32 name;
	__u32 port;
	__u32 peer_port;
	__u8  address[16];
	__u8  peer_address[16];
	__u32 timestamp;
	__u32 window_clamp;
	__u32 urgent;
	__u32 urgent_at;
	__u32 urgent_to_send;
	__u32 advmss;
};

#define CKPT_TCP_ENDED		(1U << 0) /* nothing is sent or received now; the rest is zero */
#define CKPT_TCP_SHUT_READ	(1U << 1) /* by shutdown(2) */
#define CKPT_TCP_SHUT_WRITE	(1U << 2) /* by shutdown(2) */
#define CKPT_TCP_TIMESTAMPS	(1U << 3) /* what both ends have agreed on */
#define CKPT_TCP_SACK		(1U << 4) /* - */
#define CKPT_TCP_WINDOW_SCALE	(1U << 5) /* - */
#define CKPT_TCP_ECN		(1U << 6) /* - */
#define CKPT_TCP_OUTSIDE	(1U << 7) /* its peer is not in the image; CKPT_REC_TCP_KEPT */

/**
 * struct ckpt_rec_tcp_data - CKPT_REC_TCP_DATA, bytes of socket @object, behind earlier ones
 * @flags: CKPT_TCP_DATA_SEND or 0: it has received them
 * @reserved: zero
 * @data: array of bytes
 */
struct ckpt_rec_tcp_data {
	__u32 flags;
	__u32 reserved;
	struct ckpt_rec_array data;
};

#define CKPT_TCP_DATA_SEND	(1U << 0) /* it is to send them */

/**
 * struct ckpt_rec_tcp_kept - CKPT_REC_TCP_KEPT, of socket @object, whose peer is not in the image:
 * by what the connection is known
 * @cookie: random; while the kernel that wrote it keeps the connection silent, it is known by it
 * @flags: CKPT_TCP_KEPT_*
 * @snd_una: the first number that its peer has not told to have
 * @snd_nxt: the next that it has not sent
 * @write_seq: the next that it will have to send; with what shutdown(2) has ended
 * @rcv_nxt: the next that it has not received; with the end of what its peer sends
 * @rcv_wup: as it was when it last told of its window
 * @rcv_wnd: that window
 * @snd_wl1: the segment that last told of its peer's window
 * @snd_wnd: that window
 * @max_window: the largest that it was
 * @ts_recent: the last timestamp of its peer
 * @mss_clamp: the largest segment that its peer takes
 * @snd_wscale: by how many bits its peer's windows are shifted
 * @rcv_wscale: by how many its own are
 * @reserved: zero
 *
 * Stands in front of CKPT_REC_TCP.
 */
struct ckpt_rec_tcp_kept {
	__u64 cookie[2];
	__u32 flags;
	__u32 snd_una;
	__u32 snd_nxt;
	__u32 write_seq;
	__u32 rcv_nxt;
	__u32 rcv_wup;
	__u32 rcv_wnd;
	__u32 snd_wl1;
	__u32 snd_wnd;
	__u32 max_window;
	__u32 ts_recent;
	__u32 mss_clamp;
	__u32 snd_wscale;
	__u32 rcv_wscale;
	__u32 reserved[2];
};

#define CKPT_TCP_KEPT_ENDED	(1U << 0) /* its peer sends nothing more */
#define CKPT_TCP_KEPT_END_TAKEN	(1U << 1) /* neither does it, and its peer has told to know */

/**
 * struct ckpt_rec_udp - CKPT_REC_UDP, of socket @object, of UDP: whom it is connected with
 * @flags: CKPT_UDP_*
 * @port: its peer's, 0 if it is not connected
 * @address: its peer's; of IPv4 the first four bytes, the rest zero
 * @dropped: how many datagrams it had no room for
 * @reserved: zero
 * @stamp_ns: what SIOCGSTAMP shows: CLOCK_REALTIME when the last one came that was received, 0 = it
 *	is not known, negative if none was
 */
struct ckpt_rec_udp {
	__u32 flags;
	__u32 port;
	__u8  address[16];
	__u32 dropped;
	__u32 reserved;
	__s64 stamp_ns;
};

#define CKPT_UDP_CONNECTED	(1U << 0)

/**
 * struct ckpt_rec_udp_message - CKPT_REC_UDP_MESSAGE, of socket @object, a datagram that it is to
 * receive, behind earlier ones
 * @family: AF_INET or AF_INET6; a socket of IPv6 receives both
 * @source_port: of who has sent it
 * @target_port: to which it was sent
 * @tos: IP_TOS or IPV6_TCLASS
 * @ttl: IP_TTL or IPV6_HOPLIMIT
 * @flow_label: of IPV6_FLOWINFO
 * @mark: SO_MARK
 * @fragment: IP_RECVFRAGSIZE
 * @segment: UDP_GRO: several datagrams of that size, the last may be shorter; 0 = one
 * @dropped: SO_RXQ_OVFL
 * @source: who has sent it; of IPv4 the first four bytes, the rest zero
 * @target: to whom, the same
 * @local: ipi_spec_dst of IP_PKTINFO, the same
 * @device: name of the device that IP_PKTINFO shows, empty if there is none
 * @stamp_ns: CLOCK_REALTIME when it came, 0 = it is not known
 * @data: array of bytes
 */
struct ckpt_rec_udp_message {
	__u32 family;
	__u32 source_port;
	__u32 target_port;
	__u32 tos;
	__u32 ttl;
	__u32 flow_label;
	__u32 mark;
	__u32 fragment;
	__u32 segment;
	__u32 dropped;
	__u8  source[16];
	__u8  target[16];
	__u8  local[16];
	__u8  device[16];
	__s64 stamp_ns;
	struct ckpt_rec_array data;
};

/**
 * struct ckpt_rec_socket_devices - CKPT_REC_SOCKET_DEVICES, of socket @object: names of network
 * devices, each empty if there is none
 * @bound: SO_BINDTODEVICE
 * @multicast: IP_MULTICAST_IF
 * @unicast: IP_UNICAST_IF
 * @multicast6: IPV6_MULTICAST_IF
 * @unicast6: IPV6_UNICAST_IF
 * @address: the address of IP_MULTICAST_IF in the first four bytes, the rest zero
 */
struct ckpt_rec_socket_devices {
	__u8 bound[16];
	__u8 multicast[16];
	__u8 unicast[16];
	__u8 multicast6[16];
	__u8 unicast6[16];
	__u8 address[16];
};

/**
 * struct ckpt_rec_inet_groups - CKPT_REC_INET_GROUPS, of socket @object, of datagrams: the
 * multicast groups that it is in
 * @groups: array of struct ckpt_rec_inet_group, the newest first
 */
struct ckpt_rec_inet_groups {
	struct ckpt_rec_array groups;
};

/**
 * struct ckpt_rec_inet_group - a multicast group
 * @family: AF_INET or AF_INET6
 * @reserved: zero
 * @address: its address; of IPv4 the first four bytes, the rest zero
 * @device: name of the network device, empty = the kernel chose none
 */
struct ckpt_rec_inet_group {
	__u32 family;
	__u32 reserved;
	__u8  address[16];
	__u8  device[16];
};

/**
 * struct ckpt_rec_raw - CKPT_REC_RAW, of socket @object, a raw one or one of ICMP echo: whom it is
 * connected with, what it hears
 * @flags: CKPT_RAW_*
 * @port: what connect(2) was given as its peer's port, 0 if it is not connected
 * @address: its peer's; of IPv4 the first four bytes, the rest zero
 * @dropped: how many packets it had no room for
 * @reserved: zero
 * @stamp_ns: as in struct ckpt_rec_udp
 * @filter: bits of ICMPV6_FILTER; of ICMP_FILTER the first, the rest zero; else zero
 */
struct ckpt_rec_raw {
	__u32 flags;
	__u32 port;
	__u8  address[16];
	__u32 dropped;
	__u32 reserved;
	__s64 stamp_ns;
	__u32 filter[8];
};

#define CKPT_RAW_CONNECTED	(1U << 0)

/**
 * struct ckpt_rec_raw_message - CKPT_REC_RAW_MESSAGE, of socket @object, a raw one or one of ICMP
 * echo: a packet that it is to receive, behind earlier ones
 * @mark: SO_MARK
 * @fragment: IP_RECVFRAGSIZE
 * @dropped: SO_RXQ_OVFL
 * @reserved: zero
 * @local: ipi_spec_dst of IP_PKTINFO; four bytes, the rest zero
 * @device: name of the device that IP_PKTINFO shows, empty if there is none
 * @header: the IP header in front of @data, without options, the rest zero; zero of a raw socket of
 *	IPv4, which receives it
 * @stamp_ns: CLOCK_REALTIME when it came, 0 = it is not known
 * @data: array of bytes
 */
struct ckpt_rec_raw_message {
	__u32 mark;
	__u32 fragment;
	__u32 dropped;
	__u32 reserved;
	__u8  local[16];
	__u8  device[16];
	__u8  header[40];
	__s64 stamp_ns;
	struct ckpt_rec_array data;
};

/**
 * struct ckpt_rec_packet - CKPT_REC_PACKET, defines socket @object, of AF_PACKET
 * @type: SOCK_RAW or SOCK_DGRAM
 * @cred: cred object of who made it, 0 = the restarter's
 */
struct ckpt_rec_packet {
	__u32 type;
	__u32 cred;
};

/**
 * struct ckpt_rec_packet_name - CKPT_REC_PACKET_NAME, what packet socket @object hears
 * @protocol: ETH_P_*, 0 = nothing
 * @flags: CKPT_PACKET_*
 * @error: what was not reported yet, 0 = nothing
 * @packets: PACKET_STATISTICS: how many it has heard
 * @lost: PACKET_STATISTICS: how many it had no room for
 * @dropped: SO_RXQ_OVFL
 * @reserved: zero
 * @device: name of the device that it is bound to, empty = all
 * @reserved2: zero
 * @stamp_ns: as in struct ckpt_rec_udp
 * @members: array of struct ckpt_rec_packet_member, the newest first
 */
struct ckpt_rec_packet_name {
	__u32 protocol;
	__u32 flags;
	__u32 error;
	__u32 packets;
	__u32 lost;
	__u32 dropped;
	__u32 reserved;
	__u8  device[16];
	__u32 reserved2;
	__s64 stamp_ns;
	struct ckpt_rec_array members;
};

#define CKPT_PACKET_HEARS	(1U << 0) /* the device is up */

/**
 * struct ckpt_rec_packet_member - what a packet socket asks a device for
 * @type: PACKET_MR_*
 * @count: how often
 * @len: bytes of @address
 * @reserved: zero
 * @address: the address, the rest zero
 * @device: name of the device
 */
struct ckpt_rec_packet_member {
	__u32 type;
	__u32 count;
	__u32 len;
	__u32 reserved;
	__u8  address[32];
	__u8  device[16];
};

/**
 * struct ckpt_rec_packet_message - CKPT_REC_PACKET_MESSAGE, of socket @object, a packet that it is
 * to receive, behind earlier ones
 * @flags: CKPT_PACKET_PARTIAL and the following
 * @protocol: ETH_P_*
 * @hatype: ARPHRD_*
 * @pkttype: PACKET_HOST and so on
 * @original: bytes of it before a filter has cut it
 * @linear: how many bytes stand in one piece
 * @network: where its network header is
 * @checksum_start: of CKPT_PACKET_PARTIAL: from where the checksum is to be made
 * @checksum_offset: of CKPT_PACKET_PARTIAL: from there to where it stands
 * @segment: bytes of each segment if it is several, else 0
 * @tag_protocol: of its VLAN tag, 0 if it has none
 * @tag: its VLAN tag
 * @mark: as in struct ckpt_rec_udp_message
 * @dropped: the same
 * @address_len: bytes of @address
 * @reserved: zero
 * @address: who has sent it, the rest zero
 * @device: name of the device that it came by, empty if that is gone
 * @stamp_ns: when it came, 0 = nobody asked
 * @data: array of __u8: its bytes
 */
struct ckpt_rec_packet_message {
	__u32 flags;
	__u32 protocol;
	__u32 hatype;
	__u32 pkttype;
	__u32 original;
	__u32 linear;
	__u32 network;
	__u32 checksum_start;
	__u32 checksum_offset;
	__u32 segment;
	__u32 tag_protocol;
	__u32 tag;
	__u32 mark;
	__u32 dropped;
	__u32 address_len;
	__u32 reserved;
	__u8  address[32];
	__u8  device[16];
	__s64 stamp_ns;
	struct ckpt_rec_array data;
};

#define CKPT_PACKET_PARTIAL	(1U << 0) /* its checksum is not made yet */
#define CKPT_PACKET_VALID	(1U << 1) /* its checksum was found to be right */
#define CKPT_PACKET_TCPV4	(1U << 2) /* segments of TCP over IPv4 */
#define CKPT_PACKET_TCPV6	(1U << 3) /* segments of TCP over IPv6 */
#define CKPT_PACKET_UDP		(1U << 4) /* segments of UDP */
#define CKPT_PACKET_ECN		(1U << 5) /* the first segment has CWR alone */

/**
 * struct ckpt_rec_alg - CKPT_REC_ALG, defines socket @object, of AF_ALG
 * @sort: CKPT_ALG_*
 * @cred: cred object of who made it, 0 = the restarter's
 * @name: of the algorithm, as /proc/crypto has it, the rest zero; empty if it is not bound
 */
struct ckpt_rec_alg {
	__u32 sort;
	__u32 cred;
	__u8  name[128];
};

#define CKPT_ALG_UNBOUND	0
#define CKPT_ALG_HASH		1
#define CKPT_ALG_SKCIPHER	2

/**
 * struct ckpt_rec_vsock - CKPT_REC_VSOCK, defines socket @object, of AF_VSOCK, without a connection
 * @type: SOCK_STREAM or SOCK_SEQPACKET
 * @error: what was not reported yet, 0 = nothing
 * @cid: that it is bound to, VMADDR_CID_ANY if it is not bound
 * @port: that it is bound to, VMADDR_PORT_ANY if it is not bound
 * @cred: cred object of who made it, 0 = the restarter's
 * @reserved: zero
 * @size: SO_VM_SOCKETS_BUFFER_SIZE
 * @size_min: SO_VM_SOCKETS_BUFFER_MIN_SIZE
 * @size_max: SO_VM_SOCKETS_BUFFER_MAX_SIZE
 * @connect_us: SO_VM_SOCKETS_CONNECT_TIMEOUT, microseconds
 */
struct ckpt_rec_vsock {
	__u32 type;
	__u32 error;
	__u32 cid;
	__u32 port;
	__u32 cred;
	__u32 reserved;
	__u64 size;
	__u64 size_min;
	__u64 size_max;
	__s64 connect_us;
};

/**
 * struct ckpt_rec_vsock_listen - CKPT_REC_VSOCK_LISTEN, of socket @object, a vsock that listens
 * @backlog: connections that may wait
 * @reserved: zero
 */
struct ckpt_rec_vsock_listen {
	__u32 backlog;
	__u32 reserved;
};

/**
 * struct ckpt_rec_netlink - CKPT_REC_NETLINK, defines socket @object, of netlink
 * @type: SOCK_RAW or SOCK_DGRAM
 * @protocol: NETLINK_*
 * @flags: CKPT_NETLINK_*
 * @port: its port id, 0 if it has none yet
 * @peer_port: with which it is connected
 * @peer_group: the group to which it sends, 0 = none
 * @error: what was not reported yet, 0 = nothing
 * @cred: cred object of who made it, 0 = the restarter's
 * @groups: array of __u32: the groups that it receives, ascending
 */
struct ckpt_rec_netlink {
	__u32 type;
	__u32 protocol;
	__u32 flags;
	__u32 port;
	__u32 peer_port;
	__u32 peer_group;
	__u32 error;
	__u32 cred;
	struct ckpt_rec_array groups;
};

#define CKPT_NETLINK_CONNECTED	(1U << 0)

/**
 * struct ckpt_rec_netlink_message - CKPT_REC_NETLINK_MESSAGE, of socket @object, something that it
 * is to receive, behind earlier ones
 * @port: of who has sent it, 0 = the kernel
 * @group: to which it was sent, 0 = to this socket alone
 * @pid: number of the process that SCM_CREDENTIALS shows
 * @uid: of SCM_CREDENTIALS, in the initial user namespace of the saver
 * @gid: the same
 * @flags: CKPT_NETLINK_MESSAGE_*
 * @nsid: NETLINK_LISTEN_ALL_NSID
 * @reserved: zero
 * @data: array of bytes
 */
struct ckpt_rec_netlink_message {
	__u32 port;
	__u32 group;
	__u32 pid;
	__u32 uid;
	__u32 gid;
	__u32 flags;
	__s32 nsid;
	__u32 reserved;
	struct ckpt_rec_array data;
};

#define CKPT_NETLINK_MESSAGE_NSID (1U << 0) /* @nsid is known */

/* -- 0x10xx: x86 ---------------------------------------------------------- */

/**
 * struct ckpt_rec_x86_regs - CKPT_REC_X86_REGS, general registers of task @object
 * @regs: r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs
 *	  flags sp ss, as PTRACE_GETREGS orders them
 * @fs_base: -
 * @gs_base: -
 * @fs: selectors
 * @gs: -
 * @ds: -
 * @es: -
 * @flags: CKPT_X86_*
 * @pkru: protection key rights
 * @cr2: address of the last fault that raised a signal; signal frames show it
 *	 and the next two
 * @trap_nr: its number
 * @error_code: its error code
 * @dr6: status of the last debug trap, as a debugger reads it
 * @vdso_id: if ip lies in the kernel's vdso: the first 8 bytes of its build-id;
 *	     0 else
 */
struct ckpt_rec_x86_regs {
	__u64 regs[21];
	__u64 fs_base;
	__u64 gs_base;
	__u32 fs;
	__u32 gs;
	__u32 ds;
	__u32 es;
	__u32 flags;
	__u32 pkru;
	__u64 cr2;
	__u64 trap_nr;
	__u64 error_code;
	__u64 dr6;
	__u64 vdso_id;
};

#define CKPT_X86_COMPAT		(1U << 0) /* stopped in a 32-bit system call */
#define CKPT_X86_SYSCALL	(1U << 1) /* stopped in a system call (orig_ax >= 0) */
#define CKPT_X86_POKED		(1U << 2) /* a 32-bit debugger has changed the registers */

/**
 * struct ckpt_rec_x86_xstate - CKPT_REC_X86_XSTATE, extended state of task @object
 * @features: xfeatures in @state; components not named are in their initial state
 * @state: array of bytes, the standard (uncompacted) XSAVE format that
 *	   PTRACE_GETREGSET NT_X86_XSTATE gives
 * @avx512_ms: milliseconds since AVX-512 was used last, as
 *	       /proc/PID/arch_status shows, plus one; 0 = never
 * @offset: where each component starts in @state (CPUID leaf 13 of the saving
 *	    processor), indexed by xfeature, 0 if it has none; x87 and SSE lie
 *	    where they always do
 */
struct ckpt_rec_x86_xstate {
	__u64 features;
	struct ckpt_rec_array state;
	__u64 avx512_ms;
	__u32 offset[32];
};

/**
 * struct ckpt_rec_x86_tls - CKPT_REC_X86_TLS, TLS entries of task @object
 * @desc: the GDT's three TLS descriptors, raw
 */
struct ckpt_rec_x86_tls {
	__u64 desc[3];
};

/**
 * struct ckpt_rec_x86_ldt - CKPT_REC_X86_LDT, local descriptor table of mm @object
 * @entries: array of __u64: its descriptors, raw, zero where there is none
 */
struct ckpt_rec_x86_ldt {
	struct ckpt_rec_array entries;
};

/**
 * struct ckpt_rec_x86_debug - CKPT_REC_X86_DEBUG, hardware breakpoints of task @object
 * @address: what PTRACE_PEEKUSER shows of debug registers 0 to 3
 * @control: the same of 7
 * @set: bits of those of the four that have been set
 * @reserved: zero
 */
struct ckpt_rec_x86_debug {
	__u64 address[4];
	__u64 control;
	__u32 set;
	__u32 reserved;
};

/**
 * struct ckpt_rec_x86_cpu - CKPT_REC_X86_CPU, what the program may have seen
 * @xfeatures: user xstate features enabled
 * @words: array of __u32 by CKPT_X86_CPUID_*: features in force
 */
struct ckpt_rec_x86_cpu {
	__u64 xfeatures;
	struct ckpt_rec_array words;
};

#define CKPT_X86_CPUID_1_EDX		0 /* leaf, register */
#define CKPT_X86_CPUID_1_ECX		1
#define CKPT_X86_CPUID_7_0_EBX		2
#define CKPT_X86_CPUID_7_0_ECX		3
#define CKPT_X86_CPUID_7_0_EDX		4
#define CKPT_X86_CPUID_7_1_EAX		5
#define CKPT_X86_CPUID_7_1_EDX		6
#define CKPT_X86_CPUID_D_1_EAX		7
#define CKPT_X86_CPUID_80000001_EDX	8
#define CKPT_X86_CPUID_80000001_ECX	9
#define CKPT_X86_CPUID_80000008_EBX	10
#define CKPT_X86_CPUID_WORDS		11

#endif /* _LINUX_CHECKPOINT_HDR_H */
