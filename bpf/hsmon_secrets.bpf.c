/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * TLS libraries, at the moment when they derive the two handshake traffic secrets of TLS 1.3 (RFC 8446 section 7.1).
 *
 * Each has a function that is given a label and, for these labels, the hash of ClientHello..ServerHello, and that
 * returns the secret; it is called some twenty times a handshake. The label is looked at first. Of a call with any
 * label but the two nothing is copied, here or to user space: secrets that open application data do not pass.
 *
 * A function is watched either by two programs, ..._enter and ..._leave, or by one that the kernel calls at both ends
 * (a session, Linux 6.13) and that lets it leave out the second: a breakpoint less for the eighteen other calls.
 */
#include "vmlinux.h"

#include "regs.h"

#include "secret_abi.h"
#include "secrets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * libcrypto 3: int EVP_KDF_derive(EVP_KDF_CTX *ctx, unsigned char *key, size_t keylen, const OSSL_PARAM params[]).
 */
struct ossl_param {
	const char *key;
	__u32 data_type;
	__u64 data;
	__u64 data_size;
	__u64 return_size;
};

#define PARAMS_MAX 12			/* libssl gives six */

static __always_inline enum look look_at_param(const struct ossl_param *param, struct call *call)
{
	char name[sizeof("label")], text[LABEL_LEN];

	/* Names are looked at only where the length fits: each is a read more. */
	if (param->data_size != LABEL_LEN && !is_hash_len(param->data_size))
		return LOOK_WANTED;
	if (bpf_probe_read_user_str(name, sizeof(name), param->key) < 0)
		return LOOK_UNREADABLE;
	if (param->data_size == LABEL_LEN && same(name, "label", sizeof("label"))) {
		if (bpf_probe_read_user(text, sizeof(text), (const void *)param->data))
			return LOOK_UNREADABLE;
		return take_label(text, call);
	}
	if (is_hash_len(param->data_size) && same(name, "data", sizeof("data"))) {
		if (read_hash(call->key, param->data, param->data_size))
			return LOOK_UNREADABLE;
		call->secret_len = param->data_size;
	}
	return LOOK_WANTED;
}

static __always_inline enum look look_at_params(__u64 params, __u64 secret_len, struct call *call)
{
	call->label = HS_SECRET_LABEL_END;
	call->secret_len = 0;
	for (int i = 0; i < PARAMS_MAX; i++) {
		struct ossl_param param;
		enum look look;

		if (bpf_probe_read_user(&param, sizeof(param), (const struct ossl_param *)params + i))
			return LOOK_UNREADABLE;
		if (!param.key)
			break;
		look = look_at_param(&param, call);
		if (look != LOOK_WANTED)
			return look;
	}
	return call->label != HS_SECRET_LABEL_END && call->secret_len == secret_len ? LOOK_WANTED : LOOK_OTHER;
}

static __always_inline int kdf_enter(struct pt_regs *ctx)
{
	struct call call = { .out = PT_REGS_PARM2(ctx), .object = PT_REGS_PARM4(ctx), .ip = PT_REGS_IP(ctx) };
	__u64 len = PT_REGS_PARM3(ctx);
	enum look look;

	if (!is_hash_len(len))
		return HS_NO_RETURN;
	look = look_at_params(call.object, len, &call);
	if (look == LOOK_OTHER)
		return HS_NO_RETURN;
	if (look == LOOK_UNREADABLE) {
		/* The function itself is about to read it: all of it will be there at the end. */
		call.label = HS_SECRET_LABEL_END;
		call.secret_len = len;
	}
	remember(&call);
	return 0;
}

static __always_inline int kdf_leave(struct pt_regs *ctx, struct call *known)
{
	struct call call = *known;
	enum look look = LOOK_WANTED;

	forget();
	if ((int)PT_REGS_RC(ctx) != 1)
		return 0;
	if (call.label == HS_SECRET_LABEL_END)
		look = look_at_params(call.object, known->secret_len, &call);
	if (look == LOOK_UNREADABLE)
		count(HS_SECRET_CNT_LOST_MEMORY);
	else if (look == LOOK_WANTED)
		tell(&call, HS_SECRET_BY_TRANSCRIPT, call.out);
	return 0;
}

SEC("uprobe")
int hsmon_kdf_enter(struct pt_regs *ctx)
{
	kdf_enter(ctx);
	return 0;
}

SEC("uprobe")
int hsmon_kdf_leave(struct pt_regs *ctx)
{
	struct call *call = call_of_thread();

	return call ? kdf_leave(ctx, call) : 0;
}

SEC("uprobe")
int hsmon_kdf_session(struct pt_regs *ctx)
{
	struct call *call = call_that_ends(ctx);

	return call ? kdf_leave(ctx, call) : kdf_enter(ctx);
}

/*
 * libcrypto 1.1.1: int EVP_PKEY_CTX_ctrl(EVP_PKEY_CTX *ctx, int keytype, int optype, int cmd, int p1, void *p2) with the
 * HkdfLabel, then int EVP_PKEY_derive(EVP_PKEY_CTX *ctx, unsigned char *key, size_t *keylen).
 */
#define EVP_PKEY_CTRL_HKDF_INFO 0x1006

SEC("uprobe")
int hsmon_pkey_ctrl(struct pt_regs *ctx)
{
	struct call call = { .object = PT_REGS_PARM1(ctx) };

	if ((__u32)PT_REGS_PARM4(ctx) != EVP_PKEY_CTRL_HKDF_INFO)
		return 0;
	switch (look_at_hkdf_label(HS_ARG6(ctx), (__u32)PT_REGS_PARM5(ctx), &call)) {
	case LOOK_WANTED:
		remember(&call);
		break;
	case LOOK_UNREADABLE:
		count(HS_SECRET_CNT_LOST_MEMORY);
		break;
	case LOOK_OTHER:
		break;
	}
	return 0;
}

static __always_inline int pkey_enter(struct pt_regs *ctx)
{
	struct call *call = call_of_thread();

	if (!call || call->object != PT_REGS_PARM1(ctx))
		return HS_NO_RETURN;
	call->out = PT_REGS_PARM2(ctx);
	call->ip = PT_REGS_IP(ctx);
	return 0;
}

static __always_inline int secret_leave(struct call *known)
{
	struct call call = *known;

	if (!call.out)
		return 0;
	forget();
	tell(&call, HS_SECRET_BY_TRANSCRIPT, call.out);
	return 0;
}

SEC("uprobe")
int hsmon_pkey_enter(struct pt_regs *ctx)
{
	pkey_enter(ctx);
	return 0;
}

SEC("uprobe")
int hsmon_pkey_leave(struct pt_regs *ctx)
{
	struct call *call = call_of_thread();

	return call && (int)PT_REGS_RC(ctx) > 0 ? secret_leave(call) : 0;
}

SEC("uprobe")
int hsmon_pkey_session(struct pt_regs *ctx)
{
	struct call *call = call_of_thread();

	if (!call || !call->ip || call->ip == PT_REGS_IP(ctx))
		return pkey_enter(ctx);
	return (int)PT_REGS_RC(ctx) > 0 ? secret_leave(call) : 0;
}

/*
 * libnettle, for GnuTLS: void nettle_hkdf_expand(void *mac_ctx, nettle_hash_update_func *update, nettle_hash_digest_func
 * *digest, size_t digest_size, size_t info_size, const uint8_t *info, size_t length, uint8_t *dst), info the HkdfLabel.
 */
static __always_inline int nettle_enter(struct pt_regs *ctx)
{
	struct call call = { .ip = PT_REGS_IP(ctx) };
	enum look look = look_at_hkdf_label(HS_ARG6(ctx), PT_REGS_PARM5(ctx), &call);

	if (look == LOOK_OTHER)
		return HS_NO_RETURN;
	call.out = HS_ARG_STACKED(ctx, 8);
	if (look == LOOK_UNREADABLE || !call.out) {
		count(HS_SECRET_CNT_LOST_MEMORY);
		return HS_NO_RETURN;
	}
	if (HS_ARG_STACKED(ctx, 7) != call.secret_len)
		return HS_NO_RETURN;
	remember(&call);
	return 0;
}

SEC("uprobe")
int hsmon_nettle_enter(struct pt_regs *ctx)
{
	nettle_enter(ctx);
	return 0;
}

SEC("uprobe")
int hsmon_nettle_leave(void *ctx)
{
	struct call *call = call_of_thread();

	(void)ctx;
	return call ? secret_leave(call) : 0;
}

SEC("uprobe")
int hsmon_nettle_session(struct pt_regs *ctx)
{
	struct call *call = call_that_ends(ctx);

	return call ? secret_leave(call) : nettle_enter(ctx);
}

/*
 * Go: func (c *Config) writeKeyLog(label string, clientRandom, secret []byte) error. It is called for each secret, and
 * returns at once where the program keeps no key log. Its return must not be watched: Go moves its stacks.
 */
#define GO_LABEL_LEN 31			/* CLIENT_HANDSHAKE_TRAFFIC_SECRET, SERVER_HANDSHAKE_TRAFFIC_SECRET */

static __always_inline enum look go_look(const char *text, struct call *call)
{
	bool client = same(text, "CLIENT", 6);

	if ((!client && !same(text, "SERVER", 6)) || !same(text + 6, "_HANDSHAKE_TRAFFIC_SECRET", GO_LABEL_LEN - 6))
		return LOOK_OTHER;
	call->label = client ? HS_SECRET_CLIENT : HS_SECRET_SERVER;
	return LOOK_WANTED;
}

static __always_inline bool go_lengths_fit(struct pt_regs *ctx)
{
	return HS_GO_ARG3(ctx) == GO_LABEL_LEN && HS_GO_ARG5(ctx) == HS_SECRET_RANDOM && is_hash_len(HS_GO_ARG8(ctx));
}

static __always_inline int go_tell(struct pt_regs *ctx, const char *text, long unread)
{
	struct call call = { .secret_len = HS_GO_ARG8(ctx) };

	if (!unread && go_look(text, &call) != LOOK_WANTED)
		return 0;
	if (unread || bpf_probe_read_user(call.key, HS_SECRET_RANDOM, (const void *)HS_GO_ARG4(ctx)))
		count(HS_SECRET_CNT_LOST_MEMORY);
	else
		tell(&call, HS_SECRET_BY_RANDOM, HS_GO_ARG7(ctx));
	return 0;
}

SEC("uprobe")
int hsmon_go(struct pt_regs *ctx)
{
	char text[GO_LABEL_LEN];

	if (!go_lengths_fit(ctx))
		return 0;
	return go_tell(ctx, text, bpf_probe_read_user(text, sizeof(text), (const void *)HS_GO_ARG2(ctx)));
}

/* Linux 6.0: may wait for the page of the label, a constant that a program without key log never touches itself. */
SEC("uprobe.s")
int hsmon_go_sleepable(struct pt_regs *ctx)
{
	char text[GO_LABEL_LEN];

	if (!go_lengths_fit(ctx))
		return 0;
	return go_tell(ctx, text, bpf_copy_from_user(text, sizeof(text), (const void *)HS_GO_ARG2(ctx)));
}
