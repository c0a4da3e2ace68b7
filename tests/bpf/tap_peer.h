/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program with a copy of the TLS libraries of its own, so that only its handshakes are tapped: this test program once
 * more. It shakes hands with itself as often as it is told to, and writes its key log.
 */
#ifndef HSMON_TESTS_TAP_PEER_H
#define HSMON_TESTS_TAP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/kdf.h>
#include <openssl/ssl.h>

#include "certs.h"

struct tap_peer {
	pid_t pid;
	FILE *to, *from;
};

static inline void tap_peer_log(const SSL *ssl, const char *line)
{
	(void)ssl;
	puts(line);
}

static inline SSL *tap_peer_ssl(SSL_CTX *ctx, BIO *bio, bool server)
{
	SSL *ssl = SSL_new(ctx);

	SSL_set_bio(ssl, bio, bio);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

static inline void tap_peer_shake_hands(SSL_CTX *client_ctx, SSL_CTX *server_ctx)
{
	BIO *a, *b;
	SSL *client, *server;

	CERTS_MUST(BIO_new_bio_pair(&a, 0, &b, 0));
	client = tap_peer_ssl(client_ctx, a, false);
	server = tap_peer_ssl(server_ctx, b, true);
	for (int i = 0; i < 10; i++) {
		SSL_do_handshake(client);
		SSL_do_handshake(server);
	}
	CERTS_MUST(SSL_is_init_finished(client) && SSL_is_init_finished(server));
	SSL_free(client);
	SSL_free(server);
}

/* Reads how many, from standard input, until its end. */
static inline int tap_peer_main(const char *suites)
{
	const struct make make = { .subject = "CN=peer.example" };
	struct made made = make_cert(&make);
	SSL_CTX *client = SSL_CTX_new(TLS_client_method()), *server = SSL_CTX_new(TLS_server_method());
	unsigned int n;

	CERTS_MUST(SSL_CTX_use_certificate(server, made.x) && SSL_CTX_use_PrivateKey(server, made.key));
	SSL_CTX_set_num_tickets(server, 0);
	CERTS_MUST(SSL_CTX_set_ciphersuites(client, suites));
	SSL_CTX_set_keylog_callback(server, tap_peer_log);
	puts("ready");
	fflush(stdout);
	while (scanf("%u", &n) == 1) {
		while (n--)
			tap_peer_shake_hands(client, server);
		puts("done");
		fflush(stdout);
	}
	return 0;
}

static inline void tap_peer_copy(const void *function, const char *folder, char *to, size_t size)
{
	char buf[65536];
	Dl_info info;
	FILE *in, *out;
	size_t n;

	assert_int_not_equal(dladdr(function, &info), 0);
	snprintf(to, size, "%s/%s", folder, strrchr(info.dli_fname, '/') + 1);
	in = fopen(info.dli_fname, "re");
	out = fopen(to, "we");
	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		assert_int_equal(fwrite(buf, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static inline void tap_peer_await(struct tap_peer *p, const char *word, void (*fn)(void *ctx, const char *line), void *ctx)
{
	char line[512];

	while (fgets(line, sizeof(line), p->from)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(line, word))
			return;
		if (fn)
			fn(ctx, line);
	}
	fail_msg("the peer has ended");
}

/* With the libraries in that folder. */
static inline struct tap_peer tap_peer_start(const char *folder, const char *suites)
{
	struct tap_peer p;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	p.pid = fork();
	assert_true(p.pid >= 0);
	if (!p.pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		setenv("LD_LIBRARY_PATH", folder, 1);
		execl("/proc/self/exe", "peer", "--peer", suites, NULL);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	p.to = fdopen(in[1], "w");
	p.from = fdopen(out[0], "r");
	tap_peer_await(&p, "ready", NULL, NULL);
	return p;
}

static inline void tap_peer_ask(struct tap_peer *p, unsigned int handshakes, void (*fn)(void *ctx, const char *line), void *ctx)
{
	fprintf(p->to, "%u\n", handshakes);
	fflush(p->to);
	tap_peer_await(p, "done", fn, ctx);
}

static inline void tap_peer_stop(struct tap_peer *p)
{
	int status;

	fclose(p->to);
	fclose(p->from);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_int_equal(status, 0);
}

#endif
