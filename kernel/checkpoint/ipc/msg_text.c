// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the text of messages, of System V and POSIX queues.  Compiled into
 * ipc/msgutil.c, which keeps its segments to itself.
 */
#include <linux/sched/signal.h>
#include "../checkpoint.h"

static void copy_text(const struct msg_msg *msg, void *to)
{
	size_t len = msg->m_ts, part = min(len, DATALEN_MSG);
	const struct msg_msgseg *seg;

	memcpy(to, msg + 1, part);
	for (seg = msg->next; seg; seg = seg->next) {
		to += part;
		len -= part;
		part = min(len, DATALEN_SEG);
		memcpy(to, seg + 1, part);
	}
}

/* As load_msg(), of text in the kernel */
static struct msg_msg *make_msg(const void *from, size_t len, long type)
{
	struct msg_msg *msg = alloc_msg(len);
	size_t part = min(len, DATALEN_MSG);
	struct msg_msgseg *seg;
	int err;

	if (!msg)
		return ERR_PTR(-ENOMEM);
	msg->m_ts = len;
	msg->m_type = type;
	INIT_LIST_HEAD(&msg->m_list);
	memcpy(msg + 1, from, part);
	for (seg = msg->next; seg; seg = seg->next) {
		from += part;
		len -= part;
		part = min(len, DATALEN_SEG);
		memcpy(seg + 1, from, part);
	}
	err = security_msg_msg_alloc(msg);
	if (!err)
		return msg;
	free_msg(msg);
	return ERR_PTR(err);
}

/* Bytes that a message takes in a record */
static size_t bytes_of(const struct msg_msg *msg)
{
	return sizeof(struct ckpt_rec_msg) + ALIGN(msg->m_ts, 8);
}

/**
 * ckpt_msg_bytes - save: how much room do messages need in a record
 * @list: messages; their queue is locked
 *
 * Return: bytes
 */
size_t ckpt_msg_bytes(const struct list_head *list)
{
	const struct msg_msg *msg;
	size_t bytes = 0;

	list_for_each_entry(msg, list, m_list)
		bytes += bytes_of(msg);
	return bytes;
}

/**
 * ckpt_msg_pack - save: put messages into a record
 * @list: messages; their queue is locked
 * @to: room for ckpt_msg_bytes() of them, zeroed
 *
 * Context: does not sleep.
 * Return: where the next ones go
 */
void *ckpt_msg_pack(const struct list_head *list, void *to)
{
	const struct msg_msg *msg;

	list_for_each_entry(msg, list, m_list) {
		struct ckpt_rec_msg *rec = to;

		rec->type = msg->m_type;
		rec->size = msg->m_ts;
		copy_text(msg, rec + 1);
		to += bytes_of(msg);
	}
	return to;
}

/**
 * ckpt_msg_next - the next message of a record
 * @item: the record, its array messages
 * @at: where in the array; moved behind the message
 *
 * Return: the message, its text behind it; NULL at the end, or where the array is malformed
 * and @at is not its end
 */
const struct ckpt_rec_msg *ckpt_msg_next(const struct ckpt_item *item, size_t *at)
{
	const struct ckpt_rec_msg *rec = item->array + *at;
	size_t left = item->count - *at;

	if (left < sizeof(*rec) || rec->size > left - sizeof(*rec) ||
	    ALIGN(rec->size, 8) > left - sizeof(*rec))
		return NULL;
	*at += sizeof(*rec) + ALIGN(rec->size, 8);
	return rec;
}

static bool same_text(const struct msg_msg *msg, const void *text)
{
	size_t len = msg->m_ts, part = min(len, DATALEN_MSG);
	const struct msg_msgseg *seg;

	if (memcmp(text, msg + 1, part))
		return false;
	for (seg = msg->next; seg; seg = seg->next) {
		text += part;
		len -= part;
		part = min(len, DATALEN_SEG);
		if (memcmp(text, seg + 1, part))
			return false;
	}
	return true;
}

/**
 * ckpt_msg_same - restart: are the messages of a queue those of a record?
 * @item: the record, validated
 * @at: where in the record's array the first one is; moved behind the last
 * @list: messages; their queue is locked
 *
 * Context: does not sleep.
 * Return: true if so
 */
bool ckpt_msg_same(const struct ckpt_item *item, size_t *at, const struct list_head *list)
{
	const struct ckpt_rec_msg *rec;
	const struct msg_msg *msg;

	list_for_each_entry(msg, list, m_list) {
		rec = ckpt_msg_next(item, at);
		if (!rec || rec->type != msg->m_type || rec->size != msg->m_ts ||
		    !same_text(msg, rec + 1))
			return false;
	}
	return true;
}

/**
 * ckpt_msg_unpack - restart: make the messages of a record
 * @item: the record
 * @list: they are appended to it; the caller frees them with ckpt_msg_free_all()
 *
 * Context: may sleep, killable.
 * Return: 0 or negative errno (not reported)
 */
int ckpt_msg_unpack(const struct ckpt_item *item, struct list_head *list)
{
	const struct ckpt_rec_msg *rec;
	struct msg_msg *msg;
	size_t at = 0;

	while ((rec = ckpt_msg_next(item, &at))) {
		if (fatal_signal_pending(current))
			return -EINTR;
		msg = make_msg(rec + 1, rec->size, rec->type);
		if (IS_ERR(msg))
			return PTR_ERR(msg);
		list_add_tail(&msg->m_list, list);
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_msg_free_all - free messages
 * @list: they
 *
 * Context: may sleep.
 */
void ckpt_msg_free_all(struct list_head *list)
{
	struct msg_msg *msg, *next;

	list_for_each_entry_safe(msg, next, list, m_list)
		free_msg(msg);
	INIT_LIST_HEAD(list);
}
