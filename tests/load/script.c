/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/script.h"

#include <openssl/ssl.h>

#include "certs.h"

#define SERVERS 8			/* different leaf certificates */

/* Valid at the time of the capture files, and for twenty years. */
#define VALID .not_before = 1740000000, .not_after = 1740000000 + 20ll * 365 * 86400

static struct made root, issuer, leaf[SERVERS];
static const char *key_kind = "RSA2048";

void script_keys(bool rsa)
{
	key_kind = rsa ? "RSA2048" : "EC:P-256";
}

void script_say(struct script *s, uint8_t from, const void *p, size_t len)
{
	struct script_turn *last = s->turn_cnt ? &s->turn[s->turn_cnt - 1] : NULL;

	CERTS_MUST((s->bytes = realloc(s->bytes, s->len + len)));
	memcpy(s->bytes + s->len, p, len);
	if (last && last->from == from) {
		last->len += len;
	} else {
		CERTS_MUST(s->turn_cnt < SCRIPT_TURNS_MAX);
		s->turn[s->turn_cnt++] = (struct script_turn){ from, s->len, len };
	}
	s->len += len;
}

void script_free(struct script *s)
{
	free(s->bytes);
	*s = (struct script){ 0 };
}

static void make_leaf(unsigned int n)
{
	char subject[96], names[256], serial[40];

	if (leaf[n].x)
		return;
	snprintf(subject, sizeof(subject), "C=DE/O=Example Services %u GmbH/CN=www%u.load.example", n, n);
	snprintf(names, sizeof(names), "DNS:www%u.load.example,DNS:load%u.example,DNS:*.cdn%u.load.example,DNS:api%u.load.example", n,
		 n, n, n);
	snprintf(serial, sizeof(serial), "04A1B2C3D4E5F60718293A4B5C6D7E8F90%02X", n);
	leaf[n] = MAKE(.key = key_kind, .key_slot = "leaf", .subject = subject, .issuer = &issuer, .serial = serial, VALID,
		       .ext = { { "subjectAltName", names }, { "basicConstraints", "critical,CA:FALSE" },
				{ "keyUsage", "critical,digitalSignature,keyEncipherment" },
				{ "extendedKeyUsage", "serverAuth,clientAuth" }, { "subjectKeyIdentifier", "hash" },
				{ "authorityKeyIdentifier", "keyid" }, { "certificatePolicies", "2.23.140.1.2.1" },
				{ "authorityInfoAccess", "OCSP;URI:http://ocsp.load.example,caIssuers;URI:http://ca.load.example/i.crt" } });
}

static void make_issuers(void)
{
#define CA_EXT { "basicConstraints", "critical,CA:TRUE" }, { "keyUsage", "critical,keyCertSign,cRLSign" }, { "subjectKeyIdentifier", "hash" }
	if (root.x)
		return;
	root = MAKE(.key = key_kind, .key_slot = "root", .subject = "C=DE/O=Load Trust/CN=Load Root X1", VALID, .ext = { CA_EXT });
	issuer = MAKE(.key = key_kind, .key_slot = "issuer", .subject = "C=DE/O=Load Trust/CN=Load Issuing R3", .issuer = &root, VALID,
		      .ext = { CA_EXT, { "authorityKeyIdentifier", "keyid" },
			       { "crlDistributionPoints", "URI:http://crl.load.example/root.crl" } });
}

static SSL_CTX *server_ctx(unsigned int n)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	make_issuers();
	make_leaf(n);
	CERTS_MUST(ctx && SSL_CTX_use_certificate(ctx, leaf[n].x) > 0 && SSL_CTX_use_PrivateKey(ctx, leaf[n].key) > 0);
	CERTS_MUST(SSL_CTX_add1_chain_cert(ctx, issuer.x) && SSL_CTX_add1_chain_cert(ctx, root.x));
	return ctx;
}

static SSL_CTX *client_ctx(enum script_version version)
{
	static const unsigned char alpn[] = "\x02h2\x08http/1.1";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	CERTS_MUST(ctx && !SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1));
	SSL_CTX_set_max_proto_version(ctx, version == SCRIPT_TLS13 ? TLS1_3_VERSION : TLS1_2_VERSION);
	return ctx;
}

static SSL *make_ssl(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);

	CERTS_MUST(ssl);
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return ssl;
}

/* What one side has to say goes to the other, and into the script. */
static bool carry(struct script *s, uint8_t from, SSL *a, SSL *b)
{
	char *p;
	long n = BIO_get_mem_data(SSL_get_wbio(a), &p);

	if (n <= 0)
		return false;
	script_say(s, from, p, (size_t)n);
	CERTS_MUST(BIO_write(SSL_get_rbio(b), p, (int)n) == n);
	(void)BIO_reset(SSL_get_wbio(a));
	return true;
}

static void talk(struct script *s, SSL *client, SSL *server)
{
	static const char text[700] = "some data";
	char in[sizeof(text)];

	CERTS_MUST(SSL_write(client, text, 180) > 0);
	carry(s, 0, client, server);
	CERTS_MUST(SSL_read(server, in, sizeof(in)) > 0);
	CERTS_MUST(SSL_write(server, text, sizeof(text)) > 0);
	carry(s, 1, server, client);
	CERTS_MUST(SSL_read(client, in, sizeof(in)) > 0);
	SSL_shutdown(client);
	carry(s, 0, client, server);
	SSL_shutdown(server);
	carry(s, 1, server, client);
}

void script_handshake(struct script *s, enum script_version version, unsigned int n)
{
	SSL_CTX *cc = client_ctx(version), *sc = server_ctx(n % SERVERS);
	SSL *client = make_ssl(cc), *server = make_ssl(sc);
	char name[64];
	bool more = true;

	*s = (struct script){ 0 };
	snprintf(name, sizeof(name), "www%u.load.example", n % SERVERS);
	SSL_set_tlsext_host_name(client, name);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	while (more) {
		SSL_do_handshake(client);
		more = carry(s, 0, client, server);
		SSL_do_handshake(server);
		more |= carry(s, 1, server, client);
	}
	CERTS_MUST(SSL_is_init_finished(client) && SSL_is_init_finished(server));
	talk(s, client, server);
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(cc);
	SSL_CTX_free(sc);
}
