/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

static char said[512];

/* Parses with stderr caught in `said`. */
static enum options_verdict parse(struct options *o, const char *line)
{
	static char copy[256];		/* options point into it */
	char *argv[20], *save = NULL;
	enum options_verdict v;
	int argc = 0, keep = dup(2), fds[2];
	ssize_t n;

	snprintf(copy, sizeof(copy), "hsmon %s", line);
	for (char *s = strtok_r(copy, " ", &save); s; s = strtok_r(NULL, " ", &save))
		argv[argc++] = s;
	argv[argc] = NULL;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], 2);
	optind = 0;
	v = options_parse(argc, argv, o);
	dup2(keep, 2);
	close(keep);
	close(fds[1]);
	n = read(fds[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	return v;
}

static bool selected(const struct options *o, unsigned port)
{
	return o->ports.bits[0][port / 64] >> (port % 64) & 1;
}

static void test_ports(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "-p 443,8443,9000-9100 -p 1-1"), OPTIONS_RUN);
	assert_true(selected(&o, 443) && selected(&o, 8443) && selected(&o, 9000) && selected(&o, 9100) && selected(&o, 1));
	assert_false(selected(&o, 444) || selected(&o, 8999) || selected(&o, 9101) || selected(&o, 2));
	assert_string_equal(o.ports.text, "ports 1,443,8443,9000-9100");
	assert_int_equal(parse(&o, "-p 443"), OPTIONS_RUN);
	assert_string_equal(o.ports.text, "port 443");
	assert_int_equal(parse(&o, "-p 1-65535"), OPTIONS_RUN);
	assert_true(selected(&o, 65535));
	assert_int_equal(parse(&o, "-p any"), OPTIONS_RUN);
	assert_true(o.ports.any);
	assert_int_equal(parse(&o, ""), OPTIONS_RUN);
	assert_true(selected(&o, 443) && selected(&o, 993) && !selected(&o, 80));
}

static void expect_bad(const char *line, const char *word)
{
	struct options o;

	assert_int_equal(parse(&o, line), OPTIONS_BAD);
	assert_non_null(strstr(said, word));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);	/* one line */
}

static void test_bad(void **state)
{
	static const char *const ports[] = { "-p 70000", "-p 0", "-p 443,", "-p ,443", "-p 5-3", "-p 1-70000", "-p x", "-p 44 3",
					     "-p 443-", "-p -443", "-p 4294967739", "-p 0x1bb", "-p +443" };

	(void)state;
	expect_bad("-p 70000", "'70000'");
	expect_bad("-p 70000", "65535");
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		expect_bad(ports[i], "");
	expect_bad("-c 0", "'0' is not a number from 1");
	expect_bad("-d 1x", "'1x'");
	expect_bad("-d -5", "'-5'");
	expect_bad("--max-flows 99999999999999999999", "16777216");
	expect_bad("-o xml", "text, json");
	expect_bad("--ring-size 5", "power of two");
	expect_bad("--at yesterday", "'yesterday'");
	expect_bad("--at 2026-13-01", "'2026-13-01'");
	expect_bad("--at 2026-11-23x", "is no time");
	expect_bad("--fail-on bad", "medium, high");
	expect_bad("-Z", "'-Z'");
	expect_bad("--nonsense", "'--nonsense'");
	expect_bad("-p", "needs a value");
	expect_bad("--der=1", "--der");
	expect_bad("extra", "'extra'");
	expect_bad("-r x -i lo", "exclude");
	expect_bad("-r x -d 1", "exclude");
	expect_bad("--verbose=3", "takes no value");
	expect_bad("--max-flows", "--max-flows needs a value");
}

static void test_values(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, "-i eth0 -i lo -o json -v -c 5 -d 10 --der --max-memory 8 --attach clsact"), OPTIONS_RUN);
	assert_int_equal(o.interface_cnt, 2);
	assert_string_equal(o.interfaces[1], "lo");
	assert_int_equal(o.format, OPTIONS_JSON);
	assert_int_equal(o.attach, OPTIONS_ATTACH_CLSACT);
	assert_true(o.verbose && o.der && !o.no_color);
	assert_int_equal(o.count, 5);
	assert_int_equal(o.duration_s, 10);
	assert_int_equal(o.max_memory_mib, 8);
	assert_int_equal(o.max_flows, 65536);
	assert_int_equal(o.handshake_timeout_s, 30);
	assert_int_equal(o.expiry_warn_days, 30);
	assert_int_equal(o.at, 0);
	assert_int_equal(o.fail_on, 0);
	assert_int_equal(parse(&o, "--at 2026-11-23T12:00:00Z --fail-on high --ca-file x"), OPTIONS_RUN);
	assert_int_equal(o.at, 1795435200);
	assert_int_equal(o.fail_on, 4);
	assert_string_equal(o.ca_file, "x");
	assert_int_equal(parse(&o, "--at 2026-11-23"), OPTIONS_RUN);
	assert_int_equal(o.at, 1795392000);
	assert_int_equal(parse(&o, "--at @1795435200"), OPTIONS_RUN);
	assert_int_equal(o.at, 1795435200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
