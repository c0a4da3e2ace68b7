#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Real TLS servers and clients in two network namespaces of their own, and what hsmon shows of them. Leaves nothing behind.
# usage: sudo sh scripts/demo.sh [--no-deps]
#   BUILD=folder   where to build (build)
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
case $build in
/*) hsmon=$build/hsmon ;;
*) hsmon=$PWD/$build/hsmon ;;
esac
here=hsmon-demo-$$
export LC_ALL=C OPENSSL_CONF=/dev/null

die() {
	echo "demo: $*" >&2
	exit 1
}

cleanup() {
	trap '' INT TERM HUP
	for ns in "$here-client" "$here-server"; do
		[ -e "/run/netns/$ns" ] || continue
		ip netns pids "$ns" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
		ip netns del "$ns"
	done
	[ -z "$work" ] || rm -rf "$work"
}

# until_true WHAT COMMAND...
until_true() {
	what=$1
	shift
	left=200
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || die "waited 10 s in vain for $what"
		sleep 0.05
	done
}

heading() {
	printf '\n%s%s%s\n\n' "$bold" "$*" "$plain"
}

show_command() {
	printf '%s$ %s%s\n' "$dim" "$*" "$plain"
}

in_client() { nsenter --net="/run/netns/$here-client" "$@"; }
in_server() { nsenter --net="/run/netns/$here-server" "$@"; }

networks() {
	ip netns add "$here-client" && ip netns add "$here-server" || die "network namespaces cannot be made"
	ip link add eth0 netns "$here-client" type veth peer name eth0 netns "$here-server" || die "no veth in this kernel"
	ip -n "$here-client" addr add 10.0.0.5/24 dev eth0
	ip -n "$here-server" addr add 10.0.0.9/24 dev eth0
	for ns in "$here-client" "$here-server"; do
		ip -n "$ns" link set lo up
		ip -n "$ns" link set eth0 up
	done
}

# certificate NAME SUBJECT SIGNER EXTENSION [START END]: NAME.pem and NAME.key; dates as YYYYMMDDHHMMSSZ.
certificate() {
	: >"$work/$1.index"
	cat >"$work/$1.cnf" <<-CNF
		[req]
		distinguished_name = dn
		[dn]
		[ca]
		default_ca = it
		[it]
		database = $work/$1.index
		new_certs_dir = $work
		rand_serial = yes
		default_md = sha256
		policy = any
		[any]
		[ext]
		$4
	CNF
	signer="-cert $work/$3.pem -keyfile $work/$3.key"
	[ "$1" = "$3" ] && signer="-selfsign -keyfile $work/$1.key"
	period="-days 43"
	[ $# -gt 4 ] && period="-startdate $5 -enddate $6"
	{
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key" &&
			openssl req -new -config "$work/$1.cnf" -key "$work/$1.key" -subj "$2" -out "$work/$1.csr" &&
			openssl ca -config "$work/$1.cnf" -batch -notext -preserveDN -extensions ext $signer $period \
				-in "$work/$1.csr" -out "$work/$1.pem"
	} >"$work/$1.log" 2>&1 || { cat "$work/$1.log" >&2; die "no certificate for $1"; }
}

certificates() {
	certificate ca "/O=Example/CN=Example CA" ca "basicConstraints = critical,CA:TRUE"
	certificate api "/O=Example/CN=api.internal" ca "subjectAltName = DNS:api.internal,DNS:www.example"
	certificate pay "/O=Example/CN=pay.internal" ca "subjectAltName = DNS:pay.internal"
	certificate old "/O=Example/CN=old.internal" ca "subjectAltName = DNS:old.internal" \
		"$(date -u -d '-90 days' +%Y%m%d%H%M%SZ)" "$(date -u -d '-2 days -1 hour' +%Y%m%d%H%M%SZ)"
	certificate client "/O=Example/OU=Billing/CN=billing-job" ca "subjectAltName = DNS:billing.internal"
}

listens() { in_server ss -Hltn "sport = :$1" | grep -q .; }

# s_server PORT CERTIFICATE OPTION...
s_server() {
	port=$1 pair=$2
	shift 2
	in_server openssl s_server -accept "10.0.0.9:$port" -cert "$work/$pair.pem" -key "$work/$pair.key" -www "$@" \
		>"$work/server.$port" 2>&1 &
	until_true "openssl s_server on port $port" listens "$port"
}

servers() {
	mkdir "$work/nginx"
	cat >"$work/nginx.conf" <<-CONF
		daemon off;
		user root;
		pid $work/nginx/pid;
		error_log stderr;
		events {}
		http {
			access_log off;
			client_body_temp_path $work/nginx;
			proxy_temp_path $work/nginx;
			fastcgi_temp_path $work/nginx;
			uwsgi_temp_path $work/nginx;
			scgi_temp_path $work/nginx;
			server {
				listen 10.0.0.9:443 ssl;
				ssl_protocols TLSv1.2 TLSv1.3;
				ssl_certificate $work/api.pem;
				ssl_certificate_key $work/api.key;
				return 200 "hello\n";
			}
		}
	CONF
	in_server nginx -e stderr -p "$work/nginx" -c "$work/nginx.conf" >"$work/server.443" 2>&1 &
	until_true "nginx" listens 443
	s_server 8443 pay -tls1_2 -Verify 2 -verify_return_error -CAfile "$work/ca.pem" -verify_quiet
	s_server 9443 old
}

# visit NAME PORT CURL_OPTION...
visit() {
	name=$1 port=$2
	shift 2
	in_client curl -s -o /dev/null --max-time 10 --cacert "$work/ca.pem" --resolve "$name:$port:10.0.0.9" "$@" \
		"https://$name:$port/"
}

all_visits() {
	visit api.internal 443 --tlsv1.2 --tls-max 1.2
	visit www.example 443 --tlsv1.3
	visit pay.internal 8443 --cert "$work/client.pem" --key "$work/client.key"
	visit old.internal 9443 --tls-max 1.2
	visit old.internal 9443 --tlsv1.3
	visit pay.internal 8443
}

# on_terminal OPTION...: hsmon with its table fitted to the terminal; without one, to 132 columns.
on_terminal() {
	if [ -t 1 ] || ! command -v script >/dev/null; then
		in_server "$hsmon" "$@" 2>"$work/talk"
		return
	fi
	in_server script -qec "stty columns 132; exec $hsmon --no-color $* 2>$work/talk" /dev/null </dev/null >"$work/typescript"
	status=$?
	tr -d '\r' <"$work/typescript"
	return $status
}

watching() { grep -q '^hsmon: watching' "$work/talk" || ended; }
ended() { [ -e "$work/status" ]; }

# watch CLIENTS HOW OPTION...: hsmon, run by the function HOW, while the function CLIENTS makes handshakes.
watch() {
	clients=$1 how=$2
	shift 2
	show_command hsmon "$@"
	: >"$work/talk"
	rm -f "$work/status"
	# in the folder of ca.pem
	{ cd "$work" && "$how" "$@"; echo $? >"$work/status.new"; mv "$work/status.new" "$work/status"; } &
	until_true "hsmon to watch" watching
	grep '^hsmon: watching' "$work/talk" || { cat "$work/talk" >&2; die "hsmon did not start"; }
	"$clients"
	until_true "the handshakes to be reported" ended
	# the summary
	[ "$how" = as_json ] || tail -n +2 "$work/talk"
	[ "$(cat "$work/status")" -eq 0 ] || { cat "$work/talk" >&2; die "hsmon ended with status $(cat "$work/status")"; }
}

# as_json OPTION...: the handshake's event, indented, short lists on one line.
as_json() {
	in_server "$hsmon" "$@" >"$work/events" 2>"$work/talk" || return
	grep '"hsmon.handshake"' "$work/events" | python3 -c '
import json, sys, textwrap

WIDTH = 118

def show(value, indent="", used=0):
    flat = json.dumps(value)
    if len(indent) + used + len(flat) <= WIDTH or not isinstance(value, (dict, list)):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(k)}: {show(v, inner, len(k) + 4)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + indent + "}"
    if any(isinstance(v, (dict, list)) for v in value):
        return "[\n" + ",\n".join(inner + show(v, inner) for v in value) + "\n" + indent + "]"
    return "[\n" + textwrap.fill(flat[1:-1], WIDTH, initial_indent=inner, subsequent_indent=inner) + "\n" + indent + "]"

for line in sys.stdin:
    print(show(json.loads(line)))
'
}

mutual_visit() { visit pay.internal 8443 --cert "$work/client.pem" --key "$work/client.key"; }
plain_visit() { visit api.internal 443 --tlsv1.2 --tls-max 1.2; }

bold='' dim='' plain='' work=''
if [ -t 1 ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
fi
[ "$(id -u)" -eq 0 ] || die "BPF programs and network namespaces need root: sudo sh scripts/demo.sh"
if [ "${1:-}" != --no-deps ]; then
	sh scripts/deps.sh --build --run --demo || exit 1
	make -j "$(nproc)" BUILD="$build" all || die "the build failed"
fi
[ -x "$hsmon" ] || die "$hsmon is not there: make"
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d) || exit 1
networks
certificates
servers

heading "Six connections to three servers: curl with TLS 1.2, TLS 1.3 and a client certificate, then three that go wrong"
watch all_visits on_terminal -i eth0 -p 443,8443,9443 --ca-file ca.pem -c 6

heading "One handshake step by step: the server asks for a client certificate and gets it"
watch mutual_visit on_terminal -i eth0 -p 8443 --ca-file ca.pem -v -c 1

heading "One handshake as the JSON event that other programs read (here indented; hsmon writes one line)"
watch plain_visit as_json -i eth0 -p 443 --ca-file ca.pem -o json -c 1

printf '\n%sTo see this machine'\''s own handshakes: %s -p 443%s\n' "$bold" "$build/hsmon" "$plain"
