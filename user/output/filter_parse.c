/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *	or    = and *( "or" and )
 *	and   = not *( "and" not )
 *	not   = "not" not / "(" or ")" / field [ sign value ]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/fields.h"
#include "output/filter_nodes.h"

struct parser {
	struct filter *f;
	const char *text, *at;
	char *store;			/* where the next name or value is copied to: there is room for all of them */
	unsigned int depth;
	char *err;
	size_t err_size;
};

static const struct field *const tables[] = {
	[RECORD_HANDSHAKE] = handshake_fields, [RECORD_STATS] = stats_fields,
	[RECORD_INTERFACE] = interface_fields, [RECORD_CERTIFICATE] = certificate_fields,
};

static int bad_at(const struct parser *p, const char *at, const char *what, const char *word)
{
	snprintf(p->err, p->err_size, "filter: %s%.60s at position %zu", what, word, (size_t)(at - p->text) + 1);
	return -EINVAL;
}

static void skip_blanks(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '@' || c == '-';
}

static size_t name_len(const char *at)
{
	size_t n = 0;

	while (is_name_char(at[n]))
		n++;
	return n;
}

static bool take_word(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(p);
	if (name_len(p->at) != len || memcmp(p->at, word, len))
		return false;
	p->at += len;
	return true;
}

static int add_node(struct parser *p, enum filter_op op, int left, int right)
{
	struct filter *f = p->f;

	if (f->cnt == FILTER_NODES_MAX)
		return bad_at(p, p->at, "too long", "");
	f->node[f->cnt] = (struct filter_node){ .op = op, .left = left, .right = right };
	return f->cnt++;
}

static bool starts_with(const char *name, size_t len, const char *path, const char **rest)
{
	size_t n = strlen(path);

	*rest = name + n + 1;
	return len > n && name[n] == '.' && !memcmp(name, path, n);
}

/* name lives as long as the filter. */
static void find_field(const struct field *rows, const char *name, struct filter_field *out)
{
	size_t len = strlen(name);
	const char *rest;

	for (const struct field *r = rows; r->type != FIELD_END && !out->row; r++) {
		if (!r->path)		/* it has its name in another schema */
			continue;
		if (!strcmp(r->path, name)) {
			out->row = r;
		} else if (r->type == FIELD_COUNTS && starts_with(name, len, r->path, &rest)) {
			out->row = r;
			out->count = rest;
		} else if (r->type == FIELD_LIST && starts_with(name, len, r->path, &rest)) {
			for (const struct field *e = r->sub; e->type != FIELD_END; e++)
				if (e->path && !strcmp(e->path, rest))
					out->in_list = e;
			out->row = out->in_list ? r : NULL;
		}
	}
}

static char *keep(struct parser *p, const char *s, size_t len)
{
	char *kept = p->store;

	memcpy(kept, s, len);
	kept[len] = '\0';
	p->store += len + 1;
	return kept;
}

static int read_field(struct parser *p, struct filter_node *n)
{
	const char *at = p->at, *name;
	size_t len = name_len(at);
	bool found = false;

	if (!len)
		return bad_at(p, at, *at ? "a field is expected, not " : "a field is expected", at);
	name = keep(p, at, len);
	p->at += len;
	for (int k = 0; k < RECORD_KIND_CNT; k++) {
		find_field(tables[k], name, &n->field[k]);
		found |= n->field[k].row != NULL;
	}
	return found ? 0 : bad_at(p, at, "no field is called ", name);
}

static enum filter_op read_sign(struct parser *p)
{
	static const struct {
		const char *sign;
		enum filter_op op;
	} signs[] = { { "!=", FILTER_NE }, { "<=", FILTER_LE }, { ">=", FILTER_GE }, { "==", FILTER_EQ }, { "=", FILTER_EQ },
		      { "<", FILTER_LT }, { ">", FILTER_GT } };

	skip_blanks(p);
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		size_t len = strlen(signs[i].sign);

		if (!strncmp(p->at, signs[i].sign, len)) {
			p->at += len;
			return signs[i].op;
		}
	}
	return FILTER_PRESENT;
}

/* Up to the closing quote, or to a blank or parenthesis. A backslash keeps the next byte from being either. */
static int read_value(struct parser *p, struct filter_value *v)
{
	const char *start, *end;
	char quote = 0;

	skip_blanks(p);
	if (*p->at == '"' || *p->at == '\'')
		quote = *p->at++;
	start = end = p->at;
	while (*end && (quote ? *end != quote : !strchr(" \t()", *end)))
		end += *end == '\\' && end[1] ? 2 : 1;
	if (quote && !*end)
		return bad_at(p, start - 1, "a quote is not closed", "");
	if (!quote && end == start)
		return bad_at(p, start, "a value is expected", "");
	p->at = end + (quote ? 1 : 0);
	v->text = keep(p, start, (size_t)(end - start));
	v->is_number = filter_number_read(v->text, strlen(v->text), &v->number);
	v->severity = filter_severity(v->text, strlen(v->text));
	return 0;
}

static int parse_test(struct parser *p)
{
	int node = add_node(p, FILTER_PRESENT, 0, 0), ret;
	struct filter_node *n;

	if (node < 0)
		return node;
	n = &p->f->node[node];
	ret = read_field(p, n);
	if (ret)
		return ret;
	n->op = read_sign(p);
	ret = n->op == FILTER_PRESENT ? 0 : read_value(p, &n->value);
	return ret ? ret : node;
}

static int parse_or(struct parser *p);

static int parse_not(struct parser *p)
{
	int ret;

	if (++p->depth > FILTER_DEPTH_MAX)
		return bad_at(p, p->at, "too deep", "");
	skip_blanks(p);
	if (take_word(p, "not")) {
		ret = parse_not(p);
		if (ret >= 0)
			ret = add_node(p, FILTER_NOT, ret, 0);
	} else if (*p->at == '(') {
		p->at++;
		ret = parse_or(p);
		skip_blanks(p);
		if (ret >= 0 && *p->at != ')')
			return bad_at(p, p->at, "a ) is expected", "");
		if (ret >= 0)
			p->at++;
	} else {
		ret = parse_test(p);
	}
	p->depth--;
	return ret;
}

static int parse_and(struct parser *p)
{
	int ret = parse_not(p);

	while (ret >= 0 && take_word(p, "and")) {
		int right = parse_not(p);

		ret = right < 0 ? right : add_node(p, FILTER_AND, ret, right);
	}
	return ret;
}

static int parse_or(struct parser *p)
{
	int ret = parse_and(p);

	while (ret >= 0 && take_word(p, "or")) {
		int right = parse_and(p);

		ret = right < 0 ? right : add_node(p, FILTER_OR, ret, right);
	}
	return ret;
}

static int parse_all(struct parser *p)
{
	int root = parse_or(p);

	skip_blanks(p);
	if (root < 0)
		return root;
	if (*p->at)
		return bad_at(p, p->at, "and, or, or the end is expected, not ", p->at);
	p->f->root = root;
	return 0;
}

int filter_compile(struct filter **out, const char *text, char *err, size_t err_size)
{
	size_t len = strlen(text);
	struct parser p = { .text = text, .at = text, .err = err, .err_size = err_size };
	int ret;

	*out = NULL;
	if (len > FILTER_TEXT_MAX)
		return bad_at(&p, text + FILTER_TEXT_MAX, "too long", "");
	p.f = calloc(1, sizeof(*p.f) + FILTER_NODES_MAX * sizeof(p.f->node[0]));
	/* Each test has a byte of its own for its name, its sign and its value, and two ends. */
	p.store = malloc(2 * len + 2);
	if (!p.f || !p.store) {
		free(p.f);
		free(p.store);
		return -ENOMEM;
	}
	p.f->text = p.store;
	ret = parse_all(&p);
	if (ret)
		filter_free(p.f);
	else
		*out = p.f;
	return ret;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	free(f->text);
	free(f);
}
