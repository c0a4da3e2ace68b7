/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table that maps an event's values to names. Every structured output walks it; none prints a field
 * by hand. Rows are in an order in which a dotted path's parents are opened and closed once.
 */
#ifndef HSMON_EVENT_FIELDS_H
#define HSMON_EVENT_FIELDS_H

#include <stddef.h>

enum field_type {
	FIELD_CONST,		/* always `text` */
	FIELD_CONST_LIST,	/* a list of words: `text`, comma-separated */
	FIELD_STR,		/* struct event_str */
	FIELD_CSTR,		/* const char *; NULL: absent */
	FIELD_STRS,		/* struct event_strs */
	FIELD_INT,		/* int64_t; EVENT_ABSENT: absent */
	FIELD_UINT,		/* uint64_t, always there */
	FIELD_TRI,		/* enum event_tri */
	FIELD_TIME,		/* uint64_t, ns since the epoch; 0: absent */
	FIELD_LIST,		/* {const T *v; size_t n}: objects, described by `sub` with elements of `sub_len` */
	FIELD_COUNTS,		/* struct event_counts: an object of name: value */
	FIELD_BOOL,		/* bool; false: absent */
};

struct field {
	const char *path;		/* "tls.client.server_name" */
	enum field_type type;
	size_t offset;			/* in the event's struct */
	const char *text;
	const struct field *sub;	/* FIELD_LIST: rows of one element */
	size_t sub_len;			/* sizeof one element */
	/* Where in the event's struct there is a struct event_memo * (shares.h), and 1; 0: nowhere. */
	size_t memo;			/* of this value alone: FIELD_STRS; FIELD_LIST: in the element's struct, of each element */
	size_t run_memo;		/* of all rows in a row that have the same: names and values below the objects they share;
					 * at least one of them is present */
};

/* Each ends with a row whose path is NULL. */
extern const struct field handshake_fields[];
extern const struct field stats_fields[];
extern const struct field interface_fields[];
extern const struct field certificate_fields[];

#endif
