/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define CHUNK 65536
#define GZIP_WINDOW (15 + 16)		/* zlib: the largest window, gzip's header */

struct buffers {
	unsigned char in[CHUNK], out[CHUNK];
};

static int write_all(int fd, const unsigned char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static ssize_t read_some(int fd, unsigned char *p)
{
	ssize_t n;

	do
		n = read(fd, p, CHUNK);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int deflate_chunk(z_stream *z, struct buffers *b, int out, size_t len)
{
	int ret = 0;

	z->next_in = b->in;
	z->avail_in = (unsigned int)len;
	do {
		z->next_out = b->out;
		z->avail_out = CHUNK;
		(void)deflate(z, len ? Z_NO_FLUSH : Z_FINISH);
		ret = write_all(out, b->out, CHUNK - z->avail_out);
	} while (!ret && !z->avail_out);
	return ret;
}

int compress_gzip(int in, int out)
{
	struct buffers *b = malloc(sizeof(*b));
	z_stream z = { 0 };
	ssize_t n = 1;
	int ret = 0;

	if (!b || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(b);
		return -ENOMEM;
	}
	while (!ret && n > 0) {
		n = read_some(in, b->in);
		ret = n < 0 ? (int)n : deflate_chunk(&z, b, out, (size_t)n);
	}
	deflateEnd(&z);
	free(b);
	return ret;
}

static int zstd_chunk(ZSTD_CStream *z, struct buffers *b, int out, size_t len)
{
	ZSTD_inBuffer from = { b->in, len, 0 };
	size_t left;
	int ret;

	do {
		ZSTD_outBuffer to = { b->out, CHUNK, 0 };

		left = ZSTD_compressStream2(z, &to, &from, len ? ZSTD_e_continue : ZSTD_e_end);
		if (ZSTD_isError(left))
			return -EIO;
		ret = write_all(out, b->out, to.pos);
	} while (!ret && (len ? from.pos < from.size : left > 0));
	return ret;
}

int compress_zstd(int in, int out)
{
	struct buffers *b = malloc(sizeof(*b));
	ZSTD_CStream *z = ZSTD_createCStream();
	ssize_t n = 1;
	int ret = b && z ? 0 : -ENOMEM;

	/* The checksum is what tells of a file that was damaged since. */
	if (!ret && ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1)))
		ret = -EIO;
	while (!ret && n > 0) {
		n = read_some(in, b->in);
		ret = n < 0 ? (int)n : zstd_chunk(z, b, out, (size_t)n);
	}
	ZSTD_freeCStream(z);
	free(b);
	return ret;
}
