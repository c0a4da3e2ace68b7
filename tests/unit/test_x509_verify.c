/* SPDX-License-Identifier: BSD-2-Clause */
/* Every status that a chain can have, with chains made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "chains.h"

static void test_ok(void **state)
{
	struct verdict d = fresh_at(&(struct sent){ .m = { &leaf, &inter }, .host = "A.example." }, NOW);

	(void)state;
	assert_int_equal(d.status, CHAIN_OK);
	assert_string_equal(chain_status_word(d.status), "ok");
	assert_int_equal(d.depth, -1);
	assert_null(d.reason);
	assert_true(d.anchored);
	assert_false(d.incomplete || d.completed || d.wrong_order || d.root_sent || d.extra_cnt);
	assert_int_equal(d.hostname, HOST_YES);
	assert_int_equal(d.staple, STAPLE_NONE);
	assert_int_equal(FRESH(&deep, &inter2, &inter).status, CHAIN_OK);
	d = FRESH(&leaf, &inter, &root);
	assert_int_equal(d.status, CHAIN_OK);
	assert_true(d.root_sent);
	assert_int_equal(d.hostname, HOST_UNKNOWN);
	d = fresh_at(&(struct sent){ .m = { &leaf, &inter }, .host = "b.example" }, NOW);
	assert_int_equal(d.status, CHAIN_OK);
	assert_int_equal(d.hostname, HOST_NO);
	assert_int_equal(FRESH(NULL).status, CHAIN_NONE);
	assert_null(chain_status_word(CHAIN_NONE));
}

static void test_self_signed(void **state)
{
	struct made self = MAKE(.subject = "CN=self.example", VALID);
	struct verdict d = FRESH(&self);

	(void)state;
	assert_int_equal(d.status, CHAIN_SELF_SIGNED);
	assert_int_equal(d.depth, 0);
	assert_false(d.anchored);
	/* Self-signed comes before expired: nobody vouches for its dates. */
	assert_int_equal(fresh_at(SENT(&self), NOW + 1000 * DAY).status, CHAIN_SELF_SIGNED);
	made_free(&self);
}

static void test_unknown_issuer(void **state)
{
	struct verdict d = FRESH(&other_leaf);

	(void)state;
	assert_int_equal(d.status, CHAIN_UNKNOWN_ISSUER);
	assert_int_equal(d.depth, 0);
	assert_false(d.anchored || d.incomplete);
	d = FRESH(&other_leaf, &other_root);
	assert_int_equal(d.status, CHAIN_UNKNOWN_ISSUER);
	assert_int_equal(d.depth, 1);
	assert_true(d.root_sent);
}

/* The issuer has a trusted name and another key. */
static void test_impostor(void **state)
{
	struct made fake = MAKE(.key_slot = "fake", .subject = "O=Test/CN=Root", VALID, .ext = { CA() });
	struct made with_id =
		MAKE(.subject = "CN=x", .issuer = &fake, VALID, .ext = { EE, { "authorityKeyIdentifier", "keyid" } });
	struct made without = MAKE(.subject = "CN=x", .issuer = &fake, VALID, .ext = { EE });
	struct verify *v = verifier();

	(void)state;
	assert_int_equal(verdict_at(v, SENT(&with_id, &fake), NOW).status, CHAIN_UNKNOWN_ISSUER);
	assert_int_equal(verdict_at(v, SENT(&without, &fake), NOW).status, CHAIN_BAD_SIGNATURE);
	assert_int_equal(verify_stats(v).intermediates, 0);
	verify_free(v);
	made_free(&fake);
	made_free(&with_id);
	made_free(&without);
}

static void test_incomplete(void **state)
{
	struct verify *v = verifier();
	struct verdict d = verdict_at(v, SENT(&leaf), NOW);

	(void)state;
	assert_int_equal(d.status, CHAIN_UNKNOWN_ISSUER);
	/* The intermediate comes with another chain; the verdict that was kept does not hold any more. */
	assert_int_equal(verdict_at(v, SENT(&deep, &inter2, &inter), NOW).status, CHAIN_OK);
	assert_int_equal(verify_stats(v).intermediates, 2);
	d = verdict_at(v, SENT(&leaf), NOW);
	assert_int_equal(d.status, CHAIN_INCOMPLETE);
	assert_true(d.incomplete && d.completed && d.anchored);
	/* Two are missing. */
	d = verdict_at(v, SENT(&deep), NOW);
	assert_int_equal(d.status, CHAIN_INCOMPLETE);
	assert_true(d.completed);
	/* Incomplete is what it is, expired is worse. */
	d = verdict_at(v, SENT(&leaf), NOW + 200 * DAY);
	assert_int_equal(d.status, CHAIN_EXPIRED);
	assert_true(d.incomplete && d.completed);
	verify_free(v);
}

/* It says where its issuer is to be had, and comes alone. */
static void test_incomplete_by_url(void **state)
{
	struct made m = MAKE(.subject = "CN=u", .issuer = &other_root, VALID,
			     .ext = { EE, { "authorityInfoAccess", "caIssuers;URI:http://x/" } });
	struct verdict d = FRESH(&m);

	(void)state;
	assert_int_equal(d.status, CHAIN_INCOMPLETE);
	assert_true(d.incomplete);
	assert_false(d.completed || d.anchored);
	assert_int_equal(FRESH(&m, &other_root).status, CHAIN_UNKNOWN_ISSUER);
	made_free(&m);
}

static void test_times(void **state)
{
	struct made late = MAKE(.subject = "CN=late", .issuer = &inter, .not_before = NOW - 10 * DAY,
				.not_after = NOW - 1, .ext = { EE });
	struct verify *v = verifier();
	struct verdict d;

	(void)state;
	d = FRESH(&late, &inter);
	assert_int_equal(d.status, CHAIN_EXPIRED);
	assert_int_equal(d.depth, 0);
	assert_true(d.anchored);
	assert_int_equal(fresh_at(SENT(&leaf, &inter), NOW - 101 * DAY).status, CHAIN_NOT_YET_VALID);
	assert_int_equal(fresh_at(SENT(&leaf, &inter), NOW + 101 * DAY).status, CHAIN_EXPIRED);
	/* The same verifier, the same chain, other times: what is kept holds only between the limits. */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(verdict_at(v, SENT(&late, &inter), NOW - 11 * DAY).status, CHAIN_NOT_YET_VALID);
		assert_int_equal(verdict_at(v, SENT(&late, &inter), NOW - 10 * DAY + 1).status, CHAIN_OK);
		assert_int_equal(verdict_at(v, SENT(&late, &inter), NOW - 2).status, CHAIN_OK);
		assert_int_equal(verdict_at(v, SENT(&late, &inter), NOW).status, CHAIN_EXPIRED);
		assert_int_equal(verdict_at(v, SENT(&late, &inter), NOW + DAY - 1).status, CHAIN_EXPIRED);
	}
	verify_free(v);
	made_free(&late);
}

static void assert_keys(const struct verdict *d, const struct made *above, const struct made *anchor)
{
	const struct made *want[] = { above, anchor };

	assert_non_null(d->keys);
	assert_int_equal(d->keys->n, 2);
	for (int i = 0; i < 2; i++) {
		const struct cert *c = cert_store_get(store, want[i]->der, want[i]->len);

		assert_memory_equal(d->keys->sha256[i], c->spki_sha256, 32);
		cert_put(c);
	}
}

/* The anchor's key is on the path though it is not sent, and what is sent beside the path is not. */
static void test_path_keys(void **state)
{
	struct made other = MAKE(.key_slot = "other", .subject = "CN=Other", VALID, .ext = { CA() });
	struct verify *v = verifier();
	struct verdict d = verdict_at(v, SENT(&leaf, &inter), NOW);

	(void)state;
	assert_keys(&d, &inter, &root);
	d = verdict_at(v, SENT(&leaf, &inter, &other), NOW);
	assert_keys(&d, &inter, &root);
	d = verdict_at(v, SENT(&leaf), NOW);			/* the intermediate is remembered */
	assert_keys(&d, &inter, &root);
	d = verdict_at(v, SENT(&other), NOW);
	assert_null(d.keys);
	verify_free(v);
	made_free(&other);
}

/* The leaf is in order, what signed it is not. */
static void test_expired_intermediate(void **state)
{
	struct made old = MAKE(.key_slot = "old", .subject = "CN=Old", .issuer = &root, .not_before = NOW - 100 * DAY,
			       .not_after = NOW - DAY, .ext = { CA() });
	struct made m = MAKE(.subject = "CN=m", .issuer = &old, VALID, .ext = { EE });
	struct verify *v = verifier();
	struct verdict d = verdict_at(v, SENT(&m, &old), NOW);

	(void)state;
	assert_int_equal(d.status, CHAIN_EXPIRED);
	assert_int_equal(d.depth, 1);
	assert_int_equal(verify_stats(v).intermediates, 0);
	verify_free(v);
	made_free(&old);
	made_free(&m);
}

static void test_wrong_order(void **state)
{
	struct verdict d = FRESH(&deep, &inter, &inter2);

	(void)state;
	assert_int_equal(d.status, CHAIN_WRONG_ORDER);
	assert_true(d.anchored && d.wrong_order);
	assert_int_equal(d.extra_cnt, 0);
	assert_int_equal(FRESH(&leaf, &root, &inter).status, CHAIN_WRONG_ORDER);
	assert_int_equal(FRESH(&inter, &leaf).status, CHAIN_WRONG_ORDER);
	assert_int_equal(FRESH(&root, &inter, &leaf).status, CHAIN_WRONG_ORDER);
	/* Something worse is what counts. */
	d = fresh_at(SENT(&deep, &inter, &inter2), NOW + 200 * DAY);
	assert_int_equal(d.status, CHAIN_EXPIRED);
	assert_true(d.wrong_order);
}

static void test_extra(void **state)
{
	struct verdict d = FRESH(&leaf, &other_root, &inter);

	(void)state;
	assert_int_equal(d.status, CHAIN_OK);
	assert_int_equal(d.extra_cnt, 1);
	assert_false(d.wrong_order || d.double_sent);
	d = FRESH(&leaf, &inter, &leaf);
	assert_int_equal(d.status, CHAIN_OK);
	assert_int_equal(d.extra_cnt, 1);
	assert_true(d.double_sent);
	d = FRESH(&leaf, &inter, &other_root, &other_root, &other_root, &other_root, &other_root, &other_root,
		  &other_root, &other_root, &other_root, &other_root, &other_root, &other_root, &other_root, &other_root,
		  &other_root, &other_root);
	assert_int_equal(d.status, CHAIN_OK);
	assert_int_equal(d.extra_cnt, 16);
}

static void test_bad_signature(void **state)
{
	struct made bad = MAKE(.subject = "CN=bad", .issuer = &inter, .sign_with = other_root.key, VALID, .ext = { EE });
	struct made bad_inter = MAKE(.key_slot = "inter", .subject = "O=Test/CN=Inter", .issuer = &root,
				     .sign_with = other_root.key, VALID, .ext = { CA() });
	struct made self = MAKE(.subject = "CN=self", .sign_with = other_root.key, VALID);
	struct verify *v = verifier();
	struct verdict d = FRESH(&bad, &inter);

	(void)state;
	assert_int_equal(d.status, CHAIN_BAD_SIGNATURE);
	assert_int_equal(d.depth, 0);
	d = verdict_at(v, SENT(&leaf, &bad_inter), NOW);
	assert_int_equal(d.status, CHAIN_BAD_SIGNATURE);
	assert_int_equal(d.depth, 1);
	assert_int_equal(verify_stats(v).intermediates, 0);
	assert_int_equal(FRESH(&self).status, CHAIN_BAD_SIGNATURE);
	verify_free(v);
	made_free(&bad);
	made_free(&bad_inter);
	made_free(&self);
}

static void test_malformed(void **state)
{
	struct made broken = { .der = (uint8_t *)"\x30\x03\x02\x01\x05", .len = 5 };
	struct verdict d = FRESH(&broken, &inter);

	(void)state;
	assert_int_equal(d.status, CHAIN_MALFORMED);
	assert_int_equal(d.depth, 0);
	assert_int_equal(fresh_at(&(struct sent){ .m = { &broken }, .host = "a" }, NOW).hostname, HOST_UNKNOWN);
	/* Behind a good one it is only one too many. */
	d = FRESH(&leaf, &inter, &broken);
	assert_int_equal(d.status, CHAIN_OK);
	assert_int_equal(d.extra_cnt, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ok),
		cmocka_unit_test(test_self_signed),
		cmocka_unit_test(test_unknown_issuer),
		cmocka_unit_test(test_impostor),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_incomplete_by_url),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_path_keys),
		cmocka_unit_test(test_expired_intermediate),
		cmocka_unit_test(test_wrong_order),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_bad_signature),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
