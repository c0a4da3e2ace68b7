#!/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest's init: hsmon on loopback, one TLS 1.2 and one TLS 1.3 handshake, the verdict on the second serial port.
# The shell prefers its own applets: the host's ip and tc go by their path.
/busybox --install -s /bin
export PATH=/bin OPENSSL_CONF=/dev/null HOME=/tmp

say() { echo "[$(cut -d . -f 1 /proc/uptime) s] $*" >/dev/ttyS1; }
show() { sed "s/^/  $1: /" "$2" >/dev/ttyS1; }

finish() {
	say "verdict: $*"
	sync
	poweroff -f
}

# until_true DECISECONDS COMMAND...
until_true() {
	left=$1
	shift
	while ! "$@" 2>/dev/null; do
		[ "$left" -gt 0 ] || return 1
		left=$((left - 1))
		usleep 100000
	done
}

listens() { grep -qi ":$(printf %04x "$1") .* 0A " /proc/net/tcp; }

watching() { grep -q '^hsmon: watching' /tmp/talk || ! kill -0 "$hsmon" 2>/dev/null; }

gone() { ! kill -0 "$1" 2>/dev/null; }

server() {
	openssl s_server -accept "127.0.0.1:$1" "$2" -cert /cert.pem -key /key.pem -www >/tmp/server.$1 2>&1 &
	until_true 300 listens "$1" || { show server /tmp/server.$1; finish "fail: server on $1 does not listen"; }
}

client() {
	echo | openssl s_client -connect "127.0.0.1:$1" -servername vm.example >/tmp/client.$1 2>&1
	grep -q "$2" /tmp/client.$1 || { show client /tmp/client.$1; finish "fail: no $2 handshake was made"; }
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
[ -e /sys/fs/bpf ] && mount -t bpf bpf /sys/fs/bpf
for m in /modules/*.ko; do
	[ -e "$m" ] && insmod "$m"
done
/bin/ip link set lo up
say "kernel: $(uname -r), booted in $(cut -d ' ' -f 1 /proc/uptime) s, unprivileged_bpf_disabled=$(cat /proc/sys/kernel/unprivileged_bpf_disabled), BTF $([ -e /sys/kernel/btf/vmlinux ] && echo yes || echo no)"

server 4433 -tls1_2
server 4434 -tls1_3

# What of hsmon is attached to loopback. bpftool older than 7.3 does not list TCX.
left() { /bin/tc filter show dev lo ingress; /bin/tc filter show dev lo egress; bpftool net show dev lo 2>/dev/null | grep -F 'lo('; }

# Why the kernel refuses the programs: hsmon says it in a line, the verifier in many.
verifier_log() {
	for o in /bpf/*.bpf.o; do
		[ -e "$o" ] || continue
		bpftool -d prog loadall "$o" /sys/fs/bpf/log >/tmp/log 2>&1 && say "bpftool can load $o"
		grep -v '^libbpf: \(sec\|map\|prog.*: \(found\|relo\)\|extern\|CO-RE\|loading\|elf\)' /tmp/log | tail -n 80 >/tmp/end
		show verifier /tmp/end
	done
}

# watch COUNT [HOW...]: hsmon in the background, until it watches; on loopback unless told otherwise.
watch() {
	count=$1
	shift
	[ $# -gt 0 ] || set -- -i lo
	rm -f /tmp/events.pipe /tmp/talk
	mkfifo /tmp/events.pipe
	cat /tmp/events.pipe >/tmp/events &
	hsmon "$@" -p 4433,4434 -o json -c "$count" >/tmp/events.pipe 2>/tmp/talk &
	hsmon=$!
	until_true 900 watching
	grep -q '^hsmon: watching' /tmp/talk && return
	wait $hsmon
	status=$?
	show stderr /tmp/talk
	verifier_log
	finish "fail: hsmon did not start watching, exit status $status"
}

# ended: its status, after it has had the handshakes it was told to wait for.
ended() {
	until_true 200 gone $hsmon
	if kill -INT $hsmon 2>/dev/null; then
		until_true 50 gone $hsmon || kill -KILL $hsmon
		stopped='; it had to be stopped'
	fi
	wait $hsmon
}

watch 2
grep '^hsmon: watching' /tmp/talk >/tmp/banner
say "banner: $(cat /tmp/banner)"
client 4433 TLSv1.2
client 4434 TLSv1.3
ended
status=$?
grep '"hsmon.handshake"' /tmp/events >/tmp/handshakes
count=$(wc -l </tmp/handshakes)
tls12=$(grep -c '"version":"1.2"' /tmp/handshakes)
tls13=$(grep -c '"version":"1.3"' /tmp/handshakes)
certificate=$(grep '"version":"1.2"' /tmp/handshakes | grep -c "\"sha256\":\"$(cat /cert.sha256)\"")
success=$(grep -c '"outcome":"success"' /tmp/handshakes)
left >/tmp/left
say "events: $count handshakes, $tls12 TLS 1.2 ($certificate with the certificate served), $tls13 TLS 1.3, $success successful; exit status $status${stopped:-}"
if [ "$count $tls12 $tls13 $certificate $success $status" != "2 1 1 1 2 0" ] || [ -s /tmp/left ]; then
	show stderr /tmp/talk
	show events /tmp/events
	show "left attached" /tmp/left
	finish "fail: expected 2 handshakes, both successful, and nothing attached afterwards"
fi

# other_hook HOW...: one handshake through another hook. At XDP loopback's packets come in once, both directions.
other_hook() {
	watch 1 "$@"
	client 4433 TLSv1.2
	ended
	status=$?
	{ left; /bin/ip link show lo | grep xdp; } >/tmp/left
	success=$(grep '"hsmon.handshake"' /tmp/events | grep '"version":"1.2"' | grep -c '"outcome":"success"')
	say "$*: $success successful handshake, exit status $status"
	[ "$success $status" = "1 0" ] && [ ! -s /tmp/left ] && return
	show stderr /tmp/talk
	show events /tmp/events
	show "left attached" /tmp/left
	finish "fail: $*: expected 1 handshake, and nothing attached afterwards"
}

other_hook -i lo --attach xdp
mkdir -p /tmp/cgroup2
if mount -t cgroup2 cgroup2 /tmp/cgroup2; then
	other_hook --cgroup /tmp/cgroup2
	# Only these guests are fully preemptible: several tasks' programs at once on one CPU.
	if command -v test_preempt >/dev/null; then
		test_preempt >/tmp/preempt 2>&1 </dev/null || { show preempt /tmp/preempt; finish "fail: test_preempt"; }
		say "test_preempt: $(grep -c '  OK ' /tmp/preempt) passed"
	fi
fi

# Killed, it cannot tidy up. A TCX link goes with its process; what clsact keeps the next start removes.
grep -q 'clsact' /tmp/banner || finish pass
watch 9
kill -KILL $hsmon $(cat /proc/$hsmon/task/$hsmon/children)
until_true 50 gone $hsmon
left >/tmp/left
say "after kill -9: $(grep -c . /tmp/left) lines of attachments left"
watch 1
client 4433 TLSv1.2
ended
status=$?
left >/tmp/left
count=$(grep -c '"hsmon.handshake"' /tmp/events)
if [ "$count $status" != "1 0" ] || [ -s /tmp/left ]; then
	show stderr /tmp/talk
	show "left attached" /tmp/left
	finish "fail: after kill -9: $count handshakes, exit status $status; expected 1, 0 and nothing attached afterwards"
fi
finish pass
