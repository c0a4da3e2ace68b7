/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of ports: "443,8443,9000-9100", "any", or the well-known TLS ports. */
#ifndef HSMON_PORTS_H
#define HSMON_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct ports {
	uint64_t bits[2][HS_PORT_WORDS];	/* TCP, UDP */
	bool any;				/* all, found by content */
	char text[64];				/* for people: "443", "443,8443", "443,8443,... (12 ports)" */
};

/* The ports that IANA assigns to TLS and to protocols that upgrade to it. */
void ports_well_known(struct ports *p);
/* Adds a list to p. false: err (a sentence about the offending value) is filled. */
bool ports_parse(struct ports *p, const char *list, char *err, size_t err_size);
/* Does the protocol of that TCP port begin in clear text, so that a connection without TLS is nothing odd? */
bool ports_begin_clear(uint16_t port);
/* Makes the text, once all is added. */
void ports_describe(struct ports *p);

#endif
