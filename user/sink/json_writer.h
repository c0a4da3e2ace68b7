/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of json_*.c only: an object being written. */
#ifndef HSMON_SINK_JSON_WRITER_H
#define HSMON_SINK_JSON_WRITER_H

#include <stdbool.h>
#include <string.h>

#include "sink/json_object.h"

/* An object being written: objects in it that are open, and those of them that the row at hand is in as well. */
struct writer {
	struct json_writer *j;
	struct strbuf *b;
	const char *event;
	unsigned int open, keep;
};

/* FIELD_LIST members differ only in the type that v points to. */
struct any_list {
	const char *v;
	size_t n;
};

static inline struct any_list list_at(const void *p)
{
	struct any_list l;

	memcpy(&l, p, sizeof(l));
	return l;
}

/* Closes objects, and writes the row's key from the first that is not open on, up to its byte `until`; then there is room for
 * n bytes. Where to write those; NULL: out of memory. */
static inline char *begin(struct writer *w, const struct json_row *r, size_t until, size_t n)
{
	const char *key = r->key + r->off[w->keep];
	size_t len = until - r->off[w->keep];
	char *d = strbuf_room(w->b, w->open - w->keep + len + JSON_KEY_PAD + n);

	if (!d)
		return NULL;
	for (; w->open > w->keep; w->open--)
		*d++ = '}';
	for (size_t i = 0; i < len; i += JSON_KEY_PAD)
		memcpy(d + i, key + i, JSON_KEY_PAD);
	*d = ',';
	w->open = w->keep = r->depth;
	return d + len;
}

static inline void end(struct writer *w, char *d)
{
	*d = '\0';
	w->b->len = (size_t)(d - w->b->s);
}

/* Only the key; the value is appended to the buffer. */
static inline bool put_key(struct writer *w, const struct json_row *r, size_t until)
{
	char *d = begin(w, r, until, 0);

	if (d)
		end(w, d);
	return d;
}

/* A row whose value the schema wants in another form than the event's own. */
void json_formed(struct writer *w, const struct json_row *r, const void *p);

#endif
