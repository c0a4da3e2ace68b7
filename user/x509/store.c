/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Certificates by their bytes: XXH3 with a random secret finds one, a comparison proves it. Measured (tests/bench/bench_cert.c,
 * 1,000 leaves of 1.6 kB in turn, so that the CPU's caches do not hold them): a known one 0.24 us, a new one 24 us, 150 to 200
 * us when it names itself as issuer and its signature is checked; memory 1.5 kB beside its DER.
 */
#include "x509/cert.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "base/table.h"
#include "x509/digest.h"
#include "x509/pack.h"
#include "x509/parse.h"

struct entry {
	struct cert cert;		/* first: a struct cert is its entry */
	struct table_node node;
	size_t bytes;
	/* Not atomic: a store belongs to one worker, and a locked increment costs 5 ns each way here. */
	uint32_t refs;
};

struct cert_store {
	struct table *table;
	struct digest digest;
	struct pack pack;
	size_t max_cnt, max_bytes;
	struct cert_store_stats stats;
};

struct cert_store *cert_store_new(size_t max_cnt, size_t max_bytes)
{
	struct cert_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS, NULL);
	s->max_cnt = max_cnt;
	s->max_bytes = max_bytes;
	s->table = table_new();
	if (!s->table || !digest_init(&s->digest)) {
		cert_store_free(s);
		return NULL;
	}
	return s;
}

static struct entry *entry_of(const struct cert *c)
{
	return (struct entry *)c;
}

const struct cert *cert_ref(const struct cert *c)
{
	entry_of(c)->refs++;
	return c;
}

void cert_put(const struct cert *c)
{
	if (c && !--entry_of(c)->refs)
		free(entry_of(c));
}

static void drop(struct cert_store *s, struct entry *e)
{
	table_remove(s->table, &e->node);
	s->stats.count--;
	s->stats.bytes -= e->bytes;
	cert_put(&e->cert);
}

void cert_store_free(struct cert_store *s)
{
	struct table_node *n;

	if (!s)
		return;
	while (s->table && (n = table_oldest(s->table)))
		drop(s, container_of_node(n, struct entry, node));
	table_free(s->table);
	digest_free(&s->digest);
	pack_free(&s->pack);
	free(s);
}

/* Room for one that is still to come. */
static void evict(struct cert_store *s, size_t bytes)
{
	struct table_node *n;

	while ((s->stats.count >= s->max_cnt || s->stats.bytes + bytes > s->max_bytes) && (n = table_oldest(s->table))) {
		drop(s, container_of_node(n, struct entry, node));
		s->stats.evicted++;
	}
}

/* One that is larger than the whole store is the caller's alone. */
static void keep(struct cert_store *s, struct entry *e)
{
	if (!s->max_cnt || e->bytes > s->max_bytes)
		return;
	evict(s, e->bytes);
	table_insert(s->table, &e->node);
	e->refs++;
	s->stats.count++;
	s->stats.bytes += e->bytes;
}

const struct cert *cert_store_get(struct cert_store *s, const uint8_t *der, size_t len)
{
	struct table_node *n = table_find(s->table, der, len);
	struct entry *e;
	size_t bytes;

	if (n) {
		table_touch(s->table, n);
		s->stats.hits++;
		return cert_ref(&container_of_node(n, struct entry, node)->cert);
	}
	s->stats.misses++;
	e = parse_cert(&s->pack, &s->digest, der, len, sizeof(*e), &bytes);
	if (!e)
		return NULL;
	s->stats.malformed += e->cert.malformed;
	/* malloc's header, and the table's bucket. */
	e->bytes = bytes + 2 * sizeof(void *);
	e->refs = 1;
	e->node.key = e->cert.der;
	e->node.key_len = (uint32_t)len;
	keep(s, e);
	return &e->cert;
}

struct cert_store_stats cert_store_stats(const struct cert_store *s)
{
	return s->stats;
}
