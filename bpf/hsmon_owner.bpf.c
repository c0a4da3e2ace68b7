/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Whose connections are they? Told into the same ring as the packets, at moments when the process is the current one:
 *
 * - TCP, active: when it connects. The source port is chosen a little later, so who it was is kept by the socket's address
 *   until the connection is established, in whatever context.
 * - TCP, passive: when it reads from the connection for the first time, or else shuts it down. Watching the exit of
 *   accept() would send every system call of every process through the kernel's slow path (110 ns more each, measured);
 *   reading costs a look-up in the first 16 KiB of a connection, and it covers io_uring.
 * - UDP: when it connects or sends, by the socket's cookie, which packets that go out have, too.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi.h"

/* BPF_PROG() has a parameter that its programs have no use for. */
#pragma clang diagnostic ignored "-Wunused-parameter"

#define HS_FUNC static __always_inline
#include "packet_base.h"
#include "process.h"
#include "wake.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define HS_HANDSHAKE_BYTES 16384	/* received on a connection; whoever serves it has read before */

/* Both are those of the gate. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hs_counters);
} counters SEC(".maps");

struct hs_holder {
	struct hs_process_id id;
	__u32 uid;
	__u32 flags;
	char comm[HS_COMM_LEN];
};

/* Who connected, until the connection is there; afterwards: its process is known. By address. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct hs_holder);
} sockets SEC(".maps");

/* Who sent last. By cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct hs_process_id);
} senders SEC(".maps");

/* Processes that user space has been told about, with the cgroup they were in. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct hs_process_id);
	__type(value, __u64);
} told SEC(".maps");

/* The command and its descendants: start by process id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} tracked SEC(".maps");

const volatile __u32 hs_wake_bytes;
const volatile __u8 hs_any_port, hs_track;
__u64 hs_ports[2][HS_PORT_WORDS];

static __always_inline int hs_selected(__u32 udp, __u16 port)
{
	return hs_any_port || hs_ports[udp][port / 64] >> port % 64 & 1;
}

static __always_inline __u64 hs_flags(__u32 len)
{
	return hs_wake_flags(hs_wake_bytes, bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA), len);
}

static __always_inline void hs_lost(void)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct hs_counters *c = bpf_map_lookup_elem(&counters, &cpu);

	if (c)
		c->v[HS_CNT_LOST_OWNER]++;
}

static __noinline int hs_tell_process(const struct hs_current *c)
{
	struct hs_process *p = bpf_ringbuf_reserve(&ring, sizeof(*p), 0);
	__u64 group = (__u64)c->cgroup;

	if (!p) {
		hs_lost();
		return 1;
	}
	hs_describe(c, p);
	bpf_ringbuf_submit(p, hs_flags(sizeof(*p)));
	bpf_map_update_elem(&told, &c->id, &group, BPF_ANY);
	return 0;
}

static __always_inline __u32 hs_is_tracked(const struct hs_process_id *id)
{
	__u64 *start = hs_track ? bpf_map_lookup_elem(&tracked, &id->pid) : 0;

	return start && (!*start || *start == id->start_ns);
}

static __always_inline void hs_fill_holder(struct hs_holder *h, const struct hs_current *c)
{
	h->id = c->id;
	h->uid = c->uid;
	h->flags = hs_is_tracked(&c->id) ? HS_OWNER_TRACKED : 0;
	__builtin_memcpy(h->comm, c->comm, sizeof(h->comm));
}

/* The current process; user space knows all of it afterwards. 0: there is none. */
static __always_inline int hs_hold(struct hs_holder *h)
{
	struct hs_current c;
	__u64 *group;

	if (!hs_current(&c))
		return 0;
	group = bpf_map_lookup_elem(&told, &c.id);
	if (!group || *group != (__u64)c.cgroup)
		hs_tell_process(&c);
	hs_fill_holder(h, &c);
	return 1;
}

static __always_inline void hs_fill_owner(struct hs_owner *o, const struct hs_holder *h)
{
	__builtin_memset(o, 0, sizeof(*o));
	o->tag = HS_REC_OWNER;
	o->time_ns = bpf_ktime_get_ns();
	o->process = h->id;
	o->uid = h->uid;
	o->flags = (__u8)h->flags;
	__builtin_memcpy(o->comm, h->comm, sizeof(o->comm));
}

static __always_inline void hs_mapped(__u8 *to, __u32 ipv4)
{
	hs_put32(to + 8, hs_be32(0xffff));
	hs_put32(to + 12, ipv4);
}

static __always_inline int hs_is_mapped(const __u8 *addr)
{
	return !hs_raw32(addr) && !hs_raw32(addr + 4) && hs_get32(addr + 8) == 0xffff;
}

/* A socket of IPv6 can have a peer of IPv4. */
static __always_inline void hs_fill_tuple(struct hs_owner *o, const struct sock *sk)
{
	struct hs_tuple *t = &o->tuple;

	o->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	t->proto = HS_PROTO_TCP;
	t->family = 4;
	t->port[0] = BPF_CORE_READ(sk, __sk_common.skc_num);
	t->port[1] = hs_be16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
		hs_mapped(t->addr[0], BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		hs_mapped(t->addr[1], BPF_CORE_READ(sk, __sk_common.skc_daddr));
	} else if (bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		bpf_core_read(t->addr[0], HS_ADDR_LEN, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(t->addr[1], HS_ADDR_LEN, &sk->__sk_common.skc_v6_daddr);
		t->family = hs_is_mapped(t->addr[1]) ? 4 : 6;
	}
	o->dir = (__u8)hs_order_tuple(t);
}

static __always_inline void hs_tell_tcp(const struct sock *sk, const struct hs_holder *h)
{
	struct hs_owner *o = bpf_ringbuf_reserve(&ring, sizeof(*o), 0);

	if (!o) {
		hs_lost();
		return;
	}
	hs_fill_owner(o, h);
	hs_fill_tuple(o, sk);
	bpf_ringbuf_submit(o, hs_flags(sizeof(*o)));
}

static __always_inline int hs_is_wanted(const struct sock *sk)
{
	return hs_selected(0, sk->__sk_common.skc_num) || hs_selected(0, hs_be16(sk->__sk_common.skc_dport));
}

static __always_inline void hs_on_connect(const struct sock *sk, __u64 key)
{
	struct hs_holder h;

	if (hs_is_wanted(sk) && hs_hold(&h))
		bpf_map_update_elem(&sockets, &key, &h, BPF_ANY);
}

static __always_inline void hs_on_connected(const struct sock *sk, __u64 key)
{
	struct hs_holder *h = bpf_map_lookup_elem(&sockets, &key);

	if (h)
		hs_tell_tcp(sk, h);
}

/* The current process has the other end of a connection that came in, if nobody was told to have it. */
static __always_inline void hs_on_use(const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct hs_holder h;

	/* What was left to read when it was reset: nothing would remove the entry any more, and the next socket at that
	 * address would be taken for one that is known. */
	if (sk->__sk_common.skc_state == TCP_CLOSE || bpf_map_lookup_elem(&sockets, &key) || !hs_hold(&h))
		return;
	bpf_map_update_elem(&sockets, &key, &h, BPF_ANY);
	hs_tell_tcp(sk, &h);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(hsmon_owner_state, const struct sock *sk, int old_state, int new_state)
{
	__u64 key = (__u64)sk;

	if (sk->sk_protocol != HS_PROTO_TCP)
		return 0;
	if (new_state == TCP_SYN_SENT)
		hs_on_connect(sk, key);
	else if (new_state == TCP_ESTABLISHED && old_state == TCP_SYN_SENT)
		hs_on_connected(sk, key);
	else if (new_state == TCP_CLOSE || new_state == TCP_ESTABLISHED)
		bpf_map_delete_elem(&sockets, &key);	/* established: a socket that has just been made */
	else if (((new_state == TCP_FIN_WAIT1 && old_state == TCP_ESTABLISHED) || new_state == TCP_LAST_ACK) && hs_is_wanted(sk))
		hs_on_use(sk);		/* the two states that close() and shutdown() lead to */
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(hsmon_owner_read, const struct sock *sk)
{
	if (!hs_is_wanted(sk) || BPF_CORE_READ((const struct tcp_sock *)sk, bytes_received) > HS_HANDSHAKE_BYTES)
		return 0;
	hs_on_use(sk);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(hsmon_owner_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = (__u32)parent->tgid, to = (__u32)child->tgid;
	__u64 start = child->start_boottime;

	if (from != to && bpf_map_lookup_elem(&tracked, &from))
		bpf_map_update_elem(&tracked, &to, &start, BPF_ANY);
	return 0;
}

/* Returned always: the call goes on. */
#define HS_CGROUP_PASS 1

static __always_inline int hs_on_udp(struct bpf_sock_addr *ctx, __u16 local)
{
	__u64 cookie = bpf_get_socket_cookie(ctx);
	struct hs_process_id *last;
	struct hs_holder h;
	struct hs_owner *o;

	if (ctx->protocol != HS_PROTO_UDP || !(hs_selected(1, local) || hs_selected(1, hs_be16(ctx->user_port))))
		return HS_CGROUP_PASS;
	last = bpf_map_lookup_elem(&senders, &cookie);
	if (last && last->pid == bpf_get_current_pid_tgid() >> 32)
		return HS_CGROUP_PASS;
	if (!hs_hold(&h))
		return HS_CGROUP_PASS;
	bpf_map_update_elem(&senders, &cookie, &h.id, BPF_ANY);
	o = bpf_ringbuf_reserve(&ring, sizeof(*o), 0);
	if (!o) {
		hs_lost();
		return HS_CGROUP_PASS;
	}
	hs_fill_owner(o, &h);
	o->socket = (__u32)cookie;
	bpf_ringbuf_submit(o, hs_flags(sizeof(*o)));
	return HS_CGROUP_PASS;
}

static __always_inline int hs_on_send(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ctx->sk;

	return hs_on_udp(ctx, sk ? (__u16)sk->src_port : 0);
}

SEC("cgroup/connect4")
int hsmon_owner_c4(struct bpf_sock_addr *ctx)
{
	return hs_on_udp(ctx, 0);
}

SEC("cgroup/connect6")
int hsmon_owner_c6(struct bpf_sock_addr *ctx)
{
	return hs_on_udp(ctx, 0);
}

SEC("cgroup/sendmsg4")
int hsmon_owner_s4(struct bpf_sock_addr *ctx)
{
	return hs_on_send(ctx);
}

SEC("cgroup/sendmsg6")
int hsmon_owner_s6(struct bpf_sock_addr *ctx)
{
	return hs_on_send(ctx);
}

/*
 * Who has the sockets that are there already: read once, at the start, as a file of records struct hs_process, without
 * arguments, and struct hs_owner.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hs_process);
} filled SEC(".maps");

static __always_inline struct sock *hs_sock_of(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK && socket ? BPF_CORE_READ(socket, sk) : 0;
}

/* 0: it has no peer, or is of no concern. */
static __always_inline int hs_fill_end(struct hs_owner *o, const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family), num = BPF_CORE_READ(sk, __sk_common.skc_num);
	__u16 proto = BPF_CORE_READ(sk, sk_protocol), port = hs_be16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	__u32 udp = proto == HS_PROTO_UDP;

	if ((family != AF_INET && family != AF_INET6) || (!udp && (proto != HS_PROTO_TCP || !port)) ||
	    !(hs_selected(udp, num) || hs_selected(udp, port)))
		return 0;
	if (udp)
		o->socket = (__u32)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	else
		hs_fill_tuple(o, sk);
	return !udp || o->socket;
}

SEC("iter/task_file")
int hsmon_owner_fill(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct hs_holder holder;
	struct hs_current c;
	struct hs_process *p;
	struct hs_owner o;
	struct sock *sk;
	__u32 zero = 0;

	sk = task && file ? hs_sock_of(file) : 0;
	p = bpf_map_lookup_elem(&filled, &zero);
	if (!sk || !p || !hs_look_at(task, &c))
		return 0;
	hs_fill_holder(&holder, &c);
	hs_fill_owner(&o, &holder);
	if (!hs_fill_end(&o, sk))
		return 0;
	/* A process's files come one after another. */
	if (p->id.pid != c.id.pid || p->id.start_ns != c.id.start_ns) {
		hs_describe_task(&c, p);
		bpf_seq_write(ctx->meta->seq, p, sizeof(*p));
	}
	bpf_seq_write(ctx->meta->seq, &o, sizeof(o));
	return 0;
}
