/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a chain that a peer sent worth anything? RFC 5280 section 6 by OpenSSL, at the time of the handshake. A chain that was seen
 * before costs a look-up (as long as its verdict holds: no certificate's validity begins or ends in between). Not for several
 * threads at once: one a worker, like the store.
 */
#ifndef HSMON_X509_VERIFY_H
#define HSMON_X509_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x509/cert.h"

enum chain_status {			/* one word for the worst that is true, in the order of the list */
	CHAIN_NONE = 0,			/* no certificate */
	CHAIN_OK,
	CHAIN_WRONG_ORDER,		/* good, but not sent in the order in which one issued the other */
	CHAIN_INCOMPLETE,		/* an intermediate was left out */
	CHAIN_NOT_YET_VALID,
	CHAIN_EXPIRED,
	CHAIN_INVALID,			/* leads to an anchor, but breaks a rule: reason */
	CHAIN_UNVERIFIABLE,		/* a signature of a kind that cannot be checked here */
	CHAIN_UNKNOWN_ISSUER,
	CHAIN_SELF_SIGNED,		/* the certificate itself, which nobody trusts */
	CHAIN_REVOKED,			/* by a stapled answer that was verified */
	CHAIN_BAD_SIGNATURE,
	CHAIN_MALFORMED,
	CHAIN_STATUS_CNT,
};

enum staple_status {			/* of the stapled OCSP answer */
	STAPLE_NONE = 0,		/* there was none */
	STAPLE_UNVERIFIED,		/* the issuer is not known */
	STAPLE_VERIFIED,
	STAPLE_MALFORMED,
	STAPLE_OTHER_CERT,		/* about another certificate */
	STAPLE_STALE,			/* verified, but not of this time */
	STAPLE_BAD_SIGNATURE,		/* or by somebody who may not answer for the issuer */
	STAPLE_NO_ANSWER,		/* the responder refused */
};

enum host_match { HOST_UNKNOWN = -1, HOST_NO = 0, HOST_YES = 1 };

struct ct_logs;

struct verify_options {
	const char *ca_file, *ca_dir;	/* instead of the system's trust anchors; NULL */
	const struct ct_logs *ct_logs;	/* SCTs are verified with these; NULL; borrowed (ct_logs.h) */
	size_t intermediates_max;	/* remembered; 0: 1024 */
	size_t verdicts_max;		/* chains whose verdict is kept; 0: 16384 */
};

struct verify_request {
	const struct cert *const *chain;	/* in wire order */
	size_t n;
	int64_t at;			/* seconds since the epoch */
	bool client;			/* a client's certificate */
	const char *host;		/* the name that was asked for; NULL: none */
	size_t host_len;
	const uint8_t *ocsp;		/* stapled for the first certificate; NULL: none */
	size_t ocsp_len;
	const uint8_t *scts;		/* the TLS extension's SignedCertificateTimestampList; NULL: none */
	size_t scts_len;
};

/* Signed certificate timestamps of all three places; all 0 without a list of logs. */
struct sct_counts {
	uint16_t cnt, valid, unknown_log, invalid;	/* the rest: the issuer is not known */
};

#define PATH_KEYS_MAX 6

struct path_keys {			/* SHA-256 of the SubjectPublicKeyInfo of each certificate above the peer's own */
	uint8_t n;
	uint8_t sha256[PATH_KEYS_MAX][32];
};

struct verdict {
	enum chain_status status;
	const char *reason;		/* in words, when the status does not say it all; static, or NULL */
	int16_t depth;			/* index in the chain of the certificate that is at fault; -1: not one of them */
	bool incomplete;		/* an intermediate was left out, whatever the status is */
	bool completed;			/* ... and one that was remembered completes it */
	bool anchored;			/* leads to a trust anchor */
	const struct path_keys *keys;	/* on the way there, the anchor's with them; borrowed until the next chain; NULL: no way */
	bool wrong_order, root_sent, double_sent;
	uint16_t extra_cnt;		/* certificates that do not belong to the chain */
	enum host_match hostname;
	enum staple_status staple;
	struct ocsp_info ocsp;		/* status OCSP_NOT_READ: none */
	struct sct_counts scts;
};

struct verify;

/* Reads all trust anchors now: call it before giving up file access. 0, or -errno of the file or directory; -ENODATA: no
 * certificate in it; -ENOMEM. */
int verify_new(struct verify **out, const struct verify_options *opt);
void verify_free(struct verify *v);
/* How many anchors there are: without any everything is an unknown issuer. */
size_t verify_anchor_cnt(const struct verify *v);

/* Never fails: out of memory gives CHAIN_UNVERIFIABLE. */
struct verdict verify_chain(struct verify *v, const struct verify_request *r);

const char *chain_status_word(enum chain_status s);	/* "ok", "self-signed", ...; NULL for CHAIN_NONE */
const char *staple_status_word(enum staple_status s);	/* NULL for STAPLE_NONE */

struct verify_stats {
	uint64_t hits, misses;		/* verdicts known, chains judged */
	uint64_t evicted;
	size_t verdicts, intermediates, anchors;
};
struct verify_stats verify_stats(const struct verify *v);

#endif
