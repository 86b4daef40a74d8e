/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.h - values of described C types, as text or JSON.
 */
#ifndef _CKPT_DECODE_H
#define _CKPT_DECODE_H

#include "info.h"

/**
 * struct sink - where decoded values go
 * @json: as members of a JSON object, if not NULL
 * @indent: of the text, in blanks
 */
struct sink {
	struct json *json;
	int indent;
};

/**
 * decode_value - decode one value of a C type
 * @sink: where it goes
 * @name: its name, NULL for an array element
 * @type: "u32", "u64[21]", "char[64]"; anything else comes as bytes
 * @data: the value
 * @size: its bytes
 */
void decode_value(const struct sink *sink, const char *name, const char *type,
		  const void *data, __u32 size);

/**
 * decode_layout - decode all fields of a record or element
 * @sink: where they go
 * @layout: its description
 * @data: the fixed part or element
 * @size: bytes of it in the image; fields beyond are left out
 */
void decode_layout(const struct sink *sink, const struct ckpt_layout *layout,
		   const void *data, __u32 size);

/* Decode a whole record, its array last. */
void decode_record(const struct sink *sink, const struct ckpt_schema *schema,
		   const struct ckpt_layout *layout, const struct ckpt_item *item);

#endif /* _CKPT_DECODE_H */
