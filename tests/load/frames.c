/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/frames.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"

#define IP_LEN 20
#define TCP_LEN 20
#define AT_IP PACKET_ETH
#define AT_TCP (AT_IP + IP_LEN)
#define AT_PAYLOAD (AT_TCP + TCP_LEN)
#define HELLO_RANDOM 12			/* 8 even-aligned bytes of the random: RFC 8446 section 4.1.2 behind the record's header */
#define PORTS 60000

/* RFC 1071; len may be odd only at the very end. */
static uint32_t sum_of(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += (uint32_t)(p[0] << 8 | p[1]);
	return len ? sum + (uint32_t)(p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

struct maker {
	struct frames *f;
	enum frames_order order;
	size_t cap;
	uint32_t at[2];			/* bytes of each side sent */
};

static void add(struct maker *m, uint8_t from, uint8_t flags, const uint8_t *p, uint32_t len, uint32_t random)
{
	struct frames *f = m->f;

	if (f->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 32;
		f->v = realloc(f->v, m->cap * sizeof(*f->v));
		if (!f->v)
			abort();
	}
	f->v[f->n++] = (struct frame){
		.from = from,
		.flags = flags,
		.seq = m->at[from],
		.ack = flags & FRAME_ACK ? m->at[!from] : 0,
		.payload = p,
		.len = len,
		.sum = sum_of(p, len, 0) - (random ? sum_of(p + random, 8, 0) : 0),
		.random = random,
	};
	m->at[from] += len + !!(flags & (FRAME_SYN | FRAME_FIN));
}

static void reverse(struct frame *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct frame swap = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = swap;
	}
}

/* A side's turn in segments; the other side confirms every second one, as receivers do. */
static void add_turn(struct maker *m, const struct script *s, const struct script_turn *t, uint32_t mss)
{
	size_t begin = m->f->n;

	for (size_t done = 0, n, cnt = 1; done < t->len; done += n, cnt++) {
		const uint8_t *p = s->bytes + t->at + done;
		uint32_t random = !done && m->at[t->from] == 1 && t->len >= 64 && p[0] == 22 ? HELLO_RANDOM : 0;

		n = t->len - done < mss ? t->len - done : mss;
		add(m, t->from, FRAME_ACK | (done + n == t->len ? FRAME_PSH : 0), p, (uint32_t)n, n >= 64 ? random : 0);
		if (cnt % 2 == 0 && done + n < t->len && m->order == FRAMES_IN_ORDER)
			add(m, !t->from, FRAME_ACK, NULL, 0, 0);
	}
	if (m->order == FRAMES_REVERSED)
		reverse(m->f->v + begin, m->f->n - begin);
	if (m->order == FRAMES_HOLE && t->from && m->at[1] == 1 + t->len)
		memmove(m->f->v + begin, m->f->v + begin + 1, (--m->f->n - begin) * sizeof(*m->f->v));
}

void frames_make(struct frames *f, const struct script *s, unsigned int server, uint32_t mss, enum frames_order order)
{
	struct maker m = { .f = f, .order = order };

	*f = (struct frames){ .server_addr = 0xc0000201 + server };	/* 192.0.2.1 and on, RFC 5737 */
	add(&m, 0, FRAME_SYN, NULL, 0, 0);
	add(&m, 1, FRAME_SYN | FRAME_ACK, NULL, 0, 0);
	add(&m, 0, FRAME_ACK, NULL, 0, 0);
	for (size_t i = 0; i < s->turn_cnt; i++)
		add_turn(&m, s, &s->turn[i], mss);
	if (s->abandoned)
		return;
	add(&m, 0, FRAME_FIN | FRAME_ACK, NULL, 0, 0);
	add(&m, 1, FRAME_FIN | FRAME_ACK, NULL, 0, 0);
	add(&m, 0, FRAME_ACK, NULL, 0, 0);
}

void frames_free(struct frames *f)
{
	free(f->v);
	*f = (struct frames){ 0 };
}

struct party party_of(const struct frames *f, uint64_t number)
{
	return (struct party){
		.client_addr = 0x0a000001 + (uint32_t)(number / PORTS),
		.client_port = (uint16_t)(1024 + number % PORTS),
		.server_addr = f->server_addr,
		.server_port = FRAME_SERVER_PORT,
		.number = number,
	};
}

/* Ethernet, IPv4 and TCP around len bytes of payload, whose sum is known. */
static size_t headers(uint8_t *out, const struct party *p, const struct frame *f, uint32_t len, uint32_t sum)
{
	uint32_t src = f->from ? p->server_addr : p->client_addr, dst = f->from ? p->client_addr : p->server_addr;
	/* The two streams begin anywhere, also shortly before the numbers wrap. */
	uint32_t isn[2] = { (uint32_t)p->number * 2654435761u, ~(uint32_t)p->number * 40503u };
	uint8_t *ip = out + AT_IP, *tcp = out + AT_TCP;

	memset(out, 2, 12);
	out[5] = f->from;
	out[11] = !f->from;
	packet_put16(out + 12, 0x0800);
	memset(ip, 0, AT_PAYLOAD - AT_IP);
	ip[0] = 0x45;
	packet_put16(ip + 2, IP_LEN + TCP_LEN + len);
	ip[8] = 64;
	ip[9] = 6;
	packet_put32(ip + 12, src);
	packet_put32(ip + 16, dst);
	packet_put16(ip + 10, fold(sum_of(ip, IP_LEN, 0)));
	packet_put16(tcp, f->from ? p->server_port : p->client_port);
	packet_put16(tcp + 2, f->from ? p->client_port : p->server_port);
	packet_put32(tcp + 4, isn[f->from] + f->seq);
	packet_put32(tcp + 8, f->flags & FRAME_ACK ? isn[!f->from] + f->ack : 0);
	tcp[12] = 5 << 4;
	tcp[13] = f->flags;
	packet_put16(tcp + 14, 64240);
	sum += sum_of(ip + 12, 8, 6 + TCP_LEN + len);
	packet_put16(tcp + 16, fold(sum_of(tcp, TCP_LEN, sum)));
	return AT_PAYLOAD + len;
}

size_t frame_fill(const struct frame *f, const struct party *p, uint8_t out[FRAME_MAX])
{
	uint32_t sum = f->sum;

	if (f->len)
		memcpy(out + AT_PAYLOAD, f->payload, f->len);
	if (f->random) {
		packet_put32(out + AT_PAYLOAD + f->random, (uint32_t)(p->number >> 32));
		packet_put32(out + AT_PAYLOAD + f->random + 4, (uint32_t)p->number);
		sum = sum_of(out + AT_PAYLOAD + f->random, 8, sum);
	}
	return headers(out, p, f, f->len, sum);
}

size_t frame_bare(const struct party *p, uint8_t from, uint8_t flags, uint32_t seq, uint32_t ack, uint8_t out[FRAME_MAX])
{
	const struct frame f = { .from = from, .flags = flags, .seq = seq, .ack = ack };

	return headers(out, p, &f, 0, 0);
}
