/* SPDX-License-Identifier: BSD-2-Clause */
/* A script as the frames of one TCP connection over Ethernet and IPv4, to be filled in for any number of connections. */
#ifndef HSMON_TESTS_LOAD_FRAMES_H
#define HSMON_TESTS_LOAD_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "load/script.h"

#define FRAME_MAX 1514
#define FRAME_SERVER_PORT 443

struct frame {
	uint8_t from;			/* 0: client */
	uint8_t flags;			/* of TCP */
	uint32_t seq, ack;		/* from the two initial sequence numbers */
	const uint8_t *payload;		/* of the script */
	uint32_t len;
	uint32_t sum;			/* of the payload, for the checksum */
	uint32_t random;		/* where in the payload 8 bytes of a hello's random are; 0: nowhere */
};

struct frames {
	struct frame *v;
	size_t n;
	uint32_t server_addr;
};

enum frames_order {
	FRAMES_IN_ORDER,
	FRAMES_REVERSED,		/* each turn's segments from the last to the first */
	FRAMES_HOLE,			/* the server's first segment never comes */
};

/* The script must live as long. server: number of the server, part of its address. mss: most bytes in a frame. */
void frames_make(struct frames *f, const struct script *s, unsigned int server, uint32_t mss, enum frames_order order);
void frames_free(struct frames *f);

/* Whose connection it is: a client's address and port, and all that must differ between connections, from a number. */
struct party {
	uint32_t client_addr, server_addr;
	uint16_t client_port, server_port;
	uint64_t number;
};

/* 60,000 connections of each address of 10.0.0.0/8, from 10.0.0.1 and port 1024 on. */
struct party party_of(const struct frames *f, uint64_t number);
/* A frame of that connection; its length. */
size_t frame_fill(const struct frame *f, const struct party *p, uint8_t out[FRAME_MAX]);
/* One without payload that belongs to no script. */
size_t frame_bare(const struct party *p, uint8_t from, uint8_t flags, uint32_t seq, uint32_t ack, uint8_t out[FRAME_MAX]);

#define FRAME_FIN 0x01
#define FRAME_SYN 0x02
#define FRAME_RST 0x04
#define FRAME_PSH 0x08
#define FRAME_ACK 0x10

#endif
