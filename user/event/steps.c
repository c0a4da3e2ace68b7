/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>

#include "base/clock.h"
#include "event/make.h"
#include "tls/names.h"

static const char *alert_detail(struct make *m, const struct tls_step *s)
{
	const char *level = tls_alert_level_name(s->level), *name = tls_alert_name(s->code);

	return arena_printf(m->arena, "%s %s", level ? level : "unknown-level", name ? name : "unknown");
}

static struct event_step make_step(struct make *m, const struct tls_step *s, uint64_t first_ns)
{
	return (struct event_step){
		.name = tls_step_name(s->kind),
		.from = s->side == TLS_CLIENT ? "client" : "server",
		.t_us = s->time_ns > first_ns ? (int64_t)((s->time_ns - first_ns) / NS_PER_US) : 0,
		.len = s->len,
		.record = s->record,
		.detail = s->kind == TLS_STEP_ALERT ? alert_detail(m, s) : NULL,
	};
}

/* One letter a step: the client's upper case, the server's lower case. */
static void make_history(struct make *m)
{
	const struct tls_handshake *h = m->h;
	char *s = arena_alloc(m->arena, h->step_cnt + 1);

	if (!s) {
		m->short_of_memory = true;
		return;
	}
	for (size_t i = 0; i < h->step_cnt; i++) {
		char letter = tls_step_letter(h->steps[i].kind);

		s[i] = (char)(h->steps[i].side == TLS_CLIENT ? letter : tolower((unsigned char)letter));
	}
	m->e->history = event_str(s, h->step_cnt);
}

void make_steps(struct make *m)
{
	const struct tls_handshake *h = m->h;
	struct event_step *v;

	if (!h->step_cnt)
		return;
	v = arena_alloc(m->arena, h->step_cnt * sizeof(*v));
	if (!v) {
		m->short_of_memory = true;
		return;
	}
	for (size_t i = 0; i < h->step_cnt; i++)
		v[i] = make_step(m, &h->steps[i], h->steps[0].time_ns);
	m->e->steps.v = v;
	m->e->steps.n = h->step_cnt;
	if (h->steps_truncated)
		m->e->steps_truncated = EVENT_YES;
	make_history(m);
}
