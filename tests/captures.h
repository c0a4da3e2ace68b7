/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files made by tests. */
#ifndef HSMON_TESTS_CAPTURES_H
#define HSMON_TESTS_CAPTURES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct capture {
	uint8_t data[300000];
	size_t len;
	bool big_endian;
};

static inline void capture_put(struct capture *c, const void *p, size_t len)
{
	memcpy(c->data + c->len, p, len);
	c->len += len;
}

static inline void capture_put16(struct capture *c, uint32_t v)
{
	const uint8_t big[2] = { (uint8_t)(v >> 8), (uint8_t)v }, little[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	capture_put(c, c->big_endian ? big : little, 2);
}

static inline void capture_put32(struct capture *c, uint32_t v)
{
	capture_put16(c, c->big_endian ? v >> 16 : v & 0xffff);
	capture_put16(c, c->big_endian ? v & 0xffff : v >> 16);
}

static inline void pcap_begin(struct capture *c, uint32_t linktype, bool nanoseconds)
{
	c->len = 0;
	capture_put32(c, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	capture_put16(c, 2);
	capture_put16(c, 4);
	capture_put32(c, 0);
	capture_put32(c, 0);
	capture_put32(c, 65535);
	capture_put32(c, linktype);
}

static inline void pcap_add(struct capture *c, uint32_t s, uint32_t fraction, const void *p, uint32_t cap_len, uint32_t len)
{
	capture_put32(c, s);
	capture_put32(c, fraction);
	capture_put32(c, cap_len);
	capture_put32(c, len);
	capture_put(c, p, cap_len);
}

/* Type, length, body padded to four bytes, length. */
static inline void pcapng_block(struct capture *c, uint32_t type, const void *body, uint32_t len)
{
	uint32_t padded = (len + 3) & ~3u;

	capture_put32(c, type);
	capture_put32(c, padded + 12);
	capture_put(c, body, len);
	memset(c->data + c->len, 0, padded - len);
	c->len += padded - len;
	capture_put32(c, padded + 12);
}

static inline void pcapng_section(struct capture *c)
{
	struct capture body = { .big_endian = c->big_endian };

	capture_put32(&body, 0x1a2b3c4d);
	capture_put16(&body, 1);
	capture_put16(&body, 0);
	capture_put32(&body, 0xffffffff);
	capture_put32(&body, 0xffffffff);
	pcapng_block(c, 0x0a0d0d0a, body.data, (uint32_t)body.len);
}

static inline void pcapng_option(struct capture *body, uint16_t code, const void *p, uint16_t len)
{
	capture_put16(body, code);
	capture_put16(body, len);
	capture_put(body, p, len);
	memset(body->data + body->len, 0, 3);
	body->len += (4 - len % 4) % 4;
}

/* name NULL: none; resolution 0: the default, microseconds. */
static inline void pcapng_interface_block(struct capture *c, uint16_t linktype, const char *name, uint8_t resolution)
{
	struct capture body = { .big_endian = c->big_endian };

	capture_put16(&body, linktype);
	capture_put16(&body, 0);
	capture_put32(&body, 0);
	if (name)
		pcapng_option(&body, 2, name, (uint16_t)strlen(name));
	if (resolution)
		pcapng_option(&body, 9, &resolution, 1);
	capture_put32(&body, 0);
	pcapng_block(c, 1, body.data, (uint32_t)body.len);
}

/* direction: 0 not said, 1 inbound, 2 outbound. */
static inline void pcapng_packet_block(struct capture *c, uint32_t interface, uint64_t time, const void *p, uint32_t cap_len,
				       uint32_t len, uint32_t direction)
{
	struct capture body = { .big_endian = c->big_endian };

	capture_put32(&body, interface);
	capture_put32(&body, (uint32_t)(time >> 32));
	capture_put32(&body, (uint32_t)time);
	capture_put32(&body, cap_len);
	capture_put32(&body, len);
	capture_put(&body, p, cap_len);
	body.len = (body.len + 3) & ~(size_t)3;
	if (direction) {
		capture_put16(&body, 2);
		capture_put16(&body, 4);
		capture_put32(&body, direction);
		capture_put32(&body, 0);
	}
	pcapng_block(c, 6, body.data, (uint32_t)body.len);
}

static inline void capture_write(const struct capture *c, const char *path)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(c->data, 1, c->len, f) != c->len || fclose(f))
		perror(path);
}

#endif
