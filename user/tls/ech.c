/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/internal.h"

#define ECH_OUTER 0
#define KDF_HKDF_SHA256 1
#define X25519_LEN 32
#define TAG_LEN 16
#define GREASE_PAYLOAD_MAX 256

/*
 * RFC 9849 section 5: what the outer ClientHello carries.
 *
 *      struct {
 *          ECHClientHelloType type;
 *          HpkeSymmetricCipherSuite cipher_suite;  (kdf_id, aead_id)
 *          uint8 config_id;
 *          opaque enc<0..2^16-1>;
 *          opaque payload<1..2^16-1>;
 *      } ECHClientHello;
 *
 * A client without a configuration sends the same with random bytes (section 6.2), made so that nobody can tell.
 * What can be told: such a client has no inner hello to hide, and those in use send a short payload, padded to a
 * multiple of 32 like a real one, for an X25519 key and HKDF-SHA256. A real one that looks the same is possible:
 * grease_like says "cannot be told from GREASE", its absence that the extension is a real one or an odd one.
 */
bool tls_parse_ech(struct tls_conn *c, struct reader body)
{
	struct tls_ech *ech = &c->hs.client_hello.ech;
	struct reader enc, payload;
	uint8_t type;

	if (!reader_u8(&body, &type))
		return false;
	if (type != ECH_OUTER)
		return true;
	if (!reader_u16(&body, &ech->kdf) || !reader_u16(&body, &ech->aead) || !reader_u8(&body, &ech->config_id) ||
	    !reader_vec16(&body, &enc) || !reader_vec16(&body, &payload))
		return false;
	ech->offered = true;
	ech->grease_like = ech->kdf == KDF_HKDF_SHA256 && enc.len == X25519_LEN && payload.len <= GREASE_PAYLOAD_MAX + TAG_LEN;
	return reader_empty(&body);
}
