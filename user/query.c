/* SPDX-License-Identifier: BSD-2-Clause */
#include "query.h"

#include <errno.h>
#include <getopt.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/exit.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#define STATE_DEFAULT "/var/lib/hsmon/state.db"
#define BUSY_MS 10000
#define PRINT_BYTES 65536

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

struct query {
	const char *state, *name, *issuer, *server;
	bool servers, expired;
	long within;			/* days; -1: no matter */
	enum form form;
};

#define DAYS_LEFT "CAST(floor(julianday(c.not_after) - julianday(?1, 'unixepoch')) AS INTEGER)"
#define TIME_OF(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column " / 1000000000, 'unixepoch') AS "

/* Times are compared as SQLite reads them: what is no time is left out of questions about time. ?1: now. */
static const char certificates[] =
	"SELECT name, " DAYS_LEFT " AS days_left, c.handshakes, (SELECT count(*) FROM servers s WHERE s.sha256 = c.sha256) AS"
	" servers, role, key, issuer, subject, serial, not_before, not_after, " TIME_OF("c.first_seen") "first_seen, "
	TIME_OF("c.last_seen") "last_seen, c.sha256 FROM certificates c WHERE 1"
	" AND (?2 IS NULL OR instr(lower(name), ?2) OR instr(lower(subject), ?2) OR EXISTS (SELECT 1 FROM servers s"
	" WHERE s.sha256 = c.sha256 AND instr(lower(sni), ?2)))"
	" AND (?3 IS NULL OR instr(lower(issuer), ?3))"
	" AND (?4 IS NULL OR EXISTS (SELECT 1 FROM servers s WHERE s.sha256 = c.sha256 AND s.ip = ?4))"
	" AND (?5 IS NULL OR julianday(c.not_after) < julianday(?1, 'unixepoch') + ?5)"
	" ORDER BY c.not_after, c.sha256";

static const char servers[] =
	"SELECT s.ip, s.port, s.sni, name, " DAYS_LEFT " AS days_left, s.handshakes,"
	" CASE WHEN s.first_seen = newest THEN 'current' WHEN s.last_seen > newest THEN 'mixed' ELSE 'replaced' END AS state, "
	TIME_OF("s.first_seen") "first_seen, " TIME_OF("s.last_seen") "last_seen, issuer, c.not_after, s.sha256"
	" FROM (SELECT *, max(first_seen) OVER (PARTITION BY ip, port, sni) AS newest FROM servers) s"
	" LEFT JOIN certificates c ON c.sha256 = s.sha256 WHERE 1"
	" AND (?2 IS NULL OR instr(lower(name), ?2) OR instr(lower(subject), ?2) OR instr(lower(sni), ?2))"
	" AND (?3 IS NULL OR instr(lower(issuer), ?3))"
	" AND (?4 IS NULL OR s.ip = ?4)"
	" AND (?5 IS NULL OR julianday(c.not_after) < julianday(?1, 'unixepoch') + ?5)"
	" ORDER BY s.ip, s.port, s.sni, s.first_seen DESC";

/* Of the table, which people read: the first so many, and how wide. Text that is longer shifts its line. */
static const int widths[2][8] = { { -32, 9, 10, 7, -6, -12, -1 }, { -39, 5, -28, -28, 9, 10, -8, -1 } };

static void put_cell(struct strbuf *b, const char *text, size_t len, int width)
{
	size_t columns, want = (size_t)abs(width), at = b->len;

	strbuf_term(b, text, len);
	columns = b->failed ? want : utf8_width(b->s + at, b->len - at);
	for (; width < 0 && columns < want; columns++)
		strbuf_putc(b, ' ');
	if (width < 0 || columns >= want || !strbuf_room(b, want - columns))
		return;
	memmove(b->s + at + want - columns, b->s + at, b->len - at);
	memset(b->s + at, ' ', want - columns);
	b->len += want - columns;
}

static const char *text_at(sqlite3_stmt *s, int column, size_t *len)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	*len = text ? (size_t)sqlite3_column_bytes(s, column) : 0;
	return text ? text : "";
}

static void put_table(struct strbuf *b, sqlite3_stmt *s, bool by_server)
{
	for (int i = 0; i < 8 && widths[by_server][i]; i++) {
		size_t len;
		const char *text = text_at(s, i, &len);

		if (i)
			strbuf_puts(b, "  ");
		put_cell(b, len ? text : "-", len ? len : 1, widths[by_server][i]);
	}
}

static void put_title(struct strbuf *b, sqlite3_stmt *s, bool by_server)
{
	for (int i = 0; i < 8 && widths[by_server][i]; i++) {
		char title[32];
		size_t n = 0;

		for (const char *p = sqlite3_column_name(s, i); *p && n < sizeof(title); p++)
			title[n++] = (char)(*p == '_' ? ' ' : *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
		if (i)
			strbuf_puts(b, "  ");
		put_cell(b, title, n, widths[by_server][i]);
	}
	strbuf_putc(b, '\n');
}

static void put_json(struct strbuf *b, sqlite3_stmt *s)
{
	char sep = '{';

	for (int i = 0; i < sqlite3_column_count(s); i++) {
		const char *name = sqlite3_column_name(s, i), *text;
		size_t len;

		text = text_at(s, i, &len);
		if (!len)
			continue;
		strbuf_putc(b, sep);
		sep = ',';
		strbuf_json(b, name, strlen(name));
		strbuf_putc(b, ':');
		if (sqlite3_column_type(s, i) == SQLITE_INTEGER)
			strbuf_add(b, text, len);
		else
			strbuf_json(b, text, len);
	}
	strbuf_putc(b, '}');
}

/* RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front. */
static void put_csv_text(struct strbuf *b, const char *text, size_t len)
{
	strbuf_putc(b, '"');
	if (strchr("=+-@", text[0]))
		strbuf_putc(b, '\'');
	for (const char *quote; (quote = memchr(text, '"', len)); len -= (size_t)(quote + 1 - text), text = quote + 1) {
		strbuf_term(b, text, (size_t)(quote + 1 - text));
		strbuf_putc(b, '"');
	}
	strbuf_term(b, text, len);
	strbuf_putc(b, '"');
}

static void put_csv(struct strbuf *b, sqlite3_stmt *s, bool title)
{
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		size_t len;
		const char *text = text_at(s, i, &len);

		if (i)
			strbuf_putc(b, ',');
		if (title)
			strbuf_puts(b, sqlite3_column_name(s, i));
		else if (sqlite3_column_type(s, i) == SQLITE_INTEGER)
			strbuf_add(b, text, len);
		else if (len)
			put_csv_text(b, text, len);
	}
	if (title)
		strbuf_puts(b, "\r\n");
}

static int print(const struct query *q, sqlite3_stmt *s)
{
	struct strbuf b = { 0 };
	int ret;

	if (q->form == FORM_TABLE)
		put_title(&b, s, q->servers);
	else if (q->form == FORM_CSV)
		put_csv(&b, s, true);
	while ((ret = sqlite3_step(s)) == SQLITE_ROW && !b.failed && !ferror(stdout)) {
		if (q->form == FORM_TABLE)
			put_table(&b, s, q->servers);
		else if (q->form == FORM_JSON)
			put_json(&b, s);
		else
			put_csv(&b, s, false);
		strbuf_puts(&b, q->form == FORM_CSV ? "\r\n" : "\n");
		if (b.len < PRINT_BYTES)
			continue;
		fwrite(b.s, 1, b.len, stdout);
		strbuf_reset(&b);
	}
	if (b.len)
		fwrite(b.s, 1, b.len, stdout);
	strbuf_free(&b);
	return ret;
}

static void bind_lower(sqlite3_stmt *s, int at, const char *text)
{
	char *lower = text ? strdup(text) : NULL;

	for (char *p = lower; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	if (lower)
		sqlite3_bind_text(s, at, lower, -1, free);
}

static int ask(const struct query *q, sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	int ret = sqlite3_prepare_v2(db, q->servers ? servers : certificates, -1, &s, NULL);

	if (ret == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, time(NULL));
		bind_lower(s, 2, q->name);
		bind_lower(s, 3, q->issuer);
		if (q->server)
			sqlite3_bind_text(s, 4, q->server, -1, SQLITE_STATIC);
		if (q->expired || q->within >= 0)
			sqlite3_bind_int64(s, 5, q->expired ? 0 : q->within);
		ret = print(q, s);
	}
	if (ret != SQLITE_DONE && ret != SQLITE_ROW)
		log_error("--state: %s: %s", q->state, sqlite3_errmsg(db));
	sqlite3_finalize(s);
	if (fflush(stdout) || ferror(stdout)) {
		log_error("stdout: %s", strerror(errno));
		return HS_EXIT_OUTPUT;
	}
	return ret == SQLITE_DONE ? HS_EXIT_OK : HS_EXIT_FORMAT;
}

static void help(void)
{
	puts("usage: hsmon certs [--state FILE] [--json | --csv] [--servers] [FILTER]...\n\n"
	     "Shows the certificates that hsmon --state has seen, those that end first first.\n\n"
	     "  --state FILE             default: " STATE_DEFAULT "\n"
	     "  --servers                each server with its certificates instead\n"
	     "  --json                   one object a line\n"
	     "  --csv                    comma-separated values\n"
	     "  --name TEXT              only with TEXT in its name, subject or a name that was asked for\n"
	     "  --issuer TEXT            only with TEXT in its issuer\n"
	     "  --server ADDRESS         only served from there\n"
	     "  --expired                only expired ones\n"
	     "  --expires-within DAYS    only those that end within DAYS, or have ended");
}

enum { OPT_STATE = 1, OPT_SERVERS, OPT_JSON, OPT_CSV, OPT_NAME, OPT_ISSUER, OPT_SERVER, OPT_EXPIRED, OPT_WITHIN, OPT_HELP };

static const struct option longs[] = {
	{ "state", required_argument, NULL, OPT_STATE }, { "servers", no_argument, NULL, OPT_SERVERS },
	{ "json", no_argument, NULL, OPT_JSON }, { "csv", no_argument, NULL, OPT_CSV },
	{ "name", required_argument, NULL, OPT_NAME }, { "issuer", required_argument, NULL, OPT_ISSUER },
	{ "server", required_argument, NULL, OPT_SERVER }, { "expired", no_argument, NULL, OPT_EXPIRED },
	{ "expires-within", required_argument, NULL, OPT_WITHIN }, { "help", no_argument, NULL, OPT_HELP }, { 0, 0, NULL, 0 },
};

static bool set_days(const char *text, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	if (!errno && end != text && !*end && *text >= '0' && *text <= '9' && *out <= 36500)
		return true;
	log_error("--expires-within: '%.40s' is not a number from 0 to 36500", text);
	return false;
}

/* false: *status says with what to end. */
static bool parse(int argc, char **argv, struct query *q, int *status)
{
	int val;

	*status = HS_EXIT_USAGE;
	optind = 1;
	opterr = 0;
	while ((val = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (val) {
		case OPT_STATE: q->state = optarg; break;
		case OPT_NAME: q->name = optarg; break;
		case OPT_ISSUER: q->issuer = optarg; break;
		case OPT_SERVER: q->server = optarg; break;
		case OPT_SERVERS: q->servers = true; break;
		case OPT_EXPIRED: q->expired = true; break;
		case OPT_JSON: q->form = FORM_JSON; break;
		case OPT_CSV: q->form = FORM_CSV; break;
		case OPT_WITHIN:
			if (!set_days(optarg, &q->within))
				return false;
			break;
		case OPT_HELP:
		case 'h':
			help();
			*status = HS_EXIT_OK;
			return false;
		default:
			log_error("'%s' is no option, or its value is missing; see hsmon certs -h", argv[optind - 1]);
			return false;
		}
	}
	if (optind == argc)
		return true;
	log_error("'%s' is not expected; see hsmon certs -h", argv[optind]);
	return false;
}

int certs_run(int argc, char **argv)
{
	struct query q = { .state = STATE_DEFAULT, .within = -1 };
	sqlite3 *db = NULL;
	int status;

	if (!parse(argc, argv, &q, &status))
		return status;
	if (sqlite3_open_v2(q.state, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		log_error("--state: %s: %s", q.state, db ? sqlite3_errmsg(db) : "out of memory");
		status = HS_EXIT_INPUT;
	} else {
		sqlite3_busy_timeout(db, BUSY_MS);
		/* Its answers matter, its settings do not: errors show with the question. */
		sqlite3_exec(db, "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824", NULL,
			     NULL, NULL);
		status = ask(&q, db);
	}
	sqlite3_close(db);
	return status;
}
