// SPDX-License-Identifier: GPL-2.0-only
/*
 * version.c - the tools' version, and whether this kernel has the calls.
 */
#include <stdio.h>
#include <sys/utsname.h>

#include "libcheckpoint.h"
#include "proc.h"
#include "result.h"
#include "text.h"
#include "version.h"

static const char *who_may(void)
{
	switch (proc_number("/proc/sys/kernel/checkpoint_policy", -1)) {
	case 0:
		return "anybody may use them";
	case 1:
		return "CAP_CHECKPOINT_RESTORE or the group kernel.checkpoint_group may use them";
	case 2:
		return "nobody may use them until the next reboot";
	default:
		return "who may use them is not known";
	}
}

int print_version(const char *tool, int failed)
{
	struct utsname name = { 0 };

	result_guard();
	uname(&name);
	printf("%s %s\n", tool, CKPT_TOOLS_VERSION);
	if (ckpt_supported())
		printf("kernel %s has checkpoint() and restart(); %s\n", name.release, who_may());
	else
		printf("kernel %s has no checkpoint(): boot one that was built with CONFIG_CHECKPOINT=y\n",
		       name.release);
	return result_code(0, failed);
}
