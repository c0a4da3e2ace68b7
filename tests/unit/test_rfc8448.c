/* SPDX-License-Identifier: BSD-2-Clause */
/* The handshakes of RFC 8448: what is told of them without keys. */
#include "unit/tls_kit.h"

#include "rfc8448.h"
#include "unit/quic_conn.h"

static void trace_rfc8448(struct trace *t, const struct rfc8448_record *r, size_t n)
{
	uint8_t bytes[1024];

	for (; n--; r++) {
		assert_true(strlen(r->hex) / 2 <= sizeof(bytes));
		trace_add(t, r->from == 's', bytes, unhex(r->hex, bytes));
	}
}

#define parse_rfc8448(p, t, records) parse_some_rfc8448(p, t, records, sizeof(records) / sizeof(records[0]))

/* The hellos have these in common: TLS_AES_128_GCM_SHA256, and a server of that name. */
static void parse_some_rfc8448(struct parse *p, struct trace *t, const struct rfc8448_record *records, size_t n)
{
	const struct tls_client_hello *ch;

	trace_rfc8448(t, records, n);
	parse_all_ways(p, t);
	ch = &p->hs->client_hello;
	assert_true(ch->seen && !ch->malformed && !ch->truncated && !ch->grease);
	assert_int_equal(ch->server_name.n, 6);
	assert_memory_equal(ch->server_name.p, "server", 6);
	assert_int_equal(ch->record_size_limit, 0x4001);
	assert_int_equal(p->hs->protocol, TLS_PROTO_TLS);
	assert_int_equal(p->hs->version, 0x0304);
	assert_true(p->hs->server_hello.seen && !p->hs->server_hello.malformed);
	assert_int_equal(p->hs->server_hello.suite, 0x1301);
	assert_false(p->hs->side[0].malformed || p->hs->side[1].malformed || p->hs->steps_truncated);
}

static void test_simple(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	parse_rfc8448(&p, t, rfc8448_simple);
	assert_steps(&p, "c:client_hello s:server_hello s:encrypted_handshake c:encrypted_handshake s:application_data "
			 "c:application_data");
	assert_true(p.hs->established && tls_conn_settled(p.conn));
	assert_false(p.hs->resumed || p.hs->early_data || p.hs->hello_retry_request);
	assert_int_equal(p.hs->server_hello.key_share_group, 29);
	/* "771,4865-4867-4866,0-65281-10-35-51-43-13-45-28,29-23-24-25-256-257-258-259-260," and "771,4865,51-43" */
	assert_string_equal(p.hs->client_hello.ja3, "da4dea34fe6d4ce5f0725df3f2682fa0");
	assert_string_equal(p.hs->server_hello.ja3s, "eb1d94daa7e0344597e756a1fb6e7054");
	assert_string_equal(p.hs->client_hello.ja4, "t13d030900_55b375c5d22e_59cd3dafc54d");
	parse_free(&p);
	free(t);
}

static void test_resumed(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	parse_rfc8448(&p, t, rfc8448_resumed);
	assert_steps(&p, "c:client_hello c:application_data s:server_hello s:encrypted_handshake c:encrypted_handshake "
			 "c:encrypted_handshake c:application_data s:application_data");
	assert_true(p.hs->client_hello.psk && p.hs->client_hello.early_data);
	assert_true(p.hs->established && p.hs->resumed && p.hs->early_data);
	parse_free(&p);
	free(t);
}

static void test_retry(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	parse_rfc8448(&p, t, rfc8448_retry);
	assert_steps(&p, "c:client_hello s:hello_retry_request c:client_hello s:server_hello s:encrypted_handshake "
			 "c:encrypted_handshake c:application_data");
	assert_true(p.hs->hello_retry_request && p.hs->established);
	assert_int_equal(p.hs->retry_group, 23);
	assert_int_equal(p.hs->server_hello.key_share_group, 23);
	assert_int_equal(p.hs->client_hello.key_shares.n, 1);
	assert_int_equal(p.hs->client_hello.key_shares.v[0], 29);
	parse_free(&p);
	free(t);
}

/* The client's certificate and its Finished are one record, and the server says nothing to it but goodbye: nobody without
 * keys can tell that it accepted them. */
static void test_client_authentication(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	parse_rfc8448(&p, t, rfc8448_client_auth);
	assert_steps(&p, "c:client_hello s:server_hello s:encrypted_handshake c:encrypted_handshake c:application_data "
			 "s:encrypted_alert");
	assert_false(p.hs->established || p.hs->resumed);
	assert_false(p.hs->side[TLS_CLIENT].encrypted_alert);
	parse_free(&p);
	free(t);
}

static void test_compatible(void **state)
{
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	parse_rfc8448(&p, t, rfc8448_compatible);
	assert_steps(&p, "c:client_hello s:server_hello s:change_cipher_spec s:encrypted_handshake c:change_cipher_spec "
			 "c:encrypted_handshake c:application_data");
	assert_true(p.hs->established && p.hs->server_hello.session_id_echo);
	assert_false(p.hs->resumed || p.hs->side[TLS_SERVER].encrypted_alert);
	parse_free(&p);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),	cmocka_unit_test(test_resumed),	  cmocka_unit_test(test_retry),
		cmocka_unit_test(test_client_authentication), cmocka_unit_test(test_compatible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
