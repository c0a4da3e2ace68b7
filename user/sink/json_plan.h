/* SPDX-License-Identifier: BSD-2-Clause */
/* The field tables made ready for JSON: all text of keys and constants is made once. */
#ifndef HSMON_SINK_JSON_PLAN_H
#define HSMON_SINK_JSON_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "event/fields.h"

#define JSON_DEPTH_MAX 6	/* objects around a value, the event itself not counted */
#define JSON_KEY_PAD 16		/* bytes behind a key that may be read: it is copied in blocks of so many */

/* A row made ready, as one schema has it. `key` is all that opens the way to it, ,"tls":{"server":{"subject": and the value if it is a constant; from
 * off[k] on it is what is left to write when the k outermost objects are open already, but for its first byte, which is to be
 * a comma. */
struct json_row {
	struct field_use field;
	char *key;
	uint16_t off[JSON_DEPTH_MAX + 1];
	uint16_t key_len;
	uint8_t depth;
	uint8_t common;		/* outermost objects it shares with the row before */
	uint8_t run_depth;	/* ... that all rows of its run share */
	uint16_t run;		/* rows from here on that have one memo; 0: it is not the first */
	struct json_plan *sub;
};

struct json_plan {
	size_t n;
	struct json_row row[];
};

/* NULL: out of memory. Of a schema that has no name for any of them a plan without rows. */
struct json_plan *json_plan_new(const struct field *rows, enum schema schema);
void json_plan_free(struct json_plan *p);

#endif
