/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of Certificate Transparency logs, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "chains.h"
#include "x509/ct_logs.h"

static EVP_PKEY *log_key(const char *slot)
{
	return certs_key("EC:P-256", slot);
}

static size_t spki_of(EVP_PKEY *k, uint8_t **out)
{
	int n;

	*out = NULL;
	n = i2d_PUBKEY(k, out);
	assert_true(n > 0);
	return (size_t)n;
}

static void hash_key(EVP_PKEY *k, uint8_t out[32])
{
	uint8_t *spki;
	size_t n = spki_of(k, &spki);

	assert_true(EVP_Digest(spki, n, out, NULL, EVP_sha256(), NULL));
	OPENSSL_free(spki);
}

static void write_list(const char *name, const char *before, const char *between, const char *after,
		       EVP_PKEY *const *keys, size_t n)
{
	FILE *f = fopen(in_dir(name), "w");

	for (size_t i = 0; i < n; i++) {
		uint8_t *spki;
		char text[512];
		size_t len = spki_of(keys[i], &spki);

		EVP_EncodeBlock((unsigned char *)text, spki, (int)len);
		OPENSSL_free(spki);
		fprintf(f, "%s%s%s", i ? between : before, text, i + 1 == n ? after : "");
	}
	fclose(f);
}

static int load(const char *text, struct ct_logs **l, unsigned int *line)
{
	FILE *f = fopen(in_dir("list"), "w");
	int ret;

	fputs(text, f);
	fclose(f);
	ret = ct_logs_load(l, in_dir("list"), line);
	clean("list");
	return ret;
}

static void test_json(void **state)
{
	EVP_PKEY *keys[] = { log_key("log a"), certs_key("RSA2048", "log") };
	struct ct_logs *l;
	unsigned int line;
	uint8_t id[32];

	(void)state;
	write_list("logs.json",
		   "{\"version\": \"1\", \"operators\": [{\"name\": \"key\", \"logs\": [\n{\"description\": "
		   "\"\\\"key\\\": x\", \"key\":\n \"",
		   "\", \"mmd\": 86400 },\n {\"key\" : \"", "\"}]}]}\n", keys, 2);
	assert_int_equal(ct_logs_load(&l, in_dir("logs.json"), &line), 0);
	assert_int_equal(ct_logs_count(l), 2);
	hash_key(keys[1], id);
	assert_non_null(ct_logs_key(l, id));
	id[0] ^= 1;
	assert_null(ct_logs_key(l, id));
	ct_logs_free(l);
	clean("logs.json");
}

static void test_logs_bad(void **state)
{
	static const struct { const char *text; int ret; unsigned int line; } bad[] = {
		{ "", -ENODATA, 0 },
		{ "{}", -ENODATA, 0 },
		{ "{\"keys\": \"AAAA\"}", -ENODATA, 0 },
		{ "# nothing\n[a]\nkeyring = x\n", -ENODATA, 0 },
		{ "{\n\"key\": \"AAAA\"}", -EINVAL, 2 },
		{ "{\n\n\"key\": \"!!!!\"}", -EINVAL, 3 },
		{ "{\n\"key\": \"unended", -EINVAL, 2 },
		{ "{\"key\": \"\"}", -EINVAL, 1 },
		{ "[a]\nkey = AAAA\n", -EINVAL, 2 },
		{ "[a]\nkey =\n", -EINVAL, 2 },
		{ "\n[a]\nkey = ====\n", -EINVAL, 3 },
	};
	struct ct_logs *l;
	unsigned int line;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int ret = load(bad[i].text, &l, &line);

		if (ret != bad[i].ret || line != bad[i].line || l)
			fail_msg("list %zu: %d, line %u", i, ret, line);
	}
	assert_int_equal(ct_logs_load(&l, in_dir("missing"), &line), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_logs_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
