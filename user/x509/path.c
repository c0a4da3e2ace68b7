/* SPDX-License-Identifier: BSD-2-Clause */
#include "x509/path.h"

#include <string.h>

#include "x509/name.h"

bool path_is_issuer(const struct cert *issuer, const struct cert *c)
{
	const struct cert_str *want = &c->authority_key_id, *have = &issuer->subject_key_id;

	if (!name_equal(&issuer->subject, &c->issuer))
		return false;
	return !want->s || !have->s || (want->len == have->len && !memcmp(want->s, have->s, want->len));
}

static bool is_used(const struct path *p, size_t i)
{
	for (size_t j = 0; j < p->len; j++)
		if (p->at[j] == i)
			return true;
	return false;
}

/* The issuer of the certificate at i: the next one, where it belongs, or else the first that fits. */
static bool find_issuer(const struct cert *const *chain, size_t n, const struct path *p, size_t i, size_t *out)
{
	for (size_t k = 0; k < n; k++) {
		size_t j = (i + 1 + k) % n;

		if (is_used(p, j) || !path_is_issuer(chain[j], chain[i]))
			continue;
		*out = j;
		return true;
	}
	return false;
}

/* The peer's own certificate comes first (RFC 8446 section 4.4.2). When a CA does and another one that it issued is there as
 * well, that one is meant. */
static size_t find_end_entity(const struct cert *const *chain, size_t n)
{
	if (!chain[0]->is_ca)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (!chain[i]->is_ca && !chain[i]->malformed && !chain[i]->self_issued)
			for (size_t j = 0; j < i; j++)
				if (path_is_issuer(chain[j], chain[i]))
					return i;
	return 0;
}

static size_t count_doubles(const struct cert *const *chain, size_t n)
{
	size_t cnt = 0;

	for (size_t i = 1; i < n; i++) {
		size_t j = 0;

		while (j < i && memcmp(chain[i]->sha256, chain[j]->sha256, sizeof(chain[i]->sha256)))
			j++;
		cnt += j < i;
	}
	return cnt;
}

void path_find(const struct cert *const *chain, size_t n, struct path *out)
{
	size_t all = n, i;

	if (n > PATH_MAX_CERTS)
		n = PATH_MAX_CERTS;
	*out = (struct path){ .double_sent = count_doubles(chain, n) > 0 };
	i = find_end_entity(chain, n);
	do {
		out->wrong_order |= out->len && i < out->at[out->len - 1];
		out->root_sent |= out->len && chain[i]->self_signed;
		out->at[out->len++] = (uint8_t)i;
	} while (!chain[i]->self_signed && find_issuer(chain, n, out, i, &i));
	out->wrong_order |= out->at[0] != 0;
	out->extra = all - out->len;
}
