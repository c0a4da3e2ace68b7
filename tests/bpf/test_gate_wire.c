// SPDX-License-Identifier: BSD-2-Clause
/*
 * What BPF_PROG_TEST_RUN cannot make: super packets whose bytes are in pages, VLAN tags in the packet's metadata, and
 * loopback, where every packet is seen twice. Packets on a veth pair and connections in a network namespace of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bpf_run.h"

#define SUPER_LEN 60000
#define MTU 9000

static const struct packet_case plain = { .name = "plain" };

struct wire {
	struct hsmon_bpf *skel;
	struct ring_buffer *ring;
	struct list got;
	int raw;			/* sends on veth a */
	uint32_t a, b;			/* the pair */
};

static int attach(struct bpf_program *prog, uint32_t ifindex, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(prog), .handle = 1, .priority = 1);
	int ret = bpf_tc_hook_create(&hook);

	return ret && ret != -EEXIST ? ret : bpf_tc_attach(&hook, &opts);
}

static int open_raw(uint32_t ifindex)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static int wire_setup(void **state)
{
	static struct wire w;

	if (unshare(CLONE_NEWNET) || system("ip link set lo up && ip link add wire-a mtu 9000 type veth peer name wire-b && "
					    "ip link set wire-b mtu 9000 up && ip link set wire-a up"))
		return -1;
	w.a = if_nametoindex("wire-a");
	w.b = if_nametoindex("wire-b");
	w.raw = open_raw(w.a);
	*state = &w;
	return 0;
}

static int wire_teardown(void **state)
{
	struct wire *w = *state;

	if (w)
		close(w->raw);
	return 0;
}

static int load_programs(void **state)
{
	struct wire *w = *state;

	w->skel = bpf_load(&plain, 0);
	w->ring = ring_buffer__new(bpf_map__fd(w->skel->maps.ring), list_add_record, &w->got, NULL);
	return w->ring ? 0 : -1;
}

static int unload_programs(void **state)
{
	struct wire *w = *state;

	ring_buffer__free(w->ring);
	list_free(&w->got);
	/* Also what is attached: the qdiscs go, with all their filters. */
	assert_int_equal(system("for d in wire-a wire-b lo; do tc qdisc del dev $d clsact 2>/dev/null; done; true"), 0);
	hsmon_bpf__destroy(w->skel);
	return 0;
}

static void send_step(struct wire *w, const struct step *step)
{
	uint8_t buf[sizeof(struct virtio_net_hdr) + 65535] = { 0 };
	struct virtio_net_hdr *h = (void *)buf;
	size_t len = sizeof(*h) + step->len;

	memcpy(h + 1, step->data, step->len);
	if (step->len > MTU + 14) {
		h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		h->hdr_len = 54;
		h->gso_size = 1448;
		h->csum_start = 34;
		h->csum_offset = 16;
	}
	assert_int_equal(send(w->raw, buf, len, 0), len);
}

/* As one at this hook sees it, and as the gate in user space does. */
static void compare(struct wire *w, struct script *s, uint32_t ifindex, uint8_t hook, size_t records)
{
	static struct list user;

	for (size_t i = 0; i < s->cnt; i++) {
		send_step(w, &s->steps[i]);
		s->steps[i].ifindex = ifindex;
		s->steps[i].hook = hook;
	}
	/* veth hands over in softirq, on its way out of send(); but it may be another CPU's. */
	for (int i = 0; i < 100 && w->got.n < records; i++)
		ring_buffer__poll(w->ring, 20);
	ring_buffer__consume(w->ring);
	gate_run(&plain, s, list_add, &user);
	assert_true(user.n >= records);
	assert_true(lists_equal("wire", &w->got, &user));
	list_free(&user);
	script_free(s);
}

static void fill_super(struct script *s)
{
	static uint8_t big[SUPER_LEN];

	script_init(s);
	begin(s);
	for (uint32_t off = 0; off < SUPER_LEN; off += 15000)
		tls_record(big + off, 22, 11, 15000);
	big[5] = 2;
	for (uint32_t i = 20; i < 14999; i++)
		big[i] = (uint8_t)(i * 7);
	script_server(s, 0, big, SUPER_LEN);
	tls_record(big, 23, 0x55, 16000);
	tls_record(big + 16000, 23, 0x55, 16000);
	script_server(s, SUPER_LEN, big, 24000);
	script_server(s, SUPER_LEN + 24000, big + 24000, 8000);
}

static void test_super_packet(void **state)
{
	struct wire *w = *state;
	struct script s;

	fill_super(&s);
	assert_int_equal(attach(w->skel->progs.hsmon_egress, w->a, BPF_TC_EGRESS), 0);
	compare(w, &s, w->a, HS_HOOK_EGRESS, 3);
}

static void test_super_packet_received(void **state)
{
	struct wire *w = *state;
	struct script s;

	fill_super(&s);
	assert_int_equal(attach(w->skel->progs.hsmon_ingress, w->b, BPF_TC_INGRESS), 0);
	compare(w, &s, w->b, HS_HOOK_INGRESS, 3);
}

/* Fragments as large as the largest usual frames: more than a segment's record holds. */
static void test_jumbo_fragments(void **state)
{
	struct wire *w = *state;
	static uint8_t big[MTU - 60];
	struct script s;
	struct packet p;

	script_init(&s);
	tls_record(big, 22, 1, sizeof(big));
	for (int more = 1; more >= 0; more--) {
		script_make(&s, &p, true, 0, PACKET_ACK, 0, big, sizeof(big));
		packet_put16(p.data + p.l3 + 6, more ? 0x2000 : (MTU - 20) / 8);
		script_add(&s, &p);
	}
	assert_int_equal(attach(w->skel->progs.hsmon_ingress, w->b, BPF_TC_INGRESS), 0);
	compare(w, &s, w->b, HS_HOOK_INGRESS, 2);
}

/* The outer tag is in the packet when it is sent, and in its metadata when it is received. */
static void check_vlan(struct wire *w, int cnt, struct bpf_program *prog, uint32_t ifindex, enum bpf_tc_attach_point point)
{
	struct script s;
	struct packet p;

	script_init(&s);
	for (uint16_t port = 1; port <= 3; port++) {
		hello_in(&p);
		packet_put16(p.data + p.l3 + 20, port);
		packet_insert_vlan(&p, 0x8100, 7);
		if (cnt == 2)
			packet_insert_vlan(&p, 0x88a8, 9);
		script_add(&s, &p);
	}
	assert_int_equal(attach(prog, ifindex, point), 0);
	compare(w, &s, ifindex, point == BPF_TC_INGRESS ? HS_HOOK_INGRESS : HS_HOOK_EGRESS, 3);
}

static void test_vlan_received(void **state)
{
	struct wire *w = *state;

	check_vlan(w, 1, w->skel->progs.hsmon_ingress, w->b, BPF_TC_INGRESS);
}

static void test_qinq_received(void **state)
{
	struct wire *w = *state;

	check_vlan(w, 2, w->skel->progs.hsmon_ingress, w->b, BPF_TC_INGRESS);
}

static void test_qinq_sent(void **state)
{
	struct wire *w = *state;

	check_vlan(w, 2, w->skel->progs.hsmon_egress, w->a, BPF_TC_EGRESS);
}

static int listen_443(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(SCRIPT_PORT) };
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof(*at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static uint32_t bytes_of(const struct list *l, uint8_t dir)
{
	uint32_t bytes = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct hs_segment *seg = (const void *)l->v[i].p;

		if (seg->tag == HS_REC_SEGMENT && seg->dir == dir)
			bytes += seg->cap_len;
	}
	return bytes;
}

static void exchange(int server, const struct sockaddr_in *at)
{
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted;
	uint8_t buf[4096];

	assert_int_equal(connect(client, (const struct sockaddr *)at, sizeof(*at)), 0);
	accepted = accept(server, NULL, NULL);
	assert_int_equal(send(client, tls_hello, 200, 0), 200);
	assert_int_equal(recv(accepted, buf, 200, MSG_WAITALL), 200);
	assert_int_equal(send(accepted, tls_flight, 2000, 0), 2000);
	assert_int_equal(recv(client, buf, 2000, MSG_WAITALL), 2000);
	close(client);
	close(accepted);
}

/* At both hooks of lo: one stream. */
static void test_loopback(void **state)
{
	struct wire *w = *state;
	uint64_t counted[HS_CNT_MAX];
	uint32_t lo = if_nametoindex("lo");
	struct sockaddr_in at;
	int server = listen_443(&at);

	tls_fill();
	assert_int_equal(attach(w->skel->progs.hsmon_ingress, lo, BPF_TC_INGRESS), 0);
	assert_int_equal(attach(w->skel->progs.hsmon_egress, lo, BPF_TC_EGRESS), 0);
	for (int i = 0; i < 5; i++)
		exchange(server, &at);
	close(server);
	ring_buffer__consume(w->ring);
	bpf_count(w->skel, counted);
	/* Same address: the lower port is the first of the tuple. */
	assert_int_equal(bytes_of(&w->got, 1), 5 * 200);
	assert_int_equal(bytes_of(&w->got, 0), 5 * 2000);
	assert_int_equal(counted[HS_CNT_FLOWS], 5);
	assert_true(counted[HS_CNT_DUPLICATE] >= 10);
	assert_int_equal(counted[HS_CNT_LOST_LOAD], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_super_packet, load_programs, unload_programs),
		cmocka_unit_test_setup_teardown(test_super_packet_received, load_programs, unload_programs),
		cmocka_unit_test_setup_teardown(test_jumbo_fragments, load_programs, unload_programs),
		cmocka_unit_test_setup_teardown(test_vlan_received, load_programs, unload_programs),
		cmocka_unit_test_setup_teardown(test_qinq_received, load_programs, unload_programs),
		cmocka_unit_test_setup_teardown(test_qinq_sent, load_programs, unload_programs),
		cmocka_unit_test_setup_teardown(test_loopback, load_programs, unload_programs),
	};

	if (geteuid()) {
		print_message("# skip: root is needed to load BPF programs\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, wire_setup, wire_teardown);
}
