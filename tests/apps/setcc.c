// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does the processor keep its flags when SETcc meets a copy-on-write page?
 *
 * qemu 7.2's emulation does not (10.0 does): SETG after TEST, made again after the
 * page fault, stores 0 for a positive number.  fork() write-protects every page,
 * and so does a checkpoint; gcc's register allocator keeps a flag of its own that
 * is set in this way (ira_conflicts_p) and then compiles one function otherwise.
 *
 * Exit status: 0 if it stores what it should, 1 if not, 2 if that was not tried.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	bool *stored = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	if (stored == MAP_FAILED)
		return 2;
	*stored = true;
	child = fork();
	if (child < 0)
		return 2;
	if (!child) {
		pause();
		_exit(0);
	}
	/* The flags that take the place of the lost ones are older: "equal" */
	asm volatile("cmp %1, %1\n\tjmp 1f\n1:\ttest %1, %1\n\tsetg %0\n\tcmp $2, %1"
		     : "=m" (*stored) : "r" (1) : "cc");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return *stored ? EXIT_SUCCESS : EXIT_FAILURE;
}
