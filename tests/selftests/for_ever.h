/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * for_ever.h - a page that nobody fills: who touches it in the kernel keeps what it has locked
 * until it is killed.
 */
#ifndef _FOR_EVER_H
#define _FOR_EVER_H

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "subject.h"

static inline void *page_for_ever(void)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	range.range.start = (uintptr_t)page;
	range.range.len = 4096;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		_exit(1);
	return page;
}

#endif /* _FOR_EVER_H */
