/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/san.h"

#include <arpa/inet.h>
#include <string.h>

#include "x509/cert.h"
#include "x509/der.h"
#include "x509/name.h"
#include "x509/pack.h"
#include "x509/text.h"

static bool add_plain(struct strbuf *b, const struct der_element *e)
{
	strbuf_add(b, e->p, e->len);
	return !e->constructed;
}

/* An address that is neither IPv4 nor IPv6 is shown as the bytes that it is. */
static bool add_ip(struct strbuf *b, const struct der_element *e)
{
	char text[INET6_ADDRSTRLEN];

	if (e->len != 4 && e->len != 16) {
		strbuf_hex(b, e->p, e->len, true);
		return false;
	}
	strbuf_puts(b, inet_ntop(e->len == 4 ? AF_INET : AF_INET6, e->p, text, sizeof(text)));
	return true;
}

static bool add_dn(struct strbuf *b, const struct der_element *e)
{
	return name_text(b, e->p, e->len);
}

/* An OID as text, from its content bytes. */
static bool add_oid(struct strbuf *b, const uint8_t *p, size_t len)
{
	const uint8_t *at = p;
	char oid[DER_OID_TEXT];
	unsigned char der[72];
	ASN1_OBJECT *o;

	if (!len || len > 64)
		return false;
	der[0] = V_ASN1_OBJECT;
	der[1] = (unsigned char)len;
	memcpy(der + 2, p, len);
	at = der;
	o = d2i_ASN1_OBJECT(NULL, &at, (long)len + 2);
	if (o)
		strbuf_add(b, oid, der_oid_text(o, oid));
	ASN1_OBJECT_free(o);
	return o;
}

static bool add_rid(struct strbuf *b, const struct der_element *e)
{
	return add_oid(b, e->p, e->len);
}

/* OtherName: type-id, and a value in [0]: a string (a Windows principal, an internationalised mailbox) or else bytes. */
static bool add_other(struct strbuf *b, const struct der_element *e)
{
	const uint8_t *p = e->p, *end = p + e->len, *v;
	struct der_element id, wrap, value;

	if (!der_element(&p, end, &id) || id.tag != V_ASN1_OBJECT || !add_oid(b, id.p, id.len) ||
	    !der_element(&p, end, &wrap) || p != end)
		return false;
	v = wrap.p;
	strbuf_putc(b, ':');
	if (der_element(&v, wrap.p + wrap.len, &value) && value.class == V_ASN1_UNIVERSAL && text_is_string(value.tag))
		text_add(b, value.tag, value.p, value.len);
	else
		strbuf_hex(b, wrap.p, wrap.len, true);
	return true;
}

/* x400Address, ediPartyName: nobody uses them. */
static bool add_bytes(struct strbuf *b, const struct der_element *e)
{
	strbuf_hex(b, e->p, e->len, true);
	return true;
}

/* By the context tag of the choice. */
static const struct kind {
	enum cert_san_type type;
	bool (*add)(struct strbuf *b, const struct der_element *e);
} kinds[] = {
	{ CERT_SAN_OTHER, add_other },
	{ CERT_SAN_EMAIL, add_plain },
	{ CERT_SAN_DNS, add_plain },
	{ CERT_SAN_OTHER, add_bytes },
	{ CERT_SAN_DN, add_dn },
	{ CERT_SAN_OTHER, add_bytes },
	{ CERT_SAN_URI, add_plain },
	{ CERT_SAN_IP, add_ip },
	{ CERT_SAN_OTHER, add_rid },
};

static size_t count(const uint8_t *p, const uint8_t *end)
{
	struct der_element e;
	size_t n = 0;

	while (p < end && der_element(&p, end, &e))
		n++;
	return n;
}

static bool pack_one(struct pack *k, size_t at, const struct der_element *e)
{
	const struct kind *kind;
	bool ok;

	if (e->class != V_ASN1_CONTEXT_SPECIFIC || (size_t)e->tag >= sizeof(kinds) / sizeof(kinds[0]))
		kind = &kinds[3];
	else
		kind = &kinds[e->tag];
	strbuf_reset(&k->text);
	ok = kind->add(&k->text, e);
	pack_text(k, at + offsetof(struct cert_san, text));
	if (!k->failed)
		((struct cert_san *)pack_at(k, at))->type = kind->type;
	return ok;
}

bool san_pack(struct pack *k, size_t slot, const uint8_t *der, size_t len)
{
	const uint8_t *p = der, *end = der + len;
	struct der_element names, e;
	bool ok = true;
	size_t n, at;

	if (!der_element(&p, end, &names) || p != end || names.tag != V_ASN1_SEQUENCE || names.class != V_ASN1_UNIVERSAL)
		return false;
	p = names.p;
	end = names.p + names.len;
	n = count(p, end);
	at = pack_list(k, slot, n, sizeof(struct cert_san));
	for (size_t i = 0; i < n && !k->failed && der_element(&p, end, &e); i++)
		ok = pack_one(k, at + i * sizeof(struct cert_san), &e) && ok;
	return ok && p == end;
}
