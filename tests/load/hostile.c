/* SPDX-License-Identifier: BSD-2-Clause */
/* What no sane peer says. */
#include "load/script.h"

#include "certs.h"

#define RECORD_MAX 16384

static struct script proper;		/* whose ClientHello begins the others */

static void hello(struct script *s, size_t len)
{
	if (!proper.bytes)
		script_handshake(&proper, SCRIPT_TLS12, 0);
	script_say(s, 0, proper.bytes, len ? len : proper.turn[0].len);
}

static void record(struct script *s, uint8_t from, const uint8_t *body, size_t len)
{
	const uint8_t header[5] = { 22, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };

	script_say(s, from, header, sizeof(header));
	script_say(s, from, body, len);
}

static void half(struct script *s)
{
	hello(s, 1);
	s->len = s->turn_cnt = 0;
	hello(s, proper.turn[0].len / 2);
	s->abandoned = true;
}

/* RFC 8446 section 4: a length of 24 bits. The certificate message claims 16 MB. */
static void endless(struct script *s)
{
	uint8_t body[RECORD_MAX] = { 11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc };

	hello(s, 0);
	for (int i = 0; i < 64; i++) {
		record(s, 1, body, sizeof(body));
		memset(body, 0x30, 16);
	}
}

static void tiny(struct script *s)
{
	uint8_t byte = 11;

	hello(s, 0);
	for (int i = 0; i < 60000; i++) {
		record(s, 1, &byte, 1);
		byte = i < 2 ? 0 : 1;
	}
}

static void giant(struct script *s)
{
	/* Vectors that say 64 KiB inside a message that says 16 MB inside a record that is not there. */
	static const uint8_t server[] = { 22, 3, 3, 0x48, 0, 2, 0xff, 0xff, 0xff, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t client[64];

	hello(s, 1);
	s->len = s->turn_cnt = 0;
	memcpy(client, proper.bytes, sizeof(client));
	client[43] = 0xff;		/* length of the session id */
	client[6] = 0xff;
	script_say(s, 0, client, sizeof(client));
	script_say(s, 1, server, sizeof(server));
}

static void messages(struct script *s)
{
	uint8_t body[RECORD_MAX] = { 0 };

	/* HelloRequest, RFC 5246 section 7.4.1.1: four bytes each. */
	hello(s, 0);
	for (int i = 0; i < 4; i++)
		record(s, 1, body, sizeof(body));
}

bool script_hostile(struct script *s, const char *name)
{
	static const struct { const char *name; void (*make)(struct script *s); } all[] = {
		{ "half", half }, { "endless", endless }, { "tiny", tiny }, { "giant", giant }, { "messages", messages },
	};

	*s = (struct script){ 0 };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i].name, name))
			continue;
		all[i].make(s);
		return true;
	}
	return false;
}
