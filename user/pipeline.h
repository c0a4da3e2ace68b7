/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only place that sees all stages: segments in, finished handshakes out. Bounded: at most max_flows
 * connections and max_memory bytes for those under way, the oldest evicted and counted.
 */
#ifndef HSMON_PIPELINE_H
#define HSMON_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/segment.h"
#include "x509/cert.h"

struct handshake_event;
struct pipeline;
struct assessor;
struct secret_store;

struct pipeline_settings {
	size_t max_flows;
	size_t max_memory;		/* bytes of reassembly and of what was learnt, all connections together */
	size_t max_certs;
	size_t max_cert_memory;
	uint64_t handshake_timeout_ns;	/* no handshake data for so long ends it */
	uint64_t linger_ns;		/* a handshake that is over is watched so long for what follows it */
	bool any_port;			/* found by content: what is not TLS is nothing odd, and no event */
	bool der;
	bool ja3_text;			/* with what JA3 and JA3S are digests of */
	const char *host_name;		/* NULL: a capture file */
	struct secret_store *secrets;	/* of TLS 1.3; NULL: none; not owned */
	uint64_t secrets_wait_ns;	/* a handshake is held back so long for them; 0: all there are come first */
	bool transcripts;		/* some are found by the hash of the hellos */
	struct assessor *assessor;	/* NULL: nothing is judged; not owned */
	const char *(*interface_name)(void *ctx, uint32_t ifindex);
	void *interface_ctx;
	/* A finished handshake; the event is the callee's to read, and freed after the call. */
	void (*emit)(void *ctx, struct handshake_event *e);
	void *emit_ctx;
};

/* Losses and counts of the user side; those of the kernel side are in struct hs_counters. */
struct pipeline_stats {
	uint64_t flows, flows_evicted, reassembly_refused, gaps, handshake_truncated, no_handshake, out_of_memory;
	uint64_t joined;		/* seen once more, behind address translation */
	uint64_t opened, open_failed;	/* handshakes of TLS 1.3: opened with secrets; secrets that open nothing */
	uint64_t secrets_malformed, secrets_unused;	/* filled in by whoever reads them */
	size_t flows_now, memory_now;
	struct cert_store_stats certs;
};

/* NULL: out of memory. */
struct pipeline *pipeline_new(const struct pipeline_settings *settings);
void pipeline_free(struct pipeline *p);
/* Where capture sources deliver. */
struct segment_sink pipeline_sink(struct pipeline *p);
/* Records can get lost on the way here: fn tells how many have been, all told. */
void pipeline_watch_losses(struct pipeline *p, uint64_t (*fn)(void *ctx), void *ctx);
/* Everything that waited has been delivered; lost: what fn said before the last of it was. */
void pipeline_caught_up(struct pipeline *p, uint64_t lost);
/* From now on secrets may come later than what they open; as secrets_wait_ns. */
void pipeline_expect_secrets(struct pipeline *p, uint64_t wait_ns);
/* A secret was put into the store: by that key, the ClientHello's random or the hash of the hellos. */
void pipeline_secret_came(struct pipeline *p, const uint8_t *key, size_t key_len, bool is_random);
/* What is due at that time (wall clock, ns) is done; returns when to come again, UINT64_MAX: nothing waits. 0: the time of the
 * latest segment. More than a second earlier than that: the clock was set back. */
uint64_t pipeline_tick(struct pipeline *p, uint64_t now_ns);
/* The capture ends: every connection left is reported. */
void pipeline_finish(struct pipeline *p);
struct pipeline_stats pipeline_stats(const struct pipeline *p);

#endif
