/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/quic_internal.h"

#define PN_MAX_LEN 4
#define INITIAL_SUITE 0x1301		/* RFC 9001 section 5.2: AES-128-GCM and SHA-256, whatever is negotiated */

static enum tls13_carrier carrier(const struct quic_version *v)
{
	return v->v2 ? TLS13_QUIC_V2 : TLS13_QUIC;
}

bool quic_keys_derive(struct tls_crypto *c, const struct quic_version *v, struct reader dcid, bool server,
		      struct tls13_keys *out)
{
	const struct tls_slice ikm = { dcid.p, dcid.len };
	uint8_t initial[TLS_SHA256_LEN], secret[TLS_SHA256_LEN];

	return tls_hmac(&c->sha256, v->salt, sizeof(v->salt), &ikm, 1, initial) &&
	       tls_expand_label(&c->sha256, initial, sizeof(initial), "tls13 ", server ? "server in" : "client in", secret,
				sizeof(secret)) &&
	       tls13_keys_derive(c, tls13_suite(INITIAL_SUITE), carrier(v), secret, out);
}

/* The header without its protection (RFC 9001 section 5.4.1). */
struct bare_header {
	uint8_t first, pn[PN_MAX_LEN];
	size_t pn_len;
	uint64_t number;
};

static bool unprotect(struct tls_crypto *c, const struct tls13_keys *k, const struct quic_packet *p, int64_t largest,
		      struct bare_header *out)
{
	const uint8_t *pn = p->start + p->pn_offset;
	uint8_t mask[TLS13_SAMPLE_LEN];
	uint64_t number = 0;

	/* The sample is taken as if the packet number were four bytes long. */
	if (p->body_len < PN_MAX_LEN + TLS13_SAMPLE_LEN || !tls13_mask(c, k, pn + PN_MAX_LEN, mask))
		return false;
	out->first = p->start[0] ^ (mask[0] & 0x0f);
	out->pn_len = (out->first & 3) + 1;
	for (size_t i = 0; i < out->pn_len; i++) {
		out->pn[i] = pn[i] ^ mask[1 + i];
		number = number << 8 | out->pn[i];
	}
	out->number = tls13_full_number((uint64_t)(largest + 1), number, 8 * (unsigned int)out->pn_len);
	return true;
}

bool quic_packet_open(struct tls_crypto *c, const struct tls13_keys *k, const struct quic_packet *p, int64_t *largest,
		      struct reader *payload)
{
	struct bare_header h;

	struct tls_slice aad[] = { { &h.first, 1 }, { p->start + 1, p->pn_offset - 1 }, { h.pn, 0 } };
	struct tls13_box box = { .aad = aad, .aad_cnt = 3, .p = p->start + p->pn_offset };

	if (!unprotect(c, k, p, *largest, &h))
		return false;
	/* RFC 9001 section 5.3 */
	aad[2].len = h.pn_len;
	box.number = h.number;
	box.p += h.pn_len;
	box.len = p->body_len - h.pn_len;
	if (!tls13_open(c, k, &box, payload))
		return false;
	if ((int64_t)h.number > *largest)
		*largest = (int64_t)h.number;
	return true;
}
