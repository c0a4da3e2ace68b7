/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

static struct config *parsed(const char *text)
{
	struct config *c = NULL;
	char err[128] = "";
	int ret = config_parse(text, strlen(text), &c, err, sizeof(err));

	if (ret)
		fail_msg("%d: %s", ret, err);
	return c;
}

static void expect(const struct config *c, size_t i, unsigned int number, const char *name, const char *value)
{
	assert_true(i < config_cnt(c));
	assert_int_equal(config_at(c, i)->number, number);
	assert_string_equal(config_at(c, i)->name, name);
	if (value)
		assert_string_equal(config_at(c, i)->value, value);
	else
		assert_null(config_at(c, i)->value);
}

static void test_lines(void **state)
{
	struct config *c = parsed("# comment\n\nports 443,8443\r\n  expiry-warn =\t14  \n--verbose\npolicy: /etc/a b \n--at=@5\nuser =\nx:=y\nlast 1");

	(void)state;
	assert_int_equal(config_cnt(c), 8);
	expect(c, 0, 3, "ports", "443,8443");
	expect(c, 1, 4, "expiry-warn", "14");
	expect(c, 2, 5, "verbose", NULL);
	expect(c, 3, 6, "policy", "/etc/a b");
	expect(c, 4, 7, "at", "@5");
	expect(c, 5, 8, "user", "");
	expect(c, 6, 9, "x", "=y");
	expect(c, 7, 10, "last", "1");
	config_free(c);
}

static void test_quotes(void **state)
{
	struct config *c = parsed("a \" x # y \" # comment\nb=\"q\\\"\\\\\\n\\t\"\nc \"\"\n");

	(void)state;
	expect(c, 0, 1, "a", " x # y ");
	expect(c, 1, 2, "b", "q\"\\\n\t");
	expect(c, 2, 3, "c", "");
	config_free(c);
}

static void test_nothing(void **state)
{
	struct config *c = parsed("");

	(void)state;
	assert_int_equal(config_cnt(c), 0);
	config_free(c);
}

static void refused(const char *text, size_t len, const char *why)
{
	struct config *c = NULL;
	char err[128] = "";

	assert_int_equal(config_parse(text, len, &c, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, why);
	assert_null(c);
}

static void test_refused_bad(void **state)
{
	static const char *const text[][2] = {
		{ "a \"x", "line 1: the quote is not closed" },
		{ "\n\na \"x\\\"", "line 3: the quote is not closed" },
		{ "a \"x\\q\"", "line 1: only \\\" \\\\ \\n and \\t are known after a backslash" },
		{ "a \"x\\", "line 1: only \\\" \\\\ \\n and \\t are known after a backslash" },
		{ "a \"x\" y", "line 1: something stands behind the closing quote" },
		{ "ok 1\n= 5", "line 2: no option stands there" },
		{ "--", "line 1: no option stands there" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		refused(text[i][0], strlen(text[i][0]), text[i][1]);
	refused("a\0b", 3, "this is no text: there is a byte of value 0");
}

static void test_files_bad(void **state)
{
	struct config *c = NULL;
	char err[128] = "";

	(void)state;
	assert_int_equal(config_read("/nonexistent/x", &c, err, sizeof(err)), -ENOENT);
	assert_int_equal(config_read("/", &c, err, sizeof(err)), -EISDIR);
	assert_int_equal(config_read("/dev/zero", &c, err, sizeof(err)), -EFBIG);
	assert_null(c);
	assert_string_equal(err, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_quotes), cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_refused_bad), cmocka_unit_test(test_files_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
