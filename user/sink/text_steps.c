/* SPDX-License-Identifier: BSD-2-Clause */
/* A handshake as its messages, one line each, those of one TLS record bracketed; then what it comes to. */
#include <string.h>

#include "base/utf8.h"
#include "event/event.h"
#include "sink/text.h"

#define TITLE_LEN 18
#define CLOSING_AT 4
#define CLOSING_VALUE_AT 24

struct message {
	const char *name;		/* of the event's step */
	const char *title;		/* as RFC 5246 and RFC 8446 write it */
	void (*brief)(struct text_details *d, const struct event_step *step);	/* a few words, into t->scratch */
	void (*details)(struct text_details *d, const struct event_step *step);	/* the lines below */
};

static bool by_client(const struct event_step *step)
{
	return step->from && !strcmp(step->from, "client");
}

static void brief_server_hello(struct text_details *d, const struct event_step *step)
{
	struct strbuf *b = &d->t->scratch;

	(void)step;
	text_version(b, d->e);
	if (d->e->cipher.s) {
		strbuf_puts(b, ", ");
		text_str(b, &d->e->cipher);
	}
	if (d->e->curve.s && text_is(&d->e->version, "1.3")) {
		strbuf_puts(b, ", ");
		text_str(b, &d->e->curve);
	}
}

static void brief_key_exchange(struct text_details *d, const struct event_step *step)
{
	struct strbuf *b = &d->t->scratch;

	(void)step;
	if (d->e->curve.s)
		text_str(b, &d->e->curve);
	else if (d->e->dh_bits != EVENT_ABSENT)
		strbuf_printf(b, "DH %lld bits", (long long)d->e->dh_bits);
	if (d->e->key_exchange_signature.s) {
		strbuf_puts(b, ", ");
		text_str(b, &d->e->key_exchange_signature);
	}
}

static void brief_certificate(struct text_details *d, const struct event_step *step)
{
	const struct event_chain *chain = by_client(step) ? &d->e->client_chain : &d->e->server_chain;

	if (d->chain_done[by_client(step)])
		return;
	if (chain->n)
		text_count(&d->t->scratch, (int64_t)chain->n, "certificate", "certificates");
	else
		strbuf_puts(&d->t->scratch, "empty: no certificate");
}

static void brief_request(struct text_details *d, const struct event_step *step)
{
	size_t n = d->e->certificate_request.authorities.n;

	(void)step;
	if (n)
		text_count(&d->t->scratch, (int64_t)n, "authority", "authorities");
	else
		strbuf_puts(&d->t->scratch, "any authority");
}

static void brief_status(struct text_details *d, const struct event_step *step)
{
	(void)step;
	if (!d->e->ocsp.status.s)
		return;
	strbuf_puts(&d->t->scratch, "OCSP: ");
	text_str(&d->t->scratch, &d->e->ocsp.status);
}

static const struct event_step *own_step_before(const struct text_details *d, const struct event_step *step)
{
	for (const struct event_step *s = step; s > d->e->steps.v; s--)
		if (by_client(s - 1) == by_client(step))
			return s - 1;
	return NULL;
}

/* RFC 5246 section 7.4.9: Finished comes right after ChangeCipherSpec. In TLS 1.3 that says nothing (RFC 8446
 * appendix D.4). */
static void brief_encrypted(struct text_details *d, const struct event_step *step)
{
	const struct event_step *before = own_step_before(d, step);

	if (text_is(&d->e->version, "1.3"))
		strbuf_puts(&d->t->scratch, "encrypted by TLS 1.3");
	else if (before && !strcmp(before->name, "change_cipher_spec"))
		strbuf_puts(&d->t->scratch, "Finished");
}

static void brief_alert(struct text_details *d, const struct event_step *step)
{
	if (step->detail)
		strbuf_term(&d->t->scratch, step->detail, strlen(step->detail));
}

static void below_client_hello(struct text_details *d, const struct event_step *step)
{
	(void)step;
	text_client_hello(d);
}

static void below_server_hello(struct text_details *d, const struct event_step *step)
{
	(void)step;
	text_server_hello(d);
}

static void below_certificate(struct text_details *d, const struct event_step *step)
{
	text_certificates(d, by_client(step));
}

static void below_request(struct text_details *d, const struct event_step *step)
{
	(void)step;
	text_certificate_request(d);
}

static const struct message messages[] = {
	{ "client_hello", "ClientHello", NULL, below_client_hello },
	{ "server_hello", "ServerHello", brief_server_hello, below_server_hello },
	{ "hello_retry_request", "HelloRetryRequest", NULL, NULL },
	{ "hello_verify_request", "HelloVerifyRequest", NULL, NULL },
	{ "hello_request", "HelloRequest", NULL, NULL },
	{ "certificate", "Certificate", brief_certificate, below_certificate },
	{ "compressed_certificate", "CompressedCertificate", brief_certificate, below_certificate },
	{ "certificate_url", "CertificateURL", NULL, NULL },
	{ "certificate_status", "CertificateStatus", brief_status, NULL },
	{ "server_key_exchange", "ServerKeyExchange", brief_key_exchange, NULL },
	{ "certificate_request", "CertificateRequest", brief_request, below_request },
	{ "server_hello_done", "ServerHelloDone", NULL, NULL },
	{ "client_key_exchange", "ClientKeyExchange", NULL, NULL },
	{ "certificate_verify", "CertificateVerify", NULL, NULL },
	{ "new_session_ticket", "NewSessionTicket", NULL, NULL },
	{ "change_cipher_spec", "ChangeCipherSpec", NULL, NULL },
	{ "encrypted_handshake", "EncryptedHandshake", brief_encrypted, NULL },
	{ "finished", "Finished", NULL, NULL },
	{ "encrypted_extensions", "EncryptedExtensions", NULL, NULL },
	{ "end_of_early_data", "EndOfEarlyData", NULL, NULL },
	{ "key_update", "KeyUpdate", NULL, NULL },
	{ "alert", "Alert", brief_alert, NULL },
	{ "encrypted_alert", "EncryptedAlert", NULL, NULL },
	{ "application_data", "ApplicationData", NULL, NULL },
	{ "heartbeat", "Heartbeat", NULL, NULL },
};

/* A message without a row goes by the name that the event gives it. */
static struct message message_of(const struct event_step *step)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (!strcmp(messages[i].name, step->name))
			return messages[i];
	return (struct message){ .title = step->name };
}

static bool same_record(const struct event_step *a, const struct event_step *b)
{
	return a->record == b->record && a->record != EVENT_ABSENT && by_client(a) == by_client(b);
}

/* The bracket around messages that share a record. */
static char bracket(const struct event_steps *s, size_t i)
{
	bool before = i > 0 && same_record(&s->v[i - 1], &s->v[i]);
	bool after = i + 1 < s->n && same_record(&s->v[i], &s->v[i + 1]);

	return before ? after ? '|' : '\\' : after ? '/' : ' ';
}

static const char *unit(int64_t len)
{
	return len == 1 ? "byte" : "bytes";
}

/* Beside the message, or below it where the terminal is too narrow for that. */
static void put_brief(struct text_details *d, size_t line_start)
{
	struct strbuf *b = &d->t->base.out.buf, *brief = &d->t->scratch;
	size_t width = b->len - line_start + 2 + utf8_width(brief->s, brief->len);
	bool beside = brief->len && (!d->t->columns || width <= d->t->columns);

	if (beside) {
		strbuf_puts(b, "  ");
		strbuf_add(b, brief->s, brief->len);
		strbuf_reset(brief);
	}
	strbuf_putc(b, '\n');
	text_lines(d, TEXT_VALUE_AT, "", TEXT_VALUE_AT);
}

static void put_step(struct text_details *d, size_t i)
{
	const struct event_step *step = &d->e->steps.v[i];
	struct strbuf *b = &d->t->base.out.buf;
	struct message m = message_of(step);
	char mark = bracket(&d->e->steps, i);
	size_t start = b->len;

	strbuf_printf(b, "  %c%8lld.%03lld ms  %-9s  %-*s %6lld %s", mark, (long long)step->t_us / 1000,
		      (long long)step->t_us % 1000, by_client(step) ? "client ->" : "<- server", TITLE_LEN, m.title,
		      (long long)step->len, unit(step->len));
	d->margin = mark == '/' || mark == '|' ? '|' : ' ';
	if (m.brief)
		m.brief(d, step);
	put_brief(d, start);
	if (m.details)
		m.details(d, step);
}

static void client_certificate(struct strbuf *b, const struct handshake_event *e)
{
	size_t n = e->certificate_request.authorities.n;

	if (e->certificate_request.seen != EVENT_YES) {
		strbuf_puts(b, text_is(&e->cert.visibility, "encrypted") ? "cannot be told: encrypted by TLS 1.3" :
			       e->certificate_request.seen == EVENT_NO ? "not requested" : "cannot be told");
		return;
	}
	strbuf_puts(b, "requested by the server (");
	if (n)
		text_count(b, (int64_t)n, "authority", "authorities");
	else
		strbuf_puts(b, "any authority");
	strbuf_puts(b, "), ");
	if (e->client_chain.n) {
		strbuf_puts(b, "sent: ");
		text_str(b, &e->client_chain.v[0].subject);
	} else if (e->client_certificate == EVENT_NO) {
		strbuf_puts(b, "client sent none (empty Certificate)");
	} else {
		strbuf_puts(b, e->client_certificate == EVENT_YES ? "sent" : "no answer seen");
	}
}

static void server_certificate(struct strbuf *b, const struct text_row *row)
{
	static const enum text_piece pieces[] = { P_CERT_NAME, P_CERT_STATE, P_CERT_ISSUER };

	for (size_t i = 0; i < 3; i++) {
		const struct strbuf *piece = &row->piece[pieces[i]];

		if (piece->len && b->len)
			strbuf_puts(b, ", ");
		strbuf_add(b, piece->s, piece->len);
	}
}

static void chain_status(struct strbuf *b, const struct event_verdict *v)
{
	text_str(b, &v->chain_status);
	if (v->completed == EVENT_YES)
		strbuf_puts(b, ", completed by an intermediate seen before");
	if (v->chain_reason.s) {
		strbuf_puts(b, ": ");
		text_str(b, &v->chain_reason);
	}
}

static void put_findings(struct text_details *d, const struct event_verdict *v, const char *label)
{
	for (size_t i = 0; i < v->notes.n; i++) {
		const struct event_finding *f = &v->notes.v[i];

		strbuf_printf(&d->t->scratch, "%s: %s (%s)", f->severity, f->sentence, f->id);
		text_lines(d, CLOSING_AT, i ? "" : label, CLOSING_VALUE_AT);
	}
}

static void add_phase(struct strbuf *b, const char *before, int64_t us, const char *after)
{
	if (us == EVENT_ABSENT)
		return;
	strbuf_printf(b, "%s%s%lld.%03lld ms%s", b->len ? ", " : "", before, (long long)us / 1000, (long long)us % 1000,
		      after);
}

static void timing(struct strbuf *b, const struct handshake_event *e)
{
	add_phase(b, "TCP connect ", e->tcp_connect_us, "");
	add_phase(b, "ClientHello after ", e->client_hello_us, "");
	add_phase(b, "ServerHello after ", e->server_hello_us, "");
	add_phase(b, "finished after ", e->finished_us, "");
	add_phase(b, "", e->total_us, " in all");
}

static void capture(struct strbuf *b, const struct handshake_event *e)
{
	if (e->capture.complete != EVENT_NO)
		return;
	strbuf_puts(b, "incomplete");
	if (e->capture.gaps != EVENT_ABSENT && e->capture.gaps > 0) {
		strbuf_puts(b, ", ");
		text_count(b, e->capture.gaps, "gap", "gaps");
	}
	if (e->capture.truncated == EVENT_YES)
		strbuf_puts(b, ", cut short");
}

static void result(struct strbuf *b, const struct text_row *row)
{
	const struct strbuf *head = &row->piece[P_HEAD], *detail = &row->piece[P_DETAIL];

	if (row->result == MOOD_WARN)
		strbuf_puts(b, "cannot be told");
	else
		strbuf_add(b, head->s, head->len);
	if (detail->len) {
		strbuf_puts(b, detail->s[0] == '(' ? " " : row->result == MOOD_PLAIN ? ", " : ": ");
		strbuf_add(b, detail->s, detail->len);
	}
}

static void put_closing(struct text_details *d, const char *label)
{
	text_lines(d, CLOSING_AT, label, CLOSING_VALUE_AT);
}

static void put_process(struct text_details *d, const struct event_process *p)
{
	struct strbuf *v = &d->t->scratch;

	if (!p->role)
		return;
	text_process_name(v, p);
	text_process_user(v, p);
	text_process_container(v, p);
	put_closing(d, !strcmp(p->role, "client") ? "client process:" : "server process:");
	text_str(v, p->command_line.s ? &p->command_line : &p->executable);
	put_closing(d, "");
}

static void put_closings(struct text_details *d)
{
	struct strbuf *v = &d->t->scratch;

	put_process(d, &d->e->process);
	put_process(d, &d->e->peer_process);
	if (d->e->version.s) {
		server_certificate(v, &d->t->row);
		put_closing(d, "server certificate:");
		chain_status(v, &d->e->cert);
		put_closing(d, "server chain:");
		client_certificate(v, d->e);
		put_closing(d, "client certificate:");
		chain_status(v, &d->e->client_cert);
		put_closing(d, "client chain:");
	}
	put_findings(d, &d->e->cert, "findings:");
	put_findings(d, &d->e->client_cert, "of the client's:");
	timing(v, d->e);
	put_closing(d, "timing:");
	capture(v, d->e);
	put_closing(d, "capture:");
	result(v, &d->t->row);
	text_mood_begin(d->t, d->t->row.result);
	put_closing(d, "result:");
	text_mood_end(d->t, d->t->row.result);
}

void text_steps(struct text_sink *t, const struct handshake_event *e)
{
	struct text_details d = { .t = t, .e = e, .margin = ' ' };
	struct strbuf *b = &t->base.out.buf;

	for (size_t i = 0; i < e->steps.n; i++)
		put_step(&d, i);
	if (e->steps_truncated == EVENT_YES)
		strbuf_puts(b, "    ... more messages, not kept\n");
	d.margin = ' ';
	text_certificates(&d, false);
	text_certificates(&d, true);
	put_closings(&d);
	strbuf_putc(b, '\n');
}
