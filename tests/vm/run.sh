#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# hsmon in virtual machines with other kernels (emulated: no KVM needed). The last line is "N passed, N failed, N skipped".
# usage: HSMON=program [VM_CACHE=folder] [VM_SECONDS=limit] run.sh [SUITE...]
set -u
limit=${VM_SECONDS:-900}
here=$(cd "$(dirname "$0")" && pwd)
hsmon=${HSMON:-$here/../../build/hsmon}
cache=${VM_CACHE:-$here/../../build/vm}
[ $# -gt 0 ] || set -- bullseye bookworm trixie sid
passed=0 failed=0 skipped=0

summary() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

skip_all() {
	skipped=$#
	shift
	skipped=$((skipped - 1))
	echo "# skip: $reason"
	summary
}

reason=
[ "$(uname -m)" = x86_64 ] || reason="guests are x86_64, this machine is $(uname -m)"
for tool in qemu-system-x86_64 busybox cpio apt-get dpkg-deb openssl; do
	command -v $tool >/dev/null || reason="$tool is not installed (scripts/deps.sh --vm)"
done
[ -z "$reason" ] || skip_all x "$@"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$cache"
sh "$here/initramfs.sh" "$work/base.cpio" "$hsmon" || { failed=1; summary; }

# boot FOLDER: runs the guest to its end, the verdict in $work/result. Most of the time goes into the verifier, emulated.
boot() {
	sh "$here/initramfs.sh" "$work/modules.cpio" "$hsmon" "$1" || return 1
	# Each archive is padded to 512 bytes: the kernel goes on behind it.
	cat "$work/base.cpio" "$work/modules.cpio" >"$work/initrd"
	: >"$work/result"
	timeout -k 5 "$limit" qemu-system-x86_64 -accel tcg -machine q35 -cpu max -smp 1 -m 512 -nodefaults -no-user-config \
		-display none -no-reboot -kernel "$1/vmlinuz" -initrd "$work/initrd" \
		-append "console=ttyS0 quiet panic=-1 rdinit=/init mitigations=off preempt=full no_timer_check random.trust_cpu=on" \
		-serial "file:$work/console" -serial "file:$work/result" </dev/null
}

for suite in "$@"; do
	if ! line=$(sh "$here/fetch.sh" "$cache" "$suite"); then
		echo "# skip: the kernel of $suite could not be fetched"
		skipped=$((skipped + 1))
		continue
	fi
	release=${line#* } folder=${release#* }
	release=${release%% *}
	began=$(date +%s)
	boot "$folder"
	status=$?
	took=$(($(date +%s) - began))
	if grep -q 'verdict: pass' "$work/result"; then
		passed=$((passed + 1))
		verdict=ok
	else
		failed=$((failed + 1))
		verdict=FAILED
		[ "$status" -eq 124 ] && echo "the guest did not finish in $limit s" >>"$work/result"
		tail -n 30 "$work/console" | sed 's/^/  console: /' >>"$work/result"
	fi
	tr -d '\r' <"$work/result" | sed 's/^/  /'
	echo "$verdict - $suite, Linux $release, $took s"
done
summary
