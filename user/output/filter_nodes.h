/* SPDX-License-Identifier: BSD-2-Clause */
/* A filter as it was read: what the parser makes and the evaluation walks. */
#ifndef HSMON_OUTPUT_FILTER_NODES_H
#define HSMON_OUTPUT_FILTER_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "event/fields.h"
#include "output/filter.h"

#define FILTER_TEXT_MAX 4096
#define FILTER_NODES_MAX 256
#define FILTER_DEPTH_MAX 32		/* parentheses in parentheses, and not not not */

enum filter_op { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_PRESENT, FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE };

/* "1.25" is {1, 250000000}: versions and counts alike, whatever the locale. */
struct filter_number {
	int64_t whole, nano;
};

struct filter_value {
	const char *text;		/* with * ? and \ */
	struct filter_number number;
	int severity;			/* rank; -1: is none */
	bool is_number;
};

/* Where a field is in one kind of event; row NULL: nowhere. */
struct filter_field {
	const struct field *row;
	const struct field *in_list;	/* of each element of row, which is a FIELD_LIST */
	const char *count;		/* one of row, which are FIELD_COUNTS */
};

struct filter_node {
	enum filter_op op;
	int left, right;		/* FILTER_AND, FILTER_OR; NOT: left */
	struct filter_field field[RECORD_KIND_CNT];
	struct filter_value value;
};

struct filter {
	int root, cnt;
	char *text;			/* what values point into */
	struct filter_node node[];
};

bool filter_number_read(const char *s, size_t len, struct filter_number *out);
/* -1: is none. */
int filter_severity(const char *s, size_t len);

#endif
