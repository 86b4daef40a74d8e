// SPDX-License-Identifier: GPL-2.0-only
/*
 * cut.c - cut the machine's power while a command is at work.
 *
 *	cut MOMENT COMMAND...
 *
 * MOMENT is what ckpt --kill is about to do, or is doing:
 *
 *	writing		its image, for a fiftieth of a second
 *	fsync		of the file
 *	rename
 *	directory	fsync of it
 *	end		of the program
 *
 * Nothing is synced, no file system is unmounted: the machine is reset as it stands.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/checkpoint_hdr.h>

#include "steps.h"

/**
 * struct moment - before a system call
 * @name: of the moment
 * @nr: number of the call
 * @nth: which one of its kind
 * @us: so long after it has been made; 0 = before
 */
static const struct moment {
	const char *name;
	long nr;
	unsigned int nth;
	unsigned int us;
} moments[] = {
	{ "writing", CKPT_NR_checkpoint, 1, 20000 },
	{ "fsync", SYS_fsync, 1, 0 },
	{ "rename", SYS_renameat, 1, 0 },
	{ "directory", SYS_fsync, 2, 0 },
	{ "end", CKPT_NR_checkpoint, 2, 0 },
};

static void cut_power(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY);

	if (write(fd, "b", 1) != 1)
		perror("cut: /proc/sysrq-trigger");
	pause();
}

static int cut_at(const struct moment *moment, char *const argv[])
{
	unsigned int count = 0;
	int status = 0;
	pid_t pid = steps_start(argv);
	long nr;

	if (pid < 0) {
		fprintf(stderr, "cut: %s cannot be traced\n", argv[0]);
		return 1;
	}
	do {
		nr = steps_next(pid, &status);
		if (nr == moment->nr)
			count++;
	} while (nr >= 0 && count < moment->nth);
	if (nr < 0) {
		fprintf(stderr, "cut: the moment '%s' did not come, the command ended with %#x\n",
			moment->name, status);
		return 1;
	}
	if (moment->us) {
		steps_let_go(pid);
		usleep(moment->us);
	}
	cut_power();
	return 0;
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 2 && i < sizeof(moments) / sizeof(moments[0]); i++) {
		if (!strcmp(argv[1], moments[i].name))
			return cut_at(&moments[i], argv + 2);
	}
	fprintf(stderr, "usage: cut MOMENT COMMAND...\n");
	return 2;
}
