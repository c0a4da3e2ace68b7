/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that lives for a few milliseconds: brief ADDRESS PORT NAME. One handshake, one request; prints what the server says. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/ssl.h>

static const char request[] = "GET / HTTP/1.0\r\n\r\n";

static int connected(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 || connect(fd, (void *)&to, sizeof(to)))
		exit(2);
	return fd;
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	char answer[4096];
	int n;

	if (argc != 4 || !ssl || !SSL_set_tlsext_host_name(ssl, argv[3]) || !SSL_set_fd(ssl, connected(argv[1], argv[2])) ||
	    SSL_connect(ssl) != 1 || SSL_write(ssl, request, sizeof(request) - 1) <= 0)
		return 1;
	while ((n = SSL_read(ssl, answer, sizeof(answer))) > 0)
		fwrite(answer, 1, (size_t)n, stdout);
	SSL_shutdown(ssl);
	return 0;
}
