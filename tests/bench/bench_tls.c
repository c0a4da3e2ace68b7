/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parser takes for one handshake of OpenSSL's, in segments of 1,400 bytes; fingerprints apart. CPU time of this thread. */
#include <time.h>

#include "tls/fingerprint.h"
#include "unit/tls_peers.h"

#define ROUNDS 20000

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void nothing(void *ctx, enum tls_side side, uint32_t index, const uint8_t *der, size_t len)
{
	(void)side;
	(void)index;
	*(size_t *)ctx += len + der[0];
}

static size_t run(const struct trace *t, size_t segment)
{
	static const struct tls_options opt = { .upgrades = true };
	struct tls_fed fed[2] = { 0 };
	struct tls_events events = { .certificate = nothing };
	struct arena arena;
	struct tls_conn *c;
	size_t sum = 0, used;

	events.ctx = &sum;
	arena_init(&arena, 1 << 20);
	c = tls_conn_new(&arena, &opt, &events);
	for (size_t i = 0; i < t->chunk_cnt; i++)
		for (size_t at = 0, n; at < t->chunk[i].len; at += n) {
			n = t->chunk[i].len - at < segment ? t->chunk[i].len - at : segment;
			fed[t->chunk[i].dir] = tls_conn_feed(c, t->chunk[i].dir, t->bytes + t->chunk[i].from + at, n, i + 1, 1);
			if (fed[t->chunk[i].dir].skip)
				break;
		}
	tls_conn_end(c, 99);
	assert_true(tls_conn_handshake(c)->established);
	used = arena.used;
	arena_free(&arena);
	return used;
}

static double fingerprints(const struct trace *t)
{
	static const struct tls_options opt = { 0 };
	struct parse p;
	double start;

	parse_init(&p, &opt, KIT_ARENA);
	parse_trace(&p, t, FEED_WHOLE, 0);
	start = now_us();
	for (int i = 0; i < ROUNDS; i++) {
		struct tls_client_hello ch = p.hs->client_hello;
		struct tls_server_hello sh = p.hs->server_hello;

		tls_fingerprint_client(&ch, 't');
		tls_fingerprint_server(&sh);
	}
	start = now_us() - start;
	parse_free(&p);
	return start / ROUNDS;
}

static void bench(const char *what, struct peers *h, size_t segment)
{
	struct trace *t = trace_new();
	double start, hash;
	size_t used = 0;

	assert_true(peers_run(t, h, true));
	hash = fingerprints(t);
	start = now_us();
	for (int i = 0; i < ROUNDS; i++)
		used = run(t, segment);
	start = (now_us() - start) / ROUNDS;
	printf("%-44s %6zu bytes   parse %6.2f us   fingerprints %6.2f us   memory %6zu bytes\n", what, t->len, start - hash, hash, used);
	SSL_CTX_free(h->server_ctx);
	free(t);
}

int main(void)
{
	struct identity ca, root, server;
	struct peers h12 = { .max_version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-AES128-GCM-SHA256", .name = "bench.test" };
	struct peers h13 = { .min_version = TLS1_3_VERSION, .name = "bench.test" };

	identity_make(&root, EVP_RSA_gen(2048), "Root", NULL);
	identity_make(&ca, EVP_RSA_gen(2048), "Issuer", &root);
	identity_make(&server, EVP_RSA_gen(2048), "bench.test", &ca);
	h12.server = h13.server = &server;
	h12.server_issuer = h13.server_issuer = &ca;
	h12.server_root = h13.server_root = &root;
	bench("TLS 1.2, 3 certificates, in one piece", &h12, 1 << 20);
	h12.server_ctx = NULL;
	bench("TLS 1.2, 3 certificates, segments of 1,400", &h12, 1400);
	bench("TLS 1.3, segments of 1,400", &h13, 1400);
	identity_free(&root);
	identity_free(&ca);
	identity_free(&server);
	return 0;
}
