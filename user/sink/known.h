/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates that have had a record of their own within the last day, as Zeek's x509.log has each once a day. Bounded: the
 * one longest not seen is forgotten, and gets another record. */
#ifndef HSMON_SINK_KNOWN_H
#define HSMON_SINK_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

struct event_str;
struct known;

/* NULL: out of memory. */
struct known *known_new(void);
void known_free(struct known *k);
/* True: it had one. Else it is to get one now; also when memory runs out. */
bool known_add(struct known *k, const struct event_str *sha256, uint64_t now_ns);

#endif
