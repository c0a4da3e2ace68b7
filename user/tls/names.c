/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/names.h"

#include <stdlib.h>

#include "tls/names_table.h"

static int by_id(const void *id, const void *row)
{
	uint32_t a = *(const uint32_t *)id, b = *(const uint32_t *)row;

	return (a > b) - (a < b);
}

const char *tls_name_find(const struct tls_name *table, size_t n, uint32_t id)
{
	const struct tls_name *row = bsearch(&id, table, n, sizeof(*table), by_id);

	return row ? row->name : NULL;
}

static const struct tls_suite *suite_find(uint32_t id)
{
	const struct tls_suite_table *t = id < 0xc000 ? &tls_suites_low : &tls_suites_high;

	return bsearch(&id, t->v, t->n, sizeof(*t->v), by_id);
}

const char *tls_suite_name(uint16_t suite)
{
	const struct tls_suite *s = suite_find(suite);

	return s ? s->name : NULL;
}

const char *tls_suite_short_name(uint16_t suite)
{
	const struct tls_suite *s = suite_find(suite);

	return s ? s->short_name : NULL;
}

/* SSL 2.0 specification, appendix C.4; 08 00 80 is of SSLeay. */
static const struct tls_name sslv2_suites[] = {
	{ 0x010080, "SSL2_RC4_128_WITH_MD5" },
	{ 0x020080, "SSL2_RC4_128_EXPORT40_WITH_MD5" },
	{ 0x030080, "SSL2_RC2_128_CBC_WITH_MD5" },
	{ 0x040080, "SSL2_RC2_128_CBC_EXPORT40_WITH_MD5" },
	{ 0x050080, "SSL2_IDEA_128_CBC_WITH_MD5" },
	{ 0x060040, "SSL2_DES_64_CBC_WITH_MD5" },
	{ 0x0700c0, "SSL2_DES_192_EDE3_CBC_WITH_MD5" },
	{ 0x080080, "SSL2_RC4_64_WITH_MD5" },
};

const char *tls_sslv2_suite_name(uint32_t kind)
{
	/* RFC 5246 appendix E.2: in a hello that also speaks TLS, 00 before a suite. */
	return kind <= 0xffff ? tls_suite_name((uint16_t)kind) : TLS_NAME_FIND(sslv2_suites, kind);
}

bool tls_is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static const struct tls_name versions[] = {
	{ 0x0002, "2.0" },
	{ 0x0100, "1.0" },	/* DTLS 1.0 of OpenSSL before 0.9.8f */
	{ 0x0200, "2.0" },
	{ 0x0300, "3.0" },
	{ 0x0301, "1.0" },
	{ 0x0302, "1.1" },
	{ 0x0303, "1.2" },
	{ 0x0304, "1.3" },
	{ 0xfefc, "1.3" },
	{ 0xfefd, "1.2" },
	{ 0xfeff, "1.0" },
};

const char *tls_version_name(uint16_t version)
{
	uint8_t high = version >> 8, low = version & 0xff;

	/* Drafts of TLS 1.3: 0x7f00 | number (draft-ietf-tls-tls13-28 section 4.2.1.1), Facebook's 0xfb00 | number. */
	if ((high == 0x7f || high == 0xfb) && low <= 28)
		return "1.3";
	return TLS_NAME_FIND(versions, version);
}

/* IANA TLS ClientCertificateType Identifiers; 22, 238 and 239 are GOST's before RFC 9189. */
static const struct tls_name certificate_types[] = {
	{ 1, "rsa_sign" },
	{ 2, "dss_sign" },
	{ 3, "rsa_fixed_dh" },
	{ 4, "dss_fixed_dh" },
	{ 5, "rsa_ephemeral_dh" },
	{ 6, "dss_ephemeral_dh" },
	{ 20, "fortezza_dms" },
	{ 21, "gostr34102094" },
	{ 22, "gostr34102001" },
	{ 64, "ecdsa_sign" },
	{ 65, "rsa_fixed_ecdh" },
	{ 66, "ecdsa_fixed_ecdh" },
	{ 67, "gost_sign256" },
	{ 68, "gost_sign512" },
	{ 80, "ibc_params" },
	{ 238, "gostr34102012_256" },
	{ 239, "gostr34102012_512" },
};

const char *tls_certificate_type_name(uint8_t type)
{
	return TLS_NAME_FIND(certificate_types, type);
}

/* IANA HPKE KDF Identifiers, RFC 9180 section 7.2. */
static const struct tls_name hpke_kdfs[] = {
	{ 0x0001, "HKDF-SHA256" },
	{ 0x0002, "HKDF-SHA384" },
	{ 0x0003, "HKDF-SHA512" },
	{ 0x0010, "SHAKE128" },
	{ 0x0011, "SHAKE256" },
	{ 0x0012, "TurboSHAKE128" },
	{ 0x0013, "TurboSHAKE256" },
};

const char *tls_hpke_kdf_name(uint16_t id)
{
	return TLS_NAME_FIND(hpke_kdfs, id);
}

/* IANA HPKE AEAD Identifiers, RFC 9180 section 7.3. */
static const struct tls_name hpke_aeads[] = {
	{ 0x0001, "AES-128-GCM" },
	{ 0x0002, "AES-256-GCM" },
	{ 0x0003, "ChaCha20Poly1305" },
	{ 0xffff, "Export-only" },
};

const char *tls_hpke_aead_name(uint16_t id)
{
	return TLS_NAME_FIND(hpke_aeads, id);
}
