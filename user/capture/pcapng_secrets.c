// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <sys/stat.h>

#include "capture/pcapng_private.h"

#define SECRETS_TLS_KEY_LOG 0x544c534bu	/* draft-ietf-opsawg-pcapng section 4.7 */

/* Type 4, length 4, data. */
int pcapng_secrets_block(struct pcapng *ng, const uint8_t *b, size_t len)
{
	if (len < 8 || pcapng_get32(ng, b + 4) > len - 8)
		return pcapng_fail(ng, -EBADMSG, "a block of secrets that is too short");
	if (pcapng_get32(ng, b) == SECRETS_TLS_KEY_LOG)
		ng->secrets(ng->secrets_ctx, b + 8, pcapng_get32(ng, b + 4));
	return 0;
}

/* The next pass finds again what is wrong with the file, and tells. */
static void walk(struct pcapng *ng)
{
	struct pcapng_packet none;
	bool swapped = ng->swapped;

	ng->only_secrets = true;
	(void)pcapng_next(ng, &none);
	ng->only_secrets = false;
	ng->swapped = swapped;
	ng->interface_cnt = 0;
	ng->err = NULL;
}

int pcapng_secrets(struct pcapng *ng, pcapng_secrets_fn fn, void *ctx)
{
	off_t here = ftello(ng->in);
	struct stat st;

	ng->secrets = fn;
	ng->secrets_ctx = ctx;
	if (here < 0 || fstat(fileno(ng->in), &st) || !S_ISREG(st.st_mode))
		return 0;
	walk(ng);
	ng->secrets = NULL;
	clearerr(ng->in);
	return fseeko(ng->in, here, SEEK_SET) ? -errno : 0;
}
