// SPDX-License-Identifier: GPL-2.0-only
/*
 * advice.c - what to do about a refusal, in words that both ckpt and rstr use.
 */
#include <stdio.h>
#include <unistd.h>

#include "advice.h"
#include "proc.h"
#include "text.h"

const char *advise_gate(char *const argv[], char *buffer, size_t len)
{
	char command[512];

	if (proc_number("/proc/sys/kernel/checkpoint_policy", -1) == 2)
		return "kernel.checkpoint_policy is 2: nobody may until the next reboot";
	if (!geteuid())
		return "root of a container may lack CAP_CHECKPOINT_RESTORE: run it outside";
	snprintf(buffer, len,
		 "it takes CAP_CHECKPOINT_RESTORE or membership in kernel.checkpoint_group; run '%s', or have root set the sysctl kernel.checkpoint_policy to 0",
		 text_command(argv, "sudo", NULL, command, sizeof(command)));
	return buffer;
}

const char *advise_root(char *const argv[], char *buffer, size_t len)
{
	char command[512];

	if (!geteuid())
		return "root of a container may lack the right: run it outside";
	snprintf(buffer, len, "run '%s'",
		 text_command(argv, "sudo", NULL, command, sizeof(command)));
	return buffer;
}

const char *advise_option(char *const argv[], const char *option, char *buffer, size_t len)
{
	char command[512];

	snprintf(buffer, len, "run '%s'",
		 text_command(argv, NULL, option, command, sizeof(command)));
	return buffer;
}

const char *advise_without(char *const argv[], const char *option, char *buffer, size_t len)
{
	char command[512];

	snprintf(buffer, len, "run '%s'",
		 text_command_without(argv, option, command, sizeof(command)));
	return buffer;
}
