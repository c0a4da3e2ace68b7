/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files of hostile programs, from one that has all that is looked for. Checked: a target is in the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf_build.h"
#include "tap/find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#define CODE_END (ELF_CODE_AT + ELF_CODE_LEN)

/* Without the code, which nobody reads. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tap_target targets[TAP_POINT_END];
	static int fd = -1;
	int cnt;

	if (fd < 0)
		fd = memfd_create("elf", MFD_CLOEXEC);
	if (size < 128 || ftruncate(fd, 0) || pwrite(fd, data, 128, 0) != 128 ||
	    pwrite(fd, data + 128, size - 128, CODE_END) != (ssize_t)size - 128)
		return 0;
	cnt = tap_find(fd, targets);
	if (cnt > TAP_POINT_END)
		abort();
	for (int i = 0; i < cnt; i++)
		if (targets[i].point >= TAP_POINT_END || targets[i].offset >= CODE_END + size)
			abort();
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	static struct elf_build b;
	size_t len;

	if (size >= 128 && seed % 64)
		return LLVMFuzzerMutate(data, size, max);
	b = (struct elf_build){
		.strings = { "EVP_PKEY_CTX_ctrl", "EVP_PKEY_derive", "EVP_PKEY_new_raw_private_key", "nettle_hkdf_expand", "EVP_KDF_derive",
			     "OSSL_PARAM_construct_octet_string" },
		.string_cnt = seed / 64 % 7,
		.go_function = seed / 512 & 1 ? "crypto/tls.(*Config).writeKeyLog" : NULL,
		.go_magic = 0xfffffff1,
		.go_anywhere = seed / 1024 & 1,
	};
	elf_finish(&b);
	len = b.len - CODE_END + 128;
	if (len > max)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(data, b.bytes, 128);
	memcpy(data + 128, b.bytes + CODE_END, len - 128);
	return LLVMFuzzerMutate(data, len, max);
}
