/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two ends of a connection say, in turns: real TLS handshakes made by OpenSSL in this process, and things that
 * no sane peer says. Whatever fails here ends the program. */
#ifndef HSMON_TESTS_LOAD_SCRIPT_H
#define HSMON_TESTS_LOAD_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_TURNS_MAX 64

struct script_turn {
	uint8_t from;			/* 0: client */
	size_t at, len;			/* in bytes */
};

struct script {
	uint8_t *bytes;
	size_t len;
	struct script_turn turn[SCRIPT_TURNS_MAX];
	size_t turn_cnt;
	bool abandoned;			/* no FIN at the end */
};

/* From now on servers have RSA keys of 2,048 bits, as most have, or small ones that are made at once. */
void script_keys(bool rsa);

enum script_version { SCRIPT_TLS12, SCRIPT_TLS13 };

/* A full handshake with server number n, whose chain has three certificates; some data both ways, and a goodbye. */
void script_handshake(struct script *s, enum script_version version, unsigned int n);
/* By name: "half" (half a ClientHello), "endless" (a handshake message that does not end, a megabyte of it), "tiny" (a
 * ClientHello and an endless answer in records of one byte), "giant" (lengths that say more than ever comes), "messages"
 * (thousands of empty handshake messages). False: there is none of that name. */
bool script_hostile(struct script *s, const char *name);
void script_free(struct script *s);

/* For makers: the next bytes of a side. */
void script_say(struct script *s, uint8_t from, const void *p, size_t len);

#endif
