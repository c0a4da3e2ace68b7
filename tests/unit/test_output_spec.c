/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "output/delivery.h"
#include "output/format.h"
#include "output/spec.h"

static char err[256];

static struct output_spec good(const char *text)
{
	struct output_spec s;

	if (output_spec_parse(&s, text, err, sizeof(err)))
		fail_msg("%s: %s", text, err);
	return s;
}

static void bad(const char *text, const char *word)
{
	struct output_spec s;

	assert_int_equal(output_spec_parse(&s, text, err, sizeof(err)), -EINVAL);
	if (!strstr(err, word))
		fail_msg("%s: %s", text, err);
}

static void standard_output(void **state)
{
	static const char *const texts[] = { "json", "json:", "json:-", "json,filter=tls.version" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct output_spec s = good(texts[i]);

		assert_string_equal(s.format->name, "json");
		assert_null(s.delivery);
		output_spec_free(&s);
	}
}

static void files(void **state)
{
	struct output_spec s = good("json:/var/log/a\\,b.json,rotate-size=10M,rotate-time=1d,keep=3,compress=zstd,fsync=each,drop=newest");

	(void)state;
	assert_string_equal(s.delivery->name, "file");
	assert_string_equal(s.target, "/var/log/a,b.json");
	assert_string_equal(s.name, "json:/var/log/a,b.json");
	assert_int_equal(s.rotate_size, 10 << 20);
	assert_int_equal(s.rotate_s, 86400);
	assert_int_equal(s.keep, 3);
	assert_int_equal(s.compress, COMPRESS_ZSTD);
	assert_int_equal(s.fsync, FSYNC_EACH);
	assert_int_equal(s.drop, QUEUE_DROP_NEWEST);
	assert_int_equal(s.queue_bytes, 4 << 20);
	output_spec_free(&s);
	s = good("text:file:relative.txt,filter='event.outcome=failure and tls.client.server_name=\"a,b\"',queue=64K");
	assert_string_equal(s.target, "relative.txt");
	assert_int_equal(s.queue_bytes, 65536);
	assert_int_equal(s.drop, -1);
	assert_non_null(s.filter);
	output_spec_free(&s);
	s = good("json:with:colon");
	assert_string_equal(s.target, "with:colon");
	output_spec_free(&s);
}

static void mistakes(void **state)
{
	(void)state;
	bad("xml", "text, json");
	bad("", "none of");
	bad("json:nothing://x", "no destination is called nothing");
	bad("json:file:", "needs a path");
	bad("json:/f,rotate-size=1", "from 4096");
	bad("json:/f,rotate-size=5X", "'5X'");
	bad("json:/f,rotate-size=99999999999999999999", "is not a number");
	bad("json:/f,queue=100000", "power of two");
	bad("json:/f,drop=all", "oldest, newest, block");
	bad("json:/f,nonsense=1", "'nonsense' is no key");
	bad("json:/f,keep", "'keep' is no key=value");
	bad("json:/f,,", "is no key=value");
	bad("json,keep=3", "standard output");
	bad("json:/f,filter=nonsense=1", "no field is called nonsense at position 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard_output),
		cmocka_unit_test(files),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
