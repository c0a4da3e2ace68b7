#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs what is missing, builds, runs all tests. The last line is "N passed, N failed, N skipped", over all of them.
# usage: sudo sh scripts/check.sh [--no-deps]
#   BUILD=folder    where to build (build)
#   CORPUS=folder   captures with ground truth: compared too
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
passed=0 failed=0 skipped=0

finish() {
	echo
	[ -z "$broken" ] || echo "failed:$broken"
	echo "$passed passed, $failed failed, $skipped skipped"
	rm -f "$log"
	[ "$failed" -eq 0 ]
	exit
}

# rung NAME COMMAND...: runs it, adds up its last "N passed, N failed, N skipped".
rung() {
	name=$1
	shift
	echo
	echo "== $name"
	began=$(date +%s)
	{ "$@" </dev/null 2>&1; echo "status $?"; } | tee "$log" | grep -v '^status [0-9]*$'
	status=$(sed -n 's/^status //p' "$log" | tail -n 1)
	counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$log" | tail -n 1)
	if [ -z "$counts" ]; then
		# no tests that are counted: the whole is one
		[ "$status" -eq 0 ] && counts="1 0 0" || counts="0 1 0"
	fi
	set -- $counts
	if [ "$status" -ne 0 ] && [ "$2" -eq 0 ]; then
		set -- "$1" 1 "$3"
	fi
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
	[ "$2" -eq 0 ] || broken="$broken $name"
	echo "== $name: $1 passed, $2 failed, $3 skipped, $(($(date +%s) - began)) s"
}

compile() { make -j "$(nproc)" BUILD="$build" "$@"; }

log=$(mktemp) || exit 1
broken=
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

if [ "${1:-}" != --no-deps ] && ! sh scripts/deps.sh --build --run --test; then
	failed=1 broken=" packages"
	finish
fi
echo "== build"
if ! compile all; then
	failed=1 broken=" build"
	finish
fi
rung floors compile check-floors
rung unit compile check-unit
rung san compile check-san
rung bpf compile check-bpf
rung shapes compile check-shapes
rung packaging compile check-packaging
rung net compile check-net
if [ -n "${CORPUS:-}" ]; then
	rung corpus compile check-corpus CORPUS="$CORPUS"
fi
finish
