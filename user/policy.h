/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator demands of TLS here, from a file (hsmon-policy(5)): read once, then applied to each handshake's findings. */
#ifndef HSMON_POLICY_H
#define HSMON_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy;
struct cert;
struct path_keys;

struct policy_request {
	const char *name;		/* that the client asked for; NULL: none */
	size_t name_len;
	int64_t at;			/* seconds since the epoch */
	bool client;			/* it is the client's certificates that were judged */
	uint16_t version;		/* negotiated, as on the wire; 0: not known */
	const struct cert *const *chain;
	size_t n;
	const struct path_keys *keys;	/* on its way to a trust anchor; NULL: it leads to none */
};

/* 0 or -errno; then err says what is wrong, and in which line. */
int policy_load(struct policy **out, const char *path, char *err, size_t err_size);
void policy_free(struct policy *p);
/* The findings that remain, with those that the policy makes. */
uint64_t policy_apply(const struct policy *p, const struct policy_request *r, uint64_t findings);

#endif
