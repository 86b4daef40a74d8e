// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_map_test.c - BPF maps that are held as descriptors: arrays and hashes, several open files
 * of one, frozen ones; those that others or programs use.
 */
#include <linux/bpf.h>

#include "forged.h"

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int make_map(uint32_t type, uint32_t key, uint32_t value, uint32_t max, uint32_t flags)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = key, .value_size = value, .max_entries = max,
		.map_flags = flags, .map_name = "checkpointed",
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static int put(int fd, const void *key, const void *value)
{
	union bpf_attr attr = {
		.map_fd = fd, .key = (uintptr_t)key, .value = (uintptr_t)value,
	};

	return bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

static int get(int fd, const void *key, void *value)
{
	union bpf_attr attr = {
		.map_fd = fd, .key = (uintptr_t)key, .value = (uintptr_t)value,
	};

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

static struct bpf_map_info info_of(int fd)
{
	struct bpf_map_info info = {};
	union bpf_attr attr = {
		.info.bpf_fd = fd, .info.info_len = sizeof(info), .info.info = (uintptr_t)&info,
	};

	check(!bpf(BPF_OBJ_GET_INFO_BY_FD, &attr));
	return info;
}

static void check_same(struct bpf_map_info before, int fd)
{
	struct bpf_map_info after = info_of(fd);

	check_equal(after.type, before.type);
	check_equal(after.key_size, before.key_size);
	check_equal(after.value_size, before.value_size);
	check_equal(after.max_entries, before.max_entries);
	check_equal(after.map_flags, before.map_flags);
	check(!strcmp(after.name, before.name));
}

static bool is_missing(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	close(fd);
	return fd < 0;
}

/* -- contents --------------------------------------------------------------------------------- */

/* A value of an odd size; most elements are never set. */
static void array(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 5, 1000, BPF_F_RDONLY_PROG);
	struct bpf_map_info info = info_of(fd);
	uint32_t key;
	char value[5];

	for (key = 0; key < 1000; key += 7) {
		snprintf(value, sizeof(value), "%u", key);
		check(!put(fd, &key, value));
	}
	ready();
	check_same(info, fd);
	for (key = 0; key < 1000; key++) {
		check(!get(fd, &key, value));
		check_equal(atoi(value), key % 7 ? 0 : key);
	}
	check(get(fd, &key, value) == -1 && errno == ENOENT);
}
TEST_STORIES(array)

static void hash(uint32_t flags)
{
	int fd = make_map(BPF_MAP_TYPE_HASH, 12, 20000, 128, flags), i;
	struct bpf_map_info info = info_of(fd);
	char key[12] = "", value[20000];
	union bpf_attr attr = { .map_fd = fd, .key = (uintptr_t)key };

	for (i = 0; i < 128; i++) {
		memset(key, 0, sizeof(key));
		snprintf(key, sizeof(key), "key %d", i);
		pattern_fill(value, sizeof(value), i);
		check(!put(fd, key, value));
	}
	ready();
	check_same(info, fd);
	for (i = 0; i < 128; i++) {
		memset(key, 0, sizeof(key));
		snprintf(key, sizeof(key), "key %d", i);
		check(!get(fd, key, value) && pattern_is(value, sizeof(value), i));
	}
	memset(key, 0, sizeof(key));
	check(put(fd, key, value) == -1 && errno == E2BIG);
	snprintf(key, sizeof(key), "key %d", 3);
	check(!bpf(BPF_MAP_DELETE_ELEM, &attr) && get(fd, key, value) == -1);
}

static void whole_hash(void) { hash(0); }
TEST_STORIES(whole_hash)

static void growing_hash(void) { hash(BPF_F_NO_PREALLOC); }
TEST_KILLED(growing_hash)

static void empty_hash(void)
{
	int fd = make_map(BPF_MAP_TYPE_HASH, 1, 1, 3, 0);
	char key = 1, value = 2;

	ready();
	check(get(fd, &key, &value) == -1 && errno == ENOENT);
	check(!put(fd, &key, &value));
}
TEST_KILLED(empty_hash)

/* -- sharing, freezing ------------------------------------------------------------------------ */

static int shared;

static void child_writes(void *arg)
{
	uint32_t key = 2;
	uint64_t value = 22;

	child_ready();
	check(!put(shared, &key, &value));
}

static void shared_by_files(void)
{
	union bpf_attr attr = { .open_flags = BPF_F_RDONLY };
	uint32_t key = 1;
	uint64_t value = 11;
	int reader;
	pid_t pid;

	shared = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	attr.map_id = info_of(shared).id;
	reader = bpf(BPF_MAP_GET_FD_BY_ID, &attr);
	check(reader >= 0 && !put(shared, &key, &value));
	pid = spawn(child_writes, NULL);
	await_child(pid);
	ready();
	join(pid);
	check(put(reader, &key, &value) == -1 && errno == EPERM);
	check(!get(reader, &key, &value) && value == 11);
	key = 2;
	check(!get(reader, &key, &value) && value == 22);
	check(info_of(reader).id == info_of(shared).id);
}
TEST_STORIES(shared_by_files)

static void frozen(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	union bpf_attr attr = { .map_fd = fd };
	uint32_t key = 0;
	uint64_t value = 7;

	check(!put(fd, &key, &value) && !bpf(BPF_MAP_FREEZE, &attr));
	ready();
	check(!get(fd, &key, &value) && value == 7);
	check(put(fd, &key, &value) == -1 && errno == EPERM);
	check(bpf(BPF_MAP_FREEZE, &attr) == -1 && errno == EPERM);
}
TEST_STORIES(frozen)

/* -- refused ---------------------------------------------------------------------------------- */

static void used_by_a_program(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0), program;
	struct bpf_insn code[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd }, {},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 4,
		.insns = (uintptr_t)code, .license = (uintptr_t)"GPL",
	};

	program = bpf(BPF_PROG_LOAD, &attr);
	check(fd == 3 && program == 4 && dup2(program, 5) == 5);
	ready();
	close(program);
}
TEST_REFUSED(used_by_a_program, EBUSY, "is used outside the tree too, or by a program")

static void only_written(void)
{
	check(make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_WRONLY) >= 0);
	ready();
}
TEST_REFUSED(only_written, EOPNOTSUPP, "which its program cannot read, cannot be saved yet")

static void mapped(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 4096, 1, BPF_F_MMAPABLE);

	check(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
	ready();
}
TEST_REFUSED(mapped, EOPNOTSUPP, "area ")

TEST(restarter_without_the_right)
{
	struct subject s;

	if (is_missing())
		SKIP(return, "this kernel has no bpf(2)");
	ASSERT_EQ(0, subject_start(&s, empty_hash));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL));
	EXPECT_GT(0, subject_restart_below_user(&s));
	EXPECT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	EXPECT_EQ(0, subject_wait(&s));
}

/* -- forged images --------------------------------------------------------------------------- */

static struct ckpt_rec_bpf_map *map_in(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_BPF_MAP) + 1);
}

static struct ckpt_rec_file_bpf_map *file_in(const struct image *image)
{
	return (void *)(image_find(image, CKPT_REC_FILE_BPF_MAP) + 1);
}

static void other_type(struct image *image)
{
	map_in(image)->type = BPF_MAP_TYPE_PROG_ARRAY;
}

static void largest_type(struct image *image)
{
	map_in(image)->type = -1;
}

static void no_key(struct image *image)
{
	map_in(image)->key_size = 0;
}

static void largest_key(struct image *image)
{
	map_in(image)->key_size = -1;
}

static void no_value(struct image *image)
{
	map_in(image)->value_size = 0;
}

static void largest_value(struct image *image)
{
	map_in(image)->value_size = -1;
}

static void other_value(struct image *image)
{
	map_in(image)->value_size--;
}

static void no_entries(struct image *image)
{
	map_in(image)->max_entries = 0;
}

static void too_few_entries(struct image *image)
{
	map_in(image)->max_entries = 1;
}

static void unknown_flags(struct image *image)
{
	map_in(image)->flags |= BPF_F_NUMA_NODE;
}

static void flags_of_another_sort(struct image *image)
{
	map_in(image)->flags |= BPF_F_MMAPABLE;
}

static void too_frozen(struct image *image)
{
	map_in(image)->frozen = 2;
}

static void endless_name(struct image *image)
{
	memset(map_in(image)->name, 'a', sizeof(map_in(image)->name));
}

static void name_of_signs(struct image *image)
{
	map_in(image)->name[0] = '/';
}

static void not_reserved(struct image *image)
{
	map_in(image)->reserved = 1;
}

static void elements_of_a_file(struct image *image)
{
	image_find(image, CKPT_REC_BPF_ELEMENTS)->object =
		image_find(image, CKPT_REC_FILE_BPF_MAP)->object;
}

/* The second element gets the key of the first. */
static void twice_a_key(struct image *image)
{
	struct ckpt_rec_bpf_elements *data = (void *)(image_find(image, CKPT_REC_BPF_ELEMENTS) + 1);
	uint8_t *elements = (void *)(data + 1);

	memcpy(elements + 16, elements, 8);
}

static void file_of_no_map(struct image *image)
{
	file_in(image)->map = 0;
}

static void file_of_itself(struct image *image)
{
	file_in(image)->map = image_find(image, CKPT_REC_FILE_BPF_MAP)->object;
}

static void file_to_write(struct image *image)
{
	file_in(image)->access = O_WRONLY;
}

static void largest_access(struct image *image)
{
	file_in(image)->access = -1;
}

static void two_elements(void)
{
	int fd = make_map(BPF_MAP_TYPE_HASH, 8, 8, 2, 0);
	uint64_t key, value;

	for (key = 0; key < 2; key++)
		check(!put(fd, &key, &key));
	ready();
	for (key = 0; key < 2; key++)
		check(!get(fd, &key, &value) && value == key);
}

TEST_F(forged, maps)
{
	static void (* const changes[])(struct image *image) = {
		other_type, largest_type, no_key, largest_key, no_value, largest_value,
		other_value, no_entries, unknown_flags, flags_of_another_sort, too_frozen,
		endless_name, name_of_signs, not_reserved, elements_of_a_file, twice_a_key,
		file_of_no_map, file_of_itself, file_to_write, largest_access, too_few_entries,
	};

	if (is_missing())
		SKIP(return, "this kernel has no bpf(2)");
	EXPECT_EQ(0, subject_start(&self->s, two_elements));
	EXPECT_EQ(0, try_all(&self->s, &self->image, changes, 21));
}

TEST_HARNESS_MAIN
