#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs cmocka test programs one after another and adds up their tests; the last line is what CI reads. A program counts as
# failed too when it ends badly, takes too long, or reports fewer results than it announced.
# usage: run.sh PROGRAM...
set -u
limit=${TEST_SECONDS:-300}
passed=0 failed=0 skipped=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT TERM
export CMOCKA_MESSAGE_OUTPUT=TAP

for prog in "$@"; do
	timeout -k 5 "$limit" "$prog" </dev/null >"$out" 2>&1
	status=$?
	# cmocka before 1.1.6 writes "not ok" before "# SKIP".
	s=$(grep -cE '^(not )?ok [0-9]+ .*# SKIP' "$out")
	p=$(grep -E '^ok [0-9]+' "$out" | grep -vc '# SKIP')
	f=$(grep -E '^not ok [0-9]+' "$out" | grep -vc '# SKIP')
	planned=$(sed -n 's/^1\.\.\([0-9][0-9]*\)$/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
	trouble=
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		trouble="ended by force after $limit s"
	elif [ "$planned" -eq 0 ]; then
		trouble="no test ran (status $status)"
	elif [ "$((p + f + s))" -ne "$planned" ]; then
		trouble="$((p + f + s)) results of $planned tests (status $status)"
	elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		trouble="exit status $status although no test failed"
	fi
	if [ -n "$trouble" ]; then
		f=$((f + 1))
		echo "$prog: $trouble" >>"$out"
	fi
	if [ "$f" -ne 0 ]; then
		cat "$out"
	else
		grep '^# skip:' "$out"
	fi
	printf '%-32s %s passed, %s failed, %s skipped\n' "$(basename "$prog")" "$p" "$f" "$s"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
