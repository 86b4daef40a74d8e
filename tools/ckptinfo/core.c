// SPDX-License-Identifier: GPL-2.0-only
/*
 * core.c - ckptinfo --core: an ELF core of one process, for a debugger.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core.h"
#include "text.h"

void buffer_add(struct buffer *buffer, const void *data, size_t len)
{
	if (buffer->len + len > buffer->room) {
		size_t room = (buffer->len + len) * 2;
		char *grown = realloc(buffer->data, room);

		if (!grown) {
			buffer->failed = true;
			return;
		}
		buffer->data = grown;
		buffer->room = room;
	}
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
}

static int write_at(int fd, const void *data, size_t len, __u64 offset)
{
	const char *from = data;

	while (len) {
		ssize_t done = pwrite(fd, from, len, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		from += done;
		offset += done;
		len -= done;
	}
	return 0;
}

static void fill_ehdr(struct elf64_hdr *ehdr, size_t nr_phdrs)
{
	memset(ehdr, 0, sizeof(*ehdr));
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	ehdr->e_type = ET_CORE;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_phentsize = sizeof(struct elf64_phdr);
	ehdr->e_phnum = nr_phdrs < PN_XNUM ? nr_phdrs : PN_XNUM;
}

/* So many program headers that their number stands in a section header. */
static void fill_shdr(struct elf64_hdr *ehdr, struct elf64_shdr *shdr, size_t nr_phdrs,
		      __u64 offset)
{
	ehdr->e_shoff = offset;
	ehdr->e_shentsize = sizeof(*shdr);
	ehdr->e_shnum = 1;
	memset(shdr, 0, sizeof(*shdr));
	shdr->sh_info = nr_phdrs;
	shdr->sh_size = 1;
}

static void fill_phdrs(struct elf64_phdr *phdrs, const struct segments *segments,
		       const struct buffer *notes, __u64 notes_offset, __u32 page)
{
	size_t i;

	phdrs[0] = (struct elf64_phdr) {
		.p_type = PT_NOTE, .p_offset = notes_offset,
		.p_filesz = notes->len, .p_align = 4,
	};
	for (i = 0; i < segments->nr; i++) {
		const struct segment *segment = &segments->list[i];

		phdrs[i + 1] = (struct elf64_phdr) {
			.p_type = PT_LOAD, .p_flags = segment->flags,
			.p_offset = segment->offset, .p_vaddr = segment->start,
			.p_filesz = segment->content, .p_memsz = segment->memory,
			.p_align = page,
		};
	}
}

/* Headers, notes, then each segment from a page on.  Return: the file's size */
static __u64 place_segments(struct segments *segments, __u64 offset, __u64 page)
{
	size_t i;

	for (i = 0; i < segments->nr; i++) {
		offset = (offset + page - 1) & ~(page - 1);
		segments->list[i].offset = offset;
		offset += segments->list[i].content;
	}
	return offset;
}

static int write_file(const struct process *process, int fd, struct segments *segments,
		      const struct buffer *notes)
{
	__u32 page = process->info->header.page_size;
	size_t i, nr_phdrs = segments->nr + 1;
	__u64 phdrs_size = nr_phdrs * sizeof(struct elf64_phdr);
	__u64 shdr_offset = sizeof(struct elf64_hdr) + phdrs_size;
	__u64 notes_offset = shdr_offset + sizeof(struct elf64_shdr);
	struct elf64_phdr *phdrs = calloc(nr_phdrs, sizeof(*phdrs));
	struct elf64_hdr ehdr;
	struct elf64_shdr shdr;
	int ret;

	if (!phdrs)
		return -ENOMEM;
	fill_ehdr(&ehdr, nr_phdrs);
	if (nr_phdrs >= PN_XNUM)
		fill_shdr(&ehdr, &shdr, nr_phdrs, shdr_offset);
	ret = ftruncate(fd, place_segments(segments, notes_offset + notes->len, page)) ?
	      -errno : 0;
	fill_phdrs(phdrs, segments, notes, notes_offset, page);

	if (!ret)
		ret = write_at(fd, &ehdr, sizeof(ehdr), 0);
	if (!ret)
		ret = write_at(fd, phdrs, phdrs_size, sizeof(ehdr));
	if (!ret && nr_phdrs >= PN_XNUM)
		ret = write_at(fd, &shdr, sizeof(shdr), shdr_offset);
	if (!ret)
		ret = write_at(fd, notes->data, notes->len, notes_offset);
	for (i = 0; i < segments->nr && !ret; i++)
		ret = core_write_segment(process, fd, &segments->list[i]);
	free(phdrs);
	return ret;
}

static int find_process(const struct info *info, __u32 pid, struct process *process)
{
	size_t i;

	process->info = info;
	for (i = 0; i < info->tasks.nr; i++) {
		const struct ckpt_item *task = info->tasks.list[i];

		if (!is_leader(task) || pid_number(info, task_data(task)->pid) != pid)
			continue;
		process->leader = task;
		process->mm = ckpt_metadata_find(&info->metadata, CKPT_REC_MM,
						 task_mm(info, task));
		process->mm_data = process->mm ? process->mm->data : NULL;
		if (process->mm)
			return 0;
		say_err("pid %u has no memory: it is a zombie; 'ckptinfo --tree %s' shows others",
			pid, info->path);
		return -ESRCH;
	}
	say_err("no process %u in %s; 'ckptinfo --tree %s' lists them", pid, info->path,
		info->path);
	return -ESRCH;
}

/* A core is not written from its beginning to its end, as a pipe wants it. */
static int copy_to_stdout(int fd)
{
	char buffer[65536];
	ssize_t got;

	if (lseek(fd, 0, SEEK_SET))
		return -errno;
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		if (fwrite(buffer, 1, got, stdout) != (size_t)got)
			return 0;	/* which is told at the end */
	return got < 0 ? -errno : 0;
}

static int open_core(const char *path, bool is_stdout)
{
	if (is_stdout)
		return memfd_create("core", MFD_CLOEXEC);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int write_core_file(const struct process *process, const char *path)
{
	const bool is_stdout = !strcmp(path, "-");
	struct segments segments = { 0 };
	struct buffer notes = { 0 };
	int ret, fd;

	if (is_stdout && isatty(STDOUT_FILENO)) {
		say_err("a core is nothing for a terminal; choose another place with -o");
		return -EINVAL;
	}
	fd = open_core(path, is_stdout);
	if (fd < 0) {
		say_err("%s: %s; choose another place with -o", path, strerror(errno));
		return -EACCES;
	}
	core_notes(process, &notes);
	core_segments(process, &segments);
	if (notes.failed || segments.failed)
		ret = -ENOMEM;
	else
		ret = write_file(process, fd, &segments, &notes);
	if (!ret && is_stdout)
		ret = copy_to_stdout(fd);
	if (close(fd) && !ret)
		ret = -errno;
	free(notes.data);
	free(segments.list);
	if (ret)
		say_err("%s: %s; choose another place with -o", path, strerror(-ret));
	return ret;
}

int write_core(const struct info *info, __u32 pid, const char *path)
{
	struct process process;
	char name[32];

	if (info->header.arch != EM_X86_64) {
		say_err("cores are written for x86-64 only; 'ckptinfo --records FILE' shows the image");
		return -EOPNOTSUPP;
	}
	if (lseek(info->fd, 0, SEEK_CUR) < 0) {
		say_err("a core needs the image as a file; run 'ckptinfo --core %u FILE'", pid);
		return -ESPIPE;
	}
	if (find_process(info, pid, &process))
		return -ESRCH;
	snprintf(name, sizeof(name), "core.%u", pid);
	return write_core_file(&process, path ? path : name);
}
