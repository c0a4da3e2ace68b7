/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash of ClientHello..ServerHello, by which a process's secrets are found (RFC 8446 section 4.4.1). Which hash it is only
 * the server says: until then the hellos are kept. In DTLS 1.3 the same bytes are hashed, without what is DTLS's of the
 * header (RFC 9147 section 5.2). With an accepted ECH the ClientHello that counts is the inner one: nothing is found then.
 */
#include <string.h>

#include "tls/internal.h"

#define HEADER_LEN 4
#define RETRY 1				/* in tls_sealed.hellos */

static struct tls_bytes whole(struct tls_conn *c, const struct tls_message *m)
{
	uint8_t *p = arena_alloc(c->arena, HEADER_LEN + m->len);

	if (!p)
		return (struct tls_bytes){ 0 };
	p[0] = m->type;
	p[1] = (uint8_t)(m->len >> 16);
	p[2] = (uint8_t)(m->len >> 8);
	p[3] = (uint8_t)m->len;
	memcpy(p + HEADER_LEN, m->body, m->len);
	return (struct tls_bytes){ p, HEADER_LEN + m->len };
}

static struct tls_slice slice(struct tls_bytes b)
{
	return (struct tls_slice){ b.p, b.n };
}

/* A ClientHello that was answered by a HelloRetryRequest counts as a message that holds its hash. */
static bool message_hash(struct tls_digest *d, const struct tls13_suite *suite, struct tls_bytes hello, uint8_t *out)
{
	const struct tls_slice part = slice(hello);

	memcpy(out, (const uint8_t[]){ TLS_MSG_MESSAGE_HASH, 0, 0, suite->hash_len }, HEADER_LEN);
	return tls_hash(d, &part, 1, out + HEADER_LEN);
}

static bool compute(struct tls_conn *c, const struct tls_bytes *hellos, struct tls_bytes server_hello)
{
	const struct tls13_suite *suite = tls13_suite(c->hs.server_hello.suite);
	struct tls_slice parts[4] = { slice(hellos[0]), slice(server_hello) };
	struct tls_crypto *crypto = tls_crypto();
	uint8_t first[HEADER_LEN + TLS_HASH_MAX];
	struct tls_digest *d;
	size_t n = 2;

	if (!suite || !crypto || !server_hello.p)
		return false;
	d = tls13_digest(crypto, suite);
	if (hellos[RETRY].p) {
		if (!message_hash(d, suite, hellos[0], first))
			return false;
		parts[0] = (struct tls_slice){ first, HEADER_LEN + suite->hash_len };
		parts[1] = slice(hellos[RETRY]);
		parts[2] = slice(hellos[RETRY + 1]);
		parts[3] = slice(server_hello);
		n = 4;
	}
	if (!tls_hash(d, parts, n, c->sealed.transcript))
		return false;
	c->sealed.transcript_len = suite->hash_len;
	return true;
}

/* In order: each has its place, and takes it once. */
void tls_transcript(struct tls_conn *c, const struct tls_message *m)
{
	struct tls_bytes *hellos = c->sealed.hellos;
	bool retry = hellos[RETRY].p;

	if (m->type == TLS_MSG_CLIENT_HELLO) {
		if (!hellos[retry ? RETRY + 1 : 0].p)
			hellos[retry ? RETRY + 1 : 0] = whole(c, m);
	} else if (!hellos[0].p || c->sealed.transcript_len || m->type != TLS_MSG_SERVER_HELLO) {
		return;
	} else if (tls_is_hello_retry_request(m)) {
		if (!retry)
			hellos[RETRY] = whole(c, m);
	} else if (!retry || hellos[RETRY + 1].p) {
		(void)compute(c, hellos, whole(c, m));
	}
}
