/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A foreign ELF file, of whoever may run programs here: read through one small window, never mapped into memory (a file
 * that is cut short meanwhile would raise a signal), everything in it bounded. 64 bits, of this machine.
 */
#ifndef HSMON_TAP_IMAGE_H
#define HSMON_TAP_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_SECTIONS_MAX 256
#define IMAGE_SEGMENTS_MAX 64
#define IMAGE_TABLE_MAX (256u << 20)	/* bytes of one table that are looked through */
#define IMAGE_WINDOW 65536
#define IMAGE_READS_MAX 16384	/* windows read of one file: a gigabyte, half a second of CPU */

struct image {
	int fd;				/* borrowed */
	uint64_t size;
	size_t segment_cnt, section_cnt, reads;
	Elf64_Phdr segments[IMAGE_SEGMENTS_MAX];
	Elf64_Shdr sections[IMAGE_SECTIONS_MAX];
	uint64_t window_at;
	size_t window_len;
	uint8_t window[IMAGE_WINDOW];
};

struct image_symbol {
	const char *name;
	uint64_t address;		/* 0: is not there */
};

/* A regular file. 0, -ENOEXEC (no such ELF file), -E2BIG (too many parts) or another -errno. */
int image_open(struct image *img, int fd);

/* len bytes at that offset of the file, valid until the next call. NULL: not in the file, more than IMAGE_WINDOW, or
 * unreadable. */
const uint8_t *image_at(struct image *img, uint64_t offset, size_t len);

/* The first section of that name; NULL: there is none. */
const Elf64_Shdr *image_section(struct image *img, const char *name);

/* Where the needle is in the section, at or after the byte number `from` of it; -1: nowhere. */
int64_t image_search(struct image *img, const Elf64_Shdr *section, uint64_t from, const void *needle, size_t len);

/* Fills in the addresses of the functions that the file defines under these names, exported or not. */
void image_symbols(struct image *img, struct image_symbol *wanted, size_t cnt);

/* What the loader will write into the word at that address (R_*_RELATIVE); 0: nothing is known. */
uint64_t image_relocated(struct image *img, uint64_t address);

/* The place in the file of code at that address; false: there is no code. */
bool image_code_offset(const struct image *img, uint64_t address, uint64_t *out);

#endif
