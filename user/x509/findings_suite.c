/* SPDX-License-Identifier: BSD-2-Clause */
/* Findings of the negotiated version, suite and key exchange. A suite is judged by its registered name, which says all. */
#include "x509/findings.h"

#include <string.h>

#define BIT(f) (1ULL << FINDING_##f)

static uint64_t of_version(uint16_t version)
{
	switch (version) {
	case 0x0002:
		return BIT(SSL2);
	case 0x0300:
		return BIT(SSL3);
	case 0x0301:
		return BIT(TLS10);
	case 0x0302:
	case 0xfeff:
	case 0x0100:			/* DTLS before its RFC, as OpenSSL 0.9.8 spoke it */
		return BIT(TLS11);
	default:
		return 0;
	}
}

static const struct {
	const char *part;
	uint64_t set;
} parts[] = {
	{ "_NULL_", BIT(SUITE_NULL) },
	{ "_anon_", BIT(SUITE_ANONYMOUS) },
	{ "_EXPORT", BIT(SUITE_EXPORT) },
	{ "_RC4_", BIT(SUITE_RC4) },
	{ "_DES_", BIT(SUITE_DES) },
	{ "_DES40_", BIT(SUITE_DES) },
	{ "_RC2_", BIT(SUITE_DES) },
	{ "_3DES_", BIT(SUITE_3DES) },
	{ "_DES_192_", BIT(SUITE_3DES) },	/* SSL 2.0's name of it */
	{ "_IDEA_", BIT(SUITE_3DES) },
	{ "_CBC_", BIT(SUITE_CBC) },
};

/* RFC 9150: integrity only. */
static const char *const plain[] = { "TLS_SHA256_SHA256", "TLS_SHA384_SHA384" };

/* Key exchanges in which the server's long-term key is all that is needed. */
static const char *const static_exchanges[] = {
	"TLS_RSA_", "TLS_DH_RSA_", "TLS_DH_DSS_", "TLS_ECDH_RSA_", "TLS_ECDH_ECDSA_",
	"TLS_PSK_", "TLS_KRB5_",   "TLS_NULL_",   "TLS_GOSTR341",  "SSL_",
};

static uint64_t of_suite(const char *suite)
{
	uint64_t set = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(suite, parts[i].part))
			set |= parts[i].set;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(suite, plain[i]))
			set |= BIT(SUITE_NULL);
	for (size_t i = 0; i < sizeof(static_exchanges) / sizeof(static_exchanges[0]); i++)
		if (!strncmp(suite, static_exchanges[i], strlen(static_exchanges[i])))
			set |= BIT(NO_FORWARD_SECRECY);
	/* "_DES_192_EDE3_" has "_DES_" in it. */
	return set & BIT(SUITE_3DES) ? set & ~BIT(SUITE_DES) : set;
}

uint64_t findings_of_negotiated(const struct negotiated *n)
{
	uint64_t set = of_version(n->version);

	if (n->suite)
		set |= of_suite(n->suite);
	if (n->compression)
		set |= BIT(COMPRESSION);
	if (n->dh_bits && n->dh_bits < 2048)
		set |= BIT(WEAK_DH);
	if (n->post_quantum == 0)
		set |= BIT(NO_POST_QUANTUM);
	return set;
}
