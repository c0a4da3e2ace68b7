/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of the TLS parser: OpenSSL as client and server in this process, what they send recorded. */
#ifndef HSMON_TESTS_TLS_PEERS_H
#define HSMON_TESTS_TLS_PEERS_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "unit/tls_kit.h"

struct identity {
	EVP_PKEY *key;
	X509 *cert;
	unsigned char *der;
	int der_len;
};

static inline void identity_make(struct identity *id, EVP_PKEY *key, const char *name, const struct identity *issuer)
{
	X509_NAME *subject;

	id->key = key;
	id->cert = X509_new();
	X509_set_version(id->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id->cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(id->cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(id->cert), 86400);
	X509_set_pubkey(id->cert, key);
	subject = X509_get_subject_name(id->cert);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(id->cert, issuer ? X509_get_subject_name(issuer->cert) : subject);
	assert_true(X509_sign(id->cert, issuer ? issuer->key : key, EVP_sha256()) > 0);
	id->der = NULL;
	id->der_len = i2d_X509(id->cert, &id->der);
	assert_true(id->der_len > 0);
}

static inline void identity_free(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
	OPENSSL_free(id->der);
}

/* How a handshake is to go; zeros are OpenSSL's defaults. */
struct peers {
	int min_version, max_version;
	const char *ciphers, *suites13, *client_groups, *server_groups;
	const struct identity *server, *server_issuer, *server_root, *client;
	bool ask_client, must_client, refuse_server, no_ticket, alpn, staple, dh;
	bool renegotiate;		/* after some data */
	bool ask_late;			/* after some data */
	bool early;			/* the client sends early data */
	SSL_SESSION *session;		/* in: to be resumed */
	SSL_SESSION **out_session;
	SSL_CTX *server_ctx;		/* in: of the handshake whose session it was; out: for the next */
	const char *name;
	long max_fragment;
};

static inline int peers_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
			     unsigned int in_len, void *arg)
{
	(void)ssl;
	(void)arg;
	*out = in + 1;
	*out_len = in[0];
	return in_len ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static inline int peers_accept_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static inline int peers_refuse(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_HAS_EXPIRED);
	return 0;
}

static inline int peers_staple(SSL *ssl, void *arg)
{
	unsigned char *copy = OPENSSL_malloc(500);

	(void)arg;
	memset(copy, 0x0c, 500);
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, 500);
	return SSL_TLSEXT_ERR_OK;
}

static inline void peers_common(SSL_CTX *ctx, const struct peers *h, const char *groups)
{
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, h->min_version);
	SSL_CTX_set_max_proto_version(ctx, h->max_version);
	assert_true(SSL_CTX_set_cipher_list(ctx, h->ciphers ? h->ciphers : "ALL:@SECLEVEL=0"));
	if (h->suites13)
		assert_true(SSL_CTX_set_ciphersuites(ctx, h->suites13));
	if (groups)
		assert_true(SSL_CTX_set1_groups_list(ctx, groups));
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	if (h->max_fragment)
		SSL_CTX_set_max_send_fragment(ctx, (size_t)h->max_fragment);
}

static inline SSL_CTX *peers_server(const struct peers *h)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	peers_common(ctx, h, h->server_groups);
	assert_true(SSL_CTX_use_certificate(ctx, h->server->cert));
	assert_true(SSL_CTX_use_PrivateKey(ctx, h->server->key));
	if (h->server_issuer)
		SSL_CTX_add1_chain_cert(ctx, h->server_issuer->cert);
	if (h->server_root)
		SSL_CTX_add1_chain_cert(ctx, h->server_root->cert);
	if (h->ask_client || h->must_client) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (h->must_client ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), peers_accept_any);
		SSL_CTX_add_client_CA(ctx, h->server->cert);
	}
	if (h->no_ticket) {
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		SSL_CTX_set_num_tickets(ctx, 0);
	}
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"test", 4);
	SSL_CTX_set_alpn_select_cb(ctx, h->alpn ? peers_alpn : NULL, NULL);
	if (h->staple)
		SSL_CTX_set_tlsext_status_cb(ctx, peers_staple);
	SSL_CTX_set_dh_auto(ctx, 1);
	SSL_CTX_set_max_early_data(ctx, h->early ? 16384 : 0);
	SSL_CTX_set_options(ctx, SSL_OP_NO_ANTI_REPLAY | (h->renegotiate ? SSL_OP_ALLOW_CLIENT_RENEGOTIATION : 0));
	return ctx;
}

static inline SSL_CTX *peers_client(const struct peers *h)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	peers_common(ctx, h, h->client_groups);
	if (h->client) {
		assert_true(SSL_CTX_use_certificate(ctx, h->client->cert));
		assert_true(SSL_CTX_use_PrivateKey(ctx, h->client->key));
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, h->refuse_server ? peers_refuse : peers_accept_any);
	SSL_CTX_set_post_handshake_auth(ctx, h->ask_late);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	if (h->alpn)
		SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)"\x02h2\x08http/1.1", 12);
	if (h->staple)
		SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
	return ctx;
}

/* Carries what one side wrote to the other, and notes it. */
static inline bool peers_carry(struct trace *t, int dir, SSL *from, SSL *to)
{
	uint8_t buf[70000];
	int n = BIO_read(SSL_get_wbio(from), buf, sizeof(buf));

	if (n <= 0)
		return false;
	trace_add(t, dir, buf, (size_t)n);
	assert_int_equal(BIO_write(SSL_get_rbio(to), buf, n), n);
	return true;
}

static inline void peers_pump(struct trace *t, SSL *client, SSL *server)
{
	char buf[1000];
	bool moved;

	do {
		(void)SSL_read(client, buf, sizeof(buf));
		moved = peers_carry(t, 0, client, server);
		(void)SSL_read(server, buf, sizeof(buf));
		moved |= peers_carry(t, 1, server, client);
	} while (moved);
}

static inline void peers_talk(struct trace *t, SSL *client, SSL *server)
{
	static const char text[300];

	(void)SSL_write(client, text, sizeof(text));
	peers_pump(t, client, server);
	(void)SSL_write(server, text, sizeof(text));
	peers_pump(t, client, server);
}

static inline void peers_early(struct trace *t, SSL *client, SSL *server)
{
	char text[100] = "early";
	size_t n;

	assert_true(SSL_write_early_data(client, text, sizeof(text), &n));
	peers_carry(t, 0, client, server);
	assert_int_equal(SSL_read_early_data(server, text, sizeof(text), &n), SSL_READ_EARLY_DATA_SUCCESS);
	assert_int_equal(n, sizeof(text));
	(void)SSL_read_early_data(server, text, sizeof(text), &n);
	peers_carry(t, 1, server, client);
	(void)SSL_do_handshake(client);
	peers_carry(t, 0, client, server);
	assert_int_equal(SSL_read_early_data(server, text, sizeof(text), &n), SSL_READ_EARLY_DATA_FINISH);
}

static inline SSL *peers_ssl(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(ssl), -1);
	BIO_set_mem_eof_return(SSL_get_wbio(ssl), -1);
	return ssl;
}

/* The handshake and, if it succeeds and data is set, some data in both directions and a goodbye. True: it succeeded. */
static inline bool peers_run(struct trace *t, struct peers *h, bool data)
{
	SSL_CTX *client_ctx = peers_client(h), *server_ctx = h->server_ctx ? h->server_ctx : peers_server(h);
	SSL *client = peers_ssl(client_ctx), *server = peers_ssl(server_ctx);
	bool fine;

	ERR_clear_error();
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	if (h->name)
		SSL_set_tlsext_host_name(client, h->name);
	if (h->session)
		assert_true(SSL_set_session(client, h->session));
	if (h->early)
		peers_early(t, client, server);
	peers_pump(t, client, server);
	fine = SSL_is_init_finished(client) && SSL_is_init_finished(server);
	if (fine && data) {
		peers_talk(t, client, server);
		if (h->renegotiate) {
			assert_true(SSL_renegotiate(client));
			(void)SSL_do_handshake(client);
			peers_pump(t, client, server);
			assert_true(SSL_is_init_finished(client));
			peers_talk(t, client, server);
		}
		if (h->ask_late) {
			SSL_set_verify(server, SSL_VERIFY_PEER, peers_accept_any);
			assert_true(SSL_verify_client_post_handshake(server));
			(void)SSL_do_handshake(server);
			peers_pump(t, client, server);
		}
		if (h->out_session)
			*h->out_session = SSL_SESSION_dup(SSL_get0_session(client));
		SSL_shutdown(client);
		peers_pump(t, client, server);
		/* Else the session would be taken for a broken one. */
		SSL_shutdown(server);
		peers_carry(t, 1, server, client);
	}
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(client_ctx);
	h->server_ctx = server_ctx;
	return fine;
}

#endif
