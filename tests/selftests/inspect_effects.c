// SPDX-License-Identifier: GPL-2.0-only
/*
 * inspect_effects.c - settings that nothing shows but what the next call does.
 */
#include "inspect.h"

#define PAGE	4096UL

/* Where the next area comes to lie */
static void dump_next_area(const char *key, size_t len, int prot, int flags)
{
	char *p = mmap(NULL, len, prot, flags | MAP_ANONYMOUS, -1, 0);

	line("next_area.%s %s", key, p == MAP_FAILED ? strerrorname_np(errno) : "done");
	line("next_area.%s.address %p", key, p);
	if (p != MAP_FAILED)
		munmap(p, len);
}

/* What the process gives all of its areas */
static void dump_next_flags(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), text[256];

	check(p != MAP_FAILED);
	vm_flags_at(p, text, sizeof(text));
	line("next_area.flags %s", text);
	munmap(p, PAGE);
}

static void dump_result(const char *key, long ret)
{
	line("next.%s %s", key, ret == -1 ? strerrorname_np(errno) : "done");
}

static void dump_protection(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED);
	*p = 1;
	dump_result("make_executable", mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	munmap(p, PAGE);
}

/* The executable, which nobody may write to while it runs on some kernels */
static void dump_executable(void)
{
	int fd = open("/proc/self/exe", O_WRONLY | O_CLOEXEC);

	dump_result("write_to_program", fd);
	if (fd >= 0)
		close(fd);
}

void dump_effects(void)
{
	void *end = sbrk(0);
	int fd;

	dump_next_area("page", PAGE, PROT_READ, MAP_PRIVATE);
	dump_next_area("large", 4UL << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE);
	dump_next_area("shared", PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	dump_next_area("stack", PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN);
	dump_next_area("code", PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
	dump_next_flags();
	dump_protection();
	dump_executable();
	/* A filter answers with an error that the call has not. */
	dump_result("reboot", syscall(SYS_reboot, 0, 0, 0, 0));
	dump_result("ptrace", syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
	fd = dup(0);
	line("next.descriptor %d", fd);
	close(fd);
	line("next.brk %s", sbrk(PAGE) == (void *)-1 ? strerrorname_np(errno) : "done");
	check(!brk(end));
}
