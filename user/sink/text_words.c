/* SPDX-License-Identifier: BSD-2-Clause */
/* An event in words. */
#include <string.h>

#include "base/clock.h"
#include "event/event.h"
#include "sink/text.h"

#define NS_PER_TENTH_MS 100000

bool text_is(const struct event_str *s, const char *word)
{
	return s->s && s->len == strlen(word) && !memcmp(s->s, word, s->len);
}

void text_str(struct strbuf *b, const struct event_str *s)
{
	if (s->s)
		strbuf_term(b, s->s, s->len);
}

void text_list(struct strbuf *b, const struct event_strs *l, size_t max)
{
	for (size_t i = 0; i < l->n && i < max; i++) {
		if (i)
			strbuf_puts(b, ", ");
		text_str(b, &l->v[i]);
	}
	if (l->n > max)
		strbuf_printf(b, " and %zu more", l->n - max);
}

void text_count(struct strbuf *b, int64_t n, const char *one, const char *many)
{
	strbuf_puti(b, n);
	strbuf_putc(b, ' ');
	strbuf_puts(b, n == 1 ? one : many);
}

void text_endpoint(struct strbuf *b, const struct event_str *ip, int64_t port)
{
	bool v6 = ip->s && memchr(ip->s, ':', ip->len);

	if (v6 && port != EVENT_ABSENT)
		strbuf_putc(b, '[');
	text_str(b, ip);
	if (port == EVENT_ABSENT)
		return;
	strbuf_puts(b, v6 ? "]:" : ":");
	strbuf_puti(b, port);
}

void text_duration(struct strbuf *b, int64_t ns)
{
	int64_t ms = ns / (int64_t)NS_PER_MS;

	if (ns == EVENT_ABSENT)
		strbuf_putc(b, '-');
	else if (ms < 1)
		strbuf_printf(b, "0.%lld ms", (long long)(ns / NS_PER_TENTH_MS));
	else if (ms < 1000)
		strbuf_printf(b, "%lld ms", (long long)ms);
	else if (ms < 10000)
		strbuf_printf(b, "%lld.%02lld s", (long long)ms / 1000, (long long)ms / 10 % 100);
	else
		strbuf_printf(b, "%lld s", (long long)ms / 1000);
}

void text_version(struct strbuf *b, const struct handshake_event *e)
{
	if (text_is(&e->protocol, "quic")) {
		strbuf_puts(b, "QUIC");
		return;
	}
	if (!e->version.s)
		return;
	strbuf_puts(b, text_is(&e->version_protocol, "ssl") ? "SSL " : text_is(&e->version_protocol, "dtls") ? "DTLS " : "TLS ");
	text_str(b, &e->version);
}

void text_cert_name(struct strbuf *b, const struct handshake_event *e)
{
	const struct event_x509 *x = &e->server_leaf.x509;

	if (e->server_chain.n && e->server_chain.v[0].malformed == EVENT_YES)
		strbuf_puts(b, "malformed certificate");
	else if (x->subject.common_name.n)
		text_str(b, &x->subject.common_name.v[0]);
	else if (x->alternative_names.n)
		text_str(b, &x->alternative_names.v[0]);
	else if (e->server_leaf.subject.s && e->server_leaf.subject.len)
		text_str(b, &e->server_leaf.subject);
	else
		strbuf_puts(b, "no name");
}

/* ISO 8601 times in UTC of the same form compare as text; YYYY-MM-DDTHH:MM:SS are the first 19 characters. */
static int compare_time(const struct event_str *iso, uint64_t ns)
{
	char at[CLOCK_ISO_LEN];

	if (!iso->s || iso->len < 19 || !ns)
		return 0;
	return memcmp(iso->s, clock_iso(ns, at), 19);
}

static void put_expired(struct strbuf *b, int64_t days_left)
{
	int64_t ago = days_left == EVENT_ABSENT || days_left >= 0 ? 0 : -days_left - 1;

	strbuf_puts(b, "expired ");
	if (!ago) {
		strbuf_puts(b, "today");
		return;
	}
	text_count(b, ago, "day", "days");
	strbuf_puts(b, " ago");
}

enum text_mood text_validity(struct strbuf *b, const struct handshake_event *e, int warn_days)
{
	const struct event_leaf *leaf = &e->server_leaf;
	int64_t left = e->cert.days_left;
	uint64_t at = e->judged_ns ? e->judged_ns : e->start_ns;

	if (compare_time(&leaf->not_after, at) < 0 || (left != EVENT_ABSENT && left < 0)) {
		put_expired(b, left);
		return MOOD_BAD;
	}
	if (compare_time(&leaf->not_before, at) > 0) {
		strbuf_puts(b, "not yet valid");
		return MOOD_BAD;
	}
	if (left == EVENT_ABSENT)
		return MOOD_PLAIN;
	if (!left)
		strbuf_puts(b, "expires today");
	else {
		text_count(b, left, "day", "days");
		strbuf_puts(b, " left");
	}
	return left <= warn_days ? MOOD_WARN : MOOD_PLAIN;
}

static void put_issuer(struct strbuf *b, const struct handshake_event *e)
{
	const struct event_dn *issuer = &e->server_leaf.x509.issuer;

	if (e->server_chain.n && e->server_chain.v[0].self_signed == EVENT_YES) {
		strbuf_puts(b, "self-signed");
	} else if (issuer->common_name.n || issuer->organization.n) {
		strbuf_puts(b, "by ");
		text_str(b, issuer->common_name.n ? &issuer->common_name.v[0] : &issuer->organization.v[0]);
	}
}

/* The worst first. Dates and self-signed certificates have words of their own. */
const char *text_chain_problem(const struct event_verdict *v, enum text_mood *mood)
{
	static const struct {
		const char *status;	/* NULL: the name does not match */
		const char *words;
		enum text_mood mood;
	} problems[] = {
		{ "revoked", "revoked", MOOD_BAD },
		{ "bad-signature", "bad signature", MOOD_BAD },
		{ "malformed", "malformed chain", MOOD_BAD },
		{ "invalid", "invalid chain", MOOD_BAD },
		{ NULL, "wrong name", MOOD_BAD },
		{ "unknown-issuer", "unknown issuer", MOOD_WARN },
		{ "unverifiable", "cannot be verified", MOOD_WARN },
		{ "incomplete", "incomplete chain", MOOD_WARN },
	};

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (problems[i].status ? !text_is(&v->chain_status, problems[i].status) : v->hostname_match != EVENT_NO)
			continue;
		*mood = problems[i].mood;
		return problems[i].words;
	}
	return NULL;
}

/* What is wrong stands before the days that are left. */
static void put_cert_state(struct text_row *row, const struct handshake_event *e, int warn_days)
{
	struct strbuf *b = &row->piece[P_CERT_STATE];
	enum text_mood chain = MOOD_PLAIN;
	const char *problem = text_chain_problem(&e->cert, &chain);
	size_t before;

	if (problem) {
		strbuf_puts(b, problem);
		strbuf_puts(b, ", ");
	}
	before = b->len;
	row->cert = text_validity(b, e, warn_days);
	if (problem && b->len == before)
		b->len -= 2;
	if (chain > row->cert)
		row->cert = chain;
}

static void make_cert(struct text_row *row, const struct handshake_event *e, int warn_days)
{
	static const char *const words[][2] = {
		{ "encrypted", "encrypted by TLS 1.3" },
		{ "resumed", "resumed, no certificate" },
		{ "lost", "lost" },
		{ "none", "none" },
	};

	if (e->server_leaf.sha256.s || e->server_chain.n) {
		text_cert_name(&row->piece[P_CERT_NAME], e);
		put_cert_state(row, e, warn_days);
		put_issuer(&row->piece[P_CERT_ISSUER], e);
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_is(&e->cert.visibility, words[i][0]))
			strbuf_puts(&row->piece[P_CERT_STATE], words[i][1]);
}

/* The hash of an AEAD suite says nothing of how records are protected, and TLS 1.3's prefix repeats the version. */
static void put_cipher(struct strbuf *b, const struct handshake_event *e)
{
	static const char *const aead[] = { "GCM", "CCM", "CCM8", "CCM_8", "POLY1305" };
	struct event_str s = e->cipher_short.s ? e->cipher_short : e->cipher;

	if (!s.s)
		return;
	if (s.len > 4 && !memcmp(s.s, "TLS_", 4)) {
		s.s += 4;
		s.len -= 4;
	}
	for (size_t i = 0; i < sizeof(aead) / sizeof(aead[0]); i++) {
		size_t n = strlen(aead[i]);

		if (s.len > n + 7 && !memcmp(s.s + s.len - n - 7, aead[i], n) && !memcmp(s.s + s.len - 6, "SHA", 3)) {
			s.len -= 7;
			break;
		}
	}
	text_str(b, &s);
	for (size_t i = 0; i < b->len; i++)
		if (b->s[i] == '_')
			b->s[i] = '-';
}

static void put_group(struct strbuf *b, const struct handshake_event *e)
{
	if (e->curve.s)
		text_str(b, &e->curve);
	else if (e->dh_bits != EVENT_ABSENT)
		strbuf_printf(b, "DH %lld", (long long)e->dh_bits);
}

static void add_word(struct strbuf *b, const char *word)
{
	if (b->len)
		strbuf_puts(b, ", ");
	strbuf_puts(b, word);
}

static void put_success(struct strbuf *b, const struct handshake_event *e)
{
	const struct event_x509 *client = &e->client_leaf.x509;
	enum text_mood mood;
	const char *problem = text_chain_problem(&e->client_cert, &mood);

	if (e->resumed == EVENT_YES)
		add_word(b, "resumed");
	if (e->client_leaf.sha256.s) {
		add_word(b, "client certificate ");
		text_str(b, client->subject.common_name.n ? &client->subject.common_name.v[0] : &e->client_leaf.subject);
		if (problem)
			strbuf_printf(b, " (%s)", problem);
	} else if (e->certificate_request.seen == EVENT_YES && e->client_certificate == EVENT_NO) {
		add_word(b, "no client certificate");
	}
	if (e->upgraded_from.s) {
		add_word(b, "after ");
		text_str(b, &e->upgraded_from);
	}
	if (e->renegotiations != EVENT_ABSENT && e->renegotiations > 0)
		add_word(b, "renegotiated");
}

static void make_result(struct text_row *row, const struct handshake_event *e)
{
	struct strbuf *head = &row->piece[P_HEAD], *detail = &row->piece[P_DETAIL];

	if (text_is(&e->outcome, "success")) {
		strbuf_puts(head, "ok");
		put_success(detail, e);
	} else {
		row->failed = text_is(&e->outcome, "failure");
		row->result = row->failed ? MOOD_BAD : MOOD_WARN;
		strbuf_puts(head, row->failed ? "failed" : "?");
		text_str(detail, &e->reason);
	}
	if (e->capture.gaps != EVENT_ABSENT && e->capture.gaps > 0)
		strbuf_puts(detail, detail->len ? " (gap)" : "(gap)");
	else if (e->capture.complete == EVENT_NO && row->result != MOOD_WARN)
		strbuf_puts(detail, detail->len ? " (incomplete)" : "(incomplete)");
}

static void put_or_dash(struct strbuf *b, const struct event_str *s)
{
	if (s->s && s->len)
		text_str(b, s);
	else
		strbuf_putc(b, '-');
}

void text_row_make(struct text_row *row, const struct handshake_event *e, int warn_days)
{
	struct strbuf *p = row->piece;
	char at[CLOCK_ISO_LEN];

	for (size_t i = 0; i < P_CNT; i++)
		strbuf_reset(&p[i]);
	row->cert = row->result = MOOD_PLAIN;
	row->failed = false;
	strbuf_puts(&p[P_TIME], clock_local_time(e->start_ns, at));
	text_process_name(&p[P_PROCESS], &e->process);
	put_or_dash(&p[P_CLIENT_IP], &e->client.ip);
	text_endpoint(&p[P_CLIENT_PORT], &e->client.ip, e->client.port);
	put_or_dash(&p[P_SERVER_IP], &e->server.ip);
	text_endpoint(&p[P_SERVER_PORT], &e->server.ip, e->server.port);
	put_or_dash(&p[P_SNI], &e->server_name);
	text_version(&p[P_VERSION], e);
	put_cipher(&p[P_CIPHER], e);
	put_group(&p[P_GROUP], e);
	make_cert(row, e, warn_days);
	text_duration(&p[P_TOOK], e->duration_ns);
	make_result(row, e);
}
