/* SPDX-License-Identifier: BSD-2-Clause */
/* -o FORMAT[:DESTINATION][,key=value...], checked. */
#ifndef HSMON_OUTPUT_SPEC_H
#define HSMON_OUTPUT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/queue.h"

struct delivery_ops;
struct filter;
struct output_format;

enum file_fsync { FSYNC_NONE, FSYNC_INTERVAL, FSYNC_EACH };
enum file_compress { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };

struct output_spec {
	const char *name;		/* FORMAT:DESTINATION as it was given, for messages and counters */
	const struct output_format *format;
	const struct delivery_ops *delivery;	/* NULL: standard output, written by the reader itself */
	const char *target;		/* path, or host */
	const char *port;		/* or NULL */

	int schema;			/* enum schema; -1: that of --schema */
	const char *filter_text;
	struct filter *filter;		/* NULL: everything */

	/* the queue */
	uint64_t queue_bytes;
	int drop;			/* enum queue_policy; -1: oldest when live, block with -r */
	uint64_t linger_s, retry_max_s;

	/* file */
	uint64_t rotate_size, rotate_s, keep;
	int compress, fsync;

	char *memory;			/* what the texts point into */
};

/* 0; -EINVAL: err is a sentence with what is wrong; -ENOMEM. To be freed. */
int output_spec_parse(struct output_spec *out, const char *text, char *err, size_t err_size);
void output_spec_free(struct output_spec *s);

#endif
