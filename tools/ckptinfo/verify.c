// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - ckptinfo --verify: read all of an image and check everything that
 * can be checked without the kernel.
 */
#include <stdio.h>

#include "info.h"
#include "text.h"

struct totals {
	__u64 records;
	__u64 bytes;
	__u64 data_bytes;
};

static int read_all(struct ckpt_image *image, struct totals *totals)
{
	const struct ckpt_rec_pages *pages;
	struct ckpt_item item;
	int ret;

	while ((ret = ckpt_image_next(image, &item)) > 0) {
		totals->records++;
		totals->bytes = item.offset + item.len;
		pages = item.data;
		if (item.type == CKPT_REC_PAGES)
			totals->data_bytes += pages->data_bytes;
	}
	return ret;
}

static void tell_json(const char *path, const struct totals *totals,
		      const struct checkpoint_error *error)
{
	struct json json = { .file = stdout };
	char text[512];

	json_begin(&json, NULL, '{');
	json_string(&json, "path", path);
	json_bool(&json, "ok", !error);
	json_uint(&json, "records", totals->records);
	json_uint(&json, "bytes", totals->bytes);
	json_uint(&json, "data_bytes", totals->data_bytes);
	if (error) {
		json_string(&json, "errno", ckpt_errno_name(error->err));
		json_uint(&json, "offset", error->offset);
		json_string(&json, "error", ckpt_error_text(error, text, sizeof(text)));
	}
	json_end(&json, '}');
}

static void tell(const char *path, const struct totals *totals,
		 const struct checkpoint_error *error)
{
	const char *advice;
	char text[512], size[32];

	if (!error) {
		printf("%s: whole, %llu records, %s, all checksums right\n", path,
		       (unsigned long long)totals->records,
		       text_bytes(totals->bytes, size, sizeof(size)));
		return;
	}
	advice = ckpt_error_advice(CKPT_CALL_READ, error->err);
	say_err("%s: at offset %llu: %s%s%s", path, (unsigned long long)error->offset,
		ckpt_error_text(error, text, sizeof(text)), advice ? "; " : "",
		advice ? advice : "");
}

int print_verify(const char *path, int fd, bool json)
{
	struct ckpt_image *image = ckpt_image_open(fd, 0);
	const struct checkpoint_error *error = NULL;
	struct totals totals = { 0 };

	if (!image) {
		say_err("no memory; free some and try again");
		return INFO_FAILED;
	}
	if (read_all(image, &totals) < 0)
		error = ckpt_image_error(image);
	if (json)
		tell_json(path, &totals, error);
	else
		tell(path, &totals, error);
	ckpt_image_close(image);
	return error ? INFO_FAILED : INFO_DONE;
}
