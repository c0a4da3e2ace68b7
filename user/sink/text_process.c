/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes at the local ends, in words. */
#include <string.h>

#include "event/event.h"
#include "sink/text.h"

#define SHORT_ID 12			/* as docker(1) and others show a container's id */

void text_process_name(struct strbuf *b, const struct event_process *p)
{
	if (!p->role)
		return;
	text_str(b, &p->name);
	strbuf_printf(b, " (%lld)", (long long)p->pid);
}

void text_process_user(struct strbuf *b, const struct event_process *p)
{
	const struct event_str *user = p->user_name.s ? &p->user_name : &p->user_id;

	if (!user->s)
		return;
	strbuf_puts(b, ", user ");
	text_str(b, user);
}

void text_process_container(struct strbuf *b, const struct event_process *p)
{
	struct event_str id = { p->container_id.s, p->container_id.len < SHORT_ID ? p->container_id.len : SHORT_ID };

	if (!id.s && !p->container_name.s)
		return;
	strbuf_puts(b, ", ");
	if (p->container_runtime.s && strcmp(p->container_runtime.s, "systemd")) {
		text_str(b, &p->container_runtime);
		strbuf_putc(b, ' ');
	}
	text_str(b, p->container_name.s ? &p->container_name : &id);
	if (p->pod_uid.s) {
		strbuf_puts(b, " of pod ");
		text_str(b, &p->pod_uid);
	}
}
