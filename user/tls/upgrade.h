/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS that begins after clear text. One rule finds it in every protocol: a ClientHello record, its nine fixed or
 * related bytes in a row, in the clear text of one direction; and then the other direction's ServerHello or alert.
 * Recognising the protocol serves to name it, and to stop looking where no upgrade can follow.
 */
#ifndef HSMON_TLS_UPGRADE_H
#define HSMON_TLS_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/reader.h"

struct tls_conn;

#define TLS_CLEAR_MAX 16384		/* clear text of a direction after which no upgrade is expected */
#define TLS_CLEAR_HEAD 40
#define TLS_CLEAR_LINE 96
#define TLS_PROXY_HEAD 128

enum tls_clear_kind {
	TLS_CLEAR_UNKNOWN = 0, TLS_CLEAR_SMTP, TLS_CLEAR_IMAP, TLS_CLEAR_POP3, TLS_CLEAR_FTP, TLS_CLEAR_LDAP, TLS_CLEAR_XMPP,
	TLS_CLEAR_IRC, TLS_CLEAR_NNTP, TLS_CLEAR_SIEVE, TLS_CLEAR_POSTGRESQL, TLS_CLEAR_MYSQL, TLS_CLEAR_RDP,
	TLS_CLEAR_CONNECT, TLS_CLEAR_HTTP_UPGRADE, TLS_CLEAR_SOCKS4, TLS_CLEAR_SOCKS5, TLS_CLEAR_HTTP, TLS_CLEAR_SSH,
	TLS_CLEAR_KIND_CNT,
};

/* The clear text of one direction. */
struct tls_clear {
	uint32_t len;			/* bytes, those kept below included */
	uint8_t head[TLS_CLEAR_HEAD];
	uint8_t head_len;
	uint8_t line[TLS_CLEAR_LINE];	/* the current line, cut off */
	uint8_t line_len;
};

struct tls_upgrade {
	struct tls_clear *clear[2];	/* by direction; NULL: none yet */
	enum tls_clear_kind kind;
	uint8_t weight;			/* how sure it is */
	bool proxied;			/* behind a PROXY protocol header */
	uint8_t *proxy_head;		/* its first TLS_PROXY_HEAD bytes; NULL: there is none */
	int proxy_dir;
};

/* Clear text of a direction; its stage changes when TLS begins or nothing is to be expected. */
void tls_clear_feed(struct tls_conn *c, int dir, struct reader *in);
void tls_clear_gap(struct tls_conn *c, int dir);
/* TLS begins in this direction: from what? */
void tls_upgrade_begins(struct tls_conn *c, int dir);
/* Nothing but clear text came: sets tls_handshake.not_tls. */
void tls_upgrade_conclude(struct tls_conn *c);

/* clear.c: what the beginning of a direction, or one of its lines, says of the protocol. */
void tls_clear_judge_head(struct tls_upgrade *u, const struct tls_clear *t);
void tls_clear_judge_line(struct tls_upgrade *u, const struct tls_clear *t);
const char *tls_clear_name(enum tls_clear_kind kind);

/* proxy.c: a PROXY protocol header in front of everything else. */
void tls_proxy_feed(struct tls_conn *c, int dir, struct reader *in);

#endif
