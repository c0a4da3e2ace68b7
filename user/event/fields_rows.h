/* SPDX-License-Identifier: BSD-2-Clause */
/* How rows of the field tables are written. Inside user/event only. */
#ifndef HSMON_EVENT_FIELDS_ROWS_H
#define HSMON_EVENT_FIELDS_ROWS_H

#include "event/event.h"
#include "event/fields.h"
#include "event/forms.h"

/* The type of a row follows from the member's own type, so that they cannot disagree. */
#define TYPE_OF(T, member) _Generic(((T *)0)->member,                                                          \
	struct event_str: FIELD_STR, struct event_strs: FIELD_STRS, const char *: FIELD_CSTR,                 \
	int64_t: FIELD_INT, uint64_t: FIELD_UINT, enum event_tri: FIELD_TRI, bool: FIELD_BOOL,                \
	struct event_counts: FIELD_COUNTS)
#define TIME_OF(T, member) _Generic(((T *)0)->member, uint64_t: FIELD_TIME)

/* What follows the member are its names in the other schemas: ZEEK(), EVE(), OTEL(), or none. */
#define ROW(T, name, member, ...) { .path = name, .type = TYPE_OF(T, member), .offset = offsetof(T, member), __VA_ARGS__ }
#define TIME(T, name, member, ...) { .path = name, .type = TIME_OF(T, member), .offset = offsetof(T, member), __VA_ARGS__ }
#define CONST(name, value, ...) { .path = name, .type = FIELD_CONST, .text = value, __VA_ARGS__ }
#define WORDS(name, value) { .path = name, .type = FIELD_CONST_LIST, .text = value }
/* Made of several members; not in ECS. */
#define MADE(...) { .path = NULL, .type = FIELD_EVENT, __VA_ARGS__ }
#define LIST(T, name, member, rows)                                                                           \
	{ .path = name, .type = FIELD_LIST, .offset = offsetof(T, member), .sub = rows, .sub_len = sizeof(((T *)0)->member.v[0]) }
#define END { .type = FIELD_END }

#define ZEEK(name) .as[SCHEMA_ZEEK - 1] = { name, NULL, 0 }
#define EVE(name) .as[SCHEMA_EVE - 1] = { name, NULL, 0 }
#define OTEL(name) .as[SCHEMA_OTEL - 1] = { "Attributes/" name, NULL, 0 }
#define ZEEK_AS(name, how) .as[SCHEMA_ZEEK - 1] = { name, &form_##how, 0 }
#define EVE_AS(name, how) .as[SCHEMA_EVE - 1] = { name, &form_##how, 0 }
#define OTEL_AS(name, how) .as[SCHEMA_OTEL - 1] = { "Attributes/" name, &form_##how, 0 }
/* Of the log record itself, and of who wrote it. */
#define OTEL_RECORD(name) .as[SCHEMA_OTEL - 1] = { name, NULL, 0 }
#define OTEL_RECORD_AS(name, how) .as[SCHEMA_OTEL - 1] = { name, &form_##how, 0 }
#define OTEL_RESOURCE(name) .as[SCHEMA_OTEL - 1] = { "Resource/" name, NULL, 0 }

#endif
