/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layout, as the linker writes it: magic 4, zero 2, quantum 1, pointer size 1; then words: number of functions, number
 * of files, address of the code, and the offsets of: function names, compilation units, file names, pc tables,
 * functions. The functions begin with pairs (code offset 4, offset of the record 4); a record begins with code offset 4,
 * name offset 4.
 */
#include "tap/go_table.h"

#include <string.h>

#define MAGIC_1_18 0xfffffff0u
#define MAGIC_1_20 0xfffffff1u
#define HEAD_LEN 72
#define FUNCTIONS_MAX (4u << 20)

enum { WORD_FUNCTIONS, WORD_FILES, WORD_TEXT, WORD_NAMES, WORD_UNITS, WORD_FILE_NAMES, WORD_PC, WORD_RECORDS, WORD_CNT };

static const Elf64_Shdr *table_section(struct image *img)
{
	const Elf64_Shdr *s = image_section(img, ".gopclntab");

	return s ? s : image_section(img, ".data.rel.ro.gopclntab");
}

static bool read_head(struct image *img, const Elf64_Shdr *section, uint64_t words[WORD_CNT])
{
	const uint8_t *p = section && section->sh_size >= HEAD_LEN ? image_at(img, section->sh_offset, HEAD_LEN) : NULL;
	uint32_t magic;

	if (!p)
		return false;
	memcpy(&magic, p, sizeof(magic));
	memcpy(words, p + 8, WORD_CNT * sizeof(*words));
	return (magic == MAGIC_1_18 || magic == MAGIC_1_20) && p[7] == sizeof(uint64_t);
}

bool go_table_is_there(struct image *img)
{
	uint64_t words[WORD_CNT];

	return read_head(img, table_section(img), words);
}

/* The 32-bit number `at` bytes behind the start of the records. */
static bool number_at(struct image *img, const Elf64_Shdr *section, uint64_t records, uint64_t at, uint32_t *out)
{
	const uint8_t *p;

	if (records > section->sh_size || at > section->sh_size - records || section->sh_size - records - at < sizeof(*out))
		return false;
	p = image_at(img, section->sh_offset + records + at, sizeof(*out));
	if (p)
		memcpy(out, p, sizeof(*out));
	return p;
}

/* Code offset of the function whose name stands there. The pairs are read in blocks, as the records are elsewhere. */
static bool find_function(struct image *img, const Elf64_Shdr *section, const uint64_t *words, uint32_t name, uint32_t *out)
{
	uint32_t records[1024];

	for (uint64_t i = 0; i < words[WORD_FUNCTIONS] && i < FUNCTIONS_MAX; i++) {
		uint32_t here;

		if (i % 1024 == 0)
			for (uint64_t k = 0; k < 1024 && i + k < words[WORD_FUNCTIONS]; k++)
				if (!number_at(img, section, words[WORD_RECORDS], (i + k) * 8 + 4, &records[k]))
					return false;
		if (!number_at(img, section, words[WORD_RECORDS], (uint64_t)records[i % 1024] + 4, &here))
			return false;
		if (here == name)
			return number_at(img, section, words[WORD_RECORDS], records[i % 1024], out);
	}
	return false;
}

uint64_t go_table_find(struct image *img, const char *name)
{
	const Elf64_Shdr *section = table_section(img);
	uint64_t words[WORD_CNT], text;
	uint32_t code;
	int64_t at;

	if (!read_head(img, section, words))
		return 0;
	/* In a program that may be loaded anywhere the loader fills in the address. */
	text = words[WORD_TEXT] ? words[WORD_TEXT] : image_relocated(img, section->sh_addr + 8 + WORD_TEXT * sizeof(uint64_t));
	at = image_search(img, section, words[WORD_NAMES], name, strlen(name) + 1);
	if (!text || at < 0 || (uint64_t)at - words[WORD_NAMES] > UINT32_MAX ||
	    !find_function(img, section, words, (uint32_t)((uint64_t)at - words[WORD_NAMES]), &code))
		return 0;
	return text + code;
}
