/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/json_plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

void json_plan_free(struct json_plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->row[i].key);
		json_plan_free(p->row[i].sub);
	}
	free(p);
}

/* How many leading objects (not the value's own name) two paths have in common. */
static uint8_t common_objects(const char *a, const char *b, char separator)
{
	uint8_t n = 0;

	for (; *a && *a == *b; a++, b++)
		n += *a == separator;
	return n;
}

static void put_words(struct strbuf *b, const char *p)
{
	char sep = '[';

	for (;; sep = ',') {
		size_t len = strcspn(p, ",");

		strbuf_putc(b, sep);
		strbuf_json(b, p, len);
		p += len;
		if (!*p++)
			break;
	}
	strbuf_putc(b, ']');
}

static bool row_init(struct json_row *r, const char *before, char separator)
{
	const char ends[] = { separator, '\0' };
	const struct field_use *f = &r->field;
	struct strbuf key = { 0 };
	const char *p = f->path;

	r->common = common_objects(before, f->path, separator);
	strbuf_putc(&key, ',');
	for (;; r->depth++) {
		size_t len = strcspn(p, ends);

		r->off[r->depth] = (uint16_t)(key.len - 1);
		strbuf_json(&key, p, len);
		strbuf_putc(&key, ':');
		p += len;
		if (!*p++ || r->depth == JSON_DEPTH_MAX)
			break;
		strbuf_putc(&key, '{');
	}
	if (f->type == FIELD_CONST)
		strbuf_json(&key, f->text, strlen(f->text));
	if (f->type == FIELD_CONST_LIST)
		put_words(&key, f->text);
	r->key_len = (uint16_t)key.len;
	(void)strbuf_room(&key, JSON_KEY_PAD);
	r->key = key.s;
	return !key.failed;
}

static void find_runs(struct json_plan *p)
{
	for (size_t i = 0, n; i < p->n; i += n) {
		struct json_row *first = &p->row[i];

		first->run_depth = first->depth;
		for (n = 1; first->field.run_memo && i + n < p->n && first[n].field.run_memo == first->field.run_memo; n++)
			if (first[n].common < first->run_depth)
				first->run_depth = first[n].common;
		first->run = first->field.run_memo ? (uint16_t)n : 0;
	}
}

struct json_plan *json_plan_new(const struct field *rows, enum schema schema)
{
	struct json_plan *p;
	size_t max = 0;
	bool ok = true;

	while (rows[max].type != FIELD_END)
		max++;
	p = calloc(1, sizeof(*p) + max * sizeof(p->row[0]));
	if (!p)
		return NULL;
	for (; rows->type != FIELD_END && ok; rows++) {
		struct json_row *r = &p->row[p->n];

		if (!field_in(rows, schema, &r->field))
			continue;
		ok = row_init(r, p->n++ ? r[-1].field.path : "", schema_separator(schema));
		if (ok && r->field.type == FIELD_LIST)
			ok = (r->sub = json_plan_new(r->field.sub, schema)) != NULL;
	}
	if (!ok) {
		json_plan_free(p);
		return NULL;
	}
	find_runs(p);
	return p;
}
