/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JA4, as FoxIO's technical details describe it: "t13d1516h2_8daaf6152771_e5627efa2ab1". a: transport, version, SNI,
 * number of suites, number of extensions, ALPN; b: the sorted suites; c: the sorted extensions, and the signature
 * algorithms in the order in which they were sent. GREASE is not there at all.
 */
#include "tls/fingerprint_text.h"

#include <stdlib.h>
#include <string.h>

#include "tls/names.h"

#define EXT_SERVER_NAME 0x0000
#define EXT_ALPN 0x0010
#define HASH_BYTES 6
#define INSERTION_MAX 64
#define LIST_MAX (TLS_SCRATCH_LEN / sizeof(uint16_t))

static const struct {
	uint16_t version;
	char name[3];
} versions[] = {
	{ 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" }, { 0x0301, "10" }, { 0x0300, "s3" }, { 0x0200, "s2" },
	{ 0x0002, "s2" }, { 0x0100, "s1" }, { 0xfeff, "d1" }, { 0xfefd, "d2" }, { 0xfefc, "d3" },
};

/* The highest number offered, also where a draft's or DTLS's numbers do not follow the order of versions. */
static const char *version_of(const struct tls_client_hello *ch)
{
	uint16_t top = 0;

	for (size_t i = 0; i < ch->supported_versions.n; i++)
		if (!tls_is_grease(ch->supported_versions.v[i]) && ch->supported_versions.v[i] > top)
			top = ch->supported_versions.v[i];
	if (!top)
		top = ch->legacy_version;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].version == top)
			return versions[i].name;
	return "00";
}

static bool alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol; where either is none, first and last digit of the whole in hex. */
static void alpn_of(const struct tls_client_hello *ch, char out[2])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t first, last;

	out[0] = out[1] = '0';
	if (!ch->alpn.n || !ch->alpn.v[0].n)
		return;
	first = ch->alpn.v[0].p[0];
	last = ch->alpn.v[0].p[ch->alpn.v[0].n - 1];
	if (alphanumeric(first) && alphanumeric(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
	} else {
		out[0] = hex[first >> 4];
		out[1] = hex[last & 15];
	}
}

static size_t count(const struct tls_u16s *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += !tls_is_grease(list->v[i]);
	return n < 99 ? n : 99;
}

static bool has(const struct tls_u16s *list, uint16_t v)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i] == v)
			return true;
	return false;
}

static int ascending(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* Real lists have tens of entries, for which insertion is faster; hostile ones have thousands. */
static void sort(uint16_t *v, size_t n)
{
	if (n > INSERTION_MAX) {
		qsort(v, n, sizeof(*v), ascending);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		uint16_t x = v[i];
		size_t j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static void list_hex(struct fp_text *t, const uint16_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			fp_putc(t, ',');
		fp_hex16(t, v[i]);
	}
}

/* The list sorted, without GREASE and, for extensions, without the two that depend on where the client goes. */
static size_t sorted(const struct tls_u16s *list, bool extensions, uint16_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n && n < LIST_MAX; i++) {
		uint16_t v = list->v[i];

		if (!tls_is_grease(v) && !(extensions && (v == EXT_SERVER_NAME || v == EXT_ALPN)))
			out[n++] = v;
	}
	sort(out, n);
	return n;
}

static bool hash(struct tls_crypto *c, const struct tls_u16s *list, bool extensions, const struct tls_u16s *tail, char *out)
{
	uint16_t *v = (uint16_t *)(void *)c->scratch;
	size_t n = sorted(list, extensions, v);
	struct fp_text t;

	if (!n) {
		memcpy(out, "000000000000", 2 * HASH_BYTES + 1);
		return true;
	}
	if (!fp_begin(&t, c->sha256.ctx, c->sha256.md))
		return false;
	list_hex(&t, v, n);
	for (size_t i = 0, first = 1; tail && i < tail->n; i++) {
		if (tls_is_grease(tail->v[i]))
			continue;
		fp_putc(&t, first ? '_' : ',');
		fp_hex16(&t, tail->v[i]);
		first = 0;
	}
	return fp_end(&t, out, HASH_BYTES);
}

static char *put(char *p, const char *s, size_t n)
{
	memcpy(p, s, n);
	return p + n;
}

static char *put_count(char *p, size_t n)
{
	*p++ = (char)('0' + n / 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

bool fp_ja4(struct tls_crypto *c, const struct tls_client_hello *ch, char transport, char out[40])
{
	char hashes[2][2 * HASH_BYTES + 1], *p = out;

	if (!hash(c, &ch->suites, false, NULL, hashes[0]) ||
	    !hash(c, &ch->extensions, true, &ch->signature_algorithms, hashes[1]))
		return false;
	*p++ = transport;
	p = put(p, version_of(ch), 2);
	*p++ = has(&ch->extensions, EXT_SERVER_NAME) ? 'd' : 'i';
	p = put_count(p, count(&ch->suites));
	p = put_count(p, count(&ch->extensions));
	alpn_of(ch, p);
	p += 2;
	for (size_t i = 0; i < 2; i++) {
		*p++ = '_';
		p = put(p, hashes[i], 2 * HASH_BYTES);
	}
	*p = '\0';
	return true;
}
