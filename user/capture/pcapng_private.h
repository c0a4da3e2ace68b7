/* SPDX-License-Identifier: BSD-2-Clause */
/* What pcapng*.c share. */
#ifndef HSMON_CAPTURE_PCAPNG_PRIVATE_H
#define HSMON_CAPTURE_PCAPNG_PRIVATE_H

#include <stdbool.h>
#include <string.h>

#include "capture/pcapng.h"

struct interface {
	int linktype;
	uint32_t snap_len;		/* 0: none */
	uint32_t ifindex;
	uint64_t units;			/* of its times, a second */
	int64_t offset_s;
};

struct pcapng {
	FILE *in;
	bool swapped;			/* the section is in the other byte order */
	struct interface *interfaces;	/* of this section */
	size_t interface_cnt;
	char **names;			/* by ifindex - 1; NULL entries: without a name */
	size_t name_cnt;
	uint8_t *block;			/* the body of the block */
	size_t block_cap;
	const char *err;
	pcapng_secrets_fn secrets;	/* NULL: nobody wants them */
	void *secrets_ctx;
	bool only_secrets;		/* everything else is passed over */
};

static inline int pcapng_fail(struct pcapng *ng, int ret, const char *err)
{
	ng->err = err;
	return ret;
}

static inline uint32_t pcapng_get32(const struct pcapng *ng, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return ng->swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t pcapng_get16(const struct pcapng *ng, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return ng->swapped ? __builtin_bswap16(v) : v;
}

/* An option's value, of at least len bytes; NULL: it is not there. opts: what is left of the body. */
const uint8_t *pcapng_option(const struct pcapng *ng, const uint8_t *opts, size_t opts_len, uint16_t code, size_t len,
			     uint16_t *out_len);

/* pcapng_packet.c: blocks that hold a packet. 1, or -EBADMSG. */
int pcapng_packet(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out);
int pcapng_packet_old(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out);
int pcapng_packet_simple(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out);

/* pcapng_secrets.c: a block of secrets. 0 or -EBADMSG. */
int pcapng_secrets_block(struct pcapng *ng, const uint8_t *b, size_t len);

#endif
