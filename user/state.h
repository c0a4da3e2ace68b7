/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inventory's file (SQLite), kept by a process of its own: the one that reads packets is confined and opens no file, and
 * a database needs its journal. What is sent there was made from what strangers wrote: it comes in rows of fixed size, whose
 * texts are values of prepared statements and nothing else.
 */
#ifndef HSMON_STATE_H
#define HSMON_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum state_kind {
	STATE_SERVER = 1,		/* a certificate at a server */
	STATE_CERT,			/* a certificate */
	STATE_END,			/* nothing more comes; answered by STATE_DONE */
	STATE_READY,			/* from the keeper: everything that is known was sent */
	STATE_DONE,			/* from the keeper; error: why not */
	STATE_KIND_END,
};

struct state_row {			/* texts are NUL-terminated */
	uint32_t kind;
	uint16_t port;
	uint16_t pad;
	int64_t first_ns, last_ns;	/* since the epoch; a certificate may replace another within a second */
	uint64_t handshakes;		/* to the keeper: since the last row about it */
	char sha256[65], role[8], ip[48], sni[256];
	char name[128], subject[256], issuer[256], serial[68], key[32], not_before[28], not_after[28];
	char error[128];
};

struct state;

/* Starts the keeper, which becomes the owner of the file's folder if this is root. Each server's certificate that is known
 * goes to known, those first seen first. An exit status; what is wrong was said on stderr. */
int state_open(struct state **out, const char *path, unsigned int max, void (*known)(void *ctx, const struct state_row *row),
	       void *ctx);
int state_fd(const struct state *s);
/* 0; -EAGAIN: not now, the keeper is busy (never when wait); -EPIPE: it has ended. */
int state_send(struct state *s, const struct state_row *row, bool wait);
/* Waits until everything is kept. An exit status; what is wrong was said. */
int state_finish(struct state *s);
void state_free(struct state *s);

/* The keeper itself; returns when its peer has ended. */
void state_keep(int fd, const char *path, unsigned int max);

#endif
