// SPDX-License-Identifier: BSD-2-Clause
/* A peer on mbedTLS 2.28: TLS and DTLS, up to 1.2. Its command line: stack.h. */
#include <stdio.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/timing.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_MAJOR != 2
#error "needs mbedTLS 2"
#endif

#include "stack.h"

struct peer {
	struct stack_options o;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_ssl_config config;
	mbedtls_ssl_cookie_ctx cookie;
	mbedtls_x509_crt chain, root;
	mbedtls_pk_context key;
	mbedtls_timing_delay_context timer;
	const char *alpn[2];
};

static void must(int ret, const char *what)
{
	if (ret)
		stack_die(what);
}

static int minor(const char *version)
{
	return !strcmp(version, "1.0") ? MBEDTLS_SSL_MINOR_VERSION_1 :
	       !strcmp(version, "1.1") ? MBEDTLS_SSL_MINOR_VERSION_2 : MBEDTLS_SSL_MINOR_VERSION_3;
}

static void load(struct peer *p)
{
	mbedtls_x509_crt_init(&p->chain);
	mbedtls_x509_crt_init(&p->root);
	mbedtls_pk_init(&p->key);
	if (p->o.chain) {
		must(mbedtls_x509_crt_parse_file(&p->chain, p->o.chain), "certificate");
		must(mbedtls_pk_parse_keyfile(&p->key, p->o.key, NULL), "key");
		must(mbedtls_ssl_conf_own_cert(&p->config, &p->chain, &p->key), "own certificate");
	}
	if (p->o.root) {
		must(mbedtls_x509_crt_parse_file(&p->root, p->o.root), "root");
		mbedtls_ssl_conf_ca_chain(&p->config, &p->root, NULL);
	}
}

static void configure(struct peer *p)
{
	int verify = p->o.root && (p->o.demand || !p->o.server) ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE;

	mbedtls_entropy_init(&p->entropy);
	mbedtls_ctr_drbg_init(&p->random);
	must(mbedtls_ctr_drbg_seed(&p->random, mbedtls_entropy_func, &p->entropy, NULL, 0), "seed");
	mbedtls_ssl_config_init(&p->config);
	must(mbedtls_ssl_config_defaults(&p->config, p->o.server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
					 p->o.udp ? MBEDTLS_SSL_TRANSPORT_DATAGRAM : MBEDTLS_SSL_TRANSPORT_STREAM,
					 MBEDTLS_SSL_PRESET_DEFAULT), "defaults");
	mbedtls_ssl_conf_rng(&p->config, mbedtls_ctr_drbg_random, &p->random);
	mbedtls_ssl_conf_authmode(&p->config, verify);
	mbedtls_ssl_conf_min_version(&p->config, MBEDTLS_SSL_MAJOR_VERSION_3, minor(p->o.version));
	mbedtls_ssl_conf_max_version(&p->config, MBEDTLS_SSL_MAJOR_VERSION_3, minor(p->o.version));
	load(p);
	if (p->o.alpn) {
		p->alpn[0] = p->o.alpn;
		must(mbedtls_ssl_conf_alpn_protocols(&p->config, p->alpn), "alpn");
	}
	if (p->o.server && p->o.udp) {
		mbedtls_ssl_cookie_init(&p->cookie);
		must(mbedtls_ssl_cookie_setup(&p->cookie, mbedtls_ctr_drbg_random, &p->random), "cookie");
		mbedtls_ssl_conf_dtls_cookies(&p->config, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &p->cookie);
	}
}

static bool again(int ret)
{
	return ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int shake_hands(struct peer *p, mbedtls_ssl_context *ssl)
{
	int ret;

	do {
		ret = mbedtls_ssl_handshake(ssl);
		/* RFC 6347 section 4.2.1: the answer to a cookie is a connection of its own */
		if (ret == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) {
			mbedtls_ssl_session_reset(ssl);
			must(mbedtls_ssl_set_client_transport_id(ssl, (const unsigned char *)"it", 2), "transport id");
			ret = MBEDTLS_ERR_SSL_WANT_READ;
		}
	} while (again(ret));
	(void)p;
	return ret;
}

static void talk(struct peer *p, mbedtls_ssl_context *ssl)
{
	const char *text = p->o.server ? STACK_ANSWER : STACK_REQUEST;
	unsigned char buf[4096];
	int ret = 1;

	if (p->o.server)
		while (again(mbedtls_ssl_read(ssl, buf, sizeof(buf))))
			;
	while (again(mbedtls_ssl_write(ssl, (const unsigned char *)text, strlen(text))))
		;
	while (!p->o.server && !p->o.udp && (ret > 0 || again(ret)))
		ret = mbedtls_ssl_read(ssl, buf, sizeof(buf));
	mbedtls_ssl_close_notify(ssl);
}

static bool one(struct peer *p, int fd)
{
	mbedtls_net_context net = { .fd = fd };
	mbedtls_ssl_context ssl;
	char text[200];
	int ret;

	mbedtls_ssl_init(&ssl);
	must(mbedtls_ssl_setup(&ssl, &p->config), "setup");
	mbedtls_ssl_set_timer_cb(&ssl, &p->timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
	mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
	if (p->o.name)
		must(mbedtls_ssl_set_hostname(&ssl, p->o.name), "name");
	if (p->o.server && p->o.udp)
		must(mbedtls_ssl_set_client_transport_id(&ssl, (const unsigned char *)"it", 2), "transport id");
	ret = shake_hands(p, &ssl);
	if (ret) {
		mbedtls_strerror(ret, text, sizeof(text));
		printf("failed: %s\n", text);
	} else {
		printf("ok %s %s\n", mbedtls_ssl_get_version(&ssl), mbedtls_ssl_get_ciphersuite(&ssl));
		talk(p, &ssl);
	}
	mbedtls_ssl_free(&ssl);
	close(fd);
	return !ret;
}

int main(int argc, char **argv)
{
	static struct peer p;
	int fd;

	p.o = stack_parse(argc, argv);
	configure(&p);
	fd = stack_socket(&p.o);
	if (!p.o.server)
		return !one(&p, fd);
	for (;;) {
		one(&p, stack_accept(&p.o, fd));
		stack_release(&p.o, fd);
	}
}
