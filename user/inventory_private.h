/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the inventory only: what is kept. */
#ifndef HSMON_INVENTORY_PRIVATE_H
#define HSMON_INVENTORY_PRIVATE_H

#include "base/table.h"
#include "inventory.h"

#define SHA256_LEN 64			/* as hexadecimal digits */
#define NAME_MAX_LEN 63			/* of what is kept of a certificate's name */
#define SNI_MAX_LEN 255			/* as long as the state keeps */
#define BACKENDS 4			/* certificates of one server that are told apart */

enum cert_text { T_NAME, T_SUBJECT, T_ISSUER, T_SERIAL, T_KEY, T_NOT_BEFORE, T_NOT_AFTER, T_CNT };

struct known_cert {			/* leaf or not, of servers and clients */
	struct table_node node;
	char sha256[SHA256_LEN];
	uint64_t first_ns, last_ns, handshakes;
	uint64_t kept;			/* handshakes that the state knows of */
	const char *role;		/* "server", "client", "issuer" */
	uint16_t at[T_CNT];		/* in text */
	char text[];
};

struct served {				/* one certificate of a server */
	char sha256[SHA256_LEN];
	char name[NAME_MAX_LEN + 1];
	uint64_t first_ns, last_ns, handshakes;
	uint64_t kept;			/* handshakes that the state knows of */
	int64_t days_left;		/* when it was seen last */
	bool expired_told, expiring_told, mixed_told;
	bool seen;			/* in this run */
};

struct server {
	struct table_node node;
	struct served *cert;		/* the newest first; room for 1, or BACKENDS */
	uint32_t cnt, cap;
	uint16_t port;
	uint16_t ip_at, ip_len, sni_at;	/* in key */
	char key[];			/* address and port as text; a blank and the name */
};

struct inventory {
	struct inventory_settings set;
	struct table *certs, *servers;
	struct state *state;		/* NULL: none */
	uint64_t forgotten;
	uint64_t rotated, mixed, expired;
};

#endif
