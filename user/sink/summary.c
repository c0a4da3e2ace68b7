/* SPDX-License-Identifier: BSD-2-Clause */
#include "sink/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/utf8.h"
#include "event/event.h"
#include "sink/text.h"

#define CERTS_MAX 1000		/* kept */
#define CERTS_SHOWN 20
#define NAME_COLUMNS 64		/* of a certificate's name: it may be of any length */
#define REASONS_MAX 256
#define REASONS_SHOWN 5
#define VERSIONS_MAX 16
#define VERSION_LEN 16
#define NOT_KNOWN "not known"
#define OTHERS "others"

enum outcome { SUCCESS, FAILURE, UNKNOWN, OUTCOME_CNT };

struct version_row {
	char name[VERSION_LEN];
	uint64_t cnt[OUTCOME_CNT];
};

struct reason {
	struct table_node node;
	uint64_t cnt;
	char text[];
};

struct expiring {
	struct table_node node;
	int64_t days_left;
	char *state, *name;		/* inside text */
	char text[];			/* SHA-256 and server, which are the key; name; state */
};

struct summary {
	int expiry_warn_days;
	struct version_row version[VERSIONS_MAX];
	size_t version_cnt;
	struct table *reasons, *certs;
	uint64_t reasons_over, certs_over;	/* not kept; a certificate may be counted more than once */
};

struct summary *summary_new(int expiry_warn_days)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->expiry_warn_days = expiry_warn_days;
	s->reasons = table_new();
	s->certs = table_new();
	if (!s->reasons || !s->certs) {
		summary_free(s);
		return NULL;
	}
	return s;
}

static void entries_free(struct table *t, size_t node_offset)
{
	struct table_node *n;

	while (t && (n = table_oldest(t))) {
		table_remove(t, n);
		free((char *)n - node_offset);
	}
	if (t)
		table_free(t);
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	entries_free(s->reasons, offsetof(struct reason, node));
	entries_free(s->certs, offsetof(struct expiring, node));
	free(s);
}

static enum outcome outcome_of(const struct handshake_event *e)
{
	return text_is(&e->outcome, "success") ? SUCCESS : text_is(&e->outcome, "failure") ? FAILURE : UNKNOWN;
}

/* Versions that nobody has heard of do not make the table longer than it may be. */
static struct version_row *version_row(struct summary *s, const char *name)
{
	for (size_t i = 0; i < s->version_cnt; i++)
		if (!strcmp(s->version[i].name, name))
			return &s->version[i];
	if (s->version_cnt == VERSIONS_MAX - 1)
		name = OTHERS;
	if (s->version_cnt == VERSIONS_MAX)
		return &s->version[VERSIONS_MAX - 1];
	snprintf(s->version[s->version_cnt].name, VERSION_LEN, "%s", name);
	return &s->version[s->version_cnt++];
}

static void add_version(struct summary *s, const struct handshake_event *e)
{
	struct strbuf b = { 0 };

	if (e->not_tls.s)
		strbuf_puts(&b, "not TLS");
	else
		text_version(&b, e);
	version_row(s, b.len ? b.s : NOT_KNOWN)->cnt[outcome_of(e)]++;
	strbuf_free(&b);
}

static void add_reason(struct summary *s, const struct event_str *text)
{
	struct table_node *n = table_find(s->reasons, text->s, text->len);
	struct reason *r;

	if (n) {
		container_of_node(n, struct reason, node)->cnt++;
		return;
	}
	r = table_count(s->reasons) < REASONS_MAX ? calloc(1, sizeof(*r) + text->len + 1) : NULL;
	if (!r) {
		s->reasons_over++;
		return;
	}
	memcpy(r->text, text->s, text->len);
	r->node.key = r->text;
	r->node.key_len = (uint32_t)text->len;
	r->cnt = 1;
	table_insert(s->reasons, &r->node);
}

/* text holds three strings: the key, which is the SHA-256 and the server; name; state. */
static void keep_cert(struct summary *s, const struct strbuf *text, size_t key_len, size_t name_len, int64_t days_left)
{
	struct expiring *x = table_count(s->certs) < CERTS_MAX ? calloc(1, sizeof(*x) + text->len + 1) : NULL;

	if (!x) {
		s->certs_over++;
		return;
	}
	memcpy(x->text, text->s, text->len);
	x->name = x->text + key_len + 1;
	x->state = x->name + name_len + 1;
	x->days_left = days_left;
	x->node.key = x->text;
	x->node.key_len = (uint32_t)key_len;
	table_insert(s->certs, &x->node);
}

static void cut(struct strbuf *text, size_t from)
{
	size_t fit;

	if (text->failed)
		return;
	fit = utf8_fit(text->s + from, text->len - from, NAME_COLUMNS);
	if (fit == text->len - from)
		return;
	text->len = from + fit;
	strbuf_puts(text, "...");
}

static void add_cert(struct summary *s, const struct handshake_event *e)
{
	struct strbuf text = { 0 }, state = { 0 };
	size_t key_len, name_len;

	if (text_validity(&state, e, s->expiry_warn_days) == MOOD_PLAIN) {
		strbuf_free(&state);
		return;
	}
	text_str(&text, &e->server_leaf.sha256);
	strbuf_putc(&text, ' ');
	text_endpoint(&text, &e->server.ip, e->server.port);
	key_len = text.len;
	strbuf_putc(&text, '\0');
	text_cert_name(&text, e);
	cut(&text, key_len + 1);
	name_len = text.len - key_len - 1;
	strbuf_putc(&text, '\0');
	strbuf_add(&text, state.s, state.len);
	if (!text.failed && !table_find(s->certs, text.s, key_len))
		keep_cert(s, &text, key_len, name_len, e->cert.days_left);
	strbuf_free(&text);
	strbuf_free(&state);
}

void summary_add(struct summary *s, const struct handshake_event *e)
{
	add_version(s, e);
	if (outcome_of(e) == FAILURE && e->reason.s)
		add_reason(s, &e->reason);
	if (e->server_leaf.sha256.s)
		add_cert(s, e);
}

/* The newest version first; what is not a version last. */
static int by_version(const void *a, const void *b)
{
	const char *x = ((const struct version_row *)a)->name, *y = ((const struct version_row *)b)->name;
	bool x_is = x[0] >= 'A' && x[0] <= 'Z', y_is = y[0] >= 'A' && y[0] <= 'Z';

	return x_is != y_is ? y_is - x_is : strcmp(y, x);
}

static void print_row(FILE *out, const char *name, const uint64_t cnt[OUTCOME_CNT])
{
	fprintf(out, "  %-*s %10llu %10llu %10llu\n", VERSION_LEN, name, (unsigned long long)cnt[SUCCESS],
		(unsigned long long)cnt[FAILURE], (unsigned long long)cnt[UNKNOWN]);
}

static void print_versions(const struct summary *s, FILE *out)
{
	struct version_row sorted[VERSIONS_MAX];
	uint64_t total[OUTCOME_CNT] = { 0 };

	if (!s->version_cnt) {
		fprintf(out, "no handshakes\n");
		return;
	}
	memcpy(sorted, s->version, sizeof(sorted));
	qsort(sorted, s->version_cnt, sizeof(sorted[0]), by_version);
	fprintf(out, "  %-*s %10s %10s %10s\n", VERSION_LEN, "HANDSHAKES", "OK", "FAILED", "UNKNOWN");
	for (size_t i = 0; i < s->version_cnt; i++) {
		print_row(out, sorted[i].name, sorted[i].cnt);
		for (int k = 0; k < OUTCOME_CNT; k++)
			total[k] += sorted[i].cnt[k];
	}
	if (s->version_cnt > 1)
		print_row(out, "all", total);
}

/* The entries of a table as an array of its nodes; the caller frees it. */
static struct table_node **nodes_of(const struct table *t, int (*compare)(const void *, const void *))
{
	size_t n = table_count(t), i = 0;
	struct table_node **v = calloc(n ? n : 1, sizeof(*v));

	if (!v)
		return NULL;
	for (struct table_node *node = table_oldest(t); node && i < n; node = node->newer)
		v[i++] = node;
	qsort(v, i, sizeof(*v), compare);
	return v;
}

static int by_frequency(const void *a, const void *b)
{
	const struct reason *x = container_of_node(*(struct table_node *const *)a, struct reason, node);
	const struct reason *y = container_of_node(*(struct table_node *const *)b, struct reason, node);

	return x->cnt != y->cnt ? (x->cnt < y->cnt) - (x->cnt > y->cnt) : strcmp(x->text, y->text);
}

static void print_reasons(const struct summary *s, FILE *out)
{
	struct table_node **v = nodes_of(s->reasons, by_frequency);
	size_t n = table_count(s->reasons);
	struct strbuf line = { 0 };
	uint64_t rest = s->reasons_over;

	if (!v || !n) {
		free(v);
		return;
	}
	fprintf(out, "why handshakes failed:\n");
	for (size_t i = 0; i < n; i++) {
		const struct reason *r = container_of_node(v[i], struct reason, node);

		if (i >= REASONS_SHOWN) {
			rest += r->cnt;
			continue;
		}
		strbuf_reset(&line);
		strbuf_term(&line, r->text, r->node.key_len);
		fprintf(out, "  %7llu  %s\n", (unsigned long long)r->cnt, line.len ? line.s : "");
	}
	if (rest)
		fprintf(out, "  %7llu  other reasons\n", (unsigned long long)rest);
	strbuf_free(&line);
	free(v);
}

static int by_days_left(const void *a, const void *b)
{
	const struct expiring *x = container_of_node(*(struct table_node *const *)a, struct expiring, node);
	const struct expiring *y = container_of_node(*(struct table_node *const *)b, struct expiring, node);

	if (x->days_left != y->days_left)
		return (x->days_left > y->days_left) - (x->days_left < y->days_left);
	return strcmp(x->name, y->name) ? strcmp(x->name, y->name) : strcmp(x->text, y->text);
}

static void print_certs(const struct summary *s, FILE *out)
{
	struct table_node **v = nodes_of(s->certs, by_days_left);
	size_t n = table_count(s->certs);
	uint64_t rest = s->certs_over;

	if (!v || !n) {
		free(v);
		return;
	}
	fprintf(out, "certificates that need attention:\n");
	for (size_t i = 0; i < n && i < CERTS_SHOWN; i++) {
		const struct expiring *x = container_of_node(v[i], struct expiring, node);

		fprintf(out, "  %-20s  %-30s %s\n", x->state, x->name, strchr(x->text, ' ') + 1);
	}
	if (n > CERTS_SHOWN)
		rest += n - CERTS_SHOWN;
	if (rest)
		fprintf(out, "  and %llu more\n", (unsigned long long)rest);
	free(v);
}

/* In tenths, rounded, and without floating point, whose comma depends on the locale. */
static void print_bytes(FILE *out, uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB" };
	uint64_t tenths = bytes / 100 + (bytes % 100 >= 50);
	size_t u = 0;

	if (bytes < 1000) {
		fprintf(out, "%llu bytes", (unsigned long long)bytes);
		return;
	}
	for (; tenths >= 10000 && u + 1 < sizeof(units) / sizeof(units[0]); u++)
		tenths = (tenths + 500) / 1000;
	fprintf(out, "%llu.%llu %s", (unsigned long long)tenths / 10, (unsigned long long)tenths % 10, units[u]);
}

static void print_counts(FILE *out, const struct event_counts *c, const char *title, const char *if_none)
{
	const char *sep = title;

	for (size_t i = 0; i < c->n; i++) {
		if (!c->v[i].value)
			continue;
		fprintf(out, "%s%llu %s", sep, (unsigned long long)c->v[i].value, c->v[i].text);
		sep = ", ";
	}
	fputs(sep == title ? if_none : "\n", out);
}

static void print_outputs(const struct event_outputs *o, FILE *out)
{
	struct strbuf name = { 0 };

	for (size_t i = 0; i < o->n; i++) {
		const struct event_output *c = &o->v[i];

		strbuf_reset(&name);
		strbuf_term(&name, c->name.s, c->name.len);
		fprintf(out, "output %s: %llu delivered", name.len ? name.s : "", (unsigned long long)c->delivered);
		if (c->queued)
			fprintf(out, ", %llu kept", (unsigned long long)c->queued);
		if (c->dropped)
			fprintf(out, ", %llu dropped", (unsigned long long)c->dropped);
		if (c->reconnects)
			fprintf(out, ", %llu reconnects", (unsigned long long)c->reconnects);
		fputc('\n', out);
	}
	strbuf_free(&name);
}

void summary_print(const struct summary *s, const struct stats_event *last, FILE *out)
{
	print_versions(s, out);
	print_reasons(s, out);
	print_certs(s, out);
	if (!last)
		return;
	fprintf(out, "seen: %llu packets, ", (unsigned long long)last->packets);
	print_bytes(out, last->bytes);
	fputc('\n', out);
	print_counts(out, &last->notes, "noted: ", "");
	print_counts(out, &last->drops, "lost: ", "lost: none\n");
	print_outputs(&last->outputs, out);
}
