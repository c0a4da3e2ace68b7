// SPDX-License-Identifier: BSD-2-Clause
/* A peer on wolfSSL: TLS 1.2, 1.3, DTLS 1.2. Its command line: stack.h. */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <stdio.h>
#include <string.h>

#include "stack.h"

static WOLFSSL_METHOD *method(const struct stack_options *o)
{
	if (o->udp)
		return o->server ? wolfDTLSv1_2_server_method() : wolfDTLSv1_2_client_method();
	if (!strcmp(o->version, "1.3"))
		return o->server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method();
	return o->server ? wolfTLSv1_2_server_method() : wolfTLSv1_2_client_method();
}

static WOLFSSL_CTX *context(const struct stack_options *o)
{
	WOLFSSL_CTX *ctx = wolfSSL_CTX_new(method(o));
	int verify = SSL_VERIFY_NONE;

	if (!ctx)
		stack_die("context");
	if (o->chain && (wolfSSL_CTX_use_certificate_chain_file(ctx, o->chain) != SSL_SUCCESS ||
			 wolfSSL_CTX_use_PrivateKey_file(ctx, o->key, SSL_FILETYPE_PEM) != SSL_SUCCESS))
		stack_die("certificate");
	if (o->root) {
		if (wolfSSL_CTX_load_verify_locations(ctx, o->root, NULL) != SSL_SUCCESS)
			stack_die("root");
		verify = SSL_VERIFY_PEER;
	}
	if (o->demand)
		verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	wolfSSL_CTX_set_verify(ctx, verify, NULL);
	return ctx;
}

static void talk(const struct stack_options *o, WOLFSSL *ssl)
{
	const char *text = o->server ? STACK_ANSWER : STACK_REQUEST;
	char buf[4096];

	if (o->server)
		wolfSSL_read(ssl, buf, sizeof(buf));
	wolfSSL_write(ssl, text, (int)strlen(text));
	while (!o->server && !o->udp && wolfSSL_read(ssl, buf, sizeof(buf)) > 0)
		;
	wolfSSL_shutdown(ssl);
}

static void prepare(const struct stack_options *o, WOLFSSL *ssl, int fd)
{
	char alpn[64];

	wolfSSL_set_fd(ssl, fd);
	if (o->name)
		wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, o->name, (unsigned short)strlen(o->name));
	if (o->alpn) {
		snprintf(alpn, sizeof(alpn), "%s", o->alpn);
		wolfSSL_UseALPN(ssl, alpn, (unsigned)strlen(alpn), WOLFSSL_ALPN_FAILED_ON_MISMATCH);
	}
}

static bool one(const struct stack_options *o, WOLFSSL_CTX *ctx, int fd)
{
	WOLFSSL *ssl = wolfSSL_new(ctx);
	char text[160];
	int ret;

	if (!ssl)
		stack_die("connection");
	prepare(o, ssl, fd);
	ret = o->server ? wolfSSL_accept(ssl) : wolfSSL_connect(ssl);
	if (ret != SSL_SUCCESS) {
		printf("failed: %s\n", wolfSSL_ERR_error_string((unsigned long)wolfSSL_get_error(ssl, ret), text));
	} else {
		printf("ok %s %s\n", wolfSSL_get_version(ssl), wolfSSL_get_cipher_name(ssl));
		talk(o, ssl);
	}
	wolfSSL_free(ssl);
	close(fd);
	return ret == SSL_SUCCESS;
}

int main(int argc, char **argv)
{
	struct stack_options o = stack_parse(argc, argv);
	WOLFSSL_CTX *ctx;
	int fd;

	wolfSSL_Init();
	ctx = context(&o);
	fd = stack_socket(&o);
	if (!o.server)
		return !one(&o, ctx, fd);
	for (;;) {
		one(&o, ctx, stack_accept(&o, fd));
		stack_release(&o, fd);
	}
}
