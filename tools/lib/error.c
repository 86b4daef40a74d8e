// SPDX-License-Identifier: LGPL-2.1-only
/*
 * error.c - errors in words, and what to do about them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clean.h"
#include "compiler.h"
#include "libcheckpoint.h"

struct advice {
	enum ckpt_call call;
	int err;
	const char *text;
};

static const struct advice advices[] = {
	{ CKPT_CALL_CHECKPOINT, ENOSYS,
	  "this kernel has no checkpoint(): boot one that was built with CONFIG_CHECKPOINT=y" },
	{ CKPT_CALL_CHECKPOINT, EPERM,
	  "become root, or have root set the sysctl kernel.checkpoint_policy to 0 or make you a member of kernel.checkpoint_group"
	},
	{ CKPT_CALL_CHECKPOINT, EACCES,
	  "only a process that you may trace can be saved: become its user or root" },
	{ CKPT_CALL_CHECKPOINT, ESRCH,
	  "look with 'ps' which processes there are" },
	{ CKPT_CALL_CHECKPOINT, EBADF,
	  "open it for writing first" },
	{ CKPT_CALL_CHECKPOINT, EINVAL,
	  "look with 'ps' for the process that you mean" },
	{ CKPT_CALL_CHECKPOINT, EOPNOTSUPP,
	  "have the program close or end what is named, and try again" },
	{ CKPT_CALL_CHECKPOINT, EIO,
	  "look with 'dmesg' what is wrong with the disk, or write the image to another place" },
	{ CKPT_CALL_CHECKPOINT, EBUSY,
	  "end what is named, or wait until it is done, and try again" },
	{ CKPT_CALL_CHECKPOINT, ETIMEDOUT,
	  "try again with a longer time limit" },
	{ CKPT_CALL_CHECKPOINT, ETIME,
	  "try again with a longer time limit" },
	{ CKPT_CALL_CHECKPOINT, ENOSPC,
	  "free some space or write the image to another place" },
	{ CKPT_CALL_CHECKPOINT, EDQUOT,
	  "free some of your quota or write the image to another place" },
	{ CKPT_CALL_CHECKPOINT, EFBIG,
	  "raise the file size limit (ulimit -f) or write the image to a pipe" },
	{ CKPT_CALL_CHECKPOINT, ENOMEM,
	  "free some memory and try again" },
	{ CKPT_CALL_CHECKPOINT, EDEADLK,
	  "write the image to a place that the program itself does not read or serve" },
	{ CKPT_CALL_CHECKPOINT, EPIPE,
	  "the reader ended: look at its own message" },
	{ CKPT_CALL_CHECKPOINT, EINTR,
	  "it was interrupted: try again" },

	{ CKPT_CALL_RESTART, ENOSYS,
	  "this kernel has no restart(): boot one that was built with CONFIG_CHECKPOINT=y" },
	{ CKPT_CALL_RESTART, EPERM,
	  "become root, or have root set the sysctl kernel.checkpoint_policy to 0 or make you a member of kernel.checkpoint_group"
	},
	{ CKPT_CALL_RESTART, EACCES,
	  "let the user that restarts it open the file that is named" },
	{ CKPT_CALL_RESTART, EEXIST,
	  "end the process that has the pid, or give the program pids of its own" },
	{ CKPT_CALL_RESTART, ESTALE,
	  "put the file back as it was" },
	{ CKPT_CALL_RESTART, ENOENT,
	  "put the file back where it was, or say with 'rstr --map OLD=NEW' where it is" },
	{ CKPT_CALL_RESTART, EPIPE,
	  "it is cut off: make it or copy it again" },
	{ CKPT_CALL_RESTART, EBADMSG,
	  "the image is damaged: copy it again from where it was made" },
	{ CKPT_CALL_RESTART, EINVAL,
	  "look with 'ckptinfo --verify' what is wrong with the image" },
	{ CKPT_CALL_RESTART, E2BIG,
	  "restart it on a kernel at least as new as the one that saved it" },
	{ CKPT_CALL_RESTART, EOPNOTSUPP,
	  "restart it on a machine and a kernel that have what is named" },
	{ CKPT_CALL_RESTART, ENOMEM,
	  "free some memory and try again" },
	{ CKPT_CALL_RESTART, EAGAIN,
	  "free what is named or raise its limit (ulimit -u, pids.max), and try again" },
	{ CKPT_CALL_RESTART, EMFILE,
	  "raise the limit on open files (ulimit -n)" },
	{ CKPT_CALL_RESTART, EBADF,
	  "redirect that descriptor of rstr's" },
	{ CKPT_CALL_RESTART, EIO,
	  "look with 'dmesg' what is wrong with the disk, or copy the image again" },
	{ CKPT_CALL_RESTART, EINTR,
	  "it was interrupted: try again" },

	{ CKPT_CALL_READ, EPIPE,
	  "copy the image again from where it was made" },
	{ CKPT_CALL_READ, EBADMSG,
	  "copy the image again from where it was made" },
	{ CKPT_CALL_READ, E2BIG,
	  "use a ckptinfo at least as new as the kernel that saved it" },
	{ CKPT_CALL_READ, EOPNOTSUPP,
	  "use a ckptinfo at least as new as the kernel that saved it" },
	{ CKPT_CALL_READ, EINVAL,
	  "name a file that ckpt made" },
};

const char *ckpt_error_advice(enum ckpt_call call, int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(advices); i++) {
		if (advices[i].call == call && advices[i].err == err)
			return advices[i].text;
	}
	return NULL;
}

#define NAME(_err) { _err, #_err }

const char *ckpt_errno_name(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		NAME(EPERM), NAME(ENOENT), NAME(ESRCH), NAME(EINTR), NAME(EIO),
		NAME(ENXIO), NAME(E2BIG), NAME(ENOEXEC), NAME(EBADF), NAME(ECHILD),
		NAME(EAGAIN), NAME(ENOMEM), NAME(EACCES), NAME(EFAULT), NAME(EBUSY),
		NAME(EEXIST), NAME(EXDEV), NAME(ENODEV), NAME(ENOTDIR), NAME(EISDIR),
		NAME(EINVAL), NAME(ENFILE), NAME(EMFILE), NAME(ENOTTY), NAME(ETXTBSY),
		NAME(EFBIG), NAME(ENOSPC), NAME(ESPIPE), NAME(EROFS), NAME(EMLINK),
		NAME(EPIPE), NAME(ERANGE), NAME(EDEADLK), NAME(ENAMETOOLONG),
		NAME(ENOSYS), NAME(ELOOP), NAME(ENODATA), NAME(ETIME), NAME(EOVERFLOW),
		NAME(EBADMSG), NAME(EUSERS), NAME(EOPNOTSUPP), NAME(ETIMEDOUT),
		NAME(ESTALE), NAME(EDQUOT), NAME(ECANCELED), NAME(ENOKEY),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].err == err)
			return names[i].name;
	}
	return "error";
}

/* "writing the image failed": then the errno says why. */
static bool wants_reason(const struct checkpoint_error *error)
{
	static const char end[] = " failed";
	size_t len = strnlen(error->message, CKPT_MESSAGE_LEN);

	return error->err && len >= sizeof(end) - 1 &&
	       !memcmp(error->message + len - (sizeof(end) - 1), end, sizeof(end) - 1);
}

char *ckpt_error_text(const struct checkpoint_error *error, char *buffer, size_t len)
{
	char who[48] = "";

	if (error->pid && error->tid && error->tid != error->pid)
		snprintf(who, sizeof(who), "pid %d, thread %d: ", error->pid, error->tid);
	else if (error->pid)
		snprintf(who, sizeof(who), "pid %d: ", error->pid);

	if (!error->message[0])
		snprintf(buffer, len, "%s%s", who, strerror(error->err));
	else
		snprintf(buffer, len, "%s%.*s%s%s", who, CKPT_MESSAGE_LEN, error->message,
			 wants_reason(error) ? ": " : "",
			 wants_reason(error) ? strerror(error->err) : "");
	return clean_string(buffer);
}
