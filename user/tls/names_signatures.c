/* SPDX-License-Identifier: BSD-2-Clause */
#include "tls/names.h"

#include "tls/names_table.h"

/*
 * IANA TLS SignatureScheme, and with it the pairs of hash and signature that TLS 1.2 sends in the same place (RFC 5246
 * section 7.4.1.4.1), named in the same manner. 0xeded, 0xeeee and 0xefef are GOST's before RFC 9189.
 */
static const struct tls_name schemes[] = {
	{ 0x0101, "rsa_pkcs1_md5" },
	{ 0x0102, "dsa_md5" },
	{ 0x0103, "ecdsa_md5" },
	{ 0x0201, "rsa_pkcs1_sha1" },
	{ 0x0202, "dsa_sha1" },
	{ 0x0203, "ecdsa_sha1" },
	{ 0x0301, "rsa_pkcs1_sha224" },
	{ 0x0302, "dsa_sha224" },
	{ 0x0303, "ecdsa_sha224" },
	{ 0x0401, "rsa_pkcs1_sha256" },
	{ 0x0402, "dsa_sha256" },
	{ 0x0403, "ecdsa_secp256r1_sha256" },
	{ 0x0420, "rsa_pkcs1_sha256_legacy" },
	{ 0x0501, "rsa_pkcs1_sha384" },
	{ 0x0502, "dsa_sha384" },
	{ 0x0503, "ecdsa_secp384r1_sha384" },
	{ 0x0520, "rsa_pkcs1_sha384_legacy" },
	{ 0x0601, "rsa_pkcs1_sha512" },
	{ 0x0602, "dsa_sha512" },
	{ 0x0603, "ecdsa_secp521r1_sha512" },
	{ 0x0620, "rsa_pkcs1_sha512_legacy" },
	{ 0x0704, "eccsi_sha256" },
	{ 0x0705, "iso_ibs1" },
	{ 0x0706, "iso_ibs2" },
	{ 0x0707, "iso_chinese_ibs" },
	{ 0x0708, "sm2sig_sm3" },
	{ 0x0709, "gostr34102012_256a" },
	{ 0x070a, "gostr34102012_256b" },
	{ 0x070b, "gostr34102012_256c" },
	{ 0x070c, "gostr34102012_256d" },
	{ 0x070d, "gostr34102012_512a" },
	{ 0x070e, "gostr34102012_512b" },
	{ 0x070f, "gostr34102012_512c" },
	{ 0x0804, "rsa_pss_rsae_sha256" },
	{ 0x0805, "rsa_pss_rsae_sha384" },
	{ 0x0806, "rsa_pss_rsae_sha512" },
	{ 0x0807, "ed25519" },
	{ 0x0808, "ed448" },
	{ 0x0809, "rsa_pss_pss_sha256" },
	{ 0x080a, "rsa_pss_pss_sha384" },
	{ 0x080b, "rsa_pss_pss_sha512" },
	{ 0x081a, "ecdsa_brainpoolP256r1tls13_sha256" },
	{ 0x081b, "ecdsa_brainpoolP384r1tls13_sha384" },
	{ 0x081c, "ecdsa_brainpoolP512r1tls13_sha512" },
	{ 0x0840, "gostr34102012_256" },
	{ 0x0841, "gostr34102012_512" },
	{ 0x0904, "mldsa44" },
	{ 0x0905, "mldsa65" },
	{ 0x0906, "mldsa87" },
	{ 0x0911, "slhdsa_sha2_128s" },
	{ 0x0912, "slhdsa_sha2_128f" },
	{ 0x0913, "slhdsa_sha2_192s" },
	{ 0x0914, "slhdsa_sha2_192f" },
	{ 0x0915, "slhdsa_sha2_256s" },
	{ 0x0916, "slhdsa_sha2_256f" },
	{ 0x0917, "slhdsa_shake_128s" },
	{ 0x0918, "slhdsa_shake_128f" },
	{ 0x0919, "slhdsa_shake_192s" },
	{ 0x091a, "slhdsa_shake_192f" },
	{ 0x091b, "slhdsa_shake_256s" },
	{ 0x091c, "slhdsa_shake_256f" },
	{ 0xeded, "gostr34102001_gostr3411" },
	{ 0xeeee, "gostr34102012_256_gostr34112012_256" },
	{ 0xefef, "gostr34102012_512_gostr34112012_512" },
};

const char *tls_signature_name(uint16_t scheme)
{
	return TLS_NAME_FIND(schemes, scheme);
}
