#!/bin/bash
# The Debian packages. Without WAVU_DEBS: what debian/ says against the tree and what `make install` leaves. With it, a folder with
# built packages (make deb-test): what is in them, and whether it runs from there. TAP.
set -u

root=${WAVU_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${WAVU_BUILD:-$root/build/release}
made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT
count=0
failed=0

check() { # NAME COMMAND...
    count=$((count + 1))
    name=$1
    shift
    if "$@" >"$made/log" 2>&1; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/# /' "$made/log"
        failed=1
    fi
}

project=$(sed -nE 's/^project\(wavu VERSION ([0-9.]+) .*/\1/p' "$root/CMakeLists.txt")
packaged=$(sed -nE '1s/^wavu \(([0-9.]+)[^)]*\).*/\1/p' "$root/debian/changelog")
check "debian/changelog is of the project's version" test "$project" = "$packaged"
check "the library's package is called by its soname" grep -qx "Package: libwavu${project%%.*}" "$root/debian/control"

# What is needed to build is what tools/setup.sh brings for it; libwebsockets-evlib-uv is for running alone.
builds_with() {
    sed -n '/^        build)/,/;;/p' "$root/tools/setup.sh" | grep -oE '\blib[a-z0-9+-]+-dev\b' | grep -v '^libc6-dev$' | sort -u >"$made/setup"
    echo libsqlcipher-dev | sort -u - "$made/setup" >"$made/wanted"
    sed -n '/^Build-Depends:/,/^Standards/p' "$root/debian/control" | grep -oE '\blib[a-z0-9+-]+-dev\b' | sort -u >"$made/control"
    diff "$made/wanted" "$made/control"
}
check "Build-Depends has the libraries of tools/setup.sh build, and no others" builds_with

# Each file of an installation is in one package, and each line of the packages has a file.
check "installs below DESTDIR" env DESTDIR="$made/stage" cmake --install "$build" --prefix /usr
patterns() { sed 's#/\*/#/#' "$root"/debian/*.install; }
all_files_are_packaged() {
    (cd "$made/stage" && find . -type f -o -type l) | sed 's#^\./##; s#^usr/lib/[a-z0-9_]*-linux-[a-z]*/#usr/lib/#' >"$made/files"
    [ -s "$made/files" ] || return 1
    while read -r file; do
        taken=0
        while read -r pattern; do
            # shellcheck disable=SC2053 # a pattern
            [[ $file == $pattern || $file == $pattern/* ]] && taken=$((taken + 1))
        done < <(patterns)
        [ "$taken" = 1 ] || { echo "$file is in $taken packages: see debian/*.install" && return 1; }
    done <"$made/files"
}
check "each installed file is in one package" all_files_are_packaged
all_lines_are_used() {
    while read -r pattern; do
        while read -r file; do
            # shellcheck disable=SC2053
            [[ $file == $pattern || $file == $pattern/* ]] && continue 2
        done <"$made/files"
        echo "debian/*.install: nothing is $pattern" && return 1
    done < <(patterns)
}
check "each line of debian/*.install has a file" all_lines_are_used

if [ -n "${WAVU_DEBS:-}" ]; then
    for package in wavu libwavu0 libwavu-dev; do
        deb=$(ls "$WAVU_DEBS/${package}_"*.deb 2>/dev/null | head -n 1)
        check "$package is built" test -s "$deb"
        check "$package unpacks" dpkg-deb -x "$deb" "$made/root"
    done
    program=$made/root/usr/bin/wavu
    libdir=$(dirname "$(find "$made/root/usr/lib" -name 'libwavu.so.*' | head -n 1)")
    has_all() { LD_LIBRARY_PATH=$libdir ldd "$1" >"$made/ldd" && ! grep 'not found' "$made/ldd"; }
    check "the program finds its libraries" has_all "$program"
    check "and so does the library" has_all "$libdir/libwavu.so.0"
    check "the program runs" sh -c '[ "$("$1" --version)" = "wavu $2" ]' sh "$program" "$project"
    check "and makes a key" sh -c '"$1" id --home "$2" | grep -q ^12D3KooW' sh "$program" "$made/home"
    check "the units name it where it is" grep -q '^ExecStart=/usr/bin/wavu up' \
        "$made/root/usr/lib/systemd/system/wavu.service" "$made/root/usr/lib/systemd/user/wavu.service"
    # For real, on top of this system, in a view of the file system that goes with it: dependencies, scripts, and what a shell then finds.
    installs() {
        unshare -m bash -c '
            set -e
            top=$1 version=$2
            shift 2
            mount -t tmpfs none "$top"
            for folder in usr etc var; do
                mkdir "$top/$folder" "$top/$folder.work"
                mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$top/$folder,workdir=$top/$folder.work" "/$folder"
            done
            DEBIAN_FRONTEND=noninteractive dpkg -i "$@"
            cd /
            [ "$(command -v wavu)" = /usr/bin/wavu ]
            [ "$(wavu --version)" = "wavu $version" ]
            wavu id --home "$top/home" | grep -q ^12D3KooW
            [ "$(LC_ALL= LANG=fr_FR.UTF-8 LANGUAGE= wavu help)" != "$(LC_ALL=C wavu help)" ]
            [ -s /usr/share/bash-completion/completions/wavu ]
            dpkg -r wavu libwavu-dev libwavu0
            ! command -v wavu' bash "$made/top" "$project" "$WAVU_DEBS"/{libwavu0,libwavu-dev,wavu}_[0-9]*.deb
    }
    mkdir "$made/top"
    if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null || ! unshare -m bash -c 'mount -t tmpfs none "$1" && mkdir "$1/u" "$1/w" &&
        mount -t overlay overlay -o "lowerdir=/usr,upperdir=$1/u,workdir=$1/w" /usr' bash "$made/top" 2>/dev/null; then
        count=$((count + 1))
        echo "ok $count - they are installed, run, and go again # SKIP this user may not mount one file system over another"
    else
        check "they are installed, run, and go again" installs
    fi
    # debhelper's own words are fine: what somebody had enabled is so again after an upgrade.
    not_enabled() {
        dpkg-deb --ctrl-tarfile "$WAVU_DEBS"/wavu_*.deb | tar -x -O --wildcards './p*' >"$made/scripts"
        ! grep deb-systemd-invoke "$made/scripts" &&
            [ "$(grep -c "deb-systemd-helper.* enable" "$made/scripts")" = "$(grep -c was-enabled "$made/scripts")" ]
    }
    check "nothing is started or enabled by installing" not_enabled
    check "pages are compressed" sh -c 'gzip -t "$1"/man1/wavu-join.1.gz "$1"/man5/wavu.toml.5.gz "$1"/man3/wavu_say.3.gz' sh \
        "$made/root/usr/share/man"
    cat >"$made/embed.c" <<'END2'
#include "wavu/err.h"

int main(void)
{
    return wavu_err_name(WAVU_ERR_LIMIT)[0] == '\0';
}
END2
    embeds() {
        # shellcheck disable=SC2046
        PKG_CONFIG_SYSROOT_DIR=$made/root PKG_CONFIG_PATH=$libdir/pkgconfig cc -std=c11 "$made/embed.c" -o "$made/embed" \
            $(PKG_CONFIG_SYSROOT_DIR=$made/root PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --cflags --libs wavu) &&
            LD_LIBRARY_PATH=$libdir "$made/embed"
    }
    check "a program is built with libwavu-dev, and runs" embeds
fi

echo "1..$count"
exit $failed
