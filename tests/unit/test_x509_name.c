/* SPDX-License-Identifier: BSD-2-Clause */
/* Distinguished names and subject alternative names, the hostile ones too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "certs.h"
#include "x509/cert.h"

static struct cert_store *store;

static int setup(void **state)
{
	(void)state;
	store = cert_store_new(1000, 1 << 24);
	return !store;
}

static int teardown(void **state)
{
	(void)state;
	cert_store_free(store);
	return 0;
}

static const struct cert *get(struct made m)
{
	const struct cert *c = cert_store_get(store, m.der, m.len);

	assert_non_null(c);
	made_free(&m);
	return c;
}

static void assert_bytes(struct cert_str s, const char *want, size_t len)
{
	assert_non_null(s.s);
	assert_int_equal(s.len, len);
	assert_memory_equal(s.s, want, len);
	assert_int_equal(s.s[len], 0);
}

#define ASSERT_STR(s, want) assert_bytes(s, want, sizeof(want) - 1)

/* DER by hand: no OpenSSL function would make some of these. */
struct der {
	uint8_t b[2048];
	size_t n;
};

static void put(struct der *d, uint8_t tag, const void *p, size_t len)
{
	assert_true(len < 60000 && d->n + len + 4 < sizeof(d->b));
	d->b[d->n++] = tag;
	if (len > 127) {
		d->b[d->n++] = 0x82;
		d->b[d->n++] = (uint8_t)(len >> 8);
	}
	d->b[d->n++] = (uint8_t)len;
	memcpy(d->b + d->n, p, len);
	d->n += len;
}

static void put_attribute(struct der *out, const char *oid, size_t oid_len, uint8_t tag, const void *p, size_t len)
{
	struct der a = { .n = 0 };

	put(&a, 0x06, oid, oid_len);
	put(&a, tag, p, len);
	put(out, 0x30, a.b, a.n);
}

#define CN "\x55\x04\x03"
#define O "\x55\x04\x0a"

/* The text of a name with one CN. */
static int one_cn(uint8_t tag, const void *p, size_t len, char *buf, size_t size)
{
	struct der a = { .n = 0 }, set = { .n = 0 }, name = { .n = 0 };

	put_attribute(&a, CN, 3, tag, p, len);
	put(&set, 0x31, a.b, a.n);
	put(&name, 0x30, set.b, set.n);
	return cert_dn_text(name.b, name.n, buf, size);
}

#define ASSERT_CN(tag, value, want)                                                                                    \
	do {                                                                                                           \
		char text_[256];                                                                                       \
		assert_int_equal(one_cn(tag, value, sizeof(value) - 1, text_, sizeof(text_)), sizeof(want) - 1);       \
		assert_memory_equal(text_, want, sizeof(want));                                                        \
	} while (0)

static void test_string_types(void **state)
{
	(void)state;
	ASSERT_CN(0x0c, "gr\xc3\xbc\xc3\x9f", "CN=gr\xc3\xbc\xc3\x9f");
	ASSERT_CN(0x13, "plain", "CN=plain");
	ASSERT_CN(0x16, "ia5@example", "CN=ia5@example");
	ASSERT_CN(0x12, "12 34", "CN=12 34");
	ASSERT_CN(0x14, "gr\xfc\xdf", "CN=gr\xc3\xbc\xc3\x9f");
	ASSERT_CN(0x1e, "\0g\0\xfc\x20\xac", "CN=g\xc3\xbc\xe2\x82\xac");
	ASSERT_CN(0x1e, "\xd8\x3d\xde\x00", "CN=\xf0\x9f\x98\x80");
	ASSERT_CN(0x1c, "\0\0\0A\0\1\xf6\0", "CN=A\xf0\x9f\x98\x80");
	ASSERT_CN(0x0c, "", "CN=");
}

/* What its type does not allow is there as it came. */
static void test_string_types_bad(void **state)
{
	char text[64];

	(void)state;
	ASSERT_CN(0x0c, "a\xff\xfe", "CN=a\xff\xfe");
	ASSERT_CN(0x13, "a\x80\x1b[31m", "CN=a\x80\x1b[31m");
	ASSERT_CN(0x1e, "\xd8\x00\0A", "CN=\xed\xa0\x80" "A");
	ASSERT_CN(0x1e, "\xd8\x00", "CN=\xed\xa0\x80");
	ASSERT_CN(0x1c, "\xff\0\0\0", "CN=\xff\\00\\00\\00");
	ASSERT_CN(0x02, "\x12\x34", "CN=#1234");
	ASSERT_CN(0x05, "", "CN=#");
	/* A BMPString of half a character is no DER at all. */
	assert_int_equal(one_cn(0x1e, "abc", 3, text, sizeof(text)), -EINVAL);
}

static void test_escapes(void **state)
{
	(void)state;
	ASSERT_CN(0x0c, "Foo, Inc.", "CN=Foo\\, Inc.");
	ASSERT_CN(0x0c, "a+b\"c\\d<e>f;g", "CN=a\\+b\\\"c\\\\d\\<e\\>f\\;g");
	ASSERT_CN(0x0c, " a ", "CN=\\ a\\ ");
	ASSERT_CN(0x0c, "#1#", "CN=\\#1#");
	ASSERT_CN(0x0c, "good\0.evil", "CN=good\\00.evil");
}

static void test_structure(void **state)
{
	struct der a = { .n = 0 }, set = { .n = 0 }, name = { .n = 0 };
	char text[64];

	(void)state;
	/* Two in one RDN, then one with an unknown type. */
	put_attribute(&a, O, 3, 0x13, "X", 1);
	put_attribute(&a, CN, 3, 0x13, "Y", 1);
	put(&set, 0x31, a.b, a.n);
	a.n = 0;
	put_attribute(&a, "\x2b\xce\x0f\x01", 4, 0x0c, "Z", 1);
	put(&set, 0x31, a.b, a.n);
	put(&name, 0x30, set.b, set.n);
	assert_int_equal(cert_dn_text(name.b, name.n, text, sizeof(text)), 22);
	assert_string_equal(text, "O=X+CN=Y, 1.3.9999.1=Z");
	assert_int_equal(cert_dn_text((const uint8_t *)"\x30\0", 2, text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void test_dn_bad(void **state)
{
	static const struct { const char *p; size_t n; } bad[] = {
		{ "", 0 }, { "\x30", 1 }, { "\x30\x01", 2 }, { "\x31\0", 2 }, { "\x30\0\0", 3 }, { "\x30\x02\x30\0", 4 },
		{ "\x30\x04\x31\x02\x30\0", 6 }, { "\x30\x84\xff\xff\xff\xff", 6 }, { "\x30\x80\0", 3 },
	};
	char text[8];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cert_dn_text((const uint8_t *)bad[i].p, bad[i].n, text, sizeof(text)), -EINVAL);
	assert_int_equal(cert_dn_text((const uint8_t *)"\x30\0", 2, text, 0), -EINVAL);
	assert_int_equal(one_cn(0x0c, "much too long", 13, text, sizeof(text)), 7);
	assert_string_equal(text, "CN=much");
}

static X509_NAME *name_of(int nid, int type, const char *p, int len)
{
	X509_NAME *n = X509_NAME_new();

	CERTS_MUST(X509_NAME_add_entry_by_NID(n, nid, type, (const unsigned char *)p, len, -1, 0));
	return n;
}

static void test_hostile_cn(void **state)
{
	const struct cert *c;

	(void)state;
	c = get(MAKE(.subject_name = name_of(NID_commonName, V_ASN1_UTF8STRING, "good.example\0.evil.example", 26)));
	assert_false(c->malformed);
	ASSERT_STR(c->subject.cn.v[0], "good.example\0.evil.example");
	ASSERT_STR(c->subject.dn, "CN=good.example\\00.evil.example");
	assert_false(cert_matches_host(c, "good.example", 12));
	assert_false(cert_matches_host(c, "good.example\0.evil.example", 26));
	cert_put(c);
}

/* OpenSSL's own decoder refuses a certificate whose name is not valid UTF-8; it is one all the same. */
static void test_invalid_utf8(void **state)
{
	struct made m = MAKE(.subject = "CN=abcdef", .issuer_text = "CN=other");
	uint8_t *at = memmem(m.der, m.len, "abcdef", 6);
	const uint8_t *p = m.der;
	const struct cert *c;

	(void)state;
	memcpy(at, "a\xff\x1b[1m", 6);
	assert_null(d2i_X509(NULL, &p, (long)m.len));
	c = get(m);
	assert_false(c->malformed);
	ASSERT_STR(c->subject.cn.v[0], "a\xff\x1b[1m");
	cert_put(c);
}

static void test_empty_subject(void **state)
{
	const struct cert *c = get(MAKE(.subject_name = X509_NAME_new(), .issuer_text = "CN=i"));

	(void)state;
	ASSERT_STR(c->subject.dn, "");
	assert_int_equal(c->subject.cn.n, 0);
	assert_false(c->self_issued);
	cert_put(c);
}

static const struct cert *with_san(const void *p, size_t len)
{
	struct der d = { .n = 0 };

	put(&d, 0x30, p, len);
	return get(MAKE(.subject = "CN=s", .raw = { make_extension("2.5.29.17", d.b, d.n) }));
}

#define WITH_SAN(bytes) with_san(bytes, sizeof(bytes) - 1)

static void test_san_kinds(void **state)
{
	const struct cert *c;

	(void)state;
	c = get(MAKE(.ext = { { "subjectAltName", "RID:1.2.3.4,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user@dom,dirName:dn,"
						  "otherName:1.2.3;INT:5" } },
		     .sections = "[dn]\nC=US\nCN=d\n"));
	assert_int_equal(c->san_cnt, 4);
	assert_int_equal(c->san[0].type, CERT_SAN_OTHER);
	ASSERT_STR(c->san[0].text, "1.2.3.4");
	ASSERT_STR(c->san[1].text, "1.3.6.1.4.1.311.20.2.3:user@dom");
	assert_int_equal(c->san[2].type, CERT_SAN_DN);
	ASSERT_STR(c->san[2].text, "C=US, CN=d");
	ASSERT_STR(c->san[3].text, "1.2.3:020105");
	assert_false(c->extension_malformed);
	cert_put(c);
}

static void test_san_bad(void **state)
{
	const struct cert *c;

	(void)state;
	c = WITH_SAN("\x82\x03" "a\0b" "\x82\x01\xff");
	assert_false(c->extension_malformed);
	ASSERT_STR(c->san[0].text, "a\0b");
	ASSERT_STR(c->san[1].text, "\xff");
	cert_put(c);

	/* An address of three bytes, then a name that runs over the end. */
	c = WITH_SAN("\x87\x03\x01\x02\x03");
	assert_true(c->extension_malformed);
	ASSERT_STR(c->san[0].text, "010203");
	cert_put(c);
	c = WITH_SAN("\x82\x01" "a" "\x82\x7f" "b");
	assert_true(c->extension_malformed);
	assert_int_equal(c->san_cnt, 1);
	ASSERT_STR(c->san[0].text, "a");
	cert_put(c);

	c = WITH_SAN("");
	assert_true(c->san_present);
	assert_int_equal(c->san_cnt, 0);
	cert_put(c);
	c = get(MAKE(.raw = { make_extension("2.5.29.17", "\x04\x01", 2) }));
	assert_true(c->extension_malformed && c->san_present && !c->malformed);
	cert_put(c);
}

static void test_extension_twice(void **state)
{
	const struct cert *c = get(MAKE(.raw = { make_extension("2.5.29.17",
								"\x30\x03\x82\x01"
								"a",
								5),
						 make_extension("2.5.29.17",
								"\x30\x03\x82\x01"
								"b",
								5) }));

	(void)state;
	assert_true(c->extension_malformed);
	assert_int_equal(c->san_cnt, 1);
	ASSERT_STR(c->san[0].text, "a");
	cert_put(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_string_types),
		cmocka_unit_test(test_string_types_bad),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_dn_bad),
		cmocka_unit_test(test_hostile_cn),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_empty_subject),
		cmocka_unit_test(test_san_kinds),
		cmocka_unit_test(test_san_bad),
		cmocka_unit_test(test_extension_twice),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
