/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A certificate, parsed once. struct cert is immutable and reference-counted; equal DER gives the same one
 * as long as it is in the store. A certificate that does not parse is one too: malformed, with its hashes.
 * Strings are UTF-8 as far as the certificate's string types allow, unescaped, and may hold any bytes
 * (hostile names): sinks escape. Source: RFC 5280. Not for several threads at once: one store a worker.
 */
#ifndef HSMON_X509_CERT_H
#define HSMON_X509_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cert_str {
	const char *s;			/* NUL-terminated for convenience; NULL: not there */
	size_t len;
};

struct cert_strs {
	const struct cert_str *v;
	size_t n;
};

struct cert_name {
	struct cert_str dn;		/* C=US, O=..., CN=...: the certificate's order, as people expect; RFC 4514's escapes */
	struct cert_strs cn, o, ou, c, l, st;
};

enum cert_san_type { CERT_SAN_DNS, CERT_SAN_IP, CERT_SAN_EMAIL, CERT_SAN_URI, CERT_SAN_DN, CERT_SAN_OTHER };

struct cert_san {
	enum cert_san_type type;
	struct cert_str text;		/* IP addresses in their text form */
};

enum cert_hash {			/* of a signature, weakest first */
	CERT_HASH_UNKNOWN, CERT_HASH_MD2, CERT_HASH_MD4, CERT_HASH_MD5, CERT_HASH_SHA1, CERT_HASH_RIPEMD160,
	CERT_HASH_SHA224, CERT_HASH_SHA256, CERT_HASH_SHA384, CERT_HASH_SHA512, CERT_HASH_SHA3, CERT_HASH_NONE,
};

enum cert_key_type {			/* what hsmon knows more of than the OID */
	CERT_KEY_OTHER, CERT_KEY_RSA, CERT_KEY_RSA_PSS, CERT_KEY_EC, CERT_KEY_DSA, CERT_KEY_DH, CERT_KEY_EDDSA,
};

struct cert_pss {			/* RSASSA-PSS parameters, RFC 4055 section 3.1; static strings */
	const char *hash, *mgf_hash;	/* "SHA256"; NULL: none, or not known */
	int32_t salt_len;
};

struct cert {
	uint8_t sha256[32], sha1[20];
	const uint8_t *der;
	size_t der_len;
	bool malformed;			/* nothing below but what could be read */
	int version;			/* 1 to 3; others have been seen; 0: no number */
	struct cert_str serial;		/* upper-case hex */
	struct cert_name subject, issuer;
	int64_t not_before, not_after;	/* seconds since the epoch */
	bool not_before_valid, not_after_valid;
	const struct cert_san *san;
	size_t san_cnt;
	struct cert_str key_algorithm;	/* ECS: RSA, EC, Ed25519, ...; an OID in dotted form when unknown */
	uint32_t key_bits;		/* 0: not known */
	struct cert_str key_curve;	/* EC: its TLS/SECG name, secp256r1; "explicit"; a dotted OID when unknown */
	uint64_t key_exponent;		/* RSA; 0: none, or over 64 bits */
	struct cert_str signature_algorithm;	/* SHA256-RSA, ECDSA-SHA384, RSA-PSS-SHA256, ...; dotted OID when unknown */
	bool is_ca;
	bool self_issued;		/* subject equals issuer */
	bool self_signed;		/* ... and the signature verifies with its own key */
	uint8_t sct_cnt;		/* embedded SCTs, RFC 6962 section 3.3 */
	uint8_t spki_sha256[32];

	bool must_staple;		/* RFC 7633 */
	bool san_present;		/* the extension is there, even if it holds nothing */
	bool extension_malformed;	/* an extension's content does not parse */
	bool key_malformed;		/* the public key does not parse */
	bool signature_mismatch;	/* inner and outer signature algorithm differ, RFC 5280 section 4.1.1.2 */
	bool name_constraints;
	bool key_usage_present, ext_key_usage_present;
	uint8_t key_type;		/* enum cert_key_type */
	uint8_t signature_hash;		/* enum cert_hash */
	uint16_t key_usage_bits;	/* bit n of RFC 5280 section 4.2.1.3 is 1 << n */
	int32_t path_len;		/* -1: no limit */
	struct cert_pss pss;		/* of the signature, when it is RSASSA-PSS */
	struct cert_strs ext_key_usage;	/* serverAuth, clientAuth, ...; dotted OID when unknown */
	struct cert_strs policies;	/* dotted OIDs */
	struct cert_strs ocsp_urls, issuer_urls, crl_urls;
	struct cert_str subject_key_id, authority_key_id;	/* upper-case hex */
};

struct cert_store;

struct cert_store_stats {
	uint64_t hits, misses, malformed, evicted;
	size_t count, bytes;
};

/* Holds up to max_cnt certificates and max_bytes of memory, the least recently used go first (a struct cert lives on while
 * referenced). Everything of OpenSSL that is loaded later on demand is loaded here: call it before giving up file access.
 * NULL: out of memory, or no SHA-256. */
struct cert_store *cert_store_new(size_t max_cnt, size_t max_bytes);
/* Certificates still referenced live on. */
void cert_store_free(struct cert_store *s);
/* The certificate of those bytes, with a reference for the caller. NULL: out of memory only. */
const struct cert *cert_store_get(struct cert_store *s, const uint8_t *der, size_t len);
void cert_put(const struct cert *c);
const struct cert *cert_ref(const struct cert *c);
struct cert_store_stats cert_store_stats(const struct cert_store *s);

/* Does one of the certificate's names match the host (RFC 6125 section 6.4, wildcard in the left-most label; an IP
 * address against iPAddress names; the common name only when there is no dNSName, iPAddress)? */
bool cert_matches_host(const struct cert *c, const char *host, size_t len);

/* A DER distinguished name (CertificateRequest's authorities) as text, into buf, NUL-terminated and cut to size; the
 * length written, -EINVAL when it is no name, -ENOMEM. */
int cert_dn_text(const uint8_t *der, size_t len, char *buf, size_t size);

/* An OCSP response, RFC 6960: what a stapled answer says. */
enum ocsp_status { OCSP_NOT_READ = 0, OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN, OCSP_ERROR };
struct ocsp_info {
	enum ocsp_status status;	/* OCSP_ERROR: the responder did not answer (response_code says why) */
	int64_t this_update, next_update;	/* 0: not there */
	int64_t produced_at, revoked_at;	/* 0: not there */
	uint8_t response_code;		/* OCSPResponseStatus, 0: successful */
	int8_t reason;			/* CRLReason of a revocation; -1: not given */
	uint8_t sct_cnt;		/* SCTs in the answer, RFC 6962 section 3.3 */
	uint16_t answer_cnt;		/* single responses; the others are of the first */
};
/* false: malformed. */
bool ocsp_parse(const uint8_t *der, size_t len, struct ocsp_info *out);

#endif
