/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables in every schema, and docs/schemas.md, which is made from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "event/fields.h"

#define DOC "docs/schemas.md"
#define BEGIN "<!-- from here on made by tests/unit/test_schemas.c -->\n"

static const struct {
	const char *title;
	const struct field *rows;
} tables[] = {
	{ "A handshake", handshake_fields },
	{ "A certificate by itself", x509_fields },
	{ "Statistics", stats_fields },
	{ "A certificate that is new at a server, or changes", certificate_fields },
	{ "An interface", interface_fields },
};

#define TABLE_CNT (sizeof(tables) / sizeof(*tables))

static size_t shared_objects(const char *a, const char *b, char separator)
{
	size_t n = 0;

	for (; *a && *a == *b; a++, b++)
		n += *a == separator;
	return n;
}

static const struct field *next_in(const struct field *f, enum schema schema, struct field_use *use)
{
	for (; f->type != FIELD_END; f++)
		if (field_in(f, schema, use))
			return f;
	return NULL;
}

/* Writers open and close each object once: rows of an object stand together, and no path is there twice or is a
 * value and an object. */
static void check_order(const struct field *rows, enum schema schema)
{
	char separator = schema_separator(schema);
	struct field_use f, g;

	for (const struct field *a = rows; (a = next_in(a, schema, &f)); a++) {
		size_t nearest = SIZE_MAX, len = strlen(f.path);

		for (const struct field *b = a + 1; (b = next_in(b, schema, &g)); b++) {
			size_t common = shared_objects(f.path, g.path, separator);

			assert_string_not_equal(f.path, g.path);
			assert_false(separator && !strncmp(f.path, g.path, len) && g.path[len] == separator);
			if (common > nearest)
				fail_msg("%s: %s does not stand with the others of its object", schema_names[schema], g.path);
			nearest = common;
		}
		if (f.type == FIELD_LIST)
			check_order(f.sub, schema);
	}
}

static void order(void **state)
{
	(void)state;
	for (int s = 0; s < SCHEMA_CNT; s++)
		for (size_t i = 0; i < TABLE_CNT; i++)
			check_order(tables[i].rows, (enum schema)s);
}

/* Only values that are text, numbers or lists of them have a name in the flat schemas. */
static void flat(void **state)
{
	struct field_use f;

	(void)state;
	for (const struct field *r = handshake_fields; (r = next_in(r, SCHEMA_ZEEK, &f)); r++)
		assert_int_not_equal(f.type, FIELD_LIST);
	for (const struct field *r = handshake_fields; (r = next_in(r, SCHEMA_OTEL, &f)); r++)
		assert_int_not_equal(f.type, FIELD_LIST);
}

/* A row that is made of the whole event has a form wherever it has a name. */
static void made_rows_have_forms(void **state)
{
	struct field_use f;

	(void)state;
	for (int s = 0; s < SCHEMA_CNT; s++)
		for (size_t i = 0; i < TABLE_CNT; i++)
			for (const struct field *r = tables[i].rows; (r = next_in(r, (enum schema)s, &f)); r++)
				assert_int_not_equal(f.type, FIELD_EVENT);
}

static bool same_value(const struct field *a, const struct field *b)
{
	return a->type == b->type && a->offset == b->offset && a->type != FIELD_CONST && a->type != FIELD_CONST_LIST &&
	       a->type != FIELD_EVENT;
}

/* The names of a value in one schema: those of its first row, and of the rows without an ECS name that are about the same. */
static void put_names(struct strbuf *b, const struct field *rows, const struct field *row, enum schema schema)
{
	struct field_use f;
	bool first = true;

	for (const struct field *r = rows; r->type != FIELD_END; r++) {
		if ((r != row && (r->path || !same_value(r, row))) || !field_in(r, schema, &f))
			continue;
		strbuf_printf(b, "%s`%s`", first ? "" : ", ", f.path);
		if (f.type == FIELD_CONST)
			strbuf_printf(b, " = `%s`", f.text);
		first = false;
	}
}

static bool is_told_elsewhere(const struct field *rows, const struct field *row)
{
	for (const struct field *r = rows; !row->path && r->type != FIELD_END; r++)
		if (r != row && same_value(r, row) && (r->path || r < row))
			return true;
	return false;
}

static void put_table(struct strbuf *b, const char *title, const struct field *rows)
{
	strbuf_printf(b, "\n### %s\n\n| ECS | Zeek | EVE | OpenTelemetry |\n|---|---|---|---|\n", title);
	for (const struct field *r = rows; r->type != FIELD_END; r++) {
		if (is_told_elsewhere(rows, r))
			continue;
		for (int s = 0; s < SCHEMA_CNT; s++) {
			strbuf_puts(b, s ? " | " : "| ");
			put_names(b, rows, r, (enum schema)s);
		}
		strbuf_puts(b, " |\n");
	}
}

static char *read_doc(char *text, size_t size)
{
	FILE *f = fopen(DOC, "r");
	size_t n;

	if (!f)
		f = fopen("../" DOC, "r");
	assert_non_null(f);
	n = fread(text, 1, size - 1, f);
	assert_true(n < size - 1);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* What differs is written beside the document: it is to be put in its place. */
static void document_is_the_table(void **state)
{
	static char text[131072];
	const char *begin = strstr(read_doc(text, sizeof(text)), BEGIN);
	struct strbuf b = { 0 };

	(void)state;
	strbuf_puts(&b, BEGIN);
	for (size_t i = 0; i < TABLE_CNT; i++)
		put_table(&b, tables[i].title, tables[i].rows);
	assert_non_null(begin);
	if (strcmp(begin, b.s)) {
		FILE *f = fopen("build/schemas.md", "w");

		if (f) {
			fwrite(text, 1, (size_t)(begin - text), f);
			fwrite(b.s, 1, b.len, f);
			fclose(f);
		}
		fail_msg("%s is not what the tables say; build/schemas.md is", DOC);
	}
	strbuf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(flat),
		cmocka_unit_test(made_rows_have_forms),
		cmocka_unit_test(document_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
