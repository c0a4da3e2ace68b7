/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

static char said[512];
static bool layers;		/* what comes before the command line counts, too */

/* Parses with stderr caught in `said`. */
static enum options_verdict parse(struct options *o, const char *line)
{
	static char copy[256];		/* options point into it */
	char *argv[20], *save = NULL;
	enum options_verdict v;
	int argc = 0, keep = dup(2), fds[2];
	ssize_t n;

	snprintf(copy, sizeof(copy), "hsmon %s %s", layers ? "" : "--no-config", line);
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
	expect_bad("-o json -o text", "standard output has a format already");
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
	assert_int_equal(o.output_cnt, 1);
	assert_string_equal(o.outputs[0], "json");
	assert_true(o.standard_output);
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

static char config_path[] = "/tmp/hsmon-test-XXXXXX";

/* The line is parsed behind a file with that text. */
static enum options_verdict parse_after(struct options *o, const char *file, const char *line)
{
	char with[256];
	FILE *f = fopen(config_path, "w");

	assert_non_null(f);
	fputs(file, f);
	fclose(f);
	snprintf(with, sizeof(with), "--config %s %s", config_path, line);
	return parse(o, with);
}

static void test_file(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse_after(&o, "ports 443\nports 8443\ninterface lo\ninterface eth0\nverbose\noutput json\n", ""), OPTIONS_RUN);
	assert_true(selected(&o, 443) && selected(&o, 8443) && !selected(&o, 993));
	assert_int_equal(o.interface_cnt, 2);
	assert_true(o.verbose && o.output_cnt == 1 && !strcmp(o.outputs[0], "json"));
	options_free(&o);
	/* the command line's list, value and place replace the file's */
	assert_int_equal(parse_after(&o, "ports 443\ninterface lo\ncount 7\nduration 9\n", "-p 444 -p 445 -i eth1 -c 8"), OPTIONS_RUN);
	assert_true(selected(&o, 444) && selected(&o, 445) && !selected(&o, 443));
	assert_int_equal(o.interface_cnt, 1);
	assert_string_equal(o.interfaces[0], "eth1");
	assert_true(o.count == 8 && o.duration_s == 9);
	options_free(&o);
	assert_int_equal(parse_after(&o, "interface lo\n", "--cgroup x"), OPTIONS_RUN);
	assert_int_equal(o.interface_cnt, 0);
	options_free(&o);
	assert_int_equal(parse_after(&o, "cgroup x\n", "-i lo"), OPTIONS_RUN);
	assert_null(o.cgroup);
	options_free(&o);
	assert_int_equal(parse_after(&o, "interface lo\n", "-r file"), OPTIONS_RUN);
	assert_int_equal(o.interface_cnt, 0);
	options_free(&o);
}

static void test_file_bad(void **state)
{
	static const char *const file[][2] = {
		{ "\nports 70000\n", ", line 2: -p (--ports): '70000'" }, { "nonsense 1\n", ", line 1: 'nonsense' is no option" },
		{ "config x\n", "line 1: 'config' has its place on the command line" }, { "help\n", "'help' has its place" },
		{ "max-flows\n", "line 1: max-flows needs a value: N" }, { "verbose 3\n", "'3' is neither yes nor no" },
		{ "user \"x\n", ", line 1: the quote is not closed" }, { "interface lo\ncgroup x\n", "exclude each other" },
		{ "at never\n", "line 1: --at: 'never'" }, { "fail-on x\n", "line 1: --fail-on: 'x' is none of" },
	};
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof(file) / sizeof(*file); i++) {
		assert_int_equal(parse_after(&o, file[i][0], ""), OPTIONS_BAD);
		if (!strstr(said, file[i][1]))
			fail_msg("%s: %s", file[i][1], said);
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		options_free(&o);
	}
	expect_bad("--config /nonexistent/x", "/nonexistent/x: No such file");
}

static void test_environment(void **state)
{
	struct options o;

	(void)state;
	layers = true;
	setenv("HSMON_INTERFACE", "lo;eth0\nveth*", 1);
	setenv("HSMON_EXPIRY_WARN", "5", 1);
	setenv("HSMON_VERBOSE", "no", 1);
	setenv("HSMON_PORT_443_TCP", "tcp://10.0.0.1:443", 1);	/* as an orchestrator sets them */
	setenv("HSMON_POLICY", "", 1);
	assert_int_equal(parse_after(&o, "verbose\nexpiry-warn 4\ninterface x\n", ""), OPTIONS_RUN);
	assert_int_equal(o.interface_cnt, 3);
	assert_string_equal(o.interfaces[2], "veth*");
	assert_int_equal(o.expiry_warn_days, 5);
	assert_false(o.verbose);
	assert_null(o.policy);
	options_free(&o);
	assert_int_equal(parse_after(&o, "", "-i y --expiry-warn 6"), OPTIONS_RUN);
	assert_true(o.interface_cnt == 1 && o.expiry_warn_days == 6);
	options_free(&o);
	assert_int_equal(parse(&o, "-r x"), OPTIONS_RUN);
	assert_true(o.interface_cnt == 0 && o.expiry_warn_days == 30);
	options_free(&o);
	setenv("HSMON_EXPIRY_WARN", "x", 1);
	assert_int_equal(parse_after(&o, "", ""), OPTIONS_BAD);
	assert_non_null(strstr(said, "environment, HSMON_EXPIRY_WARN: --expiry-warn: 'x'"));
	options_free(&o);
	unsetenv("HSMON_INTERFACE");
	unsetenv("HSMON_EXPIRY_WARN");
	unsetenv("HSMON_VERBOSE");
	layers = false;
}

/* What options_parse() prints of -h, in a file. */
static FILE *help_text(void)
{
	char *argv[] = { "hsmon", "-h", NULL };
	FILE *f = tmpfile();
	struct options o;
	int keep;

	assert_non_null(f);
	fflush(stdout);
	keep = dup(1);
	dup2(fileno(f), 1);
	optind = 0;
	assert_int_equal(options_parse(2, argv, &o), OPTIONS_DONE);
	options_free(&o);
	fflush(stdout);
	dup2(keep, 1);
	close(keep);
	rewind(f);
	return f;
}

/* Its entry in the manual page: \-\-max\-flows " " \fIN\fP */
static void manual_entry(char *out, size_t size, const char *name, const char *value)
{
	size_t at = (size_t)snprintf(out, size, "\\-\\-");

	for (; *name; name++)
		at += (size_t)snprintf(out + at, size - at, *name == '-' ? "\\-" : "%c", *name);
	snprintf(out + at, size - at, *value ? " \" \" \\fI%s\\fP\n" : "\n", value);
}

static void test_manual(void **state)
{
	static char manual[65536];
	FILE *f = fopen("docs/hsmon.8", "r"), *help;
	char line[256], name[40], value[24], entry[128];
	int options = 0;

	(void)state;
	assert_non_null(f);		/* tests run in the project's folder */
	manual[fread(manual, 1, sizeof(manual) - 1, f)] = '\0';
	fclose(f);
	for (const char *s = manual; *s; s++)
		assert_true(*s == '\n' || (unsigned char)*s >= ' ');
	help = help_text();
	while (fgets(line, sizeof(line), help)) {
		const char *at = strncmp(line, "  ", 2) ? NULL : strstr(line, " --");

		if (!at || at > line + 6 || sscanf(at, " --%39s %23s", name, value) < 2)
			continue;
		/* Two blanks and more, and the text begins. */
		if (at[strlen(name) + 4] == ' ')
			value[0] = '\0';
		manual_entry(entry, sizeof(entry), name, value);
		if (!strstr(manual, entry))
			fail_msg("the manual page has no entry %s", entry);
		options++;
	}
	fclose(help);
	assert_true(options > 20);
}

int main(void)
{
	int fd = mkstemp(config_path), failed;

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_bad),
		cmocka_unit_test(test_environment),
	};

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(config_path);
	return failed;
}
