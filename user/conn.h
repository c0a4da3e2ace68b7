/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection on its way through the stages: its streams, its parser, its certificates. Shared by the files that make up
 * the pipeline, and by nobody else.
 */
#ifndef HSMON_CONN_H
#define HSMON_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/arena.h"
#include "base/table.h"
#include "event/build.h"
#include "flow/flow.h"
#include "pipeline.h"

#define CHAIN_MAX 32			/* certificates kept of one side */
#define HELLO_KEY_LEN 32

struct chain {
	const struct cert *v[CHAIN_MAX];
	size_t n;
};

struct conn {
	struct flow flow;		/* first: found through its table node */
	struct pipeline *owner;
	struct arena arena;
	struct tls_conn *tls;
	struct chain *chain[2];		/* in the arena; NULL until a certificate comes */
	struct ocsp_info ocsp;
	bool has_ocsp;
	const uint8_t *ocsp_der;	/* in the arena; NULL: none */
	size_t ocsp_len;
	bool reported;			/* only its flow is kept, so that what still comes is not taken for a new one */
	bool lingering;
	TAILQ_ENTRY(conn) linger;
	uint64_t linger_until;
	bool waiting;			/* for secrets */
	bool over;			/* its end was seen */
	TAILQ_ENTRY(conn) wait;
	uint64_t wait_until;
	struct table_node transcript;	/* in the pipeline's transcripts */
	bool has_transcript;
	TAILQ_ENTRY(conn) order;	/* with reported, or with open */
	size_t cert_bytes;		/* of its certificates, which it may be the only one to hold */
	size_t charged;			/* to the budget, for arena and certificates */
	uint64_t lost_before;		/* records lost when it cannot have begun yet */
	struct table_node hello;	/* in the pipeline's hellos, by random */
	uint8_t random[HELLO_KEY_LEN];	/* the ClientHello's */
	bool has_hello;
};

struct pipeline {
	struct pipeline_settings set;
	struct table *conns;
	struct table *hellos;		/* the same connections, by the random of their ClientHello */
	TAILQ_HEAD(, conn) lingering;	/* by linger_until */
	TAILQ_HEAD(, conn) waiting;	/* by wait_until */
	struct table *transcripts;	/* the connections that wait, by the hash of their hellos where it is known */
	TAILQ_HEAD(, conn) open;	/* not reported, the one that was silent longest first */
	TAILQ_HEAD(, conn) reported;	/* the first to go when there is no room */
	struct reasm_budget budget;	/* reassembly, and what parsers have learnt */
	struct cert_store *certs;
	struct event_shares *shares;
	struct pipeline_stats stats;
	uint64_t now_ns;		/* latest time seen */
	uint64_t (*lost_fn)(void *ctx);	/* records lost on the way here; NULL: none ever are */
	void *lost_ctx;
	uint64_t lost_caught_up;	/* ... when nothing waited to be delivered */
};

/* NULL: out of memory. */
struct conn *conn_new(struct pipeline *p, const struct hs_tuple *tuple, uint64_t time_ns);
void conn_free(struct conn *c);
/* Its segment goes through reassembly and parser. */
void conn_tcp(struct conn *c, const struct segment *s);
void conn_udp(struct conn *c, const struct segment *s);
/* The budget learns what it costs by now. */
void conn_charge(struct conn *c);
/* After each record: is the handshake over? ended: the connection is. */
void conn_check(struct conn *c, bool ended);
/* Its end was seen, but the rest of the server's flight is on its way to a client that has reset it: wait for that a while. */
bool conn_outlives_reset(const struct conn *c);
/* Ends the connection for the parser, and reports it; once. */
void conn_finish(struct conn *c, enum event_cause cause);
/* conn_secrets.c: those that wait for secrets. */
void conn_wait(struct conn *c);
void conn_stop_waiting(struct conn *c);
/* Secrets came, or time is up: true when that was its end, and it is freed. */
bool conn_go_on(struct conn *c);
/* What is due; the next time to look. */
uint64_t conn_wait_tick(struct pipeline *p);
void conn_wait_step_back(struct pipeline *p, uint64_t now_ns);

/* Only its flow is kept from now on. */
void conn_set_reported(struct conn *c);

/* conn_report.c: makes the event and emits it. */
void conn_report(struct conn *c, enum event_cause cause);

/* conn_join.c: the same handshake, seen on another interface behind address translation, is folded into the connection that
 * was seen first. */
void conn_join(struct conn *c);

static inline struct conn *conn_of(struct table_node *n)
{
	return n ? container_of_node(n, struct conn, flow.node) : NULL;
}

#endif
