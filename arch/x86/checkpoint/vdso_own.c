// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the vdsos of this kernel, by their build-ids.
 */
#include <linux/buildid.h>
#include <linux/cache.h>
#include <linux/elf.h>
#include <linux/init.h>
#include <linux/string.h>
#include <asm/vdso.h>
#include "x86.h"

/* Those of this kernel, by ABI */
static struct ckpt_x86_vdso own_vdsos[] __ro_after_init = {
	{ .image = &vdso_image_64 },
	{ .image = VDSO_IMAGE_32 },
};

static bool __init parse_notes(struct ckpt_x86_vdso *own, unsigned int type, u64 offset, u64 bytes)
{
	return type == PT_NOTE &&
	       !build_id_parse_buf(own->image->data + offset, own->build_id, bytes);
}

static bool __init find_build_id_64(struct ckpt_x86_vdso *own)
{
	const struct elf64_hdr *ehdr = own->image->data;
	const struct elf64_phdr *phdr = own->image->data + ehdr->e_phoff;
	unsigned int i;

	for (i = 0; i < ehdr->e_phnum; i++, phdr++)
		if (parse_notes(own, phdr->p_type, phdr->p_offset, phdr->p_filesz))
			return true;
	return false;
}

static bool __init find_build_id_32(struct ckpt_x86_vdso *own)
{
	const struct elf32_hdr *ehdr = own->image->data;
	const struct elf32_phdr *phdr = own->image->data + ehdr->e_phoff;
	unsigned int i;

	for (i = 0; i < ehdr->e_phnum; i++, phdr++)
		if (parse_notes(own, phdr->p_type, phdr->p_offset, phdr->p_filesz))
			return true;
	return false;
}

static int __init vdso_build_id_init(void)
{
	/* Linked without --build-id no image would be recognised. */
	WARN_ON(!find_build_id_64(&own_vdsos[0]));
	WARN_ON(own_vdsos[1].image && !find_build_id_32(&own_vdsos[1]));
	return 0;
}
late_initcall(vdso_build_id_init);

/**
 * ckpt_x86_own_vdso - a vdso of this kernel
 * @image: the vdso, NULL for none
 *
 * Return: what is known of it, NULL for none or that of an ABI that is not saved
 */
const struct ckpt_x86_vdso *ckpt_x86_own_vdso(const struct vdso_image *image)
{
	unsigned int i;

	for (i = 0; image && i < ARRAY_SIZE(own_vdsos); i++)
		if (own_vdsos[i].image == image)
			return &own_vdsos[i];
	return NULL;
}

/**
 * ckpt_x86_find_vdso - the vdso of this kernel with a build-id
 * @build_id: BUILD_ID_SIZE_MAX bytes
 *
 * Return: the vdso, NULL if this kernel has none with it
 */
const struct vdso_image *ckpt_x86_find_vdso(const u8 *build_id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own_vdsos); i++)
		if (own_vdsos[i].image &&
		    !memcmp(build_id, own_vdsos[i].build_id, BUILD_ID_SIZE_MAX))
			return own_vdsos[i].image;
	return NULL;
}

static u64 short_id(const struct ckpt_x86_vdso *own)
{
	u64 id;

	memcpy(&id, own->build_id, sizeof(id));
	return id;
}

/**
 * ckpt_x86_vdso_id - what distinguishes the vdso that a thread is in from another
 * @mm: the thread's memory
 * @ip: its instruction pointer
 *
 * Return: the first 8 bytes of its build-id, 0 if the thread is in none
 */
u64 ckpt_x86_vdso_id(const struct mm_struct *mm, unsigned long ip)
{
	const struct ckpt_x86_vdso *own = ckpt_x86_own_vdso(mm->context.vdso_image);
	unsigned long vdso = (unsigned long)mm->context.vdso;

	return own && ip >= vdso && ip - vdso < own->image->size ? short_id(own) : 0;
}

/**
 * ckpt_x86_has_vdso - has this kernel a vdso?
 * @id: what ckpt_x86_vdso_id() returned
 *
 * Return: true if it has
 */
bool ckpt_x86_has_vdso(u64 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own_vdsos); i++)
		if (own_vdsos[i].image && short_id(&own_vdsos[i]) == id)
			return true;
	return false;
}
