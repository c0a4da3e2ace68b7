/* SPDX-License-Identifier: BSD-2-Clause */
/* The closing table. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "event/event.h"
#include "inventory_private.h"

#define SHOWN 10

struct line {
	const struct server *server;
	const struct served *cert;
};

static int by_end(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->cert->days_left != y->cert->days_left)
		return x->cert->days_left < y->cert->days_left ? -1 : 1;
	return strcmp(x->server->key, y->server->key);
}

static void print_line(const struct line *l, FILE *out)
{
	struct strbuf name = { 0 }, server = { 0 };
	char left[24] = "?";

	strbuf_term(&name, l->cert->name, strlen(l->cert->name));
	strbuf_term(&server, l->server->key, l->server->node.key_len);
	if (l->cert->days_left != EVENT_ABSENT)
		snprintf(left, sizeof(left), "%lld", (long long)l->cert->days_left);
	if (!name.failed && !server.failed)
		fprintf(out, "  %9s %10llu  %-32s %s%s\n", left, (unsigned long long)l->cert->handshakes,
			name.len ? name.s : "-", server.s,
			l->cert->mixed_told ? " (older, still served)" : l->cert != l->server->cert ? " (replaced)" : "");
	strbuf_free(&name);
	strbuf_free(&server);
}

void inventory_print(const struct inventory *inv, FILE *out)
{
	size_t n = table_count(inv->servers), k = 0;
	struct line *v = calloc(n ? n * BACKENDS : 1, sizeof(*v));

	for (struct table_node *t = table_oldest(inv->servers); v && t; t = t->newer) {
		const struct server *s = container_of_node(t, struct server, node);

		/* Those of earlier runs that were not seen in this one are left out. */
		for (size_t i = 0; i < s->cnt; i++)
			if (s->cert[i].seen)
				v[k++] = (struct line){ s, &s->cert[i] };
	}
	if (!k) {
		free(v);
		return;
	}
	qsort(v, k, sizeof(*v), by_end);
	fprintf(out, "certificates: %zu, servers: %zu, rotated: %llu, older still served: %llu, served though expired: %llu\n",
		table_count(inv->certs), n, (unsigned long long)inv->rotated, (unsigned long long)inv->mixed,
		(unsigned long long)inv->expired);
	fprintf(out, "  %9s %10s  %-32s %s\n", "DAYS LEFT", "HANDSHAKES", "CERTIFICATE", "SERVER");
	for (size_t i = 0; i < k && i < SHOWN; i++)
		print_line(&v[i], out);
	if (k > SHOWN)
		fprintf(out, "  and %zu more\n", k - SHOWN);
	if (inv->forgotten)
		fprintf(out, "  %llu were forgotten, to make room\n", (unsigned long long)inv->forgotten);
	free(v);
}
