/* SPDX-License-Identifier: BSD-2-Clause */
/* The keeper of the inventory's file. It has the rights of the folder's owner, and no capability. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privs.h"
#include "sandbox.h"
#include "state.h"

#define BUSY_MS 10000			/* another process has it */
#define COMMIT_ROWS 4096
#define COMMIT_MS 1000

struct keeper {
	int fd;
	sqlite3 *db;
	sqlite3_stmt *server, *cert;
	unsigned int rows;		/* not yet committed */
	char error[128];		/* the first */
};

static const char schema[] =
	"PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
	"CREATE TABLE IF NOT EXISTS certificates (sha256 TEXT PRIMARY KEY, role TEXT, name TEXT, subject TEXT, issuer TEXT,"
	" serial TEXT, key TEXT, not_before TEXT, not_after TEXT, first_seen INTEGER, last_seen INTEGER, handshakes INTEGER)"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS servers (ip TEXT, port INTEGER, sni TEXT, sha256 TEXT, first_seen INTEGER,"
	" last_seen INTEGER, handshakes INTEGER, PRIMARY KEY (ip, port, sni, sha256)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS servers_sha256 ON servers (sha256);"
	"PRAGMA user_version = 1;";

static const char add_server[] =
	"INSERT INTO servers VALUES (?4, ?5, ?6, ?7, ?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
	" first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen),"
	" handshakes = handshakes + excluded.handshakes";

static const char add_cert[] =
	"INSERT INTO certificates VALUES (?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
	" first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen),"
	" handshakes = handshakes + excluded.handshakes";

/* Those that were seen last, in the order in which they came. */
static const char all_servers[] =
	"SELECT * FROM (SELECT ip, port, sni, s.sha256, s.first_seen, s.last_seen, s.handshakes, name FROM servers s"
	" LEFT JOIN certificates c ON c.sha256 = s.sha256 ORDER BY s.last_seen DESC LIMIT ?1) ORDER BY 5";

static bool note(struct keeper *k, const char *why)
{
	if (!k->error[0])
		snprintf(k->error, sizeof(k->error), "%s", why);
	return false;
}

static bool done(struct keeper *k, int ret)
{
	return ret == SQLITE_OK || ret == SQLITE_DONE || ret == SQLITE_ROW || note(k, k->db ? sqlite3_errmsg(k->db) : "no memory");
}

static bool run(struct keeper *k, const char *sql)
{
	return done(k, sqlite3_exec(k->db, sql, NULL, NULL, NULL));
}

static bool version_is_known(struct keeper *k)
{
	sqlite3_stmt *s = NULL;
	bool ok = done(k, sqlite3_prepare_v2(k->db, "PRAGMA user_version", -1, &s, NULL)) && done(k, sqlite3_step(s));

	if (ok && sqlite3_column_int(s, 0) > 1)
		ok = note(k, "was made by a newer hsmon");
	sqlite3_finalize(s);
	return ok;
}

static bool open_file(struct keeper *k, const char *path)
{
	if (!done(k, sqlite3_open_v2(path, &k->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)))
		return false;
	sqlite3_busy_timeout(k->db, BUSY_MS);
	return version_is_known(k) && run(k, schema) && done(k, sqlite3_prepare_v2(k->db, add_server, -1, &k->server, NULL)) &&
	       done(k, sqlite3_prepare_v2(k->db, add_cert, -1, &k->cert, NULL));
}

static bool tell(struct keeper *k, const struct state_row *row)
{
	ssize_t n;

	do {
		n = send(k->fd, row, sizeof(*row), MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n >= 0;
}

static void copy(char *to, size_t size, sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	snprintf(to, size, "%s", text ? text : "");
}

static bool tell_known(struct keeper *k, unsigned int max)
{
	sqlite3_stmt *s = NULL;
	bool ok = done(k, sqlite3_prepare_v2(k->db, all_servers, -1, &s, NULL)) && done(k, sqlite3_bind_int64(s, 1, max));
	int ret = SQLITE_DONE;

	while (ok && (ret = sqlite3_step(s)) == SQLITE_ROW) {
		struct state_row row = { .kind = STATE_SERVER };

		copy(row.ip, sizeof(row.ip), s, 0);
		row.port = (uint16_t)sqlite3_column_int(s, 1);
		copy(row.sni, sizeof(row.sni), s, 2);
		copy(row.sha256, sizeof(row.sha256), s, 3);
		row.first_ns = sqlite3_column_int64(s, 4);
		row.last_ns = sqlite3_column_int64(s, 5);
		row.handshakes = (uint64_t)sqlite3_column_int64(s, 6);
		copy(row.name, sizeof(row.name), s, 7);
		ok = tell(k, &row);
	}
	ok = ok && done(k, ret);
	sqlite3_finalize(s);
	return ok;
}

/* Owns the folder, so can make the file and its journal there; gives up everything else. */
static int become_owner(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	struct privs_identity id;
	struct stat st;
	int ret;

	if (!folder)
		return -ENOMEM;
	ret = stat(folder, &st) ? -errno : 0;
	free(folder);
	if (ret)
		return ret;
	id = (struct privs_identity){ st.st_uid, st.st_gid };
	return privs_drop(!geteuid() && st.st_uid ? &id : NULL);
}

static bool fill(struct keeper *k, sqlite3_stmt *s, const struct state_row *row, const char *const *texts, size_t n)
{
	bool ok = done(k, sqlite3_bind_int64(s, 1, row->first_ns)) && done(k, sqlite3_bind_int64(s, 2, row->last_ns)) &&
		  done(k, sqlite3_bind_int64(s, 3, (int64_t)(row->handshakes & INT64_MAX)));

	for (size_t i = 0; ok && i < n; i++)
		if (texts[i])
			ok = done(k, sqlite3_bind_text(s, 4 + (int)i, texts[i], -1, SQLITE_STATIC));
	return ok;
}

static void keep_row(struct keeper *k, const struct state_row *row)
{
	const char *const server[] = { row->ip, NULL, row->sni, row->sha256 };
	const char *const cert[] = { row->sha256, row->role, row->name, row->subject, row->issuer, row->serial, row->key,
				     row->not_before, row->not_after };
	sqlite3_stmt *s = row->kind == STATE_SERVER ? k->server : k->cert;
	bool ok = row->kind == STATE_SERVER ? fill(k, s, row, server, 4) && done(k, sqlite3_bind_int(s, 5, row->port)) :
					      fill(k, s, row, cert, 9);

	if (ok && !k->rows)
		ok = run(k, "BEGIN IMMEDIATE");
	if (ok) {
		k->rows++;
		done(k, sqlite3_step(s));
	}
	sqlite3_reset(s);
}

static void commit(struct keeper *k)
{
	if (k->rows)
		run(k, "COMMIT");
	k->rows = 0;
}

/* The peer may have been taken over: whatever it sends, texts end. */
static void end_texts(struct state_row *r)
{
	r->sha256[sizeof(r->sha256) - 1] = r->role[sizeof(r->role) - 1] = r->ip[sizeof(r->ip) - 1] = '\0';
	r->sni[sizeof(r->sni) - 1] = r->name[sizeof(r->name) - 1] = r->subject[sizeof(r->subject) - 1] = '\0';
	r->issuer[sizeof(r->issuer) - 1] = r->serial[sizeof(r->serial) - 1] = r->key[sizeof(r->key) - 1] = '\0';
	r->not_before[sizeof(r->not_before) - 1] = r->not_after[sizeof(r->not_after) - 1] = '\0';
}

/* After an error rows are still taken, and dropped: the other side must not wait. */
static void keep_all(struct keeper *k)
{
	struct state_row row;

	for (;;) {
		struct pollfd p = { .fd = k->fd, .events = POLLIN };
		ssize_t n;

		if (k->rows >= COMMIT_ROWS || !poll(&p, 1, k->rows ? COMMIT_MS : -1)) {
			commit(k);
			continue;
		}
		n = recv(k->fd, &row, sizeof(row), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(row) || row.kind == STATE_END)
			return;
		end_texts(&row);
		if ((row.kind == STATE_SERVER || row.kind == STATE_CERT) && !k->error[0])
			keep_row(k, &row);
	}
}

void state_keep(int fd, const char *path, unsigned int max)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	const int keep[] = { fd, STDERR_FILENO };
	struct state_row row = { .kind = STATE_READY };
	struct keeper k = { .fd = fd };
	int ret;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	ret = sandbox_close_fds(keep, 2);
	if (!ret)
		ret = become_owner(path);
	if (ret)
		note(&k, strerror(-ret));
	if (!ret && open_file(&k, path) && tell_known(&k, max) && tell(&k, &row))
		keep_all(&k);
	commit(&k);
	sqlite3_finalize(k.server);
	sqlite3_finalize(k.cert);
	sqlite3_close(k.db);
	row.kind = STATE_DONE;
	memcpy(row.error, k.error, sizeof(row.error));
	tell(&k, &row);
}
