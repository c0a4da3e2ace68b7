/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capture files: pcap (through libpcap) and pcapng. Every packet goes through the gate that the kernel's programs run,
 * so a file gives what a live run would have given.
 */
#ifndef HSMON_CAPTURE_FILE_H
#define HSMON_CAPTURE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/gate.h"

struct segment_sink;
struct capture_file;

struct capture_file_settings {
	struct gate_settings gate;
	size_t fragment_bytes;		/* most memory for IP fragments; 0: a default */
	/* A TLS key log that is in the file: before the first packet, or where it cannot be read twice, in its place. From then
	 * on encrypted handshake records are captured, too. Borrowed for the call. NULL: not wanted. */
	void (*secrets)(void *ctx, const uint8_t *p, size_t len);
	void *secrets_ctx;
};

/* To be opened while that is still allowed; "-" is standard input. NULL: errno says why not. Not a byte is read yet. */
FILE *capture_file_stream(const char *path);

/*
 * Reads the beginning; opens nothing more. `in` is taken over, also when this fails. The sink is copied. 0, or
 *   -EBADMSG	it is no capture
 *   -ENOTSUP	a kind of capture, or of link, that is not understood
 *   -ENOMEM
 *   other	it cannot be opened or read
 * and err is a phrase that names what is wrong ("no capture file").
 */
int capture_file_begin(FILE *in, const struct capture_file_settings *settings, const struct segment_sink *sink,
		       struct capture_file **out, char *err, size_t err_len);
/* Both in one. */
int capture_file_open(const char *path, const struct capture_file_settings *settings, const struct segment_sink *sink,
		      struct capture_file **out, char *err, size_t err_len);

/*
 * Up to max_packets packets. How many, 0 at the end, or
 *   -ENODATA	the file is cut short; all packets before have been delivered
 *   -EBADMSG	it contradicts itself from here on
 *   other	it cannot be read
 * and capture_file_error() is a phrase. An error comes again with every further call.
 */
int capture_file_step(struct capture_file *f, unsigned int max_packets);
const char *capture_file_error(const struct capture_file *f);

/* Name of an interface number as it is in the records of this file's packets; NULL: the file does not say. Valid until
 * the next step. */
const char *capture_file_interface(const struct capture_file *f, uint32_t ifindex);

const struct hs_counters *capture_file_counters(const struct capture_file *f);

void capture_file_close(struct capture_file *f);

#endif
