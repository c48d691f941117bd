#!/bin/sh
# tools/setup.sh on machines that are not this one: their sources and release are files, their package database a script. TAP.
set -u

root=${WAVU_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT
count=0
failed=0

# expect NAME yes|no WORDS: the last output holds WORDS, or does not.
expect() {
    count=$((count + 1))
    if grep -qF -- "$3" "$made/out"; then has=yes; else has=no; fi
    if [ $has = "$2" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        sed 's/^/# /' "$made/out"
        failed=1
    fi
}

# machine CODENAME INSTALLED: a bare machine whose database has the package=version pairs of INSTALLED.
machine() {
    rm -rf "$made/apt" "$made/bin"
    mkdir -p "$made/apt/sources.list.d" "$made/bin"
    printf 'ID=debian\nVERSION_CODENAME=%s\n' "$1" >"$made/os-release"
    {
        echo '#!/bin/sh'
        echo 'for last; do :; done'
        echo 'case $last in'
        for pair in $2; do
            echo "${pair%%=*}) echo 'ii  ${pair#*=}' ;;"
        done
        echo '*) exit 1 ;;'
        echo 'esac'
    } >"$made/bin/dpkg-query"
    for tool in sh sed head cut tr awk grep cat id env; do
        ln -s "$(command -v $tool)" "$made/bin/$tool"
    done
    chmod +x "$made/bin/dpkg-query"
}

setup() {
    PATH="$made/bin" WAVU_APT_DIR="$made/apt" WAVU_OS_RELEASE="$made/os-release" "$made/bin/sh" "$root/tools/setup.sh" "$@" >"$made/out" 2>&1
    code=$?
    echo "exit $code" >>"$made/out"
}

commands() { # as if these commands were installed
    for tool in "$@"; do
        printf '#!/bin/sh\nexit 0\n' >"$made/bin/$tool"
        chmod +x "$made/bin/$tool"
    done
}

libraries="libc6-dev=2 libuv1-dev=1 libsodium-dev=1 libssl-dev=3 libjansson-dev=2 libncurses-dev=6 libutf8proc-dev=2"

machine bookworm ""
cat >"$made/apt/sources.list.d/debian.sources" <<'END'
Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

# the mirror
Types: deb deb-src
URIs: http://host.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/some.gpg
END
setup --dry-run build
expect "Debian 12: the mirror of a .sources file is repeated" yes "URIs: http://host.example/debian"
expect "Debian 12: with the key that signs it" yes "Signed-By: /usr/share/keyrings/some.gpg"
expect "Debian 12: not the security archive" no "security.example"
expect "Debian 12: for backports" yes "Suites: bookworm-backports"
expect "Debian 12: SQLCipher comes from there" yes "from bookworm-backports: libsqlcipher-dev"
expect "what is missing is listed" yes "libuv1-dev libsodium-dev libssl-dev libjansson-dev"
expect "what is optional comes along" yes "libqrencode-dev"
expect "the group build does not bring the tests' packages" no "libcmocka-dev"
expect "a dry run succeeds" yes "exit 0"

machine bookworm ""
cat >"$made/apt/sources.list" <<'END'
# deb http://old.example/debian bookworm main
deb cdrom:[Debian GNU/Linux 12]/ bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/one.gpg] http://line.example/debian/ bookworm main non-free-firmware
END
setup --dry-run build
expect "a one-line source is repeated" yes "URIs: http://line.example/debian/"
expect "with its key" yes "Signed-By: /usr/share/keyrings/one.gpg"
expect "not one that is commented out" no "old.example"
expect "not a disc" no "cdrom"

echo 'deb http://line.example/debian bookworm-backports main' >>"$made/apt/sources.list"
setup --dry-run build
expect "a machine that has backports gets no second source" no "would write"
expect "and still takes SQLCipher from there" yes "from bookworm-backports: libsqlcipher-dev"

machine bookworm ""
setup --dry-run build
expect "a machine without a mirror is told so" yes "no source in $made/apt names bookworm main"
expect "and fails" yes "exit 1"

machine bookworm "$libraries libsqlcipher-dev=3.4.1-2"
echo 'deb http://line.example/debian bookworm main' >"$made/apt/sources.list"
commands gcc cmake ninja pkg-config
setup --dry-run build
expect "Debian 12's own SQLCipher 3 is not enough" yes "from bookworm-backports: libsqlcipher-dev"

machine bookworm "$libraries libsqlcipher-dev=4.6.1-2~bpo12+1"
commands gcc cmake ninja pkg-config
setup --dry-run build
expect "nothing is missing when all is there" yes "nothing is missing"
setup build
expect "then it says nothing" no "setup:"
expect "and succeeds" yes "exit 0"

machine trixie "$libraries"
commands gcc cmake ninja pkg-config
setup --dry-run build
expect "Debian 13 has SQLCipher 4 itself" yes "would install: libsqlcipher-dev"
expect "Debian 13 gets no backports" no "backports"
setup --dry-run test
expect "Debian 13's clang run-time" yes "clang libclang-rt-19-dev"

machine bookworm "$libraries"
echo 'deb http://line.example/debian bookworm main' >"$made/apt/sources.list"
commands gcc cmake pkg-config
rm "$made/bin/id"
printf '#!/bin/sh\necho 1000\n' >"$made/bin/id"
chmod +x "$made/bin/id"
setup build
expect "who may not install is told what to type" yes "apt-get install --no-install-recommends ninja-build"
expect "the backports line too" yes "-t bookworm-backports libsqlcipher-dev"
expect "and the source to write" yes "URIs: http://line.example/debian"
expect "and it fails" yes "exit 1"

setup --dry-run nonsense
expect "an unknown group is a usage error" yes "exit 2"

echo "1..$count"
exit $failed
