/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates for tests, made in the process by OpenSSL. Whatever fails here ends the test program. */
#ifndef HSMON_TESTS_CERTS_H
#define HSMON_TESTS_CERTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define CERTS_UNUSED __attribute__((unused))
#define CERTS_MUST(e)                                                                                                  \
	do {                                                                                                           \
		if (!(e)) {                                                                                            \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #e);                                        \
			ERR_print_errors_fp(stderr);                                                                    \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

struct made {
	X509 *x;
	EVP_PKEY *key;			/* belongs to the table of keys */
	uint8_t *der;
	size_t len;
};

struct make {
	const char *key; /* "RSA2048", "EC:P-256", "ED25519", "PSS2048", "DSA1024", "EXPLICIT"; default "EC:P-256" */
	const char *key_slot;		/* a key of its own by that name: several of a kind */
	const char *subject;		/* "C=US/O=Test/CN=a.example" */
	X509_NAME *subject_name;	/* instead */
	const struct made *issuer;	/* NULL: by itself */
	const char *issuer_text;	/* instead of the issuer's subject */
	const char *digest;		/* "SHA256"; "": none (EdDSA) */
	int pss;			/* RSASSA-PSS signature */
	int64_t not_before, not_after;	/* seconds since the epoch; both 0: one year around now */
	int version;			/* 1 to 3, 0: 3 */
	const char *serial;		/* hex */
	const char *ext[12][2];		/* name, value in OpenSSL's configuration syntax */
	const char *sections;		/* that ext's values refer to */
	X509_EXTENSION *raw[4];
	EVP_PKEY *sign_with;		/* a key that is not the issuer's: a bad signature */
};

static inline EVP_PKEY *certs_keygen(const char *kind)
{
	EVP_PKEY *k = NULL, *params = NULL;
	EVP_PKEY_CTX *c;

	if (!strncmp(kind, "RSA", 3))
		return EVP_RSA_gen((unsigned int)atoi(kind + 3));
	if (!strncmp(kind, "EC:", 3))
		return EVP_EC_gen(kind + 3);
	if (!strncmp(kind, "PSS", 3)) {
		c = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
		CERTS_MUST(EVP_PKEY_keygen_init(c) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(c, atoi(kind + 3)) > 0);
		CERTS_MUST(EVP_PKEY_generate(c, &k) > 0);
	} else if (!strncmp(kind, "DSA", 3) || !strncmp(kind, "DH", 2)) {
		c = EVP_PKEY_CTX_new_from_name(NULL, kind[1] == 'S' ? "DSA" : "DHX", NULL);
		CERTS_MUST(EVP_PKEY_paramgen_init(c) > 0);
		if (kind[1] == 'S') {
			OSSL_PARAM p[2] = { OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
			size_t bits = (size_t)atoi(kind + 3);

			p[0] = OSSL_PARAM_construct_size_t("pbits", &bits);
			CERTS_MUST(EVP_PKEY_CTX_set_params(c, p) > 0);
		} else {
			OSSL_PARAM p[2] = { OSSL_PARAM_construct_utf8_string("group", (char *)"dh_2048_256", 0),
					    OSSL_PARAM_construct_end() };

			CERTS_MUST(EVP_PKEY_CTX_set_params(c, p) > 0);
		}
		CERTS_MUST(EVP_PKEY_paramgen(c, &params) > 0);
		EVP_PKEY_CTX_free(c);
		c = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
		CERTS_MUST(EVP_PKEY_keygen_init(c) > 0 && EVP_PKEY_generate(c, &k) > 0);
		EVP_PKEY_free(params);
	} else if (!strcmp(kind, "EXPLICIT")) {
		c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
		CERTS_MUST(EVP_PKEY_keygen_init(c) > 0 && EVP_PKEY_CTX_set_group_name(c, "P-256") > 0);
		CERTS_MUST(EVP_PKEY_CTX_set_ec_param_enc(c, OPENSSL_EC_EXPLICIT_CURVE) > 0 && EVP_PKEY_generate(c, &k) > 0);
	} else {
		return EVP_PKEY_Q_keygen(NULL, NULL, kind);
	}
	EVP_PKEY_CTX_free(c);
	return k;
}

/* Making RSA keys takes long: one of a kind for the whole program. */
static inline EVP_PKEY *certs_key(const char *kind, const char *slot)
{
	static struct { char name[64]; EVP_PKEY *key; } keys[64];
	char name[64];
	size_t i = 0;

	snprintf(name, sizeof(name), "%s %s", kind, slot ? slot : "");
	while (keys[i].key && strcmp(keys[i].name, name))
		CERTS_MUST(++i < 64);
	if (!keys[i].key) {
		memcpy(keys[i].name, name, sizeof(name));
		CERTS_MUST((keys[i].key = certs_keygen(kind)));
	}
	return keys[i].key;
}

/* "C=US/O=Test": as it is, without escapes. */
static inline X509_NAME *certs_name(const char *text)
{
	X509_NAME *n = X509_NAME_new();
	char *copy = strdup(text), *save = NULL;

	for (char *s = strtok_r(copy, "/", &save); s; s = strtok_r(NULL, "/", &save)) {
		char *eq = strchr(s, '=');

		CERTS_MUST(eq);
		*eq = '\0';
		CERTS_MUST(X509_NAME_add_entry_by_txt(n, s, MBSTRING_UTF8, (unsigned char *)eq + 1, -1, -1, 0));
	}
	free(copy);
	return n;
}

static inline void certs_validity(X509 *x, const struct make *m)
{
	if (!m->not_before && !m->not_after) {
		X509_gmtime_adj(X509_getm_notBefore(x), -180L * 86400);
		X509_gmtime_adj(X509_getm_notAfter(x), 180L * 86400);
		return;
	}
	CERTS_MUST(ASN1_TIME_set(X509_getm_notBefore(x), m->not_before));
	CERTS_MUST(ASN1_TIME_set(X509_getm_notAfter(x), m->not_after));
}

static inline void certs_extensions(X509 *x, const struct make *m)
{
	BIO *empty = BIO_new_mem_buf(m->sections ? m->sections : "", -1);
	CONF *conf = NCONF_new(NULL);
	X509V3_CTX ctx;

	CERTS_MUST(conf && NCONF_load_bio(conf, empty, NULL) > 0);
	X509V3_set_ctx(&ctx, m->issuer ? m->issuer->x : x, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	for (size_t i = 0; i < 12 && m->ext[i][0]; i++) {
		X509_EXTENSION *e = X509V3_EXT_nconf(conf, &ctx, m->ext[i][0], m->ext[i][1]);

		CERTS_MUST(e && X509_add_ext(x, e, -1));
		X509_EXTENSION_free(e);
	}
	for (size_t i = 0; i < 4 && m->raw[i]; i++) {
		CERTS_MUST(X509_add_ext(x, m->raw[i], -1));
		X509_EXTENSION_free(m->raw[i]);
	}
	NCONF_free(conf);
	BIO_free(empty);
}

static inline void certs_sign(X509 *x, const struct make *m, EVP_PKEY *key)
{
	const char *digest = m->digest                                                      ? m->digest
			     : EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") ? ""
											    : "SHA256";
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pc;

	CERTS_MUST(EVP_DigestSignInit_ex(c, &pc, *digest ? digest : NULL, NULL, NULL, key, NULL) > 0);
	if (m->pss)
		CERTS_MUST(EVP_PKEY_CTX_set_rsa_padding(pc, RSA_PKCS1_PSS_PADDING) > 0 &&
			   EVP_PKEY_CTX_set_rsa_pss_saltlen(pc, 32) > 0);
	CERTS_MUST(X509_sign_ctx(x, c) > 0);
	EVP_MD_CTX_free(c);
}

static inline void certs_names(X509 *x, const struct make *m)
{
	X509_NAME *subject = m->subject_name ? m->subject_name : certs_name(m->subject ? m->subject : "CN=a.example");
	X509_NAME *issuer = m->issuer_text ? certs_name(m->issuer_text) : NULL;
	const X509_NAME *from = issuer ? issuer : m->issuer ? X509_get_subject_name(m->issuer->x) : subject;

	CERTS_MUST(X509_set_subject_name(x, subject) && X509_set_issuer_name(x, from));
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
}

static inline void certs_serial(X509 *x, const struct make *m)
{
	BIGNUM *n = NULL;

	CERTS_MUST(BN_hex2bn(&n, m->serial ? m->serial : "1234567890ABCDEF"));
	CERTS_MUST(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
	BN_free(n);
}

CERTS_UNUSED static struct made make_cert(const struct make *m)
{
	struct made out = { .x = X509_new(), .key = certs_key(m->key ? m->key : "EC:P-256", m->key_slot) };
	EVP_PKEY *signer = m->sign_with ? m->sign_with : m->issuer ? m->issuer->key : out.key;
	int n;

	CERTS_MUST(out.x && X509_set_version(out.x, m->version ? m->version - 1 : 2));
	certs_serial(out.x, m);
	certs_validity(out.x, m);
	certs_names(out.x, m);
	CERTS_MUST(X509_set_pubkey(out.x, out.key));
	certs_extensions(out.x, m);
	certs_sign(out.x, m, signer);
	n = i2d_X509(out.x, &out.der);
	CERTS_MUST(n > 0);
	out.len = (size_t)n;
	return out;
}

#define MAKE(...) make_cert(&(struct make){ __VA_ARGS__ })

CERTS_UNUSED static void made_free(struct made *m)
{
	X509_free(m->x);
	OPENSSL_free(m->der);
	*m = (struct made){ 0 };
}

CERTS_UNUSED static X509_EXTENSION *make_extension(const char *oid, const void *p, size_t len)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *x;

	CERTS_MUST(o && s && ASN1_OCTET_STRING_set(s, p, (int)len));
	x = X509_EXTENSION_create_by_OBJ(NULL, o, 0, s);
	ASN1_OBJECT_free(o);
	ASN1_OCTET_STRING_free(s);
	CERTS_MUST(x);
	return x;
}

#endif
