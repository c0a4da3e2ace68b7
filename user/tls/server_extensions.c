/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions of the ServerHello, of HelloRetryRequest and of EncryptedExtensions. */
#include "tls/internal.h"

/* RFC 7301 section 3.1: a list of exactly one. */
static bool alpn(struct tls_conn *c, struct reader body)
{
	struct reader list, name;

	if (!reader_vec16(&body, &list) || !reader_vec8(&list, &name))
		return false;
	c->hs.server_hello.alpn = tls_keep(c, name);
	return reader_empty(&list) && reader_empty(&body);
}

/* RFC 8446 section 4.2.8: a share; in HelloRetryRequest the group alone. */
static bool key_share(struct tls_conn *c, struct reader body)
{
	struct reader key;

	if (!reader_u16(&body, &c->hs.server_hello.key_share_group))
		return false;
	return reader_empty(&body) || (reader_vec16(&body, &key) && reader_empty(&body));
}

/* RFC 8446 section 4.2.1 */
static bool supported_versions(struct tls_conn *c, struct reader body)
{
	return reader_u16(&body, &c->hs.server_hello.selected_version) && reader_empty(&body);
}

/* RFC 8446 section 4.2.11 */
static bool pre_shared_key(struct tls_conn *c, struct reader body)
{
	c->hs.server_hello.psk = true;
	return body.len == 2;
}

static bool session_ticket(struct tls_conn *c, struct reader body)
{
	c->hs.server_hello.session_ticket = true;
	return reader_empty(&body);
}

static bool status_request(struct tls_conn *c, struct reader body)
{
	c->hs.server_hello.status_request = true;
	return reader_empty(&body);
}

bool tls_count_scts(struct reader body, uint8_t *cnt)
{
	struct reader list, sct;

	/* RFC 6962 section 3.3: SignedCertificateTimestampList */
	if (!reader_vec16(&body, &list))
		return false;
	while (reader_vec16(&list, &sct))
		if (*cnt < UINT8_MAX)
			++*cnt;
	return reader_empty(&list) && reader_empty(&body);
}

static bool sct(struct tls_conn *c, struct reader body)
{
	c->hs.server_hello.sct = true;
	c->hs.server_hello.scts = tls_keep(c, body);
	return tls_count_scts(body, &c->hs.server_hello.sct_cnt);
}

static bool extended_master_secret(struct tls_conn *c, struct reader body)
{
	c->hs.server_hello.extended_master_secret = true;
	return reader_empty(&body);
}

static bool renegotiation_info(struct tls_conn *c, struct reader body)
{
	struct reader verify_data;

	c->hs.server_hello.renegotiation_info = true;
	return reader_vec8(&body, &verify_data) && reader_empty(&body);
}

static bool heartbeat(struct tls_conn *c, struct reader body)
{
	c->hs.server_hello.heartbeat = true;
	return body.len == 1;
}

static bool record_size_limit(struct tls_conn *c, struct reader body)
{
	return reader_u16(&body, &c->hs.server_hello.record_size_limit) && reader_empty(&body);
}

/* RFC 7250 section 3: the one type chosen. */
static bool client_certificate_type(struct tls_conn *c, struct reader body)
{
	return reader_u8(&body, &c->hs.server_hello.certificate_type[TLS_CLIENT]) && reader_empty(&body);
}

static bool server_certificate_type(struct tls_conn *c, struct reader body)
{
	return reader_u8(&body, &c->hs.server_hello.certificate_type[TLS_SERVER]) && reader_empty(&body);
}

/* RFC 8446 section 4.2.10: in EncryptedExtensions it says that early data were accepted. */
static bool early_data(struct tls_conn *c, struct reader body)
{
	c->hs.early_data = true;
	return reader_empty(&body);
}

/* draft-agl-tls-nextprotoneg-04 section 3: names without a length around them. */
static bool next_protocol(struct tls_conn *c, struct reader body)
{
	uint32_t cnt;

	return tls_keep_vectors(c, body, 1, TLS_LIST_MAX, &c->hs.server_hello.npn, &cnt);
}

const struct tls_extension_def tls_server_extensions[] = {
	{ 43, supported_versions },
	{ 51, key_share },
	{ 0xff01, renegotiation_info },
	{ 16, alpn },
	{ 23, extended_master_secret },
	{ 35, session_ticket },
	{ 41, pre_shared_key },
	{ 5, status_request },
	{ 18, sct },
	{ 15, heartbeat },
	{ 28, record_size_limit },
	{ 19, client_certificate_type },
	{ 20, server_certificate_type },
	{ 42, early_data },
	{ 13172, next_protocol },
	{ 40, key_share },		/* drafts of TLS 1.3 before 23 */
};
const size_t tls_server_extension_cnt = sizeof(tls_server_extensions) / sizeof(tls_server_extensions[0]);

/* RFC 8446 section 4.3.1: seen only with keys. Its extensions are the ServerHello's, told later. */
void tls_parse_encrypted_extensions(struct tls_conn *c, const struct tls_message *m)
{
	struct reader r = reader_of(m->body, m->len), block;
	struct tls_u16s types = { 0 };

	if (reader_vec16(&r, &block))
		(void)tls_walk_extensions(c, block, tls_server_extensions, tls_server_extension_cnt, &types);
}
