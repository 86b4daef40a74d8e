// SPDX-License-Identifier: GPL-2.0-only
/*
 * finish.c - end as the program did.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rstr.h"
#include "text.h"

/* Inode number of the first pid namespace, fixed in the kernel. */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

/* /proc need not be there. */
bool is_machine_init(void)
{
	char name[64] = "";

	if (getpid() != 1)
		return false;
	if (readlink("/proc/self/ns/pid", name, sizeof(name) - 1) < 0)
		return true;
	return !strcmp(name, FIRST_PID_NAMESPACE);
}

/* The kernel panics when process 1 ends: switch the machine off instead. */
static void power_off(int status)
{
	if (WIFSIGNALED(status))
		say_err("the program died of signal %d, the machine is switched off",
			WTERMSIG(status));
	else
		say_err("the program ended with status %d, the machine is switched off",
			WEXITSTATUS(status));
	sync();
	reboot(RB_POWER_OFF);
}

void finish_as(int status)
{
	struct rlimit no_core = { 0, 0 };

	fflush(NULL);
	if (is_machine_init())
		power_off(status);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	/* the program has left its own core, if any */
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	die_of_signal(WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}
