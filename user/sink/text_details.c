/* SPDX-License-Identifier: BSD-2-Clause */
/* What messages say, one value a line, below the line of the message itself. */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "event/event.h"
#include "sink/text.h"

#define LABEL_AT 17
#define FIRST_SUITES 4
#define NO_MAX SIZE_MAX
#define RSA_EXPONENT 65537		/* nearly everybody's: not worth a word */

static void put_blanks_to(struct strbuf *b, size_t from, size_t to)
{
	for (; from < to; from++)
		strbuf_putc(b, ' ');
}

/* How much of the value goes on a line with that much room: up to the last comma or blank that fits; whole if
 * there is none to break at. */
static size_t line_part(const char *s, size_t len, size_t room)
{
	size_t fit = utf8_fit(s, len, room), at;

	if (fit == len)
		return len;
	for (at = fit; at > 0 && s[at - 1] != ' '; at--)
		;
	if (at)
		return at;
	for (at = fit; at < len && s[at] != ' '; at++)
		;
	return at < len ? at + 1 : len;
}

void text_lines(struct text_details *d, size_t label_at, const char *label, size_t value_at)
{
	struct strbuf *b = &d->t->base.out.buf, *value = &d->t->scratch;
	size_t room = d->t->columns > value_at + 20 ? d->t->columns - value_at : NO_MAX;

	for (size_t done = 0; done < value->len; label = "") {
		size_t n = line_part(value->s + done, value->len - done, room);
		size_t end = done + n;

		strbuf_puts(b, "  ");
		strbuf_putc(b, d->margin);
		put_blanks_to(b, 3, label_at);
		strbuf_puts(b, label);
		put_blanks_to(b, label_at + strlen(label), value_at);
		while (end > done && value->s[end - 1] == ' ')
			end--;
		strbuf_add(b, value->s + done, end - done);
		strbuf_putc(b, '\n');
		done += n;
	}
	strbuf_reset(value);
}

static void put_line(struct text_details *d, const char *label)
{
	text_lines(d, LABEL_AT, label, TEXT_VALUE_AT);
}

static void put_str_line(struct text_details *d, const char *label, const struct event_str *s)
{
	text_str(&d->t->scratch, s);
	put_line(d, label);
}

static void put_list_line(struct text_details *d, const char *label, const struct event_strs *l)
{
	text_list(&d->t->scratch, l, NO_MAX);
	put_line(d, label);
}

static void add_version(struct text_details *d, const struct event_str *version)
{
	struct strbuf *v = &d->t->scratch;

	if (text_is(&d->e->protocol, "dtls"))
		strbuf_puts(v, "DTLS ");
	else if (text_is(version, "2.0") || text_is(version, "3.0"))
		strbuf_puts(v, "SSL ");
	else if (version->len == 3)		/* "1.2", and not a number without a name */
		strbuf_puts(v, "TLS ");
	text_str(v, version);
}

static void put_versions(struct text_details *d)
{
	const struct event_strs *l = &d->e->client_hello.supported_versions;

	for (size_t i = 0; i < l->n; i++) {
		if (i)
			strbuf_puts(&d->t->scratch, ", ");
		add_version(d, &l->v[i]);
	}
	if (!l->n && d->e->client_version.s) {
		strbuf_puts(&d->t->scratch, "up to ");
		add_version(d, &d->e->client_version);
	}
	put_line(d, "versions");
}

static void put_suites(struct text_details *d)
{
	const struct event_strs *l = &d->e->supported_ciphers;

	if (!l->n)
		return;
	strbuf_putu(&d->t->scratch, l->n);
	strbuf_puts(&d->t->scratch, ": ");
	text_list(&d->t->scratch, l, FIRST_SUITES);
	put_line(d, "suites");
}

static void put_groups(struct text_details *d)
{
	struct strbuf *v = &d->t->scratch;

	text_list(v, &d->e->client_hello.supported_groups, NO_MAX);
	if (d->e->client_hello.key_share_groups.n) {
		strbuf_puts(v, "; key shares: ");
		text_list(v, &d->e->client_hello.key_share_groups, NO_MAX);
	}
	put_line(d, "groups");
}

static void add_flag(struct strbuf *v, enum event_tri set, const char *word)
{
	if (set != EVENT_YES)
		return;
	if (v->len)
		strbuf_puts(v, ", ");
	strbuf_puts(v, word);
}

static void put_offers(struct text_details *d)
{
	struct strbuf *v = &d->t->scratch;

	add_flag(v, d->e->client_hello.sslv2, "SSL 2.0 format");
	add_flag(v, d->e->client_hello.session_ticket, "session ticket");
	add_flag(v, d->e->client_hello.psk, "pre-shared key");
	add_flag(v, d->e->client_hello.early_data, "early data");
	add_flag(v, d->e->ech.offered, "encrypted ClientHello");
	add_flag(v, d->e->client_hello.grease, "GREASE");
	put_line(d, "also");
}

static void put_pieces(struct text_details *d)
{
	int64_t segments = d->e->client_hello.segments, records = d->e->client_hello.records;

	if (segments <= 1 && records <= 1)
		return;
	text_count(&d->t->scratch, segments, "segment", "segments");
	strbuf_puts(&d->t->scratch, ", ");
	text_count(&d->t->scratch, records, "record", "records");
	put_line(d, "came in");
}

/* After a HelloRetryRequest there are two; what is known is of both together. */
void text_client_hello(struct text_details *d)
{
	if (d->hello_done)
		return;
	d->hello_done = true;
	put_versions(d);
	put_suites(d);
	put_str_line(d, "SNI", &d->e->server_name);
	put_list_line(d, "ALPN", &d->e->client_hello.alpn);
	put_groups(d);
	put_offers(d);
	put_str_line(d, "JA4", &d->e->ja4);
	put_str_line(d, "JA3", &d->e->ja3);
	put_pieces(d);
}

void text_server_hello(struct text_details *d)
{
	put_str_line(d, "ALPN", &d->e->next_protocol);
	if (d->e->server_hello.session_id_echo == EVENT_YES)
		strbuf_puts(&d->t->scratch, text_is(&d->e->version, "1.3") ? "id echoed, as TLS 1.3 does" : "id echoed: resumed");
	else if (d->e->server_hello.session_id_echo == EVENT_NO)
		strbuf_puts(&d->t->scratch, d->e->resumed == EVENT_YES ? "resumed" : "new");
	put_line(d, "session");
	put_str_line(d, "JA3S", &d->e->ja3s);
}

static void put_date(struct strbuf *v, const struct event_str *iso)
{
	struct event_str day = { iso->s, iso->len < 10 ? iso->len : 10 };

	text_str(v, &day);
	if (!iso->s)
		strbuf_putc(v, '?');
}

static void put_validity(struct text_details *d, const struct event_cert *c, bool is_leaf)
{
	struct strbuf *v = &d->t->scratch;
	size_t before;

	if (!c->not_before.s && !c->not_after.s)
		return;
	put_date(v, &c->not_before);
	strbuf_puts(v, " to ");
	put_date(v, &c->not_after);
	strbuf_puts(v, ", ");
	before = v->len;
	if (is_leaf)
		text_validity(v, d->e, d->t->opt.expiry_warn_days);
	if (v->len == before)
		v->len -= 2;
	put_line(d, "valid");
}

/* The parameters that the name of the algorithm does not tell. */
static void add_pss(struct strbuf *v, const struct event_cert *c)
{
	if (!c->pss_hash.s && !c->pss_mgf_hash.s)
		return;
	strbuf_puts(v, " (MGF1 ");
	text_str(v, &c->pss_mgf_hash);
	if (c->pss_salt_len != EVENT_ABSENT)
		strbuf_printf(v, ", salt %lld", (long long)c->pss_salt_len);
	strbuf_putc(v, ')');
}

static void put_key(struct text_details *d, const struct event_cert *c)
{
	struct strbuf *v = &d->t->scratch;

	text_str(v, &c->key);
	if (c->exponent > 0 && c->exponent != RSA_EXPONENT)
		strbuf_printf(v, ", exponent %lld", (long long)c->exponent);
	if (c->signature.s) {
		strbuf_puts(v, v->len ? "; signature " : "signature ");
		text_str(v, &c->signature);
		add_pss(v, c);
	}
	add_flag(v, c->self_signed, "self-signed");
	put_line(d, "key");
}

static void put_usage(struct text_details *d, const struct event_cert *c)
{
	struct strbuf *v = &d->t->scratch;

	text_list(v, &c->key_usage, NO_MAX);
	if (c->key_usage.n && c->ext_key_usage.n)
		strbuf_puts(v, "; ");
	text_list(v, &c->ext_key_usage, NO_MAX);
	put_line(d, "usage");
	add_flag(v, c->ca, "CA");
	if (c->ca == EVENT_YES && c->path_len != EVENT_ABSENT)
		strbuf_printf(v, ", path length %lld", (long long)c->path_len);
	add_flag(v, c->name_constraints, "name constraints");
	add_flag(v, c->must_staple, "must staple");
	if (c->sct_cnt > 0) {
		strbuf_puts(v, v->len ? ", " : "");
		text_count(v, c->sct_cnt, "SCT", "SCTs");
	}
	put_line(d, "also");
}

static void put_places(struct text_details *d, const struct event_cert *c)
{
	put_list_line(d, "policies", &c->policies);
	put_list_line(d, "OCSP at", &c->ocsp_urls);
	put_list_line(d, "issuer at", &c->issuer_urls);
	put_list_line(d, "CRL at", &c->crl_urls);
}

static void put_certificate(struct text_details *d, const struct event_chain *chain, size_t i, bool is_leaf)
{
	const struct event_cert *c = &chain->v[i];
	struct strbuf *v = &d->t->scratch;
	char label[48] = "subject";

	if (chain->n > 1)
		snprintf(label, sizeof(label), "%zu of %zu", i + 1, chain->n);
	if (c->malformed == EVENT_YES)
		strbuf_puts(v, "malformed certificate");
	else if (!c->subject.s || !c->subject.len)
		strbuf_puts(v, "no subject");
	else
		text_str(v, &c->subject);
	put_line(d, label);
	put_list_line(d, "names", &c->alternative_names);
	put_str_line(d, "issuer", &c->issuer);
	put_validity(d, c, is_leaf);
	put_key(d, c);
	put_usage(d, c);
	put_places(d, c);
	put_str_line(d, "serial", &c->serial);
	put_str_line(d, "SHA-256", &c->sha256);
	put_str_line(d, "SHA-1", &c->sha1);
	put_str_line(d, "key's hash", &c->spki_sha256);
}

void text_certificates(struct text_details *d, bool by_client)
{
	const struct event_chain *chain = by_client ? &d->e->client_chain : &d->e->server_chain;

	if (d->chain_done[by_client])
		return;
	d->chain_done[by_client] = true;
	for (size_t i = 0; i < chain->n; i++)
		put_certificate(d, chain, i, !by_client && i == 0);
}

void text_certificate_request(struct text_details *d)
{
	const struct event_strs *l = &d->e->certificate_request.authorities;

	for (size_t i = 0; i < l->n; i++)
		put_str_line(d, "authority", &l->v[i]);
}
