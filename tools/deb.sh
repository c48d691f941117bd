#!/bin/sh
# Debian packages of the tree as it is, built in a copy of it below build/deb: the tree stays clean, nothing is fetched.
#
#   tools/deb.sh [-jN]      out: build/deb/*.deb, and what lintian says of them when it is installed
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
jobs=${1:--j$(nproc)}
out=$root/build/deb
command -v dpkg-buildpackage >/dev/null 2>&1 && command -v dh >/dev/null 2>&1 || {
    echo "deb: dpkg-buildpackage or debhelper is missing: run tools/setup.sh build deb" >&2
    exit 1
}
rm -rf "$out"
mkdir -p "$out/wavu"
# What git knows or would know; without git the whole folder but for what is built.
if [ -e "$root/.git" ] && command -v git >/dev/null 2>&1; then
    (cd "$root" && git ls-files -co --exclude-standard -z | xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' sh |
        tar -c --null -T - -f -) | tar -x -C "$out/wavu" -f -
else
    (cd "$root" && tar -c --exclude=./build -f - .) | tar -x -C "$out/wavu" -f -
fi
cd "$out/wavu"
dpkg-buildpackage -us -uc -b "$jobs" >"$out/log" 2>&1 || {
    tail -n 30 "$out/log" >&2
    echo "deb: the packages could not be built; all that was said is in $out/log" >&2
    exit 1
}
cd "$out"
rm -rf "$out/wavu"
if command -v lintian >/dev/null 2>&1; then
    lintian --fail-on error --tag-display-limit 0 ./*.changes
fi
ls ./*.deb
