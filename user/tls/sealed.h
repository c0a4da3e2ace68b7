/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What TLS 1.3 protects, on its way to being understood: its carrier hands on records (packets) in the order of the wire; each
 * is handled at once, or kept until the secrets come that may open it, or until they are waited for no longer. So
 * everything is told once and in order, with keys or without. Bounded in records and bytes. Internal to user/tls/.
 *
 * Keys are those of handshake traffic only, one direction's at a time, and are wiped with its Finished: what is sent after
 * that is under application traffic keys, which never are here (RFC 8446 section 7.1).
 */
#ifndef HSMON_TLS_SEALED_H
#define HSMON_TLS_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/key_schedule.h"
#include "tls/message.h"
#include "tls/secret_store.h"

#define TLS_SEALED_RECORDS_MAX 64	/* kept of a connection */
#define TLS_SEALED_BYTES_MAX (128 * 1024)

struct tls_sealed_record {
	struct tls_at at;
	const uint8_t *p;		/* as much as there is of it: the carrier knows what that is */
	size_t len;
	uint32_t wire_len;		/* of its body */
	/* Understands it, with what tls_sealed_keys() says. */
	void (*handle)(struct tls_conn *c, const struct tls_sealed_record *r);
};

struct tls_sealed_kept;

enum tls_key_state {
	TLS_KEY_NONE = 0,		/* there is none: told from order and lengths */
	TLS_KEY_WAITED,			/* it may still come */
	TLS_KEY_HELD,
	TLS_KEY_OVER,			/* this side's handshake is */
};

struct tls_opener {
	struct tls13_keys keys;
	uint64_t number;		/* of the next record (highest packet number and one) */
	bool used;			/* it has opened something */
	uint8_t failures;
};

struct tls_sealed {
	uint8_t key[2];			/* by enum tls_side: enum tls_key_state */
	uint8_t origin[2];		/* enum secret_origin */
	struct tls_opener *opener;	/* two, by side, in the store's memory; NULL: none yet */
	struct tls_sealed_kept *first, **last;
	size_t kept_cnt, kept_bytes;
	struct tls_bytes hellos[3];	/* ClientHello, HelloRetryRequest, second ClientHello: whole messages, in the arena */
	uint8_t transcript[TLS_HASH_MAX];
	uint8_t transcript_len;		/* 0: not known */
};

void tls_sealed_add(struct tls_conn *c, const struct tls_sealed_record *r);
/* Will that side's records be opened, now or later: are their bodies of use? */
bool tls_sealed_wants(const struct tls_conn *c, int dir);
/* Are there records to be handled first? */
bool tls_sealed_queues(const struct tls_conn *c);
/* NULL: to be told from order and lengths. */
struct tls_opener *tls_sealed_keys(struct tls_conn *c, int dir);
/* A record was opened with them; or none could be, and none will. */
void tls_sealed_opened(struct tls_conn *c, int dir);
void tls_sealed_failed(struct tls_conn *c, int dir);

/* A hello was understood: with the ServerHello it is known which secrets are wanted. */
void tls_sealed_hello(struct tls_conn *c, const struct tls_message *m);
/* The side's Finished was opened. */
void tls_sealed_finished(struct tls_conn *c, int dir);
/* Nothing is waited for any longer; what was kept is handled. */
void tls_sealed_give_up(struct tls_conn *c);
/* Keys are wiped. */
void tls_sealed_free(struct tls_conn *c);

/* transcript.c: the hash of ClientHello..ServerHello, RFC 8446 section 4.4.1. m: a hello. */
void tls_transcript(struct tls_conn *c, const struct tls_message *m);

#endif
