/* SPDX-License-Identifier: BSD-2-Clause */
/* What a direction begins with. */
#include <string.h>

#include "tls/internal.h"

#define SSL2_ERROR 0
#define SSL2_CLIENT_HELLO 1
#define SSL2_SERVER_HELLO 4

/* Does p begin with what, as far as both go? */
static bool prefix_of(const uint8_t *p, size_t len, const void *what, size_t what_len)
{
	return !memcmp(p, what, len < what_len ? len : what_len);
}

static enum tls_start judge_records(const uint8_t *p, size_t len)
{
	if ((len >= 2 && p[1] != 3) || (len >= 3 && p[2] > 4))
		return TLS_START_CLEAR;
	if (len < 5)
		return TLS_START_MORE;
	return tls_record_header_sane(p) && (p[3] || p[4]) ? TLS_START_RECORDS : TLS_START_CLEAR;
}

static uint32_t u16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* The draft of SSL 2.0, section 2.5 (also RFC 5246 appendix E.2): the lengths must add up to the record's. */
static bool ssl2_client_hello(const uint8_t *p, uint32_t len)
{
	uint32_t specs = u16(p + 5), session_id = u16(p + 7), challenge = u16(p + 9);

	return (p[3] == 3 || (p[3] == 0 && p[4] == 2)) && specs && specs % 3 == 0 && session_id <= 32 && challenge >= 8 &&
	       challenge <= 32 && len == 9 + specs + session_id + challenge;
}

static bool ssl2_server_hello(const uint8_t *p, uint32_t len)
{
	uint32_t certificate = u16(p + 7), specs = u16(p + 9);

	return p[3] <= 1 && p[4] <= 1 && p[5] == 0 && p[6] == 2 && specs % 3 == 0 && len >= 11 + certificate + specs &&
	       len <= 11 + certificate + specs + 32;
}

static enum tls_start judge_ssl2(const uint8_t *p, size_t len)
{
	uint32_t record;

	if (len >= 3 && p[2] != SSL2_CLIENT_HELLO && p[2] != SSL2_SERVER_HELLO && p[2] != SSL2_ERROR)
		return TLS_START_CLEAR;
	if (len < 5)
		return TLS_START_MORE;
	record = u16(p) & 0x7fff;
	if (p[2] == SSL2_ERROR)
		return record == 3 && p[3] == 0 && p[4] <= 6 ? TLS_START_SSL2 : TLS_START_CLEAR;
	if (len < 11)
		return TLS_START_MORE;
	if (p[2] == SSL2_CLIENT_HELLO ? ssl2_client_hello(p, record) : ssl2_server_hello(p, record))
		return TLS_START_SSL2;
	return TLS_START_CLEAR;
}

enum tls_start tls_start_judge(const uint8_t *p, size_t len)
{
	static const uint8_t proxy_v2[12] = "\r\n\r\n\0\r\nQUIT\n";

	if (!len)
		return TLS_START_MORE;
	if (p[0] >= TLS_CT_CHANGE_CIPHER_SPEC && p[0] <= TLS_CT_HEARTBEAT)
		return judge_records(p, len);
	if (p[0] & 0x80)
		return judge_ssl2(p, len);
	if (prefix_of(p, len, "PROXY ", 6))
		return len < 6 ? TLS_START_MORE : TLS_START_PROXY;
	if (prefix_of(p, len, proxy_v2, sizeof(proxy_v2)))
		return len < sizeof(proxy_v2) ? TLS_START_MORE : TLS_START_PROXY;
	return TLS_START_CLEAR;
}
