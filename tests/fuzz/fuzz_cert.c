/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a certificate, a name, an OCSP response. What OpenSSL's decoder reads as a certificate must be read here too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "x509/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#define SAMPLES 6

static const struct made *sample(unsigned int i)
{
	static struct made s[SAMPLES];

	if (!s[0].x) {
		s[0] = MAKE(.subject = "C=US/O=Org/CN=Root",
			    .ext = { { "basicConstraints", "critical,CA:TRUE,pathlen:2" },
				     { "keyUsage", "keyCertSign" },
				     { "nameConstraints", "permitted;DNS:x" } });
		s[1] = MAKE(.key = "RSA1024", .issuer = &s[0], .subject = "C=DE/CN=www.example.com",
			    .sections = "[dn]\nCN=d\n",
			    .ext = { { "subjectAltName", "DNS:a.example,IP:192.0.2.1,URI:http://x/"
							 ",email:a@b,RID:1.2.3,otherName:1.2.3;UTF8:x,dirName:dn" },
				     { "extendedKeyUsage", "serverAuth,1.2.3" },
				     { "certificatePolicies", "1.2.3.4" },
				     { "authorityInfoAccess", "OCSP;URI:http://o/,caIssuers;URI:http://i/" },
				     { "crlDistributionPoints", "URI:http://c/" },
				     { "tlsfeature", "status_request" },
				     { "authorityKeyIdentifier", "issuer:always" } },
			    .raw = { make_extension("1.3.6.1.4.1.11129.2.4.2", "\x04\x07\0\5\0\3abc", 9) });
		s[2] = MAKE(.key = "PSS2048", .pss = 1, .digest = "SHA256");
		s[3] = MAKE(.key = "DSA1024");
		s[4] = MAKE(.key = "ED25519");
		s[5] = MAKE(.key = "EXPLICIT");
	}
	return &s[i % SAMPLES];
}

/* Without a corpus: now and then the bytes of a good certificate are what is mutated. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	const struct made *m = sample(seed >> 8);

	if ((size < 64 || seed % 128 == 0) && m->len <= max) {
		memcpy(data, m->der, m->len);
		size = m->len;
	}
	return LLVMFuzzerMutate(data, size, max);
}

static void touch(const struct cert *c)
{
	volatile unsigned char sink = 0;

	for (size_t i = 0; i < c->san_cnt; i++)
		sink ^= (unsigned char)c->san[i].text.s[c->san[i].text.len];
	for (size_t i = 0; i < c->subject.cn.n; i++)
		sink ^= (unsigned char)c->subject.cn.v[i].s[c->subject.cn.v[i].len];
	if (sink || (!c->malformed && !c->subject.dn.s))
		abort();
	cert_matches_host(c, "www.example.com", 15);
	if (c->san_cnt)
		cert_matches_host(c, c->san[0].text.s, c->san[0].text.len);
}

/* OpenSSL does not mind a name whose SEQUENCE lacks the bit that says "constructed". */
static bool is_sequence(const X509_NAME *name)
{
	const unsigned char *p;
	size_t n;

	return X509_NAME_get0_der(name, &p, &n) && n && *p == 0x30;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cert_store *store;
	const struct cert *c, *again;
	struct ocsp_info info;
	const uint8_t *p = data;
	char text[300];
	X509 *x;
	int n;

	if (!store)
		store = cert_store_new(64, 1 << 20);
	c = cert_store_get(store, data, size);
	again = cert_store_get(store, data, size);
	if (!c || c->der_len != size || (size && memcmp(c->der, data, size)) || (again != c && size < 1 << 18))
		abort();
	touch(c);
	x = c->malformed ? d2i_X509(NULL, &p, (long)size) : NULL;
	if (x && p == data + size && size < 1 << 18 && is_sequence(X509_get_subject_name(x)) &&
	    is_sequence(X509_get_issuer_name(x)))
		abort();
	X509_free(x);
	ERR_clear_error();
	cert_put(c);
	cert_put(again);
	n = cert_dn_text(data, size, text, sizeof(text));
	if (n >= (int)sizeof(text) || (n >= 0 && text[n]))
		abort();
	if (!ocsp_parse(data, size, &info) && info.status != OCSP_NOT_READ)
		abort();
	return 0;
}
