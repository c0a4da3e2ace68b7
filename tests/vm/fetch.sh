#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Gets the kernel of each Debian suite: prints "SUITE RELEASE FOLDER" for each, FOLDER holding vmlinuz and the modules.
# usage: fetch.sh CACHE SUITE...
# apt runs with configuration, lists, cache and status of its own below CACHE; the host's are read (mirror, proxy), never written.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 CACHE SUITE..." >&2; exit 2; }
mkdir -p "$1"
cache=$(cd "$1" && pwd)
shift

# What the initramfs loads; the rest of the package is thrown away. Built-in ones are simply not found.
modules='sch_ingress cls_bpf veth'

mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep -E '/debian/?$' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}

keyring() {
	for k in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
		[ -s "$k" ] && { echo "$k"; return; }
	done
	echo "$0: debian-archive-keyring is not installed" >&2
	return 1
}

# apt_setup URI KEYRING SUITE...
apt_setup() {
	uri=$1 key=$2
	shift 2
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial" "$cache/apt/empty.d"
	: >"$cache/apt/status"
	for s in "$@"; do
		echo "deb [arch=amd64 signed-by=$key] $uri $s main"
	done >"$cache/apt/sources.list.new"
	{
		apt-config dump | grep -E '^Acquire::(http|https|ftp|proxy|Retries|Check)' || :
		cat <<-CONF
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "$cache/apt/empty.d";
			Dir::Etc::SourceList "$cache/apt/sources.list";
			Dir::Etc::SourceParts "$cache/apt/empty.d";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "$cache/apt/empty.d";
			Dir::State "$cache/apt";
			Dir::State::lists "$cache/apt/lists";
			Dir::State::status "$cache/apt/status";
			Dir::Cache "$cache/apt";
			Dir::Cache::archives "$cache/apt/archives";
			APT::Architecture "amd64";
			APT::Architectures { "amd64"; };
			APT::Sandbox::User "root";
			Acquire::Languages "none";
			Acquire::GzipIndexes "true";
			Acquire::Check-Valid-Until "false";
		CONF
	} >"$cache/apt/apt.conf"
	export APT_CONFIG="$cache/apt/apt.conf"
	if ! cmp -s "$cache/apt/sources.list.new" "$cache/apt/sources.list" || [ ! -e "$cache/apt/updated" ]; then
		mv "$cache/apt/sources.list.new" "$cache/apt/sources.list"
		rm -f "$cache/apt/updated"
		apt-get -qq update >&2
		: >"$cache/apt/updated"
	fi
}

# The release that the suite's metapackage stands for today: 6.1.0-37-cloud-amd64.
release() {
	apt-cache show "linux-image-cloud-amd64/$1" |
		sed -n 's/^Depends:.*linux-image-\([0-9][^ ,]*\).*/\1/p' | head -n 1
}

# The packages that the release consists of: one, or (from 7.x on) an empty one that depends on image and modules.
packages() {
	echo "linux-image-$2"
	apt-cache show "linux-image-$2/$1" | sed -n 's/^Depends: //p' | tr ',' '\n' |
		sed -n 's/^ *\(linux-\(binary\|modules\)-[0-9][^ ]*\).*/\1/p'
}

# unpack FOLDER DEB...: vmlinuz and the modules that the initramfs needs, decompressed, flat.
unpack() {
	into=$1
	shift
	for deb in "$@"; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into"
	done
	find "$into" -name 'vmlinuz*' -type f -exec mv {} "$into/vmlinuz" \;
	for m in $modules; do
		find "$into" -path '*/kernel/*' -name "$m.ko*" | while read -r file; do
			case $file in
			*.xz) xz -dc "$file" ;;
			*.gz) gzip -dc "$file" ;;
			*.zst) zstd -qdc "$file" ;;
			*) cat "$file" ;;
			esac >"$into/$m.ko"
		done
	done
	find "$into" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
	[ -s "$into/vmlinuz" ]
}

fetch() (
	set -e
	folder=$cache/$1
	if [ ! -s "$folder/vmlinuz" ]; then
		release=$(release "$1")
		[ -n "$release" ]
		rm -rf "$folder" "$folder.new"
		mkdir -p "$folder.new/debs"
		for p in $(packages "$1" "$release"); do
			(cd "$folder.new/debs" && apt-get -qq download "$p/$1" >&2)
		done
		unpack "$folder.new" "$folder.new"/debs/*.deb
		echo "$release" >"$folder.new/release"
		mv "$folder.new" "$folder"
	fi
	echo "$1 $(cat "$folder/release") $folder"
)

missing=0
for s in "$@"; do
	[ -s "$cache/$s/vmlinuz" ] || missing=1
done
if [ "$missing" -eq 1 ]; then
	uri=$(mirror)
	apt_setup "${uri:?no Debian archive is configured for apt here}" "$(keyring)" "$@"
fi
status=0
for s in "$@"; do
	# not "fetch || ...": that would switch off set -e inside
	set +e
	fetch "$s"
	[ $? -eq 0 ] || { echo "$0: no kernel of $s" >&2; status=1; }
	set -e
done
exit $status
