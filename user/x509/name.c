/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/name.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "x509/cert.h"
#include "x509/der.h"
#include "x509/pack.h"
#include "x509/text.h"

/* The bytes of an attribute's value, and its tag. */
static void value_of(const struct der_attribute *a, int *tag, const uint8_t **p, size_t *len)
{
	const ASN1_STRING *s;

	*tag = ASN1_TYPE_get(a->value);
	*p = NULL;
	*len = 0;
	if (*tag == V_ASN1_NULL || *tag == V_ASN1_BOOLEAN || *tag == V_ASN1_OBJECT)
		return;
	s = a->value->value.asn1_string;
	*p = ASN1_STRING_get0_data(s);
	*len = (size_t)ASN1_STRING_length(s);
}

static void add_type(struct strbuf *b, const ASN1_OBJECT *type)
{
	int nid = OBJ_obj2nid(type);
	char oid[DER_OID_TEXT];

	if (nid != NID_undef)
		strbuf_puts(b, OBJ_nid2sn(nid));
	else
		strbuf_add(b, oid, der_oid_text(type, oid));
}

/* RFC 4514 section 2.4: what must be escaped, at the start, at the end and anywhere. */
static void escape(struct strbuf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (!c) {
			strbuf_puts(out, "\\00");
			continue;
		}
		if (strchr(",+\"\\<>;", c) || (!i && (c == '#' || c == ' ')) || (i + 1 == len && c == ' '))
			strbuf_putc(out, '\\');
		strbuf_putc(out, c);
	}
}

static void add_value(struct strbuf *out, const struct der_attribute *a)
{
	struct strbuf plain = { 0 };
	const uint8_t *p;
	size_t len;
	int tag;

	value_of(a, &tag, &p, &len);
	if (!text_is_string(tag)) {
		/* RFC 4514 section 2.4: '#' and hexadecimal for what is no string. */
		strbuf_putc(out, '#');
		strbuf_hex(out, p, len, true);
		return;
	}
	text_add(&plain, tag, p, len);
	out->failed |= plain.failed;
	escape(out, plain.s, plain.len);
	strbuf_free(&plain);
}

/* Calls fn with every attribute in order; first: it begins an RDN. */
static void each(const OPENSSL_STACK *rdns, void (*fn)(void *ctx, const struct der_attribute *a, bool first), void *ctx)
{
	for (int i = 0; i < OPENSSL_sk_num(rdns); i++) {
		const OPENSSL_STACK *rdn = OPENSSL_sk_value(rdns, i);

		for (int j = 0; j < OPENSSL_sk_num(rdn); j++)
			fn(ctx, OPENSSL_sk_value(rdn, j), j == 0);
	}
}

static void print_one(void *ctx, const struct der_attribute *a, bool first)
{
	struct strbuf *b = ctx;

	if (b->len)
		strbuf_puts(b, first ? ", " : "+");
	add_type(b, a->type);
	strbuf_putc(b, '=');
	add_value(b, a);
}

static const struct {
	int nid;
	size_t offset;
} listed[] = {
	{ NID_commonName, offsetof(struct cert_name, cn) },
	{ NID_organizationName, offsetof(struct cert_name, o) },
	{ NID_organizationalUnitName, offsetof(struct cert_name, ou) },
	{ NID_countryName, offsetof(struct cert_name, c) },
	{ NID_localityName, offsetof(struct cert_name, l) },
	{ NID_stateOrProvinceName, offsetof(struct cert_name, st) },
};

#define LISTED (sizeof(listed) / sizeof(listed[0]))

struct lister {
	struct pack *k;
	size_t cnt[LISTED], next[LISTED];
};

static size_t listed_index(const struct der_attribute *a)
{
	int nid = OBJ_obj2nid(a->type);
	size_t i = 0;

	while (i < LISTED && listed[i].nid != nid)
		i++;
	return i;
}

static void count_one(void *ctx, const struct der_attribute *a, bool first)
{
	struct lister *l = ctx;
	size_t i = listed_index(a);

	(void)first;
	if (i < LISTED)
		l->cnt[i]++;
}

static void list_one(void *ctx, const struct der_attribute *a, bool first)
{
	struct lister *l = ctx;
	size_t i = listed_index(a), len;
	const uint8_t *p;
	int tag;

	(void)first;
	if (i == LISTED)
		return;
	value_of(a, &tag, &p, &len);
	strbuf_reset(&l->k->text);
	text_add(&l->k->text, tag, p, len);
	pack_text(l->k, l->next[i]);
	l->next[i] += sizeof(struct cert_str);
}

bool name_pack(struct pack *k, size_t slot, const uint8_t *der, size_t len)
{
	OPENSSL_STACK *rdns = der_decode(ASN1_ITEM_rptr(der_name), der, len);
	struct lister l = { .k = k };

	if (!rdns)
		return false;
	strbuf_reset(&k->text);
	each(rdns, print_one, &k->text);
	pack_text(k, slot + offsetof(struct cert_name, dn));
	each(rdns, count_one, &l);
	for (size_t i = 0; i < LISTED; i++)
		l.next[i] = pack_list(k, slot + listed[i].offset, l.cnt[i], sizeof(struct cert_str));
	if (!k->failed)
		each(rdns, list_one, &l);
	der_free(ASN1_ITEM_rptr(der_name), rdns);
	return true;
}

bool name_text(struct strbuf *b, const uint8_t *der, size_t len)
{
	OPENSSL_STACK *rdns = der_decode(ASN1_ITEM_rptr(der_name), der, len);

	if (!rdns)
		return false;
	each(rdns, print_one, b);
	der_free(ASN1_ITEM_rptr(der_name), rdns);
	return true;
}

/* The next character, a run of blanks as one, ASCII letters in lower case; -1 at the end. */
static int folded(const char *s, size_t len, size_t *i)
{
	int c;

	if (*i >= len)
		return -1;
	c = (unsigned char)s[(*i)++];
	while (c == ' ' && *i < len && s[*i] == ' ')
		(*i)++;
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* RFC 5280 section 7.1 asks for string preparation; what matters of it for the names that exist is case and blanks. */
bool name_equal(const struct cert_name *a, const struct cert_name *b)
{
	size_t i = 0, j = 0;
	int c, d;

	if (!a->dn.s || !b->dn.s)
		return false;
	do {
		c = folded(a->dn.s, a->dn.len, &i);
		d = folded(b->dn.s, b->dn.len, &j);
	} while (c == d && c >= 0);
	return c == d;
}

/* FNV-1a over what name_equal compares. It is not keyed: who makes two names collide gets a comparison more. */
uint64_t name_hash(const struct cert_name *n)
{
	uint64_t h = 0xcbf29ce484222325;
	size_t i = 0;
	int c;

	while ((c = folded(n->dn.s, n->dn.len, &i)) >= 0)
		h = (h ^ (uint64_t)c) * 0x100000001b3;
	return h;
}

int cert_dn_text(const uint8_t *der, size_t len, char *buf, size_t size)
{
	struct strbuf b = { 0 };
	int ret = -EINVAL;
	size_t n;

	if (size && name_text(&b, der, len)) {
		n = b.len < size ? b.len : size - 1;
		if (n && !b.failed)
			memcpy(buf, b.s, n);
		buf[n] = '\0';
		ret = b.failed ? -ENOMEM : (int)n;
	}
	strbuf_free(&b);
	return ret;
}
