/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HSMON_OUTPUT_SEVERITY_H
#define HSMON_OUTPUT_SEVERITY_H

#include <stdint.h>

#include "output/queue.h"

/* Of an event, as syslog counts them (RFC 5424 section 6.2.1). */
uint8_t severity_of(enum record_kind kind, const void *event);

#endif
