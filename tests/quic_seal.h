/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes Initial packets, as a client or server would (RFC 9001 section 5), for tests of what opens them. */
#ifndef HSMON_TESTS_QUIC_SEAL_H
#define HSMON_TESTS_QUIC_SEAL_H

#include <string.h>

#include "tls/quic_internal.h"

struct quic_seal {
	uint32_t version;
	bool server;
	const void *odcid;		/* of the client's first Initial: the keys come from it */
	size_t odcid_len;
	const void *dcid, *scid, *token;
	size_t dcid_len, scid_len, token_len;
	uint32_t pn;
	size_t pn_len;			/* 1 to 4 */
};

static inline size_t quic_seal_varint(uint8_t *out, uint64_t v)
{
	size_t len = v < 64 ? 1 : v < 16384 ? 2 : 4;

	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(v >> 8 * (len - 1 - i));
	out[0] |= (uint8_t)(len == 4 ? 0x80 : len == 2 ? 0x40 : 0);
	return len;
}

static inline size_t quic_seal_bytes(uint8_t *out, const void *p, size_t len)
{
	if (len)
		memcpy(out, p, len);
	return len;
}

/* The header, unprotected; its length. */
static inline size_t quic_seal_header(const struct quic_seal *s, bool v2, size_t payload_len, uint8_t *out)
{
	size_t n = 0;

	out[n++] = (uint8_t)(0xc0 | (v2 ? 0x10 : 0) | (s->pn_len - 1));
	for (int i = 3; i >= 0; i--)
		out[n++] = (uint8_t)(s->version >> 8 * i);
	out[n++] = (uint8_t)s->dcid_len;
	n += quic_seal_bytes(out + n, s->dcid, s->dcid_len);
	out[n++] = (uint8_t)s->scid_len;
	n += quic_seal_bytes(out + n, s->scid, s->scid_len);
	n += quic_seal_varint(out + n, s->token_len);
	n += quic_seal_bytes(out + n, s->token, s->token_len);
	n += quic_seal_varint(out + n, s->pn_len + payload_len + 16);
	for (size_t i = s->pn_len; i--;)
		out[n++] = (uint8_t)(s->pn >> 8 * i);
	return n;
}

/* A whole packet into out; its length. The payload has to be 3 bytes at least. */
static inline size_t quic_seal(const struct quic_seal *s, const void *payload, size_t len, uint8_t *out)
{
	const struct quic_version *v = quic_version(s->version);
	size_t head = quic_seal_header(s, v->v2, len, out);
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new(), *ecb = EVP_CIPHER_CTX_new();
	struct tls13_keys k;
	uint8_t mask[16];
	int n;

	quic_keys_derive(tls_crypto(), v, reader_of(s->odcid, s->odcid_len), s->server, &k);
	for (int i = 0; i < 4; i++)
		k.iv[11 - i] ^= (uint8_t)(s->pn >> 8 * i);
	EVP_EncryptInit_ex(gcm, EVP_aes_128_gcm(), NULL, k.key, k.iv);
	EVP_EncryptUpdate(gcm, NULL, &n, out, (int)head);
	EVP_EncryptUpdate(gcm, out + head, &n, payload, (int)len);
	EVP_EncryptFinal_ex(gcm, out + head + len, &n);
	EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, 16, out + head + len);
	EVP_EncryptInit_ex(ecb, EVP_aes_128_ecb(), NULL, k.hp, NULL);
	EVP_EncryptUpdate(ecb, mask, &n, out + head - s->pn_len + 4, 16);
	out[0] ^= mask[0] & 0x0f;
	for (size_t i = 0; i < s->pn_len; i++)
		out[head - s->pn_len + i] ^= mask[1 + i];
	EVP_CIPHER_CTX_free(gcm);
	EVP_CIPHER_CTX_free(ecb);
	return head + len + 16;
}

/* A CRYPTO frame (RFC 9000 section 19.6). */
static inline size_t quic_seal_crypto(uint8_t *out, uint64_t offset, const void *p, size_t len)
{
	size_t n = 0;

	out[n++] = 0x06;
	n += quic_seal_varint(out + n, offset);
	n += quic_seal_varint(out + n, len);
	return n + quic_seal_bytes(out + n, p, len);
}

#endif
