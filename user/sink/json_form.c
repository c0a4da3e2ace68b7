/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/event.h"
#include "event/forms.h"
#include "sink/json_writer.h"

/* The value at p in the row's form, in the scratch buffer. */
static bool make_form(struct writer *w, const struct json_row *r, const void *p)
{
	struct strbuf *b = &w->j->scratch;
	bool made;

	strbuf_reset(b);
	made = r->field.form->make(r->field.form, b, p);
	w->b->failed |= b->failed;
	return made && !b->failed;
}

static void put_scratch(struct writer *w, enum form_kind kind)
{
	const struct strbuf *s = &w->j->scratch;

	if (kind == FORM_BARE)
		strbuf_add(w->b, s->s, s->len);
	else
		strbuf_json(w->b, s->s, s->len);
}

static void put_form(struct writer *w, const struct json_row *r, const void *p)
{
	enum form_kind kind = r->field.form->kind;

	if (!make_form(w, r, p) || !put_key(w, r, r->key_len))
		return;
	if (kind == FORM_ONE)
		strbuf_putc(w->b, '[');
	put_scratch(w, kind);
	if (kind == FORM_ONE)
		strbuf_putc(w->b, ']');
}

/* A list of those that have this form; a member of the elements, step bytes from each other. */
static void put_form_list(struct writer *w, const struct json_row *r, struct any_list l, size_t step)
{
	bool begun = false;

	for (size_t i = 0; i < l.n; i++) {
		if (!make_form(w, r, l.v + i * step + r->field.pluck))
			continue;
		if (!begun && !put_key(w, r, r->key_len))
			return;
		strbuf_putc(w->b, begun ? ',' : '[');
		put_scratch(w, r->field.form->kind);
		begun = true;
	}
	if (begun)
		strbuf_putc(w->b, ']');
}

/* Values that the schema wants in another form than the event's own. */
void json_formed(struct writer *w, const struct json_row *r, const void *p)
{
	if (r->field.type == FIELD_FORM)
		put_form(w, r, p);
	else
		put_form_list(w, r, list_at(p), r->field.type == FIELD_FORM_STRS ? sizeof(struct event_str) : r->field.sub_len);
}
