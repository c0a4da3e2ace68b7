/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judgement of a handshake: did it succeed, and if not, who stopped it, at which step, how.
 */
#ifndef HSMON_EVENT_VERDICT_H
#define HSMON_EVENT_VERDICT_H

#include <stdbool.h>

#include "event/build.h"

#define VERDICT_REASON_LEN 200

struct verdict {
	const char *outcome;		/* "success", "failure", "unknown" */
	char reason[VERDICT_REASON_LEN];/* plain words; "" on success */
	const char *end_by;		/* "client", "server", "monitor"; NULL: still open */
	const char *end_how;		/* "fin", "rst", "alert", "timeout", "shutdown"; NULL */
};

void verdict_of(const struct event_source *src, struct verdict *out);

/* Something else than TLS, and all of it was seen. */
bool verdict_not_tls(const struct event_source *src);

/* "wire", "encrypted", "resumed", "lost", "none": why a server certificate is here, or is not. */
const char *verdict_visibility(const struct event_source *src);

#endif
