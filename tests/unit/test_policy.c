/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"
#include "x509/cert.h"
#include "x509/findings.h"
#include "x509/verify.h"

#define BIT(f) (1ULL << FINDING_##f)
#define KEY_A "AB00000000000000000000000000000000000000000000000000000000000000"
#define AT 1795435200			/* 2026-11-23 */
#define STR(text) { text, sizeof(text) - 1 }

static char said[256];

static int load(struct policy **p, const char *text)
{
	char path[] = "/tmp/hsmon-policy-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	said[0] = '\0';
	ret = policy_load(p, path, said, sizeof(said));
	unlink(path);
	return ret;
}

static struct policy *good(const char *text)
{
	struct policy *p;

	if (load(&p, text))
		fail_msg("%s: %s", text, said);
	return p;
}

static const struct cert_str organization[] = { STR("Good CA") }, common[] = { STR("G1") };
static const struct cert leaf = {
	.issuer = { .dn = STR("O=Good CA, CN=G1"), .o = { organization, 1 }, .cn = { common, 1 } }, .spki_sha256 = { 0xab },
};
static const struct cert ca = { .spki_sha256 = { 0xcd } };
static const struct cert *const chain[] = { &leaf, &ca };

/* One policy on one handshake; the policy is freed. */
static uint64_t apply(const char *text, struct policy_request r, uint64_t set)
{
	struct policy *p = good(text);

	r.name_len = r.name ? strlen(r.name) : 0;
	r.at = r.at ? r.at : AT;
	set = policy_apply(p, &r, set);
	policy_free(p);
	return set;
}

#define ASK(...) (struct policy_request){ __VA_ARGS__ }
#define CHAIN .chain = chain, .n = 2

static void ignores(void **state)
{
	(void)state;
	assert_int_equal(apply("", ASK(0), BIT(EXPIRED)), BIT(EXPIRED));
	assert_int_equal(apply("ignore = [ \"expired\", \"sha1-signature\" ];", ASK(0), BIT(EXPIRED) | BIT(TLS10)), BIT(TLS10));
	assert_int_equal(apply("ignore = \"expired\";", ASK(.client = true), BIT(EXPIRED)), 0);
	assert_int_equal(apply("ignore = \"policy-version\"; minimum_version = \"1.3\";", ASK(.version = 0x0303), 0), 0);
}

static void versions(void **state)
{
	const char *least = "minimum_version = \"1.2\";";

	(void)state;
	assert_int_equal(apply(least, ASK(.version = 0x0303), 0), 0);
	assert_int_equal(apply(least, ASK(.version = 0x0304), 0), 0);
	assert_int_equal(apply(least, ASK(.version = 0), 0), 0);
	assert_int_equal(apply(least, ASK(.version = 0x0302), 0), BIT(POLICY_VERSION));
	assert_int_equal(apply(least, ASK(.version = 0x0002), 0), BIT(POLICY_VERSION));
	assert_int_equal(apply(least, ASK(.version = 0xfeff), 0), BIT(POLICY_VERSION));
	assert_int_equal(apply(least, ASK(.version = 0xfefd), 0), 0);
	assert_int_equal(apply(least, ASK(.version = 0x0301, .client = true), 0), 0);
}

static void names(void **state)
{
	static const struct { const char *pattern, *name; bool is; } cases[] = {
		{ "a.example", "a.example", true }, { "a.example", "A.EXAMPLE.", true }, { "a.example", "b.example", false },
		{ "a.example", "xa.example", false }, { "a.example", NULL, false }, { "*.example", "a.example", true },
		{ "*.example", "b.a.example", true }, { "*.example", "example", false }, { "*.example", ".example", false },
		{ "*.example", "aexample", false }, { "*", NULL, true }, { "*", "x", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[128];

		snprintf(text, sizeof(text), "names = ( { name = \"%s\"; minimum_version = \"1.3\"; } );", cases[i].pattern);
		if (apply(text, ASK(.name = cases[i].name, .version = 0x0303), 0) != (cases[i].is ? BIT(POLICY_VERSION) : 0))
			fail_msg("%s, %s", cases[i].pattern, cases[i].name);
	}
}

static void issuers(void **state)
{
	(void)state;
	assert_int_equal(apply("issuers = \"O=Good CA\";", ASK(CHAIN), 0), 0);
	assert_int_equal(apply("issuers = [ \"O=X\", \"CN=G1\" ];", ASK(CHAIN), 0), 0);
	assert_int_equal(apply("issuers = \"O=Good CA, CN=G1\";", ASK(CHAIN), 0), 0);
	assert_int_equal(apply("issuers = \"O=Good\";", ASK(CHAIN), 0), BIT(POLICY_ISSUER));
	assert_int_equal(apply("issuers = \"CN=Good CA\";", ASK(CHAIN), 0), BIT(POLICY_ISSUER));
	assert_int_equal(apply("issuers = \"O=X\";", ASK(0), 0), 0);
	assert_int_equal(apply("issuers = \"O=X\";", ASK(CHAIN, .client = true), 0), 0);
}

static void pins(void **state)
{
	static const struct path_keys keys = { 2, { { 0xef }, { 0xcd } } }, others = { 1, { { 0xef }, { 0xcd } } };
	const char *by_leaf = "names = ( { name = \"a.example\"; pins = [ \"" KEY_A "\" ]; } );";
	const char *by_ca = "names = ( { name = \"*\"; pins = \"cd00000000000000000000000000000000000000000000000000000000000000\"; } );";

	(void)state;
	assert_int_equal(apply(by_leaf, ASK(CHAIN, .name = "a.example"), 0), 0);
	assert_int_equal(apply(by_leaf, ASK(.chain = chain + 1, .n = 1, .name = "a.example"), 0), BIT(POLICY_PIN));
	assert_int_equal(apply(by_leaf, ASK(.chain = chain + 1, .n = 1, .name = "b.example"), 0), 0);
	/* a CA that anybody can send with his own certificate: only the path that was verified counts */
	assert_int_equal(apply(by_ca, ASK(CHAIN, .keys = &keys), 0), 0);
	assert_int_equal(apply(by_ca, ASK(.chain = chain, .n = 1, .keys = &keys), 0), 0);
	assert_int_equal(apply(by_ca, ASK(CHAIN, .keys = &others), 0), BIT(POLICY_PIN));
	assert_int_equal(apply(by_ca, ASK(CHAIN), 0), BIT(POLICY_PIN));
}

static void exceptions(void **state)
{
	const char *text = "minimum_version = \"1.2\"; exceptions = ( { name = \"old.example\"; until = \"2026-11-23\"; "
			   "findings = [ \"expired\", \"policy-version\" ]; reason = \"soon\"; } );";
	uint64_t set = BIT(EXPIRED) | BIT(TLS10);

	(void)state;
	assert_int_equal(apply(text, ASK(.name = "old.example", .version = 0x0301), set), BIT(TLS10));
	assert_int_equal(apply(text, ASK(.name = "old.example", .at = 1795478399), set), BIT(TLS10));
	assert_int_equal(apply(text, ASK(.name = "old.example", .at = 1795478400), set), set);
	assert_int_equal(apply(text, ASK(.name = "new.example"), set), set);
}

static void bad(void **state)
{
	static const struct { const char *text; unsigned int line; const char *word; } cases[] = {
		{ "\nignore = [ \"expired\"", 2, "" },
		{ "ignore = [];\n\nnonsense = 1;", 3, "'nonsense'" },
		{ "ignore = [ \"expired\",\n \"expire\" ];", 0, "'expire'" },
		{ "\nignore = 5;", 2, "text" },
		{ "minimum_version = \"1.4\";", 1, "'1.4'" },
		{ "minimum_version = 1.2;", 1, "quotes" },
		{ "names = (\n { minimum_version = \"1.2\"; } );", 2, "'name'" },
		{ "names = { name = \"x\"; };", 1, "list" },
		{ "names = ( \"x\" );", 1, "braces" },
		{ "names = ( { name = \"a.*\"; } );", 1, "'a.*'" },
		{ "names = ( { name = \"x\"; pin = \"\"; } );", 1, "'pin'" },
		{ "names = ( { name = \"x\"; pins = \"12\"; } );", 1, "64" },
		{ "names = ( { name = \"x\"; pins = \"gb00000000000000000000000000000000000000000000000000000000000000\"; } );", 1,
		  "64" },
		{ "issuers = \"Good CA\";", 1, "'Good CA'" },
		{ "issuers = \"O=x\";\nissuers = \"O=y\";", 2, "duplicate" },
		{ "exceptions = ( { name = \"x\"; findings = \"expired\"; } );", 1, "'until'" },
		{ "exceptions = ( { name = \"x\"; findings = \"expired\";\nuntil = \"2027-02\"; } );", 2, "'2027-02'" },
		{ "exceptions = ( { name = \"x\"; findings = \"expired\"; until = \"2027-13-01\"; } );", 1, "2027-13-01" },
		{ "exceptions = ( { name = \"x\"; findings = \"expired\"; until = \"2027-02-29\"; } );", 1, "2027-02-29" },
		/* not all names and not any issuer, as somebody may think who emptied it */
		{ "exceptions = (\n { name = []; findings = \"expired\"; until = \"2027-02-01\"; } );", 2, "'name'" },
		{ "\nissuers = ();", 2, "'issuers'" },
		{ "names = ( { name = \"x\";\npins = []; } );", 2, "'pins'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct policy *p;
		char line[32];

		snprintf(line, sizeof(line), "line %u: ", cases[i].line);
		assert_int_equal(load(&p, cases[i].text), -EINVAL);
		assert_null(p);
		if (!strstr(said, cases[i].word) || (cases[i].line && strncmp(said, line, strlen(line))))
			fail_msg("%s: %s", cases[i].text, said);
	}
}

static void not_there(void **state)
{
	struct policy *p;

	(void)state;
	assert_int_equal(policy_load(&p, "/nonexistent/policy", said, sizeof(said)), -ENOENT);
	assert_int_equal(policy_load(&p, "/", said, sizeof(said)), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ignores), cmocka_unit_test(versions), cmocka_unit_test(names), cmocka_unit_test(issuers),
		cmocka_unit_test(pins), cmocka_unit_test(exceptions), cmocka_unit_test(bad), cmocka_unit_test(not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
