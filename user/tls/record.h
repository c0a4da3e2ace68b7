/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One direction of the record layer, RFC 8446 section 5.1: cut into records as bytes come, messages put
 * together from them. Nothing is ever fed twice; a byte is touched once, however the stream is split.
 */
#ifndef HSMON_TLS_RECORD_H
#define HSMON_TLS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/reader.h"

struct tls_conn;

enum tls_stage {
	TLS_STAGE_START = 0,		/* what it is was not told yet */
	TLS_STAGE_CLEAR,		/* clear text that may turn into TLS */
	TLS_STAGE_PROXY,		/* in a PROXY protocol header */
	TLS_STAGE_RECORDS,
	TLS_STAGE_RESYNC,		/* behind a gap: are these record boundaries? */
	TLS_STAGE_SSL2,
	TLS_STAGE_OVER,			/* nothing more of it is wanted */
};

enum tls_body {				/* what the body of the current record is for */
	TLS_BODY_MESSAGES = 0, TLS_BODY_ALERT, TLS_BODY_SKIP, TLS_BODY_SEALED,
};

/* A handshake message that is being put together. */
struct tls_assembly {
	uint8_t header[4];
	uint8_t header_len;
	bool open;			/* its header is known */
	bool lost;			/* bytes of it are missing: what was kept is its beginning */
	bool adrift;			/* a gap hid where the next message begins */
	bool wanted;
	bool decrypted;			/* its records were opened with keys */
	uint8_t type;
	uint32_t wire_len, seen, kept;
	uint8_t *buf;			/* in the arena; used again for the next message */
	uint32_t cap;
	uint32_t record, last_record, records;
	uint32_t last_feed, segments;
	uint64_t first_ns, last_ns;	/* when its first and its latest byte came */
};

struct tls_direction {
	uint8_t stage;			/* enum tls_stage */
	uint8_t body;			/* enum tls_body */
	bool spoke;			/* a handshake message in clear was seen */
	bool opaque;			/* handshake records cannot be read: the start was missed */
	uint8_t look[16];		/* the beginning of something, until it can be judged or parsed */
	uint8_t look_len;
	uint8_t alert_half;		/* first byte of an alert that was split over records */
	bool alert_split;
	uint8_t record_type;
	uint16_t record_version;
	uint32_t record_no;
	uint32_t record_left;		/* bytes of the current record's body that are to come */
	uint32_t record_len;
	uint64_t now_ns;		/* of the bytes being fed */
	uint32_t now_segments, feed_no;
	uint32_t proxy_len;		/* bytes of a PROXY protocol header taken */
	uint8_t *sealed;		/* in the arena: a protected record's body, of which the first sealed_len bytes came */
	uint32_t sealed_len, sealed_cap;
	bool sealed_lost;		/* some are missing */
	uint32_t ssl2_clear, ssl2_hidden;	/* SSL 2.0: records that could be read, and those that could not */
	struct tls_assembly asm_;
};

/* Takes what it can of in; stops when the direction's stage changes. */
void tls_records_feed(struct tls_conn *c, int dir, struct reader *in);
/* How many of the next bytes nobody reads: they need not be captured, and are taken as gone. */
uint32_t tls_records_skip(struct tls_direction *d);
/* How many of the next bytes are of use, but may be left out. */
uint32_t tls_records_optional(const struct tls_direction *d);
/* Bytes that look like a record's header, behind a gap, or else the direction is given up. */
void tls_records_resync(struct tls_conn *c, int dir, struct reader *in);
/* len bytes are missing; false: the next record's place is not known. */
bool tls_records_gap(struct tls_conn *c, int dir, uint64_t len);
/* Is that the header of a record that a TLS peer may send? */
bool tls_record_header_sane(const uint8_t h[5]);

/* assemble.c: the body of a handshake record, as much as is there. */
void tls_assemble(struct tls_conn *c, int dir, struct reader in);
/* n bytes of the current handshake record are missing. */
void tls_assemble_gap(struct tls_conn *c, int dir, uint32_t n);
/* No more comes: what there is of a message is handed on. */
void tls_assemble_end(struct tls_conn *c, int dir);
/* Room for `need` bytes, in all; false: over the limit. Also used by SSL 2.0. */
bool tls_assemble_room(struct tls_conn *c, struct tls_assembly *a, uint32_t need, uint32_t total);

#endif
