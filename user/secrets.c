/* SPDX-License-Identifier: BSD-2-Clause */
#include "secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/exit.h"
#include "base/log.h"
#include "options.h"
#include "pipeline.h"
#include "tls/keylog.h"
#include "tls/secret_store.h"

#define LIVE_MAX 16384			/* connections; 8 MiB, of which only what was in use is there */
#define FILE_MAX 131072			/* a key log of a whole capture comes before the capture */
#define LIFETIME_NS (120 * NS_PER_S)	/* live: secrets of connections that are not seen here */
#define WAIT_NS NS_PER_S		/* for the log's writer, and for the tick after that */
#define CHUNK_LEN 16384
#define POLL_MAX (4 << 20)		/* bytes at once: packets come in meanwhile */

struct secrets {
	struct secret_store *store;
	struct keylog *block;		/* for key logs in capture files */
	struct keylog *log;		/* for the file; NULL: none */
	struct pipeline *pipeline;
	const char *path;
	int fd;				/* -1: none */
	bool follows;			/* live; else the file is what it is now */
	bool was_read;
	bool in_place;			/* a capture file's come between its packets: it can be read once only */
	bool gone;			/* said */
	off_t offset;
	uint8_t chunk[CHUNK_LEN];
};

static void on_added(void *ctx, const uint8_t *key, size_t key_len, bool is_random)
{
	struct secrets *s = ctx;

	if (s->pipeline)
		pipeline_secret_came(s->pipeline, key, key_len, is_random);
}

/* Only what can be read without waiting for it. */
static int open_log(struct secrets *s, const char *path)
{
	struct stat st;

	s->path = path;
	s->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (s->fd < 0) {
		log_error("--keylog: %s: %s", path, strerror(errno));
		return HS_EXIT_INPUT;
	}
	if (fstat(s->fd, &st) || (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))) {
		log_error("--keylog: %s: neither a file nor a named pipe", path);
		return HS_EXIT_INPUT;
	}
	s->log = keylog_new(s->store);
	return s->log ? HS_EXIT_OK : HS_EXIT_MEMORY;
}

static bool is_file(const char *path)
{
	struct stat st;

	return !(strcmp(path, "-") ? stat(path, &st) : fstat(STDIN_FILENO, &st)) && S_ISREG(st.st_mode);
}

int secrets_new(struct secrets **out, const struct options *opt, bool live)
{
	struct secret_store_settings set = {
		.max = live ? LIVE_MAX : FILE_MAX,
		.lifetime_ns = live ? LIFETIME_NS : 0,
		.added = on_added,
	};
	struct secrets *s;
	int status = HS_EXIT_MEMORY;

	*out = NULL;
	if (live && !opt->keylog)
		return HS_EXIT_OK;
	s = calloc(1, sizeof(*s));
	if (!s)
		return status;
	s->fd = -1;
	s->follows = live;
	s->in_place = !live && !is_file(opt->read_file);
	set.added_ctx = s;
	s->store = secret_store_new(&set);
	s->block = s->store ? keylog_new(s->store) : NULL;
	if (s->block)
		status = opt->keylog ? open_log(s, opt->keylog) : HS_EXIT_OK;
	if (status)
		secrets_free(s);
	else
		*out = s;
	return status;
}

void secrets_free(struct secrets *s)
{
	if (!s)
		return;
	keylog_free(s->log);
	keylog_free(s->block);
	secret_store_free(s->store);
	if (s->fd >= 0)
		close(s->fd);
	OPENSSL_cleanse(s->chunk, sizeof(s->chunk));
	free(s);
}

void secrets_tell(struct secrets *s, struct pipeline *p)
{
	if (!s || !p)
		return;
	s->pipeline = p;
	if (s->follows)
		pipeline_expect_secrets(p, WAIT_NS);
}

struct secret_store *secrets_store(const struct secrets *s)
{
	return s ? s->store : NULL;
}

int secrets_fd(const struct secrets *s)
{
	return s ? s->fd : -1;
}

/* Is there something to read? A file that got shorter was begun anew. */
static bool look(struct secrets *s, bool *regular)
{
	struct stat st;

	if (fstat(s->fd, &st))
		return false;
	*regular = S_ISREG(st.st_mode);
	if (!*regular)
		return true;
	if (s->follows && !st.st_nlink && !s->gone) {
		s->gone = true;
		log_warn("--keylog: %s: the file was removed; a new one of that name is not read", s->path);
	}
	if (st.st_size < s->offset) {
		keylog_restart(s->log);
		s->offset = 0;
	}
	return st.st_size > s->offset;
}

static void read_log(struct secrets *s)
{
	bool regular;
	ssize_t n = 1;

	if (!look(s, &regular))
		return;
	for (size_t total = 0; n > 0 && (total < POLL_MAX || !s->follows); total += (size_t)n) {
		n = regular ? pread(s->fd, s->chunk, sizeof(s->chunk), s->offset) : read(s->fd, s->chunk, sizeof(s->chunk));
		if (n <= 0)
			break;
		s->offset += n;
		keylog_feed(s->log, s->chunk, (size_t)n);
	}
	OPENSSL_cleanse(s->chunk, sizeof(s->chunk));
	if (!s->follows)
		keylog_end(s->log);
}

void secrets_poll(struct secrets *s, uint64_t now_ns)
{
	if (!s)
		return;
	secret_store_tick(s->store, now_ns);
	if (s->log && (s->follows || !s->was_read))
		read_log(s);
	s->was_read = true;
}

void secrets_block(struct secrets *s, const uint8_t *p, size_t len)
{
	keylog_feed(s->block, p, len);
	keylog_end(s->block);
	/* There may be more, behind the packets they are about. */
	if (s->pipeline && s->in_place)
		pipeline_expect_secrets(s->pipeline, WAIT_NS);
}

void secrets_stats(const struct secrets *s, struct pipeline_stats *stats)
{
	const struct secret_store_stats *ss = s ? secret_store_stats(s->store) : NULL;

	if (!ss)
		return;
	stats->secrets_unused = ss->evicted + ss->expired;
	stats->secrets_malformed = keylog_stats(s->block)->malformed + (s->log ? keylog_stats(s->log)->malformed : 0);
}
