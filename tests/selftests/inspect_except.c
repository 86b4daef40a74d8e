// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_except.c - what may differ between two looks of a tree at itself, and why.
 *
 * scripts/lists writes this table into Documentation/exceptions.md.
 */
#include "inspect.h"

const struct exception exceptions[] = {
	/* A program that goes on */
	{ "time passes", ALWAYS, GROWS,
	  { "*.clock.*", "*.times.at" } },
	{ "time passes", ALWAYS, SHRINKS,
	  { "*timer.*.left", "*.fd.*.timer_left", "*.fdinfo.*.it_value" } },
	{ "time since AVX-512 was used last", ALWAYS, ANY,
	  { "*.arch_status.AVX512_elapsed_ms" } },
	{ "CPU time is used", ALWAYS, GROWS,
	  { "*.times.*", "*.rusage.*.time", "*.schedstat.*" } },
	{ "CPU time is used, pages are touched", ALWAYS, GROWS,
	  { "*.stat.1[0-7]" } },
	{ "CPU time is used; a zombie that comes back pays for its exit once more", ALWAYS, GROWS,
	  { "*.waitid.*.usage" } },
	{ "pages are touched", ALWAYS, GROWS,
	  { "*.rusage.*.faults" } },
	{ "it waits", ALWAYS, GROWS,
	  { "*.rusage.*.switches", "*.status.*voluntary_ctxt_switches" } },
	{ "the dump is read and written", ALWAYS, GROWS,
	  { "*.io.*", "*.rusage.*.blocks" } },
	{ "pages are touched, and aged by the kernel", ALWAYS, ANY,
	  { "*.smaps.*.Referenced" } },
	{ "the processor that it runs on", ALWAYS, ANY,
	  { "*.stat.39" } },
	{ "counted in batches, and of children that count for the dump", ALWAYS, GROWS,
	  { "*.rusage.*.maxrss" } },
	{ "the scheduler's figures", ALWAYS, ANY,
	  { "*.sched.se.*", "*.sched.nr_*", "*.sched.clock-delta" } },

	/* Where a thread waits */
	{ "it goes on in restart_syscall(2), as after SIGSTOP and SIGCONT", ALWAYS, ANY,
	  { "nanosleep.task.syscall.1", "poll.task.syscall.1", "futex.task.syscall.1" } },
	{ "the kernel's own stack: how it got to where it waits", ALWAYS, ANY,
	  { "*.task.stack.*", "*.process.stack.*", "nanosleep.task.wchan.1" } },

	/* What is made anew */
	{ "inode numbers of what is made anew", ANEW, ANY,
	  { "*.fd.*.pipe.inode", "*.fd.*.nameless.inode", "*.fd.*.pidfd.inode",
	    "*.fd.*.queue.inode", "*.fd.*.proc.inode", "*.fdinfo.*.pipe.inode",
	    "*.fdinfo.*.nameless.inode", "*.fdinfo.*.pidfd.inode", "*.fdinfo.*.queue.inode",
	    "*.fdinfo.*.proc.inode", "*.smaps.*.nameless.inode" } },
	{ "times of change of state and of birth of what is made anew", ANEW, GROWS,
	  { "*.fd.*.nameless.[cb]time", "*.fd.*.terminal.ctime" } },
	{ "an inode that the kernel makes when it is looked at begins to be there", ANEW, GROWS,
	  { "*.fd.*.pidfd.[acm]time", "*.fd.*.namespace.[acm]time", "*.fd.*.proc.[acm]time" } },
	{ "the parent of the root is the restarter", ANEW, ANY,
	  { "*.status.PPid", "*.stat.4", "*.parent" } },
	{ "an I/O context is made when it is needed; who has none shares it", ANEW, ANY,
	  { "all.kcmp.*.io" } },
	{ "the number of an autogroup", ANEW, ANY,
	  { "*.autogroup.1" } },
	{ "the audit session is the restarter's", ANEW, ANY,
	  { "*.sessionid.1" } },
	{ "signals queued for a zombie, which nobody will take any more", ANEW, SHRINKS,
	  { "*.SigQ" } },

	/* Memory */
	{ "all memory reads as soft-dirty", ANEW, ANY,
	  { "*.soft_dirty" } },
	{ "neighbours that can be merged may come back as one", ANEW, ABSENT,
	  { "*.smaps.*", "*.pagemap.*" } },
	{ "memory that processes share copy-on-write since a fork is each one's own", ANEW, ANY,
	  { "*.smaps.*.Pss", "*.smaps.*.Pss_Dirty", "*.smaps.*.Shared_Clean",
	    "*.smaps.*.Shared_Dirty", "*.smaps.*.Private_Clean", "*.smaps.*.Private_Dirty",
	    "*.smaps.*.Locked" } },
	{ "pages are mapped when they are touched, and pages of zeros do not come back", ANEW, ANY,
	  { "*.smaps.*.Rss", "*.smaps.*.Anonymous", "*.pagemap.*.present", "*.pagemap.*.of_file",
	    "*.stat.24", "*.statm.[23]", "*.status.Rss*", "*.status.VmRSS" } },
	{ "page tables are made as they are needed", ANEW, ANY,
	  { "*.status.VmPTE" } },
	{ "it follows from the memory that it has", ANEW, ANY,
	  { "*.oom_score.1" } },
	{ "pages that MADV_FREE gave up and nobody has taken are not given up any more", ANEW, SHRINKS,
	  { "*.LazyFree" } },
	{ "the kernel gives and takes huge pages", ANEW, ANY,
	  { "*.AnonHugePages" } },

	/* Namespaces of the user's own */
	{ "namespaces are new, and the tree has those of the restarter", BY_A_USER, ANY,
	  { "*.ns/*", "*.fd.*.namespace.inode", "*.fdinfo.*.namespace.inode", "*.uid_map.*",
	    "*.gid_map.*", "*.projid_map.*" } },
	{ "mounts of the new namespace have new numbers, in another order", BY_A_USER, ANY,
	  { "*.fd.*.mount", "*.fdinfo.*.mnt_id", "*.mountinfo.*", "*.mounts.*", "*.mountstats.*",
	    "*.fd.*.proc.device", "*.fd.*.queue.device" } },
	{ "the ipc namespace has nothing else in it", BY_A_USER, ANY,
	  { "all./proc/sysvipc/*" } },
	{ "users without a number in the user namespace are shown as nobody", BY_A_USER, ANY,
	  { "*.fd.*.file_owner" } },
	{ "start times of before need CAP_CHECKPOINT_RESTORE in the initial user namespace", BY_A_USER, GROWS,
	  { "*.stat.22" } },
	{ "an audit login user that the user may not set is the restarter's", BY_A_USER, ANY,
	  { "*.loginuid.1" } },
	{ "the session keyring is the restarter's, or the user's own", BY_A_USER, ANY,
	  { "*.keyring.*", "all./proc/key*" } },
};

const unsigned int nr_exceptions = sizeof(exceptions) / sizeof(exceptions[0]);
