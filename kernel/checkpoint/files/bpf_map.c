// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: BPF maps that are held as descriptors.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include "bpf.h"

/**
 * DOC: BPF maps
 *
 * Preserved: arrays and hashes that the tree alone has: their sizes, flags, name, contents,
 * whether they were frozen (BPF_MAP_FREEZE), and which open files are of one map.
 *
 * Refused: maps of other types, with type information (BTF), for one NUMA node or with a seed
 * of zero; one that can only be written to, for the program could not read what would be in
 * the image; one that somebody outside the tree has, that is pinned in a file system, or used
 * by a program; any, where the caller may not make maps: without CAP_BPF
 * kernel.unprivileged_bpf_disabled decides.  restart() asks again.
 *
 * Immaterial: the map's id is a number that the kernel gives; the order of a hash's
 * elements is its own.
 */

/* Flags of BPF_MAP_CREATE that come back; what else there is means other sorts of maps. */
#define MAP_FLAGS	(BPF_F_NO_PREALLOC | BPF_F_RDONLY | BPF_F_RDONLY_PROG | \
			 BPF_F_WRONLY_PROG | BPF_F_MMAPABLE | BPF_F_INNER_MAP)

static struct bpf_map *map_of(const struct file *file)
{
	return file->f_op == &bpf_map_fops ? file->private_data : NULL;
}

/* -- check and save ------------------------------------------------------------------ */

static bool bpf_map_match(struct ckpt_ctx *ctx, void *ptr)
{
	return map_of(ptr);
}

static const char *obstacle(const struct file *file, const struct bpf_map *map)
{
	if (map->map_type != BPF_MAP_TYPE_ARRAY && map->map_type != BPF_MAP_TYPE_HASH)
		return "which is neither an array nor a hash,";
	if (map->btf || map->record || map->inner_map_meta)
		return "with type information (BTF)";
	if (bpf_map_is_offloaded((struct bpf_map *)map))
		return "of a network device";
	if (map->map_flags & ~MAP_FLAGS)
		return "with special flags";
	if (!(file->f_mode & FMODE_CAN_READ) || file->f_mode & FMODE_PATH)
		return "which its program cannot read,";
	if ((u64)map->key_size + map->value_size > CKPT_BPF_ELEMENTS_MAX)
		return "with elements of more than 1 MiB";
	return NULL;
}

/* Each open file of a map has a reference, and so have programs and others. */
static bool is_ours(struct ckpt_ctx *ctx, void *arg)
{
	const struct bpf_map *map = arg;
	const struct ckpt_seen *seen;
	unsigned int nr = 0;

	for_each_ckpt_seen(seen, ctx, CKPT_SEEN_FILE)
		if (map_of(seen->ptr) == map)
			nr++;
	return atomic64_read(&map->refcnt) <= nr;
}

static int bpf_map_check(struct ckpt_ctx *ctx, void *ptr)
{
	struct bpf_map *map = map_of(ptr);
	const char *why = obstacle(ptr, map);

	if (why)
		return ckpt_cannot_save(ctx, "a BPF map (type %u, id %u) %s", map->map_type,
					map->id, why);
	/* As map_create() */
	if (sysctl_unprivileged_bpf_disabled && !ckpt_caller_capable(ctx, CAP_BPF) &&
	    !ckpt_caller_capable(ctx, CAP_SYS_ADMIN))
		return ckpt_file_fail(ctx, -EPERM, "a BPF map could not be made again by the caller (kernel.unprivileged_bpf_disabled); save it as root");
	if (ckpt_settle(is_ours, ctx, map))
		return ckpt_check_holders(ctx, ptr, "a BPF map");
	return ckpt_file_fail(ctx, -EBUSY, "BPF map %u is used outside the tree too, or by a program; see to that first",
			      map->id);
}

static int map_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	struct bpf_map *map = ptr;
	struct ckpt_rec_bpf_map rec = {
		.type = map->map_type,
		.key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries,
		.flags = map->map_flags,
		.frozen = READ_ONCE(map->frozen),
	};

	BUILD_BUG_ON(sizeof(rec.name) != sizeof(map->name));
	memcpy(rec.name, map->name, sizeof(rec.name));
	return ckpt_emit(ctx, kind, id, &rec, NULL, 0) ?: ckpt_save_elements(ctx, map, id);
}

static int bpf_map_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind, void *ptr, u32 id)
{
	const struct file *file = ptr;
	struct ckpt_rec_file_bpf_map rec = { .access = file->f_flags & O_ACCMODE };
	int err = ckpt_save_object(ctx, &ckpt_class_bpfmap, map_of(file), &rec.map);

	return err ?: ckpt_emit(ctx, kind, id, &rec, NULL, 0);
}

/* -- validate and restore: the map ------------------------------------------------------ */

static void put_map(void *ptr)
{
	bpf_map_put_with_uref(ptr);
}

const struct ckpt_class ckpt_class_bpfmap = {
	.name	= "bpfmap",
	.fate	= CKPT_FATE_LEAVE,
	.put	= put_map,
};

static int map_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_bpf_map *data = item->data;

	if ((data->type != BPF_MAP_TYPE_ARRAY && data->type != BPF_MAP_TYPE_HASH) ||
	    data->flags & ~MAP_FLAGS || data->frozen > 1 ||
	    strnlen((const char *)data->name, sizeof(data->name)) == sizeof(data->name))
		return ckpt_fail(ctx, -EINVAL, "a BPF map is malformed");
	if ((u64)data->key_size + data->value_size > CKPT_BPF_ELEMENTS_MAX)
		return ckpt_fail(ctx, -EINVAL, "a BPF map has elements of %u and %u bytes",
				 data->key_size, data->value_size);
	return 0;
}

/*
 * A descriptor of the restarter's is what bpf(2) gives; it is closed at once.  Another thread
 * of the restarter may have put something else there meanwhile: only a map that nobody else
 * can have is what was made.
 */
static struct bpf_map *take_map(int fd)
{
	struct file *file = fget(fd);
	struct bpf_map *map = file ? map_of(file) : NULL;

	if (map && file_count(file) == 2 && atomic64_read(&map->refcnt) == 1)
		bpf_map_inc_with_uref(map);
	else
		map = NULL;
	if (file)
		fput(file);
	close_fd(fd);
	return map;
}

static int fail_changed(struct ckpt_ctx *ctx)
{
	return ckpt_fail(ctx, -EBUSY, "a descriptor of the restarter changed while a BPF map was made");
}

static struct bpf_map *make_map(struct ckpt_ctx *ctx, const struct ckpt_rec_bpf_map *data)
{
	union bpf_attr attr = {
		.map_type = data->type,
		.key_size = data->key_size,
		.value_size = data->value_size,
		.max_entries = data->max_entries,
		.map_flags = data->flags,
	};
	struct bpf_map *map;
	int fd;

	memcpy(attr.map_name, data->name, sizeof(attr.map_name));
	fd = kern_sys_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return ERR_PTR(ckpt_fail(ctx, fd, "a BPF map cannot be made by the restarter (error %d)",
					 -fd));
	map = take_map(fd);
	return map ?: ERR_PTR(fail_changed(ctx));
}

static int map_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_bpf_map *data = item->data;
	const struct cred *old = ckpt_drop_rights(ctx);
	struct bpf_map *map;

	if (IS_ERR(old))
		return ckpt_fail(ctx, PTR_ERR(old), "no memory for credentials");
	map = make_map(ctx, data);
	ckpt_regain_rights(old);
	if (IS_ERR(map))
		return PTR_ERR(map);
	mutex_lock(&map->freeze_mutex);
	WRITE_ONCE(map->frozen, data->frozen);
	mutex_unlock(&map->freeze_mutex);
	return ckpt_set_object(ctx, item->object, map);
}

CHECKPOINT_KIND(bpf_map) = {
	.name		= "bpf_map",
	.type		= CKPT_REC_BPF_MAP,
	.size		= sizeof(struct ckpt_rec_bpf_map),
	.stage		= CKPT_STAGE_OBJECT,
	.class		= &ckpt_class_bpfmap,
	.defines	= true,
	.save_object	= map_save,
	.validate	= map_validate,
	.restore	= map_restore,
};

/* -- validate and restore: an open file ------------------------------------------------- */

static int file_bpf_map_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_file_bpf_map *data = item->data;

	if (data->access != O_RDONLY && data->access != O_RDWR)
		return ckpt_fail(ctx, -EINVAL, "access mode %u of a BPF map is unknown",
				 data->access);
	return 0;
}

static void *file_bpf_map_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_file_bpf_map *data = item->data;
	struct bpf_map *map = ckpt_object(ctx, data->map, &ckpt_class_bpfmap);
	struct file *file;
	int fd;

	if (!map)
		return ERR_PTR(ckpt_fail(ctx, -EINVAL, "BPF map %u was not made", data->map));
	bpf_map_inc_with_uref(map);
	fd = bpf_map_new_fd(map, data->access);
	if (fd < 0) {
		bpf_map_put_with_uref(map);
		return ERR_PTR(ckpt_fail(ctx, fd, "a BPF map cannot be opened (error %d)", -fd));
	}
	file = fget(fd);
	close_fd(fd);
	if (file && map_of(file) == map)
		return file;
	if (file)
		fput(file);
	return ERR_PTR(fail_changed(ctx));
}

CHECKPOINT_KIND(file_bpf_map) = {
	.name		= "file_bpf_map",
	.type		= CKPT_REC_FILE_BPF_MAP,
	.size		= sizeof(struct ckpt_rec_file_bpf_map),
	.stage		= CKPT_STAGE_OBJECT,
	.rank		= CKPT_RANK_EXACT,
	.class		= &ckpt_class_file,
	.defines	= true,
	.match		= bpf_map_match,
	.check_object	= bpf_map_check,
	.save_object	= bpf_map_save,
	.validate	= file_bpf_map_validate,
	.restore_object	= file_bpf_map_restore,
};
