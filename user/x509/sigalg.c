/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/sigalg.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "x509/cert.h"
#include "x509/der.h"
#include "x509/pack.h"

#define SLOT(field) offsetof(struct cert, field)

static const struct sigalg {
	int nid;
	uint8_t hash;
	const char *name;
} sigalgs[] = {
	{ NID_sha256WithRSAEncryption, CERT_HASH_SHA256, "SHA256-RSA" },
	{ NID_ecdsa_with_SHA256, CERT_HASH_SHA256, "ECDSA-SHA256" },
	{ NID_ecdsa_with_SHA384, CERT_HASH_SHA384, "ECDSA-SHA384" },
	{ NID_sha384WithRSAEncryption, CERT_HASH_SHA384, "SHA384-RSA" },
	{ NID_sha512WithRSAEncryption, CERT_HASH_SHA512, "SHA512-RSA" },
	{ NID_sha1WithRSAEncryption, CERT_HASH_SHA1, "SHA1-RSA" },
	{ NID_sha1WithRSA, CERT_HASH_SHA1, "SHA1-RSA" },
	{ NID_md5WithRSAEncryption, CERT_HASH_MD5, "MD5-RSA" },
	{ NID_md5WithRSA, CERT_HASH_MD5, "MD5-RSA" },
	{ NID_md4WithRSAEncryption, CERT_HASH_MD4, "MD4-RSA" },
	{ NID_md2WithRSAEncryption, CERT_HASH_MD2, "MD2-RSA" },
	{ NID_ripemd160WithRSA, CERT_HASH_RIPEMD160, "RIPEMD160-RSA" },
	{ NID_sha224WithRSAEncryption, CERT_HASH_SHA224, "SHA224-RSA" },
	{ NID_sha512_224WithRSAEncryption, CERT_HASH_SHA224, "SHA512/224-RSA" },
	{ NID_sha512_256WithRSAEncryption, CERT_HASH_SHA256, "SHA512/256-RSA" },
	{ NID_RSA_SHA3_224, CERT_HASH_SHA3, "SHA3-224-RSA" },
	{ NID_RSA_SHA3_256, CERT_HASH_SHA3, "SHA3-256-RSA" },
	{ NID_RSA_SHA3_384, CERT_HASH_SHA3, "SHA3-384-RSA" },
	{ NID_RSA_SHA3_512, CERT_HASH_SHA3, "SHA3-512-RSA" },
	{ NID_ecdsa_with_SHA1, CERT_HASH_SHA1, "ECDSA-SHA1" },
	{ NID_ecdsa_with_SHA224, CERT_HASH_SHA224, "ECDSA-SHA224" },
	{ NID_ecdsa_with_SHA512, CERT_HASH_SHA512, "ECDSA-SHA512" },
	{ NID_ecdsa_with_SHA3_224, CERT_HASH_SHA3, "ECDSA-SHA3-224" },
	{ NID_ecdsa_with_SHA3_256, CERT_HASH_SHA3, "ECDSA-SHA3-256" },
	{ NID_ecdsa_with_SHA3_384, CERT_HASH_SHA3, "ECDSA-SHA3-384" },
	{ NID_ecdsa_with_SHA3_512, CERT_HASH_SHA3, "ECDSA-SHA3-512" },
	{ NID_dsaWithSHA1, CERT_HASH_SHA1, "DSA-SHA1" },
	{ NID_dsaWithSHA1_2, CERT_HASH_SHA1, "DSA-SHA1" },
	{ NID_dsa_with_SHA224, CERT_HASH_SHA224, "DSA-SHA224" },
	{ NID_dsa_with_SHA256, CERT_HASH_SHA256, "DSA-SHA256" },
	{ NID_dsa_with_SHA384, CERT_HASH_SHA384, "DSA-SHA384" },
	{ NID_dsa_with_SHA512, CERT_HASH_SHA512, "DSA-SHA512" },
	{ NID_ED25519, CERT_HASH_NONE, "Ed25519" },
	{ NID_ED448, CERT_HASH_NONE, "Ed448" },
};

/* Hashes that RSASSA-PSS names in its parameters. */
static const struct sigalg hashes[] = {
	{ NID_sha256, CERT_HASH_SHA256, "SHA256" },
	{ NID_sha384, CERT_HASH_SHA384, "SHA384" },
	{ NID_sha512, CERT_HASH_SHA512, "SHA512" },
	{ NID_sha1, CERT_HASH_SHA1, "SHA1" },
	{ NID_sha224, CERT_HASH_SHA224, "SHA224" },
	{ NID_sha512_224, CERT_HASH_SHA224, "SHA512/224" },
	{ NID_sha512_256, CERT_HASH_SHA256, "SHA512/256" },
	{ NID_md5, CERT_HASH_MD5, "MD5" },
	{ NID_ripemd160, CERT_HASH_RIPEMD160, "RIPEMD160" },
	{ NID_sha3_256, CERT_HASH_SHA3, "SHA3-256" },
	{ NID_sha3_384, CERT_HASH_SHA3, "SHA3-384" },
	{ NID_sha3_512, CERT_HASH_SHA3, "SHA3-512" },
	/* RFC 8702 section 3.1: the name alone says all. */
};

static const struct sigalg *find(const struct sigalg *v, size_t n, const ASN1_OBJECT *o)
{
	int nid = OBJ_obj2nid(o);

	for (size_t i = 0; i < n; i++)
		if (v[i].nid == nid)
			return &v[i];
	return NULL;
}

#define FIND(table, o) find(table, sizeof(table) / sizeof(table[0]), o)

/* RFC 4055 section 3.1: SHA-1 unless another is named. */
static const struct sigalg *pss_hash(const X509_ALGOR *a)
{
	static const struct sigalg sha1 = { NID_sha1, CERT_HASH_SHA1, "SHA1" };

	return a ? FIND(hashes, a->algorithm) : &sha1;
}

/* The hash that MGF1 uses is the parameter of id-mgf1 (RFC 4055 section 2.2). */
static const struct sigalg *mgf_hash(const X509_ALGOR *mgf)
{
	const struct sigalg *ret;
	X509_ALGOR *a;

	if (!mgf)
		return pss_hash(NULL);
	if (OBJ_obj2nid(mgf->algorithm) != NID_mgf1 || !mgf->parameter || mgf->parameter->type != V_ASN1_SEQUENCE)
		return NULL;
	a = ASN1_item_unpack(mgf->parameter->value.sequence, ASN1_ITEM_rptr(X509_ALGOR));
	ret = a ? pss_hash(a) : NULL;
	X509_ALGOR_free(a);
	return ret;
}

static void read_pss(struct cert *c, const X509_ALGOR *a, char name[64])
{
	const struct sigalg *hash, *mgf;
	RSA_PSS_PARAMS *p = NULL;
	int64_t salt = 20;

	if (a->parameter && a->parameter->type == V_ASN1_SEQUENCE)
		p = ASN1_item_unpack(a->parameter->value.sequence, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (!p)
		return;
	hash = pss_hash(p->hashAlgorithm);
	mgf = mgf_hash(p->maskGenAlgorithm);
	if (p->saltLength && (!ASN1_INTEGER_get_int64(&salt, p->saltLength) || salt < 0 || salt > INT32_MAX))
		salt = -1;
	c->pss = (struct cert_pss){ hash ? hash->name : NULL, mgf ? mgf->name : NULL, (int32_t)salt };
	if (hash) {
		c->signature_hash = hash->hash;
		snprintf(name, 64, "RSA-PSS-%s", hash->name);
	}
	RSA_PSS_PARAMS_free(p);
}

void sigalg_pack(struct pack *k, const X509_ALGOR *a)
{
	const struct sigalg *s = FIND(sigalgs, a->algorithm);
	struct cert *c = pack_at(k, 0);
	char oid[DER_OID_TEXT], pss[64] = "RSA-PSS";

	if (k->failed)
		return;
	if (s) {
		c->signature_hash = s->hash;
		pack_static(k, SLOT(signature_algorithm), s->name);
	} else if (OBJ_obj2nid(a->algorithm) == NID_rsassaPss) {
		ERR_set_mark();
		read_pss(c, a, pss);
		ERR_pop_to_mark();
		pack_str(k, SLOT(signature_algorithm), pss, strlen(pss));
	} else {
		pack_str(k, SLOT(signature_algorithm), oid, der_oid_text(a->algorithm, oid));
	}
}
