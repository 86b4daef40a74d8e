// SPDX-License-Identifier: GPL-2.0-only
/*
 * alg_test.c - sockets of AF_ALG: what they are bound to; keys and operations are refused; and
 * images that say something else.
 */
#include <linux/if_alg.h>

#include "inet.h"

#ifndef SOL_ALG
#define SOL_ALG	279
#endif

/* Not all kernels have them. */
static bool has_alg(void)
{
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);

	close(fd);
	return fd >= 0;
}

#define ALG_STORY(run, name, story)						\
	TEST(run##name)								\
	{									\
		if (!has_alg())							\
			SKIP(return, "this kernel has no algorithm sockets");	\
		ASSERT_EQ(0, story);						\
	}
#define ALG_STORIES(run)							\
	ALG_STORY(run, _killed, story_killed(run))				\
	ALG_STORY(run, _left_running, story_left_running(run))			\
	ALG_STORY(run, _twice, story_twice(run))
#define ALG_REFUSED(run, words)							\
	ALG_STORY(run, _refused, story_refused(run, EOPNOTSUPP, words))

static int bind_to(int fd, const char *type, const char *name)
{
	struct sockaddr_alg alg = { .salg_family = AF_ALG };

	strcpy((char *)alg.salg_type, type);
	strcpy((char *)alg.salg_name, name);
	return bind(fd, (struct sockaddr *)&alg, sizeof(alg));
}

static int algorithm(const char *type, const char *name)
{
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);

	check(fd >= 0);
	check(!bind_to(fd, type, name));
	return fd;
}

static int operation(int fd)
{
	int op = accept(fd, NULL, NULL);

	check(op >= 0);
	return op;
}

/* Of "abc" */
static void expect_hash(int fd, const char *hash, size_t len)
{
	unsigned char buf[64];
	int op = operation(fd);

	check(send(op, "abc", 3, 0) == 3);
	check(recv(op, buf, sizeof(buf), 0) == (ssize_t)len);
	check(!memcmp(buf, hash, len));
	close(op);
}

static const char sha256[] =
	"\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
	"\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad";

static void expect_hmac(int fd)
{
	static const char hmac[] =
		"\x9c\x19\x6e\x32\xdc\x01\x75\xf8\x6f\x4b\x1c\xb8\x92\x89\xd6\x61";
	unsigned char buf[32];
	int op;

	check(!setsockopt(fd, SOL_ALG, ALG_SET_KEY, "key", 3));
	op = operation(fd);
	check(send(op, "abc", 3, 0) == 3 && recv(op, buf, sizeof(buf), 0) == sizeof(buf));
	check(!memcmp(buf, hmac, sizeof(hmac) - 1));
	close(op);
}

/* A cipher works on a block, with the test vector of FIPS 197. */
static void expect_cipher(int fd)
{
	static const unsigned char key[16] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	};
	static const unsigned char want[16] = {
		0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
		0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a,
	};
	unsigned char block[16];
	union {
		char data[CMSG_SPACE(sizeof(uint32_t))];
		struct cmsghdr head;
	} control = {
		.head = { .cmsg_len = CMSG_LEN(sizeof(uint32_t)), .cmsg_level = SOL_ALG,
			  .cmsg_type = ALG_SET_OP },
	};
	struct iovec iov = { block, sizeof(block) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	uint32_t encrypt = ALG_OP_ENCRYPT;
	int i, op;

	for (i = 0; i < 16; i++)
		block[i] = i * 0x11;
	memcpy(CMSG_DATA(&control.head), &encrypt, sizeof(encrypt));
	check(!setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, sizeof(key)));
	op = operation(fd);
	check(sendmsg(op, &msg, 0) == sizeof(block));
	check(read(op, block, sizeof(block)) == sizeof(block));
	check(!memcmp(block, want, sizeof(block)));
	close(op);
}

static void names(void)
{
	int hash = algorithm("hash", "sha256"), hmac = algorithm("hash", "hmac(sha256)");
	int generic = algorithm("hash", "sha256-generic"), cipher = algorithm("skcipher", "ecb(aes)");
	int fresh = socket(AF_ALG, SOCK_SEQPACKET, 0);

	/* An operation is over when it is closed. */
	expect_hash(hash, sha256, 32);
	check(fresh >= 0);
	ready();
	expect_hash(hash, sha256, 32);
	expect_hash(generic, sha256, 32);
	/* No key, and none was lost */
	check(send(operation(hmac), "abc", 3, 0) == -1 && errno == ENOKEY);
	expect_cipher(cipher);
	check(accept(fresh, NULL, NULL) == -1 && errno == EINVAL);
	check(!bind_to(fresh, "hash", "sha256"));
	expect_hash(fresh, sha256, 32);
}
ALG_STORIES(names)

static void unkeyed(void)
{
	int hmac = algorithm("hash", "hmac(sha256)");

	ready();
	expect_hmac(hmac);
}
ALG_STORIES(unkeyed)

/* -- what is refused ------------------------------------------------------------------------- */

static void keyed_hash(void)
{
	expect_hmac(algorithm("hash", "hmac(sha256)"));
	ready();
}
ALG_REFUSED(keyed_hash, "an algorithm socket that has a key")

static void keyed_cipher(void)
{
	expect_cipher(algorithm("skcipher", "ecb(aes)"));
	ready();
}
ALG_REFUSED(keyed_cipher, "an algorithm socket that has a key")

/* A key that is not needed */
static void seeded(void)
{
	algorithm("hash", "crc32c");
	ready();
}
ALG_REFUSED(seeded, "or may have one")

static void accepted(void)
{
	int fd = algorithm("hash", "sha256"), op = operation(fd);

	check(send(op, "half", 4, MSG_MORE) == 4);
	ready();
}
ALG_REFUSED(accepted, "an algorithm socket that an open operation was accepted from")

static void alone(void)
{
	int fd = algorithm("hash", "sha256");

	operation(fd);
	close(fd);
	ready();
}
ALG_REFUSED(alone, "an algorithm socket of an operation")

/* -- images that somebody has made ------------------------------------------------------------- */

NTH(CKPT_REC_ALG, ckpt_rec_alg)

static void has_hash(void)
{
	int fd = algorithm("hash", "sha256"), fresh = socket(AF_ALG, SOCK_SEQPACKET, 0);

	ready();
	expect_hash(fd, sha256, 32);
	close(fresh);
}

static struct ckpt_rec_alg *of_sort(struct image *image, uint32_t sort)
{
	unsigned int nr = 0;

	while (ckpt_rec_alg_nr(image, nr)->sort != sort)
		nr++;
	return ckpt_rec_alg_nr(image, nr);
}

#define HASH	of_sort(image, CKPT_ALG_HASH)
#define FRESH	of_sort(image, CKPT_ALG_UNBOUND)

FORGERY(wild_sort, HASH->sort = ~0U)
FORGERY(other_sort, HASH->sort = CKPT_ALG_SKCIPHER + 1)
FORGERY(no_sort, HASH->sort = CKPT_ALG_UNBOUND)
FORGERY(no_name, memset(HASH->name, 0, sizeof(HASH->name)))
FORGERY(long_name, memset(HASH->name, 'x', sizeof(HASH->name)))
FORGERY(name_goes_on, HASH->name[100] = 'x')
FORGERY(name_of_none, FRESH->name[0] = 'x')
FORGERY(wild_cred, HASH->cred = ~0U)
FORGERY(of_a_file, HEAD(HASH)->object = 1)
FORGERY(twice, HEAD(HASH)->object = HEAD(FRESH)->object)

static void (* const forgeries[])(struct image *image) = {
	wild_sort, other_sort, no_sort, no_name, long_name, name_goes_on, name_of_none, wild_cred,
	of_a_file, twice,
};

TEST_F(forged, fields)
{
	if (!has_alg())
		SKIP(return, "this kernel has no algorithm sockets");
	ASSERT_EQ(0, subject_start(&self->s, has_hash));
	EXPECT_EQ(0, try_all(&self->s, &self->image, forgeries,
			     sizeof(forgeries) / sizeof(forgeries[0])));
}

/* There is no such algorithm here. */
TEST_F(forged, unknown_algorithm)
{
	struct image *image = &self->image;

	if (!has_alg())
		SKIP(return, "this kernel has no algorithm sockets");
	ASSERT_EQ(0, subject_start(&self->s, has_hash));
	ASSERT_EQ(0, save_and_load(&self->s, image));
	strcpy((char *)HASH->name, "unheard-of");
	EXPECT_EQ(-ENOENT, try_forged(&self->s, image));
}

TEST_HARNESS_MAIN
