/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/secret_store.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>

#include <openssl/crypto.h>

#include "base/table.h"

#define SHA256_LEN 32
#define SHA384_LEN 48

enum key_kind { KEY_RANDOM = 1, KEY_TRANSCRIPT };

struct key {
	uint8_t kind;
	uint8_t bytes[SECRET_MAX_LEN];
};

struct slot {
	struct table_node node;
	SLIST_ENTRY(slot) free;
	struct key key;
	struct secret secret[2];	/* by label */
	uint64_t since_ns;
};

struct room {
	union {
		SLIST_ENTRY(room) free;
		uint8_t bytes[SECRET_ROOM_LEN];
	};
};

struct secret_store {
	struct secret_store_settings set;
	struct table *slots;		/* those in use, by key */
	SLIST_HEAD(, slot) free;
	SLIST_HEAD(, room) free_rooms;
	struct room *rooms;		/* behind the slots */
	size_t slots_touched, rooms_touched;	/* those before were in use: memory that was not costs nothing */
	struct secret_store_stats stats;
	uint64_t now_ns;
	size_t mapped;			/* bytes, this struct included */
	bool locked;
	struct slot slot[];
};

struct secret_store *secret_store_new(const struct secret_store_settings *settings)
{
	struct secret_store *s;
	size_t len;

	if (!settings->max || __builtin_mul_overflow(settings->max, sizeof(struct slot) + sizeof(struct room), &len) ||
	    __builtin_add_overflow(len, sizeof(*s), &len))
		return NULL;
	s = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return NULL;
	s->set = *settings;
	s->mapped = len;
	s->locked = !mlock2(s, len, MLOCK_ONFAULT);
	s->rooms = (struct room *)(void *)&s->slot[settings->max];
	s->slots = table_new();
	if (!s->slots || madvise(s, len, MADV_DONTDUMP)) {
		secret_store_free(s);
		return NULL;
	}
	return s;
}

void secret_store_free(struct secret_store *s)
{
	size_t len;

	if (!s)
		return;
	len = s->mapped;
	table_free(s->slots);
	OPENSSL_cleanse(s->slot, s->slots_touched * sizeof(s->slot[0]));
	OPENSSL_cleanse(s->rooms, s->rooms_touched * sizeof(s->rooms[0]));
	munmap(s, len);
}

bool secret_store_is_locked(const struct secret_store *s)
{
	return s->locked;
}

static void wipe(struct secret_store *s, struct slot *slot)
{
	table_remove(s->slots, &slot->node);
	OPENSSL_cleanse(slot, sizeof(*slot));
	SLIST_INSERT_HEAD(&s->free, slot, free);
}

static struct slot *oldest(const struct secret_store *s)
{
	struct table_node *n = table_oldest(s->slots);

	return n ? container_of_node(n, struct slot, node) : NULL;
}

static size_t key_len(size_t len)
{
	return offsetof(struct key, bytes) + len;
}

static struct slot *find(const struct secret_store *s, enum key_kind kind, const uint8_t *bytes, size_t len)
{
	struct key key = { .kind = (uint8_t)kind };
	struct table_node *n;

	if (len > sizeof(key.bytes))
		return NULL;
	memcpy(key.bytes, bytes, len);
	n = table_find(s->slots, &key, key_len(len));
	return n ? container_of_node(n, struct slot, node) : NULL;
}

static struct slot *free_slot(struct secret_store *s)
{
	struct slot *slot = SLIST_FIRST(&s->free);

	if (!slot && s->slots_touched < s->set.max)
		return &s->slot[s->slots_touched++];
	if (!slot) {
		wipe(s, oldest(s));
		s->stats.evicted++;
		slot = SLIST_FIRST(&s->free);
	}
	SLIST_REMOVE_HEAD(&s->free, free);
	return slot;
}

static struct slot *find_or_make(struct secret_store *s, enum key_kind kind, const uint8_t *bytes, size_t len)
{
	struct slot *slot = find(s, kind, bytes, len);

	if (slot) {
		table_touch(s->slots, &slot->node);
		return slot;
	}
	slot = free_slot(s);
	slot->key.kind = (uint8_t)kind;
	memcpy(slot->key.bytes, bytes, len);
	slot->node.key = &slot->key;
	slot->node.key_len = (uint32_t)key_len(len);
	table_insert(s->slots, &slot->node);
	return slot;
}

struct addition {
	enum secret_label label;
	const uint8_t *secret;
	size_t len;
	struct secret_source source;
};

static int add(struct secret_store *s, enum key_kind kind, const uint8_t *key, size_t len, const struct addition *new)
{
	struct secret *to;
	struct slot *slot;

	if ((unsigned int)new->label > SECRET_SERVER_HANDSHAKE_TRAFFIC ||
	    (new->len != SHA256_LEN && new->len != SHA384_LEN)) {
		s->stats.refused++;
		return -EINVAL;
	}
	slot = find_or_make(s, kind, key, len);
	slot->since_ns = s->now_ns;
	to = &slot->secret[new->label];
	OPENSSL_cleanse(to, sizeof(*to));
	memcpy(to->bytes, new->secret, new->len);
	to->len = (uint8_t)new->len;
	to->source = new->source;
	s->stats.added++;
	if (s->set.added)
		s->set.added(s->set.added_ctx, key, len, kind == KEY_RANDOM);
	return 0;
}

int secret_store_add_random(struct secret_store *s, enum secret_label label, const uint8_t client_random[SECRET_RANDOM_LEN],
			    const uint8_t *secret, size_t len, struct secret_source source)
{
	const struct addition new = { label, secret, len, source };

	return add(s, KEY_RANDOM, client_random, SECRET_RANDOM_LEN, &new);
}

int secret_store_add_transcript(struct secret_store *s, enum secret_label label, const uint8_t *hash, size_t hash_len,
				const uint8_t *secret, size_t len, struct secret_source source)
{
	/* Both are as long as the suite's hash: what differs is of none. */
	const struct addition new = { label, secret, hash_len == len ? len : 0, source };

	return add(s, KEY_TRANSCRIPT, hash, hash_len, &new);
}

static const struct secret *look(struct slot *slot, enum secret_label label)
{
	return slot && slot->secret[label].len ? &slot->secret[label] : NULL;
}

const struct secret *secret_store_find_random(struct secret_store *s, enum secret_label label,
					      const uint8_t client_random[SECRET_RANDOM_LEN])
{
	return look(find(s, KEY_RANDOM, client_random, SECRET_RANDOM_LEN), label);
}

const struct secret *secret_store_find_transcript(struct secret_store *s, enum secret_label label, const uint8_t *hash,
						  size_t hash_len)
{
	return look(find(s, KEY_TRANSCRIPT, hash, hash_len), label);
}

static void forget(struct secret_store *s, struct slot *slot)
{
	if (slot)
		wipe(s, slot);
}

void secret_store_forget_random(struct secret_store *s, const uint8_t client_random[SECRET_RANDOM_LEN])
{
	forget(s, find(s, KEY_RANDOM, client_random, SECRET_RANDOM_LEN));
}

void secret_store_forget_transcript(struct secret_store *s, const uint8_t *hash, size_t hash_len)
{
	forget(s, find(s, KEY_TRANSCRIPT, hash, hash_len));
}

void *secret_store_take_room(struct secret_store *s)
{
	struct room *room = SLIST_FIRST(&s->free_rooms);

	if (!room)
		return s->rooms_touched < s->set.max ? &s->rooms[s->rooms_touched++] : NULL;
	SLIST_REMOVE_HEAD(&s->free_rooms, free);
	memset(room, 0, sizeof(*room));
	return room;
}

void secret_store_give_room(struct secret_store *s, void *p)
{
	struct room *room = p;

	if (!room)
		return;
	OPENSSL_cleanse(room, sizeof(*room));
	SLIST_INSERT_HEAD(&s->free_rooms, room, free);
}

void secret_store_tick(struct secret_store *s, uint64_t now_ns)
{
	struct slot *slot;

	if (now_ns > s->now_ns)
		s->now_ns = now_ns;
	while (s->set.lifetime_ns && (slot = oldest(s)) && s->now_ns - slot->since_ns >= s->set.lifetime_ns) {
		wipe(s, slot);
		s->stats.expired++;
	}
}

size_t secret_store_count(const struct secret_store *s)
{
	return table_count(s->slots);
}

const struct secret_store_stats *secret_store_stats(const struct secret_store *s)
{
	return &s->stats;
}
