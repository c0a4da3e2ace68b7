/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/flood.h"

#include <stdlib.h>
#include <string.h>

#define FLOOD_NET 0xac100000u		/* 172.16.0.0/12 */

struct flood {
	size_t (*fill)(const struct flood *f, uint64_t n, uint8_t *out);
	struct script script;
	struct frames frames;
};

/* All different for 2^36 packets. */
static struct party stranger(uint64_t n)
{
	return (struct party){
		.client_addr = FLOOD_NET + (uint32_t)(n >> 16 & 0xfffff),
		.client_port = (uint16_t)n,
		.server_addr = 0xc0000201,
		.server_port = FRAME_SERVER_PORT,
		.number = n,
	};
}

static size_t fill_syn(const struct flood *f, uint64_t n, uint8_t *out)
{
	struct party p = stranger(n);

	(void)f;
	return frame_bare(&p, 0, FRAME_SYN, 0, 0, out);
}

/* The frame behind those of the connection's opening. */
static size_t fill_half(const struct flood *f, uint64_t n, uint8_t *out)
{
	struct party p = stranger(n);

	return frame_fill(&f->frames.v[3], &p, out);
}

static size_t fill_scan(const struct flood *f, uint64_t n, uint8_t *out)
{
	uint64_t pair = n / 2;
	struct party p = {
		.client_addr = FLOOD_NET,
		.client_port = (uint16_t)(40000 + pair / 65536 % 20000),
		.server_addr = 0xc6336401 + (uint32_t)(pair / 65536 % 200),	/* 198.51.100.1 and on */
		.server_port = (uint16_t)pair,
		.number = pair,
	};

	(void)f;
	return n % 2 ? frame_bare(&p, 1, FRAME_RST | FRAME_ACK, 0, 1, out) : frame_bare(&p, 0, FRAME_SYN, 0, 0, out);
}

struct flood *flood_new(const char *name)
{
	static const struct { const char *name; size_t (*fill)(const struct flood *f, uint64_t n, uint8_t *out); } all[] = {
		{ "syn", fill_syn }, { "half", fill_half }, { "scan", fill_scan },
	};
	struct flood *f = calloc(1, sizeof(*f));

	for (size_t i = 0; f && i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, name))
			f->fill = all[i].fill;
	if (!f || !f->fill || !script_hostile(&f->script, "half")) {
		free(f);
		return NULL;
	}
	frames_make(&f->frames, &f->script, 0, 1460, FRAMES_IN_ORDER);
	return f;
}

void flood_free(struct flood *f)
{
	if (!f)
		return;
	frames_free(&f->frames);
	script_free(&f->script);
	free(f);
}

size_t flood_fill(const struct flood *f, uint64_t n, uint8_t out[FRAME_MAX])
{
	return f->fill(f, n, out);
}
