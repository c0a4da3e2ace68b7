/* SPDX-License-Identifier: BSD-2-Clause */
/* The field tables against the contract, docs/events.md: what it names is there, and what is there it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "event/fields.h"

#define DOC "docs/events.md"
#define NAMES_MAX 1024
#define CELLS 3

struct names {
	char *v[NAMES_MAX];
	size_t n;
};

enum { HANDSHAKE, STATS, INTERFACE, CERTIFICATE, STEPS, CHAINS, OUTPUTS, LIST_CNT };

static struct names contract[LIST_CNT];	/* every path that the document names */
static const struct field *const tables[] = {
	[HANDSHAKE] = handshake_fields, [STATS] = stats_fields, [INTERFACE] = interface_fields,
	[CERTIFICATE] = certificate_fields,
};

static void names_add(struct names *l, const char *s, size_t len)
{
	assert_true(l->n < NAMES_MAX);
	l->v[l->n++] = strndup(s, len);
}

static bool names_has(const struct names *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], s))
			return true;
	return false;
}

static const char *closing_brace(const char *p)
{
	int depth = 0;

	for (; *p; p++) {
		depth += *p == '{';
		if (*p == '}' && --depth == 0)
			return p;
	}
	return NULL;
}

/* a.{b,c.{d,e[]}} becomes a.b, a.c.d, a.c.e. */
static void expand(struct names *l, const char *prefix, const char *p, const char *end)
{
	while (p < end) {
		const char *stop = p, *brace = NULL;
		char name[256];

		for (; stop < end && *stop != ',' && *stop != '{'; stop++)
			;
		if (stop < end && *stop == '{')
			brace = stop;
		while (p < stop && *p == ' ')
			p++;
		assert_true(snprintf(name, sizeof(name), "%s%.*s", prefix, (int)(stop - p), p) < (int)sizeof(name));
		if (strstr(name, "[]"))
			*strstr(name, "[]") = '\0';
		if (brace) {
			const char *close = closing_brace(brace);

			assert_non_null(close);
			expand(l, name, brace + 1, close);
			stop = close + 1;
		} else if (*name && !strstr(name, "...")) {
			names_add(l, name, strlen(name));
		}
		p = stop + 1;
	}
}

/* The next `word` of a cell; false: no more. A value after "=" is none. */
static bool next_word(const char **p, char *out, size_t size)
{
	for (;;) {
		const char *open = strchr(*p, '`'), *close = open ? strchr(open + 1, '`') : NULL;
		bool is_value = open && open - *p >= 2 && !strncmp(open - 2, "= ", 2);

		if (!close)
			return false;
		snprintf(out, size, "%.*s", (int)(close - open - 1), open + 1);
		*p = close + 1;
		if (!is_value)
			return true;
	}
}

static size_t split_row(char *line, char *cell[CELLS])
{
	size_t n = 0;

	for (char *p = strchr(line, '|'); p && n < CELLS; ) {
		cell[n++] = ++p;
		p = strchr(p, '|');
		if (p)
			*p = '\0';
	}
	return n;
}

static const char x509_open[] = "x509.{";

static int dataset;	/* that the lines being read are about */

/* `source.*` takes its names from the second column, `tls.server.x509.*` from the third. */
static void expand_star(const char *word, char *cell[CELLS])
{
	char prefix[128], sub[128];
	const char *p = cell[1];

	snprintf(prefix, sizeof(prefix), "%.*s", (int)(strlen(word) - 1), word);
	if (strstr(word, "x509")) {
		const char *open = strstr(cell[2], x509_open);

		assert_non_null(open);
		expand(&contract[dataset], prefix, open + sizeof(x509_open) - 1, closing_brace(open));
	} else {
		while (next_word(&p, sub, sizeof(sub)))
			expand(&contract[dataset], prefix, sub, sub + strlen(sub));
	}
}

static void take_row(char *line, const char *section)
{
	char *cell[CELLS], word[512], name[640];
	const char *p, *p2;

	if (split_row(line, cell) < CELLS)
		return;
	p = cell[0];
	while (next_word(&p, word, sizeof(word))) {
		if (strlen(word) > 2 && !strcmp(word + strlen(word) - 2, ".*")) {
			expand_star(word, cell);
			continue;
		}
		snprintf(name, sizeof(name), "%s%s", section, word);
		expand(&contract[dataset], "", name, name + strlen(name));
		p2 = cell[1];
		if (next_word(&p2, name, sizeof(name)) && name[0] == '{')
			expand(&contract[dataset == STATS ? OUTPUTS : STEPS], "", name + 1, name + strlen(name) - 1);
	}
}

static int read_contract(void **state)
{
	FILE *f = fopen(DOC, "r");
	const char *section = "", *set;
	char line[4096];

	(void)state;
	if (!f)
		f = fopen("../" DOC, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "`hsmon.*`", 9))
			section = "hsmon.";
		if (!strncmp(line, "## ", 3))
			section = "";
		if (!strncmp(line, "### A certificate in", 20)) {
			section = "";
			dataset = CHAINS;
		}
		if (!strncmp(line, "## ", 3) && (set = strstr(line, "\"hsmon.")))
			dataset = set[7] == 'h' ? HANDSHAKE : set[7] == 's' ? STATS :
				  set[7] == 'c' ? CERTIFICATE : INTERFACE;
		if (line[0] == '|' && !strstr(line, "---") && !strstr(line, "| field |"))
			take_row(line, section);
	}
	fclose(f);
	return 0;
}

static int forget_contract(void **state)
{
	(void)state;
	for (int i = 0; i < LIST_CNT; i++)
		while (contract[i].n)
			free(contract[i].v[--contract[i].n]);
	return 0;
}

static const struct field *find(const struct field *rows, const char *path)
{
	for (; rows->type != FIELD_END; rows++)
		if (rows->path && !strcmp(rows->path, path))
			return rows;
	return NULL;
}

/* The contract writes "issuer.{same}" and "tls.client.{subject,...,x509.*}": what stands for the names above. */
static bool is_shorthand(const char *name)
{
	return strstr(name, "same") || strchr(name, '*');
}

static void contract_was_read(void **state)
{
	const struct names *c = &contract[HANDSHAKE];

	(void)state;
	assert_true(c->n > 150);
	assert_true(names_has(c, "@timestamp"));
	assert_true(names_has(c, "source.port"));
	assert_true(names_has(c, "tls.server.hash.sha256"));
	assert_true(names_has(c, "tls.server.x509.subject.state_or_province"));
	assert_true(names_has(c, "hsmon.capture.complete"));
	assert_true(names_has(c, "hsmon.client_hello.sslv2"));
	assert_false(names_has(c, "event"));
	assert_int_equal(contract[STEPS].n, 6);
	assert_int_equal(contract[CHAINS].n, 31);
	assert_int_equal(contract[OUTPUTS].n, 6);
	assert_true(names_has(&contract[STATS], "hsmon.stats.kernel.run_ns"));
	assert_true(names_has(&contract[INTERFACE], "hsmon.interface.attach"));
}

static void contract_in_table(void **state)
{
	int missing = 0;

	(void)state;
	for (int set = HANDSHAKE; set <= CERTIFICATE; set++)
		for (size_t i = 0; i < contract[set].n; i++) {
			const char *name = contract[set].v[i];

			if (is_shorthand(name) || find(tables[set], name))
				continue;
			print_error("in %s, not in the table: %s\n", DOC, name);
			missing++;
		}
	assert_int_equal(missing, 0);
}

/* The names that shorthand stands for. */
static bool named_in_short(const char *path)
{
	char other[128];
	const char *at = strstr(path, ".x509.issuer.");

	if (at) {
		snprintf(other, sizeof(other), "%.*s.x509.subject.%s", (int)(at - path), path, at + 13);
		return names_has(&contract[HANDSHAKE], other) || named_in_short(other);
	}
	if (strncmp(path, "tls.client.", 11))
		return false;
	snprintf(other, sizeof(other), "tls.server.%s", path + 11);
	return names_has(&contract[HANDSHAKE], other);
}

static bool is_event_constant(const struct field *f)
{
	return f->type == FIELD_CONST || f->type == FIELD_CONST_LIST;
}

static void table_in_contract(void **state)
{
	int missing = 0;

	(void)state;
	for (int set = HANDSHAKE; set <= CERTIFICATE; set++)
		for (const struct field *f = tables[set]; f->type != FIELD_END; f++) {
			if (!f->path || names_has(&contract[set], f->path) || named_in_short(f->path) || is_event_constant(f))
				continue;
			print_error("in the table, not in %s: %s\n", DOC, f->path);
			missing++;
		}
	assert_int_equal(missing, 0);
}

static void check_elements(int set, const char *path, const struct names *l)
{
	const struct field *f = find(tables[set], path);
	size_t rows = 0;

	assert_non_null(f);
	assert_int_equal(f->type, FIELD_LIST);
	for (size_t k = 0; k < l->n; k++)
		assert_non_null(find(f->sub, l->v[k]));
	for (f = f->sub; f->type != FIELD_END; f++, rows++)
		assert_true(names_has(l, f->path));
	assert_true(rows > 0);
}

static void elements(void **state)
{
	(void)state;
	check_elements(HANDSHAKE, "hsmon.steps", &contract[STEPS]);
	check_elements(HANDSHAKE, "hsmon.server_chain", &contract[CHAINS]);
	check_elements(HANDSHAKE, "hsmon.client_chain", &contract[CHAINS]);
	check_elements(STATS, "hsmon.stats.outputs", &contract[OUTPUTS]);
}

/* The two sides of TLS say the same things of their certificates. */
static void client_like_server(void **state)
{
	int n = 0;

	(void)state;
	for (const struct field *f = handshake_fields; f->type != FIELD_END; f++) {
		char name[128];
		const struct field *g;

		if (!f->path || strncmp(f->path, "tls.server.", 11) || !strcmp(f->path, "tls.server.ja3s"))
			continue;
		snprintf(name, sizeof(name), "tls.client.%s", f->path + 11);
		g = find(handshake_fields, name);
		assert_non_null(g);
		assert_int_equal(g->type, f->type);
		assert_int_equal(g->offset - f->offset,
				 offsetof(struct handshake_event, client_leaf) - offsetof(struct handshake_event, server_leaf));
		n++;
	}
	assert_int_equal(n, 31);
}

/* "subject" and "issuer" of the contract share one list of names. */
static void issuer_like_subject(void **state)
{
	(void)state;
	for (size_t i = 0; i < contract[HANDSHAKE].n; i++) {
		char name[128];
		char *at;

		if (!strstr(contract[HANDSHAKE].v[i], "x509.subject."))
			continue;
		snprintf(name, sizeof(name), "%s", contract[HANDSHAKE].v[i]);
		at = strstr(name, "subject.");
		memmove(at + 7, at + 8, strlen(at + 8) + 1);
		memcpy(at, "issuer.", 7);
		assert_non_null(find(handshake_fields, name));
	}
}

/* An event of which nothing is known has nothing but constants: no member's default is taken for a value. */
static void blank_event_is_absent(void **state)
{
	struct handshake_event e;

	(void)state;
	handshake_event_init(&e);
	for (const struct field *f = handshake_fields; f->type != FIELD_END; f++) {
		const char *p = (const char *)&e + f->offset;

		if (f->type == FIELD_INT && *(const int64_t *)p != EVENT_ABSENT)
			fail_msg("row %zu is not absent", (size_t)(f - handshake_fields));
		if (f->type == FIELD_TRI && *(const enum event_tri *)p != EVENT_UNKNOWN)
			fail_msg("row %zu is not unknown", (size_t)(f - handshake_fields));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contract_was_read),
		cmocka_unit_test(contract_in_table),
		cmocka_unit_test(table_in_contract),
		cmocka_unit_test(elements),
		cmocka_unit_test(client_like_server),
		cmocka_unit_test(issuer_like_subject),
		cmocka_unit_test(blank_event_is_absent),
	};

	return cmocka_run_group_tests(tests, read_contract, forget_contract);
}
