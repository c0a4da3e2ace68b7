/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/filter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "event/event.h"
#include "output/filter_nodes.h"

/* Digits, and up to nine behind a point. */
bool filter_number_read(const char *s, size_t len, struct filter_number *out)
{
	bool negative = len && *s == '-', digit = false;
	int64_t scale = 100000000;
	size_t i = negative;

	*out = (struct filter_number){ 0 };
	for (; i < len && s[i] >= '0' && s[i] <= '9' && out->whole < INT64_MAX / 10 - 9; i++, digit = true)
		out->whole = out->whole * 10 + (s[i] - '0');
	if (digit && i + 1 < len && s[i] == '.')
		for (i++; i < len && s[i] >= '0' && s[i] <= '9' && scale; i++, scale /= 10)
			out->nano += (s[i] - '0') * scale;
	if (negative) {
		out->whole = -out->whole;
		out->nano = -out->nano;
	}
	return digit && i == len;
}

int filter_severity(const char *s, size_t len)
{
	static const char *const words[] = { "info", "low", "medium", "high", "critical" };

	for (int i = 0; i < 5; i++)
		if (strlen(words[i]) == len && !strncasecmp(words[i], s, len))
			return i;
	return -1;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* * is any text, ? any byte, \ takes the next byte as it is; letters in either case. Goes back to the last * only, so the
 * cost is at most the product of both lengths. */
static bool glob_matches(const char *pattern, const char *s, size_t len)
{
	const char *p = pattern, *end = s + len, *star = NULL, *star_s = NULL;

	while (s < end) {
		const char *literal = *p == '\\' && p[1] ? p + 1 : p;

		if (*p == '*') {
			star = ++p;
			star_s = s;
		} else if (*p && (*p == '?' || lower(*literal) == lower(*s))) {
			p = literal + 1;
			s++;
		} else if (star) {
			p = star;
			s = ++star_s;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

static bool holds(enum filter_op op, int order)
{
	switch (op) {
	case FILTER_EQ:
		return order == 0;
	case FILTER_NE:
		return order != 0;
	case FILTER_LT:
		return order < 0;
	case FILTER_LE:
		return order <= 0;
	case FILTER_GT:
		return order > 0;
	case FILTER_GE:
		return order >= 0;
	default:
		return false;
	}
}

static bool compare_numbers(const struct filter_node *n, struct filter_number v)
{
	const struct filter_number *w = &n->value.number;
	int order = v.whole != w->whole ? (v.whole > w->whole) - (v.whole < w->whole) : (v.nano > w->nano) - (v.nano < w->nano);

	return holds(n->op, order);
}

/* Numbers and severities by their rank, all else by its bytes: dates in ISO 8601 come in their order so. */
static bool compare_text(const struct filter_node *n, const char *s, size_t len)
{
	const struct filter_value *v = &n->value;
	size_t common = strlen(v->text);
	struct filter_number number;
	int order, rank = v->severity < 0 ? -1 : filter_severity(s, len);

	if (n->op == FILTER_EQ || n->op == FILTER_NE)
		return glob_matches(v->text, s, len) == (n->op == FILTER_EQ);
	if (rank >= 0)
		return holds(n->op, rank - v->severity);
	if (v->is_number && filter_number_read(s, len, &number))
		return compare_numbers(n, number);
	order = memcmp(s, v->text, len < common ? len : common);
	return holds(n->op, order ? order : (len > common) - (len < common));
}

static bool test_text(const struct filter_node *n, const char *s, size_t len)
{
	return n->op == FILTER_PRESENT || compare_text(n, s, len);
}

static bool test_int(const struct filter_node *n, bool negative, uint64_t v)
{
	char text[32];

	if (n->op == FILTER_PRESENT)
		return true;
	if (n->value.is_number)
		return compare_numbers(n, (struct filter_number){ negative ? -(int64_t)v : v > INT64_MAX ? INT64_MAX : (int64_t)v, 0 });
	snprintf(text, sizeof(text), "%s%llu", negative ? "-" : "", (unsigned long long)v);
	return compare_text(n, text, strlen(text));
}

static bool test_time(const struct filter_node *n, uint64_t ns)
{
	char iso[CLOCK_ISO_LEN];

	clock_iso(ns, iso);
	return test_text(n, iso, strlen(iso));
}

/* Of a list one element is enough; for != it must be none of them. */
static bool test_strs(const struct filter_node *n, const struct event_strs *l)
{
	struct filter_node one = *n;

	if (n->op == FILTER_NE)
		one.op = FILTER_EQ;
	for (size_t i = 0; i < l->n; i++)
		if (test_text(&one, l->v[i].s, l->v[i].len))
			return n->op != FILTER_NE;
	return n->op == FILTER_NE && l->n;
}

static bool test_words(const struct filter_node *n, const char *words)
{
	struct event_str v[8];
	struct event_strs l = { v, 0 };

	for (const char *p = words; l.n < 8; p += v[l.n - 1].len + 1) {
		v[l.n] = event_str(p, strcspn(p, ","));
		if (!p[v[l.n++].len])
			break;
	}
	return test_strs(n, &l);
}

static bool test_counts(const struct filter_node *n, const struct event_counts *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (name && !strcmp(c->v[i].name, name))
			return test_int(n, false, c->v[i].value);
	return !name && n->op == FILTER_PRESENT && c->n;
}

struct any_list {
	const char *v;
	size_t n;
};

static bool test_field(const struct filter_node *n, const struct filter_field *f, const struct field *row, const void *base);

static bool test_list(const struct filter_node *n, const struct filter_field *f, const void *p)
{
	struct filter_node one = *n;
	struct any_list l;
	bool any = false;

	memcpy(&l, p, sizeof(l));
	if (!f->in_list)
		return n->op == FILTER_PRESENT && l.n;
	if (n->op == FILTER_NE)
		one.op = FILTER_EQ;
	for (size_t i = 0; i < l.n && !any; i++)
		any = test_field(&one, f, f->in_list, l.v + i * f->row->sub_len);
	return n->op == FILTER_NE ? l.n && !any : any;
}

static bool test_field(const struct filter_node *n, const struct filter_field *f, const struct field *row, const void *base)
{
	const void *p = (const char *)base + row->offset;
	const struct event_str *s = p;
	const char *c;

	switch (row->type) {
	case FIELD_CONST:
		return test_text(n, row->text, strlen(row->text));
	case FIELD_CONST_LIST:
		return test_words(n, row->text);
	case FIELD_STR:
		return s->s && s->len && test_text(n, s->s, s->len);
	case FIELD_CSTR:
		c = *(const char *const *)p;
		return c && test_text(n, c, strlen(c));
	case FIELD_STRS:
		return test_strs(n, p);
	case FIELD_INT: {
		int64_t v = *(const int64_t *)p;

		return v != EVENT_ABSENT && test_int(n, v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	}
	case FIELD_UINT:
		return test_int(n, false, *(const uint64_t *)p);
	case FIELD_TRI:
		c = *(const enum event_tri *)p == EVENT_YES ? "true" : "false";
		return *(const enum event_tri *)p != EVENT_UNKNOWN && test_text(n, c, strlen(c));
	case FIELD_BOOL:
		return *(const bool *)p && test_text(n, "true", 4);
	case FIELD_TIME:
		return *(const uint64_t *)p && test_time(n, *(const uint64_t *)p);
	case FIELD_LIST:
		return test_list(n, f, p);
	case FIELD_COUNTS:
		return test_counts(n, p, f->count);
	default:			/* has no name of its own */
		return false;
	}
}

static bool node_matches(const struct filter *f, int at, enum record_kind kind, const void *event)
{
	const struct filter_node *n = &f->node[at];

	switch (n->op) {
	case FILTER_AND:
		return node_matches(f, n->left, kind, event) && node_matches(f, n->right, kind, event);
	case FILTER_OR:
		return node_matches(f, n->left, kind, event) || node_matches(f, n->right, kind, event);
	case FILTER_NOT:
		return !node_matches(f, n->left, kind, event);
	default:
		return n->field[kind].row && test_field(n, &n->field[kind], n->field[kind].row, event);
	}
}

bool filter_matches(const struct filter *f, enum record_kind kind, const void *event)
{
	return !f || node_matches(f, f->root, kind, event);
}
