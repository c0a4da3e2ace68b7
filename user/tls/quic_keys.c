/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tls/quic_internal.h"

#define SAMPLE_LEN 16
#define TAG_LEN 16
#define PN_MAX_LEN 4

/* HKDF-Expand-Label with an empty context (RFC 8446 section 7.1), for at most one block of HKDF-Expand (RFC 5869). */
static bool expand(struct tls_crypto *c, const uint8_t secret[TLS_SHA256_LEN], const char *label, uint8_t *out,
		   size_t len)
{
	size_t label_len = strlen(label);
	uint8_t head[] = { 0, (uint8_t)len, (uint8_t)(6 + label_len), 't', 'l', 's', '1', '3', ' ' };
	static const uint8_t tail[] = { 0, 1 };
	const struct tls_slice info[] = { { head, sizeof(head) }, { label, label_len }, { tail, sizeof(tail) } };
	uint8_t block[TLS_SHA256_LEN];

	if (!tls_hmac(c, secret, TLS_SHA256_LEN, info, 3, block))
		return false;
	memcpy(out, block, len);
	return true;
}

bool quic_keys_derive(struct tls_crypto *c, const struct quic_version *v, struct reader dcid, bool server,
		      struct quic_keys *out)
{
	const struct tls_slice ikm = { dcid.p, dcid.len };
	uint8_t initial[TLS_SHA256_LEN], secret[TLS_SHA256_LEN];

	return tls_hmac(c, v->salt, sizeof(v->salt), &ikm, 1, initial) &&
	       expand(c, initial, server ? "server in" : "client in", secret, sizeof(secret)) &&
	       expand(c, secret, v->v2 ? "quicv2 key" : "quic key", out->key, sizeof(out->key)) &&
	       expand(c, secret, v->v2 ? "quicv2 iv" : "quic iv", out->iv, sizeof(out->iv)) &&
	       expand(c, secret, v->v2 ? "quicv2 hp" : "quic hp", out->hp, sizeof(out->hp));
}

/* RFC 9001 section 5.4.3: the mask comes from 16 bytes of the payload, wherever the packet number may end. */
static bool header_mask(struct tls_crypto *c, const uint8_t hp[16], const uint8_t *sample, uint8_t mask[16])
{
	int n = 0;

	return EVP_EncryptInit_ex2(c->ecb, NULL, hp, NULL, NULL) && EVP_CIPHER_CTX_set_padding(c->ecb, 0) &&
	       EVP_EncryptUpdate(c->ecb, mask, &n, sample, SAMPLE_LEN) && n == SAMPLE_LEN;
}

/* RFC 9000 appendix A.3. */
static uint64_t full_number(int64_t largest, uint64_t truncated, size_t len)
{
	uint64_t expected = (uint64_t)(largest + 1), window = (uint64_t)1 << 8 * len, half = window / 2;
	uint64_t number = (expected & ~(window - 1)) | truncated;

	if (number + half <= expected && number + window < (uint64_t)1 << 62)
		return number + window;
	if (number > expected + half && number >= window)
		return number - window;
	return number;
}

struct aad {
	uint8_t first, pn[PN_MAX_LEN];	/* as they were before header protection */
	size_t pn_len;
};

/* RFC 9001 section 5.3. */
static bool aead_open(struct tls_crypto *c, const struct quic_keys *k, const struct quic_packet *p, const struct aad *h,
		      uint64_t number, struct reader *payload)
{
	const uint8_t *body = p->start + p->pn_offset + h->pn_len;
	size_t len = p->body_len - h->pn_len - TAG_LEN;
	uint8_t nonce[sizeof(k->iv)];
	int n;

	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = k->iv[i] ^ (i < 4 ? 0 : (uint8_t)(number >> 8 * (11 - i)));
	if (!EVP_DecryptInit_ex2(c->gcm, NULL, k->key, nonce, NULL) ||
	    !EVP_DecryptUpdate(c->gcm, NULL, &n, &h->first, 1) ||
	    !EVP_DecryptUpdate(c->gcm, NULL, &n, p->start + 1, (int)p->pn_offset - 1) ||
	    !EVP_DecryptUpdate(c->gcm, NULL, &n, h->pn, (int)h->pn_len) ||
	    !EVP_DecryptUpdate(c->gcm, c->scratch, &n, body, (int)len) ||
	    !EVP_CIPHER_CTX_ctrl(c->gcm, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, (void *)(uintptr_t)(body + len)) ||
	    EVP_DecryptFinal_ex(c->gcm, c->scratch + len, &n) <= 0)
		return false;
	*payload = reader_of(c->scratch, len);
	return true;
}

bool quic_packet_open(struct tls_crypto *c, const struct quic_keys *k, const struct quic_packet *p, int64_t *largest,
		      struct reader *payload)
{
	const uint8_t *pn = p->start + p->pn_offset;
	uint8_t mask[SAMPLE_LEN];
	uint64_t number = 0;
	struct aad h;

	if (p->body_len < PN_MAX_LEN + SAMPLE_LEN || p->body_len > TLS_SCRATCH_LEN)
		return false;
	if (!header_mask(c, k->hp, pn + PN_MAX_LEN, mask))
		return false;
	h.first = p->start[0] ^ (mask[0] & 0x0f);
	h.pn_len = (h.first & 3) + 1;
	for (size_t i = 0; i < h.pn_len; i++) {
		h.pn[i] = pn[i] ^ mask[1 + i];
		number = number << 8 | h.pn[i];
	}
	number = full_number(*largest, number, h.pn_len);
	if (!aead_open(c, k, p, &h, number, payload))
		return false;
	if ((int64_t)number > *largest)
		*largest = (int64_t)number;
	return true;
}
