// SPDX-License-Identifier: BSD-2-Clause
#include "capture/pcapng.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET_OLD 2u
#define BLOCK_PACKET_SIMPLE 3u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define OPTION_IF_NAME 2
#define OPTION_IF_TSRESOL 9
#define OPTION_IF_TSOFFSET 14
#define OPTION_PACKET_FLAGS 2

#define BLOCK_MAX (16u << 20)		/* of those that are looked into */
#define INTERFACES_MAX 4096		/* of a section */
#define NAMES_MAX 4096			/* of a file */

struct interface {
	int linktype;
	uint32_t snap_len;		/* 0: none */
	uint32_t ifindex;
	uint64_t units;			/* of its times, a second */
	int64_t offset_s;
};

struct pcapng {
	FILE *in;
	bool swapped;			/* the section is in the other byte order */
	struct interface *interfaces;	/* of this section */
	size_t interface_cnt;
	char **names;			/* by ifindex - 1; NULL entries: without a name */
	size_t name_cnt;
	uint8_t *block;			/* the body of the block */
	size_t block_cap;
	const char *err;
};

static int fail(struct pcapng *ng, int ret, const char *err)
{
	ng->err = err;
	return ret;
}

static uint32_t get32(const struct pcapng *ng, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return ng->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t get16(const struct pcapng *ng, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return ng->swapped ? __builtin_bswap16(v) : v;
}

static int read_failed(struct pcapng *ng)
{
	if (ferror(ng->in))
		return fail(ng, -EIO, strerror(EIO));
	return fail(ng, -ENODATA, "the file is cut short");
}

static int read_bytes(struct pcapng *ng, void *p, size_t len)
{
	return fread(p, 1, len, ng->in) == len ? 0 : read_failed(ng);
}

static int skip_bytes(struct pcapng *ng, size_t len)
{
	uint8_t sink[4096];
	int ret = 0;

	while (len && !ret) {
		size_t n = len < sizeof(sink) ? len : sizeof(sink);

		ret = read_bytes(ng, sink, n);
		len -= n;
	}
	return ret;
}

/* An option's value, of at least len bytes; NULL: it is not there. opts: what is left of the body. */
static const uint8_t *option(const struct pcapng *ng, const uint8_t *opts, size_t opts_len, uint16_t code, size_t len,
			     uint16_t *out_len)
{
	while (opts_len >= 4) {
		uint16_t c = get16(ng, opts), n = get16(ng, opts + 2);
		size_t padded = ((size_t)n + 3) & ~(size_t)3;

		if (!c || padded > opts_len - 4)
			return NULL;
		if (c == code) {
			*out_len = n;
			return n >= len ? opts + 4 : NULL;
		}
		opts += 4 + padded;
		opts_len -= 4 + padded;
	}
	return NULL;
}

/* Ten or two to the power of what the option says; 0: finer than can be counted. */
static uint64_t units_of(uint8_t resolution)
{
	uint8_t n = resolution & 0x7f;
	uint64_t units = 1;

	if (resolution & 0x80)
		return n < 64 ? 1ULL << n : 0;
	if (n > 19)
		return 0;
	while (n--)
		units *= 10;
	return units;
}

static uint64_t time_of(const struct interface *i, uint64_t t)
{
	unsigned __int128 ns = (unsigned __int128)t * 1000000000;

	return i->units ? (uint64_t)(ns / i->units) + (uint64_t)i->offset_s * 1000000000 : 0;
}

/* The number under which this name goes in the whole file; an interface without a name is one of its own by its place in
 * the section. */
static int number_of(struct pcapng *ng, const char *name, size_t len, uint32_t *out)
{
	char **names, *copy = NULL;

	for (size_t i = 0; i < ng->name_cnt; i++) {
		const char *n = ng->names[i];

		if (name ? n && strlen(n) == len && !memcmp(n, name, len) : !n && i == ng->interface_cnt) {
			*out = (uint32_t)i + 1;
			return 0;
		}
	}
	/* Those that come after share a number. */
	if (ng->name_cnt >= NAMES_MAX) {
		*out = NAMES_MAX + 1;
		return 0;
	}
	names = reallocarray(ng->names, ng->name_cnt + 1, sizeof(*names));
	if (names)
		ng->names = names;
	if (name)
		copy = strndup(name, len);
	if (!names || (name && !copy))
		return fail(ng, -ENOMEM, strerror(ENOMEM));
	ng->names[ng->name_cnt++] = copy;
	*out = (uint32_t)ng->name_cnt;
	return 0;
}

static int add_interface(struct pcapng *ng, const uint8_t *b, size_t len)
{
	struct interface *all, i = { .units = 1000000 };
	const uint8_t *o;
	uint16_t n = 0;
	int ret;

	if (len < 8)
		return fail(ng, -EBADMSG, "an interface block that is too short");
	if (ng->interface_cnt >= INTERFACES_MAX)
		return fail(ng, -EBADMSG, "more than 4,096 interfaces");
	i.linktype = get16(ng, b);
	i.snap_len = get32(ng, b + 4);
	o = option(ng, b + 8, len - 8, OPTION_IF_TSRESOL, 1, &n);
	if (o)
		i.units = units_of(*o);
	o = option(ng, b + 8, len - 8, OPTION_IF_TSOFFSET, 8, &n);
	if (o)
		i.offset_s = (int64_t)((uint64_t)get32(ng, o + (ng->swapped ? 0 : 4)) << 32 | get32(ng, o + (ng->swapped ? 4 : 0)));
	o = option(ng, b + 8, len - 8, OPTION_IF_NAME, 1, &n);
	ret = number_of(ng, (const char *)o, o ? strnlen((const char *)o, n) : 0, &i.ifindex);
	if (ret)
		return ret;
	all = reallocarray(ng->interfaces, ng->interface_cnt + 1, sizeof(*all));
	if (!all)
		return fail(ng, -ENOMEM, strerror(ENOMEM));
	ng->interfaces = all;
	all[ng->interface_cnt++] = i;
	return 0;
}

static int fill_packet(struct pcapng *ng, uint32_t interface, uint64_t time, const uint8_t *data, size_t have,
		       struct pcapng_packet *out)
{
	const struct interface *i;

	if (interface >= ng->interface_cnt)
		return fail(ng, -EBADMSG, "a packet of an interface that is not described");
	if (out->cap_len > have)
		return fail(ng, -EBADMSG, "a packet longer than its block");
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
static int packet(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out)
{
	const uint8_t *flags;
	uint16_t n = 0;
	size_t padded;
	int ret;

	if (len < 20)
		return fail(ng, -EBADMSG, "a packet block that is too short");
	out->cap_len = get32(ng, b + 12);
	out->wire_len = get32(ng, b + 16);
	ret = fill_packet(ng, get32(ng, b), (uint64_t)get32(ng, b + 4) << 32 | get32(ng, b + 8), b + 20, len - 20, out);
	padded = ((size_t)out->cap_len + 3) & ~(size_t)3;
	if (ret != 1 || padded > len - 20)
		return ret;
	flags = option(ng, b + 20 + padded, len - 20 - padded, OPTION_PACKET_FLAGS, 4, &n);
	if (flags)
		out->hook = (get32(ng, flags) & 3) == 1 ? HS_HOOK_INGRESS :
			    (get32(ng, flags) & 3) == 2 ? HS_HOOK_EGRESS : HS_HOOK_TAP;
	return ret;
}

/* As above, the interface in 2 and 2 for a count of drops. */
static int packet_old(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out)
{
	if (len < 20)
		return fail(ng, -EBADMSG, "a packet block that is too short");
	out->cap_len = get32(ng, b + 12);
	out->wire_len = get32(ng, b + 16);
	return fill_packet(ng, get16(ng, b), (uint64_t)get32(ng, b + 4) << 32 | get32(ng, b + 8), b + 20, len - 20, out);
}

/* Original length 4, data: of the first interface, without a time. */
static int packet_simple(struct pcapng *ng, const uint8_t *b, size_t len, struct pcapng_packet *out)
{
	uint32_t snap;
	int ret;

	if (len < 4 || !ng->interface_cnt)
		return fail(ng, -EBADMSG, "a simple packet block that is too short, or before any interface");
	snap = ng->interfaces[0].snap_len;
	out->wire_len = get32(ng, b);
	out->cap_len = snap && snap < out->wire_len ? snap : out->wire_len;
	if (out->cap_len > len - 4)
		out->cap_len = (uint32_t)(len - 4);
	ret = fill_packet(ng, 0, 0, b + 4, len - 4, out);
	out->time_ns = 0;
	return ret;
}

/* The block's length once more: if it differs, one of them is wrong, and so is all that follows. */
static int read_trailer(struct pcapng *ng, uint32_t len)
{
	uint8_t trailer[4];
	int ret = read_bytes(ng, trailer, sizeof(trailer));

	return ret || get32(ng, trailer) == len ? ret : fail(ng, -EBADMSG, "a block that contradicts itself about its length");
}

/* Type 4 and length 4 are read; the byte order, which they are in, comes after. */
static int section(struct pcapng *ng, const uint8_t header[8])
{
	uint8_t magic[4];
	uint32_t len;
	int ret = read_bytes(ng, magic, sizeof(magic));

	if (ret)
		return ret;
	ng->swapped = false;
	if (get32(ng, magic) != BYTE_ORDER_MAGIC) {
		ng->swapped = true;
		if (get32(ng, magic) != BYTE_ORDER_MAGIC)
			return fail(ng, -EBADMSG, "a section without byte order");
	}
	len = get32(ng, header + 4);
	if (len < 28 || len & 3)
		return fail(ng, -EBADMSG, "a section header of an impossible length");
	ng->interface_cnt = 0;
	ret = skip_bytes(ng, len - 16);
	return ret ? ret : read_trailer(ng, len);
}

static bool wanted(uint32_t type)
{
	return type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_PACKET_OLD || type == BLOCK_PACKET_SIMPLE;
}

/* The body of a block that is wanted. */
static int read_body(struct pcapng *ng, size_t len)
{
	int ret;

	if (len > BLOCK_MAX)
		return fail(ng, -EBADMSG, "a block longer than 16 MiB");
	if (len > ng->block_cap) {
		uint8_t *p = realloc(ng->block, len);

		if (!p)
			return fail(ng, -ENOMEM, strerror(ENOMEM));
		ng->block = p;
		ng->block_cap = len;
	}
	ret = len ? read_bytes(ng, ng->block, len) : 0;
	return ret;
}

static int next_block(struct pcapng *ng, const uint8_t header[8], struct pcapng_packet *out)
{
	uint32_t type = get32(ng, header), len = get32(ng, header + 4);
	int ret;

	if (len < 12 || len & 3)
		return fail(ng, -EBADMSG, "a block of an impossible length");
	ret = wanted(type) ? read_body(ng, len - 12) : skip_bytes(ng, len - 12);
	if (!ret)
		ret = read_trailer(ng, len);
	if (ret || !wanted(type))
		return ret;
	switch (type) {
	case BLOCK_INTERFACE:
		return add_interface(ng, ng->block, len - 12);
	case BLOCK_PACKET:
		return packet(ng, ng->block, len - 12, out);
	case BLOCK_PACKET_OLD:
		return packet_old(ng, ng->block, len - 12, out);
	}
	return packet_simple(ng, ng->block, len - 12, out);
}

int pcapng_next(struct pcapng *ng, struct pcapng_packet *out)
{
	uint8_t header[8];
	uint32_t type;
	size_t n;
	int ret;

	do {
		n = fread(header, 1, sizeof(header), ng->in);
		if (!n && feof(ng->in))
			return 0;
		if (n != sizeof(header))
			return read_failed(ng);
		memcpy(&type, header, sizeof(type));
		ret = type == BLOCK_SECTION ? section(ng, header) : next_block(ng, header, out);
	} while (!ret);
	return ret;
}

int pcapng_open(FILE *in, struct pcapng **out, const char **err)
{
	struct pcapng *ng = calloc(1, sizeof(*ng));
	uint8_t header[8];
	uint32_t type = 0;
	int ret;

	if (!ng) {
		fclose(in);
		*err = strerror(ENOMEM);
		return -ENOMEM;
	}
	ng->in = in;
	ret = read_bytes(ng, header, sizeof(header));
	if (!ret)
		memcpy(&type, header, sizeof(type));
	if (!ret)
		ret = type == BLOCK_SECTION ? section(ng, header) : fail(ng, -EBADMSG, "no pcapng file");
	if (ret) {
		*err = ng->err;
		pcapng_close(ng);
		return ret;
	}
	*out = ng;
	return 0;
}

const char *pcapng_error(const struct pcapng *ng)
{
	return ng->err;
}

const char *pcapng_interface(const struct pcapng *ng, uint32_t ifindex)
{
	return ifindex - 1 < ng->name_cnt ? ng->names[ifindex - 1] : NULL;
}

void pcapng_close(struct pcapng *ng)
{
	if (!ng)
		return;
	fclose(ng->in);
	for (size_t i = 0; i < ng->name_cnt; i++)
		free(ng->names[i]);
	free(ng->names);
	free(ng->interfaces);
	free(ng->block);
	free(ng);
}
