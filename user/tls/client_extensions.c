/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions of the ClientHello. Each function takes the content of one and says whether it was well formed. */
#include "tls/internal.h"

#define NAME_TYPE_HOST 0

/* RFC 6066 section 3: ServerNameList; the first host_name counts. */
static bool server_name(struct tls_conn *c, struct reader body)
{
	struct reader list, name;
	uint8_t type;

	if (!reader_vec16(&body, &list))
		return false;
	while (reader_u8(&list, &type) && reader_vec16(&list, &name))
		if (type == NAME_TYPE_HOST && !c->hs.client_hello.server_name.p)
			c->hs.client_hello.server_name = tls_keep(c, name);
	return reader_empty(&list) && reader_empty(&body);
}

/* RFC 6066 section 8; RFC 6961 */
static bool status_request(struct tls_conn *c, struct reader body)
{
	(void)body;
	c->hs.client_hello.status_request = true;
	return true;
}

/* RFC 8446 section 4.2.7 */
static bool supported_groups(struct tls_conn *c, struct reader body)
{
	return tls_take_u16s(c, &body, 2, &c->hs.client_hello.groups) && reader_empty(&body);
}

/* RFC 8422 section 5.1.2 */
static bool point_formats(struct tls_conn *c, struct reader body)
{
	struct reader list;

	if (!reader_vec8(&body, &list))
		return false;
	c->hs.client_hello.point_formats = tls_keep(c, list);
	return reader_empty(&body);
}

/* RFC 8446 section 4.2.3 */
static bool signature_algorithms(struct tls_conn *c, struct reader body)
{
	return tls_take_u16s(c, &body, 2, &c->hs.client_hello.signature_algorithms) && reader_empty(&body);
}

/* RFC 6520 section 2 */
static bool heartbeat(struct tls_conn *c, struct reader body)
{
	c->hs.client_hello.heartbeat = true;
	return body.len == 1;
}

/* RFC 7301 section 3.1 */
static bool alpn(struct tls_conn *c, struct reader body)
{
	struct reader list;
	uint32_t cnt;

	if (!reader_vec16(&body, &list))
		return false;
	return tls_keep_vectors(c, list, 1, TLS_LIST_MAX, &c->hs.client_hello.alpn, &cnt) && reader_empty(&body);
}

/* RFC 6962 section 3.3.1 */
static bool sct(struct tls_conn *c, struct reader body)
{
	(void)body;
	c->hs.client_hello.sct = true;
	return true;
}

/* RFC 7250 section 3: a list of types, 2 is RawPublicKey. */
static bool certificate_type(struct tls_conn *c, struct reader body)
{
	struct reader list;
	uint8_t type;

	if (!reader_vec8(&body, &list))
		return false;
	while (reader_u8(&list, &type))
		c->hs.client_hello.raw_public_key |= type == 2;
	return reader_empty(&body);
}

/* RFC 7627 section 5.1 */
static bool extended_master_secret(struct tls_conn *c, struct reader body)
{
	c->hs.client_hello.extended_master_secret = true;
	return reader_empty(&body);
}

/* RFC 8879 section 3 */
static bool compress_certificate(struct tls_conn *c, struct reader body)
{
	return tls_take_u16s(c, &body, 1, &c->hs.client_hello.certificate_compression) && reader_empty(&body);
}

/* RFC 8449 section 4 */
static bool record_size_limit(struct tls_conn *c, struct reader body)
{
	return reader_u16(&body, &c->hs.client_hello.record_size_limit) && reader_empty(&body);
}

/* RFC 9345 section 4.1.1 */
static bool delegated_credential(struct tls_conn *c, struct reader body)
{
	(void)body;
	c->hs.client_hello.delegated_credential = true;
	return true;
}

/* RFC 5077 section 3.2: empty asks for a ticket, else it is one. */
static bool session_ticket(struct tls_conn *c, struct reader body)
{
	c->hs.client_hello.session_ticket = body.len > 0;
	return true;
}

/* RFC 8446 section 4.2.11 */
static bool pre_shared_key(struct tls_conn *c, struct reader body)
{
	struct reader identities, binders;

	c->hs.client_hello.psk = true;
	return reader_vec16(&body, &identities) && reader_vec16(&body, &binders) && reader_empty(&body);
}

/* RFC 8446 section 4.2.10 */
static bool early_data(struct tls_conn *c, struct reader body)
{
	c->hs.client_hello.early_data = true;
	return reader_empty(&body);
}

/* RFC 8446 section 4.2.1 */
static bool supported_versions(struct tls_conn *c, struct reader body)
{
	return tls_take_u16s(c, &body, 1, &c->hs.client_hello.supported_versions) && reader_empty(&body);
}

/* RFC 8446 section 4.2.9 */
static bool psk_modes(struct tls_conn *c, struct reader body)
{
	struct reader list;

	if (!reader_vec8(&body, &list))
		return false;
	c->hs.client_hello.psk_modes = tls_keep(c, list);
	return reader_empty(&body);
}

/* RFC 8446 section 4.2.6 */
static bool post_handshake_auth(struct tls_conn *c, struct reader body)
{
	c->hs.client_hello.post_handshake_auth = true;
	return reader_empty(&body);
}

/* RFC 8446 section 4.2.8: only the groups, a share can be 1,200 bytes long. */
static bool key_share(struct tls_conn *c, struct reader body)
{
	struct reader list, count, key;
	uint16_t group, *v;
	size_t n = 0;

	if (!reader_vec16(&body, &list))
		return false;
	count = list;
	while (n < TLS_LIST_MAX && reader_u16(&count, &group) && reader_vec16(&count, &key))
		n++;
	v = arena_alloc(c->arena, n * sizeof(*v));
	if (!v) {
		tls_mark_truncated(c);
		return true;
	}
	c->hs.client_hello.key_shares.v = v;
	for (size_t i = 0; i < n && reader_u16(&list, &v[i]) && reader_vec16(&list, &key); i++)
		c->hs.client_hello.key_shares.n++;
	return reader_empty(&list) && reader_empty(&body);
}

/* RFC 5746 section 3.2 */
static bool renegotiation_info(struct tls_conn *c, struct reader body)
{
	struct reader verify_data;

	c->hs.client_hello.renegotiation_info = true;
	return reader_vec8(&body, &verify_data) && reader_empty(&body);
}

/* draft-agl-tls-nextprotoneg-04 */
static bool next_protocol(struct tls_conn *c, struct reader body)
{
	(void)body;
	c->hs.client_hello.npn = true;
	return true;
}

/* draft-vvv-tls-alps-01 */
static bool application_settings(struct tls_conn *c, struct reader body)
{
	(void)body;
	c->hs.client_hello.application_settings = true;
	return true;
}

/* draft-ietf-tls-esni-06 and before */
static bool esni(struct tls_conn *c, struct reader body)
{
	(void)body;
	c->hs.client_hello.esni = true;
	return true;
}

/* The most frequent first: the table is searched. */
const struct tls_extension_def tls_client_extensions[] = {
	{ 0, server_name },
	{ 10, supported_groups },
	{ 11, point_formats },
	{ 13, signature_algorithms },
	{ 16, alpn },
	{ 23, extended_master_secret },
	{ 43, supported_versions },
	{ 51, key_share },
	{ 45, psk_modes },
	{ 35, session_ticket },
	{ 0xff01, renegotiation_info },
	{ 5, status_request },
	{ 18, sct },
	{ 27, compress_certificate },
	{ 17513, application_settings },
	{ 17613, application_settings },
	{ 0xfe0d, tls_parse_ech },
	{ 41, pre_shared_key },
	{ 42, early_data },
	{ 28, record_size_limit },
	{ 34, delegated_credential },
	{ 49, post_handshake_auth },
	{ 17, status_request },
	{ 15, heartbeat },
	{ 19, certificate_type },
	{ 20, certificate_type },
	{ 13172, next_protocol },
	{ 0xffce, esni },
	{ 40, key_share },		/* drafts of TLS 1.3 before 23 */
};
const size_t tls_client_extension_cnt = sizeof(tls_client_extensions) / sizeof(tls_client_extensions[0]);
