/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/csv_cell.h"

#include <string.h>

#include "base/clock.h"
#include "event/event.h"
#include "event/forms.h"

bool csv_fits(const struct field_use *f)
{
	return f->type != FIELD_LIST && f->type != FIELD_COUNTS;
}

/* Escaped as for a terminal; special: a byte that is escaped as well, or "". */
static void put_text(struct strbuf *b, const char *s, size_t len, const char *special)
{
	while (len) {
		size_t n = 0;

		while (n < len && !(special[0] && s[n] == special[0]))
			n++;
		strbuf_term(b, s, n);
		if (n < len)
			strbuf_printf(b, "\\x%02X", (unsigned char)s[n++]);
		s += n;
		len -= n;
	}
}

static void put_guarded(struct strbuf *b, const char *s, size_t len, const char *special)
{
	bool formula = len && memchr("=+-@", *s, 4);

	if (formula)
		strbuf_printf(b, "\\x%02X", (unsigned char)*s);
	put_text(b, s + formula, len - formula, special);
}

static void put_strs(struct strbuf *b, const struct event_strs *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			strbuf_putc(b, ';');
		put_guarded(b, l->v[i].s, l->v[i].len, ";");
	}
}

static bool put_form(struct strbuf *b, const struct field_use *f, const void *p)
{
	struct strbuf raw = { 0 };
	bool made = f->form->make(f->form, &raw, p);

	if (made && f->form->kind == FORM_BARE)
		strbuf_add(b, raw.s, raw.len);
	else if (made)
		put_guarded(b, raw.s, raw.len, "");
	b->failed |= raw.failed;
	strbuf_free(&raw);
	return made;
}

static void put_form_list(struct strbuf *b, const struct field_use *f, const char *v, size_t n, size_t step)
{
	bool begun = false;

	for (size_t i = 0; i < n; i++) {
		size_t mark = b->len;

		if (begun)
			strbuf_putc(b, ';');
		if (put_form(b, f, v + i * step + f->pluck))
			begun = true;
		else
			b->len = mark;
	}
}

static void put_time(struct strbuf *b, uint64_t ns)
{
	char iso[CLOCK_ISO_LEN];

	if (ns)
		strbuf_puts(b, clock_iso(ns, iso));
}

static void put_value(struct strbuf *b, const struct field_use *f, const void *p)
{
	const struct event_strs *l = p;

	switch (f->type) {
	case FIELD_CONST:
	case FIELD_CONST_LIST:
		strbuf_puts(b, f->text);
		break;
	case FIELD_STR:
		put_guarded(b, ((const struct event_str *)p)->s, ((const struct event_str *)p)->len, "");
		break;
	case FIELD_CSTR:
		if (*(const char *const *)p)
			strbuf_puts(b, *(const char *const *)p);
		break;
	case FIELD_STRS:
		put_strs(b, l);
		break;
	case FIELD_INT:
		if (*(const int64_t *)p != EVENT_ABSENT)
			strbuf_puti(b, *(const int64_t *)p);
		break;
	case FIELD_UINT:
		strbuf_putu(b, *(const uint64_t *)p);
		break;
	case FIELD_TRI:
		if (*(const enum event_tri *)p != EVENT_UNKNOWN)
			strbuf_puts(b, *(const enum event_tri *)p == EVENT_YES ? "true" : "false");
		break;
	case FIELD_BOOL:
		strbuf_puts(b, *(const bool *)p ? "true" : "");
		break;
	case FIELD_TIME:
		put_time(b, *(const uint64_t *)p);
		break;
	case FIELD_FORM:
		put_form(b, f, p);
		break;
	case FIELD_FORM_STRS:
		put_form_list(b, f, (const char *)l->v, l->n, sizeof(*l->v));
		break;
	case FIELD_FORM_LIST:
		put_form_list(b, f, (const char *)l->v, l->n, f->sub_len);
		break;
	case FIELD_LIST:
	case FIELD_COUNTS:
	case FIELD_EVENT:
	case FIELD_END:
		break;
	}
}

void csv_quoted(struct strbuf *b, const char *s, size_t len)
{
	bool quotes = false;

	for (size_t i = 0; i < len; i++)
		quotes |= s[i] == ',' || s[i] == '"' || s[i] == ' ' || s[i] == '\r' || s[i] == '\n';
	if (!quotes) {
		strbuf_add(b, s, len);
		return;
	}
	strbuf_putc(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			strbuf_putc(b, '"');
		strbuf_putc(b, s[i]);
	}
	strbuf_putc(b, '"');
}

void csv_cell(struct strbuf *b, struct strbuf *scratch, const struct field_use *f, const void *event)
{
	strbuf_reset(scratch);
	put_value(scratch, f, (const char *)event + f->offset);
	b->failed |= scratch->failed;
	csv_quoted(b, scratch->s, scratch->len);
}
