// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: let the vdso of another kernel make real system calls.
 *
 * The text comes from an image: every offset in it is an enemy's.
 */
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "x86.h"

#define ENTRY(_name) \
	{ "__vdso_" #_name, ckpt_vdso_##_name, ckpt_vdso_##_name##_end }

/* Each has an alias without the prefix. */
static const struct entry {
	const char *name;
	const u8 *code;
	const u8 *end;
} entries[] = {
	ENTRY(clock_gettime),
	ENTRY(clock_getres),
	ENTRY(gettimeofday),
	ENTRY(time),
	ENTRY(getcpu),
	ENTRY(getrandom),
	ENTRY(sgx_enter_enclave),
};

static const struct entry *find_entry(const char *name)
{
	const size_t prefix = strlen("__vdso_");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		if (!strcmp(name, entries[i].name) ||
		    !strcmp(name, entries[i].name + prefix))
			return &entries[i];
	return NULL;
}

struct image {
	void *text;
	size_t size;
};

static bool inside(const struct image *image, u64 offset, u64 bytes)
{
	return offset <= image->size && bytes <= image->size - offset;
}

static bool copy_out(const struct image *image, u64 offset, void *to, size_t bytes)
{
	if (!inside(image, offset, bytes))
		return false;
	memcpy(to, image->text + offset, bytes);
	return true;
}

static bool read_section(const struct image *image, const struct elf64_hdr *ehdr,
			 unsigned int i, struct elf64_shdr *shdr)
{
	u64 offset = (u64)i * sizeof(*shdr);

	return i < ehdr->e_shnum && ehdr->e_shoff <= image->size &&
	       copy_out(image, ehdr->e_shoff + offset, shdr, sizeof(*shdr));
}

/* Find the dynamic symbols and their names. */
static bool find_symbols(const struct image *image, struct elf64_shdr *symbols,
			 struct elf64_shdr *names)
{
	struct elf64_hdr ehdr;
	unsigned int i;

	if (!copy_out(image, 0, &ehdr, sizeof(ehdr)) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_machine != EM_X86_64 ||
	    ehdr.e_shentsize != sizeof(*symbols))
		return false;
	for (i = 0; i < ehdr.e_shnum; i++) {
		if (!read_section(image, &ehdr, i, symbols))
			return false;
		if (symbols->sh_type == SHT_DYNSYM)
			break;
	}
	/* Symbol values are offsets as the text is linked at 0. */
	return i < ehdr.e_shnum && symbols->sh_entsize == sizeof(struct elf64_sym) &&
	       symbols->sh_addr == symbols->sh_offset &&
	       inside(image, symbols->sh_offset, symbols->sh_size) &&
	       read_section(image, &ehdr, symbols->sh_link, names) &&
	       names->sh_type == SHT_STRTAB &&
	       inside(image, names->sh_offset, names->sh_size);
}

/* The name of a symbol, NULL if it does not end within the names. */
static const char *symbol_name(const struct image *image, const struct elf64_shdr *names,
			       const struct elf64_sym *sym)
{
	const char *name = image->text + names->sh_offset + sym->st_name;

	if (sym->st_name >= names->sh_size ||
	    !memchr(name, '\0', names->sh_size - sym->st_name))
		return NULL;
	return name;
}

static bool is_entry(const struct elf64_sym *sym)
{
	unsigned int type = ELF64_ST_TYPE(sym->st_info);

	return sym->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_NOTYPE);
}

static int patch_entry(struct ckpt_ctx *ctx, const struct image *image,
		       const char *name, const struct elf64_sym *sym)
{
	const struct entry *entry = name ? find_entry(name) : NULL;
	size_t size;

	if (!entry)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the image's vdso has an entry unknown here: %*pE",
				 name ? (int)min(strlen(name), 64UL) : 0, name);
	size = entry->end - entry->code;
	if (sym->st_size < size || !inside(image, sym->st_value, size))
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "the entry %s of the image's vdso has no room for a system call",
				 entry->name);
	memcpy(image->text + sym->st_value, entry->code, size);
	return 0;
}

/**
 * ckpt_x86_patch_vdso - make all entries of a vdso real system calls
 * @ctx: the call
 * @text: the vdso's text; changed in place, and to be thrown away on error
 * @size: its bytes
 *
 * Return: 0 or negative errno (reported)
 */
int ckpt_x86_patch_vdso(struct ckpt_ctx *ctx, void *text, size_t size)
{
	const struct image image = { .text = text, .size = size };
	struct elf64_shdr symbols, names;
	struct elf64_sym sym;
	u64 at;
	int err;

	if (!find_symbols(&image, &symbols, &names))
		return ckpt_fail(ctx, -EINVAL, "the image's vdso is no vdso");
	for (at = 0; at + sizeof(sym) <= symbols.sh_size; at += sizeof(sym)) {
		memcpy(&sym, text + symbols.sh_offset + at, sizeof(sym));
		if (!is_entry(&sym))
			continue;
		err = patch_entry(ctx, &image, symbol_name(&image, &names, &sym), &sym);
		if (err)
			return err;
	}
	return 0;
}
