#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the Debian package from this tree, in a copy of it. usage: build.sh VERSION BUILD
set -eu
version=$1 build=$2
tree=$build/deb/hsmon-$version
rm -rf "$build/deb"
mkdir -p "$tree"
tar -c --exclude=./.git --exclude='./build*' --exclude="./$build" . | tar -x -C "$tree"
cp -r packaging/debian "$tree/debian"
rm "$tree/debian/build.sh"
(cd "$tree" && dpkg-buildpackage -b -us -uc >../log 2>&1) || { tail -n 30 "$build/deb/log"; exit 1; }
rm -rf "$tree"
ls "$build"/deb/*.deb
if command -v lintian >/dev/null; then
	lintian --fail-on error "$build"/deb/*.changes
fi
