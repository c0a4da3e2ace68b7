/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS 1.3 handshakes that are opened with secrets: the traces of RFC 8448, and what goes wrong with secrets. */
#include "unit/tls_kit.h"

#include "rfc8448.h"
#include "tls/secret_store.h"
#include "unit/quic_conn.h"

#define SIMPLE_RANDOM "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7"
#define SIMPLE_HASH "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"
#define SIMPLE_CLIENT "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"
#define SIMPLE_SERVER "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"
#define AUTH_RANDOM "6a472236328b83af40386d3a3e1f1ce624fa4ed89ab865a4ff0f4144ce3ae233"
/* From the client's private key of section 6, which does not print them. */
#define AUTH_HASH "88ebc042bd0d5a643b22fca7a47defd4007dfe184949a6261c596c4e002a74a2"
#define AUTH_CLIENT "cec7a30c6872070f22a7eeb065768db67c45e29533db879908ce6dc66f5911de"
#define AUTH_SERVER "8b02d3c00442a2722c4098ebe8675b23e801510f0d7ed778d8eb0b8f42a19a5e"

static const struct secret_source logged = { SECRET_FROM_KEYLOG, 0 }, tapped = { SECRET_FROM_PROCESS, 1 };

static void add_random(struct secret_store *s, enum secret_label label, const char *random_hex, const char *secret_hex)
{
	uint8_t random[64], secret[64];

	unhex(random_hex, random);
	assert_int_equal(secret_store_add_random(s, label, random, secret, unhex(secret_hex, secret), logged), 0);
}

static void add_hash(struct secret_store *s, enum secret_label label, const char *hash_hex, const char *secret_hex)
{
	uint8_t hash[64], secret[64];
	size_t n = unhex(hash_hex, hash);

	assert_int_equal(secret_store_add_transcript(s, label, hash, n, secret, unhex(secret_hex, secret), tapped), 0);
}

static struct secret_store *store_with(const char *random, const char *client, const char *server)
{
	struct secret_store *s = secret_store_new(&(struct secret_store_settings){ .max = 8 });

	assert_non_null(s);
	if (client)
		add_random(s, SECRET_CLIENT_HANDSHAKE_TRAFFIC, random, client);
	if (server)
		add_random(s, SECRET_SERVER_HANDSHAKE_TRAFFIC, random, server);
	return s;
}

static struct trace *trace_of(const struct rfc8448_record *r, size_t n)
{
	struct trace *t = trace_new();
	uint8_t bytes[1024];

	for (; n--; r++)
		trace_add(t, r->from == 's', bytes, unhex(r->hex, bytes));
	return t;
}

#define TRACE(records) trace_of(records, sizeof(records) / sizeof(records[0]))

#define SIMPLE_OPEN "c:client_hello s:server_hello s:encrypted_extensions s:certificate s:certificate_verify s:finished " \
		    "c:finished s:application_data c:application_data"
#define SIMPLE_SHUT "c:client_hello s:server_hello s:encrypted_handshake c:encrypted_handshake s:application_data " \
		    "c:application_data"

static void run(struct parse *p, const struct trace *t, struct tls_options opt, enum feed_how how, unsigned int seed)
{
	opt.upgrades = true;
	parse_init(p, &opt, KIT_ARENA);
	parse_trace(p, t, how, seed);
}

/* However it is fed, nothing of it is left in the store. */
static void test_simple(void **state)
{
	struct trace *t = TRACE(rfc8448_simple);

	(void)state;
	for (unsigned int seed = 0; seed < 8; seed++) {
		struct secret_store *s = store_with(SIMPLE_RANDOM, SIMPLE_CLIENT, SIMPLE_SERVER);
		struct parse p;

		run(&p, t, (struct tls_options){ .secrets = s, .secrets_later = seed % 2 },
		    seed > 1 ? FEED_RANDOM : seed ? FEED_BYTES : FEED_WHOLE, seed);
		assert_steps(&p, SIMPLE_OPEN);
		assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
		assert_int_equal(p.cert_len[TLS_SERVER][0], 432);
		assert_true(p.hs->established && tls_conn_settled(p.conn) && p.hs->certificate_verify[TLS_SERVER]);
		assert_false(p.hs->certificate_request.seen || p.hs->open_failed);
		assert_int_equal(p.hs->opened[TLS_SERVER], TLS_OPENED_KEYLOG);
		assert_int_equal(p.hs->opened[TLS_CLIENT], TLS_OPENED_KEYLOG);
		assert_int_equal(secret_store_count(s), 0);
		parse_free(&p);
		secret_store_free(s);
	}
	free(t);
}

static void test_client_authentication(void **state)
{
	struct secret_store *s = store_with(AUTH_RANDOM, AUTH_CLIENT, AUTH_SERVER);
	struct trace *t = TRACE(rfc8448_client_auth);
	struct parse p;

	(void)state;
	run(&p, t, (struct tls_options){ .secrets = s }, FEED_WHOLE, 0);
	assert_steps(&p, "c:client_hello s:server_hello s:encrypted_extensions s:certificate_request s:certificate "
			 "s:certificate_verify s:finished c:certificate c:certificate_verify c:finished c:application_data "
			 "s:encrypted_alert");
	assert_true(p.hs->certificate_request.seen && p.hs->certificate_verify[TLS_CLIENT]);
	assert_int_equal(p.cert_cnt[TLS_CLIENT], 1);
	assert_int_equal(p.cert_cnt[TLS_SERVER], 1);
	parse_free(&p);
	secret_store_free(s);
	free(t);
}

/* By the hash of the hellos, which is RFC 8448's. */
static void test_by_transcript(void **state)
{
	struct secret_store *s = store_with(NULL, NULL, NULL);
	struct trace *t = TRACE(rfc8448_simple);
	const uint8_t *hash;
	uint8_t want[64];
	struct parse p;
	size_t len;

	(void)state;
	add_hash(s, SECRET_CLIENT_HANDSHAKE_TRAFFIC, SIMPLE_HASH, SIMPLE_CLIENT);
	add_hash(s, SECRET_SERVER_HANDSHAKE_TRAFFIC, SIMPLE_HASH, SIMPLE_SERVER);
	run(&p, t, (struct tls_options){ .secrets = s, .transcripts = true }, FEED_WHOLE, 0);
	hash = tls_conn_transcript(p.conn, &len);
	assert_int_equal(len, 32);
	unhex(SIMPLE_HASH, want);
	assert_memory_equal(hash, want, 32);
	assert_steps(&p, SIMPLE_OPEN);
	assert_int_equal(p.hs->opened[TLS_SERVER], TLS_OPENED_SECRETS);
	assert_int_equal(secret_store_count(s), 0);
	parse_free(&p);
	secret_store_free(s);
	free(t);
}

/* They come after all that they open; then the steps are in order all the same. */
static void test_late(void **state)
{
	struct secret_store *s = store_with(NULL, NULL, NULL);
	struct tls_options opt = { .upgrades = true, .secrets = s, .secrets_later = true };
	struct trace *t = TRACE(rfc8448_simple);
	struct parse p;

	(void)state;
	parse_init(&p, &opt, KIT_ARENA);
	for (size_t i = 0; i < t->chunk_cnt; i++)
		parse_piece(&p, t->chunk[i].dir, t->bytes + t->chunk[i].from, t->chunk[i].len, 1000 * (i + 1));
	assert_true(tls_conn_waits(p.conn));
	assert_false(p.hs->established);
	add_random(s, SECRET_CLIENT_HANDSHAKE_TRAFFIC, SIMPLE_RANDOM, SIMPLE_CLIENT);
	tls_conn_secrets_came(p.conn);
	assert_true(tls_conn_waits(p.conn));
	add_random(s, SECRET_SERVER_HANDSHAKE_TRAFFIC, SIMPLE_RANDOM, SIMPLE_SERVER);
	tls_conn_secrets_came(p.conn);
	assert_false(tls_conn_waits(p.conn));
	assert_steps(&p, SIMPLE_OPEN);
	assert_true(p.hs->established);
	assert_int_equal(secret_store_count(s), 0);
	parse_free(&p);
	secret_store_free(s);
	free(t);
}

/* Without secrets, and with those of one side or wrong ones, what is told is told as without the feature. */
static void expect_shut(struct secret_store *s, bool later, bool failed)
{
	struct trace *t = TRACE(rfc8448_simple);
	struct parse p;

	run(&p, t, (struct tls_options){ .secrets = s, .secrets_later = later }, FEED_WHOLE, 0);
	assert_steps(&p, SIMPLE_SHUT);
	assert_true(p.hs->established && tls_conn_settled(p.conn));
	assert_int_equal(p.hs->open_failed, failed);
	assert_int_equal(p.hs->opened[0] | p.hs->opened[1], TLS_OPENED_NONE);
	assert_int_equal(p.cert_cnt[0] + p.cert_cnt[1], 0);
	parse_free(&p);
	secret_store_free(s);
	free(t);
}

static void test_none(void **state)
{
	(void)state;
	expect_shut(store_with(NULL, NULL, NULL), false, false);
	expect_shut(store_with(NULL, NULL, NULL), true, false);
	expect_shut(store_with(AUTH_RANDOM, AUTH_CLIENT, AUTH_SERVER), true, false);
}

static void test_wrong(void **state)
{
	(void)state;
	expect_shut(store_with(SIMPLE_RANDOM, SIMPLE_SERVER, SIMPLE_CLIENT), true, true);
	expect_shut(store_with(SIMPLE_RANDOM, AUTH_CLIENT, AUTH_SERVER), false, true);
	/* Of a suite with another hash. */
	expect_shut(store_with(SIMPLE_RANDOM, SIMPLE_CLIENT "00000000000000000000000000000000",
			       SIMPLE_SERVER "00000000000000000000000000000000"), false, false);
}

static void test_one_side(void **state)
{
	struct secret_store *s = store_with(SIMPLE_RANDOM, NULL, SIMPLE_SERVER);
	struct trace *t = TRACE(rfc8448_simple);
	struct parse p;

	(void)state;
	run(&p, t, (struct tls_options){ .secrets = s, .secrets_later = true }, FEED_WHOLE, 0);
	assert_steps(&p, "c:client_hello s:server_hello s:encrypted_extensions s:certificate s:certificate_verify s:finished "
			 "c:encrypted_handshake s:application_data c:application_data");
	assert_true(p.hs->established && tls_conn_settled(p.conn));
	assert_int_equal(secret_store_count(s), 0);
	parse_free(&p);
	secret_store_free(s);
	free(t);
}

/* Bytes that were left out or damaged: never more than what is there. */
static void test_damaged(void **state)
{
	struct trace *t = TRACE(rfc8448_simple);

	(void)state;
	for (size_t at = 0; at < t->len; at += 3) {
		struct secret_store *s = store_with(SIMPLE_RANDOM, SIMPLE_CLIENT, SIMPLE_SERVER);
		struct parse p;

		t->bytes[at] ^= 0x41;
		run(&p, t, (struct tls_options){ .secrets = s, .secrets_later = at % 2 }, at % 4 ? FEED_WHOLE : FEED_RANDOM, 1);
		t->bytes[at] ^= 0x41;
		assert_true(p.cert_cnt[TLS_SERVER] <= 1);
		parse_free(&p);
		secret_store_free(s);
	}
	free(t);
}

/* The body of the server's flight is not captured: no gap, and the client's Finished is opened. */
static void test_left_out(void **state)
{
	struct secret_store *s = store_with(SIMPLE_RANDOM, SIMPLE_CLIENT, SIMPLE_SERVER);
	struct tls_options opt = { .upgrades = true, .secrets = s };
	struct trace *t = TRACE(rfc8448_simple);
	struct parse p;

	(void)state;
	parse_init(&p, &opt, KIT_ARENA);
	for (size_t i = 0; i < t->chunk_cnt; i++) {
		const uint8_t *bytes = t->bytes + t->chunk[i].from;

		parse_piece(&p, t->chunk[i].dir, bytes, i == 2 ? 5 : t->chunk[i].len, 1000 * (i + 1));
		if (i == 2)
			parse_gap(&p, 1, t->chunk[i].len - 5, 3000);
	}
	tls_conn_end(p.conn, 20000);
	assert_steps(&p, "c:client_hello s:server_hello s:encrypted_handshake c:finished s:application_data c:application_data");
	assert_false(p.hs->side[TLS_SERVER].gap);
	assert_int_equal(p.hs->opened[TLS_CLIENT], TLS_OPENED_KEYLOG);
	parse_free(&p);
	secret_store_free(s);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),	  cmocka_unit_test(test_client_authentication),
		cmocka_unit_test(test_by_transcript), cmocka_unit_test(test_late),
		cmocka_unit_test(test_none),	  cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_one_side),  cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
