// SPDX-License-Identifier: BSD-2-Clause
#include "capture/pcapng.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/pcapng_private.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET_OLD 2u
#define BLOCK_PACKET_SIMPLE 3u
#define BLOCK_PACKET 6u
#define BLOCK_SECRETS 10u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define OPTION_IF_NAME 2
#define OPTION_IF_TSRESOL 9
#define OPTION_IF_TSOFFSET 14

#define BLOCK_MAX (16u << 20)		/* of those that are looked into */
#define INTERFACES_MAX 4096		/* of a section */
#define NAMES_MAX 4096			/* of a file */

static int read_failed(struct pcapng *ng)
{
	if (ferror(ng->in))
		return pcapng_fail(ng, -EIO, strerror(EIO));
	return pcapng_fail(ng, -ENODATA, "the file is cut short");
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

const uint8_t *pcapng_option(const struct pcapng *ng, const uint8_t *opts, size_t opts_len, uint16_t code, size_t len,
			     uint16_t *out_len)
{
	while (opts_len >= 4) {
		uint16_t c = pcapng_get16(ng, opts), n = pcapng_get16(ng, opts + 2);
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
		return pcapng_fail(ng, -ENOMEM, strerror(ENOMEM));
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
		return pcapng_fail(ng, -EBADMSG, "an interface block that is too short");
	if (ng->interface_cnt >= INTERFACES_MAX)
		return pcapng_fail(ng, -EBADMSG, "more than 4,096 interfaces");
	i.linktype = pcapng_get16(ng, b);
	i.snap_len = pcapng_get32(ng, b + 4);
	o = pcapng_option(ng, b + 8, len - 8, OPTION_IF_TSRESOL, 1, &n);
	if (o)
		i.units = units_of(*o);
	o = pcapng_option(ng, b + 8, len - 8, OPTION_IF_TSOFFSET, 8, &n);
	if (o)
		i.offset_s = (int64_t)((uint64_t)pcapng_get32(ng, o + (ng->swapped ? 0 : 4)) << 32 | pcapng_get32(ng, o + (ng->swapped ? 4 : 0)));
	o = pcapng_option(ng, b + 8, len - 8, OPTION_IF_NAME, 1, &n);
	ret = number_of(ng, (const char *)o, o ? strnlen((const char *)o, n) : 0, &i.ifindex);
	if (ret)
		return ret;
	all = reallocarray(ng->interfaces, ng->interface_cnt + 1, sizeof(*all));
	if (!all)
		return pcapng_fail(ng, -ENOMEM, strerror(ENOMEM));
	ng->interfaces = all;
	all[ng->interface_cnt++] = i;
	return 0;
}

/* The block's length once more: if it differs, one of them is wrong, and so is all that follows. */
static int read_trailer(struct pcapng *ng, uint32_t len)
{
	uint8_t trailer[4];
	int ret = read_bytes(ng, trailer, sizeof(trailer));

	return ret || pcapng_get32(ng, trailer) == len ? ret : pcapng_fail(ng, -EBADMSG, "a block that contradicts itself about its length");
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
	if (pcapng_get32(ng, magic) != BYTE_ORDER_MAGIC) {
		ng->swapped = true;
		if (pcapng_get32(ng, magic) != BYTE_ORDER_MAGIC)
			return pcapng_fail(ng, -EBADMSG, "a section without byte order");
	}
	len = pcapng_get32(ng, header + 4);
	if (len < 28 || len & 3)
		return pcapng_fail(ng, -EBADMSG, "a section header of an impossible length");
	ng->interface_cnt = 0;
	ret = skip_bytes(ng, len - 16);
	return ret ? ret : read_trailer(ng, len);
}

static bool wanted(const struct pcapng *ng, uint32_t type)
{
	if (type == BLOCK_SECRETS)
		return ng->secrets;
	if (ng->only_secrets)
		return false;
	return type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_PACKET_OLD || type == BLOCK_PACKET_SIMPLE;
}

/* The body of a block that is wanted. */
static int read_body(struct pcapng *ng, size_t len)
{
	int ret;

	if (len > BLOCK_MAX)
		return pcapng_fail(ng, -EBADMSG, "a block longer than 16 MiB");
	if (len > ng->block_cap) {
		uint8_t *p = realloc(ng->block, len);

		if (!p)
			return pcapng_fail(ng, -ENOMEM, strerror(ENOMEM));
		ng->block = p;
		ng->block_cap = len;
	}
	ret = len ? read_bytes(ng, ng->block, len) : 0;
	return ret;
}

static int next_block(struct pcapng *ng, const uint8_t header[8], struct pcapng_packet *out)
{
	uint32_t type = pcapng_get32(ng, header), len = pcapng_get32(ng, header + 4);
	int ret;

	if (len < 12 || len & 3)
		return pcapng_fail(ng, -EBADMSG, "a block of an impossible length");
	ret = wanted(ng, type) ? read_body(ng, len - 12) : skip_bytes(ng, len - 12);
	if (!ret)
		ret = read_trailer(ng, len);
	if (ret || !wanted(ng, type))
		return ret;
	switch (type) {
	case BLOCK_INTERFACE:
		return add_interface(ng, ng->block, len - 12);
	case BLOCK_SECRETS:
		return pcapng_secrets_block(ng, ng->block, len - 12);
	case BLOCK_PACKET:
		return pcapng_packet(ng, ng->block, len - 12, out);
	case BLOCK_PACKET_OLD:
		return pcapng_packet_old(ng, ng->block, len - 12, out);
	}
	return pcapng_packet_simple(ng, ng->block, len - 12, out);
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
		ret = type == BLOCK_SECTION ? section(ng, header) : pcapng_fail(ng, -EBADMSG, "no pcapng file");
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
