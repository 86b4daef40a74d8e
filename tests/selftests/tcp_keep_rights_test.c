// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_keep_rights_test.c - TCP connections with somebody outside that live on: who may take them
 * over, and images that somebody has made.
 */
#include "tcp_keep.h"

/* -- rights --------------------------------------------------------------------------------------- */

static void as_user(void)
{
	execute_self_as_user();
}

void after_exec(void)
{
	server_port = atoi(getenv("SERVER_PORT"));
	talks();
}

#define KEPT(image)	((struct ckpt_rec_tcp_kept *)(image_find(image, CKPT_REC_TCP_KEPT) + 1))

static void change_cookie(struct subject *s, const uint64_t *cookie)
{
	struct image image;

	check(!image_load(&image, s->image));
	memcpy(KEPT(&image)->cookie, cookie, sizeof(KEPT(&image)->cookie));
	image_seal(&image);
	check(!image_store(&image, s->image));
	image_free(&image);
}

static void get_cookie(struct subject *s, uint64_t *cookie)
{
	struct image image;

	check(!image_load(&image, s->image));
	memcpy(cookie, KEPT(&image)->cookie, sizeof(KEPT(&image)->cookie));
	image_free(&image);
}

/* He needs no right for what is kept for him, and gets nothing else. */
TEST(user)
{
	const uint64_t none[2] = { 1, 2 };
	uint64_t cookie[2];
	struct subject s;

	ASSERT_EQ(0, start(&s, as_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	get_cookie(&s, cookie);
	change_cookie(&s, none);
	ASSERT_EQ(-EPERM, subject_restart_below_user(&s));
	ASSERT_TRUE(subject_told(&s, "needs CAP_NET_ADMIN"));
	change_cookie(&s, cookie);
	ASSERT_EQ(s.pid, subject_restart_below_user(&s));
	subject_go(&s, 1);
	ask();
	ASSERT_EQ(0, subject_wait(&s));
	close(outside);
	/* Nobody keeps it now. */
	ASSERT_EQ(-EPERM, subject_restart_below_user(&s));
	ASSERT_TRUE(subject_told(&s, "needs CAP_NET_ADMIN"));
}

TEST(another_user)
{
	struct subject s, roots;
	uint64_t cookie[2];

	ASSERT_EQ(0, start(&roots, talks));
	ASSERT_LT(0, subject_save(&roots, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	get_cookie(&roots, cookie);
	ASSERT_EQ(0, start(&s, as_user));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	change_cookie(&s, cookie);
	ASSERT_EQ(-EPERM, subject_restart_below_user(&s));
	ASSERT_TRUE(subject_told(&s, "kept for another user"));
	ASSERT_EQ(0, release(&s));
	ASSERT_EQ(0, release(&roots));
}

/* -- images that somebody has made --------------------------------------------------------------- */

#define END(image)	((struct ckpt_rec_tcp *)(image_find(image, CKPT_REC_TCP) + 1))

FORGERY(wild_kept_flags, KEPT(image)->flags = 4)
FORGERY(two_ends, KEPT(image)->flags = CKPT_TCP_KEPT_ENDED | CKPT_TCP_KEPT_END_TAKEN)
FORGERY(reserved, KEPT(image)->reserved[1] = 1)
FORGERY(sent_before, KEPT(image)->snd_nxt = KEPT(image)->snd_una - 1)
FORGERY(sent_more, KEPT(image)->snd_nxt = KEPT(image)->write_seq + 1)
FORGERY(much_to_send, KEPT(image)->write_seq = KEPT(image)->snd_una + 0x7ffffff0)
FORGERY(told_more, KEPT(image)->rcv_wup = KEPT(image)->rcv_nxt + 1)
FORGERY(told_long_ago, KEPT(image)->rcv_wup = KEPT(image)->rcv_nxt - 0x7ffffff0)
FORGERY(wide, KEPT(image)->rcv_wnd = ~0)
FORGERY(wide_peer, KEPT(image)->max_window = ~0)
FORGERY(wider, KEPT(image)->snd_wnd = KEPT(image)->max_window + 1)
FORGERY(shifted, KEPT(image)->snd_wscale = 15)
FORGERY(own_shifted, KEPT(image)->rcv_wscale = ~0)
FORGERY(tiny, KEPT(image)->mss_clamp = 1)
FORGERY(huge, KEPT(image)->mss_clamp = 65536)
FORGERY(told_by_nobody, KEPT(image)->snd_wl1 = KEPT(image)->rcv_nxt + KEPT(image)->rcv_wnd + 1)
FORGERY(numbers_of_none, HEAD(KEPT(image))->object = 1)
FORGERY(peer_too, END(image)->peer = HEAD(END(image))->object)
FORGERY(listener_too, END(image)->listener = HEAD(END(image))->object)
FORGERY(other_port, END(image)->peer_port ^= 1)
FORGERY(other_address, END(image)->peer_address[3] ^= 2)
FORGERY(wild_address, END(image)->address[15] ^= 2)

static void (* const forgeries[])(struct image *image) = {
	wild_kept_flags, two_ends, reserved, sent_before, sent_more, much_to_send, told_more,
	told_long_ago, wide, wide_peer, wider, shifted, own_shifted, tiny, huge, told_by_nobody,
	numbers_of_none, peer_too, listener_too, other_port, other_address, wild_address,
};

TEST(forged)
{
	struct image image, original;
	struct subject s;
	size_t i;

	ASSERT_EQ(0, start(&s, talks));
	ASSERT_LT(0, subject_save(&s, CHECKPOINT_KILL | CHECKPOINT_KEEP));
	ASSERT_EQ(0, image_load(&original, s.image));
	for (i = 0; i < sizeof(forgeries) / sizeof(*forgeries); i++) {
		ASSERT_EQ(0, image_load(&image, s.image));
		forgeries[i](&image);
		image_seal(&image);
		ASSERT_EQ(0, image_store(&image, s.image));
		EXPECT_EQ(-EINVAL, subject_restart(&s, 0))
			tell("change %zu", i);
		image_free(&image);
		ASSERT_EQ(0, image_store(&original, s.image));
	}
	ASSERT_TRUE(is_quiet(outside));
	ASSERT_EQ(0, subject_restart(&s, 0));
	subject_go(&s, 1);
	ask();
	ASSERT_EQ(0, subject_wait(&s));
}

TEST_HARNESS_MAIN
