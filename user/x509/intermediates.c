/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/intermediates.h"

#include <stdlib.h>
#include <string.h>

#include "x509/name.h"
#include "x509/path.h"

struct known {
	uint64_t name;			/* hash of the subject */
	const struct cert *c;
	X509 *x;
};

struct intermediates {
	struct known *v;		/* a ring once it is full */
	size_t max;
	uint64_t added;
};

struct intermediates *intermediates_new(size_t max)
{
	struct intermediates *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->max = max ? max : 1;
	m->v = calloc(m->max, sizeof(*m->v));
	if (!m->v) {
		free(m);
		return NULL;
	}
	return m;
}

size_t intermediates_count(const struct intermediates *m)
{
	return m->added < m->max ? (size_t)m->added : m->max;
}

static void clear(struct known *k)
{
	cert_put(k->c);
	X509_free(k->x);
	*k = (struct known){ 0 };
}

void intermediates_free(struct intermediates *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < intermediates_count(m); i++)
		clear(&m->v[i]);
	free(m->v);
	free(m);
}

static const struct known *find(const struct intermediates *m, const struct cert *c)
{
	for (size_t i = 0; i < intermediates_count(m); i++)
		if (m->v[i].c == c || !memcmp(m->v[i].c->sha256, c->sha256, sizeof(c->sha256)))
			return &m->v[i];
	return NULL;
}

void intermediates_add(struct intermediates *m, const struct cert *c, X509 *x)
{
	struct known *k = &m->v[m->added % m->max];

	if (find(m, c) || !X509_up_ref(x))
		return;
	clear(k);
	*k = (struct known){ .name = name_hash(&c->subject), .c = cert_ref(c), .x = x };
	m->added++;
}

uint64_t intermediates_generation(const struct intermediates *m)
{
	return m->added;
}

bool intermediates_news(const struct intermediates *m, uint64_t since, uint64_t subject_hash)
{
	size_t n = intermediates_count(m);

	if (m->added - since < n)
		n = (size_t)(m->added - since);
	for (size_t i = 1; i <= n; i++)
		if (m->v[(m->added - i) % m->max].name == subject_hash)
			return true;
	return false;
}

X509 *intermediates_issuer(const struct intermediates *m, const struct cert *c, size_t i, const struct cert **out)
{
	uint64_t name = name_hash(&c->issuer);

	for (size_t k = 0; k < intermediates_count(m); k++) {
		if (m->v[k].name != name || !path_is_issuer(m->v[k].c, c) || i--)
			continue;
		*out = m->v[k].c;
		return m->v[k].x;
	}
	return NULL;
}

X509 *intermediates_known(const struct intermediates *m, const struct cert *c)
{
	const struct known *k = find(m, c);

	return k ? k->x : NULL;
}
