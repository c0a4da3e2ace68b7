/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handshake traffic secrets of TLS 1.3 (RFC 8446 section 7.1) that are known and not used yet, found by the
 * ClientHello's random (a key log) or by the hash of ClientHello..ServerHello (a process that derived them). There is no
 * label for any other secret: one that opens application data cannot be put in.
 *
 * All of it is one piece of memory, locked as it comes into use (mlock2) where the limits allow, and in no core dump. A
 * secret is wiped when it is forgotten, replaced, evicted, too old, and at the end. It shows in no output. One thread.
 */
#ifndef HSMON_TLS_SECRET_STORE_H
#define HSMON_TLS_SECRET_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_RANDOM_LEN 32
#define SECRET_MAX_LEN 48		/* of SHA-384; also of a transcript hash */
#define SECRET_ROOM_LEN 256

struct secret_store;

enum secret_label {			/* whose records it opens: as enum tls_side */
	SECRET_CLIENT_HANDSHAKE_TRAFFIC,
	SECRET_SERVER_HANDSHAKE_TRAFFIC,
};

enum secret_origin { SECRET_FROM_KEYLOG, SECRET_FROM_PROCESS };

struct secret_source {
	enum secret_origin origin;
	uint32_t pid;			/* of the process that derived it; 0: not known */
};

struct secret {
	uint8_t bytes[SECRET_MAX_LEN];
	uint8_t len;			/* 32 or 48; 0: there is none */
	struct secret_source source;
};

struct secret_store_settings {
	size_t max;			/* connections, at least 1; the one longest not touched is evicted. As many rooms */
	uint64_t lifetime_ns;		/* what nobody asked for is wiped after that long; 0: never */
	/* Called for each secret that was put in, with the key it is found by. It may look up and forget, not put in.
	 * NULL: nobody waits. */
	void (*added)(void *ctx, const uint8_t *key, size_t key_len, bool is_random);
	void *added_ctx;
};

struct secret_store_stats {
	uint64_t added, refused;	/* refused: lengths that no suite of TLS 1.3 has */
	uint64_t evicted, expired;	/* wiped before anybody asked for them */
};

/* NULL: out of memory. Neither opens a file nor starts a process, and only this call makes system calls. */
struct secret_store *secret_store_new(const struct secret_store_settings *settings);
void secret_store_free(struct secret_store *s);
/* May any of it be written to swap? */
bool secret_store_is_locked(const struct secret_store *s);

/* The caller's copy of the secret is the caller's to wipe. len is 32 or 48, and hash_len the same. 0 or -EINVAL. */
int secret_store_add_random(struct secret_store *s, enum secret_label label,
			    const uint8_t client_random[SECRET_RANDOM_LEN], const uint8_t *secret, size_t len,
			    struct secret_source source);
int secret_store_add_transcript(struct secret_store *s, enum secret_label label, const uint8_t *hash, size_t hash_len,
				const uint8_t *secret, size_t len, struct secret_source source);

/* Borrowed until the next call that is not a find. NULL: not there. */
const struct secret *secret_store_find_random(struct secret_store *s, enum secret_label label,
					      const uint8_t client_random[SECRET_RANDOM_LEN]);
const struct secret *secret_store_find_transcript(struct secret_store *s, enum secret_label label, const uint8_t *hash,
						  size_t hash_len);

/* Both secrets of the connection are wiped: they were used. Nothing happens if there are none. */
void secret_store_forget_random(struct secret_store *s, const uint8_t client_random[SECRET_RANDOM_LEN]);
void secret_store_forget_transcript(struct secret_store *s, const uint8_t *hash, size_t hash_len);

/* Room for keys that were made of secrets, in the same memory: zeroed; SECRET_ROOM_LEN bytes. NULL: none is left. Given back it
 * is wiped. */
void *secret_store_take_room(struct secret_store *s);
void secret_store_give_room(struct secret_store *s, void *room);

/* Time goes on: what is too old is wiped. */
void secret_store_tick(struct secret_store *s, uint64_t now_ns);

size_t secret_store_count(const struct secret_store *s);
const struct secret_store_stats *secret_store_stats(const struct secret_store *s);

#endif
