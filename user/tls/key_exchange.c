/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tls/internal.h"
#include "tls/names.h"

#define NAMED_CURVE 3

enum kx { KX_NONE, KX_ECDHE, KX_DHE, KX_RSA_EXPORT, KX_PSK };

struct kx_def {
	const char *prefix;		/* of the suite's registered name */
	enum kx kx;
	bool hint;			/* a PSK identity hint comes first, RFC 4279 section 2 */
	bool anonymous;			/* nothing is signed */
};

/* The first that fits. */
static const struct kx_def kx_defs[] = {
	{ "TLS_ECDHE_PSK_", KX_ECDHE, true, true },
	{ "TLS_DHE_PSK_", KX_DHE, true, true },
	{ "TLS_RSA_PSK_", KX_PSK, true, true },
	{ "TLS_PSK_", KX_PSK, true, true },
	{ "TLS_ECDHE_", KX_ECDHE, false, false },
	{ "TLS_ECDH_anon_", KX_ECDHE, false, true },
	{ "TLS_DHE_", KX_DHE, false, false },
	{ "TLS_DH_anon_", KX_DHE, false, true },
	{ "TLS_RSA_EXPORT", KX_RSA_EXPORT, false, false },
	{ "TLS_SRP_", KX_NONE, false, false },
};

static const struct kx_def *kx_of(uint16_t suite)
{
	const char *name = tls_suite_name(suite);

	for (size_t i = 0; name && i < sizeof(kx_defs) / sizeof(kx_defs[0]); i++)
		if (!strncmp(name, kx_defs[i].prefix, strlen(kx_defs[i].prefix)))
			return &kx_defs[i];
	return NULL;
}

/* An unknown suite, or a ServerHello that was not seen: named_curve parameters cannot be taken for a prime. */
static const struct kx_def *kx_by_shape(struct reader r)
{
	static const struct kx_def ecdhe = { .kx = KX_ECDHE }, dhe = { .kx = KX_DHE };
	struct reader point;
	uint8_t type;
	uint16_t group;

	if (reader_u8(&r, &type) && type == NAMED_CURVE && reader_u16(&r, &group) && reader_vec8(&r, &point))
		return &ecdhe;
	return &dhe;
}

static uint16_t bits_of(struct reader number)
{
	uint8_t first = 0;

	while (reader_u8(&number, &first) && !first)
		;
	return first ? (uint16_t)(number.len * 8 + 32 - (size_t)__builtin_clz(first)) : 0;
}

/* RFC 8422 section 5.4: ECParameters with curve_type named_curve, then the point. */
static bool ec_params(struct tls_key_exchange *kx, struct reader *r)
{
	struct reader point;
	uint8_t type;

	return reader_u8(r, &type) && type == NAMED_CURVE && reader_u16(r, &kx->group) && reader_vec8(r, &point);
}

/* RFC 5246 section 7.4.3: dh_p, dh_g, dh_Ys, each <1..2^16-1>. */
static bool dh_params(struct tls_key_exchange *kx, struct reader *r)
{
	struct reader p, g, ys;

	if (!reader_vec16(r, &p))
		return false;
	kx->dh_bits = bits_of(p);
	return reader_vec16(r, &g) && reader_vec16(r, &ys);
}

/* RFC 2246 section 7.4.3: rsa_modulus, rsa_exponent. */
static bool rsa_params(struct tls_key_exchange *kx, struct reader *r)
{
	struct reader modulus, exponent;

	if (!reader_vec16(r, &modulus))
		return false;
	kx->rsa_bits = bits_of(modulus);
	return reader_vec16(r, &exponent);
}

static bool params(const struct kx_def *def, struct tls_key_exchange *kx, struct reader *r)
{
	struct reader hint;

	if (def->hint && !reader_vec16(r, &hint))
		return false;
	switch (def->kx) {
	case KX_ECDHE:
		return ec_params(kx, r);
	case KX_DHE:
		return dh_params(kx, r);
	case KX_RSA_EXPORT:
		return rsa_params(kx, r);
	default:
		return false;
	}
}

void tls_parse_server_key_exchange(struct tls_conn *c, const struct tls_message *m)
{
	struct tls_key_exchange *kx = &c->hs.key_exchange;
	struct reader r = reader_of(m->body, m->len);
	const struct kx_def *def;

	if (kx->seen)
		return;
	kx->seen = true;
	def = c->hs.server_hello.seen ? kx_of(c->hs.server_hello.suite) : NULL;
	if (!def)
		def = kx_by_shape(r);
	kx->anonymous = def->anonymous && !def->hint;
	if (!params(def, kx, &r) || def->anonymous)
		return;
	/* RFC 5246 section 4.7: since TLS 1.2 a signature says how it was made. */
	if (c->hs.version == TLS_VERSION_1_2 || c->hs.version == DTLS_VERSION_1_2)
		if (!reader_u16(&r, &kx->signature_algorithm))
			kx->signature_algorithm = 0;
}

/* RFC 5246 section 7.4.7; nothing in it is of interest, in SSL 3.0 not even its length prefix. */
void tls_parse_client_key_exchange(struct tls_conn *c, const struct tls_message *m)
{
	(void)m;
	c->hs.client_key_exchange++;
}
