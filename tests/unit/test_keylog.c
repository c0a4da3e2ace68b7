/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls/keylog.h"
#include "tls/secret_store.h"

#define UNUSED __attribute__((unused))
#define RANDOM "11111111111111111111111111111111111111111111111111111111111111aB"
#define S32 "2222222222222222222222222222222222222222222222222222222222222222"
#define S48 S32 "33333333333333333333333333333333"

static struct secret_store *store;
static struct keylog *log_;

static int setup(void **state UNUSED)
{
	store = secret_store_new(&(struct secret_store_settings){ .max = 16 });
	log_ = keylog_new(store);
	return !log_;
}

static int teardown(void **state UNUSED)
{
	keylog_free(log_);
	secret_store_free(store);
	return 0;
}

static void feed(const char *text)
{
	keylog_feed(log_, (const uint8_t *)text, strlen(text));
}

static const struct secret *find(enum secret_label label)
{
	uint8_t random[32];

	memset(random, 0x11, 32);
	random[31] = 0xab;
	return secret_store_find_random(store, label, random);
}

static const char whole[] = "# a comment\n\nCLIENT_RANDOM " RANDOM " " S48 "\r\n"
			    "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S32 "\r\n"
			    "CLIENT_TRAFFIC_SECRET_0 " RANDOM " " S32 "\n"
			    "EXPORTER_SECRET " RANDOM " " S32 "\n"
			    "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S48 " \n";

static void check_whole(void)
{
	assert_int_equal(find(SECRET_CLIENT_HANDSHAKE_TRAFFIC)->len, 32);
	assert_int_equal(find(SECRET_SERVER_HANDSHAKE_TRAFFIC)->len, 48);
	assert_int_equal(find(SECRET_SERVER_HANDSHAKE_TRAFFIC)->bytes[47], 0x33);
	assert_int_equal(keylog_stats(log_)->secrets, 2);
	assert_int_equal(keylog_stats(log_)->malformed, 0);
	assert_int_equal(secret_store_stats(store)->added, 2);
}

static void test_labels(void **state UNUSED)
{
	feed(whole);
	check_whole();
}

static void test_in_pieces(void **state)
{
	for (size_t piece = 1; piece < 300; piece += piece < 20 ? 1 : 37) {
		for (size_t at = 0; at < sizeof(whole) - 1; at += piece) {
			size_t n = sizeof(whole) - 1 - at < piece ? sizeof(whole) - 1 - at : piece;

			keylog_feed(log_, (const uint8_t *)whole + at, n);
		}
		check_whole();
		teardown(state);
		setup(state);
	}
}

static void test_quic_labels_and_no_end(void **state UNUSED)
{
	feed("QUIC_CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S32 "\nQUIC_SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S32);
	assert_non_null(find(SECRET_CLIENT_HANDSHAKE_TRAFFIC));
	assert_null(find(SECRET_SERVER_HANDSHAKE_TRAFFIC));
	keylog_end(log_);
	assert_non_null(find(SECRET_SERVER_HANDSHAKE_TRAFFIC));
}

/* A file that begins anew in the middle of a line. */
static void test_restart(void **state UNUSED)
{
	feed("CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM);
	keylog_restart(log_);
	feed(whole);
	check_whole();
}

static void test_malformed(void **state UNUSED)
{
	static const char *const lines[] = {
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET \n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM "\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " \n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM "00 " S32 "\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET 11 " S32 "\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " 22\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S32 "2\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S32 "22\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S48 "22\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S32 " " S32 "\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM "  " S32 "\n",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET x" RANDOM " " S32 "\n",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " S48 S48 S48 S48 "\n",
	};
	const size_t n = sizeof(lines) / sizeof(lines[0]);

	for (size_t i = 0; i < n; i++) {
		feed(lines[i]);
		assert_int_equal(keylog_stats(log_)->malformed, i + 1);
	}
	assert_int_equal(secret_store_count(store), 0);
	/* Others' lines are none of ours, however they look; and what follows is read. */
	feed("\n CLIENT_HANDSHAKE_TRAFFIC_SECRET x\nCLIENT_HANDSHAKE_TRAFFIC_SECRETS x\nclient_handshake_traffic_secret x\n");
	for (int i = 0; i < 1000; i++)
		feed("ECH_CONFIG " S48 S48 S48);
	feed("\n");
	keylog_feed(log_, (const uint8_t *)"\0\xff\n", 3);
	assert_int_equal(keylog_stats(log_)->malformed, n);
	feed(whole);
	assert_int_equal(secret_store_count(store), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quic_labels_and_no_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
