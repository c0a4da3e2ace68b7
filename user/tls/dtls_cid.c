/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/dtls_internal.h"

#define EXT_CONNECTION_ID 54
#define RANDOM_LEN 32

/* Up to the extensions: RFC 6347 section 4.2.1 (ClientHello, with a cookie), RFC 5246 section 7.4.1.3 (ServerHello). */
static bool skip_fields(struct reader *r, bool client)
{
	struct reader v;

	if (!reader_skip(r, 2 + RANDOM_LEN) || !reader_vec8(r, &v))
		return false;
	if (!client)
		return reader_skip(r, 2 + 1);
	return reader_vec8(r, &v) && reader_vec16(r, &v) && reader_vec8(r, &v);
}

bool dtls_hello_cid(const struct tls_message *m, int *len)
{
	struct reader r = reader_of(m->body, m->len), block, body, cid;
	uint16_t type;

	if (!skip_fields(&r, m->type == TLS_MSG_CLIENT_HELLO) || !reader_vec16(&r, &block))
		return false;
	while (reader_u16(&block, &type) && reader_vec16(&block, &body)) {
		if (type != EXT_CONNECTION_ID)
			continue;
		if (!reader_vec8(&body, &cid))
			return false;
		*len = (int)cid.len;
		return true;
	}
	return false;
}
