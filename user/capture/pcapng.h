/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader of pcapng files (draft-ietf-opsawg-pcapng). libpcap reads them too, but not those whose interfaces differ in
 * link type or snap length, and it does not tell which interface saw a packet.
 */
#ifndef HSMON_CAPTURE_PCAPNG_H
#define HSMON_CAPTURE_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

struct pcapng;

struct pcapng_packet {
	const uint8_t *data;		/* borrowed until the next one is read */
	uint32_t cap_len, wire_len;
	uint64_t time_ns;		/* since the epoch; 0: the file does not say */
	uint32_t ifindex;		/* from 1, the same for the same name */
	int linktype;
	uint8_t hook;			/* enum hs_hook */
};

/* A TLS key log, whole lines in NSS's format as far as the file keeps to that; borrowed for the call. */
typedef void (*pcapng_secrets_fn)(void *ctx, const uint8_t *p, size_t len);

/* Takes over the stream, which is at its beginning, also when it fails. 0, -ENOMEM, or as pcapng_next(). */
int pcapng_open(FILE *in, struct pcapng **out, const char **err);
/* The file's key logs go to fn: all of them now, wherever in the file they are, if it is one that can be read twice; else each when
 * it comes. To be called before the first packet is read. 0 or -errno. */
int pcapng_secrets(struct pcapng *ng, pcapng_secrets_fn fn, void *ctx);
/* 1: *out is filled; 0: the end; -ENODATA: cut short; -EBADMSG: contradicts itself; -ENOMEM; other: cannot be read. */
int pcapng_next(struct pcapng *ng, struct pcapng_packet *out);
/* What is wrong, a phrase. */
const char *pcapng_error(const struct pcapng *ng);
/* NULL: it has none. */
const char *pcapng_interface(const struct pcapng *ng, uint32_t ifindex);
void pcapng_close(struct pcapng *ng);

#endif
