/* SPDX-License-Identifier: BSD-2-Clause */
#include "event/verdict.h"

#include <stdio.h>
#include <string.h>

#include "flow/flow.h"
#include "tls/handshake.h"
#include "tls/names.h"

#define ALERT_FATAL 2
#define ALERT_CLOSE_NOTIFY 0
#define ALERT_USER_CANCELED 90
#define VERSION_TLS13 0x0304
#define VERSION_DTLS13 0xfefc

static const char *side_name(int side)
{
	return side == TLS_CLIENT ? "client" : side == TLS_SERVER ? "server" : "a peer";
}

static const char *guess_name(enum tls_content_guess guess)
{
	static const char *const names[] = {
		[TLS_GUESS_HTTP] = "clear HTTP",
		[TLS_GUESS_SSH] = "SSH",
		[TLS_GUESS_SMTP] = "clear SMTP",
		[TLS_GUESS_OTHER] = "other content",
	};

	return names[guess];
}

/* Side of a direction of the flow. */
static int side_of_dir(const struct tls_handshake *h, const struct flow *f, int dir)
{
	int client_dir = h->client_dir != TLS_SIDE_UNKNOWN ? h->client_dir :
			 f->initiator != HS_DIR_UNKNOWN ? f->initiator : f->first_dir;

	return dir == client_dir ? TLS_CLIENT : TLS_SERVER;
}

/* The last message before the end; alerts are the end, not a step on the way. */
static const struct tls_step *last_message(const struct tls_handshake *h)
{
	for (size_t i = h->step_cnt; i > 0; i--) {
		uint8_t kind = h->steps[i - 1].kind;

		if (kind != TLS_STEP_ALERT && kind != TLS_STEP_ENCRYPTED_ALERT)
			return &h->steps[i - 1];
	}
	return NULL;
}

/* In TLS 1.3 the rest of a flight is hidden, whichever record type it has. */
static const char *step_text(const struct tls_handshake *h, const struct tls_step *s)
{
	bool hidden = s->kind == TLS_STEP_APPLICATION_DATA || s->kind == TLS_STEP_ENCRYPTED_HANDSHAKE;

	if (hidden && h->version == VERSION_TLS13)
		return s->side == TLS_SERVER ? "the server's encrypted flight" : "the client's encrypted flight";
	return tls_step_name(s->kind);
}

/* " after server_hello" */
static const char *after(const struct tls_handshake *h, char *buf, size_t size)
{
	const struct tls_step *s = last_message(h);

	if (!s)
		return " before any message";
	snprintf(buf, size, " %s %s", h->side[s->side].unfinished ? "in the middle of" : "after", step_text(h, s));
	return buf;
}

/* Alerts about the other side's certificate name it, whatever came behind it in the same flight: RFC 8446 section 6.2,
 * RFC 6066 section 9. */
static bool is_about_certificate(uint8_t code)
{
	enum { BAD_CERTIFICATE = 42, CERTIFICATE_UNKNOWN = 46, UNKNOWN_CA = 48, BAD_STATUS = 113, BAD_HASH = 114 };

	return (code >= BAD_CERTIFICATE && code <= CERTIFICATE_UNKNOWN) || code == UNKNOWN_CA || code == BAD_STATUS ||
	       code == BAD_HASH;
}

static const char *after_alert(const struct tls_handshake *h, char *buf, size_t size)
{
	int other = h->alert.side == TLS_CLIENT ? TLS_SERVER : TLS_CLIENT;

	if (is_about_certificate(h->alert.code) && h->certificate[other].seen)
		return " after certificate";
	return after(h, buf, size);
}

/* RFC 8446 section 6.2: in TLS 1.3 every alert but these two is fatal, whatever its level says. */
static bool alert_ends(const struct tls_handshake *h)
{
	const struct tls_alert *a = &h->alert;

	if (!a->seen)
		return false;
	if (a->level == ALERT_FATAL)
		return true;
	return h->version == VERSION_TLS13 && a->code != ALERT_CLOSE_NOTIFY && a->code != ALERT_USER_CANCELED;
}

static void fail(struct verdict *v, int side, const char *how)
{
	v->outcome = "failure";
	v->end_by = side == TLS_CLIENT ? "client" : side == TLS_SERVER ? "server" : NULL;
	v->end_how = how;
}

/* The other side had closed before: the alert of this one is only the answer to that. */
static bool closed_before_alert(const struct event_source *src, int side, uint64_t alert_ns)
{
	const struct flow *f = src->flow;

	return f->end_how != FLOW_END_NONE && f->end_ns <= alert_ns && side_of_dir(src->tls, f, f->end_dir) != side;
}

/* Whatever was concluded from the order of things may be wrong. */
static bool bytes_missing(const struct event_source *src)
{
	return src->lossy || src->tls->side[0].gap || src->tls->side[1].gap || src->flow->lost_segments;
}

/* The side that sent the first encrypted alert: the other's is an answer. */
static int first_hidden_alert(const struct tls_handshake *h)
{
	const struct tls_side_state *client = &h->side[TLS_CLIENT], *server = &h->side[TLS_SERVER];

	if (client->encrypted_alert && server->encrypted_alert)
		return server->encrypted_alert_ns < client->encrypted_alert_ns ? TLS_SERVER : TLS_CLIENT;
	return client->encrypted_alert ? TLS_CLIENT : server->encrypted_alert ? TLS_SERVER : TLS_SIDE_UNKNOWN;
}

static bool judge_alert(const struct event_source *src, struct verdict *v)
{
	const struct tls_handshake *h = src->tls;
	char buf[64], code[8];
	const char *name;
	int side;

	if (alert_ends(h) && !closed_before_alert(src, h->alert.side, h->alert.time_ns)) {
		snprintf(code, sizeof(code), "0x%02X", h->alert.code);
		name = tls_alert_name(h->alert.code);
		fail(v, h->alert.side, "alert");
		snprintf(v->reason, sizeof(v->reason), "%s sent %s%s", side_name(h->alert.side), name ? name : code,
			 after_alert(h, buf, sizeof(buf)));
		return true;
	}
	side = first_hidden_alert(h);
	if (side == TLS_SIDE_UNKNOWN || bytes_missing(src) ||
	    closed_before_alert(src, side, h->side[side].encrypted_alert_ns))
		return false;
	fail(v, side, "alert");
	snprintf(v->reason, sizeof(v->reason), "%s sent an encrypted alert%s", side_name(side), after(h, buf, sizeof(buf)));
	return true;
}

static bool judge_close(const struct event_source *src, struct verdict *v)
{
	const struct tls_handshake *h = src->tls;
	const struct flow *f = src->flow;
	char buf[64];
	int side;

	if (f->end_how == FLOW_END_NONE)
		return false;
	side = side_of_dir(h, f, f->end_dir);
	fail(v, side, f->end_how == FLOW_END_RST ? "rst" : "fin");
	snprintf(v->reason, sizeof(v->reason), "%s %s the connection%s", side_name(side),
		 f->end_how == FLOW_END_RST ? "reset" : "closed", after(h, buf, sizeof(buf)));
	return true;
}

static void judge_silence(const struct event_source *src, struct verdict *v)
{
	const struct tls_step *s = last_message(src->tls);
	char buf[64];

	v->outcome = "failure";
	v->end_by = "monitor";
	v->end_how = "timeout";
	if (s && s->kind == TLS_STEP_CLIENT_HELLO && !src->tls->side[TLS_CLIENT].unfinished)
		snprintf(v->reason, sizeof(v->reason), "no answer to the client_hello");
	else
		snprintf(v->reason, sizeof(v->reason), "silence%s", after(src->tls, buf, sizeof(buf)));
}

static bool incomplete(const struct event_source *src)
{
	const struct tls_handshake *h = src->tls;

	return bytes_missing(src) || h->side[0].truncated || h->side[1].truncated || src->flow->stream[0].refused ||
	       src->flow->stream[1].refused;
}

/* The client went on as after a ServerHello, or the server sent data. */
static bool answered_unseen(const struct tls_handshake *h)
{
	return h->side[TLS_SERVER].app_records || h->side[TLS_CLIENT].change_cipher_spec || h->client_key_exchange ||
	       (h->side[TLS_CLIENT].app_records && !h->client_hello.early_data);
}

static bool judge_partial(const struct event_source *src, struct verdict *v)
{
	const struct tls_handshake *h = src->tls;
	bool one_sided = !h->client_hello.seen || (!h->server_hello.seen && answered_unseen(h));

	if (!incomplete(src) && !one_sided)
		return false;
	v->outcome = "unknown";
	v->end_by = "monitor";
	snprintf(v->reason, sizeof(v->reason), "%s",
		 incomplete(src) ? "part of the handshake was not captured" :
		 h->client_hello.seen ? "the server's hello was not captured" : "the client's hello was not captured");
	return true;
}

static void judge_end_of_watching(const struct event_source *src, struct verdict *v)
{
	v->outcome = "unknown";
	v->end_by = "monitor";
	v->end_how = "shutdown";
	snprintf(v->reason, sizeof(v->reason), "%s",
		 src->cause == EVENT_CAUSE_EVICTED ? "given up: too many connections at once" :
		 src->cause == EVENT_CAUSE_REPLACED ? "the same ports were used again before it ended" :
		 "the capture ended before the handshake did");
}

bool verdict_not_tls(const struct event_source *src)
{
	const struct tls_handshake *h = src->tls;

	return h->not_tls && !h->client_hello.seen && !h->server_hello.seen && !bytes_missing(src);
}

void verdict_of(const struct event_source *src, struct verdict *v)
{
	const struct tls_handshake *h = src->tls;

	*v = (struct verdict){ .outcome = "unknown" };
	if (h->established) {
		v->outcome = "success";
		return;
	}
	if (verdict_not_tls(src)) {
		v->outcome = "failure";
		snprintf(v->reason, sizeof(v->reason), "not TLS: %s", guess_name(h->not_tls));
		return;
	}
	if (judge_alert(src, v) || judge_partial(src, v) || judge_close(src, v))
		return;
	if (src->cause == EVENT_CAUSE_TIMEOUT)
		judge_silence(src, v);
	else
		judge_end_of_watching(src, v);
}

const char *verdict_visibility(const struct event_source *src)
{
	const struct tls_handshake *h = src->tls;
	static const char *const seen[] = {
		[TLS_OPENED_NONE] = "wire", [TLS_OPENED_KEYLOG] = "keylog", [TLS_OPENED_SECRETS] = "secrets",
	};

	if (src->chain[TLS_SERVER].n || h->certificate[TLS_SERVER].seen)
		return seen[h->opened[TLS_SERVER]];
	if (h->resumed)
		return "resumed";
	if ((h->version == VERSION_TLS13 || h->version == VERSION_DTLS13) && h->server_hello.seen)
		return "encrypted";
	if (h->side[TLS_SERVER].gap || h->side[TLS_SERVER].truncated ||
	    (!h->server_hello.seen && (h->side[TLS_SERVER].app_records || h->established)))
		return "lost";
	return "none";
}
