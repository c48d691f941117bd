#!/bin/sh
# Install what is missing to build, test and interoperate, on Debian 12 and 13. Idempotent; quick when nothing is missing.
#
#   tools/setup.sh [--dry-run] [build] [test] [interop] [deb]      default: the first three groups
#
# In: the package database, and the apt sources that this machine already has. Out: packages, and on Debian 12 one
# sources file that repeats the machine's own mirror for the suite <codename>-backports (SQLCipher 4 is only there).
# Where it may not install, it says what to type and exits 1. --dry-run lists what it would do, and exits 0.
set -eu

DRY=no
GROUPS_WANTED=""
for word in "$@"; do
    case $word in
    --dry-run) DRY=yes ;;
    build | test | interop | deb) GROUPS_WANTED="$GROUPS_WANTED $word" ;;
    *) echo "usage: tools/setup.sh [--dry-run] [build] [test] [interop] [deb]" >&2; exit 2 ;;
    esac
done
[ -n "$GROUPS_WANTED" ] || GROUPS_WANTED="build test interop"

# Both can be pointed at a tree of one's own, which is how the tests of this script see it work.
SOURCES_DIR=${WAVU_APT_DIR:-/etc/apt}
BACKPORTS_FILE=$SOURCES_DIR/sources.list.d/wavu-backports.sources
OS_RELEASE=${WAVU_OS_RELEASE:-/etc/os-release}
SQLCIPHER_MAJOR=4

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# ---- what is missing -------------------------------------------------------------------------------------------------

MISSING=""
BACKPORTED=""

installed_version() { # PACKAGE: prints its version when it is installed
    dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^ii *//p' | head -n 1
}

need_package() { [ -n "$(installed_version "$1")" ] || MISSING="$MISSING $1"; }

# An optional part: it comes along when others are installed, and is nothing to ask anybody for by itself.
want_package() {
    if [ -n "$MISSING$BACKPORTED" ]; then
        need_package "$1"
    fi
}

need_command() { # COMMAND PACKAGE: a command from anywhere will do
    command -v "$1" >/dev/null 2>&1 || MISSING="$MISSING $2"
}

need_sqlcipher() {
    version=$(installed_version libsqlcipher-dev)
    if [ -n "$version" ] && [ "${version%%.*}" -ge "$SQLCIPHER_MAJOR" ] 2>/dev/null; then
        return
    fi
    if [ "$CODENAME" = bookworm ]; then
        BACKPORTED="$BACKPORTED libsqlcipher-dev"
    else
        MISSING="$MISSING libsqlcipher-dev"
    fi
}

# clang's run-time libraries (sanitizers, libFuzzer) are a package named after clang's version.
need_clang() {
    if ! command -v clang >/dev/null 2>&1; then
        MISSING="$MISSING clang"
        case $CODENAME in
        bookworm) MISSING="$MISSING libclang-rt-14-dev" ;;
        trixie) MISSING="$MISSING libclang-rt-19-dev" ;;
        esac
        return
    fi
    resources=$(clang -print-resource-dir 2>/dev/null || echo /nowhere)
    for found in "$resources"/lib/*/libclang_rt.fuzzer*.a; do
        [ -e "$found" ] && return
    done
    MISSING="$MISSING libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
}

find_missing() {
    MISSING=""
    BACKPORTED=""
    for group in $GROUPS_WANTED; do
        case $group in
        build)
            need_command gcc gcc
            need_package libc6-dev
            need_command cmake cmake
            need_command ninja ninja-build
            need_command pkg-config pkg-config
            for package in libuv1-dev libsodium-dev libssl-dev libjansson-dev; do
                need_package $package
            done
            need_sqlcipher
            for package in libncurses-dev libutf8proc-dev; do # what `make run` ends in
                need_package $package
            done
            # The program's optional parts (CMakeLists.txt): shell, systemd, metrics, codes as pictures, languages.
            for package in libedit-dev libsystemd-dev libwebsockets-dev libwebsockets-evlib-uv libqrencode-dev gettext; do
                want_package $package
            done
            ;;
        test)
            need_command python3 python3
            need_command bash bash
            need_command protoc protobuf-compiler
            need_command spin spin
            need_command tmux tmux
            need_command faketime faketime
            # Without these, tests of the program are skipped: completion, notes on a desktop, metrics, networks, units, languages, types.
            need_command zsh zsh
            need_command fish fish
            need_command dbus-run-session dbus-daemon
            need_command dbus-monitor dbus-bin
            need_command curl curl
            need_command ip iproute2
            need_command systemd-analyze systemd
            need_command msgfmt gettext
            need_command mypy mypy
            for package in python3-protobuf libcmocka-dev valgrind ca-certificates; do
                need_package $package
            done
            need_clang
            ;;
        deb)
            need_command dpkg-buildpackage dpkg-dev
            need_package debhelper
            need_command lintian lintian
            ;;
        interop)
            need_command node nodejs
            need_command npm npm
            ;;
        esac
    done
}

# ---- backports -------------------------------------------------------------------------------------------------------

# Prints, for each source of the suite $CODENAME with the component main, a stanza's "URIs:" line and what it is signed by.
mirror_of_deb822() { # FILE
    awk -v suite="$CODENAME" '
        function flush() {
            if (types ~ /(^| )deb( |$)/ && (" " suites " ") ~ (" " suite " ") && (" " components " ") ~ / main / && !off)
                { print "URIs: " uris; printf "%s", keep; done = 1; exit }
            types = suites = components = uris = keep = field = ""; off = 0
        }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        /^[ \t]/ { if (field == "signed-by") keep = keep $0 "\n"; next }
        {
            field = tolower($0); sub(/:.*/, "", field)
            value = $0; sub(/^[^:]*:[ \t]*/, "", value)
            if (field == "types") types = value
            else if (field == "suites") suites = value
            else if (field == "components") components = value
            else if (field == "uris") uris = value
            else if (field == "enabled" && tolower(value) == "no") off = 1
            else if (field == "signed-by" || field == "trusted") keep = keep $0 "\n"
        }
        END { if (!done) flush() }' "$1"
}

mirror_of_list() { # FILE: one-line sources, "deb [options] uri suite components"
    awk -v suite="$CODENAME" '
        $1 == "deb" {
            line = $0; options = ""
            if (match(line, /\[[^]]*\]/)) {
                options = substr(line, RSTART + 1, RLENGTH - 2)
                line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
            }
            n = split(line, part, /[ \t]+/)
            if (n < 4 || part[3] != suite || part[2] ~ /^cdrom:/) next
            main = 0
            for (i = 4; i <= n; i++) if (part[i] == "main") main = 1
            if (!main) next
            print "URIs: " part[2]
            m = split(options, option, /[ \t]+/)
            for (i = 1; i <= m; i++) {
                if (option[i] ~ /^signed-by=/) { sub(/^signed-by=/, "", option[i]); print "Signed-By: " option[i] }
                if (option[i] ~ /^trusted=/) { sub(/^trusted=/, "", option[i]); print "Trusted: " option[i] }
            }
            exit
        }' "$1"
}

# Prints the machine's own mirror as lines of a deb822 stanza, nothing when there is none.
own_mirror() {
    for file in "$SOURCES_DIR"/sources.list.d/*.sources "$SOURCES_DIR"/sources.list "$SOURCES_DIR"/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        case $file in
        *.sources) found=$(mirror_of_deb822 "$file") ;;
        *) found=$(mirror_of_list "$file") ;;
        esac
        if [ -n "$found" ]; then
            echo "$found"
            return
        fi
    done
}

has_backports() {
    for file in "$SOURCES_DIR"/sources.list "$SOURCES_DIR"/sources.list.d/*; do
        [ -f "$file" ] || continue
        if grep -Ev '^[[:space:]]*#' "$file" | grep -Eq "[[:space:]]$CODENAME-backports([[:space:]]|\$)"; then
            return 0
        fi
    done
    return 1
}

backports_stanza() {
    printf '# Written by wavu'"'"'s tools/setup.sh: the mirror that this machine already uses, for one more suite.\n'
    printf 'Types: deb\nSuites: %s-backports\nComponents: main\n%s\n' "$CODENAME" "$1"
}

# ---- doing it --------------------------------------------------------------------------------------------------------

CODENAME=$(sed -n 's/^VERSION_CODENAME=//p' "$OS_RELEASE" 2>/dev/null | tr -d '"')
command -v dpkg-query >/dev/null 2>&1 || fail "this is not a Debian: install a C compiler, cmake 3.25, ninja, pkg-config," \
    "libuv, libsodium, OpenSSL 3, jansson, SQLCipher 4, cmocka, python3 and protoc by your system's own means, then run cmake --preset release"

find_missing
if [ -z "$MISSING$BACKPORTED" ]; then
    [ $DRY = yes ] && say "nothing is missing"
    exit 0
fi

STANZA=""
if [ -n "$BACKPORTED" ] && ! has_backports; then
    mirror=$(own_mirror)
    [ -n "$mirror" ] || fail "$BACKPORTED must come from $CODENAME-backports, and no source in $SOURCES_DIR names $CODENAME main to repeat"
    STANZA=$(backports_stanza "$mirror")
fi

if [ $DRY = yes ]; then
    [ -z "$STANZA" ] || { say "would write $BACKPORTS_FILE:"; echo "$STANZA" | sed 's/^/    /'; }
    say "would run: apt-get update"
    [ -z "$MISSING" ] || say "would install:$MISSING"
    [ -z "$BACKPORTED" ] || say "would install from $CODENAME-backports:$BACKPORTED"
    exit 0
fi

AS_ROOT=""
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        AS_ROOT=sudo
    else
        {
            echo "setup: missing:$MISSING$BACKPORTED, and this user may not install. As root, type:"
            if [ -n "$STANZA" ]; then
                printf '    cat > %s <<END\n%s\nEND\n' "$BACKPORTS_FILE" "$STANZA"
            fi
            echo "    apt-get update"
            [ -z "$MISSING" ] || echo "    apt-get install --no-install-recommends$MISSING"
            [ -z "$BACKPORTED" ] || echo "    apt-get install --no-install-recommends -t $CODENAME-backports$BACKPORTED"
        } >&2
        exit 1
    fi
fi

as_root() { $AS_ROOT env DEBIAN_FRONTEND=noninteractive "$@"; }

# The lock may be held by the machine's own nightly update: wait for it instead of failing.
apt() { as_root apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }

if [ -n "$STANZA" ]; then
    say "writing $BACKPORTS_FILE"
    echo "$STANZA" | as_root tee "$BACKPORTS_FILE" >/dev/null
fi
say "installing:$MISSING$BACKPORTED"
apt update || say "apt-get update had errors (above); going on with what is known"
# shellcheck disable=SC2086 # a list of words
[ -z "$MISSING" ] || apt install -y --no-install-recommends $MISSING
# shellcheck disable=SC2086
[ -z "$BACKPORTED" ] || apt install -y --no-install-recommends -t "$CODENAME-backports" $BACKPORTED

find_missing
[ -z "$MISSING$BACKPORTED" ] || fail "still missing after installing:$MISSING$BACKPORTED"
say "everything is there"
