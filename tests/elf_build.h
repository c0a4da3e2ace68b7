/* SPDX-License-Identifier: BSD-2-Clause */
/* Small ELF files for tests: one segment of code, symbols by name, and a table of Go functions. */
#ifndef HSMON_TESTS_ELF_BUILD_H
#define HSMON_TESTS_ELF_BUILD_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ELF_BASE 0x400000u		/* addresses are this much larger than places in the file */
#define ELF_CODE_AT 0x1000u
#define ELF_CODE_LEN 0x1000u
#define ELF_MAX 0x4000u

#if defined(__aarch64__)
#define ELF_MACHINE EM_AARCH64
#else
#define ELF_MACHINE EM_X86_64
#endif

enum { ELF_NULL, ELF_SHSTRTAB, ELF_DYNSTR, ELF_DYNSYM, ELF_GO, ELF_RELA, ELF_SECTIONS };

struct elf_build {
	uint8_t bytes[ELF_MAX];
	uint32_t len;
	Elf64_Shdr sections[ELF_SECTIONS];
	const char *strings[16];	/* symbols, each at its own 16 bytes of code; one that begins with '?' is not defined */
	size_t string_cnt;
	const char *go_function;	/* NULL: not of Go */
	uint32_t go_magic;
	bool go_anywhere;		/* its address is filled in by the loader */
};

static inline uint32_t elf_put(struct elf_build *b, const void *p, size_t len)
{
	uint32_t at = b->len;

	memcpy(b->bytes + at, p, len);
	b->len += (uint32_t)len;
	return at;
}

static inline void elf_end_section(struct elf_build *b, int number, uint32_t type, uint32_t at, uint32_t entry, uint32_t link)
{
	static const char names[] = "\0.shstrtab\0.dynstr\0.dynsym\0.gopclntab\0.rela.dyn";
	static const uint32_t name_at[] = { 0, 1, 11, 19, 27, 38 };

	if (number == ELF_SHSTRTAB)
		elf_put(b, names, sizeof(names));
	b->sections[number] = (Elf64_Shdr){
		.sh_name = name_at[number], .sh_type = type, .sh_addr = ELF_BASE + at, .sh_offset = at, .sh_size = b->len - at,
		.sh_entsize = entry, .sh_link = link,
	};
}

static inline uint64_t elf_symbol_offset(size_t i)
{
	return ELF_CODE_AT + 16 * (i + 1);
}

static inline void elf_put_symbols(struct elf_build *b)
{
	uint32_t names[16], at = b->len;

	elf_put(b, "", 1);
	for (size_t i = 0; i < b->string_cnt; i++) {
		const char *name = b->strings[i] + (b->strings[i][0] == '?');

		names[i] = elf_put(b, name, strlen(name) + 1) - at;
	}
	elf_end_section(b, ELF_DYNSTR, SHT_STRTAB, at, 0, 0);
	b->len = (b->len + 7) & ~7u;
	at = b->len;
	for (size_t i = 0; i < b->string_cnt; i++) {
		Elf64_Sym sym = { .st_name = names[i], .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1,
				  .st_value = ELF_BASE + elf_symbol_offset(i) };

		if (b->strings[i][0] == '?')
			sym.st_shndx = SHN_UNDEF;
		elf_put(b, &sym, sizeof(sym));
	}
	elf_end_section(b, ELF_DYNSYM, SHT_DYNSYM, at, sizeof(Elf64_Sym), ELF_DYNSTR);
}

/* Two functions: the one asked for is the second, 0x200 behind the start of the code. */
static inline void elf_put_go(struct elf_build *b)
{
	const uint32_t at = b->len, records[] = { 0, 24, 0x200, 32, 0x300, 0, 0, 0, 0x200, 10 };
	uint64_t words[8] = { 2, 0, ELF_BASE + ELF_CODE_AT, 72, 72, 72, 72, 72 };
	uint8_t head[8] = { 0, 0, 0, 0, 0, 0, 1, 8 };
	Elf64_Rela rela = { .r_offset = ELF_BASE + at + 24, .r_addend = ELF_BASE + ELF_CODE_AT };

	memcpy(head, &b->go_magic, 4);
	words[7] += 10 + strlen(b->go_function) + 1;
	words[7] = (words[7] + 7) & ~7ull;
	if (b->go_anywhere)
		words[2] = 0;
	elf_put(b, head, sizeof(head));
	elf_put(b, words, sizeof(words));
	elf_put(b, "main.main", 10);
	elf_put(b, b->go_function, strlen(b->go_function) + 1);
	b->len = at + (uint32_t)words[7];
	elf_put(b, records, sizeof(records));
	elf_end_section(b, ELF_GO, SHT_PROGBITS, at, 0, 0);
	b->len = (b->len + 7) & ~7u;
	elf_end_section(b, ELF_RELA, SHT_RELA, elf_put(b, &rela, sizeof(rela)), sizeof(rela), 0);
}

static inline void elf_finish(struct elf_build *b)
{
	Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN, .e_machine = ELF_MACHINE, .e_phoff = sizeof(head), .e_phnum = 1,
		.e_phentsize = sizeof(Elf64_Phdr), .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = ELF_SECTIONS,
		.e_shstrndx = ELF_SHSTRTAB,
	};
	const Elf64_Phdr code = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = ELF_CODE_AT,
				  .p_vaddr = ELF_BASE + ELF_CODE_AT, .p_filesz = ELF_CODE_LEN, .p_memsz = ELF_CODE_LEN };

	memset(b->bytes, 0, sizeof(b->bytes));
	memset(b->sections, 0, sizeof(b->sections));
	b->len = ELF_CODE_AT + ELF_CODE_LEN;
	elf_end_section(b, ELF_SHSTRTAB, SHT_STRTAB, b->len, 0, 0);
	elf_put_symbols(b);
	if (b->go_function)
		elf_put_go(b);
	b->len = (b->len + 7) & ~7u;
	head.e_shoff = elf_put(b, b->sections, sizeof(b->sections));
	memcpy(b->bytes, &head, sizeof(head));
	memcpy(b->bytes + sizeof(head), &code, sizeof(code));
}

#endif
