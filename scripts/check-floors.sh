#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Proves that every #include points into its own folder or to a strictly lower floor (docs/architecture.md), after having
# proved on small trees made for it that it finds what it looks for. The last line is "N passed, N failed, N skipped".
# usage: check-floors.sh [ROOT]
set -u

# check_tree ROOT: prints "FILE:LINE: what is wrong", false if there was something.
check_tree() {
	(cd "$1" && find include user bpf vmlinux -name '*.[ch]' -type f 2>/dev/null | sort) >"$tmp/files"
	(cd "$1" && awk -v list="$tmp/files" '
	function room(path, part) {		# the folder that has a floor: user/tls/quic/x.c is in user/tls
		return split(path, part, "/") > 2 && part[1] == "user" ? "user/" part[2] : part[1]
	}
	function normal(path, part, out, n, i, depth) {	# a/b/../c is a/c
		n = split(path, part, "/")
		depth = 0
		for (i = 1; i <= n; i++) {
			if (part[i] == ".." && depth > 0)
				depth--
			else if (part[i] != "." && part[i] != "")
				out[++depth] = part[i]
		}
		path = out[1]
		for (i = 2; i <= depth; i++)
			path = path "/" out[i]
		return path
	}
	function find(name, from, dir) {	# as the compiler looks: beside the file, then the include path
		dir = from
		sub(/[^\/]*$/, "", dir)
		if (normal(dir name) in files)
			return normal(dir name)
		if (from ~ /^(bpf|vmlinux)\//) {
			if (normal("vmlinux/" name) in files)
				return normal("vmlinux/" name)
			if (normal("include/" name) in files)
				return normal("include/" name)
			return normal("bpf/" name) in files ? normal("bpf/" name) : ""
		}
		if (normal("include/" name) in files)
			return normal("include/" name)
		return normal("user/" name) in files ? normal("user/" name) : ""
	}
	function complain(text) {
		printf "%s:%d: %s\n", FILENAME, FNR, text
		bad++
	}
	function judge(name, quoted, target, here, there) {
		here = room(FILENAME)
		target = find(name, FILENAME)
		if (target == "" && name ~ /\.skel\.h$/) {
			if (!(here in floor) || floor[here] < 2)
				complain(here " includes the generated " name)
			return
		}
		if (target == "") {
			if (quoted)
				complain("\"" name "\" is not found in this project")
			else if (FILENAME ~ /^bpf\// && name !~ /^bpf\//)
				complain("<" name ">: bpf/ uses no system header but those of libbpf")
			return
		}
		there = room(target)
		if (here == there || (here == "bpf" && (there == "vmlinux" || there == "include")))
			return
		if (!(here in floor) || !(there in floor))
			complain(target " is not for " here "/")
		else if (floor[there] >= floor[here])
			complain(here " (floor " floor[here] ") includes " target " (floor " floor[there] ")")
	}
	BEGIN {
		n = split("include 0 user/base 1 user/wire 2 user/capture 2 user/flow 3 user/tls 3 user/x509 3 user/tap 3 user/event 4 user/sink 5 user/ui 5 user/output 6 user 9", f, " ")
		for (i = 1; i < n; i += 2)
			floor[f[i]] = f[i + 1]
		while ((getline line < list) > 0) {
			files[line] = 1
			ARGV[ARGC++] = line
		}
	}
	FNR == 1 && FILENAME ~ /^user\// && !(room(FILENAME) in floor) { complain(room(FILENAME) "/ has no floor") }
	/^[ \t]*#[ \t]*include/ {
		if (match($0, /[<"][^>"]*[>"]/))
			judge(substr($0, RSTART + 1, RLENGTH - 2), substr($0, RSTART, 1) == "\"")
		else
			complain("an #include that cannot be read")
	}
	END { exit bad > 0 }
	' /dev/null)
}

# put FILE TEXT: one more file in the small tree.
put() {
	mkdir -p "$tmp/tree/$(dirname "$1")"
	printf '%b\n' "$2" >"$tmp/tree/$1"
}

fresh_tree() {
	rm -rf "$tmp/tree"
	put include/abi.h '#include <linux/types.h>'
	put vmlinux/vmlinux.h ''
	put bpf/maps.h ''
	put bpf/hsmon.bpf.c '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n#include "abi.h"\n#include "maps.h"'
	put user/base/log.h '#include <stdio.h>'
	put user/wire/reader.h '#include "abi.h"'
	put user/capture/source.h ''
	put user/capture/ring.c '#include "base/log.h"\n#include "hsmon.skel.h"'
	put user/tls/conn.h '#include "wire/reader.h"\n#include "base/log.h"'
	put user/tls/quic/frame.c '#include "tls/conn.h"'
	put user/flow/key.h '#include "wire/reader.h"'
	put user/event/event.h '#include "tls/conn.h"\n#include "flow/key.h"'
	put user/sink/json.c '#include "event/event.h"'
	put user/pipeline.h '#include "sink/sink.h"'
	put user/sink/sink.h ''
	put user/main.c '#include "pipeline.h"\n#include "tls/conn.h"'
}

# expect OUTCOME WHAT: OUTCOME is "clean", or a text that the complaint must hold.
expect() {
	if found=$(check_tree "$tmp/tree"); then
		found=clean
	fi
	case $found in
	*"$1"*) passed=$((passed + 1)) ;;
	*)
		failed=$((failed + 1))
		echo "self-test: $2: expected \"$1\", got: $found"
		;;
	esac
}

# forbid FILE INCLUDE COMPLAINT: the small tree with that one line more.
forbid() {
	fresh_tree
	put "$1" "$2"
	expect "$3" "$1 with $2"
}

self_test() {
	fresh_tree
	expect clean "a tree without fault"
	forbid user/base/log.c '#include "wire/reader.h"' 'user/base (floor 1) includes user/wire/reader.h (floor 2)'
	forbid user/wire/x.c '#include "capture/source.h"' 'user/wire (floor 2) includes user/capture/source.h (floor 2)'
	forbid user/wire/x.c '#include "capture/none.h"' 'not found'
	forbid user/capture/x.c '#include "wire/reader.h"' 'user/capture (floor 2) includes user/wire/reader.h (floor 2)'
	forbid user/tls/x.c '#  include "flow/key.h"' 'user/tls (floor 3) includes user/flow/key.h (floor 3)'
	forbid user/tls/x.c '\t#include <flow/key.h>' 'user/tls (floor 3) includes user/flow/key.h (floor 3)'
	forbid user/tls/x.c '#include "../flow/key.h"' 'user/tls (floor 3) includes user/flow/key.h (floor 3)'
	forbid user/tls/quic/x.c '#include "event/event.h"' 'user/tls (floor 3) includes user/event/event.h (floor 4)'
	forbid user/flow/x.h '#include "../pipeline.h"' 'user/flow (floor 3) includes user/pipeline.h (floor 9)'
	forbid user/event/x.c '#include "sink/sink.h"' 'user/event (floor 4) includes user/sink/sink.h (floor 5)'
	forbid user/ui/x.c '#include "sink/sink.h"' 'user/ui (floor 5) includes user/sink/sink.h (floor 5)'
	forbid user/base/x.c '#include "hsmon.skel.h"' 'user/base includes the generated'
	forbid user/new/x.c '#include "base/log.h"' 'user/new/ has no floor'
	forbid user/x.c '#include HEADER' 'cannot be read'
	forbid include/x.h '#include "base/log.h"' 'include (floor 0) includes user/base/log.h (floor 1)'
	forbid bpf/x.bpf.c '#include "../user/base/log.h"' 'user/base/log.h is not for bpf/'
	forbid user/tls/x.c '#include "../../bpf/maps.h"' 'bpf/maps.h is not for user/tls/'
	forbid bpf/x.bpf.c '#include <stdio.h>' 'no system header'
}

root=${1:-$(dirname "$0")/..}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
self_test
if check_tree "$root"; then
	passed=$((passed + 1))
	echo "floors: $(wc -l <"$tmp/files") files, every #include points to its own folder or downwards"
else
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
