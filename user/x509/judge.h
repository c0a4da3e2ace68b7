/* SPDX-License-Identifier: BSD-2-Clause */
/* One chain judged by OpenSSL, once: what verify.c remembers the result of. */
#ifndef HSMON_X509_JUDGE_H
#define HSMON_X509_JUDGE_H

#include "x509/issuer.h"
#include "x509/verify.h"

struct judgement {
	enum chain_status status;
	const char *reason;
	int16_t depth;
	bool incomplete, completed, anchored;
	int64_t from, to;		/* holds for from <= time < to */
	struct path_keys keys;		/* none: not anchored, or a signature is wrong */
	uint64_t missing;		/* name_hash of the issuer that was not found; 0: none */
};

/* Good ones leave their intermediates to be remembered. */
void judge(const struct judges *j, const struct cert *const *chain, size_t n, const struct path *path, int64_t at,
	   bool client, struct judgement *out);

#endif
