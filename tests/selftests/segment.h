/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * segment.h - the segment of System V shared memory that a subject of these tests has.
 */
#ifndef _SEGMENT_H
#define _SEGMENT_H

#include <sys/ipc.h>
#include <sys/shm.h>

#include "subject.h"

#define KEY	0x434b5053
#define PAGE	4096UL
#define LEN	(64 * PAGE)

static int seg;
static char *mem;

static inline struct shmid_ds stat_segment(int id)
{
	struct shmid_ds ds = {};

	check(!shmctl(id, IPC_STAT, &ds));
	return ds;
}

static inline void make_segment(key_t key)
{
	seg = shmget(key, LEN - 100, IPC_CREAT | IPC_EXCL | 0640);
	check(seg >= 0);
}

static inline char *attach(int flags)
{
	char *p = shmat(seg, NULL, flags);

	check(p != (void *)-1);
	return p;
}

static inline void remove_segment(void)
{
	check(!shmctl(seg, IPC_RMID, NULL));
}

static inline int count_segments(void)
{
	struct shm_info info;

	shmctl(0, SHM_INFO, (void *)&info);
	return info.used_ids;
}

static inline void remove_all(void)
{
	struct shmid_ds ds;
	int i, id;

	for (i = 0; i < 32000 && count_segments(); i++) {
		id = shmctl(i, SHM_STAT, &ds);
		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
}

static inline void with_a_file(void)
{
	make_segment(KEY);
	mem = attach(0);
	check(open(test_file("some"), O_RDWR | O_CREAT, 0600) >= 0);
	mem[3] = 4;
	ready();
	check_equal(mem[3], 4);
	check(!shmdt(mem));
	remove_segment();
}

#endif /* _SEGMENT_H */
