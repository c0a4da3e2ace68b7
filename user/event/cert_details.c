/* SPDX-License-Identifier: BSD-2-Clause */
/* What a certificate's extensions say, and the hashes that others know it by. */
#include "event/make.h"

/* RFC 5280 section 4.2.1.3. */
static const char *const key_usages[] = {
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
};

#define KEY_USAGES (sizeof(key_usages) / sizeof(key_usages[0]))

struct event_strs make_strs(struct make *m, const struct cert_strs *list)
{
	struct event_str *v = make_list(m, list->n);

	for (size_t i = 0; v && i < list->n; i++)
		v[i] = make_bytes(m, list->v[i].s, list->v[i].len);
	return (struct event_strs){ v, v ? list->n : 0 };
}

static struct event_strs make_key_usage(struct make *m, uint16_t bits)
{
	struct event_str *v = make_list(m, (size_t)__builtin_popcount(bits));
	size_t n = 0;

	for (size_t i = 0; v && i < KEY_USAGES; i++)
		if (bits & 1 << i)
			v[n++] = make_static(key_usages[i]);
	return (struct event_strs){ v, n };
}

static void make_pss(const struct cert *c, struct event_cert *out)
{
	out->pss_salt_len = EVENT_ABSENT;
	if (!c->pss.hash && !c->pss.mgf_hash)
		return;
	out->pss_hash = make_static(c->pss.hash);
	out->pss_mgf_hash = make_static(c->pss.mgf_hash);
	if (c->pss.salt_len >= 0)
		out->pss_salt_len = c->pss.salt_len;
}

static enum event_tri yes_or_unknown(bool b)
{
	return b ? EVENT_YES : EVENT_UNKNOWN;
}

void make_cert_details(struct make *m, const struct cert *c, struct event_cert *out)
{
	out->sha1 = make_hex(m, c->sha1, sizeof(c->sha1));
	out->version = c->version ? c->version : EVENT_ABSENT;
	out->exponent = c->key_exponent && c->key_exponent <= INT64_MAX ? (int64_t)c->key_exponent : EVENT_ABSENT;
	out->path_len = c->path_len >= 0 ? c->path_len : EVENT_ABSENT;
	out->sct_cnt = c->sct_cnt ? c->sct_cnt : EVENT_ABSENT;
	out->ca = out->must_staple = out->name_constraints = EVENT_UNKNOWN;
	make_pss(c, out);
	if (c->malformed)
		return;
	out->spki_sha256 = make_hex(m, c->spki_sha256, sizeof(c->spki_sha256));
	out->ca = c->is_ca ? EVENT_YES : EVENT_NO;
	out->must_staple = yes_or_unknown(c->must_staple);
	out->name_constraints = yes_or_unknown(c->name_constraints);
	out->key_usage = make_key_usage(m, c->key_usage_bits);
	out->ext_key_usage = make_strs(m, &c->ext_key_usage);
	out->policies = make_strs(m, &c->policies);
	out->ocsp_urls = make_strs(m, &c->ocsp_urls);
	out->issuer_urls = make_strs(m, &c->issuer_urls);
	out->crl_urls = make_strs(m, &c->crl_urls);
	out->subject_key_id = make_bytes(m, c->subject_key_id.s, c->subject_key_id.len);
	out->authority_key_id = make_bytes(m, c->authority_key_id.s, c->authority_key_id.len);
}
