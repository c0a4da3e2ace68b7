/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From capture bytes to segments. The first byte says how the rest is taken: as a capture file, or packet by packet,
 * each with a byte that says where it begins and who saw it and two bytes of length. Checked: what every record promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/file.h"
#include "capture/fragments.h"
#include "capture/link.h"
#include "capture/segment.h"
#include "captures.h"
#include "cases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#define RECORDS_MAX 19			/* of one packet: HS_MAX_EMITS of gate_state.h, and the one that opens the flow */

/* Bits of the first byte: CASE_ANY, CASE_UPGRADES, CASE_ENCRYPTED, CASE_SMALL_BUDGET, and */
#define AS_FILE 0x80

/* ... of a packet's */
#define STEP_START 3			/* enum gate_start */
#define STEP_EGRESS 4
#define STEP_OTHER_INTERFACE 8
#define STEP_SNAPPED 16
#define STEP_SUPER 32
#define STEP_VLAN 64

struct seen {
	uint64_t bytes;
	uint32_t budget;
	unsigned int records;		/* of this packet */
};

static volatile uint8_t sink_byte;

static void on_open(void *ctx, const struct hs_open *rec, uint64_t time_ns, int64_t offset_ns)
{
	struct seen *s = ctx;

	(void)time_ns;
	(void)offset_ns;
	s->records++;
	if (rec->tag != HS_REC_OPEN || rec->dir > 1 || (rec->initiator > 1 && rec->initiator != HS_DIR_UNKNOWN))
		abort();
	if (rec->isn_known[0] > 1 || rec->isn_known[1] > 1 || (rec->tuple.family != 4 && rec->tuple.family != 6))
		abort();
}

static void on_segment(void *ctx, const struct segment *seg)
{
	const struct hs_segment *rec = seg->rec;
	struct seen *s = ctx;

	s->records++;
	s->bytes += rec->cap_len;
	if (rec->tag != HS_REC_SEGMENT || rec->dir > 1 || rec->cap_len > rec->wire_len || rec->cap_len > HS_SEGMENT_MAX)
		abort();
	/* What is not there has a reason. */
	if (rec->cap_len < rec->wire_len && !(rec->flags & (HS_SEG_TRIMMED | HS_SEG_SNAPPED | HS_SEG_BUDGET | HS_SEG_RETRANSMIT)))
		abort();
	if (memcmp(rec->tuple.addr[0], rec->tuple.addr[1], 16) > 0 || s->records > RECORDS_MAX)
		abort();
	for (uint32_t i = 0; i < rec->cap_len; i++)
		sink_byte ^= seg->data[i];
}

static void on_crossing(void *ctx, const struct hs_crossing *rec, uint64_t time_ns)
{
	struct seen *s = ctx;

	(void)time_ns;
	s->records++;
	if (rec->tag != HS_REC_CROSSING || rec->dir > 1)
		abort();
}

static void on_fragment(void *ctx, const struct hs_fragment *rec, const uint8_t *packet)
{
	if (rec->cap_len)
		sink_byte ^= packet[rec->cap_len - 1];
	fragments_add(ctx, rec, packet, rec->time_ns);
}

static void run_file(const struct gate_settings *gate, const struct segment_sink *sink, const uint8_t *data, size_t size)
{
	struct capture_file_settings set = { .gate = *gate, .fragment_bytes = 100000 };
	struct seen *seen = sink->ctx;
	struct capture_file *f;
	static int fd = -1;
	char path[32], err[256];

	if (fd < 0)
		fd = memfd_create("capture", MFD_CLOEXEC);
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (capture_file_open(path, &set, sink, &f, err, sizeof(err)))
		return;
	while (seen->records = 0, capture_file_step(f, 1) > 0)
		;
	capture_file_close(f);
}

static void run_packets(const struct gate_settings *set, const struct segment_sink *sink, const uint8_t *data, size_t size)
{
	struct gate *g = gate_new(set, sink);
	struct fragments *f = fragments_new(g, 100000);
	struct seen *seen = sink->ctx;
	uint64_t now = 0;

	gate_on_fragment(g, on_fragment, f);
	while (size >= 3) {
		uint32_t len = data[1] | (uint32_t)data[2] << 8, n = len < size - 3 ? len : (uint32_t)size - 3;
		struct gate_packet p = {
			.cap_len = n,
			.wire_len = data[0] & STEP_SNAPPED ? len + n : n,
			.time_ns = now += 1000000000,
			.ifindex = data[0] & STEP_OTHER_INTERFACE ? 2 : 1,
			.datagram = data[0] & STEP_SUPER ? 1000 : 0,
			.type = 0x86dd,
			.vlan = { 1 },
			.vlan_cnt = !!(data[0] & STEP_VLAN),
			.start = data[0] & STEP_START,
			.hook = data[0] & STEP_EGRESS ? HS_HOOK_EGRESS : HS_HOOK_INGRESS,
		};
		/* Of its own, so that a byte too many is seen. */
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, data + 3, n);
		p.data = copy;
		seen->records = 0;
		gate_packet(g, &p);
		free(copy);
		data += 3 + n;
		size -= 3 + n;
	}
	fragments_finish(f);
	fragments_free(f);
	gate_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t ports[HS_PORT_WORDS];
	struct packet_case c = { 0 };
	struct gate_settings set = { .ports = { ports, ports }, .flows_max = 64, .openings_max = 16 };
	struct seen seen = { 0 };
	const struct segment_sink sink = { &seen, on_open, on_segment, on_crossing };

	if (size < 1)
		return 0;
	c.config = data[0];
	memset(&set.config, 0, sizeof(set.config));
	set.config.any_port = !!(c.config & CASE_ANY);
	set.config.upgrades = !!(c.config & CASE_UPGRADES);
	set.config.copy_encrypted = !!(c.config & CASE_ENCRYPTED);
	set.config.budget = c.config & CASE_SMALL_BUDGET ? 2000 : 0;
	ports[SCRIPT_PORT / 64] = set.config.any_port ? 0 : 1ULL << SCRIPT_PORT % 64;
	if (c.config & AS_FILE)
		run_file(&set, &sink, data + 1, size - 1);
	else
		run_packets(&set, &sink, data + 1, size - 1);
	return 0;
}

static size_t append(uint8_t *data, size_t size, size_t max, const struct step *step)
{
	if (step->len > 0xffff || size + 3 + step->len > max)
		return size;
	data[size] = (uint8_t)((step->l3 ? GATE_START_IP : GATE_START_ETH) | (step->hook == HS_HOOK_EGRESS ? STEP_EGRESS : 0) |
			       (step->ifindex == 2 ? STEP_OTHER_INTERFACE : 0) | (step->datagram ? STEP_SUPER : 0));
	data[size + 1] = (uint8_t)step->len;
	data[size + 2] = (uint8_t)(step->len >> 8);
	memcpy(data + size + 3, step->data, step->len);
	return size + 3 + step->len;
}

static size_t as_file(uint8_t *data, size_t max, const struct script *s, bool ng)
{
	static struct capture cap;

	cap.len = 0;
	if (ng) {
		pcapng_section(&cap);
		pcapng_interface_block(&cap, 1, "eth0", 0);
	} else {
		pcap_begin(&cap, 1, false);
	}
	for (size_t i = 0; i < s->cnt && cap.len < 8000; i++) {
		if (ng)
			pcapng_packet_block(&cap, 0, i, s->steps[i].data, s->steps[i].len, s->steps[i].len, 1);
		else
			pcap_add(&cap, 1, 0, s->steps[i].data, s->steps[i].len, s->steps[i].len);
	}
	if (cap.len + 1 > max)
		return 0;
	memcpy(data + 1, cap.data, cap.len);
	data[0] |= AS_FILE;
	return cap.len + 1;
}

/* Without a corpus: now and then a conversation of the packet table is what is mutated. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	const struct packet_case *table = packet_tables[seed % PACKET_TABLES], *c = table;
	unsigned int pick = seed >> 8;
	static struct script s;

	if (size > 40 && pick % 64)
		return LLVMFuzzerMutate(data, size, max);
	for (unsigned int skip = pick / 64 % 24; skip && c[1].name; skip--)
		c++;
	script_init(&s);
	c->fill(&s);
	data[0] = (uint8_t)c->config;
	size = 1;
	if (pick % 3 == 0)
		size = as_file(data, max, &s, pick & 1);
	else
		for (size_t i = 0; i < s.cnt; i++)
			size = append(data, size, max, &s.steps[i]);
	script_free(&s);
	return LLVMFuzzerMutate(data, size, max);
}
