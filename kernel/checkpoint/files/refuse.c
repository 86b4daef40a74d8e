// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: reporting which file is in the way, and why.
 *
 * A sentence names the place (a descriptor, a mapping, a directory), the object
 * as /proc/PID/fd shows it to the caller, the reason, and what to do.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/kallsyms.h>
#include <linux/kdev_t.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "files.h"

/**
 * DOC: files of other sorts
 *
 * Refused, each by name: sockets of other families and protocols than those above;
 * fanotify groups, io_urings, perf events, BPF programs and other objects, Landlock
 * rulesets, seccomp listeners, file systems being set up, the hold on a frozen tree,
 * virtual machines (KVM), memfds opened with O_PATH, secret memory, DMA buffers,
 * namespaces opened by a path; sockets and devices that have been removed; devices that
 * keep a state; whatever else no kind matches.
 *
 * A row of the table goes when a kind takes the files over, and its words here.
 */

/* -- names ------------------------------------------------------------------ */

/* A long name keeps its end, which says more; it must not push out the reason. */
static void show(struct ckpt_shown *shown, const char *name, size_t len)
{
	const char *end = name + len;

	if (len < sizeof(shown->text)) {
		memcpy(shown->text, name, len);
		shown->text[len] = '\0';
		return;
	}
	name = end - (sizeof(shown->text) - sizeof("..."));
	while (name < end && (*name & 0xc0) == 0x80)	/* within a UTF-8 character */
		name++;
	snprintf(shown->text, sizeof(shown->text), "...%.*s", (int)(end - name), name);
}

/**
 * ckpt_show_name - a path of an image, for a message
 * @item: the record whose array it is
 * @shown: room
 *
 * Return: the name, cut to a length that leaves room for a reason
 */
const char *ckpt_show_name(const struct ckpt_item *item, struct ckpt_shown *shown)
{
	show(shown, item->array, item->count);
	return shown->text;
}

/**
 * ckpt_show_path - the name of a file as the caller sees it, for a message
 * @path: the file
 * @shown: room
 *
 * As /proc/PID/fd shows it, without " (deleted)", cut to a length that leaves
 * room for a reason.
 *
 * Context: may sleep.
 * Return: the name
 */
const char *ckpt_show_path(const struct path *path, struct ckpt_shown *shown)
{
	const struct dentry_operations *d_op = path->dentry->d_op;
	static const char deleted[] = " (deleted)";
	char *buf = __getname(), *name = NULL;
	size_t len;

	if (buf)
		name = d_path(path, buf, PATH_MAX);
	if (IS_ERR_OR_NULL(name)) {
		snprintf(shown->text, sizeof(shown->text), "%pd", path->dentry);
	} else {
		len = strlen(name);
		if ((d_unlinked(path->dentry) || (d_op && d_op->d_dname)) &&
		    len > strlen(deleted) && !strcmp(name + len - strlen(deleted), deleted))
			len -= strlen(deleted);
		show(shown, name, len);
	}
	if (buf)
		__putname(buf);
	return shown->text;
}

/**
 * ckpt_show_file - the name of an open file as the caller sees it, for a message
 * @file: the file
 * @shown: room
 *
 * Context: may sleep.
 * Return: the name
 */
const char *ckpt_show_file(struct file *file, struct ckpt_shown *shown)
{
	return ckpt_show_path(file_user_path(file), shown);
}

/* -- sentences --------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *remedy;
} places[] = {
	[CKPT_PLACE_MEMORY]	= { "executable: ", "start it from another file" },
	[CKPT_PLACE_CWD]	= { "working directory: ", "change to another first" },
	[CKPT_PLACE_ROOT]	= { "root directory: ", "change to another first" },
};

/* "fd 7: ", and what can be done about what is there */
static const char *where(struct ckpt_ctx *ctx, char *buf, size_t size)
{
	enum ckpt_place place = ckpt_files(ctx) ? ckpt_files(ctx)->place : CKPT_PLACE_MEMORY;

	if (ckpt_files(ctx) && ckpt_files(ctx)->fd >= 0) {
		snprintf(buf, size, "fd %d: ", ckpt_files(ctx)->fd);
		return "close it first";
	}
	if (place == CKPT_PLACE_MEMORY && ctx->at.address) {
		snprintf(buf, size, "mapping at %llx: ", ctx->at.address);
		return "unmap it first";
	}
	strscpy(buf, places[place].name, size);
	return places[place].remedy;
}

/**
 * ckpt_file_fail - report that a file cannot be saved, or cannot be saved now
 * @ctx: the call, surveyed
 * @err: negative errno
 * @fmt: what it is, why and what to do, without the place
 *
 * Return: @err
 */
int ckpt_file_fail(struct ckpt_ctx *ctx, int err, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	char place[32];
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	where(ctx, place, sizeof(place));
	ckpt_fail(ctx, err, "%s%pV", place, &vaf);
	va_end(args);
	return err;
}

/**
 * ckpt_cannot_save - report that no kind saves a file, or not with what it has
 * @ctx: the call, surveyed
 * @fmt: the subject of the sentence: "an eventfd", "/tmp/x with a lease"
 *
 * Return: -EOPNOTSUPP
 */
int ckpt_cannot_save(struct ckpt_ctx *ctx, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	const char *remedy;
	char place[32];
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	remedy = where(ctx, place, sizeof(place));
	ckpt_fail(ctx, -EOPNOTSUPP, "%s%pV cannot be saved yet; %s", place, &vaf, remedy);
	va_end(args);
	return -EOPNOTSUPP;
}

/* -- files that no kind takes -------------------------------------------------- */

static int refuse_socket(struct ckpt_ctx *ctx, struct file *file, const struct sock *sk)
{
	static const char * const families[] = {
		[AF_UNIX] = "a unix", [AF_INET] = "an IPv4", [AF_INET6] = "an IPv6",
		[AF_NETLINK] = "a netlink", [AF_PACKET] = "a packet", [AF_ALG] = "an algorithm",
		[AF_VSOCK] = "a vsock", [AF_BLUETOOTH] = "a bluetooth", [AF_CAN] = "a CAN",
		[AF_XDP] = "an XDP",
	};
	static const char * const types[] = {
		[SOCK_STREAM] = "stream ", [SOCK_DGRAM] = "datagram ", [SOCK_RAW] = "raw ",
		[SOCK_SEQPACKET] = "seqpacket ",
	};
	const char *family = NULL, *type = NULL;
	struct ckpt_shown shown;

	if (sk && sk->sk_family < ARRAY_SIZE(families))
		family = families[sk->sk_family];
	if (sk && sk->sk_type < ARRAY_SIZE(types))
		type = types[sk->sk_type];
	return ckpt_cannot_save(ctx, "%s %ssocket of protocol %u (%s)", family ?: "a", type ?: "",
				sk ? sk->sk_protocol : 0, ckpt_show_file(file, &shown));
}

/* How files without a place in a file system begin, in /proc/PID/fd */
static const struct {
	const char *name;
	const char *what;
} pseudo_files[] = {
	{ "anon_inode:[fanotify]",		"a fanotify group" },
	{ "anon_inode:[io_uring]",		"an io_uring" },
	{ "anon_inode:[perf_event]",		"a perf event" },
	{ "anon_inode:bpf-prog",		"a BPF program" },
	{ "anon_inode:bpf",			"a BPF object" },
	{ "anon_inode:btf",			"type information for BPF (BTF)" },
	{ "anon_inode:[landlock-ruleset]",	"a Landlock ruleset" },
	{ "anon_inode:seccomp notify",		"a seccomp listener" },
	{ "anon_inode:[fscontext]",		"a file system being set up (fsopen)" },
	{ "anon_inode:[checkpoint]",		"the hold on a frozen tree" },
	{ "anon_inode:kvm",			"a virtual machine (KVM)" },
	{ "/memfd:",				"a memfd opened with O_PATH" },
	{ "/secretmem",				"secret memory (memfd_secret)" },
	{ "/dmabuf:",				"a DMA buffer" },
};

/* NULL for one that nobody thought of yet */
static const char *sort_of_pseudo(struct file *file, const char *name)
{
	int i;

	if (!strcmp(file_inode(file)->i_sb->s_type->name, "nsfs"))
		return "a namespace";
	for (i = 0; i < ARRAY_SIZE(pseudo_files); i++)
		if (strstarts(name, pseudo_files[i].name))
			return pseudo_files[i].what;
	return NULL;
}

/**
 * ckpt_show_driver - whose file it is, for a message
 * @functions: of its driver, NULL where it has none
 * @nr: how many
 * @shown: room
 *
 * By the name of one of its functions, which says what has to be written.  %ps would say an
 * address where the kernel has no name.
 *
 * Return: ", NAME", or nothing
 */
const char *ckpt_show_driver(const void * const functions[], unsigned int nr,
			     struct ckpt_shown *shown)
{
	char name[KSYM_NAME_LEN];
	unsigned int i;

	shown->text[0] = '\0';
	for (i = 0; i < nr; i++) {
		if (!functions[i] || lookup_symbol_name((unsigned long)functions[i], name))
			continue;
		snprintf(shown->text, sizeof(shown->text), ", %.64s", name);
		break;
	}
	return shown->text;
}

static int refuse_other(struct ckpt_ctx *ctx, struct file *file)
{
	const struct file_operations *f_op = file->f_op;
	const void * const functions[] = {
		f_op->unlocked_ioctl, f_op->read, f_op->read_iter, f_op->write, f_op->write_iter,
		f_op->mmap, f_op->poll, f_op->release,
	};
	struct inode *inode = file_inode(file);
	struct ckpt_shown shown, driver;

	ckpt_show_file(file, &shown);
	ckpt_show_driver(functions, ARRAY_SIZE(functions), &driver);
	if (S_ISCHR(inode->i_mode))
		return ckpt_cannot_save(ctx, "character device %s (%u:%u%s)", shown.text,
					imajor(inode), iminor(inode), driver.text);
	return ckpt_cannot_save(ctx, "%s (%s%s)", shown.text, inode->i_sb->s_type->name,
				driver.text);
}

/**
 * ckpt_refuse_file - report that files of a sort cannot be saved
 * @ctx: the call, surveyed
 * @file: the file; the text names what it is
 *
 * Context: may sleep.
 * Return: -EOPNOTSUPP
 */
int ckpt_refuse_file(struct ckpt_ctx *ctx, struct file *file)
{
	const struct dentry_operations *d_op = file->f_path.dentry->d_op;
	struct socket *sock = sock_from_file(file);
	struct ckpt_shown shown;
	const char *what;

	if (sock)
		return refuse_socket(ctx, file, sock->sk);
	ckpt_show_file(file, &shown);
	what = d_op && d_op->d_dname ? sort_of_pseudo(file, shown.text) : NULL;
	if (what)
		return ckpt_cannot_save(ctx, "%s (%s)", what, shown.text);
	return refuse_other(ctx, file);
}
