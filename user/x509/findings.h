/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is worth saying about a handshake's certificates and about what it negotiated. A finding has an identifier that never
 * changes, a severity, and one sentence. Findings are bits of a 64-bit set: finding them costs comparisons, no signature check.
 */
#ifndef HSMON_X509_FINDINGS_H
#define HSMON_X509_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x509/cert.h"
#include "x509/verify.h"

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITY_CNT };

enum finding {
	/* of the certificates */
	FINDING_REVOKED,
	FINDING_BAD_SIGNATURE,
	FINDING_KNOWN_BAD_KEY,
	FINDING_MALFORMED,
	FINDING_EXPIRED,
	FINDING_NOT_YET_VALID,
	FINDING_ISSUER_EXPIRED,
	FINDING_INVALID_CHAIN,
	FINDING_HOSTNAME_MISMATCH,
	FINDING_SELF_SIGNED,
	FINDING_UNKNOWN_ISSUER,
	FINDING_UNVERIFIABLE,
	FINDING_INCOMPLETE_CHAIN,
	FINDING_WRONG_ORDER,
	FINDING_EXTRA_CERTIFICATE,
	FINDING_ROOT_SENT,
	FINDING_EXPIRING,
	FINDING_LONG_VALIDITY,
	FINDING_WEAK_RSA_KEY,
	FINDING_WEAK_DSA_KEY,
	FINDING_WEAK_CURVE,
	FINDING_SMALL_EXPONENT,
	FINDING_MD5_SIGNATURE,
	FINDING_SHA1_SIGNATURE,
	FINDING_SHARED_KEY,
	FINDING_CA_AS_LEAF,
	FINDING_MISSING_SAN,
	FINDING_STAPLE_MISSING,
	FINDING_STAPLE_BAD,
	FINDING_SCT_INVALID,
	/* of what was negotiated */
	FINDING_SSL2,
	FINDING_SSL3,
	FINDING_TLS10,
	FINDING_TLS11,
	FINDING_SUITE_NULL,
	FINDING_SUITE_ANONYMOUS,
	FINDING_SUITE_EXPORT,
	FINDING_SUITE_RC4,
	FINDING_SUITE_DES,
	FINDING_SUITE_3DES,
	FINDING_SUITE_CBC,
	FINDING_NO_FORWARD_SECRECY,
	FINDING_COMPRESSION,
	FINDING_WEAK_DH,
	FINDING_NO_POST_QUANTUM,
	/* of what an operator demands; found by the policy */
	FINDING_POLICY_VERSION,
	FINDING_POLICY_ISSUER,
	FINDING_POLICY_PIN,
	FINDING_CNT,
};

struct finding_info {
	const char *id;			/* "hostname-mismatch" */
	enum severity severity;
	const char *sentence;
};

const struct finding_info *finding_info(enum finding f);
/* false: there is none by that identifier. */
bool finding_by_id(const char *id, size_t len, enum finding *out);
const char *severity_word(enum severity s);	/* "info", "low", "medium", "high", "critical" */
bool severity_by_word(const char *word, size_t len, enum severity *out);
/* The worst of a set; false: the set is empty. */
bool findings_worst(uint64_t set, enum severity *out);

static inline bool findings_has(uint64_t set, enum finding f)
{
	return set >> f & 1;
}

struct spki_list;

struct findings_options {
	int expiry_warn_days;		/* 0: never */
	const struct spki_list *bad_keys;	/* NULL; borrowed */
	size_t keys_max;		/* public keys remembered, to find shared ones; 0: 65536 */
};

/* Remembers which key belongs to which subject. One a worker. */
struct findings;

/* NULL: out of memory. */
struct findings *findings_new(const struct findings_options *opt);
void findings_free(struct findings *f);

/* Of one side's chain and its verdict. r is what the verdict was asked with. stapling_asked: the client offered status_request. */
uint64_t findings_of_chain(struct findings *f, const struct verify_request *r, const struct verdict *v,
			   bool stapling_asked);

struct negotiated {
	uint16_t version;		/* on the wire: 0x0002, 0x0300 ... 0x0304, 0xfeff, 0xfefd; 0: not known */
	const char *suite;		/* IANA name; NULL: not known */
	bool compression;		/* a method other than null */
	uint32_t dh_bits;		/* 0: no finite-field Diffie-Hellman, or not known */
	int post_quantum;		/* was the key exchange; -1: not known */
};

uint64_t findings_of_negotiated(const struct negotiated *n);

#endif
