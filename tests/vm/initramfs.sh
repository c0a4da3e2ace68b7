#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Packs what a guest runs: busybox, the host's own programs with their shared libraries, certificates, the guest's init.
# usage: initramfs.sh OUTPUT HSMON [KERNEL_FOLDER]; with a kernel folder only that kernel's modules are packed:
# the kernel unpacks several archives one after another, so the big one is made once for all kernels.
set -eu
out=$1 hsmon=$2 kernel=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# add PROGRAM [AS]: the program and every library that the dynamic loader would map for it.
add() {
	mkdir -p "$root/bin"
	cp -L "$1" "$root/bin/${2:-$(basename "$1")}"
	{ ldd "$1" 2>/dev/null || :; } | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' |
	while read -r lib; do
		[ -e "$root$lib" ] && continue
		mkdir -p "$root$(dirname "$lib")"
		cp -L "$lib" "$root$lib"
	done
}

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=vm.example/O=hsmon" \
		-addext "subjectAltName=DNS:vm.example" -keyout "$root/key.pem" -out "$root/cert.pem" 2>/dev/null
	openssl x509 -in "$root/cert.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' >"$root/cert.sha256"
}

find_program() {
	for p in "$(command -v "$1" 2>/dev/null || :)" /usr/sbin/"$1" /sbin/"$1" /usr/lib/linux-tools/*/"$1"; do
		[ -n "$p" ] && [ -x "$p" ] && { echo "$p"; return; }
	done
	echo "$0: $1 is not installed" >&2
	return 1
}

if [ -n "$kernel" ]; then
	mkdir -p "$root/modules"
	find "$kernel" -name '*.ko' -exec cp {} "$root/modules/" \;
else
	mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/etc" "$root/run" "$root/var/tmp"
	chmod 1777 "$root/tmp" "$root/var/tmp"
	printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	busybox=$(find_program busybox)
	cp -L "$busybox" "$root/busybox"
	add "$busybox"
	add "$hsmon" hsmon
	preempt=$(dirname "$hsmon")/tests/bpf/test_preempt
	[ ! -x "$preempt" ] || add "$preempt"
	# for the verifier's log, should a kernel refuse the programs
	mkdir -p "$root/bpf"
	for o in "$(dirname "$hsmon")"/bpf/*.bpf.o; do
		[ -e "$o" ] && cp "$o" "$root/bpf/"
	done
	for p in openssl ip tc bpftool; do
		add "$(find_program $p)"
	done
	certificate
	cp "$here/guest.sh" "$root/init"
	chmod 0755 "$root/init"
fi
(cd "$root" && find . | cpio --quiet -o -H newc) >"$out.new"
mv "$out.new" "$out"
