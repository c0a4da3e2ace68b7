#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the packaging files say agrees with the rest of the tree. usage: run.sh BUILD
set -u
build=$1
passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok - $1"; }
bad() { failed=$((failed + 1)); echo "FAILED - $1: $2"; }
skip() { skipped=$((skipped + 1)); echo "skip - $1 # $2"; }

# Every package that building needs is in the Debian package's Build-Depends; these come with every Debian compiler.
missing=$(sh scripts/deps.sh --list --build | grep -vx -e make -e gcc -e libc6-dev -e linux-libc-dev | while read -r one _; do
	grep -qw -e "$one" packaging/debian/control || echo "$one"
done)
if [ ! -f /etc/debian_version ]; then
	skip "build dependencies" "not Debian"
elif [ -z "$missing" ]; then
	ok "build dependencies"
else
	bad "build dependencies" "$missing"
fi

# The unit is confined well: exposure below 3.0.
if ! systemd-analyze security --help 2>/dev/null | grep -q -e --offline; then
	skip "exposure of the unit" "systemd-analyze cannot judge a file here"
elif systemd-analyze security --offline=true --threshold=29 "$build/hsmon.service" >"$build/hsmon.service.log" 2>&1; then
	ok "exposure of the unit"
else
	bad "exposure of the unit" "$(tail -n 1 "$build/hsmon.service.log")"
fi

# Completions parse, and know every option.
for name in $("$build/hsmon" --no-config -h | sed -n 's/^  .. * --\([a-z-]*\).*/\1/p'); do
	for file in hsmon.bash _hsmon hsmon.fish; do
		grep -qw -e "$name" "$build/completions/$file" || bad "completions" "$file lacks $name"
	done
done
bash -n "$build/completions/hsmon.bash" && ok "completions" || bad "completions" "bash does not parse them"

# The configuration file that is installed is one that hsmon takes.
if "$build/hsmon" --config packaging/hsmon.conf --check-config 2>"$build/hsmon.conf.log"; then
	ok "configuration file"
else
	bad "configuration file" "$(cat "$build/hsmon.conf.log")"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
