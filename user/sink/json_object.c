/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/json_object.h"

#include <string.h>

#include "event/event.h"
#include "event/shares.h"
#include "sink/json_writer.h"

static const char closers[] = "}}}}}}}}";

/* at: the member's offset and 1; 0: there is none. */
static struct event_memo *memo_at(const void *base, size_t at)
{
	return at ? *(struct event_memo *const *)((const char *)base + at - 1) : NULL;
}

/* True: it was written before, and is again. */
static bool put_memo(struct strbuf *b, const struct event_memo *memo)
{
	if (!memo || !memo->text)
		return false;
	strbuf_add(b, memo->text, memo->len);
	return true;
}

/* What was written since b was mark bytes long. */
static void keep_memo(struct event_memo *memo, const struct strbuf *b, size_t mark)
{
	if (memo && !b->failed)
		event_memo_set(memo, b->s + mark, b->len - mark);
}

static void put_str(struct writer *w, const struct json_row *r, const struct event_str *s)
{
	char *d = begin(w, r, r->key_len, s->len + 2);

	if (!d)
		return;
	if (strbuf_copy_plain(d + 1, s->s, s->len, '"') == s->len) {
		*d = d[s->len + 1] = '"';
		end(w, d + s->len + 2);
		return;
	}
	end(w, d);
	strbuf_json(w->b, s->s, s->len);
}

/* Names of ours: nothing in them is to be escaped. */
static void put_cstr(struct writer *w, const struct json_row *r, const char *s)
{
	size_t len = strlen(s);
	char *d = begin(w, r, r->key_len, len + 2);

	if (!d)
		return;
	*d++ = '"';
	memcpy(d, s, len);
	d += len;
	*d++ = '"';
	end(w, d);
}

static void put_uint(struct writer *w, const struct json_row *r, uint64_t v, bool negative)
{
	char *d = begin(w, r, r->key_len, 1 + STRBUF_DIGITS_MAX);

	if (!d)
		return;
	if (negative)
		*d++ = '-';
	end(w, strbuf_digits(d, v));
}

static void put_int(struct writer *w, const struct json_row *r, int64_t v)
{
	put_uint(w, r, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

static void put_bool(struct writer *w, const struct json_row *r, bool v)
{
	char *d = begin(w, r, r->key_len, 5);

	if (!d)
		return;
	memcpy(d, v ? "true" : "false", 5);
	end(w, d + 5 - v);
}

static void put_time(struct writer *w, const struct json_row *r, uint64_t ns)
{
	struct json_clock *c = &w->j->clock;
	uint64_t us = ns % NS_PER_S / NS_PER_US;
	size_t len;
	char *d;

	if (ns / NS_PER_S != c->second || !c->iso[0]) {
		clock_iso(ns, c->iso);
		c->second = ns / NS_PER_S;
	}
	len = strlen(c->iso);
	d = begin(w, r, r->key_len, len + 2);
	if (!d)
		return;
	*d++ = '"';
	memcpy(d, c->iso, len);
	d += len;
	/* ".123456Z" */
	for (int i = 2; i <= 7; i++, us /= 10)
		d[-i] = (char)('0' + us % 10);
	*d++ = '"';
	end(w, d);
}

static void put_strs(struct writer *w, const struct json_row *r, const struct event_strs *l)
{
	struct event_memo *memo = memo_at(w->event, r->field.memo);
	size_t mark;
	char sep = '[';

	if (!put_key(w, r, r->key_len) || put_memo(w->b, memo))
		return;
	mark = w->b->len;
	for (size_t i = 0; i < l->n; i++, sep = ',') {
		strbuf_putc(w->b, sep);
		strbuf_json(w->b, l->v[i].s, l->v[i].len);
	}
	strbuf_putc(w->b, ']');
	keep_memo(memo, w->b, mark);
}

static void put_counts(struct writer *w, const struct json_row *r, const struct event_counts *c)
{
	char sep = '{';

	if (!put_key(w, r, r->key_len))
		return;
	for (size_t i = 0; i < c->n; i++, sep = ',') {
		strbuf_putc(w->b, sep);
		strbuf_json(w->b, c->v[i].name, strlen(c->v[i].name));
		strbuf_putc(w->b, ':');
		strbuf_putu(w->b, c->v[i].value);
	}
	strbuf_putc(w->b, '}');
}

static void put_list(struct writer *w, const struct json_row *r, struct any_list l)
{
	char sep = '[';

	if (!put_key(w, r, r->key_len))
		return;
	for (size_t i = 0; i < l.n; i++, sep = ',') {
		const char *element = l.v + i * r->field.sub_len;
		struct event_memo *memo = memo_at(element, r->field.memo);
		size_t mark;

		strbuf_putc(w->b, sep);
		mark = w->b->len;
		if (put_memo(w->b, memo))
			continue;
		json_object(w->j, w->b, r->sub, element);
		keep_memo(memo, w->b, mark);
	}
	strbuf_putc(w->b, ']');
}

/* Absent values are not written. */
static void put_row(struct writer *w, const struct json_row *r)
{
	const void *p = w->event + r->field.offset;
	const struct event_str *s = p;

	switch (r->field.type) {
	case FIELD_CONST:
	case FIELD_CONST_LIST:
		put_key(w, r, r->key_len);
		break;
	case FIELD_STR:
		if (s->s && s->len)
			put_str(w, r, s);
		break;
	case FIELD_CSTR:
		if (*(const char *const *)p)
			put_cstr(w, r, *(const char *const *)p);
		break;
	case FIELD_STRS:
		if (((const struct event_strs *)p)->n)
			put_strs(w, r, p);
		break;
	case FIELD_INT:
		if (*(const int64_t *)p != EVENT_ABSENT)
			put_int(w, r, *(const int64_t *)p);
		break;
	case FIELD_UINT:
		put_uint(w, r, *(const uint64_t *)p, false);
		break;
	case FIELD_TRI:
		if (*(const enum event_tri *)p != EVENT_UNKNOWN)
			put_bool(w, r, *(const enum event_tri *)p == EVENT_YES);
		break;
	case FIELD_TIME:
		if (*(const uint64_t *)p)
			put_time(w, r, *(const uint64_t *)p);
		break;
	case FIELD_LIST:
		if (list_at(p).n)
			put_list(w, r, list_at(p));
		break;
	case FIELD_COUNTS:
		if (((const struct event_counts *)p)->n)
			put_counts(w, r, p);
		break;
	case FIELD_BOOL:
		if (*(const bool *)p)
			put_bool(w, r, true);
		break;
	case FIELD_FORM:
	case FIELD_FORM_STRS:
	case FIELD_FORM_LIST:
		json_formed(w, r, p);
		break;
	case FIELD_EVENT:
	case FIELD_END:
		break;
	}
}

/* Each row begins with a comma; the first one's takes the place of the byte that opens its object, for a while. Without any
 * row that is present there is no memo (fields.h). */
static void put_run_rows(struct writer *w, const struct json_row *first, struct event_memo *memo)
{
	size_t mark = w->b->len;
	char opens = w->b->s[mark - 1];

	w->b->len--;
	for (const struct json_row *r = first; r < first + first->run; r++) {
		if (r > first && r->common < w->keep)
			w->keep = r->common;
		put_row(w, r);
	}
	strbuf_add(w->b, closers, w->open - first->run_depth);
	if (w->b->failed)
		return;
	w->b->s[mark - 1] = opens;
	keep_memo(memo, w->b, mark);
}

/* The rows of a run, inside of the objects that they share. */
static void put_run(struct writer *w, const struct json_row *first, struct event_memo *memo)
{
	unsigned int depth = first->run_depth;

	if (w->keep > depth)
		w->keep = depth;
	if (!put_key(w, first, first->off[depth] + 1u))
		return;
	w->open = w->keep = depth;
	if (!put_memo(w->b, memo))
		put_run_rows(w, first, memo);
	w->open = w->keep = depth;
}

void json_writer_free(struct json_writer *j)
{
	strbuf_free(&j->scratch);
}

/* An object is opened by the first row in it that is present, so none is ever empty. */
void json_object(struct json_writer *j, struct strbuf *b, const struct json_plan *plan, const void *event)
{
	struct writer w = { .j = j, .b = b, .event = event };
	size_t start = b->len;

	for (const struct json_row *r = plan->row; r < plan->row + plan->n; r++) {
		struct event_memo *memo = r->run ? memo_at(event, r->field.run_memo) : NULL;

		if (r->common < w.keep)
			w.keep = r->common;
		if (!memo) {
			put_row(&w, r);
			continue;
		}
		put_run(&w, r, memo);
		r += r->run - 1;
	}
	if (b->len == start)
		strbuf_putc(b, ',');
	if (!b->failed)
		b->s[start] = '{';
	strbuf_add(b, closers, w.open + 1);
}
