/* SPDX-License-Identifier: BSD-2-Clause */
/* What events have in common is said in the same words as if each had its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>

#include "certs.h"
#include "event/build.h"
#include "event/event.h"
#include "event/shares.h"
#include "flow/flow.h"
#include "tls/handshake.h"
#include "unit/json_run.h"
#include "x509/cert.h"

static struct event_share *add(struct event_shares *s, const char *key, size_t arena_len)
{
	struct event_share *share = event_share_new(key, strlen(key), 100, arena_len);

	assert_non_null(share);
	memset(share->value, key[0], 100);
	event_shares_keep(s, share);
	return share;
}

static int dropped;

static void on_drop(void *value)
{
	assert_int_equal(((char *)value)[99], 'b');
	dropped++;
}

static void test_find(void **state)
{
	struct event_shares *s = event_shares_new(1 << 20);
	struct event_share *a, *b;

	(void)state;
	assert_null(event_shares_find(s, "a", 1));
	a = add(s, "a", 200);
	b = add(s, "ab", 0);
	assert_ptr_equal(event_shares_find(s, "a", 1), a);
	assert_ptr_equal(event_shares_find(s, "ab", 2), b);
	assert_null(event_shares_find(s, "abc", 3));
	assert_null(event_shares_find(s, "", 0));
	for (int i = 0; i < 2; i++) {
		event_share_put(a);
		event_share_put(b);
	}
	event_shares_free(s);
	event_shares_free(NULL);
}

/* Past the bound the one that was longest not used goes; who holds a reference keeps it. */
static void test_bound(void **state)
{
	struct event_shares *s = event_shares_new(5000);
	struct event_share *held = add(s, "b", 200), *found;
	char key[8];

	(void)state;
	dropped = 0;
	held->drop = on_drop;
	for (int i = 0; i < 200; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		event_share_put(add(s, key, 200));
	}
	assert_null(event_shares_find(s, "b", 1));
	assert_null(event_shares_find(s, "k0", 2));
	found = event_shares_find(s, key, strlen(key));
	assert_non_null(found);
	assert_int_equal(dropped, 0);
	assert_int_equal(((char *)held->value)[0], 'b');
	event_shares_free(s);
	event_share_put(held);
	assert_int_equal(dropped, 1);
	assert_int_equal(((char *)found->value)[0], 'k');
	event_share_put(found);
}

/* Bad: larger than all there may be. It is the caller's alone. */
static void test_too_large_bad(void **state)
{
	struct event_shares *s = event_shares_new(100);
	struct event_share *a = add(s, "a", 0);

	(void)state;
	assert_null(event_shares_find(s, "a", 1));
	event_share_put(a);
	event_shares_free(s);
}

/* What outputs leave counts, too, and only the first one's is kept. */
static void test_memo(void **state)
{
	struct event_shares *s = event_shares_new(4000);
	struct event_share *a = add(s, "a", 400), *b = add(s, "b", 400);
	struct event_memo *m = event_memo_new(b);
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text));
	event_memo_set(m, "one", 3);
	event_memo_set(m, "two", 3);
	assert_int_equal(m->len, 3);
	assert_memory_equal(m->text, "one", 3);
	event_memo_set(event_memo_new(b), text, sizeof(text));
	event_share_put(add(s, "c", 400));
	assert_null(event_shares_find(s, "a", 1));
	event_share_put(a);
	event_share_put(b);
	event_shares_free(s);
}

struct fixture {
	struct reasm_budget budget;
	struct flow flow;
	struct tls_handshake h;
	struct cert_store *store;
	const struct cert *chain[2][3];
	struct event_source src;
};

static const uint16_t suites[] = { 0x2a2a, 0xc02f, 0x1301, 0x4321, 0xfafa }, groups[] = { 0x1a1a, 0x001d, 0x0017 };

static void begin(struct fixture *f)
{
	static const struct hs_tuple tuple = { .port = { 40000, 443 }, .proto = IPPROTO_TCP, .family = 6 };

	memset(f, 0, sizeof(*f));
	f->budget.limit = 1000;
	f->store = cert_store_new(100, 1 << 20);
	flow_init(&f->flow, &tuple, &f->budget, 1000);
	f->h.protocol = TLS_PROTO_TLS;
	f->h.client_dir = 0;
	f->h.client_hello.seen = f->h.server_hello.seen = true;
	f->h.client_hello.suites = (struct tls_u16s){ suites, 5 };
	f->h.client_hello.groups = f->h.client_hello.key_shares = (struct tls_u16s){ groups, 3 };
	f->h.client_hello.extensions = f->h.server_hello.extensions = (struct tls_u16s){ suites, 4 };
	f->src = (struct event_source){ .flow = &f->flow, .tls = &f->h, .cause = EVENT_CAUSE_CLOSED, .der = true };
}

static void add_cert(struct fixture *f, int side, const struct made *m)
{
	size_t *n = &f->src.chain[side].n;

	f->chain[side][*n] = cert_store_get(f->store, m->der, m->len);
	f->src.chain[side].v = f->chain[side];
	(*n)++;
}

static void finish(struct fixture *f)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < f->src.chain[side].n; i++)
			cert_put(f->chain[side][i]);
	cert_store_free(f->store);
	flow_free(&f->flow);
}

static void write_event(struct run *run, struct fixture *f)
{
	struct handshake_event e;

	assert_int_equal(event_build(&e, &f->src), 0);
	assert_int_equal(sink_handshake(run->sink, &e), 0);
	handshake_event_free(&e);
}

/* The event's line as it is without shares, with them the first time, and again. */
static void expect_same(struct fixture *f, size_t max_bytes)
{
	char *line[4], *save = NULL, *sequence;
	struct run run;

	run_begin(&run);
	for (int i = 0; i < 4; i++) {
		if (i == 1)
			f->src.shares = event_shares_new(max_bytes);
		write_event(&run, f);
	}
	run_text(&run);
	for (int i = 0; i < 4; i++) {
		line[i] = strtok_r(i ? NULL : run.text, "\n", &save);
		assert_non_null(line[i]);
		sequence = strstr(line[i], "\"sequence\":");
		assert_int_equal(sequence[11], '0' + i);
		sequence[11] = '0';
		assert_string_equal(line[i], line[0]);
	}
	event_shares_free(f->src.shares);
	f->src.shares = NULL;
	run_end(&run);
}

static void test_same_words(void **state)
{
	struct made root = MAKE(.subject = "O=\"q\\\\\x1b/CN=root"), leaf = MAKE(.subject = "C=DE/CN=leaf", .issuer = &root,
										.ext = { { "subjectAltName", "DNS:a.example,DNS:b" } });
	static const size_t bounds[] = { 1 << 20, 6000, 1 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(&f);
		expect_same(&f, bounds[i]);
		add_cert(&f, TLS_SERVER, &leaf);
		add_cert(&f, TLS_SERVER, &root);
		expect_same(&f, bounds[i]);
		/* One that is leaf here and not there, on both sides. */
		add_cert(&f, TLS_CLIENT, &root);
		add_cert(&f, TLS_CLIENT, &root);
		expect_same(&f, bounds[i]);
		finish(&f);
	}
	made_free(&root);
	made_free(&leaf);
}

/* Bad: what is no certificate at all, and lists without entries, with nothing but GREASE, and too long. */
static void test_same_words_bad(void **state)
{
	struct made junk = { .der = (uint8_t *)"junk", .len = 4 };
	static uint16_t many[300];
	struct fixture f;

	(void)state;
	begin(&f);
	add_cert(&f, TLS_SERVER, &junk);
	f.h.client_hello.groups.n = 0;
	f.h.client_hello.key_shares.n = 1;
	for (uint16_t i = 0; i < 300; i++)
		many[i] = i;
	f.h.client_hello.suites = (struct tls_u16s){ many, 300 };
	expect_same(&f, 1 << 20);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_too_large_bad),
		cmocka_unit_test(test_memo),
		cmocka_unit_test(test_same_words),
		cmocka_unit_test(test_same_words_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
