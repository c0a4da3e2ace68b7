/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole file, compressed. */
#ifndef HSMON_OUTPUT_COMPRESS_H
#define HSMON_OUTPUT_COMPRESS_H

/* From where in is to its end. 0 or -errno. */
int compress_gzip(int in, int out);
int compress_zstd(int in, int out);

#endif
