/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Handshakes made once and played again with other addresses, ports, sequence numbers and randoms: onto an interface, at a
 * given rate or as fast as can be, or into a capture file. In each tick every connection under way sends its next
 * packet, so that they are interleaved as on a busy wire.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load/flood.h"
#include "load/frames.h"
#include "load/output.h"
#include "load/script.h"

#define SCRIPTS_MAX 16
#define SERVERS 8
#define TICK_NS 1000000
#define FILE_BEGIN_NS (1750000000ull * 1000000000)

struct load {
	/* as asked for */
	uint64_t count, first, rate, flood_packets, lanes, mss;
	const char *interface, *file, *versions, *hostile, *flood_name;
	/* made of it */
	struct script script[SCRIPTS_MAX];
	struct frames frames[SCRIPTS_MAX];
	enum frames_order order;
	size_t script_cnt, longest;
	struct flood *flood;
	struct output *out;
	uint64_t packets, bytes, flooded;
};

static void usage(void)
{
	fputs("usage: hsload -i INTERFACE | -w FILE  [-n HANDSHAKES] [--first NUMBER] [--rate PER-SECOND] [--lanes N] [--mss BYTES]\n"
	      "              [--reversed | --hole]\n"
	      "              [--ec] [--versions 12|13|both | --hostile half|endless|tiny|giant|messages]\n"
	      "              [--flood syn|half|scan --flood-packets N]\n", stderr);
	exit(2);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (*end || end == text)
		usage();
	return n;
}

static void parse(int argc, char **argv, struct load *l)
{
	static const struct option longs[] = {
		{ "interface", 1, NULL, 'i' }, { "write", 1, NULL, 'w' }, { "handshakes", 1, NULL, 'n' }, { "first", 1, NULL, 'f' },
		{ "rate", 1, NULL, 'r' }, { "lanes", 1, NULL, 'l' }, { "mss", 1, NULL, 'm' }, { "versions", 1, NULL, 'v' },
		{ "hostile", 1, NULL, 'h' }, { "flood", 1, NULL, 'F' }, { "flood-packets", 1, NULL, 'P' },
		{ "ec", 0, NULL, 'e' }, { "reversed", 0, NULL, 'R' }, { "hole", 0, NULL, 'H' }, { 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "i:w:n:", longs, NULL)) != -1) {
		switch (opt) {
		case 'i': l->interface = optarg; break;
		case 'w': l->file = optarg; break;
		case 'n': l->count = number(optarg); break;
		case 'f': l->first = number(optarg); break;
		case 'r': l->rate = number(optarg); break;
		case 'l': l->lanes = number(optarg); break;
		case 'm': l->mss = number(optarg); break;
		case 'v': l->versions = optarg; break;
		case 'h': l->hostile = optarg; break;
		case 'F': l->flood_name = optarg; break;
		case 'e': script_keys(false); break;
		case 'R': l->order = FRAMES_REVERSED; break;
		case 'H': l->order = FRAMES_HOLE; break;
		case 'P': l->flood_packets = number(optarg); break;
		default: usage();
		}
	}
	if (optind < argc || !l->interface == !l->file || !l->lanes || l->mss < 64 || l->mss > FRAME_MAX - 54 ||
	    !l->flood_name != !l->flood_packets)
		usage();
}

static void add_script(struct load *l)
{
	struct frames *f = &l->frames[l->script_cnt];

	frames_make(f, &l->script[l->script_cnt], (unsigned int)l->script_cnt % SERVERS, (uint32_t)l->mss,
		    l->order);
	if (f->n > l->longest)
		l->longest = f->n;
	l->script_cnt++;
}

static void prepare(struct load *l)
{
	if (l->hostile) {
		if (!script_hostile(&l->script[0], l->hostile))
			usage();
		add_script(l);
	}
	for (unsigned int n = 0; !l->hostile && n < SERVERS; n++) {
		if (strcmp(l->versions, "13")) {
			script_handshake(&l->script[l->script_cnt], SCRIPT_TLS12, n);
			add_script(l);
		}
		if (strcmp(l->versions, "12")) {
			script_handshake(&l->script[l->script_cnt], SCRIPT_TLS13, n);
			add_script(l);
		}
	}
	if (l->flood_name && !(l->flood = flood_new(l->flood_name)))
		usage();
	l->out = l->interface ? output_interface(l->interface) : output_file(l->file);
}

/* How many have begun before a tick does. */
static uint64_t begun(const struct load *l, uint64_t tick)
{
	uint64_t n = l->rate ? tick * l->rate / (1000000000 / TICK_NS) : tick * l->lanes;

	return n < l->count ? n : l->count;
}

static uint64_t tick_of_end(const struct load *l)
{
	uint64_t per_second = 1000000000 / TICK_NS;

	return l->rate ? (l->count * per_second + l->rate - 1) / l->rate : (l->count + l->lanes - 1) / l->lanes;
}

static void add(struct load *l, size_t len, uint64_t time_ns)
{
	output_add(l->out, len, time_ns);
	l->packets++;
	l->bytes += len;
}

/* Every connection's next packet; those that are about to end first. */
static void play(struct load *l, uint64_t tick)
{
	for (uint64_t age = tick < l->longest ? tick + 1 : l->longest; age-- > 0;) {
		for (uint64_t n = begun(l, tick - age), end = begun(l, tick - age + 1); n < end; n++) {
			const struct frames *f = &l->frames[(l->first + n) % l->script_cnt];
			struct party p = party_of(f, l->first + n);

			if (age < f->n)
				add(l, frame_fill(&f->v[age], &p, output_room(l->out)), FILE_BEGIN_NS + tick * TICK_NS);
		}
	}
}

static void flood(struct load *l, uint64_t tick, uint64_t ticks)
{
	uint64_t until = (uint64_t)((double)l->flood_packets * (double)(tick + 1) / (double)ticks);

	for (; l->flooded < until && l->flooded < l->flood_packets; l->flooded++)
		add(l, flood_fill(l->flood, l->flooded, output_room(l->out)), FILE_BEGIN_NS + tick * TICK_NS);
}

static double seconds(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static void await_tick(const struct timespec *start, uint64_t tick)
{
	uint64_t ns = (uint64_t)start->tv_nsec + tick * TICK_NS;
	const struct timespec at = { start->tv_sec + (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

int main(int argc, char **argv)
{
	struct load l = { .count = 1000, .lanes = 8, .mss = 1460, .versions = "12" };
	struct timespec start;
	uint64_t starts, ticks;

	parse(argc, argv, &l);
	prepare(&l);
	starts = tick_of_end(&l);
	ticks = starts + l.longest;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint64_t tick = 0; tick < ticks; tick++) {
		if (l.rate && l.interface)
			await_tick(&start, tick);
		play(&l, tick);
		if (l.flood)
			flood(&l, tick, starts);
		if (l.rate)
			output_flush(l.out);
	}
	output_close(l.out);
	fprintf(stderr, "hsload: %llu handshakes, %llu packets, %llu bytes, %.3f s\n", (unsigned long long)l.count,
		(unsigned long long)l.packets, (unsigned long long)l.bytes, seconds(&start));
	for (size_t i = 0; i < l.script_cnt; i++) {
		frames_free(&l.frames[i]);
		script_free(&l.script[i]);
	}
	flood_free(l.flood);
	return 0;
}
