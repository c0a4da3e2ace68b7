#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the packages that hsmon needs: on Debian and Ubuntu with apt, on Fedora with dnf, on Arch with pacman; only what
# is missing. Needs nothing but a POSIX shell and the system's package manager.
set -u

usage() {
	cat <<-EOT
		usage: deps.sh [--build] [--run] [--demo] [--test] [--fuzz] [--bench] [--package] [--vm] [--list | --missing]
		  --build    to build hsmon
		  --run      to run an installed hsmon
		  --demo     for scripts/demo.sh
		  --test     to run the tests
		  --fuzz     for make fuzz
		  --bench    for make bench
		  --package  for make deb
		  --vm       for make check-vm
		  --list     print the packages' names and stop
		  --missing  print those that are not installed and stop
		Without a set: build, run and test.
	EOT
}

# set | Debian and Ubuntu | Fedora | Arch. A slash separates alternatives: the first that the distribution has is taken.
packages() {
	cat <<-'EOT'
		build|make|make|make
		build|gcc|gcc|gcc
		build|libc6-dev|glibc-devel|glibc
		build|linux-libc-dev|kernel-headers|linux-api-headers
		build|pkg-config/pkgconf|pkgconf-pkg-config|pkgconf
		build|clang|clang|clang
		build|llvm|llvm|llvm
		build|bpftool/linux-tools-generic|bpftool|bpf
		build|libbpf-dev|libbpf-devel|libbpf
		build|libelf-dev|elfutils-libelf-devel|libelf
		build|zlib1g-dev|zlib-devel|zlib
		build|libbrotli-dev|brotli-devel|brotli
		build|libzstd-dev|libzstd-devel|zstd
		build|libssl-dev|openssl-devel|openssl
		build|libpcap-dev|libpcap-devel|libpcap
		build|libseccomp-dev|libseccomp-devel|libseccomp
		build|libmnl-dev|libmnl-devel|libmnl
		build|libxxhash-dev|xxhash-devel|xxhash
		build|libconfig-dev|libconfig-devel|libconfig
		build|libsqlite3-dev|sqlite-devel|sqlite
		run|libbpf1|libbpf|libbpf
		run|libelf1t64/libelf1|elfutils-libelf|libelf
		run|zlib1g|zlib|zlib
		run|libbrotli1|libbrotli|brotli
		run|libzstd1|libzstd|zstd
		run|libssl3t64/libssl3|openssl-libs|openssl
		run|libpcap0.8t64/libpcap0.8|libpcap|libpcap
		run|libseccomp2|libseccomp|libseccomp
		run|libmnl0|libmnl|libmnl
		run|libxxhash0|xxhash-libs|xxhash
		run|libconfig11/libconfig9|libconfig|libconfig
		run|libsqlite3-0|sqlite-libs|sqlite
		run|ca-certificates|ca-certificates|ca-certificates
		demo|openssl|openssl|openssl
		demo|nginx|nginx|nginx
		demo|curl|curl|curl
		demo|iproute2|iproute|iproute2
		demo|python3|python3|python
		test|libcmocka-dev|libcmocka-devel|cmocka
		test|-|libasan|-
		test|-|libubsan|-
		test|python3|python3|python
		test|iproute2|iproute|iproute2
		test|-|iproute-tc|-
		test|ethtool|ethtool|ethtool
		test|openssl|openssl|openssl
		test|gnutls-bin|gnutls-utils|gnutls
		test|nginx|nginx|nginx
		test|curl|curl|curl
		test|tcpdump|tcpdump|tcpdump
		test|nftables|nftables|nftables
		test|tshark|wireshark-cli|wireshark-cli
		bench|iperf3|iperf3|iperf3
		bench|valgrind|valgrind|valgrind
		package|debhelper|rpm-build|-
		package|lintian|-|-
		package|fakeroot|fakeroot|fakeroot
		fuzz|libclang-rt-dev/libclang-rt-18-dev|compiler-rt|compiler-rt
		vm|qemu-system-x86|qemu-system-x86-core|qemu-system-x86
		vm|busybox-static|busybox|busybox
		vm|cpio|cpio|cpio
		vm|xz-utils|xz|xz
		vm|zstd|zstd|zstd
		vm|debian-archive-keyring|debian-keyring|debian-archive-keyring
	EOT
}

say() { echo "deps: $*" >&2; }

distribution() {
	id=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}")
	case " $id " in
	*' debian '* | *' ubuntu '*) echo debian ;;
	*' fedora '* | *' rhel '*) echo fedora ;;
	*' arch '*) echo arch ;;
	*)
		for known in apt-get:debian dnf:fedora pacman:arch; do
			command -v "${known%:*}" >/dev/null && { echo "${known#*:}"; return; }
		done
		;;
	esac
}

# Of the chosen sets, one distribution's column.
wanted() {
	case $distro in
	debian) column=2 ;;
	fedora) column=3 ;;
	arch) column=4 ;;
	esac
	packages | awk -F '|' -v sets=" $sets " -v column=$column \
		'index(sets, " " $1 " ") && $column != "-" && !seen[$column]++ { print $column }'
}

installed() {
	case $distro in
	debian) [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ] ;;
	fedora) rpm -q --quiet --whatprovides "$1" ;;
	arch) pacman -Q "$1" >/dev/null 2>&1 ;;
	esac
}

# missing ALTERNATIVES: false when one of them is installed; else prints the one to install.
missing() {
	set -- $(echo "$1" | tr '/' ' ')
	for package; do
		installed "$package" && return 1
	done
	for package; do
		if [ "$distro" != debian ] || apt_has "$package"; then
			echo "$package"
			return 0
		fi
	done
	echo "$1"
}

apt_has() {
	candidate=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
	[ -n "$candidate" ] && [ "$candidate" != "(none)" ]
}

all_missing() {
	for alternatives in $(wanted); do
		missing "$alternatives"
	done
	return 0
}

# Packages such as nginx start a service when they are installed; Debian asks this program first. Left as it is when the
# machine has one already; else ours is there only while apt runs.
policy=/usr/sbin/policy-rc.d
mark='# hsmon scripts/deps.sh: no service is started by this installation'

cleanup() {
	policy_remove
	rm -f "$log"
}

policy_remove() {
	grep -qsF "$mark" $policy && rm -f $policy
	return 0
}

policy_set() {
	trap cleanup EXIT
	trap 'exit 130' INT TERM HUP
	policy_remove
	[ -e $policy ] && return
	printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >$policy && chmod 0755 $policy
}

# What apt says is shown only when it fails.
apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1 && return
	cat "$log" >&2
	return 1
}

apt_update() {
	say "apt-get update"
	apt update
	updated=1
}

install_debian() {
	updated=0
	log=$(mktemp) || return 1
	policy_set
	for package in $todo; do
		apt_has "$package" || { apt_update; break; }
	done
	todo=$(all_missing)
	say "installing" $todo
	if ! apt install -y --no-install-recommends $todo; then
		[ $updated -eq 1 ] && return 1
		# The lists may name versions that the mirror no longer has.
		apt_update
		apt install -y --no-install-recommends $todo || return 1
	fi
	for package in $todo; do
		# wanted as a program, not as a service of this machine from its next start on
		[ "$package" = nginx ] && update-rc.d nginx disable >/dev/null 2>&1
	done
	return 0
}

command_line() {
	case $distro in
	debian) echo apt-get install -y --no-install-recommends $todo ;;
	fedora) echo dnf install -y $todo ;;
	arch) echo pacman -S --needed --noconfirm $todo ;;
	esac
}

sets= action=install
for option; do
	case $option in
	--build | --run | --demo | --test | --fuzz | --bench | --package | --vm) sets="$sets ${option#--}" ;;
	--list | --missing) action=${option#--} ;;
	-h | --help) usage; exit 0 ;;
	*) say "unknown option $option"; usage >&2; exit 2 ;;
	esac
done
[ -n "$sets" ] || sets="build run test"

distro=$(distribution)
if [ -z "$distro" ]; then
	say "this distribution is not known; what is needed, by its names in Fedora:"
	distro=fedora
	wanted
	exit 1
fi
if [ $action = list ]; then
	wanted | sed 's,/, or ,g'
	exit 0
fi
todo=$(all_missing)
if [ $action = missing ]; then
	[ -z "$todo" ] && exit 0
	echo "$todo"
	exit 1
fi
[ -n "$todo" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	say "missing:" $todo
	say "not root; as root run: $(command_line)"
	exit 1
fi
case $distro in
debian) install_debian ;;
*) say "$(command_line)"; $(command_line) >&2 ;;
esac
todo=$(all_missing)
if [ -n "$todo" ]; then
	say "could not be installed (is there a network, and a package source for them?):" $todo
	exit 1
fi
