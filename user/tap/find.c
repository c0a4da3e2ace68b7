/* SPDX-License-Identifier: BSD-2-Clause */
#include "tap/find.h"

#include <errno.h>
#include <stdlib.h>

#include "tap/go_table.h"
#include "tap/image.h"

enum name { KDF_DERIVE, PARAM_OCTETS, PKEY_CTRL, PKEY_DERIVE, PKEY_RAW, NETTLE_EXPAND, GO_KEYLOG, NAME_CNT };

static const struct image_symbol names[NAME_CNT] = {
	[KDF_DERIVE] = { .name = "EVP_KDF_derive" },
	/* Since 3.0. 1.1.1 of some distributions has an EVP_KDF_derive of its own, with other arguments. */
	[PARAM_OCTETS] = { .name = "OSSL_PARAM_construct_octet_string" },
	[PKEY_CTRL] = { .name = "EVP_PKEY_CTX_ctrl" },
	[PKEY_DERIVE] = { .name = "EVP_PKEY_derive" },
	/* Since 1.1.1, as is TLS 1.3. */
	[PKEY_RAW] = { .name = "EVP_PKEY_new_raw_private_key" },
	[NETTLE_EXPAND] = { .name = "nettle_hkdf_expand" },
	[GO_KEYLOG] = { .name = "crypto/tls.(*Config).writeKeyLog" },
};

struct finding {
	const struct image *img;
	struct tap_target *out;
	int cnt;
};

static void add(struct finding *f, enum tap_point point, uint64_t address)
{
	uint64_t offset;

	if (address && image_code_offset(f->img, address, &offset))
		f->out[f->cnt++] = (struct tap_target){ .point = point, .offset = offset };
}

static void add_libcrypto(struct finding *f, const struct image_symbol *s)
{
	if (s[PARAM_OCTETS].address) {
		add(f, TAP_KDF_DERIVE, s[KDF_DERIVE].address);
	} else if (s[PKEY_RAW].address && s[PKEY_CTRL].address && s[PKEY_DERIVE].address) {
		add(f, TAP_PKEY_CTRL, s[PKEY_CTRL].address);
		add(f, TAP_PKEY_DERIVE, s[PKEY_DERIVE].address);
	}
}

static void add_go(struct finding *f, struct image *img, uint64_t address)
{
	if (go_table_is_there(img))
		add(f, TAP_GO_KEYLOG, address ? address : go_table_find(img, names[GO_KEYLOG].name));
}

int tap_find(int fd, struct tap_target *out)
{
	struct image *img = malloc(sizeof(*img));
	struct finding f = { .img = img, .out = out };
	struct image_symbol symbols[NAME_CNT];
	int ret;

	if (!img)
		return -ENOMEM;
	ret = image_open(img, fd);
	if (!ret) {
		for (size_t i = 0; i < NAME_CNT; i++)
			symbols[i] = names[i];
		image_symbols(img, symbols, NAME_CNT);
		add_libcrypto(&f, symbols);
		add(&f, TAP_NETTLE_EXPAND, symbols[NETTLE_EXPAND].address);
		add_go(&f, img, symbols[GO_KEYLOG].address);
	}
	free(img);
	return ret ? ret : f.cnt;
}
