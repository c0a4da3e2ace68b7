/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the small peers have in common: one command line, files, sockets.
 *
 *   PROGRAM [-s] [-u] [-a ADDRESS] [-p PORT] [-n NAME] [-C CHAIN -K KEY] [-A ROOT] [-v VERSION] [-l ALPN] [-m]
 *
 *   -s  server: serves one connection after the other; else client: one connection
 *   -u  DTLS
 *   -A  what the other side's certificate must descend from; without it nothing is verified
 *   -m  server: demands a client certificate
 *
 * Each connection gives one line: "ok ..." or "failed: ...". The client ends with status 0 or 1.
 */
#ifndef HSMON_TESTS_STACK_H
#define HSMON_TESTS_STACK_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_REQUEST "GET / HTTP/1.0\r\n\r\n"
#define STACK_ANSWER "HTTP/1.0 200 OK\r\n\r\nhello\n"

struct stack_options {
	bool server, udp, demand;
	const char *address, *name, *chain, *key, *root, *version, *alpn;
	int port;
};

static inline void stack_die(const char *what)
{
	printf("failed: %s\n", what);
	exit(2);
}

static inline struct stack_options stack_parse(int argc, char **argv)
{
	struct stack_options o = { .address = "127.0.0.1", .port = 443, .version = "1.2" };
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "suma:p:n:C:K:A:v:l:")) != -1) {
		switch (c) {
		case 's': o.server = true; break;
		case 'u': o.udp = true; break;
		case 'm': o.demand = true; break;
		case 'a': o.address = optarg; break;
		case 'p': o.port = atoi(optarg); break;
		case 'n': o.name = optarg; break;
		case 'C': o.chain = optarg; break;
		case 'K': o.key = optarg; break;
		case 'A': o.root = optarg; break;
		case 'v': o.version = optarg; break;
		case 'l': o.alpn = optarg; break;
		default: stack_die("usage");
		}
	}
	return o;
}

static inline struct sockaddr_in stack_address(const struct stack_options *o)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)o->port) };

	if (inet_pton(AF_INET, o->address, &sa.sin_addr) != 1)
		stack_die("address");
	return sa;
}

static inline int stack_socket(const struct stack_options *o)
{
	struct sockaddr_in sa = stack_address(o);
	int fd = socket(AF_INET, o->udp ? SOCK_DGRAM : SOCK_STREAM, 0), one = 1;

	if (!o->server) {
		if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
			stack_die("connect");
		return fd;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || (!o->udp && listen(fd, 16)))
		stack_die("bind");
	return fd;
}

/* The next client's socket. DTLS: its first datagram is left to be read; the socket is connected to it. */
static inline int stack_accept(const struct stack_options *o, int listener)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	char byte;
	int fd;

	if (!o->udp) {
		fd = accept(listener, NULL, NULL);
	} else {
		if (recvfrom(listener, &byte, 1, MSG_PEEK, (struct sockaddr *)&sa, &len) < 0 ||
		    connect(listener, (struct sockaddr *)&sa, len))
			stack_die("first datagram");
		fd = dup(listener);
	}
	if (fd < 0)
		stack_die("accept");
	return fd;
}

/* After a DTLS connection the listening socket takes datagrams of others again. */
static inline void stack_release(const struct stack_options *o, int listener)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	if (o->udp)
		connect(listener, &sa, sizeof(sa));
}

#endif
