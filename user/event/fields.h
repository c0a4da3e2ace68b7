/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table that maps an event's values to names, in every schema that hsmon speaks. Every structured output walks it;
 * none prints a field by hand. Rows are in an order in which a dotted path's parents are opened and closed once, in each
 * schema by itself. A schema in which no row of a table has a name says nothing of such events.
 */
#ifndef HSMON_EVENT_FIELDS_H
#define HSMON_EVENT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

struct field_form;		/* forms.h */

enum schema {
	SCHEMA_ECS,		/* Elastic Common Schema, and hsmon.* */
	SCHEMA_ZEEK,		/* Zeek's logs as JSON lines */
	SCHEMA_EVE,		/* Suricata's EVE */
	SCHEMA_OTEL,		/* OpenTelemetry's log data model and attributes */
	SCHEMA_CNT
};

enum field_type {
	FIELD_END,		/* behind the last row */
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
	FIELD_EVENT,		/* the event's whole struct; with a form only */
	/* What a form makes of them in a schema; never in the table. */
	FIELD_FORM,		/* of the value at offset */
	FIELD_FORM_STRS,	/* a list: of each string */
	FIELD_FORM_LIST,	/* a list: of a member of each element */
};

/* The value's name in a schema, NULL: it has none there; and its form, NULL: as it is. */
struct field_as {
	const char *path;
	const struct field_form *form;
	size_t pluck;		/* FIELD_LIST with a form: where in an element the member is that the list is made of */
};

struct field {
	const char *path;		/* in ECS: "tls.client.server_name"; NULL: it has none there */
	enum field_type type;
	size_t offset;			/* in the event's struct */
	const char *text;
	const struct field *sub;	/* FIELD_LIST: rows of one element */
	size_t sub_len;			/* sizeof one element */
	/* Where in the event's struct there is a struct event_memo * (shares.h), and 1; 0: nowhere. ECS only, but for lists of
	 * strings, which are the same everywhere. */
	size_t memo;			/* of this value alone: FIELD_STRS; FIELD_LIST: in the element's struct, of each element */
	size_t run_memo;		/* of all rows in a row that have the same: names and values below the objects they share;
					 * at least one of them is present */
	struct field_as as[SCHEMA_CNT - 1];	/* by enum schema, less one: not of ECS */
};

/* A row as one schema has it. */
struct field_use {
	const char *path;
	enum field_type type;
	size_t offset;
	const char *text;
	const struct field *sub;
	size_t sub_len;
	size_t memo, run_memo;
	size_t pluck;
	const struct field_form *form;
};

/* False: the schema has no name for it. */
bool field_in(const struct field *row, enum schema schema, struct field_use *out);

/* What parts a path's objects from each other; '\0': nothing, paths are keys as they are. */
char schema_separator(enum schema schema);
/* "ecs"; NULL behind the last. */
extern const char *const schema_names[SCHEMA_CNT + 1];
/* Schemas have their own ideas of when a certificate is worth a record: `action` of struct certificate_event. */
bool schema_tells(enum schema schema, const char *action);

/* Each ends with FIELD_END. */
extern const struct field handshake_fields[];
extern const struct field x509_fields[];
extern const struct field stats_fields[];
extern const struct field interface_fields[];
extern const struct field certificate_fields[];

#endif
