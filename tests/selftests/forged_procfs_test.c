// SPDX-License-Identifier: GPL-2.0-only
/*
 * forged_procfs_test.c - images that lead to other files of proc than were saved.
 */
#include "procfs.h"

/* In the place of the first path of a record type, as long as that by slashes */
static void *forge_path(struct image *image, uint32_t type, const char *name)
{
	struct ckpt_rec *rec = image_find(image, type);
	struct ckpt_rec_array *array = (void *)((uint8_t *)(rec + 1) + rec->size - sizeof(*array));
	char *text = (char *)(array + 1);

	memset(text, '/', array->count);
	memcpy(text + array->count - strlen(name), name, strlen(name));
	return rec + 1;
}

static void has_status(void)
{
	get("/proc/self/task/../task/../oom_score_adj", O_RDONLY);
	ready();
}

static long forge(struct subject *s, struct image *image, void (*run)(void), uint32_t type,
		  const char *name)
{
	long ret = subject_start(s, run) ?: save_and_load(s, image);

	if (ret)
		return ret;
	if (name)
		forge_path(image, type, name);
	return 0;
}

TEST_F(forged, another_process)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/proc/1/oom_adj"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "a file of another process"));
}

TEST_F(forged, by_a_link)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/proc/self/comm"));
	EXPECT_EQ(-ELOOP, try_forged(&self->s, &self->image));
}

TEST_F(forged, outside_of_proc)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/init"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "no file of proc"));
}

TEST_F(forged, not_of_a_process)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, CKPT_REC_FILE_PROC_PID,
			   "/proc/version"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
}

static char own_path[64];

TEST_F(forged, what_is_refused_at_saving)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, 0, NULL));
	snprintf(own_path, sizeof(own_path), "/proc/%d/uid_map", self->s.pid);
	forge_path(&self->image, CKPT_REC_FILE_PROC_PID, own_path);
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "is not restored"));
}

/* The memory of a process that is being made is nobody's to look at. */
TEST_F(forged, memory)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_status, 0, NULL));
	snprintf(own_path, sizeof(own_path), "/proc/%d/mem", self->s.pid);
	forge_path(&self->image, CKPT_REC_FILE_PROC_PID, own_path);
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
}

static void has_version(void)
{
	get("/proc/sys/kernel/ostype", O_RDONLY);
	ready();
}

TEST_F(forged, path_to_a_file)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_version, CKPT_REC_FILE_PSEUDO, "/init"));
	EXPECT_EQ(-ESTALE, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "is no file of proc"));
}

TEST_F(forged, path_to_a_process)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, has_version, CKPT_REC_FILE_PSEUDO,
			   "/proc/1/stat"));
	EXPECT_EQ(-EOPNOTSUPP, try_forged(&self->s, &self->image));
}

TEST_F(forged, what_its_user_may_not_open)
{
	ASSERT_EQ(0, forge(&self->s, &self->image, of_a_user, CKPT_REC_FILE_PSEUDO,
			   "/proc/kmsg"));
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
}

/* Checked when the process is another user's: the parent is root. */
TEST_F(forged, what_its_user_may_not_open_of_a_process)
{
	struct ckpt_rec *rec;

	ASSERT_EQ(0, forge(&self->s, &self->image, of_a_user, 0, NULL));
	rec = image_find(&self->image, CKPT_REC_FILE_PROC_PID);
	((struct ckpt_rec_file_proc_pid *)(rec + 1))->pid =
		((struct ckpt_rec_header *)(image_record(&self->image, 0) + 1))->root;
	snprintf(own_path, sizeof(own_path), "/proc/%d/oom_score_adj", self->s.pid);
	forge_path(&self->image, CKPT_REC_FILE_PROC_PID, own_path);
	EXPECT_EQ(-EACCES, try_forged(&self->s, &self->image));
	EXPECT_TRUE(subject_told(&self->s, "may not be opened by its user"));
}

static void read_status(void)
{
	char buf[16];
	int fd = get("/proc/self/status", O_RDONLY);

	read_all(fd);
	ready();
	check_equal(read(fd, buf, sizeof(buf)), 0);
}

/* As many records as there are not: the end */
TEST_F(forged, beyond_the_end)
{
	struct ckpt_rec_file_proc_pid *data;

	ASSERT_EQ(0, forge(&self->s, &self->image, read_status, 0, NULL));
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_PROC_PID) + 1);
	data->index = 1ULL << 62;
	image_seal(&self->image);
	ASSERT_EQ(0, image_store(&self->image, self->s.image));
	subject_go(&self->s, 1);
	EXPECT_EQ(0, subject_restart(&self->s, 0));
	EXPECT_EQ(0, subject_wait(&self->s));
}

TEST_F(forged, negative_record)
{
	struct ckpt_rec_file_proc_pid *data;

	ASSERT_EQ(0, forge(&self->s, &self->image, read_status, 0, NULL));
	data = (void *)(image_find(&self->image, CKPT_REC_FILE_PROC_PID) + 1);
	data->index = 1ULL << 63;
	EXPECT_EQ(-EINVAL, try_forged(&self->s, &self->image));
}

TEST_F(forged, records_missing)
{
	ASSERT_EQ(0, subject_start(&self->s, has_status));
	ASSERT_LT(0, subject_save(&self->s, CHECKPOINT_KILL));
	ASSERT_TRUE(image_leave_out(self->s.image, CKPT_REC_FILE_PROC_CHECK));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0));
	EXPECT_TRUE(subject_told(&self->s, "lacks records"));
	ASSERT_TRUE(image_leave_out(self->s.image, CKPT_REC_FILE_LATE));
	EXPECT_EQ(-EINVAL, subject_restart(&self->s, 0));
}

TEST_HARNESS_MAIN
