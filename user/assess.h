/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the certificates of a handshake and its parameters are worth: the verdict on both sides' chains, and findings.
 * Everything that is read from files is read by assessor_new(); afterwards nothing is opened.
 */
#ifndef HSMON_ASSESS_H
#define HSMON_ASSESS_H

#include <stddef.h>
#include <stdint.h>

#include "x509/verify.h"

struct assessor;
struct tls_handshake;

struct assess_settings {
	const char *ca_file, *ca_dir;	/* instead of the system's trust anchors; NULL */
	const char *ct_logs, *bad_keys, *policy;	/* files; NULL */
	int expiry_warn_days;
	int64_t at;			/* seconds since the epoch: judge at this time; 0: at the handshake's */
};

struct assess_request {
	const struct tls_handshake *tls;
	struct {
		const struct cert *const *v;
		size_t n;
	} chain[2];			/* by enum tls_side */
	const uint8_t *ocsp;		/* the stapled answer; NULL: none */
	size_t ocsp_len;
	int64_t at;			/* the handshake's time, seconds since the epoch */
};

struct assessment {
	int64_t at;			/* when it was judged for */
	struct {
		struct verdict verdict;
		uint64_t findings;	/* set of enum finding; the server's side has those of what was negotiated too */
	} side[2];
};

/* An exit status; what is wrong was said on stderr, unless it is HS_EXIT_MEMORY. */
int assessor_new(struct assessor **out, const struct assess_settings *set);
void assessor_free(struct assessor *a);
void assess(struct assessor *a, const struct assess_request *r, struct assessment *out);

#endif
