// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>

#include "abi.h"
#include "capture/pcapng_private.h"

#define OPTION_PACKET_FLAGS 2

static uint64_t time_of(const struct interface *i, uint64_t t)
{
	unsigned __int128 ns = (unsigned __int128)t * 1000000000;

	return i->units ? (uint64_t)(ns / i->units) + (uint64_t)i->offset_s * 1000000000 : 0;
}

static int fill_packet(struct pcapng *ng, uint32_t interface, uint64_t time, const uint8_t *data, size_t have,
		       struct pcapng_packet *out)
{
	const struct interface *i;

	if (interface >= ng->interface_cnt)
		return pcapng_fail(ng, -EBADMSG, "a packet of an interface that is not described");
	if (out->cap_len > have)
		return pcapng_fail(ng, -EBADMSG, "a packet longer than its block");
	i = &ng->interfaces[interface];
	out->data = data;
	if (out->wire_len < out->cap_len)
		out->wire_len = out->cap_len;
	out->linktype = i->linktype;
	out->ifindex = i->ifindex;
	out->time_ns = time_of(i, time);
	out->hook = HS_HOOK_TAP;
	return 1;
}

/* Interface 4, time 8, captured 4, original length 4, data, options. */
int pcapng_packet(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out)
{
	const uint8_t *flags;
	uint16_t n = 0;
	size_t padded;
	int ret;

	if (len < 20)
		return pcapng_fail(ng, -EBADMSG, "a packet block that is too short");
	out->cap_len = pcapng_get32(ng, b + 12);
	out->wire_len = pcapng_get32(ng, b + 16);
	ret = fill_packet(ng, pcapng_get32(ng, b), (uint64_t)pcapng_get32(ng, b + 4) << 32 | pcapng_get32(ng, b + 8), b + 20, len - 20, out);
	padded = ((size_t)out->cap_len + 3) & ~(size_t)3;
	if (ret != 1 || padded > len - 20)
		return ret;
	flags = pcapng_option(ng, b + 20 + padded, len - 20 - padded, OPTION_PACKET_FLAGS, 4, &n);
	if (flags)
		out->hook = (pcapng_get32(ng, flags) & 3) == 1 ? HS_HOOK_INGRESS :
			    (pcapng_get32(ng, flags) & 3) == 2 ? HS_HOOK_EGRESS : HS_HOOK_TAP;
	return ret;
}

/* As above, the interface in 2 and 2 for a count of drops. */
int pcapng_packet_old(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out)
{
	if (len < 20)
		return pcapng_fail(ng, -EBADMSG, "a packet block that is too short");
	out->cap_len = pcapng_get32(ng, b + 12);
	out->wire_len = pcapng_get32(ng, b + 16);
	return fill_packet(ng, pcapng_get16(ng, b), (uint64_t)pcapng_get32(ng, b + 4) << 32 | pcapng_get32(ng, b + 8), b + 20, len - 20, out);
}

/* Original length 4, data: of the first interface, without a time. */
int pcapng_packet_simple(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out)
{
	uint32_t snap;
	int ret;

	if (len < 4 || !ng->interface_cnt)
		return pcapng_fail(ng, -EBADMSG, "a simple packet block that is too short, or before any interface");
	snap = ng->interfaces[0].snap_len;
	out->wire_len = pcapng_get32(ng, b);
	out->cap_len = snap && snap < out->wire_len ? snap : out->wire_len;
	if (out->cap_len > len - 4)
		out->cap_len = (uint32_t)(len - 4);
	ret = fill_packet(ng, 0, 0, b + 4, len - 4, out);
	out->time_ns = 0;
	return ret;
}

