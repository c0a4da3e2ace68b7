/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols by name. Most files have none of the names: so the names are looked for before the symbols are. */
#include "tap/image.h"

#include <string.h>

#define PLACES_MAX 4			/* a name stands once in a table; twice where something else ends like it */
#define NAMES_MAX 16

struct places {
	uint32_t at[PLACES_MAX];
	size_t cnt;
};

static size_t find_name(struct image *img, const Elf64_Shdr *strings, const char *name, struct places *out)
{
	const size_t len = strlen(name) + 1;
	int64_t at = -1;

	out->cnt = 0;
	while (out->cnt < PLACES_MAX && (at = image_search(img, strings, (uint64_t)(at + 1), name, len)) >= 0)
		out->at[out->cnt++] = (uint32_t)at;
	return out->cnt;
}

static bool is_at(const struct places *p, uint32_t at)
{
	for (size_t i = 0; i < p->cnt; i++)
		if (p->at[i] == at)
			return true;
	return false;
}

static bool is_function(const Elf64_Sym *sym)
{
	return ELF64_ST_TYPE(sym->st_info) == STT_FUNC && sym->st_shndx != SHN_UNDEF && sym->st_value;
}

static void read_symbols(struct image *img, const Elf64_Shdr *table, const struct places *places, struct image_symbol *wanted,
			 size_t cnt)
{
	for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table->sh_size; at += sizeof(Elf64_Sym)) {
		const uint8_t *p = image_at(img, table->sh_offset + at, sizeof(Elf64_Sym));
		Elf64_Sym sym;

		if (!p)
			return;
		memcpy(&sym, p, sizeof(sym));
		if (!is_function(&sym))
			continue;
		for (size_t i = 0; i < cnt; i++)
			if (is_at(&places[i], sym.st_name))
				wanted[i].address = sym.st_value;
	}
}

void image_symbols(struct image *img, struct image_symbol *wanted, size_t cnt)
{
	for (size_t i = 1; i < img->section_cnt; i++) {
		const Elf64_Shdr *table = &img->sections[i];
		struct places places[NAMES_MAX];
		size_t found = 0;

		if ((table->sh_type != SHT_DYNSYM && table->sh_type != SHT_SYMTAB) || table->sh_link >= img->section_cnt ||
		    table->sh_entsize != sizeof(Elf64_Sym) || table->sh_size > IMAGE_TABLE_MAX || cnt > NAMES_MAX)
			continue;
		for (size_t n = 0; n < cnt; n++)
			found += find_name(img, &img->sections[table->sh_link], wanted[n].name, &places[n]);
		if (found)
			read_symbols(img, table, places, wanted, cnt);
	}
}

uint64_t image_relocated(struct image *img, uint64_t address)
{
	for (size_t i = 1; i < img->section_cnt; i++) {
		const Elf64_Shdr *table = &img->sections[i];

		if (table->sh_type != SHT_RELA || table->sh_entsize != sizeof(Elf64_Rela) || table->sh_size > IMAGE_TABLE_MAX)
			continue;
		for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= table->sh_size; at += sizeof(Elf64_Rela)) {
			const uint8_t *p = image_at(img, table->sh_offset + at, sizeof(Elf64_Rela));
			Elf64_Rela rela;

			if (!p)
				break;
			memcpy(&rela, p, sizeof(rela));
			if (rela.r_offset == address)
				return (uint64_t)rela.r_addend;
		}
	}
	return 0;
}
