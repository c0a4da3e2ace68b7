/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside user/event only: the pieces that event_build() is made of, and how they make values. All strings go
 * into make.arena; a failed allocation leaves the value absent and sets `short_of_memory`. */
#ifndef HSMON_EVENT_MAKE_H
#define HSMON_EVENT_MAKE_H

#include <stdbool.h>
#include <string.h>

#include "event/build.h"
#include "event/event.h"
#include "event/shares.h"
#include "flow/flow.h"
#include "tls/handshake.h"
#include "x509/cert.h"

struct make {
	struct handshake_event *e;
	struct arena *arena;		/* where values go: the event's, or that of a share being made */
	const struct event_source *src;
	const struct tls_handshake *h;
	const struct flow *f;
	int client_dir;			/* direction taken for the client's */
	bool short_of_memory;
};

struct event_str make_bytes(struct make *m, const void *p, size_t n);
struct event_str make_hex(struct make *m, const void *p, size_t n);
/* Upper-case "0x1A2B" when name is NULL. */
struct event_str make_name(struct make *m, const char *name, unsigned number, int digits);
struct event_str make_iso_seconds(struct make *m, int64_t unix_s);
struct event_str make_base64(struct make *m, const void *p, size_t n);
/* An address in network order, 4 or 16 bytes, in its text form. */
struct event_str make_address(struct make *m, const uint8_t *addr, bool v4);
/* The share of that key, made by build() if it is not there, with a reference of the event's. build() gets another struct make;
 * what it allocates is the share's. NULL: there are no shares, or no memory: the value is to be the event's own. */
enum share_kind { SHARE_CERT, SHARE_SUITES, SHARE_EXTENSIONS, SHARE_VERSIONS, SHARE_GROUPS, SHARE_SIGNATURES };
struct share_recipe {
	const void *key;
	size_t key_len, value_len, arena_len;
	void (*build)(struct make *m, struct event_share *share, const void *from);
	void (*drop)(void *value);
};
const void *make_share(struct make *m, const struct share_recipe *r, const void *from);
/* A list with room for n; NULL: none. */
struct event_str *make_list(struct make *m, size_t n);
struct event_strs make_strs(struct make *m, const struct cert_strs *list);
/* All of out that its extensions, hashes and parameters say. */
void make_cert_details(struct make *m, const struct cert *c, struct event_cert *out);

/* A static or otherwise long-lived C string. */
static inline struct event_str make_static(const char *s)
{
	return s ? event_str(s, strlen(s)) : event_str(NULL, 0);
}

void make_network(struct make *m);
void make_processes(struct make *m);
void make_tls(struct make *m);
void make_hellos(struct make *m);
void make_steps(struct make *m);
void make_certs(struct make *m);
void make_judged(struct make *m);
void make_verdict(struct make *m);

#define COMMUNITY_ID_LEN 32
/* Community ID v1, seed 0. */
bool community_id(const struct hs_tuple *t, char out[COMMUNITY_ID_LEN]);

#endif
