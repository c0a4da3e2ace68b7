/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/severity.h"

#include <string.h>

#include "event/event.h"

enum { WARNING = 4, NOTICE = 5, INFORMATIONAL = 6 };

static bool is(const struct event_str *s, const char *word)
{
	return s->s && s->len == strlen(word) && !memcmp(s->s, word, s->len);
}

static uint8_t of_handshake(const struct handshake_event *e)
{
	const struct event_str *worst = &e->cert.severity;

	if (is(worst, "critical") || is(worst, "high"))
		return WARNING;
	return is(&e->outcome, "success") ? INFORMATIONAL : NOTICE;
}

static uint8_t of_certificate(const struct certificate_event *e)
{
	return !strcmp(e->action, "expired") || !strcmp(e->action, "expiring") ? WARNING : NOTICE;
}

uint8_t severity_of(enum record_kind kind, const void *event)
{
	switch (kind) {
	case RECORD_HANDSHAKE:
		return of_handshake(event);
	case RECORD_CERTIFICATE:
		return of_certificate(event);
	case RECORD_INTERFACE:
		return NOTICE;
	default:
		return INFORMATIONAL;
	}
}
