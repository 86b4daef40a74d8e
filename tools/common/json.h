/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json.h - write JSON, two blanks a level, to a stream.
 *
 * A NULL name stands for an array element.  64-bit addresses and flags are
 * written as strings ("0x7f..."), because readers cut numbers at 53 bits.
 */
#ifndef _CKPT_JSON_H
#define _CKPT_JSON_H

#include <stdbool.h>
#include <stdio.h>
#include <linux/types.h>

/* Every object begins with it.  Members are added without a new number. */
#define JSON_FORMAT	1

struct json {
	FILE *file;
	unsigned int depth;
	bool filled;	/* the object or array has a member already */
};

/* Begin an object or array with '{' or '[', end it with '}' or ']'. */
void json_begin(struct json *json, const char *name, char bracket);
void json_end(struct json *json, char bracket);

void json_string(struct json *json, const char *name, const char *value);
void json_bytes(struct json *json, const char *name, const char *value, size_t len);
void json_uint(struct json *json, const char *name, __u64 value);
void json_int(struct json *json, const char *name, __s64 value);
void json_hex(struct json *json, const char *name, __u64 value);
void json_bool(struct json *json, const char *name, bool value);

/* So many objects has this process written, or begun. */
unsigned int json_objects(void);

/* A 128-bit id as 32 hexadecimal digits. */
void json_id(struct json *json, const char *name, const __u64 id[2]);

#endif /* _CKPT_JSON_H */
