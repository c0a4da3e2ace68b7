#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# iperf3 through a veth pair, on a port that is watched: with a program watching it against without, segmentation offload on and
# off, and what the kernel's run of the programs costs. Namespaces of its own; the rounds of all programs take turns.
# usage: throughput.sh HSMON [SECONDS [ROUNDS]]
set -u
hsmon=$1 seconds=${2:-3} rounds=${3:-3}
for tool in ip iperf3 ethtool; do
	command -v $tool >/dev/null || { echo "# skip: $tool is not installed"; exit 0; }
done
[ "$(id -u)" -eq 0 ] || { echo "# skip: root is needed"; exit 0; }

work=$(mktemp -d)
left=hsbench-a-$$ right=hsbench-b-$$
server=
cleanup() {
	[ -n "$server" ] && kill "$server" 2>/dev/null
	ip netns del "$left" 2>/dev/null
	ip netns del "$right" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

ip netns add "$left" && ip netns add "$right" || exit 1
ip -n "$left" link add bench0 type veth peer name bench0 netns "$right"
ip -n "$left" addr add 10.99.0.1/24 dev bench0
ip -n "$right" addr add 10.99.0.2/24 dev bench0
ip -n "$left" link set bench0 up
ip -n "$right" link set bench0 up
ip netns exec "$right" iperf3 -s -p 443 >/dev/null 2>&1 &
server=$!

# Bits a second, as iperf3's receiver counted them.
transfer() {
	ip netns exec "$left" iperf3 -c 10.99.0.2 -p 443 -t "$seconds" -J 2>/dev/null |
		awk '/"sum_received"/ { on = 1 } on && /"bits_per_second"/ { gsub(/[^0-9.e+]/, "", $2); printf "%.0f\n", $2; exit }'
}

# watch NAME: starts it on the sending side and waits until it is there.
watch() {
	case $1 in
	hsmon) set -- "$hsmon" -p 443 -i bench0 -o json ;;
	tcpdump) set -- tcpdump -i bench0 -s 0 -w /dev/null port 443 ;;
	suricata) set -- suricata --af-packet=bench0 -l "$work" ;;
	tshark) set -- tshark -i bench0 -f "port 443" -Y tls.handshake ;;
	esac
	ip netns exec "$left" "$@" >/dev/null 2>"$work/talk" &
	watcher=$!
	i=0
	while ! grep -qiE 'watching|listening|capturing|engine started' "$work/talk"; do
		i=$((i + 1))
		[ $i -gt 200 ] && { echo "# $1 did not start: $(tail -n 1 "$work/talk")"; break; }
		kill -0 $watcher 2>/dev/null || { echo "# $1 ended: $(tail -n 1 "$work/talk")"; return 1; }
		sleep 0.05
	done
}

unwatch() {
	kill "$watcher" 2>/dev/null
	wait "$watcher" 2>/dev/null
}

programs=hsmon
for p in tcpdump suricata tshark; do
	command -v $p >/dev/null && programs="$programs $p"
done
transfer >/dev/null
for offload in on off; do
	for n in "$left" "$right"; do
		ip netns exec "$n" ethtool -K bench0 tso $offload gso $offload gro $offload >/dev/null 2>&1
	done
	round=0
	while [ $round -lt "$rounds" ]; do
		echo "none $(transfer)" >>"$work/$offload"
		for p in $programs; do
			watch "$p" && { echo "$p $(transfer)" >>"$work/$offload"; unwatch; }
		done
		round=$((round + 1))
	done
	awk -v offload=$offload '
		$2 > best[$1] { best[$1] = $2 }
		END {
			printf "iperf3, offload %s: %.2f Gbit/s without", offload, best["none"] / 1e9
			for (p in best) if (p != "none") printf "; %s %.3f", p, best[p] / best["none"]
			print " of it (best of '"$rounds"')"
		}' "$work/$offload"
done
