/* SPDX-License-Identifier: BSD-2-Clause */
/* What the certificates are worth, as far as it was judged. */
#include "base/clock.h"
#include "event/make.h"
#include "x509/findings.h"
#include "x509/verify.h"

#define SECONDS_PER_DAY 86400

static int64_t floor_days(int64_t seconds)
{
	int64_t days = seconds / SECONDS_PER_DAY;

	return seconds % SECONDS_PER_DAY < 0 ? days - 1 : days;
}

static enum event_tri tri(bool b)
{
	return b ? EVENT_YES : EVENT_NO;
}

static void make_leaf(struct make *m, enum tls_side side, int64_t at, struct event_verdict *out)
{
	const struct verdict *v = m->src->chain[side].verdict;
	const struct cert *c;

	if (!m->src->chain[side].n)
		return;
	c = m->src->chain[side].v[0];
	if (c->malformed)
		return;
	if (c->not_after_valid)
		out->days_left = floor_days(c->not_after - at);
	if (side != TLS_SERVER || !m->e->server_name.len)
		return;
	if (v && v->hostname != HOST_UNKNOWN)
		out->hostname_match = tri(v->hostname == HOST_YES);
	else
		out->hostname_match = tri(cert_matches_host(c, m->e->server_name.s, m->e->server_name.len));
}

static void make_findings(struct make *m, uint64_t set, struct event_verdict *out)
{
	size_t n = (size_t)__builtin_popcountll(set), k = 0;
	struct event_str *ids = make_list(m, n);
	struct event_finding *notes = n ? arena_alloc(m->arena, n * sizeof(*notes)) : NULL;
	enum severity worst;

	if (!ids || !notes) {
		m->short_of_memory |= n > 0;
		return;
	}
	for (int f = 0; f < FINDING_CNT && k < n; f++) {
		const struct finding_info *info = finding_info(f);

		if (!findings_has(set, f))
			continue;
		ids[k] = make_static(info->id);
		notes[k++] = (struct event_finding){ info->id, severity_word(info->severity), info->sentence };
	}
	out->findings = (struct event_strs){ ids, k };
	out->notes = (struct event_findings){ notes, k };
	if (findings_worst(set, &worst))
		out->severity = make_static(severity_word(worst));
}

static void make_side(struct make *m, enum tls_side side, int64_t at, struct event_verdict *out)
{
	const struct verdict *v = m->src->chain[side].verdict;

	make_leaf(m, side, at, out);
	make_findings(m, m->src->chain[side].findings, out);
	if (!v)
		return;
	out->chain_status = make_static(chain_status_word(v->status));
	out->chain_reason = make_static(v->reason);
	if (v->incomplete)
		out->completed = tri(v->completed);
}

static void make_stamps(struct make *m)
{
	const struct verdict *v = m->src->chain[TLS_SERVER].verdict;

	if (!v)
		return;
	m->e->ocsp.verification = make_static(staple_status_word(v->staple));
	if (!v->scts.cnt)
		return;
	m->e->sct_valid = v->scts.valid;
	m->e->sct_invalid = v->scts.invalid;
	m->e->sct_unknown_log = v->scts.unknown_log;
}

void make_judged(struct make *m)
{
	int64_t at = m->src->judged_at ? m->src->judged_at : (int64_t)(m->e->start_ns / NS_PER_S);

	m->e->judged_ns = m->src->judged_at > 0 ? (uint64_t)at * NS_PER_S : m->e->start_ns;
	make_side(m, TLS_SERVER, at, &m->e->cert);
	make_side(m, TLS_CLIENT, at, &m->e->client_cert);
	make_stamps(m);
}
