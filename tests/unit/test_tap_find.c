// SPDX-License-Identifier: BSD-2-Clause
/* Where secrets can be tapped, in files made for it and in the libraries of this machine; and files that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "elf_build.h"
#include "tap/find.h"

#define GO_NAME "crypto/tls.(*Config).writeKeyLog"
#define GO_1_17 0xfffffffau
#define GO_1_18 0xfffffff0u
#define GO_1_20 0xfffffff1u

static struct elf_build elf;
static struct tap_target found[TAP_POINT_END];

static int find_bytes(const void *bytes, size_t len)
{
	int ret, fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	ret = tap_find(fd, found);
	close(fd);
	return ret;
}

static int find(void)
{
	elf_finish(&elf);
	return find_bytes(elf.bytes, elf.len);
}

static void libcrypto_3(void **state)
{
	(void)state;
	elf = (struct elf_build){ .strings = { "EVP_PKEY_CTX_ctrl", "EVP_PKEY_derive", "EVP_PKEY_new_raw_private_key", "EVP_KDF_derive",
					       "OSSL_PARAM_construct_octet_string" }, .string_cnt = 5 };
	assert_int_equal(find(), 1);
	assert_int_equal(found[0].point, TAP_KDF_DERIVE);
	assert_int_equal(found[0].offset, elf_symbol_offset(3));
}

/* Some distributions' 1.1.1 has an EVP_KDF_derive, too, with other arguments. */
static void libcrypto_1_1_1(void **state)
{
	(void)state;
	elf = (struct elf_build){ .strings = { "EVP_PKEY_CTX_ctrl", "EVP_PKEY_derive", "EVP_PKEY_new_raw_private_key", "EVP_KDF_derive" },
				  .string_cnt = 4 };
	assert_int_equal(find(), 2);
	assert_int_equal(found[0].point, TAP_PKEY_CTRL);
	assert_int_equal(found[0].offset, elf_symbol_offset(0));
	assert_int_equal(found[1].point, TAP_PKEY_DERIVE);
	assert_int_equal(found[1].offset, elf_symbol_offset(1));
	/* 1.1.0 knows no TLS 1.3 */
	elf.string_cnt = 2;
	assert_int_equal(find(), 0);
}

static void nettle(void **state)
{
	(void)state;
	elf = (struct elf_build){ .strings = { "a_nettle_hkdf_expand", "nettle_hkdf_expand" }, .string_cnt = 2 };
	assert_int_equal(find(), 1);
	assert_int_equal(found[0].point, TAP_NETTLE_EXPAND);
	assert_int_equal(found[0].offset, elf_symbol_offset(1));
}

static void users_of_a_library_are_not_it(void **state)
{
	(void)state;
	elf = (struct elf_build){ .strings = { "?EVP_KDF_derive", "?OSSL_PARAM_construct_octet_string", "?nettle_hkdf_expand",
					       "EVP_KDF_derive2", "XEVP_KDF_derive" }, .string_cnt = 5 };
	assert_int_equal(find(), 0);
}

static void go(void **state)
{
	static const uint32_t magics[] = { GO_1_18, GO_1_20 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		elf = (struct elf_build){ .go_function = GO_NAME, .go_magic = magics[i & 1], .go_anywhere = i & 2 };
		assert_int_equal(find(), 1);
		assert_int_equal(found[0].point, TAP_GO_KEYLOG);
		assert_int_equal(found[0].offset, ELF_CODE_AT + 0x200);
	}
	/* The symbol is there, too: the same place then, or the symbol's. */
	elf.strings[0] = GO_NAME;
	elf.string_cnt = 1;
	assert_int_equal(find(), 1);
	assert_int_equal(found[0].offset, elf_symbol_offset(0));
}

/* Before 1.18 arguments were passed on the stack, on some machines. */
static void go_too_old(void **state)
{
	(void)state;
	elf = (struct elf_build){ .strings = { GO_NAME }, .string_cnt = 1, .go_function = GO_NAME, .go_magic = GO_1_17 };
	assert_int_equal(find(), 0);
	elf.go_function = NULL;
	assert_int_equal(find(), 0);
	elf = (struct elf_build){ .go_function = "main.writeKeyLog", .go_magic = GO_1_20 };
	assert_int_equal(find(), 0);
}

static void not_elf_bad(void **state)
{
	char folder[] = "/tmp/hsmon-test-XXXXXX";
	int fd;

	(void)state;
	assert_int_equal(find_bytes("", 0), -ENOEXEC);
	assert_int_equal(find_bytes("#!/bin/sh\n", 10), -ENOEXEC);
	assert_int_equal(find_bytes("\177ELF", 4), -ENOEXEC);
	assert_non_null(mkdtemp(folder));
	fd = open(folder, O_RDONLY | O_CLOEXEC);
	assert_int_equal(tap_find(fd, found), -ENOEXEC);
	close(fd);
	rmdir(folder);
	assert_int_equal(tap_find(-1, found), -EBADF);
}

static void other_machines_bad(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} lies[] = { { EI_CLASS, ELFCLASS32 }, { EI_DATA, ELFDATA2MSB }, { 16, ET_REL }, { 16, ET_CORE }, { 18, EM_386 },
		     { 54, 32 } };

	(void)state;
	elf = (struct elf_build){ .strings = { "nettle_hkdf_expand" }, .string_cnt = 1 };
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		elf_finish(&elf);
		elf.bytes[lies[i].at] = lies[i].value;
		assert_int_equal(find_bytes(elf.bytes, elf.len), -ENOEXEC);
	}
}

static void fill_everything(void)
{
	elf = (struct elf_build){ .strings = { "EVP_KDF_derive", "OSSL_PARAM_construct_octet_string", "nettle_hkdf_expand" },
				  .string_cnt = 3, .go_function = GO_NAME, .go_magic = GO_1_20, .go_anywhere = true };
	elf_finish(&elf);
}

/* Whatever is said, a target is code in the file. */
static void check_targets(int cnt, size_t len)
{
	assert_true(cnt <= TAP_POINT_END);
	for (int i = 0; i < cnt; i++)
		assert_true(found[i].point < TAP_POINT_END && found[i].offset < len);
}

static void cut_short_bad(void **state)
{
	(void)state;
	fill_everything();
	assert_int_equal(find_bytes(elf.bytes, elf.len), 3);
	for (size_t len = 0; len < elf.len; len += len < 128 || len > ELF_CODE_AT + ELF_CODE_LEN ? 1 : 64)
		check_targets(find_bytes(elf.bytes, len), len);
}

/* Each number of the headers and tables, made enormous and made wrong. */
static void lying_numbers_bad(void **state)
{
	static const uint8_t lies[] = { 0xff, 0x00, 0x80, 0x7f, 0x01 };

	(void)state;
	fill_everything();
	for (size_t at = 0; at < elf.len; at = at == 128 ? ELF_CODE_AT + ELF_CODE_LEN : at + 1) {
		for (size_t i = 0; i < sizeof(lies); i++) {
			uint8_t was[8];

			memcpy(was, elf.bytes + at, 8);
			elf.bytes[at] = lies[i];
			check_targets(find_bytes(elf.bytes, elf.len), elf.len);
			memset(elf.bytes + at, lies[i], 8);
			check_targets(find_bytes(elf.bytes, elf.len), elf.len);
			memcpy(elf.bytes + at, was, 8);
		}
	}
}

static void too_many_parts_bad(void **state)
{
	Elf64_Ehdr *head = (Elf64_Ehdr *)elf.bytes;

	(void)state;
	fill_everything();
	head->e_shnum = 0xffff;
	assert_int_equal(find_bytes(elf.bytes, elf.len), -E2BIG);
	fill_everything();
	head->e_phnum = 0xffff;
	assert_int_equal(find_bytes(elf.bytes, elf.len), -E2BIG);
}

/* A file of a terabyte of which nothing is on the disk: not more than a gigabyte of it is read. */
static void endless_tables_bad(void **state)
{
	Elf64_Ehdr *head = (Elf64_Ehdr *)elf.bytes;
	Elf64_Shdr *sections;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	(void)state;
	fill_everything();
	sections = (Elf64_Shdr *)(elf.bytes + head->e_shoff);
	sections[ELF_DYNSTR].sh_size = 1ull << 40;
	sections[ELF_DYNSYM].sh_size = 1ull << 40;
	sections[ELF_GO].sh_size = 1ull << 40;
	sections[ELF_RELA].sh_size = 1ull << 40;
	assert_int_equal(write(fd, elf.bytes, elf.len), elf.len);
	assert_int_equal(ftruncate(fd, 1ll << 40), 0);
	check_targets(tap_find(fd, found), 1ull << 40);
	close(fd);
}

/* The address as the dynamic linker resolves it is the one that is found in the file. */
static void this_libcrypto(void **state)
{
	Dl_info info;
	int fd, cnt;

	(void)state;
	assert_int_not_equal(dladdr((const void *)(uintptr_t)EVP_KDF_derive, &info), 0);
	fd = open(info.dli_fname, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	cnt = tap_find(fd, found);
	close(fd);
	assert_int_equal(cnt, 1);
	assert_int_equal(found[0].point, TAP_KDF_DERIVE);
	/* Its code is mapped as it lies in the file. */
	assert_int_equal(found[0].offset, (uintptr_t)EVP_KDF_derive - (uintptr_t)info.dli_fbase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libcrypto_3),
		cmocka_unit_test(libcrypto_1_1_1),
		cmocka_unit_test(nettle),
		cmocka_unit_test(users_of_a_library_are_not_it),
		cmocka_unit_test(go),
		cmocka_unit_test(go_too_old),
		cmocka_unit_test(not_elf_bad),
		cmocka_unit_test(other_machines_bad),
		cmocka_unit_test(cut_short_bad),
		cmocka_unit_test(lying_numbers_bad),
		cmocka_unit_test(too_many_parts_bad),
		cmocka_unit_test(endless_tables_bad),
		cmocka_unit_test(this_libcrypto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
