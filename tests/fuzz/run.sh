#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs libFuzzer harnesses for some seconds each; regressions kept as files in tests/fuzz/regress/NAME are run first.
# usage: run.sh SECONDS HARNESS...
set -u
seconds=$1
shift
here=$(dirname "$0")
passed=0 failed=0
for prog in "$@"; do
	name=$(basename "$prog")
	corpus=$(dirname "$prog")/corpus-$name
	mkdir -p "$corpus"
	set -- "$corpus"
	# This one begins with captures, which are made when it runs.
	[ "$name" = fuzz_pipeline ] && python3 "$here/../shapes/run.py" --write "$corpus"
	[ -d "$here/regress/$name" ] && set -- "$@" "$here/regress/$name"
	if "$prog" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -artifact_prefix="$corpus-" -print_final_stats=1 \
		"$@" >"$corpus.log" 2>&1; then
		passed=$((passed + 1))
		echo "$name: $(grep -o 'number_of_executed_units: *[0-9]*' "$corpus.log" | tail -n 1), no finding"
	else
		failed=$((failed + 1))
		tail -n 40 "$corpus.log"
		echo "$name: FINDING, see $corpus.log"
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
