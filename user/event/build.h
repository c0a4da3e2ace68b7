/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From what the stages learnt of a connection to the event: values copied, names made, the verdict given.
 * The event owns what it holds; the sources may go afterwards.
 */
#ifndef HSMON_EVENT_BUILD_H
#define HSMON_EVENT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct handshake_event;
struct flow;
struct tls_handshake;
struct cert;
struct verdict;
struct ocsp_info;
struct event_shares;
struct owner;

/* Why the event is made now. */
enum event_cause {
	EVENT_CAUSE_SETTLED,		/* the handshake is over, or known to have failed */
	EVENT_CAUSE_CLOSED,		/* the connection ended */
	EVENT_CAUSE_TIMEOUT,		/* no handshake data for the timeout */
	EVENT_CAUSE_EVICTED,		/* the oldest of too many */
	EVENT_CAUSE_REPLACED,		/* its 4-tuple began anew */
	EVENT_CAUSE_SHUTDOWN,		/* hsmon ends, or the capture file does */
};

struct event_source {
	const struct flow *flow;
	const struct tls_handshake *tls;
	struct {
		const struct cert *const *v;	/* wire order */
		size_t n;
		const struct verdict *verdict;	/* NULL: it was not judged */
		uint64_t findings;		/* set of enum finding */
	} chain[2];				/* by enum tls_side */
	int64_t judged_at;			/* seconds since the epoch; 0: when the handshake began */
	const struct ocsp_info *ocsp;		/* the stapled answer; NULL: none */
	enum event_cause cause;
	uint64_t now_ns;
	/* Name of an interface; NULL: not known. The string need not outlive the call. */
	const char *(*interface_name)(void *ctx, uint32_t ifindex);
	void *interface_ctx;
	const struct owner *owner[2];		/* by direction: the process that has the end; NULL: not known, not local */
	/* Name of a user; NULL: has none. As above. */
	const char *(*user_name)(void *ctx, uint32_t uid);
	void *user_ctx;
	const char *host_name;			/* NULL: a capture file */
	bool der;				/* with the certificates themselves */
	bool ja3_text;				/* with what JA3 and JA3S are digests of */
	struct event_shares *shares;		/* what events have in common is looked for there; NULL: nowhere */
	bool lossy;				/* records were lost while it was watched, maybe its own */
};

/* 0 or -ENOMEM; on success the caller ends it with handshake_event_free(). */
int event_build(struct handshake_event *e, const struct event_source *src);

#endif
