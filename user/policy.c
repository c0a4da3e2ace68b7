/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_private.h"

#include <string.h>
#include <strings.h>

#include "x509/cert.h"
#include "x509/findings.h"
#include "x509/verify.h"

#define BIT(f) (1ULL << FINDING_##f)

/* "*.example" is every name below example; "*" is all, also none. */
static bool is_name(const char *pattern, const char *name, size_t len)
{
	size_t n = strlen(pattern);

	if (!strcmp(pattern, "*"))
		return true;
	if (!name)
		return false;
	if (len && name[len - 1] == '.')
		len--;
	if (strncmp(pattern, "*.", 2))
		return n == len && !strncasecmp(pattern, name, len);
	return len > n - 1 && !strncasecmp(pattern + 1, name + len - (n - 1), n - 1);
}

static bool is_for(const struct policy_strs *names, const struct policy_request *r)
{
	for (size_t i = 0; i < names->n; i++)
		if (is_name(names->v[i], r->name, r->name_len))
			return true;
	return !names->n;
}

/* Older is less. DTLS counts down, and skipped 1.1 (RFC 6347 section 1). */
static int age(uint16_t version)
{
	switch (version) {
	case 0x0002: return 0;
	case 0xfeff: return 0x0302;
	case 0xfefd: return 0x0303;
	case 0xfefc: return 0x0304;
	default: return version;
	}
}

static bool is_str(const char *text, const struct cert_str *s)
{
	return s->s && strlen(text) == s->len && !memcmp(text, s->s, s->len);
}

static bool is_one_of(const char *text, const struct cert_strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_str(text, &list->v[i]))
			return true;
	return false;
}

/* By the whole name, by "CN=..." or by "O=...". */
static bool is_issuer(const char *text, const struct cert_name *issuer)
{
	return is_str(text, &issuer->dn) || (!strncmp(text, "CN=", 3) && is_one_of(text + 3, &issuer->cn)) ||
	       (!strncmp(text, "O=", 2) && is_one_of(text + 2, &issuer->o));
}

static bool issuer_is_allowed(const struct policy_rule *rule, const struct cert *leaf)
{
	for (size_t i = 0; i < rule->issuers.n; i++)
		if (is_issuer(rule->issuers.v[i], &leaf->issuer))
			return true;
	return false;
}

static bool is_pinned(const struct policy_pins *pins, const uint8_t spki_sha256[32])
{
	for (size_t i = 0; i < pins->n; i++)
		if (!memcmp(pins->v[i], spki_sha256, sizeof(pins->v[i])))
			return true;
	return false;
}

/* Above the leaf the keys of the path that was verified count, and no other certificate that was sent: anybody can send
 * somebody's (RFC 7469 section 2.6). */
static bool chain_is_pinned(const struct policy_rule *rule, const struct policy_request *r)
{
	if (is_pinned(&rule->pins, r->chain[0]->spki_sha256))
		return true;
	for (size_t i = 0; r->keys && i < r->keys->n; i++)
		if (is_pinned(&rule->pins, r->keys->sha256[i]))
			return true;
	return false;
}

static uint64_t broken(const struct policy_rule *rule, const struct policy_request *r)
{
	uint64_t set = 0;

	if (rule->minimum_version && r->version && age(r->version) < age(rule->minimum_version))
		set |= BIT(POLICY_VERSION);
	if (!r->n)
		return set;
	if (rule->issuers.n && !issuer_is_allowed(rule, r->chain[0]))
		set |= BIT(POLICY_ISSUER);
	if (rule->pins.n && !chain_is_pinned(rule, r))
		set |= BIT(POLICY_PIN);
	return set;
}

uint64_t policy_apply(const struct policy *p, const struct policy_request *r, uint64_t findings)
{
	for (size_t i = 0; i < p->rule_cnt && !r->client; i++)
		if (is_for(&p->rules[i].names, r))
			findings |= broken(&p->rules[i], r);
	for (size_t i = 0; i < p->exception_cnt && findings; i++) {
		const struct policy_exception *e = &p->exceptions[i];

		if (r->at < e->until && is_for(&e->names, r))
			findings &= ~e->findings;
	}
	return findings & ~p->ignored;
}
