/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS 1.3: records that are not of the shortest length, and what they mean all the same. */
#include "unit/tls_flow.h"

#define JSSE 16				/* zeros in every record */
#define FINISHED 53
#define ALERT 19
#define EMPTY_CERTIFICATE 8

/* One record each: positive from the client, negative from the server; 0 ends it. */
static void parse_lengths(struct parse *p, struct trace *t, const struct hello *client, uint32_t server_padding,
			  const int *lengths)
{
	struct hello server = { .legacy_version = 0x0303, .suite = 0x1301, .versions = kit_tls13, .group = 0x001d };

	t->chunk_cnt = t->len = 0;
	trace_client_hello(t, 0, client);
	trace_server_hello(t, 1, &server);
	trace_ccs(t, 1);
	trace_hidden(t, 1, 23, 30 + server_padding);
	trace_hidden(t, 1, 23, 2400 + server_padding);
	trace_hidden(t, 1, 23, FINISHED + server_padding);
	trace_ccs(t, 0);
	for (; *lengths; lengths++)
		trace_hidden(t, *lengths < 0, 23, (size_t)abs(*lengths));
	parse_all_ways(p, t);
}

struct row {
	uint32_t server_padding;
	int lengths[8];
	bool established, client_refuses, server_refuses;
};

static void check(const struct row *rows, size_t n, const struct hello *client)
{
	struct trace *t = trace_new();
	struct parse p;

	for (size_t i = 0; i < n; i++) {
		parse_lengths(&p, t, client, rows[i].server_padding, rows[i].lengths);
		if (p.hs->established != rows[i].established || p.hs->side[TLS_CLIENT].encrypted_alert != rows[i].client_refuses ||
		    p.hs->side[TLS_SERVER].encrypted_alert != rows[i].server_refuses)
			fail_msg("row %zu: established %d, client's alert %d, server's alert %d", i, p.hs->established,
				 p.hs->side[TLS_CLIENT].encrypted_alert, p.hs->side[TLS_SERVER].encrypted_alert);
		parse_free(&p);
	}
	free(t);
}

static void test_jsse_client(void **state)
{
	static const struct row rows[] = {
		{ 0, { ALERT + JSSE }, .client_refuses = true },
		{ 0, { FINISHED + JSSE }, .established = true },
		/* A goodbye, answered by one. */
		{ 0, { FINISHED + JSSE, 500, ALERT + JSSE, -ALERT }, .established = true },
		/* Data of the length of somebody else's alert are no goodbye. */
		{ 0, { FINISHED + JSSE, ALERT, -ALERT }, .server_refuses = true },
		{ 0, { FINISHED, ALERT + JSSE, -ALERT }, .server_refuses = true },
		{ 0, { FINISHED + JSSE, -ALERT }, .server_refuses = true },
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]), &flow_hello_13);
}

static void test_jsse_server(void **state)
{
	static const struct row rows[] = {
		{ JSSE, { FINISHED, -(ALERT + JSSE) }, .server_refuses = true },
		{ JSSE, { FINISHED, 500, -(ALERT + JSSE) }, .server_refuses = true },
		{ JSSE, { 1400, -(ALERT + JSSE) }, .server_refuses = true },
		{ JSSE, { FINISHED, -250, -(ALERT + JSSE) }, .established = true },
		{ JSSE, { FINISHED, 500, ALERT, -(ALERT + JSSE) }, .established = true },
		{ JSSE, { ALERT }, .client_refuses = true },
		/* One that does not pad sends this as data. */
		{ 0, { FINISHED, -(ALERT + JSSE) }, .established = true },
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]), &flow_hello_13);
}

/* NSS was asked for a certificate and has none: an empty Certificate and Finished in one record. */
static void test_empty_certificate(void **state)
{
	static const struct row rows[] = {
		{ 0, { FINISHED + EMPTY_CERTIFICATE }, .established = true },
		{ 0, { FINISHED + EMPTY_CERTIFICATE, -250 }, .established = true },
		{ 0, { FINISHED + EMPTY_CERTIFICATE, -ALERT }, .server_refuses = true },
		{ 0, { FINISHED + EMPTY_CERTIFICATE, -ALERT, 35, ALERT }, .server_refuses = true },
		{ 0, { FINISHED + EMPTY_CERTIFICATE, 500, ALERT, -ALERT }, .server_refuses = true },
		{ 0, { FINISHED + EMPTY_CERTIFICATE + JSSE, 500, ALERT + JSSE, -ALERT }, .server_refuses = true },
		/* In a record of its own, refused at once: the rest is on its way. */
		{ 0, { 25, -ALERT, FINISHED, 500 }, .server_refuses = true },
		{ 0, { 25 + JSSE, -ALERT, FINISHED + JSSE, 500 }, .server_refuses = true },
		{ 0, { FINISHED + EMPTY_CERTIFICATE - 1 }, .established = false },
		{ 0, { FINISHED + JSSE + 1 }, .established = false },
	};

	(void)state;
	check(rows, sizeof(rows) / sizeof(rows[0]), &flow_hello_13);
}

/* Early data may be as long as anything. */
static void test_early_data_bad(void **state)
{
	static const struct row rows[] = {
		{ 0, { ALERT + JSSE }, .established = false },
		{ 0, { FINISHED + JSSE }, .established = false },
		{ 0, { FINISHED + EMPTY_CERTIFICATE }, .established = false },
		{ 0, { ALERT }, .client_refuses = true },
		{ 0, { FINISHED }, .established = true },
	};
	struct hello client = flow_hello_13;

	(void)state;
	client.early_data = client.psk = true;
	check(rows, sizeof(rows) / sizeof(rows[0]), &client);
}

/* libldap dislikes the certificate when all is done, and says so in clear: an UnbindRequest. */
static void test_clear_text(void **state)
{
	static const uint8_t unbind[7] = { 0x30, 5, 2, 1, 3, 0x42, 0 };
	struct trace *t = trace_new();
	struct parse p;

	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		t->chunk_cnt = t->len = 0;
		trace_begin_13(t, &flow_hello_13, 0x1301);
		trace_hidden(t, 0, 23, asked ? FINISHED + EMPTY_CERTIFICATE : FINISHED);
		trace_add(t, 0, unbind, sizeof(unbind));
		trace_hidden(t, 1, 23, ALERT);
		parse_all_ways(&p, t);
		assert_int_equal(p.hs->established, !asked);
		assert_int_equal(p.hs->side[TLS_SERVER].encrypted_alert, asked);
		parse_free(&p);
	}
	free(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jsse_client), cmocka_unit_test(test_jsse_server),
		cmocka_unit_test(test_empty_certificate), cmocka_unit_test(test_early_data_bad),
		cmocka_unit_test(test_clear_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
